//! Colours of log lines: what a program wrote for a terminal, taken apart into text that is safe to draw and a look for
//! each piece of it.
//!
//! Only colours and attributes (SGR) have an effect, and only on the line they are in. Every other well-formed sequence
//! is eaten up to its true terminator; what is malformed or hidden becomes a visible mark, as in [`clean`](super::clean()).

use super::clean::clean_piece;
use super::escape::sequence;
use std::ops::Range;

/// The most of one line that is taken apart, in raw bytes; a screen asks for less.
pub const LOG_LINE_LIMIT: usize = 1 << 20;

/// How far apart tab stops are.
const TAB: usize = 8;

/// The most looks of one line: what comes after keeps the last one.
const LOOKS: usize = 4096;

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
    /// There is more than was asked for.
    pub more: bool,
}

/// Takes a raw log line apart. `wide` is how many bytes of its beginning are looked at most (at most
/// [`LOG_LINE_LIMIT`]). A carriage return at the end belongs to the line end and is left out; invalid UTF-8 becomes
/// U+FFFD, a tab spaces up to the next stop of eight columns.
pub fn log_spans(line: &[u8], wide: usize) -> Spans {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut end = wide.min(LOG_LINE_LIMIT).min(line.len());
    // Not within a character.
    while end < line.len() && end > 0 && line.get(end).is_some_and(|byte| byte & 0xc0 == 0x80) && wide - end < 4 {
        end -= 1;
    }
    let head = line.get(..end).unwrap_or(line);
    let mut writer = Writer {
        spans: Spans {
            more: end < line.len(),
            ..Spans::default()
        },
        look: Look::default(),
        begun: 0,
        column: 0,
    };
    if head.iter().all(|byte| matches!(byte, 0x20..0x7f)) {
        writer.spans.text = String::from_utf8_lossy(head).into_owned();
    } else {
        writer.decode(head);
    }
    writer.finish()
}

struct Writer {
    spans: Spans,
    look: Look,
    /// Where the text with this look begins.
    begun: usize,
    /// Columns so far, for tabs.
    column: usize,
}

impl Writer {
    /// Raw bytes: valid UTF-8 in pieces, with a mark for what is not.
    fn decode(&mut self, raw: &[u8]) {
        let text = decode(raw);
        let mut rest = text.as_str();
        while let Some(at) = rest.find(|c: char| c == '\x1b' || c == '\t' || ('\u{80}'..='\u{9f}').contains(&c)) {
            let (before, found) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.plain(before);
            if let Some(after) = found.strip_prefix('\t') {
                let blanks = TAB - self.column % TAB;
                self.spans.text.extend(std::iter::repeat_n(' ', blanks));
                self.column += blanks;
                rest = after;
                continue;
            }
            // A lone 8-bit control character commands nothing that is worth hiding: it is marked.
            let alone = |length: &usize| *length > 2 || found.starts_with('\x1b');
            let length = sequence(found).filter(alone).unwrap_or(0);
            match found.split_at_checked(length).filter(|_| length > 0) {
                Some((eaten, after)) => {
                    self.obey(eaten);
                    rest = after;
                }
                None => {
                    // Malformed: its first character is marked, the rest is text.
                    let first = found.chars().next().map_or(0, char::len_utf8);
                    let (introducer, after) = found.split_at_checked(first).unwrap_or((found, ""));
                    self.plain(introducer);
                    rest = after;
                }
            }
        }
        self.plain(rest);
    }

    fn plain(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let from = self.spans.text.len();
        clean_piece(text, &mut self.spans.text);
        self.column += super::width(self.spans.text.get(from..).unwrap_or_default());
    }

    /// A whole sequence: colours and attributes count, everything else is eaten.
    fn obey(&mut self, sequence: &str) {
        let parameters = sequence
            .strip_prefix("\x1b[")
            .or_else(|| sequence.strip_prefix('\u{9b}'))
            .and_then(|rest| rest.strip_suffix('m'))
            .filter(|parameters| {
                parameters
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || matches!(byte, b';' | b':'))
            });
        let Some(parameters) = parameters else { return };
        let mut look = self.look;
        apply(&mut look, parameters);
        if look != self.look && self.spans.looks.len() < LOOKS {
            self.close();
            self.look = look;
        }
    }

    fn close(&mut self) {
        let end = self.spans.text.len();
        if end > self.begun {
            self.spans.looks.push((self.begun..end, self.look));
            self.begun = end;
        }
    }

    fn finish(mut self) -> Spans {
        self.close();
        self.spans
    }
}

