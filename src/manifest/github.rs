//! Diagnostics as workflow commands of GitHub Actions, which become annotations beside the lines that they are about.
//! See "Workflow commands for GitHub Actions" in GitHub's documentation.

use std::fmt::Write as _;

use crate::manifest::diagnostic::Diagnostic;
use crate::manifest::source::Source;

/// All `diagnostics` about `sources`, a manifest or the files that were read together, one command a line, in their order; none is
/// left out that was kept, though GitHub shows only the first of many.
pub fn github(sources: &(impl AsRef<[Source]> + ?Sized), diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().filter_map(|diagnostic| command(sources.as_ref(), diagnostic)).collect()
}

/// `::error file=shots.yaml,line=3,endLine=3,col=5,endColumn=10,title=unknown-field::…`
fn command(sources: &[Source], diagnostic: &Diagnostic) -> Option<String> {
    let place = diagnostic.place;
    let source = place.source(sources)?;
    let (end_line, end_column) = source.end_of(place);
    let (level, file, line) = (diagnostic.severity.as_str(), property(source.name()), place.line);
    let mut command = format!("::{level} file={file},line={line},endLine={end_line}");
    // GitHub drops columns that are on different lines, and complains.
    if end_line == line {
        write!(command, ",col={},endColumn={end_column}", place.column).ok();
    }
    let title = property(diagnostic.code);
    Some(command + &format!(",title={title}::{}\n", data(&message(sources, diagnostic))))
}

/// The message, what to do about it, and the place that explains it, a line each.
fn message(sources: &[Source], diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    if let Some(help) = &diagnostic.help {
        write!(message, "\nhelp: {help}").ok();
    }
    if let Some((place, why)) = diagnostic.related
        && let Some(source) = place.source(sources)
    {
        write!(message, "\n{why}: {}:{}:{}", source.name(), place.line, place.column).ok();
    }
    if diagnostic.more > 0 {
        write!(message, "\nand {} more like this", diagnostic.more).ok();
    }
    message
}

/// A message as GitHub reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property as GitHub reads it back.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::source::Cursor;

    /// What the runner of GitHub Actions makes of a line: command, properties, message.
    fn parse(line: &str) -> (String, Vec<(String, String)>, String) {
        let back = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
        let message = |text: &str| back(text).replace("%25", "%");
        let value = |text: &str| back(text).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
        let (head, text) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (level, properties) = head.split_once(' ').unwrap();
        let property = |pair: &str| pair.split_once('=').map(|(name, text)| (name.to_owned(), value(text))).unwrap();
        (level.to_owned(), properties.split(',').map(property).collect(), message(text))
    }

    #[test]
    fn a_mistake_is_a_command() {
        let source = Source::new("a,b.yaml", b"- id: A\n- id: a\n- id: 'x\n  y'\n".to_vec());
        let at = |start| Cursor::at(source.text(), start).place(start + 1);
        let twice = Diagnostic::error("duplicate-id", at(14), "100% twice").help("one of its own").related(at(6), "first");
        let long = Diagnostic::warning("id", Cursor::at(source.text(), 22).place(28), "odd");
        insta::assert_snapshot!(github(&source, &[twice, long]), @r"
        ::error file=a%2Cb.yaml,line=2,endLine=2,col=7,endColumn=8,title=duplicate-id::100%25 twice%0Ahelp: one of its own%0Afirst: a,b.yaml:1:7
        ::warning file=a%2Cb.yaml,line=3,endLine=4,title=id::odd
        ");
    }

    proptest! {
        /// Whatever a file is called and a message says, it is one line and is read back.
        #[test]
        fn what_is_written_is_read_back(name in r"[a-c:,%=\r\n0-9DA é]{1,20}", text in r"[a-c:,%\r\n0-9DA é]{0,40}") {
            let source = Source::new(name.clone(), b"x".to_vec());
            let line = github(&source, &[Diagnostic::error("code", Cursor::new("x").place(1), text.clone())]);
            prop_assert_eq!(line.matches(['\r', '\n']).count(), 1);
            let (level, properties, message) = parse(line.trim_end_matches('\n'));
            let numbers = ["line", "endLine", "col", "endColumn"].into_iter().zip(["1", "1", "1", "2"]);
            let expected = [("file", name.as_str())].into_iter().chain(numbers).chain([("title", "code")]);
            let expected: Vec<_> = expected.map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
            prop_assert_eq!((level.as_str(), properties, message), ("error", expected, text));
        }
    }
}
