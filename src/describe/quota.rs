//! Quotas, limit ranges and the namespaces they hold for: how much is used, what a container gets by default, and what a
//! namespace that does not go away still waits for.

use super::amount::{Amount, bar};
use super::pod_findings::finding;
use super::requests::amounts;
use super::words::{absent, conditions, object, texts};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::{Health, Target};
use crate::text::{Clean, age, parse_time};
use crate::theme::Role;
use serde_json::Value;
use std::collections::BTreeSet;

/// From this share on a quota is nearly used up, in percent.
const NEAR: i128 = 90;

/// Resource quotas.
pub static RESOURCE_QUOTA: Describer = Describer {
    group: "",
    kind: "ResourceQuota",
    findings: |subject, _| quota_findings(subject.object),
    items: |subject, _| quota(subject.object),
};

/// Limit ranges.
pub static LIMIT_RANGE: Describer = Describer {
    group: "",
    kind: "LimitRange",
    findings: |_, _| Vec::new(),
    items: limit_range,
};

/// Namespaces.
pub static NAMESPACE: Describer = Describer {
    group: "",
    kind: "Namespace",
    findings: namespace_findings,
    items: namespace,
};

fn quota(quota: &Value) -> Vec<Item> {
    let mut items = Vec::new();
    let scopes = texts(quota, "spec/scopes");
    if !scopes.is_empty() {
        items.push(Item::field("Scopes", scopes.join(", ")));
        let lines = scopes.iter().filter_map(|scope| meaning(scope));
        items.extend(lines.map(|line| Item::line(format!(" * {line}"))));
    }
    for expression in items_at(quota, "spec/scopeSelector/matchExpressions") {
        let (scope, operator) = (text_at(expression, "scopeName"), text_at(expression, "operator"));
        let words = format!("{scope} {operator} {}", texts(expression, "values").join(", "));
        items.push(Item::field("Scope Selector", words.trim_end()));
    }
    let (hard, used) = (amounts(at(quota, "status/hard")), amounts(at(quota, "status/used")));
    let rows = hard.iter().map(|(name, hard)| {
        let used = used.get(name).copied().unwrap_or_default();
        vec![
            Phrase::new(name),
            Phrase::from(used.to_string()),
            Phrase::from(hard.to_string()),
            bar(used, *hard),
        ]
    });
    items.push(Item::table(&["Resource", "Used", "Hard", "Share"], rows.collect()));
    items
}

/// What a scope takes, as kubectl explains it.
fn meaning(scope: &str) -> Option<&'static str> {
    Some(match scope {
        "Terminating" => {
            "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being \
             actively terminated by the system."
        }
        "NotTerminating" => {
            "Matches all pods that do not have an active deadline. These pods usually include long running pods whose \
             container command is not expected to terminate."
        }
        "BestEffort" => {
            "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service."
        }
        "NotBestEffort" => {
            "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed \
             quality of service."
        }
        _ => return None,
    })
}

fn quota_findings(quota: &Value) -> Vec<Finding> {
    let (hard, used) = (amounts(at(quota, "status/hard")), amounts(at(quota, "status/used")));
    let mut found = Vec::new();
    for (name, hard) in &hard {
        let used = used.get(name).copied().unwrap_or_default();
        let scaled = used.nanos().saturating_mul(100);
        let (health, cause, next) = if used.nanos() > hard.nanos() {
            (
                Health::Bad,
                format!("{name} is over its quota: {used} of {hard}; nothing that needs it can be made"),
                "Remove something, or raise spec.hard",
            )
        } else if used == *hard || used.nanos() == hard.nanos() {
            (
                Health::Warn,
                format!("{name} is used up: {used} of {hard}; whatever needs more of it is refused"),
                "Remove something, or raise spec.hard",
            )
        } else if scaled >= hard.nanos().saturating_mul(NEAR) {
            (Health::Warn, format!("{name} is nearly used up: {used} of {hard}"), "")
        } else {
            continue;
        };
        // A quota of nothing forbids; nobody has to be told that it is used up.
        if hard.is_zero() && used.is_zero() {
            continue;
        }
        found.push(finding(health, cause, next));
    }
    found
}

fn limit_table(ranges: &[&Value]) -> Item {
    let heads = [
        "Type",
        "Resource",
        "Min",
        "Max",
        "Default Request",
        "Default Limit",
        "Max Limit/Request Ratio",
    ];
    let columns = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
    let limits = ranges.iter().flat_map(|range| items_at(range, "spec/limits"));
    let rows = limits.flat_map(|limit| {
        let maps: Vec<_> = columns.iter().map(|column| amounts(at(limit, column))).collect();
        let names: BTreeSet<String> = maps.iter().flat_map(|map| map.keys().cloned()).collect();
        let kind = text_at(limit, "type").to_owned();
        names.into_iter().map(move |name| {
            let mut row = vec![Phrase::new(&kind), Phrase::new(&name)];
            row.extend(
                maps.iter()
                    .map(|map| Phrase::from(map.get(&name).map_or("-".to_owned(), Amount::to_string))),
            );
            row
        })
    });
    Item::table(&heads, rows.collect())
}

