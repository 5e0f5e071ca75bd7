//! Several manifests in one run, given and included, as files on disk.

use std::fs;

use serde_json::{Value, json};

use super::{Desk, QUICK};

#[test]
fn several_manifests_are_one_run() {
    let desk = Desk::new();
    fs::create_dir(desk.path("shots")).expect("a folder");
    for (name, text) in [
        ("a.csv", "id,prompt\nFOX,a fox\n"),
        ("b.csv", "id,prompt\nGNU,a gnu\n"),
        ("other.yaml", "output: elsewhere\nshots: [{ id: HEN, prompt: a hen }]"),
        ("all.yaml", "output: all\ninclude: [shots/*.yaml, '?.csv']"),
        ("shots/s.yaml", "shots: [{ id: IBIS, prompt: an ibis }]"),
    ] {
        desk.put(name, text);
    }
    desk.rushes("check shots.yaml a.csv b.csv").ends(0).says(&["3 manifests: 5 shots, 6 takes, no mistakes"]);
    desk.rushes("plan shots.yaml ?.csv").ends(0).says(&["CAT_T02", "FOX_T01", "GNU_T01", "out: 6 submit"]);
    desk.rushes("plan all.yaml").ends(0).says(&["IBIS_T01", "FOX_T01", "all: 3 submit"]);
    desk.rushes("plan a.csv b.csv").ends(2).says(&["say --output DIR"]);
    desk.rushes("plan ?.csv").ends(2).says(&["say --output DIR"]);
    desk.rushes("plan ?.csv -o there").ends(0).says(&["there: 2 submit"]);
    desk.rushes("plan shots.yaml other.yaml").ends(2).says(&["other.yaml:1:9", "name different output directories"]);
    desk.rushes("plan shots.yaml other.yaml -o there").ends(0).says(&["there: 5 submit"]);
    desk.rushes("check a.csv ./a.csv").ends(2).says(&["./a.csv is given twice"]);
    desk.rushes("check none*.csv").ends(2).says(&["no file fits none*.csv"]);
    desk.rushes("check all.yaml a.csv").ends(2).says(&["all.yaml:2:25", "given by itself as well"]);
}

#[test]
fn every_format_names_the_file_that_is_meant() {
    let desk = Desk::new();
    desk.put("a.yaml", "include: b.csv\nshots: [{ id: FOX, prompt: a fox }]");
    desk.put("b.csv", "id,prompt,lens\nfox,a vixen,35 mm\n");
    desk.rushes("check a.yaml").ends(2).says(&["b.csv:1:11", "a.yaml:2:15", "b.csv:2:1", "first used here"]);
    let found: Value = serde_json::from_str(&desk.rushes("check a.yaml --format json").ends(2).out).expect("JSON");
    let (column, twice) = (&found["diagnostics"][1], &found["diagnostics"][0]);
    assert_eq!((&column["file"], &column["code"]), (&json!("b.csv"), &json!("unknown-field")), "{found:#}");
    assert_eq!((&twice["file"], &twice["related"][0]["file"]), (&json!("a.yaml"), &json!("b.csv")), "{found:#}");
    let lines = desk.rushes("check a.yaml --format github").ends(2).out;
    assert!(lines.contains("file=b.csv,line=1,") && lines.contains("first used here: b.csv:2:1"), "{lines}");
    desk.put("a.yaml", "include: b.csv\nshots: [{ id: GNU, prompt: a gnu }]");
    desk.rushes("check a.yaml --extra-columns keep").ends(0).says(&["2 shots"]);
}

#[test]
fn a_saved_plan_knows_all_its_manifests() {
    let desk = Desk::new();
    desk.put("a.csv", "id,prompt\nFOX,a fox\n");
    desk.put("b.csv", "id,prompt\nGNU,a gnu\n");
    desk.rushes("plan ?.csv -o there --simulate --save plan.json").ends(0).says(&["there.simulated: 2 submit"]);
    desk.put("c.csv", "id,prompt\nHEN,a hen\n");
    desk.rushes(&format!("run --plan plan.json {QUICK}")).ends(2).says(&["HEN: the manifest has this shot now"]);
    std::fs::remove_file(desk.path("c.csv")).expect("a file");
    desk.rushes(&format!("run --plan plan.json {QUICK}")).ends(0).says(&["2 takes: 2 stored"]);
}
