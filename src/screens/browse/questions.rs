//! What a table asks, and what it makes of the answers: namespaces, order, columns, links.

use super::Browse;
use crate::kinds::ResourceName;
use crate::screens::{Ctx, Picker, Popup, Request, Tone};
use crate::text::Clean;
use crate::want::{Scope, Shape};

/// The entry that stands for all namespaces in a picker. No namespace can have this name.
const ALL_NAMESPACES: &str = "all namespaces";

impl Browse {
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

    pub(super) fn use_scope(&mut self, scope: Scope, ctx: &mut Ctx<'_>) {
        if self.place.scope.is_some() {
            self.place.scope = Some(scope);
        } else {
            ctx.ask(Request::UseNamespaces(self.place.cluster, scope));
        }
    }
}

fn sorted(mut names: Vec<Clean>) -> Scope {
    names.sort();
    names.dedup();
    Scope::Namespaces(names)
}

pub(super) fn use_namespace(browse: &mut Browse, ctx: &mut Ctx<'_>) {
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

pub(super) fn all_namespaces(browse: &mut Browse, ctx: &mut Ctx<'_>) {
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

pub(super) fn choose_namespaces(browse: &mut Browse, ctx: &mut Ctx<'_>) {
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

pub(super) fn choose_sort(browse: &mut Browse, ctx: &mut Ctx<'_>) {
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

pub(super) fn choose_label_columns(browse: &mut Browse, ctx: &mut Ctx<'_>) {
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
