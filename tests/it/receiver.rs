//! The receiver over real sockets of this machine: what is addressed to an attempt is on disk before its sender hears so, and
//! whatever else is sent changes nothing but a counter.

use std::collections::HashSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rushes::provider::cometapi;
use rushes::receiver::{Receiver, Settings, Tally, serve};
use rushes::spool::{Letter, Limits, Spool};
use rushes::take::Token;
use tempfile::{TempDir, tempdir};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::noon;

/// A callback as it is documented, and as it is sent.
const BODY: &str = r#"{"task_id":"d51c94db","status":"3","prompt":"a cat","video_url":"https://cdn.example/8af2.mp4"}"#;

#[tokio::test]
async fn a_callback_is_on_disk_before_its_sender_hears_so() {
    let office = Office::open().await;
    let token = office.sealed(7);
    let mut stream = office.call(&post(&format!("/rushes/{token}?take=A_T01&token={token}"), BODY)).await;
    // The very first byte of the answer: by then the file is there, whole and under its name.
    stream.read_u8().await.unwrap();
    let letter = Letter { received_at: noon(), token: Some(Token::new(7)), body: BODY.into() };
    assert_eq!(office.waiting(), [letter]);
    office.closes(Tally { kept: 1, ..Tally::default() }).await;
}

#[tokio::test]
async fn path_or_query_may_be_lost_but_not_both() {
    let office = Office::open().await;
    let (seven, eight) = (office.sealed(7), office.sealed(8));
    assert_eq!(office.post(&format!("/{seven}"), BODY).await, ACCEPTED);
    assert_eq!(office.post(&format!("/?token={eight}"), BODY).await, ACCEPTED);
    assert_eq!(office.post(&format!("/in?a=b&token={eight}&take=A_T01"), BODY).await, ACCEPTED, "a duplicate is as welcome");
    assert_eq!(office.post("/in", BODY).await, REFUSED);
    assert_eq!(office.post(&format!("/{seven}?token={eight}"), BODY).await, REFUSED);
    let tokens: HashSet<_> = office.waiting().into_iter().map(|letter| letter.token).collect();
    assert_eq!(tokens, HashSet::from([Some(Token::new(7)), Some(Token::new(8))]));
    office.closes(Tally { kept: 2, known: 1, refused: 2, ..Tally::default() }).await;
}

#[tokio::test]
async fn whoever_has_no_address_learns_nothing_and_leaves_nothing() {
    let office = Office::open().await;
    let good = office.sealed(7);
    let stranger = Spool::open(office.folder.path().join("other").as_path(), Limits::default()).unwrap();
    let forged = stranger.seal().write(Token::new(7));
    fs::remove_dir_all(office.folder.path().join("other")).unwrap();
    let long = "a".repeat(30_000);
    let before = office.everything();
    let mut calls: Vec<String> = [
        "/",
        "//",
        "/rushes",
        "/new",
        "/secret",
        "/../secret",
        "/..%2f..%2fsecret",
        "/%00",
        "/stats",
        "*",
        &format!("/{forged}"),
        &format!("/{forged}?token={forged}"),
        &format!("/{}", &good[..32]),
        &format!("/{}", &good[..64]),
        &format!("/{good}0"),
        &format!("/{}", good.to_uppercase()),
        &format!("/{good}/../../secret"),
        &format!("/{good}%00"),
        &format!("/..%2f{good}"),
        &format!("/{long}"),
        &format!("/?token={long}"),
        &format!("/?take=..%2f..%2fsecret&token={forged}"),
    ]
    .iter()
    .map(|target| post(target, BODY))
    .collect();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "FOO"] {
        calls.push(post(&format!("/{good}"), BODY).replacen("POST", method, 1));
    }
    calls.push(post("/", ""));
    calls.push(post(&format!("/{forged}"), &"x".repeat(70_000)));
    calls.push(format!("POST /{forged} HTTP/1.1\r\nHost: me\r\nContent-Length: 1000000000\r\n\r\n{}", "x".repeat(1000)));
    calls.push(post("/", &format!("{BODY}{BODY}")));
    for call in &calls {
        assert_eq!(office.send(call).await, REFUSED, "{call:.200}");
    }
    assert_eq!(office.everything(), before);
    office.closes(Tally { refused: calls.len() as u64, ..Tally::default() }).await;
}

