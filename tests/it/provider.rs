//! The real client against servers that misbehave: what is sent, word for word, and what is made of everything that can happen on
//! the way back.

use std::process::Command;
use std::time::Duration;

use futures::TryStreamExt;
use reqwest::header::HeaderValue;
use rushes::motion::Motion;
use rushes::provider::cometapi::{self, CometApi};
use rushes::provider::{Answer, Connection, FetchError, Halt, Key, Order, Provider, QuotaError, Reply, Timeouts};
use rushes::request::Request;
use rushes::seal::Seal;
use rushes::take::{Sighting, Token};
use serde_json::json;

use crate::chaos::{Act, Chaos, Heard, nowhere};
use crate::support;

const KEY: &str = "sk-0123456789abcdef";
const ACCEPTED: &str = r#"{"code":200,"msg":"成功","data":{"task_id":"task-1"},"exec_time":0.6}"#;
const TOKEN: &str = "000000000000000000000000000000ab";

#[tokio::test]
async fn a_submission_is_sent_word_for_word() {
    let server = Chaos::new([Act::answer(200, ACCEPTED)]);
    let reply = submit(&connect(&server.url("")), None).await;
    assert_eq!(reply, Reply { answer: Answer::Accepted("task-1".parse().unwrap()), raw: ACCEPTED.to_owned() });
    let [heard] = &server.heard()[..] else { panic!("one call") };
    assert_eq!(heard.line, "POST /runway/pro/generate HTTP/1.1");
    has_the_headers(heard);
    let body: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
    assert_eq!(
        body,
        json!({
            "callback_url": format!("https://callback.invalid/rushes/{TOKEN}?take=SH0001_T01&token={TOKEN}"),
            "ratio": "16:9",
            "prompt": "a \"cat\" 🐈\n",
            "style": "cinematic",
            "model": "gen4_turbo",
            "options": {
                "seconds": 5,
                "motion_vector": {"x": -6.2, "y": 0.399_999_999_999_999_9, "z": 0.0, "r": -6.0, "bg_x_pan": 0.0, "bg_y_pan": 0.0},
            },
        })
    );
}

