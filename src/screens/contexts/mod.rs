//! The contexts of the kubeconfig: which there are, how each stands, and the way to use another. Without any it is the
//! screen that says why and what to do. It never writes a kubeconfig.

mod commands;
mod draw;
#[cfg(test)]
mod tests;

pub use commands::COMMANDS;

use crate::keys::Layer;
use crate::msg::ContextInfo;
use crate::screens::common::{self, Moves};
use crate::screens::list_filter::{ListFilter, Typed};
use crate::screens::{CommandRow, Ctx, Place, Screen, Shared, Title, dispatch, rows};
use crate::text::Clean;
use crate::ui::{GridWidths, ListState, grid_page};
use crate::want::{ClusterId, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// The contexts screen.
#[derive(Debug)]
pub struct Contexts {
    filter: ListFilter,
    list: ListState,
    /// Places in `Shared::contexts` that the filter lets through.
    rows: Vec<usize>,
    widths: GridWidths,
    /// The context under the cursor: the cursor follows it, not a place.
    selected: Option<ClusterId>,
}

impl Default for Contexts {
    fn default() -> Contexts {
        Contexts::new()
    }
}

impl Contexts {
    /// The cursor starts on the context in use.
    pub fn new() -> Contexts {
        Contexts {
            filter: ListFilter::default(),
            list: ListState::default(),
            rows: Vec::new(),
            widths: GridWidths::new(draw::COLUMNS),
            selected: None,
        }
    }

    fn selected<'a>(&self, shared: &'a Shared) -> Option<&'a ContextInfo> {
        shared.contexts.get(*self.rows.get(self.list.cursor)?)
    }

    /// The context whose trouble is shown below the table: the one under the cursor, else the one in use.
    fn troubled<'a>(&self, shared: &'a Shared) -> Option<&'a ContextInfo> {
        let has = |context: &&ContextInfo| context.problem.is_some() || common::down(shared, context.id).is_some();
        let current = || shared.context(shared.current?);
        self.selected(shared).filter(has).or_else(|| current().filter(has))
    }

    fn filter_rows(&mut self, shared: &Shared) {
        let words = self.filter.words();
        self.rows = (0..shared.contexts.len())
            .filter(|place| {
                let Some(context) = shared.contexts.get(*place) else {
                    return false;
                };
                common::passes(
                    &words,
                    &[&context.name, context.cluster.as_str(), context.server.as_str()],
                )
            })
            .collect();
        let wanted = self.selected.or(shared.current);
        let at = self
            .rows
            .iter()
            .position(|place| shared.contexts.get(*place).map(|context| context.id) == wanted);
        if let Some(at) = at {
            self.list.cursor = at;
        }
    }
}

impl Moves for Contexts {
    fn moves(&mut self, command: &str) {
        self.list.run(command, self.rows.len());
    }
}

impl Screen for Contexts {
    fn place(&self) -> Option<Place> {
        Some(Place::Contexts)
    }

    fn layers(&self) -> &'static [Layer] {
        self.filter.layers()
    }

    fn takes_text(&self) -> bool {
        self.filter.open
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        match self.filter.run(name, ctx.shared) {
            Some(Typed::Changed) => {
                self.filter_rows(ctx.shared);
                return true;
            }
            Some(_) => return true,
            None => {}
        }
        if name == "go_back_step" {
            return self.filter.clear();
        }
        let done = dispatch(COMMANDS, self, name, ctx);
        self.selected = self.selected(ctx.shared).map(|context| context.id).or(self.selected);
        done
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        self.filter.line.insert(character);
        self.filter_rows(ctx.shared);
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx<'_>) {
        if self.filter.open {
            self.filter.line.paste(text);
            self.filter_rows(ctx.shared);
        }
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.filter_rows(shared);
        let (table, _) = draw::split(self, area, shared);
        self.list.fit(self.rows.len(), grid_page(table));
        for place in &self.rows {
            if let Some(context) = shared.contexts.get(*place) {
                for (column, (text, _)) in draw::cells(context, shared).iter().enumerate() {
                    self.widths.grow(draw::COLUMNS, column, text);
                }
            }
        }
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.extend(shared.current.map(Want::Cluster));
    }

    fn title(&self, shared: &Shared) -> Title {
        Title {
            name: Clean::new("contexts"),
            counts: Some((self.rows.len(), shared.contexts.len())),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.filter.cursor(area)
    }

    fn next_change(&self, shared: &Shared) -> Option<i64> {
        let counting = shared
            .contexts
            .iter()
            .any(|context| common::retry_in(shared, context.id).is_some_and(|s| s > 0));
        counting.then_some(1)
    }
}
