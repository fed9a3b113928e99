//! Where something is found in a book, in steps: newest lines first, whole pieces at once.

use super::filter::tidy;
use super::needle::{NEEDLE_LIMIT, Needle, expression};
use super::order::{Key, Order};
use super::{LineId, LogBook, LogView, Progress};
use crate::store::FilterError;
use regex::bytes::Regex;
use std::ops::Range;

/// Lines are looked at in pieces of so many.
const PIECE: u64 = 16_384;

/// A search: finds lines in steps, and knows all lines that were found so far, whether a view shows them or not.
/// Dropping it cancels it. It belongs to one book.
#[derive(Debug)]
pub struct LogSearch {
    text: String,
    what: What,
    found: Order,
    /// The numbers that were looked at: from, until.
    scanned: Option<(u64, u64)>,
}

#[derive(Debug)]
enum What {
    Literal(Needle),
    Regex(Regex),
}

impl LogSearch {
    /// Looks for this text as it is; upper and lower case differ only when it holds upper case.
    ///
    /// # Errors
    /// Says so when there is nothing to look for, or too much.
    pub fn literal(text: &str) -> Result<LogSearch, FilterError> {
        let fold = !text.chars().any(char::is_uppercase);
        match Needle::new(text, fold) {
            Some(needle) => Ok(LogSearch::new(text, What::Literal(needle))),
            None => Err(FilterError {
                at: 0,
                message: format!("type what to look for: one line of at most {NEEDLE_LIMIT} bytes"),
            }),
        }
    }

    /// Looks for a regular expression, line by line, with the same rule for case.
    ///
    /// # Errors
    /// Says what is wrong with the expression.
    pub fn regex(text: &str) -> Result<LogSearch, FilterError> {
        Ok(LogSearch::new(text, What::Regex(expression(text, 0)?)))
    }

    fn new(text: &str, what: What) -> LogSearch {
        LogSearch {
            text: text.to_owned(),
            what,
            found: Order::default(),
            scanned: None,
        }
    }

    /// What it looks for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks at about so many lines more: new ones first, then older ones, newest first. A literal takes some 50 ns a
    /// line, an expression up to 1 µs and more on long lines. Must be called after the book has taken something and
    /// before finds are asked for.
    pub fn step(&mut self, book: &LogBook, budget: usize) -> Progress {
        let ring = book.ring();
        let (first, next) = (ring.first(), ring.next());
        let (mut from, mut until) = self.scanned.unwrap_or((next, next));
        if from < first {
            self.found.drop_before(first, ring);
            (from, until) = (first, until.max(first));
        }
        let mut left = budget as u64;
        while until < next && left > 0 {
            let end = next.min(until + left.min(PIECE));
            self.look(book, until, end);
            left -= end - until;
            until = end;
        }
        while from > first && left > 0 {
            let begin = from.saturating_sub(left.min(PIECE)).max(first);
            self.look(book, begin, from);
            left -= from - begin;
            from = begin;
        }
        self.scanned = Some((from, until));
        self.found.settle(ring);
        Progress {
            done: (until - from) as usize,
            total: book.len(),
        }
    }

    fn look(&mut self, book: &LogBook, mut from: u64, until: u64) {
        while let Some((segment, range)) = (from < until).then(|| book.ring().piece(from, until)).flatten() {
            let mut add = |index: usize| {
                if let Some(entry) = segment.entries.get(index) {
                    self.found.push((entry.place, segment.first + index as u64));
                }
            };
            match &self.what {
                What::Literal(needle) => needle.lines(segment, range.start, range.end, add),
                What::Regex(regex) => range
                    .clone()
                    .filter(|index| regex.is_match(segment.text(*index)))
                    .for_each(&mut add),
            }
            from = segment.first + range.end as u64;
        }
    }

    /// How many lines were found so far.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// Which of them this is, counted from one in the order of time, and zero before the first.
    pub fn number(&self, book: &LogBook, id: LineId) -> usize {
        book.key(id)
            .map_or(0, |(place, id)| self.found.lower_bound((place, id + 1), book.ring()))
    }

    /// Whether a line was found.
    pub fn found(&self, book: &LogBook, id: LineId) -> bool {
        book.key(id)
            .is_some_and(|key| self.found.position(key, book.ring()).is_some())
    }

    /// The position in the view of the next find after `position`, or of the one before it; None beyond the last. To
    /// begin again at an end, ask from the other one with [`LogSearch::from_end`].
    pub fn next(&self, book: &LogBook, view: &LogView, position: usize, forward: bool) -> Option<usize> {
        let line = view.line_at(book, position)?;
        let (place, id) = book.key(line.id)?;
        self.meet(book, view, if forward { (place, id + 1) } else { (place, id) }, forward)
    }

    /// The first find in the view (`forward`), or the last.
    pub fn from_end(&self, book: &LogBook, view: &LogView, forward: bool) -> Option<usize> {
        let end = if forward { i64::MIN } else { i64::MAX };
        self.meet(book, view, (end, 0), forward)
    }

    /// The nearest line at or after `key` (or before it) that was found and is visible: the finds and the view take
    /// turns in leaping to each other's place.
    fn meet(&self, book: &LogBook, view: &LogView, mut key: Key, forward: bool) -> Option<usize> {
        let ring = book.ring();
        let shown = view.order(book);
        let leap = |order: &Order, key: Key| {
            let at = order.lower_bound(key, ring);
            let at = if forward { Some(at) } else { at.checked_sub(1) };
            order.get(at?).map(|id| (ring.place(id), id))
        };
        loop {
            let found = leap(&self.found, key)?;
            // Backwards, what is asked for lies before its key.
            let at = |(place, id): Key| if forward { (place, id) } else { (place, id + 1) };
            let visible = leap(shown, at(found))?;
            if visible == found {
                return shown.position(found, ring);
            }
            key = at(visible);
        }
    }

    /// Where it is found in one line, to be lit up: in order, not overlapping.
    pub fn finds(&self, line: &[u8]) -> Vec<Range<usize>> {
        let mut finds = Vec::new();
        match &self.what {
            What::Literal(needle) => {
                let mut at = 0;
                while let Some((start, end)) = needle.find(line, at) {
                    finds.push(start..end);
                    at = end.max(start + 1);
                }
            }
            What::Regex(regex) => finds.extend(regex.find_iter(line).map(|found| found.range())),
        }
        tidy(finds)
    }
}
