//! The text of a manifest, and where in it everything is. No I/O: whoever read the bytes hands them on.
//!
//! UTF-8, or UTF-16 that says so with a byte order mark, as Excel's "Unicode Text" does. Bytes that are neither become mistakes and
//! U+FFFD, so that reading can go on and find the other mistakes too. Other encodings are never guessed: a wrong guess would be paid
//! for.

use std::sync::Arc;

use crate::manifest::diagnostic::{Diagnostic, Place};

/// More bytes than this are no manifest.
const MAX_BYTES: usize = 256 << 20;
/// More bytes than this on one line are refused: no editor shows them, and no person wrote them.
const MAX_LINE: usize = 4 << 20;
/// With more bad bytes than this the file is something else than text.
const MAX_BAD_BYTES: usize = 20;

/// A manifest's name and text.
#[derive(Debug, Clone, Default)]
pub struct Source {
    name: String,
    /// Shared, because a copy of a large one would be felt.
    text: Arc<String>,
    marked: bool,
    readable: bool,
    mistakes: Vec<Diagnostic>,
}

impl Source {
    /// Takes the bytes of the manifest that people know as `name`: a path, or `<stdin>`.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let mut source = Self { name: name.into(), text: Arc::default(), marked: false, readable: true, mistakes: Vec::new() };
        if let Some(mistake) = not_text(&bytes) {
            source.mistakes.push(mistake);
            source.readable = false;
        } else {
            source.text = Arc::new(decode(bytes, &mut source.mistakes));
            source.readable = source.mistakes.len() <= MAX_BAD_BYTES;
            source.drop_byte_order_mark();
            source.find_long_lines();
        }
        source
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text in UTF-8, without a byte order mark; what [`Place::span`] counts in.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it began with a byte order mark.
    pub fn has_byte_order_mark(&self) -> bool {
        self.marked
    }

    /// The line and column right behind `place`, both counted from 1, columns in characters.
    pub(crate) fn end_of(&self, place: Place) -> (u32, u32) {
        let Place { line, column, .. } = place;
        let mut cursor = Cursor { text: &self.text, offset: place.span().start, line, column };
        cursor.advance(place.span().end);
        (cursor.line, cursor.column)
    }

    /// Whether it makes sense to read on after [`Source::mistakes`].
    pub(crate) fn is_readable(&self) -> bool {
        self.readable
    }

    /// What is wrong with the bytes themselves.
    pub(crate) fn mistakes(&self) -> &[Diagnostic] {
        &self.mistakes
    }

    fn drop_byte_order_mark(&mut self) {
        let rest = self.text.trim_start_matches('\u{feff}').len();
        self.marked = rest < self.text.len();
        let mark = self.text.len() - rest;
        Arc::make_mut(&mut self.text).drain(..mark);
    }

    fn find_long_lines(&mut self) {
        let mut cursor = Cursor::new(&self.text);
        let mut offset = 0;
        for line in self.text.split_inclusive('\n') {
            if line.len() > MAX_LINE {
                cursor.advance(offset);
                let place = cursor.place(offset);
                let message = format!("this line is {} MiB long; a line has at most {} MiB", line.len() >> 20, MAX_LINE >> 20);
                let long = Diagnostic::error("long-line", place, message);
                self.mistakes.push(long.help("break it into several lines, or the manifest into several files"));
            }
            offset += line.len();
        }
    }
}

/// Why these bytes are no text at all.
fn not_text(bytes: &[u8]) -> Option<Diagnostic> {
    let odd = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("this file is UTF-32; a manifest is UTF-8 text"),
        [0, _, ..] | [_, 0, ..] => Some("this file is UTF-16 without a byte order mark, or binary; a manifest is UTF-8 text"),
        _ => None,
    };
    if let Some(odd) = odd {
        return Some(Diagnostic::error("encoding", Place::START, odd).help(AS_UTF_8));
    }
    (bytes.len() > MAX_BYTES).then(|| {
        let message = format!("this file has {} MiB; a manifest has at most {} MiB", bytes.len() >> 20, MAX_BYTES >> 20);
        Diagnostic::error("too-large", Place::START, message).help("split it into several manifests")
    })
}

