//! The life of one pod: placed, created, started, ready; or crashing, or going away.

use super::tell_pod;
use crate::demo::clock::parse_time;
use crate::demo::rng::{hash, mix};
use crate::demo::store::Store;
use crate::demo::world::pods::{Stage, set_stage};
use crate::demo::world::workloads::{Trouble, find};
use crate::demo::world::{NODES, managed};
use serde_json::Value;

/// True when nothing happens to the pod by itself.
pub(super) fn is_steady(pod: &Value) -> bool {
    let phase = pod["status"]["phase"].as_str().unwrap_or_default();
    if pod["metadata"]["deletionTimestamp"].is_string() {
        return false;
    }
    // The run of a job ends; everything else that is ready stays.
    let job = pod["metadata"]["ownerReferences"][0]["kind"] == "Job";
    phase == "Succeeded" || phase == "Failed" || (crate::demo::control::is_ready(pod) && !job && !crashes(pod))
}

fn trouble(pod: &Value) -> Trouble {
    let name = pod["metadata"]["labels"]["app.kubernetes.io/name"]
        .as_str()
        .unwrap_or_default();
    find(pod["metadata"]["namespace"].as_str().unwrap_or_default(), name).map_or(Trouble::Fine, |w| w.trouble)
}

fn crashes(pod: &Value) -> bool {
    matches!(trouble(pod), Trouble::Crashes | Trouble::OutOfMemory)
}

fn ending(pod: &Value) -> (i64, &'static str) {
    if trouble(pod) == Trouble::OutOfMemory {
        (137, "OOMKilled")
    } else {
        (1, "Error")
    }
}

fn time(value: &Value) -> Option<i64> {
    value.as_str().and_then(parse_time)
}

