//! Logs: what containers say, merged by time, followed, searched and filtered.
//!
//! ```text
//!  ▁▁▂▁▁▇█▂▁▁▁▁▁                              lines over time, errors marked: ( and ) jump along
//!    2xk4q  GET /cart 200  user=7             level, time and source (each on request), then the text
//!  E 8lm2p  payment refused  order=991
//!  ── 8lm2p restarted: exit code 1 ──         what happened to a source
//!  following · streaming 3, waiting 1         where one is, and how the sources stand
//! ```
//!
//! The lines are in a [`LogBook`]; what is seen is kept by the number of a line, never by its place, since lines go at the
//! old end and may come late in the middle. Nothing but what is seen is shaped; filters and searches go on a step with
//! each refresh.

mod commands;
mod draw;
mod moving;
mod opened;
mod output;
mod shape;
mod sources;
mod stream;
mod strip;
mod subjects;
#[cfg(test)]
mod tests;

pub use commands::COMMANDS;

use crate::keys::Layer;
use crate::msg::Generation;
use crate::screens::{
    CommandRow, Ctx, LogsPlace, ObjectName, Place, Request, Screen, Shared, Title, Tone, dispatch, rows,
};
use crate::store::logs::{Level, LineId, LogBook, LogFilter, LogSearch, LogView, Progress};
use crate::text::Clean;
use crate::theme::Role;
use crate::ui::{LineEdit, prompt_cursor};
use crate::want::{ListWant, LogWant, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use shape::Stamps;
use sources::Sources;
use std::collections::BTreeSet;

/// So many lines are filtered, or searched by an expression, in one refresh: well below what a frame takes.
const STEP: usize = 10_000;
/// So many are searched for a plain text.
const PLAIN_STEP: usize = 50_000;
/// Lists are looked at again at most so often while lines come in, in milliseconds.
const LISTS_MILLIS: u64 = 100;

/// What is being typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// `/`
    Search,
    /// `&`
    Filter,
    /// Where to save to.
    Save,
}

impl Asking {
    fn label(self) -> &'static str {
        match self {
            Asking::Search => "/",
            Asking::Filter => "& ",
            Asking::Save => "to ",
        }
    }

    fn placeholder(self) -> &'static str {
        match self {
            Asking::Search => "text or regular expression",
            Asking::Filter => "word !not /regex/ field=value level>=warn source:name -C 3",
            Asking::Save => "file name; ! before it replaces a file",
        }
    }
}

/// How the names of sources are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Names {
    Off,
    Short,
    Long,
}

/// The name of a source on the screen.
#[derive(Clone, Debug, Default)]
struct Label {
    short: String,
    long: String,
    role: Role,
}

/// The screen.
#[derive(Debug)]
pub struct Logs {
    place: LogsPlace,
    sources: Sources,
    /// By number in the book.
    labels: Vec<Label>,
    labels_of: u64,
    book: LogBook,
    view: LogView,
    filter_text: String,
    floor: Level,
    search: Option<LogSearch>,
    /// Whether that search is for a plain text.
    plain: bool,
    /// A search that has just begun looks for its first find from this line on, or from the end.
    seeking: Option<Option<LineId>>,
    scanned: Progress,
    searched: Progress,
    asking: Option<(Asking, LineEdit)>,
    /// What is wrong with what is being typed.
    error: Option<String>,
    follow: bool,
    /// The line under the cursor, and the first one that is seen; their places as of the last look.
    cursor: Option<LineId>,
    top: Option<LineId>,
    cursor_at: usize,
    top_at: usize,
    /// Lines seen below the top one, itself included.
    seen: usize,
    left: usize,
    /// Where a selection begins.
    anchor: Option<LineId>,
    wrap: bool,
    stamps: Stamps,
    names: Option<Names>,
    structured: bool,
    colours: bool,
    strip: strip::Strip,
    opened: Option<opened::Opened>,
    older: Option<stream::Older>,
    /// Whether the last time it was asked for older lines there were none.
    none_older: bool,
    area: Rect,
    /// When the lists were looked at last, in milliseconds since the start.
    listed: u64,
    /// Whether they may have changed since.
    lists_wait: bool,
    /// Whether nothing but lines came since the last refresh.
    lines_only: bool,
}

