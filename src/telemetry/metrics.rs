//! The metrics of one run, for whoever is woken by them and whoever looks at them the next morning.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use jiff::Timestamp;

use super::exposition::{Exposition, Histogram, seconds};
use crate::account::Running;
use crate::clock::Clock;
use crate::engine::{Phase, Watcher};
use crate::report::{Exit, Totals};
use crate::shot::TakeName;
use crate::take::{Class, Event, Outcome, State, Take};

/// What a page of metrics begins with, however the run went.
const FIRST: &str = "rushes_run_on";

/// Counts what happens in a run.
pub struct Metrics(RefCell<Counts>);

struct Counts {
    clock: Clock,
    started: Timestamp,
    ended: Option<(Timestamp, Exit)>,
    output: String,
    run: Option<String>,
    driven: Option<Driven>,
    /// How the takes of the manifest stand, as the run has summed them up.
    summed: Option<Totals>,
    submissions: u64,
    polls: u64,
    downloads: u64,
    deferrals: u64,
    failures: [u64; Class::ALL.len()],
    rejections: u64,
    bytes: u64,
    account: Running,
    /// By model and length.
    generation: BTreeMap<(String, String), Histogram>,
}

/// The takes of a run.
struct Driven {
    /// Those that it has begun with.
    begun: HashMap<TakeName, Begun>,
    /// How many it has not begun with.
    planned: usize,
    /// How the others of the manifest stand, which it leaves alone.
    others: Totals,
}

/// A take that the run looks after.
struct Begun {
    outcome: Outcome,
    in_flight: bool,
    /// Since when something paid for is awaited.
    paid_since: Option<Timestamp>,
}

impl Metrics {
    /// Nothing has happened yet, in a run that begins now, into the output directory that is called this, as far as that is known.
    pub fn new(clock: Clock, output: &Path) -> Self {
        Self(RefCell::new(Counts {
            clock,
            started: clock.now(),
            ended: None,
            output: output.display().to_string(),
            run: None,
            driven: None,
            summed: None,
            submissions: 0,
            polls: 0,
            downloads: 0,
            deferrals: 0,
            failures: [0; Class::ALL.len()],
            rejections: 0,
            bytes: 0,
            account: Running::default(),
            generation: BTreeMap::new(),
        }))
    }

    /// It is the output directory that is called this.
    pub fn is_about(&self, output: &Path) {
        self.0.borrow_mut().output = output.display().to_string();
    }

    /// The run holds it, and has a name and a clock of its own.
    pub fn opened(&self, run: &str, clock: Clock) {
        let mut counts = self.0.borrow_mut();
        (counts.run, counts.clock, counts.started) = (Some(run.to_owned()), clock, clock.now());
    }

    /// These are the takes that it is to drive, and so stand the others of its manifest.
    pub fn drives<'a>(&self, takes: impl Iterator<Item = &'a Take>, others: Totals) {
        let counts = &mut *self.0.borrow_mut();
        let (mut begun, mut planned) = (HashMap::new(), 0);
        for take in takes {
            if matches!(take.state, State::Planned { .. }) {
                planned += 1;
            } else {
                counts.account.found(take);
                begun.insert(take.name.clone(), Begun::of(take));
            }
        }
        counts.driven = Some(Driven { begun, planned, others });
    }

    /// The run has summed up how the takes of its manifest stand.
    pub fn summed(&self, totals: Totals) {
        self.0.borrow_mut().summed = Some(totals);
    }

    /// It is over, and the process is about to end with this code.
    pub fn ended(&self, exit: Exit) {
        let mut counts = self.0.borrow_mut();
        counts.ended = Some((counts.clock.now(), exit));
    }

    /// The first line of every page, by which one is known from other files.
    pub fn first_line() -> String {
        format!("# HELP {FIRST} ")
    }

    /// Whether `page` says that the run into this very output directory is on.
    pub fn is_of_a_run_that_is_on(&self, page: &str) -> bool {
        let mut on = self.0.borrow().page();
        on.family(FIRST, "gauge", "").sample(&[], 1);
        let on = on.into_text();
        on.lines().last().is_some_and(|wanted| page.lines().any(|line| line == wanted))
    }

    /// The page as it is now.
    pub fn text(&self) -> String {
        self.0.borrow().text()
    }
}

impl Watcher for Metrics {
    fn saw(&self, take: &Take, event: &Event) {
        self.0.borrow_mut().saw(take, event);
    }

    fn began(&self, _: &Take, phase: Phase) {
        let mut counts = self.0.borrow_mut();
        match phase {
            Phase::Submit => counts.submissions += 1,
            Phase::Poll => counts.polls += 1,
            Phase::Fetch => counts.downloads += 1,
            Phase::Drive | Phase::WaitToSubmit | Phase::WaitToFetch | Phase::Store => {}
        }
    }
}

impl Begun {
    fn of(take: &Take) -> Self {
        let outcome = take.outcome();
        let paid_since = take.record.accepted_at.filter(|_| outcome == Outcome::Waiting);
        Self { outcome, in_flight: take.state.in_flight(), paid_since }
    }
}

impl Driven {
    /// How many takes of the manifest there are of this outcome.
    fn count(&self, outcome: Outcome) -> usize {
        let planned = if outcome == Outcome::Held { self.planned } else { 0 };
        self.others.count(outcome) + planned + self.begun.values().filter(|take| take.outcome == outcome).count()
    }
}

