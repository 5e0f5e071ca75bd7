//! How a cut counts time: pictures per second as editing programs know them, lengths as exact fractions, and timecode. Whole numbers
//! throughout, so that nothing drifts.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use crate::media::{Media, Rate};
use crate::request::Seconds;

/// Pictures per second of a cut: a whole number from 1 to 120, or one of the rates of colour television, which are slower than 24, 30,
/// 48, 60 or 120 by one in 1001. Displays as `24` or `23.976`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Timebase {
    /// What timecode counts to.
    nominal: u32,
    /// Whether it is slower than that by one in 1001.
    slowed: bool,
}

/// A text that is no rate of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate is a whole number from 1 to 120, or 23.976, 29.97, 47.952, 59.94 or 119.88")]
pub struct BadRate;

/// A length of time, in so many parts of a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Length {
    parts: u64,
    of: u64,
}

/// A point in time as it is written: hours, minutes, seconds, frames. Never drop-frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timecode([u32; 4]);

/// A text that is no timecode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a timecode is written hours:minutes:seconds:frames, for example 01:00:00:00")]
pub struct BadTimecode;

/// What colour television has slowed.
const SLOWED: [u32; 5] = [24, 30, 48, 60, 120];
/// The most pictures per second.
const MOST: u32 = 120;
/// A rate that was measured is one of these if it is no further off than one in so many; 23.976 and 24 differ by one in 1001.
const NEAR: u64 = 2500;

impl Timebase {
    /// As in the cinema.
    pub const CINEMA: Self = Self { nominal: 24, slowed: false };

    /// The rate that a measured one stands for, if any.
    pub fn near(rate: Rate) -> Option<Self> {
        let all = (1..=MOST).map(|nominal| Self { nominal, slowed: false });
        let slowed = SLOWED.map(|nominal| Self { nominal, slowed: true });
        all.chain(slowed).find(|base| {
            let cross = |one: Rate, other: Rate| u64::from(one.pictures.get()) * u64::from(other.seconds.get());
            let (this, that) = (cross(base.rate(), rate), cross(rate, base.rate()));
            u128::from(this.abs_diff(that)) * u128::from(NEAR) <= u128::from(this)
        })
    }

    /// Pictures per second, exactly.
    pub fn rate(self) -> Rate {
        let number = |number| NonZeroU32::new(number).expect("a rate is never 0");
        if self.slowed {
            Rate { pictures: number(self.nominal * 1000), seconds: number(1001) }
        } else {
            Rate { pictures: number(self.nominal), seconds: NonZeroU32::MIN }
        }
    }

    /// Whether timecode that counts so runs slower than the clock.
    pub fn is_slowed(self) -> bool {
        self.slowed
    }

    /// The timecode of this frame, counted from midnight.
    pub fn timecode(self, frame: u64) -> Timecode {
        let nominal = u64::from(self.nominal);
        let seconds = frame / nominal;
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60, frame % nominal];
        Timecode(parts.map(|part| u32::try_from(part).unwrap_or(u32::MAX)))
    }

    /// The timecode of this frame as a tape or a clock shows it, which begins anew at midnight.
    pub fn time_of_day(self, frame: u64) -> Timecode {
        self.timecode(frame % self.day())
    }

    /// So many frames have a timecode of their own.
    pub fn day(self) -> u64 {
        24 * 3600 * u64::from(self.nominal)
    }

    /// The frame that has this timecode; `None` where a second has not so many frames.
    pub fn frame(self, Timecode([hours, minutes, seconds, frames]): Timecode) -> Option<u64> {
        let whole = (u64::from(hours) * 60 + u64::from(minutes)) * 60 + u64::from(seconds);
        (frames < self.nominal).then(|| whole * u64::from(self.nominal) + u64::from(frames))
    }

    /// How long so many frames last.
    pub fn length(self, frames: u64) -> Length {
        Length::pictures(frames, self.rate())
    }
}

impl Length {
    /// So many pictures at this rate.
    pub fn pictures(pictures: u64, rate: Rate) -> Self {
        Self { parts: pictures.saturating_mul(u64::from(rate.seconds.get())), of: u64::from(rate.pictures.get()) }
    }

    /// How long a video plays, as far as its bytes say.
    pub fn of(media: &Media) -> Option<Self> {
        match (media.frames, media.rate, media.millis) {
            (Some(frames), Some(rate), _) => Some(Self::pictures(u64::from(frames), rate)),
            (_, _, Some(millis)) => Some(Self { parts: millis, of: 1000 }),
            _ => None,
        }
    }

    /// So many whole frames fit into it.
    pub fn whole_frames(self, base: Timebase) -> u64 {
        self.times(base.rate(), 0)
    }

    /// So many frames come nearest to it.
    pub fn nearest_frames(self, base: Timebase) -> u64 {
        let half = u128::from(self.of) * u128::from(base.rate().seconds.get()) / 2;
        self.times(base.rate(), half)
    }

    /// In millionths of a second, to the nearest.
    pub fn micros(self) -> u64 {
        let of = u128::from(self.of);
        u64::try_from((u128::from(self.parts) * 1_000_000 + of / 2) / of).unwrap_or(u64::MAX)
    }

    fn times(self, rate: Rate, more: u128) -> u64 {
        let above = u128::from(self.parts) * u128::from(rate.pictures.get()) + more;
        let below = u128::from(self.of) * u128::from(rate.seconds.get());
        u64::try_from(above / below).unwrap_or(u64::MAX)
    }
}

impl From<Seconds> for Length {
    fn from(seconds: Seconds) -> Self {
        Self { parts: u64::from(seconds.get()), of: 1 }
    }
}

