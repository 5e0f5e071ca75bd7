//! Files that appear whole or not at all, and durable: under a temporary name first, in the same folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::NamedTempFile;

/// What a temporary name begins with. No letter has such a name.
const PREFIX: &str = ".incoming-";

/// From when on nobody is still writing to a temporary file.
const ABANDONED: Duration = Duration::from_secs(3600);

/// A new file in `folder` under a temporary name, which goes away unless it gets another one. Its owner alone may read it.
pub(super) fn new_in(folder: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(PREFIX).tempfile_in(folder)
}

/// Makes the names in a folder durable.
pub(super) fn flush(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    let _ = folder;
    Ok(())
}

/// Makes a folder that its owner alone may look into, and its name durable.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    // A path of one name has an empty parent, which is the folder we are in.
    path.parent().map_or(Ok(()), |parent| flush(if parent == Path::new("") { Path::new(".") } else { parent }))
}

/// Removes what a process that has ended left under temporary names; `now` is the time of the machine.
pub(super) fn clean(folder: &Path, now: Timestamp) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let written = entry.metadata().and_then(|file| file.modified()).ok().and_then(|time| Timestamp::try_from(time).ok());
        let abandoned = written.is_some_and(|written| now.duration_since(written).unsigned_abs() > ABANDONED && written < now);
        if abandoned && entry.file_name().to_string_lossy().starts_with(PREFIX) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
