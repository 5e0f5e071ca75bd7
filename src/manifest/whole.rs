//! Sheets -> manifest: the shots of all files together, and the settings, which each says once.

use std::collections::{BTreeSet, HashSet};

use crate::budget::BadCaps;
use crate::manifest::claims::Claims;
use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::expand::Shots;
use crate::manifest::findings::Findings;
use crate::manifest::row::Node;
use crate::manifest::scenes::Scenes;
use crate::manifest::section::Section;
use crate::manifest::sheet::{Setting, Sheet};
use crate::manifest::unfold::Unfolder;
use crate::manifest::value::{self, wrong};
use crate::manifest::{KNOWN_MODELS, Manifest, budget, hooks, limits, moves, prices};
use crate::motion::Step;
use crate::shot::Shot;

/// The code of a warning about manifests that were read together and name different output directories.
pub const OUTPUTS: &str = "outputs";

/// So many moves are compared one by one.
const FEW: usize = 32;

/// How a file came to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// By itself, or beside others.
    Given,
    /// Another file includes it.
    Included,
}

/// What all sheets so far amount to, and everything that is wrong with them. The manifest is only good if no error was found.
pub(crate) struct Whole<'e> {
    /// All but the shots.
    manifest: Manifest,
    /// Takes the shots, one after the other.
    each: &'e mut dyn FnMut(Shot),
    pub(super) found: Findings,
    /// The settings, as they were said first, and where.
    said: Vec<(Setting, String, Place)>,
    /// The sections, and where each was said first.
    sections: Vec<(Section, Place)>,
    pub(super) claims: Claims,
    pub(super) scenes: Scenes,
    /// How each move is spelled that was asked for, and what it stands for.
    spelled: HashSet<String>,
    pub(super) unfolder: Unfolder,
}

impl<'e> Whole<'e> {
    /// Nothing so far; `each` is handed the shots, one after the other.
    pub(crate) fn new(each: &'e mut dyn FnMut(Shot)) -> Self {
        let (manifest, found, said, sections, claims, scenes, spelled, unfolder) = Default::default();
        Self { manifest, each, found, said, sections, claims, scenes, spelled, unfolder }
    }

    /// Takes in what `sheet` says, which is the file with this number.
    pub(crate) fn add(&mut self, mut sheet: Sheet<'_>, file: u16, role: Role) {
        let mut consent = false;
        for (setting, node) in std::mem::take(&mut sheet.settings) {
            match setting {
                Setting::Version | Setting::AllowUnknown => {}
                _ if role == Role::Included => {
                    sheet.found.push(not_in_included(setting.name(), node.at));
                    continue;
                }
                _ if !self.is_new(setting, &node, file, &mut sheet) => continue,
                _ => {}
            }
            apply(setting, &node, &mut self.manifest, &mut consent, sheet.source, &mut sheet.found);
        }
        let names = moves::read(sheet.moves.take(), sheet.source, &mut sheet.found);
        Shots::new(self, &mut sheet, file, consent, &names).add_all();
        if file == 0 {
            self.manifest.moves = names.moves;
        }
        for (section, node) in std::mem::take(&mut sheet.sections) {
            self.section(section, node, (file, role), consent, &mut sheet);
        }
        self.found.add(&mut sheet.found, file);
    }

    /// The manifest, and what was found.
    pub(crate) fn end(mut self) -> (Manifest, Vec<Diagnostic>) {
        self.compare_currencies();
        (self.manifest, self.found.all())
    }

    /// Whether no file has a shot, or something that was meant to be one.
    pub(crate) fn is_empty(&self) -> bool {
        self.claims.are_empty()
    }

    /// Takes in one more shot.
    pub(super) fn shot(&mut self, shot: Shot) {
        if !self.manifest.models.contains(&shot.request.model) {
            self.manifest.models.insert(shot.request.model.clone());
        }
        self.found.extend(self.claims.ask(&shot));
        (self.each)(shot);
    }

    /// Takes note of moves that are asked for. Another file may have another table of them.
    pub(super) fn note_steps(&mut self, steps: Vec<Step>) {
        for step in steps {
            // A manifest has a handful of moves, and most rows ask for one of them.
            let known = &mut self.manifest.steps;
            if !known.iter().take(FEW).any(|known| *known == step) && self.spelled.insert(format!("{step} {}", step.vector)) {
                known.push(step);
            }
        }
    }

    /// Whether `setting` is said for the first time; to say something else later is odd at least.
    fn is_new(&mut self, setting: Setting, node: &Node, file: u16, sheet: &mut Sheet<'_>) -> bool {
        let text = node.text(sheet.source).unwrap_or_default().trim();
        let Some((_, first, place)) = self.said.iter().find(|(known, ..)| *known == setting) else {
            self.said.push((setting, text.to_owned(), node.at.in_file(file)));
            return true;
        };
        let differs = (first != text).then(|| {
            let message = format!("`{}` is something else in another of these manifests", setting.name());
            let odd = match setting {
                Setting::Output => Diagnostic::warning(OUTPUTS, node.at, message)
                    .help("say the same in both, or say --output DIR when you run them"),
                _ => {
                    Diagnostic::error("setting", node.at, message).help("say the same in both, or run them one after the other")
                }
            };
            odd.value(text).related(*place, "said first here")
        });
        sheet.found.extend(differs);
        false
    }

