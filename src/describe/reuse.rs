//! The clean form of an object: what somebody would write to get such an object again. What the server adds is taken out:
//! its identity, its status, and defaults that it would set again.

use crate::text::yaml::Step;
use serde_json::{Map, Value, json};

/// What the server writes into `metadata`.
const METADATA: [&str; 11] = [
    "managedFields",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "clusterName",
    "generateName",
];

/// Annotations that controllers and tools write for themselves.
const ANNOTATIONS: [&str; 9] = [
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
];

/// Labels that the job controller gives to a job's pods.
const JOB_LABELS: [&str; 4] = [
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];

/// The annotation in which `kubectl apply` keeps what it was given.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The clean form.
pub fn clean_form(object: &Value) -> Value {
    let Value::Object(object) = object else {
        return object.clone();
    };
    let kind = object
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let parts = object.iter().filter(|(key, _)| *key != "status");
    let mut clean: Map<String, Value> = parts
        .map(|(key, value)| (key.clone(), without_managed(key, value)))
        .collect();
    if let Some(metadata) = clean.get_mut("metadata") {
        drop_keys(metadata, &METADATA);
        drop_inside(metadata, "annotations", &ANNOTATIONS);
    }
    match clean.get_mut("spec") {
        Some(spec) => {
            clean_spec(&kind, spec);
            if spec.as_object().is_some_and(Map::is_empty) {
                clean.remove("spec");
            }
        }
        None => {
            if kind == "ServiceAccount" {
                clean.remove("secrets");
            }
        }
    }
    Value::Object(clean)
}

/// The largest part that is dropped is not copied first.
fn without_managed(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("metadata", Value::Object(metadata)) => {
            let kept = metadata.iter().filter(|(key, _)| *key != "managedFields");
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        _ => value.clone(),
    }
}

