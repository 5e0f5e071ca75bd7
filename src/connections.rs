//! HTTP for a few: connections that do not last, of which there are only so many at once, and a server over them that ends in order.
//! Knows nothing of what is served.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

/// How long open connections may take when the server ends.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// The port is taken, or not allowed, or the address is not of this machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {addr}")]
pub struct ListenError {
    /// Where.
    pub addr: SocketAddr,
    /// Why not.
    #[source]
    pub source: io::Error,
}

/// Accepts connections that do not last.
pub(crate) struct Lines {
    listener: TcpListener,
    addr: SocketAddr,
    room: Arc<Semaphore>,
    patience: Duration,
    /// How long a connection has to show that it may stay, where it has to.
    first: Option<Duration>,
    cut: Arc<AtomicU64>,
}

/// Whether a connection may stay for as long as there is patience for any.
#[derive(Clone, Default)]
pub(crate) struct Stay(Arc<AtomicBool>);

/// A server that is on. It ends when this is dropped, and in order with [`Serving::shutdown`].
pub(crate) struct Serving {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<io::Result<()>>,
}

/// One connection.
pub(crate) struct Line {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    /// How much longer than to that end it lasts if it may stay.
    longer: Option<Duration>,
    stay: Stay,
    is_over: bool,
    cut: Arc<AtomicU64>,
    _place: OwnedSemaphorePermit,
}

impl Lines {
    /// Listens at `addr`, where port 0 is any free port: to so many `at_once`, each of which has `patience` for all that it wants.
    pub(crate) async fn listen(addr: SocketAddr, at_once: usize, patience: Duration) -> Result<Self, ListenError> {
        let failed = |source| ListenError { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, addr, room: Arc::new(Semaphore::new(at_once)), patience, first: None, cut: Arc::default() })
    }

    /// Has only so much patience with a connection until [`Stay::allow`] is said of it.
    pub(crate) fn wary(self, first: Duration) -> Self {
        Self { first: Some(first.min(self.patience)), ..self }
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections were cut off because their time was over.
    pub(crate) fn cut(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.cut)
    }

    /// Serves whoever calls. Requests bring the [`Stay`] of their connection along.
    pub(crate) fn serve(self, router: Router) -> Serving {
        let addr = self.addr;
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = async { stopped.await.unwrap_or_default() };
        let router = router.into_make_service_with_connect_info::<Stay>();
        let serving = axum::serve(self, router).with_graceful_shutdown(ended);
        Serving { addr, stop, running: tokio::spawn(serving.into_future()) }
    }
}

impl Serving {
    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Takes no more connections, finishes the open ones if they are quick, and frees the port.
    pub(crate) async fn shutdown(self) {
        let Self { stop, mut running, .. } = self;
        drop(stop);
        if tokio::time::timeout(LAST_CALLS, &mut running).await.is_err() {
            running.abort();
        }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let place = Arc::clone(&self.room).acquire_owned().await.expect("nobody closes this semaphore");
        let (stream, addr) = Listener::accept(&mut self.listener).await;
        // Answers are short; without this some of them would wait for an acknowledgement.
        stream.set_nodelay(true).ok();
        let end = Box::pin(tokio::time::sleep(self.first.unwrap_or(self.patience)));
        let longer = self.first.map(|first| self.patience.saturating_sub(first));
        let (stay, cut) = (Stay::default(), Arc::clone(&self.cut));
        (Line { stream, end, longer, stay, is_over: false, cut, _place: place }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

impl Stay {
    /// Lets the connection stay.
    pub(crate) fn allow(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_allowed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Stay {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().stay.clone()
    }
}

impl Line {
    /// Whether its time is over: the short one, or all of it where it may stay.
    fn has_ended(&mut self, context: &mut Context<'_>) -> bool {
        if self.end.as_mut().poll(context).is_pending() {
            return false;
        }
        let Some(longer) = self.longer.take_if(|_| self.stay.is_allowed()) else { return true };
        let end = self.end.deadline() + longer;
        self.end.as_mut().reset(end);
        self.end.as_mut().poll(context).is_ready()
    }

    /// Fails when the time of this connection is over.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.is_over && self.has_ended(context) {
            self.is_over = true;
            self.cut.fetch_add(1, Ordering::Relaxed);
        }
        if self.is_over { Err(ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.check(context) {
            Ok(()) => Pin::new(&mut self.stream).poll_read(context, buffer),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.check(context) {
            Ok(()) => Pin::new(&mut self.stream).poll_write(context, bytes),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ConnectInfo;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn who_may_stay_outlasts_who_may_not() {
        let router = Router::new()
            .route("/friend", get(async |ConnectInfo(stay): ConnectInfo<Stay>| stay.allow()))
            .route("/stranger", get(async || {}));
        let loopback = "127.0.0.1:0".parse().unwrap();
        let lines = Lines::listen(loopback, 8, Duration::from_secs(60)).await.unwrap().wary(Duration::from_millis(50));
        let cut = lines.cut();
        let serving = lines.serve(router);
        let call = async |path: &str| {
            let mut stream = TcpStream::connect(serving.addr()).await.unwrap();
            ask(&mut stream, path).await;
            stream
        };
        let mut friend = call("/friend").await;
        let mut idle = TcpStream::connect(serving.addr()).await.unwrap();
        for stranger in [&mut call("/stranger").await, &mut idle] {
            assert!(matches!(stranger.read(&mut [0; 1]).await, Ok(0) | Err(_)), "it is cut off");
        }
        ask(&mut friend, "/friend").await;
        assert_eq!(cut.load(Ordering::Relaxed), 2);
        serving.shutdown().await;
    }

    /// Asks for this, and waits for the end of the answer, which has no body.
    async fn ask(stream: &mut TcpStream, path: &str) {
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}
