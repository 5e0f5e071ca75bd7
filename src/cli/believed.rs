//! Whether a ledger goes with what lies beside it. One that is gone, empty, or from a backup knows less than was paid for: a run would pay
//! again, and reports made from it would take the place of those that still know.

use std::collections::HashSet;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::Failure;
use crate::layout;
use crate::ledger;
use crate::plan::{Action, Planned};
use crate::shot::TakeName;
use crate::store;
use crate::take::Take;

/// The videos that the reports of an output directory list, to be held against the takes of its ledger, of which there may be a million.
pub(super) struct Listed {
    root: PathBuf,
    hasher: RandomState,
    /// The hashes of their names.
    names: HashSet<u64>,
    is_empty: bool,
}

/// Every take in the ledger of the output directory `root`, which is the one that goes with it.
pub(super) fn takes(root: &Path) -> Result<Vec<Take>, Failure> {
    let listed = Listed::read(root);
    let takes = ledger::read(root)?;
    listed.hold_against(&takes)?;
    Ok(takes)
}

/// Holds that the ledger with these takes goes with the output directory `root`, where nobody else can write to either.
pub(super) fn believe(root: &Path, takes: &[Take]) -> Result<(), Failure> {
    Listed::read(root).hold_against(takes)
}

impl Listed {
    /// Those of the output directory `root`, to be read before its ledger: a run may end at any moment, and then lists what an older look
    /// into the ledger did not find. What cannot be read says nothing.
    pub(super) fn read(root: &Path) -> Self {
        let hasher = RandomState::new();
        let names = names(root).map(|name| hasher.hash_one(name)).collect();
        Self { root: root.to_owned(), hasher, names, is_empty: true }
    }

    /// The ledger knows this take.
    pub(super) fn found(&mut self, take: &Take) {
        self.is_empty = false;
        if take.record.attempts > 0 {
            self.names.remove(&self.hasher.hash_one(&take.name));
        }
    }

    fn hold_against(mut self, takes: &[Take]) -> Result<(), Failure> {
        for take in takes {
            self.found(take);
        }
        self.believe()
    }

    /// Holds that it knows all of them, and that some have been submitted.
    pub(super) fn believe(self) -> Result<(), Failure> {
        not_bereft(&self.root, self.is_empty)?;
        if self.names.is_empty() {
            return Ok(());
        }
        let unknown = names(&self.root).find(|name| self.names.contains(&self.hasher.hash_one(name)));
        unknown.map_or(Ok(()), |name| Err(behind(&self.root, &name, layout::SUMS)))
    }
}

/// The takes whose videos the reports of `root` list.
fn names(root: &Path) -> impl Iterator<Item = TakeName> {
    let path = root.join(layout::SUMS);
    // Anything but a file stays unread: to read a pipe is to wait for ever.
    let file = path.is_file().then(|| File::open(path).ok()).flatten();
    let lines = file.map(BufReader::new).into_iter().flat_map(BufReader::lines);
    lines.map_while(Result::ok).filter_map(|line| layout::take_of_video(line.split_once("  ")?.1))
}

/// Refuses an empty ledger of `root` beside the traces of earlier runs: with the traces of earlier runs and without a history of them, a
/// run would pay for everything again.
pub(super) fn not_bereft(root: &Path, is_empty: bool) -> Result<(), Failure> {
    let what = match is_empty {
        true if store::has_any(root) => "videos",
        true if has_ended_before(root) => "the logs of earlier runs",
        _ => return Ok(()),
    };
    let lost =
        format!("{} holds {what}, but its ledger is gone or empty: a run would pay for everything again", root.display());
    Err(Failure::machine(lost).help(restore()))
}

/// Holds that the ledger of `root` is not older than what lies there, as one from a backup is: what it has never submitted cannot
/// have a video with its provenance.
pub(super) fn not_behind(root: &Path, planned: &Planned) -> Result<(), Failure> {
    let is_new = planned.action == Action::Submit && planned.take.record.attempts == 0;
    let sidecar = layout::sidecar(&planned.name);
    if is_new && root.join(&sidecar).exists() { Err(behind(root, &planned.name, &sidecar)) } else { Ok(()) }
}

/// The refusal where a file of `root` speaks of a video of which its ledger knows nothing.
fn behind(root: &Path, name: &TakeName, file: &str) -> Failure {
    let (root, ledger) = (root.display(), layout::LEDGER);
    let behind = format!("{root} holds a video of {name}, and its ledger knows of none: a run would pay for it again");
    let help = format!(
        "is {ledger} older than the directory? {}; or, if this is a copy that was made while a run was on, copy it again ({file} names the video)",
        restore()
    );
    Failure::machine(behind).help(help)
}

fn restore() -> String {
    format!(
        "restore {} from a backup, or choose another output directory; nothing was sent, and nothing was written",
        layout::LEDGER
    )
}

/// Whether a run has come to its end in `root`, and so has entered its takes in a ledger.
fn has_ended_before(root: &Path) -> bool {
    let runs = fs::read_dir(root.join(layout::RUNS)).into_iter().flatten().flatten();
    runs.map(|run| run.path().join(layout::SUMMARY)).any(|summary| summary.exists())
}
