//! `rushes status`: how the takes stand, from the ledger alone, also while a run is on.

mod live;
mod watch;

use self::live::Live;
use super::args::{Format, Status};
use super::report::print_table;
use super::{Failure, believed, say, target};
use crate::ledger;
use crate::report::{self, Exit, Report};

/// Carries out `rushes status`. The exit code is the one that a run with nothing left to do would give.
pub(super) fn status(args: &Status) -> Result<Exit, Failure> {
    let selectors = args.selection.read()?;
    let root = target::existing(&args.target)?;
    if let Some(every) = args.watch {
        return watch::watch(&root, every, args.format);
    }
    let holder = ledger::holder(&root);
    let takes = believed::takes(&root)?;
    // What the run does is shown as a whole, whichever takes are to be listed.
    let live = holder.map(|holder| {
        let mut live = Live::default();
        for take in &takes {
            live.put(take);
        }
        (live, holder)
    });
    let takes = selectors.of(takes)?;
    let report = Report::new(&takes);
    match (args.format, live) {
        (Format::Json, live) => {
            say::data(report::results(&report, live.map(|(mut live, holder)| live.document(holder))));
        }
        (Format::Text, live) => {
            if let Some((mut live, holder)) = live {
                say::talk("a run is on: a take that is being submitted just now shows as unresolved in the table");
                live.view(holder).draw(say::width(), usize::MAX, false).iter().for_each(say::line);
                say::line("");
            }
            print_table(&report, &root)?;
        }
    }
    Ok(report.exit().max(args.strict.exit(report.rows().iter().map(|row| row.take))))
}
