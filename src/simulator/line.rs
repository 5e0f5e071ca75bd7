//! Connections that can be cut: a handler blows the fuse of its connection, and instead of an answer the caller gets the end of it.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections that can be cut.
#[derive(Debug)]
pub(super) struct Lines(pub(super) TcpListener);

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    fuse: Fuse,
}

/// Cuts the connection it belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Fuse(Arc<AtomicU8>);

const CLOSED: u8 = 1;
const RESET: u8 = 2;

impl Fuse {
    /// Nothing more is sent over this connection: it closes.
    pub(super) fn blow(&self) {
        self.0.store(CLOSED, Ordering::Relaxed);
    }

    /// Nothing more is sent over this connection: it is reset.
    pub(super) fn blow_hard(&self) {
        self.0.store(RESET, Ordering::Relaxed);
    }

    fn check(&self, stream: &TcpStream) -> io::Result<()> {
        match self.0.load(Ordering::Relaxed) {
            CLOSED => {}
            // With no time to linger, closing is a reset.
            RESET => stream.set_zero_linger()?,
            _ => return Ok(()),
        }
        Err(ErrorKind::ConnectionReset.into())
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, addr) = Listener::accept(&mut self.0).await;
        // Answers are short; without this some of them would wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        (Line { stream, fuse: Fuse::default() }, addr)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Lines>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().fuse.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.fuse.check(&self.stream) {
            Ok(()) => Pin::new(&mut self.stream).poll_write(context, bytes),
            Err(e) => Poll::Ready(Err(e)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
