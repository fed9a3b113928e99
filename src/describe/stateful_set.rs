//! Stateful sets: what kubectl's describe prints, the names their pods have, and which pod holds up the others.

use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, container, events, items_at, number_at,
    replica_set, say, template, text_at, workload,
};
use crate::theme::Role;
use serde_json::Value;

/// Stateful sets.
pub(super) static STATEFUL_SET: Describer = Describer {
    group: "apps",
    kind: "StatefulSet",
    findings,
    items,
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let set = subject.object;
    let namespace = say::namespace(set);
    let selector = workload::selector(set);
    let pods = workload::pods(set, &selector, around);
    let mut items = Vec::new();
    items.extend(say::time_field(
        "CreationTimestamp",
        set,
        "metadata/creationTimestamp",
        around.now,
    ));
    items.extend(say::controlled_by(set, around));
    items.push(Item::field("Selector", say::pods_link(&selector, namespace)));
    items.extend(service(set, around));
    items.extend(say::text_field(
        "Pod Management Policy",
        set,
        "spec/podManagementPolicy",
    ));
    let total = number_at(set, "status/replicas").unwrap_or(0);
    items.push(Item::field(
        "Replicas",
        format!("{} desired | {total} total", workload::wanted(set)),
    ));
    items.extend(strategy(set));
    items.extend(retention(set));
    items.push(workload::pods_status(set, &selector, &pods));
    items.extend(workload::pods_table(&pods, around));
    items.push(template::section(at(set, "spec/template"), namespace, around));
    items.push(claims(set, around));
    items.extend(say::conditions(set, around));
    items
}

/// The service under which its pods have names, and whether it is there.
fn service(set: &Value, around: &Around<'_>) -> Option<Item> {
    let name = text_at(set, "spec/serviceName");
    if name.is_empty() {
        return None;
    }
    let namespace = say::namespace(set);
    let companion = Companion::named("", "services", namespace, name);
    let known = !matches!((around.find)(&companion), Listed::Objects(found) if found.is_empty());
    let first = number_at(set, "spec/ordinals/start").unwrap_or(0);
    let more = if known {
        format!(
            "pods are found as {}-{first}.{name}.{namespace}.svc and so on",
            say::name(set)
        )
    } else {
        "there is no such service: the pods have no names of their own".to_owned()
    };
    let link = say::link(name, "", "services", namespace, name);
    Some(Item::field("Service Name", container::beyond(link, &more)))
}

fn strategy(set: &Value) -> Vec<Item> {
    let kind = text_at(set, "spec/updateStrategy/type");
    let rolling = at(set, "spec/updateStrategy/rollingUpdate");
    let mut inner = Vec::new();
    if let Some(partition) = number_at(rolling, "partition") {
        let more = match (partition, workload::wanted(set)) {
            (0, _) => String::new(),
            (partition, wanted) if partition >= wanted => "no pod is updated".to_owned(),
            (partition, wanted) => format!("only the pods {partition} to {} are updated", wanted - 1),
        };
        inner.push(Item::field(
            "Partition",
            container::beyond(Phrase::new(&partition.to_string()), &more),
        ));
    }
    let unavailable = say::scalar(at(rolling, "maxUnavailable"));
    if !unavailable.is_empty() {
        inner.push(Item::field("MaxUnavailable", unavailable));
    }
    let mut items = vec![Item::Section {
        name: "Update Strategy".into(),
        note: Phrase::new(kind),
        items: inner,
        folded: false,
    }];
    let (current, update) = (
        text_at(set, "status/currentRevision"),
        text_at(set, "status/updateRevision"),
    );
    if current != update && !update.is_empty() {
        let updated = number_at(set, "status/updatedReplicas").unwrap_or(0);
        let words = format!(
            "{updated} of {} pods are at {update}, the others at {current}",
            workload::wanted(set)
        );
        items.push(Item::field("Rollout", Phrase::of(&words, Role::Progress)));
    }
    items
}

/// What becomes of the claims; they stay unless the policy says otherwise.
fn retention(set: &Value) -> Option<Item> {
    let policy = at(set, "spec/persistentVolumeClaimRetentionPolicy");
    let fields = || {
        vec![
            Item::field("WhenDeleted", text_at(policy, "whenDeleted")),
            Item::field("WhenScaled", text_at(policy, "whenScaled")),
        ]
    };
    policy
        .is_object()
        .then(|| Item::section("PVC Retention Policy", fields()))
}

