//! Several files -> one manifest: those that were given, and those that they include. No I/O: whoever calls hands in a way to get at
//! files.
//!
//! An included file stands for itself: what it says of its shots is what it would say alone, and nothing of the file around it
//! reaches in. Its shots come before those of the file that includes it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::manifest::diagnostic::{Diagnostic, Place, quoted};
use crate::manifest::row::{Node, Value, wrong_shape};
use crate::manifest::sheet::Sheet;
use crate::manifest::source::Source;
use crate::manifest::whole::{Role, Whole};
use crate::manifest::{ExtraColumns, Format, Manifest, empty, format_of, in_order};
use crate::shot::Shot;

/// So many files that each include the next.
const MAX_DEPTH: usize = 16;
/// So many files in all.
const MAX_FILES: usize = 10_000;
/// The longest name of a file, in bytes.
const MAX_NAME: usize = 4096;
/// The code of every mistake in an `include`.
const CODE: &str = "include";
const RELATIVE: &str = "names are relative to the file that they stand in; `*` and `?` stand for other letters";
const EXAMPLE: &str = "write `include: [harbour.yaml, more/*.csv]`";

/// A way to the files that manifests include. Where they lie and how they are read is its business.
pub trait Files {
    /// The files that `pattern` stands for, in order, where it is written in the file `from`. `Err` says why that cannot be told.
    fn find(&self, from: &Path, pattern: &str) -> Result<Vec<PathBuf>, String>;

    /// The file at `path`. `Err` says why it cannot be read.
    fn open(&self, path: &Path) -> Result<Source, String>;

    /// The same for every path to the same file.
    fn identity(&self, path: &Path) -> PathBuf;
}

/// What became of reading several files together.
#[derive(Debug)]
pub struct Reading {
    /// All files that were read: [`Place::file`] counts in these.
    pub sources: Vec<Source>,
    /// The manifest, or everything that is wrong with it.
    pub manifest: Result<Manifest, Vec<Diagnostic>>,
}

/// Reads manifests as one, each with the path that it is at, and what they include. Either there is no mistake in them at all, or
/// there is a list of all mistakes and warnings, file by file and in the order of the text. `extra_columns` says what becomes of the
/// columns of tables that nobody knows.
///
/// `output`, `provider` and `prices` may stand in any of them; where two differ that is a mistake. For `output` it is a warning with
/// the code [`OUTPUTS`](super::OUTPUTS): the command line may know better.
pub fn read_all(given: Vec<(PathBuf, Source)>, files: &dyn Files, extra_columns: ExtraColumns) -> Reading {
    let mut shots = Vec::new();
    let Reading { sources, manifest } = read_each(given, files, extra_columns, &mut |shot| shots.push(shot));
    Reading { sources, manifest: manifest.map(|manifest| Manifest { shots, ..manifest }) }
}

/// Reads manifests as [`read_all`] does, and hands each shot to `each` when it is read, so that there may be more of them than fit into
/// memory: those of the manifest that comes of it are empty. What `each` was handed is worth nothing when a mistake is found later.
pub fn read_each(
    given: Vec<(PathBuf, Source)>,
    files: &dyn Files,
    extra_columns: ExtraColumns,
    each: &mut dyn FnMut(Shot),
) -> Reading {
    let mut reader = Reader::new(Some(files), extra_columns, each);
    for (path, source) in given {
        reader.give(&path, source);
    }
    let sources = std::mem::take(&mut reader.sources);
    Reading { sources, manifest: reader.end() }
}

/// Reads one manifest, which can include nothing.
pub(super) fn read_one(
    source: &Source,
    format: Option<&dyn Format>,
    extra_columns: ExtraColumns,
) -> Result<Manifest, Vec<Diagnostic>> {
    let mut shots = Vec::new();
    let mut each = |shot| shots.push(shot);
    let mut reader = Reader::new(None, extra_columns, &mut each);
    reader.sources.push(Source::default());
    reader.read(Path::new(source.name()), source, 0, format);
    reader.end().map(|manifest| Manifest { shots, ..manifest })
}

/// Reads file after file.
struct Reader<'f> {
    files: Option<&'f dyn Files>,
    /// What becomes of columns that nobody knows.
    extra_columns: ExtraColumns,
    /// The files so far; one that is still being read is empty here.
    sources: Vec<Source>,
    /// What has been read, or is being read, and where it was included, if it was.
    seen: HashMap<PathBuf, Option<Place>>,
    /// What is being read, each included by the one before.
    within: Vec<PathBuf>,
    whole: Whole<'f>,
}

impl<'f> Reader<'f> {
    fn new(files: Option<&'f dyn Files>, extra_columns: ExtraColumns, each: &'f mut dyn FnMut(Shot)) -> Self {
        let (sources, seen, within) = Default::default();
        Self { files, extra_columns, sources, seen, within, whole: Whole::new(each) }
    }

