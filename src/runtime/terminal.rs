//! The terminal, taken and given back: on leaving, on an error, on a signal and on a panic it is as it was found.
//!
//! What is needed to give it back lies in one place that a panic hook can reach without locks. It refuses a terminal that
//! cannot be drawn on, in a sentence.

use super::frame::{FrameBackend, LARGEST};
use super::run_loop::Surface;
use super::writer::Writer;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, queue};
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpgrp, getpid, getsid, kill_current_process_group};
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr,
};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long the last frame may take to go out before it is thrown away, so that leaving takes no longer either.
const LEAVE_WAIT: Duration = Duration::from_millis(50);

/// The terminal of this process and how it was found.
#[derive(Debug)]
struct Found {
    input: OwnedFd,
    output: OwnedFd,
    settings: Termios,
    /// Whether it is ours at the moment.
    taken: AtomicBool,
}

static FOUND: OnceLock<Found> = OnceLock::new();

/// Looks for the terminal: what is drawn goes to standard output, keys come from standard input or, where that is a pipe, from
/// the controlling terminal.
fn find() -> Result<&'static Found, String> {
    if let Some(found) = FOUND.get() {
        return Ok(found);
    }
    let stdout = io::stdout();
    if !isatty(&stdout) {
        return Err(
            "standard output is not a terminal, so there is nothing to draw on; for one frame as text or a picture \
             use `portolan snapshot`"
                .into(),
        );
    }
    let stdin = io::stdin();
    let input = if isatty(&stdin) {
        stdin.as_fd().try_clone_to_owned()
    } else {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .map(OwnedFd::from)
    };
    let input = input.map_err(|error| {
        format!(
            "standard input is not a terminal and there is no other to read keys from ({error}); start it in a terminal"
        )
    })?;
    let output = stdout
        .as_fd()
        .try_clone_to_owned()
        .map_err(|error| format!("the terminal cannot be opened ({error})"))?;
    let settings = tcgetattr(&input).map_err(|error| format!("the terminal's settings cannot be read ({error})"))?;
    let found = Found {
        input,
        output,
        settings,
        taken: AtomicBool::new(false),
    };
    Ok(FOUND.get_or_init(|| found))
}

impl Found {
    /// Raw mode and the alternate screen.
    fn take(&self) -> io::Result<()> {
        self.taken.store(true, Ordering::Release);
        let mut raw = self.settings.clone();
        raw.make_raw();
        tcsetattr(&self.input, OptionalActions::Now, &raw)?;
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen)?;
        bytes.extend_from_slice(RESET);
        queue!(bytes, EnableBracketedPaste, cursor::Hide, DisableLineWrap)?;
        self.write(&bytes)
    }

    /// Gives it back, once, whoever asks first. Never waits long and never panics.
    fn give_back(&self) {
        if !self.taken.swap(false, Ordering::AcqRel) {
            return;
        }
        let mut bytes = Vec::new();
        // A synchronized update that was cut off would hold the screen back; the rest undoes what `take` did.
        bytes.extend_from_slice(b"\x1b[?2026l\x1b[m");
        let queued = queue!(
            bytes,
            EnableLineWrap,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        debug_assert!(queued.is_ok());
        let _ = self.write(&bytes);
        let _ = tcsetattr(&self.input, OptionalActions::Now, &self.settings);
    }

    /// Writes a few bytes, if the terminal takes them soon.
    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let deadline = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let mut ready = [PollFd::new(&self.output, PollFlags::OUT)];
        if poll(&mut ready, Some(&deadline))? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        File::from(self.output.try_clone()?).write_all(bytes)
    }
}

