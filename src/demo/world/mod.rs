//! The data of the world: a believable shop of five namespaces, and how its objects are written out in full.
//!
//! `workloads` is the table to change when the shop is to look different; the other files turn it into objects.

mod bulk;
mod cluster;
mod network;
mod nodes;
pub(super) mod pods;
mod rest;
pub(super) mod workloads;

use super::DemoOptions;
use super::clock::{rfc3339, rfc3339_micro};
use super::control;
use super::rng::Rng;
use super::store::Store;
use serde_json::{Map, Value, json};

pub(super) use nodes::{NODES, node_ip};
pub(super) use rest::{Cron, job as run_job};

/// Namespace, target, minimum, maximum, target percent, current percent (None: unknown).
pub(super) type Scaler = (&'static str, &'static str, i64, i64, i64, Option<i64>);

/// The cron jobs of the shop.
pub(super) fn crons() -> &'static [Cron] {
    rest::CRONS
}

/// The autoscalers of the shop.
pub(super) fn scalers() -> &'static [Scaler] {
    rest::SCALERS
}

/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// What the files of this folder build with.
pub(super) struct Builder<'a> {
    pub store: &'a mut Store,
    pub rng: Rng,
    /// The moment at which the world begins.
    pub start: i64,
}

impl Builder<'_> {
    /// Stores an object of a built-in kind that is `age` seconds old; answers its uid.
    pub(super) fn add(&mut self, group: &str, plural: &str, age: i64, mut value: Value) -> String {
        let Some(resource) = self.store.resource(group, plural) else {
            return String::new();
        };
        let created = self.start - age;
        let metadata = &mut value["metadata"];
        metadata["creationTimestamp"] = rfc3339(created).into();
        if !metadata["managedFields"].is_array() {
            let manager = if group.is_empty() || group == "apps" {
                "kubectl-client-side-apply"
            } else {
                "helm"
            };
            value["metadata"]["managedFields"] = managed(&value, manager, &resource.api_version(), created, None);
        }
        self.store.put(resource.id, value, created).uid.to_string()
    }
}

/// The managedFields of an object whose fields one manager (and, for the status, a second one) has set.
pub(super) fn managed(value: &Value, manager: &str, api: &str, time: i64, status: Option<(&str, i64)>) -> Value {
    let mut own = Map::new();
    for (key, part) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "metadata" => {
                let mut metadata = Map::new();
                for key in ["labels", "annotations", "ownerReferences", "generateName"] {
                    if let Some(part) = part.get(key) {
                        metadata.insert(format!("f:{key}"), with_dot(fields(part)));
                    }
                }
                own.insert("f:metadata".into(), metadata.into());
            }
            "status" | "kind" | "apiVersion" => {}
            _ => {
                own.insert(format!("f:{key}"), fields(part));
            }
        }
    }
    let mut list = vec![
        json!({"manager": manager, "operation": "Update", "apiVersion": api, "time": rfc3339(time),
        "fieldsType": "FieldsV1", "fieldsV1": own}),
    ];
    if let Some((manager, time)) = status {
        list.push(
            json!({"manager": manager, "operation": "Update", "apiVersion": api, "time": rfc3339(time),
            "fieldsType": "FieldsV1", "fieldsV1": {"f:status": fields(&value["status"])}, "subresource": "status"}),
        );
    }
    list.into()
}

fn with_dot(mut value: Value) -> Value {
    value["."] = json!({});
    value
}

fn fields(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (format!("f:{k}"), fields(v)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => {
            let mut out = Map::new();
            for item in list {
                let key = ["uid", "containerPort", "port", "mountPath", "name", "type", "ip"]
                    .into_iter()
                    .find(|k| item.get(k).is_some());
                if let Some(key) = key {
                    out.insert(format!("k:{}", json!({key: item[key]})), with_dot(fields(item)));
                }
            }
            out.into()
        }
        _ => json!({}),
    }
}

