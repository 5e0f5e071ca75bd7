//! The engine and the real client against hosts that misbehave: whatever comes and however often it breaks, what is stored is the video, and
//! nothing else is.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use rushes::clock::Clock;
use rushes::digest::Digest;
use rushes::film;
use rushes::layout;
use rushes::ledger;
use rushes::provider::{Answer, Download, FetchError, Order, Provider, Reply, Resume};
use rushes::simulator::{Changes, Script, SimulatedProvider};
use rushes::take::{Event, Finish, Policy, Sighting, State, Take, TaskId, Token};

use crate::chaos::{Act, Chaos, File};
use crate::download::{here, provider};
use crate::support::{Seen, append, append_at, enter, live, live_with, noon, take, wide};

#[tokio::test]
async fn what_is_cut_off_is_gone_on_with_and_nothing_comes_twice() {
    let whole = film(5000, 0);
    let file = File::tagged(&whole, "\"a\"");
    let acts = [(0, 0), (1, 0), (1500, 1), (0, 1501), (3498, 1501), (1, 4999)];
    let host = Chaos::new(acts.map(|(count, _)| Act::Serve(file.clone(), count)));
    let (stored, _) = fetch(Arc::new(here()), &host, patient()).await;
    assert_eq!(stored, Some(whole));
    let heard: Vec<_> = host.heard().iter().map(|call| call.header("range").map(str::to_owned)).collect();
    let expected = acts.map(|(_, from)| (from > 0).then(|| format!("bytes={from}-")));
    assert_eq!(heard, expected);
}

#[tokio::test]
async fn what_stands_still_is_cut_and_gone_on_with() {
    let whole = film(5000, 0);
    let file = File::tagged(&whole, "\"a\"");
    let host = Chaos::new([Act::Hang(file.clone(), 3000), Act::Hang(file.clone(), 0), Act::Serve(file, usize::MAX)]);
    let impatient = Arc::new(provider(&host.url(""), Duration::from_millis(100)));
    let (stored, _) = fetch(impatient, &host, patient()).await;
    assert_eq!(stored, Some(whole));
    let ranges: Vec<_> = host.heard().iter().map(|call| call.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, [None, Some("bytes=3000-".to_owned()), Some("bytes=3000-".to_owned())]);
}

