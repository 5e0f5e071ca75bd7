//! Sheet: everything a manifest says, as rows and settings, untyped but located. What a format reads into.

use crate::manifest::ExtraColumns;
use crate::manifest::csv::Table;
use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::group::{self, Group};
use crate::manifest::row::{Field, Named, Node, Row, Value, wrong_shape};
use crate::manifest::section::Section;
use crate::manifest::{budget, hooks, limits, prices};

/// A manifest as it is written.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    /// Its text.
    pub(crate) source: &'a str,
    /// The settings, in order, each at most once.
    pub(crate) settings: Vec<(Setting, Node)>,
    /// The sections that hold for a whole run, each at most once.
    pub(crate) sections: Vec<(Section, Node)>,
    /// What the names of moves stand for.
    pub(crate) moves: Option<Node>,
    /// What the templates of all rows can name.
    pub(crate) vars: Option<Named>,
    /// The files whose shots are its own too.
    pub(crate) include: Option<Node>,
    /// What all rows have in common.
    pub(crate) defaults: Option<Row>,
    /// What some of the rows have in common.
    pub(crate) groups: Vec<Group>,
    /// One row a shot.
    pub(crate) rows: Vec<Row>,
    /// Where further rows come from.
    pub(crate) table: Option<Table<'a>>,
    /// Fields that no row can have, because their column is missing; reported once instead of for every row.
    pub(crate) lacking: Vec<Field>,
    /// Whether shots have numbers in it, in a column of their own.
    pub(crate) is_numbered: bool,
    /// What becomes of columns that nobody knows.
    pub(crate) extra_columns: ExtraColumns,
    /// Where the first of two things of one name was, to point at.
    named: Vec<(String, Place)>,
    /// What was wrong or odd so far.
    pub(crate) found: Vec<Diagnostic>,
}

/// A setting that is no part of any shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Output,
    AllowUnknown,
    Provider,
    BaseUrl,
    HeaderVersion,
    CallbackUrl,
    Version,
}

/// What a manifest can have at its top; sections are no settings.
pub(super) const TOP: [(&str, Option<Setting>); 16] = [
    ("version", Some(Setting::Version)),
    ("output", Some(Setting::Output)),
    ("provider", None),
    (prices::NAME, None),
    (hooks::NAME, None),
    (budget::NAME, None),
    (limits::LIMITS, None),
    (limits::PROFILES, None),
    ("moves", None),
    ("vars", None),
    ("include", None),
    ("defaults", None),
    ("shots", None),
    (group::GROUPS, None),
    (group::SCENES, None),
    ("allow_unknown", Some(Setting::AllowUnknown)),
];

/// What the section `provider` can have.
pub(super) const PROVIDER: [(&str, Option<Setting>); 4] = [
    ("name", Some(Setting::Provider)),
    ("base_url", Some(Setting::BaseUrl)),
    ("version", Some(Setting::HeaderVersion)),
    ("callback_url", Some(Setting::CallbackUrl)),
];

impl<'a> Sheet<'a> {
    /// Nothing read yet.
    pub(crate) fn new(source: &'a str) -> Self {
        let (settings, sections, groups, rows, lacking, is_numbered, extra_columns, named, found) = Default::default();
        Self {
            source,
            settings,
            sections,
            moves: None,
            vars: None,
            include: None,
            defaults: None,
            groups,
            rows,
            table: None,
            lacking,
            is_numbered,
            extra_columns,
            named,
            found,
        }
    }

    /// Everything that `read` says; its mistakes come behind those that are known.
    pub(crate) fn take_over(&mut self, read: Self) {
        let mut found = std::mem::take(&mut self.found);
        found.extend(read.found);
        *self = Self { found, ..read };
    }

    /// Whether a manifest can have `name` at its top.
    pub(crate) fn knows(name: &str) -> bool {
        TOP.iter().any(|(known, _)| *known == name)
    }

    /// Takes in the shot that `node` spells and that stands `at` this place; elsewhere than the node, if that is an alias.
    pub(crate) fn row(&mut self, at: Place, node: Node) {
        // Where a block of fields stands is its first name; nothing else of it can be shown.
        let first = match &node.value {
            Value::Map(entries) if at.span().is_empty() => entries.first().map(|(name, _)| name.at),
            _ => None,
        };
        let at = first.filter(|first| first.span().start == at.span().start).unwrap_or(at);
        let row = Row::from_node(node, self.source, &mut self.found);
        self.rows.extend(row.map(|row| Row { at, ..row }));
    }

    /// Takes in the group, called `word` here, that `node` spells, and its shots.
    pub(crate) fn group(&mut self, word: &'static str, node: Node) {
        let Some((group, shots)) = Group::read(word, node, self.source, &mut self.found) else { return };
        let position = u32::try_from(self.groups.len()).ok();
        self.groups.push(group);
        for shot in shots {
            let row = Row::from_node(shot, self.source, &mut self.found);
            self.rows.extend(row.map(|row| Row { group: position, ..row }));
        }
    }

