//! Which columns are shown, and how wide: a column only grows while its view is open, and the least needed give way first.

use super::{Browse, Shared};
use crate::kinds::{Align, Column, Field, Origin};
use crate::store::SortBy;
use crate::text::{Clean, width};
use std::borrow::Cow;

/// Cells left of the first column: the mark of the row, and a gap.
pub(super) const GUTTER: u16 = 2;

/// Cells between two columns.
pub(super) const GAP: u16 = 2;

/// Columns that give way at least this easily go before any other is cut.
const EASILY: u8 = 3;

/// No column is cut below this.
const NARROWEST: u16 = 16;

/// The columns of a view and their widths.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// All columns that could be shown now, in order.
    columns: Vec<Column>,
    /// Their widths so far: what their cells have needed.
    widths: Vec<u16>,
    /// Their widths on this screen, where wide ones may be cut.
    cut: Vec<u16>,
    /// Which of them are shown, as indexes, after those that give way have given it.
    shown: Vec<usize>,
    /// How many columns behind the first are scrolled away.
    pub(super) scrolled: usize,
}

impl Layout {
    /// The columns on the screen, in order, with their widths.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Column, u16)> {
        self.shown
            .iter()
            .map(|index| (&self.columns[*index], self.cut[*index]))
    }

    /// The columns on the screen.
    pub(super) fn visible(&self) -> impl Iterator<Item = &Column> {
        self.shown.iter().map(|index| &self.columns[*index])
    }

    /// All columns that could be shown now.
    pub(super) fn all(&self) -> &[Column] {
        &self.columns
    }

    /// Lets columns go until the rest fits, the last of those that give way most easily first; none that gives way less
    /// easily than `least`.
    fn drop_columns(&mut self, room: u16, least: u8) {
        while self.needed() > room {
            let losers = self.shown.iter().enumerate().filter(|(_, index)| self.columns[**index].give_way >= least);
            let Some((at, _)) = losers.max_by_key(|(at, index)| (self.columns[**index].give_way, *at)) else { break };
            self.shown.remove(at);
        }
    }

    /// Cuts the widest columns until all fit, but none below what still says something.
    fn cut_columns(&mut self, room: u16) {
        while self.needed() > room {
            let over = self.needed() - room;
            let widest = self.shown.iter().copied().max_by_key(|index| self.cut[*index]);
            let Some(widest) = widest.filter(|index| self.cut[*index] > NARROWEST) else { break };
            let next = self.shown.iter().filter(|index| **index != widest).map(|index| self.cut[*index]).max().unwrap_or(0);
            let target = self.cut[widest].saturating_sub(over).max(next.saturating_sub(1)).max(NARROWEST);
            self.cut[widest] = target.min(self.cut[widest] - 1);
        }
    }

    /// The cells that the shown columns need.
    fn needed(&self) -> u16 {
        let cells = self.shown.iter().map(|index| self.cut[*index].saturating_add(GAP));
        cells.fold(0, u16::saturating_add).saturating_sub(GAP)
    }

    /// Whether there are columns that this width does not show.
    pub(super) fn hides_some(&self) -> bool {
        self.shown.len() < self.columns.len()
    }
}

/// A column that shows one label, named as `kubectl get -L` names it.
pub(super) fn label_column(key: &Clean) -> Column {
    let name = key.as_str().rsplit('/').next().unwrap_or(key.as_str()).to_uppercase();
    let mut column = Column::extra("", Field::Label(key.clone())).show(3);
    column.name = Cow::Owned(name);
    column
}

