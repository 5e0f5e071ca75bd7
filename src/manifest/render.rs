//! How diagnostics look: the way rustc shows them. Makes text; someone else writes it.

use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use crate::manifest::diagnostic::{Diagnostic, Place, count, shorten};
use crate::manifest::source::Source;

/// How many diagnostics are shown; the others are counted.
const MAX_SHOWN: usize = 100;
/// Bytes of a line around a place that the renderer is shown; it cuts them to the width of a terminal.
const AROUND: usize = 400;
/// Two places further apart than this many bytes get a snippet each.
const MAX_TOGETHER: usize = 4096;

/// All `diagnostics` about `sources`, a manifest or the files that were read together, one after the other, and how many there are;
/// with ANSI colours if `colour`.
pub fn render(sources: &(impl AsRef<[Source]> + ?Sized), diagnostics: &[Diagnostic], colour: bool) -> String {
    let sources = sources.as_ref();
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in shown(diagnostics) {
        text.extend(one(&renderer, sources, diagnostic));
        text.push_str("\n\n");
    }
    text.extend(tally(sources, diagnostics));
    let (errors, warnings) = count(diagnostics);
    if errors + warnings > MAX_SHOWN {
        text.truncate(text.trim_end().len());
        text.extend(["; the first ", &MAX_SHOWN.to_string(), " are shown\n"]);
    }
    text
}

/// In their order; where there are too many, the mistakes before the warnings.
fn shown(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    let (first, then): (Vec<_>, Vec<_>) =
        diagnostics.iter().partition(|diagnostic| diagnostics.len() <= MAX_SHOWN || diagnostic.is_error());
    first.into_iter().chain(then).take(MAX_SHOWN)
}

/// The last lines: what there was, a file a line.
fn tally(sources: &[Source], diagnostics: &[Diagnostic]) -> Vec<String> {
    let mut counts = vec![[0_usize; 2]; sources.len()];
    for diagnostic in diagnostics {
        if let Some(count) = counts.get_mut(diagnostic.place.file()) {
            count[usize::from(!diagnostic.is_error())] += 1 + diagnostic.more;
        }
    }
    let line = |(source, counts): (&Source, [usize; 2])| {
        let counts = counts.into_iter().zip(["mistake", "warning"]).filter(|(n, _)| *n > 0);
        let counts: Vec<String> = counts.map(|(n, word)| format!("{n} {word}{}", if n == 1 { "" } else { "s" })).collect();
        (!counts.is_empty()).then(|| format!("{}: {}\n", shorten(source.name(), 500), counts.join(", ")))
    };
    sources.iter().zip(counts).filter_map(line).collect()
}

fn one(renderer: &Renderer, sources: &[Source], diagnostic: &Diagnostic) -> Option<String> {
    let source = diagnostic.place.source(sources)?;
    let level = if diagnostic.is_error() { Level::ERROR } else { Level::WARNING };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let view = View::around(source.text(), diagnostic.place);
    let group = title.elements(snippets(sources, source, diagnostic, &view));
    let group: Group<'_> = match &diagnostic.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    };
    let text = renderer.render(&[group]);
    Some(view.correct(text, diagnostic.place))
}

/// The lines to show: both places together where they are close, else one after the other.
fn snippets<'a>(
    sources: &'a [Source],
    source: &'a Source,
    diagnostic: &'a Diagnostic,
    view: &View<'a>,
) -> Vec<Snippet<'a, Annotation<'a>>> {
    let primary = view.snippet(source.name(), AnnotationKind::Primary, None);
    let related = diagnostic.related.and_then(|(other, why)| Some((other.source(sources)?, other, why)));
    let Some((home, other, why)) = related else { return vec![primary] };
    let together = if other.file() == diagnostic.place.file() { view.with(source.text(), other) } else { None };
    if let Some(both) = together {
        let (here, there) = (both.relative(diagnostic.place), both.relative(other));
        let primary = AnnotationKind::Primary.span(here);
        return vec![both.plain(source.name()).annotation(primary).annotation(AnnotationKind::Context.span(there).label(why))];
    }
    let there = View::around(home.text(), other);
    vec![primary, there.snippet(home.name(), AnnotationKind::Context, Some(why))]
}

/// The part of a text that is shown around one place.
struct View<'a> {
    shown: &'a str,
    /// Where `shown` begins in the text.
    start: usize,
    line: u32,
    /// What is marked, within `shown`.
    mark: Range<usize>,
}

impl<'a> View<'a> {
    /// The line of `place`, or the middle of it when it is long.
    fn around(text: &'a str, place: Place) -> Self {
        let span = place.span();
        let from = floor(text, span.start);
        let line_start = floor(text, from.saturating_sub(AROUND));
        let line_start = text[line_start..from].rfind(['\n', '\r']).map_or(line_start, |at| line_start + at + 1);
        let limit = floor(text, from + AROUND);
        let end = text[from..limit].find(['\n', '\r']).map_or(limit, |at| from + at);
        let to = floor(text, span.end.min(end)).max(from);
        Self { shown: &text[line_start..end], start: line_start, line: place.line, mark: from - line_start..to - line_start }
    }

