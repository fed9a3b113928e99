//! Pod templates, and what pods and their templates say alike: where they may run and what they tolerate.

use super::{Around, Item, Phrase, at, bool_at, container, items_at, number_at, say, text_at, volume};
use serde_json::Value;

/// The section of a pod template.
pub(super) fn section(template: &Value, namespace: &str, around: &Around<'_>) -> Item {
    if !template.is_object() {
        return Item::field("Pod Template", "<unset>");
    }
    let spec = at(template, "spec");
    let home = container::Home {
        spec,
        pod: None,
        namespace,
    };
    let mut items = vec![say::labels("Labels", at(template, "metadata/labels"))];
    let annotations = at(template, "metadata/annotations");
    if annotations.as_object().is_some_and(|map| !map.is_empty()) {
        items.push(say::annotations("Annotations", annotations));
    }
    items.extend(service_account(spec, namespace));
    items.extend(container::section("Init Containers", "initContainers", home, around));
    let containers = container::section("Containers", "containers", home, around);
    items.push(containers.unwrap_or_else(|| Item::section("Containers", Vec::new())));
    items.push(volume::section(spec, namespace, around, false));
    items.extend(spread(spec));
    items.extend(priority_class(spec));
    items.extend(pull_secrets(spec, namespace));
    items.push(say::labels("Node-Selectors", at(spec, "nodeSelector")));
    items.push(tolerations(spec));
    Item::section("Pod Template", items)
}

/// The service account, if one is named.
pub(super) fn service_account(spec: &Value, namespace: &str) -> Option<Item> {
    let name = match text_at(spec, "serviceAccountName") {
        "" => text_at(spec, "serviceAccount"),
        name => name,
    };
    let link = || say::link(name, "", "serviceaccounts", namespace, name);
    (!name.is_empty()).then(|| Item::field("Service Account", link()))
}

/// The priority class, if one is named.
pub(super) fn priority_class(spec: &Value) -> Option<Item> {
    let name = text_at(spec, "priorityClassName");
    let link = || say::link(name, "scheduling.k8s.io", "priorityclasses", "", name);
    (!name.is_empty()).then(|| Item::field("Priority Class Name", link()))
}

/// The secrets with which images are pulled, if any are named.
pub(super) fn pull_secrets(spec: &Value, namespace: &str) -> Option<Item> {
    let names = items_at(spec, "imagePullSecrets")
        .iter()
        .map(|secret| text_at(secret, "name"));
    let links: Vec<Phrase> = names
        .map(|name| say::link(name, "", "secrets", namespace, name))
        .collect();
    (!links.is_empty()).then(|| Item::fields("Image Pull Secrets", links))
}

/// `Tolerations:` as kubectl sorts and writes them.
pub(super) fn tolerations(spec: &Value) -> Item {
    let mut all: Vec<&Value> = items_at(spec, "tolerations").iter().collect();
    all.sort_by_key(|toleration| text_at(toleration, "key"));
    Item::fields(
        "Tolerations",
        all.into_iter().map(|one| toleration(one).into()).collect(),
    )
}

/// `key=value:Effect op=Exists for 300s`
pub(super) fn toleration(toleration: &Value) -> String {
    let mut text = text_at(toleration, "key").to_owned();
    let (value, effect) = (text_at(toleration, "value"), text_at(toleration, "effect"));
    if !value.is_empty() {
        text.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        text.push_str(&format!(":{effect}"));
    }
    if text_at(toleration, "operator") == "Exists" && value.is_empty() {
        text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = number_at(toleration, "tolerationSeconds") {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}

/// `Topology Spread Constraints:`, if there are any.
pub(super) fn spread(spec: &Value) -> Option<Item> {
    let mut all: Vec<&Value> = items_at(spec, "topologySpreadConstraints").iter().collect();
    all.sort_by_key(|constraint| text_at(constraint, "topologyKey"));
    let values: Vec<Phrase> = all
        .into_iter()
        .map(|constraint| {
            let mut text = format!(
                "{}:{} when max skew {} is exceeded",
                text_at(constraint, "topologyKey"),
                text_at(constraint, "whenUnsatisfiable"),
                number_at(constraint, "maxSkew").unwrap_or(0)
            );
            let selector = at(constraint, "labelSelector");
            if selector.is_object() {
                text.push_str(&format!(
                    " for selector {}",
                    say::or_none(&say::selector_text(selector))
                ));
            }
            text.into()
        })
        .collect();
    (!values.is_empty()).then(|| Item::fields("Topology Spread Constraints", values))
}

/// What affinity asks for, in lines; none when it asks nothing. kubectl does not print it.
pub(super) fn affinity(spec: &Value) -> Option<Item> {
    let mut lines = Vec::new();
    let node = at(spec, "affinity/nodeAffinity");
    for term in items_at(node, "requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms") {
        lines.push(format!("must run on a node with {}", term_text(term)));
    }
    for preferred in items_at(node, "preferredDuringSchedulingIgnoredDuringExecution") {
        let weight = number_at(preferred, "weight").unwrap_or(0);
        lines.push(format!(
            "rather runs on a node with {} (weight {weight})",
            term_text(at(preferred, "preference"))
        ));
    }
    for (path, word) in [("podAffinity", "beside"), ("podAntiAffinity", "away from")] {
        let side = at(spec, "affinity").get(path).unwrap_or(&Value::Null);
        let words = |term: &Value| {
            let selector = say::selector_text(at(term, "labelSelector"));
            let key = text_at(term, "topologyKey");
            format!("{word} pods with {} (by {key})", say::or_none(&selector))
        };
        for term in items_at(side, "requiredDuringSchedulingIgnoredDuringExecution") {
            lines.push(format!("must run {}", words(term)));
        }
        for preferred in items_at(side, "preferredDuringSchedulingIgnoredDuringExecution") {
            lines.push(format!("rather runs {}", words(at(preferred, "podAffinityTerm"))));
        }
    }
    (!lines.is_empty()).then(|| Item::fields("Affinity", lines.into_iter().map(Phrase::from).collect()))
}

/// The conditions of a node selector term.
fn term_text(term: &Value) -> String {
    let all = items_at(term, "matchExpressions")
        .iter()
        .chain(items_at(term, "matchFields"));
    let texts: Vec<String> = all
        .map(|condition| {
            let key = text_at(condition, "key");
            let values: Vec<&str> = items_at(condition, "values").iter().filter_map(Value::as_str).collect();
            let values = values.join(",");
            match text_at(condition, "operator") {
                "In" => format!("{key} in ({values})"),
                "NotIn" => format!("{key} notin ({values})"),
                "Exists" => key.to_owned(),
                "DoesNotExist" => format!("!{key}"),
                "Gt" => format!("{key} > {values}"),
                "Lt" => format!("{key} < {values}"),
                other => format!("{key} {other} ({values})"),
            }
        })
        .collect();
    texts.join(", ")
}

/// Whether the pod uses the network, the processes or the memory of its node as its own.
pub(super) fn host_sharing(spec: &Value) -> Option<Item> {
    let shared = [
        ("hostNetwork", "network"),
        ("hostPID", "processes"),
        ("hostIPC", "shared memory"),
    ];
    let words: Vec<String> = shared
        .iter()
        .filter(|(path, _)| bool_at(spec, path))
        .map(|(_, word)| (*word).to_owned())
        .collect();
    (!words.is_empty()).then(|| Item::field("Shares With Node", say::listed(&words)))
}
