//! A driver without a screen: session, discovery and lists as the runtime starts them, their messages applied to tables.

use portolan::cluster::discovery;
use portolan::cluster::listwatch::{self, ClusterTap, KindTable, ListHandle, StreamingLists};
use portolan::cluster::logs::{self, LogHandle};
use portolan::cluster::session::{Session, Settings, Way};
use portolan::kinds::{self, Catalog, Resource, ResourceName, Uid};
use portolan::msg::{
    ClusterEvent, Failure, Generation, LogEvent, LogMark, LogPhase, Msg, Phase, ServerInfo, TableEvent,
};
use portolan::store::{Mark, Table};
use portolan::text::Clean;
use portolan::want::{ClusterId, ListWant, LogStart, LogWant, Scope, Shape};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::sheet::Sheet;

const CLUSTER: ClusterId = ClusterId(0);

/// A list that runs.
pub struct List {
    /// What has come of it.
    pub table: Table,
    /// Each phase of each source since it was opened, with when it began.
    pub phases: Vec<(Instant, u16, Phase)>,
    /// The fewest rows it had at any moment since it was complete, or since `Driver::count_fewest`.
    pub fewest: usize,
    /// Its handle.
    pub handle: ListHandle,
}

impl List {
    /// Whether every source is complete and follows changes, or polls.
    pub fn is_settled(&self) -> bool {
        let live = |phase: &Phase| matches!(phase, Phase::Watching | Phase::Polling { .. });
        self.table.is_complete() && self.table.sources().iter().all(|source| live(&source.phase))
    }

    /// The phase of its first source.
    pub fn phase(&self) -> &Phase {
        &self.table.sources()[0].phase
    }

    /// Rows that are there, by namespace and name, with how many of each there are.
    pub fn names(&self) -> BTreeMap<(String, String), usize> {
        let mut names = BTreeMap::new();
        for id in self
            .table
            .ids()
            .filter(|id| !matches!(self.table.mark(*id), Mark::Gone(_)))
        {
            let Some(row) = self.table.row(id) else { continue };
            let key = (row.namespace.as_str().to_owned(), row.name.as_str().to_owned());
            *names.entry(key).or_default() += 1;
        }
        names
    }
}

/// A log that is followed, and what has come of it.
pub struct Log {
    /// Its lines with their stamps; pieces of a line are joined.
    pub lines: Vec<(i64, Vec<u8>)>,
    /// Marks, each with the number of lines before it.
    pub marks: Vec<(usize, LogMark)>,
    /// Each phase, with when it began.
    pub phases: Vec<(Instant, LogPhase)>,
    /// Messages with lines, and the most bytes that one had.
    pub batches: (usize, usize),
    /// Its handle.
    pub handle: LogHandle,
    joins: bool,
}

impl Log {
    fn take(&mut self, event: LogEvent) {
        match event {
            LogEvent::Lines(batch) => {
                self.batches = (self.batches.0 + 1, self.batches.1.max(batch.bytes.len()));
                let mut begin = 0;
                for line in &batch.lines {
                    let bytes = &batch.bytes[begin..line.end as usize];
                    begin = line.end as usize;
                    match self.lines.last_mut().filter(|_| self.joins) {
                        Some((_, before)) => before.extend_from_slice(bytes),
                        None => self.lines.push((line.time, bytes.to_vec())),
                    }
                    self.joins = line.cut;
                }
                assert_eq!(begin, batch.bytes.len(), "every byte belongs to a line");
            }
            LogEvent::Mark { mark, .. } => self.marks.push((self.lines.len(), mark)),
            LogEvent::Phase(phase) => self.phases.push((Instant::now(), phase)),
        }
    }

    /// Its lines as text.
    pub fn texts(&self) -> Vec<String> {
        let text = |line: &(i64, Vec<u8>)| String::from_utf8_lossy(&line.1).into_owned();
        self.lines.iter().map(text).collect()
    }

    /// Whether nothing more will come.
    pub fn has_ended(&self) -> bool {
        matches!(self.phases.last(), Some((_, LogPhase::Ended(_) | LogPhase::Stopped(_))))
    }

    /// Whether it is followed at this moment.
    pub fn is_streaming(&self) -> bool {
        matches!(self.phases.last(), Some((_, LogPhase::Streaming)))
    }
}

