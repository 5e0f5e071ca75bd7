//! What may stand where in a manifest, as schemas: from the tables that the readers use.

use std::iter;

use serde_json::{Map, Value, json};

use super::fields::{
    AXES, BUDGET, Entry, GROUP, HOOK, LIMITS, MATRIX, ON, OPTIONS, PRICES, PROFILE, PROVIDER, SCENE, SHOT, TARIFF,
};
use super::{properties, reference};
use crate::manifest::group::MAX_NAME;
use crate::manifest::hooks;
use crate::manifest::value::MAX_NOTE;
use crate::manifest::{KNOWN_MODELS, KNOWN_RATIOS, KNOWN_STYLES, MAX_PROMPT};
use crate::motion::{Motion, Move, Moves};
use crate::price::Currency;
use crate::request::Seconds;
use crate::shot::{ShotId, TakeNo};
use crate::take::Class;

/// A text, or a number that is read as one.
fn word(pattern: &str, examples: &[&str]) -> Value {
    json!({ "type": ["string", "number"], "pattern": pattern, "examples": examples })
}

/// One of `words`, which editors offer, or another text, which the author may have consented to.
fn open(words: &[&str], pattern: &str) -> Value {
    json!({ "anyOf": [{ "enum": words }, { "type": "string", "pattern": pattern }] })
}

/// What `plain` allows, or the same between quotation marks.
fn or_quoted(plain: &Value, pattern: &str) -> Value {
    json!({ "anyOf": [plain, { "type": "string", "pattern": pattern }] })
}

/// One thing as a list or a map, another as anything else. Editors explain that better than an `anyOf`.
fn by_kind(kind: &str, shape: &Value, otherwise: &Value) -> Value {
    json!({ "if": { "type": kind }, "then": shape, "else": otherwise })
}

/// `shape`, for which editors offer these.
fn offering(words: &[&str], mut shape: Value) -> Value {
    shape["examples"] = json!(words);
    shape
}

/// A map with these names in it and no other.
fn map(entries: &[Entry]) -> Value {
    json!({ "type": "object", "properties": properties(entries), "additionalProperties": false })
}

/// A section of a manifest: the same, and it may be empty.
fn section(entries: &[Entry]) -> Value {
    let mut map = map(entries);
    map["type"] = json!(["object", "null"]);
    map
}

pub(super) fn format_version() -> Value {
    or_quoted(&json!({ "const": 1 }), r"^\s*1\s*$")
}

pub(super) fn output() -> Value {
    word(r"\S", &["out/teaser"])
}

pub(super) fn include() -> Value {
    let file = json!({ "type": "string", "pattern": r"\S", "examples": ["scenes/*.yaml"] });
    offering(&["scenes/*.yaml"], by_kind("array", &json!({ "items": file }), &file))
}

pub(super) fn provider() -> Value {
    section(PROVIDER)
}

pub(super) fn provider_name() -> Value {
    json!({ "const": "cometapi" })
}

pub(super) fn api_version() -> Value {
    word(r"^\s*[!-~]{1,100}\s*$", &["2024-11-06"])
}

pub(super) fn url() -> Value {
    json!({ "type": "string", "pattern": "^\\s*[Hh][Tt][Tt][Pp][Ss]?:", "maxLength": 2000, "examples": ["https://example.com/hook"] })
}

pub(super) fn consent() -> Value {
    or_quoted(&json!({ "type": "boolean" }), r"^\s*(true|True|TRUE|false|False|FALSE)\s*$")
}

/// They may be empty. Editors explain that better than an `anyOf`.
pub(super) fn defaults() -> Value {
    json!({ "if": { "type": "null" }, "else": reference("defaults") })
}

pub(super) fn shots() -> Value {
    reference("shots")
}

/// What makes a template of a text.
const TEMPLATE: &str = r"\{[{%#]";
/// What a variable can be called, but for a few words of the template language.
const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]{0,99}$";

pub(super) fn id() -> Value {
    let inner = ShotId::MAX_LEN - 2;
    word(&format!(r"^[A-Za-z0-9]([A-Za-z0-9._-]{{0,{inner}}}[A-Za-z0-9_-])?$|{TEMPLATE}"), &["SC010_SH020"])
}

