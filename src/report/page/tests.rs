//! The page as a whole: that its policy lets it run, that nothing of others becomes markup or is lost, and that it stays small.

use proptest::prelude::*;
use serde_json::Value;

use super::{PageMode, SCRIPT, STYLE, TEMPLATE, page};
use crate::report::{Report, samples};
use crate::shot::About;
use crate::take::Take;

fn rendered(takes: &[Take]) -> String {
    page(&Report::new(takes), PageMode::File)
}

/// The texts of the data blocks, as a browser finds them: what is about all takes at once, and lists of shots.
fn blocks(page: &str) -> Vec<&str> {
    let begun = page.split(r#"<script type="application/json""#).skip(1);
    begun.map(|rest| rest.split_once('>').and_then(|(_, rest)| rest.split_once("</script>")).expect("an end of it").0).collect()
}

/// The shots of all blocks, in order.
fn shots(page: &str) -> Vec<Value> {
    let lists = blocks(page).into_iter().skip(1).map(|block| serde_json::from_str::<Vec<Value>>(block).expect("a list"));
    lists.flatten().collect()
}

/// What stands in the page around its data.
fn around(page: &str) -> String {
    blocks(page).iter().fold(page.to_owned(), |page, block| page.replace(block, ""))
}

#[test]
fn the_data_of_a_good_and_a_bad_take() {
    let page = rendered(&samples::a_good_and_a_bad_take());
    let parts = blocks(&page).join("\n").replace(r#","cost""#, ",\n\"cost\"").replace(r#"{"number""#, "\n{\"number\"");
    insta::assert_snapshot!(parts, @r#"
    {"title":"rushes: 2 takes: 1 stored, 1 failed","totals":[{"outcome":"stored","count":1},{"outcome":"failed","count":1,"urgency":1}],"size":"1.2 MB","price":"0.32 USD for 1 of 2",
    "cost":[{"currency":"USD","videos":1,"sums":[{"standing":"reserved","attempts":1,"amount":"0.32"}]}]}
    [{"id":"SC010_SH020","scene":"SC010","tags":["hero","night"],"notes":"at dawn, \"maybe\"","about":[["x_lens","=35 mm"]],"ask":{"prompt":"=HYPERLINK(\"http://x\")","settings":"gen4_turbo · 16:9 · 5 s · cinematic · y 0.4, r -6","shape":[16,9]},"takes":[
    {"number":"T01","outcome":"stored","ask":{"prompt":"A lighthouse at dawn, fog rolling in from the sea","settings":"gen4_turbo · 16:9 · 5 s · cinematic · y 0.4, r -6","shape":[16,9]},"video":"shots/SC010_SH020_T01.mp4","times":[null,1795309200000,1795309204000,1795309396000,1795309399000],"price":"0.32 USD","bytes":1234567,"facts":[["task","task_0c6a1f2e"],["sha-256","eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f"]]},
    {"number":"T02","outcome":"failed","reason":"content policy: the prompt, says \"the policy\", is =HYPERLINK(\"http://x\")","help":"edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended","times":[null,1795309200000,1795309204000,1795309396000,null],"facts":[["task","task_0c6a1f2e"]]}]}]
    "#);
}

#[test]
fn the_policy_is_about_what_stands_in_the_page() {
    for mode in [PageMode::File, PageMode::Review] {
        let page = page(&Report::new(&[]), mode);
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
        assert!(page.contains(&format!(r#"<script type="module">{SCRIPT}</script>"#)));
        let policy = super::policy(mode, STYLE, SCRIPT).replace('\'', "&#x27;").replace('/', "&#x2f;");
        assert!(page.contains(&format!(r#"http-equiv="Content-Security-Policy" content="{policy}""#)), "{policy}");
    }
    assert!(!TEMPLATE.contains("style=\"") && !TEMPLATE.contains(" on"), "the policy would block it");
}

#[test]
fn the_script_makes_no_markup_and_reaches_for_nothing_elsewhere() {
    for word in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "://", "</script", "<!--"]
    {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains("</style"));
}

#[test]
fn browsers_that_know_one_set_of_colours_have_the_light_ones() {
    let (before, rest) = STYLE.split_once("@supports not (color: light-dark(").expect("colours for them");
    let theirs = rest.split_once("#theme").expect("an end of the colours").0;
    for pair in before.split("--").filter(|pair| pair.contains(": light-dark(")) {
        let light = pair.replace("light-dark(", "");
        let light = light.split(',').next().expect("a light colour");
        assert!(theirs.contains(&format!("--{light};")), "{light}");
    }
}

#[test]
fn served_it_says_so() {
    assert!(rendered(&[]).contains(r#"data-mode="file""#));
    assert!(page(&Report::new(&[]), PageMode::Review).contains(r#"data-mode="review""#));
}

#[test]
fn ten_thousand_takes_are_under_ten_megabytes_in_blocks_that_are_read_in_a_moment() {
    let prompt =
        "A lighthouse keeper climbs a spiral staircase with a lantern, warm light on wet stone, slow push in, film grain. ";
    let takes: Vec<_> = (0..10_000)
        .map(|number| {
            let mut take =
                samples::take(&format!("SC{:03}_SH{:03}_T{:02}", number / 100, number / 4, number % 4 + 1), samples::stored());
            take.request.prompt = prompt.repeat(3);
            take.tags = vec!["hero".to_owned(), "exterior".to_owned()];
            take
        })
        .collect();
    let page = rendered(&takes);
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    let longest = blocks(&page).into_iter().map(str::len).max().unwrap();
    assert!(longest < 150_000, "{longest} bytes");
    let ids: Vec<_> = shots(&page).iter().map(|shot| shot["id"].clone()).collect();
    assert_eq!(ids.len(), 2_500);
    assert!(ids.is_sorted_by_key(|id| id.as_str().unwrap().to_owned()), "in the order of the shots");
}

proptest! {
    #[test]
    fn no_text_of_others_becomes_markup(takes in samples::takes()) {
        let (page, empty) = (rendered(&takes), rendered(&[]));
        let risky = blocks(&page).iter().any(|block| block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        prop_assert!(!risky);
        // Around the blocks there is nothing of the takes but the summary in the title, and the tags of the blocks of shots.
        let tags = r#"<script type="application/json" class="shots"></script>"#;
        let around = |page: &str| around(page).replace(tags, "").matches(['<', '>', '"', '\'']).count();
        prop_assert_eq!(around(&page), around(&empty));
        let reorders = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        prop_assert!(!page.contains(reorders));
    }

    #[test]
    fn every_take_is_in_the_data_with_its_words(takes in samples::takes()) {
        let shots = shots(&rendered(&takes));
        let found: usize = shots.iter().map(|shot| shot["takes"].as_array().map_or(0, Vec::len)).sum();
        prop_assert_eq!(found, takes.len());
        for row in Report::new(&takes).rows() {
            let shot = shots.iter().find(|shot| shot["id"] == row.shot.as_str()).expect("the shot");
            let take = shot["takes"].as_array().expect("takes").iter().find(|take| take["number"] == row.number.to_string());
            let take = take.expect("the take");
            let ask = if take["ask"].is_null() { &shot["ask"] } else { &take["ask"] };
            prop_assert_eq!(&ask["prompt"], &super::super::show::visible(&row.facts.request.prompt));
            prop_assert_eq!(&take["outcome"], row.outcome.as_str());
            prop_assert_eq!(take["reason"].is_null(), row.reason.is_none());
        }
    }

    #[test]
    fn a_note_is_what_was_written(note in "[a\\n\\r<>&\u{202e}\u{2028}\"]{1,20}") {
        let mut take = samples::take("SC010_T01", samples::stored());
        take.record.review.note = Some(note.clone());
        take.about = About::default();
        prop_assert_eq!(&shots(&rendered(&[take]))[0]["takes"][0]["review"]["note"], &note);
    }
}
