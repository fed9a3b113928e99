//! The contexts as a table, the trouble of one below it, and the page for those who have none.

use super::Contexts;
use crate::msg::ContextInfo;
use crate::screens::common::{self, failure_word, key_label, look};
use crate::screens::{Link, Shared};
use crate::theme::Role;
use crate::ui::{GridColumn, GridRow, TextLine, draw_line, grid, pane, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// The columns.
pub const COLUMNS: &[GridColumn] = &[
    GridColumn::new("NAME", 0, 60),
    GridColumn::new("STATE", 0, 28),
    GridColumn::new("NOTES", 4, 48),
    GridColumn::new("NAMESPACE", 3, 30),
    GridColumn::new("CLUSTER", 6, 40),
    GridColumn::new("AUTH", 7, 30),
    GridColumn::new("SERVER", 5, 60),
];

/// The area of the table, and of the pane below it when there is trouble to tell.
pub fn split(state: &Contexts, area: Rect, shared: &Shared) -> (Rect, Option<Rect>) {
    let area = state.filter.above(area);
    if state.troubled(shared).is_none() || area.height < 6 {
        return (area, None);
    }
    let lines = trouble(state, shared, usize::from(area.width.saturating_sub(4))).len();
    let wanted = u16::try_from(lines + 2).unwrap_or(u16::MAX);
    // The table keeps its headings and a few rows.
    let height = wanted.min(area.height.saturating_sub(4)).min(area.height * 2 / 3);
    let table = Rect {
        height: area.height - height,
        ..area
    };
    (
        table,
        Some(Rect {
            y: table.bottom(),
            height,
            ..area
        }),
    )
}

/// Draws the screen.
pub fn draw(state: &Contexts, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    if shared.contexts.is_empty() {
        welcome(buffer, area, shared);
        return;
    }
    let (table, below) = split(state, area, shared);
    let look = look(shared);
    let row = |index: usize| {
        let context = state.rows.get(index).and_then(|place| shared.contexts.get(*place));
        let Some(context) = context else {
            return GridRow::default();
        };
        let mark = if shared.current == Some(context.id) {
            (look.dot(), Role::Accent)
        } else {
            ("", Role::Text)
        };
        GridRow {
            mark,
            cells: cells(context, shared),
        }
    };
    grid(
        buffer,
        table,
        look,
        COLUMNS,
        &state.widths,
        &state.list,
        state.rows.len(),
        row,
    );
    if state.rows.is_empty() {
        common::say_empty(
            buffer,
            table,
            shared,
            "No context has that in its name, cluster or server.",
        );
    }
    if let Some(below) = below {
        let title = state.troubled(shared).map_or("", |context| &context.name);
        let inside = pane(buffer, below, look, title);
        let lines = trouble(state, shared, usize::from(below.width.saturating_sub(4)));
        write_lines(
            buffer,
            Rect {
                x: inside.x + 1,
                width: inside.width.saturating_sub(2),
                ..inside
            },
            shared,
            &lines,
        );
    }
    state.filter.draw(buffer, area, shared, "name, cluster or server");
}

/// The cells of a context, in the order of [`COLUMNS`].
pub fn cells<'a>(context: &'a ContextInfo, shared: &Shared) -> Vec<(Cow<'a, str>, Role)> {
    let production = shared.is_production(context.id);
    let name_role = if context.problem.is_some() {
        Role::Muted
    } else {
        Role::Text
    };
    let (state, state_role) = state_of(context, shared);
    let mut notes = Vec::new();
    if production {
        notes.push("production".to_owned());
    }
    if context.insecure {
        notes.push("TLS not verified".to_owned());
    }
    if let Some(who) = &context.acting_as {
        notes.push(format!("as {who}"));
    }
    let notes_role = if context.insecure || production {
        Role::Warn
    } else {
        Role::Muted
    };
    vec![
        (Cow::Borrowed(&context.name), name_role),
        (Cow::Owned(state), state_role),
        (Cow::Owned(notes.join(", ")), notes_role),
        (Cow::Borrowed(context.namespace.as_str()), Role::Text),
        (Cow::Borrowed(context.cluster.as_str()), Role::Muted),
        (Cow::Borrowed(context.auth.as_str()), Role::Muted),
        (Cow::Borrowed(context.server.as_str()), Role::Muted),
    ]
}

