//! Cron jobs.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Flag, List, Meta, Part, Scratch, Skip, Text, When, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{LabelSelector, PodTemplate, controlled};
use super::row::{Health, Row};
use crate::theme::Role;
use serde::Deserialize;

/// Cron jobs.
pub static CRON_JOB: Kind = Kind {
    group: "batch",
    resource: "cronjobs",
    kind: "CronJob",
    short_names: &["cj"],
    namespaced: true,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("SCHEDULE", Field::Cell(0), 1).cap(30),
        Column::get("TIMEZONE", Field::Cell(1), 6).cap(24),
        Column::get("SUSPEND", Field::Cell(2), 3),
        Column::get("ACTIVE", Field::Cell(3), 4).right(),
        Column::get("LAST SCHEDULE", Field::Cell(4), 2).right(),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("CONTAINERS", Field::Cell(5)).cap(40),
        Column::wide("IMAGES", Field::Cell(6)).cap(80),
        Column::wide("SELECTOR", Field::Cell(7)).cap(60),
        Column::extra("LAST SUCCESS", Field::Cell(8)).show(5).right(),
        Column::extra("CONCURRENCY", Field::Cell(9)),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[Link {
        name: "jobs",
        target: |row| controlled(row, "batch", "jobs"),
    }],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CronJob<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    schedule: Text<'a>,
    time_zone: Text<'a>,
    suspend: Flag,
    concurrency_policy: Text<'a>,
    job_template: Part<JobTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobTemplate<'a> {
    #[serde(borrow)]
    spec: Part<JobSpec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct JobSpec<'a> {
    #[serde(borrow)]
    selector: Part<LabelSelector<'a>>,
    template: Part<PodTemplate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    active: List<Skip>,
    last_schedule_time: When,
    last_successful_time: When,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let cron: CronJob<'_> = parse(bytes)?;
    let row = cron.metadata.row(scratch)?;
    let (spec, status) = (&cron.spec, &cron.status);
    let active = status.active.len();
    // Servers before 1.21 do not tell the last success: without it nothing can be said about the last run.
    let last_failed = active == 0
        && match (status.last_schedule_time.0, status.last_successful_time.0) {
            (Some(scheduled), Some(succeeded)) => succeeded < scheduled,
            _ => false,
        };
    let health = if cron.metadata.is_deleting() {
        Health::Progress
    } else if spec.suspend.is_true() {
        Health::Done
    } else if last_failed {
        Health::Warn
    } else {
        Health::Good
    };
    let suspend = match spec.suspend.0 {
        Some(true) => scratch.shared("True").with(Role::Done),
        Some(false) => scratch.shared("False"),
        None => scratch.shared("<unset>").with(Role::Muted),
    };
    let last = match status.last_schedule_time.0 {
        Some(time) => Cell::new(Value::Time(Some(time))),
        None => scratch.none(),
    };
    let success = status.last_successful_time.0.map_or_else(Cell::default, |time| {
        Cell::new(Value::Time(Some(time))).with(if last_failed { Role::Warn } else { Role::Text })
    });
    let template = &spec.job_template.spec;
    let [containers, images] = template.template.cells(scratch);
    let selector = match template.selector.text() {
        Some(text) => scratch.shared_or_none(&text),
        None => scratch.shared("<error>").with(Role::Warn),
    };
    let cells = vec![
        scratch.shared(&spec.schedule),
        scratch.shared_or_none(&spec.time_zone),
        suspend,
        Cell::int(active as i64).with(if active > 0 { Role::Progress } else { Role::Text }),
        last,
        containers,
        images,
        selector,
        success,
        scratch.shared(&spec.concurrency_policy),
    ];
    Ok(finish(row, health, cells, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = format!(
            r#"{{"metadata":{{"name":"report","namespace":"shop","uid":"u-6"}},
            "spec":{{"schedule":"*/5 * * * *","timeZone":"Europe/Vienna","suspend":false,"concurrencyPolicy":"Forbid",
              "jobTemplate":{{"spec":{{"template":{{"spec":{{"containers":[{{"name":"a","image":"a:1"}}]}}}}}}}}}},
            "status":{{"active":[{{"name":"report-1"}}],"lastScheduleTime":"{}","lastSuccessfulTime":"{}"}}}}"#,
            at(60),
            at(360)
        );
        check(
            &CRON_JOB,
            &json,
            "SCHEDULE=*/5 * * * *; TIMEZONE=Europe/Vienna; SUSPEND=False; ACTIVE=1; LAST SCHEDULE=60s; CONTAINERS=a; IMAGES=a:1; SELECTOR=<none>; LAST SUCCESS=6m; CONCURRENCY=Forbid",
            Health::Good,
        );
        assert_eq!(
            link(&CRON_JOB, &row(&CRON_JOB, &json), "jobs"),
            "jobs.batch [shop] [] [] owned by u-6"
        );
        survives_wrong_types(&CRON_JOB, &json);
        let table = [
            (
                r#"{"spec":{"schedule":"@daily"}}"#,
                "SCHEDULE=@daily; TIMEZONE=<none>; SUSPEND=<unset>; ACTIVE=0; LAST SCHEDULE=<none>; LAST SUCCESS=",
                Health::Good,
            ),
            (r#"{"spec":{"suspend":true}}"#, "SUSPEND=True", Health::Done),
            (
                r#"{"status":{"lastScheduleTime":"@60","lastSuccessfulTime":"@900"}}"#,
                "LAST SUCCESS=15m",
                Health::Warn,
            ),
            (
                r#"{"status":{"lastScheduleTime":"@60","lastSuccessfulTime":"@30"}}"#,
                "LAST SUCCESS=30s",
                Health::Good,
            ),
            (
                r#"{"status":{"lastScheduleTime":"@60"}}"#,
                "LAST SCHEDULE=60s",
                Health::Good,
            ),
        ];
        for (json, cells, health) in table {
            if json.contains("@daily") {
                check(&CRON_JOB, &json.replace("@daily", "\\u0040daily"), cells, health);
            } else {
                check(&CRON_JOB, json, cells, health);
            }
        }
    }
}