#[tokio::test]
async fn what_cannot_be_the_video_is_thrown_away_and_fetched_anew() {
    let client = Arc::new(here());
    let good = film(5000, 0);
    let page = "<!DOCTYPE html><html><body>one moment</body></html>".repeat(100);
    let with = |headers: &str| Act::Serve(File { headers: headers.to_owned(), ..File::tagged(&good, "\"a\"") }, usize::MAX);
    let piecewise = page[..9].chars().fold(String::new(), |so_far, c| so_far + "1\r\n" + c.encode_utf8(&mut [0; 4]) + "\r\n");
    let endless = Act::Stall(format!("HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n{piecewise}").into_bytes());
    let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let half = File::tagged(&good, "\"a\"");
    for (what, acts) in [
        ("a page", vec![Act::answer(200, &page)]),
        ("a page in the name of a video", vec![Act::with(200, "Content-Type: video/mp4\r\nConnection: close\r\n", &page)]),
        ("a page byte by byte, without an end", vec![endless]),
        ("a page instead of the rest", vec![Act::Serve(half.clone(), 2000), Act::answer(200, &page)]),
        ("JSON", vec![Act::answer(200, r#"{"code":"AccessDenied"}"#)]),
        ("nothing", vec![Act::answer(200, "")]),
        ("too little", vec![Act::Serve(File::tagged(&film(999, 0), "\"b\""), usize::MAX)]),
        ("another sum", vec![with(&format!("Repr-Digest: sha-256=:{sum}:\r\n"))]),
        ("another sum, MD5", vec![with("Content-MD5: kAFQmDzST7DWlj99KOF/cg==\r\n")]),
        (
            "nothing behind",
            vec![Act::Serve(half.clone(), 2000), Act::with(416, "Content-Range: bytes */2000\r\nConnection: close\r\n", "")],
        ),
        (
            "another length",
            vec![
                Act::Serve(half.clone(), 2000),
                Act::with(206, "Content-Range: bytes 2000-2000/2001\r\nConnection: close\r\n", "x"),
            ],
        ),
        (
            "more than there is",
            vec![
                Act::Serve(half, 2000),
                Act::Say(
                    b"HTTP/1.1 206 X\r\nContent-Range: bytes 2000-4999/5000\r\n\r\n"
                        .iter()
                        .copied()
                        .chain([b'x'; 3001])
                        .collect(),
                ),
            ],
        ),
    ] {
        let last = Act::Serve(File { announced: false, ..File::tagged(&good, "\"a\"") }, usize::MAX);
        let host = Chaos::new(acts.into_iter().chain([last]));
        let (stored, _) = fetch(Arc::clone(&client) as Arc<dyn Provider>, &host, patient()).await;
        assert_eq!(stored.as_ref(), Some(&good), "{what}");
        assert_eq!(host.heard().last().unwrap().header("range"), None, "{what}");
    }
}

#[tokio::test]
async fn what_is_too_big_is_asked_for_once_and_left_where_it_is() {
    let client = Arc::new(here());
    let policy = Policy { max_video: 4999, ..patient() };
    for announced in [true, false] {
        // What is announced to be too big is not even looked at: the host would wait for ever.
        let file = File { announced, ..File::tagged(&film(5000, 0), "\"a\"") };
        let act = if announced { Act::Hang(file, 0) } else { Act::Serve(file, usize::MAX) };
        let host = Chaos::new([act.clone(), act]);
        let (stored, polls) = fetch(Arc::clone(&client) as Arc<dyn Provider>, &host, policy.clone()).await;
        assert_eq!((stored, polls, host.heard().len()), (None, 0, 1), "announced: {announced}");
    }
}

#[tokio::test]
async fn junk_is_not_fetched_for_ever() {
    let host = Chaos::new(std::iter::repeat_n(Act::answer(200, "Not here"), 20));
    let policy = Policy { fetches: 5, ..patient() };
    let (stored, _) = fetch(Arc::new(here()), &host, policy).await;
    assert_eq!((stored, host.heard().len()), (None, 5));
}

#[tokio::test]
async fn a_link_that_may_not_be_followed_is_renewed_once() {
    let client = Arc::new(here());
    let film = film(5000, 0);
    for (second, expected) in [(None, Some(&film)), (Some("http://169.254.169.254/"), None)] {
        let host = Chaos::new([Act::Serve(File::tagged(&film, "\"a\""), usize::MAX)]);
        let good = host.url("/a.mp4");
        let links = ["http://10.0.0.1/a.mp4", second.unwrap_or(&good), second.unwrap_or(&good)].map(str::to_owned);
        let (stored, polls) = fetch_from(Arc::clone(&client) as Arc<dyn Provider>, &links, patient()).await;
        assert_eq!((stored.as_ref(), polls), (expected, 1));
        assert_eq!(host.heard().len(), usize::from(second.is_none()));
    }
}

#[tokio::test]
async fn behind_a_fresh_link_the_rest_comes_only_by_its_tag() {
    let client = Arc::new(here());
    let film = film(5000, 0);
    let changed = "Sun, 22 Nov 2026 10:00:00 GMT";
    let dated = File {
        headers: format!("Last-Modified: {changed}\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"),
        validator: Some(changed.to_owned()),
        ..File::tagged(&film, "")
    };
    for (file, expected) in [(File::tagged(&film, "\"a\""), Some("bytes=2000-")), (dated, None)] {
        let host = Chaos::new([Act::Serve(file.clone(), 2000), Act::answer(410, ""), Act::Serve(file, usize::MAX)]);
        let links = ["/a.mp4?signature=1", "/a.mp4?signature=2"].map(|path| host.url(path));
        let (stored, polls) = fetch_from(Arc::clone(&client) as Arc<dyn Provider>, &links, patient()).await;
        assert_eq!((stored.as_ref(), polls), (Some(&film), 1));
        let heard = host.heard();
        assert_eq!(heard[1].header("range"), Some("bytes=2000-"));
        assert_eq!((heard[2].line.as_str(), heard[2].header("range")), ("GET /a.mp4?signature=2 HTTP/1.1", expected));
    }
}

/// What is done to an output directory.
type Harm<'a> = &'a dyn Fn(&Path);

/// One try: which of two files the host has now, how many bytes of it come, and whether it says how many there are.
type Try = (bool, usize, bool);

#[test]
fn however_a_video_is_cut_what_is_stored_is_the_video() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client: Arc<dyn Provider> = Arc::new(here());
    let names = (0_usize..5, any::<bool>());
    let tries = proptest::collection::vec((any::<bool>(), 0_usize..4000, any::<bool>()), 0..8);
    let mut runner = TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() });
    let whatever = (1000_usize..4000, names, tries, any::<bool>());
    let held = runner.run(&whatever, |(length, (name, sums), tries, last)| {
        runtime.block_on(async {
            let films = [film(length, 1), film(length, 2)];
            let acts = tries.into_iter().chain([(last, usize::MAX, true)]).map(|(which, count, announced): Try| {
                Act::Serve(File { announced, ..named(&films[usize::from(which)], name, which, sums) }, count)
            });
            let host = Chaos::new(acts);
            let (stored, _) = fetch(Arc::clone(&client), &host, patient()).await;
            let stored = stored.expect("at last it comes whole");
            prop_assert!(films.contains(&stored), "{} bytes of something else", stored.len());
            Ok(())
        })
    });
    held.unwrap();
}

