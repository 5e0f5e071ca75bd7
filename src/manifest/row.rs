//! Rows: what an author wrote about one shot, untyped but located. Knows the names of the fields and nothing of their values.

use std::ops::Range;

use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::source::Cursor;
use crate::motion::{Motion, Moves};

/// Something written in a manifest, and where.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Where it stands.
    pub(crate) at: Place,
    /// What it is.
    pub(crate) value: Value,
}

/// What can be written, whatever the format.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, where something could stand.
    Nothing,
    /// A number or boolean in a format that tells those from text. It says what the source says at its place, to the letter, so
    /// that nothing is lost of `0.40` or `010`.
    Bare,
    /// A text that stands in the source as it is.
    Plain,
    /// A text that the source spells otherwise: quoted, escaped, in several lines.
    Text(Box<str>),
    /// A list.
    List(Vec<Node>),
    /// Names and values, in order, twice where they were written twice.
    Map(Vec<(Node, Node)>),
}

/// What was written about one shot, or for all of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Where it begins.
    pub(crate) at: Place,
    /// What it says, each field at most once.
    pub(crate) cells: Vec<Cell>,
    /// Fields of the author's own, each at most once.
    pub(crate) extra: Vec<Extra>,
    /// The fields that it probably meant to say under names that do not exist; so nobody needs to miss them.
    pub(crate) misspelt: Vec<Field>,
    /// Where its prompt would stand, if it has an empty place for it.
    pub(crate) blank: Option<Place>,
    /// What its templates can name, and what makes several shots of it.
    pub(crate) vars: Option<Box<Named>>,
    pub(crate) matrix: Option<Box<Named>>,
    /// The group it is in, by position in the sheet.
    pub(crate) group: Option<u32>,
}

/// Something that stands under a name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    /// Where the name stands.
    pub(crate) name: Place,
    /// What stands under it.
    pub(crate) node: Node,
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// Which.
    pub(crate) field: Field,
    /// Where its name stands.
    pub(crate) name: Place,
    /// What it says.
    pub(crate) node: Node,
}

/// A field that only its author knows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Extra {
    /// What it is called.
    pub(crate) name: Box<str>,
    /// Where its name stands.
    pub(crate) at: Place,
    /// What it says.
    pub(crate) node: Node,
}

/// A field of a shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Field {
    Id,
    Prompt,
    Ratio,
    Style,
    Model,
    Seconds,
    Motion,
    /// One of [`Motion::AXES`], by position.
    Axis(usize),
    Takes,
    Tags,
    CallbackUrl,
    AllowUnknown,
    Scene,
    /// The shot's number in its scene; only sheets have it.
    Shot,
    /// The number of a take, where each has a row of its own; only sheets have it.
    Take,
    Notes,
}

/// How the name of a field begins that only its author knows.
const EXTRA: &str = "x_";

/// The fields that stand alone, as they are written.
pub(super) const NAMES: [(&str, Field); 13] = [
    ("id", Field::Id),
    ("prompt", Field::Prompt),
    ("ratio", Field::Ratio),
    ("style", Field::Style),
    ("model", Field::Model),
    ("seconds", Field::Seconds),
    ("motion", Field::Motion),
    ("takes", Field::Takes),
    ("tags", Field::Tags),
    ("callback_url", Field::CallbackUrl),
    ("allow_unknown", Field::AllowUnknown),
    ("scene", Field::Scene),
    ("notes", Field::Notes),
];

/// What others call the same things; not understood, but answered.
const OTHER_NAMES: [(&str, &str); 14] = [
    ("name", "id"),
    ("shot", "id"),
    ("text", "prompt"),
    ("description", "prompt"),
    ("aspect", "ratio"),
    ("aspect_ratio", "ratio"),
    ("duration", "seconds"),
    ("length", "seconds"),
    ("secs", "seconds"),
    ("camera", "motion"),
    ("movement", "motion"),
    ("webhook", "callback_url"),
    ("comment", "notes"),
    ("comments", "notes"),
];

/// What the provider's own request body has around and instead of [`NAMES`].
pub(super) const OPTIONS: &str = "options";
pub(super) const MOTION_VECTOR: &str = "motion_vector";

/// What a row can have besides fields: it decides how many shots the row is, and what fills in its templates.
pub(super) const VARS: &str = "vars";
pub(super) const MATRIX: &str = "matrix";

impl Row {
    /// A row that says nothing.
    pub(crate) fn empty(at: Place) -> Self {
        Self {
            at,
            cells: Vec::new(),
            extra: Vec::new(),
            misspelt: Vec::new(),
            blank: None,
            vars: None,
            matrix: None,
            group: None,
        }
    }

