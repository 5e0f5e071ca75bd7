//! What a stored video really is, as its bytes say: container, size, length, pictures per second. Nothing that was announced counts.
//! Pure: whoever has the bytes hands them in, in any pieces.

mod boxes;
mod fragments;
mod movie;
#[cfg(feature = "posters")]
mod opening;
mod probe;
mod spec;
#[cfg(test)]
mod tests;

use std::fmt;
use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

#[cfg(feature = "posters")]
pub(crate) use self::opening::opening;
pub use self::probe::Probe;
pub use self::spec::{Deviation, deviations};

/// What the bytes of a video say about it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Media {
    /// How the pictures are coded, by the four characters of the sample entry: `avc1`, `hvc1`, `av01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codec: Option<String>,
    /// The size at which it is shown, in pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Size>,
    /// How long it plays, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub millis: Option<u64>,
    /// How many pictures it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<u32>,
    /// How many pictures a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// Whether there is a track of sound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sound: bool,
    /// Why the container is not sound, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// A picture's size in pixels. Displays as `1280x720`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

/// Pictures per second, as an exact fraction: 24, or 24000/1001. Displays as `24` or `23.976`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// So many pictures …
    pub pictures: NonZeroU32,
    /// … in so many seconds.
    pub seconds: NonZeroU32,
}

impl Rate {
    /// Twenty-four pictures a second, as in the cinema.
    pub const CINEMA: Self = Self { pictures: NonZeroU32::new(24).expect("not 0"), seconds: NonZeroU32::MIN };

    /// So many pictures in so many seconds, as the least such fraction; `None` where either is nothing.
    pub fn of(pictures: u32, seconds: u32) -> Option<Self> {
        let divisor = common_divisor(pictures, seconds).max(1);
        Some(Self { pictures: NonZeroU32::new(pictures / divisor)?, seconds: NonZeroU32::new(seconds / divisor)? })
    }

    /// Pictures per second, rounded to what floating point can say.
    pub fn per_second(self) -> f64 {
        f64::from(self.pictures.get()) / f64::from(self.seconds.get())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.seconds == NonZeroU32::MIN { self.pictures.fmt(f) } else { write!(f, "{:.3}", self.per_second()) }
    }
}

/// The greatest number that divides both.
pub(crate) fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}
