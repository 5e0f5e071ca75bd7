//! An account, an output directory, and the processes that work on them one after the other; and what has to hold after each.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rushes::clock::Clock;
use rushes::digest::Digest;
use rushes::engine::{Calls, Ended, Inbox, Limits};
use rushes::film;
use rushes::ledger;
use rushes::shot::TakeName;
use rushes::simulator::{Changes, Ending, FeedFault, Script, SimulatedProvider, Submission, Task, Verdict, VideoFault};
use rushes::store::Inventory;
use rushes::take::{Class, Event, Policy, State, Take};
use tempfile::TempDir;

use crate::support::{Crash, Post, Seen, append_at, enter, folder, live_with, noon, take};

/// Longer than the provider ever works on anything.
const A_DAY: Duration = Duration::from_secs(25 * 3600);

/// After so many days even those have had their turn that stood behind others which the provider never finished.
const DAYS: usize = 60;

/// What a night is played with.
pub(super) struct Night {
    /// How the provider behaves.
    pub(super) script: String,
    /// How many takes there are.
    pub(super) takes: usize,
    /// Whether the provider calls back; and if it does, whether runs may wait for that.
    pub(super) callbacks: Option<bool>,
    /// The runs' bounds.
    pub(super) limits: Limits,
    /// The runs' numbers.
    pub(super) policy: Policy,
}

/// How a process ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// When there is nothing more to do.
    Itself,
    /// Right after so many events have become durable.
    AtEvent(usize),
    /// At this time of its life, wherever it is then.
    At(Duration),
}

pub(super) struct Stage {
    folder: TempDir,
    clock: Clock,
    night: Night,
    provider: SimulatedProvider,
    post: Option<Post>,
    /// What was submitted before the provider was started anew.
    before: Vec<Submission>,
}

impl Stage {
    /// All takes are entered, and nothing has happened yet.
    pub(super) async fn set(night: Night) -> Self {
        let (folder, clock) = (folder(), Clock::starting_at(noon(), 1));
        enter(folder.path(), &(0..night.takes).map(take).collect::<Vec<_>>()).await;
        let provider = SimulatedProvider::new(script(&night.script), clock);
        let provider = if night.callbacks.is_some() { provider.with_callbacks() } else { provider };
        let post = night.callbacks.map(|live| Post::of(&provider, live));
        Self { folder, clock, night, provider, post, before: Vec::new() }
    }

    /// One process' life, after which everything has to hold. What a process that has come to its own end says of itself is looked at
    /// as well. Returns how the takes stand.
    pub(super) async fn live(&self, end: End) -> Vec<Take> {
        let calls = || [self.provider.submissions().len(), self.provider.polls().len(), self.provider.fetches().len()];
        let before = calls();
        let ended = match end {
            End::Itself => Some(self.run(&Seen::default()).await),
            End::AtEvent(number) => AssertUnwindSafe(self.run(&Crash::at(number))).catch_unwind().await.ok(),
            End::At(time) => tokio::time::timeout(time, self.run(&Seen::default())).await.ok(),
        };
        let takes = ledger::read(self.root()).unwrap();
        if let Some(mut ended) = ended {
            let made: Vec<_> = calls().iter().zip(before).map(|(now, before)| (now - before) as u64).collect();
            let Calls { submissions, polls, fetches } = ended.calls;
            assert_eq!([submissions, polls, fetches], made[..], "calls are counted as they are made");
            ended.takes.sort_by(|a, b| a.name.cmp(&b.name));
            assert_eq!(takes, ended.takes, "what is replayed is what was lived");
        }
        self.holds(&takes);
        takes
    }

    async fn run(&self, watcher: &dyn rushes::engine::Watcher) -> Ended {
        let Night { limits, policy, .. } = &self.night;
        let inbox = self.post.as_ref().map(|post| post as &dyn Inbox);
        let provider = Arc::new(self.provider.clone());
        live_with(self.root(), provider, self.clock, *limits, policy.clone(), watcher, inbox).await.unwrap()
    }

    /// Nothing happens for a while.
    pub(super) async fn wait(&self, time: Duration) {
        self.clock.sleep(time).await;
    }

    /// The provider is started anew and all is well with it. It knows what it has taken on, and what it wanted to call back about
    /// that is forgotten.
    pub(super) fn clear_up(&mut self) {
        self.before.extend(self.provider.submissions());
        let provider = SimulatedProvider::new(script("video_times: 0"), self.clock);
        self.provider.with_model(|old| provider.with_model(|new| old.tasks().for_each(|task| new.remember(task))));
        self.post = self.post.as_ref().map(|_| Post::of(&provider, false));
        self.provider = provider;
    }

    /// Does what a person does who looks at the provider: what is there is adopted, what is not there is freed.
    pub(super) async fn settle(&self, takes: &[Take]) {
        let submissions = self.submissions();
        for take in takes.iter().filter(|take| matches!(take.state, State::Unresolved(_))) {
            let attempt = submissions.iter().find(|submission| Some(submission.token) == take.record.token);
            let event = match attempt.and_then(made) {
                Some(task) => Event::Adopted { task: task.id.parse().unwrap() },
                None => Event::Freed,
            };
            append_at(self.clock.now(), self.root(), take, event).await;
        }
    }

