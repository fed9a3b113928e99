//! Containers as kubectl's describe prints them, in pods with their state and in pod templates without.

use super::amount::Amount;
use super::{Around, Item, Phrase, at, bool_at, items_at, number_at, probe, say, text_at, volume};
use crate::text::{Quantity, human_duration, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// At most so many lines of a command, an argument or a message are printed.
const MOST_LINES: usize = 200;

/// Where containers stand.
#[derive(Clone, Copy)]
pub(super) struct Home<'a> {
    /// The pod's spec, or the template's.
    pub(super) spec: &'a Value,
    /// The pod, where it is one.
    pub(super) pod: Option<&'a Value>,
    /// Their namespace.
    pub(super) namespace: &'a str,
}

/// The containers of a list (`containers`, `initContainers`, `ephemeralContainers`), if it has any.
pub(super) fn section(name: &str, list: &str, home: Home<'_>, around: &Around<'_>) -> Option<Item> {
    let containers = items_at(home.spec, list);
    let statuses = match list {
        "initContainers" => "status/initContainerStatuses",
        "ephemeralContainers" => "status/ephemeralContainerStatuses",
        _ => "status/containerStatuses",
    };
    let status = |container: &Value| {
        let name = text_at(container, "name");
        let mut statuses = items_at(home.pod?, statuses).iter();
        statuses.find(|status| text_at(status, "name") == name)
    };
    let sections = containers.iter().map(|container| {
        let mut items = basics(container, status(container));
        if let Some(status) = status(container) {
            items.extend(state(status, around.now));
        }
        items.extend(resources(at(container, "resources")));
        for (name, path) in [
            ("Liveness", "livenessProbe"),
            ("Readiness", "readinessProbe"),
            ("Startup", "startupProbe"),
        ] {
            let probe = at(container, path);
            if probe.is_object() {
                items.push(Item::field(name, probe::line(probe)));
            }
        }
        for (name, path) in [
            ("After Start", "lifecycle/postStart"),
            ("Before Stop", "lifecycle/preStop"),
        ] {
            let hook = at(container, path);
            if hook.is_object() {
                items.push(Item::field(name, probe::handler(hook)));
            }
        }
        if list == "initContainers" && text_at(container, "restartPolicy") == "Always" {
            items.push(Item::field(
                "Sidecar",
                "runs beside the containers and restarts with them",
            ));
        }
        items.extend(environment_from(container, home.namespace));
        items.push(environment(container, home));
        items.push(mounts(container, home));
        items.extend(devices(container));
        Item::section(text_at(container, "name"), items)
    });
    (!containers.is_empty()).then(|| Item::section(name, sections.collect()))
}

fn basics(container: &Value, status: Option<&Value>) -> Vec<Item> {
    let mut items = Vec::new();
    if let Some(status) = status {
        items.push(Item::field("Container ID", text_at(status, "containerID")));
    }
    let image = Phrase::new(text_at(container, "image"));
    let policy = match text_at(container, "imagePullPolicy") {
        "Always" => "pulled at each start",
        "Never" => "never pulled: must be on the node",
        "IfNotPresent" => "pulled when the node does not have it",
        _ => "",
    };
    items.push(Item::field("Image", beyond(image, policy)));
    if let Some(status) = status {
        items.push(Item::field("Image ID", text_at(status, "imageID")));
    }
    let ports = items_at(container, "ports");
    let protocol = |port: &Value| say::scalar_or(port, "protocol", "TCP");
    let plain = |field: &str| {
        let texts = ports
            .iter()
            .map(|port| format!("{}/{}", number_at(port, field).unwrap_or(0), protocol(port)));
        texts.collect::<Vec<_>>().join(", ")
    };
    let own = plain("containerPort");
    let names: Vec<&str> = ports
        .iter()
        .map(|port| text_at(port, "name"))
        .filter(|name| !name.is_empty())
        .collect();
    let many = ports.len() > 1;
    let own = Phrase::new(say::or_none(&own));
    items.push(Item::field(
        if many { "Ports" } else { "Port" },
        beyond(own, &names.join(", ")),
    ));
    let host = plain("hostPort");
    items.push(Item::field(
        if many { "Host Ports" } else { "Host Port" },
        say::or_none(&host),
    ));
    items.extend(seccomp(at(container, "securityContext/seccompProfile")));
    for (name, path) in [("Command", "command"), ("Args", "args")] {
        let words = items_at(container, path).iter().filter_map(Value::as_str);
        let lines: Vec<Item> = words
            .flat_map(|word| Item::block(word, Role::LabelValue))
            .take(MOST_LINES)
            .collect();
        if !lines.is_empty() {
            items.push(Item::section(name, lines));
        }
    }
    items
}

