//! Takes over what the manifest asks for.

use proptest::prelude::*;

use super::*;
use crate::shot::Takes;

const AGAIN: Wish = Wish { again: true, more: 0 };
const MORE: Wish = Wish { again: false, more: 2 };
const NO_WISH: Wish = Wish { again: false, more: 0 };

const OLD: &str = "T01 drop: no longer asked for; it stays as it is: stored";

#[test]
fn a_shot_that_is_as_it_was_gets_a_take_more_and_keeps_what_it_has() {
    let new = |number: &str| format!("{number} submit: a further take, as agreed [planned, further]");
    check(shot("cat", 1), &[(1, "cat", "stored")], AGAIN, &["T01 keep: stored", &new("T02")]);
    check(shot("cat", 1), &[(1, "cat", "stored")], MORE, &["T01 keep: stored", &new("T02"), &new("T03")]);
    let two = [(1, "cat", "stored"), (7, "cat", "stored")];
    check(shot("cat", 2), &two, AGAIN, &["T01 keep: stored", "T07 keep: stored", &new("T08")]);
    let old = [(1, "cat", "stored"), (2, "dog", "stored")];
    check(shot("dog", 1), &old, AGAIN, &[OLD, "T02 keep: stored", &new("T03")]);
    check(shot("cat", 1), &old, AGAIN, &["T01 keep: stored", &OLD.replace("T01", "T02"), &new("T03")]);
    let gone = "T01 fetch: stored once, and no longer on disk [missing]";
    check(shot("cat", 1), &[(1, "cat", "stored, gone")], AGAIN, &[gone, &new("T02")]);
    check(shot("cat", 1), &[(998, "cat", "stored")], MORE, &["T998 keep: stored", &new("T999")]);
    check(None, &[(1, "cat", "stored")], MORE, &[OLD]);
}

#[test]
fn a_take_more_of_a_changed_shot_is_the_one_that_it_is_held_for() {
    let changed = r#"changed since T01 was paid for: prompt: "cat" → "dog""#;
    let agreed = |number: &str| format!("{number} submit: {changed} [planned]");
    check(shot("dog", 2), &[(1, "cat", "stored")], AGAIN, &[OLD, &agreed("T02"), &agreed("T03")]);
    let held = format!("T02 held: {changed}; --regenerate buys it as a further take; no further take before this one");
    check(shot("dog", 1), &[(1, "cat", "stored")], MORE, &[OLD, &held]);
    let both = Wish { again: true, more: 1 };
    let further = "T03 submit: a further take, as agreed [planned, further]";
    check(shot("dog", 1), &[(1, "cat", "stored")], both, &[OLD, &agreed("T02"), further]);
}

#[test]
fn what_is_still_to_come_comes_first() {
    for (state, first) in [
        ("planned", "T01 submit: not submitted yet"),
        ("unresolved", "T01 unresolved: perhaps paid for: cut"),
        ("accepted", "T01 resume: task task-1 is at the provider"),
        ("ready", "T01 fetch: made, and not fetched yet"),
    ] {
        let waits = format!("{first}; no further take before this one");
        check(shot("cat", 1), &[(1, "cat", state)], AGAIN, &[&waits]);
        check(
            shot("cat", 1),
            &[(1, "cat", "stored"), (2, "cat further", state)],
            Wish { again: true, ..MORE },
            &["T01 keep: stored", &waits.replace("T01", "T02").replacen(": ", ": a further take: ", 1)],
        );
        let new = ["T02", "T03"].map(|number| format!("{number} submit: a further take, as agreed [planned, further]"));
        check(shot("cat", 1), &[(1, "cat", state)], MORE, &[first, &new[0], &new[1]]);
    }
    let new = ["T01 submit: new; no further take before this one [planned]", "T02 submit: new [planned]"];
    check(shot("cat", 2), &[], AGAIN, &new);
}

#[test]
fn a_further_take_is_seen_to_its_end_and_then_kept_and_serves_a_shot_that_wants_more() {
    for (state, told) in [
        ("planned", "submit: a further take: not submitted yet"),
        ("deferred", "submit: a further take: put off: busy"),
        ("submitting", "unresolved: a further take: the last run ended before the answer to its submission came"),
        ("unresolved", "unresolved: a further take: perhaps paid for: cut"),
        ("accepted", "resume: a further take: task task-1 is at the provider"),
        ("ready", "fetch: a further take: made, and not fetched yet"),
        ("stored", "keep: a further take: stored"),
        ("stored, gone", "fetch: a further take: stored once, and no longer on disk [missing]"),
        ("rejected", "drop: a further take that came to nothing; it stays as it is: rejected: bad request: no"),
        ("failed", "drop: a further take that came to nothing; it stays as it is: failed: content policy: no"),
    ] {
        let takes = [(1, "cat", "stored"), (2, "cat further", state)];
        check(shot("cat", 1), &takes, NO_WISH, &["T01 keep: stored", &format!("T02 {told}")]);
    }
    let two = [(1, "cat", "stored"), (2, "cat further", "stored")];
    check(shot("cat", 2), &two, NO_WISH, &["T01 keep: stored", "T02 keep: stored"]);
    check(
        shot("cat", 2),
        &two,
        AGAIN,
        &["T01 keep: stored", "T02 keep: stored", "T03 submit: a further take, as agreed [planned, further]"],
    );
    let again = "T02 submit: a further take: once more, as agreed: failed: content policy: no [retried]";
    let failed = [take(1, "cat", "stored"), take(2, "cat further", "failed")];
    assert_eq!(lines(&plan(Some(shot("cat", 1)), &failed, RETRY, NO_WISH)), ["T01 keep: stored", again]);
}

