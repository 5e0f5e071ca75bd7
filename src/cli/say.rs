//! Printing that survives a reader who has gone away, as `println!` does not: `rushes run … | head` must not end the run.

use std::fmt::Display;
use std::io::{self, Write};

/// Data, as it is, to standard output.
pub(super) fn data(text: impl Display) {
    io::stdout().write_all(text.to_string().as_bytes()).ok();
}

/// A line of data to standard output.
pub(super) fn line(text: impl Display) {
    data(format_args!("{text}\n"));
}

/// A line of talk to standard error.
pub(super) fn talk(text: impl Display) {
    aside(format_args!("{text}\n"));
}

/// `1 poll`, `2 polls`.
pub(super) fn count(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

/// Talk, as it is, to standard error.
pub(super) fn aside(text: impl Display) {
    // Standard error is not buffered: in one piece it is one call, and lines of two processes do not mix.
    io::stderr().write_all(text.to_string().as_bytes()).ok();
}