fn state_of(context: &ContextInfo, shared: &Shared) -> (String, Role) {
    let look = look(shared);
    if context.problem.is_some() {
        return (format!("{} unusable", look.cross()), Role::Error);
    }
    let Some(cluster) = shared.clusters.get(&context.id) else {
        return (look.nothing().to_owned(), Role::Faint);
    };
    match &cluster.link {
        Link::Idle => (look.nothing().to_owned(), Role::Faint),
        Link::Connecting if cluster.plugin.is_some() => ("waits for sign-in".to_owned(), Role::Warn),
        Link::Connecting => ("connecting".to_owned(), Role::Progress),
        Link::Up => {
            let trip = cluster
                .round_trip
                .map(|trip| format!(" {} ms", trip.as_millis()))
                .unwrap_or_default();
            (format!("live{trip}"), Role::Ok)
        }
        Link::Down { failure, .. } => (format!("{} {}", look.cross(), failure_word(failure.kind)), Role::Error),
    }
}

/// What is wrong, what to do, and when it is tried again, in lines of `width` columns.
fn trouble(state: &Contexts, shared: &Shared, width: usize) -> Vec<TextLine> {
    let Some(context) = state.troubled(shared) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    if let Some(problem) = &context.problem {
        push_wrapped(&mut lines, problem.as_str(), width, Role::Error);
        push_wrapped(&mut lines, &format!("From {}.", context.file), width, Role::Muted);
    } else if let Some(failure) = common::down(shared, context.id) {
        push_wrapped(&mut lines, failure.message.as_str(), width, Role::Error);
        if let Some(remedy) = &failure.remedy {
            push_wrapped(&mut lines, remedy.as_str(), width, Role::Text);
        }
        let key = key_label(shared, "retry", 1);
        let now = if key.is_empty() {
            String::new()
        } else {
            format!(" {key} tries now.")
        };
        let when = match common::retry_in(shared, context.id) {
            Some(0) => "Trying again.".to_owned(),
            Some(seconds) => format!("Tries again in {seconds} s.{now}"),
            None => format!("Not tried again by itself.{now}"),
        };
        push_wrapped(&mut lines, &when, width, Role::Muted);
    }
    lines
}

fn push_wrapped(lines: &mut Vec<TextLine>, text: &str, width: usize, role: Role) {
    lines.extend(wrap(text, width).into_iter().map(|line| TextLine::new(line, role)));
}

fn write_lines(buffer: &mut Buffer, area: Rect, shared: &Shared, lines: &[TextLine]) {
    let area = area.intersection(buffer.area);
    for (line, y) in lines.iter().zip(area.top()..area.bottom()) {
        draw_line(buffer, area.x, y, area.width, look(shared), line, 0, "");
    }
}

/// The page for those who have no context at all.
fn welcome(buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let width = area.width.saturating_sub(4).min(76);
    let cells = usize::from(width);
    let mut lines = Vec::new();
    match &shared.no_contexts {
        None => lines.push(TextLine::new("Reading the kubeconfig", Role::Muted)),
        Some(failure) => {
            lines.push(TextLine::new("No cluster to open", Role::Title));
            lines.push(TextLine::default());
            push_wrapped(&mut lines, failure.message.as_str(), cells, Role::Text);
            if let Some(remedy) = &failure.remedy {
                push_wrapped(&mut lines, remedy.as_str(), cells, Role::Text);
            }
            lines.push(TextLine::default());
            let ways = [
                ("portolan --demo", "look around in a simulated cluster"),
                ("portolan --kubeconfig FILE", "use this kubeconfig"),
                ("KUBECONFIG=FILE portolan", "the same; several files are joined"),
            ];
            for (command, what) in ways {
                if cells >= 70 {
                    lines.push(TextLine::new(format!("  {command:<28}"), Role::Key).and(what, Role::Muted));
                } else {
                    lines.push(TextLine::new(command, Role::Key));
                    push_wrapped(&mut lines, what, cells, Role::Muted);
                }
            }
            lines.push(TextLine::default());
            let mut keys = TextLine::default();
            for (command, what) in [
                ("refresh", "read it again"),
                ("open_help", "help"),
                ("close_view", "leave"),
            ] {
                let key = key_label(shared, command, 1);
                if !key.is_empty() {
                    keys = keys.and(key, Role::Key).and(format!(" {what}   "), Role::Hint);
                }
            }
            lines.push(keys);
        }
    }
    let high = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let down = area.height.saturating_sub(high) / 3;
    let left = area.width.saturating_sub(width) / 2;
    let place = Rect {
        x: area.x + left,
        y: area.y + down,
        width,
        height: area.height - down,
    };
    write_lines(buffer, place, shared, &lines);
}
