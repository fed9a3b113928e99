//! Detail: one object from every side, live. A tab is a part; each part is a text of its own with its place in it.
//!
//! ```text
//!  pod cart-7d9f6c5b9-8lm2p                      Describe  YAML  Events  Relations  History
//!  ✗ it crashes as soon as it starts: exit code 1, 17 times …
//!    look at the log of the instance before: p
//!  Name:       cart-…                            the part's own text
//! ```
//!
//! It is also the side pane, which follows the cursor of the list beside it.

mod describe;
mod events;
mod history;
mod object;
mod relations;
#[cfg(test)]
mod testing;
mod yaml;

pub use history::{MOST_BYTES as HISTORY_BYTES, MOST_ENTRIES as HISTORY_ENTRIES};
pub use object::Object;

use crate::keys::Layer;
use crate::screens::common::{below_news, command, has_logs, look, say_empty, say_news};
use crate::screens::{
    Command, CommandRow, Ctx, LogsPlace, ObjectName, Place, Request, Screen, Shared, Tab, Title, Tone, always,
    dispatch, rows,
};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{LineEdit, Lines, Reading, fill, prompt, prompt_cursor, put};
use crate::want::{ListWant, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// What a part of the detail is made from.
pub struct Inside<'a> {
    /// What is true.
    pub shared: &'a Shared,
    /// The object, as far as it is there.
    pub object: &'a Object,
}

