//! Putting one file under one name: whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Writes a file that can be made again from the ledger: under a temporary name, flushed, then renamed.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let put = || {
        let temporary = temporary(path);
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_data()?;
        fs::rename(&temporary, path)
    };
    put().map_err(StoreError::of("write", path))
}

/// Makes `path` another name of the object: a hard link, else a symbolic link, else a copy. What was there before gives way at
/// once.
pub(super) fn link(root: &Path, object: &str, path: &Path) -> Result<(), StoreError> {
    let target = root.join(object);
    let put = || match fs::hard_link(&target, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => replace(&target, object, path),
        Err(_) => link_softly(&target, object, path),
    };
    put().map_err(StoreError::of("link", path))
}

/// Makes a folder, and its name durable.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(StoreError::of("make the folder", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::of("flush the folder", path))?;
    Ok(())
}

/// Puts the link under a temporary name, then renames it over what is there.
fn replace(target: &Path, object: &str, path: &Path) -> io::Result<()> {
    let temporary = temporary(path);
    fs::remove_file(&temporary).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    fs::hard_link(target, &temporary).or_else(|_| link_softly(target, object, &temporary))?;
    fs::rename(&temporary, path)?;
    // Renaming one hard link over another of the same file does nothing and leaves both names.
    fs::remove_file(&temporary).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Where the file system knows no hard links.
fn link_softly(target: &Path, object: &str, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::symlink(Path::new("..").join(object), path).is_ok() {
        return Ok(());
    }
    let _ = object;
    fs::copy(target, path).map(drop)
}

/// A name in the same folder that no take and no report has: theirs never begin with a dot.
fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.new"))
}
