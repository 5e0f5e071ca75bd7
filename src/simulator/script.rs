//! What a rehearsal is to be like: how long things take, which shapes the answers have, what goes wrong and how often. Read from
//! flags, from a YAML file, or both. Every duration is of the simulator's own time. No I/O.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer};

use super::fault::Fault;
use super::shape::{CreateShape, FeedShape};

/// Everything that can be said about a rehearsal, with a value for each.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The same seed, shots and order of submissions per shot give the same rehearsal.
    pub seed: u64,
    /// How many times faster than the world the simulator's time runs; `None` leaves it to whoever starts the simulator.
    pub speed: Option<NonZeroU32>,
    /// The only key that is accepted; `None` accepts any.
    pub accept_key: Option<String>,
    /// From a call to its answer.
    pub latency: Duration,
    /// How long the feed does not know a fresh task.
    pub hidden: Span,
    /// How long a task waits before it is worked on.
    pub queue: Span,
    /// How long a video takes from then on.
    pub generate: Span,
    /// How often the relay refreshes the table that the feed is served from.
    pub refresh: Duration,
    /// The shape of an accepting answer; `None` mixes them.
    pub create_shape: Option<CreateShape>,
    /// The shape of the feed; `None` mixes them, one for each task.
    pub feed_shape: Option<FeedShape>,
    /// How likely each fault is to hit a submission. At most one does.
    pub odds: BTreeMap<Fault, f64>,
    /// How many submissions a second are admitted.
    pub creates_per_second: Option<NonZeroU32>,
    /// How many unfinished tasks are admitted.
    pub in_flight: Option<NonZeroU32>,
    /// What a 429 says about when to come back; `None` leaves it bare.
    pub retry_after: Option<Duration>,
    /// How long a link to a video works.
    pub link_life: Option<Duration>,
    /// What happens to a shot (`SC010`) or to one take of it (`SC010_T02`).
    pub shots: BTreeMap<String, Scene>,
}

/// What the script says about one shot or take.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scene {
    /// What goes wrong.
    pub fail: Option<Fault>,
    /// Only with the first so many submissions; `None` means with each.
    pub times: Option<u64>,
    /// How long its videos take.
    #[serde(deserialize_with = "optional")]
    pub generate: Option<Span>,
}

/// Changes to a script: what a script file holds, and what the flags of `rushes simulate` say. What is left out stays.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, clap::Args)]
#[serde(deny_unknown_fields, default)]
pub struct Changes {
    /// Makes the rehearsal repeatable
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// How many times faster than the world the simulator's time runs
    #[arg(long, value_name = "FACTOR")]
    pub speed: Option<NonZeroU32>,
    /// The only key that is accepted [default: any]
    #[arg(long, value_name = "KEY")]
    pub accept_key: Option<String>,
    /// From a call to its answer
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[serde(deserialize_with = "optional_duration")]
    pub latency: Option<Duration>,
    /// How long the feed does not know a fresh task
    #[arg(long, value_name = "TIME..TIME")]
    #[serde(deserialize_with = "optional")]
    pub hidden: Option<Span>,
    /// How long a task waits before it is worked on
    #[arg(long, value_name = "TIME..TIME")]
    #[serde(deserialize_with = "optional")]
    pub queue: Option<Span>,
    /// How long a video takes from then on
    #[arg(long, value_name = "TIME..TIME")]
    #[serde(deserialize_with = "optional")]
    pub generate: Option<Span>,
    /// How often the feed shows news
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[serde(deserialize_with = "optional_duration")]
    pub refresh: Option<Duration>,
    /// The shape of an accepting answer: timed, plain or record [default: all of them]
    #[arg(long, value_name = "SHAPE")]
    #[serde(deserialize_with = "optional")]
    pub create_shape: Option<CreateShape>,
    /// The shape of the feed: relay, bare or wrapper [default: all of them]
    #[arg(long, value_name = "SHAPE")]
    #[serde(deserialize_with = "optional")]
    pub feed_shape: Option<FeedShape>,
    /// How likely a fault is to hit a submission, for example moderated=0.1; may be repeated
    #[arg(long, value_name = "FAULT=SHARE", value_parser = odds)]
    #[serde(deserialize_with = "odds_map")]
    pub odds: Vec<(Fault, f64)>,
    /// How many submissions a second are admitted [default: any number]
    #[arg(long, value_name = "COUNT")]
    pub creates_per_second: Option<NonZeroU32>,
    /// How many unfinished tasks are admitted [default: any number]
    #[arg(long, value_name = "COUNT")]
    pub in_flight: Option<NonZeroU32>,
    /// What a refusal for now says about when to come back [default: nothing]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[serde(deserialize_with = "optional_duration")]
    pub retry_after: Option<Duration>,
    /// How long a link to a video works [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    #[serde(deserialize_with = "optional_duration")]
    pub link_life: Option<Duration>,
    /// What happens to single shots or takes; only in a script file.
    #[arg(skip)]
    pub shots: BTreeMap<String, Scene>,
}

