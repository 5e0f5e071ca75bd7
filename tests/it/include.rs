//! Several files as one manifest: those that are given, and those that they include. Files are in memory here.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use rushes::manifest::{ExtraColumns, Files, OUTPUTS, Reading, Source, read, read_all, render};

/// Files by their paths; a pattern is the beginning of a path with a `*` behind it.
struct Memory(BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn find(&self, from: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
        let path = from.parent().unwrap_or(Path::new("")).join(pattern);
        let Some(start) = path.to_str().and_then(|path| path.strip_suffix('*')).map(str::to_owned) else {
            return Ok(vec![path]);
        };
        Ok(self.0.keys().filter(|path| path.to_str().is_some_and(|path| path.starts_with(&start))).cloned().collect())
    }

    fn open(&self, path: &Path) -> Result<Source, String> {
        let text = self.0.get(&self.identity(path)).ok_or("there is no such file")?;
        Ok(Source::new(path.display().to_string(), text.clone().into_bytes()))
    }

    fn identity(&self, path: &Path) -> PathBuf {
        path.components().fold(PathBuf::new(), |mut path, part| {
            match part {
                Component::ParentDir => drop(path.pop()),
                Component::CurDir => {}
                part => path.push(part),
            }
            path
        })
    }
}

fn all(given: &[&str], files: &[(&str, &str)]) -> Reading {
    let memory = Memory(files.iter().map(|(path, text)| ((*path).into(), (*text).to_owned())).collect());
    let given = given.iter().map(|path| (PathBuf::from(path), memory.open(Path::new(path)).unwrap())).collect();
    read_all(given, &memory, ExtraColumns::Refuse)
}

