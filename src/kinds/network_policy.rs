//! Network policies: which pods they isolate.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind, Link};
use super::leads::selected_pods;
use super::row::Fact;
use super::table::{Printed, TableRules};
use crate::text::Clean;

/// What Portolan knows of network policies.
pub static NETWORK_POLICY: Kind = Kind {
    group: "networking.k8s.io",
    resource: "networkpolicies",
    kind: "NetworkPolicy",
    short_names: &["netpol"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Table(&RULES),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("POD-SELECTOR", Field::Cell(0), 1),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: selected_pods,
    }],
};

static RULES: TableRules = TableRules {
    facts: selector,
    ..TableRules::PLAIN
};

/// The selector is printed in the form in which the server takes it. `<none>` selects every pod of the namespace.
fn selector(printed: &Printed<'_>) -> Vec<Fact> {
    match printed.get("POD-SELECTOR") {
        "" | "<error>" => Vec::new(),
        "<none>" => vec![Fact::Selector(Clean::default())],
        selector => vec![Fact::Selector(Clean::new(selector))],
    }
}
