//! What happens to the takes of a run as spans of time, one within another:
//!
//! ```text
//! take
//! ├ wait to submit
//! ├ attempt                    from the intent to the word that it is over
//! │ ├ submit
//! │ └ generate ─ poll, poll …  from acceptance on
//! └ deliver                    from the word that the video is made
//!   └ wait to fetch, fetch, store, poll for a fresh link …
//! ```
//!
//! Attempt, generate and deliver follow from the state that a take is in, so that no history can leave one of them open.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use crate::clock::Clock;
use crate::engine::{How, Phase, Watcher};
use crate::shot::TakeName;
use crate::take::{Event, State, Take};

/// What a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All that a run does for a take.
    Take,
    /// One submission and what came of it.
    Attempt,
    /// The provider works on it.
    Generate,
    /// The video is made, and on its way here.
    Deliver,
    /// A single thing that the take is busy with.
    Phase(Phase),
}

impl Kind {
    /// The kind in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Attempt => "attempt",
            Self::Generate => "generate",
            Self::Deliver => "deliver",
            Self::Phase(phase) => phase.as_str(),
        }
    }
}

/// A span of time in the life of a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its own number, counted from 1.
    pub id: u64,
    /// The number of the one that it lies in, if it lies in one.
    pub parent: Option<u64>,
    /// The number of the outermost one that it lies in: that of the take.
    pub root: u64,
    /// What it is.
    pub kind: Kind,
    /// When it began, by the run's clock since that was started.
    pub begun: Duration,
}

/// Keeps spans.
pub trait Recorder {
    /// One has begun.
    fn begun(&self, take: &Take, span: &Span);

    /// One is over, at this time of the run's clock. Spans end before the one that they lie in. Without a take nobody knows how it ended,
    /// because the run has.
    fn ended(&self, span: &Span, at: Duration, how: Option<(&Take, How<'_>)>);

    /// `event` has happened to `take`.
    fn saw(&self, take: &Take, event: &Event, at: Duration) {
        let _ = (take, event, at);
    }
}

/// Makes spans of what a run does.
pub struct Spans<R> {
    clock: Clock,
    recorder: R,
    open: RefCell<Open>,
}

/// The spans that are not over.
#[derive(Debug, Default)]
struct Open {
    last: u64,
    /// The outermost first.
    stacks: HashMap<TakeName, Vec<Span>>,
}

impl<R: Recorder> Spans<R> {
    /// Spans on this clock, for this recorder.
    pub fn new(clock: Clock, recorder: R) -> Self {
        Self { clock, recorder, open: RefCell::default() }
    }

    /// Who keeps them.
    pub fn recorder(&self) -> &R {
        &self.recorder
    }

    /// Ends those that are still open, as they are after a run that ended with an error.
    pub fn close(&self) {
        let stacks = std::mem::take(&mut self.open.borrow_mut().stacks);
        let at = self.clock.elapsed();
        for span in stacks.values().flat_map(|stack| stack.iter().rev()) {
            self.recorder.ended(span, at, None);
        }
    }

    fn push(&self, take: &Take, stack: &mut Vec<Span>, last: &mut u64, kind: Kind) {
        *last += 1;
        let parent = stack.last().map(|span| span.id);
        let span =
            Span { id: *last, parent, root: stack.first().map_or(*last, |first| first.id), kind, begun: self.clock.elapsed() };
        stack.push(span);
        self.recorder.begun(take, &span);
    }

    /// Ends what is open beyond the outermost `kept`, the innermost first.
    fn pop(&self, take: &Take, stack: &mut Vec<Span>, kept: usize, how: How<'_>) {
        let at = self.clock.elapsed();
        for span in stack.drain(kept.min(stack.len())..).rev() {
            self.recorder.ended(&span, at, Some((take, how)));
        }
    }

    /// Ends and begins what lies in the take's own span, so that it is what the state asks for.
    fn follow(&self, take: &Take, stack: &mut Vec<Span>, last: &mut u64, how: How<'_>) {
        let wanted = kinds(&take.state);
        let kept = stack.iter().skip(1).zip(wanted).take_while(|(span, kind)| span.kind == **kind).count();
        self.pop(take, stack, 1 + kept, how);
        for kind in &wanted[kept..] {
            self.push(take, stack, last, *kind);
        }
    }
}

impl<R: Recorder> Watcher for Spans<R> {
    fn saw(&self, take: &Take, event: &Event) {
        self.recorder.saw(take, event, self.clock.elapsed());
        let Open { last, stacks } = &mut *self.open.borrow_mut();
        if let Some(stack) = stacks.get_mut(&take.name) {
            self.follow(take, stack, last, how(event));
        }
    }

    fn began(&self, take: &Take, phase: Phase) {
        let Open { last, stacks } = &mut *self.open.borrow_mut();
        match (phase, stacks.get_mut(&take.name)) {
            (Phase::Drive, _) => {
                let mut stack = Vec::new();
                self.push(take, &mut stack, last, Kind::Take);
                self.follow(take, &mut stack, last, Ok("found"));
                stacks.insert(take.name.clone(), stack);
            }
            (_, Some(stack)) => self.push(take, stack, last, Kind::Phase(phase)),
            (_, None) => {}
        }
    }

    fn ended(&self, take: &Take, phase: Phase, how: How<'_>) {
        let Open { stacks, .. } = &mut *self.open.borrow_mut();
        if phase == Phase::Drive {
            let mut stack = stacks.remove(&take.name).unwrap_or_default();
            self.pop(take, &mut stack, 0, how);
        } else if let Some(stack) = stacks.get_mut(&take.name)
            && let Some(place) = stack.iter().rposition(|span| span.kind == Kind::Phase(phase))
        {
            self.pop(take, stack, place, how);
        }
    }
}

/// What a take in this state is in the middle of.
fn kinds(state: &State) -> &'static [Kind] {
    match state {
        State::Submitting => &[Kind::Attempt],
        State::Accepted { .. } => &[Kind::Attempt, Kind::Generate],
        State::Ready { .. } => &[Kind::Deliver],
        State::Planned { .. } | State::Unresolved(_) | State::Stored { .. } | State::Rejected { .. } | State::Failed { .. } => {
            &[]
        }
    }
}

/// How what an event ends has ended.
fn how(event: &Event) -> How<'_> {
    match event {
        Event::Deferred { why, .. } | Event::Rejected { why, .. } | Event::Failed { why, .. } => Err(why),
        Event::AnswerLost(doubt) => Err(&doubt.why),
        _ => Ok(event.kind()),
    }
}
