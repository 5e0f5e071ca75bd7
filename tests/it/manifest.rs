//! Manifests as their authors see them: every mistake where it is, and the same shots however they are spelled.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use rushes::manifest::{Diagnostic, Manifest, Source, read, read_prices, render};
use rushes::shot::{Shot, TakeNo};

/// Reads `text` as the file `name`.
fn manifest(name: &str, text: impl Into<Vec<u8>>) -> Result<Manifest, Vec<Diagnostic>> {
    read(&Source::new(name, text.into()), None)
}

/// The shots of a manifest that is expected to be good.
pub(crate) fn shots(name: &str, text: impl Into<Vec<u8>>) -> Vec<Shot> {
    let source = Source::new(name, text.into());
    read(&source, None).unwrap_or_else(|found| panic!("{}", render(&source, &found, false))).shots
}

/// Checks that `text` has exactly the mistakes that `»` stands in front of. `¿` stands for a byte that is not UTF-8.
pub(crate) fn check_mistakes(name: &str, text: &str, count: usize) {
    let mut expected = Vec::new();
    for (number, line) in (1..).zip(text.split('\n')) {
        let marks = line.chars().enumerate().filter(|&(_, c)| c == '»').map(|(column, _)| column);
        expected.extend(marks.enumerate().map(|(before, column)| (number, u32::try_from(column - before + 1).unwrap())));
    }
    assert_eq!(expected.len(), count, "the test itself is wrong");
    let bytes = text.replace('»', "").split('¿').map(str::as_bytes).collect::<Vec<_>>().join(&0xff);
    let source = Source::new(name, bytes);
    let found = read(&source, None).expect_err("mistakes");
    let places: Vec<_> = found.iter().filter(|d| d.is_error()).map(|d| (d.place.line, d.place.column)).collect();
    assert_eq!(places, expected, "{}", render(&source, &found, false));
    assert!(found.iter().all(|d| d.help.is_some()), "all have help");
    for told in found.iter().filter(|told| matches!(told.code, "unknown-field" | "duplicate-field")) {
        let (value, stands) = (told.value.as_deref().unwrap_or_default(), &source.text()[told.place.span()]);
        assert!(
            stands.contains(value.trim_end_matches('…')),
            "{value:?} does not stand there, but {stands:?}: {}",
            told.message
        );
    }
}

#[test]
fn as_many_diagnostics_as_mistakes_in_yaml() {
    let text = r#"
version: »2
output: »[out]
»outptu: out
provider:
  base_url: »http://api.example.com
  callback_url: »example.com/hook
  »headers: {}
defaults:
  seconds: »7
  »id: SC000
  motion: { x: ».nan, »roll: 1 }
shots:
  - id: SC010
    »promt: A lighthouse — at dawn
    prompt: A lighthouse — at dawn
    ratio: »16/9
  - »id: SC020
  - id: »../SC030
    prompt: »"   "
  - id: SC040
    prompt: a cat
    seconds: »five
    »seconds: 5
  - id: »SC040
    prompt: a cat
  - { id: »sc010, prompt: »[a, cat], style: »noir, »motion: }
  - »just words
  - id: SC050
    prompt: Quarter past five»: a cat
    seconds: 7
  - id: SC055
    prompt: a dog
    tags: [»@home]
  - id: SC060
    prompt: é日本☕ at night»¿
    model: »gen9
    takes: »0
    tags: [hero, »night shot]
    callback_url: »ftp://example.com
    motion: »push inn
    options:
      »second: 5
      motion_vector: { r: »fast }
    allow_unknown: »maybe
  - id: SC070
    prompt: »"unclosed
"#;
    check_mistakes("thirty.yaml", text, 35);
}

#[test]
fn every_mistake_in_a_list_of_takes_is_told_where_it_is() {
    let text = "defaults: { takes: [2, »2] }\nshots:\n  - { id: a, prompt: b, takes: [1, »0, »1000, »x, »1.5, 3, »1, »3.0, »[2], »{}, »~] }\n  \
                - { id: b, prompt: c, takes: »[] }\n  - { id: c, prompt: d, takes: »'1, 1' }\n  \
                - { id: d, prompt: e, takes: »{ 1: 2 } }\n  - { id: e, prompt: f, takes: »1-3 }\n";
    check_mistakes("takes.yaml", text, 14);
    let text = "id;prompt;takes\na;b;1, 3\nb;c;»1, 0\nc;d;»2 2\nd;e;»1-3\ne;f;»5,\nf;g;»1,1\ng;h;»0,5\n";
    check_mistakes("takes.csv", text, 6);
}

