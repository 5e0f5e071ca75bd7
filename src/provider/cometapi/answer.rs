//! What an answer of CometAPI's Runway wrapper means: one pure function from status, headers and body. What single codes and words
//! mean is in `classes`. No I/O, no clock.
//!
//! The wrapper's documentation, its siblings' and the relay's source disagree about almost everything, so this is tolerant in
//! what it reads and strict in what it takes for "surely not paid".

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::provider::{Answer, Halt, RetryAfter};
use crate::take::{Doubt, Sighting, TaskId};

use super::classes::{Means, NOT_EXIST, PASSED_ON, Refusal};
use super::{doubt, record};

/// Which call is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `POST /runway/pro/generate`, which spends money.
    Create,
    /// `POST /runway/feed`, which is free.
    Feed,
}

/// What this answer to `call` means.
pub fn read(call: Call, status: u16, headers: &HeaderMap, body: &[u8]) -> Answer {
    let reading = Reading { call, status, headers, raw: body, body: Body::read(headers, body) };
    match status {
        _ if call == Call::Feed && reading.body.says(NOT_EXIST) => Answer::Seen(Sighting::NotExist),
        200..=299 => reading.succeeded(),
        // Whoever names a task has made one, whatever the status says.
        _ if call == Call::Create && reading.body.names_a_task() => reading.unclear(reading.said()),
        301 | 302 | 307 | 308 => halt(Halt::WrongAddress, format!("HTTP {status}: a redirect, which is never followed")),
        // "See other" is how a form says that it has been taken.
        300..=399 => Answer::Stranger(reading.doubt(format!("HTTP {status}: a redirect, which is never followed"))),
        _ => reading.refused(status),
    }
}

/// What is known from an answer of which only the beginning has come, and that tells nothing certain by itself.
pub(super) fn broken_off(why: String, headers: &HeaderMap, body: &[u8]) -> Doubt {
    doubt::from(why, headers, body, Body::read(headers, body).task())
}

/// An answer, taken apart.
struct Reading<'a> {
    call: Call,
    status: u16,
    headers: &'a HeaderMap,
    raw: &'a [u8],
    body: Body,
}

impl Reading<'_> {
    /// HTTP 2xx: the record of a task, a refusal under another `code`, or nothing that can be read.
    fn succeeded(&self) -> Answer {
        let json = match &self.body {
            Body::Json(json) => json,
            Body::Html(_) => return Answer::Stranger(self.doubt(self.said())),
            Body::Other(_) => return self.unclear(self.said()),
        };
        match (self.call, self.body.code_value()) {
            (Call::Feed, code) if code.is_none_or(is_ok) => match record::sighting(json) {
                Some(sighting) => Answer::Seen(sighting),
                None => self.unclear(format!("HTTP {}: not the record of a task", self.status)),
            },
            (Call::Create, Some(code)) if is_ok(code) => match record::task_id(json) {
                Some(Ok(task)) => Answer::Accepted(task),
                Some(Err(bad)) => self.unclear(format!("HTTP {}: accepted, but {bad}", self.status)),
                None => self.unclear(format!("HTTP {}: accepted, but without a task id", self.status)),
            },
            (_, None) if !self.refusal(self.status, "").is_coded() => self.unclear(self.said()),
            (_, code) => self.refused_within(code.and_then(as_status)),
        }
    }

    /// A refusal in an envelope whose status says that all is well, which is documented to be one whatever the code. A code
    /// that looks like a status of the caller's making means what the status means.
    fn refused_within(&self, code: Option<u16>) -> Answer {
        match code {
            _ if self.call == Call::Create && self.body.names_a_task() => self.unclear(self.said()),
            Some(code @ (400..=403 | 408 | 422 | 429 | 499)) => self.refused(code),
            _ => self.refused(self.status),
        }
    }

    /// A refusal under `status`, or under a code that stands for it.
    fn refused(&self, status: u16) -> Answer {
        let why = self.said();
        match self.refusal(status, &why).means() {
            Means::Unclear => self.unclear(why),
            Means::NotNow => Answer::NotNow { why, retry_after: retry_after(self.headers) },
            Means::Never(class) => Answer::Never { class, why },
            Means::Halt(cause) => halt(cause, why),
        }
    }

    fn refusal<'b>(&'b self, status: u16, text: &'b str) -> Refusal<'b> {
        let body = &self.body;
        Refusal {
            call: self.call,
            status,
            code: body.code(),
            message: if matches!(body, Body::Json(_)) { body.message() } else { "" },
            text,
            is_page: matches!(body, Body::Html(_)),
            is_own_error: body.is_the_relays_own_error(),
        }
    }

    fn unclear(&self, why: String) -> Answer {
        Answer::Unclear(self.doubt(why))
    }

    /// All that the answer tells to a person who has to find out what became of the call.
    fn doubt(&self, why: String) -> Doubt {
        doubt::from(why, self.headers, self.raw, self.body.task())
    }

    fn said(&self) -> String {
        self.body.said(self.status)
    }
}

