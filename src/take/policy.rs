//! When to ask again and when to give up: every such number in one place.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::{Class, Refunds, Watch};

/// The shortest pause between two submissions of a take, whatever the provider asks for.
pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause that the provider is believed to want.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// What is done about a take that has ended without a video, and what that means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The wait before it is submitted once more, while [`Policy::attempts`] lasts; `None`: it never is by itself.
    pub retry: Option<Wait>,
    /// What it means for the others.
    pub run: Bearing,
}

/// A wait that doubles with every attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// After the first attempt.
    pub first: Duration,
    /// However many attempts there were.
    pub longest: Duration,
}

/// What the end of one take means for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearing {
    /// Nothing: one bad shot is data.
    None,
    /// Too many of them stop the run.
    Counted,
    /// Where the provider had taken the take on, nothing more is submitted: the next one would go the same way, and cost as much.
    Stops,
}

/// The one table of what follows from what. Whatever is not tried again is final until a person says otherwise.
pub fn rule(class: Class) -> Rule {
    const FINAL: Rule = Rule { retry: None, run: Bearing::None };
    match class {
        // Charged like a finished video, and sure to be refused again; many of them get an account suspended.
        Class::Moderated => Rule { run: Bearing::Counted, ..FINAL },
        Class::Account => Rule { run: Bearing::Stops, ..FINAL },
        // Refunded, and over in a while: the relay looks at its tasks every 15 s, and the troubles of a service last minutes.
        Class::Internal => {
            Rule { retry: Some(Wait { first: Duration::from_secs(15), longest: Duration::from_secs(300) }), ..FINAL }
        }
        // A bad request stays one; what is lost or has no link may have been charged; and of the rest nobody knows.
        Class::Input | Class::Lost | Class::NoLink | Class::Unknown => FINAL,
    }
}

/// The numbers a run lives by. Durations are of the run's clock, but for `download`.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// From acceptance to the first poll, as long as nothing is learned. Generations typically take 100 to 360 s.
    pub poll_first: Duration,
    /// From one poll to the next, as long as nothing is learned. The relay refreshes its table about every 15 s, so asking faster shows
    /// little that is new.
    pub poll_every: Duration,
    /// The least time between two polls of a task where it is learned when to ask. Runway documents that a task is not to be asked about
    /// more often.
    pub poll_closest: Duration,
    /// Whether a run learns from how long tasks take when to ask about the next ones.
    pub poll_learns: bool,
    /// The same for a take whose callback is awaited, from acceptance and from one poll to the next: only for when none comes.
    pub poll_quiet: Duration,
    /// How long a take is at the provider, as far as nothing else is known: the longest of the typical times.
    pub generation: Duration,
    /// How much longer than `poll_first` and `poll_every` a take may wait, as a share of them, so that polls spread out.
    pub jitter: f64,
    /// How long `task_not_exist` and "succeeded" without a link are taken for "not yet".
    pub grace: Duration,
    /// How long after its submission a take without an answer waits for a callback.
    pub callback_patience: Duration,
    /// How long one run looks after an accepted take before it leaves it to the next run.
    pub patience: Duration,
    /// How long the provider may refuse every submission before the run stops trying.
    pub refusal_patience: Duration,
    /// How many submissions of a take may be taken on in all when the provider's own trouble ends them.
    pub attempts: u32,
    /// Which tasks that failed are refunded, where the provider does not say.
    pub refunds: Refunds,
    /// How many takes in a row the content policy may end before the run submits nothing more; `None`: any number.
    pub moderated_in_a_row: Option<NonZeroU32>,
    /// How many of a hundred takes the content policy may end; `None`: any number.
    pub moderated_share: Option<u8>,
    /// From how many takes on that share is counted, so that one of two is not half of them.
    pub share_counts_from: u32,
    /// How many times in a row one run tries to fetch a video in vain.
    pub fetches: u32,
    /// How long one try to download a video may take, however steadily its bytes come. Of the world's own time: bytes travel no faster in a
    /// rehearsal.
    pub download: Duration,
    /// How many new bytes a try that was cut off must have brought, for the next one to go on with, not to have been in vain.
    pub progress: u64,
    /// How many bytes a video has at least. The smallest that play have more than a thousand.
    pub min_video: u64,
    /// How many bytes a video may have at most.
    pub max_video: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            poll_first: Duration::from_secs(20),
            poll_every: Duration::from_secs(15),
            poll_closest: Duration::from_secs(5),
            poll_learns: true,
            poll_quiet: Duration::from_secs(300),
            generation: Duration::from_secs(360),
            jitter: 0.2,
            grace: Duration::from_secs(600),
            callback_patience: Duration::from_secs(900),
            patience: Duration::from_secs(3600),
            refusal_patience: Duration::from_secs(300),
            attempts: 1,
            refunds: Refunds::default(),
            moderated_in_a_row: NonZeroU32::new(5),
            moderated_share: Some(25),
            share_counts_from: 20,
            fetches: 5,
            download: Duration::from_secs(1800),
            progress: 64 * 1024,
            min_video: 1000,
            max_video: 4_000_000_000,
        }
    }
}

