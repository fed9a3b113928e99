//! The cells of what belongs to the cluster: nodes, events, volumes, bindings and quotas.

use super::cells::{age, int, list, name, none_if_empty, or, since, str_of, text};
use serde_json::{Value, json};

pub(super) fn node(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn event(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn volume(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn claim(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn component(v: &Value, _: i64) -> Vec<Value> {
    let c = &v["conditions"][0];
    let status = match str_of(&c["status"]) {
        "True" => "Healthy",
        "False" => "Unhealthy",
        _ => "Unknown",
    };
    vec![name(v), json!(status), text(&c["message"]), text(&c["error"])]
}

pub(super) fn binding(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn storage_class(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn quota(v: &Value, now: i64) -> Vec<Value> {
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
