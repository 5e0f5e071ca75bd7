//! Whole takes: submitted, asked about, fetched, stored and written down, with the simulator in the same process and its time
//! running a thousand times as fast as the world. So this is what the program itself costs, the disk included. Not on a moved
//! clock: nobody waits there, so nobody shares a flush.

#[expect(dead_code, reason = "this bench uses a part of it")]
mod measure;

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use futures::stream::{self, StreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use measure::{folder, shots, take, timed, told};
use rushes::budget::{Budget, Caps};
use rushes::clock::Clock;
use rushes::engine::{self, Ended, Limits, Stop, Task, Watcher, World};
use rushes::film;
use rushes::ledger::{Entry, Holder, Ledger};
use rushes::limits::Rate;
use rushes::provider::{Download, FetchError, Order, Provider, Reply, Resume};
use rushes::simulator::{Script, SimulatedProvider};
use rushes::store::Store;
use rushes::take::{Event, Outcome, Policy, Take, TaskId};

const COUNT: usize = 5000;
/// So many that the bound on what is at the provider is not what is measured.
const IN_FLIGHT: u32 = 1000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut ended = Ended::default();
    let time = timed(|| ended = runtime.block_on(run()));
    told("run 5,000 takes, 1,000 in flight", COUNT, time);
    assert!(ended.takes.iter().all(|take| take.outcome() == Outcome::Stored));
}

async fn run() -> Ended {
    let root = folder();
    let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1000);
    let ledger =
        Ledger::open(root.path(), "bench", &Holder { pid: 1, host: String::new(), since: clock.now() }).expect("a ledger");
    let store = Store::open(root.path()).expect("an output directory");
    let takes: Vec<Take> = shots(COUNT).iter().map(take).collect();
    ledger.append(takes.iter().map(|take| entered(take, clock.now()))).await.expect("a ledger that can be written");
    let (provider, stop) = (Arc::new(NoFilms(SimulatedProvider::new(Script::default(), clock))), Stop::default());
    let policy = Policy { patience: Duration::from_secs(1_000_000), ..Policy::default() };
    let (ledger, store, times, stop) = (&ledger, &store, &RefCell::default(), &stop);
    let budget = Budget::new(Caps::default(), TimeZone::UTC);
    let (watcher, draw) = (&Nobody, || 1);
    let world = World { provider, ledger, store, clock, policy, budget, closes: None, times, watcher, stop, inbox: None, draw };
    let tasks = takes.into_iter().map(|take| Task { take, callback_url: None, price: None }).collect();
    engine::run(&world, limits(), tasks).await.expect("a ledger that can be written")
}

fn limits() -> Limits {
    let count = |n| NonZeroU32::new(n).expect("not zero");
    let rate = Rate::per_second(count(10_000));
    Limits { pace: rate, burst: count(100), in_flight: count(IN_FLIGHT), poll_pace: rate, downloads: count(16) }
}

fn entered(take: &Take, at: Timestamp) -> Entry {
    let event = Event::Planned { request: take.request.clone(), key: take.key, tags: Vec::new() };
    Entry { take: take.name.clone(), at, event, answer: None }
}

struct Nobody;

impl Watcher for Nobody {
    fn saw(&self, _: &Take, _: &Event) {}
}

/// The simulator, but for its films, which would take most of the time: a beginning and the text of its link stand for each.
struct NoFilms(SimulatedProvider);

impl Provider for NoFilms {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        self.0.submit(order)
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        self.0.poll(task)
    }

    fn fetch<'a>(&'a self, link: &'a str, _: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        let film = film::stub(&[link.as_bytes(), &[0; 1000]].concat());
        let body = stream::iter([Ok(Bytes::from(film))]).boxed();
        async { Ok(Download { start: 0, length: None, content_type: None, validator: None, checksum: None, body }) }.boxed()
    }
}
