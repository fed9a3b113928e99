//! Horizontal pod autoscalers. TARGETS is what the printers make of every type of metric.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Maybe, Meta, Part, Parts, Scratch, Text, finish, group_of, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{Conditions, join_with_more, referred};
use super::row::{Fact, Health, Reference, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// Horizontal pod autoscalers.
pub static HORIZONTAL_POD_AUTOSCALER: Kind = Kind {
    group: "autoscaling",
    resource: "horizontalpodautoscalers",
    kind: "HorizontalPodAutoscaler",
    short_names: &["hpa"],
    namespaced: true,
    versions: &["v2", "v2beta2", "v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("REFERENCE", Field::Cell(0), 1).cap(50),
        Column::get("TARGETS", Field::Cell(1), 0).cap(60),
        Column::get("MINPODS", Field::Cell(2), 3).right(),
        Column::get("MAXPODS", Field::Cell(3), 3).right(),
        Column::get("REPLICAS", Field::Cell(4), 2).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::extra("DESIRED", Field::Cell(5)).right(),
        Column::extra("TROUBLE", Field::Cell(6)).show(5).cap(40),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "target",
        target: |row| referred(row, "scaleTarget"),
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Autoscaler<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    scale_target_ref: Part<ScaleTarget<'a>>,
    min_replicas: Int,
    max_replicas: Int,
    metrics: Parts<Metric<'a>>,
    /// v1 only.
    #[serde(rename = "targetCPUUtilizationPercentage")]
    target_cpu: Int,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ScaleTarget<'a> {
    #[serde(borrow)]
    api_version: Text<'a>,
    kind: Text<'a>,
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    current_replicas: Int,
    desired_replicas: Int,
    #[serde(borrow)]
    current_metrics: Parts<Metric<'a>>,
    conditions: Conditions<'a>,
    /// v1 only.
    #[serde(rename = "currentCPUUtilizationPercentage")]
    current_cpu: Int,
}

/// A metric: as asked for (`target`) or as it is (`current`).
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metric<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    resource: Maybe<Source<'a>>,
    container_resource: Maybe<Source<'a>>,
    pods: Maybe<Source<'a>>,
    object: Maybe<Source<'a>>,
    external: Maybe<Source<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    target: Part<Amount<'a>>,
    current: Part<Amount<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Amount<'a> {
    #[serde(borrow)]
    value: Text<'a>,
    average_value: Text<'a>,
    average_utilization: Int,
}

const UNKNOWN: &str = "<unknown>";

fn or_unknown<'t>(text: Option<&'t Text<'_>>) -> &'t str {
    text.map(|text| &**text)
        .filter(|text| !text.is_empty())
        .unwrap_or(UNKNOWN)
}

fn percent(number: Int, missing: &str) -> String {
    number
        .0
        .map_or_else(|| missing.to_owned(), |number| format!("{number}%"))
}

/// One metric as the printers say it; the current value is the one at the same place in the status.
fn metric_text(spec: &Metric<'_>, status: Option<&Metric<'_>>) -> String {
    let nothing = Source::default();
    let by_value = |spec: &Maybe<Source<'_>>, now: Option<&Source<'_>>| {
        let target = &spec.get().unwrap_or(&nothing).target;
        let current = now.map(|source| &source.current);
        if target.average_value.is_empty() {
            format!("{}/{}", or_unknown(current.map(|amount| &amount.value)), &*target.value)
        } else {
            let current = or_unknown(current.map(|amount| &amount.average_value));
            format!("{current}/{} (avg)", &*target.average_value)
        }
    };
    let by_resource = |spec: &Maybe<Source<'_>>, now: Option<&Source<'_>>| {
        let source = spec.get().unwrap_or(&nothing);
        let current = now.map(|source| &source.current);
        let name = &*source.name;
        if source.target.average_value.is_empty() {
            let current = percent(current.map_or(Int(None), |amount| amount.average_utilization), UNKNOWN);
            format!(
                "{name}: {current}/{}",
                percent(source.target.average_utilization, "<auto>")
            )
        } else {
            let current = or_unknown(current.map(|amount| &amount.average_value));
            format!("{name}: {current}/{}", &*source.target.average_value)
        }
    };
    match &*spec.kind {
        "External" => by_value(&spec.external, status.and_then(|now| now.external.get())),
        "Object" => by_value(&spec.object, status.and_then(|now| now.object.get())),
        "Pods" => {
            let target = &spec.pods.get().unwrap_or(&nothing).target.average_value;
            let current = status.and_then(|now| now.pods.get());
            let current = or_unknown(current.map(|source| &source.current.average_value));
            format!("{current}/{}", &**target)
        }
        "Resource" => by_resource(&spec.resource, status.and_then(|now| now.resource.get())),
        "ContainerResource" => by_resource(
            &spec.container_resource,
            status.and_then(|now| now.container_resource.get()),
        ),
        _ => "<unknown type>".to_owned(),
    }
}

fn targets(autoscaler: &Autoscaler<'_>) -> String {
    let (spec, status) = (&autoscaler.spec, &autoscaler.status);
    if !spec.metrics.is_empty() {
        let texts = spec.metrics.iter().enumerate();
        let texts =
            texts.map(|(place, metric)| metric_text(metric, status.current_metrics.get(place).map(|now| &now.0)));
        return join_with_more(texts, 2, ", ");
    }
    if spec.target_cpu.0.is_some() {
        return format!(
            "cpu: {}/{}",
            percent(status.current_cpu, UNKNOWN),
            percent(spec.target_cpu, "<auto>")
        );
    }
    "<none>".to_owned()
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let autoscaler: Autoscaler<'_> = parse(bytes)?;
    let row = autoscaler.metadata.row(scratch)?;
    let (spec, status) = (&autoscaler.spec, &autoscaler.status);
    let conditions = &status.conditions;
    // Scaling is off on purpose while the target is scaled to zero.
    let inactive = conditions.is_false("ScalingActive") && conditions.reason("ScalingActive") != "ScalingDisabled";
    let trouble = if conditions.is_false("AbleToScale") {
        conditions.reason("AbleToScale")
    } else if inactive {
        conditions.reason("ScalingActive")
    } else {
        ""
    };
    let health = if autoscaler.metadata.is_deleting() {
        Health::Progress
    } else if inactive || conditions.is_false("AbleToScale") {
        Health::Warn
    } else if conditions.reason("ScalingActive") == "ScalingDisabled" {
        Health::Done
    } else {
        Health::Good
    };
    // At its ceiling and wanting more: worth a colour, not a fault.
    let limited = conditions.is_true("ScalingLimited") && conditions.reason("ScalingLimited") == "TooManyReplicas";
    let target = &spec.scale_target_ref;
    let mut facts = Vec::new();
    if !target.kind.is_empty() && !target.name.is_empty() {
        facts.push(Fact::Names(
            "scaleTarget",
            Reference {
                group: scratch.interner.clean(group_of(&target.api_version)),
                kind: scratch.interner.clean(&target.kind),
                namespace: row.namespace.clone(),
                name: Clean::new(&target.name),
            },
        ));
    }
    let targets = targets(&autoscaler);
    let unknown = targets.contains(UNKNOWN);
    let cells = vec![
        Cell::text(Clean::new(&format!("{}/{}", &*target.kind, &*target.name))),
        Cell::text(Clean::new(&targets)).with(if unknown { Role::Warn } else { Role::Text }),
        match spec.min_replicas.0 {
            Some(number) => Cell::int(number),
            None => scratch.shared("<unset>").with(Role::Muted),
        },
        Cell::int(spec.max_replicas.value()),
        Cell::int(status.current_replicas.value()).with(if limited { Role::Warn } else { Role::Text }),
        Cell::int(status.desired_replicas.value()),
        match trouble {
            "" if limited => scratch.shared("TooManyReplicas").with(Role::Warn),
            "" => Cell::default(),
            reason => scratch.shared(reason).with(Role::Warn),
        },
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const KIND: &Kind = &HORIZONTAL_POD_AUTOSCALER;

    #[test]
    fn cells_and_links() {
        let json = r#"{"metadata":{"name":"cart","namespace":"shop"},
            "spec":{"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"cart"},"minReplicas":2,"maxReplicas":9,
              "metrics":[{"type":"Resource","resource":{"name":"cpu","target":{"type":"Utilization","averageUtilization":70}}},
                {"type":"Resource","resource":{"name":"memory","target":{"type":"AverageValue","averageValue":"500Mi"}}},
                {"type":"Pods","pods":{"metric":{"name":"rps"},"target":{"averageValue":"10"}}}]},
            "status":{"currentReplicas":9,"desiredReplicas":9,
              "currentMetrics":[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":95,"averageValue":"95m"}}},
                {"type":"Resource","resource":{"name":"memory","current":{"averageValue":"100Mi"}}}],
              "conditions":[{"type":"AbleToScale","status":"True"},{"type":"ScalingActive","status":"True","reason":"ValidMetricFound"},
                {"type":"ScalingLimited","status":"True","reason":"TooManyReplicas"}]}}"#;
        check(
            KIND,
            json,
            "REFERENCE=Deployment/cart; TARGETS=cpu: 95%/70%, memory: 100Mi/500Mi + 1 more...; MINPODS=2; MAXPODS=9; REPLICAS=9; DESIRED=9; TROUBLE=TooManyReplicas",
            Health::Good,
        );
        assert_eq!(
            link(KIND, &row(KIND, json), "target"),
            "Deployment.apps [shop] [] [metadata.name=cart]"
        );
        survives_wrong_types(KIND, json);
    }

    #[test]
    fn targets_of_every_type() {
        let table = [
            ("", "", "<none>"),
            (
                r#"{"type":"External","external":{"target":{"averageValue":"5"}}}"#,
                "",
                "<unknown>/5 (avg)",
            ),
            (
                r#"{"type":"External","external":{"target":{"averageValue":"5"}}}"#,
                r#"{"external":{"current":{"averageValue":"3"}}}"#,
                "3/5 (avg)",
            ),
            (
                r#"{"type":"External","external":{"target":{"value":"5"}}}"#,
                r#"{"external":{"current":{"value":"500m"}}}"#,
                "500m/5",
            ),
            (
                r#"{"type":"Object","object":{"target":{"value":"2k"}}}"#,
                r#"{"object":{"current":{"value":"1k"}}}"#,
                "1k/2k",
            ),
            (
                r#"{"type":"Object","object":{"target":{"averageValue":"2k"}}}"#,
                r#"{"object":{"current":{"value":"1k"}}}"#,
                "<unknown>/2k (avg)",
            ),
            (
                r#"{"type":"Pods","pods":{"target":{"averageValue":"10"}}}"#,
                r#"{"pods":{"current":{"averageValue":"7"}}}"#,
                "7/10",
            ),
            (
                r#"{"type":"Pods","pods":{"target":{"averageValue":"10"}}}"#,
                "",
                "<unknown>/10",
            ),
            (
                r#"{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":70}}}"#,
                "",
                "cpu: <unknown>/70%",
            ),
            (
                r#"{"type":"Resource","resource":{"name":"cpu","target":{}}}"#,
                r#"{"resource":{"current":{"averageUtilization":0}}}"#,
                "cpu: 0%/<auto>",
            ),
            (
                r#"{"type":"ContainerResource","containerResource":{"name":"cpu","container":"a","target":{"averageUtilization":60}}}"#,
                r#"{"containerResource":{"current":{"averageUtilization":61}}}"#,
                "cpu: 61%/60%",
            ),
            (
                r#"{"type":"ContainerResource","containerResource":{"name":"memory","target":{"averageValue":"1Gi"}}}"#,
                r#"{"containerResource":{"current":{"averageValue":"2Gi"}}}"#,
                "memory: 2Gi/1Gi",
            ),
            (r#"{"type":"Odd"}"#, "", "<unknown type>"),
        ];
        for (metrics, current, expected) in table {
            let json = format!(r#"{{"spec":{{"metrics":[{metrics}]}},"status":{{"currentMetrics":[{current}]}}}}"#);
            check(
                KIND,
                &json,
                &format!("TARGETS={expected}; MINPODS=<unset>"),
                Health::Good,
            );
        }
    }

    #[test]
    fn the_first_version_and_health() {
        let table = [
            (
                r#"{"spec":{"targetCPUUtilizationPercentage":80},"status":{"currentCPUUtilizationPercentage":12}}"#,
                "TARGETS=cpu: 12%/80%",
                Health::Good,
            ),
            (
                r#"{"spec":{"targetCPUUtilizationPercentage":80}}"#,
                "TARGETS=cpu: <unknown>/80%; TROUBLE=",
                Health::Good,
            ),
            (
                r#"{"status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"FailedGetResourceMetric"}]}}"#,
                "TROUBLE=FailedGetResourceMetric",
                Health::Warn,
            ),
            (
                r#"{"status":{"conditions":[{"type":"AbleToScale","status":"False","reason":"FailedGetScale"}]}}"#,
                "TROUBLE=FailedGetScale",
                Health::Warn,
            ),
            (
                r#"{"status":{"conditions":[{"type":"ScalingActive","status":"False","reason":"ScalingDisabled"}]}}"#,
                "TROUBLE=",
                Health::Done,
            ),
        ];
        for (json, cells, health) in table {
            check(KIND, json, cells, health);
        }
    }
}
