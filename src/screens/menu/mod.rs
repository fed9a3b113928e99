//! The menu: what can be done here, each with its key and with how much harm it can do. What cannot be done now stands dim
//! at the end. Ways of moving are left out: they are no things one does.

#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{self, Moves, popup_commands};
use crate::screens::type_ahead::{TypeAhead, Words};
use crate::screens::{Command, CommandRow, Ctx, Danger, Request, Screen, Shared, Title, Tone, dispatch, rows};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{Anchor, Choice, ChoiceWidths, popup_area};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The commands of the menu.
pub const COMMANDS: &[Command<Menu>] = popup_commands!(run_row, |_, ctx| ctx.ask(Request::Close));

/// The menu popup.
#[derive(Debug, Default)]
pub struct Menu {
    choosing: TypeAhead,
    runs: Vec<(&'static str, bool)>,
    /// How many rows there are when nothing is typed: the popup keeps that size.
    most: usize,
}

impl Menu {
    /// Everything that can be done.
    pub fn new() -> Menu {
        Menu::default()
    }

    fn rebuild(&mut self, shared: &Shared) {
        if !self.choosing.has_changed(shared) {
            return;
        }
        let words: Vec<String> = self
            .choosing
            .line
            .text()
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let useful = |row: &&CommandRow| !common::is_motion(row.name) && row.name != "open_menu";
        let mut found: Vec<&CommandRow> = shared.commands.iter().filter(useful).collect();
        self.most = self.most.max(found.len());
        found.retain(|row| common::passes(&words, &[row.name, &row.name.replace('_', " "), row.doc, row.hint]));
        // A stable sort: what can be done keeps its order.
        found.sort_by_key(|row| !row.enabled);
        self.choosing.items = found.iter().map(|row| choice(row, shared)).collect();
        self.runs = found.iter().map(|row| (row.name, row.enabled)).collect();
        let widths = ChoiceWidths::of(&self.choosing.items);
        // The popup does not shrink while one types.
        if words.is_empty() || self.choosing.widths == ChoiceWidths::default() {
            self.choosing.widths = widths;
        }
    }

    fn edited(&mut self, shared: &Shared) {
        self.choosing.list.reset();
        self.rebuild(shared);
    }

    fn place(&self, area: Rect) -> Rect {
        let height = u16::try_from(self.most + 4).unwrap_or(u16::MAX);
        popup_area(area, self.choosing.widths.total().max(36) + 2, height, Anchor::Middle)
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
    match state.runs.get(state.choosing.list.cursor) {
        Some((name, true)) => ctx.ask(Request::Run(name)),
        Some((_, false)) => ctx.toast(Tone::Warn, "That cannot be done here now."),
        None => {}
    }
}

impl Moves for Menu {
    fn moves(&mut self, command: &str) {
        self.choosing.moves(command);
    }
}

impl Screen for Menu {
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

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.rebuild(shared);
        self.choosing.fit(self.place(area));
    }

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
        let words = Words {
            title: "What can be done here",
            foot: &foot,
            placeholder: "type to search",
            empty: "Nothing here is called that.",
        };
        self.choosing.draw(buffer, self.place(area), shared, words);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.choosing.cursor(self.place(area))
    }
}
