//! Bytes from a terminal, made into key presses and pastes.
//!
//! The terminal library's own reader is not used, for four reasons measured or read in its source: while half a sequence is
//! there (a paste on its way) it blocks whoever asks, once the terminal is gone it spins for ever, a paste without its end
//! marker swallows every later key, and a sequence split between two reads becomes ghost keys.
//! This module is pure: bytes in, presses out. It refuses to answer the terminal and drops every reply and report.

use crate::keys::{Chord, Key};

/// The most text of one paste that is kept, in bytes. The rest is dropped and the paste marked as cut.
pub const PASTE_LIMIT: usize = 64 * 1024;

/// The longest sequence that is taken for one; what is longer is dropped.
const SEQUENCE_LIMIT: usize = 4096;

/// The marker after a bracketed paste.
const PASTE_END: &[u8] = b"\x1b[201~";

/// What was heard from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted; `cut` when there was more than [`PASTE_LIMIT`].
    Paste {
        /// The text, line ends made one line feed.
        text: String,
        /// Whether some was dropped.
        cut: bool,
    },
}

/// A paste that is coming in.
#[derive(Debug, Default)]
struct Pasting {
    kept: Vec<u8>,
    cut: bool,
    /// The last bytes, which may be the beginning of the end marker.
    tail: Vec<u8>,
}

impl Pasting {
    fn keep(&mut self, bytes: &[u8]) {
        let room = PASTE_LIMIT - self.kept.len();
        self.cut |= bytes.len() > room;
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn finish(self) -> Heard {
        paste(&self.kept, self.cut)
    }
}

/// The paste of these bytes. A character that the limit has cut in two is dropped whole.
pub(super) fn paste(bytes: &[u8], cut: bool) -> Heard {
    let end = match std::str::from_utf8(bytes) {
        Err(error) if cut && error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    let text = String::from_utf8_lossy(&bytes[..end])
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    Heard::Paste { text, cut }
}

/// Takes bytes as they come, in whatever pieces, and gives out presses and pastes.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    pasting: Option<Pasting>,
}

/// What the beginning of the pending bytes is.
enum Piece {
    Key(Chord, usize),
    PasteStart(usize),
    /// A report, a reply or nonsense of this length.
    Junk(usize),
    /// More bytes decide.
    Incomplete,
}

impl Decoder {
    /// Takes bytes and adds what they mean to `heard`.
    pub fn feed(&mut self, mut bytes: &[u8], heard: &mut Vec<Heard>) {
        while !bytes.is_empty() {
            if let Some(mut pasting) = self.pasting.take() {
                let mut joined = std::mem::take(&mut pasting.tail);
                joined.extend_from_slice(bytes);
                if let Some(end) = memchr::memmem::find(&joined, PASTE_END) {
                    pasting.keep(&joined[..end]);
                    heard.push(pasting.finish());
                    let after = joined.len() - end - PASTE_END.len();
                    bytes = &bytes[bytes.len() - after..];
                    continue;
                }
                let whole = joined.len().saturating_sub(PASTE_END.len() - 1);
                pasting.keep(&joined[..whole]);
                pasting.tail = joined.split_off(whole);
                self.pasting = Some(pasting);
                return;
            }
            // A piece at a time, so that the pending bytes stay short however much comes in.
            let now = bytes.len().min(SEQUENCE_LIMIT);
            self.pending.extend_from_slice(&bytes[..now]);
            // What follows the start of a paste has not been pending before: it is the end of what was just added.
            let after = self.take_pieces(heard);
            bytes = &bytes[now - after..];
        }
    }

    /// Takes whole pieces off the pending bytes. After the start of a paste it stops and says how many bytes follow.
    fn take_pieces(&mut self, heard: &mut Vec<Heard>) -> usize {
        let mut at = 0;
        loop {
            let rest = &self.pending[at..];
            if rest.is_empty() {
                break;
            }
            match piece(rest) {
                Piece::Key(chord, length) => {
                    heard.push(Heard::Key(chord));
                    at += length;
                }
                Piece::Junk(length) => at += length,
                Piece::PasteStart(length) => {
                    let after = rest.len() - length;
                    self.pending.clear();
                    self.pasting = Some(Pasting::default());
                    return after;
                }
                Piece::Incomplete if rest.len() > SEQUENCE_LIMIT => at = self.pending.len(),
                Piece::Incomplete => break,
            }
        }
        self.pending.drain(..at);
        0
    }

