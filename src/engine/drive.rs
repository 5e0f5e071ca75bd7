//! The life of one take in a run: ask it what comes next, do that, write down what happened.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;

use super::fetch::Fetching;
use super::inbox::Arrival;
use super::phase::{How, Phase, told};
use super::post::Letterbox;
use super::purse::Claim;
use super::room::Place;
use super::{Bounds, HeldBy, Reason, RunError, Task, World, about};
use crate::ledger::Entry;
use crate::provider::{Answer, Halt, Order, Reply, RetryAfter};
use crate::take::{
    Doubt, Event, LONGEST_PAUSE, Link, SHORTEST_PAUSE, Sighting, State, Step, TaskId, Token, Watch, backoff, later,
};

/// Drives one take until there is nothing more to do for it in this run. `place` is its place at the provider, if it has one
/// already. Returns the take, and its place if the provider still works on it.
pub(super) async fn drive(
    world: &World<'_>,
    bounds: &Bounds<'_>,
    task: Task,
    place: Option<Place>,
) -> Result<(Task, Option<Place>), RunError> {
    let now = world.clock.now();
    let (watch, task) = (Watch::new(now), Task { take: task.take.found_at(now), ..task });
    let letterbox = bounds.post.letterbox(&task.take.name);
    let claim = task.take.charges().last().and_then(|charge| bounds.purse.resume(charge));
    let mut driver = Driver {
        world,
        bounds,
        task,
        watch,
        place,
        claim,
        fetching: Fetching::default(),
        letterbox,
        named_by: VecDeque::new(),
        troubles: 0,
    };
    driver.began(Phase::Drive);
    while driver.step().await? == Go::On {
        if !driver.task.take.state.in_flight() {
            driver.place = None;
        }
        bounds.tell_pressure(world.watcher);
    }
    driver.ended(Phase::Drive, Ok(driver.task.take.outcome().as_str()));
    let Driver { task, place, .. } = driver;
    let place = place.filter(|_| task.take.state.in_flight());
    Ok((task, place))
}

/// Whether the take goes on in this run.
#[derive(PartialEq, Eq)]
pub(super) enum Go {
    On,
    Rest,
}

/// One take on its way, and what this process knows of it.
pub(super) struct Driver<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) bounds: &'a Bounds<'a>,
    pub(super) task: Task,
    pub(super) watch: Watch,
    pub(super) place: Option<Place>,
    /// What the attempt that is under way is counted for.
    claim: Option<Claim<'a>>,
    pub(super) fetching: Fetching,
    /// Where callbacks for the take come in, if anybody listens.
    pub(super) letterbox: Option<Rc<Letterbox>>,
    /// The callbacks that name the task of an attempt without an answer, one for each task that is named, until the provider has said
    /// which it knows.
    pub(super) named_by: VecDeque<Arrival>,
    /// How many polls in a row have told nothing.
    pub(super) troubles: u32,
}

