//! `rushes check`: everything that is wrong or odd about a manifest, and nothing else.

use super::args::{Check, CheckFormat, Talk};
use super::{Failure, say, target};
use crate::config;
use crate::manifest::{self, Manifest};
use crate::report::Exit;

/// Carries out `rushes check`.
pub(super) fn check(args: &Check, talk: Talk) -> Result<Exit, Failure> {
    let source = target::read_source("manifest", &args.manifest)?;
    let (manifest, found) = match manifest::read_with(&source, None, args.reading.extra_columns.into()) {
        Ok(mut manifest) => {
            let warnings = std::mem::take(&mut manifest.warnings);
            (Some(manifest), warnings)
        }
        Err(found) => (None, found),
    };
    match args.format {
        CheckFormat::Text => say::aside(manifest::render(&source, &found, config::colour())),
        CheckFormat::Json => say::data(manifest::json(&source, &found)),
        CheckFormat::Github => say::data(manifest::github(&source, &found)),
    }
    let Some(manifest) = manifest else { return Err(target::unusable(&source)) };
    if args.deny_warnings && !found.is_empty() {
        let denied =
            format!("{} has {}, and --deny-warnings is said", source.name(), say::count(found.len() as u64, "warning"));
        return Err(Failure::usage(denied));
    }
    if !talk.quiet && args.format == CheckFormat::Text {
        say::line(format_args!("{}: {}", source.name(), contents(&manifest)));
    }
    Ok(Exit::Done)
}

/// `3 shots, 4 takes, no mistakes`.
fn contents(manifest: &Manifest) -> String {
    let takes: usize = manifest.shots.iter().map(|shot| usize::from(shot.takes.get())).sum();
    let (shots, takes) = (say::count(manifest.shots.len() as u64, "shot"), say::count(takes as u64, "take"));
    format!("{shots}, {takes}, no mistakes")
}
