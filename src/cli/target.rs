//! Which manifest and which output directory a verb is about.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::Target;
use super::believed::not_bereft;
use super::files::{self, Disk};
use super::{Failure, say};
use crate::config;
use crate::layout;
use crate::manifest::{self, ExtraColumns, Files, Manifest, Reading, Source};
use crate::report::quoted;
use crate::shot::Shot;

/// How the name of an output directory of rehearsals ends.
const REHEARSAL: &str = ".simulated";

/// Manifests that are read as one, however often.
pub(super) struct Given {
    files: Vec<(PathBuf, Source)>,
    extra_columns: ExtraColumns,
}

impl Given {
    /// Opens the files that `paths` stand for.
    pub(super) fn open(paths: &[PathBuf], extra_columns: ExtraColumns) -> Result<Self, Failure> {
        let source = |path: &Path| {
            let helped = |failure: Failure| match paths {
                [_] => failure,
                _ => failure
                    .help("each word that is no flag is a manifest; a selector stands behind `=`: `--regenerate=SELECTOR`"),
            };
            read_source("manifest", path).map_err(helped)
        };
        let files = all(paths)?.into_iter().map(|path| source(&path).map(|source| (path, source)));
        Ok(Self { files: files.collect::<Result<_, _>>()?, extra_columns })
    }

    /// What each of them is called.
    pub(super) fn names(&self) -> Vec<String> {
        self.files.iter().map(|(_, source)| source.name().to_owned()).collect()
    }

    /// Reads and checks them, and hands each shot to `each`. Prints nothing.
    pub(super) fn read_each(&self, each: &mut dyn FnMut(Shot)) -> Reading {
        manifest::read_each(self.files.clone(), &Disk, self.extra_columns, each)
    }

    /// What came of reading them. Prints what is wrong with them; `Err` means that they cannot be used. What other programs would make
    /// of them is left to `rushes check`: a run every night need not repeat that.
    pub(super) fn used(&self, reading: Reading) -> Result<Manifest, Failure> {
        let Reading { sources, manifest } = reading;
        let colour = config::colour();
        match manifest {
            Ok(mut manifest) => {
                manifest.warnings.retain(|warning| warning.code != manifest::PORTABILITY);
                say::aside(manifest::render(&sources, &manifest.warnings, colour));
                Ok(manifest)
            }
            Err(diagnostics) => {
                say::aside(manifest::render(&sources, &diagnostics, colour));
                Err(unusable(&self.names()))
            }
        }
    }
}

/// Reads and checks manifests, as one. Prints what is wrong with them; `Err` means that they cannot be used.
pub(super) fn read_manifests(paths: &[PathBuf], extra_columns: ExtraColumns) -> Result<Manifest, Failure> {
    let given = Given::open(paths, extra_columns)?;
    given.used(manifest::read_all(given.files.clone(), &Disk, extra_columns))
}

/// The end of whoever needs manifests or prices without a mistake in them, which have been shown.
pub(super) fn unusable(names: &[String]) -> Failure {
    let they = if names.len() == 1 { "it is" } else { "they are" };
    Failure::usage(format!("{} cannot be used as {they}; nothing was sent", together(names)))
}

/// The files that `paths` stand for, each only once.
fn all(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all: Vec<PathBuf> = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        let failed = |error: io::Error| Failure::usage(format!("cannot look for {}: {error}", path.display()));
        let found = files::found(Path::new(""), path).map_err(failed)?;
        if found.is_empty() {
            return Err(Failure::usage(format!("no file fits {}", path.display())));
        }
        for path in found {
            if !seen.insert(Disk.identity(&path)) {
                return Err(Failure::usage(format!("{} is given twice", name(&path))).help("give each manifest once"));
            }
            all.push(path);
        }
    }
    Ok(all)
}

/// The manifest with the prices of this file, if there is one, in place of its own. Prints what is wrong with them.
pub(super) fn priced(manifest: Manifest, path: Option<&Path>) -> Result<Manifest, Failure> {
    let Some(path) = path else { return Ok(manifest) };
    let source = read_source("prices", path)?;
    let read = manifest::read_prices(&source, &manifest.models);
    let (Ok((_, found)) | Err(found)) = &read;
    say::aside(manifest::render(&source, found, config::colour()));
    match read {
        Ok((prices, _)) => Ok(Manifest { prices, ..manifest }),
        Err(_) => Err(unusable(&[source.name().to_owned()])),
    }
}

/// The manifest with the limits and the budget of this one of its profiles.
pub(super) fn profiled(manifest: Manifest, profile: Option<&str>) -> Result<Manifest, Failure> {
    let Some(name) = profile else { return Ok(manifest) };
    manifest.with_profile(name).map_err(|error| {
        let help = format!("{}; nothing was sent", error.help());
        Failure::usage(error).help(help)
    })
}

