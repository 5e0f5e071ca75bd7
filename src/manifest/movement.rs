//! The moves of one shot -> one vector, or what is wrong with them. Moves go together where no two are on one axis.

use crate::manifest::diagnostic::{Diagnostic, Place, known, listed, nearest, quoted};
use crate::manifest::moves::Names;
use crate::manifest::row::{Node, Value};
use crate::manifest::value::{self, Wrong, wrong};
use crate::motion::{Misread, Motion, Moves, Step};

/// So many names are listed in a help text at most; `rushes moves` lists all.
const MAX_LISTED: usize = 20;
/// A misspelt name is compared with so many at most.
const MAX_COMPARED: usize = 200;

/// What a shot says of its camera with names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Movement {
    /// What it is made of; no two parts are on one axis.
    parts: Vec<Part>,
    /// The moves that were named.
    steps: Vec<Step>,
}

/// One move, or one axis.
#[derive(Debug, Clone)]
struct Part {
    /// What to call it in a message.
    name: String,
    at: Place,
    /// The axes that it says something about; none if it is `static`.
    axes: Vec<(usize, f64)>,
}

impl Movement {
    /// What `node` says: a text of moves, or a list of such texts and of maps of axes. `None` if anything is wrong with it.
    pub(crate) fn read(node: &Node, names: &Names, source: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut reader = Reader { names, source, movement: Self::default(), good: true, found };
        match &node.value {
            Value::List(items) if items.is_empty() => reader.wrong(nothing(node, "`motion` is an empty list")),
            Value::List(items) => items.iter().for_each(|item| reader.item(item)),
            _ => reader.text(node),
        }
        reader.good.then_some(reader.movement)
    }

    /// What it all comes to.
    pub(crate) fn vector(&self) -> Motion {
        let mut axes = Motion::STATIC.axes();
        for (axis, number) in self.parts.iter().flat_map(|part| &part.axes) {
            axes[*axis] = *number;
        }
        axes.into()
    }

    /// The mistake of saying something about `axis` beside it, if it is one.
    pub(crate) fn forbids(&self, axis: usize, name: &str, at: Place) -> Option<Diagnostic> {
        let part = Part { name: name.to_owned(), at, axes: vec![(axis, 0.0)] };
        self.parts.iter().find_map(|other| other.clash(&part))
    }

    /// The moves that were named, `static` apart; asked once.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.steps)
    }
}

/// Reads what is said of one shot's camera, piece by piece.
struct Reader<'a> {
    names: &'a Names,
    source: &'a str,
    movement: Movement,
    /// Whether all of it is right so far.
    good: bool,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, mistake: Diagnostic) {
        self.good = false;
        self.found.push(mistake);
    }

    /// One item of a list.
    fn item(&mut self, item: &Node) {
        match &item.value {
            Value::Map(entries) => {
                let axes = axes("motion.", entries, self.source, self.found);
                // Whatever else stands there has been reported.
                self.good &= axes.len() == entries.len();
                for (axis, number, at) in axes {
                    let name = format!("motion.{}", Motion::AXES[axis]);
                    self.add(Part { name, at, axes: vec![(axis, number)] });
                }
            }
            Value::Nothing => self.wrong(nothing(item, "an item of `motion` has no value")),
            Value::List(_) => self.wrong(nothing(item, "an item of `motion` is a list, but must be a move or a map of axes")),
            Value::Bare | Value::Plain | Value::Text(_) => self.text(item),
        }
    }

    fn text(&mut self, node: &Node) {
        let text = node.text(self.source).unwrap_or_default();
        for (span, step) in self.names.moves.read(text) {
            let at = node.part(self.source, span.clone());
            match step {
                Ok(step) => self.step(step, at),
                Err(Misread::Unknown(name)) if self.names.spoilt.contains(&name) => self.good = false,
                Err(misread) => {
                    let said = text.get(span).unwrap_or_default();
                    self.wrong(explain(&misread, said, &self.names.moves).at("motion", at).value(said));
                }
            }
        }
    }

    fn step(&mut self, step: Step, at: Place) {
        let axes: Vec<_> = step.vector.axes().into_iter().enumerate().filter(|(_, number)| *number != 0.0).collect();
        let moves = !axes.is_empty();
        self.add(Part { name: step.name.clone(), at, axes });
        self.movement.steps.extend(moves.then_some(step));
    }

    fn add(&mut self, part: Part) {
        match self.movement.parts.iter().find_map(|other| other.clash(&part)) {
            Some(clash) => self.wrong(clash),
            None => self.movement.parts.push(part),
        }
    }
}

impl Part {
    /// The mistake of saying `next` after this, if it is one.
    fn clash(&self, next: &Self) -> Option<Diagnostic> {
        let (this, that) = (quoted(&self.name), quoted(&next.name));
        let shared = self.axes.iter().find(|(axis, _)| next.axes.iter().any(|(other, _)| axis == other));
        let (message, why) = match shared {
            _ if self.axes.is_empty() => (format!("{that} is given, but `motion` is {this}"), "said to be static here"),
            _ if next.axes.is_empty() => (format!("`motion` is {that}, but {this} is given too"), "given here"),
            Some((axis, _)) => {
                (format!("{this} and {that} are both on the axis `{}`", Motion::AXES[*axis]), "the first of the two")
            }
            None => return None,
        };
        let clash = Diagnostic::error("motion", next.at, message).value(&next.name);
        Some(clash.help("remove one of the two").related(self.at, why))
    }
}

