//! The book: lines of several sources in one ring, in the order of time.
//!
//! Lines of one source stay in the order in which its stream sends them, whatever their times say; between sources the
//! time decides, and among equal times who came first. A line without a time stands where it arrived.

use super::level::level;
use super::order::{Key, Order};
use super::rate::{Rate, beside, rate};
use super::ring::{CONTINUATION, CUT, Incoming, Ring};
use super::source::{Edge, Source, Verdict, WAITING};
use super::trace::Trace;
use super::{Level, LineId, LineKind, LogLineRef, SourceId, SourceInfo};
use crate::msg::{Generation, LogEvent, LogMark, LogPhase};
use std::mem::size_of;

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

/// The lines of one view's sources.
#[derive(Debug)]
pub struct LogBook {
    limit: usize,
    sources: Vec<Source>,
    ring: Ring,
    order: Order,
    /// The heads that are errors or worse.
    errors: Order,
    dropped: Dropped,
    /// The longest piece of a line that is kept as one.
    piece: usize,
}

impl Default for LogBook {
    fn default() -> LogBook {
        LogBook::new(LIMIT)
    }
}

impl LogBook {
    /// A book that holds so many bytes, everything counted; 64 KiB at least.
    pub fn new(limit: usize) -> LogBook {
        let limit = limit.max(64 << 10);
        LogBook {
            limit,
            sources: Vec::new(),
            ring: Ring::new(limit),
            order: Order::default(),
            errors: Order::default(),
            dropped: Dropped::default(),
            piece: limit / 8,
        }
    }

