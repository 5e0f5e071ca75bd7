//! What is left to do for a shot, whatever the ledger knows of it.

mod further;
mod listed;

use proptest::prelude::*;

use super::*;
use crate::digest::Digest;
use crate::shot::About;
use crate::take::{Asset, Charge, Class, Doubt, Finish, Record, Standing, Token};

const NOTHING: Consent = Consent { retry_failed: false, regenerate: false };
const RETRY: Consent = Consent { retry_failed: true, ..NOTHING };
const REGENERATE: Consent = Consent { regenerate: true, ..NOTHING };

#[test]
fn what_is_new_is_submitted_and_what_is_there_is_gone_on_with() {
    check(shot("cat", 2), &[], NOTHING, &["T01 submit: new [planned]", "T02 submit: new [planned]"]);
    for (state, expected) in [
        ("planned", "T01 submit: not submitted yet"),
        ("deferred", "T01 submit: put off: busy"),
        ("submitting", "T01 unresolved: the last run ended before the answer to its submission came"),
        ("unresolved", "T01 unresolved: perhaps paid for: cut"),
        ("accepted", "T01 resume: task task-1 is at the provider"),
        ("ready", "T01 fetch: made, and not fetched yet"),
        ("stored", "T01 keep: stored"),
        ("stored, gone", "T01 fetch: stored once, and no longer on disk [missing]"),
        ("rejected", "T01 given up: rejected: bad request: no"),
        ("failed", "T01 given up: failed: content policy: no"),
    ] {
        check(shot("cat", 1), &[(1, "cat", state)], NOTHING, &[expected]);
    }
}

#[test]
fn only_what_ended_badly_is_tried_once_more_and_only_when_agreed() {
    check(
        shot("cat", 1),
        &[(1, "cat", "rejected")],
        RETRY,
        &["T01 submit: once more, as agreed: rejected: bad request: no [retried]"],
    );
    check(
        shot("cat", 1),
        &[(1, "cat", "failed")],
        RETRY,
        &["T01 submit: once more, as agreed: failed: content policy: no [retried]"],
    );
    check(shot("cat", 1), &[(1, "cat", "unresolved")], RETRY, &["T01 unresolved: perhaps paid for: cut"]);
    check(shot("cat", 1), &[(1, "cat", "stored")], RETRY, &["T01 keep: stored"]);
}

#[test]
fn a_changed_shot_is_held_until_it_is_agreed_to_pay_again() {
    let changed = r#"changed since T01 was paid for: prompt: "cat" → "dog""#;
    let held = |number| format!("{number} held: {changed}; --regenerate buys it as a further take");
    let bought = format!("T02 submit: {changed} [planned]");
    for (state, first) in [
        ("stored", "T01 drop: no longer asked for; it stays as it is: stored"),
        ("stored, gone", "T01 drop: no longer asked for; it stays as it is: stored"),
        ("accepted", "T01 resume: no longer asked for, but task task-1 is at the provider"),
        ("ready", "T01 fetch: no longer asked for, but made, and not fetched yet"),
        ("unresolved", "T01 unresolved: no longer asked for, but perhaps paid for: cut"),
    ] {
        check(shot("dog", 1), &[(1, "cat", state)], NOTHING, &[first, &held("T02")]);
        check(shot("dog", 1), &[(1, "cat", state)], RETRY, &[first, &held("T02")]);
        check(shot("dog", 1), &[(1, "cat", state)], REGENERATE, &[first, &bought]);
    }
    // What was entered and not yet bought for the shot as it was is part of the change.
    let stored = "T01 drop: no longer asked for; it stays as it is: stored";
    for state in ["planned", "deferred", "rejected", "failed"] {
        let takes = [(1, "cat", "stored"), (2, "cat", state)];
        check(shot("dog", 3), &takes, NOTHING, &[stored, &held("T02"), &held("T03"), &held("T04")]);
    }
}

