//! `results.csv`: one row a take, for spreadsheets. UTF-8 without a byte order mark; `results.json` is the exact form for programs.

use std::collections::BTreeSet;
use std::fmt;

use csv::Writer;
use jiff::Timestamp;

use super::{Renderer, Report, Row, off_spec, show};
use crate::media::Media;
use crate::motion::Motion;
use crate::price::Money;
use crate::review::Verdict;
use crate::take::Class;

/// Renders `results.csv`.
pub(crate) struct Results;

impl Renderer for Results {
    fn file_name(&self) -> &'static str {
        "results.csv"
    }

    fn render(&self, report: &Report<'_>) -> String {
        let mut writer = Writer::from_writer(Vec::new());
        let mut write = |record: Vec<String>| writer.write_record(record).expect("rows are equally long and memory takes them");
        let own: BTreeSet<&str> = report.rows().iter().flat_map(|row| row.facts.metadata.keys()).map(String::as_str).collect();
        let names = COLUMNS.iter().map(|(name, _)| (*name).to_owned());
        write(names.chain(own.iter().map(|name| defused(format!("{METADATA}{name}")))).collect());
        for row in report.rows() {
            let cells = COLUMNS.iter().map(|(_, cell)| cell(row));
            let own = own.iter().map(|name| Cell::maybe(row.facts.metadata.get(*name)));
            write(cells.chain(own).map(Cell::finish).collect());
        }
        let bytes = writer.into_inner().expect("memory takes what is left");
        String::from_utf8(bytes).expect("every cell was text")
    }
}

/// How the name of a column begins that holds a field of the author's own.
const METADATA: &str = "metadata.";

