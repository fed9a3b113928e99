//! Why a pod gets no node: what the scheduler says, and claims that are not bound.

use super::events::{EventFacts, condition};
use super::pod_findings::{QUOTE, finding};
use super::scheduling::{self, About};
use super::{Around, Companion, Finding, Listed, Phrase, at, items_at, pod, say, text_at, volume};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// Why a pod has no node yet; None when it has one or needs none.
pub(super) fn unscheduled(pod: &Value, events: &[EventFacts], around: &Around<'_>) -> Option<Finding> {
    if pod::is_over(pod) || !text_at(pod, "spec/nodeName").is_empty() {
        return None;
    }
    let scheduled = condition(pod, "PodScheduled");
    let (reason, message) = scheduled.map_or(("", ""), |it| (text_at(it, "reason"), text_at(it, "message")));
    if reason == "SchedulingGated" {
        let gates: Vec<String> = items_at(pod, "spec/schedulingGates")
            .iter()
            .map(|gate| text_at(gate, "name").to_owned())
            .collect();
        let cause = format!("The pod is held back by the scheduling gate {}", say::listed(&gates));
        return Some(finding(
            Health::Progress,
            cause,
            "Whatever set the gate takes it away when the pod may run",
        ));
    }
    let said = events.iter().rev().find(|event| event.reason == "FailedScheduling");
    let message = if message.is_empty() {
        said.map_or("", |event| event.message.as_str())
    } else {
        message
    };
    if message.is_empty() {
        let scheduler = say::scalar_or(pod, "spec/schedulerName", "default-scheduler");
        let cause = format!("The pod waits for a node; the scheduler {scheduler} has not said anything about it yet");
        return Some(finding(Health::Progress, cause, ""));
    }
    let verdict = scheduling::read(message);
    let claims = unbound_claims(pod, around);
    if verdict.first(About::Claim).is_some() || message.contains("persistentvolumeclaim") {
        if let Some((cause, next)) = claims {
            return Some(finding(
                Health::Bad,
                Phrase::new("The pod waits for a volume: ").then(cause),
                next,
            ));
        }
        let cause = format!("The pod waits for a volume: {}", say::brief(message, QUOTE));
        return Some(finding(Health::Bad, cause, "See its claims"));
    }
    let all = verdict.nodes.map_or("No node".to_owned(), |nodes| match nodes {
        0 => "There is no node that".to_owned(),
        1 => "The only node does not take".to_owned(),
        _ => "No node takes".to_owned(),
    });
    let words = verdict.words();
    let cause = match verdict.nodes {
        Some(nodes) if nodes > 0 => format!("{all} the pod: {words}"),
        _ => format!("The pod fits on no node: {words}"),
    };
    let next = next_for(pod, &verdict);
    Some(finding(Health::Bad, cause, next))
}

/// What the pod asks for of a resource, over all of its containers.
fn asked(pod: &Value, resource: &str) -> String {
    let amounts: Vec<String> = items_at(pod, "spec/containers")
        .iter()
        .filter_map(|container| {
            let amount = at(container, "resources/requests").get(resource)?;
            Some(say::scalar(amount))
        })
        .collect();
    amounts.join(" + ")
}

/// What can be done about the first two reasons: each keeps other nodes away, so either may be the way out.
fn next_for(pod: &Value, verdict: &scheduling::Verdict) -> String {
    let mut next = String::new();
    for advice in verdict.reasons.iter().take(2).map(|reason| advice(pod, reason)) {
        if next.is_empty() {
            next = advice;
        } else if !advice.is_empty() && !next.contains(&advice) {
            let mut letters = advice.chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string());
            next = format!("{next}; or {}{}", first.unwrap_or_default(), letters.as_str());
        }
    }
    next
}

