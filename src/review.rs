//! What people say about a take after they have watched it: picked or rejected, a rating, a note. No I/O.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
