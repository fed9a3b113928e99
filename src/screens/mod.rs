//! Screens: a folder per screen (state, update, draw) with its own slice of commands.
//!
//! This file is what they share: the trait, the command row, and what a screen may ask of the app. No screen names
//! another: it asks for a `Place` or a `Popup`, and the app, which sits below, opens it.

pub mod browse;
pub mod common;
pub mod confirm;
pub mod contexts;
pub mod detail;
pub mod event_lines;
pub mod help;
pub mod info;
pub mod kinds;
pub mod list_filter;
pub mod logs;
pub mod menu;
pub mod messages;
pub mod namespaces;
pub mod palette;
pub mod picker;
pub mod reader;
pub mod shared;
pub mod signin;
#[cfg(test)]
pub mod testing;
pub mod timeline;
pub mod type_ahead;

pub use shared::{ClusterState, Link, Note, Settings, Shared, Tone};

use crate::effect::Effect;
use crate::keys::Layer;
use crate::kinds::{ResourceName, Target, Uid};
use crate::text::Clean;
use crate::msg::{Generation, LogEvent};
use crate::want::{ClusterId, ListWant, LogWant, Scope, Shape, Want};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeSet;

/// How much harm a command can do; the menu shows it and the gate asks accordingly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Looks only.
    None,
    /// Changes something that can be taken back.
    Change,
    /// Destroys.
    Destroy,
}

/// A command of a screen with state `S`: palette, help, hint bar, menu, keymap check and the README derive from these rows.
pub struct Command<S: 'static> {
    /// verb_object
    pub name: &'static str,
    /// One line in the imperative; it is the text the user reads.
    pub doc: &'static str,
    /// A short word for the hint bar; empty keeps it out of there.
    pub hint: &'static str,
    /// How dangerous it is.
    pub danger: Danger,
    /// Whether it can be used now.
    pub when: fn(&S, &Shared) -> bool,
    /// Does it.
    pub run: fn(&mut S, &mut Ctx<'_>),
}

/// A command as data, for palette, help, menu and hint bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRow {
    /// verb_object
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Word in the hint bar, or empty.
    pub hint: &'static str,
    /// How dangerous it is.
    pub danger: Danger,
    /// Whether it can be used now.
    pub enabled: bool,
}

/// The rows of a screen's slice as data.
pub fn rows<S>(commands: &'static [Command<S>], state: &S, shared: &Shared) -> Vec<CommandRow> {
    commands
        .iter()
        .map(|command| CommandRow {
            name: command.name,
            doc: command.doc,
            hint: command.hint,
            danger: command.danger,
            enabled: (command.when)(state, shared),
        })
        .collect()
}

/// Runs the command of that name if this slice has it. Says whether it has.
pub fn dispatch<S>(commands: &'static [Command<S>], state: &mut S, name: &str, ctx: &mut Ctx<'_>) -> bool {
    let Some(command) = commands.iter().find(|command| command.name == name) else {
        return false;
    };
    if (command.when)(state, ctx.shared) {
        (command.run)(state, ctx);
    }
    true
}

/// Always usable.
pub fn always<S>(_: &S, _: &Shared) -> bool {
    true
}

/// A list to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPlace {
    /// In which cluster.
    pub cluster: ClusterId,
    /// Which resources; several make one list of several kinds.
    pub resources: Vec<ResourceName>,
    /// Over which namespaces; None follows the cluster's namespaces of this run.
    pub scope: Option<Scope>,
    /// Label selector; empty is none.
    pub labels: Clean,
    /// Field selector; empty is none.
    pub fields: Clean,
    /// Only what this owner controls.
    pub owner: Option<Uid>,
    /// Objects, or the containers of the selected pods.
    pub shape: Shape,
    /// A filter to start with.
    pub filter: String,
    /// Where one came from: `deployment cart`; empty at the top.
    pub trail: Clean,
    /// Put the cursor on this one once it is there: (namespace, or empty for any; name).
    pub focus: Option<(Clean, Clean)>,
}

impl ListPlace {
    /// All objects of a resource in the namespaces of this run.
    pub fn of(cluster: ClusterId, resource: ResourceName) -> ListPlace {
        ListPlace {
            cluster,
            resources: vec![resource],
            scope: None,
            labels: Clean::default(),
            fields: Clean::default(),
            owner: None,
            shape: Shape::Objects,
            filter: String::new(),
            trail: Clean::default(),
            focus: None,
        }
    }
}

/// An object by its name; a screen that shows it learns its uid and says when another one takes the name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectName {
    /// In which cluster.
    pub cluster: ClusterId,
    /// Of which resource.
    pub resource: ResourceName,
    /// Its namespace; empty when it is cluster-scoped.
    pub namespace: Clean,
    /// Its name.
    pub name: Clean,
    /// Its uid, where the list it was chosen from knows it.
    pub uid: Option<Uid>,
}

/// The tabs of an object's detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    /// In words.
    #[default]
    Describe,
    /// As it is written.
    Yaml,
    /// What happened to it and to what it owns.
    Events,
    /// Owners, owned, and references both ways.
    Relations,
    /// The changes this run has seen.
    History,
}

