//! What volumes and claims have in common: access modes, classes and kubectl's words for what is not set.

use super::cell::Cell;
use super::decode::{List, Map, Meta, Scratch, Text};
use crate::theme::Role;

/// Before there was a field for it, the storage class was named here; the annotation still wins.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Access modes in their short form, each once and in kubectl's order.
pub fn access_modes(modes: &List<Text<'_>>) -> String {
    let short = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let present = short
        .iter()
        .filter(|(long, _)| modes.iter().any(|mode| &**mode == *long));
    present.map(|(_, short)| *short).collect::<Vec<&str>>().join(",")
}

/// The storage class of a volume or claim; empty when there is none.
pub fn storage_class<'a>(metadata: &'a Meta<'_, Map<'_>>, field: &'a Text<'_>) -> &'a str {
    metadata.annotations.find(CLASS_ANNOTATION).unwrap_or(field)
}

/// A cell that says `<unset>` when there is nothing.
pub fn or_unset(text: &str, scratch: &mut Scratch) -> Cell {
    if text.is_empty() {
        scratch.shared("<unset>").with(Role::Muted)
    } else {
        scratch.shared(text)
    }
}
