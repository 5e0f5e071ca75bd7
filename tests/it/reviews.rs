//! What people say about takes, in real ledgers: beside a run, of takes with a video alone, durable, and no reason for anything to be
//! bought.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;

use rushes::digest::Digest;
use rushes::layout;
use rushes::ledger::{self, Entry, Follow, Holder, Ledger, LedgerError, Reviews, Told};
use rushes::review::{Change, Rating, Review, Verdict};
use rushes::shot::TakeName;
use rushes::take::{Asset, Class, Event, Finish, Take, Token};
use rusqlite::Connection;

use crate::support::{append, enter, noon, take, watched};

#[tokio::test]
async fn what_is_said_is_there_when_the_ledger_is_opened_again_and_only_once() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 3).await;
    let say = |change: &Change| reviews(root.path()).say(noon(), &[(takes[1].clone(), change.clone())]).unwrap().remove(0);
    let all = Change::All(pick());
    let told = |review: &Review, is_new| Told { review: review.clone(), is_new };
    assert_eq!(say(&all), told(&pick(), true));
    assert_eq!(say(&all), told(&pick(), false), "it is said already");
    let more = Change::More { verdict: None, rating: Some(Rating::try_from(2).ok()), note: "dark".parse().ok() };
    let expected = Review { rating: Rating::try_from(2).ok(), note: Some("dark".into()), ..pick() };
    assert_eq!(say(&more), told(&expected, true));
    assert_eq!(said(root.path()), HashMap::from([(takes[1].clone(), expected)]));
    assert_eq!(say(&Change::All(Review::default())), told(&Review::default(), true));
    assert_eq!((said(root.path()), events(root.path(), "reviewed")), (HashMap::new(), 3));
    assert_eq!(names(root.path()), [layout::LEDGER, layout::LOCK], "nothing is left beside the ledger");
}

#[tokio::test]
async fn of_a_take_that_nobody_can_have_watched_nothing_is_said_nor_of_those_beside_it() {
    let root = tempfile::tempdir().unwrap();
    assert!(Reviews::open(root.path()).unwrap().is_none());
    assert!(names(root.path()).is_empty());
    let takes = watched(root.path(), 2).await;
    enter(root.path(), &[take(7)]).await;
    let say = |other: TakeName| {
        let words = [takes[0].clone(), other].map(|take| (take, Change::All(pick())));
        reviews(root.path()).say(noon(), &words).unwrap_err()
    };
    assert_eq!(say(take(9).name).to_string(), "the ledger knows no take SH0009_T01");
    assert_eq!(say(take(7).name).to_string(), "SH0007_T01 has no video");
    assert_eq!(said(root.path()), HashMap::new());
    append(root.path(), &take(0), Event::Missing).await;
    reviews(root.path()).say(noon(), &[(takes[0].clone(), Change::All(pick()))]).unwrap();
    assert_eq!(said(root.path()).len(), 1, "what was on disk once was watched");
}

#[tokio::test]
async fn what_was_said_of_a_video_is_not_said_of_the_one_that_is_bought_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 1).await;
    let say = || reviews(root.path()).say(noon(), &[(takes[0].clone(), Change::All(pick()))]);
    say().unwrap();
    append(root.path(), &take(0), Event::Missing).await;
    let failed = Event::Failed { class: Class::Lost, why: "gone".into(), finish: Finish::default() };
    append(root.path(), &take(0), failed).await;
    assert_eq!(said(root.path()).len(), 1, "as long as there is no other");
    for begun in [Event::Retried { not_before: noon() }, Event::Intent { token: Token::new(7), price: None }] {
        append(root.path(), &take(0), begun).await;
        assert_eq!(said(root.path()), HashMap::new());
        assert!(matches!(say(), Err(LedgerError::Unseen { .. })), "nobody can have watched the next one yet");
    }
    append(root.path(), &take(0), Event::Accepted { task: "task-2".parse().unwrap() }).await;
    append(root.path(), &take(0), Event::Succeeded { link: "https://v/2".into(), finish: Finish::default() }).await;
    append(root.path(), &take(0), Event::Stored { asset: Asset { digest: Digest::of(b"2"), bytes: 1 } }).await;
    assert_eq!(said(root.path()), HashMap::new());
    assert!(say().unwrap()[0].is_new);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_and_two_who_watch_write_at_the_same_time_and_nothing_is_lost() {
    const EACH: usize = 60;
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), EACH).await;
    let others: Vec<_> = (500..500 + EACH).map(take).collect();
    enter(root.path(), &others).await;
    let ledger = open(root.path());
    let watcher = |verdict| {
        let (root, takes) = (root.path().to_owned(), takes.clone());
        thread::spawn(move || {
            for take in &takes {
                let more = Change::More { verdict: Some(Some(verdict)), rating: None, note: None };
                reviews(&root).say(noon(), &[(take.clone(), more)]).unwrap();
            }
        })
    };
    let watchers = [Verdict::Pick, Verdict::Reject].map(watcher);
    let mut follow = Follow::open(root.path()).unwrap().unwrap();
    let mut followed = HashMap::new();
    for other in &others {
        let event = Event::Intent { token: Token::new(1), price: None };
        ledger.append([Entry { take: other.name.clone(), at: noon(), event, answer: None }]).await.unwrap();
        follow.news(|take| drop(followed.insert(take.name.clone(), take))).unwrap();
        follow.rest();
    }
    for watcher in watchers {
        watcher.join().unwrap();
    }
    follow.news(|take| drop(followed.insert(take.name.clone(), take))).unwrap();
    drop((ledger, follow));
    let read = ledger::read(root.path()).unwrap();
    assert_eq!(read.iter().filter(|take| take.state.name() == "submitting").count(), EACH);
    assert_eq!(said(root.path()).len(), EACH);
    assert!(events(root.path(), "reviewed") >= i64::try_from(EACH).unwrap());
    assert_eq!(
        read,
        read.iter().map(|take| followed[&take.name].clone()).collect::<Vec<_>>(),
        "who follows has seen all of it"
    );
}