/// Logs to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogsPlace {
    /// In which cluster.
    pub cluster: ClusterId,
    /// Of these pods and workloads (a workload means all its pods, present and future).
    pub of: Vec<ObjectName>,
    /// Or of all pods that this label selector takes, over these namespaces.
    pub selector: Option<(Scope, Clean)>,
    /// Of this container alone; else of those that one would look at first.
    pub container: Option<Clean>,
    /// Begin with the instance before this one.
    pub previous: bool,
}

/// A screen that can be opened; places make the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A live list.
    List(ListPlace),
    /// One object, from every side.
    Object(ObjectName, Tab),
    /// Logs of containers, merged.
    Logs(LogsPlace),
    /// The events of these namespaces, in the order of time.
    Timeline(ClusterId, Scope),
    /// The contexts of the kubeconfig.
    Contexts,
    /// The namespaces of the current cluster.
    Namespaces,
    /// The kinds the server has; of one namespace or of all.
    Kinds(Option<Clean>),
    /// What Portolan itself uses, each with its limit.
    Info,
    /// What was said: toasts, warnings, failures.
    Messages,
}

impl Place {
    /// The cluster it belongs to; None where it is about the whole run.
    pub fn cluster(&self) -> Option<ClusterId> {
        match self {
            Place::List(list) => Some(list.cluster),
            Place::Object(object, _) => Some(object.cluster),
            Place::Logs(logs) => Some(logs.cluster),
            Place::Timeline(cluster, _) => Some(*cluster),
            Place::Contexts | Place::Namespaces | Place::Kinds(_) | Place::Info | Place::Messages => None,
        }
    }
}

/// What opens above the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Popup {
    /// `:` with this text to start with.
    Palette(String),
    /// `?`
    Help,
    /// `m`: what can be done here.
    Menu,
    /// Choose from a list; the answer comes back to the screen below as `Screen::picked`.
    Picker(Picker),
    /// A yes or no; yes runs the command of that name.
    Confirm(Confirm),
    /// What the credential plugin of a cluster says, and what it needs.
    SignIn(ClusterId),
}

/// A choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picker {
    /// What is chosen.
    pub title: Clean,
    /// Tells the screen below which of its questions is answered.
    pub purpose: &'static str,
    /// The choices: (text, detail, chosen at the start).
    pub items: Vec<(Clean, Clean, bool)>,
    /// Whether several may be chosen.
    pub several: bool,
    /// Whether something that is not in the list may be typed.
    pub free: bool,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirm {
    /// The question.
    pub question: Clean,
    /// The command that yes runs.
    pub command: &'static str,
    /// The word on the yes button.
    pub yes: &'static str,
}

/// What a screen asks of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Something to be done outside.
    Effect(Effect),
    /// Open a place and remember this one.
    Open(Place),
    /// Follow a link of a row; the app finds out what it means in this cluster. The trail says where from.
    Follow {
        /// In which cluster.
        cluster: ClusterId,
        /// Where to.
        target: Target,
        /// Where from: `deployment cart`.
        trail: Clean,
    },
    /// Open something above the screen.
    Popup(Popup),
    /// Close the topmost popup, or go one step back in history.
    Close,
    /// Close the topmost popup or this view; at the first view, ask whether to quit.
    CloseView,
    /// Close the topmost popup and hand its answer to the screen below.
    Picked {
        /// Which question.
        purpose: &'static str,
        /// What was chosen or typed.
        answers: Vec<String>,
    },
    /// Run a command by name on the screen below this popup (after closing it).
    Run(&'static str),
    /// Run a line as the palette would.
    RunLine(String),
    /// Back, forward, or between the last two views.
    History(Travel),
    /// Use another context.
    UseContext(ClusterId),
    /// Use these namespaces from now on in this cluster (this run only).
    UseNamespaces(ClusterId, Scope),
    /// Say something for a few seconds; it also goes to the messages.
    Toast(Tone, Clean),
    /// Stop or resume taking changes in.
    TogglePause,
    /// Open the side pane on this tab, or close it when it shows that one.
    TogglePane(Tab),
    /// Give the keys to the side pane, or back to the screen beside it; opens it where it is closed.
    FocusPane,
}

/// A step in history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// One back.
    Back,
    /// One forward.
    Forward,
    /// The view before this one, and back again.
    Last,
}

/// What a command or an update gets: what is true, to read, and where to put what it asks for.
pub struct Ctx<'a> {
    /// What is true.
    pub shared: &'a Shared,
    /// What is asked for, in order.
    pub requests: Vec<Request>,
}

impl<'a> Ctx<'a> {
    /// Asks for nothing yet.
    pub fn new(shared: &'a Shared) -> Ctx<'a> {
        Ctx {
            shared,
            requests: Vec::new(),
        }
    }

    /// Asks the app for something.
    pub fn ask(&mut self, request: Request) {
        self.requests.push(request);
    }

    /// Says something.
    pub fn toast(&mut self, tone: Tone, text: &str) {
        self.ask(Request::Toast(tone, Clean::new(text)));
    }
}

/// A screen or a popup.
pub trait Screen {
    /// The place that opens it again, for history and the state file; None for popups.
    fn place(&self) -> Option<Place> {
        None
    }

