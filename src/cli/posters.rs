//! Stills of the stored videos, made when everything else of a run is on disk: nobody waits for them but the page, and nothing is lost
//! without them.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::args::{LogFormat, Talk};
use super::{Signals, say};
use crate::layout;
use crate::poster::poster;
use crate::shot::TakeName;
use crate::store::Store;
use crate::take::{State, Take};

/// How the codec is called that stills are made of.
const CODECS: [&str; 2] = ["avc1", "avc3"];

/// On the most threads that stills are drawn on: each holds the first picture of a video.
const MOST_THREADS: usize = 4;

/// More of them than this take so long that somebody may wonder.
const TOLD: usize = 500;

/// What these threads are called.
const THREAD: &str = "still";

/// How long one still may take before the rest are given up: a thousand times as long as it does.
const PATIENCE: Duration = Duration::from_secs(20);

/// Which of those that want one, and the still, or why there is none.
type Drawn = (usize, Result<Vec<u8>, String>);

/// A video without a still.
struct Wanting {
    video: PathBuf,
    take: TakeName,
}

/// Makes the stills that are missing, as far as the videos let it, and until somebody wants the process to end.
pub(super) async fn make(store: &Store, takes: &[Take], talk: Talk, signals: &mut Signals) {
    let wanting: Arc<[Wanting]> = takes.iter().filter_map(|take| Wanting::of(store.root(), take)).collect();
    if wanting.len() > TOLD && !talk.quiet && talk.log_format == LogFormat::Text {
        let stills = say::count(wanting.len() as u64, "still");
        say::talk(format_args!("drawing {stills} for the page; Ctrl-C leaves them to the next run"));
    }
    let mut drawn = draw_all(&wanting);
    while let Some((one, still)) = next(&mut drawn, signals).await {
        let name = layout::poster(&wanting[one].take);
        let left = still.and_then(|still| store.leave(&name, &still).map_err(|error| error.to_string()));
        if let Err(why) = left {
            tracing::info!(name, why, "there is no still of a video");
        }
    }
}

/// The next still, whichever it is; `None` when there are no more, or one of them takes too long, or somebody wants the process to end.
async fn next(drawn: &mut UnboundedReceiver<Drawn>, signals: &mut Signals) -> Option<Drawn> {
    tokio::select! {
        _ = signals.next() => None,
        next = tokio::time::timeout(PATIENCE, drawn.recv()) => next.unwrap_or_else(|_| {
            tracing::warn!("a still takes too long: the rest of them are not made");
            None
        }),
    }
}

/// Draws all of them, on as many threads as the machine has, within reason. The threads are not waited for: where a decoder never ends, the process
/// ends all the same.
fn draw_all(wanting: &Arc<[Wanting]>) -> UnboundedReceiver<Drawn> {
    leave_unsaid();
    let (tell, drawn) = unbounded_channel();
    let next = Arc::new(AtomicUsize::new(0));
    let threads = thread::available_parallelism().map_or(1, usize::from);
    for _ in 0..threads.min(wanting.len()).min(MOST_THREADS) {
        let (wanting, next, tell) = (Arc::clone(wanting), Arc::clone(&next), tell.clone());
        let draw = move || {
            loop {
                let one = next.fetch_add(1, Ordering::Relaxed);
                let Some(still) = wanting.get(one).map(Wanting::draw) else { return };
                if tell.send((one, still)).is_err() {
                    return;
                }
            }
        };
        // Where the machine has no more threads, those that there are do it, or nobody.
        drop(thread::Builder::new().name(THREAD.to_owned()).spawn(draw));
    }
    drawn
}

/// Keeps what a decoder says when it fails from whoever reads standard error: it is told as the reason why there is no still.
fn leave_unsaid() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(THREAD) {
            others(info);
        }
    }));
}

impl Wanting {
    /// The take, if it is stored in a way of which a still can be made, and has none.
    fn of(root: &Path, take: &Take) -> Option<Self> {
        let State::Stored { asset, .. } = &take.state else { return None };
        let codec = take.record.media.as_ref()?.codec.as_deref()?;
        let has_one = fs::metadata(root.join(layout::poster(&take.name))).is_ok_and(|still| still.len() > 0);
        let is_wanting = CODECS.contains(&codec) && !has_one;
        is_wanting.then(|| Self { video: root.join(layout::object(&asset.digest)), take: take.name.clone() })
    }

    /// The still, or why there is none.
    fn draw(&self) -> Result<Vec<u8>, String> {
        let mut video = File::open(&self.video).map_err(|error| error.to_string())?;
        let mut read = |place, length: usize| {
            let mut bytes = Vec::new();
            video.seek(SeekFrom::Start(place)).ok()?;
            Read::by_ref(&mut video).take(length as u64).read_to_end(&mut bytes).ok().map(|_| bytes)
        };
        // The decoder is young, and what it reads is other people's.
        let drawn = catch_unwind(AssertUnwindSafe(|| poster(&mut read))).map_err(|_| "the decoder has failed".to_owned())?;
        drawn.map_err(|error| error.to_string())
    }
}
