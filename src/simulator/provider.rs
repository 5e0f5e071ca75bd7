//! The simulator as a [`Provider`] without sockets, for tests of the engine on a clock that moves by itself. It remembers every call,
//! so that a test can tell what was asked and when. No I/O, and no waiting but on the clock that is handed in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;

use super::fault::{BadPoll, CallFault};
use super::model::{Model, NoVideo, Showing, Verdict, View};
use super::outage::Outages;
use super::outbox::Outbox;
use super::script::Script;
use super::task::{Ask, Ending, Phase};
use super::wire::{self, Reel, Then, Wants};
use crate::clock::Clock;
use crate::digest::Checksum;
use crate::film;
use crate::provider::{Answer, Download, FetchError, Halt, Order, Provider, Reply, Resume, RetryAfter};
use crate::shot::TakeName;
use crate::take::{Class, Doubt, Sighting, TaskId, Token};

/// Where the videos of this provider seem to be; only the provider itself can fetch them.
const BASE: &str = "http://simulator.invalid";

/// What a client meets while nobody is there.
const REFUSED: &str = "connection refused";

/// How long a client waits for the next byte of a download.
const STALL: Duration = Duration::from_secs(30);

/// The model behind the engine's own trait. Its clones share one memory, as the runs of one account do.
#[derive(Debug, Clone)]
pub struct SimulatedProvider {
    memory: Arc<Mutex<Memory>>,
    outbox: Arc<Outbox<CallbackSent>>,
    outages: Outages,
    clock: Clock,
    films: bool,
    calls_back: bool,
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

/// What the provider says of its own accord, as it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackSent {
    /// The token of the address that was called, if it came through.
    pub token: Option<String>,
    /// The body.
    pub body: String,
}

