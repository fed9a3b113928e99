//! The controllers: what follows from what. Each function brings one object in line with the others; doing it twice changes nothing.

use super::clock::rfc3339;
use super::object::Object;
use super::select::{Requirement, labels_match};
use super::store::Store;
use super::world::owner;
use serde_json::{Value, json};
use std::sync::Arc;

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// Pods as the controllers see them.
pub(super) struct Counted {
    pub total: i64,
    pub ready: i64,
}

/// True when the pod's Ready condition holds.
pub(super) fn is_ready(pod: &Value) -> bool {
    pod["status"]["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .any(|c| c["type"] == "Ready" && c["status"] == "True")
}

/// The pods of an owner that are not going away and not finished.
pub(super) fn pods_of(store: &Store, owner: &Object) -> Counted {
    let Some(pods) = store.resource("", "pods") else {
        return Counted { total: 0, ready: 0 };
    };
    let values = store
        .within(pods.id, &owner.namespace)
        .filter(|o| o.owner == Some(owner.uid))
        .map(|o| o.value());
    let live = |p: &Value| {
        !p["metadata"]["deletionTimestamp"].is_string()
            && p["status"]["phase"] != "Failed"
            && p["status"]["phase"] != "Succeeded"
    };
    let pods: Vec<Value> = values.filter(live).collect();
    Counted {
        total: pods.len() as i64,
        ready: pods.iter().filter(|p| is_ready(p)).count() as i64,
    }
}

fn condition(old: &Value, kind: &str, ok: bool, reason: &str, message: &str, now: i64) -> Value {
    let state = if ok { "True" } else { "False" };
    let before = old["conditions"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|c| c["type"] == kind && c["status"] == state);
    let turned = before.map_or_else(|| rfc3339(now).into(), |c| c["lastTransitionTime"].clone());
    let updated = before
        .filter(|c| c["reason"] == reason)
        .map_or_else(|| rfc3339(now).into(), |c| c["lastUpdateTime"].clone());
    json!({"type": kind, "status": state, "reason": reason, "message": message, "lastTransitionTime": turned, "lastUpdateTime": updated})
}

/// Status of a replica set.
pub(super) fn roll_replica_set(store: &mut Store, object: &Arc<Object>, now: i64) {
    let Some(sets) = store.resource("apps", "replicasets") else {
        return;
    };
    let pods = pods_of(store, object);
    store.change(sets.id, &object.namespace, &object.name, now, |value| {
        let mut status = json!({"replicas": pods.total, "observedGeneration": value["metadata"]["generation"]});
        if pods.total > 0 {
            status["fullyLabeledReplicas"] = pods.total.into();
        }
        if pods.ready > 0 {
            status["readyReplicas"] = pods.ready.into();
            status["availableReplicas"] = pods.ready.into();
        }
        value["status"] = status;
    });
}

/// The replica sets of a deployment, the newest revision last.
pub(super) fn sets_of(store: &Store, deployment: &Object) -> Vec<(Arc<Object>, Value)> {
    let Some(sets) = store.resource("apps", "replicasets") else {
        return Vec::new();
    };
    let mut found: Vec<_> = store
        .within(sets.id, &deployment.namespace)
        .filter(|o| o.owner == Some(deployment.uid))
        .map(|o| (o.clone(), o.value()))
        .collect();
    found.sort_by_key(|(_, v)| revision(v));
    found
}

/// The revision annotation.
pub(super) fn revision(value: &Value) -> i64 {
    value["metadata"]["annotations"]["deployment.kubernetes.io/revision"]
        .as_str()
        .and_then(|r| r.parse().ok())
        .unwrap_or(0)
}

/// Status of a deployment, from its replica sets.
pub(super) fn roll_deployment(store: &mut Store, object: &Arc<Object>, now: i64) {
    let Some(deployments) = store.resource("apps", "deployments") else {
        return;
    };
    let sets = sets_of(store, object);
    let Some((newest, new_value)) = sets.last() else { return };
    let sum = |field: &str| sets.iter().map(|(_, v)| int(&v["status"][field])).sum::<i64>();
    let (total, ready, available) = (sum("replicas"), sum("readyReplicas"), sum("availableReplicas"));
    let (updated, name) = (int(&new_value["status"]["replicas"]), newest.name.to_string());
    let number = revision(new_value);
    let new_ready = int(&new_value["status"]["availableReplicas"]);
    store.change(deployments.id, &object.namespace, &object.name, now, |value| {
        let wanted = int(&value["spec"]["replicas"]);
        let old = value["status"].clone();
        let mut status = json!({"observedGeneration": value["metadata"]["generation"]});
        for (field, count) in [
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", available),
            ("unavailableReplicas", (wanted.max(total) - available).max(0)),
        ] {
            if count > 0 {
                status[field] = count.into();
            }
        }
        let enough = available >= wanted - wanted / 4;
        let (reason, message) = if enough {
            ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            (
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        };
        let stuck = old["conditions"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|c| c["reason"] == "ProgressDeadlineExceeded")
            .cloned();
        let done = new_ready >= wanted && total == updated;
        let progress = match (done, stuck) {
            (false, Some(stuck)) => stuck,
            (true, _) => condition(
                &old,
                "Progressing",
                true,
                "NewReplicaSetAvailable",
                &format!("ReplicaSet \"{name}\" has successfully progressed."),
                now,
            ),
            _ => condition(
                &old,
                "Progressing",
                true,
                "ReplicaSetUpdated",
                &format!("ReplicaSet \"{name}\" is progressing."),
                now,
            ),
        };
        status["conditions"] = json!([condition(&old, "Available", enough, reason, message, now), progress]);
        value["status"] = status;
        value["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = number.to_string().into();
    });
}

/// Status of a stateful set.
pub(super) fn roll_stateful_set(store: &mut Store, object: &Arc<Object>, now: i64) {
    let Some(sets) = store.resource("apps", "statefulsets") else {
        return;
    };
    let pods = pods_of(store, object);
    store.change(sets.id, &object.namespace, &object.name, now, |value| {
        for (field, count) in [
            ("replicas", pods.total),
            ("readyReplicas", pods.ready),
            ("availableReplicas", pods.ready),
            ("currentReplicas", pods.total),
            ("updatedReplicas", pods.total),
        ] {
            value["status"][field] = count.into();
        }
        value["status"]["observedGeneration"] = value["metadata"]["generation"].clone();
    });
}

/// Status of a daemon set.
pub(super) fn roll_daemon_set(store: &mut Store, object: &Arc<Object>, now: i64) {
    let Some(sets) = store.resource("apps", "daemonsets") else {
        return;
    };
    let pods = pods_of(store, object);
    let wanted = super::world::NODES.len() as i64;
    store.change(sets.id, &object.namespace, &object.name, now, |value| {
        value["status"] = json!({"currentNumberScheduled": pods.total, "desiredNumberScheduled": wanted, "numberMisscheduled": 0, "numberReady": pods.ready,
            "numberAvailable": pods.ready, "numberUnavailable": wanted - pods.ready, "updatedNumberScheduled": pods.total, "observedGeneration": value["metadata"]["generation"]});
    });
}

/// Status of a job, from its pods.
pub(super) fn roll_job(store: &mut Store, namespace: &str, name: &str, now: i64) {
    let (Some(jobs), Some(pods)) = (store.resource("batch", "jobs"), store.resource("", "pods")) else {
        return;
    };
    let Some(job) = store.get(jobs.id, namespace, name) else {
        return;
    };
    let pods: Vec<Value> = store
        .within(pods.id, namespace)
        .filter(|o| o.owner == Some(job.uid))
        .map(|o| o.value())
        .collect();
    let count = |phase: &str| pods.iter().filter(|p| p["status"]["phase"] == phase).count() as i64;
    let (done, failed, active) = (count("Succeeded"), count("Failed"), count("Running") + count("Pending"));
    let ready = pods.iter().filter(|p| is_ready(p)).count();
    let ends = pods
        .iter()
        .filter_map(|p| p["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"].as_str());
    let end = ends.max().map_or_else(|| rfc3339(now), str::to_owned);
    store.change(jobs.id, namespace, name, now, |value| {
        let mut status = json!({"startTime": value["status"]["startTime"], "ready": ready, "terminating": 0, "uncountedTerminatedPods": {}});
        for (field, count) in [("succeeded", done), ("failed", failed), ("active", active)] {
            if count > 0 {
                status[field] = count.into();
            }
        }
        let wanted = value["spec"]["completions"].as_i64().unwrap_or(1);
        let condition = |kind: &str, reason: &str, message: &str| json!({"type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": end, "lastTransitionTime": end});
        if done >= wanted {
            status["completionTime"] = end.clone().into();
            status["conditions"] = json!([condition("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"), condition("Complete", "CompletionsReached", "Reached expected number of succeeded pods")]);
        } else if failed > int(&value["spec"]["backoffLimit"]) {
            status["conditions"] = json!([condition("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"), condition("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit")]);
        }
        value["status"] = status;
    });
}

fn selector(value: &Value) -> Vec<Requirement> {
    let pairs = value.as_object().into_iter().flatten();
    pairs
        .map(|(k, v)| Requirement::In(k.clone(), vec![v.as_str().unwrap_or_default().to_owned()]))
        .collect()
}

fn selected(store: &Store, namespace: &str, requirements: &[Requirement]) -> Vec<Value> {
    let Some(pods) = store.resource("", "pods") else {
        return Vec::new();
    };
    let found = store
        .within(pods.id, namespace)
        .filter(|o| labels_match(requirements, &o.labels));
    found.map(|o| o.value()).collect()
}

/// Endpoints and endpoint slices of a service.
pub(super) fn roll_service(store: &mut Store, service: &Arc<Object>, now: i64) {
    let (Some(endpoints), Some(slices)) = (
        store.resource("", "endpoints"),
        store.resource("discovery.k8s.io", "endpointslices"),
    ) else {
        return;
    };
    let value = service.value();
    let Some(wanted) = value["spec"]["selector"].as_object().filter(|s| !s.is_empty()) else {
        return;
    };
    let pods = selected(store, &service.namespace, &selector(&Value::Object(wanted.clone())));
    let (mut ready, mut not_ready, mut slice) = (Vec::new(), Vec::new(), Vec::new());
    for pod in &pods {
        let Some(ip) = pod["status"]["podIP"].as_str() else {
            continue;
        };
        if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
            continue;
        }
        let node = &pod["spec"]["nodeName"];
        let target = json!({"kind": "Pod", "namespace": &*service.namespace, "name": pod["metadata"]["name"], "uid": pod["metadata"]["uid"]});
        let address = json!({"ip": ip, "nodeName": node, "targetRef": target});
        let (ok, going) = (is_ready(pod), pod["metadata"]["deletionTimestamp"].is_string());
        if ok && !going {
            ready.push(address)
        } else if !going {
            not_ready.push(address)
        }
        let zone = super::world::NODES.iter().find(|n| *node == n.0).map_or("", |n| n.1);
        slice.push(json!({"addresses": [ip], "conditions": {"ready": ok && !going, "serving": ok, "terminating": going}, "nodeName": node, "targetRef": target, "zone": zone}));
    }
    // A named port is looked up in the pod.
    let ports: Vec<Value> = value["spec"]["ports"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|p| {
            let number = p["targetPort"].as_i64().or_else(|| {
                let containers = pods.first()?["spec"]["containers"].as_array()?;
                containers
                    .iter()
                    .flat_map(|c| c["ports"].as_array().into_iter().flatten())
                    .find(|c| c["name"] == p["targetPort"])?["containerPort"]
                    .as_i64()
            });
            json!({"name": p["name"], "port": number.unwrap_or(int(&p["port"])), "protocol": p["protocol"]})
        })
        .collect();
    let mut subset = serde_json::Map::new();
    if !ready.is_empty() {
        subset.insert("addresses".into(), ready.into());
    }
    if !not_ready.is_empty() {
        subset.insert("notReadyAddresses".into(), not_ready.into());
    }
    let mut body = json!({"metadata": {"name": &*service.name, "namespace": &*service.namespace, "labels": value["metadata"]["labels"], "creationTimestamp": value["metadata"]["creationTimestamp"]}});
    if !subset.is_empty() {
        subset.insert("ports".into(), ports.clone().into());
        body["subsets"] = json!([subset]);
    }
    upsert(store, endpoints.id, body, &["subsets"], now);
    let name = format!(
        "{}-{}",
        service.name,
        super::rng::Rng::new(super::rng::hash(&service.name)).suffix(5)
    );
    let labels = json!({"kubernetes.io/service-name": &*service.name, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"});
    let body = json!({"metadata": {"name": name, "namespace": &*service.namespace, "labels": labels, "generateName": format!("{}-", service.name), "creationTimestamp": value["metadata"]["creationTimestamp"],
        "ownerReferences": owner("v1", "Service", &service.name, &service.uid.to_string())}, "addressType": "IPv4", "endpoints": slice, "ports": if pods.is_empty() { Value::Null } else { ports.into() }});
    upsert(store, slices.id, body, &["endpoints", "ports"], now);
}

/// Stores an object, or changes just these fields of the one that is there.
fn upsert(store: &mut Store, id: u16, body: Value, parts: &[&str], now: i64) {
    let text = |key: &str| body["metadata"][key].as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text("namespace"), text("name"));
    if store.get(id, &namespace, &name).is_none() {
        store.put(id, body, now);
        return;
    }
    store.change(id, &namespace, &name, now, |value| {
        for part in parts {
            match body.get(part) {
                Some(new) => value[*part] = new.clone(),
                None => {
                    if let Some(map) = value.as_object_mut() {
                        map.remove(*part);
                    }
                }
            }
        }
    });
}

/// Status of a disruption budget.
fn roll_budget(store: &mut Store, budget: &Arc<Object>, now: i64) {
    let Some(budgets) = store.resource("policy", "poddisruptionbudgets") else {
        return;
    };
    let value = budget.value();
    let pods = selected(
        store,
        &budget.namespace,
        &selector(&value["spec"]["selector"]["matchLabels"]),
    );
    let total = pods.len() as i64;
    let healthy = pods
        .iter()
        .filter(|p| is_ready(p) && !p["metadata"]["deletionTimestamp"].is_string())
        .count() as i64;
    let amount = |v: &Value| match v
        .as_str()
        .and_then(|s| s.strip_suffix('%'))
        .and_then(|s| s.parse::<i64>().ok())
    {
        Some(percent) => (total * percent + 99) / 100,
        None => int(v),
    };
    let wanted = if value["spec"]["minAvailable"].is_null() {
        total - amount(&value["spec"]["maxUnavailable"])
    } else {
        amount(&value["spec"]["minAvailable"])
    };
    let allowed = (healthy - wanted).max(0);
    store.change(budgets.id, &budget.namespace, &budget.name, now, |value| {
        let old = value["status"].clone();
        let (reason, ok) = if allowed > 0 { ("SufficientPods", true) } else { ("InsufficientPods", false) };
        let mut turned = condition(&old, "DisruptionAllowed", ok, reason, "", now);
        if let Some(map) = turned.as_object_mut() {
            map.remove("lastUpdateTime");
        }
        value["status"] = json!({"currentHealthy": healthy, "desiredHealthy": wanted, "disruptionsAllowed": allowed, "expectedPods": total, "observedGeneration": 1, "conditions": [turned]});
    });
}

/// Everything that follows from the pods of a namespace.
pub(super) fn roll_namespace(store: &mut Store, namespace: &str, now: i64) {
    let of = |store: &Store, group: &str, plural: &str| -> Vec<Arc<Object>> {
        let Some(resource) = store.resource(group, plural) else {
            return Vec::new();
        };
        store.within(resource.id, namespace).cloned().collect()
    };
    for set in of(store, "apps", "replicasets") {
        roll_replica_set(store, &set, now);
    }
    for deployment in of(store, "apps", "deployments") {
        roll_deployment(store, &deployment, now);
    }
    for set in of(store, "apps", "statefulsets") {
        roll_stateful_set(store, &set, now);
    }
    for set in of(store, "apps", "daemonsets") {
        roll_daemon_set(store, &set, now);
    }
    for job in of(store, "batch", "jobs") {
        roll_job(store, namespace, &job.name, now);
    }
    for service in of(store, "", "services") {
        roll_service(store, &service, now);
    }
    for budget in of(store, "policy", "poddisruptionbudgets") {
        roll_budget(store, &budget, now);
    }
}

/// Everything that follows from the pods of all namespaces.
pub(super) fn roll_all(store: &mut Store, now: i64) {
    let names: Vec<Arc<str>> = store.all("", "namespaces").iter().map(|n| n.name.clone()).collect();
    for name in names {
        roll_namespace(store, &name, now);
    }
}
