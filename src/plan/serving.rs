//! Which of the takes that the ledger knows serve a shot as it is now, and what is missing.

use std::collections::BTreeSet;

use super::is_paid_for;
use crate::shot::{Shot, TakeNo};
use crate::take::Take;

/// What there is of what a shot asks for.
pub(super) struct Serving {
    /// The known takes that serve it.
    pub(super) known: BTreeSet<TakeNo>,
    /// The numbers that it lists and that nothing is known of.
    pub(super) unknown: Vec<TakeNo>,
    /// How many more takes it needs, whatever their numbers.
    pub(super) missing: usize,
    /// The last take that it lists and that is paid for with another request, where nothing that was meant for the present one is in
    /// its place.
    pub(super) outdated: Option<TakeNo>,
}

/// How well a take serves a shot, the best first. What is bought as it is asked for goes before what was entered for another request,
/// so that nothing is bought in the place of what is there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// It is listed, and of the present request.
    Itself,
    /// It is of the present request, and bought.
    Bought,
    /// It is of the present request.
    Entered,
    /// It is listed, and nothing was bought of it: the present request can be entered under its number.
    Free,
    /// Nothing was bought of it.
    Spare,
}

impl Serving {
    /// What there is of `shot` among `takes`, which are sorted by number. A listed take stands for itself, unless it is paid for with
    /// another request: then any other take of the present one can stand in for it.
    pub(super) fn of(shot: &Shot, takes: &[Take]) -> Self {
        let listed = shot.takes.listed();
        let is_listed = |take: &Take| listed.binary_search(&take.name.number).is_ok();
        let is_unknown = |number: &TakeNo| takes.binary_search_by_key(number, |take| take.name.number).is_err();
        let unknown: Vec<_> = listed.iter().copied().filter(is_unknown).collect();
        let wanted = usize::from(shot.takes.count().get()) - unknown.len();

        let rank = |take: &Take| match (take.request == shot.request, is_listed(take), is_paid_for(take)) {
            (true, true, _) => Some(Rank::Itself),
            (true, false, true) => Some(Rank::Bought),
            (true, false, false) => Some(Rank::Entered),
            (false, true, false) => Some(Rank::Free),
            (false, false, false) => Some(Rank::Spare),
            (false, _, true) => None,
        };
        let mut ranked: Vec<_> = takes.iter().filter_map(|take| Some((rank(take)?, take.name.number))).collect();
        ranked.sort_unstable();
        ranked.truncate(wanted);
        let missing = wanted - ranked.len();
        let is_short = missing > 0 || ranked.last().is_some_and(|(rank, _)| *rank == Rank::Spare);
        let outdated = takes.iter().rfind(|take| is_short && is_listed(take) && rank(take).is_none());
        Self {
            outdated: outdated.map(|take| take.name.number),
            known: ranked.into_iter().map(|(_, number)| number).collect(),
            unknown,
            missing,
        }
    }
}