#[test]
fn takes_are_a_count_or_a_list_of_numbers() {
    let text = "defaults: { prompt: rain, takes: [2, 1] }\nshots:\n  - { id: a }\n  - { id: b, takes: 2 }\n  - { id: c, takes: [7] }\n  \
                - { id: d, takes: 3 1 }\n  - { id: e, takes: ['4', 5.0] }\n  - { id: f, matrix: { takes: [3, [3], '1;3'] } }\n\
                groups: [{ defaults: { takes: [9] }, shots: [{ id: g }, { id: h, takes: 1 }] }]\n";
    let told = |shots: Vec<Shot>| shots.iter().map(|shot| shot.takes.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(told(shots("a.yaml", text)), "[1, 2] 2 [7] [1, 3] [4, 5] 3 [3] [1, 3] [9] 1");
    let rows = "id,prompt,takes\na,A pier,\nb,A gull,2\nc,A boat,\"1, 3\"\nd,Fog,3;1\ne,Rain,2 12\n";
    assert_eq!(told(shots("a.csv", rows)), "1 2 [1, 3] [1, 3] [2, 12]");
    let rows = "id;prompt;takes\na;A pier;2,0\nb;A gull;1,3\nc;A boat;1,10\nd;Fog;\"3;1\"\ne;Rain;10,00\n";
    assert_eq!(told(shots("a.csv", rows)), "2 [1, 3] [1, 10] [1, 3] 10");
}

#[test]
fn as_many_diagnostics_as_mistakes_in_prices() {
    let text = r"
prices:
  currency: »usd
  »per_tak: 0.32
  per_take: »1e-3
  »per_second: »-0.05
  seconds: { 5: »0.1234567, »7: 1, »5: 2, 10: »[1] }
  »gen4: { per_take: 1 }
  models:
    gen4_turbo: { per_take: »~, »per_second: »9999999, »price: 1 }
    »gen4: {}
    gen3: »5
    gen4.5: { per_second: »cheap }
»prices: {}
shots: [{ id: a, prompt: b }]
";
    check_mistakes("prices.yaml", text, 18);
    let section: Vec<&str> = text.lines().skip(2).take_while(|line| line.starts_with(' ')).collect();
    let section = section.join("\n");
    let found =
        read_prices(&Source::new("prices.yaml", section.replace('»', "").into()), &BTreeSet::new()).expect_err("mistakes");
    let mistakes = found.iter().filter(|d| d.is_error()).count();
    assert_eq!(mistakes, section.matches('»').count(), "a file of prices is read as the section is: {found:#?}");
    for (text, code) in [
        ("", "wrong-type"),
        ("[1]", "wrong-type"),
        ("currency: USD", "prices"),
        ("per_take: 1", "prices"),
        ("{ currency: USD, prices: { per_take: 1 } }", "unknown-field"),
        ("currency: [", "syntax"),
        ("currency: USD\n---\nper_take: 1", "syntax"),
    ] {
        let found = read_prices(&Source::new("prices.yaml", text.into()), &BTreeSet::new()).expect_err(text);
        let codes: Vec<_> = found.iter().map(|d| d.code).collect();
        assert_eq!(codes, [code], "{text}");
        assert!(found.iter().all(|d| d.help.is_some()), "{text}");
    }
}

#[test]
fn amounts_are_read_to_the_letter() {
    let section = "currency: USD\nper_take: 0.30000000\nmodels: { gen4: { seconds: { 5: '0.1', 10: 0.000001 } }, gen4_turbo: { per_second: 0.07 } }\n";
    let indented = section.replace('\n', "\n  ");
    let shots = "defaults: { prompt: b }\nshots:\n  - { id: a }\n  - { id: b, model: gen4 }\n  - { id: c, model: gen4, seconds: 10 }\n  \
                 - { id: d, model: gen3 }\n";
    let manifest = manifest("a.yaml", format!("prices:\n  {indented}\n{shots}")).expect("a good manifest");
    let prices = manifest.shots.iter().map(|shot| manifest.prices.of(&shot.request).expect("a price").to_string());
    assert_eq!(prices.collect::<Vec<_>>(), ["0.35 USD", "0.10 USD", "0.000001 USD", "0.30 USD"]);
    let (alone, found) = read_prices(&Source::new("prices.yaml", section.into()), &manifest.models).expect("good prices");
    assert_eq!((alone, found), (manifest.prices, vec![]));
}

#[test]
fn a_price_for_a_model_that_nobody_asks_for_is_odd() {
    let warnings = |consent: &str, model: &str| {
        let text = format!(
            "{consent}prices: {{ currency: USD, models: {{ gen9: {{ per_take: 1 }} }} }}\nshots: [{{ id: a, prompt: b{model} }}]"
        );
        manifest("a.yaml", text).expect("a good manifest").warnings.len()
    };
    assert_eq!(warnings("", ""), 1);
    assert_eq!(warnings("", ", model: gen9, allow_unknown: true"), 0);
    assert_eq!(warnings("allow_unknown: true\n", ""), 0);
}

#[test]
fn as_many_diagnostics_as_mistakes_in_csv() {
    let text = "\u{feff}id,prompt,ratio,seconds,motion,motion.x,y,takes,tags,callback_url,model,style,allow_unknown,»promt,»options.seconds,\n\
        ok,a cat,16:9,5,,0.4,-6,2,hero,,,,,,,\n\
        »../up,»\"\u{7}\",»16x,»7,»zoom,»nan,»1e999,»0,»night/\u{1},»nohost,»gen9,»noir,»maybe,,,\n\
        \n\
        ,,,,,,,,,,,,,,,\r\n\
        »OK,\"two\r\nlines, é\",»2:1,»five,static,»1,,»1000,a;b,»http://,»\"gen4\nturbo\",,,,,\n\
        »short,a cat\n\
        long,a cat,,,,,,,,,,,,,,,»one too many\n\
        »con,a»¿cat,,,,»1_000,,»1.5,,,,,,,,\n\
        »ok,a cat,,,,,,,,,,,,,,»nameless\n\
        \"»x\"\"y\"\"\",a cat,,,,,,,,,,,,,,\n\
        junk,»\"a\"cat,,,,,,,,,,,,,,\n\
        space, »\"a cat\",,,,,,,,,,,,,,\n\
        last,»\"unclosed,,,,,,,,,,,,,,\n";
    let text = text.replace("\"»x", "»\"x").replace("\u{feff}", "");
    check_mistakes("thirty.csv", &text, 34);
}

#[test]
fn an_empty_manifest_is_a_mistake_in_every_form() {
    for (name, text) in [
        ("a.yaml", ""),
        ("a.yaml", "# nothing\n"),
        ("a.yaml", "\u{feff}"),
        ("a.yaml", "shots:\n"),
        ("a.yaml", "[]"),
        ("a.csv", ""),
        ("a.csv", "id,prompt\n\n\n"),
        ("<stdin>", ""),
    ] {
        let found = manifest(name, text).expect_err(text);
        let mistakes: Vec<_> = found.iter().filter(|d| d.is_error()).map(|d| d.code).collect();
        assert_eq!(mistakes, ["empty"], "{text:?}");
    }
}

#[test]
fn what_is_hostile_is_refused_in_time() {
    let mut bomb = String::new();
    for (before, name) in ('a'..='h').zip('b'..='i') {
        writeln!(bomb, "{name}: &{name} [*{before}, *{before}, *{before}, *{before}, *{before}, *{before}]").unwrap();
    }
    let bomb = |key: &str| format!("x: &a [{key}, {key}, {key}]\n{bomb}shots:\n  - {{id: a, prompt: b, tags: *i}}\n");
    let nested = "[".repeat(100_000);
    let wide = format!("shots: [{{id: a, prompt: {}}}]", "x".repeat(10 << 20));
    for (text, code) in [(bomb("x"), "too-large"), (nested, "too-large"), (wide, "prompt"), ("\u{1}".repeat(100_000), "syntax")]
    {
        let found = manifest("a.yaml", text.as_str()).expect_err(code);
        assert!(found.iter().any(|d| d.code == code), "{code}: {found:?}");
        let shown = render(&Source::new("a.yaml", text.into()), &found, false);
        assert!(shown.len() < 50_000, "{code}: {}", shown.len());
    }
    let found = manifest("a.yaml", b"i\0d\0".as_slice()).expect_err("UTF-16 that does not say so");
    assert_eq!((found.len(), found[0].code), (1, "encoding"));
}

#[test]
fn a_mistake_behind_an_alias_is_told_once() {
    let rows = "  - { <<: *d, prompt: a cat }\n".repeat(50);
    let found = manifest("a.yaml", format!("shots:\n  - &d {{ prompt: x, seconds: 7 }}\n{rows}")).expect_err("seconds");
    assert_eq!(found.iter().filter(|d| d.code == "seconds").count(), 1);
    let found =
        manifest("a.yaml", format!("defaults: {{ seconds: 7 }}\nshots:\n{}", "  - {prompt: a cat}\n")).expect_err("seconds");
    assert_eq!(found.iter().filter(|d| d.is_error()).count(), 1);
}

#[test]
fn a_misspelt_name_is_one_mistake_and_not_two() {
    for (name, text) in [
        ("a.yaml", "shots: [{ id: a, promt: a cat }]"),
        ("a.yaml", "shots: [{ Id: a, Prompt: a cat }]"),
        ("a.csv", "id,promt\na,a cat\n"),
        ("a.csv", "id,descripton\na,a cat\n"),
    ] {
        let found = manifest(name, text).expect_err(text);
        assert!(found.iter().all(|d| d.code == "unknown-field"), "{text}: {found:?}");
    }
}

#[test]
fn an_author_can_consent_to_unknown_values() {
    let unknown = "model: gen9, ratio: '2:1', style: noir";
    for text in [
        format!("allow_unknown: true\nshots: [{{ id: a, prompt: b, {unknown} }}]"),
        format!("defaults: {{ allow_unknown: true, {unknown} }}\nshots: [{{ id: a, prompt: b }}]"),
        format!("shots: [{{ id: a, prompt: b, allow_unknown: true, {unknown} }}]"),
    ] {
        let request = &shots("a.yaml", text)[0].request;
        assert_eq!((request.model.as_str(), request.ratio.to_string().as_str()), ("gen9", "2:1"));
    }
    assert_eq!(shots("a.csv", "id,prompt,model,allow_unknown\na,b,gen9,true\n")[0].request.model, "gen9");
    let refused =
        manifest("a.yaml", format!("allow_unknown: true\nshots: [{{ id: a, prompt: b, allow_unknown: false, {unknown} }}]"));
    assert_eq!(refused.expect_err("unknown").len(), 3);
}

/// The body in the provider's documentation.
const BODY: &str = r#"{
  "callback_url": "https://example.com/webhook",
  "ratio": "16:9",
  "prompt": "a cat",
  "style": "cinematic",
  "model": "gen4",
  "options": {
    "seconds": 10,
    "motion_vector": { "x": 0, "y": 0.4, "z": 0, "r": -6, "bg_x_pan": 0, "bg_y_pan": 0 }
  }
}"#;

