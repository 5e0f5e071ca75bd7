//! What an answer of CometAPI's Runway wrapper means: one pure function from status, headers and body. No I/O, no clock.
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
use crate::take::{Class, Sighting};

use super::record;

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
    let reading = Reading { call, status, headers, body: Body::read(headers, body) };
    match status {
        _ if call == Call::Feed && reading.body.says("task_not_exist") => Answer::Seen(Sighting::NotExist),
        200..=299 => reading.succeeded(),
        // Whoever names a task has made one, whatever the status says.
        _ if call == Call::Create && reading.body.names_a_task() => unclear(reading.said()),
        301 | 302 | 307 | 308 => halt(Halt::WrongAddress, format!("HTTP {status}: a redirect, which is never followed")),
        // "See other" is how a form says that it has been taken.
        300..=399 => Answer::Stranger { why: format!("HTTP {status}: a redirect, which is never followed") },
        _ => reading.refused(status),
    }
}

/// An answer, taken apart.
struct Reading<'a> {
    call: Call,
    status: u16,
    headers: &'a HeaderMap,
    body: Body,
}

/// What a refusal's code means, where it is known to mean the same under every status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    NoMoney,
    NoChannel,
    Malformed,
    PerhapsDone,
}

/// Codes of the gateway and of the relay behind it.
const CODES: &[(&str, Meaning)] = &[
    ("quota_not_enough", Meaning::NoMoney),
    ("insufficient_user_quota", Meaning::NoMoney),
    ("pre_consume_token_quota_failed", Meaning::NoMoney),
    ("model_not_found", Meaning::NoChannel),
    ("invalid_request", Meaning::Malformed),
    ("callback_url_empty", Meaning::Malformed),
    ("do_request_failed", Meaning::PerhapsDone),
    ("insert_task_failed", Meaning::PerhapsDone),
];

/// The relay's code for a refusal of the service behind it, whose status it passes on: such a 503 is not its own.
const PASSED_ON: &str = "fail_to_fetch_task";

impl Reading<'_> {
    /// HTTP 2xx: the record of a task, a refusal under another `code`, or nothing that can be read.
    fn succeeded(&self) -> Answer {
        let json = match &self.body {
            Body::Json(json) => json,
            Body::Html(_) => return Answer::Stranger { why: self.said() },
            Body::Other(_) => return unclear(self.said()),
        };
        match (self.call, self.body.code_value()) {
            (Call::Feed, code) if code.is_none_or(is_ok) => match record::sighting(json) {
                Some(sighting) => Answer::Seen(sighting),
                None => unclear(format!("HTTP {}: not the record of a task", self.status)),
            },
            (Call::Create, Some(code)) if is_ok(code) => match record::task_id(json) {
                Some(Ok(task)) => Answer::Accepted(task),
                Some(Err(bad)) => unclear(format!("HTTP {}: accepted, but {bad}", self.status)),
                None => unclear(format!("HTTP {}: accepted, but without a task id", self.status)),
            },
            (_, None) if self.body.meaning().is_none() => unclear(self.said()),
            (_, code) => self.refused_within(code.and_then(as_status)),
        }
    }

    /// A refusal in an envelope whose status says that all is well, which is documented to be one whatever the code. A code
    /// that looks like a status of the caller's making means what the status means.
    fn refused_within(&self, code: Option<u16>) -> Answer {
        match code {
            _ if self.call == Call::Create && self.body.names_a_task() => unclear(self.said()),
            Some(code @ (400..=403 | 408 | 422 | 429 | 499)) => self.refused(code),
            _ => self.refused(self.status),
        }
    }

    /// A refusal: the code decides where it is known, then the status, or the code that stands for it.
    fn refused(&self, status: u16) -> Answer {
        let (body, why) = (&self.body, self.said());
        match (body.meaning(), status) {
            (Some(Meaning::PerhapsDone), _) | (_, 408 | 499) => unclear(why),
            (_, 401) => halt(Halt::BadKey, why),
            (Some(Meaning::NoMoney), _) | (None, 402) => halt(Halt::NoMoney, why),
            (_, 429) => self.not_now(why),
            (Some(Meaning::NoChannel), _) => Answer::Never { class: Class::Account, why },
            (Some(Meaning::Malformed), _) => Answer::Never { class: Class::Input, why },
            (None, 404 | 405) if self.call == Call::Create => halt(Halt::WrongAddress, why),
            (None, 400..=499) if matches!(body, Body::Html(_)) => halt(Halt::WrongAddress, why),
            (None, 403) => never(Class::Account, why),
            (None, 400..=499) => never(Class::Input, why),
            (None, 200..=299) => never(Class::Unknown, why),
            (None, 503) if body.is_the_relays_own_error() => self.not_now(why),
            (None, _) => unclear(why),
        }
    }

    fn not_now(&self, why: String) -> Answer {
        Answer::NotNow { why, retry_after: retry_after(self.headers) }
    }

    fn said(&self) -> String {
        self.body.said(self.status)
    }
}

/// The class that a provider's text names: Runway's failure codes wherever they stand in it, or its plain words. What speaks of
/// the content policy is never taken for anything else: repeating it gets an account suspended.
pub(super) fn class_of(text: &str, otherwise: Class) -> Class {
    const WORDS: &[(&str, Class)] = &[
        ("SAFETY", Class::Moderated),
        ("MODERAT", Class::Moderated),
        ("CONTENT POLICY", Class::Moderated),
        ("SENSITIVE", Class::Moderated),
        ("ASSET.INVALID", Class::Input),
        ("INTERNAL", Class::Internal),
        ("THIRD_PARTY.UNAVAILABLE", Class::Internal),
        ("INPUT_PREPROCESSING", Class::Input),
    ];
    let text = text.to_uppercase();
    WORDS.iter().find(|(word, _)| text.contains(word)).map_or(otherwise, |&(_, class)| class)
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

fn never(otherwise: Class, why: String) -> Answer {
    Answer::Never { class: class_of(&why, otherwise), why }
}

fn unclear(why: String) -> Answer {
    Answer::Unclear { why }
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

    fn meaning(&self) -> Option<Meaning> {
        let code = self.code();
        let known = CODES.iter().find(|(name, _)| code.eq_ignore_ascii_case(name)).map(|&(_, meaning)| meaning);
        let speaks = matches!(self, Self::Json(_)) && self.message().to_lowercase().contains("no available channel");
        known.or_else(|| speaks.then_some(Meaning::NoChannel))
    }

    /// Whether code or message is this word.
    fn says(&self, word: &str) -> bool {
        matches!(self, Self::Json(_)) && (self.code() == word || self.message() == word)
    }

    /// Whether a refusal gives the id of a task all the same.
    fn names_a_task(&self) -> bool {
        let Self::Json(json) = self else { return false };
        let places = ["/data/task_id", "/task_id"].iter().filter_map(|path| json.pointer(path)?.as_str());
        places.into_iter().any(|id| !id.is_empty())
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
        let coded = self.code_value().is_some_and(|code| !is_ok(code));
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