/// The lines of a seccomp profile, if there is one.
pub(super) fn seccomp(profile: &Value) -> Vec<Item> {
    if !profile.is_object() {
        return Vec::new();
    }
    let mut items = vec![Item::field("SeccompProfile", text_at(profile, "type"))];
    items.extend(say::text_field("LocalhostProfile", profile, "localhostProfile"));
    items
}

/// Words and, muted behind them, what goes beyond kubectl.
pub(super) fn beyond(words: Phrase, more: &str) -> Phrase {
    if more.is_empty() {
        return words;
    }
    words.and(&format!("{}{more}", say::BEYOND), Role::Muted)
}

fn state(status: &Value, now: i64) -> Vec<Item> {
    let mut items = one_state("State", at(status, "state"), now);
    if at(status, "lastState/terminated").is_object() {
        items.extend(one_state("Last State", at(status, "lastState"), now));
    }
    items.push(Item::field("Ready", say::truth(bool_at(status, "ready"))));
    let restarts = number_at(status, "restartCount").unwrap_or(0);
    items.push(Item::field("Restart Count", restarts.to_string()));
    items
}

fn one_state(name: &str, state: &Value, now: i64) -> Vec<Item> {
    let section = |word: &str, role: Role, items: Vec<Item>| {
        vec![Item::Section {
            name: name.into(),
            note: Phrase::of(word, role),
            items,
            folded: false,
        }]
    };
    let running = at(state, "running");
    if running.is_object() {
        let started = say::time_field("Started", running, "startedAt", now);
        return section("Running", Role::LabelValue, started.into_iter().collect());
    }
    let ended = at(state, "terminated");
    if !ended.is_object() {
        let waiting = at(state, "waiting");
        let mut items: Vec<Item> = say::text_field("Reason", waiting, "reason").into_iter().collect();
        items.extend(message(waiting));
        return section("Waiting", Role::Progress, items);
    }
    let code = number_at(ended, "exitCode").unwrap_or(0);
    let signal = number_at(ended, "signal").filter(|signal| *signal > 0);
    let mut items: Vec<Item> = say::text_field("Reason", ended, "reason").into_iter().collect();
    items.extend(message(ended));
    items.push(Item::field(
        "Exit Code",
        beyond(Phrase::new(&code.to_string()), &exit_meaning(code)),
    ));
    if let Some(signal) = signal {
        items.push(Item::field("Signal", signal.to_string()));
    }
    items.extend(say::time_field("Started", ended, "startedAt", now));
    items.extend(say::time_field("Finished", ended, "finishedAt", now));
    let times = (
        parse_time(text_at(ended, "startedAt")),
        parse_time(text_at(ended, "finishedAt")),
    );
    if let (Some(start), Some(end)) = times {
        items.push(Item::field("Ran For", human_duration(end.saturating_sub(start))));
    }
    let role = if code == 0 { Role::Done } else { Role::Error };
    section("Terminated", role, items)
}

fn message(state: &Value) -> Vec<Item> {
    let text = text_at(state, "message").trim_end();
    let lines = crate::text::clean_lines(text);
    let values: Vec<Phrase> = lines
        .iter()
        .take(MOST_LINES)
        .map(|line| Phrase::new(line.as_str()))
        .collect();
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Item::fields("Message", values)]
    }
}

/// What an exit code usually means; nothing for those that only the program knows.
pub(super) fn exit_meaning(code: i64) -> String {
    match code {
        0 => "ended well".to_owned(),
        126 => "the command cannot be executed".to_owned(),
        127 => "the command was not found".to_owned(),
        130 => "ended by an interrupt (SIGINT)".to_owned(),
        134 => "the program aborted itself (SIGABRT)".to_owned(),
        137 => "killed (SIGKILL)".to_owned(),
        139 => "the program touched memory it may not (SIGSEGV)".to_owned(),
        143 => "asked to end (SIGTERM)".to_owned(),
        129..=192 => format!("ended by signal {}", code - 128),
        _ => String::new(),
    }
}

