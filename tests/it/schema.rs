//! The schemas and what they speak of, held against each other by a validator that nobody here wrote.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use proptest::prelude::*;
use rushes::manifest::{self, Source, read};
use rushes::motion::Moves;
use serde_json::{Map, Value, json};
use serde_yaml::Value as Yaml;

use crate::manifest::{as_yaml, written};

/// The schema of manifests.
static MANIFESTS: LazyLock<Judge> = LazyLock::new(|| Judge::new(&manifest::schema()));

/// A schema, ready to judge.
pub(crate) struct Judge {
    schemas: Schemas,
    schema: SchemaIndex,
}

impl Judge {
    pub(crate) fn new(text: &str) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", serde_json::from_str(text).expect("JSON")).expect("a resource");
        let schema = compiler.compile("schema.json", &mut schemas).unwrap_or_else(|error| panic!("{error:#}"));
        Self { schemas, schema }
    }

    /// What is wrong with `value`.
    pub(crate) fn mistake(&self, value: &Value) -> Option<String> {
        self.schemas.validate(value, self.schema).err().map(|error| error.to_string())
    }

    /// What is wrong with a manifest in YAML.
    fn mistake_in(&self, text: &str) -> Option<String> {
        let mut yaml: Yaml = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        yaml.apply_merge().expect("maps to merge");
        self.mistake(&as_json(yaml))
    }
}

/// The same as JSON has it: every name is a text.
fn as_json(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Sequence(items) => items.into_iter().map(as_json).collect(),
        Yaml::Mapping(entries) => {
            let name = |name: Yaml| name.as_str().map_or_else(|| as_json(name.clone()).to_string(), str::to_owned);
            Value::Object(entries.into_iter().map(|(key, value)| (name(key), as_json(value))).collect::<Map<_, _>>())
        }
        scalar => serde_json::to_value(scalar).expect("a scalar"),
    }
}

/// Whether the reader takes a manifest.
fn is_read(text: &str) -> bool {
    read(&Source::new("a.yaml", text.into()), None).is_ok()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests")
}

#[test]
fn the_schemas_in_the_folder_are_those_that_are_printed() {
    for (name, command, printed) in [
        ("rushes.schema.json", "rushes schema", manifest::schema()),
        ("diagnostics.schema.json", "rushes schema --diagnostics", manifest::diagnostics_schema()),
        ("results.schema.json", "rushes schema --results", rushes::report::results_schema()),
    ] {
        let kept = fs::read_to_string(folder().join(name)).unwrap_or_default();
        assert!(kept == printed, "manifests/{name} is out of date: {command} > manifests/{name}");
    }
}

#[test]
fn every_example_is_as_the_schema_says() {
    let mut good = 0;
    for entry in fs::read_dir(folder()).expect("a folder").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|end| end != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("an example");
        // Scripts of the simulator are no manifests, and no schema takes them for some.
        let mistake = MANIFESTS.mistake_in(&text);
        assert_eq!(mistake.is_none(), is_read(&text), "{}: {mistake:?}", path.display());
        good += usize::from(mistake.is_none());
    }
    assert!(good >= 3, "only {good} examples");
}

