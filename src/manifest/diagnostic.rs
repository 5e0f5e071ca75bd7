//! What is wrong with a manifest, and where. A value; how it looks is `render`'s.

use std::ops::Range;

use crate::manifest::source::Source;

/// One thing an author should know about a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether anything may be sent in spite of it.
    pub severity: Severity,
    /// What kind of thing it is, for machines: `unknown-field`, `seconds`, `duplicate-id`.
    pub code: &'static str,
    /// What is wrong, in lower case, with the value and what is allowed.
    pub message: String,
    /// Where.
    pub place: Place,
    /// What stands there, shortened to [`Diagnostic::MAX_VALUE`] characters.
    pub value: Option<String>,
    /// All that may stand there, where those are a few words; empty otherwise.
    pub allowed: Vec<&'static str>,
    /// What to do about it.
    pub help: Option<String>,
    /// Another place that explains it, and how: where an id was used first.
    pub related: Option<(Place, &'static str)>,
    /// How many more there are of this kind that are not told one by one, because there are so many.
    pub more: usize,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nothing is sent.
    Error,
    /// Worth knowing.
    Warning,
}

/// A stretch of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which of the files that were read together; nothing as long as there is only one to think of.
    file: Option<u16>,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1, in characters.
    pub column: u32,
    start: u32,
    end: u32,
}

impl Diagnostic {
    /// The most characters of a value that are kept.
    pub const MAX_VALUE: usize = 60;

    /// A mistake.
    pub(crate) fn error(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        let message = message.into();
        let (allowed, value, help, related) = Default::default();
        Self { severity: Severity::Error, code, message, place, value, allowed, help, related, more: 0 }
    }

    /// Something that is no mistake, but surprising.
    pub(crate) fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message) }
    }

    /// Adds what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what stands there.
    pub(crate) fn value(mut self, value: &str) -> Self {
        self.value = Some(shorten(value, Self::MAX_VALUE));
        self
    }

    /// Adds all that may stand there.
    pub(crate) fn allowed(mut self, words: &[&'static str]) -> Self {
        self.allowed = words.to_vec();
        self
    }

    /// Adds a place that explains it.
    pub(crate) fn related(mut self, place: Place, why: &'static str) -> Self {
        self.related = Some((place, why));
        self
    }

    /// The same in this file, but for what is known to be in another.
    pub(crate) fn in_file(mut self, file: u16) -> Self {
        self.place = self.place.in_file(file);
        self.related = self.related.map(|(place, why)| (place.in_file(file), why));
        self
    }

    /// Whether it forbids to send anything.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl Severity {
    /// What programs call it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Place {
    /// The very beginning.
    pub const START: Self = Self { file: None, line: 1, column: 1, start: 0, end: 0 };

    /// The bytes at `span`, which begin at `line` and `column`. Manifests are smaller than the 4 GiB that fit.
    pub(crate) fn new(line: u32, column: u32, span: Range<usize>) -> Self {
        let clamp = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file: None, line, column, start: clamp(span.start), end: clamp(span.end.max(span.start)) }
    }

    /// The file that it is in, by position among those that were read together.
    pub fn file(self) -> usize {
        self.file.map_or(0, usize::from)
    }

    /// The one of `sources`, which were read together, that it is in.
    pub(crate) fn source(self, sources: &[Source]) -> Option<&Source> {
        sources.get(self.file())
    }

    /// The same in this file, unless it is known to be in one already.
    pub(crate) fn in_file(self, file: u16) -> Self {
        Self { file: self.file.or(Some(file)), ..self }
    }

    /// Its bytes in [`Source::text`](super::Source::text).
    pub fn span(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// How many mistakes and how many warnings these are, with those that are not told one by one.
pub(crate) fn count(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let count = |severity| diagnostics.iter().filter(|d| d.severity == severity).map(|d| 1 + d.more).sum();
    (count(Severity::Error), count(Severity::Warning))
}

/// Drops from `found` what is at `next` and behind it and of the same kind and place as something between `first` and `next`: what
/// one text of an author says wrong each time that it is filled in.
pub(crate) fn forget_alike(found: &mut Vec<Diagnostic>, first: usize, next: usize) {
    let mut later = found.split_off(next);
    let known = &found[first..];
    later.retain(|one| !known.iter().any(|other| (other.place, other.code) == (one.place, one.code)));
    found.extend(later);
}

/// At most `most` characters of `text`, control characters escaped, so that it can be shown anywhere.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let mut short = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == most {
            short.push('…');
            break;
        }
        if c.is_control() { short.extend(c.escape_default()) } else { short.push(c) }
    }
    short
}

/// `value` as it appears in a message: short, and between backticks.
pub(crate) fn quoted(value: &str) -> String {
    format!("`{}`", shorten(value, 40))
}

/// Words as a person would list them: `a`, `b` or `c`.
pub(crate) fn listed<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// A sentence about all words that are allowed.
pub(crate) fn known(words: &[&str]) -> String {
    format!("known {} {}", if words.len() == 1 { "is" } else { "are" }, listed(words))
}

/// The word among `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 60 {
        return None;
    }
    let word = word.trim().to_lowercase().replace([' ', '-'], "_");
    let distance = |name: &str| strsim::damerau_levenshtein(&word, name);
    let allowed = |name: &str| (word.chars().count().max(name.len()) / 3).max(1);
    let near = known.into_iter().map(|name| (distance(name), name)).filter(|&(far, name)| far <= allowed(name));
    near.min_by_key(|&(far, _)| far).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_a_likely_one() {
        let known = ["prompt", "ratio", "seconds", "x", "y", "callback_url"];
        for (word, expected) in [
            ("promt", Some("prompt")),
            ("Seconds", Some("seconds")),
            ("second", Some("seconds")),
            ("callback url", Some("callback_url")),
            ("aspect", None),
            ("", Some("x")),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn what_is_shown_of_a_value_is_short_and_harmless() {
        assert_eq!(quoted("a\x1b[31m\n"), "`a\\u{1b}[31m\\n`");
        assert_eq!(shorten("äöü", 2), "äö…");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(listed(&["a"]), "`a`");
    }
}
