//! What a filter leaves of a book, found in steps: new lines first, then older ones, newest first.

use super::order::{Key, Order};
use super::rate::{beside, rate};
use super::{Level, LineId, LogBook, LogFilter, LogLineRef, Rate};

/// Older lines are looked at in pieces of so many.
const PIECE: u64 = 8192;

/// How far context is looked for in the merged order, for each line of it that is wanted.
const CONTEXT_STEPS: usize = 64;

/// How far a piece of work in steps has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Lines looked at.
    pub done: usize,
    /// Lines there are.
    pub total: usize,
}

impl Progress {
    /// Whether nothing is left to do.
    pub fn complete(self) -> bool {
        self.done >= self.total
    }
}

/// The lines of a book that a filter leaves, in the book's order. Positions count what is visible; they move when lines
/// are dropped or come late, so what a reader looks at is kept by [`LineId`]. A view belongs to one book.
#[derive(Debug, Default)]
pub struct LogView {
    filter: LogFilter,
    found: Found,
    /// The numbers that were looked at: from, until.
    scanned: Option<(u64, u64)>,
    sources: Vec<Standing>,
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    shown: Order,
    /// Without what is only context; kept only when there is context.
    hits: Order,
    /// Heads that are errors.
    errors: Order,
    /// Lines of context still wanted after the last find, by source, and from which number on.
    after: Vec<(usize, u64)>,
}

/// A line with what continues it.
#[derive(Clone, Debug, Default)]
struct Group {
    /// Its lines, until it is shown.
    ids: Vec<u64>,
    /// The wanted words that were met.
    met: u64,
    /// What its first line is asked.
    admitted: bool,
    shown: bool,
}

/// A source at both ends of what was looked at.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// Lines at the beginning that continue something before.
    orphans: Group,
    /// The last head with what continues it; None when there was no head yet.
    open: Option<Group>,
}

impl LogView {
    /// A view with this filter.
    pub fn new(filter: LogFilter) -> LogView {
        LogView {
            filter,
            ..LogView::default()
        }
    }

    /// The filter.
    pub fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Puts another filter in place; the next scans look at everything again, newest lines first.
    pub fn set_filter(&mut self, filter: LogFilter) {
        *self = LogView::new(filter);
    }

    /// Looks at what it has not seen yet: new lines first, then older ones, newest first; about `budget` lines (a line
    /// takes 50 ns to 1 µs, as the filter is). Must be called after the book has taken something and before the view is
    /// read.
    pub fn scan(&mut self, book: &LogBook, budget: usize) -> Progress {
        let total = book.len();
        if self.filter.is_empty() {
            return Progress { done: total, total };
        }
        let ring = book.ring();
        let (first, next) = (ring.first(), ring.next());
        let (mut from, mut until) = self.scanned.unwrap_or((next, next));
        if from < first {
            for order in [&mut self.found.shown, &mut self.found.hits, &mut self.found.errors] {
                order.drop_before(first, ring);
            }
            (from, until) = (first, until.max(first));
        }
        let mut left = budget as u64;
        while until < next && left > 0 {
            let end = next.min(until + left.min(PIECE));
            self.look(book, until, end, None);
            left -= end - until;
            until = end;
        }
        while from > first && left > 0 {
            let begin = from.saturating_sub(left.min(PIECE)).max(first);
            let mut before = Vec::new();
            self.look(book, begin, from, Some(&mut before));
            self.join(book, before);
            left -= from - begin;
            from = begin;
        }
        if from == first {
            self.adopt(book);
        }
        self.scanned = Some((from, until));
        for order in [&mut self.found.shown, &mut self.found.hits, &mut self.found.errors] {
            order.settle(ring);
        }
        Progress {
            done: (until - from) as usize,
            total,
        }
    }

