//! The provider in rehearsal: what it makes of submissions, questions and downloads. Pure: the time is handed in, chance comes from
//! the script's seed, and nothing is read or written. How answers look on the wire is not known here.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::callback::{self, Call};
use super::fault::{BadPoll, CallFault, CallbackFault, EndingFault, FeedFault, Outcome, Troubles, VideoFault};
use super::limit::{Door, RateLimit};
use super::random::Random;
use super::script::Script;
use super::shape::{CreateShape, FeedShape};
use super::span::Times;
use super::task::{Ask, Ending, LONGEST, Phase, Task};

/// The provider's mind.
#[derive(Debug)]
pub struct Model {
    script: Script,
    tasks: HashMap<String, Task>,
    /// What has come of each name, so that the next submission draws its own fate.
    tries: HashMap<String, Tries>,
    /// How often tasks were asked about and fetched, where something goes wrong with that. Not remembered over a restart.
    visits: HashMap<String, Visits>,
    /// What the two limits on submissions have let in.
    doors: [Door; 2],
    /// When those that are worked on will be over, if only so many are at once: from when on each place is free.
    at_work: BinaryHeap<Reverse<Timestamp>>,
    /// When the unfinished tasks will be over.
    ends: BinaryHeap<Reverse<Timestamp>>,
    stats: Stats,
}

/// How many submissions of one name have come, and how many of them were made.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    calls: u64,
    made: u64,
}

/// How often somebody came for one task.
#[derive(Debug, Clone, Copy, Default)]
struct Visits {
    polls: u64,
    downloads: u64,
}

/// What the simulator has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Submissions that came, whatever became of them.
    pub creates: u64,
    /// Submissions that were taken on, by this process or by those before it: this is what would have been paid for.
    pub accepted: u64,
    /// Submissions that were put off: 429.
    pub deferred: u64,
    /// Submissions that were refused for good, malformed ones included.
    pub refused: u64,
    /// Submissions that were left without a clear answer.
    pub unheard: u64,
    /// Questions about tasks.
    pub feeds: u64,
    /// Questions about tasks that the feed does not know, or not yet.
    pub unknown: u64,
    /// Videos handed out.
    pub downloads: u64,
    /// Links that were followed too late.
    pub expired: u64,
    /// Callbacks that were made and taken.
    pub called_back: u64,
    /// Callbacks that nobody took.
    pub not_called_back: u64,
    /// The most tasks that were ever unfinished at once.
    pub peak_in_flight: u64,
}

/// What becomes of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken on, and the answer says so.
    Accepted(Task),
    /// It is surely not taken on, for this reason.
    Refused(CallFault),
    /// The caller cannot know.
    Unheard {
        /// The task, if it was made.
        made: Option<Task>,
        /// Why not.
        fault: CallFault,
    },
}

/// How a task stands, as the feed has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View<'a> {
    /// The task.
    pub task: &'a Task,
    /// When the relay last refreshed its table.
    pub as_of: Timestamp,
    /// How the task stood then.
    pub phase: Phase,
    /// Marks the links of this answer, when links expire.
    pub issued: Option<Timestamp>,
    /// What goes wrong with this very answer.
    pub spoilt: Option<BadPoll>,
}

/// A video as it is handed out this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Showing<'a> {
    /// The task that it came out of.
    pub task: &'a Task,
    /// What goes wrong with this very download.
    pub fault: Option<VideoFault>,
    /// Whether another file lies there by now.
    pub replaced: bool,
}

/// How much longer than usual the feed does not know a task that appears late.
const LATE: Duration = Duration::from_secs(180);

/// How long a slow answer takes: as long as one has been seen to.
const SLOW: Duration = Duration::from_secs(20);

/// Why there is no video behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoVideo {
    /// There never was.
    Unknown,
    /// The link is too old.
    Expired,
    /// Whoever keeps it is out of order.
    Unavailable,
}

impl Verdict {
    /// The task, if one was made, whether or not the caller gets to know.
    pub fn made(&self) -> Option<&Task> {
        match self {
            Self::Accepted(task) => Some(task),
            Self::Unheard { made, .. } => made.as_ref(),
            Self::Refused(_) => None,
        }
    }

    /// How much longer than usual the answer takes.
    pub fn delay(&self) -> Duration {
        match self {
            Self::Accepted(Task { troubles: Troubles { call: Some(CallFault::Slow), .. }, .. }) => SLOW,
            _ => Duration::ZERO,
        }
    }
}

impl<'a> View<'a> {
    /// How the task stands at `time`, with nothing between it and the onlooker.
    pub(super) fn at(task: &'a Task, time: Timestamp) -> Self {
        Self { task, as_of: time, phase: task.phase(time), issued: None, spoilt: None }
    }
}

impl<'a> Showing<'a> {
    /// A video with which nothing goes wrong.
    pub fn of(task: &'a Task) -> Self {
        Self { task, fault: None, replaced: false }
    }
}

