//! The common head: name, namespace, labels, annotations.

use super::{Around, Item, Subject, text_at};

/// The first lines of every description.
pub(super) fn head(subject: &Subject<'_>, _around: &Around<'_>) -> Vec<Item> {
    let mut items = vec![Item::field("Name", text_at(subject.object, "metadata/name"))];
    let namespace = text_at(subject.object, "metadata/namespace");
    if !namespace.is_empty() {
        items.push(Item::field("Namespace", namespace));
    }
    items
}
