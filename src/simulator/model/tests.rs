//! What the simulated provider makes of calls, fault by fault.

use super::*;
use crate::simulator::{Changes, Fault};
use crate::take::Class;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn ask(name: &str) -> Ask {
    Ask { take: Some(name.into()), token: None, callback: None, prompt: "a cat".into(), ratio: "16:9".into(), seconds: 5 }
}

fn model(yaml: &str) -> Model {
    Model::new(Script::default().with(Changes::from_yaml(yaml).unwrap()).unwrap())
}

fn accepted(verdict: Verdict) -> Task {
    match verdict {
        Verdict::Accepted(task) => task,
        other => panic!("not accepted: {other:?}"),
    }
}

#[test]
fn a_take_meets_the_same_fate_whatever_else_is_submitted() {
    let odds = "odds: { moderated: 0.2, internal: 0.2 }";
    let (mut one, mut two) = (model(odds), model(odds));
    accepted(two.submit(at(0), ask("other")));
    for shot in 0..50 {
        let name = format!("SC{shot:03}_T01");
        let (a, b) = (accepted(one.submit(at(0), ask(&name))), accepted(two.submit(at(9), ask(&name))));
        assert_eq!((&a.ending, a.queued_ms, a.running_ms), (&b.ending, b.queued_ms, b.running_ms));
        assert_ne!(a.id, b.id);
    }
}

#[test]
fn the_feed_is_as_old_as_the_relays_table() {
    let mut model = model("hidden: 4s\nqueue: 5s\ngenerate: 20s\nrefresh: 15s");
    let id = accepted(model.submit(at(1), ask("A_T01"))).id;
    let mut phase = |seconds| model.look(at(seconds), &id).map(|view| view.phase);
    assert_eq!(phase(4), None);
    assert_eq!(phase(5), Some(Phase::Queued));
    assert_eq!(phase(14), Some(Phase::Queued));
    assert_eq!(phase(15), Some(Phase::Running { percent: 45 }));
    assert_eq!(phase(29), Some(Phase::Running { percent: 45 }));
    assert_eq!(phase(30), Some(Phase::Ended));
    assert_eq!((model.stats().feeds, model.stats().unknown), (6, 1));
}

#[test]
fn the_limits_admit_just_so_many() {
    let mut limited = model("creates_per_second: 2\nin_flight: 3\nqueue: 0\ngenerate: 10s");
    let mut taken = |seconds| matches!(limited.submit(at(seconds), ask("A_T01")), Verdict::Accepted(_));
    assert_eq!([taken(0), taken(0), taken(0)], [true, true, false]);
    assert_eq!([taken(1), taken(1)], [true, false]);
    assert_eq!([taken(9), taken(10), taken(10), taken(10)], [false, true, true, false]);
    assert_eq!((limited.stats().deferred, limited.stats().peak_in_flight), (4, 3));
}

#[test]
fn both_limits_on_submissions_hold() {
    let mut limited = model("creates_per_second: 3\nrate_limit: 4/m fixed\nqueue: 0\ngenerate: 1s");
    let mut taken =
        |seconds| (0..5).filter(|_| matches!(limited.submit(at(seconds), ask("A_T01")), Verdict::Accepted(_))).count();
    assert_eq!([taken(0), taken(1), taken(2), taken(60)], [3, 1, 0, 3]);
}

#[test]
fn who_finds_all_places_taken_waits_throttled_for_the_first_that_is_free() {
    let yaml = "concurrency: 2\nqueue: 5s\ngenerate: 20s";
    let mut busy = model(yaml);
    let tasks: Vec<_> = (0..5).map(|_| accepted(busy.submit(at(0), ask("A_T01")))).collect();
    let begun: Vec<_> = tasks.iter().map(|task| (task.throttled, task.queued_ms / 1000)).collect();
    assert_eq!(begun, [(false, 5), (false, 5), (true, 25), (true, 25), (true, 45)]);
    let later = accepted(busy.submit(at(63), ask("A_T01")));
    assert_eq!((later.throttled, later.begins()), (false, at(68)), "one place is free by then");
    let mut again = model(yaml);
    for task in &tasks {
        again.remember(task);
    }
    let next = accepted(again.submit(at(1), ask("A_T01")));
    assert_eq!((next.throttled, next.begins()), (true, at(45)), "a restart changes nothing");
}

