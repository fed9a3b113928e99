//! The outbox of one source: changes go out in batches of at most 256 or 50 ms, through a bounded channel. While the other
//! side is slow a list waits, and a watch goes on reading and keeps only the latest change of each object.

use super::fetch::Answer;
use super::step::Trouble;
use crate::kinds::{Column, Uid};
use crate::msg::{Delta, Generation, Msg, Phase, TableEvent};
use crate::text::Clean;
use crate::want::ListWant;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{self, OwnedPermit, error::SendError};
use tokio::time::{Instant, sleep_until};

/// Changes a message.
pub const BATCH: usize = 256;
/// How long a change may wait for others.
const LINGER: Duration = Duration::from_millis(50);
/// How often a list says how far it is.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// A list that is this far ahead of the other side stops reading.
const LIST_AHEAD: usize = 4 * BATCH;
/// A watch that is this many objects ahead of the other side gives up and lists again.
pub const WATCH_AHEAD: usize = 20_000;

/// The other side is gone: the task ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

/// What reading a body gave.
#[derive(Debug)]
pub enum Input {
    /// Bytes.
    Chunk(Bytes),
    /// The body's end.
    End,
    /// It broke.
    Failed(Trouble),
    /// Nothing came for as long as was asked.
    Silent,
}

type Reserving = Pin<Box<dyn Future<Output = Result<OwnedPermit<Msg>, SendError<()>>> + Send + Sync>>;

/// The way out of one source.
pub struct Outbox {
    want: Box<ListWant>,
    generation: Generation,
    source: u16,
    sender: mpsc::Sender<Msg>,
    pending: VecDeque<Delta>,
    places: HashMap<Uid, u64>,
    sent: u64,
    oldest: Option<Instant>,
    reserving: Option<Reserving>,
    phase: Option<Phase>,
    columns: Option<Arc<[Column]>>,
    owed_end: Option<u32>,
    progress_at: Option<Instant>,
    undecodable: Arc<AtomicU32>,
    undecodable_said: bool,
    undecodable_last: Clean,
}

impl Outbox {
    /// The outbox of a source of a want. `undecodable` counts for all sources of the want together.
    pub fn new(
        want: ListWant,
        generation: Generation,
        source: u16,
        sender: mpsc::Sender<Msg>,
        undecodable: Arc<AtomicU32>,
    ) -> Outbox {
        Outbox {
            want: Box::new(want),
            generation,
            source,
            sender,
            pending: VecDeque::new(),
            places: HashMap::new(),
            sent: 0,
            oldest: None,
            reserving: None,
            phase: None,
            columns: None,
            owed_end: None,
            progress_at: None,
            undecodable,
            undecodable_said: true,
            undecodable_last: Clean::default(),
        }
    }

    /// Queues a change; the latest change of an object takes the place of an earlier one.
    pub fn push(&mut self, delta: Delta) {
        let uid = match &delta {
            Delta::Upsert(row) => row.uid.clone(),
            Delta::Delete(uid) => uid.clone(),
        };
        let next = self.sent + self.pending.len() as u64;
        let place = *self.places.entry(uid).or_insert(next);
        match self.pending.get_mut((place - self.sent) as usize) {
            Some(waiting) => *waiting = delta,
            None => self.pending.push_back(delta),
        }
        self.oldest.get_or_insert_with(Instant::now);
    }

    /// Whether a watch is further ahead of the other side than it may be.
    pub fn is_too_far_ahead(&self) -> bool {
        self.pending.len() > WATCH_AHEAD
    }

    /// Drops what has not been sent: a list follows.
    pub fn clear(&mut self) {
        self.sent += self.pending.len() as u64;
        self.pending.clear();
        self.places = HashMap::new();
        self.oldest = None;
    }

    /// Counts an object that could not be decoded.
    pub fn count_undecodable(&mut self, last: &str) {
        self.undecodable.fetch_add(1, Ordering::Relaxed);
        self.undecodable_last = Clean::new(last);
        self.undecodable_said = false;
    }

