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

/// The words of the command line, the program's own name first.
pub fn words() -> impl Iterator<Item = OsString> {
    std::env::args_os()
}

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
    /// Nothing can be sent to this collector.
    #[cfg(feature = "otlp")]
    #[error(
        "the collector's URL {place} cannot be used: it is http:// or https://, without a user name or password; those go into OTEL_EXPORTER_OTLP_HEADERS"
    )]
    Collector {
        /// Where it was found. The URL itself, which may have a password in it, is not repeated.
        place: &'static str,
    },
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
    io::stderr().is_terminal() && !is_dumb() && variable("NO_COLOR").is_none()
}

/// Whether standard error is a terminal on which lines can be drawn anew, and somebody looks at it: continuous integration, which says
/// so with the variable `CI`, keeps what is written.
pub fn has_display() -> bool {
    can_draw_on(&io::stderr())
}

/// The same of standard output.
pub fn has_screen() -> bool {
    can_draw_on(&io::stdout())
}

fn can_draw_on(out: &impl IsTerminal) -> bool {
    let in_ci = variable("CI").is_some_and(|value| !matches!(value.as_str(), "0" | "false"));
    out.is_terminal() && !is_dumb() && !in_ci
}

fn is_dumb() -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
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

/// Where spans go, if anywhere: to the collector that the command line names, else to the one that OpenTelemetry's own variables name.
/// The headers that go with them are read by the library that sends them, from `OTEL_EXPORTER_OTLP_HEADERS`.
#[cfg(feature = "otlp")]
pub fn collector(said: Option<&Url>) -> Result<Option<crate::telemetry::Collector>, ConfigError> {
    const BASE: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let (place, url, is_base) = match (said, variable(TRACES), variable(BASE)) {
        (Some(url), ..) => ("of --otlp", Ok(url.clone()), true),
        _ if is_off => return Ok(None),
        (None, Some(text), _) => (TRACES, Url::parse(&text), false),
        (None, None, Some(text)) => (BASE, Url::parse(&text), true),
        (None, None, None) => return Ok(None),
    };
    let is_fine = |url: &Url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none()
    };
    let mut url = url.ok().filter(is_fine).ok_or(ConfigError::Collector { place })?;
    if is_base {
        url.set_path(&format!("{}/v1/traces", url.path().trim_end_matches('/')));
    }
    let service = variable("OTEL_SERVICE_NAME").unwrap_or_else(|| "rushes".to_owned());
    Ok(Some(crate::telemetry::Collector { url, service }))
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
