//! The spool on real folders: a letter is taken in once and for good, waits as long as it must, and may move house meanwhile.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rushes::spool::{Kept, Letter, Limits, Sort, Spool, SpoolError};
use rushes::take::Token;
use tempfile::tempdir;

use crate::support::noon;

#[tokio::test]
async fn a_letter_is_taken_in_once_wherever_it_is_by_then() {
    let folder = tempdir().unwrap();
    let spool = open(folder.path());
    let letter = letter(1, "{}");
    assert_eq!(keep(&spool, &letter).await, Kept::New);
    assert_eq!(keep(&spool, &letter).await, Kept::Known);
    let later = Letter { received_at: noon() + Duration::from_secs(9), ..letter.clone() };
    assert_eq!(keep(&spool, &later).await, Kept::Known, "the time is no part of what it says");
    assert_eq!(waiting(&spool), std::slice::from_ref(&letter));
    spool.done(&letter.name()).unwrap();
    assert_eq!(keep(&spool, &letter).await, Kept::Known);
    assert_eq!(keep(&open(folder.path()), &letter).await, Kept::Known, "another process, another day");
    assert_eq!(waiting(&spool), []);
    let other = Letter { token: Some(Token::new(2)), ..letter };
    assert_eq!(keep(&spool, &other).await, Kept::New, "another attempt");
}

#[tokio::test]
async fn many_at_once_are_all_there() {
    let folder = tempdir().unwrap();
    let spool = open(folder.path());
    let letters: Vec<_> = (0..100).map(|n| letter(n, "{}")).collect();
    let twice = letters.iter().chain(&letters).map(|letter| spool.keep(letter.clone(), Sort::New));
    let kept = futures::future::join_all(twice).await;
    assert_eq!(kept.iter().filter(|kept| matches!(kept, Ok(Kept::New))).count(), 100);
    assert_eq!(waiting(&open(folder.path())).len(), 100);
}

#[tokio::test]
async fn what_is_for_a_person_does_not_wait_for_a_run_and_says_why() {
    let folder = tempdir().unwrap();
    let spool = open(folder.path());
    let (odd, contradicting) = (letter(1, "<html>"), letter(2, "{}"));
    assert_eq!(spool.keep(odd.clone(), Sort::Odd("not of the known shape".into())).await.unwrap(), Kept::New);
    keep(&spool, &contradicting).await;
    spool.set_aside(&contradicting.name(), "it is about another prompt").unwrap();
    assert_eq!(waiting(&spool), []);
    for (letter, why) in [(odd, "not of the known shape\n"), (contradicting, "it is about another prompt\n")] {
        let path = folder.path().join("odd").join(letter.name());
        assert_eq!(Letter::read(&letter.name(), &fs::read(&path).unwrap()).unwrap(), letter);
        assert_eq!(fs::read_to_string(path.with_extension("txt")).unwrap(), why);
        assert_eq!(keep(&spool, &letter).await, Kept::Known);
    }
}

#[tokio::test]
async fn it_can_be_copied_and_emptied_elsewhere() {
    let (server, laptop) = (tempdir().unwrap(), tempdir().unwrap());
    let here = open(server.path());
    let sealed = here.seal().write(Token::new(1));
    for n in 1..=3 {
        keep(&here, &letter(n, "{}")).await;
    }
    copy(server.path(), laptop.path());
    let there = open(laptop.path());
    assert_eq!(there.seal().read(&sealed), Some(Token::new(1)), "its secret came along");
    assert_eq!(waiting(&there).len(), 3);
    for letter in waiting(&there) {
        there.done(&letter.name()).unwrap();
    }
    keep(&here, &letter(4, "{}")).await;
    copy(server.path(), laptop.path());
    let known: HashSet<_> = there.waiting(&HashSet::new()).unwrap().into_iter().map(|waiting| waiting.name).collect();
    assert_eq!(known.len(), 4, "a copy brings back what was moved, and that does no harm");
    assert!(there.waiting(&known).unwrap().is_empty());
    for letter in waiting(&there) {
        there.done(&letter.name()).unwrap();
    }
    assert_eq!(waiting(&there), []);
}

#[tokio::test]
async fn what_a_crash_or_a_copy_has_left_half_done_is_not_taken_for_a_letter() {
    let folder = tempdir().unwrap();
    let spool = open(folder.path());
    let whole = letter(1, "{}");
    keep(&spool, &whole).await;
    let new = folder.path().join("new");
    let half = letter(2, "{\"a\":\"a long body, of which half has arrived\"}");
    for (name, text) in [(".incoming-abc", "half"), (".DS_Store", ""), ("notes.txt", "mine"), ("1234.json", "{}")] {
        fs::write(new.join(name), text).unwrap();
    }
    fs::write(new.join(half.name()), &half.write()[..60]).unwrap();
    fs::create_dir(new.join("folder")).unwrap();
    let found = spool.waiting(&HashSet::new()).unwrap();
    let (sound, broken): (Vec<_>, Vec<_>) = found.into_iter().partition(|waiting| waiting.letter.is_ok());
    assert_eq!(sound.iter().map(|waiting| &waiting.name).collect::<Vec<_>>(), [&whole.name()]);
    assert_eq!(broken.iter().map(|waiting| &waiting.name).collect::<Vec<_>>(), [&half.name()]);
    // What somebody may still be writing stays; what nobody is writing any more goes.
    let now = Timestamp::try_from(SystemTime::UNIX_EPOCH + age(&new.join(".incoming-abc"))).unwrap();
    spool.clean(now).unwrap();
    assert!(new.join(".incoming-abc").exists());
    spool.clean(now + Duration::from_secs(7200)).unwrap();
    assert!(!new.join(".incoming-abc").exists());
    assert!([".DS_Store", "notes.txt", "1234.json", &whole.name()].iter().all(|name| new.join(name).exists()));
}

