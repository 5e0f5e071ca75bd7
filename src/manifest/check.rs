//! Row -> draft: every field of a row as a value that cannot be wrong, and a mistake for each that is. Nothing is filled in.

use std::collections::BTreeMap;

use url::Url;

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::manifest::movement::Movement;
use crate::manifest::moves::Names;
use crate::manifest::oddities;
use crate::manifest::row::{Cell, Field, Node, Row, Value};
use crate::manifest::takes;
use crate::manifest::value::{self, Read, Wrong, wrong};
use crate::motion::Step;
use crate::request::{Ratio, Seconds};
use crate::shot::{Scene, ShotId, ShotNumber, TakeNo, Takes};

/// What a row says, as far as it is right.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) id: Said<ShotId>,
    pub(crate) prompt: Said<String>,
    pub(crate) ratio: Said<Ratio>,
    pub(crate) style: Said<String>,
    pub(crate) model: Said<String>,
    pub(crate) seconds: Said<Seconds>,
    /// What `motion` says with names: all of the movement, but for further axes.
    pub(crate) movement: Said<Movement>,
    pub(crate) axes: [Said<f64>; 6],
    pub(crate) takes: Said<Takes>,
    pub(crate) tags: Said<Vec<String>>,
    pub(crate) callback_url: Said<Url>,
    pub(crate) allow_unknown: Said<bool>,
    pub(crate) scene: Said<Scene>,
    pub(crate) shot: Said<ShotNumber>,
    pub(crate) take: Said<TakeNo>,
    pub(crate) notes: Said<String>,
    /// The fields of the author's own; none if one of them is wrong.
    pub(crate) metadata: Option<BTreeMap<String, String>>,
}

/// A field: not mentioned, wrong (and reported), or good, and where.
#[derive(Debug, Clone, Default)]
pub(crate) enum Said<T> {
    /// Not mentioned.
    #[default]
    Nothing,
    /// Mentioned, wrong, and reported.
    Wrong,
    /// Mentioned and right.
    Good(T, Place),
}

impl Draft {
    /// Reads `row`, with `names` as the names of moves; unknown values pass where the row, or else `consent`, allows them.
    pub(crate) fn read(row: &Row, names: &Names, consent: bool, source: &str, found: &mut Vec<Diagnostic>) -> Self {
        let mut draft = Self { metadata: metadata(row, source, found), ..Self::default() };
        let reader = |cell| Reader { cell, source };
        if let Some(cell) = row.cells.iter().find(|cell| cell.field == Field::AllowUnknown) {
            draft.allow_unknown = reader(cell).said(value::boolean, found);
        }
        let consent = draft.allow_unknown.or(consent);
        for cell in &row.cells {
            match cell.field {
                Field::Motion => draft.movement = reader(cell).movement(names, found),
                _ => draft.take(&reader(cell), consent, found),
            }
        }
        draft.forbid_axes_of_moves(row, source, found);
        row.misspelt.iter().for_each(|field| draft.excuse(*field));
        draft
    }

    /// What it says, and what `outer` says where it says nothing.
    pub(crate) fn over(mut self, outer: &Self) -> Self {
        self.axes = std::array::from_fn(|axis| self.axis(axis).or_else(&outer.axis(axis)));
        Self {
            id: self.id,
            prompt: self.prompt.or_else(&outer.prompt),
            ratio: self.ratio.or_else(&outer.ratio),
            style: self.style.or_else(&outer.style),
            model: self.model.or_else(&outer.model),
            seconds: self.seconds.or_else(&outer.seconds),
            // What the moves say is said by the axes now.
            movement: Said::Nothing,
            axes: self.axes,
            takes: self.takes.or_else(&outer.takes),
            tags: self.tags.or_else(&outer.tags),
            callback_url: self.callback_url.or_else(&outer.callback_url),
            allow_unknown: self.allow_unknown.or_else(&outer.allow_unknown),
            scene: self.scene.or_else(&outer.scene),
            shot: self.shot,
            take: self.take,
            notes: self.notes.or_else(&outer.notes),
            metadata: self.metadata.map(|own| with_all_of(own, outer.metadata.as_ref())),
        }
    }

