//! CSV manifests: a line of column names, then one shot a row. No settings: those come from the command line.
//!
//! The `csv` crate reads the records. It knows where a record begins, but not on which line (its count is wrong after `\r\n` and
//! blank lines), nor where a field begins, nor that a quotation mark was never closed; so each record is walked through once more.

use std::ops::Range;

use crate::manifest::Format;
use crate::manifest::diagnostic::{Diagnostic, Place, listed, quoted};
use crate::manifest::row::{Cell, Field, Node, Row, Value, said_twice, unknown_field};
use crate::manifest::sheet::Sheet;
use crate::manifest::source::{Cursor, Source};

/// Comma-separated values, as spreadsheet programs write them.
#[derive(Debug)]
pub(crate) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["csv"]
    }

    /// Column names and nothing else on the first line.
    fn recognises(&self, text: &str) -> bool {
        let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let names: Vec<&str> = line.split([',', ';', '\t']).map(|name| name.trim_matches([' ', '"'])).collect();
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ' ');
        names.iter().all(|name| name.chars().all(plain)) && names.iter().any(|name| Field::named(name).is_some())
    }

    fn read<'a>(&self, source: &'a Source, sheet: &mut Sheet<'a>) {
        let mut records = Records::new(source.text());
        let Some(header) = records.next() else { return };
        let Some(columns) = Columns::read(&header, sheet) else { return };
        for record in records {
            columns.row(&record, sheet);
        }
    }
}

/// What each column is.
struct Columns {
    fields: Vec<Option<Field>>,
    places: Vec<Place>,
}

impl Columns {
    /// Reads the column names; none if it makes no sense to read on.
    fn read(header: &Record, sheet: &mut Sheet<'_>) -> Option<Self> {
        let mistake = header.broken.clone().or_else(|| no_header(header));
        if let Some(mistake) = mistake {
            sheet.found.push(mistake);
            return None;
        }
        let mut columns = Self { fields: Vec::new(), places: Vec::new() };
        for cell in &header.cells {
            let field = columns.field(cell, sheet);
            columns.fields.push(field);
            columns.places.push(cell.at);
        }
        columns.report_missing(header, sheet);
        Some(columns)
    }

    fn field(&self, cell: &Written, sheet: &mut Sheet<'_>) -> Option<Field> {
        let field = Field::named(&cell.text);
        let first = self.fields.iter().position(|known| known.is_some() && *known == field);
        match (field, first) {
            (Some(field), Some(first)) => {
                sheet.found.push(said_twice(&cell.text, field, cell.at, self.places[first]));
                None
            }
            (None, _) if !cell.text.is_empty() => {
                sheet.found.push(unknown_field(&cell.text, cell.at));
                None
            }
            (field, _) => field,
        }
    }

    /// Misses the columns that every manifest should have, unless one is only misspelt, which has been reported.
    fn report_missing(&self, header: &Record, sheet: &mut Sheet<'_>) {
        let misspelt: Vec<Field> = header.cells.iter().filter_map(|cell| Field::meant_by(&cell.text)).collect();
        let mistake = Diagnostic::error("missing-prompt", header.at, "there is no column `prompt`");
        let mistake = mistake.help("name the column that says what is to be seen `prompt`");
        let odd = Diagnostic::warning("missing-id", header.at, "there is no column `id`; shots are called after their prompts");
        let odd = odd.help("add a column `id`: then a shot stays the same shot when its prompt changes");
        for (field, missing) in [(Field::Prompt, mistake), (Field::Id, odd)] {
            if !self.fields.contains(&Some(field)) {
                sheet.lacking.push(field);
                sheet.found.extend((!misspelt.contains(&field)).then_some(missing));
            }
        }
    }

    fn row(&self, record: &Record, sheet: &mut Sheet<'_>) {
        if let Some(mistake) = record.broken.clone().or_else(|| self.ragged(record)) {
            sheet.found.push(mistake);
            return;
        }
        if record.is_empty() {
            return;
        }
        let cells = record.cells.iter().zip(&self.fields).zip(&self.places);
        let mut row = Row::empty(record.at);
        for ((cell, field), name) in cells.filter(|((cell, _), _)| !cell.text.is_empty()) {
            match field {
                Some(field) => row.cells.push(Cell { field: *field, name: *name, node: cell.node(sheet.source) }),
                None => sheet.found.extend(nameless(cell, *name, sheet.source)),
            }
        }
        sheet.rows.push(row);
    }

