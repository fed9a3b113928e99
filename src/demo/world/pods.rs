//! How a pod is written out: from a template, in the stage of life it is in.

use crate::demo::clock::{parse_time, rfc3339};
use crate::demo::rng::{hash, mix};
use serde_json::{Value, json};

/// How a pod fares. Times are seconds before now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::demo) enum Stage {
    /// No node fits; the scheduler's message.
    Unscheduled(&'static str),
    /// On a node, containers not yet there.
    Creating,
    /// All containers run; not yet ready.
    Starting,
    Running,
    /// Runs after a restart long ago.
    Restarted {
        code: i64,
        reason: &'static str,
        restarts: i64,
        ago: i64,
    },
    /// The first container has just ended.
    Ended {
        code: i64,
        reason: &'static str,
    },
    /// The first container waits for its next start.
    CrashLoop {
        code: i64,
        reason: &'static str,
        restarts: i64,
        ago: i64,
    },
    /// The first container's image is not there.
    ImagePull,
    /// The init container runs.
    InitRunning,
    /// Runs, but the first container's readiness probe fails.
    Unready,
    /// Finished well, this many seconds ago.
    Done {
        ago: i64,
    },
    /// Finished badly.
    Died {
        ago: i64,
    },
}

/// A pod of a template, unplaced and without status.
pub(in crate::demo) fn make_pod(template: &Value, namespace: &str, name: &str, owners: &Value, created: i64) -> Value {
    let mut pod = json!({"metadata": template["metadata"], "spec": template["spec"]});
    let metadata = &mut pod["metadata"];
    metadata["name"] = name.into();
    metadata["namespace"] = namespace.into();
    metadata["creationTimestamp"] = rfc3339(created).into();
    metadata["ownerReferences"] = owners.clone();
    let token = format!("kube-api-access-{}", crate::demo::rng::Rng::new(hash(name)).suffix(5));
    let spec = &mut pod["spec"];
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            let mount =
                json!({"name": token, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
            match container["volumeMounts"].as_array_mut() {
                Some(mounts) => mounts.push(mount),
                None => container["volumeMounts"] = json!([mount]),
            }
        }
    }
    if spec["initContainers"].is_null()
        && let Some(spec) = spec.as_object_mut()
    {
        spec.remove("initContainers");
    }
    let volume = json!({"name": token, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]}});
    match spec["volumes"].as_array_mut() {
        Some(volumes) => volumes.push(volume),
        None => spec["volumes"] = json!([volume]),
    }
    let critical = spec["priorityClassName"].as_str().map(|c| {
        if c == "system-node-critical" {
            2_000_001_000
        } else {
            2_000_000_000
        }
    });
    spec["priority"] = critical.unwrap_or(0).into();
    spec["preemptionPolicy"] = "PreemptLowerPriority".into();
    spec["enableServiceLinks"] = true.into();
    if !spec["tolerations"].is_array() {
        let toleration = |key: &str| json!({"key": format!("node.kubernetes.io/{key}"), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
        spec["tolerations"] = json!([toleration("not-ready"), toleration("unreachable")]);
    }
    pod
}

/// The address of a pod: from its name and its node.
fn pod_ip(pod: &Value) -> String {
    let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
    if pod["spec"]["hostNetwork"] == true {
        return super::node_ip(node);
    }
    let at = super::NODES.iter().position(|n| n.0 == node).unwrap_or(0);
    let name = format!("{}{}", pod["metadata"]["namespace"], pod["metadata"]["name"]);
    format!("10.244.{at}.{}", 4 + mix(hash(&name)) % 249)
}

/// Writes the status that belongs to a stage. Restart counts and earlier ends are kept where the stage does not say otherwise.
pub(in crate::demo) fn set_stage(pod: &mut Value, stage: &Stage, now: i64, since: i64) {
    let old = pod["status"].clone();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let started = old["startTime"].as_str().and_then(parse_time).unwrap_or(since + 1);
    let placed = !matches!(stage, Stage::Unscheduled(_));
    let up = !matches!(stage, Stage::Unscheduled(_) | Stage::Creating | Stage::InitRunning);
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let id = |salt: usize, count: i64| {
        let seed = hash(&format!("{uid}{salt}/{count}"));
        format!(
            "containerd://{:016x}{:016x}{:016x}{:016x}",
            mix(seed),
            mix(seed ^ 1),
            mix(seed ^ 2),
            mix(seed ^ 3)
        )
    };
    let mut all_ready = true;
    let mut statuses = Vec::new();
    for (at, container) in list(&pod["spec"]["containers"]).iter().enumerate() {
        let before = old["containerStatuses"].get(at).cloned().unwrap_or_default();
        let mut restarts = before["restartCount"].as_i64().unwrap_or(0);
        let mut last = before["lastState"].clone();
        let ended = |code: i64, reason: &str, end: i64, restarts: i64| json!({"terminated": {"exitCode": code, "reason": reason, "startedAt": rfc3339((end - 9).max(since)), "finishedAt": rfc3339(end), "containerID": id(at, restarts - 1)}});
        let running = |from: i64| json!({"running": {"startedAt": rfc3339(from)}});
        let was_running = before["state"]["running"]["startedAt"].as_str().and_then(parse_time);
        let waiting = |reason: &str, message: &str| match message {
            "" => json!({"waiting": {"reason": reason}}),
            _ => json!({"waiting": {"reason": reason, "message": message}}),
        };
        let (state, ready) = match (stage, at) {
            (Stage::Unscheduled(_), _) => break,
            (Stage::Creating, _) => (waiting("ContainerCreating", ""), false),
            (Stage::InitRunning, _) => (waiting("PodInitializing", ""), false),
            (Stage::Starting, _) => (running(was_running.unwrap_or(now)), false),
            (
                Stage::Restarted {
                    code,
                    reason,
                    restarts: count,
                    ago,
                },
                0,
            ) => {
                restarts = *count;
                last = ended(*code, reason, now - ago, restarts);
                (running(now - ago + 1), true)
            }
            (Stage::Ended { code, reason }, 0) => {
                let mut state = ended(*code, reason, now, restarts + 1);
                state["terminated"]["startedAt"] = rfc3339(was_running.unwrap_or(now - 5)).into();
                (state, false)
            }
            (
                Stage::CrashLoop {
                    code,
                    reason,
                    restarts: count,
                    ago,
                },
                0,
            ) => {
                restarts = *count;
                last = match before["state"]["terminated"].is_object() {
                    true => before["state"].clone(),
                    false => ended(*code, reason, now - ago, restarts),
                };
                let name = pod["metadata"]["name"].as_str().unwrap_or_default();
                let delay = match count {
                    0..=1 => "10s",
                    2 => "20s",
                    3 => "40s",
                    4 => "1m20s",
                    5 => "2m40s",
                    _ => "5m0s",
                };
                let message = format!(
                    "back-off {delay} restarting failed container={} pod={name}_{}({uid})",
                    container["name"].as_str().unwrap_or_default(),
                    pod["metadata"]["namespace"].as_str().unwrap_or_default()
                );
                (waiting("CrashLoopBackOff", &message), false)
            }
            (Stage::ImagePull, 0) => {
                let image = container["image"].as_str().unwrap_or_default();
                (
                    waiting(
                        "ImagePullBackOff",
                        &format!(
                            "Back-off pulling image \"{image}\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
                        ),
                    ),
                    false,
                )
            }
            (Stage::Unready, 0) => (running(was_running.unwrap_or(since + 4)), false),
            (Stage::Done { ago }, _) => (ended(0, "Completed", now - ago, restarts + 1), false),
            (Stage::Died { ago }, _) => (ended(1, "Error", now - ago, restarts + 1), false),
            (Stage::Running, 0) if was_running.is_none() && !old["containerStatuses"].is_null() => (running(now), true),
            _ => (running(was_running.unwrap_or(since + 4)), true),
        };
        all_ready &= ready;
        let image = container["image"].as_str().unwrap_or_default();
        let digest = mix(hash(image));
        let there =
            !(matches!(stage, Stage::Creating | Stage::InitRunning) || matches!(stage, Stage::ImagePull) && at == 0);
        let mut status = json!({"name": container["name"], "state": state, "lastState": if last.is_object() { last } else { json!({}) }, "ready": ready,
            "restartCount": restarts, "image": image, "started": state["running"].is_object(), "imageID": ""});
        if there {
            let repository = image.rsplit_once(':').map_or(image, |(name, _)| name);
            status["imageID"] = format!(
                "{repository}@sha256:{:016x}{:016x}{:016x}{:016x}",
                digest,
                mix(digest),
                mix(digest ^ 5),
                mix(digest ^ 9)
            )
            .into();
            status["containerID"] = id(at, restarts).into();
        }
        statuses.push(status);
    }
    let phase = match stage {
        Stage::Done { .. } => "Succeeded",
        Stage::Died { .. } => "Failed",
        Stage::Unscheduled(_) | Stage::Creating | Stage::InitRunning => "Pending",
        Stage::ImagePull if statuses.len() < 2 => "Pending",
        _ => "Running",
    };
    let finished = phase == "Succeeded" || phase == "Failed";
    let names: Vec<&str> = statuses
        .iter()
        .filter(|s| s["ready"] != true)
        .filter_map(|s| s["name"].as_str())
        .collect();
    let unready = format!("containers with unready status: [{}]", names.join(" "));
    let condition = |kind: &str, ok: bool, reason: &str, message: &str| {
        let state = if ok { "True" } else { "False" };
        // A condition that stays keeps the time of its last turn.
        let before = list(&old["conditions"])
            .into_iter()
            .find(|c| c["type"] == kind && c["status"] == state);
        let turned = before.map_or_else(
            || rfc3339(if old.is_null() { since + 3 } else { now }).into(),
            |c| c["lastTransitionTime"].clone(),
        );
        let mut value = json!({"type": kind, "status": state, "lastProbeTime": null, "lastTransitionTime": turned});
        if !ok || !reason.is_empty() {
            value["reason"] = reason.into();
        }
        if !message.is_empty() {
            value["message"] = message.into();
        }
        value
    };
    let conditions = match stage {
        Stage::Unscheduled(message) => json!([condition("PodScheduled", false, "Unschedulable", message)]),
        _ => {
            let init = !matches!(stage, Stage::InitRunning);
            let ready = all_ready && !finished;
            let (why, what) = match (ready, finished) {
                (true, _) => ("", ""),
                (_, true) => ("PodCompleted", ""),
                _ => ("ContainersNotReady", unready.as_str()),
            };
            let mut list = vec![condition(
                "PodReadyToStartContainers",
                !finished && *stage != Stage::Creating,
                "",
                "",
            )];
            list.push(match init {
                true => condition("Initialized", true, if finished { "PodCompleted" } else { "" }, ""),
                false => condition(
                    "Initialized",
                    false,
                    "ContainersNotInitialized",
                    "containers with incomplete status: [wait-for-migrations]",
                ),
            });
            list.push(condition("Ready", ready, why, what));
            list.push(condition("ContainersReady", ready, why, what));
            list.push(condition("PodScheduled", true, "", ""));
            list.into()
        }
    };
    let mut status = json!({"phase": phase, "conditions": conditions, "qosClass": "Burstable"});
    if placed {
        let node = pod["spec"]["nodeName"].as_str().unwrap_or_default();
        let ip = super::node_ip(node);
        status["hostIP"] = ip.clone().into();
        status["hostIPs"] = json!([{"ip": ip}]);
        status["startTime"] = rfc3339(started).into();
        status["containerStatuses"] = statuses.into();
        if up || matches!(stage, Stage::InitRunning) {
            let ip = pod_ip(pod);
            status["podIP"] = ip.clone().into();
            status["podIPs"] = json!([{"ip": ip}]);
        }
    }
    let inits = list(&pod["spec"]["initContainers"]);
    if placed && !inits.is_empty() {
        let statuses = inits.iter().enumerate().map(|(at, c)| {
            let state = match stage {
                Stage::InitRunning => json!({"running": {"startedAt": rfc3339(started + 2)}}),
                Stage::Creating => json!({"waiting": {"reason": "PodInitializing"}}),
                _ => json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": rfc3339(started + 1), "finishedAt": rfc3339(started + 2), "containerID": id(50 + at, 0)}}),
            };
            json!({"name": c["name"], "state": state, "lastState": {}, "ready": state["terminated"].is_object(), "restartCount": 0, "image": c["image"], "imageID": "", "started": state["running"].is_object()})
        });
        status["initContainerStatuses"] = statuses.collect::<Vec<_>>().into();
    }
    pod["status"] = status;
}

/// A pod on a node that is lost: no longer ready, and terminating because it was evicted.
pub(in crate::demo) fn lose(pod: &mut Value, now: i64, lost: i64) {
    let at = rfc3339(now - lost + 45);
    for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
        if condition["type"] == "Ready" {
            condition["status"] = "False".into();
            condition["lastTransitionTime"] = at.clone().into();
        }
    }
    pod["metadata"]["deletionTimestamp"] = rfc3339(now - lost + 345 + 30).into();
    pod["metadata"]["deletionGracePeriodSeconds"] = 30.into();
}
