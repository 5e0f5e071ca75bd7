//! What is held against videos that are stored.

use clap::Args as Group;

use crate::report::Exit;
use crate::take::{Outcome, Take};

/// What is held against videos that are stored.
#[derive(Debug, Clone, Copy, Group)]
pub(in crate::cli) struct Strict {
    /// Exit with 1 where a stored video is off-spec, damaged or of another shape or length than was asked for, and nobody has picked it.
    #[arg(long)]
    pub strict_media: bool,
}

impl Strict {
    /// What these takes call for.
    pub(in crate::cli) fn exit<'a>(self, takes: impl IntoIterator<Item = &'a Take>) -> Exit {
        let is_wrong = |take: &Take| take.outcome() == Outcome::OffSpec && !take.record.review.is_pick();
        if self.strict_media && takes.into_iter().any(is_wrong) { Exit::SomeFailed } else { Exit::Done }
    }
}
