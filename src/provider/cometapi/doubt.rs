//! What an answer that settles nothing tells all the same: the provider's name for the call, the task it may have made, the first
//! of its bytes. For a person who has to find out what became of it. Pure.

use reqwest::header::HeaderMap;

use super::answer::one_line;
use crate::take::{Doubt, TaskId};

/// The headers in which a gateway, the relay or a service behind them names a call; the first that is there counts.
const REQUEST_IDS: &[&str] =
    &["x-oneapi-request-id", "x-request-id", "request-id", "x-amzn-requestid", "x-amz-request-id", "cf-ray"];

/// Before the name of the call in the words of the relay: `upstream error (request id: 2026…)`.
const IN_WORDS: &str = "(request id:";

/// The longest name of a call that is kept, in characters.
const LONGEST_NAME: usize = 128;

/// How much is kept of what came, in characters; the ledger has more of it beside the event.
const EXCERPT: usize = 400;

/// What is known from an answer with these headers and this body, neither of which holds the key, and which names `task`.
pub(super) fn from(why: String, headers: &HeaderMap, body: &[u8], task: Option<TaskId>) -> Doubt {
    let body = String::from_utf8_lossy(body);
    let last_bytes: String = body.trim().chars().take(EXCERPT).collect();
    let request_id = in_words(&body).or_else(|| in_headers(headers));
    Doubt { why, task, request_id, last_bytes: Some(last_bytes).filter(|text| !text.is_empty()) }
}

fn in_words(body: &str) -> Option<String> {
    let (_, rest) = body.split_once(IN_WORDS)?;
    let (id, _) = rest.split_once(')')?;
    name(id)
}

fn in_headers(headers: &HeaderMap) -> Option<String> {
    REQUEST_IDS.iter().find_map(|id| name(headers.get(*id)?.to_str().ok()?))
}

/// A text that could be the name of a call: short, on one line, and not empty.
fn name(text: &str) -> Option<String> {
    let name = one_line(text);
    (1..=LONGEST_NAME).contains(&name.chars().count()).then_some(name)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn named(headers: &[(&'static str, &'static str)], body: &str) -> Option<String> {
        let header =
            |(name, value): &(&'static str, &'static str)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        from("why".into(), &headers.iter().map(header).collect(), body.as_bytes(), None).request_id
    }

    #[test]
    fn a_call_is_named_in_words_or_in_a_header() {
        let words = r#"{"error":{"message":"upstream error (request id: 20261122abc)","type":"comet_api_error"}}"#;
        let long: &'static str = "x".repeat(129).leak();
        for (headers, body, expected) in [
            (&[][..], words, Some("20261122abc")),
            (&[("x-oneapi-request-id", "one")], "", Some("one")),
            (&[("cf-ray", "8f0-FRA"), ("x-request-id", "two")], "<html>", Some("two")),
            (&[("cf-ray", "8f0-FRA")], "<html>", Some("8f0-FRA")),
            (&[("x-request-id", "two")], words, Some("20261122abc")),
            (&[("x-request-id", "two")], "(request id: )", Some("two")),
            (&[("x-request-id", "two")], "(request id: cut", Some("two")),
            (&[("x-request-id", long), ("cf-ray", "8f0")], "", Some("8f0")),
            (&[("x-request-id", " ")], "", None),
            (&[("server", "cloudflare")], "request id: 7", None),
        ] {
            assert_eq!(named(headers, body).as_deref(), expected, "{headers:?} {body}");
        }
        assert_eq!(named(&[], "(request id: a\u{1b}[31m\n b)").as_deref(), Some("a [31m b"));
    }

    #[test]
    fn what_came_is_kept_up_to_a_cap() {
        let kept = |body: &[u8]| from("why".into(), &HeaderMap::new(), body, None).last_bytes;
        assert_eq!(kept(b" <html>\n"), Some("<html>".into()));
        assert_eq!(kept(b" \n"), None);
        assert_eq!(kept(&[0xff; 9999]).map(|text| text.chars().count()), Some(EXCERPT));
    }
}
