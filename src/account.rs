//! What was paid: the charges of takes summed up by day, month, tag, model and scene, exactly and each currency for itself. A function
//! of the takes that are added and of the time zone that says when a day begins. No I/O, no clock.

mod csv;
mod json;
mod lines;
mod running;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use self::lines::{Line, Lines, Tally};
pub use self::running::Running;
use crate::select::Item;
use crate::take::{Charge, Standing, State, Take};

/// What charges are summed up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// The day on which the submission was begun.
    Day,
    /// The month of that day.
    Month,
    /// The shot's tags. A take with several counts for each of them.
    Tag,
    /// The model that the take asks for.
    Model,
    /// The scene of the shot.
    Scene,
}

/// What an account is about.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Says when days begin.
    pub zone: TimeZone,
    /// What charges are summed up by, in the order in which it is shown.
    pub by: Vec<By>,
    /// The first day whose charges count.
    pub since: Option<Date>,
    /// The last day whose charges count.
    pub until: Option<Date>,
}

/// What the takes that were added have cost. What surely was never charged, because it was refused, put off or never made, is not in it.
#[derive(Debug, Clone)]
pub struct Account {
    scope: Scope,
    groups: Vec<Group>,
    total: Lines,
    /// Whether some take counts in more than one row by tag.
    overlaps: bool,
}

/// The sums by one thing. The charges of takes without a tag or a scene are under `None`.
#[derive(Debug, Clone)]
struct Group {
    by: By,
    rows: BTreeMap<Option<String>, Lines>,
}

/// One charge as it is counted.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    charge: &'a Charge,
    /// How it stands: not as a charge that was given back.
    standing: Standing,
    /// Whether its video is on disk.
    stored: bool,
}

impl By {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Tag => "tag",
            Self::Model => "model",
            Self::Scene => "scene",
        }
    }

    /// What a take that was charged on this day counts for.
    fn keys(self, take: &Take, day: Date) -> Vec<Option<String>> {
        match self {
            Self::Day => vec![Some(day.to_string())],
            Self::Month => vec![Some(day.strftime("%Y-%m").to_string())],
            Self::Tag if take.tags.is_empty() => vec![None],
            Self::Tag => tags(take).into_iter().map(|tag| Some(tag.to_owned())).collect(),
            Self::Model => vec![Some(take.request.model.clone())],
            Self::Scene => vec![Item::of(take).scene().map(str::to_owned)],
        }
    }
}

impl Scope {
    /// Whether charges of this day count.
    fn covers(&self, day: Date) -> bool {
        self.since.is_none_or(|since| since <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// What the time zone is called: its name, or how far it is from UTC; `None` where it has neither.
    fn zone_name(&self) -> Option<String> {
        let distance = || Timestamp::UNIX_EPOCH.to_zoned(self.zone.clone()).strftime("%:z").to_string();
        self.zone.iana_name().map(str::to_owned).or_else(|| self.zone.to_fixed_offset().ok().map(|_| distance()))
    }
}

impl Account {
    /// An account of no takes.
    pub fn new(scope: Scope) -> Self {
        let mut seen = BTreeSet::new();
        let groups = scope.by.iter().filter(|by| seen.insert(**by)).map(|by| Group { by: *by, rows: BTreeMap::new() });
        Self { groups: groups.collect(), scope, total: Lines::default(), overlaps: false }
    }

    /// One more take.
    pub fn add(&mut self, take: &Take) {
        let Self { scope, groups, total, overlaps } = self;
        for (charge, is_last) in lasting(take.charges()) {
            let standing = match (charge.standing, &take.state) {
                (Standing::Returned, _) => continue,
                // Without a run that waits for the answer, nobody does: as everywhere, it is unresolved until there is one.
                (Standing::Reserved, State::Submitting) if is_last => Standing::Unresolved,
                (standing, _) => standing,
            };
            let day = scope.zone.to_datetime(charge.at).date();
            if !scope.covers(day) {
                continue;
            }
            let entry = Entry { charge, standing, stored: is_last && matches!(take.state, State::Stored { .. }) };
            total.add(entry);
            for Group { by, rows } in &mut *groups {
                let keys = by.keys(take, day);
                *overlaps |= keys.len() > 1;
                for key in keys {
                    rows.entry(key).or_default().add(entry);
                }
            }
        }
    }

    /// What all charges come to.
    pub fn total(&self) -> &Lines {
        &self.total
    }

    /// What they come to by this, if it was asked for: first by each name in order, then what has none.
    pub fn by(&self, by: By) -> impl Iterator<Item = (Option<&str>, &Lines)> {
        self.groups.iter().filter(move |group| group.by == by).flat_map(Group::rows)
    }
}

impl Group {
    fn rows(&self) -> impl Iterator<Item = (Option<&str>, &Lines)> {
        let (named, nameless) = (self.rows.iter().filter(|(key, _)| key.is_some()), self.rows.get_key_value(&None));
        named.chain(nameless).map(|(key, lines)| (key.as_deref(), lines))
    }

    /// Whether it has nothing to tell: no charge has a name in it.
    fn is_nameless(&self) -> bool {
        self.rows.keys().all(Option::is_none)
    }
}

/// The charges, and which of them is the last.
fn lasting(charges: &[Charge]) -> impl Iterator<Item = (&Charge, bool)> {
    charges.iter().zip(1..).map(|(charge, place)| (charge, place == charges.len()))
}

/// The take's tags, each once.
fn tags(take: &Take) -> BTreeSet<&str> {
    take.tags.iter().map(String::as_str).collect()
}
