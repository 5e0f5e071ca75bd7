//! The records of a table, with the place of everything in them. Knows nothing of what columns mean.
//!
//! The `csv` crate reads the records. It knows where a record begins, but not on which line (its count is wrong after `\r\n` and
//! blank lines), nor where a field begins, nor that a quotation mark was never closed; so each record is walked through once more.

use std::ops::Range;

use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::dialect::{Dialect, Separator};
use crate::manifest::source::Cursor;

/// One record, with the place of everything in it.
pub(super) struct Record {
    /// Where it stands, up to the end of its first line.
    pub(super) at: Place,
    /// What is in it; at least one.
    pub(super) cells: Vec<Written>,
    /// The cells that cannot be trusted, by position, and why not.
    pub(super) broken: Vec<(usize, Diagnostic)>,
}

/// One cell as it is written.
pub(super) struct Written {
    /// Where it stands, quotation marks included.
    pub(super) at: Place,
    /// What it says, without spaces around it.
    pub(super) text: String,
}

impl Record {
    /// Whether nothing stands in any of its cells.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(|cell| cell.text.is_empty())
    }

    /// Whether it is empty, and nothing is wrong with it.
    pub(super) fn is_blank(&self) -> bool {
        self.broken.is_empty() && self.is_empty()
    }
}

/// How often a quotation mark that swallows rows is passed over at most, to read those.
const MAX_GAPS: usize = 20;

/// All records of a table.
pub(super) struct Records<'a> {
    text: &'a str,
    separator: Separator,
    /// Where the reader began.
    start: usize,
    /// How many cells the first record has that has any.
    width: usize,
    gaps: usize,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    cursor: Cursor<'a>,
}

impl<'a> Records<'a> {
    /// The records of `text`, from where its table begins.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let Dialect { separator, start } = dialect;
        let (reader, cursor) = (reader(text, separator, start), Cursor::new(text));
        Self { text, separator, start, width: 0, gaps: 0, reader, record: csv::StringRecord::new(), cursor }
    }

    fn record(&mut self, start: usize) -> Record {
        let end = self.offset();
        let raw = &self.text[start..end];
        let start = start + raw.len() - raw.trim_start_matches(['\r', '\n']).len();
        self.cursor.advance(start);
        let at = self.cursor.place(line_end(self.text, start).min(end));
        let mut record = Record { at, cells: Vec::new(), broken: Vec::new() };
        for (field, decoded) in fields(&self.text[start..end], self.separator).into_iter().zip(&self.record) {
            let span = start + field.span.start..start + field.span.end;
            self.cursor.advance(span.start);
            let at = self.cursor.place(span.end);
            // Only then: to look for the end of a long line at each of its fields would take for ever.
            let swallowed = field.flaw.is_some_and(Flaw::swallows_lines).then(|| line_end(self.text, span.start).min(span.end));
            let shown = swallowed.map_or(at, |line| self.cursor.place(line));
            let said = decoded.lines().next().unwrap_or_default();
            let flaw = field.flaw.map(|flaw| flaw.diagnostic(shown, said, self.separator));
            record.broken.extend(flaw.map(|flaw| (record.cells.len(), flaw)));
            record.cells.push(Written { at, text: decoded.trim().to_owned() });
            if let Some(line) = swallowed {
                self.pass_over(line);
                break;
            }
        }
        if self.width == 0 && !record.is_blank() {
            self.width = record.cells.len();
        }
        record
    }

    /// Goes on at the first line behind the byte at `end` that is as wide as the table, if there is one: rows that a quotation mark
    /// has swallowed are rows.
    fn pass_over(&mut self, end: usize) {
        if self.gaps == MAX_GAPS {
            return;
        }
        let mut start = end;
        for line in self.text[end..].split_inclusive(['\r', '\n']) {
            let row = line.trim_end_matches(['\r', '\n']);
            if !row.is_empty() && spans(row, self.separator).len() == self.width {
                (self.start, self.reader) = (start, reader(self.text, self.separator, start));
                self.gaps += 1;
                return;
            }
            start += line.len();
        }
    }

    fn offset(&self) -> usize {
        let read = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        self.start.saturating_add(read).min(self.text.len())
    }
}

/// What reads the records of `text` from `start` on.
fn reader(text: &str, separator: Separator, start: usize) -> csv::Reader<&[u8]> {
    let mut builder = csv::ReaderBuilder::new();
    let builder = builder.has_headers(false).flexible(true).delimiter(separator.byte());
    builder.from_reader(&text.as_bytes()[start..])
}

