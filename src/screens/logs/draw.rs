//! How logs look: the strip, the lines that are seen, an open line, and what is said below them.

use super::shape::Shaped;
use super::{Asking, Logs, opened, strip};
use crate::msg::{Failure, FailureKind, LogPhase};
use crate::screens::Shared;
use crate::screens::common::{key_in, look};
use crate::store::logs::Level;
use crate::text::{human_duration, width};
use crate::theme::Role;
use crate::ui::{Look, fill, prompt, put, put_right, scrollbar, wrap};
use crate::want::LogStart;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// From this height on the strip is there by itself.
const STRIP_FROM: u16 = 14;

/// The parts of the screen.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Regions {
    pub strip: Rect,
    pub text: Rect,
    /// The open line.
    pub below: Rect,
    /// Where one is, or what is being typed.
    pub foot: Rect,
}

impl Regions {
    pub(super) fn of(logs: &Logs, area: Rect) -> Regions {
        let foot = u16::from(area.height > 1);
        let wanted = logs.strip.on.unwrap_or(area.height >= STRIP_FROM);
        let strip = if wanted && area.height >= 6 { strip::HEIGHT } else { 0 };
        let rest = area.height.saturating_sub(foot + strip);
        let below = if logs.opened.is_some() && rest >= 5 {
            (rest * 3 / 5).max(3)
        } else {
            0
        };
        let part = |y: u16, height: u16| Rect {
            x: area.x,
            y,
            width: area.width,
            height,
        };
        let text = part(area.y + strip, rest - below);
        Regions {
            strip: part(area.y, strip),
            text,
            below: part(text.bottom(), below),
            foot: part(area.y + area.height - foot, foot),
        }
    }
}

pub(super) fn draw(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height == 0 {
        return;
    }
    let regions = Regions::of(logs, area);
    strip::draw(logs, buffer, regions.strip, shared);
    if logs.count() == 0 {
        empty(logs, buffer, regions.text, shared);
    } else {
        lines(logs, buffer, regions.text, shared);
    }
    if regions.below.height > 0 {
        opened::draw(logs, buffer, regions.below, shared);
    }
    foot(logs, buffer, regions.foot, shared);
}

fn lines(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let look = look(shared);
    let shaping = logs.shaping(shared, area.width.saturating_sub(2), area.height);
    let selected = logs.anchor.map(|_| logs.selected());
    let mut y = area.y;
    let mut at = logs.top_at;
    while y < area.bottom() {
        let Some(shaped) = logs.shaped(at, &shaping) else { break };
        let rows = shaped.rows.len().max(1) as u16;
        let under_cursor = at == logs.cursor_at && (!logs.follow || logs.opened.is_some());
        let finds = finds(logs, &shaped.text);
        for (number, row) in shaped.rows.iter().enumerate() {
            let line = y + number as u16;
            if line >= area.bottom() {
                break;
            }
            draw_row(buffer, area, line, &shaped, (number, row), &finds, logs, look);
        }
        let block = Rect {
            x: area.x,
            y,
            width: area.width.saturating_sub(1),
            height: rows.min(area.bottom() - y),
        };
        if selected.as_ref().is_some_and(|selected| selected.contains(&at)) {
            buffer.set_style(block, look.style(Role::Marked));
            put(buffer, area.x, y, 1, look.dot(), look.style(Role::Marked));
        }
        if under_cursor {
            buffer.set_style(block, look.style(Role::Selection));
            put(buffer, area.x, y, 1, look.cursor(), look.style(Role::CursorBar));
        }
        y += rows;
        at += 1;
    }
    scrollbar(buffer, area, look, logs.count(), logs.top_at);
}

/// Where search and filter find something in a text that is shown.
fn finds(logs: &Logs, text: &str) -> Vec<Range<usize>> {
    let mut finds = logs.view.filter().finds(text.as_bytes());
    if let Some(search) = &logs.search {
        finds.extend(search.finds(text.as_bytes()));
    }
    finds.sort_by_key(|find| find.start);
    finds
}

