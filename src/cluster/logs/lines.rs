//! From the bytes of a log body to lines: stamps are read and cut off, what is too long comes in pieces. It keeps at most
//! one piece of a line and never looks at what a line says: carriage returns, zeros, escapes and broken text stay as they
//! are.

use memchr::memchr;

/// The longest piece of a line.
pub const LINE_CAP: usize = 1 << 20;
/// Container runtimes cut lines at this size. Older kubelets stamp each part, in the middle of the line that they join.
const RUNTIME_PIECE: usize = 16 << 10;
/// The longest stamp: `2026-11-20T21:03:57.123456789+01:00`.
const STAMP_LONGEST: usize = 35;

/// A line or a piece of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// When the runtime took the line, in unix nanoseconds; None when it carries no stamp, so that the server wrote it.
    pub stamp: Option<i64>,
    /// What it says, without stamp and line end.
    pub bytes: &'a [u8],
    /// It is the first of its line.
    pub first: bool,
    /// More of the line follows.
    pub cut: bool,
}

/// Takes a body apart.
#[derive(Debug, Default)]
pub struct Lines {
    held: Vec<u8>,
    scanned: usize,
    /// The stamp of a line of which pieces are out.
    open: Option<Option<i64>>,
    joined: Vec<u8>,
}

impl Lines {
    /// Takes more bytes; what is complete goes to `out`.
    pub fn take(&mut self, chunk: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = chunk;
        if !self.held.is_empty() {
            let Some(end) = memchr(b'\n', rest) else {
                self.hold(rest, out);
                return;
            };
            let (head, tail) = rest.split_at(end);
            self.hold(head, out);
            let held = std::mem::take(&mut self.held);
            self.emit(&held, false, out);
            // The room is used again.
            self.held = held;
            self.held.clear();
            rest = tail.get(1..).unwrap_or_default();
        }
        while let Some(end) = memchr(b'\n', rest) {
            let (line, tail) = rest.split_at(end);
            self.whole(line, out);
            rest = tail.get(1..).unwrap_or_default();
        }
        if !rest.is_empty() {
            self.hold(rest, out);
        }
    }

    /// The body has ended: what is left is a line without its end.
    pub fn end(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            self.emit(&held, false, out);
        }
        self.forget();
    }

    /// Forgets what is not complete: it comes again.
    pub fn forget(&mut self) {
        self.held = Vec::new();
        self.scanned = 0;
        self.open = None;
    }

    /// Whether something is held that is not complete.
    pub fn is_between(&self) -> bool {
        !self.held.is_empty() || self.open.is_some()
    }

    /// A line that was never held; it may be over the cap all the same.
    fn whole(&mut self, line: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = line;
        while rest.len() > LINE_CAP {
            let (piece, tail) = rest.split_at(LINE_CAP);
            self.emit(piece, true, out);
            rest = tail;
        }
        self.emit(rest, false, out);
    }

    fn hold(&mut self, bytes: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        let mut rest = bytes;
        while self.held.len() + rest.len() > LINE_CAP {
            let (head, tail) = rest.split_at(LINE_CAP - self.held.len());
            self.held.extend_from_slice(head);
            let held = std::mem::take(&mut self.held);
            self.emit(&held, true, out);
            rest = tail;
        }
        self.held.extend_from_slice(rest);
    }

    fn emit(&mut self, bytes: &[u8], cut: bool, out: &mut dyn FnMut(Piece<'_>)) {
        let (stamp, first, text) = match self.open {
            Some(stamp) => (stamp, false, bytes),
            None => match stamp(bytes) {
                Some((stamp, length)) => (Some(stamp), true, bytes.get(length..).unwrap_or_default()),
                None => (None, true, bytes),
            },
        };
        self.open = cut.then_some(stamp);
        let text = match stamp {
            Some(stamp) if first && text.len() > RUNTIME_PIECE => {
                join(text, stamp, &mut self.joined);
                self.joined.as_slice()
            }
            _ => text,
        };
        out(Piece {
            stamp,
            bytes: text,
            first,
            cut,
        });
    }
}

/// Takes the stamps out of a line that an older kubelet joined from parts.
fn join(text: &[u8], begin: i64, joined: &mut Vec<u8>) {
    joined.clear();
    let mut rest = text;
    while rest.len() > RUNTIME_PIECE {
        let (part, tail) = rest.split_at(RUNTIME_PIECE);
        joined.extend_from_slice(part);
        rest = match stamp(tail) {
            Some((then, length)) if then >= begin => tail.get(length..).unwrap_or_default(),
            _ => {
                joined.extend_from_slice(tail);
                return;
            }
        };
    }
    joined.extend_from_slice(rest);
}