    /// Looks at lines in the order of their arrival; `apart` from those looked at so far, or going on with them.
    fn look(&mut self, book: &LogBook, mut from: u64, until: u64, apart: Option<&mut Vec<Standing>>) {
        let LogView {
            filter, found, sources, ..
        } = self;
        let live = apart.is_none();
        let sources = apart.unwrap_or(sources);
        let wanted = filter.wanted();
        let expressions = filter.has_expressions();
        let mut words: Vec<u64> = Vec::new();
        while let Some((segment, range)) = (from < until).then(|| book.ring().piece(from, until)).flatten() {
            words.clear();
            words.resize(range.len(), 0);
            for (bit, needle) in filter.needles() {
                needle.lines(segment, range.start, range.end, |line| {
                    if let Some(words) = words.get_mut(line - range.start) {
                        *words |= bit;
                    }
                });
            }
            for (index, words) in range.clone().zip(&words) {
                let Some(entry) = segment.entries.get(index) else { break };
                let id = segment.first + index as u64;
                let key = (entry.place, id);
                let number = usize::from(entry.source);
                if sources.len() <= number {
                    sources.resize_with(number + 1, Standing::default);
                }
                let Some(standing) = sources.get_mut(number) else { break };
                let mut met = words & wanted;
                if expressions {
                    met |= filter.expressions(segment.text(index));
                }
                if entry.kind().is_mark() {
                    met = wanted;
                }
                if entry.is_continuation() {
                    let group = standing.open.as_mut().unwrap_or(&mut standing.orphans);
                    group.met |= met;
                    group.ids.push(id);
                } else {
                    let Some(line) = segment.line(index) else { break };
                    let admitted = filter.admits(&line, *words, book.source(line.source));
                    standing.open = Some(Group {
                        ids: vec_of(admitted, id),
                        met,
                        admitted,
                        shown: false,
                    });
                }
                if let Some(group) = &mut standing.open {
                    found.judge(book, group, wanted, filter.context());
                }
                if live && filter.context() > 0 {
                    found.context_after(key, number);
                }
            }
            from = segment.first + range.end as u64;
        }
    }

    /// Joins what was found in front of what was looked at before.
    fn join(&mut self, book: &LogBook, before: Vec<Standing>) {
        let wanted = self.filter.wanted();
        if self.sources.len() < before.len() {
            self.sources.resize_with(before.len(), Standing::default);
        }
        for (standing, earlier) in self.sources.iter_mut().zip(before) {
            let orphans = std::mem::take(&mut standing.orphans);
            let mut group = match earlier.open {
                Some(open) => {
                    standing.orphans = earlier.orphans;
                    open
                }
                None => {
                    standing.orphans = earlier.orphans;
                    standing.orphans.absorb(orphans);
                    continue;
                }
            };
            group.absorb(orphans);
            self.found.judge(book, &mut group, wanted, self.filter.context());
            if standing.open.is_none() {
                standing.open = Some(group);
            }
        }
    }

    /// There is nothing before the first line: what continues something that was let go is judged by its own first.
    fn adopt(&mut self, book: &LogBook) {
        let wanted = self.filter.wanted();
        for standing in &mut self.sources {
            if standing.orphans.ids.is_empty() {
                continue;
            }
            let mut group = std::mem::take(&mut standing.orphans);
            group.ids.retain(|id| book.ring().entry(*id).is_some());
            let line = group.ids.first().and_then(|id| book.ring().line(*id));
            let Some(line) = line else { continue };
            let words = self.filter.needles();
            let words = words.fold(
                0,
                |bits, (bit, needle)| if needle.is_in(line.bytes) { bits | bit } else { bits },
            );
            group.admitted = self.filter.admits(&line, words, book.source(line.source));
            self.found.judge(book, &mut group, wanted, self.filter.context());
            if standing.open.is_none() {
                standing.open = Some(group);
            }
        }
    }

    /// How many lines are visible.
    pub fn len(&self, book: &LogBook) -> usize {
        self.order(book).len()
    }

    /// Whether nothing is visible.
    pub fn is_empty(&self, book: &LogBook) -> bool {
        self.len(book) == 0
    }

