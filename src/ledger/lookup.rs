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
    /// The takes that were looked up, by their keys.
    seen: Vec<bool>,
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
            row::last_take(&connection)
        };
        let last = begin().map_err(sqlite(&path))?;
        let seen = vec![false; usize::try_from(last).unwrap_or_default() + 1];
        Ok(Some(Self { path, connection, seen }))
    }

    /// Whether it knows no takes.
    pub fn is_empty(&self) -> bool {
        self.seen.len() == 1
    }

    /// The takes of this shot, replayed, in the order of their numbers.
    pub fn takes(&mut self, shot: &ShotId) -> Result<Vec<Take>, LedgerError> {
        let Self { path, connection, seen } = self;
        let mut takes = Vec::new();
        let found = row::histories(connection, Which::OfShot(shot), |key, name, history| {
            if let Some(seen) = usize::try_from(key).ok().and_then(|key| seen.get_mut(key)) {
                *seen = true;
            }
            takes.extend(replay(path, &name, history)?);
            Ok(())
        });
        found.map_err(sqlite(path))??;
        Ok(takes)
    }

    /// Hands every take that was not looked up to `each`, replayed, in the order of their names.
    pub fn others<E: From<LedgerError>>(&self, mut each: impl FnMut(Take) -> Result<(), E>) -> Result<(), E> {
        let failed = |error| E::from(sqlite(&self.path)(error));
        let is_new = |key: i64| usize::try_from(key).ok().and_then(|key| self.seen.get(key)) == Some(&false);
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
