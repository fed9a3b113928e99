//! What the kinds that make pods have in common: their pods and how those fare, why no pod can be made, and which of
//! the pods tells what is wrong.

use super::events::{EventFacts, condition};
use super::pod_findings::{self, finding};
use super::{Around, Companion, Finding, Item, Listed, Phrase, at, items_at, number_at, pod, say, text_at};
use crate::kinds::{Health, ResourceName, Target, Uid, Whole};
use crate::text::{Clean, age, parse_time};
use crate::theme::Role;
use serde_json::Value;
use std::sync::Arc;

/// At most so many characters of what a server said are quoted.
const QUOTE: usize = 200;

/// The pods that an object controls, found by its selector.
pub(super) fn pods(object: &Value, selector: &str, around: &Around<'_>) -> Listed {
    if selector.is_empty() {
        return Listed::Objects(Vec::new());
    }
    let companion = Companion::selected("", "pods", say::namespace(object), selector);
    controlled(object, (around.find)(&companion))
}

/// Those of a list that an object controls.
pub(super) fn controlled(object: &Value, listed: Listed) -> Listed {
    let uid = text_at(object, "metadata/uid");
    match listed {
        Listed::Objects(all) => Listed::Objects(
            all.into_iter()
                .filter(|one| say::is_controlled_by(&one.value, uid))
                .collect(),
        ),
        other => other,
    }
}

/// What there is of a list.
pub(super) fn there(listed: &Listed) -> &[Arc<Whole>] {
    match listed {
        Listed::Objects(objects) => objects,
        Listed::Loading | Listed::Denied(_) => &[],
    }
}

/// Leads to the pods of an object.
fn pods_target(object: &Value, selector: &str) -> Target {
    Target::List {
        resource: ResourceName::new("", "pods"),
        namespace: Clean::new(say::namespace(object)),
        labels: Clean::new(selector),
        fields: Clean::default(),
        owner: Some(Uid::parse(text_at(object, "metadata/uid"))),
    }
}

/// `Pods Status:` as kubectl counts it, leading to the pods.
pub(super) fn pods_status(object: &Value, selector: &str, pods: &Listed) -> Item {
    let all = match pods {
        Listed::Loading => return Item::field("Pods Status", Phrase::of("loading", Role::Muted)),
        Listed::Denied(failure) => {
            let words = format!("the pods may not be read: {}", failure.message);
            return Item::field("Pods Status", Phrase::of(&words, Role::Warn));
        }
        Listed::Objects(all) => all,
    };
    let of = |phase: &str| {
        all.iter()
            .filter(|pod| text_at(&pod.value, "status/phase") == phase)
            .count()
    };
    let words = format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        of("Running"),
        of("Pending"),
        of("Succeeded"),
        of("Failed")
    );
    Item::field("Pods Status", Phrase::link(&words, pods_target(object, selector)))
}

/// The pod that tells best what is wrong, and what that is. The events of that one pod are asked for.
pub(super) fn trouble(pods: &[Arc<Whole>], around: &Around<'_>) -> Option<(Arc<Whole>, Finding)> {
    let rank = |pod: &Arc<Whole>| {
        let worst = pod_findings::of(&pod.value, &[], around).into_iter().next();
        (
            worst.map(|worst| worst.health),
            text_at(&pod.value, "metadata/creationTimestamp").to_owned(),
        )
    };
    let wanting = pods
        .iter()
        .filter(|pod| !pod::is_ready(&pod.value) && text_at(&pod.value, "status/phase") != "Succeeded");
    let chosen = wanting.max_by_key(|pod| rank(pod))?;
    let pod = &chosen.value;
    let fields = format!(
        "involvedObject.name={},involvedObject.namespace={},involvedObject.uid={}",
        say::name(pod),
        say::namespace(pod),
        text_at(pod, "metadata/uid")
    );
    let companion = Companion {
        resource: ResourceName::new("", "events"),
        namespace: Clean::new(say::namespace(pod)),
        labels: Clean::default(),
        fields: Clean::new(&fields),
    };
    let events = around.objects(&companion);
    let events = super::events::read_all(events.iter().map(|whole| &whole.value));
    let worst = pod_findings::of(pod, &events, around).into_iter().next()?;
    Some((chosen.clone(), worst))
}

