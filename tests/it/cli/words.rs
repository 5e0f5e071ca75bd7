//! What is said, to whom, and that nobody has to listen.

use std::io;
use std::process::Stdio;

use super::{Desk, QUICK, Ran};

const VERBS: [&str; 13] = [
    "run",
    "init",
    "check",
    "plan",
    "moves",
    "schema",
    "status",
    "report",
    "verify",
    "resolve",
    "simulate",
    "completions",
    "man",
];

#[test]
fn whoever_stops_listening_does_not_stop_the_run() {
    for talk in ["", "-v", "-vv", "-vv --log-format json", "--format json"] {
        let desk = Desk::new();
        let mut command = desk.command(&format!("run shots.yaml {QUICK} {talk}"));
        let code = command.stdout(deaf()).stderr(deaf()).status().expect("an executable").code();
        assert_eq!(code, Some(0), "{talk}");
        desk.rehearse("").ends(0).says(&["4 reused"]);
    }
    let desk = Desk::new();
    desk.rehearse("").ends(0);
    for words in
        ["plan shots.yaml --simulate", "status out.simulated", "report out.simulated --format html", "verify out.simulated"]
            .into_iter()
            .chain(["completions zsh", "man", "moves", "--help", "--version", "check shots.yaml"])
    {
        let code = desk.command(words).stdout(deaf()).stderr(deaf()).status().expect("an executable").code();
        assert_eq!(code, Some(0), "{words}");
    }
    for words in ["run nowhere.yaml", "resolve", "check"] {
        let code = desk.command(words).stdout(deaf()).stderr(deaf()).status().expect("an executable").code();
        assert_eq!(code, Some(2), "{words}");
    }
}

#[test]
fn quiet_says_nothing_unless_there_is_something_to_say() {
    let desk = Desk::new();
    for _ in 0..2 {
        let ran = desk.rehearse("-q").ends(0);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""));
    }
    for words in ["-q check shots.yaml", "verify -q out.simulated"] {
        let ran = desk.rushes(words).ends(0);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", ""), "{words}");
    }
    desk.edit("a dog at sea", "a dog on the moon");
    let ran = desk.rehearse("-q").ends(3);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""), "{ran:?}");
}

#[test]
fn data_go_to_standard_output_and_talk_does_not() {
    let desk = Desk::new();
    let ran = desk.rehearse("--format json").ends(0);
    let summary: serde_json::Value = serde_json::from_str(&ran.out).expect("one document");
    assert_eq!(summary["takes"]["stored"], 4, "{summary:#}");
    assert_eq!(summary["calls"]["submissions"], 4, "{summary:#}");
    assert!(ran.err.contains("accepted as task"));

    assert_eq!(desk.json("plan shots.yaml --simulate")["takes"][3]["action"], "keep");
    assert_eq!(desk.json("status out.simulated")["takes"][3]["outcome"], "stored");
    assert_eq!(desk.json("report out.simulated")["takes"][3]["outcome"], "stored");
    assert_eq!(desk.json("verify out.simulated")["sound"], 4);
    let csv = desk.rushes("report out.simulated --format csv").ends(0).out;
    assert_eq!(csv, desk.read("out.simulated/results.csv"));
    let page = desk.rushes("report out.simulated --format html").ends(0).out;
    assert_eq!(page, desk.read("out.simulated/index.html"));
}

