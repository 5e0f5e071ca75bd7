//! `rushes status`.

use std::time::Duration;

use clap::Args as Group;

use super::{Format, Selection, Strict, Target, timeout};

/// `rushes status`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Status {
    /// Which output directory.
    #[command(flatten)]
    pub target: Target,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
    /// Show how the run stands that is on, again and again until it ends, and then the totals; every so often. Ctrl-C leaves.
    #[arg(
        long, value_name = "TIME", value_parser = timeout, num_args = 0..=1, require_equals = true, default_missing_value = "2s",
        conflicts_with_all = ["only", "except"]
    )]
    pub watch: Option<Duration>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// What is held against videos that are stored.
    #[command(flatten)]
    pub strict: Strict,
}