/// `200`, `"200"` or `"success"`.
fn is_ok(code: &Value) -> bool {
    match code {
        Value::Number(number) => number.as_u64() == Some(200),
        Value::String(text) => text == "200" || text.eq_ignore_ascii_case("success"),
        _ => false,
    }
}

/// A code that looks like the status of a failed HTTP call.
fn as_status(code: &Value) -> Option<u16> {
    let number = match code {
        Value::Number(number) => number.as_u64().and_then(|number| u16::try_from(number).ok()),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| (400..=599).contains(number))
}

fn halt(cause: Halt, why: String) -> Answer {
    Answer::Halt { cause, why }
}

/// `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(RetryAfter::Seconds(seconds));
    }
    http_date(text).map(|at| RetryAfter::At(at.max(Timestamp::UNIX_EPOCH)))
}

/// A time in each of the three forms of RFC 9110, section 5.6.7.
fn http_date(text: &str) -> Option<Timestamp> {
    const OBSOLETE: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    let obsolete = || OBSOLETE.iter().find_map(|form| DateTime::strptime(form, text).ok());
    let preferred = rfc2822::parse(text).ok().map(|at| at.timestamp());
    preferred.or_else(|| Some(obsolete()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// A body, as far as it can be read.
enum Body {
    Json(Value),
    Html(String),
    Other(String),
}

impl Body {
    /// Reads the first JSON document and ignores what follows it; a second one has been seen.
    fn read(headers: &HeaderMap, bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let first = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().next();
        if let Some(Ok(json @ Value::Object(_))) = first {
            return Self::Json(json);
        }
        let text = String::from_utf8_lossy(bytes).trim().to_owned();
        let announced = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if announced.to_ascii_lowercase().contains("html") || text.starts_with('<') {
            return Self::Html(text);
        }
        Self::Other(text)
    }

    /// The code at the top, of either kind.
    fn code_value(&self) -> Option<&Value> {
        let Self::Json(json) = self else { return None };
        json.get("code").filter(|code| code.is_number() || code.as_str().is_some_and(|text| !text.is_empty()))
    }

    /// The code in words: at the top, or of the error inside.
    fn code(&self) -> &str {
        let Self::Json(json) = self else { return "" };
        let error = json.get("error");
        let places = [json.get("code"), error.and_then(|e| e.get("code")), error.and_then(|e| e.get("type"))];
        places.into_iter().flatten().filter_map(Value::as_str).find(|code| !code.is_empty()).unwrap_or_default()
    }

    /// Whether code or message is this word.
    fn says(&self, word: &str) -> bool {
        matches!(self, Self::Json(_)) && (self.code() == word || self.message() == word)
    }

    /// Whether a refusal gives the id of a task all the same.
    fn names_a_task(&self) -> bool {
        self.task_ids().next().is_some()
    }

    /// The task that it names, wherever it does, if it can be asked about.
    fn task(&self) -> Option<TaskId> {
        self.task_ids().find_map(|id| id.parse().ok())
    }

    fn task_ids(&self) -> impl Iterator<Item = &str> {
        let json = if let Self::Json(json) = self { Some(json) } else { None };
        let places = ["/data/task_id", "/task_id"].into_iter();
        places.filter_map(move |path| json?.pointer(path)?.as_str()).filter(|id| !id.is_empty())
    }

    /// What the provider says to people.
    fn message(&self) -> &str {
        let json = match self {
            Self::Json(json) => json,
            Self::Html(text) | Self::Other(text) => return text,
        };
        let error = json.get("error");
        let places = [json.get("msg"), json.get("message"), error.and_then(|e| e.get("message")), error];
        places.into_iter().flatten().filter_map(Value::as_str).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// Whether the relay itself refuses, before it hands the call on.
    fn is_the_relays_own_error(&self) -> bool {
        let Self::Json(json) = self else { return false };
        // A number is anybody's: a code of the relay's own is a word.
        let coded = self.code_value().is_some_and(|code| !is_ok(code)) && !self.code().is_empty();
        let error = json.get("error").is_some_and(|error| error.is_object() || error.is_string());
        (coded || error) && self.code() != PASSED_ON
    }

    /// Status, code and message in one line.
    fn said(&self, status: u16) -> String {
        let code = match self {
            Self::Json(json) => match json.get("code") {
                Some(Value::Number(number)) if number.as_u64() != Some(u64::from(status)) => number.to_string(),
                _ => self.code().to_owned(),
            },
            Self::Html(_) => "an HTML page".to_owned(),
            Self::Other(_) => String::new(),
        };
        let message: String = if matches!(self, Self::Html(_)) { String::new() } else { one_line(self.message()) };
        let parts = [code, message];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { format!("HTTP {status} without a body") } else { format!("HTTP {status}: {}", parts.join(": ")) }
    }
}

/// The first 300 characters, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}
