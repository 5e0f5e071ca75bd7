//! The model on a loopback port: HTTP in, HTTP out, on the clock that is handed in. Decides nothing; writes each accepted task to the
//! journal before it answers.

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
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::fault::CallFault;
use super::journal::Journal;
use super::line::{Fuse, Lines};
use super::model::{Model, NoVideo, Showing, Stats, Verdict};
use super::random::Random;
use super::script::Script;
use super::wire;
use crate::clock::Clock;

/// A running simulator. It ends when this is dropped, and in order with [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    desk: Arc<Desk>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<io::Result<()>>,
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
}

#[derive(Debug)]
struct Memory {
    model: Model,
    journal: Option<Journal>,
}

/// How long open calls may take when the server ends, in the world's time.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// Starts a simulator that plays `script` at `addr` on `clock` and keeps its memory in `journal`. Port 0 takes any free port; with a
/// journal, rather the same one each time, so that links of an earlier process still lead here.
pub async fn serve(addr: SocketAddr, script: Script, clock: Clock, journal: Option<&Path>) -> Result<Server, ServeError> {
    let memory = Memory::open(script, journal)?;
    let listener = listen(addr, journal).await?;
    let addr = listener.local_addr().map_err(|source| ServeError::Listen { addr, source })?;
    let latency = memory.model.script().latency;
    let desk = Arc::new(Desk { memory: Mutex::new(memory), clock, latency, base: format!("http://{addr}") });
    let service = router(Arc::clone(&desk)).into_make_service_with_connect_info::<Fuse>();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = async { stopped.await.unwrap_or_default() };
    let serving = axum::serve(Lines(listener), service).with_graceful_shutdown(ended);
    Ok(Server { addr, desk, stop, running: tokio::spawn(serving.into_future()) })
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
        let Self { stop, mut running, .. } = self;
        drop(stop);
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
                    Ok(()) => answered(wire::created(memory.model.script(), now, &verdict), &verdict),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Changes;
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// Everything at once, and a wait for nothing.
    const QUICK: &str = "latency: 0\nhidden: 0\nqueue: 0\ngenerate: 0\nrefresh: 0\nfeed_shape: wrapper\n";

    async fn start(yaml: &str, journal: Option<&Path>) -> Server {
        let changed = |script: Script, yaml| script.with(Changes::from_yaml(yaml).unwrap()).unwrap();
        let script = changed(changed(Script::default(), QUICK), yaml);
        let clock = Clock::starting_at(Timestamp::from_second(1_800_000_000).unwrap(), 60);
        serve(LOOPBACK, script, clock, journal).await.unwrap()
    }

    /// Sends one call and reads all that comes back, which may be nothing.
    async fn raw(server: &Server, call: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(server.addr()).await.unwrap();
        stream.write_all(call.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset counts as an end.
        let _ = stream.read_to_end(&mut answer).await;
        answer
    }

    async fn call(server: &Server, head: &str, body: &str) -> (String, Vec<u8>) {
        let length = body.len();
        let fixed = "Host: simulator\r\nAuthorization: Bearer k\r\nX-Runway-Version: 2024-11-06\r\nConnection: close";
        let answer = raw(server, &format!("{head} HTTP/1.1\r\n{fixed}\r\nContent-Length: {length}\r\n\r\n{body}")).await;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
        (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end..].to_vec())
    }

    async fn create(server: &Server, take: &str) -> (String, Value) {
        let motion = json!({"x": 0, "y": 0, "z": 0, "r": 0, "bg_x_pan": 0, "bg_y_pan": 0});
        let body = json!({
            "callback_url": format!("https://example.com/hook/7?take={take}&token=7"), "ratio": "9:16", "prompt": "a cat",
            "style": "cinematic", "model": "gen4", "options": {"seconds": 5, "motion_vector": motion},
        });
        let (head, body) = call(server, "POST /runway/pro/generate", &body.to_string()).await;
        (head, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn accepted(server: &Server, take: &str) -> String {
        create(server, take).await.1["data"]["task_id"].as_str().unwrap().to_owned()
    }

    async fn link(server: &Server, id: &str) -> String {
        let (_, body) = call(server, "POST /runway/feed", &json!({"task_id": id}).to_string()).await;
        let body: Value = serde_json::from_slice(&body).unwrap();
        body["data"]["video_url"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    async fn download(server: &Server, link: &str) -> (String, Vec<u8>) {
        let path = link.strip_prefix(&server.base_url()).unwrap();
        call(server, &format!("GET {path}"), "").await
    }

    #[tokio::test]
    async fn a_take_goes_from_submission_to_a_playable_file() {
        let server = start("", None).await;
        let id = accepted(&server, "SC010_T01").await;
        let (head, film) = download(&server, &link(&server, &id).await).await;
        assert!(
            head.contains("content-type: video/mp4") && head.contains(&format!("content-length: {}", film.len())),
            "{head}"
        );
        assert_eq!(&film[4..8], b"ftyp");
        let (_, body) = call(&server, "GET /stats", "").await;
        let stats: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!([&stats["creates"], &stats["accepted"], &stats["feeds"], &stats["downloads"]], [1, 1, 1, 1]);
        server.shutdown().await;
    }

    #[tokio::test]
    async fn a_simulator_that_comes_back_knows_its_tasks() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("simulator.jsonl");
        let first = start("", Some(&journal)).await;
        let (id, address) = (accepted(&first, "SC010_T01").await, first.addr());
        let (_, before) = download(&first, &link(&first, &id).await).await;
        first.shutdown().await;
        std::fs::OpenOptions::new()
            .append(true)
            .open(&journal)
            .map(|mut file| io::Write::write_all(&mut file, b"{\"id\""))
            .unwrap()
            .unwrap();
        let second = start("", Some(&journal)).await;
        assert_eq!(second.addr(), address, "links keep working");
        let (_, after) = download(&second, &link(&second, &id).await).await;
        assert!(before == after);
        accepted(&second, "SC020_T01").await;
        assert_eq!((second.stats().accepted, second.stats().creates), (2, 1));
        assert_eq!(std::fs::read_to_string(&journal).unwrap().lines().count(), 2);
    }

    #[tokio::test]
    async fn a_lost_answer_leaves_a_task_and_a_closed_connection() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("simulator.jsonl");
        let server = start("shots: { A: { fail: lost_answer, times: 1 }, B: { fail: gateway_timeout } }", Some(&journal)).await;
        assert_eq!(create(&server, "A_T01").await, (String::new(), Value::Null));
        assert!(create(&server, "A_T01").await.0.starts_with("http/1.1 200"));
        assert!(create(&server, "B_T01").await.0.starts_with("http/1.1 524"));
        assert_eq!((server.stats().accepted, server.stats().unheard), (3, 2));
        assert_eq!(std::fs::read_to_string(&journal).unwrap().lines().count(), 3);
    }

    #[tokio::test]
    async fn refusals_look_as_they_do_out_there() {
        let server = start("generate: 9000h\nin_flight: 1\nretry_after: 2s", None).await;
        accepted(&server, "A_T01").await;
        let busy = create(&server, "B_T01").await.0;
        assert!(busy.starts_with("http/1.1 429") && busy.contains("retry-after: 2"), "{busy}");
        let (head, body) = call(&server, "POST /runway/feed", r#"{"task_id":"nobody"}"#).await;
        assert!(head.starts_with("http/1.1 400") && String::from_utf8_lossy(&body).contains("task_not_exist"));
        let (head, body) = call(&server, "POST /elsewhere", "").await;
        assert!(head.starts_with("http/1.1 404") && head.contains("text/html") && !body.is_empty());
        let head =
            raw(&server, "POST /runway/feed HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        assert!(head.starts_with(b"HTTP/1.1 401"));
        let (head, _) = call(&server, "GET /videos/nobody.mp4", "").await;
        assert!(head.starts_with("http/1.1 404"));
    }

    #[tokio::test]
    async fn many_takes_at_once_are_all_kept_apart() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("simulator.jsonl");
        let server = start("latency: 60s", Some(&journal)).await;
        let names: Vec<String> = (0..100).map(|n| format!("S{n}_T01")).collect();
        let ids = futures::future::join_all(names.iter().map(|name| accepted(&server, name))).await;
        let ids: std::collections::HashSet<_> = ids.into_iter().collect();
        assert_eq!((ids.len(), server.stats().accepted), (100, 100));
        server.shutdown().await;
        assert_eq!(Journal::open(&journal).unwrap().1.len(), 100);
    }

    #[tokio::test]
    async fn it_listens_to_nobody_else_and_ends_when_told() {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let refused = serve(everywhere, Script::default(), Clock::start(), None).await;
        assert!(matches!(refused, Err(ServeError::NotLoopback(_))));
        let server = start("", None).await;
        let address = server.addr();
        let _idle = TcpStream::connect(address).await.unwrap();
        server.shutdown().await;
        assert!(TcpStream::connect(address).await.is_err());
    }
}
