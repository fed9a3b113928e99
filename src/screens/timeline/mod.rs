//! Timeline: what happened in these namespaces in the order of time, live, the newest at the bottom as in a log.
//!
//! ```text
//!  60m ago ▁▁▂▁▁▁▁█▃▁▁▁▁▁▁▂▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▃▁▁▁▁▁▁▁▁▁▁▁▅▂ now      counts over time; warnings stand out
//!    2m ▲ Warning  BackOff  pod/cart-1-a  x12  Back-off restarting failed container
//! ```

mod strip;

use crate::effect::Effect;
use crate::keys::Layer;
use crate::kinds::{ResourceName, Row};
use crate::msg::{Phase, Ticket};
use crate::screens::common::{self, Moves, command, failure_word, look, motion};
use crate::screens::event_lines::{EventLine, EventWidths, Sieve, group};
use crate::screens::{
    Command, CommandRow, Ctx, ObjectName, Place, Popup, Request, Screen, Shared, Title, Tone, always, dispatch, rows,
};
use crate::store::{Mark, Table};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{LineEdit, Lines, Reading, TextLine, draw_line, fill, prompt, prompt_cursor, put};
use crate::want::{ClusterId, ListWant, Scope, Shape, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// More events than this are put in order at most twice a second.
const MANY: usize = 2_000;
/// How long that is put off, in milliseconds.
const PUT_OFF: u64 = 500;
/// So many lines say the event under the cursor in full.
const DETAILS: u16 = 4;

/// The commands of this screen.
pub const COMMANDS: &[Command<Timeline>] = &[
    command!("open_row", "Open what the event is about", "open", always, open_object),
    command!(
        "toggle_follow",
        "Stay with the newest event, or stop doing so",
        "follow",
        always,
        |line, _| {
            line.follow = !line.follow;
            line.settle();
        }
    ),
    command!(
        "cycle_types",
        "Show all events, warnings alone, or all but warnings",
        "types",
        always,
        |line, _| {
            line.sieve.turn_types();
            line.turned();
        }
    ),
    command!(
        "choose_reasons",
        "Choose the reasons of events that are shown",
        "reasons",
        always,
        |line, ctx| {
            ctx.ask(Request::Popup(Popup::Picker(line.sieve.reason_picker(&line.text.all))));
        }
    ),
    command!(
        "choose_since",
        "Choose how far back is shown",
        "since",
        always,
        |line, ctx| {
            ctx.ask(Request::Popup(Popup::Picker(line.sieve.time_picker())));
        }
    ),
    command!(
        "open_search",
        "Show only events with these words in object, reason or message",
        "filter",
        always,
        |line, _| {
            line.typing = true;
        }
    ),
    command!("clear_filter", "Show everything again", "", always, |line, _| line
        .clear()),
    command!("copy_document", "Copy what is shown", "copy", always, copy),
    command!(
        "retry",
        "Try again now what failed or was forbidden",
        "",
        always,
        |line, ctx| {
            ctx.ask(Request::Effect(Effect::Retry(line.list())));
        }
    ),
    motion!("move_down", "Move down a line"),
    motion!("move_up", "Move up a line"),
    motion!("page_down", "Move down a page"),
    motion!("page_up", "Move up a page"),
    motion!("half_page_down", "Move down half a page"),
    motion!("half_page_up", "Move up half a page"),
    motion!("move_top", "Move to the oldest event"),
    motion!("move_bottom", "Move to the newest event and stay with it"),
    motion!("scroll_left", "Scroll to the left"),
    motion!("scroll_right", "Scroll to the right"),
];

/// The screen.
#[derive(Debug)]
pub struct Timeline {
    cluster: ClusterId,
    scope: Scope,
    text: Text,
    strip: strip::Strip,
    reading: Reading,
    sieve: Sieve,
    line: LineEdit,
    typing: bool,
    follow: bool,
    /// Which state of the table was read: its version, and whether it was complete.
    read: Option<(u64, bool)>,
    read_at: u64,
    /// Whether what is held back, or the second, is another one since the lines were made.
    turned: bool,
    now: i64,
}

#[derive(Debug, Default)]
struct Text {
    /// Everything before the sieve, taken together, the oldest first.
    all: Vec<EventLine>,
    /// What passes the sieve, as places in all of them.
    shown: Vec<u32>,
    warnings: usize,
    widths: EventWidths,
    now: i64,
    ascii: bool,
}

impl Text {
    fn event(&self, index: usize) -> Option<&EventLine> {
        self.all.get(*self.shown.get(index)? as usize)
    }
}

impl Lines for Text {
    fn len(&self) -> usize {
        self.shown.len()
    }

    fn line(&self, index: usize) -> TextLine {
        let event = self.event(index);
        event.map_or_else(TextLine::default, |event| self.widths.line(event, self.now, self.ascii))
    }

    fn words(&self, index: usize) -> Cow<'_, str> {
        Cow::Owned(self.line(index).text())
    }

    fn indent(&self, _index: usize) -> usize {
        0
    }

    fn name(&self, index: usize) -> String {
        self.event(index).map_or_else(String::new, EventLine::name)
    }
}

