//! The life of a take: `next` says what to do, `apply` says what an event makes of it, `replay` is `apply` folded over the
//! ledger. All pure: whoever calls hands in the time. There is no other path for "after a crash".

mod charge;
mod event;
mod lasted;
mod outcome;
mod policy;
#[cfg(test)]
mod tests;
mod watch;

use std::time::Duration;

pub use charge::{Charge, Finish, Refund, Refunds, Standing};
pub use event::{Asset, BadTaskId, Class, Doubt, Event, TaskId, Token};
use jiff::Timestamp;
pub use lasted::Lasted;
pub use outcome::Outcome;
pub use policy::{Bearing, Policy, Rule, Wait, backoff, rule};
pub(crate) use policy::{LONGEST_PAUSE, SHORTEST_PAUSE, later};
pub use watch::{Heard, Link, Sighting, Watch};

use crate::media::{self, Deviation, Media};
use crate::price::Money;
use crate::request::{Request, RequestKey};
use crate::review::Review;
use crate::shot::{About, TakeName};

/// One generation of a shot, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Take {
    /// What it is called.
    pub name: TakeName,
    /// What it asks for.
    pub request: Request,
    /// The request's key.
    pub key: RequestKey,
    /// The shot's tags.
    pub tags: Vec<String>,
    /// What else the manifest says about the shot.
    pub about: About,
    /// How far it has come.
    pub state: State,
    /// What its history amounts to besides the state.
    pub record: Record,
}

/// How far a take has come.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Nothing is under way.
    Planned {
        /// Not to be submitted before this time.
        not_before: Timestamp,
    },
    /// A submission is on its way, or was when the process ended.
    Submitting,
    /// The provider may or may not have taken it on.
    Unresolved(Doubt),
    /// The provider works on it.
    Accepted {
        /// The provider's name for it.
        task: TaskId,
        /// Since when.
        since: Timestamp,
        /// The last state the provider reported, once it has reported one.
        seen: Option<String>,
    },
    /// Made, and waiting to be fetched.
    Ready {
        /// The provider's name for it.
        task: TaskId,
        /// Where it can be fetched for a while.
        link: String,
    },
    /// On disk.
    Stored {
        /// The provider's name for it.
        task: TaskId,
        /// Where it could be fetched.
        link: String,
        /// The bytes.
        asset: Asset,
    },
    /// Refused for good.
    Rejected {
        /// What kind of refusal.
        class: Class,
        /// What the provider said.
        why: String,
    },
    /// Ended without a video.
    Failed {
        /// The provider's name for it.
        task: TaskId,
        /// What kind of failure.
        class: Class,
        /// What the provider said.
        why: String,
    },
}

/// What a take's history amounts to besides its state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Whether its author asked for it over what the manifest asks for.
    pub further: bool,
    /// How many submissions were begun.
    pub attempts: u32,
    /// How many of them the provider took on.
    pub taken_on: u32,
    /// How many submissions in a row were put off.
    pub deferrals: u32,
    /// The last thing that stood in the way of a submission.
    pub deferred_because: Option<String>,
    /// The token of the last attempt.
    pub token: Option<Token>,
    /// What each attempt costs, but for those that surely bought nothing and were followed by another.
    pub charges: Vec<Charge>,
    /// When it was last planned.
    pub planned_at: Option<Timestamp>,
    /// When the last submission was begun.
    pub submitted_at: Option<Timestamp>,
    /// When the provider took it on.
    pub accepted_at: Option<Timestamp>,
    /// When the provider was seen to have finished it, with or without a video.
    pub finished_at: Option<Timestamp>,
    /// How long the task of the last attempt was at the provider, where that is known.
    pub lasted: Option<Lasted>,
    /// When the video was on disk.
    pub stored_at: Option<Timestamp>,
    /// What the bytes of the video say about it, once they have been looked at.
    pub media: Option<Media>,
    /// What was said by those who watched it.
    pub review: Review,
}

