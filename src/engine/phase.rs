//! What a take is busy with between two events, told to those who watch: a trace, a metric. Nothing is decided by it.

use super::{Pressure, Watcher};
use crate::provider::Answer;
use crate::take::{Event, Sighting, Take};

/// What a take is busy with, and no event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// All that this run does for it; every other phase lies within.
    Drive,
    /// It waits for a place at the provider, a later time, or its turn to be submitted.
    WaitToSubmit,
    /// The call that submits it.
    Submit,
    /// A call that asks about its task.
    Poll,
    /// Its video waits for a later time, or for its turn to be fetched.
    WaitToFetch,
    /// A download of its video, or of the rest of it.
    Fetch,
    /// Its video, its links and its provenance become durable.
    Store,
}

/// How a phase ended: in a word, or why it came to nothing.
pub type How<'a> = Result<&'a str, &'a str>;

/// Several watchers as one, which are told in this order.
pub struct Watchers<'a>(pub Vec<&'a dyn Watcher>);

impl Phase {
    /// The phase in a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drive => "drive",
            Self::WaitToSubmit => "wait to submit",
            Self::Submit => "submit",
            Self::Poll => "poll",
            Self::WaitToFetch => "wait to fetch",
            Self::Fetch => "fetch",
            Self::Store => "store",
        }
    }
}

impl Watcher for Watchers<'_> {
    fn saw(&self, take: &Take, event: &Event) {
        self.0.iter().for_each(|watcher| watcher.saw(take, event));
    }

    fn began(&self, take: &Take, phase: Phase) {
        self.0.iter().for_each(|watcher| watcher.began(take, phase));
    }

    fn ended(&self, take: &Take, phase: Phase, how: How<'_>) {
        self.0.iter().for_each(|watcher| watcher.ended(take, phase, how));
    }

    fn pressed(&self, pressure: Pressure) {
        self.0.iter().for_each(|watcher| watcher.pressed(pressure));
    }
}

/// What an answer amounts to: for one about a task, how the provider says that it stands.
pub(super) fn told(answer: &Answer) -> How<'_> {
    match answer {
        Answer::Accepted(_) => Ok("accepted"),
        Answer::Seen(Sighting::NotExist) => Ok("not known"),
        Answer::Seen(Sighting::Unfinished { word }) => Ok(word),
        Answer::Seen(Sighting::Succeeded { .. }) => Ok("succeeded"),
        Answer::Seen(Sighting::Failed { .. }) => Ok("failed"),
        Answer::NotNow { why, .. } | Answer::Unreached { why } | Answer::Never { why, .. } | Answer::Halt { why, .. } => {
            Err(why)
        }
        Answer::Unclear(doubt) | Answer::Stranger(doubt) => Err(&doubt.why),
    }
}
