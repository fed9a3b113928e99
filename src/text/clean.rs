//! Text that is safe to draw.
//!
//! Everything a cluster says is hostile until it has passed through here: an event message may hold escape sequences,
//! a label may turn the line around, a name may be invisible. Nothing is dropped silently; what a terminal would obey
//! or hide becomes a visible mark: `^[` for control characters, `<U+202E>` for the rest.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::sync::Arc;

use unicode_width::UnicodeWidthChar;

use super::escape::without_escapes;

/// The longest text of one cell or line, in bytes; what is longer is cut and ends in `…`.
pub const CELL_LIMIT: usize = 4096;

/// How many lines [`clean_lines`] makes at most; a last line says how many were left out.
pub const LINE_LIMIT: usize = 1000;

/// How many combining marks one character may carry before the rest is cut and marked.
const MARK_LIMIT: usize = 4;

/// How many joiners one emoji may hold; no emoji in use has more than three.
const JOINER_LIMIT: usize = 6;

/// Stands before a combining mark that has nothing to combine with, so that it cannot reach into the cell before.
const DOTTED_CIRCLE: char = '\u{25CC}';

/// Text that is safe to draw: sanitised by [`clean`], one line, at most [`CELL_LIMIT`] bytes.
///
/// Cloning shares the text. Comparing, ordering and hashing go by content. There is no way to make one that skips the
/// sanitising, and no `Deserialize`: raw text goes through [`Clean::new`] or an [`Interner`](super::Interner).
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Clean(Arc<str>);

