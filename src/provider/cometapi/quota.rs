//! CometAPI's own books: what is left of the account, and how many requests were counted on which day. At an address of its own, and
//! the key travels in that address; so nothing of what comes back is ever quoted, only numbers are read from it.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::civil::Date;
use serde_json::Value;

use crate::provider::http::{HttpError, Lookup};
use crate::provider::{BaseUrl, Key, Quota, QuotaError, Timeouts};
use crate::quota::{Counted, Day};

/// Where the books are kept.
pub const QUOTA_URL: &str = "https://query.cometapi.com";

const PATH: &str = "/user/quota";
/// What the key is called in the address.
const KEY: &str = "key";

/// How long a question may take; a run waits for it before it begins.
const LONGEST: Duration = Duration::from_secs(10);

/// How many of the last days are kept: enough for a night, whatever the provider's calendar.
const DAYS: usize = 3;

/// Names that the rest of the account goes by.
const REMAINING: &[&str] = &["remaining_quota", "remain_quota", "total_quota"];

/// The books behind one address.
pub struct CometQuota(Lookup);

impl CometQuota {
    /// The books at `base`, ready to be looked into.
    pub fn connect(base: &BaseUrl, key: &Key, timeouts: &Timeouts) -> Result<Self, HttpError> {
        Ok(Self(Lookup::new(base, PATH, (KEY, key), timeouts)?))
    }

    async fn ask(&self) -> Result<Counted, QuotaError> {
        match self.0.get(LONGEST).await {
            Ok((200..=299, body)) => read(&body).ok_or(QuotaError::Unreadable),
            Ok((status, _)) => Err(QuotaError::Status(status)),
            Err(why) => Err(QuotaError::Unreached(why)),
        }
    }
}

impl Quota for CometQuota {
    fn count(&self) -> BoxFuture<'_, Result<Counted, QuotaError>> {
        self.ask().boxed()
    }
}

/// The numbers in an answer, bare or under `data`; `None` when there are none. Only the names of the fields are documented, so a
/// number may be a text, a day one record or a list of them, and what cannot be read is passed over.
fn read(body: &[u8]) -> Option<Counted> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let books = json.get("data").filter(|data| data.is_object()).unwrap_or(&json);
    let remaining = REMAINING.iter().find_map(|name| number(books.get(*name)?));
    let dated = books.get("daily_quota").and_then(Value::as_object).into_iter().flatten();
    let mut counted = Counted { remaining, days: dated.filter_map(|(name, day)| Some((date(name)?, sum(day)?))).collect() };
    while counted.days.len() > DAYS {
        counted.days.pop_first();
    }
    (counted.remaining.is_some() || !counted.days.is_empty()).then_some(counted)
}

/// A date, perhaps with a time behind it.
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// A day's records, one a model, taken together.
fn sum(day: &Value) -> Option<Day> {
    let records = day.as_array().map_or(std::slice::from_ref(day), Vec::as_slice);
    let counts = records.iter().filter_map(|record| Some((count(record.get("request_count")?)?, record.get("quota_used"))));
    let days = counts.map(|(requests, used)| Day { requests, used: used.and_then(number).unwrap_or(0.0) });
    let total = days.reduce(|sum, day| Day { requests: sum.requests.saturating_add(day.requests), used: sum.used + day.used });
    // A day on which nothing happened may have no record at all.
    total.or_else(|| records.is_empty().then(Day::default))
}

fn count(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(body: &str, remaining: Option<f64>, days: &[(&str, u64, f64)]) {
        let day = |(date, requests, used): &(&str, u64, f64)| (date.parse().unwrap(), Day { requests: *requests, used: *used });
        let expected = Counted { remaining, days: days.iter().map(day).collect() };
        assert_eq!(read(body.as_bytes()), Some(expected), "{body}");
    }

    #[test]
    fn books_are_read_however_they_are_written() {
        let one = r#"{"remaining_quota":12.5,"daily_quota":{"2026-11-22":[{"request_count":7,"quota_used":3.5}]}}"#;
        check(one, Some(12.5), &[("2026-11-22", 7, 3.5)]);
        check(&format!(r#"{{"code":200,"message":"","data":{one}}}"#), Some(12.5), &[("2026-11-22", 7, 3.5)]);
        let models = r#"{"total_quota":"9.25","daily_quota":{"2026-11-22T00:00:00Z":[
            {"model":"gen4","request_count":"7","quota_used":"3.5"},{"model":"gen3","request_count":5,"quota_used":0.25}]}}"#;
        check(models, Some(9.25), &[("2026-11-22", 12, 3.75)]);
        check(r#"{"daily_quota":{"2026-11-22":{"request_count":7}}}"#, None, &[("2026-11-22", 7, 0.0)]);
        check(r#"{"daily_quota":{"2026-11-22":[]}}"#, None, &[("2026-11-22", 0, 0.0)]);
        check(r#"{"remain_quota":-1,"daily_quota":null}"#, Some(-1.0), &[]);
        check(r#"{"total_quota":4,"daily_quota":[{"request_count":1}]}"#, Some(4.0), &[]);
        let odd = r#"{"daily_quota":{"soon":[{"request_count":1}],"2026-11-21":[{"requests":1}],"2026-11-22":[{"request_count":-1},
            {"request_count":2,"quota_used":"NaN"}]}}"#;
        check(odd, None, &[("2026-11-22", 2, 0.0)]);
        let month: Vec<_> = (1..=30).map(|day| format!(r#""2026-11-{day:02}":[{{"request_count":{day}}}]"#)).collect();
        let last = [("2026-11-28", 28, 0.0), ("2026-11-29", 29, 0.0), ("2026-11-30", 30, 0.0)];
        check(&format!(r#"{{"daily_quota":{{{}}}}}"#, month.join(",")), None, &last);
    }

    #[test]
    fn what_has_no_numbers_is_no_book() {
        for body in
            ["", "null", "[]", "{}", "<html>", r#"{"error":{"message":"no"}}"#, r#"{"daily_quota":{}}"#, r#"{"data":7}"#]
        {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(body in any::<Vec<u8>>(), text in r#"\{"daily_quota":\{"[ -~é]{0,12}":\[?[{}":,0-9a-z]{0,20}\]?\}\}"#) {
            read(&body);
            read(text.as_bytes());
        }
    }
}
