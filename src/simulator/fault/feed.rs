//! What can go wrong with the questions about a task.

use super::faults;

faults! {
    /// What can go wrong with the questions about a task.
    FeedFault {
        /// The feed does not know the task for three minutes more than usual.
        AppearsLate = "appears_late",
        /// The feed never knows the task, which was accepted and is not there.
        Ghost = "ghost",
        /// While it is worked on, its state is a word that nobody has documented.
        OddWord = "odd_word",
        /// Every other question is answered by 500, 502, 429 or 503, or not at all.
        PollsFail = "polls_fail",
        /// The first three answers are no JSON.
        Garbage = "garbage",
        /// It succeeds, and the link comes two minutes later.
        LateLink = "late_link",
        /// It succeeds, and there never is a link.
        NoLink = "no_link",
    }
}

/// What becomes of one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadPoll {
    /// This HTTP status.
    Status(u16),
    /// HTTP 200, and no JSON.
    Garbage,
    /// The connection closes without an answer.
    Cut,
}

impl FeedFault {
    /// What goes wrong with the question that `asked` others came before; `None`: nothing.
    pub(in crate::simulator) fn spoils(self, asked: u64) -> Option<BadPoll> {
        const TROUBLES: [BadPoll; 5] =
            [BadPoll::Status(500), BadPoll::Status(502), BadPoll::Status(429), BadPoll::Status(503), BadPoll::Cut];
        match self {
            Self::PollsFail if asked.is_multiple_of(2) => {
                let index = usize::try_from(asked / 2 % 5).unwrap_or(0);
                Some(TROUBLES[index])
            }
            Self::Garbage if asked < 3 => Some(BadPoll::Garbage),
            _ => None,
        }
    }

    /// Whether it is to be counted how often the task is asked about.
    pub(in crate::simulator) fn counts(self) -> bool {
        matches!(self, Self::PollsFail | Self::Garbage)
    }
}