    /// The words of `cell`, a list of tags.
    pub(crate) fn tags(cell: &Cell, source: &str, found: &mut Vec<Diagnostic>) -> Vec<String> {
        Reader { cell, source }.tags(found).good().unwrap_or_default()
    }

    /// Leaves no field to be missed that was only misspelt, which has been reported.
    fn excuse(&mut self, field: Field) {
        match field {
            Field::Id if matches!(self.id, Said::Nothing) => self.id = Said::Wrong,
            Field::Prompt if matches!(self.prompt, Said::Nothing) => self.prompt = Said::Wrong,
            Field::Scene if matches!(self.scene, Said::Nothing) => self.scene = Said::Wrong,
            Field::Shot if matches!(self.shot, Said::Nothing) => self.shot = Said::Wrong,
            Field::Take if matches!(self.take, Said::Nothing) => self.take = Said::Wrong,
            _ => {}
        }
    }

    fn take(&mut self, cell: &Reader<'_>, consent: bool, found: &mut Vec<Diagnostic>) {
        match cell.cell.field {
            Field::Id => self.id = cell.said(value::id, found),
            Field::Prompt => self.prompt = cell.prompt(found),
            Field::Ratio => self.ratio = cell.said(|text| value::ratio(text, consent), found),
            Field::Style => self.style = cell.said(|text| value::word("style", text, &value::KNOWN_STYLES, consent), found),
            Field::Model => self.model = cell.said(|text| value::word("model", text, &value::KNOWN_MODELS, consent), found),
            Field::Seconds => {
                self.seconds = cell.said(|text| value::seconds(text, consent), found);
                if let Said::Good(seconds, at) = self.seconds {
                    found.extend(oddities::unknown_seconds(seconds, at));
                }
            }
            Field::Axis(axis) => self.axes[axis] = cell.said(|text| value::finite(&cell.cell.field.name(), text), found),
            Field::Takes => self.takes = cell.takes(found),
            Field::Tags => self.tags = cell.tags(found),
            Field::CallbackUrl => self.callback_url = cell.said(|text| value::http_url("callback_url", text), found),
            Field::Scene => self.scene = cell.said(value::scene, found),
            Field::Shot => self.shot = cell.said(value::shot_number, found),
            Field::Take => self.take = cell.said(value::take_number, found),
            Field::Notes => self.notes = cell.said(|text| value::note("notes", text), found),
            // Read for themselves.
            Field::Motion | Field::AllowUnknown => {}
        }
    }

    fn forbid_axes_of_moves(&self, row: &Row, source: &str, found: &mut Vec<Diagnostic>) {
        let Said::Good(movement, _) = &self.movement else { return };
        for cell in &row.cells {
            let Field::Axis(axis) = cell.field else { continue };
            let clash = movement.forbids(axis, &cell.field.name(), cell.node.at);
            found.extend(clash.map(|clash| clash.value(cell.node.text(source).unwrap_or_default())));
        }
    }

    /// The moves that it asks for by name; asked once.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        if let Said::Good(movement, _) = &mut self.movement { movement.take_steps() } else { Vec::new() }
    }

    /// The number on one of the axes: its own, else that of the moves.
    pub(crate) fn axis(&self, axis: usize) -> Said<f64> {
        match (&self.axes[axis], &self.movement) {
            (Said::Nothing, Said::Good(movement, at)) => Said::Good(movement.vector().axes()[axis], *at),
            (Said::Nothing, Said::Wrong) => Said::Wrong,
            (own, _) => own.clone(),
        }
    }
}

impl<T> Said<T> {
    /// The value, or `other` if there is none.
    pub(crate) fn or(&self, other: T) -> T
    where
        T: Copy,
    {
        if let Self::Good(value, _) = self { *value } else { other }
    }

    /// This, or `other` where nothing was said.
    pub(crate) fn or_else(self, other: &Self) -> Self
    where
        T: Clone,
    {
        if matches!(self, Self::Nothing) { other.clone() } else { self }
    }

