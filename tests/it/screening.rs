//! The screening room over loopback: what is asked for comes, byte for byte; what is said is kept; and whoever has no business here gets
//! the same answer for everything.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use futures::future::join_all;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rushes::ledger::{self, Entry, Holder, Ledger};
use rushes::review::Review;
use rushes::screening::{self, Screening};
use rushes::take::{Event, Token};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{enter, noon, take, watched};

const TOKEN: u128 = 0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f;

#[tokio::test]
async fn the_page_is_made_anew_of_what_the_ledger_has() {
    let room = Room::open(2).await;
    let page = room.get("").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.text().contains("SH0000") && !page.text().contains("SH0007"));
    assert_eq!(room.get("").await.body, page.body);
    enter(room.root(), &[take(7)]).await;
    assert!(room.get("").await.text().contains("SH0007"), "a run has entered it meanwhile");
    assert_eq!(room.ask("HEAD", "", &[], "").await.body, b"");
    for (name, value) in [
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        for answer in [&page, &room.get("reviews").await, &room.get("none").await, &room.get("shots/SH0000_T01.mp4").await] {
            assert_eq!(answer.header(name), Some(value), "{name}");
            assert!(!answer.head.to_lowercase().contains("access-control"), "{}", answer.head);
        }
    }
}

#[tokio::test]
async fn any_part_of_a_video_is_sent_byte_for_byte() {
    let room = Room::open(1).await;
    let bytes = room.video();
    let whole = room.get("shots/SH0000_T01.mp4").await;
    assert_eq!(
        (whole.status, whole.header("content-type"), whole.header("accept-ranges")),
        (200, Some("video/mp4"), Some("bytes"))
    );
    assert_eq!(whole.body, bytes);
    let tag = whole.header("etag").unwrap().to_owned();
    let part = async |range: String, more: &[(&str, &str)]| {
        let headers = [&[("Range", range.as_str())], more].concat();
        room.ask("GET", "shots/SH0000_T01.mp4", &headers, "").await
    };
    let length = bytes.len();
    let ranges = prop::collection::vec((0..length + 10, 0..length + 10), 60);
    let ranges = ranges.new_tree(&mut TestRunner::deterministic()).unwrap().current();
    for (first, last) in ranges.into_iter().chain([(0, 0), (length - 1, length), (0, length)]) {
        let answer = part(format!("bytes={first}-{last}"), &[]).await;
        let expected = match (first <= last, first < length) {
            (true, true) => (206, &bytes[first..=last.min(length - 1)]),
            (true, false) => (416, &[][..]),
            (false, _) => (200, &bytes[..]),
        };
        assert_eq!((answer.status, &answer.body[..]), expected, "{first}-{last}");
        let said = (answer.status == 206).then(|| format!("bytes {first}-{}/{length}", last.min(length - 1)));
        let said = said.or_else(|| (answer.status == 416).then(|| format!("bytes */{length}")));
        assert_eq!(answer.header("content-range"), said.as_deref());
    }
    assert_eq!(part("bytes=-7".into(), &[]).await.body, bytes[length - 7..]);
    assert_eq!(part("bytes=5-".into(), &[]).await.body, bytes[5..]);
    assert_eq!(part("bytes=1-2,5-6".into(), &[]).await.body, bytes, "several at once are answered with the whole");
    assert_eq!(part("bytes=1-2".into(), &[("If-Range", &tag)]).await.body, bytes[1..=2]);
    assert_eq!(part("bytes=1-2".into(), &[("If-Range", "\"other\"")]).await.body, bytes, "it is another file now");
    let head = room.ask("HEAD", "shots/SH0000_T01.mp4", &[("Range", "bytes=1-2")], "").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("3000"), 0));
    assert_eq!(room.get("shots/SH0000_T01.json").await.text(), "{}");
    assert_eq!(room.get("shots/SH0000_T01.jpg").await.status, 404, "nobody has made a picture of it");
    fs::write(room.root().join("shots/SH0000_T01.jpg"), "picture").unwrap();
    assert_eq!(room.get("shots/SH0000_T01.jpg").await.header("content-type"), Some("image/jpeg"));
}

