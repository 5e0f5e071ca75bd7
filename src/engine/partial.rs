//! A video of which some bytes are here: what is known of the whole, whether the rest can be asked for, and whether what has come can be
//! what it should be. It outlives the download that began it.

use std::time::Duration;

use crate::digest::{Check, Checksum};
use crate::provider::{Download, FetchError, Resume};
use crate::sniff::{self, Verdict, sniff};
use crate::store::{Incoming, Received, StoreError};
use crate::take::Policy;

/// A video of which some bytes are here.
pub(super) struct Partial {
    incoming: Incoming,
    /// The link that it came from.
    link: String,
    validator: Option<String>,
    length: Option<u64>,
    check: Option<Check>,
    /// Whether its first bytes have been seen to be those of a video.
    is_video: bool,
}

/// Why there is no video yet.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotFetched {
    /// As the provider's side says.
    #[error(transparent)]
    Link(#[from] FetchError),
    /// What came is something else, or has broken on the way.
    #[error("{0}")]
    Junk(String),
    /// It has more bytes than anybody wants to have.
    #[error("it has {bytes} bytes or more, and {most} are the most that is allowed (--max-video)")]
    TooBig {
        /// How many were announced, or have come.
        bytes: u64,
        /// How many it may have.
        most: u64,
    },
    /// The host is never silent and never done.
    #[error("it was not whole after {0:?}")]
    Slow(Duration),
    /// It cannot be written to disk.
    #[error(transparent)]
    Disk(#[from] StoreError),
}

impl Partial {
    /// A video of which the first bytes are about to come from `link`.
    pub(super) fn new(incoming: Incoming, link: &str, download: &Download) -> Self {
        Self {
            incoming,
            link: link.to_owned(),
            validator: download.validator.clone(),
            length: download.length,
            check: download.checksum.map(Check::new),
            is_video: false,
        }
    }

    /// How the rest of it is asked for at `link`; `None` when there is no way. Another link may lead to another file of the same age, so
    /// there only an entity tag will do.
    pub(super) fn resume(&self, link: &str) -> Option<Resume> {
        let bytes = self.bytes();
        let fits = |validator: &&String| link == self.link || validator.starts_with('"');
        let validator = self.validator.as_ref().filter(fits).filter(|_| bytes > 0)?;
        Some(Resume { bytes, validator: validator.clone() })
    }

    /// Whether what comes now is the rest of it. A checksum that comes only with the rest is one of the whole all the same.
    pub(super) fn goes_on_with(&mut self, download: &Download) -> bool {
        let same_length = self.length.is_none() || download.length.is_none() || self.length == download.length;
        if download.start != self.bytes() || !same_length {
            return false;
        }
        self.length = self.length.or(download.length);
        if let (None, Some(checksum @ Checksum::Sha256(_))) = (&self.check, download.checksum) {
            self.check = Some(Check::new(checksum));
        }
        true
    }

    /// How many bytes are here.
    pub(super) fn bytes(&self) -> u64 {
        self.incoming.bytes()
    }

    /// Whether as many bytes are here as were announced.
    pub(super) fn is_whole(&self) -> bool {
        self.length == Some(self.bytes())
    }

    /// Whether a download that is cut off now leaves something to go on with.
    pub(super) fn can_go_on(&self) -> bool {
        self.validator.is_some() && self.bytes() > 0
    }

    /// Takes in the next bytes: all of them, or, when this is dropped before it returns, none.
    pub(super) async fn take_in(&mut self, bytes: &[u8], policy: &Policy) -> Result<(), NotFetched> {
        let after = self.bytes().saturating_add(bytes.len() as u64);
        match self.length {
            Some(length) if after > length => {
                return Err(NotFetched::Junk(format!("more bytes came than the {length} announced")));
            }
            _ => may_have(after, policy)?,
        }
        self.incoming.take_in(bytes).await?;
        if let Some(check) = &mut self.check {
            check.update(bytes);
        }
        self.look(false)
    }

    /// Nothing more comes. Returns the video, if it is one and as it should be.
    pub(super) async fn finish(mut self, policy: &Policy) -> Result<Received, NotFetched> {
        self.look(true)?;
        let bytes = self.bytes();
        if bytes < policy.min_video {
            return Err(NotFetched::Junk(format!("only {bytes} bytes came, and a video has {} at least", policy.min_video)));
        }
        let received = self.incoming.finish().await?;
        let agrees = self.check.is_none_or(|check| check.agrees(&received.asset().digest));
        if agrees { Ok(received) } else { Err(NotFetched::Junk("what came is not what its checksum is of".to_owned())) }
    }

    /// Whether it has been told how many bytes there are, or what they hash to: then nothing can have been cut off on the way.
    pub(super) fn is_announced(&self) -> bool {
        self.length.is_some() || self.check.is_some()
    }

    /// How many bytes are still missing, as far as that is known.
    pub(super) fn missing(&self) -> u64 {
        self.length.map_or(0, |length| length.saturating_sub(self.bytes()))
    }

    /// Makes sure that what has come can be a video.
    fn look(&mut self, whole: bool) -> Result<(), NotFetched> {
        if self.is_video {
            return Ok(());
        }
        let head = self.incoming.head();
        match sniff(head, whole) {
            Verdict::Video => self.is_video = true,
            Verdict::Undecided => {}
            Verdict::Other(what) => {
                let begins = if head.is_empty() { String::new() } else { format!("; it begins {}", sniff::excerpt(head)) };
                return Err(NotFetched::Junk(format!("{what} came instead of a video{begins}")));
            }
        }
        Ok(())
    }
}

/// Holds how many bytes a video has, as announced or come so far, against the most that it may have.
pub(super) fn may_have(bytes: u64, policy: &Policy) -> Result<(), NotFetched> {
    let most = policy.max_video;
    if bytes > most { Err(NotFetched::TooBig { bytes, most }) } else { Ok(()) }
}
