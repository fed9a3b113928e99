//! The frame of a popup or pane: centred, never larger than its area, and gone where there is no room for one.

use super::{Look, fill, put, put_right};
use crate::text;
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Below this many columns or rows a frame would take more than it gives.
const LEAST: (u16, u16) = (12, 4);

/// Where in an area a popup stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// In the middle.
    Middle,
    /// Near the top, so that a list that grows and shrinks below its input line does not move the line.
    Top,
}

/// The place of a popup that would like this size, frame included.
pub fn popup_area(area: Rect, width: u16, height: u16, anchor: Anchor) -> Rect {
    // A little of the screen below stays visible where there is enough of it: one sees that this lies above something.
    let roomy = |whole: u16, margin: u16| if whole > 40 { whole - margin } else { whole };
    let width = width.min(roomy(area.width, 4));
    let height = height.min(area.height.saturating_sub(if area.height > 16 { 2 } else { 0 }));
    let free = area.height - height;
    let down = match anchor {
        Anchor::Middle => free / 2,
        Anchor::Top => (area.height / 8).min(free),
    };
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + down,
        width,
        height,
    }
}

/// What is left inside a frame of this size.
pub fn inside(area: Rect) -> Rect {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return area;
    }
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width - 2,
        height: area.height - 2,
    }
}

/// Draws a popup's ground and frame; `foot` stands in the lower edge. Answers the room inside.
pub fn popup(buffer: &mut Buffer, area: Rect, look: Look<'_>, title: &str, foot: &str) -> Rect {
    let area = area.intersection(buffer.area);
    fill(buffer, area, look.style(Role::Popup));
    edges(buffer, area, look, Role::BorderFocus, title, foot)
}

/// Draws a pane's frame over what is there. Answers the room inside.
pub fn pane(buffer: &mut Buffer, area: Rect, look: Look<'_>, title: &str) -> Rect {
    let area = area.intersection(buffer.area);
    edges(buffer, area, look, Role::Border, title, "")
}

fn edges(buffer: &mut Buffer, area: Rect, look: Look<'_>, role: Role, title: &str, foot: &str) -> Rect {
    let room = inside(area);
    if room == area {
        return area;
    }
    let style = look.style(role);
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for x in left + 1..right {
        put(buffer, x, top, 1, look.pick("─", "-"), style);
        put(buffer, x, bottom, 1, look.pick("─", "-"), style);
    }
    for y in top + 1..bottom {
        put(buffer, left, y, 1, look.pick("│", "|"), style);
        put(buffer, right, y, 1, look.pick("│", "|"), style);
    }
    for (x, y, unicode) in [
        (left, top, "╭"),
        (right, top, "╮"),
        (left, bottom, "╰"),
        (right, bottom, "╯"),
    ] {
        put(buffer, x, y, 1, look.pick(unicode, "+"), style);
    }
    let most = area.width.saturating_sub(6);
    if !title.is_empty() {
        let shown = text::cut(title, usize::from(most)).into_owned();
        put(
            buffer,
            left + 2,
            top,
            most + 2,
            &format!(" {shown} "),
            look.style(Role::Title),
        );
    }
    if !foot.is_empty() && text::width(foot) <= usize::from(most) {
        put_right(
            buffer,
            right - 1,
            bottom,
            most + 2,
            &format!(" {foot} "),
            look.style(Role::Hint),
        );
    }
    room
}
