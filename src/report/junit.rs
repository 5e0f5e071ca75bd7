//! `junit.xml`: the takes as test cases, for continuous integration. There is no one schema: what is written here is valid by that of
//! Ant (`JUnit.xsd`), the strictest, and by that of Jenkins (`junit-10.xsd`), so what is known of a take besides is in the properties
//! of its suite, which both have.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::show::{self, visible};
use super::{Renderer, Report, Row, unresolved};
use crate::take::{Class, Outcome};

/// Renders `junit.xml`.
pub(crate) struct Junit;

/// What the suite of takes without a scene is called, and what all suites are a part of.
const WHOLE: &str = "rushes";

impl Renderer for Junit {
    fn file_name(&self) -> &'static str {
        "junit.xml"
    }

    fn render(&self, report: &Report<'_>) -> String {
        let mut scenes: BTreeMap<Option<&str>, Vec<&Row<'_>>> = BTreeMap::new();
        for row in report.rows() {
            scenes.entry(row.take.about.scene_of(row.shot)).or_default().push(row);
        }
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        for (id, (scene, rows)) in scenes.iter().enumerate() {
            suite(&mut text, id, scene.unwrap_or(WHOLE), rows);
        }
        text.push_str("</testsuites>\n");
        text
    }
}

/// What a take is to a test runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It is here, and as it was asked for, or somebody has picked it all the same.
    Passed,
    /// It was refused, or came to nothing, or is not as it was asked for.
    Failure,
    /// Nobody knows, and a person has to find out.
    Error,
    /// It is not over.
    Skipped,
}

impl Verdict {
    fn of(row: &Row<'_>) -> Self {
        match row.outcome {
            Outcome::Stored | Outcome::Reused => Self::Passed,
            Outcome::OffSpec if row.review.is_pick() => Self::Passed,
            Outcome::OffSpec | Outcome::Rejected | Outcome::Failed => Self::Failure,
            Outcome::Unresolved => Self::Error,
            Outcome::Held | Outcome::Waiting => Self::Skipped,
        }
    }
}

fn suite(text: &mut String, id: usize, name: &str, rows: &[&Row<'_>]) {
    let count = |verdict| rows.iter().filter(|row| Verdict::of(row) == verdict).count();
    let (failures, errors, skipped) = (count(Verdict::Failure), count(Verdict::Error), count(Verdict::Skipped));
    let begun = rows.iter().filter_map(|row| row.facts.submitted_at).min().unwrap_or(Timestamp::UNIX_EPOCH);
    let time = show::decimal(rows.iter().map(|row| millis(row)).fold(0, u64::saturating_add));
    let (name, begun) = (escaped(name), begun.strftime("%Y-%m-%dT%H:%M:%S"));
    line(
        text,
        &format!(
            "  <testsuite id=\"{id}\" name=\"{name}\" package=\"{WHOLE}\" hostname=\"localhost\" timestamp=\"{begun}\" \
             tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" time=\"{time}\">",
            rows.len()
        ),
    );
    properties(text, rows);
    for row in rows {
        case(text, &name, row);
    }
    line(text, "    <system-out/>\n    <system-err/>\n  </testsuite>");
}

/// What leads from a take to its bytes, its bill and the provider, by the take's name.
fn properties(text: &mut String, rows: &[&Row<'_>]) {
    line(text, "    <properties>");
    for row in rows {
        let facts = &row.facts;
        let known = [
            ("task_id", facts.task_id.map(ToString::to_string)),
            ("digest", facts.digest.map(|digest| digest.to_string())),
            ("price", facts.price.map(|price| price.to_string())),
        ];
        for (name, value) in known {
            if let Some(value) = value {
                let (take, value) = (&row.take.name, escaped(&value));
                line(text, &format!("      <property name=\"{take}.{name}\" value=\"{value}\"/>"));
            }
        }
    }
    line(text, "    </properties>");
}

fn case(text: &mut String, suite: &str, row: &Row<'_>) {
    let case = format!("<testcase name=\"{}\" classname=\"{suite}\" time=\"{}\"", row.take.name, show::decimal(millis(row)));
    let kind = row.class.map_or(row.outcome.as_str(), Class::as_str);
    let message = escaped(&visible(&why(row)));
    let opened = match Verdict::of(row) {
        Verdict::Passed => return line(text, &format!("    {case}/>")),
        Verdict::Failure => format!("failure type=\"{kind}\" message=\"{message}\""),
        Verdict::Error => format!("error type=\"{kind}\" message=\"{message}\""),
        Verdict::Skipped => format!("skipped message=\"{message}\""),
    };
    let closed = opened.split(' ').next().unwrap_or_default();
    line(text, &format!("    {case}>\n      <{opened}>{}</{closed}>\n    </testcase>", escaped(&details(row))));
}

/// Why the take is not simply here.
fn why(row: &Row<'_>) -> String {
    row.reason.clone().unwrap_or_default()
}

/// The same, what to do about it, and what was asked for; and all that is known of what is unresolved.
fn details(row: &Row<'_>) -> String {
    let prompt = format!("prompt: {}", row.facts.request.prompt);
    let lines = [Some(why(row)), row.help.clone(), Some(prompt)];
    let lines: Vec<_> = lines.into_iter().flatten().map(|line| visible(&line)).collect();
    format!("{}\n{}", lines.join("\n"), unresolved::known(row.take, WIDTH)).trim_end().to_owned()
}

/// As wide as the lines of what is known are.
const WIDTH: usize = 100;

/// How long the take was at the provider; 0 where that is not known.
fn millis(row: &Row<'_>) -> u64 {
    let times = row.facts.submitted_at.zip(row.facts.finished_at);
    times.map_or(0, |(from, to)| u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0))
}

/// As it stands in XML 1.0, between tags and in attributes; characters that cannot stand there at all become U+FFFD.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            c if c.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            c => escaped.push(c),
        }
    }
    escaped
}

