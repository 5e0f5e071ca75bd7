//! What the page shows, as compact JSON: what all takes of a shot share is said once, what is not known is left out. Text of others is
//! made visible here; the script puts it into the page as text.

use jiff::Timestamp;
use serde::Serialize;

use super::super::{Report, Row, Totals, show, summary};
use super::cost::{Cost, cost};
use crate::media::{Media, Rate};
use crate::price::Bill;
use crate::request::Request;
use crate::review::Review;
use crate::take::{Outcome, TaskId};

/// After so many bytes a block of shots ends. A browser reads one in a few milliseconds, and answers whoever scrolls or types in between.
const BLOCK: usize = 128 * 1024;

/// All that the page shows: about all takes at once, and then the shots.
#[derive(Serialize)]
pub(super) struct Data {
    title: String,
    totals: Vec<Total>,
    size: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    cost: Vec<Cost>,
    #[serde(skip)]
    shots: Vec<Shot>,
}

/// How many takes have an outcome.
#[derive(Serialize)]
struct Total {
    outcome: &'static str,
    count: usize,
    /// How soon somebody is to look at them, 0 first.
    #[serde(skip_serializing_if = "Option::is_none")]
    urgency: Option<u8>,
}

/// A shot: what its latest take asks for, and all its takes.
#[derive(Serialize)]
struct Shot {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scene: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// The fields of the author's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    about: Vec<(String, String)>,
    ask: Ask,
    takes: Vec<Take>,
}

/// What a take asks for.
#[derive(Serialize)]
struct Ask {
    prompt: String,
    settings: String,
    /// Width and height, or their ratio.
    shape: (u32, u32),
}

#[derive(Serialize)]
struct Take {
    number: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    /// What about its video is not as it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    deviations: Vec<String>,
    /// Where it differs from what the shot's latest take asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    ask: Option<Ask>,
    /// Where the video lies. Poster and provenance have the same name with another ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    video: Option<String>,
    /// When it was planned, submitted, accepted, finished and stored, in milliseconds since 1970.
    times: [Option<i64>; 5],
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// Pictures per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Review::is_empty")]
    review: Review,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    facts: Vec<(&'static str, String)>,
}

impl Data {
    pub(super) fn new(report: &Report<'_>) -> Self {
        Self {
            title: summary(report),
            totals: totals(&report.totals()),
            size: show::size(report.bytes()),
            price: Some(report.bill()).filter(Bill::is_known).map(|bill| bill.to_string()),
            cost: cost(report),
            shots: report.shots().filter_map(Shot::new).collect(),
        }
    }

    /// What is about all takes at once.
    pub(super) fn head(&self) -> String {
        block(self)
    }

    /// The shots in their order, as lists of a size that is read in a moment; only a shot of very many takes makes a larger one.
    pub(super) fn shots(&self) -> Vec<String> {
        let mut blocks: Vec<String> = Vec::new();
        for shot in self.shots.iter().map(block) {
            match blocks.last_mut() {
                Some(block) if block.len() < BLOCK => block.extend([",", &shot]),
                _ => blocks.push(shot),
            }
        }
        blocks.into_iter().map(|shots| format!("[{shots}]")).collect()
    }
}

/// As JSON without any character that means something to HTML, ends a line of a script, or reorders what stands around it.
fn block(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("text keys, and nothing that fails to serialize");
    let mut block = String::with_capacity(json.len());
    for c in json.chars() {
        if is_risky(c) { block.extend(format!("\\u{:04x}", u32::from(c)).chars()) } else { block.push(c) }
    }
    block
}

/// In JSON these stand in texts only, where an escape means the same.
fn is_risky(c: char) -> bool {
    matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn totals(totals: &Totals) -> Vec<Total> {
    let total = |(outcome, count): (Outcome, usize)| Total { outcome: outcome.as_str(), count, urgency: urgency(outcome) };
    totals.present().map(total).collect()
}

/// How soon somebody is to look at such a take: first what may have been paid for in vain, last what needs only another run.
fn urgency(outcome: Outcome) -> Option<u8> {
    match outcome {
        Outcome::Unresolved => Some(0),
        Outcome::Failed | Outcome::Rejected => Some(1),
        Outcome::OffSpec => Some(2),
        Outcome::Waiting => Some(3),
        Outcome::Stored | Outcome::Reused | Outcome::Held => None,
    }
}

impl Shot {
    fn new(rows: &[Row<'_>]) -> Option<Self> {
        let row = rows.last()?;
        let (shot, facts) = (row.shot, &row.facts);
        Some(Self {
            id: shot.to_string(),
            scene: row.take.about.scene_of(row.shot).map(str::to_owned),
            tags: facts.tags.iter().map(|tag| show::visible(tag)).collect(),
            notes: facts.notes.map(show::visible),
            about: facts.metadata.iter().map(|(name, value)| (show::visible(name), show::visible(value))).collect(),
            ask: Ask::new(facts.request),
            takes: rows.iter().map(|row| Take::new(row, facts.request)).collect(),
        })
    }
}

impl Ask {
    fn new(request: &Request) -> Self {
        Self { prompt: show::visible(&request.prompt), settings: show::settings(request), shape: request.ratio.sides() }
    }
}

impl Take {
    fn new(row: &Row<'_>, latest: &Request) -> Self {
        let facts = &row.facts;
        let times = [facts.planned_at, facts.submitted_at, facts.accepted_at, facts.finished_at, facts.stored_at];
        Self {
            number: row.number.to_string(),
            outcome: row.outcome.as_str(),
            reason: row.reason.as_deref().map(show::visible),
            help: row.help.as_deref().map(show::visible),
            deviations: row.take.deviations().iter().map(|deviation| show::visible(&deviation.to_string())).collect(),
            ask: (facts.request != latest).then(|| Ask::new(facts.request)),
            video: facts.file.clone(),
            times: times.map(|time| time.map(Timestamp::as_millisecond)),
            price: facts.price.map(|price| price.to_string()),
            bytes: facts.bytes,
            rate: facts.media.and_then(|media| media.rate).map(Rate::per_second),
            review: row.review.clone(),
            facts: known(row),
        }
    }
}

/// What else is known of the take, for those who want to look closer.
fn known(row: &Row<'_>) -> Vec<(&'static str, String)> {
    let facts = &row.facts;
    let doubt = row.unresolved.as_ref();
    let all = [
        ("picture", facts.media.and_then(picture)),
        ("task", facts.task_id.map(TaskId::to_string)),
        ("attempts", (facts.attempts > 1).then(|| facts.attempts.to_string())),
        ("sha-256", facts.digest.map(|digest| digest.to_string())),
        ("names task", doubt.and_then(|doubt| doubt.named_task).map(TaskId::to_string)),
        ("request id", doubt.and_then(|doubt| doubt.request_id).map(str::to_owned)),
        ("last bytes", doubt.and_then(|doubt| doubt.last_bytes).map(str::to_owned)),
        ("token", doubt.and_then(|doubt| doubt.token).map(|token| token.to_string())),
    ];
    all.into_iter().filter_map(|(name, fact)| Some((name, show::visible(&fact?)))).collect()
}

/// What the video's bytes say about its picture and sound: `1280x720 · 5.042 s · 24 pictures a second · avc1`.
fn picture(media: &Media) -> Option<String> {
    let parts = [
        media.size.map(|size| size.to_string()),
        media.millis.map(|millis| format!("{}.{:03} s", millis / 1000, millis % 1000)),
        media.rate.map(|rate| format!("{rate} pictures a second")),
        media.codec.clone(),
        media.sound.then(|| "with sound".to_owned()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}
