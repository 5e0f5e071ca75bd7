//! Drives the takes of a plan to their ends: in order, within the bounds, one written-down step at a time.
//!
//! ```text
//! resumed takes ──all at once──▶┐
//! new takes ──when there is room─▶ drive ─▶ drive ─▶ drive   (one future a take, on one thread)
//!                                  │ submit ▸ poll ▸ fetch ▸ keep; each step recorded before the next
//! ```
//!
//! A take that goes wrong is data. `Err` means that the ledger cannot be written, and then nothing more is done.

mod about;
mod adapt;
mod breaker;
mod drive;
mod fetch;
mod hear;
mod inbox;
mod pace;
mod partial;
mod phase;
mod post;
mod purse;
mod queue;
mod room;
mod stop;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use serde::Serialize;
use url::Url;

pub(crate) use about::about;
pub use inbox::{Arrival, Fate, Inbox};
pub use pace::Pace;
pub use phase::{How, Phase, Watchers};
pub use post::Callbacks;
pub use room::Room;
pub use stop::{Reason, Stop};

use self::pace::Tempo;
use self::post::Post;
use self::purse::Purse;
use self::queue::Queue;
use crate::budget::{Budget, Shortage};
use crate::cadence::Times;
use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError};
use crate::limits::Rate;
use crate::price::Money;
use crate::provider::Provider;
use crate::request::Request;
use crate::shot::TakeName;
use crate::store::Store;
use crate::take::{Event, Illegal, Policy, State, Take, later};

/// How many, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Submissions per time.
    pub pace: Rate,
    /// Submissions at one instant.
    pub burst: NonZeroU32,
    /// Takes at the provider.
    pub in_flight: NonZeroU32,
    /// Polls per time.
    pub poll_pace: Rate,
    /// Downloads at once.
    pub downloads: NonZeroU32,
}

impl Default for Limits {
    /// What a run keeps to where nobody says otherwise.
    fn default() -> Self {
        const fn count(count: u32) -> NonZeroU32 {
            NonZeroU32::new(count).expect("a constant above zero")
        }
        Self {
            pace: Rate::per_second(count(2)),
            burst: NonZeroU32::MIN,
            in_flight: count(20),
            poll_pace: Rate::per_second(count(20)),
            downloads: count(4),
        }
    }
}

/// One take to be driven, and where the provider is to call back for it alone.
#[derive(Debug, Clone)]
pub struct Task {
    /// The take as the ledger has it.
    pub take: Take,
    /// The shot's own callback address.
    pub callback_url: Option<Url>,
    /// What a submission will cost, where the author has said so.
    pub price: Option<Money>,
}

/// What a run needs from the world.
pub struct World<'a> {
    /// Who makes the videos.
    pub provider: Arc<dyn Provider>,
    /// Where everything is written down.
    pub ledger: &'a Ledger,
    /// Where the videos go.
    pub store: &'a Store,
    /// What time it is.
    pub clock: Clock,
    /// When to ask again and when to give up.
    pub policy: Policy,
    /// How much may be spent, and what counts towards that already.
    pub budget: Budget,
    /// When the run has to be over, if that is set.
    pub closes: Option<Timestamp>,
    /// How long takes were at the provider, by what earlier runs have seen; the run adds what it sees itself.
    pub times: &'a RefCell<Times>,
    /// Who is told of every step.
    pub watcher: &'a dyn Watcher,
    /// What can stop the run.
    pub stop: &'a Stop,
    /// Where callbacks come in, if anywhere.
    pub inbox: Option<&'a dyn Inbox>,
    /// The bits for an attempt's token.
    pub draw: fn() -> u128,
}

/// Is told of every step when it has been written down.
pub trait Watcher {
    /// `event` has happened to `take`, which is what it made of it.
    fn saw(&self, take: &Take, event: &Event);

    /// `take` begins this phase. Phases lie one within another, and each is told to end, but when the run ends with an error.
    fn began(&self, take: &Take, phase: Phase) {
        let _ = (take, phase);
    }

    /// The phase that `take` began last is over.
    fn ended(&self, take: &Take, phase: Phase, how: How<'_>) {
        let _ = (take, phase, how);
    }

    /// How hard the run presses on the provider has changed.
    fn pressed(&self, _pressure: Pressure) {}
}

