//! What is wrong with a pod, or what it waits for: a cause in one sentence and a next step, from its status, its events
//! and what stands around it. It refuses to guess: what nobody has said is not said here.

use super::Phrase;
use super::events::{EventFacts, condition};
use super::{
    Around, Finding, at, bool_at, container, ending, image, items_at, number_at, placement, pod, probe, say, text_at,
};
use crate::kinds::Health;
use crate::text::{age, human_duration, parse_time};
use serde_json::Value;

/// Within so many seconds an event about a probe counts as now.
const RECENT: i64 = 10 * 60;
/// At most so many characters of what a server said are quoted.
pub(super) const QUOTE: usize = 160;

/// A finding with its cause and its next step.
pub(super) fn finding(health: Health, cause: impl Into<Phrase>, next: impl Into<Phrase>) -> Finding {
    Finding {
        health,
        cause: cause.into(),
        next: next.into(),
    }
}

/// What is wrong with a pod, the worst first; `events` are those about it.
pub(super) fn of(pod: &Value, events: &[EventFacts], around: &Around<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    if !text_at(pod, "metadata/deletionTimestamp").is_empty() && !pod::is_over(pod) {
        found.extend(ending::of(pod, around));
        return found;
    }
    if text_at(pod, "status/phase") == "Failed" {
        found.extend(failed(pod));
    }
    found.extend(placement::unscheduled(pod, events, around));
    for (list, statuses) in [
        ("spec/initContainers", "status/initContainerStatuses"),
        ("spec/containers", "status/containerStatuses"),
    ] {
        for status in items_at(pod, statuses) {
            let name = text_at(status, "name");
            let spec = items_at(pod, list)
                .iter()
                .find(|container| text_at(container, "name") == name);
            let container = Container {
                pod,
                spec: spec.unwrap_or(&Value::Null),
                status,
                name,
                is_init: list == "spec/initContainers",
                events,
                now: around.now,
            };
            found.extend(container.finding(around));
        }
    }
    if found.is_empty() {
        found.extend(waiting(pod, events, around));
    }
    found.sort_by_key(|finding| std::cmp::Reverse(finding.health));
    found
}

struct Container<'a> {
    pod: &'a Value,
    spec: &'a Value,
    status: &'a Value,
    name: &'a str,
    is_init: bool,
    events: &'a [EventFacts],
    now: i64,
}

