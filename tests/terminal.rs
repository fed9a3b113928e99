//! The program in a terminal: it takes it, gives it back whatever happens, and survives what terminals do.
//!
//! Each test starts the program on the demo in a pseudo-terminal, with a terminal emulator at the other end. Nothing sleeps:
//! a test waits for what it expects, up to a deadline that is wide for slow machines.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are tests"
)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_portolan");

/// The key that quits without a question.
const QUIT: &[u8] = b"\x03";

/// What the header shows on the demo, whatever else there is.
const ON_SCREEN: &str = "demo";

/// Long enough for a slow machine; nothing waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

/// A home of its own for each test.
struct Home(PathBuf);

impl Home {
    fn new() -> Home {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portolan-terminal-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Home(path)
    }

    fn variables(&self) -> [(&'static str, String); 4] {
        let path = |name: &str| self.0.join(name).display().to_string();
        [
            ("HOME", path("")),
            ("PORTOLAN_STATE_DIR", path("state")),
            ("PORTOLAN_CONFIG_DIR", path("config")),
            ("LANG", "C.UTF-8".into()),
        ]
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A size that the emulator takes.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

/// A terminal with a program in it.
struct Desk {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Option<Box<dyn Write + Send>>,
    bytes: Receiver<Vec<u8>>,
    emulator: vt100::Parser,
    /// Everything the program has written.
    log: Vec<u8>,
    home: Home,
    /// An interactive shell turns bracketed paste on for itself.
    is_shell: bool,
}

impl Desk {
    fn open(command: &[&str], variables: &[(&str, &str)]) -> Desk {
        let home = Home::new();
        let size = PtySize {
            rows: 24,
            cols: 80,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut builder = CommandBuilder::new(command[0]);
        builder.args(&command[1..]);
        for name in [
            "NO_COLOR",
            "COLORTERM",
            "TMUX",
            "STY",
            "SSH_TTY",
            "SSH_CONNECTION",
            "DISPLAY",
            "WAYLAND_DISPLAY",
        ] {
            builder.env_remove(name);
        }
        builder.env("TERM", "xterm-256color");
        for (name, value) in home.variables() {
            builder.env(name, value);
        }
        for (name, value) in variables {
            builder.env(name, value);
        }
        let child = pair.slave.spawn_command(builder).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (send, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Desk {
            child,
            keys: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            bytes,
            emulator: vt100::Parser::new(cells(24), cells(80), 0),
            log: Vec::new(),
            home,
            is_shell: command[0] == "bash",
        }
    }

    fn demo() -> Desk {
        Desk::open(&[PROGRAM, "--demo"], &[])
    }

    fn press(&mut self, keys: &[u8]) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.as_ref().unwrap().resize(size).unwrap();
        if columns > 0 && rows > 0 {
            self.emulator.screen_mut().set_size(cells(rows), cells(columns));
        }
    }

    fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&self.log).into_owned()
    }

    /// Waits until the terminal is as wanted.
    fn wait_until(&mut self, what: &str, wanted: impl Fn(&Desk) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!(
                    "no {what}; the screen is\n{}\nand the last bytes {:?}",
                    self.screen(),
                    self.tail()
                ),
            }
        }
    }

    fn tail(&self) -> String {
        String::from_utf8_lossy(&self.log[self.log.len().saturating_sub(300)..]).into_owned()
    }

    fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |desk| desk.screen().contains(text));
    }

    fn take(&mut self, bytes: &[u8]) {
        self.emulator.process(bytes);
        self.log.extend_from_slice(bytes);
    }

    /// Waits for the end of the program and gives its exit code and how long it took.
    fn end(&mut self) -> (u32, Duration) {
        let began = Instant::now();
        // The reader ends with the program.
        while let Ok(bytes) = self.bytes.recv_timeout(PATIENCE) {
            self.take(&bytes);
        }
        let code = self.child.wait().unwrap().exit_code();
        (code, began.elapsed())
    }

    /// The settings of the terminal that raw mode changes.
    fn settings(&self) -> String {
        let termios = self.master.as_ref().unwrap().get_termios().unwrap();
        format!(
            "{:?} {:?} {:?}",
            termios.input_flags, termios.output_flags, termios.local_flags
        )
    }

    fn assert_given_back(&self) {
        let screen = self.emulator.screen();
        assert!(!screen.alternate_screen(), "the alternate screen is still there");
        assert!(!screen.hide_cursor(), "the cursor is still hidden");
        assert!(
            !screen.bracketed_paste() || self.is_shell,
            "bracketed paste is still on"
        );
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_fault_gives_the_terminal_back_before_it_is_told() {
    for place in ["draw", "task", "twice"] {
        let mut desk = Desk::open(&[PROGRAM, "--demo", "--fault", place], &[]);
        let (code, _) = desk.end();
        assert_eq!(code, 101, "{place}");
        desk.assert_given_back();
        let said = desk.said();
        let left = said.rfind("\x1b[?1049l").unwrap();
        let shown = said.rfind("\x1b[?25h").unwrap();
        let told = said.find("portolan has a fault").unwrap();
        assert!(left < told && shown < told, "{place}");
        let reports: Vec<_> = std::fs::read_dir(desk.home.0.join("state")).unwrap().collect();
        assert_eq!(reports.len(), 1, "{place}");
    }
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT] {
        let mut desk = Desk::demo();
        let found = desk.settings();
        desk.wait_for(ON_SCREEN);
        assert_ne!(desk.settings(), found);
        desk.signal(signal);
        let (code, took) = desk.end();
        assert_eq!(code, 128 + u32::try_from(signal.as_raw()).unwrap());
        assert!(took < Duration::from_secs(2), "{signal:?} took {took:?}");
        desk.assert_given_back();
        assert_eq!(desk.settings(), found, "{signal:?}");
    }
}

#[test]
fn quitting_gives_the_terminal_back_at_once() {
    let mut desk = Desk::demo();
    let found = desk.settings();
    desk.wait_for(ON_SCREEN);
    desk.press(QUIT);
    let (code, took) = desk.end();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(1), "it took {took:?}");
    desk.assert_given_back();
    assert_eq!(desk.settings(), found);
}

#[test]
fn without_its_terminal_the_program_ends() {
    // In a session of its own no hangup signal reaches it; it must see for itself.
    let script = format!("trap '' HUP; setsid -w '{PROGRAM}' --demo; echo $? > \"$HOME/code\"");
    let mut desk = Desk::open(&["sh", "-c", &script], &[]);
    desk.wait_for(ON_SCREEN);
    let began = Instant::now();
    desk.keys = None;
    desk.master = None;
    let (send, never) = channel();
    // The reader holds the last handle on the terminal; it is let go with the channel.
    drop(std::mem::replace(&mut desk.bytes, never));
    drop(send);
    desk.child.wait().unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(4),
        "it took {:?}",
        began.elapsed()
    );
    assert_eq!(std::fs::read_to_string(desk.home.0.join("code")).unwrap().trim(), "129");
}

#[test]
fn a_storm_of_sizes_ends_in_the_last_one() {
    let mut desk = Desk::demo();
    desk.wait_for(ON_SCREEN);
    for step in 0..2_000u16 {
        let (columns, rows) = [(0, 0), (1, 1), (65_535, 1), (500, 2), (20, 5), (200, 60)][usize::from(step % 6)];
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        desk.master.as_ref().unwrap().resize(size).unwrap();
    }
    desk.resize(100, 30);
    desk.emulator.process(b"\x1b[2J");
    desk.wait_until("frame at the last size", |desk| {
        desk.screen().contains(ON_SCREEN)
            && desk
                .emulator
                .screen()
                .rows(0, 100)
                .nth(29)
                .is_some_and(|row| !row.trim().is_empty())
    });
    desk.press(QUIT);
    assert_eq!(desk.end().0, 0);
}

/// Writes without blocking the test, which must read meanwhile.
fn pour(desk: &mut Desk, bytes: Vec<u8>) -> Receiver<Box<dyn Write + Send>> {
    let mut writer = desk.keys.take().unwrap();
    let (send, done) = channel();
    std::thread::spawn(move || {
        writer.write_all(&bytes).unwrap();
        writer.flush().unwrap();
        send.send(writer).unwrap();
    });
    done
}

