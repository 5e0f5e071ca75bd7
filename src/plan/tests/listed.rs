//! Shots that ask for takes by number.

use std::collections::BTreeSet;

use super::further::{begun, lines, made, plan};
use super::*;
use crate::shot::Takes;

const NO_WISH: Wish = Wish { again: false, more: 0 };
const ALL: Consent = Consent { retry_failed: true, regenerate: true };

#[test]
fn what_is_listed_is_submitted_under_its_number_and_nothing_else_is() {
    let new = |number: &str| format!("{number} submit: new [planned]");
    check(&[1, 3], "cat", &[], &[&new("T01"), &new("T03")]);
    check(&[5], "cat", &[], &[&new("T05")]);
    check(&[999], "cat", &[], &[&new("T999")]);
    check(
        &[1, 2, 3],
        "cat",
        &[(1, "cat", "stored"), (3, "cat", "stored")],
        &["T01 keep: stored", &new("T02"), "T03 keep: stored"],
    );
    let drop = "T02 drop: no longer asked for; it stays as it is: stored";
    let three = [(1, "cat", "stored"), (2, "cat", "stored"), (3, "cat", "accepted")];
    check(&[1, 3], "cat", &three, &["T01 keep: stored", drop, "T03 resume: task task-1 is at the provider"]);
    check(&[2], "cat", &[(1, "cat", "stored")], &[&drop.replace("T02", "T01"), &new("T02")]);
    check(&[1], "cat", &[(1, "cat", "failed"), (2, "cat", "stored")], &["T01 given up: failed: content policy: no", drop]);
    check(&[1], "cat", &[(1, "cat", "deferred"), (2, "cat", "stored")], &["T01 submit: put off: busy", drop]);
}

