//! The kinds that the current cluster serves, or those that live in one namespace. What discovery could not find out is
//! said and never hides the rest.

mod commands;
mod draw;
#[cfg(test)]
mod tests;

pub use commands::COMMANDS;

use crate::keys::Layer;
use crate::kinds::{Catalog, Resource, ResourceName};
use crate::screens::common::{self, Moves};
use crate::screens::list_filter::{ListFilter, Typed};
use crate::screens::{CommandRow, Ctx, Place, Screen, Shared, Title, dispatch, rows};
use crate::text::Clean;
use crate::ui::{GridWidths, ListState, grid_page};
use crate::want::Want;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The kinds screen.
#[derive(Debug)]
pub struct Kinds {
    namespace: Option<Clean>,
    filter: ListFilter,
    list: ListState,
    /// The resources that are shown.
    rows: Vec<Arc<Resource>>,
    total: usize,
    widths: GridWidths,
    /// What the rows were made of.
    basis: Option<(Arc<Catalog>, String)>,
    selected: Option<ResourceName>,
}

impl Kinds {
    /// The kinds that live in this namespace, or all.
    pub fn new(namespace: Option<Clean>) -> Kinds {
        Kinds {
            namespace,
            filter: ListFilter::default(),
            list: ListState::default(),
            rows: Vec::new(),
            total: 0,
            widths: GridWidths::new(draw::COLUMNS),
            basis: None,
            selected: None,
        }
    }

    fn selected(&self) -> Option<&Arc<Resource>> {
        self.rows.get(self.list.cursor)
    }

    fn rebuild(&mut self, shared: &Shared) {
        let Some((_, cluster)) = shared.cluster() else {
            self.rows.clear();
            return;
        };
        let filter = self.filter.line.text();
        let same = |(catalog, text): &(Arc<Catalog>, String)| Arc::ptr_eq(catalog, &cluster.catalog) && text == filter;
        if self.basis.as_ref().is_some_and(same) {
            return;
        }
        self.basis = Some((Arc::clone(&cluster.catalog), filter.to_owned()));
        let words = self.filter.words();
        let lives = |resource: &&Arc<Resource>| self.namespace.is_none() || resource.namespaced;
        let all: Vec<&Arc<Resource>> = cluster.catalog.resources.iter().filter(lives).collect();
        self.total = all.len();
        self.rows = all
            .into_iter()
            .filter(|resource| found(&words, resource))
            .cloned()
            .collect();
        // Within the server's order: core first, then group by group.
        if let Some(at) = self
            .rows
            .iter()
            .position(|resource| Some(&resource.name) == self.selected.as_ref())
        {
            self.list.cursor = at;
        }
        for resource in &self.rows {
            for (column, (text, _)) in draw::cells(resource, shared).iter().enumerate() {
                self.widths.grow(draw::COLUMNS, column, text);
            }
        }
    }

    fn narrowed(&mut self, shared: &Shared) {
        self.selected = None;
        self.list.reset();
        self.rebuild(shared);
    }
}

fn found(words: &[String], resource: &Resource) -> bool {
    let mut texts = vec![
        resource.name.resource.as_str(),
        resource.name.group.as_str(),
        resource.kind.as_str(),
    ];
    texts.extend(resource.short_names.iter().map(Clean::as_str));
    common::passes(words, &texts)
}

impl Moves for Kinds {
    fn moves(&mut self, command: &str) {
        self.list.run(command, self.rows.len());
    }
}

impl Screen for Kinds {
    fn place(&self) -> Option<Place> {
        Some(Place::Kinds(self.namespace.clone()))
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
                self.narrowed(ctx.shared);
                return true;
            }
            Some(_) => return true,
            None => {}
        }
        if name == "go_back_step" {
            let had = self.filter.clear();
            self.rebuild(ctx.shared);
            return had;
        }
        let done = dispatch(COMMANDS, self, name, ctx);
        self.selected = self.selected().map(|resource| resource.name.clone());
        done
    }

    fn typed(&mut self, character: char, ctx: &mut Ctx<'_>) {
        self.filter.line.insert(character);
        self.narrowed(ctx.shared);
    }

    fn pasted(&mut self, text: &str, ctx: &mut Ctx<'_>) {
        if self.filter.open {
            self.filter.line.paste(text);
            self.narrowed(ctx.shared);
        }
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.rebuild(shared);
        self.list
            .fit(self.rows.len(), grid_page(draw::table_area(self, area, shared)));
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.extend(shared.current.map(Want::Cluster));
    }

    fn title(&self, _shared: &Shared) -> Title {
        let trail = self
            .namespace
            .as_ref()
            .map(|name| common::clean_of(&["in namespace ", name.as_str()]));
        Title {
            name: Clean::new("kinds"),
            trail: trail.unwrap_or_default(),
            counts: Some((self.rows.len(), self.total)),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        self.filter.cursor(area)
    }
}