impl Logs {
    /// Logs of this place.
    pub fn new(place: LogsPlace) -> Logs {
        Logs {
            sources: Sources::new(place.previous),
            place,
            labels: Vec::new(),
            labels_of: 0,
            book: LogBook::default(),
            view: LogView::default(),
            filter_text: String::new(),
            floor: Level::None,
            search: None,
            plain: true,
            seeking: None,
            scanned: Progress::default(),
            searched: Progress::default(),
            asking: None,
            error: None,
            follow: true,
            cursor: None,
            top: None,
            cursor_at: 0,
            top_at: 0,
            seen: 0,
            left: 0,
            anchor: None,
            wrap: false,
            stamps: Stamps::Off,
            names: None,
            structured: true,
            colours: true,
            strip: strip::Strip::default(),
            opened: None,
            older: None,
            none_older: false,
            area: Rect::default(),
            listed: 0,
            lists_wait: false,
            lines_only: false,
        }
    }

    /// How many lines pass the filter.
    fn count(&self) -> usize {
        self.view.len(&self.book)
    }

    /// How the names of sources are shown: unless chosen, there are names as soon as there are several.
    fn names(&self) -> Names {
        self.names.unwrap_or(if self.labels.len() > 1 {
            Names::Short
        } else {
            Names::Off
        })
    }

    /// Puts the filter as typed and the level floor in force; says what is wrong with the text.
    fn apply_filter(&mut self) -> Result<(), String> {
        let floor = match self.floor {
            Level::None => String::new(),
            level => format!(" level>={}", level.name()),
        };
        let text = format!("{}{floor}", self.filter_text);
        let hidden = self.hidden();
        if text.trim() == self.view.filter().text().trim() && hidden == *self.view.filter().hidden() {
            return Ok(());
        }
        let filter = LogFilter::parse(&text).map_err(|error| error.message)?.hiding(hidden);
        self.view.set_filter(filter);
        self.strip.forget();
        self.scan();
        Ok(())
    }

    /// Puts a search in force while it is typed.
    fn apply_search(&mut self, text: &str) {
        self.error = None;
        if text.is_empty() {
            self.search = None;
            return;
        }
        let plain = !text.contains(['.', '*', '+', '?', '[', ']', '(', ')', '{', '}', '|', '^', '$', '\\']);
        let made = if plain {
            LogSearch::literal(text)
        } else {
            LogSearch::regex(text)
        };
        match made {
            Ok(search) => {
                self.search = Some(search);
                self.plain = plain;
            }
            Err(error) => {
                // What is half typed is looked for as it stands, and said to be no expression yet.
                self.error = Some(error.message);
                self.search = LogSearch::literal(text).ok();
                self.plain = true;
            }
        }
        self.searched = Progress::default();
        self.step_search();
        self.seek();
    }

    fn scan(&mut self) {
        self.scanned = self.view.scan(&self.book, STEP);
    }

    fn step_search(&mut self) {
        if let Some(search) = &mut self.search {
            self.searched = search.step(&self.book, if self.plain { PLAIN_STEP } else { STEP });
        }
    }

    /// Brings the first find of a search that has just begun under the cursor: the next one, else the last one.
    fn seek(&mut self) {
        let (Some(from), Some(search)) = (self.seeking, &self.search) else {
            return;
        };
        let start = from.map_or(self.count(), |id| self.view.position_near(&self.book, id));
        let here = start.checked_sub(1);
        let next = match here {
            Some(here) => search.next(&self.book, &self.view, here, true),
            None => search.from_end(&self.book, &self.view, true),
        };
        let found = next.or_else(|| search.from_end(&self.book, &self.view, false));
        if let Some(found) = found {
            self.follow = false;
            self.jump(found);
        }
    }

    fn accept(&mut self, ctx: &mut Ctx<'_>) {
        let Some((asking, line)) = self.asking.take() else {
            return;
        };
        let text = line.text().trim().to_owned();
        match asking {
            Asking::Search => {
                if self.searched.complete() {
                    self.say_finds(ctx);
                }
                self.error = None;
            }
            Asking::Filter if self.error.is_some() => self.asking = Some((asking, line)),
            Asking::Filter => remember(ctx, "log_filter", &text),
            Asking::Save => self.save(&text, ctx),
        }
    }

