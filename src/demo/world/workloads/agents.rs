//! What runs on every node: daemon sets and static pods.

use super::{Workload, container, match_labels, template, workload};
use crate::demo::clock::rfc3339;
use crate::demo::rng::template_hash;
use crate::demo::world::pods::{Stage, make_pod, set_stage};
use crate::demo::world::{Builder, DAY, NODES, managed, nodes, owner, pods};
use serde_json::json;

pub(super) fn daemon_set(b: &mut Builder<'_>, w: &Workload) {
    let spec = json!({"selector": {"matchLabels": match_labels(w.name)}, "template": template(w), "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}});
    let hash = template_hash(&spec["template"].to_string());
    let uid = workload(b, w, "daemonsets", spec.clone(), json!({}));
    let age = w.days * DAY + 5000;
    b.add("apps", "controllerrevisions", age, json!({"metadata": {"name": format!("{}-{hash}", w.name), "namespace": w.namespace, "labels": {"controller-revision-hash": hash, "app.kubernetes.io/name": w.name},
        "ownerReferences": owner("apps/v1", "DaemonSet", w.name, &uid)}, "data": {"spec": {"template": spec["template"]}}, "revision": 1}));
    let Some(pods) = b.store.resource("", "pods") else {
        return;
    };
    for (node, _, _, _, days) in NODES {
        let age = (days * DAY + 2900).min(age);
        let mut template = spec["template"].clone();
        template["metadata"]["labels"]["controller-revision-hash"] = hash.clone().into();
        template["metadata"]["labels"]["pod-template-generation"] = "1".into();
        template["spec"]["hostNetwork"] = true.into();
        let name = format!("{}-{}", w.name, b.rng.suffix(5));
        let mut pod = make_pod(
            &template,
            w.namespace,
            &name,
            &owner("apps/v1", "DaemonSet", w.name, &uid),
            b.start - age,
        );
        pod["metadata"]["generateName"] = format!("{}-", w.name).into();
        pod["metadata"]["uid"] = b.rng.uid().to_string().into();
        pod["spec"]["nodeName"] = (*node).into();
        set_stage(&mut pod, &Stage::Running, b.start, b.start - age);
        if *node == "eu-b-worker-2" {
            pods::lose(&mut pod, b.start, nodes::LOST);
            // The daemon set controller tolerates lost nodes: its pods are not evicted.
            if let Some(metadata) = pod["metadata"].as_object_mut() {
                metadata.remove("deletionTimestamp");
                metadata.remove("deletionGracePeriodSeconds");
            }
        }
        pod["metadata"]["managedFields"] = managed(
            &pod,
            "kube-controller-manager",
            "v1",
            b.start - age,
            Some(("kubelet", b.start - 400)),
        );
        b.store.put(pods.id, pod, b.start - age);
    }
}

/// The control plane's own pods, which the kubelet mirrors.
pub(super) fn static_pods(b: &mut Builder<'_>) {
    let Some(pods) = b.store.resource("", "pods") else {
        return;
    };
    let node_uid = b.store.value("", "nodes", "", "eu-a-control-1").unwrap_or_default()["metadata"]["uid"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let age = 38 * DAY;
    for (name, image, cpu) in [
        ("etcd", "registry.k8s.io/etcd:3.6.4-0", 100),
        ("kube-apiserver", "registry.k8s.io/kube-apiserver:v1.34.1", 250),
        (
            "kube-controller-manager",
            "registry.k8s.io/kube-controller-manager:v1.34.1",
            200,
        ),
        ("kube-scheduler", "registry.k8s.io/kube-scheduler:v1.34.1", 100),
    ] {
        let hash = b.rng.hex(32);
        let template = json!({"metadata": {"labels": {"component": name, "tier": "control-plane"}, "annotations": {"kubernetes.io/config.hash": hash, "kubernetes.io/config.mirror": hash,
                "kubernetes.io/config.source": "file", "kubernetes.io/config.seen": rfc3339(b.start - age)}},
            "spec": {"containers": [container(name, image, 0, cpu, 100)], "hostNetwork": true, "priorityClassName": "system-node-critical", "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst", "tolerations": [{"operator": "Exists", "effect": "NoExecute"}], "schedulerName": "default-scheduler", "securityContext": {}}});
        let mut pod = make_pod(
            &template,
            "kube-system",
            &format!("{name}-eu-a-control-1"),
            &owner("v1", "Node", "eu-a-control-1", &node_uid),
            b.start - age,
        );
        pod["metadata"]["uid"] = b.rng.uid().to_string().into();
        pod["spec"]["nodeName"] = "eu-a-control-1".into();
        let restarts = if name == "kube-controller-manager" { 3 } else { 1 };
        set_stage(
            &mut pod,
            &Stage::Restarted {
                code: 255,
                reason: "Unknown",
                restarts,
                ago: 20 * DAY,
            },
            b.start,
            b.start - age,
        );
        pod["metadata"]["managedFields"] =
            managed(&pod, "kubelet", "v1", b.start - age, Some(("kubelet", b.start - 400)));
        b.store.put(pods.id, pod, b.start - age);
    }
}
