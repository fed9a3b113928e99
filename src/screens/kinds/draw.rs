//! The kinds as a table, with a line above it for what discovery could not find out.

use super::Kinds;
use crate::kinds::{Resource, Verbs};
use crate::screens::Shared;
use crate::screens::common::{self, look};
use crate::theme::Role;
use crate::ui::{GridColumn, GridRow, grid};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The columns.
pub const COLUMNS: &[GridColumn] = &[
    GridColumn::new("NAME", 0, 50),
    GridColumn::new("SHORT NAMES", 3, 20),
    GridColumn::new("API VERSION", 2, 44),
    GridColumn::new("NAMESPACED", 5, 10),
    GridColumn::new("KIND", 4, 44),
    GridColumn::new("VERBS", 6, 44),
];

/// Where the table stands.
pub fn table_area(state: &Kinds, area: Rect, shared: &Shared) -> Rect {
    common::below_news(state.filter.above(area), failed(shared).is_some())
}

/// Draws the screen.
pub fn draw(state: &Kinds, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    let body = table_area(state, area, shared);
    let look = look(shared);
    common::say_news(buffer, area, body, shared, failed(shared));
    let row = |index: usize| {
        let Some(resource) = state.rows.get(index) else {
            return GridRow::default();
        };
        let mut cells = cells(resource, shared);
        // The group is read off the first of its rows; further down it steps back.
        let above = index
            .checked_sub(1)
            .filter(|above| *above >= state.list.top)
            .and_then(|above| state.rows.get(above));
        if above.is_some_and(|above| above.name.group == resource.name.group && above.version == resource.version) {
            cells[2].1 = Role::Faint;
        }
        GridRow {
            mark: ("", Role::Text),
            cells,
        }
    };
    grid(
        buffer,
        body,
        look,
        COLUMNS,
        &state.widths,
        &state.list,
        state.rows.len(),
        row,
    );
    if state.rows.is_empty() {
        let discovered = shared.cluster().is_some_and(|(_, cluster)| cluster.discovered);
        let why = match (shared.current, discovered) {
            (None, _) => "No context is in use: choose one first.",
            (_, false) => "The server has not said yet what it serves.",
            _ => "No kind has that in its name, group or short names.",
        };
        common::say_empty(buffer, body, shared, why);
    }
    state
        .filter
        .draw(buffer, area, shared, "name, group, kind or short name");
}

/// The cells of a kind, in the order of [`COLUMNS`].
pub fn cells<'a>(resource: &'a Resource, shared: &Shared) -> Vec<(Cow<'a, str>, Role)> {
    let listed = resource.verbs.list;
    let short: Vec<&str> = resource.short_names.iter().map(|name| name.as_str()).collect();
    let version = if resource.name.group.is_empty() {
        Cow::Borrowed(resource.version.as_str())
    } else {
        Cow::Owned(format!("{}/{}", resource.name.group, resource.version))
    };
    vec![
        (
            Cow::Borrowed(resource.name.resource.as_str()),
            if listed { Role::Text } else { Role::Faint },
        ),
        (Cow::Owned(short.join(",")), Role::Muted),
        (version, Role::Text),
        (
            Cow::Borrowed(if resource.namespaced {
                "yes"
            } else {
                look(shared).nothing()
            }),
            Role::Muted,
        ),
        (Cow::Borrowed(resource.kind.as_str()), Role::Muted),
        (
            Cow::Owned(verbs(resource.verbs)),
            if listed { Role::Muted } else { Role::Warn },
        ),
    ]
}

/// What can be done, reading first: `read, write` where nothing is missing, else `get list, create`.
fn verbs(verbs: Verbs) -> String {
    let named = |pairs: &[(bool, &'static str)]| -> String {
        let there: Vec<&str> = pairs
            .iter()
            .filter(|(there, _)| *there)
            .map(|(_, name)| *name)
            .collect();
        there.join(" ")
    };
    let mut read = named(&[(verbs.get, "get"), (verbs.list, "list"), (verbs.watch, "watch")]);
    if verbs.get && verbs.list && verbs.watch {
        "read".clone_into(&mut read);
    }
    let mut write = named(&[
        (verbs.create, "create"),
        (verbs.update, "update"),
        (verbs.patch, "patch"),
        (verbs.delete, "delete"),
    ]);
    if verbs.create && verbs.update && verbs.patch && verbs.delete {
        "write".clone_into(&mut write);
    }
    if read.is_empty() || write.is_empty() {
        read + &write
    } else {
        format!("{read}, {write}")
    }
}

/// What discovery could not find out.
fn failed(shared: &Shared) -> Option<(String, Role)> {
    let (_, cluster) = shared.cluster()?;
    let failed = &cluster.catalog.failed;
    if failed.is_empty() {
        let waiting = !cluster.discovered && !cluster.catalog.resources.is_empty();
        return waiting.then(|| {
            (
                "What every server serves; this one has not answered yet.".to_owned(),
                Role::Progress,
            )
        });
    }
    let parts: Vec<String> = failed.iter().map(|(group, why)| format!("{group} ({why})")).collect();
    Some((
        format!("{} Not answered: {}", look(shared).caution(), parts.join(", ")),
        Role::Warn,
    ))
}