    fn say_finds(&self, ctx: &mut Ctx<'_>) {
        if let Some(search) = &self.search
            && search.count() == 0
        {
            ctx.toast(Tone::Info, &format!("`{}` is not in these lines.", search.text()));
        }
    }

    fn cancel(&mut self) {
        match self.asking.take().map(|(asking, _)| asking) {
            Some(Asking::Search) => {
                self.search = None;
                self.seeking = None;
            }
            Some(Asking::Filter) => {
                self.filter_text.clear();
                let _ = self.apply_filter();
            }
            Some(Asking::Save) | None => {}
        }
        self.error = None;
    }

    fn edited(&mut self) {
        let Some((asking, line)) = &self.asking else { return };
        let text = line.text().to_owned();
        match asking {
            Asking::Search => self.apply_search(&text),
            Asking::Filter => {
                let before = std::mem::replace(&mut self.filter_text, text.trim().to_owned());
                match self.apply_filter() {
                    Ok(()) => self.error = None,
                    Err(error) => {
                        // The last good filter stays in force.
                        self.filter_text = before;
                        self.error = Some(error);
                    }
                }
            }
            Asking::Save => {}
        }
    }

    /// One step back: what is opened, what is selected, what is searched for, what is filtered; then the view.
    fn step_back(&mut self, ctx: &mut Ctx<'_>) {
        if self.opened.take().is_some() || self.anchor.take().is_some() {
            return;
        }
        if self.search.take().is_some() {
            return;
        }
        if !self.filter_text.is_empty() || self.floor != Level::None {
            self.clear_filter();
            return;
        }
        ctx.ask(Request::Close);
    }

    fn clear_filter(&mut self) {
        self.filter_text.clear();
        self.floor = Level::None;
        self.error = None;
        let _ = self.apply_filter();
    }

    /// The pod whose line is under the cursor; with a single source, its pod.
    fn object(&self) -> Option<ObjectName> {
        let line = self.view.line_at(&self.book, self.cursor_at);
        let number = line.map(|line| line.source.0);
        let of_line = self
            .sources
            .all
            .iter()
            .find(|source| number.is_some() && source.number == number);
        let source = of_line.or_else(|| self.sources.read().next().map(|(_, source)| source))?;
        Some(ObjectName {
            cluster: self.place.cluster,
            resource: crate::kinds::ResourceName::new("", "pods"),
            namespace: source.namespace.clone(),
            name: source.pod.clone(),
            uid: Some(source.uid.clone()),
        })
    }

    /// The times of day that are said beside lines follow the way times are shown; without any, the server's.
    fn offset(&self, shared: &Shared) -> i64 {
        if self.stamps == Stamps::Local {
            shared.settings.utc_offset
        } else {
            0
        }
    }
}

fn remember(ctx: &mut Ctx<'_>, prompt: &'static str, text: &str) {
    if !text.is_empty() {
        ctx.ask(Request::Effect(crate::effect::Effect::Remember(
            crate::effect::Memory::Line {
                prompt,
                text: text.to_owned(),
            },
        )));
    }
}

impl Screen for Logs {
    fn place(&self) -> Option<Place> {
        Some(Place::Logs(self.place.clone()))
    }

