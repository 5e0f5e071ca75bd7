//! Reviews, written beside a run: by whoever watches takes, without the lock, while the run goes on. Nothing else can be written this
//! way, because a review changes nothing of what is paid for.
//!
//! Two writers of one file take turns: each begins with the word that it will write (`row::begin`), waits while the other does, and
//! holds the turn for one flush. The file keeps its format: whoever holds the lock brings it up to date, and `events` has been the same
//! in all.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction};

use super::identity::Identity;
use super::{Entry, LedgerError, open_beside, row, sqlite};
use crate::layout;
use crate::review::{Change, Review};
use crate::shot::TakeName;
use crate::take::Event;

/// What stands in the place of a run's name.
const RUN: &str = "review";

/// The ledger of an output directory, open for what people say about takes.
pub struct Reviews {
    path: PathBuf,
    connection: Connection,
    file: Identity,
}

/// What is said of a take from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// All that is said.
    pub review: Review,
    /// Whether something else was said before.
    pub is_new: bool,
}

impl Reviews {
    /// Opens the ledger of the output directory `root`; `None` when there is none.
    pub fn open(root: &Path) -> Result<Option<Self>, LedgerError> {
        let path = root.join(layout::LEDGER);
        let Ok(file) = Identity::of(&path) else { return Ok(None) };
        let connection = open_beside(&path)?;
        Ok(connection.map(|connection| Self { path, connection, file }))
    }

    /// Which file it is.
    pub fn file(&self) -> &Identity {
        &self.file
    }

    /// Whether anything can be said: whether the file lets itself be written to.
    pub fn try_out(&mut self) -> Result<(), LedgerError> {
        let failed = sqlite(&self.path);
        row::begin(&mut self.connection).and_then(Transaction::rollback).map_err(failed)
    }

    /// Says all this of takes, and returns when it is durable, with what is said of each from now on. Nothing is said at all where one of
    /// them is not known, or has never had a video of its last attempt.
    pub fn say(&mut self, at: Timestamp, words: &[(TakeName, Change)]) -> Result<Vec<Told>, LedgerError> {
        let failed = sqlite(&self.path);
        let transaction = row::begin(&mut self.connection).map_err(&failed)?;
        let mut told = Vec::new();
        for (take, change) in words {
            let key = row::key(&transaction, take).map_err(&failed)?;
            let key = key.ok_or_else(|| LedgerError::Unknown { take: take.clone() })?;
            let last = |kind| row::last_of_kind(&transaction, key, kind).map_err(&failed);
            let seq = |kind| last(kind).map(|last| last.map_or(0, |(seq, _)| seq));
            // What was said of a video that is no more is not said of the next one.
            let begun = seq(Event::PLANNED)?.max(seq(Event::RETRIED)?).max(seq(Event::INTENT)?);
            if seq(Event::STORED)? <= begun {
                return Err(LedgerError::Unseen { take: take.clone() });
            }
            let before = said_before(&self.path, last(Event::REVIEWED)?.filter(|(seq, _)| *seq > begun))?;
            let review = change.on(&before);
            let is_new = review != before;
            if is_new {
                let entry = Entry { take: take.clone(), at, event: Event::Reviewed(review.clone()), answer: None };
                row::write_event(&transaction, key, RUN, &entry).map_err(&failed)?;
            }
            told.push(Told { review, is_new });
        }
        transaction.commit().map_err(&failed)?;
        if self.file.holds() { Ok(told) } else { Err(LedgerError::Replaced { path: self.path.clone() }) }
    }
}

/// What the last review of a take says.
fn said_before(path: &Path, last: Option<(i64, String)>) -> Result<Review, LedgerError> {
    let Some((seq, body)) = last else { return Ok(Review::default()) };
    let unreadable = |source| LedgerError::Unreadable { path: path.to_owned(), seq, source: Arc::new(source) };
    match serde_json::from_str(&body).map_err(unreadable)? {
        Event::Reviewed(review) => Ok(review),
        _ => Ok(Review::default()),
    }
}
