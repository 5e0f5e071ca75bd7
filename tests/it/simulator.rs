//! The rehearsal says over HTTP what it says without: the real client, reading every shape from the wire, comes to the same answers as
//! the engine's tests get from the model itself.

use std::time::Duration;

use futures::StreamExt;
use rushes::clock::Clock;
use rushes::digest::{Digest, Hasher};
use rushes::engine::{Fate, Inbox};
use rushes::provider::cometapi::{self, CometApi};
use rushes::provider::{Answer, BaseUrl, Connection, FetchError, Key, Order, Provider, RetryAfter, Timeouts};
use rushes::simulator::server::LOOPBACK;
use rushes::simulator::{CallbackFault, CallbackSent, Changes, Fault, Kind, Script, Server, SimulatedProvider, serve};
use rushes::take::{Sighting, Token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Post, noon, take};

/// Everything at once, so that nothing depends on when it is asked.
const QUICK: &str = "latency: 0\nhidden: 0\nqueue: 0\ngenerate: 0\nrefresh: 0\nretry_after: 3s\n";

/// How many takes meet each fault, so that every shape of an answer is there.
const TAKES: usize = 4;

/// So many times as fast as the world, what takes minutes is over in no time.
const FAST: u32 = 10_000;

#[tokio::test]
async fn every_fault_means_the_same_with_and_without_a_wire() {
    // At the speed of the world, what comes minutes later does not come at all.
    let slow = |kind: Kind| matches!(kind, Kind::Ending | Kind::Feed);
    all_of(QUICK, 1, Fault::all().filter(|fault| slow(fault.kind())).collect()).await;
    all_of(&QUICK.replace("generate: 0", "generate: 9000h"), 1, Fault::all().filter(|fault| slow(fault.kind())).collect())
        .await;
    all_of(QUICK, FAST, Fault::all().filter(|fault| !slow(fault.kind())).collect()).await;
}

#[tokio::test]
async fn every_state_means_the_same_with_and_without_a_wire() {
    for (from, to) in [
        ("", ""),
        ("generate: 0", "generate: 9000h"),
        ("queue: 0", "queue: 9000h"),
        ("hidden: 0", "hidden: 9000h"),
        ("generate: 0", "generate: 9000h\nconcurrency: 2"),
        ("retry_after: 3s", "rate_limit: 1/h bucket 9"),
        ("retry_after: 3s", "rate_limit: 9/h\nretry_after: 0"),
    ] {
        same(&QUICK.replace(from, to), 40, 1).await;
    }
}

/// Plays each of these to some takes of its own.
async fn all_of(yaml: &str, speed: u32, faults: Vec<Fault>) {
    let hit = |(number, fault): (usize, &Fault)| format!("  SH{number:04}: {{ fail: {fault} }}\n");
    let faults = faults.iter().flat_map(|fault| [fault; TAKES]);
    let shots: Vec<_> = faults.enumerate().map(hit).collect();
    same(&format!("{yaml}shots:\n{}", shots.concat()), shots.len(), speed).await;
}

#[tokio::test]
async fn the_client_fetches_a_film_from_the_link_it_was_given() {
    let (server, client) = start(QUICK, 1).await;
    let met = meet(&client, 1).await;
    let Some(Answer::Seen(Sighting::Succeeded { link: Some(link), .. })) = met.polls.last() else { panic!("{met:?}") };
    let Ok(download) = client.fetch(link, None).await else { panic!("cannot fetch {link}") };
    let body: Vec<_> = download.body.collect().await;
    let body = body.into_iter().collect::<Result<Vec<_>, _>>().expect("a whole film").concat();
    assert_eq!((download.length, &body[4..8]), (Some(body.len() as u64), &b"ftyp"[..]));
    server.shutdown().await;
}

