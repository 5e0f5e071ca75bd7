//! The engine on a moved clock: bounds that hold at every instant, and a crash at every event.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use rushes::clock::Clock;
use rushes::engine::Limits;
use rushes::ledger;
use rushes::limits::Rate;
use rushes::provider::{Answer, Download, FetchError, Order, Provider, Reply, Resume};
use rushes::shot::TakeName;
use rushes::simulator::{Changes, Script, SimulatedProvider, Verdict};
use rushes::take::{Doubt, Event, Policy, State, TaskId, Token};

use crate::support::{Crash, Seen, append, enter, live, live_with, noon, take, wide};

#[tokio::test(start_paused = true)]
async fn never_faster_than_the_pace_and_never_more_than_the_room() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let count = |n| NonZeroU32::new(n).unwrap();
    let limits = Limits { pace: Rate::per_second(count(10)), burst: count(1), in_flight: count(32), ..wide() };
    enter(root.path(), &(0..1000).map(take).collect::<Vec<_>>()).await;

    let ended = live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();

    let times: Vec<_> = provider.submissions().iter().map(|submission| submission.at).collect();
    assert_eq!(times.len(), 1000);
    let crowded = times.windows(12).find(|window| window[11].duration_since(window[0]) < jiff::SignedDuration::from_secs(1));
    assert_eq!(crowded, None, "more than 10 and the burst within one second");
    let peak = provider.with_model(|model| model.stats().peak_in_flight);
    assert!(peak <= 32, "{peak} in flight");
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Stored { .. })));
    assert_eq!(ended.calls.submissions, 1000);
}

#[tokio::test(start_paused = true)]
async fn the_quota_is_used_to_the_full() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let limits = Limits { pace: "10/s".parse().unwrap(), burst: NonZeroU32::MIN, ..wide() };
    enter(root.path(), &(0..100).map(take).collect::<Vec<_>>()).await;
    live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let submissions = provider.submissions();
    let spread = submissions[99].at.duration_since(submissions[0].at);
    assert!(spread.as_millis().abs_diff(9900) <= 100, "99 gaps of a tenth of a second took {spread}");
}

#[tokio::test(start_paused = true)]
async fn what_is_written_down_in_one_flush_is_not_sent_at_one_instant() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let limits = Limits { pace: "500/s".parse().unwrap(), burst: NonZeroU32::MIN, ..wide() };
    enter(root.path(), &(0..200).map(take).collect::<Vec<_>>()).await;
    live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let times: Vec<_> = provider.submissions().iter().map(|submission| submission.at).collect();
    let crowded = times.windows(2).filter(|window| window[0] == window[1]).count();
    assert_eq!(crowded, 0, "submissions at one instant");
}

#[tokio::test(start_paused = true)]
async fn a_slow_pace_does_not_use_up_the_patience_of_those_who_wait() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let limits = Limits { pace: "1/h".parse().unwrap(), burst: NonZeroU32::MIN, ..wide() };
    enter(root.path(), &(0..5).map(take).collect::<Vec<_>>()).await;
    let ended = live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Stored { .. })), "{:#?}", ended.takes);
}

#[tokio::test(start_paused = true)]
async fn what_a_clock_that_was_ahead_has_written_down_is_not_waited_for() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon() - jiff::SignedDuration::from_hours(24 * 300), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let takes = [take(1), take(2)];
    enter(root.path(), &takes).await;
    append(root.path(), &takes[0], Event::Intent { token: Token::new(1), price: None }).await;
    append(root.path(), &takes[0], Event::Accepted { task: "of-another-day".parse().unwrap() }).await;
    append(root.path(), &takes[1], Event::Intent { token: Token::new(2), price: None }).await;
    append(root.path(), &takes[1], Event::Deferred { why: "busy".into(), until: noon() }).await;
    live(root.path(), &provider, clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    assert!(provider.polls().iter().any(|(_, task)| task.as_str() == "of-another-day"), "never asked for");
    assert!(clock.elapsed() <= Duration::from_secs(2 * 3600), "{:?}", clock.elapsed());
    assert_eq!(ledger::read(root.path()).unwrap()[1].state.name(), "stored");
}

#[tokio::test(start_paused = true)]
async fn who_is_given_up_on_is_at_the_provider_all_the_same() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(with("generate: 100h"), clock);
    enter(root.path(), &(0..9).map(take).collect::<Vec<_>>()).await;
    let limits = Limits { in_flight: NonZeroU32::new(3).unwrap(), ..wide() };
    for run in 1..=2 {
        let ended = live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
        assert_eq!((ended.takes.len(), provider.submissions().len()), (9, 3), "run {run}");
        assert!(clock.elapsed() <= Duration::from_secs(2 * 3600) * run, "{:?}", clock.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_video_that_never_comes_to_its_end_does_not_keep_the_run_from_its_own() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = Arc::new(Drip(SimulatedProvider::new(script(), clock), clock));
    enter(root.path(), &[take(1)]).await;
    let seen = Seen::default();
    let run = live_with(root.path(), provider, clock, wide(), Policy::default(), &seen, None);
    let ended = tokio::time::timeout(Duration::from_secs(24 * 3600), run).await.expect("an end within a day").unwrap();
    assert!(matches!(ended.takes[0].state, State::Ready { .. }), "{:?}", ended.takes[0].state);
    let folder = std::fs::read_dir(root.path().join("objects")).unwrap();
    assert_eq!(folder.count(), 0, "what has come of it is gone");
}

#[tokio::test(start_paused = true)]
async fn one_refusal_long_after_another_is_not_refusing_everything() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let busy = || Answer::NotNow { why: "busy".into(), retry_after: None };
    let answers = vec![busy(), Answer::Unclear(Doubt::of("cut")), busy()];
    let provider = Arc::new(Moody(SimulatedProvider::new(script(), clock), Mutex::new(answers.into_iter())));
    let takes = [take(1), take(2)];
    enter(root.path(), &takes).await;
    append(root.path(), &takes[1], Event::Intent { token: Token::new(1), price: None }).await;
    let until = noon() + Duration::from_secs(3000);
    append(root.path(), &takes[1], Event::Deferred { why: "busy".into(), until }).await;
    live_with(root.path(), provider, clock, wide(), Policy::default(), &Seen::default(), None).await.unwrap();
    let states = ledger::read(root.path()).unwrap().into_iter().map(|take| take.state.name()).collect::<Vec<_>>();
    assert_eq!(states, ["unresolved", "stored"]);
}

