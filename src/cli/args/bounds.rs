//! How many, how often, how long: what `rushes run` keeps to.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args as Group;

use super::duration;
use crate::cli::size::size;
use crate::limits::{Rate, Stated};

/// How many, how often, how long.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Bounds")]
pub(in crate::cli) struct Bounds {
    /// Go by this one of the manifest's `profiles`, over its `limits` and `budget`; flags go over both.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Submissions per time: `2/s`, `30/m`, `200/h` [default: as the manifest says, else 2/s]
    #[arg(long, value_name = "RATE")]
    pub pace: Option<Rate>,
    /// Submissions at one instant [default: as the manifest says, else 1]
    #[arg(long, value_name = "N")]
    pub burst: Option<NonZeroU32>,
    /// Takes at the provider at once [default: as the manifest says, else 20]
    #[arg(long, value_name = "N")]
    pub in_flight: Option<NonZeroU32>,
    /// Polls per time [default: as the manifest says, else 20/s]
    #[arg(long, value_name = "RATE")]
    pub poll_pace: Option<Rate>,
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
    /// Downloads at once [default: as the manifest says, else 4]
    #[arg(long, value_name = "N")]
    pub downloads: Option<NonZeroU32>,
    /// The fewest bytes that are taken for a video: `512`, `10kB`.
    #[arg(long, value_name = "SIZE", default_value = "1kB", value_parser = size)]
    pub min_video: u64,
    /// The most bytes that a video may have: `500MB`, `4GiB`. What is longer is left at the provider.
    #[arg(long, value_name = "SIZE", default_value = "4GB", value_parser = size)]
    pub max_video: u64,
    /// How long to look after a take before leaving it to the next run [default: as the manifest says, else 1h]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub patience: Option<Duration>,
    /// How long `task_not_exist` is taken for "not yet".
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub grace: Duration,
    /// How long the provider may refuse every submission before the run stops trying.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub refusal_patience: Duration,
    /// Submissions of a take that may be taken on in all when the provider's own trouble ends them [default: as the manifest says, else 1]
    #[arg(long, value_name = "N")]
    pub attempts: Option<NonZeroU32>,
    /// Takes in a row that the content policy may end before nothing more is submitted; `off`: any number.
    #[arg(long, value_name = "N", default_value = "5", value_parser = in_a_row)]
    pub moderated_in_a_row: Switchable<NonZeroU32>,
    /// The share of takes, from the 20th on, that the content policy may end before nothing more is submitted; `off`: all.
    #[arg(long, value_name = "PERCENT", default_value = "25%", value_parser = percent)]
    pub moderated_share: Switchable<u8>,
}

impl Bounds {
    /// What a manifest can say too.
    pub(in crate::cli) fn stated(&self) -> Stated {
        Stated {
            pace: self.pace,
            burst: self.burst,
            in_flight: self.in_flight,
            poll_pace: self.poll_pace,
            downloads: self.downloads,
            patience: self.patience,
            attempts: self.attempts,
            ..Stated::default()
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Limits;
    use crate::take::Policy;

    #[test]
    fn what_is_said_of_defaults_is_true() {
        let command = Bounds::augment_args(clap::Command::new("rushes"));
        let said = |flag: &str| {
            let arg = command.get_arguments().find(|arg| arg.get_long() == Some(flag)).expect("a flag");
            let help = arg.get_help().expect("a help").to_string();
            help.split_once("[default: as the manifest says, else ").map(|(_, rest)| rest.trim_end_matches(']').to_owned())
        };
        let (limits, policy) = (Limits::default(), Policy::default());
        assert_eq!(said("pace"), Some(limits.pace.to_string()));
        assert_eq!(said("burst"), Some(limits.burst.to_string()));
        assert_eq!(said("in-flight"), Some(limits.in_flight.to_string()));
        assert_eq!(said("poll-pace"), Some(limits.poll_pace.to_string()));
        assert_eq!(said("downloads"), Some(limits.downloads.to_string()));
        assert_eq!(said("patience").map(|time| duration(&time).unwrap()), Some(policy.patience));
        assert_eq!(said("attempts"), Some(policy.attempts.to_string()));
    }
}
