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
    /// Where it begins.
    pub(super) at: Place,
    /// What is in it; at least one.
    pub(super) cells: Vec<Written>,
    /// Why it cannot be trusted.
    pub(super) broken: Option<Diagnostic>,
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
        self.broken.is_none() && self.is_empty()
    }
}

/// All records of a table.
pub(super) struct Records<'a> {
    text: &'a str,
    dialect: Dialect,
    reader: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    cursor: Cursor<'a>,
}

impl<'a> Records<'a> {
    /// The records of `text`, from where its table begins.
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        let mut builder = csv::ReaderBuilder::new();
        let builder = builder.has_headers(false).flexible(true).delimiter(dialect.separator.byte());
        let reader = builder.from_reader(&text.as_bytes()[dialect.start..]);
        Self { text, dialect, reader, record: csv::StringRecord::new(), cursor: Cursor::new(text) }
    }

    fn record(&mut self, start: usize) -> Record {
        let end = self.offset();
        let raw = &self.text[start..end];
        let start = start + raw.len() - raw.trim_start_matches(['\r', '\n']).len();
        self.cursor.advance(start);
        let mut record = Record { at: self.cursor.place(start), cells: Vec::new(), broken: None };
        let separator = self.dialect.separator;
        for (field, decoded) in fields(&self.text[start..end], separator).into_iter().zip(&self.record) {
            let span = start + field.span.start..start + field.span.end;
            self.cursor.advance(span.start);
            let at = self.cursor.place(span.end);
            record.broken = record.broken.or_else(|| field.flaw.map(|flaw| flaw.diagnostic(at, decoded, separator)));
            record.cells.push(Written { at, text: decoded.trim().to_owned() });
        }
        record
    }

    fn offset(&self) -> usize {
        let read = usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        self.dialect.start.saturating_add(read).min(self.text.len())
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
    fn diagnostic(self, at: Place, decoded: &str, separator: Separator) -> Diagnostic {
        let space = format!("remove the space behind the {}", separator.name());
        let (message, help) = match self {
            Self::NeverClosed => ("this quotation mark is never closed", "close it, and double those inside of it: `\"\"`"),
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
