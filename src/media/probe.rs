//! Looks at a video while its bytes go by. Only indexes are kept, which are a few kilobytes; the pictures are counted and let go.

use super::Media;
use super::boxes::{Begun, Header, Kind, LONGEST_HEADER, header, name};
use super::fragments::Fragments;
use super::movie::Movie;

/// The longest index that is read, in bytes. That of an hour has a few megabytes.
const LONGEST_INDEX: usize = 64 << 20;

/// Looks at a video, piece by piece: [`Probe::take_in`] all of its bytes, then [`Probe::finish`].
#[derive(Debug, Default)]
pub struct Probe {
    /// How many bytes have gone by.
    bytes: u64,
    state: State,
    /// What is inside the index, once all of it has come.
    index: Option<Vec<u8>>,
    /// What the fragments have said that came behind the index.
    fragments: Option<Fragments>,
    /// Whether the first box was one that files of the MP4 family begin with.
    is_mp4: bool,
}

/// What the next bytes are.
#[derive(Debug)]
enum State {
    /// The beginning of a box, of which so much has come.
    Header(Vec<u8>),
    /// The inside of a box from one place of the file to another; what is wanted of it is kept.
    Inside { kind: Kind, start: u64, end: u64, kept: Option<Vec<u8>> },
    /// A box that goes to the end of the file, or what cannot be read.
    Rest,
    /// No box can follow: this one's size is impossible.
    Lost(Kind),
}

impl Default for State {
    fn default() -> Self {
        Self::Header(Vec::new())
    }
}

impl Probe {
    /// Looks at the next bytes.
    pub fn take_in(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::Header(begun) => {
                    let taken = bytes.len().min(LONGEST_HEADER - begun.len()).min(missing(begun));
                    begun.extend_from_slice(&bytes[..taken]);
                    taken
                }
                State::Inside { end, kept, .. } => {
                    let taken = usize::try_from(*end - self.bytes).map_or(bytes.len(), |left| left.min(bytes.len()));
                    match kept {
                        Some(so_far) if so_far.len() + taken <= LONGEST_INDEX => so_far.extend_from_slice(&bytes[..taken]),
                        _ => *kept = None,
                    }
                    taken
                }
                State::Rest | State::Lost(_) => bytes.len(),
            };
            self.bytes += taken as u64;
            bytes = &bytes[taken..];
            self.go_on();
        }
    }

    /// All bytes have gone by: what they say.
    pub fn finish(mut self) -> Media {
        // An index that goes to the end of the file is whole when that has come.
        if let State::Inside { kind, end: u64::MAX, kept: kept @ Some(_), .. } = &mut self.state
            && kind == b"moov"
        {
            self.index = kept.take();
            self.state = State::Rest;
        }
        let movie = self.index.as_deref().map(|index| Movie::read(index, self.fragments.as_ref()));
        let trouble = self.trouble(movie.as_ref());
        let Movie { codec, size, millis, frames, rate, sound, .. } = movie.unwrap_or_default();
        Media { codec, size, millis, frames, rate, sound, trouble }
    }

    /// How many bytes are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        let State::Inside { kept, .. } = &self.state else { return 0 };
        kept.as_ref().map_or(0, Vec::len)
    }

    /// What follows from what has come.
    fn go_on(&mut self) {
        match &mut self.state {
            State::Header(begun) => match header(begun) {
                Begun::Open => {}
                Begun::Impossible(kind) => self.state = State::Lost(kind),
                Begun::Header(header) => self.enter(header),
            },
            State::Inside { kind, start, end, kept } if *end == self.bytes => {
                match (&*kind, &self.index, kept.take()) {
                    (b"moov", None, kept) => self.index = kept,
                    (b"moof", Some(index), Some(fragment)) => {
                        self.fragments.get_or_insert_with(|| Fragments::of(index)).add(&fragment, *start);
                    }
                    _ => {}
                }
                self.state = State::default();
            }
            State::Inside { .. } | State::Rest | State::Lost(_) => {}
        }
    }

    fn enter(&mut self, Header { kind, length, size }: Header) {
        let is_first = self.bytes == length as u64;
        self.is_mp4 |= is_first && FIRST.contains(&&kind);
        let start = self.bytes - length as u64;
        let end = size.map_or(u64::MAX, |size| start.saturating_add(size));
        let is_wanted = match &kind {
            b"moov" => self.index.is_none(),
            b"moof" => self.index.is_some(),
            _ => false,
        };
        self.state = match size {
            _ if is_first && !self.is_mp4 => State::Rest,
            None if !is_wanted => State::Rest,
            _ => State::Inside { kind, start, end, kept: is_wanted.then(Vec::new) },
        };
        // A box may be nothing but its header.
        self.go_on();
    }

    /// Why the container is not sound, in words; `None` when it is.
    fn trouble(&self, movie: Option<&Movie>) -> Option<String> {
        match (&self.state, movie) {
            _ if !self.is_mp4 => Some("it is no MP4".to_owned()),
            (State::Lost(kind), _) => Some(format!("its box `{}` cannot be as long as it says", name(*kind))),
            (State::Header(begun), _) if !begun.is_empty() => Some("it is cut off within the beginning of a box".to_owned()),
            (State::Inside { kind, .. }, Some(movie)) if movie.end <= self.bytes && !KNOWN.contains(&kind) => {
                Some("behind its last box there is something that is none".to_owned())
            }
            (State::Inside { kind, end, .. }, _) if *end < u64::MAX => {
                Some(format!("it is cut off: its box `{}` has {} bytes too few", name(*kind), end - self.bytes))
            }
            (_, None) => Some("it has no index (`moov`) that can be read, as if its end were cut off".to_owned()),
            (_, Some(movie)) if !movie.has_video => Some("it has no track of pictures".to_owned()),
            (_, Some(movie)) if movie.end > self.bytes => {
                let behind = movie.end - self.bytes;
                Some(format!("it is cut off: its index points to samples that end {behind} bytes behind it"))
            }
            (_, Some(movie)) if movie.frames.is_none() => Some("it has no pictures".to_owned()),
            _ => None,
        }
    }
}

/// The boxes that lie side by side in a file (ISO/IEC 14496-12, table 1; `wide` and `udta` as cameras have them).
const KNOWN: [&Kind; 16] = [
    b"ftyp", b"pdin", b"moov", b"moof", b"mfra", b"mdat", b"free", b"skip", b"meta", b"styp", b"sidx", b"ssix", b"prft",
    b"uuid", b"wide", b"udta",
];

/// What files of the MP4 family begin with.
const FIRST: [&Kind; 7] = [b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"];

/// How many bytes are missing from a header of which these have come: at least one.
fn missing(begun: &[u8]) -> usize {
    let is_long = begun.first_chunk::<4>() == Some(&[0, 0, 0, 1]);
    (if begun.len() < 4 {
        4
    } else if is_long {
        16
    } else {
        8
    }) - begun.len()
}
