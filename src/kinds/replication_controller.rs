//! Replication controllers: what replica sets were called once.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Map, Meta, Part, Scratch, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{PodTemplate, map_text, owned_pods, selector_cell};
use super::replica_set::ReplicaStatus;
use super::row::Row;
use serde::Deserialize;

/// Replication controllers.
pub static REPLICATION_CONTROLLER: Kind = Kind {
    group: "",
    resource: "replicationcontrollers",
    kind: "ReplicationController",
    short_names: &["rc"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("DESIRED", Field::Cell(0), 2).right(),
        Column::get("CURRENT", Field::Cell(1), 3).right(),
        Column::get("READY", Field::Cell(2), 1).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(3)).cap(40),
        Column::wide("IMAGES", Field::Cell(4)).cap(80),
        Column::wide("SELECTOR", Field::Cell(5)).cap(60),
        Column::extra("AVAILABLE", Field::Cell(6)).right(),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: owned_pods,
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Controller<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<ReplicaStatus<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    replicas: Int,
    #[serde(borrow)]
    selector: Map<'a>,
    template: Part<PodTemplate<'a>>,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let controller: Controller<'_> = parse(bytes)?;
    let row = controller.metadata.row(scratch)?;
    let desired = controller.spec.replicas.or(1);
    let health = controller.status.health(desired, controller.metadata.is_deleting());
    let (selector, facts) = selector_cell(Some(map_text(&controller.spec.selector)), scratch);
    let mut cells = controller.status.cells(desired, health);
    cells.extend(controller.spec.template.cells(scratch));
    cells.push(selector);
    cells.push(Cell::int(controller.status.available_replicas.count()));
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::row::Health;
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = r#"{"metadata":{"name":"old","namespace":"shop","uid":"u-2"},
            "spec":{"replicas":2,"selector":{"b":"2","a":"1"},"template":{"spec":{"containers":[{"name":"a","image":"a:1"}]}}},
            "status":{"replicas":2,"readyReplicas":2,"availableReplicas":2}}"#;
        check(
            &REPLICATION_CONTROLLER,
            json,
            "DESIRED=2; CURRENT=2; READY=2; CONTAINERS=a; IMAGES=a:1; SELECTOR=a=1,b=2; AVAILABLE=2",
            Health::Good,
        );
        let it = row(&REPLICATION_CONTROLLER, json);
        assert_eq!(
            link(&REPLICATION_CONTROLLER, &it, "pods"),
            "pods [shop] [a=1,b=2] [] owned by u-2"
        );
        survives_wrong_types(&REPLICATION_CONTROLLER, json);
        check(
            &REPLICATION_CONTROLLER,
            r#"{"spec":{"replicas":1}}"#,
            "SELECTOR=<none>; CONTAINERS=; READY=0",
            Health::Warn,
        );
    }
}
