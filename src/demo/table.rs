//! The server-side printers: for each kind the columns and the cells of one row, as the newest server prints them.
//!
//! Ages are frozen at the moment of rendering, as on a real server.

mod cells;
mod cluster;
mod network;
mod workloads;

use super::object::{Body, Object};
use super::resource::{CustomColumn, Resource};
use cells::{age, containers, images, int, joined, labels, name, number, or, selector, since, size, str_of, text};
use cluster::{binding, claim, component, event, node, quota, storage_class, volume};
use network::{endpoint_slice, endpoints, ingress, service};
use serde_json::{Value, json};
use workloads::{autoscaler, bulk_pod, cron_job, daemon_set, deployment, job, pod, replica_set};

/// Name, type, priority. The format is `name` for the first column.
type Column = (&'static str, &'static str, u8);

const S: &str = "string";
const I: &str = "integer";
const B: &str = "boolean";
const NAME: Column = ("Name", S, 0);
const AGE: Column = ("Age", S, 0);

type Cells = fn(&Value, i64) -> Vec<Value>;

/// Group, plural, columns, cells.
#[rustfmt::skip]
const PRINTERS: &[(&str, &str, &[Column], Cells)] = &[
    ("", "pods", &[NAME, ("Ready", S, 0), ("Status", S, 0), ("Restarts", S, 0), AGE, ("IP", S, 1), ("Node", S, 1), ("Nominated Node", S, 1), ("Readiness Gates", S, 1)], pod),
    ("", "podtemplates", &[NAME, ("Containers", S, 0), ("Images", S, 0), ("Pod Labels", S, 0)], |v, _| vec![name(v), containers(&v["template"]["spec"]), images(&v["template"]["spec"]), labels(&v["template"]["metadata"]["labels"])]),
    ("policy", "poddisruptionbudgets", &[NAME, ("Min Available", S, 0), ("Max Unavailable", S, 0), ("Allowed Disruptions", I, 0), AGE], |v, now| vec![name(v), or(&v["spec"]["minAvailable"], "N/A"), or(&v["spec"]["maxUnavailable"], "N/A"), number(&v["status"]["disruptionsAllowed"]), age(v, now)]),
    ("", "replicationcontrollers", REPLICAS, replica_set),
    ("apps", "replicasets", REPLICAS, replica_set),
    ("apps", "daemonsets", &[NAME, ("Desired", I, 0), ("Current", I, 0), ("Ready", I, 0), ("Up-to-date", I, 0), ("Available", I, 0), ("Node Selector", S, 0), AGE, ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1)], daemon_set),
    ("batch", "jobs", &[NAME, ("Status", S, 0), ("Completions", S, 0), ("Duration", S, 0), AGE, ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1)], job),
    ("batch", "cronjobs", &[NAME, ("Schedule", S, 0), ("Timezone", S, 0), ("Suspend", B, 0), ("Active", I, 0), ("Last Schedule", S, 0), AGE, ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1)], cron_job),
    ("", "services", &[NAME, ("Type", S, 0), ("Cluster-IP", S, 0), ("External-IP", S, 0), ("Port(s)", S, 0), AGE, ("Selector", S, 1)], service),
    ("networking.k8s.io", "ingresses", &[NAME, ("Class", S, 0), ("Hosts", S, 0), ("Address", S, 0), ("Ports", S, 0), AGE], ingress),
    ("networking.k8s.io", "ingressclasses", &[NAME, ("Controller", S, 0), ("Parameters", S, 0), AGE], |v, now| vec![name(v), text(&v["spec"]["controller"]), json!("<none>"), age(v, now)]),
    ("apps", "statefulsets", &[NAME, ("Ready", S, 0), AGE, ("Containers", S, 1), ("Images", S, 1)], |v, now| { let t = &v["spec"]["template"]["spec"]; vec![name(v), json!(format!("{}/{}", int(&v["status"]["readyReplicas"]), int(&v["spec"]["replicas"]))), age(v, now), containers(t), images(t)] }),
    ("", "endpoints", &[NAME, ("Endpoints", S, 0), AGE], |v, now| vec![name(v), json!(endpoints(v)), age(v, now)]),
    ("", "nodes", &[NAME, ("Status", S, 0), ("Roles", S, 0), AGE, ("Version", S, 0), ("Internal-IP", S, 1), ("External-IP", S, 1), ("OS-Image", S, 1), ("Kernel-Version", S, 1), ("Container-Runtime", S, 1)], node),
    ("", "events", &[("Last Seen", S, 0), ("Type", S, 0), ("Reason", S, 0), ("Object", S, 0), ("Subobject", S, 1), ("Source", S, 1), ("Message", S, 0), ("First Seen", S, 1), ("Count", S, 1), ("Name", S, 1)], event),
    ("events.k8s.io", "events", &[("Last Seen", S, 0), ("Type", S, 0), ("Reason", S, 0), ("Object", S, 0), ("Subobject", S, 1), ("Source", S, 1), ("Message", S, 0), ("First Seen", S, 1), ("Count", S, 1), ("Name", S, 1)], event),
    ("", "namespaces", &[NAME, ("Status", S, 0), AGE], |v, now| vec![name(v), text(&v["status"]["phase"]), age(v, now)]),
    ("", "secrets", &[NAME, ("Type", S, 0), ("Data", S, 0), AGE], |v, now| vec![name(v), text(&v["type"]), json!(size(&v["data"])), age(v, now)]),
    ("", "serviceaccounts", &[NAME, ("Secrets", S, 0), AGE], |v, now| vec![name(v), json!(size(&v["secrets"])), age(v, now)]),
    ("", "persistentvolumes", &[NAME, ("Capacity", S, 0), ("Access Modes", S, 0), ("Reclaim Policy", S, 0), ("Status", S, 0), ("Claim", S, 0), ("StorageClass", S, 0), ("VolumeAttributesClass", S, 0), ("Reason", S, 0), AGE, ("VolumeMode", S, 1)], volume),
    ("", "persistentvolumeclaims", &[NAME, ("Status", S, 0), ("Volume", S, 0), ("Capacity", S, 0), ("Access Modes", S, 0), ("StorageClass", S, 0), ("VolumeAttributesClass", S, 0), AGE, ("VolumeMode", S, 1)], claim),
    ("", "componentstatuses", &[NAME, ("Status", S, 0), ("Message", S, 0), ("Error", S, 0)], component),
    ("apps", "deployments", &[NAME, ("Ready", S, 0), ("Up-to-date", S, 0), ("Available", S, 0), AGE, ("Containers", S, 1), ("Images", S, 1), ("Selector", S, 1)], deployment),
    ("autoscaling", "horizontalpodautoscalers", &[NAME, ("Reference", S, 0), ("Targets", S, 0), ("MinPods", S, 0), ("MaxPods", S, 0), ("Replicas", S, 0), AGE], autoscaler),
    ("", "configmaps", &[NAME, ("Data", S, 0), AGE], |v, now| vec![name(v), json!(size(&v["data"]) + size(&v["binaryData"])), age(v, now)]),
    ("networking.k8s.io", "networkpolicies", &[NAME, ("Pod-Selector", S, 0), AGE], |v, now| vec![name(v), json!(selector(&v["spec"]["podSelector"])), age(v, now)]),
    ("rbac.authorization.k8s.io", "rolebindings", BINDING, binding),
    ("rbac.authorization.k8s.io", "clusterrolebindings", BINDING, binding),
    ("certificates.k8s.io", "certificatesigningrequests", &[NAME, AGE, ("SignerName", S, 0), ("Requestor", S, 0), ("RequestedDuration", S, 0), ("Condition", S, 0)], |v, now| vec![name(v), age(v, now), text(&v["spec"]["signerName"]), text(&v["spec"]["username"]), json!("<none>"), json!("Pending")]),
    ("coordination.k8s.io", "leases", &[NAME, ("Holder", S, 0), AGE], |v, now| vec![name(v), text(&v["spec"]["holderIdentity"]), age(v, now)]),
    ("scheduling.k8s.io", "priorityclasses", &[NAME, ("Value", I, 0), ("Global-Default", B, 0), AGE, ("PreemptionPolicy", S, 0)], |v, now| vec![name(v), number(&v["value"]), json!(v["globalDefault"] == true), age(v, now), or(&v["preemptionPolicy"], "PreemptLowerPriority")]),
    ("storage.k8s.io", "storageclasses", &[NAME, ("Provisioner", S, 0), ("ReclaimPolicy", S, 0), ("VolumeBindingMode", S, 0), ("AllowVolumeExpansion", S, 0), AGE], storage_class),
    ("storage.k8s.io", "csinodes", &[NAME, ("Drivers", I, 0), AGE], |v, now| vec![name(v), json!(size(&v["spec"]["drivers"])), age(v, now)]),
    ("storage.k8s.io", "csidrivers", &[NAME, ("AttachRequired", B, 0), ("PodInfoOnMount", B, 0), ("StorageCapacity", B, 0), ("TokenRequests", S, 0), ("RequiresRepublish", B, 0), ("Modes", S, 0), AGE], |v, now| { let s = &v["spec"]; vec![name(v), json!(s["attachRequired"] != false), json!(s["podInfoOnMount"] == true), json!(s["storageCapacity"] == true), json!("<unset>"), json!(s["requiresRepublish"] == true), json!(joined(&s["volumeLifecycleModes"])), age(v, now)] }),
    ("storage.k8s.io", "volumeattachments", &[NAME, ("Attacher", S, 0), ("PV", S, 0), ("Node", S, 0), ("Attached", B, 0), AGE], |v, now| vec![name(v), text(&v["spec"]["attacher"]), text(&v["spec"]["source"]["persistentVolumeName"]), text(&v["spec"]["nodeName"]), json!(v["status"]["attached"] == true), age(v, now)]),
    ("node.k8s.io", "runtimeclasses", &[NAME, ("Handler", S, 0), AGE], |v, now| vec![name(v), text(&v["handler"]), age(v, now)]),
    ("discovery.k8s.io", "endpointslices", &[NAME, ("AddressType", S, 0), ("Ports", S, 0), ("Endpoints", S, 0), AGE], endpoint_slice),
    ("", "resourcequotas", &[NAME, ("Request", S, 0), ("Limit", S, 0), AGE], quota),
    ("apps", "controllerrevisions", &[NAME, ("Controller", S, 0), ("Revision", S, 0), AGE], |v, now| { let owner = &v["metadata"]["ownerReferences"][0]; let group = owner["apiVersion"].as_str().unwrap_or_default().split('/').next().unwrap_or_default().to_owned(); vec![name(v), json!(format!("{}.{group}/{}", str_of(&owner["kind"]).to_lowercase(), str_of(&owner["name"]))), number(&v["revision"]), age(v, now)] }),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations", &[NAME, ("Webhooks", I, 0), AGE], |v, now| vec![name(v), json!(size(&v["webhooks"])), age(v, now)]),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", &[NAME, ("Webhooks", I, 0), AGE], |v, now| vec![name(v), json!(size(&v["webhooks"])), age(v, now)]),
    ("apiregistration.k8s.io", "apiservices", &[NAME, ("Service", S, 0), ("Available", S, 0), AGE], |v, now| vec![name(v), match v["spec"]["service"]["name"].as_str() { Some(s) => json!(format!("{}/{s}", str_of(&v["spec"]["service"]["namespace"]))), None => json!("Local") }, or(&v["status"]["conditions"][0]["status"], "Unknown"), age(v, now)]),
    ("autoscaling", "scales", &[NAME, ("Desired", I, 0), ("Available", I, 0), AGE], |v, now| vec![name(v), number(&v["spec"]["replicas"]), number(&v["status"]["replicas"]), age(v, now)]),
];

