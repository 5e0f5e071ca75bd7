//! The secret of a spool: made once, by whoever comes first, and copied with the rest of the folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{SpoolError, durably};
use crate::hex;

/// Its file in the spool.
const NAME: &str = "secret";

/// The secret in `folder`, which is made when there is none.
pub(super) fn of(folder: &Path) -> Result<[u8; 32], SpoolError> {
    let path = folder.join(NAME);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(folder, &path)?;
            // Read again: another process may have been faster, and then its secret is the one.
            fs::read_to_string(&path)
        }
        read => read,
    };
    let text = text.map_err(SpoolError::of("read", &path))?;
    parse(text.trim()).ok_or(SpoolError::Secret { path })
}

/// Writes a new secret, for its owner's eyes alone. One that is there already stays.
fn make(folder: &Path, path: &Path) -> Result<(), SpoolError> {
    let write = || {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let mut file = durably::new_in(folder)?;
        file.write_all(format!("{}\n", hex::encode(&secret)).as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => durably::flush(folder),
        }
    };
    write().map_err(SpoolError::of("write", path))
}

fn parse(digits: &str) -> Option<[u8; 32]> {
    hex::decode(digits)?.try_into().ok()
}
