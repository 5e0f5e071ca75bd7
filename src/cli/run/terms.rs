//! What a run may spend and how long it may last: flags, manifest and ledger made into the engine's terms.

use std::num::NonZeroU32;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::args::{Bounds, Run};
use super::super::{Failure, caps, say};
use crate::budget::{Budget, Caps, Stated};
use crate::config;
use crate::engine::Limits;
use crate::limits;
use crate::manifest::Manifest;
use crate::plan::{Action, Plan};
use crate::price::{Bill, Money};
use crate::report::Exit;
use crate::take::{Charge, Policy};

/// What a run may spend and how long it may last.
pub(super) struct Terms {
    /// The caps, with what counts towards them already.
    pub(super) budget: Budget,
    /// When the run has to be over.
    pub(super) closes: Option<Timestamp>,
    /// Where days and months begin.
    pub(super) zone: TimeZone,
    /// How many, and how often.
    pub(super) limits: Limits,
    /// When to ask again and when to give up.
    pub(super) policy: Policy,
    /// What the caps on the number of takes let through comes to this.
    bill: Bill,
    stated: Stated,
    ignores_balance: bool,
}

impl Terms {
    /// The terms of a run of this plan that begins `now`, which leaves `others` alone, in an output directory where so much was paid for.
    pub(super) fn of(
        args: &Run,
        manifest: &Manifest,
        (plan, others): (&Plan, &Plan),
        charges: &[Charge],
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let said = &args.money;
        let stated = said.caps.stated().or(manifest.budget);
        let kept =
            limits::Stated { until: said.until, max_duration: said.max_duration, ..args.bounds.stated() }.or(manifest.limits);
        let zone = match config::time_zone(said.caps.zone.timezone.clone()) {
            Ok(zone) => zone,
            Err(error) if kept.until.is_some() || stated.day.or(stated.month).is_some() => {
                return Err(Failure::usage(error).help("say --timezone Europe/Berlin, or --timezone UTC; nothing was sent"));
            }
            Err(_) => TimeZone::UTC,
        };
        let caps = caps::read(&stated, manifest.prices.currency())?;
        is_countable(&caps, manifest, plan)?;
        let closes = kept.closes(now, &zone);
        if let Some(late) = closes.filter(|closes| *closes <= now) {
            return Err(Failure::usage(format!("the time until which this may run, {late}, has passed"))
                .help("say a time that is still to come; nothing was sent"));
        }
        let budget = Budget::new(caps, zone.clone()).after(charges);
        remind(&budget, &zone, charges, now);
        let most = budget.takes_left(now).and_then(|takes| usize::try_from(takes).ok()).unwrap_or(usize::MAX);
        let paid_for = plan.takes.iter().filter(|planned| planned.action == Action::Submit).take(most);
        let bill = paid_for.map(|planned| manifest.prices.of(&planned.take.request)).collect();
        let limits = limits(&kept, plan, others)?;
        let policy = Policy { refunds: stated.refunds.unwrap_or_default(), ..policy(&args.bounds, &kept) };
        Ok(Self { budget, closes, zone, limits, policy, bill, stated, ignores_balance: said.ignore_balance })
    }

    /// Refuses a run for which the provider's balance is too little, in units of its own.
    pub(super) fn are_covered(&self, remaining: f64, now: Timestamp) -> Result<(), Failure> {
        let Some(wanted) = self.wanted(now).filter(|_| !self.ignores_balance) else { return Ok(()) };
        let unit = self.stated.balance_unit.and_then(|unit| unit.in_currency(Some(wanted.currency())));
        let worth = unit.filter(|unit| unit.currency() == wanted.currency()).map_or(1.0, Money::to_f64);
        let balance = remaining * worth;
        if balance >= wanted.to_f64() {
            return Ok(());
        }
        let currency = wanted.currency();
        let currency = currency.as_str();
        let told = format!(
            "the provider's balance is too little for the plan: {remaining} units are {balance:.2} {currency}, and {wanted} is wanted"
        );
        let help = "top it up, or cap the run with --budget-run or --max-takes; if a unit is worth something else, say so with \
            `balance_unit` in the `budget` of the manifest; --ignore-balance runs all the same. Nothing was sent";
        Err(Failure::new(Exit::Stopped, told).help(help))
    }

