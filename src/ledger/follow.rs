//! A ledger followed while another process writes it: all takes once, then those alone to which something has happened since.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::Connection;

use super::identity::Identity;
use super::row::{self, Which};
use super::{LedgerError, look_into, replay, sqlite};
use crate::layout;
use crate::take::Take;

/// The ledger of an output directory, read again and again.
pub struct Follow {
    path: PathBuf,
    /// The file that was opened first; numbers of events in another one would mean other events.
    file: Identity,
    /// Not there while nobody looks.
    connection: Option<Connection>,
    /// The number of the last event that was read.
    seen: i64,
    last_event: Option<Timestamp>,
}

impl Follow {
    /// Opens the ledger of the output directory `root`; `None` when there is none.
    pub fn open(root: &Path) -> Result<Option<Self>, LedgerError> {
        let path = root.join(layout::LEDGER);
        let Ok(file) = Identity::of(&path) else { return Ok(None) };
        let connection = look_into(&path)?;
        Ok(connection.map(|connection| Self { path, file, connection: Some(connection), seen: 0, last_event: None }))
    }

    /// Hands every take to which something has happened since the last call to `each`, replayed, as they are at one moment; the first
    /// time, every take. What there is to read is what is new, however long the ledger.
    pub fn news(&mut self, mut each: impl FnMut(Take)) -> Result<(), LedgerError> {
        let failed = sqlite(&self.path);
        let moment = reopened(&self.path, &self.file, &mut self.connection)?.unchecked_transaction().map_err(&failed)?;
        let Some((last, at)) = row::last_since(&moment, self.seen).map_err(&failed)? else { return Ok(()) };
        let mut hand_over = |_, name, history| {
            replay(&self.path, &name, history)?.into_iter().for_each(&mut each);
            Ok(())
        };
        if self.seen == 0 {
            row::histories(&moment, Which::All, hand_over).map_err(&failed)??;
        } else {
            for key in row::touched_since(&moment, self.seen).map_err(&failed)? {
                row::histories(&moment, Which::One(key), &mut hand_over).map_err(&failed)??;
            }
        }
        (self.seen, self.last_event) = (last, self.last_event.max(Some(at)));
        Ok(())
    }

    /// Closes the file until there is another look at it: an open one keeps what is written beside it from being brought into it, and
    /// whoever copies the ledger would miss that.
    pub fn rest(&mut self) {
        self.connection = None;
    }

    /// Which file it follows.
    pub fn file(&self) -> &Identity {
        &self.file
    }

    /// When the last event happened of those that were read, if there is one.
    pub fn last_event(&self) -> Option<Timestamp> {
        self.last_event
    }
}

/// The connection, opened again where it was closed, if the file is still the one that `file` is.
fn reopened<'a>(path: &Path, file: &Identity, connection: &'a mut Option<Connection>) -> Result<&'a Connection, LedgerError> {
    let gone = || LedgerError::Replaced { path: path.to_owned() };
    let opened = match connection.take() {
        Some(open) => open,
        None => look_into(path)?.filter(|_| file.holds()).ok_or_else(gone)?,
    };
    Ok(connection.insert(opened))
}
