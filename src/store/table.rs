//! A table: the rows of one list, joined from its sources. One `apply` serves lists and watches.
//!
//! A relist marks and sweeps: rows that are seen again are kept (the very same row when uid and version are equal), rows
//! that were not seen are deleted when it ends. So a table never blanks and never shows a row twice. Deleted rows linger
//! for a moment, so that nothing vanishes from under the cursor.

use super::compare::by_name;
use crate::kinds::{Cell, Column, Field, Health, Row, Uid, Value};
use crate::msg::{Delta, Generation, Phase, TableEvent};
use crate::text::Clean;
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// A row's place in its table. Places are used again after a row is gone for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId(pub u32);

/// How many changes a table remembers for its views; a view that is further behind starts anew.
const REMEMBERED_CHANGES: usize = 4096;

/// The epoch of rows from an earlier start of the list: the first complete list sweeps them.
const BEFORE_ALL: u32 = u32::MAX;

/// What is special about a row just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Nothing.
    None,
    /// It came while we were watching, at this moment (milliseconds since the start).
    New(u64),
    /// It was deleted at this moment, and lingers.
    Gone(u64),
}

/// Where a part of the rows comes from.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it is doing.
    pub phase: Phase,
    /// Since when, in milliseconds since the start.
    pub since: u64,
    /// When its phase was said last: a countdown counts from here.
    pub said: u64,
    /// The epoch of its running or last list.
    epoch: u32,
    /// Whether it has been complete once.
    pub complete: bool,
}

/// Counts of the rows that are there (lingering ones not counted).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows.
    pub rows: usize,
    /// Faulty rows.
    pub faults: usize,
}

#[derive(Debug)]
struct Slot {
    row: Option<Row>,
    epoch: u32,
    source: u16,
    mark: Mark,
}

/// The rows of one list.
#[derive(Debug)]
pub struct Table {
    kind: Clean,
    columns: Arc<[Column]>,
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashTable<u32>,
    hasher: RandomState,
    /// The places of all rows by namespace and name: every view begins with this order, so that none has to find it.
    by_name: Vec<u32>,
    /// Places that are not yet in that order.
    fresh: Vec<u32>,
    sources: Vec<Source>,
    counts: Counts,
    /// Rises with each change of a row.
    version: u64,
    /// The rows that changed in the versions (version - changes.len(), version].
    changes: Vec<RowId>,
    /// Rises when the columns change.
    columns_version: u64,
    lingering: Vec<RowId>,
    undecodable: Option<(u32, Clean)>,
    /// Which start of its list it takes events from.
    generation: Generation,
    /// When it was wanted last, in milliseconds since the start.
    pub wanted_at: u64,
}

impl Table {
    /// An empty table of that kind (`Pod`), with this many sources, at this moment (milliseconds since the start).
    pub fn new(kind: Clean, columns: Arc<[Column]>, sources: usize, mono: u64) -> Table {
        let source = Source {
            phase: Phase::Waiting,
            since: mono,
            said: mono,
            epoch: 0,
            complete: false,
        };
        Table {
            kind,
            columns,
            slots: Vec::new(),
            free: Vec::new(),
            index: HashTable::new(),
            hasher: RandomState::new(),
            by_name: Vec::new(),
            fresh: Vec::new(),
            sources: vec![source; sources.max(1)],
            counts: Counts::default(),
            version: 0,
            changes: Vec::new(),
            columns_version: 0,
            lingering: Vec::new(),
            undecodable: None,
            generation: Generation::default(),
            wanted_at: mono,
        }
    }

    /// The kind of its objects.
    pub fn kind(&self) -> &Clean {
        &self.kind
    }

    /// Its columns.
    pub fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// Rises when the columns change.
    pub fn columns_version(&self) -> u64 {
        self.columns_version
    }

    /// Its sources, one per namespace or a single one.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// How many rows there are, and how many are faulty.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many objects could not be decoded, and the last error.
    pub fn undecodable(&self) -> Option<&(u32, Clean)> {
        self.undecodable.as_ref()
    }

    /// Whether every source has been complete once: an empty table is truly empty then.
    pub fn is_complete(&self) -> bool {
        self.sources.iter().all(|source| source.complete)
    }

    /// Rises with each change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The row in a place, lingering ones included.
    pub fn row(&self, id: RowId) -> Option<&Row> {
        self.slots.get(id.0 as usize)?.row.as_ref()
    }

    /// What is special about it.
    pub fn mark(&self, id: RowId) -> Mark {
        self.slots.get(id.0 as usize).map_or(Mark::None, |slot| slot.mark)
    }

    /// The source of a row.
    pub fn source_of(&self, id: RowId) -> Option<&Source> {
        let slot = self.slots.get(id.0 as usize)?;
        self.sources.get(usize::from(slot.source))
    }