/// What a row has in a column.
type Pick = fn(&Row<'_>) -> Cell;

/// Every column but those of [`METADATA`], which come last. New ones go to the end.
const COLUMNS: [(&str, Pick); 45] = [
    ("shot", |row| Cell::text(row.shot)),
    ("take", |row| Cell::Number(row.number.get().to_string())),
    ("outcome", |row| Cell::text(row.outcome.as_str())),
    ("class", |row| Cell::maybe(row.class.map(Class::as_str))),
    ("reason", |row| Cell::maybe(row.reason.as_ref())),
    ("help", |row| Cell::maybe(row.help.as_ref())),
    ("tags", |row| Cell::text(row.facts.tags.join(" "))),
    ("prompt", |row| Cell::text(&row.facts.request.prompt)),
    ("ratio", |row| Cell::text(&row.facts.request.ratio)),
    ("style", |row| Cell::text(&row.facts.request.style)),
    ("model", |row| Cell::text(&row.facts.request.model)),
    ("seconds", |row| Cell::Number(row.facts.request.seconds.get().to_string())),
    ("motion.x", |row| axis(row, |motion| motion.x)),
    ("motion.y", |row| axis(row, |motion| motion.y)),
    ("motion.z", |row| axis(row, |motion| motion.z)),
    ("motion.r", |row| axis(row, |motion| motion.r)),
    ("motion.bg_x_pan", |row| axis(row, |motion| motion.bg_x_pan)),
    ("motion.bg_y_pan", |row| axis(row, |motion| motion.bg_y_pan)),
    ("key", |row| Cell::text(row.facts.key)),
    ("task_id", |row| Cell::maybe(row.facts.task_id)),
    ("attempts", |row| Cell::Number(row.facts.attempts.to_string())),
    ("submitted_at", |row| time(row.facts.submitted_at)),
    ("accepted_at", |row| time(row.facts.accepted_at)),
    ("finished_at", |row| time(row.facts.finished_at)),
    ("stored_at", |row| time(row.facts.stored_at)),
    ("digest", |row| Cell::maybe(row.facts.digest)),
    ("bytes", |row| Cell::Number(row.facts.bytes.map(|bytes| bytes.to_string()).unwrap_or_default())),
    ("file", |row| Cell::maybe(row.facts.file.as_ref())),
    ("named_task", |row| Cell::maybe(row.unresolved.as_ref().and_then(|doubt| doubt.named_task))),
    ("request_id", |row| Cell::maybe(row.unresolved.as_ref().and_then(|doubt| doubt.request_id))),
    ("last_bytes", |row| Cell::maybe(row.unresolved.as_ref().and_then(|doubt| doubt.last_bytes))),
    ("token", |row| Cell::maybe(row.unresolved.as_ref().and_then(|doubt| doubt.token))),
    ("price", |row| Cell::Number(row.facts.price.map(Money::amount).unwrap_or_default())),
    ("currency", |row| Cell::maybe(row.facts.price.map(|price| price.currency().as_str().to_owned()))),
    ("scene", |row| Cell::maybe(row.facts.scene)),
    ("notes", |row| Cell::maybe(row.facts.notes)),
    ("review.verdict", |row| Cell::maybe(row.review.verdict.map(Verdict::as_str))),
    ("review.rating", |row| Cell::number(row.review.rating)),
    ("review.note", |row| Cell::maybe(row.review.note.as_ref())),
    ("media.width", |row| Cell::number(media(row).and_then(|media| media.size).map(|size| size.width))),
    ("media.height", |row| Cell::number(media(row).and_then(|media| media.size).map(|size| size.height))),
    ("media.seconds", |row| Cell::number(media(row).and_then(|media| media.millis).map(show::decimal))),
    ("media.rate", |row| Cell::number(media(row).and_then(|media| media.rate))),
    ("media.codec", |row| Cell::maybe(media(row).and_then(|media| media.codec.as_ref()))),
    ("deviations", |row| Cell::maybe(off_spec(row.take))),
];

/// What one cell holds: a number, written by us, or a text, written by anyone.
enum Cell {
    Number(String),
    Text(String),
}

impl Cell {
    fn text(value: impl fmt::Display) -> Self {
        Self::Text(value.to_string())
    }

    fn maybe(value: Option<impl fmt::Display>) -> Self {
        Self::Text(value.map(|value| value.to_string()).unwrap_or_default())
    }

    fn number(value: Option<impl fmt::Display>) -> Self {
        Self::Number(value.map(|value| value.to_string()).unwrap_or_default())
    }

    /// The cell as it is written. A negative number stays one.
    fn finish(self) -> String {
        match self {
            Self::Text(text) => defused(text),
            Self::Number(text) => text,
        }
    }
}

/// A text as it is written into a cell: one that a spreadsheet would run gets an apostrophe in front. So does what stands behind a
/// semicolon, a tab or a line end within it: a spreadsheet set to German or French takes a semicolon for the end of a cell, and then
/// quotation marks in the middle of a line for themselves.
pub(crate) fn defused(text: String) -> String {
    if !text.contains(FORMULA) && !text.starts_with(ENDS) {
        return text;
    }
    let parts = text.split_inclusive(ENDS).enumerate();
    let mut safe = if text.starts_with(ENDS) { "'".to_owned() } else { String::new() };
    for (place, part) in parts {
        let begins = part.trim_start_matches(|c: char| c.is_whitespace() || c == '"');
        let (before, rest) = part.split_at(part.len() - begins.len());
        let runs = begins.starts_with(FORMULA);
        // At the very front nothing may come before the apostrophe.
        let pieces =
            if place == 0 { ["", if runs { "'" } else { "" }, before] } else { [before, if runs { "'" } else { "" }, ""] };
        safe.extend(pieces.into_iter().chain([rest]));
    }
    safe
}

/// What some spreadsheet may take for the beginning of a formula; see "CSV Injection" at OWASP. The wide forms count too: spreadsheets
/// set to Chinese or Japanese read them like the narrow ones. White space in front is dropped by some importers.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What some spreadsheet may take for the end of a cell, besides the comma that is one.
const ENDS: [char; 4] = [';', '\t', '\r', '\n'];

fn media<'a>(row: &Row<'a>) -> Option<&'a Media> {
    row.facts.media
}

fn axis(row: &Row<'_>, pick: fn(&Motion) -> f64) -> Cell {
    Cell::Number(pick(&row.facts.request.motion).to_string())
}

