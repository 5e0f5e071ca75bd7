//! What a run shows while it is on: bars on a terminal, plain lines elsewhere, and a log line for every step.

use std::cell::RefCell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::args::Talk;
use super::say;
use crate::clock::Clock;
use crate::config;
use crate::engine::{Watcher, about};
use crate::take::{Doubt, Event, Outcome, State, Take};

/// Shows what happens to the takes of one run.
pub(super) struct Progress {
    show: Show,
    clock: Clock,
    counts: RefCell<Counts>,
}

enum Show {
    /// One bar that stays at the bottom, and a line above it for what needs attention.
    Bar(ProgressBar),
    /// A line for everything a person would want to know afterwards.
    Lines,
    /// Log lines say it all.
    Nothing,
}

#[derive(Default)]
struct Counts {
    total: usize,
    submitting: usize,
    at_provider: usize,
    fetching: usize,
    stored: usize,
    other: usize,
}

impl Progress {
    /// A display for a run that has `total` takes to bring home, of which these have begun before.
    pub(super) fn new(talk: Talk, clock: Clock, takes: &[&Take]) -> Self {
        let mut counts = Counts { total: takes.len(), ..Counts::default() };
        for take in takes {
            counts.enter(&take.state);
        }
        let show = match (talk.quiet || talk.logs_steps(), config::has_display()) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Bar(bar(takes.len())),
            (false, false) => Show::Lines,
        };
        Self { show, clock, counts: RefCell::new(counts) }
    }

    /// Takes the display away.
    pub(super) fn finish(&self) {
        if let Show::Bar(bar) = &self.show {
            say::above(None);
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &self.show {
            Show::Bar(_) | Show::Lines => say::talk(text),
            Show::Nothing => {}
        }
    }
}

impl Watcher for Progress {
    fn saw(&self, take: &Take, event: &Event) {
        log(take, event);
        if matches!(self.show, Show::Nothing) {
            return;
        }
        let mut counts = self.counts.borrow_mut();
        counts.step(event);
        let done = format!("{}/{}", counts.done(), counts.total);
        if let Show::Bar(bar) = &self.show {
            bar.set_message(counts.to_string());
            bar.set_position(counts.done() as u64);
        }
        let as_hoped = matches!(take.outcome(), Outcome::Waiting | Outcome::Stored);
        let in_the_bar = matches!(self.show, Show::Bar(_)) && as_hoped;
        if let Some(text) = told(take, event, self.clock.now()).filter(|_| !in_the_bar) {
            self.line(&format!("[{done}] {}: {text}", take.name));
        }
    }
}

impl Counts {
    fn done(&self) -> usize {
        self.stored + self.other
    }

    fn enter(&mut self, state: &State) {
        match state {
            State::Submitting => self.submitting += 1,
            State::Accepted { .. } => self.at_provider += 1,
            State::Ready { .. } => self.fetching += 1,
            State::Unresolved(_) => self.other += 1,
            State::Planned { .. } | State::Stored { .. } | State::Rejected { .. } | State::Failed { .. } => {}
        }
    }

    /// Follows a take from one place to the next.
    fn step(&mut self, event: &Event) {
        match event {
            Event::Intent { .. } => self.submitting += 1,
            Event::Accepted { .. } => (self.submitting, self.at_provider) = (self.submitting - 1, self.at_provider + 1),
            Event::Deferred { .. } => self.submitting -= 1,
            Event::Rejected { .. } | Event::AnswerLost(_) => {
                (self.submitting, self.other) = (self.submitting - 1, self.other + 1);
            }
            Event::Succeeded { .. } if self.at_provider > 0 => {
                (self.at_provider, self.fetching) = (self.at_provider - 1, self.fetching + 1);
            }
            Event::Failed { .. } => (self.at_provider, self.other) = (self.at_provider.saturating_sub(1), self.other + 1),
            Event::Adopted { .. } => (self.other, self.at_provider) = (self.other.saturating_sub(1), self.at_provider + 1),
            Event::Retried { .. } => self.other = self.other.saturating_sub(1),
            Event::Stored { .. } => (self.fetching, self.stored) = (self.fetching.saturating_sub(1), self.stored + 1),
            Event::Planned { .. }
            | Event::Further
            | Event::Freed
            | Event::Seen { .. }
            | Event::Succeeded { .. }
            | Event::Missing
            | Event::Tagged { .. }
            | Event::Annotated(_) => {}
        }
    }
}

impl std::fmt::Display for Counts {
    /// What there is, and nothing of what there is not: the room is narrow.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waiting = self.total.saturating_sub(self.submitting + self.at_provider + self.fetching + self.done());
        let parts = [
            (self.submitting + self.at_provider, "at the provider"),
            (self.fetching, "to fetch"),
            (waiting, "to submit"),
            (self.other, "to look at"),
        ];
        let some = parts.iter().filter(|(count, _)| *count > 0);
        let told: Vec<_> = some.map(|(count, what)| format!("{count} {what}")).collect();
        f.write_str(&told.join(", "))
    }
}

fn bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(5));
    let style = ProgressStyle::with_template("{elapsed} {bar:12} {pos}/{len} {wide_msg}");
    bar.set_style(style.expect("the template is a constant"));
    let shown = bar.clone();
    say::above(Some(Box::new(move |write| shown.suspend(write))));
    bar
}

/// What a person is told of an event; nothing of the small steps.
fn told(take: &Take, event: &Event, now: Timestamp) -> Option<String> {
    Some(match event {
        Event::Accepted { task } => format!("accepted as task {task}"),
        Event::Adopted { task } => format!("settled: it is task {task}"),
        Event::Deferred { why, until } => match until.duration_since(now).as_secs() {
            ..=0 => format!("not taken on: {why}"),
            seconds => format!("not taken on, again in {seconds} s: {why}"),
        },
        Event::Rejected { class, why } => format!("rejected: {}", class.told(why)),
        Event::AnswerLost(doubt) => format!("unresolved, perhaps paid for: {}", doubt.why),
        Event::Failed { class, why, .. } => format!("failed: {}", class.told(why)),
        Event::Retried { .. } => "to be submitted once more".to_owned(),
        Event::Stored { asset } => format!("stored, {} bytes, {}", asset.bytes, crate::layout::video(&take.name)),
        Event::Planned { .. }
        | Event::Further
        | Event::Intent { .. }
        | Event::Freed
        | Event::Seen { .. }
        | Event::Succeeded { .. }
        | Event::Missing
        | Event::Tagged { .. }
        | Event::Annotated(_) => return None,
    })
}

/// Every step, for the log; the small ones, which the ledger has anyway, only where they are asked for.
fn log(take: &Take, event: &Event) {
    let (kind, task) = (event.kind(), take.state.task());
    match event {
        Event::Deferred { why, .. } | Event::AnswerLost(Doubt { why, .. }) => about!(info, take, task, event = kind, why),
        Event::Rejected { class, why } | Event::Failed { class, why, .. } => {
            about!(info, take, task, event = kind, class = class.as_str(), why);
        }
        Event::Stored { asset } => {
            about!(info, take, task, event = kind, digest = %asset.digest, bytes = asset.bytes);
        }
        Event::Seen { word } => about!(debug, take, task, event = kind, word),
        Event::Intent { token, .. } => about!(debug, take, task, event = kind, token = %token),
        Event::Accepted { .. } | Event::Succeeded { .. } => about!(debug, take, task, event = kind),
        _ => about!(info, take, task, event = kind),
    }
}
