//! Reads the terminal on a thread of its own, and watches whether it is still there.
//!
//! The thread reads only while it may: a child that has the terminal gets every key. When the terminal is gone (its window was
//! closed, the connection broke) it says so and ends the program itself should nobody else do it within a second, whether
//! or not a hangup signal ever comes.

use super::clock::Clock;
use super::input::Gatherer;
use super::run_loop::{Input, Signal};
use crate::msg::Msg;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{QueueSelector, tcflush};
use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

/// The most bytes read at once.
const READ_SIZE: usize = 16 * 1024;

/// So many readings may wait; then the terminal waits.
const WAITING: usize = 8;

/// The most bytes that are looked at in one go.
const GATHER_LIMIT: usize = 256 * 1024;

/// How long keys are ignored after somebody else had the terminal: late answers of the terminal would be taken for keys.
const DEAF: Duration = Duration::from_millis(100);

/// How long the loop has to end the program once the terminal is gone.
const GRACE: Duration = Duration::from_secs(1);

/// The exit code when the terminal is gone: what a hangup signal would give.
pub const GONE: i32 = 128 + 1;

/// Keys from the real terminal.
#[derive(Debug)]
pub struct TerminalInput<C> {
    bytes: mpsc::Receiver<Vec<u8>>,
    gatherer: Gatherer,
    clock: C,
    terminal: OwnedFd,
    shared: Arc<Shared>,
    wake: PipeWriter,
}

#[derive(Debug)]
struct Shared {
    /// Held while reading, so that after `close` nothing is read any more.
    may_read: Mutex<bool>,
}

impl Shared {
    fn set(&self, may_read: bool) {
        *self.may_read.lock().unwrap_or_else(PoisonError::into_inner) = may_read;
    }

    fn may_read(&self) -> bool {
        *self.may_read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock> TerminalInput<C> {
    /// Starts reading this terminal. What happens to it is said to `signals`.
    ///
    /// # Errors
    /// When no thread or pipe can be made.
    pub fn start(terminal: OwnedFd, clock: C, signals: mpsc::Sender<Signal>) -> io::Result<TerminalInput<C>> {
        let (send, bytes) = mpsc::channel(WAITING);
        let (woken, wake) = io::pipe()?;
        let shared = Arc::new(Shared {
            may_read: Mutex::new(true),
        });
        let mut reader = Reader {
            terminal: File::from(terminal.try_clone()?),
            woken,
            bytes: send,
            shared: shared.clone(),
        };
        std::thread::Builder::new().name("keys".into()).spawn(move || {
            if reader.read_on() == End::Gone {
                let _ = signals.try_send(Signal::TerminalGone);
                std::thread::sleep(GRACE);
                std::process::exit(GONE);
            }
        })?;
        Ok(TerminalInput {
            bytes,
            gatherer: Gatherer::default(),
            clock,
            terminal,
            shared,
            wake,
        })
    }
}

impl<C: Clock> Input for TerminalInput<C> {
    async fn next(&mut self) -> Option<Vec<Msg>> {
        loop {
            let pause = self
                .gatherer
                .deadline()
                .map(|deadline| deadline.saturating_sub(self.clock.mono()));
            let settled = async {
                match pause {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => std::future::pending().await,
                }
            };
            let messages = tokio::select! {
                biased;
                bytes = self.bytes.recv() => {
                    let mut bytes = bytes?;
                    while bytes.len() < GATHER_LIMIT {
                        match self.bytes.try_recv() {
                            Ok(more) => bytes.extend_from_slice(&more),
                            Err(_) => break,
                        }
                    }
                    self.gatherer.take(&bytes, self.clock.mono())
                }
                () = settled => self.gatherer.settle(self.clock.mono()),
            };
            if !messages.is_empty() {
                return Some(messages);
            }
        }
    }

    fn close(&mut self) {
        self.shared.set(false);
        let _ = self.wake.write(b".");
    }

    fn open(&mut self) {
        let _ = tcflush(&self.terminal, QueueSelector::IFlush);
        while self.bytes.try_recv().is_ok() {}
        self.gatherer.be_deaf_until(self.clock.mono() + DEAF);
        self.shared.set(true);
        let _ = self.wake.write(b".");
    }
}

/// Why the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The terminal is gone.
    Gone,
    /// Nobody listens any more.
    Unheard,
}

/// What the thread has.
struct Reader {
    terminal: File,
    woken: PipeReader,
    bytes: mpsc::Sender<Vec<u8>>,
    shared: Arc<Shared>,
}

impl Reader {
    fn read_on(&mut self) -> End {
        let mut unsent: Option<Vec<u8>> = None;
        loop {
            if let Some(bytes) = unsent.take() {
                match self.bytes.try_send(bytes) {
                    Ok(()) => {}
                    Err(TrySendError::Full(bytes)) => unsent = Some(bytes),
                    Err(TrySendError::Closed(_)) => return End::Unheard,
                }
            } else if self.bytes.is_closed() {
                return End::Unheard;
            }
            let may_read = unsent.is_none() && self.shared.may_read();
            let pause = if unsent.is_some() {
                Duration::from_millis(2)
            } else {
                Duration::from_secs(1)
            };
            match self.wait(may_read, pause) {
                Ok(Waited::Readable) => match self.read() {
                    Ok(bytes) => unsent = bytes,
                    Err(_) => return End::Gone,
                },
                Ok(Waited::Gone) | Err(_) => return End::Gone,
                Ok(Waited::Nothing) => {}
            }
        }
    }

    /// Waits for keys, for a word from the loop, or for the end of the terminal, which is noticed without reading.
    fn wait(&mut self, may_read: bool, longest: Duration) -> io::Result<Waited> {
        let wanted = if may_read { PollFlags::IN } else { PollFlags::empty() };
        let timeout = Timespec {
            tv_sec: longest.as_secs().cast_signed(),
            tv_nsec: i64::from(longest.subsec_nanos()),
        };
        let (terminal, woken) = (self.terminal.as_fd(), self.woken.as_fd());
        let mut ready = [PollFd::new(&terminal, wanted), PollFd::new(&woken, PollFlags::IN)];
        match poll(&mut ready, Some(&timeout)) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Waited::Nothing),
            Err(error) => return Err(error.into()),
        }
        let (terminal, woken) = (ready[0].revents(), ready[1].revents());
        if woken.contains(PollFlags::IN) {
            let mut words = [0; 64];
            let _ = self.woken.read(&mut words);
        }
        if terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return Ok(Waited::Gone);
        }
        Ok(if terminal.contains(PollFlags::IN) {
            Waited::Readable
        } else {
            Waited::Nothing
        })
    }

    /// Reads what is there, unless that was forbidden meanwhile. Never waits.
    fn read(&mut self) -> io::Result<Option<Vec<u8>>> {
        let may_read = self.shared.may_read.lock().unwrap_or_else(PoisonError::into_inner);
        if !*may_read {
            return Ok(None);
        }
        let terminal = self.terminal.as_fd();
        let mut ready = [PollFd::new(&terminal, PollFlags::IN)];
        if poll(&mut ready, Some(&Timespec::default()))? == 0 {
            return Ok(None);
        }
        let mut bytes = vec![0; READ_SIZE];
        match self.terminal.read(&mut bytes) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes.truncate(count);
                Ok(Some(bytes))
            }
            Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the thread waited for.
enum Waited {
    Readable,
    Gone,
    Nothing,
}
