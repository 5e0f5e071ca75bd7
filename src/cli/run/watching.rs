//! What a run tells machines that watch over it: the metrics file and the trace. Whatever goes wrong with them is a warning; no run
//! ends or fails because of it.

use std::cell::Cell;
use std::convert::Infallible;
#[cfg(feature = "otlp")]
use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::super::args::Run;
use super::super::{Failure, say};
use super::House;
use crate::clock::Clock;
#[cfg(feature = "otlp")]
use crate::config;
use crate::engine::{Watcher, Watchers};
use crate::plan::{Action, Plan, Planned};
use crate::report::{Exit, Totals};
use crate::take::Outcome;
#[cfg(feature = "otlp")]
use crate::telemetry::Otlp;
use crate::telemetry::{self, Chrome, Metrics, Spans};

/// How often files are brought up to date, in the world's own time: about as often as metrics are collected.
const EVERY: Duration = Duration::from_secs(15);

/// What the log calls it.
const EVENT: &str = "telemetry";

/// What is told about one run from its first moment to its last.
pub(super) struct Watching {
    metrics: Option<(PathBuf, Metrics)>,
    trace: Option<PathBuf>,
    /// The collector of spans, as the command line has it.
    collector: Option<Url>,
    /// Whether the run has a log.
    opened: Cell<bool>,
    /// Whether the metrics could not be written the last time.
    failing: Cell<bool>,
}

/// What is told while takes are driven.
pub(super) struct Driving<'a> {
    watching: &'a Watching,
    clock: Clock,
    finished: Cell<bool>,
    trace: Option<Spans<Chrome>>,
    #[cfg(feature = "otlp")]
    collector: Option<Spans<Otlp>>,
}

impl Watching {
    /// As the command line says.
    pub(super) fn new(args: &Run) -> Self {
        let output = args.output.as_deref().unwrap_or(Path::new(""));
        let metrics = |path: &PathBuf| (path.clone(), Metrics::new(Clock::start(), output));
        Self {
            metrics: args.watching.metrics_file.as_ref().map(metrics),
            trace: args.watching.trace.clone(),
            collector: args.watching.otlp.clone(),
            opened: Cell::new(false),
            failing: Cell::new(false),
        }
    }

