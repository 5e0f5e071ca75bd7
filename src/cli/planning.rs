//! The plan of an output directory, for `rushes plan` and `rushes run` alike: what the ledger says, and what lies on disk.

use std::path::Path;

use jiff::Timestamp;

use super::Failure;
use crate::config;
use crate::layout;
use crate::plan::{Action, Basis, Consent, Plan, Planned};
use crate::shot::Shot;
use crate::store;
use crate::take::{State, Take};

/// What is left to do for `shots` in the output directory `root`, whose ledger knows `takes`. Refuses where the ledger cannot be
/// the one that goes with the videos.
pub(super) fn plan(root: &Path, shots: &[Shot], takes: Vec<Take>, consent: Consent, now: Timestamp) -> Result<Plan, Failure> {
    not_bereft(root, &takes)?;
    let on_disk = |take: &Take| match &take.state {
        State::Stored { asset, .. } => store::has(root, asset),
        _ => false,
    };
    let basis = Basis { provider: config::default_provider().name, consent, now, on_disk: &on_disk };
    let plan = Plan::new(shots, takes, &basis);
    not_outdated(root, &plan)?;
    Ok(plan)
}

/// Holds that `takes` are what the ledger of `root` once knew: with videos and without a history of them, a run would pay for
/// all of them again.
fn not_bereft(root: &Path, takes: &[Take]) -> Result<(), Failure> {
    if !takes.is_empty() || !store::has_any(root) {
        return Ok(());
    }
    let (root, ledger) = (root.display(), layout::LEDGER);
    let help = format!("restore {ledger} from a backup, or choose another output directory; nothing was sent");
    Err(Failure::machine(format!(
        "{root} holds videos, but its ledger is gone or empty: a run would pay for all of them again"
    ))
    .help(help))
}

/// Holds that no video lies where `plan` wants to buy one for the first time: then the ledger of `root` is older than its
/// videos, as after a restore, and does not know what has been paid for since.
fn not_outdated(root: &Path, plan: &Plan) -> Result<(), Failure> {
    let first = |planned: &&Planned| planned.action == Action::Submit && planned.take.record.attempts == 0;
    let there = |planned: &&Planned| root.join(layout::video(&planned.name)).exists();
    let Some(planned) = plan.takes.iter().filter(first).find(there) else { return Ok(()) };
    let (video, ledger) = (root.join(layout::video(&planned.name)), layout::LEDGER);
    let help = format!("restore the newest {ledger}; or, if the file came from elsewhere, move it away; nothing was sent");
    Err(Failure::machine(format!(
        "{} is there, but the ledger knows of no submission for it: a run would pay for it again",
        video.display()
    ))
    .help(help))
}
