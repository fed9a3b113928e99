//! Jobs: what kubectl's describe prints, and why one failed or does not get on.

use super::events::condition;
use super::pod_findings::finding;
use super::{
    Around, Describer, Finding, Item, Phrase, Subject, at, bool_at, container, events, number_at, say, template,
    text_at, workload,
};
use crate::kinds::Health;
use crate::text::{human_duration, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// Jobs.
pub(super) static JOB: Describer = Describer {
    group: "batch",
    kind: "Job",
    findings,
    items,
};

/// At most so many completed indexes are listed.
const MOST_INDEXES: usize = 50;

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let job = subject.object;
    let namespace = say::namespace(job);
    let (spec, status) = (at(job, "spec"), at(job, "status"));
    let selector = workload::selector(job);
    let mut items = Vec::new();
    if at(spec, "selector").is_object() {
        items.push(Item::field("Selector", say::pods_link(&selector, namespace)));
    }
    items.extend(say::controlled_by(job, around));
    items.extend(number_at(spec, "parallelism").map(|number| Item::field("Parallelism", number.to_string())));
    items.push(Item::field(
        "Completions",
        say::scalar_or(spec, "completions", "<unset>"),
    ));
    items.extend(say::text_field("Completion Mode", spec, "completionMode"));
    if at(spec, "suspend").is_boolean() {
        items.push(Item::field("Suspend", bool_at(spec, "suspend").to_string()));
    }
    let failed = number_at(status, "failed").unwrap_or(0);
    if let Some(limit) = number_at(spec, "backoffLimit") {
        let more = format!(
            "{failed} of {} failed so far",
            say::count(limit + 1, "try has", "tries have")
        );
        items.push(Item::field(
            "Backoff Limit",
            container::beyond(Phrase::new(&limit.to_string()), &more),
        ));
    }
    if let Some(seconds) = number_at(spec, "ttlSecondsAfterFinished") {
        items.push(Item::field("TTL Seconds After Finished", seconds.to_string()));
    }
    items.extend(say::time_field("Start Time", status, "startTime", around.now));
    items.extend(say::time_field("Completed At", status, "completionTime", around.now));
    let times = (
        parse_time(text_at(status, "startTime")),
        parse_time(text_at(status, "completionTime")),
    );
    if let (Some(start), Some(end)) = times {
        items.push(Item::field("Duration", human_duration(end.saturating_sub(start))));
    }
    if let Some(seconds) = number_at(spec, "activeDeadlineSeconds") {
        let left = times
            .0
            .filter(|_| times.1.is_none())
            .map(|start| start.saturating_add(seconds) - around.now);
        let more = match left {
            Some(left) if left > 0 => format!("{} left", human_duration(left)),
            _ => String::new(),
        };
        items.push(Item::field(
            "Active Deadline Seconds",
            container::beyond(Phrase::new(&format!("{seconds}s")), &more),
        ));
    }
    items.push(statuses(status));
    items.extend(indexes(job));
    let pods = workload::pods(job, &selector, around);
    items.extend(workload::pods_table(&pods, around));
    items.push(template::section(at(spec, "template"), namespace, around));
    items.extend(say::conditions(job, around));
    items
}

fn statuses(status: &Value) -> Item {
    let number = |path: &str| number_at(status, path).unwrap_or(0);
    let ready = number_at(status, "ready").map_or_else(String::new, |ready| format!(" ({ready} Ready)"));
    let words = format!(
        "{} Active{ready} / {} Succeeded / {} Failed",
        number("active"),
        number("succeeded"),
        number("failed")
    );
    Item::field("Pods Statuses", words)
}

fn indexes(job: &Value) -> Option<Item> {
    if text_at(job, "spec/completionMode") != "Indexed" {
        return None;
    }
    let all = text_at(job, "status/completedIndexes");
    let mut shown: Vec<&str> = all.split(',').take(MOST_INDEXES).collect();
    if all.split(',').count() > MOST_INDEXES {
        shown.push("...");
    }
    Some(Item::field("Completed Indexes", say::or_none(&shown.join(","))))
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    of(subject.object, &events::of(around), around)
}