/// Undoes what a child may have left on: mouse and focus reports, scroll region, insert and origin mode, keypad and cursor key
/// modes, another character set, colours. Only sequences that every terminal since the first ones knows or ignores.
const RESET: &[u8] = b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[r\x1b[?6l\x1b[4l\x1b[?1l\x1b>\x1b(B\x0f\x1b[m";

/// Gives the terminal back if it is ours. For the panic hook; may be called at any time and any number of times.
pub fn give_back() {
    if let Some(found) = FOUND.get() {
        found.give_back();
    }
}

/// The size of the terminal, in columns and rows.
pub fn size() -> (u16, u16) {
    let size = tcgetwinsize(io::stdout()).map_or((80, 24), |size| (size.ws_col, size.ws_row));
    (size.0.min(LARGEST.0), size.1.min(LARGEST.1))
}

/// Frames on the real terminal. Gives it back when dropped.
#[derive(Debug)]
pub struct TerminalSurface {
    found: &'static Found,
    terminal: Terminal<FrameBackend>,
    writer: Writer,
}

impl TerminalSurface {
    /// Takes the terminal.
    ///
    /// # Errors
    /// A sentence, when there is none that can be drawn on.
    pub fn take() -> Result<TerminalSurface, String> {
        let found = find()?;
        let said = |error: io::Error| format!("the terminal cannot be used ({error})");
        let writer = found.output.try_clone().and_then(Writer::start).map_err(said)?;
        let (columns, rows) = size();
        let Ok(terminal) = Terminal::new(FrameBackend::new(columns, rows));
        let surface = TerminalSurface {
            found,
            terminal,
            writer,
        };
        found.take().map_err(said)?;
        Ok(surface)
    }

    /// Where keys come from.
    ///
    /// # Errors
    /// When there are no more file descriptors.
    pub fn input(&self) -> io::Result<OwnedFd> {
        self.found.input.try_clone()
    }

    /// A handle for what is sent to the terminal beside frames.
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    fn is_in_foreground(&self) -> bool {
        tcgetpgrp(&self.found.input).is_ok_and(|foreground| foreground == getpgrp())
    }
}

impl Surface for TerminalSurface {
    fn is_free(&self) -> bool {
        self.writer.is_free()
    }

    async fn freed(&self) {
        self.writer.freed().await;
    }

    fn draw(&mut self, render: &mut dyn FnMut(&mut Frame)) -> io::Result<()> {
        let Ok(_) = self.terminal.draw(|frame| {
            // A window can be so small that it is not there.
            if !frame.area().is_empty() {
                render(frame);
            }
        });
        match self.terminal.backend_mut().take_frame() {
            Some(frame) => self.writer.send(frame),
            None => Ok(()),
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.terminal.backend_mut().resize(columns, rows);
        self.forget();
    }

    fn forget(&mut self) {
        self.terminal.backend_mut().forget();
        let Ok(()) = self.terminal.clear();
    }

    fn leave(&mut self) {
        if !self.writer.wait(LEAVE_WAIT) {
            // A terminal that takes nothing: the frame is worth less than the way out.
            let _ = tcflush(&self.found.output, QueueSelector::OFlush);
        }
        self.found.give_back();
    }

    fn enter(&mut self) -> io::Result<()> {
        let _ = tcflush(&self.found.input, QueueSelector::IFlush);
        self.found.take()?;
        let (columns, rows) = size();
        self.resize(columns, rows);
        Ok(())
    }

    fn stop_process(&mut self) -> io::Result<()> {
        // The leader of a session has no shell to come back to: stopped, it would stay so for ever.
        if getsid(None).is_ok_and(|leader| leader == getpid()) {
            return Ok(());
        }
        self.leave();
        loop {
            // Not SIGTSTP, which the kernel drops for groups without a shell; and the whole group, as Ctrl-Z does it, because
            // what started us may wait for the shell in it.
            kill_current_process_group(Signal::STOP)?;
            // The signal may reach another thread first; this one must not touch the terminal before it takes effect.
            std::thread::sleep(Duration::from_millis(30));
            if self.is_in_foreground() {
                break;
            }
        }
        self.enter()
    }
}

impl Drop for TerminalSurface {
    fn drop(&mut self) {
        self.leave();
    }
}