#[test]
fn a_further_take_of_a_shot_that_has_changed_is_as_any_other() {
    let stays = |state| format!("T02 drop: no longer asked for; it stays as it is: {state}");
    let held = r#"T03 held: changed since T02 was paid for: prompt: "cat" → "dog"; --regenerate buys it as a further take"#;
    check(shot("dog", 1), &[(1, "cat", "stored"), (2, "cat further", "stored")], NO_WISH, &[OLD, &stays("stored"), held]);
    let entered = [(1, "cat", "stored"), (2, "cat further", "planned"), (3, "cat further", "planned")];
    let held = r#"T02 held: changed since T01 was paid for: prompt: "cat" → "dog"; --regenerate buys it as a further take"#;
    check(shot("dog", 1), &entered, NO_WISH, &[OLD, held, &stays("planned").replace("T02", "T03")]);
    check(None, &entered[..2], NO_WISH, &[OLD, &stays("planned")]);
}

#[test]
fn a_further_take_takes_the_place_of_what_came_to_nothing() {
    let place =
        |number: &str, by: &str| format!("{number} drop: {by} takes its place; it stays as it is: rejected: bad request: no");
    let new = "T02 submit: a further take, as agreed [planned, further]";
    check(shot("cat", 1), &[(1, "cat", "rejected")], AGAIN, &[&place("T01", "T02"), new]);
    let entered = [(1, "cat", "rejected"), (2, "cat further", "planned")];
    check(shot("cat", 1), &entered, NO_WISH, &[&place("T01", "T02"), "T02 submit: a further take: not submitted yet"]);
    let stored = [(1, "cat", "rejected"), (2, "cat further", "stored")];
    check(
        shot("cat", 1),
        &stored,
        NO_WISH,
        &["T01 drop: no longer asked for; it stays as it is: rejected", "T02 keep: stored"],
    );
    let two = [(1, "cat", "rejected"), (2, "cat", "rejected")];
    let third = "T03 submit: a further take, as agreed [planned, further]";
    check(shot("cat", 2), &two, AGAIN, &["T01 given up: rejected: bad request: no", &place("T02", "T03"), third]);
}

proptest! {
    #[test]
    fn a_wish_buys_what_was_wished_for_once_and_touches_nothing_that_is_there(
        known in proptest::collection::btree_map(1..6_u16, (0..3_usize, 0..STATES.len(), any::<bool>()), 0..5),
        asked in 0..3_usize, takes in wanted(), retry_failed: bool, regenerate: bool, again: bool, more in 0..4_u16,
    ) {
        let further = |further: bool| if further { " further" } else { "" };
        let known: Vec<_> = known.into_iter()
            .map(|(number, (of, state, is))| take(number, &format!("{}{}", WORDS[of], further(is)), STATES[state])).collect();
        let (wish, consent) = (Wish { again, more }, Consent { retry_failed, regenerate });
        let planned = |known: &[Take], consent, wish| plan(Some(Shot { takes: takes.clone(), ..shot(WORDS[asked], 1) }), known, consent, wish);
        let wished = planned(&known, consent, wish);
        let without = planned(&known, Consent { regenerate: regenerate || again, ..consent }, NO_WISH);

        let (new, others): (Vec<_>, Vec<_>) =
            wished.takes.iter().partition(|planned| planned.events.contains(&Event::Further));
        prop_assert!(new.len() <= usize::from(more) + usize::from(again), "{:?}", lines(&wished));
        prop_assert_eq!(others.len(), without.takes.len());
        for (other, without) in others.iter().zip(&without.takes) {
            let has_its_place_taken = without.action == Action::GivenUp && other.action == Action::Drop;
            prop_assert!(other.action == without.action || has_its_place_taken, "{:?}", other);
            prop_assert_eq!((&other.name, &other.events), (&without.name, &without.events));
        }
        for new in &new {
            prop_assert!(others.iter().all(|other| other.name.number < new.name.number), "{:?}", new);
            prop_assert_eq!(new.action, Action::Submit);
            prop_assert_eq!(&new.take.request, &request(WORDS[asked]));
        }

        // The process ends when all is entered: the next one is told nothing, or the same.
        let entered: Vec<_> = wished.takes.iter().filter_map(|planned| begun(planned, &known)).collect();
        let next = planned(&entered, NOTHING, NO_WISH);
        let is_submitted = |new: &&Planned| next.takes.iter().any(|next| next.name == new.name && next.action == Action::Submit);
        prop_assert!(new.iter().all(is_submitted), "{:?}", lines(&next));
        let same = planned(&entered, consent, wish);
        prop_assert!(!same.takes.iter().any(|planned| planned.events.contains(&Event::Further)) || new.is_empty());

        // All goes well: there is nothing to do any more, without a word. (Where a change was held, what is bought agrees to it.)
        let made: Vec<_> = wished.takes.iter().filter_map(|planned| Some(made(planned.action, begun(planned, &known)?))).collect();
        let last = planned(&made, NOTHING, NO_WISH);
        let is_held = wished.count(Action::Held) > 0;
        prop_assert!(is_held || !last.takes.iter().any(Planned::is_work), "{:?} then {:?}", lines(&wished), lines(&last));
        prop_assert_eq!(made.iter().filter(|take| take.record.further && is_paid_for(take) && take.request == request(WORDS[asked])).count(),
            last.takes.iter().filter(|planned| planned.take.record.further && planned.action == Action::Keep).count());
    }
}

