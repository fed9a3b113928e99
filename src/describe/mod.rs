//! Describe: what one object says of itself, in words. Sections as kubectl's describe prints them, causes and next steps
//! for what is broken, references to other objects. Pure: JSON in, documents out. It refuses to fetch: what it needs
//! beside the object it names as companions, and it says so where one of them is missing or denied.
//!
//! A kind's describer is a file and its line in [`ALL`]. Every other kind has the generic one.

mod amount;
mod around;
mod backing;
mod certificate_signing_request;
mod config_map;
mod container;
mod cron_job;
mod custom_resource_definition;
mod daemon_set;
mod deployment;
mod document;
mod ending;
mod endpoints;
mod environment;
mod event;
pub mod events;
pub mod explain;
mod generic;
mod head;
mod horizontal_pod_autoscaler;
mod image;
mod ingress;
mod job;
mod network_policy;
mod node;
pub mod owners;
mod persistent_volume;
mod persistent_volume_claim;
mod placement;
mod pod;
mod pod_disruption_budget;
mod pod_findings;
mod probe;
mod quota;
mod reach;
pub mod references;
mod replica_set;
mod requests;
pub mod reuse;
mod role;
mod rules;
mod say;
mod schedule;
mod scheduling;
mod service;
mod stateful_set;
mod storage_class;
mod template;
#[cfg(test)]
mod testing;
mod volume;
mod words;
mod workload;

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
    &certificate_signing_request::CERTIFICATE_SIGNING_REQUEST,
    &config_map::CONFIG_MAP,
    &config_map::SECRET,
    &custom_resource_definition::CUSTOM_RESOURCE_DEFINITION,
    &endpoints::ENDPOINTS,
    &endpoints::ENDPOINT_SLICE,
    &event::EVENT,
    &event::EVENT_NEW,
    &horizontal_pod_autoscaler::HORIZONTAL_POD_AUTOSCALER,
    &ingress::INGRESS,
    &ingress::INGRESS_CLASS,
    &ingress::INGRESS_OLD,
    &network_policy::NETWORK_POLICY,
    &node::NODE,
    &persistent_volume::PERSISTENT_VOLUME,
    &persistent_volume_claim::PERSISTENT_VOLUME_CLAIM,
    &pod_disruption_budget::POD_DISRUPTION_BUDGET,
    &quota::LIMIT_RANGE,
    &quota::NAMESPACE,
    &quota::RESOURCE_QUOTA,
    &role::CLUSTER_ROLE,
    &role::CLUSTER_ROLE_BINDING,
    &role::ROLE,
    &role::ROLE_BINDING,
    &role::SERVICE_ACCOUNT,
    &service::SERVICE,
    &storage_class::PRIORITY_CLASS,
    &storage_class::STORAGE_CLASS,
    &pod::POD,
    &deployment::DEPLOYMENT,
    &replica_set::REPLICA_SET,
    &replica_set::REPLICATION_CONTROLLER,
    &stateful_set::STATEFUL_SET,
    &daemon_set::DAEMON_SET,
    &job::JOB,
    &cron_job::CRON_JOB,
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
    let found = ALL
        .iter()
        .find(|describer| describer.group == subject.group && describer.kind == subject.kind);
    found.copied()
}
