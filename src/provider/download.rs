//! Fetching videos: the client without the key, which follows only what the guard lets through, and goes on where it was cut off.

use futures::{StreamExt, TryStreamExt};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_RANGE, LOCATION, RANGE,
};
use reqwest::{Client, Response, redirect};
use url::Url;

use super::guard::{Guard, Refused};
use super::http::{HttpError, Timeouts, builder, causes};
use super::{Download, FetchError, Resume, offer};
use crate::address::is_loopback;

/// How many times a link may lead on to another.
const REDIRECTS: usize = 5;

/// Fetches without the key from wherever the guard lets it.
pub(super) struct Fetches {
    guard: Guard,
    /// Which addresses a proxy that the environment names is asked for.
    proxies: Matcher,
    /// Connects only to addresses that the guard has looked at.
    direct: Client,
    /// Connects only to that proxy, which may well be in a private network, and which looks up the names itself.
    proxied: Client,
}

impl Fetches {
    /// A client that never carries a key. Links to this very machine are followed only if `loopback` says so.
    pub(super) fn new(timeouts: &Timeouts, loopback: bool) -> Result<Self, HttpError> {
        let guard = Guard { loopback };
        // A link may be signed; the host that it redirects to need not see the signature.
        let fetching = || builder(timeouts).redirect(redirect::Policy::none()).referer(false).read_timeout(timeouts.stall);
        let direct = fetching().no_proxy().dns_resolver(guard).build().map_err(HttpError::Client)?;
        let proxied = fetching().build().map_err(HttpError::Client)?;
        Ok(Self { guard, proxies: Matcher::from_system(), direct, proxied })
    }

    /// Begins to fetch what lies behind `link`, or goes on with it.
    pub(super) async fn get(&self, link: &str, from: Option<&Resume>) -> Result<Download, FetchError> {
        let mut url = self.guard.read(link)?;
        for _ in 0..=REDIRECTS {
            let response = self.ask(&url, from).await?;
            match onward(&response) {
                Some(location) => url = self.guard.redirected(&url, &location)?,
                None => return answer(response, from),
            }
        }
        Err(FetchError::Trouble(format!("the link leads on and on, by way of {} at last", host_of(&url))))
    }

    async fn ask(&self, url: &Url, from: Option<&Resume>) -> Result<Response, FetchError> {
        // What is hashed and counted is what the host keeps, not some packed form of it.
        let mut request = self.client_for(url).get(url.clone()).header(ACCEPT_ENCODING, "identity");
        if let Some(Resume { bytes, validator }) = from {
            request = request.header(RANGE, format!("bytes={bytes}-")).header(IF_RANGE, validator);
        }
        request.send().await.map_err(|error| failed(&error))
    }

    fn client_for(&self, url: &Url) -> &Client {
        // A fetch from this machine must not take a detour over a proxy that the environment names.
        let over_a_proxy = !is_loopback(url) && url.as_str().parse().is_ok_and(|uri| self.proxies.intercept(&uri).is_some());
        if over_a_proxy { &self.proxied } else { &self.direct }
    }
}

impl From<Refused> for FetchError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.to_string())
    }
}

/// Where an answer sends whoever asked, if it does.
fn onward(response: &Response) -> Option<String> {
    let location = response.headers().get(LOCATION).filter(|_| matches!(response.status().as_u16(), 301..=303 | 307 | 308))?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

/// What the answer to a fetch amounts to. Where the host does not go on, it is because the file is another one now, or because it cannot:
/// then the whole file comes, which is as good.
fn answer(response: Response, from: Option<&Resume>) -> Result<Download, FetchError> {
    let headers = response.headers();
    if let Some(packed) = text(headers, &CONTENT_ENCODING).filter(|encoding| *encoding != "identity") {
        return Err(FetchError::Trouble(format!("it came packed as {packed}, which nobody asked for")));
    }
    match (response.status().as_u16(), from) {
        (200, _) => Ok(download(response)),
        (206, Some(from)) => rest(response, from),
        (416, Some(_)) => Err(FetchError::Changed("the host has nothing behind what is here already".to_owned())),
        (status @ (403 | 404 | 410), _) => Err(FetchError::Expired(format!("HTTP {status}"))),
        (status, _) => Err(FetchError::Trouble(format!("HTTP {status} from {}", host_of(response.url())))),
    }
}

/// The whole file.
fn download(response: Response) -> Download {
    let headers = response.headers();
    let (validator, checksum) = (offer::validator(headers), offer::checksum(headers, true));
    Download { start: 0, length: response.content_length(), validator, checksum, ..with_body(response) }
}

/// The rest of a file, if it is the one that was asked for.
fn rest(response: Response, from: &Resume) -> Result<Download, FetchError> {
    let changed = |what: &str| Err(FetchError::Changed(what.to_owned()));
    let headers = response.headers();
    let Some(part) = offer::part(headers) else { return changed("the host does not say which part of it came") };
    if part.start != from.bytes {
        return changed("another part of it came than was asked for");
    }
    // Without it nobody could tell when it is whole.
    let Some(length) = part.total else { return changed("the host does not say how long it is") };
    let tag = text(headers, &ETAG).filter(|tag| offer::is_strong_tag(tag));
    if tag.is_some_and(|tag| offer::is_strong_tag(&from.validator) && tag != from.validator) {
        return changed("the host has another file now");
    }
    let checksum = offer::checksum(headers, false);
    let (start, validator) = (part.start, Some(from.validator.clone()));
    Ok(Download { start, length: Some(length), validator, checksum, ..with_body(response) })
}

/// The body and what is announced of its kind; nothing yet of what it is a part of.
fn with_body(response: Response) -> Download {
    let content_type = text(response.headers(), &CONTENT_TYPE).map(str::to_owned);
    let body = response.bytes_stream().map_err(|error| failed(&error)).boxed();
    Download { start: 0, length: None, content_type, validator: None, checksum: None, body }
}

/// What stood in the way: the guard, if it did, otherwise trouble on the line.
fn failed(error: &reqwest::Error) -> FetchError {
    let mut chain = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    match chain.find_map(|cause| cause.downcast_ref::<Refused>()) {
        Some(refused) => refused.clone().into(),
        None => FetchError::Trouble(causes(error)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or("an unnamed host")
}