/// The claims that each pod gets, and how those that are there stand.
fn claims(set: &Value, around: &Around<'_>) -> Item {
    const MOST: i64 = 10;
    let namespace = say::namespace(set);
    let mut items = Vec::new();
    let first = number_at(set, "spec/ordinals/start").unwrap_or(0);
    for claim in items_at(set, "spec/volumeClaimTemplates") {
        let modes: Vec<&str> = items_at(claim, "spec/accessModes")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let name = say::name(claim);
        items.push(Item::field("Name", name));
        items.push(Item::field("StorageClass", text_at(claim, "spec/storageClassName")));
        items.push(say::labels("Labels", at(claim, "metadata/labels")));
        items.push(say::annotations("Annotations", at(claim, "metadata/annotations")));
        items.push(Item::field(
            "Capacity",
            say::scalar_or(claim, "spec/resources/requests/storage", "<default>"),
        ));
        items.push(Item::field("Access Modes", format!("[{}]", modes.join(" "))));
        let rows = (first..first.saturating_add(workload::wanted(set).min(MOST))).map(|ordinal| {
            let own = format!("{name}-{}-{ordinal}", say::name(set));
            let (state, _) = super::volume::claim_state(namespace, &own, around);
            vec![say::link(&own, "", "persistentvolumeclaims", namespace, &own), state]
        });
        items.push(Item::folded(
            "Claims",
            Phrase::default(),
            vec![Item::table(&[], rows.collect())],
        ));
    }
    Item::section("Volume Claims", items)
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let set = subject.object;
    let mut found = Vec::new();
    found.extend(workload::cannot_create(set, &events::of(around), around.now));
    found.extend(workload::unnoticed(set));
    if let Some(mut short) = replica_set::short(set, &workload::selector(set), around) {
        let made = number_at(set, "status/replicas").unwrap_or(0);
        let ordered = text_at(set, "spec/podManagementPolicy") != "Parallel";
        if ordered && made < workload::wanted(set) && short.health.is_fault() {
            let wait = workload::wanted(set) - made;
            let more = format!("; {} after it", say::count(wait, "pod waits", "pods wait"));
            short.cause = short.cause.and(&more, Role::LabelValue);
        }
        found.push(short);
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn a_stateful_set_is_described_and_waits_for_its_claim() {
        let set = json!({"metadata": {"name": "db", "namespace": "shop", "uid": "s"},
            "spec": {"serviceName": "db", "replicas": 2, "selector": {"matchLabels": {"app": "db"}}, "podManagementPolicy": "OrderedReady",
                "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}, "template": {"spec": {"containers": []}},
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "fast",
                    "resources": {"requests": {"storage": "1Gi"}}}}]},
            "status": {"replicas": 1, "readyReplicas": 0}});
        let pod = json!({"metadata": {"name": "db-0", "namespace": "shop", "uid": "p", "labels": {"app": "db"},
                "ownerReferences": [{"kind": "StatefulSet", "name": "db", "uid": "s", "controller": true}]},
            "spec": {"containers": [{"name": "db"}], "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                "message": "0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims."}]}});
        let claim = json!({"metadata": {"name": "data-db-0", "namespace": "shop"}, "spec": {"storageClassName": "fast",
            "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Pending"}});
        let world = World::default()
            .with("", "pods", pod)
            .with("", "persistentvolumeclaims", claim);
        let text = world.describe("apps", "StatefulSet", &set);
        for expected in [
            "Service Name:           db  there is no such service: the pods have no names of their own",
            "Replicas:               2 desired | 1 total",
            "  Partition:  1  only the pods 1 to 1 are updated",
            "Pods Status:            0 Running / 1 Waiting / 0 Succeeded / 0 Failed",
            "  Access Modes:  [ReadWriteOnce]",
            "    data-db-0  claim is Pending, wants 1Gi",
            "    data-db-1  there is no such claim",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
        assert_eq!(
            world.worst("apps", "StatefulSet", &set),
            "Pod db-0: The pod waits for a volume: its claim data-db-0 is not bound: there is no storage class fast; 1 pod waits after it \
             → Create the storage class fast, or name another one in a new claim"
        );
    }
}