#[test]
fn a_megabyte_of_paste_runs_nothing_and_blocks_nothing() {
    let mut bracketed = b"\x1b[200~".to_vec();
    bracketed.extend(b"q\x1b[A:quit\r".repeat(100_000));
    bracketed.extend(b"\x1b[201~");
    for paste in [bracketed, b"q\r".repeat(500_000)] {
        let mut desk = Desk::demo();
        desk.wait_for(ON_SCREEN);
        let poured = pour(&mut desk, paste);
        desk.keys = Some(poured.recv_timeout(PATIENCE).expect("the paste was not read"));
        // It lives: a new size is drawn whole.
        let before = desk.log.len();
        desk.resize(90, 25);
        desk.wait_until("frame after the paste", |desk| {
            desk.log.len() > before && desk.screen().contains(ON_SCREEN)
        });
        let began = Instant::now();
        // Whatever the paste has opened is closed again.
        desk.signal(Signal::TERM);
        assert_eq!(desk.end().0, 143);
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "it took {:?}",
            began.elapsed()
        );
    }
}

#[test]
fn without_a_terminal_there_is_a_sentence() {
    let home = Home::new();
    let output = Command::new(PROGRAM)
        .arg("--demo")
        .envs(home.variables())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("portolan snapshot") && said.lines().count() == 1,
        "{said}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn with_standard_input_elsewhere_keys_come_from_the_terminal() {
    let script = format!("'{PROGRAM}' --demo </dev/null");
    let mut desk = Desk::open(&["sh", "-c", &script], &[]);
    desk.wait_for(ON_SCREEN);
    desk.press(QUIT);
    assert_eq!(desk.end().0, 0);
    desk.assert_given_back();
}

#[test]
fn every_terminal_is_drawn_on_but_one_that_says_it_cannot() {
    for term in [
        "linux",
        "vt100",
        "",
        "xterm",
        "screen-256color",
        "tmux-256color",
        "no-such-terminal",
    ] {
        let mut desk = Desk::open(&[PROGRAM, "--demo"], &[("TERM", term)]);
        desk.wait_for(ON_SCREEN);
        desk.press(QUIT);
        assert_eq!(desk.end().0, 0, "TERM={term}");
    }
    let mut desk = Desk::open(&[PROGRAM, "--demo"], &[("TERM", "dumb")]);
    assert_eq!(desk.end().0, 2);
    assert!(
        desk.said().contains("TERM=dumb") && !desk.said().contains('\x1b'),
        "{}",
        desk.said()
    );
}

/// The numbers of all sequences that set colours and marks.
fn rendition(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    let sequence = regex::Regex::new("\x1b\\[([0-9;]*)m").unwrap();
    let numbers = sequence.captures_iter(&text).flat_map(|found| {
        let numbers: Vec<u16> = found[1].split(';').filter_map(|number| number.parse().ok()).collect();
        numbers
    });
    numbers.collect()
}

#[test]
fn no_color_means_none_and_the_cursor_is_seen_all_the_same() {
    let mut desk = Desk::open(&[PROGRAM, "--demo"], &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]);
    desk.wait_for(ON_SCREEN);
    desk.wait_for("Running");
    let numbers = rendition(&desk.log);
    assert!(
        !numbers
            .iter()
            .any(|number| matches!(number, 30..=38 | 40..=48 | 58 | 90..=107)),
        "{numbers:?}"
    );
    assert!(numbers.contains(&7) || numbers.contains(&1), "nothing is marked");
}

#[test]
fn suspended_the_shell_has_the_terminal_and_afterwards_everything_is_drawn_anew() {
    let mut desk = Desk::open(&["bash", "--norc", "--noprofile", "-i"], &[("PS1", "shell> ")]);
    desk.wait_for("shell>");
    desk.press(format!("'{PROGRAM}' --demo\r").as_bytes());
    desk.wait_until("alternate screen", |desk| desk.emulator.screen().alternate_screen());
    desk.wait_for(ON_SCREEN);
    desk.press(b"\x1a");
    desk.wait_until("shell", |desk| {
        !desk.emulator.screen().alternate_screen() && desk.screen().contains("Stopped")
    });
    desk.assert_given_back();
    desk.press(b"fg\r");
    desk.wait_until("the program again", |desk| {
        desk.emulator.screen().alternate_screen() && desk.screen().contains(ON_SCREEN)
    });
    // What is typed in the first tenth of a second is dropped, on purpose.
    let end = Instant::now() + PATIENCE;
    while desk.emulator.screen().alternate_screen() && Instant::now() < end {
        desk.press(QUIT);
        if let Ok(bytes) = desk.bytes.recv_timeout(Duration::from_millis(150)) {
            desk.take(&bytes);
        }
    }
    desk.assert_given_back();
}
