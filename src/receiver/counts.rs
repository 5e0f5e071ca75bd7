//! What became of everything that was sent: the only trace that a forgery leaves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of everything that was sent, so far.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) kept: AtomicU64,
    pub(super) known: AtomicU64,
    pub(super) odd: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) too_large: AtomicU64,
    pub(super) turned_away: AtomicU64,
    /// Counted where the connections are.
    pub(super) cut: Arc<AtomicU64>,
}

/// What became of everything that was sent, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Callbacks that were taken in for a run to deal with.
    pub kept: u64,
    /// Callbacks that were here already.
    pub known: u64,
    /// Callbacks that were taken in for a person to look at.
    pub odd: u64,
    /// Whatever was not addressed to anyone, or was no callback.
    pub refused: u64,
    /// Callbacks with too large a body.
    pub too_large: u64,
    /// Callbacks that could not be taken in: no room, or no disk. Their senders were told to try again.
    pub turned_away: u64,
    /// Connections whose time was over before the answer was out.
    pub cut: u64,
}

impl Counts {
    pub(super) fn count(&self, which: impl FnOnce(&Self) -> &AtomicU64) {
        which(self).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn tally(&self) -> Tally {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Tally {
            kept: of(&self.kept),
            known: of(&self.known),
            odd: of(&self.odd),
            refused: of(&self.refused),
            too_large: of(&self.too_large),
            turned_away: of(&self.turned_away),
            cut: of(&self.cut),
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kept, known, odd, refused, too_large, turned_away, cut } = self;
        let plural = if *kept == 1 { "" } else { "s" };
        write!(f, "{kept} callback{plural} kept, {known} known already, {odd} odd, {refused} refused, ")?;
        write!(f, "{too_large} too large, {turned_away} turned away, {cut} cut off")
    }
}
