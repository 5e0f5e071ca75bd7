//! How a run stands while it is on: what `status` tells of it from another process, and what the run itself says where nothing can be drawn.

use serde_json::Value;

use super::{Desk, QUICK};

/// A run that lasts until it is told to end.
const LONG: &str = "run shots.yaml --simulate --speed 1 --in-flight 1";

#[test]
fn a_run_that_is_on_is_told_of_with_its_holder_and_its_money() {
    let desk = Desk::new();
    desk.edit("version: 1\n", "version: 1\nprices: { currency: USD, per_take: 0.32 }\n");
    let mut run = desk.start(LONG);
    run.until("accepted as task");
    let holder = format!("process {} on ", run.child.id());
    let live = desk.json("status out.simulated --only DOG_T01")["live"].clone();
    assert!(live["holder"].as_str().unwrap().starts_with(&holder), "{live}");
    let takes = &live["takes"];
    assert_eq!([&takes["all"], &takes["to_submit"], &takes["at_provider"]], [4, 3, 1], "the run as a whole: {live}");
    assert_eq!(live["accepted_in_the_last_minute"], 1);
    assert_eq!((&live["money"][0]["currency"], &live["money"][0]["reserved"]), (&"USD".into(), &"0.32".into()));
    assert_eq!((&live["oldest_waiting"]["shot"], &live["ends_at"]), (&"CAT".into(), &Value::Null), "nothing is known yet");
    assert_eq!(live["oldest_waiting"]["task_id"], desk.accepted()[0].1);
    let text = desk.rushes("status out.simulated").ends(3);
    text.says(&[&holder, "0/4  [", "3 to submit", "1 in flight", "0.00 USD spent  0.32 reserved", "oldest CAT_T01", "TAKE "]);
    run.kill();
    assert_eq!(desk.json("status out.simulated")["live"], Value::Null);
    assert!(!desk.rushes("status out.simulated").out.contains("a run is on"));
}

#[test]
fn who_watches_sees_the_end_and_exits_as_status_does() {
    let desk = Desk::of_shots(12);
    let mut run = desk.start(&format!("run shots.yaml {QUICK} --in-flight 2"));
    run.until("accepted as task");
    let watched = desk.rushes("status out.simulated --watch=1ms --format json").ends(0);
    let lines: Vec<Value> = watched.out.lines().map(|line| serde_json::from_str(line).expect("a document a line")).collect();
    let (last, before) = lines.split_last().expect("lines");
    assert_eq!((&last["live"], &last["totals"]["stored"]), (&Value::Null, &12.into()));
    let done: Vec<_> = before.iter().map(|line| line["live"]["takes"]["stored"].as_u64().expect("a count")).collect();
    assert!(done.is_sorted() && before.iter().all(|line| line["live"]["takes"]["all"] == 12), "{done:?}");
    run.end().ends(0);
    desk.rushes("status out.simulated --watch").ends(0).says(&["12 takes: 12 stored\n"]);
}

#[cfg(unix)]
#[test]
fn watching_can_be_left_and_harms_nothing() {
    let desk = Desk::new();
    let mut run = desk.start(LONG);
    run.until("accepted as task");
    let mut watching = desk.command("status out.simulated --watch=1h");
    let mut watching = watching.stdout(std::process::Stdio::piped()).spawn().expect("an executable");
    let mut seen = std::io::BufReader::new(watching.stdout.take().expect("a pipe"));
    let mut line = String::new();
    std::io::BufRead::read_line(&mut seen, &mut line).expect("words");
    assert!(line.starts_with("[0/4] 1 at the provider"), "{line}");
    let words = format!("kill -INT {}", watching.id());
    assert!(std::process::Command::new("sh").args(["-c", &words]).status().expect("a shell").success());
    assert_eq!(watching.wait().expect("a process of our own").code(), Some(0));
    run.kill();
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let desk = Desk::new();
    for words in ["--watch=0s", "--watch=often", "--watch --only CAT"] {
        desk.rushes(&format!("status out.simulated {words}")).ends(2);
    }
}

#[test]
fn a_long_silence_is_broken_by_a_line_and_quiet_is_quiet() {
    let desk = Desk::new();
    desk.put("slow.yaml", "generate: 100000\n");
    let slow = "run shots.yaml --simulate --script slow.yaml --speed 100 --patience 1000h";
    let mut run = desk.start(slow);
    run.until("[0/4] 4 at the provider, ");
    run.kill();
    let quiet = desk.start(&format!("{slow} -q --max-duration 150s"));
    let ran = quiet.end();
    assert!(!ran.err.contains("at the provider,"), "{}", ran.err);
}
