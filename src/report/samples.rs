//! Takes to report on: a fixed one of every kind, and arbitrary ones with the worst text there is. For tests only.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan as _};
use proptest::prelude::*;

use crate::digest::Digest;
use crate::media::{Media, Rate, Size};
use crate::motion::Motion;
use crate::request::{Request, Seconds};
use crate::review::{Rating, Review, Verdict};
use crate::shot::{About, TakeName, TakeNo};
use crate::take::{Asset, Charge, Class, Doubt, Record, Standing, State, Take, TaskId, Token};

/// A stored and a failed take of one shot.
pub(crate) fn a_good_and_a_bad_take() -> [Take; 2] {
    let why = "the prompt, says \"the policy\", is =HYPERLINK(\"http://x\")".to_owned();
    let mut good = take("SC010_SH020_T01", stored());
    let mut bad = take("SC010_SH020_T02", State::Failed { task: task(), class: Class::Moderated, why });
    bad.request.prompt = "=HYPERLINK(\"http://x\")".to_owned();
    for take in [&mut good, &mut bad] {
        take.tags = vec!["hero".to_owned(), "night".to_owned()];
        take.about = About {
            scene: "10".parse().ok(),
            notes: Some("at dawn, \"maybe\"".to_owned()),
            metadata: [("x_lens".to_owned(), "=35 mm".to_owned())].into(),
        };
        take.request.motion = Motion { y: 0.4, r: -6.0, ..Motion::default() };
    }
    good.record.charges = charges("0.32 USD");
    [good, bad]
}

/// A take in every state and every class of failure.
pub(crate) fn takes_of_every_kind() -> Vec<Take> {
    let states = [
        stored(),
        planned(),
        State::Submitting,
        State::Unresolved(doubt()),
        State::Accepted { task: task(), since: at(4), seen: None },
        State::Accepted { task: task(), since: at(4), seen: Some("RUNNING".to_owned()) },
        State::Ready { task: task(), link: "https://example.com/secret".to_owned() },
        State::Rejected { class: Class::Input, why: "ratio is not allowed".to_owned() },
    ];
    let failed = Class::ALL.map(|class| State::Failed { task: task(), class, why: "oh dear".to_owned() });
    let states = states.into_iter().chain(failed).enumerate();
    states.map(|(place, state)| take(&format!("SC{:03}_SH010_T01", 10 * (place + 1)), state)).collect()
}

/// The take called this.
pub(crate) fn named<'a>(takes: &'a [Take], shot: &str, number: u64) -> &'a Take {
    let is = |take: &&Take| take.name.shot.as_str() == shot && u64::from(take.name.number.get()) == number;
    takes.iter().find(is).expect("reports have no takes of their own")
}

/// Any takes with names of their own.
pub(crate) fn takes() -> impl Strategy<Value = Vec<Take>> {
    prop::collection::vec(any_take(), 0..12).prop_map(|takes| {
        let named: BTreeMap<_, _> = takes.into_iter().map(|take| (take.name.clone(), take)).collect();
        named.into_values().collect()
    })
}

fn any_take() -> impl Strategy<Value = Take> {
    let name = ("[A-C][a-c_.]{0,2}[0-9]", 1_u16..20).prop_map(|(shot, number)| {
        TakeName::new(shot.parse().expect("letters and digits"), TakeNo::try_from(number).expect("small and positive"))
    });
    let tags = prop::collection::vec(text(), 0..3);
    (name, request(), tags, about(), state(), record()).prop_map(|(name, request, tags, about, state, record)| {
        let key = request.key("cometapi", name.number);
        Take { name, request, key, tags, about, state, record }
    })
}

fn about() -> impl Strategy<Value = About> {
    let scene = prop::option::of(prop::sample::select(vec!["10", "10A", "INTRO"]));
    let metadata = prop::collection::btree_map(text(), text(), 0..3);
    (scene, prop::option::of(text()), metadata).prop_map(|(scene, notes, metadata)| About {
        scene: scene.and_then(|scene| scene.parse().ok()),
        notes: notes.filter(|notes| !notes.is_empty()),
        metadata,
    })
}

fn request() -> impl Strategy<Value = Request> {
    let axis = prop_oneof![Just(0.0), -10.0..10.0, prop::num::f64::NORMAL];
    let ratio = prop::sample::select(vec!["16:9", "9:16", "1:1", "16384:1"]);
    let seconds = prop::sample::select(Seconds::KNOWN.to_vec());
    (text(), ratio, text(), text(), seconds, axis).prop_map(|(prompt, ratio, style, model, seconds, axis)| Request {
        prompt,
        ratio: ratio.parse().expect("a ratio"),
        style,
        model,
        seconds: Seconds::try_from(seconds).expect("an allowed length"),
        motion: Motion { x: axis, bg_y_pan: -axis, ..Motion::default() },
    })
}

