//! The way of every text to the screen. Widgets of the drawing library let dangerous characters through; this does not.

use crate::text;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Puts a text at a place, cut to `max` cells; says how many cells it took. What is not clean is cleaned on the way.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, max: u16, content: &str, style: Style) -> u16 {
    let area = buffer.area;
    if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() || max == 0 {
        return 0;
    }
    let max = max.min(area.right() - x);
    let clean = text::clean(content);
    let fitting = text::cut(&clean, usize::from(max));
    let (end, _) = buffer.set_stringn(x, y, fitting.as_ref(), usize::from(max), style);
    end - x
}

/// Puts a text so that it ends before column `right`; says where it begins.
pub fn put_right(buffer: &mut Buffer, right: u16, y: u16, max: u16, content: &str, style: Style) -> u16 {
    let width = u16::try_from(text::width(content)).unwrap_or(u16::MAX).min(max);
    let x = right.saturating_sub(width);
    put(buffer, x, y, width, content, style);
    x
}

/// Fills an area with blanks in a style.
pub fn fill(buffer: &mut Buffer, area: Rect, style: Style) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(style);
            }
        }
    }
}
