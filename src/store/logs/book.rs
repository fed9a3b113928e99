//! The book: lines of several sources in one ring, in the order of time.

use super::{Level, LineId, LineKind, LogLineRef, SourceId, SourceInfo};
use crate::msg::{Generation, LogEvent, LogPhase};

/// The most that a book holds unless it is told otherwise, in bytes, everything counted.
pub const LIMIT: usize = 64 << 20;

/// What one event brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Lines that are new in the book, marks included.
    pub lines: usize,
    /// Lines that it had already, from before the stream was started again.
    pub skipped: usize,
}

/// What a full ring has let go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Lines.
    pub lines: u64,
    /// Their bytes, without line ends.
    pub bytes: u64,
}

/// A bucket of the strip over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Lines in this span of time.
    pub lines: usize,
    /// How many of them are errors or worse (a trace counts once).
    pub errors: usize,
    /// The position of the first line at or after the beginning of the span: where a jump to it goes.
    pub first: usize,
}

/// The lines of one view's sources.
#[derive(Debug)]
pub struct LogBook {
    limit: usize,
    sources: Vec<(SourceInfo, Option<LogPhase>)>,
    lines: Vec<(SourceId, i64, Vec<u8>)>,
}

impl Default for LogBook {
    fn default() -> LogBook {
        LogBook::new(LIMIT)
    }
}

impl LogBook {
    /// A book that holds so many bytes, everything counted.
    pub fn new(limit: usize) -> LogBook {
        LogBook {
            limit,
            sources: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Adds a source. From the 65,536th on they share the last number.
    pub fn add_source(&mut self, info: SourceInfo) -> SourceId {
        self.sources.push((info, None));
        SourceId(u16::try_from(self.sources.len() - 1).unwrap_or(u16::MAX))
    }

    /// Whose lines these are.
    pub fn source(&self, id: SourceId) -> Option<&SourceInfo> {
        self.sources.get(usize::from(id.0)).map(|(info, _)| info)
    }

    /// What the stream of a source is doing, once it has said so.
    pub fn phase(&self, id: SourceId) -> Option<&LogPhase> {
        self.sources.get(usize::from(id.0))?.1.as_ref()
    }

    /// All sources with their numbers.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = (SourceId, &SourceInfo)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(number, (info, _))| (SourceId(number as u16), info))
    }

    /// Takes what the stream of a source sends. After a new start of the stream (a new generation) lines that were taken
    /// before are skipped; what an earlier start still sends is dropped.
    pub fn take(&mut self, source: SourceId, _generation: Generation, event: &LogEvent) -> Taken {
        if let LogEvent::Lines(batch) = event {
            let mut from = 0;
            for line in &batch.lines {
                let bytes = batch.bytes.get(from..line.end as usize).unwrap_or_default();
                self.lines.push((source, line.time, bytes.to_vec()));
                from = line.end as usize;
            }
        }
        Taken::default()
    }

    /// The next start of this source's stream may bring lines from before the first one that is here: they are taken
    /// too, as far as there is room.
    pub fn expect_older(&mut self, _source: SourceId) {}

    /// Lets go of all lines. Their numbers are not used again, and a new start of a stream does not bring them back.
    pub fn clear(&mut self) {
        self.lines.clear();
    }

    /// How many lines are here.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was let go because the ring was full.
    pub fn dropped(&self) -> Dropped {
        Dropped::default()
    }

    /// Bytes held, everything counted.
    pub fn memory(&self) -> usize {
        0
    }

    /// Bytes it may hold.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The line at a position in the order of time.
    pub fn line_at(&self, position: usize) -> Option<LogLineRef<'_>> {
        self.line(LineId(position as u64))
    }

    /// The line with this number, while it is here.
    pub fn line(&self, id: LineId) -> Option<LogLineRef<'_>> {
        let (source, time, bytes) = self.lines.get(id.0 as usize)?;
        Some(LogLineRef {
            id,
            source: *source,
            time: *time,
            bytes,
            level: Level::None,
            kind: LineKind::Line,
            continuation: false,
            cut: false,
        })
    }

    /// Where a line is in the order of time, while it is here.
    pub fn position(&self, id: LineId) -> Option<usize> {
        Some(id.0 as usize).filter(|position| *position < self.len())
    }

    /// Where a line is; where the oldest line is when this one was let go.
    pub fn position_near(&self, id: LineId) -> usize {
        self.position(id).unwrap_or_default()
    }

    /// The position of the first line that was written at this time (unix nanoseconds) or later.
    pub fn position_at(&self, _time: i64) -> usize {
        0
    }

    /// The times of the first and the last line, in unix nanoseconds, where they are known.
    pub fn span(&self) -> Option<(i64, i64)> {
        None
    }

    /// The next error (or worse) after this position, or the one before it. Heads only, not each line of a trace.
    pub fn next_error(&self, _position: usize, _forward: bool) -> Option<usize> {
        None
    }

    /// Lines and errors over time: the span from `from` to `to` (unix nanoseconds, end not included) in so many buckets
    /// of the same length.
    pub fn rate(&self, buckets: usize, _from: i64, _to: i64) -> Vec<Rate> {
        vec![Rate::default(); buckets]
    }
}
