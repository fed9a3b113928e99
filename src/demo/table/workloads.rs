//! The cells of pods and of what runs them.

use super::cells::{age, containers, images, int, labels, list, name, number, or, selector, since, size, str_of, text};
use crate::demo::clock::{human_duration, parse_time};
use crate::demo::object::{Bulk, BulkState, Object};
use serde_json::{Value, json};

/// STATUS, READY and RESTARTS of a pod by the server's six steps.
pub(super) fn pod(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn bulk_pod(object: &Object, bulk: &Bulk, now: i64) -> Vec<Value> {
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

pub(super) fn replica_set(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn daemon_set(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn deployment(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn job(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn cron_job(v: &Value, now: i64) -> Vec<Value> {
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

pub(super) fn autoscaler(v: &Value, now: i64) -> Vec<Value> {
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
