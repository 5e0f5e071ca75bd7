//! The way of a finished video from its link to its place: fetch, take in, make sure that it is one, keep.

use std::time::Duration;

use futures::StreamExt;
use jiff::Timestamp;

use super::Reason;
use super::RunError;
use super::drive::{Driver, Go};
use crate::provider::{Download, FetchError};
use crate::report;
use crate::store::{Received, StoreError};
use crate::take::{Event, Link, backoff};

impl Driver<'_> {
    pub(super) async fn fetch(&mut self, link: &str, not_before: Timestamp) -> Result<Go, RunError> {
        self.place = None;
        let turn = async {
            self.world.clock.sleep_until(not_before).await;
            self.bounds.downloads.acquire().await.expect("the bound on downloads is never closed")
        };
        let Some(permit) = self.world.stop.unless_letting_go(turn).await else { return Ok(Go::Rest) };
        self.bounds.count(|calls| calls.fetches += 1);
        let longest = self.world.policy.download;
        let fetched = tokio::select! {
            biased;
            fetched = self.download(link) => fetched,
            // A host that sends a byte now and then is never silent and never done.
            () = self.world.clock.sleep(longest) => {
                Err(NotFetched::Link(FetchError::Trouble(format!("the video was not whole after {longest:?}"))))
            }
        };
        // The next download need not wait for the disk.
        drop(permit);
        match fetched {
            Ok(received) => self.keep(received).await,
            Err(NotFetched::Link(FetchError::Expired(why))) => {
                self.watch.link = Link::Expired;
                self.fetch_failed(&format!("the link has expired: {why}"));
                Ok(Go::On)
            }
            Err(NotFetched::Link(FetchError::Trouble(why) | FetchError::Changed(why) | FetchError::Refused(why))) => {
                if self.watch.failed_fetches > 0 {
                    self.watch.link = Link::Doubtful;
                }
                self.fetch_failed(&why);
                Ok(Go::On)
            }
            Err(NotFetched::Disk(error)) => {
                self.world.stop.because(Reason::Disk(error));
                Ok(Go::Rest)
            }
        }
    }

    async fn download(&self, link: &str) -> Result<Received, NotFetched> {
        let download = self.world.provider.fetch(link, None).await?;
        self.receive(download).await
    }

    /// Takes in all bytes of a video, and makes sure that it is whole and could be one.
    async fn receive(&self, mut download: Download) -> Result<Received, NotFetched> {
        let mut incoming = self.world.store.receive();
        while let Some(bytes) = download.body.next().await {
            incoming.take_in(&bytes?).await?;
        }
        let trouble = |why: String| Err(NotFetched::Link(FetchError::Trouble(why)));
        match download.length {
            Some(length) if length != incoming.bytes() => {
                return trouble(format!("{} bytes came instead of {length}", incoming.bytes()));
            }
            _ if incoming.bytes() == 0 => return trouble("an empty file came instead of a video".to_owned()),
            _ => {}
        }
        if is_a_page(download.content_type.as_deref(), incoming.head()) {
            return trouble("a page came instead of a video".to_owned());
        }
        Ok(incoming.finish())
    }

    /// Bytes, link and provenance first, then the word that they are there.
    async fn keep(&mut self, received: Received) -> Result<Go, RunError> {
        let at = self.world.clock.now();
        let event = Event::Stored { asset: *received.asset() };
        let mut stored = self.task.take.clone();
        stored.apply(at, &event)?;
        let sidecar = report::sidecar(&stored).expect("a stored take has a provenance");
        if let Err(error) = self.world.store.keep(received, &stored.name, sidecar).await {
            self.world.stop.because(Reason::Disk(error));
            return Ok(Go::Rest);
        }
        self.write(at, &event, None).await?;
        self.task.take = stored;
        self.world.watcher.saw(&self.task.take, &event);
        Ok(Go::On)
    }

    pub(super) fn fetch_failed(&mut self, why: &str) {
        let expired_at_once = self.watch.link == Link::Expired && self.watch.failed_fetches == 0;
        let pause = if expired_at_once { Duration::ZERO } else { backoff(self.watch.failed_fetches, 0.0) };
        tracing::warn!(take = %self.task.take.name, why, "a video could not be fetched");
        self.watch.failed_fetches += 1;
        self.watch.not_before = self.world.clock.now() + pause;
    }
}

/// Why there are no bytes.
enum NotFetched {
    Link(FetchError),
    Disk(StoreError),
}

impl From<FetchError> for NotFetched {
    fn from(error: FetchError) -> Self {
        Self::Link(error)
    }
}

impl From<StoreError> for NotFetched {
    fn from(error: StoreError) -> Self {
        Self::Disk(error)
    }
}

/// Whether this is an error page or message, sent as if it were the video.
fn is_a_page(content_type: Option<&str>, head: &[u8]) -> bool {
    let announced = content_type.unwrap_or_default().to_ascii_lowercase();
    let text = head.trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    // No video begins with a brace: as the size of a first box that would be two gigabytes.
    let marked_up = [&b"<!doctype"[..], b"<html", b"<?xml", b"<error", b"{"].into_iter().any(begins);
    announced.contains("text/html") || announced.contains("application/json") || marked_up
}

#[cfg(test)]
mod tests {
    use super::is_a_page;

    #[test]
    fn an_error_is_no_video_whatever_it_is_announced_as() {
        for page in ["<!DOCTYPE html>", "\n<html>", "<?xml version='1.0'?>", "<Error><Code>", "{\"code\":\"AccessDenied\"}"] {
            for announced in [None, Some("video/mp4"), Some("application/octet-stream")] {
                assert!(is_a_page(announced, page.as_bytes()), "{announced:?}: {page}");
            }
        }
        assert!(is_a_page(Some("Application/JSON"), b"[]") && is_a_page(Some("text/html; charset=utf-8"), b""));
        for video in [&b"\0\0\0\x20ftypisom"[..], b"\x1a\x45\xdf\xa3", b"RIFF"] {
            assert!(!is_a_page(Some("text/plain"), video));
        }
    }
}
