//! Manifests: from text to validated shots, or to everything that is wrong with the text. No I/O.
//!
//! ```text
//! bytes ─ Source ─▶ text ─ Format ─▶ sheet of rows ─ unfold ─▶ more rows ─ check ─▶ drafts ─ expand ─▶ shots
//! ```
//!
//! What a shot may say, in YAML and as CSV columns alike:
//!
//! | field | means | if missing |
//! | --- | --- | --- |
//! | `id` | its name in the output directory: letters, digits, `.`, `_`, `-` | made from the prompt, with a warning |
//! | `prompt` | what is to be seen, at most [`MAX_PROMPT`] characters | a mistake |
//! | `ratio` | one of [`KNOWN_RATIOS`] | `16:9` |
//! | `style` | one of [`KNOWN_STYLES`] | `cinematic` |
//! | `model` | one of [`KNOWN_MODELS`] | `gen4_turbo` |
//! | `seconds` | 5 or 10; whole numbers to 60 with `allow_unknown` | 5 |
//! | `motion` | named moves, such as `push in slow, pan left`; a list of them; or a map of the axes of [`Motion`](crate::motion::Motion) | `static` |
//! | `motion.x` … | one axis, any finite number; also `x`, `motion_vector.x` and `options.motion_vector.x` | 0 |
//! | `takes` | how many, 1 to 999; or the numbers of those that are wanted, as a list or in a text between spaces, `,` or `;` | 1 |
//! | `tags` | a list of words, or one text of words between spaces, `,` or `;` | none |
//! | `scene` | the scene it belongs to: a number or a name, see [`Scene`](crate::shot::Scene); no part of the request | none |
//! | `notes` | what people should know; no part of the request | none |
//! | `x_…` | anything of the author's own; no part of the request | none |
//! | `callback_url` | where the provider calls back for this shot; no part of the request | none |
//! | `allow_unknown` | whether ratio, style, model and seconds may be values nobody has seen | false |
//!
//! `options: { seconds, motion_vector }`, as in the provider's own request body, says the same as `seconds` and `motion`.
//!
//! `defaults` say what shots leave out. Axes of a shot replace those of the defaults axis by axis; named moves, `static` among them,
//! replace all six. Moves and axes of one shot go together where they are on different axes; two on one axis are a mistake. Its `tags` replace those of the defaults. An empty CSV cell is left out; an empty YAML value is a mistake. Numbers may be
//! quoted and whole numbers may be written `5.0`.
//!
//! A YAML manifest has `version` (1), `output`, `provider` (`name`, `base_url`, `version`, `callback_url`), `prices`, `on`,
//! `allow_unknown`, `moves` (names and the axes each stands for, over those of [`Moves`]), `include`, `vars`, `defaults`, `shots` and `groups` or
//! `scenes` at its top; or it is a list of shots, or a single shot. CSV has no place for settings.
//!
//! A `prompt` or `id` with `{{`, `{%` or `{#` in it is a template of what `vars` and a `matrix` set; all other text is taken to the
//! letter. A shot with a `matrix` is a shot for each of its combinations: one value of each list, less those that agree with an entry
//! of `exclude`, and those that `include` writes out. A name in it that is a field sets the field, every other is a variable.
//!
//! `include` names other manifests, whose shots come first; each stands for itself, and says only what concerns its own shots. How to get
//! at files is handed in as [`Files`]. Manifests that are given together are read as one, see [`read_all`].
//!
//! A group has `name`, `defaults`, `vars`, `matrix`, `tags` and `shots`. Its defaults and variables win over those of the manifest, its
//! tags are added to those of its shots, and its matrix multiplies each of them. Under `scenes` its name is the `scene` of its shots.
//!
//! `on` has events, each with a hook or a list of hooks: a text for the shell, or a web address; a list of words, a program and what it
//! is given; or a map of `run` or `post`, `format` and `timeout`. And it has `healthchecks`, a web address or several.
//!
//! `prices` has `currency`, then `per_take` or `per_second`, `seconds` (lengths and what each costs) and `models` (names, each with
//! the same three). They can also stand in a YAML file of their own, see [`read_prices`].

mod budget;
mod check;
mod claims;
mod csv;
pub mod diagnostic;
mod dialect;
mod expand;
mod film;
mod findings;
mod github;
mod group;
mod hooks;
mod include;
mod json;
mod limits;
mod matrix;
mod mend;
mod movement;
mod moves;
mod numbered;
mod oddities;
mod portable;
mod prices;
mod records;
mod render;
mod row;
mod scenes;
mod schema;
mod section;
mod sheet;
mod source;
mod takes;
mod template;
mod unfold;
mod value;
mod vars;
mod whole;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

pub use self::diagnostic::{Diagnostic, Place, Severity};
pub use self::github::github;
pub use self::include::{Files, Reading, read_all, read_each};
pub use self::json::json;
pub use self::limits::{NoProfile, Profile};
pub use self::portable::PORTABILITY;
pub use self::render::render;
pub use self::schema::{diagnostics_schema, schema};
use self::sheet::Sheet;
pub use self::source::Source;
pub use self::value::{KNOWN_MODELS, KNOWN_RATIOS, KNOWN_STYLES, MAX_PROMPT};
pub use self::whole::OUTPUTS;
use crate::budget::Stated;
use crate::hook::Hooks;
use crate::motion::{Moves, Step};
use crate::price::Prices;
use crate::shot::Shot;

