//! Jobs.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Flag, Int, Meta, Part, Scratch, When, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{Conditions, LabelSelector, PodTemplate, owned_pods, selector_cell};
use super::row::{Health, Row};
use crate::theme::Role;
use serde::Deserialize;

/// Jobs.
pub static JOB: Kind = Kind {
    group: "batch",
    resource: "jobs",
    kind: "Job",
    short_names: &[],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 0),
        Column::get("COMPLETIONS", Field::Cell(1), 2).right(),
        Column::get("DURATION", Field::Cell(2), 3).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(3)).cap(40),
        Column::wide("IMAGES", Field::Cell(4)).cap(80),
        Column::wide("SELECTOR", Field::Cell(5)).cap(60),
        Column::extra("ACTIVE", Field::Cell(6)).right(),
        Column::extra("FAILED", Field::Cell(7)).right(),
        Column::extra("REASON", Field::Cell(8)).cap(40),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "pods",
        target: owned_pods,
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Job<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    completions: Int,
    parallelism: Int,
    suspend: Flag,
    #[serde(borrow)]
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    active: Int,
    succeeded: Int,
    failed: Int,
    start_time: When,
    completion_time: When,
    #[serde(borrow)]
    conditions: Conditions<'a>,
}

/// The printers' order: complete, failed, being deleted, suspended, about to fail, running.
fn status_word(job: &Job<'_>) -> (&'static str, Health) {
    let is = |kind: &str| job.status.conditions.is_true(kind);
    if is("Complete") {
        ("Complete", Health::Done)
    } else if is("Failed") {
        ("Failed", Health::Bad)
    } else if job.metadata.is_deleting() {
        ("Terminating", Health::Progress)
    } else if is("Suspended") {
        ("Suspended", Health::Done)
    } else if is("FailureTarget") {
        ("FailureTarget", Health::Bad)
    } else if job.status.failed.value() > 0 {
        ("Running", Health::Warn)
    } else if job.spec.suspend.is_true() {
        // Asked for and not yet carried out.
        ("Running", Health::Done)
    } else {
        ("Running", Health::Progress)
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let job: Job<'_> = parse(bytes)?;
    let row = job.metadata.row(scratch)?;
    let (word, health) = status_word(&job);
    let (spec, status) = (&job.spec, &job.status);
    let succeeded = status.succeeded.count();
    let completions = match spec.completions.0 {
        Some(_) => Cell::new(Value::Ratio(succeeded, spec.completions.count())),
        None if spec.parallelism.value() > 1 => {
            scratch.shared(&format!("{succeeded}/1 of {}", spec.parallelism.value()))
        }
        None => Cell::new(Value::Ratio(succeeded, 1)),
    };
    // kubectl lets the duration of a failed job grow, since it has no completion time: so do we.
    let duration = status.start_time.0.map_or_else(Cell::default, |from| {
        let lasted = status.completion_time.0.map(|to| {
            let seconds = to.saturating_sub(from).max(0);
            u32::try_from(seconds).unwrap_or(u32::MAX)
        });
        Cell::new(Value::Span { from, lasted })
    });
    let reason = ["Failed", "FailureTarget"]
        .iter()
        .map(|kind| status.conditions.reason(kind))
        .find(|reason| !reason.is_empty())
        .unwrap_or("");
    let failed = status.failed.count();
    let [containers, images] = spec.template.cells(scratch);
    let (selector, facts) = selector_cell(spec.selector.text(), scratch);
    let cells = vec![
        scratch.shared(word).with(health.role()),
        completions,
        duration,
        containers,
        images,
        selector,
        Cell::int(status.active.count()),
        Cell::int(failed).with(if failed > 0 { Role::Warn } else { Role::Text }),
        if reason.is_empty() {
            Cell::default()
        } else {
            scratch.shared(reason).with(health.role())
        },
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_and_links() {
        let json = format!(
            r#"{{"metadata":{{"name":"import","namespace":"shop","uid":"u-5"}},
            "spec":{{"completions":3,"parallelism":2,"selector":{{"matchLabels":{{"controller-uid":"u-5"}}}},"template":{{"spec":{{"containers":[{{"name":"a","image":"a:1"}}]}}}}}},
            "status":{{"active":1,"succeeded":1,"failed":2,"startTime":"{}","completionTime":"{}",
              "conditions":[{{"type":"Failed","status":"True","reason":"BackoffLimitExceeded"}}]}}}}"#,
            at(1000),
            at(100)
        );
        check(
            &JOB,
            &json,
            "STATUS=Failed; COMPLETIONS=1/3; DURATION=15m; CONTAINERS=a; IMAGES=a:1; SELECTOR=controller-uid=u-5; ACTIVE=1; FAILED=2; REASON=BackoffLimitExceeded",
            Health::Bad,
        );
        assert_eq!(
            link(&JOB, &row(&JOB, &json), "pods"),
            "pods [shop] [controller-uid=u-5] [] owned by u-5"
        );
        survives_wrong_types(&JOB, &json);
    }

    #[test]
    fn status_completions_and_duration() {
        let condition = |kind: &str| format!(r#"{{"status":{{"conditions":[{{"type":"{kind}","status":"True"}}]}}}}"#);
        let table = [
            (
                condition("Complete"),
                "STATUS=Complete; COMPLETIONS=0/1; DURATION=",
                Health::Done,
            ),
            (condition("Failed"), "STATUS=Failed", Health::Bad),
            (condition("Suspended"), "STATUS=Suspended", Health::Done),
            (condition("FailureTarget"), "STATUS=FailureTarget", Health::Bad),
            (condition("Odd"), "STATUS=Running", Health::Progress),
            (
                r#"{"metadata":{"name":"a","deletionTimestamp":"@1"}}"#.to_owned(),
                "STATUS=Terminating",
                Health::Progress,
            ),
            (
                r#"{"spec":{"parallelism":4},"status":{"succeeded":2}}"#.to_owned(),
                "COMPLETIONS=2/1 of 4",
                Health::Progress,
            ),
            (
                r#"{"spec":{"parallelism":1},"status":{"failed":1}}"#.to_owned(),
                "STATUS=Running; COMPLETIONS=0/1",
                Health::Warn,
            ),
            (
                r#"{"status":{"startTime":"@90"}}"#.to_owned(),
                "DURATION=90s",
                Health::Progress,
            ),
        ];
        for (json, cells, health) in table {
            check(&JOB, &json, cells, health);
        }
    }
}