fn rows_of(table: &Table) -> impl Iterator<Item = &Row> {
    let there = table.ids().filter(|id| !matches!(table.mark(*id), Mark::Gone(_)));
    there.filter_map(|id| table.row(id))
}

fn open_object(line: &mut Timeline, ctx: &mut Ctx<'_>) {
    let Some(event) = line.text.event(line.reading.cursor) else {
        return;
    };
    let state = ctx.shared.clusters.get(&line.cluster);
    match state.and_then(|state| event.target(&state.catalog)) {
        Some(target) => ctx.ask(Request::Follow {
            cluster: line.cluster,
            target,
            trail: "timeline".into(),
        }),
        None => ctx.toast(Tone::Info, "what this event is about is not served here"),
    }
}

fn copy(line: &mut Timeline, ctx: &mut Ctx<'_>) {
    let lines = (0..line.text.len()).map(|index| line.text.words(index).trim_end().to_owned());
    let text = lines.collect::<Vec<String>>().join("\n") + "\n";
    ctx.ask(Request::Effect(Effect::Copy {
        ticket: Ticket(0),
        text,
        what: Clean::new("events"),
    }));
}

impl Timeline {
    /// The timeline of these namespaces.
    pub fn new(cluster: ClusterId, scope: Scope) -> Timeline {
        Timeline {
            cluster,
            scope,
            text: Text::default(),
            strip: strip::Strip::default(),
            reading: Reading::default(),
            sieve: Sieve::default(),
            line: LineEdit::new(""),
            typing: false,
            follow: true,
            read: None,
            read_at: 0,
            turned: true,
            now: 0,
        }
    }

    /// The list of the events: the one that the table of events shows, too.
    fn list(&self) -> ListWant {
        ListWant {
            cluster: self.cluster,
            resource: ResourceName::new("", "events"),
            scope: self.scope.clone(),
            labels: Clean::default(),
            fields: Clean::default(),
            shape: Shape::Objects,
        }
    }

    fn turned(&mut self) {
        self.turned = true;
    }

    fn clear(&mut self) {
        self.sieve = Sieve::default();
        self.line.set("");
        self.typing = false;
        self.turned();
    }

    fn typed_words(&mut self) {
        self.sieve.words = self.line.text().split_whitespace().map(str::to_lowercase).collect();
        self.turned();
    }

    /// With the newest event, where that is wanted.
    fn settle(&mut self) {
        if self.follow {
            self.reading.run("move_bottom", &self.text);
        }
    }

