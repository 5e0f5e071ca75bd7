//! A video service behind one trait: submit a request, ask about a task, fetch a video. Nothing here retries; the engine decides.

pub mod cometapi;
mod download;
mod guard;
pub mod http;
mod notice;
mod offer;

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use url::Url;

pub use http::{BaseUrl, HttpError, Key, Timeouts};
pub use notice::Notice;

use crate::digest::Checksum;
use crate::quota::Counted;
use crate::request::Request;
use crate::seal::Seal;
use crate::shot::TakeName;
use crate::take::{Class, Doubt, Sighting, TaskId, Token};

/// A service that makes videos.
pub trait Provider: Send + Sync {
    /// Submits one request. This call spends money; it is made once per [`Order`] and never repeated from within.
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply>;

    /// Asks how a task stands. Free, and may be repeated.
    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply>;

    /// Begins to fetch a finished video, or goes on where an earlier download of it was cut off. Free, and may be repeated while
    /// the link lives. Whoever asks to go on looks at [`Download::start`]: the video may come from its beginning all the same.
    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>>;
}

/// A provider's own books, of those that let one look into them.
pub trait Quota: Send + Sync {
    /// How many requests it has counted so far, and what is left. Free, and may be repeated; evidence of what became of a submission,
    /// and never proof.
    fn count(&self) -> BoxFuture<'_, Result<Counted, QuotaError>>;
}

/// Why there is no count. Never has the address in it, which may have the key in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// Nothing came back.
    #[error("{0}")]
    Unreached(String),
    /// A refusal: most likely a key that may not look into the books.
    #[error("HTTP {0}")]
    Status(u16),
    /// Something else came back.
    #[error("the answer has no numbers that are known")]
    Unreadable,
}

/// A provider that can be named in a manifest.
pub struct Entry {
    /// Its name, which is part of every request key.
    pub name: &'static str,
    /// Where it lives when nobody says otherwise.
    pub base_url: &'static str,
    /// The API version it is asked for when nobody says otherwise.
    pub version: &'static str,
    /// Where it is told to call back when nobody says otherwise.
    pub callback_url: &'static str,
    /// Reads what it sends when it calls back; `None` when this is nothing that it would send.
    pub callback: fn(&[u8]) -> Option<Callback>,
    /// Makes it ready to be called.
    pub connect: fn(Connection) -> Result<Arc<dyn Provider>, HttpError>,
    /// Its own books, where it lets one look into them.
    pub books: Option<Books>,
}

/// A provider's own books.
pub struct Books {
    /// Where they are when nobody says otherwise.
    pub url: &'static str,
    /// Makes them ready to be looked into, with a key that may be another than the one for submissions.
    pub connect: fn(&BaseUrl, &Key, &Timeouts) -> OpenBooks,
}

/// Books that are ready to be looked into, or why there is no client for them.
pub type OpenBooks = Result<Arc<dyn Quota>, HttpError>;

/// Every provider there is; the first is the one that is meant when none is named.
pub const PROVIDERS: &[Entry] = &[Entry {
    name: "cometapi",
    base_url: cometapi::BASE_URL,
    version: cometapi::VERSION,
    callback_url: cometapi::CALLBACK_URL,
    callback: cometapi::callback,
    connect: |connection| Ok(Arc::new(cometapi::CometApi::connect(connection)?)),
    books: Some(Books {
        url: cometapi::QUOTA_URL,
        connect: |base, key, timeouts| Ok(Arc::new(cometapi::CometQuota::connect(base, key, timeouts)?)),
    }),
}];

/// How to reach a provider.
pub struct Connection {
    /// Where it lives.
    pub base_url: BaseUrl,
    /// The API version to ask for.
    pub version: HeaderValue,
    /// Where it is told to call back.
    pub callback_url: Url,
    /// What seals the tokens in callback addresses, where there is someone to check the seal; otherwise they stand there bare.
    pub seal: Option<Seal>,
    /// The key to it.
    pub key: Key,
    /// How long a call may take.
    pub timeouts: Timeouts,
}

/// What a provider says when it calls back, unsigned and unasked: a hint, no more.
#[derive(Debug, Clone, PartialEq)]
pub struct Callback {
    /// Its name for the work.
    pub task: TaskId,
    /// The prompt, as it repeats it.
    pub prompt: Option<String>,
    /// How the task stands, as it says.
    pub sighting: Sighting,
}

/// One paid submission.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// The take, for the callback URL.
    pub take: &'a TakeName,
    /// What is asked for.
    pub request: &'a Request,
    /// The attempt's own token, for the callback URL.
    pub token: Token,
    /// The shot's own callback address, where it has one.
    pub callback_url: Option<&'a Url>,
}

/// What came back, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What it means.
    pub answer: Answer,
    /// What came back, for a person to read: redacted and capped; empty when nothing came.
    pub raw: String,
}

/// What an answer of the provider means.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Taken on under this name.
    Accepted(TaskId),
    /// How a task stands.
    Seen(Sighting),
    /// Surely not done: refused for now, as too much at once; later perhaps.
    NotNow {
        /// What stood in the way.
        why: String,
        /// When to come back, if the provider says so.
        retry_after: Option<RetryAfter>,
    },
    /// Surely not done: nobody was there to be asked; later perhaps.
    Unreached {
        /// What stood in the way.
        why: String,
    },
    /// Surely not done, and never will be.
    Never {
        /// What kind of refusal.
        class: Class,
        /// What the provider said.
        why: String,
    },
    /// Nobody knows what was done.
    Unclear(Doubt),
    /// Surely not done, and nothing else will be either: no further submission makes sense.
    Halt {
        /// Why not.
        cause: Halt,
        /// What the provider said.
        why: String,
    },
    /// Nobody knows what was done, and whoever answered does not look like the provider: no further submission makes sense.
    Stranger(Doubt),
}

/// When the provider wants to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so many seconds.
    Seconds(u64),
    /// At this time.
    At(Timestamp),
}

/// Why no further submission makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halt {
    /// The key is not accepted.
    BadKey,
    /// The account has no money left.
    NoMoney,
    /// The address is not the provider's.
    WrongAddress,
}

/// Where a download goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// How many bytes are here already.
    pub bytes: u64,
    /// What the bytes were called that are here: [`Download::validator`] of the download that brought them. The rest comes only if
    /// the file is still called that.
    pub validator: String,
}

/// A video on its way.
pub struct Download {
    /// How many bytes of the video come before the first one of `body`: 0, or what was asked for.
    pub start: u64,
    /// How many bytes the whole video has, as announced.
    pub length: Option<u64>,
    /// The media type that was announced.
    pub content_type: Option<String>,
    /// A name for exactly these bytes, with which a later download can go on where this one ends; `None` when there is none.
    pub validator: Option<String>,
    /// What the bytes of the whole video hash to, as announced.
    pub checksum: Option<Checksum>,
    /// The bytes.
    pub body: BoxStream<'static, Result<Bytes, FetchError>>,
}

/// Why a video could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The link is of no use any more; the provider may give a fresh one.
    #[error("the link has expired: {0}")]
    Expired(String),
    /// The file is not the one any more, or not in the way, that the earlier download was of: it has to be fetched from its beginning.
    #[error("it cannot be gone on with: {0}")]
    Changed(String),
    /// Nothing was asked for: the link leads where no video is fetched from.
    #[error("the link is not followed: {0}")]
    Refused(String),
    /// It may work later; what has come of it may be gone on with.
    #[error("{0}")]
    Trouble(String),
}