impl Container<'_> {
    fn word(&self) -> String {
        let kind = if self.is_init { "Init container" } else { "Container" };
        format!("{kind} {}", self.name)
    }

    fn finding(&self, around: &Around<'_>) -> Option<Finding> {
        let waiting = at(self.status, "state/waiting");
        let (reason, message) = (text_at(waiting, "reason"), text_at(waiting, "message"));
        match reason {
            "" => {}
            "CrashLoopBackOff" => return Some(self.crashing(message)),
            "CreateContainerConfigError" => return Some(self.configuration(message)),
            "CreateContainerError"
            | "RunContainerError"
            | "StartError"
            | "ContainerCannotRun"
            | "PreCreateHookError"
            | "PostStartHookError"
            | "CreateContainerHookError" => return Some(self.unstartable(reason, message)),
            "ContainerCreating" | "PodInitializing" => return None,
            _ if reason.contains("Image") || reason.contains("Registry") => {
                return Some(image::finding(&self.word(), self.spec, reason, message, self.events));
            }
            other => {
                let cause = format!("{} waits: {other} {}", self.word(), say::brief(message, QUOTE));
                return Some(finding(Health::Warn, cause.trim_end(), ""));
            }
        }
        let ended = at(self.status, "state/terminated");
        if ended.is_object() {
            return self.ended(ended);
        }
        self.running(around)
    }

    fn restarts(&self) -> i64 {
        number_at(self.status, "restartCount").unwrap_or(0)
    }

    /// `3 times, the last 5m ago`
    fn how_often(&self) -> String {
        let finished = parse_time(text_at(self.status, "lastState/terminated/finishedAt"));
        let times = match self.restarts() {
            1 => "once".to_owned(),
            2 => "twice".to_owned(),
            many => format!("{many} times"),
        };
        match finished {
            Some(finished) => format!("restarted {times}, it last ended {} ago", age(self.now, Some(finished))),
            None => format!("restarted {times}"),
        }
    }

    fn memory_limit(&self) -> String {
        let limit = say::scalar(at(self.spec, "resources/limits/memory"));
        if limit.is_empty() {
            "the node's memory".to_owned()
        } else {
            format!("its limit of {limit}")
        }
    }

    fn out_of_memory(&self, health: Health) -> Finding {
        let limited = at(self.spec, "resources/limits/memory").is_string();
        let cause = format!(
            "{} was killed because it used more memory than {} (OOMKilled); {}",
            self.word(),
            self.memory_limit(),
            self.how_often()
        );
        let next = if limited {
            "Raise its memory limit, or find in its log and metrics what takes the memory"
        } else {
            "Give it a memory limit that fits it, and move it to a node with more memory"
        };
        finding(health, cause.trim_end_matches("; restarted 0 times"), next)
    }

    /// The newest event about this container with this reason whose message begins so.
    fn event(&self, reason: &str, begins: &str) -> Option<&EventFacts> {
        self.events.iter().rev().find(|event| {
            let own = event.container().is_none_or(|name| name == self.name);
            own && event.reason == reason && event.message.starts_with(begins)
        })
    }

    fn probe_event(&self, kind: &str) -> Option<&EventFacts> {
        let event = self.event("Unhealthy", &format!("{kind} probe"))?;
        let recent = event.last.is_none_or(|last| self.now.saturating_sub(last) <= RECENT);
        recent.then_some(event)
    }

    fn crashing(&self, message: &str) -> Finding {
        let last = at(self.status, "lastState/terminated");
        if text_at(last, "reason") == "OOMKilled" {
            return self.out_of_memory(Health::Bad);
        }
        let code = number_at(last, "exitCode").unwrap_or(0);
        let times = (
            parse_time(text_at(last, "startedAt")),
            parse_time(text_at(last, "finishedAt")),
        );
        let lived = match times {
            (Some(start), Some(end)) => {
                format!(", {} after its start", human_duration(end.saturating_sub(start).max(0)))
            }
            _ => String::new(),
        };
        let pause = message
            .split_whitespace()
            .find(|word| word.starts_with(|letter: char| letter.is_ascii_digit()));
        let pause = pause.map_or_else(String::new, |pause| format!("; the next try waits up to {pause}"));
        if let Some(event) = self.probe_event("Liveness").or_else(|| self.probe_event("Startup")) {
            let cause = format!(
                "{} is killed again and again because its probe fails: {}; {}{pause}",
                self.word(),
                say::brief(&event.message, QUOTE),
                self.how_often()
            );
            return finding(Health::Bad, cause, self.probe_next("livenessProbe"));
        }
        let meaning = container::exit_meaning(code);
        let meaning = if meaning.is_empty() {
            String::new()
        } else {
            format!(" ({meaning})")
        };
        let said = last_line(text_at(last, "message"));
        let said = if said.is_empty() {
            String::new()
        } else {
            format!("; it said: {said}")
        };
        let often = self.how_often();
        if code == 0 {
            let cause = format!(
                "{} ends by itself without an error{lived}, and is started again; {often}{pause}",
                self.word()
            );
            let next = "Give it a command that keeps running; what ends by itself belongs into a Job";
            return finding(Health::Bad, cause, next);
        }
        let cause = format!(
            "{} crashes again and again: exit code {code}{meaning}{lived}; {often}{pause}{said}",
            self.word()
        );
        let next = match code {
            126 | 127 => "Correct its command: it is not in the image or cannot be executed",
            _ => "Read the log of its last run (logs, previous)",
        };
        finding(Health::Bad, cause, next)
    }

    fn probe_next(&self, path: &str) -> String {
        let probe = at(self.spec, path);
        if probe.is_object() {
            return format!(
                "See why the program does not answer in time, or make the probe more patient: {}",
                probe::line(probe)
            );
        }
        "See why the program does not answer in time, or make the probe more patient".to_owned()
    }

    /// A config map, a secret or a key that is not there, or an image that would run as root.
    fn configuration(&self, message: &str) -> Finding {
        let (what, next) = missing(message);
        finding(Health::Bad, format!("{} cannot be made: {what}", self.word()), next)
    }

    fn unstartable(&self, reason: &str, message: &str) -> Finding {
        let message = if message.is_empty() {
            self.event("Failed", "Error").map_or("", |event| event.message.as_str())
        } else {
            message
        };
        let lower = message.to_lowercase();
        if lower.contains("executable file not found") || lower.contains("no such file or directory") {
            let quoted = message
                .split("exec: ")
                .nth(1)
                .and_then(|rest| rest.split('"').nth(1))
                .unwrap_or_default();
            let command = if quoted.is_empty() {
                "its command".to_owned()
            } else {
                format!("its command {quoted:?}")
            };
            let cause = format!("{} cannot be started: {command} is not in the image", self.word());
            return finding(Health::Bad, cause, "Correct the command, or use an image that has it");
        }
        let cause = format!(
            "{} cannot be started ({reason}): {}",
            self.word(),
            say::brief(message, QUOTE)
        );
        finding(
            Health::Bad,
            cause,
            "Correct the container's command, mounts or security context",
        )
    }

    fn ended(&self, ended: &Value) -> Option<Finding> {
        let code = number_at(ended, "exitCode").unwrap_or(0);
        let reason = text_at(ended, "reason");
        if code == 0 && reason != "OOMKilled" {
            return None;
        }
        if reason == "OOMKilled" {
            return Some(self.out_of_memory(Health::Bad));
        }
        if reason == "StartError" || reason == "ContainerCannotRun" {
            return Some(self.unstartable(reason, text_at(ended, "message")));
        }
        let meaning = container::exit_meaning(code);
        let meaning = if meaning.is_empty() {
            String::new()
        } else {
            format!(" ({meaning})")
        };
        let said = last_line(text_at(ended, "message"));
        let said = if said.is_empty() {
            String::new()
        } else {
            format!("; it said: {said}")
        };
        let when = age(self.now, parse_time(text_at(ended, "finishedAt")));
        let stays = if text_at(self.pod, "spec/restartPolicy") == "Never" {
            " and is not started again"
        } else {
            ""
        };
        let cause = format!(
            "{} ended {when} ago with exit code {code}{meaning}{stays}{said}",
            self.word()
        );
        Some(finding(Health::Bad, cause, "Read its log"))
    }

    fn running(&self, around: &Around<'_>) -> Option<Finding> {
        let started = parse_time(text_at(self.status, "state/running/startedAt"))?;
        let last = at(self.status, "lastState/terminated");
        let recently =
            parse_time(text_at(last, "finishedAt")).is_some_and(|end| around.now.saturating_sub(end) <= 3600);
        if text_at(last, "reason") == "OOMKilled" && recently {
            return Some(self.out_of_memory(Health::Warn));
        }
        if let Some(event) = self
            .probe_event("Liveness")
            .filter(|_| self.restarts() > 0 || !pod::is_ready(self.pod))
        {
            let cause = format!(
                "{} is restarted because its liveness probe fails: {}; {}",
                self.word(),
                say::brief(after_colon(&event.message), QUOTE),
                self.how_often()
            );
            return Some(finding(Health::Bad, cause, self.probe_next("livenessProbe")));
        }
        if !pod::is_container_ready(self.status) && !self.is_init {
            for (kind, word, path) in [
                ("Startup", "startup", "startupProbe"),
                ("Readiness", "readiness", "readinessProbe"),
            ] {
                let Some(event) = self.probe_event(kind) else { continue };
                let cause = format!(
                    "{} runs but is not ready: its {word} probe fails: {} ({} times, last {} ago)",
                    self.word(),
                    say::brief(after_colon(&event.message), QUOTE),
                    event.count,
                    age(self.now, event.last)
                );
                return Some(finding(Health::Warn, cause, self.probe_next(path)));
            }
            let since = human_duration(around.now.saturating_sub(started));
            let cause = format!("{} has run for {since} but is not ready yet", self.word());
            let next = if at(self.spec, "readinessProbe").is_object() {
                format!(
                    "It waits for its readiness probe: {}",
                    probe::line(at(self.spec, "readinessProbe"))
                )
            } else {
                String::new()
            };
            return Some(finding(Health::Progress, cause, next));
        }
        if recently && number_at(last, "exitCode").is_some_and(|code| code != 0) {
            let code = number_at(last, "exitCode").unwrap_or(0);
            let cause = format!(
                "{} ended with exit code {code} and was started again; {}",
                self.word(),
                self.how_often()
            );
            return Some(finding(
                Health::Warn,
                cause,
                "Read the log of its last run (logs, previous)",
            ));
        }
        None
    }
}

