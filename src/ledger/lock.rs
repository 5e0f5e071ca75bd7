//! One writer at a time: a lock that the operating system takes back by itself when its holder dies, so that a crashed run
//! leaves nothing to clean. Who holds it only to write the reports says so, so that others can wait for that: a run at night must not
//! fail because somebody has picked a take at that very moment. Nothing waits here: whoever asks is told at once.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::LedgerError;

/// The most of a lock file that is read, in bytes. The name of a machine can have 255.
const LONGEST: u64 = 400;

/// How the text of a holder ends that lets go soon.
const FOR_A_MOMENT: &str = ", for a moment";

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
        Self::take_as(path, &holder.to_string())
    }

    /// Takes the lock for no longer than it takes to write the reports, or says who has it.
    pub(super) fn take_for_a_moment(path: &Path, holder: &Holder) -> Result<Self, LedgerError> {
        Self::take_as(path, &format!("{holder}{FOR_A_MOMENT}"))
    }

    fn take_as(path: &Path, name: &str) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::Lock { path: path.to_owned(), source: Arc::new(source) };
        is_no_stranger(path).map_err(failed)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(path, &mut file)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.rewind().and_then(|()| file.set_len(0)).and_then(|()| write!(file, "{name}")).map_err(failed)?;
        Ok(Self(file))
    }
}

/// That the lock is held as this file says. Who has not written down a word has just begun, or is about to let go.
fn locked(path: &Path, file: &mut File) -> LedgerError {
    let root = path.parent().unwrap_or(path).to_owned();
    let words = words(file).unwrap_or_default();
    match words.strip_suffix(FOR_A_MOMENT) {
        Some(holder) => LedgerError::Locked { root, holder: holder.to_owned(), brief: true },
        None => LedgerError::Locked { root, brief: words.is_empty(), holder: named(words) },
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

/// Who holds the lock at `path` at this moment, as it says about itself; nobody, where it is for a moment only.
pub(super) fn holder(path: &Path) -> Option<String> {
    is_no_stranger(path).ok()?;
    let mut file = File::open(path).ok()?;
    // Whoever asks for the lock could be in the way of one who wants it; so only where someone has left a name.
    if file.metadata().ok()?.len() == 0 {
        return None;
    }
    let text = told(&mut file);
    let is_held = matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    (is_held && !text.ends_with(FOR_A_MOMENT)).then_some(text)
}

/// Holds that what is there already, if anything, is a file: to open a pipe is to wait for ever, and what a link leads to would be
/// emptied.
fn is_no_stranger(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, "there is something else than a file"))
        }
        _ => Ok(()),
    }
}

/// What the holder has written about itself.
fn told(file: &mut File) -> String {
    named(words(file).unwrap_or_default())
}

/// Who has written these words about itself.
fn named(words: String) -> String {
    if words.is_empty() { "a process that says nothing about itself".to_owned() } else { words }
}

/// What stands in the file.
fn words(file: &mut File) -> io::Result<String> {
    let mut text = String::new();
    file.rewind()?;
    file.take(LONGEST).read_to_string(&mut text)?;
    text.retain(|c| !c.is_control());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_it_for_a_moment_is_told_from_who_holds_it_for_long() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let holder = |pid| Holder { pid, host: "render01".into(), since: Timestamp::UNIX_EPOCH };
        let refused = |taken: Result<Held, LedgerError>| match taken {
            Err(LedgerError::Locked { holder, brief, .. }) => (holder, brief),
            other => panic!("{other:?}"),
        };
        let by = |pid| format!("process {pid} on render01, since 1970-01-01T00:00:00Z");
        let brief = Held::take_for_a_moment(&path, &holder(1)).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("{}, for a moment", by(1)));
        assert_eq!(super::holder(&path), None, "no run is on");
        assert_eq!(refused(Held::take(&path, &holder(2))), (by(1), true));
        assert_eq!(refused(Held::take_for_a_moment(&path, &holder(2))), (by(1), true));
        drop(brief);
        let long = Held::take(&path, &holder(2)).unwrap();
        assert_eq!(refused(Held::take(&path, &holder(3))), (by(2), false));
        assert_eq!(refused(Held::take_for_a_moment(&path, &holder(3))), (by(2), false));
        fs::write(&path, "").unwrap();
        let nobody = "a process that says nothing about itself".to_owned();
        assert_eq!(refused(Held::take(&path, &holder(3))), (nobody, true), "it has just begun");
        drop(long);
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}
