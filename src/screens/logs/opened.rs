//! One line, opened: its source and time, its fields as a tree, and the line as it was written. Enter on a field filters by it.

use super::{Logs, shape};
use crate::screens::common::look;
use crate::screens::{Ctx, Shared};
use crate::store::logs::{Format, LineId, LogLineRef, structure};
use crate::text::{format_time, log_spans, width};
use crate::theme::Role;
use crate::ui::{Lines, Reading, TextLine, put, wrap};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;
use std::borrow::Cow;

/// Of the raw line so much is shown, in bytes.
const RAW: usize = 64 << 10;
/// A tree of more lines than this is cut.
const MOST: usize = 5_000;

/// A row of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    indent: usize,
    key: String,
    value: String,
    role: Role,
    /// What Enter filters by.
    filter: Option<String>,
}

/// The line that is open.
#[derive(Debug)]
pub(super) struct Opened {
    line: LineId,
    rows: Tree,
    reading: Reading,
    width: u16,
}

#[derive(Debug, Default)]
struct Tree(Vec<Row>);

impl Lines for Tree {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn line(&self, index: usize) -> TextLine {
        let Some(row) = self.0.get(index) else {
            return TextLine::default();
        };
        let line = TextLine::new(row.key.clone(), Role::LabelKey);
        let gap = if row.key.is_empty() { "" } else { "  " };
        line.and(gap, Role::Text).and(row.value.clone(), row.role)
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        self.0.get(index).map_or(Cow::Borrowed(""), |row| {
            Cow::Owned(format!("{}  {}", row.key, row.value))
        })
    }

    fn indent(&self, index: usize) -> usize {
        self.0.get(index).map_or(0, |row| row.indent)
    }

    fn name(&self, index: usize) -> String {
        index.to_string()
    }
}

impl Logs {
    /// Opens the line under the cursor.
    pub(super) fn open_line(&mut self) {
        self.locate();
        let Some(line) = self.view.line_at(&self.book, self.cursor_at) else {
            return;
        };
        let id = line.id;
        self.let_go();
        self.opened = Some(Opened {
            line: id,
            rows: Tree::default(),
            reading: Reading::default(),
            width: 0,
        });
    }

    /// Makes the tree of the open line when it is new or the width is another one.
    pub(super) fn refresh_opened(&mut self, _shared: &Shared) {
        let area = super::draw::Regions::of(self, self.area).below;
        let Some(opened) = &self.opened else { return };
        let page = usize::from(area.height.saturating_sub(1));
        let new = opened.width != area.width;
        let rows = match self.book.line(opened.line) {
            Some(line) if new => Some(self.tree(&line, usize::from(area.width))),
            _ => None,
        };
        if let Some(opened) = &mut self.opened {
            opened.width = area.width;
            if let Some(rows) = rows {
                opened.rows = rows;
            }
            opened.reading.set(&opened.rows, None, page);
        }
    }

    fn tree(&self, line: &LogLineRef<'_>, cells: usize) -> Tree {
        let mut rows = Vec::new();
        let mut say = |key: &str, value: String, role: Role, filter: Option<String>| {
            rows.push(Row {
                indent: 0,
                key: key.to_owned(),
                value,
                role,
                filter,
            });
        };
        if let Some(source) = self.book.source(line.source) {
            let name = format!("{}/{}/{}", source.namespace, source.pod, source.container);
            let filter = format!("source:{}/{}", source.pod, source.container);
            say("source", name, Role::Text, Some(filter));
        }
        if line.time > 0 {
            let seconds = line.time.div_euclid(1_000_000_000);
            let nanos = line.time.rem_euclid(1_000_000_000);
            let text = format!("{}.{nanos:09}Z", format_time(seconds).trim_end_matches('Z'));
            say("taken", text, Role::Text, None);
        }
        if !line.level.name().is_empty() {
            let filter = format!("level>={}", line.level.name());
            say(
                "level",
                line.level.name().to_owned(),
                shape::role_of(line.level),
                Some(filter),
            );
        }
        let taken = structure(line.bytes);
        if let Some(taken) = &taken {
            let form = match taken.format {
                Format::Json => "JSON",
                Format::Logfmt => "logfmt",
                Format::Klog => "klog",
            };
            say("form", form.to_owned(), Role::Faint, None);
            if !taken.message.is_empty() {
                say("message", taken.message.clone(), shape::role_of(taken.level), None);
            }
        }
        if taken.is_some() {
            rows.push(plain("fields", String::new(), Role::Faint));
        }
        match taken.as_ref().map(|taken| taken.format) {
            Some(Format::Json) => {
                if let Ok(value) = serde_json::from_slice::<Value>(line.bytes) {
                    branch(&value, 2, "", &mut rows);
                }
            }
            Some(_) => {
                for (name, value) in taken.iter().flat_map(|taken| &taken.fields) {
                    rows.push(leaf(2, name, value.clone(), Role::LabelValue, name));
                }
            }
            None => {}
        }
        let size = shape::bytes_text(line.bytes.len());
        rows.push(plain("raw", size, Role::Faint));
        let raw = log_spans(line.bytes, RAW).text;
        let room = cells.saturating_sub(6).max(20);
        let pieces = if width(&raw) <= room {
            vec![raw]
        } else {
            wrap(&raw, room)
        };
        rows.extend(pieces.into_iter().map(|piece| Row {
            indent: 2,
            key: String::new(),
            value: piece,
            role: Role::Text,
            filter: None,
        }));
        rows.truncate(MOST);
        Tree(rows)
    }

