//! `moves:` of a manifest -> what the names of moves stand for, or what is wrong with it.

use std::collections::{HashMap, HashSet};

use crate::manifest::diagnostic::{Diagnostic, Place, quoted, shorten};
use crate::manifest::movement::axes;
use crate::manifest::row::{Node, Value, wrong_shape};
use crate::manifest::value::{Read, wrong};
use crate::motion::{BadName, Motion, Moves, move_name};

/// What to write, wherever something else stands.
const EXAMPLE: &str = "write `moves: { push in: { z: 0.8 } }`";

/// The names that shots can use.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// What they stand for.
    pub(crate) moves: Moves,
    /// Those that stand for nothing, because what the manifest says of them is wrong, and has been reported.
    pub(crate) spoilt: HashSet<String>,
}

/// The convention with what `section` says over it.
pub(super) fn read(section: Option<Node>, source: &str, found: &mut Vec<Diagnostic>) -> Names {
    let mut names = Names::default();
    let Some(section) = section else { return names };
    let Value::Map(entries) = section.value else {
        found.push(wrong_shape("moves", section.at, &section.value, "a map of names").help(EXAMPLE));
        return names;
    };
    let mut places: HashMap<String, Place> = HashMap::new();
    for (name, value) in &entries {
        let vector = vector(name, value, source, found);
        let text = name.text(source).unwrap_or_default();
        let name_read = self::name(text).map_err(|wrong| found.push(wrong.at("moves", name.at).value(text)));
        let Ok(known) = name_read else { continue };
        if let Some(first) = places.insert(known.clone(), name.at) {
            let mistake =
                Diagnostic::error("duplicate-field", name.at, format!("the move `{known}` is given twice")).value(text);
            found.push(mistake.help("keep one of the two").related(first, "first given here"));
        } else if let Some(vector) = vector {
            names.moves.define(known, vector);
        } else {
            names.spoilt.insert(known);
        }
    }
    names
}

/// The name of a move as all its spellings have it.
fn name(text: &str) -> Read<String> {
    move_name(text).map_err(|bad| {
        let text = quoted(text);
        let (message, help) = match bad {
            BadName::Nothing => (format!("{text} is not the name of a move"), EXAMPLE),
            BadName::TooLong => (format!("{text} is too long for the name of a move"), "use at most 60 characters"),
            BadName::Several => (
                format!("{text} would be read as several moves"),
                "leave out `,`, `;`, `+`, `&` and `and`; shots say which moves go together",
            ),
            BadName::Speed => (
                format!("{text} would be read as a move and its speed"),
                "leave out `slow`, `fast` and the like, and words that begin with a digit",
            ),
            BadName::Static => (format!("{text} is no movement, and nothing else"), "give the move another name"),
            BadName::Odd => (format!("{text} is not the name of a move"), "use words of letters and digits"),
        };
        wrong(message, help)
    })
}

/// What the move called `name` stands for; `None` if anything is wrong with it.
fn vector(name: &Node, value: &Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Motion> {
    let path = format!("moves.{}", shorten(name.text(source).unwrap_or_default(), 40));
    let Value::Map(entries) = &value.value else {
        let at = if value.value == Value::Nothing { name.at } else { value.at };
        let message = format!("`{path}` is {}, but must be a map of axes", value.value.kind());
        found.push(Diagnostic::error("wrong-type", at, message).help(EXAMPLE));
        return None;
    };
    let before = found.len();
    let mut vector = Motion::STATIC.axes();
    let mut places: [Option<Place>; 6] = [None; 6];
    for (axis, number, at) in axes(&format!("{path}."), entries, source, found) {
        match places[axis].replace(at) {
            Some(first) => {
                let message = format!("`{path}.{}` is given twice", Motion::AXES[axis]);
                let mistake = Diagnostic::error("duplicate-field", at, message);
                found.push(mistake.help("keep one of the two").related(first, "first given here"));
            }
            None => vector[axis] = number,
        }
    }
    let vector = Motion::from(vector);
    if found.len() == before && vector == Motion::STATIC {
        let mistake = Diagnostic::error("moves", value.at, format!("`{path}` does not move"));
        found.push(mistake.help("give one of its axes another number than zero; no movement is called `static`"));
    }
    (found.len() == before).then_some(vector)
}
