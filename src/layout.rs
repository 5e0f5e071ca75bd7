//! Where things lie in an output directory: names only, relative to it, with `/` between the parts. No I/O.

use crate::digest::Digest;
use crate::shot::TakeName;

/// The folder of the bytes, named by their digests.
pub const OBJECTS: &str = "objects";
/// The folder of what people open.
pub const SHOTS: &str = "shots";
/// The folder of the runs' logs.
pub const RUNS: &str = "runs";
/// The folder of the callbacks that runs have received themselves.
pub const INBOX: &str = "inbox";
/// What a run came to, in its folder.
pub const SUMMARY: &str = "summary.json";
/// The history of every take.
pub const LEDGER: &str = "ledger.db";
/// The digests of the stored videos, for `sha256sum -c`.
pub const SUMS: &str = "SHA256SUMS";
/// Held while a process writes to the directory.
pub const LOCK: &str = "ledger.lock";

/// Where the bytes with this digest lie: `objects/3f/3fa9….mp4`.
pub fn object(digest: &Digest) -> String {
    let hex = digest.to_string();
    format!("{OBJECTS}/{}/{hex}.mp4", &hex[..2])
}

/// What people open to watch a take: `shots/SC010_SH020_T01.mp4`.
pub fn video(take: &TakeName) -> String {
    format!("{SHOTS}/{take}.mp4")
}

/// The take that people open this file to watch, relative to the output directory.
pub fn take_of_video(path: &str) -> Option<TakeName> {
    path.strip_prefix(SHOTS)?.strip_prefix('/')?.strip_suffix(".mp4")?.parse().ok()
}

/// Where a still of a take lies, where there is one: `shots/SC010_SH020_T01.jpg`.
pub fn poster(take: &TakeName) -> String {
    format!("{SHOTS}/{take}.jpg")
}

/// Where a take's provenance lies: `shots/SC010_SH020_T01.json`.
pub fn sidecar(take: &TakeName) -> String {
    format!("{SHOTS}/{take}.json")
}