/// A shortest and a longest duration, written `40s..180s`, or `5s` for both. A bare number means seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    shortest: Duration,
    longest: Duration,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadScript {
    /// Not the YAML of a script; says where.
    #[error("{0}")]
    Yaml(String),
    /// A probability outside 0 to 1, or more than 1 in all.
    #[error("the odds must lie between 0 and 1, also in all: {0}")]
    Odds(f64),
}

/// A text that is no duration or no span of durations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no duration; write for example 15s, 2m or 40s..180s")]
pub struct BadSpan(String);

impl Script {
    /// This script with these changes.
    pub fn with(self, changes: Changes) -> Result<Self, BadScript> {
        let mut odds = self.odds;
        odds.extend(changes.odds);
        check_odds(&odds)?;
        let mut shots = self.shots;
        shots.extend(changes.shots);
        Ok(Self {
            seed: changes.seed.unwrap_or(self.seed),
            speed: changes.speed.or(self.speed),
            accept_key: changes.accept_key.or(self.accept_key),
            latency: changes.latency.unwrap_or(self.latency),
            hidden: changes.hidden.unwrap_or(self.hidden),
            queue: changes.queue.unwrap_or(self.queue),
            generate: changes.generate.unwrap_or(self.generate),
            refresh: changes.refresh.unwrap_or(self.refresh),
            create_shape: changes.create_shape.or(self.create_shape),
            feed_shape: changes.feed_shape.or(self.feed_shape),
            odds,
            creates_per_second: changes.creates_per_second.or(self.creates_per_second),
            in_flight: changes.in_flight.or(self.in_flight),
            retry_after: changes.retry_after.or(self.retry_after),
            link_life: changes.link_life.or(self.link_life),
            shots,
        })
    }

    /// What the script says about this take: its own scene, else its shot's.
    pub fn scene(&self, take: &str) -> Option<&Scene> {
        let shot = take.rsplit_once("_T").map_or(take, |(shot, _)| shot);
        self.shots.get(take).or_else(|| self.shots.get(shot))
    }
}

impl Default for Script {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            seed: 1,
            speed: None,
            accept_key: None,
            latency: Duration::from_millis(600),
            hidden: Span::new(Duration::ZERO, seconds(4)),
            queue: Span::new(seconds(2), seconds(30)),
            generate: Span::new(seconds(40), seconds(180)),
            refresh: seconds(15),
            create_shape: None,
            feed_shape: None,
            odds: BTreeMap::new(),
            creates_per_second: None,
            in_flight: None,
            retry_after: None,
            link_life: None,
            shots: BTreeMap::new(),
        }
    }
}

impl Changes {
    /// What a script file says.
    pub fn from_yaml(text: &str) -> Result<Self, BadScript> {
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::from_str_with_options(text, options).map_err(|e| BadScript::Yaml(e.to_string()))
    }
}

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
fn duration(text: &str) -> Result<Duration, BadSpan> {
    let text = text.trim();
    let read = match text.parse::<f64>() {
        Ok(seconds) => SignedDuration::try_from_secs_f64(seconds).ok(),
        Err(_) => text.parse().ok(),
    };
    read.and_then(|d| Duration::try_from(d).ok()).ok_or_else(|| BadSpan(text.to_owned()))
}

