//! JSON Schemas (draft 2020-12), for editors and programs: of manifests, and of what `rushes check` says about them.
//!
//! What a schema says of a manifest is what the reader takes, as far as a schema can tell: it never refuses what the reader accepts, but
//! for spellings that nobody writes (`seconds: "1e1"`). A field is one line in [`fields`]; tests hold that the reader knows the same
//! names.

mod diagnostics;
mod fields;
mod shapes;

use serde_json::{Map, Value, json};

pub use self::diagnostics::diagnostics_schema;
use self::fields::{Entry, SHOT, TOP};
use crate::manifest::{KNOWN_MODELS, KNOWN_RATIOS, KNOWN_STYLES};
use crate::motion::Motion;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// How an author consents to values that nobody has documented, if not with a plain `true`.
const CONSENT: [&str; 3] = ["true", "True", "TRUE"];

/// The schema of manifests as a JSON document: a map with `shots`, a list of shots, or a single shot.
pub fn schema() -> String {
    let a_shot = json!({ "required": ["prompt"], "not": { "required": ["shots"] } });
    let map = json!({ "if": a_shot, "then": whole_shot(), "else": reference("manifest") });
    document(&json!({
        "$schema": DRAFT,
        "title": "A manifest of rushes",
        "description": "Shots for `rushes`: a map with `shots`, a list of shots, or a single shot.",
        "if": { "type": "array" },
        "then": { "$ref": "#/$defs/shots", "items": whole_shot() },
        "else": map,
        "$defs": {
            "manifest": manifest(),
            "shots": { "type": "array", "minItems": 1, "items": reference("shot") },
            "shot": shot(SHOT),
            "defaults": shot(&without_id()),
            "documented": documented(),
            "motion": shapes::motion(),
            "move": shapes::a_move(),
            "axes": shapes::axes(),
            "number": shapes::number(),
            "amount": shapes::amount(),
            "tariff": shapes::tariff(),
        },
    }))
}

/// A map with `shots` in it.
fn manifest() -> Value {
    let prompt_for_all =
        json!({ "required": ["defaults"], "properties": { "defaults": { "required": ["prompt"], "type": "object" } } });
    let consent_for_all = json!({
        "anyOf": [consent(), { "required": ["defaults"], "properties": { "defaults": { "type": "object", "allOf": [consent()] } } }],
    });
    json!({
        "type": "object",
        "required": ["shots"],
        "properties": properties(TOP),
        "additionalProperties": false,
        "allOf": [
            { "if": prompt_for_all, "else": { "properties": { "shots": { "items": { "required": ["prompt"] } } } } },
            {
                "if": consent_for_all,
                "else": { "properties": { "defaults": reference("documented"), "shots": { "items": reference("documented") } } },
            },
        ],
    })
}

/// A shot of which nothing can stand elsewhere.
fn whole_shot() -> Value {
    json!({ "$ref": "#/$defs/shot", "required": ["prompt"], "allOf": [reference("documented")] })
}

/// What these fields say, in all their spellings; editors are offered the first.
fn shot(fields: &[Entry]) -> Value {
    let axes = Motion::AXES.join("|");
    let mut others = Map::new();
    others.insert(format!("^((motion|(options\\.)?motion_vector)\\.)?({axes})$"), reference("number"));
    others.insert("^(options\\.)?motion_vector$".into(), reference("motion"));
    others.insert("^options\\.seconds$".into(), shapes::seconds());
    let mut own = shapes::notes();
    own["description"] = "A field of your own; goes to the reports, and is no part of the request.".into();
    others.insert("^x_.*\\S".into(), own);
    json!({ "type": "object", "properties": properties(fields), "patternProperties": others, "additionalProperties": false })
}

/// The fields of a shot that shots can have in common.
fn without_id() -> Vec<Entry> {
    SHOT.iter().copied().filter(|(name, ..)| *name != "id").collect()
}

/// Holds that ratio, style and model are known, unless the author consents.
fn documented() -> Value {
    let known =
        json!({ "ratio": { "enum": KNOWN_RATIOS }, "style": { "enum": KNOWN_STYLES }, "model": { "enum": KNOWN_MODELS } });
    json!({ "if": consent(), "else": { "properties": known } })
}

fn consent() -> Value {
    let said = json!({ "anyOf": [{ "const": true }, { "enum": CONSENT }] });
    json!({ "type": "object", "required": ["allow_unknown"], "properties": { "allow_unknown": said } })
}

/// The entries as properties, each with what it means.
fn properties(entries: &[Entry]) -> Value {
    let property = |&(name, about, shape): &Entry| {
        let mut property = shape();
        property["description"] = about.into();
        (name.to_owned(), property)
    };
    Value::Object(entries.iter().map(property).collect())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn document(schema: &Value) -> String {
    format!("{schema:#}\n")
}
