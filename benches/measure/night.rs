//! A night of polls in simulated time: takes are submitted, asked about and seen to be over as a run does it, by the same heart, and
//! the provider is nothing but a distribution. Also the tests play it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use jiff::Timestamp;
use rushes::cadence::Times;
use rushes::motion::Motion;
use rushes::request::Request;
use rushes::shot::{ShotId, TakeName, TakeNo};
use rushes::take::{Event, Finish, Policy, Sighting, State, Step, Take, Token, Watch};

/// How long the provider takes, in seconds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Durations {
    /// Around a mean, with a standard deviation.
    Normal(f64, f64),
    /// Around a median, with the standard deviation of the logarithm.
    LogNormal(f64, f64),
    /// The one normal distribution or the other, as often.
    Either((f64, f64), (f64, f64)),
}

/// The three that the promise is about.
pub(crate) const THREE: [(&str, Durations); 3] = [
    ("narrow: 120 s ± 8 s", Durations::Normal(120.0, 8.0)),
    ("wide: 100 s to 360 s, log-normal", Durations::LogNormal(190.0, 0.39)),
    ("two queues: 60 s ± 6 s, 300 s ± 25 s", Durations::Either((60.0, 6.0), (300.0, 25.0))),
];

/// What one night is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Night {
    pub(crate) durations: Durations,
    /// How often the relay refreshes the table that is asked, if it is not always up to date.
    pub(crate) refresh: Option<Duration>,
    /// Whether the provider tells how long a task took.
    pub(crate) tells: bool,
    pub(crate) takes: usize,
    pub(crate) seed: u64,
}

/// What the polls of one night came to.
#[derive(Debug, Clone)]
pub(crate) struct Score {
    /// Polls a take.
    pub(crate) polls: f64,
    /// From the end of each task until it was seen, in seconds, rising.
    pub(crate) delays: Vec<f64>,
}

/// Takes at the provider at once.
const IN_FLIGHT: usize = 20;

impl Night {
    /// Plays the night, and learns from it.
    pub(crate) fn play(&self, times: &mut Times, policy: &Policy) -> Score {
        let mut dice = Dice(self.seed);
        let dusk = Timestamp::UNIX_EPOCH + Duration::from_secs_f64(100.0 * dice.unit());
        let mut under_way: BinaryHeap<Reverse<(Timestamp, usize)>> = BinaryHeap::new();
        let mut takes: Vec<Asked> = Vec::new();
        let mut polls = 0;
        let mut delays = Vec::new();
        for number in 0..self.takes.min(IN_FLIGHT) {
            let begun = dusk + Duration::from_millis(500) * u32::try_from(number).expect("a few");
            takes.push(self.submit(number, begun, &mut dice));
            under_way.push(Reverse((takes[number].due(times, policy), number)));
        }
        while let Some(Reverse((now, number))) = under_way.pop() {
            polls += 1;
            let asked = &mut takes[number];
            if asked.ask(now, self, policy) {
                delays.push(now.duration_since(asked.ends).as_secs_f64());
                times.learn(&asked.take);
                if takes.len() < self.takes {
                    let number = takes.len();
                    takes.push(self.submit(number, now, &mut dice));
                    under_way.push(Reverse((takes[number].due(times, policy), number)));
                }
            } else {
                under_way.push(Reverse((asked.due(times, policy), number)));
            }
        }
        assert_eq!(delays.len(), self.takes, "every take is seen to its end");
        delays.sort_by(f64::total_cmp);
        Score { polls: f64::from(polls) / count(self.takes), delays }
    }

    fn submit(&self, number: usize, at: Timestamp, dice: &mut Dice) -> Asked {
        let mut take = take(number);
        let watch = Watch::new(at);
        let accepted = at + Duration::from_millis(600);
        for (at, event) in [
            (at, Event::Intent { token: Token::new(1), price: None }),
            (accepted, Event::Accepted { task: "task".parse().expect("a task id") }),
        ] {
            take.apply(at, &event).expect("a possible life");
        }
        let lasts = self.durations.draw(dice);
        Asked { take, watch, ends: accepted + lasts, made_in: lasts.as_secs().try_into().ok() }
    }
}

impl Durations {
    fn draw(self, dice: &mut Dice) -> Duration {
        let seconds = match self {
            Self::Normal(mean, deviation) => dice.normal(mean, deviation),
            Self::LogNormal(median, deviation) => dice.normal(median.ln(), deviation).exp(),
            Self::Either(one, other) => {
                let (mean, deviation) = if dice.unit() < 0.5 { one } else { other };
                dice.normal(mean, deviation)
            }
        };
        Duration::from_secs_f64(seconds.max(1.0))
    }
}

impl Score {
    /// The mean delay in seconds.
    pub(crate) fn delay(&self) -> f64 {
        self.delays.iter().sum::<f64>() / count(self.delays.len())
    }
}

/// A take at the provider, and when its task ends.
struct Asked {
    take: Take,
    watch: Watch,
    ends: Timestamp,
    made_in: Option<u32>,
}

impl Asked {
    /// When it is to be asked about next.
    fn due(&mut self, times: &mut Times, policy: &Policy) -> Timestamp {
        self.watch.look = times.look(&self.take, &self.watch, policy);
        match self.take.next(&self.watch, policy) {
            Step::Poll { not_before, .. } => not_before,
            other => panic!("a poll was to come, and not {other:?}"),
        }
    }

    /// Asks about it at `now`. Returns whether it is over.
    fn ask(&mut self, now: Timestamp, night: &Night, policy: &Policy) -> bool {
        let refreshed = night.refresh.map_or(now, |every| {
            let every = i64::try_from(every.as_millis()).expect("some seconds");
            Timestamp::from_millisecond(now.as_millisecond() / every * every).expect("a time")
        });
        self.watch.polled = Some(now);
        let sighting = if self.ends <= refreshed {
            let made_in = self.made_in.filter(|_| night.tells);
            Sighting::Succeeded { link: Some("https://v/1".into()), finish: Finish { made_in, ..Finish::default() } }
        } else {
            Sighting::Unfinished { word: "RUNNING".into() }
        };
        if let Some(event) = self.take.read(now, &sighting, &self.watch, policy) {
            self.take.apply(now, &event).expect("a possible life");
        }
        let over = matches!(self.take.state, State::Ready { .. });
        if !over {
            self.watch.unfinished = Some(now);
        }
        over
    }
}

/// Splitmix64.
struct Dice(u64);

impl Dice {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// More than 0, and at most 1.
    fn unit(&mut self) -> f64 {
        (f64::from(u32::try_from(self.bits() >> 32).expect("32 bits")) + 1.0) / 4_294_967_296.0
    }

    /// By Box and Muller.
    fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let (radius, angle) = ((-2.0 * self.unit().ln()).sqrt(), std::f64::consts::TAU * self.unit());
        mean + deviation * radius * angle.cos()
    }
}

fn take(number: usize) -> Take {
    let shot: ShotId = format!("SH{number:06}").parse().expect("an id");
    let request = Request {
        prompt: format!("shot number {number}"),
        ratio: "16:9".parse().expect("a ratio"),
        style: "cinematic".into(),
        model: "gen4_turbo".into(),
        seconds: 5.try_into().expect("a length"),
        motion: Motion::default(),
    };
    let key = request.key("cometapi", TakeNo::FIRST);
    Take::new(TakeName::new(shot, TakeNo::FIRST), request, key, Vec::new())
}

fn count(takes: usize) -> f64 {
    f64::from(u32::try_from(takes).expect("a night's takes"))
}
