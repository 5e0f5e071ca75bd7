//! Further takes: over what the manifest asks for, because somebody says so, and only as often as it is said.

use std::fs;

use super::{Desk, QUICK};

/// A desk on which everything is stored: two takes of CAT, one of DOG, one of EEL.
fn finished() -> Desk {
    let desk = Desk::new();
    desk.edit("output: out\n", "output: out\nprices: { currency: USD, per_take: 0.25 }\n");
    desk.rehearse("").ends(0);
    desk
}

/// The takes that the simulator was asked for beyond the first so many.
fn bought_after(desk: &Desk, first: usize) -> Vec<String> {
    let mut takes: Vec<_> = desk.accepted().into_iter().skip(first).map(|(take, _)| take).collect();
    takes.sort();
    takes
}

#[test]
fn every_selected_shot_gets_one_more_and_keeps_what_it_has() {
    let desk = finished();
    let old = fs::read(desk.path("out.simulated/shots/CAT_T01.mp4")).expect("a video");
    let words = "--regenerate=tag:pets";
    desk.rushes(&format!("plan {words} shots.yaml --simulate --detailed-exitcode"))
        .ends(10)
        .says(&["CAT_T03  submit      0.25 USD  a further take, as agreed", "1 submit (0.25 USD), 4 keep"]);
    desk.rehearse(words).ends(0).says(&["5 takes: 1 stored, 4 reused; 1 submission"]);
    assert_eq!(bought_after(&desk, 4), ["CAT_T03"]);
    assert_eq!(fs::read(desk.path("out.simulated/shots/CAT_T01.mp4")).expect("a video"), old);
    desk.rehearse("").ends(0).says(&["5 takes: 5 reused; 0 submissions"]);
    desk.rushes("plan shots.yaml --simulate").ends(0).says(&["CAT_T03  keep        0.25 USD  a further take: stored"]);
    assert_eq!(desk.json("plan shots.yaml --simulate")["takes"][2]["further"], true);

    desk.rehearse("--regenerate='not_CAT'").ends(2).says(&["--regenerate:1:1"]);
    let mut command = desk.command(&format!("run shots.yaml {QUICK} --except EEL"));
    let ran: super::Ran = command.arg("--regenerate=EEL or CAT_T02 or DOG").output().expect("an executable").into();
    ran.ends(2).says(&["--regenerate:1:1", "no shot or take called `EEL`"]);
    desk.rehearse("--except EEL --regenerate=state:stored").ends(0).says(&["2 submissions"]);
    assert_eq!(bought_after(&desk, 5), ["CAT_T04", "DOG_T02"]);
    desk.edit("takes: 2", "takes: 4");
    desk.rehearse("").ends(0).says(&["7 takes: 7 reused; 0 submissions"]);
    desk.rushes("verify shots.yaml --simulate").ends(0);
}

#[test]
fn what_stands_behind_the_flag_is_the_manifest_and_no_selector() {
    let desk = finished();
    for words in ["--regenerate shots.yaml", "shots.yaml --regenerate"] {
        desk.rushes(&format!("run {words} {QUICK}")).ends(0).says(&["4 reused; 0 submissions"]);
    }
    desk.rushes("plan shots.yaml --regenerate CAT").ends(2).says(&["cannot read the manifest CAT", "--regenerate=SELECTOR"]);
    for (words, expected) in [
        ("--regenerate=CTA", "did you mean `CAT`?"),
        ("--regenerate=", "something is missing here"),
        ("--regenerate=state:failed", "selects none of 4 takes"),
        ("--regenerate=CAT --regenerate", "cannot be used multiple times"),
        ("--takes 2", "with a plus sign: +1 to +998"),
        ("--takes=++2", "with a plus sign"),
        ("--takes=+-2", "with a plus sign"),
        ("--takes +0", "with a plus sign"),
        ("--takes +999", "with a plus sign"),
    ] {
        desk.rushes(&format!("plan shots.yaml --simulate {words}")).ends(2).says(&[expected]);
        desk.rehearse(words).ends(2).says(&[expected]);
    }
    assert_eq!(bought_after(&desk, 4), Vec::<String>::new());
}

