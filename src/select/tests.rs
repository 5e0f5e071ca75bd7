//! What selectors mean, and that no text is too odd for them.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::digest::Digest;
use crate::manifest::{Source, render};
use crate::media::Media;
use crate::request::Request;
use crate::review::Verdict;
use crate::take::{Asset, Class, Doubt};

/// Six takes of four shots in two scenes.
fn takes() -> Vec<Take> {
    let failed = || State::Failed { task: "task-1".parse().unwrap(), class: Class::Moderated, why: "no".into() };
    let ready = State::Ready { task: "task-2".parse().unwrap(), link: "https://v/2".into() };
    let planned = State::Planned { not_before: Timestamp::UNIX_EPOCH };
    vec![
        take("SC010_SH010_T01", &["hero", "night"], failed()),
        take("SC010_SH010_T02", &["hero", "night"], State::Unresolved(Doubt::of("cut"))),
        take("SC010_SH020_T01", &["wide shot"], State::Submitting),
        take("SC020_SH010_T01", &["Hero"], ready),
        take("SC020_SH010_T02", &["Hero"], planned),
        take("titles_T01", &[], State::Rejected { class: Class::Input, why: "no".into() }),
    ]
}

fn take(name: &str, tags: &[&str], state: State) -> Take {
    let name: TakeName = name.parse().unwrap();
    let request = Request::sample("a cat");
    let key = request.key("cometapi", name.number);
    let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
    Take { state, ..Take::new(name, request, key, tags) }
}

/// Holds which of [`takes`] a selector means, by their places.
#[track_caller]
fn check(text: &str, expected: &[usize]) {
    let takes = takes();
    let items: Vec<_> = takes.iter().map(Item::of).collect();
    let meant = Selector::parse(text).and_then(|selector| selector.select(&items));
    let meant = meant.unwrap_or_else(|wrong| panic!("{}", told(text, &wrong)));
    let places: Vec<_> = meant.iter().enumerate().filter(|(_, meant)| **meant).map(|(place, _)| place).collect();
    assert_eq!(places, expected, "{text}");
}

/// What a person is told who writes this.
fn mistake(text: &str) -> String {
    let takes = takes();
    let items: Vec<_> = takes.iter().map(Item::of).collect();
    let wrong = Selector::parse(text).and_then(|selector| selector.select(&items)).expect_err(text);
    told(text, &wrong)
}

fn told(text: &str, wrong: &[Diagnostic]) -> String {
    render(&Source::new("--only", text.into()), wrong, false)
}

#[test]
fn words_mean_what_they_say() {
    check("SC010_SH010", &[0, 1]);
    check("sc010_sh010_t02", &[1]);
    check("SC010_*", &[0, 1, 2]);
    check("*_T02", &[1, 4]);
    check("SC0?0_SH010_T01", &[0, 3]);
    check("tag:hero", &[0, 1, 3, 4]);
    check("TAG:n*t", &[0, 1]);
    check("tag:\"wide shot\"", &[2]);
    check("'tit'les", &[5]);
    check("scene:SC010", &[0, 1, 2]);
    check("scene:*", &[0, 1, 2, 3, 4]);
    for spelling in ["10", "010", "sc10", "Sc.010", "SC010", "\"scene 10\"", "'10'", "SC01?", "?C*10"] {
        check(&format!("scene:{spelling}"), &[0, 1, 2]);
    }
    let stated = Take { about: About { scene: "intro".parse().ok(), ..About::default() }, ..takes().remove(0) };
    let means = |text: &str| Selector::parse(text).unwrap().means(&Item::of(&stated));
    assert!(means("scene:INTRO") && means("scene:int*") && !means("scene:int"), "{stated:?}");
    let odd = take("sc10_SH1_T01", &[], State::Submitting);
    let means_odd = |text: &str| Selector::parse(text).unwrap().means(&Item::of(&odd));
    assert!(means_odd("scene:10") && means_odd("scene:sc10") && means_odd("scene:SC010") && !means_odd("scene:1?"));
    assert!(means("scene:intro") && !means("scene:SC010"), "what the manifest says goes before what the id says");
}

#[test]
fn states_are_those_of_the_reports() {
    check("state:failed", &[0]);
    check("state:unresolved", &[1, 2]);
    check("state:waiting", &[3]);
    check("state:ready", &[3]);
    check("state:planned", &[4]);
    check("state:held", &[4]);
    check("State:Rejected", &[5]);
}