/// Limits and requests.
pub(super) fn resources(resources: &Value) -> Vec<Item> {
    let mut items = Vec::new();
    for (name, path) in [("Limits", "limits"), ("Requests", "requests")] {
        let amounts = say::pairs(at(resources, path));
        if !amounts.is_empty() {
            let fields = amounts
                .iter()
                .map(|(resource, amount)| Item::field(resource, canonical(amount)));
            items.push(Item::section(name, fields.collect()));
        }
    }
    let claims = items_at(resources, "claims")
        .iter()
        .map(|claim| text_at(claim, "name").into());
    let claims: Vec<Phrase> = claims.collect();
    if !claims.is_empty() {
        items.push(Item::fields("Resource Claims", claims));
    }
    items
}

/// An amount as a real server stores it: `1024Mi` is `1Gi`.
fn canonical(amount: &str) -> String {
    match Quantity::parse(amount) {
        Some(_) => Amount::parse(amount).to_string(),
        None => amount.to_owned(),
    }
}

fn environment_from(container: &Value, namespace: &str) -> Option<Item> {
    let sources = items_at(container, "envFrom");
    let rows = sources.iter().map(|source| {
        let (part, word, resource) = match at(source, "configMapRef") {
            Value::Null => (at(source, "secretRef"), "Secret", "secrets"),
            part => (part, "ConfigMap", "configmaps"),
        };
        let name = text_at(part, "name");
        let word = match text_at(source, "prefix") {
            "" => word.to_owned(),
            prefix => format!("{word} with prefix '{prefix}'"),
        };
        vec![
            say::link(name, "", resource, namespace, name),
            word.into(),
            format!("Optional: {}", bool_at(part, "optional")).into(),
        ]
    });
    let table = Item::table(&[], rows.collect());
    (!sources.is_empty()).then(|| Item::section("Environment Variables from", vec![table]))
}

fn environment(container: &Value, home: Home<'_>) -> Item {
    let mut items = Vec::new();
    for variable in items_at(container, "env") {
        let name = text_at(variable, "name");
        let from = at(variable, "valueFrom");
        if !from.is_object() {
            let lines = crate::text::clean_lines(text_at(variable, "value"));
            let mut values: Vec<Phrase> = lines
                .iter()
                .take(MOST_LINES)
                .map(|line| Phrase::new(line.as_str()))
                .collect();
            if values.is_empty() {
                values.push(Phrase::default());
            }
            items.push(Item::fields(name, values));
            continue;
        }
        let value = match () {
            () if at(from, "fieldRef").is_object() => {
                let path = text_at(from, "fieldRef/fieldPath");
                let value = home.pod.map(|pod| field_of(pod, path)).unwrap_or_default();
                let version = say::scalar_or(from, "fieldRef/apiVersion", "v1");
                Phrase::new(&format!("{value} ({version}:{path})"))
            }
            () if at(from, "resourceFieldRef").is_object() => {
                let resource = text_at(from, "resourceFieldRef/resource");
                let value = resource_of(container, home.spec, at(from, "resourceFieldRef"));
                Phrase::new(&format!("{value} ({resource})"))
            }
            () if at(from, "secretKeyRef").is_object() => {
                let (key, secret) = (text_at(from, "secretKeyRef/key"), text_at(from, "secretKeyRef/name"));
                let optional = bool_at(from, "secretKeyRef/optional");
                let words = format!("<set to the key '{key}' in secret '{secret}'>");
                say::link(&words, "", "secrets", home.namespace, secret)
                    .and(&format!("{}Optional: {optional}", say::BEYOND), Role::LabelValue)
            }
            () if at(from, "configMapKeyRef").is_object() => {
                let (key, map) = (
                    text_at(from, "configMapKeyRef/key"),
                    text_at(from, "configMapKeyRef/name"),
                );
                let optional = bool_at(from, "configMapKeyRef/optional");
                let words = format!("<set to the key '{key}' of config map '{map}'>");
                say::link(&words, "", "configmaps", home.namespace, map)
                    .and(&format!("{}Optional: {optional}", say::BEYOND), Role::LabelValue)
            }
            () => Phrase::of("from a source this version does not know", Role::Muted),
        };
        items.push(Item::field(name, value));
    }
    Item::section("Environment", items)
}