/// How hard a run presses on the provider, and how hard it may.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pressure {
    /// Submissions a second that are right for what the provider bears: above zero.
    pub pace: f64,
    /// The most submissions a second that the user allows.
    pub ceiling: f64,
    /// Takes that the provider works on at once, as far as that is known; at most as many as the user allows.
    pub in_flight_bound: usize,
    /// Takes that are at the provider, or about to be submitted.
    pub in_flight: usize,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Ended {
    /// The takes as they stand now, in no particular order.
    pub takes: Vec<Take>,
    /// Those that were not submitted, and why.
    pub held: HashMap<TakeName, HeldBy>,
    /// How often the provider was called.
    pub calls: Calls,
    /// How often it called back; `None` where nobody listened.
    pub callbacks: Option<Callbacks>,
}

/// What keeps a take from being submitted in this run, though nothing is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// It would pass a cap.
    Budget(Shortage),
    /// It would not be finished before the run has to be over.
    Window {
        /// When it has to be.
        closes: Timestamp,
        /// How long the take would have been at the provider, as far as can be said.
        takes: Duration,
    },
}

/// How often the provider was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Submissions, each of which may have cost money.
    pub submissions: u64,
    /// Questions about a task.
    pub polls: u64,
    /// Downloads begun.
    pub fetches: u64,
}

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Nothing can be written down any more.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A bug: something happened that cannot happen.
    #[error(transparent)]
    Illegal(#[from] Illegal),
}

/// Drives every task as far as it goes. What an earlier run left at the provider is looked after at once; the rest follows in
/// order as there is room.
pub async fn run(world: &World<'_>, limits: Limits, tasks: Vec<Task>) -> Result<Ended, RunError> {
    let bounds = Bounds::new(world, limits, Post::open(world, &tasks)?);
    bounds.post.sort_what_waits().await;
    let (begun, planned): (Vec<_>, Vec<_>) = tasks.into_iter().partition(|task| begun(&task.take));
    let mut driven = FuturesUnordered::new();
    for task in begun {
        let place = task.take.state.in_flight().then(|| bounds.room.squeeze_in());
        driven.push(drive::drive(world, &bounds, task, place));
    }
    let mut planned = planned.into_iter().peekable();
    let mut ended = Vec::new();
    // A callback may yet say what became of them.
    let mut unresolved = HashMap::new();
    // What has outlasted the patience of this run is at the provider all the same, and keeps its place there.
    let mut left = Vec::new();
    let mut broken = None;
    let mut closing = pin!(bounds.closing().fuse());
    loop {
        // On a disk that is nearly full takes go one after the other, and what would not fit at all is not paid for.
        let kept = planned.peek().map_or(Ok(()), |_| world.store.has_room_for(driven.len() + 1));
        let fits = kept.is_ok();
        if let (Err(error), true) = (kept, driven.is_empty()) {
            world.stop.because(Reason::Disk(error));
        }
        let next_may_enter = async {
            match planned.peek() {
                Some(_) => world.stop.unless_not_submitting(bounds.room.enter()).await,
                None => None,
            }
        };
        tokio::select! {
            biased;
            Some(driven) = driven.next() => match driven {
                Ok((task, place)) => {
                    match task.take.state {
                        State::Unresolved(_) => drop(unresolved.insert(task.take.name.clone(), task)),
                        _ => ended.push(task.take),
                    }
                    left.extend(place);
                    if left.len() >= bounds.room.limit() {
                        world.stop.because(Reason::Full);
                    }
                }
                // The others are not dropped in the middle of a call: what is answered now is still told.
                Err(error) => {
                    world.stop.let_go();
                    broken.get_or_insert(error);
                }
            },
            name = bounds.post.delivered(), if !driven.is_empty() => {
                if let Some(task) = unresolved.remove(&name) {
                    driven.push(drive::drive(world, &bounds, task, None));
                }
            }
            () = &mut closing, if !driven.is_empty() => world.stop.because(Reason::TimeOver),
            Some(place) = next_may_enter, if fits => {
                if let Some(task) = planned.next() {
                    driven.push(drive::drive(world, &bounds, task, Some(place)));
                }
            }
            else => break,
        }
    }
    if let Some(error) = broken {
        return Err(error);
    }
    world.ledger.flush().await?;
    ended.extend(unresolved.into_values().chain(planned).map(|task| task.take));
    let (calls, callbacks) = (bounds.calls.get(), bounds.post.counts());
    Ok(Ended { takes: ended, held: bounds.held.take(), calls, callbacks })
}

