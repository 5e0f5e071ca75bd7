//! Waiting for one's turn where somebody holds an output directory only to write the page and the results: a run at night must not fail
//! because somebody has picked a take at that very moment. Whoever waits can be interrupted, by dropping what waits.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{Failure, say};
use crate::ledger::LedgerError;

/// How long to leave the lock alone before it is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// After so long it is told that, and for whom, it waits.
const IN_SILENCE: Duration = Duration::from_secs(1);

/// So long is waited after that: no reports take as long, and a night has as much to spare.
const PATIENCE: Duration = Duration::from_secs(29);

/// Does what needs the lock, as soon as nobody holds it for a moment only. Fails at once where somebody holds it for longer, as a run
/// does.
pub(super) async fn taken<T>(quiet: bool, open: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    let brief = match open() {
        Err(brief) if is_brief(&brief) => brief,
        opened => return opened,
    };
    if let Ok(opened) = timeout(IN_SILENCE, freed(&open)).await {
        return opened;
    }
    if !quiet {
        say::talk(format_args!("rushes: waiting for that to end: {}", brief.error));
    }
    // Once more, to name whoever holds it now.
    timeout(PATIENCE, freed(&open)).await.unwrap_or_else(|_| open())
}

/// Tries again until nobody holds the lock for a moment only.
async fn freed<T>(open: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
    loop {
        sleep(PAUSE).await;
        match open() {
            Err(brief) if is_brief(&brief) => {}
            opened => return opened,
        }
    }
}

/// Whether it has failed because of somebody who lets go soon.
fn is_brief(failure: &Failure) -> bool {
    matches!(failure.error.downcast_ref(), Some(LedgerError::Locked { brief: true, .. }))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::report::Exit;

    fn locked(brief: bool) -> Failure {
        LedgerError::Locked { root: "out".into(), holder: "process 1".to_owned(), brief }.into()
    }

    /// Holds that it ends like that after so many tries, where the first ones fail like this.
    #[track_caller]
    fn check(fails: &[bool], expected: Result<(), &str>, times: usize) {
        let tried = Cell::new(0);
        let open = || {
            let failure = fails.get(tried.get()).map(|brief| locked(*brief));
            tried.set(tried.get() + 1);
            failure.map_or(Ok(()), Err)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let opened = runtime.block_on(taken(true, open)).map_err(|failure| {
            assert_eq!(failure.exit, Exit::Locked);
            failure.error.to_string()
        });
        assert_eq!((opened, tried.get()), (expected.map_err(str::to_owned), times));
    }

    #[test]
    fn who_holds_it_for_a_moment_is_waited_for_and_who_holds_it_for_long_is_not() {
        check(&[], Ok(()), 1);
        check(&[true; 200], Ok(()), 201);
        check(&[false], Err("another run holds out: process 1"), 1);
        check(&[true, false], Err("another run holds out: process 1"), 2);
    }

    #[test]
    fn nobody_is_waited_for_for_ever() {
        let tried = Cell::new(0);
        let open = || {
            tried.set(tried.get() + 1);
            Err::<(), _>(locked(true))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let failure = runtime.block_on(taken(true, open)).unwrap_err();
        assert_eq!(failure.error.to_string(), "somebody writes the page and the results of out: process 1");
        assert!((2000..=3002).contains(&tried.get()), "{}", tried.get());
    }
}