impl SimulatedProvider {
    /// A provider that plays `script` on `clock`, from now on.
    pub fn new(script: Script, clock: Clock) -> Self {
        let outages = Outages::since(clock.now(), &script.outages);
        let memory = Memory { model: Model::new(script), submissions: Vec::new(), polls: Vec::new(), fetches: Vec::new() };
        let (memory, outbox) = (Arc::new(Mutex::new(memory)), Arc::new(Outbox::new()));
        Self { memory, outbox, outages, clock, films: false, calls_back: false }
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

    /// The same provider, which calls back about everything that is submitted from now on. [`Self::next_callback`] gives what it says;
    /// somebody has to listen, or it piles up.
    #[must_use]
    pub fn with_callbacks(self) -> Self {
        Self { calls_back: true, ..self }
    }

    /// The next callback, when the provider's clock shows its time. May be dropped and called again.
    pub async fn next_callback(&self) -> CallbackSent {
        self.outbox.next(&self.clock).await
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
        if self.outages.end(at).is_some() {
            return Reply { answer: Answer::Unreached { why: REFUSED.to_owned() }, raw: String::new() };
        }
        self.travel().await;
        if self.outages.cut(at, self.clock.now()) {
            return cut_off();
        }
        let (reply, delay) = self.judge(index, ask(order));
        self.wait(delay).await;
        self.travel().await;
        if self.outages.cut(at, self.clock.now()) { cut_off() } else { reply }
    }

    fn judge(&self, index: usize, ask: Ask) -> (Reply, Duration) {
        let (memory, now) = (&mut *self.memory(), self.clock.now());
        let verdict = memory.model.submit(now, ask);
        let (reply, delay) = (reply(memory.model.script(), now, &verdict), verdict.delay());
        if let Some(task) = verdict.made().filter(|_| self.calls_back) {
            for call in memory.model.calls(task, BASE) {
                let token = call.address.token(task.ask.token.as_deref());
                self.outbox.put(call.at, CallbackSent { token, body: call.body });
            }
        }
        memory.submissions[index].verdict = Some(verdict);
        (reply, delay)
    }

    async fn report(&self, task: &TaskId) -> Reply {
        self.memory().polls.push((self.clock.now(), task.clone()));
        if self.outages.end(self.clock.now()).is_some() {
            return Reply { answer: not_now(REFUSED), raw: String::new() };
        }
        self.travel().await;
        let reply = {
            let memory = &mut *self.memory();
            let view = memory.model.look(self.clock.now(), task.as_str());
            let raw = wire::fed(view, BASE).map(|response| response.body).unwrap_or_default();
            Reply { answer: told(view), raw }
        };
        self.travel().await;
        reply
    }

    async fn hand_out(&self, link: &str, from: Option<&Resume>) -> Result<Download, FetchError> {
        self.memory().fetches.push((self.clock.now(), link.to_owned()));
        if self.outages.end(self.clock.now()).is_some() {
            return Err(FetchError::Trouble(REFUSED.to_owned()));
        }
        self.travel().await;
        let range = from.map(|from| format!("bytes={}-", from.bytes));
        let if_range = from.map(|from| from.validator.as_str());
        let reel = self.reel(link, Wants { range: range.as_deref(), if_range, digest: None })?;
        match reel.status {
            416 => Err(FetchError::Changed("HTTP 416".to_owned())),
            _ => Ok(self.download(reel)),
        }
    }

    fn reel(&self, link: &str, wants: Wants<'_>) -> Result<Reel, FetchError> {
        let unknown = || FetchError::Expired("HTTP 404".to_owned());
        let (id, issued) = link.strip_prefix(BASE).and_then(wire::read_link).ok_or_else(unknown)?;
        match self.memory().model.watch(self.clock.now(), &id, issued) {
            Ok(showing) => {
                let film = if self.films { showing.film().mp4() } else { stand_in(showing) };
                Ok(wire::show(showing, film, wants))
            }
            Err(NoVideo::Unknown) => Err(unknown()),
            Err(NoVideo::Expired) => Err(FetchError::Expired("HTTP 410".to_owned())),
            Err(NoVideo::Unavailable) => Err(FetchError::Trouble("HTTP 503".to_owned())),
        }
    }

    fn download(&self, reel: Reel) -> Download {
        let (clock, then) = (self.clock, reel.then);
        let end = stream::once(async move {
            match then {
                Then::End => None,
                Then::Cut => Some(Err(FetchError::Trouble("the connection was closed".to_owned()))),
                Then::Silence => {
                    clock.sleep(STALL).await;
                    Some(Err(FetchError::Trouble("timed out".to_owned())))
                }
            }
        });
        Download {
            start: reel.start,
            length: Some(reel.whole),
            content_type: Some(reel.content_type.to_owned()),
            validator: reel.tag.filter(|_| reel.ranges),
            checksum: reel.digest.map(Checksum::Sha256),
            body: stream::iter([Ok(reel.bytes)]).chain(end.filter_map(futures::future::ready)).boxed(),
        }
    }

    /// One way of a call.
    async fn travel(&self) {
        let latency = self.memory().model.script().latency / 2;
        self.wait(latency).await;
    }

    async fn wait(&self, time: Duration) {
        if time > Duration::ZERO {
            self.clock.sleep(time).await;
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

    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.hand_out(link, from).boxed()
    }
}

/// An MP4 file without a picture in it.
fn stand_in(showing: Showing<'_>) -> Vec<u8> {
    let other: &[u8] = if showing.replaced { b" anew" } else { b"" };
    film::stub(&[showing.task.id.as_bytes(), other, &[0; 1000]].concat())
}

fn ask(order: Order<'_>) -> Ask {
    Ask {
        take: Some(order.take.to_string()),
        token: Some(order.token.to_string()),
        callback: None,
        prompt: order.request.prompt.clone(),
        ratio: order.request.ratio.to_string(),
        seconds: order.request.seconds.get(),
    }
}

fn reply(script: &Script, now: Timestamp, verdict: &Verdict) -> Reply {
    let raw = wire::created(script, now, verdict).map(|response| response.body).unwrap_or_default();
    Reply { answer: answer(script, now, verdict), raw }
}

fn answer(script: &Script, now: Timestamp, verdict: &Verdict) -> Answer {
    match verdict {
        Verdict::Accepted(task) => match task.id.parse() {
            Ok(id) => Answer::Accepted(id),
            Err(e) => Answer::Unclear(Doubt::of(format!("no task id: {e}"))),
        },
        Verdict::Refused(fault) | Verdict::Unheard { fault, .. } => meaning(script, now, *fault),
    }
}

/// What a client is to make of a call that this goes wrong with.
fn meaning(script: &Script, now: Timestamp, fault: CallFault) -> Answer {
    let why = fault.about().to_owned();
    let seconds = script.retry_after_seconds();
    let never = |class| Answer::Never { class, why: why.clone() };
    let halt = |cause| Answer::Halt { cause, why: why.clone() };
    let not_now = |retry_after| Answer::NotNow { why: why.clone(), retry_after };
    match fault {
        CallFault::Busy => not_now(seconds.map(RetryAfter::Seconds)),
        CallFault::BusyInWords | CallFault::RelayBusy => not_now(None),
        CallFault::BusyForSeconds => not_now(Some(RetryAfter::Seconds(seconds.unwrap_or(5)))),
        CallFault::BusyUntil => {
            let until = now.as_second().saturating_add_unsigned(seconds.unwrap_or(5));
            not_now(Timestamp::from_second(until).ok().map(RetryAfter::At))
        }
        CallFault::Rejected | CallFault::Malformed => never(Class::Input),
        CallFault::Forbidden | CallFault::NoChannel => never(Class::Account),
        CallFault::NoMoney => halt(Halt::NoMoney),
        CallFault::BadKey => halt(Halt::BadKey),
        CallFault::Redirect => halt(Halt::WrongAddress),
        CallFault::HtmlPage => Answer::Stranger(Doubt::of(why)),
        CallFault::BadGateway
        | CallFault::GatewayDown
        | CallFault::UpstreamTimeout
        | CallFault::LostAnswer
        | CallFault::Reset
        | CallFault::GatewayTimeout
        | CallFault::GatewayConfused
        | CallFault::GatewayUnreached
        | CallFault::RequestFailed
        | CallFault::InsertFailed
        | CallFault::NoId
        | CallFault::HalfAnswer
        // These two are accepted, so that nobody asks.
        | CallFault::Slow
        | CallFault::TwoDocuments => Answer::Unclear(Doubt::of(why)),
    }
}

/// What a client is to make of an answer of the feed.
fn told(view: Option<View<'_>>) -> Answer {
    match view {
        None => Answer::Seen(Sighting::NotExist),
        Some(view @ View { spoilt: None, .. }) => Answer::Seen(sighting(view)),
        Some(View { spoilt: Some(BadPoll::Status(429)), .. }) => not_now("HTTP 429"),
        Some(View { spoilt: Some(BadPoll::Cut), .. }) => not_now("the connection was closed"),
        Some(View { spoilt: Some(BadPoll::Status(status)), .. }) => Answer::Unclear(Doubt::of(format!("HTTP {status}"))),
        Some(View { spoilt: Some(BadPoll::Garbage), .. }) => Answer::Unclear(Doubt::of("no JSON")),
    }
}

/// The connection breaks, and nobody knows what was done.
fn cut_off() -> Reply {
    Reply { answer: Answer::Unclear(Doubt::of("the connection was closed")), raw: String::new() }
}

fn not_now(why: &str) -> Answer {
    Answer::NotNow { why: why.to_owned(), retry_after: None }
}

/// The word that a client reads from the wire: where the wrapper leaves its state empty, the number beside it.
fn unfinished(view: View<'_>) -> &'static str {
    match wire::word(view) {
        "" => "0",
        word => word,
    }
}

fn sighting(view: View<'_>) -> Sighting {
    let finish = wire::finish(view);
    match (view.phase, &view.task.ending) {
        (Phase::Queued | Phase::Running { .. }, _) => Sighting::Unfinished { word: unfinished(view).to_owned() },
        (Phase::Ended, Ending::Succeeded) => Sighting::Succeeded { link: wire::link(view, BASE), finish },
        (Phase::Ended, Ending::Failed { class, reason }) => Sighting::Failed { class: *class, why: reason.clone(), finish },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::Motion;
    use crate::request::{Request, Seconds};
    use crate::simulator::Changes;
    use crate::simulator::fault::Outcome;

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
                Answer::Seen(Sighting::Succeeded { link: Some(link), .. }) => break link,
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
    async fn every_fault_of_a_call_is_an_answer_that_the_engine_knows() {
        for &fault in CallFault::ALL {
            let (provider, _) = provider(&format!("shots: {{ A: {{ fail: {} }} }}\nretry_after: 3", fault.name()));
            let answer = submit(&provider, "A_T01").await;
            let fits = match fault.outcome() {
                Outcome::Accepted => matches!(answer, Answer::Accepted(_)),
                Outcome::Refused if fault.is_for_now() => matches!(answer, Answer::NotNow { .. }),
                Outcome::Refused => matches!(answer, Answer::Never { .. } | Answer::Halt { .. }),
                Outcome::Unheard { .. } => matches!(answer, Answer::Unclear(_) | Answer::Stranger(_)),
            };
            assert!(fits, "{fault:?}: {answer:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_download_that_broke_off_goes_on_where_it_did() {
        for (fault, resumes) in [("truncated", true), ("stalled", true), ("no_ranges", false), ("replaced", false)] {
            let (provider, clock) = provider(&format!("queue: 0\ngenerate: 0\nhidden: 0\nrefresh: 0\nodds: {{ {fault}: 1 }}"));
            let Answer::Accepted(task) = submit(&provider, "A_T01").await else { panic!() };
            let Answer::Seen(Sighting::Succeeded { link: Some(link), .. }) = provider.poll(&task).await.answer else {
                panic!()
            };
            let first = provider.fetch(&link, None).await.unwrap();
            let before = clock.elapsed();
            let (validator, length) = (first.validator.clone(), first.length);
            let parts: Vec<_> = first.body.collect().await;
            let [Ok(half), Err(FetchError::Trouble(_))] = &parts[..] else { panic!("{fault}: {parts:?}") };
            assert_eq!(clock.elapsed() >= before + STALL, fault == "stalled");
            assert_eq!(validator.is_some(), fault != "no_ranges");
            let resume = Resume { bytes: half.len() as u64, validator: validator.unwrap_or_default() };
            let second = provider.fetch(&link, Some(&resume)).await.unwrap();
            assert_eq!(second.start, if resumes { resume.bytes } else { 0 }, "{fault}");
            let rest = second.body.map(Result::unwrap).collect::<Vec<_>>().await.concat();
            assert_eq!(Some(second.start + rest.len() as u64), second.length, "{fault}");
            assert_eq!(second.length == length, fault != "replaced");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn in_an_outage_nothing_arrives() {
        let (provider, clock) = provider("outages: [10s..70s]\nlatency: 2s");
        let Answer::Accepted(task) = submit(&provider, "A_T01").await else { panic!() };
        clock.sleep_until("2027-01-15T08:00:09Z".parse().unwrap()).await;
        assert!(matches!(submit(&provider, "B_T01").await, Answer::Unclear { .. }), "cut off on its way");
        assert!(matches!(submit(&provider, "C_T01").await, Answer::Unreached { .. }));
        assert!(matches!(provider.poll(&task).await.answer, Answer::NotNow { .. }));
        assert!(matches!(provider.fetch("x", None).await, Err(FetchError::Trouble(_))));
        clock.sleep(Duration::from_secs(60)).await;
        assert!(matches!(submit(&provider, "C_T01").await, Answer::Accepted(_)));
        let arrived = provider.submissions().iter().map(|submission| submission.verdict.is_some()).collect::<Vec<_>>();
        assert_eq!(arrived, [true, false, false, true]);
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
