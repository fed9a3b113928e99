//! The engine: one task per source of a list. It does what the protocol says, over the connection that is there, and sends
//! what comes of it. All waiting is here; all deciding is in the protocol.

use super::fetch::Collection;
use super::outbox::{Closed, Outbox};
use super::plan::{KindTable, Plan, Reading};
use super::protocol::Protocol;
use super::reader::Reader;
use super::step::Step;
use super::streaming::StreamingLists;
use super::task::Task;
use super::whole::{WholeReader, only_name};
use crate::cluster::connection::Line;
use crate::kinds::Catalog;
use crate::msg::{Failure, FailureKind, Generation, Msg, Phase};
use crate::text::Clean;
use crate::want::{ListWant, Scope};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How many first lists of one want run at a time.
const FIRST_LISTS: usize = 8;

/// What the lists of one cluster share.
#[derive(Clone)]
pub struct ClusterTap {
    /// The connection.
    pub line: Line,
    /// What discovery knows; empty until it has answered.
    pub catalog: watch::Receiver<Arc<Catalog>>,
    /// Where messages go.
    pub outbox: mpsc::Sender<Msg>,
    /// Whether streaming lists are tried, and where they were refused.
    pub streaming: StreamingLists,
    /// What is known of kinds.
    pub kinds: KindTable,
}

/// A running list. Dropping it ends its tasks.
#[derive(Debug)]
pub struct ListHandle {
    tasks: Vec<JoinHandle<()>>,
    retry: watch::Sender<u64>,
}

impl ListHandle {
    /// Tries again now: out of backoff, after 403 and 404, and a refused watch.
    pub fn retry(&self) {
        self.retry.send_modify(|count| *count += 1);
    }
}

