//! The heart: what comes next, and what an event makes of a take.

#[expect(dead_code, reason = "this bench uses a part of it")]
mod measure;

use std::hint::black_box;

use jiff::Timestamp;
use measure::{best, shots, take};
use rushes::digest::Digest;
use rushes::take::{Asset, Event, Finish, Policy, Take, Token, Watch};

const COUNT: usize = 100_000;

fn main() {
    let shots = shots(1);
    let fresh = take(&shots[0]);
    let (watch, policy) = (Watch::new(Timestamp::UNIX_EPOCH), Policy::default());
    let life = life(&fresh);
    let history = || life.iter().map(|event| (Timestamp::UNIX_EPOCH, event));

    best("ask what comes next", COUNT, || {
        for _ in 0..COUNT {
            black_box(black_box(&fresh).next(&watch, &policy));
        }
    });
    best("replay a life of six events", COUNT, || {
        for _ in 0..COUNT {
            black_box(Take::replay(&fresh.name, history()).expect("a possible life"));
        }
    });
    best("compute a request's key", COUNT, || {
        for _ in 0..COUNT {
            black_box(black_box(&fresh.request).key("cometapi", fresh.name.number));
        }
    });
}

fn life(take: &Take) -> [Event; 6] {
    let planned = Event::Planned { request: take.request.clone(), key: take.key, tags: Vec::new() };
    let task = "196642a0-05e1-441a-981e-eb0c1f5d983b".parse().expect("a task id");
    [
        planned,
        Event::Intent { token: Token::new(1), price: None },
        Event::Accepted { task },
        Event::Seen { word: "RUNNING".into() },
        Event::Succeeded { link: "https://cdn.example/53aa.mp4".into(), finish: Finish::default() },
        Event::Stored { asset: Asset { digest: Digest::of(b"a video"), bytes: 7 } },
    ]
}
