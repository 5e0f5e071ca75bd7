//! What one process sees of a take while it looks after it. Nothing of this has to outlive the process.

use jiff::Timestamp;

use super::{Class, Doubt, Finish, TaskId};

/// What this process has seen of a take and need not outlive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// When this process began to look after the take.
    pub since: Timestamp,
    /// When the provider was last asked.
    pub polled: Option<Timestamp>,
    /// When the provider last gave an answer by which the task was not over.
    pub unfinished: Option<Timestamp>,
    /// When the task is best asked about next, by how long others like it have taken; `None` where too little is known of them.
    pub look: Option<Timestamp>,
    /// Since when the provider says "succeeded" without giving a link.
    pub linkless_since: Option<Timestamp>,
    /// What is known of the link to the video.
    pub link: Link,
    /// How many fetches failed.
    pub failed_fetches: u32,
    /// No poll or fetch before this time: the provider asked for patience.
    pub not_before: Timestamp,
    /// What callbacks have told.
    pub heard: Heard,
}

/// What callbacks have told this process about a take. They are hints: they say when to ask and what to ask about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heard {
    /// Whether anybody listens for callbacks.
    pub listens: bool,
    /// Whether they are known to come, so that polls can wait for them.
    pub live: bool,
    /// When the last of them said that the task is over.
    pub over: Option<Timestamp>,
    /// Whether the provider's answers have proven to be behind its callbacks.
    pub early: bool,
    /// The task that one of them names for an attempt that nobody has an answer to.
    pub named: Option<TaskId>,
    /// The task that was named for such an attempt, and that it cannot have become.
    pub refuted: Option<TaskId>,
}

/// How far a link to a video can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Nothing speaks against it.
    Good,
    /// Fetching has failed more than once: a fresh one would be welcome.
    Doubtful,
    /// Known to be of no use any more.
    Expired,
}

/// What the provider says about a task.
#[derive(Debug, Clone, PartialEq)]
pub enum Sighting {
    /// It does not know the task.
    NotExist,
    /// It has not finished.
    Unfinished {
        /// Its word for the state.
        word: String,
    },
    /// It has made the video.
    Succeeded {
        /// Where it is, if the answer says so.
        link: Option<String>,
        /// What else the answer says.
        finish: Finish,
    },
    /// It ended without a video.
    Failed {
        /// What kind of failure.
        class: Class,
        /// In its own words.
        why: String,
        /// What else the answer says.
        finish: Finish,
    },
}

impl Sighting {
    /// Whether the take waits because the provider works on as many of the account's tasks as it ever does at once.
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Unfinished { word } if word.eq_ignore_ascii_case("throttled"))
    }
}

impl Watch {
    /// The watch of a process that begins to look after a take at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            polled: None,
            unfinished: None,
            look: None,
            linkless_since: None,
            link: Link::Good,
            failed_fetches: 0,
            not_before: Timestamp::UNIX_EPOCH,
            heard: Heard::default(),
        }
    }
}

impl Heard {
    /// The task to ask the provider about before `doubt` is left to a person: what a callback names, else what the unclear answer
    /// named itself; not one that it cannot have become.
    pub fn hint<'a>(&'a self, doubt: &'a Doubt) -> Option<&'a TaskId> {
        self.named.as_ref().or(doubt.task.as_ref()).filter(|task| self.refuted.as_ref() != Some(*task))
    }
}