#[test]
fn a_changed_shot_is_held_for_takes_that_stand_in_for_those_that_are_listed() {
    let old = |number: &str| format!("{number} drop: no longer asked for; it stays as it is: stored");
    let changed = |since| format!(r#"changed since {since} was paid for: prompt: "cat" → "dog""#);
    let held = |number, since| format!("{number} held: {}; --regenerate buys it as a further take", changed(since));
    let bought = [(1, "cat", "stored"), (3, "cat", "stored")];
    check(&[1, 3], "dog", &bought, &[&old("T01"), &old("T03"), &held("T04", "T03"), &held("T05", "T03")]);
    check(&[1, 2], "dog", &bought[..1], &[&old("T01"), &held("T02", "T01"), &held("T03", "T01")]);
    check(&[7], "dog", &bought[..1], &[&old("T01"), &held("T07", "T01")]);
    let agreed = format!("T04 submit: {} [planned]", changed("T03"));
    let agreed = [old("T01"), old("T03"), agreed.clone(), agreed.replace("T04", "T05")];
    assert_eq!(told_of(&[1, 3], "dog", &bought, REGENERATE), agreed);

    // Agreed to for good.
    let stands_in = [(1, "cat", "stored"), (2, "dog", "stored")];
    check(&[1], "dog", &stands_in, &[&old("T01"), "T02 keep: stored"]);
    check(&[1, 3], "dog", &stands_in, &[&old("T01"), "T02 keep: stored", "T03 submit: new [planned]"]);
    check(&[1], "cat", &stands_in, &["T01 keep: stored", &old("T02")]);
    // Once it is asked for by its own number, the other one is missing again, and that was paid for with another request.
    check(&[1, 2], "dog", &stands_in, &[&old("T01"), "T02 keep: stored", &held("T03", "T01")]);
    let two = [(1, "cat", "stored"), (2, "cat", "planned"), (5, "dog", "stored")];
    check(&[1, 5], "dog", &two, &[&old("T01"), &held("T02", "T01"), "T05 keep: stored"]);
}

#[test]
fn a_listed_take_of_which_nothing_was_bought_is_changed_unless_another_one_is_in_its_place() {
    let changed = r#"T01 submit: changed since it failed: prompt: "cat" → "dog" [planned]"#;
    check(&[1], "dog", &[(1, "cat", "failed")], &[changed]);
    check(&[1, 2], "dog", &[(1, "cat", "failed"), (2, "dog", "stored")], &[changed, "T02 keep: stored"]);
    let drop = "T01 drop: no longer asked for; it stays as it is: failed";
    check(&[1], "dog", &[(1, "cat", "failed"), (2, "dog", "stored")], &[drop, "T02 keep: stored"]);
    check(&[1], "dog", &[(1, "cat", "failed"), (2, "dog", "failed")], &[drop, "T02 given up: failed: content policy: no"]);
}

#[test]
fn further_takes_have_the_numbers_behind_all_that_are_known_or_listed() {
    let wish = Wish { again: false, more: 1 };
    let known = [take(1, "cat", "stored"), take(3, "cat", "stored")];
    let planned = |listed: &[u16], known: &[Take]| lines(&plan(Some(shot(listed, "cat")), known, NOTHING, wish));
    let new = |number: &str| format!("{number} submit: a further take, as agreed [planned, further]");
    assert_eq!(planned(&[1, 3], &known), ["T01 keep: stored", "T03 keep: stored", &new("T04")]);
    assert_eq!(planned(&[1, 7], &known[..1]), ["T01 keep: stored", "T07 submit: new [planned]", &new("T08")]);
    assert_eq!(planned(&[999], &[]), ["T999 submit: new [planned]"]);
    let stored = Take { record: Record { further: true, ..Record::default() }, ..take(4, "cat", "stored") };
    let kept = plan(Some(shot(&[1], "cat")), &[known[0].clone(), stored], NOTHING, NO_WISH);
    assert_eq!(lines(&kept), ["T01 keep: stored", "T04 keep: a further take: stored"]);
}

proptest! {
    #[test]
    fn what_is_listed_is_asked_for_by_its_number_or_a_take_of_the_shot_as_it_is_stands_in(
        known in known(), asked in 0..3_usize, listed in listed(), retry_failed: bool, regenerate: bool,
    ) {
        let (known, asked) = (takes(&known), WORDS[asked]);
        let planned = plan(Some(shot(&listed, asked)), &known, Consent { retry_failed, regenerate }, NO_WISH);

        let is_asked_for = |plan: &&Planned| plan.action != Action::Drop && !plan.reason.starts_with("no longer");
        let asked_for: Vec<_> = planned.takes.iter().filter(is_asked_for).collect();
        prop_assert_eq!(asked_for.len(), listed.len(), "{:?}", lines(&planned));
        prop_assert!(planned.takes.windows(2).all(|two| two[0].name.number < two[1].name.number), "{:?}", lines(&planned));
        let is_listed = |take: &Take| listed.contains(&take.name.number.get());
        for &number in &listed {
            let before = known.iter().find(|take| take.name.number == no(number));
            let now = asked_for.iter().find(|planned| planned.name.number == no(number));
            match before {
                None => prop_assert!(now.is_some_and(|now| matches!(now.action, Action::Submit | Action::Held))),
                Some(take) if take.request == request(asked) => prop_assert!(now.is_some()),
                Some(take) => prop_assert!(now.is_none() || !is_paid_for(take)),
            }
        }

        // Every take that is known is there once, and none is paid for again, nor entered anew.
        for take in &known {
            let now: Vec<_> = planned.takes.iter().filter(|now| now.name == take.name).collect();
            prop_assert_eq!(now.len(), 1);
            prop_assert!(!is_paid_for(take) || now[0].action != Action::Submit && !now[0].events.iter().any(is_entry));
        }
        let bought = known.iter().filter(|take| is_listed(take) && take.request == request(asked) && is_paid_for(take)).count();
        prop_assert!(planned.count(Action::Submit) <= listed.len() - bought, "{:?}", lines(&planned));

        // Nobody has agreed to pay for what nobody has listed, and to nothing that is new while the last one bought is another.
        let last = known.iter().rfind(|take| is_paid_for(take));
        for submitted in planned.takes.iter().filter(|now| now.action == Action::Submit && !regenerate) {
            let entered = known.iter().any(|take| take.name == submitted.name && take.request == request(asked));
            prop_assert!(entered || is_listed(&submitted.take), "{:?}", lines(&planned));
            prop_assert!(entered || last.is_none_or(|last| last.request == request(asked)), "{:?}", lines(&planned));
        }
    }

    #[test]
    fn a_list_of_the_numbers_that_a_count_stands_for_changes_nothing(
        known in known(), asked in 0..3_usize, count in 1..5_u16, retry_failed: bool, regenerate: bool, again: bool, more in 0..3_u16,
    ) {
        let (known, asked, consent) = (takes(&known), WORDS[asked], Consent { retry_failed, regenerate });
        let planned = |shot: Shot, wish| plan(Some(shot), &known, consent, wish);
        let counted = planned(super::shot(asked, count), NO_WISH);
        let is_asked_for = |plan: &&Planned| plan.action != Action::Drop && !plan.reason.starts_with("no longer");
        let numbers: Vec<_> = counted.takes.iter().filter(is_asked_for).map(|planned| planned.name.number.get()).collect();
        for wish in [NO_WISH, Wish { again, more }] {
            let (counted, listed) = (planned(super::shot(asked, count), wish), planned(shot(&numbers, asked), wish));
            prop_assert_eq!(lines(&listed), lines(&counted));
            prop_assert!(listed.takes.iter().zip(&counted.takes).all(|(a, b)| a.take == b.take && a.events == b.events && a.price == b.price));
        }
    }

    #[test]
    fn what_was_agreed_to_is_bought_once_whatever_becomes_of_what_it_stands_in_for(
        known in known(), asked in 0..3_usize, listed in listed(),
    ) {
        let (known, asked) = (takes(&known), WORDS[asked]);
        let planned = plan(Some(shot(&listed, asked)), &known, ALL, NO_WISH);
        let ended: Vec<_> = planned.takes.iter().filter_map(|planned| {
            let take = begun(planned, &known)?;
            let is_old = take.request != request(asked);
            Some(if is_old { come_to_nothing(take) } else { made(planned.action, take) })
        }).collect();
        let next = plan(Some(shot(&listed, asked)), &ended, NOTHING, NO_WISH);
        prop_assert!(!next.takes.iter().any(Planned::is_work), "{:?} then {:?}", lines(&planned), lines(&next));
        prop_assert_eq!(next.count(Action::Held), 0);
    }
}

fn is_entry(event: &Event) -> bool {
    matches!(event, Event::Planned { .. } | Event::Retried { .. })
}

/// The take when it was under way and ended without a video.
fn come_to_nothing(mut take: Take) -> Take {
    let failed = || Event::Failed { class: Class::Input, why: "no".into(), finish: Finish::default() };
    let events = match &take.state {
        State::Submitting => vec![Event::AnswerLost(Doubt::of("cut")), Event::Freed],
        State::Unresolved(_) => vec![Event::Freed],
        State::Accepted { .. } | State::Ready { .. } => vec![failed()],
        _ => vec![],
    };
    for event in events {
        take.apply(Timestamp::UNIX_EPOCH, &event).expect("an event that can happen");
    }
    take
}

/// What the ledger may know: numbers, each with a request and a state, by position.
fn known() -> impl Strategy<Value = Vec<(u16, usize, usize)>> {
    let known = proptest::collection::btree_map(1..7_u16, (0..3_usize, 0..STATES.len()), 0..6);
    known.prop_map(|known| known.into_iter().map(|(number, (of, state))| (number, of, state)).collect())
}

fn takes(known: &[(u16, usize, usize)]) -> Vec<Take> {
    known.iter().map(|&(number, of, state)| take(number, WORDS[of], STATES[state])).collect()
}

fn listed() -> impl Strategy<Value = Vec<u16>> {
    proptest::collection::btree_set(1..9_u16, 1..5).prop_map(|numbers: BTreeSet<u16>| numbers.into_iter().collect())
}

/// A shot that asks for the takes with these numbers.
fn shot(listed: &[u16], prompt: &str) -> Shot {
    let numbers: Vec<_> = listed.iter().copied().map(no).collect();
    Shot { takes: Takes::Listed(numbers.try_into().expect("a number")), ..super::shot(prompt, 1) }
}

fn told_of(listed: &[u16], prompt: &str, takes: &[(u16, &str, &str)], consent: Consent) -> Vec<String> {
    let takes: Vec<_> = takes.iter().map(|&(number, prompt, state)| take(number, prompt, state)).collect();
    lines(&plan(Some(shot(listed, prompt)), &takes, consent, NO_WISH))
}

/// Plans a shot that lists its takes, and holds the plan against lines of text.
#[track_caller]
fn check(listed: &[u16], prompt: &str, takes: &[(u16, &str, &str)], expected: &[&str]) {
    assert_eq!(told_of(listed, prompt, takes, NOTHING), expected);
}
