//! What several themes need: shots, takes, and a house to run them in.

use std::cell::{Cell, RefCell};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rushes::budget::{Budget, Caps};
use rushes::cadence::Times;
use rushes::clock::Clock;
use rushes::digest::Digest;
use rushes::engine::{self, Arrival, Ended, Fate, Inbox, Limits, RunError, Stop, Task, Watcher, World};
use rushes::ledger::{Entry, Holder, Ledger, LedgerError};
use rushes::limits::Rate;
use rushes::motion::Motion;
use rushes::price::Money;
use rushes::provider::{Provider, cometapi};
use rushes::request::Request;
use rushes::shot::{ShotId, TakeName, TakeNo};
use rushes::simulator::SimulatedProvider;
use rushes::store::Store;
use rushes::take::{Asset, Event, Finish, Policy, Take, Token};
use tempfile::TempDir;

/// A time to start from.
pub(crate) fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().expect("a time")
}

/// A take of a shot of its own.
pub(crate) fn take(number: usize) -> Take {
    let shot: ShotId = format!("SH{number:04}").parse().expect("an id");
    let request = Request {
        prompt: format!("shot number {number}"),
        ratio: "16:9".parse().expect("a ratio"),
        style: "cinematic".into(),
        model: "gen4_turbo".into(),
        seconds: 5.try_into().expect("a length"),
        motion: Motion::default(),
    };
    let key = request.key("cometapi", TakeNo::FIRST);
    let mut take = Take::new(TakeName::new(shot, TakeNo::FIRST), request, key, Vec::new());
    take.record.planned_at = Some(noon());
    take
}

/// Limits that do not get in the way.
pub(crate) fn wide() -> Limits {
    let count = |n| NonZeroU32::new(n).expect("not zero");
    Limits {
        pace: Rate::per_second(count(1000)),
        burst: count(1000),
        in_flight: count(1000),
        poll_pace: Rate::per_second(count(1000)),
        downloads: count(16),
    }
}

/// Enters new takes in the ledger of `root`.
pub(crate) async fn enter(root: &Path, takes: &[Take]) {
    let ledger = open(root);
    let planned = |take: &Take| Event::Planned { request: take.request.clone(), key: take.key, tags: Vec::new() };
    let entry = |take: &Take| Entry { take: take.name.clone(), at: noon(), event: planned(take), answer: None };
    ledger.append(takes.iter().map(entry).collect::<Vec<_>>()).await.expect("a ledger that can be written");
}

/// Enters so many takes whose videos are on disk, as far as the ledger knows.
pub(crate) async fn watched(root: &Path, count: usize) -> Vec<TakeName> {
    let takes: Vec<_> = (0..count).map(take).collect();
    enter(root, &takes).await;
    let entries = |take: &Take| {
        let (name, link) = (take.name.clone(), "https://v/1".to_owned());
        let asset = Asset { digest: Digest::of(b""), bytes: 0 };
        [
            Event::Intent { token: Token::new(1), price: None },
            Event::Accepted { task: "t".parse().expect("an id") },
            Event::Succeeded { link, finish: Finish::default() },
            Event::Stored { asset },
        ]
        .map(|event| Entry { take: name.clone(), at: noon(), event, answer: None })
    };
    open(root).append(takes.iter().flat_map(entries).collect::<Vec<_>>()).await.expect("a ledger that can be written");
    takes.into_iter().map(|take| take.name).collect()
}

/// Writes one event into the ledger of `root`.
pub(crate) async fn append(root: &Path, take: &Take, event: Event) {
    append_at(noon(), root, take, event).await;
}

/// Writes one event that happened at `at` into the ledger of `root`.
pub(crate) async fn append_at(at: Timestamp, root: &Path, take: &Take, event: Event) {
    let entry = Entry { take: take.name.clone(), at, event, answer: None };
    open(root).append([entry]).await.expect("a ledger that can be written");
}

/// One process' life: opens everything, drives every take of the ledger as far as it goes, closes everything.
pub(crate) async fn live(
    root: &Path,
    provider: &SimulatedProvider,
    clock: Clock,
    limits: Limits,
    policy: Policy,
    watcher: &dyn Watcher,
) -> Result<Ended, RunError> {
    live_with(root, Arc::new(provider.on(clock)), clock, limits, policy, watcher, None).await
}

/// What one life may spend, and how long it may last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Terms {
    pub(crate) caps: Caps,
    pub(crate) price: Option<Money>,
    pub(crate) closes: Option<Timestamp>,
}

/// The same under terms.
pub(crate) async fn live_on(
    terms: Terms,
    root: &Path,
    provider: &SimulatedProvider,
    clock: Clock,
    (limits, policy): (Limits, Policy),
    watcher: &dyn Watcher,
) -> Result<Ended, RunError> {
    life(terms, root, Arc::new(provider.on(clock)), clock, (limits, policy), watcher, None).await
}

/// The same with any provider, and with callbacks.
pub(crate) async fn live_with(
    root: &Path,
    provider: Arc<dyn Provider>,
    clock: Clock,
    limits: Limits,
    policy: Policy,
    watcher: &dyn Watcher,
    inbox: Option<&dyn Inbox>,
) -> Result<Ended, RunError> {
    life(Terms::default(), root, provider, clock, (limits, policy), watcher, inbox).await
}

