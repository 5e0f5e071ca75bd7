//! Putting files under their names: whole or not at all, and durable before anyone relies on them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::sync::LazyLock;

#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD};
use tempfile::TempPath;

use super::StoreError;

/// What a file under its temporary name begins with. No take and no report has such a name.
pub(super) const PREFIX: &str = ".incoming-";

/// With more files than this, flushing the whole file system once is cheaper than flushing each of them.
const MANY: usize = 2;

/// A file that does not have its name yet. Where the system knows such files it has no name at all, so that nothing is left of it
/// when the process ends, and no folder is changed twice for it; elsewhere it has a temporary one.
pub(super) struct Nameless {
    file: File,
    temporary: Option<TempPath>,
}

impl Nameless {
    /// A new file in `folder`, for whom the umask leaves of `mode`.
    pub(super) fn new_in(folder: &Path, mode: u32) -> io::Result<Self> {
        if let Some(file) = unnamed_in(folder, mode) {
            return Ok(Self { file, temporary: None });
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
        let (file, temporary) = builder.tempfile_in(folder)?.into_parts();
        Ok(Self { file, temporary: Some(temporary) })
    }

    /// The file itself.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the file its name, in place of what was there; the folder is still to be flushed.
    fn name(self, path: &Path) -> io::Result<()> {
        match self.temporary {
            Some(temporary) => temporary.persist(path).map_err(|error| error.error),
            None => give_name(&self.file, path),
        }
    }
}

/// A written file, and what it is to be called.
pub(super) struct Draft {
    file: Nameless,
    path: PathBuf,
}

impl Draft {
    /// Writes `bytes` to a file in the folder of `path`, which will be the name.
    pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let write = || {
            let file = Nameless::new_in(folder, 0o666)?;
            file.file().write_all(bytes)?;
            Ok(file)
        };
        write().map(|file| Self::of(file, path)).map_err(StoreError::of("write", path))
    }

    /// A file that is written already, to be called `path`.
    pub(super) fn of(file: Nameless, path: &Path) -> Self {
        Self { file, path: path.to_owned() }
    }

    /// The file, to be flushed.
    pub(super) fn file(&self) -> &File {
        self.file.file()
    }

    /// Gives the file its name, in place of what was there; the folder is still to be flushed.
    pub(super) fn name(self) -> Result<(), StoreError> {
        self.file.name(&self.path).map_err(StoreError::of("write", &self.path))
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

/// How many bytes whoever runs this may still write to the file system of `root`; `None` where the system does not say.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn free(root: &Path) -> Option<u64> {
    // Some network file systems know nothing about themselves, and say so with zeros.
    let found = rustix::fs::statvfs(root).ok().filter(|found| found.f_blocks > 0)?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn free(_: &Path) -> Option<u64> {
    None
}

/// A file that is in no folder, in the file system of this one; `None` where that cannot be, or could not be named later.
#[cfg(target_os = "linux")]
fn unnamed_in(folder: &Path, mode: u32) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    static NAMEABLE: LazyLock<bool> = LazyLock::new(|| Path::new(OPEN_FILES).exists());
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let opened = NAMEABLE.then(|| rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)).ok()).flatten();
    opened.map(File::from)
}

/// Gives a file that is in no folder its name, in place of what was there.
#[cfg(target_os = "linux")]
fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
    let link = |path: &Path| rustix::fs::linkat(CWD, &open, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from);
    match link(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let temporary = beside(path);
            remove(&temporary)?;
            link(&temporary)?;
            fs::rename(&temporary, path).inspect_err(|_| drop(remove(&temporary)))
        }
        done => done,
    }
}

/// Where the open files of this process have names (proc(5)).
#[cfg(target_os = "linux")]
const OPEN_FILES: &str = "/proc/self/fd";

#[cfg(not(target_os = "linux"))]
fn unnamed_in(_: &Path, _: u32) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn give_name(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A temporary name in the same folder.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{PREFIX}{}", path.file_name().unwrap_or_default().to_string_lossy()))
}

/// Puts the link under a temporary name, then renames it over what is there. Never writes to what is there: that may be a
/// symbolic link to another object.
fn replace(target: &Path, object: &str, path: &Path) -> io::Result<()> {
    let temporary = beside(path);
    remove(&temporary)?;
    let put = || {
        fs::hard_link(target, &temporary).or_else(|_| link_softly(target, object, &temporary))?;
        fs::rename(&temporary, path)
    };
    put().inspect_err(|_| drop(remove(&temporary)))?;
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
    // The bytes alone: where there are no links, there are often no permissions to copy either.
    let mut copy = File::create(path)?;
    io::copy(&mut File::open(target)?, &mut copy)?;
    copy.sync_all()
}