/// One cluster, driven.
pub struct Driver {
    session: Session,
    discovery: JoinHandle<()>,
    catalog: watch::Receiver<Arc<Catalog>>,
    inbox: mpsc::Receiver<Msg>,
    tap: ClusterTap,
    lists: HashMap<ListWant, List>,
    /// The logs that were opened.
    pub logs: HashMap<LogWant, Log>,
    started: Instant,
    /// Who answers, while one does.
    pub server: Option<ServerInfo>,
    /// The server's clock minus ours, in seconds.
    pub offset: i64,
    /// Why the connection was lost, each time, with when.
    pub lost: Vec<(Instant, Failure)>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.discovery.abort();
    }
}

impl Driver {
    /// Connects and waits until discovery has answered.
    pub async fn connected(way: Way) -> Driver {
        let mut driver = Driver::open(way);
        driver
            .until("connecting and discovery", 30, |driver| {
                (driver.server.is_some() && !driver.catalog.borrow().resources.is_empty()).then_some(())
            })
            .await;
        driver
    }

    /// Starts to connect.
    pub fn open(way: Way) -> Driver {
        let (outbox, inbox) = mpsc::channel(256);
        let session = Session::open(CLUSTER, way, Settings::default(), outbox.clone());
        let (discovery, catalog) = discovery::start(CLUSTER, session.line(), outbox.clone());
        let tap = ClusterTap {
            line: session.line(),
            catalog: catalog.clone(),
            outbox,
            streaming: StreamingLists::default(),
            kinds: KindTable {
                kind: kinds::kind,
                containers: (kinds::containers, kinds::container::COLUMNS),
            },
        };
        Driver {
            session,
            discovery,
            catalog,
            inbox,
            tap,
            lists: HashMap::new(),
            logs: HashMap::new(),
            started: Instant::now(),
            server: None,
            offset: 0,
            lost: Vec::new(),
        }
    }

    /// What the server serves.
    pub fn catalog(&self) -> Arc<Catalog> {
        self.catalog.borrow().clone()
    }

    /// The resource of this plural and group.
    pub fn resource(&self, group: &str, plural: &str) -> Arc<Resource> {
        let name = ResourceName::new(group, plural);
        let found = self.catalog().find(&name).cloned();
        found.unwrap_or_else(|| panic!("the server does not serve {name}"))
    }