/// Where the line ends that the byte at `start` is on.
fn line_end(text: &str, start: usize) -> usize {
    text[start..].find(['\r', '\n']).map_or(text.len(), |end| start + end)
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
    /// Closed on another line, with text behind it: it was probably never closed, and another one taken for its end.
    ClosedBelow,
    TextBehind,
    SpaceBefore,
}

impl Flaw {
    /// Whether there may be rows in the text.
    fn swallows_lines(self) -> bool {
        matches!(self, Self::NeverClosed | Self::ClosedBelow)
    }

    fn diagnostic(self, at: Place, decoded: &str, separator: Separator) -> Diagnostic {
        let space = format!("remove the space behind the {}", separator.name());
        let (message, help) = match self {
            Self::NeverClosed => ("this quotation mark is never closed", "close it, and double those inside of it: `\"\"`"),
            Self::ClosedBelow => (
                "this quotation mark is not closed before another one, further below, that has text behind it",
                "close it, and double those inside of it: `\"\"`",
            ),
            Self::TextBehind => {
                ("there is text behind the closing quotation mark", "double quotation marks inside of a text: `\"\"`")
            }
            Self::SpaceBefore => ("a quotation mark after a space does not quote", space.as_str()),
        };
        Diagnostic::error("quotes", at, message).value(decoded).help(help)
    }
}

/// Where the fields of a record stand.
pub(super) fn spans(record: &str, separator: Separator) -> Vec<Range<usize>> {
    fields(record, separator).into_iter().map(|field| field.span).collect()
}

/// The fields of a record, the way the `csv` crate divides it: a quotation mark counts only as the first character of a field.
fn fields(record: &str, separator: Separator) -> Vec<FieldSpan> {
    let bytes = record.as_bytes();
    let separator = separator.byte();
    let ends = |byte: &u8| *byte == separator || matches!(byte, b'\r' | b'\n');
    let mut fields = Vec::new();
    let mut start = 0;
    loop {
        let (end, quotes) = if bytes.get(start) == Some(&b'"') { quoted_end(bytes, start) } else { (start, Quotes::None) };
        let stop = bytes[end..].iter().position(ends).map_or(bytes.len(), |at| end + at);
        fields.push(field(record, start..stop, end, &quotes));
        if bytes.get(stop) != Some(&separator) {
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
        Quotes::Closed if end <= closed_at => None,
        Quotes::Closed if record[start..closed_at].contains(['\r', '\n']) => Some(Flaw::ClosedBelow),
        Quotes::Closed => Some(Flaw::TextBehind),
        Quotes::None => text.trim_start().starts_with('"').then_some(Flaw::SpaceBefore),
    };
    FieldSpan { span: start..end, flaw }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(record: &str, expected: &[(&str, Option<Flaw>)]) {
        for separator in Separator::ALL {
            let by = |text: &str| text.replace(',', &char::from(separator.byte()).to_string());
            let record = by(record);
            let found: Vec<_> = fields(&record, separator).into_iter().map(|field| (&record[field.span], field.flaw)).collect();
            let expected: Vec<_> = expected.iter().map(|(text, flaw)| (by(text), *flaw)).collect();
            let expected: Vec<_> = expected.iter().map(|(text, flaw)| (text.as_str(), *flaw)).collect();
            assert_eq!(found, expected, "{record}");
        }
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
        check("\"a\nb\"c,d", &[("\"a\nb\"c", Some(Flaw::ClosedBelow)), ("d", None)]);
        check("a,\"b\n", &[("a", None), ("\"b", Some(Flaw::NeverClosed))]);
        check("a \"b\"", &[("a \"b\"", None)]);
    }

    proptest! {
        /// Our walk through a record and the crate's agree on what its fields are.
        #[test]
        fn fields_are_those_of_the_csv_crate(
            text in "[a,;\"\r\n\t é]{0,40}",
            separator in prop::sample::select(Separator::ALL.to_vec()),
            start in 0..3_usize,
        ) {
            let start = text.char_indices().map(|(at, _)| at).nth(start).unwrap_or(0);
            let mut records = Records::new(&text, Dialect { separator, start });
            let mut start = start;
            while records.reader.read_record(&mut records.record).unwrap() {
                let end = records.offset();
                let raw = text[start..end].trim_start_matches(['\r', '\n']);
                let ours = fields(raw, separator);
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
