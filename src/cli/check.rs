//! `rushes check`: everything that is wrong or odd about a manifest, and nothing else.

use super::args::{Check, CheckFormat, Talk};
use super::target::{self, Read};
use super::{Failure, say};
use crate::config;
use crate::manifest::{self, Manifest, Reading};
use crate::report::Exit;

/// Carries out `rushes check`.
pub(super) fn check(args: &Check, talk: Talk) -> Result<Exit, Failure> {
    let Read { names, reading } = target::read(&args.manifests, args.reading.extra_columns.into())?;
    let Reading { sources, manifest } = reading;
    let (manifest, found) = match manifest {
        Ok(mut manifest) => {
            let warnings = std::mem::take(&mut manifest.warnings);
            (Some(manifest), warnings)
        }
        Err(found) => (None, found),
    };
    match args.format {
        CheckFormat::Text => say::aside(manifest::render(&sources, &found, config::colour())),
        CheckFormat::Json => say::data(manifest::json(&sources, &found)),
        CheckFormat::Github => say::data(manifest::github(&sources, &found)),
    }
    let Some(manifest) = manifest else { return Err(target::unusable(&names)) };
    if args.deny_warnings && !found.is_empty() {
        let has = if names.len() == 1 { "has" } else { "have" };
        let warnings = say::count(found.len() as u64, "warning");
        return Err(Failure::usage(format!("{} {has} {warnings}, and --deny-warnings is said", target::together(&names))));
    }
    if !talk.quiet && args.format == CheckFormat::Text {
        say::line(format_args!("{}: {}", target::together(&names), contents(&manifest)));
    }
    Ok(Exit::Done)
}

/// `3 shots, 4 takes, no mistakes`.
fn contents(manifest: &Manifest) -> String {
    let takes: usize = manifest.shots.iter().map(|shot| usize::from(shot.takes.get())).sum();
    let (shots, takes) = (say::count(manifest.shots.len() as u64, "shot"), say::count(takes as u64, "take"));
    format!("{shots}, {takes}, no mistakes")
}
