//! A view: what one screen makes of its tables. It is kept up to date with what has changed: a change costs a look at the
//! rows that changed, not at all of them.

use super::compare::{by_name, compare_cells, compare_text, ranked_number, sort_number};
use super::filter::{Filter, Scan};
use super::table::{Mark, RowId, Table, is_fault, merge_into};
use crate::kinds::{Field, Owner, Uid, Value};
use crate::text::Clean;
use hashbrown::HashMap;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

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
            let mut judge = Judge::new(tables, spec, now);
            self.order.retain(|row| judge.passes(*row));
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
        let touched_places = Places::new(tables, &touched);
        self.order.retain(|row| !touched_places.contains(*row));
        let mut judge = Judge::new(tables, spec, now);
        touched.retain(|row| judge.passes(*row));
        let order = |a: &RowRef, b: &RowRef| order(tables, spec, now, *a, *b);
        touched.sort_unstable_by(order);
        merge_into(&mut self.order, &touched, order);
        true
    }

    /// Begins anew: what passes in the order of names, which the tables have at hand, then sorted by the column. The sort is
    /// stable, so rows that are equal by it stay in the order of names.
    fn rebuild(&mut self, tables: &[&Table], spec: &ViewSpec, now: i64) {
        self.order.clear();
        let mut judge = Judge::new(tables, spec, now);
        for (number, table) in tables.iter().enumerate() {
            let rows = table.ids().map(|id| RowRef {
                table: number as u16,
                id,
            });
            self.order.extend(rows.filter(|row| judge.passes(*row)));
        }
        let row = |row: &RowRef| tables.get(usize::from(row.table)).and_then(|table| table.row(row.id));
        let name_order = |a: &RowRef, b: &RowRef| match (row(a), row(b)) {
            (Some(left), Some(right)) => by_name(left, right),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if tables.len() > 1 {
            self.order.sort_by(name_order);
        }
        match (&spec.sort.field, spec.sort.descending) {
            (Field::Name, false) => {}
            (Field::Name, true) => self.order.sort_by(|a, b| name_order(b, a)),
            (field, descending) => self.sort_by_cells(tables, field, descending, now),
        }
    }

    fn sort_by_cells(&mut self, tables: &[&Table], field: &Field, descending: bool, now: i64) {
        let values = values_of(tables, &self.order, field);
        let ranks = text_ranks(&values);
        let number = |value: &Value| match (value, &ranks) {
            (Value::Text(text), Some(ranks)) => ranked_number(ranks.get(&address(text)).copied().unwrap_or_default()),
            (value, _) => sort_number(value, now),
        };
        let mut keys: Vec<(u128, u32)> = values.iter().map(|value| number(value)).zip(0..).collect();
        let order = |a: &(u128, u32), b: &(u128, u32)| {
            a.0.cmp(&b.0)
                .then_with(|| compare_cells(&values[a.1 as usize], &values[b.1 as usize], now))
        };
        if descending {
            keys.sort_by(|a, b| order(b, a));
        } else {
            keys.sort_by(order);
        }
        self.order = keys.iter().map(|(_, at)| self.order[*at as usize]).collect();
    }
}

/// The values by which rows are sorted.
fn values_of<'t>(tables: &[&'t Table], rows: &[RowRef], field: &Field) -> Vec<Cow<'t, Value>> {
    // The text of an owner is made, not kept; rows of one owner stand together.
    let mut last: Option<(&Arc<Owner>, Value)> = None;
    let value = |row: &RowRef| {
        let owner = tables
            .get(usize::from(row.table))
            .and_then(|table| table.row(row.id))
            .and_then(|content| content.owner.as_ref())
            .filter(|_| *field == Field::Owner);
        let Some(owner) = owner else {
            return value_of(tables, *row, field);
        };
        if let Some((_, value)) = last.as_ref().filter(|(before, _)| Arc::ptr_eq(before, owner)) {
            return Cow::Owned(value.clone());
        }
        let made = value_of(tables, *row, field);
        last = Some((owner, made.clone().into_owned()));
        made
    };
    rows.iter().map(value).collect()
}

/// Where a text lies: equal for clones of one text.
fn address(text: &Clean) -> usize {
    text.as_str().as_ptr().addr()
}

