//! What leaves the table: copies and exports. Raw values, made of what the rows hold.

use super::{Browse, Ctx, Request, Shared};
use crate::effect::Effect;
use crate::kinds::Column;
use crate::msg::Ticket;
use crate::screens::Tone;
use crate::store::RowRef;
use crate::text::{Clean, csv_field};
use std::path::PathBuf;

/// Answers of copies and exports only make a toast, so they share a ticket.
pub(super) const OUTPUT: Ticket = Ticket(0);

/// The form of an export, from its file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text { header: bool },
    Csv { header: bool },
    Json,
}

impl Browse {
    /// Writes the table (what passes the filter, in the order on the screen) to a file.
    pub(super) fn export(&mut self, line: &str, ctx: &mut Ctx<'_>) {
        let (path, header) = match line.strip_suffix("!header") {
            Some(path) => (path.trim(), false),
            None => (line, true),
        };
        let (path, overwrite) = match path.strip_prefix('!') {
            Some(path) => (path.trim(), true),
            None => (path, false),
        };
        if path.is_empty() {
            return;
        }
        let form = match path.rsplit('.').next() {
            Some("csv") => Form::Csv { header },
            Some("json") => Form::Json,
            _ => Form::Text { header },
        };
        let content = self.printed(form, ctx.shared);
        ctx.ask(Request::Effect(Effect::WriteFile {
            ticket: OUTPUT,
            path: PathBuf::from(path),
            content: vec![content.into_bytes().into()],
            overwrite,
        }));
    }

    /// Copies the row, or all marked ones, as text with aligned columns.
    pub(super) fn copy_rows(&mut self, ctx: &mut Ctx<'_>) {
        let chosen: Vec<RowRef> = self.chosen(ctx.shared).into_iter().map(|(row, _)| row).collect();
        if chosen.is_empty() {
            ctx.toast(Tone::Warn, "there is nothing to copy");
            return;
        }
        let what = if chosen.len() == 1 {
            "row".to_owned()
        } else {
            format!("{} rows", chosen.len())
        };
        let text = lines(
            &self.printed_columns(),
            &self.cells(&chosen, ctx.shared),
            chosen.len() > 1,
        );
        copy(ctx, text, &what);
    }

    /// Copies the names of the marked rows, or of the one under the cursor.
    pub(super) fn copy_names(&mut self, ctx: &mut Ctx<'_>) {
        let names: Vec<String> = self
            .chosen(ctx.shared)
            .iter()
            .map(|(_, row)| row.name.as_str().to_owned())
            .collect();
        match names.as_slice() {
            [] => ctx.toast(Tone::Warn, "there is nothing to copy"),
            [name] => copy(ctx, name.clone(), "name"),
            several => copy(ctx, several.join("\n"), &format!("{} names", several.len())),
        }
    }

    /// Copies the cell in the column that the table is sorted by: the one column that is picked out already.
    pub(super) fn copy_cell(&mut self, ctx: &mut Ctx<'_>) {
        let Some((row, _)) = self.current(ctx.shared) else {
            return;
        };
        let Some(column) = self
            .layout
            .all()
            .iter()
            .find(|column| column.field == self.spec.sort.field)
            .cloned()
        else {
            return;
        };
        let Some(text) = self.cells_of(row, std::slice::from_ref(&column), ctx.shared).pop() else {
            return;
        };
        copy(ctx, text, &column.name.to_lowercase());
    }

    fn printed(&self, form: Form, shared: &Shared) -> String {
        let columns = self.printed_columns();
        let rows: Vec<RowRef> = self.view.rows().to_vec();
        let cells = self.cells(&rows, shared);
        match form {
            Form::Text { header } => lines(&columns, &cells, header),
            Form::Csv { header } => {
                let mut out = String::new();
                let names: Vec<String> = columns.iter().map(|column| column.name.to_string()).collect();
                for row in header.then_some(&names).into_iter().chain(&cells) {
                    let fields: Vec<_> = row.iter().map(|field| csv_field(field)).collect();
                    out.push_str(&fields.join(","));
                    out.push_str("\r\n");
                }
                out
            }
            Form::Json => {
                let objects = cells.iter().map(|row| {
                    let fields = columns
                        .iter()
                        .zip(row)
                        .map(|(column, text)| (column.name.to_string(), text.clone().into()));
                    serde_json::Value::Object(fields.collect())
                });
                let mut out =
                    serde_json::to_string_pretty(&serde_json::Value::Array(objects.collect())).unwrap_or_default();
                out.push('\n');
                out
            }
        }
    }

    fn cells(&self, rows: &[RowRef], shared: &Shared) -> Vec<Vec<String>> {
        let columns = self.printed_columns();
        rows.iter().map(|row| self.cells_of(*row, &columns, shared)).collect()
    }

    fn cells_of(&self, row: RowRef, columns: &[Column], shared: &Shared) -> Vec<String> {
        let tables = self.tables(shared);
        let Some(table) = tables.get(usize::from(row.table)) else {
            return Vec::new();
        };
        let text = |column: &Column| table.cell(row.id, &column.field).value.text(self.now);
        columns.iter().map(text).collect()
    }
}

fn copy(ctx: &mut Ctx<'_>, text: String, what: &str) {
    ctx.ask(Request::Effect(Effect::Copy {
        ticket: OUTPUT,
        text,
        what: Clean::new(what),
    }));
}

/// Aligned as kubectl aligns: three blanks between columns, none at the end.
fn lines(columns: &[Column], rows: &[Vec<String>], header: bool) -> String {
    let names: Vec<String> = columns.iter().map(|column| column.name.to_string()).collect();
    let all: Vec<&Vec<String>> = header.then_some(&names).into_iter().chain(rows).collect();
    let mut widths = vec![0; columns.len()];
    for row in &all {
        for (cell, known) in row.iter().zip(&mut widths) {
            *known = (*known).max(crate::text::width(cell));
        }
    }
    let mut out = String::new();
    for row in all {
        let mut line = String::new();
        for (cell, cells) in row.iter().zip(&widths) {
            line.push_str(&crate::text::pad_right(cell, cells + 3));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
