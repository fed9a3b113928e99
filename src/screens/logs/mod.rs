//! Logs: what containers say, merged, searched and filtered.

use crate::keys::Layer;
use crate::screens::{Command, CommandRow, Ctx, LogsPlace, Place, Screen, Shared, Title, dispatch, rows};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The commands of this screen.
pub const COMMANDS: &[Command<Logs>] = &[];

/// The screen.
#[derive(Debug)]
pub struct Logs {
    place: LogsPlace,
}

impl Logs {
    /// Logs of this place.
    pub fn new(place: LogsPlace) -> Logs {
        Logs { place }
    }
}

impl Screen for Logs {
    fn place(&self) -> Option<Place> {
        Some(Place::Logs(self.place.clone()))
    }

    fn layers(&self) -> &'static [Layer] {
        &[Layer::Document]
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        dispatch(COMMANDS, self, name, ctx)
    }

    fn refresh(&mut self, _area: Rect, _shared: &Shared) {}

    fn title(&self, _shared: &Shared) -> Title {
        Title::default()
    }

    fn draw(&self, _buffer: &mut Buffer, _area: Rect, _shared: &Shared) {}
}
