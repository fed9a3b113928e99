//! A line that is being typed, with a label before it. What is under the cursor is always seen.

use super::{LineEdit, Look, put};
use crate::text::{clean, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_segmentation::UnicodeSegmentation;

/// Draws the line; an empty one shows `placeholder`.
pub fn prompt(buffer: &mut Buffer, area: Rect, look: Look<'_>, label: &str, line: &LineEdit, placeholder: &str) {
    if area.height == 0 {
        return;
    }
    put(buffer, area.x, area.y, area.width, label, look.style(Role::Accent));
    let (start, room) = room(area, label);
    if line.text().is_empty() {
        put(buffer, start, area.y, room, placeholder, look.style(Role::Faint));
        return;
    }
    let text = clean(line.text());
    let skipped = skip(&text, hidden(line, room));
    put(buffer, start, area.y, room, skipped, look.style(Role::Prompt));
}

/// Where the text cursor stands in what [`prompt`] draws.
pub fn prompt_cursor(area: Rect, label: &str, line: &LineEdit) -> Option<Position> {
    let (start, room) = room(area, label);
    if area.height == 0 || room == 0 {
        return None;
    }
    let at = width(&clean(line.before())).saturating_sub(hidden(line, room));
    Some(Position {
        x: start + u16::try_from(at).unwrap_or(u16::MAX).min(room - 1),
        y: area.y,
    })
}

fn room(area: Rect, label: &str) -> (u16, u16) {
    let label = u16::try_from(width(label)).unwrap_or(u16::MAX).min(area.width);
    (area.x + label, area.width - label)
}

/// How many columns of the text lie to the left of what is seen.
fn hidden(line: &LineEdit, room: u16) -> usize {
    (width(&clean(line.before())) + 1).saturating_sub(usize::from(room))
}

/// The text without the clusters that begin in its first `cells` columns.
pub(super) fn skip(text: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        if used >= cells {
            return &text[at..];
        }
        used += width(cluster);
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_seen() {
        let area = Rect::new(2, 1, 10, 1);
        let rows = [("", 4), ("abc", 7), ("abcdefgh", 11), ("abcdefghijkl", 11)];
        for (text, x) in rows {
            let cursor = prompt_cursor(area, "> ", &LineEdit::new(text));
            assert_eq!(cursor, Some(Position { x, y: 1 }), "{text}");
        }
        assert_eq!(prompt_cursor(Rect::new(0, 0, 2, 1), "> ", &LineEdit::new("a")), None);
    }

    #[test]
    fn skipping() {
        for (text, cells, rest) in [
            ("abc", 0, "abc"),
            ("abc", 2, "c"),
            ("abc", 5, ""),
            ("世x", 1, "x"),
            ("", 0, ""),
        ] {
            assert_eq!(skip(text, cells), rest, "{text} {cells}");
        }
    }
}