/// Gives these answers to the first submissions.
struct Moody(SimulatedProvider, Mutex<std::vec::IntoIter<Answer>>);

impl Provider for Moody {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        let answer = self.1.lock().unwrap().next();
        let Some(answer) = answer else { return self.0.submit(order) };
        async { Reply { answer, raw: String::new() } }.boxed()
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        self.0.poll(task)
    }

    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.0.fetch(link, from)
    }
}

/// Sends a video byte by byte, each just in time, for ever.
struct Drip(SimulatedProvider, Clock);

impl Provider for Drip {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        self.0.submit(order)
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        self.0.poll(task)
    }

    fn fetch<'a>(&'a self, _: &'a str, _: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        let clock = self.1;
        let drop = move |()| async move {
            clock.sleep(Duration::from_secs(29)).await;
            Some((Ok(Bytes::from_static(b"x")), ()))
        };
        let beginning = futures::stream::iter([Ok(Bytes::from_static(b"\0\0\0\x10ftypisom\0\0\x02\0"))]);
        let body = beginning.chain(futures::stream::unfold((), drop)).boxed();
        async { Ok(Download { start: 0, length: None, content_type: None, validator: None, checksum: None, body }) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_to_wait_leaves_the_place_to_others() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(), clock);
    let takes = [take(1), take(2)];
    enter(root.path(), &takes).await;
    append(root.path(), &takes[0], Event::Intent { token: Token::new(1), price: None }).await;
    let until = noon() + Duration::from_secs(3000);
    append(root.path(), &takes[0], Event::Deferred { why: "busy".into(), until }).await;
    let limits = Limits { in_flight: NonZeroU32::MIN, ..wide() };
    live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let [second, first] = &provider.submissions()[..] else { panic!("{:?}", provider.submissions()) };
    assert_eq!((&second.take, &first.take), (&takes[1].name, &takes[0].name));
    assert!(second.at < noon() + Duration::from_secs(1) && first.at >= until, "{} {}", second.at, first.at);
}

#[tokio::test(start_paused = true)]
async fn what_is_replayed_is_what_was_lived() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let odds = "seed: 7\nodds: { moderated: 0.2, internal: 0.2, lost_answer: 0.2, rejected: 0.1 }";
    let provider = SimulatedProvider::new(with(odds), clock);
    enter(root.path(), &(0..60).map(take).collect::<Vec<_>>()).await;
    let mut ended = live(root.path(), &provider, clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    ended.takes.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(ledger::read(root.path()).unwrap(), ended.takes);
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_event_loses_nothing_and_pays_for_nothing_twice() {
    let count = |n| NonZeroU32::new(n).unwrap();
    let limits = Limits { in_flight: count(3), ..wide() };
    let takes: Vec<_> = (0..8).map(take).collect();
    let mut at = 1;
    loop {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(), clock);
        enter(root.path(), &takes).await;

        let crash = Crash::at(at);
        let first = AssertUnwindSafe(live(root.path(), &provider, clock, limits, Policy::default(), &crash));
        let survived = first.catch_unwind().await.is_ok();

        live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
        settle(root.path(), &provider).await;
        live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();

        let after = ledger::read(root.path()).unwrap();
        assert!(after.iter().all(|take| matches!(take.state, State::Stored { .. })), "crash at event {at}: {after:#?}");
        for (name, accepted) in accepted(&provider) {
            assert_eq!(accepted, 1, "crash at event {at}: {name} was paid for {accepted} times");
        }
        if survived {
            break;
        }
        at += 1;
    }
    assert!(at > 8 * 4, "only {at} events");
}

/// Does what a person does who looks at the provider: what is there is adopted, what is not there is freed.
async fn settle(root: &Path, provider: &SimulatedProvider) {
    for take in ledger::read(root).unwrap() {
        if !matches!(take.state, State::Unresolved(_)) {
            continue;
        }
        let made = provider.submissions().into_iter().find(|made| Some(made.token) == take.record.token);
        let task = made.and_then(|made| task_of(made.verdict.as_ref()?));
        let event = match task {
            Some(task) => Event::Adopted { task: task.parse().unwrap() },
            None => Event::Freed,
        };
        append(root, &take, event).await;
    }
}

fn accepted(provider: &SimulatedProvider) -> HashMap<TakeName, usize> {
    let mut counts = HashMap::new();
    for submission in provider.submissions() {
        if submission.verdict.as_ref().and_then(task_of).is_some() {
            *counts.entry(submission.take).or_default() += 1;
        }
    }
    counts
}

fn task_of(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Accepted(task) | Verdict::Unheard { made: Some(task), .. } => Some(task.id.clone()),
        Verdict::Refused(_) | Verdict::Unheard { made: None, .. } => None,
    }
}

fn script() -> Script {
    with("seed: 1")
}

fn with(yaml: &str) -> Script {
    let changes = Changes::from_yaml(yaml).unwrap();
    Script::default().with(changes).unwrap()
}
