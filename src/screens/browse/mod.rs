//! Browse: the live table. Rows of one kind or several, filtered, sorted, marked, followed along their links.
//!
//! ```text
//!  NAME ↑              READY  STATUS   …        columns, the sorted one marked
//! ▌cart-7d9f6c5b9-8lm2p  1/2  ✗ Crash…          the cursor follows an object, never an index
//!  …
//!  / web restarts>5                             the filter, while it is typed or in force
//! ```

mod commands;
mod draw;
mod layout;
mod links;
mod objects;
mod output;
mod questions;
mod screen;

use super::{CommandRow, Ctx, ListPlace, LogsPlace, Place, Request, Shared};
use crate::effect::{Effect, Memory};
use crate::kinds::{Column, Kind, ResourceName, Row, Uid, kind};
use crate::store::{Filter, Mark, RowRef, Table, View, ViewSpec};
use crate::text::{Clean, Selector};
use crate::ui::LineEdit;
use crate::want::{ListWant, Scope};
use layout::Layout;
use ratatui::layout::Rect;
use std::collections::BTreeSet;

/// What is being typed below the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// `/`
    Filter,
    /// A label selector for the server.
    Selector,
    /// A label selector for the pods whose logs are to be read.
    Logs,
    /// Where to export to.
    Export,
}

/// The live table.
#[derive(Debug)]
pub struct Browse {
    place: ListPlace,
    /// The lists behind it, one per resource.
    lists: Vec<ListWant>,
    spec: ViewSpec,
    view: View,
    /// Rows that the filter has found wrong: the last good filter stays in force.
    filter_error: Option<String>,
    /// The text of the filter in force, as typed.
    filter_text: String,
    /// Label selector typed into the filter (`-l`) or the selector prompt, beside the place's own.
    labels: String,
    prompt: Option<(Asking, LineEdit)>,
    /// The object under the cursor; the index only remembers where it was.
    cursor: Option<(RowRef, Uid)>,
    index: usize,
    offset: usize,
    /// Whether the user has moved the cursor: before that it stays on top while the first list comes in.
    moved: bool,
    marks: BTreeSet<(u16, Uid)>,
    /// Where a range of marks begins.
    anchor: Option<Uid>,
    wide: bool,
    show_labels: bool,
    label_columns: Vec<Clean>,
    /// The column a copy takes, and the sort keys move along.
    layout: Layout,
    columns_seen: Vec<u64>,
    sort_chosen: bool,
    area: Rect,
    /// When it was refreshed last, in unix seconds by the server's clock.
    now: i64,
}

impl Browse {
    /// A table for this place.
    pub fn new(place: ListPlace) -> Browse {
        let filter_text = place.filter.clone();
        Browse {
            spec: ViewSpec {
                owner: place.owner.clone(),
                ..ViewSpec::default()
            },
            place,
            lists: Vec::new(),
            view: View::default(),
            filter_error: None,
            filter_text,
            labels: String::new(),
            prompt: None,
            cursor: None,
            index: 0,
            offset: 0,
            moved: false,
            marks: BTreeSet::new(),
            anchor: None,
            wide: false,
            show_labels: false,
            label_columns: Vec::new(),
            layout: Layout::default(),
            columns_seen: Vec::new(),
            sort_chosen: false,
            area: Rect::default(),
            now: 0,
        }
    }

    /// The scope in force: the place's own, or the cluster's of this run.
    fn scope(&self, shared: &Shared) -> Scope {
        match &self.place.scope {
            Some(scope) => scope.clone(),
            None => shared
                .clusters
                .get(&self.place.cluster)
                .map_or(Scope::All, |state| state.scope.clone()),
        }
    }

    fn lists_now(&self, shared: &Shared) -> Vec<ListWant> {
        let scope = self.scope(shared);
        let labels = match (self.place.labels.as_str(), self.labels.as_str()) {
            (own, "") => Clean::new(own),
            ("", typed) => Clean::new(typed),
            (own, typed) => Clean::new(&format!("{own},{typed}")),
        };
        let catalog = shared.clusters.get(&self.place.cluster).map(|state| &state.catalog);
        let lists = self.place.resources.iter().map(|name| {
            let namespaced = catalog
                .and_then(|catalog| catalog.find(name))
                .map(|resource| resource.namespaced)
                .or_else(|| kind(name.group.as_str(), name.resource.as_str()).map(|kind| kind.namespaced))
                .unwrap_or(true);
            ListWant {
                cluster: self.place.cluster,
                resource: name.clone(),
                scope: if namespaced { scope.clone() } else { Scope::All },
                labels: labels.clone(),
                fields: self.place.fields.clone(),
                shape: self.place.shape,
            }
        });
        lists.collect()
    }

