//! `rushes schema`: what editors and programs are told about manifests.

use super::args::Schema;
use super::say;
use crate::manifest;
use crate::report::Exit;

/// Carries out `rushes schema`.
pub(super) fn schema(args: &Schema) -> Exit {
    let schema = if args.diagnostics { manifest::diagnostics_schema() } else { manifest::schema() };
    say::data(schema);
    Exit::Done
}
