//! What can be done in a table. Each row is a command: palette, help, menu and hint bar read this slice.

use super::links::{choose_link, jump_node, jump_owner, node_of, open_row};
use super::objects::{has_logs, has_object};
use super::questions::{all_namespaces, choose_label_columns, choose_namespaces, choose_sort, use_namespace};
use super::{Asking, Browse};
use crate::kinds::{Field, Uid};
use crate::screens::{Command, Ctx, Danger, Request, Shared, Tab, Tone, Travel, always};
use crate::store::SortBy;
use crate::ui::LineEdit;

macro_rules! command {
    ($name:literal, $hint:literal, $doc:literal, $when:expr, $run:expr) => {
        Command {
            name: $name,
            doc: $doc,
            hint: $hint,
            danger: Danger::None,
            when: $when,
            run: $run,
        }
    };
}

/// The commands of the table.
pub(super) const COMMANDS: &[Command<Browse>] = &[
    command!(
        "open_row",
        "open",
        "Follow the row: its pods, its containers, what it selects",
        leads_on,
        open_row
    ),
    command!(
        "open_describe",
        "describe",
        "Describe this object",
        has_object,
        |browse, ctx| browse.open_object(Tab::Describe, ctx)
    ),
    command!(
        "open_yaml",
        "yaml",
        "Show this object as YAML",
        has_object,
        |browse, ctx| {
            browse.open_object(Tab::Yaml, ctx);
        }
    ),
    command!(
        "open_logs",
        "logs",
        "Read the logs of this row, or of the marked rows",
        has_logs,
        |browse, ctx| {
            browse.open_logs(false, ctx);
        }
    ),
    command!(
        "open_previous_logs",
        "",
        "Read the logs from the instance before this one on",
        has_logs,
        |browse, ctx| browse.open_logs(true, ctx)
    ),
    command!(
        "open_events",
        "",
        "Show what happened to this object and to what it owns",
        has_object,
        |browse, ctx| browse.open_object(Tab::Events, ctx)
    ),
    command!(
        "open_relations",
        "",
        "Show owners, what it owns, and references both ways",
        has_object,
        |browse, ctx| browse.open_object(Tab::Relations, ctx)
    ),
    command!(
        "open_history",
        "",
        "Show the changes that this run has seen",
        has_object,
        |browse, ctx| browse.open_object(Tab::History, ctx)
    ),
    command!(
        "open_filter",
        "filter",
        "Filter what is shown as you type",
        always,
        |browse, _| {
            browse.prompt = Some((Asking::Filter, LineEdit::new(&browse.filter_text)));
        }
    ),
    command!(
        "toggle_faults",
        "faults",
        "Show only what is broken, or everything again",
        always,
        |browse, ctx| {
            browse.spec.faults_only = !browse.spec.faults_only;
            browse.view.invalidate();
            browse.offset = 0;
            let text = if browse.spec.faults_only {
                "only what is faulty is shown"
            } else {
                "everything is shown"
            };
            ctx.toast(Tone::Info, text);
        }
    ),
    command!(
        "toggle_wide",
        "wide",
        "Show all columns (kubectl's -o wide and ours), or the usual ones",
        always,
        |browse, ctx| {
            browse.wide = !browse.wide;
            browse.choose_columns(ctx.shared);
        }
    ),
    command!(
        "choose_sort",
        "sort",
        "Choose the column to sort by",
        always,
        choose_sort
    ),
    command!(
        "jump_owner",
        "owner",
        "Jump to the owner of this row",
        has_owner,
        jump_owner
    ),
    command!("jump_node", "node", "Jump to the node of this row", has_node, jump_node),
    command!(
        "choose_link",
        "",
        "Choose where to go from this row",
        has_row,
        choose_link
    ),
    command!(
        "choose_namespaces",
        "namespaces",
        "Choose the namespaces that tables show",
        always,
        choose_namespaces
    ),
    command!(
        "show_all_namespaces",
        "",
        "Show all namespaces, or the one before again",
        always,
        all_namespaces
    ),
    command!(
        "use_namespace",
        "",
        "Use the namespace of this row",
        has_row,
        use_namespace
    ),
    command!(
        "open_selector",
        "",
        "Select by labels, on the server",
        always,
        |browse, _| {
            browse.prompt = Some((Asking::Selector, LineEdit::new(&browse.labels)));
        }
    ),
    command!(
        "open_logs_selector",
        "",
        "Read the logs of all pods that a label selector takes, in these namespaces",
        always,
        |browse, _| {
            browse.prompt = Some((Asking::Logs, LineEdit::new(&browse.labels)));
        }
    ),
    command!(
        "clear_filter",
        "",
        "Clear filter and selector",
        always,
        |browse, ctx| browse.clear_filter(ctx.shared)
    ),
    command!(
        "go_back_step",
        "",
        "Go one step back: marks, filter, then the view before",
        always,
        step_back
    ),
    command!(
        "toggle_mark",
        "",
        "Mark this row, or take its mark off",
        has_row,
        toggle_mark
    ),
    command!("mark_range", "", "Mark from the last mark to here", has_row, mark_range),
    command!("mark_all", "", "Mark every row that is shown", has_row, mark_all),
    command!(
        "clear_marks",
        "",
        "Take all marks off",
        |browse, _| !browse.marks.is_empty(),
        |browse, _| {
            browse.marks.clear();
            browse.anchor = None;
        }
    ),
    command!("sort_next", "", "Sort by the next column", always, |browse, _| browse
        .sort_along(1)),
    command!(
        "sort_previous",
        "",
        "Sort by the previous column",
        always,
        |browse, _| browse.sort_along(-1)
    ),
    command!("sort_reverse", "", "Turn the order around", always, |browse, _| {
        let field = browse.spec.sort.field.clone();
        let descending = !browse.spec.sort.descending;
        browse.sort_by(field, descending);
    }),
    command!("sort_by_name", "", "Sort by name", always, |browse, _| browse
        .sort_by(Field::Name, false)),
    command!("sort_by_age", "", "Sort by age, youngest first", always, |browse, _| {
        browse.sort_by(Field::Age, false)
    }),
    command!(
        "toggle_labels",
        "",
        "Show all labels in a column, or hide them",
        always,
        |browse, ctx| {
            browse.show_labels = !browse.show_labels;
            browse.choose_columns(ctx.shared);
        }
    ),
    command!(
        "choose_label_columns",
        "",
        "Choose labels to show as columns",
        has_row,
        choose_label_columns
    ),
    command!(
        "copy_name",
        "copy",
        "Copy the name, or the names of the marked rows",
        has_row,
        |browse, ctx| browse.copy_names(ctx)
    ),
    command!(
        "copy_cell",
        "",
        "Copy the cell in the sorted column",
        has_row,
        |browse, ctx| browse.copy_cell(ctx)
    ),
    command!(
        "copy_row",
        "",
        "Copy the row, or the marked rows, as kubectl prints them",
        has_row,
        |browse, ctx| browse.copy_rows(ctx)
    ),
    command!(
        "export_table",
        "",
        "Write the table to a file: text, CSV or JSON",
        has_row,
        |browse, _| {
            let name = browse
                .lists
                .first()
                .map_or_else(String::new, |list| format!("{}.csv", list.resource));
            browse.prompt = Some((Asking::Export, LineEdit::new(&name)));
        }
    ),
    command!("refresh", "", "List again now", always, retry),
    command!("retry", "", "Try again now what failed or was forbidden", always, retry),
    command!(
        "scroll_left",
        "",
        "Scroll the columns to the left",
        always,
        |browse, _| {
            browse.layout.scrolled = browse.layout.scrolled.saturating_sub(1);
        }
    ),
    command!(
        "scroll_right",
        "",
        "Scroll the columns to the right",
        always,
        |browse, _| browse.layout.scrolled += 1
    ),
    command!("move_down", "", "Move down", always, |browse, ctx| browse
        .move_by(1, ctx.shared)),
    command!("move_up", "", "Move up", always, |browse, ctx| browse
        .move_by(-1, ctx.shared)),
    command!("page_down", "", "Move a page down", always, |browse, ctx| browse
        .move_by(browse.page() as isize, ctx.shared)),
    command!("page_up", "", "Move a page up", always, |browse, ctx| browse
        .move_by(-(browse.page() as isize), ctx.shared)),
    command!("half_page_down", "", "Move half a page down", always, |browse, ctx| {
        browse.move_by((browse.page() / 2).max(1) as isize, ctx.shared);
    }),
    command!("half_page_up", "", "Move half a page up", always, |browse, ctx| {
        browse.move_by(-((browse.page() / 2).max(1) as isize), ctx.shared);
    }),
    command!("move_top", "", "Move to the first row", always, |browse, ctx| browse
        .move_to(0, ctx.shared)),
    command!("move_bottom", "", "Move to the last row", always, |browse, ctx| browse
        .move_to(usize::MAX, ctx.shared)),
];

