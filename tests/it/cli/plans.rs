//! Plans: why, for how much, and whether there is anything to do at all.

use serde_json::json;

use super::Desk;

/// A desk on which everything is stored.
fn finished() -> Desk {
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    desk
}

#[test]
fn a_scheduler_is_told_whether_there_is_anything_to_do() {
    let desk = Desk::new();
    let plan = "plan shots.yaml --simulate";
    desk.rushes(plan).ends(0);
    desk.rushes(&format!("{plan} --detailed-exitcode")).ends(10).says(&["4 submit"]);
    desk.rushes(&format!("{plan} --detailed-exitcode --format json -q")).ends(10);
    desk.rehearse("").ends(0);
    desk.rushes(&format!("{plan} --detailed-exitcode")).ends(0).says(&["4 keep"]);
    desk.edit("a dog at sea", "a dog on the moon");
    desk.rushes(&format!("{plan} --detailed-exitcode")).ends(0).says(&["3 keep, 1 held, 1 drop"]);
    desk.rushes(&format!("{plan} --detailed-exitcode --regenerate")).ends(10).says(&["1 submit, 3 keep, 1 drop"]);
    desk.rushes(&format!("{plan} --detailed-exitcode --regenerate --except DOG"))
        .ends(0)
        .says(&["3 keep; 2 takes not selected"]);
    desk.edit("id: CAT,", "id: CAT, promt: x,");
    desk.rushes(&format!("{plan} --detailed-exitcode")).ends(2);
    desk.rushes("plan nowhere.yaml --detailed-exitcode").ends(2);
    std::fs::write(desk.path("out.simulated/ledger.db"), "no ledger").expect("a file");
    desk.edit(" promt: x,", "");
    desk.rushes(&format!("{plan} --detailed-exitcode")).ends(7);
}

#[test]
fn every_change_has_its_reason_in_words_and_as_data() {
    let desk = finished();
    desk.edit("motion: { r: -6 }", "motion: { r: -6, y: 0.4 }, seconds: 10");
    let reason = "changed since T01 was paid for: motion.y: 0 → 0.4, seconds: 5 → 10; --regenerate buys it as a further take";
    desk.rushes("plan shots.yaml --simulate")
        .ends(0)
        .says(&[&format!("EEL_T02  held        {reason}"), "3 keep, 1 held, 1 drop"]);
    let plan = desk.json("plan shots.yaml --simulate");
    let held = &plan["takes"][4];
    assert_eq!(
        (&held["shot"], &held["take"], &held["action"], &held["reason"]),
        (&json!("EEL"), &json!(2), &json!("held"), &json!(reason))
    );
    let changes = json!([{ "field": "motion.y", "from": 0.0, "to": 0.4 }, { "field": "seconds", "from": 5, "to": 10 }]);
    assert_eq!(held["changes"], changes);
    assert_eq!(plan["takes"][3]["action"], "drop");
    assert!(plan["takes"][0].get("changes").is_none());
    desk.rushes("plan shots.yaml --simulate --regenerate")
        .ends(0)
        .says(&["EEL_T02  submit      changed since T01 was paid for"]);
}

#[test]
fn a_default_changes_every_shot_that_has_it_and_a_tag_changes_none() {
    let desk = finished();
    desk.edit("ratio: \"1:1\"", "ratio: \"9:16\"");
    let ran = desk.rushes("plan shots.yaml --simulate").ends(0).says(&["4 held, 4 drop"]);
    assert_eq!(ran.out.matches("ratio: \"1:1\" → \"9:16\"").count(), 4, "{}", ran.out);
    desk.edit("ratio: \"9:16\"", "ratio: \"1:1\"");
    desk.edit("tags: [pets]", "tags: [animals]");
    desk.rushes("plan shots.yaml --simulate")
        .ends(0)
        .says(&["CAT_T01  keep        stored; its tags are new", "out.simulated: 4 keep"]);
}