    fn ragged(&self, record: &Record) -> Option<Diagnostic> {
        let (cells, columns) = (record.cells.len(), self.fields.len());
        if cells == columns || record.is_empty() {
            return None;
        }
        let extra = record.cells.get(columns);
        let at = extra.map_or(record.at, |cell| cell.at);
        let message = format!("this row has {cells} cells, but there are {columns} columns");
        let mistake = Diagnostic::error("ragged-row", at, message);
        let mistake = extra.map_or(mistake.clone(), |cell| mistake.value(&cell.text));
        Some(mistake.help(
            "a text with a comma in it stands between quotation marks: `\"fog, then sun\"`; empty cells keep their commas",
        ))
    }
}

/// A header that is none.
fn no_header(header: &Record) -> Option<Diagnostic> {
    let known = header.cells.iter().any(|cell| Field::named(&cell.text).is_some());
    let first = header.cells.first()?;
    let other = [';', '\t'].into_iter().find(|&separator| header.cells.len() == 1 && first.text.contains(separator));
    let mistake = match other {
        Some(separator) => {
            let message =
                format!("the columns are separated by {}, not by commas", if separator == ';' { "`;`" } else { "tabs" });
            Diagnostic::error("header", header.at, message)
                .help("export the sheet with commas: \"CSV UTF-8 (comma delimited)\"")
        }
        None if known => return None,
        None => {
            let message = format!("the first line must name the columns, but {} is no column", quoted(&first.text));
            let names = ["id", "prompt", "ratio", "style", "model", "seconds", "motion.x", "takes", "tags"];
            Diagnostic::error("header", header.at, message)
                .help(format!("begin with `id,prompt`; columns are {}", listed(&names)))
        }
    };
    Some(mistake.value(&first.text))
}

/// A cell under a column without a name. Cells under an unknown name have been reported with it.
fn nameless(cell: &Written, name: Place, source: &str) -> Option<Diagnostic> {
    let empty = source[name.span()].trim_matches(['"', ' ']).is_empty();
    let mistake = || Diagnostic::error("unknown-field", cell.at, "this cell's column has no name").value(&cell.text);
    empty.then(|| mistake().help("name the column in the first line, or remove the cell"))
}

/// One record, with the place of everything in it.
struct Record {
    at: Place,
    cells: Vec<Written>,
    /// Why it cannot be trusted.
    broken: Option<Diagnostic>,
}

/// One cell as it is written.
struct Written {
    at: Place,
    text: String,
}

impl Record {
    fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }
}

impl Written {
    fn node(&self, source: &str) -> Node {
        let plain = source.get(self.at.span()) == Some(self.text.as_str()) && !self.text.starts_with(['"', '\'']);
        Node { at: self.at, value: if plain { Value::Plain } else { Value::Text(self.text.as_str().into()) } }
    }
}

/// All records of a text.
struct Records<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    cursor: Cursor<'a>,
}

impl<'a> Records<'a> {
    fn new(text: &'a str) -> Self {
        let reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        Self { text, reader, record: csv::StringRecord::new(), cursor: Cursor::new(text) }
    }

    fn record(&mut self, start: usize) -> Record {
        let end = self.offset();
        let raw = &self.text[start..end];
        let start = start + raw.len() - raw.trim_start_matches(['\r', '\n']).len();
        self.cursor.advance(start);
        let mut record = Record { at: self.cursor.place(start), cells: Vec::new(), broken: None };
        for (field, decoded) in fields(&self.text[start..end]).into_iter().zip(&self.record) {
            let span = start + field.span.start..start + field.span.end;
            self.cursor.advance(span.start);
            let at = self.cursor.place(span.end);
            record.broken = record.broken.or_else(|| field.flaw.map(|flaw| flaw.diagnostic(at, decoded)));
            record.cells.push(Written { at, text: decoded.trim().to_owned() });
        }
        record
    }

    fn offset(&self) -> usize {
        usize::try_from(self.reader.position().byte()).map_or(self.text.len(), |offset| offset.min(self.text.len()))
    }
}

impl Iterator for Records<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let start = self.offset();
        // The text is known to be UTF-8 and rows may be ragged, so that nothing is left that could fail.
        let more = self.reader.read_record(&mut self.record).unwrap_or(false);
        more.then(|| self.record(start))
    }
}

/// Where one field of a record stands, without spaces around it.
#[derive(Debug, PartialEq)]
struct FieldSpan {
    span: Range<usize>,
    flaw: Option<Flaw>,
}

