//! The task of one log: it does what the protocol says, over the connection that is there, and sends what comes of it in
//! batches through the bounded outbox. While the other side is slow it does not read, so the server waits too.

use super::lines::{Lines, Piece};
use super::pod;
use super::protocol::{From, Protocol, Read, Step, Verdict};
use crate::cluster::connection::{Connection, Line};
use crate::cluster::listwatch::ClusterTap;
use crate::cluster::listwatch::fetch::{ACCEPT_JSON, Answer, PROGRESS, encoded, request, send, send_and_wait, silent};
use crate::cluster::listwatch::outbox::Closed;
use crate::cluster::listwatch::status::Meaning;
use crate::cluster::listwatch::step::Trouble;
use crate::kinds::Uid;
use crate::msg::{Generation, LogBatch, LogEvent, LogLine, LogMark, LogPhase, Msg};
use crate::text::Clean;
use crate::want::LogWant;
use std::collections::VecDeque;
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// Bytes of lines a message; one line may be longer, up to the cap of a line.
pub const BATCH_BYTES: usize = 64 << 10;
/// How long a line may wait for others.
pub const LINGER: Duration = Duration::from_millis(20);
/// A server that has not refused for so long follows; it answers when the container writes.
const QUIET: Duration = Duration::from_millis(500);
/// The largest pod that is read.
const POD_CAP: usize = 8 << 20;

/// A log that is followed. Dropping it ends its task.
#[derive(Debug)]
pub struct LogHandle {
    task: JoinHandle<()>,
    retry: watch::Sender<u64>,
}

impl LogHandle {
    /// Tries again now: out of backoff, after 403 and 404, and after the end.
    pub fn retry(&self) {
        self.retry.send_modify(|count| *count += 1);
    }
}

impl Drop for LogHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to follow a log. Needs a tokio runtime.
pub fn start(want: Arc<LogWant>, generation: Generation, tap: &ClusterTap) -> LogHandle {
    let (retry, retried) = watch::channel(0);
    let seed = RandomState::new().hash_one(&*want);
    let task = Task {
        protocol: Protocol::new(want.start, want.previous, seed),
        began: Instant::now(),
        doing: format!("reading the log of {}/{}", want.pod, want.container),
        lines: Lines::default(),
        skip: false,
        known: 0,
        out: Outbox {
            want: want.clone(),
            generation,
            sender: tap.outbox.clone(),
            ready: VecDeque::new(),
            bytes: Vec::new(),
            lines: Vec::new(),
            due: None,
            last: 0,
            phase: None,
        },
        want,
        line: tap.line.clone(),
        retry: retried,
    };
    LogHandle {
        task: tokio::spawn(async move {
            let _ = task.run().await;
        }),
        retry,
    }
}

struct Task {
    want: Arc<LogWant>,
    protocol: Protocol,
    began: Instant,
    /// What it does, for failures.
    doing: String,
    lines: Lines,
    /// The line that is coming in is not taken.
    skip: bool,
    /// So many bytes of it are known.
    known: usize,
    out: Outbox,
    line: Line,
    retry: watch::Receiver<u64>,
}

impl Task {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn run(mut self) -> Result<(), Closed> {
        let mut line = self.line.clone();
        let mut retry = self.retry.clone();
        loop {
            let connection = line.borrow_and_update().clone();
            let Some(connection) = connection else {
                self.out.flush().await?;
                self.out.phase(LogPhase::Waiting(Clean::new("the connection"))).await?;
                if line.changed().await.is_err() {
                    return Err(Closed);
                }
                continue;
            };
            while let Some(mark) = self.protocol.mark() {
                self.out.mark(mark);
            }
            self.out.flush().await?;
            let (wait, phase) = match self.protocol.step() {
                Step::Look | Step::Read(_) => {
                    tokio::select! {
                        done = self.act(&connection) => done?,
                        Ok(()) = line.changed() => {
                            self.lines.forget();
                            self.protocol.interrupted();
                        }
                    }
                    continue;
                }
                Step::Pause(wait) => (Some(wait), None),
                Step::Wait { reason, wait } => (Some(wait), Some(LogPhase::Waiting(reason))),
                Step::Backoff { failure, wait } => {
                    let phase = LogPhase::Backoff {
                        failure,
                        retry_in: wait,
                    };
                    (Some(wait), Some(phase))
                }
                Step::End(words) => {
                    self.take_rest();
                    self.out.flush().await?;
                    (None, Some(LogPhase::Ended(words)))
                }
                Step::Stop(failure) => (None, Some(LogPhase::Stopped(failure))),
            };
            if let Some(phase) = phase {
                self.out.phase(phase).await?;
            }
            let waited = async {
                match wait {
                    Some(wait) => sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = waited => self.protocol.waited(),
                Ok(()) = retry.changed() => self.protocol.retry(),
                Ok(()) = line.changed() => self.protocol.interrupted(),
            }
        }
    }

