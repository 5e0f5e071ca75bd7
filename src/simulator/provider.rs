//! The simulator as a [`Provider`] without sockets, for tests of the engine on a clock that moves by itself. It remembers every call,
//! so that a test can tell what was asked and when. No I/O, and no waiting but on the clock that is handed in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use super::fault::{Refusal, Silence};
use super::model::{Model, NoVideo, Verdict, View};
use super::script::Script;
use super::task::{Ask, Ending, Phase, Task};
use super::wire;
use crate::clock::Clock;
use crate::provider::{Answer, Download, FetchError, Halt, Order, Provider, Reply, Resume, RetryAfter};
use crate::shot::TakeName;
use crate::take::{Class, Doubt, Sighting, TaskId, Token};

/// Where the videos of this provider seem to be; only the provider itself can fetch them.
const BASE: &str = "http://simulator.invalid";

/// The model behind the engine's own trait. Its clones share one memory, as the runs of one account do.
#[derive(Debug, Clone)]
pub struct SimulatedProvider {
    memory: Arc<Mutex<Memory>>,
    clock: Clock,
    films: bool,
}

#[derive(Debug)]
struct Memory {
    model: Model,
    submissions: Vec<Submission>,
    polls: Vec<(Timestamp, TaskId)>,
    fetches: Vec<(Timestamp, String)>,
}

/// One call of `submit`, as the other side saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Which take it was for.
    pub take: TakeName,
    /// The token of the attempt.
    pub token: Token,
    /// When the call was made.
    pub at: Timestamp,
    /// What became of it; `None` when the caller went away before it arrived.
    pub verdict: Option<Verdict>,
}

impl SimulatedProvider {
    /// A provider that plays `script` on `clock`.
    pub fn new(script: Script, clock: Clock) -> Self {
        let memory = Memory { model: Model::new(script), submissions: Vec::new(), polls: Vec::new(), fetches: Vec::new() };
        Self { memory: Arc::new(Mutex::new(memory)), clock, films: false }
    }

    /// The same provider, seen by a process with another clock.
    #[must_use]
    pub fn on(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The same provider with videos that play. Without this they are stand-ins of a few bytes, other bytes for each task: a film takes
    /// a debug build some twenty milliseconds, which adds up over the thousands of takes of a test.
    #[must_use]
    pub fn with_films(self) -> Self {
        Self { films: true, ..self }
    }

    /// Every submission in the order of the calls.
    pub fn submissions(&self) -> Vec<Submission> {
        self.memory().submissions.clone()
    }

    /// Every question about a task, and when it was asked.
    pub fn polls(&self) -> Vec<(Timestamp, TaskId)> {
        self.memory().polls.clone()
    }

    /// Every link that was followed, and when.
    pub fn fetches(&self) -> Vec<(Timestamp, String)> {
        self.memory().fetches.clone()
    }

    /// Looks into the model, for what the lists above do not tell.
    pub fn with_model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.memory().model)
    }

    async fn take_on(&self, order: Order<'_>) -> Reply {
        let (take, token, at) = (order.take.clone(), order.token, self.clock.now());
        let index = {
            let submissions = &mut self.memory().submissions;
            submissions.push(Submission { take, token, at, verdict: None });
            submissions.len() - 1
        };
        self.travel().await;
        let reply = self.judge(index, ask(order));
        self.travel().await;
        reply
    }

    fn judge(&self, index: usize, ask: Ask) -> Reply {
        let memory = &mut *self.memory();
        let verdict = memory.model.submit(self.clock.now(), ask);
        let reply = reply(memory.model.script(), &verdict);
        memory.submissions[index].verdict = Some(verdict);
        reply
    }

    async fn report(&self, task: &TaskId) -> Reply {
        self.memory().polls.push((self.clock.now(), task.clone()));
        self.travel().await;
        let reply = {
            let memory = &mut *self.memory();
            let view = memory.model.look(self.clock.now(), task.as_str());
            Reply { answer: Answer::Seen(view.map_or(Sighting::NotExist, sighting)), raw: wire::fed(view, BASE).body }
        };
        self.travel().await;
        reply
    }

    async fn hand_out(&self, link: &str) -> Result<Download, FetchError> {
        self.memory().fetches.push((self.clock.now(), link.to_owned()));
        self.travel().await;
        let film = self.film(link)?;
        Ok(Download {
            start: 0,
            length: Some(film.len() as u64),
            content_type: Some("video/mp4".to_owned()),
            validator: None,
            checksum: None,
            body: stream::iter([Ok(Bytes::from(film))]).boxed(),
        })
    }

    fn film(&self, link: &str) -> Result<Vec<u8>, FetchError> {
        let unknown = || FetchError::Expired("HTTP 404".to_owned());
        let (id, issued) = link.strip_prefix(BASE).and_then(wire::read_link).ok_or_else(unknown)?;
        match self.memory().model.watch(self.clock.now(), &id, issued) {
            Ok(task) if self.films => Ok(task.film().mp4()),
            Ok(task) => Ok(stand_in(task)),
            Err(NoVideo::Unknown) => Err(unknown()),
            Err(NoVideo::Expired) => Err(FetchError::Expired("HTTP 410".to_owned())),
        }
    }

    /// One way of a call.
    async fn travel(&self) {
        let latency = self.memory().model.script().latency / 2;
        if latency > Duration::ZERO {
            self.clock.sleep(latency).await;
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider for SimulatedProvider {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        self.take_on(order).boxed()
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        self.report(task).boxed()
    }

    fn fetch<'a>(&'a self, link: &'a str, _: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.hand_out(link).boxed()
    }
}

