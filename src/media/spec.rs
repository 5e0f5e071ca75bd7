//! Whether a video is what was asked for.

use std::fmt;

use super::{Media, Size};
use crate::request::{Ratio, Request, Seconds};

/// Something about a stored video that is not as it was asked for. Displays as a clause: `it plays 2.500 s, not 5 s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deviation {
    /// The container is not sound; why, in words.
    Container(String),
    /// The picture has another shape.
    Ratio(Ratio, Size),
    /// So many pixels were asked for, and there are others.
    Size(Ratio, Size),
    /// It is longer or shorter, in milliseconds.
    Length(Seconds, u64),
}

/// A shape that is no further off than this, in thousandths, is the one that was asked for: the sizes in which the provider makes its
/// shapes are multiples of 16 pixels, and `21:9` comes as 1584 by 672, which is 10 thousandths wider.
const SHAPE: u64 = 25;

/// A length that is no further off than this, in thousandths, is the one that was asked for: ten seconds have been seen to come
/// as 10.4.
const LENGTH: u64 = 100;

/// What about a video is not as the request asks for. What is not known of it is not held against it.
pub fn deviations(request: &Request, media: &Media) -> Vec<Deviation> {
    let container = media.trouble.clone().map(Deviation::Container);
    let picture = media.size.and_then(|size| picture(&request.ratio, size));
    let length = media.millis.filter(|millis| !is_about(*millis, seconds(request.seconds), LENGTH));
    let length = length.map(|millis| Deviation::Length(request.seconds, millis));
    container.into_iter().chain(picture).chain(length).collect()
}

fn picture(ratio: &Ratio, size: Size) -> Option<Deviation> {
    let (width, height) = ratio.sides();
    let cross = |one: u32, other: u32| u64::from(one) * u64::from(other);
    if !is_about(cross(size.width, height), cross(size.height, width), SHAPE) {
        return Some(Deviation::Ratio(ratio.clone(), size));
    }
    (ratio.is_in_pixels() && (size.width, size.height) != (width, height)).then(|| Deviation::Size(ratio.clone(), size))
}

/// Whether `found` is within so many thousandths of `wanted`.
fn is_about(found: u64, wanted: u64, thousandths: u64) -> bool {
    found.abs_diff(wanted) <= wanted.saturating_mul(thousandths) / 1000
}

fn seconds(seconds: Seconds) -> u64 {
    1000 * u64::from(seconds.get())
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Container(why) => write!(f, "the file is damaged: {why}"),
            Self::Ratio(asked, size) => write!(f, "its picture is {size}, not {asked}"),
            Self::Size(asked, size) => {
                let (width, height) = asked.sides();
                write!(f, "its picture is {size}, not {}", Size { width, height })
            }
            Self::Length(asked, millis) => {
                write!(f, "it plays {}.{:03} s, not {} s", millis / 1000, millis % 1000, asked.get())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ratio: &str, media: &Media, expected: &[&str]) {
        let request = Request { ratio: ratio.parse().unwrap(), ..Request::sample("a cat") };
        let told: Vec<_> = deviations(&request, media).iter().map(ToString::to_string).collect();
        assert_eq!(told, expected, "{ratio} {media:?}");
    }

    fn media(width: u32, height: u32, millis: u64) -> Media {
        Media { size: Some(Size { width, height }), millis: Some(millis), ..Media::default() }
    }

    #[test]
    fn what_is_as_it_was_asked_for_is_not_remarked_on() {
        check("16:9", &media(1280, 720, 5000), &[]);
        check("16:9", &media(1280, 720, 5042), &[]);
        check("21:9", &media(1584, 672, 4500), &[]);
        check("4:3", &media(1104, 832, 5500), &[]);
        check("1280:720", &media(1280, 720, 5000), &[]);
        check("16:9", &Media::default(), &[]);
    }

    #[test]
    fn what_is_not_is_told() {
        check("16:9", &media(720, 1280, 5000), &["its picture is 720x1280, not 16:9"]);
        check("16:9", &media(1280, 768, 5000), &["its picture is 1280x768, not 16:9"]);
        check("1280:720", &media(640, 360, 5000), &["its picture is 640x360, not 1280x720"]);
        check("1:1", &media(640, 640, 10_000), &["it plays 10.000 s, not 5 s"]);
        check("1:1", &media(640, 0, 4499), &["its picture is 640x0, not 1:1", "it plays 4.499 s, not 5 s"]);
        let damaged = Media { trouble: Some("it is cut off".to_owned()), ..Media::default() };
        check("1:1", &damaged, &["the file is damaged: it is cut off"]);
    }
}
