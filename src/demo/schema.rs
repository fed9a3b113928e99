//! What the demo publishes of its kinds' schemas: the fields that one looks at first, in OpenAPI v3 and v2. The rest of a
//! kind is an object of which nothing is said, as with a custom resource without a schema.

use super::resource::{Registry, Resource};
use serde_json::{Map, Value, json};

/// A field: name, type (`[]Container`, `map[string]string`, a definition's name), `!` when required, what it is for.
type Field = (&'static str, &'static str, &'static str);

/// A definition: name, what it is for, its fields.
type Definition = (&'static str, &'static str, &'static [Field]);

/// The prefix of every definition.
const PREFIX: &str = "io.k8s.demo.";

const DEFINITIONS: &[Definition] = &[
    (
        "ObjectMeta",
        "ObjectMeta is metadata that all persisted resources must have.",
        &[
            (
                "name",
                "string",
                "Name must be unique within a namespace. Cannot be updated.",
            ),
            (
                "namespace",
                "string",
                "Namespace defines the space within which each name must be unique.",
            ),
            (
                "labels",
                "map[string]string",
                "Map of string keys and values that can be used to organize and select objects.",
            ),
            (
                "annotations",
                "map[string]string",
                "Annotations are unstructured data that tools store; they are not queryable.",
            ),
            (
                "ownerReferences",
                "[]OwnerReference",
                "List of objects depended by this object. When all are gone, it is deleted.",
            ),
            (
                "finalizers",
                "[]string",
                "Must be empty before the object is deleted from the registry.",
            ),
            (
                "uid",
                "string",
                "UID is the unique in time and space value for this object. Read-only.",
            ),
            (
                "resourceVersion",
                "string",
                "The internal version of this object, for watches and concurrency. Read-only.",
            ),
            (
                "generation",
                "integer",
                "A sequence number of a generation of the desired state. Read-only.",
            ),
            (
                "creationTimestamp",
                "string",
                "When this object was created, in RFC3339 form and UTC. Read-only.",
            ),
        ],
    ),
    (
        "OwnerReference",
        "OwnerReference lets you identify an owning object.",
        &[
            ("apiVersion", "string!", "API version of the referent."),
            ("kind", "string!", "Kind of the referent."),
            ("name", "string!", "Name of the referent."),
            ("uid", "string!", "UID of the referent."),
            (
                "controller",
                "boolean",
                "If true, this reference points to the managing controller.",
            ),
            (
                "blockOwnerDeletion",
                "boolean",
                "If true, the owner cannot be deleted in the foreground before this object.",
            ),
        ],
    ),
    (
        "LabelSelector",
        "A label query over a set of resources. An empty one matches all objects.",
        &[(
            "matchLabels",
            "map[string]string",
            "A map of {key,value} pairs that are AND-ed.",
        )],
    ),
    (
        "PodSpec",
        "PodSpec is a description of a pod.",
        &[
            (
                "containers",
                "[]Container!",
                "List of containers belonging to the pod. There must be at least one.",
            ),
            (
                "initContainers",
                "[]Container",
                "Containers that run in order before the others are started.",
            ),
            (
                "volumes",
                "[]Volume",
                "Volumes that can be mounted by containers belonging to the pod.",
            ),
            (
                "nodeName",
                "string",
                "The node on which the scheduler has put this pod.",
            ),
            (
                "nodeSelector",
                "map[string]string",
                "Labels that a node must have for the pod to fit on it.",
            ),
            (
                "restartPolicy",
                "string=Always|OnFailure|Never",
                "Restart policy for all containers within the pod.",
            ),
            (
                "serviceAccountName",
                "string",
                "The service account with which to run this pod.",
            ),
            (
                "terminationGracePeriodSeconds",
                "integer",
                "Seconds the pod needs to terminate gracefully. Defaults to 30.",
            ),
            (
                "priorityClassName",
                "string",
                "The pod's priority. No name means the default or none.",
            ),
        ],
    ),
    (
        "Container",
        "A single application container that you want to run within a pod.",
        &[
            (
                "name",
                "string!",
                "Name of the container, unique within the pod. Cannot be updated.",
            ),
            ("image", "string", "Container image name."),
            (
                "imagePullPolicy",
                "string=Always|IfNotPresent|Never",
                "When the image is pulled. Always if the tag is :latest.",
            ),
            (
                "command",
                "[]string",
                "Entrypoint array. The image's ENTRYPOINT is used if this is not given.",
            ),
            (
                "args",
                "[]string",
                "Arguments to the entrypoint. The image's CMD is used if this is not given.",
            ),
            ("env", "[]EnvVar", "Environment variables to set in the container."),
            (
                "ports",
                "[]ContainerPort",
                "Ports to expose from the container. Not giving one does not prevent it.",
            ),
            (
                "resources",
                "ResourceRequirements",
                "Compute resources required by this container.",
            ),
            (
                "livenessProbe",
                "Probe",
                "Periodic probe of liveness. The container is restarted if it fails.",
            ),
            (
                "readinessProbe",
                "Probe",
                "Periodic probe of readiness. The pod leaves its services while it fails.",
            ),
            (
                "volumeMounts",
                "[]VolumeMount",
                "Pod volumes to mount into the container's filesystem.",
            ),
        ],
    ),
    (
        "ContainerPort",
        "ContainerPort represents a network port in a single container.",
        &[
            (
                "containerPort",
                "integer!",
                "Number of port to expose on the pod's IP address, 0 < x < 65536.",
            ),
            (
                "name",
                "string",
                "Name for the port that can be referred to by services.",
            ),
            ("protocol", "string=TCP|UDP|SCTP", "Protocol for port. Defaults to TCP."),
        ],
    ),
    (
        "EnvVar",
        "EnvVar represents an environment variable present in a container.",
        &[
            ("name", "string!", "Name of the environment variable."),
            (
                "value",
                "string",
                "$(NAME) is expanded from variables that were set before.",
            ),
            (
                "valueFrom",
                "Object",
                "Source for the value; cannot be used if value is not empty.",
            ),
        ],
    ),
    (
        "ResourceRequirements",
        "ResourceRequirements describes the compute resource requirements.",
        &[
            (
                "limits",
                "map[string]string",
                "The maximum amount of compute resources allowed.",
            ),
            (
                "requests",
                "map[string]string",
                "The minimum amount of compute resources required. Defaults to limits.",
            ),
        ],
    ),
    (
        "Probe",
        "Probe describes a health check against a container.",
        &[
            (
                "failureThreshold",
                "integer",
                "Failures in a row after which the probe counts as failed. Defaults to 3.",
            ),
            (
                "initialDelaySeconds",
                "integer",
                "Seconds after the start before probes begin.",
            ),
            (
                "periodSeconds",
                "integer",
                "How often to probe. Defaults to 10 seconds.",
            ),
            (
                "timeoutSeconds",
                "integer",
                "Seconds after which the probe times out. Defaults to 1 second.",
            ),
            ("httpGet", "Object", "An HTTP GET request to perform."),
        ],
    ),
    (
        "Volume",
        "Volume is a named volume in a pod that may be accessed by any container in it.",
        &[
            ("name", "string!", "Name of the volume, unique within the pod."),
            ("configMap", "Object", "A config map that should populate this volume."),
            ("secret", "Object", "A secret that should populate this volume."),
            ("persistentVolumeClaim", "Object", "A claim in the same namespace."),
            (
                "emptyDir",
                "Object",
                "A temporary directory that shares the pod's lifetime.",
            ),
        ],
    ),
    (
        "VolumeMount",
        "VolumeMount describes a mounting of a volume within a container.",
        &[
            ("name", "string!", "This must match the name of a volume."),
            (
                "mountPath",
                "string!",
                "Path within the container at which the volume is mounted.",
            ),
            ("readOnly", "boolean", "Mounted read-only if true. Defaults to false."),
        ],
    ),
    (
        "PodStatus",
        "PodStatus is the most recently observed status of a pod.",
        &[
            (
                "phase",
                "string=Pending|Running|Succeeded|Failed|Unknown",
                "Where the pod is in its lifecycle.",
            ),
            ("podIP", "string", "IP address allocated to the pod."),
            ("conditions", "[]Object", "Current service state of the pod."),
            ("containerStatuses", "[]Object", "One entry per container."),
            (
                "qosClass",
                "string=Guaranteed|Burstable|BestEffort",
                "Quality of service, from the containers' requests.",
            ),
        ],
    ),
    (
        "PodTemplateSpec",
        "PodTemplateSpec describes the data a pod should have when created from a template.",
        &[
            ("metadata", "ObjectMeta", "Standard object's metadata."),
            ("spec", "PodSpec", "Specification of the desired behavior of the pod."),
        ],
    ),
    (
        "DeploymentSpec",
        "DeploymentSpec is the specification of the desired behavior of the Deployment.",
        &[
            ("replicas", "integer", "Number of desired pods. Defaults to 1."),
            (
                "selector",
                "LabelSelector!",
                "Label selector for pods. It must match the pod template's labels.",
            ),
            (
                "template",
                "PodTemplateSpec!",
                "Template describes the pods that will be created.",
            ),
            (
                "strategy",
                "Object",
                "The deployment strategy to use to replace existing pods with new ones.",
            ),
            (
                "minReadySeconds",
                "integer",
                "Seconds for which a new pod should be ready to count as available.",
            ),
            (
                "revisionHistoryLimit",
                "integer",
                "Old replica sets to keep for rollback. Defaults to 10.",
            ),
            (
                "progressDeadlineSeconds",
                "integer",
                "Seconds before a rollout counts as failed. Defaults to 600.",
            ),
            ("paused", "boolean", "Indicates that the deployment is paused."),
        ],
    ),
    (
        "ServiceSpec",
        "ServiceSpec describes the attributes that a user creates on a service.",
        &[
            (
                "type",
                "string=ClusterIP|NodePort|LoadBalancer|ExternalName",
                "How the service is exposed.",
            ),
            (
                "selector",
                "map[string]string",
                "Route traffic to pods with these labels.",
            ),
            (
                "ports",
                "[]ServicePort",
                "The list of ports that are exposed by this service.",
            ),
            (
                "clusterIP",
                "string",
                "The IP address of the service, usually assigned. None makes it headless.",
            ),
            (
                "sessionAffinity",
                "string=ClientIP|None",
                "Used to maintain session affinity. Defaults to None.",
            ),
        ],
    ),
    (
        "ServicePort",
        "ServicePort contains information on a service's port.",
        &[
            ("port", "integer!", "The port that will be exposed by this service."),
            ("name", "string", "The name of this port within the service."),
            (
                "targetPort",
                "string",
                "Number or name of the port to access on the pods.",
            ),
            (
                "nodePort",
                "integer",
                "The port on each node, for NodePort and LoadBalancer.",
            ),
            (
                "protocol",
                "string=TCP|UDP|SCTP",
                "The IP protocol for this port. Defaults to TCP.",
            ),
        ],
    ),
];

/// What is particular of a kind: its description, and the types of fields beside apiVersion, kind and metadata.
const KINDS: &[Definition] = &[
    (
        "Pod",
        "Pod is a collection of containers that can run on a host.",
        &[
            ("spec", "PodSpec", "Specification of the desired behavior of the pod."),
            (
                "status",
                "PodStatus",
                "Most recently observed status of the pod. Read-only.",
            ),
        ],
    ),
    (
        "Deployment",
        "Deployment enables declarative updates for Pods and ReplicaSets.",
        &[
            (
                "spec",
                "DeploymentSpec",
                "Specification of the desired behavior of the Deployment.",
            ),
            ("status", "Object", "Most recently observed status of the Deployment."),
        ],
    ),
    (
        "Service",
        "Service is a named abstraction of software service, the local port it listens on and the selector of its pods.",
        &[
            ("spec", "ServiceSpec", "Spec defines the behavior of a service."),
            (
                "status",
                "Object",
                "Most recently observed status of the service. Read-only.",
            ),
        ],
    ),
    (
        "ConfigMap",
        "ConfigMap holds configuration data for pods to consume.",
        &[
            (
                "data",
                "map[string]string",
                "Data contains the configuration data. Keys are alphanumerics, '-', '_' or '.'.",
            ),
            (
                "binaryData",
                "map[string]string",
                "BinaryData contains the binary data, in base64.",
            ),
            (
                "immutable",
                "boolean",
                "If true, data stored in the config map cannot be updated.",
            ),
        ],
    ),
    (
        "Secret",
        "Secret holds secret data of a certain type, at most 1 MiB of it.",
        &[
            (
                "data",
                "map[string]string",
                "Data contains the secret data, each value in base64.",
            ),
            (
                "stringData",
                "map[string]string",
                "Secret data in string form, write-only, merged into data.",
            ),
            (
                "type",
                "string",
                "Used to facilitate programmatic handling of secret data.",
            ),
            (
                "immutable",
                "boolean",
                "If true, data stored in the secret cannot be updated.",
            ),
        ],
    ),
];

/// The definitions of the kinds of a group version, with all they refer to; of all kinds when there is none given.
pub(super) fn definitions(registry: &Registry, of: Option<(&str, &str)>, base: &str) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, about, fields) in DEFINITIONS {
        out.insert(format!("{PREFIX}{name}"), object(about, fields, base));
    }
    let served = registry
        .served()
        .filter(|resource| of.is_none_or(|of| of == (&*resource.group, &*resource.version)));
    for resource in served {
        out.insert(name(resource), kind(resource, base));
    }
    out
}

