//! How fast a run goes and how long it lasts, as people say it: in a manifest, in a profile of it, or on the command line.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// How fast and how long; what nobody says is left to the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// Submissions per time.
    pub pace: Option<Rate>,
    /// Submissions at one instant.
    pub burst: Option<NonZeroU32>,
    /// Takes at the provider at once.
    pub in_flight: Option<NonZeroU32>,
    /// Polls per time.
    pub poll_pace: Option<Rate>,
    /// Downloads at once.
    pub downloads: Option<NonZeroU32>,
    /// When the run has to be over.
    pub until: Option<Until>,
    /// After how long it has to be over.
    pub max_duration: Option<Duration>,
    /// How long it looks after a take before leaving it to the next run.
    pub patience: Option<Duration>,
    /// Submissions of a take that may be taken on in all when the provider's own trouble ends them.
    pub attempts: Option<NonZeroU32>,
}

impl Stated {
    /// With what `other` says where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            pace: self.pace.or(other.pace),
            burst: self.burst.or(other.burst),
            in_flight: self.in_flight.or(other.in_flight),
            poll_pace: self.poll_pace.or(other.poll_pace),
            downloads: self.downloads.or(other.downloads),
            until: self.until.or(other.until),
            max_duration: self.max_duration.or(other.max_duration),
            patience: self.patience.or(other.patience),
            attempts: self.attempts.or(other.attempts),
        }
    }

    /// When a run that begins `now` has to be over, if anybody has said so: the sooner of the two.
    pub fn closes(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let at_time = self.until.map(|until| until.after(now, zone));
        let after = self.max_duration.map(|duration| now.checked_add(duration).unwrap_or(Timestamp::MAX));
        at_time.into_iter().chain(after).min()
    }
}

/// How many calls per time, written `10/s`, `30/m` or `200/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many calls …
    pub count: NonZeroU32,
    /// … in this time.
    pub per: Per,
}

/// The time that a rate is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Per {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
}

/// A text that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a whole number per second, minute or hour: 10/s, 30/m, 200/h")]
pub struct BadRate;

impl Per {
    const ALL: [Self; 3] = [Self::Second, Self::Minute, Self::Hour];

    fn letter(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        }
    }

    fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
        }
    }
}

impl Rate {
    /// `count` calls per second.
    pub const fn per_second(count: NonZeroU32) -> Self {
        Self { count, per: Per::Second }
    }

    /// How many calls a second that is.
    pub fn a_second(self) -> f64 {
        f64::from(self.count.get()) / f64::from(self.per.seconds())
    }

    /// From one call to the next. No time at all, where that is less than can be told.
    pub fn interval(self) -> Duration {
        Duration::from_secs(self.per.seconds().into()) / self.count.get()
    }

    /// How many calls fit into `time`; at least one.
    pub fn within(self, time: Duration) -> NonZeroU32 {
        let fit = time.as_nanos() / self.interval().as_nanos().max(1);
        u32::try_from(fit).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
    }
}

impl FromStr for Rate {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let (count, per) = text.split_once('/').ok_or(BadRate)?;
        let count = count.trim().parse().map_err(|_| BadRate)?;
        let per = Per::ALL.into_iter().find(|known| known.letter() == per.trim()).ok_or(BadRate)?;
        Ok(Self { count, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.per.letter())
    }
}

/// A time of the day, or of one day: when a run has to be over, or a rehearsal begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// At the next such time of a day.
    Daily(Time),
    /// At this time.
    Once(DateTime),
}

/// A text that says no time of a day and no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a time of the day, 06:00, or a date and a time, 2026-11-23T06:00")]
pub struct BadUntil;

impl Until {
    /// The first such time after `now`. Where a clock is put forward over it, it is what comes instead.
    pub fn after(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
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

impl FromStr for Until {
    type Err = BadUntil;

    fn from_str(text: &str) -> Result<Self, BadUntil> {
        let padded = |text: &str| if text.find(':') == Some(1) { format!("0{text}") } else { text.to_owned() };
        let daily = Some(text).filter(|text| text.contains(':')).and_then(|text| padded(text).parse().ok()).map(Self::Daily);
        let once = || text.replacen(' ', "T", 1).parse().ok().map(Self::Once);
        let is_dated = text.contains('-');
        if is_dated { once() } else { daily }.ok_or(BadUntil)
    }
}

/// Reads a time that something may take: `500ms`, `20s` or `1h 30m`. Otherwise says how to write one.
pub fn duration(text: &str) -> Result<Duration, String> {
    let parsed: SignedDuration =
        text.parse().map_err(|e: jiff::Error| format!("{e}; write for example 500ms, 20s or 1h 30m"))?;
    Duration::try_from(parsed).map_err(|_| "a time cannot be negative".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_the_next_such_time() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let check = |text: &str, now: &str, expected: &str| {
            let told = text.parse::<Until>().unwrap().after(now.parse().unwrap(), &zone);
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
            assert!(bad.parse::<Until>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rate_is_as_it_is_written() {
        for (text, a_second, interval) in [
            ("10/s", 10.0, Duration::from_millis(100)),
            ("30/m", 0.5, Duration::from_secs(2)),
            ("200/h", 200.0 / 3600.0, Duration::from_secs(18)),
            ("4294967295/s", 4_294_967_295.0, Duration::ZERO),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.a_second() - a_second).abs() < 1e-9, "{text}");
            assert_eq!((rate.interval(), rate.to_string()), (interval, text.to_owned()));
        }
        assert_eq!(" 2 / s ".parse::<Rate>().unwrap().to_string(), "2/s");
        for bad in ["", "2", "0/s", "2/d", "2/S", "-1/s", "1.5/s", "/s", "4294967296/s", "2/s/s"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_sooner_end_closes() {
        let now: Timestamp = "2026-11-22T22:00:00Z".parse().unwrap();
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        let closes = |until: Option<&str>, max_duration| {
            let until = until.map(|text| text.parse().unwrap());
            Stated { until, max_duration, ..Stated::default() }.closes(now, &TimeZone::UTC).map(|at| at.to_string())
        };
        assert_eq!(closes(None, None), None);
        assert_eq!(closes(Some("06:00"), None).unwrap(), "2026-11-23T06:00:00Z");
        assert_eq!(closes(None, hours(3)).unwrap(), "2026-11-23T01:00:00Z");
        assert_eq!(closes(Some("06:00"), hours(3)).unwrap(), "2026-11-23T01:00:00Z");
        assert_eq!(closes(Some("23:00"), hours(3)).unwrap(), "2026-11-22T23:00:00Z");
        assert_eq!(closes(None, Some(Duration::MAX)).unwrap(), Timestamp::MAX.to_string());
    }
}
