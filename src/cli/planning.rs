//! The plan of an output directory, for `rushes plan` and `rushes run` alike: what the ledger says, and what lies on disk.

mod survey;

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

use jiff::Timestamp;

pub(super) use self::survey::Survey;
use super::Failure;
use super::wishes::Wishes;
use crate::config;
use crate::layout;
use crate::manifest::Manifest;
use crate::plan::{Action, Basis, Plan, Planned, Wish};
use crate::request::Request;
use crate::shot::{Shot, ShotId};
use crate::store;
use crate::take::{State, Take};

/// What is left to do, as far as it is wanted.
pub(super) struct Chosen {
    /// The takes that are meant.
    pub plan: Plan,
    /// The others.
    pub others: Plan,
}

/// What is left to do for `manifest` in the output directory `root`, whose ledger knows `takes`. Refuses where the ledger cannot be
/// the one that goes with the videos, and where no take is meant.
pub(super) fn plan(
    root: &Path,
    manifest: &Manifest,
    takes: Vec<Take>,
    wishes: &Wishes,
    now: Timestamp,
) -> Result<Chosen, Failure> {
    not_bereft(root, takes.is_empty())?;
    not_respelt(&manifest.shots, &takes)?;
    let (on_disk, price) = (|take: &Take| on_disk(root, take), |request: &Request| manifest.prices.of(request));
    let make = |takes: Vec<Take>, wish: &dyn Fn(&ShotId) -> Wish| {
        let (provider, consent) = (config::default_provider().name, wishes.consent);
        Plan::new(&manifest.shots, takes, &Basis { provider, consent, wish, now, price: &price, on_disk: &on_disk })
    };
    let (plan, meant) = if wishes.are_for_more() {
        // Selectors mean takes as they are; what is bought because of those is meant with them.
        let before = make(takes.clone(), &|_| Wish::default());
        let meant = wishes.meant(&before)?.unwrap_or_else(|| vec![true; before.takes.len()]);
        let those = before.takes.iter().zip(&meant).filter_map(|(planned, meant)| meant.then_some(planned));
        let wanted = wishes.of_shots(&manifest.shots, those.collect())?;
        let plan = make(takes, &|shot| wanted.get(shot).copied().unwrap_or_default());
        let meant: HashMap<_, _> = before.takes.iter().map(|planned| &planned.name).zip(meant).collect();
        let is_meant = |planned: &Planned| meant.get(&planned.name).copied().unwrap_or(true);
        let meant = plan.takes.iter().map(is_meant).collect();
        (plan, Some(meant))
    } else {
        let plan = make(takes, &|_| Wish::default());
        let meant = wishes.meant(&plan)?;
        (plan, meant)
    };
    plan.takes.iter().try_for_each(|planned| not_behind(root, planned))?;
    let (plan, others) = match meant {
        Some(meant) => plan.split(&meant),
        None => (plan, Plan::default()),
    };
    Ok(Chosen { plan, others })
}

fn on_disk(root: &Path, take: &Take) -> bool {
    match &take.state {
        State::Stored { asset, .. } => store::has(root, asset),
        _ => false,
    }
}

/// Holds that a ledger of `root` that knows no takes never knew any: with the traces of earlier runs and without a history of them, a
/// run would pay for everything again.
fn not_bereft(root: &Path, is_empty: bool) -> Result<(), Failure> {
    let what = match is_empty {
        true if store::has_any(root) => "videos",
        true if has_ended_before(root) => "the logs of earlier runs",
        _ => return Ok(()),
    };
    let lost =
        format!("{} holds {what}, but its ledger is gone or empty: a run would pay for everything again", root.display());
    Err(Failure::machine(lost).help(restore()))
}

/// Holds that no shot was paid for in another spelling: where `cat` and `CAT` are one file name, one would take the other's place,
/// and everywhere it is more likely a slip than a wish to pay again.
fn not_respelt(shots: &[Shot], takes: &[Take]) -> Result<(), Failure> {
    let paid: HashSet<_> = takes.iter().filter(|take| take.record.attempts > 0).map(|take| &take.name.shot).collect();
    let folded: HashMap<_, _> = paid.iter().map(|id| (id.folded(), *id)).collect();
    let respelt = |id: &ShotId| folded.get(&id.folded()).copied().filter(|_| !paid.contains(id));
    let found = shots.iter().find_map(|shot| Some(spelt_otherwise(shot.id.as_str(), respelt(&shot.id)?)));
    found.map_or(Ok(()), Err)
}

/// The refusal of the shot `id`, which was paid for as `before`.
fn spelt_otherwise(id: &str, before: &ShotId) -> Failure {
    let help = format!("write it as `{before}`, as before, or give it another name; nothing was sent");
    Failure::usage(format!("the shot `{id}` was submitted as `{before}` before; on many disks both are one file")).help(help)
}

/// Holds that the ledger of `root` is not older than what lies there, as one from a backup is: what it has never submitted cannot
/// have a video with its provenance.
fn not_behind(root: &Path, planned: &Planned) -> Result<(), Failure> {
    let is_new = planned.action == Action::Submit && planned.take.record.attempts == 0;
    if !is_new || !root.join(layout::sidecar(&planned.name)).exists() {
        return Ok(());
    }
    let (root, name, ledger) = (root.display(), &planned.name, layout::LEDGER);
    let behind = format!("{root} holds a video of {name}, and its ledger knows of none: a run would pay for it again");
    Err(Failure::machine(behind).help(format!("is {ledger} older than the directory? {}", restore())))
}

fn restore() -> String {
    format!("restore {} from a backup, or choose another output directory; nothing was sent", layout::LEDGER)
}

/// Whether a run has come to its end in `root`, and so has entered its takes in a ledger.
fn has_ended_before(root: &Path) -> bool {
    let runs = fs::read_dir(root.join(layout::RUNS)).into_iter().flatten().flatten();
    runs.map(|run| run.path().join(layout::SUMMARY)).any(|summary| summary.exists())
}
