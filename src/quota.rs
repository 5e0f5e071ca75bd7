//! What a provider's own books say: how many requests it has counted on which day, and what is left of the account. Evidence of what
//! became of a submission whose answer was lost, and never proof: what counts as a request, and when, is the provider's to say.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::shot::TakeName;

/// What the books say at one moment.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Counted {
    /// What is left, in the provider's own unit.
    pub remaining: Option<f64>,
    /// The last days, by the provider's calendar.
    pub days: BTreeMap<Date, Day>,
}

/// What the books say of one day.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Day {
    /// How many requests were counted.
    pub requests: u64,
    /// What they used, in the provider's own unit.
    pub used: f64,
}

/// What the books and the ledger say of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What the run is called.
    pub run: String,
    /// What the books said before its first submission.
    pub before: Counted,
    /// What they said after its last answer.
    pub after: Counted,
    /// How many submissions it began.
    pub submissions: u64,
    /// How many of them the provider took on, and said so.
    pub accepted: u64,
    /// How many of them the provider refused, for now or for good.
    pub refused: u64,
    /// The takes whose last submission was made in this run.
    pub takes: Vec<TakeName>,
}

impl Evidence {
    /// How many requests were counted during the run, and what they used; `None` when the books do not say. A day that was not in
    /// them before began with nothing.
    pub fn counted(&self) -> Option<Day> {
        let first = self.before.days.first_key_value().map_or(Date::MIN, |(first, _)| *first);
        let grown = self.after.days.range(first..).map(|(date, after)| {
            let before = self.before.days.get(date).copied().unwrap_or_default();
            Day { requests: after.requests.saturating_sub(before.requests), used: after.used - before.used }
        });
        grown.reduce(|sum, day| Day { requests: sum.requests.saturating_add(day.requests), used: sum.used + day.used })
    }

    /// How many submissions have no answer.
    pub fn unanswered(&self) -> u64 {
        self.submissions.saturating_sub(self.accepted).saturating_sub(self.refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(days: &[(&str, u64)]) -> Counted {
        let day = |(date, requests): &(&str, u64)| (date.parse().unwrap(), Day { requests: *requests, used: 0.0 });
        Counted { remaining: None, days: days.iter().map(day).collect() }
    }

    #[test]
    fn what_was_counted_meanwhile_is_the_difference_over_all_days() {
        for (before, after, expected) in [
            (&[("2026-11-22", 7)][..], &[("2026-11-22", 12)][..], Some(5)),
            // Over midnight.
            (&[("2026-11-22", 7)], &[("2026-11-22", 9), ("2026-11-23", 3)], Some(5)),
            // The oldest day has fallen out of the books, or has come back into them.
            (&[("2026-11-20", 50), ("2026-11-22", 7)], &[("2026-11-22", 9), ("2026-11-23", 3)], Some(5)),
            (&[("2026-11-22", 7)], &[("2026-11-01", 99), ("2026-11-22", 9)], Some(2)),
            // Corrected downwards.
            (&[("2026-11-22", 7)], &[("2026-11-22", 5)], Some(0)),
            (&[], &[("2026-11-22", 5)], Some(5)),
            (&[], &[], None),
            (&[("2026-11-22", 5)], &[], None),
        ] {
            let (before, after) = (counted(before), counted(after));
            let (run, takes) = (String::new(), Vec::new());
            let evidence = Evidence { run, before, after, submissions: 0, accepted: 0, refused: 0, takes };
            assert_eq!(evidence.counted().map(|day| day.requests), expected, "{evidence:?}");
        }
    }

    #[test]
    fn what_the_books_say_reads_back() {
        let counted = Counted { remaining: Some(12.5), ..counted(&[("2026-11-22", 7), ("2026-11-23", u64::MAX)]) };
        let text = serde_json::to_string(&counted).unwrap();
        assert_eq!(serde_json::from_str::<Counted>(&text).unwrap(), counted);
    }
}
