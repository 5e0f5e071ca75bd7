//! Sends a file of a take, whole or in part, from inside the output directory alone.

use std::io::{self, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::address::Kind;
use super::range::{Part, part};
use crate::shot::TakeName;

/// How much is read at a time, in bytes.
const PIECE: usize = 64 << 10;

/// A file that can be sent.
struct Open {
    file: File,
    length: u64,
    /// Tells this file from one that has taken its place. Files appear whole and are never changed, so it is a strong validator.
    tag: String,
}

/// Sends the file from the output directory `root`, as `canonicalize` names it; the error says why it cannot be.
pub(super) async fn send(
    root: &Path,
    take: &TakeName,
    kind: Kind,
    method: &Method,
    headers: &HeaderMap,
) -> io::Result<Response> {
    let path = inside(root, &root.join(kind.path(take))).await?;
    let Open { file, length, tag } = open(&path).await?;
    let said = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let range = said(header::RANGE).filter(|_| *method == Method::GET);
    let (status, bytes, range) = match part(range, said(header::IF_RANGE), &tag, length) {
        Part::Whole => (StatusCode::OK, 0..length, None),
        Part::Bytes(bytes) => {
            let range = format!("bytes {}-{}/{length}", bytes.start, bytes.end - 1);
            (StatusCode::PARTIAL_CONTENT, bytes, Some(range))
        }
        Part::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0, Some(format!("bytes */{length}"))),
    };
    let about = [
        (header::CONTENT_TYPE, kind.content_type().to_owned()),
        (header::CONTENT_LENGTH, (bytes.end - bytes.start).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
    ];
    let body = if *method == Method::HEAD { Body::empty() } else { body(file, bytes).await? };
    let range = range.map(|range| (header::CONTENT_RANGE, range));
    Ok((status, about, AppendHeaders(range), body).into_response())
}

/// Where `path` leads, if that lies in `root`: what is in `shots` may be a link to an object.
async fn inside(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let path = tokio::fs::canonicalize(path).await?;
    if path.starts_with(root) { Ok(path) } else { Err(io::ErrorKind::NotFound.into()) }
}

async fn open(path: &Path) -> io::Result<Open> {
    // To open a pipe is to wait for ever.
    if !tokio::fs::metadata(path).await?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let file = File::open(path).await?;
    let found = file.metadata().await?;
    let changed = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let tag = format!("\"{:x}-{:x}\"", found.len(), changed.as_nanos());
    Ok(Open { file, length: found.len(), tag })
}

async fn body(mut file: File, bytes: Range<u64>) -> io::Result<Body> {
    file.seek(SeekFrom::Start(bytes.start)).await?;
    Ok(Body::from_stream(ReaderStream::with_capacity(file.take(bytes.end - bytes.start), PIECE)))
}
