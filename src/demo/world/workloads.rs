//! Workloads: how a row of the table becomes a deployment, stateful set or daemon set with its pods.

mod agents;
mod pods;
mod shop;

use super::{About, Builder, DAY, managed, owner, tell};
use crate::demo::clock::rfc3339;
use crate::demo::rng::template_hash;
use agents::{daemon_set, static_pods};
use pods::pod_of;
use serde_json::{Value, json};
pub(in crate::demo) use shop::WORKLOADS;

/// What is wrong with a workload's pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::demo) enum Trouble {
    Fine,
    /// Exits with an error soon after each start.
    Crashes,
    /// The newest revision names an image that is not there.
    BadImage,
    /// No node fits.
    Unschedulable,
    /// Killed for its memory again and again.
    OutOfMemory,
    /// The init container waits for ever.
    InitWaits,
    /// The readiness probe of one container fails.
    Unready,
    /// The claim of the last pod cannot be bound.
    NoVolume,
}

/// What manages the pods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::demo) enum Kind {
    Deployment,
    StatefulSet,
    DaemonSet,
}

/// One row of the shop.
pub(in crate::demo) struct Workload {
    pub namespace: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    pub replicas: i64,
    pub image: &'static str,
    pub port: i64,
    /// Requested millicores and mebibytes.
    pub cpu: i64,
    pub memory: i64,
    pub days: i64,
    /// A proxy container beside the main one.
    pub sidecar: bool,
    /// Size of the volume claimed by each pod, "" for none.
    pub volume: &'static str,
    pub trouble: Trouble,
}

/// The row of a workload.
pub(in crate::demo) fn find(namespace: &str, name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|w| w.namespace == namespace && w.name == name)
}

/// The labels that select a workload's pods.
pub(in crate::demo) fn match_labels(name: &str) -> Value {
    json!({"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name})
}

fn template(w: &Workload) -> Value {
    let version = w.image.rsplit(':').next().unwrap_or_default();
    let mut labels = match_labels(w.name);
    labels["app.kubernetes.io/version"] = version.into();
    labels["app.kubernetes.io/part-of"] = w.namespace.into();
    let mut main = container(w.name, w.image, w.port, w.cpu, w.memory);
    main["env"] = json!([{"name": "LOG_LEVEL", "value": "info"},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}}},
        {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "http://tempo.monitoring:4317"}]);
    if w.namespace == "shop" || w.namespace == "payments" {
        main["envFrom"] = json!([{"configMapRef": {"name": format!("{}-config", w.namespace)}}]);
    }
    if w.port > 0 {
        let path = if w.trouble == Trouble::Unready {
            "/ready?deep=1"
        } else {
            "/healthz"
        };
        let probe = |path: &str, period: i64| {
            json!({"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 5,
            "timeoutSeconds": 2, "periodSeconds": period, "successThreshold": 1, "failureThreshold": 3})
        };
        main["livenessProbe"] = probe("/healthz", 20);
        main["readinessProbe"] = probe(path, 10);
    }
    let mut containers = vec![main];
    if w.sidecar {
        containers.push(match w.namespace {
            "data" => container(
                "exporter",
                "quay.io/prometheuscommunity/postgres-exporter:v0.18.1",
                9187,
                20,
                64,
            ),
            "monitoring" => container(
                "config-reloader",
                "quay.io/prometheus-operator/prometheus-config-reloader:v0.86.1",
                8081,
                10,
                32,
            ),
            "kube-system" => container(
                "node-driver-registrar",
                "public.ecr.aws/csi-components/csi-node-driver-registrar:v2.15.0",
                0,
                10,
                40,
            ),
            _ => container("envoy", "docker.io/envoyproxy/envoy:v1.36.2", 15001, 50, 64),
        });
    }
    let mut spec = json!({"containers": containers, "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
        "serviceAccountName": account(w), "serviceAccount": account(w), "securityContext": {}, "schedulerName": "default-scheduler"});
    if w.trouble == Trouble::InitWaits {
        spec["initContainers"] = json!([container(
            "wait-for-migrations",
            "docker.io/apache/airflow:3.1.0",
            0,
            50,
            128
        )]);
    }
    if w.trouble == Trouble::Unschedulable {
        spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = "1".into();
        spec["containers"][0]["resources"]["requests"]["nvidia.com/gpu"] = "1".into();
    }
    if w.kind == Kind::DaemonSet || w.namespace == "kube-system" {
        spec["priorityClassName"] = if w.kind == Kind::DaemonSet {
            "system-node-critical"
        } else {
            "system-cluster-critical"
        }
        .into();
        spec["nodeSelector"] = json!({"kubernetes.io/os": "linux"});
        spec["tolerations"] = json!([{"operator": "Exists"}]);
    }
    if !w.volume.is_empty() {
        spec["containers"][0]["volumeMounts"] = json!([{"name": "data", "mountPath": format!("/var/lib/{}", w.name)}]);
    } else if w.namespace == "shop" {
        spec["volumes"] = json!([{"name": "tmp", "emptyDir": {}}]);
        spec["containers"][0]["volumeMounts"] = json!([{"name": "tmp", "mountPath": "/tmp"}]);
    }
    json!({"metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": w.port.max(8080).to_string()}}, "spec": spec})
}

