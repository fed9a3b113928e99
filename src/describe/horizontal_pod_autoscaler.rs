//! Autoscalers: as kubectl prints them, and the arithmetic by which they arrive at their number of pods. It reads v2,
//! v2beta2 and v1.

use super::amount::Amount;
use super::pod_findings::finding;
use super::words::{conditions, count, created, or, plain};
use super::{Around, Describer, Finding, Item, Phrase, Subject, at, items_at, number_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// Autoscalers.
pub static HORIZONTAL_POD_AUTOSCALER: Describer = Describer {
    group: "autoscaling",
    kind: "HorizontalPodAutoscaler",
    findings,
    items,
};

/// Within this share of the target nothing is done, in thousandths.
const TOLERANCE: i128 = 100;
/// The first server that serves v2, whose words are other than those of v1.
const SPEAKS_V2: u32 = 23;

/// One metric: what it is called, and what is measured against what.
struct Metric {
    name: String,
    current: Option<String>,
    target: String,
    /// Current and target in billionths, when both are known.
    numbers: Option<(i128, i128)>,
    /// What the name says in short.
    short: String,
}

fn nanos(text: &str) -> i128 {
    Amount::parse(text).nanos()
}

fn metric(spec: &Value, status: &Value) -> Metric {
    let kind = text_at(spec, "type");
    let field = match kind {
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        "Pods" => "pods",
        "Object" => "object",
        _ => "external",
    };
    let (source, current) = (at(spec, field), at(status, &format!("{field}/current")));
    let target = at(source, "target");
    let average = text_at(target, "averageValue");
    let utilization = number_at(target, "averageUtilization");
    let name = or(text_at(source, "metric/name"), text_at(source, "name")).to_owned();
    if matches!(kind, "Resource" | "ContainerResource") {
        let of = match kind {
            "Resource" => format!("resource {name} on pods"),
            _ => format!(
                "resource {name} of container \"{}\" on pods",
                text_at(source, "container")
            ),
        };
        if !average.is_empty() {
            return valued(of, name, text_at(current, "averageValue"), average);
        }
        let now = number_at(current, "averageUtilization");
        let value = text_at(current, "averageValue");
        let one = 1_000_000_000;
        return Metric {
            name: format!("{of} (as a percentage of request)"),
            current: now.map(|now| format!("{now}% ({})", or(&Amount::parse(value).to_string(), "<unknown>"))),
            target: utilization.map_or_else(|| "<auto>".to_owned(), |target| format!("{target}%")),
            numbers: now
                .zip(utilization)
                .map(|(now, target)| (i128::from(now) * one, i128::from(target) * one)),
            short: name,
        };
    }
    let by_average = !average.is_empty();
    let of = match kind {
        "Pods" => format!("\"{name}\" on pods"),
        "Object" => {
            let (on, called) = (
                text_at(source, "describedObject/kind"),
                text_at(source, "describedObject/name"),
            );
            let which = if by_average {
                "target average value"
            } else {
                "target value"
            };
            format!("\"{name}\" on {on}/{called} ({which})")
        }
        _ => format!(
            "\"{name}\" ({})",
            if by_average {
                "target average value"
            } else {
                "target value"
            }
        ),
    };
    if by_average {
        valued(of, name, text_at(current, "averageValue"), average)
    } else {
        valued(of, name, text_at(current, "value"), text_at(target, "value"))
    }
}

fn valued(name: String, short: String, current: &str, target: &str) -> Metric {
    let known = !current.is_empty();
    Metric {
        name,
        current: known.then(|| Amount::parse(current).to_string()),
        target: Amount::parse(target).to_string(),
        numbers: known.then(|| (nanos(current), nanos(target))),
        short,
    }
}

/// Its metrics, those of v1 in the form of v2.
fn metrics(scaler: &Value) -> Vec<Metric> {
    let specs = items_at(scaler, "spec/metrics");
    let statuses = items_at(scaler, "status/currentMetrics");
    if specs.is_empty() {
        let target = number_at(scaler, "spec/targetCPUUtilizationPercentage");
        let now = number_at(scaler, "status/currentCPUUtilizationPercentage");
        let one = 1_000_000_000;
        let metric = target.map(|target| Metric {
            name: "resource cpu on pods (as a percentage of request)".to_owned(),
            current: now.map(|now| format!("{now}%")),
            target: format!("{target}%"),
            numbers: now.map(|now| (i128::from(now) * one, i128::from(target) * one)),
            short: "cpu".to_owned(),
        });
        return metric.into_iter().collect();
    }
    let pairs = specs.iter().enumerate().map(|(index, spec)| {
        // The status names its metrics in the order of the spec, or leaves them out: kubectl takes the place, we take the
        // one that is of the same kind there.
        let status = statuses
            .get(index)
            .filter(|status| text_at(status, "type") == text_at(spec, "type"));
        metric(spec, status.unwrap_or(&Value::Null))
    });
    pairs.collect()
}

/// The CPU utilization in percent, target and current, as v1 has it.
fn cpu(scaler: &Value) -> Option<(i64, Option<i64>)> {
    if let Some(target) = number_at(scaler, "spec/targetCPUUtilizationPercentage") {
        return Some((target, number_at(scaler, "status/currentCPUUtilizationPercentage")));
    }
    let is_cpu = |metric: &&Value| text_at(metric, "resource/name") == "cpu";
    let spec = items_at(scaler, "spec/metrics").iter().find(is_cpu)?;
    let target = number_at(spec, "resource/target/averageUtilization")?;
    let status = items_at(scaler, "status/currentMetrics").iter().find(is_cpu);
    Some((
        target,
        status.and_then(|status| number_at(status, "resource/current/averageUtilization")),
    ))
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let scaler = subject.object;
    let reference = at(scaler, "spec/scaleTargetRef");
    let (kind, name) = (text_at(reference, "kind"), text_at(reference, "name"));
    let group = say::group_of(text_at(reference, "apiVersion"));
    let link = say::link(&format!("{kind}/{name}"), group, kind, say::namespace(scaler), name);
    let metrics = metrics(scaler);
    let lines = metrics.iter().map(|metric| {
        let current = metric.current.as_deref();
        let role = if current.is_some() {
            Role::LabelValue
        } else {
            Role::Warn
        };
        let words = Phrase::of(current.unwrap_or("<unknown>"), role);
        Item::field(
            &metric.name,
            words.and(&format!(" / {}", metric.target), Role::LabelValue),
        )
    });
    let note = if metrics.is_empty() {
        "<none>"
    } else {
        "( current / target )"
    };
    let mut items = vec![
        created(scaler, around.now),
        Item::field("Reference", link),
        Item::Section {
            name: "Metrics".into(),
            note: note.into(),
            items: lines.collect(),
            folded: false,
        },
    ];
    if around.minor.is_some_and(|minor| minor < SPEAKS_V2)
        && let Some((target, current)) = cpu(scaler)
    {
        let current = current.map_or_else(|| "<unknown>".to_owned(), |current| current.to_string());
        items.push(Item::field("Target CPU utilization", format!("{target}%")));
        items.push(Item::field("Current CPU utilization", format!("{current}%")));
    }
    let bound = |path: &str| number_at(scaler, path).map_or_else(|| "<unset>".to_owned(), |bound| bound.to_string());
    items.push(Item::field("Min replicas", bound("spec/minReplicas")));
    items.push(Item::field("Max replicas", bound("spec/maxReplicas")));
    items.extend(behavior(scaler));
    let (current, desired) = replicas(scaler);
    items.push(Item::field(
        &format!("{kind} pods"),
        format!("{current} current / {desired} desired"),
    ));
    items.push(Item::section("Arithmetic", arithmetic(scaler, &metrics)));
    let all = all_conditions(scaler);
    if !all.is_empty() {
        let columns = [
            ("Type", "type"),
            ("Status", "status"),
            ("Reason", "reason"),
            ("Message", "message"),
        ];
        items.push(conditions(&all, &columns, is_bad));
    }
    items
}

fn replicas(scaler: &Value) -> (i64, i64) {
    let number = |path: &str| number_at(scaler, path).unwrap_or(0);
    (number("status/currentReplicas"), number("status/desiredReplicas"))
}

/// The conditions; v1 keeps them in an annotation.
fn all_conditions(scaler: &Value) -> Vec<Value> {
    let conditions = items_at(scaler, "status/conditions");
    if !conditions.is_empty() {
        return conditions.to_vec();
    }
    let kept = at(scaler, "metadata/annotations").get("autoscaling.alpha.kubernetes.io/conditions");
    let kept = kept
        .and_then(Value::as_str)
        .and_then(|text| serde_json::from_str(text).ok());
    kept.unwrap_or_default()
}

fn is_bad(condition: &Value) -> bool {
    let good = if text_at(condition, "type") == "ScalingLimited" {
        "False"
    } else {
        "True"
    };
    text_at(condition, "status") != good
}

fn behavior(scaler: &Value) -> Option<Item> {
    let behavior = at(scaler, "spec/behavior");
    if !behavior.is_object() {
        return None;
    }
    let mut items = Vec::new();
    for (name, path) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
        let rules = at(behavior, path);
        if !rules.is_object() {
            continue;
        }
        let mut inside = Vec::new();
        if let Some(seconds) = number_at(rules, "stabilizationWindowSeconds") {
            inside.push(Item::field("Stabilization Window", format!("{seconds} seconds")));
        }
        if !at(rules, "tolerance").is_null() {
            inside.push(Item::field("Tolerance", plain(at(rules, "tolerance"))));
        }
        let policies = items_at(rules, "policies");
        if !policies.is_empty() {
            inside.push(Item::field("Select Policy", or(text_at(rules, "selectPolicy"), "Max")));
            let rows = policies.iter().map(|policy| {
                vec![
                    Phrase::from(format!("- Type: {}", text_at(policy, "type"))),
                    Phrase::from(format!("Value: {}", plain(at(policy, "value")))),
                    Phrase::from(format!("Period: {} seconds", plain(at(policy, "periodSeconds")))),
                ]
            });
            inside.push(Item::section("Policies", vec![Item::table(&[], rows.collect())]));
        }
        items.push(Item::section(name, inside));
    }
    Some(Item::section("Behavior", items))
}

