//! Which lines go on with what the line before them began: stack traces, indented blocks, panics.

use super::Level;

/// The most lines that follow one head: what goes on for longer is no trace.
const LIMIT: u16 = 1000;

/// What was read so far of one source.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trace {
    state: State,
    /// Lines since the head.
    follows: u16,
    /// The head's level.
    pub(super) level: Level,
    /// There is a head.
    begun: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Nothing of its own.
    #[default]
    Plain,
    /// After `Traceback`: frames are indented, the next line that is not is the exception.
    Python,
    /// After the exception: another traceback may follow it.
    PythonEnd,
    /// After a Go panic or a goroutine's header.
    Go,
    /// After `thread '…' panicked at`: the next line is the message.
    Rust,
    /// After that message.
    RustEnd,
    /// In an indented block: a line of closing brackets ends it.
    Block,
}

impl Trace {
    /// Whether this line goes on with the one before; takes the line in.
    pub(super) fn continues(&mut self, line: &[u8]) -> bool {
        let goes_on = self.begun && self.follows < LIMIT && self.follows_on(line);
        if goes_on {
            self.follows += 1;
        } else {
            self.follows = 0;
            self.begun = true;
            self.state = State::Plain;
        }
        self.opens(line);
        goes_on
    }

    /// The rest of a line that was cut: it changes nothing.
    pub(super) fn rest(&mut self) {
        self.follows = self.follows.saturating_add(1).min(LIMIT);
    }

    fn follows_on(&mut self, line: &[u8]) -> bool {
        let Some(&first) = line.first() else {
            return matches!(self.state, State::Go | State::PythonEnd | State::RustEnd);
        };
        match first {
            b' ' | b'\t' => {
                if self.state == State::Plain {
                    self.state = State::Block;
                }
                return true;
            }
            b'{' => return false,
            _ => {}
        }
        let begins = |word: &[u8]| line.starts_with(word);
        match self.state {
            State::Python => {
                self.state = State::PythonEnd;
                return true;
            }
            State::PythonEnd
                if begins(b"During handling of the above")
                    || begins(b"The above exception was")
                    || begins(b"Traceback (most recent") =>
            {
                return true;
            }
            State::Go
                if begins(b"goroutine ")
                    || begins(b"created by ")
                    || begins(b"[signal ")
                    || begins(b"panic:")
                    || begins(b"exit status ")
                    || begins(b"runtime.")
                    || begins(b"main.")
                    || (line.ends_with(b")") && memchr::memchr(b'(', line).is_some() && !line.contains(&b' ')) =>
            {
                return true;
            }
            State::Rust => {
                self.state = State::RustEnd;
                return true;
            }
            State::RustEnd if begins(b"note: ") || begins(b"stack backtrace:") => return true,
            State::Block
                if line
                    .iter()
                    .all(|byte| matches!(byte, b'}' | b']' | b')' | b',' | b';' | b' ' | b'\r')) =>
            {
                return true;
            }
            _ => {}
        }
        match first {
            b'C' => begins(b"Caused by:"),
            b'S' => begins(b"Suppressed: "),
            b'.' => begins(b"... "),
            b'-' => begins(b"--- End of "),
            b'T' => begins(b"Traceback (most recent call last)") && self.level >= Level::Warn,
            b'a'..=b'z' if self.level >= Level::Warn => {
                begins(b"at ")
                    || (begins(b"goroutine ") && self.level >= Level::Error)
                    || (self.follows == 0 && is_thrown(line))
            }
            _ => false,
        }
    }

    /// What this line begins.
    fn opens(&mut self, line: &[u8]) {
        let begins = |word: &[u8]| line.starts_with(word);
        self.state = match line.first() {
            Some(b'T') if begins(b"Traceback (most recent call last)") => State::Python,
            Some(b'p') if begins(b"panic: ") => State::Go,
            Some(b'f') if begins(b"fatal error: ") => State::Go,
            Some(b'g') if begins(b"goroutine ") => State::Go,
            Some(b't') if begins(b"thread '") && memchr::memmem::find(line, b"' panicked at ").is_some() => State::Rust,
            _ => return,
        };
    }
}

/// `java.io.IOException: …`: a class with its package, as a line of its own after what the program said about it.
fn is_thrown(line: &[u8]) -> bool {
    let name = line
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$')))
        .map_or(line, |end| line.get(..end).unwrap_or(line));
    let after = line.get(name.len());
    name.contains(&b'.')
        && (name.ends_with(b"Exception") || name.ends_with(b"Error") || name.ends_with(b"Throwable"))
        && matches!(after, None | Some(b':' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::logs::level;

    /// Which lines stand at a head: their indices.
    fn heads(text: &str) -> Vec<usize> {
        let mut trace = Trace::default();
        let mut heads = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if !trace.continues(line.as_bytes()) {
                trace.level = level(line.as_bytes());
                heads.push(index);
            }
        }
        heads
    }

    #[test]
    fn traces_stay_together() {
        let java = "ERROR could not save\njava.io.IOException: disk\n\tat a.B.c(B.java:1)\nCaused by: x.Y: z\n\t... 3 more\nINFO on";
        let python = "Traceback (most recent call last):\n  File \"a.py\", line 1\n    x()\nValueError: no\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\"\nKeyError: 1\nnext line";
        let go =
            "starting\npanic: oh no\n\ngoroutine 1 [running]:\nmain.main()\n\t/a/b.go:3 +0x1d\nexit status 2\nstarting";
        let rust = "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\nstack backtrace:\n   0: x\nnext";
        let block = "config is\n{\n  \"a\": 1\n}\ndone";
        for (text, expected) in [
            (java, vec![0, 5]),
            (python, vec![0, 10]),
            (go, vec![0, 1, 7]),
            (rust, vec![0, 5]),
            (block, vec![0, 1, 4]),
            ("ERROR x\nTraceback (most recent call last):\n  f\nE: y\nz", vec![0, 4]),
            (
                "INFO x\nTraceback (most recent call last):\n  f\nE: y\nz",
                vec![0, 1, 4],
            ),
            ("a\n\nb", vec![0, 1, 2]),
            ("  first is a head even so\n  and this is not", vec![0]),
            ("INFO x\nat home", vec![0, 1]),
        ] {
            assert_eq!(heads(text), expected, "{text}");
        }
        let long = format!("head\n{}", "  on\n".repeat(2500));
        assert_eq!(heads(&long), [0, 1001, 2002]);
    }
}