    /// Which layers of the keymap it uses, innermost first (the app adds the global one unless text is being typed).
    fn layers(&self) -> &'static [Layer];

    /// Whether plain characters are text for it now (a prompt is open).
    fn takes_text(&self) -> bool {
        false
    }

    /// Its commands as data.
    fn commands(&self, shared: &Shared) -> Vec<CommandRow>;

    /// Runs a command of its own; false if it has none of that name.
    fn run(&mut self, name: &str, ctx: &mut Ctx<'_>) -> bool;

    /// A character that no key binding took, when `takes_text`.
    fn typed(&mut self, _character: char, _ctx: &mut Ctx<'_>) {}

    /// Pasted text; only a prompt takes it.
    fn pasted(&mut self, _text: &str, _ctx: &mut Ctx<'_>) {}

    /// The answer of a picker that this screen opened.
    fn picked(&mut self, _purpose: &'static str, _answers: &[String], _ctx: &mut Ctx<'_>) {}

    /// Takes in what has changed around it: tables, size of its area, time. Called before each draw and after each update.
    fn refresh(&mut self, area: Rect, shared: &Shared);

    /// What it wants to be running.
    fn wants(&self, _shared: &Shared, _wants: &mut BTreeSet<Want>) {}

    /// The list it shows, if it shows one (header: kind, count, phase).
    fn lists(&self, _shared: &Shared) -> Vec<ListWant> {
        Vec::new()
    }

    /// Takes something about a log that it wants. Says whether anything that is visible changed.
    fn log(&mut self, _want: &LogWant, _generation: Generation, _event: &LogEvent, _shared: &Shared) -> bool {
        false
    }

    /// The object under the cursor, for the side pane and for what acts on one object.
    fn subject(&self, _shared: &Shared) -> Option<ObjectName> {
        None
    }

    /// Shows another object: the side pane follows the cursor of the screen beside it.
    fn show(&mut self, _object: Option<ObjectName>, _shared: &Shared) {}

    /// What the header says of it: title and counts.
    fn title(&self, shared: &Shared) -> Title;

    /// Whether it is the sign-in pane of that cluster.
    fn is_sign_in(&self, _cluster: ClusterId) -> bool {
        false
    }

    /// Draws it. Changes nothing.
    fn draw(&self, buffer: &mut Buffer, area: Rect, shared: &Shared);

    /// Where the text cursor stands, when text is being typed. Same area as `draw`.
    fn cursor(&self, _area: Rect, _shared: &Shared) -> Option<Position> {
        None
    }

    /// In how many seconds something visible here changes by time alone.
    fn next_change(&self, _shared: &Shared) -> Option<i64> {
        None
    }

    /// Whether what it shows beside its lists is complete, as far as it can be: for pictures.
    fn is_settled(&self) -> bool {
        true
    }

    /// In how many milliseconds it wants another refresh, for work that goes on in steps.
    fn next_change_millis(&self, _shared: &Shared) -> Option<u64> {
        None
    }
}

/// What the header says of a screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    /// `pods`, `contexts`
    pub name: Clean,
    /// Where one came from, or a selector.
    pub trail: Clean,
    /// Rows shown and rows in all.
    pub counts: Option<(usize, usize)>,
    /// Rows that are faulty.
    pub faults: usize,
    /// Rows that are marked.
    pub marked: usize,
}

/// The commands of every screen as data, whatever is open: for checking keymaps, help and printing keys. What the keys do
/// while something is typed or chosen is the same on every screen and stands at the end.
pub fn every_command() -> Vec<CommandRow> {
    let mut rows = browse::every_command();
    rows.extend(all_rows(detail::COMMANDS));
    rows.extend(all_rows(logs::COMMANDS));
    rows.extend(all_rows(timeline::COMMANDS));
    rows.extend(all_rows(contexts::COMMANDS));
    rows.extend(all_rows(namespaces::COMMANDS));
    rows.extend(all_rows(kinds::COMMANDS));
    rows.extend(all_rows(info::COMMANDS));
    rows.extend(all_rows(messages::COMMANDS));
    rows.extend(all_rows(palette::COMMANDS));
    rows.extend(all_rows(signin::COMMANDS));
    let keys = common::TYPING.iter().chain(common::CHOOSING);
    rows.extend(keys.map(|(name, doc)| CommandRow {
        name,
        doc,
        hint: "",
        danger: Danger::None,
        enabled: true,
    }));
    let mut seen = BTreeSet::new();
    rows.retain(|row| seen.insert(row.name));
    rows
}

/// A slice's rows as data without a state: everything counts as usable.
pub fn all_rows<S>(commands: &'static [Command<S>]) -> Vec<CommandRow> {
    let row = |command: &'static Command<S>| CommandRow {
        name: command.name,
        doc: command.doc,
        hint: command.hint,
        danger: command.danger,
        enabled: true,
    };
    commands.iter().map(row).collect()
}