impl Model {
    /// A provider that plays `script` and knows no task yet.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            tasks: HashMap::new(),
            tries: HashMap::new(),
            visits: HashMap::new(),
            doors: Default::default(),
            at_work: BinaryHeap::new(),
            ends: BinaryHeap::new(),
            stats: Stats::default(),
        }
    }

    /// Takes back a task of an earlier process.
    pub fn remember(&mut self, task: &Task) {
        self.tries.entry(task.ask.name()).or_default().calls += 1;
        self.keep(task);
    }

    /// Somebody submits `ask` at `now`.
    pub fn submit(&mut self, now: Timestamp, ask: Ask) -> Verdict {
        self.stats.creates += 1;
        let verdict = if self.admit(now) { self.judge(now, ask) } else { Verdict::Refused(CallFault::Busy) };
        self.count(&verdict);
        verdict
    }

    /// Somebody asks at `now` about the task with this id. `None`: the feed does not know it, or not yet.
    pub fn look(&mut self, now: Timestamp, id: &str) -> Option<View<'_>> {
        self.stats.feeds += 1;
        let as_of = last_refresh(now, self.script.refresh);
        let Some(task) = self.tasks.get(id).filter(|task| task.known(now)) else {
            self.stats.unknown += 1;
            return None;
        };
        let spoilt = task.troubles.feed.filter(|fault| fault.counts()).and_then(|fault| {
            let polls = &mut self.visits.entry(id.to_owned()).or_default().polls;
            *polls += 1;
            fault.spoils(*polls - 1)
        });
        let issued = self.script.link_life_of(task).map(|_| now);
        Some(View { issued, spoilt, ..View::at(task, as_of) })
    }

    /// Somebody follows at `now` the link to the video of this task. `issued` is the mark that the link carries.
    pub fn watch(&mut self, now: Timestamp, id: &str, issued: Option<Timestamp>) -> Result<Showing<'_>, NoVideo> {
        let made = |task: &&Task| task.ending == Ending::Succeeded && task.phase(now) == Phase::Ended && task.is_real();
        let task = self.tasks.get(id).filter(made).ok_or(NoVideo::Unknown)?;
        let old = self.script.link_life_of(task).zip(issued).is_some_and(|(life, issued)| now > issued + life);
        let showing = match task.troubles.video {
            Some(fault) => {
                let downloads = &mut self.visits.entry(id.to_owned()).or_default().downloads;
                *downloads += 1;
                let hit = self.script.video_times_of(task).covers(*downloads - 1);
                let replaced = fault == VideoFault::Replaced && *downloads > 1;
                Showing { task, fault: hit.then_some(fault), replaced }
            }
            None => Showing::of(task),
        };
        if old || showing.fault == Some(VideoFault::LinkExpired) {
            self.stats.expired += 1;
            return Err(NoVideo::Expired);
        }
        if showing.fault == Some(VideoFault::VideoUnavailable) {
            return Err(NoVideo::Unavailable);
        }
        self.stats.downloads += 1;
        Ok(showing)
    }

    /// Everything that will be said about `task` without being asked. `base` is where the videos are to be fetched.
    pub(super) fn calls(&self, task: &Task, base: &str) -> Vec<Call> {
        let others = || self.tasks.keys().filter(|id| **id != task.id).min();
        let other = task.troubles.callback.filter(|fault| *fault == CallbackFault::OtherTask).and_then(|_| others());
        callback::calls(&self.script, task, other.map(String::as_str), base)
    }

    /// A callback was made, and taken or not.
    pub(super) fn called_back(&mut self, taken: bool) {
        self.stats.called_back += u64::from(taken);
        self.stats.not_called_back += u64::from(!taken);
    }

    /// Somebody submits something that is no request.
    pub fn refuse_malformed(&mut self) {
        self.stats.creates += 1;
        self.stats.refused += 1;
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// How many tasks are unfinished at `now`.
    pub fn in_flight(&self, now: Timestamp) -> usize {
        self.ends.iter().filter(|end| end.0 > now).count()
    }

    /// The script that is played.
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// The task with this id, whatever the feed says.
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.get(id)
    }

    /// All tasks, in no order.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// Whether the limits let a submission in at `now`.
    fn admit(&mut self, now: Timestamp) -> bool {
        while self.ends.peek().is_some_and(|end| end.0 <= now) {
            self.ends.pop();
        }
        let limits = [self.script.creates_per_second.map(RateLimit::a_second), self.script.rate_limit];
        let has_room = self.script.in_flight.is_none_or(|most| self.ends.len() < most.get() as usize);
        let mut doors = self.doors.iter_mut().zip(limits);
        has_room && doors.all(|(door, limit)| limit.is_none_or(|limit| door.admits(limit, now)))
    }

    /// What becomes of an admitted submission: it depends on the seed, its name, and how often it has come.
    fn judge(&mut self, now: Timestamp, ask: Ask) -> Verdict {
        let name = ask.name();
        let tries = *self.tries.entry(name.clone()).and_modify(|tries| tries.calls += 1).or_insert(Tries { calls: 1, made: 0 });
        let random = Random::of(self.script.seed, &name, tries.calls);
        let troubles = self.troubles(&name, tries);
        match troubles.call.map(|fault| (fault, fault.outcome())) {
            None | Some((_, Outcome::Accepted)) => Verdict::Accepted(self.make(now, ask, troubles, random)),
            Some((fault, Outcome::Refused)) => Verdict::Refused(fault),
            Some((fault, Outcome::Unheard { made })) => {
                let made = made.then(|| self.make(now, ask, troubles, random));
                Verdict::Unheard { made, fault }
            }
        }
    }

    /// What goes wrong with the latest submission of this name: what the script says about it, else what chance says.
    fn troubles(&self, name: &str, tries: Tries) -> Troubles {
        let scene = self.script.scene(name);
        match scene.and_then(|scene| Some((scene.fail?, scene.times.unwrap_or(Times::ALWAYS)))) {
            // What does not get through in the call cannot go wrong later.
            Some((troubles, times)) => troubles.limited(times.covers(tries.calls - 1), times.covers(tries.made)),
            None => Troubles::draw(&self.script.odds, self.script.seed, name, tries.calls),
        }
    }

    /// Makes a task and settles all that will become of it.
    fn make(&mut self, now: Timestamp, ask: Ask, troubles: Troubles, mut random: Random) -> Task {
        let script = &self.script;
        let generate = script.scene(&ask.name()).and_then(|scene| scene.generate).unwrap_or(script.generate);
        let ending = troubles.ending.map_or(Ending::Succeeded, |fault| {
            let (class, reasons) = fault.words();
            Ending::Failed { class, reason: random.pick(reasons).to_owned() }
        });
        let mut task = Task {
            id: task_id(now, &mut random),
            hidden_ms: millis(random.within(script.hidden)),
            queued_ms: millis(random.within(script.queue)),
            running_ms: millis(random.within(generate)),
            create_shape: script.create_shape.unwrap_or_else(|| random.pick(&CreateShape::ALL)),
            feed_shape: script.feed_shape.unwrap_or_else(|| random.pick(&FeedShape::ALL)),
            seed: random.bits(),
            throttled: false,
            accepted: now,
            ask,
            ending,
            troubles,
        };
        match troubles.feed {
            Some(FeedFault::AppearsLate) => task.hidden_ms = task.hidden_ms.saturating_add(millis(LATE)),
            Some(FeedFault::Ghost) => task.hidden_ms = u64::MAX,
            _ => {}
        }
        if let Some(free) = self.free_from(now).filter(|free| *free > task.begins()) {
            (task.throttled, task.queued_ms) = (true, millis(free.duration_since(now).unsigned_abs()));
        }
        let never_done = troubles.ending == Some(EndingFault::NeverDone);
        if never_done || task.queued_ms.saturating_add(task.running_ms) > millis(LONGEST) {
            task.give_up();
        }
        self.keep(&task);
        self.stats.peak_in_flight = self.stats.peak_in_flight.max(self.ends.len() as u64);
        task
    }

    /// From when on another task can be worked on, which is from `now` on if that is not limited.
    fn free_from(&mut self, now: Timestamp) -> Option<Timestamp> {
        let most = self.script.concurrency?.get() as usize;
        while self.at_work.peek().is_some_and(|end| end.0 <= now) {
            self.at_work.pop();
        }
        // Whoever waits takes the place that is free first, and is counted in its stead.
        let mut free = None;
        while self.at_work.len() >= most {
            free = self.at_work.pop();
        }
        free.map(|end| end.0)
    }

    fn keep(&mut self, task: &Task) {
        if self.script.concurrency.is_some() {
            self.at_work.push(Reverse(task.ends()));
        }
        self.tries.entry(task.ask.name()).or_default().made += 1;
        self.ends.push(Reverse(task.ends()));
        self.tasks.insert(task.id.clone(), task.clone());
        self.stats.accepted += 1;
    }

    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted(_) => {}
            Verdict::Refused(fault) if fault.is_for_now() => self.stats.deferred += 1,
            Verdict::Refused(_) => self.stats.refused += 1,
            Verdict::Unheard { .. } => self.stats.unheard += 1,
        }
    }
}

/// When the relay's table was last refreshed.
fn last_refresh(now: Timestamp, every: Duration) -> Timestamp {
    let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
    let now = now.as_millisecond();
    Timestamp::from_millisecond(now - now.rem_euclid(every)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// An id of one of the two forms that have been seen. The time is part of it, so that a simulator that is started anew with the
/// same seed does not give an old id to another video.
fn task_id(now: Timestamp, random: &mut Random) -> String {
    let time = u64::from_ne_bytes(now.as_millisecond().to_ne_bytes());
    let mut bits = Random::new(random.bits() ^ time.rotate_left(32));
    let (high, low) = (bits.bits(), bits.bits());
    if bits.below(4) == 0 {
        return format!("task_{high:016x}{low:016x}");
    }
    let (high, low) = (high & !0xf000 | 0x4000, low >> 2 | 1 << 63);
    let (first, second, third) = (high >> 32, (high >> 16) & 0xffff, high & 0xffff);
    format!("{first:08x}-{second:04x}-{third:04x}-{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