#[test]
fn every_spelling_that_is_read_is_as_the_schema_says() {
    for text in [
        "prompt: a cat",
        "- prompt: a cat",
        "{ shots: [{ id: 7, prompt: a cat }], defaults: ~, moves: ~, prices: ~, provider: ~ }",
        "{ version: 1, output: out, allow_unknown: false, shots: [{ prompt: a cat }] }",
        "{ version: '1', shots: [{ prompt: a cat, seconds: '5', takes: '2', x: '-0.4', allow_unknown: 'false' }] }",
        "{ defaults: { prompt: rain }, shots: [{ id: a }] }",
        "{ defaults: { takes: [2] }, shots: [{ prompt: a, takes: [1, '3', 999] }, { prompt: b, takes: '1, 3' }, { prompt: c, takes: 1 3 }] }",
        "- { id: a, prompt: b, matrix: { takes: [1, [1, 2]] } }",
        "{ defaults: { allow_unknown: true, model: gen9 }, shots: [{ prompt: a, ratio: '2:1' }] }",
        "{ allow_unknown: true, shots: [{ prompt: a, style: noir }] }",
        "- { prompt: a, allow_unknown: true, model: gen9 }",
        "- { prompt: a, allow_unknown: 'True', model: gen9 }",
        "- { prompt: a, allow_unknown: true, seconds: 8 }",
        "{ allow_unknown: true, shots: [{ id: a, prompt: 'a {{ seconds }}', matrix: { seconds: [5, 8] } }] }",
        "- { prompt: a, motion: [push in slow, { r: -6 }], tags: [hero, 7] }",
        "- { prompt: a, motion: static, tags: hero night }",
        "- { prompt: a, motion: { x: 1, bg_x_pan: 1e-3 }, y: 2, motion.z: 3, motion_vector.r: 4, options.motion_vector.bg_y_pan: 5 }",
        "- { prompt: a, options: { seconds: 10, motion_vector: { x: 1 } } }",
        "- { prompt: a, options: { motion_vector.x: 1 } }",
        "- { prompt: a, motion_vector: push in, options.seconds: 10 }",
        "- { prompt: a, scene: 10, notes: at night, x_lens: 35, x_ready: true }",
        "{ defaults: { scene: Scene 010, x_unit: B }, shots: [{ prompt: a, scene: INT. }, { prompt: c, scene: INT. KITCHEN - NIGHT }, { prompt: d, scene: '#7' }, { prompt: b, notes: '' }] }",
        "{ vars: { look: noir, n: 7, wet: true }, shots: [{ id: 'S_{{ n }}', prompt: 'a {{ look }} cat' }] }",
        "{ vars: ~, shots: [{ id: a, prompt: '{{ look }}', vars: { look: noir } }], groups: [] }",
        "- { id: a, prompt: '{{ n }} {{ k }}', matrix: { n: [1, 2], k: [a], exclude: [{ n: 1 }], include: [{ n: 3, k: true }] } }",
        "- { id: a, matrix: { prompt: [a cat, a dog], seconds: [5, '10'], motion: [static, { z: 1 }, [push in]], tags: [[a, b]] } }",
        "- { id: a, matrix: { include: [{ prompt: a cat, model: gen4 }] } }",
        "- { id: a, prompt: b, allow_unknown: true, matrix: { model: [gen8, gen9] } }",
        "{ prompt: '{{ n }}', id: a, vars: { n: 1 } }",
        "{ x_base: &base { motion: pan left }, x-more: [&tags [a]], shots: [{ <<: *base, prompt: a, tags: *tags }] }",
        "{ groups: [{ shots: [{ id: a, prompt: b }] }, { name: 7, tags: x y, shots: ~ }] }",
        "{ groups: [{ defaults: { prompt: a, model: gen9, allow_unknown: true }, shots: [{ id: a }] }], shots: ~ }",
        "{ groups: [{ matrix: { prompt: [a, b] }, shots: [{ id: a }] }] }",
        "{ defaults: { prompt: a }, scenes: [{ name: 10, vars: ~, defaults: ~, shots: [{ id: '{{ scene }}' }] }] }",
        "{ moves: { push in: { z: 3 }, Whip-Pan: { bg_x_pan: 9 } }, shots: [{ prompt: a, motion: whip pan }] }",
        "{ on: { start: ./tell.sh, success: [a b, [./tell.sh, 5, -x], { run: a, timeout: 1m }] }, shots: [{ prompt: a }] }",
        "{ on: { failure: { post: 'https://a.example', format: slack }, healthchecks: 'https://a.example/x' }, shots: [{ prompt: a }] }",
        "{ on: ~, shots: [{ prompt: a }] }",
        "{ limits: { pace: 30/m, burst: 2, in_flight: '7', poll_pace: 5 / s, downloads: 3, attempts: 2 }, shots: [{ prompt: a }] }",
        "{ limits: { until: 6:00, max_duration: 8h 30m, patience: 90s }, profiles: ~, shots: [{ prompt: a }] }",
        "{ profiles: { night: { until: 2026-12-01 06:00, budget: { run: 20 } }, 7: { pace: 1/h } }, limits: ~, shots: [{ prompt: a }] }",
        "{ prices: { currency: USD, seconds: { 5: 0.6, '10': '1.10' } }, shots: [{ prompt: a }] }",
        "{ prices: { currency: CREDITS, models: { gen4: { per_second: 5 }, gen9: { per_take: 1 } } }, shots: [{ prompt: a }] }",
        "{ provider: { name: cometapi, base_url: https://a.example, version: 2024-11-06, callback_url: http://b.example/?c }, shots: [{ prompt: a }] }",
    ] {
        if let Err(found) = read(&Source::new("a.yaml", text.into()), None) {
            panic!("{text}: {found:?}");
        }
        assert_eq!(MANIFESTS.mistake_in(text), None, "{text}");
    }
}

