//! What can happen to a take, as it is written in the ledger. An event is never changed once written; a new kind may be added.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use super::Finish;
use crate::digest::Digest;
use crate::media::Media;
use crate::price::Money;
use crate::request::{Request, RequestKey};
use crate::review::Review;
use crate::shot::About;
use crate::text;

/// One thing that happened to one take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A manifest asked for the take, or asked for something else before anything was paid.
    Planned {
        /// What it asks for.
        request: Request,
        /// The request's key.
        key: RequestKey,
        /// The shot's tags.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    },
    /// The author asked for the take, over those that the manifest asks for.
    Further,
    /// The submission is about to be sent. From here on money may have been spent.
    Intent {
        /// Tells this attempt from every other.
        token: Token,
        /// What it will cost, where the author has said so: reserved until the outcome is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Money>,
    },
    /// Surely not taken on: not sent at all, or refused for now.
    Deferred {
        /// What stood in the way.
        why: String,
        /// When to try again.
        until: Timestamp,
    },
    /// The provider took it on.
    Accepted {
        /// Its name for the work.
        task: TaskId,
    },
    /// The provider refused it for good.
    Rejected {
        /// What kind of refusal.
        class: Class,
        /// What the provider said.
        why: String,
    },
    /// Nobody knows whether the provider took it on.
    AnswerLost(Doubt),
    /// An unresolved attempt, or one that was taken for unmade, turned out to be this task.
    Adopted {
        /// Its name.
        task: TaskId,
    },
    /// An unresolved attempt turned out never to have been made.
    Freed,
    /// The provider reports a state of the task that it had not reported before.
    Seen {
        /// The provider's word.
        word: String,
    },
    /// The video is made.
    Succeeded {
        /// Where it can be fetched for a while.
        link: String,
        /// What else is known.
        #[serde(default, skip_serializing_if = "Finish::is_silent")]
        finish: Finish,
    },
    /// The task ended without a video.
    Failed {
        /// What kind of failure.
        class: Class,
        /// What the provider said.
        why: String,
        /// What else is known, and whether the money comes back.
        #[serde(default, skip_serializing_if = "Finish::is_silent")]
        finish: Finish,
    },
    /// A rejected or failed take is to be submitted once more.
    Retried {
        /// Not before this time.
        not_before: Timestamp,
    },
    /// The video is on disk.
    Stored {
        /// Its bytes' digest and count.
        asset: Asset,
    },
    /// A stored video is no longer on disk.
    Missing,
    /// What the bytes on disk say about the video.
    Probed(Media),
    /// The manifest gives the shot other tags.
    Tagged {
        /// All of them.
        tags: Vec<String>,
    },
    /// The manifest says something else about the shot besides its request: all that it says.
    Annotated(About),
    /// Somebody has watched the take: all that is said about it.
    Reviewed(Review),
}

/// What is known of a submission whose answer is lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// What came instead of an answer.
    pub why: String,
    /// The task that it names all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The provider's own name for the call, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The first characters of what came instead of an answer, as they came but for the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_bytes: Option<String>,
}

/// A finished file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// The digest of its bytes; its address in the store.
    pub digest: Digest,
    /// How many bytes.
    pub bytes: u64,
}

/// Why there is no video. The same classes serve refusals of a request and failures of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The content policy. Charged like a finished video, and many of them get an account suspended.
    Moderated,
    /// Something is wrong with the request itself.
    Input,
    /// The key may not do this, or there is no money for it.
    Account,
    /// The provider's own trouble.
    Internal,
    /// The provider does not know the task, or not any more.
    Lost,
    /// The provider says it succeeded, and gives no link.
    NoLink,
    /// Anything else.
    Unknown,
}

/// The provider's name for its unit of work: opaque, 1 to 191 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TaskId(Box<str>);

/// A text that cannot be a task id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a task id is 1 to 191 printable characters without spaces")]
pub struct BadTaskId;

/// 128 random bits that name one attempt; written as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(u128);

impl Event {
    /// The name of [`Event::Planned`] in the ledger.
    pub const PLANNED: &str = "planned";
    /// The name of [`Event::Intent`] in the ledger.
    pub const INTENT: &str = "intent";
    /// The name of [`Event::Retried`] in the ledger.
    pub const RETRIED: &str = "retried";
    /// The name of [`Event::Stored`] in the ledger.
    pub const STORED: &str = "stored";
    /// The name of [`Event::Reviewed`] in the ledger.
    pub const REVIEWED: &str = "reviewed";

    /// The event's name in the ledger and in reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Planned { .. } => Self::PLANNED,
            Self::Further => "further",
            Self::Intent { .. } => Self::INTENT,
            Self::Deferred { .. } => "deferred",
            Self::Accepted { .. } => "accepted",
            Self::Rejected { .. } => "rejected",
            Self::AnswerLost(_) => "answer_lost",
            Self::Adopted { .. } => "adopted",
            Self::Freed => "freed",
            Self::Seen { .. } => "seen",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Retried { .. } => Self::RETRIED,
            Self::Stored { .. } => Self::STORED,
            Self::Missing => "missing",
            Self::Tagged { .. } => "tagged",
            Self::Annotated(_) => "annotated",
            Self::Probed(_) => "probed",
            Self::Reviewed(_) => Self::REVIEWED,
        }
    }
}

impl Doubt {
    /// Nothing but what came instead of an answer.
    pub fn of(why: impl Into<String>) -> Self {
        Self { why: why.into(), task: None, request_id: None, last_bytes: None }
    }
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 7] =
        [Self::Moderated, Self::Input, Self::Account, Self::Internal, Self::Lost, Self::NoLink, Self::Unknown];

    /// The class in a report, for programs; in words for people it is what it displays as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Moderated => "moderated",
            Self::Input => "input",
            Self::Account => "account",
            Self::Internal => "internal",
            Self::Lost => "lost",
            Self::NoLink => "no_link",
            Self::Unknown => "unknown",
        }
    }

    /// The class and what was said, in words; only the latter where it tells as much by itself.
    pub fn told(self, why: &str) -> String {
        match self {
            _ if why.trim().is_empty() => self.to_string(),
            Self::Lost | Self::NoLink | Self::Unknown => why.to_owned(),
            Self::Moderated | Self::Input | Self::Account | Self::Internal => format!("{self}: {why}"),
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Moderated => "content policy",
            Self::Input => "bad request",
            Self::Account => "account",
            Self::Internal => "the provider's own trouble",
            Self::Lost => "the provider does not know the task",
            Self::NoLink => "the provider gives no link to the video",
            Self::Unknown => "no reason given",
        })
    }
}

impl TaskId {
    /// The most characters that the relay stores.
    pub const MAX_LEN: usize = 191;

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TaskId {
    type Err = BadTaskId;

    fn from_str(text: &str) -> Result<Self, BadTaskId> {
        let printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        let length = text.chars().count();
        if printable && (1..=Self::MAX_LEN).contains(&length) { Ok(Self(text.into())) } else { Err(BadTaskId) }
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Token {
    /// A token of these bits, which the caller draws at random.
    pub fn new(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Token {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map(Self).map_err(serde::de::Error::custom)
    }
}
