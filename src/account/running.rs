//! The account of a run while it is on, kept up event by event.

use std::collections::{BTreeMap, HashMap};

use crate::price::{Currency, Money};
use crate::shot::TakeName;
use crate::take::{Charge, Standing, Take};

/// What the attempts of a run come to that have a price, by what has become of it: those that it begins, and those that it finds open.
#[derive(Debug, Clone, Default)]
pub struct Running {
    /// The last attempt of each take, as long as its money may go one way or the other.
    open: HashMap<TakeName, (Money, Standing)>,
    closed: BTreeMap<(Currency, Standing), Money>,
}

impl Running {
    /// A take that the run finds as it is.
    pub fn found(&mut self, take: &Take) {
        if let Some((price, standing)) = last(take).filter(|(_, standing)| is_open(*standing)) {
            self.open.insert(take.name.clone(), (price, standing));
        }
    }

    /// Something has happened to `take`, which is what it made of it.
    pub fn saw(&mut self, take: &Take) {
        let was_open = self.open.remove(&take.name).is_some();
        let Some((price, standing)) = last(take) else { return };
        if is_open(standing) {
            self.open.insert(take.name.clone(), (price, standing));
        } else if was_open && standing.is_charge() {
            let sum = self.closed.entry((price.currency(), standing)).or_insert(Money::zero(price.currency()));
            *sum = sum.saturating_plus(price);
        }
    }

    /// What there is in each currency that has anything, of each standing that is a charge.
    pub fn sums(&self) -> BTreeMap<Currency, BTreeMap<Standing, Money>> {
        let open = self.open.values().map(|(money, standing)| (*standing, *money));
        let closed = self.closed.iter().map(|((_, standing), money)| (*standing, *money));
        let mut sums = BTreeMap::<Currency, BTreeMap<_, _>>::new();
        for (standing, money) in open.chain(closed) {
            let nothing = || {
                let charges = Standing::ALL.into_iter().filter(|standing| standing.is_charge());
                charges.map(|standing| (standing, Money::zero(money.currency()))).collect()
            };
            let sums = sums.entry(money.currency()).or_insert_with(nothing);
            if let Some(sum) = sums.get_mut(&standing) {
                *sum = sum.saturating_plus(money);
            }
        }
        sums
    }
}

/// The last attempt that has a price.
fn last(take: &Take) -> Option<(Money, Standing)> {
    let Charge { price, standing, .. } = take.charges().last()?;
    price.map(|price| (price, *standing))
}

/// Whether the money may still go one way or the other.
fn is_open(standing: Standing) -> bool {
    matches!(standing, Standing::Reserved | Standing::Unresolved)
}
