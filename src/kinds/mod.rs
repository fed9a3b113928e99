//! Kinds: a file per resource with its names, the versions it reads, columns, health and links.
//! Pure: bytes in, rows out. It refuses to know how bytes arrive, and never keeps an object.
//!
//! Read `row`, `cell` and `kind` first: they are what a kind is. Then `decode` and `table`, the two ways in which rows
//! are made, and one kind of each (`namespace`, `network_policy`). A new kind is a file and its line in [`ALL`].

pub mod cell;
pub mod container_state;
pub mod decode;
pub mod kind;
pub mod leads;
pub mod lenient;
pub mod parts;
pub mod resource;
pub mod row;
pub mod table;
pub mod volumes;
pub mod words;

pub mod cluster_role;
pub mod cluster_role_binding;
pub mod component_status;
pub mod config_map;
pub mod container;
pub mod cron_job;
pub mod custom_resource_definition;
pub mod daemon_set;
pub mod deployment;
pub mod endpoint_slice;
pub mod endpoints;
pub mod event;
pub mod horizontal_pod_autoscaler;
pub mod ingress;
pub mod ingress_class;
pub mod job;
pub mod lease;
pub mod limit_range;
pub mod namespace;
pub mod network_policy;
pub mod node;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod;
pub mod pod_disruption_budget;
pub mod priority_class;
pub mod replica_set;
pub mod replication_controller;
pub mod resource_quota;
pub mod role;
pub mod role_binding;
pub mod secret;
pub mod service;
pub mod service_account;
pub mod stateful_set;
pub mod storage_class;

pub use cell::{Align, Cell, Column, Field, Origin, Value};
pub use container::containers;
pub use decode::Scratch;
pub use kind::{Codec, DecodeError, Kind, Link, Target, status_column};
pub use resource::{Catalog, Resource, ResourceName, Unresolved, Verbs};
pub use row::{Fact, Health, Labels, Owner, Reference, Row, Selection, Uid, Whole};
pub use table::{ServerColumn, TableReader};

#[cfg(test)]
mod resource_tests;
#[cfg(test)]
mod table_tests;
#[cfg(test)]
mod testing;

/// Every kind we know, in the order in which one meets them: what runs, what leads to it, what it reads and writes,
/// who may do what, and what holds the cluster together.
pub static ALL: &[&Kind] = &[
    &pod::POD,
    &deployment::DEPLOYMENT,
    &replica_set::REPLICA_SET,
    &replication_controller::REPLICATION_CONTROLLER,
    &stateful_set::STATEFUL_SET,
    &daemon_set::DAEMON_SET,
    &job::JOB,
    &cron_job::CRON_JOB,
    &horizontal_pod_autoscaler::HORIZONTAL_POD_AUTOSCALER,
    &service::SERVICE,
    &endpoints::ENDPOINTS,
    &endpoint_slice::ENDPOINT_SLICE,
    &ingress::INGRESS,
    &ingress_class::INGRESS_CLASS,
    &network_policy::NETWORK_POLICY,
    &config_map::CONFIG_MAP,
    &secret::SECRET,
    &persistent_volume_claim::PERSISTENT_VOLUME_CLAIM,
    &persistent_volume::PERSISTENT_VOLUME,
    &storage_class::STORAGE_CLASS,
    &pod_disruption_budget::POD_DISRUPTION_BUDGET,
    &resource_quota::RESOURCE_QUOTA,
    &limit_range::LIMIT_RANGE,
    &priority_class::PRIORITY_CLASS,
    &service_account::SERVICE_ACCOUNT,
    &role::ROLE,
    &role_binding::ROLE_BINDING,
    &cluster_role::CLUSTER_ROLE,
    &cluster_role_binding::CLUSTER_ROLE_BINDING,
    &namespace::NAMESPACE,
    &node::NODE,
    &event::EVENT,
    &event::NEW_EVENT,
    &custom_resource_definition::CUSTOM_RESOURCE_DEFINITION,
    &lease::LEASE,
    &component_status::COMPONENT_STATUS,
];

