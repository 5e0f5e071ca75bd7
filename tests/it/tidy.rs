//! Reads the sources and holds what the compiler does not: who may know whom, which crate lives in which file, and how a file
//! looks. A rule here that gets in the way is changed here, and in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the house from the inside out. A module may use every value, itself, and the modules named behind it.
/// `main.rs` may use `cli` alone, which nobody else may.
const HOUSE: &[(&str, Layer, &[&str])] = &[
    ("text", Value, &[]),
    ("hex", Value, &[]),
    ("digest", Value, &[]),
    ("motion", Value, &[]),
    ("price", Value, &[]),
    ("quota", Value, &[]),
    ("request", Value, &[]),
    ("address", Value, &[]),
    ("shot", Value, &[]),
    ("media", Value, &[]),
    ("review", Value, &[]),
    ("poster", Value, &[]),
    ("film", Value, &[]),
    ("sniff", Value, &[]),
    ("layout", Value, &[]),
    ("manifest", Value, &[]),
    ("take", Value, &[]),
    ("budget", Value, &[]),
    ("limits", Value, &[]),
    ("cadence", Value, &[]),
    ("seal", Value, &[]),
    ("plan", Value, &[]),
    ("select", Value, &[]),
    ("report", Value, &[]),
    ("edit", Value, &[]),
    ("hook", Value, &[]),
    ("account", Value, &[]),
    ("provider", Port, &[]),
    ("group", Port, &[]),
    ("ledger", Port, &["group"]),
    ("store", Port, &["group"]),
    ("spool", Port, &["group"]),
    ("clock", Shell, &[]),
    ("config", Shell, &["provider", "telemetry"]),
    ("engine", Shell, &["clock", "provider", "ledger", "store"]),
    ("hooks", Shell, &["provider"]),
    ("connections", Shell, &[]),
    ("receiver", Shell, &["connections", "spool"]),
    ("screening", Shell, &["connections", "ledger"]),
    ("simulator", Shell, &["clock", "provider"]),
    ("telemetry", Shell, &["clock", "engine", "provider"]),
    (
        "cli",
        Shell,
        &[
            "clock",
            "config",
            "engine",
            "hooks",
            "ledger",
            "provider",
            "receiver",
            "screening",
            "simulator",
            "spool",
            "store",
            "telemetry",
        ],
    ),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// No I/O, no clock, no async, no environment.
    Value,
    /// What the engine needs from the world.
    Port,
    /// Everything that puts the two together.
    Shell,
}
use Layer::{Port, Shell, Value};

/// What a value has no business with.
const WORLDLY: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "Timestamp::now",
    "async ",
    ".await",
    "tokio",
    "futures",
    "reqwest",
    "rusqlite",
    "governor",
    "axum",
    "tempfile",
    "getrandom",
    "tracing",
];

/// Crates that only these places know, so that each can be exchanged where it is.
const KEPT_IN: &[(&str, &[&str])] = &[
    ("serde_saphyr", &["manifest/yaml.rs", "simulator/script.rs"]),
    ("serde_yaml", &["manifest/portable.rs"]),
    ("annotate_snippets", &["manifest/render.rs"]),
    ("serde_json_canonicalizer", &["request.rs"]),
    ("sha2", &["digest.rs", "seal.rs"]),
    ("hmac", &["seal.rs"]),
    ("md5", &["digest.rs"]),
    ("rusty_h264_decoder", &["poster/decode.rs"]),
    ("jpeg_encoder", &["poster/mod.rs"]),
    ("minijinja", &["report/page/mod.rs", "manifest/template.rs"]),
    ("reqwest", &["provider/", "config.rs"]),
    ("rustls", &["provider/http.rs"]),
    ("hyper_util", &["provider/download.rs"]),
    ("base64", &["provider/offer.rs", "report/page/policy.rs"]),
    ("rusqlite", &["ledger/"]),
    ("opentelemetry", &["telemetry/otlp.rs"]),
    ("opentelemetry_otlp", &["telemetry/otlp.rs"]),
    ("opentelemetry_sdk", &["telemetry/otlp.rs"]),
    ("governor", &["engine/pace.rs"]),
    ("rustix", &["store/place.rs", "config.rs", "hooks/command.rs"]),
    ("axum", &["simulator/", "receiver/", "screening/", "connections.rs"]),
    ("clap", &["cli/", "simulator/script.rs"]),
    ("console", &["cli/progress/screen.rs", "cli/say.rs"]),
    ("tracing_subscriber", &["cli/lines.rs", "cli/talk.rs"]),
    ("std::env", &["config.rs"]),
];

