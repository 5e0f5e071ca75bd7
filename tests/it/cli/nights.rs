//! Nights of one manifest, one after the other: a window, a daily quota and a budget, and what the scheduler is told.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Desk;

/// From one in the morning, so that nothing waits for midnight; not too fast, so that a machine that stands still for a second does not
/// miss the window.
const NIGHT: &str =
    "--simulate --speed 300 --begin-at 01:00 --until 06:00 --timezone Europe/Berlin --patience 1000h --pace 10/s";

/// 110 takes of a quarter; at most 30 fit into a day's budget, and 25 into any 24 hours.
fn manifest() -> String {
    let note = "'echo $RUSHES_EVENT $RUSHES_EXIT >> told'";
    let hooks = format!("on: {{ success: {note}, partial: {note}, failure: {note}, unresolved: {note} }}\n");
    let terms = "prices: { currency: USD, per_take: 0.25 }\nbudget: { day: 7.50, daily_quota: 25 }\n";
    let shots: Vec<_> = (0..110).map(|number| format!("  - {{ id: S{number:03}, prompt: shot {number} }}\n")).collect();
    format!("output: out\n{terms}{hooks}shots:\n{}", shots.concat())
}

#[test]
fn six_nights_stop_in_time_and_the_sixth_finds_nothing_to_do() {
    let desk = Desk::new();
    desk.put("shots.yaml", &manifest());
    for (night, code) in [(1, 3), (2, 3), (3, 3), (4, 3), (5, 0)] {
        let ran = desk.rushes(&format!("run shots.yaml {NIGHT}")).ends(code);
        let told = ran.err.contains("the daily quota is used up: 25 of 25 submissions");
        assert_eq!(told, code == 3, "night {night}: {}", ran.err);
    }
    let before = desk.read("told");
    let ran = desk.rushes(&format!("run shots.yaml {NIGHT}")).ends(0);
    assert!(ran.out.contains("nothing to do, all 110 stored"), "{}", ran.out);
    assert_eq!(before, "partial 3\npartial 3\npartial 3\npartial 3\nsuccess 0\n");
    assert_eq!(desk.read("told"), before + "success 0\n");

    let zone = TimeZone::get("Europe/Berlin").expect("a zone");
    let intents = intents(&desk);
    assert_eq!(intents.len(), 110);
    let mut days = BTreeMap::<Date, usize>::new();
    for at in &intents {
        let at = at.to_zoned(zone.clone());
        assert!((1..6).contains(&at.hour()), "submitted at {at}");
        *days.entry(at.date()).or_default() += 1;
    }
    assert!(days.values().all(|takes| *takes <= 30), "more than the budget of a day: {days:?}");
    let crowded = intents.windows(26).find(|window| window[25].duration_since(window[0]) < SignedDuration::from_hours(24));
    assert_eq!(crowded, None, "more than 25 within 24 hours");
}

#[test]
fn what_nobody_can_count_or_meant_is_refused_before_anything_is_sent() {
    let desk = Desk::new();
    desk.put("shots.yaml", "output: out\nshots: [{ id: CAT, prompt: a cat }]\n");
    let refused = |words: &str, why: &str| {
        let ran = desk.rushes(&format!("run shots.yaml --simulate {words}")).ends(2);
        assert!(ran.err.contains(why), "{words}: {}", ran.err);
        assert!(!desk.path("out.simulated/simulator.jsonl").exists(), "{words}");
    };
    refused("--budget-day 5USD", "nobody has said what CAT_T01 cost");
    refused("--budget-run 5", "no prices say which one is meant");
    refused("--until 2020-01-01T06:00", "has passed");
    desk.put("prices.yaml", "currency: EUR\nper_take: 0.5\n");
    refused("--prices prices.yaml --budget-month 5USD", "the budget is in USD, and the prices are in EUR");
}

/// When each submission was begun.
fn intents(desk: &Desk) -> Vec<Timestamp> {
    let connection = rusqlite::Connection::open(desk.path("out.simulated/ledger.db")).expect("a ledger");
    let mut statement = connection.prepare("SELECT at FROM events WHERE kind = 'intent' ORDER BY seq").expect("a table");
    let times = statement.query_map((), |row| row.get::<_, i64>(0)).expect("events");
    times.map(|at| Timestamp::from_millisecond(at.expect("a number")).expect("a time")).collect()
}
