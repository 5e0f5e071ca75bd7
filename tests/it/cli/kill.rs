//! The plug is pulled at a moment that nobody chose, again and again, and then once more. What was paid for is found again, and
//! nothing is paid for twice.
use std::collections::{BTreeMap, HashMap};

use rushes::digest::Digest;
use rushes::simulator::{Ending, Task};
use rushes::take::Class;
use serde_json::Value;

use super::{Desk, files};
use crate::support::Dice;

/// So many shots of one take each.
const SHOTS: usize = 16;
const RUN: &str =
    "run shots.yaml --simulate --speed 8000 --in-flight 6 --patience 100h --grace 100h --refusal-patience 100h -vv";

#[test]
fn killed_after_any_step_a_run_goes_on_where_it_was() {
    for seed in [1, 2] {
        let desk = Desk::of_shots(SHOTS);
        let mut dice = Dice::of(seed);
        for _ in 0..6 {
            kill_after(&desk, RUN, 1 + dice.below(20));
        }
        finish(&desk, seed, Settle::Adopting);
        assert_eq!(desk.accepted().len(), SHOTS, "seed {seed}: what was found was not paid for again");
    }
}

#[test]
fn only_what_a_person_gives_up_is_paid_for_again() {
    let desk = Desk::of_shots(SHOTS);
    let mut dice = Dice::of(7);
    for _ in 0..6 {
        kill_after(&desk, RUN, 1 + dice.below(12));
    }
    let given_up = finish(&desk, 7, Settle::GivingUp);
    let accepted = desk.accepted().len();
    assert!((SHOTS..=SHOTS + given_up).contains(&accepted), "{accepted} tasks for {SHOTS} shots, {given_up} given up");
}

#[test]
fn killed_between_intent_and_answer_a_take_is_unresolved() {
    let desk = Desk::new();
    desk.put("script.yaml", "latency: 100h");
    let mut run = desk.start("run shots.yaml --simulate --speed 1 --script script.yaml -vv");
    run.until("event=\"intent\"");
    run.kill();
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["CAT_T01  unresolved", "3 submit"]);
    desk.rushes("status shots.yaml --simulate").ends(4);
    desk.rehearse("").ends(4).says(&["CAT_T01", "perhaps paid for", "3 submissions"]);
    assert_eq!(desk.accepted().len(), 3);
    desk.rushes("resolve CAT_T01 shots.yaml --simulate --not-made --yes").ends(0);
    desk.rehearse("").ends(0).says(&["1 submission"]);
}

#[test]
fn killed_before_the_first_step_nothing_is_in_the_way() {
    for leftover in ["ledger.lock", "ledger.db", "simulator.jsonl"] {
        let desk = Desk::new();
        std::fs::create_dir(desk.path("out.simulated")).expect("a folder");
        desk.put(&format!("out.simulated/{leftover}"), "");
        desk.rushes("plan shots.yaml --simulate").ends(0).says(&["4 submit"]);
        desk.rehearse("").ends(0);
    }
}

/// How a person settles what is unresolved.
#[derive(Clone, Copy, PartialEq)]
enum Settle {
    /// Looks at the provider and tells what is there.
    Adopting,
    /// Says of everything that it was never made.
    GivingUp,
}

/// Runs, and pulls the plug when so many lines were said, if it comes to that.
fn kill_after(desk: &Desk, words: &str, lines: u64) {
    let mut run = desk.start(words);
    for _ in 0..lines {
        if run.line().is_none() {
            break;
        }
    }
    run.kill();
}

/// Runs and settles until everything is stored. Returns how many takes were given up.
#[track_caller]
fn finish(desk: &Desk, seed: u64, how: Settle) -> usize {
    let mut given_up = 0;
    let ran = desk.rushes(&RUN.replace("-vv", "--format json"));
    let summary: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("seed {seed}: {error}: {ran:?}"));
    let unresolved = summary["unresolved"].as_array().cloned().unwrap_or_default();
    assert_eq!(ran.code, Some(if unresolved.is_empty() { 0 } else { 4 }), "seed {seed}: {ran:?}");
    let at_provider: HashMap<_, _> = desk.accepted().into_iter().collect();
    assert_eq!(at_provider.len(), desk.accepted().len(), "seed {seed}: a take was paid for twice without a word from anyone");
    for take in unresolved {
        let name = format!("{}_T{:02}", take["shot"].as_str().expect("a shot"), take["take"].as_u64().expect("a number"));
        let evidence = match at_provider.get(&name) {
            Some(task) if how == Settle::Adopting => format!("--task-id {task}"),
            _ => "--not-made --yes".to_owned(),
        };
        given_up += usize::from(evidence.starts_with("--not"));
        desk.rushes(&format!("resolve {name} shots.yaml --simulate {evidence}")).ends(0);
    }
    desk.rushes(RUN).ends(0);
    desk.rushes("verify out.simulated").ends(0).says(&["16 stored takes, 16 sound objects", "0 findings"]);
    let videos = files(&desk.path("out.simulated/shots")).into_keys().filter(|name| name.contains(".mp4")).count();
    let left = files(&desk.path("out.simulated")).into_keys().filter(|name| name.contains(".incoming")).count();
    assert_eq!((videos, left), (SHOTS, 0), "seed {seed}");
    given_up
}

