//! Connections that can be cut: a handler blows the fuse of its connection, and instead of an answer the caller gets the end of it. And a port
//! that nobody listens at for a while.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::outage::Outages;
use crate::clock::Clock;

/// Accepts connections that can be cut, but for the outages: then there is nobody at the port, and every connection is gone.
#[derive(Debug)]
pub(super) struct Lines {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    outages: Outages,
    clock: Clock,
    /// Told when the connections of this time are gone.
    gone: CancellationToken,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Line {
    stream: TcpStream,
    fuse: Fuse,
    /// Ends with the next outage; costs nothing where none is to come.
    outage: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// From one try to listen again to the next, in the world's time.
const RETRY: Duration = Duration::from_millis(10);

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

impl Lines {
    /// Accepts at `addr`, where `listener` listens.
    pub(super) fn new(listener: TcpListener, addr: SocketAddr, outages: Outages, clock: Clock) -> Self {
        Self { listener: Some(listener), addr, outages, clock, gone: CancellationToken::new() }
    }

    /// Nobody is there until `end`.
    async fn be_away(&mut self, end: Timestamp) {
        self.listener = None;
        std::mem::take(&mut self.gone).cancel();
        self.clock.sleep_until(end).await;
    }

    /// Listens at the same port again, as soon as that is free.
    async fn come_back(&mut self) {
        while self.listener.is_none() {
            match TcpListener::bind(self.addr).await {
                Ok(listener) => self.listener = Some(listener),
                Err(_) => tokio::time::sleep(RETRY).await,
            }
        }
    }

    fn line(&self, stream: TcpStream) -> Line {
        // Answers are short; without this some of them would wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let outage = (!self.outages.is_none()).then(|| Box::pin(self.gone.clone().cancelled_owned()));
        Line { stream, fuse: Fuse::default(), outage }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        loop {
            let now = self.clock.now();
            if let Some(end) = self.outages.end(now) {
                self.be_away(end).await;
                continue;
            }
            let Some(listener) = &mut self.listener else {
                self.come_back().await;
                continue;
            };
            let outage = async {
                match self.outages.next(now) {
                    Some(begin) => self.clock.sleep_until(begin).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                (stream, addr) = Listener::accept(listener) => return (self.line(stream), addr),
                () = outage => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

impl Connected<IncomingStream<'_, Lines>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().fuse.clone()
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(outage) = &mut self.outage
            && outage.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
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
