//! The big world: pods by the hundred thousand, each a template and a few numbers.

use super::pods::{Stage, make_pod, set_stage};
use super::workloads::container;
use super::{Builder, DAY, managed, owner};
use crate::demo::object::{Bulk, BulkState, Pieces, Template, labels_of};
use crate::demo::rng::{Rng, Uid};
use serde_json::{Value, json};
use std::sync::Arc;

/// So many pods belong to one deployment.
const PER_DEPLOYMENT: u32 = 100;
/// So many deployments are in one namespace.
const PER_NAMESPACE: u32 = 10;

pub(super) fn build(b: &mut Builder<'_>, count: u32) {
    let Some(pods) = b.store.resource("", "pods") else {
        return;
    };
    let mut rng = Rng::new(b.start as u64 ^ u64::from(count));
    let nodes: Vec<Arc<str>> = (0..(count / 250).clamp(3, 1000))
        .map(|n| Arc::from(format!("pool-{n:04}").as_str()))
        .collect();
    let Some(model) = b.store.value("", "nodes", "", "eu-a-worker-1") else {
        return;
    };
    for name in &nodes {
        let mut node = model.clone();
        node["metadata"]["name"] = json!(&**name);
        node["metadata"]["labels"]["kubernetes.io/hostname"] = json!(&**name);
        node["metadata"]["uid"] = rng.uid().to_string().into();
        b.add("", "nodes", 20 * DAY, node);
    }
    for group in 0..count.div_ceil(PER_DEPLOYMENT) {
        let namespace: Arc<str> = format!("load-{:03}", group / PER_NAMESPACE).into();
        if group % PER_NAMESPACE == 0 {
            b.add("", "namespaces", 20 * DAY, json!({"metadata": {"name": &*namespace, "labels": {"kubernetes.io/metadata.name": &*namespace}}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}));
        }
        let app = format!("service-{group:04}");
        let size = PER_DEPLOYMENT.min(count - group * PER_DEPLOYMENT);
        let (template, set) = template(b, &namespace, &app, i64::from(size));
        let template = Arc::new(template);
        for n in 0..size {
            let number = group * PER_DEPLOYMENT + n;
            let state = match rng.below(100) {
                0 => BulkState::Crashing,
                1 => BulkState::Pending,
                _ => BulkState::Running,
            };
            let created = b.start - 3600 - rng.below(20 * DAY as u64) as i64;
            let restarts = if state == BulkState::Crashing {
                1 + rng.below(60) as u32
            } else {
                0
            };
            let bulk = Bulk {
                template: template.clone(),
                state,
                restarts,
                node: nodes[number as usize % nodes.len()].clone(),
                number,
                created,
                changed: b.start - rng.below(300) as i64,
            };
            let name: Arc<str> = format!("{set}-{}", rng.suffix(5)).into();
            let uid: Uid = rng.uid().canonical();
            b.store.put_bulk(pods.id, namespace.clone(), name, uid, bulk);
        }
    }
}

/// The template of one deployment's pods; stores the deployment and its replica set and answers the latter's name.
fn template(b: &mut Builder<'_>, namespace: &str, app: &str, replicas: i64) -> (Template, String) {
    let mut main = container("app", &format!("registry.load.example/{app}:1.0.0"), 8080, 100, 128);
    main["env"] = (0..12)
        .map(|n| json!({"name": format!("SETTING_{n:02}"), "value": format!("value-of-setting-{n:02}-for-{app}")}))
        .collect::<Vec<Value>>()
        .into();
    let probe = json!({"httpGet": {"path": "/healthz", "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 5, "timeoutSeconds": 2, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3});
    main["livenessProbe"] = probe.clone();
    main["readinessProbe"] = probe;
    let labels = json!({"app": app, "app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "load", "pod-template-hash": "6c9f7d8b5"});
    let spec = json!({"containers": [main, container("envoy", "docker.io/envoyproxy/envoy:v1.36.2", 15001, 50, 64)], "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "serviceAccountName": "default", "serviceAccount": "default", "securityContext": {}, "schedulerName": "default-scheduler"});
    let pod = json!({"metadata": {"labels": labels, "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}}, "spec": spec});
    let selector = json!({"matchLabels": {"app": app}});
    let ready = replicas * 98 / 100;
    let uid = b.add("apps", "deployments", 20 * DAY, json!({"metadata": {"name": app, "namespace": namespace, "generation": 1, "labels": {"app": app}, "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": replicas, "selector": selector, "template": pod}, "status": {"observedGeneration": 1, "replicas": replicas, "updatedReplicas": replicas, "readyReplicas": ready, "availableReplicas": ready}}));
    let set = format!("{app}-6c9f7d8b5");
    let set_uid = b.add("apps", "replicasets", 20 * DAY, json!({"metadata": {"name": set, "namespace": namespace, "generation": 1, "labels": labels, "ownerReferences": owner("apps/v1", "Deployment", app, &uid)},
        "spec": {"replicas": replicas, "selector": selector, "template": pod}, "status": {"observedGeneration": 1, "replicas": replicas, "readyReplicas": ready, "availableReplicas": ready}}));
    let render = |stage: &Stage| {
        let mut value = make_pod(
            &pod,
            namespace,
            "@@name@@",
            &owner("apps/v1", "ReplicaSet", &set, &set_uid),
            b.start,
        );
        value["metadata"]["uid"] = "@@uid@@".into();
        value["metadata"]["generateName"] = format!("{set}-").into();
        value["spec"]["nodeName"] = "@@node@@".into();
        set_stage(&mut value, stage, b.start, b.start);
        value["metadata"]["managedFields"] = managed(
            &value,
            "kube-controller-manager",
            "v1",
            b.start,
            Some(("kubelet", b.start)),
        );
        value["metadata"]["creationTimestamp"] = "@@created@@".into();
        value["metadata"]["resourceVersion"] = "@@version@@".into();
        let status = &mut value["status"];
        if *stage != Stage::Unscheduled(NO_CPU) {
            status["startTime"] = "@@created@@".into();
            status["podIP"] = "@@ip@@".into();
            status["podIPs"] = json!([{"ip": "@@ip@@"}]);
        } else if let Some(spec) = value["spec"].as_object_mut() {
            spec.remove("nodeName");
        }
        for status in value["status"]["containerStatuses"]
            .as_array_mut()
            .into_iter()
            .flatten()
        {
            if status["state"]["running"].is_object() {
                status["state"]["running"]["startedAt"] = "@@created@@".into();
            } else {
                status["restartCount"] = "@@#restarts#@@".into();
                status["lastState"]["terminated"]["finishedAt"] = "@@changed@@".into();
                status["lastState"]["terminated"]["startedAt"] = "@@changed@@".into();
            }
            status["containerID"] = "containerd://@@id@@".into();
        }
        value
    };
    let running = render(&Stage::Running);
    let template = Template {
        metadata: Pieces::new(&running["metadata"]),
        labels: running["metadata"]
            .as_object()
            .map(labels_of)
            .unwrap_or_else(|| Vec::new().into()),
        running: Pieces::new(&running),
        crashing: Pieces::new(&render(&Stage::CrashLoop {
            code: 1,
            reason: "Error",
            restarts: 9,
            ago: 30,
        })),
        pending: Pieces::new(&render(&Stage::Unscheduled(NO_CPU))),
        owner: Some(Uid::parse(&set_uid)),
    };
    (template, set)
}

const NO_CPU: &str = "0/400 nodes are available: 400 Insufficient cpu. preemption: 0/400 nodes are available: 400 No preemption victims found for incoming pod.";
