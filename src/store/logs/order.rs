//! An order of line numbers by (place in time, number): cheap while lines arrive in order, exact when they do not.
//!
//! It is a row of chunks. Lines that arrive in order are one run of consecutive numbers, however many they are. A line
//! that comes late is put aside, and all that were put aside are woven in together by [`Order::settle`], which touches
//! only the chunks that they fall into: a history that lies between other lines costs its own length.

use super::ring::Ring;
use std::mem::size_of;

/// The most numbers in a chunk that is no run.
const CHUNK: usize = 4096;

/// A run shorter than this is not worth a chunk of its own.
const SHORT: usize = 64;

/// By what lines are ordered: place in time, then number.
pub(super) type Key = (i64, u64);

#[derive(Clone, Debug)]
enum Ids {
    /// Consecutive numbers.
    Run { first: u64, len: usize },
    /// The low halves of numbers, of which none is 2³¹ or more away from `near`.
    Mixed { near: u64, low: Vec<u32> },
}

#[derive(Clone, Debug)]
struct Chunk {
    /// The position of its first line.
    start: usize,
    /// Its lowest number: says whether something was dropped from it.
    lowest: u64,
    /// The key of its last line.
    last: Key,
    ids: Ids,
}

impl Chunk {
    fn len(&self) -> usize {
        match &self.ids {
            Ids::Run { len, .. } => *len,
            Ids::Mixed { low, .. } => low.len(),
        }
    }

    fn get(&self, index: usize) -> Option<u64> {
        match &self.ids {
            Ids::Run { first, len } => (index < *len).then(|| first + index as u64),
            Ids::Mixed { near, low } => low.get(index).map(|low| whole(*near, *low)),
        }
    }