    /// The visible line at a position.
    pub fn line_at<'a>(&self, book: &'a LogBook, position: usize) -> Option<LogLineRef<'a>> {
        book.ring().line(self.order(book).get(position)?)
    }

    /// Where a line is, when it is visible.
    pub fn position(&self, book: &LogBook, id: LineId) -> Option<usize> {
        self.order(book).position(book.key(id)?, book.ring())
    }

    /// Where a line is or would be: the position of the first visible line at or after it. The line need not be visible
    /// any more, nor be there; [`LogView::len`] when nothing comes after it.
    pub fn position_near(&self, book: &LogBook, id: LineId) -> usize {
        book.key(id)
            .map_or(0, |key| self.order(book).lower_bound(key, book.ring()))
    }

    /// The first visible line that was written at this time (unix nanoseconds) or later.
    pub fn position_at(&self, book: &LogBook, time: i64) -> usize {
        self.order(book).lower_bound((time, 0), book.ring())
    }

    /// Whether a visible line is there only as context of a find.
    pub fn is_context(&self, book: &LogBook, id: LineId) -> bool {
        self.filter.context() > 0
            && !self.filter.is_empty()
            && book
                .key(id)
                .is_some_and(|key| self.found.hits.position(key, book.ring()).is_none())
    }

    /// The next visible error after this position, or the one before it. Heads only, not each line of a trace.
    pub fn next_error(&self, book: &LogBook, position: usize, forward: bool) -> Option<usize> {
        if self.filter.is_empty() {
            return book.next_error(position, forward);
        }
        let id = beside(&self.found.errors, &self.found.shown, position, forward, book.ring())?;
        self.position(book, LineId(id))
    }

    /// Visible lines and errors over time: see [`LogBook::rate`].
    pub fn rate(&self, book: &LogBook, buckets: usize, from: i64, to: i64) -> Vec<Rate> {
        if self.filter.is_empty() {
            return book.rate(buckets, from, to);
        }
        let errors = |time| self.found.errors.lower_bound((time, 0), book.ring());
        rate(buckets, from, to, |time| self.position_at(book, time), errors)
    }

    /// Bytes held beside the book.
    pub fn memory(&self) -> usize {
        self.found.shown.memory() + self.found.hits.memory() + self.found.errors.memory()
    }

    pub(super) fn order<'a>(&'a self, book: &'a LogBook) -> &'a Order {
        if self.filter.is_empty() {
            book.order()
        } else {
            &self.found.shown
        }
    }
}

fn vec_of(wanted: bool, id: u64) -> Vec<u64> {
    if wanted { vec![id] } else { Vec::new() }
}

impl Group {
    fn absorb(&mut self, later: Group) {
        self.ids.extend(later.ids);
        self.met |= later.met;
    }
}

impl Found {
    /// Shows a group once everything that is wanted was met; then also what is added to it.
    fn judge(&mut self, book: &LogBook, group: &mut Group, wanted: u64, context: usize) {
        if !group.admitted {
            group.ids.clear();
            return;
        }
        if !group.shown && group.met & wanted != wanted {
            return;
        }
        let first = !group.shown;
        group.shown = true;
        let mut last = None;
        for id in group.ids.drain(..) {
            let Some(entry) = book.ring().entry(id) else { continue };
            let key = (entry.place, id);
            self.shown.push(key);
            if context > 0 {
                self.hits.push(key);
            }
            if entry.level() >= Level::Error && !entry.is_continuation() {
                self.errors.push(key);
            }
            if first && last.is_none() && context > 0 {
                self.context_before(book, key, entry.source, context);
            }
            last = Some((key, entry.source));
        }
        if let Some((key, source)) = last.filter(|_| context > 0) {
            self.context_behind(book, key, source, context);
        }
    }

    /// The lines of the same source before a find.
    fn context_before(&mut self, book: &LogBook, key: Key, source: u16, context: usize) {
        let Some(position) = book.order().position(key, book.ring()) else {
            return;
        };
        let mut left = context;
        let lowest = position.saturating_sub(context * CONTEXT_STEPS);
        for position in (lowest..position).rev() {
            let Some(id) = book.order().get(position) else { return };
            let Some(entry) = book.ring().entry(id).filter(|entry| entry.source == source) else {
                continue;
            };
            self.shown.push((entry.place, id));
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }

    /// The lines of the same source after a find; those that are still to come are noted.
    fn context_behind(&mut self, book: &LogBook, key: Key, source: u16, context: usize) {
        let mut left = context;
        if let Some(position) = book.order().position(key, book.ring()) {
            let mut own = true;
            for position in position + 1..position + 1 + context * CONTEXT_STEPS {
                let Some(id) = book.order().get(position) else { break };
                let Some(entry) = book.ring().entry(id).filter(|entry| entry.source == source) else {
                    continue;
                };
                own &= entry.is_continuation();
                if own {
                    continue;
                }
                self.shown.push((entry.place, id));
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        let number = usize::from(source);
        if self.after.len() <= number {
            self.after.resize(number + 1, (0, 0));
        }
        if let Some(after) = self.after.get_mut(number) {
            *after = (left, book.ring().next());
        }
    }

    /// A line that came after the find before it.
    fn context_after(&mut self, (place, id): Key, number: usize) {
        if let Some((left, from)) = self
            .after
            .get_mut(number)
            .filter(|(left, from)| *left > 0 && id >= *from)
        {
            *left -= 1;
            *from = id;
            self.shown.push((place, id));
        }
    }
}
