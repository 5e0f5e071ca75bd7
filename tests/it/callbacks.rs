//! Callbacks and the engine, on a moved clock: they wake takes and settle what nobody has an answer to, and decide nothing.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use rushes::clock::Clock;
use rushes::engine::{Arrival, Callbacks, Ended, Fate, Inbox};
use rushes::ledger;
use rushes::provider::{Callback, cometapi};
use rushes::simulator::{Changes, Ending, Phase, Script, SimulatedProvider, Submission, Task, Verdict};
use rushes::take::{Event, Policy, State, Take, TaskId, Token};
use serde_json::json;

use crate::support::{Crash, Seen, append, enter, live, live_with, noon, take, wide};

/// One call in ten is taken on and never answered.
const LOSSY: &str = "seed: 3\nodds: { lost_answer: 0.1 }";

#[tokio::test(start_paused = true)]
async fn lost_answers_settle_themselves_and_nobody_polls_for_nothing() {
    let stage = Stage::new(LOSSY);
    let takes: Vec<_> = (0..300).map(take).collect();
    enter(stage.root(), &takes).await;
    let ended = stage.live(&Whole).await;
    stage.holds_everything(300);
    let lost = stage.seen.0.borrow().iter().filter(|(_, kind)| *kind == "adopted").count();
    assert!((10..60).contains(&lost), "{lost} answers were lost");
    assert!(ended.calls.polls <= 300 * 3 / 2, "{} polls", ended.calls.polls);
    let callbacks = ended.callbacks.unwrap();
    assert_eq!(callbacks.contradicting + callbacks.foreign, 0, "{:?}", ended.callbacks);
}