    /// Says the phase, if it is a new one, after the changes before it. Like everything here that waits, it can be dropped
    /// at any point without losing or doubling a change.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn phase(&mut self, phase: Phase) -> Result<(), Closed> {
        if self.owed_end.is_none() && self.phase.as_ref() == Some(&phase) {
            return Ok(());
        }
        self.flush().await?;
        if self.phase.as_ref() == Some(&phase) {
            return Ok(());
        }
        let permit = self.reserve().await?;
        self.phase = Some(phase.clone());
        let source = self.source;
        self.send(permit, TableEvent::Phase { source, phase });
        Ok(())
    }

    /// Says how far a list is, now and then and only while there is room.
    pub fn progress(&mut self, phase: Phase) {
        let now = Instant::now();
        let soon = self.progress_at.is_some_and(|then| now < then + PROGRESS_EVERY);
        if soon || self.phase.as_ref() == Some(&phase) {
            return;
        }
        let source = self.source;
        let event = TableEvent::Phase {
            source,
            phase: phase.clone(),
        };
        if self
            .sender
            .try_send(Msg::Table(self.want.clone(), self.generation, event))
            .is_ok()
        {
            self.phase = Some(phase);
            self.progress_at = Some(now);
        }
    }

    /// Says the columns, if they are new ones, before the changes that wait: those are already in their terms.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn columns(&mut self, columns: Arc<[Column]>) -> Result<(), Closed> {
        if self.columns.as_ref() == Some(&columns) {
            return Ok(());
        }
        let permit = self.reserve().await?;
        self.columns = Some(columns.clone());
        self.send(permit, TableEvent::Columns(columns));
        Ok(())
    }

    /// A list begins.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn begin(&mut self, epoch: u32) -> Result<(), Closed> {
        self.flush().await?;
        let permit = self.reserve().await?;
        let source = self.source;
        self.send(permit, TableEvent::Begin { source, epoch });
        Ok(())
    }

    /// A list is complete. Said with the next `flush`, so that it cannot get lost.
    pub fn end(&mut self, epoch: u32) {
        self.owed_end = Some(epoch);
    }

    /// Sends all that is queued.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn flush(&mut self) -> Result<(), Closed> {
        self.reserving = None;
        let source = self.source;
        while !self.pending.is_empty() {
            let permit = self.reserve().await?;
            let deltas = self.batch();
            self.send(permit, TableEvent::Deltas { source, deltas });
        }
        if let Some(epoch) = self.owed_end {
            let permit = self.reserve().await?;
            self.owed_end = None;
            self.send(permit, TableEvent::End { source, epoch });
        }
        if !self.undecodable_said {
            let permit = self.reserve().await?;
            let event = self.undecodable();
            self.undecodable_said = true;
            self.send(permit, event);
        }
        Ok(())
    }

    fn undecodable(&self) -> TableEvent {
        TableEvent::Undecodable {
            count: self.undecodable.load(Ordering::Relaxed),
            last: self.undecodable_last.clone(),
        }
    }

    async fn reserve(&self) -> Result<OwnedPermit<Msg>, Closed> {
        self.sender.clone().reserve_owned().await.map_err(|_| Closed)
    }

    fn send(&self, permit: OwnedPermit<Msg>, event: TableEvent) {
        permit.send(Msg::Table(self.want.clone(), self.generation, event));
    }

    fn batch(&mut self) -> Vec<Delta> {
        let count = self.pending.len().min(BATCH);
        let deltas: Vec<Delta> = self.pending.drain(..count).collect();
        self.sent += count as u64;
        if self.pending.is_empty() {
            self.places.clear();
            self.places.shrink_to(LIST_AHEAD);
            self.pending.shrink_to(LIST_AHEAD);
            self.oldest = None;
        } else {
            for delta in &deltas {
                self.places.remove(match delta {
                    Delta::Upsert(row) => &row.uid,
                    Delta::Delete(uid) => uid,
                });
            }
        }
        deltas
    }

    /// Reads the next bytes of a body and sends what is due meanwhile. `waits`: whether reading may wait for the other
    /// side (a list may, a watch may not). `patience`: how long the body may be silent.
    ///
    /// # Errors
    /// When the other side is gone.
    pub async fn next(
        &mut self,
        answer: &mut Answer,
        waits: bool,
        patience: Duration,
        doing: &str,
    ) -> Result<Input, Closed> {
        let mut deadline = Instant::now() + patience;
        loop {
            if !self.undecodable_said && self.pending.is_empty() {
                let message = Msg::Table(self.want.clone(), self.generation, self.undecodable());
                self.undecodable_said = self.sender.try_send(message).is_ok();
            }
            let due = self.oldest.map(|oldest| oldest + LINGER);
            let ripe = self.pending.len() >= BATCH || due.is_some_and(|due| due <= Instant::now());
            let full = waits && self.pending.len() >= LIST_AHEAD;
            if ripe && self.reserving.is_none() {
                self.reserving = Some(Box::pin(self.sender.clone().reserve_owned()));
            }
            tokio::select! {
                biased;
                permit = reserved(&mut self.reserving) => {
                    self.reserving = None;
                    let permit = permit.map_err(|_| Closed)?;
                    let source = self.source;
                    let deltas = self.batch();
                    self.send(permit, TableEvent::Deltas { source, deltas });
                    if full {
                        deadline = Instant::now() + patience;
                    }
                }
                chunk = answer.chunk(doing), if !full => return Ok(match chunk {
                    Ok(Some(chunk)) => Input::Chunk(chunk),
                    Ok(None) => Input::End,
                    Err(trouble) => Input::Failed(trouble),
                }),
                () = sleep_until(due.unwrap_or(deadline)), if !ripe && due.is_some() => {}
                () = sleep_until(deadline), if !full => return Ok(Input::Silent),
                () = self.sender.closed() => return Err(Closed),
            }
        }
    }
}

async fn reserved(reserving: &mut Option<Reserving>) -> Result<OwnedPermit<Msg>, SendError<()>> {
    match reserving {
        Some(reserving) => reserving.as_mut().await,
        None => std::future::pending().await,
    }
}