    /// The same, about another value.
    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Said<U> {
        match self {
            Self::Nothing => Said::Nothing,
            Self::Wrong => Said::Wrong,
            Self::Good(value, at) => Said::Good(change(value), at),
        }
    }

    /// The value, if there is one.
    pub(crate) fn good(self) -> Option<T> {
        if let Self::Good(value, _) = self { Some(value) } else { None }
    }
}

/// One cell, on its way to a value.
struct Reader<'a> {
    cell: &'a Cell,
    source: &'a str,
}

impl Reader<'_> {
    /// What `parse` makes of the cell's text.
    fn said<T>(&self, parse: impl FnOnce(&str) -> Read<T>, found: &mut Vec<Diagnostic>) -> Said<T> {
        self.node(&self.cell.node, parse, found).map_or(Said::Wrong, |value| Said::Good(value, self.cell.node.at))
    }

    fn node<T>(&self, node: &Node, parse: impl FnOnce(&str) -> Read<T>, found: &mut Vec<Diagnostic>) -> Option<T> {
        let text = node.text(self.source);
        let value = text.ok_or_else(|| no_text(self.cell.field, &node.value)).and_then(parse);
        value.map_err(|wrong| found.push(self.mistake(node, wrong))).ok()
    }

    fn mistake(&self, node: &Node, wrong: Wrong) -> Diagnostic {
        let (code, place) = match &node.value {
            Value::Nothing => ("no-value", self.cell.name),
            Value::List(_) | Value::Map(_) => ("wrong-type", node.at),
            Value::Bare | Value::Plain | Value::Text(_) => (code(self.cell.field), node.at),
        };
        let mut mistake = wrong.at(code, place);
        if matches!(node.value, Value::Map(_))
            && self.source.get(node.at.span().start..).is_some_and(|text| text.starts_with("{{"))
        {
            mistake = mistake.help("put a text that begins with `{{` between quotation marks");
        }
        node.text(self.source).map_or(mistake.clone(), |text| mistake.value(text))
    }

    /// A text. A number is more likely a slip than a prompt, in a format that can tell.
    fn prompt(&self, found: &mut Vec<Diagnostic>) -> Said<String> {
        let node = &self.cell.node;
        if node.value != Value::Bare {
            return self.said(value::prompt, found);
        }
        let text = node.text(self.source).unwrap_or_default();
        let mistake =
            Diagnostic::error("wrong-type", node.at, format!("`prompt` is {}, but must be text", quoted(text))).value(text);
        found.push(mistake.help(format!("if that is what you want to see, quote it: `prompt: \"{text}\"`")));
        Said::Wrong
    }

    /// Named moves, in a text or in a list that may have axes in it too.
    fn movement(&self, names: &Names, found: &mut Vec<Diagnostic>) -> Said<Movement> {
        match &self.cell.node.value {
            Value::Nothing | Value::Map(_) => self.said(|_| Ok(Movement::default()), found),
            _ => match Movement::read(&self.cell.node, names, self.source, found) {
                Some(movement) => Said::Good(movement, self.cell.node.at),
                None => Said::Wrong,
            },
        }
    }

    /// An item of a list of words.
    fn tag(&self, item: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
        if item.text(self.source).is_some() {
            return self.node(item, value::tag, found);
        }
        let message = format!("an item of `tags` is {}, but must be a word", item.value.kind());
        found.push(Diagnostic::error("wrong-type", item.at, message).help(format!("write {}", example(Field::Tags))));
        None
    }

    /// How many, or a list of numbers.
    fn takes(&self, found: &mut Vec<Diagnostic>) -> Said<Takes> {
        let node = &self.cell.node;
        let Value::List(items) = &node.value else { return self.said(takes::takes, found) };
        takes::listed(items, node.at, self.source, found).map_or(Said::Wrong, |takes| Said::Good(takes, node.at))
    }

    /// A list of words, or one text of words.
    fn tags(&self, found: &mut Vec<Diagnostic>) -> Said<Vec<String>> {
        let node = &self.cell.node;
        let tags = match &node.value {
            Value::List(items) => items.iter().map(|item| self.tag(item, found)).collect::<Vec<_>>(),
            _ => match self.node(node, |text| Ok(value::tags(text)), found) {
                Some(words) => words.into_iter().map(|word| self.node(node, |_| value::tag(&word), found)).collect(),
                None => return Said::Wrong,
            },
        };
        let tags: Option<Vec<String>> = tags.into_iter().collect();
        tags.map_or(Said::Wrong, |tags| Said::Good(value::without_repetition(tags), node.at))
    }
}

