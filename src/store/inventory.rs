//! What an output directory really holds, against what it should: every object hashed again. Changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::StoreError;
use crate::digest::{Digest, Hasher};
use crate::layout;
use crate::media::{Media, Probe};
use crate::shot::TakeName;
use crate::take::Asset;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Inventory {
    /// How many stored takes were looked for.
    pub takes: usize,
    /// How many objects have the bytes that their name promises.
    pub sound: usize,
    /// How many bytes were hashed.
    pub bytes: u64,
    /// What is not as it should be, in the order of its paths.
    pub findings: Vec<Finding>,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// The bytes are not those that the ledger promises.
    Damaged {
        /// Which file, relative to the output directory.
        path: String,
        /// The takes it is needed for.
        takes: Vec<TakeName>,
    },
    /// Not there.
    Missing {
        /// Which file, relative to the output directory.
        path: String,
        /// The takes it is needed for.
        takes: Vec<TakeName>,
    },
    /// Nothing that the ledger knows of.
    Foreign {
        /// Which file, relative to the output directory.
        path: String,
    },
}

impl Inventory {
    /// Hashes every object under `root` and looks for everything that the stored takes need.
    pub fn take<'a>(root: &Path, stored: impl IntoIterator<Item = (&'a TakeName, &'a Asset)>) -> Result<Self, StoreError> {
        let mut found = Self::default();
        let mut objects: BTreeMap<Digest, (Asset, Vec<TakeName>)> = BTreeMap::new();
        let mut expected = BTreeSet::new();
        for (take, asset) in stored {
            found.takes += 1;
            objects.entry(asset.digest).or_insert((*asset, Vec::new())).1.push(take.clone());
            // A still need not be there.
            expected.extend([layout::video(take), layout::sidecar(take), layout::poster(take)]);
            for path in [layout::video(take), layout::sidecar(take)] {
                let wanted = (path == layout::video(take)).then_some(asset.bytes);
                found.look_for(root, path, wanted, take)?;
            }
        }
        for (asset, takes) in objects.into_values() {
            expected.insert(layout::object(&asset.digest));
            found.check(root, &asset, takes)?;
        }
        for folder in [layout::OBJECTS, layout::SHOTS] {
            found.look_for_strangers(root, &root.join(folder), &expected)?;
        }
        found.findings.sort();
        Ok(found)
    }

    /// Whether some stored take is not there as it should be.
    pub fn has_losses(&self) -> bool {
        self.findings.iter().any(|finding| !matches!(finding, Finding::Foreign { .. }))
    }

    /// Looks for the name of a take, whose bytes are those of the object.
    fn look_for(&mut self, root: &Path, path: String, bytes: Option<u64>, take: &TakeName) -> Result<(), StoreError> {
        let full = root.join(&path);
        let takes = vec![take.clone()];
        match fs::metadata(&full) {
            Ok(file) if !file.is_file() || bytes.is_some_and(|bytes| bytes != file.len()) => {
                self.findings.push(Finding::Damaged { path, takes });
            }
            Ok(_) => {}
            Err(error) if is_gone(&error) => self.findings.push(Finding::Missing { path, takes }),
            Err(error) => return Err(StoreError::of("look at", &full)(error)),
        }
        Ok(())
    }

    fn check(&mut self, root: &Path, asset: &Asset, takes: Vec<TakeName>) -> Result<(), StoreError> {
        let path = layout::object(&asset.digest);
        let full = root.join(&path);
        match hash(&full) {
            Ok(found) => {
                self.bytes += found.map_or(0, |found| found.bytes);
                if found == Some(*asset) {
                    self.sound += 1;
                } else {
                    self.findings.push(Finding::Damaged { path, takes });
                }
            }
            Err(error) if is_gone(&error) => self.findings.push(Finding::Missing { path, takes }),
            Err(error) => return Err(StoreError::of("read", &full)(error)),
        }
        Ok(())
    }

    fn look_for_strangers(&mut self, root: &Path, folder: &Path, expected: &BTreeSet<String>) -> Result<(), StoreError> {
        for path in files_under(folder)? {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            let name = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
            if !expected.contains(&name) {
                self.findings.push(Finding::Foreign { path: name });
            }
        }
        Ok(())
    }
}

/// Whether there is nothing by that name, or a file where a folder on the way to it should be.
fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Digest and count of the bytes of a file; `None` of what is no file.
fn hash(path: &Path) -> io::Result<Option<Asset>> {
    let mut hasher = Hasher::default();
    let bytes = read(path, |piece| hasher.update(piece))?;
    Ok(bytes.map(|bytes| Asset { digest: hasher.finish(), bytes }))
}

/// Digest and count of the bytes of a file, and what they say about the video; `None` of what is no file.
pub(super) fn look(path: &Path) -> io::Result<Option<(Asset, Media)>> {
    let (mut hasher, mut probe) = (Hasher::default(), Probe::default());
    let bytes = read(path, |piece| {
        hasher.update(piece);
        probe.take_in(piece);
    })?;
    Ok(bytes.map(|bytes| (Asset { digest: hasher.finish(), bytes }, probe.finish())))
}

/// Hands all bytes of a file to `each`, and counts them; `None` of what is no file: to open a pipe is to wait for ever.
fn read(path: &Path, mut each: impl FnMut(&[u8])) -> io::Result<Option<u64>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    let mut bytes = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Some(bytes));
        }
        each(&buffer[..count]);
        bytes += count as u64;
    }
}

/// Every file in `folder` and one level below, which is as deep as the layout goes; a deeper folder counts as one thing.
fn files_under(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let list = |folder: &Path| -> Result<Vec<PathBuf>, StoreError> {
        match fs::read_dir(folder) {
            Ok(entries) => Ok(entries.flatten().map(|entry| entry.path()).collect()),
            Err(error) if is_gone(&error) => Ok(Vec::new()),
            Err(error) => Err(StoreError::of("read the folder", folder)(error)),
        }
    };
    let mut files = Vec::new();
    for path in list(folder)? {
        if path.is_dir() && !path.is_symlink() {
            files.extend(list(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
