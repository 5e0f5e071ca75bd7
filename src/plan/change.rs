//! In what two requests differ, field by field.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::request::Request;

/// The most of a text that is shown, in characters.
const MOST: usize = 40;

/// A field of a request that is not what it was. Prints with as much of a text as shows the difference:
/// `prompt: "…at dawn" → "…at dusk"`, `motion.y: 0 → 0.4`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Change {
    /// Which field; an axis of the motion is one of its own, `motion.y`.
    pub field: String,
    /// What it was.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

impl Change {
    /// Every field in which `new` is not what `old` was, in the order of a request's fields; none where both ask for the same.
    pub fn between(old: &Request, new: &Request) -> Vec<Self> {
        if old == new {
            return Vec::new();
        }
        let differing = fields(old).into_iter().zip(fields(new)).filter(|(old, new)| old != new);
        differing.map(|((field, from), (_, to))| Self { field, from, to }).collect()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, from, to } = self;
        match (from.as_str(), to.as_str()) {
            (Some(old), Some(new)) => write!(f, "{field}: {} → {}", part(old, new), part(new, old)),
            _ => write!(f, "{field}: {} → {}", plain(from), plain(to)),
        }
    }
}

/// Several of them, in one line.
pub(super) fn told(changes: &[Change]) -> String {
    changes.iter().map(Change::to_string).collect::<Vec<_>>().join(", ")
}

/// A text that may not be there, where it is not what it was.
pub(super) fn of_text(field: &str, was: Option<&str>, is: Option<&str>) -> Option<String> {
    let shown = |text: Option<&str>, other: Option<&str>| match text {
        Some(text) => part(text, other.unwrap_or_default()),
        None => "not said".to_owned(),
    };
    (was != is).then(|| format!("{field}: {} → {}", shown(was, is), shown(is, was)))
}

/// Every field of a request, in the same order for every request.
fn fields(request: &Request) -> Vec<(String, Value)> {
    let Ok(Value::Object(fields)) = serde_json::to_value(request) else { return Vec::new() };
    let flat = fields.into_iter().flat_map(|(name, value)| match value {
        Value::Object(inner) => inner.into_iter().map(|(axis, value)| (format!("{name}.{axis}"), value)).collect(),
        value => vec![(name, value)],
    });
    flat.collect()
}

/// A number without a fraction that says nothing.
fn plain(value: &Value) -> String {
    let text = value.to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A text in about [`MOST`] characters: when it is longer, those around the place where it parts from the other one.
fn part(text: &str, other: &str) -> String {
    let same = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let skipped = if text.chars().count().max(other.chars().count()) <= MOST { 0 } else { same.saturating_sub(MOST / 2) };
    let shown: String = text.chars().skip(skipped).take(MOST).collect();
    let before = if skipped > 0 { "…" } else { "" };
    let after = if text.chars().count() > skipped + MOST { "…" } else { "" };
    format!("{:?}", format!("{before}{shown}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::Motion;

    fn request(prompt: &str) -> Request {
        Request::sample(prompt)
    }

    fn differences(old: &Request, new: &Request) -> String {
        told(&Change::between(old, new))
    }

    #[test]
    fn the_part_of_a_text_that_differs_is_shown() {
        let told = |old: &str, new: &str| differences(&request(old), &request(new));
        assert_eq!(told("cat", "cat"), "");
        assert_eq!(told("a \"cat\"", "a\tdog"), r#"prompt: "a \"cat\"" → "a\tdog""#);
        let text = "a lighthouse at dawn, fog rolling in from the sea, a bell is heard";
        insta::assert_snapshot!(told(text, &text.replace("dawn", "dusk")), @r#"prompt: "a lighthouse at dawn, fog rolling in fro…" → "a lighthouse at dusk, fog rolling in fro…""#);
        insta::assert_snapshot!(told(text, &text.replace("heard", "seen")), @r#"prompt: "… the sea, a bell is heard" → "… the sea, a bell is seen""#);
        insta::assert_snapshot!(told(text, "a lighthouse"), @r#"prompt: "a lighthouse at dawn, fog rolling in fro…" → "a lighthouse""#);
    }

    #[test]
    fn every_field_that_differs_is_told_and_axes_by_name() {
        let motion = Motion { y: 0.4, r: -6.0, ..Motion::default() };
        let ratio = "9:16".parse().unwrap();
        let new = Request { seconds: 10.try_into().unwrap(), motion, ratio, style: "noir".into(), ..request("cat") };
        let told = differences(&request("cat"), &new);
        let expected = [
            "motion.r: 0 → -6",
            "motion.y: 0 → 0.4",
            r#"ratio: "16:9" → "9:16""#,
            "seconds: 5 → 10",
            r#"style: "cinematic" → "noir""#,
        ];
        assert_eq!(told, expected.join(", "));
        let change = &Change::between(&request("cat"), &new)[1];
        assert_eq!(serde_json::to_value(change).unwrap(), serde_json::json!({ "field": "motion.y", "from": 0.0, "to": 0.4 }));
    }
}
