//! A yes or no. It starts on Cancel, and takes nothing before one can have read it: a key that was meant for the screen
//! below must not answer a question.

#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, UNSEEN_MS, look, popup_commands};
use crate::screens::{Command, CommandRow, Confirm, Ctx, Place, Request, Screen, Shared, Title, dispatch, rows};
use crate::text::{Clean, width};
use crate::theme::Role;
use crate::ui::{Anchor, popup, popup_area, put, wrap};
use crate::want::Want;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// The narrowest a question is: its keys stand below it.
const NARROWEST: u16 = 46;

/// The widest a question is.
const WIDEST: u16 = 72;

/// The commands of a question.
pub const COMMANDS: &[Command<ConfirmPopup>] = popup_commands!(accept, |_, ctx| ctx.ask(Request::Close));

/// The popup of a [`Confirm`].
#[derive(Debug)]
pub struct ConfirmPopup {
    confirm: Confirm,
    /// When it opened, in milliseconds since the start.
    opened: u64,
    on_yes: bool,
    /// Whether it can have been read.
    readable: bool,
}

impl ConfirmPopup {
    /// The popup of a question, opened at this moment (milliseconds since the start).
    pub fn new(confirm: Confirm, mono: u64) -> ConfirmPopup {
        ConfirmPopup {
            confirm,
            opened: mono,
            on_yes: false,
            readable: false,
        }
    }

    fn place(&self, area: Rect) -> Rect {
        let text = u16::try_from(width(self.confirm.question.as_str()))
            .unwrap_or(u16::MAX)
            .saturating_add(6);
        let wide = text.clamp(NARROWEST, WIDEST);
        let room = usize::from(popup_area(area, wide, 5, Anchor::Middle).width.saturating_sub(6));
        let lines = wrap(self.confirm.question.as_str(), room).len();
        popup_area(area, wide, u16::try_from(lines + 6).unwrap_or(u16::MAX), Anchor::Middle)
    }
}

fn accept(state: &mut ConfirmPopup, ctx: &mut Ctx<'_>) {
    if ctx.shared.mono.saturating_sub(state.opened) < UNSEEN_MS {
        return;
    }
    ctx.ask(if state.on_yes {
        Request::Run(state.confirm.command)
    } else {
        Request::Close
    });
}

impl Moves for ConfirmPopup {
    fn moves(&mut self, command: &str) {
        if self.readable {
            self.on_yes = match command {
                "move_top" => false,
                "move_bottom" => true,
                _ => !self.on_yes,
            };
        }
    }
}

impl Screen for ConfirmPopup {
    fn place(&self) -> Option<Place> {
        None
    }

    fn layers(&self) -> &'static [Layer] {
        &[Layer::Popup]
    }

    /// Letters do nothing to the screen below; `y` and `n` move to the buttons.
    fn takes_text(&self) -> bool {
        true
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        self.readable = ctx.shared.mono.saturating_sub(self.opened) >= UNSEEN_MS;
        dispatch(COMMANDS, self, name, ctx) || name.starts_with("prompt_")
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        if ctx.shared.mono.saturating_sub(self.opened) < UNSEEN_MS {
            return;
        }
        match character {
            'y' | 'Y' => self.on_yes = true,
            'n' | 'N' => self.on_yes = false,
            _ => {}
        }
    }

    fn refresh(&mut self, _area: Rect, _shared: &Shared) {}

    fn wants(&self, _shared: &Shared, _wants: &mut BTreeSet<Want>) {}

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: Clean::new("question"),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let look = look(shared);
        let foot = common::foot(
            shared,
            Layer::Popup,
            &[
                ("move_down", "choose"),
                ("popup_accept", "take"),
                ("popup_cancel", "cancel"),
            ],
        );
        let inside = popup(buffer, self.place(area), look, "", &foot);
        if inside.is_empty() {
            return;
        }
        // The buttons come first where there is no room for both: a question without an answer is a trap.
        let pad = if inside.width > 20 { 2 } else { 0 };
        let buttons = inside.bottom() - 1 - u16::from(inside.height > 4);
        let room = usize::from(inside.width.saturating_sub(pad * 2));
        let lines = wrap(self.confirm.question.as_str(), room);
        let first = inside.top() + u16::from(inside.height > 4);
        for (line, y) in lines.iter().zip(first..buttons) {
            put(
                buffer,
                inside.x + pad,
                y,
                inside.width.saturating_sub(pad),
                line,
                look.style(Role::Text),
            );
        }
        let mut x = inside.x + pad;
        let both = room >= width("Cancel") + width(self.confirm.yes) + 10;
        for (word, active, role) in [
            ("Cancel", !self.on_yes, Role::Selection),
            (self.confirm.yes, self.on_yes, Role::Danger),
        ] {
            if !active && !both {
                continue;
            }
            // The brackets say which one is meant where there are no colours.
            let text = if active {
                format!("[ {word} ]")
            } else {
                format!("  {word}  ")
            };
            let style = if active {
                look.style(Role::Title).patch(look.style(role))
            } else {
                look.style(Role::Muted)
            };
            x += put(buffer, x, buttons, inside.right().saturating_sub(x), &text, style) + 2;
        }
    }
}
