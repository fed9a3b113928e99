//! The kinds this server knows: a table of built-in resources, and those that custom resource definitions add.

use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which server the demo pretends to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// v1.34: aggregated discovery, streaming lists, every group in its stable version.
    #[default]
    Modern,
    /// v1.20: legacy discovery only, no streaming lists, CronJob, PodDisruptionBudget and EndpointSlice in v1beta1.
    Old,
}

/// Index of a resource; stable as long as the world lives.
pub(super) type ResourceId = u16;

/// One resource type as discovery describes it.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub id: ResourceId,
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub namespaced: bool,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub verbs: Vec<String>,
    /// Name, kind's group and version ("" = own), kind, verbs.
    pub subresources: Vec<(String, String, String, String)>,
    /// Printer columns of a custom resource: name, type, format, JSON path, priority.
    pub columns: Option<Vec<CustomColumn>>,
}

/// One `additionalPrinterColumns` entry.
#[derive(Clone, Debug)]
pub(super) struct CustomColumn {
    pub name: String,
    pub kind: String,
    pub path: String,
    pub priority: i64,
}

impl Resource {
    /// `v1` or `apps/v1`.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// True when discovery lists this verb.
    pub(super) fn allows(&self, verb: &str) -> bool {
        self.verbs.iter().any(|v| v == verb)
    }
}

const ALL: &str = "create delete deletecollection get list patch update watch";
const STATUS: &str = "status:::get patch update";
const SCALE: &str = "status:::get patch update;scale:autoscaling/v1:Scale:get patch update";