    async fn act(&mut self, connection: &Connection) -> Result<(), Closed> {
        match self.protocol.step() {
            Step::Read(read) => self.read(connection, read).await,
            _ => {
                self.look(connection).await;
                Ok(())
            }
        }
    }

    async fn look(&mut self, connection: &Connection) {
        let path = pod_path(&self.want);
        let asked = async {
            let request = request(&path, ACCEPT_JSON, connection.wants_gzip())?;
            let answer = send(connection.shared(), request, &self.doing).await?;
            answer.whole(POD_CAP, &self.doing).await
        };
        match asked.await {
            Ok(body) => match pod::facts(&body, self.want.container.as_str()) {
                Ok((uid, _)) if Uid::parse(&uid) != self.want.uid && !is_unknown(&self.want.uid) => {
                    self.protocol.gone("the pod is gone; another one has its name");
                }
                Ok((_, facts)) => self.protocol.looked(facts),
                Err(words) => self.protocol.gone(words.as_str()),
            },
            Err(Trouble::Status(status)) if status.meaning() == Meaning::NotFound => {
                self.protocol.gone("the pod is gone");
            }
            Err(Trouble::Status(status)) if status.meaning() == Meaning::Forbidden => self.protocol.blind(),
            Err(trouble) => self.protocol.look_failed(&trouble, self.began.elapsed()),
        }
    }

    /// Reads a body to its end and tells the protocol how it ended.
    async fn read(&mut self, connection: &Connection, read: Read) -> Result<(), Closed> {
        self.lines.forget();
        self.protocol.reading(self.now());
        let end = match self.open(connection, read).await? {
            Ok(answer) => self.take_body(answer, read).await?,
            Err(trouble) => Err(trouble),
        };
        match &end {
            // It may be a line that is still being written, or the server was cut off in the middle of it: the pod will tell.
            Ok(()) if read.follow => {}
            Ok(()) => self.take_rest(),
            Err(_) => self.lines.forget(),
        }
        self.protocol.ended(read, end, self.now());
        Ok(())
    }

