//! How often, and how many at once: the bounds that a run keeps, whatever its takes want.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use tokio::sync::{Mutex, Notify};

use crate::clock::Clock;

/// Calls per time: a quota of governor's on the run's clock.
///
/// governor's own `until_ready` sleeps on a timer that knows neither a moved clock nor a sped-up one. So the deciding is
/// governor's and the waiting is ours: `check` answers at once, and says how long to wait if the answer is no. The callers stand
/// in a line, so that only the first of them asks and the others do not contend.
pub struct Pace {
    limiter: RateLimiter<NotKeyed, InMemoryState, RunClock, NoOpMiddleware<Duration>>,
    clock: Clock,
    line: Mutex<()>,
    held_until: Cell<Timestamp>,
}

/// How many calls per time, written `10/s`, `30/m` or `200/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    quota: Quota,
    count: NonZeroU32,
    per: char,
}

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a whole number per second, minute or hour: 10/s, 30/m, 200/h")]
pub struct BadRate;

impl Pace {
    /// At most `rate`, and at most `burst` at one instant.
    pub fn new(rate: Rate, burst: NonZeroU32, clock: Clock) -> Self {
        // governor counts nanoseconds in 64 bits and lets them wrap around. No run is long enough to miss what is cut off.
        let interval = u64::try_from(rate.quota.replenish_interval().as_nanos()).unwrap_or(u64::MAX);
        let countable = u32::try_from(u64::MAX / 2 / interval.max(1)).unwrap_or(u32::MAX);
        let burst = burst.min(NonZeroU32::new(countable).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::direct_with_clock(rate.quota.allow_burst(burst), RunClock(clock));
        Self { limiter, clock, line: Mutex::new(()), held_until: Cell::new(Timestamp::UNIX_EPOCH) }
    }

    /// Returns when it is the caller's turn. Turns come in the order in which they were asked for.
    pub async fn turn(&self) {
        let _first_in_line = self.line.lock().await;
        while let Some(wait) = self.check() {
            self.clock.sleep(wait).await;
        }
    }

    /// Takes the turn if it may be taken now; otherwise says how long to wait before asking again. A pause may have been asked for
    /// while the first in line waited for the quota, so both are looked at each time.
    fn check(&self) -> Option<Duration> {
        let pause = self.held_until.get().duration_since(self.clock.now());
        if pause.is_positive() {
            return Some(pause.unsigned_abs());
        }
        let not_yet = self.limiter.check().err()?;
        Some(not_yet.wait_time_from(RunClock(self.clock).now()))
    }

    /// No turn before `until`: the other side has asked for a pause, which holds for everyone.
    pub fn hold(&self, until: Timestamp) {
        self.held_until.set(self.held_until.get().max(until));
    }
}

/// governor's view of the run's clock.
#[derive(Debug, Clone, Copy)]
struct RunClock(Clock);

impl GovernorClock for RunClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Rate {
    /// `count` calls per second.
    pub fn per_second(count: NonZeroU32) -> Self {
        Self { quota: Quota::per_second(count), count, per: 's' }
    }
}

impl Rate {
    /// How many calls fit into `time`; at least one.
    pub fn within(self, time: Duration) -> NonZeroU32 {
        let fit = time.as_nanos() / self.quota.replenish_interval().as_nanos().max(1);
        u32::try_from(fit).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }
}

impl std::str::FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (count, per) = text.split_once('/').ok_or(BadRate)?;
        let count: NonZeroU32 = count.trim().parse().map_err(|_| BadRate)?;
        let (quota, per) = match per.trim() {
            "s" => (Quota::per_second(count), 's'),
            "m" => (Quota::per_minute(count), 'm'),
            "h" => (Quota::per_hour(count), 'h'),
            _ => return Err(BadRate),
        };
        Ok(Self { quota, count, per })
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.count, self.per)
    }
}

/// Room for so many takes at the provider.
///
/// Not a semaphore, because takes that an earlier run left at the provider are there whether there is room or not: they squeeze
/// in, and nobody else enters until enough have left.
#[derive(Clone)]
pub struct Room(Rc<Inner>);

struct Inner {
    limit: usize,
    inside: Cell<usize>,
    left: Notify,
}

/// One take's place in the room; left when dropped.
pub struct Place(Rc<Inner>);

impl Room {
    /// Room for `limit` takes.
    pub fn new(limit: NonZeroU32) -> Self {
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        Self(Rc::new(Inner { limit, inside: Cell::new(0), left: Notify::new() }))
    }

    /// Returns when there is room.
    pub async fn enter(&self) -> Place {
        while self.0.inside.get() >= self.0.limit {
            self.0.left.notified().await;
        }
        self.squeeze_in()
    }

    /// Enters whether there is room or not.
    pub fn squeeze_in(&self) -> Place {
        self.0.inside.set(self.0.inside.get() + 1);
        Place(Rc::clone(&self.0))
    }

    /// How many there is room for.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.0.inside.get()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.set(self.0.inside.get() - 1);
        self.0.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: &str, burst: u32) -> (Pace, Clock) {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1);
        (Pace::new(rate.parse().unwrap(), NonZeroU32::new(burst).unwrap(), clock), clock)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_the_one_who_is_waiting_already() {
        let (pace, clock) = pace("1/m", 1);
        pace.turn().await;
        let ask_for_a_pause = async {
            clock.sleep(Duration::from_secs(1)).await;
            pace.hold(clock.now() + Duration::from_secs(600));
        };
        futures::join!(pace.turn(), ask_for_a_pause);
        assert_eq!(clock.now().as_second(), 601);
    }

    #[tokio::test(start_paused = true)]
    async fn no_rate_and_no_burst_is_too_large_to_count() {
        for rate in ["1/h", "1/s", "4294967295/s", "4294967295/h"] {
            let (pace, clock) = pace(rate, u32::MAX);
            for _ in 0..1000 {
                pace.turn().await;
            }
            assert_eq!(clock.elapsed(), Duration::ZERO, "{rate}");
        }
    }
}
