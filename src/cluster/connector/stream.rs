//! The sockets of a cluster, and what they have in common: one pulse, and one way to cut them all.

use super::Trouble;
use hyper_util::client::legacy::connect::{Connected, Connection};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Notify, watch};

/// What all sockets of a cluster have in common: how much came in, when one of them ended, and the way to cut them.
#[derive(Debug)]
pub struct Pulse {
    received: AtomicU64,
    dialed: AtomicU64,
    stirred: Notify,
    cuts: watch::Sender<u64>,
}

impl Pulse {
    /// No sockets yet.
    pub fn new() -> Arc<Pulse> {
        let cuts = watch::Sender::new(0);
        Arc::new(Pulse {
            received: AtomicU64::new(0),
            dialed: AtomicU64::new(0),
            stirred: Notify::new(),
            cuts,
        })
    }

    /// Bytes received over all sockets so far.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Sockets made so far.
    pub fn dialed(&self) -> u64 {
        self.dialed.load(Ordering::Relaxed)
    }

    /// Ends every socket there is; whoever reads from one gets an error at once. New ones can be made.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Says that something happened that makes a look at the connection worth while.
    pub fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Waits until a socket ends, or something else stirs.
    pub async fn stirred(&self) {
        self.stirred.notified().await;
    }
}

/// Anything that bytes go over.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A socket to the cluster, or what stands for one.
pub struct Stream {
    io: Box<dyn Io>,
    http2: bool,
    pulse: Arc<Pulse>,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
    is_cut: bool,
}

impl Stream {
    pub(super) fn new(io: Box<dyn Io>, http2: bool, pulse: Arc<Pulse>) -> Stream {
        let mut cuts = pulse.cuts.subscribe();
        let cut = Box::pin(async move {
            let _ = cuts.changed().await;
        });
        pulse.dialed.fetch_add(1, Ordering::Relaxed);
        Stream {
            io,
            http2,
            pulse,
            cut,
            is_cut: false,
        }
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> bool {
        if !self.is_cut {
            self.is_cut = self.cut.as_mut().poll(context).is_ready();
        }
        self.is_cut
    }
}

fn cut_error() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, Trouble::Cut)
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.poll_cut(context) {
            return Poll::Ready(Err(cut_error()));
        }
        let before = into.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(context, into);
        let came = into.filled().len().saturating_sub(before);
        if came > 0 {
            self.pulse.received.fetch_add(came as u64, Ordering::Relaxed);
        } else if polled.is_ready() && into.remaining() > 0 {
            self.pulse.stir();
        }
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_cut(context) {
            return Poll::Ready(Err(cut_error()));
        }
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new();
        if self.http2 {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}
