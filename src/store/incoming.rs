//! A file while it is received: hashed as it arrives, kept in memory while it is small, on disk without a name when it is not.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StoreError;
use super::place::{self, Draft, Nameless};
use crate::digest::Hasher;
use crate::take::Asset;

/// How much is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 256 * 1024;

/// A file that is being received.
pub struct Incoming {
    folder: PathBuf,
    hasher: Hasher,
    bytes: u64,
    /// What has arrived and is not on disk yet.
    buffer: Vec<u8>,
    file: Option<Nameless>,
}

/// A file that has arrived whole, and has no place yet.
pub struct Received {
    folder: PathBuf,
    asset: Asset,
    buffer: Vec<u8>,
    file: Option<Nameless>,
}

impl Incoming {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, hasher: Hasher::default(), bytes: 0, buffer: Vec::new(), file: None }
    }

    /// Takes in the next bytes.
    pub async fn take_in(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < IN_MEMORY {
            return Ok(());
        }
        let (buffer, file, folder) = (std::mem::take(&mut self.buffer), self.file.take(), self.folder.clone());
        let work = move || spill(&folder, file, &buffer);
        self.file = Some(tokio::task::spawn_blocking(work).await.expect("writing to a file does not panic")?);
        Ok(())
    }

    /// How many bytes have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first bytes, while nothing has gone to disk; none afterwards.
    pub fn head(&self) -> &[u8] {
        if self.file.is_none() { &self.buffer } else { &[] }
    }

    /// All bytes have arrived.
    pub fn finish(self) -> Received {
        let asset = Asset { digest: self.hasher.finish(), bytes: self.bytes };
        Received { folder: self.folder, asset, buffer: self.buffer, file: self.file }
    }
}

impl Received {
    /// Digest and count of the bytes.
    pub fn asset(&self) -> &Asset {
        &self.asset
    }

    /// Writes what is still in memory; the file is to be called `path`. `None` when the bytes are there already.
    pub(super) fn write(self, path: &Path) -> Result<Option<Draft>, StoreError> {
        if fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == self.asset.bytes) {
            return Ok(None);
        }
        let file = spill(&self.folder, self.file, &self.buffer)?;
        Ok(Some(Draft::of(file, path)))
    }
}

/// Removes what an earlier process was receiving when it ended.
pub(super) fn clean(folder: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(StoreError::of("read the folder", folder))?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(place::PREFIX) {
            fs::remove_file(entry.path()).map_err(StoreError::of("remove", &entry.path()))?;
        }
    }
    Ok(())
}

/// Appends `buffer` to the file, which is made when there is none, and unchangeable for whoever opens it later.
fn spill(folder: &Path, file: Option<Nameless>, buffer: &[u8]) -> Result<Nameless, StoreError> {
    let write = || {
        let file = match file {
            Some(file) => file,
            None => Nameless::new_in(folder, 0o444)?,
        };
        file.file().write_all(buffer)?;
        Ok(file)
    };
    write().map_err(StoreError::of("write a temporary file in", folder))
}
