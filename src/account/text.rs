//! The account for a terminal: a table for each thing that it is by, all with the same columns, and the total below them. Where that
//! does not fit, the same in sentences. Nothing in it that others wrote can disturb the terminal.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{Account, By, Line, Lines};
use crate::price::{Currency, Sum};
use crate::report::{clip, fold, pad, wrapped};
use crate::take::Standing;

/// The least room for names, unless they are all shorter; with less there is no table.
const LEAST: usize = 12;
/// How far sentences are set in.
const INDENT: usize = 2;

/// A heading and the rows below it, each with a name.
type Section<'a> = (&'static str, Vec<(&'a str, &'a Lines)>);

/// A column of figures. Without any price known, amounts are numbers of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Attempts,
    Videos,
    Amount(Standing),
    PerVideo,
    Points,
    Unit,
}

impl Account {
    /// The account for a terminal that is `width` columns wide. `place` is the output directory as it is to be typed.
    pub fn text(&self, width: usize, place: &str) -> String {
        if self.total.is_empty() {
            return wrapped(self.nothing(), width);
        }
        let sections = self.sections();
        let all = self.columns();
        // What is told elsewhere gives way before the table does.
        let narrower = [&[][..], &[Column::Points], &[Column::Points, Column::PerVideo]];
        let mut columns =
            narrower.map(|less| all.iter().copied().filter(|column| !less.contains(column)).collect()).into_iter();
        let table = columns.find_map(|columns: Vec<_>| self.table(&sections, &columns, width));
        let mut text = table.unwrap_or_else(|| self.sentences(&sections, width));
        let notes = self.notes(place);
        if !notes.is_empty() {
            text.push('\n');
        }
        text.extend(notes.iter().map(|note| wrapped(note, width)));
        text
    }

