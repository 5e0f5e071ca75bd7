//! What a take makes of a callback. A callback is unsigned and may be late, doubled or forged: it only says when to ask the
//! provider, and which task to ask about. The provider's answer decides.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::RunError;
use super::drive::{Driver, Go};
use super::inbox::{Arrival, Fate};
use crate::provider::{Answer, Reply};
use crate::take::{Confirmed, Event, Sighting, State, TaskId};

impl Driver<'_> {
    /// Reads the callbacks that have come for the take.
    pub(super) fn hear(&mut self) {
        self.watch.heard.listens = self.letterbox.is_some();
        self.watch.heard.live = self.bounds.post.is_live();
        self.watch.heard.early = self.bounds.post.comes_early();
        while let Some(arrival) = self.letterbox.as_ref().and_then(|letterbox| letterbox.take_out()) {
            if let Some((arrival, fate)) = self.consider(arrival) {
                self.bounds.post.dealt_with(arrival, fate);
            }
        }
    }

    /// What a callback is good for. One that names the task of an attempt without an answer is kept until the provider has been asked.
    /// Where several name different ones, the provider is asked about each in turn, the newest first.
    fn consider(&mut self, arrival: Arrival) -> Option<(Arrival, Fate)> {
        let named = &arrival.callback.task;
        let (take, heard) = (&self.task.take, &mut self.watch.heard);
        let is_over = matches!(arrival.callback.sighting, Sighting::Succeeded { .. } | Sighting::Failed { .. });
        let fate = match (&take.state, take.state.task()) {
            (State::Accepted { .. }, Some(task)) if task == named && is_over && heard.over.is_none() => {
                heard.over = Some(self.world.clock.now());
                Fate::Used
            }
            (_, Some(task)) if task == named => Fate::Stale,
            // Of an attempt that has ended: its task is known, and was this take's.
            _ if self.bounds.post.owner(named).is_some_and(|owner| owner == take.name) => Fate::Stale,
            (State::Unresolved(_) | State::Planned { .. }, _) if take.record.attempts > 0 => {
                if self.named_by.iter().any(|other| other.callback.task == *named) {
                    return Some((arrival, Fate::Stale));
                }
                (heard.named, heard.refuted) = (Some(named.clone()), None);
                self.named_by.push_front(arrival);
                return None;
            }
            (_, Some(task)) => Fate::Contradicts(format!(
                "{} is task {task}: perhaps another attempt of it has been made after all, and paid for",
                take.name
            )),
            (state, None) => Fate::Contradicts(format!("{} is {}", take.name, state.name())),
        };
        Some((arrival, fate))
    }

    /// Asks the provider whether it knows the task that is said to have come of the attempt, and takes it for that if it does.
    pub(super) async fn confirm(&mut self, task: &TaskId, not_before: Timestamp) -> Result<Go, RunError> {
        if let Some(other) = self.bounds.post.owner(task) {
            self.refute(task, &format!("task {task} belongs to {other}"));
            return Ok(Go::On);
        }
        let Reply { answer, raw } = match self.ask(task, not_before).await {
            Ok(reply) => reply,
            Err(go) => return Ok(go),
        };
        let sighting = match answer {
            Answer::Seen(sighting) => sighting,
            other => return Ok(self.told_nothing(other)),
        };
        self.troubles = 0;
        match self.task.take.confirmed(self.world.clock.now(), &sighting, &self.world.policy) {
            Confirmed::Yes => self.adopt(task, &sighting, raw).await,
            Confirmed::NotYet => {
                self.named_by.rotate_left(self.named_by.len().min(1));
                self.ask_about_the_first();
                Ok(Go::On)
            }
            Confirmed::No => {
                self.refute(task, &format!("the provider does not know task {task}"));
                Ok(Go::On)
            }
        }
    }

    /// The attempt cannot have become this task.
    fn refute(&mut self, task: &TaskId, why: &str) {
        self.watch.heard.refuted = Some(task.clone());
        self.contradict(|other| other == task, why);
        self.ask_about_the_first();
    }

    fn ask_about_the_first(&mut self) {
        self.watch.heard.named = self.named_by.front().map(|arrival| arrival.callback.task.clone());
    }

    /// The callbacks that name such a task do not go with what is known.
    fn contradict(&mut self, is_it: impl Fn(&TaskId) -> bool, why: &str) {
        let (wrong, others): (VecDeque<_>, _) = self.named_by.drain(..).partition(|arrival| is_it(&arrival.callback.task));
        self.named_by = others;
        for arrival in wrong {
            self.bounds.post.dealt_with(arrival, Fate::Contradicts(why.to_owned()));
        }
    }

    async fn adopt(&mut self, task: &TaskId, sighting: &Sighting, raw: String) -> Result<Go, RunError> {
        let which = self.named_by.iter().position(|arrival| arrival.callback.task == *task);
        let evidence = which.and_then(|which| self.named_by.remove(which));
        let said = evidence.as_ref().map_or_else(|| raw.clone(), |arrival| arrival.raw.clone());
        self.record(Event::Adopted { task: task.clone() }, Some(said)).await?;
        self.bounds.post.answered(&self.task.take);
        self.watch.heard.named = None;
        if let Some(arrival) = evidence {
            self.bounds.post.dealt_with(arrival, Fate::Used);
        }
        self.contradict(|_| true, &format!("it is task {task}"));
        // It is at the provider, whether there is room or not.
        self.place = Some(self.bounds.room.squeeze_in());
        self.seen(sighting, raw).await
    }

    /// Waits for a callback that says what became of the attempt.
    pub(super) async fn listen(&mut self, until: Timestamp) -> Go {
        let Some(letterbox) = self.letterbox.clone().filter(|_| until > self.world.clock.now()) else { return Go::Rest };
        let wait = async {
            tokio::select! {
                biased;
                () = letterbox.rung() => Go::On,
                () = self.world.clock.sleep_until(until) => Go::Rest,
            }
        };
        self.world.stop.unless_letting_go(wait).await.unwrap_or(Go::Rest)
    }
}
