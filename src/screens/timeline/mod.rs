//! Timeline: what happened in these namespaces, in the order of time.

use crate::keys::Layer;
use crate::screens::{Command, CommandRow, Ctx, Place, Screen, Shared, Title, dispatch, rows};
use crate::want::{ClusterId, Scope};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The commands of this screen.
pub const COMMANDS: &[Command<Timeline>] = &[];

/// The screen.
#[derive(Debug)]
pub struct Timeline {
    cluster: ClusterId,
    scope: Scope,
}

impl Timeline {
    /// The timeline of these namespaces.
    pub fn new(cluster: ClusterId, scope: Scope) -> Timeline {
        Timeline { cluster, scope }
    }
}

impl Screen for Timeline {
    fn place(&self) -> Option<Place> {
        Some(Place::Timeline(self.cluster, self.scope.clone()))
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
