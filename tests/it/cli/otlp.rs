//! Spans, as a collector on this machine receives them.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode as Code;
use prost::Message;

use super::{CALM, Desk, INSTANT};

/// A collector, which answers with this status.
struct Collector {
    at: SocketAddr,
    received: Arc<Mutex<Vec<(HeaderMap, ExportTraceServiceRequest)>>>,
}

impl Collector {
    fn start(status: StatusCode) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let at = listener.local_addr().expect("an address");
        let received = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&received);
        let take = move |headers: HeaderMap, body: Bytes| async move {
            let request = ExportTraceServiceRequest::decode(body).expect("a request of OTLP");
            kept.lock().expect("nobody panics").push((headers, request));
            status
        };
        let serve = async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, Router::new().route("/base/v1/traces", post(take))).await.expect("a server");
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        std::thread::spawn(move || runtime.block_on(serve));
        Self { at, received }
    }

    fn url(&self) -> String {
        format!("http://{}/base/", self.at)
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().expect("nobody panics");
        let all = received.iter().flat_map(|(_, request)| &request.resource_spans);
        all.flat_map(|resource| &resource.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }
}

fn text(span: &Span, name: &str) -> Option<String> {
    let value = span.attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{name}: {other:?}"),
    })
}

#[test]
fn a_take_is_a_span_and_its_attempts_and_calls_are_in_it() {
    let desk = Desk::of_shots(30);
    let collector = Collector::start(StatusCode::OK);
    let odds = "odds: { busy: 0.1, rejected: 0.1, lost_answer: 0.1, internal: 0.1, truncated: 0.3 }\n";
    desk.put("script.yaml", &format!("seed: 3\n{INSTANT}{odds}"));
    let words = format!("run shots.yaml {CALM} --script script.yaml --format json");
    let mut command = desk.command(&words);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url()).env("OTEL_SERVICE_NAME", "nights");
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-night=tonight").env("COMETAPI_KEY", "a-key-that-is-secret");
    let output = command.output().expect("an executable");
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a summary");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("spans"), "{output:?}");

    for (headers, request) in &*collector.received.lock().expect("nobody panics") {
        assert_eq!(headers["x-night"], "tonight");
        assert_eq!(headers["content-type"], "application/x-protobuf");
        let resource = request.resource_spans[0].resource.as_ref().expect("a resource");
        let service = resource.attributes.iter().find(|attribute| attribute.key == "service.name").expect("a name");
        assert_eq!(service.value.as_ref().and_then(|value| value.value.clone()), Some(Value::StringValue("nights".into())));
    }
    let spans = collector.spans();
    let by_id: HashMap<_, _> = spans.iter().map(|span| (span.span_id.clone(), span)).collect();
    assert_eq!(by_id.len(), spans.len(), "an id comes twice");
    let roots: Vec<_> = spans.iter().filter(|span| span.parent_span_id.is_empty()).collect();
    let [root] = &roots[..] else { panic!("{roots:#?}") };
    assert_eq!((root.name.as_str(), text(root, "rushes.run")), ("run", summary["run"].as_str().map(str::to_owned)));
    for span in &spans {
        assert_eq!((&span.trace_id, span.span_id.len()), (&root.trace_id, 8));
        assert!(span.start_time_unix_nano <= span.end_time_unix_nano, "{span:?}");
        let Some(parent) = by_id.get(&span.parent_span_id) else {
            assert_eq!(span.span_id, root.span_id, "{span:?} has no parent");
            continue;
        };
        let within =
            parent.start_time_unix_nano <= span.start_time_unix_nano && span.end_time_unix_nano <= parent.end_time_unix_nano;
        assert!(within, "{span:?} in {parent:?}");
        let may_lie_in: &[&str] = match span.name.as_str() {
            "take" => &["run"],
            "attempt" | "deliver" | "wait to submit" => &["take"],
            "submit" | "generate" => &["attempt"],
            "poll" => &["generate", "deliver"],
            "wait to fetch" | "fetch" | "store" => &["deliver"],
            other => panic!("{other}"),
        };
        assert!(may_lie_in.contains(&parent.name.as_str()), "{} in {}", span.name, parent.name);
    }
    let named = |name: &'static str| spans.iter().filter(move |span| span.name == name);
    for (name, calls) in [("submit", "submissions"), ("poll", "polls"), ("fetch", "fetches")] {
        assert_eq!(Some(named(name).count() as u64), summary["calls"][calls].as_u64(), "{name}");
    }
    let mut takes: Vec<_> = named("take").filter_map(|span| text(span, "rushes.take")).collect();
    takes.sort();
    takes.dedup();
    assert_eq!((takes.len(), named("take").count()), (30, 30));
    for span in named("take") {
        let failed = span.status.as_ref().is_some_and(|status| status.code() == Code::Error);
        let outcome = text(span, "rushes.outcome").expect("an outcome");
        assert_eq!(failed, ["rejected", "failed", "unresolved"].contains(&outcome.as_str()), "{span:?}");
        assert_eq!(text(span, "rushes.class").is_some(), ["rejected", "failed"].contains(&outcome.as_str()), "{span:?}");
    }
    assert!(!format!("{spans:?}").contains("a-key-that-is-secret"));
}

#[test]
fn whatever_the_collector_does_the_run_goes_on() {
    let refusing = Collector::start(StatusCode::BAD_REQUEST);
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let silent = format!("http://{}", silent.local_addr().expect("an address"));
    for url in [refusing.url(), silent, format!("http://{nobody}")] {
        let desk = Desk::new();
        desk.rehearse(&format!("--otlp {url}")).ends(0).says(&["4 stored", "the collector does not have all spans"]);
        desk.rehearse(&format!("--otlp {url}")).ends(0).says(&["4 reused"]);
    }
    let desk = Desk::new();
    desk.rehearse("--otlp http://me:secret@127.0.0.1:1/").ends(0).says(&["spans cannot be sent", "OTEL_EXPORTER_OTLP_HEADERS"]);
}
