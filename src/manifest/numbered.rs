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
    mistake.help("give each row a `take` of its own").related(first, "first given here")
}

/// Two rows of one shot that say something else: in the first of the fields that both have and that differ, if there is one.
fn differs(id: &ShotId, first: &Row, next: &Row, source: &str) -> Diagnostic {
    let both = next.cells.iter().filter(|cell| cell.field != Field::Take).filter_map(|cell| {
        let other = first.cells.iter().find(|other| other.field == cell.field)?;
        (other.node.text(source) != cell.node.text(source)).then(|| (cell.field.name(), cell.node.at, other.node.at))
    });
    let extra = next.extra.iter().filter_map(|extra| {
        let other = first.extra.iter().find(|other| other.name == extra.name)?;
        (other.node.text(source) != extra.node.text(source)).then(|| (extra.name.to_string(), extra.node.at, other.node.at))
    });
    let (message, at, related) = match both.chain(extra).next() {
        Some((name, at, related)) => (format!("the takes of `{id}` do not say the same: `{name}` differs"), at, related),
        None => (format!("the takes of `{id}` do not say the same"), next.at, first.at),
    };
    Diagnostic::error("take", at, message)
        .help("rows of one shot differ in `take` alone; another shot has another number or `id`")
        .related(related, "its first row says this")
}