const REPLICAS: &[Column] = &[
    NAME,
    ("Desired", I, 0),
    ("Current", I, 0),
    ("Ready", I, 0),
    AGE,
    ("Containers", S, 1),
    ("Images", S, 1),
    ("Selector", S, 1),
];
const BINDING: &[Column] = &[
    NAME,
    ("Role", S, 0),
    AGE,
    ("Users", S, 1),
    ("Groups", S, 1),
    ("ServiceAccounts", S, 1),
];

/// How one resource is printed.
#[derive(Clone)]
pub(super) struct Printer {
    columns: Vec<(String, String, i64)>,
    cells: Option<Cells>,
    custom: Vec<CustomColumn>,
}

impl Printer {
    /// The printer of a resource; what has none of its own shows its name and when it was created.
    pub(super) fn of(resource: &Resource) -> Printer {
        let mut printer = Printer {
            columns: Vec::new(),
            cells: None,
            custom: Vec::new(),
        };
        if let Some(custom) = &resource.columns {
            printer.columns.push(("Name".into(), S.into(), 0));
            printer
                .columns
                .extend(custom.iter().map(|c| (c.name.clone(), c.kind.clone(), c.priority)));
            printer.custom = custom.clone();
        } else if let Some((.., columns, cells)) = PRINTERS
            .iter()
            .find(|(group, plural, ..)| *group == resource.group && *plural == resource.plural)
        {
            printer.columns = columns
                .iter()
                .map(|(n, t, p)| ((*n).into(), (*t).into(), i64::from(*p)))
                .collect();
            printer.cells = Some(*cells);
        } else {
            printer.columns = vec![("Name".into(), S.into(), 0), ("Created At".into(), "date".into(), 0)];
        }
        printer
    }