/// How the number of pods comes about: each metric's ratio, the greatest proposal, the bounds.
fn arithmetic(scaler: &Value, metrics: &[Metric]) -> Vec<Item> {
    let (current, _) = replicas(scaler);
    let (least, most) = (
        number_at(scaler, "spec/minReplicas").unwrap_or(1),
        number_at(scaler, "spec/maxReplicas").unwrap_or(0),
    );
    let mut lines = Vec::new();
    let mut greatest: Option<i64> = None;
    let mut unknown = false;
    for metric in metrics {
        let Some(proposal) = metric.numbers.and_then(|(now, target)| propose(current, now, target)) else {
            lines.push(format!("{}: not measured, so it proposes nothing", metric.short));
            unknown = true;
            continue;
        };
        let Proposal { ratio, pods, calm } = proposal;
        let shown = match ratio {
            0 => "less than 0.001".to_owned(),
            1..100 => format!("0.{ratio:03}"),
            _ => format!("{}.{:02}", ratio / 1000, ratio % 1000 / 10),
        };
        let what = format!(
            "{}: {} of {} is {shown} times the target",
            metric.short,
            metric.current.as_deref().unwrap_or(""),
            metric.target
        );
        lines.push(if calm {
            format!("{what}, within the tolerance of 10 percent: {current} pods stay")
        } else {
            format!(
                "{what}: ceil({current} × {shown}) = {}",
                count(usize::try_from(pods).unwrap_or(0), "pod")
            )
        });
        greatest = greatest.max(Some(pods));
    }
    if let Some(greatest) = greatest {
        let bounded = greatest.clamp(least.min(most), most.max(least));
        let which = if metrics.len() > 1 {
            "the greatest proposal counts"
        } else {
            "so it wants"
        };
        lines.push(format!(
            "{which}: {greatest}, within {least} to {most} that is {bounded}"
        ));
        if unknown && greatest < current {
            lines.push("nothing is scaled down while a metric cannot be measured".to_owned());
        }
    }
    lines.into_iter().map(Item::line).collect()
}

