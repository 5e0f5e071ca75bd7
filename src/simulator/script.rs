//! What a rehearsal is to be like: how long things take, which shapes the answers have, what goes wrong and how often. Read from
//! flags, from a YAML file, or both. Every duration is of the simulator's own time. No I/O.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::fault::{self, Fault, Kind, Troubles};
use super::limit::RateLimit;
use super::shape::{CreateShape, FeedShape, Occasion};
use super::span::{Span, Times, duration};
use super::task::Task;

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
    /// When it calls back, where the callback address of a submission is on this machine.
    pub callbacks: Occasion,
    /// How likely each fault is to hit a submission or its task. At most one of each kind does.
    pub odds: BTreeMap<Fault, f64>,
    /// From when to when, counted from the start, nobody is there: no connection can be made.
    pub outages: Vec<Span>,
    /// How many submissions a second are admitted.
    pub creates_per_second: Option<NonZeroU32>,
    /// How many submissions are admitted, and how they are counted.
    pub rate_limit: Option<RateLimit>,
    /// How many tasks are worked on at once; the others are throttled until it is their turn.
    pub concurrency: Option<NonZeroU32>,
    /// How many unfinished tasks are admitted.
    pub in_flight: Option<NonZeroU32>,
    /// What a 429 says about when to come back, in whole seconds; `None` leaves it bare.
    pub retry_after: Option<Duration>,
    /// How long a link to a video works.
    pub link_life: Option<Duration>,
    /// How many tries of a download its fault spoils.
    pub video_times: Times,
    /// What happens to a shot (`SC010`) or to one take of it (`SC010_T02`).
    pub shots: BTreeMap<String, Scene>,
}

/// What the script says about one shot or take.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scene {
    /// What goes wrong; where it is said, chance has no say.
    #[serde(deserialize_with = "fault::troubles")]
    pub fail: Option<Troubles>,
    /// Only with the first so many calls, the first so many tasks that come of them, and the first so many downloads of each video;
    /// `None` means all calls and tasks, and as many downloads as the script says.
    #[serde(deserialize_with = "optional")]
    pub times: Option<Times>,
    /// How long its videos take.
    #[serde(deserialize_with = "optional")]
    pub generate: Option<Span>,
    /// How long a link to its videos works.
    #[serde(deserialize_with = "optional_duration")]
    pub link_life: Option<Duration>,
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
    /// When to call back whoever gives a callback address on this machine: change or end [default: change]
    #[arg(long, value_name = "WHEN")]
    #[serde(deserialize_with = "optional")]
    pub callbacks: Option<Occasion>,
    /// How likely a fault is, for example moderated=0.1; may be repeated
    #[arg(long, value_name = "FAULT=SHARE", value_parser = odds, long_help = faults_in_words())]
    #[serde(deserialize_with = "odds_map")]
    pub odds: Vec<(Fault, f64)>,
    /// From when to when, counted from the start, no connection can be made; may be repeated
    #[arg(long = "outage", value_name = "TIME..TIME")]
    #[serde(deserialize_with = "spans")]
    pub outages: Vec<Span>,
    /// How many submissions a second are admitted [default: any number]
    #[arg(long, value_name = "COUNT")]
    pub creates_per_second: Option<NonZeroU32>,
    /// How many submissions are admitted, and how they are counted: 3/s, `180/m fixed`, `3/s bucket 30` [default: any number]
    #[arg(long, value_name = "LIMIT")]
    #[serde(deserialize_with = "optional")]
    pub rate_limit: Option<RateLimit>,
    /// How many tasks are worked on at once; the others are THROTTLED [default: any number]
    #[arg(long, value_name = "COUNT")]
    pub concurrency: Option<NonZeroU32>,
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
    /// How many tries of a download its fault spoils: a number, or `always` [default: 1]
    #[arg(long, value_name = "COUNT")]
    #[serde(deserialize_with = "optional")]
    pub video_times: Option<Times>,
    /// What happens to single shots or takes; only in a script file.
    #[arg(skip)]
    pub shots: BTreeMap<String, Scene>,
}

