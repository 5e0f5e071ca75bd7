//! Files full of mistakes, in one run of `rushes check`: each is told once, where it stands and as far as it goes, in every format.

use std::collections::BTreeSet;

use rushes::manifest::diagnostics_schema;
use serde_json::Value;

use super::Desk;
use crate::schema::Judge;

/// Checks that `marked`, called `name` on the desk, has exactly the mistakes that stand between `»` and `«`, and at least `most` of
/// them. `¿` stands for a byte that is not UTF-8.
fn check(name: &str, marked: &str, most: usize) {
    let desk = Desk::new();
    let (bytes, expected) = unmarked(marked);
    std::fs::write(desk.path(name), bytes).expect("a file that can be written");
    let document = desk.json(&format!("check {name}"));
    let found = document["diagnostics"].as_array().expect("a list");
    assert_eq!(found.iter().map(stretch).collect::<Vec<_>>(), expected, "{document:#}");
    assert!(found.len() >= most, "{} mistakes", found.len());
    assert!(found.iter().all(|one| one["level"] == "error" && one["help"].is_string()), "{document:#}");
    let told: BTreeSet<_> = found.iter().map(|one| (one["line"].to_string(), one["message"].to_string())).collect();
    assert_eq!(told.len(), found.len(), "no mistake is told twice");
    assert_eq!(Judge::new(&diagnostics_schema()).mistake(&document), None);

    let github = desk.rushes(&format!("check {name} --format github")).ends(2).out;
    let read: Vec<_> = github.lines().map(command).collect();
    assert_eq!(read, found.iter().map(annotation).collect::<Vec<_>>());

    let text = desk.rushes(&format!("check {name}")).ends(2).err;
    let shown: Vec<_> = text.lines().filter_map(|line| line.trim_start().strip_prefix("--> ")).collect();
    let place = |one: &Value| format!("{name}:{}:{}", one["line"], one["column"]);
    assert_eq!(shown, found.iter().map(place).take(100).collect::<Vec<_>>());
    assert!(text.contains(&format!("{name}: {} mistakes", found.len())), "{text}");
}

/// From a line and column to a line and column.
type Stretch = [usize; 4];

/// The bytes of `marked` without its marks, and what stood between them.
fn unmarked(marked: &str) -> (Vec<u8>, Vec<Stretch>) {
    let (mut line, mut column) = (1, 1);
    let (mut open, mut stretches) = (Vec::new(), Vec::new());
    for c in marked.chars() {
        match c {
            '»' => open.push((line, column)),
            '«' => {
                let (from, at) = open.pop().expect("a `»` for every `«`");
                assert!((from, at) < (line, column), "something is underlined");
                stretches.push([from, at, line, column]);
            }
            '\n' => (line, column) = (line + 1, 1),
            _ => column += 1,
        }
    }
    assert!(open.is_empty(), "a `«` for every `»`: {open:?}");
    stretches.sort_unstable();
    let text = marked.replace(['»', '«'], "");
    (text.split('¿').map(str::as_bytes).collect::<Vec<_>>().join(&0xff), stretches)
}

fn stretch(one: &Value) -> Stretch {
    let number = |name: &str| one[name].as_u64().and_then(|number| usize::try_from(number).ok()).expect("a number");
    ["line", "column", "end_line", "end_column"].map(number)
}

/// What a line of `--format github` says: each property, and the message.
fn command(line: &str) -> (Vec<(String, String)>, String) {
    let back = |text: &str| text.replace("%3A", ":").replace("%2C", ",").replace("%0A", "\n").replace("%25", "%");
    let (head, message) = line.strip_prefix("::error ").and_then(|rest| rest.split_once("::")).expect("a command");
    let property = |pair: &str| pair.split_once('=').map(|(name, value)| (name.to_owned(), back(value))).expect("a property");
    (head.split(',').map(property).collect(), back(message))
}

/// What a line of `--format github` should say of a mistake.
fn annotation(one: &Value) -> (Vec<(String, String)>, String) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut properties = vec![("file", &one["file"]), ("line", &one["line"]), ("endLine", &one["end_line"])];
    if one["line"] == one["end_line"] {
        properties.extend([("col", &one["column"]), ("endColumn", &one["end_column"])]);
    }
    properties.push(("title", &one["code"]));
    let mut message = format!("{}\nhelp: {}", text(&one["message"]), text(&one["help"]));
    for other in one["related"].as_array().expect("a list") {
        let place = format!("{}:{}:{}", text(&other["file"]), other["line"], other["column"]);
        message.extend(["\n", &text(&other["message"]), ": ", &place]);
    }
    (properties.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect(), message)
}

#[test]
fn in_settings_and_shots() {
    check("shots.yaml", include_str!("mistakes/shots.yaml"), 60);
}

#[test]
fn in_templates_matrices_groups_and_includes() {
    check("language.yaml", include_str!("mistakes/language.yaml"), 60);
}

#[test]
fn in_a_sheet_with_commas() {
    check("comma.csv", include_str!("mistakes/comma.csv"), 50);
}

#[test]
fn in_a_sheet_with_semicolons() {
    check("semicolon.csv", include_str!("mistakes/semicolon.csv"), 23);
}
