//! Rows that number their takes: sheets that have a row for each take of a shot. Such rows are one shot.

use std::collections::{BTreeMap, HashMap};

use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::row::{Field, Row};
use crate::shot::{Shot, ShotId, TakeNo};

/// The shots whose takes have rows of their own, by their folded ids.
#[derive(Debug, Default)]
pub(super) struct Numbered(HashMap<String, Takes>);

/// The rows of one shot.
#[derive(Debug)]
struct Takes {
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
        if let Some(takes) = self.0.get_mut(&id.folded()) {
            match takes.numbers.get(&number) {
                Some(first) => found.push(twice(id, number, at, *first)),
                None => drop(takes.numbers.insert(number, at)),
            }
            if let (Some(first), Some(next)) = (&takes.shot, &shot)
                && first != next
            {
                found.push(differs(id, &takes.row, row, source));
            }
            return None;
        }
        let takes = Takes { row: row.clone(), shot: shot.clone(), numbers: [(number, at)].into() };
        self.0.insert(id.folded(), takes);
        shot
    }

    /// Gives every shot as many takes as it has rows, and finds those with a gap between them.
    pub(super) fn count(self, shots: &mut [Shot], found: &mut Vec<Diagnostic>) {
        if self.0.is_empty() {
            return;
        }
        for takes in self.0.values() {
            let due = (1..).map_while(|number| TakeNo::try_from(number).ok());
            let gap = takes.numbers.iter().zip(due).find(|((number, _), due)| *number != due);
            found.extend(gap.map(|((number, at), due)| missing(*number, *at, due)));
        }
        for shot in shots {
            let takes = self.0.get(&shot.id.folded());
            let last = takes.and_then(|takes| takes.numbers.keys().next_back());
            if let Some(last) = last {
                shot.takes = (*last).into();
            }
        }
    }
}

fn twice(id: &ShotId, number: TakeNo, at: Place, first: Place) -> Diagnostic {
    let mistake = Diagnostic::error("duplicate-take", at, format!("take {} of `{id}` has two rows", number.get()));
    mistake.help("give each row a `take` of its own").related(first, "first given here")
}

fn missing(number: TakeNo, at: Place, due: TakeNo) -> Diagnostic {
    let message = format!("there is a take {}, but no take {}", number.get(), due.get());
    Diagnostic::error("take", at, message).help("number the takes of a shot 1, 2, 3, or say how many in a column `takes`")
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
