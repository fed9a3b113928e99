//! Cluster roles. The server prints their moment of creation and nothing else.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of cluster roles.
pub static CLUSTER_ROLE: Kind = Kind {
    group: "rbac.authorization.k8s.io",
    resource: "clusterroles",
    kind: "ClusterRole",
    short_names: &[],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CREATED AT", Field::Cell(0), 4),
        Column::extra("AGE", Field::Age).show(3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[],
};
