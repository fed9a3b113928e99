//! Starts and stops what is wanted and performs effects, over the rooms that know how. Nothing in here waits: whatever takes
//! time is a task whose answer comes as a message.

use super::clipboard::{self, Way as CopyWay};
use super::files;
use super::memory::Rememberer;
use super::page;
use super::run_loop::Engine;
use super::writer::Writer;
use crate::cluster::discovery;
use crate::cluster::exec::PluginPolicy;
use crate::cluster::kubeconfig::{self, Kubeconfig};
use crate::cluster::listwatch::{self, ClusterTap, KindTable, ListHandle, StreamingLists};
use crate::cluster::logs::{self, LogHandle};
use crate::cluster::schema::{self, SchemaHandle};
use crate::cluster::session::{Session, Settings, Way};
use crate::demo::Demo;
use crate::effect::Effect;
use crate::kinds;
use crate::msg::{ClusterEvent, ContextInfo, ContextsEvent, Failure, FailureKind, Generation, Msg, Outcome, Ticket};
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, LogWant, SchemaWant, Want};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How often the kubeconfig files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(3);

/// The id and name of the only context of the demo.
pub const DEMO: (ClusterId, &str) = (ClusterId(0), "demo");

/// The namespace in which the demo opens.
const DEMO_NAMESPACE: &str = "shop";

/// Where clusters come from.
#[derive(Clone)]
pub enum Source {
    /// The user's kubeconfig.
    Kubeconfig(Arc<Mutex<Kubeconfig>>),
    /// A world inside this process.
    Demo(Demo),
    /// Several worlds inside this process, each with the name of its context; the first one is opened.
    Demos(Vec<(String, Demo)>),
}

impl Source {
    /// Reads the contexts. Blocks on the disk.
    pub fn contexts(&self) -> ContextsEvent {
        match self {
            Source::Kubeconfig(kubeconfig) => kubeconfig.lock().unwrap_or_else(PoisonError::into_inner).read(),
            Source::Demo(_) => ContextsEvent::Loaded {
                contexts: vec![demo_context(DEMO.0, DEMO.1)],
                current: Some(DEMO.0),
                warnings: Vec::new(),
            },
            Source::Demos(demos) => ContextsEvent::Loaded {
                contexts: (0..)
                    .zip(demos)
                    .map(|(id, (name, _))| demo_context(ClusterId(id), name))
                    .collect(),
                current: (!demos.is_empty()).then_some(DEMO.0),
                warnings: Vec::new(),
            },
        }
    }

    /// The world behind a context, where there are worlds.
    fn demo(&self, cluster: ClusterId) -> Option<&Demo> {
        match self {
            Source::Kubeconfig(_) => None,
            Source::Demo(demo) => (cluster == DEMO.0).then_some(demo),
            Source::Demos(demos) => demos.get(usize::try_from(cluster.0).ok()?).map(|(_, demo)| demo),
        }
    }

    fn demos(&self) -> Vec<Demo> {
        match self {
            Source::Kubeconfig(_) => Vec::new(),
            Source::Demo(demo) => vec![demo.clone()],
            Source::Demos(demos) => demos.iter().map(|(_, demo)| demo.clone()).collect(),
        }
    }
}

fn demo_context(id: ClusterId, name: &str) -> ContextInfo {
    ContextInfo {
        id,
        name: name.into(),
        cluster: Clean::new("demo"),
        user: Clean::new("captain"),
        namespace: Clean::new(DEMO_NAMESPACE),
        server: Clean::new("inside this program"),
        file: Clean::default(),
        insecure: false,
        auth: Clean::new("none"),
        problem: None,
        acting_as: None,
        production: false,
    }
}

