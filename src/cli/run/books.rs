//! A look into the provider's own books before the first submission of a run and after its last answer, written into the ledger as
//! evidence. Whatever goes wrong with it is a warning: no run waits long for it or ends because of it.

use std::sync::Arc;

use super::super::args::Provider as Said;
use super::rehearsal::Rehearsal;
use super::timeouts;
use crate::clock::Clock;
use crate::config;
use crate::engine::{Ended, RunError};
use crate::ledger::Ledger;
use crate::provider::{Quota, QuotaError};
use crate::quota::Counted;

/// What the log calls it.
const EVENT: &str = "count";

/// The books, ready to be looked into; `None` without a key to them, or with one that cannot be used.
pub(super) fn open(said: &Said, rehearsal: Option<&Rehearsal>) -> Option<Arc<dyn Quota>> {
    let books = config::default_provider().books.as_ref()?;
    let (key, url) = match rehearsal {
        Some(rehearsal) => (Ok(Some(Rehearsal::key())), Some(rehearsal.base_url())),
        None => (config::quota_key(said.quota_key_file.as_deref()), said.quota_url.clone()),
    };
    let key = key.unwrap_or_else(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(event = EVENT, why = %error, cause, "no key to the provider's own count of requests; going on without");
        None
    })?;
    let opened = config::quota_url(books, url).map_err(|error| error.to_string());
    let opened = opened.and_then(|url| (books.connect)(&url, &key, &timeouts(said)).map_err(|error| error.to_string()));
    opened.inspect_err(|why| tracing::warn!(event = EVENT, why, "cannot ask for the provider's own count of requests")).ok()
}

/// What the books say now, if that can be had.
pub(super) async fn count(books: &dyn Quota) -> Option<Counted> {
    let unknown = |why: &QuotaError| {
        tracing::warn!(event = EVENT, %why, "the provider's own count of requests cannot be had; going on without");
    };
    books.count().await.inspect_err(unknown).ok()
}

/// Someone who looks into the books and writes down what they say.
pub(super) struct Look<'a> {
    books: Arc<dyn Quota>,
    /// What they said before.
    before: Counted,
    ledger: &'a Ledger,
    clock: Clock,
}

impl<'a> Look<'a> {
    pub(super) fn new(books: Arc<dyn Quota>, before: Counted, ledger: &'a Ledger, clock: Clock) -> Self {
        Self { books, before, ledger, clock }
    }
}

/// Drives the run. What the books said before is written down first and, if anything was submitted, what they say then: one alone
/// tells nothing. `Err` means that nothing can be written down any more.
pub(super) async fn around(
    look: Option<Look<'_>>,
    driving: impl Future<Output = Result<Ended, RunError>>,
) -> Result<Ended, RunError> {
    let Some(Look { books, before, ledger, clock }) = look else { return driving.await };
    ledger.count(clock.now(), before).await?;
    let ended = driving.await?;
    if ended.calls.submissions > 0
        && let Some(after) = count(books.as_ref()).await
    {
        ledger.count(clock.now(), after).await?;
    }
    Ok(ended)
}