impl Drop for ListHandle {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Starts a list: a task for each of its namespaces, or one for all. Needs a tokio runtime.
pub fn start(want: &ListWant, generation: Generation, tap: &ClusterTap) -> ListHandle {
    let namespaces: Vec<Option<Clean>> = match &want.scope {
        Scope::All => vec![None],
        Scope::Namespaces(names) => names.iter().cloned().map(Some).collect(),
    };
    let places = Arc::new(Semaphore::new(FIRST_LISTS));
    let undecodable = Arc::new(AtomicU32::new(0));
    let (retry, retried) = watch::channel(0);
    let tasks = namespaces
        .into_iter()
        .zip(0u16..)
        .map(|(namespace, source)| {
            let outbox = Outbox::new(
                want.clone(),
                generation,
                source,
                tap.outbox.clone(),
                undecodable.clone(),
            );
            let source = Source {
                want: want.clone(),
                source,
                namespace,
                places: places.clone(),
                tap: tap.clone(),
            };
            tokio::spawn(run(source, outbox, retried.clone()))
        })
        .collect();
    ListHandle { tasks, retry }
}

/// What one task lists.
pub struct Source {
    /// The list.
    pub want: ListWant,
    /// Which of its sources.
    pub source: u16,
    /// The namespace of this source.
    pub namespace: Option<Clean>,
    /// Places for first lists.
    pub places: Arc<Semaphore>,
    /// What the cluster's lists share.
    pub tap: ClusterTap,
}

/// What can happen outside while a task fetches or waits.
struct Signals {
    line: Line,
    catalog: watch::Receiver<Arc<Catalog>>,
    retry: watch::Receiver<u64>,
}

/// Why a task stopped what it was doing.
enum Interrupt {
    /// The connection is another one, or gone.
    Line,
    /// Discovery knows something else about this list.
    Plan,
    /// The user tries again.
    Retry,
}

impl Signals {
    /// Waits for a change. `retries`: whether a retry counts. A dropped sender never speaks again.
    async fn wait(&mut self, source: &Source, plan: &Plan, retries: bool) -> Interrupt {
        loop {
            tokio::select! {
                Ok(()) = self.line.changed() => return Interrupt::Line,
                Ok(()) = self.catalog.changed() => {
                    let new = source.plan(&self.catalog.borrow_and_update());
                    if plan.differs(&new) {
                        return Interrupt::Plan;
                    }
                }
                Ok(()) = self.retry.changed(), if retries => return Interrupt::Retry,
                else => std::future::pending().await,
            }
        }
    }
}

impl Source {
    fn plan(&self, catalog: &Catalog) -> Plan {
        Plan::of(&self.want, catalog, self.tap.kinds)
    }
}

/// The life of one source: plan by plan, until the other side is gone.
async fn run(source: Source, mut outbox: Outbox, retry: watch::Receiver<u64>) {
    let mut signals = Signals {
        line: source.tap.line.clone(),
        catalog: source.tap.catalog.clone(),
        retry,
    };
    let mut epoch = 0;
    loop {
        let plan = source.plan(&signals.catalog.borrow_and_update());
        let going = match &plan {
            Plan::Read { version, reading, .. } => {
                let collection = Collection {
                    group: source.want.resource.group.clone(),
                    version: version.clone(),
                    resource: source.want.resource.resource.clone(),
                    namespace: source.namespace.clone().filter(|_| reading.namespaced),
                    labels: source.want.labels.clone(),
                    fields: source.want.fields.clone(),
                    table: reading.how.is_table(),
                };
                // A cluster-scoped resource is one list, however many namespaces were asked for.
                if !reading.namespaced && source.source > 0 {
                    let _ = outbox.phase(Phase::Watching).await;
                    signals.wait(&source, &plan, false).await;
                    continue;
                }
                follow(
                    &source,
                    &plan,
                    *reading,
                    collection,
                    &mut outbox,
                    &mut signals,
                    &mut epoch,
                )
                .await
            }
            Plan::Unknown => wait_for_plan(&source, &plan, Phase::Waiting, &mut outbox, &mut signals).await,
            Plan::Gone => {
                let phase = Phase::Stopped(Failure {
                    kind: FailureKind::NotFound,
                    message: Clean::new(&format!("the server does not serve {}", source.want.resource)),
                    remedy: Some(Clean::new("it comes back by itself when the server serves it again")),
                });
                wait_for_plan(&source, &plan, phase, &mut outbox, &mut signals).await
            }
        };
        if going.is_err() {
            return;
        }
    }
}

async fn wait_for_plan(
    source: &Source,
    plan: &Plan,
    phase: Phase,
    outbox: &mut Outbox,
    signals: &mut Signals,
) -> Result<(), Closed> {
    outbox.phase(phase).await?;
    while !matches!(signals.wait(source, plan, false).await, Interrupt::Plan) {}
    Ok(())
}

/// Follows one plan until discovery has a better one.
async fn follow(
    source: &Source,
    plan: &Plan,
    reading: Reading,
    collection: Collection,
    outbox: &mut Outbox,
    signals: &mut Signals,
    epoch: &mut u32,
) -> Result<(), Closed> {
    let unwatchable = (!reading.watchable).then(|| Clean::new("the server cannot watch this"));
    let seed = RandomState::new().hash_one(source.source);
    // One object by its name. Without its namespace it cannot be got, only listed.
    let reachable = !reading.namespaced || collection.namespace.is_some();
    let only = only_name(collection.fields.as_str()).filter(|_| reading.how.is_whole() && collection.labels.is_empty());
    let api_version = match collection.group.is_empty() {
        true => collection.version.as_str().to_owned(),
        false => format!("{}/{}", collection.group, collection.version),
    };
    let kind = match plan {
        Plan::Read { kind, .. } => kind.as_str().to_owned(),
        Plan::Unknown | Plan::Gone => String::new(),
    };
    let whole = WholeReader::new(api_version, kind, only.clone());
    let mut task = Task {
        reader: Reader::new(reading.how).with_whole(whole),
        protocol: Protocol::new(false, unwatchable, seed).naming(only.filter(|_| reachable)),
        began: Instant::now(),
        doing: format!("listing {}", source.want.resource),
        seen: 0,
        total: None,
        place: None,
        seed,
        collection,
        source,
        outbox,
        epoch,
    };
    if let Some(columns) = task.reader.columns().cloned() {
        task.outbox.columns(columns).await?;
    }
    loop {
        let connection = signals.line.borrow_and_update().clone();
        let Some(connection) = connection else {
            task.outbox.phase(Phase::Waiting).await?;
            match signals.wait(source, plan, false).await {
                Interrupt::Plan => return Ok(()),
                Interrupt::Line | Interrupt::Retry => continue,
            }
        };
        let (wait, phase) = match task.protocol.step(task.now()) {
            Step::Fetch(fetch) => {
                tokio::select! {
                    done = task.fetch(&connection, fetch) => done?,
                    interrupt = signals.wait(source, plan, false) => match interrupt {
                        Interrupt::Plan => return Ok(()),
                        Interrupt::Line | Interrupt::Retry => {}
                    },
                }
                continue;
            }
            Step::Backoff { failure, wait, attempt } => {
                let phase = Phase::Backoff {
                    failure,
                    retry_in: wait,
                    attempt,
                };
                (Some(wait), phase)
            }
            Step::Poll { reason, wait, every } => (Some(wait), Phase::Polling { reason, every }),
            // Discovery will say under which version it is served, or that it is not.
            Step::Stop(failure)
                if failure.kind == FailureKind::NotFound && plan.is_guessed() && signals.is_unanswered() =>
            {
                (None, Phase::Waiting)
            }
            Step::Stop(failure) => (None, Phase::Stopped(failure)),
        };
        task.place = None;
        task.outbox.phase(phase).await?;
        let until = wait.map(|wait| Instant::now() + wait);
        tokio::select! {
            () = sleep_until(until) => {}
            interrupt = signals.wait(source, plan, true) => match interrupt {
                Interrupt::Plan => return Ok(()),
                Interrupt::Retry => task.protocol.retry(),
                Interrupt::Line => task.protocol.reconnected(),
            },
        }
    }
}

impl Signals {
    fn is_unanswered(&self) -> bool {
        self.catalog.borrow().resources.is_empty()
    }
}

async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}
