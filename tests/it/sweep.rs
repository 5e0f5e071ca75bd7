//! Everything that can go wrong, each thing alone and all of them at once, on a moved clock: nothing is paid for twice, nothing that
//! was paid for is lost, and what is told is so.

mod stage;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use rushes::engine::Limits;
use rushes::limits::Rate;
use rushes::simulator::{CallbackFault, Fault, Kind};
use rushes::take::{Policy, State, Take};
use tokio::runtime::Builder;

use self::stage::{End, Night, Stage};
use crate::support::{Dice, wide};

/// How many takes a mixed night has.
const TAKES: usize = 100;

/// What a line says: how a take stands after a night and then in the end; `once / always`, `without callbacks | with them`.
#[test]
fn every_fault_alone() {
    insta::assert_snapshot!(table(Fault::all().map(|fault| (fault.name(), alone(&[fault.name()])))), @r"
    busy                   stored / planned, then stored
    busy_in_words          stored / planned, then stored
    busy_for_seconds       stored / planned, then stored
    busy_until             stored / planned, then stored
    relay_busy             stored / planned, then stored
    rejected               rejected bad request
    malformed              rejected bad request
    forbidden              rejected account
    no_channel             rejected account
    no_money               planned, then stored
    bad_key                planned, then stored
    redirect               planned, then stored
    html_page              unresolved, then stored
    bad_gateway            unresolved, then stored
    gateway_down           unresolved, then stored
    upstream_timeout       unresolved, then stored
    lost_answer            unresolved, then stored | stored
    reset                  unresolved, then stored | stored
    gateway_timeout        unresolved, then stored | stored
    gateway_confused       unresolved, then stored | stored
    gateway_unreached      unresolved, then stored | stored
    request_failed         unresolved, then stored | stored
    insert_failed          unresolved, then stored | stored
    no_id                  unresolved, then stored | stored
    half_answer            unresolved, then stored | stored
    slow                   stored
    two_documents          stored
    internal               stored / failed the provider's own trouble
    third_party            stored / failed the provider's own trouble
    moderated              failed content policy
    moderated_in_words     failed content policy
    bad_input              failed bad request
    unknown_reason         failed no reason given
    no_reason              failed no reason given
    cancelled              failed no reason given
    expired                failed no reason given
    never_done             accepted, then failed no reason given
    appears_late           stored
    ghost                  failed the provider does not know the task
    odd_word               stored
    polls_fail             stored
    garbage                stored
    late_link              stored
    no_link                failed the provider gives no link to the video
    link_expired           stored / ready, then stored
    video_unavailable      stored / ready, then stored
    video_page             stored / ready, then stored
    video_empty            stored / ready, then stored
    truncated              stored / ready, then stored
    stalled                stored / ready, then stored
    incomplete             stored / ready, then stored
    overlong               stored / ready, then stored
    corrupted              stored / ready, then stored
    no_ranges              stored / ready, then stored
    replaced               stored / ready, then stored
    cut_at_source          stored / ready, then stored
    wrong_shape            stored
    wrong_length           stored
    callback_twice         stored
    callback_late          stored
    callback_out_of_order  stored
    callback_lost          stored
    callback_wrong_token   stored
    callback_other_task    stored
    callback_unknown_task  stored
    callback_nonsense      stored
    callback_no_query      stored
    callback_no_path       stored
    callback_bare          stored
    ");
}

#[test]
fn every_fault_of_a_callback_where_it_is_needed() {
    let row = |fault: &CallbackFault| (fault.name(), alone(&["lost_answer", fault.name()]));
    insta::assert_snapshot!(table(CallbackFault::ALL.iter().map(row)), @r"
    callback_twice         unresolved, then stored | stored
    callback_late          unresolved, then stored | stored
    callback_out_of_order  unresolved, then stored | stored
    callback_lost          unresolved, then stored
    callback_wrong_token   unresolved, then stored | stored
    callback_other_task    unresolved, then stored | stored
    callback_unknown_task  unresolved, then stored | stored
    callback_nonsense      unresolved, then stored | stored
    callback_no_query      unresolved, then stored | stored
    callback_no_path       unresolved, then stored | stored
    callback_bare          unresolved, then stored | stored
    ");
}

/// How a take stands after a night in which this goes wrong with it, once or always; without callbacks and with them. And how it
/// stands in the end, if that is not the same.
fn alone(faults: &[&str]) -> [String; 4] {
    [(1, None), (1, Some(true)), (u32::MAX, None), (u32::MAX, Some(true))].map(|(times, callbacks)| {
        let script = format!("shots: {{ SH0000: {{ fail: [{}], times: {times} }} }}", faults.join(", "));
        let _told = Told(format!("callbacks: {callbacks:?}\n{script}"));
        let policy = Policy { attempts: 2, ..lenient() };
        moved_clock(async {
            let mut stage = Stage::set(Night { script, takes: 3, callbacks, limits: wide(), policy }).await;
            let night = stage.live(End::Itself).await;
            stage.settle(&night).await;
            stage.clear_up();
            let end = stage.finish().await;
            assert!(end[1..].iter().all(|take| stands(take) == "stored"), "nothing goes wrong with the others: {end:#?}");
            let (night, end) = (stands(&night[0]), stands(&end[0]));
            if night == end { night } else { format!("{night}, then {end}") }
        })
    })
}

/// What becomes of takes in such nights; what is the same in each is said once.
fn table(rows: impl IntoIterator<Item = (&'static str, [String; 4])>) -> String {
    let row = |(name, cells): (&str, [String; 4])| match &cells {
        [first, others @ ..] if others.iter().all(|other| other == first) => format!("{name:22} {first}\n"),
        [once, heard, always, both] if once == always && heard == both => format!("{name:22} {once} | {heard}\n"),
        [once, heard, always, both] if once == heard && always == both => format!("{name:22} {once} / {always}\n"),
        cells => panic!("{name}: {cells:?}"),
    };
    rows.into_iter().map(row).collect()
}

/// How a take stands, in a word or two.
fn stands(take: &Take) -> String {
    match &take.state {
        State::Failed { class, .. } | State::Rejected { class, .. } => format!("{} {class}", take.state.name()),
        state => state.name().to_owned(),
    }
}

#[test]
fn first_quarter_of_the_mixed_nights() {
    (0..50).for_each(mixed);
}

#[test]
fn second_quarter_of_the_mixed_nights() {
    (50..100).for_each(mixed);
}

#[test]
fn third_quarter_of_the_mixed_nights() {
    (100..150).for_each(mixed);
}

#[test]
fn last_quarter_of_the_mixed_nights() {
    (150..200).for_each(mixed);
}

/// A night of which everything follows from the seed.
fn mixed(seed: u64) {
    let dice = &mut Dice::of(seed);
    let night = Night {
        script: weather(seed, dice),
        takes: TAKES,
        callbacks: dice.pick(&[None, Some(false), Some(true)]),
        limits: limits(dice),
        policy: Policy { attempts: dice.pick(&[1, 2, 3]), ..lenient() },
    };
    let crashes: Vec<End> = (0..dice.below(4)).map(|_| crash(dice)).collect();
    let _told = Told(format!("seed {seed}, callbacks: {:?}, {crashes:?}\n{}", night.callbacks, night.script));
    moved_clock(async {
        let mut stage = Stage::set(night).await;
        for end in crashes {
            stage.live(end).await;
            stage.wait(Duration::from_secs(dice.below(1200))).await;
        }
        let takes = stage.live(End::Itself).await;
        stage.settle(&takes).await;
        stage.live(End::Itself).await;
        stage.clear_up();
        stage.finish().await;
    });
}

/// A script in which some things go wrong, sometimes often.
fn weather(seed: u64, dice: &mut Dice) -> String {
    let mut odds = BTreeMap::new();
    for kind in Kind::ALL {
        let faults: Vec<_> = Fault::all().filter(|fault| fault.kind() == kind && *fault != BELIEVED).collect();
        let (count, share) = (dice.below(5), dice.pick(&[10, 30, 60]));
        for _ in 0..count {
            let fault = dice.pick(&faults);
            odds.insert(fault.name(), if RARE.contains(&fault.name()) { 1 } else { share / count });
        }
    }
    let odds: Vec<_> = odds.into_iter().map(|(fault, percent)| format!("{fault}: 0.{percent:02}")).collect();
    let outages: Vec<_> = (0..dice.below(3))
        .map(|_| {
            let (from, lasts) = (dice.below(1200), 1 + dice.below(600));
            format!("{from}s..{}s", from + lasts)
        })
        .collect();
    let mut script = format!("seed: {seed}\nodds: {{ {} }}\noutages: [{}]\n", odds.join(", "), outages.join(", "));
    for lines in [
        &["", "latency: 0", "latency: 10s"],
        &["", "generate: 0\nqueue: 0", "generate: 5s..20m"],
        &["", "hidden: 0\nrefresh: 0", "hidden: 1m..2m"],
        &["", "callbacks: end", "callbacks: change"],
        &["", "link_life: 30s", "link_life: 10m"],
        &["", "video_times: 3", "video_times: always"],
        &["", "creates_per_second: 5", "in_flight: 8\nretry_after: 20s"],
    ] {
        script += dice.pick(lines);
        script += "\n";
    }
    script
}

/// Of two attempts without an answer, one is told with its own token that the task of the other is its own, and the provider knows that
/// task. Nothing tells that this is not so, but that both address and task have to be known to whoever says it.
const BELIEVED: Fault = Fault::Callback(CallbackFault::OtherTask);

/// What stops a run from submitting, or keeps a take at the provider for a day: a few of those are a whole night.
const RARE: [&str; 5] = ["no_money", "bad_key", "redirect", "html_page", "never_done"];

fn limits(dice: &mut Dice) -> Limits {
    let mut count = |from: &[u32]| NonZeroU32::new(dice.pick(from)).expect("not zero");
    let (in_flight, downloads, pace) = (count(&[2, 10, 100]), count(&[1, 4, 16]), count(&[1, 10, 100]));
    Limits { in_flight, downloads, pace: Rate::per_second(pace), ..wide() }
}

fn crash(dice: &mut Dice) -> End {
    match dice.below(2) {
        0 => End::AtEvent(1 + usize::try_from(dice.below(400)).expect("not many")),
        _ => End::At(Duration::from_millis(dice.below(600_000))),
    }
}

/// Numbers with which nothing but what goes wrong stops a run.
fn lenient() -> Policy {
    Policy { moderated_in_a_row: None, moderated_share: None, ..Policy::default() }
}

/// Runs this on a clock of its own that moves by itself.
fn moved_clock<T>(night: impl Future<Output = T>) -> T {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime").block_on(night)
}

/// Is said when a test fails, so that the night can be played again.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}
