//! The menu: what can be done here, each with its key and with how much harm it can do. What cannot be done now stands dim
//! at the end. Ways of moving are left out: they are no things one does.

#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, look, popup_commands};
use crate::screens::{Command, CommandRow, Ctx, Danger, Place, Request, Screen, Shared, Title, Tone, dispatch, rows};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{Anchor, Choice, ChoiceWidths, LineEdit, ListState, choices, inside, popup, popup_area};
use crate::want::Want;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// The commands of the menu.
pub const COMMANDS: &[Command<Menu>] = popup_commands!(run_row, |_, ctx| ctx.ask(Request::Close));

/// The menu popup.
#[derive(Debug, Default)]
pub struct Menu {
    line: LineEdit,
    items: Vec<Choice>,
    runs: Vec<(&'static str, bool)>,
    widths: ChoiceWidths,
    list: ListState,
    basis: Option<(String, usize, bool)>,
    /// How many rows there are when nothing is typed: the popup keeps that size.
    most: usize,
}

impl Menu {
    /// Everything that can be done.
    pub fn new() -> Menu {
        Menu::default()
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
        let words: Vec<String> = self.line.text().split_whitespace().map(str::to_lowercase).collect();
        let useful = |row: &&CommandRow| !common::is_motion(row.name) && row.name != "open_menu";
        let mut found: Vec<&CommandRow> = shared.commands.iter().filter(useful).collect();
        self.most = self.most.max(found.len());
        found.retain(|row| common::passes(&words, &[row.name, &row.name.replace('_', " "), row.doc, row.hint]));
        // A stable sort: what can be done keeps its order.
        found.sort_by_key(|row| !row.enabled);
        self.items = found.iter().map(|row| choice(row, shared)).collect();
        self.runs = found.iter().map(|row| (row.name, row.enabled)).collect();
        let widths = ChoiceWidths::of(&self.items);
        // The popup does not shrink while one types.
        if words.is_empty() || self.widths == ChoiceWidths::default() {
            self.widths = widths;
        }
    }

    fn edited(&mut self, shared: &Shared) {
        self.list.reset();
        self.rebuild(shared);
    }

    fn place(&self, area: Rect) -> Rect {
        let height = u16::try_from(self.most + 4).unwrap_or(u16::MAX);
        popup_area(area, self.widths.total().max(36) + 2, height, Anchor::Middle)
    }
}

fn choice(row: &CommandRow, shared: &Shared) -> Choice {
    let role = match row.danger {
        _ if !row.enabled => Role::Faint,
        Danger::None => Role::Text,
        Danger::Change => Role::Warn,
        Danger::Destroy => Role::Error,
    };
    let tag = match row.danger {
        _ if !row.enabled => "not now",
        Danger::None => "",
        Danger::Change => "changes",
        Danger::Destroy => "destroys",
    };
    Choice {
        text: row.doc.to_owned(),
        key: common::key_label(shared, row.name, 1),
        tag: tag.to_owned(),
        role,
        ..Choice::default()
    }
}

fn run_row(state: &mut Menu, ctx: &mut Ctx<'_>) {
    match state.runs.get(state.list.cursor) {
        Some((name, true)) => ctx.ask(Request::Run(name)),
        Some((_, false)) => ctx.toast(Tone::Warn, "That cannot be done here now."),
        None => {}
    }
}

impl Moves for Menu {
    fn moves(&mut self, command: &str) {
        self.list.run(command, self.items.len());
    }
}

impl Screen for Menu {
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
        rows(COMMANDS, self, shared)
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

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.rebuild(shared);
        self.list
            .fit(self.items.len(), common::below_type_ahead(inside(self.place(area))));
    }

    fn wants(&self, _shared: &Shared, _wants: &mut BTreeSet<Want>) {}

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: Clean::new("menu"),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let foot = common::foot(
            shared,
            Layer::Popup,
            &[("popup_accept", "do"), ("popup_cancel", "close")],
        );
        let inside = popup(buffer, self.place(area), look(shared), "What can be done here", &foot);
        let body = common::type_ahead(buffer, inside, shared, &self.line, "type to search");
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
            common::say_empty(buffer, body, shared, "Nothing here is called that.");
        }
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        common::type_ahead_cursor(inside(self.place(area)), &self.line)
    }
}
