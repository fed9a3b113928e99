//! Deployments: what kubectl's describe prints, the bounds of a rollout in pods, and why one does not get on.

use super::pod_findings::finding;
use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, bool_at, container, events, number_at,
    say, template, text_at, workload,
};
use crate::kinds::{Health, Whole};
use crate::theme::Role;
use serde_json::Value;
use std::sync::Arc;

/// Deployments.
pub(super) static DEPLOYMENT: Describer = Describer {
    group: "apps",
    kind: "Deployment",
    findings,
    items,
};

const REVISION: &str = "deployment.kubernetes.io/revision";

/// The replica sets of a deployment: the new one and the old ones, the newest first.
struct Sets {
    new: Option<Arc<Whole>>,
    old: Vec<Arc<Whole>>,
}

fn sets(deployment: &Value, selector: &str, around: &Around<'_>) -> Result<Sets, Listed> {
    let companion = Companion::selected("apps", "replicasets", say::namespace(deployment), selector);
    let listed = workload::controlled(deployment, (around.find)(&companion));
    let Listed::Objects(mut all) = listed else {
        return Err(listed);
    };
    // The earliest of those with the same template is the new one, as the controller has it.
    all.sort_by_key(|set| text_at(&set.value, "metadata/creationTimestamp").to_owned());
    let template = bare(at(deployment, "spec/template"));
    let place = all
        .iter()
        .position(|set| bare(at(&set.value, "spec/template")) == template);
    let new = place.map(|place| all.remove(place));
    all.sort_by_key(|set| std::cmp::Reverse(revision(&set.value)));
    Ok(Sets { new, old: all })
}

/// A template without the label that the controller adds.
fn bare(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    template
}

