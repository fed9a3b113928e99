//! The namespaces of the current cluster: those the server lists, those the user typed because listing is not allowed, and
//! the context's own. One or several of them become the namespaces of this run; nothing is written to a kubeconfig.

mod commands;
mod draw;
#[cfg(test)]
mod tests;

pub use commands::COMMANDS;

use crate::keys::Layer;
use crate::kinds::{Cell, ResourceName};
use crate::screens::common::{self, Moves};
use crate::screens::list_filter::{ListFilter, Typed};
use crate::screens::{CommandRow, Ctx, Place, Screen, Shared, Title, dispatch, rows};
use crate::store::Table;
use crate::text::{Clean, check_dns_label, next_age_change};
use crate::ui::{GridWidths, ListState, grid_page};
use crate::want::{ClusterId, ListWant, Scope, Shape, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::{BTreeMap, BTreeSet};

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// All namespaces at once.
    All,
    /// A namespace.
    Named(Named),
    /// A name that is not listed, as it was typed.
    Offer(Clean),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    name: Clean,
    /// As the server lists it; None for what was typed or is named by the context alone.
    listed: Option<Listed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    status: Cell,
    created: Option<i64>,
}

impl Entry {
    /// What the cursor follows.
    fn key(&self) -> &str {
        match self {
            Entry::All => "",
            Entry::Named(named) => named.name.as_str(),
            Entry::Offer(name) => name.as_str(),
        }
    }
}

/// What the rows were made of: they are made anew when it changes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Basis {
    cluster: ClusterId,
    table: Option<u64>,
    typed: usize,
    filter: String,
}

/// The namespaces screen.
#[derive(Debug)]
pub struct Namespaces {
    filter: ListFilter,
    list: ListState,
    entries: Vec<Entry>,
    /// How many there are without the filter.
    total: usize,
    marked: BTreeSet<Clean>,
    widths: GridWidths,
    basis: Option<Basis>,
    /// The key of the row under the cursor.
    selected: Option<String>,
    /// The rows that were seen last, for the next change of an age.
    page: usize,
}

impl Default for Namespaces {
    fn default() -> Namespaces {
        Namespaces::new()
    }
}