    /// Both this place and `other`, with the lines between, unless that would be much.
    fn with(&self, text: &'a str, other: Place) -> Option<Self> {
        let other = Self::around(text, other);
        let whole = |view: &Self| {
            let before = text[..view.start].chars().next_back();
            before.is_none_or(|c| c == '\n' || c == '\r')
        };
        let end = (self.start + self.shown.len()).max(other.start + other.shown.len());
        let start = self.start.min(other.start);
        let close = end - start <= MAX_TOGETHER && whole(self) && whole(&other);
        let line = self.line.min(other.line);
        close.then(|| Self { shown: &text[start..end], start, line, mark: self.mark.clone() })
    }

    fn plain(&self, name: &'a str) -> Snippet<'a, Annotation<'a>> {
        Snippet::source(self.shown).path(name).line_start(self.line as usize)
    }

    fn snippet(&self, name: &'a str, kind: AnnotationKind, label: Option<&'a str>) -> Snippet<'a, Annotation<'a>> {
        self.plain(name).annotation(kind.span(self.mark.clone()).label(label))
    }

    /// Where `place` is within what is shown, up to the end of its line.
    fn relative(&self, place: Place) -> Range<usize> {
        let start = floor(self.shown, (place.span().start).saturating_sub(self.start));
        let end = floor(self.shown, (place.span().end).saturating_sub(self.start)).max(start);
        let line = self.shown[start..end].find(['\n', '\r']).map_or(end, |at| start + at);
        start..line
    }

    /// The renderer counts columns in what it was shown; this puts the true one in.
    fn correct(&self, rendered: String, place: Place) -> String {
        let counted = self.shown[..self.mark.start].chars().count() + 1;
        if counted == place.column as usize {
            return rendered;
        }
        let line = place.line;
        rendered.replacen(&format!(":{line}:{counted}"), &format!(":{line}:{}", place.column), 1)
    }
}

/// The last character boundary of `text` at or before `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::source::Cursor;

    fn at(source: &Source, word: &str) -> Place {
        let start = source.text().find(word).unwrap();
        Cursor::at(source.text(), start).place(start + word.len())
    }

    #[test]
    fn a_mistake_looks_as_from_rustc() {
        let source = Source::new("a.yaml", b"shots:\n  - id: A\n    seconds: 7\n  - id: a\n".to_vec());
        let seconds = Diagnostic::error("seconds", at(&source, "7"), "`seconds` must be 5 or 10, not `7`");
        let twice = Diagnostic::warning("id", at(&source, "a\n"), "twice").related(at(&source, "A"), "first used here");
        insta::assert_snapshot!(render(&source, &[seconds.help("write `seconds: 5`"), twice], false), @r"
        error[seconds]: `seconds` must be 5 or 10, not `7`
         --> a.yaml:3:14
          |
        3 |     seconds: 7
          |              ^
          |
          = help: write `seconds: 5`

        warning[id]: twice
         --> a.yaml:4:9
          |
        2 |   - id: A
          |         - first used here
        3 |     seconds: 7
        4 |   - id: a
          |         ^

        a.yaml: 1 mistake, 1 warning
        ");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place_and_keeps_its_column() {
        let source = Source::new("a.yaml", format!("x: {} 7 {}", "ä".repeat(5 << 20), "b".repeat(5 << 20)).into_bytes());
        let mistake = Diagnostic::error("seconds", at(&source, "7"), "no").related(Place::START, "here");
        let text = render(&source, &[mistake], true);
        assert!(text.contains("a.yaml:1:5242885") && text.contains("ä 7 b") && text.contains("here"), "{text}");
        assert!(text.len() < 2000, "{}", text.len());
    }

    #[test]
    fn many_mistakes_are_counted_and_not_all_shown() {
        let source = Source::new("a.yaml", b"x".to_vec());
        let mistake = Diagnostic::error("x", Place::START, "no");
        let text = render(&source, &vec![mistake.clone(); 250], false);
        assert!(text.ends_with("a.yaml: 250 mistakes; the first 100 are shown\n"), "{text}");
        assert_eq!(text.matches("error[x]").count(), 100);
        let mut more = vec![Diagnostic::warning("y", Place::START, "odd"); 250];
        more.extend(vec![mistake; 2]);
        let text = render(&source, &more, false);
        assert!(text.ends_with("a.yaml: 2 mistakes, 250 warnings; the first 100 are shown\n"), "{text}");
        assert_eq!(["error[x]", "warning[y]"].map(|level| text.matches(level).count()), [2, 98]);
    }
}
