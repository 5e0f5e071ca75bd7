//! What stops a run from submitting, on a moved clock: what is at the provider by then is looked after to its end all the same.

use std::num::NonZeroU32;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use rushes::clock::Clock;
use rushes::engine::Limits;
use rushes::provider::{Answer, Download, FetchError, Halt, Order, Provider, Reply, Resume};
use rushes::simulator::{Changes, Script, SimulatedProvider};
use rushes::take::{Class, Finish, Policy, Sighting, State, Take, TaskId};

use crate::support::{Seen, enter, live, live_with, noon, take, wide};

#[tokio::test(start_paused = true)]
async fn what_is_at_the_provider_comes_to_its_end() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(
        script("odds: { moderated: 1.0 }\nshots: { SH0000: { fail: moderated, times: 0, generate: 30m } }"),
        clock,
    );
    enter(root.path(), &(0..50).map(take).collect::<Vec<_>>()).await;
    let limits = Limits { in_flight: NonZeroU32::new(4).unwrap(), ..wide() };
    let ended = live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let submitted = provider.submissions().len();
    assert!((6..=6 + 3).contains(&submitted), "{submitted} submissions");
    assert_eq!(count(&ended.takes, "stored"), 1, "what was slow is stored");
    assert_eq!((count(&ended.takes, "failed"), count(&ended.takes, "planned")), (submitted - 1, 50 - submitted));
}

#[tokio::test(start_paused = true)]
async fn refused_at_the_door_counts_as_well() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let refusal = Answer::Never { class: Class::Moderated, why: "SAFETY.INPUT.TEXT".into() };
    let provider =
        Arc::new(Stubborn { inner: SimulatedProvider::new(script("seed: 1"), clock), refusal: Some(refusal), failure: None });
    enter(root.path(), &(0..50).map(take).collect::<Vec<_>>()).await;
    let limits = Limits { in_flight: NonZeroU32::MIN, ..wide() };
    let ended = live_with(root.path(), provider, clock, limits, Policy::default(), &Seen::default(), None).await.unwrap();
    assert_eq!((count(&ended.takes, "rejected"), count(&ended.takes, "planned")), (5, 45));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_the_account_was_not_good_for_is_the_last_of_its_run() {
    for (class, ended_so) in [(Class::Account, 1), (Class::Internal, 9), (Class::Unknown, 9)] {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let failure = Answer::Seen(Sighting::Failed { class, why: "insufficient credits".into(), finish: Finish::default() });
        let provider = Arc::new(Stubborn {
            inner: SimulatedProvider::new(script("seed: 1"), clock),
            refusal: None,
            failure: Some(failure),
        });
        enter(root.path(), &(0..9).map(take).collect::<Vec<_>>()).await;
        let limits = Limits { in_flight: NonZeroU32::MIN, ..wide() };
        let ended = live_with(root.path(), provider, clock, limits, Policy::default(), &Seen::default(), None).await.unwrap();
        assert_eq!((count(&ended.takes, "failed"), count(&ended.takes, "planned")), (ended_so, 9 - ended_so), "{class}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_at_submission_lets_accepted_takes_finish() {
    for fault in ["bad_key", "no_money"] {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(&format!("shots: {{ SH0005: {{ fail: {fault} }} }}")), clock);
        enter(root.path(), &(0..20).map(take).collect::<Vec<_>>()).await;
        let limits = Limits { in_flight: NonZeroU32::new(4).unwrap(), ..wide() };
        let ended = live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
        let accepted = provider.submissions().len() - 1;
        assert!((5..=8).contains(&accepted), "{fault}: {accepted} accepted");
        assert_eq!((count(&ended.takes, "stored"), count(&ended.takes, "planned")), (accepted, 20 - accepted), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_refused_at_a_poll_is_not_tried_with_every_take() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let bad_key = Answer::Halt { cause: Halt::BadKey, why: "invalid token".into() };
    let inner = SimulatedProvider::new(script("seed: 1"), clock);
    let provider = Arc::new(Stubborn { inner, refusal: None, failure: Some(bad_key) });
    enter(root.path(), &(0..20).map(take).collect::<Vec<_>>()).await;
    let ended = live_with(root.path(), provider, clock, wide(), Policy::default(), &Seen::default(), None).await.unwrap();
    assert_eq!((count(&ended.takes, "accepted"), ended.calls.polls), (20, 1));
}

fn count(takes: &[Take], state: &str) -> usize {
    takes.iter().filter(|take| State::name(&take.state) == state).count()
}

fn script(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap()
}

/// Refuses every submission so, or answers every poll so.
struct Stubborn {
    inner: SimulatedProvider,
    refusal: Option<Answer>,
    failure: Option<Answer>,
}

impl Provider for Stubborn {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        let Some(answer) = self.refusal.clone() else { return self.inner.submit(order) };
        async { Reply { answer, raw: String::new() } }.boxed()
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        let Some(answer) = self.failure.clone() else { return self.inner.poll(task) };
        async { Reply { answer, raw: String::new() } }.boxed()
    }

    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.inner.fetch(link, from)
    }
}
