//! What can be done with contexts.

use super::Contexts;
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::common::{command, list_commands};
use crate::screens::{Command, Ctx, Popup, Request, Shared, Tone, always};
use crate::text::Clean;

/// The commands of the contexts screen.
pub const COMMANDS: &[Command<Contexts>] = list_commands![
    command!("open_row", "Use this context", "use", has_row, use_context),
    command!(
        "open_filter",
        "Narrow the list by typing",
        "filter",
        has_contexts,
        |state, _| state.filter.open = true
    ),
    command!("clear_filter", "Show all contexts again", "", always, |state, _| {
        state.filter.clear();
    }),
    command!("retry", "Try the connection again now", "retry", always, retry),
    command!("refresh", "Read the kubeconfig again", "reread", always, |_, ctx| {
        ctx.ask(Request::Effect(Effect::ReloadContexts));
    }),
    command!("copy_name", "Copy the name of the context", "", has_row, copy_name),
];

fn has_row(state: &Contexts, _: &Shared) -> bool {
    !state.rows.is_empty()
}

fn has_contexts(_: &Contexts, shared: &Shared) -> bool {
    !shared.contexts.is_empty()
}

fn use_context(state: &mut Contexts, ctx: &mut Ctx<'_>) {
    let shared = ctx.shared;
    let Some(context) = state.selected(shared) else { return };
    if let Some(problem) = &context.problem {
        ctx.toast(Tone::Error, &format!("{} cannot be used: {problem}", context.name));
        return;
    }
    let waits = shared
        .clusters
        .get(&context.id)
        .is_some_and(|cluster| cluster.plugin.is_some());
    ctx.ask(Request::UseContext(context.id));
    if waits {
        ctx.ask(Request::Popup(Popup::SignIn(context.id)));
    }
}

fn retry(state: &mut Contexts, ctx: &mut Ctx<'_>) {
    let shared = ctx.shared;
    let Some(context) = state.troubled(shared).or_else(|| state.selected(shared)) else {
        ctx.ask(Request::Effect(Effect::ReloadContexts));
        return;
    };
    ctx.ask(Request::Effect(Effect::Reconnect(context.id)));
}

fn copy_name(state: &mut Contexts, ctx: &mut Ctx<'_>) {
    if let Some(context) = state.selected(ctx.shared) {
        ctx.ask(Request::Effect(Effect::Copy {
            ticket: Ticket(0),
            text: context.name.clone(),
            what: Clean::new("context name"),
        }));
    }
}