/// What a variable stands for.
fn scalar() -> Value {
    json!({ "type": ["string", "number", "boolean"], "not": { "type": "string", "pattern": TEMPLATE } })
}

pub(super) fn vars() -> Value {
    json!({ "type": ["object", "null"], "patternProperties": { VARIABLE: scalar() }, "additionalProperties": false })
}

pub(super) fn matrix_reference() -> Value {
    reference("matrix")
}

/// The fields of a shot that a matrix can set.
fn in_matrix() -> impl Iterator<Item = &'static Entry> {
    SHOT.iter().filter(|(name, ..)| !matches!(*name, "id" | "options" | "vars" | "matrix"))
}

/// Lists of what a field can be, and of what variables stand for.
pub(super) fn matrix() -> Value {
    let list = |items: &Value| json!({ "type": "array", "minItems": 1, "items": items });
    let field = |&(name, about, shape): &Entry| {
        let mut list = list(&shape());
        list["description"] = format!("What `{name}` is in turn. {about}").into();
        (name.to_owned(), list)
    };
    let mut lists: Map<String, Value> = in_matrix().map(field).collect();
    lists.extend(properties(MATRIX).as_object().into_iter().flatten().map(|(name, shape)| (name.clone(), shape.clone())));
    lists.insert("id".into(), false.into());
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": lists,
        "additionalProperties": list(&scalar()),
        "propertyNames": { "pattern": VARIABLE },
    })
}

pub(super) fn combinations() -> Value {
    json!({ "type": "array", "items": reference("combination") })
}

/// One combination of a matrix, written out.
pub(super) fn combination() -> Value {
    let mut values = properties(&in_matrix().copied().collect::<Vec<_>>());
    values["id"] = false.into();
    json!({ "type": "object", "minProperties": 1, "properties": values, "additionalProperties": scalar() })
}

pub(super) fn groups() -> Value {
    json!({ "type": ["array", "null"], "items": reference("group") })
}

pub(super) fn scenes() -> Value {
    json!({ "type": ["array", "null"], "items": reference("scene") })
}

pub(super) fn group_name() -> Value {
    let mut name = word(r"\S", &["harbour"]);
    name["maxLength"] = MAX_NAME.into();
    name
}

/// A map with shots in it.
pub(super) fn group() -> Value {
    with_shots(GROUP)
}

pub(super) fn a_scene() -> Value {
    with_shots(SCENE)
}

fn with_shots(entries: &[Entry]) -> Value {
    let mut map = map(entries);
    map["required"] = json!(["shots"]);
    map
}

pub(super) fn prompt() -> Value {
    let example = "A lighthouse at dawn, fog rolling in from the sea";
    json!({ "type": "string", "pattern": r"\S", "maxLength": MAX_PROMPT, "examples": [example] })
}

pub(super) fn ratio() -> Value {
    open(&KNOWN_RATIOS, r"^\s*[1-9][0-9]{0,4}:[1-9][0-9]{0,4}\s*$")
}

pub(super) fn style() -> Value {
    open(&KNOWN_STYLES, r"\S")
}

pub(super) fn model() -> Value {
    open(&KNOWN_MODELS, r"\S")
}

pub(super) fn seconds() -> Value {
    let any = json!({ "type": "integer", "minimum": 1, "maximum": Seconds::MAX });
    json!({ "anyOf": [{ "enum": Seconds::KNOWN }, any, { "type": "string", "pattern": r"^\s*[1-9][0-9]?(\.0*)?\s*$" }] })
}

/// A length that the provider documents.
pub(super) fn known_seconds() -> Value {
    or_quoted(&json!({ "enum": Seconds::KNOWN }), r"^\s*(5|10)(\.0*)?\s*$")
}

/// How many, or a list of numbers.
pub(super) fn takes() -> Value {
    let plain = json!({ "type": "integer", "minimum": 1, "maximum": TakeNo::MAX });
    let number = r"[1-9][0-9]{0,2}(\.0*)?";
    let one = or_quoted(&plain, &format!(r"^\s*{number}\s*$"));
    let list = json!({ "minItems": 1, "uniqueItems": true, "items": one });
    by_kind("array", &list, &or_quoted(&plain, &format!(r"^[\s,;]*{number}([\s,;]+{number})*[\s,;]*$")))
}

