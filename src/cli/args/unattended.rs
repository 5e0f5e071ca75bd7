//! What a run does where nobody watches it.

use std::time::Duration;

use clap::Args as Group;

use super::duration;

/// What a run does where nobody watches it.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Unattended")]
pub(in crate::cli) struct Unattended {
    /// Where another run holds the output directory, wait for its end, at most so long [default: exit with 6 at once].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait_lock: Option<Duration>,
}
