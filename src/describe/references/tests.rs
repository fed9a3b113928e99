//! A table of objects and what they refer to.

use super::*;
use crate::text::Clean;
use serde_json::json;

/// `relation kind namespace/name`, `?` behind what may be missing; selections as `relation kind namespace/{labels}`.
fn told(group: &str, kind: &str, object: &Value) -> Vec<String> {
    let tell = |edge: Edge| match edge.goal {
        Goal::Object(one) => {
            let group = if one.group.is_empty() {
                String::new()
            } else {
                format!(".{}", one.group)
            };
            let sure = if edge.optional { "?" } else { "" };
            format!(
                "{} {}{group} {}/{}{sure}",
                edge.relation, one.kind, one.namespace, one.name
            )
        }
        Goal::Selected(some) => format!("{} {} {}/{{{}}}", edge.relation, some.kind, some.namespace, some.labels),
    };
    references(group, kind, object).into_iter().map(tell).collect()
}

fn pod_spec() -> Value {
    json!({
        "nodeName": "node-a", "serviceAccountName": "robot", "priorityClassName": "high", "runtimeClassName": "gvisor",
        "imagePullSecrets": [{"name": "registry"}, {}],
        "initContainers": [{"envFrom": [{"configMapRef": {"name": "early", "optional": true}}, {"secretRef": {"name": "keys"}}]}],
        "containers": [
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "a"}}},
                     {"name": "B", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "b"}}},
                     {"name": "C", "value": "plain"}]},
            {"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "b"}}}]}
        ],
        "volumes": [
            {"name": "a", "configMap": {"name": "files", "optional": true}},
            {"name": "b", "secret": {"secretName": "tls"}},
            {"name": "c", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "d", "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}, {"secret": {"name": "tok"}},
                {"serviceAccountToken": {"path": "t"}}]}},
            {"name": "e", "csi": {"driver": "vault", "nodePublishSecretRef": {"name": "vault-creds"}}},
            {"name": "f", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "fast"}}}},
            {"name": "g", "emptyDir": {}}
        ]
    })
}

const OF_PODS: &[&str] = &[
    "runs on Node /node-a",
    "runs as ServiceAccount shop/robot",
    "environment ConfigMap shop/app",
    "environment ConfigMap shop/early?",
    "volume ConfigMap shop/files?",
    "projected volume ConfigMap shop/kube-root-ca.crt",
    "environment Secret shop/keys",
    "volume Secret shop/tls",
    "projected volume Secret shop/tok",
    "volume Secret shop/vault-creds",
    "image pull Secret shop/registry",
    "volume PersistentVolumeClaim shop/data",
    "claims from StorageClass.storage.k8s.io /fast",
    "driver CSIDriver.storage.k8s.io /vault",
    "priority PriorityClass.scheduling.k8s.io /high",
    "runtime RuntimeClass.node.k8s.io /gvisor",
];

#[test]
fn pods_and_what_makes_them_name_the_same() {
    let meta = json!({"name": "x", "namespace": "shop"});
    for (group, kind, object) in [
        ("", "Pod", json!({"metadata": meta, "spec": pod_spec()})),
        (
            "apps",
            "Deployment",
            json!({"metadata": meta, "spec": {"template": {"spec": pod_spec()}}}),
        ),
        (
            "apps",
            "ReplicaSet",
            json!({"metadata": meta, "spec": {"template": {"spec": pod_spec()}}}),
        ),
        (
            "apps",
            "DaemonSet",
            json!({"metadata": meta, "spec": {"template": {"spec": pod_spec()}}}),
        ),
        (
            "",
            "ReplicationController",
            json!({"metadata": meta, "spec": {"template": {"spec": pod_spec()}}}),
        ),
        (
            "batch",
            "Job",
            json!({"metadata": meta, "spec": {"template": {"spec": pod_spec()}}}),
        ),
        (
            "batch",
            "CronJob",
            json!({"metadata": meta, "spec": {"jobTemplate": {"spec": {"template": {"spec": pod_spec()}}}}}),
        ),
        (
            "",
            "PodTemplate",
            json!({"metadata": meta, "template": {"spec": pod_spec()}}),
        ),
    ] {
        assert_eq!(told(group, kind, &object), OF_PODS, "{kind}");
    }
}

