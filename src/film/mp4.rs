//! A video track in an MP4 file (ISO/IEC 14496-12 and -15): boxes in boxes, the index in front so that players can start at once.

use super::h264::Parameters;
use crate::media::Rate;

/// Coded pictures and what a player must know about them.
#[derive(Debug)]
pub(super) struct Movie {
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pictures per second.
    pub(super) rate: Rate,
    pub(super) parameters: Parameters,
    /// The first is a key frame, the others are not.
    pub(super) frames: Vec<Vec<u8>>,
}

/// The track's time is counted at least so finely in a second, as ffmpeg does it: its lists join only files that count alike.
const FINE: u32 = 10_000;

/// The matrix that leaves the picture as it is.
const IDENTITY: [u32; 9] = [0x0001_0000, 0, 0, 0, 0x0001_0000, 0, 0, 0, 0x4000_0000];

impl Movie {
    /// The file. Players show `title` where they show titles.
    pub(super) fn file(&self, title: &str) -> Vec<u8> {
        let kind = boxed(*b"ftyp", &[b"isom", &numbers(&[0x200]), b"isomiso2avc1mp41"]);
        // The index says where the pictures begin, which depends on how long it is, which does not depend on what it says.
        let start = kind.len() + self.index(title, 0).len() + 8;
        let samples: Vec<Vec<u8>> = self.frames.iter().map(|frame| [&numbers(&[size(frame)])[..], frame].concat()).collect();
        let samples: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        [kind, self.index(title, start), boxed(*b"mdat", &samples)].concat()
    }

    fn index(&self, title: &str, start: u32) -> Vec<u8> {
        boxed(*b"moov", &[&self.header(), &self.track(start), &user_data(title)])
    }

    fn header(&self) -> Vec<u8> {
        let times = numbers(&[0, 0, 0, 1000, self.milliseconds(), 0x0001_0000]);
        boxed(*b"mvhd", &[&times, &[1, 0], &[0; 10], &numbers(&IDENTITY), &[0; 24], &numbers(&[2])])
    }

    fn track(&self, start: u32) -> Vec<u8> {
        let times = numbers(&[3, 0, 0, 1, 0, self.milliseconds(), 0, 0]);
        let size = numbers(&[self.width << 16, self.height << 16]);
        let header = boxed(*b"tkhd", &[&times, &[0; 8], &numbers(&IDENTITY), &size]);
        boxed(*b"trak", &[&header, &self.media(start)])
    }

    fn media(&self, start: u32) -> Vec<u8> {
        let times = numbers(&[
            0,
            0,
            0,
            self.rate.pictures.get().saturating_mul(self.parts()),
            self.count().saturating_mul(self.ticks()),
        ]);
        let header = boxed(*b"mdhd", &[&times, &[0x55, 0xc4, 0, 0]]); // no language
        let handler = boxed(*b"hdlr", &[&numbers(&[0, 0]), b"vide", &[0; 12], b"VideoHandler\0"]);
        let video = boxed(*b"vmhd", &[&numbers(&[1]), &[0; 8]]);
        let here = boxed(*b"url ", &[&numbers(&[1])]);
        let data = boxed(*b"dinf", &[&boxed(*b"dref", &[&numbers(&[0, 1]), &here])]);
        boxed(*b"mdia", &[&header, &handler, &boxed(*b"minf", &[&video, &data, &self.samples(start)])])
    }

    /// Where each picture is, how long it lasts, and which one needs no other.
    fn samples(&self, start: u32) -> Vec<u8> {
        let count = self.count();
        let sizes: Vec<u32> = self.frames.iter().map(|frame| size(frame) + 4).collect();
        let description = boxed(*b"stsd", &[&numbers(&[0, 1]), &self.description()]);
        let durations = boxed(*b"stts", &[&numbers(&[0, 1, count, self.ticks()])]);
        let keys = boxed(*b"stss", &[&numbers(&[0, 1, 1])]);
        let chunks = boxed(*b"stsc", &[&numbers(&[0, 1, 1, count, 1])]);
        let sizes = boxed(*b"stsz", &[&numbers(&[0, 0, count]), &numbers(&sizes)]);
        let places = boxed(*b"stco", &[&numbers(&[0, 1, start])]);
        boxed(*b"stbl", &[&description, &durations, &keys, &chunks, &sizes, &places])
    }

    fn description(&self) -> Vec<u8> {
        let Parameters { sequence, picture } = &self.parameters;
        let profile = [&[1], &sequence[1..4], &[0xff, 0xe1]].concat();
        let config = boxed(*b"avcC", &[&profile, &short(sequence.len()), sequence, &[1], &short(picture.len()), picture]);
        let size = numbers(&[self.width << 16 | self.height]);
        let resolution = numbers(&[0x0048_0000, 0x0048_0000, 0]);
        let rest = [&[0, 1][..], &[0; 32], &[0, 24, 0xff, 0xff]].concat();
        boxed(*b"avc1", &[&[0, 0, 0, 0, 0, 0, 0, 1], &[0; 16], &size, &resolution, &rest, &config])
    }