/// A file that goes by a name of this kind.
fn named(film: &[u8], kind: usize, which: bool, sums: bool) -> File {
    let which = u8::from(which);
    let date = "Date: Sun, 22 Nov 2026 12:00:00 GMT\r\n";
    let changed = format!("Sun, 22 Nov 2026 10:00:0{which} GMT");
    let (headers, validator) = match kind {
        0 => (format!("ETag: \"{which}\"\r\n"), Some(format!("\"{which}\""))),
        // Not strong: the same for both.
        1 => ("ETag: W/\"a\"\r\n".to_owned(), Some("W/\"a\"".to_owned())),
        2 => (format!("Last-Modified: {changed}\r\n{date}"), Some(changed)),
        3 => (format!("Last-Modified: {changed}\r\n"), Some(changed)),
        _ => (String::new(), None),
    };
    let sum = format!("Repr-Digest: sha-256=:{}:\r\n", STANDARD.encode(Digest::of(film).as_bytes()));
    let headers = if sums { headers + &sum } else { headers };
    File { bytes: film.to_vec(), headers, validator, announced: true }
}

#[tokio::test(start_paused = true)]
async fn the_oldest_link_goes_first() {
    let root = tempfile::tempdir().unwrap();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(Script::default(), clock);
    let ages = [3, 9, 1, 7, 5, 8];
    let takes: Vec<_> = (0..ages.len()).map(take).collect();
    enter(root.path(), &takes).await;
    for (take, age) in takes.iter().zip(ages) {
        let made = noon() - Duration::from_secs(age * 3600);
        ready(root.path(), take, "t", &format!("http://simulator.invalid/{age}"), made).await;
    }
    let limits = rushes::engine::Limits { downloads: std::num::NonZeroU32::MIN, ..wide() };
    live(root.path(), &provider, clock, limits, Policy::default(), &Seen::default()).await.unwrap();
    let followed: Vec<_> = provider.fetches().into_iter().map(|(_, link)| link).take(ages.len()).collect();
    assert_eq!(followed, [9, 8, 7, 5, 3, 1].map(|age| format!("http://simulator.invalid/{age}")));
}

