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
    desk.edit("tags: [pets]", "tags: [pets, hero], notes: at night, scene: 10, x_lens: 35");
    desk.rushes(&format!("{plan} --detailed-exitcode"))
        .ends(0)
        .says(&["CAT_T01  keep        stored; new tags, scene, notes, x_ fields", "4 keep"]);
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
fn a_plan_is_the_same_whether_it_is_made_shot_by_shot_or_at_once() {
    let desk = Desk::new();
    let both = |told: &str| {
        let ran = ["plan shots.yaml --simulate", "plan shots.yaml --simulate --only *"].map(|line| desk.rushes(line).ends(0));
        assert_eq!(ran[0].out, ran[1].out);
        assert!(ran[0].out.contains(told), "{told} is missing from\n{}", ran[0].out);
        assert_eq!(desk.json("plan shots.yaml --simulate"), desk.json("plan shots.yaml --simulate --only *"));
    };
    both("4 submit");
    desk.rehearse("").ends(0);
    both("4 keep");
    desk.edit("motion: { r: -6 }", "motion: { r: -6, y: 0.4 }");
    both("3 keep, 1 held, 1 drop");
    desk.edit("id: EEL", "id: ANT");
    both("3 keep, 1 drop");
    desk.edit("id: CAT", "id: Cat");
    for words in ["", "--only *", "--retry-failed"] {
        desk.rushes(&format!("plan shots.yaml --simulate {words}")).ends(2).says(&["`Cat` was submitted as `CAT` before"]);
    }
}

#[test]
fn a_default_changes_every_shot_that_has_it_and_a_tag_changes_none() {
    let desk = finished();
    desk.edit("ratio: \"1:1\"", "ratio: \"9:16\"");
    let ran = desk.rushes("plan shots.yaml --simulate").ends(0).says(&["4 held, 4 drop"]);
    assert_eq!(ran.out.matches("ratio: \"1:1\" → \"9:16\"").count(), 4, "{}", ran.out);
    desk.edit("ratio: \"9:16\"", "ratio: \"1:1\"");
    desk.edit("tags: [pets]", "tags: [animals]");
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["CAT_T01  keep        stored; new tags", "out.simulated: 4 keep"]);
}

#[test]
fn takes_that_are_asked_for_by_number_have_those_numbers() {
    let desk = finished();
    desk.edit("takes: 2", "takes: [1, 2]");
    desk.rushes("plan shots.yaml --simulate --detailed-exitcode").ends(0).says(&["4 keep"]);
    desk.edit("takes: [1, 2]", "takes: [2, 4]");
    desk.rushes("check shots.yaml").ends(0).says(&["3 shots, 4 takes"]);
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&[
        "CAT_T01  drop        no longer asked for; it stays as it is: stored",
        "CAT_T04  submit      new",
        "1 submit, 3 keep, 1 drop",
    ]);
    desk.rushes("plan shots.yaml --simulate --save plan.json").ends(0);
    desk.rushes(CARRY_OUT).ends(0).says(&["1 stored, 3 reused; 1 submission"]);
    assert!(desk.path("out.simulated/shots/CAT_T01.mp4").exists() && desk.path("out.simulated/shots/CAT_T04.mp4").exists());
    desk.rehearse("--takes +1 --only CAT").ends(0).says(&["1 submission"]);
    assert!(desk.path("out.simulated/shots/CAT_T05.mp4").exists());
    desk.edit("a cat on a wall", "a cat on the moon");
    let held = r#"CAT_T06  held        changed since T05 was paid for: prompt: "a cat on a wall" → "a cat on the moon""#;
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&[held, "2 keep, 2 held, 4 drop"]);
    desk.rehearse("--regenerate").ends(0).says(&["2 submissions"]);
    desk.rushes("plan shots.yaml --simulate --detailed-exitcode").ends(0).says(&["CAT_T06  keep", "4 keep, 4 drop"]);
}

/// A desk with a saved plan of a rehearsal.
fn saved(more: &str) -> Desk {
    let desk = Desk::new();
    desk.edit("output: out\n", "output: out\nprices: { currency: USD, per_take: 0.25 }\n");
    desk.rushes(&format!("plan shots.yaml --simulate --save plan.json {more}"))
        .ends(0)
        .says(&["run --simulate --plan plan.json"]);
    desk
}

const CARRY_OUT: &str = "run --plan plan.json --simulate --speed 10000";