struct Proposal {
    /// Current over target, in thousandths.
    ratio: i128,
    pods: i64,
    /// Whether it is near enough to do nothing.
    calm: bool,
}

fn propose(current: i64, now: i128, target: i128) -> Option<Proposal> {
    if target <= 0 || now < 0 {
        return None;
    }
    let ratio = now.checked_mul(1000)? / target;
    // Nearness is decided on the exact ratio: 1.1005 is beyond a tolerance of a tenth.
    let away = now.checked_sub(target)?.abs().checked_mul(1000)?;
    let calm = away <= target.checked_mul(TOLERANCE)?;
    let exact = i128::from(current).checked_mul(now)?;
    let up = exact.div_euclid(target) + i128::from(exact.rem_euclid(target) > 0);
    let pods = if calm { current } else { i64::try_from(up).ok()? };
    Some(Proposal { ratio, pods, calm })
}

fn findings(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    let scaler = subject.object;
    let mut found = Vec::new();
    for condition in all_conditions(scaler) {
        let (status, reason) = (text_at(&condition, "status"), text_at(&condition, "reason"));
        let message = text_at(&condition, "message");
        match (text_at(&condition, "type"), status, reason) {
            ("ScalingActive", "False", "ScalingDisabled") => found.push(finding(
                Health::Warn,
                "It is off, because its target is scaled to zero",
                "Scale the target to one pod or more, and it takes over again",
            )),
            ("ScalingActive", "False", "InvalidSelector" | "AmbiguousSelector") => {
                found.push(finding(
                    Health::Bad,
                    format!("It cannot tell its pods: {message}"),
                    "Give every workload its own selector",
                ));
            }
            ("ScalingActive", "False", _) => found.push(finding(
                Health::Bad,
                format!("It cannot read its metrics, so it does nothing: {message}"),
                metrics_advice(message),
            )),
            ("AbleToScale", "False", "BackoffBoth" | "BackoffUpscale" | "BackoffDownscale") => {
                found.push(finding(
                    Health::Progress,
                    format!("It waits before it scales again: {message}"),
                    "",
                ));
            }
            ("AbleToScale", "False", _) => found.push(finding(
                Health::Bad,
                format!("It cannot scale its target: {message}"),
                "See whether the target exists and can be scaled",
            )),
            ("ScalingLimited", "True", "TooManyReplicas") => {
                let most = number_at(scaler, "spec/maxReplicas").unwrap_or(0);
                found.push(finding(
                    Health::Warn,
                    format!("It is at its maximum of {most} pods and would go further"),
                    "Raise maxReplicas, or find out why the load is so high",
                ));
            }
            _ => {}
        }
    }
    let metrics = metrics(scaler);
    let missing: Vec<&str> = metrics
        .iter()
        .filter(|one| one.current.is_none())
        .map(|one| one.short.as_str())
        .collect();
    let measured = condition(&all_conditions(scaler), "ScalingActive").is_some_and(|active| active == "True");
    if !missing.is_empty() && measured {
        let cause = format!(
            "It cannot read {} of its metrics ({}), so it never scales down",
            missing.len(),
            missing.join(", ")
        );
        found.push(finding(
            Health::Warn,
            cause,
            "Make them available, or remove them: see the events",
        ));
    }
    found
}

