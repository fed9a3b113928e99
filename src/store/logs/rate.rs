//! What is next to a place, and how many lines and errors there are over time.

use super::order::Order;
use super::ring::Ring;

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

/// The line of `some` next to a position of `all`.
pub(super) fn beside(some: &Order, all: &Order, position: usize, forward: bool, ring: &Ring) -> Option<u64> {
    if forward {
        let id = all.get(position)?;
        let at = some.lower_bound((ring.place(id), id + 1), ring);
        some.get(at)
    } else {
        let at = match all.get(position) {
            Some(id) => some.lower_bound((ring.place(id), id), ring),
            None => some.len(),
        };
        some.get(at.checked_sub(1)?)
    }
}

/// Buckets, from how many lines and errors there are before a time.
pub(super) fn rate(
    buckets: usize,
    from: i64,
    to: i64,
    lines: impl Fn(i64) -> usize,
    errors: impl Fn(i64) -> usize,
) -> Vec<Rate> {
    let width = i128::from(to.max(from)) - i128::from(from);
    let edge = |bucket: usize| {
        let offset = width * bucket as i128 / buckets.max(1) as i128;
        i64::try_from(i128::from(from) + offset).unwrap_or(i64::MAX)
    };
    let mut before = (lines(from), errors(from));
    (0..buckets)
        .map(|bucket| {
            let until = edge(bucket + 1);
            let after = (lines(until), errors(until));
            let rate = Rate {
                lines: after.0.saturating_sub(before.0),
                errors: after.1.saturating_sub(before.1),
                first: before.0,
            };
            before = after;
            rate
        })
        .collect()
}
