//! What the workload controllers do: replica sets for templates, pods for replica sets, runs for cron jobs, replicas for load.

use super::delete_pod;
use crate::demo::clock::rfc3339;
use crate::demo::control::{revision, sets_of};
use crate::demo::object::Object;
use crate::demo::rng::{Rng, template_hash};
use crate::demo::store::Store;
use crate::demo::world::pods::Stage;
use crate::demo::world::pods::make_pod;
use crate::demo::world::workloads::replica_set;
use crate::demo::world::{About, Cron, Scaler, managed, owner, run_job, tell};
use serde_json::{Value, json};
use std::sync::Arc;

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn in_namespace(store: &Store, group: &str, plural: &str, namespace: &str) -> Vec<Arc<Object>> {
    let Some(resource) = store.resource(group, plural) else {
        return Vec::new();
    };
    store.within(resource.id, namespace).cloned().collect()
}

/// One round of the controllers in a namespace.
pub(super) fn reconcile(store: &mut Store, namespace: &str, now: i64, rng: &mut Rng) {
    for deployment in in_namespace(store, "apps", "deployments", namespace) {
        roll_out(store, &deployment, now);
    }
    for set in in_namespace(store, "apps", "replicasets", namespace) {
        fill(store, &set, now, rng);
    }
    for set in in_namespace(store, "apps", "statefulsets", namespace) {
        fill_stateful(store, &set, now, rng);
    }
    trim_jobs(store, namespace);
}

fn about_of<'a>(kind: &'a str, api: &'a str, object: &'a Object, uid: &'a str) -> About<'a> {
    About {
        kind,
        api,
        namespace: &object.namespace,
        name: &object.name,
        uid,
        field: "",
    }
}