/// The status of a condition.
fn condition<'a>(conditions: &'a [Value], kind: &str) -> Option<&'a str> {
    let found = conditions.iter().find(|condition| text_at(condition, "type") == kind)?;
    Some(text_at(found, "status"))
}

fn metrics_advice(message: &str) -> &'static str {
    if message.contains("missing request for") {
        "Give every container a request for that resource: the percentage is of the request"
    } else if message.contains("custom metrics API") || message.contains("custom.metrics") {
        "Install an adapter that serves custom.metrics.k8s.io, or remove that metric"
    } else if message.contains("external.metrics") || message.contains("external metric") {
        "Install an adapter that serves external.metrics.k8s.io, or remove that metric"
    } else if message.contains("did not receive metrics") || message.contains("no metrics returned") {
        "Are its pods running and ready? Right after a start it takes a minute until they are measured"
    } else {
        "See whether the metrics server runs and serves metrics.k8s.io"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    fn scaler() -> Value {
        json!({"metadata": {"name": "web", "namespace": "shop", "creationTimestamp": "2024-05-01T09:00:00Z"},
            "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "minReplicas": 2, "maxReplicas": 5,
                "metrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}},
                    {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "100Mi"}}},
                    {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "1k"}}},
                    {"type": "Object", "object": {"metric": {"name": "hits"}, "describedObject": {"kind": "Ingress", "name": "web"},
                        "target": {"type": "Value", "value": "10k"}}},
                    {"type": "External", "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "30"}}}],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60, "policies": [
                    {"type": "Pods", "value": 4, "periodSeconds": 60}, {"type": "Percent", "value": 10, "periodSeconds": 60}]}}},
            "status": {"currentReplicas": 3, "desiredReplicas": 5, "currentMetrics": [
                    {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 80, "averageValue": "400m"}}},
                    {"type": "Resource", "resource": {"name": "memory", "current": {"averageValue": "105Mi"}}}],
                "conditions": [
                    {"type": "AbleToScale", "status": "True", "reason": "ReadyForNewScale", "message": "ready"},
                    {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "too many"}]}})
    }

    #[test]
    fn metrics_and_arithmetic_are_printed() {
        assert_says(
            &World::default().describe("autoscaling", "HorizontalPodAutoscaler", &scaler()),
            &[
                "CreationTimestamp: Wed, 01 May 2024 09:00:00 +0000  60m ago",
                "Reference: Deployment/web",
                "Metrics: ( current / target )",
                "resource cpu on pods (as a percentage of request): 80% (400m) / 50%",
                "resource memory on pods: 105Mi / 100Mi",
                "\"rps\" on pods: <unknown> / 1k",
                "\"hits\" on Ingress/web (target value): <unknown> / 10k",
                "\"queue\" (target average value): <unknown> / 30",
                "Min replicas: 2",
                "Stabilization Window: 60 seconds",
                "Select Policy: Max",
                "- Type: Pods Value: 4 Period: 60 seconds",
                "Deployment pods: 3 current / 5 desired",
                "cpu: 80% (400m) of 50% is 1.60 times the target: ceil(3 × 1.60) = 5 pods",
                "memory: 105Mi of 100Mi is 1.05 times the target, within the tolerance of 10 percent: 3 pods stay",
                "the greatest proposal counts: 5, within 2 to 5 that is 5",
                "AbleToScale True ReadyForNewScale ready",
            ],
        );
        let worst = World::default().worst("autoscaling", "HorizontalPodAutoscaler", &scaler());
        assert!(worst.starts_with("It is at its maximum of 5 pods"), "{worst}");
    }

    #[test]
    fn the_oldest_form_is_read() {
        let old = json!({"metadata": {"name": "web", "annotations": {"autoscaling.alpha.kubernetes.io/conditions":
                "[{\"type\":\"ScalingActive\",\"status\":\"False\",\"reason\":\"FailedGetResourceMetric\",\"message\":\"missing request for cpu\"}]"}},
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 5, "targetCPUUtilizationPercentage": 50},
            "status": {"currentReplicas": 2, "desiredReplicas": 2, "currentCPUUtilizationPercentage": 52}});
        let text = World::default().describe("autoscaling", "HorizontalPodAutoscaler", &old);
        assert_says(
            &text,
            &[
                "resource cpu on pods (as a percentage of request): 52% / 50%",
                "Min replicas: <unset>",
            ],
        );
        let worst = World::default().worst("autoscaling", "HorizontalPodAutoscaler", &old);
        assert_eq!(
            worst,
            "It cannot read its metrics, so it does nothing: missing request for cpu → Give every container a request for \
             that resource: the percentage is of the request"
        );
    }

    #[test]
    fn the_tolerance_has_sharp_edges() {
        // Current pods, measured, target: proposed pods. With a target of 70 nothing happens from 63 to 77.
        let table = [
            (10, 63, 70, 10),
            (10, 77, 70, 10),
            (10, 62, 70, 9),
            (10, 78, 70, 12),
            (0, 90, 70, 0),
            (3, 0, 50, 0),
        ];
        for (current, now, target, pods) in table {
            assert_eq!(
                propose(current, now, target).map(|proposal| proposal.pods),
                Some(pods),
                "{current} {now} {target}"
            );
        }
        assert!(propose(3, 5, 0).is_none());
        assert!(propose(i64::MAX, i128::MAX, 1).is_none());
    }
}