#[tokio::test(start_paused = true)]
async fn what_is_here_is_not_fetched_because_nobody_wrote_it_down() {
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(Script::default().with(Changes::from_yaml("seed: 1").unwrap()).unwrap(), clock);
    let done = tempfile::tempdir().unwrap();
    enter(done.path(), &[take(1)]).await;
    live(done.path(), &provider, clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
    let [stored] = &ledger::read(done.path()).unwrap()[..] else { panic!("one take") };
    let State::Stored { task, link, asset } = &stored.state else { panic!("{stored:?}") };
    let object = layout::object(&asset.digest);
    let spoil = |root: &Path, name: &str| {
        let path = root.join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[500] ^= 1;
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    };
    let (video, sidecar) = (layout::video(&stored.name), layout::sidecar(&stored.name));
    let harms: [(&str, &str, Harm<'_>, usize); 8] = [
        ("all is there", task.as_str(), &|_| {}, 0),
        ("no link", task.as_str(), &|root| fs::remove_file(root.join(&video)).unwrap(), 0),
        ("no object", task.as_str(), &|root| fs::remove_file(root.join(&object)).unwrap(), 0),
        ("a spoilt object, and a copy", task.as_str(), &|root| spoil(root, &object), 0),
        (
            "a spoilt copy, and no object",
            task.as_str(),
            &|root| {
                fs::remove_file(root.join(&object)).unwrap();
                spoil(root, &video);
            },
            1,
        ),
        (
            "both spoilt",
            task.as_str(),
            &|root| {
                spoil(root, &object);
                spoil(root, &video);
            },
            1,
        ),
        ("no provenance", task.as_str(), &|root| fs::remove_file(root.join(&sidecar)).unwrap(), 1),
        ("of another task", "another-task", &|_| {}, 1),
    ];
    for (what, task, harm, fetches) in harms {
        let root = tempfile::tempdir().unwrap();
        enter(root.path(), &[take(1)]).await;
        ready(root.path(), &take(1), task, link, noon()).await;
        for name in [&object, &video, &sidecar] {
            fs::create_dir_all(root.path().join(name).parent().unwrap()).unwrap();
            fs::copy(done.path().join(name), root.path().join(name)).unwrap();
        }
        harm(root.path());
        let before = provider.fetches().len();
        let ended = live(root.path(), &provider, clock, wide(), Policy::default(), &Seen::default()).await.unwrap();
        assert_eq!(provider.fetches().len() - before, fetches, "{what}");
        assert!(matches!(&ended.takes[0].state, State::Stored { asset: found, .. } if found == asset), "{what}: {ended:?}");
        for name in [&object, &video] {
            assert_eq!(Digest::of(&fs::read(root.path().join(name)).unwrap()), asset.digest, "{what}: {name}");
        }
    }
}

/// A provider that has made the video, and gives one link after the other to it; the last one for ever. The first is known already.
struct Maker {
    client: Arc<dyn Provider>,
    links: Vec<String>,
    polls: Mutex<usize>,
}

impl Provider for Maker {
    fn submit<'a>(&'a self, _: Order<'a>) -> BoxFuture<'a, Reply> {
        unreachable!("it is made already")
    }

    fn poll<'a>(&'a self, _: &'a TaskId) -> BoxFuture<'a, Reply> {
        let mut polls = self.polls.lock().unwrap();
        *polls += 1;
        let link = self.links.get(*polls).or(self.links.last()).cloned();
        async { Reply { answer: Answer::Seen(Sighting::Succeeded { link, finish: Finish::default() }), raw: String::new() } }
            .boxed()
    }

    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.client.fetch(link, from)
    }
}

/// Fetches the video of one take from `host`. Returns what is stored, and how often the provider was asked for another link.
#[tokio::test]
async fn where_nobody_says_how_long_it_is_a_damaged_video_is_fetched_once_more_and_the_better_one_kept() {
    let whole = film(5000, 0);
    let ends_at = |end: usize| Act::Say([b"HTTP/1.0 200 X\r\n\r\n", &whole[..end]].concat());
    for (acts, expected) in [
        (vec![ends_at(3000), ends_at(5000)], 5000),
        (vec![ends_at(3000), ends_at(3000)], 3000),
        (vec![ends_at(3000), ends_at(4000)], 4000),
        (vec![ends_at(4000), ends_at(3000)], 4000),
        (vec![ends_at(5000)], 5000),
        (vec![Act::Serve(File::tagged(&whole[..3000], "\"a\""), usize::MAX)], 3000),
        // What is in hand is not given up for what may come.
        (vec![ends_at(3000), Act::answer(404, "gone")], 3000),
        (vec![ends_at(3000), Act::answer(200, "<html>gone</html>")], 3000),
        (vec![ends_at(3000), Act::Slam], 3000),
    ] {
        let (count, said) = (acts.len(), format!("{acts:.60?}"));
        let host = Chaos::new(acts);
        let (stored, polls) = fetch(Arc::new(here()), &host, patient()).await;
        assert_eq!((stored.map(|stored| stored.len()), polls), (Some(expected), 0), "{said}");
        assert!(host.heard().len() <= count, "{said}");
    }
}

async fn fetch(client: Arc<dyn Provider>, host: &Chaos, policy: Policy) -> (Option<Vec<u8>>, usize) {
    fetch_from(client, &[host.url("/a.mp4")], policy).await
}

async fn fetch_from(client: Arc<dyn Provider>, links: &[String], policy: Policy) -> (Option<Vec<u8>>, usize) {
    let root = tempfile::tempdir().unwrap();
    enter(root.path(), &[take(1)]).await;
    ready(root.path(), &take(1), "t", &links[0], noon()).await;
    let maker = Arc::new(Maker { client, links: links.to_vec(), polls: Mutex::default() });
    // So fast that nobody waits for a pause between two tries.
    let clock = Clock::starting_at(noon(), 10_000);
    let ended =
        live_with(root.path(), Arc::clone(&maker) as Arc<dyn Provider>, clock, wide(), policy, &Seen::default(), None).await;
    let take = ended.unwrap().takes.remove(0);
    let polls = *maker.polls.lock().unwrap();
    match take.state {
        State::Stored { asset, .. } => {
            let bytes = fs::read(root.path().join(layout::object(&asset.digest))).unwrap();
            assert_eq!((Digest::of(&bytes), bytes.len() as u64), (asset.digest, asset.bytes));
            (Some(bytes), polls)
        }
        State::Ready { .. } => {
            assert_eq!(fs::read_dir(root.path().join(layout::OBJECTS)).unwrap().count(), 0, "something is left");
            (None, polls)
        }
        state => panic!("{state:?}"),
    }
}

/// Numbers with which nobody gives up early.
fn patient() -> Policy {
    Policy { patience: Duration::from_secs(1 << 40), fetches: 50, progress: 1, ..Policy::default() }
}

/// Writes down that the video of `take` is made, and where.
async fn ready(root: &Path, take: &Take, task: &str, link: &str, at: Timestamp) {
    append_at(at, root, take, Event::Intent { token: Token::new(1), price: None }).await;
    append(root, take, Event::Accepted { task: task.parse().unwrap() }).await;
    append_at(at, root, take, Event::Succeeded { link: link.to_owned(), finish: Finish::default() }).await;
}

/// A sound container of so many bytes, with any bytes for its one picture.
fn film(length: usize, seed: usize) -> Vec<u8> {
    let rest = film::stub(&[]).len()..length;
    film::stub(&rest.map(|at| u8::try_from((at * (seed + 7) + at / 251) % 256).unwrap()).collect::<Vec<_>>())
}
