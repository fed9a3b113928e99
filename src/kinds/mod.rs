//! Kinds: a file per resource with its names, the versions it reads, columns, health and links.
//! Pure: bytes in, rows out. It refuses to know how bytes arrive, and never keeps an object.
//!
//! Read `row`, `cell` and `kind` first: they are what a kind is. Then `decode` and `table`, the two ways in which rows
//! are made, and one kind of each (`namespace`, `network_policy`). A new kind is a file and its line in [`ALL`].

pub mod cell;
pub mod decode;
pub mod kind;
pub mod leads;
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
pub mod custom_resource_definition;
pub mod ingress;
pub mod ingress_class;
pub mod lease;
pub mod limit_range;
pub mod namespace;
pub mod network_policy;
pub mod persistent_volume;
pub mod persistent_volume_claim;
pub mod pod_disruption_budget;
pub mod priority_class;
pub mod resource_quota;
pub mod role;
pub mod role_binding;
pub mod secret;
pub mod service_account;
pub mod storage_class;

pub use cell::{Align, Cell, Column, Field, Origin, Value};
pub use decode::Scratch;
pub use kind::{Codec, DecodeError, Kind, Link, Target};
pub use resource::{Catalog, Resource, ResourceName, Unresolved, Verbs};
pub use row::{Fact, Health, Labels, Owner, Reference, Row, Uid};
pub use table::{ServerColumn, TableReader};

/// Every kind we know, in the order in which one meets them: what runs, what leads to it, what it reads and writes,
/// who may do what, and what holds the cluster together.
pub static ALL: &[&Kind] = &[
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