    /// The first index from `from` on whose key is not less than `key`; looks near `from` first.
    fn partition(&self, from: usize, key: Key, ring: &Ring) -> usize {
        let less = |index: usize| self.get(index).is_some_and(|id| (ring.place(id), id) < key);
        let (mut low, mut step) = (from, 1);
        while less(low + step - 1) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step - 1).min(self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if less(middle) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn whole(near: u64, low: u32) -> u64 {
    near.wrapping_add_signed(i64::from(low.wrapping_sub(near as u32) as i32))
}

/// Line numbers in the order of time, each at most once.
#[derive(Clone, Debug, Default)]
pub(super) struct Order {
    chunks: Vec<Chunk>,
    /// What came late, until it is woven in.
    late: Vec<Key>,
    len: usize,
    memory: usize,
}

impl Order {
    /// How many there are, without those that are not woven in yet.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes held, as of the last change of chunks.
    pub(super) fn memory(&self) -> usize {
        self.memory + self.chunks.capacity() * size_of::<Chunk>()
    }

    pub(super) fn last(&self) -> Option<Key> {
        self.chunks.last().map(|chunk| chunk.last)
    }

    pub(super) fn clear(&mut self) {
        *self = Order::default();
    }

    /// Adds a line. What is not at the end is seen after the next [`Order::settle`] only.
    pub(super) fn push(&mut self, key: Key) {
        match self.last() {
            Some(last) if key < last => self.late.push(key),
            Some(last) if key == last => {}
            _ => self.append(key),
        }
    }

    fn append(&mut self, key: Key) {
        let (_, id) = key;
        self.len += 1;
        if let Some(chunk) = self.chunks.last_mut() {
            let near = chunk.lowest;
            match &mut chunk.ids {
                Ids::Run { first, len } if *first + *len as u64 == id => {
                    *len += 1;
                    chunk.last = key;
                    return;
                }
                Ids::Run { first, len } if *len < SHORT => {
                    let mut low: Vec<u32> = (0..*len as u64).map(|index| (*first + index) as u32).collect();
                    low.push(id as u32);
                    self.memory += low.capacity() * size_of::<u32>();
                    chunk.ids = Ids::Mixed { near, low };
                    chunk.lowest = near.min(id);
                    chunk.last = key;
                    return;
                }
                Ids::Mixed { low, .. } if low.len() < CHUNK => {
                    let before = low.capacity();
                    low.push(id as u32);
                    self.memory += (low.capacity() - before) * size_of::<u32>();
                    chunk.lowest = near.min(id);
                    chunk.last = key;
                    return;
                }
                _ => {}
            }
        }
        self.chunks.push(Chunk {
            start: self.len - 1,
            lowest: id,
            last: key,
            ids: Ids::Run { first: id, len: 1 },
        });
    }

    /// Weaves in what came late.
    pub(super) fn settle(&mut self, ring: &Ring) {
        if self.late.is_empty() {
            return;
        }
        let mut late = std::mem::take(&mut self.late);
        late.sort_unstable();
        late.dedup();
        let Some(&first) = late.first() else { return };
        let touched = self.chunks.partition_point(|chunk| chunk.last < first);
        let rest = self.chunks.split_off(touched);
        let mut weaver = Weaver {
            chunks: std::mem::take(&mut self.chunks),
            mixed: Vec::new(),
            ring,
        };
        let mut from = 0;
        for chunk in rest {
            let until = from
                + late
                    .get(from..)
                    .unwrap_or_default()
                    .partition_point(|key| *key < chunk.last);
            let last = chunk.last;
            weaver.weave(chunk, late.get(from..until).unwrap_or_default());
            // The last of the chunk itself may be among what came late.
            from = until + usize::from(late.get(until) == Some(&last));
        }
        weaver.flush();
        self.chunks = weaver.chunks;
        self.count(touched);
        for key in late.into_iter().skip(from) {
            self.append(key);
        }
        self.count(touched);
    }

    /// Counts positions anew from this chunk on.
    fn count(&mut self, from: usize) {
        let before = from.checked_sub(1).and_then(|before| self.chunks.get(before));
        let mut start = before.map_or(0, |chunk| chunk.start + chunk.len());
        for chunk in self.chunks.iter_mut().skip(from) {
            chunk.start = start;
            start += chunk.len();
        }
        self.len = start;
        self.memory = self.chunks.iter().map(held).sum();
    }

    /// Forgets all numbers below `first`, which the ring has let go.
    pub(super) fn drop_before(&mut self, first: u64, ring: &Ring) {
        self.late.retain(|(_, id)| *id >= first);
        if self.chunks.iter().all(|chunk| chunk.lowest >= first) {
            return;
        }
        self.chunks.retain_mut(|chunk| {
            if chunk.lowest >= first {
                return true;
            }
            match &mut chunk.ids {
                Ids::Run { first: run, len } => {
                    let gone = usize::try_from(first - *run).map_or(*len, |gone| gone.min(*len));
                    *run += gone as u64;
                    *len -= gone;
                    chunk.lowest = *run;
                }
                Ids::Mixed { near, low } => {
                    low.retain(|low| whole(*near, *low) >= first);
                    chunk.lowest = low.iter().map(|low| whole(*near, *low)).min().unwrap_or(first);
                    if low.len() < low.capacity() / 2 {
                        low.shrink_to_fit();
                    }
                    if let Some(last) = low.last().map(|low| whole(*near, *low)) {
                        chunk.last = (ring.place(last), last);
                    }
                }
            }
            chunk.len() > 0
        });
        self.count(0);
    }

    pub(super) fn get(&self, position: usize) -> Option<u64> {
        let after = self.chunks.partition_point(|chunk| chunk.start <= position);
        let chunk = self.chunks.get(after.checked_sub(1)?)?;
        chunk.get(position - chunk.start)
    }

    /// The position of the first line whose key is not less than `key`.
    pub(super) fn lower_bound(&self, key: Key, ring: &Ring) -> usize {
        let at = self.chunks.partition_point(|chunk| chunk.last < key);
        let Some(chunk) = self.chunks.get(at) else {
            return self.len;
        };
        chunk.start + chunk.partition(0, key, ring)
    }

    /// The position of this very line.
    pub(super) fn position(&self, key: Key, ring: &Ring) -> Option<usize> {
        let position = self.lower_bound(key, ring);
        (self.get(position) == Some(key.1)).then_some(position)
    }

    /// Whether positions `from` and on are the consecutive numbers from `first` on, `len` of them.
    pub(super) fn runs(&self, from: usize, first: u64, len: usize) -> bool {
        let after = self.chunks.partition_point(|chunk| chunk.start <= from);
        let chunk = after.checked_sub(1).and_then(|at| self.chunks.get(at));
        chunk.is_some_and(|chunk| match &chunk.ids {
            Ids::Run { first: run, len: all } => {
                let skipped = from - chunk.start;
                run + skipped as u64 == first && skipped + len <= *all
            }
            Ids::Mixed { .. } => {
                (0..len).all(|index| chunk.get(from - chunk.start + index) == Some(first + index as u64))
            }
        })
    }
}

fn held(chunk: &Chunk) -> usize {
    match &chunk.ids {
        Ids::Run { .. } => 0,
        Ids::Mixed { low, .. } => low.capacity() * size_of::<u32>(),
    }
}

/// Makes chunks out of pieces.
struct Weaver<'a> {
    chunks: Vec<Chunk>,
    mixed: Vec<u64>,
    ring: &'a Ring,
}

impl Weaver<'_> {
    /// Adds a chunk with what fell into it.
    fn weave(&mut self, chunk: Chunk, late: &[Key]) {
        if late.is_empty() && (chunk.len() >= SHORT || self.mixed.is_empty()) {
            self.flush();
            self.chunks.push(chunk);
            return;
        }
        let mut at = 0;
        for key in late {
            let before = chunk.partition(at, *key, self.ring);
            self.piece(&chunk, at, before);
            at = before;
            if chunk.get(at) != Some(key.1) {
                self.mixed.push(key.1);
            }
        }
        self.piece(&chunk, at, chunk.len());
    }

    fn piece(&mut self, chunk: &Chunk, from: usize, until: usize) {
        match &chunk.ids {
            Ids::Run { first, .. } if until - from >= SHORT => {
                self.flush();
                let first = first + from as u64;
                self.chunk(
                    Ids::Run {
                        first,
                        len: until - from,
                    },
                    first,
                    first + (until - from) as u64 - 1,
                );
            }
            _ => self.mixed.extend((from..until).filter_map(|index| chunk.get(index))),
        }
    }

    fn chunk(&mut self, ids: Ids, lowest: u64, last: u64) {
        self.chunks.push(Chunk {
            start: 0,
            lowest,
            last: (self.ring.place(last), last),
            ids,
        });
    }

    fn flush(&mut self) {
        let mixed = std::mem::take(&mut self.mixed);
        let (Some(&first), Some(&last)) = (mixed.first(), mixed.last()) else {
            return;
        };
        if mixed.iter().zip(first..).all(|(id, expected)| *id == expected) {
            self.chunk(
                Ids::Run {
                    first,
                    len: mixed.len(),
                },
                first,
                last,
            );
            return;
        }
        // Even parts with room to grow, so that the next late line does not split them again.
        let parts = mixed.len().div_ceil(CHUNK / 2);
        for part in mixed.chunks(mixed.len().div_ceil(parts)) {
            let (Some(&lowest), Some(&last)) = (part.iter().min(), part.last()) else {
                continue;
            };
            let low = part.iter().map(|id| *id as u32).collect();
            self.chunk(Ids::Mixed { near: lowest, low }, lowest, last);
        }
    }
}
