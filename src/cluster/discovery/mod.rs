//! Discovery: what a server serves, kept up to date. Aggregated discovery where the server has it, else the legacy
//! documents, each group version by itself. Custom resource definitions and API services are watched by their metadata;
//! where that is forbidden the root documents are asked again every five seconds.
//! It refuses to let a failing group hide another, and keeps the last that was known of a group that fails later.

mod ask;
pub mod documents;
#[cfg(test)]
mod tests;

use super::connection::{Connection, Line};
use super::listwatch::fetch::{self, Collection};
use super::listwatch::framer;
use super::listwatch::status::{Meaning, Status};
use super::listwatch::step::{Fetch, Trouble};
use crate::kinds::{Catalog, Kind};
use crate::msg::{ClusterEvent, Msg};
use crate::text::Clean;
use crate::want::ClusterId;
use ask::Memory;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

/// After a change it is asked again at these times: a definition is announced before it is served, which takes a server
/// a second or three.
const AFTER_A_CHANGE: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_millis(1300),
    Duration::from_millis(3500),
];
/// It is never asked again sooner than this, however much changes.
const SPACING: Duration = Duration::from_secs(1);
/// How often the roots are asked where definitions cannot be watched.
const POLL_EVERY: Duration = Duration::from_secs(5);
/// How often everything is asked while a group fails, or while definitions cannot be watched on a server without
/// aggregated discovery (whose roots do not tell of a new resource in an old group).
const THOROUGH_EVERY: Duration = Duration::from_secs(30);
/// How long a watch of definitions that broke waits, and a discovery of which nothing came.
const TRY_AGAIN: Duration = Duration::from_secs(2);
/// What tells of changes, by group and plural.
const TELLERS: [(&str, &str); 2] = [
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
];
/// What definitions are asked for with: their names are enough.
const ACCEPT_METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/// What the watchers of definitions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tidings {
    /// Something has changed.
    Changed,
    /// Changes from here on will be told.
    Watching,
    /// Changes cannot be watched.
    Unwatchable,
}

/// Starts discovery for a cluster: its catalog goes into the channel and out as a message, each time it has changed. The
/// channel holds an empty catalog until the server has answered. Needs a tokio runtime; abort the task to end it.
pub fn start(
    cluster: ClusterId,
    line: Line,
    outbox: mpsc::Sender<Msg>,
) -> (JoinHandle<()>, watch::Receiver<Arc<Catalog>>) {
    start_with(cluster, line, outbox, crate::kinds::kind)
}

fn start_with(
    cluster: ClusterId,
    line: Line,
    outbox: mpsc::Sender<Msg>,
    kinds: fn(&str, &str) -> Option<&'static Kind>,
) -> (JoinHandle<()>, watch::Receiver<Arc<Catalog>>) {
    let (catalog, known) = watch::channel(Arc::new(Catalog::default()));
    let task = tokio::spawn(run(cluster, line, outbox, catalog, kinds));
    (task, known)
}

async fn run(
    cluster: ClusterId,
    mut line: Line,
    outbox: mpsc::Sender<Msg>,
    catalog: watch::Sender<Arc<Catalog>>,
    kinds: fn(&str, &str) -> Option<&'static Kind>,
) {
    let mut memory = Memory::default();
    loop {
        let connection = line.borrow_and_update().clone();
        let ended = match connection {
            None => line.changed().await.is_err(),
            Some(connection) => tokio::select! {
                changed = line.changed() => changed.is_err(),
                () = follow(cluster, &connection, &outbox, &catalog, &mut memory, kinds) => true,
            },
        };
        if ended {
            return;
        }
    }
}