#[allow(clippy::too_many_arguments)]
fn draw_row(
    buffer: &mut Buffer,
    area: Rect,
    y: u16,
    shaped: &Shaped,
    (number, row): (usize, &Range<usize>),
    finds: &[Range<usize>],
    logs: &Logs,
    look: Look<'_>,
) {
    let right = area.right().saturating_sub(1);
    let mut x = area.x + 1;
    if number == 0 {
        for (text, style) in &shaped.head {
            x += put(buffer, x, y, right.saturating_sub(x), text, *style);
        }
    } else {
        x = x
            .saturating_add(u16::try_from(shaped.wide).unwrap_or(u16::MAX))
            .min(right);
    }
    let mut hidden = if logs.wrap { 0 } else { logs.left };
    for (piece, style) in pieces(shaped, row, finds, look.style(Role::Match)) {
        if x >= right {
            break;
        }
        let (skipped, seen) = skip(piece, hidden);
        hidden = hidden.saturating_sub(skipped);
        x += put(buffer, x, y, right - x, seen, style);
    }
    let is_last = number + 1 == shaped.rows.len();
    if is_last && !shaped.rest.is_empty() {
        let wide = width(&shaped.rest) as u16;
        let at = x.min(right.saturating_sub(wide)).max(area.x + 1);
        put(
            buffer,
            at,
            y,
            right.saturating_sub(at),
            &shaped.rest,
            look.style(Role::Comment),
        );
    }
}

/// The pieces of a row with their looks; finds stand out.
fn pieces<'a>(shaped: &'a Shaped, row: &Range<usize>, finds: &[Range<usize>], found: Style) -> Vec<(&'a str, Style)> {
    let mut pieces = Vec::new();
    for (range, style) in &shaped.looks {
        let (from, to) = (range.start.max(row.start), range.end.min(row.end));
        if from >= to {
            continue;
        }
        let mut at = from;
        for find in finds.iter().filter(|find| find.end > from && find.start < to) {
            let (begin, end) = (find.start.max(at), find.end.min(to));
            if begin >= end {
                continue;
            }
            pieces.push((at..begin, *style));
            pieces.push((begin..end, style.patch(found)));
            at = end;
        }
        pieces.push((at..to, *style));
    }
    // A find may begin inside a character of the shown text: such a piece is left as it was.
    pieces
        .into_iter()
        .filter_map(|(range, style)| Some((shaped.text.get(range)?, style)))
        .filter(|(text, _)| !text.is_empty())
        .collect()
}

/// A text without its first cells: how many were left out, and the rest.
fn skip(text: &str, cells: usize) -> (usize, &str) {
    if cells == 0 {
        return (0, text);
    }
    let mut used = 0;
    for (at, cluster) in text.grapheme_indices(true) {
        if used >= cells {
            return (used, text.get(at..).unwrap_or_default());
        }
        used += width(cluster);
    }
    (used, "")
}

/// The line below: what is being typed, or where one is and how the sources stand.
fn foot(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    if area.height == 0 {
        return;
    }
    let look = look(shared);
    if let Some((asking, line)) = &logs.asking {
        fill(buffer, area, look.style(Role::Prompt));
        prompt(buffer, area, look, asking.label(), line, asking.placeholder());
        let note = match (&logs.error, asking) {
            (Some(error), _) => Some((error.clone(), Role::Error)),
            (None, Asking::Search) if logs.search.is_some() => Some((finds_said(logs), Role::Muted)),
            (None, Asking::Filter) if !line.text().is_empty() => Some((
                format!("{} of {}", grouped(logs.count()), grouped(logs.book.len())),
                Role::Muted,
            )),
            (None, Asking::Save) => {
                let lines = if logs.anchor.is_some() {
                    logs.selected().len()
                } else {
                    logs.count()
                };
                Some((format!("{} lines", grouped(lines)), Role::Muted))
            }
            _ => None,
        };
        if let Some((note, role)) = note {
            let taken = width(asking.label()) + width(line.text()) + 3;
            let room = usize::from(area.width).saturating_sub(taken);
            if room >= 12 {
                put_right(buffer, area.right() - 1, area.y, room as u16, &note, look.style(role));
            }
        }
        return;
    }
    let mut x = area.x + 1;
    for (index, (text, role)) in status(logs, shared, look).into_iter().enumerate() {
        if index > 0 {
            x += put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x),
                &format!(" {} ", look.between()),
                look.style(Role::Faint),
            );
        }
        x += put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &text,
            look.style(role),
        );
    }
}

