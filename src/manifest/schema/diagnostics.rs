//! The schema of what `rushes check --format json` prints.

use serde_json::{Value, json};

use super::{DRAFT, document};
use crate::manifest::json::VERSION;

/// The schema of [`json`](crate::manifest::json())'s document, as a JSON document. It allows more fields than there are, because some
/// may be added.
pub fn diagnostics_schema() -> String {
    let found = [
        ("level", json!({ "enum": ["error", "warning"] }), "Whether anything would be sent in spite of it."),
        ("code", text(), "What kind of thing it is, such as `unknown-field`."),
        ("message", text(), "What is wrong, in one sentence."),
        ("value", or_null(&text()), "What stands there, shortened to 60 characters."),
        (
            "allowed",
            or_null(&json!({ "type": "array", "items": text(), "minItems": 1 })),
            "All that may stand there, where that is a few words.",
        ),
        ("help", or_null(&text()), "What to do about it."),
        (
            "related",
            json!({ "type": "array", "items": { "$ref": "#/$defs/related" } }),
            "Places that explain it, such as the first use of an id.",
        ),
        (
            "more",
            count(0),
            "How many more there are with this `code` that are not listed; 0 unless there are more than 10,000.",
        ),
    ];
    let related = [("message", text(), "What is there.")];
    let top = [
        (
            "version",
            json!({ "const": VERSION }),
            "The number of this shape. Fields may be added to it; none goes, and none comes to mean something else.",
        ),
        ("errors", count(0), "How many mistakes there are; nothing is sent unless there are none."),
        ("warnings", count(0), "How many warnings there are."),
        (
            "diagnostics",
            json!({ "type": "array", "items": { "$ref": "#/$defs/diagnostic" } }),
            "Those that are listed, file by file, in the order of the text; see `more`.",
        ),
    ];
    let mut schema = object(&top);
    schema["$schema"] = DRAFT.into();
    schema["title"] = "What rushes check finds".into();
    schema["description"] = "What `rushes check --format json` prints.".into();
    schema["$defs"] = json!({ "diagnostic": object(&[&found[..], &place()].concat()), "related": object(&[&related[..], &place()].concat()) });
    document(&schema)
}

/// A name, what may stand there, and what it means.
type Entry = (&'static str, Value, &'static str);

/// Where something is.
fn place() -> [Entry; 5] {
    [
        (
            "file",
            text(),
            "The manifest, as the command line or the manifest that includes it names it; `<stdin>` for standard input.",
        ),
        ("line", count(1), "The line, counted from 1."),
        ("column", count(1), "The column, counted from 1, in characters."),
        ("end_line", count(1), "The line of the end."),
        ("end_column", count(1), "The column right behind the last character."),
    ]
}

/// A map that has all of these.
fn object(entries: &[Entry]) -> Value {
    let property = |(name, shape, about): &Entry| {
        let mut property = shape.clone();
        property["description"] = (*about).into();
        ((*name).to_owned(), property)
    };
    let names: Vec<&str> = entries.iter().map(|(name, ..)| *name).collect();
    let properties = Value::Object(entries.iter().map(property).collect());
    json!({ "type": "object", "required": names, "properties": properties })
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn count(least: u32) -> Value {
    json!({ "type": "integer", "minimum": least })
}

fn or_null(shape: &Value) -> Value {
    json!({ "anyOf": [{ "type": "null" }, shape] })
}
