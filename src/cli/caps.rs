//! Caps: what manifest and flags say of them, and how a plan stands to them.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::Failure;
use super::args::Zone;
use crate::budget::{BadCaps, Budget, Cap, Caps, Stated, Used};
use crate::ledger;
use crate::plan::{Action, Overview};
use crate::price::{Bill, Currency, Money};
use crate::take::Take;

/// The caps that are stated, where takes are paid for in `currency`.
pub(super) fn read(stated: &Stated, currency: Option<Currency>) -> Result<Caps, Failure> {
    stated.caps(currency).map_err(|why| {
        let help = match why {
            BadCaps::NoCurrency => "write `20 USD`, and state what takes cost under `prices`, or with --prices FILE",
            BadCaps::OtherCurrency { .. } => "state both in the currency that you are charged in",
        };
        Failure::usage(why).help(help)
    })
}

/// How a plan stands to one cap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Capped {
    /// Which one.
    cap: &'static str,
    /// How much may be used.
    limit: String,
    /// How much is.
    used: String,
    /// Whether all that is to be submitted fits into what is left; `None` where a price is not known.
    fits: Option<bool>,
    #[serde(skip)]
    name: Cap,
}

/// How the plan for the output directory `root` stands to each of the caps at `now`.
pub(super) fn of_plan(
    caps: Caps,
    root: &Path,
    zone: &Zone,
    overview: &Overview,
    now: Timestamp,
) -> Result<Vec<Capped>, Failure> {
    if caps.are_none() {
        return Ok(Vec::new());
    }
    let mut budget = Budget::new(caps, zone.time_zone());
    ledger::each(root, |take: Take| budget.add(take.charges()))?;
    let submit = overview.actions().find(|(action, ..)| *action == Action::Submit);
    let (takes, bill) = submit.map_or((0, Bill::default()), |(_, takes, bill)| (takes, bill.clone()));
    let wanted = if bill.is_whole() { bill.sum() } else { None };
    let standing = |(name, used): (Cap, Used)| {
        let (limit, is, fits) = match used {
            Used::Money(used, limit) => {
                let sum = wanted.map_or_else(|| (takes == 0).then_some(used), |wanted| used.plus(wanted));
                (limit.to_string(), Money::to_string(&used), sum.map(|sum| !sum.exceeds(limit)))
            }
            Used::Count(used, limit) => {
                let fits = usize::try_from(limit.saturating_sub(used)).is_ok_and(|left| takes <= left);
                (limit.to_string(), used.to_string(), Some(fits))
            }
        };
        Capped { cap: name.as_str(), limit, used: is, fits, name }
    };
    Ok(budget.standings(now).into_iter().map(standing).collect())
}

impl Capped {
    /// A line for people.
    pub(super) fn told(&self) -> String {
        let Self { limit, used, name, .. } = self;
        let fits = match self.fits {
            Some(true) => "the plan fits",
            Some(false) => "the plan does not fit, and what would pass it is held",
            None => "what the plan comes to is not known, so a run is refused",
        };
        format!("{name}: {used} of {limit} used; {fits}")
    }
}