    /// Strip, lines, the event under the cursor in full, and what is said below it all.
    fn regions(area: Rect) -> [Rect; 4] {
        let above = u16::from(area.height > 7);
        let below = u16::from(area.height > 3);
        let details = if area.height >= 16 { DETAILS + 1 } else { 0 };
        let mut y = area.y;
        let mut next = |height: u16| {
            let part = Rect { y, height, ..area };
            y += height;
            part
        };
        [
            next(above),
            next(area.height - above - details - below),
            next(details),
            next(below),
        ]
    }

    /// Reads the table anew.
    fn read(&mut self, table: &Table) {
        let mut all = group(rows_of(table).map(EventLine::of_row));
        all.sort_by(|one, other| {
            (one.last, &one.object.name, &one.reason).cmp(&(other.last, &other.object.name, &other.reason))
        });
        self.text.all = all;
    }

    /// Holds back what is not to be shown.
    fn sift(&mut self, width: u16) {
        let (text, now) = (&mut self.text, self.now);
        let passing = text
            .all
            .iter()
            .enumerate()
            .filter(|(_, event)| self.sieve.passes(event, now));
        text.shown = passing.filter_map(|(place, _)| u32::try_from(place).ok()).collect();
        let shown = || text.shown.iter().filter_map(|place| text.all.get(*place as usize));
        text.warnings = shown().filter(|event| event.warning).count();
        let namespaces = !matches!(&self.scope, Scope::Namespaces(names) if names.len() == 1);
        text.widths = EventWidths::of(shown(), namespaces);
        self.strip = strip::Strip::of(shown(), now, self.sieve.within, usize::from(width.saturating_sub(34)));
    }

    /// What is said where there is nothing to show, or below what there is.
    fn said(&self, shared: &Shared) -> (String, Role) {
        let table = shared.tables.get(&self.list());
        let failure = table
            .into_iter()
            .flat_map(Table::sources)
            .find_map(|source| match &source.phase {
                Phase::Stopped(failure) => Some(failure),
                Phase::Backoff { failure, .. } => Some(failure),
                _ => None,
            });
        if let Some(failure) = failure {
            return (
                format!("{}: {}", failure_word(failure.kind), failure.message),
                Role::Error,
            );
        }
        if !table.is_some_and(Table::is_complete) {
            return ("loading".to_owned(), Role::Progress);
        }
        let held = if self.sieve.is_open() {
            String::new()
        } else {
            format!("; only {}", self.sieve.said())
        };
        let follow = if self.follow {
            "; follows"
        } else {
            "; stands still, G follows"
        };
        let said = format!(
            "{} kinds of events, {} warnings{held}{follow}",
            self.text.len(),
            self.text.warnings
        );
        (said, Role::Faint)
    }
}

impl Timeline {
    fn draw_details(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let Some(event) = self.text.event(self.reading.cursor).filter(|_| area.height > 1) else {
            return;
        };
        let look = look(shared);
        let line = look.pick("─", "-").repeat(usize::from(area.width));
        put(buffer, area.x, area.y, area.width, &line, look.style(Role::Border));
        let room = area.width.saturating_sub(2);
        let lines = event.details(self.now, usize::from(room), usize::from(DETAILS));
        for (line, y) in lines.iter().zip(area.y + 1..area.bottom()) {
            draw_line(buffer, area.x + 1, y, room, look, line, 0, "");
        }
    }
}

impl Moves for Timeline {
    fn moves(&mut self, command: &str) {
        self.reading.run(command, &self.text);
        if !command.starts_with("scroll_") {
            self.follow = self.reading.cursor + 1 >= self.text.len() && !command.ends_with("up");
        }
    }
}

