//! Limits and profiles of a manifest: which of a flag, a profile and a limit holds, and what is said of a profile that is not there.

use super::{CALM, Desk, INSTANT, Ran};

const TOP: &str = "output: out
limits: { max_duration: 1m }
budget: { max_takes: 3 }
profiles:
  one: { max_duration: 9h, budget: { max_takes: 1 } }
  all: { max_duration: 9h, budget: { max_takes: 9 } }
  late: { until: 2020-01-01T06:00 }
";

fn run(words: &str) -> Ran {
    let desk = Desk::new();
    desk.edit("output: out\n", TOP);
    desk.put("script.yaml", INSTANT);
    desk.rushes(&format!("run shots.yaml {CALM} --script script.yaml {words}"))
}

#[test]
fn flags_go_over_the_profile_and_the_profile_over_the_limits() {
    for (words, exit, submissions) in [
        // The limits leave too little time for any take.
        ("", 3, 0),
        ("--max-duration 9h", 3, 3),
        ("--profile one", 3, 1),
        ("--profile all", 0, 4),
        ("--profile one --max-takes 2", 3, 2),
        ("--profile all --max-duration 1m", 3, 0),
        ("--profile one --max-takes 9", 0, 4),
    ] {
        run(words).ends(exit).says(&[&format!("; {submissions} submission")]);
    }
}

#[test]
fn a_profile_that_is_not_there_is_a_mistake() {
    let ran = run("--profile on").ends(2);
    ran.says(&["there is no profile `on`", "did you mean `one`? known are `all`, `late` or `one`; nothing was sent"]);
}

#[test]
fn a_time_that_has_passed_is_a_mistake_whoever_says_it() {
    for words in ["--profile late", "--until 2020-01-01T06:00 --profile all"] {
        run(words).ends(2).says(&["2020-01-01T", "has passed", "nothing was sent"]);
    }
}

#[test]
fn several_manifests_have_one_opinion() {
    let desk = Desk::new();
    desk.edit("output: out\n", TOP);
    desk.put("more.yaml", "profiles: { one: { max_duration: 8h } }\nshots: [{ id: FOX, prompt: a fox }]\n");
    desk.rushes("check shots.yaml more.yaml").ends(2).says(&["`profiles` is another in one of these manifests"]);
}
