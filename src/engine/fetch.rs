//! The way of a finished video from its link to its place: look whether it is here, fetch, take in, make sure that it is one, keep.

use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;

use super::drive::{Driver, Go};
use super::partial::{NotFetched, Partial, may_have};
use super::phase::Phase;
use super::{Reason, RunError, about};
use crate::ledger::Entry;
use crate::provider::FetchError;
use crate::report;
use crate::store::{Received, StoreError};
use crate::take::{Event, Link, backoff};

/// What a process has come to know in fetching one video.
#[derive(Default)]
pub(super) struct Fetching {
    /// Whether it has looked for the bytes on disk.
    looked: bool,
    /// Whether a link was refused already.
    refused: bool,
    /// What an earlier download has brought.
    partial: Option<Partial>,
}

/// A video that has come whole, as far as its host says.
struct Fetched {
    received: Received,
    /// Whether the host has said how long it is, or what it hashes to.
    is_announced: bool,
}

impl Driver<'_> {
    pub(super) async fn fetch(&mut self, link: &str, not_before: Timestamp) -> Result<Go, RunError> {
        self.place = None;
        let (world, bounds) = (self.world, self.bounds);
        let made = self.task.take.record.finished_at.unwrap_or(Timestamp::MAX);
        let turn = async {
            world.clock.sleep_until(not_before).await;
            bounds.downloads.turn(made).await
        };
        self.began(Phase::WaitToFetch);
        let turn = world.stop.unless_letting_go(turn).await;
        self.ended(Phase::WaitToFetch, Ok(if turn.is_some() { "its turn" } else { "stopped" }));
        let Some(turn) = turn else { return Ok(Go::Rest) };
        match self.here().await {
            Ok(None) => {}
            Ok(Some(received)) => return self.keep(received).await,
            Err(error) => return Ok(self.cannot_keep(error)),
        }
        let before = self.fetching.bytes();
        let asks = !self.fetching.is_whole();
        if asks {
            self.began(Phase::Fetch);
        }
        let fetched = match self.download_in_time(link).await {
            Ok(Fetched { received, is_announced: false }) if received.media().trouble.is_some() => {
                Ok(self.better(received, link).await)
            }
            fetched => fetched.map(|fetched| fetched.received),
        };
        // The next download need not wait for the disk.
        drop(turn);
        if asks {
            let why = fetched.as_ref().err().map(ToString::to_string);
            self.ended(Phase::Fetch, why.as_deref().map_or(Ok("whole"), Err));
        }
        match fetched {
            Ok(received) => self.keep(received).await,
            Err(why) => Ok(self.not_fetched(why, before)),
        }
    }

    /// The bytes, if they are on disk already: the process ended before it could say so, or only some of its files are gone.
    async fn here(&mut self) -> Result<Option<Received>, StoreError> {
        if std::mem::replace(&mut self.fetching.looked, true) {
            return Ok(None);
        }
        let (store, take) = (self.world.store, &self.task.take);
        let Some(asset) = store.provenance(&take.name).and_then(|text| report::promised(take, &text)) else { return Ok(None) };
        let found = store.recover(&take.name, &asset).await?;
        if found.is_some() {
            about!(info, take, take.state.task(), "its video is here already and need not be fetched");
        }
        Ok(found)
    }

    /// Fetches a damaged video once more: its host does not say how long it is, so its end may have been lost on the way. What is here
    /// stays in hand meanwhile, and is what there is unless something better comes.
    async fn better(&mut self, first: Received, link: &str) -> Received {
        let second = self.download_in_time(link).await;
        self.fetching.partial = None;
        match second.map(|fetched| fetched.received) {
            Ok(second) if second.media().trouble.is_none() || second.asset().bytes > first.asset().bytes => second,
            Ok(_) | Err(_) => first,
        }
    }

    /// The same as `download`, and no longer than a download may take.
    async fn download_in_time(&mut self, link: &str) -> Result<Fetched, NotFetched> {
        let most = self.world.policy.download;
        tokio::select! {
            biased;
            fetched = self.download(link) => fetched,
            // A host that sends a byte now and then is never silent and never done. Bytes travel in the world's own time.
            () = tokio::time::sleep(most) => Err(NotFetched::Slow(most)),
        }
    }

    /// Fetches the video, or what is missing of it. What has come stays when this fails, or is dropped.
    async fn download(&mut self, link: &str) -> Result<Fetched, NotFetched> {
        let asks = !self.fetching.is_whole();
        let (world, partial) = (self.world, &mut self.fetching.partial);
        if asks {
            self.bounds.count(|calls| calls.fetches += 1);
            let resume = partial.as_ref().and_then(|partial| partial.resume(link));
            let mut download = world.provider.fetch(link, resume.as_ref()).await?;
            may_have(download.length.unwrap_or(0), &world.policy)?;
            if download.start == 0 {
                *partial = Some(Partial::new(world.store.receive(), link, &download));
            } else if !partial.as_mut().is_some_and(|partial| partial.goes_on_with(&download)) {
                return Err(FetchError::Changed("what comes now is not the rest of it".to_owned()).into());
            }
            let coming = partial.as_mut().expect("it begins or goes on");
            while let Some(bytes) = download.body.next().await {
                coming.take_in(&bytes?, &world.policy).await?;
            }
            if coming.missing() > 0 {
                return Err(FetchError::Trouble(format!("it ended {} bytes early", coming.missing())).into());
            }
        }
        let whole = partial.take().expect("all of it has come");
        let is_announced = whole.is_announced();
        Ok(Fetched { received: whole.finish(&world.policy).await?, is_announced })
    }

    /// Decides what is kept of a download that came to nothing, and whether it is tried again. `before` is how many bytes were here when
    /// it began.
    fn not_fetched(&mut self, why: NotFetched, before: u64) -> Go {
        let words = why.to_string();
        let again = match why {
            NotFetched::Disk(error) => return self.cannot_keep(error),
            NotFetched::Link(FetchError::Expired(_)) => {
                self.watch.link = Link::Expired;
                true
            }
            NotFetched::Link(FetchError::Refused(_)) => {
                // The provider may give a better one, once.
                self.watch.link = Link::Doubtful;
                !std::mem::replace(&mut self.fetching.refused, true)
            }
            NotFetched::Link(FetchError::Trouble(_)) => {
                self.fetching.partial.take_if(|partial| !partial.can_go_on());
                if self.fetching.bytes() >= before.saturating_add(self.world.policy.progress) {
                    self.watch.failed_fetches = 0;
                }
                self.doubt_the_link();
                true
            }
            NotFetched::Slow(_) => {
                self.fetching.partial.take_if(|partial| !partial.can_go_on());
                self.doubt_the_link();
                true
            }
            NotFetched::Link(FetchError::Changed(_)) | NotFetched::Junk(_) => {
                self.fetching.partial = None;
                self.doubt_the_link();
                true
            }
            NotFetched::TooBig { .. } => {
                self.fetching.partial = None;
                false
            }
        };
        self.fetch_failed(&words);
        if !again {
            self.watch.failed_fetches = self.world.policy.fetches;
        }
        Go::On
    }

    /// After more than one failure in a row a fresh link would be welcome.
    fn doubt_the_link(&mut self) {
        if self.watch.failed_fetches > 0 {
            self.watch.link = Link::Doubtful;
        }
    }

    /// Bytes, link and provenance first, then the word that they are there.
    async fn keep(&mut self, received: Received) -> Result<Go, RunError> {
        let at = self.world.clock.now();
        let events = [Event::Stored { asset: *received.asset() }, Event::Probed(received.media().clone())];
        let mut stored = self.task.take.clone();
        for event in &events {
            stored.apply(at, event)?;
        }
        let sidecar = report::sidecar(&stored).expect("a stored take has a provenance");
        self.began(Phase::Store);
        let kept = self.world.store.keep(received, &stored.name, sidecar).await;
        let why = kept.as_ref().err().map(ToString::to_string);
        self.ended(Phase::Store, why.as_deref().map_or(Ok("durable"), Err));
        if let Err(error) = kept {
            return Ok(self.cannot_keep(error));
        }
        let entry = |event: &Event| Entry { take: stored.name.clone(), at, event: event.clone(), answer: None };
        self.world.ledger.append(events.iter().map(entry)).await?;
        self.task.take = stored;
        for event in &events {
            self.world.watcher.saw(&self.task.take, event);
        }
        Ok(Go::On)
    }

    fn cannot_keep(&mut self, error: StoreError) -> Go {
        self.fetching.partial = None;
        self.world.stop.because(Reason::Disk(error));
        Go::Rest
    }

    pub(super) fn fetch_failed(&mut self, why: &str) {
        let expired_at_once = self.watch.link == Link::Expired && self.watch.failed_fetches == 0;
        let pause = if expired_at_once { Duration::ZERO } else { backoff(self.watch.failed_fetches, 0.0) };
        let take = &self.task.take;
        about!(warn, take, take.state.task(), why, kept = self.fetching.bytes(), "a video could not be fetched");
        self.watch.failed_fetches += 1;
        self.watch.not_before = self.world.clock.now() + pause;
    }
}

impl Fetching {
    /// Whether an earlier download has brought all of it.
    fn is_whole(&self) -> bool {
        self.partial.as_ref().is_some_and(Partial::is_whole)
    }

    /// How many bytes are here.
    fn bytes(&self) -> u64 {
        self.partial.as_ref().map_or(0, Partial::bytes)
    }
}