#[test]
fn a_change_agreed_to_is_agreed_to_for_good() {
    let old = "T01 drop: no longer asked for; it stays as it is: stored";
    let bought = [(1, "cat", "stored"), (2, "dog", "stored")];
    check(shot("dog", 1), &bought, NOTHING, &[old, "T02 keep: stored"]);
    check(shot("dog", 2), &bought, NOTHING, &[old, "T02 keep: stored", "T03 submit: new [planned]"]);
    let entered = [(1, "cat", "stored"), (2, "dog", "planned")];
    check(shot("dog", 1), &entered, NOTHING, &[old, "T02 submit: not submitted yet"]);
    check(shot("cat", 1), &bought, NOTHING, &["T01 keep: stored", "T02 drop: no longer asked for; it stays as it is: stored"]);
    let further = r#"changed since T02 was paid for: prompt: "dog" → "cow"; --regenerate buys it as a further take"#;
    let second = "T02 drop: no longer asked for; it stays as it is: stored";
    check(shot("cow", 1), &bought, NOTHING, &[old, second, &format!("T03 held: {further}")]);
}

#[test]
fn what_is_bought_is_not_bought_again_because_an_older_take_came_to_nothing() {
    let older = |state| format!("T01 drop: no longer asked for; it stays as it is: {state}");
    for (state, name) in [("failed", "failed"), ("rejected", "rejected"), ("deferred", "planned")] {
        for consent in [NOTHING, RETRY, REGENERATE] {
            check(shot("dog", 1), &[(1, "cat", state), (2, "dog", "stored")], consent, &[&older(name), "T02 keep: stored"]);
        }
    }
    let both = [(1, "cat", "failed"), (2, "dog", "failed")];
    check(shot("dog", 1), &both, NOTHING, &[&older("failed"), "T02 given up: failed: content policy: no"]);
    let same = [(1, "dog", "failed"), (2, "dog", "stored")];
    check(shot("dog", 1), &same, RETRY, &[&older("failed"), "T02 keep: stored"]);
    check(shot("dog", 2), &same, NOTHING, &["T01 given up: failed: content policy: no", "T02 keep: stored"]);
}

