//! Room on the disk that is kept for the answers to what has been sent. A submission whose task id cannot be written down is lost
//! to everyone but a person; so before anything is sent this room is taken, and when the disk is full it is given back to it.
//!
//! ```text
//! take ──▶ held ──disk is full──▶ spent: answers are written into the room, and nothing new is begun
//! ```

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much is kept, in bytes: a few hundred flushes of the ledger, each of which may carry many answers.
const BYTES: u64 = 4 << 20;

/// Whether there is such room.
#[derive(Debug, Default)]
pub(super) struct Reserve(Mutex<Room>);

#[derive(Debug, Default)]
enum Room {
    /// Nothing is to be sent.
    #[default]
    None,
    /// A file without a name, so that nothing is left of it however the process ends.
    Held(File),
    /// The disk was full, and has it back.
    Spent,
}

impl Reserve {
    /// Takes the room beside the file `ledger`; does nothing when it is taken. Fails where there is none: the disk is full or
    /// nearly so, by itself, by a quota, or by a limit on how long a file may be.
    pub(super) fn take(&self, ledger: &Path) -> io::Result<()> {
        let mut room = self.room();
        if matches!(*room, Room::None) {
            *room = Room::Held(fill(ledger)?);
        }
        Ok(())
    }

    /// Gives the room back to the disk. Returns whether there was any.
    pub(super) fn spend(&self) -> bool {
        let mut room = self.room();
        let Room::Held(file) = &*room else { return false };
        file.set_len(0).ok();
        *room = Room::Spent;
        true
    }

    /// Whether the room had to be given back.
    pub(super) fn is_spent(&self) -> bool {
        matches!(*self.room(), Room::Spent)
    }

    /// Nothing panics between two halves of a change to it.
    fn room(&self) -> MutexGuard<'_, Room> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file as long as the ledger can have become when the room is spent, with nothing in it but the room.
fn fill(ledger: &Path) -> io::Result<File> {
    // Noise: a file system that compresses would keep no room for zeros.
    let mut noise = vec![0; 256 << 10];
    getrandom::fill(&mut noise).expect("the system gives random bits");
    let mut file = tempfile::tempfile_in(ledger.parent().unwrap_or(Path::new(".")))?;
    for _ in 0..BYTES / noise.len() as u64 {
        file.write_all(&noise)?;
    }
    file.set_len(BYTES + fs::metadata(ledger)?.len())?;
    // A network file system says only now that there is no room.
    file.sync_data()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_and_given_back_once() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.db");
        fs::write(&ledger, "history").unwrap();
        let reserve = Reserve::default();
        assert!(!reserve.spend() && !reserve.is_spent(), "nothing is taken");
        for _ in 0..2 {
            reserve.take(&ledger).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "it has no name");
        assert!(!reserve.is_spent());
        assert!(reserve.spend() && reserve.is_spent());
        reserve.take(&ledger).unwrap();
        assert!(!reserve.spend() && reserve.is_spent(), "once spent it stays so");
        assert!(Reserve::default().take(&folder.path().join("gone/ledger.db")).is_err());
    }
}
