//! From presses to messages: what is waiting is taken in one go, floods of keys become a paste, storms of sizes one size.
//!
//! Bracketed paste tells pastes from keys. Where a terminal has none, a paste arrives as a flood of keys; it must not run a
//! thousand commands, so a flood counts as a paste too, and so does what follows it without a pause.

use super::decode::{Decoder, Heard, PASTE_LIMIT, paste};
use crate::keys::{Chord, Key};
use crate::msg::Msg;
use std::time::Duration;

/// So many presses in one reading are a paste, not typing: nobody types that much between two looks at the input.
pub const FLOOD: usize = 1_000;

/// So many presses in one reading may be the beginning of a flood: they wait a moment for what follows.
const SUSPECT: usize = 32;

/// How long they wait.
const SUSPECT_PAUSE: Duration = Duration::from_millis(10);

/// A flood is over when nothing came for this long.
const FLOOD_PAUSE: Duration = Duration::from_millis(60);

/// An escape byte alone is the escape key when nothing followed it for this long.
const ESCAPE_PAUSE: Duration = Duration::from_millis(30);

/// A bracketed paste whose end marker has not come for this long is over.
const PASTE_PAUSE: Duration = Duration::from_millis(1_000);

/// Makes messages of bytes. Times are since the start of the program.
#[derive(Debug, Default)]
pub struct Gatherer {
    decoder: Decoder,
    /// Presses that may be the beginning of a flood.
    held: Vec<Heard>,
    flood: Option<Flood>,
    /// When the last byte came.
    last: Duration,
    /// Until when everything is dropped (replies to a child that has ended).
    deaf_until: Duration,
}

#[derive(Debug, Default)]
struct Flood {
    text: Vec<u8>,
    cut: bool,
}

impl Flood {
    fn add(&mut self, chord: Chord) {
        let typed = match chord.key {
            Key::Enter => Some('\n'),
            Key::Char('j') if chord.ctrl => Some('\n'),
            Key::Tab => Some('\t'),
            _ => chord.typed(),
        };
        // Other keys cannot be pasted; in a flood they are the escape sequences of whatever is being pasted.
        if let Some(letter) = typed {
            let mut bytes = [0; 4];
            self.add_text(letter.encode_utf8(&mut bytes));
        }
    }

    fn add_text(&mut self, text: &str) {
        if self.text.len() + text.len() > PASTE_LIMIT {
            self.cut = true;
        } else {
            self.text.extend_from_slice(text.as_bytes());
        }
    }
}

impl Gatherer {
    /// Takes everything that could be read by `now`, and gives the messages it makes.
    pub fn take(&mut self, bytes: &[u8], now: Duration) -> Vec<Msg> {
        if now < self.deaf_until {
            return Vec::new();
        }
        let mut heard = Vec::new();
        self.decoder.feed(bytes, &mut heard);
        self.last = now;
        self.fold(heard)
    }

    /// When something half there must be decided if nothing more comes; then call [`settle`](Gatherer::settle).
    pub fn deadline(&self) -> Option<Duration> {
        let pause = if self.decoder.is_pasting() {
            PASTE_PAUSE
        } else if self.flood.is_some() {
            FLOOD_PAUSE
        } else if !self.held.is_empty() {
            SUSPECT_PAUSE
        } else if self.decoder.is_waiting() {
            ESCAPE_PAUSE
        } else {
            return None;
        };
        Some(self.last + pause)
    }

    /// Nothing came until the deadline.
    pub fn settle(&mut self, now: Duration) -> Vec<Msg> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Vec::new();
        }
        let mut heard = Vec::new();
        self.decoder.settle(&mut heard);
        let mut messages = self.fold(heard);
        messages.extend(std::mem::take(&mut self.held).into_iter().map(message));
        if let Some(flood) = self.flood.take() {
            messages.push(message(paste(&flood.text, flood.cut)));
        }
        messages
    }

    /// Forgets what is half there and drops whatever comes until then.
    pub fn be_deaf_until(&mut self, then: Duration) {
        *self = Gatherer {
            deaf_until: then,
            ..Gatherer::default()
        };
    }

    fn fold(&mut self, mut heard: Vec<Heard>) -> Vec<Msg> {
        if self.flood.is_none() {
            if !self.held.is_empty() {
                let later = std::mem::replace(&mut heard, std::mem::take(&mut self.held));
                heard.extend(later);
            }
            let keys = heard.iter().filter(|one| matches!(one, Heard::Key(_))).count();
            if keys > FLOOD {
                self.flood = Some(Flood::default());
            } else if keys > SUSPECT {
                self.held = heard;
                return Vec::new();
            }
        }
        let Some(flood) = &mut self.flood else {
            return heard.into_iter().map(message).collect();
        };
        for one in heard {
            match one {
                Heard::Key(chord) => flood.add(chord),
                Heard::Paste { text, cut } => {
                    flood.add_text(&text);
                    flood.cut |= cut;
                }
            }
        }
        Vec::new()
    }
}

