//! The HTTP client: what was sent, what came back, and whether a call that failed can have reached the other side. Knows no
//! provider. The only place that builds a client.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, ClientBuilder, Response, redirect};
use url::Url;

use crate::address::is_loopback;

/// The most of an answer that is read, in bytes. Real ones have a few hundred.
const ANSWER_CAP: usize = 1 << 20;

/// How long a connection may lie idle before a call that spends money no longer uses it. Common servers close idle
/// connections after 5 s or more; a call sent into such a closing would be lost without need.
const IDLE: Duration = Duration::from_secs(2);

/// The key to the provider. Never printed.
#[derive(Clone)]
pub struct Key(String);

/// A text that cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is visible ASCII characters without spaces")]
pub struct BadKey;

/// An address that calls with a key may go to: HTTPS, or HTTP to this very machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadBaseUrl {
    /// Not a URL at all.
    #[error("not a URL: {0}")]
    Unreadable(#[from] url::ParseError),
    /// The key would travel in the clear.
    #[error(
        "HTTPS is required, so that nobody on the way reads the key; plain HTTP is only for this machine (127.0.0.1, localhost)"
    )]
    Insecure,
    /// Not HTTP.
    #[error("only https:// can be called")]
    Scheme,
    /// A user name, password, query or fragment in it.
    #[error("a base URL has no user name, password, query or fragment")]
    Extra,
}

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// To reach the other side.
    pub connect: Duration,
    /// For a submission; 20.9 s have been seen.
    pub create: Duration,
    /// For a poll.
    pub feed: Duration,
    /// Between two pieces of a download.
    pub stall: Duration,
}

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The TLS set-up of the machine, usually missing root certificates.
    #[error("cannot set up HTTPS; are the system's root certificates installed?")]
    Client(#[source] reqwest::Error),
}

/// What came back from a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The HTTP status.
    pub status: u16,
    /// The headers, without the key.
    pub headers: HeaderMap,
    /// The body's first bytes, up to a cap and without the key.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreached {
    /// No connection was made: the call was surely not sent.
    NotSent(String),
    /// The call may have arrived.
    Lost {
        /// What went wrong.
        why: String,
        /// What had come back until then, if anything had.
        so_far: Option<Box<Reached>>,
    },
}

/// Calls with the key to one base URL.
pub struct Calls {
    client: Client,
    base: Url,
    key: Key,
}

/// A question whose key travels in its address. The address is never shown.
pub struct Lookup {
    client: Client,
    url: Url,
}

impl Calls {
    /// Calls to `base`, which carry `key` and these headers.
    pub fn new(base: &BaseUrl, key: Key, extra: &[(HeaderName, HeaderValue)], timeouts: &Timeouts) -> Result<Self, HttpError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, key.header());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(extra.iter().cloned());
        let builder = builder(timeouts).default_headers(headers).redirect(redirect::Policy::none());
        // A call to this machine must not take a detour over a proxy that the environment names.
        let builder = if base.is_loopback() { builder.no_proxy() } else { builder };
        let client = builder.pool_idle_timeout(IDLE).build().map_err(HttpError::Client)?;
        Ok(Self { client, base: base.0.clone(), key })
    }

    /// The address of `path` under the base URL.
    pub fn endpoint(&self, path: &str) -> Url {
        under(&self.base, path)
    }

    /// Posts `body` to an endpoint.
    pub async fn post(&self, endpoint: &Url, body: Vec<u8>, timeout: Duration) -> Result<Reached, Unreached> {
        let response =
            self.client.post(endpoint.clone()).timeout(timeout).body(body).send().await.map_err(|e| unreached(&e))?;
        let (status, headers) = (response.status(), self.key.taken_out_of_headers(response.headers().clone()));
        let (body, broken) = read_capped(response).await;
        let reached = Reached { status: status.as_u16(), headers, body: self.key.taken_out_of(body) };
        match broken {
            // A break in a success is the end of its body: what came before may name the task.
            Some(error) if !status.is_success() || reached.body.is_empty() => {
                Err(Unreached::Lost { why: causes(&error), so_far: Some(Box::new(reached)) })
            }
            _ => Ok(reached),
        }
    }
}

impl Lookup {
    /// The question at `path` under `base`, with the key under this name in its query.
    pub fn new(base: &BaseUrl, path: &str, (name, key): (&str, &Key), timeouts: &Timeouts) -> Result<Self, HttpError> {
        let builder = builder(timeouts).redirect(redirect::Policy::none()).referer(false);
        let builder = if base.is_loopback() { builder.no_proxy() } else { builder };
        let mut url = under(&base.0, path);
        url.query_pairs_mut().append_pair(name, &key.0);
        Ok(Self { client: builder.build().map_err(HttpError::Client)?, url })
    }

