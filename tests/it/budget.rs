//! Caps on money and on takes, with the engine on a moved clock: held at every event of the ledger, and used to the full.

use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use rushes::budget::{Cap, Caps};
use rushes::clock::Clock;
use rushes::engine::{HeldBy, Limits};
use rushes::ledger;
use rushes::price::Money;
use rushes::shot::TakeName;
use rushes::simulator::{Changes, Script, SimulatedProvider};
use rushes::take::{Event, Policy, State, Take};

use crate::support::{Crash, Dice, Seen, Terms, enter, folder, live_on, noon, take, wide};

/// A tenth of the tasks fail and are refunded, by the provider's word or by the rule.
const ROUGH: &str = "odds: { internal: 0.1 }";

#[tokio::test(start_paused = true)]
async fn five_hundred_takes_that_race_for_a_hundred_prices_use_exactly_those() {
    for (seed, in_flight) in [(7, 500), (2, 40), (3, 3)] {
        let root = folder();
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(seed), clock);
        enter(root.path(), &takes(500)).await;
        let terms = Terms { caps: Caps { run: Some(usd(100)), ..Caps::default() }, price: Some(usd(1)), closes: None };

        let ended = live_on(terms, root.path(), &provider, clock, settings(in_flight), &Seen::default()).await.unwrap();

        let spent = at_every_event(root.path(), |spent| assert!(spent <= 100, "{spent} of 100 prices"));
        assert_eq!(spent, 100, "with {in_flight} in flight");
        let stands = |wanted: &str| ended.takes.iter().filter(|take| take.state.name() == wanted).count();
        assert_eq!(stands("stored"), 100);
        assert!(
            stands("failed") > 3,
            "{in_flight}: {} failed: somebody has failed, and somebody else was paid for with that money",
            stands("failed")
        );
        assert_eq!(stands("planned"), ended.held.len());
        let by_budget = |held: &HeldBy| matches!(held, HeldBy::Budget(shortage) if shortage.cap == Cap::Run);
        assert!(ended.held.values().all(by_budget));
        assert_eq!(provider.submissions().len(), stands("stored") + stands("failed"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_holds_over_any_number_of_crashes() {
    for seed in 0..20 {
        let (root, mut dice) = (folder(), Dice::of(seed));
        let clock = Clock::starting_at(noon(), 1);
        let provider = SimulatedProvider::new(script(seed), clock);
        enter(root.path(), &takes(60)).await;
        let terms = Terms { caps: Caps { day: Some(usd(20)), ..Caps::default() }, price: Some(usd(1)), closes: None };
        let mut survived = false;
        for _ in 0..40 {
            let crash = Crash::at(usize::try_from(dice.below(60)).unwrap() + 1);
            let life = live_on(terms, root.path(), &provider, clock, settings(7), &crash);
            survived = AssertUnwindSafe(life).catch_unwind().await.is_ok();
            if survived {
                break;
            }
        }
        assert!(survived, "40 lives are enough");
        let counted = at_every_event(root.path(), |spent| assert!(spent <= 20, "{spent} of 20 prices, seed {seed}"));
        assert_eq!(counted, 20, "seed {seed}");
        let takes = ledger::read(root.path()).unwrap();
        let doubtful = takes.iter().filter(|take| matches!(take.state, State::Unresolved(_))).count();
        let stored = takes.iter().filter(|take| matches!(take.state, State::Stored { .. })).count();
        assert_eq!(stored + doubtful, 20, "what may have been paid for counts as if it were; seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_number_of_takes_is_a_cap_where_no_price_is_known() {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(5), clock);
    enter(root.path(), &takes(50)).await;
    let terms = Terms { caps: Caps { takes: NonZeroU32::new(12), ..Caps::default() }, ..Terms::default() };
    let ended = live_on(terms, root.path(), &provider, clock, settings(9), &Seen::default()).await.unwrap();
    let stored = ended.takes.iter().filter(|take| matches!(take.state, State::Stored { .. })).count();
    assert_eq!(stored, 12);
    let next = live_on(terms, root.path(), &provider, clock, settings(9), &Seen::default()).await.unwrap();
    let stored = next.takes.iter().filter(|take| matches!(take.state, State::Stored { .. })).count();
    assert_eq!(stored, 24, "the next run may pay for as many again");
}

#[tokio::test(start_paused = true)]
async fn money_that_nobody_can_count_is_not_spent() {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(1), clock);
    enter(root.path(), &takes(3)).await;
    let terms = Terms { caps: Caps { month: Some(usd(100)), ..Caps::default() }, ..Terms::default() };
    let ended = live_on(terms, root.path(), &provider, clock, settings(9), &Seen::default()).await.unwrap();
    assert_eq!((provider.submissions().len(), ended.held.len()), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn a_new_day_brings_new_money_to_those_who_have_said_how_long_to_stay() {
    let late = "2026-11-22T23:00:00Z".parse::<Timestamp>().unwrap();
    for (closes, made) in
        [(None, 5), (Some(late + SignedDuration::from_hours(3)), 10), (Some(late + SignedDuration::from_mins(59)), 5)]
    {
        let root = folder();
        let clock = Clock::starting_at(late, 1);
        let provider = SimulatedProvider::new(script(1), clock);
        enter(root.path(), &takes(30)).await;
        let caps = Caps { day: Some(usd(5)), ..Caps::default() };
        let terms = Terms { caps, price: Some(usd(1)), closes };
        live_on(terms, root.path(), &provider, clock, settings(30), &Seen::default()).await.unwrap();
        let days = provider.submissions().iter().filter(|made| made.at < late + SignedDuration::from_hours(1)).count();
        let kept = at_every_event(root.path(), |_| {});
        assert_eq!(kept, made, "until {closes:?}");
        assert!(days >= 5, "{days}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_daily_quota_survives_restarts_and_waits_for_its_turn() {
    let root = folder();
    let provider = SimulatedProvider::new(script(1), Clock::starting_at(noon(), 1));
    enter(root.path(), &takes(30)).await;
    let terms = Terms { caps: Caps { daily: NonZeroU32::new(10), ..Caps::default() }, ..Terms::default() };
    let hour = |hours: i64| Clock::starting_at(noon() + SignedDuration::from_hours(hours), 1);
    let mut told = Vec::new();
    for clock in [hour(0), hour(12), hour(24), hour(36), hour(48), hour(72)] {
        live_on(terms, root.path(), &provider, clock, settings(30), &Seen::default()).await.unwrap();
        told.push(provider.submissions().len());
    }
    assert_eq!(told, [10, 10, 20, 20, 30, 30]);
    let times: Vec<_> = provider.submissions().iter().map(|submission| submission.at).collect();
    let crowded = times.windows(11).find(|window| window[10].duration_since(window[0]) < SignedDuration::from_hours(24));
    assert_eq!(crowded, None, "more than 10 within a day");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_has_to_be_over_submits_nothing_that_would_not_be_finished() {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(script(1), clock);
    enter(root.path(), &takes(200)).await;
    let closes = noon() + SignedDuration::from_mins(30);
    let terms = Terms { closes: Some(closes), ..Terms::default() };
    let limits = Limits { pace: "1/m".parse().unwrap(), burst: NonZeroU32::MIN, ..wide() };
    let ended = live_on(terms, root.path(), &provider, clock, (limits, Policy::default()), &Seen::default()).await.unwrap();
    assert!(clock.now() <= closes, "{}", clock.now());
    let last = provider.submissions().last().unwrap().at;
    assert!(last <= closes - SignedDuration::from_secs(150) && last > closes - SignedDuration::from_secs(490), "{last}");
    assert!(ended.held.values().all(|held| matches!(held, HeldBy::Window { .. })));
    assert_eq!(ended.held.len() + provider.submissions().len(), 200);
    assert!(
        ended
            .takes
            .iter()
            .all(|take| matches!(take.state, State::Stored { .. } | State::Planned { .. } | State::Failed { .. }))
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_finished_when_the_time_is_over_is_left_to_the_next_run() {
    let root = folder();
    let clock = Clock::starting_at(noon(), 1);
    let provider = SimulatedProvider::new(with("generate: 50m"), clock);
    enter(root.path(), &takes(5)).await;
    let closes = noon() + SignedDuration::from_mins(30);
    let terms = Terms { closes: Some(closes), ..Terms::default() };
    let ended = live_on(terms, root.path(), &provider, clock, settings(5), &Seen::default()).await.unwrap();
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Accepted { .. })), "{:#?}", ended.takes);
    assert!((closes..closes + SignedDuration::from_secs(60)).contains(&clock.now()), "{}", clock.now());
    let next = Terms { closes: Some(closes + SignedDuration::from_hours(1)), ..Terms::default() };
    let ended = live_on(next, root.path(), &provider, clock, settings(5), &Seen::default()).await.unwrap();
    assert!(ended.takes.iter().all(|take| matches!(take.state, State::Stored { .. })), "{:#?}", ended.takes);
    assert_eq!(provider.submissions().len(), 5);
}

/// Replays the ledger event by event, and shows after each how many prices of one dollar count; returns the last of them.
fn at_every_event(root: &Path, holds: impl Fn(usize)) -> usize {
    let connection = rusqlite::Connection::open(root.join("ledger.db")).unwrap();
    let sql = "SELECT shot || '_T' || printf('%02d', number), at, body FROM events JOIN takes ON takes.id = take ORDER BY seq";
    let mut statement = connection.prepare(sql).unwrap();
    let events = statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)));
    let mut takes = std::collections::HashMap::<TakeName, Take>::new();
    let mut total = 0;
    let counted = |take: &Take| take.charges().iter().filter(|charge| charge.standing.counts()).count();
    for (name, at, body) in events.unwrap().map(Result::unwrap) {
        let (name, at): (TakeName, _) = (name.parse().unwrap(), Timestamp::from_millisecond(at).unwrap());
        let event: Event = serde_json::from_str(&body).unwrap();
        match takes.get_mut(&name) {
            Some(take) => {
                let before = counted(take);
                take.apply(at, &event).unwrap();
                total = total + counted(take) - before;
            }
            None => drop(takes.insert(name.clone(), Take::replay(&name, [(at, &event)]).unwrap().unwrap())),
        }
        holds(total);
    }
    total
}

fn takes(count: usize) -> Vec<Take> {
    (0..count).map(take).collect()
}

fn settings(in_flight: u32) -> (Limits, Policy) {
    (Limits { in_flight: NonZeroU32::new(in_flight).unwrap(), ..wide() }, Policy::default())
}

fn usd(amount: u32) -> Money {
    format!("{amount} USD").parse().unwrap()
}

fn script(seed: u64) -> Script {
    with(&format!("seed: {seed}\n{ROUGH}"))
}

fn with(yaml: &str) -> Script {
    Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap()
}
