//! What a run does where nobody watches it.

use std::time::Duration;

use clap::Args as Group;

use super::duration;
use crate::hook::Hooks;

/// What a run does where nobody watches it.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Unattended")]
pub(in crate::cli) struct Unattended {
    /// Where another run holds the output directory, wait for its end, at most so long [default: exit with 6 at once].
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait_lock: Option<Duration>,
    /// Besides what the manifest says under `on`: on this event (`start`, `success`, `partial`, `failure`, `unresolved`, `locked`) have
    /// the shell run this command, or post the summary to this web address; `healthchecks=URL` tells a check of all events.
    #[arg(long, value_name = "EVENT=COMMAND")]
    pub on: Vec<Hooks>,
    /// Run no hooks, not those of the manifest either.
    #[arg(long, conflicts_with = "on")]
    pub no_hooks: bool,
}