    /// Holds that the budget can be counted in what takes are paid in. Prices can come from elsewhere, with a currency of their own.
    fn compare_currencies(&mut self) {
        let Some(place) = self.sections.iter().find(|(section, _)| *section == Section::Budget).map(|(_, place)| *place) else {
            return;
        };
        let Some(why) = self.manifest.budget.caps(self.manifest.prices.currency()).err() else { return };
        let found = match why {
            BadCaps::OtherCurrency { .. } => Diagnostic::error(budget::CODE, place, why.to_string())
                .help("state both in the currency that you are charged in"),
            BadCaps::NoCurrency => Diagnostic::warning(budget::CODE, place, why.to_string())
                .help("write `20 USD`, state `prices`, or run with --prices FILE"),
        };
        self.found.extend([found]);
    }

    /// Takes in a section, which may be said again, but not otherwise.
    fn section(&mut self, section: Section, node: Node, (file, role): (u16, Role), consent: bool, sheet: &mut Sheet<'_>) {
        let (name, at) = (section.name(), node.at);
        if role == Role::Included {
            return sheet.found.push(not_in_included(name, at));
        }
        let first = self.sections.iter().find(|(known, _)| *known == section).map(|(_, at)| *at);
        let (source, found, manifest) = (sheet.source, &mut sheet.found, &mut self.manifest);
        let again = first.is_some();
        let differs = match section {
            Section::Prices => {
                let is_model = |model: &str| consent || is_model(model, &manifest.models);
                let read = prices::read(node, source, &is_model, found);
                settle(&mut manifest.prices, read, again)
            }
            Section::Budget => settle(&mut manifest.budget, budget::read(node, source, found), again),
            Section::Limits => settle(&mut manifest.limits, limits::read(node, source, found), again),
            Section::Profiles => settle(&mut manifest.profiles, limits::read_profiles(node, source, found), again),
            Section::Hooks => settle(&mut manifest.hooks, hooks::read(node, source, found), again),
        };
        match first {
            None => self.sections.push((section, at.in_file(file))),
            Some(first) if differs => {
                let differs = Diagnostic::error(section.code(), at, format!("`{name}` is another in one of these manifests"));
                let help = "say the same in both, or in one of them alone";
                sheet.found.push(differs.help(help).related(first, "said first here"));
            }
            Some(_) => {}
        }
    }
}

/// Keeps what is said for the first time. Whether it is something else than what was said before.
fn settle<T: PartialEq>(kept: &mut T, read: T, again: bool) -> bool {
    if again {
        return read != *kept;
    }
    *kept = read;
    false
}

/// A setting where only shots belong.
fn not_in_included(name: &str, at: Place) -> Diagnostic {
    let message = format!("`{name}` is said in an included file, and holds for a whole run");
    Diagnostic::error("setting", at, message).value(name).help("say it in the manifest that includes this one")
}

/// Whether there is such a model, as far as anybody here knows; shots ask for those in `models`.
pub(super) fn is_model(name: &str, models: &BTreeSet<String>) -> bool {
    KNOWN_MODELS.contains(&name) || models.contains(name)
}

/// Reads one setting into where it belongs.
fn apply(
    setting: Setting,
    node: &Node,
    manifest: &mut Manifest,
    consent: &mut bool,
    source: &str,
    found: &mut Vec<Diagnostic>,
) {
    let name = setting.name();
    let Some(text) = node.text(source) else {
        let help = format!("write {}, or remove it", setting.example());
        let wanted = if setting == Setting::AllowUnknown { "`true` or `false`" } else { "text" };
        let wrong = wrong(format!("`{name}` is {}, but must be {wanted}", node.value.kind()), help);
        return found.push(wrong.at("wrong-type", node.at));
    };
    let provider = &mut manifest.provider;
    let read = match setting {
        Setting::Version => value::format_version(text),
        Setting::Provider => value::provider(text),
        Setting::AllowUnknown => value::boolean(text).map(|allowed| *consent = allowed),
        Setting::Output => value::output(text).map(|path| manifest.output = Some(path)),
        Setting::BaseUrl => value::base_url(text).map(|url| provider.base_url = Some(url)),
        Setting::CallbackUrl => value::http_url(name, text).map(|url| provider.callback_url = Some(url)),
        Setting::HeaderVersion => value::header_version(text).map(|version| provider.version = Some(version)),
    };
    found.extend(read.err().map(|wrong| wrong.at("setting", node.at).value(text)));
}
