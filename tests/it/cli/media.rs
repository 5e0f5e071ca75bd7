//! What is stored and is not what was asked for is told, and held against nobody unless somebody asks for that.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::{CALM, Desk, INSTANT};

/// CAT has another shape, DOG is half as long, the end of EEL is missing.
fn desk() -> Desk {
    let desk = Desk::new();
    let faults = "shots: { CAT: { fail: wrong_shape }, DOG: { fail: wrong_length }, EEL: { fail: cut_at_source } }";
    desk.put("script.yaml", &format!("{INSTANT}{faults}\n"));
    desk
}

fn rehearse(desk: &Desk, more: &str) -> super::Ran {
    desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml {more}"))
}

/// The takes in `results.json`.
fn takes(desk: &Desk) -> Vec<Value> {
    let results: Value = serde_json::from_str(&desk.read("out.simulated/results.json")).unwrap();
    results["takes"].as_array().unwrap().clone()
}

#[test]
fn what_is_off_spec_is_told_kept_as_it_is_and_fails_only_where_that_is_asked_for() {
    let desk = desk();
    let ran = rehearse(&desk, "").ends(0);
    ran.says(&[
        "4 takes: 4 off-spec;",
        "rushes report out.simulated` says what about each off-spec video",
        "CAT_T01: off-spec: its picture is 640x360, not 1:1",
        "DOG_T01: off-spec: it plays 3.000 s, not 5 s",
        "EEL_T01: off-spec: the file is damaged: it is cut off:",
    ]);
    let told: Vec<_> = takes(&desk).iter().map(|take| [take["outcome"].clone(), take["media"]["size"].clone()]).collect();
    let size = |width, height| json!({ "width": width, "height": height });
    let off = |size| [json!("off_spec"), size];
    assert_eq!(told, [off(size(640, 360)), off(size(640, 360)), off(size(480, 480)), off(size(480, 480))]);

    let before = desk.read("out.simulated/SHA256SUMS");
    desk.rushes("verify out.simulated").ends(0);
    let ran = rehearse(&desk, "--strict-media").ends(1);
    assert!(ran.out.contains("4 off-spec, all 4 stored"), "{ran:?}");
    assert!(ran.err.contains("0 submissions, 0 polls, 0 downloads"), "{ran:?}");
    assert_eq!(desk.read("out.simulated/SHA256SUMS"), before, "bytes are never changed");

    for verb in ["status", "report"] {
        desk.rushes(&format!("{verb} out.simulated")).ends(0);
        let told = desk.rushes(&format!("{verb} out.simulated --strict-media")).ends(1).out;
        assert!(told.contains("off-spec"), "{told}");
    }

    desk.rushes("pick CAT_T01 CAT_T02 DOG_T01 out.simulated").ends(0);
    rehearse(&desk, "--strict-media").ends(1);
    desk.rushes("pick EEL_T01 out.simulated").ends(0);
    desk.rushes("report out.simulated --strict-media").ends(0).says(&["4 takes: 4 off-spec"]);
    rehearse(&desk, "--strict-media").ends(0);
}

#[test]
fn what_an_older_rushes_has_stored_is_looked_at_by_the_next_run_and_once() {
    let desk = desk();
    rehearse(&desk, "").ends(0);
    let told = takes(&desk);
    let ledger = Connection::open(desk.path("out.simulated/ledger.db")).unwrap();
    assert_eq!(ledger.execute("DELETE FROM events WHERE kind = 'probed'", ()).unwrap(), 4);
    drop(ledger);
    desk.rushes("status out.simulated --strict-media").ends(0);
    rehearse(&desk, "--strict-media").ends(1);
    assert_eq!(takes(&desk), told);
    let files = || {
        ["ledger.db", "results.json", "index.html"].map(|name| std::fs::read(desk.path("out.simulated").join(name)).unwrap())
    };
    let before = files();
    rehearse(&desk, "").ends(0);
    assert!(files() == before, "a run with nothing to do changes nothing");
}
