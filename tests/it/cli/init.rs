//! `rushes init`: what it writes is good, and what was there stays.

use std::fs;

use super::{Desk, QUICK};

#[test]
fn a_first_manifest_has_no_mistake_and_can_be_rehearsed() {
    let desk = Desk::new();
    desk.rushes("init first.yaml").ends(0).says(&["rushes run first.yaml --simulate"]);
    let text = desk.read("first.yaml");
    assert_eq!(text.lines().next(), Some("# yaml-language-server: $schema=rushes.schema.json"));
    assert_eq!(desk.read("rushes.schema.json"), rushes::manifest::schema());
    let ran = desk.rushes("check first.yaml --deny-warnings").ends(0).says(&["3 shots, 4 takes, no mistakes"]);
    assert_eq!(ran.err, "");
    desk.rushes(&format!("run first.yaml {QUICK}")).ends(0).says(&["4 stored"]);
}

#[test]
fn what_is_commented_out_is_right_too() {
    let desk = Desk::new();
    desk.rushes("-q init first.yaml").ends(0);
    // A comment that begins with a name and a colon, or goes on below one, is a part of the manifest that waits.
    let is_waiting = |line: &str| {
        let code = line.strip_prefix("# ").unwrap_or_default();
        let name = code.trim_start().split(':').next().unwrap_or_default();
        code.contains(':') && !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '_' | ' '))
    };
    let text = desk.read("first.yaml");
    let waiting = text.lines().filter(|line| is_waiting(line)).count();
    assert_eq!(waiting, 6, "{text}");
    let text: String = text.lines().map(|line| if is_waiting(line) { &line[2..] } else { line }.to_owned() + "\n").collect();
    desk.put("all.yaml", &text);
    let ran = desk.rushes("check all.yaml --deny-warnings").ends(0);
    assert_eq!(ran.err, "");
}

#[test]
fn nothing_is_overwritten_and_nothing_asked() {
    let desk = Desk::new();
    let before = desk.read("shots.yaml");
    desk.rushes("init").ends(2).says(&["shots.yaml is there already", "rushes init other.yaml"]);
    assert_eq!(desk.read("shots.yaml"), before);
    assert!(!desk.path("rushes.schema.json").exists(), "a refusal writes nothing");
    desk.put("rushes.schema.json", "{}");
    desk.rushes("init other.yml").ends(0).says(&["`rushes schema > rushes.schema.json` renews it"]);
    assert_eq!(desk.read("rushes.schema.json"), "{}");
    for (name, why) in
        [("shots.csv", "no name for a YAML file"), ("-", "no name for a YAML file"), ("no/where.yaml", "cannot write")]
    {
        desk.rushes(&format!("init {name}")).ends(2).says(&[why]);
    }
    fs::create_dir(desk.path("folder")).expect("a folder");
    let ran = desk.rushes("init folder/a.yaml -q").ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    assert!(desk.path("folder/rushes.schema.json").exists());
}
