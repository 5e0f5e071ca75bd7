//! What the headers of a download say about the file behind it: which part comes, what it is called, what it hashes to. Pure; what cannot
//! be read was not said.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CONTENT_RANGE, DATE, ETAG, GetAll, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};

use crate::digest::{Checksum, Digest};

/// Which part of a file comes, as the answer to a question for a part of it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// The first byte of it.
    pub start: u64,
    /// The last byte of it.
    pub last: u64,
    /// How many bytes the whole file has, if that is known.
    pub total: Option<u64>,
}

/// A name that another file cannot have: with it the rest of this one can be asked for (RFC 9110, 13.1.5). A strong entity tag; without
/// any, the time of the last change, if the answer itself is younger by long enough that no other change goes by the same time.
pub(super) fn validator(headers: &HeaderMap) -> Option<String> {
    if let Some(tag) = text(headers, &ETAG) {
        return is_strong_tag(tag).then(|| tag.to_owned());
    }
    let changed = text(headers, &LAST_MODIFIED)?;
    let age = time(text(headers, &DATE)?)?.duration_since(time(changed)?);
    (age >= SignedDuration::from_secs(1)).then(|| changed.to_owned())
}

/// Whether an entity tag is well-formed and strong: `"…"`.
pub(super) fn is_strong_tag(tag: &str) -> bool {
    let inside = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    inside.is_some_and(|inside| !inside.contains('"'))
}

/// `Content-Range: bytes 100-199/200`.
pub(super) fn part(headers: &HeaderMap) -> Option<Part> {
    let (range, total) = text(headers, &CONTENT_RANGE)?.strip_prefix("bytes ")?.trim().split_once('/')?;
    let (start, last) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(number(total)?) };
    let part = Part { start: number(start)?, last: number(last)?, total };
    (part.start <= part.last && total.is_none_or(|total| part.last < total)).then_some(part)
}

/// What the bytes of the whole file hash to. `whole`: whether the whole file comes, and not a part of it.
///
/// An entity tag is never taken for a checksum, though some look like one: whether it is depends on how the file was uploaded and encrypted.
pub(super) fn checksum(headers: &HeaderMap, whole: bool) -> Option<Checksum> {
    let named = |header: &'static str, name: &str, read: fn(&str) -> Option<Checksum>| {
        let values = all(headers, header).flat_map(|value| value.split(','));
        let mut members = values.filter_map(|member| member.trim().split_once('='));
        members.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).and_then(|(_, value)| read(value.trim()))
    };
    // RFC 9530. Of the whole file, whatever part of it comes.
    let of_all = || named("repr-digest", "sha-256", |value| sha256(bytes_item(value)?));
    let of_this = || {
        named("content-digest", "sha-256", |value| sha256(bytes_item(value)?))
            // RFC 3230, which that one has replaced.
            .or_else(|| named("digest", "sha-256", sha256))
            // S3. That of a file uploaded in parts ends in their number, and is a checksum of checksums.
            .or_else(|| all(headers, "x-amz-checksum-sha256").next().and_then(sha256))
            .or_else(|| all(headers, "content-md5").next().and_then(md5))
            .or_else(|| stored_as_sent(headers).then(|| named("x-goog-hash", "md5", md5)).flatten())
    };
    of_all().or_else(|| whole.then(of_this).flatten())
}

/// Google's hash is of the bytes that it keeps, which it may unpack on the way.
fn stored_as_sent(headers: &HeaderMap) -> bool {
    all(headers, "x-goog-stored-content-encoding").all(|encoding| encoding == "identity")
}

/// A byte sequence of a structured field: `:Zm9v:`, perhaps with parameters behind it.
fn bytes_item(value: &str) -> Option<&str> {
    value.strip_prefix(':')?.split_once(':').map(|(inside, _)| inside)
}

fn sha256(base64: &str) -> Option<Checksum> {
    decoded(base64).map(|bytes| Checksum::Sha256(Digest::from(bytes)))
}

fn md5(base64: &str) -> Option<Checksum> {
    decoded(base64).map(Checksum::Md5)
}

fn decoded<const N: usize>(base64: &str) -> Option<[u8; N]> {
    STANDARD.decode(base64).ok()?.try_into().ok()
}