/// What to do with a take.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Submit it, no sooner than this.
    Submit {
        /// No sooner than this.
        not_before: Timestamp,
    },
    /// Write down that the answer to its submission is lost: the process that waited for it has ended.
    GiveUpAnswer,
    /// Write down that it is to be submitted once more.
    Retry {
        /// No sooner than this.
        not_before: Timestamp,
    },
    /// Ask the provider about the task, no sooner than this.
    Poll {
        /// Which task.
        task: TaskId,
        /// No sooner than this.
        not_before: Timestamp,
    },
    /// Ask the provider whether it knows the task that is said to have come of an attempt without an answer.
    Confirm {
        /// Which task.
        task: TaskId,
        /// No sooner than this.
        not_before: Timestamp,
    },
    /// Wait for a callback that says what became of an attempt.
    Listen {
        /// No longer than this.
        until: Timestamp,
    },
    /// Fetch the video.
    Fetch {
        /// Where from.
        link: String,
        /// No sooner than this.
        not_before: Timestamp,
    },
    /// Nothing more for now.
    Rest,
}

/// Whether a task is what came of an attempt without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// The provider knows it.
    Yes,
    /// The provider does not know it, and may yet.
    NotYet,
    /// The provider does not know it.
    No,
}

/// An event that cannot happen in the state the take is in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("take {take}: `{event}` cannot happen to a take that is {state}")]
pub struct Illegal {
    take: TakeName,
    state: &'static str,
    event: &'static str,
}

impl Take {
    /// A take that nothing has happened to.
    pub fn new(name: TakeName, request: Request, key: RequestKey, tags: Vec<String>) -> Self {
        let state = State::Planned { not_before: Timestamp::UNIX_EPOCH };
        Self { name, request, key, tags, about: About::default(), state, record: Record::default() }
    }

    /// The take that these events make; `None` when there are none.
    pub fn replay<'a>(
        name: &TakeName,
        events: impl IntoIterator<Item = (Timestamp, &'a Event)>,
    ) -> Result<Option<Self>, Illegal> {
        let mut take = None;
        for (at, event) in events {
            match (&mut take, event) {
                (Some(take), event) => Self::apply(take, at, event)?,
                (None, Event::Planned { request, key, tags }) => {
                    let mut new = Self::new(name.clone(), request.clone(), *key, tags.clone());
                    new.record.planned_at = Some(at);
                    take = Some(new);
                }
                (None, event) => {
                    return Err(Illegal { take: name.clone(), state: "unknown", event: event.kind() });
                }
            }
        }
        Ok(take)
    }

    /// The take as a process finds it that begins at `now`. An earlier process whose clock was ahead has left times that are still to
    /// come: waiting for them, this one would ask for the video when it has long been gone.
    #[must_use]
    pub fn found_at(mut self, now: Timestamp) -> Self {
        match &mut self.state {
            State::Planned { not_before } => *not_before = later(now, LONGEST_PAUSE).min(*not_before),
            State::Accepted { since, .. } => *since = now.min(*since),
            _ => {}
        }
        self
    }

    /// What to do now. `watch` is what this process has seen; everything that matters beyond it is in the take itself.
    pub fn next(&self, watch: &Watch, policy: &Policy) -> Step {
        match &self.state {
            State::Planned { not_before } => match &watch.heard.named {
                Some(task) if self.record.attempts > 0 => confirm(task, watch, policy),
                _ => Step::Submit { not_before: *not_before },
            },
            State::Submitting => Step::GiveUpAnswer,
            State::Unresolved(doubt) => match watch.heard.hint(doubt) {
                Some(task) => confirm(task, watch, policy),
                None if watch.heard.listens => Step::Listen { until: later(self.submitted_at(), policy.callback_patience) },
                None => Step::Rest,
            },
            State::Accepted { task, since, .. } => {
                // A task from the future comes from a clock that was wrong once; its links do not wait for that time.
                let since = if *since <= later(watch.since, policy.patience) { *since } else { watch.since };
                let due = policy.poll_due(since, watch, self.jitter());
                if due > later(watch.since, policy.patience) {
                    return Step::Rest;
                }
                Step::Poll { task: task.clone(), not_before: due }
            }
            State::Ready { .. } if watch.failed_fetches >= policy.fetches => Step::Rest,
            State::Ready { .. } if policy.fetch_due(watch) > later(watch.since, policy.patience) => Step::Rest,
            State::Ready { task, .. } if watch.link != Link::Good => {
                Step::Poll { task: task.clone(), not_before: policy.fetch_due(watch) }
            }
            State::Ready { link, .. } => Step::Fetch { link: link.clone(), not_before: policy.fetch_due(watch) },
            State::Rejected { .. } | State::Stored { .. } => Step::Rest,
            State::Failed { class, .. } => match policy.retry_after(*class, self.record.taken_on) {
                Some(delay) => Step::Retry { not_before: later(self.finished_at(), delay) },
                None => Step::Rest,
            },
        }
    }

