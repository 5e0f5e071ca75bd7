//! A still of a video, for walls and contact sheets: its first picture, small, as a JPEG. Pure: bytes in, bytes out. H.264 in MP4
//! alone; whoever has something else shows the video itself.

mod decode;

use jpeg_encoder::{ColorType, Encoder};

use self::decode::Frame;
use crate::media::opening;

/// Why there is no still.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPoster {
    /// It is not H.264 in MP4, or broken before its first picture.
    #[error("it has no picture of H.264 to begin with")]
    NoOpening,
    /// The first picture cannot be decoded.
    #[error("its first picture cannot be decoded: {0}")]
    Undecoded(String),
    /// The picture has sides that no video has.
    #[error("a picture of {0} by {1} pixels is not believed")]
    Size(usize, usize),
    /// The picture cannot be coded.
    #[error("its first picture cannot be coded: {0}")]
    Uncoded(String),
}

/// The longer side of a still, in pixels, where the video is larger.
const LONGEST: usize = 480;

/// Of 100: where nobody sees blocks on a wall of stills, in about ten kilobytes.
const QUALITY: u8 = 72;

/// The still of a video, as a JPEG. `read` returns so many bytes from a place of its file, or fewer at its end; no more of it is read than
/// its index and its first picture.
pub fn poster(read: impl FnMut(u64, usize) -> Option<Vec<u8>>) -> Result<Vec<u8>, NoPoster> {
    let small = Frame::decode(&opening(read).ok_or(NoPoster::NoOpening)?)?.shrunk_to(LONGEST);
    let side = |side: usize| u16::try_from(side).map_err(|_| NoPoster::Size(small.width, small.height));
    let (width, height) = (side(small.width)?, side(small.height)?);
    let mut file = Vec::new();
    let coded = Encoder::new(&mut file, QUALITY).encode(&small.rgb, width, height, ColorType::Rgb);
    coded.map_err(|error| NoPoster::Uncoded(error.to_string()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::poster as still;
    use super::*;
    use crate::film::Film;
    use crate::media::Rate;

    fn film(ratio: (u32, u32)) -> Vec<u8> {
        Film {
            title: "SC010".into(),
            subtitle: "T01".into(),
            note: String::new(),
            ratio,
            exactly: None,
            rate: Rate::CINEMA,
            seconds: 1,
            notice: "",
            seed: 7,
        }
        .mp4()
    }

    /// The still of a video that is in memory.
    fn poster(video: &[u8]) -> Result<Vec<u8>, NoPoster> {
        still(|place, length| {
            let rest = video.get(usize::try_from(place).ok()?..)?;
            Some(rest[..rest.len().min(length)].to_vec())
        })
    }

    /// Width and height, as the frame header says.
    fn sides(jpeg: &[u8]) -> (u16, u16) {
        let frame = jpeg.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
        let number = |at: usize| u16::from_be_bytes([jpeg[at], jpeg[at + 1]]);
        (number(frame + 7), number(frame + 5))
    }

    #[test]
    fn a_still_is_small_and_has_the_shape_of_its_video() {
        for (ratio, expected) in [((16, 9), (480, 270)), ((9, 16), (270, 480)), ((1, 1), (480, 480)), ((21, 9), (480, 205))] {
            let still = poster(&film(ratio)).unwrap();
            assert_eq!(sides(&still), expected, "{ratio:?}");
            assert!((2_000..40_000).contains(&still.len()), "{ratio:?}: {}", still.len());
            assert_eq!(still, poster(&film(ratio)).unwrap());
        }
    }

    #[test]
    fn what_has_no_picture_to_begin_with_has_no_still() {
        assert_eq!(poster(b""), Err(NoPoster::NoOpening));
        assert_eq!(poster(b"\x1a\x45\xdf\xa3 webm"), Err(NoPoster::NoOpening));
        let film = film((16, 9));
        assert_eq!(poster(&film[..film.len() / 8]), Err(NoPoster::NoOpening));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_bytes_do_harm(changes in proptest::collection::vec((0_usize..8000, any::<u8>()), 1..40)) {
            let mut film = film((1, 1));
            for (place, byte) in changes {
                let at = place % film.len();
                film[at] = byte;
            }
            // A still or a reason, and an end to it.
            if let Ok(still) = poster(&film) {
                prop_assert!(still.starts_with(&[0xff, 0xd8]));
            }
        }
    }
}