    /// What `node`, which stands under `defaults`, spells for all rows below it.
    pub(crate) fn defaults(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut row = Self::from_node(node, source, found)?;
        for (word, named) in [(VARS, row.vars.take()), (MATRIX, row.matrix.take())] {
            let mistake = |named: Box<Named>| {
                let mistake = Diagnostic::error("unknown-field", named.name, format!("`defaults` cannot have `{word}`"));
                mistake.value(word).help("write it beside `defaults`, or under a shot")
            };
            found.extend(named.map(mistake));
        }
        if let Some(at) = row.cells.iter().position(|cell| cell.field == Field::Id) {
            let id = row.cells.remove(at);
            let mistake = Diagnostic::error("id", id.name, "`defaults` cannot have an `id`: each shot has its own");
            found.push(mistake.value("id").help("move it to the shot"));
        }
        Some(row)
    }

    /// The row that `node` spells, with a mistake for every name that is none.
    pub(crate) fn from_node(node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let Value::Map(entries) = node.value else {
            let mistake = wrong_shape("a row", node.at, &node.value, "a map of fields");
            let mistake = mistake.help("write `prompt: A lighthouse at dawn`, and other fields below it");
            found.push(node.text(source).map_or(mistake.clone(), |text| mistake.value(text)));
            return None;
        };
        let mut row = Self::empty(node.at);
        row.take_all("", entries, source, found);
        Some(row)
    }

    /// Whether a row can have `name`.
    pub(crate) fn knows(name: &str) -> bool {
        matches!(name, OPTIONS | VARS | MATRIX) || is_extra(name) || Field::named(name).is_some()
    }

    /// Takes in a field of the author's own, unless it has been said before.
    fn push_extra(&mut self, extra: Extra, found: &mut Vec<Diagnostic>) {
        match self.extra.iter().find(|known| known.name == extra.name) {
            Some(first) => found.push(extra_twice(&extra.name, &extra.name, extra.at, first.at)),
            None => self.extra.push(extra),
        }
    }

    /// What it says of `field`.
    pub(crate) fn cell(&self, field: Field) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.field == field)
    }

    /// Says nothing of `field` any more, for a reason that has been reported; so nobody needs to miss it.
    pub(crate) fn spoil(&mut self, field: Field) {
        self.cells.retain(|cell| cell.field != field);
        self.misspelt.push(field);
    }

    /// Takes in a field, unless it has been said before.
    pub(crate) fn push(&mut self, cell: Cell, source: &str, found: &mut Vec<Diagnostic>) {
        match self.cells.iter().find(|known| known.field == cell.field) {
            Some(first) => found.push(said_twice(&source[cell.name.span()], cell.field, cell.name, first.name)),
            None => self.cells.push(cell),
        }
    }

    fn take_all(&mut self, prefix: &str, entries: Vec<(Node, Node)>, source: &str, found: &mut Vec<Diagnostic>) {
        for (name, node) in entries {
            let Some(word) = name.text(source).filter(|word| word.len() <= 100) else {
                found.push(no_name(&name, source));
                continue;
            };
            let path = format!("{prefix}{word}");
            self.take(&path, name.at, node, source, found);
        }
    }

    /// Takes in what stands under the name `path`, which stands at `name`.
    pub(crate) fn take(&mut self, path: &str, name: Place, node: Node, source: &str, found: &mut Vec<Diagnostic>) {
        match (node.value, Field::named(path)) {
            (Value::Map(entries), _) if is_group(path) => self.take_all(&format!("{path}."), entries, source, found),
            (value, Some(field)) => {
                let node = Node { at: node.at, value };
                self.push(Cell { field, name, node }, source, found);
            }
            (value, None) if path == VARS || path == MATRIX => {
                let slot = if path == VARS { &mut self.vars } else { &mut self.matrix };
                match slot {
                    Some(first) => found.push(named_twice(path, name, first.name)),
                    None => *slot = Some(Box::new(Named { name, node: Node { at: node.at, value } })),
                }
            }
            (value, None) if path == OPTIONS => {
                let mistake = wrong_shape(path, node.at, &value, "a map, as in the provider's request");
                found.push(mistake.help("write `options: { seconds: 5 }`, or simply `seconds: 5`"));
            }
            (value, None) if is_extra(path) => {
                let node = Node { at: node.at, value };
                self.push_extra(Extra { name: path.into(), at: name, node }, found);
            }
            (_, None) => {
                self.misspelt.extend(Field::meant_by(path));
                let stands = source.get(name.span()).map_or(path, |spelled| spelled.trim_matches(['"', '\'']));
                found.push(unknown_field(path, name).value(stands));
            }
        }
    }
}

