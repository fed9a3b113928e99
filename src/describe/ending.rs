//! What a pod that is being deleted still waits for: its grace period, its containers, finalizers, a node that is gone.

use super::events::condition;
use super::pod_findings::finding;
use super::{Around, Companion, Finding, Listed, Phrase, at, items_at, pod, say, text_at};
use crate::kinds::Health;
use crate::text::{age, human_duration, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// A pod that is to end within so many seconds after its time is not stuck yet.
const PATIENCE: i64 = 15;

/// A pod that is being deleted.
pub(super) fn of(pod: &Value, around: &Around<'_>) -> Vec<Finding> {
    let Some(until) = parse_time(text_at(pod, "metadata/deletionTimestamp")) else {
        return Vec::new();
    };
    let late = around.now.saturating_sub(until);
    let running: Vec<String> = pod::still_running(pod).into_iter().map(str::to_owned).collect();
    let finalizers: Vec<String> = items_at(pod, "metadata/finalizers")
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect();
    if late <= PATIENCE {
        let hook = items_at(pod, "spec/containers")
            .iter()
            .any(|one| at(one, "lifecycle/preStop").is_object());
        let waits = match (running.is_empty(), hook) {
            (true, _) => "its containers have ended".to_owned(),
            (false, true) => format!(
                "{} first runs what is to be done before its end, then ends",
                say::listed(&running)
            ),
            (false, false) => format!("{} still runs", say::listed(&running)),
        };
        let left = if late < 0 {
            format!("{} left", human_duration(-late))
        } else {
            "its time is up".to_owned()
        };
        return vec![finding(
            Health::Progress,
            format!("The pod is ending ({left}): {waits}"),
            "",
        )];
    }
    let since = human_duration(late);
    if let Some(found) = lost_node(pod, &since, around) {
        return vec![found];
    }
    if !finalizers.is_empty() {
        let cause = format!(
            "The pod should be gone since {since}, but is kept by the finalizer {}",
            say::listed(&finalizers)
        );
        let next = "Whatever set the finalizer must take it away: see that controller's log; by hand only if it is gone for good";
        return vec![finding(Health::Bad, cause, next)];
    }
    let node = text_at(pod, "spec/nodeName");
    if running.is_empty() {
        let cause = format!("The pod should be gone since {since}: its node {node} has not confirmed its end");
        return vec![finding(
            Health::Bad,
            cause,
            "See the node: the kubelet there has to take the pod away",
        )];
    }
    let cause = format!(
        "The pod should be gone since {since}, but {} still runs on {node}",
        say::listed(&running)
    );
    vec![finding(
        Health::Bad,
        cause,
        "See the log of the kubelet and of the container runtime on that node",
    )]
}

/// The pod's node, when nobody there can confirm that the pod has ended.
fn lost_node(pod: &Value, since: &str, around: &Around<'_>) -> Option<Finding> {
    let node = text_at(pod, "spec/nodeName");
    if node.is_empty() {
        return None;
    }
    let Listed::Objects(nodes) = (around.find)(&Companion::named("", "nodes", "", node)) else {
        return None;
    };
    let link = || say::link(node, "", "nodes", "", node);
    let head = format!("The pod should be gone since {since}, but its node ");
    let Some(object) = nodes.first() else {
        let cause = Phrase::new(&head)
            .then(Phrase::new(node))
            .and(" does not exist any more", Role::LabelValue);
        return Some(finding(Health::Bad, cause, "Delete the pod by force (grace period 0)"));
    };
    let ready = condition(&object.value, "Ready")?;
    if text_at(ready, "status") == "True" {
        return None;
    }
    let gone = age(around.now, parse_time(text_at(ready, "lastTransitionTime")));
    let words = format!(" does not answer since {gone}: nobody can confirm the pod's end");
    let cause = Phrase::new(&head).then(link()).and(&words, Role::LabelValue);
    let next = "Bring the node back; delete the pod by force only if the node is surely off";
    Some(finding(Health::Bad, cause, next))
}