/// One tab: a text and what can be done in it.
pub trait Part {
    /// Lists and schemas it needs while it is shown, beside the object and its events.
    fn wants(&self, inside: &Inside<'_>, wants: &mut BTreeSet<Want>);

    /// Takes in what has changed and makes its text anew where it has to. Says whether the text is another one.
    fn refresh(&mut self, inside: &Inside<'_>, width: u16) -> bool;

    /// Makes ready what only the lines that are seen have, given as indexes of its text in order.
    fn show(&mut self, _seen: &[u32], _inside: &Inside<'_>) {}

    /// Its text.
    fn lines(&self) -> &dyn Lines;

    /// What is said below the title, in one line, with its role: the path of the cursor, what is filtered.
    fn status(&self, _cursor: usize, _inside: &Inside<'_>) -> Option<(String, Role)> {
        None
    }

    /// Enter on a line. Says whether it leads anywhere; a line that does not is folded.
    fn enter(&mut self, _cursor: usize, _inside: &Inside<'_>, _ctx: &mut Ctx<'_>) -> bool {
        false
    }

    /// Runs one of the commands that belong to its tab. Says whether it is one.
    fn run(&mut self, _name: &str, _cursor: usize, _inside: &Inside<'_>, _ctx: &mut Ctx<'_>) -> bool {
        false
    }

    /// The answer of a picker or prompt that it has asked for.
    fn picked(&mut self, _purpose: &'static str, _answers: &[String], _inside: &Inside<'_>, _ctx: &mut Ctx<'_>) {}

    /// The text that is shown beside its own, when there is one (documentation of a field): lines, at most half the room.
    fn beside(&self, _cursor: usize, _inside: &Inside<'_>, _width: u16) -> Vec<crate::ui::TextLine> {
        Vec::new()
    }

    /// The line to go to after a refresh, once: what it shows is another text.
    fn jump(&mut self) -> Option<usize> {
        None
    }

    /// Another tab comes to the front: what was revealed is hidden again.
    fn leave(&mut self) {}

    /// In how many seconds its text changes by time alone.
    fn next_change(&self, _inside: &Inside<'_>) -> Option<i64> {
        None
    }
}

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

/// Every tab: its title, and whether it has a place of its own.
const TABS: [(Tab, &str); 5] = [
    (Tab::Describe, "Describe"),
    (Tab::Yaml, "YAML"),
    (Tab::Events, "Events"),
    (Tab::Relations, "Relations"),
    (Tab::History, "History"),
];

/// One object from every side.
pub struct Detail {
    object: Object,
    tab: Tab,
    describe: describe::Describe,
    parts: [Box<dyn Part>; 4],
    readings: [Reading; 5],
    line: LineEdit,
    typing: bool,
    width: u16,
    height: u16,
    /// The pane draws its cursor fainter while it has no keys.
    pub focused: bool,
}

impl std::fmt::Debug for Detail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detail")
            .field("object", &self.object.name)
            .field("tab", &self.tab)
            .finish_non_exhaustive()
    }
}

impl Detail {
    /// The detail of an object, on a tab.
    pub fn new(object: ObjectName, tab: Tab) -> Detail {
        Detail {
            object: Object::new(object),
            tab,
            describe: describe::Describe::default(),
            parts: [
                Box::new(yaml::Yaml::default()),
                Box::new(events::Events::default()),
                Box::new(relations::Relations::default()),
                Box::new(history::History::default()),
            ],
            readings: Default::default(),
            line: LineEdit::new(""),
            typing: false,
            width: 0,
            height: 0,
            focused: true,
        }
    }

    /// The tab in front.
    pub fn tab(&self) -> Tab {
        self.tab
    }

    /// The object.
    pub fn object(&self) -> &ObjectName {
        &self.object.name
    }

    /// Brings a tab to the front.
    pub fn choose(&mut self, tab: Tab) {
        if tab != self.tab
            && let Some(part) = self.index().checked_sub(1).and_then(|index| self.parts.get_mut(index))
        {
            part.leave();
        }
        self.tab = tab;
        self.typing = false;
    }

    fn step(&mut self, by: isize) {
        let count = TABS.len() as isize;
        let at = TABS.iter().position(|(tab, _)| *tab == self.tab).unwrap_or(0) as isize;
        let next = TABS.get((at + by).rem_euclid(count) as usize);
        self.choose(next.map_or(Tab::default(), |(tab, _)| *tab));
    }

    fn index(&self) -> usize {
        TABS.iter().position(|(tab, _)| *tab == self.tab).unwrap_or(0)
    }

    fn reading(&self) -> &Reading {
        &self.readings[self.index()]
    }

    fn reading_mut(&mut self) -> &mut Reading {
        let index = self.index();
        &mut self.readings[index]
    }

    fn part(&self) -> &dyn Part {
        match self.index() {
            0 => &self.describe,
            other => self.parts[other - 1].as_ref(),
        }
    }

    fn moves(&mut self, command: &str) {
        let index = self.index();
        let lines = match index {
            0 => self.describe.lines(),
            other => self.parts[other - 1].lines(),
        };
        self.readings[index].run(command, lines);
    }

    /// Does something on the part in front.
    fn with_part<R>(
        &mut self,
        ctx: &mut Ctx<'_>,
        act: impl FnOnce(&mut dyn Part, usize, &Inside<'_>, &mut Ctx<'_>) -> R,
    ) -> R {
        let index = self.index();
        let cursor = self.readings[index].cursor;
        let shared = ctx.shared;
        let inside = Inside {
            shared,
            object: &self.object,
        };
        let part: &mut dyn Part = match index {
            0 => &mut self.describe,
            other => self.parts[other - 1].as_mut(),
        };
        act(part, cursor, &inside, ctx)
    }

    fn find(&mut self, back: bool, ctx: &mut Ctx<'_>) {
        let index = self.index();
        let lines = match index {
            0 => self.describe.lines(),
            other => self.parts[other - 1].lines(),
        };
        let reading = &mut self.readings[index];
        if reading.search.is_empty() {
            ctx.toast(Tone::Info, "Nothing is searched for.");
        } else if !reading.find(lines, back, false) {
            ctx.toast(Tone::Info, &format!("`{}` is not in this text.", reading.search));
        }
    }

    fn search_typed(&mut self) {
        let index = self.index();
        let lines = match index {
            0 => self.describe.lines(),
            other => self.parts[other - 1].lines(),
        };
        let reading = &mut self.readings[index];
        self.line.text().clone_into(&mut reading.search);
        reading.find(lines, false, true);
    }

    fn copy(&mut self, ctx: &mut Ctx<'_>) {
        let lines = self.part().lines();
        let text: Vec<String> = (0..lines.len())
            .map(|index| {
                format!("{}{}", " ".repeat(lines.indent(index)), lines.words(index))
                    .trim_end()
                    .to_owned()
            })
            .collect();
        ctx.ask(Request::Effect(crate::effect::Effect::Copy {
            ticket: crate::msg::Ticket(0),
            text: text.join("\n") + "\n",
            what: Clean::new("text"),
        }));
    }

    fn all_lists(&self, shared: &Shared) -> Vec<ListWant> {
        let mut wants = BTreeSet::new();
        self.wants(shared, &mut wants);
        let list = |want: Want| match want {
            Want::List(list) => Some(list),
            _ => None,
        };
        wants.into_iter().filter_map(list).collect()
    }

    /// Title line, what is wrong, the text, and what is said below it.
    fn regions(&self, area: Rect, shared: &Shared) -> (Rect, Rect, Rect, Rect) {
        let findings = self.describe.head_height(area.height);
        let title = Rect {
            height: area.height.min(1),
            ..area
        };
        let rest = Rect {
            y: area.y + title.height,
            height: area.height - title.height,
            ..area
        };
        let rest = below_news(rest, self.object.news(shared).is_some());
        let head = Rect {
            height: findings.min(rest.height),
            ..rest
        };
        let searched = self.typing || !self.reading().search.is_empty();
        let foot = u16::from(area.height > 6 || searched && area.height > 2);
        let text = Rect {
            y: head.bottom(),
            height: area.bottom().saturating_sub(head.bottom() + foot).min(area.height),
            ..area
        };
        let below = Rect {
            y: text.bottom(),
            height: foot,
            ..area
        };
        (title, head, text, below)
    }
}

fn writes_logs(detail: &Detail, _: &Shared) -> bool {
    has_logs(&detail.object.name)
}

impl Detail {
    fn open_logs(&mut self, previous: bool, ctx: &mut Ctx<'_>) {
        ctx.ask(Request::Open(Place::Logs(LogsPlace {
            cluster: self.object.name.cluster,
            of: vec![self.object.name.clone()],
            selector: None,
            container: None,
            previous,
        })));
    }
}

/// The room of the text, and below it that of what is shown beside it, with its line; always the same, so that nothing
/// jumps.
fn parted(text: Rect, beside: bool) -> (Rect, Rect) {
    if !beside {
        return (text, Rect::default());
    }
    let height = text.height * 2 / 5;
    let own = Rect {
        height: text.height - height,
        ..text
    };
    let other = Rect {
        y: own.bottom(),
        height,
        ..text
    };
    (own, other)
}

fn open_line(detail: &mut Detail, ctx: &mut Ctx<'_>) {
    let led = detail.with_part(ctx, |part, cursor, inside, ctx| part.enter(cursor, inside, ctx));
    if !led {
        detail.moves("toggle_fold");
    }
}

impl Screen for Detail {
    fn place(&self) -> Option<Place> {
        Some(Place::Object(self.object.name.clone(), self.tab))
    }

    fn layers(&self) -> &'static [Layer] {
        if self.typing {
            &[Layer::Prompt]
        } else {
            &[Layer::Document]
        }
    }

    fn takes_text(&self) -> bool {
        self.typing
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if self.typing {
            match name {
                "prompt_accept" => {
                    self.typing = false;
                    if !self.reading().search.is_empty() {
                        let (index, found) = (self.index(), self.line.text().to_owned());
                        let lines = match index {
                            0 => self.describe.lines(),
                            other => self.parts[other - 1].lines(),
                        };
                        if !self.readings[index].find(lines, false, true) {
                            ctx.toast(Tone::Info, &format!("`{found}` is not in this text."));
                        }
                    }
                }
                "prompt_cancel" => {
                    self.typing = false;
                    self.reading_mut().search.clear();
                }
                "prompt_complete" => {}
                _ => match self.line.run(name, std::iter::empty()) {
                    Some(true) => self.search_typed(),
                    Some(false) => {}
                    None => return false,
                },
            }
            return true;
        }
        if self.with_part(ctx, |part, cursor, inside, ctx| part.run(name, cursor, inside, ctx)) {
            return true;
        }
        if name == "go_back_step" {
            if self.reading().search.is_empty() {
                ctx.ask(Request::Close);
            } else {
                self.reading_mut().search.clear();
            }
            return true;
        }
        dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        self.line.insert(character);
        self.search_typed();
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        self.line.paste(text);
        self.search_typed();
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        self.with_part(ctx, |part, _, inside, ctx| part.picked(purpose, answers, inside, ctx));
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.object.refresh(shared);
        (self.width, self.height) = (area.width, area.height);
        let index = self.index();
        let inside = Inside {
            shared,
            object: &self.object,
        };
        // The description is made on every tab: the head says what is wrong wherever one is.
        let name = |part: &dyn Part, reading: &Reading| {
            let lines = part.lines();
            (reading.cursor < lines.len()).then(|| lines.name(reading.cursor))
        };
        let mut old = name(&self.describe, &self.readings[0]);
        self.describe.shown = index == 0;
        let mut another = self.describe.refresh(&inside, area.width);
        if index > 0 {
            let part = &mut self.parts[index - 1];
            old = name(part.as_ref(), &self.readings[index]);
            another = part.refresh(&inside, area.width);
        }
        let (_, _, text, _) = self.regions(area, shared);
        let lines = match index {
            0 => self.describe.lines(),
            other => self.parts[other - 1].lines(),
        };
        // What stands beside the text takes its room: the cursor must not go behind it.
        let cursor = self.readings[index].cursor;
        let beside = index > 0 && !self.parts[index - 1].beside(cursor, &inside, text.width / 2).is_empty();
        let page = usize::from(parted(text, beside).0.height);
        if another || self.readings[index].page() != page {
            self.readings[index].set(lines, old.as_deref(), page);
        }
        if let Some(line) = index
            .checked_sub(1)
            .and_then(|index| self.parts.get_mut(index))
            .and_then(|part| part.jump())
        {
            let lines = self.parts[index - 1].lines();
            self.readings[index].go_to(lines, line);
        }
        if let Some(part) = index.checked_sub(1).and_then(|index| self.parts.get_mut(index)) {
            part.show(self.readings[index].seen(), &inside);
        }
    }

    fn wants(&self, shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.insert(Want::List(self.object.list()));
        if self.object.whole.is_none() {
            return;
        }
        wants.insert(Want::List(self.object.events_list()));
        let inside = Inside {
            shared,
            object: &self.object,
        };
        self.describe.wants(&inside, wants);
        if self.index() > 0 {
            self.part().wants(&inside, wants);
        }
    }

    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        vec![self.object.list()]
    }

