//! What `rushes run` tells machines that watch over it.

use std::path::PathBuf;

use clap::Args as Group;
use url::Url;

/// What machines are told.
#[derive(Debug, Clone, Group)]
#[command(next_help_heading = "Metrics and traces")]
pub(in crate::cli) struct Watching {
    /// Keep metrics in this file, as text for Prometheus: while the run is on every 15 s, and when it is over. Whole at any time.
    #[arg(long, value_name = "FILE")]
    pub metrics_file: Option<PathBuf>,
    /// Write a trace of the run into this file, which <https://ui.perfetto.dev> shows.
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    /// Send spans to this collector, by OTLP over HTTP [default: as `OTEL_EXPORTER_OTLP_ENDPOINT` says]. Only where `rushes` was built
    /// with `--features otlp`.
    #[arg(long, value_name = "URL")]
    pub otlp: Option<Url>,
}