async fn life(
    terms: Terms,
    root: &Path,
    provider: Arc<dyn Provider>,
    clock: Clock,
    (limits, policy): (Limits, Policy),
    watcher: &dyn Watcher,
    inbox: Option<&dyn Inbox>,
) -> Result<Ended, RunError> {
    let ledger = open(root);
    let store = Store::open(root).expect("an output directory");
    let stop = Stop::default();
    let takes = ledger.takes()?;
    let times = RefCell::new(Times::of(&takes));
    let budget = Budget::new(terms.caps, TimeZone::UTC).after(takes.iter().flat_map(Take::charges));
    let tasks = takes.into_iter().map(|take| Task { take, callback_url: None, price: terms.price }).collect();
    let (ledger, store, times, stop, closes) = (&ledger, &store, &times, &stop, terms.closes);
    let world = World { provider, ledger, store, clock, policy, budget, closes, times, watcher, stop, inbox, draw: count_up };
    engine::run(&world, limits, tasks).await
}

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) RefCell<Vec<(TakeName, &'static str)>>);

impl Watcher for Seen {
    fn saw(&self, take: &Take, event: &Event) {
        self.0.borrow_mut().push((take.name.clone(), event.kind()));
    }
}

/// Ends the process, as far as it can tell, right after an event has become durable.
pub(crate) struct Crash {
    left: Cell<usize>,
}

impl Crash {
    /// After so many events.
    pub(crate) fn at(event: usize) -> Self {
        Self { left: Cell::new(event) }
    }
}

impl Watcher for Crash {
    fn saw(&self, _: &Take, _: &Event) {
        self.left.set(self.left.get() - 1);
        if self.left.get() == 0 {
            // Unwinds without the noise of a panic.
            std::panic::resume_unwind(Box::new("the plug was pulled"));
        }
    }
}

/// The callbacks of a simulated provider as the inbox of one run after the other, which counts what became of them. What a run
/// has not dealt with, and what it knew nothing of, waits for the next one.
pub(crate) struct Post {
    provider: SimulatedProvider,
    live: bool,
    came: Cell<usize>,
    unreadable: Cell<usize>,
    given: RefCell<Vec<Arrival>>,
    fates: RefCell<Vec<Fate>>,
}

impl Post {
    /// The post of `provider`, which calls back, on its clock. A run may wait for callbacks if it is `live`.
    pub(crate) fn of(provider: &SimulatedProvider, live: bool) -> Self {
        let (came, unreadable, given, fates) = Default::default();
        Self { provider: provider.clone(), live, came, unreadable, given, fates }
    }

    /// How many callbacks met this fate; where it says why, whatever it says.
    pub(crate) fn count(&self, fate: &Fate) -> usize {
        let same = |other: &&Fate| std::mem::discriminant(*other) == std::mem::discriminant(fate);
        self.fates.borrow().iter().filter(same).count()
    }

    /// How many were no callbacks at all.
    pub(crate) fn unreadable(&self) -> usize {
        self.unreadable.get()
    }

    async fn arrival(&self) -> Arrival {
        loop {
            let sent = self.provider.next_callback().await;
            let Some(callback) = cometapi::callback(sent.body.as_bytes()) else {
                self.unreadable.set(self.unreadable.get() + 1);
                continue;
            };
            self.came.set(self.came.get() + 1);
            let token = sent.token.and_then(|text| u128::from_str_radix(&text, 16).ok()).map(Token::new);
            let arrival = Arrival { name: format!("callback {}", self.came.get()), token, callback, raw: sent.body };
            self.given.borrow_mut().push(arrival.clone());
            return arrival;
        }
    }
}

impl Inbox for Post {
    fn waiting(&self) -> LocalBoxFuture<'_, Vec<Arrival>> {
        let again = self.given.borrow().clone();
        let waiting = again.into_iter().chain(std::iter::from_fn(|| self.arrival().now_or_never())).collect();
        async { waiting }.boxed_local()
    }

    fn next(&self) -> LocalBoxFuture<'_, Arrival> {
        self.arrival().boxed_local()
    }

    fn dealt_with(&self, arrival: Arrival, fate: Fate) {
        if fate != Fate::Foreign {
            self.given.borrow_mut().retain(|given| given.name != arrival.name);
        }
        self.fates.borrow_mut().push(fate);
    }

    fn is_live(&self) -> bool {
        self.live
    }
}

/// Numbers in an order that nobody would choose, the same for the same seed (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// One of these.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let end = u64::try_from(from.len()).expect("a few");
        from[usize::try_from(self.below(end)).expect("a few")]
    }
}

/// A folder for a test that ends many processes, in memory where the system has such a place: what a flush is worth is for other
/// tests to say, and here thousands of them would only take time.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary directory")
}

/// Opens the ledger of `root`, as soon as a life that has ended in the middle has let go of it.
fn open(root: &Path) -> Ledger {
    loop {
        match Ledger::open(root, "test", &Holder { pid: 1, host: String::new(), since: noon() }) {
            Err(LedgerError::Locked { .. }) => std::thread::yield_now(),
            opened => return opened.expect("a ledger"),
        }
    }
}

fn count_up() -> u128 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
}