    /// The column definitions as JSON.
    pub(super) fn definitions(&self) -> Value {
        let definitions = self.columns.iter().map(|(name, kind, priority)| {
            // The attacher of a volume is marked as a name on real servers too.
            let format = if name == "Name" || name == "Attacher" {
                "name"
            } else {
                ""
            };
            json!({"name": name, "type": kind, "format": format, "description": describe(name), "priority": priority})
        });
        Value::Array(definitions.collect())
    }

    /// The cells of an object; `parsed` is its value (not needed for bulk pods).
    pub(super) fn cells(&self, object: &Object, parsed: Option<&Value>, now: i64) -> Vec<Value> {
        if let Body::Bulk(bulk) = &object.body {
            return bulk_pod(object, bulk, now);
        }
        let owned;
        let value = match parsed {
            Some(value) => value,
            None => {
                owned = object.value();
                &owned
            }
        };
        self.cells_of(value, now)
    }

    /// The cells of a value. A bookmark's table has a row of an empty object, as on a real server.
    pub(super) fn cells_of(&self, value: &Value, now: i64) -> Vec<Value> {
        if !self.custom.is_empty() {
            let cells = self.custom.iter().map(|column| custom_cell(column, value, now));
            return std::iter::once(name(value)).chain(cells).collect();
        }
        match self.cells {
            Some(cells) => cells(value, now),
            None => vec![name(value), value["metadata"]["creationTimestamp"].clone()],
        }
    }
}

