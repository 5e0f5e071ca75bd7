//! Taking letters in: many share a flush, and no more are taken in than there is room for.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tokio::sync::oneshot;

use super::letter::Letter;
use super::{DONE, NEW, NOTE, ODD, SpoolError, durably};
use crate::group::Batch;
use crate::take::Token;

/// How much may wait in a spool, so that nobody who has an address can fill the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So many files.
    pub files: u64,
    /// So many bytes in all.
    pub bytes: u64,
    /// So many callbacks of one attempt while the process is on, dealt with or not.
    pub of_one: u64,
}

impl Default for Limits {
    /// Many nights' worth: a callback has less than a thousand bytes.
    fn default() -> Self {
        Self { files: 100_000, bytes: 512 << 20, of_one: 200 }
    }
}

/// Where a letter belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sort {
    /// With those that a run is to deal with.
    New,
    /// With those that are for a person, for this reason.
    Odd(String),
}

/// What became of a letter that was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is here now.
    New,
    /// It was here already.
    Known,
}

/// A letter to be taken in, and who waits for it.
pub(super) struct Job {
    pub(super) letter: Letter,
    pub(super) sort: Sort,
    pub(super) tell: oneshot::Sender<Result<Kept, SpoolError>>,
}

/// Does what [`super::Spool::keep`] asks for.
pub(super) struct Keeper {
    folder: PathBuf,
    limits: Limits,
    /// What waits in the spool, or more: what others take out is only noticed when it would be too much.
    held: Held,
    /// How many each attempt has sent to this process.
    sent: HashMap<Token, u64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Held {
    files: u64,
    bytes: u64,
}

impl Keeper {
    pub(super) fn new(folder: &Path, limits: Limits) -> Result<Self, SpoolError> {
        Ok(Self { folder: folder.to_owned(), limits, held: Held::count(folder)?, sent: HashMap::new() })
    }

    /// Takes one letter in; its name is still to be flushed. One that was there may have been named by a process that was cut off
    /// before it came to that, so it is flushed too.
    fn take_in(&mut self, letter: &Letter, sort: &Sort) -> Result<Kept, SpoolError> {
        let name = letter.name();
        if [NEW, DONE, ODD].iter().any(|part| self.folder.join(part).join(&name).exists()) {
            return Ok(Kept::Known);
        }
        let count = letter.token.map_or(0, |token| *self.sent.entry(token).or_default());
        if let Some(token) = letter.token.filter(|_| count >= self.limits.of_one) {
            return Err(SpoolError::Talkative { token, count });
        }
        let file = letter.write();
        self.make_room_for(file.len() as u64)?;
        let part = self.folder.join(if *sort == Sort::New { NEW } else { ODD });
        let path = part.join(&name);
        let write = || {
            if let Sort::Odd(why) = sort {
                fs::write(path.with_extension(NOTE), format!("{why}\n"))?;
            }
            let mut nameless = durably::new_in(&part)?;
            nameless.write_all(&file)?;
            nameless.as_file().sync_all()?;
            nameless.persist(&path).map_err(|error| error.error)
        };
        write().map_err(SpoolError::of("write", &path))?;
        self.held.add(file.len() as u64);
        self.sent.extend(letter.token.map(|token| (token, count + 1)));
        Ok(Kept::New)
    }

    fn make_room_for(&mut self, bytes: u64) -> Result<(), SpoolError> {
        if self.is_full_with(bytes) {
            self.held = Held::count(&self.folder)?;
        }
        if self.is_full_with(bytes) {
            let Held { files, bytes } = self.held;
            return Err(SpoolError::Full { folder: self.folder.clone(), files, bytes });
        }
        Ok(())
    }

    fn is_full_with(&self, bytes: u64) -> bool {
        self.held.files >= self.limits.files || self.held.bytes + bytes > self.limits.bytes
    }

    fn flush(&self) -> Result<(), SpoolError> {
        [NEW, ODD]
            .iter()
            .map(|part| self.folder.join(part))
            .try_for_each(|part| durably::flush(&part).map_err(SpoolError::of("flush the folder", &part)))
    }
}

impl Batch for Keeper {
    type Job = Job;
    /// What goes wrong goes wrong for one letter; the next one may find a disk with room again.
    type Error = Infallible;

    fn run(&mut self, jobs: Vec<Job>) -> Result<(), Infallible> {
        let done: Vec<_> = jobs.into_iter().map(|job| (self.take_in(&job.letter, &job.sort), job.tell)).collect();
        let flushed = self.flush();
        for (kept, tell) in done {
            // Whoever has stopped waiting need not know.
            tell.send(kept.and_then(|kept| flushed.clone().map(|()| kept))).ok();
        }
        Ok(())
    }
}

impl Held {
    /// Counts what waits in the spool.
    fn count(folder: &Path) -> Result<Self, SpoolError> {
        let mut held = Self::default();
        for part in [NEW, ODD] {
            let path = folder.join(part);
            let entries = fs::read_dir(&path).map_err(SpoolError::of("read the folder", &path))?;
            entries.flatten().filter_map(|entry| entry.metadata().ok()).for_each(|file| held.add(file.len()));
        }
        Ok(held)
    }

    fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}
