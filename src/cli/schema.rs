//! `rushes schema`: what editors and programs are told about manifests, and about what `rushes` prints and writes.

use super::args::Schema;
use super::say;
use crate::manifest;
use crate::report::{self, Exit};

/// Carries out `rushes schema`.
pub(super) fn schema(args: &Schema) -> Exit {
    let schema = match args {
        Schema { diagnostics: true, .. } => manifest::diagnostics_schema(),
        Schema { results: true, .. } => report::results_schema(),
        Schema { .. } => manifest::schema(),
    };
    say::data(schema);
    Exit::Done
}