/// The last line of a text that says something.
fn last_line(text: &str) -> String {
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.map_or_else(String::new, |line| say::brief(line, QUOTE))
}

fn after_colon(text: &str) -> &str {
    text.split_once(": ").map_or(text, |(_, rest)| rest)
}

/// What the kubelet misses, in words, and what to do: from `configmap "x" not found`, `couldn't find key k in Secret
/// ns/name`, `references non-existent config key: k`.
pub(super) fn missing(message: &str) -> (String, String) {
    let quoted = |after: &str| {
        let (_, rest) = message.split_once(after)?;
        let name = rest.strip_prefix('"')?;
        name.split_once('"')
            .map(|(name, rest)| (name.to_owned(), rest.trim_start().starts_with("not found")))
    };
    for (word, kind) in [
        ("configmap ", "config map"),
        ("secret ", "secret"),
        ("serviceaccount ", "service account"),
    ] {
        if let Some((name, true)) = quoted(word) {
            return (
                format!("there is no {kind} {name} in its namespace"),
                format!("Create the {kind} {name}, or correct its name in the pod; the pod goes on by itself then"),
            );
        }
    }
    if let Some((_, rest)) = message.split_once("couldn't find key ") {
        let mut words = rest.split_whitespace();
        let key = words.next().unwrap_or_default();
        let kind = match words.nth(1) {
            Some("ConfigMap") => "config map",
            _ => "secret",
        };
        let name = words.next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        return (
            format!("the {kind} {name} has no key {key}"),
            format!("Add the key {key} to the {kind} {name}, or correct the key in the pod"),
        );
    }
    if let Some((_, key)) = message.split_once("references non-existent ") {
        let (kind, key) = key.split_once(" key: ").unwrap_or(("", key));
        let kind = if kind == "config" { "config map" } else { "secret" };
        return (
            format!("a {kind} that it mounts has no key {key}"),
            format!("Add the key {key} to the {kind}, or correct the key in the volume"),
        );
    }
    if message.contains("runAsNonRoot") {
        return (
            "it must not run as root, but its image does".to_owned(),
            "Set runAsUser to a user that is not 0, or use an image with such a user".to_owned(),
        );
    }
    (say::brief(message, QUOTE), "Correct what the pod refers to".to_owned())
}