#[tokio::test]
async fn who_has_no_business_here_gets_the_same_answer_for_everything() {
    let room = Room::open(1).await;
    let (host, origin) = (room.addr().to_string(), format!("http://{}", room.addr()));
    let own = format!("/{TOKEN:032x}/");
    let refused = room.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
    assert!(refused.head.starts_with("HTTP/1.1 404") && refused.body.is_empty(), "{}", refused.head);
    let video = format!("{own}shots/SH0000_T01.mp4");
    let body = json!({ "take": "SH0000_T01", "verdict": "pick" }).to_string();
    let good = [("Host", host.as_str()), ("Origin", &origin), ("Content-Type", "application/json")];
    let with = |name: &'static str, value: &'static str| {
        good.iter().map(|&(own, said)| (own, if own == name { value } else { said })).collect::<Vec<_>>()
    };
    let mut calls = vec![
        ("GET", video.clone(), vec![("Host", "evil.example")], ""),
        ("GET", video.clone(), vec![("Host", "127.0.0.1")], ""),
        ("GET", video.clone(), vec![("Host", &host), ("Origin", "http://evil.example")], ""),
        ("GET", video.clone(), vec![("Host", &host), ("Origin", "null")], ""),
        ("GET", video.clone(), vec![("Host", &host), ("Sec-Fetch-Site", "cross-site")], ""),
        ("GET", format!("http://evil.example{video}"), vec![("Host", &host)], ""),
        ("POST", format!("{own}review"), with("Host", "evil.example"), &body),
        ("POST", format!("{own}review"), with("Origin", "http://evil.example"), &body),
        ("POST", format!("{own}review"), with("Content-Type", "text/plain"), &body),
        ("POST", format!("{own}review"), good[..1].to_vec(), &body),
        ("POST", format!("/{:032x}/review", TOKEN + 1), good.to_vec(), &body),
        ("POST", own.clone(), good.to_vec(), &body),
    ];
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"] {
        calls.push((method, format!("{own}review"), good.to_vec(), ""));
    }
    let token = format!("{TOKEN:032x}");
    for path in [
        format!("/{:032x}/", TOKEN + 1),
        format!("/{}/", token.to_uppercase().replace('0', "O")),
        format!("/{}/", &token[..31]),
        format!("/{token}0/"),
        format!("/{token}"),
        format!("/%30{}/", &token[1..]),
        format!("//{token}/"),
        format!("/x/../{token}/"),
        format!("{own}shots/../ledger.db"),
        format!("{own}shots/%2e%2e/ledger.db"),
        format!("{own}shots/..%2fledger.db"),
        format!("{own}shots/%252e%252e%252fledger.db"),
        format!("{own}shots/..\\ledger.db"),
        format!("{own}..%c0%afledger.db"),
        format!("{own}shots/SH0000_T01.mp4/../../ledger.db"),
        format!("{own}shots/..%00_T01.mp4"),
        format!("{own}/etc/passwd"),
        format!("{own}ledger.db"),
        format!("{own}objects/"),
        format!("{own}shots/OUTSIDE_T01.mp4"),
        format!("{own}shots/FOLDER_T01.mp4"),
        format!("{own}shots/PIPE_T01.mp4"),
    ] {
        calls.push(("GET", path, vec![("Host", &host)], ""));
    }
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(outside.path(), "secret").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(outside.path(), room.root().join("shots/OUTSIDE_T01.mp4")).unwrap();
        let pipe = room.root().join("shots/PIPE_T01.mp4");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    fs::create_dir(room.root().join("shots/FOLDER_T01.mp4")).unwrap();
    for (method, path, headers, body) in calls {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let text = format!(
            "{method} {path} HTTP/1.1\r\n{}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}",
            lines.concat()
        );
        let answer = room.send(&text).await;
        assert_eq!(answer, refused, "{text}");
    }
    assert_eq!(said(room.root(), "SH0000_T01"), Review::default());
    assert_eq!(room.get("shots/SH0000_T01.mp4").await.status, 200);
}

