//! One answer in ten is lost: what was made is found again, by callbacks alone or by a person, and nothing is paid for twice.

use std::collections::{BTreeMap, BTreeSet};

use rushes::simulator::CallFault;
use serde_json::Value;

use super::Desk;

const SHOTS: usize = 40;

/// So fast that a night takes a second, and with more patience than a busy machine can use up.
const RUN: &str = "run shots.yaml --simulate --speed 1000 --script script.yaml --callback-patience 100h --patience 100h \
    --grace 100h --refusal-patience 100h";

#[test]
fn callbacks_settle_every_lost_answer_without_a_person() {
    let desk = desk();
    let ran = desk.rushes(&format!("{RUN} --receive 127.0.0.1:0")).ends(0);
    ran.says(&[&format!("{SHOTS} takes: {SHOTS} stored; {SHOTS} submissions")]);
    assert!(lost(&desk).len() > 2, "{:?}", lost(&desk));
    holds_everything(&desk);
}

#[test]
fn without_callbacks_a_person_settles_every_lost_answer() {
    let desk = desk();
    let ran = desk.rushes(&format!("{RUN} --format json")).ends(4);
    let summary: Value = serde_json::from_str(&ran.out).expect("one document");
    let name = |take: &Value| format!("{}_T01", take["shot"].as_str().expect("a shot"));
    let unresolved: BTreeSet<_> = summary["unresolved"].as_array().expect("takes").iter().map(name).collect();
    let count = unresolved.len();
    assert_eq!(
        (&unresolved, summary["calls"]["submissions"].as_u64()),
        (&lost(&desk), u64::try_from(SHOTS).ok()),
        "{summary:#}"
    );
    assert!(count > 2, "{unresolved:?}");
    let made: BTreeMap<_, _> = desk.accepted().into_iter().collect();
    for take in &unresolved {
        desk.rushes(&format!("resolve {take} shots.yaml --simulate --task-id {}", made[take])).ends(0).says(&["is settled"]);
    }
    desk.rushes(RUN).ends(0).says(&[&format!("{count} stored, {} reused; 0 submissions", SHOTS - count)]);
    holds_everything(&desk);
}

fn desk() -> Desk {
    let desk = Desk::of_shots(SHOTS);
    desk.put("script.yaml", "seed: 2\nqueue: 0\ngenerate: 20s..60s\nodds: { lost_answer: 0.1 }\n");
    desk
}

/// The takes of which the answer to the submission was lost.
fn lost(desk: &Desk) -> BTreeSet<String> {
    let lost = desk.tasks().into_iter().filter(|task| task.troubles.call == Some(CallFault::LostAnswer));
    lost.map(|task| task.ask.name()).collect()
}

/// Each take has one task and one video.
fn holds_everything(desk: &Desk) {
    let made: BTreeSet<_> = desk.accepted().into_iter().map(|(take, _)| take).collect();
    assert_eq!((made.len(), desk.accepted().len()), (SHOTS, SHOTS), "one task a take");
    desk.rushes("verify out.simulated").ends(0).says(&[&format!("{SHOTS} stored takes, {SHOTS} sound objects"), "0 findings"]);
}