    fn layers(&self) -> &'static [Layer] {
        if self.asking.is_some() {
            &[Layer::Prompt]
        } else {
            &[Layer::Logs, Layer::Document]
        }
    }

    fn takes_text(&self) -> bool {
        self.asking.is_some()
    }

    fn commands(&self, shared: &Shared) -> Vec<CommandRow> {
        rows(COMMANDS, self, shared)
    }

    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool {
        if self.asking.is_some() {
            match name {
                "prompt_accept" => self.accept(ctx),
                "prompt_cancel" => self.cancel(),
                "prompt_complete" => {}
                _ => {
                    let prompt = match self.asking {
                        Some((Asking::Filter, _)) => "log_filter",
                        _ => "",
                    };
                    let lines = ctx.shared.lines.get(prompt);
                    let lines = lines.into_iter().flatten().map(String::as_str);
                    let Some((_, line)) = &mut self.asking else { return true };
                    match line.run(name, lines) {
                        Some(true) => self.edited(),
                        Some(false) => {}
                        None => return false,
                    }
                }
            }
            return true;
        }
        if name == "go_back_step" {
            self.step_back(ctx);
            return true;
        }
        if self.opened.is_some() && self.run_opened(name, ctx) {
            return true;
        }
        dispatch(COMMANDS, self, name, ctx)
    }

    fn typed(&mut self, character: char, _ctx: &mut Ctx<'_>) {
        if let Some((_, line)) = &mut self.asking {
            line.insert(character);
            self.edited();
        }
    }

    fn pasted(&mut self, text: &str, _ctx: &mut Ctx<'_>) {
        if let Some((_, line)) = &mut self.asking {
            line.paste(text);
            self.edited();
        }
    }

    fn picked(&mut self, purpose: &'static str, answers: &[String], ctx: &mut Ctx<'_>) {
        match purpose {
            "log_containers" => self.switch_sources(answers),
            "log_since" => self.choose_start(answers.first().map_or("", String::as_str), ctx),
            _ => {}
        }
    }

    fn refresh(&mut self, area: Rect, shared: &Shared) {
        self.area = area;
        self.book.set_limit((shared.settings.log_ring_mib as usize) << 20);
        let rested = shared.mono.saturating_sub(self.listed) >= LISTS_MILLIS || self.listed == 0;
        self.lists_wait = !rested && (!self.lines_only || self.lists_wait);
        if rested {
            self.listed = shared.mono.max(1);
            self.take_lists(shared);
        }
        self.lines_only = false;
        self.scan();
        if self.search.is_some() && !self.searched.complete() {
            self.step_search();
            self.seek();
        } else if self.search.is_some() {
            self.step_search();
        }
        self.watch_older(shared);
        self.settle(shared);
        self.measure_strip(shared);
        self.refresh_opened(shared);
    }

    fn wants(&self, _shared: &Shared, wants: &mut BTreeSet<Want>) {
        self.sources.wants(&self.place, wants);
    }

    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        let mut lists = subjects::own_lists(&self.place);
        lists.extend(self.sources.found.pods.iter().map(|list| list.want.clone()));
        lists
    }

    fn log(&mut self, want: &LogWant, generation: Generation, event: &crate::msg::LogEvent, shared: &Shared) -> bool {
        self.take_log(want, generation, event, shared)
    }

    fn subject(&self, _shared: &Shared) -> Option<ObjectName> {
        self.object()
    }

    fn title(&self, shared: &Shared) -> Title {
        let counts = (!self.book.is_empty()).then(|| (self.count(), self.book.len()));
        Title {
            name: Clean::new(&format!("logs {}", subjects::title_of(&self.place, shared))),
            counts,
            trail: subjects::trail_of(&self.place),
            ..Title::default()
        }
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared) {
        draw::draw(self, buffer, area, shared);
    }

    fn cursor(&self, area: Rect, _shared: &Shared) -> Option<Position> {
        let (asking, line) = self.asking.as_ref()?;
        let foot = draw::Regions::of(self, area).foot;
        prompt_cursor(foot, asking.label(), line).filter(|position| foot.contains(*position))
    }

    fn next_change(&self, _shared: &Shared) -> Option<i64> {
        let ticks = self.stamps == Stamps::Ago || self.book.is_empty() || self.sources.counts().broken > 0;
        ticks.then_some(1)
    }

    fn is_settled(&self) -> bool {
        self.sources.counts().asked == 0 && self.scanned.complete() && !self.lists_wait
    }

    fn next_change_millis(&self, _shared: &Shared) -> Option<u64> {
        let working = !self.scanned.complete() || (self.search.is_some() && !self.searched.complete());
        match () {
            () if working => Some(1),
            () if self.lists_wait => Some(LISTS_MILLIS),
            () if self.older.is_some() || self.strip.waits() => Some(250),
            () => None,
        }
    }
}
