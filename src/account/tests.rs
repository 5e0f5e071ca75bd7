//! Sums that add up, days that begin when they do, and the three forms.

use insta::assert_snapshot;
use jiff::civil::date;
use jiff::{SignedDuration, ToSpan as _};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::*;
use crate::price::Sum;
use crate::request::Request;
use crate::shot::TakeName;
use crate::take::{Asset, Refund};

const ALL: [By; 5] = [By::Day, By::Month, By::Tag, By::Model, By::Scene];

/// Zones with a day of 23 and one of 25 hours, with half an hour, with an offset of quarters, and one where a day is missing.
const ZONES: [&str; 6] = ["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn scope(by: &[By], zone: TimeZone) -> Scope {
    Scope { zone, by: by.to_vec(), since: None, until: None }
}

fn account<'a>(scope: Scope, takes: impl IntoIterator<Item = &'a Take>) -> Account {
    let mut account = Account::new(scope);
    takes.into_iter().for_each(|take| account.add(take));
    account
}

fn charge(at: &str, price: &str, standing: Standing) -> Charge {
    Charge { at: at.parse().unwrap(), price: price.parse().ok(), standing, points: None, refund: None }
}

fn take(name: &str, model: &str, tags: &[&str], charges: Vec<Charge>) -> Take {
    let name: TakeName = name.parse().unwrap();
    let request = Request { model: model.to_owned(), ..Request::sample("a lighthouse") };
    let key = request.key("cometapi", name.number);
    let mut take = Take::new(name, request, key, tags.iter().map(|tag| (*tag).to_owned()).collect());
    let task = || "task-1".parse().unwrap();
    take.state = match charges.last().map(|charge| charge.standing) {
        Some(Standing::Spent) => {
            let asset = Asset { digest: crate::digest::Digest::of(b"a film"), bytes: 7 };
            State::Stored { task: task(), link: "https://example.com".to_owned(), asset }
        }
        Some(Standing::Reserved) => State::Accepted { task: task(), since: Timestamp::UNIX_EPOCH, seen: None },
        _ => take.state,
    };
    take.record.charges = charges;
    take
}

/// Two nights, each over midnight in Berlin, in two currencies and without a price, of all standings.
fn two_nights() -> Vec<Take> {
    use Standing::{Refunded, Reserved, Returned, Spent, Unresolved};
    let by_rule = Charge { refund: Some(Refund::Ruled(true)), ..charge("2026-11-21T22:50:00Z", "0.32 USD", Refunded) };
    let stated = Charge { refund: Some(Refund::Stated(true)), ..charge("2026-11-21T23:10:00Z", "0.32 USD", Refunded) };
    let counted = Charge { points: Some(320.0), ..charge("2026-11-21T23:20:00Z", "0.32 USD", Spent) };
    vec![
        take("SC010_SH010_T01", "gen4_turbo", &["hero", "night"], vec![by_rule, stated, counted]),
        take("SC010_SH020_T01", "gen4", &["night"], vec![charge("2026-11-21T22:59:59.999Z", "1.1 EUR", Spent)]),
        take("SC020_SH010_T01", "gen4_turbo", &[], vec![charge("2026-11-22T23:30:00Z", "0.32 USD", Unresolved)]),
        take("SC020_SH020_T01", "gen4_turbo", &["=1+2", "=1+2"], vec![charge("2026-11-22T23:31:00Z", "0.32 USD", Reserved)]),
        take("SC020_SH030_T01", "gen3", &["hero"], vec![charge("2026-11-22T23:32:00Z", "", Spent)]),
        take("SC020_SH040_T01", "gen3", &["hero"], vec![charge("2026-11-22T23:33:00Z", "9 USD", Returned)]),
        take("SC020_SH050_T01", "gen3", &[], vec![]),
    ]
}

