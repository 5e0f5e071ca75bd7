//! `vars` -> what templates can name, or what is wrong with it.

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::manifest::row::{Named, Node, Value, named_twice, wrong_shape};
use crate::manifest::template::{Values, is_name, is_template};

/// The longest value of a variable, in characters.
const MAX_VALUE: usize = 10_000;

/// Lets the names under `vars` stand for what stands beside them, over what `values` has already.
pub(crate) fn read(vars: &Named, values: &mut Values, source: &str, found: &mut Vec<Diagnostic>) {
    let Value::Map(entries) = &vars.node.value else {
        let mistake = wrong_shape("vars", vars.node.at, &vars.node.value, "a map of names and what they stand for");
        found.push(mistake.help("write `vars: { look: film noir }`"));
        return values.spoil_all();
    };
    for (at, (name, value)) in entries.iter().enumerate() {
        let word = name.text(source).unwrap_or_default();
        let first = entries[..at].iter().find(|(other, _)| other.text(source) == Some(word));
        match first {
            Some((first, _)) => found.push(named_twice(word, name.at, first.at)),
            None if !is_name(word) => {
                found.push(no_name(word, name.at));
                values.spoil(word);
            }
            None => match scalar(word, value, source, found) {
                Some(text) => values.set(word, text, value.value == Value::Bare),
                None => values.spoil(word),
            },
        }
    }
}

/// What `node`, the value of `name`, says; a mistake if a template cannot be filled in with it.
pub(crate) fn scalar<'a>(name: &str, node: &'a Node, source: &'a str, found: &mut Vec<Diagnostic>) -> Option<&'a str> {
    let Some(text) = node.text(source) else {
        let message = format!("{} is {}, but must be text, a number, or true or false", quoted(name), node.value.kind());
        found.push(Diagnostic::error("wrong-type", node.at, message).help(format!("write `{name}: film noir`")));
        return None;
    };
    let mistake = if is_template(text) {
        let mistake = Diagnostic::error("vars", node.at, format!("{} is a template; only prompts and ids are", quoted(name)));
        mistake.help("write it out here, or put it into the prompt")
    } else if text.chars().count() > MAX_VALUE {
        let message = format!("{} has more than {MAX_VALUE} characters", quoted(name));
        Diagnostic::error("vars", node.at, message).help("shorten it; is a quotation mark missing at its end?")
    } else {
        return Some(text);
    };
    found.push(mistake.value(text));
    None
}

/// A word that cannot be a variable.
pub(crate) fn no_name(word: &str, at: Place) -> Diagnostic {
    let mistake = Diagnostic::error("vars", at, format!("{} cannot be the name of a variable", quoted(word))).value(word);
    mistake.help("use letters, digits and `_`, beginning with a letter, and no word of the template language such as `if`")
}