fn describe(column: &str) -> &'static str {
    match column {
        "Name" => {
            "Name must be unique within a namespace. Is required when creating resources, although some resources may \
             allow a client to request the generation of an appropriate name automatically. Name is primarily intended \
             for creation idempotence and configuration definition. Cannot be updated."
        }
        "Age" | "Created At" => {
            "CreationTimestamp is a timestamp representing the server time when this object was created."
        }
        "Ready" => "The aggregate readiness state of this object.",
        "Status" => "The aggregate status of this object.",
        _ => "",
    }
}

/// A row's conditions: a finished pod is marked, so that old clients could hide it.
pub(super) fn row_conditions(object: &Object, parsed: Option<&Value>) -> Option<&'static str> {
    if matches!(object.body, Body::Bulk(_)) {
        return None;
    }
    match parsed.and_then(|v| v["status"]["phase"].as_str()) {
        Some("Succeeded") if parsed.is_some_and(|v| v["spec"]["containers"].is_array()) => Some(
            r#"[{"type":"Completed","status":"True","reason":"Succeeded","message":"The pod has completed successfully."}]"#,
        ),
        Some("Failed") if parsed.is_some_and(|v| v["spec"]["containers"].is_array()) => {
            Some(r#"[{"type":"Completed","status":"True","reason":"Failed","message":"The pod failed."}]"#)
        }
        _ => None,
    }
}

/// A custom column: a simple JSON path (`.a.b`, `[0]`, `[?(@.type=="Ready")]`).
fn custom_cell(column: &CustomColumn, value: &Value, now: i64) -> Value {
    let found = json_path(value, &column.path);
    match (column.kind.as_str(), found) {
        (_, None) | (_, Some(Value::Null)) => Value::Null,
        ("date", Some(found)) => json!(since(found, now)),
        ("integer" | "number" | "boolean", Some(found)) => found.clone(),
        (_, Some(Value::String(text))) => json!(text),
        (_, Some(found)) => json!(found.to_string()),
    }
}

fn json_path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let (mut at, mut rest) = (value, path);
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix("[?(@.") {
            let (test, tail) = tail.split_once(")]")?;
            let (key, wanted) = test.split_once("==")?;
            let wanted = wanted.trim().trim_matches(|c| c == '"' || c == '\'');
            at = at.as_array()?.iter().find(|item| item[key.trim()] == wanted)?;
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix('[') {
            let (index, tail) = tail.split_once(']')?;
            at = at.get(index.parse::<usize>().ok()?)?;
            rest = tail;
        } else {
            let tail = rest.strip_prefix('.')?;
            let end = tail.find(['.', '[']).unwrap_or(tail.len());
            at = at.get(&tail[..end])?;
            rest = &tail[end..];
        }
    }
    Some(at)
}