#[test]
fn the_body_of_the_providers_documentation_is_a_shot() {
    let alone = shots("<stdin>", BODY);
    let listed = format!("shots:\n  - {}\n", BODY.replace('\n', "\n    "));
    let ours = "- { id: a-cat, prompt: a cat, ratio: 16:9, style: cinematic, model: gen4, seconds: 10, motion: { y: 0.4, r: -6 }, \
                callback_url: https://example.com/webhook }";
    let columns = "prompt,callback_url,ratio,model,options.seconds,x,motion_vector.y,options.motion_vector.r,motion.bg_x_pan\n\
                   a cat,https://example.com/webhook,16:9,gen4,10,0,0.4,-6,\n";
    for (name, text) in
        [("a.yaml", listed.as_str()), ("a.yaml", ours), ("a.csv", columns), ("<stdin>", columns), ("a.json", BODY)]
    {
        assert_eq!(shots(name, text), alone, "{text}");
    }
    assert_eq!((alone[0].id.as_str(), alone[0].request.seconds.get()), ("a-cat", 10));
}

#[test]
fn a_shot_overrides_its_defaults() {
    let text = "defaults: { seconds: 10, takes: 3, tags: [a], motion: { x: 1, y: 2 }, prompt: rain }\n\
                shots:\n  - { id: a }\n  - { id: b, motion: { y: 5 }, tags: [b], takes: 1, seconds: '5' }\n  - { id: c, motion: static }\n";
    let shots = shots("a.yaml", text);
    let axes: Vec<_> = shots.iter().map(|shot| (shot.request.motion.x, shot.request.motion.y)).collect();
    assert_eq!(axes, [(1.0, 2.0), (1.0, 5.0), (0.0, 0.0)]);
    let rest: Vec<_> =
        shots.iter().map(|shot| (shot.request.seconds.get(), shot.takes.count().get(), shot.tags.join(" "))).collect();
    assert_eq!(rest, [(10, 3, "a".to_owned()), (5, 1, "b".to_owned()), (10, 3, "a".to_owned())]);
    assert!(shots.iter().all(|shot| shot.request.prompt == "rain"));
}