#[tokio::test]
async fn no_more_is_taken_in_than_there_is_room_for() {
    let folder = tempdir().unwrap();
    let size = letter(1, "{}").write().len() as u64;
    for limits in [Limits { files: 2, ..Limits::default() }, Limits { bytes: 2 * size, ..Limits::default() }] {
        fs::remove_dir_all(folder.path()).unwrap();
        let spool = Spool::open(folder.path(), limits).unwrap();
        keep(&spool, &letter(1, "{}")).await;
        spool.keep(letter(2, "{}"), Sort::Odd("why".into())).await.unwrap();
        let full = spool.keep(letter(3, "{}"), Sort::New).await.unwrap_err();
        assert!(matches!(full, SpoolError::Full { files: 2.., .. }), "{full}");
        assert_eq!(keep(&spool, &letter(1, "{}")).await, Kept::Known, "what is there is there");
        assert_eq!(waiting(&spool).len(), 1);
        // As soon as a run, or a person, has made room there is room.
        spool.done(&letter(1, "{}").name()).unwrap();
        fs::remove_dir_all(folder.path().join("odd")).unwrap();
        fs::create_dir(folder.path().join("odd")).unwrap();
        assert_eq!(keep(&spool, &letter(3, "{}")).await, Kept::New);
    }
}

#[tokio::test]
async fn one_attempt_cannot_fill_it_alone() {
    let folder = tempdir().unwrap();
    let spool = Spool::open(folder.path(), Limits { of_one: 3, ..Limits::default() }).unwrap();
    for n in 0..3 {
        let letter = letter(1, &format!("{{\"n\":{n}}}"));
        keep(&spool, &letter).await;
        spool.done(&letter.name()).unwrap();
    }
    let enough = spool.keep(letter(1, "{}"), Sort::New).await.unwrap_err();
    assert!(matches!(enough, SpoolError::Talkative { count: 3, .. }), "{enough}");
    assert_eq!(keep(&spool, &letter(2, "{}")).await, Kept::New);
}

#[tokio::test]
async fn a_disk_that_was_in_the_way_once_is_tried_again() {
    let folder = tempdir().unwrap();
    let spool = open(folder.path());
    let new = folder.path().join("new");
    fs::remove_dir(&new).unwrap();
    let error = spool.keep(letter(1, "{}"), Sort::New).await.unwrap_err();
    assert!(error.to_string().contains("new"), "{error}");
    fs::create_dir(&new).unwrap();
    assert_eq!(keep(&spool, &letter(1, "{}")).await, Kept::New);
}

#[test]
fn the_secret_is_made_once_and_kept_from_others() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("spool/secret");
    let sealed = open(&folder.path().join("spool")).seal().write(Token::new(1));
    let secret = fs::read_to_string(&path).unwrap();
    assert_eq!((secret.len(), open(&folder.path().join("spool")).seal().read(&sealed)), (65, Some(Token::new(1))));
    #[cfg(unix)]
    for path in [&path, &folder.path().join("spool")] {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
    for (text, told) in [("", "64 hexadecimal digits"), ("0xdead", "64 hexadecimal digits"), (&secret[1..], "64 hex")] {
        fs::write(&path, text).unwrap();
        let error = Spool::open(&folder.path().join("spool"), Limits::default()).err().expect("no secret").to_string();
        assert!(error.contains(told) && (text.is_empty() || !error.contains(text.trim())), "{error}");
    }
}

#[test]
fn two_who_come_first_agree_on_one_secret() {
    let folder = tempdir().unwrap();
    let sealed = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| open(folder.path()).seal().write(Token::new(1)))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<HashSet<_>>()
    });
    assert_eq!(sealed.len(), 1);
}

fn open(folder: &Path) -> Spool {
    Spool::open(folder, Limits::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn letter(token: u128, body: &str) -> Letter {
    Letter { received_at: noon(), token: Some(Token::new(token)), body: body.into() }
}

async fn keep(spool: &Spool, letter: &Letter) -> Kept {
    spool.keep(letter.clone(), Sort::New).await.unwrap_or_else(|error| panic!("{error}"))
}

fn waiting(spool: &Spool) -> Vec<Letter> {
    spool.waiting(&HashSet::new()).unwrap().into_iter().map(|waiting| waiting.letter.unwrap()).collect()
}

fn age(path: &Path) -> Duration {
    fs::metadata(path).unwrap().modified().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

/// What `cp -r`, `scp` and `rsync` do.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
