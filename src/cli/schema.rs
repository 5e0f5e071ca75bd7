//! `rushes schema`: what editors and programs are told about manifests.

use super::args::Schema;
use super::{Failure, man};
use crate::manifest;
use crate::report::Exit;

/// Carries out `rushes schema`.
pub(super) fn schema(args: &Schema) -> Result<Exit, Failure> {
    let schema = if args.diagnostics { manifest::diagnostics_schema() } else { manifest::schema() };
    man::print(schema.as_bytes())
}
