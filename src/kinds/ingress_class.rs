//! Ingress classes: which controller serves the ingresses that name them.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of ingress classes.
pub static INGRESS_CLASS: Kind = Kind {
    group: "networking.k8s.io",
    resource: "ingressclasses",
    kind: "IngressClass",
    short_names: &[],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CONTROLLER", Field::Cell(0), 1),
        Column::get("PARAMETERS", Field::Cell(1), 5),
        Column::get("AGE", Field::Age, 3).right(),
    ],
    links: &[],
};