#[test]
fn settings_are_read() {
    let text = "version: 1\noutput: out/x\nprovider: { name: cometapi, base_url: 'http://127.0.0.1:9', version: 2024-11-06, \
                callback_url: 'https://a.example/' }\nshots: [{ id: a, prompt: b }]";
    let manifest = manifest("a.yaml", text).expect("no mistakes");
    assert_eq!(manifest.output.as_deref(), Some(std::path::Path::new("out/x")));
    assert_eq!(manifest.provider.version.as_deref(), Some("2024-11-06"));
    assert_eq!(manifest.provider.base_url.map(String::from).as_deref(), Some("http://127.0.0.1:9/"));
    assert_eq!(manifest.provider.callback_url.map(String::from).as_deref(), Some("https://a.example/"));
}

#[test]
fn the_examples_are_good() {
    for name in ["quickstart.yaml", "storyboard.csv", "moves.yaml", "matrix.yaml"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests").join(name);
        let manifest = manifest(name, std::fs::read(path).unwrap()).expect(name);
        assert!((8..=13).contains(&manifest.shots.len()), "{name}");
        assert_eq!(manifest.warnings, [], "{name}");
    }
}

/// One shot as both formats can say it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    prompt: String,
    ratio: &'static str,
    seconds: u8,
    motion: Option<[f64; 6]>,
    takes: u16,
    tags: Vec<&'static str>,
    callback: bool,
}

