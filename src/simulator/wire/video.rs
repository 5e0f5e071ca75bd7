//! A video on the wire: whole or in part (RFC 9110, section 14), under a strong tag, with its digest (RFC 9530) for whoever wants it,
//! and with what goes wrong. Pure: files in, answers out.

use bytes::Bytes;

use crate::digest::Digest;
use crate::film::Film;
use crate::simulator::fault::VideoFault;
use crate::simulator::model::Showing;

/// What a download asks for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wants<'a> {
    /// `Range`.
    pub range: Option<&'a str>,
    /// `If-Range`.
    pub if_range: Option<&'a str>,
    /// `Want-Repr-Digest`.
    pub digest: Option<&'a str>,
}

/// What a download gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reel {
    /// 200, 206 or 416.
    pub status: u16,
    /// The media type.
    pub content_type: &'static str,
    /// How many bytes of the file come before these.
    pub start: u64,
    /// How many bytes are announced to come.
    pub announced: u64,
    /// How many bytes the whole file has, by the same announcement.
    pub whole: u64,
    /// The file's strong tag, quotes included.
    pub tag: Option<String>,
    /// Whether parts of it can be had.
    pub ranges: bool,
    /// What the whole file hashes to.
    pub digest: Option<Digest>,
    /// The bytes that come.
    pub bytes: Bytes,
    /// What happens after them.
    pub then: Then,
}

/// What happens after the last byte that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// All is well.
    End,
    /// The connection closes, though more was announced.
    Cut,
    /// Nothing, for ever.
    Silence,
}

/// How many bytes too many an overlong video announces.
const EXCESS: u64 = 1000;

impl Showing<'_> {
    /// The film that is shown: what was asked for, unless that is what goes wrong.
    pub fn film(&self) -> Film {
        let film = self.task.film();
        match self.fault {
            Some(VideoFault::WrongShape) if film.ratio.0 == film.ratio.1 => Film { ratio: (16, 9), exactly: None, ..film },
            Some(VideoFault::WrongShape) => Film { ratio: (1, 1), exactly: None, ..film },
            Some(VideoFault::WrongLength) => Film { seconds: film.seconds.div_ceil(2), ..film },
            _ if self.replaced => Film { seed: !film.seed, ..film },
            _ => film,
        }
    }
}

/// Hands out `file`, the bytes of what is shown.
pub fn show(showing: Showing<'_>, mut file: Vec<u8>, wants: Wants<'_>) -> Reel {
    let other = if showing.replaced { "-2" } else { "" };
    let tag = format!("\"{:016x}-{:x}{other}\"", showing.task.seed, file.len());
    let only_the_digest_tells = matches!(showing.task.troubles.video, Some(VideoFault::Incomplete | VideoFault::Corrupted));
    let wanted = wants.digest.is_some_and(|names| names.contains("sha-256"));
    let digest = (wanted || only_the_digest_tells).then(|| Digest::of(&file));
    let middle = file.len() / 2;
    match showing.fault {
        Some(VideoFault::VideoPage) => return page(),
        Some(VideoFault::VideoEmpty) => return whole(Vec::new()),
        Some(VideoFault::Incomplete | VideoFault::CutAtSource) => file.truncate(middle),
        Some(VideoFault::Corrupted) => file[middle..].iter_mut().take(8).for_each(|byte| *byte = !*byte),
        _ => {}
    }
    let ranges = showing.task.troubles.video != Some(VideoFault::NoRanges);
    // The part is wanted of the file that the tag names, and of no other.
    let wanted = wants.range.filter(|_| ranges && wants.if_range.is_none_or(|known| known == tag));
    let reel = match wanted.and_then(|range| part(range, file.len())) {
        Some(Part::Of(first, last)) => some(file, first, last),
        Some(Part::None) => none(file.len()),
        None => whole(file),
    };
    spoil(showing.fault, Reel { tag: Some(tag), ranges, digest, ..reel })
}

/// What goes wrong on the way.
fn spoil(fault: Option<VideoFault>, reel: Reel) -> Reel {
    let half = || reel.bytes.slice(..reel.bytes.len() / 2);
    match fault.filter(|_| !reel.bytes.is_empty()) {
        Some(VideoFault::Truncated | VideoFault::NoRanges | VideoFault::Replaced) => {
            Reel { bytes: half(), then: Then::Cut, ..reel }
        }
        Some(VideoFault::Stalled) => Reel { bytes: half(), then: Then::Silence, ..reel },
        Some(VideoFault::Overlong) => {
            Reel { announced: reel.announced + EXCESS, whole: reel.whole + EXCESS, then: Then::Cut, ..reel }
        }
        _ => reel,
    }
}

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// From the first to the last of these bytes.
    Of(usize, usize),
    /// Nothing of what was asked for is there.
    None,
}

