//! Budget: how much may be spent and how many submissions may be made, and what counts towards that. Pure: whoever calls says when each
//! attempt was begun and what became of it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::price::{Amount, Currency, Money};
use crate::take::{Charge, Refunds, Standing};

/// How long a submission counts towards [`Caps::daily`].
const ROLLING: SignedDuration = SignedDuration::from_hours(24);

/// How much, and how many; `None`: any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// The money of one run.
    pub run: Option<Money>,
    /// The money of one day.
    pub day: Option<Money>,
    /// The money of one month.
    pub month: Option<Money>,
    /// The takes that one run may pay for.
    pub takes: Option<NonZeroU32>,
    /// The submissions of any 24 hours, over all runs.
    pub daily: Option<NonZeroU32>,
}

/// Caps, and rules about money, as people say them; what nobody says is not capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stated {
    /// The money of one run.
    pub run: Option<Amount>,
    /// The money of one day.
    pub day: Option<Amount>,
    /// The money of one month.
    pub month: Option<Amount>,
    /// The takes that one run may pay for.
    pub takes: Option<NonZeroU32>,
    /// The submissions of any 24 hours.
    pub daily: Option<NonZeroU32>,
    /// Which tasks that failed are refunded, where the provider does not say.
    pub refunds: Option<Refunds>,
    /// What one unit of the provider's balance is worth.
    pub balance_unit: Option<Amount>,
}

/// Why caps on money cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCaps {
    /// An amount without a currency, and no prices that would have one.
    #[error("the budget is an amount without a currency, and no prices say which one is meant")]
    NoCurrency,
    /// A budget in another currency than the prices.
    #[error("the budget is in {budget:?}, and the prices are in {prices:?}")]
    OtherCurrency {
        /// Of the budget.
        budget: Currency,
        /// Of the prices.
        prices: Currency,
    },
}

impl Stated {
    /// With what `other` says where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            run: self.run.or(other.run),
            day: self.day.or(other.day),
            month: self.month.or(other.month),
            takes: self.takes.or(other.takes),
            daily: self.daily.or(other.daily),
            refunds: self.refunds.or(other.refunds),
            balance_unit: self.balance_unit.or(other.balance_unit),
        }
    }

    /// The caps, where takes are paid for in `currency`; `None`: nobody has stated a price.
    pub fn caps(&self, currency: Option<Currency>) -> Result<Caps, BadCaps> {
        let money = |amount: Option<Amount>| {
            let Some(amount) = amount else { return Ok(None) };
            let money = amount.in_currency(currency).ok_or(BadCaps::NoCurrency)?;
            match currency.filter(|prices| *prices != money.currency()) {
                Some(prices) => Err(BadCaps::OtherCurrency { budget: money.currency(), prices }),
                None => Ok(Some(money)),
            }
        };
        let (run, day, month) = (money(self.run)?, money(self.day)?, money(self.month)?);
        Ok(Caps { run, day, month, takes: self.takes, daily: self.daily })
    }
}

/// One of the caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cap {
    /// [`Caps::run`].
    Run,
    /// [`Caps::takes`].
    Takes,
    /// [`Caps::month`].
    Month,
    /// [`Caps::day`].
    Day,
    /// [`Caps::daily`].
    Daily,
}

/// Why a take cannot be paid for at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// The cap that it would pass.
    pub cap: Cap,
    /// How much is used, and of how much.
    pub used: Used,
    /// What the take would have cost, where that is known.
    pub price: Option<Money>,
    /// From when on it will be otherwise by itself; `None`: not while the run lasts.
    pub again: Option<Timestamp>,
}

/// How much of a cap is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// So much of so much money.
    Money(Money, Money),
    /// So many of so many submissions.
    Count(u32, u32),
}

/// What is counted, and the caps that it is counted towards.
#[derive(Debug, Clone)]
pub struct Budget {
    caps: Caps,
    zone: TimeZone,
    run: Sums,
    takes: u32,
    /// What was begun on each day, in the zone.
    days: BTreeMap<Date, Sums>,
    /// How many submissions were begun when.
    begun: BTreeMap<Timestamp, u32>,
}

/// Money by currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Sums(BTreeMap<Currency, Money>);