fn time(at: Option<Timestamp>) -> Cell {
    Cell::maybe(at)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::{COLUMNS, ENDS, FORMULA, Renderer, Report, Results, defused};
    use crate::motion::Motion;
    use crate::report::samples;

    const NUMERIC: [&str; 16] = [
        "take",
        "seconds",
        "motion.x",
        "motion.y",
        "motion.z",
        "motion.r",
        "motion.bg_x_pan",
        "motion.bg_y_pan",
        "attempts",
        "bytes",
        "price",
        "review.rating",
        "media.width",
        "media.height",
        "media.seconds",
        "media.rate",
    ];

    #[test]
    fn one_row_a_take() {
        assert_snapshot!(Results.render(&Report::new(&samples::a_good_and_a_bad_take())), @r#"
        shot,take,outcome,class,reason,help,tags,prompt,ratio,style,model,seconds,motion.x,motion.y,motion.z,motion.r,motion.bg_x_pan,motion.bg_y_pan,key,task_id,attempts,submitted_at,accepted_at,finished_at,stored_at,digest,bytes,file,named_task,request_id,last_bytes,token,price,currency,scene,notes,review.verdict,review.rating,review.note,media.width,media.height,media.seconds,media.rate,media.codec,deviations,metadata.x_lens
        SC010_SH020,1,stored,,,,hero night,"A lighthouse at dawn, fog rolling in from the sea",16:9,cinematic,gen4_turbo,5,0,0.4,0,-6,0,0,3c4d59c33b298fe3b732498d232c5aee1472307b4779b1c8bb7330fbc3331d19,task_0c6a1f2e,1,2026-11-22T01:00:00Z,2026-11-22T01:00:04Z,2026-11-22T01:03:16Z,2026-11-22T01:03:19Z,eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f,1234567,shots/SC010_SH020_T01.mp4,,,,,0.32,USD,SC010,"at dawn, ""maybe""",,,,,,,,,,'=35 mm
        SC010_SH020,2,failed,moderated,"content policy: the prompt, says ""the policy"", is =HYPERLINK(""http://x"")","edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended",hero night,"'=HYPERLINK(""http://x"")",16:9,cinematic,gen4_turbo,5,0,0.4,0,-6,0,0,98a964fd6dbb7bc5773b58f1d7265360747277a82f65f460903a11cb9feffae3,task_0c6a1f2e,1,2026-11-22T01:00:00Z,2026-11-22T01:00:04Z,2026-11-22T01:03:16Z,,,,,,,,,,,SC010,"at dawn, ""maybe""",,,,,,,,,,'=35 mm
        "#);
    }

    #[test]
    fn the_columns_of_the_motion_are_its_axes() {
        let columns: Vec<_> = COLUMNS.iter().filter_map(|(name, _)| name.strip_prefix("motion.")).collect();
        assert_eq!(columns, Motion::AXES);
    }

    #[test]
    fn formulas_are_defused_wherever_a_cell_may_begin() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\n", "'\n"),
            (" =1", "' =1"),
            ("\"=1", "'\"=1"),
            ("＝1+1", "'＝1+1"),
            ("a;=1;b", "a;'=1;b"),
            ("a; \"@b", "a; \"'@b"),
            ("a\r\n-1", "a\r\n'-1"),
        ] {
            assert_eq!(defused(text.to_owned()), safe);
        }
        for text in ["", "a=1", "'=1", "1-1", "<script>", "a, -1", "a; b", "1;2"] {
            assert_eq!(defused(text.to_owned()), text);
        }
    }

    proptest! {
        #[test]
        fn reads_back_and_runs_nothing(takes in samples::takes()) {
            let text = Results.render(&Report::new(&takes));
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let columns = reader.headers().unwrap().clone();
            let records: Vec<_> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), takes.len());
            for record in &records {
                for (column, cell) in columns.iter().zip(record) {
                    let number = NUMERIC.contains(&column) && (cell.is_empty() || cell.parse::<f64>().is_ok());
                    prop_assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}: {:?}", column, cell);
                }
                // However many cells a spreadsheet makes of it.
                for part in record.iter().flat_map(|cell| cell.split(ENDS).skip(1)) {
                    prop_assert!(!part.trim_start_matches(|c: char| c.is_whitespace() || c == '"').starts_with(FORMULA), "{part:?}");
                }
                let take = samples::named(&takes, &record[0], record[1].parse().unwrap());
                prop_assert_eq!(record[7].replace('\'', ""), take.request.prompt.replace('\'', ""));
            }
        }
    }
}
