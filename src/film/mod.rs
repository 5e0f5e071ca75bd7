//! Short playable videos: a slate with the shot's id and take, a running bar and the time, as a real MP4 that browsers and ffmpeg play;
//! for rehearsals, and for what is missing from a cut.
//! Made from numbers alone, always the same bytes for the same [`Film`]. No encoder library, no I/O.
//!
//! The picture is drawn on a coarse grid (`picture`) so that `h264` can code it exactly and in few bytes; `mp4` wraps the result.

mod bits;
mod cavlc;
mod font;
mod h264;
mod mp4;
mod picture;
mod slate;

use picture::Picture;

use crate::media::{Rate, Size, common_divisor};

/// What is to be seen, in which shape, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// In the largest letters that fit.
    pub title: String,
    /// In a box below the title.
    pub subtitle: String,
    /// In small letters below that, as much as fits.
    pub note: String,
    /// The picture's shape, width first.
    pub ratio: (u32, u32),
    /// Exactly this size in pixels, in place of one of that shape; where that is impossible it is not heeded.
    pub exactly: Option<Size>,
    /// Pictures per second.
    pub rate: Rate,
    /// The length.
    pub seconds: u8,
    /// What it is, in a word at the foot, so that nobody takes it for the real thing.
    pub notice: &'static str,
    /// Settles the colours.
    pub seed: u64,
}

/// The area that every picture has about, in pixels, and at least where its shape is exact: that of 640 by 360.
const AREA: u32 = 640 * 360;

/// The most macroblocks that a picture may have at level 4, the highest that the files claim to need.
const MOST_BLOCKS: u32 = 8192;

/// The smallest file that is sound: it says that it has one picture, and these bytes are in its place. For whoever moves many videos and
/// looks at none.
pub fn stub(bytes: &[u8]) -> Vec<u8> {
    mp4::stub(bytes)
}

impl Film {
    /// The video as a file.
    pub fn mp4(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let mut picture = Picture::new(width, height);
        let slate = slate::Slate::new(self, &mut picture);
        let frames = self.frames();
        let mut stream = vec![h264::key_frame(&mut picture)];
        for frame in 1..frames {
            slate.advance(&mut picture, frame, frames);
            stream.push(h264::next_frame(&mut picture, frame));
        }
        mp4::Movie { width, height, rate: self.rate, parameters: h264::parameters(width, height), frames: stream }
            .file(&self.name())
    }

    /// Whether a file that begins with these bytes, its index among them, is a film of the same title and subtitle.
    pub fn is_one(&self, beginning: &[u8]) -> bool {
        let mark = mp4::user_data(&self.name());
        beginning.windows(mark.len()).any(|bytes| bytes == mark)
    }

    fn name(&self) -> String {
        format!("{} {}", self.title, self.subtitle).trim().to_owned()
    }

    /// How many pictures there are, to the nearest.
    pub fn frames(&self) -> u32 {
        let (pictures, seconds) = (u64::from(self.rate.pictures.get()), u64::from(self.rate.seconds.get()));
        u32::try_from((u64::from(self.seconds) * pictures + seconds / 2) / seconds).unwrap_or(u32::MAX)
    }

    /// Width and height in pixels: as it is said, else even, of the asked shape exactly where that is possible at about this size, and
    /// near it elsewhere.
    pub fn size(&self) -> (u32, u32) {
        let exactly = self.exactly.map(|size| (size.width, size.height));
        if let Some(size) = exactly.filter(|&size| fits(size) && size.0.is_multiple_of(2) && size.1.is_multiple_of(2)) {
            return size;
        }
        let (width, height) = (self.ratio.0.clamp(1, 1 << 14), self.ratio.1.clamp(1, 1 << 14));
        let divisor = common_divisor(width, height);
        let (width, height) = (width / divisor, height / divisor);
        let scale = (AREA.div_ceil(width * height) - 1).isqrt() + 1;
        let scale = scale.next_multiple_of(2);
        let exact = (width * scale, height * scale);
        if fits(exact) { exact } else { nearest(width, height) }
    }
}