#[tokio::test]
async fn a_question_is_sent_word_for_word() {
    let server = Chaos::new([Act::answer(200, r#"{"code":"success","data":{"status":"QUEUED"}}"#)]);
    let reply = poll(&connect(&server.url("/relay/v1/"))).await;
    assert_eq!(reply.answer, Answer::Seen(Sighting::Unfinished { word: "QUEUED".into() }));
    let [heard] = &server.heard()[..] else { panic!("one call") };
    assert_eq!(heard.line, "POST /relay/v1/runway/feed HTTP/1.1");
    has_the_headers(heard);
    assert_eq!(heard.body, r#"{"task_id":"task-1"}"#);
}

#[tokio::test]
async fn the_base_url_may_have_a_path() {
    for (path, expected) in [
        ("", "/runway/pro/generate"),
        ("/", "/runway/pro/generate"),
        ("/relay", "/relay/runway/pro/generate"),
        ("/a%20b/v1/", "/a%20b/v1/runway/pro/generate"),
    ] {
        let server = Chaos::new([Act::answer(200, ACCEPTED)]);
        submit(&connect(&server.url(path)), None).await;
        assert_eq!(server.heard()[0].line, format!("POST {expected} HTTP/1.1"));
    }
}

#[tokio::test]
async fn the_callback_keeps_its_own_path_and_query() {
    let query = format!("take=SH0001_T01&token={TOKEN}");
    for (base, expected) in [
        ("https://me.example", format!("https://me.example/{TOKEN}?{query}")),
        ("https://me.example/in/box/", format!("https://me.example/in/box/{TOKEN}?{query}")),
        ("https://me.example/in?a=b%26c&d", format!("https://me.example/in/{TOKEN}?a=b%26c&d&{query}")),
        ("http://127.0.0.1:8080/x", format!("http://127.0.0.1:8080/x/{TOKEN}?{query}")),
    ] {
        let server = Chaos::new([Act::answer(200, ACCEPTED)]);
        submit(&connect(&server.url("")), Some(base)).await;
        let body: serde_json::Value = serde_json::from_str(&server.heard()[0].body).unwrap();
        assert_eq!(body["callback_url"], expected);
    }
}

#[tokio::test]
async fn with_a_seal_the_callback_carries_it_in_path_and_query() {
    let server = Chaos::new([Act::answer(200, ACCEPTED)]);
    let seal = Seal::new(&[7; 32]);
    let connection = connection(&server.url(""), Duration::from_secs(60));
    let provider = CometApi::connect(Connection { seal: Some(seal.clone()), ..connection }).unwrap();
    submit(&provider, Some("https://me.example/in")).await;
    let sealed = seal.write(Token::new(0xab));
    assert!(sealed.starts_with(TOKEN), "{sealed}");
    let body: serde_json::Value = serde_json::from_str(&server.heard()[0].body).unwrap();
    assert_eq!(body["callback_url"], format!("https://me.example/in/{sealed}?take=SH0001_T01&token={sealed}"));
}

#[tokio::test]
async fn a_submission_that_surely_was_not_sent_may_be_repeated() {
    let reply = submit(&connect(&nowhere()), None).await;
    assert!(matches!(reply.answer, Answer::Unreached { .. }), "{reply:?}");
    let server = Chaos::new([Act::Slam]);
    let reply = submit(&connect(&server.url("").replace("http://", "https://")), None).await;
    assert!(matches!(reply.answer, Answer::Unreached { .. }), "the handshake failed: {reply:?}");
}

#[tokio::test]
async fn a_submission_that_may_have_arrived_is_unclear_and_a_question_is_asked_again() {
    let chunked = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"code\":";
    let short = "HTTP/1.1 500 X\r\nContent-Length: 100\r\n\r\nquota_not_enough";
    for act in [
        Act::Slam,
        Act::Say(Vec::new()),
        Act::Say(b"HTTP/1.1 200".to_vec()),
        Act::Say(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        Act::Say(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n".to_vec()),
        Act::answer(200, ACCEPTED).cut_in_half(),
        Act::Say(chunked.as_bytes().to_vec()),
        Act::Say(short.as_bytes().to_vec()),
        Act::Stall(Vec::new()),
        Act::Stall(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{\"code\":200".to_vec()),
    ] {
        let server = Chaos::new([act.clone(), act.clone()]);
        let provider = waiting(&server.url(""), Duration::from_millis(100));
        let reply = submit(&provider, None).await;
        assert!(matches!(reply.answer, Answer::Unclear(_)), "{act:?}: {reply:?}");
        let reply = poll(&provider).await;
        assert!(matches!(reply.answer, Answer::NotNow { .. } | Answer::Unclear(_)), "{act:?}: {reply:?}");
    }
}

#[tokio::test]
async fn what_had_come_of_an_answer_that_broke_off_is_kept() {
    let body = format!("{{\"error\":\"upstream, for {KEY}");
    let answer = format!("HTTP/1.1 502 X\r\nX-Request-Id: call-7\r\nCF-Ray: {KEY}\r\nContent-Length: 999\r\n\r\n{body}");
    let server = Chaos::new([Act::Say(answer.into_bytes())]);
    let reply = submit(&connect(&server.url("")), None).await;
    let Answer::Unclear(doubt) = reply.answer else { panic!("{reply:?}") };
    assert!(doubt.why.starts_with("HTTP 502, and then the answer broke off: "), "{doubt:?}");
    assert_eq!(doubt.request_id.as_deref(), Some("call-7"));
    assert_eq!(
        (doubt.last_bytes.as_deref(), reply.raw.as_str()),
        (Some(&*body.replace(KEY, "[key]")), &*body.replace(KEY, "[key]"))
    );
}

#[tokio::test]
async fn the_providers_books_are_asked_for_without_a_trace_of_the_key() {
    let books = r#"{"daily_quota":{"2026-11-22":[{"request_count":7,"quota_used":0.5}]}}"#;
    let elsewhere = Chaos::new([Act::answer(200, books)]);
    let redirect = format!("Location: {}\r\nConnection: close\r\n", elsewhere.url("/?key=x"));
    let server = Chaos::new([
        Act::answer(200, books),
        Act::answer(200, &format!("<p>{KEY}")),
        Act::answer(403, KEY),
        Act::with(302, &redirect, ""),
        Act::answer(200, books).cut_in_half(),
        Act::Slam,
    ]);
    let base = server.url("").parse().unwrap();
    let connect = rushes::provider::PROVIDERS[0].books.as_ref().unwrap().connect;
    let quota = connect(&base, &Key::new(KEY).unwrap(), &Timeouts::default()).unwrap();
    let day = quota.count().await.unwrap().days[&"2026-11-22".parse().unwrap()];
    assert_eq!((day.requests, day.used.to_string().as_str()), (7, "0.5"));
    assert_eq!(quota.count().await, Err(QuotaError::Unreadable));
    assert_eq!(quota.count().await, Err(QuotaError::Status(403)));
    assert_eq!(quota.count().await, Err(QuotaError::Status(302)));
    for _ in 0..3 {
        let Err(QuotaError::Unreached(why)) = quota.count().await else { panic!("a count") };
        assert!(!why.is_empty() && !why.contains(KEY) && !why.contains("key="), "{why}");
    }
    assert!(elsewhere.heard().is_empty());
    let heard = &server.heard()[0];
    assert_eq!(heard.line, format!("GET /user/quota?key={KEY} HTTP/1.1"));
    assert_eq!(heard.header("authorization"), None);
}

#[tokio::test]
async fn a_header_that_repeats_the_key_is_not_quoted() {
    let server = Chaos::new([Act::with(500, &format!("X-Request-Id: for-{KEY}\r\nConnection: close\r\n"), "")]);
    let reply = submit(&connect(&server.url("")), None).await;
    let Answer::Unclear(doubt) = reply.answer else { panic!("{reply:?}") };
    assert_eq!(doubt.request_id.as_deref(), Some("[key]"));
}

#[tokio::test]
async fn an_accepted_task_is_not_lost_with_the_end_of_its_answer() {
    for act in [
        Act::Say(format!("HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{ACCEPTED}").into_bytes()),
        Act::Stall(format!("HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{ACCEPTED}").into_bytes()),
        Act::answer(200, &format!("{ACCEPTED}{}", " ".repeat(4 << 20))),
    ] {
        let server = Chaos::new([act]);
        let reply = submit(&waiting(&server.url(""), Duration::from_secs(1)), None).await;
        assert!(matches!(reply.answer, Answer::Accepted(_)), "{:?}", reply.answer);
    }
}

#[tokio::test]
async fn an_endless_answer_is_read_up_to_a_cap() {
    let endless = format!(r#"{{"code":200,"msg":"{}","data":{{"task_id":"task-1"}}}}"#, "x".repeat(4 << 20));
    let server = Chaos::new([Act::answer(200, &endless)]);
    let reply = submit(&connect(&server.url("")), None).await;
    assert!(matches!(reply.answer, Answer::Unclear(_)), "{:?}", reply.answer);
    assert_eq!(reply.raw, endless[..4096]);
}

#[tokio::test]
async fn nothing_is_ever_sent_twice_by_itself() {
    // Says nothing of closing the connection, and closes it: the next call may be sent into the closing.
    let answers = std::iter::repeat_n(Act::with(200, "", ACCEPTED), 40);
    let server = Chaos::new(answers);
    let provider = connect(&server.url(""));
    for number in 0..40 {
        let reply = submit_as(&provider, Token::new(number), None).await;
        assert!(matches!(reply.answer, Answer::Accepted(_) | Answer::Unclear(_)), "{reply:?}");
    }
    let mut heard: Vec<_> = server.heard().into_iter().map(|heard| heard.body).collect();
    let all = heard.len();
    heard.sort_unstable();
    heard.dedup();
    assert_eq!(heard.len(), all, "a submission arrived twice");
}

#[tokio::test]
async fn a_call_with_the_key_follows_no_redirect() {
    for status in [301, 302, 307, 308] {
        let other = Chaos::new([Act::answer(200, ACCEPTED)]);
        let location = format!("Location: {}\r\nConnection: close\r\n", other.url("/runway/pro/generate"));
        let server = Chaos::new([Act::with(status, &location, ""), Act::with(status, &location, "")]);
        let provider = connect(&server.url(""));
        let reply = submit(&provider, None).await;
        assert!(matches!(reply.answer, Answer::Halt { cause: Halt::WrongAddress, .. }), "{reply:?}");
        poll(&provider).await;
        assert_eq!((server.heard().len(), other.heard()), (2, vec![]));
    }
}

#[tokio::test]
async fn the_key_is_taken_out_of_whatever_repeats_it() {
    let refusal = format!(r#"{{"error":{{"code":"x","message":"invalid token {KEY} ({KEY})"}}}}"#);
    let long = format!("{{\"code\":9,\"msg\":\"{KEY}{}{KEY}\"}}", "x".repeat(4096 - 2 * KEY.len()));
    let page = format!("<p>{KEY}</p>");
    for (status, body) in [(400, &refusal), (401, &refusal), (200, &refusal), (500, &refusal), (200, &long), (502, &page)] {
        let server = Chaos::new([Act::answer(status, body), Act::answer(status, body)]);
        let provider = connect(&server.url(""));
        for reply in [submit(&provider, None).await, poll(&provider).await] {
            let told = format!("{reply:?}");
            assert!(!told.contains("sk-0123") && told.contains("[key]"), "{told}");
        }
    }
    assert!(!format!("{:?}", Key::new(KEY)).contains("sk-"));
}

#[tokio::test]
async fn the_key_never_goes_to_the_download_host() {
    let host = Chaos::new([Act::answer(200, "video"), Act::answer(200, "video")]);
    let onward = Act::with(302, &format!("Location: {}\r\nConnection: close\r\n", host.url("/b.mp4")), "");
    let door = Chaos::new([onward]);
    let provider = connect(&door.url(""));
    assert_eq!(fetch(&provider, &host.url("/a.mp4?signature=1")).await, Ok("video".into()));
    assert_eq!(fetch(&provider, &door.url("/a.mp4?signature=1")).await, Ok("video".into()));
    let heard = [host.heard(), door.heard()].concat();
    let lines: Vec<_> = heard.iter().map(|heard| heard.line.as_str()).collect();
    assert_eq!(lines, ["GET /a.mp4?signature=1 HTTP/1.1", "GET /b.mp4 HTTP/1.1", "GET /a.mp4?signature=1 HTTP/1.1"]);
    for call in heard {
        assert!(!format!("{call:?}").contains("sk-"), "{call:?}");
        assert_eq!((call.header("authorization"), call.header("referer"), call.header("x-runway-version")), (None, None, None));
    }
}

#[tokio::test]
async fn a_download_is_whole_or_an_error() {
    let (patient, impatient) = (connect(&nowhere()), waiting(&nowhere(), Duration::from_millis(100)));
    let chunked = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nvideo\r\n";
    let short = "HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nvideo";
    for (act, expected) in [
        (Act::answer(200, "video"), "video"),
        (Act::Say(format!("{chunked}0\r\n\r\n").into_bytes()), "video"),
        (Act::Say(short.as_bytes().to_vec()), "trouble"),
        (Act::Say(chunked.as_bytes().to_vec()), "trouble"),
        (Act::Stall(short.as_bytes().to_vec()), "trouble"),
        (Act::Stall(Vec::new()), "trouble"),
        (Act::Slam, "trouble"),
        (Act::answer(403, "<Error>expired</Error>"), "expired"),
        (Act::answer(404, ""), "expired"),
        (Act::answer(410, ""), "expired"),
        (Act::answer(204, ""), "trouble"),
        (Act::answer(206, "vid"), "trouble"),
        (Act::answer(302, ""), "trouble"),
        (Act::answer(429, ""), "trouble"),
        (Act::answer(500, ""), "trouble"),
        (Act::with(302, "Location: file:///etc/passwd\r\n", ""), "refused"),
    ] {
        let server = Chaos::new([act.clone()]);
        let provider = if matches!(act, Act::Stall(_)) { &impatient } else { &patient };
        let told = match fetch(provider, &server.url("/a.mp4")).await {
            Ok(text) => text,
            Err(FetchError::Expired(_)) => "expired".into(),
            Err(FetchError::Refused(_)) => "refused".into(),
            Err(FetchError::Changed(_) | FetchError::Trouble(_)) => "trouble".into(),
        };
        assert_eq!(told, expected, "{act:?}");
    }
    for link in ["", "no link", "file:///etc/passwd", "ftp://127.0.0.1/a.mp4", "data:video/mp4,x"] {
        assert!(matches!(fetch(&patient, link).await, Err(FetchError::Refused(_))), "{link:?}");
    }
}

#[test]
fn a_proxy_in_the_environment_does_not_divert_calls_to_this_machine() {
    let proxy = nowhere();
    for sentence in ["a_submission_is_sent_word_for_word", "a_download_is_whole_or_an_error"] {
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", &format!("provider::{sentence}")]);
        again.envs(["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].map(|name| (name, &proxy)));
        again.env_remove("NO_PROXY").env_remove("no_proxy");
        let output = again.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
    }
}

fn has_the_headers(heard: &Heard) {
    assert_eq!(heard.header("authorization"), Some("Bearer sk-0123456789abcdef"));
    assert_eq!(heard.header("content-type"), Some("application/json"));
    assert_eq!(heard.header("x-runway-version"), Some("2024-11-06"));
}

/// A client that waits as long as it takes.
fn connect(base: &str) -> CometApi {
    waiting(base, Duration::from_secs(60))
}

/// A client that gives up on whatever is silent for so long.
fn waiting(base: &str, patience: Duration) -> CometApi {
    CometApi::connect(connection(base, patience)).unwrap()
}

fn connection(base: &str, patience: Duration) -> Connection {
    Connection {
        base_url: base.parse().unwrap(),
        version: HeaderValue::from_static(cometapi::VERSION),
        callback_url: cometapi::CALLBACK_URL.parse().unwrap(),
        seal: None,
        key: Key::new(KEY).unwrap(),
        timeouts: Timeouts { connect: Duration::from_secs(60), create: patience, feed: patience, stall: patience },
    }
}

async fn submit(provider: &CometApi, callback: Option<&str>) -> Reply {
    submit_as(provider, Token::new(0xab), callback).await
}

async fn submit_as(provider: &CometApi, token: Token, callback: Option<&str>) -> Reply {
    let take = support::take(1);
    let motion = Motion { x: -6.2, y: 0.399_999_999_999_999_9, r: -6.0, ..Motion::default() };
    let request = Request { prompt: "a \"cat\" 🐈\n".into(), motion, ..take.request };
    let callback = callback.map(|url| url.parse().unwrap());
    provider.submit(Order { take: &take.name, request: &request, token, callback_url: callback.as_ref() }).await
}

async fn poll(provider: &CometApi) -> Reply {
    provider.poll(&"task-1".parse().unwrap()).await
}

async fn fetch(provider: &CometApi, link: &str) -> Result<String, FetchError> {
    let body: Vec<_> = provider.fetch(link, None).await?.body.try_collect().await?;
    Ok(String::from_utf8(body.concat()).unwrap())
}
