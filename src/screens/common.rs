//! What the screens beside the live table have in common: moving in a list or a document, and
//! how keys, failures and news are worded. It is no screen and knows none.

use crate::keys::Layer;
use crate::msg::{Failure, FailureKind};
use crate::screens::{Link, ObjectName, Shared};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{self, Look};
use crate::want::ClusterId;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A popup ignores what was typed before anybody can have seen it, in milliseconds.
pub const UNSEEN_MS: u64 = 250;

/// What the keys do while a line is being typed: command and doc. These are no rows of a screen: they mean the same wherever
/// something is typed.
pub const TYPING: &[(&str, &str)] = &[
    ("prompt_accept", "Take the line"),
    ("prompt_cancel", "Leave the line"),
    ("prompt_complete", "Complete the word"),
    ("prompt_previous", "The choice or line before"),
    ("prompt_next", "The choice or line after"),
    ("prompt_left", "A character to the left"),
    ("prompt_right", "A character to the right"),
    ("prompt_word_left", "A word to the left"),
    ("prompt_word_right", "A word to the right"),
    ("prompt_home", "To the beginning of the line"),
    ("prompt_end", "To the end of the line"),
    ("prompt_delete", "Delete the character before the cursor"),
    ("prompt_delete_forward", "Delete the character under the cursor"),
    ("prompt_delete_word", "Delete the word before the cursor"),
    ("prompt_clear", "Delete everything before the cursor"),
];

/// What the keys do in a popup with a list: command and doc.
pub const CHOOSING: &[(&str, &str)] = &[
    ("popup_accept", "Take what is under the cursor"),
    ("popup_cancel", "Close without choosing"),
    ("move_down", "Move down"),
    ("move_up", "Move up"),
    ("page_down", "A page down"),
    ("page_up", "A page up"),
    ("move_top", "To the first"),
    ("move_bottom", "To the last"),
];

/// What has a cursor or a window that moves.
pub trait Moves {
    /// Runs `move_down` and its kin.
    fn moves(&mut self, command: &str);
}

/// The commands of a list with the ways of moving in it put before.
macro_rules! list_commands {
    ($($row:expr),* $(,)?) => {
        &[
            $crate::screens::common::motion!("move_down", "Move down a row"),
            $crate::screens::common::motion!("move_up", "Move up a row"),
            $crate::screens::common::motion!("page_down", "Move down a page"),
            $crate::screens::common::motion!("page_up", "Move up a page"),
            $crate::screens::common::motion!("half_page_down", "Move down half a page"),
            $crate::screens::common::motion!("half_page_up", "Move up half a page"),
            $crate::screens::common::motion!("move_top", "Move to the first row"),
            $crate::screens::common::motion!("move_bottom", "Move to the last row"),
            $($row,)*
        ]
    };
}

/// The commands of a list in a popup: the ways of moving that the popup layer has, then taking and closing.
macro_rules! popup_commands {
    ($accept:expr, $cancel:expr) => {
        &[
            $crate::screens::common::motion!("move_down", "Move down"),
            $crate::screens::common::motion!("move_up", "Move up"),
            $crate::screens::common::motion!("page_down", "A page down"),
            $crate::screens::common::motion!("page_up", "A page up"),
            $crate::screens::common::motion!("move_top", "To the first"),
            $crate::screens::common::motion!("move_bottom", "To the last"),
            $crate::screens::common::command!(
                "popup_accept",
                "Take what is under the cursor",
                "",
                $crate::screens::always,
                $accept
            ),
            $crate::screens::common::command!(
                "popup_cancel",
                "Close without choosing",
                "",
                $crate::screens::always,
                $cancel
            ),
        ]
    };
}

