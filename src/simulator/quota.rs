//! The simulator's own books, in the shape in which the provider's are documented: how many submissions were taken on each day, heard
//! of or not. Pure.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::model::Model;
use super::wire::{self, Response};

/// What is on the account at first, and what one video uses of it: the points of the wrapper's own records.
const FULL: u64 = 1_000_000;
const EACH: u64 = wire::POINTS as u64;

/// The answer to `GET /user/quota` with this key.
pub(super) fn quota(model: &Model, key: Option<&str>) -> Response {
    let key = key.filter(|key| !key.is_empty());
    let known = model.script().accept_key.as_ref().map_or(key.is_some(), |expected| key == Some(expected));
    if !known {
        return wire::bad_key();
    }
    let mut days: BTreeMap<Date, u64> = BTreeMap::new();
    for task in model.tasks() {
        *days.entry(task.accepted.to_zoned(TimeZone::UTC).date()).or_default() += 1;
    }
    let used: u64 = days.values().sum::<u64>() * EACH;
    let day = |(date, count): (Date, u64)| (date.to_string(), json!([{"request_count": count, "quota_used": count * EACH}]));
    let daily: serde_json::Map<String, Value> = days.into_iter().map(day).collect();
    wire::json_response(200, &json!({"remaining_quota": FULL.saturating_sub(used), "daily_quota": daily}))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::simulator::{Ask, Script};

    #[test]
    fn every_task_is_counted_on_its_day() {
        let mut model = Model::new(Script { accept_key: Some("k".into()), ..Script::default() });
        let ask = Ask { take: None, token: None, callback: None, prompt: "a cat".into(), ratio: "1:1".into(), seconds: 5 };
        for hour in [1, 23, 25] {
            model.submit(Timestamp::from_second(hour * 3600).unwrap(), ask.clone());
        }
        let body = quota(&model, Some("k")).body;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["daily_quota"]["1970-01-01"][0]["request_count"], 2, "{body}");
        assert_eq!(body["daily_quota"]["1970-01-02"][0], json!({"request_count": 1, "quota_used": 320}));
        assert_eq!(body["remaining_quota"], FULL - 3 * EACH);
        assert_eq!([Some("x"), Some(""), None].map(|key| quota(&model, key).status), [401; 3]);
        assert_eq!(quota(&Model::new(Script::default()), None).status, 401);
    }
}