/// The same said of the object that makes the pod: `Pod x: container app crashes …`.
pub(super) fn told(pod: &Value, found: Finding) -> Finding {
    let name = say::name(pod);
    let link = say::link(name, "", "pods", say::namespace(pod), name);
    Finding {
        health: found.health,
        cause: Phrase::new("Pod ")
            .then(link)
            .and(": ", Role::LabelValue)
            .then(found.cause),
        next: found.next,
    }
}

/// Why no pod can be made: the condition `ReplicaFailure`, else a recent event `FailedCreate`.
pub(super) fn cannot_create(object: &Value, events: &[EventFacts], now: i64) -> Option<Finding> {
    let failing = condition(object, "ReplicaFailure").filter(|it| text_at(it, "status") == "True");
    let message = match failing {
        Some(failing) => text_at(failing, "message").to_owned(),
        None => {
            let newest = events.iter().rev().find(|event| event.reason == "FailedCreate")?;
            // What has gone well since is not wrong any more.
            let since = events.iter().rev().find(|event| event.reason == "SuccessfulCreate");
            if since.is_some_and(|since| since.last > newest.last) || newest.last.is_none_or(|last| now - last > 1800) {
                return None;
            }
            newest.message.clone()
        }
    };
    let (cause, next) = refused(&message);
    Some(finding(Health::Bad, cause, next))
}

/// Why the server refuses a pod, in words, and what to do.
pub(super) fn refused(message: &str) -> (String, String) {
    if let Some((_, rest)) = message.split_once("exceeded quota: ") {
        let (name, rest) = rest.split_once(',').unwrap_or((rest, ""));
        let amounts = |word: &str| {
            let (_, after) = rest.split_once(word).unwrap_or(("", ""));
            let end = [", used: ", ", limited: "]
                .iter()
                .filter_map(|end| after.find(end))
                .min()
                .unwrap_or(after.len());
            let list = after.get(..end).unwrap_or_default().split(',');
            let pairs = list.filter_map(|pair| pair.trim().split_once('='));
            pairs
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect::<Vec<_>>()
        };
        let (used, limited) = (amounts("used: "), amounts("limited: "));
        let of = |list: &[(String, String)], key: &str| {
            list.iter()
                .find(|(other, _)| other == key)
                .map_or_else(|| "?".to_owned(), |(_, value)| value.clone())
        };
        let words: Vec<String> = amounts("requested: ")
            .iter()
            .map(|(key, asked)| {
                format!(
                    "{key}: {} of {} used, {asked} more asked for",
                    of(&used, key),
                    of(&limited, key)
                )
            })
            .collect();
        return (
            format!(
                "No pod can be made: the quota {name} is used up ({})",
                say::listed(&words)
            ),
            format!("Raise the quota {name}, free some of it, or ask for less"),
        );
    }
    if let Some((_, rest)) = message.split_once("failed quota: ") {
        let (name, must) = rest.split_once(": must specify ").unwrap_or((rest, ""));
        return (
            format!("No pod can be made: the quota {name} wants every container to say {must}"),
            format!("Set {must} in the pod template, or give the namespace a limit range with defaults"),
        );
    }
    if let Some((_, rest)) = message.split_once("violates PodSecurity ") {
        return (
            format!(
                "No pod can be made: it breaks the namespace's pod security {}",
                say::brief(rest, QUOTE)
            ),
            "Change the pod template's security context, or the namespace's pod security level".to_owned(),
        );
    }
    if let Some((_, rest)) = message.split_once("serviceaccount \"") {
        let name = rest.split('"').next().unwrap_or_default();
        if rest.contains("not found") {
            return (
                format!("No pod can be made: there is no service account {name}"),
                format!("Create the service account {name}, or correct its name in the pod template"),
            );
        }
    }
    if let Some((_, rest)) = message.split_once("admission webhook ") {
        return (
            format!("No pod can be made: the admission webhook {}", say::brief(rest, QUOTE)),
            "Change the pod template so that the webhook lets it pass, or ask who runs the webhook".to_owned(),
        );
    }
    if message.contains("per Container") || message.contains("per Pod") {
        let (_, rest) = message.split_once("is forbidden: ").unwrap_or(("", message));
        return (
            format!(
                "No pod can be made: a limit range forbids it: {}",
                say::brief(rest, QUOTE)
            ),
            "Change what the pod template asks for, or the namespace's limit range".to_owned(),
        );
    }
    (
        format!("No pod can be made: {}", say::brief(message, QUOTE)),
        "Correct the pod template".to_owned(),
    )
}

