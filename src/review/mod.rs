//! What people say about a take after they have watched it: picked or rejected, a rating, a note. No I/O.

mod picks;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use self::picks::{BadPicks, Picks};

/// All that is said about one take. Said anew as a whole; the default says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Whether it is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// How good it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<Rating>,
    /// A note, not empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a take is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It goes to the edit.
    Pick,
    /// It does not, and the shot may want another one.
    Reject,
}

/// How good a take is: 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

/// What somebody says about a take: all there is to say, or something more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// This, in the place of all that was said before.
    All(Review),
    /// This, and what was said before where nothing is said now.
    More {
        /// A verdict.
        verdict: Option<Verdict>,
        /// A rating.
        rating: Option<Rating>,
        /// A note; one without a word in it takes the note back.
        note: Option<Note>,
    },
}

/// A note as it was written, with nothing around it: perhaps empty, and not too long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note(String);

/// A text that is too long for a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a note has at most {} characters, and this one has {characters}", Review::LONGEST_NOTE)]
pub struct TooLong {
    characters: usize,
}

/// A number that is no rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rating is a whole number from 1 to {}", Rating::MAX)]
pub struct BadRating;

impl Review {
    /// The longest note, in characters.
    pub const LONGEST_NOTE: usize = 10_000;

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the take is picked.
    pub fn is_pick(&self) -> bool {
        self.verdict == Some(Verdict::Pick)
    }

    /// Whether the take is rejected by whoever watched it.
    pub fn is_reject(&self) -> bool {
        self.verdict == Some(Verdict::Reject)
    }
}

impl Change {
    /// What is said of the take from now on, where this was said before.
    #[must_use]
    pub fn on(&self, before: &Review) -> Review {
        match self {
            Self::All(review) => review.clone(),
            Self::More { verdict, rating, note } => Review {
                verdict: verdict.or(before.verdict),
                rating: rating.or(before.rating),
                note: note.clone().map_or_else(|| before.note.clone(), Note::said),
            },
        }
    }
}

impl Note {
    /// The note, if there is a word in it.
    pub fn said(self) -> Option<String> {
        Some(self.0).filter(|note| !note.is_empty())
    }
}

impl FromStr for Note {
    type Err = TooLong;

    fn from_str(text: &str) -> Result<Self, TooLong> {
        let text = text.trim();
        let characters = text.chars().count();
        if characters <= Review::LONGEST_NOTE { Ok(Self(text.to_owned())) } else { Err(TooLong { characters }) }
    }
}

impl Verdict {
    /// The verdict in reports, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pick => "pick",
            Self::Reject => "reject",
        }
    }
}

impl Rating {
    /// The best.
    pub const MAX: u8 = 5;

    /// The number itself.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Rating {
    type Error = BadRating;

    fn try_from(number: u8) -> Result<Self, BadRating> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(BadRating) }
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.0
    }
}

impl FromStr for Rating {
    type Err = BadRating;

    fn from_str(text: &str) -> Result<Self, BadRating> {
        text.parse::<u8>().map_err(|_| BadRating)?.try_into()
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_stays_as_it_was() {
        let before = Review { verdict: Some(Verdict::Pick), rating: Some(Rating(4)), note: Some("good".into()) };
        let more = |verdict, rating, note: Option<&str>| {
            let note = note.map(|note| note.parse().expect("a note"));
            Change::More { verdict, rating, note }.on(&before)
        };
        assert_eq!(more(None, None, None), before);
        assert_eq!(more(Some(Verdict::Reject), None, None), Review { verdict: Some(Verdict::Reject), ..before.clone() });
        assert_eq!(more(None, Some(Rating(1)), None), Review { rating: Some(Rating(1)), ..before.clone() });
        assert_eq!(more(None, None, Some(" better\n")), Review { note: Some("better".into()), ..before.clone() });
        assert_eq!(more(None, None, Some(" \n")), Review { note: None, ..before.clone() });
        assert_eq!(Change::All(Review::default()).on(&before), Review::default());
    }

    #[test]
    fn a_rating_has_five_steps_and_a_note_has_an_end() {
        let read = |text: &str| text.parse().ok().map(Rating::get);
        assert_eq!(["0", "1", "5", "6", "-1", "", "4.5"].map(read), [None, Some(1), Some(5), None, None, None, None]);
        let longest = "é".repeat(Review::LONGEST_NOTE);
        assert_eq!(longest.parse().map(Note::said), Ok(Some(longest.clone())));
        assert_eq!((longest + "é").parse::<Note>(), Err(TooLong { characters: 10_001 }));
    }
}