#[tokio::test]
async fn callbacks_say_the_same_with_and_without_a_wire() {
    let fault = |(number, fault): (usize, &CallbackFault)| format!("  SH{number:04}: {{ fail: {} }}\n", fault.name());
    let shots: String = CallbackFault::ALL.iter().enumerate().map(fault).collect();
    let yaml = format!("queue: 10s\ngenerate: 60s\nshots:\n{shots}");
    // One more, to whom nothing happens.
    let takes = 0..=CallbackFault::ALL.len();
    let (server, client) = start(&yaml, FAST).await;
    let inside = SimulatedProvider::new(script(&yaml), Clock::starting_at(noon(), FAST)).with_callbacks();
    let post = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let here = format!("http://{}/hook", post.local_addr().expect("an address")).parse().expect("a URL");
    for number in takes.clone() {
        let take = take(number);
        let token = Token::new(number as u128);
        let order = Order { take: &take.name, request: &take.request, token, callback_url: Some(&here) };
        let answers = [client.submit(order).await.answer, inside.submit(order).await.answer];
        assert!(answers.iter().all(|answer| matches!(answer, Answer::Accepted(_))), "{answers:?}");
    }
    let (mut over, mut without) = (Vec::new(), Vec::new());
    // Two each; two more, none, or one more where that is the fault.
    let count = 2 * takes.count() + 4;
    for _ in 0..count {
        over.push(received(&post).await);
        without.push(gist_of(inside.next_callback().await));
    }
    over.sort();
    without.sort();
    assert_eq!(over, without);
    while server.stats().called_back < count as u64 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.stats().not_called_back, 0);
    server.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn the_post_of_a_run_brings_what_the_provider_says() {
    let provider = SimulatedProvider::new(
        script("queue: 10s\ngenerate: 60s\nodds: { callback_nonsense: 1 }"),
        Clock::starting_at(noon(), 1),
    );
    let provider = provider.with_callbacks();
    let post = Post::of(&provider, true);
    let take = take(1);
    let order = Order { take: &take.name, request: &take.request, token: Token::new(7), callback_url: None };
    let Answer::Accepted(task) = provider.submit(order).await.answer else { panic!("not accepted") };
    let (first, second) = (post.next().await, post.next().await);
    assert_eq!((&first.callback.task, first.token, first.name == second.name), (&task, Some(Token::new(7)), false));
    assert!(matches!(first.callback.sighting, Sighting::Unfinished { .. }), "{first:?}");
    assert!(matches!(second.callback.sighting, Sighting::Succeeded { link: Some(_), .. }), "{second:?}");
    post.dealt_with(first, Fate::Contradicts("the feed".into()));
    post.dealt_with(second, Fate::Used);
    assert_eq!(post.count(&Fate::Contradicts(String::new())), 1);
    assert_eq!((post.count(&Fate::Used), post.count(&Fate::Stale), post.unreadable(), post.is_live()), (1, 0, 1, true));
}

/// The next callback that a client gets, as what matters of it.
async fn received(post: &TcpListener) -> String {
    let (mut stream, _) = post.accept().await.expect("a connection");
    let mut call = Vec::new();
    let whole = |call: &[u8]| {
        let text = String::from_utf8_lossy(call).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length: usize = head.split_once("Content-Length: ")?.1.lines().next()?.parse().ok()?;
        (body.len() == length).then(|| (head.to_owned(), body.to_owned()))
    };
    let (head, body) = loop {
        if let Some(whole) = whole(&call) {
            break whole;
        }
        assert!(stream.read_buf(&mut call).await.expect("a call") > 0, "cut off: {call:?}");
    };
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.expect("an answer");
    let address = head.split(' ').nth(1).expect("a target");
    let is_token = |part: &&str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let token = address.split(['/', '?', '&', '=']).find(is_token).map(str::to_owned);
    gist_of(CallbackSent { token, body })
}

/// What a callback says, but for the id of its task, which is another one each time.
fn gist_of(sent: CallbackSent) -> String {
    let said = cometapi::callback(sent.body.as_bytes());
    let said = said.map(|callback| format!("{:?} {}", callback.prompt, gist(&Answer::Seen(callback.sighting))));
    format!("{:?} {}", sent.token, said.unwrap_or(sent.body))
}

/// Plays `yaml` at `speed`, with and without a wire, to `count` takes.
async fn same(yaml: &str, count: usize, speed: u32) {
    let (server, client) = start(yaml, speed).await;
    let inside = SimulatedProvider::new(script(yaml), Clock::starting_at(noon(), speed)).with_films();
    for number in 0..count {
        let (over, without) = (meet(&client, number).await, meet(&inside, number).await);
        let scene = inside.with_model(|model| model.script().scene(&take(number).name.to_string()).cloned());
        assert_eq!(essence(&over), essence(&without), "{scene:?}\n{over:?}\n{without:?}");
    }
    assert_eq!(server.stats(), inside.with_model(|model| model.stats()), "{yaml}");
    server.shutdown().await;
}