/// The output directory of manifests: as the command line says, else as they say, else named after the manifest if there is but one.
/// Rehearsals have one of their own.
pub(super) fn output(
    manifest: &Manifest,
    paths: &[PathBuf],
    said: Option<&PathBuf>,
    simulate: bool,
) -> Result<PathBuf, Failure> {
    if said.is_none() && manifest.warnings.iter().any(|warning| warning.code == manifest::OUTPUTS) {
        let differ = "these manifests name different output directories, and a run has one";
        return Err(Failure::usage(differ).help("say --output DIR, or the same `output:` in all of them"));
    }
    let named = || match paths {
        [path] if path == Path::new("-") => Err(Failure::usage("a manifest from standard input has no name")),
        // What a pattern stands for may be another file tomorrow, and another directory would be paid for anew.
        [path] if path.exists() => Ok(Path::new("out").join(path.file_stem().unwrap_or_default())),
        _ => Err(Failure::usage("several manifests have no name that is theirs together, and a pattern has none")),
    };
    let named = || named().map_err(|failure| failure.help("say --output DIR, or `output:` in a manifest"));
    let directory = said.or(manifest.output.as_ref()).map_or_else(named, |path| Ok(path.clone()))?;
    if simulate {
        return Ok(rehearsal(&directory));
    }
    if directory.file_name().is_some_and(|name| name.to_string_lossy().ends_with(REHEARSAL)) {
        let meant = format!("{} is where rehearsals go, which never mix with paid work", directory.display());
        return Err(Failure::usage(meant).help("say --simulate and leave that ending out, or choose another output directory"));
    }
    Ok(directory)
}

/// The output directory that a verb without a manifest of its own is about.
pub(super) fn existing(target: &Target) -> Result<PathBuf, Failure> {
    match (&target.output, &target.place) {
        (Some(output), _) if target.simulate => kept(rehearsal(output)),
        (Some(output), _) => kept(output.clone()),
        (None, Some(path)) if path.is_dir() => kept(path.clone()),
        (None, Some(_)) => scripted(target).map(|(directory, _)| directory),
        (None, None) => Err(Failure::usage("say which manifest or output directory is meant")),
    }
}

/// The output directory that is meant, and the manifest where one is named.
pub(super) fn scripted(target: &Target) -> Result<(PathBuf, Option<Manifest>), Failure> {
    let Some(path) = target.place.as_ref().filter(|path| !path.is_dir()) else {
        return existing(target).map(|directory| (directory, None));
    };
    let paths = std::slice::from_ref(path);
    let manifest = read_manifests(paths, ExtraColumns::Keep)?;
    let directory = match target.output {
        Some(_) => existing(target)?,
        None => kept(output(&manifest, paths, None, target.simulate)?)?,
    };
    Ok((directory, Some(manifest)))
}

/// The directory, if it is an output directory.
fn kept(directory: PathBuf) -> Result<PathBuf, Failure> {
    let (root, help) = (directory.display(), "`rushes run` makes it; rehearsals have a directory of their own: add --simulate");
    if !directory.is_dir() {
        return Err(Failure::usage(format!("there is no output directory {root}")).help(help));
    }
    if !directory.join(layout::LEDGER).exists() {
        not_bereft(&directory, true)?;
        return Err(Failure::usage(format!("there is no {} in {root}", layout::LEDGER)).help(help));
    }
    Ok(directory)
}

/// The output directory that is meant where none is named: this one, else the only one in `out`. Rehearsals come after paid work, or
/// alone where they are asked for.
pub(super) fn only_one(simulate: bool) -> Result<PathBuf, Failure> {
    const PARENT: &str = "out";
    let is_one = |path: &Path| path.join(layout::LEDGER).is_file();
    if is_one(Path::new(".")) {
        return Ok(PathBuf::from("."));
    }
    let entries = fs::read_dir(PARENT).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_one(path)).collect();
    let paid = |path: &PathBuf| !path.to_string_lossy().ends_with(REHEARSAL);
    if simulate || found.iter().any(paid) {
        found.retain(|path| paid(path) != simulate);
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::usage("this is no output directory, and there is none in out/")
            .help("name the manifest or the output directory, as the last word")),
        several => {
            let several: Vec<_> = several.iter().map(|path| typed(path)).collect();
            Err(Failure::usage(format!("there are several output directories: {}", several.join(", ")))
                .help("name one of them, as the last word"))
        }
    }
}

/// Where rehearsals of `directory` go: beside it, never into it.
fn rehearsal(directory: &Path) -> PathBuf {
    let mut name = directory.file_name().unwrap_or_else(|| "out".as_ref()).to_owned();
    name.push(REHEARSAL);
    directory.with_file_name(name)
}

/// A path as it is to be typed.
pub(super) fn typed(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// What a manifest is called when it is spoken of.
pub(super) fn name(path: &Path) -> String {
    if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() }
}

/// What manifests are called together when they are spoken of.
pub(super) fn together(names: &[String]) -> String {
    if let [name] = names { name.clone() } else { say::count(names.len() as u64, "manifest") }
}

/// Reads the bytes of a manifest, or of what it is to be called.
fn read_source(what: &str, path: &Path) -> Result<Source, Failure> {
    let read = if path == Path::new("-") { files::standard_input() } else { files::open(path) };
    read.map_err(|error| Failure::usage(format!("cannot read the {what} {}: {error}", path.display())))
}
