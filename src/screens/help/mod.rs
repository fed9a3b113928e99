//! Help: every command that can be meant here, with its keys, searched by typing and run by Enter. Below them, what the
//! keys do while something is typed or chosen.

mod rows;
#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, look, popup_commands};
use crate::screens::{Command, CommandRow, Ctx, Place, Request, Screen, Shared, Title, Tone, dispatch};
use crate::text::Clean;
use crate::ui::{Anchor, Choice, ChoiceWidths, LineEdit, ListState, choices, inside, popup, popup_area};
use crate::want::Want;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// The commands of help.
pub const COMMANDS: &[Command<Help>] = popup_commands!(run_row, |_, ctx| ctx.ask(Request::Close));

/// The help popup.
#[derive(Debug, Default)]
pub struct Help {
    line: LineEdit,
    items: Vec<Choice>,
    /// The command behind each item, and whether it can be used now.
    runs: Vec<Option<(&'static str, bool)>>,
    widths: ChoiceWidths,
    list: ListState,
    /// What the items were made of: the text, how many commands, and how keys are written.
    basis: Option<(String, usize, bool)>,
}

impl Help {
    /// All commands, the first of them under the cursor.
    pub fn new() -> Help {
        Help::default()
    }

    fn rebuild(&mut self, shared: &Shared) {
        let basis = (
            self.line.text().to_owned(),
            shared.commands.len(),
            shared.settings.ascii,
        );
        if self.basis.as_ref() == Some(&basis) {
            return;
        }
        self.basis = Some(basis);
        (self.items, self.runs) = rows::rows(self.line.text(), shared);
        self.widths = ChoiceWidths::of(&self.items);
        common::skip_headings(&mut self.list, &self.items, true);
    }

    fn edited(&mut self, shared: &Shared) {
        self.list.reset();
        self.rebuild(shared);
    }
}

fn run_row(state: &mut Help, ctx: &mut Ctx<'_>) {
    match state.runs.get(state.list.cursor) {
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
        self.list.run(command, self.items.len());
        let down = !matches!(command, "move_up" | "page_up");
        common::skip_headings(&mut self.list, &self.items, down);
        // The heading above the first row belongs to it.
        if self.list.cursor == 1 {
            self.list.top = 0;
        }
    }
}

impl Screen for Help {
    fn place(&self) -> Option<Place> {
        None
    }

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
        let changed = self.line.run(name, std::iter::empty());
        if changed == Some(true) {
            self.edited(ctx.shared);
        }
        changed.is_some()
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        self.line.insert(character);
        self.edited(ctx.shared);
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx<'_>) {
        self.line.paste(text);
        self.edited(ctx.shared);
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.rebuild(shared);
        self.list
            .fit(self.items.len(), common::below_type_ahead(inside(place(area))));
    }

    fn wants(&self, _shared: &Shared, _wants: &mut BTreeSet<Want>) {}

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
        let inside = popup(buffer, place(area), look(shared), "Help", &foot);
        let body = common::type_ahead(buffer, inside, shared, &self.line, "search commands and keys");
        if inside.height < 2 {
            return;
        }
        choices(
            buffer,
            body,
            look(shared),
            self.widths,
            &self.list,
            self.items.len(),
            |index| self.items.get(index),
        );
        if self.items.is_empty() {
            common::say_empty(
                buffer,
                body,
                shared,
                "No command and no key has that in its name or description.",
            );
        }
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        common::type_ahead_cursor(inside(place(area)), &self.line)
    }
}
