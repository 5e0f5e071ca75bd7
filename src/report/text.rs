//! The report for a terminal: plain lines without colour, and one line for the subject of a mail. Nothing in it that others wrote
//! can disturb the terminal.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{Report, Row, evidence, show, unresolved};
use crate::quota::Evidence;
use crate::review::{Rating, Review};

/// With more takes than this, only those that need attention are listed.
const LIST_ALL: usize = 200;
/// The least room for the last column, however narrow the terminal.
const LEAST: usize = 20;

/// One line fit for the subject of a mail: `rushes: 12 takes: 10 stored, 1 failed, 1 unresolved`.
pub fn summary(report: &Report<'_>) -> String {
    format!("rushes: {}", report.totals())
}

/// What a table is written on.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// How many columns there are.
    pub width: usize,
    /// The output directory as it is to be typed.
    pub place: &'a str,
    /// What the provider's own books say of each run, where they were looked into.
    pub evidence: &'a [Evidence],
}

/// The takes as a table for a terminal, then what to do, then all that is known of what is unresolved, then the
/// totals. Names and commands are never cut, so a line can be longer where the terminal is too narrow for them.
pub fn table(report: &Report<'_>, sheet: Sheet<'_>) -> String {
    let width = sheet.width;
    let listed = listed(report);
    let mut text = String::new();
    list(&mut text, &listed, width);
    count_the_rest(&mut text, report, listed.len());
    what_to_do(&mut text, &listed, width);
    what_is_unresolved(&mut text, report, sheet);
    set_apart(&mut text);
    line(&mut text, &totals(report));
    text
}

/// Everything, or what needs attention when everything is too much.
fn listed<'r, 'a>(report: &'r Report<'a>) -> Vec<&'r Row<'a>> {
    let few = report.rows().len() <= LIST_ALL;
    report.rows().iter().filter(|row| few || row.needs_attention()).collect()
}

