//! Durations as people write them, and how often something happens. No clock.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// A shortest and a longest duration, written `40s..180s`, or `5s` for both. A bare number means seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    shortest: Duration,
    longest: Duration,
}

/// How many of the first tries something happens to; written as a number, or `always`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times(Option<u64>);

/// A text that is no duration or no span of durations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration; write for example 15s, 2m or 40s..180s")]
pub struct BadSpan(String);

/// A text that says nothing about how often.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not say how often; write a number, or `always`")]
pub struct BadTimes(String);

impl Span {
    /// From `shortest` to `longest`; the other way round means the same.
    pub fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest: shortest.min(longest), longest: longest.max(shortest) }
    }

    /// Always the same.
    pub fn exactly(duration: Duration) -> Self {
        Self::new(duration, duration)
    }

    /// The least it can be.
    pub fn shortest(self) -> Duration {
        self.shortest
    }

    /// The most it can be.
    pub fn longest(self) -> Duration {
        self.longest
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        match text.split_once("..") {
            Some((shortest, longest)) => Ok(Self::new(duration(shortest)?, duration(longest)?)),
            None => duration(text).map(Self::exactly),
        }
    }
}

/// Reads `90s`, `1m 30s`, or a bare number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, BadSpan> {
    let text = text.trim();
    let read = match text.parse::<f64>() {
        Ok(seconds) => SignedDuration::try_from_secs_f64(seconds).ok(),
        Err(_) => text.parse().ok(),
    };
    read.and_then(|d| Duration::try_from(d).ok()).ok_or_else(|| BadSpan(text.to_owned()))
}

impl Times {
    /// Each time.
    pub const ALWAYS: Self = Self(None);

    /// The first `count` times.
    pub fn first(count: u64) -> Self {
        Self(Some(count))
    }

    /// Whether it happens the next time, after it could have happened `before` times already.
    pub fn covers(self, before: u64) -> bool {
        self.0.is_none_or(|count| before < count)
    }
}

impl FromStr for Times {
    type Err = BadTimes;

    fn from_str(text: &str) -> Result<Self, BadTimes> {
        match text {
            "always" => Ok(Self::ALWAYS),
            _ => text.parse().map(Self::first).map_err(|_| BadTimes(text.to_owned())),
        }
    }
}