/// The commands of a document with the ways of moving in it put before.
macro_rules! document_commands {
    ($($row:expr),* $(,)?) => {
        $crate::screens::common::list_commands![
            $crate::screens::common::motion!("scroll_left", "Scroll to the left"),
            $crate::screens::common::motion!("scroll_right", "Scroll to the right"),
            $crate::screens::common::command!("open_search", "Search in the text", "search", $crate::screens::always, |state, _| {
                $crate::screens::reader::Reads::reader(state).open();
            }),
            $crate::screens::common::command!("search_next", "Go to the next find", "", $crate::screens::always, |state, ctx| {
                $crate::screens::reader::Reads::reader(state).step(false, ctx);
            }),
            $crate::screens::common::command!("search_previous", "Go to the find before", "", $crate::screens::always, |state, ctx| {
                $crate::screens::reader::Reads::reader(state).step(true, ctx);
            }),
            $crate::screens::common::command!("copy_document", "Copy the whole text", "copy", $crate::screens::always, |state, ctx| {
                $crate::screens::reader::Reads::reader(state).copy(ctx);
            }),
            $($row,)*
        ]
    };
}

/// One way of moving.
macro_rules! motion {
    ($name:literal, $doc:literal) => {
        $crate::screens::Command {
            name: $name,
            doc: $doc,
            hint: "",
            danger: $crate::screens::Danger::None,
            when: $crate::screens::always,
            run: |state, _| $crate::screens::common::Moves::moves(state, $name),
        }
    };
}

/// A command that looks only: name, doc, hint, when, run.
macro_rules! command {
    ($name:literal, $doc:literal, $hint:literal, $when:expr, $run:expr) => {
        $crate::screens::Command {
            name: $name,
            doc: $doc,
            hint: $hint,
            danger: $crate::screens::Danger::None,
            when: $when,
            run: $run,
        }
    };
}

pub(crate) use {command, document_commands, list_commands, motion, popup_commands};

/// The kinds whose pods have logs, by group and plural. A service's are those of the pods it selects.
const WITH_LOGS: &[(&str, &str)] = &[
    ("", "pods"),
    ("", "services"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
];

/// Whether this object, or its pods, write logs.
pub fn has_logs(object: &ObjectName) -> bool {
    let name = (object.resource.group.as_str(), object.resource.resource.as_str());
    WITH_LOGS.contains(&name)
}

/// How things look now.
pub fn look(shared: &Shared) -> Look<'_> {
    Look::new(&shared.theme, shared.settings.ascii)
}

/// The keys of a command of screens, as in the keymap. A command is looked up where it is bound: in lists, in documents,
/// or everywhere.
pub fn keys_of(shared: &Shared, command: &str) -> Vec<String> {
    let layers: [&[Layer]; 3] = [
        &[Layer::Table, Layer::Global],
        &[Layer::Document, Layer::Global],
        &[Layer::Logs],
    ];
    layers
        .into_iter()
        .map(|layers| shared.keymap.keys_of(layers, command))
        .find(|keys| !keys.is_empty())
        .unwrap_or_default()
}

/// The first `most` keys of a command as they are shown; empty when it has none.
pub fn key_label(shared: &Shared, command: &str, most: usize) -> String {
    let keys: Vec<String> = keys_of(shared, command)
        .iter()
        .take(most)
        .map(|key| ui::key_text(key, shared.settings.ascii))
        .collect();
    keys.join("  ")
}

/// The key of a command of a layer as it is shown; empty when it has none.
pub fn key_in(shared: &Shared, layer: Layer, command: &str) -> String {
    let keys = shared.keymap.keys_of(&[layer], command);
    keys.first()
        .map_or_else(String::new, |key| ui::key_text(key, shared.settings.ascii))
}

/// `⏎ run  esc close`, for the foot of a popup.
pub fn foot(shared: &Shared, layer: Layer, pairs: &[(&str, &str)]) -> String {
    let parts: Vec<String> = pairs
        .iter()
        .map(|(command, word)| (key_in(shared, layer, command), word))
        .filter(|(key, _)| !key.is_empty())
        .map(|(key, word)| format!("{key} {word}"))
        .collect();
    parts.join("  ")
}

