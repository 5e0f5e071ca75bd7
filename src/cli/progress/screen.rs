//! A few lines at the bottom of a terminal that are drawn anew in place.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use console::Term;

use crate::cli::say;

/// The lines that are there now. Between two drawings the cursor stands at the beginning of the first of them: a terminal that breaks lines
/// anew when it becomes narrower takes it along, and whatever is written by others is written over them.
#[derive(Clone)]
pub(in crate::cli) struct Screen {
    to: To,
    drawn: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, Clone, Copy)]
enum To {
    Out,
    Err,
}

impl Screen {
    /// On standard error, where talk goes; what is said meanwhile is written above it.
    pub(in crate::cli) fn below_talk() -> Self {
        let screen = Self { to: To::Err, drawn: Arc::default() };
        let shown = screen.clone();
        say::above(Some(Box::new(move |write| shown.give_way(write))));
        screen
    }

    /// On standard output, where data go.
    pub(in crate::cli) fn of_data() -> Self {
        Self { to: To::Out, drawn: Arc::default() }
    }

    /// How many columns and rows there are now; somebody may have changed them.
    pub(in crate::cli) fn size(&self) -> (usize, usize) {
        let term = match self.to {
            To::Out => Term::stdout(),
            To::Err => Term::stderr(),
        };
        let (rows, columns) = term.size_checked().filter(|(rows, columns)| *rows > 0 && *columns > 0).unwrap_or((24, 80));
        (columns.into(), rows.into())
    }

    /// Draws these lines in place of those that are there.
    pub(in crate::cli) fn draw(&self, lines: Vec<String>) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(&picture(&lines));
        *drawn = lines;
    }

    /// Leaves the lines where they are, with the cursor below them.
    pub(in crate::cli) fn leave(&self) {
        let lines = std::mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        self.write(&"\n".repeat(lines.len()));
    }

    /// Takes the lines away.
    pub(in crate::cli) fn clear(&self) {
        let lines = std::mem::take(&mut *self.drawn.lock().unwrap_or_else(PoisonError::into_inner));
        if !lines.is_empty() {
            self.write(CLEAR);
        }
    }

    /// Makes room for what is written, and comes back below it.
    fn give_way(&self, write: &mut dyn FnMut()) {
        let drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if !drawn.is_empty() {
            self.write(CLEAR);
        }
        write();
        if !drawn.is_empty() {
            self.write(&picture(&drawn));
        }
    }

    /// In one piece, so that nothing flickers. A terminal that has gone away is nobody's trouble.
    fn write(&self, text: &str) {
        match self.to {
            To::Out => say::data(text),
            To::Err => io::stderr().write_all(text.as_bytes()).unwrap_or_default(),
        }
    }
}

/// From the beginning of the line to the end of the screen, in two steps: some terminals keep a screen that is erased from its very
/// first place among what has scrolled by.
const CLEAR: &str = "\r\u{1b}[K\u{1b}[C\u{1b}[J\r";

/// The lines over whatever is there, and the cursor back at the beginning of the first.
fn picture(lines: &[String]) -> String {
    let up = match lines.len() {
        0 | 1 => String::new(),
        more => format!("\u{1b}[{}A", more - 1),
    };
    // What is behind a line is erased before it is written: behind the last column, the last letter would be.
    let lines: Vec<_> = lines.iter().map(|line| format!("\u{1b}[K{line}")).collect();
    format!("\r{}\u{1b}[J\r{up}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::picture;

    #[test]
    fn the_cursor_comes_back_to_where_it_was() {
        assert_eq!(picture(&[]), "\r\u{1b}[J\r");
        assert_eq!(picture(&["a".into()]), "\r\u{1b}[Ka\u{1b}[J\r");
        assert_eq!(picture(&["a".into(), "b".into()]), "\r\u{1b}[Ka\n\u{1b}[Kb\u{1b}[J\r\u{1b}[1A");
    }
}
