//! Nodes: as kubectl prints them, with the pods that run there and what these have been promised of the node.

use super::amount::{Amount, bar, percent};
use super::pod_findings::finding;
use super::requests::{Amounts, add, amounts, limits, requests};
use super::words::{absent, conditions, created, object, or, rfc1123, texts};
use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, bool_at, items_at, say, text_at,
};
use crate::kinds::Health;
use crate::text::{Clean, age, parse_time};
use crate::theme::Role;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Nodes.
pub static NODE: Describer = Describer {
    group: "",
    kind: "Node",
    findings,
    items,
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let node = subject.object;
    let mut items = vec![
        Item::field("Roles", roles(node)),
        created(node, around.now),
        taints(node),
    ];
    let unschedulable = bool_at(node, "spec/unschedulable");
    items.push(Item::field("Unschedulable", unschedulable.to_string()));
    items.push(lease(node, around));
    items.push(node_conditions(node));
    let addresses = items_at(node, "status/addresses").iter();
    let addresses = addresses.map(|address| Item::field(text_at(address, "type"), text_at(address, "address")));
    items.push(Item::section("Addresses", addresses.collect()));
    for (name, path) in [("Capacity", "status/capacity"), ("Allocatable", "status/allocatable")] {
        let amounts = amounts(at(node, path));
        let fields = amounts
            .iter()
            .map(|(name, amount)| Item::field(name, amount.to_string()));
        items.push(Item::section(name, fields.collect()));
    }
    items.push(system(node));
    if !text_at(node, "spec/podCIDR").is_empty() {
        items.push(Item::field("PodCIDR", text_at(node, "spec/podCIDR")));
        items.push(Item::field("PodCIDRs", texts(node, "spec/podCIDRs").join(",")));
    }
    if !text_at(node, "spec/providerID").is_empty() {
        items.push(Item::field("ProviderID", text_at(node, "spec/providerID")));
    }
    items.extend(pods_and_resources(node, around));
    items.extend(images(node));
    items
}

/// The roles in a node's labels, as kubectl reads them.
fn roles(node: &Value) -> String {
    let mut roles = BTreeSet::new();
    for (key, value) in at(node, "metadata/labels").as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        match key.strip_prefix("node-role.kubernetes.io/") {
            Some(role) if !role.is_empty() => drop(roles.insert(role)),
            None if key == "kubernetes.io/role" && !value.is_empty() => drop(roles.insert(value)),
            _ => {}
        }
    }
    let roles: Vec<&str> = roles.into_iter().collect();
    or(&roles.join(","), "<none>").to_owned()
}

/// A taint as kubectl writes it: `key=value:Effect`.
fn taint(taint: &Value) -> String {
    let (key, value, effect) = (text_at(taint, "key"), text_at(taint, "value"), text_at(taint, "effect"));
    match (value, effect) {
        ("", "") => key.to_owned(),
        ("", _) => format!("{key}:{effect}"),
        (_, "") => format!("{key}={value}:"),
        _ => format!("{key}={value}:{effect}"),
    }
}

fn taints(node: &Value) -> Item {
    let mut taints: Vec<&Value> = items_at(node, "spec/taints").iter().collect();
    let rank = |taint: &Value| match text_at(taint, "effect") {
        "NoExecute" => 0,
        "NoSchedule" => 1,
        _ => 2,
    };
    taints.sort_by_key(|taint| (rank(taint), text_at(taint, "key").to_owned()));
    Item::fields(
        "Taints",
        taints
            .into_iter()
            .map(|each| Phrase::of(&taint(each), Role::Warn))
            .collect(),
    )
}

fn lease(node: &Value, around: &Around<'_>) -> Item {
    let found = (around.find)(&Companion::named(
        "coordination.k8s.io",
        "leases",
        "kube-node-lease",
        say::name(node),
    ));
    if let Some(absent) = absent(&found) {
        return Item::field("Lease", absent);
    }
    let Listed::Objects(leases) = found else {
        return Item::field("Lease", "<none>");
    };
    let Some(lease) = leases.first().map(|whole| &whole.value) else {
        return Item::field("Lease", "<none>");
    };
    let unset = |path: &str| or(&rfc1123(text_at(lease, path)), "<unset>").to_owned();
    Item::section(
        "Lease",
        vec![
            Item::field("HolderIdentity", or(text_at(lease, "spec/holderIdentity"), "<unset>")),
            Item::field("AcquireTime", unset("spec/acquireTime")),
            Item::field("RenewTime", unset("spec/renewTime")),
        ],
    )
}

