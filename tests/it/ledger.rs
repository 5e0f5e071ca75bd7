//! The ledger in real files: what is written is there when it is opened again, one process at a time, and nothing that is no
//! ledger is taken for one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use futures::future::join_all;
use rushes::digest::Digest;
use rushes::layout;
use rushes::ledger::{self, Entry, Follow, Holder, Ledger, LedgerError, Lookup};
use rushes::media::Media;
use rushes::quota::{Counted, Day};
use rushes::review::{Rating, Review, Verdict};
use rushes::shot::About;
use rushes::take::{Asset, Class, Doubt, Event, Finish, Take, Token};
use rusqlite::Connection;

use crate::support::{enter, noon, take};

#[tokio::test]
async fn every_event_is_there_when_the_ledger_is_opened_again() {
    let root = tempfile::tempdir().unwrap();
    for (number, history) in histories().into_iter().enumerate() {
        let mut lived = take(number);
        enter(root.path(), std::slice::from_ref(&lived)).await;
        for (second, event) in (1..).zip(history) {
            let at = noon() + jiff::SignedDuration::from_millis(1001 * second);
            lived.apply(at, &event).unwrap();
            append(&open(root.path()).unwrap(), &lived, at, event, None).await.unwrap();
            assert_eq!(ledger::read(root.path()).unwrap()[number], lived);
            assert!(ledger::last_event(root.path()).unwrap().unwrap() >= at);
        }
    }
}

#[tokio::test]
async fn who_follows_is_handed_what_has_changed_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    assert!(Follow::open(root.path()).unwrap().is_none());
    let takes: Vec<_> = (0..5).map(take).collect();
    enter(root.path(), &takes).await;
    let mut follow = Follow::open(root.path()).unwrap().unwrap();
    let news = |follow: &mut Follow| {
        let mut news = BTreeMap::new();
        follow.news(|take| drop(news.insert(take.name.clone(), take))).unwrap();
        news
    };
    assert_eq!(news(&mut follow).into_values().collect::<Vec<_>>(), takes);
    assert!(news(&mut follow).is_empty());
    let ledger = open(root.path()).unwrap();
    for mut lived in [takes[3].clone(), takes[1].clone()] {
        for event in histories().remove(0) {
            lived.apply(noon(), &event).unwrap();
            append(&ledger, &lived, noon(), event, None).await.unwrap();
        }
        assert_eq!(news(&mut follow), BTreeMap::from([(lived.name.clone(), lived)]));
    }
    assert!(news(&mut follow).is_empty());
    assert_eq!(follow.last_event(), ledger::last_event(root.path()).unwrap());
    drop(ledger);
    enter(root.path(), &[take(9)]).await;
    assert_eq!(news(&mut follow).len(), 1);
}

#[tokio::test]
async fn events_of_one_moment_share_few_commits_and_all_survive() {
    let root = tempfile::tempdir().unwrap();
    let takes: Vec<_> = (0..200).map(take).collect();
    enter(root.path(), &takes).await;
    let ledger = open(root.path()).unwrap();
    let before = commits(root.path());
    let intent = |take| append(&ledger, take, noon(), Event::Intent { token: Token::new(1), price: None }, None);
    assert!(join_all(takes.iter().map(intent)).await.into_iter().all(|result| result.is_ok()));
    let commits = commits(root.path()) - before;
    assert!((1..=10).contains(&commits), "{commits} commits for 200 events");
    drop(ledger);
    let read = ledger::read(root.path()).unwrap();
    assert_eq!(read.iter().filter(|take| take.state.name() == "submitting").count(), 200);
}