    /// What `event`, which happened at `at`, makes of the take. A pair of state and event that is not listed is illegal.
    pub fn apply(&mut self, at: Timestamp, event: &Event) -> Result<(), Illegal> {
        use Event as E;
        use State as S;
        let state = match (&self.state, event) {
            (S::Planned { .. } | S::Rejected { .. } | S::Failed { .. }, E::Planned { .. }) | (S::Unresolved(_), E::Freed) => {
                planned(at)
            }
            (S::Rejected { .. } | S::Failed { .. }, E::Retried { not_before }) => planned(*not_before),
            (S::Planned { .. }, E::Intent { .. }) => S::Submitting,
            (S::Submitting, E::Deferred { until, .. }) => planned(*until),
            (S::Submitting, E::Rejected { class, why }) => S::Rejected { class: *class, why: why.clone() },
            (S::Submitting, E::AnswerLost(doubt)) => S::Unresolved(doubt.clone()),
            (S::Submitting, E::Accepted { task }) | (S::Unresolved(_), E::Adopted { task }) => accepted(task, at),
            // Freed, and made all the same: evidence that came later is better than a person's word.
            (S::Planned { .. }, E::Adopted { task }) if self.record.attempts > 0 => accepted(task, at),
            (S::Accepted { task, since, .. }, E::Seen { word }) => {
                S::Accepted { task: task.clone(), since: *since, seen: Some(word.clone()) }
            }
            (S::Accepted { task, .. } | S::Ready { task, .. }, E::Succeeded { link, .. }) => {
                S::Ready { task: task.clone(), link: link.clone() }
            }
            (S::Accepted { task, .. } | S::Ready { task, .. }, E::Failed { class, why, .. }) => {
                S::Failed { task: task.clone(), class: *class, why: why.clone() }
            }
            (S::Ready { task, link }, E::Stored { asset }) => {
                S::Stored { task: task.clone(), link: link.clone(), asset: *asset }
            }
            (S::Stored { task, link, .. }, E::Missing) => S::Ready { task: task.clone(), link: link.clone() },
            (state @ S::Planned { .. }, E::Further)
            | (state @ S::Stored { .. }, E::Probed(_))
            | (state, E::Tagged { .. } | E::Annotated(_) | E::Reviewed(_)) => state.clone(),
            (state, event) => {
                return Err(Illegal { take: self.name.clone(), state: state.name(), event: event.kind() });
            }
        };
        self.note(at, event);
        self.state = state;
        Ok(())
    }

    /// What a sighting of the task at `now` means for the take: an event to write down, or nothing that must outlive the
    /// process.
    pub fn read(&self, now: Timestamp, sighting: &Sighting, watch: &Watch, policy: &Policy) -> Option<Event> {
        let failed = |class: Class, why: String, finish: Finish| {
            let finish = finish.ruled(class, policy.refunds);
            Some(Event::Failed { class, why, finish })
        };
        match (&self.state, sighting) {
            (State::Accepted { since, seen: None, .. }, Sighting::NotExist) if now < later(*since, policy.grace) => None,
            // The link that the provider gave may outlive its memory of the task.
            (State::Ready { .. }, Sighting::NotExist) if watch.link != Link::Expired => None,
            (_, Sighting::NotExist) => failed(Class::Lost, lost(self), Finish::default()),
            (State::Accepted { seen, .. }, Sighting::Unfinished { word }) => {
                (seen.as_ref() != Some(word)).then(|| Event::Seen { word: word.clone() })
            }
            (_, Sighting::Succeeded { link: Some(link), finish }) => {
                Some(Event::Succeeded { link: link.clone(), finish: self.timed(*finish, watch) })
            }
            (State::Accepted { .. }, Sighting::Succeeded { link: None, finish }) => {
                let over = watch.linkless_since.is_some_and(|since| now >= later(since, policy.grace));
                if over { failed(Class::NoLink, no_link(), *finish) } else { None }
            }
            (_, Sighting::Unfinished { .. } | Sighting::Succeeded { link: None, .. }) => None,
            (_, Sighting::Failed { class, why, finish }) => failed(*class, why.clone(), self.timed(*finish, watch)),
        }
    }