impl Caps {
    /// Whether there is no cap at all.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// The caps on money.
    pub fn of_money(&self) -> impl Iterator<Item = (Cap, Money)> {
        [(Cap::Run, self.run), (Cap::Month, self.month), (Cap::Day, self.day)]
            .into_iter()
            .filter_map(|(cap, limit)| Some((cap, limit?)))
    }
}

impl Budget {
    /// Nothing counted yet. Days and months are those of `zone`.
    pub fn new(caps: Caps, zone: TimeZone) -> Self {
        let (run, takes, days, begun) = Default::default();
        Self { caps, zone, run, takes, days, begun }
    }

    /// With what earlier runs have left: all that counts, whenever it was.
    #[must_use]
    pub fn after<'a>(mut self, charges: impl IntoIterator<Item = &'a Charge>) -> Self {
        self.add(charges);
        self
    }

    /// Counts what earlier runs have left.
    pub fn add<'a>(&mut self, charges: impl IntoIterator<Item = &'a Charge>) {
        for charge in charges {
            match charge.standing {
                Standing::Spent | Standing::Reserved | Standing::Unresolved => self.keep(charge.price, charge.at),
                Standing::Refunded => self.begin(charge.at),
                Standing::Returned => {}
            }
        }
    }

    /// Counts an attempt of an earlier run.
    pub fn keep(&mut self, price: Option<Money>, at: Timestamp) {
        self.add_to_day(price, at);
        self.begin(at);
    }

    /// Counts a submission whose money has come back.
    pub fn begin(&mut self, at: Timestamp) {
        // Nobody else asks.
        if self.caps.daily.is_some() {
            *self.begun.entry(at).or_default() += 1;
        }
    }

    /// The caps.
    pub fn caps(&self) -> &Caps {
        &self.caps
    }

    /// Whether an attempt at `price`, begun at `at`, passes no cap. A price that is not known passes every cap on money.
    pub fn fits(&self, price: Option<Money>, at: Timestamp) -> Result<(), Shortage> {
        self.count_fits(price)?;
        for (cap, limit) in self.caps.of_money() {
            let used = self.used(cap, limit.currency(), at);
            let fits = price.and_then(|price| used.plus(price)).is_some_and(|sum| !sum.exceeds(limit));
            if !fits {
                return Err(Shortage { cap, used: Used::Money(used, limit), price, again: self.again(cap, at) });
            }
        }
        self.daily_fits(price, at)
    }

    /// How much counts towards this cap on money at `at`.
    pub fn used(&self, cap: Cap, currency: Currency, at: Timestamp) -> Money {
        let today = self.day(at);
        match cap {
            Cap::Day => self.days.get(&today).map_or(Money::zero(currency), |sums| sums.of(currency)),
            Cap::Month => {
                let days = self.days.range(today.first_of_month()..=today.last_of_month());
                let sums = days.map(|(_, sums)| sums.of(currency));
                sums.fold(Money::zero(currency), Money::saturating_plus)
            }
            Cap::Run | Cap::Takes | Cap::Daily => self.run.of(currency),
        }
    }

    /// How much of each cap is used at `at`.
    pub fn standings(&self, at: Timestamp) -> Vec<(Cap, Used)> {
        let money = self.caps.of_money().map(|(cap, limit)| (cap, Used::Money(self.used(cap, limit.currency(), at), limit)));
        let takes = self.caps.takes.map(|limit| (Cap::Takes, Used::Count(self.takes, limit.get())));
        let daily = self.caps.daily.map(|limit| (Cap::Daily, Used::Count(self.recent(at), limit.get())));
        money.chain(takes).chain(daily).collect()
    }

    /// What is left at `at` of the cap on money that leaves least, and of how much; `None` where money is not capped.
    pub fn money_left(&self, at: Timestamp) -> Option<(Cap, Money, Money)> {
        let left = |(cap, limit): (Cap, Money)| (cap, limit.saturating_minus(self.used(cap, limit.currency(), at)), limit);
        let tighter = |one: (Cap, Money, Money), other: (Cap, Money, Money)| {
            let same = one.1.currency() == other.1.currency();
            if same && one.1.exceeds(other.1) { other } else { one }
        };
        self.caps.of_money().map(left).reduce(tighter)
    }

    /// How many more submissions the caps on their number let through at `at`; `None` where that is not capped.
    pub fn takes_left(&self, at: Timestamp) -> Option<u32> {
        let takes = self.caps.takes.map(|limit| limit.get().saturating_sub(self.takes));
        let daily = self.caps.daily.map(|limit| limit.get().saturating_sub(self.recent(at)));
        takes.into_iter().chain(daily).min()
    }

    /// How many submissions were begun in the 24 hours before `at`.
    fn recent(&self, at: Timestamp) -> u32 {
        self.begun_within_a_day(at).fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Counts an attempt of this run, begun at `at`.
    pub fn take(&mut self, price: Option<Money>, at: Timestamp) {
        self.takes = self.takes.saturating_add(1);
        if let Some(price) = price {
            self.run.add(price);
        }
        self.keep(price, at);
    }

    /// Counts an attempt no more whose money comes back; `own`: one of this run.
    pub fn refund(&mut self, price: Option<Money>, at: Timestamp, own: bool) {
        if own {
            self.takes = self.takes.saturating_sub(1);
        }
        let Some(price) = price else { return };
        if own {
            self.run.subtract(price);
        }
        let day = self.day(at);
        if let Some(sums) = self.days.get_mut(&day) {
            sums.subtract(price);
        }
    }

    /// Counts an attempt no more that was never taken on; `own`: one of this run.
    pub fn give_back(&mut self, price: Option<Money>, at: Timestamp, own: bool) {
        self.refund(price, at, own);
        if let Some(count) = self.begun.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                self.begun.remove(&at);
            }
        }
    }

    fn add_to_day(&mut self, price: Option<Money>, at: Timestamp) {
        let day = self.day(at);
        if let Some(price) = price {
            self.days.entry(day).or_default().add(price);
        }
    }

    fn count_fits(&self, price: Option<Money>) -> Result<(), Shortage> {
        match self.caps.takes {
            Some(limit) if self.takes >= limit.get() => {
                Err(Shortage { cap: Cap::Takes, used: Used::Count(self.takes, limit.get()), price, again: None })
            }
            _ => Ok(()),
        }
    }

    fn daily_fits(&self, price: Option<Money>, at: Timestamp) -> Result<(), Shortage> {
        let Some(limit) = self.caps.daily.map(NonZeroU32::get) else { return Ok(()) };
        let used = self.recent(at);
        if used < limit {
            return Ok(());
        }
        // So many have to be older than a day before there is room for one more.
        let mut excess = used - limit + 1;
        let freeing = self.begun_within_a_day(at).find(|(_, count)| {
            excess = excess.saturating_sub(**count);
            excess == 0
        });
        let again = freeing.and_then(|(begun, _)| begun.checked_add(ROLLING).ok());
        Err(Shortage { cap: Cap::Daily, used: Used::Count(used, limit), price, again })
    }

    /// What was begun in the 24 hours before `at`, by when.
    fn begun_within_a_day(&self, at: Timestamp) -> impl Iterator<Item = (&Timestamp, &u32)> {
        let since = at.checked_sub(ROLLING).unwrap_or(Timestamp::MIN);
        self.begun.range(since..).skip_while(move |(begun, _)| **begun == since)
    }

    /// When the cap begins to count anew.
    fn again(&self, cap: Cap, at: Timestamp) -> Option<Timestamp> {
        let today = self.day(at);
        let next = match cap {
            Cap::Day => today.checked_add(1.day()).ok()?,
            Cap::Month => today.last_of_month().checked_add(1.day()).ok()?,
            Cap::Run | Cap::Takes | Cap::Daily => return None,
        };
        next.to_zoned(self.zone.clone()).ok().map(|midnight| midnight.timestamp())
    }

    fn day(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }
}

