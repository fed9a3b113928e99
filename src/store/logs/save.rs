//! Lines as they go into a file or a pager: raw bytes, in pieces that are made one after the other.

use super::{LineKind, LogBook, LogLineRef, LogView};
use crate::text::format_time;
use std::ops::Range;
use std::sync::Arc;

/// A piece that is made is about this long, in bytes.
const PIECE: usize = 256 << 10;

/// What stands before each saved line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saving {
    /// `[pod/name/container] `, as `kubectl logs --prefix` writes it, with the namespace before the name when the
    /// book's sources are of several.
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
    saving: Saving,
    /// What stands before the lines of each source.
    prefixes: Vec<String>,
}

impl LogView {
    /// The visible lines at these positions, as they go into a file.
    pub fn save<'a>(&'a self, book: &'a LogBook, range: Range<usize>, saving: Saving) -> Pieces<'a> {
        let namespaces: std::collections::BTreeSet<&str> =
            book.sources().map(|(_, source)| source.namespace.as_str()).collect();
        let prefix = |namespace: &str, pod: &str, container: &str| {
            if namespaces.len() > 1 {
                format!("[pod/{namespace}/{pod}/{container}] ")
            } else {
                format!("[pod/{pod}/{container}] ")
            }
        };
        let prefixes = book
            .sources()
            .filter(|_| saving.source)
            .map(|(_, source)| {
                prefix(
                    source.namespace.as_str(),
                    source.pod.as_str(),
                    source.container.as_str(),
                )
            })
            .collect();
        Pieces {
            book,
            view: self,
            range: range.start..range.end.min(self.len(book)),
            saving,
            prefixes,
        }
    }
}

impl Iterator for Pieces<'_> {
    type Item = Arc<[u8]>;

    fn next(&mut self) -> Option<Arc<[u8]>> {
        if let Some(shared) = self.shared() {
            return Some(shared);
        }
        let mut piece = Vec::new();
        // The first line may not be shared; the next ones may, so a look is taken where a segment begins.
        while piece.len() < PIECE {
            let Some(position) = self.range.next() else { break };
            let Some(line) = self.view.line_at(self.book, position) else {
                break;
            };
            self.write(&line, &mut piece);
            if self.at_segment() {
                break;
            }
        }
        if piece.is_empty() {
            return (!self.range.is_empty()).then(|| self.next()).flatten();
        }
        Some(piece.into())
    }
}

impl Pieces<'_> {
    /// Whether the next line is the first of a segment.
    fn at_segment(&self) -> bool {
        let order = self.view.order(self.book);
        let found = order.get(self.range.start).and_then(|id| self.book.ring().find(id));
        !self.saving.source && !self.saving.time && found.is_some_and(|(_, index)| index == 0)
    }

    /// A whole segment, when its lines are the next ones and need no change.
    fn shared(&mut self) -> Option<Arc<[u8]>> {
        if self.saving.source || self.saving.time {
            return None;
        }
        let order = self.view.order(self.book);
        let (segment, index) = self.book.ring().find(order.get(self.range.start)?)?;
        let count = segment.entries.len();
        let shared = segment.shared().filter(|_| index == 0 && count <= self.range.len())?;
        let plain = segment
            .entries
            .iter()
            .all(|entry| !entry.is_cut() && entry.kind() == LineKind::Line);
        if !plain || !order.runs(self.range.start, segment.first, count) {
            return None;
        }
        self.range.start += count;
        Some(Arc::clone(shared))
    }

    fn write(&self, line: &LogLineRef<'_>, piece: &mut Vec<u8>) {
        if line.kind.is_mark() {
            return;
        }
        if let Some(prefix) = self.prefixes.get(usize::from(line.source.0)) {
            piece.extend_from_slice(prefix.as_bytes());
        }
        if self.saving.time && line.time != 0 {
            let second = format_time(line.time.div_euclid(1_000_000_000));
            let fraction = line.time.rem_euclid(1_000_000_000);
            piece.extend_from_slice(second.trim_end_matches('Z').as_bytes());
            piece.extend_from_slice(format!(".{fraction:09}Z ").as_bytes());
        }
        piece.extend_from_slice(line.bytes);
        // The rest of a line that was cut is joined to it, unless something must or does stand between them.
        let joined = line.cut && !self.saving.source && !self.saving.time && self.rest_follows(line);
        if !joined {
            piece.push(b'\n');
        }
    }

    fn rest_follows(&self, line: &LogLineRef<'_>) -> bool {
        let next = self.view.line_at(self.book, self.range.start);
        next.is_some_and(|next| next.source == line.source && next.continuation && !self.range.is_empty())
    }
}
