//! When a run will be over, by how long takes were at the provider so far. Pure: whoever calls says what is left and what time it is.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::cadence::Estimate;

/// So many takes are followed one by one; beyond them all goes on at the pace that has set in by then.
const FOLLOWED: usize = 1000;

/// How quickly what is told follows what is known: within about a tenth of the time that is left, but no quicker and no slower than this.
const QUICKEST: f64 = 10.0;
const SLOWEST: f64 = 120.0;

/// What is left of a run.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct Ahead {
    /// How many takes are still to be submitted.
    pub(in crate::cli) to_submit: usize,
    /// How long each of them will be at the provider; `None` where that is not known.
    pub(in crate::cli) each: Option<Duration>,
    /// How much longer those will be there that are there now.
    pub(in crate::cli) under_way: Vec<Duration>,
    /// How many may be there at once.
    pub(in crate::cli) bound: usize,
    /// How many may be submitted a second.
    pub(in crate::cli) pace: f64,
}

impl Ahead {
    /// How long it takes until the last of them is made; `None` where that cannot be told. Every place is taken again as soon as it is free
    /// and the pace allows.
    pub(in crate::cli) fn lasts(&self) -> Option<Duration> {
        let bound = self.bound.max(1);
        let last = self.under_way.iter().max().copied().unwrap_or_default();
        let each = match self.each {
            _ if self.to_submit == 0 => return Some(last),
            each => each?.max(Duration::from_millis(1)),
        };
        let gap = if self.pace > 0.0 { 1.0 / self.pace } else { 0.0 };
        let mut free: BinaryHeap<_> = self.under_way.iter().copied().map(Reverse).collect();
        // Where more are at the provider than may be, the first ones to go make room for nobody.
        while free.len() > bound {
            free.pop();
        }
        let places = bound.min(FOLLOWED);
        free.extend((free.len()..places).map(|_| Reverse(Duration::ZERO)));
        let followed = self.to_submit.min(FOLLOWED);
        let mut over = last;
        for turn in 0..followed {
            let allowed = seconds(gap * count(turn));
            let start = free.pop().map_or(allowed, |Reverse(free)| free.max(allowed));
            let end = start.saturating_add(each);
            over = over.max(end);
            free.push(Reverse(end));
        }
        let rest = count(self.to_submit - followed) * gap.max(each.as_secs_f64() / count(bound));
        Some(over.saturating_add(seconds(rest)))
    }
}

/// How much longer a take will be at the provider that has been there for so long, where takes like it last as estimated. Whoever outlasts
/// half of them is one of the slow ones.
pub(in crate::cli) fn remaining(estimate: Estimate, age: Duration) -> Duration {
    let Estimate { median, p90, .. } = estimate;
    median.saturating_sub(age).max(p90.saturating_sub(age) / 2).max(median / 10)
}

/// When it will be over, told so that it does not jump about.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::cli) struct Steady(Option<(Timestamp, Timestamp)>);

