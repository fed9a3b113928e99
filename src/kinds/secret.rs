//! Secrets, always as a Table: their data never crosses the wire for a list, not even for a moment.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::table::TableRules;

/// What Portolan knows of Secrets.
pub static SECRET: Kind = Kind {
    group: "",
    resource: "secrets",
    kind: "Secret",
    short_names: &[],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Table(&TableRules::PLAIN),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("TYPE", Field::Cell(0), 2),
        Column::get("DATA", Field::Cell(1), 4).right(),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[],
};
