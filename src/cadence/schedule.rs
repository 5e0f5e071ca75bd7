//! When to ask about a task, given how long others have taken.
//!
//! This is inspection at a cost, solved for the first time by Barlow, Hunter and Proschan ("Optimum checking procedures", 1963): a
//! question costs something, and so does the time between an end and the question that finds it. The best ages to ask at follow from the
//! distribution of the ends alone: none where nothing ends, close ones where much ends, roughly as the square root of the rate at which
//! tasks end (Keller, "Optimum checking schedules for systems subject to random failure", 1974). Their equations hold for smooth
//! distributions of certain shapes. What is learned has any shape, two humps among others, so the ages are found by dynamic programming
//! over a grid, which gives the best of all that the grid can say.

use std::time::Duration;

use crate::take::{Lasted, Policy};

/// How many ages the grid has at most, half of them evenly spread, half of them where tasks end.
const GRID: usize = 160;

/// How many takes everything that was never seen weighs as much as: an end at any age, rather early than late. It keeps a schedule
/// from trusting few takes, and from looking away for long.
const UNSEEN: f64 = 2.0;

/// How much a single take is smeared over its neighbourhood, as a share of its age, when it is the only one.
const SMEAR: f64 = 0.15;

/// No schedule for what lasts longer, in seconds: a day, after which the relay calls a task failed.
const LONGEST: f64 = 86_400.0;

/// How much a share of the delay weighs against the same share of the questions. Questions are free, and what was learned is always a
/// little smoother than what comes.
const HASTE: f64 = 1.15;

/// How often the balance between questions and delay is refined; each time halves the error of its logarithm.
const REFINEMENTS: usize = 10;

/// At which age to ask next, from any age.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    /// In seconds, rising, from 0 on.
    ages: Vec<f64>,
    /// Where in `ages` the next question is, for each but the last.
    next: Vec<usize>,
    /// The least time between two questions.
    closest: f64,
}

/// What a schedule comes to: questions and seconds of delay, each for the average take.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Cost {
    questions: f64,
    delay: f64,
}

/// The distribution of the ages at which tasks end: what was seen, smeared a little, and what was not.
struct Ends {
    /// From, to, and its share of the whole; spread evenly between the two.
    spans: Vec<(f64, f64, f64)>,
    /// The share of what was never seen, and the earliest of that.
    unseen: f64,
    earliest: f64,
    /// No schedule for what lasts longer.
    horizon: f64,
}

impl Schedule {
    /// The schedule that beats the fixed one of `policy` by most, in the worse of its questions and its delay, for tasks that end as
    /// these did, each with its weight. `None` where none beats it in both.
    pub(super) fn of(weighed: &[(Lasted, f64)], policy: &Policy) -> Option<Self> {
        let ends = Ends::of(weighed, policy);
        let closest = policy.poll_closest.as_secs_f64();
        let ages = ends.grid(weighed);
        let curve: Vec<_> = ages.iter().map(|age| ends.until(*age)).collect();
        let fixed = ends.cost(&fixed(policy, ends.horizon));
        let shares = |cost: Cost| (cost.questions / fixed.questions, HASTE * cost.delay / fixed.delay);
        // How many questions a second of delay is worth: by turns too few and too many.
        let (mut value, mut step) = ((fixed.questions / fixed.delay).ln(), 3.0);
        let mut best: Option<(f64, Vec<usize>)> = None;
        for _ in 0..REFINEMENTS {
            let (next, cost) = cheapest(&ages, &curve, closest, value.exp());
            let (questions, delay) = shares(cost);
            value += if delay > questions { step } else { -step };
            step /= 2.0;
            if questions.max(delay) < best.as_ref().map_or(1.0, |(least, _)| *least) {
                best = Some((questions.max(delay), next));
            }
        }
        best.map(|(_, next)| Self { ages, next, closest })
    }

    /// The age to ask at next. `None` beyond what was ever seen.
    pub(super) fn after(&self, asked: Option<Duration>) -> Option<Duration> {
        // A question that comes a little early is the one that was meant.
        let reached = asked.map_or(0.0, |age| age.as_secs_f64() + self.closest / 2.0);
        let from = self.ages.partition_point(|age| *age <= reached).saturating_sub(1);
        Duration::try_from_secs_f64(self.ages[*self.next.get(from)?]).ok()
    }
}

impl Ends {
    fn of(weighed: &[(Lasted, f64)], policy: &Policy) -> Self {
        let total: f64 = weighed.iter().map(|(_, weight)| weight).sum();
        let whole = total + UNSEEN;
        let spans: Vec<_> = weighed
            .iter()
            .map(|(lasted, weight)| {
                let smear = 1.0 + SMEAR * lasted.middle().as_secs_f64() / total.max(1.0).sqrt();
                let (after, by) = (lasted.after().as_secs_f64(), lasted.by().as_secs_f64());
                ((after - smear).max(0.0), by + smear, weight / whole)
            })
            .collect();
        let horizon = (longest_but_few(&spans) + policy.poll_every.as_secs_f64()).min(LONGEST);
        Self { spans, unseen: UNSEEN / whole, earliest: policy.poll_closest.as_secs_f64().max(1.0), horizon }
    }

