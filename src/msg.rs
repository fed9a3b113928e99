//! Messages: every cause of a change, as one closed enum. They carry data and tickets, never a screen's types.
//! Whatever comes from a cluster is `Clean` before it is in here.

use crate::keys::Chord;
use crate::kinds::{Catalog, Column, Row, Uid};
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, LogWant, SchemaWant};
use std::sync::Arc;
use std::time::Duration;

/// Names one effect until its answer is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Counts the starts of a want: what an earlier start still sends is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// Why the model changes.
#[derive(Clone, Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted, at most 64 KiB of it; `cut` when there was more.
    Paste {
        /// What was pasted.
        text: String,
        /// Whether the rest was dropped.
        cut: bool,
    },
    /// The terminal has this size now.
    Resize(u16, u16),
    /// Time: wall clock in unix milliseconds with the server's offset not yet applied, and milliseconds since the start.
    Tick {
        /// Unix milliseconds by this machine's clock.
        wall: i64,
        /// Milliseconds since the start; never goes back.
        mono: u64,
    },
    /// The terminal was given back (after suspend, or a child had it): everything must be drawn anew.
    Resumed,
    /// The kubeconfig was read (at the start, or because it changed on disk).
    Contexts(ContextsEvent),
    /// Something about a cluster.
    Cluster(ClusterId, ClusterEvent),
    /// Something about a list. Boxed: lists are the bulk of all messages but not of all kinds of message.
    Table(Box<ListWant>, Generation, TableEvent),
    /// Something about a container's log.
    Log(Arc<LogWant>, Generation, LogEvent),
    /// A kind's schema, or why there is none.
    Schema(Box<SchemaWant>, Generation, Result<Arc<Schema>, Failure>),
    /// An effect ended.
    Done(Ticket, Outcome),
    /// SIGTERM, SIGHUP: leave at once.
    Quit,
}

/// A context of the kubeconfig, as the contexts screen shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextInfo {
    /// The cluster id of this run.
    pub id: ClusterId,
    /// Context name, raw as in the file (the key by which it is opened again) and clean for the screen.
    pub name: String,
    /// Cluster entry.
    pub cluster: Clean,
    /// User entry.
    pub user: Clean,
    /// Namespace of the context; `default` when it names none.
    pub namespace: Clean,
    /// Server address.
    pub server: Clean,
    /// The file it comes from.
    pub file: Clean,
    /// TLS is not verified.
    pub insecure: bool,
    /// How it authenticates, in words: `client certificate`, `token`, `exec aws`, `none`.
    pub auth: Clean,
    /// What is wrong with it (missing cluster entry, unreadable file); it cannot be opened then.
    pub problem: Option<Clean>,
    /// `--as` and `--as-group`, or impersonation from the file.
    pub acting_as: Option<Clean>,
    /// Mistakes cost most there, by the configuration's patterns.
    pub production: bool,
}

/// What the kubeconfig says.
#[derive(Clone, Debug)]
pub enum ContextsEvent {
    /// All contexts, and which one to open (from `--context` or current-context).
    Loaded {
        /// The contexts.
        contexts: Vec<ContextInfo>,
        /// The one to open.
        current: Option<ClusterId>,
        /// What was odd on the way (a file that is missing or wrong), each a sentence with its remedy.
        warnings: Vec<Clean>,
    },
    /// There is nothing to open: no kubeconfig, or none that can be read. Says what is wrong and what to do.
    Nothing(Failure),
    /// A kubeconfig file changed on disk. It is announced, never followed.
    Changed {
        /// Which file.
        file: Clean,
    },
}

/// What a failure means for what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// No route, refused, reset, timed out, name not resolved: tried again.
    Unreachable,
    /// TLS: unknown authority, expired, wrong name.
    Tls,
    /// 401, or the credential plugin failed: needs a sign-in.
    Unauthenticated,
    /// 403: final until the user tries again.
    Forbidden,
    /// 404: the resource is not there (any more): final until it comes back.
    NotFound,
    /// 410: the version is too old; a relist follows.
    Expired,
    /// 429: the server asks to wait.
    Throttled,
    /// 5xx.
    ServerError,
    /// The answer could not be understood.
    Garbled,
    /// Over a cap of ours.
    TooLarge,
    /// Wrong or missing configuration on this side.
    Configuration,
    /// Given up by the user.
    Cancelled,
}

/// Something that went wrong, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub kind: FailureKind,
    /// What happened: what we were trying to do and what the other side said.
    pub message: Clean,
    /// What the user can do, when there is something.
    pub remedy: Option<Clean>,
}

/// Who and what answers at the other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerInfo {
    /// `v1.34.1`
    pub version: Clean,
    /// Address.
    pub address: Clean,
    /// HTTP/2 was agreed on.
    pub http2: bool,
}

