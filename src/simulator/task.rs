//! A task of the simulator: everything about it is settled when it is made, so that it can be written down once and answered for
//! at any time, also by another process. No I/O, no clock.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fault::{EndingFault, FeedFault, Troubles};
use super::shape::{CreateShape, FeedShape};
use crate::film::Film;
use crate::media::{Rate, Size};
use crate::request::Ratio;
use crate::take::Class;

/// What a submission asks for, as far as the simulator cares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// The take's name, when the callback URL tells it.
    pub take: Option<String>,
    /// The attempt's token, when the callback URL tells it.
    pub token: Option<String>,
    /// Where to call back, if that is on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// What is to be seen.
    pub prompt: String,
    /// The picture's shape, as it was sent.
    pub ratio: String,
    /// The video's length.
    pub seconds: u8,
}

/// One accepted submission and all that will become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub id: String,
    /// What was asked for.
    #[serde(flatten)]
    pub ask: Ask,
    /// When it was accepted.
    pub accepted: Timestamp,
    /// How long the feed will not know it, in milliseconds.
    pub hidden_ms: u64,
    /// How long it will wait, in milliseconds.
    pub queued_ms: u64,
    /// How long it will be worked on from then on, in milliseconds.
    pub running_ms: u64,
    /// Whether it waits because of the tasks that are worked on already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub throttled: bool,
    /// How it will end.
    pub ending: Ending,
    /// How its acceptance is written.
    pub create_shape: CreateShape,
    /// How the feed writes about it.
    pub feed_shape: FeedShape,
    /// Settles the words of its states and the colours of its video.
    pub seed: u64,
    /// What goes wrong with it and on the way to it.
    #[serde(default, skip_serializing_if = "Troubles::is_none")]
    pub troubles: Troubles,
}

/// After how long the relay calls an unfinished task failed.
pub(super) const LONGEST: Duration = Duration::from_secs(1440 * 60);

/// How much later than the success a link comes that comes late, in milliseconds.
const LATE_LINK_MS: u64 = 120_000;

/// How a task ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// With a video.
    Succeeded,
    /// Without one.
    Failed {
        /// What kind of failure it is.
        class: Class,
        /// The provider's words.
        reason: String,
    },
}

/// How a task stands at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Not begun.
    Queued,
    /// Begun.
    Running {
        /// How much is done.
        percent: u8,
    },
    /// Over; the task's ending says how.
    Ended,
}

impl Ask {
    /// What the request is called: its take's name, else the first words of its prompt.
    pub fn name(&self) -> String {
        let words = || self.prompt.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        self.take.clone().unwrap_or_else(words)
    }
}

impl Task {
    /// How the task stands at `time`.
    pub fn phase(&self, time: Timestamp) -> Phase {
        let age = self.age_ms(time);
        let worked = age.saturating_sub(self.queued_ms);
        if age >= self.lasts_ms() {
            Phase::Ended
        } else if age < self.queued_ms {
            Phase::Queued
        } else {
            let percent = worked.saturating_mul(100) / self.running_ms.max(1);
            Phase::Running { percent: u8::try_from(percent).unwrap_or(99) }
        }
    }

    /// When work begins.
    pub fn begins(&self) -> Timestamp {
        self.after(self.queued_ms)
    }

    /// When work begins, if it has begun by `time`.
    pub fn begun(&self, time: Timestamp) -> Option<Timestamp> {
        (self.phase(time) != Phase::Queued).then(|| self.begins())
    }

    /// When the task is over.
    pub fn ends(&self) -> Timestamp {
        self.after(self.lasts_ms())
    }

    /// Whether the feed knows the task at `time`.
    pub fn known(&self, time: Timestamp) -> bool {
        self.age_ms(time) >= self.hidden_ms
    }

    /// Whether the task is there at all; the id of a ghost was given, and that is all there is of it.
    pub fn is_real(&self) -> bool {
        self.troubles.feed != Some(FeedFault::Ghost)
    }

    /// Whether the feed of `time` has the link to the video.
    pub fn has_link(&self, time: Timestamp) -> bool {
        let over = self.ending == Ending::Succeeded && self.phase(time) == Phase::Ended;
        over && match self.troubles.feed {
            Some(FeedFault::NoLink) => false,
            Some(FeedFault::LateLink) => self.age_ms(time) >= self.lasts_ms().saturating_add(LATE_LINK_MS),
            _ => true,
        }
    }

    /// The relay waits as long as it ever does, and then calls the task failed.
    pub(super) fn give_up(&mut self) {
        let longest = u64::try_from(LONGEST.as_millis()).unwrap_or(u64::MAX);
        self.queued_ms = self.queued_ms.min(longest);
        self.running_ms = longest - self.queued_ms;
        let (class, reasons) = EndingFault::NeverDone.words();
        self.ending = Ending::Failed { class, reason: reasons.concat() };
    }

    /// The video that comes out of it.
    pub fn film(&self) -> Film {
        let name = self.ask.name();
        let (shot, take) = name.rsplit_once("_T").map_or((name.as_str(), String::new()), |(shot, n)| (shot, format!("T{n}")));
        let ratio = self.ask.ratio.parse::<Ratio>();
        let (width, height) = ratio.as_ref().map_or((16, 9), Ratio::sides);
        let exactly = ratio.is_ok_and(|ratio| ratio.is_in_pixels()).then_some(Size { width, height });
        Film {
            title: shot.to_owned(),
            subtitle: take,
            note: self.ask.prompt.clone(),
            ratio: (width, height),
            exactly,
            rate: Rate::CINEMA,
            seconds: self.ask.seconds,
            notice: "REHEARSAL",
            seed: self.seed,
        }
    }

    fn lasts_ms(&self) -> u64 {
        self.queued_ms.saturating_add(self.running_ms)
    }

    fn age_ms(&self, time: Timestamp) -> u64 {
        u64::try_from(time.duration_since(self.accepted).as_millis()).unwrap_or(0)
    }

    fn after(&self, ms: u64) -> Timestamp {
        self.accepted.saturating_add(Duration::from_millis(ms)).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task() -> Task {
        let ask = Ask {
            take: None,
            token: None,
            callback: None,
            prompt: " a  cat on a mat ".into(),
            ratio: "16:9".into(),
            seconds: 5,
        };
        Task {
            id: "t".into(),
            ask,
            accepted: Timestamp::UNIX_EPOCH,
            hidden_ms: 500,
            queued_ms: 1000,
            running_ms: 2000,
            throttled: false,
            ending: Ending::Succeeded,
            create_shape: CreateShape::Plain,
            feed_shape: FeedShape::Bare,
            seed: 1,
            troubles: Troubles::default(),
        }
    }

    #[test]
    fn a_task_waits_runs_and_ends() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        assert_eq!(task().phase(at(-5)), Phase::Queued);
        assert_eq!(task().phase(at(999)), Phase::Queued);
        assert_eq!(task().phase(at(1000)), Phase::Running { percent: 0 });
        assert_eq!(task().phase(at(2000)), Phase::Running { percent: 50 });
        assert_eq!(task().phase(at(3000)), Phase::Ended);
        assert_eq!(task().ends(), at(3000));
        assert_eq!(task().begun(at(999)), None);
        assert_eq!(task().begun(at(1500)), Some(at(1000)));
        assert!(!task().known(at(499)) && task().known(at(500)));
    }

    #[test]
    fn a_task_is_one_line_that_reads_back() {
        let line = serde_json::to_string(&task()).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Task>(&line).unwrap(), task());
    }

    #[test]
    fn without_a_take_the_prompt_names_it() {
        assert_eq!(task().ask.name(), "a cat on a");
    }
}
