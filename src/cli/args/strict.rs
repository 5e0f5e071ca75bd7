//! What is held against videos that are stored.

use clap::Args as Group;

use crate::report::{Exit, Totals};
use crate::take::Outcome;

/// What is held against videos that are stored.
#[derive(Debug, Clone, Copy, Group)]
pub(in crate::cli) struct Strict {
    /// Exit with 1 where a stored video is off-spec: damaged, or of another shape or length than was asked for.
    #[arg(long)]
    pub strict_media: bool,
}

impl Strict {
    /// What takes that stand so call for.
    pub(in crate::cli) fn exit(self, totals: &Totals) -> Exit {
        if self.strict_media && totals.count(Outcome::OffSpec) > 0 { Exit::SomeFailed } else { Exit::Done }
    }
}