fn name(resource: &Resource) -> String {
    let group = if resource.group.is_empty() {
        "core"
    } else {
        &resource.group
    };
    format!("{PREFIX}{group}.{}.{}", resource.version, resource.kind)
}

fn kind(resource: &Resource, base: &str) -> Value {
    let known = KINDS.iter().find(|(kind, ..)| *kind == resource.kind);
    let rest: &[Field] = &[
        ("spec", "Object", "Specification of the desired behavior."),
        ("status", "Object", "Most recently observed status. Read-only."),
    ];
    let about = known.map_or("A kind of this cluster.", |(_, about, _)| about);
    let mut schema = object(about, known.map_or(rest, |(.., fields)| fields), base);
    let common: &[Field] = &[
        (
            "apiVersion",
            "string",
            "APIVersion defines the versioned schema of this representation of an object.",
        ),
        (
            "kind",
            "string",
            "Kind is a string value representing the REST resource this object represents.",
        ),
        ("metadata", "ObjectMeta", "Standard object's metadata."),
    ];
    for field in common {
        schema["properties"][field.0] = property(field, base);
    }
    schema["x-kubernetes-group-version-kind"] =
        json!([{"group": resource.group, "version": resource.version, "kind": resource.kind}]);
    schema
}

fn object(about: &str, fields: &[Field], base: &str) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.0.to_owned(), property(field, base)))
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|(_, kind, _)| kind.ends_with('!'))
        .map(|(name, ..)| *name)
        .collect();
    let mut schema = json!({"type": "object", "description": about, "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn property((_, kind, about): &Field, base: &str) -> Value {
    let (kind, choices) = kind.split_once('=').unwrap_or((kind.trim_end_matches('!'), ""));
    let one = |kind: &str| match kind {
        "string" | "integer" | "boolean" => json!({"type": kind}),
        "Object" => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        name => json!({"$ref": format!("#/{base}/{PREFIX}{name}")}),
    };
    let mut property = if let Some(item) = kind.strip_prefix("[]") {
        json!({"type": "array", "items": one(item)})
    } else if let Some(value) = kind.strip_prefix("map[string]") {
        json!({"type": "object", "additionalProperties": one(value)})
    } else {
        one(kind)
    };
    if property.get("$ref").is_some() {
        // Nothing may stand beside a reference.
        property = json!({"allOf": [property]});
    }
    property["description"] = json!(about);
    if !choices.is_empty() {
        property["enum"] = json!(choices.split('|').collect::<Vec<_>>());
    }
    property
}
