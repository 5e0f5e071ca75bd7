//! How many takes stand how. Serves the report over all runs and a run's own tally alike.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::take::Outcome;

/// How many takes there are of each outcome. Prints as `12 takes: 10 stored, 1 failed, 1 unresolved`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals([usize; Totals::OUTCOMES.len()]);

impl Totals {
    /// Every outcome, in the order in which they are listed.
    pub const OUTCOMES: [Outcome; 8] = [
        Outcome::Stored,
        Outcome::Reused,
        Outcome::OffSpec,
        Outcome::Held,
        Outcome::Rejected,
        Outcome::Failed,
        Outcome::Unresolved,
        Outcome::Waiting,
    ];

    /// How many takes have this outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.0[outcome as usize]
    }

    /// How many takes there are.
    pub fn takes(&self) -> usize {
        self.0.iter().sum()
    }

    /// The outcomes that some take has, with how many have it.
    pub fn present(&self) -> impl Iterator<Item = (Outcome, usize)> {
        Self::OUTCOMES.into_iter().map(|outcome| (outcome, self.count(outcome))).filter(|&(_, count)| count > 0)
    }
}

impl FromIterator<Outcome> for Totals {
    fn from_iter<I: IntoIterator<Item = Outcome>>(outcomes: I) -> Self {
        let mut totals = Self::default();
        for outcome in outcomes {
            totals.0[outcome as usize] += 1;
        }
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let takes = self.takes();
        write!(f, "{takes} {}", if takes == 1 { "take" } else { "takes" })?;
        for (place, (outcome, count)) in self.present().enumerate() {
            write!(f, "{} {count} {}", if place == 0 { ":" } else { "," }, outcome)?;
        }
        Ok(())
    }
}

/// `takes`, then every outcome; `reused` only where there is any, since it has no meaning over all runs.
impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("takes", &self.takes())?;
        for outcome in Self::OUTCOMES {
            if outcome != Outcome::Reused || self.count(outcome) > 0 {
                map.serialize_entry(outcome.as_str(), &self.count(outcome))?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Totals};

    fn check(outcomes: &[Outcome], expected: &str) {
        assert_eq!(outcomes.iter().copied().collect::<Totals>().to_string(), expected);
    }

    #[test]
    fn counts_what_there_is() {
        check(&[], "0 takes");
        check(&[Outcome::Stored], "1 take: 1 stored");
        check(&[Outcome::Waiting, Outcome::Stored, Outcome::Waiting, Outcome::Held], "4 takes: 1 stored, 1 held, 2 waiting");
    }

    #[test]
    fn every_outcome_has_its_own_place() {
        for (place, outcome) in Totals::OUTCOMES.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }
}
