//! Replica sets.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Meta, Part, Scratch, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{Conditions, LabelSelector, PodTemplate, count_cell, owned_pods, selector_cell};
use super::row::{Health, Row};
use serde::Deserialize;

/// Replica sets.
pub static REPLICA_SET: Kind = Kind {
    group: "apps",
    resource: "replicasets",
    kind: "ReplicaSet",
    short_names: &["rs"],
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
struct ReplicaSet<'a> {
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
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
}

/// The status of replica sets and replication controllers.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReplicaStatus<'a> {
    /// Pods there are.
    pub replicas: Int,
    /// Pods that are ready.
    pub ready_replicas: Int,
    /// Pods that have been ready for long enough.
    pub available_replicas: Int,
    /// Conditions.
    #[serde(borrow)]
    pub conditions: Conditions<'a>,
}

impl ReplicaStatus<'_> {
    /// How a set of `desired` replicas fares: one that wants none is history, not a fault.
    pub fn health(&self, desired: u32, deleting: bool) -> Health {
        if deleting {
            Health::Progress
        } else if self.conditions.is_true("ReplicaFailure") {
            Health::Bad
        } else if self.ready_replicas.count() < desired {
            Health::Warn
        } else if self.replicas.count() != desired {
            Health::Progress
        } else if desired == 0 {
            Health::Done
        } else {
            Health::Good
        }
    }

    /// The DESIRED, CURRENT and READY cells.
    pub fn cells(&self, desired: u32, health: Health) -> Vec<Cell> {
        let mut cells = vec![
            Cell::int(desired),
            Cell::int(self.replicas.count()),
            count_cell(self.ready_replicas.count(), desired, health),
        ];
        if health == Health::Done {
            cells.iter_mut().for_each(|cell| cell.role = health.role());
        }
        cells
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let set: ReplicaSet<'_> = parse(bytes)?;
    let row = set.metadata.row(scratch)?;
    let desired = set.spec.replicas.or(1);
    let health = set.status.health(desired, set.metadata.is_deleting());
    let (selector, facts) = selector_cell(set.spec.selector.text(), scratch);
    let mut cells = set.status.cells(desired, health);
    cells.extend(set.spec.template.cells(scratch));
    cells.push(selector);
    cells.push(Cell::int(set.status.available_replicas.count()));
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const FULL: &str = r#"{"metadata":{"name":"cart-1","namespace":"shop","uid":"u-2",
        "ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"cart","uid":"u-1","controller":true}]},
        "spec":{"replicas":3,"selector":{"matchLabels":{"app":"cart","pod-template-hash":"1"}},
          "template":{"spec":{"containers":[{"name":"a","image":"a:1"}]}}},
        "status":{"replicas":3,"readyReplicas":2,"availableReplicas":1}}"#;

    #[test]
    fn cells_links_and_health() {
        check(
            &REPLICA_SET,
            FULL,
            "DESIRED=3; CURRENT=3; READY=2; CONTAINERS=a; IMAGES=a:1; SELECTOR=app=cart,pod-template-hash=1; AVAILABLE=1; OWNER=Deployment/cart",
            Health::Warn,
        );
        let it = row(&REPLICA_SET, FULL);
        assert_eq!(
            link(&REPLICA_SET, &it, "pods"),
            "pods [shop] [app=cart,pod-template-hash=1] [] owned by u-2"
        );
        survives_wrong_types(&REPLICA_SET, FULL);
        let table = [
            (
                r#"{"spec":{"replicas":0},"status":{"replicas":0}}"#,
                "DESIRED=0; CURRENT=0; READY=0; SELECTOR=<none>",
                Health::Done,
            ),
            (
                r#"{"spec":{"replicas":0},"status":{"replicas":2}}"#,
                "DESIRED=0; CURRENT=2",
                Health::Progress,
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":1,"readyReplicas":1}}"#,
                "READY=1",
                Health::Good,
            ),
            (
                r#"{"spec":{"replicas":1},"status":{"replicas":0,"conditions":[{"type":"ReplicaFailure","status":"True","reason":"FailedCreate"}]}}"#,
                "CURRENT=0; READY=0",
                Health::Bad,
            ),
        ];
        for (json, cells, health) in table {
            check(&REPLICA_SET, json, cells, health);
        }
    }
}
