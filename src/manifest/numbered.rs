//! Rows that number their takes: sheets that have a row for each take of a shot. Such rows are one shot.

use std::collections::{BTreeMap, HashMap};

use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::row::{Field, Row};
use crate::shot::{Shot, ShotId, TakeList, TakeNo, Takes};

/// The shots whose takes have rows of their own, by their folded ids.
#[derive(Debug, Default)]
pub(super) struct Numbered(HashMap<String, Rows>);

/// The rows of one shot.
#[derive(Debug)]
struct Rows {
    /// Its first row.
    row: Row,
    /// What that says, unless something is wrong with it.
    shot: Option<Shot>,
    /// Each take, and where its number stands.
    numbers: BTreeMap<TakeNo, Place>,
}

impl Numbered {
    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `id` is that of a shot whose takes have rows of their own.
    pub(super) fn know(&self, id: &ShotId) -> bool {
        // Most manifests number nothing, and have many shots.
        !self.0.is_empty() && self.0.contains_key(&id.folded())
    }

    /// Takes in `row`, which is about take `number` of the shot called `id`. Returns the shot for its first row.
    pub(super) fn add(
        &mut self,
        (id, shot): (&ShotId, Option<Shot>),
        (number, at): (TakeNo, Place),
        row: &Row,
        source: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Shot> {
        if let Some(rows) = self.0.get_mut(&id.folded()) {
            match rows.numbers.get(&number) {
                Some(first) => found.push(twice(id, number, at, *first)),
                None => drop(rows.numbers.insert(number, at)),
            }
            if let (Some(first), Some(next)) = (&rows.shot, &shot)
                && first != next
            {
                found.push(differs(id, &rows.row, row, source));
            }
            return None;
        }
        let rows = Rows { row: row.clone(), shot: shot.clone(), numbers: [(number, at)].into() };
        self.0.insert(id.folded(), rows);
        shot
    }

    /// Gives every shot the takes that it has rows for.
    pub(super) fn count(self, shots: &mut [Shot]) {
        if self.0.is_empty() {
            return;
        }
        for shot in shots {
            if let Some(takes) = self.0.get(&shot.id.folded()).and_then(Rows::takes) {
                shot.takes = takes;
            }
        }
    }
}

impl Rows {
    /// As many as there are rows, where their numbers are 1, 2, 3; else just these.
    fn takes(&self) -> Option<Takes> {
        let numbers: Vec<_> = self.numbers.keys().copied().collect();
        let last = *numbers.last()?;
        let is_whole = usize::from(last.get()) == numbers.len();
        if is_whole { Some(Takes::Count(last)) } else { TakeList::try_from(numbers).ok().map(Takes::Listed) }
    }
}

fn twice(id: &ShotId, number: TakeNo, at: Place, first: Place) -> Diagnostic {
    let mistake = Diagnostic::error("duplicate-take", at, format!("take {} of `{id}` has two rows", number.get()));
    let mistake = mistake.value(&number.to_string());
    mistake.help("give each row a `take` of its own").related(first, "first given here")
}

/// Two rows of one shot that say something else: shown at the first field that differs, or that only one of them says.
fn differs(id: &ShotId, first: &Row, next: &Row, source: &str) -> Diagnostic {
    let (ours, theirs) = (said(next, source), said(first, source));
    let changed = ours.iter().find_map(|told| match theirs.iter().find(|other| other.name == told.name) {
        Some(other) => (other.text != told.text).then(|| (format!("`{}` differs", told.name), told.at, other.at)),
        None => Some((format!("only this one says `{}`", told.name), told.at, first.at)),
    });
    let missing = || {
        let told = theirs.iter().find(|told| ours.iter().all(|other| other.name != told.name))?;
        Some((format!("this one does not say `{}`", told.name), next.at, told.at))
    };
    let (what, at, related) = changed.or_else(missing).unwrap_or_else(|| ("they differ".to_owned(), next.at, first.at));
    let message = format!("the takes of `{id}` do not say the same: {what}");
    Diagnostic::error("take", at, message)
        .help("rows of one shot differ in `take` alone; another shot has another number or `id`")
        .related(related, "its first row says this")
}

/// What a row says under one name.
struct Told<'a> {
    name: String,
    text: Option<&'a str>,
    at: Place,
}

/// What `row` says, but for its take.
fn said<'a>(row: &'a Row, source: &'a str) -> Vec<Told<'a>> {
    let fields = row.cells.iter().filter(|cell| cell.field != Field::Take).map(|cell| (cell.field.name(), &cell.node));
    let all = fields.chain(row.extra.iter().map(|extra| (extra.name.to_string(), &extra.node)));
    all.map(|(name, node)| Told { name, text: node.text(source), at: node.at }).collect()
}
