//! How much a run may spend, how many takes it may submit, and when it has to be over.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args as Group;

use super::duration;
use super::zone::Zone;
use crate::budget::Stated;
use crate::limits::Until;
use crate::price::Amount;

/// How much may be spent, and how many takes may be submitted.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Money and time")]
pub(in crate::cli) struct Caps {
    /// The most that this run may spend: `20 USD`, or `20` in the currency of the prices [default: as the manifest says].
    #[arg(long, value_name = "AMOUNT")]
    pub budget_run: Option<Amount>,
    /// The most that the runs of one day may spend together, in this output directory.
    #[arg(long, value_name = "AMOUNT")]
    pub budget_day: Option<Amount>,
    /// The most that the runs of one month may spend together.
    #[arg(long, value_name = "AMOUNT")]
    pub budget_month: Option<Amount>,
    /// The most takes that this run may pay for, whatever they cost.
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_takes: Option<NonZeroU32>,
    /// The most submissions within any 24 hours, over all runs in this output directory.
    #[arg(long, value_name = "N", value_parser = count)]
    pub daily_quota: Option<NonZeroU32>,
    /// Where days and months begin.
    #[command(flatten)]
    pub zone: Zone,
}

/// How much, how many, and until when.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Money and time")]
pub(in crate::cli) struct Money {
    /// The caps.
    #[command(flatten)]
    pub caps: Caps,
    /// Run even if the provider's balance is too little for the plan.
    #[arg(long)]
    pub ignore_balance: bool,
    /// Be over by this time of the day, or at this date and time: `06:00`, `2026-11-23T06:00`. Nothing is submitted that would not be
    /// finished by then [default: as the manifest says].
    #[arg(long, value_name = "TIME")]
    pub until: Option<Until>,
    /// Be over after so long; with --until, whichever is sooner.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub max_duration: Option<Duration>,
}

impl Caps {
    /// The caps that are said here.
    pub(in crate::cli) fn stated(&self) -> Stated {
        Stated {
            run: self.budget_run,
            day: self.budget_day,
            month: self.budget_month,
            takes: self.max_takes,
            daily: self.daily_quota,
            ..Stated::default()
        }
    }
}

/// A whole number from 1 on.
fn count(text: &str) -> Result<NonZeroU32, String> {
    text.trim().parse().map_err(|_| "write a whole number from 1 on".to_owned())
}