impl Browse {
    /// Chooses the columns for the tables, the scope and what was asked for.
    pub(super) fn choose_columns(&mut self, shared: &Shared) {
        let mut columns: Vec<Column> = Vec::new();
        if self.spans_namespaces(shared) && self.place.shape == crate::want::Shape::Objects {
            columns.push(Column::get("NAMESPACE", Field::Namespace, 1));
        }
        if self.is_mixed() {
            columns.push(Column::get("KIND", Field::Kind, 0));
            columns.push(Column::get("NAME", Field::Name, 0));
            columns.push(Column::get("STATE", Field::Details, 1).cap(80));
            columns.push(Column::get("AGE", Field::Age, 2));
        } else if let Some(table) = self.tables(shared).first() {
            let own = table.columns().iter().filter(|column| column.shown || self.wide);
            columns.extend(own.cloned());
        }
        columns.extend(self.label_columns.iter().map(label_column));
        if self.show_labels {
            columns.push(Column::extra("LABELS", Field::Labels).show(4));
        }
        // Widths that were found stay with their columns.
        let old = std::mem::take(&mut self.layout);
        let known = |column: &Column| {
            old.columns
                .iter()
                .position(|c| c.field == column.field && c.name == column.name)
                .map(|at| old.widths[at])
        };
        let widths = columns
            .iter()
            .map(|column| known(column).unwrap_or(width(&column.name) as u16))
            .collect();
        self.layout = Layout {
            columns,
            cut: Vec::new(),
            widths,
            shown: Vec::new(),
            scrolled: old.scrolled,
        };
        if !self.sort_chosen {
            let events = self
                .lists
                .first()
                .is_some_and(|list| list.resource.resource.as_str() == "events");
            let last_seen = self.layout.columns.iter().find(|column| column.name == "LAST SEEN");
            self.spec.sort = match last_seen.filter(|_| events) {
                // Events without the newest on top are of no use.
                Some(column) => SortBy {
                    field: column.field.clone(),
                    descending: false,
                },
                None => SortBy {
                    field: Field::Name,
                    descending: false,
                },
            };
            self.view.invalidate();
        }
    }

    /// Widens the columns to what the rows on the screen need, and lets the least needed give way.
    pub(super) fn measure(&mut self, shared: &Shared) {
        let rows: Vec<_> = self
            .view
            .rows()
            .iter()
            .skip(self.offset)
            .take(self.page())
            .copied()
            .collect();
        let tables: Vec<_> = self.lists.iter().filter_map(|list| shared.tables.get(list)).collect();
        let mut text = String::new();
        for (column, known) in self.layout.columns.iter().zip(&mut self.layout.widths) {
            // The sorted column has its arrow beside its name.
            let arrow = if column.field == self.spec.sort.field { 2 } else { 0 };
            *known = (*known).max(width(&column.name) as u16 + arrow);
        }
        for row in rows {
            let Some(table) = tables.get(usize::from(row.table)) else {
                continue;
            };
            for (column, known) in self.layout.columns.iter().zip(&mut self.layout.widths) {
                text.clear();
                table.cell(row.id, &column.field).value.write(self.now, &mut text);
                let mut needed = width(&text) as u16;
                if column.cap > 0 {
                    needed = needed.min(column.cap);
                }
                *known = (*known).max(needed);
            }
        }
        self.fit();
    }

    fn fit(&mut self) {
        let layout = &mut self.layout;
        layout.cut.clone_from(&layout.widths);
        layout.shown = (0..layout.columns.len()).collect();
        let frozen = layout
            .columns
            .iter()
            .position(|column| column.field == Field::Name || column.name == "NAME")
            .unwrap_or(0);
        if layout.scrolled > 0 {
            let most = layout.columns.len().saturating_sub(frozen + 2);
            layout.scrolled = layout.scrolled.min(most);
            let scrolled = layout.scrolled;
            layout
                .shown
                .retain(|index| *index <= frozen || *index > frozen + scrolled);
            return;
        }
        // One cell on the right belongs to the scrollbar.
        let room = self.area.width.saturating_sub(GUTTER + 1);
        // What is least needed goes first, then wide columns are cut, and only then what matters gives way.
        layout.drop_columns(room, EASILY);
        layout.cut_columns(room);
        layout.drop_columns(room, 1);
    }

    /// The columns as `kubectl get` prints them (with `-o wide` when wide is on), for export.
    pub(super) fn printed_columns(&self) -> Vec<Column> {
        let printed = self
            .layout
            .all()
            .iter()
            .filter(|column| column.origin != Origin::Extra || column.shown || self.wide);
        printed.cloned().collect()
    }
}

/// Pads a cell's text to its column.
pub(super) fn aligned(column: &Column, text: &str, cells: u16) -> String {
    match column.align {
        Align::Left => crate::text::pad_right(text, usize::from(cells)).into_owned(),
        Align::Right => crate::text::pad_left(text, usize::from(cells)).into_owned(),
    }
}
