//! The provider in rehearsal: what it makes of submissions, questions and downloads. Pure: the time is handed in, chance comes from
//! the script's seed, and nothing is read or written. How answers look on the wire is not known here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::fault::{Effect, Fault, Refusal, Silence};
use super::random::Random;
use super::script::Script;
use super::shape::{CreateShape, FeedShape};
use super::task::{Ask, Ending, Phase, Task};

/// The provider's mind.
#[derive(Debug)]
pub struct Model {
    script: Script,
    tasks: HashMap<String, Task>,
    /// How many submissions of each name have come, so that the next one draws its own fate.
    tries: HashMap<String, u64>,
    /// When the last submissions were admitted; reaches one second back.
    admitted: VecDeque<Timestamp>,
    /// When the unfinished tasks will be over.
    ends: BinaryHeap<Reverse<Timestamp>>,
    stats: Stats,
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
    /// The most tasks that were ever unfinished at once.
    pub peak_in_flight: u64,
}

/// What becomes of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is taken on, and the answer says so.
    Accepted(Task),
    /// It is surely not taken on.
    Refused(Refusal),
    /// The caller cannot know.
    Unheard {
        /// The task, if it was made.
        made: Option<Task>,
        /// What the caller gets instead of an answer.
        silence: Silence,
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
}

/// Why there is no video behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoVideo {
    /// There never was.
    Unknown,
    /// The link is too old.
    Expired,
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
}

impl Model {
    /// A provider that plays `script` and knows no task yet.
    pub fn new(script: Script) -> Self {
        Self {
            script,
            tasks: HashMap::new(),
            tries: HashMap::new(),
            admitted: VecDeque::new(),
            ends: BinaryHeap::new(),
            stats: Stats::default(),
        }
    }

    /// Takes back a task of an earlier process.
    pub fn remember(&mut self, task: &Task) {
        *self.tries.entry(task.ask.name()).or_default() += 1;
        self.keep(task);
    }

    /// Somebody submits `ask` at `now`.
    pub fn submit(&mut self, now: Timestamp, ask: Ask) -> Verdict {
        self.stats.creates += 1;
        let verdict = if self.admit(now) { self.judge(now, ask) } else { Verdict::Refused(Refusal::Busy) };
        self.count(&verdict);
        verdict
    }