/// The value of a field of the pod, as the downward API gives it.
pub(super) fn field_of(pod: &Value, path: &str) -> String {
    let keyed = |map: &str| {
        let key = path.split_once("['").and_then(|(_, rest)| rest.strip_suffix("']"));
        key.map(|key| say::scalar(at(pod, map).get(key).unwrap_or(&Value::Null)))
            .unwrap_or_default()
    };
    let quoted = |map: &str| {
        let pairs = say::pairs(at(pod, map))
            .into_iter()
            .map(|(key, value)| format!("{key}={value:?}"));
        pairs.collect::<Vec<_>>().join("\n")
    };
    match path {
        "metadata.labels" => quoted("metadata/labels"),
        "metadata.annotations" => quoted("metadata/annotations"),
        _ if path.starts_with("metadata.labels[") => keyed("metadata/labels"),
        _ if path.starts_with("metadata.annotations[") => keyed("metadata/annotations"),
        _ => say::scalar(at(pod, &path.replace('.', "/"))),
    }
}

/// The amount that a resource field of the downward API gives: of the named container or of this one, in the divisor's
/// unit, rounded up.
pub(super) fn resource_of(container: &Value, spec: &Value, reference: &Value) -> String {
    let named = text_at(reference, "containerName");
    let all = items_at(spec, "containers")
        .iter()
        .chain(items_at(spec, "initContainers"));
    let other = all
        .into_iter()
        .find(|other| !named.is_empty() && text_at(other, "name") == named);
    let container = other.unwrap_or(container);
    let resource = text_at(reference, "resource");
    let Some((side, name)) = resource.split_once('.') else {
        return String::new();
    };
    let amount = at(container, "resources")
        .get(side)
        .and_then(|amounts| amounts.get(name));
    let Some(amount) = amount.and_then(|amount| Quantity::parse(&say::scalar(amount))) else {
        // Without a limit the downward API tells what the node can give.
        return if side == "limits" {
            "node allocatable".to_owned()
        } else {
            "0".to_owned()
        };
    };
    let divisor = Quantity::parse(&say::scalar(at(reference, "divisor"))).filter(|divisor| divisor.nanos() > 0);
    let divisor = divisor.map_or(1_000_000_000, Quantity::nanos);
    let (whole, rest) = (amount.nanos().div_euclid(divisor), amount.nanos().rem_euclid(divisor));
    (whole + i128::from(rest > 0)).to_string()
}

fn mounts(container: &Value, home: Home<'_>) -> Item {
    let mut mounts: Vec<&Value> = items_at(container, "volumeMounts").iter().collect();
    mounts.sort_by_key(|mount| text_at(mount, "mountPath"));
    let volumes = items_at(home.spec, "volumes");
    let lines = mounts.into_iter().map(|mount| {
        let name = text_at(mount, "name");
        let mut flags = if bool_at(mount, "readOnly") { "ro" } else { "rw" }.to_owned();
        match (text_at(mount, "subPath"), text_at(mount, "subPathExpr")) {
            ("", "") => {}
            (path, "") | (_, path) => flags.push_str(&format!(",path={path:?}")),
        }
        let line = Phrase::new(&format!("{} from {name} ({flags})", text_at(mount, "mountPath")));
        let own = volumes.iter().find(|volume| text_at(volume, "name") == name);
        let updates = own.and_then(|own| volume::updates(own, mount)).unwrap_or_default();
        Item::line(beyond(line, updates))
    });
    Item::section("Mounts", lines.collect())
}

fn devices(container: &Value) -> Option<Item> {
    let devices = items_at(container, "volumeDevices");
    let lines = devices.iter().map(|device| {
        Item::line(format!(
            "{} from {}",
            text_at(device, "devicePath"),
            text_at(device, "name")
        ))
    });
    (!devices.is_empty()).then(|| Item::section("Devices", lines.collect()))
}
