//! Keys: what a terminal can report, written as text; keymap files in layers; and the way from pressed keys to a command name.
//!
//! A [`Chord`] is one key press. A keymap file binds sequences of chords to command names in a section per [`Layer`]; files
//! inherit from each other and the user's own rows lie on top ([`load()`]). [`Keymap::resolve`] then says what the keys pressed
//! so far mean: a command, the beginning of something (with its continuations), or nothing.
//!
//! This room refuses to read files (it is handed their text), to know what a command does (it knows names alone), and to fail:
//! a wrong row is skipped and becomes a [`Warning`] that says what to do.

mod chord;
mod keymap;
mod load;
mod nearest;
mod rows;
mod sequence;
mod warning;

pub use chord::{Chord, Key, KeyError};
pub use keymap::{Binding, Hint, Keymap, Layer, Resolved};
pub use load::{bundled, is_plain_name, load};
pub use nearest::nearest;
pub use rows::{Row, read_layers};
pub use sequence::{parse_keys, parse_sequence, print_sequence};
pub use warning::{Warning, line_at, syntax_errors};

#[cfg(test)]
mod tests;
