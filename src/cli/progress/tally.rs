//! How many takes stand how, kept up take by take: what a run knows of its own, and `status` of those in the ledger.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::eta::{Ahead, remaining};
use crate::cadence::Times;
use crate::request::Request;
use crate::shot::TakeName;
use crate::take::{State, Take};

/// How far back the rate goes.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// Takes and how they stand.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Tally {
    counts: Counts,
    takes: HashMap<TakeName, Known>,
    /// Those whose video is being made, and those that are to be fetched.
    waiting: BTreeMap<TakeName, Waiting>,
    kinds: Vec<Kind>,
    by_kind: HashMap<(Box<str>, u8), usize>,
    /// When the last ones were accepted, in order.
    accepted: VecDeque<Timestamp>,
}

/// How many takes stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(in crate::cli) struct Counts {
    /// All.
    pub(in crate::cli) all: usize,
    /// Not submitted yet.
    pub(in crate::cli) to_submit: usize,
    /// Whose submission is on its way.
    pub(in crate::cli) submitting: usize,
    /// That the provider works on.
    pub(in crate::cli) at_provider: usize,
    /// Whose video is made.
    pub(in crate::cli) to_fetch: usize,
    /// On disk.
    pub(in crate::cli) stored: usize,
    /// Refused for good.
    pub(in crate::cli) rejected: usize,
    /// Ended without a video.
    pub(in crate::cli) failed: usize,
    /// Of which nobody knows.
    pub(in crate::cli) unresolved: usize,
}

/// The take that has waited longest for its video to be on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct Oldest<'a> {
    /// Which.
    pub(in crate::cli) take: &'a TakeName,
    /// The provider's name for it.
    pub(in crate::cli) task: Option<&'a str>,
    /// Since when.
    pub(in crate::cli) since: Timestamp,
}

/// What is remembered of a take.
#[derive(Debug, Clone, Copy)]
struct Known {
    stage: Stage,
    kind: usize,
    accepted: Option<Timestamp>,
    finished: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    ToSubmit,
    Submitting,
    AtProvider,
    ToFetch,
    Stored,
    Rejected,
    Failed,
    Unresolved,
}

#[derive(Debug, Clone)]
struct Waiting {
    kind: usize,
    since: Timestamp,
    task: Option<Box<str>>,
    is_made: bool,
}

/// Takes of one model and length.
#[derive(Debug, Clone)]
struct Kind {
    request: Request,
    to_submit: usize,
}

impl Tally {
    /// A take as it is now, whether it is known or not. Tells whether the provider has finished it meanwhile.
    pub(in crate::cli) fn put(&mut self, take: &Take) -> bool {
        let stage = Stage::of(&take.state);
        let kind = self.kind(&take.request);
        let known = Known { stage, kind, accepted: take.record.accepted_at, finished: take.record.finished_at };
        let before = self.takes.insert(take.name.clone(), known);
        if let Some(before) = before {
            *self.counts.of(before.stage) -= 1;
            self.kinds[before.kind].to_submit -= usize::from(before.stage == Stage::ToSubmit);
        } else {
            self.counts.all += 1;
        }
        *self.counts.of(stage) += 1;
        self.kinds[kind].to_submit += usize::from(stage == Stage::ToSubmit);
        if let Some(at) = known.accepted.filter(|at| before.and_then(|before| before.accepted) != Some(*at)) {
            self.accept(at);
        }
        match stage {
            Stage::Submitting | Stage::AtProvider | Stage::ToFetch => {
                let since = take.record.submitted_at.or(take.record.accepted_at).unwrap_or(Timestamp::UNIX_EPOCH);
                let task = take.state.task().map(|task| task.as_str().into());
                let waiting = Waiting { kind, since, task, is_made: stage == Stage::ToFetch };
                self.waiting.insert(take.name.clone(), waiting);
            }
            _ => drop(self.waiting.remove(&take.name)),
        }
        known.finished.is_some() && before.and_then(|before| before.finished) != known.finished
    }

    /// How many stand how.
    pub(in crate::cli) fn counts(&self) -> Counts {
        self.counts
    }

    /// How many were accepted in the minute before `now`.
    pub(in crate::cli) fn rate(&self, now: Timestamp) -> usize {
        let recent = self.accepted.iter().rev().take_while(|at| now.duration_since(**at) < MINUTE);
        recent.count()
    }

