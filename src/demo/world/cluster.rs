//! What belongs to the cluster: namespaces, storage and priority classes, definitions of custom resources, roles, leases.

use super::{About, Builder, DAY, lease, tell};
use crate::demo::clock::rfc3339;
use serde_json::{Value, json};

/// Name, days old.
const NAMESPACES: &[(&str, i64)] = &[
    ("default", 412),
    ("kube-node-lease", 412),
    ("kube-public", 412),
    ("kube-system", 412),
    ("shop", 212),
    ("payments", 300),
    ("data", 300),
    ("platform", 410),
    ("monitoring", 330),
];

pub(super) fn build(b: &mut Builder<'_>) {
    for (name, days) in NAMESPACES {
        let mut value = json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        if *name == "payments" {
            value["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted".into();
            value["metadata"]["annotations"] = json!({"owner": "team-payments@shop.example"});
        }
        b.add("", "namespaces", days * DAY, value);
        b.add(
            "",
            "serviceaccounts",
            days * DAY,
            json!({"metadata": {"name": "default", "namespace": name}}),
        );
        b.add("", "configmaps", days * DAY, json!({"metadata": {"name": "kube-root-ca.crt", "namespace": name, "annotations": {"kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."}},
            "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\nMIIDBTCCAe2gAwIBAgIIZ0n5demoDEMOdemoDEMOdemoDEMOwDQYJKoZIhvcNAQEL\nBQAwFTETMBEGA1UEAxMKa3ViZXJuZXRlcw==\n-----END CERTIFICATE-----\n"}}));
    }
    // Deleted hours ago; a custom object in it waits for a controller that is gone.
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": rfc3339(b.start - 5 * 3600)});
    let stuck = json!({"metadata": {"name": "preview-1482", "labels": {"kubernetes.io/metadata.name": "preview-1482"}, "deletionTimestamp": rfc3339(b.start - 5 * 3600)},
        "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Terminating", "conditions": [
            condition("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
            condition("NamespaceDeletionGroupVersionParsingFailure", "False", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
            condition("NamespaceDeletionContentFailure", "False", "ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
            condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", "Some resources are remaining: websites.example.portolan.dev has 1 resource instances"),
            condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: example.portolan.dev/dns in 1 resource instances")]}});
    b.add("", "namespaces", 9 * DAY, stuck);
    storage(b);
    definitions(b);
    roles(b);
    for (name, value, default) in [
        ("system-cluster-critical", 2_000_000_000, false),
        ("system-node-critical", 2_000_001_000, false),
        ("shop-critical", 100_000, false),
        ("batch-low", -100, false),
    ] {
        b.add("scheduling.k8s.io", "priorityclasses", 400 * DAY, json!({"metadata": {"name": name}, "value": value, "globalDefault": default, "preemptionPolicy": if value < 0 { "Never" } else { "PreemptLowerPriority" }, "description": "Used for pods of this importance."}));
    }
    b.add(
        "node.k8s.io",
        "runtimeclasses",
        200 * DAY,
        json!({"metadata": {"name": "gvisor"}, "handler": "runsc"}),
    );
    for name in ["kube-scheduler", "kube-controller-manager"] {
        let holder = format!("eu-a-control-1_{}", b.rng.uid());
        b.add(
            "coordination.k8s.io",
            "leases",
            412 * DAY,
            lease("kube-system", name, &holder, 15, b.start - 38 * DAY, b.start),
        );
    }
    let holder = format!("website-controller_{}", b.rng.uid());
    b.add(
        "coordination.k8s.io",
        "leases",
        30 * DAY,
        lease(
            "platform",
            "website-controller",
            &holder,
            15,
            b.start - 2 * DAY,
            b.start,
        ),
    );
    for (name, message) in [("scheduler", "ok"), ("controller-manager", "ok"), ("etcd-0", "ok")] {
        let Some(resource) = b.store.resource("", "componentstatuses") else {
            break;
        };
        b.store.put(resource.id, json!({"metadata": {"name": name}, "conditions": [{"type": "Healthy", "status": "True", "message": message}]}), b.start);
    }
    b.add("apiregistration.k8s.io", "apiservices", 412 * DAY, json!({"metadata": {"name": "v1."}, "spec": {"groupPriorityMinimum": 18000, "version": "v1", "versionPriority": 1}, "status": {"conditions": [{"type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available"}]}}));
    b.add("apiregistration.k8s.io", "apiservices", 412 * DAY, json!({"metadata": {"name": "v1.apps"}, "spec": {"group": "apps", "groupPriorityMinimum": 17800, "version": "v1", "versionPriority": 15}, "status": {"conditions": [{"type": "Available", "status": "True", "reason": "Local", "message": "Local APIServices are always available"}]}}));
    b.add("admissionregistration.k8s.io", "validatingwebhookconfigurations", 400 * DAY, json!({"metadata": {"name": "cert-manager-webhook", "generation": 1}, "webhooks": [{"name": "webhook.cert-manager.io", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"], "clientConfig": {"service": {"namespace": "platform", "name": "cert-manager-webhook", "path": "/validate", "port": 443}}}]}));
}

fn storage(b: &mut Builder<'_>) {
    for (name, provisioner, reclaim, mode, expand, default) in [
        ("gp3", "ebs.csi.aws.com", "Delete", "WaitForFirstConsumer", true, true),
        (
            "gp3-retain",
            "ebs.csi.aws.com",
            "Retain",
            "WaitForFirstConsumer",
            true,
            false,
        ),
        ("efs-shared", "efs.csi.aws.com", "Delete", "Immediate", false, false),
    ] {
        let mut value = json!({"metadata": {"name": name}, "provisioner": provisioner, "reclaimPolicy": reclaim, "volumeBindingMode": mode, "allowVolumeExpansion": expand, "parameters": {"type": "gp3", "encrypted": "true"}});
        if default {
            value["metadata"]["annotations"] = json!({"storageclass.kubernetes.io/is-default-class": "true"});
        }
        b.add("storage.k8s.io", "storageclasses", 400 * DAY, value);
    }
    b.add("storage.k8s.io", "csidrivers", 400 * DAY, json!({"metadata": {"name": "ebs.csi.aws.com"}, "spec": {"attachRequired": true, "podInfoOnMount": false, "storageCapacity": false, "requiresRepublish": false, "volumeLifecycleModes": ["Persistent"]}}));
    for (name, ..) in super::NODES {
        b.add("storage.k8s.io", "csinodes", 30 * DAY, json!({"metadata": {"name": name}, "spec": {"drivers": [{"name": "ebs.csi.aws.com", "nodeID": format!("i-{}", crate::demo::rng::hash(name)), "topologyKeys": ["topology.ebs.csi.aws.com/zone"], "allocatable": {"count": 26}}]}}));
    }
    // A claim that nobody uses yet, and the volume of one that was deleted.
    let uid = b.add("", "persistentvolumeclaims", 26 * 3600, json!({"metadata": {"name": "reports-archive", "namespace": "data", "finalizers": ["kubernetes.io/pvc-protection"]},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "20Gi"}}, "storageClassName": "gp3", "volumeMode": "Filesystem"}, "status": {"phase": "Pending"}}));
    let about = About {
        kind: "PersistentVolumeClaim",
        api: "v1",
        namespace: "data",
        name: "reports-archive",
        uid: &uid,
        field: "",
    };
    tell(
        b.store,
        &about,
        "WaitForFirstConsumer",
        "waiting for first consumer to be created before binding",
        "persistentvolume-controller",
        "",
        b.start - 3500,
        b.start - 11,
        236,
    );
    b.add("", "persistentvolumes", 150 * DAY, json!({"metadata": {"name": "pvc-6b0f2d11-8a64-4c0f-9a0e-2f7f8c7c9d10", "finalizers": ["kubernetes.io/pv-protection"]},
        "spec": {"capacity": {"storage": "100Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "gp3-retain", "volumeMode": "Filesystem",
            "csi": {"driver": "ebs.csi.aws.com", "fsType": "ext4", "volumeHandle": "vol-0b8e0f5a2f0c2d1e9"}, "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1", "namespace": "data", "name": "data-mysql-0", "uid": "0c9d3a52-55f0-4b43-8d2f-7b3df8f3f6e1"}},
        "status": {"phase": "Released"}}));
}

fn definitions(b: &mut Builder<'_>) {
    let column = |name: &str, kind: &str, path: &str, priority: i64| {
        let mut value = json!({"name": name, "type": kind, "jsonPath": path});
        if priority > 0 {
            value["priority"] = priority.into();
        }
        value
    };
    let age = column("Age", "date", ".metadata.creationTimestamp", 0);
    for (group, kind, plural, short, categories, columns) in [
        (
            "example.portolan.dev",
            "Website",
            "websites",
            json!(["ws"]),
            json!(["all"]),
            json!([
                column("Host", "string", ".spec.host", 0),
                column("Replicas", "integer", ".spec.replicas", 0),
                column("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", 0),
                column("Git", "string", ".spec.git.repository", 1),
                column("Revision", "string", ".status.revision", 1),
                age.clone()
            ]),
        ),
        (
            "certificates.portolan.dev",
            "Certificate",
            "certificates",
            json!(["cert", "certs"]),
            json!(["security"]),
            json!([
                column("Ready", "string", ".status.conditions[?(@.type==\"Ready\")].status", 0),
                column("Secret", "string", ".spec.secretName", 0),
                column("Issuer", "string", ".spec.issuerRef.name", 1),
                column(
                    "Status",
                    "string",
                    ".status.conditions[?(@.type==\"Ready\")].message",
                    1
                ),
                age.clone()
            ]),
        ),
    ] {
        let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}, "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}});
        let names = json!({"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List"), "shortNames": short, "categories": categories});
        let mut version = json!({"name": "v1", "served": true, "storage": true, "schema": schema, "additionalPrinterColumns": columns, "subresources": {"status": {}}});
        if kind == "Website" {
            version["subresources"]["scale"] =
                json!({"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"});
        }
        b.add("apiextensions.k8s.io", "customresourcedefinitions", 230 * DAY, json!({"metadata": {"name": format!("{plural}.{group}"), "generation": 1},
            "spec": {"group": group, "names": names, "scope": "Namespaced", "versions": [version], "conversion": {"strategy": "None"}},
            "status": {"acceptedNames": names, "storedVersions": ["v1"], "conditions": [
                {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found", "lastTransitionTime": rfc3339(b.start - 230 * DAY)},
                {"type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "the initial names have been accepted", "lastTransitionTime": rfc3339(b.start - 230 * DAY)}]}}));
    }
    for (namespace, name, host, replicas, ready, message) in [
        (
            "shop",
            "campaign-winter",
            "winter.shop.example",
            3,
            "True",
            "all replicas serve revision 8f31c2d",
        ),
        (
            "shop",
            "press",
            "press.shop.example",
            1,
            "True",
            "all replicas serve revision 02bb19e",
        ),
        (
            "shop",
            "careers",
            "jobs.shop.example",
            2,
            "False",
            "cannot clone repository: authentication required",
        ),
        (
            "platform",
            "status-page",
            "status.shop.example",
            2,
            "True",
            "all replicas serve revision c71f00a",
        ),
        (
            "preview-1482",
            "preview",
            "pr-1482.preview.shop.example",
            1,
            "False",
            "website-controller no longer watches this namespace",
        ),
    ] {
        let mut value = json!({"metadata": {"name": name, "namespace": namespace, "generation": 4}, "spec": {"host": host, "replicas": replicas, "git": {"repository": format!("https://git.shop.example/sites/{name}.git"), "branch": "main"}, "tls": true},
            "status": {"observedGeneration": 4, "replicas": replicas, "revision": b.rng.hex(7), "conditions": [{"type": "Ready", "status": ready, "reason": if ready == "True" { "Synced" } else { "CloneFailed" }, "message": message, "lastTransitionTime": rfc3339(b.start - 7 * 3600)}]}});
        if namespace == "preview-1482" {
            value["metadata"]["finalizers"] = json!(["example.portolan.dev/dns"]);
            value["metadata"]["deletionTimestamp"] = rfc3339(b.start - 5 * 3600).into();
            value["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        }
        let uid = b.add("example.portolan.dev", "websites", 9 * DAY, value);
        if ready == "False" {
            let about = About {
                kind: "Website",
                api: "example.portolan.dev/v1",
                namespace,
                name,
                uid: &uid,
                field: "",
            };
            tell(
                b.store,
                &about,
                "CloneFailed",
                message,
                "website-controller",
                "",
                b.start - 3400,
                b.start - 44,
                57,
            );
        }
    }
    for (namespace, name, ready, message) in [
        (
            "shop",
            "storefront-tls",
            "True",
            "Certificate is up to date and has not expired",
        ),
        (
            "shop",
            "api-tls",
            "True",
            "Certificate is up to date and has not expired",
        ),
        (
            "payments",
            "payments-api-tls",
            "True",
            "Certificate is up to date and has not expired",
        ),
        (
            "platform",
            "argocd-tls",
            "True",
            "Certificate is up to date and has not expired",
        ),
        (
            "monitoring",
            "grafana-tls",
            "False",
            "Issuing certificate as Secret does not exist",
        ),
    ] {
        b.add("certificates.portolan.dev", "certificates", 80 * DAY, json!({"metadata": {"name": name, "namespace": namespace, "generation": 1}, "spec": {"secretName": name, "dnsNames": [format!("{}.shop.example", name.trim_end_matches("-tls"))], "issuerRef": {"name": "letsencrypt", "kind": "ClusterIssuer"}},
            "status": {"notAfter": rfc3339(b.start + 61 * DAY), "conditions": [{"type": "Ready", "status": ready, "reason": if ready == "True" { "Ready" } else { "DoesNotExist" }, "message": message, "lastTransitionTime": rfc3339(b.start - 20 * DAY)}]}}));
    }
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

fn roles(b: &mut Builder<'_>) {
    let read = ["get", "list", "watch"];
    let system = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    for (name, rules, bootstrap) in [
        (
            "cluster-admin",
            json!([rule(&["*"], &["*"], &["*"]), {"nonResourceURLs": ["*"], "verbs": ["*"]}]),
            true,
        ),
        ("admin", json!([rule(&["", "apps", "batch"], &["*"], &["*"])]), true),
        (
            "edit",
            json!([rule(
                &["", "apps", "batch"],
                &["pods", "services", "deployments", "jobs"],
                &["create", "delete", "get", "list", "patch", "update", "watch"]
            )]),
            true,
        ),
        (
            "view",
            json!([rule(
                &["", "apps", "batch"],
                &["pods", "services", "deployments", "jobs", "configmaps"],
                &read
            )]),
            true,
        ),
        (
            "system:node",
            json!([rule(&[""], &["nodes", "pods", "secrets"], &read)]),
            true,
        ),
        (
            "system:discovery",
            json!([{"nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/version"], "verbs": ["get"]}]),
            true,
        ),
        (
            "website-controller",
            json!([
                rule(&["example.portolan.dev"], &["websites", "websites/status"], &["*"]),
                rule(&["apps"], &["deployments"], &["*"])
            ]),
            false,
        ),
        (
            "cert-manager",
            json!([
                rule(&["certificates.portolan.dev"], &["certificates"], &["*"]),
                rule(&[""], &["secrets"], &["create", "get", "update"])
            ]),
            false,
        ),
        (
            "prometheus",
            json!([rule(&[""], &["nodes", "nodes/metrics", "services", "endpoints", "pods"], &read), {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]),
            false,
        ),
    ] {
        let mut value = json!({"metadata": {"name": name}, "rules": rules});
        if bootstrap {
            value["metadata"]["labels"] = system.clone();
            value["metadata"]["annotations"] = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
        }
        b.add("rbac.authorization.k8s.io", "clusterroles", 410 * DAY, value);
    }
    let binding = |name: &str, role: &str, subjects: Value| json!({"metadata": {"name": name}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": subjects});
    let subject = |kind: &str, name: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name});
    let account = |namespace: &str, name: &str| json!({"kind": "ServiceAccount", "namespace": namespace, "name": name});
    for value in [
        binding(
            "cluster-admin",
            "cluster-admin",
            json!([subject("Group", "system:masters")]),
        ),
        binding(
            "platform-team",
            "cluster-admin",
            json!([subject("Group", "team-platform"), subject("User", "ines@shop.example")]),
        ),
        binding(
            "system:discovery",
            "system:discovery",
            json!([subject("Group", "system:authenticated")]),
        ),
        binding(
            "website-controller",
            "website-controller",
            json!([account("platform", "website-controller")]),
        ),
        binding(
            "cert-manager",
            "cert-manager",
            json!([account("platform", "cert-manager")]),
        ),
        binding("prometheus", "prometheus", json!([account("monitoring", "prometheus")])),
    ] {
        b.add("rbac.authorization.k8s.io", "clusterrolebindings", 400 * DAY, value);
    }
    for (namespace, team) in [
        ("shop", "team-shop"),
        ("payments", "team-payments"),
        ("data", "team-data"),
    ] {
        b.add("rbac.authorization.k8s.io", "roles", 200 * DAY, json!({"metadata": {"name": "pod-restarter", "namespace": namespace}, "rules": [rule(&[""], &["pods"], &["get", "list", "delete"]), rule(&["apps"], &["deployments/scale"], &["patch"])]}));
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"});
        b.add("rbac.authorization.k8s.io", "rolebindings", 200 * DAY, json!({"metadata": {"name": team, "namespace": namespace}, "roleRef": role, "subjects": [subject("Group", team), account(namespace, "deployer")]}));
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "pod-restarter"});
        b.add("rbac.authorization.k8s.io", "rolebindings", 90 * DAY, json!({"metadata": {"name": "on-call", "namespace": namespace}, "roleRef": role, "subjects": [subject("User", "viewer"), subject("User", "amadou@shop.example")]}));
        b.add("", "serviceaccounts", 200 * DAY, json!({"metadata": {"name": "deployer", "namespace": namespace}, "imagePullSecrets": [{"name": "registry"}]}));
    }
}