fn fits((width, height): (u32, u32)) -> bool {
    let side = |side| (128..=1920).contains(&side);
    side(width) && side(height) && width.div_ceil(16) * height.div_ceil(16) <= MOST_BLOCKS
}

/// The size of about the right area whose shape is nearest to this one, neither side too short for a picture.
fn nearest(width: u32, height: u32) -> (u32, u32) {
    let side = |this: u32, other: u32| {
        let square = u64::from(AREA) * u64::from(this) / u64::from(other);
        u32::try_from(square.isqrt()).unwrap_or(u32::MAX).clamp(128, 1800) & !1
    };
    (side(width, height), side(height, width))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn film(title: &str, ratio: (u32, u32), seconds: u8) -> Film {
        let (title, note) = (title.to_owned(), "A lighthouse at dawn, fog rolling in from the sea".to_owned());
        let (exactly, rate, notice) = (None, Rate::CINEMA, "REHEARSAL");
        Film { title, subtitle: "T01".into(), note, ratio, exactly, rate, seconds, notice, seed: 7 }
    }

    #[test]
    fn the_usual_shapes_are_exact() {
        for (ratio, size) in [
            ((16, 9), (640, 360)),
            ((9, 16), (360, 640)),
            ((1, 1), (480, 480)),
            ((4, 3), (560, 420)),
            ((21, 9), (742, 318)),
            ((1280, 720), (640, 360)),
            ((1584, 672), (792, 336)),
            ((1, 16384), (128, 1800)),
        ] {
            assert_eq!(film("A", ratio, 5).size(), size, "{ratio:?}");
        }
    }

    #[test]
    fn a_film_is_a_few_kilobytes() {
        for ratio in [(16, 9), (9, 16), (1, 1), (4, 3), (21, 9)] {
            let bytes = film("SC010_SH020", ratio, 5).mp4().len();
            assert!((2_000..15_000).contains(&bytes), "{ratio:?}: {bytes}");
        }
        assert!(film("SC010_SH020", (16, 9), 10).mp4().len() < 18_000);
    }

    #[test]
    fn the_same_film_has_the_same_bytes_and_another_has_others() {
        let first = film("A", (16, 9), 5);
        assert_eq!(first.mp4(), first.mp4());
        for other in [film("B", (16, 9), 5), film("A", (9, 16), 5), film("A", (16, 9), 10), Film { seed: 8, ..first.clone() }] {
            assert_ne!(first.mp4(), other.mp4());
        }
    }

    #[test]
    fn a_size_is_heeded_where_it_is_possible() {
        for (width, height, expected) in [(1280, 720, (1280, 720)), (1281, 720, (640, 360)), (3840, 2160, (640, 360))] {
            let exactly = Some(Size { width, height });
            assert_eq!(Film { exactly, ..film("A", (16, 9), 5) }.size(), expected);
        }
    }

    #[test]
    fn a_rate_makes_as_many_pictures_as_the_length_has() {
        let rate =
            |pictures: u32, seconds: u32| Rate { pictures: pictures.try_into().unwrap(), seconds: seconds.try_into().unwrap() };
        for (rate, frames) in [(rate(24, 1), 120), (rate(24_000, 1001), 120), (rate(25, 1), 125), (rate(30_000, 1001), 150)] {
            assert_eq!(Film { rate, ..film("A", (16, 9), 5) }.frames(), frames);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn any_words_and_any_shape_make_a_film(
            title in ".{0,120}", subtitle in ".{0,20}", note in ".{0,80}",
            ratio in (0..20_000_u32, 0..20_000_u32), seconds in 0..=2_u8, seed: u64,
        ) {
            let (exactly, rate, notice) = (None, Rate::CINEMA, "REHEARSAL");
            let film = Film { title, subtitle, note, ratio, exactly, rate, seconds, notice, seed };
            let (width, height) = film.size();
            prop_assert!(width % 2 == 0 && height % 2 == 0 && fits((width, height)));
            prop_assert!(film.mp4().len() > 500);
        }
    }
}
