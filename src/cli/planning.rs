//! The plan of an output directory, for `rushes plan` and `rushes run` alike: what the ledger says, and what lies on disk.

mod survey;

use std::collections::{HashMap, HashSet};
use std::path::Path;

use jiff::Timestamp;

pub(super) use self::survey::Survey;
use super::Failure;
use super::believed::not_behind;
use super::wishes::Wishes;
use crate::config;
use crate::manifest::Manifest;
use crate::plan::{Basis, Plan, Planned, Wish};
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