/// Whether a condition of a node is as it should not be. Ready should be true, all others should be false.
fn is_bad(condition: &Value) -> bool {
    let good = if text_at(condition, "type") == "Ready" {
        "True"
    } else {
        "False"
    };
    text_at(condition, "status") != good
}

fn node_conditions(node: &Value) -> Item {
    let columns = [
        ("Type", "type"),
        ("Status", "status"),
        ("LastHeartbeatTime", "lastHeartbeatTime"),
        ("LastTransitionTime", "lastTransitionTime"),
        ("Reason", "reason"),
        ("Message", "message"),
    ];
    conditions(items_at(node, "status/conditions"), &columns, is_bad)
}

fn system(node: &Value) -> Item {
    let fields = [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
        ("Kube-Proxy Version", "kubeProxyVersion"),
    ];
    let info = at(node, "status/nodeInfo");
    Item::section(
        "System Info",
        fields
            .iter()
            .map(|(name, path)| Item::field(name, text_at(info, path)))
            .collect(),
    )
}

/// The pods that run on a node, or are about to.
fn pods_on(node: &str) -> Companion {
    Companion {
        fields: Clean::new(&format!(
            "spec.nodeName={node},status.phase!=Failed,status.phase!=Succeeded"
        )),
        ..Companion::selected("", "pods", "", "")
    }
}

fn pods_and_resources(node: &Value, around: &Around<'_>) -> Vec<Item> {
    let found = (around.find)(&pods_on(say::name(node)));
    if let Some(absent) = absent(&found) {
        return vec![Item::field("Non-terminated Pods", absent)];
    }
    let Listed::Objects(pods) = found else {
        return Vec::new();
    };
    let allocatable = match at(node, "status/allocatable") {
        Value::Null => amounts(at(node, "status/capacity")),
        some => amounts(some),
    };
    let (mut requested, mut limited) = (Amounts::new(), Amounts::new());
    for pod in &pods {
        add(&mut requested, &requests(&pod.value));
        add(&mut limited, &limits(&pod.value));
    }
    vec![
        pods_section(&pods, &allocatable, around.now),
        allocated(&requested, &limited, &allocatable),
    ]
}

fn get(amounts: &Amounts, name: &str) -> Amount {
    amounts.get(name).copied().unwrap_or_default()
}

/// How many percent of a resource's allocatable amount this is: CPU by thousandths, everything else by whole units.
fn share(name: &str, amount: Amount, allocatable: &Amounts) -> i64 {
    let all = get(allocatable, name);
    if name == "cpu" {
        percent(amount.millis(), all.millis())
    } else {
        percent(amount.value(), all.value())
    }
}

fn pods_section(pods: &[Arc<crate::kinds::Whole>], allocatable: &Amounts, now: i64) -> Item {
    let rows = pods.iter().map(|pod| {
        let pod = &pod.value;
        let (requests, limits) = (requests(pod), limits(pod));
        let cell = |name: &str, of: &Amounts| {
            let amount = get(of, name);
            Phrase::from(format!("{amount} ({}%)", share(name, amount, allocatable)))
        };
        vec![
            Phrase::new(say::namespace(pod)),
            object("", "pods", say::namespace(pod), say::name(pod)),
            cell("cpu", &requests),
            cell("cpu", &limits),
            cell("memory", &requests),
            cell("memory", &limits),
            Phrase::from(age(now, parse_time(text_at(pod, "metadata/creationTimestamp")))),
        ]
    });
    let heads = [
        "Namespace",
        "Name",
        "CPU Requests",
        "CPU Limits",
        "Memory Requests",
        "Memory Limits",
        "Age",
    ];
    let rows: Vec<Vec<Phrase>> = rows.collect();
    Item::Section {
        name: "Non-terminated Pods".into(),
        note: Phrase::from(format!("({} in total)", rows.len())),
        items: vec![Item::table(&heads, rows)],
        folded: false,
    }
}

