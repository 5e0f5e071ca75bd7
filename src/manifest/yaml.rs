//! YAML manifests. The only file that knows `serde-saphyr`.
//!
//! The list of shots is walked through shot by shot, and what was wrong with one is remembered while the walk goes on. Only text that
//! is no YAML at all ends it; then the walk begins again without the shot that is to blame.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Options, Spanned};

use crate::manifest::diagnostic::{Diagnostic, Place};
use crate::manifest::row::{Field, Node, Row, Value, wrong_shape};
use crate::manifest::sheet::Sheet;
use crate::manifest::source::{Cursor, Source};
use crate::manifest::{Format, group, mend, portable};

/// How often text may stand for other text. A manifest of 100,000 shots that all begin with one `<<: *d` needs a million or two.
const MAX_REPLAYED: usize = 5_000_000;

/// How many shots are left out at most, and from how much text, to go on behind what is no YAML.
const MAX_GAPS: usize = 20;
const MAX_MENDED: usize = 1 << 20;

/// YAML, and so JSON.
#[derive(Debug)]
pub(crate) struct Yaml;

impl Format for Yaml {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn extensions(&self) -> &'static [&'static str] {
        &["yaml", "yml", "json"]
    }

    /// Asked last: everything else is YAML, or was meant to be.
    fn recognises(&self, _: &str) -> bool {
        true
    }

    fn read<'a>(&self, source: &'a Source, sheet: &mut Sheet<'a>) {
        let (read, mistakes) = read_around_mistakes(source.text());
        sheet.found.extend(mistakes);
        sheet.take_over(read);
        if !sheet.found.iter().any(Diagnostic::is_error) {
            sheet.found.extend(portable::differences(source));
        }
    }
}

/// Reads `text`; where it is no YAML, again without the shot that is to blame, to find what is wrong with the others.
fn read_around_mistakes(text: &str) -> (Sheet<'_>, Vec<Diagnostic>) {
    let mut readable = Cow::Borrowed(text);
    let mut mistakes: Vec<Diagnostic> = Vec::new();
    for attempt in 0.. {
        let mut sheet = Sheet::new(text);
        let Some(mistake) = walk(&readable, &mut sheet) else { return (sheet, mistakes) };
        let worth_it = mistake.code == "syntax" && text.len() <= MAX_MENDED && attempt < MAX_GAPS;
        let gap = worth_it.then(|| mend::shot_around(&readable, mistake.place.span().start)).flatten();
        // An anchor may be unknown only because the shot that defines it has been left out.
        if attempt == 0 || !mistake.message.contains("anchor") {
            mistakes.push(mistake);
        }
        let Some(gap) = gap else { return (sheet, mistakes) };
        readable = Cow::Owned(mend::without(&readable, gap));
    }
    (Sheet::new(text), mistakes)
}

/// Reads as much of `text` as is YAML into `sheet`, and says what is not.
fn walk(text: &str, sheet: &mut Sheet<'_>) -> Option<Diagnostic> {
    let mut walk = Walk { sheet, top: Vec::new(), listed: false, misplaced: false };
    let read = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |yaml| (&mut walk).deserialize(yaml));
    walk.finish();
    read.err().map(|error| syntax(text, &error))
}

/// All of `text` as one tree, whatever it says.
pub(super) fn tree(text: &str) -> Option<Node> {
    serde_saphyr::from_str_with_options(text, options()).ok()
}

/// All of `text` as one tree; in `found`, why it is none.
pub(super) fn document(text: &str, found: &mut Vec<Diagnostic>) -> Option<Node> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| found.push(syntax(text, &error))).ok()
}

/// What is accepted, and how much of it: honest manifests of a million shots, but no bombs.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 32,
            max_nodes: 50_000_000,
            max_events: 100_000_000,
            max_aliases: 1_100_000,
            max_merge_keys: 1_100_000,
            max_total_scalar_bytes: 256 << 20,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        reject_unsupported_tags: true,
        strict_booleans: true,
        with_snippet: false,
    }
}

/// Walks through a document: a map with `shots` in it, a list of shots, or a single shot.
struct Walk<'s, 'a> {
    sheet: &'s mut Sheet<'a>,
    /// Everything but the shots.
    top: Vec<(Node, Node)>,
    /// Whether there was a list of shots.
    listed: bool,
    /// Whether something else than a list or map was found where one belongs.
    misplaced: bool,
}

