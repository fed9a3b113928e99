//! The app: what is true (`Model`), how it changes (`update`), what should be running (`wants`) and how it looks (`draw`).
//! Pure. It opens the places that screens ask for and joins their command slices; it refuses to await, read or print.

mod commands;
mod draw;
mod events;
mod line;
mod memory;
mod pane;
mod places;
mod tables;
#[cfg(test)]
mod tests;

pub use draw::draw;
pub use memory::Remembered;

use crate::effect::Effect;
use crate::keys::{Chord, Keymap, Layer, Resolved};
use crate::msg::{Failure, Generation, LogEvent, Msg, Outcome, TableEvent};
use crate::screens::{CommandRow, Ctx, Link, Note, Place, Screen, Settings, Shared, Tone};
use crate::text::Clean;
use crate::theme::Theme;
use crate::want::{ListWant, LogWant, Want};
use ratatui::layout::Rect;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

/// So many schemas of kinds are kept.
const SCHEMAS: usize = 64;

/// How many notes are kept.
const NOTES: usize = 500;
/// How many lines of a prompt are kept.
const LINES: usize = 100;
/// How many places the history holds.
const HISTORY: usize = 50;
/// How many lines of a credential plugin are kept.
const PLUGIN_LINES: usize = 200;
/// How many table events are held back while paused before they must be taken in.
const HELD_EVENTS: usize = 5_000;
/// A round trip that changes by less than this has not changed.
const TREMBLE: Duration = Duration::from_millis(5);
/// How long a toast stays, in milliseconds.
const TOAST_MILLIS: u64 = 4_000;

/// What the run begins with.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Settings, resolved.
    pub settings: Settings,
    /// Colours.
    pub theme: Theme,
    /// Colours of the contexts that have their own, by name.
    pub themes: BTreeMap<String, Theme>,
    /// Keys.
    pub keymap: Keymap,
    /// The size of the terminal.
    pub size: (u16, u16),
    /// Wall clock in unix milliseconds.
    pub wall: i64,
    /// A line to run once the first context is open, as typed into the palette: `pods -n shop`.
    pub first: Option<String>,
    /// `-n`: namespaces to start with.
    pub namespaces: Vec<String>,
    /// `-A`
    pub all_namespaces: bool,
    /// What was remembered of each context, by its name.
    pub remembered: BTreeMap<String, Remembered>,
    /// What was typed into prompts before, oldest first.
    pub lines: BTreeMap<&'static str, Vec<String>>,
    /// Warnings of the start: configuration, theme, keymap.
    pub warnings: Vec<String>,
}

/// Everything.
pub struct Model {
    shared: Shared,
    size: (u16, u16),
    /// The screen in front, below the popups.
    screen: Box<dyn Screen>,
    popups: Vec<Box<dyn Screen>>,
    /// The detail beside the screen, when it is open.
    pane: Option<pane::Pane>,
    /// Where one has been, oldest first, and where one could go forward to, nearest last. Screens keep their cursor,
    /// filter and scroll position while they wait.
    back: VecDeque<Box<dyn Screen>>,
    forward: Vec<Box<dyn Screen>>,
    /// Keys pressed so far of a longer chord.
    pending: Vec<Chord>,
    toasts: VecDeque<Note>,
    held: Vec<(ListWant, TableEvent)>,
    first: Option<String>,
    start_namespaces: Vec<String>,
    all_namespaces: bool,
    remembered: BTreeMap<String, Remembered>,
    /// The theme of every context that has none of its own.
    theme: Theme,
    themes: BTreeMap<String, Theme>,
    effects: Vec<Effect>,
    revision: u64,
    resumed_at: Option<u64>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("revision", &self.revision)
            .field("place", &self.screen.place())
            .finish_non_exhaustive()
    }
}

impl Model {
    /// The model at the start: nothing is known yet but what the user set up.
    pub fn new(setup: Setup) -> Model {
        let lines = setup
            .lines
            .into_iter()
            .map(|(prompt, lines)| (prompt, lines.into_iter().collect()))
            .collect();
        let shared = Shared {
            settings: setup.settings,
            theme: setup.theme.clone(),
            keymap: setup.keymap,
            wall: setup.wall / 1000,
            mono: 0,
            contexts: Vec::new(),
            no_contexts: None,
            current: None,
            clusters: BTreeMap::new(),
            tables: HashMap::new(),
            schemas: HashMap::new(),
            paused: false,
            notes: VecDeque::new(),
            lines,
            commands: Vec::new(),
        };
        let mut model = Model {
            shared,
            size: setup.size,
            screen: places::screen(&Place::Contexts),
            popups: Vec::new(),
            pane: None,
            back: VecDeque::new(),
            forward: Vec::new(),
            pending: Vec::new(),
            toasts: VecDeque::new(),
            held: Vec::new(),
            first: setup.first,
            start_namespaces: setup.namespaces,
            all_namespaces: setup.all_namespaces,
            remembered: setup.remembered,
            theme: setup.theme,
            themes: setup.themes,
            effects: Vec::new(),
            revision: 1,
            resumed_at: None,
        };
        for warning in setup.warnings {
            model.say(Tone::Warn, Clean::new(&warning));
        }
        model.settle();
        model
    }

