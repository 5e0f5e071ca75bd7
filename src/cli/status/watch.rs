//! `rushes status --watch`: how a run stands, until it ends.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::super::args::Format;
use super::super::progress::Screen;
use super::super::{Failure, Signals, believed, runtime, say};
use super::live::{Document, Live};
use crate::config;
use crate::ledger::{self, Follow};
use crate::report::{Exit, Report, Totals};

/// Where what is seen goes.
enum Out {
    /// Drawn in place.
    Screen(Screen),
    /// A line whenever something has changed; the last one.
    Lines(String),
    /// A document a line.
    Json,
}

/// A line of JSON.
#[derive(Serialize)]
struct Line {
    live: Option<Document>,
    /// How the takes stand when the run is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
}

/// Looks at the run that is on in the output directory `root`, every so often, until there is none. The exit code is then that of
/// `rushes status`; whoever leaves before gets 0, because nothing is known to be wrong.
pub(super) fn watch(root: &Path, every: Duration, format: Format) -> Result<Exit, Failure> {
    let mut out = match format {
        Format::Json => Out::Json,
        Format::Text if config::has_screen() => Out::Screen(Screen::of_data()),
        Format::Text => Out::Lines(String::new()),
    };
    let left = runtime().map_err(Failure::machine)?.block_on(async {
        let mut signals = Signals::listen().map_err(Failure::machine)?;
        let (mut live, mut ledger) = (Live::default(), None);
        while let Some(holder) = ledger::holder(root) {
            if ledger.is_none() {
                ledger = Follow::open(root)?;
            }
            if let Some(ledger) = &mut ledger {
                ledger.news(|take| live.put(&take))?;
            }
            out.show(&mut live, holder);
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                signal = signals.next() => return signal.map(|()| true).map_err(Failure::machine),
            }
        }
        Ok::<_, Failure>(false)
    })?;
    if let Out::Screen(screen) = &out {
        screen.leave();
    }
    if left {
        return Ok(Exit::Done);
    }
    let takes = believed::takes(root)?;
    let report = Report::new(&takes);
    match out {
        Out::Json => line(&Line { live: None, totals: Some(report.totals()) }),
        Out::Screen(_) | Out::Lines(_) => say::line(report.totals()),
    }
    Ok(report.exit())
}

impl Out {
    fn show(&mut self, live: &mut Live, holder: String) {
        match self {
            Self::Screen(screen) => {
                let (columns, rows) = screen.size();
                screen.draw(live.view(holder).draw(columns, rows, config::colour()));
            }
            Self::Lines(last) => {
                let now = live.view(holder).line();
                if now != *last {
                    say::line(&now);
                    *last = now;
                }
            }
            Self::Json => line(&Line { live: Some(live.document(holder)), totals: None }),
        }
    }
}

fn line(line: &Line) {
    say::line(serde_json::to_string(line).expect("counts, times and texts"));
}