    /// Holds so many bytes from now on, everything counted; 64 KiB at least. What is too much goes with the next line.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(64 << 10);
    }

    /// Adds a source. From the 65,536th on they share the last number.
    pub fn add_source(&mut self, info: SourceInfo) -> SourceId {
        if self.sources.len() <= usize::from(u16::MAX) {
            self.sources.push(Source {
                info,
                ..Source::default()
            });
        }
        SourceId((self.sources.len() - 1) as u16)
    }

    /// Whose lines these are.
    pub fn source(&self, id: SourceId) -> Option<&SourceInfo> {
        self.sources.get(usize::from(id.0)).map(|source| &source.info)
    }

    /// What the stream of a source is doing, once it has said so.
    pub fn phase(&self, id: SourceId) -> Option<&LogPhase> {
        self.sources.get(usize::from(id.0))?.phase.as_ref()
    }

    /// All sources with their numbers.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = (SourceId, &SourceInfo)> {
        self.sources
            .iter()
            .enumerate()
            .map(|(number, source)| (SourceId(number as u16), &source.info))
    }

    /// Takes what the stream of a source sends. After a new start of the stream (a new generation) lines that were taken
    /// before are skipped; what an earlier start still sends is dropped. Lines whose time is not known anywhere in the
    /// stream cannot be told apart and are taken again.
    pub fn take(&mut self, source: SourceId, generation: Generation, event: &LogEvent) -> Taken {
        let mut taken = Taken::default();
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return taken;
        };
        if generation < state.generation {
            return taken;
        }
        if generation > state.generation
            && let Some(place) = state.begin(generation)
        {
            let gap = "lines may be missing here: older ones were still coming in when the log was read again";
            self.push(source, place, place, LineKind::Gap, Level::None, 0, gap.as_bytes());
            taken.lines += 1;
        }
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return taken;
        };
        match event {
            LogEvent::Phase(phase) => state.phase = Some(phase.clone()),
            LogEvent::Mark { mark, time } => {
                if state.is_new_mark(mark, *time) {
                    state.last_mark = Some(mark.clone());
                    let time = if *time == 0 { state.time } else { *time };
                    if time == 0 && state.floor == 0 {
                        if state.marks.len() < WAITING as usize {
                            state.marks.push(mark.clone());
                        }
                    } else {
                        state.floor = state.floor.max(time);
                        self.mark(source, mark);
                        taken.lines += 1;
                    }
                }
            }
            LogEvent::Lines(batch) => {
                let mut from = 0;
                for line in &batch.lines {
                    let end = (line.end as usize).min(batch.bytes.len());
                    let bytes = batch.bytes.get(from..end).unwrap_or_default();
                    from = end.max(from);
                    self.line_from(source, line.time, line.cut, bytes, &mut taken);
                }
            }
        }
        self.settle();
        taken
    }

    /// One line of a stream.
    fn line_from(&mut self, source: SourceId, time: i64, cut: bool, bytes: &[u8], taken: &mut Taken) {
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        if time != 0 {
            state.time = time;
        }
        let (effective, floor) = (state.time, state.floor);
        match state.judge(
            effective,
            bytes,
            cut,
            self.ring.memory() + bytes.len() < self.limit * 9 / 10,
        ) {
            Verdict::Known => {
                taken.skipped += 1;
                return;
            }
            Verdict::Older(lines) => {
                taken.skipped += usize::from(lines.is_empty());
                for (bytes, cut) in lines {
                    self.older_line(source, effective, cut, &bytes);
                    taken.lines += 1;
                }
                return;
            }
            Verdict::Missing => {
                let gap = "lines may be missing here: the log was read again from a later place";
                self.push(
                    source,
                    effective,
                    effective.max(floor),
                    LineKind::Gap,
                    Level::None,
                    0,
                    gap.as_bytes(),
                );
                taken.lines += 1;
            }
            Verdict::New => {}
        }
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        state.note(effective);
        let marks = if effective != 0 {
            state.floor = state.floor.max(effective);
            std::mem::take(&mut state.marks)
        } else {
            Vec::new()
        };
        for mark in &marks {
            self.mark(source, mark);
            taken.lines += 1;
        }
        let newest = self.order.last().map_or(0, |(place, _)| place);
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        let place = if effective == 0 { newest } else { state.floor };
        let continues = if state.cut {
            state.trace.rest();
            true
        } else {
            let continues = state.trace.continues(bytes);
            if !continues {
                state.trace.level = level(bytes);
            }
            continues
        };
        state.cut = cut;
        let level = state.trace.level;
        self.pieces(source, time, place, level, continues, cut, bytes);
        taken.lines += 1;
    }

    /// A line from before the first that is here.
    fn older_line(&mut self, source: SourceId, time: i64, cut: bool, bytes: &[u8]) {
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        let Some(known) = &mut state.known else { return };
        let edge = known.oldest.time;
        let Some(older) = &mut known.older else { return };
        let time = time.min(edge);
        older.floor = older.floor.max(time);
        let continues = older.cut || older.trace.continues(bytes);
        if !continues {
            older.trace.level = level(bytes);
        }
        older.cut = cut;
        let (level, place) = (older.trace.level, older.floor);
        if time < state.oldest.time {
            state.oldest = Edge { time, count: 0 };
        }
        if time == state.oldest.time {
            state.oldest.count += 1;
        }
        self.pieces(source, time, place, level, continues, cut, bytes);
    }

    /// A line, in several pieces when it would be too large a part of the ring.
    #[allow(clippy::too_many_arguments, reason = "the parts of one line")]
    fn pieces(
        &mut self,
        source: SourceId,
        time: i64,
        place: i64,
        level: Level,
        continues: bool,
        cut: bool,
        bytes: &[u8],
    ) {
        let mut flags = if continues { CONTINUATION } else { 0 };
        let mut rest = bytes;
        while let Some((piece, more)) = rest.split_at_checked(self.piece).filter(|(_, more)| !more.is_empty()) {
            self.push(source, time, place, LineKind::Line, level, flags | CUT, piece);
            flags = CONTINUATION;
            rest = more;
        }
        if cut {
            flags |= CUT;
        }
        self.push(source, time, place, LineKind::Line, level, flags, rest);
    }

    fn mark(&mut self, source: SourceId, mark: &LogMark) {
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        let (kind, words) = match mark {
            LogMark::Restarted(words) => (LineKind::Restarted, words.as_str()),
            LogMark::Reconnected => (LineKind::Note, "the connection was broken; nothing is missing"),
            LogMark::Gap(words) => (LineKind::Gap, words.as_str()),
        };
        if kind != LineKind::Note {
            state.trace = Trace::default();
            state.cut = false;
        }
        let place = state.floor;
        self.push(source, place, place, kind, Level::None, 0, words.as_bytes());
    }

    /// Puts a mark of the reader's own between the lines of a source: that it joined, that it ended. It stands at this
    /// time (unix nanoseconds), or behind the last line of its source where that is later.
    pub fn note(&mut self, source: SourceId, time: i64, words: &str) {
        let Some(state) = self.sources.get_mut(usize::from(source.0)) else {
            return;
        };
        state.floor = state.floor.max(time);
        let place = state.floor;
        self.push(source, place, place, LineKind::Note, Level::None, 0, words.as_bytes());
        self.settle();
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one line")]
    fn push(&mut self, source: SourceId, time: i64, place: i64, kind: LineKind, level: Level, flags: u8, bytes: &[u8]) {
        let id = self.ring.push(Incoming {
            source: source.0,
            time,
            place,
            level,
            kind,
            flags,
            bytes,
        });
        self.order.push((place, id));
        if level >= Level::Error && flags & CONTINUATION == 0 {
            self.errors.push((place, id));
        }
        if self.memory() > self.limit {
            self.make_room();
        }
    }

    fn make_room(&mut self) {
        let before = self.dropped.lines;
        // A little more than needed, so that room is not made for each line.
        let until = self.limit - self.ring.segment_size();
        while self.memory() > until {
            let Some((lines, bytes)) = self.ring.drop_oldest() else {
                break;
            };
            self.dropped.lines += lines;
            self.dropped.bytes += bytes;
        }
        if self.dropped.lines > before {
            let first = self.ring.first();
            self.order.drop_before(first, &self.ring);
            self.errors.drop_before(first, &self.ring);
        }
    }

    fn settle(&mut self) {
        self.order.settle(&self.ring);
        self.errors.settle(&self.ring);
        if self.memory() > self.limit {
            self.make_room();
        }
    }

    /// The next start of this source's stream may bring lines from before the first one that is here: they are taken
    /// too, as far as there is room.
    pub fn expect_older(&mut self, source: SourceId) {
        if let Some(state) = self.sources.get_mut(usize::from(source.0)) {
            state.wants_older = true;
        }
    }

    /// Lets go of all lines. Their numbers are not used again, and a new start of a stream does not bring them back.
    pub fn clear(&mut self) {
        self.ring.clear();
        self.order.clear();
        self.errors.clear();
    }

    /// How many lines are here.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was let go because the ring was full.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Bytes held, everything counted.
    pub fn memory(&self) -> usize {
        self.ring.memory() + self.order.memory() + self.errors.memory() + self.sources.capacity() * size_of::<Source>()
    }

    /// Bytes it may hold.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The line at a position in the order of time.
    pub fn line_at(&self, position: usize) -> Option<LogLineRef<'_>> {
        self.ring.line(self.order.get(position)?)
    }

    /// The line with this number, while it is here.
    pub fn line(&self, id: LineId) -> Option<LogLineRef<'_>> {
        self.ring.line(id.0)
    }

    /// Where a line is in the order of time, while it is here.
    pub fn position(&self, id: LineId) -> Option<usize> {
        self.order.position(self.key(id)?, &self.ring)
    }

    /// Where a line is; where the oldest line is when this one was let go.
    pub fn position_near(&self, id: LineId) -> usize {
        self.position(id).unwrap_or_default()
    }

    /// The position of the first line that was written at this time (unix nanoseconds) or later.
    pub fn position_at(&self, time: i64) -> usize {
        self.order.lower_bound((time, 0), &self.ring)
    }

    /// The times of the first and the last line, in unix nanoseconds, where they are known.
    pub fn span(&self) -> Option<(i64, i64)> {
        let first = self.order.get(self.position_at(1))?;
        Some((self.ring.place(first), self.order.last()?.0))
    }

    /// The next error (or worse) after this position, or the one before it. Heads only, not each line of a trace.
    pub fn next_error(&self, position: usize, forward: bool) -> Option<usize> {
        let id = beside(&self.errors, &self.order, position, forward, &self.ring)?;
        self.position(LineId(id))
    }

    /// Lines and errors over time: the span from `from` to `to` (unix nanoseconds, end not included) in so many buckets
    /// of the same length.
    pub fn rate(&self, buckets: usize, from: i64, to: i64) -> Vec<Rate> {
        let errors = |time| self.errors.lower_bound((time, 0), &self.ring);
        rate(buckets, from, to, |time| self.position_at(time), errors)
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    pub(super) fn order(&self) -> &Order {
        &self.order
    }

    /// By what a line is ordered, while it is here.
    pub(super) fn key(&self, id: LineId) -> Option<Key> {
        self.ring.entry(id.0).map(|entry| (entry.place, id.0))
    }
}