impl Node {
    /// What it says, if it is one word, number or text.
    pub(crate) fn text<'a>(&'a self, source: &'a str) -> Option<&'a str> {
        match &self.value {
            Value::Text(text) => Some(text),
            // Only an explicit tag makes a number of a quoted text.
            Value::Bare | Value::Plain => source.get(self.at.span()).map(|text| text.trim_matches(['"', '\''])),
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Where a part of its text stands, given in bytes: where the source spells that text as it is and on one line, or letter for
    /// letter in another way; else where it spells that part for the same time; else all of the text.
    pub(crate) fn part(&self, source: &str, part: Range<usize>) -> Place {
        if part.is_empty() {
            return self.at;
        }
        let found = self.text(source).zip(source.get(self.at.span())).and_then(|(text, raw)| {
            let quotes = raw.len() - raw.trim_start_matches(['"', '\'']).len();
            let alike = raw.trim_matches(['"', '\'']).len() == text.len() && raw.is_char_boundary(quotes + part.start);
            let start = raw.find(text).or(Some(quotes).filter(|_| alike)).map(|start| start + part.start);
            let start = start.filter(|start| raw.get(..*start).is_some_and(|before| !before.contains(['\n', '\r'])));
            let start = start.or_else(|| nth_alike(text, part.clone(), raw))?;
            let from = self.at.span().start;
            Some(Cursor::from(source, self.at).to(from + start).place(from + start + part.len()))
        });
        found.unwrap_or(self.at)
    }
}

/// Where `raw` spells a part of `text`, when both spell it as often: once more for each time that `text` spells it before.
fn nth_alike(text: &str, part: Range<usize>, raw: &str) -> Option<usize> {
    let word = text.get(part.clone()).filter(|word| !word.is_empty())?;
    let nth = text.match_indices(word).position(|(at, _)| at == part.start)?;
    let alike = text.matches(word).count() == raw.matches(word).count();
    raw.match_indices(word).nth(nth).filter(|_| alike).map(|(at, _)| at)
}

impl Value {
    /// What kind of thing it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Bare => "a number or boolean",
            Self::Plain | Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl Field {
    /// The field that `path` names: `seconds` and `options.seconds`, `motion.x`, `motion_vector.x`, `options.motion_vector.x`
    /// and `x`.
    pub(crate) fn named(path: &str) -> Option<Self> {
        if let Some(inner) = path.strip_prefix(OPTIONS).and_then(|rest| rest.strip_prefix('.')) {
            return match inner {
                "seconds" => Some(Self::Seconds),
                _ => Self::in_motion(inner, &[MOTION_VECTOR]),
            };
        }
        Self::called(path).or_else(|| Self::in_motion(path, &["motion", MOTION_VECTOR])).or_else(|| Self::axis(path))
    }

    /// The field that the unknown name `path` probably stands for.
    pub(crate) fn meant_by(path: &str) -> Option<Self> {
        meant(path, &NAMES.map(|(name, _)| name)).and_then(Self::named)
    }

    /// The names of all fields but the axes.
    pub(crate) fn alone() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|&(name, _)| name)
    }

    /// The field that stands alone under `name`; no axis.
    pub(crate) fn called(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|&(_, field)| field)
    }

    /// What to call it in a message.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Axis(axis) => format!("motion.{}", Motion::AXES[axis]),
            Self::Shot => "shot".into(),
            Self::Take => "take".into(),
            field => NAMES.iter().find(|&&(_, known)| known == field).map_or("", |(name, _)| name).into(),
        }
    }

    fn in_motion(path: &str, groups: &[&str]) -> Option<Self> {
        if groups.contains(&path) {
            return Some(Self::Motion);
        }
        let (group, axis) = path.split_once('.')?;
        groups.contains(&group).then(|| Self::axis(axis)).flatten()
    }

    fn axis(name: &str) -> Option<Self> {
        Motion::AXES.iter().position(|axis| *axis == name).map(Self::Axis)
    }
}

/// Whether only the author knows what a field called `name` is.
pub(crate) fn is_extra(name: &str) -> bool {
    name.strip_prefix(EXTRA).is_some_and(|rest| !rest.trim().is_empty())
}

/// The same field of the author's own, again.
pub(crate) fn extra_twice(spelled: &str, name: &str, at: Place, first: Place) -> Diagnostic {
    twice(spelled, &quoted(name), at, first)
}

/// Whether a map at `path` holds further fields.
fn is_group(path: &str) -> bool {
    path == OPTIONS || Field::named(path) == Some(Field::Motion)
}