#[test]
fn what_was_said_of_a_take_can_be_asked_for_and_who_rejects_it_matters_only_to_review() {
    let stored = |name: &str, verdict: Option<Verdict>| {
        let state = State::Stored {
            task: "t".parse().unwrap(),
            link: String::new(),
            asset: Asset { digest: Digest::of(b""), bytes: 0 },
        };
        let mut take = take(name, &[], state);
        take.record.stored_at = Some(Timestamp::UNIX_EPOCH);
        take.record.review.verdict = verdict;
        take
    };
    let mut takes = takes();
    takes.push(stored("A_T01", Some(Verdict::Pick)));
    takes.push(stored("A_T02", Some(Verdict::Reject)));
    takes.push(stored("A_T03", None));
    takes[8].record.media = Some(Media { trouble: Some("cut off".into()), ..Media::default() });
    let items: Vec<_> = takes.iter().map(Item::of).collect();
    let check = |text: &str, expected: &[usize]| {
        let meant = Selector::parse(text).unwrap().look(&items).unwrap();
        let places: Vec<_> = (0..meant.len()).filter(|place| meant[*place]).collect();
        assert_eq!(places, expected, "{text}");
    };
    check("review:picked", &[6]);
    check("Review:REJECTED", &[7]);
    check("review:unreviewed", &[8]);
    check("state:rejected", &[5, 7]);
    check("state:rejected and not review:rejected", &[5]);
    check("state:off_spec", &[8]);
    check("state:stored", &[6, 7, 8]);
    check("A and not review:picked", &[7, 8]);
    assert!(mistake("review:piked").contains("there is no review `piked`"));
    assert!(mistake("review:piked").contains("did you mean `picked`? known are `picked`, `rejected` or `unreviewed`"));
    assert!(mistake("review:").contains("write for example `review:picked`"));
}

#[test]
fn not_binds_closer_than_and_and_that_closer_than_or() {
    check("tag:night and state:failed or titles", &[0, 5]);
    check("titles or tag:night and state:failed", &[0, 5]);
    check("(titles or tag:night) and state:failed", &[0]);
    check("not tag:hero and not titles", &[2]);
    check("not (tag:hero or titles)", &[2]);
    check("NOT not not(tag:hero) AND not titles", &[2]);
    check("\n ( ( titles ) )\t", &[5]);
}