/// What can be set about the hub.
pub struct HubSettings {
    /// What credential plugins may do.
    pub plugins: PluginPolicy,
    /// The wall clock of sessions.
    pub clock: fn() -> SystemTime,
    /// Where copies go.
    pub copy: CopyWay,
    /// The terminal, for copies; without one they are refused.
    pub terminal: Option<Writer>,
    /// Where copies go that go to a file.
    pub copy_file: Option<PathBuf>,
    /// Whether the configuration calls a context of this name production.
    pub production: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Where to remember; nowhere without it.
    pub state_file: Option<PathBuf>,
}

/// The engine of the real program and of the demo.
pub struct Hub {
    source: Source,
    settings: HubSettings,
    outbox: mpsc::Sender<Msg>,
    /// The contexts' names, by which they are opened.
    names: Arc<Mutex<HashMap<ClusterId, String>>>,
    clusters: HashMap<ClusterId, Open>,
    lists: HashMap<ListWant, ListHandle>,
    schemas: HashMap<SchemaWant, SchemaHandle>,
    logs: HashMap<LogWant, LogHandle>,
    memory: Rememberer,
    life: Vec<JoinHandle<()>>,
    watch: Option<JoinHandle<()>>,
}

/// An open cluster.
struct Open {
    session: Session,
    discovery: JoinHandle<()>,
    tap: ClusterTap,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.discovery.abort();
    }
}

impl Hub {
    /// A hub for which nothing runs yet. It reads the contexts, which is its first message. Needs a tokio runtime.
    pub fn start(source: Source, settings: HubSettings, outbox: mpsc::Sender<Msg>) -> Hub {
        let life = source.demos().iter().map(Demo::live).collect();
        let watch = match &source {
            Source::Demo(_) | Source::Demos(_) => None,
            Source::Kubeconfig(kubeconfig) => {
                let files = kubeconfig.lock().unwrap_or_else(PoisonError::into_inner).files();
                Some(tokio::spawn(kubeconfig::watch(files, LOOK_AT_FILES, outbox.clone())))
            }
        };
        let hub = Hub {
            memory: Rememberer::start(settings.state_file.clone()),
            source,
            settings,
            outbox,
            names: Arc::default(),
            clusters: HashMap::new(),
            lists: HashMap::new(),
            schemas: HashMap::new(),
            logs: HashMap::new(),
            life,
            watch,
        };
        hub.read_contexts();
        hub
    }

    /// Ends everything, and writes what is to be remembered. Takes a moment at most.
    pub fn finish(mut self) {
        self.lists.clear();
        self.schemas.clear();
        self.logs.clear();
        self.clusters.clear();
        self.memory.finish();
    }

    fn read_contexts(&self) {
        let (source, names, outbox) = (self.source.clone(), self.names.clone(), self.outbox.clone());
        let production = self.settings.production.clone();
        let read = move || {
            let mut event = source.contexts();
            if let ContextsEvent::Loaded { contexts, .. } = &mut event {
                for context in contexts.iter_mut() {
                    context.production = production(&context.name);
                }
                let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
                names.extend(contexts.iter().map(|context| (context.id, context.name.clone())));
            }
            event
        };
        match &self.source {
            // Nothing is read, so no thread is needed; a paused clock could not wait for one.
            Source::Demo(_) | Source::Demos(_) => {
                let event = read();
                tokio::spawn(async move { outbox.send(Msg::Contexts(event)).await });
            }
            Source::Kubeconfig(_) => {
                tokio::spawn(async move {
                    if let Ok(event) = tokio::task::spawn_blocking(read).await {
                        let _ = outbox.send(Msg::Contexts(event)).await;
                    }
                });
            }
        }
    }

    /// How to reach a cluster; nothing when no context has this id.
    fn way(&self, cluster: ClusterId) -> Option<Way> {
        match &self.source {
            Source::Demo(_) | Source::Demos(_) => {
                let demo = self.source.demo(cluster)?.clone();
                Some(Way::InMemory(Arc::new(move || demo.serve())))
            }
            Source::Kubeconfig(kubeconfig) => {
                let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
                let name = names.get(&cluster)?.clone();
                let kubeconfig = kubeconfig.clone();
                Some(Way::Context(Arc::new(move || {
                    kubeconfig.lock().unwrap_or_else(PoisonError::into_inner).open(&name)
                })))
            }
        }
    }

