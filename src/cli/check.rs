//! `rushes check`: everything that is wrong or odd about a manifest, and nothing else.

use super::args::{Check, CheckFormat, Talk};
use super::target::{self, Given};
use super::{Failure, say};
use crate::config;
use crate::manifest::{self, Reading};
use crate::report::Exit;
use crate::shot::Shot;

/// Carries out `rushes check`.
pub(super) fn check(args: &Check, talk: Talk) -> Result<Exit, Failure> {
    let given = Given::open(&args.manifests, args.reading.extra_columns.into())?;
    let names = given.names();
    let (mut shots, mut takes) = (0, 0);
    let mut count = |shot: Shot| {
        shots += 1;
        takes += u64::from(shot.takes.count().get());
    };
    let Reading { sources, manifest } = given.read_each(&mut count);
    let (is_good, found) = match manifest {
        Ok(manifest) => (true, manifest.warnings),
        Err(found) => (false, found),
    };
    match args.format {
        CheckFormat::Text => say::aside(manifest::render(&sources, &found, config::colour())),
        CheckFormat::Json => say::data(manifest::json(&sources, &found)),
        CheckFormat::Github => say::data(manifest::github(&sources, &found)),
    }
    if !is_good {
        return Err(target::unusable(&names));
    }
    if args.deny_warnings && !found.is_empty() {
        let has = if names.len() == 1 { "has" } else { "have" };
        let warnings = say::count(found.iter().map(|warning| 1 + warning.more as u64).sum(), "warning");
        return Err(Failure::usage(format!("{} {has} {warnings}, and --deny-warnings is said", target::together(&names))));
    }
    if !talk.quiet && args.format == CheckFormat::Text {
        let (shots, takes) = (say::count(shots, "shot"), say::count(takes, "take"));
        say::line(format_args!("{}: {shots}, {takes}, no mistakes", target::together(&names)));
    }
    Ok(Exit::Done)
}