impl Sums {
    fn of(&self, currency: Currency) -> Money {
        self.0.get(&currency).copied().unwrap_or(Money::zero(currency))
    }

    fn add(&mut self, price: Money) {
        let sum = self.of(price.currency()).saturating_plus(price);
        self.0.insert(price.currency(), sum);
    }

    fn subtract(&mut self, price: Money) {
        let sum = self.of(price.currency()).saturating_minus(price);
        self.0.insert(price.currency(), sum);
    }
}

impl Cap {
    /// The cap in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Takes => "takes",
            Self::Month => "month",
            Self::Day => "day",
            Self::Daily => "daily_quota",
        }
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run => "the budget of the run",
            Self::Takes => "--max-takes",
            Self::Month => "the budget of the month",
            Self::Day => "the budget of the day",
            Self::Daily => "the daily quota",
        })
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.used {
            Used::Money(used, limit) => {
                write!(f, "{} is used up: {} of {limit}", self.cap, used.amount())?;
                match self.price {
                    Some(price) => write!(f, ", and the next take costs {}", price.amount()),
                    None => f.write_str(", and nobody has said what the next take costs"),
                }
            }
            Used::Count(used, limit) => write!(f, "{} is used up: {used} of {limit} submissions", self.cap),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd(cents: u32) -> Money {
        format!("{}.{:02} USD", cents / 100, cents % 100).parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn budget(caps: Caps) -> Budget {
        Budget::new(caps, TimeZone::get("Europe/Berlin").unwrap())
    }

    #[test]
    fn days_and_months_begin_at_local_midnight() {
        let caps = Caps { day: Some(usd(100)), month: Some(usd(150)), ..Caps::default() };
        let mut budget = budget(caps);
        let evening = at("2026-10-30T22:59:59.999Z");
        budget.take(Some(usd(100)), evening);
        let told = |budget: &Budget, when| budget.fits(Some(usd(50)), at(when)).map_err(|why| (why.cap, why.again.unwrap()));
        assert_eq!(
            told(&budget, "2026-10-30T22:59:59.999Z"),
            Err((Cap::Day, at("2026-10-30T23:00:00Z"))),
            "winter time has begun"
        );
        assert_eq!(told(&budget, "2026-10-30T23:00:00Z"), Ok(()));
        budget.take(Some(usd(50)), at("2026-10-30T23:00:00Z"));
        assert_eq!(told(&budget, "2026-10-31T22:59:00Z"), Err((Cap::Month, at("2026-10-31T23:00:00Z"))));
        assert_eq!(told(&budget, "2026-10-31T23:00:00Z"), Ok(()), "November, in Berlin");
        budget.refund(Some(usd(100)), evening, true);
        assert_eq!(told(&budget, "2026-10-30T22:59:59.999Z"), Ok(()), "a refund belongs to the day of the attempt");
    }

    #[test]
    fn a_daily_quota_is_any_24_hours() {
        let caps = Caps { daily: NonZeroU32::new(2), ..Caps::default() };
        let old = |when| Charge { at: at(when), price: None, standing: Standing::Spent, points: None, refund: None };
        let returned = Charge { standing: Standing::Returned, ..old("2026-11-22T22:03:00Z") };
        let failed = Charge { standing: Standing::Refunded, ..old("2026-11-22T22:02:00Z") };
        let mut budget = budget(caps).after(&[old("2026-11-22T22:00:00Z"), failed, returned]);
        let again = |budget: &Budget, when| budget.fits(None, at(when)).err().and_then(|why| why.again);
        assert_eq!(again(&budget, "2026-11-23T21:59:59Z"), Some(at("2026-11-23T22:00:00Z")));
        assert_eq!(again(&budget, "2026-11-23T22:00:00Z"), None);
        budget.take(None, at("2026-11-23T22:00:00Z"));
        assert_eq!(again(&budget, "2026-11-23T22:00:01Z"), Some(at("2026-11-23T22:02:00Z")));
        budget.give_back(None, at("2026-11-23T22:00:00Z"), true);
        assert_eq!(again(&budget, "2026-11-23T22:00:01Z"), None);
    }

    #[test]
    fn what_has_no_price_passes_every_cap_on_money_and_counts_as_a_take() {
        let caps = Caps { run: Some(usd(1000)), ..Caps::default() };
        assert_eq!(budget(caps).fits(None, at("2026-11-22T22:00:00Z")).map_err(|why| why.cap), Err(Cap::Run));
        let mut counted = budget(Caps { takes: NonZeroU32::new(1), ..Caps::default() });
        let now = at("2026-11-22T22:00:00Z");
        assert_eq!(counted.fits(None, now), Ok(()));
        counted.take(None, now);
        let why = counted.fits(None, now).unwrap_err();
        assert_eq!(why.to_string(), "--max-takes is used up: 1 of 1 submissions");
        counted.refund(None, now, true);
        assert_eq!(counted.fits(None, now), Ok(()));
    }

    #[derive(Debug, Clone, Copy)]
    enum Deed {
        Take(u32),
        Refund(usize),
        GiveBack(usize),
    }

    fn deeds() -> impl Strategy<Value = Vec<(i64, Deed)>> {
        let deed = prop_oneof![
            3 => (1..90_u32).prop_map(Deed::Take),
            1 => any::<usize>().prop_map(Deed::Refund),
            1 => any::<usize>().prop_map(Deed::GiveBack),
        ];
        proptest::collection::vec((0..40_000_i64, deed), 0..120)
    }

    proptest! {
        #[test]
        fn no_cap_is_ever_passed_and_what_fits_is_let_through(deeds in deeds()) {
            let caps = Caps {
                run: Some(usd(1500)),
                day: Some(usd(400)),
                month: Some(usd(900)),
                takes: NonZeroU32::new(40),
                daily: NonZeroU32::new(9),
            };
            let zone = TimeZone::get("Europe/Berlin").unwrap();
            let mut budget = budget(caps);
            let mut now = at("2026-10-20T12:00:00Z");
            let mut kept: Vec<(Timestamp, u32)> = Vec::new();
            let mut begun: Vec<Timestamp> = Vec::new();
            for (later, deed) in deeds {
                now = now.checked_add(SignedDuration::from_secs(later)).unwrap();
                let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
                match deed {
                    Deed::Take(cents) => {
                        let of = |counts: &dyn Fn(Date) -> bool| -> u32 {
                            kept.iter().filter(|(at, _)| counts(day(*at))).map(|(_, cents)| cents).sum::<u32>() + cents
                        };
                        let today = day(now);
                        let month = |date: Date| date.first_of_month() == today.first_of_month();
                        let recent = begun.iter().filter(|at| now.duration_since(**at) < ROLLING).count();
                        let fits = of(&|_| true) <= 1500 && of(&|date| date == today) <= 400 && of(&month) <= 900
                            && kept.len() < 40 && recent < 9;
                        prop_assert_eq!(budget.fits(Some(usd(cents)), now).is_ok(), fits);
                        if fits {
                            budget.take(Some(usd(cents)), now);
                            kept.push((now, cents));
                            begun.push(now);
                        }
                    }
                    Deed::Refund(which) if !kept.is_empty() => {
                        let (at, cents) = kept.swap_remove(which % kept.len());
                        budget.refund(Some(usd(cents)), at, true);
                    }
                    Deed::GiveBack(which) if !kept.is_empty() => {
                        let (at, cents) = kept.swap_remove(which % kept.len());
                        begun.swap_remove(begun.iter().position(|begun| *begun == at).unwrap());
                        budget.give_back(Some(usd(cents)), at, true);
                    }
                    Deed::Refund(_) | Deed::GiveBack(_) => {}
                }
            }
        }

        #[test]
        fn when_it_says_that_it_fits_again_it_does(ages in proptest::collection::vec(0..100_000_i64, 1..40), limit in 1..12_u32) {
            let caps = Caps { daily: NonZeroU32::new(limit), ..Caps::default() };
            let now = at("2026-11-22T22:00:00Z");
            let begun = |age: &i64| now.checked_sub(SignedDuration::from_secs(*age)).unwrap();
            let charge = |age| Charge { at: begun(age), price: None, standing: Standing::Spent, points: None, refund: None };
            let budget = budget(caps).after(&ages.iter().map(charge).collect::<Vec<_>>());
            if let Err(Shortage { again, .. }) = budget.fits(None, now) {
                let again = again.unwrap();
                prop_assert!(again > now);
                prop_assert!(budget.fits(None, again).is_ok());
                prop_assert!(budget.fits(None, again.checked_sub(SignedDuration::from_millis(1)).unwrap()).is_err());
            }
        }
    }
}
