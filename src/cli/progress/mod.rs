//! What a run shows while it is on: a few lines at the bottom of a terminal, plain lines elsewhere, and a log line for every step.
//!
//! ```text
//! events ──▶ Tally, Running, Budget ──▶ View ──draw──▶ Screen    five times a second, at most
//!                                        └────line───▶ talk      where nothing can be drawn, about every minute
//! ```

mod eta;
mod screen;
mod tally;
#[cfg(test)]
mod tests;
mod view;
mod words;

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub(super) use self::eta::Steady;
pub(super) use self::screen::Screen;
pub(super) use self::tally::{Counts, Oldest, Tally};
use self::view::EVENTS;
pub(super) use self::view::{Eta, View};
use self::words::{log, told};
use super::args::Talk;
use super::say;
use crate::account::Running;
use crate::budget::Budget;
use crate::cadence::Times;
use crate::clock::Clock;
use crate::config;
use crate::engine::{Pressure, Stop, Task, Watcher};
use crate::price::Money;
use crate::report;
use crate::take::{Event, Outcome, Standing, Take};

/// How often something new is drawn, in the world's own time.
const TICK: Duration = Duration::from_millis(200);

/// Every so many ticks it is drawn also when nothing is new, because time goes on and terminals change.
const IDLE: u32 = 5;

/// After so long without a word, a line says how it stands, where nothing is drawn: of the run's clock, but in a rehearsal not oftener than
/// every second of the world's.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// Shows what happens to the takes of one run.
pub(super) struct Progress<'a> {
    show: Show,
    about: About<'a>,
    now: RefCell<Now>,
    /// Whether there is something new.
    news: Cell<bool>,
    said_at: Cell<Timestamp>,
}

/// What a display has to know of a run that does not change, or that others change.
pub(super) struct About<'a> {
    /// The run's clock.
    pub(super) clock: Clock,
    /// How long takes are at the provider.
    pub(super) times: &'a RefCell<Times>,
    /// The caps, with what counts towards them already.
    pub(super) budget: Budget,
    /// When the run has to be over.
    pub(super) closes: Option<Timestamp>,
    /// Whose times of day are shown.
    pub(super) zone: TimeZone,
    /// Whether anything is still submitted.
    pub(super) stop: &'a Stop,
}

enum Show {
    /// Lines that stay at the bottom, and a line above them for what needs attention.
    Screen(Screen),
    /// A line for everything a person would want to know afterwards.
    Lines,
    /// Log lines say it all.
    Nothing,
}

/// How the run stands.
struct Now {
    began: Timestamp,
    tally: Tally,
    account: Running,
    budget: Budget,
    /// What takes cost, by model and length.
    prices: HashMap<(Box<str>, u8), Money>,
    pressure: Option<Pressure>,
    eta: Steady,
    events: VecDeque<(Timestamp, String)>,
}

impl<'a> Progress<'a> {
    /// A display for a run that has these takes to bring home.
    pub(super) fn new(talk: Talk, about: About<'a>, tasks: &[Task]) -> Self {
        let show = match (talk.quiet || talk.logs_steps(), config::has_display()) {
            (true, _) => Show::Nothing,
            (false, true) => Show::Screen(Screen::below_talk()),
            (false, false) => Show::Lines,
        };
        let began = about.clock.now();
        let (tally, account, budget) = (Tally::default(), Running::default(), about.budget.clone());
        let (eta, events) = (Steady::default(), VecDeque::new());
        let mut now = Now { began, tally, account, budget, prices: HashMap::new(), pressure: None, eta, events };
        if !matches!(show, Show::Nothing) {
            for Task { take, price, .. } in tasks {
                now.tally.put(take);
                now.account.found(take);
                now.prices.extend(price.map(|price| (kind(take), price)));
            }
        }
        Self { show, about, now: RefCell::new(now), news: Cell::new(true), said_at: Cell::new(began) }
    }

    /// Keeps what is shown up to date for as long as it is asked.
    pub(super) async fn keep_up(&self) -> Infallible {
        match &self.show {
            Show::Screen(screen) => loop {
                for _ in 0..IDLE {
                    if self.news.replace(false) {
                        self.draw(screen);
                    }
                    tokio::time::sleep(TICK).await;
                }
                self.news.set(true);
            },
            Show::Lines => loop {
                let clock = self.about.clock;
                let said_at = self.said_at.get();
                let silent = said_at.checked_add(SILENCE).unwrap_or(Timestamp::MAX);
                tokio::join!(clock.sleep_until(silent), tokio::time::sleep(Duration::from_secs(1)));
                if self.said_at.get() == said_at {
                    self.line(&self.view().line());
                }
            },
            Show::Nothing => std::future::pending().await,
        }
    }

    /// Takes the display away. Once is enough.
    pub(super) fn finish(&self) {
        if let Show::Screen(screen) = &self.show {
            say::above(None);
            screen.clear();
        }
    }

    fn draw(&self, screen: &Screen) {
        let (columns, rows) = screen.size();
        screen.draw(self.view().draw(columns, rows, config::colour()));
    }

