//! How values are put before people, on a terminal or on the page: text that others wrote made harmless, cut to a width; sizes,
//! times and lengths of time in the units people use.

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text on one line, with nothing in it that moves the cursor, colours, hides, or reorders what stands around it: white space
/// becomes single spaces, control characters and the controls of bidirectional text become U+FFFD. Right-to-left text itself
/// and joined emoji stay as they are.
pub(crate) fn visible(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().map(|c| if disturbs(c) { char::REPLACEMENT_CHARACTER } else { c }));
    }
    line
}

/// The overrides, embeddings and isolates are those of Unicode Standard Annex 9, section 2; U+200E, U+200F and U+061C reorder
/// nothing but their neighbours and stay.
fn disturbs(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text, made visible and cut to so many columns; what is cut ends in `…`.
pub(crate) fn clip(text: &str, columns: usize) -> String {
    let text = visible(text);
    let mut room = columns;
    let mut fits = 0;
    for (place, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        // Invisible characters take no room; a heap of them on one letter would still leave its line.
        if wide > room || place > 8 * columns {
            return format!("{}…", text[..fits].trim_end_matches([' ', '\u{200d}']));
        }
        room -= wide;
        if room > 0 {
            fits = place + c.len_utf8();
        }
    }
    text
}

/// The text with spaces up to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// A size as in `1.2 MB`, rounded down.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!("{bytes} B"),
    }
}

/// A moment, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// The time from one moment to another as in `3 min 12 s`; `None` when it is negative: clocks are set back now and then.
pub(crate) fn span(from: Timestamp, to: Timestamp) -> Option<String> {
    let seconds = u64::try_from(to.duration_since(from).as_secs()).ok()?;
    Some(match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, min, _) => format!("{h} h {min} min"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Timestamp, UnicodeWidthStr, clip, size, span, visible};

    #[test]
    fn text_of_others_stays_on_its_line() {
        for (text, expected) in [
            ("a  lighthouse\n\tat dawn ", "a lighthouse at dawn"),
            ("\u{1b}[31mred\u{1b}[0m", "\u{fffd}[31mred\u{fffd}[0m"),
            ("exe.\u{202e}gpj", "exe.\u{fffd}gpj"),
            ("מגדלור", "מגדלור"),
            ("👩‍🚀", "👩‍🚀"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn cuts_by_columns() {
        for (text, columns, expected) in [
            ("lighthouse", 10, "lighthouse"),
            ("lighthouse", 9, "lighthou…"),
            ("a lighthouse", 3, "a…"),
            ("灯台の夜明け", 7, "灯台の…"),
            ("灯台の夜明け", 6, "灯台…"),
            ("", 0, ""),
        ] {
            assert_eq!(clip(text, columns), expected);
        }
    }

    #[test]
    fn units_are_those_of_people() {
        assert_eq!([0, 999, 1_000, 1_299_999, 5_000_000_000].map(size), ["0 B", "999 B", "1.0 kB", "1.2 MB", "5.0 GB"]);
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!([5, 192, 7260].map(|s| span(at(0), at(s)).unwrap()), ["5 s", "3 min 12 s", "2 h 1 min"]);
        assert_eq!(span(at(1), at(0)), None);
    }

    proptest! {
        #[test]
        fn never_wider_than_asked_for(text in ".*", columns in 1_usize..60) {
            prop_assert!(clip(&text, columns).width() <= columns);
        }
    }
}