#[test]
fn two_nights_at_eighty_columns() {
    let account = account(scope(&[By::Day, By::Model, By::Tag], zone("Europe/Berlin")), &two_nights());
    assert_snapshot!(account.text(80, "out/teaser"), @r"
    DAY         ATTEMPTS  VIDEOS  SPENT  RESERVED  REFUNDED  UNRESOLVED
    2026-11-21         1       1   1.10                                  EUR
                       1       0   0.00                0.32              USD
    2026-11-22         2       1   0.32                0.32              USD
    2026-11-23         2       0   0.00      0.32                  0.32  USD
                       1       1                                         no price

    MODEL       ATTEMPTS  VIDEOS  SPENT  RESERVED  REFUNDED  UNRESOLVED
    gen3               1       1                                         no price
    gen4               1       1   1.10                                  EUR
    gen4_turbo         5       1   0.32      0.32      0.64        0.32  USD

    TAG         ATTEMPTS  VIDEOS  SPENT  RESERVED  REFUNDED  UNRESOLVED
    =1+2               1       0   0.00      0.32                        USD
    hero               3       1   0.32                0.64              USD
                       1       1                                         no price
    night              1       1   1.10                                  EUR
                       3       1   0.32                0.64              USD
    (none)             1       0   0.00                            0.32  USD

    total              1       1   1.10                                  EUR
                       5       1   0.32      0.32      0.64        0.32  USD
                       1       1                                         no price

    unresolved: nobody knows whether 1 attempt was paid for (0.32 USD);
        `rushes status out/teaser` shows what is known, and how to settle it
    refunded: 0.32 USD by the rule alone; the provider has not said so
    no price: none was stated for 1 attempt; state prices before a run, under
        `prices:` in the manifest or with `rushes run --prices FILE`
    by tag: what has several tags counts for each, so these rows come to more than
        the total
    days: those of Europe/Berlin
    ");
}

#[test]
fn two_nights_on_a_narrow_terminal() {
    let account = account(scope(&[By::Month, By::Scene], zone("Europe/Berlin")), &two_nights());
    assert_snapshot!(account.text(40, "out/teaser"), @r"
    MONTH
    2026-11
      1.10 EUR spent, 1.10 a video; 1
      attempt, 1 video
      0.32 USD spent, 0.32 reserved, 0.64
      refunded, 0.32 unresolved, 0.32 a
      video, 320 points; 5 attempts, 1 video
      no price; 1 attempt, 1 video

    SCENE
    SC010
      1.10 EUR spent, 1.10 a video; 1
      attempt, 1 video
      0.32 USD spent, 0.64 refunded, 0.32 a
      video, 320 points; 3 attempts, 1 video
    SC020
      0.00 USD spent, 0.32 reserved, 0.32
      unresolved; 2 attempts, 0 videos
      no price; 1 attempt, 1 video

    total
      1.10 EUR spent, 1.10 a video; 1
      attempt, 1 video
      0.32 USD spent, 0.32 reserved, 0.64
      refunded, 0.32 unresolved, 0.32 a
      video, 320 points; 5 attempts, 1 video
      no price; 1 attempt, 1 video

    unresolved: nobody knows whether 1
        attempt was paid for (0.32 USD);
        `rushes status out/teaser` shows
        what is known, and how to settle it
    refunded: 0.32 USD by the rule alone;
        the provider has not said so
    no price: none was stated for 1 attempt;
        state prices before a run, under
        `prices:` in the manifest or with
        `rushes run --prices FILE`
    days: those of Europe/Berlin
    ");
}

#[test]
fn where_no_price_is_known_attempts_are_counted() {
    let mut takes = two_nights();
    for charge in takes.iter_mut().flat_map(|take| &mut take.record.charges) {
        charge.price = None;
    }
    let account = account(scope(&[By::Month], zone("UTC")), &takes);
    assert_snapshot!(account.text(80, "out/teaser"), @r"
    MONTH    ATTEMPTS  VIDEOS  SPENT  RESERVED  REFUNDED  UNRESOLVED  POINTS
    2026-11         7       3      3         1         2           1     320

    total           7       3      3         1         2           1     320

    unresolved: nobody knows whether 1 attempt was paid for;
        `rushes status out/teaser` shows what is known, and how to settle it
    no price: none was stated for all these attempts; the figures are numbers of
        attempts; state prices before a run, under `prices:` in the manifest or with
        `rushes run --prices FILE`
    days: those of UTC
    ");
}

#[test]
fn nothing_is_said_of_nothing() {
    let mut scope = scope(&ALL, TimeZone::UTC);
    assert_snapshot!(Account::new(scope.clone()).text(80, "out"), @"nothing has been submitted that was, or may be, charged");
    scope.since = Some(date(2026, 12, 1));
    assert_snapshot!(account(scope, &two_nights()).text(80, "out"), @"nothing was submitted in this time that was, or may be, charged");
}

#[test]
fn two_nights_in_a_spreadsheet() {
    let account = account(scope(&[By::Day, By::Tag], TimeZone::fixed(jiff::tz::offset(1))), &two_nights());
    assert_snapshot!(account.csv(), @r"
    by,key,currency,attempts,videos,spent,reserved,refunded,refunded_by_rule,unresolved,spent_per_video,points
    day,2026-11-21,EUR,1,1,1.10,0.00,0.00,0.00,0.00,1.10,
    day,2026-11-21,USD,1,0,0.00,0.00,0.32,0.32,0.00,,
    day,2026-11-22,USD,2,1,0.32,0.00,0.32,0.00,0.00,0.32,320
    day,2026-11-23,USD,2,0,0.00,0.32,0.00,0.00,0.32,,
    day,2026-11-23,,1,1,,,,,,,
    tag,'=1+2,USD,1,0,0.00,0.32,0.00,0.00,0.00,,
    tag,hero,USD,3,1,0.32,0.00,0.64,0.32,0.00,0.32,320
    tag,hero,,1,1,,,,,,,
    tag,night,EUR,1,1,1.10,0.00,0.00,0.00,0.00,1.10,
    tag,night,USD,3,1,0.32,0.00,0.64,0.32,0.00,0.32,320
    tag,,USD,1,0,0.00,0.00,0.00,0.00,0.32,,
    total,,EUR,1,1,1.10,0.00,0.00,0.00,0.00,1.10,
    total,,USD,5,1,0.32,0.32,0.64,0.32,0.32,0.32,320
    total,,,1,1,,,,,,,
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "it is one document, shown whole")]
fn two_nights_for_programs() {
    let mut scope = scope(&[By::Tag], zone("Europe/Berlin"));
    scope.until = Some(date(2026, 11, 21));
    assert_snapshot!(account(scope, &two_nights()).json(), @r#"
    {
      "version": 1,
      "timezone": "Europe/Berlin",
      "since": null,
      "until": "2026-11-21",
      "total": {
        "attempts": {
          "all": 2,
          "spent": 1,
          "reserved": 0,
          "refunded": 1,
          "unresolved": 0
        },
        "videos": 1,
        "unpriced": 0,
        "points": null,
        "money": [
          {
            "currency": "EUR",
            "attempts": 1,
            "videos": 1,
            "spent": "1.10",
            "reserved": "0.00",
            "refunded": "0.00",
            "refunded_by_rule": "0.00",
            "unresolved": "0.00",
            "spent_per_video": "1.10"
          },
          {
            "currency": "USD",
            "attempts": 1,
            "videos": 0,
            "spent": "0.00",
            "reserved": "0.00",
            "refunded": "0.32",
            "refunded_by_rule": "0.32",
            "unresolved": "0.00",
            "spent_per_video": null
          }
        ]
      },
      "by": {
        "tag": [
          {
            "key": "hero",
            "attempts": {
              "all": 1,
              "spent": 0,
              "reserved": 0,
              "refunded": 1,
              "unresolved": 0
            },
            "videos": 0,
            "unpriced": 0,
            "points": null,
            "money": [
              {
                "currency": "USD",
                "attempts": 1,
                "videos": 0,
                "spent": "0.00",
                "reserved": "0.00",
                "refunded": "0.32",
                "refunded_by_rule": "0.32",
                "unresolved": "0.00",
                "spent_per_video": null
              }
            ]
          },
          {
            "key": "night",
            "attempts": {
              "all": 2,
              "spent": 1,
              "reserved": 0,
              "refunded": 1,
              "unresolved": 0
            },
            "videos": 1,
            "unpriced": 0,
            "points": null,
            "money": [
              {
                "currency": "EUR",
                "attempts": 1,
                "videos": 1,
                "spent": "1.10",
                "reserved": "0.00",
                "refunded": "0.00",
                "refunded_by_rule": "0.00",
                "unresolved": "0.00",
                "spent_per_video": "1.10"
              },
              {
                "currency": "USD",
                "attempts": 1,
                "videos": 0,
                "spent": "0.00",
                "reserved": "0.00",
                "refunded": "0.32",
                "refunded_by_rule": "0.32",
                "unresolved": "0.00",
                "spent_per_video": null
              }
            ]
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_charge_belongs_to_the_day_where_its_author_is() {
    let check = |at: &str, zone_name: &str, expected: &str| {
        let take = take("A_T01", "gen4", &[], vec![charge(at, "1 USD", Standing::Spent)]);
        let account = account(scope(&[By::Day], zone(zone_name)), [&take]);
        let days: Vec<_> = account.by(By::Day).map(|(day, _)| day).collect();
        assert_eq!(days, [Some(expected)], "{at} in {zone_name}");
    };
    check("2026-11-22T22:59:59.999Z", "Europe/Berlin", "2026-11-22");
    check("2026-11-22T23:00:00Z", "Europe/Berlin", "2026-11-23");
    check("2026-07-22T21:59:59.999Z", "Europe/Berlin", "2026-07-22");
    check("2026-07-22T22:00:00Z", "Europe/Berlin", "2026-07-23");
    check("2026-01-01T04:59:59.999Z", "America/New_York", "2025-12-31");
    check("2011-12-30T10:00:00Z", "Pacific/Apia", "2011-12-31");
    check("1969-12-31T23:59:59.999Z", "UTC", "1969-12-31");
}

#[test]
fn days_have_the_hours_that_they_have() {
    let check = |first: Date, zone_name: &str, expected: u64| {
        let zone = zone(zone_name);
        let midnight = first.yesterday().unwrap().to_zoned(zone.clone()).unwrap().timestamp();
        let hours = (0..72)
            .map(|hour| Charge { at: midnight + hour.hours(), ..charge("2026-01-01T00:00:00Z", "1 USD", Standing::Spent) });
        let take = take("A_T01", "gen4", &[], hours.collect());
        let account = account(scope(&[By::Day], zone), [&take]);
        let name = first.to_string();
        let (_, lines) = account.by(By::Day).find(|(day, _)| *day == Some(&*name)).unwrap();
        assert_eq!(lines.attempts(), expected, "{first} in {zone_name}");
    };
    check(date(2026, 3, 29), "Europe/Berlin", 23);
    check(date(2026, 10, 25), "Europe/Berlin", 25);
    check(date(2026, 11, 22), "Europe/Berlin", 24);
    check(date(2026, 3, 8), "America/New_York", 23);
    check(date(2026, 11, 1), "America/New_York", 25);
}

#[test]
fn a_time_has_both_its_ends() {
    let days = |since: Option<i8>, until: Option<i8>| {
        let mut scope = scope(&[By::Day], zone("Europe/Berlin"));
        (scope.since, scope.until) = (since.map(|day| date(2026, 11, day)), until.map(|day| date(2026, 11, day)));
        let account = account(scope, &two_nights());
        account.by(By::Day).map(|(day, _)| day.unwrap()[8..].to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(days(None, None), "21 22 23");
    assert_eq!(days(Some(22), None), "22 23");
    assert_eq!(days(None, Some(22)), "21 22");
    assert_eq!(days(Some(22), Some(22)), "22");
    assert_eq!(days(Some(24), None), "");
}

#[test]
fn what_has_several_tags_counts_for_each_and_once_in_the_total() {
    let charges = || vec![charge("2026-11-22T01:00:00Z", "1 USD", Standing::Spent)];
    let takes = [take("A_T01", "gen4", &["a", "b", "a"], charges()), take("B_T01", "gen4", &[], charges())];
    let account = account(scope(&[By::Tag], TimeZone::UTC), &takes);
    let rows: Vec<_> = account.by(By::Tag).map(|(tag, lines)| (tag, lines.attempts())).collect();
    assert_eq!(rows, [(Some("a"), 1), (Some("b"), 1), (None, 1)]);
    assert_eq!(account.total().attempts(), 2);
    assert!(account.text(200, "out").contains("rows come to more than the total"));
}

#[test]
fn a_submission_that_nobody_waits_for_is_unresolved() {
    let mut take = take("A_T01", "gen4", &[], vec![charge("2026-11-22T01:00:00Z", "1 USD", Standing::Reserved)]);
    take.state = State::Submitting;
    let account = account(scope(&[], TimeZone::UTC), [&take]);
    assert_eq!(account.total().attempts_that_are(Standing::Unresolved), 1);
    assert_eq!(account.total().attempts_that_are(Standing::Reserved), 0);
}

fn some_takes() -> impl Strategy<Value = Vec<Take>> {
    let price = prop::sample::select(vec!["0.32 USD", "1.1 EUR", "0.000001 USD", "9000000000000 USD", "none"]);
    let refund = prop::sample::select(vec![None, Some(Refund::Ruled(true)), Some(Refund::Stated(true))]);
    let at = (1_262_304_000_000_i64..1_893_456_000_000).prop_map(|at| Timestamp::from_millisecond(at).unwrap());
    let any_charge = (at, price, prop::sample::select(Standing::ALL.to_vec()), refund);
    let any_charge = any_charge.prop_map(|(at, price, standing, refund)| Charge {
        at,
        refund,
        ..charge("2026-01-01T00:00:00Z", price, standing)
    });
    let tags = prop::collection::vec(
        prop::sample::select(vec!["hero", "=x", "\u{1b}[31m\u{202e}", "灯台の夜明け灯台の夜明け", ""]),
        0..3,
    );
    let model = prop::sample::select(vec!["gen3", "gen4_turbo", "a model with a long name of several words"]);
    let one = ("[A-C]_SH[0-9]_T01", model, tags, prop::collection::vec(any_charge, 0..4));
    prop::collection::vec(one.prop_map(|(name, model, tags, charges)| take(&name, model, &tags, charges)), 0..12)
}

/// A sum as a whole number of millionths.
fn millionths(sum: Sum) -> i128 {
    let amount = sum.amount();
    let (whole, rest) = amount.split_once('.').unwrap();
    format!("{whole}{rest:0<6}").parse().unwrap()
}

/// Every figure of these lines: attempts, videos, and what they come to, by currency and standing.
fn figures<'a>(rows: impl Iterator<Item = &'a Lines>) -> BTreeMap<(Option<String>, &'static str), i128> {
    let mut figures = BTreeMap::new();
    for (currency, line) in rows.flat_map(Lines::all) {
        let currency = currency.map(|currency| currency.as_str().to_owned());
        let mut add = |what: &'static str, more: i128| *figures.entry((currency.clone(), what)).or_default() += more;
        add("videos", line.videos.into());
        add("ruled", millionths(line.ruled));
        for standing in Line::STANDINGS {
            add(standing.as_str(), millionths(line.of(standing).sum));
        }
        add("attempts", line.attempts().into());
    }
    figures
}

proptest! {
    #[test]
    fn rows_add_up_to_the_total(takes in some_takes(), zone_name in prop::sample::select(ZONES.to_vec())) {
        let account = account(scope(&ALL, zone(zone_name)), &takes);
        let total = figures([account.total()].into_iter());
        for by in ALL.into_iter().filter(|by| *by != By::Tag || !account.overlaps) {
            prop_assert_eq!(&figures(account.by(by).map(|(_, lines)| lines)), &total, "{:?}", by);
        }
        // And the total is that of the charges.
        let counted = takes.iter().flat_map(Take::charges).filter(|charge| charge.standing != Standing::Returned);
        for (currency, line) in account.total().priced() {
            let prices = counted.clone().filter(|charge| charge.price.is_some_and(|price| price.currency() == currency));
            for standing in Line::STANDINGS {
                let mut sum = Sum::default();
                prices.clone().filter(|charge| charge.standing == standing).filter_map(|charge| charge.price).for_each(|price| sum.add(price));
                prop_assert_eq!(line.of(standing).sum, sum);
            }
        }
        prop_assert_eq!(account.total().attempts(), counted.count() as u64);
    }

    #[test]
    fn every_charge_is_in_the_one_day_that_it_falls_into(takes in some_takes(), zone_name in prop::sample::select(ZONES.to_vec())) {
        let zone = zone(zone_name);
        let account = account(scope(&[By::Day], zone.clone()), &takes);
        let charges = || takes.iter().flat_map(Take::charges).filter(|charge| charge.standing != Standing::Returned);
        let mut counted = 0;
        for (day, lines) in account.by(By::Day) {
            let day: Date = day.unwrap().parse().unwrap();
            let begins = |day: Date| day.to_zoned(zone.clone()).unwrap().timestamp();
            let (from, to) = (begins(day), begins(day.tomorrow().unwrap()));
            prop_assert!(to.duration_since(from) <= SignedDuration::from_hours(25));
            let within = charges().filter(|charge| from <= charge.at && charge.at < to).count();
            prop_assert_eq!(lines.attempts(), within as u64, "{}", day);
            counted += within;
        }
        prop_assert_eq!(counted, charges().count());
    }

    #[test]
    fn nothing_of_others_disturbs_the_terminal_or_runs_in_a_spreadsheet(takes in some_takes(), width in 0_usize..160) {
        let account = account(scope(&ALL, zone("Europe/Berlin")), &takes);
        let text = account.text(width, "out");
        let disturbs = |c: char| c.is_control() || c == '\u{202e}';
        prop_assert!(text.lines().all(|line| !line.contains(disturbs)));
        // What is to be typed is not broken.
        let too_wide = text.lines().find(|line| line.width() > width.max(40) && !line.contains('`'));
        prop_assert_eq!(too_wide, None);
        prop_assert!(!account.csv().contains(",=x"));
        let document: serde_json::Value = serde_json::from_str(&account.json()).unwrap();
        prop_assert_eq!(document["total"]["attempts"]["all"].as_u64(), Some(account.total().attempts()));
    }
}