#[test]
fn mistakes_are_mistakes_to_the_schema_too() {
    for text in [
        "{ prompt: a cat, promt: a dog }",
        "{ id: a }",
        "- { id: a }",
        "[]",
        "shots: []",
        "defaults: { seconds: 5 }",
        "{ shots: { id: a, prompt: b } }",
        "{ shots: [{ id: a }] }",
        "{ shots: [{ prompt: a }], outptu: x }",
        "{ shots: [{ prompt: a }], x_: x }",
        "{ shots: [{ prompt: a }], xbase: x }",
        "{ shots: [{ prompt: a }], defaults: { id: a } }",
        "{ shots: [{ prompt: a }], defaults: { model: gen9 } }",
        "{ shots: [{ prompt: a }], version: 2 }",
        "{ shots: [{ prompt: a }], provider: { headers: {} } }",
        "{ shots: [{ prompt: a }], provider: { base_url: api.example } }",
        "{ shots: [{ prompt: a }], moves: { drift: {} } }",
        "{ shots: [{ prompt: a }], moves: { drift: { q: 1 } } }",
        "{ shots: [{ prompt: a }], on: { always: a } }",
        "{ shots: [{ prompt: a }], on: { start: { timeout: 3s } } }",
        "{ shots: [{ prompt: a }], on: { start: { run: a, post: 'https://a.example' } } }",
        "{ shots: [{ prompt: a }], on: { start: { run: a, format: slack } } }",
        "{ shots: [{ prompt: a }], on: { start: { post: 'https://a.example', format: xml } } }",
        "{ shots: [{ prompt: a }], on: { start: [[]] } }",
        "{ shots: [{ prompt: a }], on: { start: [a, -x] } }",
        "{ shots: [{ prompt: a }], on: { healthchecks: uuid } }",
        "{ shots: [{ prompt: a }], prices: { per_take: 1 } }",
        "{ shots: [{ prompt: a }], prices: { currency: usd, per_take: 1 } }",
        "{ shots: [{ prompt: a }], prices: { currency: USD, per_take: -1 } }",
        "{ shots: [{ prompt: a }], prices: { currency: USD, seconds: { 7: 1 } } }",
        "{ shots: [{ prompt: a }], prices: { currency: USD, models: { gen4: {} } } }",
        "- { prompt: a, id: ../a }",
        "- { prompt: a, id: a. }",
        "- { prompt: '  ' }",
        "- { prompt: 7 }",
        "- { prompt: a, ratio: '2:1' }",
        "- { prompt: a, ratio: 16x9 }",
        "- { prompt: a, style: noir }",
        "- { prompt: a, model: gen9, allow_unknown: false }",
        "- { prompt: a, seconds: 7 }",
        "- { prompt: a, seconds: '7' }",
        "- { prompt: a, seconds: 61, allow_unknown: true }",
        "- { prompt: a, matrix: { seconds: [5, 8] } }",
        "- { prompt: a, motion: 0.4 }",
        "- { prompt: a, motion: { w: 1 } }",
        "- { prompt: a, motion: { x: fast } }",
        "- { prompt: a, motion: [] }",
        "- { prompt: a, takes: 0 }",
        "- { prompt: a, takes: 1000 }",
        "- { prompt: a, takes: [] }",
        "- { prompt: a, takes: [0] }",
        "- { prompt: a, takes: [1, 1] }",
        "- { prompt: a, takes: [1, two] }",
        "- { prompt: a, takes: [[1]] }",
        "- { prompt: a, takes: 1-3 }",
        "- { prompt: a, tags: [night shot] }",
        "- { prompt: a, callback_url: ftp://a.example }",
        "- { prompt: a, scene: '10/20' }",
        "- { prompt: a, scene: [10] }",
        "- { prompt: a, notes: [at night] }",
        "- { prompt: a, x_: 35 }",
        "- { prompt: a, lens: 35 }",
        "- { prompt: a, allow_unknown: maybe }",
        "- { prompt: a, options: { second: 5 } }",
        "{ vars: { 1x: a }, shots: [{ prompt: a }] }",
        "{ vars: { x: [a] }, shots: [{ prompt: a }] }",
        "{ vars: { x: '{{ y }}' }, shots: [{ prompt: a }] }",
        "{ shots: [{ prompt: a }], matrix: { n: [1] } }",
        "{ shots: [{ prompt: a }], defaults: { matrix: { n: [1] } } }",
        "{ shots: [{ prompt: a }], defaults: { vars: {} } }",
        "- { id: a, matrix: { n: [1] } }",
        "- { id: a, prompt: b, matrix: {} }",
        "- { id: a, prompt: b, matrix: [1] }",
        "- { id: a, prompt: b, matrix: { n: 1 } }",
        "- { id: a, prompt: b, matrix: { n: [] } }",
        "- { id: a, prompt: b, matrix: { n: [[1]] } }",
        "- { id: a, prompt: b, matrix: { id: [c] } }",
        "- { id: a, prompt: b, matrix: { 1x: [c] } }",
        "- { id: a, prompt: b, matrix: { seconds: [7] } }",
        "- { id: a, prompt: b, matrix: { model: [gen9] } }",
        "- { id: a, prompt: b, matrix: { seconds: [5], include: [{ seconds: 7 }] } }",
        "- { id: a, prompt: b, matrix: { seconds: [5], exclude: [{}] } }",
        "{ groups: { shots: [{ prompt: a }] } }",
        "{ groups: [{ name: a }] }",
        "{ groups: [{ shots: { id: a } }] }",
        "{ groups: [{ shots: [{ id: a }] }] }",
        "{ groups: [{ shots: [{ prompt: a }], seconds: 5 }] }",
        "{ groups: [{ shots: [{ prompt: a }], name: '' }] }",
        "{ groups: [{ shots: [{ prompt: a }], name: [a] }] }",
        "{ groups: [{ shots: [{ prompt: a, model: gen9 }] }] }",
        "{ groups: [{ shots: [{ prompt: a }], defaults: { model: gen9 } }] }",
        "{ groups: [{ shots: [{ id: a, prompt: b }], matrix: { model: [gen9] } }] }",
        "{ prompt: a, groups: [{ shots: [{ prompt: a }] }] }",
        "{ scenes: [{ shots: [{ prompt: a }], name: 10/20 }] }",
        "- just words",
    ] {
        assert!(!is_read(text), "{text}");
        assert!(MANIFESTS.mistake_in(text).is_some(), "{text}");
    }
}

