//! How long takes are at the provider, learned from those that are over, and when to ask about the next ones. Pure: whoever calls
//! hands in what was seen and what time it is.
//!
//! ```text
//! ledger ──of──▶ Times ◀──learn── each take that ends
//!                  ├──estimate──▶ how long a take of this request will be at the provider
//!                  └──look──────▶ at which age to ask about it next
//! ```

mod schedule;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use self::schedule::Schedule;
use crate::request::Request;
use crate::take::{Lasted, Policy, State, Take, Watch, later};

/// Fewer than so many tell too little to go by.
pub const ENOUGH: usize = 8;

/// So many of one kind are kept. What is older tells how the provider was.
const KEPT: usize = 200;

/// After so many a newer one counts twice as much.
const HALVES_AFTER: f64 = 60.0;

/// So many models are told apart, since their names are anybody's text.
const MODELS: usize = 64;

/// How long takes were at the provider, by model and length of the clip. Bounded: the last 200 of each kind are kept, of 64 models at
/// most, and newer ones count more.
#[derive(Debug, Clone, Default)]
pub struct Times {
    all: Recent,
    models: BTreeMap<Box<str>, Model>,
}

/// How long a take will be at the provider, from when its submission begins until it is seen to be over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Half of the takes are over by then.
    pub median: Duration,
    /// Nine of ten are over by then.
    pub p90: Duration,
    /// From how many takes this is known: 1 to 200.
    pub samples: usize,
}

#[derive(Debug, Clone, Default)]
struct Model {
    all: Recent,
    by_seconds: BTreeMap<u8, Recent>,
}

/// The last takes of one kind.
#[derive(Debug, Clone, Default)]
struct Recent {
    lasted: VecDeque<Lasted>,
    estimate: OnceCell<Option<Estimate>>,
    schedule: Option<Schedule>,
    /// How many takes the schedule does not know of.
    news: usize,
}

impl Times {
    /// What these takes tell, in whatever order they come: the later one was over, the more it counts.
    pub fn of(takes: &[Take]) -> Self {
        let mut ended: Vec<_> = takes.iter().filter(|take| take.record.lasted.is_some()).collect();
        ended.sort_by_key(|take| take.record.finished_at);
        let mut times = Self::default();
        for take in ended {
            times.learn(take);
        }
        times
    }

    /// A take is over: what it tells, if it is known how long it was at the provider.
    pub fn learn(&mut self, take: &Take) {
        let (request, Some(lasted)) = (&take.request, take.record.lasted) else { return };
        self.all.learn(lasted);
        if self.models.len() < MODELS || self.models.contains_key(request.model.as_str()) {
            let model = self.models.entry(request.model.as_str().into()).or_default();
            model.all.learn(lasted);
            model.by_seconds.entry(request.seconds.get()).or_default().learn(lasted);
        }
    }

    /// How long a take of `request` will be at the provider, going by the videos that were made: of the same model and length, else of
    /// the same model, else of any; of the first of these of which there are enough, else of the first of which there is one.
    pub fn estimate(&self, request: &Request) -> Option<Estimate> {
        let model = self.models.get(request.model.as_str());
        let kind = model.and_then(|model| model.by_seconds.get(&request.seconds.get()));
        let known = [kind, model.map(|model| &model.all), Some(&self.all)];
        let mut estimates = known.into_iter().flatten().filter_map(Recent::estimate);
        let first = estimates.next();
        first.filter(Estimate::is_sound).or_else(|| estimates.find(Estimate::is_sound)).or(first)
    }

    /// When a take that is at the provider is best asked about next. `None` where nothing is to be learned, as long as too little is known
    /// of takes of the same model and length, and for one that has outlived them: then it is asked about as `policy` says.
    pub fn look(&mut self, take: &Take, watch: &Watch, policy: &Policy) -> Option<Timestamp> {
        if !(policy.poll_learns && matches!(take.state, State::Accepted { .. })) {
            return None;
        }
        let kind = self.models.get_mut(take.request.model.as_str())?.by_seconds.get_mut(&take.request.seconds.get())?;
        let unfinished = watch.unfinished.map(|at| take.age_at(at));
        Some(later(take.begun_at(), kind.schedule(policy)?.after(unfinished)?))
    }
}

impl Estimate {
    /// Whether enough takes are known to go by it.
    pub fn is_sound(&self) -> bool {
        self.samples >= ENOUGH
    }
}

impl Recent {
    fn learn(&mut self, lasted: Lasted) {
        if self.lasted.len() == KEPT {
            self.lasted.pop_front();
        }
        self.lasted.push_back(lasted);
        self.estimate = OnceCell::new();
        self.news += 1;
    }

    fn estimate(&self) -> Option<Estimate> {
        *self.estimate.get_or_init(|| {
            let mut middles: Vec<_> = self.lasted.iter().filter(|lasted| lasted.made).map(Lasted::middle).collect();
            middles.sort_unstable();
            let at = |tenths: usize| middles.get((middles.len() * tenths / 10).min(middles.len().saturating_sub(1)));
            Some(Estimate { median: *at(5)?, p90: *at(9)?, samples: middles.len() })
        })
    }

    /// What is to be gone by now; made anew when a sixteenth of what it is made of is new.
    fn schedule(&mut self, policy: &Policy) -> Option<&Schedule> {
        let count = self.lasted.len();
        if count >= ENOUGH && self.news * 16 >= count {
            self.schedule = Schedule::of(&self.weighed(), policy);
            self.news = 0;
        }
        self.schedule.as_ref()
    }

    /// What is kept, with how much it counts: the newest 1.
    fn weighed(&self) -> Vec<(Lasted, f64)> {
        let older = 0.5_f64.powf(1.0 / HALVES_AFTER);
        let mut weight = 1.0;
        let weigh = |lasted: &Lasted| {
            let weighed = (*lasted, weight);
            weight *= older;
            weighed
        };
        self.lasted.iter().rev().map(weigh).collect()
    }
}