#[test]
fn a_run_that_stops_leaves_further_takes_to_the_next_which_needs_not_be_told() {
    let desk = finished();
    desk.put("script.yaml", "shots: { CAT_T03: { fail: no_money }, CAT_T04: { fail: no_money } }");
    desk.rehearse("--only CAT --takes +2 --script script.yaml").ends(3).says(&[
        "stopped early",
        "2 reused, 2 held",
        "help: run it again without --takes and --regenerate to go on",
    ]);
    assert_eq!(bought_after(&desk, 4), Vec::<String>::new());

    let told = ["CAT_T03  submit", "no further take before this one", "out.simulated: 2 submit (0.50 USD), 2 keep"];
    let again = desk.rushes("plan shots.yaml --simulate --only CAT --takes +2").ends(0).says(&told);
    assert!(!again.out.contains("CAT_T05"), "{}", again.out);
    desk.rushes("plan shots.yaml --simulate")
        .ends(0)
        .says(&["CAT_T04  submit      0.25 USD  a further take: put off", "4 keep"]);
    desk.rehearse("").ends(0).says(&["6 takes: 2 stored, 4 reused; 2 submissions"]);
    assert_eq!(bought_after(&desk, 4), ["CAT_T03", "CAT_T04"]);
    desk.rehearse("").ends(0).says(&["6 reused; 0 submissions"]);
}

#[test]
fn a_further_take_can_take_the_place_of_one_that_came_to_nothing() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: moderated } }");
    desk.rehearse("--script script.yaml").ends(1);
    desk.rehearse("").ends(1).says(&["1 failed; 0 submissions"]);
    desk.rushes("plan shots.yaml --simulate --regenerate=state:failed")
        .ends(0)
        .says(&["DOG_T01  drop        T02 takes its place; it stays as it is: failed: content policy"]);
    desk.rehearse("--regenerate=state:failed").ends(0).says(&["1 submission"]);
    desk.rehearse("").ends(0).says(&["4 reused; 0 submissions"]);
}

#[test]
fn nothing_is_bought_over_the_manifest_that_nobody_has_agreed_to() {
    let desk = Desk::new();
    desk.edit("output: out\n", "output: out\nprices: { currency: USD, per_take: 0.25 }\n");
    let alone = ["(1.00 USD) would be paid for", "nobody is here to agree", "add --yes", "nothing was sent"];
    desk.with_key("k", "run shots.yaml --takes +1 --except EEL --base-url http://127.0.0.1:9")
        .ends(2)
        .says(&["2 further takes (0.50 USD) would be paid for"]);
    desk.with_key("k", "run shots.yaml --takes +2 --except EEL --base-url http://127.0.0.1:9").ends(2).says(&alone);
    assert!(!desk.path("out").exists(), "nothing is made either");
    desk.rushes("run shots.yaml --takes +2 --yes").ends(7).says(&["there is no key"]);
    // What is there to come anyway is no reason to ask.
    desk.rushes("run shots.yaml --regenerate=CAT").ends(7).says(&["there is no key"]);
    desk.rushes("plan shots.yaml --takes +2").ends(0).says(&["10 submit (2.50 USD)"]);
}

#[test]
fn a_saved_plan_holds_what_was_wished_for() {
    let desk = finished();
    let carry_out = |plan: &str| desk.rushes(&format!("run --plan {plan} --simulate --speed 10000"));
    desk.rushes("plan shots.yaml --simulate --regenerate=DOG --takes +1 --only DOG -o dog.json").ends(0).says(&["2 submit"]);
    desk.rushes("plan shots.yaml --simulate --regenerate -o none.json").ends(0).says(&["4 keep"]);
    carry_out("dog.json").ends(0).says(&["2 stored, 1 reused; 2 submissions"]);
    assert_eq!(bought_after(&desk, 4), ["DOG_T02", "DOG_T03"]);
    carry_out("dog.json").ends(2).says(&["moved: DOG_T02: the ledger tells more of it", "nothing was sent"]);
    carry_out("none.json").ends(2).says(&["DOG_T02: it is in the plan now"]);
    desk.rushes("run --plan dog.json --simulate --takes +1").ends(2).says(&["cannot be used with"]);
    desk.rushes("run --plan dog.json --simulate --regenerate=DOG").ends(2).says(&["cannot be used with"]);
}
