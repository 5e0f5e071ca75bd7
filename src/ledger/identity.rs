//! Whether a file is still the one that was opened: a file that is deleted or replaced can be written to for as long as it is open,
//! and all of that is gone afterwards.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Which file lay at a path at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    path: PathBuf,
    mark: Mark,
}

/// What tells a file from others. Its number alone does not: that of a file that is gone is soon given to another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    number: (u64, u64),
    /// When it was made, where the file system knows.
    made: Option<SystemTime>,
}

impl Identity {
    /// The file that lies at `path` now.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), mark: Mark::of(&fs::metadata(path)?) })
    }

    /// Where it lay.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it lies there still.
    pub fn holds(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| Mark::of(&found) == self.mark)
    }
}

impl Mark {
    fn of(found: &Metadata) -> Self {
        Self { number: number(found), made: found.created().ok() }
    }
}

/// Device and number of the file.
#[cfg(unix)]
fn number(found: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (found.dev(), found.ino())
}

/// All files are one where an open one can be neither deleted nor replaced.
#[cfg(not(unix))]
fn number(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_itself_until_it_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "").unwrap();
        fs::write(&other, "").unwrap();
        let identity = Identity::of(&path).unwrap();
        fs::write(&path, "more").unwrap();
        assert!(identity.holds());
        #[cfg(unix)]
        {
            fs::rename(&other, &path).unwrap();
            assert!(!identity.holds(), "replaced");
        }
        fs::remove_file(&path).unwrap();
        assert!(!identity.holds(), "gone");
        fs::write(&path, "").unwrap();
        #[cfg(target_os = "linux")]
        assert!(!identity.holds(), "made anew, perhaps with the same number");
        fs::remove_file(&path).unwrap();
        assert!(Identity::of(&path).is_err());
    }
}