    async fn open(&mut self, connection: &Connection, read: Read) -> Result<Result<Answer, Trouble>, Closed> {
        let request = match request(&log_path(&self.want, read), "*/*", false) {
            Ok(request) => request,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let (client, doing) = (connection.bulk().clone(), self.doing.clone());
        let sending = async move {
            match read.follow {
                true => send_and_wait(&client, request, &doing).await,
                false => send(&client, request, &doing).await,
            }
        };
        tokio::pin!(sending);
        let answer = tokio::select! {
            answer = &mut sending => answer,
            () = sleep(QUIET) => {
                self.out.phase(LogPhase::Streaming).await?;
                sending.await
            }
        };
        if answer.is_ok() {
            self.out.phase(LogPhase::Streaming).await?;
        }
        Ok(answer)
    }

    async fn take_body(&mut self, mut answer: Answer, read: Read) -> Result<Result<(), Trouble>, Closed> {
        let doing = self.doing.clone();
        loop {
            let due = self.out.due;
            let lingered = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let chunk = async {
                match read.follow {
                    true => answer.chunk(&doing).await,
                    false => match timeout(PROGRESS, answer.chunk(&doing)).await {
                        Ok(chunk) => chunk,
                        Err(_) => Err(silent(&doing, PROGRESS)),
                    },
                }
            };
            let chunk = tokio::select! {
                biased;
                () = lingered => {
                    self.out.flush().await?;
                    continue;
                }
                chunk = chunk => chunk,
            };
            match chunk {
                Ok(Some(bytes)) => {
                    self.take(&bytes);
                    self.out.send_ready().await?;
                }
                Ok(None) => return Ok(Ok(())),
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.take(bytes, &mut |piece| self.piece(piece));
        self.lines = lines;
    }

    fn take_rest(&mut self) {
        let mut lines = std::mem::take(&mut self.lines);
        lines.end(&mut |piece| self.piece(piece));
        self.lines = lines;
    }

    fn piece(&mut self, piece: Piece<'_>) {
        if piece.first {
            match self.protocol.line(piece.stamp, piece.bytes) {
                Verdict::Skip => self.skip = true,
                Verdict::Take(known) => (self.skip, self.known) = (false, known),
            }
            while let Some(mark) = self.protocol.mark() {
                self.out.mark(mark);
            }
        }
        if self.skip {
            return;
        }
        let known = self.known.min(piece.bytes.len());
        self.known -= known;
        let bytes = piece.bytes.get(known..).unwrap_or_default();
        if known > 0 && bytes.is_empty() && piece.cut {
            return;
        }
        self.out.push(bytes, piece.stamp.unwrap_or(0), piece.cut);
        self.protocol.took(piece.stamp, bytes.len(), piece.cut);
    }
}

fn is_unknown(uid: &Uid) -> bool {
    matches!(uid, Uid::Text(text) if text.is_empty())
}

fn pod_path(want: &LogWant) -> String {
    let (namespace, pod) = (encoded(want.namespace.as_str()), encoded(want.pod.as_str()));
    format!("/api/v1/namespaces/{namespace}/pods/{pod}")
}

fn log_path(want: &LogWant, read: Read) -> String {
    let container = encoded(want.container.as_str());
    let mut path = format!("{}/log?container={container}&timestamps=true", pod_path(want));
    if read.follow {
        path.push_str("&follow=true");
    }
    if read.previous {
        path.push_str("&previous=true");
    }
    // Writing to a String cannot fail.
    let _ = match read.from {
        From::All => Ok(()),
        From::Tail(lines) => write!(path, "&tailLines={lines}"),
        From::Since(second) => write!(path, "&sinceTime={}", crate::text::format_time(second)),
    };
    path
}

/// The way out: lines gather for a moment, and go out before any mark or phase that comes after them. Whatever waits here
/// can be dropped at any point without losing or doubling a line.
struct Outbox {
    want: Arc<LogWant>,
    generation: Generation,
    sender: mpsc::Sender<Msg>,
    ready: VecDeque<LogEvent>,
    bytes: Vec<u8>,
    lines: Vec<LogLine>,
    due: Option<Instant>,
    /// The stamp of the last line.
    last: i64,
    phase: Option<LogPhase>,
}

impl Outbox {
    fn push(&mut self, bytes: &[u8], time: i64, cut: bool) {
        if !self.bytes.is_empty() && self.bytes.len() + bytes.len() > BATCH_BYTES {
            self.seal();
        }
        self.bytes.extend_from_slice(bytes);
        self.lines.push(LogLine {
            end: self.bytes.len() as u32,
            time,
            cut,
        });
        if time != 0 {
            self.last = time;
        }
        self.due.get_or_insert_with(|| Instant::now() + LINGER);
        // Empty lines take room too.
        if self.bytes.len() >= BATCH_BYTES || self.lines.len() >= BATCH_BYTES / 16 {
            self.seal();
        }
    }

    fn seal(&mut self) {
        if self.lines.is_empty() {
            return;
        }
        let batch = LogBatch {
            bytes: self.bytes.as_slice().into(),
            lines: self.lines.as_slice().into(),
        };
        self.bytes.clear();
        self.lines.clear();
        self.due = None;
        self.ready.push_back(LogEvent::Lines(batch));
    }

    fn mark(&mut self, mark: LogMark) {
        self.seal();
        let time = self.last;
        self.ready.push_back(LogEvent::Mark { mark, time });
    }

    async fn phase(&mut self, phase: LogPhase) -> Result<(), Closed> {
        if self.phase.as_ref() == Some(&phase) {
            return Ok(());
        }
        self.flush().await?;
        let permit = self.sender.reserve().await.map_err(|_| Closed)?;
        self.phase = Some(phase.clone());
        permit.send(Msg::Log(self.want.clone(), self.generation, LogEvent::Phase(phase)));
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Closed> {
        self.seal();
        self.send_ready().await
    }

    async fn send_ready(&mut self) -> Result<(), Closed> {
        while !self.ready.is_empty() {
            let permit = self.sender.reserve().await.map_err(|_| Closed)?;
            if let Some(event) = self.ready.pop_front() {
                permit.send(Msg::Log(self.want.clone(), self.generation, event));
            }
        }
        Ok(())
    }
}
