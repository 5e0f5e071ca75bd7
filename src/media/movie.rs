//! The index of a video, which says how it is coded, how large it is, how long it plays, and where its samples are.

use std::num::NonZeroU32;

use super::boxes::{Kind, boxes, inside, long, name, number, table};
use super::fragments::Fragments;
use super::{Rate, Size};

/// What the index says of the first track of pictures, and whether there is one of sound.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Movie {
    pub(super) has_video: bool,
    pub(super) codec: Option<String>,
    pub(super) size: Option<Size>,
    pub(super) millis: Option<u64>,
    pub(super) frames: Option<u32>,
    pub(super) rate: Option<Rate>,
    pub(super) sound: bool,
    /// Where the last of all samples ends, in bytes from the beginning of the file.
    pub(super) end: u64,
}

/// A matrix of a quarter turn has nothing where one that turns nothing has its scales.
const NOTHING: u32 = 0;

/// Where at least so many of a hundred pictures last equally long, that is the rate; where fewer do, it is their average.
const STEADY: u64 = 90;

/// An average that is off by a smaller part than this means the usual rate.
const NEAR: f64 = 0.01;

/// The usual rates, as pictures in seconds.
const USUAL: [(u32, u32); 8] = [(24_000, 1001), (24, 1), (25, 1), (30_000, 1001), (30, 1), (50, 1), (60_000, 1001), (60, 1)];

impl Movie {
    /// Reads what is inside a box `moov`, and what the fragments behind it have said, if there are any.
    pub(super) fn read(index: &[u8], fragments: Option<&Fragments>) -> Self {
        let mut movie = Self { end: fragments.map_or(0, Fragments::end), ..Self::default() };
        for track in boxes(index).filter(|(kind, _)| kind == b"trak").map(|(_, track)| track) {
            match handler(track) {
                Some(b"vide") if !movie.has_video => movie.see(index, track, fragments),
                Some(b"soun") => movie.sound = true,
                _ => {}
            }
            movie.end = movie.end.max(end_of_samples(track));
        }
        movie
    }

    fn see(&mut self, index: &[u8], track: &[u8], fragments: Option<&Fragments>) {
        let entry = inside(track, &[b"mdia", b"minf", b"stbl", b"stsd"]).and_then(|table| boxes(table.get(8..)?).next());
        let mut times = Times::read(track);
        times.runs.extend(fragments.iter().flat_map(|fragments| fragments.runs()));
        self.has_video = true;
        self.codec = entry.map(|(kind, _)| name(kind).trim().to_owned()).filter(|name| !name.is_empty());
        self.size = size_shown(track).or_else(|| entry.and_then(|(_, entry)| size_coded(entry)));
        self.frames = times.frames().filter(|frames| *frames > 0);
        self.rate = times.rate();
        // What an index says of fragments that were still to come is a hope at best.
        let shown = if fragments.is_none() { length_shown(index, track) } else { None };
        self.millis = shown.or_else(|| times.millis()).filter(|millis| *millis > 0);
    }
}

fn handler(track: &[u8]) -> Option<&Kind> {
    inside(track, &[b"mdia", b"hdlr"])?.get(8..)?.first_chunk()
}

/// The number of the first track of pictures, by which fragments name it.
pub(super) fn track_of_pictures(index: &[u8]) -> Option<u32> {
    let mut tracks = boxes(index).filter(|(kind, _)| kind == b"trak").map(|(_, track)| track);
    let header = inside(tracks.find(|track| handler(track) == Some(b"vide"))?, &[b"tkhd"])?;
    number(header, if *header.first()? == 1 { 20 } else { 12 })
}

/// The size that the header of the track tells, turned as its matrix turns it.
fn size_shown(track: &[u8]) -> Option<Size> {
    let header = inside(track, &[b"tkhd"])?;
    // In version 1 three times have 64 bits.
    let matrix = if *header.first()? == 1 { 52 } else { 40 };
    let whole = |place| number(header, place).map(|fixed| fixed >> 16);
    let (width, height) = (whole(matrix + 36)?, whole(matrix + 40)?);
    let size = if is_turned(header, matrix) { Size { width: height, height: width } } else { Size { width, height } };
    (width > 0 && height > 0).then_some(size)
}

/// Whether the matrix at this place of the header of a track turns pictures by a quarter.
fn is_turned(header: &[u8], matrix: usize) -> bool {
    [0, 16].iter().all(|scale| number(header, matrix + scale) == Some(NOTHING))
}

/// Whether a track is shown as it is coded, not turned by any angle.
#[cfg(feature = "posters")]
pub(super) fn is_upright(track: &[u8]) -> bool {
    let header = inside(track, &[b"tkhd"]).unwrap_or_default();
    let scale = number(header, if header.first() == Some(&1) { 52 } else { 40 });
    scale.is_some_and(|scale| scale != NOTHING && scale >> 31 == 0)
}

/// The size of the coded pictures, as the sample entry tells it.
fn size_coded(entry: &[u8]) -> Option<Size> {
    let both = number(entry, 24)?;
    let (width, height) = (both >> 16, both & 0xffff);
    (width > 0 && height > 0).then_some(Size { width, height })
}

