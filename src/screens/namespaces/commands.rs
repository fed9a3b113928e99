//! What can be done with namespaces.

use super::{Entry, Namespaces, want};
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::common::{command, list_commands};
use crate::screens::{Command, Ctx, Place, Request, Shared, Travel, always};
use crate::text::Clean;
use crate::want::Scope;

/// The commands of the namespaces screen.
pub const COMMANDS: &[Command<Namespaces>] = list_commands![
    command!(
        "open_row",
        "Use this namespace, or the marked ones",
        "use",
        has_row,
        use_selected
    ),
    command!(
        "use_namespace",
        "Use this namespace, or the marked ones",
        "",
        has_row,
        use_selected
    ),
    command!(
        "jump_node",
        "Open the kinds that live in this namespace",
        "kinds",
        has_row,
        open_kinds
    ),
    command!(
        "toggle_mark",
        "Mark it, to use several at once",
        "mark",
        on_name,
        toggle_mark
    ),
    command!("clear_marks", "Take all marks away", "", has_marks, |state, _| state
        .marked
        .clear()),
    command!("show_all_namespaces", "Use all namespaces", "all", always, |_, ctx| {
        use_scope(ctx, Scope::All)
    }),
    command!(
        "open_filter",
        "Narrow the list by typing, or type a namespace that is not listed",
        "filter",
        always,
        |state, _| {
            state.filter.open = true;
        }
    ),
    command!("clear_filter", "Show all of them again", "", always, |state, ctx| {
        state.filter.clear();
        state.rebuild(ctx.shared);
    }),
    command!("retry", "Try to list the namespaces again", "", always, retry),
    command!("refresh", "List the namespaces again", "", always, retry),
    command!("copy_name", "Copy the name of the namespace", "", on_name, copy_name),
];

fn has_row(state: &Namespaces, _: &Shared) -> bool {
    !state.entries.is_empty()
}

fn on_name(state: &Namespaces, _: &Shared) -> bool {
    matches!(state.selected(), Some(Entry::Named(_)))
}

fn has_marks(state: &Namespaces, _: &Shared) -> bool {
    !state.marked.is_empty()
}

/// Uses them and goes back to what one came from: that is where the change is to be seen.
fn use_scope(ctx: &mut Ctx<'_>, scope: Scope) {
    if let Some(cluster) = ctx.shared.current {
        ctx.ask(Request::UseNamespaces(cluster, scope));
        ctx.ask(Request::History(Travel::Back));
    }
}

fn use_selected(state: &mut Namespaces, ctx: &mut Ctx<'_>) {
    if !state.marked.is_empty() {
        let marked = std::mem::take(&mut state.marked);
        use_scope(ctx, Scope::Namespaces(marked.into_iter().collect()));
        return;
    }
    let scope = match state.selected() {
        None => return,
        Some(Entry::All) => Scope::All,
        Some(Entry::Named(named)) => Scope::Namespaces(vec![named.name.clone()]),
        // The app remembers what no list has shown.
        Some(Entry::Offer(name)) => Scope::Namespaces(vec![name.clone()]),
    };
    use_scope(ctx, scope);
}

fn open_kinds(state: &mut Namespaces, ctx: &mut Ctx<'_>) {
    let namespace = match state.selected() {
        Some(Entry::Named(named)) => Some(named.name.clone()),
        Some(Entry::Offer(name)) => Some(name.clone()),
        _ => None,
    };
    ctx.ask(Request::Open(Place::Kinds(namespace)));
}

fn toggle_mark(state: &mut Namespaces, _: &mut Ctx<'_>) {
    let Some(Entry::Named(named)) = state.selected() else {
        return;
    };
    let name = named.name.clone();
    if !state.marked.remove(&name) {
        state.marked.insert(name);
    }
    state.list.run("move_down", state.entries.len());
}

fn retry(_: &mut Namespaces, ctx: &mut Ctx<'_>) {
    if let Some(cluster) = ctx.shared.current {
        ctx.ask(Request::Effect(Effect::Retry(want(cluster))));
    }
}

fn copy_name(state: &mut Namespaces, ctx: &mut Ctx<'_>) {
    if let Some(Entry::Named(named)) = state.selected() {
        ctx.ask(Request::Effect(Effect::Copy {
            ticket: Ticket(0),
            text: named.name.as_str().to_owned(),
            what: Clean::new("namespace"),
        }));
    }
}
