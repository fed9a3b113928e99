//! The containers of a pod: one row each, from the pod's own JSON. A container has no uid: its row is called after the
//! pod's uid and its name, and belongs to the pod as its owner.

use super::cell::{Cell, Column, Field, Value};
use super::container_state::{ContainerStatus, Port, Resources, Terminated};
use super::decode::{Map, Maybe, Meta, Part, Parts, Scratch, Skip, Text, When, finish, parse};
use super::kind::{DecodeError, Link};
use super::parts::{named, uid_of_part};
use super::row::{Health, Owner, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;
use std::sync::Arc;

/// Columns of the containers of a pod.
pub static COLUMNS: &[Column] = &[
    Column::get("NAME", Field::Name, 0),
    Column::get("KIND", Field::Cell(0), 4),
    Column::get("READY", Field::Cell(1), 2),
    Column::get("STATE", Field::Cell(2), 0).cap(40),
    Column::get("RESTARTS", Field::Cell(3), 2).right(),
    Column::get("LAST STATE", Field::Cell(4), 3).cap(40),
    Column::get("IMAGE", Field::Cell(5), 5).cap(80),
    Column::get("PROBES", Field::Cell(6), 6),
    Column::get("PORTS", Field::Cell(7), 6).cap(40),
    Column::get("CPU REQ", Field::Cell(8), 7).right(),
    Column::get("CPU LIM", Field::Cell(9), 7).right(),
    Column::get("MEM REQ", Field::Cell(10), 7).right(),
    Column::get("MEM LIM", Field::Cell(11), 7).right(),
    Column::get("AGE", Field::Age, 1).right(),
    Column::extra("POD", Field::Owner).cap(60),
    Column::extra("PLACE", Field::Cell(12)).right(),
];

/// The cell after the columns: `default` in the row of the container that the pod itself says one means when one says none.
pub const DEFAULT: u8 = 13;

/// The annotation by which a pod says so (kubectl's).
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// Links of a container.
pub static LINKS: &[Link] = &[Link {
    name: "pod",
    target: |row| named("", "pods", &row.namespace, row.owner.as_ref()?.name.as_str()),
}];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a, Map<'a>>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    init_containers: Parts<Container<'a>>,
    containers: Parts<Container<'a>>,
    ephemeral_containers: Parts<Container<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    image: Text<'a>,
    restart_policy: Text<'a>,
    ports: Parts<Port<'a>>,
    resources: Part<Resources<'a>>,
    liveness_probe: Maybe<Skip>,
    readiness_probe: Maybe<Skip>,
    startup_probe: Maybe<Skip>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    init_container_statuses: Parts<ContainerStatus<'a>>,
    container_statuses: Parts<ContainerStatus<'a>>,
    ephemeral_container_statuses: Parts<ContainerStatus<'a>>,
}