    /// What the run may spend at most: what the plan comes to, within its caps.
    fn wanted(&self, now: Timestamp) -> Option<Money> {
        let sum = self.bill.sum()?;
        let left = self
            .budget
            .caps()
            .of_money()
            .map(|(cap, limit)| limit.saturating_minus(self.budget.used(cap, limit.currency(), now)));
        let least = left
            .filter(|left| left.currency() == sum.currency())
            .fold(sum, |least, left| if least.exceeds(left) { left } else { least });
        Some(least)
    }
}

/// What the run keeps to. The takes that are not selected are at the provider all the same, and take their places there.
fn limits(kept: &limits::Stated, plan: &Plan, others: &Plan) -> Result<Limits, Failure> {
    let usual = Limits::default();
    let in_flight = kept.in_flight.unwrap_or(usual.in_flight);
    let taken = others.takes.iter().filter(|other| other.take.state.in_flight()).count();
    let free = u32::try_from(taken).ok().and_then(|taken| in_flight.get().checked_sub(taken)).and_then(NonZeroU32::new);
    if free.is_none() && plan.count(Action::Submit) > 0 {
        let full = format!("{taken} takes that are not selected are at the provider, as many as --in-flight allows");
        return Err(
            Failure::new(Exit::Stopped, full).help("run without a selector first, or raise --in-flight; nothing was sent")
        );
    }
    Ok(Limits {
        pace: kept.pace.unwrap_or(usual.pace),
        burst: kept.burst.unwrap_or(usual.burst),
        in_flight: free.unwrap_or(NonZeroU32::MIN),
        poll_pace: kept.poll_pace.unwrap_or(usual.poll_pace),
        downloads: kept.downloads.unwrap_or(usual.downloads),
    })
}

fn policy(bounds: &Bounds, kept: &limits::Stated) -> Policy {
    let usual = Policy::default();
    Policy {
        poll_first: bounds.poll_first.unwrap_or(usual.poll_first),
        poll_every: bounds.poll_every.unwrap_or(usual.poll_every),
        // Whoever says when to ask is taken at their word.
        poll_learns: bounds.poll_first.or(bounds.poll_every).is_none(),
        poll_quiet: bounds.poll_quiet,
        callback_patience: bounds.callback_patience,
        grace: bounds.grace,
        patience: kept.patience.unwrap_or(usual.patience),
        refusal_patience: bounds.refusal_patience,
        attempts: kept.attempts.map_or(usual.attempts, NonZeroU32::get),
        moderated_in_a_row: bounds.moderated_in_a_row.0,
        moderated_share: bounds.moderated_share.0,
        min_video: bounds.min_video,
        max_video: bounds.max_video,
        ..usual
    }
}

/// Holds that every take that a cap on money is to count has a price.
fn is_countable(caps: &Caps, manifest: &Manifest, plan: &Plan) -> Result<(), Failure> {
    let Some((cap, _)) = caps.of_money().next() else { return Ok(()) };
    let to_pay = plan.takes.iter().filter(|planned| planned.action == Action::Submit);
    let mut unpriced = to_pay.filter(|planned| manifest.prices.of(&planned.take.request).is_none());
    let Some(first) = unpriced.next() else { return Ok(()) };
    let request = &first.take.request;
    let others = match unpriced.count() {
        0 => String::new(),
        more => format!(" and {}", say::count(more as u64, "other take")),
    };
    let why = format!(
        "{cap} cannot be kept: nobody has said what {}{others} cost, for example {} with {} seconds",
        first.name,
        request.model,
        request.seconds.get()
    );
    Err(Failure::usage(why)
        .help("state the price under `prices`, or with --prices FILE, or cap the number of takes with --max-takes"))
}

/// Says what was bought before without a price, and so is not counted towards the caps.
fn remind(budget: &Budget, zone: &TimeZone, charges: &[Charge], now: Timestamp) {
    let caps = budget.caps();
    if caps.day.or(caps.month).is_none() {
        return;
    }
    let month = now.to_zoned(zone.clone()).date().first_of_month();
    let since = month.to_zoned(zone.clone()).map_or(now - SignedDuration::from_hours(24 * 31), |first| first.timestamp());
    let charges = charges.iter().filter(|charge| charge.at >= since && charge.standing.counts());
    let unpriced = charges.filter(|charge| charge.price.is_none()).count();
    if unpriced > 0 {
        let unpriced = say::count(unpriced as u64, "submission");
        say::talk(format_args!("warning: {unpriced} of this month had no price, and are not counted towards the budget"));
    }
}
