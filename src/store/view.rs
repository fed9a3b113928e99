//! A view: what one screen makes of its tables. It is kept up to date with what has changed: a change costs a look at the
//! rows that changed, not at all of them.

use super::compare::{compare_cells, compare_text};
use super::filter::Filter;
use super::table::{Mark, RowId, Table, is_fault};
use crate::kinds::{Field, Row, Uid, Value};
use std::cmp::Ordering;

/// A row of one of the tables that a view joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowRef {
    /// Which table.
    pub table: u16,
    /// Its place there.
    pub id: RowId,
}

/// By what a view is sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortBy {
    /// The field.
    pub field: Field,
    /// Largest first.
    pub descending: bool,
}

/// What a view lets pass, and in which order.
#[derive(Clone, Debug)]
pub struct ViewSpec {
    /// The filter.
    pub filter: Filter,
    /// Only what is faulty.
    pub faults_only: bool,
    /// Only what this owner controls.
    pub owner: Option<Uid>,
    /// The order; rows that are equal by it stand by namespace and name.
    pub sort: SortBy,
}

impl Default for ViewSpec {
    fn default() -> ViewSpec {
        ViewSpec {
            filter: Filter::default(),
            faults_only: false,
            owner: None,
            sort: SortBy {
                field: Field::Name,
                descending: false,
            },
        }
    }
}

/// The rows that pass, in order.
#[derive(Debug, Default)]
pub struct View {
    order: Vec<RowRef>,
    /// Version of each table when it was last looked at; None forces a new start.
    seen: Option<Vec<u64>>,
}

impl View {
    /// The rows that pass, in order.
    pub fn rows(&self) -> &[RowRef] {
        &self.order
    }

    /// Forgets everything: the next `sync` starts anew (the order or the tables have changed).
    pub fn invalidate(&mut self) {
        self.seen = None;
    }

    /// Takes a narrower filter: only the rows that are here need a look.
    pub fn narrow(&mut self, tables: &[&Table], spec: &ViewSpec, now: i64) {
        if self.seen.is_some() {
            self.order.retain(|row| passes(tables, *row, spec, now));
        }
    }

    /// Brings the view up to date with its tables at the moment `now` (unix seconds). Says whether anything changed.
    pub fn sync(&mut self, tables: &[&Table], spec: &ViewSpec, now: i64) -> bool {
        let versions: Vec<u64> = tables.iter().map(|table| table.version()).collect();
        let Some(seen) = self.seen.as_ref().filter(|seen| seen.len() == versions.len()) else {
            self.rebuild(tables, spec, now);
            self.seen = Some(versions);
            return true;
        };
        if *seen == versions {
            return false;
        }
        let mut touched: Vec<RowRef> = Vec::new();
        for (number, (table, seen)) in tables.iter().zip(seen).enumerate() {
            match table.changes_since(*seen) {
                Some(changes) => touched.extend(changes.iter().map(|id| RowRef {
                    table: number as u16,
                    id: *id,
                })),
                None => {
                    self.rebuild(tables, spec, now);
                    self.seen = Some(versions);
                    return true;
                }
            }
        }
        self.seen = Some(versions);
        touched.sort_unstable();
        touched.dedup();
        // Beyond this share a new sort is cheaper than finding each place.
        if touched.len() > 64 && touched.len() * 4 > self.order.len() {
            self.rebuild(tables, spec, now);
            return true;
        }
        self.order.retain(|row| touched.binary_search(row).is_err());
        touched.retain(|row| passes(tables, *row, spec, now));
        self.insert(tables, spec, now, touched);
        true
    }

    fn rebuild(&mut self, tables: &[&Table], spec: &ViewSpec, now: i64) {
        self.order.clear();
        for (number, table) in tables.iter().enumerate() {
            let rows = table.ids().map(|id| RowRef {
                table: number as u16,
                id,
            });
            self.order.extend(rows.filter(|row| passes(tables, *row, spec, now)));
        }
        self.order.sort_unstable_by(|a, b| order(tables, spec, now, *a, *b));
    }

    fn insert(&mut self, tables: &[&Table], spec: &ViewSpec, now: i64, mut fresh: Vec<RowRef>) {
        if fresh.is_empty() {
            return;
        }
        fresh.sort_unstable_by(|a, b| order(tables, spec, now, *a, *b));
        let mut merged = Vec::with_capacity(self.order.len() + fresh.len());
        let mut rest = self.order.as_slice();
        for row in fresh {
            let place = rest.partition_point(|other| order(tables, spec, now, *other, row) == Ordering::Less);
            let (before, after) = rest.split_at(place);
            merged.extend_from_slice(before);
            merged.push(row);
            rest = after;
        }
        merged.extend_from_slice(rest);
        self.order = merged;
    }
}

fn passes(tables: &[&Table], row: RowRef, spec: &ViewSpec, now: i64) -> bool {
    let Some(table) = tables.get(usize::from(row.table)) else {
        return false;
    };
    let Some(content) = table.row(row.id) else { return false };
    if let Some(owner) = &spec.owner
        && content.owner.as_ref().is_none_or(|own| own.uid != *owner)
    {
        return false;
    }
    if spec.faults_only && (!is_fault(content) || matches!(table.mark(row.id), Mark::Gone(_))) {
        return false;
    }
    spec.filter.is_empty() || spec.filter.passes(table, row.id, now)
}

/// The order of two rows: by the sort column, then namespace, name and place, so that it is total and stands still.
fn order(tables: &[&Table], spec: &ViewSpec, now: i64, a: RowRef, b: RowRef) -> Ordering {
    let get = |row: RowRef| tables.get(usize::from(row.table)).and_then(|table| table.row(row.id));
    let (Some(left), Some(right)) = (get(a), get(b)) else {
        return a.cmp(&b);
    };
    let by_field = match &spec.sort.field {
        Field::Name => by_name(left, right),
        Field::Namespace => compare_text(left.namespace.as_str(), right.namespace.as_str()),
        Field::Age => compare_cells(&Value::Time(left.created), &Value::Time(right.created), now),
        Field::Cell(index) => match (
            left.cells.get(usize::from(*index)),
            right.cells.get(usize::from(*index)),
        ) {
            (Some(left), Some(right)) => compare_cells(&left.value, &right.value, now),
            (left, right) => left.is_some().cmp(&right.is_some()),
        },
        other => {
            let cell = |row: RowRef| tables[usize::from(row.table)].cell(row.id, other).value;
            compare_cells(&cell(a), &cell(b), now)
        }
    };
    let by_field = if spec.sort.descending {
        by_field.reverse()
    } else {
        by_field
    };
    by_field.then_with(|| by_name(left, right)).then_with(|| a.cmp(&b))
}

fn by_name(a: &Row, b: &Row) -> Ordering {
    compare_text(a.namespace.as_str(), b.namespace.as_str())
        .then_with(|| compare_text(a.name.as_str(), b.name.as_str()))
}