/// What is wrong with a script.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BadScript {
    /// Not the YAML of a script; says where.
    #[error("{0}")]
    Yaml(String),
    /// A probability outside 0 to 1.
    #[error("the odds of `{0}` must lie between 0 and 1: {1}")]
    Odds(Fault, f64),
    /// An outage without a beginning or an end.
    #[error("an outage has a beginning and an end, for example 2m..3m")]
    Outage,
    /// Probabilities that exclude each other, of more than 1 in all.
    #[error("the odds of the faults that hit {about} must be at most 1 in all: {1}", about = .0.about())]
    Sum(Kind, f64),
}

impl Script {
    /// This script with these changes.
    pub fn with(self, changes: Changes) -> Result<Self, BadScript> {
        let mut odds = self.odds;
        odds.extend(changes.odds);
        check_odds(&odds)?;
        let mut outages = self.outages;
        outages.extend(changes.outages);
        if outages.iter().any(|outage| outage.shortest() == outage.longest()) {
            return Err(BadScript::Outage);
        }
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
            callbacks: changes.callbacks.unwrap_or(self.callbacks),
            odds,
            outages,
            creates_per_second: changes.creates_per_second.or(self.creates_per_second),
            rate_limit: changes.rate_limit.or(self.rate_limit),
            concurrency: changes.concurrency.or(self.concurrency),
            in_flight: changes.in_flight.or(self.in_flight),
            retry_after: changes.retry_after.or(self.retry_after),
            link_life: changes.link_life.or(self.link_life),
            video_times: changes.video_times.unwrap_or(self.video_times),
            shots,
        })
    }

    /// What a 429 says about when to come back, in seconds.
    pub(super) fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after.map(|wait| u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX))
    }

    /// How long a link to the video of this task works.
    pub(super) fn link_life_of(&self, task: &Task) -> Option<Duration> {
        self.scene_of(task).and_then(|scene| scene.link_life).or(self.link_life)
    }

    /// How many downloads of the video of this task are spoilt, if something is wrong with them.
    pub(super) fn video_times_of(&self, task: &Task) -> Times {
        self.scene_of(task).and_then(|scene| scene.times).unwrap_or(self.video_times)
    }

    fn scene_of(&self, task: &Task) -> Option<&Scene> {
        // Most scripts name no shot.
        if self.shots.is_empty() { None } else { self.scene(&task.ask.name()) }
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
            callbacks: Occasion::Change,
            odds: BTreeMap::new(),
            outages: Vec::new(),
            creates_per_second: None,
            rate_limit: None,
            concurrency: None,
            in_flight: None,
            retry_after: None,
            link_life: None,
            video_times: Times::first(1),
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

/// Reads `moderated=0.1`.
fn odds(text: &str) -> Result<(Fault, f64), String> {
    let (fault, share) = text.split_once('=').ok_or("write a fault and its share, for example moderated=0.1")?;
    let share = share.parse().map_err(|_| format!("`{share}` is no number"))?;
    Ok((fault.parse::<Fault>().map_err(|e| e.to_string())?, share))
}

fn check_odds(odds: &BTreeMap<Fault, f64>) -> Result<(), BadScript> {
    if let Some((fault, share)) = odds.iter().find(|(_, share)| !(0.0..=1.0).contains(*share)) {
        return Err(BadScript::Odds(*fault, *share));
    }
    let total = |kind| odds.iter().filter(|(fault, _)| fault.kind() == kind).map(|(_, share)| share).sum::<f64>();
    // Shares such as 0.1 are not exact, and neither is their sum.
    let too_much = Kind::ALL.into_iter().map(|kind| (kind, total(kind))).find(|(_, total)| *total > 1.0 + 1e-9);
    too_much.map_or(Ok(()), |(kind, total)| Err(BadScript::Sum(kind, total)))
}

/// Every fault with what it does, for the help.
fn faults_in_words() -> String {
    const OPENING: &str = "How likely a fault is, for example moderated=0.1; may be repeated. At most one of each kind hits a submission or its task";
    let line = |fault: Fault| format!("\n  {fault}: {}", fault.about());
    let kind = |kind: Kind| {
        let lines = Fault::all().filter(|fault| fault.kind() == kind).map(line);
        format!("\n\nFaults that hit {}:{}", kind.about(), lines.collect::<String>())
    };
    OPENING.to_owned() + &Kind::ALL.map(kind).concat()
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

fn spans<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Span>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse()).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

fn odds_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Fault, f64)>, D::Error> {
    Ok(BTreeMap::deserialize(deserializer)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    fn fault(name: &str) -> Fault {
        name.parse().unwrap()
    }

    fn read(text: &str) -> Result<Script, BadScript> {
        Script::default().with(Changes::from_yaml(text)?)
    }

    #[test]
    fn a_script_file_changes_what_it_names() {
        let script = read(concat!(
            "seed: 7\nspeed: 60\ngenerate: 2..1m 30s\nqueue: 0\nrefresh: 15\nfeed_shape: wrapper\n",
            "odds: { moderated: 0.1, lost_answer: 0.05 }\nretry_after: 3s\nrate_limit: 3/s bucket 9\nconcurrency: 5\noutages: [2m..3m]\n",
            "shots:\n  SC010: { fail: rejected }\n  SC020_T02: { fail: [lost_answer, stalled], times: 1, generate: 5s }\n",
            "  SC030: { fail: [], times: always, link_life: 2m }\n",
        ))
        .unwrap();
        assert_eq!(script.seed, 7);
        assert_eq!(script.speed, NonZeroU32::new(60));
        assert_eq!(script.generate, Span::new(Duration::from_secs(2), Duration::from_secs(90)));
        assert_eq!(script.outages, ["120s..180s".parse().unwrap()]);
        assert_eq!((script.rate_limit, script.concurrency), ("3/s bucket 9".parse().ok(), NonZeroU32::new(5)));
        assert_eq!(script.queue, Span::exactly(Duration::ZERO));
        assert_eq!(script.hidden, Script::default().hidden);
        assert_eq!(script.feed_shape, Some(FeedShape::Wrapper));
        assert_eq!(script.odds, [(fault("moderated"), 0.1), (fault("lost_answer"), 0.05)].into());
        assert_eq!(script.scene("SC010_T01").unwrap().fail, Troubles::of([fault("rejected")]).ok());
        let scene = script.scene("SC020_T02").unwrap();
        assert_eq!(scene.fail, Troubles::of([fault("lost_answer"), fault("stalled")]).ok());
        assert_eq!(scene.times, Some(Times::first(1)));
        let scene = script.scene("SC030_T01").unwrap();
        assert_eq!((scene.fail, scene.times), (Some(Troubles::default()), Some(Times::ALWAYS)));
        assert_eq!(scene.link_life, Some(Duration::from_secs(120)));
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
        assert_eq!(script.odds, [(fault("moderated"), 0.1), (fault("internal"), 0.5)].into());
    }

    #[test]
    fn kinds_have_odds_of_their_own() {
        assert!(read("odds: { moderated: 1, busy: 0.9, reset: 0.1, stalled: 1, ghost: 1, callback_twice: 1 }").is_ok());
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
            ("shots:\n  SC010: { fail: [busy, rejected] }\n", "`busy` and `rejected`"),
            ("shots:\n  SC010: { fail: { busy: 1 } }\n", "a list of them"),
            ("shots:\n  SC010: { times: often }\n", "`often`"),
            ("outages: [90s]", "2m..3m"),
            ("odds: { nonsense: 1 }", "`nonsense` is no fault"),
            ("odds: { moderated: 0.6, internal: 0.6 }", "the generation must be at most 1 in all: 1.2"),
            ("odds: { moderated: -1 }", "`moderated` must lie between 0 and 1: -1"),
            ("speed: 0", "line 1"),
            ("rate_limit: 3", "`3` is no limit"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