pub(super) fn tags() -> Value {
    let tag = word(r"^\s*[^\s,;]{1,100}\s*$", &["hero"]);
    offering(&["hero"], by_kind("array", &json!({ "items": tag }), &json!({ "type": ["string", "number"] })))
}

pub(super) fn scene() -> Value {
    word(r"^([\s#._-]*[0-9][A-Za-z0-9._-]*\s*|[^0-9A-Za-z]*[A-Za-z][\s\S]*)$", &["SC010"])
}

/// What goes to the reports as it is.
pub(super) fn notes() -> Value {
    json!({ "type": ["string", "number", "boolean"], "maxLength": MAX_NOTE })
}

pub(super) fn options() -> Value {
    let mut options = map(OPTIONS);
    options["patternProperties"] = json!({ format!(r"^motion_vector\.({})$", Motion::AXES.join("|")): reference("number") });
    options
}

pub(super) fn motion_reference() -> Value {
    reference("motion")
}

pub(super) fn number_reference() -> Value {
    reference("number")
}

pub(super) fn amount_reference() -> Value {
    reference("amount")
}

/// A text of moves, a list of moves and axes, or axes. Editors offer the named moves, each with what it stands for; they look for what to
/// offer in alternatives, and not behind an `if`.
pub(super) fn motion() -> Value {
    let moves = Moves::default();
    let explained = |known: &Move| {
        let about = format!(
            "{} by convention; `slow`, `fast` or a number behind it says how much. Moves can be combined.",
            known.vector
        );
        names(known).map(move |name| json!({ "const": name, "description": about })).collect::<Vec<_>>()
    };
    let offered = moves.iter().flat_map(explained).chain([json!({})]);
    let mut motion = axes_or(&by_kind("array", &json!({ "minItems": 1, "items": in_a_list() }), &reference("move")));
    motion["anyOf"] = offered.collect();
    motion
}

/// An entry of a list of moves. Where alternatives are entries of a list, editors offer odd things between its brackets.
fn in_a_list() -> Value {
    let moves = Moves::default();
    let mut entry = offering(&moves.iter().flat_map(names).collect::<Vec<_>>(), axes_or(&reference("move")));
    entry["description"] = "A named move, or axes.".into();
    entry
}

fn axes_or(otherwise: &Value) -> Value {
    by_kind("object", &reference("axes"), otherwise)
}

/// All that a move is called.
fn names(known: &Move) -> impl Iterator<Item = &str> {
    iter::once(known.name.as_str()).chain(known.aliases.iter().copied())
}

/// A text of moves: they can be combined, and a manifest can have its own.
pub(super) fn a_move() -> Value {
    json!({ "type": "string", "pattern": r"\S" })
}

pub(super) fn axes() -> Value {
    map(AXES)
}

