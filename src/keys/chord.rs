//! One key press: its type, its text, and which presses a plain terminal can tell apart.
//!
//! A terminal without extensions sends bytes, and several presses share a byte: ctrl-i is tab, ctrl-m is enter, ctrl-[ is esc.
//! [`Chord::new`] folds what is reported into one form, and [`Chord::parse`] refuses to bind what could never arrive.

use super::nearest;
use std::fmt;

/// A key as a terminal can report it, without what was held down with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A key that types this character; the space bar is a space.
    Char(char),
    /// The return key.
    Enter,
    /// The escape key.
    Esc,
    /// The tab key.
    Tab,
    /// The tab key with shift, which terminals report as a key of its own.
    BackTab,
    /// The backspace key.
    Backspace,
    /// The delete key.
    Delete,
    /// The insert key.
    Insert,
    /// The home key.
    Home,
    /// The end key.
    End,
    /// The page-up key.
    PageUp,
    /// The page-down key.
    PageDown,
    /// The up arrow.
    Up,
    /// The down arrow.
    Down,
    /// The left arrow.
    Left,
    /// The right arrow.
    Right,
    /// A function key, counted from one.
    F(u8),
}

/// A key with what was held down. Equal presses are equal values: shift with a letter is the capital letter, and presses that
/// share a byte in a plain terminal are the same chord.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord {
    /// The key.
    pub key: Key,
    /// Control was held.
    pub ctrl: bool,
    /// Alt (or option, or meta) was held.
    pub alt: bool,
    /// Shift was held; never set for a character, which carries it in itself.
    pub shift: bool,
}

/// Why a piece of text is not a chord that can be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyError {
    /// What is wrong.
    pub text: String,
    /// What to write instead.
    pub remedy: String,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.text, self.remedy)
    }
}

impl std::error::Error for KeyError {}

impl KeyError {
    /// An error with its remedy.
    pub(super) fn new(text: impl Into<String>, remedy: impl Into<String>) -> KeyError {
        KeyError {
            text: text.into(),
            remedy: remedy.into(),
        }
    }
}

/// The names of keys that are not characters, and of characters that would be hard to see. The first name of a key is printed.
const NAMES: &[(&str, Key)] = &[
    ("space", Key::Char(' ')),
    ("comma", Key::Char(',')),
    ("enter", Key::Enter),
    ("return", Key::Enter),
    ("esc", Key::Esc),
    ("escape", Key::Esc),
    ("tab", Key::Tab),
    ("shift-tab", Key::BackTab),
    ("backtab", Key::BackTab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("del", Key::Delete),
    ("insert", Key::Insert),
    ("ins", Key::Insert),
    ("home", Key::Home),
    ("end", Key::End),
    ("pageup", Key::PageUp),
    ("pgup", Key::PageUp),
    ("pagedown", Key::PageDown),
    ("pgdn", Key::PageDown),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
];

/// The highest function key that terminals agree on; beyond it they send shift with a lower one.
const LAST_FUNCTION_KEY: u8 = 12;

impl Chord {
    /// The chord that a terminal's report means. Reports that stand for the same bytes become the same chord.
    pub fn new(key: Key, ctrl: bool, alt: bool, shift: bool) -> Chord {
        let plain = |key| Chord {
            key,
            ctrl: false,
            alt,
            shift: false,
        };
        match key {
            Key::Char(letter) if ctrl => match letter.to_ascii_lowercase() {
                'h' | '8' | '?' => plain(Key::Backspace),
                'i' => plain(Key::Tab),
                'm' => plain(Key::Enter),
                '[' | '3' => plain(Key::Esc),
                // Libraries report the four codes after esc as ctrl-4 … ctrl-7; the keys that send them are these.
                '4' => Chord {
                    ctrl,
                    ..plain(Key::Char('\\'))
                },
                '5' => Chord {
                    ctrl,
                    ..plain(Key::Char(']'))
                },
                '6' => Chord {
                    ctrl,
                    ..plain(Key::Char('^'))
                },
                '7' | '/' => Chord {
                    ctrl,
                    ..plain(Key::Char('_'))
                },
                '2' | '@' => Chord {
                    ctrl,
                    ..plain(Key::Char(' '))
                },
                lower => Chord {
                    ctrl,
                    ..plain(Key::Char(lower))
                },
            },
            Key::Char('\r' | '\n') => plain(Key::Enter),
            Key::Char('\t') => plain(Key::Tab),
            Key::Char('\u{1b}') => plain(Key::Esc),
            Key::Char('\u{7f}' | '\u{8}') => plain(Key::Backspace),
            Key::Char(letter) if shift => plain(Key::Char(capital(letter).unwrap_or(letter))),
            Key::Char(letter) => plain(Key::Char(letter)),
            Key::Tab if shift => plain(Key::BackTab),
            Key::Enter | Key::Esc | Key::Backspace | Key::Tab | Key::BackTab => plain(key),
            _ => Chord { key, ctrl, alt, shift },
        }
    }

    /// A key with nothing held down.
    pub fn plain(key: Key) -> Chord {
        Chord::new(key, false, false, false)
    }

    /// The character this chord types into a prompt, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.key {
            Key::Char(letter) if !self.ctrl && !self.alt && !letter.is_control() => Some(letter),
            _ => None,
        }
    }

    /// Reads `ctrl-d`, `alt-x`, `shift-tab`, `space`, `f5`, `G` or `:`.
    ///
    /// # Errors
    /// When the text names no key, or names a press that a plain terminal cannot tell from another or cannot send at all.
    pub fn parse(text: &str) -> Result<Chord, KeyError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            let (held, after) = match rest.split_once('-') {
                Some((before, after)) if !before.is_empty() && !after.is_empty() => (before, after),
                _ => break,
            };
            let flag = match held.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => &mut ctrl,
                "alt" | "meta" | "option" => &mut alt,
                "shift" => &mut shift,
                _ => break,
            };
            if *flag {
                return Err(KeyError::new(
                    format!("`{text}` holds {held} twice"),
                    "name each held key once",
                ));
            }
            *flag = true;
            rest = after;
        }
        let key = key_named(rest).ok_or_else(|| unknown_key(text, rest))?;
        let chord = Chord::new(key, ctrl, alt, shift);
        match refusal(text, key, (ctrl, alt, shift), chord) {
            Some(error) => Err(error),
            None => Ok(chord),
        }
    }
}