    /// Whether a key is half there: after a short silence (an escape key sends what a sequence begins with) call
    /// [`settle`](Decoder::settle).
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether a paste is half there: after a long silence its end marker is lost; call [`settle`](Decoder::settle).
    pub fn is_pasting(&self) -> bool {
        self.pasting.is_some()
    }

    /// Nothing more is coming: what is half there is taken for what it can be.
    pub fn settle(&mut self, heard: &mut Vec<Heard>) {
        if let Some(mut pasting) = self.pasting.take() {
            let tail = std::mem::take(&mut pasting.tail);
            pasting.keep(&tail);
            heard.push(pasting.finish());
        }
        match std::mem::take(&mut self.pending).as_slice() {
            [0x1b] => heard.push(Heard::Key(Chord::plain(Key::Esc))),
            [0x1b, byte @ 0x20..=0x7e] => {
                heard.push(Heard::Key(Chord::new(Key::Char(char::from(*byte)), false, true, false)))
            }
            // Half a character or half a sequence: nobody can say what it was.
            _ => {}
        }
    }

    /// Forgets everything that is half there.
    pub fn reset(&mut self) {
        *self = Decoder::default();
    }
}

fn key(key: Key, length: usize) -> Piece {
    Piece::Key(Chord::plain(key), length)
}

fn ctrl(letter: char, length: usize) -> Piece {
    Piece::Key(Chord::new(Key::Char(letter), true, false, false), length)
}

/// What these bytes begin with. They are not empty.
fn piece(bytes: &[u8]) -> Piece {
    match bytes[0] {
        0x1b => escape(bytes),
        b'\r' => key(Key::Enter, 1),
        b'\t' => key(Key::Tab, 1),
        0x7f => key(Key::Backspace, 1),
        0x00 => ctrl(' ', 1),
        byte @ 0x01..=0x1a => ctrl(char::from(byte + 0x60), 1),
        byte @ 0x1c..=0x1f => ctrl(char::from(byte + 0x40), 1),
        0x20..=0x7e => key(Key::Char(char::from(bytes[0])), 1),
        _ => character(bytes),
    }
}

/// A character of several bytes.
fn character(bytes: &[u8]) -> Piece {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Piece::Junk(1),
    };
    match std::str::from_utf8(&bytes[..bytes.len().min(length)]) {
        Ok(text) => match text.chars().next() {
            Some(letter) if !letter.is_control() => key(Key::Char(letter), length),
            _ => Piece::Junk(length),
        },
        Err(error) if error.error_len().is_none() => Piece::Incomplete,
        Err(_) => Piece::Junk(1),
    }
}

/// What begins with the escape byte.
fn escape(bytes: &[u8]) -> Piece {
    match bytes.get(1) {
        None => Piece::Incomplete,
        Some(0x1b) => key(Key::Esc, 1),
        Some(b'[') => control(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Piece::Incomplete,
            Some(last) => single_shift(*last),
        },
        Some(b']' | b'P' | b'_' | b'^' | b'X') => reply(bytes),
        Some(_) => match piece(&bytes[1..]) {
            Piece::Key(chord, length) => Piece::Key(Chord::new(chord.key, chord.ctrl, true, chord.shift), length + 1),
            Piece::Junk(length) => Piece::Junk(length + 1),
            other => other,
        },
    }
}

/// Keys of the application keypad and cursor mode.
fn single_shift(last: u8) -> Piece {
    match last {
        b'M' => key(Key::Enter, 3),
        b'X' => key(Key::Char('='), 3),
        b'j'..=b'y' => key(Key::Char(char::from(last - 0x40)), 3),
        _ => cursor_key(last).map_or(Piece::Junk(3), |known| key(known, 3)),
    }
}

/// Keys named by a final letter.
fn cursor_key(last: u8) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'P' => Key::F(1),
        b'Q' => Key::F(2),
        b'R' => Key::F(3),
        b'S' => Key::F(4),
        b'Z' => Key::BackTab,
        _ => return None,
    })
}

/// A string from the terminal (an answer, a title, somebody's clipboard): eaten to its end.
fn reply(bytes: &[u8]) -> Piece {
    let mut at = 2;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (0x07, _) => return Piece::Junk(at + 1),
            (0x1b, Some(b'\\')) => return Piece::Junk(at + 2),
            (0x1b, Some(_)) => return Piece::Junk(at),
            _ => at += 1,
        }
    }
    Piece::Incomplete
}

