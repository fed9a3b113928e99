//! Replica sets and replication controllers: what kubectl's describe prints, and why pods are missing.

use super::pod_findings::finding;
use super::{Around, Describer, Finding, Item, Subject, at, events, number_at, say, template, workload};
use crate::kinds::Health;
use serde_json::Value;

/// Replica sets.
pub(super) static REPLICA_SET: Describer = Describer {
    group: "apps",
    kind: "ReplicaSet",
    findings,
    items,
};

/// Replication controllers.
pub(super) static REPLICATION_CONTROLLER: Describer = Describer {
    group: "",
    kind: "ReplicationController",
    findings,
    items,
};

/// A replication controller has a plain map of labels where a replica set has a selector.
fn selector(subject: &Subject<'_>) -> String {
    let selector = at(subject.object, "spec/selector");
    if subject.kind == "ReplicationController" || subject.resource == "replicationcontrollers" {
        return say::map_selector_text(selector);
    }
    say::selector_text(selector)
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let object = subject.object;
    let namespace = say::namespace(object);
    let selector = selector(subject);
    let pods = workload::pods(object, &selector, around);
    let mut items = vec![Item::field("Selector", say::pods_link(&selector, namespace))];
    items.extend(say::controlled_by(object, around));
    let current = number_at(object, "status/replicas").unwrap_or(0);
    items.push(Item::field(
        "Replicas",
        format!("{current} current / {} desired", workload::wanted(object)),
    ));
    items.push(workload::pods_status(object, &selector, &pods));
    items.extend(workload::pods_table(&pods, around));
    items.push(template::section(at(object, "spec/template"), namespace, around));
    items.extend(say::conditions(object, around));
    items
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let object = subject.object;
    let mut found = Vec::new();
    found.extend(workload::cannot_create(object, &events::of(around), around.now));
    found.extend(workload::unnoticed(object));
    found.extend(short(object, &selector(subject), around));
    found
}

/// Why fewer pods are ready than wanted.
pub(super) fn short(object: &Value, selector: &str, around: &Around<'_>) -> Option<Finding> {
    let wanted = workload::wanted(object);
    let ready = number_at(object, "status/readyReplicas").unwrap_or(0);
    if ready >= wanted {
        return None;
    }
    let pods = workload::pods(object, selector, around);
    match workload::trouble(workload::there(&pods), around) {
        Some((pod, why)) => Some(workload::told(&pod.value, why)),
        None => {
            let cause = format!("{ready} of {} ready", say::count(wanted, "pod is", "pods are"));
            Some(finding(Health::Progress, cause, ""))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn a_replica_set_counts_only_its_own_pods() {
        let set = json!({"metadata": {"name": "cart-1", "namespace": "shop", "uid": "r",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": "d", "controller": true}]},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "cart"}}, "template": {"spec": {"containers": []}}},
            "status": {"replicas": 2, "readyReplicas": 1}});
        let pod = |name: &str, owner: &str, phase: &str| {
            json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "cart"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "x", "uid": owner, "controller": true}]},
                "spec": {"schedulerName": "own"}, "status": {"phase": phase, "conditions": [
                    {"type": "Ready", "status": if phase == "Running" { "True" } else { "False" }}]}})
        };
        let world = World::default()
            .with("", "pods", pod("a", "r", "Running"))
            .with("", "pods", pod("b", "r", "Pending"))
            .with("", "pods", pod("c", "other", "Running"));
        let text = world.describe("apps", "ReplicaSet", &set);
        for expected in [
            "Controlled By:  Deployment/cart",
            "Replicas:       2 current / 2 desired",
            "Pods Status:    1 Running / 1 Waiting / 0 Succeeded / 0 Failed",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
        assert_eq!(
            world.worst("apps", "ReplicaSet", &set),
            "Pod b: The pod waits for a node; the scheduler own has not said anything about it yet → "
        );
        let denied = World::default().denied("", "pods").describe("apps", "ReplicaSet", &set);
        assert!(
            denied.contains("Pods Status:    the pods may not be read: forbidden"),
            "{denied}"
        );
        let controller = json!({"metadata": {"name": "old", "namespace": "shop", "uid": "r"},
            "spec": {"replicas": 1, "selector": {"app": "cart"}}, "status": {"replicas": 1, "readyReplicas": 1}});
        let text = world.describe("", "ReplicationController", &controller);
        assert!(text.contains("Selector:      app=cart\n"), "{text}");
        assert!(text.contains("Pods Status:   1 Running / 1 Waiting"), "{text}");
    }
}
