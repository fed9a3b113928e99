//! Six nodes in three zones; one of them is lost.

use super::{Builder, DAY, managed};
use crate::demo::clock::rfc3339;
use serde_json::{Value, json};

/// Name, zone, role, instance type, days old.
pub(in crate::demo) const NODES: &[(&str, &str, &str, &str, i64)] = &[
    ("eu-a-control-1", "eu-west-1a", "control-plane", "m6i.xlarge", 412),
    ("eu-a-worker-1", "eu-west-1a", "worker", "m6i.2xlarge", 211),
    ("eu-a-worker-2", "eu-west-1a", "worker", "m6i.2xlarge", 96),
    ("eu-b-worker-1", "eu-west-1b", "worker", "m6i.2xlarge", 211),
    ("eu-c-worker-1", "eu-west-1c", "worker", "m6i.2xlarge", 58),
    // Not ready: its kubelet stopped reporting.
    ("eu-b-worker-2", "eu-west-1b", "worker", "m6i.2xlarge", 33),
];

/// The address of a node.
pub(in crate::demo) fn node_ip(name: &str) -> String {
    let at = NODES.iter().position(|n| n.0 == name).unwrap_or(0);
    format!("10.0.{}.{}", 16 + at * 8, 21 + at * 37)
}

/// How long ago the lost node was last heard of, in seconds.
pub(in crate::demo) const LOST: i64 = 26 * 60;

pub(super) fn build(b: &mut Builder<'_>) {
    for (at, (name, zone, role, instance, days)) in NODES.iter().enumerate() {
        let (age, lost, control) = (days * DAY + 3000, *name == "eu-b-worker-2", *role == "control-plane");
        let created = b.start - age;
        let id: String = b.rng.hex(17);
        let (cpu, memory) = if control { (4, 16_001_000) } else { (8, 32_108_000) };
        let mut value = json!({"metadata": {"name": name, "labels": {
                "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "node.kubernetes.io/instance-type": instance,
                "topology.kubernetes.io/region": "eu-west-1", "topology.kubernetes.io/zone": zone,
                format!("node-role.kubernetes.io/{role}"): ""},
            "annotations": {"csi.volume.kubernetes.io/nodeid": format!("{{\"ebs.csi.aws.com\":\"i-{id}\"}}"),
                "node.alpha.kubernetes.io/ttl": "0", "projectcalico.org/IPv4Address": format!("{}/21", node_ip(name)),
                "volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
            "spec": {"podCIDR": format!("10.244.{at}.0/24"), "podCIDRs": [format!("10.244.{at}.0/24")],
                "providerID": format!("aws:///{zone}/i-{id}")},
            "status": {
                "capacity": {"cpu": cpu.to_string(), "memory": format!("{memory}Ki"), "pods": "110",
                    "ephemeral-storage": "104845292Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0"},
                "allocatable": {"cpu": format!("{}m", cpu * 1000 - 80), "memory": format!("{}Ki", memory - 1_048_576), "pods": "110",
                    "ephemeral-storage": "95551679124", "hugepages-1Gi": "0", "hugepages-2Mi": "0"},
                "conditions": conditions(lost, created, b.start),
                "addresses": [{"type": "InternalIP", "address": node_ip(name)}, {"type": "Hostname", "address": name},
                    {"type": "InternalDNS", "address": format!("{name}.eu-west-1.compute.internal")}],
                "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
                "nodeInfo": {"machineID": b.rng.hex(32), "systemUUID": b.rng.uid().to_string(), "bootID": b.rng.uid().to_string(),
                    "kernelVersion": "6.8.0-1041-aws", "osImage": "Ubuntu 24.04.3 LTS", "containerRuntimeVersion": "containerd://2.1.4",
                    "kubeletVersion": if at == 4 { "v1.33.5" } else { "v1.34.1" }, "kubeProxyVersion": "", "operatingSystem": "linux", "architecture": "amd64"},
                "images": [{"names": ["registry.k8s.io/pause:3.10"], "sizeBytes": 320_368},
                    {"names": ["docker.io/calico/node:v3.30.3"], "sizeBytes": 159_112_733}]}});
        if control {
            value["spec"]["taints"] = json!([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]);
        }
        if lost {
            value["spec"]["taints"] = json!([
                {"key": "node.kubernetes.io/unreachable", "effect": "NoSchedule", "timeAdded": rfc3339(b.start - LOST + 40)},
                {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": rfc3339(b.start - LOST + 45)}]);
        }
        value["metadata"]["managedFields"] = managed(&value, "kubelet", "v1", created, Some(("kubelet", b.start - 60)));
        b.add("", "nodes", age, value);
        let renewed = if lost { b.start - LOST } else { b.start - at as i64 };
        b.add(
            "coordination.k8s.io",
            "leases",
            age,
            super::lease("kube-node-lease", name, name, 40, created, renewed),
        );
    }
}

fn conditions(lost: bool, created: i64, now: i64) -> Value {
    let rows = [
        (
            "NetworkUnavailable",
            "False",
            "CalicoIsUp",
            "Calico is running on this node",
        ),
        (
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        (
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        (
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ];
    let row = |(kind, status, reason, message): (&str, &str, &str, &str)| {
        if lost && kind != "NetworkUnavailable" {
            return json!({"type": kind, "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.",
                "lastHeartbeatTime": rfc3339(now - LOST), "lastTransitionTime": rfc3339(now - LOST + 40)});
        }
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": rfc3339(now - 60), "lastTransitionTime": rfc3339(created + 25)})
    };
    rows.map(row).to_vec().into()
}