fn failed(pod: &Value) -> Option<Finding> {
    let reason = text_at(pod, "status/reason");
    let message = say::brief(text_at(pod, "status/message"), QUOTE);
    if reason.is_empty() {
        return None;
    }
    let (cause, next) = match reason {
        "Evicted" => (
            format!("The pod was evicted from its node: {message}"),
            "Give its containers requests that match what they use; the node was short of what the message names",
        ),
        "DeadlineExceeded" => (
            format!("The pod ran longer than its active deadline allows: {message}"),
            "Raise activeDeadlineSeconds, or see in its log why it took so long",
        ),
        "NodeLost" | "NodeShutdown" | "Shutdown" | "Terminated" => {
            (format!("The pod ended because its node went down: {message}"), "")
        }
        "NodeAffinity"
        | "UnexpectedAdmissionError"
        | "OutOfcpu"
        | "OutOfmemory"
        | "OutOfpods"
        | "TopologyAffinityError" => (
            format!("The node refused the pod ({reason}): {message}"),
            "Delete it: what controls it makes another one",
        ),
        other => (format!("The pod has failed ({other}): {message}"), ""),
    };
    Some(finding(Health::Bad, cause.trim_end_matches(": "), next))
}

/// A pod that has a node but whose containers are not there yet, or that waits for something outside of it.
fn waiting(pod: &Value, events: &[EventFacts], around: &Around<'_>) -> Option<Finding> {
    if pod::is_over(pod) || text_at(pod, "spec/nodeName").is_empty() {
        return None;
    }
    let started = items_at(pod, "status/containerStatuses")
        .iter()
        .chain(items_at(pod, "status/initContainerStatuses"))
        .any(|status| at(status, "state/running").is_object());
    if started {
        let unmet = items_at(pod, "spec/readinessGates")
            .iter()
            .map(|gate| text_at(gate, "conditionType"))
            .find(|gate| condition(pod, gate).is_none_or(|it| text_at(it, "status") != "True"))?;
        let cause = format!("Its containers are ready, but the readiness gate {unmet} is not fulfilled");
        return Some(finding(
            Health::Warn,
            cause,
            "Whatever sets that condition has not done so",
        ));
    }
    let newest = |reason: &str| events.iter().rev().find(|event| event.reason == reason);
    if let Some(event) = newest("FailedMount").or_else(|| newest("FailedAttachVolume")) {
        let lower = event.message.to_lowercase();
        let told = events.iter().rev().find(|event| {
            event.reason == "FailedMount"
                && (event.message.contains("not found") || event.message.contains("references non-existent"))
        });
        if let Some(event) = told {
            let volume = event
                .message
                .split("volume \"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_default();
            let (what, next) = missing(&event.message);
            return Some(finding(
                Health::Bad,
                format!("The pod waits for its volume {volume}: {what}"),
                next,
            ));
        }
        let cause = format!(
            "A volume of the pod cannot be mounted: {}",
            say::brief(&event.message, QUOTE)
        );
        let next = if lower.contains("multi-attach") {
            "The volume is still attached to another node: end the pod that uses it there"
        } else {
            "See the volume's claim, and the node's log"
        };
        return Some(finding(Health::Bad, cause, next));
    }
    if let Some(event) = newest("FailedCreatePodSandBox") {
        let cause = format!(
            "The node cannot make the pod's sandbox: {}",
            say::brief(&event.message, QUOTE)
        );
        return Some(finding(
            Health::Bad,
            cause,
            "See the network plug-in and the container runtime of the node",
        ));
    }
    let ready = items_at(pod, "status/containerStatuses")
        .iter()
        .all(|status| bool_at(status, "ready"));
    if text_at(pod, "status/phase") == "Pending" || !ready {
        let node = text_at(pod, "spec/nodeName");
        let since = age(around.now, parse_time(text_at(pod, "status/startTime")));
        let pulling = newest("Pulling").filter(|event| newest("Pulled").is_none_or(|pulled| pulled.last < event.last));
        let cause = match pulling {
            Some(event) => format!(
                "Its node {node} is {} since {}",
                lowered(&event.message),
                age(around.now, event.first)
            ),
            None => format!("Its node {node} makes its containers, since {since}"),
        };
        return Some(finding(Health::Progress, cause, ""));
    }
    None
}

fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
