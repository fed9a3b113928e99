//! What Portolan itself uses and how it stands: clusters, lists, bounds with their limits.

mod lines;
#[cfg(test)]
mod tests;

use crate::keys::Layer;
use crate::screens::common::{Moves, document_commands};
use crate::screens::reader::{Reader, Reads};
use crate::screens::{Command, CommandRow, Ctx, Place, Screen, Shared, Title, dispatch, rows};
use crate::text::Clean;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The commands of the info screen.
pub const COMMANDS: &[Command<Info>] = document_commands![];

/// The info screen.
#[derive(Debug, Default)]
pub struct Info {
    reader: Reader,
}

impl Info {
    /// From the top.
    pub fn new() -> Info {
        Info::default()
    }
}

impl Moves for Info {
    fn moves(&mut self, command: &str) {
        self.reader.moves(command);
    }
}

impl Reads for Info {
    fn reader(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

impl Screen for Info {
    fn place(&self) -> Option<Place> {
        Some(Place::Info)
    }

    fn layers(&self) -> &'static [Layer] {
        self.reader.layers()
    }

    fn takes_text(&self) -> bool {
        self.reader.is_typing()
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        self.reader.run(name, ctx) || dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        self.reader.typed(character);
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        self.reader.pasted(text);
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.reader.set(lines::lines(shared), area, false);
    }

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: Clean::new("info"),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        self.reader.draw(buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.reader.cursor(area)
    }

    /// What is used changes all the time; once a second is often enough to read.
    fn next_change(&self, _shared: &Shared) -> Option<i64> {
        Some(1)
    }
}