#[tokio::test(start_paused = true)]
async fn without_callbacks_just_the_lost_ones_are_unresolved() {
    let stage = Stage::new(LOSSY);
    enter(stage.root(), &(0..300).map(take).collect::<Vec<_>>()).await;
    live(stage.root(), &stage.provider, stage.clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    let lost: HashSet<_> = stage
        .provider
        .submissions()
        .into_iter()
        .filter(|made| !matches!(made.verdict, Some(Verdict::Accepted(_))))
        .map(|made| made.take)
        .collect();
    let unresolved: HashSet<_> =
        stage.takes().into_iter().filter(|take| matches!(take.state, State::Unresolved(_))).map(|take| take.name).collect();
    assert_eq!(unresolved, lost);
    assert!(!lost.is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_day_is_early_enough_for_a_callback() {
    let stage = Stage::new("odds: { lost_answer: 1 }");
    enter(stage.root(), &[take(1), take(2)]).await;
    live(stage.root(), &stage.provider, stage.clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    stage.clock.sleep(Duration::from_secs(3 * 24 * 3600)).await;
    stage.live(&Whole).await;
    stage.holds_everything(2);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_lost_on_the_way_is_not_missed_where_only_one_attempt_fits() {
    let stage = Stage::new("odds: { lost_answer: 1 }");
    let twins = [take(7), Take { name: take(8).name, ..take(7) }];
    enter(stage.root(), &[&[take(1), take(2)], &twins[..]].concat()).await;
    let ended = stage.live(&Tokenless).await;
    let stands: BTreeMap<_, _> = stage.takes().into_iter().map(|take| (take.name.to_string(), take.state.name())).collect();
    let expected =
        [("SH0001_T01", "stored"), ("SH0002_T01", "stored"), ("SH0007_T01", "unresolved"), ("SH0008_T01", "unresolved")];
    assert_eq!(stands, expected.map(|(name, state)| (name.to_owned(), state)).into());
    assert_eq!(ended.callbacks.unwrap().foreign, 2);
}

#[tokio::test(start_paused = true)]
async fn a_forged_callback_changes_nothing_but_a_count() {
    let honest = Stage::new(LOSSY);
    let attacked = Stage::new(LOSSY);
    for stage in [&honest, &attacked] {
        enter(stage.root(), &(0..40).map(take).collect::<Vec<_>>()).await;
    }
    live(honest.root(), &honest.provider, honest.clock, wide(), Policy::default(), &honest.seen).await.unwrap();
    let ended = attacked.live(&Forged).await;
    let histories = [&honest, &attacked]
        .map(|stage| stage.takes().into_iter().map(|take| (take.name, take.state.name())).collect::<Vec<_>>());
    assert_eq!(histories[0], histories[1]);
    let Callbacks { used, contradicting, foreign, .. } = ended.callbacks.unwrap();
    // A forger who knows a token can make the run ask once more.
    assert!(used <= 40 && contradicting >= 40 && foreign >= 40, "{:?}", ended.callbacks);
}

#[tokio::test(start_paused = true)]
async fn a_forged_callback_is_not_in_the_way_of_a_true_one() {
    let stage = Stage::new("odds: { lost_answer: 1 }");
    enter(stage.root(), &(0..20).map(take).collect::<Vec<_>>()).await;
    let ended = stage.live(&Disputed).await;
    stage.holds_everything(20);
    let Callbacks { used, contradicting, .. } = ended.callbacks.unwrap();
    assert_eq!((used, contradicting), (20, 40), "{:?}", ended.callbacks);
}

#[tokio::test(start_paused = true)]
async fn what_one_take_has_become_no_other_can_become() {
    let stage = Stage::new("odds: { lost_answer: 1 }");
    enter(stage.root(), &(0..10).map(take).collect::<Vec<_>>()).await;
    let ended = stage.live(&Crossed::default()).await;
    let tasks: Vec<_> = stage.takes().iter().filter_map(|take| take.state.task().cloned()).collect();
    assert_eq!((tasks.len(), ended.callbacks.unwrap().contradicting), (1, 9), "{tasks:?}");
    stage.bought_nothing_twice();
}

#[tokio::test(start_paused = true)]
async fn what_a_person_took_for_unmade_is_not_bought_again_once_a_callback_tells() {
    let stage = Stage::new("odds: { lost_answer: 1 }");
    enter(stage.root(), &[take(1)]).await;
    live(stage.root(), &stage.provider, stage.clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    append(stage.root(), &take(1), Event::Freed).await;
    stage.clock.sleep(Duration::from_secs(3600)).await;
    stage.live(&Whole).await;
    stage.holds_everything(1);
    assert_eq!(stage.provider.submissions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn callbacks_that_never_come_are_not_waited_for() {
    let stage = Stage::new("seed: 5");
    enter(stage.root(), &(0..100).map(take).collect::<Vec<_>>()).await;
    let limits = rushes::engine::Limits { in_flight: std::num::NonZeroU32::new(10).unwrap(), ..wide() };
    let seen = Seen::default();
    let post = Mailbox::new(&stage.provider, stage.clock, &Silent);
    live_with(stage.root(), Arc::new(stage.provider.clone()), stage.clock, limits, Policy::default(), &seen, Some(&post))
        .await
        .unwrap();
    stage.holds_everything(100);
    assert!(stage.clock.elapsed() < Duration::from_secs(60 * 60), "{:?}", stage.clock.elapsed());
}

#[tokio::test(start_paused = true)]
async fn patience_that_is_shorter_than_the_quiet_waits_for_callbacks_to_its_end() {
    let policy = Policy { patience: Duration::from_secs(290), ..Policy::default() };
    assert!(policy.patience < policy.poll_quiet);
    for style in [&Whole as &dyn Style, &Silent] {
        let stage = Stage::new("seed: 5\ngenerate: 100s..200s");
        enter(stage.root(), &(0..30).map(take).collect::<Vec<_>>()).await;
        let post = Mailbox::new(&stage.provider, stage.clock, style);
        let provider = Arc::new(stage.provider.clone());
        live_with(stage.root(), provider, stage.clock, wide(), policy.clone(), &stage.seen, Some(&post)).await.unwrap();
        stage.holds_everything(30);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_at_any_event_settles_itself_when_callbacks_come() {
    let takes: Vec<_> = (0..6).map(take).collect();
    let mut at = 1;
    loop {
        let stage = Stage::new("seed: 2\nodds: { lost_answer: 0.3 }");
        enter(stage.root(), &takes).await;
        let crash = Crash::at(at);
        let post = Mailbox::new(&stage.provider, stage.clock, &Whole);
        let provider = Arc::new(stage.provider.clone());
        let first =
            AssertUnwindSafe(live_with(stage.root(), provider, stage.clock, wide(), Policy::default(), &crash, Some(&post)));
        let survived = first.catch_unwind().await.is_ok();
        stage.live(&Whole).await;
        // Where the process ended before the call was made there is nothing that could call back.
        let made: Vec<_> = stage.provider.submissions().into_iter().filter(was_made).map(|made| Some(made.token)).collect();
        let never_made = |take: &Take| !made.contains(&take.record.token);
        for take in stage.takes() {
            let fine =
                matches!(take.state, State::Stored { .. }) || matches!(take.state, State::Unresolved(_)) && never_made(&take);
            assert!(fine, "crash at event {at}: {take:#?}");
        }
        stage.bought_nothing_twice();
        if survived {
            break;
        }
        at += 1;
    }
    assert!(at > 20, "only {at} events");
}

/// A provider, a clock and an output directory.
struct Stage {
    folder: tempfile::TempDir,
    clock: Clock,
    provider: SimulatedProvider,
    seen: Seen,
}

impl Stage {
    fn new(yaml: &str) -> Self {
        let clock = Clock::starting_at(noon(), 1);
        let script = Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap();
        let provider = SimulatedProvider::new(script, clock);
        Self { folder: tempfile::tempdir().unwrap(), clock, provider, seen: Seen::default() }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    /// One run of everything, with callbacks.
    async fn live(&self, style: &dyn Style) -> Ended {
        let post = Mailbox::new(&self.provider, self.clock, style);
        let provider = Arc::new(self.provider.clone());
        live_with(self.root(), provider, self.clock, wide(), Policy::default(), &self.seen, Some(&post)).await.unwrap()
    }

    fn takes(&self) -> Vec<Take> {
        ledger::read(self.root()).unwrap()
    }

    fn holds_everything(&self, count: usize) {
        let takes = self.takes();
        let missing: Vec<_> = takes.iter().filter(|take| !matches!(take.state, State::Stored { .. })).collect();
        assert!(missing.is_empty() && takes.len() == count, "{missing:#?}");
        self.bought_nothing_twice();
    }

    fn bought_nothing_twice(&self) {
        let mut bought = HashSet::new();
        for made in self.provider.submissions().into_iter().filter(was_made) {
            assert!(bought.insert(made.take.clone()), "{} was paid for twice", made.take);
        }
    }
}

fn was_made(submission: &Submission) -> bool {
    submission.verdict.as_ref().is_some_and(|verdict| verdict.made().is_some())
}

/// How the callbacks about a finished task look.
trait Style {
    fn write(&self, token: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)>;
}

/// As they should, and then once more.
struct Whole;

impl Style for Whole {
    fn write(&self, token: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)> {
        vec![(token, callback.clone()), (token, callback)]
    }
}

/// Without path and query.
struct Tokenless;

impl Style for Tokenless {
    fn write(&self, _: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)> {
        vec![(None, callback)]
    }
}

/// A wrong token; a right one with a task that does not exist.
struct Forged;

impl Style for Forged {
    fn write(&self, token: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)> {
        let other = Callback { task: format!("not-{}", callback.task).parse().unwrap(), ..callback.clone() };
        vec![(Some(Token::new(u128::MAX)), other.clone()), (token, other)]
    }
}

/// The truth, after one lie about the task and before another.
struct Disputed;

impl Style for Disputed {
    fn write(&self, token: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)> {
        let named = |task: String| Callback { task: task.parse().unwrap(), ..callback.clone() };
        ["not-", "", "nor-"].map(|lie| (token, named(format!("{lie}{}", callback.task)))).into()
    }
}

/// The first as it should; all others about the task of the first.
#[derive(Default)]
struct Crossed(RefCell<Option<TaskId>>);

impl Style for Crossed {
    fn write(&self, token: Option<Token>, callback: Callback) -> Vec<(Option<Token>, Callback)> {
        let task = self.0.borrow_mut().get_or_insert(callback.task.clone()).clone();
        vec![(token, Callback { task, ..callback })]
    }
}

/// None.
struct Silent;

impl Style for Silent {
    fn write(&self, _: Option<Token>, _: Callback) -> Vec<(Option<Token>, Callback)> {
        Vec::new()
    }
}

/// Looks every second which tasks are over, and has the callbacks about them.
struct Mailbox<'a> {
    provider: &'a SimulatedProvider,
    clock: Clock,
    style: &'a dyn Style,
    written: RefCell<HashSet<String>>,
    waiting: RefCell<VecDeque<Arrival>>,
    given: RefCell<HashSet<String>>,
}

impl<'a> Mailbox<'a> {
    fn new(provider: &'a SimulatedProvider, clock: Clock, style: &'a dyn Style) -> Self {
        let (written, waiting, given) = Default::default();
        Self { provider, clock, style, written, waiting, given }
    }

    fn collect(&self) {
        let now = self.clock.now();
        let over: Vec<Task> =
            self.provider.with_model(|model| model.tasks().filter(|task| task.phase(now) == Phase::Ended).cloned().collect());
        for task in over {
            if !self.written.borrow_mut().insert(task.id.clone()) {
                continue;
            }
            let token = task.ask.token.as_ref().map(|token| serde_json::from_value(json!(token)).unwrap());
            let callback = cometapi::callback(body(&task).as_bytes()).unwrap();
            for (number, (token, callback)) in self.style.write(token, callback).into_iter().enumerate() {
                let name = format!("{}-{number}", task.id);
                self.waiting.borrow_mut().push_back(Arrival { name, token, callback, raw: body(&task) });
            }
        }
    }
}

impl Inbox for Mailbox<'_> {
    fn waiting(&self) -> LocalBoxFuture<'_, Vec<Arrival>> {
        self.collect();
        let waiting = self.waiting.take();
        self.given.borrow_mut().extend(waiting.iter().map(|arrival| arrival.name.clone()));
        async { waiting.into() }.boxed_local()
    }

    fn next(&self) -> LocalBoxFuture<'_, Arrival> {
        async {
            loop {
                self.collect();
                if let Some(arrival) = self.waiting.borrow_mut().pop_front() {
                    self.given.borrow_mut().insert(arrival.name.clone());
                    return arrival;
                }
                self.clock.sleep(Duration::from_secs(1)).await;
            }
        }
        .boxed_local()
    }

    fn dealt_with(&self, arrival: Arrival, _: Fate) {
        assert!(self.given.borrow_mut().remove(&arrival.name), "dealt with once, and only what was given");
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// A callback as the documentation shows it.
fn body(task: &Task) -> String {
    let (status, link) = match task.ending {
        Ending::Succeeded => ("3", json!("http://simulator.invalid/x.mp4")),
        Ending::Failed { .. } => ("2", json!(null)),
    };
    json!({"task_id": task.id, "status": status, "prompt": task.ask.prompt, "video_url": link, "msg": null}).to_string()
}
