//! The engine: one task per source of a list. It does what the protocol says, over the connection that is there, and sends
//! what comes of it. All waiting is here; all deciding is in the protocol.

use super::event::WatchLine;
use super::fetch::{Answer, Collection, PROGRESS, request, send, silent};
use super::framer::{self, Framer};
use super::outbox::{Closed, Input, Outbox};
use super::plan::{KindTable, Plan, Reading};
use super::protocol::{Event, Fetch, ListEnd, Protocol, Reaction, STREAM_SILENCE, Step, Trouble};
use super::reader::Reader;
use super::splitter::{Element, Splitter};
use super::status::Status;
use super::streaming::StreamingLists;
use crate::cluster::connection::{Connection, Line};
use crate::kinds::Catalog;
use crate::msg::{Failure, FailureKind, Generation, Msg, Phase};
use crate::text::Clean;
use crate::want::{ListWant, Scope};
use serde::Deserialize;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
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
            let outbox = Outbox::new(want.clone(), generation, source, tap.outbox.clone(), undecodable.clone());
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
struct Source {
    want: ListWant,
    source: u16,
    namespace: Option<Clean>,
    places: Arc<Semaphore>,
    tap: ClusterTap,
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
                follow(&source, &plan, *reading, collection, &mut outbox, &mut signals, &mut epoch).await
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
    let mut task = Task {
        reader: Reader::new(reading.how),
        protocol: Protocol::new(false, unwatchable, seed),
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
                let phase = Phase::Backoff { failure, retry_in: wait, attempt };
                (Some(wait), phase)
            }
            Step::Poll { reason, wait } => {
                let every = super::protocol::POLL_EVERY;
                (Some(wait), Phase::Polling { reason, every })
            }
            // Discovery will say under which version it is served, or that it is not.
            Step::Stop(failure) if failure.kind == FailureKind::NotFound && plan.is_guessed() && signals.is_unanswered() => {
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

/// One plan being followed.
struct Task<'a> {
    source: &'a Source,
    collection: Collection,
    outbox: &'a mut Outbox,
    epoch: &'a mut u32,
    reader: Reader,
    protocol: Protocol,
    began: Instant,
    doing: String,
    seen: u32,
    total: Option<u32>,
    place: Option<OwnedSemaphorePermit>,
    seed: u64,
}

/// What stands around the elements of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ListRest {
    kind: Option<String>,
    metadata: Option<ListMeta>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMeta {
    resource_version: Option<String>,
    #[serde(rename = "continue")]
    cursor: Option<String>,
    remaining_item_count: Option<u32>,
}

impl Task<'_> {
    /// Monotonic time for the protocol.
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn phase(&self) -> Phase {
        match (self.protocol.polling(), self.protocol.relisting()) {
            (Some(reason), Some(_)) => Phase::Polling {
                reason: reason.clone(),
                every: super::protocol::POLL_EVERY,
            },
            (None, Some(reason)) => Phase::Relisting {
                reason,
                seen: self.seen,
            },
            (_, None) => Phase::Listing {
                seen: self.seen,
                total: self.total,
            },
        }
    }

    async fn fetch(&mut self, connection: &Connection, fetch: Fetch) -> Result<(), Closed> {
        match fetch {
            Fetch::Watch { .. } => self.watch(connection, fetch, false).await,
            Fetch::List { ref cursor, .. } => {
                // Asked only now, because the server's version may have become known since.
                if cursor.is_none()
                    && self.source.tap.streaming.wanted(&self.source.want.resource, connection.is_loopback())
                    && self.protocol.try_streaming()
                {
                    return Ok(());
                }
                self.take_place().await?;
                self.list(connection, fetch).await
            }
            Fetch::StreamingList { .. } => {
                self.take_place().await?;
                self.watch(connection, fetch, true).await?;
                if self.protocol.streaming_refused() {
                    self.source.tap.streaming.refuse(&self.source.want.resource);
                }
                Ok(())
            }
        }
    }

