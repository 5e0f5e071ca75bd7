//! What a take costs, over any history.

use proptest::prelude::*;

use super::*;

#[test]
fn what_is_reserved_is_given_back_when_surely_nothing_was_bought() {
    let price = "0.32 USD".parse().ok();
    let reserved = |after: &[Event]| {
        let mut take = fresh();
        take.apply(time(0), &Event::Intent { token: Token::new(1), price }).unwrap();
        for event in after {
            take.apply(time(1), event).unwrap();
        }
        take.price()
    };
    let lost = || Event::AnswerLost(Doubt::of("cut"));
    for kept in [
        vec![],
        vec![accepted()],
        vec![lost()],
        vec![accepted(), Event::Failed { class: Class::Lost, why: "no".into(), finish: Finish::default() }],
    ] {
        assert_eq!(reserved(&kept), price, "{kept:?}");
    }
    for given_back in [
        vec![Event::Deferred { why: "busy".into(), until: time(2) }],
        vec![Event::Rejected { class: Class::Input, why: "no".into() }],
        vec![lost(), Event::Freed],
    ] {
        assert_eq!(reserved(&given_back), None, "{given_back:?}");
    }
    assert_eq!(fresh().price(), None);
}

proptest! {
    #[test]
    fn the_last_charge_stands_as_the_take_does(events in some_events()) {
        let take = lived(&events).0;
        let last = take.charges().last().map(|charge| charge.standing);
        let expected: &[Standing] = match take.state {
            State::Submitting | State::Accepted { .. } => &[Standing::Reserved],
            State::Unresolved(_) => &[Standing::Unresolved],
            State::Ready { .. } | State::Stored { .. } => &[Standing::Spent],
            State::Rejected { .. } => &[Standing::Returned],
            State::Failed { .. } => &[Standing::Refunded, Standing::Spent],
            // Before the first attempt, after one that bought nothing, or to be submitted once more.
            State::Planned { .. } => {
                prop_assert_eq!(last.is_none(), take.record.attempts == 0);
                return Ok(());
            }
        };
        prop_assert!(last.is_some_and(|last| expected.contains(&last)), "{:?}: {last:?}", take.state);
    }

    #[test]
    fn every_attempt_that_may_have_been_bought_has_a_charge_of_its_own(events in some_events()) {
        let (take, legal) = lived(&events);
        let mut charges: Vec<Standing> = Vec::new();
        for (_, event) in &legal {
            match event {
                Event::Intent { .. } => charges.push(Standing::Reserved),
                Event::Failed { finish, class, .. } => {
                    let given = finish.refund.map_or(Refunds::default().covers(*class), Refund::is_given);
                    charges.pop();
                    charges.push(if given { Standing::Refunded } else { Standing::Spent });
                }
                Event::Deferred { .. } | Event::Rejected { .. } | Event::Freed => {
                    charges.pop();
                    charges.push(Standing::Returned);
                }
                Event::Adopted { .. } => {
                    charges.pop();
                    charges.push(Standing::Reserved);
                }
                _ => {}
            }
        }
        let counted = |all: &[Standing]| all.iter().filter(|standing| standing.counts()).count();
        let kept: Vec<_> = take.charges().iter().map(|charge| charge.standing).collect();
        prop_assert_eq!(counted(&kept), counted(&charges));
        let refunded = |all: &[Standing]| all.iter().filter(|standing| **standing == Standing::Refunded).count();
        prop_assert_eq!(refunded(&kept), refunded(&charges));
        let until_last = kept.split_last().map_or(&[][..], |(_, rest)| rest);
        prop_assert!(!until_last.contains(&Standing::Returned), "{kept:?}");
    }
}

#[test]
fn a_charge_belongs_to_the_time_of_its_attempt_and_keeps_what_the_provider_counted() {
    let mut take = fresh();
    let price = "0.32 USD".parse().ok();
    let finish = Finish { points: Some(320.0), refund: Some(Refund::Stated(true)), ..Finish::default() };
    for (at, event) in [
        (10, Event::Intent { token: Token::new(1), price }),
        (11, Event::Deferred { why: "busy".into(), until: time(20) }),
        (20, Event::Intent { token: Token::new(2), price }),
        (21, accepted()),
        (90, Event::Failed { class: Class::Moderated, why: "no".into(), finish }),
        (95, Event::Retried { not_before: time(100) }),
        (100, Event::Intent { token: Token::new(3), price: None }),
    ] {
        take.apply(time(at), &event).unwrap();
    }
    let refunded = Charge { at: time(20), price, standing: Standing::Refunded, points: Some(320.0), refund: finish.refund };
    let reserved = Charge { at: time(100), price: None, standing: Standing::Reserved, points: None, refund: None };
    assert_eq!(take.charges(), [refunded, reserved]);
}

#[test]
fn where_the_provider_says_nothing_the_rule_says_whether_a_failed_task_is_refunded() {
    let mut take = fresh();
    for event in [Event::Intent { token: Token::new(1), price: None }, accepted()] {
        take.apply(time(1), &event).unwrap();
    }
    let policy = |refunds| Policy { refunds, ..Policy::default() };
    let failed = |class, refund, refunds| {
        let sighting = Sighting::Failed { class, why: "no".into(), finish: Finish { refund, ..Finish::default() } };
        let Some(Event::Failed { finish, .. }) = take.read(time(9), &sighting, &Watch::new(time(1)), &policy(refunds)) else {
            panic!("{class:?}")
        };
        finish.refund
    };
    for class in Class::ALL {
        let charged = matches!(class, Class::Moderated | Class::Lost | Class::NoLink);
        assert_eq!(failed(class, None, Refunds::default()), Some(Refund::Ruled(!charged)), "{class:?}");
        assert_eq!(failed(class, None, Refunds::NONE), Some(Refund::Ruled(false)));
        for stated in [false, true].map(|given| Some(Refund::Stated(given))) {
            assert_eq!(failed(class, stated, Refunds::NONE), stated);
        }
    }
}
