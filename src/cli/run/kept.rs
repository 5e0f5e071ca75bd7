//! What a run has not submitted because of a cap or its time, though nothing is wrong with it.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::super::say;
use crate::engine::HeldBy;
use crate::shot::TakeName;

/// The takes that one cap, or the time, has kept back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct KeptBack {
    /// Which cap: `run`, `takes`, `month`, `day`, `daily_quota`; or `window`.
    by: &'static str,
    /// How many takes.
    takes: usize,
    /// In words.
    why: String,
    /// From when on some of them can be submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<Timestamp>,
    /// Where days begin, and whose clock a person goes by.
    #[serde(skip)]
    zone: TimeZone,
}

impl KeptBack {
    /// What was kept back by what; the one that has kept back the most comes first.
    pub(super) fn all(held: &HashMap<TakeName, HeldBy>, zone: &TimeZone) -> Vec<Self> {
        let mut by_cause = BTreeMap::<&'static str, Vec<(&TakeName, &HeldBy)>>::new();
        for (name, held) in held {
            by_cause.entry(cause(held)).or_default().push((name, held));
        }
        let mut all: Vec<_> = by_cause
            .into_iter()
            .map(|(by, mut takes)| {
                takes.sort_by_key(|(name, _)| *name);
                let again = takes.iter().filter_map(|(_, held)| again(held)).min();
                let why = takes.first().map(|(_, held)| told(held, zone)).unwrap_or_default();
                Self { by, takes: takes.len(), why, again, zone: zone.clone() }
            })
            .collect();
        all.sort_by_key(|kept| std::cmp::Reverse(kept.takes));
        all
    }

    /// Tells a person.
    pub(super) fn tell(&self, go_on: &str) {
        say::talk(format_args!("{} held: {}", say::count(self.takes as u64, "take"), self.why));
        match self.again {
            Some(again) => say::talk(format_args!("  help: {go_on} from {} on", local(again, &self.zone))),
            None => say::talk(format_args!("  help: {go_on} to go on")),
        }
    }
}

fn cause(held: &HeldBy) -> &'static str {
    match held {
        HeldBy::Budget(shortage) => shortage.cap.as_str(),
        HeldBy::Window { .. } => "window",
    }
}

fn again(held: &HeldBy) -> Option<Timestamp> {
    match held {
        HeldBy::Budget(shortage) => shortage.again,
        HeldBy::Window { .. } => None,
    }
}

fn told(held: &HeldBy, zone: &TimeZone) -> String {
    match held {
        HeldBy::Budget(shortage) => shortage.to_string(),
        HeldBy::Window { closes, takes } => {
            let takes = SignedDuration::from_secs(i64::try_from(takes.as_secs()).unwrap_or(i64::MAX));
            format!("a take is at the provider for {takes:#} or so, and the run has to be over by {}", local(*closes, zone))
        }
    }
}

/// The time as the clock on the wall shows it.
fn local(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
