//! Configuration, jobs, autoscalers, budgets and quotas; and what can only be said once everything else is there.

use super::pods::{Stage, make_pod, set_stage};
use super::workloads::{WORKLOADS, account, container, match_labels};
use super::{About, Builder, DAY, managed, owner, tell};
use crate::demo::clock::rfc3339;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A cron job of the shop.
pub(in crate::demo) struct Cron {
    pub namespace: &'static str,
    pub name: &'static str,
    pub schedule: &'static str,
    /// Seconds between two runs.
    pub every: i64,
    pub image: &'static str,
    pub suspended: bool,
    /// Its runs fail.
    pub fails: bool,
}

#[rustfmt::skip]
pub(super) const CRONS: &[Cron] = &[
    Cron { namespace: "shop", name: "cart-cleanup", schedule: "*/2 * * * *", every: 120, image: "registry.shop.example/cart:2.7.1", suspended: false, fails: false },
    Cron { namespace: "payments", name: "reconcile-ledger", schedule: "*/5 * * * *", every: 300, image: "registry.shop.example/ledger:2.11.4", suspended: false, fails: false },
    Cron { namespace: "data", name: "postgres-backup", schedule: "0 */6 * * *", every: 21_600, image: "ghcr.io/cloudnative-pg/postgresql:17.6", suspended: false, fails: false },
    Cron { namespace: "data", name: "warehouse-export", schedule: "15 * * * *", every: 3600, image: "registry.shop.example/etl-runner:0.31.0", suspended: false, fails: true },
    Cron { namespace: "platform", name: "image-prune", schedule: "30 3 * * 0", every: 604_800, image: "registry.shop.example/janitor:1.2.0", suspended: true, fails: false },
];

/// What scales by itself.
pub(super) const SCALERS: &[super::Scaler] = &[
    ("shop", "storefront", 4, 12, 65, Some(58)),
    ("shop", "checkout", 3, 10, 70, Some(66)),
    ("shop", "catalog", 2, 8, 75, Some(41)),
    ("shop", "wishlist", 2, 6, 80, None),
    ("payments", "payments-api", 3, 9, 60, Some(52)),
];

