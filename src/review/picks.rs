//! `picks.json`: what the page has gathered while nobody served it. Read as a whole, with every mistake at once. No I/O.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{Note, Rating, Review, Verdict};
use crate::shot::TakeName;

/// The one version that there is.
const VERSION: u64 = 1;

/// What is said of takes, each once, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picks(pub Vec<(TakeName, Review)>);

/// Why a text is no such file: each mistake with its place, as a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadPicks(Vec<String>);

/// The fields of a JSON object in the order of the text, with those that are there twice.
struct Fields(Vec<(String, Value)>);

/// The same for the object that holds objects.
#[derive(Deserialize)]
#[serde(expecting = "an object with `version` and `takes`")]
struct Document {
    version: Option<Value>,
    takes: Option<Fields>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

impl Picks {
    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, BadPicks> {
        let is_none = |error| BadPicks(vec![format!("these are no picks as the page saves them: {error}")]);
        let document: Document = serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(is_none)?;
        let mut wrong: Vec<String> = Vec::new();
        match document.version.as_ref().map(Value::as_u64) {
            Some(Some(VERSION)) => {}
            None => wrong.push(format!("version: missing; this program knows version {VERSION}")),
            Some(_) => wrong.push(format!("version: this program knows version {VERSION} alone")),
        }
        wrong.extend(document.others.keys().map(|field| format!("{}: there is no such field", shown(field))));
        let takes = document.takes.unwrap_or_else(|| {
            wrong.push("takes: missing".to_owned());
            Fields(Vec::new())
        });
        let mut seen = BTreeSet::new();
        let mut picks = Vec::new();
        for (name, said) in takes.0 {
            let place = format!("takes.{}", shown(&name));
            let review = review(&place, said, &mut wrong);
            match name.parse::<TakeName>() {
                Ok(take) if seen.insert(take.clone()) => picks.push((take, review)),
                Ok(_) => wrong.push(format!("{place}: it is there twice")),
                Err(_) => wrong.push(format!("{place}: no name of a take; one looks like SC010_SH020_T01")),
            }
        }
        if wrong.is_empty() { Ok(Self(picks)) } else { Err(BadPicks(wrong)) }
    }
}

impl BadPicks {
    /// The mistakes, at least one.
    pub fn mistakes(&self) -> &[String] {
        &self.0
    }
}

/// What is said of one take, as far as it can be read; the rest goes to `wrong`.
fn review(place: &str, said: Value, wrong: &mut Vec<String>) -> Review {
    let mut review = Review::default();
    let Value::Object(fields) = said else {
        wrong.push(format!("{place}: not an object"));
        return review;
    };
    for (field, value) in fields {
        let read = match (field.as_str(), value) {
            ("verdict" | "rating" | "note", Value::Null) => Ok(()),
            ("verdict", value) => verdict(value).map(|verdict| review.verdict = Some(verdict)),
            ("rating", value) => rating(&value).map(|rating| review.rating = Some(rating)),
            ("note", value) => note(value).map(|note| review.note = note.said()),
            _ => Err("there is no such field".to_owned()),
        };
        wrong.extend(read.err().map(|why| format!("{place}.{}: {why}", shown(&field))));
    }
    review
}

fn verdict(value: Value) -> Result<Verdict, String> {
    serde_json::from_value(value).map_err(|_| "a verdict is \"pick\" or \"reject\"".to_owned())
}

fn rating(value: &Value) -> Result<Rating, String> {
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok()).unwrap_or_default();
    Rating::try_from(number).map_err(|bad| bad.to_string())
}

fn note(value: Value) -> Result<Note, String> {
    let Value::String(text) = value else { return Err("a note is a text".to_owned()) };
    text.parse().map_err(|bad: super::TooLong| bad.to_string())
}

/// A text from the file as it may stand in a message.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a field for each take")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let Picks(picks) = Picks::read(text).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        let told = |(take, review): &(TakeName, Review)| (take.to_string(), serde_json::to_string(review).unwrap());
        let expected: Vec<_> = expected.iter().map(|(take, review)| ((*take).to_owned(), (*review).to_owned())).collect();
        assert_eq!(picks.iter().map(told).collect::<Vec<_>>(), expected, "{text}");
    }

    #[track_caller]
    fn wrong(text: &str, expected: &[&str]) {
        let bad = Picks::read(text).expect_err(text);
        assert_eq!(bad.mistakes(), expected, "{text}");
    }

    #[test]
    fn an_entry_is_all_that_is_said_of_a_take() {
        check(r#"{"version":1,"takes":{}}"#, &[]);
        check(
            r#"{"takes":{"B_T02":{"verdict":"pick","rating":5,"note":" fine "},"A_T1":{"verdict":"reject"},"A_T03":{},
                "A_T04":{"verdict":null,"rating":null,"note":null},"A_T05":{"note":" "}},"version":1}"#,
            &[
                ("B_T02", r#"{"verdict":"pick","rating":5,"note":"fine"}"#),
                ("A_T01", r#"{"verdict":"reject"}"#),
                ("A_T03", "{}"),
                ("A_T04", "{}"),
                ("A_T05", "{}"),
            ],
        );
    }

    #[test]
    fn every_mistake_is_told_at_its_place() {
        wrong(
            r#"{"version":2,"more":1,"takes":{"A_T01":{"verdict":"maybe","rating":6,"note":7,"star":1},"A":{},"../x_T01":3,"A_T1":{}}}"#,
            &[
                "version: this program knows version 1 alone",
                "more: there is no such field",
                "takes.A_T01.note: a note is a text",
                "takes.A_T01.rating: a rating is a whole number from 1 to 5",
                "takes.A_T01.star: there is no such field",
                "takes.A_T01.verdict: a verdict is \"pick\" or \"reject\"",
                "takes.A: no name of a take; one looks like SC010_SH020_T01",
                "takes.../x_T01: not an object",
                "takes.../x_T01: no name of a take; one looks like SC010_SH020_T01",
                "takes.A_T1: it is there twice",
            ],
        );
        wrong("{}", &["version: missing; this program knows version 1", "takes: missing"]);
        let long = format!(r#"{{"version":1,"takes":{{"A_T01":{{"note":"{}"}}}}}}"#, "x".repeat(10_001));
        wrong(&long, &["takes.A_T01.note: a note has at most 10000 characters, and this one has 10001"]);
        let told = |text: &str| Picks::read(text).expect_err(text).to_string();
        assert!(told(r#"{"version":1,"takes":[]}"#).contains("a field for each take"));
        assert!(told("{\n\"version\": 1,\n\"takes\": {,").contains("line 3 column 11"), "cut off or mangled");
        assert!(told("").contains("line 1"));
        assert_eq!(told(r#"{"version":1,"takes":{},"a\u001b[1m":0}"#), "a\u{fffd}[1m: there is no such field");
    }

    proptest! {
        #[test]
        fn any_text_is_picks_or_mistakes(text in ".{0,60}", rating: i32, name in "[A-Z]{1,3}_T[0-9]{1,4}") {
            Picks::read(&text).ok();
            let file = format!(r#"{{"version":1,"takes":{{"{name}":{{"rating":{rating}}}}}}}"#);
            let good = (1..=5).contains(&rating) && name.parse::<TakeName>().is_ok();
            prop_assert_eq!(Picks::read(&file).is_ok(), good, "{}", file);
        }
    }
}