/// A manifest without a mistake in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The shots in the order they are written; never empty, and no two have ids that differ in case only.
    pub shots: Vec<Shot>,
    /// Every model that the shots ask for.
    pub models: BTreeSet<String>,
    /// How to reach the provider.
    pub provider: ProviderSettings,
    /// What takes cost.
    pub prices: Prices,
    /// How much may be spent.
    pub budget: Stated,
    /// How fast a run goes and how long it lasts.
    pub limits: crate::limits::Stated,
    /// What it says instead for those who choose a profile, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// What a run is to do when it begins and when it ends.
    pub hooks: Hooks,
    /// The output directory, relative to where the program runs; as written.
    pub output: Option<PathBuf>,
    /// What the names of moves stand for: the convention, as far as the manifest does not say otherwise.
    pub moves: Moves,
    /// The moves that the shots ask for, each once, in the order of the text; `static` is none.
    pub steps: Vec<Step>,
    /// What is worth knowing, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// What a manifest says about the provider; flags and environment may say otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Where its API is: https, or a loopback host.
    pub base_url: Option<Url>,
    /// The value of the version header, visible ASCII.
    pub version: Option<String>,
    /// Where it is to call back, unless a shot says otherwise.
    pub callback_url: Option<Url>,
}

/// What becomes of a column that is no field of a shot, and whose name does not begin with `x_` either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraColumns {
    /// It is a mistake.
    #[default]
    Refuse,
    /// It goes to the reports as [metadata](crate::shot::About::metadata).
    Keep,
}

/// A way to write a manifest down. A new one is one file, and one line in [`FORMATS`].
pub trait Format: fmt::Debug + Sync {
    /// What people call it, in lower case.
    fn name(&self) -> &'static str;

    /// The ends of its file names, without the dot, in lower case.
    fn extensions(&self) -> &'static [&'static str];

    /// Whether `text` looks like it; asked in the order of [`FORMATS`] when the name tells nothing.
    fn recognises(&self, text: &str) -> bool;

    /// Reads all there is into `sheet`, mistakes included.
    #[doc(hidden)]
    #[expect(private_interfaces, reason = "formats live in this module; others only name them")]
    fn read<'a>(&self, source: &'a Source, sheet: &mut Sheet<'a>);
}

/// All formats there are. YAML is last, because it takes whatever the others do not recognise.
pub const FORMATS: &[&dyn Format] = &[&csv::Csv, &yaml::Yaml];

/// What a shot gets where neither it nor the defaults say anything.
pub const FALLBACK: Fallback = Fallback { ratio: "16:9", style: "cinematic", model: "gen4_turbo", seconds: 5 };

/// The values of [`FALLBACK`]; the motion is static.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fallback {
    /// The picture's shape.
    pub ratio: &'static str,
    /// The look.
    pub style: &'static str,
    /// The model: the cheapest, and the one that CometAPI says it has validated.
    pub model: &'static str,
    /// The length.
    pub seconds: u8,
}

/// Reads a manifest, in `format` or in the one that its name or its text suggests. Either there is no mistake in it at all,
/// or there is a list of all mistakes and warnings, in the order of the text. What it includes is not read, which is a mistake; see
/// [`read_all`].
pub fn read(source: &Source, format: Option<&dyn Format>) -> Result<Manifest, Vec<Diagnostic>> {
    read_with(source, format, ExtraColumns::default())
}

/// Reads a manifest as [`read`] does; where it or what it includes is a table, `extra_columns` says what becomes of the columns that
/// nobody knows.
pub fn read_with(
    source: &Source,
    format: Option<&dyn Format>,
    extra_columns: ExtraColumns,
) -> Result<Manifest, Vec<Diagnostic>> {
    include::read_one(source, format, extra_columns)
}

/// Reads a file of prices for shots that ask for these `models`: what stands under `prices` in a manifest. Either there is no mistake in it, then there may be
/// warnings beside the prices, or there is a list of all mistakes and warnings, in the order of the text.
pub fn read_prices(source: &Source, models: &BTreeSet<String>) -> Result<(Prices, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut found = source.mistakes().to_vec();
    let node = source.is_readable().then(|| yaml::document(source.text(), &mut found)).flatten();
    let is_model = |name: &str| whole::is_model(name, models);
    let prices = node.map(|node| prices::read(node, source.text(), &is_model, &mut found)).unwrap_or_default();
    let found = in_order(found);
    if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok((prices, found)) }
}

