//! The namespaces as a table, with a line above it when the list is not what it should be.

use super::{Entry, Namespaces, in_use, table};
use crate::msg::{FailureKind, Phase};
use crate::screens::Shared;
use crate::screens::common::{self, key_label, look};
use crate::text::{age, check_dns_label};
use crate::theme::Role;
use crate::ui::{GridColumn, GridRow, grid};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The columns.
pub const COLUMNS: &[GridColumn] = &[
    GridColumn::new("NAME            ", 0, 63),
    GridColumn::new("STATUS     ", 1, 24),
    GridColumn::new("AGE     ", 2, 10),
    GridColumn::new("NOTES", 3, 48),
];

/// Where the table stands.
pub fn table_area(state: &Namespaces, area: Rect, shared: &Shared) -> Rect {
    common::below_news(state.filter.above(area), news(shared).is_some())
}

/// Draws the screen.
pub fn draw(state: &Namespaces, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    let body = table_area(state, area, shared);
    let look = look(shared);
    common::say_news(buffer, area, body, shared, news(shared));
    let now = shared.current.map_or(shared.wall, |id| shared.now(id));
    let row = |index: usize| match state.entries.get(index) {
        None => GridRow::default(),
        Some(entry) => row(state, entry, shared, now),
    };
    grid(
        buffer,
        body,
        look,
        COLUMNS,
        &state.widths,
        &state.list,
        state.entries.len(),
        row,
    );
    if state.entries.is_empty() {
        let typed = state.filter.line.text().trim();
        let why = if shared.current.is_none() {
            "No context is in use: choose one first.".to_owned()
        } else {
            check_dns_label(typed)
                .err()
                .unwrap_or_else(|| "There is no namespace to show.".to_owned())
        };
        common::say_empty(buffer, body, shared, &why);
    }
    state.filter.draw(buffer, area, shared, "a namespace, listed or not");
}

fn row<'a>(state: &Namespaces, entry: &'a Entry, shared: &Shared, now: i64) -> GridRow<'a> {
    let look = look(shared);
    let dot = |used: bool| {
        if used {
            (look.dot(), Role::Accent)
        } else {
            ("", Role::Text)
        }
    };
    let used_note = |used: bool| if used { "in use" } else { "" };
    match entry {
        Entry::All => {
            let used = in_use(shared, None);
            let cells = vec![
                (Cow::Borrowed("all namespaces"), Role::Accent),
                (Cow::Borrowed(""), Role::Text),
                (Cow::Borrowed(""), Role::Text),
                (Cow::Borrowed(used_note(used)), Role::Muted),
            ];
            GridRow { mark: dot(used), cells }
        }
        Entry::Named(named) => {
            let used = in_use(shared, Some(&named.name));
            let marked = state.marked.contains(&named.name);
            let mark = if marked { (look.tick(), Role::Marked) } else { dot(used) };
            let name_role = if marked { Role::Marked } else { Role::Text };
            let (status, role, age, note) = match &named.listed {
                Some(listed) => (
                    listed.status.value.text(now),
                    listed.status.role,
                    age(now, listed.created),
                    used_note(used),
                ),
                None if used => (
                    look.nothing().to_owned(),
                    Role::Faint,
                    String::new(),
                    "in use, not listed",
                ),
                None => (look.nothing().to_owned(), Role::Faint, String::new(), "not listed"),
            };
            let cells = vec![
                (Cow::Borrowed(named.name.as_str()), name_role),
                (Cow::Owned(status), role),
                (Cow::Owned(age), Role::Text),
                (Cow::Borrowed(note), Role::Muted),
            ];
            GridRow { mark, cells }
        }
        Entry::Offer(name) => {
            let key = key_label(shared, "open_row", 1);
            let cells = vec![
                (Cow::Borrowed(name.as_str()), Role::Accent),
                (Cow::Borrowed(look.nothing()), Role::Faint),
                (Cow::Borrowed(""), Role::Text),
                (Cow::Owned(format!("not listed; {key} uses it anyway")), Role::Warn),
            ];
            GridRow {
                mark: (look.pick("+", "+"), Role::Accent),
                cells,
            }
        }
    }
}

/// What there is to say about the list itself.
fn news(shared: &Shared) -> Option<(String, Role)> {
    let source = table(shared)?.sources().first()?;
    let filter = key_label(shared, "open_filter", 1);
    match &source.phase {
        Phase::Stopped(failure) if failure.kind == FailureKind::Forbidden => Some((
            format!("This user may not list namespaces. Press {filter}, type a name and take it: it is remembered."),
            Role::Warn,
        )),
        Phase::Stopped(failure) | Phase::Backoff { failure, .. } => {
            Some((format!("{} {}", look(shared).cross(), failure.message), Role::Error))
        }
        Phase::Waiting | Phase::Listing { .. } if !source.complete => {
            Some(("Reading the list of namespaces".to_owned(), Role::Progress))
        }
        _ => None,
    }
}
