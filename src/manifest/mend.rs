//! Where in a text that is no YAML reading can go on: which shot to leave out. Looks at indentation only, so it can be wrong; it is
//! asked only to find more mistakes in a manifest that is refused anyway.

use std::ops::Range;

/// The lines of the shot that holds the byte at `offset`, when the shots are a list with a dash and an indentation of their own.
pub(super) fn shot_around(text: &str, offset: usize) -> Option<Range<usize>> {
    let lines: Vec<Line<'_>> = lines(text).collect();
    let from = lines.iter().position(|line| line.text.starts_with("shots:")).map_or(0, |at| at + 1);
    let indent = lines[from..].iter().find(|line| line.is_item())?.indent()?;
    let begins = |line: &&Line<'_>| line.is_item() && line.indent() == Some(indent);
    let first = lines[from..].iter().rfind(|line| line.start <= offset && begins(line))?;
    let after = |line: &&Line<'_>| line.start > first.start && line.indent().is_some_and(|here| here <= indent);
    let end = lines.iter().find(after).map_or(text.len(), |line| line.start);
    (offset < end).then_some(first.start..end)
}

/// `text` with spaces instead of all that is in `gap`, but for the ends of lines; so every place stays what it was.
pub(super) fn without(text: &str, gap: Range<usize>) -> String {
    let blank = |byte: u8| if matches!(byte, b'\n' | b'\r') { char::from(byte) } else { ' ' };
    let blanks: String = text[gap.clone()].bytes().map(blank).collect();
    [&text[..gap.start], &blanks, &text[gap.end..]].concat()
}

struct Line<'a> {
    start: usize,
    text: &'a str,
}

fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split_inclusive('\n').scan(0, |next, text| {
        let start = *next;
        *next += text.len();
        Some(Line { start, text })
    })
}

impl Line<'_> {
    /// How far it is indented, unless there is nothing on it.
    fn indent(&self) -> Option<usize> {
        let indent = self.text.len() - self.text.trim_start_matches(' ').len();
        let content = self.text.trim();
        (!content.is_empty() && !content.starts_with('#')).then_some(indent)
    }

    fn is_item(&self) -> bool {
        let content = self.text.trim();
        content == "-" || content.starts_with("- ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `«` and `»` stand around the shot that is expected around `¦`.
    fn check(marked: &str) {
        let text = marked.replace(['«', '»', '¦'], "");
        let at = |mark: char, others: &str| {
            let before = marked.split_once(mark).map(|(before, _)| before);
            before.map(|before| before.replace(|c| others.contains(c), "").len())
        };
        let expected = at('«', "¦").zip(at('»', "«¦")).map(|(start, end)| start..end);
        assert_eq!(shot_around(&text, at('¦', "«»").unwrap()), expected, "{marked}");
    }

    #[test]
    fn a_shot_reaches_from_its_dash_to_the_next() {
        check("shots:\n  - a: 1\n«  - b: ¦\"x\n    tags:\n      - c\n\n»  - d: 4\n");
        check("shots:\n- a: 1\n«- ¦b: 2\n»output: x\n");
        check("«- a: ¦1\n»");
        check("shots:\n  - a: 1\noutput: ¦: x\n");
        check("defaults: ¦: x\n");
        check("x: [¦a\nshots:\n  - a: 1\n");
    }

    #[test]
    fn a_gap_moves_nothing() {
        assert_eq!(without("- é: x\n- b\n", 0..8), "       \n- b\n");
    }
}
