//! Printing that survives a reader who has gone away, as `println!` does not: `rushes run … | head` must not end the run. Whatever
//! goes to standard error goes through here, so that it does not get in the way of the progress bar.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use indicatif::ProgressBar;

/// The bar at the bottom of the terminal, which gives way while something is written above it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

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
    write(text.to_string().as_bytes());
}

/// From now on what is said is written above this bar; above nothing when there is none.
pub(super) fn above(bar: Option<ProgressBar>) {
    *BAR.lock().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Standard error for whoever wants to write to it by himself, a whole line at a time.
pub(super) struct Aside;

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(bytes: &[u8]) {
    // Standard error is not buffered: in one piece it is one call, and lines of two processes do not mix.
    let write = || io::stderr().write_all(bytes).ok();
    match &*BAR.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    };
}