fn allocated(requested: &Amounts, limited: &Amounts, allocatable: &Amounts) -> Item {
    let mut names: Vec<&str> = vec!["cpu", "memory", "ephemeral-storage"];
    let extended = |name: &&String| {
        !matches!(
            name.as_str(),
            "cpu" | "memory" | "ephemeral-storage" | "storage" | "pods"
        )
    };
    let (pages, others): (Vec<&String>, Vec<&String>) = allocatable
        .keys()
        .filter(extended)
        .partition(|name| name.starts_with("hugepages-"));
    names.extend(pages.into_iter().map(String::as_str));
    let percents = names.len();
    names.extend(others.into_iter().map(String::as_str));
    let rows = names.iter().enumerate().map(|(index, name)| {
        let (request, limit) = (get(requested, name), get(limited, name));
        let cell = |amount: Amount| {
            if index < percents {
                Phrase::from(format!("{amount} ({}%)", share(name, amount, allocatable)))
            } else {
                Phrase::from(amount.to_string())
            }
        };
        let all = get(allocatable, name);
        let gauge = if all.is_zero() {
            Phrase::default()
        } else {
            bar(request, all)
        };
        vec![Phrase::new(name), cell(request), cell(limit), gauge]
    });
    let table = Item::table(
        &["Resource", "Requests", "Limits", "Requested of allocatable"],
        rows.collect(),
    );
    let note = "(Total limits may be over 100 percent, i.e., overcommitted.)";
    Item::section("Allocated resources", vec![Item::line(note), table])
}