fn limit_range(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let range = subject.object;
    let mut words = Vec::new();
    for limit in items_at(range, "spec/limits")
        .iter()
        .filter(|limit| text_at(limit, "type") == "Container")
    {
        let said = |path: &str| {
            let amounts = amounts(at(limit, path));
            let parts: Vec<String> = amounts
                .iter()
                .map(|(name, amount)| format!("{name} {amount}"))
                .collect();
            parts.join(", ")
        };
        for (path, what) in [("default", "limits gets"), ("defaultRequest", "requests gets")] {
            let amounts = said(path);
            if !amounts.is_empty() {
                words.push(Item::line(format!("A container without {what} {amounts}.")));
            }
        }
        for (path, what) in [("max", "more"), ("min", "less")] {
            let amounts = said(path);
            if !amounts.is_empty() {
                words.push(Item::line(format!(
                    "A container that asks for {what} than {amounts} is refused."
                )));
            }
        }
    }
    let mut items = vec![limit_table(&[range])];
    if !words.is_empty() {
        items.push(Item::section("In Words", words));
    }
    items
}

fn namespace(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let namespace = subject.object;
    let name = say::name(namespace);
    let phase = text_at(namespace, "status/phase");
    let deleted = text_at(namespace, "metadata/deletionTimestamp");
    let mut status = Phrase::of(phase, if phase == "Active" { Role::Ok } else { Role::Unknown });
    if !deleted.is_empty() {
        let since = age(around.now, parse_time(deleted));
        status = status.and(&format!("  (deleted {since} ago)"), Role::Comment);
    }
    let mut items = vec![Item::field("Status", status)];
    let found = items_at(namespace, "status/conditions");
    if !found.is_empty() {
        let columns = [
            ("Type", "type"),
            ("Status", "status"),
            ("LastTransitionTime", "lastTransitionTime"),
            ("Reason", "reason"),
            ("Message", "message"),
        ];
        items.push(conditions(found, &columns, |condition| {
            text_at(condition, "status") == "True"
        }));
    }
    let finalizers = texts(namespace, "spec/finalizers").join(", ");
    if !finalizers.is_empty() && !deleted.is_empty() {
        items.push(Item::field("Spec Finalizers", finalizers));
    }
    let within = Phrase::link(
        "its kinds and how many there are of each",
        Target::Kinds {
            namespace: Clean::new(name),
        },
    );
    items.push(Item::field("Contents", within));
    items.push(quotas(name, around));
    items.push(limits(name, around));
    items
}

fn quotas(namespace: &str, around: &Around<'_>) -> Item {
    let found = (around.find)(&Companion::selected("", "resourcequotas", namespace, ""));
    match (absent(&found), found) {
        (Some(absent), _) => Item::field("Resource Quotas", absent),
        (None, Listed::Objects(quotas)) if !quotas.is_empty() => {
            let each = quotas.iter().flat_map(|whole| {
                let link = object(
                    "",
                    "resourcequotas",
                    say::namespace(&whole.value),
                    say::name(&whole.value),
                );
                let mut items = vec![Item::field("Name", link)];
                items.extend(quota(&whole.value));
                items
            });
            Item::section("Resource Quotas", each.collect())
        }
        _ => Item::line("No resource quota."),
    }
}

fn limits(namespace: &str, around: &Around<'_>) -> Item {
    let found = (around.find)(&Companion::selected("", "limitranges", namespace, ""));
    match (absent(&found), found) {
        (Some(absent), _) => Item::field("Resource Limits", absent),
        (None, Listed::Objects(ranges)) if !ranges.is_empty() => {
            let values: Vec<&Value> = ranges.iter().map(|whole| &whole.value).collect();
            Item::section("Resource Limits", vec![limit_table(&values)])
        }
        _ => Item::line("No LimitRange resource."),
    }
}