    /// Asks. Returns the status and the body, which may repeat the key; or why there is no answer, which does not.
    pub async fn get(&self, timeout: Duration) -> Result<(u16, Bytes), String> {
        let without_address = |error: reqwest::Error| causes(&error.without_url());
        let response = self.client.get(self.url.clone()).timeout(timeout).send().await.map_err(without_address)?;
        let status = response.status().as_u16();
        match read_capped(response).await {
            (_, Some(broken)) => Err(without_address(broken)),
            (body, None) => Ok((status, body)),
        }
    }
}

impl Reached {
    /// The text of the body for the ledger: its first 4096 characters.
    pub fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(4096).collect()
    }
}

impl Key {
    /// Takes `text`, without the white space around it, for a key.
    pub fn new(text: &str) -> Result<Self, BadKey> {
        let text = text.trim();
        let fine = !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        if fine { Ok(Self(text.to_owned())) } else { Err(BadKey) }
    }

    fn header(&self) -> HeaderValue {
        let mut value =
            HeaderValue::from_str(&format!("Bearer {}", self.0)).expect("a key is visible ASCII, which a header may hold");
        value.set_sensitive(true);
        value
    }

    /// Headers without the key, should the other side repeat it in one of them.
    fn taken_out_of_headers(&self, mut headers: HeaderMap) -> HeaderMap {
        for value in headers.values_mut().filter(|value| self.is_in(value.as_bytes())) {
            *value = HeaderValue::from_static("[key]");
        }
        headers
    }

    /// A body without the key, should the other side repeat it: what a body says goes into ledger and reports.
    fn taken_out_of(&self, body: Bytes) -> Bytes {
        if self.is_in(&body) { String::from_utf8_lossy(&body).replace(&self.0, "[key]").into() } else { body }
    }

    /// Whether the key is somewhere in `bytes`. One too short to be a secret never is, because it could be any word.
    fn is_in(&self, bytes: &[u8]) -> bool {
        const SECRET: usize = 8;
        self.0.len() >= SECRET && bytes.windows(self.0.len()).any(|window| window == self.0.as_bytes())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl BaseUrl {
    /// Checks that a key may be sent to `url`.
    pub fn new(url: Url) -> Result<Self, BadBaseUrl> {
        let loopback = is_loopback(&url);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(BadBaseUrl::Insecure),
            _ => return Err(BadBaseUrl::Scheme),
        }
        let extra = !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some();
        if extra { Err(BadBaseUrl::Extra) } else { Ok(Self(url)) }
    }

    /// Whether it is this very machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The URL itself.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl std::str::FromStr for BaseUrl {
    type Err = BadBaseUrl;

    fn from_str(text: &str) -> Result<Self, BadBaseUrl> {
        Self::new(Url::parse(text)?)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            create: Duration::from_secs(90),
            feed: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

/// What every client has in common. `Client::builder` panics without a TLS provider, so nothing else may call it.
pub(super) fn builder(timeouts: &Timeouts) -> ClientBuilder {
    // Fails only when one is installed already, which is as good.
    rustls::crypto::ring::default_provider().install_default().ok();
    #[expect(clippy::disallowed_methods, reason = "the one place where the TLS provider is sure to be there")]
    let builder = Client::builder();
    builder
        .user_agent(concat!("rushes/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .retry(reqwest::retry::never())
        .tcp_nodelay(true)
}

/// A client for what has nothing to do with the provider: it carries no key, and follows no redirect.
#[cfg(feature = "otlp")]
pub fn plain(url: &Url, timeout: Duration) -> Result<Client, HttpError> {
    let builder = builder(&Timeouts::default()).redirect(redirect::Policy::none()).timeout(timeout);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    builder.build().map_err(HttpError::Client)
}

/// The first bytes of a body, and what broke it off, if anything did. What goes beyond the cap is not read.
async fn read_capped(mut response: Response) -> (Bytes, Option<reqwest::Error>) {
    let mut body = Vec::new();
    let mut broken = None;
    while body.len() < ANSWER_CAP {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    body.truncate(ANSWER_CAP);
    (body.into(), broken)
}

/// Only a failure to connect is sure to have sent nothing.
fn unreached(error: &reqwest::Error) -> Unreached {
    let why = causes(error);
    let not_sent = error.is_connect() || error.is_builder();
    if not_sent { Unreached::NotSent(why) } else { Unreached::Lost { why, so_far: None } }
}

/// The last two causes of an error, which say the most; the first ones repeat the URL.
pub(super) fn causes(error: &reqwest::Error) -> String {
    let mut chain: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(cause) = next {
        chain.push(cause.to_string());
        next = cause.source();
    }
    let what = if error.is_timeout() { "timed out" } else { "" };
    let tail = chain.split_off(chain.len().saturating_sub(2));
    let parts = [what.to_owned()].into_iter().chain(tail).filter(|part| !part.is_empty());
    let text = parts.collect::<Vec<_>>().join(": ");
    if text.is_empty() { error.to_string() } else { text }
}

fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}
