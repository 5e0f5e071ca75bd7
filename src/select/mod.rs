//! Selectors: which of the takes at hand are meant, as people write it: `tag:hero and not state:stored`. Pure: reads a text, looks at
//! takes, and decides nothing else.
//!
//! ```text
//! selector = all { "or" all }         all = one { "and" one }         one = "not" one | "(" selector ")" | word
//! word     = GLOB | "tag:" GLOB | "scene:" GLOB | "state:" NAME | "review:" NAME
//! ```
//!
//! A word without a key is the id of a shot, which means all its takes, or the name of a take. In a glob `*` stands for any
//! characters and `?` for one; case does not matter; between quotation marks everything stands for itself.

mod glob;
mod parse;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

pub(crate) use self::glob::Glob;
pub(crate) use self::parse::{begins_with_key, nearest};
use crate::manifest::diagnostic::{Diagnostic, quoted};
use crate::plan::{Action, Planned};
use crate::review::Review;
use crate::shot::{About, Scene, TakeName};
use crate::take::{Event, State, Take};

/// What diagnostics about selectors are called by machines.
pub const CODE: &str = "selector";

/// A selector without a mistake in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    text: String,
    expression: Expression,
}

/// A take as a selector sees it.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    name: &'a TakeName,
    tags: &'a [String],
    about: &'a About,
    /// The take as it stands, whatever a plan is to make of it.
    take: &'a Take,
    /// Whether it waits for its author's word, where that is known.
    held: Option<bool>,
}

/// How a take stands, in the words of `state:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not submitted, and nothing in the way.
    Planned,
    /// Not submitted: its shot was changed after it was paid for. Where no manifest is looked at, as in the reports, nobody knows why
    /// a take is not submitted, and it is called planned and held alike.
    Held,
    /// Perhaps paid for; a person has to settle it.
    Unresolved,
    /// Paid for and under way, or made and not fetched yet.
    Waiting,
    /// Made, and not fetched yet.
    Ready,
    /// On disk, as far as the ledger knows.
    Stored,
    /// On disk, and not what was asked for.
    OffSpec,
    /// Refused for good by the provider, or rejected by whoever has watched it.
    Rejected,
    /// Ended without a video.
    Failed,
}

/// What was said of a take, in the words of `review:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Picked,
    Rejected,
    /// On disk or once there, and neither picked nor rejected.
    Unreviewed,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Any(Vec<Expression>),
    All(Vec<Expression>),
    Not(Box<Expression>),
    Word(Word),
}

/// One test, and where it stands in the text.
#[derive(Debug, Clone, PartialEq)]
struct Word {
    test: Test,
    at: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Name(Glob),
    Tag(Glob),
    /// A scene by its name, and what that comes to where it names a single one: `30` is `SC030`.
    Scene(Glob, Option<Scene>),
    State(Standing),
    Review(Said),
}

impl Selector {
    /// Reads a selector; otherwise tells everything that is wrong with it. The places are those of `text`.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let expression = parse::parse(text)?;
        Ok(Self { text: text.to_owned(), expression })
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it means this take.
    pub fn means(&self, item: &Item<'_>) -> bool {
        self.expression.means(item)
    }

    /// Which of `items` it means; at least one. An id, a tag or a scene that none of them has is a mistake, also where others are
    /// there: a misspelt one must not buy what was to be left out. That no take is in a state, or nothing was
    /// said of any, is none, as long as some take is meant.
    pub fn select(&self, items: &[Item<'_>]) -> Result<Vec<bool>, Vec<Diagnostic>> {
        let meant = self.look(items)?;
        if meant.contains(&true) {
            return Ok(meant);
        }
        let all = parse::place(&self.text, 0..self.text.len());
        let none = Diagnostic::error(CODE, all, format!("this selects none of {}", count(items.len())));
        Err(vec![none.help("without it, `rushes plan` and `rushes status` list them all")])
    }

    /// The same, where it may mean none.
    pub fn look(&self, items: &[Item<'_>]) -> Result<Vec<bool>, Vec<Diagnostic>> {
        let mut words = Vec::new();
        self.expression.words(&mut words);
        let unknown: Vec<_> = words.into_iter().filter_map(|word| word.is_unknown(&self.text, items)).collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        Ok(items.iter().map(|item| self.means(item)).collect())
    }
}

impl<'a> Item<'a> {
    /// A take as the ledger has it.
    pub fn of(take: &'a Take) -> Self {
        Self { name: &take.name, tags: &take.tags, about: &take.about, take, held: None }
    }

    /// A take as a plan has it, with the tags and the scene that the manifest gives it, whatever the author has agreed to.
    pub fn planned(planned: &'a Planned) -> Self {
        let tags = planned.events.iter().rev().find_map(|event| match event {
            Event::Planned { tags, .. } | Event::Tagged { tags } => Some(tags),
            _ => None,
        });
        let about = planned.events.iter().rev().find_map(|event| match event {
            Event::Annotated(about) => Some(about),
            _ => None,
        });
        let (tags, about) = (tags.unwrap_or(&planned.take.tags), about.unwrap_or(&planned.take.about));
        let held = planned.action == Action::Held || planned.needs_consent;
        Self { name: &planned.name, tags, about, take: &planned.take, held: Some(held) }
    }

    /// The scene that the take's shot belongs to: the one that the manifest gives it, else what its id says before the first `_SH`.
    pub(crate) fn scene(&self) -> Option<&'a str> {
        self.about.scene_of(&self.name.shot)
    }

    fn review(&self) -> &'a Review {
        &self.take.record.review
    }