    /// Runs a command in the open line; says whether it is one that belongs there.
    pub(super) fn run_opened(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        let Some(opened) = &mut self.opened else { return false };
        match name {
            "open_row" => {
                let filter = opened
                    .rows
                    .0
                    .get(opened.reading.cursor)
                    .and_then(|row| row.filter.clone());
                let Some(filter) = filter else {
                    opened.reading.run("toggle_fold", &opened.rows);
                    return true;
                };
                let before = self.filter_text.clone();
                self.filter_text = format!("{before} {filter}").trim().to_owned();
                match self.apply_filter() {
                    Ok(()) => self.opened = None,
                    Err(error) => {
                        self.filter_text = before;
                        ctx.toast(crate::screens::Tone::Warn, &error);
                    }
                }
                true
            }
            "copy_line" => {
                let row = opened.rows.0.get(opened.reading.cursor);
                if let Some(row) = row {
                    super::output::copy(
                        ctx,
                        row.value.clone(),
                        if row.key.is_empty() { "line" } else { "value" },
                    );
                }
                true
            }
            "close_line" => {
                self.opened = None;
                true
            }
            other => opened.reading.run(other, &opened.rows),
        }
    }
}

/// The fields of a JSON value, one row each.
fn branch(value: &Value, indent: usize, path: &str, rows: &mut Vec<Row>) {
    if rows.len() >= MOST || indent > 60 {
        return;
    }
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (key, value) in children {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        match value {
            Value::Object(map) if !map.is_empty() => {
                rows.push(Row {
                    indent,
                    ..plain(&key, String::new(), Role::Faint)
                });
                branch(value, indent + 2, &path, rows);
            }
            Value::Array(items) if !items.is_empty() => {
                rows.push(Row {
                    indent,
                    ..plain(&key, format!("{} items", items.len()), Role::Faint)
                });
                branch(value, indent + 2, &path, rows);
            }
            Value::String(text) => rows.push(leaf(indent, &key, text.clone(), Role::LabelValue, &path)),
            other => rows.push(leaf(indent, &key, other.to_string(), Role::Number, &path)),
        }
    }
}

fn plain(key: &str, value: String, role: Role) -> Row {
    Row {
        indent: 0,
        key: key.to_owned(),
        value,
        role,
        filter: None,
    }
}

fn leaf(indent: usize, key: &str, value: String, role: Role, path: &str) -> Row {
    let quoted = if value.contains([' ', '"']) {
        format!("{path}={}", serde_json::Value::String(value.clone()))
    } else {
        format!("{path}={value}")
    };
    // A name or value with line breaks in it cannot be typed either.
    let filter =
        (!value.contains(char::is_control) && !path.contains([' ', '=', '"']) && value.len() < 200).then_some(quoted);
    Row {
        indent,
        filter,
        ..plain(key, value, role)
    }
}

/// Draws the open line.
pub(super) fn draw(logs: &Logs, buffer: &mut Buffer, area: Rect, shared: &Shared) {
    let Some(opened) = &logs.opened else { return };
    let area = area.intersection(buffer.area);
    if area.height < 2 || area.width < 4 {
        return;
    }
    let look = look(shared);
    let rule = look.pick("─", "-").repeat(usize::from(area.width));
    put(buffer, area.x, area.y, area.width, &rule, look.style(Role::BorderFocus));
    let gone = if logs.book.line(opened.line).is_none() {
        "; it was let go since"
    } else {
        ""
    };
    let title = format!(
        " the line{gone} {} enter filters by a field, c copies it, esc closes ",
        look.between()
    );
    put(
        buffer,
        area.x + 2,
        area.y,
        area.width.saturating_sub(3),
        &title,
        look.style(Role::Title),
    );
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    opened.reading.draw(buffer, body, look, &opened.rows, true);
}
