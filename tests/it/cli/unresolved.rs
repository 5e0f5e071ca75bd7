//! Takes of which nobody knows whether they were paid for: that all is shown that may help to find out, and how they are settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::exits::{World, json, stub};
use super::{AT_ONCE, Desk, Ran};

/// What is left of a run of which each submission is answered like this.
fn after(desk: &Desk, status: &str, body: &Value) -> Ran {
    let answer = json(status, body);
    let base = stub(move |_| answer.clone());
    desk.with_key("k", &format!("run shots.yaml --base-url {base} {AT_ONCE} --patience 0s")).ends(4)
}

#[test]
fn a_status_ends_with_all_that_is_known_of_each() {
    let desk = Desk::new();
    desk.put("shots.yaml", "output: out\nshots: [{ id: DOG, prompt: a dog at sea, motion: { r: -6 } }]\n");
    let named = json!({
        "code": "insert_task_failed", "message": "oops\u{1b}[31m (request id: 20261122abc)", "data": { "task_id": "task-7" },
    });
    let ran = after(&desk, "500 Oops", &named).says(&["DOG_T01 is unresolved", "  request id  20261122abc"]);
    let status = desk.rushes("status shots.yaml").ends(4).out;
    let block = status.split_once("\nDOG_T01\n").unwrap_or_else(|| panic!("{status}")).1;
    let (block, totals) = block.split_once("\n\n").expect("totals behind it");
    assert_eq!(totals, "1 take: 1 unresolved; 0 B of video\n");
    let fact = |name: &str| block.lines().find_map(|line| line.trim_start().strip_prefix(name)).expect(name).trim().to_owned();
    let (submitted, token) = (fact("submitted"), fact("token"));
    assert!(submitted.ends_with(" UTC") && token.len() == 32 && ran.err.contains(&token), "{block}");
    insta::assert_snapshot!(block.replace(&submitted, "TIME").replace(&token, "TOKEN"), @r##"
    submitted   TIME
    asks for    a dog at sea · gen4_turbo · 16:9 · 5 s · cinematic · r -6
    came back   HTTP 500: insert_task_failed: oops [31m (request id: 20261122abc)
    last bytes  {"code":"insert_task_failed","data":{"task_id":"task-7"},"message":"oops\u001b[31m (request id:
                20261122abc)"}
    request id  20261122abc
    names task  task-7
    token       TOKEN
    if made     rushes resolve DOG_T01 out --task-id task-7
    if not      rushes resolve DOG_T01 out --not-made
    "##);

    let row = &desk.json("status out")["takes"][0]["unresolved"];
    assert_eq!(
        (&row["named_task"], &row["request_id"], &row["token"]),
        (&"task-7".into(), &"20261122abc".into(), &token.as_str().into())
    );
    for (name, file) in [("csv", "results.csv"), ("junit", "junit.xml"), ("html", "index.html"), ("json", "results.json")] {
        let report = desk.rushes(&format!("report out --format {name}")).out;
        assert!(["task-7", "20261122abc", token.as_str()].iter().all(|fact| report.contains(fact)), "{report}");
        assert_eq!(report, desk.read(format!("out/{file}")));
    }
}

#[test]
fn a_summary_names_each_with_what_is_known() {
    let desk = Desk::new();
    let answer = json("524 Gone", &json!({}));
    let base = stub(move |_| answer.clone());
    let words = format!("run shots.yaml --base-url {base} {AT_ONCE} --format json");
    let summary: Value = serde_json::from_str(&desk.with_key("k", &words).ends(4).out).expect("one document");
    let unresolved = summary["unresolved"].as_array().expect("takes");
    assert_eq!(unresolved.len(), 4, "{summary:#}");
    for take in unresolved {
        assert!(["shot", "submitted_at", "token"].iter().all(|name| take[name].is_string()), "{take:#}");
        assert_eq!((&take["last_bytes"], &take["take"]), (&"{}".into(), &take["take"]), "{take:#}");
    }
}

#[test]
fn a_shot_is_enough_where_only_one_take_of_it_is_unresolved() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { CAT: { fail: bad_gateway }, DOG: { fail: lost_answer } }");
    desk.rehearse("--script script.yaml").ends(4).says(&["1 stored, 3 unresolved"]);
    let resolve = |words: &str| desk.rushes(&format!("resolve {words}"));
    let both = resolve("CAT out.simulated --not-made --yes").ends(2);
    both.says(&["more than one take of CAT is unresolved: CAT_T01, CAT_T02", "which one"]);
    resolve("CAT_T02 out.simulated --not-made --yes").ends(0).says(&["CAT_T02 is settled"]);
    resolve("CAT out.simulated --not-made --yes").ends(0).says(&["CAT_T01 is settled"]);
    resolve("CAT out.simulated --not-made --yes")
        .ends(2)
        .says(&["CAT_T01 is planned, CAT_T02 is planned", "nothing to resolve"]);
    resolve("COW out.simulated --not-made --yes").ends(2).says(&["knows no take or shot COW", "`rushes status out.simulated`"]);
    resolve("../DOG out.simulated --not-made").ends(2);
    let made = desk.accepted().into_iter().find(|(take, _)| take == "DOG_T01").expect("it was made").1;
    resolve(&format!("DOG out.simulated --task-id {made}")).ends(0).says(&["DOG_T01 is settled", "asks the provider"]);
    desk.rushes("run shots.yaml --simulate --speed 500").ends(0).says(&["3 stored, 1 reused; 2 submissions"]);
    assert_eq!(desk.accepted().len(), 4, "nothing is paid for twice");
}

#[test]
fn whoever_frees_a_take_that_has_a_task_is_warned() {
    let desk = Desk::new();
    desk.put("shots.yaml", "output: out\nshots: [{ id: DOG, prompt: a dog at sea }]\n");
    after(&desk, "500 Oops", &json!({ "data": { "task_id": "task-7" } }));
    let warning = ["DOG_T01 named the task task-7", "most likely made it", "--task-id"];
    desk.rushes("resolve DOG out --not-made").ends(2).says(&warning).says(&["nobody is here to confirm it", "--yes"]);
    desk.rushes("status out").ends(4);
    desk.rushes("resolve DOG out --task-id task-8").ends(0).says(&["named another task, task-7", "DOG_T01 is settled"]);

    let desk = Desk::new();
    desk.put("shots.yaml", "output: out\nshots: [{ id: DOG, prompt: a dog at sea }]\n");
    after(&desk, "500 Oops", &json!({ "data": { "task_id": "task-7" } }));
    desk.rushes("resolve DOG out --not-made --yes").ends(0).says(&warning).says(&["DOG_T01 is settled"]);
}

#[test]
fn a_rehearsal_shows_the_providers_count_as_evidence() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: lost_answer }, EEL: { fail: bad_gateway } }");
    let told = "4 submissions in run";
    let ran = desk.rehearse("--script script.yaml").ends(4).says(&["evidence, no proof", told]);
    let one_line = |ran: &Ran| format!("{}{}", ran.out, ran.err).split_whitespace().collect::<Vec<_>>().join(" ");
    for ran in [&ran, &desk.rushes("status out.simulated"), &desk.rushes("report shots.yaml --simulate")] {
        let said = one_line(ran);
        assert!(said.contains("2 were accepted and 2 left without an answer, and the provider counted 3 requests"), "{said}");
        assert!(said.contains("as if 1 of these 2 had been made"), "{said}");
    }
    // Of a run that has nothing to submit nothing is asked.
    desk.rehearse("").ends(4).says(&["0 submissions"]);
    for take in ["DOG", "EEL"] {
        desk.rushes(&format!("resolve {take} out.simulated --not-made --yes")).ends(0);
    }
    let after = desk.rushes("status out.simulated").ends(3);
    assert!(!one_line(&after).contains("evidence"), "{after:?}");
}

#[test]
fn the_providers_count_is_asked_for_before_and_after_and_hinders_nothing() {
    let desk = Desk::new();
    let world = World::new("shots: { DOG: { fail: lost_answer } }\n");
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let books = stub(move |call| {
        assert!(call.starts_with("GET /books/user/quota?key=a%2Bb HTTP/1.1"), "{call}");
        let count = 100 + 5 * counter.fetch_add(1, Ordering::Relaxed);
        json("200 OK", &json!({ "daily_quota": { "2026-11-22": [{ "request_count": count.to_string(), "quota_used": 0.1 }] } }))
    });
    desk.put("key", "a+b\n");
    let words = format!("{} --quota-url {books}/books/ --quota-key-file key", world.run());
    desk.with_key("k", &words).ends(4).says(&["evidence, no proof", "counted 5"]);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    desk.with_key("k", &words).ends(4);
    assert_eq!(asked.load(Ordering::Relaxed), 2, "nothing was to be submitted");
    desk.edit("a cat on a wall, takes: 2", "a cat on a wall, takes: 3");
    let unreadable = words.replace("--quota-key-file key", "--quota-key-file nowhere");
    desk.with_key("k", &unreadable).ends(4).says(&["1 submission", "nowhere", "going on without"]);
}