/// Raw 8-bit control characters (0x80 to 0x9F outside of UTF-8) become the characters that they are, so that a sequence
/// that begins with one is eaten like every other; other invalid bytes become U+FFFD.
fn decode(raw: &[u8]) -> String {
    let mut text = String::with_capacity(raw.len());
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [control @ 0x80..=0x9f] => text.push(char::from(*control)),
            _ => text.push('\u{FFFD}'),
        }
    }
    text
}

/// Applies SGR parameters.
fn apply(look: &mut Look, parameters: &str) {
    let mut groups = parameters.split(';').take(64);
    while let Some(group) = groups.next() {
        let mut parts = group.split(':').map(|part| part.parse::<u16>().unwrap_or(0));
        let code = parts.next().unwrap_or(0);
        match code {
            0 => *look = Look::default(),
            1 => look.bold = true,
            2 => look.dim = true,
            3 => look.italic = true,
            // `4:0` is no underline.
            4 => look.underlined = parts.next() != Some(0),
            21 => look.underlined = true,
            7 => look.reversed = true,
            9 => look.crossed_out = true,
            22 => (look.bold, look.dim) = (false, false),
            23 => look.italic = false,
            24 => look.underlined = false,
            27 => look.reversed = false,
            29 => look.crossed_out = false,
            30..=37 => look.foreground = Some(Colour::Index((code - 30) as u8)),
            40..=47 => look.background = Some(Colour::Index((code - 40) as u8)),
            90..=97 => look.foreground = Some(Colour::Index((code - 90 + 8) as u8)),
            100..=107 => look.background = Some(Colour::Index((code - 100 + 8) as u8)),
            39 => look.foreground = None,
            49 => look.background = None,
            38 | 48 => {
                let colour = if group.contains(':') {
                    let parts: Vec<u16> = parts.collect();
                    match parts.as_slice() {
                        [5, index] => byte(*index).map(Colour::Index),
                        // With or without the colour space.
                        [2, red, green, blue] | [2, _, red, green, blue, ..] => rgb(*red, *green, *blue),
                        _ => None,
                    }
                } else {
                    let mut number = || groups.next().and_then(|part| part.parse::<u16>().ok());
                    match number() {
                        Some(5) => number().and_then(byte).map(Colour::Index),
                        Some(2) => match (number(), number(), number()) {
                            (Some(red), Some(green), Some(blue)) => rgb(red, green, blue),
                            _ => None,
                        },
                        _ => None,
                    }
                };
                match (colour, code) {
                    (Some(colour), 38) => look.foreground = Some(colour),
                    (Some(colour), _) => look.background = Some(colour),
                    (None, _) => {}
                }
            }
            // Blinking (5, 6) and concealing (8) are not obeyed: nothing is to hide.
            _ => {}
        }
    }
}

fn byte(number: u16) -> Option<u8> {
    u8::try_from(number).ok()
}

