//! What an answer of CometAPI's Runway wrapper means: one pure function from status, headers and body. No I/O, no clock.
//!
//! The wrapper's documentation, its siblings' and the relay's source disagree about almost everything, so this is tolerant in
//! what it reads and strict in what it takes for "surely not paid".

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::provider::{Answer, Halt, RetryAfter};
use crate::take::Class;

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
    let body = Body::read(headers, body);
    if call == Call::Feed && body.code() == "task_not_exist" {
        return Answer::Seen(crate::take::Sighting::NotExist);
    }
    match status {
        200..=299 => succeeded(call, status, &body),
        300..=399 => halt(Halt::WrongAddress, format!("HTTP {status}: a redirect, which is never followed")),
        401 => halt(Halt::BadKey, body.said(status)),
        402 => halt(Halt::NoMoney, body.said(status)),
        408 | 499 => unclear(body.said(status)),
        404 | 405 if call == Call::Create => halt(Halt::WrongAddress, body.said(status)),
        400..=428 | 430..=499 if matches!(body, Body::Html(_)) => halt(Halt::WrongAddress, body.said(status)),
        429 if body.meaning() != Some(Meaning::NoMoney) => {
            Answer::NotNow { why: body.said(status), retry_after: retry_after(headers) }
        }
        _ => refused(status, headers, &body),
    }
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

/// HTTP 2xx: the record of a task, a refusal under another `code`, or nothing that can be read.
fn succeeded(call: Call, status: u16, body: &Body) -> Answer {
    let json = match body {
        Body::Json(json) => json,
        Body::Html(_) => return Answer::Stranger { why: body.said(status) },
        Body::Other(_) => return unclear(body.said(status)),
    };
    match (call, json.get("code")) {
        (Call::Feed, code) if code.is_none_or(is_ok) => match record::sighting(json) {
            Some(sighting) => Answer::Seen(sighting),
            None => unclear(format!("HTTP {status}: not the record of a task")),
        },
        (Call::Create, Some(code)) if is_ok(code) => match record::task_id(json) {
            Some(Ok(task)) => Answer::Accepted(task),
            Some(Err(bad)) => unclear(format!("HTTP {status}: accepted, but {bad}")),
            None => unclear(format!("HTTP {status}: accepted, but without a task id")),
        },
        (_, Some(_)) => refused(status, &HeaderMap::new(), body),
        (_, None) => unclear(body.said(status)),
    }
}

/// A refusal: the code decides where it is known, then the status.
fn refused(status: u16, headers: &HeaderMap, body: &Body) -> Answer {
    let why = body.said(status);
    match (body.meaning(), status) {
        (Some(Meaning::NoMoney), _) => halt(Halt::NoMoney, why),
        (Some(Meaning::NoChannel), _) | (None, 403) => Answer::Never { class: Class::Account, why },
        (Some(Meaning::Malformed), _) => Answer::Never { class: Class::Input, why },
        (None, 503) if body.is_error() => Answer::NotNow { why, retry_after: retry_after(headers) },
        (None, 200..=299) => Answer::Never { class: class_of(&why, Class::Unknown), why },
        (None, 400..=499) => Answer::Never { class: class_of(&why, Class::Input), why },
        (Some(Meaning::PerhapsDone) | None, _) => unclear(why),
    }
}

/// The class that a provider's text names: Runway's failure codes wherever they stand in it, or its plain words.
pub(super) fn class_of(text: &str, otherwise: Class) -> Class {
    const WORDS: &[(&str, Class)] = &[
        ("INPUT_PREPROCESSING.INTERNAL", Class::Internal),
        ("SAFETY", Class::Moderated),
        ("MODERAT", Class::Moderated),
        ("CONTENT POLICY", Class::Moderated),
        ("SENSITIVE", Class::Moderated),
        ("ASSET.INVALID", Class::Input),
        ("INTERNAL", Class::Internal),
        ("THIRD_PARTY.UNAVAILABLE", Class::Internal),
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

fn halt(cause: Halt, why: String) -> Answer {
    Answer::Halt { cause, why }
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
    rfc2822::parse(text).ok().map(|at| RetryAfter::At(at.timestamp().max(Timestamp::UNIX_EPOCH)))
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
        let no_channel = || self.message().to_lowercase().contains("no available channel").then_some(Meaning::NoChannel);
        known.or_else(no_channel)
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

    /// Whether it is JSON that speaks of an error.
    fn is_error(&self) -> bool {
        matches!(self, Self::Json(json) if ["error", "code", "message", "msg"].iter().any(|name| json.get(*name).is_some()))
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
