//! What can be done with logs. Each row is a command: palette, help, menu and hint bar read this slice.

use super::{Asking, Logs, Names};
use crate::screens::common::{Moves, command, motion};
use crate::screens::{Command, Ctx, Place, Request, Shared, Tab, Tone, always};
use crate::store::logs::Level;
use crate::ui::LineEdit;

/// The commands of logs.
pub const COMMANDS: &[Command<Logs>] = &[
    command!(
        "open_row",
        "Open this line: its fields as a tree, and as it was written",
        "open",
        has_lines,
        |logs, _| {
            logs.open_line();
        }
    ),
    command!(
        "toggle_follow",
        "Follow the end, or stay here",
        "follow",
        always,
        |logs, _| {
            logs.follow = !logs.follow;
        }
    ),
    command!("open_search", "Search in the lines", "search", always, |logs, _| {
        let from = if logs.follow { None } else { logs.cursor };
        logs.seeking = Some(from);
        logs.search = None;
        logs.ask(Asking::Search, "");
    }),
    command!("search_next", "Go to the next find", "", always, |logs, ctx| logs
        .find(true, ctx)),
    command!("search_previous", "Go to the find before", "", always, |logs, ctx| logs
        .find(false, ctx)),
    command!(
        "filter_lines",
        "Show only lines that match",
        "filter",
        always,
        |logs, _| {
            let text = logs.filter_text.clone();
            logs.ask(Asking::Filter, &text);
        }
    ),
    command!("clear_filter", "Show all lines again", "", is_filtered, |logs, _| logs
        .clear_filter()),
    command!(
        "cycle_level",
        "Show everything, warnings and worse, or errors alone",
        "level",
        always,
        cycle_level
    ),
    command!("next_error", "Go to the next error", "errors", always, |logs, ctx| logs
        .go_to_error(true, ctx)),
    command!("previous_error", "Go to the error before", "", always, |logs, ctx| logs
        .go_to_error(false, ctx)),
    command!(
        "choose_since",
        "Choose where the log begins: so many lines, so long ago, or all",
        "since",
        always,
        |logs, ctx| {
            logs.choose_since(ctx);
        }
    ),
    command!(
        "choose_containers",
        "Choose the containers that are read",
        "containers",
        always,
        |logs, ctx| {
            logs.choose_containers(ctx);
        }
    ),
    command!(
        "toggle_previous",
        "Read the instance before this one too",
        "previous",
        always,
        |logs, ctx| {
            logs.toggle_previous(ctx);
        }
    ),
    command!(
        "toggle_wrap",
        "Wrap long lines, or cut them",
        "wrap",
        always,
        |logs, _| {
            logs.wrap = !logs.wrap;
            logs.left = 0;
        }
    ),
    command!(
        "cycle_times",
        "Show no times, the server's, local ones, or ages",
        "times",
        always,
        |logs, ctx| {
            logs.stamps = logs.stamps.next();
            ctx.toast(Tone::Info, logs.stamps.word());
        }
    ),
    command!(
        "cycle_names",
        "Show no names of sources, short ones, or long ones",
        "",
        always,
        |logs, _| {
            logs.names = Some(match logs.names() {
                Names::Off => Names::Short,
                Names::Short => Names::Long,
                Names::Long => Names::Off,
            });
        }
    ),
    command!(
        "toggle_structure",
        "Take structured lines apart, or show them as they are",
        "",
        always,
        |logs, _| {
            logs.structured = !logs.structured;
        }
    ),
    command!(
        "toggle_colours",
        "Show the colours that the lines ask for, or none",
        "",
        always,
        |logs, _| {
            logs.colours = !logs.colours;
        }
    ),
    command!("toggle_strip", "Show lines over time, or not", "", always, |logs, _| {
        let on = super::draw::Regions::of(logs, logs.area).strip.height > 0;
        logs.strip.on = Some(!on);
    }),
    command!(
        "strip_right",
        "Go to the next moment that has lines",
        "",
        has_lines,
        |logs, _| logs.jump_strip(true)
    ),
    command!(
        "strip_left",
        "Go to the moment before that has lines",
        "",
        has_lines,
        |logs, _| logs.jump_strip(false)
    ),
    command!(
        "select_lines",
        "Begin to select lines here, or stop",
        "select",
        has_lines,
        |logs, _| {
            logs.locate();
            logs.anchor = match logs.anchor {
                Some(_) => None,
                None => logs.cursor,
            };
            logs.let_go();
        }
    ),
    command!(
        "copy_line",
        "Copy this line, or the selected ones",
        "copy",
        has_lines,
        |logs, ctx| logs.copy_lines(ctx)
    ),
    command!(
        "copy_seen",
        "Copy the lines that are seen",
        "",
        has_lines,
        |logs, ctx| logs.copy_seen(ctx)
    ),
    command!(
        "save_lines",
        "Save the selection, or all lines that pass the filter, to a file",
        "save",
        has_lines,
        |logs, ctx| {
            logs.ask_file(ctx.shared);
        }
    ),
    command!(
        "page_lines",
        "Read the selection, or all lines that pass the filter, in the pager",
        "",
        has_lines,
        |logs, ctx| {
            logs.page(ctx);
        }
    ),
    command!(
        "clear_lines",
        "Let go of all lines that are here",
        "",
        has_lines,
        |logs, ctx| {
            logs.book.clear();
            logs.anchor = None;
            logs.opened = None;
            logs.follow = true;
            logs.strip.forget();
            ctx.toast(Tone::Info, "cleared; what is written from now on is shown");
        }
    ),
    command!(
        "show_kubectl",
        "Show and copy the kubectl command for this",
        "",
        always,
        |logs, ctx| logs.show_kubectl(ctx)
    ),
    command!("retry", "Try again now what failed or was forbidden", "", always, retry),
    command!(
        "open_describe",
        "Describe the pod of this line",
        "",
        has_pod,
        |logs, ctx| open(logs, Tab::Describe, ctx)
    ),
    command!(
        "open_yaml",
        "Show the pod of this line as YAML",
        "",
        has_pod,
        |logs, ctx| open(logs, Tab::Yaml, ctx)
    ),
    command!(
        "open_events",
        "Show what happened to the pod of this line",
        "",
        has_pod,
        |logs, ctx| {
            open(logs, Tab::Events, ctx);
        }
    ),
    motion!("move_down", "Move down a line"),
    motion!("move_up", "Move up a line; at the first one, ask for older ones"),
    motion!("page_down", "Move down a page"),
    motion!("page_up", "Move up a page"),
    motion!("half_page_down", "Move down half a page"),
    motion!("half_page_up", "Move up half a page"),
    motion!("move_top", "Move to the first line"),
    motion!("move_bottom", "Move to the last line and follow"),
    motion!("scroll_left", "Scroll to the left"),
    motion!("scroll_right", "Scroll to the right"),
];

