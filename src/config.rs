//! Flags, environment and manifest made into the settings of a run. The only reader of the environment.

mod zone;

use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use reqwest::header::HeaderValue;
use url::Url;

pub use self::zone::{BadZone, NoZone, Zone, time_zone};
use crate::manifest::ProviderSettings;
use crate::provider::{BaseUrl, Books, Connection, Entry, Key, PROVIDERS, Timeouts};

/// The environment variable that holds the key.
pub const KEY_VARIABLE: &str = "COMETAPI_KEY";

/// The environment variable that holds the key to the provider's own books.
pub const QUOTA_KEY_VARIABLE: &str = "COMETAPI_QUOTA_KEY";

/// What holds a key in our environment, and is nobody else's business.
pub const SECRET_VARIABLES: [&str; 2] = [KEY_VARIABLE, QUOTA_KEY_VARIABLE];

/// What the command line says about the provider; what it leaves out is left to the manifest.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Where the provider lives.
    pub base_url: Option<BaseUrl>,
    /// The API version.
    pub version: Option<String>,
    /// Where it is to call back.
    pub callback_url: Option<Url>,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No key anywhere.
    #[error("there is no key: set the environment variable {KEY_VARIABLE}, or say --key-file FILE")]
    NoKey,
    /// The key file cannot be read.
    #[error("cannot read the key file {}", path.display())]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// What was found is no key. It is not repeated here.
    #[error("what {place} holds is not a key")]
    BadKey {
        /// Where it was found.
        place: String,
        /// What is wrong with it.
        #[source]
        source: crate::provider::http::BadKey,
    },
    /// The base URL cannot be called with a key.
    #[error("the provider's base URL {url} cannot be used")]
    BaseUrl {
        /// Which URL.
        url: String,
        /// What is wrong with it.
        #[source]
        source: crate::provider::http::BadBaseUrl,
    },
    /// The callback address is no web address.
    #[error("the callback URL {0} cannot be used: only http:// and https:// can be called back")]
    CallbackUrl(Url),
    /// The version cannot be sent as a header.
    #[error("the API version {0:?} cannot be sent as a header")]
    Version(String),
}

/// The provider that is meant when a manifest names none.
pub fn default_provider() -> &'static Entry {
    &PROVIDERS[0]
}

/// How to reach the provider: as the command line says, else as the manifest says, else as the provider's documentation says.
pub fn connection(
    entry: &Entry,
    said: Said,
    manifest: &ProviderSettings,
    key: Key,
    timeouts: Timeouts,
) -> Result<Connection, ConfigError> {
    let base_url = match (said.base_url, &manifest.base_url) {
        (Some(url), _) => url,
        (None, Some(url)) => base_url(url.as_str())?,
        (None, None) => base_url(entry.base_url)?,
    };
    let version = said.version.or_else(|| manifest.version.clone()).unwrap_or_else(|| entry.version.to_owned());
    let version = HeaderValue::from_str(&version).map_err(|_| ConfigError::Version(version))?;
    let callback_url = match said.callback_url.or_else(|| manifest.callback_url.clone()) {
        Some(url) if matches!(url.scheme(), "http" | "https") => url,
        Some(url) => return Err(ConfigError::CallbackUrl(url)),
        None => Url::parse(entry.callback_url).expect("the provider's own callback URL is a constant"),
    };
    Ok(Connection { base_url, version, callback_url, seal: None, key, timeouts })
}

/// Whether what goes to standard error may be coloured: it is a terminal that knows how, and nobody objects (<https://no-color.org>).
pub fn colour() -> bool {
    has_display() && variable("NO_COLOR").is_none()
}

/// Whether standard error is a terminal on which a line can be drawn anew.
pub fn has_display() -> bool {
    io::stderr().is_terminal() && variable("TERM").is_none_or(|term| term != "dumb")
}

/// The key: from the file if one is named, else from the environment.
pub fn key(file: Option<&Path>) -> Result<Key, ConfigError> {
    key_of(file, KEY_VARIABLE)?.ok_or(ConfigError::NoKey)
}

/// The key to the provider's own books, if there is one: from the file if one is named, else from the environment.
pub fn quota_key(file: Option<&Path>) -> Result<Option<Key>, ConfigError> {
    key_of(file, QUOTA_KEY_VARIABLE)
}

/// Where the provider's own books are: as the command line says, else as the provider's documentation says.
pub fn quota_url(books: &Books, said: Option<BaseUrl>) -> Result<BaseUrl, ConfigError> {
    said.map_or_else(|| base_url(books.url), Ok)
}

/// What this machine calls itself; empty where it has no name.
#[cfg(unix)]
pub fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What this machine calls itself; empty where it has no name.
#[cfg(not(unix))]
pub fn host() -> String {
    variable("COMPUTERNAME").unwrap_or_default()
}

fn key_of(file: Option<&Path>, name: &str) -> Result<Option<Key>, ConfigError> {
    let (place, text) = match file {
        Some(path) => {
            let text = fs::read_to_string(path);
            (path.display().to_string(), text.map_err(|source| ConfigError::KeyFile { path: path.to_owned(), source })?)
        }
        None => match variable(name) {
            Some(text) => (name.to_owned(), text),
            None => return Ok(None),
        },
    };
    Key::new(&text).map(Some).map_err(|source| ConfigError::BadKey { place, source })
}

fn base_url(text: &str) -> Result<BaseUrl, ConfigError> {
    text.parse().map_err(|source| ConfigError::BaseUrl { url: text.to_owned(), source })
}

/// An environment variable, unless it is empty.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this module is where the environment is read")]
    let value: Option<OsString> = std::env::var_os(name);
    value.map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.trim().is_empty())
}