/// The axes that a map speaks of, with their numbers and where those stand, and a mistake for whatever else is in it. `path` is
/// what to call the map, with a dot behind it.
pub(super) fn axes(
    path: &str,
    entries: &[(Node, Node)],
    source: &str,
    found: &mut Vec<Diagnostic>,
) -> Vec<(usize, f64, Place)> {
    let mut good = Vec::new();
    for (name, value) in entries {
        let word = name.text(source).unwrap_or_default();
        let path = format!("{path}{word}");
        match Motion::AXES.iter().position(|known| *known == word) {
            Some(axis) => good.extend(number(&path, value, source, found).map(|number| (axis, number, value.at))),
            None => found.push(no_axis(&path, word, name.at)),
        }
    }
    good
}

fn number(path: &str, value: &Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<f64> {
    let Some(text) = value.text(source) else {
        let message = format!("`{path}` is {}, but must be a number", value.value.kind());
        let mistake = Diagnostic::error("wrong-type", value.at, message);
        found.push(mistake.help("write a plain number, such as `0.4` or `-6`"));
        return None;
    };
    let number = value::finite(path, text);
    number.map_err(|wrong| found.push(wrong.at("motion", value.at).value(text))).ok()
}

fn no_axis(path: &str, word: &str, at: Place) -> Diagnostic {
    let near = nearest(word, Motion::AXES).filter(|near| near.len() > 1);
    let help = near.map_or_else(|| known(&Motion::AXES), |near| format!("did you mean `{near}`?"));
    Diagnostic::error("unknown-field", at, format!("unknown field {}", quoted(path)))
        .value(word)
        .help(help)
        .allowed(&Motion::AXES)
}

/// A place in `motion` where a move should be.
fn nothing(node: &Node, message: &str) -> Diagnostic {
    let mistake = Diagnostic::error("wrong-type", node.at, message);
    mistake.help("write `motion: [push in slow, pan left]`, or `motion: static`")
}

/// What is wrong with `said`, the part of a text that was misread, and what to do.
fn explain(misread: &Misread, said: &str, moves: &Moves) -> Wrong {
    let said = quoted(said);
    match misread {
        Misread::Unknown(name) => wrong(format!("no move is called {}", quoted(name)), meant(name, moves)),
        Misread::Nothing => wrong(format!("`motion` cannot be {said}"), format!("write `motion: static`; {}", all(moves))),
        Misread::TooLong => wrong(format!("this is too long for `motion`: {said}"), all(moves)),
        Misread::Nameless => {
            let help = "write it behind a move: `push in slow`, `push in 0.4`; with a point, not a comma, in a number";
            wrong(format!("{said} says how much, but not which move"), help)
        }
        Misread::TwoSpeeds => wrong(format!("{said} says how much once more"), "say it once for each move"),
        Misread::BadNumber => {
            let help = "write a plain number above zero, such as `0.4`, with a point; the other way has a move of its own, such as `pull out`";
            wrong(format!("{said} is no number that a move can have"), help)
        }
        Misread::StaticSpeed => wrong(format!("{said}: what does not move has no speed"), "write `static`"),
        Misread::OutOfRange => wrong(format!("{said} is more or less than a number can say"), "write a number closer to 1"),
    }
}

/// What `name` was probably meant to be: the nearest name that begins with the same word, else all of those, else the nearest of all.
fn meant(name: &str, moves: &Moves) -> String {
    let names: Vec<_> = moves.names().take(MAX_COMPARED).map(|name| name.replace(' ', "_")).collect();
    let first = |name: &str| name.split([' ', '_']).next().map(str::to_owned);
    let (alike, _): (Vec<_>, Vec<_>) = names.iter().map(String::as_str).partition(|known| first(known) == first(name));
    let near = nearest(name, alike.iter().copied()).map(|near| vec![near]);
    let near = near.or_else(|| Some(alike.clone()).filter(|alike| !alike.is_empty()));
    let near = near.or_else(|| nearest(name, names.iter().map(String::as_str)).map(|near| vec![near]));
    match near {
        Some(near) if near.len() <= MAX_LISTED => {
            let near: Vec<_> = near.iter().map(|name| name.replace('_', " ")).collect();
            format!("did you mean {}? {}", listed(&near), all(moves))
        }
        _ => all(moves),
    }
}

/// All moves there are, or the first of them.
fn all(moves: &Moves) -> String {
    let names: Vec<_> = moves.iter().map(|known| known.name.as_str()).take(MAX_LISTED).collect();
    let more = moves.iter().count() - names.len();
    let more = if more == 0 { String::new() } else { format!(", and {more} more that `rushes moves` lists") };
    format!("moves are {}{more}", listed(&names))
}
