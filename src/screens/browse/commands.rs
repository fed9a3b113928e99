//! What can be done in a table. Each row is a command: palette, help, menu and hint bar read this slice.

use super::{Asking, Browse};
use crate::kinds::{Field, ResourceName, Target, Uid};
use crate::screens::{Command, Ctx, Danger, ListPlace, Picker, Place, Popup, Request, Shared, Tone, Travel, always};
use crate::store::SortBy;
use crate::text::Clean;
use crate::ui::LineEdit;
use crate::want::{Scope, Shape};

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

/// The node of the row under the cursor: one it names, or the one its kind's link leads to.
fn node_of(browse: &Browse, shared: &Shared) -> Option<Clean> {
    let (row, content) = browse.current(shared)?;
    let named = content.fact(|fact| match fact {
        crate::kinds::Fact::Node(node) if !node.is_empty() => Some(node.clone()),
        _ => None,
    });
    let linked = || {
        let links = browse.kind_of(row)?.links;
        let target = links.iter().find(|link| link.name == "node")?.target;
        match target(content)? {
            Target::List { fields, .. } => fields.as_str().strip_prefix("metadata.name=").map(Clean::new),
            _ => None,
        }
    };
    named.or_else(linked)
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

    /// `deployment cart`, as the trail of what is opened from a row.
    fn trail(&self, row: crate::store::RowRef, content: &crate::kinds::Row) -> Clean {
        let kind = self.kind_of(row).map_or_else(
            || {
                self.lists
                    .get(usize::from(row.table))
                    .map_or(String::new(), |list| list.resource.resource.as_str().to_owned())
            },
            |kind| kind.kind.to_lowercase(),
        );
        Clean::new(&format!("{kind} {}", content.name))
    }

    /// What Enter follows: the first of the kind's own links. What every object has (an owner, a namespace) is no way on.
    fn first_link(&self, shared: &Shared) -> Option<Target> {
        let (row, content) = self.current(shared)?;
        self.kind_of(row)?.links.iter().find_map(|link| (link.target)(content))
    }

    /// The ways from a row: the kind's own links, then what every object may have.
    fn links(&self, shared: &Shared) -> Vec<(Clean, Target)> {
        let Some((row, content)) = self.current(shared) else {
            return Vec::new();
        };
        let own = self.kind_of(row).map_or(&[][..], |kind| kind.links);
        let mut links: Vec<(Clean, Target)> = own
            .iter()
            .filter_map(|link| Some((Clean::new(link.name), (link.target)(content)?)))
            .collect();
        if let Some(target) = owner_target(content) {
            links.push((Clean::new("owner"), target));
        }
        if !content.namespace.is_empty() {
            links.push((
                Clean::new("everything in its namespace"),
                Target::Kinds {
                    namespace: content.namespace.clone(),
                },
            ));
        }
        links
    }

    pub(super) fn take_answer(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        match purpose {
            "sort" => {
                let Some(answer) = answers.first() else { return };
                let column = self
                    .layout
                    .all()
                    .iter()
                    .find(|column| column.name == answer.as_str())
                    .cloned();
                let Some(column) = column else { return };
                // Choosing the same column again turns it around.
                let descending = self.spec.sort.field == column.field && !self.spec.sort.descending;
                self.sort_by(column.field, descending);
            }
            "labels" => {
                self.label_columns = answers.iter().map(|key| Clean::new(key)).collect();
                self.choose_columns(ctx.shared);
            }
            "namespaces" => {
                let names: Vec<Clean> = answers.iter().map(|name| Clean::new(name)).collect();
                let all = names.is_empty() || names.iter().any(|name| name.as_str() == ALL_NAMESPACES);
                let scope = if all { Scope::All } else { sorted(names) };
                self.use_scope(scope, ctx);
            }
            "link" => {
                let Some(answer) = answers.first() else { return };
                let found = self
                    .links(ctx.shared)
                    .into_iter()
                    .find(|(name, _)| name.as_str() == answer);
                if let (Some((_, target)), Some((row, content))) = (found, self.current(ctx.shared)) {
                    let trail = self.trail(row, content);
                    ctx.ask(Request::Follow {
                        cluster: self.place.cluster,
                        target,
                        trail,
                    });
                }
            }
            _ => {}
        }
    }

    fn use_scope(&mut self, scope: Scope, ctx: &mut Ctx<'_>) {
        if self.place.scope.is_some() {
            self.place.scope = Some(scope);
        } else {
            ctx.ask(Request::UseNamespaces(self.place.cluster, scope));
        }
    }
}

/// The entry that stands for all namespaces in a picker. No namespace can have this name.
const ALL_NAMESPACES: &str = "all namespaces";

fn sorted(mut names: Vec<Clean>) -> Scope {
    names.sort();
    names.dedup();
    Scope::Namespaces(names)
}

fn owner_target(row: &crate::kinds::Row) -> Option<Target> {
    let owner = row.owner.as_ref()?;
    Some(Target::List {
        resource: ResourceName {
            group: owner.group.clone(),
            resource: owner.kind.clone(),
        },
        namespace: row.namespace.clone(),
        labels: Clean::default(),
        fields: Clean::new(&format!("metadata.name={}", owner.name)),
        owner: None,
    })
}

fn open_row(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    if let (Some((row, content)), Some(target)) = (browse.current(ctx.shared), browse.first_link(ctx.shared)) {
        let trail = browse.trail(row, content);
        ctx.ask(Request::Follow {
            cluster: browse.place.cluster,
            target,
            trail,
        });
    }
}