    /// Rises when anything visible may have changed.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// When something visible changes by time alone.
    pub fn next_change(&self) -> Option<Duration> {
        let mut soonest = self
            .screen
            .next_change(&self.shared)
            .map(|seconds| Duration::from_secs(seconds.max(1) as u64));
        let mut consider = |time: Duration| soonest = Some(soonest.map_or(time, |known| known.min(time)));
        if let Some(millis) = self.screen.next_change_millis(&self.shared) {
            consider(Duration::from_millis(millis));
        }
        for popup in &self.popups {
            if let Some(seconds) = popup.next_change(&self.shared) {
                consider(Duration::from_secs(seconds.max(1) as u64));
            }
        }
        if let Some(pane) = &self.pane {
            if let Some(seconds) = pane.screen.next_change(&self.shared) {
                consider(Duration::from_secs(seconds.max(1) as u64));
            }
            if let Some(due) = pane::due(self) {
                consider(Duration::from_millis(due));
            }
        }
        if let Some(oldest) = self.toasts.front() {
            consider(Duration::from_millis(
                (oldest.mono + TOAST_MILLIS).saturating_sub(self.shared.mono).max(1),
            ));
        }
        let linger = u64::from(self.shared.settings.linger_seconds) * 1000;
        let lists = self.screen.lists(&self.shared);
        if let Some(gone) = lists
            .iter()
            .filter_map(|list| self.shared.tables.get(list)?.lingering_since())
            .min()
        {
            consider(Duration::from_millis(
                (gone + linger).saturating_sub(self.shared.mono).max(1),
            ));
        }
        // Countdowns and "stale for 5s" tick by the second.
        if self.has_countdown() {
            consider(Duration::from_secs(1));
        }
        soonest
    }

    /// Whether the screen is what it is going to be: connected, and every list it shows is complete.
    pub fn is_settled(&self) -> bool {
        let mut wants = BTreeSet::new();
        self.screen.wants(&self.shared, &mut wants);
        if let Some(pane) = &self.pane {
            pane.screen.wants(&self.shared, &mut wants);
        }
        let lists = wants.iter().filter_map(|want| match want {
            Want::List(list) => Some(list),
            Want::Cluster(_) | Want::Log(_) | Want::Schema(_) => None,
        });
        let settled = |list: &ListWant| {
            self.shared.tables.get(list).is_some_and(|table| {
                table.sources().iter().all(|source| {
                    !matches!(
                        source.phase,
                        crate::msg::Phase::Waiting | crate::msg::Phase::Listing { .. }
                    )
                })
            })
        };
        let linked = match self.shared.cluster() {
            Some((_, state)) => match state.link {
                Link::Up => state.discovered,
                Link::Down { .. } => return true,
                Link::Idle | Link::Connecting => false,
            },
            None => self.shared.no_contexts.is_some(),
        };
        linked && self.screen.is_settled() && lists.into_iter().all(settled)
    }

    /// What is true, for tests and tools that look from outside.
    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    fn has_countdown(&self) -> bool {
        let down = self
            .shared
            .cluster()
            .is_some_and(|(_, state)| !matches!(state.link, Link::Up));
        let lists = self.screen.lists(&self.shared);
        down || lists
            .iter()
            .filter_map(|list| self.shared.tables.get(list))
            .any(|table| {
                table.sources().iter().any(|source| {
                    !matches!(
                        source.phase,
                        crate::msg::Phase::Watching | crate::msg::Phase::Polling { .. } | crate::msg::Phase::Stopped(_)
                    )
                })
            })
    }

    fn say(&mut self, tone: Tone, text: Clean) {
        let note = Note {
            at: self.shared.wall,
            mono: self.shared.mono,
            tone,
            text,
        };
        self.shared.notes.push_back(note.clone());
        while self.shared.notes.len() > NOTES {
            self.shared.notes.pop_front();
        }
        // The same words again only live longer.
        self.toasts.retain(|toast| toast.text != note.text);
        self.toasts.push_back(note);
        while self.toasts.len() > 4 {
            self.toasts.pop_front();
        }
    }

