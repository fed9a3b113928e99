//! Objects of every other kind: conditions first, then all remaining fields with their names in words.

use super::{Around, Item, Subject};

/// Everything after the common head.
pub(super) fn items(_subject: &Subject<'_>, _around: &Around<'_>) -> Vec<Item> {
    Vec::new()
}