/// Something about a cluster.
#[derive(Clone, Debug)]
pub enum ClusterEvent {
    /// A connection is being made.
    Connecting,
    /// The credential plugin of this user waits to be allowed: it would run this command.
    PluginAsks {
        /// Absolute path and arguments, clean; environment values are not shown.
        command: Clean,
        /// What its kubeconfig says how to install it.
        hint: Option<Clean>,
    },
    /// The credential plugin runs; what it says on stderr, line by line (bounded).
    PluginSays(Clean),
    /// The credential plugin wants a terminal: it gets it when the user presses a key.
    PluginNeedsTerminal {
        /// What would run.
        command: Clean,
    },
    /// The credential plugin ended and has given credentials.
    PluginDone,
    /// The server answered.
    Connected(ServerInfo),
    /// It could not be reached, or not any more. `retry_in` is None when nothing is tried again by itself.
    Failed {
        /// Why.
        failure: Failure,
        /// When the next try starts.
        retry_in: Option<Duration>,
    },
    /// What it serves, whole, each time it changed.
    Catalog(Arc<Catalog>),
    /// A small request took this long.
    RoundTrip(Duration),
    /// The server's clock minus ours, in seconds, when it is known or has changed.
    ClockOffset(i64),
    /// A `Warning:` header, once per text.
    Warning(Clean),
}

/// What a list is doing. One enum, never a pair of bools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits for the connection or for a place in the line.
    Waiting,
    /// The first list is coming in.
    Listing {
        /// Objects so far.
        seen: u32,
        /// Objects in all, when the server says.
        total: Option<u32>,
    },
    /// Live.
    Watching,
    /// Lists again (after 410, a garbled stream, a version that went back); rows stay.
    Relisting {
        /// Why.
        reason: Clean,
        /// Objects so far.
        seen: u32,
    },
    /// Broken; the next try comes by itself. Rows stay, dimmed.
    Backoff {
        /// Why.
        failure: Failure,
        /// Time until the next try.
        retry_in: Duration,
        /// How many tries have failed in a row.
        attempt: u32,
    },
    /// The server or our rights allow no watch: listed again and again.
    Polling {
        /// Why.
        reason: Clean,
        /// How often.
        every: Duration,
    },
    /// Final until the user tries again (403, 404).
    Stopped(Failure),
}

/// A change of one object in a list.
#[derive(Clone, Debug)]
pub enum Delta {
    /// It is there, like this.
    Upsert(Row),
    /// It is gone.
    Delete(Uid),
}

/// Something about a list. Lists are joined from sources: one per namespace, or a single one (number 0).
#[derive(Clone, Debug)]
pub enum TableEvent {
    /// The columns from now on.
    Columns(Arc<[Column]>),
    /// A source has changed its phase.
    Phase {
        /// Which source.
        source: u16,
        /// Its phase.
        phase: Phase,
    },
    /// A list of this source begins: rows that come until `End` carry the new epoch.
    Begin {
        /// Which source.
        source: u16,
        /// Its epoch, one more than the last.
        epoch: u32,
    },
    /// Changes, at most 256 at a time.
    Deltas {
        /// Which source.
        source: u16,
        /// What changed.
        deltas: Vec<Delta>,
    },
    /// The list of this source is complete: what it has not seen in this epoch is gone.
    End {
        /// Which source.
        source: u16,
        /// The epoch that ends.
        epoch: u32,
    },
    /// So many objects could not be decoded since the start; the last error.
    Undecodable {
        /// How many.
        count: u32,
        /// The last error.
        last: Clean,
    },
}

/// What a log's stream is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogPhase {
    /// Waits for the connection, for the container to start, or for the one after it: with the reason
    /// (`ContainerCreating`, `CrashLoopBackOff`).
    Waiting(Clean),
    /// Lines that were there before are coming in, or new ones as they are written.
    Streaming,
    /// Broken; the next try comes by itself and goes on where this one ended.
    Backoff {
        /// Why.
        failure: Failure,
        /// Time until the next try.
        retry_in: Duration,
    },
    /// The container has ended and will not start again, or its pod is gone; everything it wrote is here.
    Ended(Clean),
    /// Final until the user tries again (403, 404).
    Stopped(Failure),
}

/// Something worth a line of its own between the lines of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogMark {
    /// The instance before ended, and another one begins: with its exit code and reason, where they are known.
    Restarted(Clean),
    /// The stream was broken and has gone on without a loss.
    Reconnected,
    /// Lines may be missing here: the server has not got them any more (its file was rotated away).
    Gap(Clean),
}

/// A line of a [`LogBatch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Where it ends in the batch's bytes; it begins where the one before ends.
    pub end: u32,
    /// When the container runtime took it, in unix nanoseconds; zero when that is not known.
    pub time: i64,
    /// The line was longer than the cap and goes on in the next one.
    pub cut: bool,
}

/// Lines of a log in their order: raw bytes without time stamps and line ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogBatch {
    /// All lines, one after the other.
    pub bytes: Box<[u8]>,
    /// Where each ends.
    pub lines: Box<[LogLine]>,
}

/// Something about a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogEvent {
    /// Lines.
    Lines(LogBatch),
    /// A mark between lines.
    Mark {
        /// What it says.
        mark: LogMark,
        /// The time of the line before, in unix nanoseconds; zero at the beginning.
        time: i64,
    },
    /// The stream has changed its phase.
    Phase(LogPhase),
}

/// A kind's schema: its part of the OpenAPI document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The schemas by name, as in `components.schemas` (v3) or `definitions` (v2): this kind's and those it refers to.
    pub definitions: std::collections::BTreeMap<String, serde_json::Value>,
    /// The name of this kind's own.
    pub root: String,
    /// `v3` or `v2`.
    pub source: &'static str,
}

/// How an effect ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Done; what to tell the user.
    Done(Clean),
    /// It did not work.
    Failed(Failure),
}