/// The rows of a pod's containers: init containers and sidecars in their order, the others, ephemeral ones.
///
/// # Errors
/// When the bytes are not a JSON object with a name.
pub fn containers(bytes: &[u8], scratch: &mut Scratch) -> Result<Vec<Row>, DecodeError> {
    let pod: Pod<'_> = parse(bytes)?;
    let whole = pod.metadata.row(scratch)?;
    let owner = Arc::new(Owner {
        group: scratch.interner.clean(""),
        kind: scratch.interner.clean("Pod"),
        name: whole.name.clone(),
        uid: whole.uid.clone(),
    });
    let (spec, status) = (&pod.spec, &pod.status);
    let groups = [
        ("init", &spec.init_containers, &status.init_container_statuses),
        ("main", &spec.containers, &status.container_statuses),
        (
            "ephemeral",
            &spec.ephemeral_containers,
            &status.ephemeral_container_statuses,
        ),
    ];
    let default = pod.metadata.annotations.find(DEFAULT_CONTAINER).map_or("", |name| name);
    let missing = ContainerStatus::default();
    let mut rows = Vec::with_capacity(groups.iter().map(|group| group.1.len()).sum());
    for (kind, containers, statuses) in groups {
        for container in containers.iter().filter(|container| !container.name.is_empty()) {
            let sidecar = kind == "init" && &*container.restart_policy == "Always";
            let status = statuses
                .iter()
                .find(|status| *status.name == *container.name)
                .map_or(&missing, |part| &part.0);
            let row = Row {
                uid: uid_of_part(&whole.uid, &container.name),
                name: Clean::new(&container.name),
                created: begin(status).0,
                owner: Some(owner.clone()),
                ..whole.clone()
            };
            let kind = if sidecar { "sidecar" } else { kind };
            let mut row = finished(row, kind, rows.len(), container, status, scratch);
            if *container.name == *default {
                row.cells = row.cells.into_iter().chain([scratch.shared("default")]).collect();
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

/// When the container began to run.
fn begin(status: &ContainerStatus<'_>) -> When {
    match (status.state.running.get(), status.state.terminated.get()) {
        (Some(running), _) => running.started_at,
        (None, Some(ended)) => ended.started_at,
        (None, None) => When(None),
    }
}

fn finished(
    row: Row,
    kind: &'static str,
    place: usize,
    container: &Container<'_>,
    status: &ContainerStatus<'_>,
    scratch: &mut Scratch,
) -> Row {
    let health = health(kind, status);
    let state = match (status.state.running.get(), status.state.terminated.get()) {
        (Some(_), _) => "Running".to_owned(),
        (None, Some(ended)) => ending(ended),
        (None, None) => match status.state.waiting.get() {
            Some(waiting) if !waiting.reason.is_empty() => waiting.reason.to_string(),
            _ => "Waiting".to_owned(),
        },
    };
    let ready = if kind == "ephemeral" {
        Cell::default()
    } else if status.ready.is_true() {
        scratch.shared("True")
    } else {
        scratch.shared("False").with(health.role())
    };
    let last = status.last_state.terminated.get();
    let last_restart = last.and_then(|ended| ended.finished_at.0);
    let restarts = status.restart_count.count();
    let mut restarts = Cell::new(Value::Ago(restarts, last_restart.filter(|_| restarts > 0)));
    if last_restart.is_some() {
        restarts.role = Role::Warn;
    }
    let last = last.map_or_else(Cell::default, |ended| {
        let clean_end = ended.exit_code.value() == 0;
        scratch
            .shared(&ending(ended))
            .with(if clean_end { Role::Muted } else { Role::Warn })
    });
    let mark = |probe: &Maybe<Skip>, letter: &'static str| if probe.is_some() { letter } else { "-" };
    let probes = [
        mark(&container.liveness_probe, "L"),
        mark(&container.readiness_probe, "R"),
        mark(&container.startup_probe, "S"),
    ];
    let ports: Vec<String> = container
        .ports
        .iter()
        .map(|port| {
            let number = port.container_port.value();
            let protocol = port.protocol();
            if port.name.is_empty() {
                format!("{number}/{protocol}")
            } else {
                format!("{}:{number}/{protocol}", &*port.name)
            }
        })
        .collect();
    let mut quantity = |map: &super::decode::Map<'_>, name: &str| match map.find(name) {
        Some(text) => scratch.quantity(text),
        None => Cell::default(),
    };
    let resources = &container.resources;
    let quantities = [
        quantity(&resources.requests, "cpu"),
        quantity(&resources.limits, "cpu"),
        quantity(&resources.requests, "memory"),
        quantity(&resources.limits, "memory"),
    ];
    let mut cells = vec![
        scratch.shared(kind),
        ready,
        scratch.shared(&state).with(health.role()),
        restarts,
        last,
        scratch.shared(&container.image),
        scratch.shared(&probes.join(":")),
        if ports.is_empty() {
            Cell::default()
        } else {
            scratch.shared(&ports.join(","))
        },
    ];
    cells.extend(quantities);
    cells.push(Cell::int(place as i64));
    finish(row, health, cells, Vec::new())
}

/// How a container ended: `OOMKilled (137)`.
fn ending(ended: &Terminated<'_>) -> String {
    if ended.reason.is_empty() {
        ended.word()
    } else {
        format!("{} ({})", &*ended.reason, ended.exit_code.value())
    }
}

fn health(kind: &str, status: &ContainerStatus<'_>) -> Health {
    if status.state.running.is_some() {
        return match kind {
            "ephemeral" => Health::Good,
            _ if status.ready.is_true() => Health::Good,
            "init" => Health::Progress,
            _ if status.started.0 == Some(false) && status.restart_count.value() == 0 => Health::Progress,
            _ => Health::Warn,
        };
    }
    if let Some(ended) = status.state.terminated.get() {
        return if ended.exit_code.value() == 0 {
            Health::Done
        } else {
            Health::Bad
        };
    }
    match status.state.waiting.get().map_or("", |waiting| &waiting.reason) {
        "" | "ContainerCreating" | "PodInitializing" => Health::Progress,
        _ => Health::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, at};
    use super::*;

    fn rows(json: &str) -> Vec<Row> {
        containers(json.as_bytes(), &mut Scratch::new()).unwrap()
    }

    #[test]
    fn a_row_for_every_container_in_order() {
        let started = at(3600);
        let ended = at(300);
        let json = format!(
            r#"{{"metadata":{{"name":"cart","namespace":"shop","uid":"11111111-2222-3333-4444-555555555555","resourceVersion":"9"}},
            "spec":{{
              "ephemeralContainers":[{{"name":"debug","image":"busybox"}}],
              "initContainers":[{{"name":"setup","image":"setup:1"}},{{"name":"mesh","image":"mesh:2","restartPolicy":"Always"}}],
              "containers":[
                {{"name":"web","image":"web:3","ports":[{{"name":"http","containerPort":80}},{{"containerPort":53,"protocol":"UDP"}}],
                  "resources":{{"requests":{{"cpu":"100m","memory":"64Mi"}},"limits":{{"memory":"128Mi"}}}},
                  "livenessProbe":{{"httpGet":{{"port":80}}}},"startupProbe":{{}}}},
                {{"name":"log","image":"log:4"}},{{"name":"new","image":"x"}}]}},
            "status":{{
              "initContainerStatuses":[{{"name":"setup","ready":true,"state":{{"terminated":{{"exitCode":0,"reason":"Completed","startedAt":"{started}"}}}}}},
                {{"name":"mesh","ready":true,"started":true,"state":{{"running":{{"startedAt":"{started}"}}}}}}],
              "containerStatuses":[{{"name":"log","ready":true,"state":{{"running":{{"startedAt":"{started}"}}}}}},
                {{"name":"web","ready":false,"restartCount":3,"state":{{"waiting":{{"reason":"CrashLoopBackOff"}}}},
                  "lastState":{{"terminated":{{"exitCode":137,"reason":"OOMKilled","finishedAt":"{ended}"}}}}}}],
              "ephemeralContainerStatuses":[{{"name":"debug","state":{{"running":{{}}}}}}]}}}}"#
        );
        let rows = rows(&json);
        let shown: Vec<String> = rows
            .iter()
            .map(|row| {
                let texts: Vec<String> = COLUMNS.iter().map(|c| row.cell(&c.field).value.text(NOW)).collect();
                format!("{:?} {}", row.health, texts.join("|"))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "Done setup|init|True|Completed (0)|0||setup:1|-:-:-||||||60m|Pod/cart|0",
                "Good mesh|sidecar|True|Running|0||mesh:2|-:-:-||||||60m|Pod/cart|1",
                "Bad web|main|False|CrashLoopBackOff|3 (5m ago)|OOMKilled (137)|web:3|L:-:S|http:80/TCP,53/UDP|100m||64Mi|128Mi|<unknown>|Pod/cart|2",
                "Good log|main|True|Running|0||log:4|-:-:-||||||60m|Pod/cart|3",
                "Progress new|main|False|Waiting|0||x|-:-:-||||||<unknown>|Pod/cart|4",
                "Good debug|ephemeral||Running|0||busybox|-:-:-||||||<unknown>|Pod/cart|5",
            ]
        );
        assert_eq!(rows[2].uid.to_string(), "11111111-2222-3333-4444-555555555555/web");
        assert_eq!(rows[2].version, 9);
    }

    #[test]
    fn a_pod_without_anything_has_no_rows() {
        assert!(rows(r#"{"metadata":{"name":"a"}}"#).is_empty());
        assert!(rows(r#"{"metadata":{"name":"a"},"spec":{"containers":[null,{"image":"x"}]}}"#).is_empty());
        assert!(containers(b"{}", &mut Scratch::new()).is_err());
    }
}
