//! Describe: what one object says of itself, in words. Sections as kubectl's describe prints them, causes and next steps
//! for what is broken, references to other objects. Pure: JSON in, documents out. It refuses to fetch: what it needs
//! beside the object it names as companions, and it says so where one of them is missing or denied.
//!
//! A kind's describer is a file and its line in [`ALL`]. Every other kind has the generic one.

mod amount;
mod around;
mod backing;
mod config_map;
mod document;
mod endpoints;
pub mod events;
pub mod explain;
mod generic;
mod head;
mod node;
mod persistent_volume;
mod persistent_volume_claim;
pub mod owners;
mod reach;
pub mod reuse;
pub mod references;
mod requests;
mod service;
mod source;
mod storage_class;
#[cfg(test)]
mod testing;
mod words;

pub use around::{Around, Companion, Listed, Subject};
pub use document::{Item, Line, Phrase, Span, render};
pub use reach::{at, bool_at, items_at, number_at, text_at};

use crate::kinds::Health;

/// What is wrong with an object, or what it waits for: a cause and a next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is; the worst comes first.
    pub health: Health,
    /// What is the case and why, in one sentence without a full stop.
    pub cause: Phrase,
    /// What one can do about it, in one sentence without a full stop; empty when there is nothing.
    pub next: Phrase,
}

/// How objects of one kind are described. Whatever a function asks `Around::find` for is wanted from then on as long as it
/// goes on asking, and it is asked again when that has come in: a Deployment asks for its replica sets first and for their
/// pods then. The events of the object are always there.
#[derive(Clone, Copy, Debug)]
pub struct Describer {
    /// API group, empty for core.
    pub group: &'static str,
    /// Kind in CamelCase.
    pub kind: &'static str,
    /// What is wrong, or what it waits for.
    pub findings: fn(&Subject<'_>, &Around<'_>) -> Vec<Finding>,
    /// Everything after the common head (name, namespace, labels, annotations) and before the events.
    pub items: fn(&Subject<'_>, &Around<'_>) -> Vec<Item>,
}

/// Every kind with a describer of its own.
pub static ALL: &[&Describer] = &[
    &config_map::CONFIG_MAP,
    &config_map::SECRET,
    &endpoints::ENDPOINTS,
    &endpoints::ENDPOINT_SLICE,
    &node::NODE,
    &persistent_volume::PERSISTENT_VOLUME,
    &persistent_volume_claim::PERSISTENT_VOLUME_CLAIM,
    &service::SERVICE,
    &storage_class::PRIORITY_CLASS,
    &storage_class::STORAGE_CLASS,
];

/// What is wrong with an object, worst first.
pub fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let mut findings = match describer(subject) {
        Some(describer) => (describer.findings)(subject, around),
        None => generic::findings(subject, around),
    };
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.health));
    findings
}

/// Everything that is to be said of an object.
pub fn describe(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let mut items = head::head(subject, around);
    match describer(subject) {
        Some(describer) => items.extend((describer.items)(subject, around)),
        None => items.extend(generic::items(subject, around)),
    }
    items.push(events::section(around));
    items
}

fn describer(subject: &Subject<'_>) -> Option<&'static Describer> {
    let found = ALL.iter().find(|describer| describer.group == subject.group && describer.kind == subject.kind);
    found.copied()
}