fn revision(object: &Value) -> i64 {
    let annotations = at(object, "metadata/annotations");
    let text = annotations.get(REVISION).and_then(Value::as_str);
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// `name (2/3 replicas created)`, one below the other.
fn set_lines(sets: &[Arc<Whole>]) -> Vec<Phrase> {
    let line = |set: &Arc<Whole>| {
        let set = &set.value;
        let name = say::name(set);
        let words = format!(
            "{name} ({}/{} replicas created)",
            number_at(set, "status/replicas").unwrap_or(0),
            number_at(set, "spec/replicas").unwrap_or(0)
        );
        let link = say::link(&words, "apps", "replicasets", say::namespace(set), name);
        container::beyond(link, &format!("revision {}", revision(set)))
    };
    sets.iter().map(line).collect()
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let deployment = subject.object;
    let namespace = say::namespace(deployment);
    let (spec, status) = (at(deployment, "spec"), at(deployment, "status"));
    let number = |path: &str| number_at(status, path).unwrap_or(0);
    let selector = workload::selector(deployment);
    let mut items = Vec::new();
    items.extend(say::time_field(
        "CreationTimestamp",
        deployment,
        "metadata/creationTimestamp",
        around.now,
    ));
    items.extend(say::controlled_by(deployment, around));
    items.push(Item::field("Selector", say::pods_link(&selector, namespace)));
    let wanted = workload::wanted(deployment);
    items.push(Item::field(
        "Replicas",
        format!(
            "{wanted} desired | {} updated | {} total | {} available | {} unavailable",
            number("updatedReplicas"),
            number("replicas"),
            number("availableReplicas"),
            number("unavailableReplicas")
        ),
    ));
    items.push(Item::field("StrategyType", text_at(spec, "strategy/type")));
    items.push(Item::field(
        "MinReadySeconds",
        number_at(spec, "minReadySeconds").unwrap_or(0).to_string(),
    ));
    let rolling = at(spec, "strategy/rollingUpdate");
    if rolling.is_object() {
        let words = format!(
            "{} max unavailable, {} max surge",
            say::scalar(at(rolling, "maxUnavailable")),
            say::scalar(at(rolling, "maxSurge"))
        );
        items.push(Item::field("RollingUpdateStrategy", words));
        items.extend(bounds(rolling, wanted));
    }
    if let Some(seconds) = number_at(spec, "progressDeadlineSeconds") {
        let words = format!("{seconds}s without progress count as a failed rollout");
        items.push(Item::field("Progress Deadline", words));
    }
    if bool_at(spec, "paused") {
        items.push(Item::field(
            "Paused",
            Phrase::of("changes are not rolled out until it is resumed", Role::Warn),
        ));
    }
    items.push(Item::field("Revision", revision(deployment).to_string()));
    items.push(template::section(at(spec, "template"), namespace, around));
    items.extend(say::conditions(deployment, around));
    match sets(deployment, &selector, around) {
        Ok(sets) => {
            items.push(Item::fields("OldReplicaSets", set_lines(&sets.old)));
            items.push(Item::fields("NewReplicaSet", set_lines(sets.new.as_slice())));
        }
        Err(Listed::Denied(failure)) => {
            let words = format!("the replica sets may not be read: {}", failure.message);
            items.push(Item::field("NewReplicaSet", Phrase::of(&words, Role::Warn)));
        }
        Err(_) => items.push(Item::field("NewReplicaSet", Phrase::of("loading", Role::Muted))),
    }
    items
}

/// What the two bounds come to in pods.
fn bounds(rolling: &Value, wanted: i64) -> Option<Item> {
    let (surge, unavailable) = surge_and_unavailable(rolling, wanted)?;
    let words = format!(
        "between {} available and {} in all, while {wanted} are wanted",
        say::count((wanted - unavailable).max(0), "pod", "pods"),
        wanted.saturating_add(surge)
    );
    Some(Item::field("Rollout Bounds", words))
}

/// maxSurge rounded up and maxUnavailable rounded down; both zero would never get on, so one may be unavailable then.
fn surge_and_unavailable(rolling: &Value, wanted: i64) -> Option<(i64, i64)> {
    let surge = workload::share(at(rolling, "maxSurge"), wanted, true)?;
    let unavailable = workload::share(at(rolling, "maxUnavailable"), wanted, false)?;
    Some((
        surge,
        if surge == 0 && unavailable == 0 {
            1
        } else {
            unavailable.min(wanted)
        },
    ))
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let deployment = subject.object;
    let status = at(deployment, "status");
    let number = |path: &str| number_at(status, path).unwrap_or(0);
    let wanted = workload::wanted(deployment);
    let (updated, available) = (number("updatedReplicas"), number("availableReplicas"));
    let selector = workload::selector(deployment);
    let mut found = Vec::new();
    let own = events::of(around);
    found.extend(workload::cannot_create(deployment, &own, around.now));
    found.extend(workload::unnoticed(deployment));
    if bool_at(deployment, "spec/paused") {
        let cause = "It is paused: changes to its pod template are not rolled out";
        found.push(finding(
            Health::Progress,
            cause,
            "Resume it when the changes are complete",
        ));
    }
    let stuck = events::condition(deployment, "Progressing").filter(|it| text_at(it, "status") == "False");
    let short = available < wanted || updated < wanted || number("replicas") > wanted;
    if !short && stuck.is_none() {
        return found;
    }
    let sets = sets(deployment, &selector, around).ok();
    let new = sets.and_then(|sets| sets.new);
    // The pods of the new replica set tell why a rollout fails; where there is none, any pod.
    let pods = match &new {
        Some(set) => workload::pods(&set.value, &workload::selector(&set.value), around),
        None => Listed::Loading,
    };
    let trouble = workload::trouble(workload::there(&pods), around);
    if let Some(stuck) = stuck {
        let ready = new
            .as_ref()
            .map_or(0, |set| number_at(&set.value, "status/availableReplicas").unwrap_or(0));
        let seconds = number_at(deployment, "spec/progressDeadlineSeconds").unwrap_or(600);
        let begin = match text_at(stuck, "reason") {
            "ProgressDeadlineExceeded" => {
                format!(
                    "The rollout has failed: no progress for {seconds}s, {ready} of {wanted} new pods are available"
                )
            }
            other => format!(
                "The rollout does not get on ({other}): {}",
                say::brief(text_at(stuck, "message"), 120)
            ),
        };
        match trouble {
            Some((pod, why)) => {
                let told = workload::told(&pod.value, why);
                let cause = Phrase::new(&begin)
                    .and("; ", Role::LabelValue)
                    .then(lowered(told.cause));
                let next = match told.next.text() {
                    text if text.is_empty() => Phrase::new("Undo the rollout, or correct the pod template"),
                    text => Phrase::new(&format!("{text}; or undo the rollout")),
                };
                found.push(finding(Health::Bad, cause, next));
            }
            None => found.push(finding(
                Health::Bad,
                begin,
                "Undo the rollout, or correct the pod template",
            )),
        }
        return found;
    }
    let unavailable = wanted - available;
    match trouble {
        Some((pod, why)) if why.health.is_fault() => found.push(workload::told(&pod.value, why)),
        _ if found.iter().any(|found| found.health == Health::Bad) => {}
        _ if updated < wanted || number("replicas") > wanted => {
            let cause = format!("Being rolled out: {updated} of {wanted} pods are new, {available} are available");
            found.push(finding(Health::Progress, cause, ""));
        }
        _ => {
            let word = say::count(unavailable, "pod is", "pods are");
            found.push(finding(
                Health::Warn,
                format!("{word} not available, of {wanted} wanted"),
                "See its pods",
            ));
        }
    }
    found
}

/// A sentence as a part of another.
fn lowered(mut phrase: Phrase) -> Phrase {
    if let Some(first) = phrase.0.first_mut() {
        let mut letters = first.text.as_str().chars();
        let text: String = letters
            .next()
            .map_or_else(String::new, |letter| letter.to_lowercase().chain(letters).collect());
        first.text = text.into();
    }
    phrase
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::World;
    use serde_json::json;

    fn deployment() -> Value {
        json!({"metadata": {"name": "cart", "namespace": "shop", "uid": "d", "generation": 2,
                "annotations": {REVISION: "2"}},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "cart"}}, "progressDeadlineSeconds": 60,
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                "template": {"metadata": {"labels": {"app": "cart"}}, "spec": {"containers": [{"name": "app", "image": "cart:2"}]}}},
            "status": {"observedGeneration": 2, "replicas": 4, "updatedReplicas": 1, "availableReplicas": 3, "unavailableReplicas": 1,
                "conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
                    "message": "ReplicaSet \"cart-2\" has timed out progressing.", "lastTransitionTime": "2024-05-01T09:59:00Z"}]}})
    }

    fn set(name: &str, image: &str, revision: &str, replicas: i64) -> Value {
        json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "labels": {"app": "cart"}, "annotations": {REVISION: revision},
                "ownerReferences": [{"kind": "Deployment", "name": "cart", "uid": "d", "controller": true}]},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "cart", "pod-template-hash": name}},
                "template": {"metadata": {"labels": {"app": "cart", "pod-template-hash": name}},
                    "spec": {"containers": [{"name": "app", "image": image}]}}},
            "status": {"replicas": replicas}})
    }

    fn world() -> World {
        World::default()
            .with("apps", "replicasets", set("cart-1", "cart:1", "1", 3))
            .with("apps", "replicasets", set("cart-2", "cart:2", "2", 1))
            .with("", "pods", json!({"metadata": {"name": "cart-2-x", "namespace": "shop", "uid": "p",
                    "labels": {"app": "cart", "pod-template-hash": "cart-2"},
                    "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-2", "uid": "cart-2", "controller": true}]},
                "spec": {"nodeName": "node-a", "containers": [{"name": "app", "image": "cart:2"}]},
                "status": {"phase": "Pending", "containerStatuses": [{"name": "app", "restartCount": 0, "ready": false,
                    "state": {"waiting": {"reason": "ErrImagePull", "message":
                        "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/cart:2\": not found"}}}]}}))
    }

    #[test]
    fn a_deployment_is_described() {
        let text = world().describe("apps", "Deployment", &deployment());
        for expected in [
            "Replicas:               3 desired | 1 updated | 4 total | 3 available | 1 unavailable",
            "RollingUpdateStrategy:  25% max unavailable, 25% max surge",
            "Rollout Bounds:         between 3 pods available and 4 in all, while 3 are wanted",
            "OldReplicaSets:         cart-1 (3/3 replicas created)  revision 1",
            "NewReplicaSet:          cart-2 (1/1 replicas created)  revision 2",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
    }

    #[test]
    fn a_failed_rollout_says_why() {
        let expected = "The rollout has failed: no progress for 60s, 0 of 3 new pods are available; pod cart-2-x: Container app has no \
                        image: cart:2 does not exist in its registry → Correct the image's name or tag, or push it; or undo the rollout";
        assert_eq!(world().worst("apps", "Deployment", &deployment()), expected);
    }

    #[test]
    fn a_quota_that_is_used_up_is_named() {
        let mut deployment = deployment();
        deployment["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
            "message": "pods \"cart-2-y\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=3, limited: pods=3"}]);
        let expected = "No pod can be made: the quota small is used up (pods: 3 of 3 used, 1 more asked for) → \
                        Raise the quota small, free some of it, or ask for less";
        assert_eq!(World::default().worst("apps", "Deployment", &deployment), expected);
    }
}
