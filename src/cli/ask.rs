//! Questions to a person, where there is one.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal};

use super::{Failure, say};

/// Whether anybody could answer: a scheduler's standard input is no terminal.
pub(super) fn is_anybody_here() -> bool {
    io::stdin().is_terminal()
}

/// Asks, and waits for the answer. Whatever is no plain yes is a no.
pub(super) fn says_yes(question: impl Display) -> Result<bool, Failure> {
    say::aside(format_args!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(Failure::machine)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