/// A model that plays this fault to the first submission of shot `A`, and spoils nothing else.
fn with(fault: Fault, yaml: &str) -> Model {
    model(&format!("queue: 10s\nhidden: 2s\nrefresh: 0\nshots: {{ A: {{ fail: {fault}, generate: 20s, times: 1 }} }}\n{yaml}"))
}

#[test]
fn each_fault_of_a_call_does_what_it_says_once() {
    for &fault in CallFault::ALL {
        let mut model = with(Fault::Call(fault), "");
        let first = model.submit(at(0), ask("A_T01"));
        match (fault.outcome(), &first) {
            (Outcome::Accepted, Verdict::Accepted(task)) => assert_eq!(task.troubles.call, Some(fault)),
            (Outcome::Refused, Verdict::Refused(given)) => assert_eq!(fault, *given),
            (Outcome::Unheard { made }, Verdict::Unheard { made: task, fault: given }) => {
                assert_eq!((made, fault), (task.is_some(), *given));
            }
            other => panic!("{fault:?}: {other:?}"),
        }
        assert_eq!(first.delay() > Duration::ZERO, fault == CallFault::Slow);
        let stats = model.stats();
        assert_eq!(stats.accepted, u64::from(first.made().is_some()), "{fault:?}");
        assert_eq!(stats.deferred + stats.refused + stats.unheard, u64::from(!matches!(first, Verdict::Accepted(_))));
        assert!(accepted(model.submit(at(0), ask("A_T01"))).troubles.is_none(), "the second is spared");
    }
}

#[test]
fn each_fault_of_a_generation_ends_it() {
    for &fault in EndingFault::ALL {
        let mut model = with(Fault::Ending(fault), "");
        let task = accepted(model.submit(at(0), ask("A_T01")));
        assert!(matches!(&task.ending, Ending::Failed { class, .. } if *class == fault.words().0), "{fault:?}");
        let lasts = if fault == EndingFault::NeverDone { 24 * 3600 } else { 30 };
        assert_eq!(task.ends(), at(lasts), "{fault:?}");
        assert_eq!(model.watch(at(lasts), &task.id, None), Err(NoVideo::Unknown));
    }
}

#[test]
fn what_is_not_done_after_a_day_has_failed() {
    let mut model = model("queue: 0\ngenerate: 9000h");
    let task = accepted(model.submit(at(0), ask("A_T01")));
    assert_eq!(task.ends(), at(24 * 3600));
    assert!(matches!(task.ending, Ending::Failed { class: Class::Unknown, .. }));
}

#[test]
fn each_fault_of_the_feed_spoils_what_it_says_and_no_more() {
    for &fault in FeedFault::ALL {
        let mut model = with(Fault::Feed(fault), "");
        let id = accepted(model.submit(at(0), ask("A_T01"))).id;
        let mut story = |seconds: &[i64]| {
            let told = seconds.iter().map(|second| match model.look(at(*second), &id) {
                None => "unknown",
                Some(View { spoilt: Some(_), .. }) => "spoilt",
                Some(view) if view.phase != Phase::Ended => "unfinished",
                Some(view) if view.task.has_link(view.as_of) => "link",
                Some(_) => "no link",
            });
            told.collect::<Vec<_>>().join(", ")
        };
        let expected = match fault {
            FeedFault::AppearsLate => "unknown, unknown, unknown, link, link, link",
            FeedFault::Ghost => "unknown, unknown, unknown, unknown, unknown, unknown",
            FeedFault::OddWord => "unknown, unfinished, link, link, link, link",
            FeedFault::PollsFail => "unknown, spoilt, link, spoilt, link, spoilt",
            FeedFault::Garbage => "unknown, spoilt, spoilt, spoilt, link, link",
            FeedFault::LateLink => "unknown, unfinished, no link, link, link, link",
            FeedFault::NoLink => "unknown, unfinished, no link, no link, no link, no link",
        };
        assert_eq!(story(&[1, 15, 149, 182, 183, 90_000]), expected, "{fault:?}");
    }
}

