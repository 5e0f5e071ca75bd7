//! The model on a loopback port: HTTP in, HTTP out, on the clock that is handed in. Decides nothing; writes each accepted task to the
//! journal before it answers.

#[cfg(test)]
mod tests;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::fault::CallFault;
use super::journal::Journal;
use super::line::{Fuse, Lines};
use super::model::{Model, NoVideo, Showing, Stats, Verdict};
use super::outage::Outages;
use super::outbox::Outbox;
use super::post;
use super::random::Random;
use super::script::Script;
use super::task::Task;
use super::wire;
use crate::clock::Clock;

/// A running simulator. It ends when this is dropped, and in order with [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    desk: Arc<Desk>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<io::Result<()>>,
    calling: AbortOnDropHandle<()>,
}

/// Why the simulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can be reached from elsewhere.
    #[error("the simulator listens on loopback addresses only, and {0} is none")]
    NotLoopback(SocketAddr),
    /// The port is taken, or not allowed.
    #[error("cannot listen on {addr}")]
    Listen {
        /// Where.
        addr: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The journal cannot be read.
    #[error("cannot use the simulator's journal {path}")]
    Journal {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// What all calls share.
#[derive(Debug)]
struct Desk {
    memory: Mutex<Memory>,
    clock: Clock,
    latency: Duration,
    /// Where this server is, for the links to its videos.
    base: String,
    /// Whom to call back, with what.
    outbox: Outbox<(Url, String)>,
}

#[derive(Debug)]
struct Memory {
    model: Model,
    journal: Option<Journal>,
}

/// How many callbacks are under way at once.
const CALLS_AT_ONCE: usize = 64;

/// How long open calls may take when the server ends, in the world's time.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// Starts a simulator that plays `script` at `addr` on `clock` and keeps its memory in `journal`. Port 0 takes any free port; with a
/// journal, rather the same one each time, so that links of an earlier process still lead here.
pub async fn serve(addr: SocketAddr, script: Script, clock: Clock, journal: Option<&Path>) -> Result<Server, ServeError> {
    let memory = Memory::open(script, journal)?;
    let listener = listen(addr, journal).await?;
    let addr = listener.local_addr().map_err(|source| ServeError::Listen { addr, source })?;
    let latency = memory.model.script().latency;
    let outages = Outages::since(clock.now(), &memory.model.script().outages);
    let desk = Desk { memory: Mutex::new(memory), clock, latency, base: format!("http://{addr}"), outbox: Outbox::new() };
    desk.go_on_calling();
    let desk = Arc::new(desk);
    let service = router(Arc::clone(&desk)).into_make_service_with_connect_info::<Fuse>();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = async { stopped.await.unwrap_or_default() };
    let serving = axum::serve(Lines::new(listener, addr, outages, clock), service).with_graceful_shutdown(ended);
    let calling = AbortOnDropHandle::new(tokio::spawn(call_back(Arc::clone(&desk))));
    Ok(Server { addr, desk, stop, running: tokio::spawn(serving.into_future()), calling })
}

impl Server {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client is to use instead of the provider's address.
    pub fn base_url(&self) -> String {
        self.desk.base.clone()
    }

    /// What was counted so far.
    pub fn stats(&self) -> Stats {
        self.desk.memory().model.stats()
    }

    /// Takes no more calls, finishes the open ones if they are quick, and frees the port and the journal.
    pub async fn shutdown(self) {
        let Self { stop, mut running, calling, .. } = self;
        drop(stop);
        // What it holds is free once it is over.
        calling.abort();
        calling.await.unwrap_or_default();
        if tokio::time::timeout(LAST_CALLS, &mut running).await.is_err() {
            running.abort();
        }
    }
}

fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/runway/pro/generate", post(create))
        .route("/runway/feed", post(feed))
        .route("/videos/{file}", get(video))
        .route("/stats", get(stats))
        .route("/user/quota", get(quota))
        .fallback(async || respond(wire::no_video(NoVideo::Unknown)))
        .with_state(desk)
}

async fn create(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    headers: HeaderMap,
    body: String,
) -> Response {
    desk.travel().await;
    let answer = desk.create(&headers, &body);
    desk.travel().await;
    match answer {
        Answered::Now(response) => respond(response),
        Answered::Later(response, delay) => {
            desk.clock.sleep(delay).await;
            respond(response)
        }
        Answered::Closed => cut(&fuse),
        Answered::Reset => {
            fuse.blow_hard();
            Response::default()
        }
    }
}

async fn feed(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    headers: HeaderMap,
    body: String,
) -> Response {
    desk.travel().await;
    let response = desk.feed(&headers, &body);
    desk.travel().await;
    response.map_or_else(|| cut(&fuse), respond)
}

async fn video(State(desk): State<Arc<Desk>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let link = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // A range means something to GET alone.
    let range = text("range").filter(|_| method == Method::GET);
    let wants = wire::Wants { range, if_range: text("if-range"), digest: text("want-repr-digest") };
    match desk.video(link, wants) {
        Ok(reel) => project(reel),
        Err(why) => respond(wire::no_video(why)),
    }
}

async fn stats(State(desk): State<Arc<Desk>>) -> Response {
    let stats = desk.memory().model.stats();
    axum::Json(stats).into_response()
}

async fn quota(State(desk): State<Arc<Desk>>, uri: Uri) -> Response {
    let mut asked = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let key = asked.find(|(name, _)| name == "key").map(|(_, key)| key);
    respond(super::quota::quota(&desk.memory().model, key.as_deref()))
}

/// How a submission is answered.
enum Answered {
    Now(wire::Response),
    Later(wire::Response, Duration),
    Closed,
    Reset,
}

impl Desk {
    fn create(&self, headers: &HeaderMap, body: &str) -> Answered {
        let memory = &mut *self.memory();
        match wire::read_create(memory.model.script(), relevant(headers), body) {
            Ok(ask) => {
                let now = self.clock.now();
                let verdict = memory.model.submit(now, ask);
                match memory.note(&verdict) {
                    Ok(()) => {
                        self.promise(&memory.model, verdict.made(), now);
                        answered(wire::created(memory.model.script(), now, &verdict), &verdict)
                    }
                    Err(e) => Answered::Now(wire::not_written(&e)),
                }
            }
            Err(response) => {
                memory.model.refuse_malformed();
                Answered::Now(response)
            }
        }
    }

    fn feed(&self, headers: &HeaderMap, body: &str) -> Option<wire::Response> {
        let memory = &mut *self.memory();
        match wire::read_feed(memory.model.script(), relevant(headers), body) {
            Ok(id) => wire::fed(memory.model.look(self.clock.now(), &id), &self.base),
            Err(response) => Some(response),
        }
    }

    fn video(&self, link: &str, wants: wire::Wants<'_>) -> Result<wire::Reel, NoVideo> {
        let (id, issued) = wire::read_link(link).ok_or(NoVideo::Unknown)?;
        let (task, fault, replaced) = {
            let memory = &mut *self.memory();
            let showing = memory.model.watch(self.clock.now(), &id, issued)?;
            (showing.task.clone(), showing.fault, showing.replaced)
        };
        // Nobody else has to wait while the film is made.
        let showing = Showing { task: &task, fault, replaced };
        Ok(wire::show(showing, showing.film().mp4(), wants))
    }

    /// Puts every callback about `task` that is due after `now` into the outbox.
    fn promise(&self, model: &Model, task: Option<&Task>, now: Timestamp) {
        let Some((task, callback)) = task.and_then(|task| Some((task, task.ask.callback.as_ref()?.parse().ok()?))) else {
            return;
        };
        for call in model.calls(task, &self.base).into_iter().filter(|call| call.at > now) {
            self.outbox.put(call.at, (call.address.of(&callback, task.ask.token.as_deref()), call.body));
        }
    }

    /// Does for the tasks of an earlier process what that process would have done from now on.
    fn go_on_calling(&self) {
        let (memory, now) = (self.memory(), self.clock.now());
        for task in memory.model.tasks() {
            self.promise(&memory.model, Some(task), now);
        }
    }

    /// One way of a call.
    async fn travel(&self) {
        if self.latency > Duration::ZERO {
            self.clock.sleep(self.latency / 2).await;
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn open(script: Script, journal: Option<&Path>) -> Result<Self, ServeError> {
        let mut model = Model::new(script);
        let Some(path) = journal else { return Ok(Self { model, journal: None }) };
        let failed = |source| ServeError::Journal { path: path.to_owned(), source };
        let (journal, tasks) = Journal::open(path).map_err(failed)?;
        for task in &tasks {
            model.remember(task);
        }
        Ok(Self { model, journal: Some(journal) })
    }

    /// Writes down what was made, if anything. A write to the page cache, too short to send it to another thread.
    fn note(&mut self, verdict: &Verdict) -> io::Result<()> {
        match (verdict.made(), &mut self.journal) {
            (Some(task), Some(journal)) => journal.append(task),
            _ => Ok(()),
        }
    }
}

async fn listen(addr: SocketAddr, journal: Option<&Path>) -> Result<TcpListener, ServeError> {
    if !addr.ip().is_loopback() {
        return Err(ServeError::NotLoopback(addr));
    }
    let usual = journal.filter(|_| addr.port() == 0).map(|path| SocketAddr::new(addr.ip(), usual_port(path)));
    if let Some(usual) = usual
        && let Ok(listener) = TcpListener::bind(usual).await
    {
        return Ok(listener);
    }
    TcpListener::bind(addr).await.map_err(|source| ServeError::Listen { addr, source })
}

/// The port that the simulator with this journal likes best, below the range from which systems hand out ports.
fn usual_port(journal: &Path) -> u16 {
    let path = journal.canonicalize().unwrap_or_else(|_| journal.to_owned());
    let offset = Random::of(0, &path.to_string_lossy(), 0).below(10_000);
    20_000 + u16::try_from(offset).unwrap_or(0)
}

/// Calls back whoever is to be called, for ever.
async fn call_back(desk: Arc<Desk>) {
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            (url, body) = desk.outbox.next(&desk.clock), if calls.len() < CALLS_AT_ONCE => {
                calls.spawn(async move {
                    let status = post::send(&url, &body).await;
                    tracing::debug!(%url, ?status, "called back");
                    status.is_ok_and(|status| (200..300).contains(&status))
                });
            }
            Some(taken) = calls.join_next(), if !calls.is_empty() => {
                desk.memory().model.called_back(taken.unwrap_or(false));
            }
        }
    }
}

fn answered(response: Option<wire::Response>, verdict: &Verdict) -> Answered {
    match (response, verdict) {
        (Some(response), _) if verdict.delay() > Duration::ZERO => Answered::Later(response, verdict.delay()),
        (Some(response), _) => Answered::Now(response),
        (None, Verdict::Unheard { fault: CallFault::Reset, .. }) => Answered::Reset,
        (None, _) => Answered::Closed,
    }
}

/// The connection closes without an answer.
fn cut(fuse: &Fuse) -> Response {
    fuse.blow();
    Response::default()
}

/// The video, and what happens after its last byte.
fn project(reel: wire::Reel) -> Response {
    let headers = reel.headers();
    let first = stream::iter([Ok(reel.bytes.clone())]);
    let body = match reel.then {
        wire::Then::End => Body::from(reel.bytes),
        wire::Then::Cut => Body::from_stream(first.chain(stream::once(break_off()))),
        wire::Then::Silence => Body::from_stream(first.chain(stream::pending::<io::Result<Bytes>>())),
    };
    with_headers((status(reel.status), body).into_response(), headers)
}

/// Fails after a moment in which the bytes before it leave.
async fn break_off() -> io::Result<Bytes> {
    tokio::task::yield_now().await;
    Err(ErrorKind::ConnectionReset.into())
}

fn relevant(headers: &HeaderMap) -> wire::Headers<'_> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    wire::Headers { authorization: text(header::AUTHORIZATION), version: text(HeaderName::from_static("x-runway-version")) }
}

fn respond(response: wire::Response) -> Response {
    let mut headers = response.headers;
    headers.push(("content-type", response.content_type.to_owned()));
    with_headers((status(response.status), response.body).into_response(), headers)
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or_default()
}

fn with_headers(mut answer: Response, headers: Vec<(&'static str, String)>) -> Response {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// Any port of this machine that cannot be reached from elsewhere.
pub const LOOPBACK: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