/// Begins like an MP4 file and has nothing in it.
fn stand_in(task: &Task) -> Vec<u8> {
    [b"\0\0\0\x10ftypisom\0\0\x02\0", task.id.as_bytes(), &[0; 1000]].concat()
}

fn ask(order: Order<'_>) -> Ask {
    Ask {
        take: Some(order.take.to_string()),
        token: Some(order.token.to_string()),
        prompt: order.request.prompt.clone(),
        ratio: order.request.ratio.to_string(),
        seconds: order.request.seconds.get(),
    }
}

fn reply(script: &Script, verdict: &Verdict) -> Reply {
    let raw = wire::created(script, verdict).map(|response| response.body).unwrap_or_default();
    Reply { answer: answer(script, verdict), raw }
}

fn answer(script: &Script, verdict: &Verdict) -> Answer {
    let why = |text: &str| text.to_owned();
    match verdict {
        Verdict::Accepted(task) => match task.id.parse() {
            Ok(id) => Answer::Accepted(id),
            Err(e) => Answer::Unclear(Doubt::of(format!("no task id: {e}"))),
        },
        Verdict::Refused(Refusal::Busy) => {
            let retry_after = script.retry_after.map(|wait| RetryAfter::Seconds(wait.as_secs()));
            Answer::NotNow { why: why("HTTP 429"), retry_after }
        }
        Verdict::Refused(Refusal::Rejected) => Answer::Never { class: Class::Input, why: why("code 422") },
        Verdict::Refused(Refusal::NoMoney) => Answer::Halt { cause: Halt::NoMoney, why: why("quota_not_enough") },
        Verdict::Refused(Refusal::BadKey) => Answer::Halt { cause: Halt::BadKey, why: why("HTTP 401") },
        Verdict::Unheard { silence: Silence::Cut, .. } => Answer::Unclear(Doubt::of("the connection was closed")),
        Verdict::Unheard { silence: Silence::Gateway(status), .. } => Answer::Unclear(Doubt::of(format!("HTTP {status}"))),
    }
}