    /// Ages to choose among: 0, some all over, some where tasks end, the horizon.
    fn grid(&self, weighed: &[(Lasted, f64)]) -> Vec<f64> {
        let even = (0..GRID / 2).map(|n| self.horizon * share(n, GRID / 2));
        let mut ends: Vec<_> = weighed.iter().map(|(lasted, _)| lasted.by().as_secs_f64()).collect();
        ends.sort_by(f64::total_cmp);
        let crowded = ends.iter().step_by(ends.len().div_ceil(GRID / 2).max(1));
        let mut ages: Vec<_> = even.chain(crowded.copied().filter(|age| *age < self.horizon)).collect();
        ages.sort_by(f64::total_cmp);
        ages.dedup_by(|next, age| *next - *age < 1.0);
        ages.push(self.horizon);
        ages
    }

    /// The share of tasks that end by `age`, and the integral of that share from 0 to `age`.
    fn until(&self, age: f64) -> (f64, f64) {
        // Evenly spread over the logarithm of the age.
        let (least, range) = (self.earliest, (self.horizon / self.earliest).max(2.0).ln());
        let seldom = if age <= least {
            (0.0, 0.0)
        } else {
            let log = (age / least).ln();
            ((log / range).min(1.0), (age * log - age + least) / range)
        };
        let start = (self.unseen * seldom.0, self.unseen * seldom.1);
        self.spans.iter().fold(start, |(by, sum), (from, to, share)| {
            let (width, inside) = (to - from, (age - from).clamp(0.0, to - from));
            let beyond = (age - to).max(0.0);
            (by + share * inside / width, sum + share * (inside * inside / 2.0 / width + beyond))
        })
    }

    /// What it costs to ask at these ages, which end with the horizon.
    fn cost(&self, ages: &[f64]) -> Cost {
        let starts = std::iter::once(0.0).chain(ages.iter().copied());
        starts
            .zip(ages)
            .fold(Cost::default(), |cost, (from, to)| cost.and(stretch((from, self.until(from)), (*to, self.until(*to)))))
    }
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self { questions: self.questions + other.questions, delay: self.delay + other.delay }
    }
}

/// What one question costs, asked at the end of a stretch at whose beginning the last one was: each an age, with the share of tasks that
/// end by then and its integral.
fn stretch((from, (by_from, sum_from)): (f64, (f64, f64)), (to, (_, sum_to)): (f64, (f64, f64))) -> Cost {
    Cost { questions: 1.0 - by_from, delay: sum_to - sum_from - by_from * (to - from) }
}

/// The cheapest way from each age to the last, when a second of delay is worth so many questions; and what the whole of it costs.
fn cheapest(ages: &[f64], curve: &[(f64, f64)], closest: f64, value: f64) -> (Vec<usize>, Cost) {
    let last = ages.len() - 1;
    let mut next = vec![last; last];
    let mut costs = vec![Cost::default(); ages.len()];
    let worth = |cost: Cost| cost.questions + value * cost.delay;
    for from in (0..last).rev() {
        let reached = |to: usize| stretch((ages[from], curve[from]), (ages[to], curve[to])).and(costs[to]);
        let allowed = (from + 1..=last).filter(|to| *to == last || ages[*to] - ages[from] >= closest);
        let best = allowed.map(|to| (to, reached(to))).min_by(|a, b| worth(a.1).total_cmp(&worth(b.1)));
        if let Some((to, cost)) = best {
            (next[from], costs[from]) = (to, cost);
        }
    }
    (next, costs[0])
}

/// The ages at which a task is asked about that nothing is known of, up to the horizon.
fn fixed(policy: &Policy, horizon: f64) -> Vec<f64> {
    let spread = 1.0 + policy.jitter / 2.0;
    let (first, every) = (policy.poll_first.as_secs_f64() * spread, policy.poll_every.as_secs_f64() * spread);
    let ages = std::iter::successors(Some(first), |age| Some(age + every.max(1.0)));
    ages.take_while(|age| *age < horizon).chain([horizon]).collect()
}

/// The age by which all but two of a hundred are over.
fn longest_but_few(spans: &[(f64, f64, f64)]) -> f64 {
    let mut ends: Vec<_> = spans.iter().map(|(_, to, share)| (*to, *share)).collect();
    ends.sort_by(|a, b| b.0.total_cmp(&a.0));
    let few = 0.02 * ends.iter().map(|(_, share)| share).sum::<f64>();
    let mut longer = 0.0;
    let beyond = |(_, share): &&(f64, f64)| {
        longer += share;
        longer > few
    };
    ends.iter().find(beyond).map_or(0.0, |(to, _)| *to)
}

/// `part` of `whole`, neither of them large.
fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole).max(1.0)
}