    /// All places that hold a row, by namespace and name.
    pub fn ids(&self) -> impl Iterator<Item = RowId> + '_ {
        self.by_name.iter().map(|place| RowId(*place))
    }

    /// How many places there are, those included that hold nothing just now.
    pub fn places(&self) -> usize {
        self.slots.len()
    }

    /// The place of an object.
    pub fn find(&self, uid: &Uid) -> Option<RowId> {
        let hash = self.hasher.hash_one(uid);
        let slots = &self.slots;
        self.index
            .find(hash, |place| {
                slots[*place as usize].row.as_ref().is_some_and(|row| row.uid == *uid)
            })
            .map(|p| RowId(*p))
    }

    /// A cell of a row, those fields included that only a table can answer.
    pub fn cell(&self, id: RowId, field: &Field) -> Cell {
        let Some(row) = self.row(id) else {
            return Cell::default();
        };
        match field {
            Field::Kind => Cell::text(self.kind.clone()),
            Field::Details => Cell::text(Clean::new(&self.details(row))),
            other => row.cell(other),
        }
    }

    /// The changes since a version, if they are still remembered.
    pub fn changes_since(&self, version: u64) -> Option<&[RowId]> {
        let behind = usize::try_from(self.version.checked_sub(version)?).ok()?;
        let start = self.changes.len().checked_sub(behind)?;
        Some(&self.changes[start..])
    }

    /// Says whether events of this start of its list are still to be taken. A later start than the one known begins anew:
    /// rows stay until its first list has swept them.
    pub fn follows(&mut self, generation: Generation) -> bool {
        if generation > self.generation {
            self.generation = generation;
            for slot in &mut self.slots {
                slot.epoch = BEFORE_ALL;
            }
            for source in &mut self.sources {
                source.epoch = 0;
            }
        }
        generation == self.generation
    }

    /// Takes an event in, at this moment (milliseconds since the start).
    pub fn apply(&mut self, event: TableEvent, mono: u64) {
        match event {
            TableEvent::Columns(columns) => {
                if self.columns != columns {
                    self.columns = columns;
                    self.columns_version += 1;
                }
            }
            TableEvent::Phase { source, phase } => {
                let source = self.source(source);
                // The moment at which data went stale must survive the steps of a backoff.
                if std::mem::discriminant(&source.phase) != std::mem::discriminant(&phase) {
                    source.since = mono;
                }
                source.said = mono;
                source.phase = phase;
            }
            TableEvent::Begin { source, epoch } => self.source(source).epoch = epoch,
            TableEvent::Deltas { source, deltas } => {
                for delta in deltas {
                    match delta {
                        Delta::Upsert(row) => self.upsert(source, row, mono),
                        Delta::Delete(uid) => self.delete(&uid, mono),
                    }
                }
                self.order_fresh();
            }
            TableEvent::End { source, epoch } => {
                self.source(source).complete = true;
                let stale: Vec<Uid> = self
                    .slots
                    .iter()
                    .filter(|slot| slot.source == source && slot.epoch != epoch && !matches!(slot.mark, Mark::Gone(_)))
                    .filter_map(|slot| slot.row.as_ref().map(|row| row.uid.clone()))
                    .collect();
                for uid in stale {
                    self.delete(&uid, mono);
                }
            }
            TableEvent::Undecodable { count, last } => self.undecodable = Some((count, last)),
        }
    }

    /// Lets go of what has lingered since before `until` (milliseconds since the start).
    pub fn drop_lingering(&mut self, until: u64) {
        let lingering = std::mem::take(&mut self.lingering);
        let free = self.free.len();
        for id in lingering {
            match self.mark(id) {
                Mark::Gone(at) if at <= until => self.release(id),
                Mark::Gone(_) => self.lingering.push(id),
                _ => {}
            }
        }
        if self.free.len() > free {
            let slots = &self.slots;
            self.by_name.retain(|place| slots[*place as usize].row.is_some());
        }
    }

    /// When the oldest lingering row was deleted, in milliseconds since the start.
    pub fn lingering_since(&self) -> Option<u64> {
        let gone = self.lingering.iter().filter_map(|id| match self.mark(*id) {
            Mark::Gone(at) => Some(at),
            _ => None,
        });
        gone.min()
    }

    fn source(&mut self, number: u16) -> &mut Source {
        let number = usize::from(number);
        if number >= self.sources.len() {
            let source = Source {
                phase: Phase::Waiting,
                since: 0,
                said: 0,
                epoch: 0,
                complete: false,
            };
            self.sources.resize(number + 1, source);
        }
        &mut self.sources[number]
    }

    fn upsert(&mut self, source: u16, row: Row, mono: u64) {
        let epoch = self.source(source).epoch;
        let complete = self.source(source).complete;
        if let Some(id) = self.find(&row.uid) {
            let slot = &mut self.slots[id.0 as usize];
            slot.epoch = epoch;
            slot.source = source;
            let was_gone = matches!(slot.mark, Mark::Gone(_));
            if was_gone {
                slot.mark = Mark::None;
            }
            let Some(old) = slot.row.as_mut() else { return };
            if !was_gone {
                self.counts.faults -= usize::from(old.health.is_fault());
            } else {
                self.counts.rows += 1;
            }
            self.counts.faults += usize::from(row.health.is_fault());
            if was_gone || old.version != row.version || *old != row {
                // An object never changes its name; a server that says so all the same must not spoil the order.
                let renamed = old.name != row.name || old.namespace != row.namespace;
                if renamed {
                    self.by_name.retain(|place| *place != id.0);
                    self.fresh.retain(|place| *place != id.0);
                    self.fresh.push(id.0);
                }
                *old = row;
                self.changed(id);
            }
            return;
        }
        self.counts.rows += 1;
        self.counts.faults += usize::from(row.health.is_fault());
        let hash = self.hasher.hash_one(&row.uid);
        let mark = if complete { Mark::New(mono) } else { Mark::None };
        let slot = Slot {
            row: Some(row),
            epoch,
            source,
            mark,
        };
        let place = match self.free.pop() {
            Some(place) => {
                self.slots[place as usize] = slot;
                place
            }
            None => {
                if self.slots.len() == self.slots.capacity() {
                    // Doubling would leave up to half of the largest thing here empty.
                    self.slots.reserve_exact(self.slots.len() / 8 + 64);
                }
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.index.insert_unique(hash, place, |place| {
            slots[*place as usize]
                .row
                .as_ref()
                .map_or(0, |row| hasher.hash_one(&row.uid))
        });
        self.fresh.push(place);
        self.changed(RowId(place));
    }

    /// Puts the new places into the order of names.
    fn order_fresh(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        let slots = &self.slots;
        let order = |a: &u32, b: &u32| match (&slots[*a as usize].row, &slots[*b as usize].row) {
            (Some(left), Some(right)) => by_name(left, right).then_with(|| a.cmp(b)),
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        fresh.sort_unstable_by(order);
        merge_into(&mut self.by_name, &fresh, order);
        fresh.clear();
        self.fresh = fresh;
    }

    fn delete(&mut self, uid: &Uid, mono: u64) {
        let Some(id) = self.find(uid) else { return };
        let slot = &mut self.slots[id.0 as usize];
        if matches!(slot.mark, Mark::Gone(_)) {
            return;
        }
        slot.mark = Mark::Gone(mono);
        let fault = slot.row.as_ref().is_some_and(|row| row.health.is_fault());
        self.counts.rows -= 1;
        self.counts.faults -= usize::from(fault);
        self.lingering.push(id);
        self.changed(id);
    }

    fn release(&mut self, id: RowId) {
        let Some(slot) = self.slots.get_mut(id.0 as usize) else {
            return;
        };
        let Some(row) = slot.row.take() else { return };
        slot.mark = Mark::None;
        let hash = self.hasher.hash_one(&row.uid);
        if let Ok(entry) = self.index.find_entry(hash, |place| *place == id.0) {
            entry.remove();
        }
        self.free.push(id.0);
        self.changed(id);
    }

    fn changed(&mut self, id: RowId) {
        if self.changes.len() >= 2 * REMEMBERED_CHANGES {
            self.changes.drain(..REMEMBERED_CHANGES);
        }
        self.changes.push(id);
        self.version += 1;
    }

    /// The kind's own columns in one line, for lists of several kinds: `READY 1/2 · STATUS Running`.
    fn details(&self, row: &Row) -> String {
        let mut out = String::new();
        for column in self
            .columns
            .iter()
            .filter(|column| column.shown && matches!(column.field, Field::Cell(_)))
        {
            let cell = row.cell(&column.field);
            // What moves with time would make a text that no change event refreshes.
            if cell.value == Value::None || matches!(cell.value, Value::Time(_) | Value::Span { .. }) {
                continue;
            }
            if !out.is_empty() {
                out.push_str("  ");
            }
            out.push_str(&column.name);
            out.push(' ');
            match &cell.value {
                Value::Ago(count, _) => Value::Int(i64::from(*count)).write(0, &mut out),
                value => value.write(0, &mut out),
            }
        }
        out
    }
}

/// Puts sorted elements into a sorted list, from the end: the rest is moved once.
pub(super) fn merge_into<T: Copy>(list: &mut Vec<T>, fresh: &[T], order: impl Fn(&T, &T) -> Ordering) {
    let Some(first) = fresh.first() else { return };
    let mut end = list.len();
    list.extend_from_slice(fresh);
    if end == 0 || order(&list[end - 1], first).is_le() {
        return;
    }
    let mut write = list.len();
    for element in fresh.iter().rev() {
        let at = list[..end].partition_point(|other| order(other, element).is_lt());
        write -= end - at;
        list.copy_within(at..end, write);
        end = at;
        write -= 1;
        list[write] = *element;
    }
}

/// Whether a row's health makes it a fault; here so that counts and filters agree.
pub(super) fn is_fault(row: &Row) -> bool {
    Health::is_fault(row.health)
}