async fn start(yaml: &str, speed: u32) -> (Server, CometApi) {
    let server = serve(LOOPBACK, script(yaml), Clock::starting_at(noon(), speed), None).await.expect("a free port");
    let limit = Duration::from_secs(30);
    // Only a stalled download ever waits as long as this.
    let stall = Duration::from_millis(500);
    let connection = Connection {
        base_url: BaseUrl::new(server.base_url().parse().expect("a URL")).expect("a loopback address"),
        version: cometapi::VERSION.parse().expect("a header"),
        callback_url: cometapi::CALLBACK_URL.parse().expect("a URL"),
        seal: None,
        key: Key::new("rehearsal").expect("a key"),
        timeouts: Timeouts { connect: limit, create: limit, feed: limit, stall },
    };
    (server, CometApi::connect(connection).expect("a client"))
}

fn script(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).expect("a script")).expect("a script")
}

/// What a take meets.
#[derive(Debug)]
struct Met {
    answer: Answer,
    polls: Vec<Answer>,
    downloads: Vec<Result<Fetched, FetchError>>,
}

/// What came of a download, and whether it broke off.
#[derive(Debug, PartialEq)]
struct Fetched {
    length: Option<u64>,
    content_type: Option<String>,
    bytes: usize,
    digest: Digest,
    broke: bool,
}

/// Submits a take, asks about it some times if it is accepted, and of some takes, fetches the video twice: a film takes a debug build
/// a while.
async fn meet(provider: &dyn Provider, number: usize) -> Met {
    let take = take(number);
    let order = Order { take: &take.name, request: &take.request, token: Token::new(7), callback_url: None };
    let mut met = Met { answer: provider.submit(order).await.answer, polls: Vec::new(), downloads: Vec::new() };
    if let Answer::Accepted(task) = &met.answer {
        for _ in 0..7 {
            met.polls.push(provider.poll(task).await.answer);
        }
    }
    if number.is_multiple_of(TAKES)
        && let Some(Answer::Seen(Sighting::Succeeded { link: Some(link), .. })) = met.polls.last()
    {
        for _ in 0..2 {
            met.downloads.push(fetch(provider, link).await);
        }
    }
    met
}

/// What comes until it ends or breaks off.
async fn fetch(provider: &dyn Provider, link: &str) -> Result<Fetched, FetchError> {
    let mut download = provider.fetch(link, None).await?;
    let (length, content_type) = (download.length, download.content_type);
    let (mut hasher, mut bytes, mut broke) = (Hasher::default(), 0, false);
    while let Some(part) = download.body.next().await {
        let Ok(part) = part else {
            broke = true;
            break;
        };
        hasher.update(&part);
        bytes += part.len();
    }
    Ok(Fetched { length, content_type, bytes, digest: hasher.finish(), broke })
}

/// What the engine goes by; the words beside it may differ.
fn essence(met: &Met) -> String {
    let all: Vec<_> = [&met.answer].into_iter().chain(&met.polls).map(gist).collect();
    let downloads = met.downloads.iter().map(|download| match download {
        Ok(fetched) => format!("{fetched:?}"),
        Err(FetchError::Expired(_)) => "expired".to_owned(),
        Err(FetchError::Changed(_) | FetchError::Refused(_) | FetchError::Trouble(_)) => "trouble".to_owned(),
    });
    all.into_iter().chain(downloads).collect::<Vec<_>>().join("\n")
}

fn gist(answer: &Answer) -> String {
    match answer {
        Answer::Accepted(_) => "accepted".to_owned(),
        Answer::NotNow { retry_after: Some(RetryAfter::At(_)), .. } => "not now, but then".to_owned(),
        Answer::NotNow { retry_after, .. } => format!("not now {retry_after:?}"),
        Answer::Unreached { .. } => "unreached".to_owned(),
        Answer::Never { class, .. } => format!("never {class}"),
        Answer::Halt { cause, .. } => format!("halt {cause:?}"),
        Answer::Stranger(_) => "a stranger".to_owned(),
        Answer::Unclear(_) => "unclear".to_owned(),
        Answer::Seen(Sighting::NotExist) => "unknown".to_owned(),
        Answer::Seen(Sighting::Unfinished { word }) => format!("unfinished {}", word.to_lowercase()),
        Answer::Seen(Sighting::Succeeded { link, .. }) => format!("succeeded {}", link.is_some()),
        Answer::Seen(Sighting::Failed { class, .. }) => format!("failed {class}"),
    }
}