    /// First lists of many namespaces wait for each other.
    async fn take_place(&mut self) -> Result<(), Closed> {
        if self.place.is_none() && self.protocol.relisting().is_none() {
            if self.source.places.available_permits() == 0 {
                self.outbox.phase(Phase::Waiting).await?;
            }
            self.place = self.source.places.clone().acquire_owned().await.ok();
        }
        // While it fails again and again the failure stays on the screen until an answer begins.
        if self.protocol.attempt() == 0 {
            let phase = self.phase();
            self.outbox.phase(phase).await?;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<(), Closed> {
        *self.epoch += 1;
        self.seen = 0;
        self.total = None;
        self.reader.list_begins();
        let phase = self.phase();
        self.outbox.phase(phase).await?;
        self.outbox.begin(*self.epoch).await
    }

    async fn end(&mut self) -> Result<(), Closed> {
        self.place = None;
        self.outbox.flush().await?;
        self.reader.sweep();
        Ok(())
    }

    async fn open(&self, client: &kube::Client, fetch: &Fetch, compressed: bool, lasts: u32) -> Result<Answer, Trouble> {
        let path = self.collection.path(fetch, lasts);
        let request = request(&path, self.collection.accept(), compressed)?;
        send(client, request, &self.doing).await
    }

    async fn list(&mut self, connection: &Connection, fetch: Fetch) -> Result<(), Closed> {
        let mut answer = match self.open(connection.bulk(), &fetch, connection.wants_gzip(), 0).await {
            Ok(answer) => answer,
            Err(trouble) => return self.list_failed(trouble),
        };
        match fetch {
            Fetch::List { cursor: Some(_), .. } => {
                let phase = self.phase();
                self.outbox.phase(phase).await?;
            }
            _ => self.begin().await?,
        }
        let mut splitter = Splitter::default();
        let mut headless = self.reader.wants_head();
        loop {
            let chunk = match self.outbox.next(&mut answer, true, PROGRESS, &self.doing).await? {
                Input::Chunk(chunk) => chunk,
                Input::End => break,
                Input::Failed(trouble) => return self.list_failed(trouble),
                Input::Silent => return self.list_failed(silent(&self.doing, PROGRESS)),
            };
            let (reader, outbox, seen) = (&mut self.reader, &mut *self.outbox, &mut self.seen);
            let mut new_columns = None;
            let split = splitter.feed(&chunk, &mut |head, element| {
                if std::mem::take(&mut headless) {
                    reader.head(&head.document());
                    new_columns = reader.columns().cloned();
                }
                *seen += 1;
                let read = match element {
                    Element::Whole(bytes) => reader.element(bytes, &mut |delta| outbox.push(delta)),
                    Element::TooLarge => {
                        outbox.count_undecodable("an object is larger than 32 MiB");
                        Ok(())
                    }
                };
                if let Err(error) = read {
                    outbox.count_undecodable(&error.message);
                }
            });
            if let Some(columns) = new_columns {
                self.outbox.columns(columns).await?;
            }
            if let Err(error) = split {
                return self.list_failed(Trouble::Garbled(Clean::new(&error.to_string())));
            }
            let phase = self.phase();
            if !matches!(phase, Phase::Polling { .. }) {
                self.outbox.progress(phase);
            }
        }
        let rest = match splitter.finish() {
            Ok(rest) => rest,
            Err(error) => return self.list_failed(Trouble::Garbled(Clean::new(&error.to_string()))),
        };
        let read: ListRest = match serde_json::from_slice(&rest) {
            Ok(read) => read,
            Err(error) => return self.list_failed(Trouble::Garbled(Clean::new(&error.to_string()))),
        };
        match (read.kind.as_deref(), read.metadata) {
            (Some("Status"), _) => self.list_failed(Trouble::Status(Status::from_object(&rest))),
            (_, None) => self.list_failed(Trouble::Garbled(Clean::new("the answer is no list"))),
            (_, Some(metadata)) => {
                if headless {
                    self.reader.head(&rest);
                    if let Some(columns) = self.reader.columns().cloned() {
                        self.outbox.columns(columns).await?;
                    }
                }
                self.total = metadata.remaining_item_count.map(|remaining| self.seen.saturating_add(remaining));
                let end = ListEnd {
                    version: metadata.resource_version.unwrap_or_default(),
                    cursor: metadata.cursor,
                };
                let now = self.now();
                if self.protocol.listed(end, now) {
                    self.outbox.end(*self.epoch);
                    self.end().await?;
                }
                Ok(())
            }
        }
    }

    fn list_failed(&mut self, trouble: Trouble) -> Result<(), Closed> {
        let now = self.now();
        self.protocol.list_failed(trouble, now);
        Ok(())
    }

    /// A watch, or a streaming list that goes on as one (`listing`).
    async fn watch(&mut self, connection: &Connection, fetch: Fetch, mut listing: bool) -> Result<(), Closed> {
        let lasts = self.lasts();
        let compressed = listing && connection.wants_gzip();
        let client = if listing { connection.bulk() } else { connection.shared() };
        let opening = self.open(client, &fetch, compressed, lasts);
        let opened = match listing {
            true => match tokio::time::timeout(STREAM_SILENCE, opening).await {
                Ok(opened) => opened,
                Err(_) => {
                    self.protocol.refuse_streaming();
                    return Ok(());
                }
            },
            false => opening.await,
        };
        let mut answer = match opened {
            Ok(answer) => answer,
            Err(trouble) => {
                let now = self.now();
                match listing {
                    true => self.protocol.list_failed(trouble, now),
                    false => self.protocol.watch_failed(trouble, now),
                }
                return Ok(());
            }
        };
        let now = self.now();
        self.protocol.watch_opened(now);
        match listing {
            true => self.begin().await?,
            false => self.outbox.phase(Phase::Watching).await?,
        }
        let ends = Instant::now() + Duration::from_secs(u64::from(lasts) + 30);
        let mut framer = Framer::default();
        loop {
            let patience = match listing {
                true => STREAM_SILENCE,
                false => ends.saturating_duration_since(Instant::now()),
            };
            let input = self.outbox.next(&mut answer, listing, patience, &self.doing).await?;
            let now = self.now();
            let chunk = match input {
                Input::Chunk(chunk) => chunk,
                Input::End => {
                    self.protocol.watch_ended(framer.ends_in_a_line(), listing, now);
                    return Ok(());
                }
                Input::Failed(trouble) if listing => {
                    self.protocol.list_failed(trouble, now);
                    return Ok(());
                }
                Input::Failed(trouble) => {
                    self.protocol.watch_failed(trouble, now);
                    return Ok(());
                }
                Input::Silent if listing => {
                    self.protocol.refuse_streaming();
                    return Ok(());
                }
                // The server should have ended it by now: ask again from where we are.
                Input::Silent => return Ok(()),
            };
            let mut leave = false;
            let mut complete = false;
            let table = self.collection.table;
            let columns = self.reader.columns().cloned();
            let (reader, outbox, protocol) = (&mut self.reader, &mut *self.outbox, &mut self.protocol);
            let mut rest: &[u8] = &chunk;
            let epoch = *self.epoch;
            let mut seen = 0;
            // After the end of the initial objects the loop below must send it before it goes on.
            while !rest.is_empty() && !leave && !complete {
                let line_end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                let (line, after) = rest.split_at(line_end);
                rest = after;
                framer.feed(line, &mut |line| {
                    match apply(line, table, listing, now, reader, outbox, protocol) {
                        Reaction::Apply => seen += 1,
                        Reaction::Nothing => {}
                        Reaction::Complete => {
                            outbox.end(epoch);
                            complete = true;
                        }
                        Reaction::Leave => leave = true,
                    }
                    !leave
                });
                if complete {
                    break;
                }
            }
            if listing {
                self.seen = self.seen.saturating_add(seen);
            }
            if self.reader.columns() != columns.as_ref()
                && let Some(columns) = self.reader.columns().cloned()
            {
                self.outbox.columns(columns).await?;
            }
            if complete {
                self.end().await?;
                self.outbox.phase(Phase::Watching).await?;
                listing = false;
                let (reader, outbox, protocol) = (&mut self.reader, &mut *self.outbox, &mut self.protocol);
                framer.feed(rest, &mut |line| {
                    leave = apply(line, table, false, now, reader, outbox, protocol) == Reaction::Leave;
                    !leave
                });
            } else if listing {
                let phase = self.phase();
                self.outbox.progress(phase);
            }
            if leave {
                return Ok(());
            }
            if self.outbox.is_too_far_ahead() {
                self.outbox.clear();
                self.protocol.lagged();
                return Ok(());
            }
        }
    }

    /// How many seconds a watch is to last: scattered, so that many watches do not end together.
    fn lasts(&mut self) -> u32 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        290 + ((self.seed >> 33) % 301) as u32
    }
}

/// Applies one line of a watch.
fn apply(
    line: framer::Line<'_>,
    table: bool,
    listing: bool,
    now: Duration,
    reader: &mut Reader,
    outbox: &mut Outbox,
    protocol: &mut Protocol,
) -> Reaction {
    let bytes = match line {
        framer::Line::Whole(bytes) => bytes,
        framer::Line::TooLarge => {
            outbox.count_undecodable("an object is larger than 32 MiB");
            return protocol.event(Event::TooLarge, listing, now);
        }
    };
    let (read, reaction) = match WatchLine::parse(bytes, table) {
        Err(error) => {
            outbox.count_undecodable(&format!("a line of the watch is no event: {error}"));
            return protocol.event(Event::Garbled(&error), listing, now);
        }
        Ok(WatchLine::Error(status)) => return protocol.event(Event::Error(status), listing, now),
        Ok(WatchLine::Bookmark { version, initial_end }) => {
            return protocol.event(Event::Bookmark { version: &version, initial_end }, listing, now);
        }
        Ok(WatchLine::Changed { object, version }) => match protocol.event(Event::Change(&version), listing, now) {
            Reaction::Apply => (reader.changed(object, &mut |delta| outbox.push(delta)), Reaction::Apply),
            reaction => return reaction,
        },
        Ok(WatchLine::Deleted { object, version }) => match protocol.event(Event::Change(&version), listing, now) {
            Reaction::Apply => (reader.deleted(object, &mut |delta| outbox.push(delta)), Reaction::Apply),
            reaction => return reaction,
        },
    };
    if let Err(error) = read {
        outbox.count_undecodable(&error.message);
    }
    reaction
}
