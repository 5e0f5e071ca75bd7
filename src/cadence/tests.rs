//! What is learned from takes, and what comes of few, odd and changing ones.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::request::Request;
use crate::shot::TakeNo;
use crate::take::{Class, Event, Finish, Token};

#[test]
fn an_estimate_is_of_the_same_kind_where_there_are_enough_and_else_of_the_nearest() {
    let mut times = Times::default();
    let estimate = |times: &Times, kind| {
        let estimate = times.estimate(&take(kind).request)?;
        Some((estimate.median.as_secs(), estimate.p90.as_secs(), estimate.samples))
    };
    assert_eq!(estimate(&times, ("gen4", 5)), None);
    learn(&mut times, ("gen4", 5), [100], 1);
    assert_eq!(estimate(&times, ("gen4", 5)), Some((100, 100, 1)), "one is better than none");
    learn(&mut times, ("gen4", 10), [200], 8);
    assert_eq!(estimate(&times, ("gen4", 5)), Some((200, 200, 9)), "more of the model");
    assert_eq!(estimate(&times, ("gen4", 10)), Some((200, 200, 8)));
    assert_eq!(estimate(&times, ("other", 10)), Some((200, 200, 9)), "of any");
    learn(&mut times, ("gen4", 5), 91..=100, 1);
    assert_eq!(estimate(&times, ("gen4", 5)), Some((96, 100, 11)));
}

#[test]
fn a_failed_take_tells_when_to_look_and_not_how_long_a_video_takes() {
    let mut times = Times::default();
    learn(&mut times, ("gen4", 5), [120], 20);
    let first = first_look(&mut times, ("gen4", 5)).unwrap();
    for _ in 0..20 {
        times.learn(&ended(("gen4", 5), 10, false));
    }
    assert_eq!(times.estimate(&take(("gen4", 5)).request).map(|estimate| estimate.median.as_secs()), Some(120));
    let then = first_look(&mut times, ("gen4", 5)).unwrap();
    assert!(first > 20 && (10..=20).contains(&then), "{first} {then}");
}

#[test]
fn few_takes_and_those_of_another_kind_change_nothing() {
    let mut times = Times::default();
    learn(&mut times, ("gen4", 5), [120], ENOUGH - 1);
    learn(&mut times, ("gen4", 10), [120], 100);
    assert_eq!(first_look(&mut times, ("gen4", 5)), None);
    learn(&mut times, ("gen4", 5), [120], 1);
    assert!(first_look(&mut times, ("gen4", 5)).is_some());
    let fixed = Policy { poll_learns: false, ..Policy::default() };
    let take = under_way(("gen4", 10));
    assert_eq!(times.look(&take, &Watch::new(begun()), &fixed), None);
}

#[test]
fn a_provider_that_becomes_faster_or_slower_is_noticed() {
    for (before, after) in [(150, 30), (30, 150), (300, 301)] {
        let mut times = Times::default();
        learn(&mut times, ("gen4", 5), [before], 200);
        learn(&mut times, ("gen4", 5), [after], 40);
        let asked = looks(&mut times, ("gen4", 5));
        let delay = |end: u64| asked.iter().find(|age| **age >= end).map_or(u64::MAX, |age| age - end);
        assert!(delay(after) <= 10, "{before} → {after}: {asked:?}");
    }
}

#[test]
fn whoever_outlives_all_is_asked_about_as_the_policy_says() {
    let mut times = Times::default();
    learn(&mut times, ("gen4", 5), 100..=140, 1);
    let asked = looks(&mut times, ("gen4", 5));
    let last = *asked.last().unwrap();
    assert!((140..200).contains(&last), "{asked:?}");
}

#[test]
fn names_without_end_are_not_kept_without_end() {
    let mut times = Times::default();
    for number in 0..1000 {
        times.learn(&ended((&format!("model-{number}"), 5), 100, true));
    }
    assert_eq!(times.models.len(), MODELS);
    assert_eq!(times.estimate(&take(("model-999", 5)).request).map(|estimate| estimate.samples), Some(KEPT));
}

