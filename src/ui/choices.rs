//! A list of choices, as palette, help, menu and picker show it: text, detail, key, and a small word for what it is.

use super::{ListState, Look, fill, put, put_right, scrollbar};
use crate::text::{clean, cut, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// One choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What is chosen.
    pub text: String,
    /// The characters of `text` that what was typed has found, ascending.
    pub matched: Vec<usize>,
    /// What it is or does.
    pub detail: String,
    /// Its keys, or other names for it.
    pub key: String,
    /// A small word at the right.
    pub tag: String,
    /// How its text is drawn.
    pub role: Role,
    /// Whether it is marked, where several may be chosen.
    pub marked: Option<bool>,
    /// A heading: cannot be chosen.
    pub heading: bool,
}

/// How wide the parts of the choices are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChoiceWidths {
    text: usize,
    detail: usize,
    key: usize,
    tag: usize,
}

impl ChoiceWidths {
    /// The widest of each part.
    pub fn of<'a>(choices: impl IntoIterator<Item = &'a Choice>) -> ChoiceWidths {
        let mut widths = ChoiceWidths::default();
        for choice in choices.into_iter().filter(|choice| !choice.heading) {
            widths.text = widths.text.max(width(&choice.text));
            widths.detail = widths.detail.max(width(&choice.detail));
            widths.key = widths.key.max(width(&choice.key));
            widths.tag = widths.tag.max(width(&choice.tag));
        }
        widths
    }

    /// How many columns a list of such choices would like.
    pub fn total(&self) -> u16 {
        let parts = [self.text, self.detail, self.key, self.tag];
        let gaps = parts.iter().filter(|part| **part > 0).count() * 2;
        u16::try_from(parts.iter().sum::<usize>() + gaps + 6).unwrap_or(u16::MAX)
    }
}

/// Draws the visible ones of `count` choices.
pub fn choices<'a>(
    buffer: &mut Buffer,
    area: Rect,
    look: Look<'_>,
    widths: ChoiceWidths,
    list: &ListState,
    count: usize,
    choice: impl Fn(usize) -> Option<&'a Choice>,
) {
    let area = area.intersection(buffer.area);
    for (index, y) in (list.top..count).zip(area.top()..area.bottom()) {
        let Some(choice) = choice(index) else { continue };
        let line = Rect { y, height: 1, ..area };
        if index == list.cursor && !choice.heading {
            fill(buffer, line, look.style(Role::Popup).patch(look.style(Role::Selection)));
            put(buffer, area.x, y, 1, look.cursor(), look.style(Role::CursorBar));
        }
        draw_choice(buffer, line, look, widths, choice);
    }
    scrollbar(buffer, area, look, count, list.top);
}

fn draw_choice(buffer: &mut Buffer, line: Rect, look: Look<'_>, widths: ChoiceWidths, choice: &Choice) {
    let (mut x, y) = (line.x + 2, line.y);
    let mut right = line.right().saturating_sub(2);
    let left_of = |right: u16, x: u16| right.saturating_sub(x);
    if choice.heading {
        put(
            buffer,
            line.x + 1,
            y,
            left_of(right, line.x + 1),
            &choice.text,
            look.style(Role::Title),
        );
        return;
    }
    if let Some(marked) = choice.marked {
        let (mark, role) = if marked {
            (look.pick("■", "[x]"), Role::Marked)
        } else {
            (look.pick("□", "[ ]"), Role::Faint)
        };
        x += put(buffer, x, y, left_of(right, x), mark, look.style(role)) + 1;
    }
    let (text_wide, key_wide, tag_wide) = (cells(widths.text), cells(widths.key), cells(widths.tag));
    // Tag, then key, then detail go where there is no room for them; the text itself always stays.
    let wanted = text_wide.min(28);
    if tag_wide > 0 && left_of(right, x) > wanted + tag_wide + 2 {
        put_right(buffer, right, y, tag_wide, &choice.tag, look.style(Role::Faint));
        right -= tag_wide + 2;
    }
    if key_wide > 0 && left_of(right, x) > wanted + key_wide.min(14) + 2 {
        let key_wide = key_wide.min(left_of(right, x) / 3).max(key_wide.min(14));
        let shown = cut(&choice.key, usize::from(key_wide)).into_owned();
        put_right(buffer, right, y, key_wide, &shown, look.style(Role::Key));
        right -= key_wide + 2;
    }
    let room = left_of(right, x);
    let detail_wide = cells(widths.detail);
    let text_room = if detail_wide == 0 {
        room
    } else if text_wide + 2 + detail_wide <= room {
        text_wide
    } else {
        text_wide.min((room / 2).max(wanted))
    };
    draw_matched(buffer, x, y, text_room.min(room), look, choice);
    x = x.saturating_add(text_room + 2);
    if left_of(right, x) >= 8 {
        put(buffer, x, y, left_of(right, x), &choice.detail, look.style(Role::Muted));
    }
}

fn draw_matched(buffer: &mut Buffer, x: u16, y: u16, room: u16, look: Look<'_>, choice: &Choice) {
    let style = look.style(choice.role);
    let text = clean(&choice.text);
    let taken = put(buffer, x, y, room, &text, style);
    // Cleaning changes what is not plain, and then places do not agree any more.
    if text != choice.text || !text.is_ascii() {
        return;
    }
    for place in &choice.matched {
        let at = u16::try_from(*place).unwrap_or(u16::MAX);
        if at < taken
            && let Some(cell) = buffer.cell_mut((x + at, y))
        {
            cell.set_style(style.patch(look.style(Role::Match)));
        }
    }
}

fn cells(wide: usize) -> u16 {
    u16::try_from(wide).unwrap_or(u16::MAX)
}