fn advice(pod: &Value, reason: &scheduling::Reason) -> String {
    match reason.about {
        About::Resource => {
            let asked = asked(pod, &reason.name);
            let word = if reason.name == "cpu" { "CPU" } else { &reason.name };
            let asks = if asked.is_empty() {
                String::new()
            } else {
                format!(" (it asks for {asked})")
            };
            format!("Ask for less {word}{asks}, free some on the nodes, or add a node")
        }
        About::Taint if reason.name.starts_with("node.kubernetes.io/") => "See what is wrong with the nodes".to_owned(),
        About::Taint => {
            format!(
                "Give the pod a toleration for {}, or take the taint from a node",
                say::or_none(&reason.name)
            )
        }
        About::Selector => {
            let selector = say::map_selector_text(at(pod, "spec/nodeSelector"));
            if selector.is_empty() {
                return "Correct the pod's node affinity, or give a node the labels it asks for".to_owned();
            }
            format!("Give a node the labels {selector}, or correct the pod's node selector")
        }
        About::Pods => "Loosen the pod's affinity or spread, or add nodes".to_owned(),
        About::Claim => "See the pod's claims".to_owned(),
        About::Volume => "Run it where its volume can be reached, or move the volume".to_owned(),
        About::Cordoned => "Open a node for new pods again (uncordon)".to_owned(),
        About::Port => "Use another host port, or none".to_owned(),
        About::Other => String::new(),
    }
}

/// What keeps the first claim of the pod that is not bound, and what to do.
fn unbound_claims(pod: &Value, around: &Around<'_>) -> Option<(Phrase, String)> {
    let namespace = say::namespace(pod);
    for claim in items_at(pod, "spec/volumes")
        .iter()
        .filter_map(|one| volume::claim_name(one, say::name(pod)))
    {
        let link = say::link(&claim, "", "persistentvolumeclaims", namespace, &claim);
        let companion = Companion::named("", "persistentvolumeclaims", namespace, &claim);
        let Listed::Objects(found) = (around.find)(&companion) else {
            continue;
        };
        let Some(object) = found.first().map(|whole| &whole.value) else {
            let cause = Phrase::new("there is no claim ").then(link);
            return Some((
                cause,
                format!("Create the claim {claim}, or correct its name in the pod"),
            ));
        };
        if text_at(object, "status/phase") == "Bound" {
            continue;
        }
        let (why, next) = unbound(object, around);
        return Some((
            Phrase::new("its claim ")
                .then(link)
                .and(&format!(" is not bound: {why}"), Role::LabelValue),
            next,
        ));
    }
    None
}

/// Why a claim is not bound, as far as its class tells, and what to do.
pub(super) fn unbound(claim: &Value, around: &Around<'_>) -> (String, String) {
    let size = say::scalar(at(claim, "spec/resources/requests/storage"));
    if text_at(claim, "status/phase") == "Lost" {
        return (
            "the volume it was bound to is gone".to_owned(),
            "Restore the volume, or delete the claim and make a new one".to_owned(),
        );
    }
    match at(claim, "spec/storageClassName") {
        Value::String(class) if class.is_empty() => (
            format!("it wants a volume of {size} without a class, and none is free"),
            "Create a fitting volume, or name a storage class in the claim".to_owned(),
        ),
        Value::String(class) => match (around.find)(&Companion::named("storage.k8s.io", "storageclasses", "", class)) {
            Listed::Objects(classes) => match classes.first().map(|whole| &whole.value) {
                None => (
                    format!("there is no storage class {class}"),
                    format!("Create the storage class {class}, or name another one in a new claim"),
                ),
                Some(class) if text_at(class, "volumeBindingMode") == "WaitForFirstConsumer" => (
                    "its class waits until the pod has a node".to_owned(),
                    "See why the pod gets no node".to_owned(),
                ),
                Some(found) => (
                    format!("{} has not made its volume yet", text_at(found, "provisioner")),
                    "See the events of the claim and the log of that provisioner".to_owned(),
                ),
            },
            Listed::Loading | Listed::Denied(_) => (
                format!("it waits for a volume of class {class}"),
                "See the events of the claim".to_owned(),
            ),
        },
        _ => (
            format!(
                "it names no storage class, there is no default one, and no volume of {size} without a class is free"
            ),
            "Create a fitting volume, make a storage class the default, or name one in a new claim".to_owned(),
        ),
    }
}
