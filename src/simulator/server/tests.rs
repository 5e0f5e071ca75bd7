//! The simulator over sockets: answers, breaks, ranges, restarts.

use super::*;
use crate::simulator::Changes;
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
    assert!(head.contains("content-type: video/mp4") && head.contains(&format!("content-length: {}", film.len())), "{head}");
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
    let head = raw(&server, "POST /runway/feed HTTP/1.1\r\nHost: s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
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

#[tokio::test]
async fn in_an_outage_nobody_is_there_and_then_everything_is_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let server = start("outages: [1h..2h]", Some(&folder.path().join("simulator.jsonl"))).await;
    let id = accepted(&server, "A_T01").await;
    let mut open = TcpStream::connect(server.addr()).await.unwrap();
    // An hour at sixty times the speed of the world would be a minute: the test moves on instead.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let mut rest = Vec::new();
    assert_eq!(open.read_to_end(&mut rest).await.unwrap_or(0), 0, "the open connection is gone");
    assert!(TcpStream::connect(server.addr()).await.is_err());
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(60)).await;
    tokio::time::resume();
    while TcpStream::connect(server.addr()).await.is_err() {
        tokio::task::yield_now().await;
    }
    let (_, film) = download(&server, &link(&server, &id).await).await;
    assert_eq!(&film[4..8], b"ftyp");
}

#[tokio::test]
async fn a_video_comes_in_parts_to_whoever_asks_for_that() {
    let server = start("", None).await;
    let link = link(&server, &accepted(&server, "A_T01").await).await;
    let path = link.strip_prefix(&server.base_url()).unwrap();
    let get = async |method: &str, headers: &str| {
        let call = format!("{method} {path} HTTP/1.1\r\nHost: s\r\nConnection: close\r\n{headers}\r\n");
        let answer = raw(&server, &call).await;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8_lossy(&answer[..end]).to_lowercase(), answer[end..].to_vec())
    };
    let (head, film) = get("GET", "").await;
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    assert!(head.contains("accept-ranges: bytes") && !head.contains("repr-digest"), "{head}");
    let (head, rest) = get("GET", &format!("Range: bytes=1000-\r\nIf-Range: {tag}\r\n")).await;
    assert!(
        head.starts_with("http/1.1 206")
            && head.contains(&format!("content-range: bytes 1000-{}/{}", film.len() - 1, film.len()))
    );
    assert!(rest == film[1000..]);
    let (head, whole) = get("GET", "Range: bytes=1000-\r\nIf-Range: \"another\"\r\n").await;
    assert!(head.starts_with("http/1.1 200") && whole == film);
    let (head, none) = get("GET", &format!("Range: bytes={}-\r\n", film.len())).await;
    assert!(head.starts_with("http/1.1 416") && head.contains(&format!("content-range: bytes */{}", film.len())));
    assert!(none.is_empty());
    let (head, _) = get("GET", "Want-Repr-Digest: sha-256=1\r\n").await;
    assert!(head.contains("repr-digest: sha-256=:"), "{head}");
    let (head, body) = get("HEAD", "Range: bytes=1000-\r\n").await;
    assert!(head.starts_with("http/1.1 200") && head.contains(&format!("content-length: {}", film.len())), "{head}");
    assert!(body.is_empty());
}
