//! `--timezone`: when days and months begin.

use clap::Args as Group;
use jiff::tz::TimeZone;

use crate::cli::Failure;
use crate::config;

/// When days and months begin.
#[derive(Debug, Clone, Group)]
pub(in crate::cli) struct Zone {
    /// Whose days and months these are: `Europe/Berlin`, `UTC`, `+02:00` [default: the machine's].
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub timezone: Option<config::Zone>,
}

impl Zone {
    /// The zone that was said, else the machine's. Where the machine does not know its own, says so and takes UTC.
    pub(in crate::cli) fn time_zone(&self) -> TimeZone {
        config::time_zone(self.timezone.clone()).unwrap_or_else(|error| {
            let help = "days and months are those of UTC for now; say --timezone, or set the environment variable TZ";
            Failure::machine(error).help(help).tell();
            TimeZone::UTC
        })
    }
}
