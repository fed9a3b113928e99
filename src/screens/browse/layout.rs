//! Which columns are shown, and how wide: a column only grows while its view is open, and the least needed give way first.

use super::{Browse, Shared};
use crate::kinds::{Align, Column, Field, Origin};
use crate::store::SortBy;
use crate::text::{Clean, width};
use std::borrow::Cow;

/// Cells left of the first column: the mark of the row, and a gap.
pub(super) const GUTTER: u16 = 2;

/// A column of text is not squeezed below this.
const LEAST: u16 = 20;

/// Cells between two columns.
pub(super) const GAP: u16 = 2;

/// The columns of a view and their widths.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// All columns that could be shown now, in order.
    columns: Vec<Column>,
    /// Their widths so far.
    widths: Vec<u16>,
    /// Which of them are shown, as indexes, each with the cells it gets now.
    shown: Vec<(usize, u16)>,
    /// How many columns behind the first are scrolled away.
    pub(super) scrolled: usize,
}

impl Layout {
    /// The columns on the screen, in order, with their widths.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Column, u16)> {
        self.shown.iter().map(|(index, cells)| (&self.columns[*index], *cells))
    }

    /// The columns on the screen.
    pub(super) fn visible(&self) -> impl Iterator<Item = &Column> {
        self.shown.iter().map(|(index, _)| &self.columns[*index])
    }

    /// The cells that these columns take together.
    fn needed(&self) -> usize {
        let cells: usize = self.shown.iter().map(|(_, cells)| usize::from(cells + GAP)).sum();
        cells.saturating_sub(usize::from(GAP))
    }

    /// How many of a column's cells can be taken from it before it must go: long texts are of use cut off, too.
    fn spare(&self, index: usize, cells: u16) -> u16 {
        let column = &self.columns[index];
        if column.field == Field::Name || column.name == "NAME" || column.align == Align::Right {
            return 0;
        }
        cells.saturating_sub(LEAST.max(width(&column.name) as u16 + 2))
    }

    /// Whether the columns fit, some of them squeezed.
    fn can_fit(&self, room: usize) -> bool {
        let spare = |(index, cells): &(usize, u16)| usize::from(self.spare(*index, *cells));
        self.needed() <= room + self.shown.iter().map(spare).sum::<usize>()
    }

    /// Takes cells from the widest columns until all fit, as far as that is possible.
    fn squeeze(&mut self, room: usize) {
        for _ in room..self.needed() {
            let widest = (0..self.shown.len())
                .filter(|at| self.spare(self.shown[*at].0, self.shown[*at].1) > 0)
                .max_by_key(|at| self.shown[*at].1);
            let Some(widest) = widest else { return };
            self.shown[widest].1 -= 1;
        }
    }

    /// All columns that could be shown now.
    pub(super) fn all(&self) -> &[Column] {
        &self.columns
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
        // The sorted column carries an arrow behind its name.
        for (column, known) in self.layout.columns.iter().zip(&mut self.layout.widths) {
            if column.field == self.spec.sort.field {
                *known = (*known).max(width(&column.name) as u16 + 2);
            }
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
        layout.shown = layout.widths.iter().copied().enumerate().collect();
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
                .retain(|(index, _)| *index <= frozen || *index > frozen + scrolled);
            return;
        }
        // One cell on the right belongs to the scrollbar.
        let room = usize::from(self.area.width.saturating_sub(GUTTER + 1));
        let mut lost: Vec<(u8, usize)> = Vec::new();
        while !layout.can_fit(room) {
            let loser = layout
                .shown
                .iter()
                .enumerate()
                .filter(|(_, (index, _))| layout.columns[*index].give_way > 0);
            // The last of those that give way most easily goes; asked-for wide columns stay as long as they can be scrolled to.
            let Some((at, _)) = loser.max_by_key(|(at, (index, _))| (layout.columns[*index].give_way, *at)) else {
                break;
            };
            let (index, _) = layout.shown.remove(at);
            lost.push((layout.columns[index].give_way, index));
        }
        // A wide one that went may have left room for narrow ones that went before it.
        lost.sort_unstable();
        for (_, index) in lost {
            let at = layout.shown.partition_point(|(other, _)| *other < index);
            layout.shown.insert(at, (index, layout.widths[index]));
            if !layout.can_fit(room) {
                layout.shown.remove(at);
            }
        }
        layout.squeeze(room);
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
