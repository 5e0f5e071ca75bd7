//! What is shown, on terminals of every kind.

use std::time::Duration;

use insta::assert_snapshot;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

use super::tally::{Counts, Tally};
use super::view::{Eta, View};
use crate::budget::Cap;
use crate::cadence::Times;
use crate::digest::Digest;
use crate::price::Money;
use crate::report::samples;
use crate::take::{Asset, Event, Finish, Standing, State, Take, Token};

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// In the middle of a night.
fn view() -> View {
    let now: Timestamp = "2026-11-22T22:00:00Z".parse().unwrap();
    let sums = |spent: &str, reserved: &str| {
        [(Standing::Spent, money(spent)), (Standing::Reserved, money(reserved))].into_iter().collect()
    };
    View {
        counts: Counts {
            all: 400,
            to_submit: 240,
            submitting: 1,
            at_provider: 19,
            to_fetch: 2,
            stored: 134,
            rejected: 0,
            failed: 3,
            unresolved: 1,
        },
        bound: Some(20),
        rate: 9,
        money: [(money("0 USD").currency(), sums("43.84 USD", "6.40 USD"))].into_iter().collect(),
        left: Some((Cap::Day, money("49.76 USD"), money("100 USD"))),
        elapsed: Some(Duration::from_secs(1361)),
        eta: Some(Eta::new(now, now + SignedDuration::from_secs(2460), &TimeZone::UTC)),
        oldest: Some(("SC010_SH020_T01".into(), Duration::from_secs(260))),
        events: vec![
            "22:29:51 SC010_SH017_T01 stored, 1.2 MB".into(),
            "22:29:54 SC010_SH012_T02 failed: content policy: SAFETY.OUTPUT.VIDEO".into(),
            "22:29:58 SC010_SH019_T01 stored, 1.1 MB".into(),
        ],
        ..View::default()
    }
}

fn shown(view: &View, columns: usize) -> String {
    view.draw(columns, 24, false).join("\n")
}

