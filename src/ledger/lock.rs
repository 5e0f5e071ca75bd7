//! One writer at a time: a lock that the operating system takes back by itself when its holder dies, so that a crashed run
//! leaves nothing to clean. Who holds it only to write the reports says so, and is waited for: a run at night must not fail because
//! somebody has picked a take at that very moment.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::LedgerError;

/// The most of a lock file that is read, in bytes. The name of a machine can have 255.
const LONGEST: u64 = 400;

/// How the text of a holder ends that lets go soon.
const FOR_A_MOMENT: &str = ", for a moment";

/// How long to leave the lock alone before it is tried again.
const PAUSE: Duration = Duration::from_millis(10);

/// How often a lock is tried that is held for a moment: 30 s in all, and a night has as much to spare.
const TRIES: u32 = 3000;

/// How often a lock is tried whose holder has not written down a word yet.
const TRIES_WITHOUT_A_WORD: u32 = 10;

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

    /// Takes the lock for no longer than it takes to write the reports; `None` where somebody else has it for longer.
    pub(super) fn take_for_a_moment(path: &Path, holder: &Holder) -> Result<Option<Self>, LedgerError> {
        match Self::take_as(path, &format!("{holder}{FOR_A_MOMENT}")) {
            Err(LedgerError::Locked { .. }) => Ok(None),
            taken => taken.map(Some),
        }
    }

    fn take_as(path: &Path, name: &str) -> Result<Self, LedgerError> {
        let failed = |source| LedgerError::Lock { path: path.to_owned(), source: Arc::new(source) };
        is_no_stranger(path).map_err(failed)?;
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(failed)?;
        let mut tries = 0;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tries < patience(&mut file) => {
                    tries += 1;
                    thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    let root = path.parent().unwrap_or(path).to_owned();
                    return Err(LedgerError::Locked { root, holder: told(&mut file) });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        file.rewind().and_then(|()| file.set_len(0)).and_then(|()| write!(file, "{name}")).map_err(failed)?;
        Ok(Self(file))
    }
}

/// How often a lock is to be tried that is held as this file says.
fn patience(file: &mut File) -> u32 {
    match words(file) {
        Ok(name) if name.ends_with(FOR_A_MOMENT) => TRIES,
        Ok(name) if name.is_empty() => TRIES_WITHOUT_A_WORD,
        _ => 0,
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
    let words = words(file).ok().filter(|words| !words.is_empty());
    words.unwrap_or_else(|| "a process that says nothing about itself".to_owned())
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
    fn who_holds_it_for_a_moment_is_waited_for_and_who_holds_it_for_long_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let holder = |pid| Holder { pid, host: "render01".into(), since: Timestamp::UNIX_EPOCH };
        let brief = Held::take_for_a_moment(&path, &holder(1)).unwrap().unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("since 1970-01-01T00:00:00Z, for a moment"));
        assert_eq!(super::holder(&path), None, "no run is on");
        // Whichever of the two comes first, the other has its turn after it.
        let waits = thread::spawn({
            let (path, holder) = (path.clone(), holder(2));
            move || Held::take(&path, &holder)
        });
        drop(brief);
        let long = waits.join().unwrap().unwrap();
        assert!(Held::take_for_a_moment(&path, &holder(3)).unwrap().is_none());
        let named = Held::take(&path, &holder(3)).unwrap_err().to_string();
        assert!(named.ends_with("process 2 on render01, since 1970-01-01T00:00:00Z"), "{named}");
        drop(long);
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
    }
}
