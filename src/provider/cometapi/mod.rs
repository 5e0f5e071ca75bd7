//! CometAPI's Runway wrapper, text to video: the two calls, word for word. What the answers mean is in `answer`, `record` and
//! `classes`.

mod answer;
mod classes;
mod doubt;
mod quota;
mod record;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Mutex;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::HeaderName;
use serde::Serialize;
use url::Url;

pub use answer::{Call, read};
pub use quota::{CometQuota, QUOTA_URL};

use super::download::Fetches;
use super::http::{Calls, Reached, Unreached};
use super::{Answer, Callback, Connection, Download, FetchError, HttpError, Order, Provider, Reply, Resume};
use crate::motion::Motion;
use crate::request::{Ratio, Seconds};
use crate::seal::Seal;
use crate::take::{Doubt, Sighting, TaskId};

/// Where the service lives.
pub const BASE_URL: &str = "https://api.cometapi.com";
/// The header version that the documentation names.
pub const VERSION: &str = "2024-11-06";
/// Where it is told to call back when nobody says otherwise: the wrapper insists on an address, and this one belongs to nobody
/// (RFC 2606).
pub const CALLBACK_URL: &str = "https://callback.invalid/rushes";

const CREATE: &str = "/runway/pro/generate";
const FEED: &str = "/runway/feed";

/// The wrapper behind one base URL.
pub struct CometApi {
    calls: Calls,
    create: Url,
    feed: Url,
    fetches: Fetches,
    callback: Url,
    seal: Option<Seal>,
    timeouts: super::http::Timeouts,
    unknown_words: Mutex<HashSet<String>>,
}

impl CometApi {
    /// The wrapper, ready to be called.
    pub fn connect(connection: Connection) -> Result<Self, HttpError> {
        let version = (HeaderName::from_static("x-runway-version"), connection.version);
        let calls = Calls::new(&connection.base_url, connection.key, &[version], &connection.timeouts)?;
        Ok(Self {
            create: calls.endpoint(CREATE),
            feed: calls.endpoint(FEED),
            calls,
            fetches: Fetches::new(&connection.timeouts, connection.base_url.is_loopback())?,
            callback: connection.callback_url,
            seal: connection.seal,
            timeouts: connection.timeouts,
            unknown_words: Mutex::default(),
        })
    }

    async fn create(&self, order: Order<'_>) -> Reply {
        let callback = callback_url(order.callback_url.unwrap_or(&self.callback), self.seal.as_ref(), &order);
        let body = create_body(&order, &callback);
        match self.calls.post(&self.create, body, self.timeouts.create).await {
            Ok(reached) => reply(Call::Create, &reached),
            Err(Unreached::NotSent(why)) => silence(Answer::Unreached { why }),
            Err(Unreached::Lost { why, so_far }) => broken_off(why, so_far.as_deref()),
        }
    }

    async fn feed(&self, task: &TaskId) -> Reply {
        let body = serde_json::json!({ "task_id": task }).to_string().into_bytes();
        match self.calls.post(&self.feed, body, self.timeouts.feed).await {
            Ok(reached) => {
                let reply = reply(Call::Feed, &reached);
                self.warn_of_unknown_word(&reply.answer);
                reply
            }
            Err(Unreached::NotSent(why) | Unreached::Lost { why, .. }) => silence(Answer::NotNow { why, retry_after: None }),
        }
    }

    /// A state word that nobody has documented is taken for "still running", and said once.
    fn warn_of_unknown_word(&self, answer: &Answer) {
        let Answer::Seen(Sighting::Unfinished { word }) = answer else { return };
        let Ok(mut warned) = self.unknown_words.lock() else { return };
        if !classes::is_state(word) && warned.insert(word.clone()) {
            tracing::warn!(word, "the provider reports a state that is not known; taken for still running");
        }
    }
}

impl Provider for CometApi {
    fn submit<'a>(&'a self, order: Order<'a>) -> BoxFuture<'a, Reply> {
        self.create(order).boxed()
    }

    fn poll<'a>(&'a self, task: &'a TaskId) -> BoxFuture<'a, Reply> {
        self.feed(task).boxed()
    }

    fn fetch<'a>(&'a self, link: &'a str, from: Option<&'a Resume>) -> BoxFuture<'a, Result<Download, FetchError>> {
        self.fetches.get(link, from).boxed()
    }
}

/// What the body of a callback says: a task's record, bare as it is documented, or in one of the envelopes of the feed.
pub fn callback(body: &[u8]) -> Option<Callback> {
    let json = serde_json::from_slice(body).ok()?;
    record::callback(&json)
}

/// The body of a submission: every field that the wrapper requires, and no other.
fn create_body(order: &Order<'_>, callback: &Url) -> Vec<u8> {
    #[derive(Serialize)]
    struct Body<'a> {
        callback_url: &'a str,
        ratio: &'a Ratio,
        prompt: &'a str,
        style: &'a str,
        model: &'a str,
        options: Options<'a>,
    }
    #[derive(Serialize)]
    struct Options<'a> {
        seconds: Seconds,
        motion_vector: &'a Motion,
    }
    let request = order.request;
    let body = Body {
        callback_url: callback.as_str(),
        ratio: &request.ratio,
        prompt: &request.prompt,
        style: &request.style,
        model: &request.model,
        options: Options { seconds: request.seconds, motion_vector: &request.motion },
    };
    serde_json::to_vec(&body).expect("strings and finite numbers can be written")
}

/// The attempt's own callback address. Whether path or query comes back whole is not documented, so the token is in both.
fn callback_url(base: &Url, seal: Option<&Seal>, order: &Order<'_>) -> Url {
    let token = seal.map_or_else(|| order.token.to_string(), |seal| seal.write(order.token));
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(&token);
    }
    url.query_pairs_mut().append_pair("take", &order.take.to_string()).append_pair("token", &token);
    url
}

fn reply(call: Call, reached: &Reached) -> Reply {
    let answer = read(call, reached.status, &reached.headers, &reached.body);
    Reply { answer, raw: reached.excerpt() }
}

/// An answer of which at most a part has come.
fn broken_off(why: String, so_far: Option<&Reached>) -> Reply {
    let Some(reached) = so_far else { return silence(Answer::Unclear(Doubt::of(why))) };
    let why = format!("HTTP {}, and then the answer broke off: {why}", reached.status);
    let doubt = answer::broken_off(why, &reached.headers, &reached.body);
    Reply { answer: Answer::Unclear(doubt), raw: reached.excerpt() }
}

fn silence(answer: Answer) -> Reply {
    Reply { answer, raw: String::new() }
}