fn clean_spec(kind: &str, spec: &mut Value) {
    match kind {
        "Pod" => {
            drop_keys(spec, &["nodeName", "priority"]);
            drop_tolerations(spec);
            drop_token_volume(spec);
            clean_pod(spec);
        }
        "Service" => {
            if spec.get("clusterIP") != Some(&json!("None")) {
                drop_keys(spec, &["clusterIP", "clusterIPs"]);
            }
            drop_keys(spec, &["healthCheckNodePort", "ipFamilies"]);
            drop_defaults(
                spec,
                &[
                    ("ipFamilyPolicy", json!("SingleStack")),
                    ("internalTrafficPolicy", json!("Cluster")),
                    ("externalTrafficPolicy", json!("Cluster")),
                    ("sessionAffinity", json!("None")),
                    ("allocateLoadBalancerNodePorts", json!(true)),
                    ("type", json!("ClusterIP")),
                ],
            );
            for port in list(spec, "ports") {
                drop_keys(port, &["nodePort"]);
                drop_defaults(port, &[("protocol", json!("TCP"))]);
            }
        }
        "PersistentVolumeClaim" => {
            drop_keys(spec, &["volumeName"]);
            drop_defaults(spec, &[("volumeMode", json!("Filesystem"))]);
        }
        "PersistentVolume" => drop_keys(spec, &["claimRef"]),
        "Namespace" => drop_keys(spec, &["finalizers"]),
        "Job" => clean_job(spec),
        "CronJob" => {
            drop_defaults(
                spec,
                &[
                    ("concurrencyPolicy", json!("Allow")),
                    ("failedJobsHistoryLimit", json!(1)),
                    ("successfulJobsHistoryLimit", json!(3)),
                    ("suspend", json!(false)),
                ],
            );
            if let Some(job) = spec
                .get_mut("jobTemplate")
                .and_then(|template| template.get_mut("spec"))
            {
                clean_job(job);
            }
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => {
            let rolling =
                json!({"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}, "type": "RollingUpdate"});
            drop_defaults(
                spec,
                &[
                    ("progressDeadlineSeconds", json!(600)),
                    ("revisionHistoryLimit", json!(10)),
                    ("strategy", rolling),
                    ("podManagementPolicy", json!("OrderedReady")),
                    (
                        "updateStrategy",
                        json!({"rollingUpdate": {"partition": 0}, "type": "RollingUpdate"}),
                    ),
                    (
                        "updateStrategy",
                        json!({"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}, "type": "RollingUpdate"}),
                    ),
                ],
            );
            clean_template(spec);
        }
        _ => {}
    }
}

fn clean_job(spec: &mut Value) {
    if spec.get("manualSelector") != Some(&json!(true)) {
        drop_keys(spec, &["selector"]);
        if let Some(metadata) = spec
            .get_mut("template")
            .and_then(|template| template.get_mut("metadata"))
        {
            drop_inside(metadata, "labels", &JOB_LABELS);
        }
    }
    drop_defaults(
        spec,
        &[
            ("backoffLimit", json!(6)),
            ("completions", json!(1)),
            ("parallelism", json!(1)),
            ("suspend", json!(false)),
            ("completionMode", json!("NonIndexed")),
            ("podReplacementPolicy", json!("TerminatingOrFailed")),
        ],
    );
    clean_template(spec);
}

fn clean_template(spec: &mut Value) {
    let Some(template) = spec.get_mut("template") else {
        return;
    };
    if let Some(metadata) = template.get_mut("metadata") {
        drop_defaults(metadata, &[("creationTimestamp", Value::Null)]);
    }
    if let Some(pod) = template.get_mut("spec") {
        clean_pod(pod);
    }
}

fn clean_pod(spec: &mut Value) {
    if spec.get("serviceAccount") == spec.get("serviceAccountName") {
        drop_keys(spec, &["serviceAccount"]);
    }
    drop_defaults(
        spec,
        &[
            ("dnsPolicy", json!("ClusterFirst")),
            ("restartPolicy", json!("Always")),
            ("schedulerName", json!("default-scheduler")),
            ("securityContext", json!({})),
            ("terminationGracePeriodSeconds", json!(30)),
            ("enableServiceLinks", json!(true)),
            ("preemptionPolicy", json!("PreemptLowerPriority")),
            ("serviceAccountName", json!("default")),
        ],
    );
    for containers in ["containers", "initContainers"] {
        for container in list(spec, containers) {
            let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
            let tag = image
                .rsplit('/')
                .next()
                .and_then(|name| name.split_once(':'))
                .map_or("", |(_, tag)| tag);
            let latest = (tag.is_empty() || tag == "latest") && !image.contains('@');
            drop_defaults(
                container,
                &[
                    ("terminationMessagePath", json!("/dev/termination-log")),
                    ("terminationMessagePolicy", json!("File")),
                    ("resources", json!({})),
                    ("imagePullPolicy", json!(if latest { "Always" } else { "IfNotPresent" })),
                ],
            );
            for port in list(container, "ports") {
                drop_defaults(port, &[("protocol", json!("TCP"))]);
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                if let Some(probe) = container.get_mut(probe) {
                    drop_defaults(
                        probe,
                        &[
                            ("failureThreshold", json!(3)),
                            ("periodSeconds", json!(10)),
                            ("successThreshold", json!(1)),
                            ("timeoutSeconds", json!(1)),
                        ],
                    );
                }
            }
        }
    }
}

/// The volume with the token that every pod is given.
fn drop_token_volume(spec: &mut Value) {
    let given = |name: Option<&Value>| {
        name.and_then(Value::as_str).is_some_and(|name| {
            name.strip_prefix("kube-api-access-")
                .is_some_and(|rest| rest.len() == 5)
                || name.rsplit_once("-token-").is_some_and(|(_, rest)| rest.len() == 5)
        })
    };
    retain(spec, "volumes", |volume| !given(volume.get("name")));
    for containers in ["containers", "initContainers"] {
        for container in list(spec, containers) {
            let token =
                |mount: &Value| mount.get("mountPath") == Some(&json!("/var/run/secrets/kubernetes.io/serviceaccount"));
            retain(container, "volumeMounts", |mount| {
                !(given(mount.get("name")) && token(mount))
            });
        }
    }
}

fn drop_tolerations(spec: &mut Value) {
    let given = |key: &str| json!({"effect": "NoExecute", "key": key, "operator": "Exists", "tolerationSeconds": 300});
    let given = [
        given("node.kubernetes.io/not-ready"),
        given("node.kubernetes.io/unreachable"),
    ];
    retain(spec, "tolerations", |toleration| !given.contains(toleration));
}

fn retain(value: &mut Value, name: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(Value::Array(list)) = value.get_mut(name) {
        list.retain(keep);
        if list.is_empty() {
            drop_keys(value, &[name]);
        }
    }
}

fn list<'v>(value: &'v mut Value, name: &str) -> &'v mut [Value] {
    match value.get_mut(name) {
        Some(Value::Array(list)) => list,
        _ => &mut [],
    }
}

fn drop_keys(value: &mut Value, names: &[&str]) {
    if let Value::Object(map) = value {
        map.retain(|key, _| !names.contains(&key.as_str()));
    }
}

fn drop_inside(value: &mut Value, name: &str, names: &[&str]) {
    if let Some(inside) = value.get_mut(name) {
        drop_keys(inside, names);
        if inside.as_object().is_some_and(Map::is_empty) {
            drop_keys(value, &[name]);
        }
    }
}

fn drop_defaults(value: &mut Value, defaults: &[(&str, Value)]) {
    if let Value::Object(map) = value {
        map.retain(|key, value| !defaults.iter().any(|(name, default)| name == key && default == value));
    }
}

/// Whether a way leads into something that holds a secret's values.
pub fn is_secret_value(steps: &[Step<'_>]) -> bool {
    match steps {
        [Step::Key("data" | "stringData"), Step::Key(_), ..] => true,
        [Step::Key("metadata"), Step::Key("annotations"), Step::Key(name), ..] => *name == LAST_APPLIED,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_adds_is_gone() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "b", "uid": "u", "resourceVersion": "1", "managedFields": [{}],
                "creationTimestamp": "x", "annotations": {(LAST_APPLIED): "{}"}, "labels": {"app": "a"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "nginx:1.25", "imagePullPolicy": "IfNotPresent",
                "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                "ports": [{"containerPort": 80, "protocol": "TCP"}], "volumeMounts": [
                    {"name": "kube-api-access-abcde", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}],
                "volumes": [{"name": "kube-api-access-abcde", "projected": {}}], "serviceAccount": "default",
                "serviceAccountName": "default", "restartPolicy": "Never", "dnsPolicy": "ClusterFirst",
                "tolerations": [{"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists",
                    "tolerationSeconds": 300}]},
            "status": {"phase": "Running"}});
        let expected = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "a", "namespace": "b", "labels": {"app": "a"}},
            "spec": {"containers": [{"name": "c", "image": "nginx:1.25", "ports": [{"containerPort": 80}]}],
                "restartPolicy": "Never"}});
        assert_eq!(clean_form(&pod), expected);
    }

    #[test]
    fn services_keep_what_was_chosen() {
        let service = |ip: &str| {
            json!({"kind": "Service", "metadata": {"name": "s"}, "spec": {"clusterIP": ip, "clusterIPs": [ip],
            "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080, "nodePort": 30_000}], "sessionAffinity": "None",
            "type": "NodePort"}, "status": {"loadBalancer": {}}})
        };
        let clean = clean_form(&service("10.0.0.1"));
        assert_eq!(
            clean["spec"],
            json!({"ports": [{"port": 80, "targetPort": 8080}], "type": "NodePort"})
        );
        assert_eq!(clean_form(&service("None"))["spec"]["clusterIP"], "None");
    }

    #[test]
    fn strange_objects_do_no_harm() {
        for value in [
            json!(null),
            json!([]),
            json!({"kind": 1, "metadata": 2, "spec": []}),
            json!({"kind": "Pod", "spec": {"containers": 1}}),
        ] {
            clean_form(&value);
        }
    }
}
