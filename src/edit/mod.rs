//! The hand-over to the edit: takes in script order as a cut, and the forms in which editing programs read one. Picture only; no I/O:
//! whoever calls knows where the files lie, and writes what comes out.

mod base;
mod choice;
mod concat;
mod csv;
mod edl;
mod links;
mod otio;
#[cfg(test)]
mod samples;

use std::collections::HashMap;
use std::fmt;

pub use base::{BadRate, BadTimecode, Length, Timebase, Timecode};
pub use choice::{Choice, is_damaged};
pub use links::Links;

use crate::film::Film;
use crate::media::{Rate, Size};
use crate::report::Row;
use crate::request::Request;
use crate::shot::{About, Shot, ShotId};
use crate::take::Take;

/// The forms of a cut. A further one is one file and one line here.
pub const FORMATS: [&dyn Format; 4] = [&otio::Otio, &edl::Edl, &concat::Concat, &csv::Table];

/// One form of a cut.
pub trait Format: fmt::Debug + Sync {
    /// What it is called on the command line.
    fn name(&self) -> &'static str;

    /// How the names of its files end.
    fn ending(&self) -> &'static str;

    /// Whether a file that begins like this is one of its own, and not somebody else's of the same form.
    fn is_own(&self, beginning: &[u8]) -> bool;

    /// The whole file: the same bytes for the same cut.
    fn render(&self, cut: &Cut<'_>, links: &Links) -> String;

    /// Whether it cannot leave anything out, and needs a film in the place of what is missing.
    fn needs_slugs(&self) -> bool {
        false
    }

    /// What its reader should know about this cut, in a sentence.
    fn remark(&self, _cut: &Cut<'_>) -> Option<String> {
        None
    }
}

/// Clips and gaps, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut<'a> {
    /// What it is called.
    pub title: String,
    /// How it counts time.
    pub base: Timebase,
    /// The frame that it begins with, counted from midnight.
    pub start: u64,
    /// What it is made of, in order.
    pub pieces: Vec<Piece<'a>>,
}

/// A clip, or a gap where there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<'a> {
    /// Where in the script it stands.
    pub slot: Slot<'a>,
    /// The take that is seen; none in a gap.
    pub take: Option<Row<'a>>,
    /// The frame that it begins with, counted from midnight.
    pub at: u64,
    /// How many frames it has; one at least.
    pub frames: u64,
}

/// A shot as the script has it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot<'a> {
    /// What it is called.
    pub id: &'a ShotId,
    /// What its takes are to ask for.
    pub request: &'a Request,
    /// Its tags.
    pub tags: &'a [String],
    /// Its scene and notes.
    pub about: &'a About,
}

/// What a cut is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What it is called.
    pub title: String,
    /// Which takes of a shot are wanted.
    pub choice: Choice,
    /// How it counts time; otherwise as most of its clips do.
    pub base: Option<Timebase>,
    /// The timecode that it begins with.
    pub start: Timecode,
}

/// A start that the rate of the cut does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a cut cannot begin at {0}: it has {1} frames a second")]
pub struct BadStart(Timecode, Timebase);

impl<'a> Cut<'a> {
    /// The cut of these shots, in this order, each with its chosen takes one after the other, or a gap as long as was asked for. Takes
    /// of other shots are not in it.
    pub fn new(script: &[Slot<'a>], takes: &'a [Take], wish: Wish) -> Result<Self, BadStart> {
        let mut rows: HashMap<&ShotId, Vec<Row<'a>>> = HashMap::new();
        for take in takes {
            rows.entry(&take.name.shot).or_default().push(Row::new(take));
        }
        let chosen = script.iter().map(|slot| (*slot, wish.choice.of(rows.remove(slot.id).unwrap_or_default())));
        let chosen: Vec<_> = chosen.collect();
        let base = wish.base.or_else(|| most_common(chosen.iter().flat_map(|(_, rows)| rows))).unwrap_or(Timebase::CINEMA);
        let start = base.frame(wish.start).ok_or(BadStart(wish.start, base))?;
        let mut cut = Self { title: wish.title, base, start, pieces: Vec::new() };
        for (slot, rows) in chosen {
            if rows.is_empty() {
                cut.push(slot, None);
            }
            for row in rows {
                cut.push(slot, Some(row));
            }
        }
        Ok(cut)
    }

    /// The frame behind the last one, counted from midnight.
    pub fn end(&self) -> u64 {
        self.pieces.last().map_or(self.start, Piece::end)
    }

    /// What is missing.
    pub fn gaps(&self) -> impl Iterator<Item = &Piece<'a>> {
        self.pieces.iter().filter(|piece| piece.take.is_none())
    }