fn state() -> impl Strategy<Value = State> {
    (0..8, text(), "[!-~]{1,20}", prop::sample::select(Class::ALL.to_vec()), any::<u64>()).prop_map(
        |(kind, why, task, class, bytes)| {
            let task: TaskId = task.parse().expect("printable");
            let asset = Asset { digest: Digest::of(why.as_bytes()), bytes };
            match kind {
                0 => planned(),
                1 => State::Submitting,
                2 => State::Unresolved(Doubt {
                    request_id: Some(why.clone()),
                    last_bytes: Some(why.clone()),
                    task: Some(task),
                    why,
                }),
                3 => State::Accepted { task, since: at(4), seen: Some(why) },
                4 => State::Ready { task, link: why },
                5 => State::Stored { task, link: why, asset },
                6 => State::Rejected { class, why },
                _ => State::Failed { task, class, why },
            }
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let time = || prop::option::of((-1_000_000_000_i64..4_000_000_000).prop_map(at));
    let price = prop::option::of(prop::sample::select(vec!["0.32 USD", "0 CREDITS", "9000000000000 USD", "0.000001 EUR"]));
    let deferred = prop::option::of(text());
    (any::<u32>(), price, deferred, time(), time(), time(), time(), prop::option::of(media()), review()).prop_map(
        |(attempts, price, deferred_because, submitted_at, accepted_at, finished_at, stored_at, media, review)| Record {
            attempts,
            charges: price.map(charges).unwrap_or_default(),
            deferred_because,
            submitted_at,
            accepted_at,
            finished_at,
            stored_at,
            media,
            review,
            ..Record::default()
        },
    )
}

fn media() -> impl Strategy<Value = Media> {
    let rate = (1_u32..100_000, 1_u32..2000).prop_map(|(pictures, seconds)| Rate {
        pictures: pictures.try_into().expect("at least 1"),
        seconds: seconds.try_into().expect("at least 1"),
    });
    let size = (any::<u32>(), any::<u32>()).prop_map(|(width, height)| Size { width, height });
    let codec = prop::option::of(prop::sample::select(vec!["avc1", "hvc1", "=1\t;"]));
    let (size, rate, trouble) = (prop::option::of(size), prop::option::of(rate), prop::option::of(text()));
    let millis = prop::option::of(0_u64..100_000_000);
    (codec, size, millis, any::<Option<u32>>(), rate, any::<bool>(), trouble).prop_map(
        |(codec, size, millis, frames, rate, sound, trouble)| Media {
            codec: codec.map(str::to_owned),
            size,
            millis,
            frames,
            rate,
            sound,
            trouble,
        },
    )
}

fn review() -> impl Strategy<Value = Review> {
    let verdict = prop::sample::select(vec![None, Some(Verdict::Pick), Some(Verdict::Reject)]);
    let rating = prop::option::of((1..=5_u8).prop_map(|rating| Rating::try_from(rating).expect("1 to 5")));
    (verdict, rating, prop::option::of(text())).prop_map(|(verdict, rating, note)| Review {
        verdict,
        rating,
        note: note.filter(|note| !note.is_empty()),
    })
}

/// Text as authors and providers might write it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("A lighthouse at dawn".to_owned()),
        Just(String::new()),
        prop::sample::select(NASTY.to_vec()).prop_map(str::to_owned),
        "[=+@\\-\t\r\n'\",;<>&{}%`x]{0,12}",
        prop::collection::vec(any::<char>(), 0..30).prop_map(String::from_iter),
    ]
}

const NASTY: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "=HYPERLINK(\"http://example.com\",\"x\")",
    "' onmouseover='alert(1)",
    "{{ title }}{% for x in shots %}",
    "exe.\u{202e}gpj\u{2066}",
    "👩‍🚀🇩🇪 灯台 מגדלור \u{0}\u{1b}[31m",
    "</style></title></textarea>--><svg/onload=alert(1)>",
];

/// A take of this name, as far along as the state says.
pub(crate) fn take(name: &str, state: State) -> Take {
    let name: TakeName = name.parse().expect("a take's name");
    let request = Request {
        prompt: "A lighthouse at dawn, fog rolling in from the sea".to_owned(),
        ratio: "16:9".parse().expect("a ratio"),
        style: "cinematic".to_owned(),
        model: "gen4_turbo".to_owned(),
        seconds: Seconds::try_from(5).expect("an allowed length"),
        motion: Motion::default(),
    };
    let key = request.key("cometapi", name.number);
    let record = record_of(&state);
    Take { name, request, key, tags: Vec::new(), about: About::default(), state, record }
}

/// One attempt that costs so much.
fn charges(price: &str) -> Vec<Charge> {
    vec![Charge { at: at(0), price: price.parse().ok(), standing: Standing::Reserved, points: None, refund: None }]
}

/// The record that takes in this state have.
fn record_of(state: &State) -> Record {
    let submitted = !matches!(state, State::Planned { .. });
    // Of the rest the samples say it themselves.
    let doubtful = matches!(state, State::Submitting | State::Unresolved(_));
    let finished = matches!(state, State::Ready { .. } | State::Stored { .. } | State::Failed { .. });
    Record {
        token: submitted.then(|| Token::new(0xab)),
        charges: if doubtful { charges("0.32 USD") } else { Vec::new() },
        attempts: u32::from(submitted),
        submitted_at: submitted.then(|| at(0)),
        accepted_at: state.task().map(|_| at(4)),
        finished_at: finished.then(|| at(196)),
        stored_at: matches!(state, State::Stored { .. }).then(|| at(199)),
        ..Record::default()
    }
}

pub(crate) fn stored() -> State {
    let asset = Asset { digest: Digest::of(b"a film"), bytes: 1_234_567 };
    State::Stored { task: task(), link: "https://example.com/secret".to_owned(), asset }
}

/// All that can be known of a submission that nobody knows the end of.
fn doubt() -> Doubt {
    Doubt {
        why: "HTTP 524: an HTML page".to_owned(),
        task: None,
        request_id: Some("20261122010002-8f0-FRA".to_owned()),
        last_bytes: Some("<html><head><title>524</title></head>\n<body>\u{1b}[31m<h1>Error 524</h1></body></html>".to_owned()),
    }
}

fn planned() -> State {
    State::Planned { not_before: Timestamp::UNIX_EPOCH }
}

fn task() -> TaskId {
    "task_0c6a1f2e".parse().expect("printable")
}

/// So many seconds into the night of the sample run.
fn at(seconds: i64) -> Timestamp {
    let night: Timestamp = "2026-11-22T01:00:00Z".parse().expect("a timestamp");
    night + seconds.seconds()
}