/// The list of namespaces of a cluster.
fn want(cluster: ClusterId) -> ListWant {
    ListWant {
        cluster,
        resource: ResourceName::new("", "namespaces"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

fn table(shared: &Shared) -> Option<&Table> {
    shared.tables.get(&want(shared.current?))
}

/// Whether a namespace, or all of them for None, is what this run uses.
fn in_use(shared: &Shared, name: Option<&Clean>) -> bool {
    match (shared.cluster().map(|(_, cluster)| &cluster.scope), name) {
        (Some(Scope::All), None) => true,
        (Some(Scope::Namespaces(names)), Some(name)) => names.contains(name),
        _ => false,
    }
}

impl Namespaces {
    /// The cursor starts on what is in use.
    pub fn new() -> Namespaces {
        Namespaces {
            filter: ListFilter::default(),
            list: ListState::default(),
            entries: Vec::new(),
            total: 0,
            marked: BTreeSet::new(),
            widths: GridWidths::new(draw::COLUMNS),
            basis: None,
            selected: None,
            page: 0,
        }
    }

    fn selected(&self) -> Option<&Entry> {
        self.entries.get(self.list.cursor)
    }

    fn rebuild(&mut self, shared: &Shared) {
        let Some((cluster, state)) = shared.cluster() else {
            self.entries.clear();
            return;
        };
        let basis = Basis {
            cluster,
            table: table(shared).map(Table::version),
            typed: state.typed_namespaces.len(),
            filter: self.filter.line.text().to_owned(),
        };
        if self.basis.as_ref() == Some(&basis) {
            return;
        }
        if self.basis.as_ref().is_some_and(|old| old.cluster != cluster) {
            self.marked.clear();
            self.selected = None;
        }
        self.basis = Some(basis);
        let all = known(shared, cluster);
        let words = self.filter.words();
        self.total = all.len();
        let typed = self.filter.line.text().trim();
        let offer = !typed.is_empty() && !all.contains_key(typed) && check_dns_label(typed).is_ok();
        self.entries = Vec::with_capacity(all.len() + 1);
        if common::passes(&words, &["all namespaces"]) {
            self.entries.push(Entry::All);
        }
        // An exact name stands first, so that typing it and Enter takes it.
        let passing: Vec<Named> = all
            .into_values()
            .filter(|n| common::passes(&words, &[n.name.as_str()]))
            .collect();
        let (exact, others): (Vec<Named>, Vec<Named>) = passing.into_iter().partition(|named| named.name == *typed);
        let at = if exact.is_empty() { self.entries.len() } else { 0 };
        self.entries.splice(at..at, exact.into_iter().map(Entry::Named));
        self.entries.extend(others.into_iter().map(Entry::Named));
        if offer {
            self.entries.push(Entry::Offer(Clean::new(typed)));
        }
        let wanted = |entry: &Entry| match (&self.selected, entry) {
            (Some(key), entry) => entry.key() == key,
            (None, Entry::Named(named)) => in_use(shared, Some(&named.name)),
            (None, Entry::All) => in_use(shared, None),
            (None, Entry::Offer(_)) => false,
        };
        self.list.cursor = self.entries.iter().position(wanted).unwrap_or(self.list.cursor);
        for entry in &self.entries {
            self.widths.grow(draw::COLUMNS, 0, entry.key());
        }
    }

    fn narrowed(&mut self, shared: &Shared) {
        // While one types the best row is the first, whatever the cursor was on before.
        self.selected = None;
        self.list.reset();
        self.basis = None;
        self.rebuild(shared);
        if self.filter.is_active() {
            self.list.reset();
        }
    }
}

/// Every namespace anybody knows of, by name.
fn known(shared: &Shared, cluster: ClusterId) -> BTreeMap<Clean, Named> {
    let mut all = BTreeMap::new();
    let named = |name: &Clean| {
        (
            name.clone(),
            Named {
                name: name.clone(),
                listed: None,
            },
        )
    };
    if let Some(context) = shared.context(cluster) {
        all.extend(
            [named(&context.namespace)]
                .into_iter()
                .filter(|(name, _)| !name.is_empty()),
        );
    }
    if let Some(state) = shared.clusters.get(&cluster) {
        all.extend(state.typed_namespaces.iter().map(named));
        if let Scope::Namespaces(names) = &state.scope {
            all.extend(names.iter().map(named));
        }
    }
    if let Some(table) = table(shared) {
        let status = table
            .columns()
            .iter()
            .find(|column| column.name == "STATUS")
            .map(|column| column.field.clone());
        for id in table.ids() {
            let Some(row) = table.row(id) else { continue };
            let status = status.as_ref().map(|field| table.cell(id, field)).unwrap_or_default();
            let listed = Some(Listed {
                status,
                created: row.created,
            });
            all.insert(
                row.name.clone(),
                Named {
                    name: row.name.clone(),
                    listed,
                },
            );
        }
    }
    all
}

impl Moves for Namespaces {
    fn moves(&mut self, command: &str) {
        self.list.run(command, self.entries.len());
    }
}

impl Screen for Namespaces {
    fn place(&self) -> Option<Place> {
        Some(Place::Namespaces)
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
            if !self.marked.is_empty() {
                self.marked.clear();
                return true;
            }
            let had = self.filter.clear();
            self.rebuild(ctx.shared);
            return had;
        }
        let done = dispatch(COMMANDS, self, name, ctx);
        self.selected = self.selected().map(|entry| entry.key().to_owned());
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
        self.page = grid_page(draw::table_area(self, area, shared));
        self.list.fit(self.entries.len(), self.page);
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        if let Some(cluster) = shared.current {
            wants.insert(Want::Cluster(cluster));
            wants.insert(Want::List(want(cluster)));
        }
    }

    fn lists(&self, shared: &Shared) -> Vec<ListWant> {
        shared.current.map(want).into_iter().collect()
    }

    fn title(&self, _shared: &Shared) -> Title {
        let shown = self
            .entries
            .iter()
            .filter(|entry| matches!(entry, Entry::Named(_)))
            .count();
        Title {
            name: Clean::new("namespaces"),
            counts: Some((shown, self.total)),
            marked: self.marked.len(),
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
        let now = shared.now(shared.current?);
        let visible = self.entries.iter().skip(self.list.top).take(self.page);
        let ages = visible.filter_map(|entry| match entry {
            Entry::Named(Named {
                listed: Some(listed), ..
            }) => listed.created,
            _ => None,
        });
        ages.map(|created| next_age_change(now.saturating_sub(created))).min()
    }
}