    fn nothing(&self) -> &'static str {
        match (self.scope.since, self.scope.until) {
            (None, None) => "nothing has been submitted that was, or may be, charged",
            _ => "nothing was submitted in this time that was, or may be, charged",
        }
    }

    fn sections(&self) -> Vec<Section<'_>> {
        let heading = |by| match by {
            By::Day => "DAY",
            By::Month => "MONTH",
            By::Tag => "TAG",
            By::Model => "MODEL",
            By::Scene => "SCENE",
        };
        let mut sections: Vec<Section<'_>> = Vec::new();
        for group in self.groups.iter().filter(|group| !group.is_nameless()) {
            let rows = group.rows().map(|(key, lines)| (key.unwrap_or("(none)"), lines));
            sections.push((heading(group.by), rows.collect()));
        }
        sections.push(("", vec![("total", &self.total)]));
        sections
    }

    /// What there is something to show in.
    fn columns(&self) -> Vec<Column> {
        let is_priced = self.is_priced();
        let shown = |standing| standing == Standing::Spent || !self.is_zero(standing);
        let mut columns = vec![Column::Attempts, Column::Videos];
        columns.extend(Line::STANDINGS.into_iter().filter(|standing| shown(*standing)).map(Column::Amount));
        columns.extend((is_priced && self.total.videos() > 0).then_some(Column::PerVideo));
        columns.extend(self.total.points().map(|_| Column::Points));
        columns.extend(is_priced.then_some(Column::Unit));
        columns
    }

    fn is_priced(&self) -> bool {
        self.total.priced().next().is_some()
    }

    fn is_zero(&self, standing: Standing) -> bool {
        if self.is_priced() {
            self.total.priced().all(|(_, line)| line.of(standing).sum.is_zero())
        } else {
            self.total.attempts_that_are(standing) == 0
        }
    }

    /// What a line has in a column.
    fn cell(&self, column: Column, currency: Option<Currency>, line: &Line) -> String {
        match (column, currency) {
            (Column::Attempts, _) => line.attempts().to_string(),
            (Column::Videos, _) => line.videos.to_string(),
            (Column::Amount(standing), Some(_)) => amount(standing, line),
            (Column::Amount(standing), None) if !self.is_priced() => line.of(standing).attempts.to_string(),
            (Column::PerVideo, Some(_)) => line.per_video().map(|sum| sum.rounded().amount()).unwrap_or_default(),
            (Column::Points, _) => line.points.map(|points| points.to_string()).unwrap_or_default(),
            (Column::Unit, Some(currency)) => currency.as_str().to_owned(),
            (Column::Unit, None) => "no price".to_owned(),
            (Column::Amount(_) | Column::PerVideo, None) => String::new(),
        }
    }

    /// All sections as tables of these columns; `None` where they are too wide.
    fn table(&self, sections: &[Section<'_>], columns: &[Column], width: usize) -> Option<String> {
        let headings: Vec<_> = columns.iter().map(|column| column.heading()).collect();
        let tables: Vec<Vec<_>> = sections.iter().map(|(_, rows)| self.rows(rows, columns)).collect();
        let rows = || tables.iter().flatten();
        let widest = |place: usize| rows().map(|(_, cells)| cells[place].len()).max().unwrap_or(0);
        let widths: Vec<_> = headings.iter().zip(0..).map(|(heading, place)| widest(place).max(heading.len())).collect();
        let figures: usize = widths.iter().map(|width| width + 2).sum();
        let longest = rows().map(|(name, _)| clip(name, width).width()).max().unwrap_or(0).max("MONTH".len());
        let room = width.checked_sub(figures).filter(|room| *room >= longest.min(LEAST))?;
        let names = longest.min(room);
        let mut text = String::new();
        let mut write = |name: &str, cells: &[String]| {
            let mut line = pad(&clip(name, names), names);
            for ((column, width), cell) in columns.iter().zip(&widths).zip(cells) {
                // The last one has words in it.
                let width = if *column == Column::Unit { 0 } else { *width };
                write!(line, "  {cell:>width$}").expect("memory takes it");
            }
            writeln!(text, "{}", line.trim_end()).expect("memory takes it");
        };
        for (place, ((heading, _), rows)) in sections.iter().zip(&tables).enumerate() {
            if place > 0 {
                write("", &[]);
            }
            // The total stands under the headings of what is above it.
            if place == 0 || !heading.is_empty() {
                write(heading, &headings);
            }
            for (name, cells) in rows {
                write(name, cells);
            }
        }
        Some(text)
    }

    /// The rows of one table, with a further one for each further currency, which does not repeat the name.
    fn rows<'a>(&self, rows: &[(&'a str, &Lines)], columns: &[Column]) -> Vec<(&'a str, Vec<String>)> {
        let mut all = Vec::new();
        for (name, lines) in rows {
            for (place, (currency, line)) in lines.all().enumerate() {
                let cells = columns.iter().map(|column| self.cell(*column, currency, line));
                all.push((if place == 0 { *name } else { "" }, cells.collect()));
            }
        }
        all
    }

    fn sentences(&self, sections: &[Section<'_>], width: usize) -> String {
        let mut text = String::new();
        for (place, (heading, rows)) in sections.iter().enumerate() {
            if place > 0 {
                text.push('\n');
            }
            if !heading.is_empty() {
                writeln!(text, "{heading}").expect("memory takes it");
            }
            for (name, lines) in rows {
                writeln!(text, "{}", clip(name, width.max(LEAST))).expect("memory takes it");
                for (currency, line) in lines.all() {
                    for part in fold(&self.sentence(currency, line), width.max(LEAST) - INDENT, usize::MAX) {
                        writeln!(text, "{:INDENT$}{part}", "").expect("memory takes it");
                    }
                }
            }
        }
        text
    }

    /// `3.84 USD spent, 0.32 unresolved, 0.35 a video; 12 attempts, 11 videos`.
    fn sentence(&self, currency: Option<Currency>, line: &Line) -> String {
        let mut parts = Vec::new();
        for column in self.columns() {
            let cell = self.cell(column, currency, line);
            match column {
                _ if cell.is_empty() => {}
                Column::Amount(standing) => {
                    let unit = currency.filter(|_| parts.is_empty()).map(|currency| format!(" {}", currency.as_str()));
                    parts.push(format!("{cell}{} {}", unit.unwrap_or_default(), standing.as_str()));
                }
                Column::PerVideo => parts.push(format!("{cell} a video")),
                Column::Points => parts.push(format!("{cell} points")),
                Column::Unit if currency.is_none() => parts.push(cell),
                Column::Attempts | Column::Videos | Column::Unit => {}
            }
        }
        format!("{}; {}, {}", parts.join(", "), count(line.attempts(), "attempt"), count(line.videos, "video"))
    }

    /// What is to be known of the figures, and what to do.
    fn notes(&self, place: &str) -> Vec<String> {
        let mut notes = Vec::new();
        let unresolved = self.total.attempts_that_are(Standing::Unresolved);
        if unresolved > 0 {
            let sums = sums(&self.total, |line| line.of(Standing::Unresolved).sum);
            let sums = if sums.is_empty() { sums } else { format!(" ({sums})") };
            let was = if unresolved == 1 { "was" } else { "were" };
            let what = format!("nobody knows whether {} {was} paid for{sums}", count(unresolved, "attempt"));
            notes.push(format!("unresolved: {what}; `rushes status {place}` shows what is known, and how to settle it"));
        }
        let ruled = sums(&self.total, |line| line.ruled);
        if !ruled.is_empty() {
            notes.push(format!("refunded: {ruled} by the rule alone; the provider has not said so"));
        }
        if let Some(unpriced) = self.total.unpriced() {
            let which = if self.is_priced() { count(unpriced.attempts(), "attempt") } else { "all these attempts".to_owned() };
            let state = "state prices before a run, under `prices:` in the manifest or with `rushes run --prices FILE`";
            let counted = if self.is_priced() { "" } else { "; the figures are numbers of attempts" };
            notes.push(format!("no price: none was stated for {which}{counted}; {state}"));
        }
        if self.overlaps {
            notes.push("by tag: what has several tags counts for each, so these rows come to more than the total".to_owned());
        }
        let dated = self.groups.iter().any(|group| matches!(group.by, By::Day | By::Month));
        if dated || self.scope.since.is_some() || self.scope.until.is_some() {
            let zone = self.scope.zone_name().unwrap_or_else(|| "this machine's time zone".to_owned());
            notes.push(format!("days: those of {zone}"));
        }
        notes
    }
}

impl Column {
    fn heading(self) -> String {
        match self {
            Self::Attempts => "ATTEMPTS".to_owned(),
            Self::Videos => "VIDEOS".to_owned(),
            Self::Amount(standing) => standing.as_str().to_uppercase(),
            Self::PerVideo => "A VIDEO".to_owned(),
            Self::Points => "POINTS".to_owned(),
            Self::Unit => String::new(),
        }
    }
}

/// What stands like this; of what is not spent, nothing is not written.
fn amount(standing: Standing, line: &Line) -> String {
    let sum = line.of(standing).sum;
    if sum.is_zero() && standing != Standing::Spent { String::new() } else { sum.amount() }
}

/// `1.00 EUR and 2.24 USD`; empty where there is nothing.
fn sums(lines: &Lines, pick: impl Fn(&Line) -> Sum) -> String {
    let sums = lines.priced().map(|(currency, line)| (currency, pick(line))).filter(|(_, sum)| !sum.is_zero());
    let sums: Vec<_> = sums.map(|(currency, sum)| format!("{} {}", sum.amount(), currency.as_str())).collect();
    sums.join(" and ")
}

/// `1 video`, `2 videos`.
fn count(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}
