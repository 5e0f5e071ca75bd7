//! The second opinion on YAML: would other tools read the same? All answers are warnings, with the code `portability`.
//!
//! `serde_yaml`, of the libyaml family, reads a text that our own reader has already accepted (whose limits have so refused
//! what would make `serde_yaml` slow), and the two results are compared. What YAML 1.1 tools such as `PyYAML` take for numbers
//! and booleans is known beforehand, and looked for.

use serde_yaml::Value as Other;

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::manifest::row::{Node, Value};
use crate::manifest::source::{Cursor, Source};
use crate::manifest::yaml::tree;

/// The code of every warning about what other programs would make of a manifest.
pub const PORTABILITY: &str = "portability";

/// Longer texts get no second opinion: it would cost more than the first.
const MAX_BYTES: usize = 1 << 20;
/// More differences than this tell nothing new.
const MAX_DIFFERENCES: usize = 10;

/// What other tools would read otherwise in `source`.
pub(super) fn differences(source: &Source) -> Vec<Diagnostic> {
    let text = source.text();
    let mut differences = Vec::new();
    if source.has_byte_order_mark() {
        let odd = warning(Place::START, "there is a byte order mark in front, over which older YAML tools stumble");
        differences.push(odd.help("save the file as UTF-8 without BOM"));
    }
    let Some(tree) = (text.len() <= MAX_BYTES).then(|| tree(text)).flatten() else { return differences };
    differences.extend(first_misread(&tree, text));
    match serde_yaml::from_str::<Other>(text).and_then(|mut other| other.apply_merge().map(|()| other)) {
        Ok(other) => compare(&tree, &other, text, &mut differences),
        Err(error) => {
            let at = error.location().map_or(Place::START, |at| Cursor::at(text, at.index()).place(at.index()));
            differences.push(warning(at, "older YAML tools refuse this").help(format!("serde_yaml says: {error}")));
        }
    }
    differences
}

fn warning(at: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::warning(PORTABILITY, at, message)
}

/// Goes through both readings at once.
fn compare(ours: &Node, theirs: &Other, text: &str, differences: &mut Vec<Diagnostic>) {
    if differences.len() >= MAX_DIFFERENCES {
        return;
    }
    match (&ours.value, theirs) {
        (Value::List(ours), Other::Sequence(theirs)) if ours.len() == theirs.len() => {
            ours.iter().zip(theirs).for_each(|(ours, theirs)| compare(ours, theirs, text, differences));
        }
        (Value::Map(entries), Other::Mapping(theirs)) => {
            for (name, value) in entries {
                let named = name.text(text).and_then(|name| theirs.get(name));
                // A number for a name is a number to both.
                let alike = || theirs.iter().find(|(other, _)| same(name, other, text)).map(|(_, other)| other);
                match named.or_else(alike) {
                    Some(other) => compare(value, other, text, differences),
                    None => differences.push(differs(name, text)),
                }
            }
        }
        _ if same(ours, theirs, text) => {}
        _ => differences.push(differs(ours, text)),
    }
}

/// Whether two scalars say the same.
fn same(ours: &Node, theirs: &Other, text: &str) -> bool {
    match (ours.text(text), theirs) {
        (None, Other::Null) => ours.value == Value::Nothing,
        (Some(ours), Other::String(theirs)) => ours == theirs,
        (Some(ours), Other::Bool(theirs)) => ours.eq_ignore_ascii_case(if *theirs { "true" } else { "false" }),
        (Some(ours), Other::Number(theirs)) => ours.parse::<f64>().ok() == theirs.as_f64(),
        _ => false,
    }
}

fn differs(node: &Node, text: &str) -> Diagnostic {
    let what = node.text(text).map_or_else(|| node.value.kind().to_owned(), quoted);
    warning(node.at, format!("older YAML tools read {what} otherwise")).help("put it between quotation marks")
}

/// The first unquoted word that YAML 1.1 takes for something else than text. One is enough to say it.
fn first_misread(node: &Node, text: &str) -> Option<Diagnostic> {
    match &node.value {
        Value::List(items) => items.iter().find_map(|item| first_misread(item, text)),
        Value::Map(entries) => entries.iter().find_map(|(_, value)| first_misread(value, text)),
        Value::Text(word) if text.get(node.at.span()) == Some(word) => {
            let taken_for = misread(word)?;
            let odd = warning(node.at, format!("some YAML tools take {} for {taken_for}", quoted(word))).value(word);
            Some(odd.help(format!("rushes understands it; for the others, write `\"{word}\"`")))
        }
        Value::Nothing | Value::Bare | Value::Plain | Value::Text(_) => None,
    }
}

/// What YAML 1.1 takes a plain word for: `16:9` for a number to the base 60.
fn misread(word: &str) -> Option<&'static str> {
    let digits = |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
    let sixty = |part: &str| digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60);
    let mut parts = word.split(':');
    let base_60 = parts.next().is_some_and(digits) && word.contains(':') && parts.all(sixty);
    let boolean = matches!(word.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n");
    if base_60 { Some("a number to the base 60") } else { boolean.then_some("true or false") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(u32, u32)]) {
        let found = differences(&Source::new("m.yaml", text.into()));
        let places: Vec<_> = found.iter().map(|d| (d.place.line, d.place.column)).collect();
        assert_eq!(places, expected, "{text}: {found:#?}");
    }

    #[test]
    fn what_all_tools_read_alike_is_not_mentioned() {
        check(
            "shots:\n  - {id: a, prompt: 'no', seconds: 5, x: -0.4, ratio: \"16:9\"}\n  - id: b\n    prompt: |\n      é\n",
            &[],
        );
        check("defaults: &d {seconds: 5}\nshots:\n  - {<<: *d, prompt: a}\n", &[]);
        check("ratio: 1280:720", &[]);
        check("prices: { currency: USD, seconds: { 5: 0.60, 10: 1 } }", &[]);
    }

    #[test]
    fn what_other_tools_read_otherwise_is_a_warning() {
        check("a: x\nratio: 16:9\nother: 9:16", &[(2, 8)]);
        check("prompt: no", &[(1, 9)]);
        check("\u{feff}a: b", &[(1, 1)]);
    }
}