impl Moves for Logs {
    fn moves(&mut self, command: &str) {
        self.seeking = None;
        Logs::moves(self, command);
    }
}

fn has_lines(logs: &Logs, _: &Shared) -> bool {
    logs.count() > 0
}

fn has_pod(logs: &Logs, _: &Shared) -> bool {
    logs.object().is_some()
}

fn is_filtered(logs: &Logs, _: &Shared) -> bool {
    !logs.filter_text.is_empty() || logs.floor != Level::None
}

fn cycle_level(logs: &mut Logs, ctx: &mut Ctx<'_>) {
    logs.floor = match logs.floor {
        Level::None => Level::Warn,
        Level::Warn => Level::Error,
        _ => Level::None,
    };
    if let Err(error) = logs.apply_filter() {
        logs.floor = Level::None;
        ctx.toast(Tone::Warn, &error);
    }
}

fn open(logs: &mut Logs, tab: Tab, ctx: &mut Ctx<'_>) {
    logs.locate();
    if let Some(object) = logs.object() {
        ctx.ask(Request::Open(Place::Object(object, tab)));
    }
}

fn retry(logs: &mut Logs, ctx: &mut Ctx<'_>) {
    let mut wants = std::collections::BTreeSet::new();
    logs.sources.wants(&logs.place, &mut wants);
    for want in wants {
        match want {
            crate::want::Want::List(list) => ctx.ask(Request::Effect(crate::effect::Effect::Retry(list))),
            crate::want::Want::Log(log) => ctx.ask(Request::Effect(crate::effect::Effect::RetryLog(log))),
            _ => {}
        }
    }
}

impl Logs {
    fn ask(&mut self, asking: Asking, text: &str) {
        self.asking = Some((asking, LineEdit::new(text)));
        self.error = None;
    }

    /// Goes to the next find, round the end.
    fn find(&mut self, forward: bool, ctx: &mut Ctx<'_>) {
        self.locate();
        let Some(search) = &self.search else {
            ctx.toast(Tone::Info, "Nothing is searched for.");
            return;
        };
        let next = search.next(&self.book, &self.view, self.cursor_at, forward);
        let round = || search.from_end(&self.book, &self.view, forward);
        match next.map(|at| (at, false)).or_else(|| round().map(|at| (at, true))) {
            Some((at, round)) => {
                if round {
                    let end = if forward { "first" } else { "last" };
                    ctx.toast(Tone::Info, &format!("round the end: this is the {end} find"));
                }
                self.seeking = None;
                self.let_go();
                self.jump(at);
            }
            None if self.searched.complete() => self.say_finds(ctx),
            None => ctx.toast(Tone::Info, "still searching"),
        }
    }

    fn go_to_error(&mut self, forward: bool, ctx: &mut Ctx<'_>) {
        self.locate();
        match self.view.next_error(&self.book, self.cursor_at, forward) {
            Some(at) => {
                self.let_go();
                self.jump(at);
            }
            None => {
                let word = if forward { "below" } else { "above" };
                ctx.toast(Tone::Info, &format!("there is no error {word}"));
            }
        }
    }
}
