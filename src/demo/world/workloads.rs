//! The table of workloads, and how a row becomes a deployment, stateful set or daemon set with its pods.

use super::pods::{Stage, make_pod, set_stage};
use super::{About, Builder, DAY, managed, owner, tell};
use crate::demo::clock::rfc3339;
use crate::demo::rng::template_hash;
use serde_json::{Value, json};

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

use Kind::{DaemonSet as Ds, Deployment as De, StatefulSet as St};
use Trouble::*;

// A row of the table, in the order of the fields.
#[rustfmt::skip]
#[allow(clippy::too_many_arguments)]
const fn w(namespace: &'static str, name: &'static str, kind: Kind, replicas: i64, image: &'static str, port: i64, cpu: i64, memory: i64, days: i64, sidecar: bool, volume: &'static str, trouble: Trouble) -> Workload {
    Workload { namespace, name, kind, replicas, image, port, cpu, memory, days, sidecar, volume, trouble }
}

#[rustfmt::skip]
pub(in crate::demo) const WORKLOADS: &[Workload] = &[
    w("shop", "storefront", De, 6, "registry.shop.example/storefront:4.18.2", 8080, 250, 384, 212, true, "", Fine),
    w("shop", "cart", De, 4, "registry.shop.example/cart:2.7.1", 8080, 150, 256, 212, true, "", Fine),
    w("shop", "checkout", De, 5, "registry.shop.example/checkout:3.4.0", 8080, 200, 320, 198, true, "", Fine),
    w("shop", "catalog", De, 4, "registry.shop.example/catalog:5.1.3", 8080, 200, 512, 212, true, "", Fine),
    w("shop", "search", De, 3, "registry.shop.example/search:1.22.0", 9200, 500, 1024, 140, true, "", Unready),
    w("shop", "recommendations", De, 3, "registry.shop.example/recommendations:0.9.14", 8000, 300, 512, 61, false, "", OutOfMemory),
    w("shop", "reviews", De, 2, "registry.shop.example/reviews:1.3.8", 8080, 100, 192, 175, false, "", Fine),
    w("shop", "inventory", De, 3, "registry.shop.example/inventory:2.0.6", 8080, 100, 256, 180, false, "", Fine),
    w("shop", "image-resizer", De, 2, "registry.shop.example/image-resizer:1.8.0", 8081, 400, 512, 90, false, "", BadImage),
    w("shop", "wishlist", De, 2, "registry.shop.example/wishlist:0.4.2", 8080, 50, 128, 44, false, "", Crashes),
    w("shop", "sessions", St, 3, "docker.io/valkey/valkey:8.1-alpine", 6379, 100, 256, 212, false, "4Gi", Fine),
    w("payments", "payments-api", De, 4, "registry.shop.example/payments-api:7.2.0", 8443, 300, 512, 300, true, "", Fine),
    w("payments", "ledger", St, 3, "registry.shop.example/ledger:2.11.4", 7000, 500, 1024, 300, false, "50Gi", Fine),
    w("payments", "fraud-scorer", De, 2, "registry.shop.example/fraud-scorer:2026.11", 8500, 2000, 8192, 12, false, "", Unschedulable),
    w("payments", "invoicing", De, 2, "registry.shop.example/invoicing:1.14.0", 8080, 100, 256, 260, false, "", Fine),
    w("payments", "settlement-worker", De, 3, "registry.shop.example/settlement:1.6.3", 0, 150, 256, 260, false, "", Fine),
    w("payments", "webhooks-out", De, 2, "registry.shop.example/webhooks-out:0.12.1", 8080, 50, 128, 77, false, "", Crashes),
    w("data", "postgres", St, 3, "ghcr.io/cloudnative-pg/postgresql:17.6", 5432, 1000, 4096, 300, true, "100Gi", Fine),
    w("data", "kafka", St, 3, "quay.io/strimzi/kafka:0.48.0-kafka-4.1.0", 9092, 500, 2048, 300, false, "200Gi", Fine),
    w("data", "opensearch", St, 3, "docker.io/opensearchproject/opensearch:3.3.1", 9200, 800, 3072, 150, false, "120Gi", NoVolume),
    w("data", "clickhouse", St, 2, "docker.io/clickhouse/clickhouse-server:25.9", 8123, 700, 3072, 120, false, "150Gi", Fine),
    w("data", "airflow-scheduler", De, 1, "docker.io/apache/airflow:3.1.0", 8974, 200, 768, 3, false, "", InitWaits),
    w("data", "etl-runner", De, 2, "registry.shop.example/etl-runner:0.31.0", 0, 300, 512, 80, false, "", Fine),
    w("data", "minio", St, 4, "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", 9000, 250, 512, 220, false, "80Gi", Fine),
    w("platform", "ingress-nginx-controller", De, 3, "registry.k8s.io/ingress-nginx/controller:v1.13.3", 443, 100, 128, 410, false, "", Fine),
    w("platform", "cert-manager", De, 1, "quay.io/jetstack/cert-manager-controller:v1.19.1", 9402, 50, 96, 400, false, "", Fine),
    w("platform", "cert-manager-webhook", De, 1, "quay.io/jetstack/cert-manager-webhook:v1.19.1", 10250, 50, 64, 400, false, "", Fine),
    w("platform", "external-dns", De, 1, "registry.k8s.io/external-dns/external-dns:v0.19.0", 7979, 50, 64, 380, false, "", Fine),
    w("platform", "argocd-server", De, 2, "quay.io/argoproj/argocd:v3.1.9", 8080, 100, 256, 350, false, "", Fine),
    w("platform", "argocd-repo-server", De, 2, "quay.io/argoproj/argocd:v3.1.9", 8081, 100, 256, 350, false, "", Fine),
    w("platform", "website-controller", De, 2, "registry.shop.example/website-controller:0.5.0", 8080, 50, 64, 30, false, "", Fine),
    w("platform", "vault", St, 3, "docker.io/hashicorp/vault:1.20.4", 8200, 150, 256, 340, false, "10Gi", Fine),
    w("monitoring", "prometheus", St, 2, "quay.io/prometheus/prometheus:v3.7.2", 9090, 800, 4096, 330, true, "100Gi", Fine),
    w("monitoring", "alertmanager", St, 3, "quay.io/prometheus/alertmanager:v0.28.1", 9093, 50, 96, 330, false, "2Gi", Fine),
    w("monitoring", "grafana", De, 1, "docker.io/grafana/grafana:12.2.1", 3000, 100, 256, 330, true, "", Fine),
    w("monitoring", "loki", St, 3, "docker.io/grafana/loki:3.5.7", 3100, 300, 1024, 200, false, "50Gi", Fine),
    w("monitoring", "tempo", De, 1, "docker.io/grafana/tempo:2.9.0", 3200, 200, 512, 90, false, "", Fine),
    w("monitoring", "kube-state-metrics", De, 1, "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0", 8080, 50, 128, 330, false, "", Fine),
    w("monitoring", "node-exporter", Ds, 0, "quay.io/prometheus/node-exporter:v1.9.1", 9100, 20, 32, 330, false, "", Fine),
    w("monitoring", "promtail", Ds, 0, "docker.io/grafana/promtail:3.5.7", 3101, 50, 128, 200, false, "", Fine),
    w("kube-system", "coredns", De, 2, "registry.k8s.io/coredns/coredns:v1.12.1", 53, 100, 70, 412, false, "", Fine),
    w("kube-system", "metrics-server", De, 1, "registry.k8s.io/metrics-server/metrics-server:v0.8.0", 10250, 100, 200, 412, false, "", Fine),
    w("kube-system", "calico-kube-controllers", De, 1, "docker.io/calico/kube-controllers:v3.30.3", 0, 20, 64, 412, false, "", Fine),
    w("kube-system", "calico-node", Ds, 0, "docker.io/calico/node:v3.30.3", 0, 150, 128, 412, false, "", Fine),
    w("kube-system", "kube-proxy", Ds, 0, "registry.k8s.io/kube-proxy:v1.34.1", 0, 20, 48, 412, false, "", Fine),
    w("kube-system", "ebs-csi-node", Ds, 0, "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.50.1", 0, 10, 40, 300, true, "", Fine),
];

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

/// A pod of a workload in the stage its trouble puts it in.
fn pod_of(b: &mut Builder<'_>, w: &Workload, set: &Value, kind: &str, name: &str, age: i64, revision: i64) {
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
    let (node, _, _, _, _) = super::NODES[place.min(5)];
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
        super::pods::lose(&mut pod, now, super::nodes::LOST);
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

fn daemon_set(b: &mut Builder<'_>, w: &Workload) {
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
    for (node, _, _, _, days) in super::NODES {
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
            super::pods::lose(&mut pod, b.start, super::nodes::LOST);
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
fn static_pods(b: &mut Builder<'_>) {
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
