//! Disruption budgets: as kubectl prints them, and how many pods may go now, and why not more.

use super::events::condition;
use super::pod_findings::finding;
use super::words::{count, or, plain};
use super::{Around, Describer, Finding, Item, Phrase, Subject, at, number_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// Disruption budgets.
pub static POD_DISRUPTION_BUDGET: Describer = Describer {
    group: "policy",
    kind: "PodDisruptionBudget",
    findings,
    items,
};

/// The numbers of its status.
struct Numbers {
    allowed: i64,
    healthy: i64,
    desired: i64,
    expected: i64,
}

fn numbers(budget: &Value) -> Numbers {
    let number = |path: &str| number_at(budget, path).unwrap_or(0);
    Numbers {
        allowed: number("status/disruptionsAllowed"),
        healthy: number("status/currentHealthy"),
        desired: number("status/desiredHealthy"),
        expected: number("status/expectedPods"),
    }
}

fn items(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let budget = subject.object;
    let mut items = Vec::new();
    for (name, path) in [
        ("Min available", "spec/minAvailable"),
        ("Max unavailable", "spec/maxUnavailable"),
    ] {
        if !at(budget, path).is_null() {
            items.push(Item::field(name, plain(at(budget, path))));
        }
    }
    let selector = at(budget, "spec/selector");
    let text = say::selector_text(selector);
    items.push(Item::field(
        "Selector",
        match (selector.is_null(), text.is_empty()) {
            (true, _) => "<unset>".into(),
            (_, true) => "<none>".into(),
            _ => say::pods_link(&text, say::namespace(budget)),
        },
    ));
    let policy = text_at(budget, "spec/unhealthyPodEvictionPolicy");
    if !policy.is_empty() {
        items.push(Item::field("Unhealthy Pod Eviction Policy", policy));
    }
    let Numbers {
        allowed,
        healthy,
        desired,
        expected,
    } = numbers(budget);
    items.push(Item::section(
        "Status",
        vec![
            Item::field("Allowed disruptions", allowed.to_string()),
            Item::field("Current", healthy.to_string()),
            Item::field("Desired", desired.to_string()),
            Item::field("Total", expected.to_string()),
        ],
    ));
    items.push(Item::field("Headroom", headroom(budget)));
    items
}

/// How many may go now and why.
fn headroom(budget: &Value) -> Phrase {
    let Numbers {
        allowed,
        healthy,
        desired,
        expected,
    } = numbers(budget);
    let role = if allowed > 0 { Role::Ok } else { Role::Warn };
    let may = if allowed == 1 {
        "1 pod may go now".to_owned()
    } else {
        format!("{allowed} pods may go now")
    };
    let why = format!(": of {expected} pods {healthy} are healthy, and {desired} must stay so");
    Phrase::of(&may, role).and(&why, Role::LabelValue)
}

fn findings(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    let budget = subject.object;
    let Numbers {
        allowed,
        healthy,
        desired,
        expected,
    } = numbers(budget);
    let observed = number_at(budget, "status/observedGeneration").unwrap_or(0);
    if observed == 0 || number_at(budget, "metadata/generation").is_some_and(|generation| generation > observed) {
        return vec![finding(
            Health::Progress,
            "Its controller has not computed it yet; until then no pod may go",
            "",
        )];
    }
    if let Some(failed) =
        condition(budget, "DisruptionAllowed").filter(|condition| text_at(condition, "reason") == "SyncFailed")
    {
        let cause = format!(
            "It cannot be computed, so no pod may go: {}",
            or(text_at(failed, "message"), "no reason is given")
        );
        return vec![finding(
            Health::Bad,
            cause,
            "It protects only pods of workloads whose size is known",
        )];
    }
    if expected == 0 {
        let cause = "It selects no pod of a workload, so it protects nothing";
        return vec![finding(
            Health::Warn,
            cause,
            "Compare its selector with the labels of the pods",
        )];
    }
    if allowed > 0 {
        return Vec::new();
    }
    let (cause, next) = if desired >= expected {
        (
            format!(
                "It blocks every eviction, now and always: it keeps {desired} of {}",
                count(usize::try_from(expected).unwrap_or(0), "pod")
            ),
            "Let it allow one pod less, or run one pod more; as it is, no node with such a pod can be drained",
        )
    } else {
        (
            format!(
                "It blocks every eviction now: {healthy} of {expected} pods are healthy, and {desired} must stay so"
            ),
            "See why the other pods are not ready; when they are, evictions go on",
        )
    };
    vec![finding(Health::Warn, cause, next)]
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn budget(allowed: i64, healthy: i64, desired: i64, expected: i64) -> Value {
        json!({"metadata": {"name": "web", "namespace": "shop", "generation": 1},
            "spec": {"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
            "status": {"disruptionsAllowed": allowed, "currentHealthy": healthy, "desiredHealthy": desired, "expectedPods": expected,
                "observedGeneration": 1}})
    }

    #[test]
    fn headroom_is_said_with_its_reason() {
        assert_says(
            &World::default().describe("policy", "PodDisruptionBudget", &budget(1, 3, 2, 4)),
            &[
                "Min available: 50%",
                "Selector: app=web",
                "Allowed disruptions: 1",
                "Current: 3",
                "Desired: 2",
                "Total: 4",
                "Headroom: 1 pod may go now: of 4 pods 3 are healthy, and 2 must stay so",
            ],
        );
    }

    #[test]
    fn what_blocks_is_found() {
        let table = [
            (budget(1, 3, 2, 4), ""),
            (
                budget(0, 3, 3, 3),
                "It blocks every eviction, now and always: it keeps 3 of 3 pods",
            ),
            (
                budget(0, 2, 2, 3),
                "It blocks every eviction now: 2 of 3 pods are healthy",
            ),
            (budget(0, 0, 0, 0), "It selects no pod"),
        ];
        for (budget, cause) in table {
            let worst = World::default().worst("policy", "PodDisruptionBudget", &budget);
            assert!(
                worst.starts_with(cause) && worst.is_empty() == cause.is_empty(),
                "{worst}"
            );
        }
    }
}
