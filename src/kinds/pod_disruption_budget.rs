//! Pod disruption budgets: how many of which pods may be evicted now.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Int, IntOrString, Maybe, Meta, Part, Scratch, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::leads::selected_pods;
use super::parts::LabelSelector;
use super::row::{Fact, Health, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// What Portolan knows of pod disruption budgets.
pub static POD_DISRUPTION_BUDGET: Kind = Kind {
    group: "policy",
    resource: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    short_names: &["pdb"],
    namespaced: true,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("MIN AVAILABLE", Field::Cell(0), 4).right(),
        Column::get("MAX UNAVAILABLE", Field::Cell(1), 4).right(),
        Column::get("ALLOWED DISRUPTIONS", Field::Cell(2), 1).right(),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("HEALTHY", Field::Cell(3)).show(2).right(),
        Column::extra("DESIRED", Field::Cell(4)).right(),
        Column::extra("SELECTOR", Field::Cell(5)).cap(60),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: selected_pods,
    }],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Budget<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(borrow)]
    spec: Part<Spec<'a>>,
    status: Part<Status>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    min_available: IntOrString<'a>,
    max_unavailable: IntOrString<'a>,
    selector: Maybe<LabelSelector<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    disruptions_allowed: Int,
    current_healthy: Int,
    desired_healthy: Int,
    expected_pods: Int,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Budget<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let status = &object.status;
    let (allowed, expected) = (status.disruptions_allowed.value(), status.expected_pods.count());
    let health = if allowed == 0 && expected > 0 {
        // A drain of the nodes under these pods would wait for ever.
        Health::Warn
    } else if row.deleting.is_some() {
        Health::Progress
    } else {
        Health::Good
    };
    // No selector at all selects nothing.
    let selector = object.spec.selector.get().and_then(|selector| selector.text());
    let cells = vec![
        threshold(&object.spec.min_available, scratch),
        threshold(&object.spec.max_unavailable, scratch),
        Cell::int(allowed).with(health.role()),
        Cell::new(Value::Ratio(status.current_healthy.count(), expected)),
        Cell::int(status.desired_healthy.value()),
        scratch.shared_or_none(selector.as_deref().unwrap_or_default()),
    ];
    let facts = selector
        .iter()
        .map(|selector| Fact::Selector(Clean::new(selector)))
        .collect();
    Ok(finish(row, health, cells, facts))
}

/// A number, a percentage, or kubectl's `N/A`.
fn threshold(value: &IntOrString<'_>, scratch: &mut Scratch) -> Cell {
    match value {
        IntOrString::None => scratch.shared("N/A").with(Role::Muted),
        IntOrString::Int(number) => Cell::int(*number),
        IntOrString::Text(text) => scratch.shared(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const TIGHT: &str = r#"{"metadata":{"name":"web","namespace":"shop"},"spec":{"minAvailable":"50%",
        "selector":{"matchLabels":{"app":"web"}}},
        "status":{"disruptionsAllowed":0,"currentHealthy":1,"desiredHealthy":2,"expectedPods":3}}"#;

    #[test]
    fn cells_and_health() {
        let table = [
            (
                TIGHT,
                "MIN AVAILABLE=50%; MAX UNAVAILABLE=N/A; ALLOWED DISRUPTIONS=0; HEALTHY=1/3; DESIRED=2; SELECTOR=app=web",
                Health::Warn,
            ),
            (
                r#"{"spec":{"maxUnavailable":1},"status":{"disruptionsAllowed":1,"expectedPods":2}}"#,
                "MIN AVAILABLE=N/A; MAX UNAVAILABLE=1; ALLOWED DISRUPTIONS=1; SELECTOR=<none>",
                Health::Good,
            ),
            (
                r#"{"spec":{"minAvailable":0}}"#,
                "MIN AVAILABLE=0; ALLOWED DISRUPTIONS=0",
                Health::Good,
            ),
        ];
        for (json, cells, health) in table {
            check(&POD_DISRUPTION_BUDGET, json, cells, health);
        }
    }

    #[test]
    fn an_empty_selector_leads_to_every_pod_and_none_to_none() {
        let table = [
            (TIGHT, "pods [shop] [app=web] []"),
            (r#"{"spec":{"selector":{}}}"#, "pods [shop] [] []"),
            ("{}", "none"),
        ];
        for (json, expected) in table {
            let row = row(&POD_DISRUPTION_BUDGET, json);
            assert_eq!(link(&POD_DISRUPTION_BUDGET, &row, "pods"), expected, "{json}");
        }
        survives_wrong_types(&POD_DISRUPTION_BUDGET, TIGHT);
    }
}
