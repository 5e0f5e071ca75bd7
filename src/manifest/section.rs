//! The sections of a manifest that are about no shot: maps of names that are known.

use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::row::{Node, Value, wrong_shape};
use crate::manifest::{budget, hooks, limits, prices};

/// A section that holds for a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// What takes cost.
    Prices,
    /// How much may be spent.
    Budget,
    /// How fast and how long.
    Limits,
    /// The same by name, with budgets.
    Profiles,
    /// What a run does when it begins and when it has ended.
    Hooks,
}

impl Section {
    const ALL: [Self; 5] = [Self::Prices, Self::Budget, Self::Limits, Self::Profiles, Self::Hooks];

    /// The section of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Prices => prices::NAME,
            Self::Budget => budget::NAME,
            Self::Limits => limits::LIMITS,
            Self::Profiles => limits::PROFILES,
            Self::Hooks => hooks::NAME,
        }
    }

    /// The code of its mistakes.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Prices => "prices",
            Self::Budget => budget::CODE,
            Self::Limits => limits::LIMITS,
            Self::Profiles => limits::PROFILES,
            Self::Hooks => hooks::CODE,
        }
    }
}

/// What a map may have.
#[derive(Clone, Copy)]
pub(super) struct Form<'a> {
    /// What it is called.
    pub(super) path: &'a str,
    /// The names that are known; with none of them, any.
    pub(super) names: &'a [&'static str],
    /// A right one, to copy.
    pub(super) help: &'a str,
    /// What may have been meant by a name, in a section of this path, that is not known.
    pub(super) hint: fn(&str, &str) -> Option<String>,
}

/// What a map has.
pub(super) struct Entries {
    /// Each name once, in order.
    pub(super) list: Vec<Entry>,
    /// Whether some name was not known, and so perhaps meant to be another.
    pub(super) misspelt: bool,
}

/// A name, where it stands, and what it stands for.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) at: Place,
    pub(super) node: Node,
}

impl Entries {
    /// The entries of a map of this form.
    pub(super) fn read(form: &Form<'_>, node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let Form { path, names, help, .. } = *form;
        let Value::Map(entries) = node.value else {
            found.push(wrong_shape(path, node.at, &node.value, "a map").help(help));
            return None;
        };
        let mut read = Self { list: Vec::new(), misspelt: false };
        for (name, node) in entries {
            let Some(word) = name.text(source).map(str::to_owned) else {
                let message = format!("{} is not a name", name.value.kind());
                found.push(Diagnostic::error("unknown-field", name.at, message).help(help));
                continue;
            };
            if !names.is_empty() && !names.contains(&word.as_str()) {
                found.push(form.unknown(&word, name.at));
                read.misspelt = true;
            } else if let Some(first) = read.get(&word) {
                let mistake = Diagnostic::error("duplicate-field", name.at, format!("`{word}` is given twice")).value(&word);
                found.push(mistake.help("keep one of the two").related(first.at, "first given here"));
            } else {
                read.list.push(Entry { name: word, at: name.at, node });
            }
        }
        Some(read)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.list.iter().find(|entry| entry.name == name)
    }

    /// Whether one of these is there, or may have been meant.
    pub(super) fn have_any(&self, names: &[&str]) -> bool {
        self.misspelt || names.iter().any(|name| self.get(name).is_some())
    }
}

impl Form<'_> {
    /// A name that it does not have.
    fn unknown(&self, word: &str, at: Place) -> Diagnostic {
        let Self { path, names, .. } = *self;
        let help = (self.hint)(path, word).unwrap_or_else(|| match nearest(word, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => known(names),
        });
        let full = format!("{path}.{word}");
        Diagnostic::error("unknown-field", at, format!("unknown field {}", quoted(&full))).value(word).help(help).allowed(names)
    }
}

/// What stands in a node, for a message.
pub(super) fn shown(node: &Node, source: &str) -> String {
    node.text(source).map_or_else(|| node.value.kind().to_owned(), quoted)
}