#[tokio::test]
async fn every_answer_is_kept_with_what_it_led_to() {
    let root = tempfile::tempdir().unwrap();
    let mut take = take(1);
    enter(root.path(), std::slice::from_ref(&take)).await;
    let ledger = open(root.path()).unwrap();
    for (event, answer) in [
        (Event::Intent { token: Token::new(2), price: None }, None),
        (Event::Deferred { why: "busy".into(), until: noon() }, Some("slow down")),
        (Event::Intent { token: Token::new(1), price: None }, None),
        (Event::Accepted { task: "task-1".parse().unwrap() }, Some("{\"code\":200}")),
        (Event::Seen { word: "QUEUED".into() }, Some("\u{1f408}\0\n")),
        (Event::Seen { word: "RUNNING".into() }, None),
    ] {
        take.apply(noon(), &event).unwrap();
        append(&ledger, &take, noon(), event, answer).await.unwrap();
    }
    let told = |take: &Take| ledger::answers(root.path(), &take.name).unwrap();
    let expected = [("deferred", "slow down"), ("accepted", "{\"code\":200}"), ("seen", "\u{1f408}\0\n")];
    assert_eq!(told(&take), expected.map(|(kind, answer)| (kind.to_owned(), answer.to_owned())));
    assert_eq!(told(&crate::support::take(2)), []);
}

#[test]
fn a_second_writer_is_told_who_holds_the_ledger_and_may_follow() {
    let root = tempfile::tempdir().unwrap();
    let first = open(root.path()).unwrap();
    let Err(error) = open(root.path()) else { panic!("two writers") };
    let holder = "process 4711 on render01, since 2026-11-22T12:00:00Z";
    assert_eq!(error.to_string(), format!("another run holds {}: {holder}", root.path().display()));
    let lock = root.path().join(layout::LOCK);
    drop(first);
    assert_eq!(fs::read_to_string(&lock).unwrap(), "", "what is said of a holder is gone with it");
    open(root.path()).unwrap();
    fs::write(&lock, "process 1, since the beginning").unwrap();
    open(root.path()).unwrap();
}

#[tokio::test]
async fn others_may_read_while_one_writes() {
    let root = tempfile::tempdir().unwrap();
    let ledger = open(root.path()).unwrap();
    for number in 0..20 {
        let take = take(number);
        let planned = Event::Planned { request: take.request.clone(), key: take.key, tags: vec![] };
        append(&ledger, &take, noon(), planned, None).await.unwrap();
        let reader = root.path().to_owned();
        let read = tokio::task::spawn_blocking(move || ledger::read(&reader)).await.unwrap().unwrap();
        assert_eq!(read.len(), number + 1);
    }
    assert_eq!(ledger.takes().unwrap().len(), 20);
}

#[tokio::test]
async fn who_only_looks_changes_nothing_and_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    enter(root.path(), &(0..10).map(take).collect::<Vec<_>>()).await;
    let before = contents(root.path());
    assert_eq!(before.keys().collect::<Vec<_>>(), [layout::LEDGER, layout::LOCK]);
    for _ in 0..2 {
        assert_eq!(open(root.path()).unwrap().takes().unwrap().len(), 10);
        assert_eq!(ledger::read(root.path()).unwrap().len(), 10);
        ledger::answers(root.path(), &take(1).name).unwrap();
        assert_eq!(contents(root.path()), before);
    }
}

#[test]
fn where_there_is_no_ledger_there_are_no_takes() {
    let root = tempfile::tempdir().unwrap();
    let nothing = || {
        assert_eq!(ledger::read(root.path()).unwrap(), []);
        assert_eq!(ledger::last_event(root.path()).unwrap(), None);
        assert_eq!(ledger::answers(root.path(), &take(1).name).unwrap(), []);
    };
    nothing();
    assert!(contents(root.path()).is_empty());
    // A run that has only just begun.
    fs::write(root.path().join(layout::LEDGER), "").unwrap();
    nothing();
    assert_eq!(open(root.path()).unwrap().takes().unwrap(), []);
}