/// group, version, version on the old server, kind, plural, short names, namespaced, categories, verbs, subresources.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("", "v1", "v1", "Binding", "bindings", "", true, "", "create", ""),
    ("", "v1", "v1", "ComponentStatus", "componentstatuses", "cs", false, "", "get list", ""),
    ("", "v1", "v1", "ConfigMap", "configmaps", "cm", true, "", ALL, ""),
    ("", "v1", "v1", "Endpoints", "endpoints", "ep", true, "", ALL, ""),
    ("", "v1", "v1", "Event", "events", "ev", true, "", ALL, ""),
    ("", "v1", "v1", "LimitRange", "limitranges", "limits", true, "", ALL, ""),
    ("", "v1", "v1", "Namespace", "namespaces", "ns", false, "", "create delete get list patch update watch", "finalize:::update;status:::get patch update"),
    ("", "v1", "v1", "Node", "nodes", "no", false, "", ALL, "proxy::NodeProxyOptions:create delete get patch update;status:::get patch update"),
    ("", "v1", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", true, "", ALL, STATUS),
    ("", "v1", "v1", "PersistentVolume", "persistentvolumes", "pv", false, "", ALL, STATUS),
    ("", "v1", "v1", "Pod", "pods", "po", true, "all", ALL, "attach::PodAttachOptions:create get;binding::Binding:create;ephemeralcontainers:::get patch update;eviction:policy/v1:Eviction:create;exec::PodExecOptions:create get;log:::get;portforward::PodPortForwardOptions:create get;proxy::PodProxyOptions:create delete get patch update;status:::get patch update"),
    ("", "v1", "v1", "PodTemplate", "podtemplates", "", true, "", ALL, ""),
    ("", "v1", "v1", "ReplicationController", "replicationcontrollers", "rc", true, "all", ALL, SCALE),
    ("", "v1", "v1", "ResourceQuota", "resourcequotas", "quota", true, "", ALL, STATUS),
    ("", "v1", "v1", "Secret", "secrets", "", true, "", ALL, ""),
    ("", "v1", "v1", "ServiceAccount", "serviceaccounts", "sa", true, "", ALL, "token:authentication.k8s.io/v1:TokenRequest:create"),
    ("", "v1", "v1", "Service", "services", "svc", true, "all", ALL, "proxy::ServiceProxyOptions:create delete get patch update;status:::get patch update"),
    ("apiregistration.k8s.io", "v1", "v1", "APIService", "apiservices", "", false, "api-extensions", ALL, STATUS),
    ("apps", "v1", "v1", "ControllerRevision", "controllerrevisions", "", true, "", ALL, ""),
    ("apps", "v1", "v1", "DaemonSet", "daemonsets", "ds", true, "all", ALL, STATUS),
    ("apps", "v1", "v1", "Deployment", "deployments", "deploy", true, "all", ALL, SCALE),
    ("apps", "v1", "v1", "ReplicaSet", "replicasets", "rs", true, "all", ALL, SCALE),
    ("apps", "v1", "v1", "StatefulSet", "statefulsets", "sts", true, "all", ALL, SCALE),
    ("events.k8s.io", "v1", "v1", "Event", "events", "ev", true, "", ALL, ""),
    ("authentication.k8s.io", "v1", "", "SelfSubjectReview", "selfsubjectreviews", "", false, "", "create", ""),
    ("authentication.k8s.io", "v1", "v1", "TokenReview", "tokenreviews", "", false, "", "create", ""),
    ("authorization.k8s.io", "v1", "v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "", true, "", "create", ""),
    ("authorization.k8s.io", "v1", "v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "", false, "", "create", ""),
    ("authorization.k8s.io", "v1", "v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "", false, "", "create", ""),
    ("authorization.k8s.io", "v1", "v1", "SubjectAccessReview", "subjectaccessreviews", "", false, "", "create", ""),
    ("autoscaling", "v2", "v2beta2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", true, "all", ALL, STATUS),
    ("batch", "v1", "v1beta1", "CronJob", "cronjobs", "cj", true, "all", ALL, STATUS),
    ("batch", "v1", "v1", "Job", "jobs", "", true, "all", ALL, STATUS),
    ("certificates.k8s.io", "v1", "v1", "CertificateSigningRequest", "certificatesigningrequests", "csr", false, "", ALL, "approval:::get patch update;status:::get patch update"),
    ("networking.k8s.io", "v1", "v1", "IngressClass", "ingressclasses", "", false, "", ALL, ""),
    ("networking.k8s.io", "v1", "v1", "Ingress", "ingresses", "ing", true, "", ALL, STATUS),
    ("networking.k8s.io", "v1", "v1", "NetworkPolicy", "networkpolicies", "netpol", true, "", ALL, ""),
    ("policy", "v1", "v1beta1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", true, "", ALL, STATUS),
    ("rbac.authorization.k8s.io", "v1", "v1", "ClusterRoleBinding", "clusterrolebindings", "", false, "", ALL, ""),
    ("rbac.authorization.k8s.io", "v1", "v1", "ClusterRole", "clusterroles", "", false, "", ALL, ""),
    ("rbac.authorization.k8s.io", "v1", "v1", "RoleBinding", "rolebindings", "", true, "", ALL, ""),
    ("rbac.authorization.k8s.io", "v1", "v1", "Role", "roles", "", true, "", ALL, ""),
    ("storage.k8s.io", "v1", "v1", "CSIDriver", "csidrivers", "", false, "", ALL, ""),
    ("storage.k8s.io", "v1", "v1", "CSINode", "csinodes", "", false, "", ALL, ""),
    ("storage.k8s.io", "v1", "v1", "StorageClass", "storageclasses", "sc", false, "", ALL, ""),
    ("storage.k8s.io", "v1", "v1", "VolumeAttachment", "volumeattachments", "", false, "", ALL, STATUS),
    ("admissionregistration.k8s.io", "v1", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "", false, "api-extensions", ALL, ""),
    ("admissionregistration.k8s.io", "v1", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "", false, "api-extensions", ALL, ""),
    ("apiextensions.k8s.io", "v1", "v1", "CustomResourceDefinition", "customresourcedefinitions", "crd,crds", false, "api-extensions", ALL, STATUS),
    ("scheduling.k8s.io", "v1", "v1", "PriorityClass", "priorityclasses", "pc", false, "", ALL, ""),
    ("coordination.k8s.io", "v1", "v1", "Lease", "leases", "", true, "", ALL, ""),
    ("node.k8s.io", "v1", "v1", "RuntimeClass", "runtimeclasses", "", false, "", ALL, ""),
    ("discovery.k8s.io", "v1", "v1beta1", "EndpointSlice", "endpointslices", "", true, "", ALL, ""),
];

/// Every resource, the built-in ones first.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry {
    list: Vec<Arc<Resource>>,
    /// Resources whose definition has been deleted keep their id but are not served.
    hidden: Vec<bool>,
    index: BTreeMap<(String, String), ResourceId>,
}

impl Registry {
    /// The built-in resources of this server.
    pub(super) fn new(profile: Profile) -> Registry {
        let mut registry = Registry::default();
        for (group, modern, old, kind, plural, short, namespaced, categories, verbs, subresources) in ROWS {
            let version = if profile == Profile::Old { old } else { modern };
            if version.is_empty() {
                continue;
            }
            let words = |text: &str, by: char| {
                text.split(by)
                    .filter(|w| !w.is_empty())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            let entries = words(subresources, ';');
            let subresources = entries.iter().map(|entry| {
                let mut parts = entry.split(':');
                let mut next = || parts.next().unwrap_or_default().to_owned();
                (next(), next(), next(), next())
            });
            registry.add(Resource {
                id: 0,
                group: (*group).into(),
                version: (*version).into(),
                kind: (*kind).into(),
                plural: (*plural).into(),
                singular: kind.to_lowercase(),
                namespaced: *namespaced,
                short_names: words(short, ','),
                categories: words(categories, ','),
                verbs: words(verbs, ' '),
                subresources: subresources.collect(),
                columns: None,
            });
        }
        registry
    }

    /// Adds a resource, or brings one back under its old id.
    pub(super) fn add(&mut self, mut resource: Resource) -> ResourceId {
        let key = (resource.group.clone(), resource.plural.clone());
        if let Some(id) = self.index.get(&key).copied() {
            resource.id = id;
            self.list[usize::from(id)] = Arc::new(resource);
            self.hidden[usize::from(id)] = false;
            return id;
        }
        let id = self.list.len() as ResourceId;
        resource.id = id;
        self.list.push(Arc::new(resource));
        self.hidden.push(false);
        self.index.insert(key, id);
        id
    }

    /// Adds what a custom resource definition describes; None when it describes nothing usable.
    pub(super) fn add_custom(&mut self, definition: &Value) -> Option<ResourceId> {
        let spec = definition.get("spec")?;
        let text = |v: &Value| v.as_str().map(str::to_owned);
        let texts = |v: &Value| {
            v.as_array()
                .map(|a| a.iter().filter_map(text).collect::<Vec<_>>())
                .unwrap_or_default()
        };
        let names = &spec["names"];
        let version = spec["versions"].as_array()?.iter().find(|v| v["served"] == true)?;
        let columns = version["additionalPrinterColumns"].as_array().map(|list| {
            list.iter()
                .map(|c| CustomColumn {
                    name: text(&c["name"]).unwrap_or_default(),
                    kind: text(&c["type"]).unwrap_or_default(),
                    path: text(&c["jsonPath"]).unwrap_or_default(),
                    priority: c["priority"].as_i64().unwrap_or(0),
                })
                .collect()
        });
        let mut subresources = Vec::new();
        if version["subresources"].get("status").is_some() {
            subresources.push(("status".into(), String::new(), String::new(), "get patch update".into()));
        }
        if version["subresources"].get("scale").is_some() {
            subresources.push((
                "scale".into(),
                "autoscaling/v1".into(),
                "Scale".into(),
                "get patch update".into(),
            ));
        }
        Some(
            self.add(Resource {
                id: 0,
                group: text(&spec["group"])?,
                version: text(&version["name"])?,
                kind: text(&names["kind"])?,
                plural: text(&names["plural"])?,
                singular: text(&names["singular"]).unwrap_or_default(),
                namespaced: spec["scope"] == "Namespaced",
                short_names: texts(&names["shortNames"]),
                categories: texts(&names["categories"]),
                verbs: "delete deletecollection get list patch create update watch"
                    .split(' ')
                    .map(str::to_owned)
                    .collect(),
                subresources,
                columns: Some(columns.unwrap_or_else(|| {
                    vec![CustomColumn {
                        name: "Age".into(),
                        kind: "date".into(),
                        path: ".metadata.creationTimestamp".into(),
                        priority: 0,
                    }]
                })),
            }),
        )
    }

    /// Stops serving a resource.
    pub(super) fn hide(&mut self, id: ResourceId) {
        if let Some(hidden) = self.hidden.get_mut(usize::from(id)) {
            *hidden = true;
        }
    }

    /// The served resource of this group and plural name.
    pub(super) fn find(&self, group: &str, plural: &str) -> Option<&Arc<Resource>> {
        let id = *self.index.get(&(group.to_owned(), plural.to_owned()))?;
        (!self.hidden[usize::from(id)]).then(|| &self.list[usize::from(id)])
    }

    /// The resource with this id.
    pub(super) fn get(&self, id: ResourceId) -> Option<&Arc<Resource>> {
        self.list.get(usize::from(id))
    }

    /// Every served resource, in the order of discovery.
    pub(super) fn served(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.list
            .iter()
            .zip(&self.hidden)
            .filter(|(_, hidden)| !**hidden)
            .map(|(r, _)| r)
    }

    /// The groups, in the order of discovery, the core group ("") first.
    pub(super) fn groups(&self) -> Vec<String> {
        let mut groups: Vec<String> = Vec::new();
        for resource in self.served() {
            if !groups.contains(&resource.group) {
                groups.push(resource.group.clone());
            }
        }
        groups
    }

    /// The versions of a group, the preferred one first.
    pub(super) fn versions(&self, group: &str) -> Vec<String> {
        let mut versions: Vec<String> = Vec::new();
        for resource in self.served().filter(|r| r.group == group) {
            if !versions.contains(&resource.version) {
                versions.push(resource.version.clone());
            }
        }
        versions.sort_by_key(|v| v.contains("beta"));
        versions
    }
}