    /// With what this process has seen of how long the task took. A callback tells when it was over, where the provider does not.
    fn timed(&self, finish: Finish, watch: &Watch) -> Finish {
        let State::Accepted { .. } = self.state else { return finish };
        let seconds = |time| u32::try_from(self.age_at(time).as_secs()).ok();
        let mine = self.record.submitted_at.is_some_and(|at| watch.since <= at);
        Finish {
            made_in: finish.made_in.or_else(|| watch.heard.over.and_then(seconds)),
            unfinished_at: watch.unfinished.and_then(seconds).or_else(|| mine.then_some(0)),
            ..finish
        }
    }

    /// What the provider's answer at `now` to [`Step::Confirm`] means: whether `task` is what came of the attempt, as far as can be said.
    pub fn confirmed(&self, now: Timestamp, sighting: &Sighting, policy: &Policy) -> Confirmed {
        match sighting {
            Sighting::NotExist if now < later(self.submitted_at(), policy.grace) => Confirmed::NotYet,
            Sighting::NotExist => Confirmed::No,
            Sighting::Unfinished { .. } | Sighting::Succeeded { .. } | Sighting::Failed { .. } => Confirmed::Yes,
        }
    }

    /// Whether nobody knows what became of the last attempt, and yet the unclear answer named a task.
    pub fn is_named(&self) -> bool {
        matches!(&self.state, State::Unresolved(Doubt { task: Some(_), .. }))
    }

    /// How the take stands if nothing more is done.
    pub fn outcome(&self) -> Outcome {
        match self.state {
            State::Planned { .. } => Outcome::Held,
            State::Submitting | State::Unresolved(_) => Outcome::Unresolved,
            State::Accepted { .. } | State::Ready { .. } => Outcome::Waiting,
            State::Stored { .. } if !self.deviations().is_empty() => Outcome::OffSpec,
            State::Stored { .. } => Outcome::Stored,
            State::Rejected { .. } => Outcome::Rejected,
            State::Failed { .. } => Outcome::Failed,
        }
    }

    /// What about the stored video is not as it was asked for; nothing while it is not on disk, or has not been looked at.
    pub fn deviations(&self) -> Vec<Deviation> {
        let media = self.record.media.as_ref().filter(|_| matches!(self.state, State::Stored { .. }));
        media.map(|media| media::deviations(&self.request, media)).unwrap_or_default()
    }

    /// What was reserved for its last attempt: nothing where surely nothing was bought. Whether it has been refunded since, is told by
    /// [`Take::charges`].
    pub fn price(&self) -> Option<Money> {
        let bought = !matches!(self.state, State::Planned { .. } | State::Rejected { .. });
        self.record.charges.last().filter(|_| bought)?.price
    }

    /// What its attempts cost, in order.
    pub fn charges(&self) -> &[Charge] {
        &self.record.charges
    }

