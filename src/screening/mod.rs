//! The screening room: the page of an output directory, its videos, and what is said of them, for a browser on this machine. Whoever does
//! not know the secret address, or comes from a page of somebody else's, is told nothing at all. Holds no lock: a run may be on.
//!
//! ```text
//! connection ▸ (bounded) ▸ meant for us? ▸ secret? ▸ the page │ a file, in parts │ what is said │ say it: body, capped ▸ ledger ▸ 200
//! ```

mod address;
mod book;
mod file;
mod guard;
mod range;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinError;

use self::address::{Secret, Wanted};
use self::book::{Book, Refusal};
use self::guard::Guard;
use crate::connections::{Lines, Serving, Stay};
use crate::ledger::LedgerError;

pub use crate::connections::ListenError;

/// The largest thing that can be said, in bytes: the longest note, each character of which may take twelve (`\ud83d\ude00`).
const LARGEST: usize = 128 << 10;

/// How many connections there may be at once. A browser opens six.
const AT_ONCE: usize = 256;

/// How long a connection may last in all. A browser opens another one where it wants more.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// How long until it has asked for something that it may have: who does not know the secret takes nobody's place for longer.
const PATIENCE_WITH_STRANGERS: Duration = Duration::from_secs(10);

/// What every answer says. The page brings a stricter policy along, for what is in it.
const HEADERS: [(HeaderName, HeaderValue); 6] = [
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("frame-ancestors 'none'")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// A screening room that is open. It closes when this is dropped, and in order with [`Screening::shutdown`].
pub struct Screening {
    serving: Serving,
    room: Arc<Room>,
    url: String,
}

/// What all connections share.
struct Room {
    /// By the one name that it always has.
    root: PathBuf,
    guard: Guard,
    secret: Secret,
    book: Book,
    /// Somebody has said something.
    said: Notify,
}

/// Opens the output directory `root` to browsers at `addr`, an address of this machine alone, where port 0 is any free port. `token` is
/// what they have to know; `now` tells the time.
pub async fn serve(
    addr: SocketAddr,
    root: &Path,
    token: u128,
    now: impl Fn() -> Timestamp + Send + Sync + 'static,
) -> Result<Screening, ListenError> {
    if !addr.ip().is_loopback() {
        return Err(ListenError { addr, source: io::ErrorKind::AddrNotAvailable.into() });
    }
    let lines = Lines::listen(addr, AT_ONCE, PATIENCE).await?.wary(PATIENCE_WITH_STRANGERS);
    let (guard, token) = (Guard::new(lines.addr()), format!("{token:032x}"));
    let url = format!("http://{}/{token}/", guard.host());
    let (secret, book) = (Secret::new(&token), Book::new(root.to_owned(), now));
    // In what cannot be found there is no file either.
    let root = tokio::fs::canonicalize(root).await.unwrap_or_else(|_| root.to_owned());
    let shared = Arc::new(Room { root, guard, secret, book, said: Notify::new() });
    let serving = lines.serve(Router::new().fallback(answer).with_state(Arc::clone(&shared)));
    Ok(Screening { serving, room: shared, url })
}

impl Screening {
    /// Where it is, with the secret. Not for logs.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.serving.addr()
    }

    /// Waits until somebody has said something, if nobody has since this was last waited for.
    pub async fn said(&self) {
        self.room.said.notified().await;
    }

    /// Takes no more connections, finishes the open ones if they are quick, and frees the port.
    pub async fn shutdown(self) {
        self.serving.shutdown().await;
    }
}

async fn answer(State(room): State<Arc<Room>>, ConnectInfo(stay): ConnectInfo<Stay>, request: Request) -> Response {
    let mut answer = room.answer(request, &stay).await;
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, value);
    }
    answer
}

impl Room {
    async fn answer(self: Arc<Self>, request: Request, stay: &Stay) -> Response {
        let (parts, body) = request.into_parts();
        let admitted = self.guard.admits(&parts.method, &parts.uri, &parts.headers);
        let wanted = self.secret.wanted(&parts.method, parts.uri.path()).filter(|_| admitted);
        if wanted.is_some() {
            stay.allow();
        }
        match wanted {
            Some(Wanted::Page) => self.look(Book::page, |page| html(page).into_response()).await,
            Some(Wanted::Reviews) => self.look(Book::reviews, |reviews| json(StatusCode::OK, &reviews)).await,
            Some(Wanted::Say) => self.say(body).await,
            Some(Wanted::File(take, kind)) => {
                let sent = file::send(&self.root, &take, kind, &parts.method, &parts.headers).await;
                sent.unwrap_or_else(|error| not_sent(&error))
            }
            None => refuse(),
        }
    }

    /// Answers with what the ledger has.
    async fn look<T: Send + 'static>(
        self: Arc<Self>,
        look: fn(&Book) -> Result<T, LedgerError>,
        show: fn(T) -> Response,
    ) -> Response {
        match blocking(move || Ok(look(&self.book)?)).await {
            Ok(seen) => show(seen),
            Err(refusal) => refused(&refusal),
        }
    }

    async fn say(self: Arc<Self>, body: Body) -> Response {
        let Ok(body) = to_bytes(body, LARGEST).await else {
            let error = format!("more than {LARGEST} bytes, or cut off");
            return refused(&Refusal { status: StatusCode::PAYLOAD_TOO_LARGE, error });
        };
        let room = Arc::clone(&self);
        match blocking(move || room.book.say(&body)).await {
            Ok(said) => {
                self.said.notify_one();
                json(StatusCode::OK, &said)
            }
            Err(refusal) => refused(&refusal),
        }
    }
}

/// Does something that waits for the disk, where nobody else has to wait for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    done(tokio::task::spawn_blocking(work).await)
}

/// What has come of it; it is not begun any more where the process is about to end.
fn done<T>(outcome: Result<Result<T, Refusal>, JoinError>) -> Result<T, Refusal> {
    outcome.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Err(Refusal { status: StatusCode::SERVICE_UNAVAILABLE, error: "`rushes review` is ending".to_owned() }),
    })
}

/// The same answer for everybody who asks for what there is not, or may not: it does not tell how near they were.
fn refuse() -> Response {
    StatusCode::NOT_FOUND.into_response()
}

/// What is not there yet, or not any more, is as good as what has never been.
fn not_sent(error: &io::Error) -> Response {
    if error.kind() != io::ErrorKind::NotFound {
        tracing::warn!(%error, "a file of a take cannot be read");
    }
    refuse()
}

fn refused(refusal: &Refusal) -> Response {
    #[derive(Serialize)]
    struct Told<'a> {
        error: &'a str,
    }
    if refusal.status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(error = refusal.error, "the ledger cannot be used");
    }
    json(refusal.status, &Told { error: &refusal.error })
}

fn html(page: String) -> ([(HeaderName, &'static str); 1], String) {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page)
}

fn json(status: StatusCode, document: &impl Serialize) -> Response {
    let text = serde_json::to_string(document).expect("names, numbers and texts");
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_begun_any_more_is_answered_all_the_same() {
        let task = tokio::spawn(std::future::pending::<Result<(), Refusal>>());
        task.abort();
        let refusal = done(task.await).unwrap_err();
        assert_eq!((refusal.status.as_u16(), refusal.error.as_str()), (503, "`rushes review` is ending"));
    }
}
