//! What can be done in a detail. Each row is a command; those of one tab alone say so in `when`.

use super::*;

/// The commands of the detail. Those of one tab alone say so in `when`.
pub const COMMANDS: &[Command<Detail>] = &[
    command!(
        "open_row",
        "Follow what the line names, or fold it",
        "open",
        always,
        open_line
    ),
    command!("next_tab", "Go to the next tab", "tabs", always, |detail, _| detail
        .step(1)),
    command!("previous_tab", "Go to the tab before", "", always, |detail, _| detail
        .step(-1)),
    command!("open_describe", "Describe this object", "", always, |detail, _| detail
        .choose(Tab::Describe)),
    command!("open_yaml", "Show this object as YAML", "", always, |detail, _| detail
        .choose(Tab::Yaml)),
    command!(
        "open_events",
        "Show what happened to this object and to what it owns",
        "",
        always,
        |detail, _| {
            detail.choose(Tab::Events);
        }
    ),
    command!(
        "open_relations",
        "Show owners, what it owns, and references both ways",
        "",
        always,
        |detail, _| {
            detail.choose(Tab::Relations);
        }
    ),
    command!(
        "open_history",
        "Show the changes that this run has seen",
        "",
        always,
        |detail, _| {
            detail.choose(Tab::History);
        }
    ),
    command!("open_logs", "Read its logs", "logs", writes_logs, |detail, ctx| detail
        .open_logs(false, ctx)),
    command!(
        "open_previous_logs",
        "Read its logs from the instance before this one on",
        "",
        writes_logs,
        |detail, ctx| detail.open_logs(true, ctx)
    ),
    command!(
        "toggle_fold",
        "Fold or unfold what belongs to this line",
        "fold",
        always,
        |detail, _| {
            detail.moves("toggle_fold");
        }
    ),
    command!("fold_all", "Fold everything", "", always, |detail, _| detail
        .moves("fold_all")),
    command!("unfold_all", "Unfold everything", "", always, |detail, _| detail
        .moves("unfold_all")),
    command!("open_search", "Search in the text", "search", always, |detail, _| {
        detail.typing = true;
        detail.line.set("");
        detail.reading_mut().search.clear();
    }),
    command!("search_next", "Go to the next find", "", always, |detail, ctx| detail
        .find(false, ctx)),
    command!("search_previous", "Go to the find before", "", always, |detail, ctx| {
        detail.find(true, ctx)
    }),
    command!("copy_document", "Copy the whole text", "copy", always, |detail, ctx| {
        detail.copy(ctx)
    }),
    command!(
        "retry",
        "Try again now what failed or was forbidden",
        "",
        always,
        |detail, ctx| {
            for list in detail.all_lists(ctx.shared) {
                ctx.ask(Request::Effect(crate::effect::Effect::Retry(list)));
            }
        }
    ),
    command!(
        "cycle_types",
        "Show all events, warnings alone, or all but warnings",
        "types",
        events::in_front,
        |_, _| {}
    ),
    command!(
        "toggle_order",
        "Order events by time, or warnings first",
        "order",
        events::in_front,
        |_, _| {}
    ),
    command!(
        "choose_reasons",
        "Choose the reasons of events that are shown",
        "reasons",
        events::in_front,
        |_, _| {}
    ),
    command!(
        "choose_since",
        "Choose how far back is shown",
        "since",
        events::in_front,
        |_, _| {}
    ),
    command!("clear_filter", "Show everything again", "", events::in_front, |_, _| {}),
    command!("move_down", "Move down a line", "", always, |detail, _| detail
        .moves("move_down")),
    command!("move_up", "Move up a line", "", always, |detail, _| detail
        .moves("move_up")),
    command!("page_down", "Move down a page", "", always, |detail, _| detail
        .moves("page_down")),
    command!("page_up", "Move up a page", "", always, |detail, _| detail
        .moves("page_up")),
    command!("half_page_down", "Move down half a page", "", always, |detail, _| {
        detail.moves("half_page_down")
    }),
    command!("half_page_up", "Move up half a page", "", always, |detail, _| detail
        .moves("half_page_up")),
    command!("move_top", "Move to the first line", "", always, |detail, _| detail
        .moves("move_top")),
    command!("move_bottom", "Move to the last line", "", always, |detail, _| detail
        .moves("move_bottom")),
    command!("scroll_left", "Scroll to the left", "", always, |detail, _| detail
        .moves("scroll_left")),
    command!("scroll_right", "Scroll to the right", "", always, |detail, _| detail
        .moves("scroll_right")),
    command!(
        "decode_value",
        "Show the value decoded, in place, until esc",
        "decode",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "reveal_value",
        "Reveal the secret value under the cursor, or hide it again",
        "reveal",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "reveal_all",
        "Reveal all values of this secret, or hide them again",
        "",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "toggle_docs",
        "Show what the field under the cursor is for",
        "docs",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "toggle_owners",
        "Show who manages each field",
        "owners",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "toggle_managed_fields",
        "Show managedFields or leave them out",
        "",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "toggle_clean_form",
        "Leave out what the server adds, for use elsewhere",
        "clean",
        in_yaml,
        |_, _| {}
    ),
    command!("toggle_json", "Write it as JSON or as YAML", "", in_yaml, |_, _| {}),
    command!(
        "query_document",
        "Ask with a JSONPath query",
        "query",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "show_applied",
        "Show what has changed since it was last applied",
        "",
        in_yaml,
        |_, _| {}
    ),
    command!("copy_value", "Copy the value under the cursor", "", in_yaml, |_, _| {}),
    command!(
        "copy_path",
        "Copy the path of the field under the cursor",
        "",
        in_yaml,
        |_, _| {}
    ),
    command!(
        "copy_jsonpath",
        "Copy that path as kubectl -o jsonpath takes it",
        "",
        in_yaml,
        |_, _| {}
    ),
    command!("save_document", "Save the document to a file", "", in_yaml, |_, _| {}),
];

/// The YAML tab takes its commands itself; the rows above are for keys, menu and help.
fn in_yaml(detail: &Detail, _: &Shared) -> bool {
    detail.tab == Tab::Yaml
}

fn writes_logs(detail: &Detail, _: &Shared) -> bool {
    has_logs(&detail.object.name)
}

fn open_line(detail: &mut Detail, ctx: &mut Ctx<'_>) {
    let led = detail.with_part(ctx, |part, cursor, inside, ctx| part.enter(cursor, inside, ctx));
    if !led {
        detail.moves("toggle_fold");
    }
}
