//! Calls without a key to an address that somebody has named to be told something. What comes back is not read.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect};
use url::Url;

use super::Timeouts;
use super::http::{HttpError, builder, causes};
use crate::address::is_loopback;

/// Someone to be told something. The address may be a secret, and is never shown.
pub struct Notice {
    client: Client,
    url: Url,
}

impl Notice {
    /// Calls to `url`, which are to be connected within this time.
    pub fn to(url: &Url, connect: Duration) -> Result<Self, HttpError> {
        let timeouts = Timeouts { connect, ..Timeouts::default() };
        let builder = builder(&timeouts).redirect(redirect::Policy::none()).referer(false);
        let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build().map_err(HttpError::Client)?, url: url.clone() })
    }

    /// Posts `body`, which is of this kind, and waits at most so long for an answer. `Err` says why nobody can have taken note.
    pub async fn send(&self, kind: &'static str, body: String, most: Duration) -> Result<(), String> {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, kind).timeout(most).body(body);
        let answer = request.send().await.map_err(|error| causes(&error.without_url()))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("it was answered with HTTP {}", status.as_u16())) }
    }
}
