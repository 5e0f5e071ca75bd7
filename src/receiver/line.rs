//! Connections that do not last: each has so much time for everything, and there are only so many at once.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use super::Counts;

/// Accepts connections that do not last.
pub(super) struct Lines {
    listener: TcpListener,
    room: Arc<Semaphore>,
    patience: Duration,
    counts: Arc<Counts>,
}

/// One connection.
pub(super) struct Line {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    is_over: bool,
    counts: Arc<Counts>,
    _place: OwnedSemaphorePermit,
}

impl Lines {
    pub(super) fn new(listener: TcpListener, at_once: usize, patience: Duration, counts: Arc<Counts>) -> Self {
        Self { listener, room: Arc::new(Semaphore::new(at_once)), patience, counts }
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
        (Line { stream, end, is_over: false, counts: Arc::clone(&self.counts), _place: place }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Line {
    /// Fails when the time of this connection is over.
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if !self.is_over && self.end.as_mut().poll(context).is_ready() {
            self.is_over = true;
            self.counts.count(|counts| &counts.cut);
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
