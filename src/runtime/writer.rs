//! Sends frames to the terminal from a thread of its own, one at a time: a slow terminal holds up frames, never the loop.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// A handle on the thread. It ends when this is dropped.
#[derive(Debug)]
pub struct Writer {
    frames: SyncSender<Vec<u8>>,
    shared: Arc<Shared>,
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
        let (frames, waiting) = sync_channel::<Vec<u8>>(1);
        let shared = Arc::new(Shared::default());
        let ours = shared.clone();
        let mut terminal = File::from(terminal);
        std::thread::Builder::new().name("frames".into()).spawn(move || {
            while let Ok(frame) = waiting.recv() {
                if write_whole(&mut terminal, &frame).is_err() {
                    ours.failed.store(true, Ordering::Release);
                }
                ours.busy.store(false, Ordering::Release);
                ours.freed.notify_one();
            }
        })?;
        Ok(Writer { frames, shared })
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
        self.frames.try_send(frame).map_err(|_| ErrorKind::BrokenPipe.into())
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