    /// Fails where the command line asks for what this program was built without.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.collector.is_some() && cfg!(not(feature = "otlp")) {
            let without = Failure::usage("this rushes was built without --otlp");
            return Err(without.help("build it with `--features otlp`, or leave --otlp out; nothing was sent"));
        }
        Ok(())
    }

    /// The run is about this output directory, whether it comes to hold it or not.
    pub(super) fn is_about(&self, root: &Path) {
        if let Some((_, metrics)) = &self.metrics {
            metrics.is_about(root);
        }
    }

    /// The run holds its output directory and has a log.
    pub(super) fn opened(&self, house: &House) {
        self.opened.set(true);
        if let Some((_, metrics)) = &self.metrics {
            metrics.opened(&house.run, house.clock);
        }
    }

    /// What is about to be done, and how the takes stand that are left alone.
    pub(super) fn planned(&self, plan: &Plan, is_to_do: impl Fn(&Planned) -> bool) {
        if let Some((_, metrics)) = &self.metrics {
            let (to_do, others): (Vec<_>, Vec<_>) = plan.takes.iter().partition(|planned| is_to_do(planned));
            metrics.drives(to_do.into_iter().map(|planned| &planned.take), others.into_iter().filter_map(left_alone).collect());
        }
    }

    /// From now on takes are driven in this house.
    pub(super) fn drives(&self, house: &House) -> Driving<'_> {
        let begun = self.trace.as_ref().and_then(|path| {
            let trace = Chrome::create(path, &house.run, &house.root.display().to_string());
            trace.inspect_err(|error| self.warn("trace", path, error)).ok()
        });
        Driving {
            watching: self,
            clock: house.clock,
            finished: Cell::new(false),
            trace: begun.map(|trace| Spans::new(house.clock, trace)),
            #[cfg(feature = "otlp")]
            collector: self.collector(house),
        }
    }

    /// Spans for the collector, where there is one.
    #[cfg(feature = "otlp")]
    fn collector(&self, house: &House) -> Option<Spans<Otlp>> {
        let warn = |error: &dyn Error| {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(event = EVENT, %error, cause, "spans cannot be sent; the run goes on without");
        };
        let collector = config::collector(self.collector.as_ref()).inspect_err(|error| warn(error)).ok()??;
        let output = house.root.display().to_string();
        let begun = Otlp::begin(&collector, house.clock, super::random(), &house.run, &output);
        Some(Spans::new(house.clock, begun.inspect_err(|error| warn(error)).ok()?))
    }

    /// How the takes of the manifest stand in the end.
    pub(super) fn summed(&self, totals: Totals) {
        if let Some((_, metrics)) = &self.metrics {
            metrics.summed(totals);
        }
    }

    /// The run is over, and this is how it went. While another run holds the output directory, a file that tells of it is left to it.
    pub(super) fn ended(&self, exit: Exit) {
        let Some((path, metrics)) = &self.metrics else { return };
        let is_anothers = || fs::read_to_string(path).is_ok_and(|page| metrics.is_of_a_run_that_is_on(&page));
        if exit == Exit::Locked && is_anothers() {
            return;
        }
        metrics.ended(if say::unwritten().is_some() { exit.max(Exit::CouldNotRun) } else { exit });
        self.wrote(telemetry::replace(path, &metrics.text(), Metrics::first_line().len()));
    }

    /// Brings the metrics file up to date, on another thread: its disk may be a slow one.
    async fn write(&self) {
        if let Some((path, metrics)) = &self.metrics {
            let (path, text) = (path.clone(), metrics.text());
            let write = move || telemetry::replace(&path, &text, Metrics::first_line().len());
            let written = tokio::task::spawn_blocking(write).await;
            self.wrote(written.unwrap_or_else(|error| Err(io::Error::other(error))));
        }
    }

    /// Says once that the metrics cannot be written, until they can be again.
    fn wrote(&self, written: io::Result<()>) {
        let was_failing = self.failing.replace(written.is_err());
        if let (Err(error), Some((path, _)), false) = (written, &self.metrics, was_failing) {
            self.warn("metrics", path, &error);
        }
    }

    fn warn(&self, what: &str, path: &Path, error: &io::Error) {
        let file = path.display();
        if self.opened.get() {
            tracing::warn!(event = EVENT, %file, %error, "the {what} cannot be written; the run goes on without");
        } else {
            say::talk(format_args!("rushes: the {what} cannot be written to {file}: {error}"));
        }
    }
}

impl Driving<'_> {
    /// Everybody who is told of every step, `first` before the others.
    pub(super) fn watchers<'a>(&'a self, first: &'a dyn Watcher) -> Watchers<'a> {
        let metrics = self.watching.metrics.as_ref().map(|(_, metrics)| metrics as &dyn Watcher);
        let trace = self.trace.as_ref().map(|trace| trace as &dyn Watcher);
        #[cfg(feature = "otlp")]
        let collector = self.collector.as_ref().map(|spans| spans as &dyn Watcher);
        #[cfg(not(feature = "otlp"))]
        let collector = None;
        Watchers([Some(first), metrics, trace, collector].into_iter().flatten().collect())
    }

    /// Keeps the files up to date for as long as it is asked.
    pub(super) async fn keep_up(&self) -> Infallible {
        loop {
            self.watching.write().await;
            if let Some(trace) = &self.trace {
                trace.recorder().flush();
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Waits a little for the collector to take the last spans in.
    #[cfg(feature = "otlp")]
    pub(super) async fn last(&self) {
        if let Some(spans) = &self.collector {
            spans.recorder().last().await;
        }
    }

    /// The process is about to be left at once, with this code.
    pub(super) fn leaves(&self, exit: Exit) {
        self.finish();
        self.watching.ended(exit);
    }

    /// The takes are driven: nothing more is told. Once is enough.
    pub(super) fn finish(&self) {
        if self.finished.replace(true) {
            return;
        }
        if let Some(trace) = &self.trace {
            trace.close();
            trace.recorder().finish(self.clock.elapsed());
        }
        #[cfg(feature = "otlp")]
        if let Some(spans) = &self.collector {
            spans.close();
            spans.recorder().finish(self.clock.elapsed());
        }
    }
}

impl Drop for Driving<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}

/// How a take stands that the run does not drive; `None` where the manifest does not ask for it.
fn left_alone(planned: &Planned) -> Option<Outcome> {
    match (planned.action, &planned.take.state) {
        (Action::Drop, _) => None,
        (Action::Held, _) => Some(Outcome::Held),
        (Action::Keep, _) => Some(planned.take.outcome().left_alone()),
        _ => Some(planned.take.outcome()),
    }
}