#[test]
fn each_fault_of_a_video_spoils_as_many_downloads_as_the_script_says() {
    for &fault in VideoFault::ALL {
        for (all, own, spoilt) in [
            ("", "", 1),
            ("video_times: 2", "", 2),
            ("video_times: 2", "times: 1", 1),
            ("", "times: 3", 3),
            ("", "times: always", 5),
        ] {
            let fail = fault.name();
            let mut model = model(&format!("queue: 0\ngenerate: 0\n{all}\nshots: {{ A: {{ fail: {fail}, {own} }} }}"));
            let id = accepted(model.submit(at(0), ask("A_T01"))).id;
            let hit = (0..5).filter(|second| match model.watch(at(*second), &id, None) {
                Ok(showing) => showing.fault == Some(fault),
                Err(NoVideo::Expired) => fault == VideoFault::LinkExpired,
                Err(NoVideo::Unavailable) => fault == VideoFault::VideoUnavailable,
                Err(NoVideo::Unknown) => panic!("there is one"),
            });
            assert_eq!(hit.count(), spoilt, "{fault:?} {all} {own}");
        }
    }
}

#[test]
fn what_comes_after_the_call_goes_wrong_as_often_as_the_call() {
    let mut model = model("shots: { A: { fail: [busy, internal], times: 2 } }");
    let story = (0..5).map(|second| match model.submit(at(second), ask("A_T01")) {
        Verdict::Accepted(task) if task.ending == Ending::Succeeded => "made",
        Verdict::Accepted(_) => "failed",
        Verdict::Refused(_) => "busy",
        Verdict::Unheard { .. } => "unheard",
    });
    assert_eq!(story.collect::<Vec<_>>(), ["busy", "busy", "failed", "failed", "made"]);
}

#[test]
fn a_shot_that_the_script_names_is_spared_by_chance() {
    let mut model = model("odds: { moderated: 1, busy: 1 }\nshots: { A: { fail: [] }, B: { fail: internal } }");
    assert!(accepted(model.submit(at(0), ask("A_T01"))).troubles.is_none());
    assert_eq!(accepted(model.submit(at(0), ask("B_T01"))).troubles.ending, Some(EndingFault::Internal));
    assert_eq!(model.submit(at(0), ask("C_T01")), Verdict::Refused(CallFault::Busy));
}

#[test]
fn a_video_is_there_when_it_is_made_and_while_its_link_lives() {
    let mut model = model("queue: 0\ngenerate: 10s\nlink_life: 60s");
    let id = accepted(model.submit(at(0), ask("A_T01"))).id;
    assert_eq!(model.watch(at(9), &id, None), Err(NoVideo::Unknown));
    assert!(model.watch(at(10), &id, Some(at(10))).is_ok());
    assert!(model.watch(at(70), &id, Some(at(10))).is_ok());
    assert_eq!(model.watch(at(71), &id, Some(at(10))), Err(NoVideo::Expired));
    assert_eq!(model.look(at(71), &id).and_then(|view| view.issued), Some(at(71)));
}

#[test]
fn what_is_remembered_is_as_if_it_had_been_accepted_here() {
    let (mut before, mut after) = (model(""), model(""));
    let task = accepted(before.submit(at(0), ask("A_T01")));
    after.remember(&task);
    assert_eq!(before.look(at(500), &task.id), after.look(at(500), &task.id));
    assert_eq!(after.stats().accepted, 1);
    let (next, other) = (before.submit(at(9), ask("A_T01")), after.submit(at(9), ask("A_T01")));
    assert_eq!(next, other);
}
