//! When a task is asked about, and what is learned of how long it took.

use super::*;

#[test]
fn polls_come_after_a_first_wait_and_then_at_a_pace_of_their_own() {
    let policy = Policy::default();
    let due = |polled: Option<i64>, spread, not_before| {
        let watch = Watch { polled: polled.map(time), not_before: time(not_before), ..Watch::new(time(0)) };
        policy.poll_due(time(100), &watch, spread).duration_since(time(0)).as_secs()
    };
    assert_eq!(due(None, 0.0, 0), 120);
    assert_eq!(due(None, 1.0, 0), 124);
    assert_eq!(due(Some(300), 0.0, 0), 315);
    assert_eq!(due(Some(300), 1.0, 0), 318);
    assert_eq!(due(Some(300), 0.0, 400), 400, "the provider asked for patience");
}

#[test]
fn while_callbacks_come_nobody_is_asked_before_one_says_that_it_is_over() {
    let policy = Policy::default();
    let due = |polled: Option<i64>, over: Option<i64>, early| {
        let heard = Heard { live: true, over: over.map(time), early, ..Heard::default() };
        let watch = Watch { polled: polled.map(time), heard, ..Watch::new(time(0)) };
        policy.poll_due(time(100), &watch, 0.0).duration_since(time(0)).as_secs()
    };
    assert_eq!(due(None, None, false), 400, "in case that none comes");
    assert_eq!(due(Some(400), None, false), 700);
    assert_eq!((due(Some(3500), None, false), due(Some(3600), None, false)), (3600, 3900), "a last time, when patience ends");
    assert_eq!((due(None, Some(150), false), due(Some(120), Some(150), false)), (150, 150), "at once");
    assert_eq!(due(None, Some(150), true), 165, "when the table that is asked has caught up");
    assert_eq!(due(Some(150), Some(150), false), 165, "asked, and too early");
}

#[test]
fn what_is_learned_says_when_to_ask_but_never_too_soon_too_late_or_against_callbacks() {
    let policy = Policy::default();
    let due = |polled: Option<i64>, look: i64, not_before, live| {
        let heard = Heard { live, ..Heard::default() };
        let (polled, look) = (polled.map(time), Some(time(look)));
        let watch = Watch { polled, look, heard, not_before: time(not_before), ..Watch::new(time(0)) };
        policy.poll_due(time(100), &watch, 1.0).duration_since(time(0)).as_secs()
    };
    assert_eq!(due(None, 190, 0, false), 190);
    assert_eq!(due(Some(190), 196, 0, false), 196);
    assert_eq!(due(Some(190), 192, 0, false), 195, "no closer than 5 s");
    assert_eq!(due(Some(190), 196, 400, false), 400, "the provider asked for patience");
    assert_eq!(due(None, 4000, 0, false), 3600, "a last time, when patience ends");
    assert_eq!(due(Some(3600), 4000, 0, false), 4000, "and not again");
    assert_eq!(due(None, 190, 0, true), 460, "callbacks tell when it is over");
    let told = Heard { live: true, over: Some(time(150)), ..Heard::default() };
    let watch = Watch { heard: told, look: Some(time(190)), ..Watch::new(time(0)) };
    assert_eq!(policy.poll_due(time(100), &watch, 1.0), time(150));
}

#[test]
fn how_long_a_task_took_is_what_is_stated_and_seen_as_far_as_they_go_together() {
    for (made_in, unfinished_at, seen, expected) in [
        // Nothing is known of a task that others have looked after, and that tells nothing.
        (None, None, 130, None),
        (None, Some(0), 130, Some((0, 130))),
        (None, Some(120), 130, Some((120, 130))),
        // Nobody looked for a night.
        (None, Some(100), 30_000, None),
        // The table is behind: over before it could be seen.
        (Some(118), Some(120), 130, Some((120, 130))),
        (Some(125), Some(120), 130, Some((125, 130))),
        (Some(125), None, 130, Some((125, 130))),
        (Some(125), None, 30_000, Some((125, 155))),
        // The two count from different instants, in whole seconds.
        (Some(131), Some(120), 130, Some((130, 130))),
        // What cannot be is not believed.
        (Some(200), Some(120), 130, Some((120, 130))),
        (Some(200), None, 130, None),
        (Some(20), Some(120), 130, Some((120, 130))),
        (None, Some(140), 130, None),
    ] {
        let mut take = accepted_at(0);
        let finish = Finish { made_in, unfinished_at, ..Finish::default() };
        take.apply(time(seen), &Event::Succeeded { link: "https://v/1".into(), finish }).unwrap();
        let told = take.record.lasted.map(|lasted| (lasted.after().as_secs(), lasted.by().as_secs()));
        assert_eq!(told, expected, "{made_in:?} {unfinished_at:?} {seen}");
        // A fresh link is no other end, and another attempt is another task.
        take.apply(time(90_000), &Event::Succeeded { link: "https://v/2".into(), finish: Finish::default() }).unwrap();
        assert_eq!(take.record.lasted.is_some(), expected.is_some());
    }
}

#[test]
fn what_a_process_has_seen_of_the_end_of_a_task_is_written_down_with_it() {
    let made =
        |made_in| Sighting::Succeeded { link: Some("https://v/1".into()), finish: Finish { made_in, ..Finish::default() } };
    let known = |watch: &Watch, made_in| {
        let event = accepted_at(100).read(time(230), &made(made_in), watch, &Policy::default());
        let Some(Event::Succeeded { finish, .. }) = event else { panic!("{event:?}") };
        (finish.made_in, finish.unfinished_at)
    };
    let watch = Watch::new(time(100));
    assert_eq!(known(&watch, Some(118)), (Some(118), Some(0)));
    assert_eq!(known(&Watch { unfinished: Some(time(220)), ..watch.clone() }, None), (None, Some(120)));
    assert_eq!(known(&Watch::new(time(225)), None), (None, None), "others have looked before");
    let heard = Heard { over: Some(time(229)), ..Heard::default() };
    assert_eq!(known(&Watch { heard, ..watch }, None), (Some(129), Some(0)), "a callback tells when");
}

#[test]
fn a_task_that_an_unclear_answer_was_about_is_as_old_as_its_submission() {
    let mut take = fresh();
    for (at, event) in [(0, intent()), (90, Event::AnswerLost(Doubt::of("cut"))), (5000, Event::Adopted { task: task() })] {
        take.apply(time(at), &event).unwrap();
    }
    assert_eq!(take.age_at(time(5010)), Duration::from_secs(5010));
    assert_eq!(take.age_at(time(-5)), Duration::ZERO);
}
