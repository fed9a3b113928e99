//! The palette: one line, and below it what it may mean. Kinds, commands, namespaces, contexts and earlier lines are all
//! found by it; an exact name or short name always wins, whatever else looks alike.

mod commands;
mod draw;
mod find;
mod source;
#[cfg(test)]
mod tests;

pub use commands::COMMANDS;

use crate::keys::Layer;
use crate::kinds::Catalog;
use crate::screens::type_ahead;
use crate::screens::{CommandRow, Ctx, Screen, Shared, Title, dispatch, rows};
use crate::text::Clean;
use crate::ui::{ChoiceWidths, LineEdit, ListState, inside};
use crate::want::Want;
use find::Found;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the candidates were made of.
#[derive(Clone, Debug)]
struct Basis {
    text: String,
    catalog: Option<Arc<Catalog>>,
    namespaces: Option<u64>,
    ascii: bool,
}

/// The palette.
#[derive(Debug)]
pub struct Palette {
    line: LineEdit,
    found: Found,
    widths: ChoiceWidths,
    list: ListState,
    /// Whether the user has chosen with the arrows; else the line counts as it is typed.
    moved: bool,
    basis: Option<Basis>,
}

impl Palette {
    /// A palette with this text to start with.
    pub fn new(text: &str) -> Palette {
        Palette {
            line: LineEdit::new(text),
            found: Found::default(),
            widths: ChoiceWidths::default(),
            list: ListState::default(),
            moved: false,
            basis: None,
        }
    }

    fn find(&mut self, shared: &Shared) {
        let catalog = shared.cluster().map(|(_, cluster)| Arc::clone(&cluster.catalog));
        let namespaces = source::namespaces_version(shared);
        let same = self.basis.as_ref().is_some_and(|basis| {
            basis.text == self.line.text()
                && basis.namespaces == namespaces
                && basis.ascii == shared.settings.ascii
                && match (&basis.catalog, &catalog) {
                    (Some(old), Some(new)) => Arc::ptr_eq(old, new),
                    (old, new) => old.is_none() && new.is_none(),
                }
        });
        if same {
            return;
        }
        self.found = find::find(self.line.text(), shared);
        self.widths = ChoiceWidths::of(self.found.candidates.iter().map(|candidate| &candidate.choice));
        self.basis = Some(Basis {
            text: self.line.text().to_owned(),
            catalog,
            namespaces,
            ascii: shared.settings.ascii,
        });
    }

    fn edited(&mut self, shared: &Shared) {
        self.moved = false;
        self.list.reset();
        self.find(shared);
    }
}

impl Screen for Palette {
    fn layers(&self) -> &'static [Layer] {
        &[Layer::Prompt]
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
        match self.line.run(name, std::iter::empty()) {
            Some(true) => self.edited(ctx.shared),
            Some(false) => {}
            None => return false,
        }
        true
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
        self.find(shared);
        let page = type_ahead::rows_below(inside(draw::place(area)));
        self.list.fit(self.found.candidates.len(), page);
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        // To complete their names. Where they may not be listed, the typed ones do.
        wants.extend(shared.current.map(source::namespaces_want).map(Want::List));
    }

    fn title(&self, _shared: &Shared) -> Title {
        Title {
            name: Clean::new("palette"),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        type_ahead::line_cursor(inside(draw::place(area)), &self.line)
    }
}