/// The places of a column's texts in their order, by address, where many rows share them: then few texts are compared, not
/// many rows. Equal texts have equal places.
fn text_ranks(values: &[Cow<'_, Value>]) -> Option<HashMap<usize, u32>> {
    let most = values.len() / 8;
    let mut ranks: HashMap<usize, u32> = HashMap::new();
    let mut texts: Vec<&Clean> = Vec::new();
    for value in values {
        let Value::Text(text) = value.as_ref() else { continue };
        if texts.last().is_some_and(|before| address(before) == address(text)) {
            continue;
        }
        if ranks.insert(address(text), 0).is_none() {
            if texts.len() >= most {
                return None;
            }
            texts.push(text);
        }
    }
    texts.sort_unstable_by(|a, b| compare_text(a.as_str(), b.as_str()));
    let mut place = 0;
    for (at, text) in texts.iter().enumerate() {
        place += u32::from(at > 0 && texts[at - 1] != *text);
        ranks.insert(address(text), place);
    }
    Some(ranks)
}

/// A set of rows that is quick to ask.
struct Places(Vec<Vec<u64>>);

impl Places {
    fn new(tables: &[&Table], rows: &[RowRef]) -> Places {
        let mut sets: Vec<Vec<u64>> = tables.iter().map(|table| vec![0; table.places() / 64 + 1]).collect();
        for row in rows {
            if let Some(word) = sets
                .get_mut(usize::from(row.table))
                .and_then(|set| set.get_mut(row.id.0 as usize / 64))
            {
                *word |= 1 << (row.id.0 % 64);
            }
        }
        Places(sets)
    }

    fn contains(&self, row: RowRef) -> bool {
        self.0
            .get(usize::from(row.table))
            .and_then(|set| set.get(row.id.0 as usize / 64))
            .is_some_and(|word| word & (1 << (row.id.0 % 64)) != 0)
    }
}

/// Says which rows pass, one after the other.
struct Judge<'a> {
    tables: &'a [&'a Table],
    spec: &'a ViewSpec,
    scans: Vec<Scan<'a>>,
}

impl<'a> Judge<'a> {
    fn new(tables: &'a [&'a Table], spec: &'a ViewSpec, now: i64) -> Judge<'a> {
        let scans = tables.iter().map(|table| spec.filter.scan(table, now)).collect();
        Judge { tables, spec, scans }
    }

    fn passes(&mut self, row: RowRef) -> bool {
        let Some(table) = self.tables.get(usize::from(row.table)) else {
            return false;
        };
        let Some(content) = table.row(row.id) else { return false };
        let spec = self.spec;
        if let Some(owner) = &spec.owner
            && content.owner.as_ref().is_none_or(|own| own.uid != *owner)
        {
            return false;
        }
        if spec.faults_only && (!is_fault(content) || matches!(table.mark(row.id), Mark::Gone(_))) {
            return false;
        }
        spec.filter.is_empty() || self.scans[usize::from(row.table)].passes(row.id)
    }
}

/// The value by which a row is sorted.
fn value_of<'t>(tables: &[&'t Table], row: RowRef, field: &Field) -> Cow<'t, Value> {
    let Some(table) = tables.get(usize::from(row.table)) else {
        return Cow::Owned(Value::None);
    };
    match (field, table.row(row.id)) {
        (_, None) => Cow::Owned(Value::None),
        (Field::Cell(index), Some(content)) => match content.cells.get(usize::from(*index)) {
            Some(cell) => Cow::Borrowed(&cell.value),
            None => Cow::Owned(Value::None),
        },
        (Field::Age, Some(content)) => Cow::Owned(Value::Time(content.created)),
        (Field::Namespace, Some(content)) => Cow::Owned(Value::Text(content.namespace.clone())),
        (other, Some(_)) => Cow::Owned(table.cell(row.id, other).value),
    }
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
        field => compare_cells(&value_of(tables, a, field), &value_of(tables, b, field), now),
    };
    let by_field = if spec.sort.descending {
        by_field.reverse()
    } else {
        by_field
    };
    by_field.then_with(|| by_name(left, right)).then_with(|| a.cmp(&b))
}