/// The format that `source` is most likely in: by the end of its name, else by its text.
pub fn format_of(source: &Source) -> &'static dyn Format {
    let extension = Path::new(source.name()).extension().map(|end| end.to_string_lossy().to_ascii_lowercase());
    let named = FORMATS.iter().find(|format| extension.as_deref().is_some_and(|end| format.extensions().contains(&end)));
    let named = named.or_else(|| FORMATS.iter().find(|format| format.recognises(source.text())));
    *named.unwrap_or(&(&yaml::Yaml as &dyn Format))
}

/// The mistake of a manifest without shots, unless something else explains it.
fn empty(found: &[Diagnostic]) -> Option<Diagnostic> {
    let explained = found.iter().any(Diagnostic::is_error);
    let mistake = Diagnostic::error("empty", Place::START, "there are no shots in this manifest");
    (!explained).then(|| mistake.help("add one: `shots: [{ id: SC010_SH020, prompt: A lighthouse at dawn }]`"))
}

/// In the order of the text; what was found twice at one place, through an alias or a merge, only once; and a line's length only
/// where nothing else is wrong with it.
fn in_order(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |d: &Diagnostic| (d.place, d.severity, d.code);
    found.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)));
    found.dedup_by(|b, a| (a.place, a.code, &a.message) == (b.place, b.code, &b.message));
    let line = |d: &Diagnostic| (d.place.file(), d.place.line);
    let mut wrong_lines: Vec<(usize, u32)> = found.iter().filter(|d| d.is_error() && d.code != "long-line").map(line).collect();
    wrong_lines.dedup();
    found.retain(|d| d.code != "long-line" || wrong_lines.binary_search(&line(d)).is_err());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an author of `text` is told, or how many shots there are.
    fn told(name: &str, text: &str) -> String {
        let source = Source::new(name, text.into());
        match read(&source, None) {
            Ok(manifest) => format!("{} shots\n{}", manifest.shots.len(), render(&source, &manifest.warnings, false)),
            Err(found) => render(&source, &found, false),
        }
    }

    #[test]
    fn a_misspelt_field_is_answered_with_the_right_one() {
        insta::assert_snapshot!(told("teaser.yaml", "shots:\n  - id: SC010\n    promt: a cat\n"), @r"
        error[unknown-field]: unknown field `promt`
         --> teaser.yaml:3:5
          |
        3 |     promt: a cat
          |     ^^^^^
          |
          = help: did you mean `prompt`?

        teaser.yaml: 1 mistake
        ");
    }

    #[test]
    fn an_id_that_is_taken_is_shown_with_the_first() {
        insta::assert_snapshot!(told("a.csv", "id,prompt\nSC010,a cat\nsc010,a dog\n"), @r"
        error[duplicate-id]: the ids `sc010` and `SC010` differ in case only, which many file systems ignore
         --> a.csv:3:1
          |
        2 | SC010,a cat
          | ----- first used here
        3 | sc010,a dog
          | ^^^^^
          |
          = help: give each shot an `id` of its own

        a.csv: 1 mistake
        ");
    }

    #[test]
    fn a_value_that_nobody_knows_needs_consent() {
        insta::assert_snapshot!(told("a.yaml", "- { id: a, prompt: a cat, model: gen4-turbo }"), @r"
        error[model]: the model `gen4-turbo` is not known
         --> a.yaml:1:34
          |
        1 | - { id: a, prompt: a cat, model: gen4-turbo }
          |                                  ^^^^^^^^^^
          |
          = help: did you mean `gen4_turbo`? known are `gen4_turbo`, `gen4`, `gen4.5` or `gen3`; to send it all the same, add `allow_unknown: true`

        a.yaml: 1 mistake
        ");
    }

    #[test]
    fn a_shot_without_an_id_and_a_bare_ratio_are_warnings() {
        insta::assert_snapshot!(told("<stdin>", "ratio: 16:9\nprompt: a cat\n"), @r#"
        1 shots
        warning[missing-id]: this shot has no `id`; it is called `a-cat` after its prompt
         --> <stdin>:1:1
          |
        1 | ratio: 16:9
          | ^^^^^
          |
          = help: add `id: a-cat`: then it stays the same shot when its prompt changes

        warning[portability]: some YAML tools take `16:9` for a number to the base 60
         --> <stdin>:1:8
          |
        1 | ratio: 16:9
          |        ^^^^
          |
          = help: rushes understands it; for the others, write `"16:9"`

        <stdin>: 2 warnings
        "#);
    }

    #[test]
    fn the_format_is_told_by_the_name_or_else_by_the_text() {
        for (name, text, expected) in [
            ("a.csv", "", "csv"),
            ("a.YML", "id,prompt", "yaml"),
            ("a.json", "", "yaml"),
            ("<stdin>", "\n\"id\",\"prompt\"\n", "csv"),
            ("-", "prompt\na cat", "csv"),
            ("a.txt", "id;prompt\n", "csv"),
            ("<stdin>", "prompt: a cat, prompt\n", "yaml"),
            ("<stdin>", "{\"prompt\": 1}", "yaml"),
            ("<stdin>", "- id", "yaml"),
            ("<stdin>", "", "yaml"),
        ] {
            assert_eq!(format_of(&Source::new(name, text.into())).name(), expected, "{name}: {text}");
        }
    }
}
