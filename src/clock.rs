//! The run's clock: wall time that follows tokio's clock, so that tests can move it and a rehearsal can run it faster. The only
//! place that asks the machine for the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Wall time counted from a start by tokio's monotonic clock. A jump of the machine's clock during a run changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Timestamp,
    started: Instant,
    speed: u32,
}

impl Clock {
    /// The machine's wall time now, going on at the pace of the world.
    pub fn start() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this module is where the machine is asked")]
        Self::starting_at(Timestamp::now(), 1)
    }

    /// A clock that shows `origin` now and runs `speed` times as fast as the world.
    pub fn starting_at(origin: Timestamp, speed: u32) -> Self {
        #[expect(clippy::disallowed_methods, reason = "this module is where the machine is asked")]
        Self { origin, started: Instant::now(), speed }
    }

    /// The time now, to the millisecond, which is what the ledger keeps.
    pub fn now(&self) -> Timestamp {
        let whole = i64::try_from(self.elapsed().as_millis()).unwrap_or(i64::MAX);
        let origin = self.origin.as_millisecond();
        Timestamp::from_millisecond(origin.saturating_add(whole)).unwrap_or(Timestamp::MAX)
    }

    /// How long the clock has run, by its own count.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed() * self.speed
    }

    /// Waits for `duration` of this clock's time.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration / self.speed).await;
    }

    /// Waits until the clock shows `time`; not at all when it has passed.
    pub async fn sleep_until(&self, time: Timestamp) {
        let left = time.duration_since(self.now()).max(SignedDuration::ZERO);
        self.sleep(left.unsigned_abs()).await;
    }
}
