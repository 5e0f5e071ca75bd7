//! The content policy ends too many takes: the run stops submitting, says why, and the next one begins afresh.

use super::{CALM, Desk, INSTANT, Ran};

/// So many shots of one take.
fn desk(shots: usize) -> Desk {
    let desk = Desk::new();
    let shots: Vec<String> = (0..shots).map(|n| format!("  - {{ id: S{n:02}, prompt: shot number {n} }}\n")).collect();
    desk.put("shots.yaml", &format!("output: out\nshots:\n{}", shots.concat()));
    desk.put("good.yaml", INSTANT);
    desk.put("bad.yaml", &format!("{INSTANT}odds: {{ moderated: 1.0 }}\n"));
    desk
}

/// Rehearses the manifest to its end, one take after the other.
fn rehearse(desk: &Desk, script: &str, more: &str) -> Ran {
    desk.rushes(&format!("run shots.yaml {CALM} --in-flight 1 --pace 1000/s --script {script} {more}"))
}

#[test]
fn too_many_in_a_row_stop_the_run_and_the_next_one_begins_afresh() {
    let desk = desk(12);
    let ran = rehearse(&desk, "bad.yaml", "").ends(3);
    let ran = ran.says(&["12 takes: 7 held, 5 failed; 5 submissions"]);
    ran.says(&["stopped early: the content policy has ended 5 takes in a row (S00_T01, S01_T01, S02_T01, S03_T01, S04_T01)"])
        .says(&["edit their prompts", "--moderated-in-a-row", "only the edited"]);
    assert_eq!(desk.accepted().len(), 5);

    desk.edit("prompt: shot number 3 ", "prompt: a harmless shot ");
    rehearse(&desk, "good.yaml", "").ends(1).says(&["12 takes: 8 stored, 4 failed; 8 submissions"]);
}

#[test]
fn too_large_a_share_stops_the_run() {
    let desk = desk(40);
    let bad: Vec<String> = (0..40).step_by(3).map(|n| format!("S{n:02}: {{ fail: moderated }}")).collect();
    desk.put("script.yaml", &format!("{INSTANT}shots: {{ {} }}", bad.join(", ")));
    let ran = rehearse(&desk, "script.yaml", "").ends(3);
    ran.says(&["the content policy has ended 7 of 20 takes (S00_T01, S03_T01,", "--moderated-share"]);
    let ran = rehearse(&desk, "script.yaml", "--moderated-share off --moderated-in-a-row off").ends(1);
    ran.says(&["13 stored, 13 reused, 14 failed"]);
}

#[test]
fn where_nothing_is_left_to_submit_nothing_was_stopped() {
    let desk = desk(5);
    let ran = rehearse(&desk, "bad.yaml", "").ends(1).says(&["5 takes: 5 failed; 5 submissions"]);
    assert!(!ran.err.contains("stopped early"), "{}", ran.err);
}

#[test]
fn the_bounds_are_numbers_or_off() {
    let desk = desk(1);
    for words in ["--moderated-in-a-row 0", "--moderated-in-a-row many", "--moderated-share 101%", "--moderated-share -1"] {
        rehearse(&desk, "good.yaml", words).ends(2);
    }
    rehearse(&desk, "good.yaml", "--moderated-share 5 --moderated-in-a-row off").ends(0);
}
