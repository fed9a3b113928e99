//! Nodes.

use super::cell::{Cell, Column, Field};
use super::decode::{Flag, Map, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link, Target};
use super::parts::{Conditions, field_equals, join};
use super::resource::ResourceName;
use super::row::{Health, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Nodes.
pub static NODE: Kind = Kind {
    group: "",
    resource: "nodes",
    kind: "Node",
    short_names: &["no"],
    namespaced: false,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 0).cap(40),
        Column::get("ROLES", Field::Cell(1), 3).cap(30),
        Column::get("AGE", Field::Age, 1).right(),
        Column::get("VERSION", Field::Cell(2), 2).cap(30),
        Column::wide("INTERNAL-IP", Field::Cell(3)),
        Column::wide("EXTERNAL-IP", Field::Cell(4)),
        Column::wide("OS-IMAGE", Field::Cell(5)).cap(40),
        Column::wide("KERNEL-VERSION", Field::Cell(6)).cap(40),
        Column::wide("CONTAINER-RUNTIME", Field::Cell(7)).cap(40),
        Column::extra("PRESSURE", Field::Cell(8)).show(7).cap(40),
        Column::extra("TAINTS", Field::Cell(9)).show(8).cap(60),
        Column::extra("PODS", Field::Cell(10)).right(),
        Column::extra("CPU", Field::Cell(11)).right(),
        Column::extra("MEMORY", Field::Cell(12)).right(),
        Column::extra("ZONE", Field::Cell(13)).cap(30),
        Column::extra("ARCH", Field::Cell(14)),
        Column::extra("INSTANCE TYPE", Field::Cell(15)).cap(30),
    ],
    links: &[Link {
        name: "pods",
        target: |row| {
            Some(Target::List {
                resource: ResourceName::new("", "pods"),
                namespace: Clean::default(),
                labels: Clean::default(),
                fields: field_equals("spec.nodeName", row.name.as_str()),
                owner: None,
            })
        },
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Node<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    unschedulable: Flag,
    #[serde(borrow)]
    taints: Parts<Taint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Taint<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    value: Text<'a>,
    effect: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    conditions: Conditions<'a>,
    addresses: Parts<Address<'a>>,
    node_info: Part<NodeInfo<'a>>,
    allocatable: Map<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    address: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NodeInfo<'a> {
    #[serde(borrow)]
    kubelet_version: Text<'a>,
    os_image: Text<'a>,
    kernel_version: Text<'a>,
    container_runtime_version: Text<'a>,
    architecture: Text<'a>,
}

fn roles(labels: &Map<'_>) -> String {
    let roles: BTreeSet<&str> = labels
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => Some(role),
            _ if &**key == "kubernetes.io/role" && !value.is_empty() => Some(&**value),
            _ => None,
        })
        .collect();
    join(roles.into_iter(), ",")
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let node: Node<'_> = parse(bytes)?;
    let row = node.metadata.row(scratch)?;
    let (spec, status) = (&node.spec, &node.status);
    let ready = status.conditions.of_type("Ready");
    let mut word = match ready {
        None => "Unknown",
        Some(condition) if &*condition.status == "True" => "Ready",
        Some(_) => "NotReady",
    }
    .to_owned();
    if spec.unschedulable.is_true() {
        word.push_str(",SchedulingDisabled");
    }
    let pressure = join(
        status
            .conditions
            .iter()
            .filter(|condition| &*condition.status == "True")
            .map(|condition| &*condition.kind)
            .filter(|kind| kind.ends_with("Pressure") || *kind == "NetworkUnavailable"),
        ",",
    );
    let health = if ready.is_none() {
        Health::Unknown
    } else if !status.conditions.is_true("Ready") {
        Health::Bad
    } else if spec.unschedulable.is_true() || !pressure.is_empty() {
        Health::Warn
    } else {
        Health::Good
    };
    // STATUS is coloured by what its own words say: pressure stands in a column of its own.
    let status_role = if spec.unschedulable.is_true() || health != Health::Warn {
        health.role()
    } else {
        Role::Text
    };
    let address = |kind: &str| {
        status
            .addresses
            .iter()
            .find(|address| &*address.kind == kind)
            .map_or("", |address| &*address.address)
    };
    let address = |kind: &str, scratch: &mut Scratch| match address(kind) {
        "" => scratch.none(),
        text => Cell::text(Clean::new(text)),
    };
    let known = |text: &str, scratch: &mut Scratch| match text {
        "" => scratch.shared("<unknown>").with(Role::Muted),
        text => scratch.shared(text),
    };
    let taints: Vec<String> = spec
        .taints
        .iter()
        .map(|taint| match &*taint.value {
            "" => format!("{}:{}", &*taint.key, &*taint.effect),
            value => format!("{}={value}:{}", &*taint.key, &*taint.effect),
        })
        .collect();
    let label = |keys: [&str; 2]| keys.iter().find_map(|key| node.metadata.labels.find(key));
    let zone = label(["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"]);
    let instance = label(["node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"]);
    let allocatable = |name: &str, scratch: &mut Scratch| match status.allocatable.find(name) {
        Some(text) => scratch.quantity(text),
        None => Cell::default(),
    };
    let pods = status
        .allocatable
        .find("pods")
        .and_then(|text| text.parse::<i64>().ok());
    let info = &status.node_info;
    let cells = vec![
        scratch.shared(&word).with(status_role),
        scratch.shared_or_none(&roles(&node.metadata.labels)),
        scratch.shared(&info.kubelet_version),
        address("InternalIP", scratch),
        address("ExternalIP", scratch),
        known(&info.os_image, scratch),
        known(&info.kernel_version, scratch),
        known(&info.container_runtime_version, scratch),
        if pressure.is_empty() {
            Cell::default()
        } else {
            scratch.shared(&pressure).with(Role::Warn)
        },
        if taints.is_empty() {
            Cell::default()
        } else {
            scratch.shared(&taints.join(","))
        },
        pods.map_or_else(Cell::default, Cell::int),
        allocatable("cpu", scratch),
        allocatable("memory", scratch),
        zone.map_or_else(Cell::default, |zone| scratch.shared(zone)),
        scratch.shared(&info.architecture),
        instance.map_or_else(Cell::default, |instance| scratch.shared(instance)),
    ];
    Ok(finish(row, health, cells, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cell, check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_and_links() {
        let json = r#"{"metadata":{"name":"node-a","labels":{"node-role.kubernetes.io/worker":"","kubernetes.io/role":"edge","node-role.kubernetes.io/":"x",
              "topology.kubernetes.io/zone":"eu-1a","node.kubernetes.io/instance-type":"m5"}},
            "spec":{"unschedulable":true,"taints":[{"key":"a","value":"b","effect":"NoSchedule"},{"key":"c","effect":"NoExecute"}]},
            "status":{"allocatable":{"cpu":"3920m","memory":"15Gi","pods":"110"},
              "addresses":[{"type":"Hostname","address":"node-a"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"InternalIP","address":"fd00::1"}],
              "conditions":[{"type":"MemoryPressure","status":"True"},{"type":"DiskPressure","status":"False"},{"type":"Ready","status":"True"}],
              "nodeInfo":{"kubeletVersion":"v1.34.1","osImage":"Debian","kernelVersion":"6.1","containerRuntimeVersion":"containerd://2.0","architecture":"arm64"}}}"#;
        check(
            &NODE,
            json,
            "STATUS=Ready,SchedulingDisabled; ROLES=edge,worker; VERSION=v1.34.1; INTERNAL-IP=10.0.0.1; EXTERNAL-IP=<none>; OS-IMAGE=Debian; KERNEL-VERSION=6.1; CONTAINER-RUNTIME=containerd://2.0; PRESSURE=MemoryPressure; TAINTS=a=b:NoSchedule,c:NoExecute; PODS=110; CPU=3920m; MEMORY=15Gi; ZONE=eu-1a; ARCH=arm64; INSTANCE TYPE=m5",
            Health::Warn,
        );
        assert_eq!(
            link(&NODE, &row(&NODE, json), "pods"),
            "pods [] [] [spec.nodeName=node-a]"
        );
        survives_wrong_types(&NODE, json);
    }

    #[test]
    fn health_by_conditions() {
        let with = |conditions: &str| format!(r#"{{"status":{{"conditions":[{conditions}]}}}}"#);
        let table = [
            (
                with(r#"{"type":"Ready","status":"True"}"#),
                "STATUS=Ready; ROLES=<none>; OS-IMAGE=<unknown>; PRESSURE=; TAINTS=",
                Health::Good,
            ),
            (
                with(r#"{"type":"Ready","status":"False"}"#),
                "STATUS=NotReady",
                Health::Bad,
            ),
            (
                with(r#"{"type":"Ready","status":"Unknown"}"#),
                "STATUS=NotReady",
                Health::Bad,
            ),
            (with(""), "STATUS=Unknown", Health::Unknown),
            (
                with(r#"{"type":"Ready","status":"True"},{"type":"NetworkUnavailable","status":"True"}"#),
                "STATUS=Ready; PRESSURE=NetworkUnavailable",
                Health::Warn,
            ),
        ];
        for (json, cells, health) in &table {
            check(&NODE, json, cells, *health);
        }
        let pressed = row(&NODE, &table[4].0);
        assert_eq!(
            cell(&NODE, &pressed, "STATUS").role,
            Role::Text,
            "a word that is fine is not coloured"
        );
        assert_eq!(cell(&NODE, &pressed, "PRESSURE").role, Role::Warn);
    }
}
