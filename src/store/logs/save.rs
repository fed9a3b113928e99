//! Lines as they go into a file or a pager: raw bytes, in pieces.

use super::{LogBook, LogView};
use std::ops::Range;
use std::sync::Arc;

/// What stands before each saved line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saving {
    /// `pod/container `, with the namespace before it when the book's sources are from several.
    pub source: bool,
    /// The time by the container runtime, in RFC 3339 with nanoseconds, as `kubectl logs --timestamps` writes it.
    pub time: bool,
}

/// The saved lines in pieces, made one after the other. What needs no change is shared with the book, not copied. Marks
/// are ours and are left out.
#[derive(Debug)]
pub struct Pieces<'a> {
    book: &'a LogBook,
    view: &'a LogView,
    range: Range<usize>,
}

impl LogView {
    /// The visible lines at these positions, as they go into a file.
    pub fn save<'a>(&'a self, book: &'a LogBook, range: Range<usize>, _saving: Saving) -> Pieces<'a> {
        Pieces {
            book,
            view: self,
            range,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Arc<[u8]>;

    fn next(&mut self) -> Option<Arc<[u8]>> {
        let position = self.range.next()?;
        let mut line = self.view.line_at(self.book, position)?.bytes.to_vec();
        line.push(b'\n');
        Some(line.into())
    }
}
