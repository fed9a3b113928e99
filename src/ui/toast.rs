//! Toasts: short messages at the lower right, the newest lowest. They cover as little as they can.

use super::{Look, fill, put, wrap};
use crate::text::{cut, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// No toast is wider than this, or higher than so many lines.
const WIDEST: u16 = 104;
const HIGHEST: usize = 4;

/// A message: the role it is drawn in and its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Toast<'a> {
    /// [`Role::ToastInfo`], [`Role::ToastWarn`] or [`Role::ToastError`].
    pub role: Role,
    /// What it says.
    pub text: &'a str,
}

/// Draws toasts, oldest first, into the lower right corner of `area`; those that do not fit are left out, old ones first.
pub fn toasts(buffer: &mut Buffer, area: Rect, look: Look<'_>, toasts: &[Toast<'_>]) {
    let area = area.intersection(buffer.area);
    let mut bottom = area.bottom();
    for toast in toasts.iter().rev() {
        let mark = match toast.role {
            Role::ToastError => look.cross(),
            Role::ToastWarn => look.caution(),
            _ => look.pick("·", "-"),
        };
        // A column at the right stays free, and a word at the left can still be read.
        let most = area.width.saturating_sub(2).min(WIDEST);
        if most < 10 {
            return;
        }
        let mut lines = wrap(toast.text, usize::from(most) - 4);
        if lines.len() > HIGHEST {
            lines.truncate(HIGHEST);
            if let Some(last) = lines.last_mut() {
                *last = cut(&format!("{last} …"), usize::from(most) - 4).into_owned();
            }
        }
        let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
        let wide = u16::try_from(widest + 4).unwrap_or(most).min(most);
        let high = u16::try_from(lines.len()).unwrap_or(1);
        if bottom - area.top() < high {
            return;
        }
        let box_area = Rect {
            x: area.right() - wide - 1,
            y: bottom - high,
            width: wide,
            height: high,
        };
        let style = look.style(toast.role);
        fill(buffer, box_area, style);
        put(buffer, box_area.x + 1, box_area.y, 1, mark, style);
        for (line, y) in lines.iter().zip(box_area.y..) {
            put(buffer, box_area.x + 3, y, wide - 3, line, style);
        }
        bottom = box_area.y;
    }
}
