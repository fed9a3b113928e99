//! Role bindings: who holds a role in a namespace.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind, Link};
use super::leads::fact;
use super::parts::referred;
use super::row::Fact;
use super::table::{Printed, TableRules};

/// What Portolan knows of role bindings.
pub static ROLE_BINDING: Kind = Kind {
    group: "rbac.authorization.k8s.io",
    resource: "rolebindings",
    kind: "RoleBinding",
    short_names: &[],
    namespaced: true,
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

/// How bindings are read, in a namespace or not.
pub(super) static RULES: TableRules = TableRules {
    facts: role,
    ..TableRules::PLAIN
};

/// The role is printed as `Role/name` or `ClusterRole/name`.
fn role(printed: &Printed<'_>) -> Vec<Fact> {
    let (resource, namespace, name) = match printed.get("ROLE").split_once('/') {
        Some(("Role", name)) => ("roles", printed.namespace.as_str(), name),
        Some(("ClusterRole", name)) => ("clusterroles", "", name),
        _ => return Vec::new(),
    };
    fact("role", ROLE_BINDING.group, resource, namespace, name)
        .into_iter()
        .collect()
}
