//! The server-side printers: for each kind the columns and the cells of one row, as the newest server prints them.
//!
//! Ages are frozen at the moment of rendering, as on a real server.

use super::clock::{human_duration, parse_time};
use super::object::{Body, Bulk, BulkState, Object};
use super::resource::{CustomColumn, Resource};
use serde_json::{Value, json};

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

// Small readers.

fn str_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

fn text(value: &Value) -> Value {
    json!(str_of(value))
}

fn number(value: &Value) -> Value {
    json!(int(value))
}

fn name(value: &Value) -> Value {
    text(&value["metadata"]["name"])
}

/// A string or number as text, or what stands for an unset one.
fn or(value: &Value, unset: &str) -> Value {
    match value {
        Value::String(s) if !s.is_empty() => json!(s),
        Value::Number(n) => json!(n.to_string()),
        _ => json!(unset),
    }
}

fn size(value: &Value) -> usize {
    value
        .as_object()
        .map_or_else(|| value.as_array().map_or(0, Vec::len), serde_json::Map::len)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn joined(value: &Value) -> String {
    list(value).iter().map(str_of).collect::<Vec<_>>().join(",")
}

fn since(value: &Value, now: i64) -> String {
    match value.as_str().and_then(parse_time) {
        Some(time) => human_duration(now - time),
        None => "<unknown>".into(),
    }
}

fn age(value: &Value, now: i64) -> Value {
    json!(since(&value["metadata"]["creationTimestamp"], now))
}

fn none_if_empty(text: String) -> String {
    if text.is_empty() { "<none>".into() } else { text }
}

fn containers(spec: &Value) -> Value {
    json!(
        list(&spec["containers"])
            .iter()
            .map(|c| str_of(&c["name"]))
            .collect::<Vec<_>>()
            .join(",")
    )
}

fn images(spec: &Value) -> Value {
    json!(
        list(&spec["containers"])
            .iter()
            .map(|c| str_of(&c["image"]))
            .collect::<Vec<_>>()
            .join(",")
    )
}

fn labels(value: &Value) -> Value {
    let pairs = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", str_of(v)));
    json!(none_if_empty(pairs.collect::<Vec<_>>().join(",")))
}

/// A label selector (matchLabels and matchExpressions) as one text.
fn selector(value: &Value) -> String {
    let mut parts: Vec<String> = value["matchLabels"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(k, v)| format!("{k}={}", str_of(v)))
        .collect();
    for e in list(&value["matchExpressions"]) {
        let (key, values) = (str_of(&e["key"]), joined(&e["values"]));
        parts.push(match str_of(&e["operator"]) {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    none_if_empty(parts.join(","))
}

// Printers, in the order of the table.

/// STATUS, READY and RESTARTS of a pod by the server's six steps.
fn pod(v: &Value, now: i64) -> Vec<Value> {
    let (spec, status) = (&v["spec"], &v["status"]);
    let condition = |kind: &str| list(&status["conditions"]).iter().find(|c| c["type"] == kind);
    let is_true = |kind: &str| condition(kind).is_some_and(|c| c["status"] == "True");
    let mut reason = str_of(&status["phase"]).to_owned();
    if let Some(own) = status["reason"].as_str().filter(|r| !r.is_empty()) {
        reason = own.to_owned();
    }
    if condition("PodScheduled").is_some_and(|c| c["reason"] == "SchedulingGated") {
        reason = "SchedulingGated".into();
    }
    let restartable = |name: &Value| {
        list(&spec["initContainers"])
            .iter()
            .any(|c| c["name"] == *name && c["restartPolicy"] == "Always")
    };
    let sidecars = list(&spec["initContainers"])
        .iter()
        .filter(|c| c["restartPolicy"] == "Always")
        .count();
    let total = list(&spec["containers"]).len() + sidecars;
    let (mut ready, mut restarts, mut sidecar_restarts) = (0, 0, 0);
    let (mut last, mut sidecar_last) = (None, None);
    let finished = |c: &Value| c["lastState"]["terminated"]["finishedAt"].as_str().and_then(parse_time);
    let exit = |t: &Value| match int(&t["signal"]) {
        0 => format!("ExitCode:{}", int(&t["exitCode"])),
        signal => format!("Signal:{signal}"),
    };
    let mut initializing = false;
    for (at, c) in list(&status["initContainerStatuses"]).iter().enumerate() {
        restarts += int(&c["restartCount"]);
        last = last.max(finished(c));
        let sidecar = restartable(&c["name"]);
        if sidecar {
            sidecar_restarts += int(&c["restartCount"]);
            sidecar_last = sidecar_last.max(finished(c));
        }
        let (waiting, terminated) = (&c["state"]["waiting"], &c["state"]["terminated"]);
        if terminated.is_object() && int(&terminated["exitCode"]) == 0 {
            continue;
        }
        if sidecar && c["started"] == true {
            ready += usize::from(c["ready"] == true);
            continue;
        }
        reason = if terminated.is_object() {
            match str_of(&terminated["reason"]) {
                "" => format!("Init:{}", exit(terminated)),
                why => format!("Init:{why}"),
            }
        } else {
            match str_of(&waiting["reason"]) {
                "" | "PodInitializing" => format!("Init:{at}/{}", list(&spec["initContainers"]).len()),
                why => format!("Init:{why}"),
            }
        };
        initializing = true;
        break;
    }
    if !initializing || is_true("Initialized") {
        restarts = sidecar_restarts;
        last = sidecar_last;
        let mut running = false;
        for c in list(&status["containerStatuses"]).iter().rev() {
            restarts += int(&c["restartCount"]);
            last = last.max(finished(c));
            let (waiting, terminated) = (&c["state"]["waiting"], &c["state"]["terminated"]);
            if let why @ 1.. = str_of(&waiting["reason"]).len() {
                reason = str_of(&waiting["reason"])[..why].to_owned();
            } else if terminated.is_object() {
                reason = match str_of(&terminated["reason"]) {
                    "" => exit(terminated),
                    why => why.to_owned(),
                };
            } else if c["ready"] == true && c["state"]["running"].is_object() {
                running = true;
                ready += 1;
            }
        }
        if reason == "Completed" && running {
            reason = if is_true("Ready") {
                "Running".into()
            } else {
                "NotReady".into()
            };
        }
    }
    if v["metadata"]["deletionTimestamp"].is_string() {
        let phase = str_of(&status["phase"]);
        if status["reason"] == "NodeLost" {
            reason = "Unknown".into();
        } else if phase != "Succeeded" && phase != "Failed" {
            reason = "Terminating".into();
        }
    }
    let restarts = match last {
        Some(time) if restarts > 0 => format!("{restarts} ({} ago)", human_duration(now - time)),
        _ => restarts.to_string(),
    };
    let gates = list(&spec["readinessGates"]);
    let gates = match gates.len() {
        0 => "<none>".into(),
        n => format!(
            "{}/{n}",
            gates.iter().filter(|g| is_true(str_of(&g["conditionType"]))).count()
        ),
    };
    vec![
        name(v),
        json!(format!("{ready}/{total}")),
        json!(reason),
        json!(restarts),
        age(v, now),
        or(&status["podIP"], "<none>"),
        or(&spec["nodeName"], "<none>"),
        or(&status["nominatedNodeName"], "<none>"),
        json!(gates),
    ]
}

fn bulk_pod(object: &Object, bulk: &Bulk, now: i64) -> Vec<Value> {
    let (ready, status, ip, node) = match bulk.state {
        BulkState::Running => ("2/2", "Running", bulk.ip(), bulk.node.to_string()),
        BulkState::Crashing => ("1/2", "CrashLoopBackOff", bulk.ip(), bulk.node.to_string()),
        BulkState::Pending => ("0/2", "Pending", "<none>".into(), "<none>".into()),
    };
    let restarts = match bulk.state {
        BulkState::Crashing => format!("{} ({} ago)", bulk.restarts, human_duration(now - bulk.changed)),
        _ => "0".to_owned(),
    };
    vec![
        json!(&*object.name),
        json!(ready),
        json!(status),
        json!(restarts),
        json!(human_duration(now - bulk.created)),
        json!(ip),
        json!(node),
        json!("<none>"),
        json!("<none>"),
    ]
}

fn replica_set(v: &Value, now: i64) -> Vec<Value> {
    let t = &v["spec"]["template"]["spec"];
    vec![
        name(v),
        number(&v["spec"]["replicas"]),
        number(&v["status"]["replicas"]),
        number(&v["status"]["readyReplicas"]),
        age(v, now),
        containers(t),
        images(t),
        json!(selector(&v["spec"]["selector"])),
    ]
}

fn daemon_set(v: &Value, now: i64) -> Vec<Value> {
    let (s, t) = (&v["status"], &v["spec"]["template"]["spec"]);
    vec![
        name(v),
        number(&s["desiredNumberScheduled"]),
        number(&s["currentNumberScheduled"]),
        number(&s["numberReady"]),
        number(&s["updatedNumberScheduled"]),
        number(&s["numberAvailable"]),
        labels(&t["nodeSelector"]),
        age(v, now),
        containers(t),
        images(t),
        json!(selector(&v["spec"]["selector"])),
    ]
}

fn deployment(v: &Value, now: i64) -> Vec<Value> {
    let (s, t) = (&v["status"], &v["spec"]["template"]["spec"]);
    vec![
        name(v),
        json!(format!("{}/{}", int(&s["readyReplicas"]), int(&v["spec"]["replicas"]))),
        number(&s["updatedReplicas"]),
        number(&s["availableReplicas"]),
        age(v, now),
        containers(t),
        images(t),
        json!(selector(&v["spec"]["selector"])),
    ]
}

fn job(v: &Value, now: i64) -> Vec<Value> {
    let (spec, s, t) = (&v["spec"], &v["status"], &v["spec"]["template"]["spec"]);
    let has = |kind: &str| {
        list(&s["conditions"])
            .iter()
            .any(|c| c["type"] == kind && c["status"] == "True")
    };
    let status = match () {
        () if has("Complete") => "Complete",
        () if has("Failed") => "Failed",
        () if v["metadata"]["deletionTimestamp"].is_string() => "Terminating",
        () if has("Suspended") => "Suspended",
        () if has("FailureTarget") => "FailureTarget",
        () => "Running",
    };
    let done = int(&s["succeeded"]);
    let completions = match (spec["completions"].as_i64(), spec["parallelism"].as_i64()) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, Some(parallelism)) if parallelism > 1 => format!("{done}/1 of {parallelism}"),
        _ => format!("{done}/1"),
    };
    let start = s["startTime"].as_str().and_then(parse_time);
    let end = s["completionTime"].as_str().and_then(parse_time).unwrap_or(now);
    let duration = start.map(|start| human_duration(end - start)).unwrap_or_default();
    vec![
        name(v),
        json!(status),
        json!(completions),
        json!(duration),
        age(v, now),
        containers(t),
        images(t),
        json!(selector(&spec["selector"])),
    ]
}

fn cron_job(v: &Value, now: i64) -> Vec<Value> {
    let t = &v["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let last = &v["status"]["lastScheduleTime"];
    vec![
        name(v),
        text(&v["spec"]["schedule"]),
        or(&v["spec"]["timeZone"], "<none>"),
        json!(if v["spec"]["suspend"] == true { "True" } else { "False" }),
        json!(size(&v["status"]["active"])),
        json!(if last.is_string() {
            since(last, now)
        } else {
            "<none>".into()
        }),
        age(v, now),
        containers(t),
        images(t),
        json!("<none>"),
    ]
}

fn service(v: &Value, now: i64) -> Vec<Value> {
    let spec = &v["spec"];
    let mut external: Vec<String> = Vec::new();
    if spec["type"] == "LoadBalancer" {
        let addresses = list(&v["status"]["loadBalancer"]["ingress"]).iter();
        external.extend(addresses.map(|i| {
            i["ip"]
                .as_str()
                .or(i["hostname"].as_str())
                .unwrap_or_default()
                .to_owned()
        }));
    }
    external.extend(list(&spec["externalIPs"]).iter().map(|i| str_of(i).to_owned()));
    let external = match str_of(&spec["type"]) {
        "ExternalName" => str_of(&spec["externalName"]).to_owned(),
        "LoadBalancer" if external.is_empty() => "<pending>".into(),
        _ => none_if_empty(external.join(",")),
    };
    let ports = list(&spec["ports"]).iter().map(|p| match int(&p["nodePort"]) {
        0 => format!("{}/{}", int(&p["port"]), str_of(&p["protocol"])),
        node => format!("{}:{node}/{}", int(&p["port"]), str_of(&p["protocol"])),
    });
    vec![
        name(v),
        text(&spec["type"]),
        or(&spec["clusterIP"], "<none>"),
        json!(external),
        json!(none_if_empty(ports.collect::<Vec<_>>().join(","))),
        age(v, now),
        labels(&spec["selector"]),
    ]
}

fn ingress(v: &Value, now: i64) -> Vec<Value> {
    let hosts: Vec<&str> = list(&v["spec"]["rules"])
        .iter()
        .map(|r| str_of(&r["host"]))
        .filter(|h| !h.is_empty())
        .collect();
    let shown = hosts.iter().take(3).copied().collect::<Vec<_>>().join(",");
    let hosts = match hosts.len() {
        0 => "*".into(),
        n @ 4.. => format!("{shown} + {} more...", n - 3),
        _ => shown,
    };
    let addresses = list(&v["status"]["loadBalancer"]["ingress"]).iter();
    let addresses = addresses.map(|i| i["ip"].as_str().or(i["hostname"].as_str()).unwrap_or_default());
    vec![
        name(v),
        or(&v["spec"]["ingressClassName"], "<none>"),
        json!(hosts),
        json!(addresses.collect::<Vec<_>>().join(",")),
        json!(if v["spec"]["tls"].is_array() { "80, 443" } else { "80" }),
        age(v, now),
    ]
}

fn more(all: Vec<String>) -> String {
    match all.len() {
        0 => "<none>".into(),
        n @ 4.. => format!("{} + {} more...", all[..3].join(","), n - 3),
        _ => all.join(","),
    }
}

fn endpoints(v: &Value) -> String {
    let mut all = Vec::new();
    // The printers say `<none>` only where nothing is selected; addresses that are not ready leave the cell blank.
    if !list(&v["subsets"]).is_empty() && list(&v["subsets"]).iter().all(|s| list(&s["addresses"]).is_empty()) {
        return String::new();
    }
    for subset in list(&v["subsets"]) {
        let ports = list(&subset["ports"]);
        if ports.is_empty() {
            all.extend(list(&subset["addresses"]).iter().map(|a| str_of(&a["ip"]).to_owned()));
        }
        for port in ports {
            let port = int(&port["port"]);
            all.extend(
                list(&subset["addresses"])
                    .iter()
                    .map(|a| format!("{}:{port}", str_of(&a["ip"]))),
            );
        }
    }
    more(all)
}

fn endpoint_slice(v: &Value, now: i64) -> Vec<Value> {
    let ports: Vec<String> = list(&v["ports"]).iter().map(|p| int(&p["port"]).to_string()).collect();
    let ports = if v["ports"].as_array().is_none_or(Vec::is_empty) {
        "<unset>".into()
    } else {
        ports.join(",")
    };
    let all = list(&v["endpoints"])
        .iter()
        .flat_map(|e| list(&e["addresses"]))
        .map(|a| str_of(a).to_owned());
    let all: Vec<String> = all.collect();
    let shown = if all.is_empty() {
        "<unset>".to_owned()
    } else {
        more(all)
    };
    vec![
        name(v),
        text(&v["addressType"]),
        json!(ports),
        json!(shown),
        age(v, now),
    ]
}

fn node(v: &Value, now: i64) -> Vec<Value> {
    let ready = list(&v["status"]["conditions"]).iter().find(|c| c["type"] == "Ready");
    let mut status = match ready {
        Some(c) if c["status"] == "True" => "Ready".to_owned(),
        Some(_) => "NotReady".to_owned(),
        None => "Unknown".to_owned(),
    };
    if v["spec"]["unschedulable"] == true {
        status += ",SchedulingDisabled";
    }
    let labels = v["metadata"]["labels"].as_object();
    let mut roles: Vec<&str> = Vec::new();
    for (key, value) in labels.into_iter().flatten() {
        if let Some(role) = key.strip_prefix("node-role.kubernetes.io/").filter(|r| !r.is_empty()) {
            roles.push(role);
        } else if key == "kubernetes.io/role" {
            roles.push(str_of(value));
        }
    }
    roles.sort_unstable();
    let address = |kind: &str| {
        let found = list(&v["status"]["addresses"]).iter().find(|a| a["type"] == kind);
        found.map_or(json!("<none>"), |a| text(&a["address"]))
    };
    let info = &v["status"]["nodeInfo"];
    vec![
        name(v),
        json!(status),
        json!(none_if_empty(roles.join(","))),
        age(v, now),
        text(&info["kubeletVersion"]),
        address("InternalIP"),
        address("ExternalIP"),
        or(&info["osImage"], "<unknown>"),
        or(&info["kernelVersion"], "<unknown>"),
        or(&info["containerRuntimeVersion"], "<unknown>"),
    ]
}

fn event(v: &Value, now: i64) -> Vec<Value> {
    let event_time = &v["eventTime"];
    let first = if v["firstTimestamp"].is_string() {
        &v["firstTimestamp"]
    } else {
        event_time
    };
    let mut last = if v["lastTimestamp"].is_string() {
        &v["lastTimestamp"]
    } else {
        first
    };
    let mut count = v["count"].as_i64().unwrap_or(1);
    if v["series"].is_object() {
        last = &v["series"]["lastObservedTime"];
        count = int(&v["series"]["count"]);
    } else if count == 0 {
        count = 1;
    }
    let target = &v["involvedObject"];
    let object = match str_of(&target["name"]) {
        "" => str_of(&target["kind"]).to_lowercase(),
        name => format!("{}/{name}", str_of(&target["kind"]).to_lowercase()),
    };
    let component = match str_of(&v["source"]["component"]) {
        "" => str_of(&v["reportingComponent"]),
        component => component,
    };
    let source = match str_of(&v["source"]["host"]) {
        "" => component.to_owned(),
        host => format!("{component}, {host}"),
    };
    vec![
        json!(since(last, now)),
        text(&v["type"]),
        text(&v["reason"]),
        json!(object),
        text(&target["fieldPath"]),
        json!(source),
        json!(str_of(&v["message"]).trim()),
        json!(since(first, now)),
        json!(count),
        name(v),
    ]
}

fn access_modes(value: &Value) -> String {
    let short = |m: &Value| match str_of(m) {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        _ => "",
    };
    list(value).iter().map(short).collect::<Vec<_>>().join(",")
}

fn phase_or_terminating(v: &Value) -> &str {
    if v["metadata"]["deletionTimestamp"].is_string() {
        "Terminating"
    } else {
        str_of(&v["status"]["phase"])
    }
}

fn volume(v: &Value, now: i64) -> Vec<Value> {
    let spec = &v["spec"];
    let claim = match str_of(&spec["claimRef"]["name"]) {
        "" => String::new(),
        name => format!("{}/{name}", str_of(&spec["claimRef"]["namespace"])),
    };
    vec![
        name(v),
        text(&spec["capacity"]["storage"]),
        json!(access_modes(&spec["accessModes"])),
        text(&spec["persistentVolumeReclaimPolicy"]),
        json!(phase_or_terminating(v)),
        json!(claim),
        text(&spec["storageClassName"]),
        or(&spec["volumeAttributesClassName"], "<unset>"),
        text(&v["status"]["reason"]),
        age(v, now),
        or(&spec["volumeMode"], "<unset>"),
    ]
}

fn claim(v: &Value, now: i64) -> Vec<Value> {
    let spec = &v["spec"];
    let bound = !str_of(&spec["volumeName"]).is_empty();
    let (capacity, modes) = match bound {
        true => (
            str_of(&v["status"]["capacity"]["storage"]),
            access_modes(&v["status"]["accessModes"]),
        ),
        false => ("", String::new()),
    };
    vec![
        name(v),
        json!(phase_or_terminating(v)),
        text(&spec["volumeName"]),
        json!(capacity),
        json!(modes),
        text(&spec["storageClassName"]),
        or(&spec["volumeAttributesClassName"], "<unset>"),
        age(v, now),
        or(&spec["volumeMode"], "<unset>"),
    ]
}

fn component(v: &Value, _: i64) -> Vec<Value> {
    let c = &v["conditions"][0];
    let status = match str_of(&c["status"]) {
        "True" => "Healthy",
        "False" => "Unhealthy",
        _ => "Unknown",
    };
    vec![name(v), json!(status), text(&c["message"]), text(&c["error"])]
}

fn autoscaler(v: &Value, now: i64) -> Vec<Value> {
    let (spec, status) = (&v["spec"], &v["status"]);
    let mut targets = Vec::new();
    for (at, metric) in list(&spec["metrics"]).iter().enumerate() {
        let kind = str_of(&metric["type"]);
        let field = if kind == "ContainerResource" {
            "containerResource".into()
        } else {
            kind.to_lowercase()
        };
        let (wanted, current) = (
            &metric[field.as_str()],
            &status["currentMetrics"][at][field.as_str()]["current"],
        );
        let target = &wanted["target"];
        let text = if let Some(percent) = target["averageUtilization"].as_i64() {
            let now = current["averageUtilization"]
                .as_i64()
                .map_or("<unknown>".into(), |n| format!("{n}%"));
            format!("{}: {now}/{percent}%", str_of(&wanted["name"]))
        } else {
            let field = if target["averageValue"].is_string() {
                "averageValue"
            } else {
                "value"
            };
            let now = current[field].as_str().unwrap_or("<unknown>");
            let label = if kind == "Resource" {
                format!("{}: ", str_of(&wanted["name"]))
            } else {
                String::new()
            };
            let average = if field == "averageValue" && kind == "External" {
                " (avg)"
            } else {
                ""
            };
            format!("{label}{now}/{}{average}", str_of(&target[field]))
        };
        targets.push(text);
    }
    let targets = match targets.len() {
        0 => "<none>".into(),
        n @ 3.. => format!("{} + {} more...", targets[..2].join(", "), n - 2),
        _ => targets.join(", "),
    };
    let reference = &spec["scaleTargetRef"];
    vec![
        name(v),
        json!(format!("{}/{}", str_of(&reference["kind"]), str_of(&reference["name"]))),
        json!(targets),
        or(&spec["minReplicas"], "<unset>"),
        number(&spec["maxReplicas"]),
        number(&status["currentReplicas"]),
        age(v, now),
    ]
}

fn binding(v: &Value, now: i64) -> Vec<Value> {
    let of = |kind: &str| {
        let subjects = list(&v["subjects"])
            .iter()
            .filter(|s| s["kind"] == kind)
            .map(|s| match kind {
                "ServiceAccount" => format!("{}/{}", str_of(&s["namespace"]), str_of(&s["name"])),
                _ => str_of(&s["name"]).to_owned(),
            });
        json!(subjects.collect::<Vec<_>>().join(", "))
    };
    let role = format!("{}/{}", str_of(&v["roleRef"]["kind"]), str_of(&v["roleRef"]["name"]));
    vec![
        name(v),
        json!(role),
        age(v, now),
        of("User"),
        of("Group"),
        of("ServiceAccount"),
    ]
}

fn storage_class(v: &Value, now: i64) -> Vec<Value> {
    let mut shown = str_of(&v["metadata"]["name"]).to_owned();
    if v["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true" {
        shown += " (default)";
    }
    vec![
        json!(shown),
        text(&v["provisioner"]),
        or(&v["reclaimPolicy"], "Delete"),
        or(&v["volumeBindingMode"], "Immediate"),
        json!(v["allowVolumeExpansion"] == true),
        age(v, now),
    ]
}

fn quota(v: &Value, now: i64) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    for (resource, hard) in v["status"]["hard"].as_object().into_iter().flatten() {
        let line = format!(
            "{resource}: {}/{}",
            str_of(&v["status"]["used"][resource.as_str()]),
            str_of(hard)
        );
        if resource.starts_with("limits.") {
            limits.push(line)
        } else {
            requests.push(line)
        }
    }
    vec![
        name(v),
        json!(requests.join(", ")),
        json!(limits.join(", ")),
        age(v, now),
    ]
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