/// What a shot may say of its takes.
fn wanted() -> impl Strategy<Value = Takes> {
    let listed = proptest::collection::btree_set(1..8_u16, 1..5).prop_map(|numbers| {
        let numbers: Vec<_> = numbers.into_iter().map(no).collect();
        Takes::Listed(numbers.try_into().expect("a number"))
    });
    prop_oneof![(1..5_u16).prop_map(|count| Takes::Count(no(count))), listed]
}

/// The take as the ledger has it when the plan is entered; `None` where it has none.
pub(super) fn begun(planned: &Planned, known: &[Take]) -> Option<Take> {
    let mut take = planned.take.clone();
    for event in &planned.events {
        take.apply(Timestamp::UNIX_EPOCH, event).expect("an event that can happen");
    }
    let is_known = known.iter().any(|known| known.name == take.name);
    (is_known || !planned.events.is_empty()).then_some(take)
}

/// The take when a run has done what is to be done about it, and all went well.
pub(super) fn made(action: Action, mut take: Take) -> Take {
    let task = "task-2".parse().expect("a task");
    let link = || Event::Succeeded { link: "https://v/2".into(), finish: Finish::default() };
    let stored = || Event::Stored { asset: Asset { digest: Digest::of(b"video"), bytes: 5 } };
    let accepted = Event::Accepted { task };
    let lost = || Event::AnswerLost(Doubt::of("cut"));
    let adopted = || Event::Adopted { task: "task-3".parse().expect("a task") };
    let events = match (action, &take.state) {
        (Action::Submit, _) => vec![Event::Intent { token: Token::new(2), price: None }, accepted, link(), stored()],
        (_, State::Submitting) => vec![lost(), adopted(), link(), stored()],
        (_, State::Unresolved(_)) => vec![adopted(), link(), stored()],
        (_, State::Accepted { .. }) => vec![link(), stored()],
        (_, State::Ready { .. }) => vec![stored()],
        _ => vec![],
    };
    for event in events {
        take.apply(Timestamp::UNIX_EPOCH, &event).expect("an event that can happen");
    }
    take
}

pub(super) fn plan(shot: Option<Shot>, known: &[Take], consent: Consent, wish: Wish) -> Plan {
    let shots: Vec<_> = shot.into_iter().collect();
    Plan::new(&shots, known.to_vec(), &Basis { wish: &|_| wish, ..basis(consent) })
}

pub(super) fn lines(plan: &Plan) -> Vec<String> {
    plan.takes.iter().map(told).collect()
}

/// A take as in the other tests; a prompt that ends in `further` makes it a further one.
fn take(number: u16, prompt: &str, state: &str) -> Take {
    let plain = super::take(number, prompt.trim_end_matches(" further"), state);
    Take { record: Record { further: prompt.ends_with(" further"), ..plain.record }, ..plain }
}

/// Plans a shot against takes and a wish, and holds the plan against lines of text.
fn check(shot: impl Into<Option<Shot>>, takes: &[(u16, &str, &str)], wish: Wish, expected: &[&str]) {
    let takes: Vec<_> = takes.iter().map(|&(number, prompt, state)| take(number, prompt, state)).collect();
    assert_eq!(lines(&plan(shot.into(), &takes, NOTHING, wish)), expected);
}