/// What to do about an encoding.
const AS_UTF_8: &str = "save it as UTF-8 (in a spreadsheet program: \"CSV UTF-8\")";

/// The text of `bytes`, with U+FFFD and a mistake for everything that is none.
fn decode(bytes: Vec<u8>, mistakes: &mut Vec<Diagnostic>) -> String {
    let (text, bad) = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(error) => utf8(error.as_bytes()),
        },
    };
    let mut cursor = Cursor::new(text.trim_start_matches('\u{feff}'));
    let mark = text.len() - cursor.text.len();
    for (offset, bad) in bad.into_iter().take(MAX_BAD_BYTES + 1) {
        cursor.advance(offset - mark);
        mistakes.push(bad.diagnostic(cursor.place(offset - mark + char::REPLACEMENT_CHARACTER.len_utf8())));
    }
    text
}

/// Bytes that are no text.
enum Bad {
    Utf8(Vec<u8>),
    Utf16(Vec<u8>),
}

fn utf8(bytes: &[u8]) -> (String, Vec<(usize, Bad)>) {
    let mut text = String::with_capacity(bytes.len());
    let mut bad = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            bad.push((text.len(), Bad::Utf8(chunk.invalid().to_vec())));
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (text, bad)
}

/// The text keeps a byte order mark, like that of UTF-8.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, Vec<(usize, Bad)>) {
    let mut text = String::from('\u{feff}');
    let mut bad = Vec::new();
    let (pairs, rest) = bytes.as_chunks();
    for read in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        if let Err(lone) = &read {
            bad.push((text.len(), Bad::Utf16(lone.unpaired_surrogate().to_be_bytes().to_vec())));
        }
        text.push(read.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if !rest.is_empty() {
        bad.push((text.len(), Bad::Utf16(rest.to_vec())));
        text.push(char::REPLACEMENT_CHARACTER);
    }
    (text, bad)
}

impl Bad {
    fn diagnostic(&self, place: Place) -> Diagnostic {
        let (Self::Utf8(bytes) | Self::Utf16(bytes)) = self;
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let (encoding, help) = match self {
            Self::Utf8(bytes) => (
                "UTF-8",
                match windows_1252(bytes) {
                    Some(text) => format!("{AS_UTF_8}; it looks like Windows-1252, where this is `{text}`"),
                    None => AS_UTF_8.to_owned(),
                },
            ),
            Self::Utf16(_) => ("UTF-16", format!("is the file cut off? {AS_UTF_8}")),
        };
        Diagnostic::error("encoding", place, format!("the bytes `{hex}` are not {encoding}")).value(&hex).help(help)
    }
}

/// What `bytes`, which are no UTF-8, would say in Windows-1252, the encoding of "CSV" in western Excel.
fn windows_1252(bytes: &[u8]) -> Option<String> {
    const FROM_80: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let letter = |&byte: &u8| match byte {
        0x80..=0x9f => FROM_80.chars().nth(usize::from(byte - 0x80)).filter(|c| !c.is_control()),
        _ => Some(char::from(byte)),
    };
    bytes.iter().map(letter).collect()
}

impl AsRef<[Self]> for Source {
    fn as_ref(&self) -> &[Self] {
        std::slice::from_ref(self)
    }
}

