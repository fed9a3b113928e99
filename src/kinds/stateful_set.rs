//! Stateful sets.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Meta, Part, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{LabelSelector, PodTemplate, cell_text, count_cell, named, owned_pods, ratio_cell, selector_cell};
use super::row::{Health, Row};
use serde::Deserialize;

/// Stateful sets.
pub static STATEFUL_SET: Kind = Kind {
    group: "apps",
    resource: "statefulsets",
    kind: "StatefulSet",
    short_names: &["sts"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("READY", Field::Cell(0), 1).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(1)).cap(40),
        Column::wide("IMAGES", Field::Cell(2)).cap(80),
        Column::extra("UP-TO-DATE", Field::Cell(3)).right(),
        Column::extra("SELECTOR", Field::Cell(4)).cap(60),
        Column::extra("STRATEGY", Field::Cell(5)),
        Column::extra("SERVICE", Field::Cell(6)).cap(40),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "pods",
            target: owned_pods,
        },
        Link {
            name: "service",
            target: |row| named("", "services", &row.namespace, cell_text(row, 6)?.as_str()),
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatefulSet<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    replicas: Int,
    #[serde(borrow)]
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
    update_strategy: Part<Strategy<'a>>,
    service_name: Text<'a>,
}

/// How pods are replaced.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Strategy<'a> {
    /// type
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    observed_generation: Int,
    replicas: Int,
    ready_replicas: Int,
    updated_replicas: Int,
    #[serde(borrow)]
    current_revision: Text<'a>,
    update_revision: Text<'a>,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let set: StatefulSet<'_> = parse(bytes)?;
    let row = set.metadata.row(scratch)?;
    let (spec, status) = (&set.spec, &set.status);
    let desired = spec.replicas.or(1);
    let ready = status.ready_replicas.count();
    // With OnDelete the revisions may differ for as long as the user likes.
    let rolling = status.current_revision != status.update_revision && &*spec.update_strategy.kind != "OnDelete";
    let health = if set.metadata.is_deleting() {
        Health::Progress
    } else if ready < desired {
        Health::Warn
    } else if rolling
        || status.replicas.count() != desired
        || status.observed_generation.value() < set.metadata.generation.value()
    {
        Health::Progress
    } else {
        Health::Good
    };
    // Once a rollout is over the controller leaves updatedReplicas out.
    let updated = if status.current_revision == status.update_revision {
        Cell::int(status.replicas.count())
    } else {
        count_cell(status.updated_replicas.count(), desired, health)
    };
    let [containers, images] = spec.template.cells(scratch);
    let (selector, facts) = selector_cell(spec.selector.text(), scratch);
    let cells = vec![
        ratio_cell(ready, desired, health),
        containers,
        images,
        updated,
        selector,
        scratch.shared(&spec.update_strategy.kind),
        scratch.shared_or_none(&spec.service_name),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = r#"{"metadata":{"name":"db","namespace":"shop","uid":"u-3"},
            "spec":{"replicas":3,"serviceName":"db","selector":{"matchLabels":{"app":"db"}},"updateStrategy":{"type":"RollingUpdate"},
              "template":{"spec":{"containers":[{"name":"a","image":"a:1"}]}}},
            "status":{"replicas":3,"readyReplicas":3,"updatedReplicas":1,"currentRevision":"r1","updateRevision":"r2"}}"#;
        check(
            &STATEFUL_SET,
            json,
            "READY=3/3; CONTAINERS=a; IMAGES=a:1; UP-TO-DATE=1; SELECTOR=app=db; STRATEGY=RollingUpdate; SERVICE=db",
            Health::Progress,
        );
        let it = row(&STATEFUL_SET, json);
        assert_eq!(link(&STATEFUL_SET, &it, "pods"), "pods [shop] [app=db] [] owned by u-3");
        assert_eq!(
            link(&STATEFUL_SET, &it, "service"),
            "services [shop] [] [metadata.name=db]"
        );
        survives_wrong_types(&STATEFUL_SET, json);
        let table = [
            (
                r#"{"status":{"replicas":1,"readyReplicas":1,"currentRevision":"r","updateRevision":"r"}}"#,
                "READY=1/1; UP-TO-DATE=1; SERVICE=<none>",
                Health::Good,
            ),
            (
                r#"{"spec":{"replicas":2},"status":{"replicas":2,"readyReplicas":1}}"#,
                "READY=1/2",
                Health::Warn,
            ),
            (
                r#"{"spec":{"replicas":0},"status":{"replicas":0}}"#,
                "READY=0/0",
                Health::Good,
            ),
            (
                r#"{"spec":{"updateStrategy":{"type":"OnDelete"}},"status":{"replicas":1,"readyReplicas":1,"currentRevision":"a","updateRevision":"b"}}"#,
                "STRATEGY=OnDelete",
                Health::Good,
            ),
        ];
        for (json, cells, health) in table {
            check(&STATEFUL_SET, json, cells, health);
        }
    }
}
