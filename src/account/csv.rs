//! The account for spreadsheets: a row for each currency of each row, and one for what has no known price.

use csv::Writer;

use super::{Account, Line, Lines};
use crate::price::{Currency, Sum};
use crate::report::defused;
use crate::take::Standing;

/// New ones go to the end.
const COLUMNS: [&str; 12] = [
    "by",
    "key",
    "currency",
    "attempts",
    "videos",
    "spent",
    "reserved",
    "refunded",
    "refunded_by_rule",
    "unresolved",
    "spent_per_video",
    "points",
];

impl Account {
    /// The rows, then those of the total, whose `by` is `total`. Cells that a spreadsheet would run are defused.
    pub fn csv(&self) -> String {
        let mut writer = Writer::from_writer(Vec::new());
        let mut write = |row: [String; COLUMNS.len()]| writer.write_record(row).expect("memory takes rows of one length");
        write(COLUMNS.map(str::to_owned));
        for group in &self.groups {
            for (key, lines) in group.rows() {
                rows(group.by.as_str(), key.unwrap_or_default(), lines).for_each(&mut write);
            }
        }
        rows("total", "", &self.total).for_each(&mut write);
        let bytes = writer.into_inner().expect("memory takes what is left");
        String::from_utf8(bytes).expect("every cell was text")
    }
}

fn rows<'a>(by: &'a str, key: &'a str, lines: &'a Lines) -> impl Iterator<Item = [String; COLUMNS.len()]> {
    lines.all().map(move |(currency, line)| row(by, key, currency, line))
}

fn row(by: &str, key: &str, currency: Option<Currency>, line: &Line) -> [String; COLUMNS.len()] {
    let known = |sum: Option<Sum>| currency.and(sum).map(Sum::amount).unwrap_or_default();
    let of = |standing| known(Some(line.of(standing).sum));
    [
        by.to_owned(),
        defused(key.to_owned()),
        currency.map(|currency| currency.as_str().to_owned()).unwrap_or_default(),
        line.attempts().to_string(),
        line.videos.to_string(),
        of(Standing::Spent),
        of(Standing::Reserved),
        of(Standing::Refunded),
        known(Some(line.ruled)),
        of(Standing::Unresolved),
        known(line.per_video()),
        line.points.map(|points| points.to_string()).unwrap_or_default(),
    ]
}
