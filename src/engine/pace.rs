//! How often: the bounds on calls that a run keeps, whatever its takes want, and the slower pace that the provider's refusals ask for.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use jiff::Timestamp;
use tokio::sync::{Mutex, Notify};

use super::adapt::{Adapt, Begun};
use crate::clock::Clock;
use crate::limits::{Per, Rate};

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
    tempo: Option<Rc<Tempo>>,
    early: bool,
    last: Cell<Option<Duration>>,
}

/// The pace that the provider bears, on the run's clock: what it makes of submissions goes in, and whoever keeps to it asks.
pub(super) struct Tempo {
    adapt: RefCell<Adapt>,
    clock: Clock,
    /// Rung when it is known anew whether somebody may go.
    changed: Notify,
}

/// A submission that is under way. What is dropped without an answer that tells something about the pace tells nothing about it.
pub(super) struct UnderWay<'a> {
    tempo: &'a Tempo,
    begun: Begun,
}

/// While the pace rises, whoever waits looks again after this time: it may be their turn sooner than it was.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl Pace {
    /// At most `rate`, and at most `burst` at one instant.
    pub fn new(rate: Rate, burst: NonZeroU32, clock: Clock) -> Self {
        // governor counts nanoseconds in 64 bits and lets them wrap around. No run is long enough to miss what is cut off.
        let interval = u64::try_from(rate.interval().as_nanos()).unwrap_or(u64::MAX);
        let countable = u32::try_from(u64::MAX / 2 / interval.max(1)).unwrap_or(u32::MAX);
        let burst = burst.min(NonZeroU32::new(countable).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::direct_with_clock(quota(rate).allow_burst(burst), RunClock(clock));
        let (held_until, last) = (Cell::new(Timestamp::UNIX_EPOCH), Cell::new(None));
        Self { limiter, clock, line: Mutex::new(()), held_until, tempo: None, early: false, last }
    }

    /// The same pace, and slower than that where `tempo` says so. Who is `early` has not written down yet that it submits, and can
    /// still wait for the answers of others.
    #[must_use]
    pub(super) fn following(self, tempo: &Rc<Tempo>, early: bool) -> Self {
        Self { tempo: Some(Rc::clone(tempo)), early, ..self }
    }

    /// Returns when it is the caller's turn. Turns come in the order in which they were asked for.
    pub async fn turn(&self) {
        let _first_in_line = self.line.lock().await;
        loop {
            if let Some(tempo) = self.tempo.as_ref().filter(|_| self.early) {
                tempo.answers().await;
            }
            let Some(wait) = self.check() else { break };
            match &self.tempo {
                Some(tempo) => tempo.sleep(wait).await,
                None => self.clock.sleep(wait).await,
            }
        }
        self.last.set(Some(self.clock.elapsed()));
    }

    /// Takes the turn if it may be taken now; otherwise says how long to wait before asking again. A pause may have been asked for
    /// while the first in line waited for the quota, so both are looked at each time.
    fn check(&self) -> Option<Duration> {
        let pause = self.held_until.get().duration_since(self.clock.now());
        if pause.is_positive() {
            return Some(pause.unsigned_abs());
        }
        if let Some(wait) = self.tempo.as_ref().and_then(|tempo| tempo.wait_since(self.last.get())) {
            return Some(wait);
        }
        let not_yet = self.limiter.check().err()?;
        Some(not_yet.wait_time_from(RunClock(self.clock).now()))
    }

    /// No turn before `until`: the other side has asked for a pause, which holds for everyone.
    pub fn hold(&self, until: Timestamp) {
        self.held_until.set(self.held_until.get().max(until));
    }
}

impl Tempo {
    /// The tempo of a run on `clock` that may submit at `rate`, and `burst` at one instant.
    pub(super) fn new(rate: Rate, burst: NonZeroU32, clock: Clock) -> Self {
        let adapt = RefCell::new(Adapt::new(rate.a_second(), burst.get()));
        Self { adapt, clock, changed: Notify::new() }
    }

    /// Submissions a second that are right now, and the most that the user allows.
    pub(super) fn pace(&self) -> (f64, f64) {
        let adapt = self.adapt.borrow();
        (adapt.pace(self.clock.elapsed()), adapt.ceiling())
    }

    /// Returns when so many answers are there that more may be sent.
    pub(super) async fn answers(&self) {
        while self.adapt.borrow().awaits_an_answer() {
            self.changed.notified().await;
        }
    }

    /// A submission is sent.
    pub(super) fn begin(&self) -> UnderWay<'_> {
        UnderWay { tempo: self, begun: self.adapt.borrow_mut().begun(self.clock.elapsed()) }
    }

    /// How long the next one has to wait, when the last one went at `last`; `None`: not at all.
    fn wait_since(&self, last: Option<Duration>) -> Option<Duration> {
        let (now, adapt) = (self.clock.elapsed(), &mut *self.adapt.borrow_mut());
        if adapt.has_recovered(now) {
            tracing::info!(event = "faster", pace = adapt.ceiling(), "the provider bears the whole pace again");
        }
        let last = last.filter(|_| adapt.is_slowed())?;
        let apart = Duration::try_from_secs_f64(1.0 / adapt.pace(now)).unwrap_or(Duration::MAX);
        let wait = last.saturating_add(apart).saturating_sub(now);
        // A wait that is shorter than a timer can tell would be looked at again and again.
        (wait >= Duration::from_micros(1)).then(|| if adapt.is_rising() { wait.min(LOOK_AGAIN) } else { wait })
    }

    /// Waits for so long, or until the pace changes.
    async fn sleep(&self, wait: Duration) {
        tokio::select! {
            biased;
            () = self.changed.notified() => {}
            () = self.clock.sleep(wait) => {}
        }
    }
}

impl UnderWay<'_> {
    /// It came past whatever counts submissions: taken on, or refused for what it is.
    pub(super) fn was_let_through(self) {
        let tempo = self.tempo;
        tempo.adapt.borrow_mut().accepted(tempo.clock.elapsed(), self.begun);
    }

    /// It was refused for now. `told` is how long the provider wants to be left alone, if it says so.
    pub(super) fn was_refused(self, told: Option<Duration>) {
        let (tempo, adapt) = (self.tempo, &mut *self.tempo.adapt.borrow_mut());
        if let Some(pace) = adapt.refused(tempo.clock.elapsed(), self.begun, told) {
            let ceiling = adapt.ceiling();
            tracing::info!(event = "slower", pace, ceiling, "the provider refuses submissions for now: fewer of them a second");
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.tempo.adapt.borrow_mut().answered();
        self.tempo.changed.notify_waiters();
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

/// What governor calls a rate.
fn quota(rate: Rate) -> Quota {
    match rate.per {
        Per::Second => Quota::per_second(rate.count),
        Per::Minute => Quota::per_minute(rate.count),
        Per::Hour => Quota::per_hour(rate.count),
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
