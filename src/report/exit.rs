//! The exit codes, and which of them the takes call for. A value: nothing here ends a process.

use std::cmp::Ordering;

use crate::take::State;

/// What the process tells whoever started it. The greater of two is the one to report: 7, 4, 5, 3, 1, 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for is stored; also: nothing to do.
    Done = 0,
    /// Finished; some shots were rejected or failed for good.
    SomeFailed = 1,
    /// A usage or manifest mistake; nothing was spent.
    Usage = 2,
    /// Stopped early or still waiting (budget, window, breaker, Ctrl-C, patience): run again to go on.
    Stopped = 3,
    /// Some outcomes are unresolved: money may have been spent; `rushes resolve` says how to settle them.
    Unresolved = 4,
    /// Paid for but not on disk yet: run again soon, links expire.
    NotOnDisk = 5,
    /// Another run holds the output directory.
    Locked = 6,
    /// Could not run: ledger, disk, network set-up, bad key. Or what it printed could not be written.
    CouldNotRun = 7,
    /// A plan with something to do, where that was asked for.
    WorkToDo = 10,
}

impl Exit {
    /// What takes in these states call for.
    pub fn of<'a>(states: impl IntoIterator<Item = &'a State>) -> Self {
        states.into_iter().map(Self::from).max().unwrap_or(Self::Done)
    }

    /// The number itself.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The place among the others. `Usage` and `Locked` end a run before it begins, `WorkToDo` is no run's; so they never meet
    /// any but `CouldNotRun`.
    fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SomeFailed => 1,
            Self::Stopped => 2,
            Self::NotOnDisk => 3,
            Self::Unresolved => 4,
            Self::Usage => 5,
            Self::Locked => 6,
            Self::WorkToDo => 7,
            Self::CouldNotRun => 8,
        }
    }
}

impl From<&State> for Exit {
    fn from(state: &State) -> Self {
        match state {
            State::Stored { .. } => Self::Done,
            State::Rejected { .. } | State::Failed { .. } => Self::SomeFailed,
            State::Planned { .. } | State::Accepted { .. } => Self::Stopped,
            State::Ready { .. } => Self::NotOnDisk,
            State::Submitting | State::Unresolved(_) => Self::Unresolved,
        }
    }
}

impl Ord for Exit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;
    use crate::report::samples;

    fn check(names: &[&str], expected: u8) {
        let takes = samples::takes_of_every_kind();
        let states = takes.iter().map(|take| &take.state).filter(|state| names.contains(&state.name()));
        assert_eq!(Exit::of(states).code(), expected, "{names:?}");
    }

    #[test]
    fn the_highest_ranking_state_decides() {
        check(&[], 0);
        check(&["stored"], 0);
        check(&["stored", "failed"], 1);
        check(&["rejected"], 1);
        check(&["stored", "failed", "planned"], 3);
        check(&["accepted"], 3);
        check(&["accepted", "ready", "rejected"], 5);
        check(&["ready", "unresolved"], 4);
        check(&["submitting", "accepted"], 4);
    }

    #[test]
    fn the_ranking_is_the_documented_one() {
        let mut exits = [Exit::Done, Exit::SomeFailed, Exit::Stopped, Exit::Unresolved, Exit::NotOnDisk, Exit::CouldNotRun];
        exits.sort();
        assert_eq!(exits.map(Exit::code), [0, 1, 3, 5, 4, 7]);
    }
}