/// Moves a pod on by what is due; true when it needs no more looking after.
pub(super) fn advance(store: &mut Store, namespace: &str, name: &str, now: i64) -> bool {
    let Some(pods) = store.resource("", "pods") else {
        return true;
    };
    let Some(object) = store.get(pods.id, namespace, name) else {
        return true;
    };
    let mut pod = object.value();
    let salt = mix(hash(name)) as i64 & 3;
    let created = time(&pod["metadata"]["creationTimestamp"]).unwrap_or(now);
    if let Some(deleted) = time(&pod["metadata"]["deletionTimestamp"]) {
        return end(store, pods.id, &pod, deleted, salt, now);
    }
    if is_steady(&pod) {
        return true;
    }
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default().to_owned();
    if node == "eu-b-worker-2" {
        return true;
    }
    let container = pod["spec"]["containers"][0].clone();
    let image = container["image"].as_str().unwrap_or_default().to_owned();
    let status = pod["status"]["containerStatuses"][0].clone();
    let (waiting, running) = (
        status["state"]["waiting"]["reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        time(&status["state"]["running"]["startedAt"]),
    );
    let mut said: Vec<(&str, String)> = Vec::new();
    let stage = if node.is_empty() {
        // A pod that no node fits waits; the scheduler says so every five minutes.
        if pod["status"]["conditions"][0]["reason"] == "Unschedulable" {
            if (now - created) % 300 == 0 {
                let message = pod["status"]["conditions"][0]["message"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                tell_pod(store, &pod, "FailedScheduling", &message, now);
            }
            return false;
        }
        if pod["spec"]["containers"][0]["resources"]["requests"]["nvidia.com/gpu"].is_string() {
            let message = "0/6 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 4 Insufficient nvidia.com/gpu. preemption: 0/6 nodes are available: 2 Preemption is not helpful for scheduling, 4 No preemption victims found for incoming pod.";
            tell_pod(store, &pod, "FailedScheduling", message, now);
            store.change(pods.id, namespace, name, now, |v| {
                set_stage(v, &Stage::Unscheduled(message), now, created)
            });
            return false;
        }
        if now - created < 1 {
            return false;
        }
        let place = NODES[1 + (mix(hash(name)) % 4) as usize].0;
        pod["spec"]["nodeName"] = place.into();
        said.push((
            "Scheduled",
            format!("Successfully assigned {namespace}/{name} to {place}"),
        ));
        Stage::Creating
    } else if waiting == "ContainerCreating" {
        if now - created < 3 + salt {
            return false;
        }
        match trouble(&pod) {
            Trouble::BadImage if image.contains("-rc.") => {
                said.push(("Failed", "Error: ErrImagePull".into()));
                Stage::ImagePull
            }
            Trouble::InitWaits => Stage::InitRunning,
            _ => {
                said.push((
                    "Pulled",
                    format!("Container image \"{image}\" already present on machine"),
                ));
                said.push((
                    "Created",
                    format!("Created container: {}", container["name"].as_str().unwrap_or_default()),
                ));
                said.push((
                    "Started",
                    format!("Started container {}", container["name"].as_str().unwrap_or_default()),
                ));
                Stage::Starting
            }
        }
    } else if waiting == "CrashLoopBackOff" {
        let ended = time(&status["lastState"]["terminated"]["finishedAt"]).unwrap_or(now);
        let restarts = status["restartCount"].as_i64().unwrap_or(0);
        let delay = (10 << restarts.clamp(0, 5)).min(300);
        if now - ended < delay {
            if (now - ended) % 12 == 11 {
                let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
                let message = format!(
                    "Back-off restarting failed container {} in pod {name}_{namespace}({uid})",
                    container["name"].as_str().unwrap_or_default()
                );
                tell_pod(store, &pod, "BackOff", &message, now);
            }
            return false;
        }
        pod["status"]["containerStatuses"][0]["restartCount"] = (restarts + 1).into();
        said.push((
            "Pulled",
            format!("Container image \"{image}\" already present on machine"),
        ));
        said.push((
            "Started",
            format!("Started container {}", container["name"].as_str().unwrap_or_default()),
        ));
        Stage::Starting
    } else if waiting == "ImagePullBackOff" {
        if now % 20 == salt * 5 {
            tell_pod(
                store,
                &pod,
                "BackOff",
                &format!("Back-off pulling image \"{image}\""),
                now,
            );
        }
        return false;
    } else if let Some(ended) = time(&status["state"]["terminated"]["finishedAt"]) {
        // It just ended: the next start is put off, or made at once the first time.
        if now - ended < 2 {
            return false;
        }
        let restarts = status["restartCount"].as_i64().unwrap_or(0);
        let (code, reason) = ending(&pod);
        if crashes(&pod) {
            Stage::CrashLoop {
                code,
                reason,
                restarts,
                ago: now - ended,
            }
        } else {
            pod["status"]["containerStatuses"][0]["restartCount"] = (restarts + 1).into();
            pod["status"]["containerStatuses"][0]["lastState"] = status["state"].clone();
            said.push((
                "Started",
                format!("Started container {}", container["name"].as_str().unwrap_or_default()),
            ));
            Stage::Starting
        }
    } else if let Some(since) = running {
        let job = pod["metadata"]["ownerReferences"][0]["kind"] == "Job";
        let (code, reason) = ending(&pod);
        let up = now - since;
        match () {
            () if job
                && up >= 12 + salt * 3
                && pod["metadata"]["labels"]["app.kubernetes.io/name"] != "reindex-products" =>
            {
                let fails = crate::demo::world::crons()
                    .iter()
                    .any(|c| c.fails && name.starts_with(c.name));
                if fails {
                    Stage::Died { ago: 0 }
                } else {
                    Stage::Done { ago: 0 }
                }
            }
            () if crashes(&pod) && up >= 6 + salt => Stage::Ended { code, reason },
            () if trouble(&pod) == Trouble::Unready && salt != 0 => {
                if now % 10 == salt {
                    tell_pod(
                        store,
                        &pod,
                        "Unhealthy",
                        "Readiness probe failed: HTTP probe failed with statuscode: 503",
                        now,
                    );
                }
                return false;
            }
            () if crate::demo::control::is_ready(&pod) => return false,
            () if up >= if job { 1 } else { 4 + salt } => Stage::Running,
            () => return false,
        }
    } else if pod["status"]["initContainerStatuses"].is_array() {
        return false;
    } else {
        Stage::Creating
    };
    if matches!(stage, Stage::Starting) && !waiting.is_empty() {
        // It runs from this moment on.
        pod["status"]["containerStatuses"][0]["state"] = Value::Null;
    }
    set_stage(&mut pod, &stage, now, created);
    pod["metadata"]["managedFields"] = managed(&pod, "kube-controller-manager", "v1", created, Some(("kubelet", now)));
    for (reason, message) in &said {
        tell_pod(store, &pod, reason, message, now);
    }
    let steady = is_steady(&pod);
    store.change(pods.id, namespace, name, now, |v| *v = pod);
    steady
}

/// A terminating pod goes when its containers have ended, unless its node is lost or a finalizer holds it.
fn end(store: &mut Store, pods: u16, pod: &Value, deleted: i64, salt: i64, now: i64) -> bool {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text(&pod["metadata"]["namespace"]), text(&pod["metadata"]["name"]));
    if pod["spec"]["nodeName"] == "eu-b-worker-2"
        || pod["metadata"]["finalizers"].as_array().is_some_and(|f| !f.is_empty())
    {
        return true;
    }
    let asked = deleted - pod["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(30);
    if now - asked <= 1 {
        let message = format!("Stopping container {}", text(&pod["spec"]["containers"][0]["name"]));
        tell_pod(store, pod, "Killing", &message, now);
    }
    if now - asked < 3 + salt && now < deleted {
        return false;
    }
    store.remove(pods, &namespace, &name);
    true
}

/// The first container of a healthy pod is restarted after its liveness probe failed.
pub(super) fn restart(store: &mut Store, namespace: &str, name: &str, now: i64) {
    let Some(pods) = store.resource("", "pods") else { return };
    let Some(pod) = store.value("", "pods", namespace, name) else {
        return;
    };
    let created = time(&pod["metadata"]["creationTimestamp"]).unwrap_or(now);
    tell_pod(
        store,
        &pod,
        "Unhealthy",
        "Liveness probe failed: HTTP probe failed with statuscode: 500",
        now,
    );
    let container = pod["spec"]["containers"][0]["name"].as_str().unwrap_or_default();
    tell_pod(
        store,
        &pod,
        "Killing",
        &format!("Container {container} failed liveness probe, will be restarted"),
        now,
    );
    store.change(pods.id, namespace, name, now, |v| {
        set_stage(
            v,
            &Stage::Ended {
                code: 137,
                reason: "Error",
            },
            now,
            created,
        )
    });
}