    /// The clips, each with its take.
    pub fn clips(&self) -> impl Iterator<Item = (&Piece<'a>, &Row<'a>)> {
        self.pieces.iter().filter_map(|piece| piece.take.as_ref().map(|row| (piece, row)))
    }

    /// The clips that have another rate than the cut.
    pub fn conformed(&self) -> impl Iterator<Item = &Row<'a>> {
        self.clips().map(|(_, row)| row).filter(|row| rate(row).is_some_and(|rate| Timebase::near(rate) != Some(self.base)))
    }

    /// For each gap the name of a file, and a slate to be seen there, as large as what is seen before it, or else after it,
    /// as far as a film can be so large.
    pub fn slugs(&self) -> impl Iterator<Item = (String, Film)> {
        let size = |piece: &Piece<'_>| piece.take.as_ref().and_then(|row| row.facts.media).and_then(|media| media.size);
        let mut last = self.pieces.iter().find_map(size);
        self.pieces.iter().filter_map(move |piece| {
            last = size(piece).or(last);
            piece.take.is_none().then(|| (piece.slug(), piece.film(self.base, last)))
        })
    }

    fn push(&mut self, slot: Slot<'a>, take: Option<Row<'a>>) {
        let frames = take.as_ref().map_or_else(|| slot.frames(self.base), |row| frames(row, self.base)).max(1);
        self.pieces.push(Piece { slot, take, at: self.end(), frames });
    }
}

impl<'a> Piece<'a> {
    /// The frame behind its last one, counted from midnight.
    pub fn end(&self) -> u64 {
        self.at.saturating_add(self.frames)
    }

    /// What it is called: as the take, or as the shot where there is none.
    pub fn name(&self) -> String {
        self.take.as_ref().map_or_else(|| self.slot.id.to_string(), |row| row.take.name.to_string())
    }

    /// What was asked for: by the take that is seen, else by the shot.
    pub fn request(&self) -> &'a Request {
        self.take.as_ref().map_or(self.slot.request, |row| row.facts.request)
    }

    /// The name of the film that is seen in a gap.
    fn slug(&self) -> String {
        format!("{}.mp4", self.slot.id)
    }

    fn film(&self, base: Timebase, exactly: Option<Size>) -> Film {
        Film {
            title: self.slot.id.to_string(),
            subtitle: "MISSING".to_owned(),
            note: self.slot.request.prompt.clone(),
            ratio: self.slot.request.ratio.sides(),
            exactly,
            rate: base.rate(),
            seconds: self.slot.request.seconds.get(),
            notice: "SLUG",
            seed: 0,
        }
    }
}

impl Slot<'_> {
    fn frames(self, base: Timebase) -> u64 {
        Length::from(self.request.seconds).nearest_frames(base)
    }
}

impl<'a> From<&'a Shot> for Slot<'a> {
    fn from(shot: &'a Shot) -> Self {
        Self { id: &shot.id, request: &shot.request, tags: &shot.tags, about: &shot.about }
    }
}

impl<'a> From<&'a Take> for Slot<'a> {
    fn from(take: &'a Take) -> Self {
        Self { id: &take.name.shot, request: &take.request, tags: &take.tags, about: &take.about }
    }
}

/// How long the video of a take plays: as its bytes say, else as it was asked for.
fn length(row: &Row<'_>) -> Length {
    row.facts.media.and_then(Length::of).unwrap_or_else(|| row.facts.request.seconds.into())
}

/// How many frames of the cut the video has: never more than there are pictures for, where those are known.
fn frames(row: &Row<'_>, base: Timebase) -> u64 {
    let media = row.facts.media;
    match media.and_then(|media| media.frames.zip(media.rate)) {
        Some((frames, rate)) if Timebase::near(rate) == Some(base) => u64::from(frames),
        Some(_) => length(row).whole_frames(base),
        None => length(row).nearest_frames(base),
    }
}

