//! A scrollbar: how much there is, and where in it one is. Nothing where all of it is seen.

use super::{Look, put};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws the bar into the last column of `area`.
pub fn scrollbar(buffer: &mut Buffer, area: Rect, look: Look<'_>, total: usize, top: usize) {
    let height = usize::from(area.height);
    if total <= height || area.width < 3 || height < 2 {
        return;
    }
    let thumb = (height * height / total).max(1);
    let start = top * (height - thumb) / (total - height).max(1);
    for line in start.min(height - thumb)..(start + thumb).min(height) {
        let y = area.y + u16::try_from(line).unwrap_or(u16::MAX);
        put(
            buffer,
            area.right() - 1,
            y,
            1,
            look.pick("▐", "#"),
            look.style(Role::Scrollbar),
        );
    }
}
