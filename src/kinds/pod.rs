//! Pods. READY, STATUS and RESTARTS follow kubectl's six steps (the printers of Kubernetes 1.33 and later): phase or
//! reason; containers counted; init containers walked; containers walked from the last to the first; deletion; restarts.

use super::cell::{Cell, Column, Field, Value};
use super::container_state::{ContainerStatus, Port, Resources};
use super::decode::{Int, Map, Maybe, Meta, Part, Parts, Scratch, Skip, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link, Target};
use super::parts::{Conditions, cell_text, join, named, ratio_cell, referred};
use super::row::{Fact, Health, Reference, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// Pods.
pub static POD: Kind = Kind {
    group: "",
    resource: "pods",
    kind: "Pod",
    short_names: &["po"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("READY", Field::Cell(0), 2).right(),
        Column::get("STATUS", Field::Cell(1), 0).cap(32),
        Column::get("RESTARTS", Field::Cell(2), 3).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("IP", Field::Cell(3)),
        Column::wide("NODE", Field::Cell(4)).show(5).cap(40),
        Column::wide("NOMINATED NODE", Field::Cell(5)).cap(40),
        Column::wide("READINESS GATES", Field::Cell(6)),
        Column::extra("QOS", Field::Cell(7)),
        Column::extra("OWNER", Field::Owner).cap(50),
        Column::extra("IMAGES", Field::Cell(8)).cap(80),
        Column::extra("PORTS", Field::Cell(9)).cap(40),
        Column::extra("SERVICE ACCOUNT", Field::Cell(10)).cap(40),
        Column::extra("PRIORITY", Field::Cell(11)).right(),
    ],
    links: &[
        Link {
            name: "containers",
            target: |row| {
                Some(Target::Containers {
                    namespace: row.namespace.clone(),
                    pod: row.name.clone(),
                })
            },
        },
        Link {
            name: "node",
            target: |row| named("", "nodes", &Clean::default(), cell_text(row, 4)?.as_str()),
        },
        Link {
            name: "claim",
            target: |row| referred(row, "claim"),
        },
        Link {
            name: "service account",
            target: |row| named("", "serviceaccounts", &row.namespace, cell_text(row, 10)?.as_str()),
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    node_name: Text<'a>,
    service_account_name: Text<'a>,
    priority: Int,
    init_containers: Parts<Container<'a>>,
    containers: Parts<Container<'a>>,
    readiness_gates: Parts<Gate<'a>>,
    volumes: Parts<Volume<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    image: Text<'a>,
    restart_policy: Text<'a>,
    ports: Parts<Port<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Gate<'a> {
    #[serde(borrow)]
    condition_type: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    persistent_volume_claim: Part<Claim<'a>>,
    ephemeral: Maybe<Skip>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Claim<'a> {
    #[serde(borrow)]
    claim_name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    reason: Text<'a>,
    conditions: Conditions<'a>,
    init_container_statuses: Parts<ContainerStatus<'a>>,
    container_statuses: Parts<ContainerStatus<'a>>,
    #[serde(rename = "podIP")]
    pod_ip: Text<'a>,
    #[serde(rename = "podIPs")]
    pod_ips: Parts<PodIp<'a>>,
    nominated_node_name: Text<'a>,
    qos_class: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PodIp<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
}

/// What the six steps find.
struct Summary {
    ready: u32,
    total: u32,
    word: String,
    restarts: u32,
    last_restart: Option<i64>,
}

fn summarise(pod: &Pod<'_>) -> Summary {
    let (spec, status) = (&pod.spec, &pod.status);
    let is_sidecar = |name: &str| {
        spec.init_containers
            .iter()
            .any(|container| &*container.name == name && &*container.restart_policy == "Always")
    };

    // 1: phase or reason.
    let mut word = if status.reason.is_empty() {
        status.phase.to_string()
    } else {
        status.reason.to_string()
    };
    if status.conditions.reason("PodScheduled") == "SchedulingGated" {
        "SchedulingGated".clone_into(&mut word);
    }

    // 2: how many there are.
    let sidecars = spec
        .init_containers
        .iter()
        .filter(|container| &*container.restart_policy == "Always");
    let total = (spec.containers.len() + sidecars.count()) as u32;
    let mut ready = 0u32;

    // 3: init containers; the first that is neither done nor a started sidecar says what the pod waits for.
    let (mut restarts, mut last_restart) = (0u32, None);
    let (mut sidecar_restarts, mut last_sidecar_restart) = (0u32, None);
    let mut initialising = false;
    for (place, container) in status.init_container_statuses.iter().enumerate() {
        let sidecar = is_sidecar(&container.name);
        let finished = container
            .last_state
            .terminated
            .get()
            .and_then(|ended| ended.finished_at.0);
        restarts = restarts.saturating_add(container.restart_count.count());
        last_restart = last_restart.max(finished);
        if sidecar {
            sidecar_restarts = sidecar_restarts.saturating_add(container.restart_count.count());
            last_sidecar_restart = last_sidecar_restart.max(finished);
        }
        let terminated = container.state.terminated.get();
        if terminated.is_some_and(|ended| ended.exit_code.value() == 0) {
            continue;
        }
        if sidecar && container.started.is_true() {
            ready += u32::from(container.ready.is_true());
            continue;
        }
        let waits_for = container.state.waiting.get().map_or("", |waiting| &waiting.reason);
        word = if let Some(ended) = terminated {
            format!("Init:{}", ended.word())
        } else if !waits_for.is_empty() && waits_for != "PodInitializing" {
            format!("Init:{waits_for}")
        } else {
            format!("Init:{place}/{}", spec.init_containers.len())
        };
        initialising = true;
        break;
    }

    // 4: containers, from the last to the first, so that the first one's trouble is what is said.
    if !initialising || status.conditions.is_true("Initialized") {
        restarts = sidecar_restarts;
        last_restart = last_sidecar_restart;
        let mut some_run = false;
        for container in status.container_statuses.iter().rev() {
            restarts = restarts.saturating_add(container.restart_count.count());
            last_restart = last_restart.max(
                container
                    .last_state
                    .terminated
                    .get()
                    .and_then(|ended| ended.finished_at.0),
            );
            let waits_for = container.state.waiting.get().map_or("", |waiting| &waiting.reason);
            if !waits_for.is_empty() {
                waits_for.clone_into(&mut word);
            } else if let Some(ended) = container.state.terminated.get() {
                word = ended.word();
            } else if container.ready.is_true() && container.state.running.is_some() {
                some_run = true;
                ready += 1;
            }
        }
        if word == "Completed" && some_run {
            let ready = status.conditions.is_true("Ready");
            (if ready { "Running" } else { "NotReady" }).clone_into(&mut word);
        }
    }

    // 5: deletion.
    if pod.metadata.is_deleting() {
        if &*status.reason == "NodeLost" {
            "Unknown".clone_into(&mut word);
        } else if !matches!(&*status.phase, "Succeeded" | "Failed") {
            "Terminating".clone_into(&mut word);
        }
    }

    // 6: restarts are told with the last time when both are known: the cell's business.
    Summary {
        ready,
        total,
        word,
        restarts,
        last_restart: last_restart.filter(|_| restarts > 0),
    }
}

/// How a pod fares. Time is not looked at: a pod that is not ready wants a look unless a startup probe still runs.
fn health(pod: &Pod<'_>, summary: &Summary) -> Health {
    let status = &pod.status;
    match summary.word.as_str() {
        "Terminating" => return Health::Progress,
        "Unknown" | "NodeLost" | "" => return Health::Unknown,
        _ => {}
    }
    match &*status.phase {
        "Succeeded" => return Health::Done,
        "Failed" => return Health::Bad,
        _ => {}
    }
    let word = summary.word.strip_prefix("Init:").unwrap_or(&summary.word);
    match word {
        "Pending" if status.conditions.is_false("PodScheduled") => Health::Warn,
        "Pending" | "SchedulingGated" | "ContainerCreating" | "PodInitializing" | "Completed" => Health::Progress,
        "Running" if summary.ready < summary.total => {
            let starting = |container: &ContainerStatus<'_>| {
                container.ready.is_true()
                    || (container.started.0 == Some(false) && container.restart_count.value() == 0)
            };
            if status.container_statuses.iter().all(|part| starting(part)) {
                Health::Progress
            } else {
                Health::Warn
            }
        }
        "Running" if gates(pod).is_some_and(|(open, all)| open < all) => Health::Warn,
        "Running" => Health::Good,
        "NotReady" => Health::Warn,
        _ if word
            .split_once('/')
            .is_some_and(|(place, _)| place.parse::<u32>().is_ok()) =>
        {
            Health::Progress
        }
        _ => Health::Bad,
    }
}

/// How many readiness gates are open, of how many; None when the pod has none.
fn gates(pod: &Pod<'_>) -> Option<(u32, u32)> {
    let gates = &pod.spec.readiness_gates;
    let open = gates
        .iter()
        .filter(|gate| pod.status.conditions.is_true(&gate.condition_type));
    (!gates.is_empty()).then(|| (open.count() as u32, gates.len() as u32))
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let pod: Pod<'_> = parse(bytes)?;
    let row = pod.metadata.row(scratch)?;
    let summary = summarise(&pod);
    let health = health(&pod, &summary);
    let (spec, status) = (&pod.spec, &pod.status);

    let ready = if health == Health::Done {
        Cell::new(Value::Ratio(summary.ready, summary.total)).with(Role::Done)
    } else {
        ratio_cell(summary.ready, summary.total, health)
    };
    let mut restarts = Cell::new(Value::Ago(summary.restarts, summary.last_restart));
    if summary.last_restart.is_some() {
        restarts.role = Role::Warn;
    }
    let address = status.pod_ips.first().map_or(&*status.pod_ip, |first| &first.ip);
    let address = if address.is_empty() {
        scratch.none()
    } else {
        // Addresses do not repeat: the interner would only keep them longer.
        Cell::text(Clean::new(address))
    };
    let readiness_gates = match gates(&pod) {
        None => scratch.none(),
        Some((open, all)) => ratio_cell(open, all, Health::Warn),
    };
    let quality = if status.qos_class.is_empty() {
        scratch.shared(quality_of_service(bytes))
    } else {
        scratch.shared(&status.qos_class)
    };
    let images = join(spec.containers.iter().map(|container| &*container.image), ",");
    let ports: Vec<String> = spec
        .containers
        .iter()
        .flat_map(|container| container.ports.iter())
        .map(|port| format!("{}/{}", port.container_port.value(), port.protocol()))
        .collect();
    let cells = vec![
        ready,
        scratch.shared(&summary.word).with(health.role()),
        restarts,
        address,
        scratch.shared_or_none(&spec.node_name),
        scratch.shared_or_none(&status.nominated_node_name),
        readiness_gates,
        quality,
        scratch.shared(&images),
        scratch.shared_or_none(&ports.join(",")),
        scratch.shared_or_none(&spec.service_account_name),
        spec.priority.0.map_or_else(Cell::default, Cell::int),
    ];
    let facts = claim(&pod, &row, scratch).into_iter().collect();
    Ok(finish(row, health, cells, facts))
}

/// The first claim the pod mounts. A generic ephemeral volume's claim is called after pod and volume.
fn claim(pod: &Pod<'_>, row: &Row, scratch: &mut Scratch) -> Option<Fact> {
    let name = pod.spec.volumes.iter().find_map(|volume| {
        let claim = &volume.persistent_volume_claim.claim_name;
        if !claim.is_empty() {
            Some(claim.to_string())
        } else if volume.ephemeral.is_some() {
            Some(format!("{}-{}", row.name.as_str(), &*volume.name))
        } else {
            None
        }
    })?;
    let reference = Reference {
        group: scratch.interner.clean(""),
        kind: scratch.interner.clean("persistentvolumeclaims"),
        namespace: row.namespace.clone(),
        name: Clean::new(&name),
    };
    Some(Fact::Names("claim", reference))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asking<'a> {
    #[serde(borrow)]
    spec: Part<AskingSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AskingSpec<'a> {
    #[serde(borrow)]
    init_containers: Parts<AskingContainer<'a>>,
    containers: Parts<AskingContainer<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AskingContainer<'a> {
    #[serde(borrow)]
    resources: Part<Resources<'a>>,
}

/// The quality of service that the server would compute: for the rare pod whose status does not say it. The object is
/// read a second time so that the common case does not pay for it.
fn quality_of_service(bytes: &[u8]) -> &'static str {
    let Ok(pod) = parse::<Asking<'_>>(bytes) else {
        return "";
    };
    let containers = || pod.spec.init_containers.iter().chain(pod.spec.containers.iter());
    let given = |map: &Map<'_>, name: &str| map.find(name).map(|text| text.to_string()).filter(|text| text != "0");
    let nothing = |part: &Part<AskingContainer<'_>>| {
        ["cpu", "memory"].iter().all(|name| {
            given(&part.resources.requests, name).is_none() && given(&part.resources.limits, name).is_none()
        })
    };
    let everything = |part: &Part<AskingContainer<'_>>| {
        ["cpu", "memory"].iter().all(|name| {
            let limit = given(&part.resources.limits, name);
            limit.is_some() && given(&part.resources.requests, name).is_none_or(|request| Some(request) == limit)
        })
    };
    if containers().all(nothing) {
        "BestEffort"
    } else if containers().all(everything) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

#[cfg(test)]
#[path = "pod_tests.rs"]
mod tests;
