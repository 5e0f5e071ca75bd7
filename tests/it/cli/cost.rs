//! `rushes cost`: what a rehearsal with prices and troubles came to, in every form, and what cannot be asked.

use serde_json::{Value, json};

use super::{CALM, Desk, INSTANT};

/// A desk on which four takes at 0.32 USD were rehearsed: one failed and is charged, one failed and is refunded by the rule, of one
/// nobody knows, one is stored; and one in euros is stored, which was submitted by another run.
fn paid() -> Desk {
    let desk = Desk::new();
    desk.edit("output: out\n", "output: out\nprices: { currency: USD, per_take: 0.32 }\n");
    desk.put(
        "script.yaml",
        &format!("{INSTANT}shots: {{ CAT_T01: {{ fail: moderated }}, CAT_T02: {{ fail: internal }}, DOG_T01: {{ fail: lost_answer }} }}"),
    );
    let run = |more: &str| desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml {more}"));
    run("").ends(4);
    desk.edit("shots:\n", "shots:\n  - { id: FOX, prompt: a fox, model: gen4, tags: [=fur, pets] }\n");
    desk.put("euros.yaml", "currency: EUR\nper_take: 1.5\n");
    run("--prices euros.yaml").ends(4);
    desk
}

#[test]
fn what_a_rehearsal_came_to_is_told_in_every_form() {
    let desk = paid();
    let text = desk.rushes("cost shots.yaml --simulate --by model,tag --timezone UTC").ends(0);
    let text =
        text.says(&["MODEL ", "TAG ", "(none)", "nobody knows whether 1 attempt was paid for (0.32 USD)", "rushes status"]);
    text.says(&["so these rows come to more than the total"]);

    let account = desk.json("cost shots.yaml --simulate --timezone Europe/Berlin");
    assert_eq!((&account["version"], &account["timezone"]), (&json!(1), &json!("Europe/Berlin")));
    let total = &account["total"];
    assert_eq!((&total["attempts"]["all"], &total["videos"], &total["unpriced"]), (&json!(5), &json!(2), &json!(0)));
    let [euros, dollars] = total["money"].as_array().expect("money").as_slice() else { panic!("{total}") };
    assert_eq!((&euros["currency"], &euros["spent"], &euros["videos"]), (&json!("EUR"), &json!("1.50"), &json!(1)));
    assert_eq!((&dollars["currency"], &dollars["unresolved"]), (&json!("USD"), &json!("0.32")));
    let by = account["by"].as_object().expect("groups");
    assert_eq!(by.keys().collect::<Vec<_>>(), ["day", "model", "tag"]);
    let attempts = |rows: &Value| rows.as_array().expect("rows").iter().map(|row| row["attempts"]["all"].as_u64()).sum();
    assert_eq!((attempts(&by["day"]), attempts(&by["model"])), (Some(5), Some(5)));
    let keys = |rows: &Value| rows.as_array().expect("rows").iter().map(|row| row["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys(&by["tag"]), [json!("=fur"), json!("pets"), Value::Null]);

    let csv = desk.rushes("cost shots.yaml --simulate --by tag --format csv").ends(0).out;
    assert!(csv.contains("\ntag,'=fur,EUR,1,1,1.50,") && csv.contains("\ntotal,,USD,4,1,"), "{csv}");
    let only = desk.rushes("cost shots.yaml --simulate --only FOX --format csv --by scene,model,scene").ends(0).out;
    let rows: Vec<_> = only.lines().map(|line| line.split(',').take(4).collect::<Vec<_>>().join(",")).collect();
    assert_eq!(rows, ["by,key,currency,attempts", "scene,,EUR,1", "model,gen4,EUR,1", "total,,EUR,1"]);
}

#[test]
fn where_nobody_states_a_price_attempts_are_counted() {
    let desk = Desk::new();
    desk.put("script.yaml", INSTANT);
    desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml")).ends(0);
    let ran = desk.rushes("cost shots.yaml --simulate --by month").ends(0);
    ran.says(&["total           4       4      4", "the figures are numbers of", "`rushes run --prices FILE`"]);
    let none = "nothing was submitted in this time";
    desk.rushes("cost shots.yaml --simulate --until 2001-01-01").ends(0).says(&[none]);
}

#[test]
fn days_are_those_of_the_zone_that_is_said_or_of_the_machine() {
    let desk = paid();
    let zone = |tz: &str, more: &str| {
        let mut command = desk.command(&format!("cost shots.yaml --simulate --format json {more}"));
        let output = command.env("TZ", tz).output().expect("an executable");
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        (document["timezone"].clone(), String::from_utf8(output.stderr).expect("words"))
    };
    assert_eq!(zone("America/Lima", ""), (json!("America/Lima"), String::new()));
    assert_eq!(zone("America/Lima", "--timezone europe/berlin"), (json!("Europe/Berlin"), String::new()));
    assert_eq!(zone("Mars/Base", "--timezone -03:30"), (json!("-03:30"), String::new()));
    let (name, said) = zone("Mars/Base", "");
    assert_eq!(name, "UTC");
    assert!(said.contains("the machine's time zone cannot be told") && said.contains("say --timezone"), "{said}");
}

#[test]
fn what_cannot_be_asked_is_told() {
    let desk = paid();
    let cost = |words: &str| desk.rushes(&format!("cost shots.yaml --simulate {words}")).ends(2);
    cost("--timezone Berlin").says(&["did you mean Europe/Berlin?"]);
    cost("--timezone UTC+2").says(&["write a name like Europe/Berlin, UTC, or how far it is from that: +02:00"]);
    cost("--since 22.11.2026").says(&["write a day as in 2026-11-22"]);
    cost("--since 2026-11-22 --until 2026-11-21").says(&["there is no day from --since 2026-11-22 to --until 2026-11-21"]);
    cost("--by hour").says(&["day, month, tag, model, scene"]);
    cost("--only tag:nobody").says(&["nobody"]);
    let missing = desk.rushes("cost shots.yaml").ends(2);
    assert_eq!(missing.err, desk.rushes("status shots.yaml").ends(2).err);
}