/// Quotation marks that do not say what their author meant.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    NeverClosed,
    TextBehind,
    SpaceBefore,
}

impl Flaw {
    fn diagnostic(self, at: Place, decoded: &str) -> Diagnostic {
        let (message, help) = match self {
            Self::NeverClosed => ("this quotation mark is never closed", "close it, and double those inside of it: `\"\"`"),
            Self::TextBehind => {
                ("there is text behind the closing quotation mark", "double quotation marks inside of a text: `\"\"`")
            }
            Self::SpaceBefore => ("a quotation mark after a space does not quote", "remove the space behind the comma"),
        };
        Diagnostic::error("quotes", at, message).value(decoded).help(help)
    }
}

/// The fields of a record, the way the `csv` crate divides it: a quotation mark counts only as the first character of a field.
fn fields(record: &str) -> Vec<FieldSpan> {
    let bytes = record.as_bytes();
    let mut fields = Vec::new();
    let mut start = 0;
    loop {
        let (end, quotes) = if bytes.get(start) == Some(&b'"') { quoted_end(bytes, start) } else { (start, Quotes::None) };
        let stop = bytes[end..].iter().position(|b| matches!(b, b',' | b'\r' | b'\n')).map_or(bytes.len(), |at| end + at);
        fields.push(field(record, start..stop, end, &quotes));
        if bytes.get(stop) != Some(&b',') {
            return fields;
        }
        start = stop + 1;
    }
}

enum Quotes {
    None,
    Closed,
    Open,
}

/// Where the quoted part that begins at `start` ends.
fn quoted_end(bytes: &[u8], start: usize) -> (usize, Quotes) {
    let mut at = start + 1;
    while let Some(ahead) = bytes[at..].iter().position(|&b| b == b'"') {
        at += ahead + 1;
        if bytes.get(at) != Some(&b'"') {
            return (at, Quotes::Closed);
        }
        at += 1;
    }
    (bytes.len(), Quotes::Open)
}

fn field(record: &str, span: Range<usize>, closed_at: usize, quotes: &Quotes) -> FieldSpan {
    let text = &record[span.clone()];
    let start = span.start + text.len() - text.trim_start().len();
    let end = start + text.trim().len();
    let flaw = match quotes {
        Quotes::Open => Some(Flaw::NeverClosed),
        Quotes::Closed => (end > closed_at).then_some(Flaw::TextBehind),
        Quotes::None => text.trim_start().starts_with('"').then_some(Flaw::SpaceBefore),
    };
    FieldSpan { span: start..end, flaw }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(record: &str, expected: &[(&str, Option<Flaw>)]) {
        let found: Vec<_> = fields(record).into_iter().map(|field| (&record[field.span], field.flaw)).collect();
        assert_eq!(found, expected, "{record}");
    }

    #[test]
    fn fields_are_found_without_the_spaces_around_them() {
        check("a, b ,,\"c,d\"\r\n", &[("a", None), ("b", None), ("", None), ("\"c,d\"", None)]);
        check("\"a\"\"b\nc\" ,d", &[("\"a\"\"b\nc\"", None), ("d", None)]);
        check("", &[("", None)]);
    }

    #[test]
    fn quotation_marks_that_mislead_are_flaws() {
        check("\"a\"b,c", &[("\"a\"b", Some(Flaw::TextBehind)), ("c", None)]);
        check("a, \"b, c\"", &[("a", None), ("\"b", Some(Flaw::SpaceBefore)), ("c\"", None)]);
        check("a,\"b\n", &[("a", None), ("\"b", Some(Flaw::NeverClosed))]);
        check("a \"b\"", &[("a \"b\"", None)]);
    }

    proptest! {
        /// Our walk through a record and the crate's agree on what its fields are.
        #[test]
        fn fields_are_those_of_the_csv_crate(text in "[a,\"\r\n é]{0,40}") {
            let mut records = Records::new(&text);
            let mut start = 0;
            while records.reader.read_record(&mut records.record).unwrap() {
                let end = records.offset();
                let raw = text[start..end].trim_start_matches(['\r', '\n']);
                let ours = fields(raw);
                prop_assert_eq!(ours.len(), records.record.len(), "{:?}", raw);
                for (field, decoded) in ours.iter().zip(&records.record) {
                    let plain = field.flaw.is_none() && !raw[field.span.clone()].starts_with('"');
                    prop_assert!(!plain || &raw[field.span.clone()] == decoded.trim(), "{:?}", raw);
                }
                start = end;
            }
        }
    }
}