#[test]
fn mistakes_in_limits_are_mistakes_to_the_schema_too() {
    for text in [
        "{ shots: [{ prompt: a }], limits: { pace: 2 } }",
        "{ shots: [{ prompt: a }], limits: { pace: 2/d } }",
        "{ shots: [{ prompt: a }], limits: { in_flight: 0 } }",
        "{ shots: [{ prompt: a }], limits: { until: 6 } }",
        "{ shots: [{ prompt: a }], limits: { max_duration: 8 } }",
        "{ shots: [{ prompt: a }], limits: { run: 20 } }",
        "{ shots: [{ prompt: a }], profiles: {} }",
        "{ shots: [{ prompt: a }], profiles: { night: ~ } }",
        "{ shots: [{ prompt: a }], profiles: { night: {} } }",
        "{ shots: [{ prompt: a }], profiles: { night: { budget: ~ } } }",
        "{ shots: [{ prompt: a }], profiles: { night: { in_fligth: 5 } } }",
    ] {
        assert!(!is_read(text), "{text}");
        assert!(MANIFESTS.mistake_in(text).is_some(), "{text}");
    }
}

#[test]
fn what_is_included_has_the_names_of_files() {
    for (text, good) in [
        ("{ include: a.yaml }", true),
        ("{ include: [a.yaml, 'b/*.csv'], output: out }", true),
        ("{ include: a.yaml, shots: [{ prompt: a }] }", true),
        ("{ include: ['  '] }", false),
        ("{ include: [[a]] }", false),
        ("{ include: ~ }", false),
        ("{ include: a.yaml, prompt: a }", false),
    ] {
        // Alone it cannot be read, for one reason at most.
        let found = read(&Source::new("a.yaml", text.into()), None).expect_err("nothing to include");
        let alone = |found: &manifest::Diagnostic| found.message.ends_with("is read by itself");
        assert_eq!(found.iter().filter(|found| found.is_error()).all(alone), good, "{text}: {found:?}");
        assert_eq!(MANIFESTS.mistake_in(text).is_none(), good, "{text}");
    }
}