/// What is wrong with a job; `events` are those about it.
pub(super) fn of(job: &Value, events: &[events::EventFacts], around: &Around<'_>) -> Vec<Finding> {
    let (spec, status) = (at(job, "spec"), at(job, "status"));
    let complete = condition(job, "Complete").is_some_and(|it| text_at(it, "status") == "True");
    if complete {
        return Vec::new();
    }
    let selector = workload::selector(job);
    let trouble = || {
        let pods = workload::pods(job, &selector, around);
        workload::trouble(workload::there(&pods), around)
    };
    if let Some(failed) = condition(job, "Failed").filter(|it| text_at(it, "status") == "True") {
        let (reason, message) = (text_at(failed, "reason"), text_at(failed, "message"));
        let tries = number_at(status, "failed").unwrap_or(0);
        let limit = number_at(spec, "backoffLimit").unwrap_or(6);
        let (cause, next) = match reason {
            "BackoffLimitExceeded" => (
                format!(
                    "The job has given up: {} failed, its back-off limit is {limit}",
                    say::count(tries, "pod", "pods")
                ),
                "Correct what fails and make the job anew; a higher back-off limit only tries more often",
            ),
            "DeadlineExceeded" => {
                let seconds = number_at(spec, "activeDeadlineSeconds").unwrap_or(0);
                (
                    format!(
                        "The job was ended because it took longer than its deadline of {}",
                        human_duration(seconds)
                    ),
                    "Raise activeDeadlineSeconds, or see why it takes so long, and make the job anew",
                )
            }
            "PodFailurePolicy" => (
                format!(
                    "The job was ended by its pod failure policy: {}",
                    say::brief(message, 160)
                ),
                "See the log of the pod that failed",
            ),
            other => (
                format!("The job has failed ({other}): {}", say::brief(message, 160)),
                "See its pods and events",
            ),
        };
        let mut cause = Phrase::new(&cause);
        let mut next = Phrase::new(next);
        if let Some((pod, why)) = trouble() {
            let told = workload::told(&pod.value, why);
            cause = cause.and("; ", Role::LabelValue).then(told.cause);
            if !told.next.is_empty() {
                next = told.next.and("; then make the job anew", Role::LabelValue);
            }
        }
        return vec![finding(Health::Bad, cause, next)];
    }
    let mut found = Vec::new();
    found.extend(workload::cannot_create(job, events, around.now));
    if bool_at(spec, "suspend") {
        found.push(finding(
            Health::Progress,
            "The job is suspended: it has no pods",
            "Resume it to let it run",
        ));
        return found;
    }
    let active = number_at(status, "active").unwrap_or(0);
    match trouble() {
        Some((pod, why)) if why.health.is_fault() => found.push(workload::told(&pod.value, why)),
        _ if active > 0 && found.is_empty() => {
            let succeeded = number_at(status, "succeeded").unwrap_or(0);
            let wanted = number_at(spec, "completions").map_or_else(String::new, |wanted| format!(" of {wanted}"));
            let running = say::count(active, "pod runs", "pods run");
            found.push(finding(
                Health::Progress,
                format!("{running}, {succeeded}{wanted} completed"),
                "",
            ));
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn a_job_over_its_back_off_limit_says_why() {
        let job = json!({"metadata": {"name": "load", "namespace": "shop", "uid": "j"},
            "spec": {"parallelism": 1, "completions": 1, "backoffLimit": 2, "selector": {"matchLabels": {"controller-uid": "j"}},
                "template": {"spec": {"containers": []}}},
            "status": {"startTime": "2024-05-01T09:00:00Z", "failed": 3,
                "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
                    "message": "Job has reached the specified backoff limit", "lastTransitionTime": "2024-05-01T09:30:00Z"}]}});
        let pod = json!({"metadata": {"name": "load-x", "namespace": "shop", "uid": "p", "labels": {"controller-uid": "j"},
                "ownerReferences": [{"kind": "Job", "name": "load", "uid": "j", "controller": true}]},
            "spec": {"restartPolicy": "Never", "nodeName": "a", "containers": [{"name": "app"}]},
            "status": {"phase": "Failed", "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"terminated":
                {"exitCode": 3, "reason": "Error", "startedAt": "2024-05-01T09:29:00Z", "finishedAt": "2024-05-01T09:30:00Z"}}}]}});
        let world = World::default().with("", "pods", pod);
        assert_eq!(
            world.worst("batch", "Job", &job),
            "The job has given up: 3 pods failed, its back-off limit is 2; Pod load-x: Container app ended 30m ago with exit code 3 \
             and is not started again → Read its log; then make the job anew"
        );
        let text = world.describe("batch", "Job", &job);
        for expected in [
            "Backoff Limit:  2  3 of 3 tries have failed so far",
            "Start Time:     Wed, 01 May 2024 09:00:00 +0000  60m ago",
            "Pods Statuses:  0 Active / 0 Succeeded / 3 Failed",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in\n{text}"
            );
        }
    }

    #[test]
    fn a_job_that_may_make_no_pod_says_why() {
        let job =
            json!({"metadata": {"name": "load", "namespace": "shop", "uid": "j"}, "spec": {}, "status": {"active": 0}});
        let world = World::default().event(json!({"reason": "FailedCreate", "type": "Warning", "count": 3,
            "message": "Error creating: pods \"load-x\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2",
            "firstTimestamp": "2024-05-01T09:50:00Z", "lastTimestamp": "2024-05-01T09:59:00Z"}));
        assert_eq!(
            world.worst("batch", "Job", &job),
            "No pod can be made: the quota small is used up (pods: 2 of 2 used, 1 more asked for) → Raise the quota small, free some of it, or ask for less"
        );
    }
}
