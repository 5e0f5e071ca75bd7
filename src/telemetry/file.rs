//! Files for other programs to read while a run is on.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

/// Puts `text` at `path`, whole: whoever reads there finds what was there before, or this. Only a file that begins like `text`, up to
/// `alike` bytes, is replaced: a mistyped name must not cost a manifest. Others may read it, whoever writes it.
pub fn replace(path: &Path, text: &str, alike: usize) -> io::Result<()> {
    is_ours(path, &text.as_bytes()[..alike.min(text.len())])?;
    let folder = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    // Collectors read every file in the folder whose name ends in `.prom`.
    let mut file = tempfile::Builder::new().prefix(".rushes-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    readable(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// Whether `path` is free, or has a file that begins this way.
pub(super) fn is_ours(path: &Path, beginning: &[u8]) -> io::Result<()> {
    let is_file = match fs::metadata(path) {
        Ok(file) => file.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    // To open a pipe would be to wait.
    if is_file {
        let mut found = Vec::new();
        File::open(path)?.take(beginning.len() as u64).read_to_end(&mut found)?;
        if found.is_empty() || found == beginning {
            return Ok(());
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else is there, which is left as it is"))
}

#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}