    /// The area below the header and above the hint bar.
    fn whole_body(&self) -> Rect {
        draw::regions(Rect::new(0, 0, self.size.0, self.size.1)).body
    }

    /// The areas of the screen and of the side pane, when there is one and room for it.
    fn parts(&self) -> (Rect, Option<Rect>) {
        let body = self.whole_body();
        // A detail has all that the pane would show of it.
        let follows = !matches!(self.screen.place(), Some(Place::Object(..)));
        match (&self.pane, pane::part(body)) {
            (Some(_), Some((screen, pane))) if follows => (screen, Some(pane)),
            _ => (body, None),
        }
    }

    /// Lets the screens take in what has changed.
    fn settle(&mut self) {
        let (area, beside) = self.parts();
        self.screen.refresh(area, &self.shared);
        pane::follow(self);
        match (&mut self.pane, beside) {
            (Some(pane), Some(beside)) => {
                pane.screen.focused = pane.focused;
                pane.screen.refresh(pane::inner(beside), &self.shared);
            }
            // What is not seen must not take the keys.
            (Some(pane), None) => pane.focused = false,
            (None, _) => {}
        }
        let area = self.whole_body();
        for popup in &mut self.popups {
            popup.refresh(area, &self.shared);
        }
        self.revision += 1;
    }

    /// The screen that gets the keys.
    fn front(&mut self) -> &mut dyn Screen {
        match (self.popups.last_mut(), &mut self.pane) {
            (Some(popup), _) => popup.as_mut(),
            (None, Some(pane)) if pane.focused => &mut pane.screen,
            (None, _) => self.screen.as_mut(),
        }
    }

    /// The same, to look at.
    fn in_front(&self) -> &dyn Screen {
        match (self.popups.last(), &self.pane) {
            (Some(popup), _) => popup.as_ref(),
            (None, Some(pane)) if pane.focused => &pane.screen,
            (None, _) => self.screen.as_ref(),
        }
    }
}

/// Changes the model for a message, and says what is to be done outside.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Key(chord) => key(model, chord),
        Msg::Paste { text, cut } => {
            let takes = model.front().takes_text();
            if takes {
                with_front(model, |screen, ctx| screen.pasted(&text, ctx));
            }
            match (takes, cut) {
                (true, true) => model.say(Tone::Warn, Clean::new("only the first 64 KiB of the paste were taken")),
                (false, _) => model.say(
                    Tone::Info,
                    Clean::new("nothing here takes pasted text: the paste was ignored"),
                ),
                _ => {}
            }
        }
        Msg::Resize(width, height) => model.size = (width, height),
        Msg::Tick { wall, mono } => tick(model, wall, mono),
        Msg::Resumed => model.resumed_at = Some(model.shared.mono),
        Msg::Contexts(event) => events::contexts(model, event),
        Msg::Cluster(id, event) => events::cluster(model, id, event),
        Msg::Table(list, generation, event) => {
            if !tables::take(model, &list, generation, event) {
                return std::mem::take(&mut model.effects);
            }
        }
        Msg::Log(want, generation, event) => {
            if !deliver_log(model, &want, generation, &event) {
                return std::mem::take(&mut model.effects);
            }
        }
        Msg::Schema(want, _, schema) => {
            if model.shared.schemas.len() >= SCHEMAS {
                model.shared.schemas.clear();
            }
            model.shared.schemas.insert(*want, schema);
        }
        Msg::Done(_, outcome) => match outcome {
            Outcome::Done(text) => model.say(Tone::Info, text),
            Outcome::Failed(failure) => model.say(Tone::Error, failure_text(&failure)),
        },
        Msg::Quit => model.effects.push(Effect::Quit),
    }
    tables::keep_wanted(model);
    model.settle();
    // What a screen has come to want while it took things in needs its table before the first event of its list is here.
    tables::keep_wanted(model);
    std::mem::take(&mut model.effects)
}

/// What should be running for this model.
pub fn wants(model: &Model) -> BTreeSet<Want> {
    let mut wants = BTreeSet::new();
    if let Some(id) = model.shared.current {
        wants.insert(Want::Cluster(id));
    }
    model.screen.wants(&model.shared, &mut wants);
    for popup in &model.popups {
        popup.wants(&model.shared, &mut wants);
    }
    if let Some(pane) = &model.pane {
        pane.screen.wants(&model.shared, &mut wants);
    }
    if let Some(list) = places::namespaces_want(&model.shared) {
        // Palette and namespace picker complete from it; it is one small list per cluster.
        wants.insert(Want::List(list));
    }
    wants
}

