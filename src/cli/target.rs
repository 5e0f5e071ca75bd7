//! Which manifest and which output directory a verb is about.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::Target;
use super::{Failure, say};
use crate::config;
use crate::layout;
use crate::manifest::{self, ExtraColumns, Manifest, Source};
use crate::report::quoted;

/// The most that is read of a manifest, in bytes.
const CAP: u64 = 1 << 30;

/// How the name of an output directory of rehearsals ends.
const REHEARSAL: &str = ".simulated";

/// Reads and checks a manifest. Prints what is wrong with it; `Err` means that it cannot be used. What other programs would make of
/// it is left to `rushes check`: a run every night need not repeat that.
pub(super) fn read_manifest(path: &Path, extra_columns: ExtraColumns) -> Result<Manifest, Failure> {
    let source = read_source("manifest", path)?;
    let colour = config::colour();
    match manifest::read_with(&source, None, extra_columns) {
        Ok(mut manifest) => {
            manifest.warnings.retain(|warning| warning.code != manifest::PORTABILITY);
            say::aside(manifest::render(&source, &manifest.warnings, colour));
            Ok(manifest)
        }
        Err(diagnostics) => {
            say::aside(manifest::render(&source, &diagnostics, colour));
            Err(unusable(&source))
        }
    }
}

/// The end of whoever needs a manifest or prices without a mistake in them, which have been shown.
pub(super) fn unusable(source: &Source) -> Failure {
    Failure::usage(format!("{} cannot be used as it is; nothing was sent", source.name()))
}

/// The manifest with the prices of this file, if there is one, in place of its own. Prints what is wrong with them.
pub(super) fn priced(manifest: Manifest, path: Option<&Path>) -> Result<Manifest, Failure> {
    let Some(path) = path else { return Ok(manifest) };
    let source = read_source("prices", path)?;
    let read = manifest::read_prices(&source, &manifest.shots);
    let (Ok((_, found)) | Err(found)) = &read;
    say::aside(manifest::render(&source, found, config::colour()));
    match read {
        Ok((prices, _)) => Ok(Manifest { prices, ..manifest }),
        Err(_) => Err(unusable(&source)),
    }
}

/// The output directory of a manifest: as the command line says, else as the manifest says, else named after the manifest.
/// Rehearsals have one of their own.
pub(super) fn output(manifest: &Manifest, path: &Path, said: Option<&PathBuf>, simulate: bool) -> Result<PathBuf, Failure> {
    let named = || match path.file_stem() {
        Some(stem) if path != Path::new("-") => Ok(Path::new("out").join(stem)),
        _ => Err(Failure::usage("a manifest from standard input has no name").help("say --output DIR, or `output:` in it")),
    };
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
    let directory = match (&target.output, &target.place) {
        (Some(output), _) if target.simulate => rehearsal(output),
        (Some(output), _) => output.clone(),
        (None, Some(path)) if path.is_dir() => path.clone(),
        (None, Some(path)) => output(&read_manifest(path, ExtraColumns::Keep)?, path, None, target.simulate)?,
        (None, None) => return Err(Failure::usage("say which manifest or output directory is meant")),
    };
    let (root, help) = (directory.display(), "`rushes run` makes it; rehearsals have a directory of their own: add --simulate");
    if !directory.is_dir() {
        return Err(Failure::usage(format!("there is no output directory {root}")).help(help));
    }
    if !directory.join(layout::LEDGER).exists() {
        return Err(Failure::usage(format!("there is no {} in {root}", layout::LEDGER)).help(help));
    }
    Ok(directory)
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

/// Reads the bytes of a manifest, or of what it is to be called.
pub(super) fn read_source(what: &str, path: &Path) -> Result<Source, Failure> {
    let failed = |error: io::Error| Failure::usage(format!("cannot read the {what} {}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().take(CAP).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        File::open(path).and_then(|file| file.take(CAP).read_to_end(&mut bytes)).map_err(failed)?;
    }
    Ok(Source::new(name(path), bytes))
}