pub(crate) fn written() -> impl Strategy<Value = Written> {
    let prompt = r#"[a-zA-Z0-9é日☕",;:#'\\ \n-]{0,30}[a-zé"]"#.prop_map(|text| text.trim().to_owned());
    let axis = prop_oneof![-10.0..10.0f64, Just(0.0), Just(-0.0)];
    let ratio = prop::sample::select(&["16:9", "9:16", "1:1", "1280:720"][..]);
    let tags = prop::collection::vec(prop::sample::select(&["hero", "night", "b-roll"][..]), 0..3);
    let motion = prop::option::of(prop::array::uniform6(axis));
    (prompt, ratio, prop::bool::ANY, motion, 1..=999u16, tags, prop::bool::ANY).prop_map(
        |(prompt, ratio, long, motion, takes, tags, callback)| {
            let seconds = if long { 10 } else { 5 };
            Written { prompt, ratio, seconds, motion, takes, tags, callback }
        },
    )
}

const CALLBACK: &str = "https://example.com/a,b?c=d";

/// JSON strings are YAML strings.
pub(crate) fn as_yaml(shots: &[Written]) -> String {
    let mut text = "version: 1\nshots:\n".to_owned();
    for (number, shot) in shots.iter().enumerate() {
        let prompt = serde_json::to_string(&shot.prompt).unwrap();
        let motion = shot.motion.map_or("static".to_owned(), |[x, y, z, r, a, b]| {
            format!("{{x: {x}, y: {y}, z: {z}, r: {r}, bg_x_pan: {a}, bg_y_pan: {b}}}")
        });
        writeln!(text, "  - id: SC{number}\n    prompt: {prompt}\n    ratio: {}\n    motion: {motion}", shot.ratio).unwrap();
        let (seconds, takes, tags) = (shot.seconds, shot.takes, shot.tags.join(", "));
        writeln!(text, "    seconds: {seconds}\n    takes: {takes}\n    tags: [{tags}]").unwrap();
        text.push_str(if shot.callback { "    callback_url: \"https://example.com/a,b?c=d\"\n" } else { "" });
    }
    text
}

