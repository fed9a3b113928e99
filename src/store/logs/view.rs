//! What a filter leaves of a book.

use super::{LineId, LogBook, LogFilter, LogLineRef, Rate};

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
/// are dropped or come late, so what a reader looks at is kept by [`LineId`].
#[derive(Debug, Default)]
pub struct LogView {
    filter: LogFilter,
}

impl LogView {
    /// A view with this filter.
    pub fn new(filter: LogFilter) -> LogView {
        LogView { filter }
    }

    /// The filter.
    pub fn filter(&self) -> &LogFilter {
        &self.filter
    }

    /// Puts another filter in place; the next scans look at everything again, newest lines first.
    pub fn set_filter(&mut self, filter: LogFilter) {
        self.filter = filter;
    }

    /// Looks at what it has not seen yet: new lines first, then older ones, newest first; about `budget` lines.
    pub fn scan(&mut self, book: &LogBook, _budget: usize) -> Progress {
        Progress {
            done: book.len(),
            total: book.len(),
        }
    }

    /// How many lines are visible.
    pub fn len(&self, book: &LogBook) -> usize {
        book.len()
    }

    /// Whether nothing is visible.
    pub fn is_empty(&self, book: &LogBook) -> bool {
        self.len(book) == 0
    }

    /// The visible line at a position.
    pub fn line_at<'a>(&self, book: &'a LogBook, position: usize) -> Option<LogLineRef<'a>> {
        book.line_at(position)
    }

    /// Where a line is, when it is visible.
    pub fn position(&self, book: &LogBook, id: LineId) -> Option<usize> {
        book.position(id)
    }

    /// Where a line is or would be: the position of the first visible line at or after it. The line need not be visible
    /// any more, nor be there; [`LogView::len`] when nothing comes after it.
    pub fn position_near(&self, book: &LogBook, id: LineId) -> usize {
        book.position_near(id)
    }

    /// The first visible line that was written at this time (unix nanoseconds) or later.
    pub fn position_at(&self, book: &LogBook, time: i64) -> usize {
        book.position_at(time)
    }

    /// Whether a visible line is there only as context of a find.
    pub fn is_context(&self, _book: &LogBook, _id: LineId) -> bool {
        false
    }

    /// The next visible error after this position, or the one before it. Heads only, not each line of a trace.
    pub fn next_error(&self, book: &LogBook, position: usize, forward: bool) -> Option<usize> {
        book.next_error(position, forward)
    }

    /// Visible lines and errors over time: see [`LogBook::rate`].
    pub fn rate(&self, book: &LogBook, buckets: usize, from: i64, to: i64) -> Vec<Rate> {
        book.rate(buckets, from, to)
    }
}
