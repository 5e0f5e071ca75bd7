//! A part of a manifest: only what is selected is looked at, sent, and counted.

use super::{Desk, QUICK};

#[test]
fn only_what_is_selected_is_run_and_counted_and_the_rest_stays_as_it_is() {
    let desk = Desk::new();
    desk.rushes("plan shots.yaml --only tag:pets").ends(0).says(&["CAT_T01  submit", "out: 2 submit; 2 takes not selected"]);
    desk.rehearse("--only tag:pets").ends(0).says(&["2 takes: 2 stored; 2 submissions"]);
    desk.rehearse("--only tag:pets").ends(0).says(&["2 takes: 2 reused; 0 submissions"]);
    assert_eq!(desk.accepted().len(), 2);
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["DOG_T01  submit      new", "2 submit, 2 keep"]);
    let mut command = desk.command(&format!("run shots.yaml {QUICK} --except"));
    let ran: super::Ran = command.arg("CAT* or eel").output().expect("an executable").into();
    ran.ends(0).says(&["1 take: 1 stored; 1 submission"]);
    let page = desk.read("out.simulated/results.csv");
    assert!(page.contains("CAT") && page.contains("DOG") && !page.contains("EEL"), "the reports are over all that was begun");
    desk.rehearse("").ends(0).says(&["4 takes: 1 stored, 3 reused"]);
    assert_eq!(desk.json("plan shots.yaml --simulate --only CAT_T02")["takes"].as_array().map(Vec::len), Some(1));
    assert_eq!(desk.json("plan shots.yaml --simulate --only CAT_T02")["not_selected"], 3);
}

#[test]
fn a_report_on_a_part_speaks_for_that_part_alone() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: moderated } }");
    desk.rehearse("--script script.yaml").ends(1);
    for verb in ["status", "report"] {
        desk.rushes(&format!("{verb} out.simulated")).ends(1);
        let ran = desk.rushes(&format!("{verb} out.simulated --except DOG")).ends(0);
        assert!(ran.out.contains("CAT_T01") && !ran.out.contains("DOG"), "{}", ran.out);
        let ran = desk.rushes(&format!("{verb} shots.yaml --simulate --only state:failed")).ends(1);
        assert!(ran.out.contains("DOG_T01") && !ran.out.contains("CAT"), "{}", ran.out);
    }
    assert_eq!(desk.json("report out.simulated --only C*")["takes"].as_array().map(Vec::len), Some(2));

    std::fs::remove_file(desk.path("out.simulated/shots/EEL_T01.mp4")).expect("a video");
    desk.put("out.simulated/shots/odd.mp4", "odd");
    desk.rushes("verify out.simulated --only CAT").ends(0).says(&["2 stored takes", "0 findings"]);
    desk.rushes("verify out.simulated --except CAT").ends(5).says(&["missing", "1 findings"]);
    desk.rushes("verify out.simulated").ends(5).says(&["foreign", "2 findings"]);
}

#[test]
fn a_mistake_in_a_selector_costs_nothing() {
    let desk = Desk::new();
    for verb in ["plan shots.yaml", "run shots.yaml --simulate"] {
        desk.rushes(&format!("{verb} --only state:faild")).ends(2).says(&[
            "--only:1:1",
            "did you mean `failed`?",
            "nothing was sent",
        ]);
        desk.rushes(&format!("{verb} --except tag:pet")).ends(2).says(&["--except:1:1", "did you mean `pets`?"]);
        desk.rushes(&format!("{verb} --only state:stored")).ends(2).says(&["selects none of 4 takes"]);
        desk.rushes(&format!("{verb} --except *")).ends(2).says(&["--except * leaves nothing"]);
        desk.rushes(&format!("{verb} --except state:stored")).ends(0);
        std::fs::remove_dir_all(desk.path("out.simulated")).ok();
    }
    desk.rushes("run shots.yaml --simulate --only COW").ends(2);
    assert!(!desk.path("out.simulated").exists(), "nothing is made for a selector that selects nothing");
    desk.rehearse("--only DOG").ends(0);
    for verb in ["status", "report", "verify"] {
        desk.rushes(&format!("{verb} out.simulated --only DGO")).ends(2).says(&["did you mean `DOG`?"]);
    }
}

#[test]
fn what_is_not_selected_keeps_its_place_at_the_provider() {
    let desk = Desk::new();
    desk.put("script.yaml", "generate: 1000h\nshots: { DOG: { fail: never_done } }");
    desk.rushes("run shots.yaml --simulate --speed 10000 --script script.yaml --only DOG --patience 1m")
        .ends(3)
        .says(&["1 waiting"]);
    let ran = desk.rehearse("--only EEL --in-flight 1").ends(3);
    ran.says(&["1 takes that are not selected are at the provider, as many as --in-flight allows", "nothing was sent"]);
    let ran = desk.rehearse("--only EEL --in-flight 2").ends(0);
    ran.says(&["1 take: 1 stored", "1 take not selected, paid for and not on disk"]);
}
