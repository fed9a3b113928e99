//! Cluster role bindings: who holds a cluster role everywhere.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind, Link};
use super::parts::referred;
use super::role_binding::RULES;

/// What Portolan knows of cluster role bindings.
pub static CLUSTER_ROLE_BINDING: Kind = Kind {
    group: "rbac.authorization.k8s.io",
    resource: "clusterrolebindings",
    kind: "ClusterRoleBinding",
    short_names: &[],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Table(&RULES),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("ROLE", Field::Cell(0), 1),
        Column::get("AGE", Field::Age, 3).right(),
        Column::wide("USERS", Field::Cell(1)),
        Column::wide("GROUPS", Field::Cell(2)),
        Column::wide("SERVICEACCOUNTS", Field::Cell(3)),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "role",
        target: |row| referred(row, "role"),
    }],
};
