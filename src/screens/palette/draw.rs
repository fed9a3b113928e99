//! The palette's popup. Its height does not follow the number of candidates: the line one types in stays where it is.

use super::Palette;
use crate::keys::Layer;
use crate::screens::Shared;
use crate::screens::common::{self, look};
use crate::screens::type_ahead;
use crate::theme::Role;
use crate::ui::{Anchor, choices, popup, popup_area, put, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Where the popup stands.
pub fn place(area: Rect) -> Rect {
    let height = (area.height / 5 * 3).clamp(8, 24);
    popup_area(area, 96, height, Anchor::Top)
}

/// Draws the palette.
pub fn draw(state: &Palette, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    let foot = common::foot(
        shared,
        Layer::Prompt,
        &[
            ("prompt_accept", "run"),
            ("prompt_complete", "complete"),
            ("prompt_cancel", "close"),
        ],
    );
    let inside = popup(buffer, place(area), look(shared), "", &foot);
    let placeholder = "a kind, a command, ns NAME, ctx NAME";
    let body = type_ahead::draw_line(buffer, inside, shared, &state.line, placeholder);
    if inside.height < 2 {
        return;
    }
    let candidates = &state.found.candidates;
    if let Some(problem) = state.found.problem.as_ref().filter(|_| candidates.is_empty()) {
        let width = usize::from(body.width.saturating_sub(6));
        for (line, y) in wrap(problem, width).iter().zip(body.top()..body.bottom()) {
            put(
                buffer,
                body.x + 3,
                y,
                body.width.saturating_sub(4),
                line,
                shared.theme.style(Role::Warn),
            );
        }
        return;
    }
    let choice = |index: usize| candidates.get(index).map(|candidate| &candidate.choice);
    choices(
        buffer,
        body,
        look(shared),
        state.widths,
        &state.list,
        candidates.len(),
        choice,
    );
}
