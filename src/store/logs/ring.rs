//! The ring: lines in the order of arrival, in segments of raw bytes with sixteen bytes of index a line. The oldest
//! segment goes when there is no more room.

use super::{Level, LineId, LineKind, LogLineRef, SourceId};
use std::collections::VecDeque;
use std::mem::size_of;
use std::sync::Arc;

/// Segments are this large at most, index included; a single line may be larger.
const SEGMENT: usize = 1 << 20;

/// A line's flags.
pub(super) const CONTINUATION: u8 = 1;
pub(super) const CUT: u8 = 2;
/// The time is not known; what is kept is its place in the order.
const TIMELESS: u8 = 4;
/// The time differs from the place in the order; it is in the segment's side table.
const ASIDE: u8 = 8;
const KIND_SHIFT: u8 = 4;

/// What is kept of a line beyond its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its place in the order of time, in unix nanoseconds: never before that of the line before of the same source.
    pub(super) place: i64,
    /// Where it ends, its line end included.
    end: u32,
    pub(super) source: u16,
    level: u8,
    flags: u8,
}

impl Entry {
    pub(super) fn level(&self) -> Level {
        Level::from_number(self.level)
    }

    pub(super) fn is_continuation(&self) -> bool {
        self.flags & CONTINUATION != 0
    }

    pub(super) fn is_cut(&self) -> bool {
        self.flags & CUT != 0
    }

    pub(super) fn kind(&self) -> LineKind {
        match self.flags >> KIND_SHIFT {
            0 => LineKind::Line,
            1 => LineKind::Restarted,
            2 => LineKind::Note,
            _ => LineKind::Gap,
        }
    }
}

/// A line on its way into the ring.
#[derive(Clone, Copy, Debug)]
pub(super) struct Incoming<'a> {
    pub(super) source: u16,
    /// By the container runtime; zero when not known.
    pub(super) time: i64,
    pub(super) place: i64,
    pub(super) level: Level,
    pub(super) kind: LineKind,
    /// [`CONTINUATION`], [`CUT`].
    pub(super) flags: u8,
    pub(super) bytes: &'a [u8],
}

#[derive(Debug)]
enum Bytes {
    Open(Vec<u8>),
    /// Full: shared with what is being saved.
    Sealed(Arc<[u8]>),
}

/// Consecutive lines.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) first: u64,
    bytes: Bytes,
    pub(super) entries: Vec<Entry>,
    /// Times that differ from the place in the order, by the line's index.
    aside: Vec<(u32, i64)>,
}

impl Segment {
    /// All bytes: each line with its line end.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Open(bytes) => bytes,
            Bytes::Sealed(bytes) => bytes,
        }
    }

    pub(super) fn shared(&self) -> Option<&Arc<[u8]>> {
        match &self.bytes {
            Bytes::Open(_) => None,
            Bytes::Sealed(bytes) => Some(bytes),
        }
    }

    /// Where a line begins.
    pub(super) fn start(&self, index: usize) -> usize {
        let before = index.checked_sub(1).and_then(|before| self.entries.get(before));
        before.map_or(0, |entry| entry.end as usize)
    }

    /// The line that holds the byte at `offset`, which is not before line `from`; looks near `from` first.
    pub(super) fn index_from(&self, from: usize, offset: usize) -> usize {
        let before = |index: usize| {
            self.entries
                .get(index)
                .is_some_and(|entry| entry.end as usize <= offset)
        };
        let (mut low, mut step) = (from, 1);
        while before(low + step - 1) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step - 1).min(self.entries.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn text(&self, index: usize) -> &[u8] {
        let end = self.entries.get(index).map_or(0, |entry| entry.end as usize);
        self.bytes()
            .get(self.start(index)..end.saturating_sub(1))
            .unwrap_or_default()
    }

    pub(super) fn line(&self, index: usize) -> Option<LogLineRef<'_>> {
        let entry = self.entries.get(index)?;
        let time = if entry.flags & TIMELESS != 0 {
            0
        } else if entry.flags & ASIDE != 0 {
            let at = self
                .aside
                .binary_search_by_key(&(index as u32), |(index, _)| *index)
                .ok()?;
            self.aside.get(at).map_or(0, |(_, time)| *time)
        } else {
            entry.place
        };
        Some(LogLineRef {
            id: LineId(self.first + index as u64),
            source: SourceId(entry.source),
            time,
            bytes: self.text(index),
            level: entry.level(),
            kind: entry.kind(),
            continuation: entry.is_continuation(),
            cut: entry.is_cut(),
        })
    }

    fn memory(&self) -> usize {
        let bytes = match &self.bytes {
            Bytes::Open(bytes) => bytes.capacity(),
            Bytes::Sealed(bytes) => bytes.len(),
        };
        bytes
            + self.entries.capacity() * size_of::<Entry>()
            + self.aside.capacity() * size_of::<(u32, i64)>()
            + size_of::<Segment>()
    }

    fn seal(&mut self) {
        if let Bytes::Open(bytes) = &mut self.bytes {
            self.bytes = Bytes::Sealed(std::mem::take(bytes).into());
            self.entries.shrink_to_fit();
            self.aside.shrink_to_fit();
        }
    }
}

/// Lines in the order of arrival.
#[derive(Debug)]
pub(super) struct Ring {
    segments: VecDeque<Segment>,
    /// The number of the next line.
    next: u64,
    /// How large a segment may become.
    segment: usize,
    /// Of all segments but the last.
    sealed: usize,
}