/// How long the track is shown, in milliseconds: what an edit list leaves of it.
fn length_shown(index: &[u8], track: &[u8]) -> Option<u64> {
    let movie = inside(index, &[b"mvhd"])?;
    let scale = number(movie, if *movie.first()? == 1 { 20 } else { 12 })?;
    let header = inside(track, &[b"tkhd"])?;
    let length = match header.first()? {
        1 => long(header, 28).filter(|length| *length != u64::MAX),
        _ => number(header, 20).filter(|length| *length != u32::MAX).map(u64::from),
    };
    millis(length?, scale)
}

fn millis(length: u64, scale: u32) -> Option<u64> {
    let exact = u128::from(length) * 1000 / u128::from(NonZeroU32::new(scale)?.get());
    u64::try_from(exact).ok()
}

/// How long the pictures of a track last.
struct Times {
    /// Parts of a second in which the lengths are counted.
    scale: u32,
    /// So many pictures, each so long.
    runs: Vec<(u32, u32)>,
}

impl Times {
    fn read(track: &[u8]) -> Self {
        let header = inside(track, &[b"mdia", b"mdhd"]).unwrap_or_default();
        let scale = number(header, if header.first() == Some(&1) { 20 } else { 12 }).unwrap_or(0);
        let runs = inside(track, &[b"mdia", b"minf", b"stbl", b"stts"]).unwrap_or_default();
        Self { scale, runs: table(runs).map(|[count, length]| (count, length)).collect() }
    }

    fn frames(&self) -> Option<u32> {
        self.runs.iter().try_fold(0_u32, |sum, (count, _)| sum.checked_add(*count))
    }

    fn length(&self) -> u64 {
        self.runs.iter().fold(0, |sum: u64, (count, length)| sum.saturating_add(u64::from(*count) * u64::from(*length)))
    }

    fn millis(&self) -> Option<u64> {
        millis(self.length(), self.scale)
    }

    /// That of most pictures, or else the average, as the usual rate that is near it.
    fn rate(&self) -> Option<Rate> {
        let frames = self.frames()?;
        let (count, length) = self.runs.iter().copied().max_by_key(|(count, _)| *count)?;
        if u64::from(count) * 100 >= u64::from(frames) * STEADY {
            return Rate::of(self.scale, length);
        }
        let millis = u32::try_from(self.millis()?).ok()?;
        let average = Rate::of(frames.checked_mul(1000)?, millis)?;
        let usual = USUAL.iter().filter_map(|&(pictures, seconds)| Rate::of(pictures, seconds));
        let off = |usual: &Rate| (average.per_second() - usual.per_second()).abs() / usual.per_second();
        let nearest = usual.min_by(|one, other| off(one).total_cmp(&off(other)));
        nearest.filter(|usual| off(usual) < NEAR).or(Some(average))
    }
}

/// Where the last sample of a track ends. Every table is gone through once, so this takes no longer than the index is long.
fn end_of_samples(track: &[u8]) -> u64 {
    let Some(samples) = inside(track, &[b"mdia", b"minf", b"stbl"]) else { return 0 };
    let within = |kind: &Kind| inside(samples, &[kind]).unwrap_or_default();
    let mut sizes = Sizes::read(within(b"stsz"));
    let mut groups = table::<3>(within(b"stsc")).peekable();
    let (mut in_each, mut end) = (0, 0);
    for (chunk, place) in (1..).zip(places(samples)) {
        while let Some([_, count, _]) = groups.next_if(|[first, ..]| *first <= chunk) {
            in_each = count;
        }
        end = end.max(place.saturating_add(sizes.take(in_each)));
    }
    end
}

/// Where each chunk begins.
fn places(samples: &[u8]) -> impl Iterator<Item = u64> {
    let within = |kind: &Kind| inside(samples, &[kind]).unwrap_or_default();
    let short = table::<1>(within(b"stco")).map(|[place]| u64::from(place));
    let long = table::<2>(within(b"co64")).map(|[high, low]| u64::from(high) << 32 | u64::from(low));
    short.chain(long)
}

/// How long each sample is, in bytes.
enum Sizes<'a> {
    /// All alike, and so many are left.
    Alike { each: u32, left: u32 },
    /// As in the rest of the table.
    Listed(&'a [u8]),
}

impl<'a> Sizes<'a> {
    fn read(table: &'a [u8]) -> Self {
        let (each, count) = (number(table, 4).unwrap_or(0), number(table, 8).unwrap_or(0));
        if each > 0 {
            return Self::Alike { each, left: count };
        }
        let listed = table.get(12..).unwrap_or_default();
        Self::Listed(&listed[..listed.len().min((count as usize).saturating_mul(4))])
    }

    /// How many bytes the next `count` samples have.
    fn take(&mut self, count: u32) -> u64 {
        match self {
            Self::Alike { each, left } => {
                let taken = count.min(*left);
                *left -= taken;
                u64::from(taken) * u64::from(*each)
            }
            Self::Listed(rest) => {
                let (taken, left) = rest.split_at(rest.len().min((count as usize).saturating_mul(4)));
                *rest = left;
                taken.chunks_exact(4).map(|size| u64::from(number(size, 0).unwrap_or(0))).sum()
            }
        }
    }
}