impl Steady {
    /// What is to be told at `now`, when by all that is known it will be over at `end`. The first time that is just what is told; from then
    /// on it is followed by and by.
    pub(in crate::cli) fn tell(&mut self, now: Timestamp, end: Option<Timestamp>) -> Option<Timestamp> {
        let told = match (self.0, end) {
            (_, None) => {
                self.0 = None;
                return None;
            }
            (None, Some(end)) => end,
            (Some((when, told)), Some(end)) => {
                let passed = now.duration_since(when).as_secs_f64().max(0.0);
                let slowness = (told.duration_since(now).as_secs_f64() / 10.0).clamp(QUICKEST, SLOWEST);
                let share = 1.0 - (-passed / slowness).exp();
                let step = SignedDuration::try_from_secs_f64(end.duration_since(told).as_secs_f64() * share);
                step.ok().and_then(|step| told.checked_add(step).ok()).unwrap_or(end)
            }
        };
        self.0 = Some((now, told));
        Some(told.max(now))
    }
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn count(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEDIAN: Duration = Duration::from_secs(120);

    fn ahead(to_submit: usize, under_way: &[u64], bound: usize, pace: f64) -> Ahead {
        let under_way = under_way.iter().copied().map(Duration::from_secs).collect();
        Ahead { to_submit, each: Some(MEDIAN), under_way, bound, pace }
    }

    #[track_caller]
    fn check(ahead: &Ahead, expected: u64) {
        assert_eq!(ahead.lasts().map(|lasts| lasts.as_secs()), Some(expected), "{ahead:?}");
    }

    #[test]
    fn what_is_left_takes_turns_at_the_provider() {
        // 50 rounds of 20, the first of which begins within 9.5 s.
        check(&ahead(1000, &[], 20, 2.0), 6009);
        check(&ahead(1, &[], 20, 2.0), 120);
        check(&ahead(20, &[], 20, 2.0), 129);
        check(&ahead(21, &[], 20, 2.0), 240);
        // The pace is what keeps it.
        check(&ahead(600, &[], 1000, 2.0), 419);
        // Those that are there now come first.
        check(&ahead(0, &[30, 80], 20, 2.0), 80);
        check(&ahead(1, &[30, 80], 2, 2.0), 150);
        check(&ahead(1, &[30, 80], 1, 2.0), 200);
        check(&ahead(0, &[], 20, 2.0), 0);
        // Without bounds that mean anything.
        check(&ahead(5, &[], 0, 0.0), 600);
        check(&ahead(5, &[], 5, f64::INFINITY), 120);
    }

    #[test]
    fn beyond_those_that_are_followed_it_goes_on_as_before() {
        check(&ahead(100_000, &[], 20, 2.0), 6009 + 99_000 * 6);
        check(&ahead(100_000, &[], 100_000, 2.0), 50_119);
    }

    #[test]
    fn before_anything_is_known_nothing_is_told() {
        let unknown = Ahead { each: None, ..ahead(1, &[], 20, 2.0) };
        assert_eq!(unknown.lasts(), None);
        assert_eq!(Ahead { to_submit: 0, ..unknown }.lasts(), Some(Duration::ZERO));
    }

    #[test]
    fn a_take_that_outlasts_the_others_is_nearly_done() {
        let estimate = Estimate { median: MEDIAN, p90: Duration::from_secs(200), samples: 20 };
        let left = |age| remaining(estimate, Duration::from_secs(age)).as_secs();
        assert_eq!([left(0), left(30), left(120), left(160), left(1000)], [120, 90, 40, 20, 12]);
    }

    #[test]
    fn what_is_told_follows_what_is_known_without_jumps() {
        let start = Timestamp::UNIX_EPOCH;
        let at = |seconds: i64| start + SignedDuration::from_secs(seconds);
        let mut steady = Steady::default();
        assert_eq!(steady.tell(at(0), None), None);
        assert_eq!(steady.tell(at(1), Some(at(600))), Some(at(600)));
        let mut told = at(600);
        for second in 2..400 {
            let next = steady.tell(at(second), Some(at(900))).unwrap();
            assert!(next >= told && next.duration_since(told) < SignedDuration::from_secs(9), "{second}: {told} {next}");
            told = next;
        }
        assert!(told > at(890), "{told}");
        assert_eq!(steady.tell(at(1000), Some(at(900))), Some(at(1000)), "never in the past");
        assert_eq!(steady.tell(at(1001), None), None);
    }

    proptest! {
        #[test]
        fn more_to_do_never_takes_less_time(
            to_submit in 0..3000_usize, under_way in proptest::collection::vec(0..300_u64, 0..60),
            bound in 0..200_usize, pace in 0.0..50.0_f64,
        ) {
            let less = ahead(to_submit, &under_way, bound, pace);
            let more = Ahead { to_submit: to_submit + 1, ..less.clone() };
            prop_assert!(more.lasts() >= less.lasts());
        }
    }
}