/// A name that no field has.
pub(crate) fn unknown_field(path: &str, at: Place) -> Diagnostic {
    let (group, word) = path.rsplit_once('.').map_or(("", path), |(group, word)| (group, word));
    let is_motion = Field::named(group) == Some(Field::Motion);
    let words: Vec<&'static str> = match group {
        OPTIONS => vec!["seconds", MOTION_VECTOR],
        _ if is_motion => Motion::AXES.to_vec(),
        _ => Field::alone().chain([OPTIONS, VARS, MATRIX]).collect(),
    };
    let help = match meant(word, &words) {
        // `{ motion: push in, pan left }` has a field `pan left`.
        _ if group.is_empty() && Moves::default().know(word) => {
            "a second move belongs between the same quotation marks: `motion: \"push in, pan left\"`".to_owned()
        }
        _ if word == "image" => "only text to video is supported; remove `image`".to_owned(),
        Some(meant) => format!("did you mean `{meant}`?"),
        None if is_motion => format!("{}; named moves are text: `motion: push in slow`", known(&words)),
        None if group.is_empty() => {
            let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && (1..=20).contains(&word.len());
            let own = if plain && !word.starts_with(EXTRA) { word } else { "lens" };
            format!(
                "{}; one of your own begins with `{EXTRA}`, as in `{EXTRA}{own}`, and is kept for the reports",
                known(&words)
            )
        }
        None => known(&words),
    };
    Diagnostic::error("unknown-field", at, format!("unknown field {}", quoted(path))).help(help).allowed(&words)
}

/// The name among `words` that `word` probably stands for.
fn meant<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let lower = word.trim().to_lowercase().replace([' ', '-'], "_");
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == lower).map(|&(_, name)| name);
    other.filter(|name| words.contains(name)).or_else(|| nearest(word, words.iter().copied()).filter(|near| near.len() > 1))
}

/// The same field, again.
pub(crate) fn said_twice(spelled: &str, field: Field, at: Place, first: Place) -> Diagnostic {
    twice(spelled.trim_matches(['"', '\'', ' ']), &format!("`{}`", field.name()), at, first)
}

/// What is called `name`, again, and spelled so.
fn twice(spelled: &str, name: &str, at: Place, first: Place) -> Diagnostic {
    let message = if quoted(spelled) == name {
        format!("{name} is given twice")
    } else {
        format!("{} says again what {name} is", quoted(spelled))
    };
    Diagnostic::error("duplicate-field", at, message)
        .value(spelled)
        .help("keep one of the two")
        .related(first, "first given here")
}

/// The same name of something that is no field, again.
pub(crate) fn named_twice(name: &str, at: Place, first: Place) -> Diagnostic {
    let mistake = Diagnostic::error("duplicate-field", at, format!("`{name}` is given twice")).value(name);
    mistake.help("keep one of the two").related(first, "first given here")
}

/// A list, map or nothing where something else belongs.
pub(crate) fn wrong_shape(name: &str, at: Place, is: &Value, wanted: &str) -> Diagnostic {
    let name = if name.contains(' ') { name.to_owned() } else { format!("`{name}`") };
    Diagnostic::error("wrong-type", at, format!("{name} is {}, but must be {wanted}", is.kind()))
}

fn no_name(name: &Node, source: &str) -> Diagnostic {
    let what = name.text(source).map_or_else(|| name.value.kind().to_owned(), quoted);
    let mistake = Diagnostic::error("unknown-field", name.at, format!("{what} is not the name of a field"));
    let names = NAMES.map(|(name, _)| name);
    mistake.value(&what).help(known(&names)).allowed(&names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_our_name_and_the_providers() {
        for (path, expected) in [
            ("seconds", Some("seconds")),
            ("options.seconds", Some("seconds")),
            ("motion", Some("motion")),
            ("motion_vector", Some("motion")),
            ("options.motion_vector", Some("motion")),
            ("x", Some("motion.x")),
            ("motion.bg_x_pan", Some("motion.bg_x_pan")),
            ("motion_vector.r", Some("motion.r")),
            ("options.motion_vector.z", Some("motion.z")),
            ("options", None),
            ("options.style", None),
            ("options.motion", None),
            ("motion.", None),
            ("motion.w", None),
            ("motionx", None),
            ("Seconds", None),
            ("", None),
        ] {
            assert_eq!(Field::named(path).map(Field::name).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn an_unknown_field_gets_the_name_it_was_meant_to_have() {
        for (path, help) in [
            ("promt", "did you mean `prompt`?"),
            ("Prompt", "did you mean `prompt`?"),
            ("motion.bgxpan", "did you mean `bg_x_pan`?"),
            (
                "motion.roll",
                "known are `x`, `y`, `z`, `r`, `bg_x_pan` or `bg_y_pan`; named moves are text: `motion: push in slow`",
            ),
            ("pan left", "a second move belongs between the same quotation marks: `motion: \"push in, pan left\"`"),
            ("options.second", "did you mean `seconds`?"),
            ("image", "only text to video is supported; remove `image`"),
        ] {
            assert_eq!(unknown_field(path, Place::START).help.as_deref(), Some(help), "{path}");
        }
    }
}
