//! Two runs on one output directory: the second says who holds it, or waits.

use jiff::Timestamp;
use rushes::config;
use rushes::ledger::{self, Held, Holder};

use super::{Desk, QUICK};

/// A run that lasts until it is told to end.
const LONG: &str = "run shots.yaml --simulate --speed 1 --in-flight 1";

#[test]
fn the_holder_is_named_by_process_machine_and_time() {
    let desk = Desk::new();
    let mut first = desk.start(LONG);
    first.until("accepted as task");
    let holder = format!("another run holds out.simulated: process {} on {}, since 20", first.child.id(), config::host());
    desk.rehearse("").ends(6).says(&[&holder, "--wait-lock"]);
    desk.rehearse("--wait-lock 0s").ends(6).says(&[&holder]);
    let out_of_patience = desk.rehearse("--wait-lock 10ms").ends(6).says(&["waiting 10ms at most", &holder]);
    assert_eq!(out_of_patience.err.matches("waiting").count(), 1);
    assert!(!desk.rehearse("--wait-lock 10ms -q").ends(6).err.contains("waiting"));
    first.kill();
}

#[test]
fn who_waits_goes_on_with_what_the_other_has_left() {
    let desk = Desk::new();
    let mut first = desk.start(LONG);
    first.until("accepted as task");
    let mut second = desk.start(&format!("run shots.yaml {QUICK} --wait-lock 10m"));
    second.until("waiting 10m at most: another run holds out.simulated");
    first.signal("TERM");
    first.end().ends(3);
    second.end().ends(0).says(&["[4/4]"]);
    let mut made: Vec<_> = desk.accepted().into_iter().map(|(take, _)| take).collect();
    made.sort();
    assert_eq!(made, ["CAT_T01", "CAT_T02", "DOG_T01", "EEL_T01"], "nothing is bought by a plan from before");
}

#[test]
fn who_waits_can_be_told_not_to() {
    let desk = Desk::new();
    let mut first = desk.start(LONG);
    first.until("accepted as task");
    let mut second = desk.start(&format!("run shots.yaml {QUICK} --wait-lock 10m"));
    second.until("waiting");
    second.signal("INT");
    second.end().ends(3).says(&["interrupted while somebody else held out.simulated", "nothing was sent"]);
    first.kill();
}

/// Holds the output directory of rehearsals as who writes the page does.
fn for_a_moment(desk: &Desk) -> Held {
    let holder = Holder { pid: 4711, host: "desk".into(), since: Timestamp::UNIX_EPOCH };
    ledger::hold_for_a_moment(&desk.path("out.simulated"), &holder).expect("a free lock")
}

/// What is said while somebody writes the page.
const WRITES: &str =
    "somebody writes the page and the results of out.simulated: process 4711 on desk, since 1970-01-01T00:00:00Z";

#[test]
fn who_writes_the_page_is_waited_for_without_a_word_of_runs() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let held = for_a_moment(&desk);
    let mut run = desk.start(&format!("run shots.yaml {QUICK}"));
    run.until(&format!("waiting for that to end: {WRITES}"));
    drop(held);
    run.end().ends(0).says(&["4 reused"]);
}

#[test]
fn who_waits_for_the_page_to_be_written_can_be_told_not_to_and_not_to_for_long() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let held = for_a_moment(&desk);
    let mut run = desk.start(&format!("run shots.yaml {QUICK}"));
    run.until("waiting for that to end");
    run.signal("INT");
    run.end().ends(3).says(&["interrupted while somebody else held out.simulated", "nothing was sent"]);
    desk.rehearse("--wait-lock 10ms").ends(6).says(&[WRITES]);
    drop(held);
}
