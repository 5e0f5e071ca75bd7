//! Groups: shots that have something in common. In a manifest they stand under `groups`, or under `scenes`; then the name of each is
//! the scene of its shots.

use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::row::{Cell, Field, Named, Node, Row, Value, named_twice, wrong_shape};
use crate::shot::Scene;

/// The names under which a manifest has groups.
pub(crate) const GROUPS: &str = "groups";
pub(crate) const SCENES: &str = "scenes";
/// What templates call a group that stands under [`SCENES`].
const SCENE: &str = "scene";

/// What a group can say.
pub(super) const NAMES: [&str; 6] = ["name", "defaults", "vars", "matrix", "tags", "shots"];
/// What to write, wherever something else stands.
const EXAMPLE: &str = "write `- name: harbour`, and `shots:` below it";
/// The longest name of a group, in characters.
pub(super) const MAX_NAME: usize = 100;

/// What some shots have in common.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// What templates call its name: `group` or `scene`.
    pub(crate) word: &'static str,
    /// Its name, as it is written.
    pub(crate) name: Option<Named>,
    /// What its shots leave out, over the defaults of the manifest.
    pub(crate) defaults: Option<Row>,
    /// What their templates can name, over what the manifest has.
    pub(crate) vars: Option<Named>,
    /// What multiplies each of them.
    pub(crate) matrix: Option<Named>,
    /// What is added to the tags of each.
    pub(crate) tags: Option<Cell>,
}

/// [`GROUPS`] or [`SCENES`], if `name` is one of them.
pub(crate) fn word(name: &str) -> Option<&'static str> {
    [GROUPS, SCENES].into_iter().find(|word| *word == name)
}

impl Group {
    /// The group that `node` spells under `word`, and its shots; with a mistake for everything that is wrong with it.
    pub(crate) fn read(word: &str, node: Node, source: &str, found: &mut Vec<Diagnostic>) -> Option<(Self, Vec<Node>)> {
        let Value::Map(entries) = node.value else {
            let mistake = wrong_shape(&format!("an item of `{word}`"), node.at, &node.value, "a map with `shots` in it");
            found.push(mistake.help(EXAMPLE));
            return None;
        };
        let mut group = Self { word: if word == SCENES { SCENE } else { "group" }, ..Self::default() };
        let mut seen: Vec<(String, Place)> = Vec::new();
        let mut shots = None;
        for (name, value) in entries {
            let word = name.text(source).unwrap_or_default().to_owned();
            if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word) {
                found.push(named_twice(&word, name.at, *first));
                continue;
            }
            match word.as_str() {
                "shots" => shots = Some(listed(value, found)),
                _ => group.take(&word, name.at, value, source, found),
            }
            seen.push((word, name.at));
        }
        group.set_scene(source, found);
        if shots.is_none() && !seen.iter().any(|(word, _)| meant(word) == Some("shots")) {
            // Nothing else of a block can be shown.
            let at = seen.first().filter(|_| node.at.span().is_empty()).map_or(node.at, |(_, first)| *first);
            let missing = Diagnostic::error("empty", at, "this group has no `shots`");
            found.push(missing.help(EXAMPLE));
        }
        Some((group, shots.unwrap_or_default()))
    }

    /// What templates call it; nothing if its name is wrong, which is reported.
    pub(crate) fn called(&self, source: &str) -> Option<String> {
        let text = self.name.as_ref()?.node.text(source)?.trim();
        if self.word == SCENE {
            return text.parse().ok().map(|scene: Scene| scene.to_string());
        }
        is_name(text).then(|| text.to_owned())
    }

    /// The name of a scene is something that its shots leave out; another group has a name for its own sake.
    fn set_scene(&mut self, source: &str, found: &mut Vec<Diagnostic>) {
        let Some(Named { name, node }) = self.name.clone() else { return };
        if self.word == SCENE {
            let defaults = self.defaults.get_or_insert_with(|| Row::empty(name));
            if let Some(at) = defaults.cells.iter().position(|cell| cell.field == Field::Scene) {
                let again = defaults.cells.remove(at).name;
                let message = "`scene` is given, but the scene's `name` says it already";
                let mistake = Diagnostic::error("duplicate-field", again, message).value("scene");
                found.push(mistake.help("keep one of the two").related(name, "the name is here"));
            }
            defaults.push(Cell { field: Field::Scene, name, node }, source, found);
        } else if self.called(source).is_none() {
            let message = format!("the name of a group is text of 1 to {MAX_NAME} characters, on one line");
            found.push(Diagnostic::error("wrong-type", node.at, message).help("write `name: harbour`"));
        }
    }

    fn take(&mut self, word: &str, name: Place, node: Node, source: &str, found: &mut Vec<Diagnostic>) {
        match (word, &node.value) {
            ("name", _) => self.name = Some(Named { name, node }),
            ("defaults" | "vars", Value::Nothing) => {}
            ("defaults", _) => self.defaults = Row::defaults(node, source, found),
            ("vars", _) => self.vars = Some(Named { name, node }),
            ("matrix", _) => self.matrix = Some(Named { name, node }),
            ("tags", _) => self.tags = Some(Cell { field: Field::Tags, name, node }),
            _ => {
                let help = match meant(word) {
                    _ if Field::named(word).is_some() => format!("a field of a shot: put it under `defaults`: `{word}`"),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => known(&NAMES),
                };
                let mistake = Diagnostic::error("unknown-field", name, format!("unknown field {} of a group", quoted(word)));
                found.push(mistake.value(word).help(help));
            }
        }
    }
}

/// The name among those of a group that `word` was probably meant to be.
fn meant(word: &str) -> Option<&'static str> {
    nearest(word, NAMES)
}

fn listed(node: Node, found: &mut Vec<Diagnostic>) -> Vec<Node> {
    match node.value {
        Value::List(shots) => shots,
        Value::Nothing => Vec::new(),
        other => {
            let mistake = wrong_shape("shots", node.at, &other, "a list");
            found.push(mistake.help("begin each shot with a dash: `  - id: SC010_SH020`"));
            Vec::new()
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME && !text.contains(char::is_control)
}