fn message(heard: Heard) -> Msg {
    match heard {
        Heard::Key(chord) => Msg::Key(chord),
        Heard::Paste { text, cut } => Msg::Paste { text, cut },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn said(messages: &[Msg]) -> Vec<String> {
        messages
            .iter()
            .map(|message| match message {
                Msg::Key(chord) => chord.to_string(),
                Msg::Paste { text, cut } => format!("paste {} {cut}", text.len()),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn typing_is_typing() {
        let mut gatherer = Gatherer::default();
        assert_eq!(said(&gatherer.take(&b"j".repeat(SUSPECT), at(0))).len(), SUSPECT);
        assert_eq!(gatherer.deadline(), None);
        // Many keys at once are keys all the same, once it is known that no more come.
        assert!(gatherer.take(&b"j".repeat(FLOOD), at(1)).is_empty());
        assert_eq!(gatherer.deadline(), Some(at(11)));
        assert_eq!(said(&gatherer.settle(at(11))).len(), FLOOD);
        assert_eq!(gatherer.deadline(), None);
    }

    #[test]
    fn a_flood_may_begin_with_less() {
        let mut gatherer = Gatherer::default();
        assert!(gatherer.take(&b"q".repeat(100), at(0)).is_empty());
        assert!(gatherer.take(&b"q".repeat(FLOOD), at(5)).is_empty());
        assert_eq!(said(&gatherer.settle(at(65))), [format!("paste {} false", 100 + FLOOD)]);
    }

    #[test]
    fn the_escape_key_alone_is_decided_within_fifty_milliseconds() {
        let mut gatherer = Gatherer::default();
        assert!(gatherer.take(b"\x1b", at(0)).is_empty());
        let deadline = gatherer.deadline().unwrap();
        assert!(deadline <= at(50));
        assert!(gatherer.settle(deadline - at(1)).is_empty());
        assert_eq!(said(&gatherer.settle(deadline)), ["esc"]);
        assert_eq!(gatherer.deadline(), None);
    }

    #[test]
    fn a_flood_and_what_follows_it_is_one_paste() {
        let mut gatherer = Gatherer::default();
        assert!(gatherer.take(&b"q\r".repeat(FLOOD), at(0)).is_empty());
        // The end of it would run commands if it were taken for keys.
        assert!(gatherer.take(b"qqq\r", at(50)).is_empty());
        assert!(gatherer.settle(at(100)).is_empty());
        assert_eq!(
            said(&gatherer.settle(at(110))),
            [format!("paste {} false", 2 * FLOOD + 4)]
        );
        assert_eq!(said(&gatherer.take(b"q", at(200))), ["q"]);
    }

    #[test]
    fn a_flood_is_cut_at_the_limit() {
        let mut gatherer = Gatherer::default();
        for step in 0..16 {
            assert!(gatherer.take(&[b'x'; 65_536], at(step)).is_empty());
        }
        assert_eq!(said(&gatherer.settle(at(1_000))), [format!("paste {PASTE_LIMIT} true")]);
    }

    #[test]
    fn a_paste_without_its_end_marker_ends_by_itself() {
        let mut gatherer = Gatherer::default();
        assert!(gatherer.take(b"\x1b[200~abc", at(0)).is_empty());
        assert!(gatherer.settle(at(900)).is_empty());
        assert_eq!(said(&gatherer.settle(at(1_000))), ["paste 3 false"]);
        assert_eq!(said(&gatherer.take(b"q", at(1_001))), ["q"]);
    }

    #[test]
    fn nothing_is_heard_for_a_moment_after_a_child() {
        let mut gatherer = Gatherer::default();
        assert!(gatherer.take(b"\x1b", at(0)).is_empty());
        gatherer.be_deaf_until(at(100));
        assert_eq!(gatherer.deadline(), None);
        assert!(gatherer.take(b"\x1b[?62cq", at(99)).is_empty());
        assert_eq!(said(&gatherer.take(b"q", at(100))), ["q"]);
    }
}