fn as_csv(shots: &[Written]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let columns = ["id", "prompt", "ratio", "seconds", "takes", "tags", "callback_url", "motion", "x", "y", "z", "r"];
    writer.write_record(columns.iter().chain(&["bg_x_pan", "motion.bg_y_pan"])).unwrap();
    for (number, shot) in shots.iter().enumerate() {
        let axes = shot.motion.map_or(vec![String::new(); 6], |axes| axes.iter().map(f64::to_string).collect());
        let motion = if shot.motion.is_none() { "static" } else { "" };
        let callback = if shot.callback { CALLBACK } else { "" };
        let rest = [shot.prompt.as_str(), shot.ratio, &shot.seconds.to_string(), &shot.takes.to_string(), &shot.tags.join(" ")];
        let id = format!("SC{number}");
        let record = [id.as_str()].into_iter().chain(rest).chain([callback, motion]).chain(axes.iter().map(String::as_str));
        writer.write_record(record).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn yaml_and_csv_spell_the_same_shots(written in prop::collection::vec(written(), 1..6)) {
        let (yaml, csv) = (shots("a.yaml", as_yaml(&written)), shots("a.csv", as_csv(&written)));
        prop_assert_eq!(&yaml, &csv);
        for (yaml, csv) in yaml.iter().zip(&csv) {
            prop_assert_eq!(yaml.request.key("cometapi", TakeNo::FIRST), csv.request.key("cometapi", TakeNo::FIRST));
        }
    }

    #[test]
    fn line_ends_and_byte_order_marks_change_no_shot(written in prop::collection::vec(written(), 1..6)) {
        for (name, text) in [("a.yaml", as_yaml(&written)), ("a.csv", as_csv(&written))] {
            let expected = shots(name, text.as_str());
            let windows = text.replace('\n', "\r\n");
            for other in [windows.clone(), format!("\u{feff}{text}"), format!("\u{feff}{windows}"), format!("\n\n{text}\n\n")] {
                prop_assert_eq!(&shots(name, other), &expected);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_both_ways(bytes);
    }

    #[test]
    fn any_text_of_the_usual_characters_is_read_without_panic(text in r#"([a-z0-9é:,"'#&*!|>%@{}\[\]\r\n\t ?.\\-]|shots:|prompt|id|<<|- ){0,120}"#) {
        read_both_ways(text.into_bytes());
    }

    #[test]
    fn a_damaged_manifest_is_read_without_panic(
        written in prop::collection::vec(written(), 1..4),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..8),
    ) {
        for text in [as_yaml(&written), as_csv(&written)] {
            let mut bytes = text.into_bytes();
            for (at, byte, how) in &damage {
                let at = at.index(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
                match how {
                    _ if bytes.is_empty() => {}
                    0 => bytes[at] = *byte,
                    1 => drop(bytes.remove(at)),
                    _ => bytes.insert(at, *byte),
                }
            }
            read_both_ways(bytes);
        }
    }
}

/// Reads `bytes` in every format, twice, and shows what was found.
fn read_both_ways(bytes: Vec<u8>) {
    let source = Source::new("a", bytes);
    for format in rushes::manifest::FORMATS {
        let first = read(&source, Some(*format));
        assert_eq!(first, read(&source, Some(*format)), "reading twice gives the same");
        match &first {
            Ok(manifest) => assert!(!manifest.shots.is_empty() && manifest.warnings.iter().all(|d| !d.is_error())),
            Err(found) => assert!(found.iter().any(Diagnostic::is_error)),
        }
        let found = first.map_or_else(|found| found, |manifest| manifest.warnings);
        let lines = u32::try_from(source.text().len() + 1).unwrap();
        assert!(found.iter().all(|d| (1..=lines).contains(&d.place.line) && source.text().get(d.place.span()).is_some()));
        render(&source, &found, true);
    }
}

#[test]
fn a_request_has_the_key_it_has_always_had() {
    const STILL: &str = "f4c874719c384980478fc0ae95a16c34843df41dd4373cd76a80751b5b098f3b";
    const TWO_AXES: &str = "36ef1f54a6f3fa319da968624000325967f06e5501fc23aa129bb312dd4da7d2";
    const SIX_AXES: &str = "bda6a0a607f0fab327d83fdaaa908db7a67ba6d34040b9cb1c11af1e5dc98692";
    let all = "{ x: -6.2, y: 0.3999999999999999, z: -0.0, r: 1e-5, bg_x_pan: 1, bg_y_pan: -1 }";
    for (name, text, expected) in [
        ("a.yaml", "- { id: a, prompt: a cat }".to_owned(), STILL),
        ("a.yaml", "- { id: a, prompt: a cat, motion: static }".to_owned(), STILL),
        ("a.csv", "id,prompt,motion,motion.y\na,a cat,static,\n".to_owned(), STILL),
        ("a.yaml", "- { id: a, prompt: a cat, motion: { y: 0.4, r: -6 } }".to_owned(), TWO_AXES),
        ("a.csv", "id,prompt,motion,motion.y,r\na,a cat,,0.4,-6\n".to_owned(), TWO_AXES),
        ("a.yaml", format!("- {{ id: a, prompt: a cat, motion_vector: {all} }}"), SIX_AXES),
    ] {
        let key = shots(name, text.as_str())[0].request.key("cometapi", TakeNo::FIRST);
        assert_eq!(key.to_string(), expected, "{text}");
    }
}
