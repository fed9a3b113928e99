//! Limit ranges. The server prints their moment of creation and nothing else.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of limit ranges.
pub static LIMIT_RANGE: Kind = Kind {
    group: "",
    resource: "limitranges",
    kind: "LimitRange",
    short_names: &["limits"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CREATED AT", Field::Cell(0), 4),
        Column::extra("AGE", Field::Age).show(3).right(),
    ],
    links: &[],
};