    fn tables<'a>(&self, shared: &'a Shared) -> Vec<&'a Table> {
        self.lists.iter().filter_map(|list| shared.tables.get(list)).collect()
    }

    /// Whether rows of more than one namespace may be here.
    fn spans_namespaces(&self, shared: &Shared) -> bool {
        let namespaced = self.is_namespaced(shared);
        namespaced
            && match self.scope(shared) {
                Scope::All => true,
                Scope::Namespaces(names) => names.len() != 1,
            }
    }

    fn catalog_entry(&self, shared: &Shared, name: &ResourceName) -> Option<bool> {
        let state = shared.clusters.get(&self.place.cluster)?;
        let found = state.catalog.find(name).map(|resource| resource.namespaced);
        found.or_else(|| kind(name.group.as_str(), name.resource.as_str()).map(|kind| kind.namespaced))
    }

    /// What we know of the kind of a row.
    fn kind_of(&self, row: RowRef) -> Option<&'static Kind> {
        let list = self.lists.get(usize::from(row.table))?;
        if list.shape == crate::want::Shape::Containers {
            return None;
        }
        kind(list.resource.group.as_str(), list.resource.resource.as_str())
    }

    /// The row under the cursor.
    fn current<'a>(&self, shared: &'a Shared) -> Option<(RowRef, &'a Row)> {
        // The cursor remembers its object while a filter hides every row; nothing acts on what is not seen.
        let (row, uid) = self.cursor.as_ref().filter(|_| !self.view.rows().is_empty())?;
        let table = shared.tables.get(self.lists.get(usize::from(row.table))?)?;
        table
            .row(row.id)
            .filter(|content| content.uid == *uid)
            .map(|content| (*row, content))
    }

    /// The marked rows, or the one under the cursor.
    fn chosen<'a>(&self, shared: &'a Shared) -> Vec<(RowRef, &'a Row)> {
        if self.marks.is_empty() {
            return self.current(shared).into_iter().collect();
        }
        let tables = self.tables(shared);
        let rows = self
            .view
            .rows()
            .iter()
            .filter_map(|row| Some((*row, tables.get(usize::from(row.table))?.row(row.id)?)));
        rows.filter(|(row, content)| self.marks.contains(&(row.table, content.uid.clone())))
            .collect()
    }

    /// The rows that fit on the screen.
    fn page(&self) -> usize {
        usize::from(
            self.area
                .height
                .saturating_sub(1 + u16::from(self.prompt_line().is_some())),
        )
        .max(1)
    }

    /// Whether a line below the table is taken by the filter.
    fn prompt_line(&self) -> Option<()> {
        (self.prompt.is_some()
            || !self.filter_text.is_empty()
            || self.filter_error.is_some()
            || !self.labels.is_empty())
        .then_some(())
    }

    fn move_to(&mut self, index: usize, shared: &Shared) {
        let index = index.min(self.view.rows().len().saturating_sub(1));
        self.index = index;
        self.cursor = self.view.rows().get(index).and_then(|row| {
            let table = shared.tables.get(self.lists.get(usize::from(row.table))?)?;
            Some((*row, table.row(row.id)?.uid.clone()))
        });
        self.scroll_to_cursor();
    }

    fn scroll_to_cursor(&mut self) {
        let page = self.page();
        if self.index < self.offset {
            self.offset = self.index;
        } else if self.index >= self.offset + page {
            self.offset = self.index + 1 - page;
        }
        self.offset = self.offset.min(self.view.rows().len().saturating_sub(page));
    }

    /// Finds the object under the cursor again after the rows have moved.
    fn follow_cursor(&mut self, shared: &Shared) {
        let rows = self.view.rows();
        if rows.is_empty() {
            self.index = 0;
            self.offset = 0;
            return;
        }
        if let Some((namespace, name)) = self.place.focus.clone() {
            let tables = self.tables(shared);
            let found = rows.iter().position(|row| {
                let content = tables.get(usize::from(row.table)).and_then(|table| table.row(row.id));
                content.is_some_and(|content| {
                    content.name == name && (namespace.is_empty() || content.namespace == namespace)
                })
            });
            if let Some(found) = found {
                self.place.focus = None;
                self.moved = true;
                self.move_to(found, shared);
                return;
            }
        }
        let coming = !self.moved && self.tables(shared).iter().any(|table| !table.is_complete());
        if coming {
            self.move_to(0, shared);
            return;
        }
        let at = match &self.cursor {
            None => None,
            Some((row, _)) if rows.get(self.index) == Some(row) => Some(self.index),
            Some((row, _)) => rows.iter().position(|other| other == row),
        };
        match at {
            // The place may hold another object by now: `move_to` takes whoever stands there, so the uid is looked at first.
            Some(index) if self.current(shared).is_some() => {
                let above = self.index.saturating_sub(self.offset);
                self.index = index;
                // The cursor keeps its line on the screen while rows come and go above it.
                self.offset = index.saturating_sub(above);
                self.scroll_to_cursor();
            }
            _ => self.move_to(self.index, shared),
        }
    }

    fn set_filter(&mut self, text: &str, shared: &Shared) {
        let columns: Vec<Column> = self.all_columns(shared);
        match Filter::parse(text, &columns) {
            Ok(filter) => {
                self.filter_error = None;
                let narrows = filter.narrows(&self.spec.filter);
                if self.labels_of_filter() != filter.labels {
                    self.labels = filter.labels.clone();
                }
                self.spec.filter = filter;
                let tables = self.tables(shared);
                if narrows {
                    self.view.narrow(&tables, &self.spec, self.now);
                } else {
                    self.view.invalidate();
                    self.view.sync(&tables, &self.spec, self.now);
                }
                self.filter_text = text.trim().to_owned();
                self.offset = 0;
                self.follow_cursor(shared);
            }
            Err(error) => self.filter_error = Some(error.message),
        }
    }

    fn labels_of_filter(&self) -> &str {
        &self.spec.filter.labels
    }

    /// Every column a filter may name, shown or not.
    fn all_columns(&self, shared: &Shared) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for table in self.tables(shared) {
            for column in table.columns().iter() {
                if !columns.iter().any(|known| known.name == column.name) {
                    columns.push(column.clone());
                }
            }
        }
        for key in &self.label_columns {
            columns.push(layout::label_column(key));
        }
        columns
    }

    /// Whether a mixed list is shown: columns are common ones then.
    fn is_mixed(&self) -> bool {
        self.lists.len() > 1
    }

    fn accept_prompt(&mut self, ctx: &mut Ctx<'_>) {
        let Some((asking, line)) = self.prompt.take() else {
            return;
        };
        let text = line.text().trim().to_owned();
        match asking {
            Asking::Filter => {
                if self.filter_error.is_some() {
                    // What was typed is not lost: the prompt stays open with its error.
                    self.prompt = Some((asking, line));
                    return;
                }
                remember(ctx, "filter", &text);
            }
            Asking::Selector => match Selector::parse(&text) {
                Ok(selector) => {
                    self.filter_error = None;
                    self.labels = selector.to_string();
                    remember(ctx, "selector", &text);
                }
                Err(error) => {
                    self.filter_error = Some(error.to_string());
                    self.prompt = Some((asking, line));
                }
            },
            Asking::Logs => match Selector::parse(&text) {
                Ok(selector) => {
                    self.filter_error = None;
                    remember(ctx, "selector", &text);
                    let selector = Some((self.scope(ctx.shared), Clean::new(&selector.to_string())));
                    ctx.ask(Request::Open(Place::Logs(LogsPlace {
                        cluster: self.place.cluster,
                        of: Vec::new(),
                        selector,
                        container: None,
                        previous: false,
                    })));
                }
                Err(error) => {
                    self.filter_error = Some(error.to_string());
                    self.prompt = Some((asking, line));
                }
            },
            Asking::Export => self.export(&text, ctx),
        }
    }
}

