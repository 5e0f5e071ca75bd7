//! What the ledger says of the takes, read when somebody asks and kept in between; and what is said of them, written at once. Every
//! call may wait for the disk.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::layout;
use crate::ledger::{Follow, Identity, LedgerError, Reviews};
use crate::report::{PageMode, Report, page};
use crate::review::{Change, Rating, Review, TooLong, Verdict};
use crate::shot::TakeName;
use crate::take::Take;

/// The takes of an output directory, for all who watch them.
pub(super) struct Book {
    root: PathBuf,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    known: Mutex<Known>,
    /// The ledger that is shown. In another one the same names are other takes.
    file: OnceLock<Identity>,
}

/// What was read last.
#[derive(Default)]
struct Known {
    follow: Option<Follow>,
    takes: BTreeMap<TakeName, Take>,
    /// The page that they make, once somebody has asked for it.
    page: Option<String>,
}

/// What somebody says of a take. What is `null` is taken back; what is not there stays as it was, whatever others have said of it since
/// the page was read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "not there, and there as `null`, are two things")]
struct Said {
    take: String,
    #[serde(default, deserialize_with = "given")]
    verdict: Option<Option<Verdict>>,
    #[serde(default, deserialize_with = "given")]
    rating: Option<Option<Rating>>,
    #[serde(default, deserialize_with = "given")]
    note: Option<Option<String>>,
}

/// A field that is there, be it `null`.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What is said of a take from now on.
#[derive(Serialize)]
pub(super) struct Answer {
    take: String,
    review: Review,
}

/// What is said of all takes of which anything is.
#[derive(Serialize)]
pub(super) struct All {
    takes: BTreeMap<String, Review>,
}

/// Why nothing was written, for whoever has said it.
#[derive(Debug)]
pub(super) struct Refusal {
    /// What that is in HTTP.
    pub(super) status: StatusCode,
    /// In words.
    pub(super) error: String,
}

impl Book {
    /// The takes of the output directory `root`; `now` tells the time.
    pub(super) fn new(root: PathBuf, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { root, now: Box::new(now), known: Mutex::default(), file: OnceLock::new() }
    }

    /// The page of the takes as they are now.
    pub(super) fn page(&self) -> Result<String, LedgerError> {
        let mut known = self.read()?;
        let Known { page, takes, .. } = &mut *known;
        Ok(page.get_or_insert_with(|| render(takes)).clone())
    }

    /// All that is said.
    pub(super) fn reviews(&self) -> Result<All, LedgerError> {
        let known = self.read()?;
        let said = known.takes.values().filter(|take| !take.record.review.is_empty());
        Ok(All { takes: said.map(|take| (take.name.to_string(), take.record.review.clone())).collect() })
    }

    /// Writes down what is said, and returns when it is durable.
    pub(super) fn say(&self, body: &[u8]) -> Result<Answer, Refusal> {
        let said: Said = serde_json::from_slice(body).map_err(|error| bad(&error))?;
        let take: TakeName = said.take.parse().map_err(|_| unknown(&said.take))?;
        let note = said.note.map(|note| note.unwrap_or_default().parse()).transpose().map_err(|error: TooLong| bad(&error))?;
        let change = Change::More { verdict: said.verdict, rating: said.rating, note };
        let gone = || LedgerError::Replaced { path: self.root.join(layout::LEDGER) };
        let mut ledger = Reviews::open(&self.root)?.ok_or_else(gone)?;
        if self.file.get().is_some_and(|shown| shown != ledger.file()) {
            return Err(LedgerError::Replaced { path: ledger.file().path().to_owned() }.into());
        }
        let told = ledger.say((self.now)(), &[(take.clone(), change)])?.pop().expect("one for each that something was said of");
        Ok(Answer { take: take.to_string(), review: told.review })
    }

    /// What is known now.
    fn read(&self) -> Result<MutexGuard<'_, Known>, LedgerError> {
        // Whatever was half done when somebody panicked is read again.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { follow, takes, page } = &mut *known;
        if follow.is_none() {
            *follow = Follow::open(&self.root)?;
        }
        if let Some(follow) = follow {
            self.file.get_or_init(|| follow.file().clone());
            let news = follow.news(|take| {
                *page = None;
                takes.insert(take.name.clone(), take);
            });
            follow.rest();
            news?;
        }
        Ok(known)
    }
}

/// The page of these takes.
fn render(takes: &BTreeMap<TakeName, Take>) -> String {
    page(&Report::new(takes.values()), PageMode::Review)
}

fn bad(error: &dyn Display) -> Refusal {
    Refusal { status: StatusCode::BAD_REQUEST, error: error.to_string() }
}

fn unknown(take: &str) -> Refusal {
    Refusal { status: StatusCode::NOT_FOUND, error: format!("the ledger knows no take {take}") }
}

impl From<LedgerError> for Refusal {
    fn from(error: LedgerError) -> Self {
        if let LedgerError::Replaced { .. } = &error {
            let error = format!("{error}; what is shown is not what is there: end `rushes review` and begin it again");
            return Self { status: StatusCode::GONE, error };
        }
        let status = match &error {
            LedgerError::Unknown { .. } => StatusCode::NOT_FOUND,
            LedgerError::Unseen { .. } => StatusCode::CONFLICT,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        Self { status, error: format!("{error}{}", cause.unwrap_or_default()) }
    }
}
