//! Draws the table: the rows that are visible and nothing else.

use super::layout::{GAP, GUTTER, aligned};
use super::{Asking, Browse, Shared};
use crate::kinds::{Health, Value};
use crate::msg::Phase;
use crate::store::{Mark, Source, Table};
use crate::text::{human_duration, width};
use crate::theme::Role;
use crate::ui::{fill, put, put_right, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Cells before the text of the prompt line.
pub(super) const PROMPT_INDENT: u16 = 3;

pub(super) fn draw(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    if area.width < 2 || area.height == 0 {
        return;
    }
    let prompt = browse.prompt_line().is_some() && area.height > 2;
    let body = Rect {
        height: area.height - u16::from(prompt),
        ..area
    };
    let tables = browse.tables(shared);
    header(browse, buffer, body, shared);
    if browse.view.rows().is_empty() || tables.len() < browse.lists.len() {
        empty(
            browse,
            buffer,
            Rect {
                y: body.y + 1,
                height: body.height - 1,
                ..body
            },
            shared,
            &tables,
        );
    } else {
        rows(browse, buffer, body, shared, &tables);
    }
    if prompt {
        prompt_line(
            browse,
            buffer,
            Rect {
                y: area.bottom() - 1,
                height: 1,
                ..area
            },
            shared,
        );
    }
}

fn header(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let style = shared.theme.style(Role::Column);
    fill(buffer, Rect { height: 1, ..area }, style);
    let mut x = area.x + GUTTER;
    let arrow = match (browse.spec.sort.descending, shared.settings.ascii) {
        (false, false) => "↑",
        (true, false) => "↓",
        (false, true) => "^",
        (true, true) => "v",
    };
    for (column, cells) in browse.layout.places() {
        if x >= area.right() {
            break;
        }
        let sorted = column.field == browse.spec.sort.field;
        let name = if sorted {
            format!("{} {arrow}", column.name)
        } else {
            column.name.to_string()
        };
        let role = if sorted { Role::ColumnSorted } else { Role::Column };
        let text = aligned(column, &name, cells);
        put(
            buffer,
            x,
            area.y,
            area.right() - x,
            text.trim_end(),
            shared.theme.style(role),
        );
        x = x.saturating_add(cells + GAP);
    }
    if browse.layout.hides_some() {
        let mark = if shared.settings.ascii { ">" } else { "›" };
        put(
            buffer,
            area.right() - 1,
            area.y,
            1,
            mark,
            shared.theme.style(Role::Accent),
        );
    }
}

fn rows(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared, tables: &[&Table]) {
    let theme = &shared.theme;
    let mut text = String::new();
    let page = usize::from(area.height - 1);
    for (line, row) in browse.view.rows().iter().skip(browse.offset).take(page).enumerate() {
        let y = area.y + 1 + line as u16;
        let Some(table) = tables.get(usize::from(row.table)) else {
            continue;
        };
        let Some(content) = table.row(row.id) else { continue };
        let mark = table.mark(row.id);
        let stale = table.source_of(row.id).is_some_and(is_stale);
        let marked = browse.marks.contains(&(row.table, content.uid.clone()));
        let under_cursor = browse.cursor.as_ref().is_some_and(|(cursor, _)| cursor == row);
        let mut x = area.x + GUTTER;
        for (column, cells) in browse.layout.places() {
            if x >= area.right() {
                break;
            }
            let cell = table.cell(row.id, &column.field);
            text.clear();
            cell.value.write(browse.now, &mut text);
            let role = match mark {
                Mark::Gone(_) => Role::DeletedRow,
                _ if stale => Role::Stale,
                _ if cell.value == Value::None => Role::Faint,
                _ => cell.role,
            };
            let shown = aligned(
                column,
                if text.is_empty() && cell.value == Value::None {
                    "-"
                } else {
                    &text
                },
                cells,
            );
            let room = (area.right() - x).min(cells.max(1));
            put(buffer, x, y, room, &shown, theme.style(role));
            for word in browse.spec.filter.words() {
                highlight(buffer, x, y, room, &shown, word, theme.style(Role::Match));
            }
            x = x.saturating_add(cells + GAP);
        }
        let line_area = Rect {
            x: area.x,
            y,
            width: area.width,
            height: 1,
        };
        let is_new = matches!(mark, Mark::New(at) if shared.mono.saturating_sub(at) < u64::from(shared.settings.new_seconds) * 1000);
        if marked {
            buffer.set_style(line_area, theme.style(Role::Marked));
        }
        if under_cursor {
            buffer.set_style(line_area, theme.style(Role::Selection));
        }
        let ascii = shared.settings.ascii;
        // The leftmost cell says what is special without colour: cursor, mark, new, deleted, faulty.
        let (sign, role) = match (under_cursor, marked, mark) {
            (_, true, _) => (if ascii { "*" } else { "●" }, Role::Marked),
            (_, _, Mark::Gone(_)) => (if ascii { "x" } else { "×" }, Role::DeletedRow),
            _ if is_new => ("+", Role::NewRow),
            (true, ..) => (if ascii { ">" } else { "▌" }, Role::CursorBar),
            _ => match content.health {
                Health::Bad => (if ascii { "!" } else { "✗" }, Role::Error),
                Health::Warn | Health::Unknown => (if ascii { "?" } else { "▲" }, Role::Warn),
                _ => (" ", Role::Text),
            },
        };
        put(buffer, area.x, y, 1, sign, theme.style(role));
        if under_cursor {
            buffer.set_style(Rect { width: 1, ..line_area }, theme.style(Role::Selection));
            buffer.set_style(Rect { width: 1, ..line_area }, theme.style(role));
        }
    }
    scrollbar(browse, buffer, area, shared);
}

fn highlight(buffer: &mut Buffer, x: u16, y: u16, room: u16, shown: &str, word: &str, style: Style) {
    if !shown.is_ascii() || word.is_empty() {
        return;
    }
    let lower = shown.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find(word) {
        let (start, end) = ((from + at) as u16, (from + at + word.len()) as u16);
        if start >= room {
            break;
        }
        buffer.set_style(
            Rect {
                x: x + start,
                y,
                width: end.min(room) - start,
                height: 1,
            },
            style,
        );
        from += at + word.len();
    }
}

fn scrollbar(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let page = usize::from(area.height - 1);
    let total = browse.view.rows().len();
    if total <= page || page < 3 {
        return;
    }
    let thumb = (page * page / total).max(1);
    let top = browse.offset * (page - thumb) / (total - page).max(1);
    let sign = if shared.settings.ascii { "|" } else { "▐" };
    for line in top..(top + thumb).min(page) {
        put(
            buffer,
            area.right() - 1,
            area.y + 1 + line as u16,
            1,
            sign,
            shared.theme.style(Role::Scrollbar),
        );
    }
}

fn is_stale(source: &Source) -> bool {
    match source.phase {
        Phase::Backoff { .. } | Phase::Stopped(_) => true,
        // What once was complete and now waits for its connection is as old as the waiting.
        Phase::Waiting => source.complete,
        _ => false,
    }
}

/// An empty table says why it is empty, and what to do.
fn empty(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared, tables: &[&Table]) {
    let mut lines: Vec<(String, Role)> = Vec::new();
    let room = usize::from(area.width.saturating_sub(4)).min(100);
    let dots = if shared.settings.ascii { "..." } else { "…" };
    let all = tables.iter().map(|table| table.counts().rows).sum::<usize>();
    let name = browse.what();
    let failures = tables
        .iter()
        .flat_map(|table| table.sources())
        .filter_map(|source| match &source.phase {
            Phase::Backoff { failure, retry_in, .. } => {
                let waited = u128::from(shared.mono.saturating_sub(source.said));
                Some((
                    failure,
                    Some(retry_in.as_millis().saturating_sub(waited).div_ceil(1000)),
                ))
            }
            Phase::Stopped(failure) => Some((failure, None)),
            _ => None,
        });
    for (failure, retry) in failures {
        let message = wrap(failure.message.as_str(), room);
        if lines.iter().any(|(line, _)| message.first() == Some(line)) {
            continue;
        }
        lines.extend(message.into_iter().map(|line| (line, Role::Error)));
        if let Some(remedy) = &failure.remedy {
            lines.extend(wrap(remedy.as_str(), room).into_iter().map(|line| (line, Role::Muted)));
        }
        lines.push(match retry {
            Some(seconds) => (format!("trying again in {seconds}s; R tries now"), Role::Muted),
            None => (
                "nothing is tried again by itself; R tries again".to_owned(),
                Role::Muted,
            ),
        });
    }
    if lines.is_empty() {
        if tables.len() < browse.lists.len() || !tables.iter().all(|table| table.is_complete()) {
            let since = tables
                .iter()
                .flat_map(|table| table.sources())
                .map(|source| source.since)
                .min()
                .unwrap_or(shared.mono);
            let seconds = (shared.mono.saturating_sub(since) / 1000) as i64;
            let what = match shared.clusters.get(&browse.place.cluster).map(|state| &state.link) {
                Some(super::super::Link::Up) => format!("listing {name}"),
                Some(super::super::Link::Down { failure, .. }) => {
                    lines.push((failure.message.as_str().to_owned(), Role::Error));
                    "waiting for the connection".to_owned()
                }
                _ => "connecting".to_owned(),
            };
            let waited = if seconds >= 2 {
                format!(" {dots} {}", human_duration(seconds))
            } else {
                format!(" {dots}")
            };
            lines.push((what + &waited, Role::Muted));
        } else if browse.spec.faults_only && all > 0 {
            lines.push((format!("nothing is wrong with these {all} {name}"), Role::Ok));
            lines.push(("! shows all".to_owned(), Role::Muted));
        } else if all > 0 && !browse.filter_text.is_empty() {
            lines.push((format!("none of {all} {name} matches"), Role::Muted));
            lines.push(("Esc or \\ clears the filter".to_owned(), Role::Muted));
        } else {
            let selector = browse.labels.as_str();
            let selected = if selector.is_empty() {
                String::new()
            } else {
                format!(" with {selector}")
            };
            let place = match browse.scope(shared) {
                _ if !browse.place.trail.is_empty() => format!("no {name} of {}", browse.place.trail),
                crate::want::Scope::Namespaces(names) if browse.is_namespaced(shared) => {
                    let names: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
                    format!("no {name}{selected} in namespace {}", names.join(", "))
                }
                _ => format!("no {name}{selected} in this cluster"),
            };
            lines.push((place, Role::Muted));
            if !selector.is_empty() {
                lines.push(("\\ clears the selector".to_owned(), Role::Faint));
            } else if browse.scope(shared) != crate::want::Scope::All
                && browse.is_namespaced(shared)
                && browse.place.trail.is_empty()
            {
                lines.push(("0 shows all namespaces, n chooses some".to_owned(), Role::Faint));
            }
        }
    }
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 3;
    for (number, (line, role)) in lines.iter().enumerate() {
        let y = top + number as u16;
        if y >= area.bottom() {
            break;
        }
        let x = area.x + area.width.saturating_sub(width(line) as u16) / 2;
        put(
            buffer,
            x.max(area.x + 1),
            y,
            area.width.saturating_sub(2),
            line,
            shared.theme.style(*role),
        );
    }
}

fn prompt_line(browse: &Browse, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let theme = &shared.theme;
    fill(buffer, area, theme.style(Role::Prompt));
    let (sign, text) = match &browse.prompt {
        Some((Asking::Filter, line)) => ("/", line.text()),
        Some((Asking::Selector | Asking::Logs, line)) => ("-l", line.text()),
        Some((Asking::Export, line)) => ("to", line.text()),
        None if browse.filter_text.is_empty() => ("-l", browse.labels.as_str()),
        None => ("/", browse.filter_text.as_str()),
    };
    let role = if browse.prompt.is_some() {
        Role::Accent
    } else {
        Role::Muted
    };
    put(buffer, area.x, area.y, 2, sign, theme.style(role));
    let room = area.width.saturating_sub(PROMPT_INDENT);
    put(
        buffer,
        area.x + PROMPT_INDENT,
        area.y,
        room,
        text,
        theme.style(if browse.prompt.is_some() {
            Role::Prompt
        } else {
            Role::Match
        }),
    );
    let note = match (&browse.filter_error, &browse.prompt) {
        (Some(error), _) => Some((error.clone(), Role::Error)),
        (None, Some((Asking::Filter, _))) => Some((
            "word  ~fuzzy  !not  /regex/  column>value  -l selector".to_owned(),
            Role::Faint,
        )),
        (None, Some((Asking::Logs, _))) => Some((
            "logs of all pods with app=web,tier in (a,b); nothing means all pods".to_owned(),
            Role::Faint,
        )),
        (None, Some((Asking::Selector, _))) => {
            Some(("app=web,tier in (a,b),!canary   on the server".to_owned(), Role::Faint))
        }
        (None, Some((Asking::Export, _))) => Some((
            ".csv  .json  or text; add !header to leave it out".to_owned(),
            Role::Faint,
        )),
        (None, None) => None,
    };
    if let Some((note, role)) = note {
        let taken = PROMPT_INDENT + width(text) as u16 + 3;
        let room = area.width.saturating_sub(taken);
        if usize::from(room) >= width(&note).min(24) {
            put_right(
                buffer,
                area.right().saturating_sub(1),
                area.y,
                room,
                &note,
                theme.style(role),
            );
        }
    }
}
