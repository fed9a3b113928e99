//! ConfigMaps, always as a Table: their data never crosses the wire for a list.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of ConfigMaps.
pub static CONFIG_MAP: Kind = Kind {
    group: "",
    resource: "configmaps",
    kind: "ConfigMap",
    short_names: &["cm"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("DATA", Field::Cell(0), 2).right(),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[],
};