#[test]
fn every_log_line_is_one_json_object() {
    let desk = Desk::new();
    let ran = desk.rehearse("--log-format json -vv -q").code;
    assert_eq!(ran, Some(2), "more and less at once");
    let ran = desk.rehearse("--log-format json -vv").ends(0);
    let read =
        |line: &str| -> serde_json::Value { serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")) };
    let lines: Vec<serde_json::Value> = ran.err.lines().map(read).collect();
    let (last, takes) = lines.split_last().expect("lines");
    for line in takes {
        assert!(line["take"].is_string() && line["event"].is_string(), "{line}");
    }
    assert_eq!((&last["event"], &last["exit"]), (&"ended".into(), &0.into()), "what the run came to is data too");
}

#[test]
fn a_plan_sends_nothing_and_makes_nothing() {
    let desk = Desk::new();
    desk.rushes("plan shots.yaml").ends(0).says(&["CAT_T01  submit      new", "out: 4 submit"]);
    desk.rushes("plan shots.yaml --simulate --format json").ends(0);
    desk.rushes("check shots.yaml").ends(0).says(&["3 shots, 4 takes, no mistakes"]);
    assert_eq!(std::fs::read_dir(desk.path("")).expect("a desk").count(), 1, "only the manifest");
}

#[test]
fn a_plan_shows_what_named_moves_became() {
    let desk = Desk::new();
    desk.edit("{ r: -6 }", "[roll left 6, dolly in]");
    let ran = desk.rushes("plan shots.yaml").ends(0);
    assert!(
        ran.out.contains("\n\nmotion: roll left 6  { r: -6 }\nmotion: push in      { z: 1 }\nout: 4 submit\n"),
        "{}",
        ran.out
    );
    let plan = desk.json("plan shots.yaml");
    assert_eq!((&plan["moves"][0]["motion"], &plan["moves"][0]["vector"]["r"]), (&"roll left 6".into(), &(-6.0).into()));
    assert_eq!(plan["takes"][3]["action"], "submit");
}

#[test]
fn the_table_of_moves_is_printed_as_a_manifest_has_it() {
    let desk = Desk::new();
    desk.edit("shots:", "moves: { Push-In: { z: 3 }, drift: { x: 0.2 } }\nshots:");
    desk.rushes("moves").ends(0).says(&["push in        { z: 1 }          also dolly in", "a convention"]);
    desk.rushes("moves shots.yaml").ends(0).says(&[
        "push in        { z: 3 }          (manifest) also dolly in",
        "\ndrift          { x: 0.2 }        (manifest)\n",
    ]);
    let quiet = desk.rushes("moves -q").ends(0).out;
    assert_eq!(quiet.lines().count(), 13, "{quiet}");
    let table = desk.json("moves shots.yaml");
    let drift = serde_json::json!({ "x": 0.2, "y": 0.0, "z": 0.0, "r": 0.0, "bg_x_pan": 0.0, "bg_y_pan": 0.0 });
    assert_eq!(
        table["moves"][13],
        serde_json::json!({ "name": "drift", "vector": drift, "aliases": [], "origin": "manifest" })
    );
    assert_eq!(table["speeds"][0], serde_json::json!({ "name": "slow", "factor": 0.5 }));
    desk.edit("drift", "slow drift");
    desk.rushes("moves shots.yaml").ends(2).says(&["error[moves]", "shots.yaml:4:29"]);
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let desk = Desk::new();
    for verb in ["status", "report", "verify"] {
        desk.rushes(&format!("{verb} shots.yaml")).ends(2).says(&["there is no output directory out", "help: ", "--simulate"]);
        desk.rushes(&format!("{verb} .")).ends(2).says(&["there is no ledger.db in .", "help: "]);
    }
}

#[test]
fn every_verb_explains_itself() {
    let desk = Desk::new();
    let all = desk.rushes("--help").ends(0).says(&["Examples:", "Exit codes:", "--quiet"]);
    for verb in VERBS {
        assert!(all.out.contains(&format!("  {verb} ")), "{verb}");
        let help = desk.rushes(&format!("{verb} --help")).ends(0);
        let example = format!("rushes {verb} ");
        let examples = help.out.split_once("Examples:").unwrap_or_else(|| panic!("{verb} shows no examples")).1;
        assert!(examples.contains(example.trim_end()), "{examples}");
        assert_eq!(desk.rushes(&format!("help {verb}")).ends(0).out, help.out);
    }
    assert!(desk.rushes("--version").ends(0).out.starts_with("rushes "));
}

#[test]
fn the_examples_of_the_help_can_be_parsed() {
    let desk = Desk::new();
    let verbs = VERBS.iter().map(|verb| format!("{verb} --help")).chain(["--help".to_owned()]);
    for help in verbs.map(|words| desk.rushes(&words).out) {
        let examples = help.split_once("Examples:").expect("examples").1;
        let examples = examples.split("\n\n").next().expect("lines");
        let commands = examples.lines().filter_map(|line| line.split_once("rushes ")).map(|(_, words)| words);
        for words in commands.map(|words| words.split("  ").next().expect("words").split(" | ").next().expect("words")) {
            let ran = desk.rushes(&format!("{} --help", words.split(" > ").next().expect("words")));
            assert_eq!(ran.code, Some(0), "{words}: {}", ran.err);
        }
    }
}

#[test]
fn shells_and_man_are_served() {
    let desk = Desk::new();
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef rushes"), ("fish", "complete -c rushes")] {
        let ran = desk.rushes(&format!("completions {shell}")).ends(0);
        assert!(ran.out.contains(mark) && ran.out.contains("retry-failed"), "{shell}");
    }
    desk.rushes("completions tcsh").ends(2).says(&["bash"]);
    let page = desk.rushes("man").ends(0).out;
    assert!(page.starts_with(".ie") && page.contains(".TH rushes 1") && page.contains("EXAMPLES") | page.contains("Examples"));
    for verb in VERBS {
        assert!(page.contains(&format!("RUSHES {}", verb.to_uppercase())), "{verb}");
    }
}

