//! The rehearsal says over HTTP what it says without: the real client, reading every shape from the wire, comes to the same answers as
//! the engine's tests get from the model itself.

use std::time::Duration;

use futures::StreamExt;
use rushes::clock::Clock;
use rushes::provider::cometapi::{self, CometApi};
use rushes::provider::{Answer, BaseUrl, Connection, Key, Order, Provider, Timeouts};
use rushes::simulator::server::LOOPBACK;
use rushes::simulator::{Changes, Fault, Script, Server, SimulatedProvider, serve};
use rushes::take::{Sighting, TaskId, Token};

use crate::support::{noon, take};

/// Everything at once, so that nothing depends on when it is asked.
const QUICK: &str = "latency: 0\nhidden: 0\nqueue: 0\ngenerate: 0\nrefresh: 0\nretry_after: 3s\n";

#[tokio::test]
async fn every_fault_means_the_same_with_and_without_a_wire() {
    for fault in Fault::ALL {
        let name = serde_json::to_string(&fault).expect("a name");
        let shots: Vec<String> = (0..9).map(|number| format!("  SH{number:04}: {{ fail: {name} }}")).collect();
        same(&format!("{QUICK}shots:\n{}\n", shots.join("\n")), 9).await;
    }
}

#[tokio::test]
async fn every_state_means_the_same_with_and_without_a_wire() {
    for (from, to) in
        [("", ""), ("generate: 0", "generate: 9000h"), ("queue: 0", "queue: 9000h"), ("hidden: 0", "hidden: 9000h")]
    {
        same(&QUICK.replace(from, to), 40).await;
    }
}

#[tokio::test]
async fn the_client_fetches_a_film_from_the_link_it_was_given() {
    let (server, client) = start(QUICK).await;
    let (answer, sighting) = meet(&client, 1).await;
    let Some(Sighting::Succeeded { link: Some(link) }) = sighting else { panic!("{answer:?} {sighting:?}") };
    let Ok(download) = client.fetch(&link, None).await else { panic!("cannot fetch {link}") };
    let body: Vec<_> = download.body.collect().await;
    let body = body.into_iter().collect::<Result<Vec<_>, _>>().expect("a whole film").concat();
    assert_eq!((download.length, &body[4..8]), (Some(body.len() as u64), &b"ftyp"[..]));
    server.shutdown().await;
}

/// Plays `yaml` with and without a wire to `count` takes.
async fn same(yaml: &str, count: usize) {
    let (server, client) = start(yaml).await;
    let inside = SimulatedProvider::new(script(yaml), Clock::starting_at(noon(), 1));
    for number in 0..count {
        let (over, without) = (meet(&client, number).await, meet(&inside, number).await);
        assert_eq!(essence(&over), essence(&without), "take {number} of\n{yaml}{over:?}\n{without:?}");
    }
    assert_eq!(server.stats().accepted, inside.with_model(|model| model.stats().accepted), "{yaml}");
    server.shutdown().await;
}

async fn start(yaml: &str) -> (Server, CometApi) {
    let server = serve(LOOPBACK, script(yaml), Clock::starting_at(noon(), 1), None).await.expect("a free port");
    let limit = Duration::from_secs(30);
    let connection = Connection {
        base_url: BaseUrl::new(server.base_url().parse().expect("a URL")).expect("a loopback address"),
        version: cometapi::VERSION.parse().expect("a header"),
        callback_url: cometapi::CALLBACK_URL.parse().expect("a URL"),
        seal: None,
        key: Key::new("rehearsal").expect("a key"),
        timeouts: Timeouts { connect: limit, create: limit, feed: limit, stall: limit },
    };
    (server, CometApi::connect(connection).expect("a client"))
}

fn script(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).expect("a script")).expect("a script")
}

/// Submits a take, and asks about it once if it is accepted.
async fn meet(provider: &dyn Provider, number: usize) -> (Answer, Option<Sighting>) {
    let take = take(number);
    let order = Order { take: &take.name, request: &take.request, token: Token::new(7), callback_url: None };
    let answer = provider.submit(order).await.answer;
    let sighting = match &answer {
        Answer::Accepted(task) => Some(see(provider, task).await),
        _ => None,
    };
    (answer, sighting)
}

async fn see(provider: &dyn Provider, task: &TaskId) -> Sighting {
    match provider.poll(task).await.answer {
        Answer::Seen(sighting) => sighting,
        other => panic!("{other:?}"),
    }
}

/// What the engine goes by; the words beside it may differ.
fn essence((answer, sighting): &(Answer, Option<Sighting>)) -> String {
    let answer = match answer {
        Answer::Accepted(_) => "accepted".to_owned(),
        Answer::NotNow { retry_after, .. } => format!("not now {retry_after:?}"),
        Answer::Never { class, .. } => format!("never {class}"),
        Answer::Halt { cause, .. } => format!("halt {cause:?}"),
        Answer::Unclear(_) | Answer::Stranger(_) => "unclear".to_owned(),
        Answer::Seen(_) => "seen".to_owned(),
    };
    let sighting = match sighting {
        None => String::new(),
        Some(Sighting::NotExist) => "unknown".to_owned(),
        Some(Sighting::Unfinished { word }) => format!("unfinished {}", word.to_lowercase()),
        Some(Sighting::Succeeded { link }) => format!("succeeded {}", link.is_some()),
        Some(Sighting::Failed { class, .. }) => format!("failed {class}"),
    };
    format!("{answer} {sighting}")
}
