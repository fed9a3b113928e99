//! Keys and what they do, in one line. A hint that does not fit whole is left out with all that follow.

use super::{Look, put};
use crate::text::width;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Columns between two hints.
const GAP: u16 = 3;

/// Draws (key, word) pairs into the first line of `area`; says how many columns they took.
pub fn hints(buffer: &mut Buffer, area: Rect, look: Look<'_>, pairs: &[(String, String)]) -> u16 {
    let mut x = area.x;
    if area.height == 0 {
        return 0;
    }
    for (key, word) in pairs {
        let gap = if x == area.x { 0 } else { GAP };
        let needed = u16::try_from(width(key) + 1 + width(word))
            .unwrap_or(u16::MAX)
            .saturating_add(gap);
        if needed > area.right().saturating_sub(x) {
            break;
        }
        x += gap;
        x += put(buffer, x, area.y, area.right() - x, key, look.style(Role::Key)) + 1;
        x += put(buffer, x, area.y, area.right() - x, word, look.style(Role::Hint));
    }
    x - area.x
}