/// The part that `range` asks for of a file of `length` bytes. `None`: the header is to be ignored, which is right for what is no
/// range of bytes, and allowed for more than one of them.
fn part(range: &str, length: usize) -> Option<Part> {
    let (unit, set) = range.split_once('=')?;
    let (first, last) = set.trim().split_once('-').filter(|_| unit.trim().eq_ignore_ascii_case("bytes"))?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return None;
    }
    // A number of more digits than fit means the end, wherever that is.
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap_or(usize::MAX));
    let end = length.checked_sub(1);
    let part = match (number(first), number(last)) {
        (None, None) => return None,
        (Some(first), Some(last)) if last < first => return None,
        (Some(first), last) => end.filter(|end| first <= *end).map(|end| (first, last.unwrap_or(end).min(end))),
        (None, Some(count)) => end.filter(|_| count > 0).map(|end| (length.saturating_sub(count), end)),
    };
    Some(part.map_or(Part::None, |(first, last)| Part::Of(first, last)))
}

fn whole(file: Vec<u8>) -> Reel {
    let length = file.len() as u64;
    Reel {
        status: 200,
        content_type: "video/mp4",
        start: 0,
        announced: length,
        whole: length,
        tag: None,
        ranges: false,
        digest: None,
        bytes: Bytes::from(file),
        then: Then::End,
    }
}

fn some(file: Vec<u8>, first: usize, last: usize) -> Reel {
    let reel = whole(file);
    let bytes = reel.bytes.slice(first..=last);
    Reel { status: 206, start: first as u64, announced: bytes.len() as u64, bytes, ..reel }
}

fn none(length: usize) -> Reel {
    Reel { status: 416, whole: length as u64, ..whole(Vec::new()) }
}

fn page() -> Reel {
    Reel { content_type: "text/html", ..whole(super::html_page().body.into_bytes()) }
}

