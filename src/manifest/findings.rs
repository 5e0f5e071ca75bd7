//! What is wrong with a manifest, as far as there is room for it: a million rows can all be wrong in one way.

use std::collections::HashMap;

use crate::manifest::diagnostic::{Diagnostic, Severity};

/// Of one kind so many are kept; the rest are counted.
const MOST: usize = 10_000;

/// Everything that was found so far.
#[derive(Default)]
pub(super) struct Findings {
    kept: Vec<Diagnostic>,
    /// How many there are of each kind, kept or not.
    kinds: HashMap<Kind, usize>,
}

type Kind = (Severity, &'static str);

impl Findings {
    /// Adds what `found` is about the file with this number; empties it.
    pub(super) fn add(&mut self, found: &mut Vec<Diagnostic>, file: u16) {
        self.extend(found.drain(..).map(|diagnostic| diagnostic.in_file(file)));
    }

    /// All that was kept; one of each kind says how many more there are.
    pub(super) fn all(mut self) -> Vec<Diagnostic> {
        for diagnostic in self.kept.iter_mut().rev() {
            let count = self.kinds.insert(kind(diagnostic), 0).unwrap_or_default();
            diagnostic.more = count.saturating_sub(MOST);
        }
        self.kept
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, found: I) {
        for diagnostic in found {
            let count = self.kinds.entry(kind(&diagnostic)).or_default();
            *count += 1;
            if *count <= MOST {
                self.kept.push(diagnostic);
            }
        }
    }
}

fn kind(diagnostic: &Diagnostic) -> Kind {
    (diagnostic.severity, diagnostic.code)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::MOST;
    use crate::manifest::{Source, diagnostic, github, json, read, render};

    #[test]
    fn of_a_million_mistakes_of_one_kind_some_are_told_and_the_rest_are_counted() {
        let mut text = "id,prompt,seconds\nfirst,a cat,7\nfirst,a cat,5\n".to_owned();
        (0..MOST + 5).for_each(|number| writeln!(text, "S{number},a cat {number},7").unwrap());
        let source = Source::new("a.csv", text.into());
        let found = read(&source, None).expect_err("mistakes");
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(diagnostic::count(&found), (MOST + 7, 0));
        let more: Vec<_> = found.iter().filter(|d| d.more > 0).map(|d| (d.code, d.more, d.place.line)).collect();
        assert_eq!(more, [("seconds", 6, u32::try_from(MOST).unwrap() + 2)]);
        assert!(render(&source, &found, false).ends_with("a.csv: 10007 mistakes; the first 100 are shown\n"));
        assert!(json(&source, &found).contains("\"errors\": 10007,"));
        assert_eq!(github(&source, &found).matches("%0Aand 6 more like this").count(), 1);
    }
}