#[test]
fn a_saved_plan_is_carried_out_once_and_to_the_letter() {
    let desk = saved("--only tag:pets");
    desk.rushes(CARRY_OUT).ends(0).says(&["2 takes: 2 stored; 2 submissions"]);
    let ran = desk.rushes(CARRY_OUT).ends(2);
    ran.says(&[
        "moved: CAT_T01: the ledger tells more of it: it was planned, and is stored",
        "2 things moved",
        "nothing was sent",
    ]);
    assert_eq!(desk.accepted().len(), 2);

    desk.rushes("plan shots.yaml --simulate -o next.json").ends(0).says(&["out.simulated: 2 submit", "--plan next.json"]);
    desk.rushes("run shots.yaml --plan next.json --simulate --speed 10000").ends(0).says(&["2 stored, 2 reused"]);
    assert!(!desk.path("next.json.simulated").exists());
}

#[test]
fn a_saved_plan_refuses_when_the_manifest_has_moved() {
    let refuses = |from: &str, to: &str, expected: &str| {
        let desk = saved("");
        desk.edit(from, to);
        desk.rushes(CARRY_OUT).ends(2).says(&[expected, "since the plan plan.json was saved; nothing was sent", "rushes plan"]);
        assert!(!desk.path("out.simulated").exists(), "{from}");
    };
    refuses("a dog at sea", "a dog on the moon", r#"moved: DOG: prompt: "a dog at sea" → "a dog on the moon""#);
    refuses("seconds: 5", "seconds: 10", "moved: EEL: seconds: 5 → 10");
    refuses("takes: 2", "takes: 1", "moved: CAT: takes: 2 → 1");
    refuses("takes: 2", "takes: [1, 2]", "moved: CAT: takes: 2 → [1, 2]");
    refuses("  - { id: DOG", "  - { id: COW, prompt: a cow }\n  - { id: DOG", "moved: COW: the manifest has this shot now");
    refuses("a dog at sea }", "a dog at sea, notes: hello }", r#"moved: DOG: notes: not said → "hello""#);
    refuses("output: out", "output: elsewhere", "the output directory was out.simulated, and is elsewhere.simulated");
    refuses("per_take: 0.25", "per_take: 0.30", "moved: DOG_T01: its price was 0.25 USD, and is 0.30 USD");
    refuses(
        "output: out",
        "output: out\nprovider: { base_url: https://other/ }",
        "the base URL was not said, and is https://other/",
    );
}

#[test]
fn what_says_nothing_about_the_shots_moves_no_plan() {
    let desk = saved("--only DOG");
    desk.edit("version: 1", "version: 1 # a remark");
    desk.edit("an eel in the rain", "an eel in the sun");
    desk.rushes(CARRY_OUT).ends(0).says(&["1 take: 1 stored"]);
}

#[test]
fn a_saved_plan_refuses_when_the_ledger_or_the_prices_have_moved() {
    let desk = saved("");
    desk.put("prices.yaml", "currency: USD\nper_take: 0.40\n");
    desk.rushes(&format!("{CARRY_OUT} --prices prices.yaml"))
        .ends(2)
        .says(&["CAT_T01: its price was 0.25 USD, and is 0.40 USD"]);
    desk.rehearse("--only DOG").ends(0);
    desk.rushes(CARRY_OUT)
        .ends(2)
        .says(&["moved: DOG_T01: the ledger tells more of it: it was planned, and is stored", "1 thing moved"]);

    desk.rushes("plan shots.yaml --simulate --save plan.json --prices prices.yaml").ends(0);
    desk.rushes(CARRY_OUT).ends(0).says(&["3 stored, 1 reused"]);
    desk.rushes("status out.simulated").ends(0).says(&["0.40 USD"]);
}

#[test]
fn a_plan_takes_the_place_of_an_earlier_plan_and_of_nothing_else() {
    let desk = saved("");
    desk.put("prices.yaml", "currency: USD\nper_take: 0.40\n");
    desk.put("shots.json", r#"{ "shots": [{ "id": "COW", "prompt": "a cow" }] }"#);
    desk.put("precious.txt", "precious");
    std::fs::create_dir(desk.path("folder")).expect("a folder");
    for (words, kept) in [
        ("shots.yaml --save shots.yaml", "shots.yaml"),
        ("shots.yaml --save ./shots.yaml", "shots.yaml"),
        ("shots.json -o shots.json", "shots.json"),
        ("shots.yaml --prices prices.yaml --save prices.yaml", "prices.yaml"),
        ("shots.yaml --save precious.txt", "precious.txt"),
    ] {
        let before = desk.read(kept);
        let ran = desk.rushes(&format!("plan --simulate {words}")).ends(2);
        ran.says(&[kept, "is there already, no saved plan", "help: say another name"]);
        assert_eq!(desk.read(kept), before, "{words}");
    }
    desk.rushes("plan shots.yaml --simulate --save folder").ends(2).says(&["folder is a directory"]);
    desk.rushes("plan shots.yaml --simulate --save nowhere/plan.json")
        .ends(7)
        .says(&["cannot write the plan nowhere/plan.json"]);

    let plan = desk.read("plan.json");
    desk.put("empty.json", "");
    desk.put("old.json", &plan.replace("\"version\": 1", "\"version\": 0"));
    desk.put("edited.json", &plan.replace("a dog", "a cow"));
    desk.put("half.json", &plan[..plan.len() / 2]);
    for name in ["empty.json", "old.json", "edited.json", "half.json", "plan.json", "folder/new.json"] {
        desk.rushes(&format!("plan shots.yaml --simulate --save {name}")).ends(0);
        assert_eq!(desk.read(name), plan, "{name}");
    }
    let left = std::fs::read_dir(desk.path("")).expect("a folder").count();
    assert_eq!(left, 10, "nothing temporary is left");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_plan_stays_one_and_what_is_no_file_stays() {
    let desk = saved("");
    std::os::unix::fs::symlink("plan.json", desk.path("link.json")).expect("a link");
    desk.edit("a dog at sea", "a dog on the moon");
    desk.rushes("plan shots.yaml --simulate --save link.json").ends(0);
    assert!(desk.read("plan.json").contains("a dog on the moon"));
    assert!(desk.path("link.json").is_symlink());
    desk.rushes("plan shots.yaml --simulate --save /dev/null").ends(2).says(&["/dev/null is no file"]);
}

#[test]
fn a_plan_is_not_carried_out_in_another_folder() {
    let (desk, other) = (saved(""), Desk::new());
    for name in ["shots.yaml", "plan.json"] {
        other.put(name, &desk.read(name));
    }
    let whole = |desk: &Desk| desk.path("").canonicalize().expect("a folder").display().to_string();
    other.rushes(CARRY_OUT).ends(2).says(&[
        "cannot use the plan plan.json",
        &format!("made in {}, and this is {}", whole(&desk), whole(&other)),
        "nothing was sent",
    ]);
    let elsewhere = desk.path("plan.json").display().to_string();
    other.rushes(&CARRY_OUT.replace("plan.json", &elsewhere)).ends(2).says(&["made in"]);
    assert!(!other.path("out.simulated").exists());
    desk.rushes(CARRY_OUT).ends(0).says(&["4 stored; 4 submissions"]);
}

#[test]
fn what_is_no_plan_or_was_edited_buys_nothing() {
    let desk = saved("");
    let text = desk.read("plan.json");
    for (text, expected) in [
        (text.replacen("\"take\": 1", "\"take\": 3", 1), "somebody has edited it"),
        (text.replace("\"regenerate\": false", "\"regenerate\": true"), "somebody has edited it"),
        (text[..text.len() / 2].to_owned(), "this is no saved plan"),
        (text.replace("\"version\": 1", "\"version\": 9"), "format 9, this one knows 1"),
        (String::new(), "this is no saved plan"),
    ] {
        desk.put("plan.json", &text);
        desk.rushes(CARRY_OUT).ends(2).says(&["cannot use the plan plan.json", expected, "nothing was sent"]);
    }
    desk.put("plan.json", &text);
    desk.rushes("run --plan plan.json").ends(2).says(&["for a rehearsal", "add --simulate"]);
    desk.rushes("run --plan nowhere.json").ends(2).says(&["nowhere.json"]);
    desk.rushes("run").ends(2).says(&["MANIFEST"]);
    for flag in ["--retry-failed", "--regenerate", "--only DOG", "--except DOG", "-o other"] {
        desk.rushes(&format!("{CARRY_OUT} {flag}")).ends(2).says(&["cannot be used with"]);
    }
    assert!(!desk.path("out.simulated").exists());
}