/// Why this press cannot be bound, although it can be written.
fn refusal(text: &str, key: Key, (ctrl, alt, shift): (bool, bool, bool), chord: Chord) -> Option<KeyError> {
    let written = Chord { key, ctrl, alt, shift };
    let folded_shift = shift && !ctrl && (matches!(key, Key::Char(c) if capital(c).is_some()) || key == Key::Tab);
    if written != chord && !folded_shift {
        if let (Key::Char(letter), true, false) = (key, shift, ctrl) {
            return Some(KeyError::new(
                format!("shift with `{letter}` is another character, which depends on the keyboard"),
                "write that character itself, such as `!` or `G`",
            ));
        }
        let bind = if key == Key::Tab || key == Key::BackTab {
            "another chord"
        } else {
            &format!("`{chord}`")
        };
        return Some(KeyError::new(
            format!("a plain terminal sends the same for `{text}` as for `{chord}`"),
            format!("bind {bind} instead"),
        ));
    }
    let sendable = |c: char| c.is_ascii_lowercase() || matches!(c, ' ' | '\\' | ']' | '^' | '_');
    match chord.key {
        Key::Char(letter) if ctrl && !sendable(letter) => Some(KeyError::new(
            format!("a plain terminal has no code for `{text}`"),
            "use ctrl with a letter, or alt with this key",
        )),
        Key::Char('[' | 'O') if alt && !ctrl => Some(KeyError::new(
            format!("a plain terminal sends for `{text}` what the codes of arrow and function keys begin with"),
            "choose another chord",
        )),
        Key::Esc if alt => Some(KeyError::new(
            format!("a plain terminal sends for `{text}` the same as for esc pressed twice"),
            "choose another chord",
        )),
        Key::F(number) if number == 0 || number > LAST_FUNCTION_KEY => Some(KeyError::new(
            format!("terminals do not agree on what `{text}` sends"),
            format!("use f1 to f{LAST_FUNCTION_KEY}"),
        )),
        _ => None,
    }
}

/// The capital of a letter, when it is one character; a capital is its own.
fn capital(letter: char) -> Option<char> {
    let mut upper = letter.to_uppercase();
    let first = upper.next()?;
    (upper.next().is_none() && first.is_uppercase()).then_some(first)
}

/// The key with this name, or of this single character.
fn key_named(name: &str) -> Option<Key> {
    let mut letters = name.chars();
    if let (Some(only), None) = (letters.next(), letters.next()) {
        return (!only.is_control() && !only.is_whitespace()).then_some(Key::Char(only));
    }
    let lower = name.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f').and_then(|digits| digits.parse().ok()) {
        return Some(Key::F(number));
    }
    NAMES.iter().find(|(known, _)| *known == lower).map(|(_, key)| *key)
}

/// The error for a name that is no key, with the most likely remedy.
fn unknown_key(text: &str, name: &str) -> KeyError {
    if text.is_empty() {
        return KeyError::new("the key is empty", "write a key such as `j`, `ctrl-d` or `f5`");
    }
    if let Some((held, key)) = text
        .split_once('+')
        .filter(|(held, key)| !held.is_empty() && !key.is_empty())
    {
        return KeyError::new(
            format!("`{text}` is not a key"),
            format!("write `{}-{key}`", held.to_ascii_lowercase()),
        );
    }
    if let Some((held, key)) = name.split_once('-').filter(|(_, key)| !key.is_empty()) {
        if let Some(known) = nearest(held, ["ctrl", "alt", "shift"]) {
            return KeyError::new(format!("`{text}` is not a key"), format!("write `{known}-{key}`"));
        }
        let letter = match held {
            "C" | "c" => Some("ctrl"),
            "M" | "A" | "m" | "a" => Some("alt"),
            "S" | "s" => Some("shift"),
            _ => None,
        };
        if let Some(known) = letter {
            return KeyError::new(format!("`{text}` is not a key"), format!("write `{known}-{key}`"));
        }
    }
    match nearest(name, NAMES.iter().map(|(known, _)| *known)) {
        Some(known) => KeyError::new(format!("`{text}` is not a key"), format!("write `{known}`")),
        None => KeyError::new(
            format!("`{text}` is not a key"),
            "write a character, a name such as `enter`, `pagedown` or `f5`, or `ctrl-`, `alt-`, `shift-` before one; \
             several keys in a row are parted by spaces",
        ),
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.key, NAMES.iter().find(|(_, key)| *key == self.key)) {
            (_, Some((name, _))) => f.write_str(name),
            (Key::Char(letter), None) => write!(f, "{letter}"),
            (Key::F(number), None) => write!(f, "f{number}"),
            // Every other key has a name above.
            (_, None) => Ok(()),
        }
    }
}