/// The fields of the author's own, and those of `outer` that are not among them.
pub(crate) fn with_all_of(
    mut own: BTreeMap<String, String>,
    outer: Option<&BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    for (name, value) in outer.into_iter().flatten() {
        own.entry(name.clone()).or_insert_with(|| value.clone());
    }
    own
}

/// The fields of the author's own, unless one of them is wrong.
fn metadata(row: &Row, source: &str, found: &mut Vec<Diagnostic>) -> Option<BTreeMap<String, String>> {
    let mut good = Some(BTreeMap::new());
    for extra in &row.extra {
        let (name, value) = (&*extra.name, &extra.node.value);
        let text = extra.node.text(source).ok_or_else(|| {
            wrong(format!("`{name}` is {}, but must be text", value.kind()), format!("write `{name}: ` and a text or a number"))
        });
        match text.and_then(|text| value::note(name, text)) {
            Ok(text) => good.iter_mut().for_each(|good| drop(good.insert(name.to_owned(), text.clone()))),
            Err(wrong) => {
                let place = if *value == Value::Nothing { extra.at } else { extra.node.at };
                found.push(wrong.at("metadata", place));
                good = None;
            }
        }
    }
    good
}

/// What a mistake in the value of `field` is called.
fn code(field: Field) -> &'static str {
    match field {
        Field::Id => "id",
        Field::Prompt => "prompt",
        Field::Ratio => "ratio",
        Field::Style => "style",
        Field::Model => "model",
        Field::Seconds => "seconds",
        Field::Motion | Field::Axis(_) => "motion",
        Field::Takes => "takes",
        Field::Tags => "tags",
        Field::CallbackUrl => "url",
        Field::AllowUnknown => "allow-unknown",
        Field::Scene => "scene",
        Field::Shot => "shot",
        Field::Take => "take",
        Field::Notes => "notes",
    }
}

fn no_text(field: Field, value: &Value) -> Wrong {
    let name = field.name();
    if *value == Value::Nothing {
        return wrong(format!("`{name}` has no value"), "give it one, or remove the line");
    }
    let wanted = match field {
        Field::Seconds | Field::Take | Field::Axis(_) => "a number",
        Field::Takes => "a number, or a list of numbers",
        Field::AllowUnknown => "`true` or `false`",
        Field::Motion => "moves or axes",
        Field::Tags => "a list of words",
        _ => "text",
    };
    wrong(format!("`{name}` is {}, but must be {wanted}", value.kind()), format!("write {}", example(field)))
}

/// A right value of `field`, to copy.
fn example(field: Field) -> &'static str {
    match field {
        Field::Id => "`id: SC010_SH020`",
        Field::Prompt => "`prompt: A lighthouse at dawn`",
        Field::Ratio => "`ratio: \"16:9\"`",
        Field::Style => "`style: cinematic`",
        Field::Model => "`model: gen4_turbo`",
        Field::Seconds => "`seconds: 5`",
        Field::Motion => "`motion: push in slow` or `motion: { y: 0.4, r: -6 }`",
        Field::Axis(_) => "a number such as `0.4`",
        Field::Takes => "`takes: 2` or `takes: [1, 3]`",
        Field::Tags => "`tags: [hero, night]`",
        Field::CallbackUrl => "`callback_url: https://example.com/hook`",
        Field::AllowUnknown => "`allow_unknown: true`",
        Field::Scene => "`scene: 10`",
        Field::Shot => "a number such as `20`",
        Field::Take => "a number such as `1`",
        Field::Notes => "`notes: at night, if the weather allows`",
    }
}
