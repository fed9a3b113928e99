//! Daemon sets.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Meta, Part, Scratch, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{LabelSelector, PodTemplate, count_cell, map_text, owned_pods, selector_cell};
use super::row::{Health, Row};
use super::stateful_set::Strategy;
use crate::theme::Role;
use serde::Deserialize;

/// Daemon sets.
pub static DAEMON_SET: Kind = Kind {
    group: "apps",
    resource: "daemonsets",
    kind: "DaemonSet",
    short_names: &["ds"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("DESIRED", Field::Cell(0), 2).right(),
        Column::get("CURRENT", Field::Cell(1), 4).right(),
        Column::get("READY", Field::Cell(2), 1).right(),
        Column::get("UP-TO-DATE", Field::Cell(3), 4).right(),
        Column::get("AVAILABLE", Field::Cell(4), 3).right(),
        Column::get("NODE SELECTOR", Field::Cell(5), 6).cap(40),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(6)).cap(40),
        Column::wide("IMAGES", Field::Cell(7)).cap(80),
        Column::wide("SELECTOR", Field::Cell(8)).cap(60),
        Column::extra("MISSCHEDULED", Field::Cell(9)).right(),
        Column::extra("STRATEGY", Field::Cell(10)),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: owned_pods,
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct DaemonSet<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
    update_strategy: Part<Strategy<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    observed_generation: Int,
    desired_number_scheduled: Int,
    current_number_scheduled: Int,
    number_ready: Int,
    updated_number_scheduled: Int,
    number_available: Int,
    number_misscheduled: Int,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let set: DaemonSet<'_> = parse(bytes)?;
    let row = set.metadata.row(scratch)?;
    let (spec, status) = (&set.spec, &set.status);
    let desired = status.desired_number_scheduled.count();
    let behind = status.updated_number_scheduled.count() < desired && &*spec.update_strategy.kind != "OnDelete";
    let health = if set.metadata.is_deleting() {
        Health::Progress
    } else if status.number_ready.count() < desired || status.number_available.count() < desired {
        Health::Warn
    } else if behind
        || status.current_number_scheduled.count() < desired
        || status.observed_generation.value() < set.metadata.generation.value()
    {
        Health::Progress
    } else {
        Health::Good
    };
    let (selector, facts) = selector_cell(spec.selector.text(), scratch);
    let [containers, images] = spec.template.cells(scratch);
    let misscheduled = status.number_misscheduled.count();
    let cells = vec![
        Cell::int(desired),
        count_cell(status.current_number_scheduled.count(), desired, health),
        count_cell(status.number_ready.count(), desired, health),
        count_cell(status.updated_number_scheduled.count(), desired, health),
        count_cell(status.number_available.count(), desired, health),
        scratch.shared_or_none(&map_text(&spec.template.spec.node_selector)),
        containers,
        images,
        selector,
        Cell::int(misscheduled).with(if misscheduled > 0 { Role::Warn } else { Role::Text }),
        scratch.shared(&spec.update_strategy.kind),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = r#"{"metadata":{"name":"agent","namespace":"infra","uid":"u-4"},
            "spec":{"selector":{"matchLabels":{"app":"agent"}},"updateStrategy":{"type":"RollingUpdate"},
              "template":{"spec":{"nodeSelector":{"os":"linux","a":"b"},"containers":[{"name":"a","image":"a:1"}]}}},
            "status":{"desiredNumberScheduled":4,"currentNumberScheduled":4,"numberReady":3,"updatedNumberScheduled":2,"numberAvailable":3,"numberMisscheduled":1}}"#;
        check(
            &DAEMON_SET,
            json,
            "DESIRED=4; CURRENT=4; READY=3; UP-TO-DATE=2; AVAILABLE=3; NODE SELECTOR=a=b,os=linux; CONTAINERS=a; IMAGES=a:1; SELECTOR=app=agent; MISSCHEDULED=1; STRATEGY=RollingUpdate",
            Health::Warn,
        );
        let it = row(&DAEMON_SET, json);
        assert_eq!(
            link(&DAEMON_SET, &it, "pods"),
            "pods [infra] [app=agent] [] owned by u-4"
        );
        survives_wrong_types(&DAEMON_SET, json);
        let counts = |d: u32, c: u32, r: u32, u: u32, a: u32| {
            format!(
                r#"{{"status":{{"desiredNumberScheduled":{d},"currentNumberScheduled":{c},"numberReady":{r},"updatedNumberScheduled":{u},"numberAvailable":{a}}}}}"#
            )
        };
        let table = [
            (counts(2, 2, 2, 2, 2), Health::Good),
            (counts(0, 0, 0, 0, 0), Health::Good),
            (counts(2, 2, 2, 1, 2), Health::Progress),
            (counts(2, 2, 2, 2, 1), Health::Warn),
        ];
        for (json, health) in table {
            check(&DAEMON_SET, &json, "NODE SELECTOR=<none>", health);
        }
    }
}