fn list(text: &mut String, rows: &[&Row<'_>], width: usize) {
    if rows.is_empty() {
        return;
    }
    let names = rows.iter().map(|row| row.take.name.to_string().len()).max().unwrap_or(0).max("TAKE".len());
    let price = |row: &Row<'_>| row.facts.price.map(|price| price.to_string()).unwrap_or_default();
    // Where no price is known there is no column for it.
    let prices = rows.iter().map(|row| price(row).len()).max().filter(|longest| *longest > 0);
    let room = width.saturating_sub(names + OUTCOMES + SIZES + prices.map_or(0, |width| width + 2) + 6).max(LEAST);
    let mut write = |name: &str, outcome: &str, size: &str, price: &str, what: &str| {
        let (name, outcome) = (show::pad(name, names), show::pad(outcome, OUTCOMES));
        let price = prices.map(|width| format!("  {price:>width$}")).unwrap_or_default();
        line(text, &format!("{name}  {outcome}  {size:>SIZES$}{price}  {what}"));
    };
    write("TAKE", "OUTCOME", "SIZE", "PRICE", "WHAT");
    for row in rows {
        let size = row.facts.bytes.map(show::size).unwrap_or_default();
        let what = row.reason.as_ref().unwrap_or(&row.facts.request.prompt);
        let what = show::clip(&format!("{}{what}", said(row.review)), room);
        write(&row.take.name.to_string(), row.outcome.as_str(), &size, &price(row), &what);
    }
}

/// What was said of a take, in front of what it shows: `pick 4/5 · `.
fn said(review: &Review) -> String {
    let verdict = review.verdict.map(|verdict| format!("{} ", verdict.as_str()));
    let rating = review.rating.map(|rating| format!("{rating}/{} ", Rating::MAX));
    let said: String = verdict.into_iter().chain(rating).collect();
    if said.is_empty() { said } else { said + "· " }
}

/// As wide as the widest outcome, and as the widest size.
const OUTCOMES: usize = "unresolved".len();
const SIZES: usize = "999.9 MB".len();

fn count_the_rest(text: &mut String, report: &Report<'_>, listed: usize) {
    let rest = report.rows().len() - listed;
    if rest > 0 {
        line(text, &format!("{rest} more that need no attention are not listed"));
    }
}

/// What to do, once for all takes that call for the same, in the order of the first of them.
fn what_to_do(text: &mut String, rows: &[&Row<'_>], width: usize) {
    let mut callers: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        // What is unresolved has a place of its own below.
        if let Some(help) = row.help.as_ref().filter(|_| row.unresolved.is_none()) {
            callers.entry(help).or_insert((place, 0)).1 += 1;
        }
    }
    let mut calls: Vec<_> = callers.into_iter().map(|(help, (first, count))| (first, count, help)).collect();
    calls.sort_unstable();
    if !calls.is_empty() {
        set_apart(text);
    }
    for (first, count, help) in calls {
        let others = if count > 1 { format!(" and {} more", count - 1) } else { String::new() };
        wrap(text, &format!("{}{others}: {help}", rows[first].take.name), width);
    }
}

fn what_is_unresolved(text: &mut String, report: &Report<'_>, sheet: Sheet<'_>) {
    let takes: Vec<_> = report.rows().iter().filter(|row| row.unresolved.is_some()).map(|row| row.take).collect();
    if takes.is_empty() {
        return;
    }
    set_apart(text);
    wrap(text, PERHAPS_PAID, sheet.width);
    for take in &takes {
        set_apart(text);
        line(text, &take.name.to_string());
        text.push_str(&unresolved::known(take, sheet.width));
        text.push_str(&unresolved::settling(take, sheet.place));
    }
    let about = |run: &&Evidence| takes.iter().any(|take| run.takes.contains(&take.name));
    for told in sheet.evidence.iter().filter(about).filter_map(evidence) {
        set_apart(text);
        wrap(text, &told, sheet.width);
    }
}

/// What stands above what is unresolved.
const PERHAPS_PAID: &str = "unresolved: nobody knows whether the provider has made these, so none is sent again by itself. Look for \
    them there, on its dashboard by time and prompt, or ask its support by request id:";

fn totals(report: &Report<'_>) -> String {
    let (size, bill) = (show::size(report.bytes()), report.bill());
    let price = if bill.is_known() { format!("; {bill}") } else { String::new() };
    format!("{}; {size} of video{price}", report.totals())
}

fn wrap(text: &mut String, words: &str, width: usize) {
    text.push_str(&wrapped(words, width));
}

/// The words on lines of `width` columns, broken between them, but not within what is to be typed; all lines but the first are set in a
/// little.
pub fn wrapped(words: &str, width: usize) -> String {
    let mut text = String::new();
    let mut current = String::new();
    let mut typed = false;
    let between = |c| {
        typed ^= c == '`';
        c == ' ' && !typed
    };
    for word in words.split(between) {
        let full = current.width() + 1 + word.width() > width;
        if full && !current.trim().is_empty() {
            line(&mut text, &current);
            current.replace_range(.., "   ");
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    line(&mut text, &current);
    text
}

/// An empty line, unless there is nothing above it.
fn set_apart(text: &mut String) {
    if !text.is_empty() {
        line(text, "");
    }
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{}", content.trim_end()).expect("memory takes it");
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::{LIST_ALL, Report, Sheet, summary, table};
    use crate::report::samples;
    use crate::review::{Review, Verdict};
    use crate::take::{State, Take};

    fn sheet(width: usize) -> Sheet<'static> {
        Sheet { width, place: "out/teaser", evidence: &[] }
    }

    #[test]
    fn every_kind_of_take_at_eighty_columns() {
        assert_snapshot!(table(&Report::new(&samples::takes_of_every_kind()), sheet(80)), @r"
        TAKE             OUTCOME         SIZE     PRICE  WHAT
        SC010_SH010_T01  stored        1.2 MB            A lighthouse at dawn, fog roll…
        SC020_SH010_T01  held                            not submitted yet
        SC030_SH010_T01  unresolved            0.32 USD  the submission was begun, and…
        SC040_SH010_T01  unresolved            0.32 USD  no clear answer: HTTP 524: an…
        SC050_SH010_T01  waiting                         the provider took it on
        SC060_SH010_T01  waiting                         the provider works on it: RUNN…
        SC070_SH010_T01  waiting                         paid for and made, but not on…
        SC080_SH010_T01  rejected                        bad request: ratio is not allo…
        SC090_SH010_T01  failed                          content policy: oh dear
        SC100_SH010_T01  failed                          bad request: oh dear
        SC110_SH010_T01  failed                          account: oh dear
        SC120_SH010_T01  failed                          the provider's own trouble: oh…
        SC130_SH010_T01  failed                          oh dear
        SC140_SH010_T01  failed                          oh dear
        SC150_SH010_T01  failed                          oh dear

        SC020_SH010_T01: run the manifest to submit it
        SC050_SH010_T01 and 1 more: run the manifest again to wait for it; links expire
            within a day or two
        SC070_SH010_T01: run the manifest again soon to fetch it; links expire within a
            day or two
        SC080_SH010_T01 and 1 more: edit the shot and run the manifest again
        SC090_SH010_T01: edit the prompt and run the manifest again; unchanged it will
            be refused again, and repeated refusals can get an account suspended
        SC110_SH010_T01: see to the key and its account, then
            `rushes run MANIFEST --retry-failed`
        SC120_SH010_T01 and 1 more: `rushes run MANIFEST --retry-failed` submits it once
            more and pays once more; or edit the prompt
        SC130_SH010_T01 and 1 more: ask the provider's support with the task id, it may
            have been charged; `rushes run MANIFEST --retry-failed` pays for another one

        unresolved: nobody knows whether the provider has made these, so none is sent
            again by itself. Look for them there, on its dashboard by time and prompt,
            or ask its support by request id:

        SC030_SH010_T01
          submitted   2026-11-22 01:00:00 UTC, for 0.32 USD
          asks for    A lighthouse at dawn, fog rolling in from the sea · gen4_turbo ·
                      16:9 · 5 s · cinematic
          came back   the submission was begun, and no answer is written down
          token       000000000000000000000000000000ab
          if made     rushes resolve SC030_SH010_T01 out/teaser --task-id ID
          if not      rushes resolve SC030_SH010_T01 out/teaser --not-made

        SC040_SH010_T01
          submitted   2026-11-22 01:00:00 UTC, for 0.32 USD
          asks for    A lighthouse at dawn, fog rolling in from the sea · gen4_turbo ·
                      16:9 · 5 s · cinematic
          came back   HTTP 524: an HTML page
          last bytes  <html><head><title>524</title></head> <body>�[31m<h1>Error
                      524</h1></body></html>
          request id  20261122010002-8f0-FRA
          token       000000000000000000000000000000ab
          if made     rushes resolve SC040_SH010_T01 out/teaser --task-id ID
          if not      rushes resolve SC040_SH010_T01 out/teaser --not-made

        15 takes: 1 stored, 1 held, 1 rejected, 7 failed, 2 unresolved, 3 waiting; 1.2 MB of video; 0.64 USD for 2 of 13
        ");
    }

    #[test]
    fn what_is_known_of_prices_has_a_column_and_a_sum() {
        assert_snapshot!(table(&Report::new(&samples::a_good_and_a_bad_take()), sheet(80)), @r"
        TAKE             OUTCOME         SIZE     PRICE  WHAT
        SC010_SH020_T01  stored        1.2 MB  0.32 USD  A lighthouse at dawn, fog roll…
        SC010_SH020_T02  failed                          content policy: the prompt, sa…

        SC010_SH020_T02: edit the prompt and run the manifest again; unchanged it will
            be refused again, and repeated refusals can get an account suspended

        2 takes: 1 stored, 1 failed; 1.2 MB of video; 0.32 USD for 1 of 2
        ");
    }

    #[test]
    fn what_was_said_of_a_take_stands_in_front() {
        let review = |verdict, rating: Option<u8>| Review {
            verdict,
            rating: rating.map(|rating| rating.try_into().unwrap()),
            note: Some("warm".to_owned()),
        };
        let reviews = [review(Some(Verdict::Pick), Some(4)), review(Some(Verdict::Reject), None), review(None, Some(2))];
        let takes = reviews.into_iter().enumerate().map(|(n, review)| {
            let mut take = samples::take(&format!("A_T0{}", n + 1), samples::stored());
            take.record.review = review;
            take
        });
        let takes: Vec<_> = takes.collect();
        assert_snapshot!(table(&Report::new(&takes), sheet(70)), @r"
        TAKE   OUTCOME         SIZE  WHAT
        A_T01  stored        1.2 MB  pick 4/5 · A lighthouse at dawn, fog rol…
        A_T02  stored        1.2 MB  reject · A lighthouse at dawn, fog rolli…
        A_T03  stored        1.2 MB  2/5 · A lighthouse at dawn, fog rolling…

        3 takes: 3 stored; 3.7 MB of video
        ");
    }

    #[test]
    fn a_subject_for_a_mail() {
        let takes = samples::takes_of_every_kind();
        assert_snapshot!(summary(&Report::new(&takes)), @"rushes: 15 takes: 1 stored, 1 held, 1 rejected, 7 failed, 2 unresolved, 3 waiting");
    }

    #[test]
    fn of_many_takes_only_what_needs_attention_is_listed() {
        let mut takes: Vec<_> = (0..LIST_ALL).map(|n| samples::take(&format!("S{n}_T01"), samples::stored())).collect();
        takes.push(samples::take("Z_T01", State::Submitting));
        assert_snapshot!(table(&Report::new(&takes), sheet(100)), @r"
        TAKE   OUTCOME         SIZE     PRICE  WHAT
        Z_T01  unresolved            0.32 USD  the submission was begun, and no answer is written down
        200 more that need no attention are not listed

        unresolved: nobody knows whether the provider has made these, so none is sent again by itself. Look
            for them there, on its dashboard by time and prompt, or ask its support by request id:

        Z_T01
          submitted   2026-11-22 01:00:00 UTC, for 0.32 USD
          asks for    A lighthouse at dawn, fog rolling in from the sea · gen4_turbo · 16:9 · 5 s ·
                      cinematic
          came back   the submission was begun, and no answer is written down
          token       000000000000000000000000000000ab
          if made     rushes resolve Z_T01 out/teaser --task-id ID
          if not      rushes resolve Z_T01 out/teaser --not-made

        201 takes: 200 stored, 1 unresolved; 246.9 MB of video; 0.32 USD for 1 of 201
        ");
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(table(&Report::new(&[]), sheet(80)), "0 takes; 0 B of video\n");
    }

    proptest! {
        #[test]
        fn nothing_of_others_disturbs_the_terminal(takes in samples::takes(), width in 0_usize..200) {
            let text = table(&Report::new(&takes), sheet(width));
            prop_assert!(text.lines().all(|line| !line.contains(char::is_control)));
            prop_assert!(takes.iter().all(|take: &Take| text.contains(&take.name.to_string())));
        }
    }
}