/// Reads a stamp at the beginning of a line (RFC 3339 with up to nine digits of a fraction, any offset) and the blank
/// behind it: unix nanoseconds and how long both are.
pub fn stamp(line: &[u8]) -> Option<(i64, usize)> {
    let number = |from: usize, to: usize| {
        line.get(from..to)?.iter().try_fold(0i64, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    let is = |at: usize, wanted: u8| line.get(at) == Some(&wanted);
    if !(is(4, b'-') && is(7, b'-') && is(10, b'T') && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (mut at, mut fraction) = (19, 0);
    if is(19, b'.') {
        let digits = line
            .get(20..)?
            .iter()
            .take(9)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        fraction = number(20, 20 + digits)? * 10i64.pow(9 - digits as u32);
        at = 20 + digits;
    }
    let offset = match line.get(at)? {
        b'Z' => {
            at += 1;
            0
        }
        sign @ (b'+' | b'-') if is(at + 3, b':') => {
            let minutes = number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?;
            at += 6;
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    // A line can be empty, and then some write no blank.
    let length = match line.get(at) {
        Some(b' ') => at + 1,
        None => at,
        Some(_) => return None,
    };
    debug_assert!(length <= STAMP_LONGEST + 1);
    // Days since 1970-01-01, in years that begin in March.
    let (year, month) = if month <= 2 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + hour * 3600 + (minute - offset) * 60 + second;
    let stamp = seconds.checked_mul(1_000_000_000)?.checked_add(fraction)?;
    Some((stamp, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Found = (Option<i64>, Vec<u8>, bool, bool);

    fn split(chunks: &[&[u8]]) -> Vec<Found> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut out = |piece: Piece<'_>| found.push((piece.stamp, piece.bytes.to_vec(), piece.first, piece.cut));
        chunks.iter().for_each(|chunk| lines.take(chunk, &mut out));
        lines.end(&mut out);
        found
    }

    #[test]
    fn stamps() {
        let second = 1_795_208_637_000_000_000;
        for (text, found) in [
            ("2026-11-20T21:03:57Z x", Some((second, 21))),
            ("2026-11-20T21:03:57.5Z ", Some((second + 500_000_000, 23))),
            ("2026-11-20T21:03:57.123456789Z x", Some((second + 123_456_789, 31))),
            ("2026-11-20T22:03:57.000000001+01:00 x", Some((second + 1, 36))),
            ("2026-11-20T19:33:57-01:30 x", Some((second, 26))),
            ("2026-11-20T21:03:57Z", Some((second, 20))),
            ("1970-01-01T00:00:00Z x", Some((0, 21))),
            ("2024-02-29T00:00:00Z ", Some((1_709_164_800_000_000_000, 21))),
            ("2026-11-20T21:03:57.1234567890Z x", None),
            ("2026-11-20T21:03:57Zx", None),
            ("2026-11-20T21:03:57", None),
            ("2026-13-20T21:03:57Z x", None),
            ("9999-11-20T21:03:57Z x", None),
            ("failed to open log file", None),
            ("", None),
        ] {
            assert_eq!(stamp(text.as_bytes()), found, "{text}");
        }
    }

    #[test]
    fn lines_stay_what_they_are() {
        let text = b"2026-11-20T21:03:57Z one\r\n2026-11-20T21:03:57Z \n2026-11-20T21:03:58Z \0\xff\x1b[2Jtwo\nno stamp\n2026-11-20T21:03:59Z end";
        let second = 1_795_208_637_000_000_000;
        let line = |stamp: Option<i64>, text: &[u8]| (stamp, text.to_vec(), true, false);
        let wanted = [
            line(Some(second), b"one\r"),
            line(Some(second), b""),
            line(Some(second + 1_000_000_000), b"\0\xff\x1b[2Jtwo"),
            line(None, b"no stamp"),
            line(Some(second + 2_000_000_000), b"end"),
        ];
        assert_eq!(split(&[text]), wanted);
        for at in 0..text.len() {
            let (head, tail) = text.split_at(at);
            assert_eq!(split(&[head, tail]), wanted, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(split(&bytes), wanted);
    }

    #[test]
    fn a_line_over_the_cap_comes_in_pieces() {
        let stamp = b"2026-11-20T21:03:57Z ";
        let text = [stamp.as_slice(), &vec![b'x'; 2 * LINE_CAP], b"\n", stamp, b"y\n"].concat();
        for size in [text.len(), 100_000, LINE_CAP] {
            let chunks: Vec<&[u8]> = text.chunks(size).collect();
            let found = split(&chunks);
            let shape: Vec<(usize, bool, bool)> = found.iter().map(|line| (line.1.len(), line.2, line.3)).collect();
            assert_eq!(
                shape,
                [
                    (LINE_CAP - 21, true, true),
                    (LINE_CAP, false, true),
                    (21, false, false),
                    (1, true, false)
                ],
                "chunks of {size}"
            );
            assert!(found.iter().all(|line| line.0 == Some(1_795_208_637_000_000_000)));
        }
    }

    #[test]
    fn parts_that_an_older_kubelet_stamped_are_joined() {
        let part = |text: &[u8]| [b"2026-11-20T21:03:57Z ".as_slice(), text].concat();
        let full = vec![b'x'; RUNTIME_PIECE];
        let text = [part(&full), part(&full), part(b"end\n")].concat();
        assert_eq!(split(&[&text])[0].1, [full.as_slice(), &full, b"end"].concat());
        // A newer one stamps the line once, and a line may hold what looks like an older stamp.
        let text = [part(&full), full.clone(), b"2020-01-01T00:00:00Z end\n".to_vec()].concat();
        assert_eq!(split(&[&text])[0].1.len(), 2 * RUNTIME_PIECE + 24);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_chunks(bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..400), size in 1usize..50) {
            let whole = split(&[&bytes]);
            let chunks: Vec<&[u8]> = bytes.chunks(size).collect();
            prop_assert_eq!(&split(&chunks), &whole);
            let length: usize = whole.iter().filter(|line| line.0.is_none()).map(|line| line.1.len()).sum();
            prop_assert!(length <= bytes.len());
        }
    }
}
