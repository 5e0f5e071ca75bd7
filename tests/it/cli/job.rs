//! The main job: from a manifest to a finished output directory, again for nothing, and whatever a person does to either in
//! between.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rushes::digest::Digest;
use serde_json::Value;

use super::{Desk, files};

const TAKES: [&str; 4] = ["CAT_T01", "CAT_T02", "DOG_T01", "EEL_T01"];

#[test]
fn every_take_is_stored_named_and_accounted_for() {
    let desk = Desk::new();
    desk.rehearse("").ends(0).says(&["4 takes: 4 stored; 4 submissions", "4 downloads; out.simulated"]);

    let sums: BTreeMap<String, String> = desk
        .read("out.simulated/SHA256SUMS")
        .lines()
        .map(|line| line.split_once("  ").expect("digest and name"))
        .map(|(digest, name)| (name.to_owned(), digest.to_owned()))
        .collect();
    assert_eq!(sums.keys().cloned().collect::<Vec<_>>(), TAKES.map(|take| format!("shots/{take}.mp4")));
    for (name, digest) in &sums {
        let video = fs::read(desk.path("out.simulated").join(name)).expect("a video");
        assert_eq!(&Digest::of(&video).to_string(), digest, "{name}");
        assert_eq!(&video[4..8], b"ftyp", "{name} is no MP4");
        let object = desk.path(format!("out.simulated/objects/{}/{digest}.mp4", &digest[..2]));
        assert_eq!(fs::read(&object).expect("an object"), video);
        assert!(fs::metadata(object).expect("an object").permissions().readonly());
    }

    let accepted: BTreeMap<_, _> = desk.accepted().into_iter().collect();
    let results: Value = serde_json::from_str(&desk.read("out.simulated/results.json")).expect("JSON");
    let rows = results["takes"].as_array().unwrap_or_else(|| panic!("{results:#}"));
    assert_eq!(rows.len(), TAKES.len());
    for (row, take) in rows.iter().zip(TAKES) {
        assert_eq!(row["task_id"], accepted[take], "{row:#}");
        assert_eq!(row["digest"], sums[&format!("shots/{take}.mp4")], "{row:#}");
        let sidecar: Value = serde_json::from_str(&desk.read(format!("out.simulated/shots/{take}.json"))).expect("JSON");
        assert_eq!((&sidecar["task_id"], &sidecar["digest"]), (&row["task_id"], &row["digest"]), "{sidecar:#}");
    }
    let csv = desk.read("out.simulated/results.csv");
    assert!(TAKES.iter().all(|take| csv.contains(&accepted[*take])), "{csv}");
    let page = desk.read("out.simulated/index.html");
    assert!(TAKES.iter().all(|take| page.contains(&format!("{take}.mp4\""))), "{page}");
    desk.rushes("verify shots.yaml --simulate").ends(0).says(&["4 sound objects", "0 findings"]);
}

#[test]
fn what_is_finished_is_not_touched_again() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let before = state(&desk.path("out.simulated"));
    for _ in 0..2 {
        desk.rehearse("").ends(0).says(&["4 takes: 4 reused; 0 submissions, 0 polls, 0 downloads"]);
        assert_eq!(state(&desk.path("out.simulated")), before);
    }
    for verb in ["status", "report", "verify"] {
        desk.rushes(&format!("{verb} out.simulated")).ends(0);
    }
    assert_eq!(state(&desk.path("out.simulated")), before);
}

#[test]
fn every_run_leaves_a_log_and_a_summary_of_its_own() {
    let desk = Desk::new();
    for _ in 0..3 {
        desk.rehearse("").ends(0);
    }
    let runs: Vec<_> = fs::read_dir(desk.path("out.simulated/runs")).expect("runs").flatten().collect();
    assert_eq!(runs.len(), 3);
    for run in runs {
        assert!(run.path().join("log.jsonl").is_file());
        let summary = fs::read_to_string(run.path().join("summary.json")).expect("a summary");
        let summary: Value = serde_json::from_str(&summary).expect("JSON");
        assert_eq!((&summary["exit"], &summary["run"]), (&0.into(), &run.file_name().to_string_lossy().into()));
    }
}