/// What is not left lying about, outside tests.
const UNTIDY: &[&str] =
    &["todo!", "unimplemented!", "dbg!", ".unwrap()", "#[allow(", "#![allow(", "println!", "print!(", "process::abort"];

/// What no file says anywhere: places on somebody's machine.
const PLACES: &[&str] = &["\"/root", " /root", "/home/", "/work/", "/tmp/", "/Users/", "C:\\\\Users"];

/// The longest file, in lines, with its tests.
const MAX_LINES: usize = 600;

#[test]
fn every_module_has_its_place_and_uses_only_what_it_may() {
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        let Some((_, layer, friends)) = HOUSE.iter().find(|(name, ..)| *name == module) else {
            if !matches!(module, "lib" | "main") {
                wrong.push(format!("{}: `{module}` has no place in HOUSE", source.name));
            }
            continue;
        };
        for used in source.uses() {
            let value = HOUSE.iter().any(|(name, layer, _)| *name == used && *layer == Value);
            if used != module && !value && !friends.contains(&used.as_str()) {
                wrong.push(format!("{}: {layer:?} `{module}` may not use `{used}`", source.name));
            }
        }
    }
    tidy(&wrong);
}

#[test]
fn every_place_in_the_house_is_taken() {
    let modules: BTreeSet<String> = sources().iter().map(|source| source.module().to_owned()).collect();
    let gone: Vec<_> = HOUSE.iter().map(|(name, ..)| *name).filter(|name| !modules.contains(*name)).collect();
    tidy(&gone);
}

#[test]
fn values_know_nothing_of_the_world() {
    let mut wrong = Vec::new();
    for source in sources() {
        let is_value = HOUSE.iter().any(|(name, layer, _)| *name == source.module() && *layer == Value);
        if is_value {
            wrong.extend(source.find(&source.code(), WORLDLY));
        }
    }
    tidy(&wrong);
}

#[test]
fn each_heavy_crate_stays_where_it_is() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, places) in KEPT_IN {
            if !places.iter().any(|place| source.name.starts_with(place)) {
                let calls = [format!("{name}::"), format!("use {name}")];
                wrong.extend(source.find(&source.code(), &calls.each_ref().map(String::as_str)));
            }
        }
    }
    tidy(&wrong);
}

#[test]
fn nothing_is_left_lying_about() {
    let wrong: Vec<_> = sources().iter().flat_map(|source| source.find(&source.code(), UNTIDY)).collect();
    tidy(&wrong);
}

#[test]
fn every_test_is_run() {
    let files = files_under(&root().join("tests"), "rs").into_iter().chain(files_under(&root().join("src"), "rs"));
    let skipped = |path: &PathBuf| ["#[ignore", "#[cfg(any())]"].iter().any(|mark| read(path).contains(mark));
    let wrong: Vec<_> = files.filter(|path| !path.ends_with(file!()) && skipped(path)).collect();
    tidy(&wrong);
}

#[test]
fn every_file_says_what_it_is_and_is_no_longer_than_can_be_read() {
    let mut wrong = Vec::new();
    for Source { name, text } in sources() {
        if !text.starts_with("//! ") {
            wrong.push(format!("{name}: does not begin with what it is (`//! …`)"));
        }
        let lines = text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{name}: {lines} lines, at most {MAX_LINES}"));
        }
    }
    tidy(&wrong);
}

#[test]
fn every_part_of_the_page_says_what_it_is_and_is_in_it() {
    let page = root().join("src/report/page");
    let joined = read(&page.join("mod.rs"));
    let mut wrong = Vec::new();
    for (folder, extension, begins) in [("script", "js", "// "), ("style", "css", "/* ")] {
        for path in files_under(&page.join(folder), extension) {
            let (text, name) = (read(&path), path.file_name().unwrap_or_default().to_string_lossy().into_owned());
            let is_in = joined.contains(&format!("include_str!(\"{folder}/{name}\")"));
            if !is_in || !text.starts_with(begins) || text.lines().count() > 200 || text.contains('\t') {
                wrong.push(name);
            }
        }
    }
    tidy(&wrong);
}

#[test]
fn nothing_speaks_of_somebodys_machine() {
    let others = ["ARCHITECTURE.md", "CHANGELOG.md", "Cargo.toml", ".ci/run"].map(str::to_owned);
    let names = crate::readme::pages().into_iter().chain(others);
    let documents = names.map(|name| Source { text: read(&root().join(&name)), name });
    let wrong: Vec<_> = sources().into_iter().chain(documents).flat_map(|source| source.find(&source.text, PLACES)).collect();
    tidy(&wrong);
}

