//! `docs/` does as it says: every command line in it is one that the executable takes, every link leads somewhere, every file is of
//! its format, and exit codes mean what the README says. What systemd, Kubernetes and the like make of their files is not tested.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::readme::{EXECUTABLE, all_there_is, blocks, codes, flags_in, headings, read, root};

/// The page for people.
const PAGE: &str = "docs/unattended.md";

#[test]
fn every_command_line_is_taken() {
    let mut told = 0;
    for (name, text) in files() {
        let commands = match kind(&name) {
            "md" => commands(&blocks(&text, &["sh", "bash", "text"]).join("\n")),
            "yaml" => containers(&text),
            _ => commands(&text),
        };
        for words in commands {
            // Says what is wrong with the words before it; if nothing is, prints the help.
            let output = Command::new(EXECUTABLE).args(&words).arg("--help").output().expect("the executable");
            assert!(output.status.success(), "{name}: {words:?}\n{}", String::from_utf8_lossy(&output.stderr));
            told += 1;
        }
    }
    assert!(told >= 10, "only {told} command lines were found");
}

#[test]
fn every_flag_that_the_page_speaks_of_exists() {
    let (_, flags) = all_there_is();
    let page = read(PAGE);
    let spoken = codes(&page).into_iter().filter(|code| code.starts_with("--"));
    let unknown: Vec<_> = spoken.filter(|code| !flags_in(code).all(|flag| flags.contains(flag))).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_recipe_is_on_the_page_and_every_link_of_it_leads_somewhere() {
    let page = read(PAGE);
    let targets: BTreeSet<_> =
        page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target).collect();
    for target in &targets {
        let (path, heading) = target.split_once('#').unwrap_or((target, ""));
        let path = if path.is_empty() { root().join(PAGE) } else { root().join("docs").join(path) };
        assert!(path.exists(), "{target}");
        let text = fs::read_to_string(path).expect("text");
        assert!(heading.is_empty() || headings(&text).contains(heading), "{target}");
    }
    for (name, _) in files().iter().filter(|(name, _)| name != PAGE) {
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
fn commands(text: &str) -> Vec<Vec<String>> {
    let joined = text.replace("\\\n", " ");
    joined.lines().filter_map(|line| arguments(&words(line))).collect()
}

/// The words of the first command of `rushes` among these: `sudo -u rushes rushes status DIR || true` has `status DIR`.
fn arguments(words: &[String]) -> Option<Vec<String>> {
    let is_program = |word: &String| word == "rushes" || word.ends_with("/rushes");
    let is_verb = |word: &String| ["run", "check", "status", "resolve", "report"].contains(&word.as_str());
    let verb = 1 + words.windows(2).position(|pair| is_program(&pair[0]) && is_verb(&pair[1]))?;
    let ends = |word: &&String| [";", "|", "||", "&&", "}"].contains(&word.as_str());
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
