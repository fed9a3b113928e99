//! What every screen may read: clusters, tables, settings, time. Only the app writes it.

use crate::keys::Keymap;
use crate::kinds::Catalog;
use crate::msg::{ContextInfo, Failure, Schema, ServerInfo};
use crate::store::Table;
use crate::text::Clean;
use crate::theme::Theme;
use crate::want::{ClusterId, ListWant, SchemaWant, Scope};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// News.
    Info,
    /// Wants a look.
    Warn,
    /// Went wrong.
    Error,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// When, in unix seconds by this machine's clock.
    pub at: i64,
    /// Milliseconds since the start.
    pub mono: u64,
    /// How.
    pub tone: Tone,
    /// What.
    pub text: Clean,
}

/// What the user set up, resolved. Plain values: the config room is further down the house.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Seconds a deleted row stays.
    pub linger_seconds: u32,
    /// Seconds a new row stays marked.
    pub new_seconds: u32,
    /// What a view of logs holds at most, in MiB.
    pub log_ring_mib: u32,
    /// ASCII instead of box drawing and marks.
    pub ascii: bool,
    /// The view a context without a remembered one opens on, as in the palette.
    pub default_view: String,
    /// `portolan 0.1.0`
    pub version: String,
    /// Seconds that this machine's clock face is ahead of UTC.
    pub utc_offset: i64,
    /// Bounds and paths for the info screen: (what, value).
    pub facts: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            linger_seconds: 3,
            new_seconds: 5,
            log_ring_mib: (crate::store::logs::LIMIT >> 20) as u32,
            ascii: false,
            default_view: "pods".to_owned(),
            version: concat!("portolan ", env!("CARGO_PKG_VERSION")).to_owned(),
            utc_offset: 0,
            facts: Vec::new(),
        }
    }
}

/// How the connection to a cluster stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Link {
    /// Nobody has asked for it yet.
    #[default]
    Idle,
    /// Being made.
    Connecting,
    /// Up.
    Up,
    /// Down.
    Down {
        /// Why.
        failure: Failure,
        /// When it is tried again, in milliseconds since the start.
        retry_at: Option<u64>,
    },
}

/// A cluster of this run.
#[derive(Clone, Debug)]
pub struct ClusterState {
    /// The connection.
    pub link: Link,
    /// Who answers.
    pub server: Option<ServerInfo>,
    /// What it serves; before discovery has answered, what every server serves.
    pub catalog: Arc<Catalog>,
    /// Whether discovery has answered.
    pub discovered: bool,
    /// The namespaces of this run.
    pub scope: Scope,
    /// The scope before this one, for the toggle between one namespace and all.
    pub last_scope: Option<Scope>,
    /// Server's clock minus ours, in seconds.
    pub offset: i64,
    /// The last round trip.
    pub round_trip: Option<Duration>,
    /// What the credential plugin says (bounded).
    pub sign_in: VecDeque<Clean>,
    /// The command that the credential plugin wants to run: (command, hint, needs a terminal).
    pub plugin: Option<(Clean, Option<Clean>, bool)>,
    /// Namespaces the user typed because they may not be listed.
    pub typed_namespaces: Vec<Clean>,
}

impl ClusterState {
    /// Before anything is known of it.
    pub fn new(scope: Scope) -> ClusterState {
        ClusterState {
            link: Link::Idle,
            server: None,
            catalog: Arc::new(Catalog::known()),
            discovered: false,
            scope,
            last_scope: None,
            offset: 0,
            round_trip: None,
            sign_in: VecDeque::new(),
            plugin: None,
            typed_namespaces: Vec::new(),
        }
    }
}

/// What is true.
#[derive(Debug)]
pub struct Shared {
    /// Settings.
    pub settings: Settings,
    /// Colours.
    pub theme: Theme,
    /// Keys.
    pub keymap: Keymap,
    /// This machine's clock, unix seconds.
    pub wall: i64,
    /// Milliseconds since the start.
    pub mono: u64,
    /// The contexts of the kubeconfig.
    pub contexts: Vec<ContextInfo>,
    /// Why there are none.
    pub no_contexts: Option<Failure>,
    /// The context in use.
    pub current: Option<ClusterId>,
    /// Clusters of this run.
    pub clusters: BTreeMap<ClusterId, ClusterState>,
    /// Lists, live or kept a while.
    pub tables: HashMap<ListWant, Table>,
    /// Schemas of kinds, or why there is none; kept while they are wanted.
    pub schemas: HashMap<SchemaWant, Result<Arc<Schema>, Failure>>,
    /// Whether changes are held back.
    pub paused: bool,
    /// What was said, newest last (bounded).
    pub notes: VecDeque<Note>,
    /// What was typed into prompts, newest last (bounded), by prompt.
    pub lines: BTreeMap<&'static str, VecDeque<String>>,
    /// Every command as data: what palette and help show. Refreshed when a popup opens.
    pub commands: Vec<super::CommandRow>,
}

impl Shared {
    /// The cluster in use.
    pub fn cluster(&self) -> Option<(ClusterId, &ClusterState)> {
        let id = self.current?;
        self.clusters.get(&id).map(|state| (id, state))
    }

    /// The context behind a cluster id.
    pub fn context(&self, id: ClusterId) -> Option<&ContextInfo> {
        self.contexts.iter().find(|context| context.id == id)
    }

    /// The time at that cluster, in unix seconds: ages are measured by the server's clock.
    pub fn now(&self, id: ClusterId) -> i64 {
        self.wall + self.clusters.get(&id).map_or(0, |state| state.offset)
    }

    /// Whether mistakes cost most there.
    pub fn is_production(&self, id: ClusterId) -> bool {
        self.context(id).is_some_and(|context| context.production)
    }
}
