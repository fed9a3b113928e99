//! Watching: a stream of events from the log, with bookmarks, selections that objects enter and leave, and expiry.

use super::Inner;
use super::http::{Accept, Ask, Reply, Target};
use super::object::Object;
use super::read::{Renderer, selection, version_of};
use super::resource::{Profile, ResourceId};
use super::status::Status;
use super::store::{Entry, Selection};
use bytes::Bytes;
use futures::stream;
use serde_json::json;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Time between bookmarks.
const BOOKMARKS: Duration = Duration::from_secs(10);
/// How long a watch lasts when the client names no timeout.
const LASTS: Duration = Duration::from_secs(40 * 60);
/// About this many bytes go out at a time.
const PIECE: usize = 64 * 1024;
/// At most this many log entries are looked at under one lock.
const BATCH: usize = 512;

struct Watcher {
    inner: Arc<Inner>,
    renderer: Renderer,
    selection: Selection,
    table: ResourceId,
    /// What was there before the watch began and is still to be told.
    initial: VecDeque<Arc<Object>>,
    /// Whether the end of the initial events is to be marked.
    mark_end: bool,
    version: u64,
    bookmarks: bool,
    next_bookmark: Instant,
    ends: Instant,
    columns_sent: bool,
    expire: bool,
    over: bool,
    changes: tokio::sync::watch::Receiver<u64>,
}

/// Starts a watch.
pub(super) fn start(inner: &Arc<Inner>, ask: &Ask, target: Target, expire: bool) -> Result<Reply, Status> {
    let renderer = Renderer::new(ask, &target.resource)?;
    let selection = selection(ask, &target)?;
    let bookmarks = ask.flag("allowWatchBookmarks");
    let asked = version_of(ask)?;
    let mut streaming_list = ask.flag("sendInitialEvents");
    if ask.param("sendInitialEvents").is_some() {
        if inner.options.profile == Profile::Old {
            // A server of that age does not know the parameter.
            streaming_list = false;
        } else if ask.param("resourceVersionMatch") != Some("NotOlderThan") {
            return Err(Status::invalid(
                "ListOptions.meta.k8s.io",
                "",
                "resourceVersionMatch",
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
            ));
        }
    } else if ask.param("resourceVersionMatch").is_some_and(|m| !m.is_empty()) {
        let why = "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
        return Err(Status::invalid(
            "ListOptions.meta.k8s.io",
            "",
            "resourceVersionMatch",
            why,
        ));
    }
    // The receiver is made before the version is read, so that no change falls between.
    let changes = inner.wake.subscribe();
    let store = inner.read();
    let table = store.table_of(&target.resource);
    let from_start = matches!(asked, None | Some(0)) && ask.param("sendInitialEvents") != Some("false");
    let (initial, version) = if streaming_list || from_start {
        (
            store.snapshot(table, &selection, store.version(), None, usize::MAX)?.0,
            store.version(),
        )
    } else {
        (Vec::new(), asked.filter(|v| *v != 0).unwrap_or(store.version()))
    };
    drop(store);
    let lasts = ask
        .param("timeoutSeconds")
        .and_then(|v| v.parse().ok())
        .filter(|s| *s > 0);
    let watcher = Watcher {
        inner: inner.clone(),
        renderer,
        selection,
        table,
        initial: initial.into(),
        mark_end: streaming_list && bookmarks,
        version,
        bookmarks,
        next_bookmark: Instant::now() + BOOKMARKS,
        ends: Instant::now() + lasts.map_or(LASTS, Duration::from_secs),
        columns_sent: false,
        expire,
        over: false,
        changes,
    };
    Ok(Reply::Watch(Box::pin(stream::unfold(
        watcher,
        |mut watcher| async move {
            let piece = watcher.next().await?;
            Some((Ok(piece), watcher))
        },
    ))))
}