#[tokio::test]
async fn what_is_no_callback_is_kept_for_a_person_when_it_is_addressed_to_an_attempt() {
    let office = Office::open().await;
    for (n, body) in ["", "hello", "<html>", "{}", "[1]", r#"{"status":"3"}"#, "\0\u{1b}[2J"].iter().enumerate() {
        assert_eq!(office.post(&format!("/{}", office.sealed(n as u128)), body).await, ACCEPTED, "{body}");
    }
    assert_eq!(office.waiting(), []);
    assert_eq!(fs::read_dir(office.folder.path().join("odd")).unwrap().count(), 2 * 7);
    office.closes(Tally { odd: 7, ..Tally::default() }).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_without_reading_it_all() {
    let office = Office::open_with(|settings| settings.largest = 100, Limits::default()).await;
    let path = format!("/{}", office.sealed(7));
    let announced = format!("POST {path} HTTP/1.1\r\nHost: me\r\nContent-Length: 1000000000\r\n\r\n");
    assert_eq!(office.send(&announced).await, TOO_LARGE);
    let chunk = format!("40\r\n{}\r\n", "x".repeat(64));
    let endless = format!("POST {path} HTTP/1.1\r\nHost: me\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}{chunk}");
    assert_eq!(office.send(&endless).await, TOO_LARGE);
    assert_eq!(office.post(&path, BODY).await, ACCEPTED);
    assert_eq!(office.waiting().len(), 1);
    office.closes(Tally { kept: 1, too_large: 2, ..Tally::default() }).await;
}

#[tokio::test]
async fn a_slow_sender_is_cut_off_and_is_in_nobodys_way() {
    let settings = |settings: &mut Settings| (settings.patience, settings.at_once) = (Duration::from_millis(50), 2);
    let office = Office::open_with(settings, Limits::default()).await;
    let path = format!("/{}", office.sealed(7));
    let parts =
        ["", "POST", "POST / HTTP/1.1\r\nHost: ", &format!("POST {path} HTTP/1.1\r\nHost: me\r\nContent-Length: 9\r\n\r\n{{")];
    let mut slow = Vec::new();
    for part in parts {
        slow.push(office.call(part).await);
    }
    // Two of the four hold all there is; the callback has its turn when they are cut. On a slow disk it may be cut as well, and then
    // its sender does as senders do.
    while office.post(&path, BODY).await != ACCEPTED {}
    for mut stream in slow {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
        assert!(!String::from_utf8_lossy(&rest).contains("200"), "{rest:?}");
    }
    assert_eq!(office.waiting().len(), 1);
    let Office { receiver, .. } = office;
    let tally = receiver.shutdown().await;
    assert!(tally.kept == 1 && tally.cut >= 4, "{tally}");
}

#[tokio::test]
async fn without_room_or_disk_the_sender_is_asked_to_come_back() {
    let office = Office::open_with(|_| (), Limits { files: 1, ..Limits::default() }).await;
    assert_eq!(office.post(&format!("/{}", office.sealed(1)), BODY).await, ACCEPTED);
    let second = format!("/{}", office.sealed(2));
    assert_eq!(office.post(&second, BODY).await, COME_BACK);
    let name = office.waiting()[0].name();
    fs::remove_file(office.folder.path().join("new").join(name)).unwrap();
    fs::rename(office.folder.path().join("new"), office.folder.path().join("away")).unwrap();
    assert_eq!(office.post(&second, BODY).await, COME_BACK);
    fs::rename(office.folder.path().join("away"), office.folder.path().join("new")).unwrap();
    assert_eq!(office.post(&second, BODY).await, ACCEPTED);
    office.closes(Tally { kept: 2, turned_away: 2, ..Tally::default() }).await;
}

#[tokio::test]
async fn without_any_token_a_callback_is_taken_in_only_where_that_is_wished() {
    let office = Office::open_with(|settings| settings.accept_without_token = true, Limits::default()).await;
    let forged = format!("{:032x}-{:032x}", 7, 7);
    assert_eq!(office.post("/rushes", BODY).await, ACCEPTED);
    assert_eq!(office.post("/rushes", "hello").await, REFUSED, "not of the known shape");
    assert_eq!(office.post("/rushes", &BODY.replace('}', &" ".repeat(70_000))).await, REFUSED);
    assert_eq!(office.post(&format!("/{forged}"), BODY).await, REFUSED, "made up");
    assert_eq!(office.post(&format!("/?token={forged}"), BODY).await, REFUSED, "made up");
    assert_eq!(office.waiting().iter().map(|letter| letter.token).collect::<Vec<_>>(), [None]);
    office.closes(Tally { kept: 1, refused: 4, ..Tally::default() }).await;
}

#[tokio::test]
async fn many_callbacks_at_once_are_all_taken_in() {
    let office = Office::open().await;
    let paths: Vec<_> = (0..60).map(|n| format!("/{}", office.sealed(n))).collect();
    let answers = futures::future::join_all(paths.iter().map(|path| office.post(path, BODY))).await;
    assert!(answers.iter().all(|answer| answer == ACCEPTED), "{answers:?}");
    assert_eq!(office.waiting().len(), 60);
    office.closes(Tally { kept: 60, ..Tally::default() }).await;
}

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const TOO_LARGE: &str = "HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
const COME_BACK: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// A receiver and its spool.
struct Office {
    folder: TempDir,
    spool: Arc<Spool>,
    receiver: Receiver,
}

impl Office {
    async fn open() -> Self {
        Self::open_with(|_| (), Limits::default()).await
    }

    async fn open_with(change: impl FnOnce(&mut Settings), limits: Limits) -> Self {
        let folder = tempdir().unwrap();
        let spool = Arc::new(Spool::open(folder.path(), limits).unwrap());
        let mut settings = Settings::new(|body| cometapi::callback(body).is_some(), noon);
        settings.patience = Duration::from_secs(60);
        change(&mut settings);
        let receiver = serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Arc::clone(&spool), settings).await.unwrap();
        Self { folder, spool, receiver }
    }

    fn sealed(&self, token: u128) -> String {
        self.spool.seal().write(Token::new(token))
    }

    /// Sends something and leaves the connection open.
    async fn call(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.receiver.addr()).await.unwrap();
        // Whoever is refused early may not want to hear the rest.
        stream.write_all(text.as_bytes()).await.ok();
        stream
    }

    /// The whole answer, byte by byte, but for the time in it.
    async fn send(&self, text: &str) -> String {
        let mut answer = Vec::new();
        self.call(text).await.read_to_end(&mut answer).await.ok();
        let answer = String::from_utf8(answer).unwrap();
        answer.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect()
    }

    async fn post(&self, target: &str, body: &str) -> String {
        self.send(&post(target, body)).await
    }

    fn waiting(&self) -> Vec<Letter> {
        let waiting = self.spool.waiting(&HashSet::new()).unwrap();
        waiting.into_iter().map(|waiting| waiting.letter.unwrap()).collect()
    }

    /// Every file of the spool, with what is in it.
    fn everything(&self) -> Vec<(String, Vec<u8>)> {
        files(self.folder.path())
    }

    async fn closes(self, expected: Tally) {
        let addr = self.receiver.addr();
        assert_eq!(self.receiver.shutdown().await, expected);
        assert!(TcpStream::connect(addr).await.is_err(), "the port is free");
        assert!(files(self.folder.path()).iter().all(|(name, _)| !name.contains(".incoming")));
    }
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        }
    }
    found.sort();
    found
}

fn post(target: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {target} HTTP/1.1\r\nHost: me\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}
