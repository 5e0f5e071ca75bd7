//! What is to be sent at some time to come, in the order in which it is due, on the clock that is handed in.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::clock::Clock;

/// What is to be sent.
#[derive(Debug)]
pub(super) struct Outbox<T> {
    /// By the time it is due, and then in the order in which it was put in.
    due: Mutex<BTreeMap<(Timestamp, u64), T>>,
    news: Notify,
}

impl<T> Outbox<T> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self { due: Mutex::default(), news: Notify::new() }
    }

    /// To be sent at `at`.
    pub(super) fn put(&self, at: Timestamp, what: T) {
        let mut due = self.due();
        let last = due.range((at, 0)..=(at, u64::MAX)).next_back();
        let number = last.map_or(0, |((_, number), _)| number + 1);
        due.insert((at, number), what);
        drop(due);
        self.news.notify_one();
    }

    /// The next one, as soon as it is due. May be dropped and called again: nothing is taken out before it is given.
    pub(super) async fn next(&self, clock: &Clock) -> T {
        loop {
            let first = {
                let mut due = self.due();
                match due.first_entry() {
                    Some(first) if first.key().0 <= clock.now() => return first.remove(),
                    first => first.map(|first| first.key().0),
                }
            };
            let wait = async {
                match first {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {}
                () = self.news.notified() => {}
            }
        }
    }

    fn due(&self) -> MutexGuard<'_, BTreeMap<(Timestamp, u64), T>> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn each_comes_when_it_is_due_and_in_order() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1);
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let outbox = Outbox::new();
        for (seconds, what) in [(5, "c"), (2, "a"), (5, "d"), (2, "b")] {
            outbox.put(at(seconds), what);
        }
        let later = async {
            clock.sleep(Duration::from_secs(3)).await;
            outbox.put(at(4), "between");
            outbox.put(at(0), "late");
        };
        let taken = async {
            let mut taken = Vec::new();
            for _ in 0..6 {
                taken.push((outbox.next(&clock).await, clock.now().as_second()));
            }
            taken
        };
        let (taken, ()) = tokio::join!(taken, later);
        assert_eq!(taken, [("a", 2), ("b", 2), ("late", 3), ("between", 4), ("c", 5), ("d", 5)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_loses_nothing() {
        let clock = Clock::starting_at(Timestamp::UNIX_EPOCH, 1);
        let outbox = Outbox::new();
        outbox.put(Timestamp::from_second(3).unwrap(), ());
        assert!(tokio::time::timeout(Duration::from_secs(1), outbox.next(&clock)).await.is_err());
        outbox.next(&clock).await;
        assert_eq!(clock.now().as_second(), 3);
    }
}