    fn open(&mut self, cluster: ClusterId) {
        if self.clusters.contains_key(&cluster) {
            return;
        }
        let Some(way) = self.way(cluster) else {
            let failure = Failure {
                kind: FailureKind::Configuration,
                message: Clean::new("the kubeconfig has no such context any more"),
                remedy: Some(Clean::new("Choose another context.")),
            };
            self.say(Msg::Cluster(
                cluster,
                ClusterEvent::Failed {
                    failure,
                    retry_in: None,
                },
            ));
            return;
        };
        let settings = Settings {
            policy: self.settings.plugins,
            clock: self.settings.clock,
            ..Settings::default()
        };
        let session = Session::open(cluster, way, settings, self.outbox.clone());
        let (discovery, catalog) = discovery::start(cluster, session.line(), self.outbox.clone());
        let tap = ClusterTap {
            line: session.line(),
            catalog,
            outbox: self.outbox.clone(),
            streaming: StreamingLists::default(),
            kinds: KindTable {
                kind: kinds::kind,
                containers: (kinds::container::containers, kinds::container::COLUMNS),
            },
        };
        self.clusters.insert(
            cluster,
            Open {
                session,
                discovery,
                tap,
            },
        );
    }

    /// Sends a message without waiting for room.
    fn say(&self, msg: Msg) {
        let outbox = self.outbox.clone();
        tokio::spawn(async move { outbox.send(msg).await });
    }

    fn answer(&self, ticket: Ticket, outcome: impl Future<Output = Outcome> + Send + 'static) {
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            let outcome = outcome.await;
            let _ = outbox.send(Msg::Done(ticket, outcome)).await;
        });
    }

    fn copy(&self, ticket: Ticket, text: String, what: Clean) {
        let terminal = self.settings.terminal.clone();
        let file = self.settings.copy_file.clone();
        let way = self.settings.copy.clone();
        self.answer(ticket, async move {
            let to_terminal = |wrapping| match (&terminal, clipboard::sequence(&text, wrapping)) {
                (_, None) => clipboard::too_long(&what),
                (None, _) => clipboard::refused(FailureKind::Configuration, "there is no terminal to copy to", ""),
                (Some(terminal), Some(sequence)) => {
                    terminal.send_beside(sequence);
                    clipboard::told(&text, &what, true)
                }
            };
            match way {
                CopyWay::Nowhere(why) => {
                    let message = format!("{} was not copied: {why}", what.as_str());
                    clipboard::refused(FailureKind::Configuration, &message, "Write it to a file instead.")
                }
                CopyWay::Terminal(wrapping) => to_terminal(wrapping),
                CopyWay::Tools(tools, wrapping) => {
                    match clipboard::run_tools(&tools, &text, clipboard::DEADLINE).await {
                        Some(Ok(())) => clipboard::told(&text, &what, false),
                        Some(Err(why)) => clipboard::refused(
                            FailureKind::Configuration,
                            &format!("{} was not copied: {why}", what.as_str()),
                            "Set clipboard = \"osc52\" to copy through the terminal.",
                        ),
                        None => to_terminal(wrapping),
                    }
                }
                CopyWay::File => match file {
                    Some(file) => blocking(move || files::write_file(&file, &[text.into_bytes().into()], true)).await,
                    None => clipboard::refused(FailureKind::Configuration, "there is no directory to copy to", ""),
                },
            }
        });
    }
}

/// Runs what blocks on a thread that may.
async fn blocking(act: impl FnOnce() -> Outcome + Send + 'static) -> Outcome {
    let ended = tokio::task::spawn_blocking(act).await;
    ended.unwrap_or_else(|_| clipboard::refused(FailureKind::Cancelled, "it was given up", ""))
}

