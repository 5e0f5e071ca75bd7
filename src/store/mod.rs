//! The output directory: bytes under their digests, links and provenance beside them, reports on top. A file appears whole or
//! not at all, and is durable before anyone says that it is there.

mod incoming;
mod inventory;
mod place;
mod recover;
mod room;

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use incoming::{Incoming, Received};
pub use inventory::{Finding, Inventory};
use place::Draft;

use crate::group::{Batch, Group};
use crate::layout;
use crate::shot::TakeName;
use crate::take::Asset;

/// The output directory, open for writing.
pub struct Store {
    root: PathBuf,
    publisher: Group<Publisher>,
    /// How long the longest video is that may be expected, in bytes.
    longest: AtomicU64,
}

/// Why a file cannot be kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot {verb} {}", path.display())]
pub struct StoreError {
    /// What was tried.
    pub verb: &'static str,
    /// Where.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub source: Arc<io::Error>,
}

/// A finished video on its way to its places.
struct Publication {
    received: Received,
    take: TakeName,
    sidecar: String,
}

impl Store {
    /// Opens the output directory, makes what is missing of it, and removes what an earlier run left half-received. The caller
    /// holds the lock.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        for folder in [layout::OBJECTS, layout::SHOTS] {
            let path = root.join(folder);
            fs::create_dir_all(&path).map_err(StoreError::of("make the folder", &path))?;
        }
        for folder in [layout::OBJECTS, layout::SHOTS, ""] {
            incoming::clean(&root.join(folder))?;
        }
        let publisher = Publisher { root: root.to_owned(), folders: HashSet::new() };
        Ok(Self { root: root.to_owned(), publisher: Group::new(publisher), longest: AtomicU64::new(room::LIKELY) })
    }

    /// A file about to be received.
    pub fn receive(&self) -> Incoming {
        Incoming::new(self.root.join(layout::OBJECTS))
    }

    /// Puts a received video, its link and its provenance where they belong; all three are durable when this returns. Bytes
    /// that are there already are not written again.
    pub async fn keep(&self, received: Received, take: &TakeName, sidecar: String) -> Result<(), StoreError> {
        self.longest.fetch_max(received.asset().bytes, Ordering::Relaxed);
        self.publisher.submit([Publication { received, take: take.clone(), sidecar }]).await
    }

    /// Makes the link and the provenance of a stored take anew where they are missing. Returns whether anything was.
    pub fn mend(&self, take: &TakeName, asset: &Asset, sidecar: impl FnOnce() -> String) -> Result<bool, StoreError> {
        let (video, described) = (self.root.join(layout::video(take)), self.root.join(layout::sidecar(take)));
        let linked = fs::metadata(&video).is_ok_and(|found| found.is_file() && found.len() == asset.bytes);
        if !linked {
            place::link(&self.root, &layout::object(&asset.digest), &video)?;
            place::flush_folder(&self.root.join(layout::SHOTS))?;
        }
        let described_already = fs::metadata(&described).is_ok_and(|found| found.is_file() && found.len() > 0);
        if !described_already {
            place::write(&described, sidecar().as_bytes())?;
        }
        Ok(!(linked && described_already))
    }

    /// Writes `text` to the file `name`, relative to the output directory, unless it says so already.
    pub fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.root.join(name);
        // Anything but a file gives way unread: to read a pipe is to wait for ever.
        if path.is_file() && fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        place::write(&path, text.as_bytes())
    }

    /// Puts `bytes` in the file `name`, relative to the output directory: whole or not at all, and not flushed, for what can be made again.
    pub fn leave(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        Draft::write(&self.root.join(name), bytes)?.name()
    }

    /// The output directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// Writes the file at `path`, a whole path, in place of the file that was there. No run counts on it.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), StoreError> {
    place::write(path, bytes.as_ref())
}

/// Makes a folder, and those that it lies in, where it is not there yet.
pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    place::make_folder(path)
}

/// Whether the output directory `root` has these bytes, judged by their count.
pub fn has(root: &Path, asset: &Asset) -> bool {
    fs::metadata(root.join(layout::object(&asset.digest))).is_ok_and(|found| found.is_file() && found.len() == asset.bytes)
}

/// Whether the output directory `root` has any bytes of videos, whosever they are.
pub fn has_any(root: &Path) -> bool {
    let folders = fs::read_dir(root.join(layout::OBJECTS)).into_iter().flatten().flatten();
    folders.filter_map(|folder| fs::read_dir(folder.path()).ok()).flatten().flatten().next().is_some()
}

impl StoreError {
    fn of<'a>(verb: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self { verb, path: path.to_owned(), source: Arc::new(source) }
    }
}

/// Does many publications with few flushes: first all bytes under temporary names, then all names.
struct Publisher {
    root: PathBuf,
    /// The folders of objects that are sure to be there.
    folders: HashSet<PathBuf>,
}

impl Batch for Publisher {
    type Job = Publication;
    type Error = StoreError;

    fn run(&mut self, publications: Vec<Publication>) -> Result<(), StoreError> {
        let mut written = Vec::new();
        for Publication { received, take, sidecar } in publications {
            let object = layout::object(&received.asset().digest);
            let path = self.root.join(&object);
            self.make_folder_of(&path)?;
            let bytes = received.write(&path)?;
            let described = Draft::write(&self.root.join(layout::sidecar(&take)), sidecar.as_bytes())?;
            written.push((object, bytes, take, described));
        }
        let files = written
            .iter()
            .flat_map(|(_, bytes, _, described)| bytes.as_ref().map(Draft::file).into_iter().chain([described.file()]));
        place::flush(&self.root, files)?;
        let mut folders = BTreeSet::from([self.root.join(layout::SHOTS)]);
        for (object, bytes, take, described) in written {
            if let Some(bytes) = bytes {
                bytes.name()?;
            }
            // Also where the bytes were there: the run that wrote them may have ended before it came to this.
            folders.extend(self.root.join(&object).parent().map(Path::to_owned));
            // A still of what the take was before is not one of it. None is no loss, and whether there was one does not matter.
            fs::remove_file(self.root.join(layout::poster(&take))).ok();
            place::link(&self.root, &object, &self.root.join(layout::video(&take)))?;
            described.name()?;
        }
        place::flush_folders(&self.root, &folders)
    }
}

impl Publisher {
    /// Makes the folder of an object, once.
    fn make_folder_of(&mut self, object: &Path) -> Result<(), StoreError> {
        let Some(folder) = object.parent().filter(|folder| !self.folders.contains(*folder)) else { return Ok(()) };
        place::make_folder(folder)?;
        self.folders.insert(folder.to_owned());
        Ok(())
    }
}
