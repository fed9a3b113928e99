//! How a container fares, read from its pod: which instance there is, how it ended, what it waits for, and whether another
//! one will come. Nothing else of the pod is looked at.

use crate::text::Clean;
use serde::Deserialize;

/// How an instance ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Its exit code.
    pub code: i32,
    /// `Error`, `OOMKilled`, `Completed` …
    pub reason: Clean,
}

impl Ending {
    /// `exit code 137, OOMKilled`
    pub fn words(&self) -> Clean {
        match self.reason.is_empty() {
            true => Clean::new(&format!("exit code {}", self.code)),
            false => Clean::new(&format!("exit code {}, {}", self.code, self.reason)),
        }
    }
}

/// A run of a container. The log that is served without `previous` is that of the newest one, also after its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// How many there were before it.
    pub number: u32,
    /// What the runtime calls it.
    pub id: String,
    /// How it ended, if it has.
    pub ending: Option<Ending>,
}

/// What there is to know about a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its newest instance; None before the first one.
    pub instance: Option<Instance>,
    /// How the instance before that ended, when there was one that is still known.
    pub earlier: Option<Ending>,
    /// What it waits for (`ContainerCreating`, `CrashLoopBackOff`); empty when it does not.
    pub waiting: Clean,
    /// Why no other instance will come; None when one will, should this one end.
    pub last: Option<Clean>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod {
    metadata: Metadata,
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    uid: String,
    deletion_timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    restart_policy: String,
    init_containers: Vec<Named>,
    containers: Vec<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Named {
    name: String,
    restart_policy: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    phase: String,
    reason: String,
    container_statuses: Vec<ContainerStatus>,
    init_container_statuses: Vec<ContainerStatus>,
    ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ContainerStatus {
    name: String,
    restart_count: u32,
    #[serde(rename = "containerID")]
    id: String,
    state: State,
    last_state: State,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
    running: Option<serde::de::IgnoredAny>,
    terminated: Option<Terminated>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting {
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Terminated {
    exit_code: i32,
    reason: String,
    #[serde(rename = "containerID")]
    id: String,
}

impl Terminated {
    fn ending(&self) -> Ending {
        Ending {
            code: self.exit_code,
            reason: Clean::new(&self.reason),
        }
    }
}

/// The uid of a pod and how one of its containers fares.
///
/// # Errors
/// When this is no pod, or it has no such container: what to tell the user.
pub fn facts(pod: &[u8], container: &str) -> Result<(String, Facts), Clean> {
    let pod: Pod =
        serde_json::from_slice(pod).map_err(|error| Clean::new(&format!("the pod could not be read: {error}")))?;
    let of = |list: Vec<ContainerStatus>| list.into_iter().find(|status| status.name == container);
    let ephemeral = of(pod.status.ephemeral_container_statuses);
    let is_ephemeral = ephemeral.is_some();
    let init = pod.spec.init_containers.iter().find(|init| init.name == container);
    let is_known = init.is_some() || is_ephemeral || pod.spec.containers.iter().any(|named| named.name == container);
    if !is_known && !pod.spec.containers.is_empty() {
        return Err(Clean::new(&format!("the pod has no container {container}")));
    }
    let status = of(pod.status.container_statuses)
        .or_else(|| of(pod.status.init_container_statuses))
        .or(ephemeral);
    let uid = pod.metadata.uid;
    let over = matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
    let Some(status) = status else {
        let waiting = match (pod.status.reason.as_str(), pod.status.phase.as_str()) {
            ("", "") => "Pending",
            ("", phase) => phase,
            (reason, _) => reason,
        };
        let last = over.then(|| Clean::new(&format!("the pod has ended ({waiting}) and this container never ran")));
        let facts = Facts {
            instance: None,
            earlier: None,
            waiting: Clean::new(waiting),
            last,
        };
        return Ok((uid, facts));
    };
    let waiting = status.state.waiting.as_ref();
    let ended = status.state.terminated.as_ref();
    let before = status.last_state.terminated.as_ref();
    let number = status.restart_count;
    // While it waits for its next start, the newest instance is the one that ended last.
    let (instance, earlier) = match (waiting, ended, before) {
        (Some(_), _, Some(before)) => (
            Some(Instance {
                number,
                id: before.id.clone(),
                ending: Some(before.ending()),
            }),
            None,
        ),
        (Some(_), _, None) => (None, None),
        (None, Some(ended), before) => (
            Some(Instance {
                number,
                id: ended.id.clone(),
                ending: Some(ended.ending()),
            }),
            before.map(Terminated::ending),
        ),
        (None, None, before) if status.state.running.is_some() => (
            Some(Instance {
                number,
                id: status.id.clone(),
                ending: None,
            }),
            before.map(Terminated::ending),
        ),
        (None, None, _) => (None, None),
    };
    let policy = match init {
        Some(init) if init.restart_policy == "Always" => "Always",
        Some(_) if pod.spec.restart_policy == "Never" => "Never",
        Some(_) => "OnFailure",
        None if is_ephemeral => "Never",
        None => pod.spec.restart_policy.as_str(),
    };
    let succeeded = ended.is_some_and(|ended| ended.exit_code == 0);
    let stays = match policy {
        "Never" => true,
        "OnFailure" => succeeded,
        _ => false,
    };
    let last = match ended {
        Some(ended) if over || stays || pod.metadata.deletion_timestamp.is_some() => Some(Clean::new(&format!(
            "the container has ended: {}",
            ended.ending().words()
        ))),
        None if over => Some(Clean::new("the pod has ended")),
        _ => None,
    };
    let reason = match (waiting, ended) {
        (Some(waiting), _) if !waiting.reason.is_empty() => waiting.reason.as_str(),
        (_, Some(_)) => "restarting",
        (Some(_), _) | (None, None) => "Waiting",
    };
    let facts = Facts {
        waiting: match instance.as_ref().is_some_and(|instance| instance.ending.is_none()) {
            true => Clean::default(),
            false => Clean::new(reason),
        },
        instance,
        earlier,
        last,
    };
    Ok((uid, facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(spec: Value, status: Value, deleted: bool) -> Facts {
        let mut pod = json!({"metadata": {"uid": "u"}, "spec": spec, "status": status});
        if deleted {
            pod["metadata"]["deletionTimestamp"] = "2026-11-20T21:03:57Z".into();
        }
        facts(pod.to_string().as_bytes(), "main").unwrap().1
    }

    #[test]
    fn how_a_container_fares() {
        let spec = |policy: &str| json!({"restartPolicy": policy, "containers": [{"name": "main"}]});
        let running = json!({"running": {"startedAt": "x"}});
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let ended = |code: i32| json!({"terminated": {"exitCode": code, "reason": "Error", "containerID": "c://1"}});
        let status = |count: u32, state: &Value, last: &Value| json!({"phase": "Running", "containerStatuses": [{"name": "main", "restartCount": count, "containerID": "c://2", "state": state, "lastState": last}]});
        let none = json!({});
        // Instance as number, id and exit code; earlier exit code; what it waits for; whether nothing else comes.
        for (policy, status, deleted, wanted) in [
            ("Always", json!({"phase": "Pending"}), false, "- - Pending -"),
            (
                "Always",
                json!({"phase": "Failed", "reason": "Evicted"}),
                false,
                "- - Evicted last",
            ),
            (
                "Always",
                status(0, &waiting("ContainerCreating"), &none),
                false,
                "- - ContainerCreating -",
            ),
            ("Always", status(0, &running, &none), false, "0:c://2:- -  -"),
            ("Always", status(0, &running, &none), true, "0:c://2:- -  -"),
            ("Always", status(3, &running, &ended(1)), false, "3:c://2:- 1  -"),
            (
                "Always",
                status(3, &waiting("CrashLoopBackOff"), &ended(1)),
                false,
                "3:c://1:1 - CrashLoopBackOff -",
            ),
            ("Always", status(0, &ended(0), &none), false, "0:c://1:0 - restarting -"),
            (
                "Always",
                status(0, &ended(0), &none),
                true,
                "0:c://1:0 - restarting last",
            ),
            (
                "Never",
                status(0, &ended(2), &none),
                false,
                "0:c://1:2 - restarting last",
            ),
            (
                "OnFailure",
                status(1, &ended(0), &ended(1)),
                false,
                "1:c://1:0 1 restarting last",
            ),
            (
                "OnFailure",
                status(1, &ended(2), &ended(1)),
                false,
                "1:c://1:2 1 restarting -",
            ),
        ] {
            let facts = read(spec(policy), status.clone(), deleted);
            let code =
                |ending: &Option<Ending>| ending.as_ref().map_or("-".to_owned(), |ending| ending.code.to_string());
            let instance = facts.instance.as_ref().map_or("-".to_owned(), |instance| {
                format!("{}:{}:{}", instance.number, instance.id, code(&instance.ending))
            });
            let last = if facts.last.is_some() { "last" } else { "-" };
            let found = format!("{instance} {} {} {last}", code(&facts.earlier), facts.waiting);
            assert_eq!(found, wanted, "{policy} {status}");
        }
    }

    #[test]
    fn other_kinds_of_container() {
        let ended = json!([{"name": "main", "state": {"terminated": {"exitCode": 0}}}]);
        let spec = |policy: &str| json!({"restartPolicy": "Always", "containers": [{"name": "app"}], "initContainers": [{"name": "main", "restartPolicy": policy}]});
        assert!(
            read(spec(""), json!({"initContainerStatuses": ended}), false)
                .last
                .is_some()
        );
        assert!(
            read(spec("Always"), json!({"initContainerStatuses": ended}), false)
                .last
                .is_none()
        );
        let spec = json!({"restartPolicy": "Always", "containers": [{"name": "app"}]});
        assert!(
            read(spec.clone(), json!({"ephemeralContainerStatuses": ended}), false)
                .last
                .is_some()
        );
        let pod = json!({"metadata": {"uid": "u"}, "spec": spec}).to_string();
        assert!(facts(pod.as_bytes(), "main").is_err());
        assert!(facts(b"[", "main").is_err());
    }
}