fn has_row(browse: &Browse, shared: &Shared) -> bool {
    browse.current(shared).is_some()
}

/// Whether the kind of the row under the cursor says what its objects lead to.
fn leads_on(browse: &Browse, shared: &Shared) -> bool {
    browse.first_link(shared).is_some()
}

fn has_owner(browse: &Browse, shared: &Shared) -> bool {
    browse.current(shared).is_some_and(|(_, row)| row.owner.is_some())
}

fn has_node(browse: &Browse, shared: &Shared) -> bool {
    node_of(browse, shared).is_some()
}

impl Browse {
    pub(super) fn move_by(&mut self, rows: isize, shared: &Shared) {
        self.move_to(self.index.saturating_add_signed(rows), shared);
    }

    pub(super) fn clear_filter(&mut self, shared: &Shared) {
        self.labels.clear();
        self.set_filter("", shared);
    }

    pub(super) fn sort_by(&mut self, field: Field, descending: bool) {
        self.spec.sort = SortBy { field, descending };
        self.sort_chosen = true;
        self.view.invalidate();
    }

    fn sort_along(&mut self, step: isize) {
        let columns = self.layout.all();
        if columns.is_empty() {
            return;
        }
        let at = columns
            .iter()
            .position(|column| column.field == self.spec.sort.field)
            .unwrap_or(0);
        let next = (at as isize + step).rem_euclid(columns.len() as isize) as usize;
        let field = columns[next].field.clone();
        self.sort_by(field, false);
    }

