//! HTTP for a few: connections that do not last, of which there are only so many at once, and a server over them that ends in order.
//! Knows nothing of what is served.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
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
    cut: Arc<AtomicU64>,
}

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
        Ok(Self { listener, addr, room: Arc::new(Semaphore::new(at_once)), patience, cut: Arc::default() })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections were cut off because their time was over.
    pub(crate) fn cut(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.cut)
    }

    /// Serves whoever calls.
    pub(crate) fn serve(self, router: Router) -> Serving {
        let addr = self.addr;
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = async { stopped.await.unwrap_or_default() };
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
        let end = Box::pin(tokio::time::sleep(self.patience));
        (Line { stream, end, is_over: false, cut: Arc::clone(&self.cut), _place: place }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

impl Line {
    /// Fails when the time of this connection is over.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.is_over && self.end.as_mut().poll(context).is_ready() {
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
