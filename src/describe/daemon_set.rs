//! Daemon sets: what kubectl's describe prints, and on which nodes a pod is missing and why.

use super::pod_findings::finding;
use super::{Around, Describer, Finding, Item, Subject, at, events, number_at, say, template, text_at, workload};
use crate::kinds::Health;

/// Daemon sets.
pub(super) static DAEMON_SET: Describer = Describer {
    group: "apps",
    kind: "DaemonSet",
    findings,
    items,
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let set = subject.object;
    let namespace = say::namespace(set);
    let selector = workload::selector(set);
    let pods = workload::pods(set, &selector, around);
    let number = |path: &str| number_at(set, path).unwrap_or(0).to_string();
    let mut items = vec![Item::field("Selector", say::pods_link(&selector, namespace))];
    items.extend(say::controlled_by(set, around));
    let node_selector = say::map_selector_text(at(set, "spec/template/spec/nodeSelector"));
    items.push(Item::field("Node-Selector", say::or_none(&node_selector)));
    for (name, path) in [
        ("Desired Number of Nodes Scheduled", "status/desiredNumberScheduled"),
        ("Current Number of Nodes Scheduled", "status/currentNumberScheduled"),
        (
            "Number of Nodes Scheduled with Up-to-date Pods",
            "status/updatedNumberScheduled",
        ),
        (
            "Number of Nodes Scheduled with Available Pods",
            "status/numberAvailable",
        ),
        ("Number of Nodes Misscheduled", "status/numberMisscheduled"),
    ] {
        items.push(Item::field(name, number(path)));
    }
    items.push(Item::field("Update Strategy", text_at(set, "spec/updateStrategy/type")));
    let rolling = at(set, "spec/updateStrategy/rollingUpdate");
    let wanted = number_at(set, "status/desiredNumberScheduled").unwrap_or(0);
    if let Some(unavailable) = workload::share(at(rolling, "maxUnavailable"), wanted, true) {
        let surge = workload::share(at(rolling, "maxSurge"), wanted, true).unwrap_or(0);
        let words = format!(
            "at most {} without an available pod, {} with a second one",
            say::count(unavailable, "node", "nodes"),
            surge
        );
        items.push(Item::field("Rollout Bounds", words));
    }
    items.push(workload::pods_status(set, &selector, &pods));
    items.extend(workload::pods_table(&pods, around));
    items.push(template::section(at(set, "spec/template"), namespace, around));
    items.extend(say::conditions(set, around));
    items
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let set = subject.object;
    let number = |path: &str| number_at(set, path).unwrap_or(0);
    let wanted = number("status/desiredNumberScheduled");
    let available = number("status/numberAvailable");
    let mut found = Vec::new();
    found.extend(workload::cannot_create(set, &events::of(around), around.now));
    found.extend(workload::unnoticed(set));
    if available < wanted {
        let pods = workload::pods(set, &workload::selector(set), around);
        match workload::trouble(workload::there(&pods), around) {
            Some((pod, why)) => found.push(workload::told(&pod.value, why)),
            None => {
                let cause = format!(
                    "{available} of {} an available pod",
                    say::count(wanted, "node has", "nodes have")
                );
                found.push(finding(Health::Progress, cause, ""));
            }
        }
    }
    if number("status/numberMisscheduled") > 0 {
        let count = say::count(number("status/numberMisscheduled"), "node runs", "nodes run");
        let cause = format!("{count} a pod of it but should not");
        found.push(finding(
            Health::Warn,
            cause,
            "Its pods there end by themselves unless something keeps them",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn a_daemon_set_is_described() {
        let set = json!({"metadata": {"name": "agent", "namespace": "shop", "uid": "d"},
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
                "template": {"spec": {"containers": [], "nodeSelector": {"disk": "ssd"}}}},
            "status": {"desiredNumberScheduled": 11, "currentNumberScheduled": 11, "numberAvailable": 10, "numberMisscheduled": 1}});
        let text = World::default().describe("apps", "DaemonSet", &set);
        for expected in [
            "Node-Selector:                 disk=ssd",
            "Desired Number of Nodes Scheduled:  11",
            "Number of Nodes Scheduled with Up-to-date Pods:  0",
            "Rollout Bounds:                at most 2 nodes without an available pod, 0 with a second one",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
        assert_eq!(
            World::default().worst("apps", "DaemonSet", &set),
            "1 node runs a pod of it but should not → Its pods there end by themselves unless something keeps them"
        );
    }
}
