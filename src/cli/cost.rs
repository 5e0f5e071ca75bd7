//! `rushes cost`: what was paid, from the ledger alone, also while a run is on.

use super::args::{Cost, CostFormat};
use super::believed::{self, Listed};
use super::{Failure, say, target};
use crate::account::{Account, Scope};
use crate::ledger;
use crate::report::Exit;

/// Carries out `rushes cost`.
pub(super) fn cost(args: &Cost) -> Result<Exit, Failure> {
    if let (Some(since), Some(until)) = (args.since, args.until)
        && since > until
    {
        let none = format!("there is no day from --since {since} to --until {until}");
        return Err(Failure::usage(none).help("both are part of the time; the earlier one is --since"));
    }
    let selectors = args.selection.read()?;
    let root = target::existing(&args.target)?;
    let by = args.by.iter().map(|by| (*by).into()).collect();
    let scope = Scope { zone: args.zone.time_zone(), by, since: args.since, until: args.until };
    if let Some(holder) = ledger::holder(&root) {
        say::talk(format_args!("a run is on ({holder}): a take that is being submitted just now counts as unresolved"));
    }
    let mut account = Account::new(scope);
    if args.selection.is_some() {
        // A selector is held against all takes, so that a misspelt one is found out.
        selectors.of(believed::takes(&root)?)?.iter().for_each(|take| account.add(take));
    } else {
        let mut listed = Listed::read(&root);
        ledger::each(&root, |take| {
            listed.found(&take);
            account.add(&take);
        })?;
        listed.believe()?;
    }
    say::data(match args.format {
        CostFormat::Text => account.text(say::width(), &target::typed(&root)),
        CostFormat::Json => account.json(),
        CostFormat::Csv => account.csv(),
    });
    Ok(Exit::Done)
}
