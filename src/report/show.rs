//! How values are put before people, on a terminal or on the page: text that others wrote made harmless, cut to a width; sizes and
//! times in the units people use.

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::motion::Motion;
use crate::request::Request;

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

/// The text, made visible, on lines of so many columns and at most `most` of them; broken between words where that costs little. What
/// is cut ends in `…`.
pub(crate) fn fold(text: &str, columns: usize, most: usize) -> Vec<String> {
    let text = visible(text);
    let (mut lines, mut rest) = (Vec::new(), text.as_str());
    while lines.len() + 1 < most && breadth(rest) > columns {
        let (line, after) = rest.split_at(end_of_line(rest, columns));
        lines.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        lines.push(clip(rest, columns));
    }
    lines
}

/// How many columns the characters take up one by one, which is what counts for breaking and cutting between them.
fn breadth(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// Where a line of so many columns ends in a text that is wider: behind a word that ends in its last half, else in the middle of
/// one.
fn end_of_line(text: &str, columns: usize) -> usize {
    let mut room = columns;
    let fits = |&(_, c): &(usize, char)| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= room;
        room = room.saturating_sub(wide);
        fits
    };
    let end = text.char_indices().take_while(fits).last().map_or(0, |(place, c)| place + c.len_utf8());
    // Even where there is no room at all, there is an end to it.
    let end = end.max(text.chars().next().map_or(0, char::len_utf8));
    let behind_a_word = text.get(..=end).unwrap_or(&text[..end]).rfind(' ');
    behind_a_word.filter(|place| *place > end / 2).unwrap_or(end)
}

/// The text with spaces up to so many columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// A path as a shell takes it for one word.
pub fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// What a request asks for besides its prompt, in a few words.
pub(crate) fn settings(request: &Request) -> String {
    let axes = Motion::AXES.iter().zip(request.motion.axes()).filter(|(_, distance)| *distance != 0.0);
    let moved: Vec<_> = axes.map(|(name, distance)| format!("{name} {distance}")).collect();
    let (model, style) = (visible(&request.model), visible(&request.style));
    let mut parts = vec![model, request.ratio.to_string(), format!("{} s", request.seconds.get()), style, moved.join(", ")];
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// A size as in `1.2 MB`, rounded down.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit / (unit / 10)),
        None => format!("{bytes} B"),
    }
}

/// So many milliseconds in seconds: `5.042`.
pub(crate) fn decimal(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// A moment, to the second.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{UnicodeWidthStr, breadth, clip, fold, quoted, size, visible};

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
    fn folds_between_words_where_it_can() {
        for (text, columns, most, expected) in [
            ("", 10, 3, &[][..]),
            ("a lighthouse", 20, 3, &["a lighthouse"]),
            ("a lighthouse at dawn", 12, 3, &["a lighthouse", "at dawn"]),
            ("a lighthouse at dawn", 13, 3, &["a lighthouse", "at dawn"]),
            ("a lighthouse at dawn", 9, 3, &["a lightho", "use at", "dawn"]),
            ("a lighthouse at dawn", 12, 1, &["a lighthous…"]),
            ("<html><head>", 5, 2, &["<html", "><he…"]),
            ("灯台の夜明け", 5, 9, &["灯台", "の夜", "明け"]),
        ] {
            assert_eq!(fold(text, columns, most), expected, "{text:?} in {columns}");
        }
    }

    #[test]
    fn a_path_is_one_word_to_a_shell() {
        for (path, expected) in [("out/a.b-c_d", "out/a.b-c_d"), ("фильм", "фильм"), ("a b", "'a b'"), ("Bob's", r"'Bob'\''s'")]
        {
            assert_eq!(quoted(path), expected);
        }
    }

    #[test]
    fn units_are_those_of_people() {
        assert_eq!([0, 999, 1_000, 1_299_999, 5_000_000_000].map(size), ["0 B", "999 B", "1.0 kB", "1.2 MB", "5.0 GB"]);
    }

    proptest! {
        #[test]
        fn never_wider_than_asked_for(text in ".*", columns in 1_usize..60) {
            prop_assert!(clip(&text, columns).width() <= columns);
        }

        #[test]
        fn folding_loses_nothing_but_what_it_says(text in ".*", columns in 2_usize..60) {
            let lines = fold(&text, columns, usize::MAX);
            prop_assume!(text.len() <= 8 * columns);
            prop_assert!(lines.iter().all(|line| breadth(line) <= columns && !line.is_empty()));
            let without_spaces = |text: &str| text.replace(' ', "");
            prop_assert_eq!(without_spaces(&lines.concat()), without_spaces(&visible(&text)));
            prop_assert!(fold(&text, columns, 3).len() <= 3);
        }
    }
}
