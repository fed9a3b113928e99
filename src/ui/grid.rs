//! A plain table for screens that hold few rows: columns with headings, one cursor, no sorting. Columns that do not fit give
//! way by rank; what has a wide cell is cut in the middle, because names differ at both ends.

use super::{ListState, Look, fill, put, scrollbar};
use crate::text::{cut_middle, width};
use crate::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Columns between two cells.
const GAP: usize = 2;

/// Columns to the left of the first cell: the cursor's bar and a mark.
const LEAD: u16 = 3;

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct GridColumn {
    /// Heading.
    pub name: &'static str,
    /// What gives way first: 0 never, 9 first.
    pub give_way: u8,
    /// The widest it may be; 0 is no limit.
    pub cap: u16,
}

impl GridColumn {
    /// A column.
    pub const fn new(name: &'static str, give_way: u8, cap: u16) -> GridColumn {
        GridColumn { name, give_way, cap }
    }
}

/// A row as it is drawn.
#[derive(Clone, Debug, Default)]
pub struct GridRow<'a> {
    /// One cell before the first: marks.
    pub mark: (&'a str, Role),
    /// Text and role, column by column.
    pub cells: Vec<(Cow<'a, str>, Role)>,
}

/// The widths that the columns would like: they only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridWidths(Vec<usize>);

impl GridWidths {
    /// Widths of the headings.
    pub fn new(columns: &[GridColumn]) -> GridWidths {
        GridWidths(columns.iter().map(|column| width(column.name)).collect())
    }

    /// Makes a column at least as wide as this text.
    pub fn grow(&mut self, columns: &[GridColumn], column: usize, text: &str) {
        let cap = columns.get(column).map_or(0, |column| usize::from(column.cap));
        let cap = if cap == 0 { usize::MAX } else { cap };
        if let Some(wide) = self.0.get_mut(column) {
            *wide = (*wide).max(width(text).min(cap));
        }
    }

    /// The columns that fit into `room`, each with its width.
    fn fitting(&self, columns: &[GridColumn], room: usize) -> Vec<(usize, usize)> {
        let mut shown: Vec<(usize, usize)> = self.0.iter().copied().enumerate().collect();
        let total = |shown: &[(usize, usize)]| {
            shown
                .iter()
                .map(|(_, wide)| wide + GAP)
                .sum::<usize>()
                .saturating_sub(GAP)
        };
        while total(&shown) > room {
            let rank = |place: &(usize, usize)| columns.get(place.0).map_or(0, |column| column.give_way);
            let Some(worst) = shown
                .iter()
                .enumerate()
                .max_by_key(|(_, place)| rank(place))
                .map(|(at, _)| at)
            else {
                break;
            };
            if rank(&shown[worst]) == 0 {
                break;
            }
            // A wide column gives of its width before a whole column goes.
            let over = total(&shown) - room;
            if shown[worst].1 > over + 12 {
                shown[worst].1 -= over;
            } else {
                shown.remove(worst);
            }
        }
        // What may not give way shares what there is.
        let over = total(&shown).saturating_sub(room);
        if over > 0
            && let Some(widest) = shown.iter_mut().max_by_key(|(_, wide)| *wide)
        {
            widest.1 = widest.1.saturating_sub(over).max(1);
        }
        shown
    }
}

/// How many rows a table of this height shows.
pub fn grid_page(area: Rect) -> usize {
    usize::from(area.height.saturating_sub(1))
}

/// Draws headings and the visible ones of `count` rows.
#[allow(clippy::too_many_arguments)]
pub fn grid<'a>(
    buffer: &mut Buffer,
    area: Rect,
    look: Look<'_>,
    columns: &[GridColumn],
    widths: &GridWidths,
    list: &ListState,
    count: usize,
    row: impl Fn(usize) -> GridRow<'a>,
) {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return;
    }
    let room = usize::from(area.width.saturating_sub(LEAD + 1));
    let mut fitting = widths.fitting(columns, room);
    // The last column has nobody to make room for.
    let used: usize = fitting
        .iter()
        .map(|(_, wide)| wide + GAP)
        .sum::<usize>()
        .saturating_sub(GAP);
    if let Some(last) = fitting.last_mut() {
        last.1 += room.saturating_sub(used);
    }
    let cells = |buffer: &mut Buffer, y: u16, text: &dyn Fn(usize, usize) -> (String, Role)| {
        let mut x = area.x + LEAD;
        for (column, wide) in &fitting {
            let (text, role) = text(*column, *wide);
            let left = area.right().saturating_sub(x);
            put(
                buffer,
                x,
                y,
                left.min(u16::try_from(*wide).unwrap_or(u16::MAX)),
                &text,
                look.style(role),
            );
            x = x.saturating_add(u16::try_from(wide + GAP).unwrap_or(u16::MAX));
        }
    };
    cells(buffer, area.y, &|column, _| {
        (
            columns.get(column).map_or("", |column| column.name).to_owned(),
            Role::Column,
        )
    });
    let page = grid_page(area);
    for (line, index) in (list.top..count.min(list.top + page)).enumerate() {
        let y = area.y + 1 + u16::try_from(line).unwrap_or(u16::MAX);
        let row = row(index);
        if index == list.cursor {
            let whole = Rect { y, height: 1, ..area };
            fill(buffer, whole, look.style(Role::Base).patch(look.style(Role::Selection)));
            put(buffer, area.x, y, 1, look.cursor(), look.style(Role::CursorBar));
        }
        put(buffer, area.x + 1, y, 1, row.mark.0, look.style(row.mark.1));
        cells(buffer, y, &|column, wide| {
            row.cells.get(column).map_or_else(Default::default, |(text, role)| {
                (cut_middle(text, wide).into_owned(), *role)
            })
        });
    }
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    scrollbar(buffer, body, look, count, list.top);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_by_rank() {
        let columns = [
            GridColumn::new("NAME", 0, 0),
            GridColumn::new("AGE", 2, 0),
            GridColumn::new("NODE", 5, 0),
        ];
        let mut widths = GridWidths::new(&columns);
        widths.grow(&columns, 0, "0123456789");
        let rows = [
            (40, vec![(0, 10), (1, 3), (2, 4)]),
            (16, vec![(0, 10), (1, 3)]),
            (12, vec![(0, 10)]),
            (6, vec![(0, 6)]),
            (0, vec![(0, 1)]),
        ];
        for (room, shown) in rows {
            assert_eq!(widths.fitting(&columns, room), shown, "{room}");
        }
    }
}
