//! Which fields of which kinds refer to which others.

use super::{Field, Referrer, To};

const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";
const NET: &str = "networking.k8s.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

const CONFIG_MAP: To = To::Own("", "ConfigMap");
const SECRET: To = To::Own("", "Secret");
const SERVICE: To = To::Own("", "Service");
const CLAIM: To = To::Own("", "PersistentVolumeClaim");
const CLASS: To = To::Cluster(STORAGE, "StorageClass");

/// What scales can be of; anything else with the subresource is written out where it stands.
const SCALED: To = To::Ref(&[
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "ReplicaSet"),
    ("", "ReplicationController"),
]);

const fn field(path: &'static str, relation: &'static str, to: To) -> Field {
    Field { path, relation, to }
}

const fn kind(group: &'static str, resource: &'static str, kind: &'static str, fields: &'static [Field]) -> Referrer {
    Referrer {
        group,
        resource,
        kind,
        pods: "",
        fields,
    }
}

const fn runs(known: Referrer, pods: &'static str) -> Referrer {
    Referrer { pods, ..known }
}

/// The fields of a pod's spec.
pub(super) const IN_PODS: &[Field] = &[
    field("nodeName", "runs on", To::Cluster("", "Node")),
    field("serviceAccountName", "runs as", To::Own("", "ServiceAccount")),
    field(
        "containers|initContainers|ephemeralContainers/*/env/*/valueFrom/configMapKeyRef/name",
        "environment",
        CONFIG_MAP,
    ),
    field(
        "containers|initContainers|ephemeralContainers/*/envFrom/*/configMapRef/name",
        "environment",
        CONFIG_MAP,
    ),
    field("volumes/*/configMap/name", "volume", CONFIG_MAP),
    field(
        "volumes/*/projected/sources/*/configMap/name",
        "projected volume",
        CONFIG_MAP,
    ),
    field(
        "containers|initContainers|ephemeralContainers/*/env/*/valueFrom/secretKeyRef/name",
        "environment",
        SECRET,
    ),
    field(
        "containers|initContainers|ephemeralContainers/*/envFrom/*/secretRef/name",
        "environment",
        SECRET,
    ),
    field("volumes/*/secret/secretName", "volume", SECRET),
    field("volumes/*/projected/sources/*/secret/name", "projected volume", SECRET),
    field("volumes/*/azureFile/secretName", "volume", SECRET),
    field("volumes/*/csi/nodePublishSecretRef/name", "volume", SECRET),
    field(
        "volumes/*/cephfs|flexVolume|iscsi|rbd|scaleIO|storageos/secretRef/name",
        "volume",
        SECRET,
    ),
    field("imagePullSecrets/*/name", "image pull", SECRET),
    field("volumes/*/persistentVolumeClaim/claimName", "volume", CLAIM),
    field(
        "volumes/*/ephemeral/volumeClaimTemplate/spec/storageClassName",
        "claims from",
        CLASS,
    ),
    field("volumes/*/csi/driver", "driver", To::Cluster(STORAGE, "CSIDriver")),
    field(
        "priorityClassName",
        "priority",
        To::Cluster("scheduling.k8s.io", "PriorityClass"),
    ),
    field(
        "runtimeClassName",
        "runtime",
        To::Cluster("node.k8s.io", "RuntimeClass"),
    ),
    field(
        "resourceClaims/*/resourceClaimName",
        "device",
        To::Own("resource.k8s.io", "ResourceClaim"),
    ),
    field(
        "resourceClaims/*/resourceClaimTemplateName",
        "device",
        To::Own("resource.k8s.io", "ResourceClaimTemplate"),
    ),
];

const BINDING: &[Field] = &[
    field("roleRef", "grants", To::Ref(&[(RBAC, "Role"), (RBAC, "ClusterRole")])),
    field("subjects/*", "to", To::Only("", "ServiceAccount")),
];

const CLUSTER_BINDING: &[Field] = &[
    field("roleRef", "grants", To::Ref(&[(RBAC, "ClusterRole")])),
    field("subjects/*", "to", To::Only("", "ServiceAccount")),
];

const WEBHOOKS: &[Field] = &[field(
    "webhooks/*/clientConfig/service",
    "calls",
    To::Object("", "Service"),
)];

