//! Help: every command that can be meant here, with its keys, searched by typing and run by Enter. Below them, what the
//! keys do while something is typed or chosen.

mod rows;
#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, popup_commands};
use crate::screens::type_ahead::{TypeAhead, Words, skip_headings};
use crate::screens::{Command, CommandRow, Ctx, Request, Screen, Shared, Title, Tone, dispatch};
use crate::text::Clean;
use crate::ui::{Anchor, ChoiceWidths, popup_area};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The commands of help.
pub const COMMANDS: &[Command<Help>] = popup_commands!(run_row, |_, ctx| ctx.ask(Request::Close));

/// The help popup.
#[derive(Debug, Default)]
pub struct Help {
    choosing: TypeAhead,
    /// The command behind each item, and whether it can be used now.
    runs: Vec<Option<(&'static str, bool)>>,
}

impl Help {
    /// All commands, the first of them under the cursor.
    pub fn new() -> Help {
        Help::default()
    }

    fn rebuild(&mut self, shared: &Shared) {
        if !self.choosing.has_changed(shared) {
            return;
        }
        let choosing = &mut self.choosing;
        (choosing.items, self.runs) = rows::rows(choosing.line.text(), shared);
        choosing.widths = ChoiceWidths::of(&choosing.items);
        skip_headings(&mut choosing.list, &choosing.items, true);
    }

    fn edited(&mut self, shared: &Shared) {
        self.choosing.list.reset();
        self.rebuild(shared);
    }
}

fn run_row(state: &mut Help, ctx: &mut Ctx<'_>) {
    match state.runs.get(state.choosing.list.cursor) {
        Some(Some((name, true))) => ctx.ask(Request::Run(name)),
        Some(Some((name, false))) => {
            ctx.toast(
                Tone::Warn,
                &format!("`{}` cannot be used here now.", name.replace('_', " ")),
            );
        }
        _ => {}
    }
}

fn place(area: Rect) -> Rect {
    popup_area(area, 96, area.height, Anchor::Middle)
}

impl Moves for Help {
    fn moves(&mut self, command: &str) {
        let choosing = &mut self.choosing;
        choosing.moves(command);
        let down = !matches!(command, "move_up" | "page_up");
        skip_headings(&mut choosing.list, &choosing.items, down);
        // The heading above the first row belongs to it.
        if choosing.list.cursor == 1 {
            choosing.list.top = 0;
        }
    }
}

impl Screen for Help {
    fn layers(&self) -> &'static [Layer] {
        &[Layer::Popup]
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        crate::screens::rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if dispatch(COMMANDS, self, name, ctx) {
            return true;
        }
        let changed = self.choosing.run(name);
        if changed == Some(true) {
            self.edited(ctx.shared);
        }
        changed.is_some()
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        self.choosing.line.insert(character);
        self.edited(ctx.shared);
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx<'_>) {
        self.choosing.line.paste(text);
        self.edited(ctx.shared);
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.rebuild(shared);
        self.choosing.fit(place(area));
    }

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: Clean::new("help"),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let foot = common::foot(
            shared,
            Layer::Popup,
            &[("popup_accept", "run"), ("popup_cancel", "close")],
        );
        let words = Words {
            title: "Help",
            foot: &foot,
            placeholder: "search commands and keys",
            empty: "No command and no key has that in its name or description.",
        };
        self.choosing.draw(buffer, place(area), shared, words);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.choosing.cursor(place(area))
    }
}