    /// The take that has waited longest.
    pub(in crate::cli) fn oldest(&self) -> Option<Oldest<'_>> {
        let oldest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.since);
        oldest.map(|(take, waiting)| Oldest { take, task: waiting.task.as_deref(), since: waiting.since })
    }

    /// Hands what is still to be submitted to `each`: so many of this request's model and length.
    pub(in crate::cli) fn to_submit(&self) -> impl Iterator<Item = (&Request, usize)> {
        let some = self.kinds.iter().filter(|kind| kind.to_submit > 0);
        some.map(|kind| (&kind.request, kind.to_submit))
    }

    /// What is left to do at `now`, where no more than `most` are to be submitted, and takes last as `times` says.
    pub(in crate::cli) fn ahead(&self, now: Timestamp, times: &Times, most: usize, bound: usize, pace: f64) -> Option<Ahead> {
        let mut under_way = Vec::new();
        for waiting in self.waiting.values().filter(|waiting| !waiting.is_made) {
            let age = Duration::try_from(now.duration_since(waiting.since)).unwrap_or_default();
            under_way.push(remaining(times.estimate(&self.kinds[waiting.kind].request)?, age));
        }
        let (mut total, mut count) = (0.0, 0_u32);
        for (request, many) in self.to_submit() {
            let many = u32::try_from(many).unwrap_or(u32::MAX);
            total += times.estimate(request)?.median.as_secs_f64() * f64::from(many);
            count = count.saturating_add(many);
        }
        let each = (count > 0).then(|| Duration::from_secs_f64(total / f64::from(count)));
        Some(Ahead { to_submit: most.min(self.counts.to_submit), each, under_way, bound, pace })
    }

    fn kind(&mut self, request: &Request) -> usize {
        let kinds = &mut self.kinds;
        *self.by_kind.entry((request.model.as_str().into(), request.seconds.get())).or_insert_with(|| {
            kinds.push(Kind { request: request.clone(), to_submit: 0 });
            kinds.len() - 1
        })
    }

    /// They mostly come in order.
    fn accept(&mut self, at: Timestamp) {
        let place = self.accepted.iter().rposition(|other| *other <= at).map_or(0, |place| place + 1);
        let newest = self.accepted.back().copied().unwrap_or(at).max(at);
        if newest.duration_since(at) < MINUTE {
            self.accepted.insert(place, at);
        }
        while self.accepted.front().is_some_and(|old| newest.duration_since(*old) >= MINUTE) {
            self.accepted.pop_front();
        }
    }
}

impl Oldest<'_> {
    /// The take, with its task where it has one.
    pub(in crate::cli) fn named(&self) -> String {
        let task = self.task.map(|task| format!(" (task {task})")).unwrap_or_default();
        format!("{}{task}", self.take)
    }
}

impl Counts {
    /// Those with which nothing more happens by itself.
    pub(in crate::cli) fn done(&self) -> usize {
        self.stored + self.need_a_person()
    }

    /// Those that need a person.
    pub(in crate::cli) fn need_a_person(&self) -> usize {
        self.rejected + self.failed + self.unresolved
    }

    /// Those that take a place at the provider.
    pub(in crate::cli) fn in_flight(&self) -> usize {
        self.submitting + self.at_provider
    }

    fn of(&mut self, stage: Stage) -> &mut usize {
        match stage {
            Stage::ToSubmit => &mut self.to_submit,
            Stage::Submitting => &mut self.submitting,
            Stage::AtProvider => &mut self.at_provider,
            Stage::ToFetch => &mut self.to_fetch,
            Stage::Stored => &mut self.stored,
            Stage::Rejected => &mut self.rejected,
            Stage::Failed => &mut self.failed,
            Stage::Unresolved => &mut self.unresolved,
        }
    }
}

impl Stage {
    fn of(state: &State) -> Self {
        match state {
            State::Planned { .. } => Self::ToSubmit,
            State::Submitting => Self::Submitting,
            State::Accepted { .. } => Self::AtProvider,
            State::Ready { .. } => Self::ToFetch,
            State::Stored { .. } => Self::Stored,
            State::Rejected { .. } => Self::Rejected,
            State::Failed { .. } => Self::Failed,
            State::Unresolved(_) => Self::Unresolved,
        }
    }
}
