//! A file while it is received: hashed and looked at as it arrives, kept in memory while it is small, on disk without a name when it is not.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tokio::task::{JoinHandle, spawn_blocking};

use super::StoreError;
use super::place::{self, Draft, Nameless};
use crate::digest::Hasher;
use crate::media::{Media, Probe};
use crate::sniff;
use crate::take::Asset;

/// How much is held in memory before it goes to disk, in bytes.
const IN_MEMORY: usize = 256 * 1024;

/// A file that is being received. It can be let lie in between, and gone on with.
pub struct Incoming {
    folder: PathBuf,
    hasher: Hasher,
    probe: Probe,
    bytes: u64,
    head: Vec<u8>,
    /// What has arrived and is not on its way to disk yet.
    buffer: Vec<u8>,
    /// The last write, which may not be done yet, and gives back the file. Who waits for it may stop waiting.
    writing: Option<JoinHandle<Result<Nameless, StoreError>>>,
}

/// A file that has arrived whole, and has no place yet.
pub struct Received {
    folder: PathBuf,
    asset: Asset,
    media: Media,
    buffer: Vec<u8>,
    file: Option<Nameless>,
}

impl Incoming {
    pub(super) fn new(folder: PathBuf) -> Self {
        let (hasher, probe) = Default::default();
        Self { folder, hasher, probe, bytes: 0, head: Vec::new(), buffer: Vec::new(), writing: None }
    }

    /// Takes in the next bytes: all of them, or, when this is dropped before it returns, none.
    pub async fn take_in(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.buffer.len() >= IN_MEMORY {
            let (file, folder) = (self.written().await?, self.folder.clone());
            let buffer = std::mem::take(&mut self.buffer);
            self.writing = Some(spawn_blocking(move || spill(&folder, file, &buffer)));
        }
        self.hasher.update(bytes);
        self.probe.take_in(bytes);
        self.bytes += bytes.len() as u64;
        let rest_of_head = sniff::ENOUGH - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(rest_of_head)]);
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The file, if there is one, once the last write is done.
    async fn written(&mut self) -> Result<Option<Nameless>, StoreError> {
        let Some(writing) = &mut self.writing else { return Ok(None) };
        let written = writing.await.expect("writing to a file does not panic");
        self.writing = None;
        written.map(Some)
    }

    /// How many bytes have arrived.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The first bytes: enough of them to tell what the file is, as soon as they have arrived.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// All bytes have arrived.
    pub async fn finish(mut self) -> Result<Received, StoreError> {
        let file = self.written().await?;
        let asset = Asset { digest: self.hasher.finish(), bytes: self.bytes };
        Ok(Received { folder: self.folder, asset, media: self.probe.finish(), buffer: self.buffer, file })
    }
}

impl Received {
    /// A file that has its place already.
    pub(super) fn already(folder: PathBuf, asset: Asset, media: Media) -> Self {
        Self { folder, asset, media, buffer: Vec::new(), file: None }
    }

    /// Digest and count of the bytes.
    pub fn asset(&self) -> &Asset {
        &self.asset
    }

    /// What the bytes say about the video.
    pub fn media(&self) -> &Media {
        &self.media
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
