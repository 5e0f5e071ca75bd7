//! One writer at a time: a lock that the operating system takes back by itself when its holder dies, so that a crashed run
//! leaves nothing to clean.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::LedgerError;

/// The most of a lock file that is read, in bytes. The name of a machine can have 255.
const LONGEST: u64 = 400;

/// A held lock. While it is held the file says who holds it; afterwards the file is empty.
#[derive(Debug)]
pub struct Held(File);

/// Who asks for the lock: what another process that finds it taken is told.
#[derive(Debug, Clone)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The machine that it runs on, as that calls itself: the directory may be shared between several. Empty where it has no name.
    pub host: String,
    /// Since when.
    pub since: Timestamp,
}

impl Held {
    /// Takes the lock at `path` or says who has it.
    pub(super) fn take(path: &Path, holder: &Holder) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::Lock { path: path.to_owned(), source: Arc::new(source) };
        is_no_stranger(path).map_err(failed)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let root = path.parent().unwrap_or(path).to_owned();
                return Err(LedgerError::Locked { root, holder: told(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).and_then(|()| write!(file, "{holder}")).map_err(failed)?;
        Ok(Self(file))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A text that stays behind misleads nobody: only the lock itself counts.
        self.0.set_len(0).ok();
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = if self.host.is_empty() { "" } else { " on " };
        write!(f, "process {}{on}{}, since {}", self.pid, self.host, self.since.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// Who holds the lock at `path` at this moment, as it says about itself.
pub(super) fn holder(path: &Path) -> Option<String> {
    is_no_stranger(path).ok()?;
    let mut file = File::open(path).ok()?;
    // Whoever asks for the lock could be in the way of one who wants it; so only where someone has left a name.
    if file.metadata().ok()?.len() == 0 {
        return None;
    }
    let text = told(&mut file);
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)).then_some(text)
}

/// Holds that what is there already, if anything, is a file: to open a pipe is to wait for ever.
fn is_no_stranger(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "there is something else than a file"))
        }
        _ => Ok(()),
    }
}

/// What the holder has written about itself.
fn told(file: &mut File) -> String {
    let mut text = String::new();
    let read = |file: &mut File, text: &mut String| -> io::Result<()> {
        file.rewind()?;
        file.take(LONGEST).read_to_string(text)?;
        text.retain(|c| !c.is_control());
        Ok(())
    };
    match read(file, &mut text) {
        Ok(()) if !text.is_empty() => text,
        _ => "a process that says nothing about itself".to_owned(),
    }
}
