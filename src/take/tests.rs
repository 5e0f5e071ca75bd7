//! The life of a take, whatever happens in whatever order.

mod charges;
mod polls;

use std::time::Duration;

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::digest::Digest;
use crate::motion::Motion;
use crate::review::Verdict;

#[test]
fn what_may_happen_in_each_state_and_what_it_becomes() {
    let told = states().map(|(name, take)| {
        let legal = events().into_iter().filter_map(|event| {
            let mut take = take.clone();
            take.apply(time(50), &event).ok()?;
            Some(format!("  {} → {}\n", event.kind(), take.state.name()))
        });
        format!("{name}\n{}", legal.collect::<String>())
    });
    insta::assert_snapshot!(told.concat(), @r"
    planned
      planned → planned
      further → planned
      intent → submitting
      tagged → planned
      annotated → planned
      reviewed → planned
    submitting
      deferred → planned
      accepted → accepted
      rejected → rejected
      answer_lost → unresolved
      tagged → submitting
      annotated → submitting
      reviewed → submitting
    unresolved
      adopted → accepted
      freed → planned
      tagged → unresolved
      annotated → unresolved
      reviewed → unresolved
    accepted
      seen → accepted
      succeeded → ready
      failed → failed
      tagged → accepted
      annotated → accepted
      reviewed → accepted
    ready
      succeeded → ready
      failed → failed
      stored → stored
      tagged → ready
      annotated → ready
      reviewed → ready
    stored
      missing → ready
      tagged → stored
      annotated → stored
      probed → stored
      reviewed → stored
    rejected
      planned → planned
      retried → planned
      tagged → rejected
      annotated → rejected
      reviewed → rejected
    failed
      planned → planned
      retried → planned
      tagged → failed
      annotated → failed
      reviewed → failed
    ");
}

#[test]
fn what_comes_next_in_each_state() {
    let next = |take: &Take| match take.next(&Watch::new(time(100)), &Policy::default()) {
        Step::Submit { .. } => "submit",
        Step::GiveUpAnswer => "give up answer",
        Step::Retry { .. } => "retry",
        Step::Poll { .. } => "poll",
        Step::Fetch { .. } => "fetch",
        Step::Confirm { .. } => "confirm",
        Step::Listen { .. } => "listen",
        Step::Rest => "rest",
    };
    let told = states().map(|(name, take)| format!("{name}: {}\n", next(&take)));
    insta::assert_snapshot!(told.concat(), @r"
    planned: submit
    submitting: give up answer
    unresolved: rest
    accepted: poll
    ready: fetch
    stored: rest
    rejected: rest
    failed: rest
    ");
}

proptest! {
    #[test]
    fn what_is_said_of_a_take_was_said_of_the_video_of_its_last_attempt(events in some_events()) {
        let (take, lived) = lived(&events);
        let behind = lived.iter().rev().map(|(_, event)| event);
        let mut behind = behind.take_while(|event| !matches!(event, Event::Planned { .. } | Event::Retried { .. } | Event::Intent { .. }));
        let said = behind.any(|event| matches!(event, Event::Reviewed(_)));
        prop_assert_eq!(!take.record.review.is_empty(), said);
    }

    #[test]
    fn an_illegal_event_changes_nothing(events in some_events(), last in some_event()) {
        let mut take = lived(&events).0;
        let before = take.clone();
        if take.apply(last.0, &last.1).is_err() {
            prop_assert_eq!(take, before);
        }
    }

    #[test]
    fn a_finished_take_stays_as_it_is(events in some_events(), last in some_event()) {
        let mut take = lived(&events).0;
        let before = take.state.clone();
        if take.apply(last.0, &last.1).is_err() {
            return Ok(());
        }
        let allowed = match before {
            State::Stored { .. } => ["missing", "missing"],
            State::Unresolved(_) => ["adopted", "freed"],
            State::Rejected { .. } | State::Failed { .. } => ["planned", "retried"],
            _ => return Ok(()),
        };
        let beside = matches!(last.1, Event::Tagged { .. } | Event::Annotated(_) | Event::Probed(_) | Event::Reviewed(_));
        prop_assert!(beside || allowed.contains(&last.1.kind()), "{:?}", last.1);
    }

    #[test]
    fn what_is_replayed_is_what_was_lived(events in some_events()) {
        let (take, legal) = lived(&events);
        let written: Vec<_> = legal.iter().map(|(at, event)| (*at, serde_json::to_string(event).unwrap())).collect();
        let read: Vec<(_, Event)> = written.iter().map(|(at, text)| (*at, serde_json::from_str(text).unwrap())).collect();
        let replayed = Take::replay(&take.name, read.iter().map(|(at, event)| (*at, event)));
        prop_assert_eq!(replayed, Ok(Some(take)));
    }

    #[test]
    fn between_two_submissions_something_says_that_the_first_bought_nothing(events in some_events()) {
        let mut perhaps_bought = false;
        for (_, event) in lived(&events).1 {
            match event {
                Event::Intent { .. } => {
                    prop_assert!(!perhaps_bought);
                    perhaps_bought = true;
                }
                Event::Deferred { .. } | Event::Rejected { .. } | Event::Freed | Event::Failed { .. } => perhaps_bought = false,
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_submitted_that_may_have_been_bought(events in some_events(), watch in some_watch(), policy in some_policy()) {
        let take = lived(&events).0;
        match (&take.state, take.next(&watch, &policy)) {
            (State::Planned { not_before: state }, Step::Submit { not_before }) => prop_assert_eq!(*state, not_before),
            (State::Failed { class, .. }, Step::Retry { .. }) => {
                prop_assert!(*class == Class::Internal && take.record.taken_on < policy.attempts);
            }
            // What may have been bought already is asked about first, when there is a name for it.
            (State::Planned { .. }, Step::Confirm { .. }) => prop_assert!(watch.heard.named.is_some()),
            (State::Unresolved(_), Step::Confirm { .. }) => prop_assert!(watch.heard.named.is_some()),
            (State::Unresolved(_), Step::Listen { .. }) => prop_assert!(watch.heard.listens),
            (State::Submitting, Step::GiveUpAnswer)
            | (State::Accepted { .. } | State::Ready { .. }, Step::Poll { .. })
            | (State::Ready { .. }, Step::Fetch { .. }) => {}
            (State::Planned { .. }, Step::Rest) => prop_assert!(watch.heard.named.is_some(), "rests"),
            (state, Step::Rest) => prop_assert!(*state != State::Submitting, "rests"),
            (state, step) => prop_assert!(false, "{state:?}: {step:?}"),
        }
    }

    #[test]
    fn whatever_a_poll_shows_can_happen(
        events in some_events(), watch in some_watch(), policy in some_policy(), now in some_time(), sighting in some_sighting(),
    ) {
        let mut take = lived(&events).0;
        if matches!(take.next(&watch, &policy), Step::Poll { .. }) {
            let event = take.read(now, &sighting, &watch, &policy);
            prop_assert_eq!(event.map_or(Ok(()), |event| take.apply(now, &event)), Ok(()));
        }
    }

    #[test]
    fn the_jitter_is_a_share_and_a_pause_is_bounded(count in any::<u32>(), spread in any::<f64>(), key in any::<[u8; 32]>()) {
        let key = Digest::of(&key).to_string().parse().unwrap();
        let jitter = Take { key, ..fresh() }.jitter();
        prop_assert!((0.0..=1.0).contains(&jitter));
        let spread = if spread.is_nan() { 0.5 } else { spread };
        let pause = backoff(count, spread);
        prop_assert!((Duration::from_secs(1)..=Duration::from_secs(31)).contains(&pause));
    }
}

#[test]
fn a_pause_doubles_up_to_half_a_minute() {
    let pauses: Vec<_> = (0..8).map(|count| backoff(count, 0.0).as_secs()).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
    assert_eq!(backoff(1, 0.5), Duration::from_millis(2500));
}

#[test]
fn a_freed_take_can_be_adopted_and_one_that_was_never_submitted_cannot() {
    let mut take = fresh();
    let adopted = Event::Adopted { task: task() };
    assert!(take.apply(time(0), &adopted).is_err());
    for event in [intent(), Event::AnswerLost(Doubt::of("cut")), Event::Freed, adopted] {
        take.apply(time(1), &event).unwrap();
    }
    assert_eq!(take.state.name(), "accepted");
}

#[test]
fn an_attempt_without_an_answer_is_asked_about_by_the_best_name_there_is() {
    let named = |text: &str| text.parse::<TaskId>().unwrap();
    let next = |doubt: Option<&str>, heard: Heard| {
        let mut take = fresh();
        take.apply(time(0), &intent()).unwrap();
        take.apply(time(9), &Event::AnswerLost(Doubt { task: doubt.map(named), ..Doubt::of("cut") })).unwrap();
        take.next(&Watch { heard, ..Watch::new(time(9)) }, &Policy::default())
    };
    let confirm = |task: &str| Step::Confirm { task: named(task), not_before: Timestamp::UNIX_EPOCH };
    let heard = |called: Option<&str>| Heard { listens: true, named: called.map(named), ..Heard::default() };
    assert_eq!(next(Some("a"), heard(Some("b"))), confirm("b"), "a callback is newer than the answer");
    assert_eq!(next(Some("a"), heard(None)), confirm("a"));
    assert_eq!(next(Some("a"), Heard { refuted: Some(named("a")), ..heard(None) }), Step::Listen { until: time(900) });
    assert_eq!(next(None, heard(None)), Step::Listen { until: time(900) });
    assert_eq!(next(None, Heard::default()), Step::Rest);
}

#[test]
fn a_clock_that_was_wrong_once_makes_nobody_wait() {
    let (year, policy) = (366 * 24 * 3600, Policy::default());
    let now = Watch::new(time(0));
    let Step::Poll { not_before, .. } = accepted_at(year).next(&now, &policy) else { panic!("a task is given up") };
    assert!(not_before < time(60), "{not_before}");
}

#[test]
fn a_run_looks_after_a_task_until_its_own_patience_is_over() {
    let take = Take { key: "0".repeat(64).parse().unwrap(), ..accepted_at(0) };
    let policy = Policy { patience: Duration::from_secs(60), ..Policy::default() };
    let polls = |since, polled, not_before| {
        let watch = Watch { polled: Some(time(polled)), not_before: time(not_before), ..Watch::new(time(since)) };
        matches!(take.next(&watch, &policy), Step::Poll { .. })
    };
    assert!(polls(0, 45, 0));
    assert!(!polls(0, 46, 0));
    assert!(polls(1000, 1045, 0), "patience is counted anew in each run");
    assert!(!polls(0, 0, 61), "nothing is asked after the end of patience");
}

#[test]
fn a_task_that_is_not_known_is_lost_once_it_was_seen_or_the_grace_is_over() {
    let read = |take: &Take, now| take.read(time(now), &Sighting::NotExist, &Watch::new(time(0)), &Policy::default());
    let lost = |event: Option<Event>| matches!(event, Some(Event::Failed { class: Class::Lost, .. }));
    let mut take = accepted_at(100);
    assert_eq!(read(&take, 699), None);
    assert!(lost(read(&take, 700)));
    take.apply(time(110), &Event::Seen { word: "QUEUED".into() }).unwrap();
    assert!(lost(read(&take, 111)));
}

#[test]
fn a_made_video_is_lost_only_when_its_link_has_gone_with_the_task() {
    let mut take = accepted_at(100);
    take.apply(time(120), &Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() }).unwrap();
    let read = |link| {
        let watch = Watch { link, ..Watch::new(time(0)) };
        take.read(time(9999), &Sighting::NotExist, &watch, &Policy::default())
    };
    assert_eq!((read(Link::Good), read(Link::Doubtful)), (None, None));
    assert!(matches!(read(Link::Expired), Some(Event::Failed { class: Class::Lost, .. })));
}

#[test]
fn a_success_without_a_link_is_waited_for_and_then_given_up() {
    let read = |take: &Take, since: Option<i64>, now| {
        let watch = Watch { linkless_since: since.map(time), ..Watch::new(time(0)) };
        take.read(time(now), &Sighting::Succeeded { link: None, finish: Finish::default() }, &watch, &Policy::default())
    };
    let take = accepted_at(0);
    assert_eq!(read(&take, None, 9999), None);
    assert_eq!(read(&take, Some(5000), 5599), None);
    assert!(matches!(read(&take, Some(5000), 5600), Some(Event::Failed { class: Class::NoLink, .. })));
    let mut ready = take;
    ready.apply(time(1), &Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() }).unwrap();
    assert_eq!(read(&ready, Some(0), 9999), None, "it had a link once, so it may have one again");
}

#[test]
fn only_a_new_word_is_written_down() {
    let read = |take: &Take, word: &str| {
        take.read(time(1), &Sighting::Unfinished { word: word.into() }, &Watch::new(time(0)), &Policy::default())
    };
    let mut take = accepted_at(0);
    let event = read(&take, "QUEUED").unwrap();
    take.apply(time(1), &event).unwrap();
    assert_eq!(read(&take, "QUEUED"), None);
    assert_eq!(read(&take, "RUNNING"), Some(Event::Seen { word: "RUNNING".into() }));
}

#[test]
fn a_video_is_fetched_so_many_times_and_its_link_renewed_when_it_has_expired() {
    let mut take = accepted_at(0);
    take.apply(time(1), &Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() }).unwrap();
    let next = |failed_fetches, link| {
        let watch = Watch { failed_fetches, link, not_before: time(9), ..Watch::new(time(0)) };
        take.next(&watch, &Policy { fetches: 3, ..Policy::default() })
    };
    assert_eq!(next(0, Link::Good), Step::Fetch { link: "https://v/1".into(), not_before: time(9) });
    assert_eq!(next(2, Link::Expired), Step::Poll { task: task(), not_before: time(9) });
    assert_eq!((next(3, Link::Good), next(3, Link::Doubtful)), (Step::Rest, Step::Rest));
}

#[test]
fn only_the_providers_own_trouble_is_tried_again_and_only_so_often() {
    let failed = |class| {
        let mut take = accepted_at(0);
        take.apply(time(100), &Event::Failed { class, why: "no".into(), finish: Finish::default() }).unwrap();
        take
    };
    let next = |class, attempts| failed(class).next(&Watch::new(time(0)), &Policy { attempts, ..Policy::default() });
    assert_eq!(next(Class::Internal, 1), Step::Rest);
    assert_eq!(next(Class::Internal, 2), Step::Retry { not_before: time(115) });
    for class in Class::ALL.into_iter().filter(|class| *class != Class::Internal) {
        assert_eq!(next(class, 9), Step::Rest, "{class}");
    }
}

#[test]
fn every_class_has_its_rule() {
    let told = Class::ALL.map(|class| {
        let Rule { retry, run } = rule(class);
        let retry = retry.map_or("final".to_owned(), |wait| format!("again after {:?} to {:?}", wait.first, wait.longest));
        format!("{}: {retry}, {run:?}\n", class.as_str())
    });
    insta::assert_snapshot!(told.concat(), @r"
    moderated: final, Counted
    input: final, None
    account: final, Stops
    internal: again after 15s to 300s, None
    lost: final, None
    no_link: final, None
    unknown: final, None
    ");
}

#[test]
fn each_attempt_is_waited_for_longer_than_the_one_before() {
    let policy = Policy { attempts: u32::MAX, ..Policy::default() };
    let wait = |attempts| policy.retry_after(Class::Internal, attempts).map(|wait| wait.as_secs());
    assert_eq!([1, 2, 3, 4, 5, 6, 99, u32::MAX - 1].map(wait), [15, 30, 60, 120, 240, 300, 300, 300].map(Some));
    assert_eq!(wait(u32::MAX), None);
}

#[test]
fn a_submission_that_was_put_off_uses_up_no_attempt() {
    let mut take = fresh();
    let deferred = Event::Deferred { why: "busy".into(), until: time(5) };
    let failed = || Event::Failed { class: Class::Internal, why: "oops".into(), finish: Finish::default() };
    let policy = Policy { attempts: 2, ..Policy::default() };
    for event in
        [intent(), deferred, intent(), Event::AnswerLost(Doubt::of("cut")), Event::Freed, intent(), accepted(), failed()]
    {
        take.apply(time(0), &event).unwrap();
    }
    assert!(matches!(take.next(&Watch::new(time(0)), &policy), Step::Retry { .. }));
    for event in [Event::Retried { not_before: time(9) }, intent(), accepted(), failed()] {
        take.apply(time(9), &event).unwrap();
    }
    assert_eq!((take.record.attempts, take.next(&Watch::new(time(9)), &policy)), (4, Step::Rest));
}

#[test]
fn refusals_in_a_row_are_counted_until_something_else_comes() {
    let deferred = || Event::Deferred { why: "busy".into(), until: time(5) };
    for (last, state) in [
        (Event::Accepted { task: task() }, "accepted"),
        (Event::Rejected { class: Class::Input, why: "no".into() }, "rejected"),
        (Event::AnswerLost(Doubt::of("cut")), "unresolved"),
    ] {
        let mut take = fresh();
        for event in [intent(), deferred(), intent(), deferred(), intent()] {
            take.apply(time(0), &event).unwrap();
        }
        assert_eq!((take.record.deferrals, take.record.deferred_because.as_deref()), (2, Some("busy")));
        take.apply(time(0), &last).unwrap();
        assert_eq!((take.record.deferrals, take.record.deferred_because.as_deref()), (0, None));
        assert_eq!((take.record.attempts, take.state.name()), (3, state));
    }
}

#[test]
fn a_history_begins_with_a_plan() {
    let name = fresh().name;
    assert_eq!(Take::replay(&name, []), Ok(None));
    for event in events() {
        let begun = Take::replay(&name, [(time(0), &event)]);
        assert_eq!(begun.is_ok(), event.kind() == "planned", "{event:?}");
    }
}

/// Lives through the events that can happen, and leaves out the others.
fn lived(events: &[(Timestamp, Event)]) -> (Take, Vec<(Timestamp, Event)>) {
    let mut take = fresh();
    let legal = events.iter().filter(|(at, event)| take.apply(*at, event).is_ok()).cloned().collect::<Vec<_>>();
    (take, [vec![(time(0), planned_event())], legal].concat())
}

/// A take in each state.
fn states() -> [(&'static str, Take); 8] {
    let after = |events: &[Event]| {
        let mut take = fresh();
        for event in events {
            take.apply(time(0), event).unwrap();
        }
        (take.state.name(), take)
    };
    let failed = || Event::Failed { class: Class::Moderated, why: "no".into(), finish: Finish::default() };
    let link = || Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() };
    [
        after(&[]),
        after(&[intent()]),
        after(&[intent(), Event::AnswerLost(Doubt::of("cut"))]),
        after(&[intent(), accepted()]),
        after(&[intent(), accepted(), link()]),
        after(&[intent(), accepted(), link(), Event::Stored { asset: asset() }]),
        after(&[intent(), Event::Rejected { class: Class::Input, why: "no".into() }]),
        after(&[intent(), accepted(), failed()]),
    ]
}

/// An event of each kind.
fn events() -> Vec<Event> {
    vec![
        planned_event(),
        Event::Further,
        intent(),
        Event::Deferred { why: "busy".into(), until: time(60) },
        Event::Accepted { task: task() },
        Event::Rejected { class: Class::Input, why: "no".into() },
        Event::AnswerLost(Doubt::of("cut")),
        Event::Adopted { task: task() },
        Event::Freed,
        Event::Seen { word: "QUEUED".into() },
        Event::Succeeded { link: "https://v/2".into(), finish: Finish::default() },
        Event::Failed { class: Class::Internal, why: "oops".into(), finish: Finish::default() },
        Event::Retried { not_before: time(70) },
        Event::Stored { asset: asset() },
        Event::Missing,
        Event::Tagged { tags: vec!["hero".into()] },
        Event::Annotated(About { notes: Some("at night".into()), ..About::default() }),
        Event::Probed(Media { frames: Some(120), ..Media::default() }),
        Event::Reviewed(Review { verdict: Some(Verdict::Pick), ..Review::default() }),
    ]
}

fn some_events() -> impl Strategy<Value = Vec<(Timestamp, Event)>> {
    proptest::collection::vec(some_event(), 0..120)
}

fn some_event() -> impl Strategy<Value = (Timestamp, Event)> {
    (some_time(), some_time(), proptest::sample::select(events()), some_class(), any::<u128>()).prop_map(
        |(at, until, event, class, bits)| {
            let event = match event {
                Event::Intent { .. } => Event::Intent { token: Token::new(bits), price: None },
                Event::Deferred { why, .. } => Event::Deferred { why, until },
                Event::Retried { .. } => Event::Retried { not_before: until },
                Event::Failed { why, .. } => Event::Failed { class, why, finish: Finish::default() },
                event => event,
            };
            (at, event)
        },
    )
}

/// Mostly the time of a run, and now and then one that no clock should show.
fn some_time() -> impl Strategy<Value = Timestamp> {
    let odd = [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX].map(|at| at.round(jiff::Unit::Second).unwrap_or(at));
    prop_oneof![9 => (0..100_000_i64).prop_map(time), 1 => proptest::sample::select(odd.to_vec())]
}

fn some_class() -> impl Strategy<Value = Class> {
    proptest::sample::select(Class::ALL.to_vec())
}

fn some_sighting() -> impl Strategy<Value = Sighting> {
    let link = proptest::option::of(Just("https://v/3".to_owned()));
    prop_oneof![
        Just(Sighting::NotExist),
        Just(Sighting::Unfinished { word: "QUEUED".into() }),
        Just(Sighting::Unfinished { word: "RUNNING".into() }),
        link.prop_map(|link| Sighting::Succeeded { link, finish: Finish::default() }),
        some_class().prop_map(|class| Sighting::Failed { class, why: "no".into(), finish: Finish::default() }),
    ]
}

fn some_watch() -> impl Strategy<Value = Watch> {
    let maybe = || proptest::option::of(some_time());
    let times = (some_time(), maybe(), maybe(), maybe(), maybe(), some_time());
    let link = prop::sample::select(vec![Link::Good, Link::Doubtful, Link::Expired]);
    (times, link, 0..9_u32, some_hearsay()).prop_map(
        |((since, polled, unfinished, look, linkless_since, not_before), link, failed_fetches, heard)| Watch {
            since,
            polled,
            unfinished,
            look,
            linkless_since,
            link,
            failed_fetches,
            not_before,
            heard,
        },
    )
}

fn some_hearsay() -> impl Strategy<Value = Heard> {
    let named = || proptest::option::of(prop::sample::select(vec![task(), "task-2".parse().unwrap()]));
    (any::<[bool; 3]>(), proptest::option::of(some_time()), named(), named())
        .prop_map(|([listens, live, early], over, named, refuted)| Heard { listens, live, over, early, named, refuted })
}

fn some_policy() -> impl Strategy<Value = Policy> {
    let duration = || prop_oneof![9 => (0..10_000_u64).prop_map(Duration::from_secs), 1 => Just(Duration::MAX)];
    (duration(), duration(), duration(), duration(), duration(), 0..4_u32).prop_map(
        |(poll_first, poll_every, poll_quiet, grace, patience, attempts)| Policy {
            poll_first,
            poll_every,
            poll_quiet,
            grace,
            patience,
            attempts,
            ..Policy::default()
        },
    )
}

fn accepted_at(second: i64) -> Take {
    let mut take = fresh();
    take.apply(time(second), &intent()).unwrap();
    take.apply(time(second), &Event::Accepted { task: task() }).unwrap();
    take
}

fn fresh() -> Take {
    let Event::Planned { request, key, tags } = planned_event() else { unreachable!() };
    let mut take = Take::new("SC010_SH020_T01".parse().unwrap(), request, key, tags);
    take.record.planned_at = Some(time(0));
    take
}

fn planned_event() -> Event {
    let request = Request { motion: Motion { y: 0.1 + 0.2, ..Motion::default() }, ..Request::sample("a cat") };
    let key = request.key("cometapi", crate::shot::TakeNo::FIRST);
    Event::Planned { request, key, tags: vec![] }
}

fn intent() -> Event {
    Event::Intent { token: Token::new(7), price: None }
}

fn accepted() -> Event {
    Event::Accepted { task: task() }
}

fn task() -> TaskId {
    "task-1".parse().unwrap()
}

fn asset() -> Asset {
    Asset { digest: Digest::of(b"video"), bytes: 5 }
}

/// So many seconds after some noon.
fn time(second: i64) -> Timestamp {
    "2026-11-22T12:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
}