#[test]
fn a_changed_shot_is_held_until_the_author_agrees_to_pay_again() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let old = fs::read(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("a video");
    desk.edit("a dog at sea", "a dog on the moon");

    let held = ["DOG_T02", "prompt: \"a dog at sea\" → \"a dog on the moon\"", "--regenerate"];
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&held);
    desk.rehearse("").ends(3).says(&held).says(&["1 held; 0 submissions"]);
    assert_eq!(desk.accepted().len(), 4);

    desk.rehearse("--regenerate").ends(0).says(&["1 submission"]);
    assert_eq!(desk.accepted().last().expect("a task").0, "DOG_T02");
    assert_eq!(fs::read(desk.path("out.simulated/shots/DOG_T01.mp4")).expect("the old take"), old);
    desk.rehearse("--regenerate").ends(0).says(&["0 submissions"]);
    desk.rushes("verify shots.yaml --simulate").ends(0);

    desk.edit("a dog on the moon", "a dog at sea");
    desk.rehearse("").ends(0).says(&["0 submissions"]);
}

#[test]
fn a_take_that_is_held_is_counted_once() {
    let desk = Desk::new();
    desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 1");
    desk.rehearse("").ends(0);
    desk.edit("takes: 1", "takes: 2");
    desk.put("script.yaml", "shots: { CAT: { fail: moderated } }");
    desk.rehearse("--script script.yaml").ends(1).says(&["3 reused, 1 failed"]);
    desk.edit("a cat on a wall", "a cat on the moon");
    desk.rehearse("").ends(3).says(&["4 takes: 2 reused, 2 held; 0 submissions"]);
}

#[test]
fn more_takes_are_made_and_fewer_take_nothing_away() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 3");
    desk.rehearse("").ends(0).says(&["5 takes: 1 stored, 4 reused; 1 submission"]);
    desk.edit("a cat on a wall, takes: 3", "a cat on a wall");
    desk.rehearse("").ends(0).says(&["3 takes: 3 reused; 0 submissions"]);
    desk.edit("  - { id: DOG, prompt: a dog at sea }\n", "");
    desk.rehearse("").ends(0).says(&["2 takes: 2 reused; 0 submissions"]);
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["no longer asked for", "DOG_T01", "2 keep, 3 drop"]);
    desk.rushes("verify shots.yaml --simulate").ends(0).says(&["5 sound objects"]);
    assert_eq!(desk.accepted().len(), 5);
    assert!(desk.read("out.simulated/results.csv").contains("DOG"), "a report forgets nothing");
}

#[test]
fn the_same_shots_in_other_words_are_the_same_shots() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk.edit("motion: { r: -6 }", "motion: { x: 0, r: -6.0 }, tags: [fish]");
    desk.put(
        "shots.csv",
        "id,prompt,ratio,r,takes\nCAT,a cat on a wall,1:1,,2\nDOG,a dog at sea,1:1,,\nEEL,an eel in the rain,1:1,-6,\n",
    );
    desk.rehearse("").ends(0).says(&["4 reused; 0 submissions"]);
    assert!(desk.read("out.simulated/results.json").contains("fish"), "tags cost nothing and are kept up to date");
    desk.rushes("run shots.csv --output out --simulate --speed 10000").ends(0).says(&["4 reused; 0 submissions"]);
}

#[test]
fn a_manifest_from_standard_input() {
    let desk = Desk::new();
    let manifest = "id,prompt\nANT,an ant\n";
    desk.with_input(manifest, "run - --simulate --speed 10000").ends(2).says(&["standard input", "--output DIR"]);
    desk.with_input(manifest, "run - --output x --simulate --speed 10000").ends(0).says(&["1 stored", "x.simulated"]);
    desk.with_input(manifest, "plan - --output x --simulate").ends(0).says(&["1 keep"]);
    desk.with_input("id,prompt\nANT,\n", "check -").ends(2).says(&["<stdin>:2:5", "nothing was sent"]);
    assert!(desk.path("x.simulated/shots/ANT_T01.mp4").is_file());
}

#[test]
fn an_output_directory_may_have_any_name() {
    let desk = Desk::new();
    let long = "n".repeat(200);
    for name in ["my films, 100% #1?", "фильм ✨ 夜", long.as_str()] {
        let mut command = desk.command("run shots.yaml --simulate --speed 10000 --output");
        super::Ran::from(command.arg(name).output().expect("an executable")).ends(0).says(&["4 stored"]);
        let mut command = desk.command("status --simulate --output");
        super::Ran::from(command.arg(name).output().expect("an executable")).ends(0).says(&["4 stored"]);
    }
}

#[test]
fn a_long_id_is_a_name_like_any_other() {
    let desk = Desk::new();
    let id = "L".repeat(64);
    desk.edit("DOG", &id);
    desk.rehearse("").ends(0);
    assert!(desk.path(format!("out.simulated/shots/{id}_T01.mp4")).is_file());
}