proptest! {
    #[test]
    fn what_is_read_is_as_the_schema_says(written in prop::collection::vec(written(), 1..4)) {
        let text = as_yaml(&written);
        prop_assert_eq!(MANIFESTS.mistake_in(&text), None, "{}", text);
    }
}

#[test]
fn every_field_is_explained() {
    let schema: Value = serde_json::from_str(&manifest::schema()).expect("JSON");
    for name in ["manifest", "shot", "defaults", "group", "scene", "axes", "tariff"] {
        let properties = schema["$defs"][name]["properties"].as_object().expect(name);
        assert!(properties.len() >= 3, "{name}");
        for (field, shape) in properties {
            assert!(shape["description"].as_str().is_some_and(|text| text.len() > 4), "{name}.{field}");
        }
        assert_eq!(schema["$defs"][name]["additionalProperties"], json!(false), "{name}");
    }
}

/// The words that editors offer for `shape`: those beside it and in its alternatives, as the YAML language server looks for them. It does
/// not look behind an `if`.
fn offered(schema: &Value, shape: &Value) -> Vec<Value> {
    let of = |name: &str| shape[name].as_array().into_iter().flatten();
    let target = shape["$ref"].as_str().and_then(|target| schema.pointer(target.strip_prefix('#')?));
    let inner = of("allOf").chain(of("anyOf")).chain(of("oneOf")).chain(target);
    let own = shape.get("const").into_iter().chain(of("enum")).chain(of("examples")).cloned();
    own.chain(inner.flat_map(|inner| offered(schema, inner))).collect()
}

#[test]
fn editors_offer_named_moves_wherever_a_movement_stands() {
    let schema: Value = serde_json::from_str(&manifest::schema()).expect("JSON");
    let moves: Vec<Value> = Moves::default()
        .iter()
        .flat_map(|known| [known.name.as_str()].into_iter().chain(known.aliases.iter().copied()))
        .map(Value::from)
        .collect();
    assert!(moves.len() > 20);
    let defs = &schema["$defs"];
    let axis = &defs["matrix"]["properties"]["motion"]["items"];
    let list = &defs["motion"]["else"]["then"]["items"];
    let fields = ["shot", "defaults", "combination"].map(|name| &defs[name]["properties"]["motion"]);
    for shape in fields.into_iter().chain([axis, list]) {
        assert_eq!(offered(&schema, shape).into_iter().filter(|word| moves.contains(word)).count(), moves.len(), "{shape}");
    }
    // Between brackets, alternatives are offered as entries of a list of their own.
    assert!(list.get("anyOf").is_none());
    for (field, word) in
        [("ratio", json!("16:9")), ("style", json!("cinematic")), ("model", json!("gen4_turbo")), ("seconds", json!(10))]
    {
        assert!(offered(&schema, &defs["defaults"]["properties"][field]).contains(&word), "{field}");
    }
    for field in ["tags", "scene", "prompt", "callback_url", "id"] {
        assert!(!offered(&schema, &defs["shot"]["properties"][field]).is_empty(), "{field}");
    }
}

#[test]
fn findings_are_as_their_schema_says_and_their_schema_says_all_of_them() {
    let text = manifest::diagnostics_schema();
    let (judge, schema): (_, Value) = (Judge::new(&text), serde_json::from_str(&text).expect("JSON"));
    let source = Source::new("a.csv", "id,prompt,seconds\na,b,7\nA,c,\n\nd,e,,\nf,\"x\n".into());
    let found = read(&source, None).expect_err("mistakes");
    let document: Value = serde_json::from_str(&manifest::json(&source, &found)).expect("JSON");
    assert_eq!(judge.mistake(&document), None, "{document:#}");
    assert_eq!(judge.mistake(&serde_json::from_str(&manifest::json(&source, &[])).expect("JSON")), None);
    let names = |value: &Value| value.as_object().expect("a map").keys().cloned().collect::<Vec<_>>();
    let related = found.iter().position(|d| d.related.is_some()).expect("one with a related place");
    let one = &document["diagnostics"][related];
    let defs = &schema["$defs"];
    for (shown, told) in [(&document, &schema), (one, &defs["diagnostic"]), (&one["related"][0], &defs["related"])] {
        assert_eq!(names(shown), names(&told["properties"]));
        let mut required: Vec<_> = told["required"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        required.sort_unstable();
        assert_eq!(required, names(shown));
    }
    let mut spoilt = document.clone();
    spoilt["diagnostics"][0]["line"] = json!(0);
    assert!(judge.mistake(&spoilt).is_some());
}