impl Engine for Hub {
    fn start(&mut self, want: &Want, generation: Generation) {
        match want {
            Want::Cluster(cluster) => self.open(*cluster),
            Want::List(list) => {
                if let Some(open) = self.clusters.get(&list.cluster) {
                    let handle = listwatch::start(list, generation, &open.tap);
                    self.lists.insert(list.clone(), handle);
                }
            }
            Want::Log(log) => {
                if let Some(open) = self.clusters.get(&log.cluster) {
                    let handle = logs::start(Arc::new(log.clone()), generation, &open.tap);
                    self.logs.insert(log.clone(), handle);
                }
            }
            Want::Schema(schema) => {
                if let Some(open) = self.clusters.get(&schema.cluster) {
                    let handle = schema::start(schema.clone(), generation, open.session.line(), self.outbox.clone());
                    self.schemas.insert(schema.clone(), handle);
                }
            }
        }
    }

    fn stop(&mut self, want: &Want) {
        match want {
            Want::Cluster(cluster) => drop(self.clusters.remove(cluster)),
            Want::List(list) => drop(self.lists.remove(list)),
            Want::Log(log) => drop(self.logs.remove(log)),
            Want::Schema(schema) => drop(self.schemas.remove(schema)),
        }
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Reconnect(cluster) => match self.clusters.get(&cluster) {
                Some(open) => open.session.reconnect(),
                // It could not be opened before; the kubeconfig may know it now.
                None => self.open(cluster),
            },
            Effect::Retry(list) => {
                if let Some(handle) = self.lists.get(&list) {
                    handle.retry();
                }
            }
            Effect::AllowPlugin(cluster, yes) => {
                if let Some(open) = self.clusters.get(&cluster) {
                    open.session.allow_plugin(yes);
                }
            }
            Effect::CancelConnect(cluster) => {
                if let Some(open) = self.clusters.get(&cluster) {
                    open.session.cancel();
                }
            }
            Effect::Copy { ticket, text, what } => self.copy(ticket, text, what),
            Effect::WriteFile {
                ticket,
                path,
                content,
                overwrite,
            } => self.answer(ticket, blocking(move || files::write_file(&path, &content, overwrite))),
            Effect::Remember(memory) => self.memory.remember(memory),
            Effect::RetryLog(log) => {
                if let Some(handle) = self.logs.get(&log) {
                    handle.retry();
                }
            }
            Effect::ReloadContexts => self.read_contexts(),
            // The loop's own.
            Effect::RunPluginInTerminal(_) | Effect::Page { .. } | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
    }

    fn run_in_terminal(&mut self, cluster: ClusterId) -> BoxFuture<'static, ()> {
        let run = self.clusters.get(&cluster).and_then(|open| open.session.terminal_run());
        Box::pin(async move {
            let Some(run) = run else { return };
            let command = format!("portolan runs {}\r\n", run.command().as_str());
            let _ = tokio::task::spawn_blocking(move || {
                let _ = std::io::stderr().write_all(command.as_bytes());
                run.run();
            })
            .await;
        })
    }

    fn page(&mut self, ticket: Ticket, content: Vec<Arc<[u8]>>) -> BoxFuture<'static, ()> {
        let outbox = self.outbox.clone();
        Box::pin(async move {
            let pager = std::env::var("PAGER").ok();
            let shown = tokio::task::spawn_blocking(move || page::show(pager.as_deref(), &content)).await;
            if let Ok(Err(failure)) = shown {
                // The loop takes it when it has the terminal again.
                tokio::spawn(async move { outbox.send(Msg::Done(ticket, Outcome::Failed(failure))).await });
            }
        })
    }

    fn slept(&mut self, _away: Duration) {
        for open in self.clusters.values() {
            open.session.shake();
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for task in self.life.drain(..).chain(self.watch.take()) {
            task.abort();
        }
    }
}