impl Driver<'_> {
    async fn step(&mut self) -> Result<Go, RunError> {
        self.hear();
        let look = || self.world.times.borrow_mut().look(&self.task.take, &self.watch, &self.world.policy);
        // While the provider lets takes wait, only questions tell whether this one does.
        let is_smooth = self.bounds.room.bound() == self.bounds.room.limit();
        self.watch.look = is_smooth.then(look).flatten();
        match self.task.take.next(&self.watch, &self.world.policy) {
            // By far the largest of these futures, and many takes wait for their turn to be fetched: it is not to take up room then.
            Step::Submit { not_before } => Box::pin(self.submit(not_before)).await,
            Step::GiveUpAnswer => {
                let doubt = Doubt::of("the process ended before the answer was written down");
                self.record(Event::AnswerLost(doubt), None).await
            }
            Step::Retry { not_before } => self.record(Event::Retried { not_before }, None).await,
            Step::Poll { task, not_before } => self.poll(&task, not_before).await,
            Step::Confirm { task, not_before } => self.confirm(&task, not_before).await,
            Step::Listen { until } => Ok(self.listen(until).await),
            Step::Fetch { link, not_before } => self.fetch(&link, not_before).await,
            Step::Rest => Ok(Go::Rest),
        }
    }

    /// Back-off, place, money, pace, intent, gate, call: from the intent on money may have been spent.
    async fn submit(&mut self, not_before: Timestamp) -> Result<Go, RunError> {
        let (world, bounds) = (self.world, self.bounds);
        // Whoever waits for a later time leaves the place to others until then.
        let place = self.place.take().filter(|_| not_before <= world.clock.now());
        let turn = async {
            let place = if let Some(place) = place {
                place
            } else {
                world.clock.sleep_until(not_before).await;
                bounds.room.enter().await
            };
            let claim = bounds.purse.claim(self.task.price).await.map_err(HeldBy::Budget)?;
            bounds.pace.turn().await;
            Ok((place, claim))
        };
        let turn = async {
            tokio::select! {
                biased;
                held = bounds.too_late(&self.task.take.request) => Err(held),
                turn = turn => turn,
            }
        };
        let letterbox = self.letterbox.clone();
        let turn = async {
            tokio::select! {
                biased;
                // It may say that there is nothing to submit.
                () = rung(letterbox.as_deref()) => None,
                turn = turn => Some(turn),
            }
        };
        self.began(Phase::WaitToSubmit);
        let turn = world.stop.unless_not_submitting(turn).await;
        let how = match &turn {
            Some(Some(Ok(_))) => "its turn",
            Some(Some(Err(_))) => "held",
            Some(None) => "a callback",
            None => "stopped",
        };
        self.ended(Phase::WaitToSubmit, Ok(how));
        let (place, claim) = match turn {
            None => return Ok(Go::Rest),
            Some(None) => return Ok(Go::On),
            Some(Some(Ok(turn))) => turn,
            Some(Some(Err(held))) => {
                bounds.held.borrow_mut().insert(self.task.take.name.clone(), held);
                return Ok(Go::Rest);
            }
        };
        self.place = Some(place);
        if world.stop.no_more_submissions() {
            return Ok(Go::Rest);
        }
        let now = world.clock.now();
        if !claim.begin(now) {
            return Ok(Go::On);
        }
        self.claim = Some(claim);
        // Patience begins now, not when the take stood in the line.
        self.watch = Watch::new(now);
        self.troubles = 0;
        let token = Token::new((world.draw)());
        self.record_at(now, Event::Intent { token, price: self.task.price }, None).await?;
        bounds.post.begun(&self.task.take, token);
        bounds.gate.turn().await;
        let Task { take, callback_url, .. } = &self.task;
        let order = Order { take: &take.name, request: &take.request, token, callback_url: callback_url.as_ref() };
        bounds.count(|calls| calls.submissions += 1);
        let under_way = bounds.tempo.begin();
        self.began(Phase::Submit);
        let reply = world.provider.submit(order).await;
        self.ended(Phase::Submit, told(&reply.answer));
        match &reply.answer {
            Answer::Accepted(_) | Answer::Never { .. } => under_way.was_let_through(),
            Answer::NotNow { retry_after, .. } => under_way.was_refused(retry_after.map(|asked| self.asked(asked))),
            _ => drop(under_way),
        }
        if let Answer::Accepted(task) = &reply.answer {
            // Before it is durable: should the process be killed right here, the log of the run still names the task.
            about!(info, take, Some(task), event = "answered", "accepted");
        }
        let event = self.outcome_of(reply.answer);
        let go = self.record(event, Some(reply.raw)).await?;
        bounds.post.answered(&self.task.take);
        Ok(go)
    }

    /// What the answer to a submission means for the take, and for the run.
    fn outcome_of(&self, answer: Answer) -> Event {
        let world = self.world;
        if !matches!(answer, Answer::NotNow { .. } | Answer::Unreached { .. }) {
            self.bounds.refused_since.set(None);
        }
        match answer {
            Answer::Accepted(task) => Event::Accepted { task },
            Answer::Never { class, why } => Event::Rejected { class, why },
            // What it asks for holds for all of the run. Without that the pace slows down, and only this take stands back.
            Answer::NotNow { why, retry_after } => self.deferred(why, retry_after, retry_after.is_some()),
            Answer::Unreached { why } => self.deferred(why, None, true),
            Answer::Halt { cause, why } => {
                world.stop.because(match cause {
                    Halt::BadKey => Reason::BadKey(why.clone()),
                    Halt::NoMoney => Reason::NoMoney(why.clone()),
                    Halt::WrongAddress => Reason::WrongAddress(why.clone()),
                });
                Event::Deferred { why, until: world.clock.now() }
            }
            Answer::Stranger(doubt) => {
                world.stop.because(Reason::WrongAddress(doubt.why.clone()));
                Event::AnswerLost(doubt)
            }
            Answer::Unclear(doubt) => Event::AnswerLost(doubt),
            Answer::Seen(sighting) => {
                Event::AnswerLost(Doubt::of(format!("a submission was answered like a poll: {sighting:?}")))
            }
        }
    }

    /// Surely not taken on. The take stands back for a while, and so do all others if it is for `everybody`.
    fn deferred(&self, why: String, retry_after: Option<RetryAfter>, everybody: bool) -> Event {
        let now = self.world.clock.now();
        let until = now + self.pause(retry_after, self.task.take.record.deferrals);
        if everybody {
            let pause = retry_after.map_or_else(|| until.duration_since(now).unsigned_abs(), |asked| self.asked(asked));
            self.bounds.pace.hold(later(now, pause));
        }
        let since = self.bounds.refused_since.get().unwrap_or(now);
        self.bounds.refused_since.set(Some(since));
        if now >= later(since, self.world.policy.refusal_patience) {
            self.world.stop.because(Reason::Refusing(why.clone()));
        }
        Event::Deferred { why, until }
    }

    async fn poll(&mut self, task: &TaskId, not_before: Timestamp) -> Result<Go, RunError> {
        let reply = match self.ask(task, not_before).await {
            Ok(reply) => reply,
            Err(go) => return Ok(go),
        };
        // Asked once, a doubtful link is tried again whatever the provider says.
        if self.watch.link == Link::Doubtful {
            self.watch.link = Link::Good;
        }
        match reply {
            Reply { answer: Answer::Seen(sighting), raw } => self.seen(&sighting, raw).await,
            Reply { answer, .. } => Ok(self.told_nothing(answer)),
        }
    }

    /// Asks about a task when it is time to, unless a callback comes before, or the run lets go.
    pub(super) async fn ask(&mut self, task: &TaskId, not_before: Timestamp) -> Result<Reply, Go> {
        let letterbox = self.letterbox.clone();
        let turn = async {
            self.world.clock.sleep_until(not_before).await;
            self.bounds.poll_pace.turn().await;
        };
        let turn = async {
            tokio::select! {
                biased;
                () = rung(letterbox.as_deref()) => Err(Go::On),
                () = turn => Ok(()),
            }
        };
        self.world.stop.unless_letting_go(turn).await.unwrap_or(Err(Go::Rest))?;
        self.bounds.count(|calls| calls.polls += 1);
        self.began(Phase::Poll);
        let reply = self.world.provider.poll(task).await;
        self.ended(Phase::Poll, told(&reply.answer));
        self.watch.polled = Some(self.world.clock.now());
        Ok(reply)
    }

    /// A poll that was answered, but not with how the task stands.
    pub(super) fn told_nothing(&mut self, answer: Answer) -> Go {
        match answer {
            // It is no good for asking either: nobody else needs to try.
            Answer::Halt { cause: Halt::BadKey, why } => {
                self.world.stop.because(Reason::BadKey(why));
                self.world.stop.let_go();
                Go::Rest
            }
            Answer::NotNow { why, retry_after } => self.try_later(&why, retry_after),
            Answer::Unreached { why }
            | Answer::Unclear(Doubt { why, .. })
            | Answer::Stranger(Doubt { why, .. })
            | Answer::Never { why, .. }
            | Answer::Halt { why, .. } => self.try_later(&why, None),
            Answer::Accepted(_) | Answer::Seen(_) => self.try_later("a poll was answered like a submission", None),
        }
    }

    pub(super) async fn seen(&mut self, sighting: &Sighting, raw: String) -> Result<Go, RunError> {
        let now = self.world.clock.now();
        if let Some(place) = &self.place {
            place.set_throttled(sighting.is_throttled());
        }
        self.troubles = 0;
        self.watch.not_before = Timestamp::UNIX_EPOCH;
        let linkless = matches!(sighting, Sighting::Succeeded { link: None, .. });
        self.watch.linkless_since = linkless.then(|| self.watch.linkless_since.unwrap_or(now));
        let event = self.task.take.read(now, sighting, &self.watch, &self.world.policy);
        let renewed = matches!(event, Some(Event::Succeeded { .. }));
        let was_accepted = matches!(self.task.take.state, State::Accepted { .. });
        if was_accepted {
            self.learn(renewed || matches!(event, Some(Event::Failed { .. })));
        }
        match event {
            Some(event) => {
                self.record(event, Some(raw)).await?;
            }
            None if self.watch.link == Link::Expired => self.fetch_failed("the provider gives no fresh link"),
            None => {}
        }
        if renewed {
            self.watch.link = Link::Good;
        }
        if let State::Accepted { .. } = self.task.take.state {
            self.watch.unfinished = Some(now);
        } else if was_accepted {
            self.world.times.borrow_mut().learn(&self.task.take);
        }
        Ok(Go::On)
    }

    /// Learns how far callbacks can be gone by: whether one had said that the take is over, and whether it is.
    fn learn(&self, is_over: bool) {
        let told = self.watch.heard.over.is_some();
        if told {
            self.bounds.post.was_early(!is_over);
        }
        if is_over && self.watch.heard.live {
            self.bounds.post.was_told(told);
        }
    }

    /// Writes down what happened, and only then lets it happen to the take.
    pub(super) async fn record(&mut self, event: Event, raw: Option<String>) -> Result<Go, RunError> {
        self.record_at(self.world.clock.now(), event, raw).await
    }

    async fn record_at(&mut self, at: Timestamp, event: Event, raw: Option<String>) -> Result<Go, RunError> {
        self.write(at, &event, raw).await?;
        self.task.take.apply(at, &event)?;
        if let (Some(claim), Some(charge)) = (&self.claim, self.task.take.charges().last()) {
            claim.follow(charge);
        }
        self.world.watcher.saw(&self.task.take, &event);
        if let Some(reason) = self.bounds.breaker.borrow_mut().saw(&self.task.take, at, &event) {
            self.world.stop.because(reason);
        }
        Ok(Go::On)
    }

    pub(super) async fn write(&self, at: Timestamp, event: &Event, raw: Option<String>) -> Result<(), RunError> {
        let answer = raw.filter(|raw| !raw.is_empty());
        let entry = Entry { take: self.task.take.name.clone(), at, event: event.clone(), answer };
        match event {
            // The feed says it again to whoever asks, so nobody has to wait for the disk.
            Event::Seen { .. } | Event::Succeeded { .. } => self.world.ledger.note(entry)?,
            _ => self.world.ledger.append([entry]).await.inspect_err(|_| self.tell(event))?,
        }
        Ok(())
    }

    /// Says what was paid for and cannot be written down: there is no other trace of it.
    fn tell(&self, event: &Event) {
        if let Event::Accepted { task } = event {
            let take = &self.task.take;
            let help = format!("once the ledger can be written, `rushes resolve {} MANIFEST --task-id {task}`", take.name);
            about!(error, take, Some(task), help, "accepted, and that cannot be written down");
        }
    }

    /// A poll that told nothing: not before a while.
    fn try_later(&mut self, why: &str, retry_after: Option<RetryAfter>) -> Go {
        let until = self.world.clock.now() + self.pause(retry_after, self.troubles);
        if retry_after.is_some() {
            self.bounds.poll_pace.hold(until);
        }
        let take = &self.task.take;
        about!(debug, take, take.state.task(), why, "a poll told nothing; trying again later");
        self.troubles += 1;
        self.watch.not_before = until;
        Go::On
    }

    pub(super) fn began(&self, phase: Phase) {
        self.world.watcher.began(&self.task.take, phase);
    }

    pub(super) fn ended(&self, phase: Phase, how: How<'_>) {
        self.world.watcher.ended(&self.task.take, phase, how);
    }

    fn pause(&self, retry_after: Option<RetryAfter>, refusals: u32) -> Duration {
        let backoff = || backoff(refusals, self.task.take.jitter());
        retry_after.map_or_else(backoff, |asked| self.asked(asked)).max(SHORTEST_PAUSE)
    }

    /// How long the provider wants to be left alone, as far as that is believed.
    fn asked(&self, retry_after: RetryAfter) -> Duration {
        let asked = match retry_after {
            RetryAfter::Seconds(seconds) => Duration::from_secs(seconds),
            RetryAfter::At(time) => Duration::try_from(time.duration_since(self.world.clock.now())).unwrap_or_default(),
        };
        asked.min(LONGEST_PAUSE)
    }
}

/// Returns when a callback for the take has come; never where nobody listens.
async fn rung(letterbox: Option<&Letterbox>) {
    match letterbox {
        Some(letterbox) => letterbox.rung().await,
        None => std::future::pending().await,
    }
}
