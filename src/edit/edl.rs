//! CMX3600: the edit decision list that everything reads. Picture only, non-drop, in ASCII, lines ended as on the tape.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Cut, Format, Links, Piece, Timebase};
use crate::digest::Digest;
use crate::report::Row;
use crate::review::Review;

/// `.edl` files.
#[derive(Debug)]
pub(super) struct Edl;

/// The form has three digits for the number of an event.
const EVENTS: usize = 999;
/// As long as the name of a reel may be.
const REEL: usize = 8;
/// As much of a text as goes into a comment.
const COMMENT: usize = 200;
/// The reel of nothing.
const BLACK: &str = "BL";

/// What stands in the first event of every list, before the rate.
const MARK: &str = "* WRITTEN BY RUSHES, FRAME RATE: ";

impl Format for Edl {
    fn name(&self) -> &'static str {
        "edl"
    }

    fn ending(&self) -> &'static str {
        "edl"
    }

    fn is_own(&self, beginning: &[u8]) -> bool {
        beginning.starts_with(b"TITLE: ") && beginning.windows(MARK.len()).any(|there| there == MARK.as_bytes())
    }

    fn render(&self, cut: &Cut<'_>, links: &Links) -> String {
        let mut text = String::new();
        line(&mut text, &format!("TITLE: {}", ascii(&cut.title, 70)));
        line(&mut text, "FCM: NON-DROP FRAME");
        let reels = reels(cut);
        for (piece, number) in cut.pieces.iter().zip(1_usize..) {
            line(&mut text, "");
            event(&mut text, number, piece, cut.base, &reels);
            comments(&mut text, piece, links);
            // Some programs take no comment above the first event.
            if number == 1 {
                line(&mut text, &format!("{MARK}{}", cut.base));
            }
        }
        if cut.pieces.is_empty() {
            line(&mut text, &format!("{MARK}{}", cut.base));
        }
        text
    }

    fn remark(&self, cut: &Cut<'_>) -> Option<String> {
        let long = cut.pieces.len() > EVENTS;
        let long = long.then(|| {
            format!(
                "{} events are more than the {EVENTS} that the form has numbers for; they are counted on, and a program that minds \
                 that takes them scene by scene (`--only scene:SC010`)",
                cut.pieces.len()
            )
        });
        let slow = cut.base.is_slowed().then(|| {
            format!(
                "timecode at {} is non-drop: it counts every frame, and is slower than the clock by 3.6 s in an hour",
                cut.base
            )
        });
        let late = (cut.end() > cut.base.day()).then(|| {
            "it goes on past midnight, where timecode begins anew; `--start 00:00:00:00` leaves it the whole day".to_owned()
        });
        let remarks: Vec<_> = long.into_iter().chain(slow).chain(late).collect();
        (!remarks.is_empty()).then(|| remarks.join("; "))
    }
}

/// From where to where in the source, and in the cut.
fn event(text: &mut String, number: usize, piece: &Piece<'_>, base: Timebase, reels: &HashMap<Digest, String>) {
    let reel = piece.take.as_ref().and_then(|row| row.facts.digest).and_then(|digest| reels.get(&digest));
    let reel = reel.map_or(BLACK, String::as_str);
    let [source, end, from, to] = [0, piece.frames, piece.at, piece.end()].map(|frame| base.time_of_day(frame));
    line(text, &format!("{number:03}  {reel:<REEL$} V     C        {source} {end} {from} {to}"));
}

fn comments(text: &mut String, piece: &Piece<'_>, links: &Links) {
    line(text, &format!("* FROM CLIP NAME: {}", piece.name()));
    let Some(row) = &piece.take else {
        return line(text, &format!("* SLUG: {} IS MISSING", piece.slot.id));
    };
    line(text, &format!("* SOURCE FILE: {}", ascii(&links.path(row.facts.file.as_deref().unwrap_or_default()), usize::MAX)));
    if !row.review.is_empty() {
        line(text, &format!("* COMMENT: {}", comment(row)));
    }
}

fn comment(row: &Row<'_>) -> String {
    let note = row.review.note.as_deref().map(|note| ascii(note, COMMENT));
    let said = Some(said(row.review)).filter(|said| !said.is_empty());
    said.into_iter().chain(note).collect::<Vec<_>>().join(": ")
}

/// Verdict and rating in a few letters: `PICK, 4/5`.
pub(super) fn said(review: &Review) -> String {
    let verdict = review.verdict.map(|verdict| verdict.as_str().to_ascii_uppercase());
    let rating = review.rating.map(|rating| format!("{rating}/5"));
    verdict.into_iter().chain(rating).collect::<Vec<_>>().join(", ")
}