impl Policy {
    /// When a task accepted at `since` is to be asked about next. `spread` is the take's own place from 0 to 1. While callbacks come
    /// that is late, but not after the end of patience: until then one may come, and if none does, that is the last time to ask.
    /// When one says that the task is over it is at once, or as soon as the provider's answers have caught up. Without callbacks it is
    /// when tasks like this one tend to be over, once that is known ([`Watch::look`]), and not after the end of patience either.
    pub fn poll_due(&self, since: Timestamp, watch: &Watch, spread: f64) -> Timestamp {
        let Watch { polled, heard, .. } = watch;
        let end = later(watch.since, self.patience);
        let (from, wait) = match (heard.over, *polled) {
            (Some(over), last) if last.is_none_or(|last| last < over) => {
                let behind = if heard.early { self.poll_every } else { Duration::ZERO };
                return later(over, behind).max(watch.not_before);
            }
            (None, last) if heard.live => (last.unwrap_or(since), self.poll_quiet),
            (_, Some(last)) => (last, self.poll_every),
            (_, None) => (since, self.poll_first),
        };
        let wait = Duration::try_from_secs_f64(wait.as_secs_f64() * (1.0 + self.jitter * spread)).unwrap_or(Duration::MAX);
        let soonest = polled.map_or(Timestamp::UNIX_EPOCH, |last| later(last, self.poll_closest));
        let learned = watch.look.filter(|_| !heard.live && heard.over.is_none()).map(|look| look.max(soonest));
        let is_awaited = heard.live && heard.over.is_none() || learned.is_some();
        let due = learned.unwrap_or_else(|| later(from, wait));
        let due = if is_awaited && polled.is_none_or(|last| last < end) { due.min(end) } else { due };
        due.max(watch.not_before)
    }

    /// When the provider is to be asked about the task that may have come of an attempt without an answer.
    pub fn confirm_due(&self, watch: &Watch) -> Timestamp {
        watch.polled.map_or(Timestamp::UNIX_EPOCH, |last| later(last, self.poll_every)).max(watch.not_before)
    }

    /// When a video is to be fetched, or its link renewed, next.
    pub fn fetch_due(&self, watch: &Watch) -> Timestamp {
        watch.not_before
    }

    /// How long to wait before a take that ended this way, after so many attempts were taken on, is submitted once more; `None`: never.
    pub fn retry_after(&self, class: Class, taken_on: u32) -> Option<Duration> {
        rule(class).retry.filter(|_| taken_on < self.attempts).map(|wait| wait.after(taken_on))
    }
}

impl Wait {
    /// After so many attempts.
    fn after(self, attempts: u32) -> Duration {
        let times = 2_u32.saturating_pow(attempts.saturating_sub(1));
        self.first.saturating_mul(times).min(self.longest)
    }
}

/// The time `wait` after `time`; the end of all time where there is no such thing, because some author's patience is endless.
pub(crate) fn later(time: Timestamp, wait: Duration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// The wait after the `count`-th refusal in a row: `min(30 s, 1 s * 2^count)` plus up to a second, as the provider's documentation
/// advises. `spread` is from 0 to 1.
pub fn backoff(count: u32, spread: f64) -> Duration {
    let whole = 1_u64.checked_shl(count.min(5)).unwrap_or(30).min(30);
    Duration::from_secs(whole) + Duration::from_secs_f64(spread.clamp(0.0, 1.0))
}