    /// Reads a file that was given, and not included.
    fn give(&mut self, path: &Path, source: Source) {
        let identity = self.files.map_or_else(|| path.to_owned(), |files| files.identity(path));
        if let Some(first) = self.seen.get(&identity) {
            // It can only be an `include` that read it: nobody gives a file twice.
            let twice = first.map(|place| {
                let message = format!("{} is included here, and given by itself as well", quoted(source.name()));
                Diagnostic::error(CODE, place, message).help("give only the file that includes it")
            });
            self.whole.found.extend(twice);
            return;
        }
        if self.sources.len() >= MAX_FILES {
            let message = format!("these are too many manifests: at most {MAX_FILES} can be read together");
            let mistake = Diagnostic::error("too-large", Place::START, message);
            self.whole.found.extend([mistake.help("run some of them at a time")]);
            return;
        }
        self.seen.insert(identity.clone(), None);
        self.enter(path, identity, source);
    }

    /// Reads a file for good.
    fn enter(&mut self, path: &Path, identity: PathBuf, source: Source) {
        let file = self.sources.len();
        self.sources.push(Source::default());
        self.within.push(identity);
        self.read(path, &source, file, None);
        self.within.pop();
        self.sources[file] = source;
    }

    fn read(&mut self, path: &Path, source: &Source, file: usize, format: Option<&dyn Format>) {
        let number = u16::try_from(file).unwrap_or(u16::MAX);
        let mut sheet = Sheet::new(source.text());
        sheet.extra_columns = self.extra_columns;
        sheet.found.extend_from_slice(source.mistakes());
        if source.is_readable() {
            format.unwrap_or_else(|| format_of(source)).read(source, &mut sheet);
        }
        if let Some(include) = sheet.include.take() {
            let mut found = Vec::new();
            for node in listed(&include, source.text(), &mut found) {
                self.include(path, node, source.text(), number, &mut found);
            }
            sheet.found.extend(found);
        }
        let role = if self.within.len() > 1 { Role::Included } else { Role::Given };
        self.whole.add(sheet, number, role);
    }

    /// Reads what `node` names, in the file at `from`.
    fn include(&mut self, from: &Path, node: &Node, text: &str, file: u16, found: &mut Vec<Diagnostic>) {
        let pattern = node.text(text).unwrap_or_default().trim();
        let wrong = |message: String, help: &str| Diagnostic::error(CODE, node.at, message).value(pattern).help(help);
        let Some(files) = self.files else {
            let message = "this manifest includes others, and is read by itself";
            return found.push(wrong(message.into(), "write their shots into it"));
        };
        let paths = match files.find(from, pattern) {
            Ok(paths) if paths.is_empty() => {
                return found.push(wrong(format!("no file fits {}", quoted(pattern)), RELATIVE));
            }
            Ok(paths) => paths,
            Err(why) => return found.push(wrong(format!("{} cannot be included: {why}", quoted(pattern)), RELATIVE)),
        };
        for path in paths {
            let identity = files.identity(&path);
            let name = quoted(&path.display().to_string());
            if self.within.contains(&identity) {
                found.push(wrong(format!("{name} would include itself"), "remove it here"));
            } else if let Some(first) = self.seen.get(&identity) {
                let twice = wrong(format!("{name} is read already"), "include it once, or give it by itself");
                found.push(first.map_or(twice.clone(), |first| twice.related(first, "first included here")));
            } else if self.within.len() >= MAX_DEPTH || self.sources.len() >= MAX_FILES {
                let message = format!("{name} is too much: at most {MAX_DEPTH} files deep, and {MAX_FILES} in all");
                return found.push(wrong(message, "include it from further up, or split the manifest"));
            } else {
                match files.open(&path) {
                    Ok(source) => {
                        self.seen.insert(identity.clone(), Some(node.at.in_file(file)));
                        self.enter(&path, identity, source);
                    }
                    Err(why) => found.push(wrong(format!("{name} cannot be read: {why}"), RELATIVE)),
                }
            }
        }
    }

    /// What all files amount to.
    fn end(self) -> Result<Manifest, Vec<Diagnostic>> {
        let is_empty = self.whole.is_empty();
        let (mut manifest, mut found) = self.whole.end();
        found.extend(is_empty.then(|| empty(&found)).flatten());
        let found = in_order(found);
        if found.iter().any(Diagnostic::is_error) {
            return Err(found);
        }
        manifest.warnings = found;
        Ok(manifest)
    }
}

/// The names in the value of `include`: a list, or a single one.
fn listed<'n>(node: &'n Node, text: &str, found: &mut Vec<Diagnostic>) -> Vec<&'n Node> {
    let (items, wanted) = match &node.value {
        Value::List(items) => (items.iter().collect(), ("an item of `include`", "the name of a file")),
        _ => (vec![node], (CODE, "a list of file names")),
    };
    let is_name = |name: &str| !name.trim().is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control);
    let mut names = Vec::new();
    for item in items {
        match item.text(text) {
            Some(name) if is_name(name) => names.push(item),
            Some(_) => found.push(Diagnostic::error(CODE, item.at, "this is not the name of a file").help(EXAMPLE)),
            None => found.push(wrong_shape(wanted.0, item.at, &item.value, wanted.1).help(EXAMPLE)),
        }
    }
    names
}