/// Walks through a text and knows line and column; only ever forwards, so that all places of a text cost one walk.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    line: u32,
    column: u32,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, offset: 0, line: 1, column: 1 }
    }

    /// At the byte at `offset` of `text`.
    pub(crate) fn at(text: &'a str, offset: usize) -> Self {
        let mut cursor = Self::new(text);
        cursor.advance(offset);
        cursor
    }

    /// At the beginning of `place`.
    pub(crate) fn from(text: &'a str, place: Place) -> Self {
        Self { text, offset: place.span().start, line: place.line, column: place.column }
    }

    /// The same, further on at the byte at `offset`.
    pub(crate) fn to(mut self, offset: usize) -> Self {
        self.advance(offset);
        self
    }

    /// Goes on to the byte at `offset`. A line ends with `\n`, `\r\n`, or a `\r` alone.
    pub(crate) fn advance(&mut self, offset: usize) {
        let bytes = self.text.as_bytes();
        while self.offset < offset.min(bytes.len()) {
            let next = bytes.get(self.offset + 1);
            match bytes[self.offset] {
                b'\n' => self.break_line(),
                b'\r' if next != Some(&b'\n') => self.break_line(),
                byte => self.column += u32::from(is_first_of_char(byte)),
            }
            self.offset += 1;
        }
    }

    /// Goes on to a line and column.
    pub(crate) fn seek(&mut self, line: u32, column: u32) {
        while (self.line, self.column) < (line, column) {
            let Some(next) = self.text[self.offset..].chars().next() else { return };
            self.advance(self.offset + next.len_utf8());
        }
    }

    /// The place from here to the byte at `end`.
    pub(crate) fn place(&self, end: usize) -> Place {
        Place::new(self.line, self.column, self.offset..end)
    }

    fn break_line(&mut self) {
        self.line += 1;
        self.column = 1;
    }
}

fn is_first_of_char(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &[(u32, u32)]) {
        let source = Source::new("m", bytes.to_vec());
        let places: Vec<_> = source.mistakes().iter().map(|m| (m.place.line, m.place.column)).collect();
        assert_eq!(places, expected, "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn bad_bytes_are_found_where_they_are() {
        check(b"a: b", &[]);
        check(b"a: \xff\nb: \xc3\xa9\xe9", &[(1, 4), (2, 5)]);
        check(b"\xef\xbb\xbfa\xff", &[(1, 2)]);
        check(b"\xff\xfe\0\0a\0\0\0", &[(1, 1)]);
        check(b"a\0b\0", &[(1, 1)]);
        check(b"\xff\xfea\0\n\0\x00\xd8b\0c", &[(2, 1), (2, 3)]);
    }

    #[test]
    fn a_file_full_of_bad_bytes_is_not_read() {
        let source = Source::new("m", vec![0xff; 1000]);
        assert!(!source.is_readable());
        assert_eq!(source.mistakes().len(), MAX_BAD_BYTES + 1);
    }

    #[test]
    fn a_line_of_ten_megabytes_is_too_long() {
        check(format!("a\r\n# {}\r\nb\n", "x".repeat(10 << 20)).as_bytes(), &[(2, 1)]);
        check(&b"x\n".repeat(5 << 20), &[]);
    }

    #[test]
    fn the_end_of_a_place_is_right_behind_it() {
        let source = Source::new("m", "\u{feff}é: \"日\r\n本\"\n".into());
        for (start, end, expected) in [(0, 2, (1, 2)), (4, 14, (2, 3)), (4, 4, (1, 4))] {
            let place = Cursor::at(source.text(), start).place(end);
            assert_eq!(source.end_of(place), expected, "{start}..{end}");
        }
    }

    #[test]
    fn utf_16_with_a_byte_order_mark_is_text() {
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = "\u{feff}id\té—🎬\r\n".encode_utf16().flat_map(unit).collect();
            let source = Source::new("m", bytes);
            assert_eq!((source.text(), source.has_byte_order_mark()), ("id\té—🎬\r\n", true));
            assert_eq!(source.mistakes(), []);
        }
    }

    #[test]
    fn what_is_no_utf_8_is_shown_as_what_it_may_be() {
        for (bytes, expected) in
            [(b"\xe9".as_slice(), Some("é")), (b"\x93", Some("“")), (b"\x80", Some("€")), (b"\x9f", Some("Ÿ")), (b"\x81", None)]
        {
            assert_eq!(windows_1252(bytes).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let source = Source::new("m", b"\xef\xbb\xbfid".to_vec());
        assert_eq!((source.text(), source.has_byte_order_mark()), ("id", true));
    }
}