fn line(text: &mut String, content: &str) {
    writeln!(text, "{content}").expect("memory takes it");
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::{Junit, Renderer, Report};
    use crate::media::{Media, Size};
    use crate::report::samples;
    use crate::review::{Review, Verdict};
    use crate::take::{State, Take};

    fn render(takes: &[Take]) -> String {
        Junit.render(&Report::new(takes))
    }

    #[test]
    fn a_suite_a_scene_and_a_case_a_take() {
        assert_snapshot!(render(&samples::a_good_and_a_bad_take()), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites>
          <testsuite id="0" name="SC010" package="rushes" hostname="localhost" timestamp="2026-11-22T01:00:00" tests="2" failures="1" errors="0" skipped="0" time="392.000">
            <properties>
              <property name="SC010_SH020_T01.task_id" value="task_0c6a1f2e"/>
              <property name="SC010_SH020_T01.digest" value="eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f"/>
              <property name="SC010_SH020_T01.price" value="0.32 USD"/>
              <property name="SC010_SH020_T02.task_id" value="task_0c6a1f2e"/>
            </properties>
            <testcase name="SC010_SH020_T01" classname="SC010" time="196.000"/>
            <testcase name="SC010_SH020_T02" classname="SC010" time="196.000">
              <failure type="moderated" message="content policy: the prompt, says &quot;the policy&quot;, is =HYPERLINK(&quot;http://x&quot;)">content policy: the prompt, says &quot;the policy&quot;, is =HYPERLINK(&quot;http://x&quot;)
        edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended
        prompt: =HYPERLINK(&quot;http://x&quot;)</failure>
            </testcase>
            <system-out/>
            <system-err/>
          </testsuite>
        </testsuites>
        "#);
    }

    #[track_caller]
    fn check(take: Take, expected: &str) {
        let text = render(&[take]);
        let case = text.lines().skip_while(|line| !line.contains("<testcase")).nth(1).unwrap_or_default().trim();
        assert!(case.starts_with(expected), "{case}");
    }

    #[test]
    fn a_take_passes_fails_or_is_not_over() {
        let kinds = samples::takes_of_every_kind();
        let expected = [
            "<system-out/>",
            "<skipped message=\"not submitted yet\">",
            "<error type=\"unresolved\"",
            "<error type=\"unresolved\"",
            "<skipped",
            "<skipped",
            "<skipped",
            "<failure type=\"input\"",
            "<failure type=\"moderated\"",
        ];
        for (take, expected) in kinds.into_iter().zip(expected) {
            check(take, expected);
        }
    }

    #[test]
    fn what_is_off_spec_fails_until_somebody_picks_it() {
        let mut take = samples::take("A_T01", samples::stored());
        take.record.media = Some(Media { size: Some(Size { width: 720, height: 1280 }), ..Media::default() });
        let picked = Review { verdict: Some(Verdict::Pick), ..Review::default() };
        check(take.clone(), "<failure type=\"off_spec\" message=\"its picture is 720x1280, not 16:9\">");
        take.record.review = picked;
        check(take, "<system-out/>");
    }

    #[test]
    fn nothing_of_others_becomes_markup() {
        let why = "</failure>]]>\u{0}\u{1b}[31m\u{ffff}\u{202e}&lt;".to_owned();
        check(
            samples::take("A_T01", State::Rejected { class: crate::take::Class::Unknown, why }),
            "<failure type=\"unknown\" message=\"&lt;/failure&gt;]]&gt;\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}&amp;lt;\">",
        );
    }

    proptest! {
        #[test]
        fn the_counts_are_right_and_the_characters_allowed(takes in samples::takes()) {
            let text = render(&takes);
            let sum = |name: &str| -> usize {
                let mark = format!(" {name}=\"");
                let counts = text.split(&mark).skip(1).filter_map(|rest| rest.split_once('"'));
                counts.map(|(count, _)| count.parse::<usize>().unwrap()).sum()
            };
            prop_assert_eq!(sum("tests"), takes.len());
            prop_assert_eq!(text.matches("<testcase ").count(), takes.len());
            for (name, element) in [("failures", "<failure "), ("errors", "<error "), ("skipped", "<skipped ")] {
                prop_assert_eq!(sum(name), text.matches(element).count(), "{}", name);
            }
            let bad = |c: char| c != '\n' && c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
            prop_assert!(!text.contains(bad));
            prop_assert_eq!(text.matches('<').count(), text.matches('>').count());
        }
    }
}
