//! The plug is pulled at a moment that nobody chose, again and again, and then once more. What was paid for is found again, and
//! nothing is paid for twice.
use std::collections::HashMap;

use serde_json::Value;

use super::{Desk, files};

/// So many shots of one take each.
const SHOTS: usize = 16;
const RUN: &str = "run shots.yaml --simulate --speed 8000 --in-flight 6 --patience 100h -vv";

#[test]
fn killed_after_any_step_a_run_goes_on_where_it_was() {
    for seed in [1, 2] {
        let desk = many_shots();
        let mut dice = seed;
        for _ in 0..6 {
            let lines = 1 + throw(&mut dice) % 20;
            kill_after(&desk, lines);
        }
        finish(&desk, seed, Settle::Adopting);
        assert_eq!(desk.accepted().len(), SHOTS, "seed {seed}: what was found was not paid for again");
    }
}

#[test]
fn only_what_a_person_gives_up_is_paid_for_again() {
    let desk = many_shots();
    let mut dice = 7;
    for _ in 0..6 {
        let lines = 1 + throw(&mut dice) % 12;
        kill_after(&desk, lines);
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

fn many_shots() -> Desk {
    let desk = Desk::new();
    let shots = (0..SHOTS).map(|shot| format!("  - {{ id: SH{shot:02}, prompt: shot number {shot} }}\n"));
    desk.put(
        "shots.yaml",
        &format!("version: 1\noutput: out\ndefaults: {{ ratio: \"1:1\" }}\nshots:\n{}", shots.collect::<String>()),
    );
    desk
}

/// Runs, and pulls the plug when so many lines were said, if it comes to that.
fn kill_after(desk: &Desk, lines: u64) {
    let mut run = desk.start(RUN);
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

/// The next number of a sequence that is the same every time (Knuth's constants).
fn throw(dice: &mut u64) -> u64 {
    *dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *dice >> 33
}