#[cfg(unix)]
#[tokio::test]
async fn a_ledger_is_read_where_nothing_can_be_written() {
    use std::os::unix::fs::PermissionsExt;

    let root = tempfile::tempdir().unwrap();
    enter(root.path(), &[take(1)]).await;
    let allow = |mode| fs::set_permissions(root.path(), fs::Permissions::from_mode(mode)).unwrap();
    fs::set_permissions(root.path().join(layout::LEDGER), fs::Permissions::from_mode(0o444)).unwrap();
    allow(0o555);
    let bypassed = fs::write(root.path().join("probe"), "").is_ok();
    let read = ledger::read(root.path());
    let written = open(root.path());
    allow(0o755);
    assert_eq!(read.unwrap().len(), 1);
    assert!(bypassed || matches!(written, Err(LedgerError::Lock { .. } | LedgerError::Sqlite { .. })));
}

#[tokio::test]
async fn another_programs_file_is_refused_and_left_alone() {
    for setup in [
        "CREATE TABLE events (take); PRAGMA user_version = 1",
        "PRAGMA application_id = 7; PRAGMA user_version = 1; CREATE TABLE takes (id)",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 1",
        "CREATE TABLE t (x)",
    ] {
        let root = tempfile::tempdir().unwrap();
        Connection::open(root.path().join(layout::LEDGER)).unwrap().execute_batch(setup).unwrap();
        let before = fs::read(root.path().join(layout::LEDGER)).unwrap();
        let refused = |error: Option<LedgerError>| matches!(error, Some(LedgerError::NotALedger { .. }));
        assert!(refused(open(root.path()).err()), "{setup}");
        assert!(refused(ledger::read(root.path()).err()), "{setup}");
        assert_eq!(fs::read(root.path().join(layout::LEDGER)).unwrap(), before, "{setup}");
    }
}