/// How many pods a number or a percentage is of so many; a percentage is rounded up or down.
pub(super) fn share(value: &Value, of: i64, up: bool) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    let percent: i64 = value.as_str()?.strip_suffix('%')?.parse().ok()?;
    let product = percent.checked_mul(of)?;
    Some(if up {
        product.checked_add(99)?.div_euclid(100)
    } else {
        product.div_euclid(100)
    })
}

/// What the server has not taken notice of yet.
pub(super) fn unnoticed(object: &Value) -> Option<Finding> {
    let (made, seen) = (
        number_at(object, "metadata/generation")?,
        number_at(object, "status/observedGeneration")?,
    );
    (seen < made).then(|| {
        finding(
            Health::Progress,
            "The latest change has not been noticed by its controller yet",
            "",
        )
    })
}

/// One row per pod: name, what it does, restarts, node, age. Folded.
pub(super) fn pods_table(pods: &Listed, around: &Around<'_>) -> Option<Item> {
    const MOST: usize = 100;
    let all = there(pods);
    if all.is_empty() {
        return None;
    }
    let rows = all.iter().take(MOST).map(|whole| {
        let pod = &whole.value;
        let name = say::name(pod);
        let worst = pod_findings::of(pod, &[], around).into_iter().next();
        let statuses = items_at(pod, "status/containerStatuses");
        let ready = statuses.iter().filter(|status| pod::is_container_ready(status)).count();
        let restarts: i64 = statuses
            .iter()
            .filter_map(|status| number_at(status, "restartCount"))
            .sum();
        let node = text_at(pod, "spec/nodeName");
        vec![
            say::link(name, "", "pods", say::namespace(pod), name),
            format!("{ready}/{}", items_at(pod, "spec/containers").len()).into(),
            Phrase::new(text_at(pod, "status/phase")),
            restarts.to_string().into(),
            say::link(node, "", "nodes", "", node),
            age(around.now, parse_time(text_at(pod, "metadata/creationTimestamp"))).into(),
            worst.map_or_else(Phrase::default, |worst| {
                Phrase::of(&say::brief(&worst.cause.text(), 80), worst.health.role())
            }),
        ]
    });
    let table = Item::table(
        &["Name", "Ready", "Phase", "Restarts", "Node", "Age", ""],
        rows.collect(),
    );
    let left = all.len().saturating_sub(MOST);
    let note = if left > 0 {
        format!("{} more are not shown", left)
    } else {
        String::new()
    };
    Some(Item::folded("Pods", Phrase::of(&note, Role::Muted), vec![table]))
}

/// The pods that an object wants, when it says nothing: one.
pub(super) fn wanted(object: &Value) -> i64 {
    number_at(object, "spec/replicas").unwrap_or(1)
}

/// The selector of an object with a LabelSelector.
pub(super) fn selector(object: &Value) -> String {
    say::selector_text(at(object, "spec/selector"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_are_plain() {
        let table = [
            (
                "pods \"cart-x\" is forbidden: exceeded quota: small, requested: pods=1,requests.cpu=500m, used: pods=2,requests.cpu=1, limited: pods=2,requests.cpu=1",
                "No pod can be made: the quota small is used up (pods: 2 of 2 used, 1 more asked for and requests.cpu: 1 of 1 used, 500m more asked for)",
            ),
            (
                "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu,limits.memory",
                "No pod can be made: the quota q wants every container to say limits.cpu,limits.memory",
            ),
            (
                "pods \"x-\" is forbidden: error looking up service account shop/robot: serviceaccount \"robot\" not found",
                "No pod can be made: there is no service account robot",
            ),
            (
                "pods \"x\" is forbidden: maximum cpu usage per Container is 1, but limit is 2",
                "No pod can be made: a limit range forbids it: maximum cpu usage per Container is 1, but limit is 2",
            ),
            ("boom", "No pod can be made: boom"),
        ];
        for (message, expected) in table {
            assert_eq!(refused(message).0, expected);
        }
    }

    #[test]
    fn shares_round_as_the_controllers_do() {
        let table = [
            (json!("25%"), 2, true, Some(1)),
            (json!("25%"), 2, false, Some(0)),
            (json!("25%"), 10, true, Some(3)),
            (json!(3), 10, true, Some(3)),
            (json!("x"), 10, true, None),
            (json!("9223372036854775807%"), 10, true, None),
        ];
        for (value, of, up, expected) in table {
            assert_eq!(share(&value, of, up), expected, "{value}");
        }
    }
}
