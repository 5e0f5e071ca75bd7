//! Takes to cut. For tests only.

use std::num::NonZeroU32;

use super::{Choice, Cut, Links, Slot, Wish};
use crate::media::{Media, Rate, Size};
use crate::report::samples::{stored, take};
use crate::review::{Review, Verdict};
use crate::take::{State, Take};

/// A stored take whose video has so many pictures at this rate.
pub(super) fn clip(name: &str, frames: u32, (pictures, seconds): (u32, u32)) -> Take {
    let number = |number| NonZeroU32::new(number).expect("not 0");
    let rate = Rate { pictures: number(pictures), seconds: number(seconds) };
    let size = Some(Size { width: 1280, height: 720 });
    let mut take = take(name, stored());
    take.record.media = Some(Media { size, frames: Some(frames), rate: Some(rate), ..Media::default() });
    take
}

/// The take with this said of it.
pub(super) fn reviewed(mut take: Take, pick: Option<bool>, rating: Option<u8>) -> Take {
    let verdict = pick.map(|pick| if pick { Verdict::Pick } else { Verdict::Reject });
    take.record.review = Review { verdict, rating: rating.and_then(|rating| rating.try_into().ok()), note: None };
    take
}

/// The take with a picture of another shape than it asks for.
pub(super) fn off_spec(mut take: Take) -> Take {
    take.record.media.as_mut().expect("a clip").size = Some(Size { width: 720, height: 1280 });
    take
}

/// The take with a file that cannot be played.
pub(super) fn damaged(mut take: Take) -> Take {
    take.record.media.as_mut().expect("a clip").trouble = Some("it is cut off".to_owned());
    take
}

/// Two takes of a shot, a shot without any, and one at another rate.
pub(super) fn a_few() -> Vec<Take> {
    let mut first = reviewed(clip("SC010_SH010_T01", 121, (24, 1)), Some(true), Some(4));
    first.record.review.note = Some("warm light; \"=keep\"\nto the end – 灯".to_owned());
    first.about.scene = "10".parse().ok();
    first.tags = vec!["hero".to_owned()];
    let missing = take("SC010_SH020_T01", State::Submitting);
    vec![first, clip("SC010_SH010_T02", 120, (24, 1)), missing, clip("SC020_SH010_T01", 150, (30, 1))]
}

pub(super) fn wish(choice: Choice) -> Wish {
    Wish { title: "teaser".to_owned(), choice, base: None, start: "01:00:00:00".parse().expect("a timecode") }
}

/// The cut of all shots of these takes, in their order.
pub(super) fn cut(takes: &[Take], choice: Choice) -> Cut<'_> {
    let mut script: Vec<Slot<'_>> = takes.iter().map(Slot::from).collect();
    script.dedup_by_key(|slot| slot.id);
    Cut::new(&script, takes, wish(choice)).expect("a start that every rate has")
}

/// Beside the videos.
pub(super) fn links() -> Links {
    Links { folder: String::new(), absolute: false, slugs: None }
}
