//! Whether a file is still the one that was opened: a file that is deleted or replaced can be written to for as long as it is open,
//! and all of that is gone afterwards.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Which file lay at a path at some moment.
#[derive(Debug)]
pub(super) struct Identity {
    path: PathBuf,
    number: (u64, u64),
}

impl Identity {
    /// The file that lies at `path` now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), number: number(&fs::metadata(path)?) })
    }

    /// Where it lay.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it lies there still.
    pub(super) fn holds(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|found| number(&found) == self.number)
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
        assert!(Identity::of(&path).is_err());
    }
}