#[test]
fn the_order_of_a_ledger_is_not_the_order_of_the_night() {
    let seconds: Vec<u64> = (0..300).map(|number| 60 + number).collect();
    let mut takes: Vec<_> = seconds.iter().map(|seconds| ended(("gen4", 5), *seconds, true)).collect();
    let estimate = |takes: &[Take]| Times::of(takes).estimate(&takes[0].request);
    let expected = estimate(&takes);
    takes.reverse();
    assert_eq!(estimate(&takes), expected);
    assert_eq!(expected.map(|estimate| estimate.median.as_secs()), Some(260), "of the last 200 to end");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_was_seen_a_schedule_goes_on_and_never_asks_too_often(
        spans in proptest::collection::vec((some_age(), some_age()), 1..60),
        every in 0..600_u64, first in some_age(), asked in some_age(),
    ) {
        let policy = Policy { poll_every: Duration::from_secs(every), poll_first: first, ..Policy::default() };
        let weighed: Vec<_> = spans.iter().map(|(a, b)| (Lasted::between(*a.min(b), *a.max(b), true), 1.0)).collect();
        if let Some(schedule) = Schedule::of(&weighed, &policy) {
            let next = schedule.after(Some(asked));
            prop_assert!(next.is_none_or(|age| age > asked), "{next:?}");
            let ages: Vec<_> = std::iter::successors(schedule.after(None), |age| schedule.after(Some(*age))).collect();
            prop_assert!(!ages.is_empty());
            let close = ages.windows(2).find(|pair| pair[1] < pair[0] + Duration::from_millis(4999));
            // The last but one and the last may be.
            prop_assert!(close.is_none_or(|pair| pair[1] == ages[ages.len() - 1]), "{ages:?}");
        }
    }
}

/// Mostly the time of a generation, and now and then one that nobody waits for.
fn some_age() -> impl Strategy<Value = Duration> {
    let odd = [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(40 * 24 * 3600), Duration::MAX];
    prop_oneof![9 => (0..600_000_u64).prop_map(Duration::from_millis), 1 => proptest::sample::select(odd.to_vec())]
}

/// The first age to ask at, in seconds.
fn first_look(times: &mut Times, kind: (&str, u8)) -> Option<u64> {
    looks(times, kind).first().copied()
}

/// All ages to ask at, in whole seconds, as long as one is known.
fn looks(times: &mut Times, kind: (&str, u8)) -> Vec<u64> {
    let (take, mut watch) = (under_way(kind), Watch::new(begun()));
    let mut ages = Vec::new();
    while let Some(at) = times.look(&take, &watch, &Policy::default()) {
        watch.unfinished = Some(at);
        ages.push(take.age_at(at).as_secs());
    }
    ages
}

/// So many takes of a kind for each of these durations.
fn learn(times: &mut Times, kind: (&str, u8), seconds: impl IntoIterator<Item = u64>, of_each: usize) {
    for seconds in seconds {
        for _ in 0..of_each {
            times.learn(&ended(kind, seconds, true));
        }
    }
}

/// A take that has ended after so many seconds.
fn ended(kind: (&str, u8), seconds: u64, made: bool) -> Take {
    let mut take = under_way(kind);
    let finish = Finish { made_in: u32::try_from(seconds).ok(), ..Finish::default() };
    let event = if made {
        Event::Succeeded { link: "https://v/1".into(), finish }
    } else {
        Event::Failed { class: Class::Moderated, why: "no".into(), finish }
    };
    take.apply(begun() + Duration::from_secs(seconds), &event).unwrap();
    take
}

fn under_way(kind: (&str, u8)) -> Take {
    let mut take = take(kind);
    take.apply(begun(), &Event::Intent { token: Token::new(1), price: None }).unwrap();
    take.apply(begun(), &Event::Accepted { task: "task-1".parse().unwrap() }).unwrap();
    take
}

fn take((model, seconds): (&str, u8)) -> Take {
    let request = Request { model: model.into(), seconds: seconds.try_into().unwrap(), ..Request::sample("a cat") };
    let key = request.key("cometapi", TakeNo::FIRST);
    Take::new("SC010_T01".parse().unwrap(), request, key, Vec::new())
}

fn begun() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24)
}
