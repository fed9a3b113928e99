//! Cron jobs: what kubectl's describe prints, when it runs next, which runs it missed, and how the last one ended.

use super::pod_findings::finding;
use super::schedule::Schedule;
use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, bool_at, container, events, items_at,
    job, number_at, say, template, text_at, workload,
};
use crate::kinds::{Health, Whole};
use crate::text::{age, human_duration, parse_time};
use crate::theme::Role;
use serde_json::Value;
use std::sync::Arc;

/// Cron jobs.
pub(super) static CRON_JOB: Describer = Describer {
    group: "batch",
    kind: "CronJob",
    findings,
    items,
};

/// How many of the next runs are told.
const NEXT: usize = 3;
/// The controller gives up when more runs than this were missed.
const MOST_MISSED: usize = 100;
/// A run that is late by less than this may still come.
const LATE: i64 = 60;

/// The schedule of a cron job.
enum Times {
    /// These times, in UTC.
    Known(Schedule),
    /// Right, but in a time zone whose clock is not known here.
    Zone(String),
    /// The controller cannot read it either.
    Wrong,
}

fn times(cron: &Value) -> Times {
    let Some((schedule, prefix)) = Schedule::parse(text_at(cron, "spec/schedule")) else {
        return Times::Wrong;
    };
    let zone = match text_at(cron, "spec/timeZone") {
        "" => prefix.unwrap_or_default(),
        zone => zone.to_owned(),
    };
    match (zone.as_str(), &schedule) {
        ("" | "UTC" | "Etc/UTC" | "Etc/GMT" | "GMT", _) | (_, Schedule::Every(_)) => Times::Known(schedule),
        _ => Times::Zone(zone),
    }
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let cron = subject.object;
    let namespace = say::namespace(cron);
    let spec = at(cron, "spec");
    let mut items = vec![Item::field("Schedule", text_at(spec, "schedule"))];
    items.extend(say::controlled_by(cron, around));
    items.push(match text_at(spec, "timeZone") {
        "" => Item::field(
            "Time Zone",
            container::beyond(Phrase::new("<unset>"), "that of the controller, mostly UTC"),
        ),
        zone => Item::field("Time Zone", zone),
    });
    items.extend(next_runs(cron, around.now));
    let policy = text_at(spec, "concurrencyPolicy");
    let more = match policy {
        "Allow" => "runs may overlap",
        "Forbid" => "a run is left out while the last one goes on",
        "Replace" => "a run that goes on is ended by the next",
        _ => "",
    };
    items.push(Item::field(
        "Concurrency Policy",
        container::beyond(Phrase::new(policy), more),
    ));
    let suspend = match at(spec, "suspend") {
        Value::Bool(suspend) => say::truth(*suspend),
        _ => "<unset>",
    };
    items.push(Item::field("Suspend", suspend));
    for (name, path) in [
        ("Successful Job History Limit", "successfulJobsHistoryLimit"),
        ("Failed Job History Limit", "failedJobsHistoryLimit"),
    ] {
        items.push(Item::field(name, say::scalar_or(spec, path, "<unset>")));
    }
    let deadline = number_at(spec, "startingDeadlineSeconds");
    let deadline = deadline.map_or_else(|| "<unset>".to_owned(), |seconds| format!("{seconds}s"));
    items.push(Item::field("Starting Deadline Seconds", deadline));
    items.extend(job_template(at(spec, "jobTemplate/spec"), namespace, around));
    let last = text_at(cron, "status/lastScheduleTime");
    let last = if last.is_empty() {
        Phrase::new("<unset>")
    } else {
        say::time(last, around.now)
    };
    items.push(Item::field("Last Schedule Time", last));
    items.extend(say::time_field(
        "Last Successful Time",
        cron,
        "status/lastSuccessfulTime",
        around.now,
    ));
    let active: Vec<Phrase> = items_at(cron, "status/active")
        .iter()
        .map(|active| {
            let name = text_at(active, "name");
            say::link(name, "batch", "jobs", namespace, name)
        })
        .collect();
    items.push(Item::fields("Active Jobs", active));
    items.extend(history(cron, around));
    items
}

