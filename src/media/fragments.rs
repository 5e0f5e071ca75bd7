//! The pictures of a video that comes in fragments, each with an index of its own, as streams and some encoders write it
//! (ISO/IEC 14496-12, 8.8).

use std::collections::BTreeMap;

use super::boxes::{boxes, inside, long, number};
use super::movie::track_of_pictures;

/// So many different lengths of pictures are told apart. What has yet another counts as the next shorter one, so that no file,
/// however odd, takes more memory than this.
const MOST_LENGTHS: usize = 4096;

/// What the fragments that have gone by say together.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    /// The first track of pictures.
    track: Option<u32>,
    /// What the index says of samples whose fragment says nothing.
    usual: Vec<Usual>,
    /// How many pictures there are of each length, in the parts of a second of their track.
    lengths: BTreeMap<u32, u32>,
    /// Where the last of all samples ends, in bytes from the beginning of the file.
    end: u64,
}

/// The samples of a track, where nothing else is said of one.
#[derive(Debug, Clone, Copy, Default)]
struct Usual {
    track: u32,
    length: u32,
    size: u32,
}

/// Samples that follow each other, as a box `trun` lists them.
struct Run<'a> {
    flags: u32,
    count: u32,
    /// Where the first begins, counted from the base of the fragment.
    offset: Option<i32>,
    rows: &'a [u8],
}

impl Fragments {
    /// None yet, of a video with this index.
    pub(super) fn of(index: &[u8]) -> Self {
        let usual = inside(index, &[b"mvex"]).unwrap_or_default();
        let usual = boxes(usual).filter(|(kind, _)| kind == b"trex").map(|(_, usual)| Usual {
            track: number(usual, 4).unwrap_or(0),
            length: number(usual, 12).unwrap_or(0),
            size: number(usual, 16).unwrap_or(0),
        });
        Self { track: track_of_pictures(index), usual: usual.collect(), ..Self::default() }
    }

    /// Reads what is inside a box `moof` that begins at this place of the file.
    pub(super) fn add(&mut self, fragment: &[u8], start: u64) {
        let mut end = start;
        for (_, part) in boxes(fragment).filter(|(kind, _)| kind == b"traf") {
            end = self.add_track(part, start, end).unwrap_or(end);
        }
    }

    /// Reads what a fragment has of one track. Returns where its last sample ends.
    fn add_track(&mut self, part: &[u8], start: u64, end_before: u64) -> Option<u64> {
        let header = inside(part, &[b"tfhd"])?;
        let (flags, track) = (number(header, 0)?, number(header, 4)?);
        let mut fields = Fields { bytes: header, place: 8 };
        let base = if flags & 1 > 0 { fields.long() } else { None };
        let base = base.unwrap_or(if flags & 0x2_0000 > 0 { start } else { end_before });
        fields.skip_if(flags & 2 > 0);
        let mut usual = self.usual.iter().copied().find(|usual| usual.track == track).unwrap_or_default();
        usual.length = fields.number_if(flags & 8 > 0).unwrap_or(usual.length);
        usual.size = fields.number_if(flags & 0x10 > 0).unwrap_or(usual.size);
        let mut end = base;
        for (_, run) in boxes(part).filter(|(kind, _)| kind == b"trun") {
            let Some(run) = Run::read(run) else { continue };
            let begin = run.offset.map_or(end, |offset| base.saturating_add_signed(i64::from(offset)));
            end = begin.saturating_add(run.bytes(usual));
            if self.track == Some(track) {
                run.lengths(usual).for_each(|(count, length)| self.count(count, length));
            }
        }
        self.end = self.end.max(end);
        Some(end)
    }

    fn count(&mut self, count: u32, length: u32) {
        let known = if self.lengths.len() < MOST_LENGTHS { None } else { self.lengths.range_mut(..=length).next_back() };
        let pictures = match known {
            Some((_, pictures)) => pictures,
            None => self.lengths.entry(length).or_default(),
        };
        *pictures = pictures.saturating_add(count);
    }

    /// So many pictures, each so long.
    pub(super) fn runs(&self) -> impl Iterator<Item = (u32, u32)> {
        self.lengths.iter().map(|(length, count)| (*count, *length))
    }

    /// Where the last sample of any fragment ends, in bytes from the beginning of the file.
    pub(super) fn end(&self) -> u64 {
        self.end
    }
}

impl<'a> Run<'a> {
    const LENGTH: u32 = 0x100;
    const SIZE: u32 = 0x200;
    /// What a row may have: a length, a size, flags and an offset of its presentation.
    const ROW: u32 = 0xf00;

    fn read(run: &'a [u8]) -> Option<Self> {
        let (flags, count) = (number(run, 0)?, number(run, 4)?);
        let mut fields = Fields { bytes: run, place: 8 };
        let offset = fields.number_if(flags & 1 > 0).map(u32::cast_signed);
        fields.skip_if(flags & 4 > 0);
        Some(Self { flags, count, offset, rows: run.get(fields.place..)? })
    }

    /// The numbers of one field of all rows; nothing where rows do not have it.
    fn column(&self, field: u32) -> Option<impl Iterator<Item = u32>> {
        let width = (self.flags & Self::ROW).count_ones() as usize * 4;
        let before = (self.flags & Self::ROW & (field - 1)).count_ones() as usize * 4;
        let rows = (self.flags & field > 0).then(|| self.rows.chunks_exact(width).take(self.count as usize))?;
        Some(rows.map(move |row| number(row, before).unwrap_or(0)))
    }

    /// So many samples, each so long.
    fn lengths(&self, usual: Usual) -> impl Iterator<Item = (u32, u32)> {
        let listed = self.column(Self::LENGTH);
        let alike = listed.is_none().then_some((self.count, usual.length)).filter(|(count, _)| *count > 0);
        listed.into_iter().flatten().map(|length| (1, length)).chain(alike)
    }

    /// How many bytes all its samples have.
    fn bytes(&self, usual: Usual) -> u64 {
        match self.column(Self::SIZE) {
            Some(sizes) => sizes.map(u64::from).sum(),
            None => u64::from(self.count) * u64::from(usual.size),
        }
    }
}

/// Fields that follow each other, of which some may be missing.
struct Fields<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Fields<'_> {
    fn number_if(&mut self, is_there: bool) -> Option<u32> {
        let number = number(self.bytes, self.place).filter(|_| is_there);
        self.skip_if(is_there);
        number
    }

    fn skip_if(&mut self, is_there: bool) {
        self.place += if is_there { 4 } else { 0 };
    }

    fn long(&mut self) -> Option<u64> {
        let number = long(self.bytes, self.place);
        self.place += 8;
        number
    }
}
