//! What a file is, judged by its first bytes alone: a video, or what came instead of one. Nothing that is announced counts. No I/O:
//! whoever reads the bytes hands in as many as there are, and more when that is not enough.

/// How many first bytes decide it at the latest.
pub const ENOUGH: usize = 2 * TS_PACKET + 1;

/// What the first bytes of a file make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The file is a video, or begins like one.
    Video,
    /// It is none; what it is, in words: `an HTML page`.
    Other(&'static str),
    /// More bytes are needed to tell.
    Undecided,
}

/// The length of a packet of an MPEG transport stream, each of which begins with the same byte.
const TS_PACKET: usize = 188;

/// Bytes that stand at some place of a file.
type Mark = (usize, &'static [u8]);

/// Kinds of video, each with all marks of its own. The family of MP4 is beside.
const VIDEOS: &[&[Mark]] = &[
    &[(0, b"\x1a\x45\xdf\xa3")], // Matroska, WebM
    &[(0, b"RIFF"), (8, b"AVI ")],
    &[(0, b"\x47"), (TS_PACKET, b"\x47"), (2 * TS_PACKET, b"\x47")], // MPEG-TS
    &[(0, b"\0\0\x01\xba")],                                         // MPEG-PS
    &[(0, b"OggS")],
    &[(0, b"FLV\x01")],
    &[(0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c")], // ASF, WMV
];

/// What else comes in the place of videos.
const OTHERS: &[(&[Mark], &str)] = &[
    (&[(0, b"\x89PNG")], "a PNG image"),
    (&[(0, b"\xff\xd8\xff")], "a JPEG image"),
    (&[(0, b"GIF8")], "a GIF image"),
    (&[(0, b"RIFF"), (8, b"WEBP")], "a WebP image"),
    (&[(0, b"RIFF"), (8, b"WAVE")], "a sound"),
    (&[(0, b"ID3")], "a sound"),
    (&[(0, b"fLaC")], "a sound"),
    (&[(0, b"PK\x03\x04")], "a ZIP archive"),
    (&[(0, b"\x1f\x8b")], "something packed by gzip"),
    (&[(0, b"%PDF")], "a PDF document"),
];

/// The boxes that a file of the MP4 family may begin with, and the most bytes that such a box can reasonably have.
const BOXES: &[(&[u8; 4], u32)] = &[
    (b"ftyp", 1 << 12),
    (b"styp", 1 << 12),
    (b"moov", 1 << 28),
    (b"free", 1 << 28),
    (b"skip", 1 << 28),
    (b"wide", 1 << 4),
    (b"mdat", u32::MAX),
];

/// Files of the MP4 family that are no videos, by the brand that they call themselves.
const BRANDS: &[(&[u8; 4], &str)] = &[
    (b"heic", "a HEIF image"),
    (b"heix", "a HEIF image"),
    (b"mif1", "a HEIF image"),
    (b"msf1", "a HEIF image"),
    (b"avif", "an AVIF image"),
    (b"avis", "an AVIF image"),
    (b"M4A ", "a sound"),
    (b"M4B ", "a sound"),
];

/// What begins a text, in lower case, and what it then is.
const TEXTS: &[(&[u8], &str)] = &[
    (b"<!d", "an HTML page"),
    (b"<!-", "an HTML page"),
    (b"<ht", "an HTML page"),
    (b"<he", "an HTML page"),
    (b"<bo", "an HTML page"),
    (b"<", "an XML document"),
    (b"{", "JSON"),
    (b"[", "JSON"),
];

/// How the bytes that are there go with what is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    /// They do so far.
    Open,
}

/// Judges a file by its first bytes. `whole` says that there are no more. With [`ENOUGH`] bytes, or all, it is never undecided.
pub fn sniff(head: &[u8], whole: bool) -> Verdict {
    if let Some((_, words)) = OTHERS.iter().find(|(marks, _)| agree(head, marks) == Match::Yes) {
        return Verdict::Other(words);
    }
    let matches = || VIDEOS.iter().map(|marks| agree(head, marks)).chain([mp4(head)]);
    if matches().any(|found| found == Match::Yes) {
        Verdict::Video
    } else if !whole && matches().any(|found| found == Match::Open) {
        Verdict::Undecided
    } else {
        Verdict::Other(words(head))
    }
}

/// The first bytes, printable on one line.
pub fn excerpt(head: &[u8]) -> String {
    const SHOWN: usize = 48;
    let more = if head.len() > SHOWN { "…" } else { "" };
    let text = String::from_utf8_lossy(&head[..head.len().min(SHOWN)]);
    format!("\"{}{more}\"", text.escape_debug())
}

/// Whether all of these marks stand in the file.
fn agree(head: &[u8], marks: &[Mark]) -> Match {
    let one = |&(at, mark): &Mark| {
        let there = head.get(at..).unwrap_or_default();
        let compared = there.len().min(mark.len());
        match compared == mark.len() {
            _ if there[..compared] != mark[..compared] => Match::No,
            true => Match::Yes,
            false => Match::Open,
        }
    };
    marks.iter().map(one).fold(Match::Yes, |so_far, next| match (so_far, next) {
        (Match::No, _) | (_, Match::No) => Match::No,
        (Match::Open, _) | (_, Match::Open) => Match::Open,
        (Match::Yes, Match::Yes) => Match::Yes,
    })
}

/// Whether it is of the family of MP4 and MOV: begins with a box that such a file begins with, of a size that is one.
fn mp4(head: &[u8]) -> Match {
    let (Some(size), Some(kind)) = (head.first_chunk(), head.get(4..8)) else {
        let kind = head.get(4..).unwrap_or_default();
        return if BOXES.iter().any(|(known, _)| known.starts_with(kind)) { Match::Open } else { Match::No };
    };
    let size = u32::from_be_bytes(*size);
    let Some((_, most)) = BOXES.iter().find(|(known, _)| *known == kind) else { return Match::No };
    // 0: to the end of the file; 1: the size, of 64 bits, follows.
    let unbounded = kind == b"mdat" && size <= 1;
    match (kind, brand(head)) {
        _ if !(unbounded || (8..=*most).contains(&size)) => Match::No,
        (b"ftyp", None) => Match::Open,
        (b"ftyp", Some(brand)) if BRANDS.iter().any(|(known, _)| *known == brand) => Match::No,
        _ => Match::Yes,
    }
}

/// What a file of the MP4 family calls itself.
fn brand(head: &[u8]) -> Option<&[u8]> {
    head.get(8..12).filter(|_| &head[4..8] == b"ftyp")
}

/// What a file is that is no video.
fn words(head: &[u8]) -> &'static str {
    if head.is_empty() {
        return "an empty file";
    }
    if let Some((_, words)) = brand(head).and_then(|brand| BRANDS.iter().find(|(known, _)| *known == brand)) {
        return words;
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    let printable = |c: char| !c.is_control() || c.is_ascii_whitespace();
    match TEXTS.iter().find(|(with, _)| begins(with)) {
        Some((_, words)) => words,
        // A character may be cut off at the end.
        None if head
            .utf8_chunks()
            .next()
            .is_some_and(|chunk| chunk.valid().len() + 4 > head.len() && chunk.valid().chars().all(printable)) =>
        {
            "a text"
        }
        None => "something unknown",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `head` with so many zeros behind it that it decides.
    fn padded(head: &[u8]) -> Vec<u8> {
        [head, &[0; ENOUGH]].concat()
    }

    fn ts() -> Vec<u8> {
        let mut packets = vec![0xff; 3 * TS_PACKET];
        packets.iter_mut().step_by(TS_PACKET).for_each(|byte| *byte = 0x47);
        packets
    }

    fn videos() -> Vec<Vec<u8>> {
        let heads = [
            &b"\0\0\0\x20ftypisom\0\0\x02\0"[..],
            b"\0\0\0\x14ftypqt  ",
            b"\0\0\0\x18ftypmp42",
            b"\0\0\0\x18stypmsdh",
            b"\0\0\x03\x18moov\0\0\0\x6cmvhd",
            b"\0\0\0\0mdat",
            b"\0\0\0\x01mdat\0\0\0\x01\0\0\0\0",
            b"\xf0\0\0\0mdat",
            b"\0\0\0\x08free",
            b"\0\0\x08\0skip",
            b"\0\0\0\x08wide",
            b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01",
            b"RIFF\x12\x34\x56\x78AVI LIST",
            b"\0\0\x01\xba\x44",
            b"OggS\0\x02",
            b"FLV\x01\x05",
            b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c\x01",
        ];
        heads.into_iter().map(padded).chain([ts()]).collect()
    }

    #[test]
    fn a_video_is_known_as_soon_as_it_can_be_and_no_sooner() {
        for video in videos() {
            let first = (0..=video.len()).find(|&n| sniff(&video[..n], false) != Verdict::Undecided).unwrap();
            assert!(first <= ENOUGH);
            assert_eq!(sniff(&video[..first], false), Verdict::Video, "{}", excerpt(&video));
            assert_eq!(sniff(&video, true), Verdict::Video);
            assert_ne!(sniff(&video[..first - 1], true), Verdict::Video, "{}", excerpt(&video));
        }
    }

    #[test]
    fn what_is_no_video_is_called_by_its_name() {
        for (head, expected) in [
            (&b""[..], "an empty file"),
            (b"<!DOCTYPE html><html>", "an HTML page"),
            (b"\xfe\xff\0<\0h", "something unknown"),
            (b"\xef\xbb\xbf\r\n<HTML>", "an HTML page"),
            (b"<!-- gone -->", "an HTML page"),
            (b"<?xml version='1.0'?><Error>", "an XML document"),
            (b"<Error><Code>AccessDenied</Code>", "an XML document"),
            (b"{\"code\":\"AccessDenied\"}", "JSON"),
            (b"  []", "JSON"),
            (b"Not found", "a text"),
            (b"Got nothing for you", "a text"),
            ("ничего нет".as_bytes(), "a text"),
            (&"ничего".as_bytes()[..11], "a text"),
            (b"\x89PNG\r\n\x1a\n", "a PNG image"),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
            (b"GIF89a\x01\0", "a GIF image"),
            (b"RIFF\x12\x34\x56\x78WEBPVP8 ", "a WebP image"),
            (b"RIFF\x12\x34\x56\x78WAVEfmt ", "a sound"),
            (b"ID3\x04", "a sound"),
            (b"\0\0\0\x1cftypheicmif1", "a HEIF image"),
            (b"\0\0\0\x1cftypavif", "an AVIF image"),
            (b"\0\0\0\x1cftypM4A ", "a sound"),
            (b"PK\x03\x04\x14", "a ZIP archive"),
            (b"\x1f\x8b\x08", "something packed by gzip"),
            (b"%PDF-1.7", "a PDF document"),
            (b"\0\0\0\0\0\0\0\0\0", "something unknown"),
            (b"\0\0\0\x20ftyp", "something unknown"),
            (b"\0\0\0\x04ftypisom", "something unknown"),
            (b"\0\x01\0\0ftypisom", "something unknown"),
            (b"Jackmoovetc", "a text"),
            (b"\x47\0\0", "something unknown"),
            (b"\x7fELF", "something unknown"),
        ] {
            assert_eq!(sniff(head, true), Verdict::Other(expected), "{}", excerpt(head));
        }
    }

    #[test]
    fn the_first_bytes_are_shown_on_one_line() {
        assert_eq!(excerpt(b""), "\"\"");
        assert_eq!(excerpt(b"<html>\r\n\t\x1b[31m\"\xff"), r#""<html>\r\n\t\u{1b}[31m\"�""#);
        assert_eq!(excerpt(&[b'x'; 49]), format!("\"{}…\"", "x".repeat(48)));
    }

    proptest! {
        #[test]
        fn any_bytes_have_a_verdict_which_more_bytes_do_not_change(head in any_head()) {
            excerpt(&head);
            let enough = head.len() >= ENOUGH;
            prop_assert_ne!(sniff(&head, true), Verdict::Undecided);
            let verdicts: Vec<_> = (0..=head.len()).map(|n| sniff(&head[..n], false)).collect();
            let is_video = |verdict: &Verdict| *verdict == Verdict::Video;
            let decided: Vec<_> = verdicts.iter().filter(|verdict| **verdict != Verdict::Undecided).map(is_video).collect();
            prop_assert!(decided.windows(2).all(|two| two[0] == two[1]), "{:?}", verdicts);
            prop_assert!(!enough || !decided.is_empty());
        }
    }

    /// Any bytes, and the beginnings of videos with any bytes behind.
    fn any_head() -> impl Strategy<Value = Vec<u8>> {
        let beginning = prop_oneof![Just(Vec::new()), proptest::sample::select(videos()).prop_flat_map(cut)];
        (beginning, proptest::collection::vec(any::<u8>(), 0..2 * ENOUGH)).prop_map(|(start, rest)| [start, rest].concat())
    }

    fn cut(video: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
        (0..=video.len()).prop_map(move |n| video[..n].to_vec())
    }
}
