//! How a run stands that another process carries out, as far as the ledger tells. What it has in memory alone, its pace, its bounds and
//! its caps, is not known here.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::progress::{Counts, Eta, Oldest, Steady, Tally, View};
use crate::cadence::Times;
use crate::clock::Clock;
use crate::config;
use crate::price::{Currency, Money};
use crate::shot::TakeName;
use crate::take::{Standing, Take};

/// The takes of a ledger, kept up as they change.
pub(super) struct Live {
    clock: Clock,
    zone: TimeZone,
    tally: Tally,
    times: Times,
    /// What the attempts of each take cost, and what became of that.
    charges: HashMap<TakeName, Vec<(Money, Standing)>>,
    sums: BTreeMap<Currency, BTreeMap<Standing, Money>>,
    last_event: Timestamp,
    /// How many were at the provider at once since somebody looks.
    most_in_flight: usize,
    eta: Steady,
}

/// How it stands, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    holder: String,
    at: Timestamp,
    takes: Counts,
    accepted_in_the_last_minute: usize,
    money: Vec<Amounts>,
    ends_in_seconds: Option<u64>,
    ends_at: Option<Timestamp>,
    oldest_waiting: Option<Waiting>,
}

/// The money of one currency, as decimal numbers in a text.
#[derive(Debug, Serialize)]
struct Amounts {
    currency: String,
    spent: String,
    reserved: String,
    refunded: String,
    unresolved: String,
}

#[derive(Debug, Serialize)]
struct Waiting {
    #[serde(flatten)]
    take: TakeName,
    task_id: Option<String>,
    since: Timestamp,
    age_seconds: u64,
}

impl Default for Live {
    fn default() -> Self {
        let zone = config::time_zone(None).unwrap_or(TimeZone::UTC);
        Self {
            clock: Clock::start(),
            zone,
            tally: Tally::default(),
            times: Times::default(),
            charges: HashMap::new(),
            sums: BTreeMap::new(),
            last_event: Timestamp::UNIX_EPOCH,
            most_in_flight: 0,
            eta: Steady::default(),
        }
    }
}

impl Live {
    /// A take as it is now.
    pub(super) fn put(&mut self, take: &Take) {
        let record = &take.record;
        let is_news = self.tally.put(take);
        if is_news && record.lasted.is_some() {
            self.times.learn(take);
        }
        for at in [record.submitted_at, record.accepted_at, record.finished_at, record.stored_at].into_iter().flatten() {
            self.last_event = self.last_event.max(at);
        }
        self.charge(take);
    }

    /// What is shown of it, while `holder` is at it.
    pub(super) fn view(&mut self, holder: String) -> View {
        let (now, end) = self.end();
        View {
            holder: Some(holder),
            counts: self.tally.counts(),
            rate: self.tally.rate(now),
            money: self.sums.clone(),
            eta: end.map(|end| Eta::new(now, end, &self.zone)),
            oldest: self.tally.oldest().map(|oldest| (oldest.named(), age(now, oldest.since))),
            ..View::default()
        }
    }

    /// The same for programs.
    pub(super) fn document(&mut self, holder: String) -> Document {
        let (now, end) = self.end();
        let waiting = |oldest: Oldest<'_>| Waiting {
            take: oldest.take.clone(),
            task_id: oldest.task.map(str::to_owned),
            since: oldest.since,
            age_seconds: age(now, oldest.since).as_secs(),
        };
        Document {
            holder,
            at: now,
            takes: self.tally.counts(),
            accepted_in_the_last_minute: self.tally.rate(now),
            money: self.sums.iter().map(|(currency, sums)| Amounts::of(*currency, sums)).collect(),
            ends_in_seconds: end.map(|end| age(end, now).as_secs()),
            // To the second: it is an estimate.
            ends_at: end.and_then(|end| Timestamp::from_second(end.as_second()).ok()),
            oldest_waiting: self.tally.oldest().map(waiting),
        }
    }

    /// What time it is, and when it will be over, if nothing but the places at the provider keeps it: as many as were taken at once since
    /// somebody looks.
    fn end(&mut self) -> (Timestamp, Option<Timestamp>) {
        // The clock of a rehearsal is ahead of the machine's.
        let now = self.clock.now().max(self.last_event);
        self.most_in_flight = self.most_in_flight.max(self.tally.counts().in_flight());
        let ahead = self.tally.ahead(now, &self.times, usize::MAX, self.most_in_flight, f64::INFINITY);
        let end = ahead.and_then(|ahead| now.checked_add(ahead.lasts()?).ok());
        (now, self.eta.tell(now, end))
    }

    /// Counts what its attempts cost in place of what they did before.
    fn charge(&mut self, take: &Take) {
        let charges = take.charges().iter().filter(|charge| charge.standing.is_charge());
        let charges: Vec<_> = charges.filter_map(|charge| Some((charge.price?, charge.standing))).collect();
        let mut count = |(price, standing): (Money, Standing), change: fn(Money, Money) -> Money| {
            let sums = self.sums.entry(price.currency()).or_default();
            let sum = sums.entry(standing).or_insert(Money::zero(price.currency()));
            *sum = change(*sum, price);
        };
        for &before in self.charges.get(&take.name).into_iter().flatten() {
            count(before, Money::saturating_minus);
        }
        for &now in &charges {
            count(now, Money::saturating_plus);
        }
        if !charges.is_empty() {
            self.charges.insert(take.name.clone(), charges);
        }
    }
}

impl Amounts {
    fn of(currency: Currency, sums: &BTreeMap<Standing, Money>) -> Self {
        let sum = |standing| sums.get(&standing).copied().unwrap_or(Money::zero(currency)).amount();
        Self {
            currency: currency.as_str().to_owned(),
            spent: sum(Standing::Spent),
            reserved: sum(Standing::Reserved),
            refunded: sum(Standing::Refunded),
            unresolved: sum(Standing::Unresolved),
        }
    }
}

fn age(now: Timestamp, since: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}