#[test]
fn what_was_never_bought_may_be_changed_freely() {
    let changed = |since| format!(r#"T01 submit: changed {since}: prompt: "cat" → "dog" [planned]"#);
    check(shot("dog", 1), &[(1, "cat", "planned")], NOTHING, &[&changed("before it was submitted")]);
    check(shot("dog", 1), &[(1, "cat", "deferred")], NOTHING, &[&changed("before it was submitted")]);
    check(shot("dog", 1), &[(1, "cat", "rejected")], NOTHING, &[&changed("since it was rejected")]);
    check(shot("dog", 1), &[(1, "cat", "failed")], NOTHING, &[&changed("since it failed")]);
}

#[test]
fn fewer_takes_are_dropped_and_more_are_submitted() {
    let three = [(1, "cat", "stored"), (2, "cat", "accepted"), (3, "cat", "planned")];
    let second = "T02 resume: no longer asked for, but task task-1 is at the provider";
    let third = "T03 drop: no longer asked for; it stays as it is: planned";
    check(shot("cat", 1), &three, NOTHING, &["T01 keep: stored", second, third]);
    check(shot("cat", 2), &[(1, "cat", "stored")], NOTHING, &["T01 keep: stored", "T02 submit: new [planned]"]);
    let gap = [(5, "cat", "stored")];
    check(shot("cat", 2), &gap, NOTHING, &["T05 keep: stored", "T06 submit: new [planned]"]);
    let last = [(999, "cat", "stored")];
    check(shot("cat", 2), &last, NOTHING, &["T999 keep: stored"]);
}

#[test]
fn a_shot_that_is_gone_from_the_manifest_is_seen_to_its_end_if_it_is_paid_for() {
    for (state, expected) in [
        ("planned", "T01 drop: no longer asked for; it stays as it is: planned"),
        ("submitting", "T01 unresolved: no longer asked for, but the last run ended before the answer to its submission came"),
        ("unresolved", "T01 unresolved: no longer asked for, but perhaps paid for: cut"),
        ("accepted", "T01 resume: no longer asked for, but task task-1 is at the provider"),
        ("ready", "T01 fetch: no longer asked for, but made, and not fetched yet"),
        ("stored", "T01 drop: no longer asked for; it stays as it is: stored"),
        ("stored, gone", "T01 drop: no longer asked for; it stays as it is: stored"),
        ("rejected", "T01 drop: no longer asked for; it stays as it is: rejected"),
        ("failed", "T01 drop: no longer asked for; it stays as it is: failed"),
    ] {
        for consent in [NOTHING, RETRY, REGENERATE] {
            check(None, &[(1, "cat", state)], consent, &[expected]);
        }
    }
}

#[test]
fn new_tags_are_written_down_and_cost_nothing() {
    let tagged = |request: &str| Shot { tags: vec!["hero".into()], ..shot(request, 1) };
    check(tagged("cat"), &[(1, "cat", "stored")], NOTHING, &["T01 keep: stored; new tags [tagged]"]);
    check(
        tagged("cat"),
        &[(1, "cat", "stored, gone")],
        NOTHING,
        &["T01 fetch: stored once, and no longer on disk; new tags [missing, tagged]"],
    );
}

#[test]
fn what_has_changed_is_there_as_data_wherever_it_is_the_reason() {
    let fields = |known: &[(u16, &str, &str)], consent| {
        let takes = known.iter().map(|&(number, prompt, state)| take(number, prompt, state)).collect();
        let plan = Plan::new(&[shot("dog", 2)], takes, &basis(consent));
        let told = |planned: &Planned| format!("{} {}", planned.name.number, planned.changes.len());
        plan.takes.iter().map(told).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(fields(&[], NOTHING), "T01 0, T02 0");
    assert_eq!(fields(&[(1, "cat", "stored")], NOTHING), "T01 0, T02 1, T03 1");
    assert_eq!(fields(&[(1, "cat", "stored")], REGENERATE), "T01 0, T02 1, T03 1");
    assert_eq!(fields(&[(1, "cat", "stored"), (2, "cat", "failed")], REGENERATE), "T01 0, T02 1, T03 1");
    assert_eq!(fields(&[(1, "cat", "failed"), (2, "dog", "stored")], NOTHING), "T01 1, T02 0");
}

#[test]
fn there_is_work_where_a_run_would_do_something() {
    let is_work = |state: &str| Plan::new(&[shot("cat", 1)], vec![take(1, "cat", state)], &basis(NOTHING)).takes[0].is_work();
    for (state, expected) in [
        ("planned", true),
        ("submitting", true),
        ("unresolved", false),
        ("accepted", true),
        ("ready", true),
        ("stored", false),
        ("stored, gone", true),
        ("rejected", false),
        ("failed", false),
    ] {
        assert_eq!(is_work(state), expected, "{state}");
    }
    let about = About { notes: Some("at night".into()), ..About::default() };
    let described = Shot { tags: vec!["hero".into()], about, ..shot("cat", 1) };
    for (state, expected) in [("planned", true), ("stored", false), ("stored, gone", true), ("failed", false)] {
        let planned = &Plan::new(std::slice::from_ref(&described), vec![take(1, "cat", state)], &basis(NOTHING)).takes[0];
        assert!(!planned.events.is_empty(), "it is written down all the same");
        assert_eq!(planned.is_work(), expected, "{state}, with new tags and notes");
    }
    let held = Plan::new(&[shot("dog", 1)], vec![take(1, "cat", "stored")], &basis(NOTHING));
    assert!(!held.takes.iter().any(Planned::is_work));
}

#[test]
fn new_notes_are_written_down_and_cost_nothing() {
    let about = About { notes: Some("at night".into()), ..About::default() };
    let noted = |request: &str| Shot { about: about.clone(), ..shot(request, 1) };
    check(noted("cat"), &[], NOTHING, &["T01 submit: new [planned, annotated]"]);
    check(noted("cat"), &[(1, "cat", "stored")], NOTHING, &["T01 keep: stored; new notes [annotated]"]);
    let changed = r#"T01 submit: changed before it was submitted: prompt: "cat" → "dog" [planned, annotated]"#;
    check(noted("dog"), &[(1, "cat", "planned")], NOTHING, &[changed]);
    let take = Take { about: about.clone(), ..take(1, "cat", "stored") };
    let plan = Plan::new(&[noted("cat")], vec![take], &basis(NOTHING));
    assert_eq!(plan.takes[0].events, [], "what is known is not written down again");
}

#[test]
fn takes_come_in_the_manifests_order_and_the_others_after_them() {
    let of = |id: &str, takes: u16| Shot { id: id.parse().unwrap(), ..shot("cat", takes) };
    let known = [("C", 1), ("A", 2), ("X", 1), ("A", 1), ("B", 1)]
        .map(|(id, number)| Take { name: TakeName::new(id.parse().unwrap(), no(number)), ..take(1, "cat", "stored") });
    let plan = Plan::new(&[of("B", 2), of("A", 1)], known.to_vec(), &basis(NOTHING));
    let told: Vec<_> = plan.takes.iter().map(|take| format!("{} {}", take.name, take.action.as_str())).collect();
    assert_eq!(told, ["B_T01 keep", "B_T02 submit", "A_T01 keep", "A_T02 drop", "C_T01 drop", "X_T01 drop"]);
    assert_eq!((plan.count(Action::Keep), plan.count(Action::Held)), (2, 0));
}

proptest! {
    #[test]
    fn no_plan_pays_again_for_what_may_be_paid_for(
        known in proptest::collection::btree_map(1..6_u16, (0..3_usize, 0..STATES.len()), 0..5),
        asked in 0..3_usize, takes in 1..5_u16, retry_failed: bool, regenerate: bool,
    ) {
        let takes_known: Vec<_> = known.iter().map(|(&number, &(of, state))| take(number, WORDS[of], STATES[state])).collect();
        let plan = Plan::new(&[shot(WORDS[asked], takes)], takes_known.clone(), &basis(Consent { retry_failed, regenerate }));

        prop_assert!(takes_known.iter().all(|take| plan.takes.iter().filter(|plan| plan.name == take.name).count() == 1));
        let is_asked_for = |plan: &&Planned| !matches!(plan.action, Action::Drop) && !plan.reason.starts_with("no longer");
        prop_assert_eq!(plan.takes.iter().filter(is_asked_for).count(), usize::from(takes));
        let overview = Overview::from(&plan);
        prop_assert!(overview.lines().zip(&plan.takes).all(|(line, planned)| is_of(&line, planned)), "{:?}", overview);
        prop_assert_eq!(overview.len(), plan.takes.len());
        prop_assert_eq!(overview.is_work(), plan.takes.iter().any(Planned::is_work));
        for (action, count, _) in overview.actions() {
            prop_assert_eq!(count, plan.count(action));
        }
        let bought_as_asked = takes_known.iter().filter(|take| take.request == request(WORDS[asked]) && is_paid_for(take)).count();
        prop_assert!(plan.count(Action::Submit) <= usize::from(takes).saturating_sub(bought_as_asked), "{:?}", plan);
        for planned in &plan.takes {
            let mut take = planned.take.clone();
            let bought = is_paid_for(&take);
            for event in &planned.events {
                prop_assert_eq!(take.apply(basis(NOTHING).now, event), Ok(()), "{:?}", planned);
            }
            let submits = planned.action == Action::Submit;
            prop_assert!(!submits || !bought, "{:?}", planned);
            prop_assert_eq!(submits, submits && matches!(take.state, State::Planned { .. }), "{:?}", planned);
            prop_assert!(!submits || take.request == request(WORDS[asked]) && take.key == take.request.key("cometapi", take.name.number));
            let at_the_provider = matches!(take.state, State::Accepted { .. } | State::Ready { .. });
            prop_assert!(!at_the_provider || matches!(planned.action, Action::Resume | Action::Fetch), "{:?}", planned);
        }
    }
}

#[test]
fn what_is_to_be_submitted_has_the_price_of_today_and_the_rest_what_was_reserved() {
    let bill = |shot: Shot, takes: &[(u16, &str, &str)], consent| {
        let takes = takes.iter().map(|&(number, prompt, state)| {
            let mut take = take(number, prompt, state);
            let price = "0.25 USD".parse().ok();
            take.record.charges =
                vec![Charge { at: Timestamp::UNIX_EPOCH, price, standing: Standing::Reserved, points: None, refund: None }];
            take
        });
        let plan = Plan::new(&[shot], takes.collect(), &basis(consent));
        let overview = Overview::from(&plan);
        overview.actions().map(|(action, _, bill)| format!("{} {bill}", action.as_str())).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(bill(shot("cat", 3), &[], NOTHING), "submit 0.96 USD");
    assert_eq!(bill(shot("cow", 3), &[], NOTHING), "submit no price known");
    assert_eq!(
        bill(shot("cat", 3), &[(1, "cat", "stored"), (2, "cat", "deferred")], NOTHING),
        "submit 0.64 USD, keep 0.25 USD"
    );
    assert_eq!(
        bill(shot("cat", 2), &[(1, "cat", "accepted"), (2, "cat", "failed")], NOTHING),
        "resume 0.25 USD, given up 0.25 USD"
    );
    assert_eq!(bill(shot("cat", 1), &[(1, "cat", "rejected")], NOTHING), "given up no price known");
    assert_eq!(bill(shot("dog", 1), &[(1, "cat", "stored")], NOTHING), "held 0.32 USD, drop 0.25 USD");
}

const WORDS: [&str; 3] = ["cat", "dog", "cow"];
const STATES: [&str; 10] =
    ["planned", "deferred", "submitting", "unresolved", "accepted", "ready", "stored", "stored, gone", "rejected", "failed"];

/// Plans a shot against takes, each a number, a prompt and a state, and holds the plan against lines of text.
fn check(shot: impl Into<Option<Shot>>, takes: &[(u16, &str, &str)], consent: Consent, expected: &[&str]) {
    let shots: Vec<_> = shot.into().into_iter().collect();
    let takes = takes.iter().map(|&(number, prompt, state)| take(number, prompt, state)).collect();
    let plan = Plan::new(&shots, takes, &basis(consent));
    let told: Vec<_> = plan.takes.iter().map(told).collect();
    assert_eq!(told, expected);
}

/// Whether the line says what there is to be said of the take.
fn is_of(line: &Line<'_>, planned: &Planned) -> bool {
    let Planned { name, action, further, reason, changes, price, .. } = planned;
    *line
        == Line {
            shot: name.shot.as_str(),
            take: name.number,
            action: *action,
            further: *further,
            reason,
            changes,
            price: *price,
        }
}

fn told(planned: &Planned) -> String {
    let events: Vec<_> = planned.events.iter().map(Event::kind).collect();
    let events = if events.is_empty() { String::new() } else { format!(" [{}]", events.join(", ")) };
    format!("{} {}: {}{events}", planned.name.number, planned.action.as_str(), planned.reason)
}

fn basis(consent: Consent) -> Basis<'static> {
    // In these tests a video that is gone has no bytes.
    let on_disk = &|take: &Take| !matches!(take.state, State::Stored { asset: Asset { bytes: 0, .. }, .. });
    let price = &|request: &Request| if request.prompt == "cow" { None } else { "0.32 USD".parse().ok() };
    let wish = &|_: &ShotId| Wish::default();
    Basis { provider: "cometapi", consent, wish, now: Timestamp::UNIX_EPOCH, price, on_disk }
}

fn shot(prompt: &str, takes: u16) -> Shot {
    Shot {
        id: "SC010".parse().unwrap(),
        request: request(prompt),
        takes: no(takes).into(),
        tags: vec![],
        callback_url: None,
        about: About::default(),
    }
}

fn take(number: u16, prompt: &str, state: &str) -> Take {
    let request = request(prompt);
    let key = request.key("cometapi", no(number));
    let mut take = Take::new(TakeName::new("SC010".parse().unwrap(), no(number)), request, key, vec![]);
    for event in history(state) {
        take.apply(Timestamp::UNIX_EPOCH, &event).unwrap();
    }
    take
}

/// What has happened to a take in this state.
fn history(state: &str) -> Vec<Event> {
    let no = || "no".to_owned();
    let link = Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() };
    let then = |before: &str, event: Event| [history(before), vec![event]].concat();
    let stored = |bytes| Event::Stored { asset: Asset { digest: Digest::of(b"video"), bytes } };
    match state {
        "planned" => vec![],
        "deferred" => then("submitting", Event::Deferred { why: "busy".into(), until: Timestamp::UNIX_EPOCH }),
        "submitting" => vec![Event::Intent { token: Token::new(1), price: None }],
        "unresolved" => then("submitting", Event::AnswerLost(Doubt::of("cut"))),
        "accepted" => then("submitting", Event::Accepted { task: "task-1".parse().unwrap() }),
        "ready" => then("accepted", link),
        "stored" => then("ready", stored(5)),
        "stored, gone" => then("ready", stored(0)),
        "rejected" => then("submitting", Event::Rejected { class: Class::Input, why: no() }),
        "failed" => then("accepted", Event::Failed { class: Class::Moderated, why: no(), finish: Finish::default() }),
        other => unreachable!("{other}"),
    }
}

fn request(prompt: &str) -> Request {
    Request::sample(prompt)
}

fn no(number: u16) -> TakeNo {
    number.try_into().unwrap()
}