/// In seconds, with as many decimals as anybody reads: `5.041667`.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.micros();
        write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

impl fmt::Display for Timebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nominal {
            nominal if !self.slowed => nominal.fmt(f),
            24 => f.write_str("23.976"),
            48 => f.write_str("47.952"),
            nominal => write!(f, "{:.2}", f64::from(nominal) * 1000.0 / 1001.0),
        }
    }
}

impl FromStr for Timebase {
    type Err = BadRate;

    fn from_str(text: &str) -> Result<Self, BadRate> {
        let nominal = match text {
            "23.976" | "23.98" => 24,
            "29.97" => 30,
            "47.952" | "47.95" => 48,
            "59.94" => 60,
            "119.88" => 120,
            _ => {
                let whole = text.parse().ok().filter(|whole| (1..=MOST).contains(whole) && !text.starts_with('+'));
                return whole.map(|nominal| Self { nominal, slowed: false }).ok_or(BadRate);
            }
        };
        Ok(Self { nominal, slowed: true })
    }
}

impl fmt::Display for Timecode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [hours, minutes, seconds, frames] = self.0;
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}:{frames:02}")
    }
}

impl FromStr for Timecode {
    type Err = BadTimecode;

    fn from_str(text: &str) -> Result<Self, BadTimecode> {
        let part = |part: &str| part.parse().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
        let parts: Option<Vec<u32>> = text.split(':').map(part).collect();
        let parts: [u32; 4] = parts.and_then(|parts| parts.try_into().ok()).ok_or(BadTimecode)?;
        let [hours, minutes, seconds, frames] = parts;
        if hours < 24 && minutes < 60 && seconds < 60 && frames < MOST { Ok(Self(parts)) } else { Err(BadTimecode) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(pictures: u32, seconds: u32) -> Rate {
        Rate { pictures: pictures.try_into().unwrap(), seconds: seconds.try_into().unwrap() }
    }

    fn check(text: &str, measured: Rate) {
        let base: Timebase = text.parse().unwrap();
        assert_eq!(base.to_string(), text);
        assert_eq!(Timebase::near(measured), Some(base), "{text}");
        assert_eq!(Timebase::near(base.rate()), Some(base), "{text}");
    }

    #[test]
    fn a_rate_is_known_by_its_name_and_by_what_was_measured() {
        check("24", rate(24, 1));
        check("24", rate(12_288, 512));
        check("23.976", rate(24_000, 1001));
        check("23.976", rate(2398, 100));
        check("25", rate(25_000, 1000));
        check("29.97", rate(2997, 100));
        check("59.94", rate(60_000, 1001));
        check("119.88", rate(120_000, 1001));
        check("47.952", rate(47_952, 1000));
        check("8", rate(8, 1));
        for odd in [rate(25, 2), rate(1000, 1), rate(1, 10)] {
            assert_eq!(Timebase::near(odd), None, "{odd}");
        }
        for bad in ["", "0", "121", "24.5", "-24", "+24", "24/1", "NaN"] {
            assert_eq!(bad.parse::<Timebase>(), Err(BadRate), "{bad:?}");
        }
    }

    #[test]
    fn timecode_counts_the_nominal_frames() {
        for (base, frame, text) in [
            ("24", 0, "00:00:00:00"),
            ("24", 86_400, "01:00:00:00"),
            ("23.976", 86_400, "01:00:00:00"),
            ("29.97", 1800, "00:01:00:00"),
            ("25", 59 * 25 + 24, "00:00:59:24"),
            ("120", 119, "00:00:00:119"),
        ] {
            let base: Timebase = base.parse().unwrap();
            assert_eq!(base.timecode(frame).to_string(), text);
            assert_eq!(base.frame(text.parse().unwrap()), Some(frame));
        }
        assert_eq!(Timebase::CINEMA.frame("00:00:00:24".parse().unwrap()), None);
        for bad in ["", "1:0:0", "01:60:00:00", "01:00:60:00", "24:00:00:00", "01:00:00;00", "01:00:00:-1", "+1:0:0:0"] {
            assert_eq!(bad.parse::<Timecode>(), Err(BadTimecode), "{bad:?}");
        }
    }

    #[test]
    fn a_length_is_what_the_bytes_say() {
        let media = |frames, rate, millis| Media { millis, frames, rate, ..Media::default() };
        let ntsc = Some(rate(24_000, 1001));
        assert_eq!(Length::of(&media(Some(121), Some(rate(24, 1)), Some(9))).unwrap().to_string(), "5.041667");
        assert_eq!(Length::of(&media(Some(120), ntsc, None)).unwrap().to_string(), "5.005000");
        assert_eq!(Length::of(&media(None, ntsc, Some(5041))).unwrap().nearest_frames(Timebase::CINEMA), 121);
        assert_eq!(Length::of(&media(Some(120), None, None)), None);
        let at_thirty = Length::of(&media(Some(151), Some(rate(30, 1)), None)).unwrap();
        assert_eq!((at_thirty.whole_frames(Timebase::CINEMA), at_thirty.nearest_frames(Timebase::CINEMA)), (120, 121));
    }

    proptest! {
        #[test]
        fn frames_become_a_length_and_the_same_frames(frames in 0_u64..10_000_000, nominal in 1_u32..=120, slow in any::<bool>()) {
            let slowed = slow && SLOWED.contains(&nominal);
            let base = Timebase { nominal, slowed };
            prop_assert_eq!(base.length(frames).whole_frames(base), frames);
            prop_assert_eq!(base.length(frames).nearest_frames(base), frames);
            prop_assert_eq!(base.frame(base.timecode(frames)), Some(frames));
        }
    }
}