    fn subject(&self, _shared: &Shared) -> Option<ObjectName> {
        Some(self.object.name.clone())
    }

    fn show(&mut self, object: Option<ObjectName>, _shared: &Shared) {
        if let Some(object) = object
            && object != self.object.name
        {
            let tab = self.tab;
            let focused = self.focused;
            // What was searched for stays; places in the text belong to the object.
            let search = self.reading().search.clone();
            *self = Detail::new(object, tab);
            self.focused = focused;
            self.reading_mut().search = search;
        }
    }

    fn title(&self, shared: &Shared) -> Title {
        let (_, kind, _) = self.object.kind(shared);
        Title {
            name: Clean::new(&format!("{} {}", kind.as_str().to_lowercase(), self.object.name.name)),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let look = look(shared);
        let (title, head, text, below) = self.regions(area, shared);
        self.draw_title(buffer, title, shared);
        let under = Rect {
            y: title.bottom(),
            height: area.height - title.height,
            ..area
        };
        say_news(buffer, under, head, shared, self.object.news(shared));
        self.describe.draw_head(buffer, head, shared, &self.object);
        let inside = Inside {
            shared,
            object: &self.object,
        };
        let beside = self.part().beside(self.reading().cursor, &inside, text.width / 2);
        let (own, other) = parted(text, !beside.is_empty());
        if self.object.whole.is_none() {
            say_empty(buffer, own, shared, &self.object.nothing(shared));
        } else if self.part().lines().is_empty() {
            say_empty(buffer, own, shared, "There is nothing to show here.");
        } else {
            self.reading()
                .draw(buffer, own, look, self.part().lines(), self.focused);
        }
        if other.height > 0 {
            let line = look.pick("─", "-").repeat(usize::from(other.width));
            put(buffer, other.x, other.y, other.width, &line, look.style(Role::Border));
            for (line, y) in beside.iter().zip(other.y + 1..other.bottom()) {
                crate::ui::draw_line(buffer, other.x + 1, y, other.width.saturating_sub(2), look, line, 0, "");
            }
        }
        if below.height == 0 {
            return;
        }
        if self.typing || !self.reading().search.is_empty() {
            fill(buffer, below, look.style(Role::Base));
            prompt(buffer, below, look, " / ", &self.line, "search");
        } else if below.height > 0
            && let Some((said, role)) = self.part().status(self.reading().cursor, &inside)
        {
            put(
                buffer,
                below.x + 1,
                below.y,
                below.width.saturating_sub(2),
                &said,
                look.style(role),
            );
        }
    }

    fn cursor(&self, area: Rect, shared: &Shared) -> Option<Position> {
        let (_, _, _, below) = self.regions(area, shared);
        if self.typing && below.height > 0 {
            prompt_cursor(below, " / ", &self.line)
        } else {
            None
        }
    }

    fn next_change(&self, shared: &Shared) -> Option<i64> {
        let inside = Inside {
            shared,
            object: &self.object,
        };
        let own = self.part().next_change(&inside);
        [own, self.describe.next_change(&inside)].into_iter().flatten().min()
    }
}

impl Detail {
    /// `pod cart-…  deleted 5s ago            Describe  YAML  Events  Relations  History`
    fn draw_title(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let look = look(shared);
        let mut x = area.x + 1;
        let all: usize = TABS.iter().map(|(_, title)| title.len() + 2).sum();
        // Where there is no room for every tab the one in front stands alone, with its place among them.
        let alone = format!(
            "[{}] {}/{}",
            TABS.get(self.index()).map_or("", |(_, title)| title),
            self.index() + 1,
            TABS.len()
        );
        let few = usize::from(area.width) < all + 20;
        let wide = if few { alone.len() } else { all };
        let room = usize::from(area.width).saturating_sub(wide + 3);
        let (said, role) = self.object.said(shared);
        let name = self.object.called(shared);
        let left = room.saturating_sub(if said.is_empty() { 0 } else { said.len() + 2 });
        if left > 8 {
            let name = crate::text::cut_middle(&name, left);
            x += put(buffer, x, area.y, left as u16, &name, look.style(Role::Title)) + 2;
        }
        put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &said,
            look.style(role),
        );
        let mut x = area.right().saturating_sub(wide as u16).max(area.x);
        if few {
            put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x),
                &alone,
                look.style(Role::Accent),
            );
            return;
        }
        for (tab, title) in TABS {
            let role = if tab == self.tab { Role::Accent } else { Role::Muted };
            let title = if tab == self.tab {
                format!("[{title}]")
            } else {
                format!(" {title} ")
            };
            x += put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x),
                &title,
                look.style(role),
            );
        }
    }
}

#[cfg(test)]
mod tests;