/// What a failure is, in one or two words.
pub fn failure_word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Unreachable => "unreachable",
        FailureKind::Tls => "certificate",
        FailureKind::Unauthenticated => "not signed in",
        FailureKind::Forbidden => "forbidden",
        FailureKind::NotFound => "not found",
        FailureKind::Expired => "expired",
        FailureKind::Throttled => "throttled",
        FailureKind::ServerError => "server error",
        FailureKind::Garbled => "not understood",
        FailureKind::TooLarge => "too large",
        FailureKind::Configuration => "configuration",
        FailureKind::Cancelled => "cancelled",
    }
}

/// In how many seconds a cluster is tried again, when it is down and will be.
pub fn retry_in(shared: &Shared, cluster: ClusterId) -> Option<u64> {
    match &shared.clusters.get(&cluster)?.link {
        Link::Down { retry_at: Some(at), .. } => Some(at.saturating_sub(shared.mono).div_ceil(1000)),
        _ => None,
    }
}

/// Why a cluster is down, if it is.
pub fn down(shared: &Shared, cluster: ClusterId) -> Option<&Failure> {
    match &shared.clusters.get(&cluster)?.link {
        Link::Down { failure, .. } => Some(failure),
        _ => None,
    }
}

/// Whether a text passes the words of a filter.
pub fn passes(words: &[String], texts: &[&str]) -> bool {
    if words.is_empty() {
        return true;
    }
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let has = |word: &str| texts.iter().any(|text| text.contains(word));
    words.iter().all(|word| match word.strip_prefix('!') {
        Some(word) => word.is_empty() || !has(word),
        None => has(word),
    })
}

/// Whether a command moves the cursor or belongs to typing: of no use in palette and menu.
pub fn is_motion(command: &str) -> bool {
    ["move_", "page_", "half_page_", "scroll_", "prompt_", "popup_"]
        .iter()
        .any(|begin| command.starts_with(begin))
}

/// The area of a table below a line of news, when there is news and room for both.
pub fn below_news(area: Rect, is_news: bool) -> Rect {
    let taken = u16::from(is_news && area.height > 3);
    Rect {
        y: area.y + taken,
        height: area.height - taken,
        ..area
    }
}

/// Draws the line of news above `body`, where [`below_news`] has left room for it.
pub fn say_news(buffer: &mut Buffer, area: Rect, body: Rect, shared: &Shared, news: Option<(String, Role)>) {
    if let Some((text, role)) = news
        && body.y > area.y
    {
        let room = area.width.saturating_sub(1);
        ui::put(buffer, area.x + 1, area.y, room, &text, shared.theme.style(role));
    }
}

/// A note for the middle of an empty list.
pub fn say_empty(buffer: &mut Buffer, area: Rect, shared: &Shared, text: &str) {
    let area = area.intersection(buffer.area);
    for (line, y) in ui::wrap(text, usize::from(area.width.saturating_sub(6)))
        .iter()
        .zip(area.top() + (area.height / 3).min(2)..area.bottom())
    {
        ui::put(
            buffer,
            area.x + 3,
            y,
            area.width.saturating_sub(4),
            line,
            shared.theme.style(Role::Muted),
        );
    }
}

/// A clean text out of parts.
pub fn clean_of(parts: &[&str]) -> Clean {
    Clean::new(&parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::testing;

    #[test]
    fn every_key_of_prompts_and_popups_is_documented() {
        let shared = testing::shared();
        let global = ["quit_now", "suspend", "redraw"];
        for binding in shared.keymap.bindings() {
            let mut known: Vec<&str> = TYPING.iter().chain(CHOOSING).map(|(name, _)| *name).collect();
            known.extend(global);
            if matches!(binding.layer, Layer::Prompt | Layer::Popup) {
                assert!(known.contains(&binding.command), "{}", binding.command);
            }
        }
    }
}
