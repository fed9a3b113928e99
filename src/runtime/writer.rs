//! Sends frames to the terminal from a thread of its own, one at a time: a slow terminal holds up frames, never the loop.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A handle on the thread, which ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Writer {
    /// At most one frame at a time is in here, and what is sent beside frames: a few clipboards.
    pieces: Sender<Piece>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
enum Piece {
    Frame(Vec<u8>),
    Beside(Vec<u8>),
}

#[derive(Debug, Default)]
struct Shared {
    busy: AtomicBool,
    failed: AtomicBool,
    freed: Notify,
}

impl Writer {
    /// Starts the thread, which writes to this file.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(terminal: OwnedFd) -> io::Result<Writer> {
        let (pieces, waiting) = channel();
        let shared = Arc::new(Shared::default());
        let ours = shared.clone();
        let mut terminal = File::from(terminal);
        std::thread::Builder::new().name("frames".into()).spawn(move || {
            while let Ok(piece) = waiting.recv() {
                let (Piece::Frame(bytes) | Piece::Beside(bytes)) = &piece;
                if write_whole(&mut terminal, bytes).is_err() {
                    ours.failed.store(true, Ordering::Release);
                }
                if let Piece::Frame(_) = piece {
                    ours.busy.store(false, Ordering::Release);
                    ours.freed.notify_one();
                }
            }
        })?;
        Ok(Writer { pieces, shared })
    }

    /// Whether the last frame has gone out whole.
    pub fn is_free(&self) -> bool {
        !self.shared.busy.load(Ordering::Acquire)
    }

    /// Waits until the last frame has gone out whole.
    pub async fn freed(&self) {
        while !self.is_free() {
            self.shared.freed.notified().await;
        }
    }

    /// Sends a frame; call it only while free.
    ///
    /// # Errors
    /// When an earlier frame could not be written: the terminal is gone.
    pub fn send(&self, frame: Vec<u8>) -> io::Result<()> {
        if self.shared.failed.load(Ordering::Acquire) {
            return Err(ErrorKind::BrokenPipe.into());
        }
        self.shared.busy.store(true, Ordering::Release);
        self.pieces
            .send(Piece::Frame(frame))
            .map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Sends something that is no frame, such as a clipboard's content, between two frames.
    pub fn send_beside(&self, bytes: Vec<u8>) {
        // When the thread has ended the terminal is gone, and the next frame says so.
        let _ = self.pieces.send(Piece::Beside(bytes));
    }

    /// Waits, without a runtime, until the last frame has gone out or this much time is over; says whether it has.
    pub fn wait(&self, longest: Duration) -> bool {
        let end = Instant::now() + longest;
        while !self.is_free() {
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

/// Writes everything. Waits where another program has made the terminal non-blocking.
fn write_whole(terminal: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match terminal.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let second = Timespec { tv_sec: 1, tv_nsec: 0 };
                poll(&mut [PollFd::new(&terminal.as_fd(), PollFlags::OUT)], Some(&second))?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[tokio::test]
    async fn a_frame_keeps_it_busy_until_all_of_it_is_read() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let frames = Writer::start(writer.into()).unwrap();
        assert!(frames.is_free());
        // More than a pipe holds: it cannot be gone before somebody reads.
        let frame = vec![b'x'; 1 << 20];
        frames.send(frame.clone()).unwrap();
        assert!(!frames.is_free());
        assert!(!frames.wait(Duration::from_millis(20)));
        let mut read = vec![0; frame.len()];
        reader.read_exact(&mut read).unwrap();
        frames.freed().await;
        assert!(frames.is_free() && read == frame);
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_an_error_on_the_next_frame() {
        let (reader, writer) = std::io::pipe().unwrap();
        let frames = Writer::start(writer.into()).unwrap();
        drop(reader);
        frames.send(b"one".to_vec()).unwrap();
        frames.freed().await;
        assert!(frames.send(b"two".to_vec()).is_err());
    }
}
