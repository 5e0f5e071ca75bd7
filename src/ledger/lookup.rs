//! A ledger read shot by shot, in whatever order they come: for manifests and ledgers that do not fit into memory.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::row::{self, Which};
use super::{LedgerError, look_into, replay, sqlite};
use crate::layout;
use crate::shot::ShotId;
use crate::take::Take;

/// What SQLite may keep of the file while it is looked into, in KiB. Shots mostly come in the order in which they were entered.
const CACHE: i64 = 16 << 10;

/// The ledger of an output directory as it is at one moment, whatever another process writes.
pub struct Lookup {
    path: PathBuf,
    connection: Connection,
    is_empty: bool,
    /// The keys of the takes that were looked up.
    seen: Vec<i64>,
}

impl Lookup {
    /// Opens the ledger of the output directory `root`; `None` when there is none.
    pub fn open(root: &Path) -> Result<Option<Self>, LedgerError> {
        let path = root.join(layout::LEDGER);
        let Some(connection) = look_into(&path)? else { return Ok(None) };
        let begin = || {
            connection.pragma_update(None, "cache_size", -CACHE)?;
            // From the first look on, the same is seen to the end.
            connection.execute_batch("BEGIN")?;
            row::is_empty(&connection)
        };
        let is_empty = begin().map_err(sqlite(&path))?;
        Ok(Some(Self { path, connection, is_empty, seen: Vec::new() }))
    }

    /// Whether it knows no takes.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The takes of this shot, replayed, in the order of their numbers.
    pub fn takes(&mut self, shot: &ShotId) -> Result<Vec<Take>, LedgerError> {
        let Self { path, connection, seen, .. } = self;
        let mut takes = Vec::new();
        let found = row::histories(connection, Which::OfShot(shot), |key, name, history| {
            seen.push(key);
            takes.extend(replay(path, &name, history)?);
            Ok(())
        });
        found.map_err(sqlite(path))??;
        Ok(takes)
    }

    /// Hands every take that was not looked up to `each`, replayed, in the order of their names.
    pub fn others<E: From<LedgerError>>(mut self, mut each: impl FnMut(Take) -> Result<(), E>) -> Result<(), E> {
        self.seen.sort_unstable();
        let failed = |error| E::from(sqlite(&self.path)(error));
        let is_new = |key: i64| self.seen.binary_search(&key).is_err();
        let mut one = |key: i64| {
            let history = |_, name, history| match replay(&self.path, &name, history) {
                Ok(take) => take.map_or(Ok(()), &mut each),
                Err(error) => Err(E::from(error)),
            };
            row::histories(&self.connection, Which::One(key), history).map_err(failed)?
        };
        row::keys(&self.connection, |key| if is_new(key) { one(key) } else { Ok(()) }).map_err(failed)?
    }
}
