//! Priority classes: which pods may push out which others.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of priority classes.
pub static PRIORITY_CLASS: Kind = Kind {
    group: "scheduling.k8s.io",
    resource: "priorityclasses",
    kind: "PriorityClass",
    short_names: &["pc"],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("VALUE", Field::Cell(0), 1).right(),
        Column::get("GLOBAL-DEFAULT", Field::Cell(1), 4),
        Column::get("AGE", Field::Age, 3).right(),
        Column::get("PREEMPTIONPOLICY", Field::Cell(2), 5),
    ],
    links: &[],
};
