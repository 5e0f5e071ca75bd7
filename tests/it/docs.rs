//! The recipes under `docs/` do as they say: every command line in them, and on every page, is one that the executable takes, every
//! file is of its format and on the page about them, and exit codes mean what the README says. What systemd, Kubernetes and the like
//! make of their files is not tested.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::readme::{EXECUTABLE, all_there_is, blocks, pages, read, root, targets};

/// The page about them.
const PAGE: &str = "docs/unattended.md";

#[test]
fn every_command_line_is_taken() {
    let (verbs, _) = all_there_is();
    let mut told = 0;
    for (name, text) in files().into_iter().chain([("README.md".to_owned(), read("README.md"))]) {
        let commands = match kind(&name) {
            "md" => commands(&blocks(&text, &["bash", "text"]).join("\n"), &verbs),
            "yaml" => containers(&text),
            _ => commands(&text, &verbs),
        };
        for words in commands {
            // Says what is wrong with the words before it; if nothing is, prints the help.
            let output = Command::new(EXECUTABLE).args(&words).arg("--help").output().expect("the executable");
            assert!(output.status.success(), "{name}: {words:?}\n{}", String::from_utf8_lossy(&output.stderr));
            told += 1;
        }
    }
    assert!(told >= 30, "only {told} command lines were found");
}

#[test]
fn every_recipe_is_on_the_page() {
    let targets = targets(&read(PAGE));
    for (name, _) in files().iter().filter(|(name, _)| !pages().contains(name)) {
        let name = name.strip_prefix("docs/").expect("files of docs");
        assert!(targets.contains(name), "{name} is not on the page");
    }
}

#[test]
fn yaml_is_yaml() {
    for (name, text) in files().iter().filter(|(name, _)| ["yaml", "yml"].contains(&kind(name))) {
        assert!(!documents(text).is_empty(), "{name}");
    }
}

#[test]
fn exit_codes_are_those_of_the_readme() {
    let codes = |text: &str| {
        let rows = text.lines().skip_while(|line| !line.starts_with("| code |")).take_while(|line| line.starts_with('|'));
        rows.filter_map(|row| row.split('|').nth(1)?.trim().parse().ok()).collect::<BTreeSet<u8>>()
    };
    let known = codes(&read("README.md"));
    assert!(known.len() >= 8, "{known:?}");
    assert_eq!(codes(&read(PAGE)), known);
    let unit = read("docs/systemd/rushes@.service");
    let successes = unit.lines().filter_map(|line| line.strip_prefix("SuccessExitStatus="));
    let successes: Vec<u8> = successes.flat_map(str::split_whitespace).map(|code| code.parse().expect("a number")).collect();
    assert!(!successes.is_empty() && successes.iter().all(|code| known.contains(code)), "{successes:?}");
}

/// Every file under `docs/`: its name and text.
fn files() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { walk(&path, found) } else { found.push(path) }
        }
    }
    let mut paths = Vec::new();
    walk(&root().join("docs"), &mut paths);
    paths.sort();
    let named = |path: PathBuf| path.strip_prefix(root()).expect("below it").to_str().expect("UTF-8").to_owned();
    paths.into_iter().map(named).map(|name| (name.clone(), read(&name))).collect()
}

/// What the name of a file ends in, behind the last dot.
fn kind(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, kind)| kind)
}

/// What follows `rushes` in every command of a text whose lines may go on behind a `\`, and whose comments begin with `#`.
fn commands(text: &str, verbs: &BTreeSet<String>) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    joined.lines().filter_map(|line| arguments(&words(line), verbs)).collect()
}

/// The words of the first command of `rushes` among these, which begins with a verb of it: `sudo -u rushes rushes status DIR || true` has `status DIR`.
fn arguments(words: &[String], verbs: &BTreeSet<String>) -> Option<Vec<String>> {
    let is_program = |word: &String| word == "rushes" || word.ends_with("/rushes");
    let verb = 1 + words.windows(2).position(|pair| is_program(&pair[0]) && verbs.contains(&pair[1]))?;
    let ends = |word: &&String| [";", "|", "||", "&", "&&", "}"].contains(&word.as_str());
    Some(words[verb..].iter().take_while(|word| !ends(word)).cloned().collect())
}

/// The words of a line as a shell would have them, up to a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match c {
            '"' | '\'' if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            '#' if quote.is_none() && word.is_none() => break,
            ' ' | '\t' | ';' if quote.is_none() => {
                words.extend(word.take());
                words.extend((c == ';').then(|| c.to_string()));
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The arguments of every container in a file for Kubernetes.
fn containers(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for document in documents(text) {
        let pod = &document["spec"]["jobTemplate"]["spec"]["template"]["spec"];
        for container in pod["containers"].as_sequence().into_iter().flatten() {
            let args = container["args"].as_sequence().expect("arguments");
            found.push(args.iter().map(|arg| arg.as_str().expect("text, or it is no argument").to_owned()).collect());
        }
    }
    found
}

fn documents(text: &str) -> Vec<serde_yaml::Value> {
    let documents = serde_yaml::Deserializer::from_str(text);
    documents.map(|document| serde::Deserialize::deserialize(document).expect("YAML")).collect()
}
