//! What the takes amount to: rows, totals, and the forms in which people and programs read them. Functions of the takes and of
//! nothing else, so an unchanged ledger gives unchanged bytes. No I/O, no clock: renderers return text and someone else writes it.

mod csv;
mod evidence;
mod exit;
mod json;
mod junit;
mod page;
#[cfg(test)]
pub(crate) mod samples;
mod schema;
mod show;
mod sidecar;
mod sums;
mod text;
mod totals;
mod unresolved;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub(crate) use csv::defused;
pub use evidence::evidence;
pub use exit::Exit;
pub use json::results;
pub use page::{PageMode, page};
pub use schema::results_schema;
pub use show::quoted;
pub(crate) use show::{clip, fold, pad, size, visible};
pub use sidecar::{promised, sidecar};
pub use text::{Sheet, summary, table, wrapped};
pub use totals::Totals;
pub use unresolved::{Unresolved, known, settling};
pub use words::off_spec;

use crate::digest::Digest;
use crate::layout;
use crate::media::Media;
use crate::price::{Bill, Money};
use crate::request::{Request, RequestKey};
use crate::review::Review;
use crate::shot::{Scene, ShotId, TakeNo};
use crate::take::{Asset, Class, Outcome, State, Take, TaskId};

/// What is written into the output directory. A further format is one file and one line here.
pub const RENDERERS: [&dyn Renderer; 5] = [&json::Results, &csv::Results, &junit::Junit, &sums::Sums, &page::Page];

/// One form of the report.
pub trait Renderer: Sync {
    /// The file's name in the output directory.
    fn file_name(&self) -> &'static str;

    /// The whole file: the same bytes for the same takes.
    fn render(&self, report: &Report<'_>) -> String;
}

/// How every take stands. Built from takes with names of their own, as the ledger has them, in any order.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    rows: Vec<Row<'a>>,
}

/// How one take stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row<'a> {
    /// The shot.
    pub shot: &'a ShotId,
    /// Which take of it.
    #[serde(rename = "take")]
    pub number: TakeNo,
    /// How it stands.
    pub outcome: Outcome,
    /// What kind of refusal or failure, where it is one.
    pub class: Option<Class>,
    /// Why it is not stored, or not as it was asked for, in words.
    pub reason: Option<String>,
    /// What to do about that, in words.
    pub help: Option<String>,
    /// What may help to find out whether it was made, where nobody knows.
    pub unresolved: Option<Unresolved<'a>>,
    /// What is known of it besides.
    #[serde(flatten)]
    pub facts: Facts<'a>,
    /// What those say who have watched it.
    pub review: &'a Review,
    /// The take itself.
    #[serde(skip)]
    pub take: &'a Take,
}

/// What is known of a take however it stands: what was asked for, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Facts<'a> {
    /// The shot's tags.
    pub tags: &'a [String],
    /// The scene that it belongs to.
    pub scene: Option<&'a Scene>,
    /// The author's notes.
    pub notes: Option<&'a str>,
    /// Fields of the author's own.
    pub metadata: &'a BTreeMap<String, String>,
    /// What it asks for.
    pub request: &'a Request,
    /// The request's key.
    pub key: RequestKey,
    /// The provider's name for it.
    pub task_id: Option<&'a TaskId>,
    /// How many submissions were begun.
    pub attempts: u32,
    /// What was reserved for the last of them, see [`Take::price`].
    pub price: Option<Money>,
    /// When it was planned.
    pub planned_at: Option<Timestamp>,
    /// When the last submission was begun.
    pub submitted_at: Option<Timestamp>,
    /// When the provider took it on.
    pub accepted_at: Option<Timestamp>,
    /// When the provider was seen to have finished it.
    pub finished_at: Option<Timestamp>,
    /// When the video was on disk, while it is there.
    pub stored_at: Option<Timestamp>,
    /// The digest of the video's bytes.
    pub digest: Option<Digest>,
    /// How many bytes the video has.
    pub bytes: Option<u64>,
    /// Where the video lies in the output directory.
    pub file: Option<String>,
    /// What the video's bytes say about it, while it is there.
    pub media: Option<&'a Media>,
}

