//! Service accounts: the identities under which pods speak to the API server.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind, Link, Target};
use super::parts::field_equals;
use super::resource::ResourceName;
use super::row::Row;
use super::table::TableRules;
use crate::text::Clean;

/// What Portolan knows of service accounts.
pub static SERVICE_ACCOUNT: Kind = Kind {
    group: "",
    resource: "serviceaccounts",
    kind: "ServiceAccount",
    short_names: &["sa"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("SECRETS", Field::Cell(0), 2).right(),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: pods,
    }],
};

/// The pods that run under this account. The server knows the field selector.
fn pods(row: &Row) -> Option<Target> {
    Some(Target::List {
        resource: ResourceName::new("", "pods"),
        namespace: row.namespace.clone(),
        labels: Clean::default(),
        fields: field_equals("spec.serviceAccountName", row.name.as_str()),
        owner: None,
    })
}