    fn is_said(&self, said: Said) -> bool {
        match said {
            Said::Picked => self.review().is_pick(),
            Said::Rejected => self.review().is_reject(),
            Said::Unreviewed => self.take.record.stored_at.is_some() && self.review().verdict.is_none(),
        }
    }

    fn is(&self, standing: Standing) -> bool {
        let state = &self.take.state;
        match standing {
            Standing::Planned => matches!(state, State::Planned { .. }) && self.held != Some(true),
            Standing::Held => self.held.unwrap_or(matches!(state, State::Planned { .. })),
            Standing::Unresolved => matches!(state, State::Submitting | State::Unresolved(_)),
            Standing::Waiting => matches!(state, State::Accepted { .. } | State::Ready { .. }),
            Standing::Ready => matches!(state, State::Ready { .. }),
            Standing::Stored => matches!(state, State::Stored { .. }),
            Standing::OffSpec => !self.take.deviations().is_empty(),
            Standing::Rejected => matches!(state, State::Rejected { .. }) || self.review().is_reject(),
            Standing::Failed => matches!(state, State::Failed { .. }),
        }
    }
}

impl Standing {
    /// Every word there is for `state:`.
    pub const ALL: [Self; 9] = [
        Self::Planned,
        Self::Held,
        Self::Unresolved,
        Self::Waiting,
        Self::Ready,
        Self::Stored,
        Self::OffSpec,
        Self::Rejected,
        Self::Failed,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Held => "held",
            Self::Unresolved => "unresolved",
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Stored => "stored",
            Self::OffSpec => "off_spec",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
        }
    }
}

impl Said {
    const ALL: [Self; 3] = [Self::Picked, Self::Rejected, Self::Unreviewed];

    /// The word.
    fn as_str(self) -> &'static str {
        match self {
            Self::Picked => "picked",
            Self::Rejected => "rejected",
            Self::Unreviewed => "unreviewed",
        }
    }
}

impl Expression {
    fn means(&self, item: &Item<'_>) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.means(item)),
            Self::All(parts) => parts.iter().all(|part| part.means(item)),
            Self::Not(part) => !part.means(item),
            Self::Word(word) => word.test.means(item),
        }
    }

    fn words<'a>(&'a self, words: &mut Vec<&'a Word>) {
        match self {
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.words(words)),
            Self::Not(part) => part.words(words),
            Self::Word(word) => words.push(word),
        }
    }
}

impl Test {
    fn means(&self, item: &Item<'_>) -> bool {
        match self {
            Self::Name(glob) => glob.fits(item.name.shot.as_str()) || glob.fits(&item.name.to_string()),
            Self::Tag(glob) => item.tags.iter().any(|tag| glob.fits(tag)),
            Self::Scene(glob, one) => item.scene().is_some_and(|scene| glob.fits(scene) || is_called(one.as_ref(), scene)),
            Self::State(standing) => item.is(*standing),
            Self::Review(said) => item.is_said(*said),
        }
    }
}

impl Word {
    /// What is wrong with it, if it is something that none of `items` has.
    fn is_unknown(&self, text: &str, items: &[Item<'_>]) -> Option<Diagnostic> {
        if matches!(self.test, Test::State(_) | Test::Review(_)) || items.iter().any(|item| self.test.means(item)) {
            return None;
        }
        let (glob, what) = match &self.test {
            Test::Name(glob) => (glob, "shot or take called"),
            Test::Tag(glob) => (glob, "take with the tag"),
            Test::Scene(glob, _) => (glob, "take of the scene"),
            Test::State(_) | Test::Review(_) => return None,
        };
        let word = glob.to_string();
        let told = format!("there is no {what} {} among {}", quoted(&word), count(items.len()));
        let help = match parse::nearest(&word, self.names(items).iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`rushes plan` and `rushes status` list what there is".to_owned(),
        };
        Some(Diagnostic::error(CODE, parse::place(text, self.at.clone()), told).value(&word).help(help))
    }

    /// What it could have been meant to be.
    fn names(&self, items: &[Item<'_>]) -> BTreeSet<String> {
        let own = |text: &str| text.to_owned();
        match self.test {
            Test::Name(_) => items.iter().flat_map(|item| [own(item.name.shot.as_str()), item.name.to_string()]).collect(),
            Test::Tag(_) => items.iter().flat_map(|item| item.tags).cloned().collect(),
            Test::Scene(..) => items.iter().filter_map(Item::scene).map(own).collect(),
            Test::State(_) | Test::Review(_) => BTreeSet::new(),
        }
    }
}

/// Whether `name` names the scene `one`, whatever its case and however it is written.
fn is_called(one: Option<&Scene>, name: &str) -> bool {
    let is = |one: &Scene| name.parse().is_ok_and(|scene: Scene| scene.as_str().eq_ignore_ascii_case(one.as_str()));
    one.is_some_and(is)
}

fn count(takes: usize) -> String {
    format!("{takes} take{}", if takes == 1 { "" } else { "s" })
}
