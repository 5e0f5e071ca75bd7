//! The budget of a run: who may submit when not all can be paid for.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Mutex, Notify};

use crate::budget::{Budget, Cap, Shortage};
use crate::clock::Clock;
use crate::price::Money;
use crate::take::{Charge, Standing, later};

/// What may be spent in this run, and what is on its way to be.
///
/// Whoever wants to submit claims the price before, and the claim follows the charge of the attempt to its end. While something is on
/// its way that may yet be refunded, whoever does not fit waits for it; when nothing is left that could make room, the answer is no.
/// The claims stand in a line, so that nobody overtakes who costs less.
pub(super) struct Purse {
    clock: Clock,
    /// What is counted.
    most: RefCell<Budget>,
    /// What would be, if everything that is on its way came back.
    least: RefCell<Budget>,
    /// When this run began.
    opened: Timestamp,
    /// Until when it is worth waiting for a new day or month.
    closes: Option<Timestamp>,
    /// How long to wait for room in the daily quota, where no time is set.
    patience: Duration,
    line: Mutex<()>,
    changed: Notify,
}

/// The price of one attempt, counted until it is known what became of it.
pub(super) struct Claim<'a> {
    purse: &'a Purse,
    price: Option<Money>,
    at: Cell<Timestamp>,
    /// Whether it is of this run.
    own: bool,
    /// Whether the attempt is begun.
    begun: Cell<bool>,
    settled: Cell<bool>,
}

impl Purse {
    /// With this much spent already, waiting no longer than until `closes`.
    pub(super) fn new(budget: &Budget, closes: Option<Timestamp>, patience: Duration, clock: Clock) -> Self {
        let [most, least] = [(); 2].map(|()| RefCell::new(budget.clone()));
        Self { clock, most, least, opened: clock.now(), closes, patience, line: Mutex::new(()), changed: Notify::new() }
    }

    /// Returns when one more attempt at this price passes no cap, or with the reason why there will be none in this run.
    pub(super) async fn claim(&self, price: Option<Money>) -> Result<Claim<'_>, Shortage> {
        let _first_in_line = self.line.lock().await;
        let since = self.clock.now();
        loop {
            let now = self.clock.now();
            let shortage = match self.most.borrow().fits(price, now) {
                Ok(()) => break,
                Err(shortage) => shortage,
            };
            let may_come_back = self.least.borrow().fits(price, now).is_ok();
            let again = shortage.again.filter(|again| *again <= self.horizon(shortage.cap, since));
            let time = async {
                match again {
                    Some(again) => self.clock.sleep_until(again).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.changed.notified(), if may_come_back => {}
                () = time, if again.is_some() => {}
                else => return Err(shortage),
            }
        }
        let at = self.clock.now();
        self.most.borrow_mut().take(price, at);
        Ok(Claim { purse: self, price, at: at.into(), own: true, begun: false.into(), settled: false.into() })
    }

    /// The claim of an attempt that an earlier run, or an earlier look at the take, has left open.
    pub(super) fn resume(&self, charge: &Charge) -> Option<Claim<'_>> {
        let is_open = matches!(charge.standing, Standing::Reserved | Standing::Unresolved);
        is_open.then(|| {
            // Another look at the take within this run, if it is not an earlier run's.
            let own = charge.at >= self.opened;
            self.least.borrow_mut().give_back(charge.price, charge.at, own);
            let (at, price) = (charge.at.into(), charge.price);
            Claim { purse: self, price, at, own, begun: true.into(), settled: false.into() }
        })
    }

    /// How long somebody who has waited since `since` for this cap goes on waiting. A new day brings new money, and only who has said
    /// how long the run may last wants to spend that too.
    fn horizon(&self, cap: Cap, since: Timestamp) -> Timestamp {
        match (self.closes, cap) {
            (Some(closes), _) => closes,
            (None, Cap::Daily) => later(since, self.patience),
            (None, _) => Timestamp::MIN,
        }
    }
}

impl Claim<'_> {
    /// Whether the attempt may be begun at `at`, which is what it counts for from now on. It may be another day than that of the claim;
    /// if that has no room for it the claim is void.
    pub(super) fn begin(&self, at: Timestamp) -> bool {
        let mut most = self.purse.most.borrow_mut();
        most.give_back(self.price, self.at.get(), self.own);
        if most.fits(self.price, at).is_err() {
            self.settled.set(true);
            self.purse.changed.notify_waiters();
            return false;
        }
        most.take(self.price, at);
        self.at.set(at);
        self.begun.set(true);
        true
    }

    /// Follows the charge of the attempt.
    pub(super) fn follow(&self, charge: &Charge) {
        if self.settled.get() || !self.begun.get() {
            return;
        }
        match charge.standing {
            Standing::Reserved | Standing::Unresolved => return,
            Standing::Spent => self.stays(),
            Standing::Refunded => {
                self.purse.most.borrow_mut().refund(self.price, self.at.get(), self.own);
                self.purse.least.borrow_mut().begin(self.at.get());
            }
            Standing::Returned => self.purse.most.borrow_mut().give_back(self.price, self.at.get(), self.own),
        }
        self.settled.set(true);
        self.purse.changed.notify_waiters();
    }

    /// Counts for good.
    fn stays(&self) {
        let mut least = self.purse.least.borrow_mut();
        if self.own {
            least.take(self.price, self.at.get());
        } else {
            least.keep(self.price, self.at.get());
        }
    }
}

impl Drop for Claim<'_> {
    /// What was not begun does not count; of what was begun and not settled nobody in this run hears any more.
    fn drop(&mut self) {
        if self.settled.get() {
            return;
        }
        if self.begun.get() {
            self.stays();
        } else {
            self.purse.most.borrow_mut().give_back(self.price, self.at.get(), self.own);
        }
        self.purse.changed.notify_waiters();
    }
}