const PARENTS: To = To::Ref(&[(GATEWAY, "Gateway")]);
const BACKENDS: To = To::Ref(&[("", "Service")]);
const ROUTE: &[Field] = &[
    field("spec/parentRefs/*", "attached to", PARENTS),
    field("spec/rules/*/backendRefs/*", "backend", BACKENDS),
    field(
        "spec/rules/*/filters/*/requestMirror/backendRef",
        "mirrors to",
        BACKENDS,
    ),
];

/// Every kind whose objects are known to refer to others.
pub(super) static ALL: &[Referrer] = &[
    runs(kind("", "pods", "Pod", &[]), "spec"),
    runs(kind("apps", "deployments", "Deployment", &[]), "spec/template/spec"),
    runs(kind("apps", "replicasets", "ReplicaSet", &[]), "spec/template/spec"),
    runs(
        kind(
            "apps",
            "statefulsets",
            "StatefulSet",
            &[
                field("spec/serviceName", "named by", SERVICE),
                field(
                    "spec/volumeClaimTemplates/*/spec/storageClassName",
                    "claims from",
                    CLASS,
                ),
            ],
        ),
        "spec/template/spec",
    ),
    runs(kind("apps", "daemonsets", "DaemonSet", &[]), "spec/template/spec"),
    runs(
        kind("", "replicationcontrollers", "ReplicationController", &[]),
        "spec/template/spec",
    ),
    runs(kind("", "podtemplates", "PodTemplate", &[]), "template/spec"),
    runs(kind("batch", "jobs", "Job", &[]), "spec/template/spec"),
    runs(
        kind("batch", "cronjobs", "CronJob", &[]),
        "spec/jobTemplate/spec/template/spec",
    ),
    kind(
        "",
        "services",
        "Service",
        &[field("spec/selector", "selects", To::Map("", "Pod"))],
    ),
    kind(
        NET,
        "ingresses",
        "Ingress",
        &[
            field("spec/ingressClassName", "class", To::Cluster(NET, "IngressClass")),
            field(
                "metadata/annotations/kubernetes.io~1ingress.class",
                "class",
                To::Cluster(NET, "IngressClass"),
            ),
            field("spec/rules/*/http/paths/*/backend/service/name", "backend", SERVICE),
            field("spec/rules/*/http/paths/*/backend/serviceName", "backend", SERVICE),
            field("spec/rules/*/http/paths/*/backend/resource", "backend", To::Ref(&[])),
            field("spec/defaultBackend/service/name", "default backend", SERVICE),
            field("spec/backend/serviceName", "default backend", SERVICE),
            field("spec/defaultBackend/resource", "default backend", To::Ref(&[])),
            field("spec/tls/*/secretName", "TLS", SECRET),
        ],
    ),
    kind(
        NET,
        "ingressclasses",
        "IngressClass",
        &[field("spec/parameters", "parameters", To::Ref(&[]))],
    ),
    kind(
        NET,
        "networkpolicies",
        "NetworkPolicy",
        &[field("spec/podSelector", "applies to", To::Selector("", "Pod"))],
    ),
    kind(
        "",
        "endpoints",
        "Endpoints",
        &[
            field("metadata/name", "of service", SERVICE),
            field(
                "subsets/*/addresses|notReadyAddresses/*/targetRef",
                "endpoint",
                To::Ref(&[("", "Pod")]),
            ),
        ],
    ),
    kind(
        "discovery.k8s.io",
        "endpointslices",
        "EndpointSlice",
        &[
            field("metadata/labels/kubernetes.io~1service-name", "of service", SERVICE),
            field("endpoints/*/targetRef", "endpoint", To::Ref(&[("", "Pod")])),
        ],
    ),
    kind(
        "autoscaling",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        &[field("spec/scaleTargetRef", "scales", SCALED)],
    ),
    kind(
        "autoscaling.k8s.io",
        "verticalpodautoscalers",
        "VerticalPodAutoscaler",
        &[field("spec/targetRef", "resizes", SCALED)],
    ),
    kind(
        "keda.sh",
        "scaledobjects",
        "ScaledObject",
        &[field("spec/scaleTargetRef", "scales", SCALED)],
    ),
    kind(
        "policy",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        &[field("spec/selector", "protects", To::Selector("", "Pod"))],
    ),
    kind(
        "",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        &[
            field("spec/volumeName", "bound to", To::Cluster("", "PersistentVolume")),
            field("spec/storageClassName", "class", CLASS),
            field(
                "spec/dataSource|dataSourceRef",
                "made from",
                To::Ref(&[
                    ("", "PersistentVolumeClaim"),
                    ("snapshot.storage.k8s.io", "VolumeSnapshot"),
                ]),
            ),
        ],
    ),
    kind(
        "",
        "persistentvolumes",
        "PersistentVolume",
        &[
            field("spec/claimRef", "claimed by", To::Object("", "PersistentVolumeClaim")),
            field("spec/storageClassName", "class", CLASS),
            field("spec/csi/driver", "driver", To::Cluster(STORAGE, "CSIDriver")),
            field(
                "spec/csi/controllerPublishSecretRef|nodeStageSecretRef|nodePublishSecretRef|controllerExpandSecretRef|nodeExpandSecretRef",
                "CSI secret",
                To::Object("", "Secret"),
            ),
            field(
                "spec/cephfs|flexVolume|iscsi|rbd|scaleIO|storageos/secretRef",
                "secret",
                To::Object("", "Secret"),
            ),
        ],
    ),
    kind(
        STORAGE,
        "storageclasses",
        "StorageClass",
        &[field("provisioner", "driver", To::Cluster(STORAGE, "CSIDriver"))],
    ),
    kind(
        STORAGE,
        "volumeattachments",
        "VolumeAttachment",
        &[
            field("spec/nodeName", "attached to", To::Cluster("", "Node")),
            field(
                "spec/source/persistentVolumeName",
                "attaches",
                To::Cluster("", "PersistentVolume"),
            ),
            field("spec/attacher", "driver", To::Cluster(STORAGE, "CSIDriver")),
        ],
    ),
    kind(
        STORAGE,
        "csinodes",
        "CSINode",
        &[field(
            "spec/drivers/*/name",
            "driver",
            To::Cluster(STORAGE, "CSIDriver"),
        )],
    ),
    kind(
        "snapshot.storage.k8s.io",
        "volumesnapshots",
        "VolumeSnapshot",
        &[field("spec/source/persistentVolumeClaimName", "taken from", CLAIM)],
    ),
    kind(
        "",
        "serviceaccounts",
        "ServiceAccount",
        &[
            field("secrets/*/name", "token", SECRET),
            field("imagePullSecrets/*/name", "image pull", SECRET),
        ],
    ),
    kind(
        "",
        "secrets",
        "Secret",
        &[field(
            "metadata/annotations/kubernetes.io~1service-account.name",
            "token of",
            To::Own("", "ServiceAccount"),
        )],
    ),
    kind(RBAC, "rolebindings", "RoleBinding", BINDING),
    kind(RBAC, "clusterrolebindings", "ClusterRoleBinding", CLUSTER_BINDING),
    kind(
        RBAC,
        "clusterroles",
        "ClusterRole",
        &[field(
            "aggregationRule/clusterRoleSelectors/*",
            "aggregates",
            To::Selector(RBAC, "ClusterRole"),
        )],
    ),
    kind(
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        WEBHOOKS,
    ),
    kind(
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        WEBHOOKS,
    ),
    kind(
        "apiregistration.k8s.io",
        "apiservices",
        "APIService",
        &[field("spec/service", "served by", To::Object("", "Service"))],
    ),
    kind(
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        &[field(
            "spec/conversion/webhook/clientConfig/service",
            "calls",
            To::Object("", "Service"),
        )],
    ),
    kind(
        "",
        "events",
        "Event",
        &[
            field("involvedObject|regarding", "about", To::Ref(&[])),
            field("related", "related", To::Ref(&[])),
        ],
    ),
    kind(
        GATEWAY,
        "gateways",
        "Gateway",
        &[
            field("spec/gatewayClassName", "class", To::Cluster(GATEWAY, "GatewayClass")),
            field(
                "spec/listeners/*/tls/certificateRefs/*",
                "TLS",
                To::Ref(&[("", "Secret")]),
            ),
        ],
    ),
    kind(GATEWAY, "httproutes", "HTTPRoute", ROUTE),
    kind(GATEWAY, "grpcroutes", "GRPCRoute", ROUTE),
    kind(
        "cert-manager.io",
        "certificates",
        "Certificate",
        &[field("spec/secretName", "writes", SECRET)],
    ),
];