/// Digits and nothing else: no sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn time(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|time| time.timestamp())
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn all<'a>(headers: &'a HeaderMap, name: &'static str) -> impl Iterator<Item = &'a str> {
    let values: GetAll<'a, HeaderValue> = headers.get_all(name);
    values.into_iter().filter_map(|value| value.to_str().ok()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `abc`, in every spelling.
    const SHA: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    const MD5: &str = "kAFQmDzST7DWlj99KOF/cg==";
    const TIME: &str = "Sun, 22 Nov 2026 12:00:00 GMT";

    fn headers(lines: &str) -> HeaderMap {
        let lines = lines.lines().map(|line| line.split_once(": ").unwrap());
        lines.map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap())).collect()
    }

    #[test]
    fn only_a_strong_name_can_be_gone_on_with() {
        let changed = |at: &str, date: &str| format!("last-modified: Sun, 22 Nov 2026 {at} GMT{date}");
        for (said, expected) in [
            ("etag: \"a-1\"", Some("\"a-1\"")),
            ("etag: \"\"", Some("\"\"")),
            ("etag: W/\"a-1\"", None),
            ("etag: a-1", None),
            ("etag: \"a\"b\"", None),
            ("etag: \"", None),
            ("", None),
            (&*changed("11:59:59", &format!("\ndate: {TIME}")), Some("Sun, 22 Nov 2026 11:59:59 GMT")),
            (&*changed("12:00:00", &format!("\ndate: {TIME}")), None),
            (&*changed("12:00:01", &format!("\ndate: {TIME}")), None),
            (&*changed("11:59:59", ""), None),
            (&*changed("11:59:59", "\ndate: today"), None),
            (&*changed("11:59:59", &format!("\ndate: {TIME}\netag: W/\"a\"")), None),
            (&*changed("11:59:59", &format!("\ndate: {TIME}\netag: \"a\"")), Some("\"a\"")),
        ] {
            assert_eq!(validator(&headers(said)).as_deref(), expected, "{said}");
        }
    }

    #[test]
    fn a_part_is_read_if_it_can_be_one() {
        let read = |said: &str| part(&headers(&format!("content-range: {said}")));
        assert_eq!(read("bytes 100-199/200"), Some(Part { start: 100, last: 199, total: Some(200) }));
        assert_eq!(read("bytes 0-0/*"), Some(Part { start: 0, last: 0, total: None }));
        for nonsense in
            "bytes */200;bytes 100-199;bytes 200-199/300;bytes 100-200/200;bytes -1-5/10;bytes +1-5/10;bytes 1-/10;items 0-1/2;\
            bytes 0-18446744073709551616/*;bytes 1 - 2/3;bytes a-b/c;bytes"
                .split(';')
        {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        assert_eq!(part(&headers("")), None);
    }

    #[test]
    fn checksums_are_found_wherever_they_are_said() {
        let (sha, md5) = (Some(Checksum::Sha256(Digest::of(b"abc"))), md5(MD5));
        assert!(md5.is_some());
        let short = &SHA[..40];
        for (said, in_whole, in_part) in [
            (format!("repr-digest: sha-256=:{SHA}:"), sha, sha),
            (format!("repr-digest: sha-512=:{MD5}:, SHA-256=:{SHA}:;p=1"), sha, sha),
            (format!("repr-digest: sha-512=:{MD5}:\nrepr-digest: sha-256=:{SHA}:"), sha, sha),
            (format!("repr-digest: sha-256={SHA}"), None, None),
            (format!("repr-digest: sha-256=:{short}:"), None, None),
            (format!("content-digest: sha-256=:{SHA}:"), sha, None),
            (format!("digest: sha-256={SHA}"), sha, None),
            (format!("digest: MD5={MD5},SHA-256={SHA}"), sha, None),
            (format!("x-amz-checksum-sha256: {SHA}"), sha, None),
            (format!("x-amz-checksum-sha256: {SHA}-3"), None, None),
            (format!("content-md5: {MD5}"), md5, None),
            (format!("content-md5: {SHA}"), None, None),
            (format!("content-md5: {MD5}\nrepr-digest: sha-256=:{SHA}:"), sha, sha),
            (format!("x-goog-hash: crc32c=n03x6A==\nx-goog-hash: md5={MD5}"), md5, None),
            (format!("x-goog-hash: crc32c=n03x6A==, md5={MD5}"), md5, None),
            (format!("x-goog-hash: md5={MD5}\nx-goog-stored-content-encoding: identity"), md5, None),
            (format!("x-goog-hash: md5={MD5}\nx-goog-stored-content-encoding: gzip"), None, None),
            ("x-goog-hash: crc32c=n03x6A==".to_owned(), None, None),
            ("etag: \"900150983cd24fb0d6963f7d28e17f72\"".to_owned(), None, None),
            (String::new(), None, None),
        ] {
            assert_eq!((checksum(&headers(&said), true), checksum(&headers(&said), false)), (in_whole, in_part), "{said}");
        }
    }
}
