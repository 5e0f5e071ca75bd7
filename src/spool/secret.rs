//! The secret of a spool: made once, by whoever comes first, and copied with the rest of the folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{SpoolError, durably};
use crate::hex;

/// Its file in the spool.
const NAME: &str = "secret";

/// The secret in `folder`, which is made when there is none, and whether it was.
pub(super) fn of(folder: &Path) -> Result<([u8; 32], bool), SpoolError> {
    let path = folder.join(NAME);
    let is_missing = !path.exists();
    if is_missing {
        make(folder, &path)?;
    }
    // Read also when it was made: another process may have been faster, and then its secret is the one.
    let text = fs::read_to_string(&path).map_err(SpoolError::of("read", &path))?;
    let secret = hex::decode(text.trim()).and_then(|bytes| bytes.try_into().ok());
    secret.map(|secret| (secret, is_missing)).ok_or(SpoolError::Secret { path })
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
