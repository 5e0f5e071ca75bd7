//! What some charges come to, each currency on a line of its own.

use std::collections::BTreeMap;

use super::Entry;
use crate::price::{Currency, Money, Sum};
use crate::take::{Refund, Standing};

/// What charges come to: a line for each currency, and one for those without a known price.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lines(BTreeMap<Option<Currency>, Line>);

/// What charges in one currency come to, or those without a known price, which then have no sums.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Line {
    tallies: [Tally; Self::STANDINGS.len()],
    /// How many of the videos are on disk.
    pub videos: u64,
    /// What the provider counted in its own points for what is spent, as far as it has said so.
    pub points: Option<f64>,
    /// How much of what is refunded is so by the rule alone, the provider having said nothing.
    pub ruled: Sum,
}

/// How many attempts there are, and what they come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many attempts.
    pub attempts: u64,
    /// What they come to.
    pub sum: Sum,
}

impl Lines {
    /// One more charge.
    pub(super) fn add(&mut self, entry: Entry<'_>) {
        self.0.entry(entry.charge.price.map(Money::currency)).or_default().add(entry);
    }

    /// Those with a price, by currency.
    pub fn priced(&self) -> impl Iterator<Item = (Currency, &Line)> {
        self.0.iter().filter_map(|(currency, line)| Some(((*currency)?, line)))
    }

    /// Those without a known price, if there are any.
    pub fn unpriced(&self) -> Option<&Line> {
        self.0.get(&None)
    }

    /// All lines: first by currency, then that without a known price.
    pub fn all(&self) -> impl Iterator<Item = (Option<Currency>, &Line)> {
        self.priced().map(|(currency, line)| (Some(currency), line)).chain(self.unpriced().map(|line| (None, line)))
    }

    /// Whether there are no charges at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many attempts there are.
    pub fn attempts(&self) -> u64 {
        self.0.values().map(Line::attempts).sum()
    }

    /// How many of them stand like this.
    pub fn attempts_that_are(&self, standing: Standing) -> u64 {
        self.0.values().map(|line| line.of(standing).attempts).sum()
    }

    /// How many of their videos are on disk.
    pub fn videos(&self) -> u64 {
        self.0.values().map(|line| line.videos).sum()
    }

    /// What the provider counted in its own points for what is spent, as far as it has said so.
    pub fn points(&self) -> Option<f64> {
        self.0.values().filter_map(|line| line.points).reduce(|some, more| some + more)
    }
}

impl Line {
    /// How charges stand that are counted at all.
    pub const STANDINGS: [Standing; 4] = [Standing::Spent, Standing::Reserved, Standing::Refunded, Standing::Unresolved];

    fn add(&mut self, Entry { charge, standing, stored }: Entry<'_>) {
        let Some(place) = place(standing) else { return };
        let tally = &mut self.tallies[place];
        tally.attempts += 1;
        self.videos += u64::from(stored);
        if let Some(price) = charge.price {
            tally.sum.add(price);
            if standing == Standing::Refunded && matches!(charge.refund, Some(Refund::Ruled(_))) {
                self.ruled.add(price);
            }
        }
        if let Some(points) = charge.points.filter(|_| standing == Standing::Spent) {
            self.points = Some(self.points.unwrap_or_default() + points);
        }
    }

    /// What the attempts that stand like this come to: nothing for those that are never counted.
    pub fn of(&self, standing: Standing) -> Tally {
        place(standing).map_or(Tally::default(), |place| self.tallies[place])
    }

    /// How many attempts there are.
    pub fn attempts(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.attempts).sum()
    }

    /// What was spent for each video that is on disk, with what was spent in vain; `None` while there are none.
    pub fn per_video(&self) -> Option<Sum> {
        self.of(Standing::Spent).sum.for_each_of(self.videos)
    }
}

fn place(standing: Standing) -> Option<usize> {
    Line::STANDINGS.iter().position(|known| *known == standing)
}