/// A control sequence: parameters, intermediates, a final byte.
fn control(bytes: &[u8]) -> Piece {
    // The Linux console writes its first function keys with a second bracket.
    if bytes.get(2) == Some(&b'[') {
        return match bytes.get(3) {
            None => Piece::Incomplete,
            Some(last @ b'A'..=b'E') => key(Key::F(last - b'A' + 1), 4),
            Some(_) => Piece::Junk(4),
        };
    }
    let mut end = 2;
    while let Some(byte) = bytes.get(end) {
        match byte {
            0x20..=0x3f => end += 1,
            0x40..=0x7e => break,
            // Not a control sequence after all; the byte begins something else.
            _ => return Piece::Junk(end),
        }
    }
    let Some(last) = bytes.get(end).copied() else {
        return Piece::Incomplete;
    };
    let (body, length) = (&bytes[2..end], end + 1);
    if last == b'M' && body.is_empty() {
        // The oldest mouse report has three more bytes.
        return if bytes.len() < length + 3 {
            Piece::Incomplete
        } else {
            Piece::Junk(length + 3)
        };
    }
    let Some(numbers) = numbers(body) else {
        return Piece::Junk(length);
    };
    let number = |at: usize| numbers.get(at).map_or(0, |(first, _)| *first);
    if numbers.get(1).is_some_and(|(_, event)| *event == 3) {
        // A key was let go.
        return Piece::Junk(length);
    }
    let held = |at: usize| number(at).max(1) - 1;
    let chord =
        |known: Key, held: u32| Piece::Key(Chord::new(known, held & 4 != 0, held & 2 != 0, held & 1 != 0), length);
    match last {
        b'~' if number(0) == 200 => Piece::PasteStart(length),
        b'~' if number(0) == 27 => coded(number(2)).map_or(Piece::Junk(length), |known| chord(known, held(1))),
        b'~' => numbered(number(0)).map_or(Piece::Junk(length), |known| chord(known, held(1))),
        b'u' => coded(number(0)).map_or(Piece::Junk(length), |known| chord(known, held(1))),
        // The third function key looks like a report of where the cursor is, which is never asked for.
        b'R' if number(0) > 1 || number(1) > 8 => Piece::Junk(length),
        _ => cursor_key(last).map_or(Piece::Junk(length), |known| chord(known, held(1))),
    }
}

/// Parameters with the first of their subparameters; nothing when they are not numbers.
fn numbers(body: &[u8]) -> Option<Vec<(u32, u32)>> {
    let text = std::str::from_utf8(body).ok()?;
    text.split(';')
        .take(8)
        .map(|parameter| {
            let mut parts = parameter.split(':');
            let mut next = || match parts.next() {
                None | Some("") => Some(0),
                Some(digits) => digits.parse().ok(),
            };
            Some((next()?, next()?))
        })
        .collect()
}

/// Keys named by a number before a tilde.
fn numbered(number: u32) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        2 => Key::Insert,
        3 => Key::Delete,
        4 | 8 => Key::End,
        5 => Key::PageUp,
        6 => Key::PageDown,
        11..=15 => Key::F((number - 10) as u8),
        17..=21 => Key::F((number - 11) as u8),
        23..=24 => Key::F((number - 12) as u8),
        _ => return None,
    })
}