    /// Day after day a process and a person go on, until every take has come to its end. Then a further process has nothing to do.
    /// Returns how the takes stand then.
    pub(super) async fn finish(&self) -> Vec<Take> {
        for _ in 0..DAYS {
            self.wait(A_DAY).await;
            let takes = self.live(End::Itself).await;
            if takes.iter().all(is_over) {
                break;
            }
            self.settle(&takes).await;
        }
        let calls = || (self.provider.submissions(), self.provider.polls(), self.provider.fetches());
        let before = calls();
        let takes = self.live(End::Itself).await;
        assert_eq!(calls(), before, "there was nothing to do");
        let open: Vec<_> = takes.iter().filter(|take| !is_over(take)).collect();
        assert!(open.is_empty(), "not over after {DAYS} days: {open:#?}");
        let findings = self.inventory(&takes).findings;
        assert!(findings.is_empty(), "{findings:#?}");
        takes
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn submissions(&self) -> Vec<Submission> {
        [self.before.clone(), self.provider.submissions()].concat()
    }

    fn inventory(&self, takes: &[Take]) -> Inventory {
        let stored = takes.iter().filter_map(|take| match &take.state {
            State::Stored { asset, .. } => Some((&take.name, asset)),
            _ => None,
        });
        Inventory::take(self.root(), stored).unwrap()
    }

    /// What has to hold at any time.
    fn holds(&self, takes: &[Take]) {
        let mut made_of: BTreeMap<TakeName, Vec<Task>> = BTreeMap::new();
        for submission in self.submissions() {
            if let Some(task) = made(&submission).cloned() {
                made_of.entry(submission.take).or_default().push(task);
            }
        }
        for take in takes {
            let tasks = made_of.get(&take.name).map_or(&[][..], Vec::as_slice);
            self.is_paid_for_as_often_as_policy_allows(take, tasks);
            is_told_as_it_is(take, tasks);
        }
        let inventory = self.inventory(takes);
        assert!(!inventory.has_losses(), "{:#?}", inventory.findings);
    }

    /// A person frees nothing that was made, so that a further task can only follow one that ended by the provider's own trouble.
    fn is_paid_for_as_often_as_policy_allows(&self, take: &Take, tasks: &[Task]) {
        let attempts = self.night.policy.attempts as usize;
        assert!(tasks.len() <= attempts, "{} was made {} times, and {attempts} are allowed", take.name, tasks.len());
        for pair in tasks.windows(2) {
            let failed = matches!(pair[0].ending, Ending::Failed { class: Class::Internal, .. });
            assert!(failed && pair[0].ends() <= pair[1].accepted, "{} was paid for twice: {pair:#?}", take.name);
        }
    }
}

fn is_over(take: &Take) -> bool {
    matches!(take.state, State::Stored { .. } | State::Failed { .. } | State::Rejected { .. })
}

/// How the take stands fits with what was made of it: nothing is lost, and nothing is said that is not so.
fn is_told_as_it_is(take: &Take, tasks: &[Task]) {
    let last = tasks.last();
    let is_open = |task: &Task| !matches!(task.ending, Ending::Failed { class: Class::Internal, .. });
    let fits = match &take.state {
        // Surely not paid for, or paid for and in vain.
        State::Planned { .. } | State::Rejected { .. } => tasks.iter().all(|task| !is_open(task)),
        // Listed for a person.
        State::Submitting | State::Unresolved(_) => true,
        // Listed as waiting.
        State::Accepted { task, .. } => last.is_some_and(|last| last.id == task.as_str()),
        State::Ready { task, .. } => last.is_some_and(|last| last.id == task.as_str() && last.ending == Ending::Succeeded),
        State::Stored { task, asset, .. } => {
            last.is_some_and(|last| last.id == task.as_str() && videos(last).contains(&asset.digest))
        }
        State::Failed { task, class, .. } => last.is_some_and(|last| last.id == task.as_str() && *class == end_of(last)),
    };
    assert!(fits, "{} is {:?}, and of it were made {tasks:#?}", take.name, take.state);
}

/// As what a task that brings no video is to be told.
fn end_of(task: &Task) -> Class {
    match (task.troubles.feed, &task.ending) {
        (Some(FeedFault::Ghost), _) => Class::Lost,
        (_, Ending::Failed { class, .. }) => *class,
        (Some(FeedFault::NoLink), Ending::Succeeded) => Class::NoLink,
        (_, Ending::Succeeded) => panic!("{task:?} brings a video"),
    }
}

/// The stand-ins that the simulator may have shown for the task.
fn videos(task: &Task) -> BTreeSet<Digest> {
    let stand_in = |other: &[u8]| film::stub(&[task.id.as_bytes(), other, &[0; 1000]].concat());
    let replaced = task.troubles.video == Some(VideoFault::Replaced);
    let others: &[&[u8]] = if replaced { &[b"", b" anew"] } else { &[b""] };
    others.iter().map(|other| Digest::of(&stand_in(other))).collect()
}

fn made(submission: &Submission) -> Option<&Task> {
    submission.verdict.as_ref().and_then(Verdict::made)
}

fn script(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap()
}