#[test]
fn what_matters_is_locked_in_one_version() {
    const ONCE: &[&str] = &[
        "axum",
        "governor",
        "http",
        "hyper",
        "jiff",
        "libsqlite3-sys",
        "reqwest",
        "ring",
        "rustls",
        "serde",
        "serde_json",
        "sha2",
        "tokio",
        "url",
    ];
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    let lock = read(&root().join("Cargo.lock"));
    for name in lock.lines().filter_map(|line| line.strip_prefix("name = ")) {
        *versions.entry(name.trim_matches('"').to_owned()).or_default() += 1;
    }
    let wrong: Vec<_> = ONCE.iter().map(|name| (name, versions.get(*name).copied())).filter(|(_, n)| *n != Some(1)).collect();
    tidy(&wrong);
}

/// A file of `src`.
struct Source {
    /// Its path under `src`, with `/` between the parts.
    name: String,
    text: String,
}

impl Source {
    /// The top-level module that it is, or is a part of.
    fn module(&self) -> &str {
        let end = self.name.find(['/', '.']).unwrap_or(self.name.len());
        &self.name[..end]
    }

    /// The text without comments and without the tests at its end.
    fn code(&self) -> String {
        let code = self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let blank = |line: &str| if line.trim_start().starts_with("//") { String::new() } else { line.to_owned() };
        code.lines().map(|line| blank(line) + "\n").collect()
    }

    /// The top-level modules that the code names: `crate::a::b`, `crate::{a, b::c}`, `rushes::a`, and `super::a` from where that
    /// is the same.
    fn uses(&self) -> BTreeSet<String> {
        let code = self.code();
        let depth = self.name.trim_end_matches("/mod.rs").split('/').count();
        let up = "super::".repeat(depth);
        let mut used = BTreeSet::new();
        for (at, way) in ["crate::", "rushes::", &up].into_iter().flat_map(|way| code.match_indices(way)) {
            let rest = &code[at + way.len()..];
            match rest.strip_prefix('{').and_then(|group| group.split_once("};")) {
                Some((group, _)) => used.extend(outermost(group)),
                None => used.extend(first_word(rest)),
            }
        }
        used
    }

    /// Where any of these stands in `text`, which has the lines of the file.
    fn find(&self, text: &str, wanted: &[&str]) -> Vec<String> {
        let lines = text.lines().zip(1..);
        let hits = lines.flat_map(|(line, n)| wanted.iter().filter(|word| has_word(line, word)).map(move |word| (n, *word)));
        hits.map(|(line, word)| format!("{}:{line}: `{word}`", self.name)).collect()
    }
}

/// The first names of a group's members: `a, b::{c, d}` gives `a` and `b`.
fn outermost(group: &str) -> Vec<String> {
    let mut depth = 0;
    let top: String = group
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '{') - i32::from(*c == '}');
            depth == 0
        })
        .collect();
    top.split(',').filter_map(|member| first_word(member.trim())).collect()
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether `line` has `word` with nothing in front that would make it a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| !word.starts_with(part) || !line[..at].ends_with(part))
}

/// Every file of `src` but those that only tests include.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let all: Vec<Source> = files_under(&src, "rs")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&src).expect("a file under src").iter();
            let name = name.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            Source { text: read(&path), name }
        })
        .collect();
    assert!(all.len() > 50, "only {} files in src: is this the right folder?", all.len());
    let for_tests: BTreeSet<String> = all.iter().flat_map(test_files).collect();
    let is_for_tests = |name: &str| {
        for_tests.iter().any(|file| {
            name == file || name.strip_prefix(file.trim_end_matches(".rs")).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    all.into_iter().filter(|source| !is_for_tests(&source.name)).collect()
}

/// The files that `source` includes for tests only: `#[cfg(test)] mod samples;`. What lies in a folder of that name is theirs.
fn test_files(source: &Source) -> Vec<String> {
    let folder = source.name.trim_end_matches("mod.rs").trim_end_matches(".rs").trim_end_matches('/');
    let after_mark = source.text.split("#[cfg(test)]\nmod ").skip(1);
    let modules = after_mark.filter_map(|rest| rest.split_once(';')).map(|(name, _)| name);
    modules.filter(|name| first_word(name).as_deref() == Some(name)).map(|name| format!("{folder}/{name}.rs")).collect()
}

fn files_under(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the checkout").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_under(&path, extension));
        } else if path.extension().is_some_and(|end| end == extension) {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[track_caller]
fn tidy<T: std::fmt::Debug>(wrong: &[T]) {
    assert!(wrong.is_empty(), "{wrong:#?}");
}
