//! Which character separates the columns of a table. Told by its content: every program, country and export menu has another one.

use crate::manifest::diagnostic::{Diagnostic, quoted};
use crate::manifest::film;
use crate::manifest::records::{Records, spans};
use crate::manifest::source::Cursor;

/// How a table is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Between two columns.
    pub(super) separator: Separator,
    /// The byte at which the table begins, behind a line that only says `sep=;`.
    pub(super) start: usize,
}

/// What stands between two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    Comma,
    Semicolon,
    Tab,
}

impl Dialect {
    /// The dialect of `text`: what its first line says, else what makes most of the column names; else `likely`, if that makes as
    /// much of them as any other.
    pub(super) fn of(text: &str, likely: Separator) -> Result<Self, Box<Diagnostic>> {
        if let Some((start, said)) = first_line_says(text) {
            return match Separator::ALL.into_iter().find(|separator| said == char::from(separator.byte()).to_string()) {
                Some(separator) => Ok(Self { separator, start }),
                None => Err(Box::new(no_separator(text, said))),
            };
        }
        let mut best = (likely, likely.makes_of(text));
        for separator in Separator::ALL {
            let made = separator.makes_of(text);
            if made > best.1 {
                best = (separator, made);
            }
        }
        Ok(Self { separator: best.0, start: 0 })
    }
}

impl Separator {
    /// Every separator, the commonest first.
    pub(super) const ALL: [Self; 3] = [Self::Comma, Self::Semicolon, Self::Tab];

    /// The character itself.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }

    /// What to call it in a message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Comma => "comma",
            Self::Semicolon => "semicolon",
            Self::Tab => "tab",
        }
    }

    /// How many of the column names are known, and how many there are, when `text` is divided so.
    fn makes_of(self, text: &str) -> (usize, usize) {
        let header = Records::new(text, Dialect { separator: self, start: 0 }).find(|record| !record.is_empty());
        let cells = header.map_or_else(Vec::new, |header| header.cells);
        (cells.iter().filter(|cell| film::column(&cell.text).is_some()).count(), cells.len())
    }
}

/// Whether the first line that is not blank has the names of columns and nothing else.
pub(super) fn names_columns(text: &str) -> bool {
    if first_line_says(text).is_some() {
        return true;
    }
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ' ' | '-' | '#' | '/' | '(' | ')');
    Separator::ALL.into_iter().any(|separator| {
        let names = spans(line, separator).into_iter().map(|span| line[span].trim_matches([' ', '"']));
        let names: Vec<&str> = names.collect();
        // A list and a comment of YAML begin so.
        let yaml = names.first().is_some_and(|first| first.starts_with(['-', '#']));
        !yaml && names.iter().all(|name| name.chars().all(plain)) && names.iter().any(|name| film::column(name).is_some())
    })
}

/// Where the table begins and what its separator is, if the first line is nothing but `sep=;`, as Excel understands and some
/// programs write it.
fn first_line_says(text: &str) -> Option<(usize, &str)> {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text[..end].trim_matches('"');
    let said = line.get(..4).filter(|key| key.eq_ignore_ascii_case("sep=")).and_then(|_| line.get(4..))?;
    (said.chars().count() <= 1).then_some((end, said))
}

fn no_separator(text: &str, said: &str) -> Diagnostic {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let at = Cursor::new(text).place(end);
    let message = format!("{} separates no columns here", quoted(said));
    Diagnostic::error("header", at, message)
        .value(said)
        .help("columns are separated by commas, semicolons or tabs; export the sheet so")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Separator) {
        for likely in [Separator::Comma, Separator::Tab] {
            assert_eq!(Dialect::of(text, likely).map(|dialect| dialect.separator), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn the_separator_is_the_one_that_makes_most_of_the_names() {
        check("id,prompt\n", Separator::Comma);
        check("id;prompt\n", Separator::Semicolon);
        check("id\tprompt\n", Separator::Tab);
        check(";;\n\nid;prompt;\"a,b,c,d\"\n", Separator::Semicolon);
        check("scene;shot, with a comma;prompt", Separator::Semicolon);
        check("Szene;Bild;Text\n", Separator::Semicolon);
        check("\"the\nprompt\"\tid\tprompt\n", Separator::Tab);
    }

    #[test]
    fn where_all_are_alike_the_name_of_the_file_decides() {
        for text in ["prompt\na cat", "", "\"unclosed,;\t"] {
            assert_eq!(Dialect::of(text, Separator::Tab).map(|dialect| dialect.separator), Ok(Separator::Tab), "{text:?}");
        }
    }

    #[test]
    fn the_first_line_may_say_what_the_separator_is() {
        for (text, separator, start) in [
            ("sep=;\r\nid,x;prompt", Separator::Semicolon, 5),
            ("\"SEP=,\"\nid", Separator::Comma, 7),
            ("sep=\t\rid", Separator::Tab, 5),
        ] {
            assert_eq!(Dialect::of(text, Separator::Comma), Ok(Dialect { separator, start }), "{text:?}");
            assert!(names_columns(text));
        }
        for text in ["sep=|\nid|prompt", "sep=\nid"] {
            assert_eq!(Dialect::of(text, Separator::Comma).map_err(|mistake| mistake.code), Err("header"), "{text:?}");
        }
    }
}
