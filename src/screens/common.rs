//! What the screens beside the live table have in common: moving in a list or a document, narrowing a list by typing, and
//! how keys and failures are worded. It is no screen and knows none.

use crate::keys::Layer;
use crate::msg::{Failure, FailureKind};
use crate::screens::{Link, Shared};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{self, Choice, LineEdit, ListState, Look};
use crate::want::ClusterId;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

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

/// How things look now.
pub fn look(shared: &Shared) -> Look<'_> {
    Look::new(&shared.theme, shared.settings.ascii)
}

/// The keys of a command of screens, as in the keymap. A command is looked up where it is bound: in lists, in documents,
/// or everywhere.
pub fn keys_of(shared: &Shared, command: &str) -> Vec<String> {
    let layers: [&[Layer]; 2] = [&[Layer::Table, Layer::Global], &[Layer::Document, Layer::Global]];
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

/// What became of a command in a filter's prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one.
    Changed,
    /// Nothing that matters to the list.
    Same,
    /// The prompt is closed, the filter stays.
    Accepted,
}

/// Narrowing a list by typing: words that must all be there, `!word` that must not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// What is typed.
    pub line: LineEdit,
    /// Whether it is being typed now.
    pub open: bool,
}

impl ListFilter {
    /// Runs a command of the prompt while it is open; None if it is none.
    pub fn run(&mut self, command: &str, shared: &Shared) -> Option<Typed> {
        if !self.open {
            return None;
        }
        match command {
            "prompt_accept" => {
                self.open = false;
                Some(Typed::Accepted)
            }
            "prompt_cancel" => {
                self.open = false;
                self.line.set("");
                Some(Typed::Changed)
            }
            "prompt_complete" => Some(Typed::Same),
            _ => {
                let lines = shared.lines.get("filter").into_iter().flatten().map(String::as_str);
                let changed = self.line.run(command, lines)?;
                Some(if changed { Typed::Changed } else { Typed::Same })
            }
        }
    }

    /// Takes the filter away; says whether there was one.
    pub fn clear(&mut self) -> bool {
        let was = self.is_active();
        self.line.set("");
        self.open = false;
        was
    }

    /// Whether something is typed or may be.
    pub fn is_active(&self) -> bool {
        self.open || !self.line.text().is_empty()
    }

    /// The words, lower case; made once for a whole list.
    pub fn words(&self) -> Vec<String> {
        self.line.text().split_whitespace().map(str::to_lowercase).collect()
    }

    /// Draws it into the last line of `area`.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared, placeholder: &str) {
        let area = area.intersection(buffer.area);
        if self.is_active() && !area.is_empty() {
            ui::fill(buffer, self.line_of(area), shared.theme.style(Role::Base));
            ui::prompt(buffer, self.line_of(area), look(shared), " / ", &self.line, placeholder);
        }
    }

    /// The area without the prompt's line.
    pub fn above(&self, area: Rect) -> Rect {
        Rect {
            height: area.height.saturating_sub(u16::from(self.is_active())),
            ..area
        }
    }

    /// Where the text cursor stands while it is open.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        if self.open {
            ui::prompt_cursor(self.line_of(area), " / ", &self.line)
        } else {
            None
        }
    }

    fn line_of(&self, area: Rect) -> Rect {
        Rect {
            y: area.bottom().saturating_sub(1).max(area.y),
            height: area.height.min(1),
            ..area
        }
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

/// Brings a cursor off a heading: onwards in its direction, else back.
pub fn skip_headings(list: &mut ListState, items: &[Choice], down: bool) {
    let is_row = |place: &usize| items.get(*place).is_some_and(|item| !item.heading);
    let after = || (list.cursor..items.len()).find(is_row);
    let before = || (0..=list.cursor.min(items.len())).rev().find(is_row);
    let to = if down {
        after().or_else(before)
    } else {
        before().or_else(after)
    };
    list.cursor = to.unwrap_or(0);
}

/// Draws the line of a popup's type-ahead with a rule below it; answers the area below.
pub fn type_ahead(buffer: &mut Buffer, area: Rect, shared: &Shared, line: &LineEdit, placeholder: &str) -> Rect {
    let area = area.intersection(buffer.area);
    if area.height < 2 {
        return area;
    }
    let look = look(shared);
    ui::prompt(buffer, Rect { height: 1, ..area }, look, TYPE_AHEAD, line, placeholder);
    let taken = if area.height > 4 { 2 } else { 1 };
    if taken == 2 {
        for x in area.left()..area.right() {
            ui::put(buffer, x, area.y + 1, 1, look.pick("─", "-"), look.style(Role::Border));
        }
    }
    Rect {
        y: area.y + taken,
        height: area.height - taken,
        ..area
    }
}

/// Where the text cursor stands in what [`type_ahead`] draws.
pub fn type_ahead_cursor(area: Rect, line: &LineEdit) -> Option<Position> {
    if area.height < 2 {
        None
    } else {
        ui::prompt_cursor(area, TYPE_AHEAD, line)
    }
}

/// How many lines of a popup's inside are left for its list.
pub fn below_type_ahead(area: Rect) -> usize {
    usize::from(match area.height {
        0..2 => area.height,
        2..5 => area.height - 1,
        _ => area.height - 2,
    })
}

/// Stands before the line of a type-ahead.
const TYPE_AHEAD: &str = " > ";

/// A note for the middle of an empty list.
pub fn say_empty(buffer: &mut Buffer, area: Rect, shared: &Shared, text: &str) {
    let area = area.intersection(buffer.area);
    for (line, y) in ui::wrap(text, usize::from(area.width.saturating_sub(6)))
        .iter()
        .zip(area.top() + 2..area.bottom())
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
    fn words_of_a_filter() {
        let rows = [
            ("", true),
            ("pro", true),
            ("PRO eu", true),
            ("pro us", false),
            ("!us", true),
            ("pro !eu", false),
        ];
        for (text, expected) in rows {
            let filter = ListFilter {
                line: LineEdit::new(text),
                open: false,
            };
            assert_eq!(passes(&filter.words(), &["Prod-EU", "aws"]), expected, "{text}");
        }
    }

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
