//! What a pod requests of its node and what it may take at most, by the scheduler's rule: application containers and
//! sidecars together, or the peak of the init sequence if that is more, and the overhead of its runtime.

use super::amount::Amount;
use super::{at, items_at, text_at};
use serde_json::Value;
use std::collections::BTreeMap;

/// Amounts by resource name.
pub type Amounts = BTreeMap<String, Amount>;

/// The amounts in a map of the API.
pub fn amounts(map: &Value) -> Amounts {
    let map = map.as_object().into_iter().flatten();
    map.map(|(name, amount)| (name.clone(), Amount::parse(&super::words::plain(amount))))
        .collect()
}

/// Adds amounts to others.
pub fn add(sum: &mut Amounts, more: &Amounts) {
    for (name, amount) in more {
        let place = sum.entry(name.clone()).or_default();
        *place = place.plus(*amount);
    }
}

fn at_least(most: &mut Amounts, other: &Amounts) {
    for (name, amount) in other {
        let place = most.entry(name.clone()).or_default();
        *place = place.max(*amount);
    }
}

/// What a pod requests.
pub fn requests(pod: &Value) -> Amounts {
    let mut sum = containers(pod, "requests");
    add(&mut sum, &amounts(at(pod, "spec/overhead")));
    sum
}

/// What a pod may take at most, where that is limited.
pub fn limits(pod: &Value) -> Amounts {
    let mut sum = containers(pod, "limits");
    // Overhead counts only where there is a limit at all.
    for (name, amount) in amounts(at(pod, "spec/overhead")) {
        if let Some(place) = sum.get_mut(&name).filter(|place| !place.is_zero()) {
            *place = place.plus(amount);
        }
    }
    sum
}

fn containers(pod: &Value, which: &str) -> Amounts {
    let of = |container: &Value| amounts(at(container, &format!("resources/{which}")));
    let mut sum = Amounts::new();
    for container in items_at(pod, "spec/containers") {
        add(&mut sum, &of(container));
    }
    let mut sidecars = Amounts::new();
    let mut peak = Amounts::new();
    for container in items_at(pod, "spec/initContainers") {
        let mut step = of(container);
        if text_at(container, "restartPolicy") == "Always" {
            add(&mut sum, &step);
            add(&mut sidecars, &step);
            step.clone_from(&sidecars);
        } else {
            add(&mut step, &sidecars);
        }
        at_least(&mut peak, &step);
    }
    at_least(&mut sum, &peak);
    // What is set for the pod as a whole takes the place of what its containers add up to.
    sum.extend(amounts(at(pod, &format!("spec/resources/{which}"))));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn container(cpu: &str, policy: Option<&str>) -> Value {
        json!({"restartPolicy": policy, "resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}})
    }

    #[test]
    fn the_rule_is_the_schedulers() {
        let table = [
            (vec![], vec![container("100m", None), container("200m", None)], "300m"),
            (vec![container("1", None)], vec![container("100m", None)], "1"),
            (
                vec![container("50m", Some("Always"))],
                vec![container("100m", None)],
                "150m",
            ),
            (
                vec![container("50m", Some("Always")), container("200m", None)],
                vec![container("100m", None)],
                "250m",
            ),
            (
                vec![container("200m", None), container("50m", Some("Always"))],
                vec![container("100m", None)],
                "200m",
            ),
        ];
        for (inits, apps, expected) in table {
            let pod = json!({"spec": {"initContainers": inits, "containers": apps}});
            assert_eq!(
                requests(&pod).get("cpu").map(Amount::to_string).as_deref(),
                Some(expected),
                "{pod}"
            );
        }
        let pod =
            json!({"spec": {"containers": [container("100m", None)], "overhead": {"cpu": "20m", "memory": "10Mi"}}});
        assert_eq!(
            requests(&pod).get("memory").map(Amount::to_string).as_deref(),
            Some("10Mi")
        );
        assert_eq!(limits(&pod).get("cpu").map(Amount::to_string).as_deref(), Some("120m"));
        assert_eq!(limits(&pod).get("memory"), None);
        let pod = json!({"spec": {"containers": [container("100m", None)], "resources": {"requests": {"cpu": "1"}}}});
        assert_eq!(requests(&pod).get("cpu").map(Amount::to_string).as_deref(), Some("1"));
    }
}