#[test]
fn what_cannot_be_read_is_told_at_its_place() {
    insta::assert_snapshot!(mistake("tag:hero and state:faild or sceen:SC010"), @r"
    error[selector]: there is no state `faild`
     --> --only:1:14
      |
    1 | tag:hero and state:faild or sceen:SC010
      |              ^^^^^^^^^^^
      |
      = help: did you mean `failed`? known are `planned`, `held`, `unresolved`, `waiting`, `ready`, `stored`, `off_spec`, `rejected` or `failed`

    error[selector]: there is nothing called `sceen:`
     --> --only:1:29
      |
    1 | tag:hero and state:faild or sceen:SC010
      |                             ^^^^^^^^^^^
      |
      = help: did you mean `scene:SC010`?

    --only: 2 mistakes
    ");
    insta::assert_snapshot!(mistake("tag:hero and"), @r"
    error[selector]: something is missing here
     --> --only:1:13
      |
    1 | tag:hero and
      |             ^
      |
      = help: for example: `SC010_* and not (tag:hero or state:stored)`

    --only: 1 mistake
    ");
    insta::assert_snapshot!(mistake("tag:hero && titles"), @r"
    error[selector]: `and` or `or` is missing before `&&`
     --> --only:1:10
      |
    1 | tag:hero && titles
      |          ^^
      |
      = help: write `and` for `&&`

    --only: 1 mistake
    ");
    let says = |text: &str, expected: &str| {
        let told = mistake(text);
        assert!(told.contains(expected), "{text}: {told}");
    };
    says("", "something is missing here");
    says("(tag:hero", ":1:1");
    says("(tag:hero", "this parenthesis is never closed");
    says("tag:hero)", "this parenthesis closes nothing");
    says("()", "something is missing before `)`");
    says("not", "something is missing here");
    says("and titles", "something is missing before `and`");
    says("tag:hero titles", "join the two with `and` or `or`");
    says("tag: hero", "`tag:` says nothing");
    says("tag:\"hero", ":1:5");
    says("tag:\"hero", "this quotation mark is never closed");
    says("! titles", "write `not` for it");
    says("titles, SC010_*", "no id contains `,`");
    says("\"\"", "an id cannot be empty");
    says("\"SC010_*\"", "no id contains `*`");
    says(&"(".repeat(1000), "more than 50 parentheses inside each other");
    says("tag:hero\nor state:x", ":2:4");
}

#[test]
fn what_is_not_there_is_a_mistake_unless_it_is_a_state() {
    insta::assert_snapshot!(mistake("tag:hero or tag:nigth"), @r"
    error[selector]: there is no take with the tag `nigth` among 6 takes
     --> --only:1:13
      |
    1 | tag:hero or tag:nigth
      |             ^^^^^^^^^
      |
      = help: did you mean `night`?

    --only: 1 mistake
    ");
    insta::assert_snapshot!(mistake("tag:hero and tag:\"wide shot\""), @r#"
    error[selector]: this selects none of 6 takes
     --> --only:1:1
      |
    1 | tag:hero and tag:"wide shot"
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: without it, `rushes plan` and `rushes status` list them all

    --only: 1 mistake
    "#);
    assert!(mistake("SC010_SH02").contains("called `SC010_SH02` among 6 takes"));
    assert!(mistake("SC010_SH02").contains("did you mean `SC010_SH020`?"));
    assert!(mistake("scene:SC030").contains("did you mean `SC010`?"));
    assert!(mistake("scene:1").contains("no take of the scene `1`") && mistake("scene:1*0").contains("`1*0`"));
    assert!(mistake("zzz*").contains("`rushes plan` and `rushes status` list what there is"));
    assert!(mistake("state:stored").contains("this selects none of 6 takes"));
    check("state:stored or titles", &[5]);
    let nobody = Selector::parse("state:stored").and_then(|selector| selector.look(&[]));
    assert_eq!(nobody, Ok(vec![]));
}

/// Any expression over words that some take has, as text.
fn expression() -> impl Strategy<Value = String> {
    const WORDS: &[&str] =
        &["SC010_*", "*_T01", "titles", "tag:hero", "tag:night", "scene:SC020", "state:failed", "state:stored"];
    let word = prop::sample::select(WORDS).prop_map(str::to_owned);
    word.prop_recursive(4, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.prop_map(|one| format!("not ({one})")),
            several.clone().prop_map(|parts| format!("({})", parts.join(") and ("))),
            several.prop_map(|parts| format!("(({}))", parts.join(" ) or( "))),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_a_selector_or_a_mistake_that_can_be_shown(
        text in prop_oneof![
            ".{0,60}",
            prop::collection::vec(prop::sample::select(
                &["tag:", "hero", "(", ")", " ", "and", " or ", "not ", "*", "\"", "'", "state:", ":", "\n", "\u{feff}", "é"][..],
            ), 0..20).prop_map(|parts| parts.concat()),
        ],
    ) {
        let takes = takes();
        let items: Vec<_> = takes.iter().map(Item::of).collect();
        match Selector::parse(&text).and_then(|selector| selector.select(&items)) {
            Ok(meant) => prop_assert!(meant.len() == items.len() && meant.contains(&true)),
            Err(wrong) => {
                prop_assert!(wrong.iter().all(|one| text.get(one.place.span()).is_some()), "{wrong:?}");
                prop_assert!(told(&text, &wrong).contains("error[selector]"));
            }
        }
    }

    #[test]
    fn the_laws_of_logic_hold(one in expression(), other in expression(), third in expression()) {
        let meant = |text: String| {
            let selector = Selector::parse(&text).expect("an expression");
            takes().iter().map(|take| selector.means(&Item::of(take))).collect::<Vec<_>>()
        };
        let same = |left: String, right: String| assert_eq!(meant(left.clone()), meant(right.clone()), "{left} | {right}");
        same(format!("not (({one}) and ({other}))"), format!("not ({one}) or not ({other})"));
        same(format!("not (({one}) or ({other}))"), format!("not ({one}) and not ({other})"));
        same(format!("not not ({one})"), one.clone());
        same(format!("({one}) and ({other})"), format!("({other}) and ({one})"));
        same(format!("({one}) and (({other}) or ({third}))"), format!("({one}) and ({other}) or ({one}) and ({third})"));
        same(format!("({one}) or not ({one})"), "*".into());
    }
}
