//! Whether what is about to be paid for can be kept: asked before anything is sent, and as long as anything is.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use super::place::{self, Nameless};
use super::{Store, StoreError};
use crate::layout;
use crate::report::size;
use crate::shot::TakeName;

/// How many bytes a video may have, as long as none was longer.
pub(super) const LIKELY: u64 = 4 << 20;

impl Store {
    /// Makes sure that videos of these takes can be kept: every folder takes a new file, which may be as long as a video, and
    /// nothing lies where a take is to lie that cannot give way to it. Leaves nothing behind.
    pub fn try_out<'a>(&self, takes: impl IntoIterator<Item = &'a TakeName>) -> Result<(), StoreError> {
        let objects = self.root().join(layout::OBJECTS);
        let inside = fs::read_dir(&objects).map_err(StoreError::of("read the folder", &objects))?;
        let filled = inside.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        for folder in [self.root().to_owned(), self.root().join(layout::SHOTS), objects].into_iter().chain(filled) {
            let written = Nameless::new_in(&folder, 0o666).and_then(|file| file.file().set_len(LIKELY));
            written.map_err(StoreError::of("write to the folder", &folder))?;
        }
        takes.into_iter().flat_map(|take| [layout::video(take), layout::sidecar(take)]).try_for_each(|name| {
            let path = self.root().join(name);
            if path.is_dir() { Err(StoreError::of("write", &path)(io::ErrorKind::IsADirectory.into())) } else { Ok(()) }
        })
    }

    /// Makes sure that there is room for so many more videos, each of which may be as long as the longest that was kept through
    /// this store. Where the system does not tell how much is free, there is room.
    pub fn has_room_for(&self, videos: usize) -> Result<(), StoreError> {
        let longest = self.longest.load(Ordering::Relaxed);
        match place::free(self.root()) {
            Some(free) if free / longest < videos as u64 => Err(too_little(self.root(), free, longest)),
            _ => Ok(()),
        }
    }
}

fn too_little(root: &Path, free: u64, longest: u64) -> StoreError {
    let why = format!("{} are free there, and a video may have {}", size(free), size(longest));
    StoreError::of("keep another video in", root)(io::Error::new(io::ErrorKind::StorageFull, why))
}
