//! Two runs on one output directory: the second says who holds it, or waits.

use rushes::config;

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
    second.end().ends(3).says(&["interrupted while another run held out.simulated", "nothing was sent"]);
    first.kill();
}