impl Walk<'_, '_> {
    /// Sorts what stood beside the shots. Without any `shots`, a map that has a prompt is a shot itself.
    fn finish(self) {
        let Self { sheet, top, listed, misplaced } = self;
        let source = sheet.source;
        let is_shot = |(name, _): &(Node, Node)| name.text(source).and_then(Field::named) == Some(Field::Prompt);
        if !listed && !misplaced && top.iter().any(is_shot) {
            let at = top.first().map_or(Place::START, |(name, _)| name.at);
            sheet.row(at, Node { at, value: Value::Map(top) });
        } else {
            for (name, value) in top {
                sheet.top(&name, value);
            }
        }
        if misplaced {
            sheet.found.extend(misplaced_in(source));
        }
    }

    fn entry<'de, A: MapAccess<'de>>(&mut self, name: Node, map: &mut A) -> Result<(), A::Error> {
        let source = self.sheet.source;
        let Some(list) = name.text(source).and_then(Listed::named) else {
            let known = name.text(source).is_some_and(is_known);
            let value = if known { map.next_value()? } else { skipped(map.next_value()?) };
            self.top.push((name, value));
            return Ok(());
        };
        if self.sheet.first(list.name(), &name) {
            map.next_value_seed(List(self, list))
        } else {
            map.next_value::<IgnoredAny>().map(drop)
        }
    }

    fn list<'de, A: SeqAccess<'de>>(&mut self, what: Listed, mut list: A) -> Result<(), A::Error> {
        self.listed = true;
        while let Some(item) = list.next_element::<Spanned<Raw>>()? {
            match what {
                Listed::Shots => self.sheet.row(place(&item.referenced), item.into()),
                Listed::Groups(word) => self.sheet.group(word, item.into()),
            }
        }
        Ok(())
    }
}

/// What a manifest lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Shots,
    /// Under this name.
    Groups(&'static str),
}

impl Listed {
    fn named(name: &str) -> Option<Self> {
        if name == "shots" { Some(Self::Shots) } else { group::word(name).map(Self::Groups) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Shots => "shots",
            Self::Groups(word) => word,
        }
    }
}

/// Whether anyone will ask for the value of this name.
fn is_known(name: &str) -> bool {
    Sheet::knows(name) || Row::knows(name)
}

/// Stands for a value that nobody will ask for, whatever its size.
fn skipped(_: IgnoredAny) -> Node {
    Node { at: Place::START, value: Value::Nothing }
}

/// What stands in place of a list of shots, or of a whole manifest. Only a second reading tells where, which is why it is left to
/// the rare case.
fn misplaced_in(text: &str) -> Vec<Diagnostic> {
    let Some(root) = tree(text) else { return Vec::new() };
    let Value::Map(entries) = root.value else {
        let mistake = wrong_shape("a manifest", root.at, &root.value, "a map with `shots` in it");
        return vec![mistake.help("begin with `shots:` and then `  - id: SC010_SH020`")];
    };
    let misplaced = |(name, value): &(Node, Node)| {
        let list = Listed::named(name.text(text)?).filter(|_| !matches!(value.value, Value::List(_) | Value::Nothing))?;
        let help = match list {
            Listed::Shots => "begin each shot with a dash: `  - id: SC010_SH020`",
            Listed::Groups(_) => "begin each group with a dash: `  - name: harbour`",
        };
        Some(wrong_shape(list.name(), value.at, &value.value, "a list").help(help))
    };
    entries.iter().filter_map(misplaced).collect()
}

/// Methods of a visitor that makes the same of all scalars.
macro_rules! visit_scalars {
    ($self:ident, $made:expr) => {
        fn visit_bool<E>($self, _: bool) -> Result<Self::Value, E> {
            Ok($made)
        }
        fn visit_i64<E>($self, _: i64) -> Result<Self::Value, E> {
            Ok($made)
        }
        fn visit_u64<E>($self, _: u64) -> Result<Self::Value, E> {
            Ok($made)
        }
        fn visit_i128<E>($self, _: i128) -> Result<Self::Value, E> {
            Ok($made)
        }
        fn visit_u128<E>($self, _: u128) -> Result<Self::Value, E> {
            Ok($made)
        }
        fn visit_f64<E>($self, _: f64) -> Result<Self::Value, E> {
            Ok($made)
        }
    };
}

impl<'de> DeserializeSeed<'de> for &mut Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<(), D::Error> {
        yaml.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key()? {
            self.entry(name, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.list(Listed::Shots, list)
    }

    /// Nothing at all: an empty manifest.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    visit_scalars!(self, self.misplaced = true);

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.misplaced = true;
        Ok(())
    }
}

