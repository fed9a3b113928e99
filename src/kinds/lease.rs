//! Leases: who leads, and which nodes are heard from.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of leases.
pub static LEASE: Kind = Kind {
    group: "coordination.k8s.io",
    resource: "leases",
    kind: "Lease",
    short_names: &[],
    namespaced: true,
    versions: &["v1", "v1beta1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("HOLDER", Field::Cell(0), 1),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[],
};