impl Clean {
    /// Sanitises `raw` and keeps the result.
    pub fn new(raw: &str) -> Clean {
        Clean(Arc::from(clean(raw)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many values share this allocation, this one included. It says what an interner alone still holds.
    pub fn references(&self) -> usize {
        Arc::strong_count(&self.0)
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Borrow<str> for Clean {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Clean {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Clean {
    fn from(raw: &str) -> Clean {
        Clean::new(raw)
    }
}

impl From<String> for Clean {
    fn from(raw: String) -> Clean {
        Clean::new(&raw)
    }
}

impl From<&String> for Clean {
    fn from(raw: &String) -> Clean {
        Clean::new(raw)
    }
}

impl PartialEq<str> for Clean {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Clean {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

/// Sanitises one line of cluster text; borrows when there is nothing to do.
///
/// A tab becomes a space. The first newline, carriage return or form feed ends the text and leaves `...`, which is
/// kubectl's rule for table cells. Doing it twice changes nothing more.
pub fn clean(raw: &str) -> Cow<'_, str> {
    if is_plain(raw) {
        return Cow::Borrowed(raw);
    }
    let cleaned = Cleaner::new(Breaks::Cut).run(raw);
    if cleaned == raw {
        Cow::Borrowed(raw)
    } else {
        Cow::Owned(cleaned)
    }
}

/// Sanitises text of several lines, such as an error message or what a plugin wrote to its standard error.
///
/// Lines end at LF or CRLF; a lone carriage return is shown as `^M`. Well-formed escape sequences are taken out up to
/// their terminator, what is malformed stays and is marked. At most [`LINE_LIMIT`] lines.
pub fn clean_lines(raw: &str) -> Vec<Clean> {
    let text = without_escapes(raw);
    let mut lines = text.lines();
    let mut cleaned: Vec<Clean> = lines.by_ref().take(LINE_LIMIT).map(clean_line).collect();
    let left_out = lines.count();
    if left_out > 0 {
        cleaned.push(Clean(Arc::from(format!("… {left_out} more lines"))));
    }
    cleaned
}

fn clean_line(line: &str) -> Clean {
    if is_plain(line) {
        Clean(Arc::from(line))
    } else {
        Clean(Arc::from(Cleaner::new(Breaks::Mark).run(line)))
    }
}

/// Sanitises a piece of a line that may be of any length; what bounds it is the caller's.
pub(super) fn clean_piece(piece: &str, out: &mut String) {
    if piece.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push_str(piece);
        return;
    }
    let mut cleaner = Cleaner::new(Breaks::Mark);
    cleaner.limit = usize::MAX;
    out.push_str(&cleaner.run(piece));
}

/// Printable ASCII of bearable length, which is nearly all the text of a cluster. Whole blocks are folded without a
/// branch so that the compiler can use wide registers.
fn is_plain(raw: &str) -> bool {
    if raw.len() > CELL_LIMIT {
        return false;
    }
    let mut blocks = raw.as_bytes().chunks_exact(32);
    let printable = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(true, |all, byte| all & (byte.wrapping_sub(0x20) < 0x5f))
    };
    blocks.by_ref().all(printable) && printable(blocks.remainder())
}

/// What happens at a line break inside the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// The text ends there and says so with `...`.
    Cut,
    /// It is a control character like any other.
    Mark,
}

/// The slow path: one pass that copies and marks.
struct Cleaner {
    breaks: Breaks,
    /// Where the text is cut, in bytes.
    limit: usize,
    out: String,
    /// The end of the last whole cluster after which `…` still fits.
    safe_end: usize,
    /// What was copied last, unless it was a mark of ours.
    previous: Option<char>,
    /// Combining marks since the last base.
    marks: usize,
    /// Whether a joiner may follow: the cluster so far is an emoji.
    emoji: bool,
    joiners: usize,
}

impl Cleaner {
    fn new(breaks: Breaks) -> Cleaner {
        Cleaner {
            breaks,
            limit: CELL_LIMIT,
            out: String::new(),
            safe_end: 0,
            previous: None,
            marks: 0,
            emoji: false,
            joiners: 0,
        }
    }

    fn run(mut self, raw: &str) -> String {
        self.out.reserve(raw.len().min(self.limit) + 16);
        let mut rest = raw.chars();
        while let Some(c) = rest.next() {
            if self.out.len() > self.limit {
                break;
            }
            match c {
                '\t' => self.base(' '),
                '\n' | '\r' | '\x0c' if self.breaks == Breaks::Cut => {
                    self.mark("...");
                    break;
                }
                '\0'..='\x1f' => {
                    self.base('^');
                    self.base(char::from(c as u8 ^ 0x40));
                }
                ' '..='~' => self.base(c),
                '\x7f' => self.mark("^?"),
                '\u{200D}' if self.joins(rest.clone().next()) => self.join(),
                '\u{FE0F}' if self.presents(rest.clone().next()) => self.combine(c),
                _ if is_forbidden(c) => self.mark(&format!("<U+{:04X}>", u32::from(c))),
                _ if c.width() == Some(0) => self.combine(c),
                _ => self.base(c),
            }
        }
        if self.out.len() > self.limit {
            self.out.truncate(self.safe_end);
            self.out.push('…');
        }
        self.out
    }

    /// Copies a character that stands for itself.
    fn base(&mut self, c: char) {
        let joined = self.previous == Some('\u{200D}');
        if !joined {
            self.joiners = 0;
            if self.out.len() + '…'.len_utf8() <= self.limit {
                self.safe_end = self.out.len();
            }
        }
        self.out.push(c);
        self.previous = Some(c);
        self.marks = 0;
        self.emoji = is_pictograph(c);
    }

    fn mark(&mut self, mark: &str) {
        mark.chars().for_each(|c| self.base(c));
    }

    /// Copies a character that is drawn onto the one before it.
    fn combine(&mut self, c: char) {
        if self.previous.is_none() {
            self.base(DOTTED_CIRCLE);
        }
        self.marks += 1;
        if self.marks <= MARK_LIMIT {
            self.out.push(c);
            self.previous = Some(c);
            self.emoji &= c == '\u{FE0F}';
        } else if self.marks == MARK_LIMIT + 1 {
            let swallowed = self.marks;
            self.base('…');
            // The rest of the run has nothing to stand on: it stays swallowed until the next base.
            self.marks = swallowed;
        }
    }

    fn join(&mut self) {
        self.joiners += 1;
        self.out.push('\u{200D}');
        self.previous = Some('\u{200D}');
    }

    fn joins(&self, next: Option<char>) -> bool {
        self.emoji
            && self.previous != Some('\u{200D}')
            && self.joiners < JOINER_LIMIT
            && next.is_some_and(is_pictograph)
    }

    /// Whether U+FE0F belongs here: after a pictograph, or between a digit and its keycap.
    fn presents(&self, next: Option<char>) -> bool {
        match self.previous {
            Some('0'..='9' | '#' | '*') => next == Some('\u{20E3}'),
            Some(previous) => is_pictograph(previous),
            None => false,
        }
    }
}

/// Whether a terminal would obey, hide or reorder by this character (controls, bidirectional and invisible formatting,
/// private use, noncharacters). U+200D and U+FE0F are on the list; the caller admits them inside emoji.
fn is_forbidden(c: char) -> bool {
    matches!(u32::from(c),
        0x00..=0x1F | 0x7F..=0x9F
        | 0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x13430..=0x1343F | 0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A
        | 0xE0000..)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Roughly Unicode's Extended_Pictographic: what may take part in an emoji sequence.
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c),
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x21AA | 0x231A..=0x23FF | 0x24C2
        | 0x25AA..=0x25FE | 0x2600..=0x27BF | 0x2934..=0x2935 | 0x2B05..=0x2B55 | 0x3030 | 0x303D | 0x3297 | 0x3299
        | 0x1F000..=0x1F1E5 | 0x1F200..=0x1FAFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_shown() {
        let table = [
            ("", ""),
            ("cart-7d9f6c5b9-2xk4q", "cart-7d9f6c5b9-2xk4q"),
            ("Grüße, 世界 ✓", "Grüße, 世界 ✓"),
            ("a\tb", "a b"),
            ("first\nsecond", "first..."),
            ("first\r\nsecond", "first..."),
            ("first\x0csecond", "first..."),
            ("\n", "..."),
            ("\x1b[31mred\x1b[0m", "^[[31mred^[[0m"),
            ("\x1b]52;c;ZXZpbA==\x07", "^[]52;c;ZXZpbA==^G"),
            ("a\0b\x08c\x7fd", "a^@b^Hc^?d"),
            ("\u{9b}2J", "<U+009B>2J"),
            ("user\u{202e}txt.exe", "user<U+202E>txt.exe"),
            ("\u{061c}\u{200e}\u{2066}", "<U+061C><U+200E><U+2066>"),
            ("a\u{200b}b\u{feff}", "a<U+200B>b<U+FEFF>"),
            ("\u{2028}\u{3164}\u{e0041}", "<U+2028><U+3164><U+E0041>"),
            (
                "\u{e0b0}\u{fdd0}\u{1ffff}\u{10fffd}",
                "<U+E0B0><U+FDD0><U+1FFFF><U+10FFFD>",
            ),
            ("x\u{200d}y", "x<U+200D>y"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("👩🏽\u{200d}❤\u{fe0f}\u{200d}👨🏻", "👩🏽\u{200d}❤\u{fe0f}\u{200d}👨🏻"),
            ("👩\u{200d}", "👩<U+200D>"),
            ("👩\u{200d}\u{200d}💻", "👩<U+200D><U+200D>💻"),
            ("1\u{fe0f}\u{20e3}", "1\u{fe0f}\u{20e3}"),
            ("a\u{fe0f}", "a<U+FE0F>"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}e", "◌\u{301}e"),
            (
                "z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}!",
                "z\u{301}\u{301}\u{301}\u{301}…!",
            ),
            ("\u{fffd}", "\u{fffd}"),
        ];
        for (raw, shown) in table {
            assert_eq!(clean(raw), shown, "{raw:?}");
            assert_eq!(clean(shown), shown, "{shown:?} again");
        }
    }

    #[test]
    fn nothing_to_do_borrows() {
        for raw in ["", "plain", &"x".repeat(CELL_LIMIT), "Grüße", "👩\u{200d}💻"] {
            assert!(matches!(clean(raw), Cow::Borrowed(_)), "{raw:?}");
        }
    }

    #[test]
    fn long_text_is_cut() {
        for raw in [
            "x".repeat(CELL_LIMIT + 1),
            "é".repeat(CELL_LIMIT),
            "\u{202e}".repeat(CELL_LIMIT),
            "👩\u{200d}".repeat(2000),
        ] {
            let cut = clean(&raw);
            assert!(cut.len() <= CELL_LIMIT && cut.len() > CELL_LIMIT - 60, "{}", cut.len());
            assert!(cut.ends_with('…'));
            assert_eq!(clean(&cut), cut);
        }
        assert!(clean(&format!("{}\nmore", "x".repeat(CELL_LIMIT - 1))).ends_with("x…"));
    }

    #[test]
    fn joiners_are_bounded() {
        let chain = "👩\u{200d}".repeat(20);
        let shown = clean(&chain).into_owned();
        assert!(shown.contains("<U+200D>👩"));
        assert_eq!(clean(&shown), shown);
    }

    #[test]
    fn lines() {
        let table: [(&str, &[&str]); 7] = [
            ("", &[]),
            ("one", &["one"]),
            ("one\ntwo\r\n\nfour\n", &["one", "two", "", "four"]),
            ("10%\r20%\n", &["10%^M20%"]),
            (
                "\x1b[1;31mError\x1b[0m: \x1b]8;;http://x\x1b\\here\x1b]8;;\x07",
                &["Error: here"],
            ),
            ("\x1b[31", &["^[[31"]),
            ("\x1b]0;title\nnext", &["^[]0;title", "next"]),
        ];
        for (raw, shown) in table {
            assert_eq!(clean_lines(raw), shown, "{raw:?}");
        }
        let many = clean_lines(&"x\n".repeat(LINE_LIMIT + 7));
        assert_eq!(many.len(), LINE_LIMIT + 1);
        assert_eq!(many[LINE_LIMIT], "… 7 more lines");
    }

    #[test]
    fn equal_by_content() {
        let (one, other) = (Clean::new("pod"), Clean::from("pod"));
        assert_eq!(one, other);
        assert_eq!((one.len(), one.references(), Clean::default().is_empty()), (3, 1, true));
        assert_eq!(format!("{one:>5}|{one:?}"), "  pod|\"pod\"");
        assert!(Clean::new("a") < Clean::new("b"));
    }

    /// Text with far more trouble in it than chance would bring.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ -~]{0,8}",
            "\\PC{0,4}",
            any::<char>().prop_map(String::from),
            (0u32..0xA0).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            (0x2000u32..0x2070).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            (0xFE00u32..0xFFFF).prop_map(|c| char::from_u32(c).map(String::from).unwrap_or_default()),
            (0x300u32..0x370, 1usize..9)
                .prop_map(|(c, n)| char::from_u32(c).map(|c| c.to_string().repeat(n)).unwrap_or_default()),
            Just("👩\u{200d}💻".to_owned()),
            Just("❤\u{fe0f}".to_owned()),
            Just("\u{200d}".to_owned()),
            Just("\x1b]0;x\x07".to_owned()),
            (1usize..600).prop_map(|n| "世👩\u{200d}💻\u{301}".repeat(n)),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn nothing_forbidden_is_left(raw in hostile()) {
            let mut all = vec![clean(&raw).into_owned()];
            all.extend(clean_lines(&raw).iter().map(|line| line.as_str().to_owned()));
            for shown in all {
                prop_assert!(shown.len() <= CELL_LIMIT);
                let chars: Vec<char> = shown.chars().collect();
                let mut run = 0;
                for (at, &c) in chars.iter().enumerate() {
                    let emoji = at > 0 && match c {
                        '\u{200D}' => chars.get(at + 1).copied().is_some_and(is_pictograph),
                        '\u{FE0F}' => is_pictograph(chars[at - 1]) || chars.get(at + 1) == Some(&'\u{20E3}'),
                        _ => false,
                    };
                    prop_assert!(emoji || !is_forbidden(c), "{:?} in {:?}", c, shown);
                    run = if c.width() == Some(0) && c != '\u{200D}' { run + 1 } else { 0 };
                    prop_assert!(run <= MARK_LIMIT);
                }
                prop_assert!(crate::text::width(&shown) <= 2 * chars.len());
                let again = clean(&shown).into_owned();
                prop_assert_eq!(&again, &shown);
            }
        }
    }
}
