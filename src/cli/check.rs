//! `rushes check`: every mistake of a manifest, and nothing else.

use super::args::{Check, Talk};
use super::target::{self, Warnings};
use super::{Failure, say};
use crate::report::Exit;

/// Carries out `rushes check`.
pub(super) fn check(args: &Check, talk: Talk) -> Result<Exit, Failure> {
    let manifest = target::read_manifest(&args.manifest, Warnings::All)?;
    if !talk.quiet {
        let shots = manifest.shots.len();
        let takes: usize = manifest.shots.iter().map(|shot| usize::from(shot.takes.get())).sum();
        let (shots, takes) = (say::count(shots as u64, "shot"), say::count(takes as u64, "take"));
        say::line(format_args!("{}: {shots}, {takes}, no mistakes", target::name(&args.manifest)));
    }
    Ok(Exit::Done)
}
