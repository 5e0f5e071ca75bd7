//! Finding a video that is here already: under its digest, or at least under its take's name. What is found is hashed before it is
//! believed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use tokio::io::AsyncReadExt;
use tokio::task::spawn_blocking;

use super::inventory::look;
use super::{Received, Store, StoreError};
use crate::layout;
use crate::media::Media;
use crate::shot::TakeName;
use crate::take::Asset;

/// The most of a provenance that is read, in bytes. Real ones have a few thousand, and as many more as their prompt.
const PROVENANCE_CAP: u64 = 1 << 24;

/// How much is read at once, in bytes.
const PIECE: usize = 256 * 1024;

impl Store {
    /// What lies beside the video of a take, or would if there were one; `None` when nothing can be read there.
    pub fn provenance(&self, take: &TakeName) -> Option<String> {
        let mut text = String::new();
        let file = open(&self.root.join(layout::sidecar(take))).ok()?;
        file.take(PROVENANCE_CAP).read_to_string(&mut text).ok()?;
        Some(text)
    }

    /// The bytes of `asset` if they are here, be it only as what people open to watch `take`. An object that does not have the bytes
    /// that its name promises is removed, so that it can be written again.
    pub async fn recover(&self, take: &TakeName, asset: &Asset) -> Result<Option<Received>, StoreError> {
        let (object, asset) = (self.root.join(layout::object(&asset.digest)), *asset);
        let look = move || match look(&object) {
            Ok(Some((found, media))) if found == asset => Ok(Some(media)),
            Ok(Some(_)) => fs::remove_file(&object).map(|()| None).map_err(StoreError::of("remove", &object)),
            Ok(None) | Err(_) => Ok(None),
        };
        if let Some(media) = spawn_blocking(look).await.expect("hashing a file does not panic")? {
            return Ok(Some(Received::already(self.root.join(layout::OBJECTS), asset, media)));
        }
        self.copied(&self.root.join(layout::video(take)), &asset).await
    }

    /// What the bytes of `asset` say about the video, if they are here and can be read.
    pub async fn probe(&self, asset: &Asset) -> Option<Media> {
        let (object, asset) = (self.root.join(layout::object(&asset.digest)), *asset);
        let changed =
            || Media { trouble: Some("its bytes have changed since they were stored".to_owned()), ..Media::default() };
        let look = move || {
            let (found, media) = look(&object).ok().flatten()?;
            Some(if found == asset { media } else { changed() })
        };
        spawn_blocking(look).await.expect("hashing a file does not panic")
    }

    /// The bytes of a file, received like those from anywhere else, if they are those of `asset`.
    async fn copied(&self, path: &Path, asset: &Asset) -> Result<Option<Received>, StoreError> {
        let Ok(file) = open(path) else { return Ok(None) };
        if !file.metadata().is_ok_and(|found| found.len() == asset.bytes) {
            return Ok(None);
        }
        let (mut file, mut piece) = (tokio::fs::File::from_std(file), vec![0; PIECE]);
        let mut incoming = self.receive();
        loop {
            match file.read(&mut piece).await {
                Ok(0) => break,
                Ok(count) => incoming.take_in(&piece[..count]).await?,
                Err(_) => return Ok(None),
            }
        }
        let received = incoming.finish().await?;
        Ok((received.asset() == asset).then_some(received))
    }
}

/// Opens a file, if it is one: whoever opens a pipe may wait for ever.
fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() { File::open(path) } else { Err(io::ErrorKind::InvalidInput.into()) }
}