fn job_template(spec: &Value, namespace: &str, around: &Around<'_>) -> Vec<Item> {
    let selector = at(spec, "selector");
    let selector = if selector.is_object() {
        say::selector_text(selector)
    } else {
        "<unset>".to_owned()
    };
    let mut items = vec![
        Item::field("Selector", selector),
        Item::field("Parallelism", say::scalar_or(spec, "parallelism", "<unset>")),
        Item::field("Completions", say::scalar_or(spec, "completions", "<unset>")),
    ];
    if let Some(seconds) = number_at(spec, "activeDeadlineSeconds") {
        items.push(Item::field("Active Deadline Seconds", format!("{seconds}s")));
    }
    items.push(template::section(at(spec, "template"), namespace, around));
    items
}

/// The next runs and how long it is until then.
fn next_runs(cron: &Value, now: i64) -> Vec<Item> {
    if bool_at(cron, "spec/suspend") {
        return vec![Item::field(
            "Next Runs",
            Phrase::of("none while it is suspended", Role::Muted),
        )];
    }
    let schedule = match times(cron) {
        Times::Known(schedule) => schedule,
        Times::Zone(zone) => {
            let words = format!("cannot be told here: the clock of {zone} is not known");
            return vec![Item::field("Next Runs", Phrase::of(&words, Role::Muted))];
        }
        Times::Wrong => {
            return vec![Item::field(
                "Next Runs",
                Phrase::of("none: the schedule cannot be read", Role::Error),
            )];
        }
    };
    let mut at = match schedule {
        // Counted from the last run on.
        Schedule::Every(_) => parse_time(text_at(cron, "status/lastScheduleTime"))
            .unwrap_or(now)
            .max(now - 86_400),
        Schedule::Calendar(_) => now,
    };
    let mut values = Vec::new();
    while values.len() < NEXT {
        let Some(next) = schedule.after(at) else { break };
        at = next;
        if next > now {
            let words = format!("in {}", human_duration(next - now));
            values.push(container::beyond(Phrase::new(&say::rfc1123(next)), &words));
        }
    }
    let mut items = vec![Item::fields("Next Runs", values)];
    if let Some(missed) = missed(cron, &schedule, now) {
        items.push(Item::field("Missed Runs", Phrase::of(&missed, Role::Warn)));
    }
    items
}

/// Which runs should have been since the last one, in words; None when none was missed.
fn missed(cron: &Value, schedule: &Schedule, now: i64) -> Option<String> {
    let last = parse_time(text_at(cron, "status/lastScheduleTime"));
    let since = last.or_else(|| parse_time(text_at(cron, "metadata/creationTimestamp")))?;
    let (count, newest) = schedule.between(since, now - LATE, MOST_MISSED + 1);
    let newest = newest?;
    let many = if count > MOST_MISSED {
        format!("more than {MOST_MISSED}")
    } else {
        count.to_string()
    };
    Some(format!(
        "{many} since {}, the last one {} ago",
        say::rfc1123(since),
        age(now, Some(newest))
    ))
}

/// The jobs it made, the newest first.
fn jobs(cron: &Value, around: &Around<'_>) -> Listed {
    let companion = Companion::selected("batch", "jobs", say::namespace(cron), "");
    match workload::controlled(cron, (around.find)(&companion)) {
        Listed::Objects(mut all) => {
            let made = |job: &Arc<Whole>| text_at(&job.value, "metadata/creationTimestamp").to_owned();
            all.sort_by_key(|job| std::cmp::Reverse(made(job)));
            Listed::Objects(all)
        }
        other => other,
    }
}

fn job_state(job: &Value) -> (&'static str, Role) {
    let is = |kind: &str| events::condition(job, kind).is_some_and(|it| text_at(it, "status") == "True");
    match () {
        () if is("Complete") => ("complete", Role::Done),
        () if is("Failed") => ("failed", Role::Error),
        () => ("running", Role::Progress),
    }
}