#[tokio::test]
async fn what_is_said_is_in_the_ledger_when_it_is_answered() {
    let room = Room::open(3).await;
    enter(room.root(), &[take(7)]).await;
    let full = json!({ "take": "SH0001_T01", "verdict": "pick", "rating": 4, "note": " \u{1f408} <b> " });
    let answer = room.say(&full).await;
    assert_eq!(answer.status, 200);
    let review = json!({ "verdict": "pick", "rating": 4, "note": "\u{1f408} <b>" });
    assert_eq!(answer.json(), json!({ "take": "SH0001_T01", "review": review }));
    assert_eq!(serde_json::to_value(said(room.root(), "SH0001_T01")).unwrap(), review);
    assert_eq!(room.get("reviews").await.json(), json!({ "takes": { "SH0001_T01": review } }));
    assert_eq!(room.say(&full).await.status, 200, "once more changes nothing");
    let nothing = json!({ "take": "SH0001_T01", "verdict": null, "rating": null, "note": null });
    assert_eq!(room.say(&nothing).await.json(), json!({ "take": "SH0001_T01", "review": {} }));
    assert_eq!(room.get("reviews").await.json(), json!({ "takes": {} }));

    for (said, status, error) in [
        (json!({ "take": "SH0009_T01" }), 404, "the ledger knows no take SH0009_T01"),
        (json!({ "take": "../x" }), 404, "the ledger knows no take ../x"),
        (json!({ "take": "SH0007_T01", "verdict": "pick" }), 409, "SH0007_T01 has no video"),
        (json!({ "take": "SH0000_T01", "verdict": "maybe" }), 400, "unknown variant `maybe`"),
        (json!({ "take": "SH0000_T01", "rating": 6 }), 400, "a rating is a whole number from 1 to 5"),
        (json!({ "take": "SH0000_T01", "rating": 4.5 }), 400, "4.5"),
        (json!({ "take": "SH0000_T01", "note": "x".repeat(10_001) }), 400, "at most 10000 characters"),
        (json!({ "take": "SH0000_T01", "event": "freed" }), 400, "unknown field `event`"),
        (json!({}), 400, "missing field `take`"),
        (json!([]), 400, ""),
        (json!({ "take": "SH0000_T01", "note": "x".repeat(200_000) }), 413, "more than"),
    ] {
        let answer = room.say(&said).await;
        assert_eq!(answer.status, status, "{said}");
        assert!(answer.json()["error"].as_str().unwrap().contains(error), "{}", answer.text());
    }
    assert_eq!(room.say(&json!({ "take": "SH0000_T01", "note": "\u{1f408}".repeat(10_000) })).await.status, 200);
    assert_eq!(ledger::read(room.root()).unwrap().iter().filter(|take| !take.record.review.is_empty()).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_watch_at_once_and_a_run_lose_nothing() {
    const COUNT: usize = 40;
    let room = Room::open(COUNT).await;
    let others: Vec<_> = (500..500 + COUNT).map(take).collect();
    enter(room.root(), &others).await;
    let ledger = open(room.root());
    let run = async {
        for other in &others {
            let event = Event::Intent { token: Token::new(1), price: None };
            ledger.append([Entry { take: other.name.clone(), at: noon(), event, answer: None }]).await.unwrap();
        }
    };
    let says: Vec<_> =
        (0..COUNT).map(|number| json!({ "take": take(number).name.to_string(), "rating": number % 5 + 1 })).collect();
    let (answers, ()) = tokio::join!(join_all(says.iter().map(|said| room.say(said))), run);
    assert!(answers.iter().all(|answer| answer.status == 200));
    let reviews = room.get("reviews").await.json();
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(reviews["takes"][take(number).name.to_string()], answer.json()["review"]);
    }
    drop(ledger);
    let takes = ledger::read(room.root()).unwrap();
    assert_eq!(takes.iter().filter(|take| take.state.name() == "submitting").count(), COUNT);
}

#[tokio::test]
async fn a_room_that_nobody_is_in_leaves_the_ledger_closed_and_frees_its_port() {
    let room = Room::open(1).await;
    room.get("").await;
    room.say(&json!({ "take": "SH0000_T01", "verdict": "reject" })).await;
    let beside: Vec<_> = fs::read_dir(room.root()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().ends_with("-wal")), "{beside:?}");
    let Room { screening, .. } = room;
    let addr = screening.addr();
    screening.shutdown().await;
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_ledger_that_was_replaced_is_not_taken_for_the_one_before() {
    let room = Room::open(1).await;
    room.get("").await;
    fs::rename(room.root().join("ledger.db"), room.root().join("away.db")).unwrap();
    enter(room.root(), &[take(3)]).await;
    for answer in [room.get("").await, room.get("reviews").await] {
        assert_eq!(answer.status, 410);
        for words in ["was deleted or replaced while it was in use", "end `rushes review` and begin it again"] {
            assert!(answer.text().contains(words), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn of_takes_that_nobody_was_shown_nothing_is_said() {
    let room = Room::open(1).await;
    room.get("").await;
    for file in ["ledger.db", "ledger.lock"] {
        fs::remove_file(room.root().join(file)).unwrap();
    }
    watched(room.root(), 1).await;
    let answer = room.say(&json!({ "take": "SH0000_T01", "verdict": "pick" })).await;
    assert_eq!(answer.status, 410, "{}", answer.text());
    assert_eq!(said(room.root(), "SH0000_T01"), Review::default(), "it is another video by the same name");
}

#[tokio::test]
async fn nobody_else_can_be_listened_to() {
    let root = tempfile::tempdir().unwrap();
    for addr in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        assert!(screening::serve(addr.parse().unwrap(), root.path(), TOKEN, noon).await.is_err(), "{addr}");
    }
}

/// A room over an output directory with so many stored takes.
struct Room {
    folder: TempDir,
    screening: Screening,
}

/// What came back.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Room {
    async fn open(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        watched(folder.path(), count).await;
        fs::create_dir(folder.path().join("shots")).unwrap();
        fs::create_dir(folder.path().join("objects")).unwrap();
        let bytes: Vec<_> = (0..3000_u16).map(|n| u8::try_from(n % 251).unwrap()).collect();
        fs::write(folder.path().join("objects/1.mp4"), bytes).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("../objects/1.mp4", folder.path().join("shots/SH0000_T01.mp4")).unwrap();
        #[cfg(not(unix))]
        fs::copy(folder.path().join("objects/1.mp4"), folder.path().join("shots/SH0000_T01.mp4")).unwrap();
        fs::write(folder.path().join("shots/SH0000_T01.json"), "{}").unwrap();
        let screening = screening::serve("127.0.0.1:0".parse().unwrap(), folder.path(), TOKEN, noon).await.unwrap();
        assert_eq!(screening.url(), format!("http://{}/{TOKEN:032x}/", screening.addr()));
        Self { folder, screening }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn addr(&self) -> SocketAddr {
        self.screening.addr()
    }

    fn video(&self) -> Vec<u8> {
        fs::read(self.root().join("objects/1.mp4")).unwrap()
    }

    async fn get(&self, rest: &str) -> Answer {
        self.ask("GET", rest, &[], "").await
    }

    async fn say(&self, said: &Value) -> Answer {
        let origin = format!("http://{}", self.addr());
        self.ask("POST", "review", &[("Origin", &origin), ("Content-Type", "application/json")], &said.to_string()).await
    }

    async fn ask(&self, method: &str, rest: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (addr, lines, length) = (self.addr(), lines.concat(), body.len());
        let text = format!(
            "{method} /{TOKEN:032x}/{rest} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
        );
        self.send(&text).await
    }

    async fn send(&self, text: &str) -> Answer {
        let mut stream = TcpStream::connect(self.addr()).await.unwrap();
        // Whoever is refused early may not hear the rest.
        stream.write_all(text.as_bytes()).await.ok();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| panic!("{text}: {answer:?}"));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let head: String = head.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect();
        Answer { status: head[9..12].parse().unwrap(), head, body: answer[end + 4..].to_vec() }
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What is said of a take.
fn said(root: &Path, name: &str) -> Review {
    let take = ledger::read(root).unwrap().into_iter().find(|take| take.name.to_string() == name);
    take.unwrap().record.review
}

fn open(root: &Path) -> Ledger {
    Ledger::open(root, "test", &Holder { pid: 1, host: String::new(), since: noon() }).unwrap()
}
