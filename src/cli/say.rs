//! Printing that survives a reader who has gone away, as `println!` does not: `rushes run … | head` must not end the run. Whatever
//! goes to standard error goes through here, so that it does not get in the way of the progress bar. Nothing else writes to standard
//! output, so that a disk that is too full for it is noticed once, at the end.

use std::fmt::Display;
use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::shot::TakeName;

/// How a display at the bottom of the terminal gives way while something is written above it.
pub(super) type GiveWay = Box<dyn Fn(&mut dyn FnMut()) + Send>;

/// Why standard output could not be written, the first time that it could not.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// The display that is there now.
static DISPLAY: Mutex<Option<GiveWay>> = Mutex::new(None);

/// Data, as it is, to standard output.
pub(super) fn data(text: impl Display) {
    bytes(text.to_string().as_bytes());
}

/// Data that are bytes already, to standard output.
pub(super) fn bytes(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    // What is left in the buffer when the process ends is written without a word about failures.
    written(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Data that are made while they are printed, because there may be many.
pub(super) fn stream(make: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    written(make(&mut out).and_then(|()| out.flush()));
}

/// Takes note of how writing to standard output went. A reader that has gone away is no failure.
pub(super) fn written(outcome: io::Result<()>) {
    if let Err(error) = outcome
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        UNWRITTEN.get_or_init(|| error);
    }
}

/// Why something of what was to go to standard output did not, if anything.
pub(super) fn unwritten() -> Option<&'static io::Error> {
    UNWRITTEN.get()
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
