//! What the keys do in the palette.

use super::Palette;
use super::find::Does;
use crate::screens::common::command;
use crate::screens::{Command, Ctx, Request, Tone, always};

/// The commands of the palette.
pub const COMMANDS: &[Command<Palette>] = &[
    command!(
        "prompt_accept",
        "Do what the line or the chosen row says",
        "",
        always,
        accept
    ),
    command!("prompt_cancel", "Close the palette", "", always, |_, ctx| ctx
        .ask(Request::Close)),
    command!(
        "prompt_complete",
        "Complete the line from the chosen row",
        "",
        always,
        complete
    ),
    command!("prompt_previous", "The row above", "", always, |state, _| walk(
        state, "move_up"
    )),
    command!("prompt_next", "The row below", "", always, |state, _| walk(
        state,
        "move_down"
    )),
];

fn walk(state: &mut Palette, command: &str) {
    state.moved = true;
    state.list.run(command, state.found.candidates.len());
}

fn complete(state: &mut Palette, ctx: &mut Ctx<'_>) {
    if let Some(candidate) = state.found.candidates.get(state.list.cursor) {
        let line = candidate.line.clone();
        state.line.set(&line);
        state.edited(ctx.shared);
    }
}

fn accept(state: &mut Palette, ctx: &mut Ctx<'_>) {
    let typed = state.line.text().trim();
    if typed.is_empty() && !state.moved {
        ctx.ask(Request::Close);
        return;
    }
    if state.found.whole && !state.moved {
        ctx.ask(Request::RunLine(typed.to_owned()));
        return;
    }
    match state
        .found
        .candidates
        .get(state.list.cursor)
        .map(|candidate| &candidate.does)
    {
        Some(Does::Line(line)) => ctx.ask(Request::RunLine(line.clone())),
        Some(Does::Command(name, true)) => ctx.ask(Request::Run(name)),
        Some(Does::Command(name, false)) => {
            ctx.toast(
                Tone::Warn,
                &format!("`{}` cannot be used here now.", name.replace('_', " ")),
            );
        }
        // The popup says already that nothing has this name.
        None => {}
    }
}
