//! Callbacks on disk: a folder that takes them in durably, waits, and can be copied to another machine and emptied there days
//! later. Knows neither who sends them nor what they mean.
//!
//! ```text
//! new/   not dealt with yet: <SHA-256 of token and body>.json
//! done/  dealt with; kept for whoever wants to look, and so that they are not taken in again
//! odd/   for a person: not of the known shape, or not in keeping with what is known; why is in the .txt beside each
//! secret what the tokens in callback addresses are sealed with
//! ```
//!
//! Many processes may use a spool at once: a file has one name for ever, appears whole, and is moved, never changed.

mod durably;
mod keeper;
mod letter;
mod secret;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, oneshot};

use self::keeper::{Job, Keeper};
use crate::group::Group;
use crate::seal::Seal;
use crate::take::Token;

pub use keeper::{Kept, Limits, Sort};
pub use letter::{BadLetter, Letter};

const NEW: &str = "new";
const DONE: &str = "done";
const ODD: &str = "odd";

/// How often to look for files that other processes have put there.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A folder of callbacks.
pub struct Spool {
    folder: PathBuf,
    seal: Seal,
    is_new: bool,
    keeper: Group<Keeper>,
    /// Told when this process has taken something in.
    kept: Notify,
}

/// Why a spool cannot be used as it should.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SpoolError {
    /// The system does not let us.
    #[error("cannot {verb} {}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: Arc<io::Error>,
    },
    /// What should be the secret is none. It is not repeated here.
    #[error(
        "{} should hold 64 hexadecimal digits: copy it anew from where it was made, or remove it, and what was addressed with \
         the old one is refused from then on", path.display()
    )]
    Secret {
        /// Which file.
        path: PathBuf,
    },
    /// One attempt has more to say than any honest provider.
    #[error("attempt {token} has called back with {count} different things, and no more are taken in")]
    Talkative {
        /// Which attempt.
        token: Token,
        /// How many there are.
        count: u64,
    },
    /// There is as much in it as may be.
    #[error("the spool {} is full: {files} callbacks of {bytes} bytes wait in it; let a run drain it, or clear its {ODD}/", folder.display())]
    Full {
        /// Which spool.
        folder: PathBuf,
        /// How many files wait.
        files: u64,
        /// How many bytes they have.
        bytes: u64,
    },
}

/// A file that waits to be dealt with.
#[derive(Debug)]
pub struct Waiting {
    /// Its name, by which it is spoken of.
    pub name: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// What is in it.
    pub letter: Result<Letter, BadLetter>,
}

impl Spool {
    /// Opens the spool in `folder`, and makes what is missing of it, for its owner's eyes alone.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, SpoolError> {
        for part in ["", NEW, DONE, ODD] {
            let path = folder.join(part);
            durably::make_folder(&path).map_err(SpoolError::of("make the folder", &path))?;
        }
        let (secret, is_new) = secret::of(folder)?;
        let keeper = Group::new(Keeper::new(folder, limits)?);
        Ok(Self { folder: folder.to_owned(), seal: Seal::new(&secret), is_new, keeper, kept: Notify::new() })
    }

    /// Removes what an earlier process was writing when it ended; `now` is the time of the machine.
    pub fn clean(&self, now: Timestamp) -> Result<(), SpoolError> {
        for part in ["", NEW, ODD] {
            let path = self.folder.join(part);
            durably::clean(&path, now).map_err(SpoolError::of("clean", &path))?;
        }
        Ok(())
    }

    /// What the tokens in the addresses that lead here are sealed with.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// Whether its secret was made just now, so that no receiver elsewhere can have it.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes a letter in. It is durable when this returns; one that is there already, dealt with or not, is not taken in again.
    pub async fn keep(&self, letter: Letter, sort: Sort) -> Result<Kept, SpoolError> {
        let (tell, told) = oneshot::channel();
        let Ok(()) = self.keeper.submit([Job { letter, sort, tell }]).await;
        let kept = told.await.expect("the keeper tells about every job")?;
        self.kept.notify_one();
        Ok(kept)
    }

    /// The files that wait to be dealt with, but those that are `known` already; in no order.
    pub fn waiting(&self, known: &HashSet<String>) -> Result<Vec<Waiting>, SpoolError> {
        let folder = self.folder.join(NEW);
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).map_err(SpoolError::of("read the folder", &folder))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !letter::is_name(&name) || known.contains(&name) {
                continue;
            }
            match fs::read(entry.path()) {
                Ok(file) => {
                    let letter = Letter::read(&name, &file);
                    found.push(Waiting { name, bytes: file.len() as u64, letter });
                }
                // Another process was faster.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(SpoolError::of("read", &entry.path())(error)),
            }
        }
        Ok(found)
    }

    /// Waits until there may be something new: at once when this process takes something in, else for about a second.
    pub async fn change(&self) {
        tokio::select! {
            () = self.kept.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }

    /// The letter `name` has been dealt with. Not durable by itself: after a crash it is dealt with once more, which changes nothing.
    pub fn done(&self, name: &str) -> Result<(), SpoolError> {
        self.shift(name, DONE)
    }

    /// The letter `name` is for a person, who is told why.
    pub fn set_aside(&self, name: &str, why: &str) -> Result<(), SpoolError> {
        let note = self.folder.join(ODD).join(name).with_extension(NOTE);
        fs::write(&note, format!("{why}\n")).map_err(SpoolError::of("write", &note))?;
        self.shift(name, ODD)
    }

    fn shift(&self, name: &str, to: &str) -> Result<(), SpoolError> {
        let (from, to) = (self.folder.join(NEW).join(name), self.folder.join(to).join(name));
        match fs::rename(&from, to) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            moved => moved.map_err(SpoolError::of("move", &from)),
        }
    }
}

/// How the file beside an odd letter ends, which says why it is odd.
const NOTE: &str = "txt";

impl SpoolError {
    fn of<'a>(verb: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io { verb, path: path.to_owned(), source: Arc::new(source) }
    }
}