impl Screen for Timeline {
    fn place(&self) -> Option<Place> {
        Some(Place::Timeline(self.cluster, self.scope.clone()))
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
                "prompt_accept" => self.typing = false,
                "prompt_cancel" => {
                    self.typing = false;
                    self.line.set("");
                    self.typed_words();
                }
                "prompt_complete" => {}
                _ => match self.line.run(name, std::iter::empty()) {
                    Some(true) => self.typed_words(),
                    Some(false) => {}
                    None => return false,
                },
            }
            return true;
        }
        if name == "go_back_step" {
            if self.sieve.is_open() {
                ctx.ask(Request::Close);
            } else {
                self.clear();
            }
            return true;
        }
        dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        self.line.insert(character);
        self.typed_words();
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        if self.typing {
            self.line.paste(text);
            self.typed_words();
        }
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        if !self.sieve.picked(purpose, answers) {
            ctx.toast(Tone::Warn, "type a time such as 15m or 2h, or choose one");
        }
        self.turned();
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        let now = shared.now(self.cluster);
        self.text.ascii = shared.settings.ascii;
        let another_second = now != self.now;
        (self.now, self.text.now) = (now, now);
        let [_, text, _, _] = Timeline::regions(area);
        let page = usize::from(text.height);
        let Some(table) = shared.tables.get(&self.list()) else {
            return;
        };
        let state = Some((table.version(), table.is_complete()));
        let put_off = table.counts().rows > MANY && shared.mono < self.read_at + PUT_OFF;
        // What is held back by time falls out by itself, and the strip moves on.
        let old = (self.reading.cursor < self.text.len()).then(|| self.text.name(self.reading.cursor));
        if another_second && (self.sieve.within.is_some() || now % 10 == 0) {
            self.turned = true;
        }
        if self.read != state && (self.read.is_none() || !put_off) {
            self.read(table);
            (self.read, self.read_at, self.turned) = (state, shared.mono, true);
        }
        if self.turned {
            self.turned = false;
            self.sift(area.width);
            self.reading.set(&self.text, old.as_deref(), page);
            self.settle();
        } else if self.reading.page() != page {
            self.reading.set(&self.text, None, page);
            self.settle();
        }
    }

    fn wants(&self, _shared: &Shared, wants: &mut BTreeSet<Want>) {
        wants.insert(Want::List(self.list()));
    }

    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        vec![self.list()]
    }

    fn subject(&self, shared: &Shared) -> Option<ObjectName> {
        let event = self.text.event(self.reading.cursor)?;
        let catalog = &shared.clusters.get(&self.cluster)?.catalog;
        let object = &event.object;
        let resource = catalog.by_kind(object.group.as_str(), object.kind.as_str())?;
        (!object.name.is_empty()).then(|| ObjectName {
            cluster: self.cluster,
            resource: resource.name.clone(),
            namespace: if resource.namespaced {
                object.namespace.clone()
            } else {
                Clean::default()
            },
            name: object.name.clone(),
            uid: None,
        })
    }

    fn title(&self, shared: &Shared) -> Title {
        let rows = shared.tables.get(&self.list()).map_or(0, |table| table.counts().rows);
        Title {
            name: "timeline".into(),
            trail: Clean::new(&self.sieve.said()),
            counts: (rows > 0).then_some((self.text.len(), self.text.all.len())),
            faults: self.text.warnings,
            marked: 0,
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        let area = area.intersection(buffer.area);
        let look = look(shared);
        let [above, text, details, below] = Timeline::regions(area);
        self.strip.draw(buffer, above, look);
        let (said, role) = self.said(shared);
        if self.text.is_empty() {
            common::say_empty(
                buffer,
                text,
                shared,
                if role == Role::Faint { "no events" } else { &said },
            );
        } else {
            self.reading.draw(buffer, text, look, &self.text, true);
        }
        self.draw_details(buffer, details, shared);
        if below.height == 0 {
            return;
        }
        if self.typing || !self.line.text().is_empty() {
            fill(buffer, below, look.style(Role::Base));
            prompt(buffer, below, look, " / ", &self.line, "filter");
        } else {
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

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        let [_, _, _, below] = Timeline::regions(area);
        if self.typing {
            prompt_cursor(below, " / ", &self.line)
        } else {
            None
        }
    }

    /// Ages turn by the second.
    fn next_change(&self, _shared: &Shared) -> Option<i64> {
        Some(1)
    }
}

#[cfg(test)]
mod tests;