impl Counts {
    fn saw(&mut self, take: &Take, event: &Event) {
        match event {
            Event::Deferred { .. } => self.deferrals += 1,
            Event::Rejected { class, .. } => {
                self.rejections += 1;
                self.failures[*class as usize] += 1;
            }
            Event::Failed { class, .. } => self.failures[*class as usize] += 1,
            Event::Stored { asset } => self.bytes = self.bytes.saturating_add(asset.bytes),
            Event::Succeeded { .. } => self.generated(take),
            _ => {}
        }
        self.account.saw(take);
        if let Some(Driven { begun, planned, .. }) = &mut self.driven
            && begun.insert(take.name.clone(), Begun::of(take)).is_none()
        {
            *planned = planned.saturating_sub(1);
        }
    }

    /// A video is made. A fresh link to it is told in the same way, and tells nothing new; and what an earlier run left behind was
    /// made while nobody looked.
    fn generated(&mut self, take: &Take) {
        let before = self.driven.as_ref().and_then(|driven| driven.begun.get(&take.name));
        let accepted = take.record.accepted_at.filter(|at| *at >= self.started && before.is_some_and(|take| take.in_flight));
        if let (Some(from), Some(to)) = (accepted, take.record.finished_at) {
            let lasted = u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0);
            let kind = (take.request.model.clone(), u8::from(take.request.seconds).to_string());
            self.generation.entry(kind).or_default().add(lasted);
        }
    }

    fn page(&self) -> Exposition {
        Exposition::new(vec![("output", self.output.clone())])
    }

    fn text(&self) -> String {
        let mut page = self.page();
        page.family(FIRST, "gauge", "Whether the run is on: 1, or 0 when it is over.")
            .sample(&[], u8::from(self.ended.is_none()));
        page.family("rushes_run_start_timestamp_seconds", "gauge", "When the run began.").sample(&[], instant(self.started));
        if let Some((at, exit)) = self.ended {
            page.family("rushes_run_end_timestamp_seconds", "gauge", "When the run ended.").sample(&[], instant(at));
            page.family("rushes_run_exit_code", "gauge", "How the run ended: 0 when all is done.").sample(&[], exit.code());
        }
        let version = ("version", env!("CARGO_PKG_VERSION"));
        page.family("rushes_run_info", "gauge", "Which run it is, and of which rushes; always 1.")
            .sample(&[("run", self.run.as_deref().unwrap_or_default()), version], 1);
        let driven = |outcome| self.driven.as_ref().map(|driven| driven.count(outcome));
        let count = |outcome| self.summed.map(|totals| totals.count(outcome)).or_else(|| driven(outcome));
        if self.summed.is_some() || self.driven.is_some() {
            let mut takes = page.family("rushes_takes", "gauge", "Takes of the manifest, by how they stand.");
            for outcome in Totals::OUTCOMES {
                takes = takes.sample(&[("outcome", outcome.as_str())], count(outcome).unwrap_or(0));
            }
        }
        self.driven(&mut page);
        page.into_text()
    }

    /// What the run has done so far.
    fn driven(&self, page: &mut Exposition) {
        let begun = || self.driven.iter().flat_map(|driven| driven.begun.values());
        let in_flight = begun().filter(|take| take.in_flight).count();
        page.family("rushes_takes_in_flight", "gauge", "Takes that the provider works on.").sample(&[], in_flight);
        let oldest = begun().filter_map(|take| take.paid_since).min();
        let age = oldest.map_or(0, |since| self.clock.now().as_millisecond().saturating_sub(since.as_millisecond()));
        page.family(
            "rushes_oldest_waiting_take_age_seconds",
            "gauge",
            "How long ago the oldest take was accepted that is not on disk; 0 when none waits.",
        )
        .sample(&[], seconds(u64::try_from(age).unwrap_or(0)));
        page.family("rushes_submissions_total", "counter", "Submissions of this run.").sample(&[], self.submissions);
        page.family("rushes_polls_total", "counter", "Questions about a task of this run.").sample(&[], self.polls);
        page.family("rushes_downloads_total", "counter", "Downloads begun by this run.").sample(&[], self.downloads);
        page.family("rushes_stored_bytes_total", "counter", "Bytes of the videos that this run has put on disk.")
            .sample(&[], self.bytes);
        page.family(
            "rushes_refusals_total",
            "counter",
            "Submissions of this run that the provider did not take on: not now, or never.",
        )
        .sample(&[("until", "later")], self.deferrals)
        .sample(&[("until", "never")], self.rejections);
        let mut failures = page.family(
            "rushes_failures_total",
            "counter",
            "Takes that ended without a video in this run, rejected ones included, by class.",
        );
        for (class, count) in Class::ALL.into_iter().zip(self.failures) {
            failures = failures.sample(&[("class", class.as_str())], count);
        }
        let sums = self.account.sums();
        if !sums.is_empty() {
            let mut money =
                page.family("rushes_money", "gauge", "Stated prices of this run's attempts, by what became of them.");
            for (currency, sums) in sums {
                for (standing, sum) in sums {
                    money = money.sample(&[("currency", currency.as_str()), ("standing", standing.as_str())], sum.amount());
                }
            }
        }
        if !self.generation.is_empty() {
            let mut family =
                page.family("rushes_generation_seconds", "histogram", "From acceptance to the poll that found the video made.");
            for ((model, length), histogram) in &self.generation {
                family = family.histogram(&[("model", model), ("seconds", length)], histogram);
            }
        }
    }
}

fn instant(at: Timestamp) -> String {
    seconds(u64::try_from(at.as_millisecond()).unwrap_or(0))
}