#[test]
fn every_kind() {
    let table: Vec<(&str, &str, Value, &[&str])> = vec![
        (
            "apps",
            "StatefulSet",
            json!({"spec": {"serviceName": "db", "volumeClaimTemplates": [{"spec": {"storageClassName": "fast"}}]}}),
            &[
                "named by Service shop/db",
                "claims from StorageClass.storage.k8s.io /fast",
            ],
        ),
        (
            "",
            "Service",
            json!({"spec": {"selector": {"b": "2", "a": "1"}}}),
            &["selects Pod shop/{a=1,b=2}"],
        ),
        ("", "Service", json!({"spec": {"selector": {}}}), &[]),
        (
            "networking.k8s.io",
            "Ingress",
            json!({"metadata": {"annotations": {"kubernetes.io/ingress.class": "old"}}, "spec": {"ingressClassName": "nginx",
            "defaultBackend": {"service": {"name": "rest"}}, "tls": [{"secretName": "tls"}, {"hosts": ["x"]}],
            "rules": [{"http": {"paths": [{"backend": {"service": {"name": "cart"}}}, {"backend": {"serviceName": "ancient"}},
                {"backend": {"resource": {"apiGroup": "k8s.example.com", "kind": "Bucket", "name": "static"}}}]}}, {"host": "x"}]}}),
            &[
                "class IngressClass.networking.k8s.io /nginx",
                "class IngressClass.networking.k8s.io /old",
                "backend Service shop/cart",
                "backend Service shop/ancient",
                "backend Bucket.k8s.example.com shop/static",
                "default backend Service shop/rest",
                "TLS Secret shop/tls",
            ],
        ),
        (
            "networking.k8s.io",
            "NetworkPolicy",
            json!({"spec": {"podSelector": {}}}),
            &["applies to Pod shop/{}"],
        ),
        (
            "policy",
            "PodDisruptionBudget",
            json!({"apiVersion": "policy/v1", "spec": {"selector": {"matchLabels": {"app": "cart"},
            "matchExpressions": [{"key": "z", "operator": "In", "values": ["b", "a"]}, {"key": "c", "operator": "Exists"}]}}}),
            &["protects Pod shop/{app=cart,c,z in (a,b)}"],
        ),
        (
            "policy",
            "PodDisruptionBudget",
            json!({"apiVersion": "policy/v1beta1", "spec": {"selector": {}}}),
            &[],
        ),
        (
            "policy",
            "PodDisruptionBudget",
            json!({"spec": {"selector": {"matchExpressions": [{"key": "a", "operator": "Gt"}]}}}),
            &[],
        ),
        (
            "autoscaling",
            "HorizontalPodAutoscaler",
            json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}}}),
            &["scales Deployment.apps shop/cart"],
        ),
        (
            "",
            "PersistentVolumeClaim",
            json!({"spec": {"volumeName": "pv-1", "storageClassName": "fast",
            "dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "snap"},
            "dataSourceRef": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "snap"}}}),
            &[
                "bound to PersistentVolume /pv-1",
                "class StorageClass.storage.k8s.io /fast",
                "made from VolumeSnapshot.snapshot.storage.k8s.io shop/snap",
            ],
        ),
        (
            "",
            "PersistentVolume",
            json!({"metadata": {"namespace": ""}, "spec": {"claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data"},
            "csi": {"driver": "disk", "nodeStageSecretRef": {"namespace": "kube-system", "name": "disk-key"}}}}),
            &[
                "claimed by PersistentVolumeClaim shop/data",
                "driver CSIDriver.storage.k8s.io /disk",
                "CSI secret Secret kube-system/disk-key",
            ],
        ),
        (
            "rbac.authorization.k8s.io",
            "RoleBinding",
            json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
            "subjects": [{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}, {"kind": "ServiceAccount", "name": "robot", "namespace": "ci"},
                {"kind": "ServiceAccount", "name": "own"}]}),
            &[
                "grants ClusterRole.rbac.authorization.k8s.io /view",
                "to ServiceAccount ci/robot",
                "to ServiceAccount shop/own",
            ],
        ),
        (
            "rbac.authorization.k8s.io",
            "ClusterRole",
            json!({"metadata": {"namespace": ""}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"agg": "view"}}]}}),
            &["aggregates ClusterRole /{agg=view}"],
        ),
        (
            "",
            "ServiceAccount",
            json!({"secrets": [{"name": "tok"}], "imagePullSecrets": [{"name": "reg"}]}),
            &["token Secret shop/tok", "image pull Secret shop/reg"],
        ),
        (
            "",
            "Secret",
            json!({"metadata": {"annotations": {"kubernetes.io/service-account.name": "robot"}}}),
            &["token of ServiceAccount shop/robot"],
        ),
        (
            "",
            "Endpoints",
            json!({"subsets": [{"addresses": [{"targetRef": {"kind": "Pod", "namespace": "shop", "name": "a"}}],
            "notReadyAddresses": [{"targetRef": {"kind": "Pod", "namespace": "shop", "name": "b"}}, {"ip": "1.2.3.4"}]}]}),
            &[
                "of service Service shop/x",
                "endpoint Pod shop/a",
                "endpoint Pod shop/b",
            ],
        ),
        (
            "discovery.k8s.io",
            "EndpointSlice",
            json!({"metadata": {"labels": {"kubernetes.io/service-name": "cart"}},
            "endpoints": [{"targetRef": {"kind": "Pod", "namespace": "shop", "name": "a"}}]}),
            &["of service Service shop/cart", "endpoint Pod shop/a"],
        ),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration",
            json!({"webhooks": [{"clientConfig": {"service": {"namespace": "ops", "name": "check"}}},
            {"clientConfig": {"url": "https://x"}}]}),
            &["calls Service ops/check"],
        ),
        (
            "apiregistration.k8s.io",
            "APIService",
            json!({"spec": {"service": {"namespace": "kube-system", "name": "metrics"}}}),
            &["served by Service kube-system/metrics"],
        ),
        (
            "gateway.networking.k8s.io",
            "HTTPRoute",
            json!({"spec": {"parentRefs": [{"name": "edge", "namespace": "infra"}],
            "rules": [{"backendRefs": [{"name": "cart", "port": 80}, {"group": "net.example", "kind": "Bucket", "name": "b"}]}]}}),
            &[
                "attached to Gateway.gateway.networking.k8s.io infra/edge",
                "backend Service shop/cart",
                "backend Bucket.net.example shop/b",
            ],
        ),
        (
            "example.dev",
            "Website",
            json!({"metadata": {"ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": "u"},
            {"apiVersion": "v1", "kind": "Node", "name": "n"}]}}),
            &["owner Deployment.apps shop/cart", "owner Node /n"],
        ),
    ];
    for (group, kind, mut object, expected) in table {
        let meta = object
            .as_object_mut()
            .unwrap()
            .entry("metadata")
            .or_insert_with(|| json!({}));
        let meta = meta.as_object_mut().unwrap();
        meta.entry("namespace").or_insert(json!("shop"));
        meta.entry("name").or_insert(json!("x"));
        assert_eq!(told(group, kind, &object), expected, "{kind}: {object}");
    }
}