#[test]
fn what_can_be_made_again_for_nothing_is() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let before = contents(&desk.path("out.simulated"));
    let at = |name: &str| desk.path("out.simulated").join(name);
    for name in
        ["shots/CAT_T01.mp4", "shots/CAT_T02.json", "SHA256SUMS", "results.json", "results.csv", "junit.xml", "index.html"]
    {
        fs::remove_file(at(name)).expect("a file");
    }
    fs::write(at("shots/EEL_T01.json"), "").expect("a torn file");
    desk.rehearse("").ends(0).says(&["0 submissions, 0 polls, 0 downloads"]);
    assert_eq!(contents(&desk.path("out.simulated")), before);
}

#[test]
fn a_lost_object_is_put_back_or_fetched_again_and_not_paid_for_again() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let before = contents(&desk.path("out.simulated/objects"));
    // Its bytes are there by its other name; that is gone too; that has other bytes; or nothing says what the bytes are.
    let lose = |name: &str| fs::remove_file(desk.path("out.simulated").join(name)).expect("a file");
    let steps: [(&dyn Fn(), &str); 4] = [
        (&|| {}, "0 downloads"),
        (&|| lose("shots/CAT_T01.mp4"), "1 download"),
        (&|| lose("shots/CAT_T01.mp4"), "1 download"),
        (&|| lose("shots/CAT_T01.json"), "1 download"),
    ];
    for (step, (lose_more, expected)) in steps.into_iter().enumerate() {
        let object = desk.json("report shots.yaml --simulate")["takes"][0]["digest"].as_str().expect("a digest").to_owned();
        lose(&format!("objects/{}/{object}.mp4", &object[..2]));
        lose_more();
        if step == 2 {
            desk.put("out.simulated/shots/CAT_T01.mp4", "somebody's own");
        }
        desk.rushes("plan shots.yaml --simulate").ends(0).says(&["1 fetch", "no longer on disk"]);
        desk.rushes("verify shots.yaml --simulate").ends(5).says(&["missing  objects/"]);
        desk.rehearse("").ends(0).says(&["0 submissions", expected]);
        assert_eq!(contents(&desk.path("out.simulated/objects")), before);
        desk.rushes("verify shots.yaml --simulate").ends(0);
    }
}

#[test]
fn damage_is_found_named_and_mended() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    let (name, object) = files(&desk.path("out.simulated/objects")).into_iter().next().expect("an object");
    let mut bytes = fs::read(&object).expect("an object");
    bytes[100] ^= 1;
    fs::remove_file(&object).expect("a file");
    fs::write(&object, bytes).expect("a file");
    let found = desk.rushes("verify shots.yaml --simulate").ends(5).says(&["damaged  objects/", &name, "needed for", "help: "]);
    assert!(found.out.contains("_T0"), "{}", found.out);
    let found = desk.json("verify shots.yaml --simulate");
    assert_eq!(found["findings"][0]["finding"], "damaged", "{found:#}");
    // As the help says.
    fs::remove_file(object).expect("a file");
    desk.rehearse("").ends(0).says(&["0 submissions"]);
    desk.rushes("verify shots.yaml --simulate").ends(0);
}

#[test]
fn a_foreign_file_is_named_and_left_alone() {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk.put("out.simulated/shots/notes.txt", "the second one!");
    desk.rushes("verify shots.yaml --simulate").ends(1).says(&["foreign  shots/notes.txt", "1 findings"]);
    desk.rehearse("").ends(0);
    assert_eq!(desk.read("out.simulated/shots/notes.txt"), "the second one!");
}

/// Every file and its bytes, without ledger and logs.
fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = files(root).into_iter().filter(|(name, _)| !name.starts_with("ledger."));
    all.map(|(name, path)| (name, fs::read(path).expect("a file"))).collect()
}

/// Every file with its bytes' digest, its place on disk, and the time of its last change.
pub(super) fn state(root: &Path) -> BTreeMap<String, (Digest, u64, i64)> {
    #[cfg(unix)]
    let place = |path: &Path| {
        use std::os::unix::fs::MetadataExt;
        let file = fs::metadata(path).expect("a file");
        (file.ino(), file.mtime_nsec())
    };
    #[cfg(not(unix))]
    let place = |_: &Path| (0, 0);
    // Whoever holds the lock writes its name into it, and takes it out again.
    let all = files(root).into_iter().filter(|(name, _)| name != "ledger.lock").map(|(name, path)| {
        let (inode, changed) = place(&path);
        (name, (Digest::of(&fs::read(&path).expect("a file")), inode, changed))
    });
    all.collect()
}