    fn count(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    fn milliseconds(&self) -> u32 {
        let (pictures, seconds) = (u64::from(self.rate.pictures.get()), u64::from(self.rate.seconds.get()));
        u32::try_from(u64::from(self.count()) * seconds * 1000 / pictures).unwrap_or(u32::MAX)
    }

    /// How long a picture lasts, in the ticks of the track.
    fn ticks(&self) -> u32 {
        self.rate.seconds.get().saturating_mul(self.parts())
    }

    /// Into how many parts what the rate counts is divided: a power of two, as ffmpeg has it.
    fn parts(&self) -> u32 {
        FINE.div_ceil(self.rate.pictures.get()).next_power_of_two()
    }
}

/// What [`super::stub`] makes.
pub(super) fn stub(bytes: &[u8]) -> Vec<u8> {
    let handler = boxed(*b"hdlr", &[&numbers(&[0, 0]), b"vide"]);
    let durations = boxed(*b"stts", &[&numbers(&[0, 1, 1, 1])]);
    let media = boxed(*b"mdia", &[&handler, &boxed(*b"minf", &[&boxed(*b"stbl", &[&durations])])]);
    let kind = boxed(*b"ftyp", &[b"isom", &numbers(&[0x200])]);
    [kind, boxed(*b"moov", &[&boxed(*b"trak", &[&media])]), boxed(*b"mdat", &[bytes])].concat()
}

/// The title, where iTunes put it and everybody looks for it.
pub(super) fn user_data(title: &str) -> Vec<u8> {
    let text = boxed(*b"data", &[&numbers(&[1, 0]), title.as_bytes()]);
    let list = boxed(*b"ilst", &[&boxed(*b"\xa9nam", &[&text])]);
    let handler = boxed(*b"hdlr", &[&numbers(&[0, 0]), b"mdirappl", &[0; 9]]);
    boxed(*b"udta", &[&boxed(*b"meta", &[&numbers(&[0]), &handler, &list])])
}

fn boxed(kind: [u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let inside = parts.concat();
    [&numbers(&[size(&inside) + 8])[..], &kind, &inside].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

fn size(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The boxes in `bytes`, each with what is inside; panics where sizes do not add up.
    fn boxes(mut bytes: &[u8]) -> Vec<(String, &[u8])> {
        let mut found = Vec::new();
        while let Some((size, rest)) = bytes.split_first_chunk::<4>() {
            let size = u32::from_be_bytes(*size) as usize;
            found.push((String::from_utf8_lossy(&rest[..4]).into_owned(), &bytes[8..size]));
            bytes = &bytes[size..];
        }
        found
    }

    fn inside<'a>(bytes: &'a [u8], path: &str) -> &'a [u8] {
        path.split('/').fold(bytes, |bytes, kind| {
            let found = boxes(bytes).into_iter().find(|(k, _)| k == kind);
            found.unwrap_or_else(|| panic!("no {kind}")).1
        })
    }

    fn number(bytes: &[u8], place: usize) -> u32 {
        u32::from_be_bytes(bytes[place..place + 4].try_into().unwrap())
    }

    fn movie() -> Movie {
        let parameters = Parameters { sequence: vec![0x67, 66, 0xc0, 31, 1], picture: vec![0x68, 1] };
        Movie { width: 640, height: 360, rate: Rate::CINEMA, parameters, frames: vec![vec![0x65, 1, 2], vec![0x41, 3]] }
    }

    #[test]
    fn the_index_comes_first_and_points_at_the_pictures() {
        let file = movie().file("SC010 T01");
        let kinds: Vec<_> = boxes(&file).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["ftyp", "moov", "mdat"]);
        let samples = inside(&file, "moov/trak/mdia/minf/stbl");
        let start = number(inside(samples, "stco"), 8) as usize;
        let sizes = inside(samples, "stsz");
        assert_eq!((number(sizes, 8), number(sizes, 12), number(sizes, 16)), (2, 7, 6));
        assert_eq!(file[start..], [0, 0, 0, 3, 0x65, 1, 2, 0, 0, 0, 2, 0x41, 3]);
        assert_eq!(inside(&file, "mdat"), &file[start..]);
    }

    #[test]
    fn size_and_length_are_told_as_they_are() {
        let movie = Movie { frames: vec![vec![0x65]; 120], ..movie() };
        let file = movie.file("");
        let header = inside(&file, "moov/mvhd");
        assert_eq!((number(header, 12), number(header, 16)), (1000, 5000));
        let track = inside(&file, "moov/trak/tkhd");
        assert_eq!((number(track, 76) >> 16, number(track, 80) >> 16), (640, 360));
        let media = inside(&file, "moov/trak/mdia/mdhd");
        assert_eq!(number(media, 16), 5 * number(media, 12));
    }

    #[test]
    fn time_is_counted_as_ffmpeg_does() {
        for (pictures, seconds, scale, ticks) in [(24, 1, 12_288, 512), (25, 1, 12_800, 512), (24_000, 1001, 24_000, 1001)] {
            let rate = Rate { pictures: pictures.try_into().unwrap(), seconds: u32::try_into(seconds).unwrap() };
            let file = Movie { rate, ..movie() }.file("");
            let media = inside(&file, "moov/trak/mdia/mdhd");
            assert_eq!((number(media, 12), number(media, 16)), (scale, 2 * ticks), "{rate}");
        }
    }

    #[test]
    fn the_title_is_where_players_look_for_it() {
        let file = movie().file("SC010 T01");
        let meta = inside(&file, "moov/udta/meta");
        assert!(inside(&meta[4..], "ilst/\u{fffd}nam/data").ends_with(b"SC010 T01"));
    }
}