/// The word that a client reads from the wire: where the wrapper leaves its state empty, the number beside it.
fn unfinished(view: View<'_>) -> &'static str {
    match wire::word(view) {
        "" => "0",
        word => word,
    }
}

fn sighting(view: View<'_>) -> Sighting {
    match (view.phase, &view.task.ending) {
        (Phase::Queued | Phase::Running { .. }, _) => Sighting::Unfinished { word: unfinished(view).to_owned() },
        (Phase::Ended, Ending::Succeeded) => Sighting::Succeeded { link: wire::link(view, BASE) },
        (Phase::Ended, Ending::Failed { class, reason }) => Sighting::Failed { class: *class, why: reason.clone() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::Motion;
    use crate::request::{Request, Seconds};
    use crate::simulator::{Changes, Fault};

    fn provider(yaml: &str) -> (SimulatedProvider, Clock) {
        let clock = Clock::starting_at(Timestamp::from_second(1_800_000_000).unwrap(), 1);
        let script = Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap();
        (SimulatedProvider::new(script, clock), clock)
    }

    async fn submit(provider: &SimulatedProvider, take: &str) -> Answer {
        let request = Request {
            prompt: "a cat".into(),
            ratio: "16:9".parse().unwrap(),
            style: "cinematic".into(),
            model: "gen4".into(),
            seconds: Seconds::try_from(5).unwrap(),
            motion: Motion::default(),
        };
        let take = take.parse().unwrap();
        let order = Order { take: &take, request: &request, token: Token::new(7), callback_url: None };
        provider.submit(order).await.answer
    }

    #[tokio::test(start_paused = true)]
    async fn a_take_is_submitted_watched_and_fetched_in_no_time() {
        let (provider, clock) = provider("queue: 10s\ngenerate: 60s\nhidden: 0\nfeed_shape: wrapper");
        let Answer::Accepted(task) = submit(&provider, "SC010_T01").await else { panic!() };
        assert_eq!(clock.elapsed(), Duration::from_millis(600));
        let link = loop {
            clock.sleep(Duration::from_secs(15)).await;
            match provider.poll(&task).await.answer {
                Answer::Seen(Sighting::Unfinished { .. }) => {}
                Answer::Seen(Sighting::Succeeded { link: Some(link) }) => break link,
                other => panic!("{other:?}"),
            }
        };
        let download = provider.fetch(&link, None).await.unwrap();
        let body: Vec<_> = download.body.map(Result::unwrap).collect().await;
        assert_eq!(download.length, Some(body.concat().len() as u64));
        let submissions = provider.submissions();
        assert_eq!(submissions[0].take.to_string(), "SC010_T01");
        assert_eq!(submissions[0].at.as_second(), 1_800_000_000);
        assert_eq!((provider.polls().len(), provider.fetches().len()), (5, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn every_fault_is_an_answer_that_the_engine_knows() {
        for fault in Fault::ALL {
            let name = serde_json::to_string(&fault).unwrap();
            let (provider, _) = provider(&format!("shots: {{ A: {{ fail: {name} }} }}\nretry_after: 3"));
            let answer = submit(&provider, "A_T01").await;
            let fits = match fault {
                Fault::Internal | Fault::Moderated | Fault::BadInput => matches!(answer, Answer::Accepted(_)),
                Fault::Rejected => matches!(answer, Answer::Never { .. }),
                Fault::Busy => matches!(answer, Answer::NotNow { retry_after: Some(RetryAfter::Seconds(3)), .. }),
                Fault::NoMoney | Fault::BadKey => matches!(answer, Answer::Halt { .. }),
                Fault::LostAnswer | Fault::GatewayTimeout | Fault::BadGateway => matches!(answer, Answer::Unclear(_)),
            };
            assert!(fits, "{fault:?}: {answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_away_leaves_a_trace() {
        let (provider, clock) = provider("latency: 2s");
        let gone = tokio::time::timeout(Duration::from_millis(500), submit(&provider, "A_T01")).await;
        assert!(gone.is_err());
        assert_eq!(provider.submissions()[0].verdict, None, "it never arrived");
        let gone = tokio::time::timeout(Duration::from_millis(1500), submit(&provider, "A_T01")).await;
        assert!(gone.is_err());
        assert!(matches!(provider.submissions()[1].verdict, Some(Verdict::Accepted(_))), "only the answer is lost");
        assert_eq!(provider.with_model(|model| model.in_flight(clock.now())), 1);
    }
}
