//! Spans for a collector, by OTLP over HTTP: a trace for each run, in it a span for each take, in those its attempts, and in those the
//! calls. They are handed to a task of their own, which sends them by the handful. A collector that is slow, silent or not there costs
//! the run nothing but spans: what does not fit into the queue is left out, and nobody waits long for the last of them.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use url::Url;

use super::spans::{Kind, Recorder, Span};
use crate::clock::Clock;
use crate::engine::{How, Phase};
use crate::provider::http;
use crate::take::{State, Take};

/// How many spans wait to be sent.
const QUEUE: usize = 8192;

/// How many are sent with one call.
const HANDFUL: usize = 512;

/// How long they are collected before a call.
const COLLECTED: Duration = Duration::from_secs(1);

/// How long a call may take, with everything that is tried again.
const CALL: Duration = Duration::from_secs(10);

/// How long the end of a run waits for the last of them.
const LAST: Duration = Duration::from_secs(3);

/// Where spans go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// The address that takes them.
    pub url: Url,
    /// What the service is called that they are of.
    pub service: String,
}

/// Why nothing can be sent to a collector.
#[derive(Debug, thiserror::Error)]
pub enum NoCollector {
    /// There is no HTTP client.
    #[error(transparent)]
    Client(#[from] http::HttpError),
    /// Its settings do not go together.
    #[error(transparent)]
    Settings(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Sends spans.
pub struct Otlp {
    trace: TraceId,
    /// What spans of this trace are called beside their number.
    base: u64,
    /// The time at which the run's clock showed nothing.
    origin: SystemTime,
    scope: InstrumentationScope,
    about: Vec<KeyValue>,
    /// The takes whose own span is open, by its number.
    takes: RefCell<HashMap<u64, String>>,
    queue: RefCell<Option<mpsc::Sender<SpanData>>>,
    made: Cell<u64>,
    over: Arc<Notify>,
    sent: Arc<Sent>,
    sending: RefCell<Option<JoinHandle<()>>>,
}

/// What the collector has taken in, and why not more.
#[derive(Debug, Default)]
struct Sent {
    spans: AtomicU64,
    why: OnceLock<String>,
}

impl Otlp {
    /// Begins a trace of the run called `run` into `output`, at the collector. `random` names it. Called within a runtime.
    pub fn begin(collector: &Collector, clock: Clock, random: u128, run: &str, output: &str) -> Result<Self, NoCollector> {
        let client = http::plain(&collector.url, CALL)?;
        let exporter = SpanExporter::builder().with_http().with_http_client(client);
        let exporter = exporter.with_endpoint(collector.url.as_str()).with_protocol(Protocol::HttpBinary).with_timeout(CALL);
        let mut exporter = exporter.build()?;
        exporter.set_resource(
            &Resource::builder()
                .with_service_name(collector.service.clone())
                .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                .build(),
        );
        let (queue, waiting) = mpsc::channel(QUEUE);
        let over = Arc::new(Notify::new());
        let sent = Arc::new(Sent::default());
        let sending = tokio::spawn(send(exporter, waiting, Arc::clone(&over), Arc::clone(&sent)));
        let about = vec![KeyValue::new("rushes.run", run.to_owned()), KeyValue::new("rushes.output", output.to_owned())];
        Ok(Self {
            trace: TraceId::from(random | 1),
            // Numbers of spans have this bit never, so that none of them can come out as 0, which means "no span".
            base: (random >> 64) as u64 | 1 << 63,
            origin: SystemTime::from(clock.now()) - clock.elapsed(),
            scope: InstrumentationScope::builder("rushes").with_version(env!("CARGO_PKG_VERSION")).build(),
            about,
            takes: RefCell::default(),
            queue: RefCell::new(Some(queue)),
            made: Cell::new(0),
            over,
            sent,
            sending: RefCell::new(Some(sending)),
        })
    }

    /// The run is over at this time of its clock. Nothing more is handed over.
    pub fn finish(&self, at: Duration) {
        let run = self.span(0, None, "run".into(), (Duration::ZERO, at), self.about.clone(), Status::Unset);
        self.hand_over(run);
        self.queue.take();
        self.over.notify_one();
    }

    /// Waits until the last span is sent, for a little while. Says so where any could not be.
    pub async fn last(&self) {
        let Some(mut sending) = self.sending.take() else { return };
        if tokio::time::timeout(LAST, &mut sending).await.is_err() {
            sending.abort();
        }
        let missing = self.made.get().saturating_sub(self.sent.spans.load(Ordering::Relaxed));
        if missing > 0 {
            let why = self.sent.why.get().map_or("it was not fast enough", String::as_str);
            tracing::warn!(event = "telemetry", missing, why, "the collector does not have all spans of this run");
        }
    }

    fn hand_over(&self, span: SpanData) {
        self.made.set(self.made.get() + 1);
        if let Some(queue) = &*self.queue.borrow() {
            // Where it is full the span is left out, and counted as missing in the end.
            queue.try_send(span).ok();
        }
    }

    fn id(&self, number: u64) -> SpanId {
        SpanId::from(self.base ^ number)
    }

    fn span(
        &self,
        number: u64,
        parent: Option<u64>,
        name: Cow<'static, str>,
        (begun, ended): (Duration, Duration),
        attributes: Vec<KeyValue>,
        status: Status,
    ) -> SpanData {
        SpanData {
            span_context: SpanContext::new(self.trace, self.id(number), TraceFlags::SAMPLED, false, TraceState::NONE),
            parent_span_id: parent.map_or(SpanId::INVALID, |parent| self.id(parent)),
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name,
            start_time: self.origin + begun,
            end_time: self.origin + ended,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

impl Recorder for Otlp {
    fn begun(&self, take: &Take, span: &Span) {
        if span.kind == Kind::Take {
            self.takes.borrow_mut().insert(span.id, take.name.to_string());
        }
    }

    fn ended(&self, span: &Span, at: Duration, how: Option<(&Take, How<'_>)>) {
        let (mut attributes, status) = match how {
            Some((take, how)) => (attributes(take, span.kind, how), status(take, span.kind, how)),
            None => (Vec::new(), Status::error("the run ended")),
        };
        if let Some(name) = self.takes.borrow().get(&span.root) {
            attributes.push(KeyValue::new("rushes.take", name.clone()));
        }
        // What lies in nothing else lies in the run.
        let parent = Some(span.parent.unwrap_or(0));
        let mut data = self.span(span.id, parent, span.kind.as_str().into(), (span.begun, at), attributes, status);
        if matches!(span.kind, Kind::Phase(Phase::Submit | Phase::Poll | Phase::Fetch)) {
            data.span_kind = SpanKind::Client;
        }
        self.hand_over(data);
        if span.kind == Kind::Take {
            self.takes.borrow_mut().remove(&span.id);
        }
    }
}

/// What there is to say of a span of this take.
fn attributes(take: &Take, kind: Kind, how: How<'_>) -> Vec<KeyValue> {
    let mut said = vec![KeyValue::new("rushes.shot", take.name.shot.to_string())];
    let mut say = |name: &'static str, value: Option<Value>| said.extend(value.map(|value| KeyValue::new(name, value)));
    let attempts = take.record.attempts;
    say("rushes.attempt", (attempts > 0).then_some(i64::from(attempts).into()));
    say("rushes.task", take.state.task().map(|task| task.to_string().into()));
    match kind {
        Kind::Take => {
            say("rushes.model", Some(take.request.model.clone().into()));
            say("rushes.seconds", Some(i64::from(u8::from(take.request.seconds)).into()));
            say("rushes.outcome", Some(take.outcome().as_str().into()));
            say("rushes.class", take.state.class().map(|class| class.as_str().into()));
        }
        Kind::Attempt | Kind::Generate | Kind::Deliver | Kind::Phase(_) => {
            say("rushes.how", how.ok().map(|word| word.to_owned().into()));
        }
    }
    said
}

/// Whether what a span tells of has gone wrong.
fn status(take: &Take, kind: Kind, how: How<'_>) -> Status {
    match (kind, &take.state) {
        (Kind::Take, State::Failed { why, .. } | State::Rejected { why, .. }) => Status::error(why.clone()),
        (Kind::Take, State::Unresolved(doubt)) => Status::error(doubt.why.clone()),
        (Kind::Take, _) => Status::Unset,
        _ => how.map_or_else(|why| Status::error(why.to_owned()), |_| Status::Unset),
    }
}

/// Sends what comes, until nothing more can come. A handful that is not taken in is lost.
async fn send(exporter: SpanExporter, mut waiting: mpsc::Receiver<SpanData>, over: Arc<Notify>, sent: Arc<Sent>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(COLLECTED) => {}
            () = over.notified() => {}
        }
        loop {
            let mut handful = Vec::with_capacity(HANDFUL);
            while handful.len() < HANDFUL {
                match waiting.try_recv() {
                    Ok(span) => handful.push(span),
                    Err(_) => break,
                }
            }
            let count = handful.len() as u64;
            if count == 0 {
                break;
            }
            match exporter.export(handful).await {
                Ok(()) => drop(sent.spans.fetch_add(count, Ordering::Relaxed)),
                Err(error) => drop(sent.why.set(error.to_string())),
            }
        }
        if waiting.is_closed() && waiting.is_empty() {
            return;
        }
    }
}