/// Polls that are due within so short a time may be made at once: it is about what a timer can tell apart, and at a high pace
/// waiting for each of them singly would be slower than the pace.
const TICK: Duration = Duration::from_millis(10);

/// The least that the clock can tell apart.
const MOMENT: Duration = Duration::from_millis(1);

/// From the end of a generation until its video is on disk: it has to be seen, to wait for its turn, and to be fetched.
const DELIVERY: Duration = Duration::from_secs(60);

/// The bounds of one run.
struct Bounds<'a> {
    room: Room,
    pace: Pace,
    /// How fast the provider lets the run be, which pace and gate keep to.
    tempo: Rc<Tempo>,
    pressure: Cell<Option<Pressure>>,
    /// The pace once more, for what has had its turn and is written down: a slow flush must not let many go at one instant.
    gate: Pace,
    poll_pace: Pace,
    /// By when the videos were made: the oldest link is the next to expire.
    downloads: Queue,
    post: Post<'a>,
    /// Since when the provider has refused every submission.
    refused_since: Cell<Option<Timestamp>>,
    breaker: RefCell<breaker::Breaker>,
    purse: Purse,
    clock: Clock,
    closes: Option<Timestamp>,
    times: &'a RefCell<Times>,
    /// How long a take is at the provider, where nothing else is known.
    generation: Duration,
    held: RefCell<HashMap<TakeName, HeldBy>>,
    calls: Cell<Calls>,
}

impl<'a> Bounds<'a> {
    fn new(world: &World<'a>, limits: Limits, post: Post<'a>) -> Self {
        let tempo = Rc::new(Tempo::new(limits.pace, limits.burst, world.clock));
        let pace = |early| Pace::new(limits.pace, limits.burst, world.clock).following(&tempo, early);
        Self {
            room: Room::new(limits.in_flight),
            pace: pace(true),
            gate: pace(false),
            pressure: Cell::new(None),
            poll_pace: Pace::new(limits.poll_pace, limits.poll_pace.within(TICK), world.clock),
            downloads: Queue::new(limits.downloads),
            post,
            refused_since: Cell::new(None),
            breaker: RefCell::new(breaker::Breaker::new(&world.policy)),
            purse: Purse::new(&world.budget, world.closes, world.policy.patience, world.clock),
            clock: world.clock,
            closes: world.closes,
            times: world.times,
            generation: world.policy.generation,
            held: RefCell::default(),
            calls: Cell::default(),
            tempo,
        }
    }

    /// Tells the watcher how hard the run presses on the provider, if that has changed.
    fn tell_pressure(&self, watcher: &dyn Watcher) {
        let (pace, ceiling) = self.tempo.pace();
        let now = Pressure { pace, ceiling, in_flight_bound: self.room.bound(), in_flight: self.room.inside() };
        if self.pressure.replace(Some(now)) != Some(now) {
            watcher.pressed(now);
        }
    }

    /// Returns when the run has to be over; never where nobody has said so.
    async fn closing(&self) {
        match self.closes {
            Some(closes) => self.clock.sleep_until(closes).await,
            None => std::future::pending().await,
        }
    }

    /// How long a take of this request takes from its submission until its video is on disk, in nine cases of ten.
    fn takes(&self, request: &Request) -> Duration {
        let generation = match self.times.borrow().estimate(request) {
            Some(estimate) if estimate.is_sound() => estimate.p90,
            Some(estimate) => estimate.p90.max(self.generation),
            None => self.generation,
        };
        generation.saturating_add(DELIVERY)
    }

    /// Returns when a take that is submitted then would not be finished before the run has to be over.
    async fn too_late(&self, request: &Request) -> HeldBy {
        let Some(closes) = self.closes else { return std::future::pending().await };
        loop {
            let takes = self.takes(request);
            let last = closes.checked_sub(takes).unwrap_or(Timestamp::MIN);
            if last < self.clock.now() {
                return HeldBy::Window { closes, takes };
            }
            self.clock.sleep_until(later(last, MOMENT)).await;
        }
    }

    fn count(&self, change: impl FnOnce(&mut Calls)) {
        let mut calls = self.calls.get();
        change(&mut calls);
        self.calls.set(calls);
    }
}

/// Whether the provider has, or had, something to do with the take that is not settled.
fn begun(take: &Take) -> bool {
    matches!(take.state, State::Submitting | State::Unresolved(_) | State::Accepted { .. } | State::Ready { .. })
}