/// Keys named by their code point.
fn coded(number: u32) -> Option<Key> {
    Some(match number {
        13 => Key::Enter,
        27 => Key::Esc,
        9 => Key::Tab,
        127 | 8 => Key::Backspace,
        // Where kitty's protocol puts modifier keys, media keys and the like.
        0xe000..=0xf8ff => return None,
        _ => char::from_u32(number)
            .filter(|letter| !letter.is_control())
            .map(Key::Char)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard_in(pieces: &[&[u8]]) -> Vec<Heard> {
        let mut decoder = Decoder::default();
        let mut heard = Vec::new();
        for piece in pieces {
            decoder.feed(piece, &mut heard);
        }
        decoder.settle(&mut heard);
        heard
    }

    fn names(heard: &[Heard]) -> String {
        let names: Vec<String> = heard
            .iter()
            .map(|one| match one {
                Heard::Key(chord) => chord.to_string(),
                Heard::Paste { text, cut } => format!("paste({text:?},{cut})"),
            })
            .collect();
        names.join(" ")
    }

    const TABLE: &[(&str, &str)] = &[
        ("jk", "j k"),
        ("G", "G"),
        ("é界🙂", "é 界 🙂"),
        ("\r\t\x7f\x08", "enter tab backspace backspace"),
        ("\x01\x04\x1a\x0a", "ctrl-a ctrl-d ctrl-z ctrl-j"),
        ("\x00\x1c\x1f", "ctrl-space ctrl-\\ ctrl-_"),
        ("\x1b", "esc"),
        ("\x1b\x1b", "esc esc"),
        ("\x1bx", "alt-x"),
        ("\x1b\x04", "ctrl-alt-d"),
        ("\x1b[A\x1bOA\x1b[1;5A", "up up ctrl-up"),
        ("\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", "home end home end home end"),
        (
            "\x1b[5~\x1b[6~\x1b[2~\x1b[3~\x1b[3;5~",
            "pageup pagedown insert delete ctrl-delete",
        ),
        ("\x1b[Z\x1b[1;2Z", "shift-tab shift-tab"),
        ("\x1bOP\x1b[11~\x1b[[A\x1b[15~\x1b[17~\x1b[24~", "f1 f1 f1 f5 f6 f12"),
        ("\x1b[1;2R\x1b[12;40R", "shift-f3"),
        ("\x1bOM\x1bOp", "enter 0"),
        // What kitty's protocol and modifyOtherKeys send, should a child have left them on.
        ("\x1b[97;5u\x1b[97;5:3u\x1b[27;5;100~\x1b[57358u", "ctrl-a ctrl-d"),
        // Focus, mouse in three forms, answers about the device, colours, settings, bad bytes.
        ("\x1b[I\x1b[Oa", "a"),
        ("\x1b[<0;10;10M\x1b[<0;10;10m\x1b[M !!\x1b[32;10;10Ma", "a"),
        (
            "\x1b[?62;22c\x1b[>0;276;0c\x1b]11;rgb:0000/0000/0000\x1b\\\x1bP1$r0m\x1b\\\x1b]4;1;x\x07a",
            "a",
        ),
        ("\x1b[200~one\rtwo\x1b[201~x", "paste(\"one\\ntwo\",false) x"),
        (
            "\x1b[200~a\x1b[Ab\x1b[31m\x1b[201~",
            "paste(\"a\\u{1b}[Ab\\u{1b}[31m\",false)",
        ),
        ("\x1b[200~\x1b[201~", "paste(\"\",false)"),
        ("\x1b[200~no end", "paste(\"no end\",false)"),
        ("\x1b[201~a", "a"),
        ("\x1b[12", ""),
    ];

    #[test]
    fn sequences_become_keys_however_they_are_split() {
        for (bytes, wanted) in TABLE {
            let bytes = bytes.as_bytes();
            assert_eq!(names(&heard_in(&[bytes])), *wanted, "{bytes:?}");
            for split in 1..bytes.len() {
                let (first, second) = bytes.split_at(split);
                assert_eq!(
                    names(&heard_in(&[first, second])),
                    *wanted,
                    "{bytes:?} split at {split}"
                );
            }
            let singly: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(names(&heard_in(&singly)), *wanted, "{bytes:?} a byte at a time");
        }
    }

    #[test]
    fn a_byte_that_is_no_text_is_dropped() {
        assert_eq!(names(&heard_in(&[b"a\xffb\xc3(c\xe7\x95"])), "a b ( c");
    }

    #[test]
    fn a_large_paste_is_cut_at_a_whole_character() {
        let mut bytes = b"\x1b[200~x".to_vec();
        bytes.extend("é".repeat(500_000).as_bytes());
        bytes.extend(b"\x1b[201~q");
        for size in [1, 1000, 4096, 1_000_100] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            let heard = heard_in(&pieces);
            assert_eq!(heard.len(), 2);
            let Heard::Paste { text, cut: true } = &heard[0] else {
                panic!("{:?}", heard[1])
            };
            assert_eq!(text.len(), PASTE_LIMIT - 1);
            assert!(text.ends_with('é'));
            assert_eq!(heard[1], Heard::Key(Chord::plain(Key::Char('q'))));
        }
    }

    #[test]
    fn an_endless_reply_does_not_swallow_keys_for_ever() {
        let mut bytes = b"\x1b]".to_vec();
        bytes.extend(vec![b'x'; SEQUENCE_LIMIT * 2]);
        bytes.extend(b"\x1b\\q");
        assert!(names(&heard_in(&[&bytes])).ends_with('q'));
    }
}
