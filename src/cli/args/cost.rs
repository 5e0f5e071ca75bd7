//! What can be said to `rushes cost`.

use clap::{Args as Group, ValueEnum};
use jiff::civil::Date;

use super::zone::Zone;
use super::{Selection, Target};
use crate::account::By as Sorted;

/// `rushes cost`.
#[derive(Debug, Group)]
pub(in crate::cli) struct Cost {
    /// Which output directory.
    #[command(flatten)]
    pub target: Target,
    /// What to sum up by, in this order; for several, again or with commas.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "WHAT", default_values = ["day", "model", "tag"])]
    pub by: Vec<By>,
    /// Only what was submitted on this day or later: `2026-11-01`.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub since: Option<Date>,
    /// Only what was submitted on this day or earlier.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub until: Option<Date>,
    /// When days begin.
    #[command(flatten)]
    pub zone: Zone,
    /// Which takes.
    #[command(flatten)]
    pub selection: Selection,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = CostFormat::Text)]
    pub format: CostFormat,
}

/// What to sum up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum By {
    /// The day of the submission.
    Day,
    /// Its month.
    Month,
    /// The shot's tags; what has several counts for each.
    Tag,
    /// The model.
    Model,
    /// The scene.
    Scene,
}

/// How an account looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum CostFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// One row for each currency of each row.
    Csv,
}

impl From<By> for Sorted {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Month => Self::Month,
            By::Tag => Self::Tag,
            By::Model => Self::Model,
            By::Scene => Self::Scene,
        }
    }
}

/// A day of the calendar.
fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a day as in 2026-11-22".to_owned())
}
