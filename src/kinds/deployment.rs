//! Deployments.

use super::cell::{Cell, Column, Field};
use super::decode::{Flag, Int, Meta, Part, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{Conditions, LabelSelector, PodTemplate, count_cell, ratio_cell, selected, selector_cell};
use super::row::{Health, Row};
use crate::theme::Role;
use serde::Deserialize;

/// Deployments.
pub static DEPLOYMENT: Kind = Kind {
    group: "apps",
    resource: "deployments",
    kind: "Deployment",
    short_names: &["deploy"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("READY", Field::Cell(0), 1).right(),
        Column::get("UP-TO-DATE", Field::Cell(1), 4).right(),
        Column::get("AVAILABLE", Field::Cell(2), 3).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(3)).cap(40),
        Column::wide("IMAGES", Field::Cell(4)).cap(80),
        Column::wide("SELECTOR", Field::Cell(5)).cap(60),
        Column::extra("STRATEGY", Field::Cell(6)),
        Column::extra("ROLLOUT", Field::Cell(7)).show(6).cap(30),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "replica sets",
            target: |row| selected(row, "apps", "replicasets", true),
        },
        Link {
            name: "pods",
            target: |row| selected(row, "", "pods", false),
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Deployment<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    replicas: Int,
    #[serde(borrow)]
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
    strategy: Part<Strategy<'a>>,
    paused: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Strategy<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    observed_generation: Int,
    replicas: Int,
    updated_replicas: Int,
    ready_replicas: Int,
    available_replicas: Int,
    #[serde(borrow)]
    conditions: Conditions<'a>,
}

/// How it fares, and the rollout's state in a word (empty when it is at rest).
fn health(deployment: &Deployment<'_>) -> (Health, &'static str) {
    let (spec, status) = (&deployment.spec, &deployment.status);
    let desired = spec.replicas.or(1);
    let progressing = status.conditions.reason("Progressing");
    // The controller calls a rollout over with this reason; every other reason under `True` is a step of it.
    let rolling = status.conditions.is_true("Progressing") && progressing != "NewReplicaSetAvailable";
    let unseen = status.observed_generation.value() < deployment.metadata.generation.value();
    if deployment.metadata.is_deleting() {
        return (Health::Progress, "Terminating");
    }
    if progressing == "ProgressDeadlineExceeded" {
        return (Health::Bad, "DeadlineExceeded");
    }
    if status.conditions.is_true("ReplicaFailure") {
        return (Health::Bad, "ReplicaFailure");
    }
    let short = status.available_replicas.count() < desired;
    let word = if spec.paused.is_true() {
        "Paused"
    } else if unseen || status.updated_replicas.count() < desired || status.replicas.count() > desired {
        "Progressing"
    } else if short {
        "Unavailable"
    } else {
        ""
    };
    let health = if desired > 0 && status.available_replicas.count() == 0 && !rolling && !unseen {
        Health::Bad
    } else if status.conditions.is_false("Available") || (short && !rolling && !unseen) {
        Health::Warn
    } else if short || word == "Progressing" {
        Health::Progress
    } else {
        Health::Good
    };
    (health, word)
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let deployment: Deployment<'_> = parse(bytes)?;
    let row = deployment.metadata.row(scratch)?;
    let (health, rollout) = health(&deployment);
    let (spec, status) = (&deployment.spec, &deployment.status);
    let desired = spec.replicas.or(1);
    let [containers, images] = spec.template.cells(scratch);
    let (selector, facts) = selector_cell(spec.selector.text(), scratch);
    let rollout = if rollout.is_empty() {
        Cell::default()
    } else {
        let role = if rollout == "Paused" { Role::Warn } else { health.role() };
        scratch.shared(rollout).with(role)
    };
    let cells = vec![
        ratio_cell(status.ready_replicas.count(), desired, health),
        count_cell(status.updated_replicas.count(), desired, health),
        count_cell(status.available_replicas.count(), desired, health),
        containers,
        images,
        selector,
        scratch.shared(&spec.strategy.kind),
        rollout,
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const FULL: &str = r#"{"metadata":{"name":"cart","namespace":"shop","uid":"u-1","generation":3,"creationTimestamp":"@7200"},
        "spec":{"replicas":3,"selector":{"matchLabels":{"app":"cart"},"matchExpressions":[{"key":"tier","operator":"In","values":["b","a"]}]},
          "strategy":{"type":"RollingUpdate"},"template":{"spec":{"containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:2"}]}}},
        "status":{"observedGeneration":3,"replicas":3,"updatedReplicas":3,"readyReplicas":3,"availableReplicas":3,
          "conditions":[{"type":"Available","status":"True"},{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]}}"#;

    #[test]
    fn cells_and_links() {
        let json = FULL.replace("\"@7200\"", &format!("\"{}\"", super::super::testing::at(7200)));
        check(
            &DEPLOYMENT,
            &json,
            "READY=3/3; UP-TO-DATE=3; AVAILABLE=3; AGE=120m; CONTAINERS=a,b; IMAGES=a:1,b:2; SELECTOR=app=cart,tier in (a,b); STRATEGY=RollingUpdate; ROLLOUT=; OWNER=",
            Health::Good,
        );
        let it = row(&DEPLOYMENT, &json);
        assert_eq!(
            link(&DEPLOYMENT, &it, "replica sets"),
            "replicasets.apps [shop] [app=cart,tier in (a,b)] [] owned by u-1"
        );
        assert_eq!(
            link(&DEPLOYMENT, &it, "pods"),
            "pods [shop] [app=cart,tier in (a,b)] []"
        );
        assert_eq!(link(&DEPLOYMENT, &row(&DEPLOYMENT, "{}"), "pods"), "none");
        survives_wrong_types(&DEPLOYMENT, &json);
    }

    #[test]
    fn health_by_conditions() {
        let settled = r#"{"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}"#;
        let rolling = r#"{"type":"Progressing","status":"True","reason":"ReplicaSetUpdated"}"#;
        let stuck = r#"{"type":"Progressing","status":"False","reason":"ProgressDeadlineExceeded"}"#;
        let short = r#"{"type":"Available","status":"False"}"#;
        let table = [
            (2, "2,2,2,2", settled.to_owned(), "READY=2/2; ROLLOUT=", Health::Good),
            (0, "0,0,0,0", settled.to_owned(), "READY=0/0; ROLLOUT=", Health::Good),
            (
                2,
                "2,2,1,1",
                settled.to_owned(),
                "READY=1/2; AVAILABLE=1; ROLLOUT=Unavailable",
                Health::Warn,
            ),
            (2, "2,2,0,0", settled.to_owned(), "READY=0/2", Health::Bad),
            (
                2,
                "3,1,2,2",
                rolling.to_owned(),
                "UP-TO-DATE=1; ROLLOUT=Progressing",
                Health::Progress,
            ),
            (
                4,
                "4,2,3,3",
                rolling.to_owned(),
                "AVAILABLE=3; ROLLOUT=Progressing",
                Health::Progress,
            ),
            (
                2,
                "2,2,0,0",
                format!("{rolling},{short}"),
                "READY=0/2; ROLLOUT=Unavailable",
                Health::Warn,
            ),
            (2, "3,1,1,1", stuck.to_owned(), "ROLLOUT=DeadlineExceeded", Health::Bad),
            (
                2,
                "0,0,0,0",
                r#"{"type":"ReplicaFailure","status":"True"}"#.to_owned(),
                "ROLLOUT=ReplicaFailure",
                Health::Bad,
            ),
        ];
        for (desired, counts, conditions, cells, health) in table {
            let counts: Vec<&str> = counts.split(',').collect();
            let json = format!(
                r#"{{"spec":{{"replicas":{desired}}},"status":{{"replicas":{},"updatedReplicas":{},"readyReplicas":{},"availableReplicas":{},"conditions":[{conditions}]}}}}"#,
                counts[0], counts[1], counts[2], counts[3]
            );
            check(&DEPLOYMENT, &json, cells, health);
        }
        let unseen = r#"{"metadata":{"name":"a","generation":2},"spec":{"replicas":1},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}}"#;
        check(&DEPLOYMENT, unseen, "ROLLOUT=Progressing", Health::Progress);
        let paused = r#"{"spec":{"replicas":1,"paused":true},"status":{"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}}"#;
        check(&DEPLOYMENT, paused, "ROLLOUT=Paused", Health::Good);
    }
}