fn rgb(red: u16, green: u16, blue: u16) -> Option<Colour> {
    Some(Colour::Rgb(byte(red)?, byte(green)?, byte(blue)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;
    use proptest::prelude::*;

    fn look(change: impl FnOnce(&mut Look)) -> Look {
        let mut look = Look::default();
        change(&mut look);
        look
    }

    #[test]
    fn colours_are_looks_and_the_rest_is_eaten_or_marked() {
        let red = look(|look| look.foreground = Some(Colour::Index(1)));
        let plain = Look::default();
        type Case = (&'static [u8], &'static str, Vec<(Range<usize>, Look)>);
        let table: [Case; 22] = [
            (b"plain", "plain", vec![(0..5, plain)]),
            (b"", "", vec![]),
            (b"\x1b[31mred\x1b[0m not", "red not", vec![(0..3, red), (3..7, plain)]),
            (b"\x9b31mred", "red", vec![(0..3, red)]),
            ("\u{9b}31mred".as_bytes(), "red", vec![(0..3, red)]),
            (b"\x1b[1;31m\x1b[22mred\x1b[m", "red", vec![(0..3, red)]),
            (
                b"\x1b[38;5;200mx",
                "x",
                vec![(0..1, look(|look| look.foreground = Some(Colour::Index(200))))],
            ),
            (
                b"\x1b[48;2;1;2;3;4mx",
                "x",
                vec![(
                    0..1,
                    look(|look| {
                        look.background = Some(Colour::Rgb(1, 2, 3));
                        look.underlined = true;
                    }),
                )],
            ),
            (
                b"\x1b[38:2::9:8:7mx",
                "x",
                vec![(0..1, look(|look| look.foreground = Some(Colour::Rgb(9, 8, 7))))],
            ),
            (b"\x1b[38;5;999mx", "x", vec![(0..1, plain)]),
            (
                b"\x1b[2J\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b",
                "ab",
                vec![(0..2, plain)],
            ),
            (
                b"\x1bP1;2|x\x1b\\a\x1b_k\x1b\\b\x1b^m\x1b\\c",
                "abc",
                vec![(0..3, plain)],
            ),
            (b"a\x1b]52;c;AAAA", "a^[]52;c;AAAA", vec![(0..13, plain)]),
            (b"\x1b[31", "^[[31", vec![(0..5, plain)]),
            (b"\x1b", "^[", vec![(0..2, plain)]),
            (b"50%\rdone\r", "50%^Mdone", vec![(0..9, plain)]),
            (b"a\tb", "a       b", vec![(0..9, plain)]),
            (b"\0\x08\x7f", "^@^H^?", vec![(0..6, plain)]),
            (b"\xff\xfea", "\u{FFFD}\u{FFFD}a", vec![(0..7, plain)]),
            ("a\u{202e}b".as_bytes(), "a<U+202E>b", vec![(0..10, plain)]),
            (b"\x1b[8mhidden", "hidden", vec![(0..6, plain)]),
            (b"\x85", "<U+0085>", vec![(0..8, plain)]),
        ];
        for (raw, text, looks) in table {
            let spans = log_spans(raw, usize::MAX);
            assert_eq!(
                (spans.text.as_str(), spans.looks),
                (text, looks),
                "{:?}",
                raw.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn long_lines_are_cut_where_it_is_asked() {
        let line = "é".repeat(600_000);
        let spans = log_spans(line.as_bytes(), 11);
        assert_eq!((spans.text.as_str(), spans.more), ("ééééé", true));
        assert!(log_spans(line.as_bytes(), usize::MAX).more);
        let long = log_spans("x\u{1}".repeat(5000).as_bytes(), usize::MAX);
        assert_eq!((long.text.len(), long.more), (15_000, false));
        let busy = log_spans("\x1b[31mr\x1b[0mp".repeat(10_000).as_bytes(), usize::MAX);
        assert!(busy.looks.len() <= LOOKS + 1);
        assert_eq!(busy.text.len(), 20_000);
    }

    /// Lines made of what terminals obey, and of what they show.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"\x1b[".to_vec()),
            Just(b"\x1b]".to_vec()),
            Just(b"\x1bP".to_vec()),
            Just(b"\x1b\\".to_vec()),
            Just(b"\x9b".to_vec()),
            Just(b"\xc2\x9d".to_vec()),
            Just("\u{202e}\u{200d}\u{feff}\u{e0041}\u{301}".as_bytes().to_vec()),
            Just(b"31;4m".to_vec()),
            Just(b"38;5;".to_vec()),
            "[ -~]{0,6}".prop_map(String::into_bytes),
            any::<u8>().prop_map(|byte| vec![byte]),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
        ];
        prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn nothing_reaches_the_terminal(line in hostile(), wide in 0..200usize) {
            for wide in [wide, usize::MAX] {
                let spans = log_spans(&line, wide);
                prop_assert!(!spans.text.chars().any(char::is_control), "{:?}", spans.text);
                // What is clean stays as it is when it is cleaned again.
                prop_assert_eq!(clean(&spans.text), spans.text.as_str());
                let mut end = 0;
                for (range, _) in &spans.looks {
                    prop_assert_eq!(range.start, end);
                    prop_assert!(spans.text.get(range.clone()).is_some_and(|piece| !piece.is_empty()));
                    end = range.end;
                }
                prop_assert_eq!(end, spans.text.len());
            }
        }
    }
}
