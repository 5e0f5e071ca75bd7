//! What the takes have cost, for the page: the sums of [`Account`] by currency, as text.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::super::Report;
use crate::account::{Account, Line, Scope, Tally};
use crate::take::Standing;

/// What the attempts in one currency come to, or those without a known price.
#[derive(Serialize)]
pub(super) struct Cost {
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    /// How many of the videos are on disk.
    videos: u64,
    /// What was spent for each of them, with what was spent in vain.
    #[serde(skip_serializing_if = "Option::is_none")]
    per_video: Option<String>,
    sums: Vec<Share>,
}

/// The attempts that stand alike.
#[derive(Serialize)]
struct Share {
    standing: &'static str,
    attempts: u64,
    amount: String,
}

/// What the takes have cost, a line a currency.
pub(super) fn cost(report: &Report<'_>) -> Vec<Cost> {
    // No sums by day are asked for, so it does not matter when days begin.
    let mut account = Account::new(Scope { zone: TimeZone::UTC, by: Vec::new(), since: None, until: None });
    report.rows().iter().for_each(|row| account.add(row.take));
    let lines = account.total().all();
    lines.map(|(currency, line)| Cost::new(currency.map(|currency| currency.as_str().to_owned()), line)).collect()
}

impl Cost {
    fn new(currency: Option<String>, line: &Line) -> Self {
        let per_video = line.per_video().filter(|sum| currency.is_some() && !sum.is_zero()).map(|sum| sum.rounded().amount());
        Self {
            currency,
            videos: line.videos,
            per_video,
            sums: Line::STANDINGS.iter().filter_map(|at| share(line, *at)).collect(),
        }
    }
}

fn share(line: &Line, standing: Standing) -> Option<Share> {
    let Tally { attempts, sum } = line.of(standing);
    (attempts > 0).then(|| Share { standing: standing.as_str(), attempts, amount: sum.amount() })
}
