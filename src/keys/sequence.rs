//! Several chords in a row: as a keymap writes them (`g g`), and as a test types them (`:po<enter>`).

use super::{Chord, Key, KeyError};

/// A sequence longer than this is a spelling mistake, or a password.
const LONGEST: usize = 4;

/// Reads chords parted by spaces or commas: `g g`, `g,g`, `ctrl-x ctrl-s`. A comma alone is the comma key; within a
/// sequence it is written `comma`.
///
/// # Errors
/// When a chord is wrong (see [`Chord::parse`]), when there is none, or more than four.
pub fn parse_sequence(text: &str) -> Result<Vec<Chord>, KeyError> {
    let mut chords = Vec::new();
    for token in text.split_ascii_whitespace() {
        let pieces: Vec<&str> = if token.chars().count() == 1 {
            vec![token]
        } else {
            token.split(',').collect()
        };
        for piece in pieces {
            if piece.is_empty() {
                return Err(KeyError::new(
                    format!("`{text}` has an empty place beside a comma"),
                    "write the comma key as `comma`",
                ));
            }
            chords.push(Chord::parse(piece)?);
        }
    }
    match chords.len() {
        0 => Err(KeyError::new(
            "the key is empty",
            "write a key such as `j`, `space` or `g g`",
        )),
        1..=LONGEST => Ok(chords),
        count => Err(KeyError::new(
            format!("`{text}` is {count} keys long"),
            format!("use at most {LONGEST}"),
        )),
    }
}

/// The text that [`parse_sequence`] reads back into these chords.
pub fn print_sequence(chords: &[Chord]) -> String {
    let printed: Vec<String> = chords.iter().map(Chord::to_string).collect();
    printed.join(" ")
}

/// Reads what somebody types, for tests and recorded demonstrations: every character is a key, and a name between angle
/// brackets is a chord, as in `:po<enter>/web<esc>jj<ctrl-d>`. The bracket itself is `<lt>`.
///
/// # Errors
/// When a bracket is not closed, or what it holds is not a chord.
pub fn parse_keys(text: &str) -> Result<Vec<Chord>, KeyError> {
    let mut chords = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first == '<' {
            let Some((name, after)) = rest[1..].split_once('>') else {
                return Err(KeyError::new(
                    format!("`{rest}` is not closed"),
                    "write `<lt>` for the bracket itself",
                ));
            };
            chords.push(if name == "lt" {
                Chord::plain(Key::Char('<'))
            } else {
                Chord::parse(name)?
            });
            rest = after;
        } else {
            chords.push(Chord::plain(Key::Char(first)));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(chords)
}
