//! The pods of a workload, each in the stage its trouble puts it in, and what was told of them.

use super::{Trouble, Workload};
use crate::demo::world::pods::{Stage, make_pod, set_stage};
use crate::demo::world::{About, Builder, DAY, NODES, managed, nodes, owner, pods, tell};
use serde_json::Value;

/// A pod of a workload in the stage its trouble puts it in.
pub(super) fn pod_of(b: &mut Builder<'_>, w: &Workload, set: &Value, kind: &str, name: &str, age: i64, revision: i64) {
    let now = b.start;
    let mut pod = make_pod(
        &set["spec"]["template"],
        w.namespace,
        name,
        &owner(
            "apps/v1",
            kind,
            set["metadata"]["name"].as_str().unwrap_or_default(),
            set["metadata"]["uid"].as_str().unwrap_or_default(),
        ),
        now - age,
    );
    if kind == "ReplicaSet" {
        pod["metadata"]["generateName"] = format!("{}-", set["metadata"]["name"].as_str().unwrap_or_default()).into();
    }
    let Some(pods) = b.store.resource("", "pods") else {
        return;
    };
    pod["metadata"]["uid"] = b.rng.uid().to_string().into();
    // Only stateful pods still hang on the lost node: those of replica sets have been replaced.
    let place = b.rng.below(if kind == "StatefulSet" { 5 } else { 4 }) as usize + 1;
    let (node, _, _, _, _) = NODES[place.min(5)];
    let stage = match (w.trouble, revision) {
        (Trouble::Crashes, _) => Stage::CrashLoop {
            code: 1,
            reason: "Error",
            restarts: b.rng.between(9, 120),
            ago: b.rng.between(20, 280),
        },
        (Trouble::OutOfMemory, _) if b.rng.below(3) < 2 => Stage::CrashLoop {
            code: 137,
            reason: "OOMKilled",
            restarts: b.rng.between(4, 31),
            ago: b.rng.between(30, 200),
        },
        (Trouble::OutOfMemory, _) => Stage::Restarted {
            code: 137,
            reason: "OOMKilled",
            restarts: 6,
            ago: 1400,
        },
        (Trouble::BadImage, 2) => Stage::ImagePull,
        (Trouble::Unschedulable, _) => Stage::Unscheduled(
            "0/6 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 4 Insufficient nvidia.com/gpu. preemption: 0/6 nodes are available: 2 Preemption is not helpful for scheduling, 4 No preemption victims found for incoming pod.",
        ),
        (Trouble::InitWaits, _) => Stage::InitRunning,
        (Trouble::Unready, _) if b.rng.below(3) > 0 => Stage::Unready,
        (Trouble::NoVolume, 2) if name.ends_with("-2") => Stage::Unscheduled(
            "0/6 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/6 nodes are available: 6 Preemption is not helpful for scheduling.",
        ),
        _ => match b.rng.below(9) {
            0 => Stage::Restarted {
                code: 137,
                reason: "Error",
                restarts: b.rng.between(1, 4),
                ago: b.rng.between(3000, 9 * DAY).min(age - 300),
            },
            _ => Stage::Running,
        },
    };
    let unplaced = matches!(stage, Stage::Unscheduled(_));
    if !unplaced {
        pod["spec"]["nodeName"] = node.into();
    }
    set_stage(&mut pod, &stage, now, now - age);
    if node == "eu-b-worker-2" && !unplaced {
        pods::lose(&mut pod, now, nodes::LOST);
    }
    pod["metadata"]["managedFields"] = managed(
        &pod,
        "kube-controller-manager",
        "v1",
        now - age,
        Some(("kubelet", now - age.min(400))),
    );
    let uid = b.store.put(pods.id, pod, now - age).uid.to_string();
    pod_events(b, w, name, &uid, node, &stage, age);
}

/// The events that a pod in trouble leaves behind.
fn pod_events(b: &mut Builder<'_>, w: &Workload, name: &str, uid: &str, node: &str, stage: &Stage, age: i64) {
    let now = b.start;
    let field = format!("spec.containers{{{}}}", w.name);
    let about = |field| About {
        kind: "Pod",
        api: "v1",
        namespace: w.namespace,
        name,
        uid,
        field,
    };
    let first = now - age.min(3000);
    match stage {
        Stage::CrashLoop { restarts, .. } => {
            let message = format!(
                "Back-off restarting failed container {} in pod {name}_{}({uid})",
                w.name, w.namespace
            );
            tell(
                b.store,
                &about(&field),
                "BackOff",
                &message,
                "kubelet",
                node,
                first,
                now - b.rng.between(5, 50),
                restarts * 4,
            );
            let message = format!("Container image \"{}\" already present on machine", w.image);
            tell(
                b.store,
                &about(&field),
                "Pulled",
                &message,
                "kubelet",
                node,
                first,
                now - b.rng.between(60, 280),
                (*restarts).min(12),
            );
        }
        Stage::ImagePull => {
            let image = "registry.shop.example/image-resizer:1.9.0-rc.1";
            tell(
                b.store,
                &about(&field),
                "Failed",
                &format!(
                    "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
                ),
                "kubelet",
                node,
                first,
                now - 160,
                11,
            );
            tell(
                b.store,
                &about(&field),
                "Failed",
                "Error: ImagePullBackOff",
                "kubelet",
                node,
                first,
                now - 12,
                171,
            );
            tell(
                b.store,
                &about(&field),
                "BackOff",
                &format!("Back-off pulling image \"{image}\""),
                "kubelet",
                node,
                first,
                now - 12,
                172,
            );
        }
        Stage::Unscheduled(message) => tell(
            b.store,
            &about(""),
            "FailedScheduling",
            message,
            "default-scheduler",
            "",
            first,
            now - 140,
            9,
        ),
        Stage::Unready => tell(
            b.store,
            &about(&field),
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
            "kubelet",
            node,
            first,
            now - 4,
            280,
        ),
        _ => {}
    }
}
