//! A task's requests: lists and watches as they come in, element by element and line by line. What they mean is the
//! protocol's to say; what is sent of them goes through the outbox.

use super::engine::Source;
use super::event::WatchLine;
use super::fetch::{Answer, Collection, PROGRESS, request, send, silent};
use super::framer::{self, Framer};
use super::outbox::{Closed, Input, Outbox};
use super::protocol::Protocol;
use super::reader::Reader;
use super::splitter::{Element, Splitter};
use super::status::{Meaning, Status};
use super::step::{Event, Fetch, ListEnd, Reaction, STREAM_SILENCE, Trouble};
use super::whole::OBJECT_CAP;
use crate::cluster::connection::Connection;
use crate::msg::Phase;
use crate::text::Clean;
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// One plan being followed.
pub struct Task<'a> {
    /// What it lists.
    pub source: &'a Source,
    /// Where that is.
    pub collection: Collection,
    /// The way out.
    pub outbox: &'a mut Outbox,
    /// The epoch of the list that began last; outlives the plan.
    pub epoch: &'a mut u32,
    /// Makes rows.
    pub reader: Reader,
    /// Decides.
    pub protocol: Protocol,
    /// Where the protocol's time begins.
    pub began: Instant,
    /// What it does, for failures: `listing pods`.
    pub doing: String,
    /// Objects of this list so far.
    pub seen: u32,
    /// Objects of this list in all, when the server says.
    pub total: Option<u32>,
    /// The place among the first lists, while it has one.
    pub place: Option<OwnedSemaphorePermit>,
    /// Scatters how long watches last.
    pub seed: u64,
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
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn phase(&self) -> Phase {
        match (self.protocol.polling(), self.protocol.relisting()) {
            (Some(reason), Some(_)) => Phase::Polling {
                reason: reason.clone(),
                every: self.protocol.poll_every(),
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

    /// Does what the protocol asks for, and tells it what came of it.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn fetch(&mut self, connection: &Connection, fetch: Fetch) -> Result<(), Closed> {
        match fetch {
            Fetch::Watch { .. } => self.watch(connection, fetch, false).await,
            Fetch::Get { .. } => self.get(connection, fetch).await,
            Fetch::List { ref cursor, .. } => {
                if !connection.version().is_empty() {
                    self.source.tap.streaming.note_version(connection.version());
                }
                if cursor.is_none()
                    && self
                        .source
                        .tap
                        .streaming
                        .wanted(&self.source.want.resource, connection.is_loopback())
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

    async fn open(
        &self,
        client: &kube::Client,
        fetch: &Fetch,
        compressed: bool,
        lasts: u32,
    ) -> Result<Answer, Trouble> {
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
                        if !reader.too_large() {
                            outbox.count_undecodable("an object is larger than 32 MiB");
                        }
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
            if self.reader.over().is_some() {
                return self.give_up().await;
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
                self.total = metadata
                    .remaining_item_count
                    .map(|remaining| self.seen.saturating_add(remaining));
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

    /// The one object, where it may not be listed.
    async fn get(&mut self, connection: &Connection, fetch: Fetch) -> Result<(), Closed> {
        let opened = self.open(connection.shared(), &fetch, connection.wants_gzip(), 0).await;
        let object = match opened {
            Ok(answer) => match answer.whole(OBJECT_CAP, &self.doing).await {
                Ok(object) => Some(object),
                Err(Trouble::TooLarge(_)) => {
                    self.reader.too_large();
                    return self.give_up().await;
                }
                Err(trouble) => return self.list_failed(trouble),
            },
            // It is not there: an empty list, asked for again like any other.
            Err(Trouble::Status(status)) if status.meaning() == Meaning::NotFound => None,
            Err(trouble) => return self.list_failed(trouble),
        };
        self.begin().await?;
        if let Some(object) = object {
            self.seen = 1;
            let outbox = &mut *self.outbox;
            if let Err(error) = self.reader.element(&object, &mut |delta| outbox.push(delta)) {
                return self.list_failed(Trouble::Garbled(Clean::new(&error.message)));
            }
            if self.reader.over().is_some() {
                return self.give_up().await;
            }
        }
        let now = self.now();
        self.protocol.got(now);
        self.outbox.end(*self.epoch);
        self.end().await
    }

    /// No more can be held: what is there goes, and it says why.
    async fn give_up(&mut self) -> Result<(), Closed> {
        let Some(failure) = self.reader.over().cloned() else {
            return Ok(());
        };
        self.outbox.clear();
        *self.epoch += 1;
        self.outbox.begin(*self.epoch).await?;
        self.outbox.end(*self.epoch);
        self.protocol.stop(failure);
        self.end().await
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
        let client = if listing {
            connection.bulk()
        } else {
            connection.shared()
        };
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
            if self.reader.over().is_some() {
                return self.give_up().await;
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
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
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
            return protocol.event(
                Event::Bookmark {
                    version: &version,
                    initial_end,
                },
                listing,
                now,
            );
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
