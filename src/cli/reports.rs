//! The files that say what the ledger says: links, provenance and reports of an output directory.

use std::path::Path;

use super::args::Talk;
use super::{Failure, believed, say, turn};
use crate::clock::Clock;
use crate::config;
use crate::ledger::{self, Held, Holder};
use crate::report::{Exit, RENDERERS, Report, sidecar};
use crate::store::{self, Store, StoreError};
use crate::take::{State, Take};

/// Makes them say what the ledger says, unless a run is on, which will do it at its end. A run that begins meanwhile waits.
pub(super) async fn refresh(root: &Path, talk: Talk) -> Result<(), Failure> {
    let holder = Holder { pid: std::process::id(), host: config::host(), since: Clock::start().now() };
    let open = || Ok(ledger::hold_for_a_moment(root, &holder)?);
    match turn::taken(talk.quiet, open).await {
        Ok(held) => {
            let root = root.to_owned();
            // Others that live on this thread go on meanwhile.
            let written = tokio::task::spawn_blocking(move || write_under(&held, &root)).await;
            written.map_err(Failure::machine)?
        }
        Err(taken) if taken.exit == Exit::Locked => {
            if !talk.quiet {
                let holder = ledger::holder(root).map(|holder| format!(" ({holder})")).unwrap_or_default();
                let root = root.display();
                say::talk(format_args!(
                    "somebody else holds {root}{holder}: a run writes the page and the results anew when it ends"
                ));
            }
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}

/// Makes them say what the ledger says, which does not change meanwhile but for what people say.
fn write_under(_: &Held, root: &Path) -> Result<(), Failure> {
    let takes = believed::takes(root)?;
    Ok(Store::open(root).and_then(|store| write(&store, &takes))?)
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
