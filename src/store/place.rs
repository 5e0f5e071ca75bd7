//! Putting files under their names: whole or not at all, and durable before anyone relies on them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::StoreError;

/// What a file under its temporary name begins with. No take and no report has such a name.
pub(super) const PREFIX: &str = ".incoming-";

/// With more files than this, flushing the whole file system once is cheaper than flushing each of them.
const MANY: usize = 2;

/// A written file that does not have its name yet.
pub(super) struct Draft {
    file: File,
    temporary: TempPath,
    path: PathBuf,
}

impl Draft {
    /// Writes `bytes` under a temporary name in the folder of `path`, which will be the name.
    pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let write = || {
            let mut file = temporary_in(folder)?;
            file.write_all(bytes)?;
            Ok(file)
        };
        write().map(|file| Self::of(file, path)).map_err(StoreError::of("write", path))
    }

    /// A file that is written already, to be called `path`.
    pub(super) fn of(file: NamedTempFile, path: &Path) -> Self {
        let (file, temporary) = file.into_parts();
        Self { file, temporary, path: path.to_owned() }
    }

    /// The file, to be flushed.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, in place of what was there; the folder is still to be flushed.
    pub(super) fn name(self) -> Result<(), StoreError> {
        let failed = StoreError::of("write", &self.path);
        self.temporary.persist(&self.path).map_err(|error| failed(error.error))
    }
}

/// Writes one file, durable when this returns.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let draft = Draft::write(path, bytes)?;
    draft.file().sync_all().map_err(StoreError::of("flush", path))?;
    draft.name()?;
    path.parent().map_or(Ok(()), flush_folder)
}

/// Makes `path` another name of the object: a hard link, else a symbolic link, else a copy. What was there before gives way at
/// once.
pub(super) fn link(root: &Path, object: &str, path: &Path) -> Result<(), StoreError> {
    let target = root.join(object);
    let put = || match fs::hard_link(&target, path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => replace(&target, object, path),
        done => done,
    };
    put().map_err(StoreError::of("link", path))
}

/// Makes a folder, and its name durable.
pub(super) fn make_folder(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(StoreError::of("make the folder", path))?;
    path.parent().map_or(Ok(()), flush_folder)
}

/// A new file under a temporary name, which whoever may read the folder's other files may read, too.
pub(super) fn temporary_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Makes the bytes of these files, which lie under `root`, durable.
pub(super) fn flush<'a>(root: &Path, files: impl Iterator<Item = &'a File>) -> Result<(), StoreError> {
    let files: Vec<_> = files.collect();
    if files.len() > MANY && flush_file_system(root)? {
        return Ok(());
    }
    files.into_iter().try_for_each(File::sync_all).map_err(StoreError::of("flush files in", root))
}

/// Makes the names in these folders, which lie under `root`, durable.
pub(super) fn flush_folders(root: &Path, folders: &BTreeSet<PathBuf>) -> Result<(), StoreError> {
    if folders.len() > MANY && flush_file_system(root)? {
        return Ok(());
    }
    folders.iter().try_for_each(|folder| flush_folder(folder))
}

/// Makes the names in a folder durable.
pub(super) fn flush_folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    File::open(path).and_then(|folder| folder.sync_all()).map_err(StoreError::of("flush the folder", path))?;
    Ok(())
}

/// Flushes everything at once, where the system knows how to.
#[cfg(target_os = "linux")]
fn flush_file_system(root: &Path) -> Result<bool, StoreError> {
    let flush = || Ok(rustix::fs::syncfs(File::open(root)?)?);
    flush().map(|()| true).map_err(StoreError::of("flush the file system of", root))
}

#[cfg(not(target_os = "linux"))]
fn flush_file_system(_: &Path) -> Result<bool, StoreError> {
    Ok(false)
}

/// Puts the link under a temporary name, then renames it over what is there. Never writes to what is there: that may be a
/// symbolic link to another object.
fn replace(target: &Path, object: &str, path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!("{PREFIX}{name}"));
    remove(&temporary)?;
    fs::hard_link(target, &temporary).or_else(|_| link_softly(target, object, &temporary))?;
    fs::rename(&temporary, path)?;
    // Renaming one hard link over another of the same file does nothing and leaves both names.
    remove(&temporary)
}

/// Removes a file that may not be there.
fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Where the file system knows no hard links.
fn link_softly(target: &Path, object: &str, path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if std::os::unix::fs::symlink(Path::new("..").join(object), path).is_ok() {
        return Ok(());
    }
    let _ = object;
    fs::copy(target, path)?;
    File::open(path)?.sync_all()
}
