//! How many takes are at the provider at once.

use std::cell::Cell;
use std::num::NonZeroU32;
use std::rc::Rc;

use tokio::sync::Notify;

/// Room for so many takes at the provider.
///
/// Not a semaphore, because takes that an earlier run left at the provider are there whether there is room or not: they squeeze
/// in, and nobody else enters until enough have left.
///
/// The provider may have less room than the user allows: it then lets takes wait, and says so. The bound goes down to as many as it
/// works on, and up by one when as many have left as it lets in, none of which was seen to wait: it follows, below the limit.
#[derive(Clone)]
pub struct Room(Rc<Inner>);

struct Inner {
    limit: usize,
    /// How many the provider seems to work on at once; at most the limit.
    bound: Cell<usize>,
    inside: Cell<usize>,
    /// How many of those wait at the provider because of those that are there.
    throttled: Cell<usize>,
    /// How many have left in a row while none was waiting, since the bound has moved.
    smooth: Cell<usize>,
    left: Notify,
}

/// One take's place in the room; left when dropped.
pub struct Place {
    room: Rc<Inner>,
    throttled: Cell<bool>,
}

impl Room {
    /// Room for `limit` takes.
    pub fn new(limit: NonZeroU32) -> Self {
        let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let (inside, throttled, smooth) = Default::default();
        Self(Rc::new(Inner { limit, bound: Cell::new(limit), inside, throttled, smooth, left: Notify::new() }))
    }

    /// Returns when there is room.
    pub async fn enter(&self) -> Place {
        while self.0.inside.get() >= self.0.bound.get() {
            self.0.left.notified().await;
        }
        self.squeeze_in()
    }

    /// Enters whether there is room or not.
    pub fn squeeze_in(&self) -> Place {
        self.0.inside.set(self.0.inside.get() + 1);
        Place { room: Rc::clone(&self.0), throttled: Cell::new(false) }
    }

    /// How many the user allows.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// How many there is room for at the provider, as far as that is known: at least one, and at most the limit.
    pub fn bound(&self) -> usize {
        self.0.bound.get()
    }

    /// How many are inside.
    pub fn inside(&self) -> usize {
        self.0.inside.get()
    }
}

impl Place {
    /// The provider says that the take waits because of the others that are there, or no longer says so.
    pub fn set_throttled(&self, throttled: bool) {
        if self.throttled.replace(throttled) == throttled {
            return;
        }
        let room = &self.room;
        if throttled {
            room.throttled.set(room.throttled.get() + 1);
            let worked_on = room.inside.get().saturating_sub(room.throttled.get()).max(1);
            if worked_on < room.bound.get() {
                room.bound.set(worked_on);
                tracing::info!(event = "fewer", in_flight = worked_on, "the provider lets takes wait: fewer of them at once");
            }
            room.smooth.set(0);
        } else {
            room.throttled.set(room.throttled.get() - 1);
        }
    }
}

impl Inner {
    /// One has left that did not wait.
    fn left_smoothly(&self) {
        let (bound, smooth) = (self.bound.get(), self.smooth.get() + 1);
        if bound == self.limit || self.throttled.get() > 0 {
            return;
        }
        self.smooth.set(smooth);
        if smooth >= bound {
            self.smooth.set(0);
            self.bound.set(bound + 1);
            if bound + 1 == self.limit {
                tracing::info!(event = "more", in_flight = self.limit, "as many takes at once as are allowed again");
            }
            // There is room for one more than the one that leaves.
            self.left.notify_one();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let room = &self.room;
        room.inside.set(room.inside.get() - 1);
        if self.throttled.get() {
            room.throttled.set(room.throttled.get() - 1);
        } else {
            room.left_smoothly();
        }
        room.left.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn room(limit: u32) -> Room {
        Room::new(NonZeroU32::new(limit).unwrap())
    }

    fn enter(room: &Room) -> Option<Place> {
        room.enter().now_or_never()
    }

    #[test]
    fn the_bound_goes_down_to_what_is_worked_on_and_up_by_one_a_round() {
        let room = room(20);
        let mut inside: Vec<_> = (0..20).map(|_| enter(&room).unwrap()).collect();
        for waiting in &inside[5..] {
            waiting.set_throttled(true);
            waiting.set_throttled(true);
        }
        assert_eq!((room.bound(), room.limit(), room.inside()), (5, 20, 20), "what is inside stays inside");
        // Each that is done lets the next one be worked on.
        for _ in 0..15 {
            drop(inside.remove(0));
            inside[4].set_throttled(false);
            assert_eq!(enter(&room).map(drop), None);
        }
        assert_eq!((room.bound(), room.inside()), (5, 5));
        for done in 1..=5 {
            drop(inside.remove(0));
            assert_eq!(room.bound(), if done < 5 { 5 } else { 6 });
            inside.push(enter(&room).unwrap());
        }
        inside.push(enter(&room).unwrap());
        assert!(enter(&room).is_none());
        inside[5].set_throttled(true);
        assert_eq!(room.bound(), 5);
    }

    proptest! {
        #[test]
        fn whatever_is_seen_the_bound_keeps_its_bounds_and_all_room_comes_back(
            limit in 1..8_u32, steps in prop::collection::vec((0..5_u8, any::<prop::sample::Index>()), 0..200),
        ) {
            let room = room(limit);
            let mut inside = Vec::new();
            for (what, which) in steps {
                match what {
                    0 => inside.push(room.squeeze_in()),
                    1 => {
                        let free = room.inside() < room.bound();
                        let entered = enter(&room);
                        prop_assert_eq!(entered.is_some(), free);
                        inside.extend(entered);
                    }
                    _ if inside.is_empty() => {}
                    2 => drop(inside.swap_remove(which.index(inside.len()))),
                    what => inside[which.index(inside.len())].set_throttled(what == 3),
                }
                prop_assert!((1..=room.limit()).contains(&room.bound()));
                prop_assert_eq!(room.inside(), inside.len());
                let throttled = inside.iter().filter(|place| place.throttled.get()).count();
                prop_assert_eq!(room.0.throttled.get(), throttled);
            }
            inside.clear();
            // Nobody waits any more: rounds without waiting bring the limit back.
            for _ in 0..100 {
                drop(enter(&room));
            }
            prop_assert_eq!((room.bound(), room.inside()), (room.limit(), 0));
        }
    }
}