#[test]
fn a_rehearsal_says_what_it_does_as_it_does_it() {
    let desk = Desk::new();
    desk.edit(", takes: 2", "");
    let ran = desk.rehearse("").ends(0);
    let said = ran.err.lines().collect::<Vec<_>>();
    assert_eq!(said.len(), 7, "{said:#?}");
    assert_eq!(ran.out, "rushes: out.simulated: all 3 stored\n");
    let begins =
        |start: &str, middle: &str| said.iter().filter(|line| line.starts_with(start) && line.contains(middle)).count();
    assert_eq!(begins("3 takes: 3 stored; 3 submissions", ", 3 downloads; out.simulated"), 1, "{said:#?}");
    assert_eq!(begins("[", ": accepted as task "), 3, "{said:#?}");
    assert_eq!([1, 2, 3].map(|done| begins(&format!("[{done}/3] "), ": stored, ")), [1, 1, 1], "{said:#?}");
}

#[test]
fn a_status_beside_a_run_says_that_there_is_one() {
    let desk = Desk::new();
    let mut run = desk.start("run shots.yaml --simulate --speed 1 --in-flight 1");
    run.until("accepted as task");
    let process = format!("process {}", run.child.id());
    desk.rushes("status out.simulated").ends(3).says(&["a run is on", &process]);
    run.kill();
    let after: Ran = desk.rushes("status out.simulated").ends(3);
    assert!(!after.err.contains("a run is on"), "{}", after.err);
}

#[test]
fn what_is_to_be_typed_can_be_typed() {
    let desk = Desk::new();
    desk.put("script.yaml", "shots: { DOG: { fail: bad_gateway } }");
    let mut command = desk.command(&format!("run shots.yaml {QUICK} --script script.yaml --output"));
    let ran = Ran::from(command.arg("Bob's films").output().expect("an executable")).ends(4);
    let shown = ran.err.lines().find_map(|line| line.strip_prefix("  if not      ")).expect("a command");
    assert_eq!(shown, r"rushes resolve DOG_T01 'Bob'\''s films.simulated' --not-made");
}

/// A pipe that nobody reads.
fn deaf() -> Stdio {
    io::pipe().expect("a pipe").1.into()
}