pub(super) fn build(b: &mut Builder<'_>) {
    configuration(b);
    for cron in CRONS {
        cron_job(b, cron);
    }
    single_jobs(b);
    for (namespace, name, min, max, target, current) in SCALERS {
        autoscaler(b, namespace, name, [*min, *max, *target], *current);
    }
    for (namespace, name, available) in [
        ("shop", "storefront", json!("75%")),
        ("shop", "checkout", json!(3)),
        ("payments", "ledger", json!(3)),
        ("data", "kafka", json!(2)),
        ("data", "opensearch", json!(2)),
        ("platform", "vault", json!(2)),
        ("kube-system", "coredns", json!(1)),
    ] {
        b.add("policy", "poddisruptionbudgets", 150 * DAY, json!({"metadata": {"name": name, "namespace": namespace, "generation": 1}, "spec": {"minAvailable": available, "selector": {"matchLabels": match_labels(name)}}, "status": {"observedGeneration": 1}}));
    }
    b.add("policy", "poddisruptionbudgets", 60 * DAY, json!({"metadata": {"name": "search", "namespace": "shop", "generation": 1}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": match_labels("search")}}, "status": {"observedGeneration": 1}}));
    for (namespace, cpu, used, memory, used_memory) in [
        ("shop", "24", "8450m", "64Gi", "14976Mi"),
        ("payments", "12", "11900m", "48Gi", "23424Mi"),
    ] {
        b.add("", "resourcequotas", 200 * DAY, json!({"metadata": {"name": "compute", "namespace": namespace},
            "spec": {"hard": {"requests.cpu": cpu, "requests.memory": memory, "limits.memory": "128Gi", "pods": "60"}},
            "status": {"hard": {"requests.cpu": cpu, "requests.memory": memory, "limits.memory": "128Gi", "pods": "60"}, "used": {"requests.cpu": used, "requests.memory": used_memory, "limits.memory": "46848Mi", "pods": "41"}}}));
        b.add("", "limitranges", 200 * DAY, json!({"metadata": {"name": "defaults", "namespace": namespace}, "spec": {"limits": [{"type": "Container", "default": {"cpu": "500m", "memory": "512Mi"}, "defaultRequest": {"cpu": "100m", "memory": "128Mi"}, "max": {"memory": "16Gi"}}]}}));
    }
}

fn configuration(b: &mut Builder<'_>) {
    for (namespace, name, data) in [
        (
            "shop",
            "shop-config",
            json!({"CURRENCY": "EUR", "FEATURE_NEW_CHECKOUT": "true", "PAYMENTS_URL": "https://payments-api.payments", "SEARCH_URL": "http://search.shop:9200"}),
        ),
        (
            "shop",
            "storefront-nginx",
            json!({"nginx.conf": "worker_processes auto;\nevents { worker_connections 4096; }\nhttp {\n  server {\n    listen 8080;\n    location / { root /srv; try_files $uri /index.html; }\n  }\n}\n"}),
        ),
        (
            "payments",
            "payments-config",
            json!({"CURRENCY": "EUR", "CARD_NETWORK_URL": "https://card-network", "RETRY_LIMIT": "5"}),
        ),
        (
            "data",
            "kafka-config",
            json!({"server.properties": "num.partitions=12\nlog.retention.hours=72\nauto.create.topics.enable=false\n"}),
        ),
        (
            "monitoring",
            "prometheus-rules",
            json!({"shop.rules.yaml": "groups:\n- name: shop\n  rules:\n  - alert: CheckoutErrors\n    expr: rate(http_requests_total{app=\"checkout\",code=~\"5..\"}[5m]) > 1\n    for: 5m\n"}),
        ),
        (
            "monitoring",
            "grafana-dashboards",
            json!({"shop.json": "{\"title\":\"Shop\",\"panels\":[]}", "payments.json": "{\"title\":\"Payments\",\"panels\":[]}"}),
        ),
        (
            "platform",
            "argocd-cm",
            json!({"url": "https://argocd.internal.example", "exec.enabled": "false"}),
        ),
        (
            "kube-system",
            "coredns",
            json!({"Corefile": ".:53 {\n    errors\n    health\n    ready\n    kubernetes cluster.local in-addr.arpa ip6.arpa\n    forward . /etc/resolv.conf\n    cache 30\n}\n"}),
        ),
    ] {
        b.add(
            "",
            "configmaps",
            180 * DAY,
            json!({"metadata": {"name": name, "namespace": namespace}, "data": data}),
        );
    }
    let secret = |text: &str| STANDARD.encode(text);
    let tls = |name: &str| json!({"tls.crt": secret(&format!("-----BEGIN CERTIFICATE-----\n{name} demo\n-----END CERTIFICATE-----\n")), "tls.key": secret("-----BEGIN PRIVATE KEY-----\nnot a key: this is the demo\n-----END PRIVATE KEY-----\n")});
    let registry = json!({".dockerconfigjson": secret("{\"auths\":{\"registry.shop.example\":{\"username\":\"puller\",\"password\":\"demo-only\",\"auth\":\"cHVsbGVyOmRlbW8tb25seQ==\"}}}")});
    for (namespace, name, kind, data) in [
        ("shop", "storefront-tls", "kubernetes.io/tls", tls("shop.example")),
        ("shop", "api-tls", "kubernetes.io/tls", tls("api.shop.example")),
        ("shop", "registry", "kubernetes.io/dockerconfigjson", registry.clone()),
        (
            "shop",
            "sessions-auth",
            "Opaque",
            json!({"password": secret("demo-sessions")}),
        ),
        (
            "payments",
            "payments-api-tls",
            "kubernetes.io/tls",
            tls("pay.shop.example"),
        ),
        (
            "payments",
            "registry",
            "kubernetes.io/dockerconfigjson",
            registry.clone(),
        ),
        (
            "payments",
            "card-network-credentials",
            "Opaque",
            json!({"merchant-id": secret("demo-merchant"), "api-key": secret("demo-key-not-real")}),
        ),
        (
            "data",
            "postgres-superuser",
            "kubernetes.io/basic-auth",
            json!({"username": secret("postgres"), "password": secret("demo-postgres")}),
        ),
        (
            "data",
            "minio-root",
            "Opaque",
            json!({"rootUser": secret("minio"), "rootPassword": secret("demo-minio")}),
        ),
        (
            "platform",
            "argocd-tls",
            "kubernetes.io/tls",
            tls("argocd.internal.example"),
        ),
        (
            "platform",
            "git-deploy-key",
            "kubernetes.io/ssh-auth",
            json!({"ssh-privatekey": secret("demo")}),
        ),
        (
            "platform",
            "sh.helm.release.v1.argocd.v4",
            "helm.sh/release.v1",
            json!({"release": secret("H4sIAAAAAAAAdemo")}),
        ),
        (
            "monitoring",
            "grafana-admin",
            "Opaque",
            json!({"admin-user": secret("admin"), "admin-password": secret("demo-grafana")}),
        ),
    ] {
        b.add(
            "",
            "secrets",
            120 * DAY,
            json!({"metadata": {"name": name, "namespace": namespace}, "type": kind, "data": data}),
        );
    }
    for w in WORKLOADS.iter().filter(|w| account(w) != "default") {
        b.add(
            "",
            "serviceaccounts",
            w.days * DAY,
            json!({"metadata": {"name": w.name, "namespace": w.namespace, "labels": match_labels(w.name)}}),
        );
    }
}

/// The pod template of a cron job's runs.
fn job_template(cron_name: &str, image: &str) -> Value {
    json!({"metadata": {"labels": {"app.kubernetes.io/name": cron_name}}, "spec": {"containers": [container("run", image, 0, 100, 128)], "restartPolicy": "Never", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "securityContext": {}}})
}

fn cron_job(b: &mut Builder<'_>, cron: &Cron) {
    let last = b.start - b.start.rem_euclid(cron.every);
    // A run that has only just begun has not succeeded yet.
    let succeeded = if last + 14 > b.start {
        last - cron.every + 14
    } else {
        last + 14
    };
    let mut value = json!({"metadata": {"name": cron.name, "namespace": cron.namespace, "generation": 1, "labels": {"app.kubernetes.io/name": cron.name}},
        "spec": {"schedule": cron.schedule, "suspend": cron.suspended, "concurrencyPolicy": "Forbid", "successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1,
            "jobTemplate": {"metadata": {}, "spec": {"backoffLimit": 0, "template": job_template(cron.name, cron.image)}}},
        "status": {"lastScheduleTime": rfc3339(last), "lastSuccessfulTime": rfc3339(succeeded)}});
    if cron.name == "postgres-backup" {
        value["spec"]["timeZone"] = "Europe/Madrid".into();
    }
    let uid = b.add("batch", "cronjobs", 160 * DAY, value);
    let runs = if cron.suspended || cron.fails { 1 } else { 3 };
    for back in 0..runs {
        let at = last - back * cron.every;
        let stage = if cron.fails {
            Stage::Died { ago: b.start - at - 12 }
        } else {
            Stage::Done { ago: b.start - at - 14 }
        };
        // The run that has only just begun is still under way.
        let stage = if b.start - at < 15 { Stage::Running } else { stage };
        job(
            b.store,
            cron.namespace,
            cron.name,
            &uid,
            cron.image,
            at,
            b.start,
            &stage,
        );
    }
}

/// Stores a job of a cron job and its pod; answers the job's name.
#[allow(clippy::too_many_arguments)]
pub(in crate::demo) fn job(
    store: &mut crate::demo::store::Store,
    namespace: &str,
    cron: &str,
    cron_uid: &str,
    image: &str,
    at: i64,
    now: i64,
    stage: &Stage,
) -> String {
    let name = format!("{cron}-{}", at / 60);
    let (Some(jobs), Some(pods)) = (store.resource("batch", "jobs"), store.resource("", "pods")) else {
        return name;
    };
    let mut value = job_value(namespace, &name, job_template(cron, image), at);
    value["metadata"]["ownerReferences"] = owner("batch/v1", "CronJob", cron, cron_uid);
    value["metadata"]["annotations"] = json!({"batch.kubernetes.io/cronjob-scheduled-timestamp": rfc3339(at)});
    let uid = store.put(jobs.id, value.clone(), at).uid.to_string();
    let mut pod = job_pod(&value, &uid, namespace, &name, at, store.version());
    if !matches!(stage, Stage::Creating) {
        pod["spec"]["nodeName"] = "eu-a-worker-2".into();
    }
    set_stage(&mut pod, stage, now, at);
    if matches!(stage, Stage::Creating) {
        pod["status"] = json!({"phase": "Pending", "qosClass": "Burstable"});
    }
    store.put(pods.id, pod, at);
    crate::demo::control::roll_job(store, namespace, &name, now);
    name
}

fn job_value(namespace: &str, name: &str, mut template: Value, at: i64) -> Value {
    let uid = crate::demo::rng::Rng::new(crate::demo::rng::hash(&format!("{namespace}/{name}")))
        .uid()
        .to_string();
    let labels = json!({"batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "controller-uid": uid, "job-name": name});
    let own = template["metadata"]["labels"]["app.kubernetes.io/name"].take();
    template["metadata"]["labels"] = labels.clone();
    template["metadata"]["labels"]["app.kubernetes.io/name"] = own;
    let mut value = json!({"metadata": {"name": name, "namespace": namespace, "uid": uid, "generation": 1, "labels": labels, "creationTimestamp": rfc3339(at)},
        "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 0, "completionMode": "NonIndexed", "suspend": false, "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false, "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}, "template": template},
        "status": {"startTime": rfc3339(at), "active": 1, "ready": 0}});
    value["metadata"]["managedFields"] = managed(
        &value,
        "kube-controller-manager",
        "batch/v1",
        at,
        Some(("kube-controller-manager", at)),
    );
    value
}

fn job_pod(job: &Value, uid: &str, namespace: &str, name: &str, at: i64, salt: u64) -> Value {
    let mut rng = crate::demo::rng::Rng::new(salt);
    let pod_name = format!("{name}-{}", rng.suffix(5));
    let mut pod = make_pod(
        &job["spec"]["template"],
        namespace,
        &pod_name,
        &owner("batch/v1", "Job", name, uid),
        at,
    );
    pod["metadata"]["generateName"] = format!("{name}-").into();
    pod["metadata"]["uid"] = rng.uid().to_string().into();
    pod["metadata"]["finalizers"] = Value::Null;
    if let Some(metadata) = pod["metadata"].as_object_mut() {
        metadata.remove("finalizers");
    }
    pod["metadata"]["managedFields"] = managed(&pod, "kube-controller-manager", "v1", at, Some(("kubelet", at + 10)));
    pod
}

/// Jobs that nobody scheduled: a migration that went well, one that failed, one under way.
fn single_jobs(b: &mut Builder<'_>) {
    let Some(pods) = b.store.resource("", "pods") else {
        return;
    };
    for (namespace, name, image, age, stage, completions) in [
        (
            "shop",
            "catalog-migrate-51",
            "registry.shop.example/catalog:5.1.3",
            9 * DAY,
            Stage::Done { ago: 9 * DAY - 74 },
            1,
        ),
        (
            "payments",
            "ledger-migrate-211",
            "registry.shop.example/ledger:2.11.4",
            26 * 3600,
            Stage::Died { ago: 26 * 3600 - 41 },
            1,
        ),
        (
            "data",
            "reindex-products",
            "registry.shop.example/etl-runner:0.31.0",
            2400,
            Stage::Running,
            4,
        ),
    ] {
        let template = job_template(name, image);
        let mut value = job_value(namespace, name, template, b.start - age);
        value["spec"]["completions"] = completions.into();
        let uid = b.add("batch", "jobs", age, value.clone());
        for n in 0..if completions > 1 { 2 } else { 1 } {
            let mut pod = job_pod(&value, &uid, namespace, name, b.start - age, b.store.version() + n);
            pod["spec"]["nodeName"] = "eu-c-worker-1".into();
            let stage = if completions > 1 && n == 0 {
                Stage::Done { ago: 900 }
            } else {
                stage
            };
            set_stage(&mut pod, &stage, b.start, b.start - age);
            b.store.put(pods.id, pod, b.start - age);
        }
        if matches!(stage, Stage::Died { .. }) {
            let about = About {
                kind: "Job",
                api: "batch/v1",
                namespace,
                name,
                uid: &uid,
                field: "",
            };
            tell(
                b.store,
                &about,
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
                "job-controller",
                "",
                b.start - 3000,
                b.start - 3000,
                1,
            );
        }
    }
}

fn autoscaler(b: &mut Builder<'_>, namespace: &str, name: &str, [min, max, target]: [i64; 3], current: Option<i64>) {
    let replicas = WORKLOADS
        .iter()
        .find(|w| w.name == name && w.namespace == namespace)
        .map_or(2, |w| w.replicas);
    let condition = |kind: &str, ok: bool, reason: &str, message: &str| json!({"type": kind, "status": if ok { "True" } else { "False" }, "reason": reason, "message": message, "lastTransitionTime": rfc3339(b.start - 4 * DAY)});
    let unknown = "the HPA was unable to compute the replica count: failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API";
    let mut value = json!({"metadata": {"name": name, "namespace": namespace},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}, "minReplicas": min, "maxReplicas": max,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": target}}}]},
        "status": {"currentReplicas": replicas, "desiredReplicas": if current.is_some() { replicas } else { 0 }, "lastScaleTime": rfc3339(b.start - 2 * 3600), "currentMetrics": null,
            "conditions": [condition("AbleToScale", true, "ReadyForNewScale", "recommended size matches current size"), match current {
                Some(_) => condition("ScalingActive", true, "ValidMetricFound", "the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)"),
                None => condition("ScalingActive", false, "FailedGetResourceMetric", unknown)}]}});
    if let Some(percent) = current {
        value["status"]["currentMetrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": percent, "averageValue": format!("{}m", percent * 2)}}}]);
    }
    let uid = b.add("autoscaling", "horizontalpodautoscalers", 100 * DAY, value);
    if current.is_none() {
        let about = About {
            kind: "HorizontalPodAutoscaler",
            api: "autoscaling/v2",
            namespace,
            name,
            uid: &uid,
            field: "",
        };
        tell(
            b.store,
            &about,
            "FailedGetResourceMetric",
            "failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API",
            "horizontal-pod-autoscaler",
            "",
            b.start - 3500,
            b.start - 9,
            231,
        );
    }
}

