//! Printing that survives a reader who has gone away, as `println!` does not: `rushes run … | head` must not end the run. Whatever
//! goes to standard error goes through here, so that it does not get in the way of the progress bar.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, PoisonError};

use crate::shot::TakeName;

/// How a display at the bottom of the terminal gives way while something is written above it.
pub(super) type GiveWay = Box<dyn Fn(&mut dyn FnMut()) + Send>;

/// The display that is there now.
static DISPLAY: Mutex<Option<GiveWay>> = Mutex::new(None);

/// Data, as it is, to standard output.
pub(super) fn data(text: impl Display) {
    io::stdout().write_all(text.to_string().as_bytes()).ok();
}

/// Data that are made while they are printed, because there may be many.
pub(super) fn stream(make: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    make(&mut out).and_then(|()| out.flush()).ok();
}

/// A line of data to standard output.
pub(super) fn line(text: impl Display) {
    data(format_args!("{text}\n"));
}

/// A line of talk to standard error.
pub(super) fn talk(text: impl Display) {
    aside(format_args!("{text}\n"));
}

/// How wide the lines of a table may be.
pub(super) fn width() -> usize {
    let (_, columns) = console::Term::stdout().size_checked().unwrap_or((0, 120));
    usize::from(columns)
}

/// `1 poll`, `2 polls`.
pub(super) fn count(number: u64, what: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {what}{end}")
}

/// The first few of them.
pub(super) fn names(takes: &[TakeName]) -> String {
    const LISTED: usize = 10;
    let mut names: Vec<_> = takes.iter().take(LISTED).map(ToString::to_string).collect();
    names.extend(takes.len().checked_sub(LISTED).filter(|rest| *rest > 0).map(|rest| format!("and {rest} more")));
    names.join(", ")
}

/// Talk, as it is, to standard error.
pub(super) fn aside(text: impl Display) {
    write(text.to_string().as_bytes());
}

/// From now on this display gives way to what is said; nothing does when there is none.
pub(super) fn above(display: Option<GiveWay>) {
    *DISPLAY.lock().unwrap_or_else(PoisonError::into_inner) = display;
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
    let mut write = || io::stderr().write_all(bytes).unwrap_or_default();
    match &*DISPLAY.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(give_way) => give_way(&mut write),
        None => write(),
    }
}