    pub(super) fn is_namespaced(&self, shared: &Shared) -> bool {
        self.place
            .resources
            .iter()
            .any(|name| self.catalog_entry(shared, name).unwrap_or(true))
    }
}

fn step_back(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    if !browse.marks.is_empty() {
        browse.marks.clear();
        browse.anchor = None;
    } else if !browse.filter_text.is_empty() || !browse.labels.is_empty() {
        browse.clear_filter(ctx.shared);
    } else if browse.spec.faults_only {
        browse.spec.faults_only = false;
        browse.view.invalidate();
    } else {
        ctx.ask(Request::History(Travel::Back));
    }
}

fn toggle_mark(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some((row, content)) = browse.current(ctx.shared) else {
        return;
    };
    let key: (u16, Uid) = (row.table, content.uid.clone());
    browse.anchor = Some(key.1.clone());
    if !browse.marks.remove(&key) {
        browse.marks.insert(key);
    }
    browse.move_by(1, ctx.shared);
}

fn mark_range(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let tables = browse.tables(ctx.shared);
    let uid = |row: &crate::store::RowRef| Some(tables.get(usize::from(row.table))?.row(row.id)?.uid.clone());
    let from = browse.anchor.as_ref().and_then(|anchor| {
        browse
            .view
            .rows()
            .iter()
            .position(|row| uid(row).as_ref() == Some(anchor))
    });
    let from = from.unwrap_or(browse.index);
    let range = from.min(browse.index)..=from.max(browse.index);
    let keys: Vec<(u16, Uid)> = browse
        .view
        .rows()
        .get(range)
        .unwrap_or_default()
        .iter()
        .filter_map(|row| Some((row.table, uid(row)?)))
        .collect();
    browse.anchor = browse.current(ctx.shared).map(|(_, content)| content.uid.clone());
    browse.marks.extend(keys);
}

fn mark_all(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let tables = browse.tables(ctx.shared);
    let keys = browse
        .view
        .rows()
        .iter()
        .filter_map(|row| Some((row.table, tables.get(usize::from(row.table))?.row(row.id)?.uid.clone())));
    let keys: Vec<(u16, Uid)> = keys.collect();
    browse.marks.extend(keys);
}

fn retry(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    for list in browse.lists.clone() {
        ctx.ask(Request::Effect(crate::effect::Effect::Retry(list)));
    }
    let down = ctx
        .shared
        .clusters
        .get(&browse.place.cluster)
        .is_some_and(|state| matches!(state.link, crate::screens::Link::Down { .. }));
    if down {
        ctx.ask(Request::Effect(crate::effect::Effect::Reconnect(browse.place.cluster)));
    }
}