    fn line(&self, text: &str) {
        match &self.show {
            Show::Screen(_) | Show::Lines => say::talk(text),
            Show::Nothing => {}
        }
        self.said_at.set(self.about.clock.now());
    }

    fn view(&self) -> View {
        let About { clock, times, closes, zone, stop, .. } = &self.about;
        let at = clock.now();
        let this = &mut *self.now.borrow_mut();
        let submits = stop.reason().is_none();
        let end = this.end(at, &times.borrow(), *closes, submits);
        let eta = this.eta.tell(at, end).map(|end| Eta::new(at, end, zone));
        let age = |since: Timestamp| Duration::try_from(at.duration_since(since)).unwrap_or_default();
        let event = |(when, text): &(Timestamp, String)| format!("{} {text}", when.to_zoned(zone.clone()).strftime("%H:%M:%S"));
        View {
            holder: None,
            counts: this.tally.counts(),
            bound: this.pressure.map(|pressure| pressure.in_flight_bound),
            rate: this.tally.rate(at),
            slowed: this.pressure.filter(|pressure| pressure.pace < 0.99 * pressure.ceiling).map(|now| (now.pace, now.ceiling)),
            money: this.account.sums(),
            left: this.budget.money_left(at),
            takes_left: this.budget.takes_left(at),
            elapsed: Some(age(this.began)),
            eta,
            oldest: this.tally.oldest().map(|oldest| (oldest.take.to_string(), age(oldest.since))),
            events: this.events.iter().map(event).collect(),
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Watcher for Progress<'_> {
    fn saw(&self, take: &Take, event: &Event) {
        log(take, event);
        if matches!(self.show, Show::Nothing) {
            return;
        }
        let at = self.about.clock.now();
        let told = told(take, event, at);
        let mut now = self.now.borrow_mut();
        now.saw(take, event);
        let counts = now.tally.counts();
        let in_short = match event {
            Event::Accepted { .. } => None,
            Event::Stored { asset } => Some(format!("stored, {}", report::size(asset.bytes))),
            _ => told.clone(),
        };
        if let Some(text) = in_short {
            now.events.push_back((at, format!("{} {text}", take.name)));
            let old = now.events.len().saturating_sub(EVENTS);
            now.events.drain(..old);
        }
        drop(now);
        self.news.set(true);
        let as_hoped = matches!(take.outcome(), Outcome::Waiting | Outcome::Stored);
        let is_drawn = matches!(self.show, Show::Screen(_)) && as_hoped;
        if let Some(text) = told.filter(|_| !is_drawn) {
            self.line(&format!("[{}/{}] {}: {text}", counts.done(), counts.all, take.name));
        }
    }

    fn pressed(&self, pressure: Pressure) {
        self.now.borrow_mut().pressure = Some(pressure);
        self.news.set(true);
    }
}

impl Now {
    fn saw(&mut self, take: &Take, event: &Event) {
        self.tally.put(take);
        self.account.saw(take);
        let Some(charge) = take.charges().last() else { return };
        let own = charge.at >= self.began;
        match (event, charge.standing) {
            (Event::Intent { .. }, _) => self.budget.take(charge.price, charge.at),
            (Event::Failed { .. }, Standing::Refunded) => self.budget.refund(charge.price, charge.at, own),
            (Event::Deferred { .. } | Event::Rejected { .. } | Event::Freed, _) => {
                self.budget.give_back(charge.price, charge.at, own);
            }
            _ => {}
        }
    }

    /// When the run will be over, as far as that can be told: takes that the caps would hold back as things stand are not waited for, nor
    /// is anything longer than until `closes`.
    fn end(&self, at: Timestamp, times: &Times, closes: Option<Timestamp>, submits: bool) -> Option<Timestamp> {
        let pressure = self.pressure?;
        let most = if submits { self.payable(at) } else { 0 };
        let ahead = self.tally.ahead(at, times, most, pressure.in_flight_bound, pressure.pace)?;
        let lasts = SignedDuration::try_from(ahead.lasts()?).ok()?;
        let end = at.checked_add(lasts).ok()?;
        Some(closes.map_or(end, |closes| end.min(closes)))
    }

    /// How many more takes the caps let through, at what those cost on average that are to be submitted. What may yet be refunded is not
    /// counted on.
    fn payable(&self, at: Timestamp) -> usize {
        let by_count = self.budget.takes_left(at).map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let (mut cost, mut count) = (0.0, 0.0);
        for (request, many) in self.tally.to_submit() {
            let many = f64::from(u32::try_from(many).unwrap_or(u32::MAX));
            let price = self.prices.get(&(request.model.as_str().into(), request.seconds.get()));
            cost += price.map_or(0.0, |price| price.to_f64()) * many;
            count += many;
        }
        let by_money = self.budget.money_left(at).filter(|_| cost > 0.0).map_or(f64::INFINITY, |(_, left, _)| {
            // A millionth of a take is no take too few.
            (left.to_f64() * count / cost + 1e-6).floor()
        });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is not negative, and saturates")]
        by_count.min(by_money as usize)
    }
}

fn kind(take: &Take) -> (Box<str>, u8) {
    (take.request.model.as_str().into(), take.request.seconds.get())
}
