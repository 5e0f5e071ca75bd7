//! Log lines: to the terminal as the user wants them, and to the run's own log in full.

use std::fs::File;
use std::sync::Arc;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::{LogFormat, Talk};
use super::lines::Json;
use super::say;
use crate::config;

impl Talk {
    /// Whether every step is to be logged to the terminal, which leaves no room for a display of its own.
    pub(super) fn logs_steps(self) -> bool {
        self.verbose > 0 || self.log_format == LogFormat::Json
    }

    /// From now on log lines go to standard error. Those of a run, which is called by its name, also go to its file: all of them.
    pub(super) fn start(self, run: Option<(&str, File)>) {
        let (run, file) = run.map(|(run, file)| (run.to_owned(), file)).unzip();
        let json = Json { run };
        let level = match (self.quiet, self.verbose, self.log_format) {
            (true, ..) => LevelFilter::ERROR,
            (false, 0, LogFormat::Text) => LevelFilter::WARN,
            (false, 0, LogFormat::Json) | (false, 1, _) => LevelFilter::INFO,
            (false, ..) => LevelFilter::DEBUG,
        };
        let lines =
            tracing_subscriber::fmt::layer().with_writer(|| say::Aside).with_ansi(config::colour()).log_internal_errors(false);
        let lines = match self.log_format {
            LogFormat::Text => lines.with_target(false).boxed(),
            LogFormat::Json => lines.event_format(json.clone()).boxed(),
        };
        let log = file.map(|file| {
            // A log that the disk has no room for is not worth a word for every line, and where standard error goes to the same
            // disk that word would be a panic.
            let lines = tracing_subscriber::fmt::layer().with_writer(Arc::new(file)).log_internal_errors(false);
            lines.event_format(json).with_filter(only_ours(level.max(LevelFilter::INFO)))
        });
        // Fails only where a log was started before, which then goes on.
        tracing_subscriber::registry().with(lines.with_filter(only_ours(level))).with(log).try_init().ok();
    }
}

/// Our own words alone: what libraries log may hold headers.
fn only_ours(level: LevelFilter) -> Targets {
    Targets::new().with_target("rushes", level)
}