/// A name for the bytes of each clip that is the same in every cut: the beginning of their digest. Where two begin alike, the later one
/// is called after the next digits of its own.
fn reels(cut: &Cut<'_>) -> HashMap<Digest, String> {
    let mut taken: HashMap<String, Digest> = HashMap::new();
    for digest in cut.clips().filter_map(|(_, row)| row.facts.digest) {
        let hex = digest.to_string().to_ascii_uppercase();
        let names = (0..=hex.len() - REEL).map(|from| &hex[from..from + REEL]);
        let free = names.filter(|name| taken.get(*name).is_none_or(|other| *other == digest)).take(1);
        taken.extend(free.map(|name| (name.to_owned(), digest)).collect::<Vec<_>>());
    }
    taken.into_iter().map(|(name, digest)| (digest, name)).collect()
}

/// The beginning of a text, on one line and in printable ASCII.
fn ascii(text: &str, most: usize) -> String {
    let one = |c: char| match c {
        ' '..='~' => c,
        c if c.is_whitespace() => ' ',
        _ => '?',
    };
    text.chars().map(one).take(most).collect()
}

fn line(text: &mut String, content: &str) {
    write!(text, "{content}\r\n").expect("memory takes it");
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::edit::{Choice, Wish, samples};
    use crate::take::{Asset, State};

    #[test]
    fn events_follow_each_other_and_gaps_are_black() {
        let takes = samples::a_few();
        let text = Edl.render(&samples::cut(&takes, Choice::All), &samples::links());
        assert!(text.is_ascii() && text.lines().count() == text.matches("\r\n").count());
        assert_snapshot!(text.replace('\r', ""), @r#"
        TITLE: teaser
        FCM: NON-DROP FRAME

        001  EB4D67FA V     C        00:00:00:00 00:00:05:01 01:00:00:00 01:00:05:01
        * FROM CLIP NAME: SC010_SH010_T01
        * SOURCE FILE: shots/SC010_SH010_T01.mp4
        * COMMENT: PICK, 4/5: warm light; "=keep" to the end ? ?
        * WRITTEN BY RUSHES, FRAME RATE: 24

        002  EB4D67FA V     C        00:00:00:00 00:00:05:00 01:00:05:01 01:00:10:01
        * FROM CLIP NAME: SC010_SH010_T02
        * SOURCE FILE: shots/SC010_SH010_T02.mp4

        003  BL       V     C        00:00:00:00 00:00:05:00 01:00:10:01 01:00:15:01
        * FROM CLIP NAME: SC010_SH020
        * SLUG: SC010_SH020 IS MISSING

        004  EB4D67FA V     C        00:00:00:00 00:00:05:00 01:00:15:01 01:00:20:01
        * FROM CLIP NAME: SC020_SH010_T01
        * SOURCE FILE: shots/SC020_SH010_T01.mp4
        "#);
    }

    #[test]
    fn other_bytes_are_another_reel() {
        let take = |name: &str, bytes: &[u8]| {
            let mut take = samples::clip(name, 120, (24, 1));
            if let State::Stored { asset, .. } = &mut take.state {
                *asset = Asset { digest: Digest::of(bytes), bytes: 1 };
            }
            take
        };
        let takes = [take("A_T01", b"one"), take("B_T01", b"another"), take("C_T01", b"one")];
        let cut = samples::cut(&takes, Choice::All);
        let reels = reels(&cut);
        assert_eq!(reels.len(), 2);
        assert!(reels.values().all(|reel| reel.len() == REEL));
        assert_ne!(reels[&Digest::of(b"one")], reels[&Digest::of(b"another")]);
    }

    #[test]
    fn what_its_reader_should_know_is_said() {
        let takes = samples::a_few();
        assert_eq!(Edl.remark(&samples::cut(&takes, Choice::All)), None);
        let wish = Wish { base: "29.97".parse().ok(), ..samples::wish(Choice::All) };
        let slow = Cut::new(&[], &[], wish).unwrap();
        assert!(Edl.remark(&slow).unwrap().contains("non-drop"));
        let many: Vec<_> = (0..1000).map(|n| samples::clip(&format!("S{n:04}_T01"), 120, (24, 1))).collect();
        let cut = samples::cut(&many, Choice::All);
        assert!(Edl.remark(&cut).unwrap().starts_with("1000 events"));
        assert!(Edl.render(&cut, &samples::links()).contains("\r\n1000  "));
    }
}