#[tokio::test]
async fn a_ledger_of_the_first_format_is_read_as_it_is_and_brought_up_to_date_by_who_writes() {
    let root = tempfile::tempdir().unwrap();
    let lived = take(1);
    let planned = Event::Planned { request: lived.request.clone(), key: lived.key, tags: vec![] };
    let first_format = format!(
        "CREATE TABLE takes (id INTEGER PRIMARY KEY, shot TEXT NOT NULL, number INTEGER NOT NULL, UNIQUE (shot, number)) STRICT;
         CREATE TABLE events (seq INTEGER PRIMARY KEY, take INTEGER NOT NULL REFERENCES takes (id), run TEXT NOT NULL,
             at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, answer TEXT) STRICT;
         CREATE INDEX events_of_take ON events (take, seq);
         PRAGMA application_id = 0x72736873; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
         INSERT INTO takes VALUES (1, '{}', 1);
         INSERT INTO events VALUES (1, 1, 'a run', {}, 'planned', '{}', NULL)",
        lived.name.shot,
        noon().as_millisecond(),
        serde_json::to_string(&planned).unwrap(),
    );
    let file = Connection::open(root.path().join(layout::LEDGER)).unwrap();
    file.execute_batch(&first_format).unwrap();
    drop(file);
    let version = || -> u32 {
        let file = Connection::open(root.path().join(layout::LEDGER)).unwrap();
        file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    assert_eq!(ledger::read(root.path()).unwrap(), std::slice::from_ref(&lived));
    assert_eq!((ledger::evidence(root.path()).unwrap(), version()), (vec![], 1));
    let ledger = open(root.path()).unwrap();
    assert!(version() > 1);
    ledger.count(noon(), counted(7)).await.unwrap();
    assert_eq!(ledger.takes().unwrap(), [lived]);
}

#[tokio::test]
async fn what_the_providers_books_say_is_kept_with_what_the_run_did_between() {
    let root = tempfile::tempdir().unwrap();
    let takes: Vec<_> = (0..5).map(take).collect();
    enter(root.path(), &takes).await;
    let intent = || Event::Intent { token: Token::new(1), price: None };
    let ends = [
        Event::Accepted { task: "t".parse().unwrap() },
        Event::Rejected { class: Class::Input, why: "no".into() },
        Event::Deferred { why: "busy".into(), until: noon() },
        Event::AnswerLost(Doubt::of("cut")),
        Event::AnswerLost(Doubt::of("cut")),
    ];
    let ledger = Ledger::open(root.path(), "one", &Holder { pid: 1, host: String::new(), since: noon() }).unwrap();
    ledger.count(noon(), counted(7)).await.unwrap();
    for (take, end) in takes.iter().zip(ends) {
        append(&ledger, take, noon(), intent(), None).await.unwrap();
        append(&ledger, take, noon(), end, None).await.unwrap();
    }
    assert_eq!(ledger::evidence(root.path()).unwrap(), [], "one count alone tells nothing");
    ledger.count(noon(), counted(9)).await.unwrap();
    drop(ledger);
    // Another run submits one of them again, and looks only once.
    let ledger = Ledger::open(root.path(), "two", &Holder { pid: 1, host: String::new(), since: noon() }).unwrap();
    ledger.count(noon(), counted(9)).await.unwrap();
    append(&ledger, &takes[4], noon(), Event::Freed, None).await.unwrap();
    append(&ledger, &takes[4], noon(), intent(), None).await.unwrap();
    drop(ledger);
    let [evidence] = &ledger::evidence(root.path()).unwrap()[..] else { panic!("one run") };
    assert_eq!((evidence.run.as_str(), evidence.submissions, evidence.accepted, evidence.refused), ("one", 5, 1, 2));
    assert_eq!((evidence.unanswered(), evidence.counted().map(|day| day.requests)), (2, Some(2)));
    assert_eq!(evidence.takes, takes[..4].iter().map(|take| take.name.clone()).collect::<Vec<_>>());
    change(root.path(), "UPDATE counts SET body = 'x' WHERE seq = 2");
    assert_eq!(ledger::evidence(root.path()).unwrap(), [], "what cannot be read is no evidence");
}

/// What the books say when so many requests have been counted.
fn counted(requests: u64) -> Counted {
    Counted { remaining: None, days: [("2026-11-22".parse().unwrap(), Day { requests, used: 0.5 })].into() }
}

#[tokio::test]
async fn a_newer_ledger_is_refused_and_says_so() {
    let root = tempfile::tempdir().unwrap();
    enter(root.path(), &[take(1)]).await;
    change(root.path(), "PRAGMA user_version = 99");
    for error in [open(root.path()).err(), ledger::read(root.path()).err()] {
        assert!(matches!(error, Some(LedgerError::Newer { found: 99, .. })), "{error:?}");
    }
}

#[tokio::test]
async fn what_was_changed_by_hand_is_named() {
    let with = async |sql: &str| {
        let root = tempfile::tempdir().unwrap();
        enter(root.path(), &[take(1), take(2)]).await;
        change(root.path(), sql);
        ledger::read(root.path()).unwrap_err()
    };
    let unreadable = |error: &LedgerError| matches!(error, LedgerError::Unreadable { seq: 2, .. });
    assert!(unreadable(&with("UPDATE events SET body = 'nonsense' WHERE seq = 2").await));
    assert!(unreadable(&with(r#"UPDATE events SET body = '{"kind":"of_the_future"}' WHERE seq = 2"#).await));
    let again = "INSERT INTO events (take, run, at, kind, body) VALUES (1, 'x', 0, 'missing', '{\"kind\":\"missing\"}')";
    assert!(matches!(with(again).await, LedgerError::Impossible { .. }));
    assert!(matches!(with("UPDATE takes SET shot = '../x' WHERE id = 1").await, LedgerError::Sqlite { .. }));
    assert!(matches!(with("DROP TABLE events").await, LedgerError::Sqlite { .. }));
}

#[tokio::test]
async fn a_damaged_file_is_an_error_at_worst() {
    let sound = tempfile::tempdir().unwrap();
    enter(sound.path(), &(0..20).map(take).collect::<Vec<_>>()).await;
    let bytes = fs::read(sound.path().join(layout::LEDGER)).unwrap();
    let damages = [b"no ledger at all, but long enough to look like one".repeat(99), vec![0; 8192], bytes[..16].to_vec()];
    let cut = (0..bytes.len()).step_by(997).map(|at| bytes[..at].to_vec());
    let scratched = (0..bytes.len() - 64).step_by(491).map(|at| [&bytes[..at], &[0xff; 64], &bytes[at + 64..]].concat());
    for damaged in damages.into_iter().chain(cut).chain(scratched) {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join(layout::LEDGER), damaged).unwrap();
        ledger::read(root.path()).ok();
        if let Ok(ledger) = open(root.path()) {
            ledger.takes().ok();
            enter_into(&ledger, &take(99)).await.ok();
        }
    }
}

#[tokio::test]
async fn after_a_failure_nothing_more_is_written() {
    let root = tempfile::tempdir().unwrap();
    let ledger = open(root.path()).unwrap();
    enter_into(&ledger, &take(1)).await.unwrap();
    change(root.path(), "ALTER TABLE events RENAME TO elsewhere");
    assert!(enter_into(&ledger, &take(2)).await.is_err());
    change(root.path(), "ALTER TABLE elsewhere RENAME TO events");
    assert!(enter_into(&ledger, &take(2)).await.is_err());
    drop(ledger);
    let read = ledger::read(root.path()).unwrap();
    assert_eq!(read, [take(1)], "half a batch is no batch");
}

/// Histories that together hold every kind of event but the first.
fn histories() -> Vec<Vec<Event>> {
    let intent = |bits| Event::Intent { token: Token::new(bits), price: None };
    let task = || "task_0123456789abcdef0123456789abcdef".parse().unwrap();
    let asset = Asset { digest: Digest::of(b"video"), bytes: u64::MAX };
    let moved = Event::Planned { request: take(77).request, key: take(77).key, tags: vec!["é\n\"".into()] };
    vec![
        vec![
            moved.clone(),
            Event::Further,
            Event::Tagged { tags: vec!["hero".into(), "night".into()] },
            Event::Annotated(About {
                scene: Some("10A".parse().unwrap()),
                notes: Some("magic hour\n\u{1f408}".into()),
                metadata: [("x_lens".into(), "35 mm".into()), (String::new(), String::new())].into(),
            }),
            Event::Annotated(About::default()),
            intent(u128::MAX),
            Event::Deferred { why: "busy\0 \u{1f408}".into(), until: noon() },
            intent(0),
            Event::AnswerLost(Doubt::of("the connection was closed")),
            Event::Freed,
            intent(1),
            Event::AnswerLost(Doubt::of("timed out")),
            Event::Adopted { task: task() },
            Event::Seen { word: "QUEUED".into() },
            Event::Succeeded { link: "https://v/1?signature=%20".into(), finish: Finish::default() },
            Event::Stored { asset },
            Event::Probed(Media { millis: Some(u64::MAX), trouble: Some("é".into()), ..Media::default() }),
            Event::Reviewed(Review {
                verdict: Some(Verdict::Pick),
                rating: Rating::try_from(5).ok(),
                note: Some("\0\n".into()),
            }),
            Event::Missing,
            Event::Succeeded { link: "https://v/2".into(), finish: Finish::default() },
            Event::Stored { asset },
        ],
        vec![
            intent(2),
            Event::Rejected { class: Class::Moderated, why: "SAFETY".into() },
            Event::Retried { not_before: noon() },
            intent(3),
            Event::Accepted { task: task() },
            Event::Failed { class: Class::NoLink, why: String::new(), finish: Finish::default() },
            moved,
        ],
    ]
}

#[tokio::test]
async fn takes_can_be_looked_up_in_any_order_and_the_rest_come_by_name() {
    let root = tempfile::tempdir().unwrap();
    assert!(Lookup::open(root.path()).unwrap().is_none());
    drop(open(root.path()).unwrap());
    assert!(Lookup::open(root.path()).unwrap().unwrap().is_empty());
    // Entered in another order than that of their names, with what happened to them mixed, and under keys that somebody has changed.
    let mut takes: Vec<_> = [3, 0, 4, 1, 2].map(take).to_vec();
    takes.push(Take { name: "SH0003_T02".parse().unwrap(), ..take(3) });
    enter(root.path(), &takes).await;
    let ledger = open(root.path()).unwrap();
    for token in 1..3 {
        for take in &takes {
            append(&ledger, take, noon(), Event::Intent { token: Token::new(token), price: None }, None).await.unwrap();
            append(&ledger, take, noon(), Event::Deferred { why: "busy".into(), until: noon() }, None).await.unwrap();
        }
    }
    drop(ledger);
    let rekeyed = "PRAGMA foreign_keys = 0; UPDATE events SET take = -take; UPDATE takes SET id = -id;
        UPDATE events SET take = 9000000000000000000 WHERE take = -4; UPDATE takes SET id = 9000000000000000000 WHERE id = -4;";
    change(root.path(), rekeyed);

    let all = ledger::read(root.path()).unwrap();
    assert_eq!(all.len(), takes.len());
    let of = |shot: &str| {
        let mut takes: Vec<_> = all.iter().filter(|take| take.name.shot.as_str() == shot).cloned().collect();
        takes.sort_by(|a, b| a.name.cmp(&b.name));
        takes
    };
    for asked in [&["SH0003", "SH0001", "SH0009", "SH0003"][..], &["SH0004", "SH0002"], &[]] {
        let mut lookup = Lookup::open(root.path()).unwrap().unwrap();
        assert!(!lookup.is_empty());
        for shot in asked {
            assert_eq!(lookup.takes(&shot.parse().unwrap()).unwrap(), of(shot), "{shot}");
        }
        let mut others = Vec::new();
        let keep = |take| {
            others.push(take);
            Ok::<_, LedgerError>(())
        };
        lookup.others(keep).unwrap();
        let mut expected: Vec<_> = all.iter().filter(|take| !asked.contains(&take.name.shot.as_str())).cloned().collect();
        expected.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(others, expected, "{asked:?}");
    }
}

async fn enter_into(ledger: &Ledger, take: &Take) -> Result<(), LedgerError> {
    let planned = Event::Planned { request: take.request.clone(), key: take.key, tags: vec![] };
    append(ledger, take, noon(), planned, None).await
}

async fn append(
    ledger: &Ledger,
    take: &Take,
    at: jiff::Timestamp,
    event: Event,
    answer: Option<&str>,
) -> Result<(), LedgerError> {
    ledger.append([Entry { take: take.name.clone(), at, event, answer: answer.map(str::to_owned) }]).await
}

fn open(root: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(root, "2026-11-22T12-00-00Z", &Holder { pid: 4711, host: "render01".into(), since: noon() })
}

/// Changes the file behind the ledger's back.
fn change(root: &Path, sql: &str) {
    Connection::open(root.join(layout::LEDGER)).unwrap().execute_batch(sql).unwrap();
}

/// Every file in the folder and its bytes.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(root).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())).collect()
}

/// How many commits the write-ahead log holds: its frames that name the size of the database, of which each commit has one
/// (SQLite's file format, section 4.1).
fn commits(root: &Path) -> usize {
    let log = fs::read(root.join(format!("{}-wal", layout::LEDGER))).unwrap_or_default();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let frame = if log.len() < 32 { 1 } else { 24 + usize::try_from(number(8)).unwrap() };
    (32..log.len()).step_by(frame).filter(|at| number(at + 4) != 0).count()
}
