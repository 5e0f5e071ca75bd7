//! The callback receiver: HTTP in, letters out. Takes in what is addressed to an attempt, says so when it is durable, and tells
//! whoever knocks without an address nothing at all. Speaks plain HTTP: TLS is the business of a reverse proxy in front.
//!
//! ```text
//! connection ▸ (bounded in number and time) ▸ whom for? ▸ body, capped ▸ spool ▸ flush ▸ 200
//! ```
//!
//! A callback is never believed here, and read only to tell the known shape from others: the engine asks the provider.

mod addressee;
mod counts;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiff::Timestamp;

use self::addressee::{Addressee, addressee};
use self::counts::Counts;
use crate::connections::{Lines, Serving};
use crate::spool::{Kept, Letter, Sort, Spool, SpoolError};

pub use crate::connections::ListenError;
pub use counts::Tally;

/// How callbacks are received.
pub struct Settings {
    /// Whether a body is what the provider sends when it calls back.
    pub is_callback: fn(&[u8]) -> bool,
    /// Whether a callback is taken in that has lost both path and query of its address. Anybody can make one up.
    pub accept_without_token: bool,
    /// The largest body that is taken in, in bytes.
    pub largest: usize,
    /// How long a connection may last in all.
    pub patience: Duration,
    /// How many connections there may be at once.
    pub at_once: usize,
    /// What time it is.
    pub now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Settings {
    /// What will do for any provider whose callbacks `is_callback` knows.
    pub fn new(is_callback: fn(&[u8]) -> bool, now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            is_callback,
            accept_without_token: false,
            largest: 64 * 1024,
            patience: Duration::from_secs(10),
            at_once: 256,
            now: Box::new(now),
        }
    }
}

/// A receiver that is on. It ends when this is dropped, and in order with [`Receiver::shutdown`].
pub struct Receiver {
    serving: Serving,
    counts: Arc<Counts>,
}

/// Starts a receiver at `addr` that puts what it receives into `spool`. Port 0 takes any free port.
pub async fn serve(addr: SocketAddr, spool: Arc<Spool>, settings: Settings) -> Result<Receiver, ListenError> {
    let lines = Lines::listen(addr, settings.at_once, settings.patience).await?;
    let counts = Arc::new(Counts { cut: lines.cut(), ..Counts::default() });
    let desk = Arc::new(Desk { spool, settings, counts: Arc::clone(&counts) });
    let serving = lines.serve(Router::new().fallback(receive).with_state(desk));
    Ok(Receiver { serving, counts })
}

impl Receiver {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.serving.addr()
    }

    /// What became of everything that was sent so far.
    pub fn tally(&self) -> Tally {
        self.counts.tally()
    }

    /// Takes no more connections, finishes the open ones if they are quick, and frees the port.
    pub async fn shutdown(self) -> Tally {
        self.serving.shutdown().await;
        self.counts.tally()
    }
}

/// What all connections share.
struct Desk {
    spool: Arc<Spool>,
    settings: Settings,
    counts: Arc<Counts>,
}

/// What is left of a body.
enum Received {
    /// All of it.
    Whole(Vec<u8>),
    /// More than may be; the rest was not read.
    TooLarge,
    /// The sender has gone away.
    Cut,
}

async fn receive(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let known = addressee(path, query, desk.spool.seal()).filter(|_| parts.method == Method::POST);
    // Also when it is known already that the call is refused: how long that takes is not to tell why.
    let received = desk.read(body).await;
    let status = match known {
        Some(Addressee::Attempt(token)) => match received {
            Received::Whole(body) => desk.take_in(Letter { received_at: desk.now(), token: Some(token), body }).await,
            Received::TooLarge => desk.too_large(),
            Received::Cut => desk.refuse(),
        },
        Some(Addressee::Nobody) if desk.settings.accept_without_token => match received {
            Received::Whole(body) if (desk.settings.is_callback)(&body) => {
                desk.take_in(Letter { received_at: desk.now(), token: None, body }).await
            }
            _ => desk.refuse(),
        },
        Some(Addressee::Nobody) | None => desk.refuse(),
    };
    (status, [(header::CONNECTION, "close")]).into_response()
}

impl Desk {
    async fn take_in(&self, letter: Letter) -> StatusCode {
        let odd = !(self.settings.is_callback)(&letter.body);
        let sort =
            if odd { Sort::Odd("its body is not of the shape that the provider documents".to_owned()) } else { Sort::New };
        let name = letter.name();
        match self.spool.keep(letter, sort).await {
            Ok(Kept::Known) => {
                tracing::debug!(name, "a callback that is known already");
                self.counts.count(|counts| &counts.known);
            }
            Ok(Kept::New) if odd => {
                tracing::warn!(name, "a callback that is not of the known shape is kept for a person");
                self.counts.count(|counts| &counts.odd);
            }
            Ok(Kept::New) => {
                tracing::info!(name, "a callback has come");
                self.counts.count(|counts| &counts.kept);
            }
            Err(error) => return self.turn_away(&error),
        }
        StatusCode::OK
    }

    /// The same answer for everyone who has no address: it does not tell how near it was.
    fn refuse(&self) -> StatusCode {
        self.counts.count(|counts| &counts.refused);
        tracing::debug!("refused: addressed to nobody, or no callback");
        StatusCode::NOT_FOUND
    }

    fn too_large(&self) -> StatusCode {
        self.counts.count(|counts| &counts.too_large);
        tracing::warn!(largest = self.settings.largest, "a callback is too large, and was not read");
        StatusCode::PAYLOAD_TOO_LARGE
    }

    fn turn_away(&self, error: &SpoolError) -> StatusCode {
        self.counts.count(|counts| &counts.turned_away);
        let cause = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, cause, "a callback cannot be taken in; its sender is told to try again");
        StatusCode::SERVICE_UNAVAILABLE
    }

    async fn read(&self, body: Body) -> Received {
        let largest = self.settings.largest;
        if body.size_hint().lower() > largest as u64 {
            return Received::TooLarge;
        }
        let mut stream = body.into_data_stream();
        let mut whole = Vec::new();
        while let Some(bytes) = stream.next().await {
            match bytes {
                Ok(bytes) if whole.len() + bytes.len() > largest => return Received::TooLarge,
                Ok(bytes) => whole.extend_from_slice(&bytes),
                Err(_) => return Received::Cut,
            }
        }
        Received::Whole(whole)
    }

    fn now(&self) -> Timestamp {
        (self.settings.now)()
    }
}
