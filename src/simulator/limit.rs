//! How a provider counts submissions, and how many it lets in. Pure: the time is handed in.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// How many submissions are let in, written `3/s`, `180/m fixed`, `3/s bucket` or `3/s bucket 30`. What is refused does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    count: NonZeroU32,
    per: Duration,
    counting: Counting,
}

/// How submissions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    /// So many in any such time.
    Sliding,
    /// So many from one full second, minute or hour to the next.
    Fixed,
    /// So many at once at most, and as many a time as are filled in.
    Bucket(NonZeroU32),
}

/// A text that is no limit of a rate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit; write for example 3/s, `180/m fixed`, or `3/s bucket 30` for up to 30 at once")]
pub struct BadRateLimit(String);

/// What was let in so far.
#[derive(Debug, Default)]
pub(super) struct Door {
    let_in: VecDeque<Timestamp>,
    /// What the bucket lacks to be full, in the time that filling it takes, when somebody was last let in.
    lacks: Duration,
}

impl RateLimit {
    /// So many in any second.
    pub(super) fn a_second(count: NonZeroU32) -> Self {
        Self { count, per: Duration::from_secs(1), counting: Counting::Sliding }
    }
}

impl Door {
    /// Whether `limit` lets another one in at `now`.
    pub(super) fn admits(&mut self, limit: RateLimit, now: Timestamp) -> bool {
        let begins = match limit.counting {
            Counting::Bucket(burst) => return self.takes_from_bucket(limit, burst, now),
            Counting::Sliding => now.saturating_sub(limit.per).unwrap_or(Timestamp::MIN),
            Counting::Fixed => {
                let per = i64::try_from(limit.per.as_millis()).unwrap_or(i64::MAX);
                let ms = now.as_millisecond();
                // The last instant of the time before.
                Timestamp::from_millisecond(ms - ms.rem_euclid(per) - 1).unwrap_or(Timestamp::MIN)
            }
        };
        while self.let_in.front().is_some_and(|at| *at <= begins) {
            self.let_in.pop_front();
        }
        let admits = self.let_in.len() < limit.count.get() as usize;
        if admits {
            self.let_in.push_back(now);
        }
        admits
    }

    fn takes_from_bucket(&mut self, limit: RateLimit, burst: NonZeroU32, now: Timestamp) -> bool {
        let one = limit.per / limit.count.get();
        let last = self.let_in.back().copied();
        let filled = last.map_or(Duration::ZERO, |last| Duration::try_from(now.duration_since(last)).unwrap_or_default());
        let lacks = self.lacks.saturating_sub(filled);
        let admits = lacks + one <= one.saturating_mul(burst.get());
        if admits {
            self.lacks = lacks + one;
            self.let_in.clear();
            self.let_in.push_back(now);
        }
        admits
    }
}

impl FromStr for RateLimit {
    type Err = BadRateLimit;

    fn from_str(text: &str) -> Result<Self, BadRateLimit> {
        let bad = || BadRateLimit(text.to_owned());
        let mut words = text.split_whitespace();
        let (count, per) = words.next().and_then(|rate| rate.split_once('/')).ok_or_else(bad)?;
        let count: NonZeroU32 = count.parse().map_err(|_| bad())?;
        let per = Duration::from_secs(match per {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(bad()),
        });
        let counting = match (words.next(), words.next()) {
            (None | Some("sliding"), None) => Counting::Sliding,
            (Some("fixed"), None) => Counting::Fixed,
            (Some("bucket"), None) => Counting::Bucket(NonZeroU32::MIN),
            (Some("bucket"), Some(burst)) => Counting::Bucket(burst.parse().map_err(|_| bad())?),
            _ => return Err(bad()),
        };
        if words.next().is_some() {
            return Err(bad());
        }
        Ok(Self { count, per, counting })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who of those that come at these milliseconds after a full minute is let in.
    fn let_in(limit: &str, times: &[i64]) -> Vec<i64> {
        let (mut door, limit) = (Door::default(), limit.parse().unwrap());
        let at = |ms| Timestamp::from_millisecond(1_800_000_000_000 + ms).unwrap();
        times.iter().copied().filter(|ms| door.admits(limit, at(*ms))).collect()
    }

    #[test]
    fn each_way_of_counting_lets_in_what_it_says() {
        let check = |limit, times: &[i64], expected: &[i64]| assert_eq!(let_in(limit, times), expected, "{limit}");
        check("2/s", &[0, 900, 950, 999, 1000, 1100, 1900], &[0, 900, 1000, 1900]);
        check("2/s sliding", &[0, 1, 2, 1000], &[0, 1, 1000]);
        check("2/s fixed", &[0, 900, 950, 999, 1000, 1100, 1900, 2000], &[0, 900, 1000, 1100, 2000]);
        check("2/m fixed", &[30_000, 40_000, 50_000, 60_000, 119_999, 120_000], &[30_000, 40_000, 60_000, 119_999, 120_000]);
        check("2/s bucket", &[0, 400, 500, 800, 1000, 9000, 9001], &[0, 500, 1000, 9000]);
        check("2/s bucket 3", &[0, 0, 0, 0, 499, 500, 501, 9000, 9000, 9000, 9000], &[0, 0, 0, 500, 9000, 9000, 9000]);
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in ["", "3", "0/s", "3/d", "3/s leaky", "3/s fixed 2", "3/s bucket 0", "3/s bucket 2 2", "-1/s"] {
            assert_eq!(text.parse::<RateLimit>(), Err(BadRateLimit(text.to_owned())));
        }
    }
}
