//! Which part of a file is asked for, by the headers of a request (RFC 9110, section 14). Pure.

use std::ops::Range;

/// Which part of a file is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it: nothing else is asked for, or not in a way that must be followed.
    Whole,
    /// These bytes, at least one.
    Bytes(Range<u64>),
    /// None: what is asked for lies behind its end.
    Nothing,
}

/// The part of a file of `length` bytes that `range` asks for, if the file is still the one that `if_range` names. Several parts at once
/// are answered with the whole, as a server may.
pub(super) fn part(range: Option<&str>, if_range: Option<&str>, tag: &str, length: u64) -> Part {
    if if_range.is_some_and(|known| known != tag) {
        return Part::Whole;
    }
    let spec = range.and_then(|range| range.split_once('=')).filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"));
    spec.and_then(|(_, spec)| bytes(spec.trim(), length)).unwrap_or(Part::Whole)
}

/// What `0-99`, `100-` or `-100` mean; `None` where it is none of them.
fn bytes(spec: &str, length: u64) -> Option<Part> {
    let (first, last) = spec.split_once('-')?;
    let range = match (first, last) {
        ("", last) => length - number(last)?.min(length)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return None;
            }
            first..last.saturating_add(1).min(length)
        }
    };
    Some(if range.start < range.end { Part::Bytes(range) } else { Part::Nothing })
}

/// A number; one that is too large for any file is the largest there is.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_of_ranges() {
        let check = |range: &str, expected: Part| assert_eq!(part(Some(range), None, "\"t\"", 100), expected, "{range}");
        for (range, bytes) in [
            ("bytes=0-", 0..100),
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=99-", 99..100),
            ("bytes=90-1000", 90..100),
            ("bytes=0-99999999999999999999999", 0..100),
            ("bytes=-1", 99..100),
            ("bytes=-1000", 0..100),
            ("Bytes= 5-6 ", 5..7),
        ] {
            check(range, Part::Bytes(bytes));
        }
        for nothing in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"] {
            check(nothing, Part::Nothing);
        }
        for odd in
            ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=2-1", "bytes=0-1,3-4", "bytes=+1-2", "lines=0-1", "0-1"]
        {
            check(odd, Part::Whole);
        }
        assert_eq!(part(None, None, "\"t\"", 100), Part::Whole);
        assert_eq!(part(Some("bytes=-5"), None, "\"t\"", 0), Part::Nothing);
        assert_eq!(part(Some("bytes=0-1"), Some("\"t\""), "\"t\"", 100), Part::Bytes(0..2));
        for other in ["\"u\"", "W/\"t\"", "Sun, 22 Nov 2026 12:00:00 GMT", ""] {
            assert_eq!(part(Some("bytes=0-1"), Some(other), "\"t\"", 100), Part::Whole, "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sent_lies_in_the_file(first: u64, last: u64, length: u64, text in "[-0-9,= ]{0,12}") {
            for range in [format!("bytes={first}-{last}"), format!("bytes={first}-"), format!("bytes=-{last}"), format!("bytes={text}")] {
                if let Part::Bytes(bytes) = part(Some(&range), None, "", length) {
                    prop_assert!(bytes.start < bytes.end && bytes.end <= length, "{} {:?}", range, bytes);
                }
            }
        }
    }
}