fn history(cron: &Value, around: &Around<'_>) -> Option<Item> {
    let jobs = jobs(cron, around);
    let jobs = workload::there(&jobs);
    let rows = jobs.iter().take(20).map(|job| {
        let job = &job.value;
        let name = say::name(job);
        let (state, role) = job_state(job);
        vec![
            say::link(name, "batch", "jobs", say::namespace(job), name),
            Phrase::of(state, role),
            say::time(text_at(job, "metadata/creationTimestamp"), around.now),
        ]
    });
    (!jobs.is_empty()).then(|| {
        Item::section(
            "Runs That Are Kept",
            vec![Item::table(&["Job", "State", "Made"], rows.collect())],
        )
    })
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let cron = subject.object;
    let mut found = Vec::new();
    if bool_at(cron, "spec/suspend") {
        let cause = "It is suspended: no runs are started";
        return vec![finding(Health::Progress, cause, "Resume it to let it run again")];
    }
    match times(cron) {
        Times::Wrong => {
            let cause = format!(
                "Its schedule {:?} cannot be read, it never runs",
                text_at(cron, "spec/schedule")
            );
            found.push(finding(
                Health::Bad,
                cause,
                "Write minute, hour, day, month and day of the week, or @hourly and such",
            ));
        }
        Times::Known(schedule) => {
            if let Some(missed) = missed(cron, &schedule, around.now) {
                let active = items_at(cron, "status/active").len();
                let forbids = text_at(cron, "spec/concurrencyPolicy") == "Forbid";
                let (why, next) = match (active > 0 && forbids, missed.starts_with("more")) {
                    (true, _) => (
                        "a run goes on and runs must not overlap",
                        "See why the last run takes so long, or allow overlap",
                    ),
                    (_, true) => (
                        "the controller gives up on so many",
                        "Set startingDeadlineSeconds, so that old runs are forgotten",
                    ),
                    _ => (
                        "the controller did not start them",
                        "See its events and the log of the cron job controller",
                    ),
                };
                found.push(finding(
                    Health::Warn,
                    format!("Runs were missed: {missed}; {why}"),
                    next,
                ));
            }
        }
        Times::Zone(_) => {}
    }
    let jobs = jobs(cron, around);
    let newest = workload::there(&jobs).first();
    if let Some(newest) = newest.filter(|job| job_state(&job.value).0 == "failed") {
        let name = say::name(&newest.value);
        let link = say::link(name, "batch", "jobs", say::namespace(cron), name);
        if let Some(why) = job::of(&newest.value, &[], around).into_iter().next() {
            let cause = Phrase::new("Its last run ")
                .then(link)
                .and(" failed: ", Role::LabelValue)
                .then(why.cause);
            found.push(finding(Health::Bad, cause, why.next));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::{Value, json};

    fn cron(schedule: &str, last: &str) -> Value {
        json!({"metadata": {"name": "tick", "namespace": "shop", "uid": "c", "creationTimestamp": "2024-05-01T08:00:00Z"},
            "spec": {"schedule": schedule, "concurrencyPolicy": "Forbid", "suspend": false, "successfulJobsHistoryLimit": 3,
                "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
            "status": {"lastScheduleTime": last}})
    }

    #[test]
    fn next_and_missed_runs_are_told() {
        let text = World::default().describe("batch", "CronJob", &cron("*/15 * * * *", "2024-05-01T09:15:00Z"));
        for expected in [
            "Schedule:                      */15 * * * *",
            "Next Runs:                     Wed, 01 May 2024 10:15:00 +0000  in 15m",
            "                               Wed, 01 May 2024 10:30:00 +0000  in 30m",
            "Missed Runs:                   2 since Wed, 01 May 2024 09:15:00 +0000, the last one 15m ago",
            "Suspend:                       False",
            "Failed Job History Limit:      <unset>",
            "Active Jobs:                   <none>",
            "Last Schedule Time:            Wed, 01 May 2024 09:15:00 +0000  45m ago",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
        let table = [
            (
                cron("*/15 * * * *", "2024-05-01T09:15:00Z"),
                "Runs were missed: 2 since Wed, 01 May 2024 09:15:00 +0000, the last one 15m ago; the controller did not start them → See its events and the log of the cron job controller",
            ),
            (cron("*/15 * * * *", "2024-05-01T09:45:00Z"), ""),
            (
                cron("every day", ""),
                "Its schedule \"every day\" cannot be read, it never runs → Write minute, hour, day, month and day of the week, or @hourly and such",
            ),
        ];
        for (cron, expected) in table {
            assert_eq!(World::default().worst("batch", "CronJob", &cron), expected);
        }
    }
}