impl Reel {
    /// The headers of the answer, but for those of every answer.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let range = match (self.status, self.announced) {
            (206, 1..) => Some(format!("bytes {}-{}/{}", self.start, self.start + self.announced - 1, self.whole)),
            (416, _) => Some(format!("bytes */{}", self.whole)),
            _ => None,
        };
        let digest = self.digest.map(|digest| format!("sha-256=:{}:", base64(digest.as_bytes())));
        let headers = [
            Some(("content-type", self.content_type.to_owned())),
            Some(("content-length", self.announced.to_string())),
            self.ranges.then(|| ("accept-ranges", "bytes".to_owned())),
            self.tag.clone().map(|tag| ("etag", tag)),
            range.map(|range| ("content-range", range)),
            digest.map(|digest| ("repr-digest", digest)),
        ];
        headers.into_iter().flatten().collect()
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |index: usize| usize::from(three.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * place) & 63];
            text.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Ask, Fault, Model, Script, Task, Troubles, Verdict};
    use jiff::Timestamp;
    use proptest::prelude::*;

    fn task(fault: Option<VideoFault>) -> Task {
        let ask = Ask { take: None, token: None, callback: None, prompt: "a cat".into(), ratio: "1:1".into(), seconds: 5 };
        let verdict = Model::new(Script::default()).submit(Timestamp::UNIX_EPOCH, ask);
        let Verdict::Accepted(task) = verdict else { panic!("{verdict:?}") };
        Task { troubles: Troubles::of(fault.map(Fault::Video)).unwrap(), ..task }
    }

    const FILE: &[u8] = b"0123456789";

    fn ask(range: &str, if_range: Option<&str>) -> Reel {
        let wants = Wants { range: Some(range), if_range, digest: None };
        show(Showing::of(&task(None)), FILE.to_vec(), wants)
    }

    #[test]
    fn a_part_is_as_rfc_9110_has_it() {
        for (range, expected) in [
            ("bytes=0-9", "206 0-9/10 0123456789"),
            ("bytes=0-", "206 0-9/10 0123456789"),
            ("bytes=3-5", "206 3-5/10 345"),
            ("bytes=7-", "206 7-9/10 789"),
            ("bytes=9-9", "206 9-9/10 9"),
            ("bytes=7-400", "206 7-9/10 789"),
            ("bytes=7-99999999999999999999999999", "206 7-9/10 789"),
            ("bytes=-3", "206 7-9/10 789"),
            ("bytes=-40", "206 0-9/10 0123456789"),
            ("Bytes=3-5", "206 3-5/10 345"),
            ("bytes=10-", "416 */10 "),
            ("bytes=10-12", "416 */10 "),
            ("bytes=99999999999999999999999999-", "416 */10 "),
            ("bytes=-0", "416 */10 "),
            ("bytes=5-3", "200 0123456789"),
            ("bytes=-", "200 0123456789"),
            ("bytes=a-5", "200 0123456789"),
            ("bytes=+1-5", "200 0123456789"),
            ("bytes=0-1,4-5", "200 0123456789"),
            ("frames=0-1", "200 0123456789"),
            ("3-5", "200 0123456789"),
            ("", "200 0123456789"),
        ] {
            let reel = ask(range, None);
            let headers = reel.headers();
            let header = |wanted| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
            let part = header("content-range").map(|range| range.replace("bytes ", "") + " ").unwrap_or_default();
            let told = format!("{} {part}{}", reel.status, String::from_utf8_lossy(&reel.bytes));
            assert_eq!(told, expected, "{range}");
            assert_eq!(header("content-length"), Some(reel.bytes.len().to_string().as_str()), "{range}");
            assert_eq!(header("accept-ranges"), Some("bytes"));
        }
    }

    #[test]
    fn the_rest_comes_only_of_the_file_that_the_tag_names() {
        let tag = ask("bytes=4-", None).tag.unwrap();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag} is no strong tag");
        assert_eq!(ask("bytes=4-", Some(&tag)).status, 206);
        for other in ["\"another\"", &format!("W/{tag}"), tag.trim_matches('"'), "Fri, 15 Jan 2027 08:00:03 GMT", ""] {
            let reel = ask("bytes=4-", Some(other));
            assert_eq!((reel.status, &reel.bytes[..]), (200, FILE), "{other}");
        }
    }

    #[test]
    fn the_digest_of_the_whole_file_comes_to_whoever_wants_it() {
        let show = |digest| show(Showing::of(&task(None)), b"hello".to_vec(), Wants { digest, ..Wants::default() }).headers();
        let told = ("repr-digest", "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:".to_owned());
        assert!(show(Some("sha-256=1")).contains(&told));
        assert!(!show(None).iter().chain(&show(Some("md5=1"))).any(|(name, _)| *name == told.0));
    }

    #[test]
    fn each_fault_spoils_what_it_says() {
        for &fault in VideoFault::ALL {
            let task = task(Some(fault));
            let show = |fault, replaced| show(Showing { task: &task, fault, replaced }, FILE.to_vec(), Wants::default());
            let reel = show(Some(fault), false);
            let (announced, came) = (reel.announced, String::from_utf8_lossy(&reel.bytes).into_owned());
            let expected = match fault {
                VideoFault::LinkExpired | VideoFault::VideoUnavailable | VideoFault::WrongShape | VideoFault::WrongLength => {
                    (10, "0123456789", Then::End)
                }
                VideoFault::VideoPage => (announced, &*came, Then::End),
                VideoFault::VideoEmpty => (0, "", Then::End),
                VideoFault::Truncated | VideoFault::NoRanges | VideoFault::Replaced => (10, "01234", Then::Cut),
                VideoFault::Stalled => (10, "01234", Then::Silence),
                VideoFault::Incomplete | VideoFault::CutAtSource => (5, "01234", Then::End),
                VideoFault::Overlong => (1010, "0123456789", Then::Cut),
                VideoFault::Corrupted => (10, &*came, Then::End),
            };
            assert_eq!((announced, &*came, reel.then), expected, "{fault:?}");
            let told = reel.digest.is_some_and(|digest| digest != Digest::of(&reel.bytes));
            assert_eq!(told, matches!(fault, VideoFault::Incomplete | VideoFault::Corrupted), "{fault:?}");
            assert_eq!(reel.content_type == "text/html", fault == VideoFault::VideoPage);
            let next = show(None, fault == VideoFault::Replaced);
            assert_eq!((next.status, &next.bytes[..], next.then), (200, FILE, Then::End), "{fault:?} hits once");
            assert_eq!(next.tag != reel.tag && reel.tag.is_some(), fault == VideoFault::Replaced);
            assert_eq!(next.ranges, fault != VideoFault::NoRanges);
        }
    }

    #[test]
    fn what_was_cut_off_and_what_follows_are_the_whole_file() {
        for fault in [VideoFault::Truncated, VideoFault::Stalled] {
            let task = task(Some(fault));
            let first = show(Showing { fault: Some(fault), ..Showing::of(&task) }, FILE.to_vec(), Wants::default());
            let range = format!("bytes={}-", first.bytes.len());
            let wants = Wants { range: Some(&range), if_range: first.tag.as_deref(), digest: None };
            let rest = show(Showing::of(&task), FILE.to_vec(), wants);
            assert_eq!((rest.status, rest.start, rest.whole), (206, 5, 10));
            assert_eq!([first.bytes, rest.bytes].concat(), FILE);
        }
    }

    proptest! {
        #[test]
        fn any_range_of_any_file_is_answered(range in "(bytes=)?[-0-9, a]{0,12}", file: Vec<u8>, digest: bool) {
            for fault in VideoFault::ALL.iter().copied().map(Some).chain([None]) {
                let task = task(fault);
                let wants = Wants { range: Some(&range), if_range: None, digest: digest.then_some("sha-256=9") };
                let reel = show(Showing { fault, ..Showing::of(&task) }, file.clone(), wants);
                prop_assert!(reel.bytes.len() as u64 <= reel.announced);
                prop_assert_eq!(reel.then == Then::End, reel.bytes.len() as u64 == reel.announced);
            }
        }
    }
}