/// A controller's owner reference.
pub(super) fn owner(api: &str, kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": api, "kind": kind, "name": name, "uid": uid, "controller": true, "blockOwnerDeletion": true}])
}

/// Where an event comes from and what it is about.
pub(super) struct About<'a> {
    pub kind: &'a str,
    pub api: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub uid: &'a str,
    pub field: &'a str,
}

/// Tells an event: a new one, or one more of an old one.
#[allow(clippy::too_many_arguments)]
pub(super) fn tell(
    store: &mut Store,
    about: &About<'_>,
    reason: &str,
    message: &str,
    source: &str,
    host: &str,
    first: i64,
    last: i64,
    count: i64,
) {
    let Some(events) = store.resource("", "events") else {
        return;
    };
    let namespace = if about.namespace.is_empty() {
        "default"
    } else {
        about.namespace
    };
    let hash = super::rng::mix(super::rng::hash(&format!("{}{reason}{message}{source}", about.uid)));
    let name = format!("{}.{:016x}", about.name, hash | 0x1800_0000_0000_0000);
    if store.get(events.id, namespace, &name).is_some() {
        store.change(events.id, namespace, &name, last, |value| {
            value["count"] = (value["count"].as_i64().unwrap_or(1) + count).into();
            value["lastTimestamp"] = rfc3339(last).into();
        });
        return;
    }
    let normal = matches!(
        reason,
        "Scheduled"
            | "Pulled"
            | "Pulling"
            | "Created"
            | "Started"
            | "Killing"
            | "SuccessfulCreate"
            | "SuccessfulDelete"
            | "ScalingReplicaSet"
            | "SuccessfulRescale"
            | "Completed"
            | "SawCompletedJob"
            | "WaitForFirstConsumer"
            | "NodeNotReady"
            | "LeaderElection"
            | "Sync"
            | "Issuing"
            | "Synced"
            | "ExternalProvisioning"
            | "SuccessfulAttachVolume"
    );
    let mut involved = json!({"kind": about.kind, "apiVersion": about.api, "name": about.name, "uid": about.uid, "resourceVersion": "4811027"});
    if !about.namespace.is_empty() {
        involved["namespace"] = about.namespace.into();
    }
    if !about.field.is_empty() {
        involved["fieldPath"] = about.field.into();
    }
    let mut from = json!({"component": source});
    if !host.is_empty() {
        from["host"] = host.into();
    }
    let mut value = json!({"metadata": {"name": name, "namespace": namespace, "creationTimestamp": rfc3339(first)},
        "involvedObject": involved, "reason": reason, "message": message, "source": from,
        "firstTimestamp": rfc3339(first), "lastTimestamp": rfc3339(last), "count": count,
        "type": if normal { "Normal" } else { "Warning" }, "eventTime": null,
        "reportingComponent": source, "reportingInstance": host});
    value["metadata"]["managedFields"] = managed(&value, source, "v1", first, None);
    store.put(events.id, value, first);
}

/// Fills the store with the world as it is at the start.
pub(super) fn build(store: &mut Store, options: &DemoOptions) {
    let mut builder = Builder {
        store,
        rng: Rng::new(options.seed),
        start: options.start,
    };
    cluster::build(&mut builder);
    nodes::build(&mut builder);
    workloads::build(&mut builder);
    network::build(&mut builder);
    rest::build(&mut builder);
    control::roll_all(builder.store, options.start);
    rest::after(&mut builder);
    if let Some(count) = options.pods {
        bulk::build(&mut builder, count);
    }
    builder.store.compact();
}

/// A lease as its holder renews it.
pub(super) fn lease(namespace: &str, name: &str, holder: &str, seconds: i64, acquired: i64, renewed: i64) -> Value {
    json!({"metadata": {"name": name, "namespace": namespace}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": seconds,
        "acquireTime": rfc3339_micro(acquired), "renewTime": rfc3339_micro(renewed), "leaseTransitions": 3}})
}
