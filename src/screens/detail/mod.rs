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

mod commands;
mod describe;
mod events;
mod history;
mod object;
mod relations;
mod screen;
#[cfg(test)]
mod testing;
mod yaml;

pub use commands::COMMANDS;
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

#[cfg(test)]
mod tests;
