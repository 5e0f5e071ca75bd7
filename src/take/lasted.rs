//! How long a task was at the provider, as far as one can tell from outside.

use std::time::Duration;

use super::Finish;

/// Between which ages a task came to be seen as over. Ages are counted from when the submission was begun.
///
/// It is a span and no instant: nobody looks all the time, and the provider's table is behind what it tells about. To the millisecond;
/// what is longer than 49 days is cut to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasted {
    after_ms: u32,
    by_ms: u32,
    /// Whether a video came of it.
    pub made: bool,
}

/// How far the provider's table may be behind its own times: it is refreshed about every 15 s, and that may be late.
const BEHIND: Duration = Duration::from_secs(30);

/// By how much the two clocks may differ about a duration that is stated in whole seconds.
const ROUNDING: Duration = Duration::from_secs(2);

/// The longest span that tells anything. A longer one is from a time when nobody looked.
const VAGUE: Duration = Duration::from_secs(1200);

impl Lasted {
    /// Over at an age that is more than `after` and at most `by`.
    pub fn between(after: Duration, by: Duration, made: bool) -> Self {
        let millis = |age: Duration| u32::try_from(age.as_millis()).unwrap_or(u32::MAX);
        Self { after_ms: millis(after.min(by)), by_ms: millis(by), made }
    }

    /// What `finish` and the age at which the task was seen to be over come to; `None` where they tell nothing. A duration that the
    /// provider states is believed as far as it goes with what was seen.
    pub(super) fn of(finish: &Finish, seen: Duration, made: bool) -> Option<Self> {
        let seconds = |count: u32| Duration::from_secs(count.into());
        let unfinished = finish.unfinished_at.map(seconds).filter(|age| *age <= seen);
        let stated = finish.made_in.map(seconds).filter(|age| *age <= seen + ROUNDING).map(|age| age.min(seen));
        match (stated, unfinished) {
            (Some(stated), unfinished) if unfinished.is_none_or(|age| age <= stated + BEHIND) => {
                let after = unfinished.unwrap_or_default().max(stated);
                Some(Self::between(after, seen.min(stated + BEHIND), made))
            }
            (_, Some(unfinished)) if seen <= unfinished + VAGUE => Some(Self::between(unfinished, seen, made)),
            _ => None,
        }
    }

    /// The age at which it was not over, or not seen to be, yet.
    pub fn after(&self) -> Duration {
        Duration::from_millis(self.after_ms.into())
    }

    /// The age at which it was over.
    pub fn by(&self) -> Duration {
        Duration::from_millis(self.by_ms.into())
    }

    /// The middle between the two: the best single guess.
    pub fn middle(&self) -> Duration {
        (self.after() + self.by()) / 2
    }
}
