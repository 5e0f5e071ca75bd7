//! What a run leaves for machines that watch over it: log lines.

use std::fs;

use serde_json::Value;

use super::{Desk, INSTANT};

/// A little of everything that can go wrong without stopping the run.
const ODD: &str = "odds: { busy: 0.1, rejected: 0.1, lost_answer: 0.1, internal: 0.1, polls_fail: 0.3, truncated: 0.5 }\n";

#[test]
fn every_log_line_says_which_run_and_which_attempt_of_which_take() {
    let desk = Desk::of_shots(40);
    desk.put("script.yaml", &format!("seed: 3\n{INSTANT}{ODD}"));
    let words = "run shots.yaml --simulate --speed 1000 --script script.yaml --poll-first 1s --poll-every 1s -vv";
    let ran = desk.rushes(&format!("{words} --log-format json"));
    let folder = fs::read_dir(desk.path("out.simulated/runs")).expect("runs").next().expect("a run").expect("an entry").path();
    let run = folder.file_name().expect("a name").to_string_lossy();
    let file = fs::read_to_string(folder.join("log.jsonl")).expect("a log");
    let printed = ran.err.lines().filter(|line| line.starts_with('{'));
    let mut about = 0;
    for line in file.lines().chain(printed) {
        let said: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(said["run"], *run, "{line}");
        assert!(said["timestamp"].is_string() && said["level"].is_string(), "{line}");
        let Some(take) = said["take"].as_str() else { continue };
        assert_eq!(take.rsplit_once("_T").map(|(shot, _)| shot), said["shot"].as_str(), "{line}");
        assert!(said["attempt"].as_u64() >= Some(1), "{line}");
        let event = said["event"].as_str().unwrap_or("no event");
        let unanswered = ["intent", "deferred", "rejected", "answer_lost"];
        assert_eq!(said["task"].is_string(), !unanswered.contains(&event), "{line}");
        about += 1;
    }
    assert!(about > 40 * 8, "only {about} lines about takes:\n{file}");
}