impl Watcher {
    /// The next piece of the stream; None at its end.
    async fn next(&mut self) -> Option<Bytes> {
        let mut out = Vec::new();
        while let Some(object) = self.initial.pop_front() {
            self.event(&mut out, "ADDED", &object);
            if out.len() >= PIECE {
                return Some(out.into());
            }
        }
        if std::mem::take(&mut self.mark_end) {
            self.bookmark(&mut out, true);
        }
        if self.expire {
            self.expire = false;
            self.over = true;
            self.error(
                &mut out,
                &Status::expired(format!(
                    "too old resource version: {} ({})",
                    self.version,
                    self.version + 1
                )),
            );
        }
        loop {
            if !out.is_empty() {
                return Some(out.into());
            }
            if self.over {
                return None;
            }
            // Seen before looking: a change during the look wakes the wait below at once.
            self.changes.borrow_and_update();
            let found = self.inner.read().events_after(self.version, self.table, BATCH);
            match found {
                Ok((entries, reached)) => {
                    for entry in &entries {
                        self.entry(&mut out, entry);
                    }
                    let all = reached <= self.version || entries.len() < BATCH;
                    self.version = self.version.max(reached);
                    if !out.is_empty() || !all {
                        continue;
                    }
                }
                Err(status) => {
                    self.over = true;
                    self.error(&mut out, &status);
                    continue;
                }
            }
            tokio::select! {
                changed = self.changes.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                }
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => {
                    self.next_bookmark = Instant::now() + BOOKMARKS;
                    self.bookmark(&mut out, false);
                }
                () = tokio::time::sleep_until(self.ends) => return None,
            }
        }
    }

    /// What a change means for this selection: an object may enter it, stay, or leave.
    fn entry(&mut self, out: &mut Vec<u8>, entry: &Entry) {
        let was = entry.before.as_ref().is_some_and(|o| self.selection.matches(o));
        let is = !entry.gone && self.selection.matches(&entry.object);
        match (was, is) {
            (false, true) => self.event(out, "ADDED", &entry.object),
            (true, true) => self.event(out, "MODIFIED", &entry.object),
            (true, false) if entry.gone => self.event(out, "DELETED", &entry.object),
            // The client knows it as it was; it gets that state under the version of the change.
            (true, false) => {
                if let Some(before) = &entry.before {
                    let last = before.at_version(entry.version);
                    self.event(out, "DELETED", &last);
                }
            }
            (false, false) => {}
        }
    }

    fn event(&mut self, out: &mut Vec<u8>, kind: &str, object: &Object) {
        let columns = !std::mem::replace(&mut self.columns_sent, true);
        out.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
        self.renderer.alone(out, object, self.inner.clock.now(), columns);
        out.extend_from_slice(b"}\n");
    }

    fn bookmark(&mut self, out: &mut Vec<u8>, initial_end: bool) {
        let mut metadata = json!({"resourceVersion": self.version.to_string(), "creationTimestamp": null});
        if initial_end {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let resource = &self.renderer.resource;
        let object = match self.renderer.accept {
            Accept::Table(beta) => {
                let columns = !std::mem::replace(&mut self.columns_sent, true);
                let columns = if columns {
                    self.renderer.printer.definitions()
                } else {
                    serde_json::Value::Null
                };
                let version = if beta { "meta.k8s.io/v1beta1" } else { "meta.k8s.io/v1" };
                json!({"kind": "Table", "apiVersion": version, "metadata": {"resourceVersion": self.version.to_string()},
                    "columnDefinitions": columns,
                    "rows": [{"cells": self.renderer.printer.cells_of(&json!({"metadata": {}}), self.inner.clock.now()), "object": {"kind": "PartialObjectMetadata", "apiVersion": version, "metadata": metadata}}]})
            }
            Accept::PartialObject => {
                json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata})
            }
            _ => json!({"kind": resource.kind, "apiVersion": resource.api_version(), "metadata": metadata}),
        };
        out.extend_from_slice(format!("{{\"type\":\"BOOKMARK\",\"object\":{object}}}\n").as_bytes());
    }

    fn error(&self, out: &mut Vec<u8>, status: &Status) {
        out.extend_from_slice(format!("{{\"type\":\"ERROR\",\"object\":{}}}\n", status.body().trim_end()).as_bytes());
    }
}
