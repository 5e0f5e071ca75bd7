//! What is told of a run, on a moved clock: spans that lie one within another whatever goes wrong, and counts that are the run's own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use rushes::clock::Clock;
use rushes::engine::{How, Phase, Watchers};
use rushes::report::Totals;
use rushes::shot::TakeName;
use rushes::simulator::{Changes, Script, SimulatedProvider};
use rushes::take::{Policy, Take};
use rushes::telemetry::{Kind, Metrics, Recorder, Span, Spans};

use crate::support::{Crash, enter, live, noon, take, wide};

/// Everything that can go wrong with a take and does not stop a run.
const ODDS: &str =
    "odds: { busy: 0.1, rejected: 0.1, lost_answer: 0.1, internal: 0.2, polls_fail: 0.3, truncated: 0.3, link_expired: 0.2 }";

/// Keeps whole spans, and holds that they come as they should.
#[derive(Default)]
struct Tree {
    open: RefCell<HashMap<u64, Span>>,
    whole: RefCell<Vec<(Span, Duration, Option<TakeName>)>>,
}

impl Tree {
    fn count(&self, kind: Kind) -> usize {
        self.whole.borrow().iter().filter(|(span, ..)| span.kind == kind).count()
    }
}

impl Recorder for Tree {
    fn begun(&self, take: &Take, span: &Span) {
        let mut open = self.open.borrow_mut();
        match span.parent {
            Some(parent) => {
                let parent = open.get(&parent).unwrap_or_else(|| panic!("{take:?}: {span:?} is in nothing that is open"));
                assert!(parent.begun <= span.begun && parent.root == span.root, "{parent:?} {span:?}");
                let is_leaf = matches!(parent.kind, Kind::Phase(_));
                assert!(!is_leaf, "{span:?} within {parent:?}");
            }
            None => assert_eq!((span.kind, span.root), (Kind::Take, span.id)),
        }
        assert!(open.insert(span.id, *span).is_none(), "{span:?}");
    }

    fn ended(&self, span: &Span, at: Duration, how: Option<(&Take, How<'_>)>) {
        let mut open = self.open.borrow_mut();
        assert_eq!(open.remove(&span.id), Some(*span));
        assert!(open.values().all(|other| other.parent != Some(span.id)), "{span:?} ends before what is in it");
        assert!(span.begun <= at);
        self.whole.borrow_mut().push((*span, at, how.map(|(take, _)| take.name.clone())));
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_goes_wrong_spans_are_a_tree_and_counts_are_the_calls() {
    for seed in 0..4 {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(seed), clock);
        let takes: Vec<_> = (0..60).map(take).collect();
        enter(root.path(), &takes).await;
        let (spans, metrics) = (Spans::new(clock, Tree::default()), Metrics::new(clock, root.path()));
        metrics.drives(takes.iter(), Totals::default());
        let watchers = Watchers(vec![&spans, &metrics]);
        let policy = Policy { attempts: 3, ..Policy::default() };
        let ended = live(root.path(), &provider, clock, wide(), policy, &watchers).await.unwrap();

        let tree = spans.recorder();
        assert!(tree.open.borrow().is_empty(), "{:?}", tree.open);
        assert_eq!(tree.count(Kind::Take), 60);
        let attempts: u32 = ended.takes.iter().map(|take| take.record.attempts).sum();
        assert_eq!(tree.count(Kind::Attempt), attempts as usize);
        assert_eq!(tree.count(Kind::Phase(Phase::Drive)), 0, "that is what the take's own span is");
        let phases = [Phase::Submit, Phase::Poll, Phase::Fetch].map(|phase| tree.count(Kind::Phase(phase)) as u64);
        assert_eq!(phases, [ended.calls.submissions, ended.calls.polls, ended.calls.fetches]);
        let text = metrics.text();
        for (name, count) in ["submissions", "polls", "downloads"].into_iter().zip(phases) {
            let ends = format!("}} {count}");
            let line = text.lines().find(|line| line.starts_with(&format!("rushes_{name}_total{{")));
            assert!(line.is_some_and(|line| line.ends_with(&ends)), "{line:?} {count}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_in_the_middle_leaves_no_span_open() {
    for at in (1..60).step_by(7) {
        let root = tempfile::tempdir().unwrap();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(1), clock);
        enter(root.path(), &(0..12).map(take).collect::<Vec<_>>()).await;
        for crash in [at, usize::MAX] {
            let (spans, crash) = (Spans::new(clock, Tree::default()), Crash::at(crash));
            let watchers = Watchers(vec![&spans, &crash]);
            let life = AssertUnwindSafe(live(root.path(), &provider, clock, wide(), Policy::default(), &watchers));
            life.catch_unwind().await.ok();
            spans.close();
            let tree = spans.recorder();
            assert!(tree.open.borrow().is_empty(), "{:?}", tree.open);
            assert!(tree.count(Kind::Take) <= 12);
        }
    }
}

fn script(seed: u64) -> Script {
    let changes = Changes::from_yaml(&format!("seed: {seed}\n{ODDS}")).unwrap();
    Script::default().with(changes).unwrap()
}
