//! `rushes check` for people, for programs and for GitHub: the same findings at the same places, and one exit code.

use serde_json::{Value, json};

use super::{Desk, Ran};

/// Two mistakes and a warning.
const WRONG: &str = "\
shots:
  - { id: a, prompt: a cat, seconds: 7 }
  - { id: A, prompt: a dog }
  - prompt: a fox
";

/// The places, levels and codes of `rushes check FILE --format json`.
fn findings(ran: &Ran) -> Vec<(Value, Value, Value, Value)> {
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let found = document["diagnostics"].as_array().expect("a list");
    let text = |found: &Value, name: &str| found[name].clone();
    found.iter().map(|d| (text(d, "line"), text(d, "column"), text(d, "level"), text(d, "code"))).collect()
}

#[test]
fn every_format_has_the_same_findings_and_exit_code() {
    let desk = Desk::new();
    desk.put("wrong.yaml", WRONG);
    let text = desk.rushes("check wrong.yaml").ends(2).says(&["wrong.yaml: 2 mistakes, 1 warning", "wrong.yaml:2:38"]);
    assert!(text.out.is_empty() && !text.err.contains('\x1b'), "{text:?}");
    let ran = desk.rushes("check wrong.yaml --format json").ends(2);
    let expected = [
        (json!(2), json!(38), json!("error"), json!("seconds")),
        (json!(3), json!(11), json!("error"), json!("duplicate-id")),
        (json!(4), json!(5), json!("warning"), json!("missing-id")),
    ];
    assert_eq!(findings(&ran), expected);
    let github = desk.rushes("check wrong.yaml --format github").ends(2);
    let commands: Vec<&str> = github.out.lines().map(|line| line.split("::").nth(1).expect("a command")).collect();
    let expected = [
        "error file=wrong.yaml,line=2,endLine=2,col=38,endColumn=39,title=seconds",
        "error file=wrong.yaml,line=3,endLine=3,col=11,endColumn=12,title=duplicate-id",
        "warning file=wrong.yaml,line=4,endLine=4,col=5,endColumn=11,title=missing-id",
    ];
    assert_eq!(commands, expected);
}

#[test]
fn a_finding_as_data_says_all_there_is_to_know() {
    let desk = Desk::new();
    desk.put("wrong.yaml", WRONG);
    let document = desk.json("check wrong.yaml");
    assert_eq!([&document["version"], &document["errors"], &document["warnings"]], [1, 2, 1]);
    let seconds = json!({
        "level": "error", "code": "seconds", "message": "`seconds` must be 5 or 10, not `7`", "file": "wrong.yaml",
        "line": 2, "column": 38, "end_line": 2, "end_column": 39, "value": "7", "allowed": ["5", "10"],
        "help": "write `seconds: 5` or `seconds: 10`; to send it all the same, add `allow_unknown: true`", "related": [], "more": 0,
    });
    assert_eq!(document["diagnostics"][0], seconds);
    let first = json!({
        "message": "first used here", "file": "wrong.yaml", "line": 2, "column": 11, "end_line": 2, "end_column": 12,
    });
    assert_eq!(document["diagnostics"][1]["related"], json!([first]));
    assert_eq!(document["diagnostics"][2]["value"], Value::Null);
}

#[test]
fn a_good_manifest_is_an_empty_list() {
    let desk = Desk::new();
    let none = json!({ "version": 1, "errors": 0, "warnings": 0, "diagnostics": [] });
    assert_eq!(desk.json("check shots.yaml"), none);
    for format in ["json", "github"] {
        let ran = desk.rushes(&format!("check shots.yaml --format {format} --deny-warnings")).ends(0);
        assert_eq!(ran.err, "");
    }
    assert_eq!(desk.rushes("check shots.yaml --format github").out, "");
}

#[test]
fn warnings_are_denied_on_request_alone() {
    let desk = Desk::new();
    desk.put("odd.yaml", "shots:\n  - prompt: a fox\n");
    for format in ["text", "json", "github"] {
        desk.rushes(&format!("check odd.yaml --format {format}")).ends(0);
        let ran = desk.rushes(&format!("check odd.yaml --format {format} --deny-warnings")).ends(2);
        assert!(ran.err.contains("odd.yaml has 1 warning, and --deny-warnings is said"), "{ran:?}");
        assert!(!ran.out.contains("no mistakes"), "{ran:?}");
    }
}

#[test]
fn what_cannot_be_read_is_no_document() {
    let desk = Desk::new();
    for format in ["text", "json", "github"] {
        let ran = desk.rushes(&format!("check nowhere.yaml --format {format}")).ends(2).says(&["cannot read the manifest"]);
        assert_eq!(ran.out, "");
    }
}
