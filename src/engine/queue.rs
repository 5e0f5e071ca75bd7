//! Who may do something next when only a few may at once: who has the most pressing reason, and not who came first.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::rc::Rc;

use jiff::Timestamp;
use tokio::sync::oneshot;

/// So many turns at once, and a line for those that have to wait, sorted by rank: the earliest time is next, and among equals who came first.
///
/// Not a semaphore, because the links of many takes wait at once when a run begins, and the oldest of them is the next to expire.
pub(super) struct Queue(Rc<Inner>);

/// By rank, and among equals in the order of coming.
type Position = (Timestamp, u64);

struct Inner {
    free: Cell<u32>,
    /// How many have come so far.
    tickets: Cell<u64>,
    line: RefCell<BTreeMap<Position, oneshot::Sender<Turn>>>,
}

/// The right to go on; given back when dropped.
pub(super) struct Turn(Rc<Inner>);

/// A position in the line; left when dropped.
struct Waiting<'a> {
    inner: &'a Inner,
    position: Position,
}

impl Queue {
    /// A queue of which `limit` may have their turn at once.
    pub(super) fn new(limit: NonZeroU32) -> Self {
        Self(Rc::new(Inner { free: Cell::new(limit.get()), tickets: Cell::new(0), line: RefCell::default() }))
    }

    /// Returns when it is the caller's turn. May be dropped while it waits.
    pub(super) async fn turn(&self, rank: Timestamp) -> Turn {
        let inner = &self.0;
        let position = (rank, inner.tickets.replace(inner.tickets.get() + 1));
        let (give, given) = oneshot::channel();
        inner.line.borrow_mut().insert(position, give);
        let _waiting = Waiting { inner, position };
        // Whoever comes at the same instant is in the line before the first of them is let through.
        tokio::task::yield_now().await;
        Inner::let_through(inner);
        given.await.expect("whoever waits is in the line, and is only taken out of it with a turn")
    }
}

impl Inner {
    fn let_through(this: &Rc<Self>) {
        while this.free.get() > 0 {
            let Some((_, give)) = this.line.borrow_mut().pop_first() else { return };
            this.free.set(this.free.get() - 1);
            // Who has gone away has left the line. Should it be otherwise, the turn comes back by being dropped, which lets the next
            // one through.
            drop(give.send(Turn(Rc::clone(this))));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.free.set(self.0.free.get() + 1);
        Inner::let_through(&self.0);
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.inner.line.borrow_mut().remove(&self.position);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::StreamExt;
    use futures::future::{join_all, poll_immediate};
    use futures::stream::FuturesUnordered;
    use proptest::prelude::*;

    use super::*;

    fn rank(number: u32) -> Timestamp {
        Timestamp::from_second(number.into()).unwrap()
    }

    fn queue(limit: u32) -> Queue {
        Queue::new(NonZeroU32::new(limit).unwrap())
    }

    /// Takes everybody's turn, each for a second, and says in which order.
    async fn order(queue: &Queue, ranks: &[u32]) -> Vec<u32> {
        let served = RefCell::new(Vec::new());
        let one = |number: u32| {
            let served = &served;
            async move {
                let _turn = queue.turn(rank(number)).await;
                served.borrow_mut().push(number);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let mut all: FuturesUnordered<_> = ranks.iter().map(|number| one(*number)).collect();
        while all.next().await.is_some() {}
        drop(all);
        served.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn the_most_pressing_goes_first_also_among_the_first() {
        assert_eq!(order(&queue(1), &[5, 3, 9, 3, 1, 7]).await, [1, 3, 3, 5, 7, 9]);
        assert_eq!(order(&queue(2), &[5, 3, 9, 3, 1, 7]).await, [1, 3, 3, 5, 7, 9]);
        assert_eq!(order(&queue(100), &[5, 3]).await, [3, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_takes_nothing_away_from_others() {
        let queue = queue(1);
        let held = queue.turn(rank(1)).await;
        let mut impatient = Box::pin(queue.turn(rank(0)));
        let mut patient = Box::pin(queue.turn(rank(2)));
        for waiting in [&mut impatient, &mut patient] {
            assert!(poll_immediate(waiting).await.is_none());
        }
        tokio::task::yield_now().await;
        assert!(poll_immediate(&mut patient).await.is_none());
        // The turn is given to the impatient one, who goes away without having heard of it.
        drop(held);
        drop(impatient);
        drop(patient.await);
        assert_eq!((queue.0.free.get(), queue.0.line.borrow().len()), (1, 0));
    }

    proptest! {
        #[test]
        fn however_many_come_and_go_everybody_is_served_and_the_bound_holds(
            (limit, comers) in (1_u32..4, proptest::collection::vec((0_u32..5, 0_u64..20, 0_u64..20), 0..40))
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let (queue, inside, served) = (queue(limit), Cell::new(0), Cell::new(0));
                let one = |(number, comes, patience): (u32, u64, u64)| {
                    let (queue, inside, served) = (&queue, &inside, &served);
                    async move {
                        tokio::time::sleep(Duration::from_millis(comes)).await;
                        // Odd ones go away before it is their turn, or in the middle of it.
                        let stay = async {
                            let turn = queue.turn(rank(number)).await;
                            inside.set(inside.get() + 1);
                            assert!(inside.get() <= limit);
                            let out = tokio::time::sleep(Duration::from_millis(3));
                            let gone = Leaving(inside, turn);
                            out.await;
                            drop(gone);
                            served.set(served.get() + 1);
                        };
                        if number % 2 == 1 {
                            tokio::time::timeout(Duration::from_millis(patience), stay).await.ok();
                        } else {
                            stay.await;
                        }
                    }
                };
                join_all(comers.iter().copied().map(one)).await;
                let patient = comers.iter().filter(|(number, ..)| number % 2 == 0).count();
                assert!(served.get() >= patient);
                assert_eq!((inside.get(), queue.0.free.get(), queue.0.line.borrow().len()), (0, limit, 0));
            });
        }
    }

    /// Counts itself out.
    struct Leaving<'a>(&'a Cell<u32>, #[expect(dead_code, reason = "held, not looked at")] Turn);

    impl Drop for Leaving<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
}