/// The images it has, the biggest first.
fn images(node: &Value) -> Option<Item> {
    let mut images: Vec<(i64, &str)> = items_at(node, "status/images")
        .iter()
        .map(|image| {
            let names = texts(image, "names");
            // The last name is the readable one; the first is a digest.
            let name = names
                .iter()
                .rev()
                .find(|name| !name.contains("@sha256:"))
                .or(names.first());
            (
                at(image, "sizeBytes").as_i64().unwrap_or(0),
                name.copied().unwrap_or("<none>"),
            )
        })
        .collect();
    if images.is_empty() {
        return None;
    }
    images.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
    let total: i64 = images.iter().fold(0, |sum, (bytes, _)| sum.saturating_add(*bytes));
    let mib = |bytes: i64| format!("{} MiB", bytes / (1024 * 1024));
    let rows = images
        .iter()
        .map(|(bytes, name)| vec![Phrase::new(name), Phrase::from(mib(*bytes))]);
    let note = format!("{} of them, {}", images.len(), mib(total));
    Some(Item::folded(
        "Images",
        note,
        vec![Item::table(&["Image", "Size"], rows.collect())],
    ))
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let node = subject.object;
    let mut found = Vec::new();
    let conditions = items_at(node, "status/conditions");
    let ready = conditions
        .iter()
        .find(|condition| text_at(condition, "type") == "Ready");
    for condition in conditions.iter().filter(|condition| is_bad(condition)) {
        let (kind, message) = (text_at(condition, "type"), text_at(condition, "message"));
        let since = age(around.now, parse_time(text_at(condition, "lastTransitionTime")));
        let (health, next) = match (kind, text_at(condition, "status")) {
            ("Ready", "Unknown") => (
                Health::Bad,
                "Is the machine up, and its kubelet? Its pods are taken away after five minutes",
            ),
            ("Ready", _) => (
                Health::Bad,
                "Look at the kubelet's log on the machine, and at the container runtime",
            ),
            ("NetworkUnavailable", _) => (Health::Bad, "Look at the pods of the network plugin on this node"),
            // An unreachable node says the same of all its conditions: once is enough.
            (_, "Unknown") => continue,
            ("MemoryPressure", _) => (
                Health::Warn,
                "Pods above their requests are evicted first; look at what uses the memory",
            ),
            ("DiskPressure", _) => (
                Health::Warn,
                "Images and dead containers are removed, then pods are evicted; free space on its disks",
            ),
            ("PIDPressure", _) => (Health::Warn, "Some pod starts too many processes"),
            _ => (Health::Warn, ""),
        };
        let words = match kind {
            "Ready" => format!("It has not been ready for {since}: {message}"),
            _ => format!("{kind} for {since}: {message}"),
        };
        found.push(finding(health, words, next));
    }
    if ready.is_none() {
        found.push(finding(
            Health::Unknown,
            "Its kubelet has never said that it is ready",
            "Is the kubelet running?",
        ));
    }
    if bool_at(node, "spec/unschedulable") {
        found.push(finding(
            Health::Warn,
            "It is cordoned: no new pod is scheduled to it",
            "Uncordon it when the work on it is done",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn node() -> Value {
        json!({"metadata": {"name": "node-a", "creationTimestamp": "2024-04-01T10:00:00Z",
                "labels": {"node-role.kubernetes.io/control-plane": "", "kubernetes.io/role": "gpu"}},
            "spec": {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.1.0.0/24"], "providerID": "aws:///x", "unschedulable": true,
                "taints": [{"key": "b", "effect": "NoSchedule"}, {"key": "a", "value": "1", "effect": "NoExecute"}]},
            "status": {"capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                "allocatable": {"cpu": "3800m", "memory": "7Gi", "pods": "110", "ephemeral-storage": "100Gi",
                    "hugepages-2Mi": "0", "example.com/gpu": "2"},
                "conditions": [
                    {"type": "DiskPressure", "status": "True", "reason": "R", "message": "kubelet has disk pressure",
                     "lastTransitionTime": "2024-05-01T09:00:00Z", "lastHeartbeatTime": "2024-05-01T09:59:00Z"},
                    {"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "PLEG is not healthy",
                     "lastTransitionTime": "2024-05-01T09:00:00Z"}],
                "addresses": [{"type": "InternalIP", "address": "192.0.2.2"}],
                "nodeInfo": {"kubeletVersion": "v1.34.1"},
                "images": [{"names": ["a@sha256:00", "busybox:1.35"], "sizeBytes": 4194304}]}})
    }

    fn pod(name: &str) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop", "creationTimestamp": "2024-05-01T08:00:00Z"},
            "spec": {"containers": [{"resources": {"requests": {"cpu": "950m", "memory": "1Gi", "example.com/gpu": "1"},
                "limits": {"memory": "2Gi"}}}]}})
    }

    #[test]
    fn it_prints_what_kubectl_prints() {
        let lease = json!({"metadata": {"name": "node-a", "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": "node-a", "renewTime": "2024-05-01T09:59:50.000000Z"}});
        let world = World::default().with("", "pods", pod("a")).with("", "pods", pod("b"));
        let text = world
            .with("coordination.k8s.io", "leases", lease)
            .describe("", "Node", &node());
        assert_says(
            &text,
            &[
                "Roles: control-plane,gpu",
                "Taints: a=1:NoExecute",
                "b:NoSchedule",
                "Unschedulable: true",
                "HolderIdentity: node-a",
                "AcquireTime: <unset>",
                "RenewTime: Wed, 01 May 2024 09:59:50 +0000",
                "InternalIP: 192.0.2.2",
                "memory: 8Gi",
                "Kubelet Version: v1.34.1",
                "PodCIDRs: 10.1.0.0/24",
                "Non-terminated Pods: (2 in total)",
                "shop a 950m (25%) 0 (0%) 1Gi (14%) 2Gi (28%) 120m",
                "cpu 1900m (50%) 0 (0%) [|||||||||| ] 50%",
                "memory 2Gi (28%) 4Gi (57%) [||||| ] 28%",
                "ephemeral-storage 0 (0%) 0 (0%) [ ] 0%",
                "hugepages-2Mi 0 (0%) 0 (0%)",
                "example.com/gpu 2 0 [||||||||||||||||||||] 100%",
                "busybox:1.35 4 MiB",
            ],
        );
    }

    #[test]
    fn it_says_what_ails_it() {
        let found = World::default().findings("", "Node", &node());
        let said: Vec<String> = found.iter().map(|finding| finding.cause.text()).collect();
        assert_eq!(
            said,
            [
                "It has not been ready for 60m: PLEG is not healthy",
                "DiskPressure for 60m: kubelet has disk pressure",
                "It is cordoned: no new pod is scheduled to it"
            ]
        );
        let text = World::default().denied("", "pods").describe("", "Node", &node());
        assert!(text.contains("Non-terminated Pods:  not authorized"), "{text}");
    }
}
