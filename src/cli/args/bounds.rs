//! How many, how often, how long: what `rushes run` keeps to.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args as Group;

use super::duration;
use crate::cli::size::size;
use crate::engine::Rate;

/// How many, how often, how long.
#[derive(Debug, Clone, Copy, Group)]
#[command(next_help_heading = "Bounds")]
pub(in crate::cli) struct Bounds {
    /// Submissions per time: `2/s`, `30/m`, `200/h`.
    #[arg(long, value_name = "RATE", default_value = "2/s")]
    pub pace: Rate,
    /// Submissions at one instant.
    #[arg(long, value_name = "N", default_value = "1")]
    pub burst: NonZeroU32,
    /// Takes at the provider at once.
    #[arg(long, value_name = "N", default_value = "20")]
    pub in_flight: NonZeroU32,
    /// Polls per time.
    #[arg(long, value_name = "RATE", default_value = "20/s")]
    pub poll_pace: Rate,
    /// From acceptance to the first poll of a take; if given, nothing is learned about when to ask [default: 20s until learned]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub poll_first: Option<Duration>,
    /// From one poll of a take to the next; if given, nothing is learned about when to ask [default: 15s until learned]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub poll_every: Option<Duration>,
    /// The same for a take whose callback is awaited: only for when none comes.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub poll_quiet: Duration,
    /// How long after its submission a take without an answer waits for a callback.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = duration)]
    pub callback_patience: Duration,
    /// Downloads at once.
    #[arg(long, value_name = "N", default_value = "4")]
    pub downloads: NonZeroU32,
    /// The fewest bytes that are taken for a video: `512`, `10kB`.
    #[arg(long, value_name = "SIZE", default_value = "1kB", value_parser = size)]
    pub min_video: u64,
    /// The most bytes that a video may have: `500MB`, `4GiB`. What is longer is left at the provider.
    #[arg(long, value_name = "SIZE", default_value = "4GB", value_parser = size)]
    pub max_video: u64,
    /// How long to look after a take before leaving it to the next run.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    pub patience: Duration,
    /// How long `task_not_exist` is taken for "not yet".
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub grace: Duration,
    /// How long the provider may refuse every submission before the run stops trying.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub refusal_patience: Duration,
    /// Submissions of a take that may be taken on in all when the provider's own trouble ends them.
    #[arg(long, value_name = "N", default_value = "1")]
    pub attempts: NonZeroU32,
    /// Takes in a row that the content policy may end before nothing more is submitted; `off`: any number.
    #[arg(long, value_name = "N", default_value = "5", value_parser = in_a_row)]
    pub moderated_in_a_row: Switchable<NonZeroU32>,
    /// The share of takes, from the 20th on, that the content policy may end before nothing more is submitted; `off`: all.
    #[arg(long, value_name = "PERCENT", default_value = "25%", value_parser = percent)]
    pub moderated_share: Switchable<u8>,
}

/// A bound that can be switched off.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Switchable<T>(pub Option<T>);

/// `5`, or `off`.
fn in_a_row(text: &str) -> Result<Switchable<NonZeroU32>, String> {
    switchable(text, |number| number.parse().ok()).ok_or_else(|| "write a whole number from 1 on, or off".to_owned())
}

/// `25%`, `25`, or `off`.
fn percent(text: &str) -> Result<Switchable<u8>, String> {
    let share = |text: &str| text.strip_suffix('%').unwrap_or(text).trim_end().parse().ok().filter(|share| *share <= 100);
    switchable(text, share).ok_or_else(|| "write a whole number of percent up to 100, for example 25%, or off".to_owned())
}

fn switchable<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Switchable<T>> {
    if text == "off" { Some(Switchable(None)) } else { parse(text).map(|bound| Switchable(Some(bound))) }
}