    /// Somebody asks at `now` about the task with this id. `None`: the feed does not know it, or not yet.
    pub fn look(&mut self, now: Timestamp, id: &str) -> Option<View<'_>> {
        self.stats.feeds += 1;
        let as_of = last_refresh(now, self.script.refresh);
        let issued = self.script.link_life.map(|_| now);
        let task = self.tasks.get(id).filter(|task| task.known(now));
        self.stats.unknown += u64::from(task.is_none());
        task.map(|task| View { task, as_of, phase: task.phase(as_of), issued })
    }

    /// Somebody follows at `now` the link to the video of this task. `issued` is the mark that the link carries.
    pub fn watch(&mut self, now: Timestamp, id: &str, issued: Option<Timestamp>) -> Result<&Task, NoVideo> {
        let made = |task: &&Task| task.ending == Ending::Succeeded && task.phase(now) == Phase::Ended;
        let task = self.tasks.get(id).filter(made).ok_or(NoVideo::Unknown)?;
        if let (Some(life), Some(issued)) = (self.script.link_life, issued)
            && now > issued + life
        {
            self.stats.expired += 1;
            return Err(NoVideo::Expired);
        }
        self.stats.downloads += 1;
        Ok(task)
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
        while self.admitted.front().is_some_and(|&at| at + Duration::from_secs(1) <= now) {
            self.admitted.pop_front();
        }
        while self.ends.peek().is_some_and(|end| end.0 <= now) {
            self.ends.pop();
        }
        let below = |count: usize, limit: Option<std::num::NonZeroU32>| limit.is_none_or(|l| count < l.get() as usize);
        let admitted = below(self.admitted.len(), self.script.creates_per_second);
        let admitted = admitted && below(self.ends.len(), self.script.in_flight);
        if admitted && self.script.creates_per_second.is_some() {
            self.admitted.push_back(now);
        }
        admitted
    }

    /// What becomes of an admitted submission: it depends on the seed, its name, and how often it has come.
    fn judge(&mut self, now: Timestamp, ask: Ask) -> Verdict {
        let name = ask.name();
        let tries = self.tries.entry(name.clone()).or_default();
        *tries += 1;
        let tries = *tries;
        let mut random = Random::of(self.script.seed, &name, tries);
        match self.fault(&name, tries, &mut random).map(Fault::effect) {
            None => Verdict::Accepted(self.make(now, ask, Ending::Succeeded, random)),
            Some(Effect::Ends(class, reasons)) => {
                let reason = random.pick(reasons).to_owned();
                Verdict::Accepted(self.make(now, ask, Ending::Failed { class, reason }, random))
            }
            Some(Effect::Refuses(refusal)) => Verdict::Refused(refusal),
            Some(Effect::Obscures { made, silence }) => {
                let made = made.then(|| self.make(now, ask, Ending::Succeeded, random));
                Verdict::Unheard { made, silence }
            }
        }
    }

    /// What goes wrong with a submission, if anything.
    fn fault(&self, name: &str, tries: u64, random: &mut Random) -> Option<Fault> {
        let mut dice = random.unit();
        if let Some(scene) = self.script.scene(name)
            && scene.fail.is_some()
        {
            return scene.fail.filter(|_| scene.times.is_none_or(|times| tries <= times));
        }
        self.script.odds.iter().find_map(|(fault, share)| {
            dice -= share;
            (dice < 0.0).then_some(*fault)
        })
    }

    /// Makes a task and settles all that will become of it.
    fn make(&mut self, now: Timestamp, ask: Ask, ending: Ending, mut random: Random) -> Task {
        let script = &self.script;
        let generate = script.scene(&ask.name()).and_then(|scene| scene.generate).unwrap_or(script.generate);
        let task = Task {
            id: task_id(now, &mut random),
            hidden_ms: millis(random.within(script.hidden)),
            queued_ms: millis(random.within(script.queue)),
            running_ms: millis(random.within(generate)),
            create_shape: script.create_shape.unwrap_or_else(|| random.pick(&CreateShape::ALL)),
            feed_shape: script.feed_shape.unwrap_or_else(|| random.pick(&FeedShape::ALL)),
            seed: random.bits(),
            accepted: now,
            ask,
            ending,
        };
        self.keep(&task);
        self.stats.peak_in_flight = self.stats.peak_in_flight.max(self.ends.len() as u64);
        task
    }

    fn keep(&mut self, task: &Task) {
        self.ends.push(Reverse(task.ends()));
        self.tasks.insert(task.id.clone(), task.clone());
        self.stats.accepted += 1;
    }

    fn count(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Accepted(_) => {}
            Verdict::Refused(Refusal::Busy) => self.stats.deferred += 1,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Changes, Scene};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn ask(name: &str) -> Ask {
        Ask { take: Some(name.into()), token: None, prompt: "a cat".into(), ratio: "16:9".into(), seconds: 5 }
    }

    fn model(yaml: &str) -> Model {
        Model::new(Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap())
    }

    fn accepted(verdict: Verdict) -> Task {
        match verdict {
            Verdict::Accepted(task) => task,
            other => panic!("not accepted: {other:?}"),
        }
    }

    #[test]
    fn a_take_meets_the_same_fate_whatever_else_is_submitted() {
        let odds = "odds: { moderated: 0.2, internal: 0.2 }";
        let (mut one, mut two) = (model(odds), model(odds));
        accepted(two.submit(at(0), ask("other")));
        for shot in 0..50 {
            let name = format!("SC{shot:03}_T01");
            let (a, b) = (accepted(one.submit(at(0), ask(&name))), accepted(two.submit(at(9), ask(&name))));
            assert_eq!((&a.ending, a.queued_ms, a.running_ms), (&b.ending, b.queued_ms, b.running_ms));
            assert_ne!(a.id, b.id);
        }
    }

    #[test]
    fn the_feed_is_as_old_as_the_relays_table() {
        let mut model = model("hidden: 4s\nqueue: 5s\ngenerate: 20s\nrefresh: 15s");
        let id = accepted(model.submit(at(1), ask("A_T01"))).id;
        let mut phase = |seconds| model.look(at(seconds), &id).map(|view| view.phase);
        assert_eq!(phase(4), None);
        assert_eq!(phase(5), Some(Phase::Queued));
        assert_eq!(phase(14), Some(Phase::Queued));
        assert_eq!(phase(15), Some(Phase::Running { percent: 45 }));
        assert_eq!(phase(29), Some(Phase::Running { percent: 45 }));
        assert_eq!(phase(30), Some(Phase::Ended));
        assert_eq!((model.stats().feeds, model.stats().unknown), (6, 1));
    }

    #[test]
    fn the_limits_admit_just_so_many() {
        let mut limited = model("creates_per_second: 2\nin_flight: 3\nqueue: 0\ngenerate: 10s");
        let mut taken = |seconds| matches!(limited.submit(at(seconds), ask("A_T01")), Verdict::Accepted(_));
        assert_eq!([taken(0), taken(0), taken(0)], [true, true, false]);
        assert_eq!([taken(1), taken(1)], [true, false]);
        assert_eq!([taken(9), taken(10), taken(10), taken(10)], [false, true, true, false]);
        assert_eq!((limited.stats().deferred, limited.stats().peak_in_flight), (4, 3));
    }

    #[test]
    fn each_fault_does_what_it_says() {
        for fault in Fault::ALL {
            let scene = Scene { fail: Some(fault), times: Some(1), generate: None };
            let mut model = Model::new(Script { shots: [("A".to_owned(), scene)].into(), ..Script::default() });
            let first = model.submit(at(0), ask("A_T01"));
            match (fault.effect(), &first) {
                (Effect::Ends(class, _), Verdict::Accepted(task)) => {
                    assert!(matches!(&task.ending, Ending::Failed { class: c, .. } if *c == class));
                }
                (Effect::Refuses(refusal), Verdict::Refused(given)) => assert_eq!(refusal, *given),
                (Effect::Obscures { made, silence }, Verdict::Unheard { made: task, silence: given }) => {
                    assert_eq!((made, silence), (task.is_some(), *given));
                }
                other => panic!("{fault:?}: {other:?}"),
            }
            assert_eq!(accepted(model.submit(at(0), ask("A_T01"))).ending, Ending::Succeeded, "the second is spared");
        }
    }

    #[test]
    fn the_odds_come_true() {
        let mut model = model("odds: { moderated: 0.25 }");
        let moderated = |verdict| accepted(verdict).ending != Ending::Succeeded;
        let count = (0..1000).filter(|n| moderated(model.submit(at(*n), ask(&format!("S{n}_T01"))))).count();
        assert!((200..300).contains(&count), "{count}");
    }

    #[test]
    fn a_video_is_there_when_it_is_made_and_while_its_link_lives() {
        let mut model = model("queue: 0\ngenerate: 10s\nlink_life: 60s");
        let id = accepted(model.submit(at(0), ask("A_T01"))).id;
        assert_eq!(model.watch(at(9), &id, None), Err(NoVideo::Unknown));
        assert!(model.watch(at(10), &id, Some(at(10))).is_ok());
        assert!(model.watch(at(70), &id, Some(at(10))).is_ok());
        assert_eq!(model.watch(at(71), &id, Some(at(10))), Err(NoVideo::Expired));
        assert_eq!(model.look(at(71), &id).and_then(|view| view.issued), Some(at(71)));
    }

    #[test]
    fn what_is_remembered_is_as_if_it_had_been_accepted_here() {
        let (mut before, mut after) = (model(""), model(""));
        let task = accepted(before.submit(at(0), ask("A_T01")));
        after.remember(&task);
        assert_eq!(before.look(at(500), &task.id), after.look(at(500), &task.id));
        assert_eq!(after.stats().accepted, 1);
        let (next, other) = (before.submit(at(9), ask("A_T01")), after.submit(at(9), ask("A_T01")));
        assert_eq!(next, other);
    }
}