/// A container with the fields a server fills in.
pub(in crate::demo) fn container(name: &str, image: &str, port: i64, cpu: i64, memory: i64) -> Value {
    let mut value = json!({"name": name, "image": image, "imagePullPolicy": "IfNotPresent",
        "resources": {"requests": {"cpu": format!("{cpu}m"), "memory": format!("{memory}Mi")}, "limits": {"memory": format!("{}Mi", memory * 2)}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        "securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}});
    if port > 0 {
        value["ports"] = json!([{"name": "http", "containerPort": port, "protocol": "TCP"}]);
    }
    value
}

/// The service account of a workload.
pub(in crate::demo) fn account(w: &Workload) -> &'static str {
    if w.namespace == "platform" || w.namespace == "kube-system" || w.name == "prometheus" {
        w.name
    } else {
        "default"
    }
}

pub(super) fn build(b: &mut Builder<'_>) {
    for w in WORKLOADS {
        match w.kind {
            Kind::Deployment => deployment(b, w),
            Kind::StatefulSet => stateful_set(b, w),
            Kind::DaemonSet => daemon_set(b, w),
        }
    }
    static_pods(b);
}

fn labels(w: &Workload) -> Value {
    json!({"app.kubernetes.io/name": w.name, "app.kubernetes.io/instance": w.name, "app.kubernetes.io/part-of": w.namespace, "app.kubernetes.io/managed-by": "Helm"})
}

/// Stores a workload with its managers; answers its uid.
fn workload(b: &mut Builder<'_>, w: &Workload, plural: &str, spec: Value, status: Value) -> String {
    let age = w.days * DAY + 7000;
    let mut value = json!({"metadata": {"name": w.name, "namespace": w.namespace, "generation": 1, "labels": labels(w),
        "annotations": {"meta.helm.sh/release-name": w.name, "meta.helm.sh/release-namespace": w.namespace}}, "spec": spec, "status": status});
    value["metadata"]["managedFields"] = managed(
        &value,
        "helm",
        "apps/v1",
        b.start - age,
        Some(("kube-controller-manager", b.start - 900)),
    );
    b.add("apps", plural, age, value)
}

fn deployment(b: &mut Builder<'_>, w: &Workload) {
    let now = b.start;
    let current = template(w);
    let mut spec = json!({"replicas": w.replicas, "selector": {"matchLabels": match_labels(w.name)}, "template": current,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"}},
        "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600});
    if w.trouble == Trouble::BadImage {
        spec["template"]["spec"]["containers"][0]["image"] = "registry.shop.example/image-resizer:1.9.0-rc.1".into();
    }
    let uid = workload(b, w, "deployments", spec.clone(), json!({}));
    let changed = match w.trouble {
        Trouble::BadImage => 2 * 3600 + 900,
        _ => (b.rng.between(2, w.days.clamp(3, 20)) * DAY + b.rng.between(0, DAY)).min(w.days * DAY - 7200),
    };
    // An older revision, kept at zero (or, for the bad image, still serving).
    let mut old = spec["template"].clone();
    old["spec"]["containers"][0]["image"] = match w.trouble {
        Trouble::BadImage => w.image.into(),
        _ => older(w.image).into(),
    };
    let serving = if w.trouble == Trouble::BadImage { w.replicas } else { 0 };
    let old_age = (w.days * DAY + 6000).min(changed + 9 * DAY);
    for (revision, age, template, replicas) in [
        (1, old_age, &old, serving),
        (2, changed, &spec["template"], if serving > 0 { 1 } else { w.replicas }),
    ] {
        let name = replica_set(
            b.store,
            w.namespace,
            w.name,
            &uid,
            template,
            replicas,
            revision,
            w.replicas,
            now - age,
        );
        let Some(set) = b.store.value("apps", "replicasets", w.namespace, &name) else {
            continue;
        };
        for _ in 0..replicas {
            let age = if revision == 1 {
                age
            } else {
                b.rng.between(age / 3, age).max(600)
            };
            pod_of(
                b,
                w,
                &set,
                "ReplicaSet",
                &format!("{name}-{}", b.rng.clone().suffix(5)),
                age,
                revision,
            );
            b.rng.next();
        }
        let about = About {
            kind: "Deployment",
            api: "apps/v1",
            namespace: w.namespace,
            name: w.name,
            uid: &uid,
            field: "",
        };
        if age < 3 * 3600 {
            let message = format!("Scaled up replica set {name} to {replicas}");
            tell(
                b.store,
                &about,
                "ScalingReplicaSet",
                &message,
                "deployment-controller",
                "",
                now - age,
                now - age,
                1,
            );
        }
    }
}

/// An older tag of an image.
fn older(image: &str) -> String {
    let (name, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
    // The last number that can be lowered is.
    let mut parts: Vec<String> = tag.split('.').map(str::to_owned).collect();
    for part in parts.iter_mut().rev() {
        if let Ok(number @ 1..) = part.parse::<u32>() {
            *part = (number - 1).to_string();
            break;
        }
    }
    format!("{name}:{}", parts.join("."))
}

/// Stores a replica set of a deployment's template; answers its name.
#[allow(clippy::too_many_arguments)]
pub(in crate::demo) fn replica_set(
    store: &mut crate::demo::store::Store,
    namespace: &str,
    deployment: &str,
    uid: &str,
    template: &Value,
    replicas: i64,
    revision: i64,
    desired: i64,
    created: i64,
) -> String {
    let hash = template_hash(&format!("{namespace}/{deployment}{template}"));
    let name = format!("{deployment}-{hash}");
    let Some(resource) = store.resource("apps", "replicasets") else {
        return name;
    };
    let mut template = template.clone();
    template["metadata"]["labels"]["pod-template-hash"] = hash.clone().into();
    let mut selector = json!({"matchLabels": {"pod-template-hash": hash}});
    let own = store
        .value("apps", "deployments", namespace, deployment)
        .unwrap_or_default();
    for (key, value) in own["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten() {
        selector["matchLabels"][key.as_str()] = value.clone();
    }
    let mut value = json!({"metadata": {"name": name, "namespace": namespace, "generation": 1, "labels": template["metadata"]["labels"],
            "creationTimestamp": rfc3339(created),
            "annotations": {"deployment.kubernetes.io/desired-replicas": desired.to_string(), "deployment.kubernetes.io/max-replicas": (desired + (desired + 3) / 4).to_string(), "deployment.kubernetes.io/revision": revision.to_string()},
            "ownerReferences": owner("apps/v1", "Deployment", deployment, uid)},
        "spec": {"replicas": replicas, "selector": selector, "template": template}, "status": {"replicas": 0, "observedGeneration": 1}});
    value["metadata"]["managedFields"] = managed(
        &value,
        "kube-controller-manager",
        "apps/v1",
        created,
        Some(("kube-controller-manager", created + 9)),
    );
    store.put(resource.id, value, created);
    name
}

fn stateful_set(b: &mut Builder<'_>, w: &Workload) {
    let mut spec = json!({"replicas": w.replicas, "selector": {"matchLabels": match_labels(w.name)}, "serviceName": format!("{}-headless", w.name),
        "template": template(w), "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10,
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}});
    let class = if w.trouble == Trouble::NoVolume {
        "fast-nvme"
    } else {
        "gp3"
    };
    spec["volumeClaimTemplates"] = json!([{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "creationTimestamp": null},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": w.volume}}, "storageClassName": class, "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}]);
    let hash = template_hash(&spec["template"].to_string());
    let revision = format!("{}-{hash}", w.name);
    let uid = workload(
        b,
        w,
        "statefulsets",
        spec.clone(),
        json!({"currentRevision": revision, "updateRevision": revision, "collisionCount": 0}),
    );
    let age = w.days * DAY + 5000;
    b.add("apps", "controllerrevisions", age, json!({"metadata": {"name": revision, "namespace": w.namespace, "labels": {"controller.kubernetes.io/hash": hash, "app.kubernetes.io/name": w.name},
        "ownerReferences": owner("apps/v1", "StatefulSet", w.name, &uid)}, "data": {"spec": {"template": spec["template"]}}, "revision": 1}));
    let Some(set) = b.store.value("apps", "statefulsets", w.namespace, w.name) else {
        return;
    };
    for ordinal in 0..w.replicas {
        let name = format!("{}-{ordinal}", w.name);
        let waits = w.trouble == Trouble::NoVolume && ordinal == 2;
        claim(b, w, &name, if waits { 5 * 3600 } else { age - 60 }, waits);
        let mut own = set.clone();
        let labels = &mut own["spec"]["template"]["metadata"]["labels"];
        labels["apps.kubernetes.io/pod-index"] = ordinal.to_string().into();
        labels["controller-revision-hash"] = revision.clone().into();
        labels["statefulset.kubernetes.io/pod-name"] = name.clone().into();
        own["spec"]["template"]["spec"]["hostname"] = name.clone().into();
        own["spec"]["template"]["spec"]["subdomain"] = spec["serviceName"].clone();
        own["spec"]["template"]["spec"]["volumes"] =
            json!([{"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{name}")}}]);
        let age = if waits { 5 * 3600 } else { b.rng.between(2 * DAY, age) };
        pod_of(b, w, &own, "StatefulSet", &name, age, 2);
    }
}

/// The claim of a stateful pod, and the volume bound to it.
fn claim(b: &mut Builder<'_>, w: &Workload, pod: &str, age: i64, waits: bool) {
    let name = format!("data-{pod}");
    let class = if w.trouble == Trouble::NoVolume {
        "fast-nvme"
    } else {
        "gp3"
    };
    let uid = b.rng.uid().to_string();
    let volume = format!("pvc-{uid}");
    let mut value = json!({"metadata": {"name": name, "namespace": w.namespace, "uid": uid, "labels": match_labels(w.name), "finalizers": ["kubernetes.io/pvc-protection"],
            "annotations": {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes", "volume.kubernetes.io/storage-provisioner": "ebs.csi.aws.com"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": w.volume}}, "storageClassName": class, "volumeMode": "Filesystem", "volumeName": volume},
        "status": {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": w.volume}}});
    if waits {
        value["metadata"]["annotations"] = json!({});
        value["status"] = json!({"phase": "Pending"});
        if let Some(spec) = value["spec"].as_object_mut() {
            spec.remove("volumeName");
        }
        let uid = b.add("", "persistentvolumeclaims", age, value);
        let about = About {
            kind: "PersistentVolumeClaim",
            api: "v1",
            namespace: w.namespace,
            name: &name,
            uid: &uid,
            field: "",
        };
        tell(
            b.store,
            &about,
            "ProvisioningFailed",
            "storageclass.storage.k8s.io \"fast-nvme\" not found",
            "persistentvolume-controller",
            "",
            b.start - 3500,
            b.start - 8,
            240,
        );
        return;
    }
    b.add("", "persistentvolumeclaims", age, value);
    let handle = b.rng.hex(17);
    b.add("", "persistentvolumes", age - 4, json!({"metadata": {"name": volume, "finalizers": ["external-provisioner.volume.kubernetes.io/finalizer", "kubernetes.io/pv-protection"],
            "annotations": {"pv.kubernetes.io/provisioned-by": "ebs.csi.aws.com"}},
        "spec": {"capacity": {"storage": w.volume}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete", "storageClassName": class, "volumeMode": "Filesystem",
            "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": format!("vol-{handle}")},
            "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": w.namespace, "name": name, "uid": uid},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-west-1a"]}]}]}}},
        "status": {"phase": "Bound", "lastPhaseTransitionTime": rfc3339(b.start - age)}}));
}
