//! The files that say what the ledger says: links, provenance and reports of an output directory.

use std::path::Path;

use super::args::Talk;
use super::{Failure, say};
use crate::clock::Clock;
use crate::config;
use crate::ledger::{self, Holder};
use crate::report::{RENDERERS, Report, sidecar};
use crate::store::{self, Store, StoreError};
use crate::take::{State, Take};

/// Makes them say what the ledger says, unless a run is on, which will do it at its end. A run that begins meanwhile waits.
pub(super) fn refresh(root: &Path, talk: Talk) -> Result<(), Failure> {
    let holder = Holder { pid: std::process::id(), host: config::host(), since: Clock::start().now() };
    let Some(_held) = ledger::hold_for_a_moment(root, &holder)? else {
        if !talk.quiet {
            say::talk("a run is on: when it ends, it writes the page and the results anew");
        }
        return Ok(());
    };
    Ok(write(&Store::open(root)?, &ledger::read(root)?)?)
}

/// Makes them say what the ledger says. What they say already is not written again, and what cannot be written does not keep the
/// rest from it.
pub(super) fn write(store: &Store, takes: &[Take]) -> Result<(), StoreError> {
    let mend = |take: &Take| match &take.state {
        State::Stored { asset, .. } if store::has(store.root(), asset) => {
            let described = || sidecar(take).expect("a stored take has a provenance");
            store.mend(&take.name, asset, described).map(drop)
        }
        _ => Ok(()),
    };
    let report = Report::new(takes);
    let mended = takes.iter().map(mend).fold(Ok(()), Result::and);
    let written = RENDERERS.iter().map(|renderer| store.write(renderer.file_name(), &renderer.render(&report)));
    written.fold(mended, Result::and)
}