/// What we know of a resource.
pub fn kind(group: &str, resource: &str) -> Option<&'static Kind> {
    ALL.iter()
        .copied()
        .find(|kind| kind.group == group && kind.resource == resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// What the user's documents name and what is needed besides, as group and plural.
    const WANTED: &[(&str, &str)] = &[
        ("", "pods"),
        ("", "nodes"),
        ("", "namespaces"),
        ("", "services"),
        ("", "endpoints"),
        ("discovery.k8s.io", "endpointslices"),
        ("networking.k8s.io", "ingresses"),
        ("networking.k8s.io", "ingressclasses"),
        ("networking.k8s.io", "networkpolicies"),
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("", "replicationcontrollers"),
        ("apps", "statefulsets"),
        ("apps", "daemonsets"),
        ("batch", "jobs"),
        ("batch", "cronjobs"),
        ("", "configmaps"),
        ("", "secrets"),
        ("", "persistentvolumes"),
        ("", "persistentvolumeclaims"),
        ("storage.k8s.io", "storageclasses"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("policy", "poddisruptionbudgets"),
        ("", "limitranges"),
        ("", "resourcequotas"),
        ("", "serviceaccounts"),
        ("rbac.authorization.k8s.io", "roles"),
        ("rbac.authorization.k8s.io", "clusterroles"),
        ("rbac.authorization.k8s.io", "rolebindings"),
        ("rbac.authorization.k8s.io", "clusterrolebindings"),
        ("", "events"),
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("scheduling.k8s.io", "priorityclasses"),
        ("coordination.k8s.io", "leases"),
        ("", "componentstatuses"),
    ];

    #[test]
    fn every_wanted_kind_is_there() {
        let missing: Vec<_> = WANTED
            .iter()
            .filter(|(group, resource)| kind(group, resource).is_none())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn every_file_that_defines_a_kind_is_in_the_list_and_the_other_way_round() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/kinds");
        let mut defined = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = if path.is_file() {
                std::fs::read_to_string(&path).unwrap()
            } else {
                String::new()
            };
            let head = ["pub static ", ": Kind = "];
            for line in text
                .lines()
                .filter(|line| line.starts_with(head[0]) && line.contains(head[1]))
            {
                let stem = path.file_stem().unwrap().to_str().unwrap();
                let name = line.trim_start_matches(head[0]).split(':').next().unwrap();
                assert!(
                    name.ends_with(&stem.to_uppercase()),
                    "{name}: the kind is called after its file"
                );
                defined.insert(format!("{stem}::{name}"));
            }
        }
        let source = include_str!("mod.rs");
        let listed: BTreeSet<String> = source
            .lines()
            .filter_map(|line| line.strip_prefix("    &")?.strip_suffix(','))
            .map(str::to_owned)
            .collect();
        assert_eq!(defined, listed);
        assert_eq!(ALL.len(), listed.len());
    }

    #[test]
    fn kinds_are_well_formed() {
        let mut words: BTreeSet<&str> = BTreeSet::new();
        for kind in ALL {
            let label = kind.kind;
            let same = |other: &&&Kind| (other.group, other.resource) == (kind.group, kind.resource);
            assert_eq!(ALL.iter().filter(same).count(), 1, "{label} is there once");
            assert!(!kind.versions.is_empty(), "{label} has versions");
            for word in kind.short_names.iter().chain([&kind.resource]) {
                let twice = kind.group == "events.k8s.io";
                assert!(words.insert(word) != twice, "{word} names one kind, events excepted");
            }
            let headers: BTreeSet<&str> = kind.columns.iter().map(|column| &*column.name).collect();
            assert_eq!(headers.len(), kind.columns.len(), "{label}: headers are unique");
            let upper = |header: &&str| header.to_uppercase() == **header;
            assert!(headers.iter().all(upper), "{label}: headers are in upper case");
            let mut cells: Vec<u8> = kind
                .columns
                .iter()
                .filter_map(|column| match column.field {
                    Field::Cell(cell) => Some(cell),
                    _ => None,
                })
                .collect();
            cells.sort_unstable();
            let dense: Vec<u8> = (0..u8::try_from(cells.len()).unwrap()).collect();
            assert_eq!(
                cells, dense,
                "{label}: a column for each cell, and a cell for each column"
            );
            let order: Vec<bool> = kind
                .columns
                .iter()
                .map(|column| column.origin == Origin::Extra)
                .collect();
            assert!(order.is_sorted(), "{label}: kubectl's columns come first");
            let links: BTreeSet<&str> = kind.links.iter().map(|link| link.name).collect();
            assert_eq!(links.len(), kind.links.len(), "{label}: links have names of their own");
        }
    }
}
