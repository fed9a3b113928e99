//! How grave a line is, told by a cheap look at its beginning.

use super::Level;

/// The level that a line states.
pub fn level(_line: &[u8]) -> Level {
    Level::None
}
