//! Providers that bear less than the user allows: how much of it is used, and how little is refused on the way. On a moved clock, so
//! that the figures are exact.

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::time::Duration;

use rushes::clock::Clock;
use rushes::engine::{Limits, Pressure, Watcher};
use rushes::simulator::{Changes, Script, SimulatedProvider, Verdict};
use rushes::take::{Event, Policy, State, Take};

use crate::support::{enter, folder, live, noon, take, wide};

/// What came of a run.
#[derive(Debug)]
struct Run {
    /// Submissions that were let in, a second from the first to the last of them.
    throughput: f64,
    /// Which share of the submissions was refused.
    refused: f64,
    pressures: Vec<Pressure>,
}

/// Remembers how hard the run has pressed.
#[derive(Default)]
struct Gauge(RefCell<Vec<Pressure>>);

impl Watcher for Gauge {
    fn saw(&self, _: &Take, _: &Event) {}

    fn pressed(&self, pressure: Pressure) {
        self.0.borrow_mut().push(pressure);
    }
}

fn script(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap()
}

fn limits(pace: &str, in_flight: u32) -> Limits {
    let in_flight = NonZeroU32::new(in_flight).unwrap();
    Limits { pace: pace.parse().unwrap(), burst: NonZeroU32::MIN, in_flight, ..wide() }
}

/// Submits so many takes at up to 20 a second to a provider that plays `yaml`; all of them have to be made.
async fn run(takes: usize, yaml: &str) -> Run {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(yaml), clock);
    enter(root.path(), &(0..takes).map(take).collect::<Vec<_>>()).await;
    let gauge = Gauge::default();
    let policy = Policy { poll_first: Duration::from_secs(600), poll_every: Duration::from_secs(600), ..Policy::default() };
    let ended = live(root.path(), &provider, clock, limits("20/s", 10_000), policy, &gauge).await.unwrap();
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Stored { .. })), "{yaml}");
    let submissions = provider.submissions();
    let let_in = submissions.iter().filter(|made| matches!(made.verdict, Some(Verdict::Accepted(_))));
    let times: Vec<_> = let_in.map(|made| made.at).collect();
    let count = |count: usize| f64::from(u32::try_from(count).unwrap());
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    Run {
        throughput: count(times.len() - 1) / last.duration_since(*first).as_secs_f64(),
        refused: count(submissions.len() - times.len()) / count(submissions.len()),
        pressures: gauge.0.take(),
    }
}

/// With answers after 0.6 s. The shares are a little worse than what is reached, so that not every change of the curve is one here.
#[tokio::test(start_paused = true)]
async fn what_the_provider_bears_is_used_and_little_is_refused() {
    // A limit; how much of its rate is used at least, and how much is refused at most, in hundredths.
    let table = [
        ("3/s", 3.0, 93.0, 4.0),
        ("3/s fixed", 3.0, 93.0, 4.0),
        ("3/s bucket", 3.0, 91.0, 4.0),
        ("3/s bucket 3", 3.0, 95.0, 4.0),
        ("3/s bucket 30", 3.0, 100.0, 5.0),
        ("180/m fixed", 3.0, 100.0, 5.0),
        // What went in at first counts for a whole minute, and nothing tells when that is over.
        ("180/m", 3.0, 95.0, 7.5),
        ("3/s\nretry_after: 0", 3.0, 93.0, 4.0),
        ("3/s\nretry_after: 1", 3.0, 90.0, 4.0),
        // A whole minute of silence is asked for, whenever the count of this one is used up.
        ("180/m fixed\nretry_after: 60", 3.0, 82.0, 4.0),
        ("1/s", 1.0, 93.0, 5.0),
        ("1/s bucket", 1.0, 93.0, 5.0),
        ("10/s", 10.0, 90.0, 4.0),
        ("10/s bucket 10", 10.0, 95.0, 5.0),
    ];
    for (limit, rate, used, refused) in table {
        let run = run(500, &format!("rate_limit: {limit}")).await;
        let (reached, met) = (100.0 * run.throughput / rate, 100.0 * run.refused);
        assert!(reached >= used && met <= refused, "{limit:?}: {reached:.1} % used, {met:.1} % of the submissions refused");
        assert!(run.pressures.iter().all(|pressure| pressure.pace > 0.0 && pressure.pace <= pressure.ceiling));
        let slowest = run.pressures.iter().map(|pressure| pressure.pace).fold(f64::MAX, f64::min);
        assert!((run.pressures[0].pace, slowest < rate) == (20.0, true), "{limit:?}: {slowest}");
    }
}

#[tokio::test(start_paused = true)]
async fn soon_and_slow_answers_change_little() {
    for (latency, used, refused) in [("50ms", 93.0, 3.0), ("2s", 85.0, 5.0), ("21s", 65.0, 6.0)] {
        let run = run(500, &format!("latency: {latency}\nrate_limit: 3/s")).await;
        let (reached, met) = (100.0 * run.throughput / 3.0, 100.0 * run.refused);
        assert!(reached >= used && met <= refused, "{latency}: {reached:.1} % used, {met:.1} % of the submissions refused");
    }
}

#[tokio::test(start_paused = true)]
async fn who_refuses_everything_is_left_alone_soon_and_in_the_end() {
    for busy in ["busy: 1", "relay_busy: 1", "busy_for_seconds: 1"] {
        let root = folder();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(&format!("odds: {{ {busy} }}")), clock);
        enter(root.path(), &(0..500).map(take).collect::<Vec<_>>()).await;
        let ended =
            live(root.path(), &provider, clock, limits("20/s", 500), Policy::default(), &Gauge::default()).await.unwrap();
        assert!(ended.takes.iter().all(|take| matches!(take.state, State::Planned { .. })));
        let tries = provider.submissions().len();
        assert!(tries < 40, "{busy}: {tries} tries in five minutes");
        let minutes = clock.elapsed().as_secs_f64() / 60.0;
        assert!((5.0..6.0).contains(&minutes), "{busy}: stopped after {minutes} minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn while_takes_have_to_wait_at_the_provider_fewer_are_there() {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script("concurrency: 5\nqueue: 0"), clock);
    enter(root.path(), &(0..100).map(take).collect::<Vec<_>>()).await;
    let gauge = Gauge::default();
    let ended = live(root.path(), &provider, clock, limits("20/s", 20), Policy::default(), &gauge).await.unwrap();
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Stored { .. })));
    let throttled = provider.with_model(|model| model.tasks().filter(|task| task.throttled).count());
    assert!((15..40).contains(&throttled), "{throttled} of 100 had to wait, 15 of them at the beginning");
    let pressures = gauge.0.take();
    assert!(pressures.iter().all(|pressure| (1..=20).contains(&pressure.in_flight_bound)));
    let late = &pressures[pressures.len() / 2..];
    assert!(late.iter().all(|pressure| (4..=7).contains(&pressure.in_flight_bound)), "{late:?}");
    // Nothing is lost by it: five at a time, for as long as they take.
    let whole = Duration::from_millis(provider.with_model(|model| model.tasks().map(|task| task.running_ms).sum())) / 5;
    assert!(clock.elapsed() < whole.mul_f64(1.35), "{:?} for {whole:?} of work", clock.elapsed());
}
