//! What can be done everywhere.

use super::Model;
use crate::effect::Effect;
use crate::screens::{Command, Ctx, Danger, Place, Popup, Request, Tab, Travel, always, dispatch};

/// The state of commands that need none.
pub(super) struct Everywhere;

macro_rules! command {
    ($name:literal, $hint:literal, $doc:literal, $run:expr) => {
        Command {
            name: $name,
            doc: $doc,
            hint: $hint,
            danger: Danger::None,
            when: always,
            run: $run,
        }
    };
}

/// The commands that work on every screen.
pub(super) const COMMANDS: &[Command<Everywhere>] = &[
    command!("open_menu", "menu", "Show what can be done here", |_, ctx| ctx
        .ask(Request::Popup(Popup::Menu))),
    command!(
        "open_palette",
        "go",
        "Go to a kind, namespace, context or command",
        |_, ctx| {
            ctx.ask(Request::Popup(Popup::Palette(String::new())));
        }
    ),
    command!(
        "open_help",
        "help",
        "Search all keys and commands, and run them",
        |_, ctx| ctx.ask(Request::Popup(Popup::Help))
    ),
    command!("open_contexts", "", "Show the contexts of the kubeconfig", |_, ctx| ctx
        .ask(Request::Open(Place::Contexts))),
    command!(
        "open_namespaces",
        "",
        "Show the namespaces of this cluster",
        |_, ctx| ctx.ask(Request::Open(Place::Namespaces))
    ),
    command!(
        "open_kinds",
        "",
        "Show every kind that this cluster serves",
        |_, ctx| ctx.ask(Request::Open(Place::Kinds(None)))
    ),
    command!(
        "toggle_pane",
        "",
        "Open or close the side pane, which follows the cursor",
        |_, ctx| ctx.ask(Request::TogglePane(Tab::Describe))
    ),
    command!(
        "focus_pane",
        "",
        "Give the keys to the side pane, or back to the table",
        |_, ctx| ctx.ask(Request::FocusPane)
    ),
    command!(
        "open_timeline",
        "",
        "Show the events of these namespaces in the order of time",
        |_, ctx| {
            if let Some((id, state)) = ctx.shared.cluster() {
                let scope = state.scope.clone();
                ctx.ask(Request::Open(Place::Timeline(id, scope)));
            }
        }
    ),
    command!(
        "open_info",
        "",
        "Show what Portolan itself uses, each with its limit",
        |_, ctx| ctx.ask(Request::Open(Place::Info))
    ),
    command!("open_messages", "", "Show what was said", |_, ctx| ctx
        .ask(Request::Open(Place::Messages))),
    command!("go_back_step", "", "Go one step back; never quits", |_, ctx| ctx
        .ask(Request::Close)),
    command!("go_back", "", "Go to the view before", |_, ctx| ctx
        .ask(Request::History(Travel::Back))),
    command!("go_forward", "", "Go forward again", |_, ctx| ctx
        .ask(Request::History(Travel::Forward))),
    command!("last_view", "", "Change between the last two views", |_, ctx| ctx
        .ask(Request::History(Travel::Last))),
    command!("toggle_pause", "", "Hold changes back, or show them again", |_, ctx| {
        ctx.ask(Request::TogglePause)
    }),
    command!("redraw", "", "Draw everything anew", |_, ctx| ctx
        .ask(Request::Effect(Effect::Redraw))),
    command!("suspend", "", "Stop Portolan; fg brings it back", |_, ctx| ctx
        .ask(Request::Effect(Effect::Suspend))),
    command!(
        "close_view",
        "",
        "Close this view; at the first one, ask whether to quit",
        |_, ctx| ctx.ask(Request::CloseView)
    ),
    command!("quit_now", "", "Quit", |_, ctx| ctx.ask(Request::Effect(Effect::Quit))),
];

/// Runs one of these commands by name.
pub(super) fn run(model: &mut Model, name: &str) {
    let mut ctx = Ctx::new(&model.shared);
    dispatch(COMMANDS, &mut Everywhere, name, &mut ctx);
    let requests = ctx.requests;
    for request in requests {
        super::places::fulfil(model, request);
    }
}