/// A finite number as JSON has it.
pub(super) fn number() -> Value {
    or_quoted(&json!({ "type": "number" }), r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$")
}

/// The names of the convention are offered; others are as good.
pub(super) fn moves() -> Value {
    let vector = || {
        let mut axes = reference("axes");
        axes["minProperties"] = 1.into();
        axes
    };
    let known = |known: &Move| {
        let mut vector = vector();
        vector["description"] = format!("By convention {}.", known.vector).into();
        (known.name.clone(), vector)
    };
    let moves = Moves::default();
    let named: Map<String, Value> = moves.iter().filter(|known| known.vector != Motion::STATIC).map(known).collect();
    json!({ "type": ["object", "null"], "properties": named, "additionalProperties": vector() })
}

pub(super) fn prices() -> Value {
    let mut prices = section(PRICES);
    prices["required"] = json!(["currency"]);
    prices
}

pub(super) fn currency() -> Value {
    json!({ "type": "string", "pattern": "^[A-Z]{3,8}$", "examples": ["USD", "EUR", "CREDITS"] })
}

/// An amount that money has: exact to a millionth.
pub(super) fn amount() -> Value {
    or_quoted(&json!({ "type": "number", "minimum": 0, "maximum": Currency::MOST }), r"^\s*[0-9]+(\.[0-9]+)?\s*$")
}

pub(super) fn lengths() -> Value {
    let amount = reference("amount");
    let lengths: Map<String, Value> = Seconds::KNOWN.into_iter().map(|seconds| (seconds.to_string(), amount.clone())).collect();
    // A name that is a number is none of the `properties` to the YAML language server.
    let pattern = format!("^({})$", Seconds::KNOWN.map(|seconds| seconds.to_string()).join("|"));
    json!({ "type": "object", "properties": lengths, "patternProperties": { pattern: amount }, "additionalProperties": false })
}

pub(super) fn model_prices() -> Value {
    let known = |model: &str| {
        (model.to_owned(), json!({ "$ref": "#/$defs/tariff", "description": format!("What takes of {model} cost.") }))
    };
    let models: Map<String, Value> = KNOWN_MODELS.into_iter().map(known).collect();
    json!({ "type": "object", "properties": models, "additionalProperties": reference("tariff") })
}

pub(super) fn tariff() -> Value {
    let mut tariff = map(TARIFF);
    tariff["minProperties"] = 1.into();
    tariff
}

pub(super) fn budget() -> Value {
    section(BUDGET)
}

/// The budget of a profile.
pub(super) fn own_budget() -> Value {
    let mut budget = map(BUDGET);
    budget["minProperties"] = 1.into();
    budget
}

pub(super) fn limits() -> Value {
    section(LIMITS)
}

/// Limits by name, each perhaps with a budget.
pub(super) fn profiles() -> Value {
    let profile: Vec<Entry> = LIMITS.iter().chain(PROFILE).copied().collect();
    let mut profile = map(&profile);
    profile["minProperties"] = 1.into();
    json!({ "type": ["object", "null"], "minProperties": 1, "additionalProperties": profile })
}

/// Calls per time.
pub(super) fn rate() -> Value {
    json!({ "type": "string", "pattern": r"^\s*0*[1-9][0-9]*\s*/\s*[smh]\s*$", "examples": ["2/s", "30/m"] })
}

/// How long something may take.
pub(super) fn time() -> Value {
    json!({ "type": "string", "pattern": "[0-9]", "examples": ["1h", "8h 30m"] })
}

/// A time of the day, or a date and a time.
pub(super) fn until() -> Value {
    json!({ "type": "string", "pattern": "[0-9][:-][0-9]", "examples": ["06:00"] })
}

/// An amount, perhaps with a currency of its own.
pub(super) fn sum() -> Value {
    or_quoted(&json!({ "type": "number", "minimum": 0 }), r"^\s*[0-9]+(\.[0-9]{1,6})?\s*([A-Z]{3,8})?\s*$")
}

/// A whole number from 1 on.
pub(super) fn count() -> Value {
    or_quoted(&json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }), r"^\s*[1-9][0-9]*\s*$")
}

/// Classes of failures.
pub(super) fn refunds() -> Value {
    let classes = json!({ "enum": Class::ALL.map(Class::as_str) });
    by_kind("array", &json!({ "items": classes }), &json!({ "const": "none" }))
}

pub(super) fn hooks() -> Value {
    section(ON)
}

/// A hook, or a list of them.
pub(super) fn hook_list() -> Value {
    by_kind("array", &json!({ "items": reference("hook") }), &reference("hook"))
}

/// A text for the shell or an address, a list of words, or a map.
pub(super) fn hook() -> Value {
    let mut map = map(HOOK);
    map["oneOf"] = json!([{ "required": ["run"], "not": { "required": ["format"] } }, { "required": ["post"] }]);
    let text = json!({ "type": ["string", "number", "boolean"], "pattern": r"^\s*[^-\s]", "examples": ["./tell.sh"] });
    by_kind("object", &map, &by_kind("array", &words(), &text))
}

pub(super) fn hook_run() -> Value {
    by_kind("array", &words(), &json!({ "type": ["string", "number", "boolean"], "pattern": r"\S" }))
}

/// A program and what it is given.
fn words() -> Value {
    let word = json!({ "type": ["string", "number", "boolean"] });
    json!({ "type": "array", "minItems": 1, "prefixItems": [{ "pattern": r"\S" }], "items": word })
}

pub(super) fn hook_format() -> Value {
    json!({ "enum": hooks::FORMATS })
}

pub(super) fn hook_timeout() -> Value {
    json!({ "type": "string", "pattern": "[0-9]", "examples": ["30s"] })
}

pub(super) fn healthchecks() -> Value {
    by_kind("array", &json!({ "items": url() }), &url())
}
