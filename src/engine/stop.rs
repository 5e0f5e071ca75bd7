//! Why and how far a run stops early.

use std::cell::RefCell;

use tokio_util::sync::CancellationToken;

use crate::shot::TakeName;
use crate::store::StoreError;

/// The two switches of a run, and what threw them.
///
/// With the first one off nothing is submitted any more, and what is at the provider is looked after to its end. With the second
/// one off that is left to the next run too; only what is on its way at this moment is waited for.
#[derive(Debug, Default)]
pub struct Stop {
    submitting: CancellationToken,
    watching: CancellationToken,
    reason: RefCell<Option<Reason>>,
}

/// Why a run stopped early.
#[derive(Debug, Clone)]
pub enum Reason {
    /// Ctrl-C or a polite signal.
    Interrupted,
    /// The provider does not accept the key.
    BadKey(String),
    /// The account is out of money.
    NoMoney(String),
    /// Whoever answers is not the provider.
    WrongAddress(String),
    /// The provider, or the way to it, has refused every submission for long enough.
    Refusing(String),
    /// The provider has not finished as many takes as may be there at once, for longer than the run looks after them.
    Full,
    /// The provider has ended a task because of the account, in these words.
    Account(String),
    /// The content policy has ended too many takes.
    Moderation {
        /// Those that were too many: all in a row, or all of the run.
        takes: Vec<TakeName>,
        /// Of how many that it has judged; `None`: they came in a row.
        judged: Option<usize>,
    },
    /// The time that the run has is over.
    TimeOver,
    /// A file cannot be kept.
    Disk(StoreError),
}

impl Stop {
    /// Throws both switches, for a reason that is told elsewhere.
    pub(super) fn let_go(&self) {
        self.submitting.cancel();
        self.watching.cancel();
    }

    /// Throws the switches that `reason` asks for. The first reason is the one that is told.
    pub fn because(&self, reason: Reason) {
        self.submitting.cancel();
        if matches!(reason, Reason::Interrupted | Reason::TimeOver | Reason::Disk(_)) {
            self.watching.cancel();
        }
        self.reason.borrow_mut().get_or_insert(reason);
    }

    /// Whether no more submissions are to be made.
    pub fn no_more_submissions(&self) -> bool {
        self.submitting.is_cancelled()
    }

    /// Whether somebody has asked the run to stop.
    pub fn is_interrupted(&self) -> bool {
        matches!(*self.reason.borrow(), Some(Reason::Interrupted))
    }

    /// Why the run stops, if it does.
    pub fn reason(&self) -> Option<Reason> {
        self.reason.borrow().clone()
    }

    /// Waits for `what`, unless submissions stop before; then `None`.
    pub async fn unless_not_submitting<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        self.submitting.run_until_cancelled(what).await
    }

    /// Waits for `what`, unless the run lets go of its takes before; then `None`.
    pub async fn unless_letting_go<T>(&self, what: impl Future<Output = T>) -> Option<T> {
        self.watching.run_until_cancelled(what).await
    }
}
