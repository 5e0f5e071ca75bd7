//! The schema of `results.json`. It allows no field that it does not name, so that it cannot fall behind: tests hold any takes against
//! it. The file's `version` is the promise: under the same number fields are only ever added, none goes, and none comes to mean
//! something else; so a reader should pass over fields that it does not know, and the schema that knows them is the one that the same
//! `rushes` prints.

use serde_json::{Map, Value, json};

use super::Totals;
use super::json::{VERSION, pretty};
use crate::motion::Motion;
use crate::review::{Rating, Review, Verdict};
use crate::shot::{ShotId, TakeNo};
use crate::take::{Class, Outcome};

/// The schema (draft 2020-12) of `results.json`, and of what `rushes report --format json` prints, as a JSON document.
pub fn results_schema() -> String {
    let mut schema = map(&[
        (
            "version",
            json!({ "const": VERSION }),
            "The number of this shape. Fields may be added to it; none goes, and none comes to mean something else.",
        ),
        ("totals", reference("totals"), "How many takes stand how."),
        ("prices", reference("prices"), "What was reserved for all takes for which anything may have been bought."),
        ("takes", list(reference("take")), "Every take, by shot and number."),
    ]);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "The results of rushes".into();
    schema["description"] = "`results.json` in an output directory, and what `rushes report --format json` prints.".into();
    schema["$defs"] = json!({
        "totals": totals(),
        "prices": prices(),
        "take": map(&take()),
        "unresolved": map(&unresolved()),
        "request": map(&request()),
        "motion": motion(),
        "media": media(),
        "review": review(),
    });
    pretty(&schema)
}

/// A name, what may stand there, and what it means.
type Entry = (&'static str, Value, &'static str);

fn take() -> Vec<Entry> {
    let outcomes = Totals::OUTCOMES.map(Outcome::as_str);
    let metadata = json!({ "type": "object", "additionalProperties": text() });
    let shot = json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$", "maxLength": ShotId::MAX_LEN });
    vec![
        ("shot", shot, "The shot."),
        ("take", json!({ "type": "integer", "minimum": 1, "maximum": TakeNo::MAX }), "Which take of it."),
        ("outcome", json!({ "enum": outcomes }), "How it stands."),
        (
            "class",
            or_null(&json!({ "enum": Class::ALL.map(Class::as_str) })),
            "What kind of refusal or failure, where it is one.",
        ),
        ("reason", or_null(&text()), "Why it is not stored, or not as it was asked for, in words."),
        ("help", or_null(&text()), "What to do about it, in words."),
        ("unresolved", or_null(&reference("unresolved")), "What may help to find out whether it was made, where nobody knows."),
        ("tags", list(text()), "The shot's tags."),
        ("scene", or_null(&text()), "The scene that it belongs to."),
        ("notes", or_null(&text()), "The author's notes."),
        ("metadata", metadata, "Fields of the author's own."),
        ("request", reference("request"), "What it asks for."),
        (
            "key",
            digest(),
            "The SHA-256 of the request, the provider and the take's number: two takes with one would buy the same thing.",
        ),
        ("task_id", or_null(&text()), "The provider's name for it."),
        ("attempts", count(), "How many submissions were begun."),
        ("price", or_null(&money()), "What was reserved for the last of them."),
        ("planned_at", or_null(&time()), "When it was last planned."),
        ("submitted_at", or_null(&time()), "When the last submission was begun."),
        ("accepted_at", or_null(&time()), "When the provider took it on."),
        ("finished_at", or_null(&time()), "When the provider was seen to have finished it."),
        ("stored_at", or_null(&time()), "When the video was on disk, while it is there."),
        ("digest", or_null(&digest()), "The SHA-256 of the video's bytes."),
        ("bytes", or_null(&count()), "How many bytes the video has."),
        ("file", or_null(&text()), "Where the video lies in the output directory."),
        (
            "media",
            or_null(&reference("media")),
            "What the video's bytes say about it, while it is there and has been looked at.",
        ),
        ("review", reference("review"), "What those say who have watched it."),
    ]
}

fn unresolved() -> Vec<Entry> {
    let token = json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" });
    vec![
        ("named_task", or_null(&text()), "The task that the unclear answer names all the same."),
        ("request_id", or_null(&text()), "The provider's own name for the call."),
        ("last_bytes", or_null(&text()), "The first characters of what came instead of an answer."),
        ("token", or_null(&token), "The attempt's token, which a callback to it would bring back."),
        ("price", or_null(&money()), "What was reserved for it."),
    ]
}

fn request() -> Vec<Entry> {
    let ratio = json!({ "type": "string", "pattern": "^[1-9][0-9]*:[1-9][0-9]*$" });
    vec![
        ("prompt", text(), "What is to be seen."),
        ("ratio", ratio, "The picture's shape, width first."),
        ("style", text(), "The look."),
        ("model", text(), "The model."),
        ("seconds", json!({ "type": "integer", "minimum": 1, "maximum": 60 }), "The clip's length."),
        ("motion", reference("motion"), "The camera's movement."),
    ]
}

fn motion() -> Value {
    map(&Motion::AXES.map(|axis| (axis, json!({ "type": "number" }), "How far, along or about this axis.")))
}

