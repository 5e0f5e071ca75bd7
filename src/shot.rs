//! Shots and the names of takes: types that cannot be wrong once built. No I/O.

mod slate;
mod takes;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

pub(crate) use self::slate::ShotNumber;
pub use self::slate::{About, BadSlate, Scene};
pub use self::takes::{NoTakes, TakeList, Takes};
use crate::request::Request;
use crate::text;

/// One validated entry of a manifest.
#[derive(Debug, Clone, PartialEq)]
pub struct Shot {
    /// What the shot is called, everywhere.
    pub id: ShotId,
    /// What each of its takes asks for.
    pub request: Request,
    /// Which takes are wanted.
    pub takes: Takes,
    /// Free words to group shots by; no part of the request.
    pub tags: Vec<String>,
    /// Where the provider is to call back for this shot alone; no part of the request.
    pub callback_url: Option<Url>,
    /// Its scene, and what else there is to say about it; no part of the request.
    pub about: About,
}

/// The name of a shot: 1 to 100 ASCII letters, digits, `.`, `_` and `-`, beginning with a letter or digit, not ending in a
/// dot, and no name that Windows reserves. So it is a file name everywhere and can never leave the output directory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShotId(Box<str>);

/// A take's number, counted from 1 to 999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct TakeNo(u16);

/// A take's full name: `SC010_SH020_T01`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TakeName {
    /// The shot.
    pub shot: ShotId,
    /// Which take of it.
    #[serde(rename = "take")]
    pub number: TakeNo,
}

/// Why a text is no shot id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadShotId {
    /// Nothing there.
    #[error("an id cannot be empty")]
    Empty,
    /// More than [`ShotId::MAX_LEN`] characters.
    #[error("an id has at most {} characters", ShotId::MAX_LEN)]
    TooLong,
    /// A character that is not safe in a file name on every system.
    #[error("an id cannot contain {0:?}")]
    Character(char),
    /// `.`, `_` or `-` in front.
    #[error("an id begins with a letter or a digit")]
    Start,
    /// A dot at the end, which Windows drops.
    #[error("an id cannot end in a dot")]
    End,
    /// `CON`, `NUL`, `COM1` and the like.
    #[error("Windows reserves this name")]
    Reserved,
}

/// A number outside 1 to 999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a take number is a whole number from 1 to 999")]
pub struct BadTakeNo;

impl ShotId {
    /// The longest id, in characters; leaves room for `_T001.simulated.json` under the 255 bytes of common file systems.
    pub const MAX_LEN: usize = 100;

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two ids that a case-insensitive file system takes for one are equal.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for ShotId {
    type Err = BadShotId;

    fn from_str(text: &str) -> Result<Self, BadShotId> {
        let first = text.chars().next().ok_or(BadShotId::Empty)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(odd) = text.chars().find(|&c| !allowed(c)) {
            return Err(BadShotId::Character(odd));
        }
        if !first.is_ascii_alphanumeric() {
            return Err(BadShotId::Start);
        }
        if text.len() > Self::MAX_LEN {
            return Err(BadShotId::TooLong);
        }
        if text.ends_with('.') {
            return Err(BadShotId::End);
        }
        if reserved_by_windows(text) {
            return Err(BadShotId::Reserved);
        }
        Ok(Self(text.into()))
    }
}

/// Whether the part before the first dot is a device name; see "Naming Files, Paths, and Namespaces" in Microsoft's Win32 docs.
fn reserved_by_windows(text: &str) -> bool {
    let stem = text.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let port = |prefix| {
        stem.strip_prefix(prefix).is_some_and(|n: &str| n.len() == 1 && n != "0" && n.bytes().all(|b| b.is_ascii_digit()))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || port("COM") || port("LPT")
}

impl TakeNo {
    /// The first take.
    pub const FIRST: Self = Self(1);
    /// The last number there is.
    pub const MAX: u16 = 999;

    /// The number itself.
    pub fn get(self) -> u16 {
        self.0
    }

    /// The number after this one, while there is one.
    pub fn next(self) -> Option<Self> {
        Self::try_from(self.0 + 1).ok()
    }
}

impl TryFrom<u16> for TakeNo {
    type Error = BadTakeNo;

    fn try_from(number: u16) -> Result<Self, BadTakeNo> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(BadTakeNo) }
    }
}

impl From<TakeNo> for u16 {
    fn from(number: TakeNo) -> Self {
        number.0
    }
}

impl TakeName {
    /// Take `number` of `shot`.
    pub fn new(shot: ShotId, number: TakeNo) -> Self {
        Self { shot, number }
    }
}

impl FromStr for TakeName {
    type Err = BadShotId;

    /// Reads `SC010_SH020_T01`; the part behind the last `_T` is the number.
    fn from_str(text: &str) -> Result<Self, BadShotId> {
        let (shot, number) = text.rsplit_once("_T").ok_or(BadShotId::Empty)?;
        let number = number.parse::<u16>().ok().and_then(|n| TakeNo::try_from(n).ok());
        Ok(Self::new(shot.parse()?, number.ok_or(BadShotId::Empty)?))
    }
}

impl fmt::Display for TakeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:02}", self.0)
    }
}

impl fmt::Debug for TakeNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for TakeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.shot, self.number)
    }
}

impl fmt::Debug for TakeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ShotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ShotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Serialize for ShotId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ShotId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_safe_file_name_everywhere() {
        for good in ["SC010_SH020", "a", "1.2-b", "console", "COM", "com10"] {
            assert!(good.parse::<ShotId>().is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "../x", "a/b", "a\\b", "-x", "_x", "a.", "nul", "Con.txt", "lpt9", "é", "a b", "a\0"] {
            assert!(bad.parse::<ShotId>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(100).parse::<ShotId>().is_ok());
        assert_eq!("a".repeat(101).parse::<ShotId>(), Err(BadShotId::TooLong));
    }

    #[test]
    fn a_take_name_reads_back() {
        for text in ["SC010_SH020_T01", "A_T01_T02", "A_T999"] {
            assert_eq!(text.parse::<TakeName>().unwrap().to_string(), text);
        }
        for bad in ["SC010", "A_T0", "A_T1000", "_T01", "A_Tx"] {
            assert!(bad.parse::<TakeName>().is_err(), "{bad}");
        }
    }
}