impl<'a> Report<'a> {
    /// How these takes stand.
    pub fn new(takes: impl IntoIterator<Item = &'a Take>) -> Self {
        let mut rows: Vec<_> = takes.into_iter().map(Row::new).collect();
        rows.sort_by_key(|row| (row.shot, row.number));
        Self { rows }
    }

    /// The takes, by shot and number.
    pub fn rows(&self) -> &[Row<'a>] {
        &self.rows
    }

    /// The takes, a slice for each shot.
    pub fn shots(&self) -> impl Iterator<Item = &[Row<'a>]> {
        self.rows.chunk_by(|one, next| one.shot == next.shot)
    }

    /// The takes by outcome.
    pub fn totals(&self) -> Totals {
        self.rows.iter().map(|row| row.outcome).collect()
    }

    /// How many bytes of video are stored.
    pub fn bytes(&self) -> u64 {
        self.rows.iter().filter_map(|row| row.facts.bytes).fold(0, u64::saturating_add)
    }

    /// What is reserved for all takes for which anything may have been bought.
    pub fn bill(&self) -> Bill {
        let bought = |row: &&Row<'_>| !matches!(row.outcome, Outcome::Held | Outcome::Rejected);
        self.rows.iter().filter(bought).map(|row| row.facts.price).collect()
    }

    /// What the process is to tell whoever started it, if nothing else went wrong.
    pub fn exit(&self) -> Exit {
        Exit::of(self.rows.iter().map(|row| &row.take.state))
    }
}

impl<'a> Row<'a> {
    /// How this take stands.
    pub fn new(take: &'a Take) -> Self {
        Self {
            shot: &take.name.shot,
            number: take.name.number,
            outcome: take.outcome(),
            class: take.state.class(),
            reason: words::reason(take),
            help: words::help(take),
            unresolved: Unresolved::of(take),
            facts: Facts::new(take),
            review: &take.record.review,
            take,
        }
    }

    /// Whether a person or another run has something to do that cannot wait: all but what is stored or was never submitted.
    pub fn needs_attention(&self) -> bool {
        !matches!(self.outcome, Outcome::Stored | Outcome::Reused | Outcome::Held)
    }
}

impl<'a> Facts<'a> {
    fn new(take: &'a Take) -> Self {
        let asset = asset(take);
        Self {
            tags: &take.tags,
            scene: take.about.scene.as_ref(),
            notes: take.about.notes.as_deref(),
            metadata: &take.about.metadata,
            request: &take.request,
            key: take.key,
            task_id: take.state.task(),
            attempts: take.record.attempts,
            price: take.price(),
            planned_at: take.record.planned_at,
            submitted_at: take.record.submitted_at,
            accepted_at: take.record.accepted_at,
            finished_at: take.record.finished_at,
            stored_at: asset.and(take.record.stored_at),
            digest: asset.map(|asset| asset.digest),
            bytes: asset.map(|asset| asset.bytes),
            file: asset.map(|_| layout::video(&take.name)),
            media: asset.and(take.record.media.as_ref()),
        }
    }
}

fn asset(take: &Take) -> Option<Asset> {
    if let State::Stored { asset, .. } = take.state { Some(asset) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{RENDERERS, Report, Sheet, Take, samples, table};

    proptest! {
        #[test]
        fn the_same_takes_in_any_order_give_the_same_bytes((takes, shuffled) in in_two_orders()) {
            let (one, other) = (Report::new(&takes), Report::new(&shuffled));
            for renderer in RENDERERS {
                prop_assert_eq!(renderer.render(&one), renderer.render(&other), "{}", renderer.file_name());
            }
            let sheet = Sheet { width: 80, place: "out", evidence: &[] };
            prop_assert_eq!(table(&one, sheet), table(&other, sheet));
        }
    }

    fn in_two_orders() -> impl Strategy<Value = (Vec<Take>, Vec<Take>)> {
        samples::takes().prop_flat_map(|takes| (Just(takes.clone()), Just(takes).prop_shuffle()))
    }

    #[test]
    fn a_report_on_nothing_renders() {
        for renderer in RENDERERS {
            renderer.render(&Report::new(&[]));
        }
        assert_eq!(Report::new(&[]).exit(), super::Exit::Done);
    }
}