/// What is said when everything is there: the deployment that made no progress, the lost node, the pod that will not go.
pub(super) fn after(b: &mut Builder<'_>) {
    if let Some(deployments) = b.store.resource("apps", "deployments") {
        let start = b.start;
        b.store.change(deployments.id, "shop", "image-resizer", start, |value| {
            for condition in value["status"]["conditions"].as_array_mut().into_iter().flatten() {
                if condition["type"] == "Progressing" {
                    condition["status"] = "False".into();
                    condition["reason"] = "ProgressDeadlineExceeded".into();
                    condition["message"] = "ReplicaSet \"image-resizer\" has timed out progressing.".into();
                }
            }
        });
    }
    if let Some(node) = b.store.value("", "nodes", "", "eu-b-worker-2") {
        let uid = node["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        for (uid, reason, message, source) in [
            (
                uid.as_str(),
                "NodeNotReady",
                "Node eu-b-worker-2 status is now: NodeNotReady",
                "node-controller",
            ),
            (
                "eu-b-worker-2",
                "ContainerGCFailed",
                "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
                "kubelet",
            ),
        ] {
            let about = About {
                kind: "Node",
                api: "v1",
                namespace: "",
                name: "eu-b-worker-2",
                uid,
                field: "",
            };
            tell(
                b.store,
                &about,
                reason,
                message,
                source,
                "",
                b.start - super::nodes::LOST,
                b.start - super::nodes::LOST + 40,
                1,
            );
        }
    }
    // A pod whose finalizer nobody takes away.
    if let Some(pods) = b.store.resource("", "pods") {
        let start = b.start;
        let stuck = b
            .store
            .objects(pods.id)
            .find(|o| &*o.namespace == "data" && o.name.starts_with("etl-runner-"))
            .map(|o| o.key());
        if let Some((namespace, name)) = stuck
            && let Some(mut value) = b.store.value("", "pods", &namespace, &name)
        {
            let base = name.rsplit_once('-').map_or(&*name, |(base, _)| base);
            value["metadata"]["name"] = format!("{base}-{}", b.rng.suffix(5)).into();
            value["metadata"]["uid"] = b.rng.uid().to_string().into();
            value["metadata"]["finalizers"] = json!(["example.portolan.dev/flush-buffers"]);
            value["metadata"]["deletionTimestamp"] = rfc3339(start - 47 * 60).into();
            value["metadata"]["deletionGracePeriodSeconds"] = 30.into();
            b.store.put(pods.id, value, start - 6 * DAY);
        }
    }
}