/// What is said of where one is and how the sources stand, the most telling first.
fn status(logs: &Logs, shared: &Shared, look: Look<'_>) -> Vec<(String, Role)> {
    let mut parts: Vec<(String, Role)> = Vec::new();
    let below = logs.below();
    if shared.paused {
        parts.push((format!("paused, {} lines below", grouped(below)), Role::Warn));
    } else if logs.follow {
        parts.push(("following".to_owned(), Role::Ok));
    } else if below > 0 {
        let arrow = look.pick("↓", "v");
        let word = if below == 1 { "line" } else { "lines" };
        parts.push((format!("{arrow} {} {word} below", grouped(below)), Role::Accent));
    } else {
        parts.push(("at the end".to_owned(), Role::Muted));
    }
    if let Some(said) = logs.older_said().filter(|_| logs.top_at == 0) {
        parts.push((said.to_owned(), Role::Progress));
    }
    if logs.anchor.is_some() {
        parts.push((format!("{} selected", grouped(logs.selected().len())), Role::Marked));
    }
    if logs.search.is_some() {
        parts.push((finds_said(logs), Role::Match));
    }
    if logs.floor != Level::None {
        parts.push((format!("{} and worse", logs.floor.name()), Role::Match));
    }
    if !logs.filter_text.is_empty() {
        parts.push((format!("& {}", logs.filter_text), Role::Match));
    }
    if !logs.scanned.complete() {
        parts.push((
            format!("filtering {}", percent(logs.scanned.done, logs.scanned.total)),
            Role::Progress,
        ));
    }
    let counts = logs.sources.counts();
    let role = if counts.broken + counts.denied > 0 {
        Role::Warn
    } else {
        Role::Muted
    };
    let text = counts.text();
    if !text.is_empty() {
        parts.push((text, role));
    }
    if let Some(over) = logs.over_note() {
        parts.push((over, Role::Warn));
    }
    let dropped = logs.book.dropped().lines;
    if dropped > 0 {
        let text = format!(
            "the oldest {} lines were let go",
            grouped(usize::try_from(dropped).unwrap_or(usize::MAX))
        );
        parts.push((text, Role::Warn));
    }
    if let Some(note) = logs.chosen_note() {
        parts.push((note, Role::Muted));
    }
    if logs.sources.previous {
        parts.push(("with the instance before".to_owned(), Role::Muted));
    }
    parts
}

fn finds_said(logs: &Logs) -> String {
    let Some(search) = &logs.search else {
        return String::new();
    };
    let count = search.count();
    let more = if logs.searched.complete() {
        String::new()
    } else {
        format!(", {} searched", percent(logs.searched.done, logs.searched.total))
    };
    let word = if count == 1 { "line" } else { "lines" };
    format!("/{} in {} {word}{more}", search.text(), grouped(count))
}

fn percent(done: usize, total: usize) -> String {
    format!("{} %", done * 100 / total.max(1))
}

/// `1,204`
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Without lines it is said why, and what to do.
fn empty(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let look = look(shared);
    let room = usize::from(area.width.saturating_sub(4)).clamp(1, 100);
    let said = why_empty(logs, shared);
    let lines: Vec<(String, Role)> = said
        .into_iter()
        .flat_map(|(text, role)| wrap(&text, room).into_iter().map(move |line| (line, role)))
        .collect();
    let top = area.y + area.height.saturating_sub(lines.len() as u16) / 3;
    for ((line, role), y) in lines.iter().zip(top..area.bottom()) {
        let x = area.x + area.width.saturating_sub(width(line) as u16) / 2;
        put(
            buffer,
            x.max(area.x + 1),
            y,
            area.width.saturating_sub(2),
            line,
            look.style(*role),
        );
    }
}

