//! What one take asks of the provider, and the key that tells two requests apart. No I/O.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::digest::{Digest, NotADigest};
use crate::motion::Motion;
use crate::shot::TakeNo;

/// Exactly what one take asks for. Where the provider is to call back is no part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// What is to be seen: the text of the shot, not empty, without white space around it.
    pub prompt: String,
    /// The picture's shape, for example `16:9` or `1280:720`.
    pub ratio: Ratio,
    /// The look; `cinematic` is the only value the provider ever shows.
    pub style: String,
    /// The model, for example `gen4_turbo`.
    pub model: String,
    /// The clip's length.
    pub seconds: Seconds,
    /// The camera's movement.
    pub motion: Motion,
}

/// A picture's shape: two whole numbers from 1 to 16384 with a colon between, as the provider spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ratio {
    width: u32,
    height: u32,
}

/// A clip's length in whole seconds, 1 to [`Seconds::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Seconds(u8);

/// The SHA-256 of a request's canonical JSON (RFC 8785) together with the provider's name and the take number. Two takes
/// with one key would buy the same thing twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestKey(Digest);

/// A text that is not a picture's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ratio is written width:height, for example 16:9")]
pub struct BadRatio;

/// A number that is no clip's length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("seconds are a whole number from 1 to {}", Seconds::MAX)]
pub struct BadSeconds;

impl Request {
    /// The key of take `number` of this request at `provider`.
    pub fn key(&self, provider: &str, number: TakeNo) -> RequestKey {
        #[derive(Serialize)]
        struct Keyed<'a> {
            provider: &'a str,
            request: &'a Request,
            take: TakeNo,
        }
        let keyed = Keyed { provider, request: self, take: number };
        let canonical = serde_json_canonicalizer::to_vec(&keyed).expect("strings and finite numbers have a canonical form");
        RequestKey(Digest::of(&canonical))
    }
}

#[cfg(test)]
impl Request {
    /// One to test with, for five seconds without movement.
    pub(crate) fn sample(prompt: &str) -> Self {
        Self {
            prompt: prompt.into(),
            ratio: Ratio { width: 16, height: 9 },
            style: "cinematic".into(),
            model: "gen4_turbo".into(),
            seconds: Seconds(5),
            motion: Motion::STATIC,
        }
    }
}

impl Ratio {
    /// From so many on a side is meant in pixels, and not as a shape alone.
    const PIXELS: u32 = 128;

    /// The shape as two numbers, width first.
    pub fn sides(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Whether exactly so many pixels are asked for, as in `1280:720`.
    pub fn is_in_pixels(&self) -> bool {
        self.width.min(self.height) >= Self::PIXELS
    }
}

impl FromStr for Ratio {
    type Err = BadRatio;

    fn from_str(text: &str) -> Result<Self, BadRatio> {
        let side = |text: &str| {
            let plain = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|n| plain && (1..=16384).contains(n)).ok_or(BadRatio)
        };
        let (width, height) = text.split_once(':').ok_or(BadRatio)?;
        Ok(Self { width: side(width)?, height: side(height)? })
    }
}

impl TryFrom<String> for Ratio {
    type Error = BadRatio;

    fn try_from(text: String) -> Result<Self, BadRatio> {
        text.parse()
    }
}

impl From<Ratio> for String {
    fn from(ratio: Ratio) -> Self {
        ratio.to_string()
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

impl Seconds {
    /// The lengths that the provider documents.
    pub const KNOWN: [u8; 2] = [5, 10];
    /// The longest.
    pub const MAX: u8 = 60;

    /// The number itself.
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether the provider documents it.
    pub fn is_known(self) -> bool {
        Self::KNOWN.contains(&self.0)
    }
}

impl TryFrom<u8> for Seconds {
    type Error = BadSeconds;

    fn try_from(number: u8) -> Result<Self, BadSeconds> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(BadSeconds) }
    }
}

impl From<Seconds> for u8 {
    fn from(seconds: Seconds) -> Self {
        seconds.0
    }
}

impl RequestKey {
    /// The 32 bytes of the digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for RequestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for RequestKey {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request { model: "gen4".into(), motion: Motion { y: 0.4, r: -6.0, ..Motion::STATIC }, ..Request::sample("a cat") }
    }

    #[test]
    fn the_key_is_the_digest_of_the_canonical_json() {
        let canonical = concat!(
            r#"{"provider":"cometapi","request":{"model":"gen4","motion":{"bg_x_pan":0,"bg_y_pan":0,"r":-6,"x":0,"y":0.4,"z":0},"#,
            r#""prompt":"a cat","ratio":"16:9","seconds":5,"style":"cinematic"},"take":1}"#
        );
        let key = request().key("cometapi", TakeNo::FIRST);
        assert_eq!(key.0, Digest::of(canonical.as_bytes()));
    }

    #[test]
    fn every_field_provider_and_take_number_changes_the_key() {
        let base = request().key("cometapi", TakeNo::FIRST);
        let changes: [fn(&mut Request); 6] = [
            |r| r.prompt.push('!'),
            |r| r.ratio = "9:16".parse().unwrap(),
            |r| r.style.push('x'),
            |r| r.model.push('x'),
            |r| r.seconds = Seconds(10),
            |r| r.motion.bg_x_pan = 1e-9,
        ];
        for change in changes {
            let mut other = request();
            change(&mut other);
            assert_ne!(other.key("cometapi", TakeNo::FIRST), base);
        }
        assert_ne!(request().key("other", TakeNo::FIRST), base);
        assert_ne!(request().key("cometapi", TakeNo::FIRST.next().unwrap()), base);
    }

    #[test]
    fn a_ratio_is_two_plain_numbers() {
        for good in ["16:9", "1:1", "1280:720"] {
            assert_eq!(good.parse::<Ratio>().unwrap().to_string(), good);
        }
        for bad in ["", "16", "16/9", "16:0", "016:9", " 16:9", "16:9:1", "-1:2", "+1:2", "99999:1"] {
            assert!(bad.parse::<Ratio>().is_err(), "{bad:?}");
        }
    }
}
