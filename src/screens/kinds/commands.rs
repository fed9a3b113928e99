//! What can be done with kinds.

use super::Kinds;
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::common::{command, list_commands};
use crate::screens::{Command, Ctx, ListPlace, Place, Request, Shared, Tone, always};
use crate::text::Clean;
use crate::want::Scope;

/// The commands of the kinds screen.
pub const COMMANDS: &[Command<Kinds>] = list_commands![
    command!("open_row", "Open the list of this kind", "open", has_row, open),
    command!(
        "open_filter",
        "Narrow the list by typing",
        "filter",
        always,
        |state, _| state.filter.open = true
    ),
    command!("clear_filter", "Show all kinds again", "", always, |state, ctx| {
        state.filter.clear();
        state.rebuild(ctx.shared);
    }),
    command!("retry", "Ask the server again what it serves", "", always, ask_again),
    command!("refresh", "Ask the server again what it serves", "", always, ask_again),
    command!(
        "copy_name",
        "Copy the name of the kind with its group",
        "",
        has_row,
        copy_name
    ),
];

fn has_row(state: &Kinds, _: &Shared) -> bool {
    !state.rows.is_empty()
}

fn open(state: &mut Kinds, ctx: &mut Ctx<'_>) {
    let (Some(resource), Some(cluster)) = (state.selected(), ctx.shared.current) else {
        return;
    };
    if !resource.verbs.list {
        ctx.toast(
            Tone::Warn,
            &format!("The server lists no {}: there is no verb `list`.", resource.name),
        );
        return;
    }
    let mut place = ListPlace::of(cluster, resource.name.clone());
    if resource.namespaced
        && let Some(namespace) = &state.namespace
    {
        place.scope = Some(Scope::Namespaces(vec![namespace.clone()]));
        place.trail = crate::screens::common::clean_of(&["namespace ", namespace.as_str()]);
    }
    ctx.ask(Request::Open(Place::List(place)));
}

fn ask_again(_: &mut Kinds, ctx: &mut Ctx<'_>) {
    if let Some(cluster) = ctx.shared.current {
        ctx.ask(Request::Effect(Effect::Reconnect(cluster)));
    }
}

fn copy_name(state: &mut Kinds, ctx: &mut Ctx<'_>) {
    if let Some(resource) = state.selected() {
        ctx.ask(Request::Effect(Effect::Copy {
            ticket: Ticket(0),
            text: resource.name.to_string(),
            what: Clean::new("kind"),
        }));
    }
}
