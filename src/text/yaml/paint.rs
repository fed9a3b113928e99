//! What the pieces of a line are, found when the line is drawn: marks, keys and values. The index says which field a line
//! belongs to, so this is one look at one line.

use super::document::{Document, Kind};
use std::ops::Range;

/// What a piece of a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// Dashes, colons, brackets, commas.
    Sign,
    /// The name of a field.
    Key,
    /// Text.
    Text,
    /// A number, truth value or nothing.
    Number,
    /// Says how the text below is written: `|-`.
    Header,
    /// Stands for a value that is not shown.
    Hidden,
}

/// No more of a line than this is looked at, in bytes.
const LONGEST: usize = 4096;

impl Document {
    /// The pieces of a line, its indentation left out: where each is in [`Document::line`], and what it is. What lies
    /// beyond the first few thousand bytes is left out.
    pub fn pieces(&self, line: usize) -> Vec<(Range<usize>, Token)> {
        let whole = self.line(line);
        let text = beginning(whole, LONGEST);
        let mut pieces = Vec::new();
        let mut at = 0;
        let kind = self.kind(line);
        let mut put = |range: Range<usize>, token: Token| {
            if !range.is_empty() {
                pieces.push((range, token));
            }
        };
        let rest = |at: usize| text.get(at..).unwrap_or("");
        if self.begins(line) {
            if !self.json {
                while rest(at).starts_with("- ") || rest(at) == "-" || rest(at).starts_with("? ") {
                    let end = (at + 2).min(text.len());
                    put(at..end, Token::Sign);
                    at = end;
                }
            }
            let has_key = matches!(self.steps(line).last(), Some(super::Step::Key(_)));
            if has_key {
                let end = at + key_end(rest(at));
                put(at..end, Token::Key);
                let sign = rest(end).bytes().take_while(|byte| *byte == b':').count().min(1);
                let space = usize::from(rest(end + sign).starts_with(' '));
                put(end..end + sign + space, Token::Sign);
                at = end + sign + space;
            }
        } else if !self.json && rest(at).starts_with(": ") && kind != Some(Kind::Text) {
            put(at..at + 2, Token::Sign);
            at += 2;
        }
        let comma = usize::from(self.json && rest(at).len() > 1 && text.len() == whole.len() && text.ends_with(','));
        let end = text.len() - comma;
        let value = text.get(at..end).unwrap_or("");
        let token = match kind {
            Some(Kind::Hidden) => Token::Hidden,
            Some(Kind::Number | Kind::Truth | Kind::Null) => Token::Number,
            Some(Kind::Text) if self.begins(line) && value.starts_with('|') => Token::Header,
            Some(Kind::Text) => Token::Text,
            _ => Token::Sign,
        };
        put(at..end, token);
        put(end..text.len(), Token::Sign);
        pieces
    }
}

/// The beginning of a text, at most so many bytes of it.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    end.and_then(|end| text.get(..end)).unwrap_or("")
}

/// Where the key at the beginning of a text ends.
fn key_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let mut at = 1;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'\\' if *quote == b'"' => at += 1,
                    byte if byte == quote && bytes.get(at + 1) == Some(quote) && *quote == b'\'' => at += 1,
                    byte if byte == quote => return at + 1,
                    _ => {}
                }
                at += 1;
            }
            text.len()
        }
        _ => match text.find(": ") {
            Some(at) => at,
            None => text.strip_suffix(':').unwrap_or(text).len(),
        },
    }
}