    /// A number from 0 to 1 that differs between takes and is the same in every run.
    pub fn jitter(&self) -> f64 {
        let [first, second, ..] = *self.key.as_bytes();
        f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX)
    }

    /// How long the task has been at the provider at `time`, counted from when its submission was begun.
    pub fn age_at(&self, time: Timestamp) -> Duration {
        Duration::try_from(time.duration_since(self.begun_at())).unwrap_or_default()
    }

    /// The time from which the age of the task is counted: not the answer, which may have come late or much later. A submission from the
    /// future comes from a clock that was wrong once.
    pub(crate) fn begun_at(&self) -> Timestamp {
        match self.state {
            State::Accepted { since, .. } => since.min(self.submitted_at()),
            _ => self.submitted_at(),
        }
    }

    fn submitted_at(&self) -> Timestamp {
        self.record.submitted_at.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn finished_at(&self) -> Timestamp {
        self.record.finished_at.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Keeps what the reports want to know besides the state.
    fn note(&mut self, at: Timestamp, event: &Event) {
        let lasted = match event {
            Event::Succeeded { finish, .. } => Lasted::of(finish, self.age_at(at), true),
            Event::Failed { finish, .. } => Lasted::of(finish, self.age_at(at), false),
            _ => None,
        };
        let record = &mut self.record;
        record.lasted = record.lasted.or(lasted);
        charge::note(&mut record.charges, at, event);
        match event {
            Event::Planned { request, key, tags } => {
                self.request = request.clone();
                self.key = *key;
                self.tags.clone_from(tags);
                record.planned_at = Some(at);
                record.forget_video();
            }
            Event::Further => record.further = true,
            Event::Intent { token, .. } => {
                record.attempts += 1;
                record.token = Some(*token);
                record.submitted_at = Some(at);
                record.accepted_at = None;
                record.finished_at = None;
                record.lasted = None;
                record.forget_video();
            }
            Event::Deferred { why, .. } => {
                record.deferrals += 1;
                record.deferred_because = Some(why.clone());
            }
            Event::Accepted { .. } | Event::Adopted { .. } => {
                record.not_deferred();
                record.taken_on += 1;
                record.accepted_at = Some(at);
            }
            Event::Succeeded { .. } => record.finished_at = record.finished_at.or(Some(at)),
            Event::Rejected { .. } => {
                record.not_deferred();
                record.finished_at = Some(at);
            }
            Event::Failed { .. } => record.finished_at = Some(at),
            Event::Stored { .. } => {
                record.stored_at = Some(at);
                record.media = None;
            }
            Event::Probed(media) => record.media = Some(media.clone()),
            Event::Reviewed(review) => record.review.clone_from(review),
            Event::Tagged { tags } => self.tags.clone_from(tags),
            Event::Annotated(about) => self.about.clone_from(about),
            Event::AnswerLost(_) => record.not_deferred(),
            Event::Retried { .. } => record.forget_video(),
            Event::Freed | Event::Seen { .. } | Event::Missing => {}
        }
    }
}

impl Record {
    /// What is known, and what was said, of a video that is no more is not so of the next one.
    fn forget_video(&mut self) {
        self.stored_at = None;
        self.media = None;
        self.review = Review::default();
    }

    /// The last submission was not put off, however it went.
    fn not_deferred(&mut self) {
        self.deferrals = 0;
        self.deferred_because = None;
    }
}

impl State {
    /// The state in a word.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Planned { .. } => "planned",
            Self::Submitting => "submitting",
            Self::Unresolved(_) => "unresolved",
            Self::Accepted { .. } => "accepted",
            Self::Ready { .. } => "ready",
            Self::Stored { .. } => "stored",
            Self::Rejected { .. } => "rejected",
            Self::Failed { .. } => "failed",
        }
    }

    /// The provider's name for the work, where there is one.
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Accepted { task, .. } | Self::Ready { task, .. } | Self::Stored { task, .. } | Self::Failed { task, .. } => {
                Some(task)
            }
            Self::Planned { .. } | Self::Submitting | Self::Unresolved(_) | Self::Rejected { .. } => None,
        }
    }

    /// Why there is no video, where there will be none.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Rejected { class, .. } | Self::Failed { class, .. } => Some(*class),
            _ => None,
        }
    }

    /// Whether the provider works on it now.
    pub fn in_flight(&self) -> bool {
        matches!(self, Self::Submitting | Self::Accepted { .. })
    }
}

/// Asks about the task, for as long as one run looks after a take.
fn confirm(task: &TaskId, watch: &Watch, policy: &Policy) -> Step {
    let not_before = policy.confirm_due(watch);
    let in_time = not_before <= later(watch.since, policy.patience);
    if in_time { Step::Confirm { task: task.clone(), not_before } } else { Step::Rest }
}

fn planned(not_before: Timestamp) -> State {
    State::Planned { not_before }
}

fn accepted(task: &TaskId, since: Timestamp) -> State {
    State::Accepted { task: task.clone(), since, seen: None }
}

fn lost(take: &Take) -> String {
    let task = take.state.task().map_or("?", TaskId::as_str);
    format!("the provider does not know task {task}; report the task id to its support, it may have been charged")
}

fn no_link() -> String {
    "the provider says the video is made but gives no link to it; its last answer is kept in the ledger".to_owned()
}