    /// Takes in one of the names at the top of a manifest, other than `shots`.
    pub(crate) fn top(&mut self, name: &Node, value: Node) {
        match (name.text(self.source), value.value) {
            (Some("defaults" | "provider" | "moves" | "vars"), Value::Nothing) => {}
            (Some("defaults"), entries) => self.defaults(name, Node { at: value.at, value: entries }),
            (Some("moves"), entries) => {
                if self.first("moves", name) {
                    self.moves = Some(Node { at: value.at, value: entries });
                }
            }
            (Some("include"), files) => {
                if self.first("include", name) {
                    self.include = Some(Node { at: value.at, value: files });
                }
            }
            (Some("vars"), entries) => {
                if self.first("vars", name) {
                    self.vars = Some(Named { name: name.at, node: Node { at: value.at, value: entries } });
                }
            }
            (Some("provider"), Value::Map(entries)) => {
                if self.first("provider", name) {
                    for (name, value) in entries {
                        self.set("provider.", &PROVIDER, &name, value);
                    }
                }
            }
            (Some("provider"), other) => {
                let mistake = wrong_shape("provider", value.at, &other, "a map of settings");
                self.found.push(mistake.help("write `provider: { base_url: https://api.cometapi.com }`"));
            }
            (Some(word), entries) if let Some(section) = Section::named(word) => {
                if entries != Value::Nothing && self.first(word, name) {
                    self.sections.push((section, Node { at: value.at, value: entries }));
                }
            }
            (Some(word), _) if is_aside(word) => drop(self.first(word, name)),
            (_, other) => self.set("", &TOP, name, Node { at: value.at, value: other }),
        }
    }

    /// Whether `name` stands here for the first time; it is a mistake if not.
    pub(crate) fn first(&mut self, path: &str, name: &Node) -> bool {
        if let Some((_, first)) = self.named.iter().find(|(known, _)| known == path) {
            let mistake = Diagnostic::error("duplicate-field", name.at, format!("`{path}` is given twice"));
            let mistake = mistake.value(name.text(self.source).unwrap_or(path));
            self.found.push(mistake.help("keep one of the two").related(*first, "first given here"));
            return false;
        }
        self.named.push((path.to_owned(), name.at));
        true
    }

    fn defaults(&mut self, name: &Node, value: Node) {
        if !self.first("defaults", name) {
            return;
        }
        self.defaults = Row::defaults(value, self.source, &mut self.found);
    }

    fn set(&mut self, prefix: &str, known: &[(&'static str, Option<Setting>)], name: &Node, value: Node) {
        let word = name.text(self.source).unwrap_or_default();
        let path = format!("{prefix}{word}");
        match known.iter().find(|(name, _)| *name == word) {
            Some((_, Some(setting))) => {
                if self.first(&path, name) {
                    self.settings.push((*setting, value));
                }
            }
            _ => self.found.push(unknown_setting(&path, word, known, name.at)),
        }
    }
}

/// Whether a name at the top of a manifest is the author's own: a place for what anchors name, and nothing else.
fn is_aside(name: &str) -> bool {
    name.strip_prefix("x_").or_else(|| name.strip_prefix("x-")).is_some_and(|rest| !rest.trim().is_empty())
}

impl Setting {
    /// What to call it in a message.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::AllowUnknown => "allow_unknown",
            Self::Provider => "name",
            Self::BaseUrl => "base_url",
            Self::CallbackUrl => "callback_url",
            Self::HeaderVersion | Self::Version => "version",
        }
    }

    /// A right value, to copy.
    pub(crate) fn example(self) -> &'static str {
        match self {
            Self::Output => "`output: out/teaser`",
            Self::AllowUnknown => "`allow_unknown: true`",
            Self::Provider => "`name: cometapi`",
            Self::BaseUrl => "`base_url: https://api.cometapi.com`",
            Self::CallbackUrl => "`callback_url: https://example.com/hook`",
            Self::HeaderVersion => "`version: 2024-11-06`",
            Self::Version => "`version: 1`",
        }
    }
}

fn unknown_setting(path: &str, word: &str, settings: &[(&'static str, Option<Setting>)], at: Place) -> Diagnostic {
    let names: Vec<&'static str> = settings.iter().map(|(name, _)| *name).collect();
    let field = Field::named(word).is_some() && path == word;
    let help = match nearest(word, names.iter().copied()) {
        _ if word == "matrix" => "put `matrix` under a shot or a group".to_owned(),
        _ if field => format!("a field of a shot: put `{word}` under `defaults` or under a shot"),
        Some(near) => format!("did you mean `{near}`?"),
        None => known(&names),
    };
    Diagnostic::error("unknown-field", at, format!("unknown field {}", quoted(path))).value(word).help(help).allowed(&names)
}