/// A rough night with callbacks: some of everything that need not be waited for in the world's own time.
const ROUGH: &str = "\
retry_after: 5s
outages: [1m..2m]
odds:
  { lost_answer: 0.1, gateway_timeout: 0.1, bad_gateway: 0.05, busy: 0.2, rejected: 0.05, internal: 0.2, moderated: 0.1,
    polls_fail: 0.1, late_link: 0.1, truncated: 0.1, corrupted: 0.1, video_page: 0.1, link_expired: 0.1,
    callback_twice: 0.2, callback_late: 0.1, callback_wrong_token: 0.1, callback_out_of_order: 0.1, callback_lost: 0.1 }
";
const ROUGH_RUN: &str =
    "--script script.yaml --receive 127.0.0.1:0 --attempts 2 --moderated-in-a-row off --moderated-share off";

#[test]
fn killed_again_and_again_in_a_rough_night_nothing_is_lost_or_paid_for_twice() {
    for seed in 1..=2 {
        let desk = Desk::of_shots(SHOTS);
        desk.put("script.yaml", &format!("seed: {seed}\n{ROUGH}"));
        let words = format!("{RUN} {ROUGH_RUN}");
        let mut dice = Dice::of(seed);
        for _ in 0..3 {
            for _ in 0..3 {
                kill_after(&desk, &words, 8 + dice.below(50));
                is_told_as_it_is(&desk, seed);
            }
            // Without a person hardly anything would be left that goes on.
            settle(&desk, &is_told_as_it_is(&desk, seed));
        }
        desk.rushes(&words);
        settle(&desk, &is_told_as_it_is(&desk, seed));
        // A simulator that is started anew says again what it said to a submission that it has not made.
        desk.put("script.yaml", "video_times: 0");
        desk.rushes(&words);
        settle(&desk, &is_told_as_it_is(&desk, seed));
        let ran = desk.rushes(&words);
        let takes = is_told_as_it_is(&desk, seed);
        let over = |take: &Value| ["stored", "failed", "rejected"].contains(&text(take, "outcome"));
        assert!(ran.code.is_some_and(|code| code < 2) && takes.iter().all(over), "seed {seed}: {ran:?}");
        desk.rushes("verify out.simulated").ends(0).says(&["0 findings"]);
    }
}

/// Everything that was made is stored, whole and under its name, or shown as what it is; and nothing was paid for twice. Returns the
/// takes as `status` shows them.
fn is_told_as_it_is(desk: &Desk, seed: u64) -> Vec<Value> {
    let mut made: BTreeMap<String, Vec<Task>> = BTreeMap::new();
    for task in desk.tasks() {
        made.entry(task.ask.name()).or_default().push(task);
    }
    let takes = desk.json("status out.simulated")["takes"].as_array().cloned().unwrap_or_default();
    let known: BTreeMap<_, _> = takes.iter().map(|take| (name(take), take)).collect();
    for (take, tasks) in &made {
        for pair in tasks.windows(2) {
            let may =
                matches!(pair[0].ending, Ending::Failed { class: Class::Internal, .. }) && pair[0].ends() <= pair[1].accepted;
            assert!(may, "seed {seed}: {take} was paid for twice: {pair:#?}");
        }
        let (last, known) = (tasks.last().expect("one at least"), known[take]);
        let (outcome, its_own) = (text(known, "outcome"), known["task_id"] == *last.id);
        let fits = match outcome {
            "unresolved" => true,
            "waiting" => its_own,
            "stored" => its_own && text(known, "digest") == Digest::of(&last.film().mp4()).to_string(),
            "failed" => its_own && last.ending != Ending::Succeeded,
            _ => matches!(last.ending, Ending::Failed { class: Class::Internal, .. }),
        };
        assert!(fits, "seed {seed}: {known:#} but {last:#?}");
    }
    let bought = |take: &Value| made.contains_key(&name(take));
    assert!(takes.iter().filter(|take| text(take, "outcome") == "stored").all(bought), "seed {seed}: out of nothing");
    takes
}

/// Tells of each unresolved take what is at the provider.
fn settle(desk: &Desk, takes: &[Value]) {
    let tasks = desk.tasks();
    for take in takes.iter().filter(|take| text(take, "outcome") == "unresolved") {
        let token = text(&take["unresolved"], "token");
        let task = tasks.iter().find(|task| task.ask.token.as_ref().is_some_and(|sealed| sealed.starts_with(token)));
        let evidence = task.map_or("--not-made --yes".to_owned(), |task| format!("--task-id {}", task.id));
        desk.rushes(&format!("resolve {} out.simulated {evidence}", name(take))).ends(0);
    }
}

/// The take's name in a row of a report.
fn name(row: &Value) -> String {
    format!("{}_T{:02}", text(row, "shot"), row["take"].as_u64().expect("a number"))
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_else(|| panic!("no {field} in {row:#}"))
}