/// Checks which shots these files amount to.
fn check(given: &[&str], files: &[(&str, &str)], expected: &[&str]) {
    let Reading { sources, manifest } = all(given, files);
    let manifest = manifest.unwrap_or_else(|found| panic!("{}", render(&sources, &found, false)));
    let told = manifest.shots.iter().map(|shot| format!("{} {}", shot.id, shot.request.seconds.get()));
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

/// Checks what is wrong, and where: `code file:line:column`, and behind it the place that explains it.
fn check_found(given: &[&str], files: &[(&str, &str)], expected: &[&str]) {
    let Reading { sources, manifest } = all(given, files);
    let found = manifest.map_or_else(|found| found, |manifest| manifest.warnings);
    let at = |place: rushes::manifest::Place| format!("{}:{}:{}", sources[place.file()].name(), place.line, place.column);
    let told = found.iter().map(|d| {
        let related = d.related.map(|(place, _)| format!(" {}", at(place)));
        format!("{} {}{}", d.code, at(d.place), related.unwrap_or_default())
    });
    assert_eq!(told.collect::<Vec<_>>(), expected, "{}", render(&sources, &found, false));
    assert!(found.iter().all(|d| d.help.is_some()), "all have help");
}

#[test]
fn an_included_file_stands_for_itself() {
    let main =
        "include: [a.yaml, more/b*]\nvars: { v: main }\ndefaults: { seconds: 10 }\nshots: [{ id: '{{ v }}', prompt: x }]";
    check(
        &["main.yaml"],
        &[
            ("main.yaml", main),
            ("a.yaml", "include: more/deep.yaml\nvars: { v: a }\nshots: [{ id: '{{ v }}', prompt: x }]"),
            ("more/deep.yaml", "defaults: { seconds: 10 }\nshots: [{ id: deep, prompt: x }]"),
            ("more/b1.csv", "id,prompt\nb1,x\nB2,x\n"),
            ("more/b2.yaml", "- { id: b3, prompt: x }"),
        ],
        &["deep 10", "a 5", "b1 5", "B2 5", "b3 5", "main 10"],
    );
    check(&["m.yaml"], &[("m.yaml", "include: a.csv"), ("a.csv", "id,prompt\na,x\n")], &["a 5"]);
}

#[test]
fn several_manifests_are_read_as_one() {
    let prices = "prices: { currency: USD, per_take: 1 }";
    let a = format!("output: out\n{prices}\nprovider: {{ version: v }}\nshots: [{{ id: a, prompt: x }}]");
    let c = format!("output: ' out '\n{prices}\nshots: [{{ id: c, prompt: x, seconds: 10 }}]");
    let files = [("a.yaml", a.as_str()), ("b.csv", "id,prompt\nb,y\n"), ("c.yaml", &c)];
    check(&["a.yaml", "b.csv", "c.yaml"], &files, &["a 5", "b 5", "c 10"]);
    check_found(&["a.yaml", "b.csv", "c.yaml"], &files, &[]);
    let manifest = all(&["b.csv", "c.yaml", "a.yaml"], &files).manifest.unwrap();
    assert_eq!(manifest.output, Some("out".into()));
    assert!(manifest.shots.iter().all(|shot| manifest.prices.of(&shot.request).is_some()));
    assert_eq!(manifest.provider.version.as_deref(), Some("v"));
}

#[test]
fn what_cannot_be_included_is_told_where_it_is_named() {
    check_found(
        &["main.yaml"],
        &[
            (
                "main.yaml",
                "include: [main.yaml, none.yaml, none*, a.yaml, b/b.yaml, [x], '', 5]\nshots: [{ id: M, prompt: x }]",
            ),
            ("a.yaml", "include: [b/b.yaml]\nshots: [{ id: A, prompt: x }]"),
            ("b/b.yaml", "include: ../a.yaml\noutput: x\nprices: {}\nshots: [{ id: a, prompt: x, seconds: 7 }]"),
        ],
        &[
            "include main.yaml:1:11",
            "include main.yaml:1:22",
            "include main.yaml:1:33",
            "include main.yaml:1:48 a.yaml:1:11",
            "wrong-type main.yaml:1:58",
            "include main.yaml:1:63",
            "include main.yaml:1:67",
            "duplicate-id a.yaml:2:15 b/b.yaml:4:15",
            "include b/b.yaml:1:10",
            "setting b/b.yaml:2:9",
            "setting b/b.yaml:3:9",
            "seconds b/b.yaml:4:38",
        ],
    );
    let alone = read(&Source::new("main.yaml", b"include: [a.yaml]\nshots: [{ id: M, prompt: x }]".to_vec()), None);
    assert_eq!(alone.unwrap_err()[0].code, "include");
}

#[test]
fn what_differs_between_manifests_is_shown_at_both_places() {
    let a = "output: out\nprovider: { callback_url: https://a.example }\nprices: { currency: USD, per_take: 1 }\nshots: [{ id: a, prompt: x }]";
    let b = "output: other\nprovider: { callback_url: https://b.example }\nprices: { currency: USD, per_take: 2 }\nshots: [{ id: A, prompt: z }]";
    check_found(
        &["a.yaml", "b.yaml"],
        &[("a.yaml", a), ("b.yaml", b)],
        &[
            "outputs b.yaml:1:9 a.yaml:1:9",
            "setting b.yaml:2:27 a.yaml:2:27",
            "prices b.yaml:3:9 a.yaml:3:9",
            "duplicate-id b.yaml:4:15 a.yaml:4:15",
        ],
    );
    let b = "output: other\nshots: [{ id: b, prompt: z }]";
    let manifest = all(&["a.yaml", "b.yaml"], &[("a.yaml", a), ("b.yaml", b)]).manifest.unwrap();
    assert_eq!(manifest.warnings.iter().map(|d| d.code).collect::<Vec<_>>(), [OUTPUTS]);
    let both = [("a.yaml", "include: b.yaml"), ("b.yaml", "- { id: b, prompt: x }")];
    check_found(&["a.yaml", "b.yaml"], &both, &["include a.yaml:1:10"]);
    check_found(&["b.yaml", "a.yaml"], &both, &["include a.yaml:1:10"]);
}

#[test]
fn a_chain_of_files_has_an_end() {
    let files: Vec<_> = (0..30).map(|n| (format!("{n}.yaml"), format!("include: {}.yaml", n + 1))).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    check_found(&["0.yaml"], &files, &["include 15.yaml:1:10"]);
}