fn totals() -> Value {
    let known = Totals::OUTCOMES.map(|outcome| (outcome.as_str(), count(), "How many takes have this outcome."));
    let mut totals = map(&[&[("takes", count(), "How many takes there are.")], &known[..]].concat());
    // Over all runs nothing is reused; the tally of a single run, which has this shape as well, says so.
    except(&mut totals, &[Outcome::Reused.as_str()]);
    totals
}

fn prices() -> Value {
    map(&[
        ("takes", count(), "For how many takes anything may have been bought."),
        ("priced", count(), "Of how many of them the price is known."),
        ("sums", list(money()), "What those come to, by currency."),
    ])
}

/// What is not known of a video is left out.
fn media() -> Value {
    let size = map(&[("width", count(), "From left to right."), ("height", count(), "From top to bottom.")]);
    let rate = map(&[("pictures", positive(), "So many pictures …"), ("seconds", positive(), "… in so many seconds.")]);
    optional(&[
        ("codec", text(), "How the pictures are coded, by the four characters of the sample entry: `avc1`."),
        ("size", size, "The size at which it is shown, in pixels."),
        ("millis", count(), "How long it plays, in milliseconds."),
        ("frames", count(), "How many pictures it has."),
        ("rate", rate, "Pictures per second, as an exact fraction."),
        ("sound", json!({ "type": "boolean" }), "Whether there is a track of sound; left out where there is none."),
        ("trouble", text(), "Why the container is not sound, in words."),
    ])
}

/// What was not said is left out.
fn review() -> Value {
    let verdicts = [Verdict::Pick, Verdict::Reject].map(Verdict::as_str);
    optional(&[
        ("verdict", json!({ "enum": verdicts }), "Whether it is to be used."),
        ("rating", json!({ "type": "integer", "minimum": 1, "maximum": Rating::MAX }), "How good it is."),
        ("note", json!({ "type": "string", "minLength": 1, "maxLength": Review::LONGEST_NOTE }), "A note."),
    ])
}

/// A map that has all of these, and nothing else.
fn map(entries: &[Entry]) -> Value {
    let property = |(name, shape, about): &Entry| {
        let mut property = shape.clone();
        property["description"] = (*about).into();
        ((*name).to_owned(), property)
    };
    let names: Vec<&str> = entries.iter().map(|(name, ..)| *name).collect();
    let properties: Map<_, _> = entries.iter().map(property).collect();
    json!({ "type": "object", "required": names, "properties": properties, "additionalProperties": false })
}

/// A map that has some of these, and nothing else.
fn optional(entries: &[Entry]) -> Value {
    let mut map = map(entries);
    except(&mut map, &entries.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
    map
}

/// Lets these be left out.
fn except(map: &mut Value, names: &[&str]) {
    if let Some(required) = map["required"].as_array_mut() {
        required.retain(|name| name.as_str().is_none_or(|name| !names.contains(&name)));
    }
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn list(of: Value) -> Value {
    let mut list = json!({ "type": "array" });
    list["items"] = of;
    list
}

fn or_null(shape: &Value) -> Value {
    json!({ "anyOf": [{ "type": "null" }, shape] })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

fn positive() -> Value {
    json!({ "type": "integer", "minimum": 1 })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn digest() -> Value {
    json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
}

/// `0.32 USD`.
fn money() -> Value {
    json!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? [A-Z]+$" })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use boon::{Compiler, SchemaIndex, Schemas};
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Renderer, Report, json::Results, samples};
    use crate::take::Take;

    fn judge() -> (Schemas, SchemaIndex) {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.enable_format_assertions();
        compiler.add_resource("schema.json", serde_json::from_str(&results_schema()).unwrap()).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        (schemas, index)
    }

    fn results(takes: &[Take]) -> Value {
        serde_json::from_str(&Results.render(&Report::new(takes))).unwrap()
    }

    #[test]
    fn a_field_that_the_schema_does_not_name_is_a_mistake() {
        let (schemas, index) = &*JUDGE;
        let good = results(&samples::takes_of_every_kind());
        assert!(schemas.validate(&good, *index).is_ok());
        for place in
            ["", "/takes/0", "/takes/0/request", "/takes/0/request/motion", "/takes/0/review", "/takes/3/unresolved", "/totals"]
        {
            let mut bad = good.clone();
            bad.pointer_mut(place).unwrap()["new"] = 1.into();
            assert!(schemas.validate(&bad, *index).is_err(), "{place}");
        }
    }

    #[test]
    fn a_field_that_is_gone_is_a_mistake() {
        let (schemas, index) = &*JUDGE;
        let good = results(&samples::takes_of_every_kind());
        for (place, name) in [("", "version"), ("/takes/0", "review"), ("/takes/0", "class"), ("/totals", "stored")] {
            let mut bad = good.clone();
            bad.pointer_mut(place).and_then(Value::as_object_mut).unwrap().remove(name).unwrap();
            assert!(schemas.validate(&bad, *index).is_err(), "{place}/{name}");
        }
    }

    /// The schema, ready to judge.
    static JUDGE: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(judge);

    proptest! {
        #[test]
        fn any_results_are_as_the_schema_says(takes in samples::takes()) {
            let (schemas, index) = &*JUDGE;
            let wrong = schemas.validate(&results(&takes), *index).err().map(|error| error.to_string());
            prop_assert_eq!(wrong, None);
        }
    }
}
