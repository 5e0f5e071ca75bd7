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
    let a_shot = json!({ "required": ["prompt"], "not": { "anyOf": [has("shots"), lists_groups()] } });
    let map = json!({ "if": a_shot, "then": whole_shot(), "else": reference("manifest") });
    document(&json!({
        "$schema": DRAFT,
        "title": "A manifest of rushes",
        "description": "Shots for `rushes`: a map with `shots`, a list of shots, or a single shot.",
        "if": { "type": "array" },
        "then": { "$ref": "#/$defs/shots", "minItems": 1, "items": whole_shot() },
        "else": map,
        "$defs": {
            "manifest": manifest(),
            "shots": { "type": ["array", "null"], "items": reference("shot") },
            "shot": shot(SHOT),
            "defaults": shot(&in_common()),
            "group": shapes::group(),
            "scene": shapes::a_scene(),
            "matrix": shapes::matrix(),
            "combination": shapes::combination(),
            "prompted": prompted(),
            "prompted_group": prompted_group(),
            "documented": documented(),
            "documented_group": documented_group(),
            "motion": shapes::motion(),
            "move": shapes::a_move(),
            "axes": shapes::axes(),
            "number": shapes::number(),
            "amount": shapes::amount(),
            "tariff": shapes::tariff(),
            "hook": shapes::hook(),
        },
    }))
}

/// A map with `shots` in it, or with groups of shots.
fn manifest() -> Value {
    let mut known = in_all_shots("documented");
    known["defaults"] = reference("documented");
    json!({
        "type": "object",
        "properties": properties(TOP),
        "patternProperties": { r"^x[_-].*\S": { "description": "Yours: a place for anchors, which nothing else looks at." } },
        "additionalProperties": false,
        "allOf": [
            {
                "if": { "anyOf": [has("include"), lists_groups()] },
                "else": { "required": ["shots"], "properties": { "shots": { "type": "array", "minItems": 1 } } },
            },
            { "if": in_defaults(&has("prompt")), "else": { "properties": in_all_shots("prompted") } },
            { "if": { "anyOf": [consent(), in_defaults(&consent())] }, "else": { "properties": known } },
        ],
    })
}

/// A map that has `name`.
fn has(name: &str) -> Value {
    json!({ "required": [name] })
}

/// A map with groups in it.
fn lists_groups() -> Value {
    json!({ "anyOf": [has("groups"), has("scenes")] })
}

/// A map whose `defaults` are `so`.
fn in_defaults(so: &Value) -> Value {
    json!({ "required": ["defaults"], "properties": { "defaults": { "type": "object", "allOf": [so] } } })
}

/// Holds every shot of a manifest to `rule`, and every group to what that means for a group.
fn in_all_shots(rule: &str) -> Value {
    let groups = json!({ "items": reference(&format!("{rule}_group")) });
    json!({ "shots": { "items": reference(rule) }, "groups": groups, "scenes": groups })
}

/// Holds that there is a prompt, be it one in a matrix.
fn prompted() -> Value {
    json!({ "if": prompt_in_matrix(), "else": has("prompt") })
}

fn prompted_group() -> Value {
    let for_all = json!({ "anyOf": [prompt_in_matrix(), in_defaults(&has("prompt"))] });
    json!({ "if": for_all, "else": { "properties": { "shots": { "items": reference("prompted") } } } })
}

/// A map whose matrix sets the prompt, as far as a schema can tell.
fn prompt_in_matrix() -> Value {
    json!({ "required": ["matrix"], "properties": { "matrix": { "anyOf": [has("prompt"), has("include")] } } })
}

/// A shot of which nothing can stand elsewhere.
fn whole_shot() -> Value {
    json!({ "$ref": "#/$defs/shot", "allOf": [reference("prompted"), reference("documented")] })
}

/// What these fields say, in all their spellings; editors are offered the first.
fn shot(fields: &[Entry]) -> Value {
    let axes = Motion::AXES.join("|");
    let mut others = Map::new();
    others.insert(format!("^((motion|(options\\.)?motion_vector)\\.)?({axes})$"), reference("number"));
    others.insert("^(options\\.)?motion_vector$".into(), reference("motion"));
    others.insert("^options\\.seconds$".into(), shapes::known_seconds());
    let mut own = shapes::notes();
    own["description"] = "A field of your own; goes to the reports, and is no part of the request.".into();
    others.insert("^x_.*\\S".into(), own);
    json!({ "type": "object", "properties": properties(fields), "patternProperties": others, "additionalProperties": false })
}

/// The fields of a shot that shots can have in common.
fn in_common() -> Vec<Entry> {
    SHOT.iter().copied().filter(|(name, ..)| !matches!(*name, "id" | "vars" | "matrix")).collect()
}

/// Holds that ratio, style and model are known, unless the author consents.
fn documented() -> Value {
    let mut known = known();
    known["matrix"] = documented_matrix();
    json!({ "if": consent(), "else": { "properties": known } })
}

/// What is documented of each field that can be something else.
fn known() -> Value {
    json!({
        "ratio": { "enum": KNOWN_RATIOS },
        "style": { "enum": KNOWN_STYLES },
        "model": { "enum": KNOWN_MODELS },
        "seconds": shapes::known_seconds(),
    })
}

fn documented_group() -> Value {
    let shots = json!({ "items": reference("documented") });
    let known = json!({ "defaults": reference("documented"), "matrix": documented_matrix(), "shots": shots });
    json!({ "if": in_defaults(&consent()), "else": { "properties": known } })
}

fn documented_matrix() -> Value {
    let known = known();
    let listed = known.as_object().into_iter().flatten().map(|(name, shape)| (name.clone(), json!({ "items": shape })));
    let mut axes: Map<String, Value> = listed.collect();
    axes.insert("include".into(), json!({ "items": { "properties": known } }));
    json!({ "properties": axes })
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
