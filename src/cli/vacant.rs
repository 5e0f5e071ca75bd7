//! Where a file goes that somebody asks for by its name, as a plan or an export: nothing is written over that is not one itself.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{self, Path, PathBuf};

use super::Failure;

/// As much as tells what a file is, in bytes: the index of the longest slate, and much more of anything else.
const BEGINNING: u64 = 256 << 10;

/// What is to be written, and how it is known again.
pub(super) struct Kind<'a> {
    /// What it is, as in "an export".
    pub(super) what: &'a str,
    /// What anything else is not, as in "earlier export".
    pub(super) known_as: &'a str,
    /// Whether a file that begins like this is one.
    pub(super) is_one: &'a dyn Fn(&[u8]) -> bool,
    /// What to do where something else is in the way.
    pub(super) help: &'a str,
    /// That it cannot be written, or what is there cannot be looked at.
    pub(super) unwritten: fn(&Path, &io::Error) -> Failure,
}

/// Where a file of this kind that is called `path` is to be written. Refuses where anything lies but one of its kind, or an empty file.
pub(super) fn place(path: &Path, kind: &Kind<'_>) -> Result<PathBuf, Failure> {
    let failed = |error: io::Error| (kind.unwritten)(path, &error);
    let taken = |what: &str| {
        let taken = format!("{} is {what}, and {} does not take its place", path.display(), kind.what);
        Err(Failure::usage(taken).help(kind.help))
    };
    // What a link leads to is replaced, and not the link.
    let place = match fs::canonicalize(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return new(path).map_err(failed),
        place => place.map_err(failed)?,
    };
    if place.is_dir() {
        return taken("a directory");
    }
    // Anything but a file stays unread: to read a pipe is to wait for ever.
    if !place.is_file() {
        return taken("no file");
    }
    let there = beginning(&place).map_err(failed)?;
    if there.is_empty() || (kind.is_one)(&there) {
        return Ok(place);
    }
    taken(&format!("there already, no {}", kind.known_as))
}

fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BEGINNING).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Where a new file comes to lie, by the name that its folder always has.
fn new(path: &Path) -> io::Result<PathBuf> {
    let whole = path::absolute(path)?;
    let (folder, name) = (whole.parent().unwrap_or(&whole), whole.file_name().unwrap_or_default());
    Ok(fs::canonicalize(folder)?.join(name))
}