#[tokio::test]
async fn a_run_waits_for_its_turn_when_somebody_else_has_written_since_it_looked() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 1).await;
    let ledger = open(root.path());
    // Holds the turn when the run wants to write, and has written when the run gets it.
    let mut foreign = Connection::open(root.path().join(layout::LEDGER)).unwrap();
    let turn = foreign.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let event = Event::Missing;
    let entry = Entry { take: takes[0].clone(), at: noon(), event, answer: None };
    let (written, ()) = tokio::join!(ledger.append([entry]), async {
        tokio::task::yield_now().await;
        turn.execute("UPDATE events SET answer = 'seen' WHERE kind = 'stored'", ()).unwrap();
        turn.commit().unwrap();
    });
    written.unwrap();
    assert_eq!(ledger::read(root.path()).unwrap()[0].state.name(), "ready");
}

#[tokio::test]
async fn a_review_is_no_reason_to_buy_anything_else() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 2).await;
    let before = ledger::last_events(root.path()).unwrap();
    reviews(root.path()).say(noon(), &[(takes[0].clone(), Change::All(pick()))]).unwrap();
    assert_eq!(ledger::last_events(root.path()).unwrap(), before, "a saved plan has not moved");
    append(root.path(), &take(0), Event::Missing).await;
    assert_ne!(ledger::last_events(root.path()).unwrap(), before);
}

#[tokio::test]
async fn a_ledger_of_the_first_format_stays_what_it_is_and_a_newer_one_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 1).await;
    let set = |sql: &str| Connection::open(root.path().join(layout::LEDGER)).unwrap().execute_batch(sql).unwrap();
    let version = || -> u32 {
        let file = Connection::open(root.path().join(layout::LEDGER)).unwrap();
        file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    set("DROP TABLE counts; PRAGMA user_version = 1");
    reviews(root.path()).say(noon(), &[(takes[0].clone(), Change::All(pick()))]).unwrap();
    assert_eq!((version(), said(root.path()).len()), (1, 1));
    drop(open(root.path()));
    assert!(version() > 1, "who holds the lock brings it up to date");
    assert_eq!(said(root.path()).len(), 1);
    set("PRAGMA user_version = 1000");
    assert!(matches!(Reviews::open(root.path()), Err(LedgerError::Newer { .. })));
    set("PRAGMA user_version = 1; PRAGMA application_id = 7");
    assert!(matches!(Reviews::open(root.path()), Err(LedgerError::NotALedger { .. })));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_said_into_a_file_that_nobody_will_find_is_not_said() {
    let root = tempfile::tempdir().unwrap();
    let takes = watched(root.path(), 1).await;
    let mut open = reviews(root.path());
    let mut follow = Follow::open(root.path()).unwrap().unwrap();
    follow.news(drop).unwrap();
    follow.rest();
    follow.news(|take| panic!("{take:?} is no news")).unwrap();
    follow.rest();
    fs::rename(root.path().join(layout::LEDGER), root.path().join("away")).unwrap();
    let replaced = |error| matches!(error, Err(LedgerError::Replaced { .. }));
    assert!(replaced(open.say(noon(), &[(takes[0].clone(), Change::All(pick()))]).map(drop)));
    assert!(replaced(follow.news(drop)));
    watched(root.path(), 1).await;
    assert!(replaced(follow.news(drop)), "other events have the same numbers there");
}

fn open(root: &Path) -> Ledger {
    Ledger::open(root, "test", &Holder { pid: 1, host: String::new(), since: noon() }).unwrap()
}

fn reviews(root: &Path) -> Reviews {
    Reviews::open(root).unwrap().unwrap()
}

fn pick() -> Review {
    Review { verdict: Some(Verdict::Pick), ..Review::default() }
}

/// What is said of which takes.
fn said(root: &Path) -> HashMap<TakeName, Review> {
    let said = |take: Take| (take.name, take.record.review);
    ledger::read(root).unwrap().into_iter().map(said).filter(|(_, review)| !review.is_empty()).collect()
}

fn events(root: &Path, kind: &str) -> i64 {
    let file = Connection::open(root.join(layout::LEDGER)).unwrap();
    file.query_row("SELECT count(*) FROM events WHERE kind = ?", [kind], |row| row.get(0)).unwrap()
}

fn names(root: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
