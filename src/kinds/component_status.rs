//! Component statuses: deprecated, and not objects but probes made when asked; they cannot be watched.

use super::cell::{Column, Field};
use super::kind::{Codec, Kind};
use super::row::Health;
use super::table::{Printed, TableRules};

/// What Portolan knows of component statuses.
pub static COMPONENT_STATUS: Kind = Kind {
    group: "",
    resource: "componentstatuses",
    kind: "ComponentStatus",
    short_names: &["cs"],
    namespaced: false,
    versions: &["v1"],
    codec: Codec::Table(&RULES),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 1),
        Column::get("MESSAGE", Field::Cell(1), 3),
        Column::get("ERROR", Field::Cell(2), 2),
    ],
    links: &[],
};

static RULES: TableRules = TableRules {
    coloured: &["STATUS"],
    health,
    ..TableRules::PLAIN
};

fn health(printed: &Printed<'_>) -> Health {
    match printed.get("STATUS") {
        "Healthy" => Health::Good,
        "Unhealthy" => Health::Bad,
        _ => Health::Unknown,
    }
}