impl Ring {
    pub(super) fn new(limit: usize) -> Ring {
        Ring {
            segments: VecDeque::new(),
            next: 0,
            segment: (limit / 64).clamp(1 << 10, SEGMENT),
            sealed: 0,
        }
    }

    pub(super) fn segment_size(&self) -> usize {
        self.segment
    }

    /// The number of the oldest line, or of the next when there is none.
    pub(super) fn first(&self) -> u64 {
        self.segments.front().map_or(self.next, |segment| segment.first)
    }

    pub(super) fn next(&self) -> u64 {
        self.next
    }

    pub(super) fn len(&self) -> usize {
        (self.next - self.first()) as usize
    }

    pub(super) fn memory(&self) -> usize {
        self.sealed + self.segments.back().map_or(0, Segment::memory)
    }

    pub(super) fn push(&mut self, line: Incoming<'_>) -> u64 {
        let room = |segment: &Segment, size: usize| {
            let used = segment.bytes().len() + segment.entries.len() * size_of::<Entry>();
            segment.entries.is_empty() || used + line.bytes.len() + 1 + size_of::<Entry>() <= size
        };
        if !self.segments.back().is_some_and(|last| room(last, self.segment)) {
            if let Some(last) = self.segments.back_mut() {
                last.seal();
                self.sealed += last.memory();
            }
            let like_the_last = self.segments.back();
            let bytes = Vec::with_capacity(like_the_last.map_or(0, |last| last.bytes().len()).min(self.segment));
            let entries = Vec::with_capacity(like_the_last.map_or(0, |last| last.entries.len()));
            self.segments.push_back(Segment {
                first: self.next,
                bytes: Bytes::Open(bytes),
                entries,
                aside: Vec::new(),
            });
        }
        let id = self.next;
        let Some(segment) = self.segments.back_mut() else {
            return id;
        };
        let Bytes::Open(bytes) = &mut segment.bytes else {
            return id;
        };
        let mut flags = line.flags
            | match line.kind {
                LineKind::Line => 0,
                LineKind::Restarted => 1 << KIND_SHIFT,
                LineKind::Note => 2 << KIND_SHIFT,
                LineKind::Gap => 3 << KIND_SHIFT,
            };
        if line.time == 0 {
            flags |= TIMELESS;
        } else if line.time != line.place {
            flags |= ASIDE;
            segment.aside.push((segment.entries.len() as u32, line.time));
        }
        bytes.extend_from_slice(line.bytes);
        bytes.push(b'\n');
        segment.entries.push(Entry {
            place: line.place,
            end: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            source: line.source,
            level: line.level as u8,
            flags,
        });
        self.next += 1;
        id
    }

    /// Lets go of the oldest segment, unless it is the only one: its lines and their bytes.
    pub(super) fn drop_oldest(&mut self) -> Option<(u64, u64)> {
        if self.segments.len() < 2 {
            return None;
        }
        let oldest = self.segments.pop_front()?;
        self.sealed = self.sealed.saturating_sub(oldest.memory());
        let lines = oldest.entries.len() as u64;
        Some((lines, oldest.bytes().len() as u64 - lines))
    }

    /// Lets go of everything; the numbers go on.
    pub(super) fn clear(&mut self) {
        self.segments.clear();
        self.sealed = 0;
    }

    /// The segment that holds a line, and the line's index there.
    pub(super) fn find(&self, id: u64) -> Option<(&Segment, usize)> {
        let after = match self.segments.back() {
            Some(last) if last.first <= id => self.segments.len(),
            _ => self.segments.partition_point(|segment| segment.first <= id),
        };
        let segment = self.segments.get(after.checked_sub(1)?)?;
        let index = usize::try_from(id - segment.first).ok()?;
        (index < segment.entries.len()).then_some((segment, index))
    }

    /// The segment that holds a line, with the range of indices that lie between `from` and `until` there.
    pub(super) fn piece(&self, from: u64, until: u64) -> Option<(&Segment, std::ops::Range<usize>)> {
        let (segment, index) = self.find(from)?;
        let end = usize::try_from(until.saturating_sub(segment.first)).unwrap_or(usize::MAX);
        Some((segment, index..end.clamp(index, segment.entries.len())))
    }

    pub(super) fn line(&self, id: u64) -> Option<LogLineRef<'_>> {
        let (segment, index) = self.find(id)?;
        segment.line(index)
    }

    pub(super) fn entry(&self, id: u64) -> Option<&Entry> {
        let (segment, index) = self.find(id)?;
        segment.entries.get(index)
    }

    /// A line's place in the order of time.
    pub(super) fn place(&self, id: u64) -> i64 {
        self.entry(id).map_or(i64::MIN, |entry| entry.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_costs_sixteen_bytes_and_its_end() {
        assert_eq!(size_of::<Entry>(), 16);
        let mut ring = Ring::new(64 << 20);
        for number in 0..200_000u32 {
            let text = format!("line {number} {}", "x".repeat(90));
            ring.push(Incoming {
                source: 0,
                time: i64::from(number) + 1,
                place: i64::from(number) + 1,
                level: Level::Info,
                kind: LineKind::Line,
                flags: 0,
                bytes: text.as_bytes(),
            });
        }
        let text: usize = (0..200_000).map(|id| ring.line(id).unwrap().bytes.len()).sum();
        let overhead = (ring.memory() - text) as f64 / 200_000.0;
        assert!((17.0..23.0).contains(&overhead), "{overhead}");
        assert_eq!(ring.line(123_456).unwrap().bytes[..11], *b"line 123456");
        assert!(ring.line(200_000).is_none());
    }
}