    /// The minor version of the server.
    pub fn minor(&self) -> u32 {
        let version = self.server.as_ref().map_or("", |server| server.version.as_str());
        let minor = version.split('.').nth(1).unwrap_or_default();
        let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("{version:?} is no version"))
    }

    /// Unix seconds by the server's clock.
    pub fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        now.as_secs() as i64 + self.offset
    }

    /// Opens the list of a resource; without namespaces it is over all of them.
    pub fn list(&mut self, resource: &ResourceName, namespaces: &[&str], labels: &str, fields: &str) -> ListWant {
        self.list_as(Shape::Objects, resource, namespaces, labels, fields)
    }

    /// The same with rows of this shape.
    pub fn list_as(
        &mut self,
        shape: Shape,
        resource: &ResourceName,
        namespaces: &[&str],
        labels: &str,
        fields: &str,
    ) -> ListWant {
        let scope = match namespaces {
            [] => Scope::All,
            names => Scope::Namespaces(names.iter().map(|name| Clean::new(name)).collect()),
        };
        let want = ListWant {
            cluster: CLUSTER,
            resource: resource.clone(),
            scope,
            labels: Clean::new(labels),
            fields: Clean::new(fields),
            shape,
        };
        let kind = kinds::kind(resource.group.as_str(), resource.resource.as_str());
        let columns: Arc<[kinds::Column]> = kind.map_or(Arc::default(), |kind| kind.columns.into());
        let sources = namespaces.len().max(1);
        let mut table = Table::new(Clean::new(kind.map_or("", |kind| kind.kind)), columns, sources, 0);
        let generation = Generation(1);
        table.follows(generation);
        let handle = listwatch::start(&want, generation, &self.tap);
        let list = List {
            table,
            phases: Vec::new(),
            fewest: usize::MAX,
            handle,
        };
        self.lists.insert(want.clone(), list);
        want
    }

    /// Follows the log of a container.
    pub fn follow(&mut self, pod: (&str, &str, &Uid), container: &str, start: LogStart, previous: bool) -> LogWant {
        let want = LogWant {
            cluster: CLUSTER,
            namespace: Clean::new(pod.0),
            pod: Clean::new(pod.1),
            uid: pod.2.clone(),
            container: Clean::new(container),
            start,
            previous,
        };
        let log = Log {
            lines: Vec::new(),
            marks: Vec::new(),
            phases: Vec::new(),
            batches: (0, 0),
            handle: logs::start(Arc::new(want.clone()), Generation(1), &self.tap),
            joins: false,
        };
        self.logs.insert(want.clone(), log);
        want
    }

    /// The pods of a list: name, uid.
    pub fn pods(&self, want: &ListWant) -> Vec<(String, Uid)> {
        let table = &self.of(want).table;
        let rows = table.ids().filter_map(|id| table.row(id));
        rows.map(|row| (row.name.as_str().to_owned(), row.uid.clone()))
            .collect()
    }

    /// Ends a list.
    pub fn close(&mut self, want: &ListWant) {
        self.lists.remove(want);
    }

    /// A list that was opened.
    pub fn of(&self, want: &ListWant) -> &List {
        &self.lists[want]
    }

    /// From now on the fewest rows of a list are counted.
    pub fn count_fewest(&mut self) {
        for list in self.lists.values_mut() {
            list.fewest = list.table.counts().rows;
        }
    }

    /// What our list says in kubectl's columns at a moment.
    pub fn sheet(&self, want: &ListWant, now: i64) -> Sheet {
        let resource = self.catalog().find(&want.resource).cloned();
        let namespaced = resource.is_some_and(|resource| resource.namespaced);
        Sheet::of_ours(&self.of(want).table, namespaced && want.scope == Scope::All, now)
    }

    /// Takes messages until `look` finds what it looks for. Panics with what is known after so many seconds.
    pub async fn until<T>(&mut self, what: &str, seconds: u64, mut look: impl FnMut(&Driver) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(seconds);
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            match tokio::time::timeout_at(deadline, self.inbox.recv()).await {
                Ok(Some(message)) => self.take(message),
                Ok(None) => panic!("{what}: no more messages"),
                Err(_) => panic!("{what}: not within {seconds} s\n{}", self.told()),
            }
        }
    }

    /// Takes messages until this list is complete and live.
    pub async fn settled(&mut self, want: &ListWant) {
        let what = format!("the list of {}", want.resource);
        self.until(&what, 60, |driver| driver.of(want).is_settled().then_some(()))
            .await;
    }

    /// Takes messages for as long as something else goes on.
    pub async fn meanwhile<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return done,
                message = self.inbox.recv() => match message {
                    Some(message) => self.take(message),
                    None => panic!("no more messages"),
                },
            }
        }
    }

    fn take(&mut self, message: Msg) {
        let mono = self.started.elapsed().as_millis() as u64;
        match message {
            Msg::Cluster(_, event) => match event {
                ClusterEvent::Connected(server) => {
                    self.tap.streaming.note_version(server.version.as_str());
                    self.server = Some(server);
                }
                ClusterEvent::Failed { failure, .. } => {
                    self.server = None;
                    self.lost.push((Instant::now(), failure));
                }
                ClusterEvent::ClockOffset(offset) => self.offset = offset,
                _ => {}
            },
            Msg::Table(want, generation, event) => {
                let Some(list) = self.lists.get_mut(&*want) else { return };
                if !list.table.follows(generation) {
                    return;
                }
                if let TableEvent::Phase { source, phase } = &event {
                    list.phases.push((Instant::now(), *source, phase.clone()));
                }
                list.table.apply(event, mono);
                if list.table.is_complete() {
                    list.fewest = list.fewest.min(list.table.counts().rows);
                }
            }
            Msg::Log(want, _, event) => {
                if let Some(log) = self.logs.get_mut(&*want) {
                    log.take(event);
                }
            }
            _ => {}
        }
    }

    /// What is known, for a message.
    fn told(&self) -> String {
        let mut text = format!(
            "server {:?}, lost {:?}\n",
            self.server,
            self.lost.last().map(|(_, why)| why)
        );
        for (want, list) in &self.lists {
            if !list.is_settled() || self.lists.len() < 4 {
                let phases: Vec<&Phase> = list.table.sources().iter().map(|source| &source.phase).collect();
                text.push_str(&format!("{want:?}: {phases:?}, {:?}\n", list.table.counts()));
            }
        }
        for (want, log) in &self.logs {
            let (lines, phase) = (log.lines.len(), log.phases.last().map(|(_, phase)| phase));
            text.push_str(&format!(
                "{}/{}: {lines} lines, {phase:?}, {:?}\n",
                want.pod, want.container, log.marks
            ));
        }
        text
    }
}