fn choose_link(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let items: Vec<(Clean, Clean, bool)> = browse
        .links(ctx.shared)
        .into_iter()
        .map(|(name, target)| (name, Clean::new(&describe(&target)), false))
        .collect();
    if items.is_empty() {
        ctx.toast(Tone::Info, "this row leads nowhere yet");
        return;
    }
    let title = Clean::new("go to");
    ctx.ask(Request::Popup(Popup::Picker(Picker {
        title,
        purpose: "link",
        items,
        several: false,
        free: false,
    })));
}

fn describe(target: &Target) -> String {
    match target {
        Target::List {
            resource,
            labels,
            fields,
            ..
        } => {
            let parts = [
                resource.to_string(),
                labels.as_str().to_owned(),
                fields.as_str().to_owned(),
            ];
            parts
                .iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join("  ")
        }
        Target::Containers { pod, .. } => format!("containers of {pod}"),
        Target::Kinds { namespace } => format!("kinds in {namespace}"),
    }
}

fn jump_owner(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some((row, content)) = browse.current(ctx.shared) else {
        return;
    };
    if let Some(target) = owner_target(content) {
        let trail = browse.trail(row, content);
        ctx.ask(Request::Follow {
            cluster: browse.place.cluster,
            target,
            trail,
        });
    }
}

fn jump_node(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some(node) = node_of(browse, ctx.shared) else {
        return;
    };
    let mut place = ListPlace::of(browse.place.cluster, ResourceName::new("", "nodes"));
    place.focus = Some((Clean::default(), node));
    ctx.ask(Request::Open(Place::List(place)));
}

fn use_namespace(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some((row, content)) = browse.current(ctx.shared) else {
        return;
    };
    let is_namespace = browse.kind_of(row).is_some_and(|kind| kind.kind == "Namespace");
    let name = if is_namespace {
        content.name.clone()
    } else {
        content.namespace.clone()
    };
    if name.is_empty() {
        ctx.toast(Tone::Info, "this row is in no namespace");
        return;
    }
    browse.use_scope(Scope::Namespaces(vec![name]), ctx);
}

fn all_namespaces(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let now = browse.scope(ctx.shared);
    let before = ctx
        .shared
        .clusters
        .get(&browse.place.cluster)
        .and_then(|state| state.last_scope.clone());
    let next = if now == Scope::All {
        before.unwrap_or(Scope::All)
    } else {
        Scope::All
    };
    browse.use_scope(next, ctx);
}

fn choose_namespaces(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let shared = ctx.shared;
    let scope = browse.scope(shared);
    let mut names: Vec<Clean> = Vec::new();
    let wanted = crate::want::ListWant {
        cluster: browse.place.cluster,
        resource: ResourceName::new("", "namespaces"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    };
    if let Some(table) = shared.tables.get(&wanted) {
        names.extend(table.ids().filter_map(|id| table.row(id)).map(|row| row.name.clone()));
    }
    for table in browse.tables(shared) {
        names.extend(
            table
                .ids()
                .filter_map(|id| table.row(id))
                .map(|row| row.namespace.clone())
                .filter(|name| !name.is_empty()),
        );
    }
    if let Some(state) = shared.clusters.get(&browse.place.cluster) {
        names.extend(state.typed_namespaces.iter().cloned());
    }
    if let Some(context) = shared.context(browse.place.cluster) {
        names.push(context.namespace.clone());
    }
    let used = match &scope {
        Scope::All => Vec::new(),
        Scope::Namespaces(names) => names.clone(),
    };
    names.extend(used.iter().cloned());
    names.sort();
    names.dedup();
    let mut items = vec![(Clean::new(ALL_NAMESPACES), Clean::default(), scope == Scope::All)];
    items.extend(names.into_iter().map(|name| {
        let chosen = used.contains(&name);
        (name, Clean::default(), chosen)
    }));
    let title = Clean::new("namespaces: space marks several");
    ctx.ask(Request::Popup(Popup::Picker(Picker {
        title,
        purpose: "namespaces",
        items,
        several: true,
        free: true,
    })));
}

fn choose_sort(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let sort = &browse.spec.sort;
    let items = browse.layout.all().iter().map(|column| {
        let detail = match (column.field == sort.field, sort.descending) {
            (true, false) => "ascending now",
            (true, true) => "descending now",
            _ => "",
        };
        (Clean::new(&column.name), Clean::new(detail), column.field == sort.field)
    });
    let picker = Picker {
        title: Clean::new("sort by"),
        purpose: "sort",
        items: items.collect(),
        several: false,
        free: false,
    };
    ctx.ask(Request::Popup(Popup::Picker(picker)));
}

fn choose_label_columns(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let mut counts: std::collections::BTreeMap<Clean, usize> = std::collections::BTreeMap::new();
    let tables = browse.tables(ctx.shared);
    // A look at the first thousand rows shows every label that is of use as a column.
    for row in browse.view.rows().iter().take(1000) {
        let Some(content) = tables.get(usize::from(row.table)).and_then(|table| table.row(row.id)) else {
            continue;
        };
        for (key, _) in content.labels.iter() {
            *counts.entry(key.clone()).or_default() += 1;
        }
    }
    if counts.is_empty() {
        ctx.toast(Tone::Info, "no row here has labels");
        return;
    }
    let items = counts.into_iter().map(|(key, count)| {
        let chosen = browse.label_columns.contains(&key);
        (key, Clean::new(&format!("on {count} rows")), chosen)
    });
    let picker = Picker {
        title: Clean::new("labels as columns"),
        purpose: "labels",
        items: items.collect(),
        several: true,
        free: true,
    };
    ctx.ask(Request::Popup(Popup::Picker(picker)));
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
