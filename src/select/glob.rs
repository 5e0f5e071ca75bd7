//! Globs: `*` for any characters, `?` for one, everything else for itself.

use std::fmt;
use std::str::Chars;

/// A pattern for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Piece>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Any characters, or none.
    Many,
    /// Any one character.
    One,
    /// This one.
    Is(char),
}

impl Glob {
    /// The pattern that these characters make; a quoted one stands for itself.
    pub(super) fn new(characters: &[(char, bool)]) -> Self {
        let piece = |&(character, quoted): &(char, bool)| match character {
            '*' if !quoted => Piece::Many,
            '?' if !quoted => Piece::One,
            other => Piece::Is(other),
        };
        Self(characters.iter().map(piece).collect())
    }

    /// The pattern that `text` spells.
    pub(crate) fn of(text: &str) -> Self {
        Self::new(&text.chars().map(|character| (character, false)).collect::<Vec<_>>())
    }

    /// Whether all of `text` is of this pattern, whatever its case.
    pub(super) fn fits(&self, text: &str) -> bool {
        self.matches(text, |own, other| own == other || folded(own) == folded(other))
    }

    /// Whether all of `text` is of this pattern to the letter, as names of files are.
    pub(crate) fn fits_exactly(&self, text: &str) -> bool {
        self.matches(text, |own, other| own == other)
    }

    /// Takes no longer than the product of both lengths.
    fn matches(&self, text: &str, same: impl Fn(char, char) -> bool) -> bool {
        let (mut place, mut rest) = (0, text.chars());
        // Where to go on from when it turns out that the last `*` stood for one character more.
        let mut last: Option<(usize, Chars<'_>)> = None;
        loop {
            let mut next = rest.clone();
            match (self.0.get(place), next.next()) {
                (Some(Piece::Many), _) => {
                    place += 1;
                    last = Some((place, rest.clone()));
                    continue;
                }
                (Some(piece), Some(character)) if piece.is(character, &same) => {
                    (place, rest) = (place + 1, next);
                    continue;
                }
                (Some(_), None) => return false,
                (None, None) => return true,
                (_, Some(_)) => {}
            }
            let Some((after, from)) = &mut last else { return false };
            from.next();
            (place, rest) = (*after, from.clone());
        }
    }
}

impl Piece {
    fn is(self, character: char, same: impl Fn(char, char) -> bool) -> bool {
        match self {
            Self::Many | Self::One => true,
            Self::Is(own) => same(own, character),
        }
    }
}

/// One character for all its cases.
fn folded(character: char) -> char {
    character.to_lowercase().next().unwrap_or(character)
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Many => f.write_str("*"),
            Piece::One => f.write_str("?"),
            Piece::Is(character) => write!(f, "{character}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_star_is_any_characters_and_a_question_mark_is_one() {
        for (pattern, fitting, others) in [
            ("SC010_*", &["SC010_SH020", "sc010_", "SC010_SH020_T02"][..], &["SC0100", "XSC010_", ""][..]),
            ("*_T01", &["A_T01", "_t01", "_T01_T01"], &["A_T010", "T01"]),
            ("*a*b*", &["ab", "xxaxxbxx", "aab"], &["ba", "", "a"]),
            ("SC0?0", &["SC010", "sc0é0"], &["SC00", "SC0110"]),
            ("", &[""], &["a"]),
            ("*", &["", "anything"], &[]),
            ("Straße", &["STRAßE"], &["Strasse"]),
        ] {
            assert!(fitting.iter().all(|text| Glob::of(pattern).fits(text)), "{pattern}");
            assert!(!others.iter().any(|text| Glob::of(pattern).fits(text)), "{pattern}");
        }
        assert!(!Glob::new(&[('*', true)]).fits("a"));
        assert!(Glob::of("Sc*.csv").fits_exactly("Sc10.csv") && !Glob::of("Sc*.csv").fits_exactly("sc10.csv"));
    }

    proptest! {
        #[test]
        fn it_finds_what_trying_everything_finds(pattern in "[ab*?]{0,8}", text in "[abAB]{0,10}") {
            fn slow(pattern: &[char], text: &[char]) -> bool {
                match (pattern, text) {
                    ([], text) => text.is_empty(),
                    (['*', rest @ ..], text) => (0..=text.len()).any(|skipped| slow(rest, &text[skipped..])),
                    ([first, rest @ ..], [one, others @ ..]) => {
                        (*first == '?' || *first == one.to_ascii_lowercase()) && slow(rest, others)
                    }
                    _ => false,
                }
            }
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(Glob::of(&pattern).fits(&text), slow(&chars(&pattern), &chars(&text)));
        }
    }
}
