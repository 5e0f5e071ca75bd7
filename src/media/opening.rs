//! The first picture of an H.264 video, cut out of its container: what a decoder needs to show it, and no more.

use super::boxes::{Begun, Header, LONGEST_HEADER, boxes, header, inside, long, number};
use super::movie::is_upright;

/// The fields of a sample entry of pictures in front of the boxes in it, in bytes.
const ENTRY: usize = 78;

/// The longest first picture that is decoded, in bytes; a still of one at the highest quality has less.
const LONGEST_PICTURE: usize = 16 << 20;

/// What every unit begins with in a stream of bytes (ITU-T H.264, annex B).
const START: [u8; 4] = [0, 0, 0, 1];

/// The longest index that is read for it, in bytes. That of an hour has a few megabytes.
const LONGEST_INDEX: usize = 16 << 20;

/// So many boxes are passed over in search of the index. Cameras and encoders write three or four in front of it.
const MOST_BOXES: usize = 100;

/// The parameters and the first sample of a video as a stream of bytes; `None` where it is not H.264, is to be shown turned, or is not as
/// it should be. `read` returns so many bytes from a place of the file, or fewer at its end; all but the index and the sample stays unread.
pub(crate) fn opening(mut read: impl FnMut(u64, usize) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let index = index(&mut read)?;
    let tracks = boxes(&index).filter(|(kind, track)| kind == b"trak" && is_upright(track)).map(|(_, track)| track);
    let mut samples = tracks.filter_map(|track| inside(track, &[b"mdia", b"minf", b"stbl"]));
    let (samples, entry) = samples.find_map(|samples| Some((samples, entry(samples)?)))?;
    let config = inside(entry.get(ENTRY..)?, &[b"avcC"])?;
    let mut stream = Vec::new();
    parameters(config, &mut stream)?;
    let size = size(samples)?;
    let sample = read(place(samples)?, size).filter(|sample| sample.len() == size)?;
    units(&sample, usize::from(config.get(4)? & 3) + 1, &mut stream)?;
    Some(stream)
}

/// What is inside the first box `moov`.
fn index(read: &mut impl FnMut(u64, usize) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut place = 0_u64;
    for _ in 0..MOST_BOXES {
        let Begun::Header(Header { kind, length, size }) = header(&read(place, LONGEST_HEADER)?) else { return None };
        if &kind == b"moov" {
            let inside = size.map_or(LONGEST_INDEX as u64, |size| size - length as u64);
            return read(place + length as u64, usize::try_from(inside).ok().filter(|inside| *inside <= LONGEST_INDEX)?);
        }
        place = place.checked_add(size?)?;
    }
    None
}

/// The sample entry of a track of H.264.
fn entry(samples: &[u8]) -> Option<&[u8]> {
    let (kind, entry) = boxes(inside(samples, &[b"stsd"])?.get(8..)?).next()?;
    matches!(&kind, b"avc1" | b"avc3").then_some(entry)
}

/// Where the first sample begins.
fn place(samples: &[u8]) -> Option<u64> {
    let short = inside(samples, &[b"stco"]).and_then(|table| number(table, 8)).map(u64::from);
    short.or_else(|| long(inside(samples, &[b"co64"])?, 8))
}

/// How many bytes the first sample has.
fn size(samples: &[u8]) -> Option<usize> {
    let table = inside(samples, &[b"stsz"])?;
    let all_alike = number(table, 4).filter(|size| *size > 0);
    usize::try_from(all_alike.or_else(|| number(table, 12))?).ok().filter(|size| *size <= LONGEST_PICTURE)
}

/// Adds the sequence and picture parameters (ISO/IEC 14496-15, 5.3.3.1).
fn parameters(config: &[u8], stream: &mut Vec<u8>) -> Option<()> {
    let mut rest = config.get(5..)?;
    for mask in [0x1f, 0xff] {
        let (count, sets) = rest.split_first()?;
        rest = sets;
        for _ in 0..count & mask {
            rest = unit(rest, 2, stream)?;
        }
    }
    Some(())
}

/// Adds every unit of a sample, each with its length in so many bytes before it.
fn units(sample: &[u8], width: usize, stream: &mut Vec<u8>) -> Option<()> {
    let mut rest = sample;
    while !rest.is_empty() {
        rest = unit(rest, width, stream)?;
    }
    Some(())
}

/// Adds one unit. Returns what is behind it.
fn unit<'a>(bytes: &'a [u8], width: usize, stream: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_at_checked(width)?;
    let length = length.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte));
    // Of nothing there could be so many that their beginnings fill the memory.
    let (unit, rest) = rest.split_at_checked(length).filter(|(unit, _)| !unit.is_empty())?;
    stream.extend(START);
    stream.extend(unit);
    Some(rest)
}