fn failure_lines(failure: &Failure, lines: &mut Vec<(String, Role)>) {
    lines.push((failure.message.as_str().to_owned(), Role::Error));
    if let Some(remedy) = &failure.remedy {
        lines.push((remedy.as_str().to_owned(), Role::Muted));
    }
}

fn why_empty(logs: &Logs, shared: &Shared) -> Vec<(String, Role)> {
    let mut lines = Vec::new();
    let key = |command: &str| key_in(shared, crate::keys::Layer::Logs, command);
    if !logs.book.is_empty() {
        let all = grouped(logs.book.len());
        let text = if logs.scanned.complete() {
            format!("none of {all} lines matches")
        } else {
            format!("no match yet in {} of {all} lines", grouped(logs.scanned.done))
        };
        lines.push((text, Role::Muted));
        lines.push((format!("Esc or {} shows all lines", key("clear_filter")), Role::Faint));
        return lines;
    }
    let sources = &logs.sources;
    for (of, failure) in &sources.found.failures {
        lines.push((format!("{of}:"), Role::Muted));
        failure_lines(failure, &mut lines);
    }
    for note in &sources.found.notes {
        lines.push((note.clone(), Role::Muted));
    }
    let read: Vec<_> = sources.read().map(|(_, source)| source).collect();
    let dots = if shared.settings.ascii { "..." } else { "…" };
    if read.is_empty() {
        if !lines.is_empty() {
            lines.push(("R tries again".to_owned(), Role::Faint));
        } else if sources.found.loading || !sources.settled {
            lines.push((format!("looking for pods {dots}"), Role::Muted));
        } else if sources.all.is_empty() {
            lines.push((
                "there are no pods here; they are shown as soon as there are".to_owned(),
                Role::Muted,
            ));
        } else {
            lines.push(("no container is chosen".to_owned(), Role::Muted));
            lines.push((format!("{} chooses containers", key("choose_containers")), Role::Faint));
        }
        return lines;
    }
    let counts = sources.counts();
    for source in read.iter().take(8) {
        let name = format!("{}/{}", source.pod, source.container);
        match &source.phase {
            Some(LogPhase::Waiting(why)) => lines.push((format!("{name} waits: {why}"), Role::Progress)),
            Some(LogPhase::Stopped(failure)) => {
                lines.push((name, Role::Muted));
                failure_lines(failure, &mut lines);
                if failure.kind == FailureKind::Forbidden {
                    lines.push(("reading logs needs the right to get pods/log".to_owned(), Role::Muted));
                }
            }
            Some(LogPhase::Backoff { failure, retry_in }) => {
                lines.push((name, Role::Muted));
                failure_lines(failure, &mut lines);
                let seconds = i64::try_from(retry_in.as_secs()).unwrap_or(i64::MAX);
                lines.push((
                    format!("trying again every {}; R tries now", human_duration(seconds.max(1))),
                    Role::Faint,
                ));
            }
            _ => {}
        }
    }
    if counts.ended == read.len() {
        lines.push(("ended without a line".to_owned(), Role::Muted));
    } else if lines.is_empty() && counts.streaming > 0 {
        let since = read
            .iter()
            .find_map(|source| source.want.as_ref())
            .map(|want| want.start);
        let text = match since {
            Some(LogStart::Since(_)) => "nothing was written since then; new lines are shown as they come",
            _ => "nothing was written yet; new lines are shown as they come",
        };
        lines.push((text.to_owned(), Role::Muted));
        if matches!(since, Some(LogStart::Since(_))) {
            lines.push((format!("{} begins earlier", key("choose_since")), Role::Faint));
        }
    } else if lines.is_empty() {
        lines.push((format!("asking for logs {dots}"), Role::Muted));
    }
    // Containers that are not read may be what all wait for.
    for source in sources
        .all
        .iter()
        .filter(|source| !source.on && source.faulty && !source.gone)
        .take(4)
    {
        let word = source.part.word();
        let gap = if word.is_empty() { "" } else { " " };
        lines.push((
            format!(
                "{word}{gap}container {} of {}: {}; {} reads it",
                source.container,
                source.pod,
                source.state,
                key("choose_containers")
            ),
            Role::Warn,
        ));
    }
    lines
}