#[test]
fn at_eighty_columns() {
    assert_snapshot!(shown(&view(), 80), @r"
    138/400  [========                ]  0:22:41  about 41 min (22:41)
    240 to submit  20/20 in flight    2 to fetch  134 stored    4 to look at
     9 accepted in the last minute  oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved  49.76 of 100.00 left (day)
    22:29:51 SC010_SH017_T01 stored, 1.2 MB
    22:29:54 SC010_SH012_T02 failed: content policy: SAFETY.OUTPUT.VIDEO
    22:29:58 SC010_SH019_T01 stored, 1.1 MB
    ");
}

#[test]
fn at_sixty_columns() {
    assert_snapshot!(shown(&view(), 60), @r"
    138/400  [=====            ]  0:22:41  about 41 min (22:41)
    240 to submit  20/20 in flight    2 to fetch  134 stored
      4 to look at
     9 accepted in the last minute
    oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved  49.76 of 100.00 left (day)
    22:29:51 SC010_SH017_T01 stored, 1.2 MB
    22:29:54 SC010_SH012_T02 failed: content policy: …
    22:29:58 SC010_SH019_T01 stored, 1.1 MB
    ");
}

#[test]
fn at_forty_columns() {
    assert_snapshot!(shown(&view(), 40), @r"
    138/400  0:22:41  about 41 min (22:41)
    240 to submit  20/20 in flight
      2 to fetch  134 stored
      4 to look at
     9 accepted in the last minute
    oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved
    49.76 of 100.00 left (day)
    22:29:51 SC010_SH017_T01 stored, 1.2 MB
    22:29:54 SC010_SH012_T02 failed: …
    22:29:58 SC010_SH019_T01 stored, 1.1 MB
    ");
}

#[test]
fn at_twenty_columns() {
    assert_snapshot!(shown(&view(), 20), @r"
    138/400  0:22:41
    about 41 min
    240 to submit
    20/20 in flight
      2 to fetch
    134 stored
      4 to look at
    43.84 USD spent
    6.40 reserved
    ");
}

#[test]
fn where_rows_are_few_the_most_important_stay() {
    let lines = |rows| view().draw(80, rows, false).join("\n");
    assert_snapshot!(lines(6), @r"
    138/400  [========                ]  0:22:41  about 41 min (22:41)
    240 to submit  20/20 in flight    2 to fetch  134 stored    4 to look at
     9 accepted in the last minute  oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved  49.76 of 100.00 left (day)
    22:29:58 SC010_SH019_T01 stored, 1.1 MB
    ");
    assert_snapshot!(lines(2), @"138/400  [========                ]  0:22:41  about 41 min (22:41)");
    assert_eq!(lines(1), lines(2));
    assert_eq!(lines(0), lines(2));
}

#[test]
fn without_money_and_before_anything_is_known() {
    let counts = Counts { all: 4, to_submit: 4, ..Counts::default() };
    let view = View { counts, elapsed: Some(Duration::ZERO), ..View::default() };
    assert_snapshot!(shown(&view, 80), @r"
    0/4  [                        ]  0:00:00
    4 to submit  0 in flight  0 to fetch  0 stored  0 to look at
     0 accepted in the last minute
    ");
    assert_snapshot!(shown(&View::default(), 80), @r"
    0/0  [========================]
    0 to submit  0 in flight  0 to fetch  0 stored  0 to look at
     0 accepted in the last minute
    ");
}

#[test]
fn with_several_currencies_and_money_of_which_nobody_knows() {
    let mut view = View { events: Vec::new(), takes_left: Some(12), slowed: Some((0.5, 2.0)), ..view() };
    let sums = [(Standing::Refunded, money("1.5 CREDITS")), (Standing::Unresolved, money("12 CREDITS"))];
    view.money.insert(money("0 CREDITS").currency(), sums.into_iter().collect());
    assert_snapshot!(shown(&view, 80), @r"
    138/400  [========                ]  0:22:41  about 41 min (22:41)
    240 to submit  20/20 in flight    2 to fetch  134 stored    4 to look at
     9 accepted in the last minute  pace 0.50/s of 2.00/s
    oldest SC010_SH020_T01, 4 min
    0.00 CREDITS spent  0.00 reserved  1.50 refunded  12.00 unresolved
    43.84 USD spent  6.40 reserved  49.76 of 100.00 left (day)
    12 more submissions allowed
    ");
    view.money.clear();
    assert_snapshot!(shown(&view, 80).lines().last().unwrap(), @"49.76 of 100.00 USD left (day)  12 more submissions allowed");
}

#[test]
fn a_hundred_thousand_takes() {
    let counts = Counts { all: 100_000, to_submit: 99_000, at_provider: 1000, ..Counts::default() };
    let eta = Eta { left: Duration::from_secs(594_000), clock: "Sun 19:00".into() };
    assert_snapshot!(shown(&View { counts, bound: Some(1000), eta: Some(eta), ..view() }, 80), @r"
         0/100000  [                        ]  0:22:41  about 7 days (Sun 19:00)
     99000 to submit  1000/1000 in flight       0 to fetch       0 stored
         0 to look at
     9 accepted in the last minute  oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved  49.76 of 100.00 left (day)
    22:29:51 SC010_SH017_T01 stored, 1.2 MB
    22:29:54 SC010_SH012_T02 failed: content policy: SAFETY.OUTPUT.VIDEO
    22:29:58 SC010_SH019_T01 stored, 1.1 MB
    ");
}

#[test]
fn another_process_has_a_holder_and_no_bounds() {
    let holder = Some("process 4711 on render-03, since 2026-11-22T21:37:19Z".to_owned());
    let view = View { holder, bound: None, left: None, elapsed: None, events: Vec::new(), ..view() };
    assert_snapshot!(shown(&view, 80), @r"
    a run is on: process 4711 on render-03, since 2026-11-22T21:37:19Z
    138/400  [========                ]  about 41 min (22:41)
    240 to submit   20 in flight    2 to fetch  134 stored    4 to look at
     9 accepted in the last minute  oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved
    ");
    assert_snapshot!(shown(&view, 40), @r"
    a run is on: process 4711 on render-03,
    since 2026-11-22T21:37:19Z
    138/400  about 41 min (22:41)
    240 to submit   20 in flight
      2 to fetch  134 stored
      4 to look at
     9 accepted in the last minute
    oldest SC010_SH020_T01, 4 min
    43.84 USD spent  6.40 reserved
    ");
}

#[test]
fn on_one_line() {
    assert_snapshot!(view().line(), @"[138/400] 20 at the provider, 2 to fetch, 4 to look at, 9 accepted in the last minute, 50.24 of 100.00 USD, about 41 min");
    assert_snapshot!(View { left: None, eta: None, ..view() }.line(), @"[138/400] 20 at the provider, 2 to fetch, 4 to look at, 9 accepted in the last minute, 50.24 USD");
    assert_snapshot!(View::default().line(), @"[0/0] 0 at the provider, 0 accepted in the last minute");
}

#[test]
fn colour_is_for_what_needs_a_person_alone() {
    let lines = view().draw(80, 24, true);
    let coloured: Vec<_> = lines.iter().filter(|line| line.contains('\u{1b}')).collect();
    assert_eq!(coloured.len(), 1, "{lines:?}");
    assert!(coloured[0].ends_with("\u{1b}[33m  4 to look at\u{1b}[0m"), "{coloured:?}");
    let calm = View { counts: Counts { failed: 0, unresolved: 0, ..view().counts }, ..view() };
    assert_eq!(calm.draw(80, 24, true), calm.draw(80, 24, false));
}

#[test]
fn times_as_people_say_them() {
    let said = |seconds| Eta { left: Duration::from_secs(seconds), clock: String::new() }.about();
    assert_eq!(
        [0, 59, 60, 89, 91, 3569, 3570, 5000, 7200, 172_799, 260_000].map(said),
        [
            "less than a minute",
            "less than a minute",
            "about 1 min",
            "about 1 min",
            "about 2 min",
            "about 59 min",
            "about 1 h",
            "about 1 h 25 min",
            "about 2 h",
            "about 48 h",
            "about 3 days",
        ]
    );
}

proptest! {
    #[test]
    fn no_terminal_is_too_odd(columns in 0..120_usize, rows in 0..40_usize, event in ".{0,80}", holder in ".{0,80}", done in 0..2000_usize) {
        let counts = Counts { stored: done, ..view().counts };
        let view = View { events: vec![event], holder: Some(holder), counts, ..view() };
        let lines = view.draw(columns, rows, false);
        prop_assert!(lines.len() < rows.max(2));
        for line in lines {
            prop_assert!(line.width() < columns.max(1), "{line:?}");
            prop_assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

/// A take and the way of one whose video took so long.
fn take(name: &str, submitted: i64, took: i64) -> (Take, Vec<(Timestamp, Event)>) {
    let of = samples::take(name, State::Submitting);
    let take = Take::new(of.name, of.request, of.key, Vec::new());
    let asset = Asset { digest: Digest::of(b"x"), bytes: 1 };
    let done = submitted + took;
    let events = vec![
        (at(submitted), Event::Intent { token: Token::new(1), price: None }),
        (at(submitted + 1), Event::Accepted { task: "t".parse().unwrap() }),
        (at(done), Event::Succeeded { link: "l".into(), finish: Finish { unfinished_at: Some(90), ..Finish::default() } }),
        (at(done + 2), Event::Stored { asset }),
    ];
    (take, events)
}

#[test]
fn takes_are_counted_where_they_are() {
    let (mut tally, mut names) = (Tally::default(), Vec::new());
    for n in 0..3 {
        let (mut take, events) = take(&format!("S{n}_T01"), n * 30, 100);
        tally.put(&take);
        for (when, event) in events {
            take.apply(when, &event).unwrap();
            let over = tally.put(&take);
            assert_eq!(over, matches!(event, Event::Succeeded { .. }), "{event:?}");
            let counts = tally.counts();
            assert_eq!(counts.all, counts.to_submit + counts.in_flight() + counts.to_fetch + counts.done());
            names.push(tally.oldest().map(|oldest| oldest.named()));
        }
    }
    assert_eq!(names[..4], [Some("S0_T01".into()), Some("S0_T01 (task t)".into()), Some("S0_T01 (task t)".into()), None]);
    assert_eq!(tally.counts(), Counts { all: 3, stored: 3, ..Counts::default() });
    assert_eq!([tally.rate(at(61)), tally.rate(at(91)), tally.rate(at(200))], [2, 1, 0]);
}

#[test]
fn what_is_ahead_goes_by_what_was_learned() {
    let (mut tally, mut times) = (Tally::default(), Times::default());
    let (mut first, events) = take("A_T01", 0, 100);
    let ahead = |tally: &Tally, times: &Times| tally.ahead(at(160), times, usize::MAX, 1, 1.0).and_then(|ahead| ahead.lasts());
    for name in ["B_T01", "C_T01"] {
        tally.put(&take(name, 0, 0).0);
    }
    assert_eq!(ahead(&tally, &times), None);
    for (when, event) in events {
        first.apply(when, &event).unwrap();
    }
    tally.put(&first);
    times.learn(&first);
    let each = times.estimate(&first.request).unwrap().median;
    assert_eq!(ahead(&tally, &times), Some(2 * each));
    let (mut second, events) = take("B_T01", 120, 100);
    for (when, event) in &events[..2] {
        second.apply(*when, event).unwrap();
    }
    tally.put(&second);
    assert_eq!(ahead(&tally, &times), (2 * each).checked_sub(Duration::from_secs(40)));
    assert!(matches!(second.state, State::Accepted { .. }));
}