/// Reads `moderated=0.1`.
fn odds(text: &str) -> Result<(Fault, f64), String> {
    let (fault, share) = text.split_once('=').ok_or("write a fault and its share, for example moderated=0.1")?;
    let share = share.parse().map_err(|_| format!("`{share}` is no number"))?;
    Ok((fault.parse::<Fault>().map_err(|e| e.to_string())?, share))
}

fn check_odds(odds: &BTreeMap<Fault, f64>) -> Result<(), BadScript> {
    let valid = |share: &f64| (0.0..=1.0).contains(share);
    let total = odds.values().sum();
    match odds.values().find(|share| !valid(share)) {
        Some(share) => Err(BadScript::Odds(*share)),
        None if valid(&total) => Ok(()),
        None => Err(BadScript::Odds(total)),
    }
}

fn optional<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    duration(&text).map(Some).map_err(serde::de::Error::custom)
}

fn odds_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Fault, f64)>, D::Error> {
    Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    fn read(text: &str) -> Result<Script, BadScript> {
        Script::default().with(Changes::from_yaml(text)?)
    }

    #[test]
    fn a_script_file_changes_what_it_names() {
        let script = read(concat!(
            "seed: 7\nspeed: 60\ngenerate: 2..1m 30s\nqueue: 0\nrefresh: 15\nfeed_shape: wrapper\n",
            "odds: { moderated: 0.1, lost_answer: 0.05 }\nretry_after: 3s\n",
            "shots:\n  SC010: { fail: rejected }\n  SC020_T02: { fail: lost_answer, times: 1, generate: 5s }\n",
        ))
        .unwrap();
        assert_eq!(script.seed, 7);
        assert_eq!(script.speed, NonZeroU32::new(60));
        assert_eq!(script.generate, Span::new(Duration::from_secs(2), Duration::from_secs(90)));
        assert_eq!(script.queue, Span::exactly(Duration::ZERO));
        assert_eq!(script.hidden, Script::default().hidden);
        assert_eq!(script.feed_shape, Some(FeedShape::Wrapper));
        assert_eq!(script.odds, [(Fault::Moderated, 0.1), (Fault::LostAnswer, 0.05)].into());
        assert_eq!(script.scene("SC010_T01").unwrap().fail, Some(Fault::Rejected));
        assert_eq!(script.scene("SC020_T02").unwrap().times, Some(1));
        assert_eq!(script.scene("SC020_T01"), None);
    }

    #[test]
    fn flags_win_over_the_file() {
        let line = "simulate --seed 9 --odds internal=0.5 --generate 1s..2s --feed-shape bare --retry-after 3";
        let line = Changes::augment_args(clap::Command::new("simulate")).get_matches_from(line.split(' '));
        let flags = Changes::from_arg_matches(&line).unwrap();
        assert_eq!(flags.generate, Some("1..2".parse().unwrap()));
        assert_eq!(flags.retry_after, Some(Duration::from_secs(3)));
        let script = read("seed: 7\nodds: { moderated: 0.1 }").unwrap().with(flags).unwrap();
        assert_eq!(script.seed, 9);
        assert_eq!(script.odds, [(Fault::Moderated, 0.1), (Fault::Internal, 0.5)].into());
    }

    #[test]
    fn an_empty_script_changes_nothing() {
        for text in ["", "# nothing yet\n", "{}"] {
            assert_eq!(read(text), Ok(Script::default()), "{text:?}");
        }
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        for (text, told) in [
            ("seed: 1\nspeeed: 2\n", "line 2"),
            ("seed: 1\nrefresh: soon\n", "`soon` is no duration"),
            ("shots:\n  SC010: { fails: moderated }\n", "line 2"),
            ("shots:\n  SC010: { fail: nonsense }\n", "nonsense"),
            ("odds: { moderated: 0.6, internal: 0.6 }", "1.2"),
            ("odds: { moderated: -1 }", "-1"),
            ("speed: 0", "line 1"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