/// Moves a deployment's replica sets one step towards its template and size.
fn roll_out(store: &mut Store, deployment: &Arc<Object>, now: i64) {
    let Some(sets) = store.resource("apps", "replicasets") else {
        return;
    };
    let value = deployment.value();
    if value["metadata"]["deletionTimestamp"].is_string() || value["spec"]["paused"] == true {
        return;
    }
    let wanted = int(&value["spec"]["replicas"]);
    let (namespace, name, uid) = (
        deployment.namespace.clone(),
        deployment.name.clone(),
        deployment.uid.to_string(),
    );
    let owned = sets_of(store, deployment);
    let image = |t: &Value| {
        t["spec"]["containers"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|c| c["image"].to_string())
            .collect::<String>()
    };
    let same = |v: &Value| {
        let mut template = v["spec"]["template"].clone();
        if let Some(labels) = template["metadata"]["labels"].as_object_mut() {
            labels.remove("pod-template-hash");
        }
        template == value["spec"]["template"]
            || (v["metadata"]["labels"]["pod-template-hash"]
                == template_hash(&format!("{namespace}/{name}{}", value["spec"]["template"]))
                && image(&template) == image(&value["spec"]["template"]))
    };
    let about = about_of("Deployment", "apps/v1", deployment, &uid);
    let say = |store: &mut Store, text: String| {
        tell(
            store,
            &about,
            "ScalingReplicaSet",
            &text,
            "deployment-controller",
            "",
            now,
            now,
            1,
        )
    };
    let Some((new, new_value)) = owned.iter().find(|(_, v)| same(v)) else {
        let number = owned.last().map_or(1, |(_, v)| revision(v) + 1);
        let first = if owned.is_empty() {
            wanted
        } else {
            ((wanted + 3) / 4).min(wanted)
        };
        let set = replica_set(
            store,
            &namespace,
            &name,
            &uid,
            &value["spec"]["template"],
            first,
            number,
            wanted,
            now,
        );
        say(store, format!("Scaled up replica set {set} from 0 to {first}"));
        return;
    };
    let scale = |store: &mut Store, object: &Object, from: i64, to: i64| {
        store.change(sets.id, &object.namespace, &object.name, now, |v| {
            v["spec"]["replicas"] = to.into()
        });
        let word = if to > from { "up" } else { "down" };
        say(
            store,
            format!("Scaled {word} replica set {} from {from} to {to}", object.name),
        );
    };
    let latest = owned.last().map_or(0, |(_, v)| revision(v));
    if revision(new_value) < latest {
        // An older template came back: it becomes the newest revision.
        store.change(sets.id, &namespace, &new.name, now, |v| {
            v["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = (latest + 1).to_string().into()
        });
    }
    let size = |v: &Value| int(&v["spec"]["replicas"]);
    let old: Vec<_> = owned.iter().filter(|(o, v)| o.uid != new.uid && size(v) > 0).collect();
    let have = size(new_value);
    if old.is_empty() {
        if have != wanted {
            scale(store, new, have, wanted);
        }
        return;
    }
    let total: i64 = owned.iter().map(|(_, v)| size(v)).sum();
    let room = wanted + (wanted + 3) / 4 - total;
    let available: i64 = owned.iter().map(|(_, v)| int(&v["status"]["availableReplicas"])).sum();
    let spare = available - (wanted - wanted / 4);
    if have < wanted && room > 0 {
        scale(store, new, have, (have + room).min(wanted));
    } else if spare > 0
        && int(&new_value["status"]["availableReplicas"]) > 0
        && let Some((object, v)) = old.first()
    {
        scale(store, object, size(v), (size(v) - spare).max(0));
    }
}

/// Makes or deletes pods until a replica set has as many as it wants.
fn fill(store: &mut Store, set: &Arc<Object>, now: i64, rng: &mut Rng) {
    let Some(pods) = store.resource("", "pods") else { return };
    let value = set.value();
    if value["metadata"]["deletionTimestamp"].is_string() {
        return;
    }
    let live = |p: &Value| !p["metadata"]["deletionTimestamp"].is_string() && p["status"]["phase"] != "Failed";
    let mut own: Vec<Value> = store
        .within(pods.id, &set.namespace)
        .filter(|o| o.owner == Some(set.uid))
        .map(|o| o.value())
        .filter(|p| live(p))
        .collect();
    let wanted = int(&value["spec"]["replicas"]);
    let uid = set.uid.to_string();
    let about = about_of("ReplicaSet", "apps/v1", set, &uid);
    for _ in own.len() as i64..wanted {
        let name = format!("{}-{}", set.name, rng.suffix(5));
        new_pod(
            store,
            &value["spec"]["template"],
            &set.namespace,
            &name,
            "ReplicaSet",
            set,
            now,
            rng,
        );
        tell(
            store,
            &about,
            "SuccessfulCreate",
            &format!("Created pod: {name}"),
            "replicaset-controller",
            "",
            now,
            now,
            1,
        );
    }
    // Those that are not ready go first, then the youngest.
    own.sort_by_key(|p| {
        (
            crate::demo::control::is_ready(p),
            std::cmp::Reverse(
                p["metadata"]["creationTimestamp"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            ),
        )
    });
    for pod in own.iter().take((own.len() as i64 - wanted).max(0) as usize) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        delete_pod(store, &set.namespace, name, now);
        tell(
            store,
            &about,
            "SuccessfulDelete",
            &format!("Deleted pod: {name}"),
            "replicaset-controller",
            "",
            now,
            now,
            1,
        );
    }
}

/// Stateful pods come one after the other, and go in reverse.
fn fill_stateful(store: &mut Store, set: &Arc<Object>, now: i64, rng: &mut Rng) {
    let Some(pods) = store.resource("", "pods") else { return };
    let value = set.value();
    if value["metadata"]["deletionTimestamp"].is_string() {
        return;
    }
    let wanted = int(&value["spec"]["replicas"]);
    for ordinal in 0..wanted {
        let name = format!("{}-{ordinal}", set.name);
        match store.get(pods.id, &set.namespace, &name) {
            Some(pod) if crate::demo::control::is_ready(&pod.value()) => {}
            Some(_) => break,
            None => {
                let mut template = value["spec"]["template"].clone();
                template["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
                template["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = name.clone().into();
                template["spec"]["hostname"] = name.clone().into();
                template["spec"]["volumes"] =
                    json!([{"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{name}")}}]);
                new_pod(store, &template, &set.namespace, &name, "StatefulSet", set, now, rng);
                let uid = set.uid.to_string();
                let message = format!("create Pod {name} in StatefulSet {} successful", set.name);
                tell(
                    store,
                    &about_of("StatefulSet", "apps/v1", set, &uid),
                    "SuccessfulCreate",
                    &message,
                    "statefulset-controller",
                    "",
                    now,
                    now,
                    1,
                );
                break;
            }
        }
    }
    let extra = store
        .within(pods.id, &set.namespace)
        .filter(|o| o.owner == Some(set.uid))
        .filter_map(|o| o.name.rsplit_once('-')?.1.parse::<i64>().ok())
        .filter(|n| *n >= wanted)
        .max();
    if let Some(ordinal) = extra {
        let name = format!("{}-{ordinal}", set.name);
        let going = store
            .value("", "pods", &set.namespace, &name)
            .is_some_and(|p| p["metadata"]["deletionTimestamp"].is_string());
        if !going {
            delete_pod(store, &set.namespace, &name, now);
        }
    }
}

#[allow(clippy::too_many_arguments)]
fn new_pod(
    store: &mut Store,
    template: &Value,
    namespace: &str,
    name: &str,
    kind: &str,
    set: &Object,
    now: i64,
    rng: &mut Rng,
) {
    let Some(pods) = store.resource("", "pods") else { return };
    let mut pod = make_pod(
        template,
        namespace,
        name,
        &owner("apps/v1", kind, &set.name, &set.uid.to_string()),
        now,
    );
    if kind == "ReplicaSet" {
        pod["metadata"]["generateName"] = format!("{}-", set.name).into();
    }
    pod["metadata"]["uid"] = rng.uid().to_string().into();
    pod["status"] = json!({"phase": "Pending", "qosClass": "Burstable"});
    pod["metadata"]["managedFields"] = managed(&pod, "kube-controller-manager", "v1", now, None);
    store.put(pods.id, pod, now);
}

/// A deployment gets the next patch version of its main image.
pub(super) fn new_version(store: &mut Store, namespace: &str, name: &str, now: i64) {
    let Some(deployments) = store.resource("apps", "deployments") else {
        return;
    };
    store.change(deployments.id, namespace, name, now, |value| {
        let container = &mut value["spec"]["template"]["spec"]["containers"][0];
        let image = container["image"].as_str().unwrap_or_default().to_owned();
        let next = image
            .rsplit_once('.')
            .and_then(|(head, patch)| Some(format!("{head}.{}", patch.parse::<u32>().ok()? + 1)));
        let Some(next) = next else { return };
        let tag = next.rsplit(':').next().unwrap_or_default().to_owned();
        container["image"] = next.into();
        value["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/version"] = tag.into();
    });
}

/// A cron job's time has come.
pub(super) fn run_cron(store: &mut Store, cron: &Cron, now: i64) {
    let Some(crons) = store.resource("batch", "cronjobs") else {
        return;
    };
    let Some(object) = store.get(crons.id, cron.namespace, cron.name) else {
        return;
    };
    if object.value()["spec"]["suspend"] == true {
        return;
    }
    let uid = object.uid.to_string();
    let name = run_job(
        store,
        cron.namespace,
        cron.name,
        &uid,
        cron.image,
        now,
        now,
        &Stage::Creating,
    );
    tell(
        store,
        &about_of("CronJob", "batch/v1", &object, &uid),
        "SuccessfulCreate",
        &format!("Created job {name}"),
        "cronjob-controller",
        "",
        now,
        now,
        1,
    );
    store.change(crons.id, cron.namespace, cron.name, now, |v| {
        v["status"]["lastScheduleTime"] = rfc3339(now).into()
    });
}

/// Cron jobs show which of their runs are active, and keep three good ones and one failed one.
fn trim_jobs(store: &mut Store, namespace: &str) {
    let Some(jobs) = store.resource("batch", "jobs") else {
        return;
    };
    let Some(crons) = store.resource("batch", "cronjobs") else {
        return;
    };
    for cron in in_namespace(store, "batch", "cronjobs", namespace) {
        let mut runs: Vec<(Arc<Object>, Value)> = store
            .within(jobs.id, namespace)
            .filter(|o| o.owner == Some(cron.uid))
            .map(|o| (o.clone(), o.value()))
            .collect();
        runs.sort_by_key(|(_, v)| {
            std::cmp::Reverse(
                v["metadata"]["creationTimestamp"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned(),
            )
        });
        let is = |v: &Value, kind: &str| {
            v["status"]["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|c| c["type"] == kind)
        };
        let active = runs.iter().filter(|(_, v)| !is(v, "Complete") && !is(v, "Failed"));
        let active: Vec<Value> = active.map(|(o, _)| json!({"kind": "Job", "apiVersion": "batch/v1", "namespace": namespace, "name": &*o.name, "uid": o.uid.to_string()})).collect();
        store.change(crons.id, namespace, &cron.name, 0, |v| {
            match (active.is_empty(), v["status"].as_object_mut()) {
                (true, Some(status)) => {
                    status.remove("active");
                }
                (false, Some(status)) => {
                    status.insert("active".into(), active.into());
                }
                (_, None) => {}
            }
        });
        for (kind, keep) in [("Complete", 3), ("Failed", 1)] {
            for (job, _) in runs.iter().filter(|(_, v)| is(v, kind)).skip(keep) {
                crate::demo::write::remove(store, jobs.id, job, Some(0), false, true, 0);
            }
        }
    }
}

/// An autoscaler measures, and now and then decides.
pub(super) fn scale(store: &mut Store, scaler: &Scaler, rng: &mut Rng, now: i64) {
    let (namespace, name, min, max, target, Some(_)) = *scaler else {
        return;
    };
    let (Some(scalers), Some(deployments)) = (
        store.resource("autoscaling", "horizontalpodautoscalers"),
        store.resource("apps", "deployments"),
    ) else {
        return;
    };
    let Some(deployment) = store.value("apps", "deployments", namespace, name) else {
        return;
    };
    let replicas = int(&deployment["spec"]["replicas"]);
    // The load comes in slow waves, so that the size follows it up and down.
    let wave = ((now / 15 + name.len() as i64 * 7) % 40 - 20).abs();
    let base = target * (70 + wave * 3) / 100;
    let percent = (base * (min + max) / 2 / replicas.max(1) + rng.between(-4, 4)).max(3);
    let desired = (replicas * percent + target - 1) / target;
    let due = (percent * 10 > target * 11 || percent * 10 < target * 9) && now / 15 % 6 == 0;
    let next = if due {
        desired.clamp(min, max).clamp(replicas - 1, replicas + 2)
    } else {
        replicas
    };
    let Some(object) = store.get(scalers.id, namespace, name) else {
        return;
    };
    store.change(scalers.id, namespace, name, now, |v| {
        v["status"]["currentMetrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent, "averageValue": format!("{}m", percent * 2)}}}]);
        v["status"]["currentReplicas"] = replicas.into();
        v["status"]["desiredReplicas"] = next.into();
        if next != replicas {
            v["status"]["lastScaleTime"] = rfc3339(now).into();
        }
    });
    if next != replicas {
        store.change(deployments.id, namespace, name, now, |v| {
            v["spec"]["replicas"] = next.into()
        });
        let why = if next > replicas {
            "cpu resource utilization (percentage of request) above target"
        } else {
            "All metrics below target"
        };
        let uid = object.uid.to_string();
        tell(
            store,
            &about_of("HorizontalPodAutoscaler", "autoscaling/v2", &object, &uid),
            "SuccessfulRescale",
            &format!("New size: {next}; reason: {why}"),
            "horizontal-pod-autoscaler",
            "",
            now,
            now,
            1,
        );
    }
}
