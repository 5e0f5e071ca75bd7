//! The files that say what the ledger says: links, provenance and reports of an output directory.

use crate::report::{RENDERERS, Report, sidecar};
use crate::store::{self, Store, StoreError};
use crate::take::{State, Take};

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