/// The rate of a take's video, where it is known.
fn rate(row: &Row<'_>) -> Option<Rate> {
    row.facts.media.and_then(|media| media.rate)
}

/// The rate that most of these have, and of those that are as common the first.
fn most_common<'r, 'a: 'r>(rows: impl Iterator<Item = &'r Row<'a>>) -> Option<Timebase> {
    let mut counts: Vec<(Timebase, usize)> = Vec::new();
    for base in rows.filter_map(rate).filter_map(Timebase::near) {
        match counts.iter_mut().find(|(known, _)| *known == base) {
            Some((_, count)) => *count += 1,
            None => counts.push((base, 1)),
        }
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(base, _)| base)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::samples;

    fn check(rates: &[(u32, u32)], expected: &str) {
        let takes: Vec<_> = rates.iter().enumerate().map(|(n, rate)| samples::clip(&format!("S{n}_T01"), 120, *rate)).collect();
        assert_eq!(samples::cut(&takes, Choice::Best).base.to_string(), expected, "{rates:?}");
    }

    #[test]
    fn a_cut_counts_as_most_of_its_clips_do() {
        check(&[], "24");
        check(&[(25, 1)], "25");
        check(&[(30, 1), (24, 1), (24, 1)], "24");
        check(&[(30, 1), (24, 1)], "30");
        check(&[(24_000, 1001), (30, 1), (24_000, 1001)], "23.976");
        check(&[(25, 2), (25, 2), (30, 1)], "30");
    }

    #[test]
    fn pieces_follow_each_other_without_a_hole() {
        let takes = samples::a_few();
        let cut = samples::cut(&takes, Choice::All);
        let told: Vec<_> = cut.pieces.iter().map(|piece| (piece.name(), piece.at - cut.start, piece.frames)).collect();
        let expected = [("SC010_SH010_T01", 0, 121), ("SC010_SH010_T02", 121, 120), ("SC010_SH020", 241, 120)];
        let expected = expected.into_iter().chain([("SC020_SH010_T01", 361, 120)]);
        assert_eq!(told, expected.map(|(name, at, frames)| (name.to_owned(), at, frames)).collect::<Vec<_>>());
        assert_eq!(cut.base.timecode(cut.end()).to_string(), "01:00:20:01");
        let conformed: Vec<_> = cut.conformed().map(|row| row.take.name.to_string()).collect();
        assert_eq!(conformed, ["SC020_SH010_T01"]);
    }

    #[test]
    fn a_gap_is_as_long_as_was_asked_for_and_as_large_as_its_neighbour() {
        let takes = samples::a_few();
        let cut = samples::cut(&takes, Choice::Best);
        let (name, film) = cut.slugs().next().unwrap();
        assert_eq!((name.as_str(), film.title.as_str(), film.frames()), ("SC010_SH020.mp4", "SC010_SH020", 120));
        assert_eq!((film.size(), cut.slugs().count()), ((1280, 720), 1));
    }

    #[test]
    fn a_file_is_known_by_its_beginning_and_nobody_elses_is() {
        let takes = samples::a_few();
        let others = [
            "TITLE: MY HAND CUT\r\nFCM: NON-DROP FRAME\r\n\r\n001  AX V C 00:00:00:00 00:00:01:00 01:00:00:00 01:00:01:00\r\n",
            "ffconcat version 1.0\nfile 'wedding.mp4'\n",
            "{\n  \"OTIO_SCHEMA\": \"Timeline.1\",\n  \"metadata\": {},\n  \"name\": \"by hand\"\n}\n",
            "id,prompt\n",
            "{}",
            "",
        ];
        assert!(FORMATS.iter().all(|format| others.iter().all(|other| !format.is_own(other.as_bytes()))));
        for format in FORMATS {
            for cut in [samples::cut(&takes, Choice::All), samples::cut(&[], Choice::All)] {
                assert!(format.is_own(format.render(&cut, &samples::links()).as_bytes()), "{}", format.name());
            }
        }
    }

    #[test]
    fn a_start_is_a_frame_of_the_cut() {
        let start = "00:00:00:24".parse().unwrap();
        let wish = Wish { start, ..samples::wish(Choice::Best) };
        let error = Cut::new(&[], &[], wish).unwrap_err();
        assert_eq!(error.to_string(), "a cut cannot begin at 00:00:00:24: it has 24 frames a second");
    }
}