/// Keeps the catalog up to date over one connection; ends when nobody listens any more.
async fn follow(
    cluster: ClusterId,
    connection: &Connection,
    outbox: &mpsc::Sender<Msg>,
    catalog: &watch::Sender<Arc<Catalog>>,
    memory: &mut Memory,
    kinds: fn(&str, &str) -> Option<&'static Kind>,
) {
    // Dropping the set ends the watchers.
    let mut watchers = JoinSet::new();
    let (tell, mut tidings) = mpsc::channel(16);
    let mut watched = [false; TELLERS.len()];
    let mut begun = 0;
    let mut polls = false;
    let mut due: Vec<Instant> = vec![Instant::now()];
    let mut thorough_at = Instant::now();
    let mut not_before = Instant::now();
    loop {
        let now = Instant::now();
        if now >= not_before && due.iter().any(|at| *at <= now) {
            due.retain(|at| *at > now);
            let thorough = thorough_at <= now;
            let answered = memory.ask(connection, thorough).await;
            not_before = Instant::now() + SPACING;
            if thorough {
                thorough_at = Instant::now() + THOROUGH_EVERY;
            }
            let new = memory.catalog(kinds);
            if **catalog.borrow() != new {
                let new = Arc::new(new);
                catalog.send_replace(new.clone());
                let message = Msg::Cluster(cluster, ClusterEvent::Catalog(new));
                if outbox.send(message).await.is_err() {
                    return;
                }
            }
            let known = catalog.borrow().clone();
            for ((group, plural), watched) in TELLERS.iter().zip(&mut watched) {
                let found = known
                    .resources
                    .iter()
                    .find(|r| r.name.group.as_str() == *group && r.name.resource.as_str() == *plural);
                if let Some(resource) = found.filter(|_| !*watched) {
                    *watched = true;
                    let collection = Collection {
                        group: resource.name.group.clone(),
                        version: resource.version.clone(),
                        resource: resource.name.resource.clone(),
                        namespace: None,
                        labels: Clean::default(),
                        fields: Clean::default(),
                        table: false,
                    };
                    watchers.spawn(tell_of_changes(connection.clone(), collection, tell.clone()));
                }
            }
            if !answered {
                due.push(Instant::now() + TRY_AGAIN);
            } else if polls {
                due.push(Instant::now() + POLL_EVERY);
            } else if !known.failed.is_empty() {
                due.push(thorough_at);
            }
        }
        let next = due.iter().min().map(|at| not_before.max(*at));
        let sleep = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = sleep => {}
            said = tidings.recv() => match said {
                Some(Tidings::Changed) => {
                    let now = Instant::now();
                    // What is due from the change before is due from this one too: a storm asks no oftener.
                    let first = due.iter().min().copied().filter(|at| *at <= now + AFTER_A_CHANGE[0]);
                    due = AFTER_A_CHANGE.iter().map(|after| now + *after).chain(first).collect();
                    thorough_at = now;
                }
                Some(Tidings::Watching) => {
                    // What came between the first answer and the watches is in neither.
                    begun += 1;
                    if begun == watched.iter().filter(|watched| **watched).count() {
                        thorough_at = Instant::now();
                        due.push(thorough_at);
                    }
                }
                Some(Tidings::Unwatchable) => {
                    polls = true;
                    due.push(Instant::now() + POLL_EVERY);
                }
                None => return,
            },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Start {
    metadata: StartMeta,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StartMeta {
    resource_version: String,
}

/// Watches definitions by their metadata and tells of every change.
async fn tell_of_changes(connection: Connection, collection: Collection, tell: mpsc::Sender<Tidings>) {
    let mut missed = false;
    loop {
        if missed && tell.send(Tidings::Changed).await.is_err() {
            return;
        }
        match watch_once(&connection, &collection, &tell, !missed).await {
            Ok(()) => {}
            Err(Trouble::Status(status)) if is_refusal(&status) => {
                // The end of it: the roots are polled now.
                let _ = tell.send(Tidings::Unwatchable).await;
                return;
            }
            Err(_) => {}
        }
        if tell.is_closed() {
            return;
        }
        // What changed between two watches has not been told.
        missed = true;
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

fn is_refusal(status: &Status) -> bool {
    matches!(
        status.meaning(),
        Meaning::Forbidden | Meaning::NotFound | Meaning::NotAllowed | Meaning::Invalid
    )
}

async fn watch_once(
    connection: &Connection,
    collection: &Collection,
    tell: &mpsc::Sender<Tidings>,
    first: bool,
) -> Result<(), Trouble> {
    let doing = "watching for new kinds";
    let list = Fetch::List {
        from: super::listwatch::step::From::Newest,
        cursor: None,
        limit: Some(1),
    };
    let client = connection.shared();
    let compressed = connection.wants_gzip();
    let answer = fetch::send(
        client,
        fetch::request(&collection.path(&list, 0), ACCEPT_METADATA, compressed)?,
        doing,
    )
    .await?;
    let start: Start = serde_json::from_slice(&answer.whole(fetch::DOCUMENT_CAP, doing).await?)
        .map_err(|error| Trouble::Garbled(Clean::new(&error.to_string())))?;
    let mut version = start.metadata.resource_version;
    if first && tell.send(Tidings::Watching).await.is_err() {
        return Ok(());
    }
    loop {
        // A watch that ends well goes on from where it was.
        let lasts = 300;
        let path = collection.path(
            &Fetch::Watch {
                version: version.clone(),
            },
            lasts,
        );
        let mut answer = fetch::send(client, fetch::request(&path, ACCEPT_METADATA, false)?, doing).await?;
        let ends = Instant::now() + Duration::from_secs(u64::from(lasts) + 30);
        let opened = Instant::now();
        let mut lines = framer::Framer::default();
        loop {
            let chunk = match tokio::time::timeout_at(ends, answer.chunk(doing)).await {
                Err(_) => break,
                Ok(chunk) => match chunk? {
                    Some(chunk) => chunk,
                    None => break,
                },
            };
            let mut changed = false;
            let mut broken = None;
            lines.feed(&chunk, &mut |line| {
                let framer::Line::Whole(line) = line else {
                    changed = true;
                    return true;
                };
                match super::listwatch::event::WatchLine::parse(line, false) {
                    Ok(super::listwatch::event::WatchLine::Bookmark { version: at, .. }) => version = at.into_owned(),
                    Ok(super::listwatch::event::WatchLine::Error(status)) => broken = Some(Trouble::Status(status)),
                    Ok(
                        super::listwatch::event::WatchLine::Changed { version: at, .. }
                        | super::listwatch::event::WatchLine::Deleted { version: at, .. },
                    ) => {
                        changed = true;
                        version = at.into_owned();
                    }
                    Err(error) => broken = Some(Trouble::Garbled(Clean::new(&error))),
                }
                broken.is_none()
            });
            if changed && tell.send(Tidings::Changed).await.is_err() {
                return Ok(());
            }
            if let Some(trouble) = broken {
                return Err(trouble);
            }
        }
        if opened.elapsed() < TRY_AGAIN {
            return Ok(());
        }
    }
}
