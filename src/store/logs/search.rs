//! Where something is found in a book.

use super::{LineId, LogBook, LogView, Progress};
use crate::store::FilterError;
use std::ops::Range;

/// A search: finds lines in steps, and knows all lines that were found so far. Dropping it cancels it.
#[derive(Debug)]
pub struct LogSearch {
    text: String,
}

impl LogSearch {
    /// Looks for this text as it is; upper and lower case differ only when it holds upper case.
    ///
    /// # Errors
    /// Says so when there is nothing to look for, or too much.
    pub fn literal(text: &str) -> Result<LogSearch, FilterError> {
        Ok(LogSearch { text: text.to_owned() })
    }

    /// Looks for a regular expression, line by line, with the same rule for case.
    ///
    /// # Errors
    /// Says what is wrong with the expression.
    pub fn regex(text: &str) -> Result<LogSearch, FilterError> {
        Ok(LogSearch { text: text.to_owned() })
    }

    /// What it looks for.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Looks at about so many lines more, newest first.
    pub fn step(&mut self, book: &LogBook, _budget: usize) -> Progress {
        Progress {
            done: book.len(),
            total: book.len(),
        }
    }

    /// How many lines were found so far.
    pub fn count(&self) -> usize {
        0
    }

    /// Whether a line was found.
    pub fn found(&self, _book: &LogBook, _id: LineId) -> bool {
        false
    }

    /// The position in the view of the next find after `position`, or of the one before it; None beyond the last. To
    /// begin again at an end, ask from the other one with [`LogSearch::from_end`].
    pub fn next(&self, _book: &LogBook, _view: &LogView, _position: usize, _forward: bool) -> Option<usize> {
        None
    }

    /// The first find in the view (`forward`), or the last.
    pub fn from_end(&self, _book: &LogBook, _view: &LogView, _forward: bool) -> Option<usize> {
        None
    }

    /// Where it is found in one line, to be lit up: in order, not overlapping.
    pub fn finds(&self, _line: &[u8]) -> Vec<Range<usize>> {
        Vec::new()
    }
}
