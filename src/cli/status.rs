//! `rushes status`: how the takes stand, from the ledger alone, also while a run is on.

use super::args::{Format, Status};
use super::report::{print_table, results};
use super::{Failure, say, target};
use crate::ledger;
use crate::report::{Exit, Report};

/// Carries out `rushes status`. The exit code is the one that a run with nothing left to do would give.
pub(super) fn status(args: &Status) -> Result<Exit, Failure> {
    let selectors = args.selection.read()?;
    let root = target::existing(&args.target)?;
    if let Some(holder) = ledger::holder(&root) {
        say::talk(format_args!("a run is on ({holder}): a take that is being submitted just now shows as unresolved"));
    }
    let takes = selectors.of(ledger::read(&root)?)?;
    let report = Report::new(&takes);
    match args.format {
        Format::Json => say::data(results(&report)),
        Format::Text => print_table(&report, &root)?,
    }
    Ok(report.exit())
}