/// The value of `shots` or `groups`.
struct List<'w, 's, 'a>(&'w mut Walk<'s, 'a>, Listed);

impl<'de> DeserializeSeed<'de> for List<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, yaml: D) -> Result<(), D::Error> {
        yaml.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.misplaced = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(self.1, list)
    }

    /// Nothing where the shots belong: there are none.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    visit_scalars!(self, self.0.misplaced = true);

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.0.misplaced = true;
        Ok(())
    }
}

/// A [`Value`] on its way: numbers and the like are left as the source spells them.
struct Raw(Value);

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        Spanned::<Raw>::deserialize(yaml).map(Self::from)
    }
}

impl From<Spanned<Raw>> for Node {
    /// An alias stands where its text does, so that a mistake in it is shown there.
    fn from(raw: Spanned<Raw>) -> Self {
        Self { at: place(&raw.defined), value: raw.value.0 }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(yaml: D) -> Result<Self, D::Error> {
        yaml.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw(Value::Nothing))
    }

    visit_scalars!(self, Raw(Value::Bare));

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw(Value::Text(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Raw(Value::List(nodes)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw(Value::Map(entries)))
    }
}

fn place(location: &Location) -> Place {
    let offset = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    let start = offset(location.span().byte_offset());
    Place::new(number(location.line()), number(location.column()), start..start + offset(location.span().byte_len()))
}

/// What made the reader give up, in our words where they are better.
fn syntax(text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let at = error.location().map_or(Place::START, |location| located(text, &location));
    let said = error.without_snippet().to_string();
    let said = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
    match error.without_snippet() {
        serde_saphyr::Error::MultipleDocuments { .. } => {
            let dashes = text[..at.span().start].rfind("\n---").map(|end| end + 1);
            let at = dashes.map_or(at, |start| Cursor::at(text, start).place(start + 3));
            let mistake = Diagnostic::error("syntax", at, "a second YAML document begins here; a manifest is one");
            mistake.help("remove the `---`, or put what follows into a file of its own")
        }
        serde_saphyr::Error::Budget { .. } | serde_saphyr::Error::AliasError { .. } => too_much(at),
        _ if said.contains("limit") => too_much(at),
        _ => {
            let mistake =
                Diagnostic::error("syntax", at, format!("this is not valid YAML: {said}")).help(advice(text, at, said));
            let value = text.get(at.span()).filter(|value| !value.trim().is_empty());
            value.map_or(mistake.clone(), |value| mistake.value(value))
        }
    }
}

fn too_much(at: Place) -> Diagnostic {
    let mistake = Diagnostic::error("too-large", at, "this manifest unfolds to more than any manifest needs");
    mistake.help("use fewer aliases (`*name`) and less nesting, or split the manifest")
}

/// What most often helps.
fn advice(text: &str, at: Place, said: &str) -> &'static str {
    let line = text[..at.span().start.min(text.len())].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let indent = text[line..].split(|c: char| !c.is_whitespace()).next().unwrap_or_default();
    match said {
        _ if indent.contains('\t') => "indent with spaces: YAML does not take tabs",
        _ if said.contains("tag") => "remove the tag: plain values are enough",
        _ if text[line..].lines().next().is_some_and(|line| line.contains(": {{") || line.contains("- {{")) => {
            "put a text that begins with `{{` between quotation marks"
        }
        _ if said.contains("anchor") => "define it first, as in `defaults: &name`",
        _ if said.contains("unclosed quote") => "put a quotation mark at the end of the text; double those inside of it",
        _ if said.contains("unexpected character") => "put a text that begins like this between quotation marks",
        _ => "quote texts that contain `: `, ` #`, quotation marks or brackets, and check the indentation",
    }
}

/// The place of an error. The scanner gives no bytes, and for a tag it gives what stands behind it.
fn located(text: &str, location: &Location) -> Place {
    let Place { line, column, .. } = place(location);
    let mut cursor = Cursor::new(text);
    cursor.seek(line, column);
    let here = cursor.place(0);
    let before = text[..here.span().start].trim_end_matches(' ');
    let word = before.rfind(char::is_whitespace).map_or(0, |end| end + 1);
    if !before[word..].starts_with('!') {
        return cursor.place(here.span().start + text[here.span().start..].chars().next().map_or(0, char::len_utf8));
    }
    Cursor::at(text, word).place(before.len())
}