/// Every command there is, by name, for checking keymaps.
pub fn command_names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = crate::screens::every_command()
        .into_iter()
        .map(|row| row.name)
        .collect();
    names.extend(commands::COMMANDS.iter().map(|command| command.name));
    names.sort_unstable();
    names.dedup();
    names
}

/// The commands that work on every screen, as data.
pub fn everywhere() -> Vec<CommandRow> {
    crate::screens::all_rows(commands::COMMANDS)
}

fn failure_text(failure: &Failure) -> Clean {
    match &failure.remedy {
        Some(remedy) => Clean::new(&format!("{}: {}", failure.message, remedy)),
        None => failure.message.clone(),
    }
}

/// Runs something on the screen in front and does what it asks for.
fn with_front(model: &mut Model, act: impl FnOnce(&mut dyn Screen, &mut Ctx<'_>)) {
    let mut ctx = Ctx::new(&model.shared);
    match (model.popups.last_mut(), &mut model.pane) {
        (Some(popup), _) => act(popup.as_mut(), &mut ctx),
        (None, Some(pane)) if pane.focused => act(&mut pane.screen, &mut ctx),
        (None, _) => act(model.screen.as_mut(), &mut ctx),
    }
    let requests = ctx.requests;
    for request in requests {
        places::fulfil(model, request);
    }
}

/// The layers of the screen in front, with the global one below where nothing is being typed.
fn layers(model: &Model) -> Vec<Layer> {
    let mut layers = model.in_front().layers().to_vec();
    if !layers.contains(&Layer::Prompt) && !layers.contains(&Layer::Popup) {
        layers.push(Layer::Global);
    }
    layers
}

fn key(model: &mut Model, chord: Chord) {
    model.pending.push(chord);
    let layers = layers(model);
    let keymap = std::mem::take(&mut model.shared.keymap);
    let resolved = keymap.resolve(&layers, &model.pending);
    let command = match resolved {
        Resolved::Pending(_) => {
            model.shared.keymap = keymap;
            return;
        }
        Resolved::Command(name) => Some(name.to_owned()),
        Resolved::Nothing => None,
    };
    model.shared.keymap = keymap;
    let chords = std::mem::take(&mut model.pending);
    match command {
        Some(name) => run(model, &name),
        None => {
            if let (true, [chord]) = (model.front().takes_text(), chords.as_slice())
                && let Some(character) = chord.typed()
            {
                with_front(model, |screen, ctx| screen.typed(character, ctx));
            }
        }
    }
}

/// Hands something about a log to the screens that may want it: those in the history keep what they have read. Says whether
/// anything that is seen changed.
fn deliver_log(model: &mut Model, want: &LogWant, generation: Generation, event: &LogEvent) -> bool {
    for screen in model.back.iter_mut().chain(model.forward.iter_mut()) {
        screen.log(want, generation, event, &model.shared);
    }
    model.screen.log(want, generation, event, &model.shared)
}

/// Runs a command by its name: the screen in front first, then what works everywhere.
fn run(model: &mut Model, name: &str) {
    let mut taken = false;
    with_front(model, |screen, ctx| taken = screen.run(name, ctx));
    if !taken {
        commands::run(model, name);
    }
}

fn tick(model: &mut Model, wall: i64, mono: u64) {
    model.shared.wall = wall / 1000;
    model.shared.mono = model.shared.mono.max(mono);
    let now = model.shared.mono;
    model.toasts.retain(|toast| toast.mono + TOAST_MILLIS > now);
    let linger = u64::from(model.shared.settings.linger_seconds) * 1000;
    if let Some(until) = now.checked_sub(linger) {
        for table in model.shared.tables.values_mut() {
            table.drop_lingering(until);
        }
    }
}

/// The commands that work on the screen in front and everywhere, as data.
fn command_rows(model: &Model) -> Vec<CommandRow> {
    let mut rows = match &model.pane {
        Some(pane) if pane.focused => pane.screen.commands(&model.shared),
        _ => model.screen.commands(&model.shared),
    };
    for row in crate::screens::rows(commands::COMMANDS, &commands::Everywhere, &model.shared) {
        if !rows.iter().any(|own| own.name == row.name) {
            rows.push(row);
        }
    }
    rows
}
