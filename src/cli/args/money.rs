//! How much a run may spend, how many takes it may submit, and when it has to be over.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args as Group;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::duration;
use super::zone::Zone;
use crate::budget::Stated;
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
    #[arg(long, value_name = "N")]
    pub max_takes: Option<NonZeroU32>,
    /// The most submissions within any 24 hours, over all runs in this output directory.
    #[arg(long, value_name = "N")]
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
    /// finished by then.
    #[arg(long, value_name = "TIME", value_parser = until)]
    pub until: Option<Until>,
    /// Be over after so long; with --until, whichever is sooner.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub max_duration: Option<Duration>,
}

/// A time of the day, or of one day: when a run has to be over, or a rehearsal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Until {
    /// At the next such time of a day.
    Daily(Time),
    /// At this time.
    Once(DateTime),
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

impl Money {
    /// When a run that begins `now` has to be over, if anybody has said so.
    pub(in crate::cli) fn closes(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let at_time = self.until.map(|until| until.after(now, zone));
        let after = self.max_duration.map(|duration| now.checked_add(duration).unwrap_or(Timestamp::MAX));
        at_time.into_iter().chain(after).min()
    }
}

impl Until {
    /// The first such time after `now`. Where a clock is put forward over it, it is what comes instead.
    pub(in crate::cli) fn after(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        let at = |time: DateTime| time.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp());
        match self {
            Self::Once(time) => at(time),
            Self::Daily(time) => {
                let today = now.to_zoned(zone.clone()).date();
                let days = [today, today.checked_add(1.day()).unwrap_or(today)];
                let times = days.map(|day| at(day.to_datetime(time)));
                times.into_iter().find(|time| *time > now).unwrap_or(Timestamp::MAX)
            }
        }
    }
}

/// `06:00`, or `2026-11-23T06:00`.
pub(super) fn until(text: &str) -> Result<Until, String> {
    let padded = |text: &str| if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
    let daily = Some(text).filter(|text| text.contains(':')).and_then(|text| padded(text).parse().ok()).map(Until::Daily);
    let once = || text.replacen(' ', "T", 1).parse().ok().map(Until::Once);
    let is_dated = text.contains('-');
    let read = if is_dated { once() } else { daily };
    read.ok_or_else(|| "write a time of the day, 06:00, or a date and a time, 2026-11-23T06:00".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_the_next_such_time() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let check = |text: &str, now: &str, expected: &str| {
            let told = until(text).unwrap().after(now.parse().unwrap(), &zone);
            assert_eq!(told, expected.parse().unwrap(), "{text} at {now}");
        };
        check("06:00", "2026-11-22T21:00:00Z", "2026-11-23T05:00:00Z");
        check("06:00", "2026-11-23T04:59:59Z", "2026-11-23T05:00:00Z");
        check("06:00", "2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z");
        check("6:00:30", "2026-07-01T00:00:00Z", "2026-07-01T04:00:30Z");
        check("2026-12-01T06:00", "2026-11-22T21:00:00Z", "2026-12-01T05:00:00Z");
        check("2026-12-01 06:00", "2026-11-22T21:00:00Z", "2026-12-01T05:00:00Z");
        // The clock is put forward from 2 to 3.
        check("02:30", "2027-03-28T00:00:00Z", "2027-03-28T01:30:00Z");
        // And back from 3 to 2, so that the time comes twice.
        check("02:30", "2026-10-24T22:00:00Z", "2026-10-25T00:30:00Z");
        check("02:30", "2026-10-25T00:45:00Z", "2026-10-26T01:30:00Z");
        check("2026-11-23", "2026-11-22T21:00:00Z", "2026-11-22T23:00:00Z");
        for bad in ["6", "06", "6 am", "25:00", "", "tomorrow", "06:00Z"] {
            assert!(until(bad).is_err(), "{bad}");
        }
    }
}
