//! `rushes verify`: what the output directory really holds, against what the ledger promises.

use super::args::{Format, Talk, Verify};
use super::{Failure, say, target};
use crate::ledger;
use crate::report::Exit;
use crate::store::{Finding, Inventory};
use crate::take::State;

/// Carries out `rushes verify`.
pub(super) fn verify(args: &Verify, talk: Talk) -> Result<Exit, Failure> {
    let selectors = args.selection.read()?;
    let root = target::existing(&args.target)?;
    let takes = selectors.of(ledger::read(&root)?)?;
    let stored = takes.iter().filter_map(|take| match &take.state {
        State::Stored { asset, .. } => Some((&take.name, asset)),
        _ => None,
    });
    let mut inventory = Inventory::take(&root, stored)?;
    if args.selection.is_some() {
        // What is not selected is no stranger.
        inventory.findings.retain(|finding| !matches!(finding, Finding::Foreign { .. }));
    }
    match args.format {
        Format::Json => say::line(serde_json::to_string_pretty(&inventory).expect("an inventory is strings")),
        Format::Text if talk.quiet && inventory.findings.is_empty() => {}
        Format::Text => tell(&inventory),
    }
    Ok(match (inventory.has_losses(), inventory.findings.is_empty()) {
        (true, _) => Exit::NotOnDisk,
        (false, true) => Exit::Done,
        (false, false) => Exit::SomeFailed,
    })
}

fn tell(inventory: &Inventory) {
    for finding in &inventory.findings {
        match finding {
            Finding::Damaged { path, takes } => say::line(format_args!("damaged  {path}  needed for {}", names(takes))),
            Finding::Missing { path, takes } => say::line(format_args!("missing  {path}  needed for {}", names(takes))),
            Finding::Foreign { path } => say::line(format_args!("foreign  {path}")),
        }
    }
    let Inventory { takes, sound, bytes, findings } = inventory;
    say::line(format_args!("{takes} stored takes, {sound} sound objects, {bytes} bytes hashed, {} findings", findings.len()));
    if inventory.has_losses() {
        say::line(
            "  help: remove what is damaged and run the manifest again: it fetches the videos anew while their links live",
        );
    }
}

fn names(takes: &[crate::shot::TakeName]) -> String {
    takes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
