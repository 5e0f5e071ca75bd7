//! Where callbacks come in. A callback is a hint: it says when to ask, and the feed decides.

use futures::future::LocalBoxFuture;

use crate::provider::Callback;
use crate::take::Token;

/// Where callbacks come in.
pub trait Inbox {
    /// What has come already and was not given before, oldest first.
    fn waiting(&self) -> LocalBoxFuture<'_, Vec<Arrival>>;

    /// The next callback that was not given before, whenever it comes. May be dropped and called again.
    fn next(&self) -> LocalBoxFuture<'_, Arrival>;

    /// `arrival` has been dealt with, and what came of it is durable.
    fn dealt_with(&self, arrival: Arrival, fate: Fate);

    /// Whether callbacks are known to arrive while a run is on, so that asking may wait for them.
    fn is_live(&self) -> bool;
}

/// A callback that has come in.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The inbox's own name for it.
    pub name: String,
    /// The token of the attempt that it was addressed to, if it came through.
    pub token: Option<Token>,
    /// What it says.
    pub callback: Callback,
    /// The body as it came.
    pub raw: String,
}

/// What came of a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It told something new.
    Used,
    /// It told nothing that matters: a duplicate, late, or that the task is still on its way.
    Stale,
    /// It is about no take of this ledger.
    Foreign,
    /// It does not go with what is known; why not, for a person.
    Contradicts(String),
}