fn namespace_findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let namespace = subject.object;
    let mut found = Vec::new();
    let deleted = text_at(namespace, "metadata/deletionTimestamp");
    if deleted.is_empty() {
        let quotas = around.objects(&Companion::selected("", "resourcequotas", say::name(namespace), ""));
        for whole in &quotas {
            found.extend(quota_findings(&whole.value).into_iter().map(|one| Finding {
                cause: Phrase::new(&format!("quota {}: ", say::name(&whole.value))).then(one.cause),
                ..one
            }));
        }
        return found;
    }
    for condition in items_at(namespace, "status/conditions") {
        if text_at(condition, "status") != "True" {
            continue;
        }
        let message = text_at(condition, "message");
        let (health, said, next) = match text_at(condition, "type") {
            "NamespaceFinalizersRemaining" => (
                Health::Bad,
                "objects in it wait for their finalizers",
                "Find those objects and the controller that should finish them; if it is gone for good, remove the finalizers",
            ),
            "NamespaceContentRemaining" => (Health::Warn, "objects remain in it", "See what they wait for"),
            "NamespaceDeletionContentFailure" => (
                Health::Bad,
                "objects in it cannot be deleted",
                "The message says which: often a webhook refuses, or its service is gone",
            ),
            "NamespaceDeletionDiscoveryFailure" | "NamespaceDeletionGroupVersionParsingFailure" => (
                Health::Bad,
                "the server does not know all that is in it, because an API of its does not answer",
                "Look at the API services: repair the one that is not available, or delete it",
            ),
            _ => continue,
        };
        found.push(finding(health, format!("It is not gone yet: {said}: {message}"), next));
    }
    if found.is_empty() {
        let since = age(around.now, parse_time(deleted));
        found.push(finding(
            Health::Unknown,
            format!("It is being deleted, since {since}"),
            "",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn a_quota() -> Value {
        json!({"metadata": {"name": "q", "namespace": "shop"}, "spec": {"scopes": ["BestEffort"]},
            "status": {"hard": {"pods": "10", "limits.memory": "1Gi", "requests.cpu": "1", "secrets": "0", "services": "2"},
                "used": {"pods": "10", "limits.memory": "384Mi", "requests.cpu": "950m", "secrets": "0", "services": "3"}}})
    }

    fn a_range() -> Value {
        json!({"metadata": {"name": "lr", "namespace": "shop"}, "spec": {"limits": [
            {"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "10m"}, "max": {"cpu": "2"},
             "maxLimitRequestRatio": {"memory": "20"}},
            {"type": "PersistentVolumeClaim", "max": {"storage": "10Gi"}}]}})
    }

    #[test]
    fn a_quota_is_printed_with_bars() {
        assert_says(
            &World::default().describe("", "ResourceQuota", &a_quota()),
            &[
                "Scopes: BestEffort",
                "* Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
                "Resource Used Hard Share",
                "limits.memory 384Mi 1Gi [||||||| ] 37%",
                "pods 10 10 [||||||||||||||||||||] 100%",
                "requests.cpu 950m 1 [||||||||||||||||||| ] 95%",
            ],
        );
        let found = World::default().findings("", "ResourceQuota", &a_quota());
        let said: Vec<String> = found.iter().map(|finding| finding.cause.text()).collect();
        assert_eq!(
            said,
            [
                "services is over its quota: 3 of 2; nothing that needs it can be made",
                "pods is used up: 10 of 10; whatever needs more of it is refused",
                "requests.cpu is nearly used up: 950m of 1"
            ]
        );
    }

    #[test]
    fn a_limit_range_is_printed_and_said_in_words() {
        assert_says(
            &World::default().describe("", "LimitRange", &a_range()),
            &[
                "Type Resource Min Max Default Request Default Limit Max Limit/Request Ratio",
                "Container cpu - 2 10m 500m -",
                "Container memory - - - 256Mi 20",
                "PersistentVolumeClaim storage - 10Gi - - -",
                "A container without limits gets cpu 500m, memory 256Mi.",
                "A container that asks for more than cpu 2 is refused.",
            ],
        );
    }

    #[test]
    fn a_namespace_shows_what_holds_in_it() {
        let shop = json!({"metadata": {"name": "shop"}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        let world = World::default()
            .with("", "resourcequotas", a_quota())
            .with("", "limitranges", a_range());
        assert_says(
            &world.describe("", "Namespace", &shop),
            &[
                "Status: Active",
                "Name: q",
                "pods 10 10 [||||||||||||||||||||] 100%",
                "Container cpu - 2 10m 500m -",
            ],
        );
        assert!(
            world
                .worst("", "Namespace", &shop)
                .starts_with("quota q: services is over its quota")
        );
        assert_says(
            &World::default().describe("", "Namespace", &shop),
            &["No resource quota.", "No LimitRange resource."],
        );
    }

    #[test]
    fn a_namespace_that_stays_says_why() {
        let stuck = json!({"metadata": {"name": "old", "deletionTimestamp": "2024-05-01T09:00:00Z"},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Terminating", "conditions": [
                {"type": "NamespaceContentRemaining", "status": "True", "message": "boats.x.io has 1 resource instances"},
                {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "harbour in 1 resource instances"},
                {"type": "NamespaceDeletionContentFailure", "status": "False", "message": "ok"}]}});
        let worst = World::default().worst("", "Namespace", &stuck);
        assert!(
            worst.starts_with("It is not gone yet: objects in it wait for their finalizers: harbour in 1"),
            "{worst}"
        );
        assert_eq!(World::default().findings("", "Namespace", &stuck).len(), 2);
    }
}