/// The commands of the table as data.
pub fn every_command() -> Vec<CommandRow> {
    super::all_rows(commands::COMMANDS)
}

fn remember(ctx: &mut Ctx<'_>, prompt: &'static str, text: &str) {
    if !text.is_empty() {
        ctx.ask(Request::Effect(Effect::Remember(Memory::Line {
            prompt,
            text: text.to_owned(),
        })));
    }
}

impl Browse {
    /// What the rows are, in a word or two.
    fn what(&self) -> String {
        let names: Vec<&str> = self.place.resources.iter().map(|name| name.resource.as_str()).collect();
        match self.place.shape {
            crate::want::Shape::Containers => "containers".to_owned(),
            // More names than one reads at a glance would push the counts out of the header.
            crate::want::Shape::Objects if names.len() > 4 => format!("{} kinds", names.len()),
            _ => names.join(","),
        }
    }

    fn faults_in_view(&self, tables: &[&Table]) -> usize {
        let rows = self
            .view
            .rows()
            .iter()
            .filter_map(|row| tables.get(usize::from(row.table))?.row(row.id));
        rows.filter(|row| row.health.is_fault()).count()
    }

    fn forget_lost_marks(&mut self, tables: &[&Table]) {
        self.marks.retain(|(table, uid)| {
            tables.get(usize::from(*table)).is_some_and(|table| {
                table
                    .find(uid)
                    .is_some_and(|id| !matches!(table.mark(id), Mark::Gone(_)))
            })
        });
    }
}