#[test]
fn what_has_another_shape_than_promised_refers_to_nothing() {
    for kind in table::ALL {
        for odd in [
            json!(null),
            json!([]),
            json!("x"),
            json!(7),
            json!({"spec": [], "metadata": 3}),
            json!({"spec": {"containers": {"a": 1},
            "volumes": [null, 3, {"configMap": {"name": 5}}], "selector": {"a": 1}, "template": {"spec": {"containers": "x"}}}}),
        ] {
            for edge in references(kind.group, kind.kind, &odd) {
                assert!(matches!(edge.goal, Goal::Selected(_)), "{}: {edge:?}", kind.kind);
            }
        }
    }
}

#[test]
fn there_is_a_bound() {
    let addresses: Vec<Value> = (0..5000)
        .map(|n| json!({"targetRef": {"kind": "Pod", "name": format!("p{n}")}}))
        .collect();
    let object = json!({"metadata": {"name": "x", "namespace": "y"}, "subsets": [{"addresses": addresses}]});
    assert_eq!(references("", "Endpoints", &object).len(), MOST_EDGES);
}

#[test]
fn who_may_refer_follows_from_the_table() {
    let kinds =
        |group: &str, kind: &str| -> Vec<&str> { referrers(group, kind).iter().map(|one| one.resource).collect() };
    assert_eq!(
        kinds("", "ConfigMap"),
        [
            "pods",
            "deployments",
            "replicasets",
            "statefulsets",
            "daemonsets",
            "replicationcontrollers",
            "podtemplates",
            "jobs",
            "cronjobs"
        ]
    );
    assert_eq!(
        kinds("", "Pod"),
        [
            "services",
            "networkpolicies",
            "endpoints",
            "endpointslices",
            "poddisruptionbudgets"
        ]
    );
    assert_eq!(kinds("rbac.authorization.k8s.io", "Role"), ["rolebindings"]);
    assert_eq!(
        kinds("rbac.authorization.k8s.io", "ClusterRole"),
        ["rolebindings", "clusterrolebindings", "clusterroles"]
    );
    assert_eq!(
        kinds("", "PersistentVolume"),
        ["persistentvolumeclaims", "volumeattachments"]
    );
    assert!(kinds("example.dev", "Website").is_empty());
    assert!(kinds("", "Secret").contains(&"ingresses"));
    assert!(kinds("apps", "Deployment").contains(&"horizontalpodautoscalers"));
}

#[test]
fn facts_carry_the_relation_and_share_their_texts() {
    let object = json!({"metadata": {"name": "x", "namespace": "shop"}, "spec": pod_spec()});
    let mut interner = Interner::new();
    let facts = facts(&references("", "Pod", &object), &mut interner);
    assert_eq!(facts.len(), OF_PODS.len());
    let first = Fact::Names(
        "runs on",
        Reference {
            group: Clean::default(),
            kind: Clean::new("Node"),
            namespace: Clean::default(),
            name: Clean::new("node-a"),
        },
    );
    assert_eq!(facts[0], first);
}

#[test]
fn hostile_names_are_clean() {
    let object = json!({"metadata": {"name": "x", "namespace": "a\u{1b}[2J"}, "spec": {"nodeName": "n\u{1b}]0;x\u{7}", "serviceAccountName": "r\u{202e}x"}});
    for edge in references("", "Pod", &object) {
        let Goal::Object(one) = edge.goal else { continue };
        for text in [one.namespace.as_str(), one.name.as_str()] {
            assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
        }
    }
}
