//! From what was opened to lists of pods' containers: a pod is a list of one, a workload or service is its selector, a job
//! and a cron job are found by the name that the job controller writes on their pods.

use crate::describe::{at, items_at, text_at};
use crate::kinds::{Owner, ResourceName, Row};
use crate::msg::{Failure, Phase};
use crate::screens::{LogsPlace, ObjectName, Shared};
use crate::store::{Mark, Table};
use crate::text::{Clean, Selector};
use crate::want::{ClusterId, ListWant, Scope, Shape};
use serde_json::Value;
use std::collections::BTreeSet;

/// More pods than this of one namespace are read from one list instead of one list each.
const SINGLE: usize = 8;
/// The label that the job controller writes on a job's pods.
const JOB_NAME: &str = "job-name";

/// A list of containers, and which of its rows are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PodList {
    /// The list.
    pub want: ListWant,
    /// Only these pods; None means all.
    pub pods: Option<BTreeSet<Clean>>,
    /// Only pods that these jobs own; None means all.
    pub jobs: Option<BTreeSet<Clean>>,
    /// Whether the pods were named one by one, so that one of their containers is chosen as kubectl does.
    pub named: bool,
}

/// What is known of what was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// Lists of containers.
    pub pods: Vec<PodList>,
    /// What cannot be had: which, and why.
    pub failures: Vec<(Clean, Failure)>,
    /// What is said of a subject that leads to no pods.
    pub notes: Vec<String>,
    /// Lists that are still coming in.
    pub loading: bool,
}

/// A list of containers of pods.
fn containers(cluster: ClusterId, scope: Scope, labels: &str, fields: &str) -> ListWant {
    ListWant {
        cluster,
        resource: ResourceName::new("", "pods"),
        scope,
        labels: Clean::new(labels),
        fields: Clean::new(fields),
        shape: Shape::Containers,
    }
}

fn inside(namespace: &Clean) -> Scope {
    Scope::Namespaces(vec![namespace.clone()])
}

/// The list of one that tells a workload's selector.
fn own_list(object: &ObjectName) -> ListWant {
    ListWant {
        cluster: object.cluster,
        resource: object.resource.clone(),
        scope: inside(&object.namespace),
        labels: Clean::default(),
        fields: Clean::new(&format!("metadata.name={}", object.name)),
        shape: Shape::Whole,
    }
}

/// The jobs among which those of a cron job are.
fn jobs_list(object: &ObjectName) -> ListWant {
    ListWant {
        cluster: object.cluster,
        resource: ResourceName::new("batch", "jobs"),
        scope: inside(&object.namespace),
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

fn is(object: &ObjectName, group: &str, resource: &str) -> bool {
    object.resource.group.as_str() == group && object.resource.resource.as_str() == resource
}

/// What is opened, in the words of the title: `deployment cart`, `3 pods`, `pods with app=cart`.
pub(super) fn title_of(place: &LogsPlace, shared: &Shared) -> String {
    let word = |object: &ObjectName| {
        let catalog = shared.clusters.get(&object.cluster).map(|state| &state.catalog);
        let found = catalog.and_then(|catalog| catalog.find(&object.resource).map(|found| found.singular.to_string()));
        found.unwrap_or_else(|| object.resource.resource.as_str().trim_end_matches('s').to_owned())
    };
    match (place.of.as_slice(), &place.selector) {
        ([], Some((_, labels))) if labels.is_empty() => "all pods".to_owned(),
        ([], Some((_, labels))) => format!("pods with {labels}"),
        ([one], _) => format!("{} {}", word(one), one.name),
        ([first, rest @ ..], _) if rest.iter().all(|other| other.resource == first.resource) => {
            format!("{} {}", rest.len() + 1, first.resource.resource)
        }
        (several, _) => format!("{} objects", several.len()),
    }
}

/// Where it is: the namespace, when there is but one.
pub(super) fn trail_of(place: &LogsPlace) -> Clean {
    let namespaces: BTreeSet<&Clean> = match &place.selector {
        Some((Scope::Namespaces(names), _)) => names.iter().collect(),
        Some((Scope::All, _)) => BTreeSet::new(),
        None => place.of.iter().map(|object| &object.namespace).collect(),
    };
    match (namespaces.len(), namespaces.first()) {
        (1, Some(one)) => (*one).clone(),
        _ => Clean::default(),
    }
}

/// The lists that are wanted before anything is known of pods.
pub(super) fn own_lists(place: &LogsPlace) -> Vec<ListWant> {
    let mut lists = Vec::new();
    for object in &place.of {
        match () {
            () if is(object, "", "pods") || is(object, "batch", "jobs") => {}
            () if is(object, "batch", "cronjobs") => lists.push(jobs_list(object)),
            () => lists.push(own_list(object)),
        }
    }
    lists
}

/// The pods of what was opened, as far as it is known.
pub(super) fn find(place: &LogsPlace, shared: &Shared) -> Found {
    let mut found = Found::default();
    if let Some((scope, labels)) = &place.selector {
        found.pods.push(PodList {
            want: containers(place.cluster, scope.clone(), labels.as_str(), ""),
            pods: None,
            jobs: None,
            named: false,
        });
    }
    named_pods(place, &mut found);
    for object in place.of.iter().filter(|object| !is(object, "", "pods")) {
        let mut list = |labels: &str, jobs: Option<BTreeSet<Clean>>| {
            let list = PodList {
                want: containers(object.cluster, inside(&object.namespace), labels, ""),
                pods: None,
                jobs,
                named: false,
            };
            if !found.pods.contains(&list) {
                found.pods.push(list);
            }
        };
        if is(object, "batch", "jobs") {
            list(&format!("{JOB_NAME}={}", object.name), None);
        } else if is(object, "batch", "cronjobs") {
            match shared.tables.get(&jobs_list(object)) {
                None => found.loading = true,
                Some(table) => {
                    list(JOB_NAME, Some(jobs_of(table, object)));
                    standing(table, &object.name, &mut found);
                }
            }
        } else {
            let Some(table) = shared.tables.get(&own_list(object)) else {
                found.loading = true;
                continue;
            };
            let whole = rows(table).find_map(|row| row.whole.clone());
            match whole.as_ref().map(|whole| selector_of(&whole.value)) {
                Some(labels) if !labels.is_empty() => list(&labels, None),
                Some(_) => found.notes.push(format!("{} selects no pods", object.name)),
                None => {
                    if table.is_complete() {
                        found
                            .notes
                            .push(format!("{} {} is not there", object.resource.resource, object.name));
                    }
                    standing(table, &object.name, &mut found);
                }
            }
        }
    }
    found
}

/// Pods that were named: a list each, or one list of their namespace when they are many.
fn named_pods(place: &LogsPlace, found: &mut Found) {
    let pods: Vec<&ObjectName> = place.of.iter().filter(|object| is(object, "", "pods")).collect();
    let namespaces: BTreeSet<&Clean> = pods.iter().map(|pod| &pod.namespace).collect();
    for namespace in namespaces {
        let names: BTreeSet<Clean> = pods
            .iter()
            .filter(|pod| pod.namespace == *namespace)
            .map(|pod| pod.name.clone())
            .collect();
        let mut list = |fields: &str, pods: BTreeSet<Clean>| {
            found.pods.push(PodList {
                want: containers(place.cluster, inside(namespace), "", fields),
                pods: Some(pods),
                jobs: None,
                named: true,
            });
        };
        if names.len() > SINGLE {
            list("", names);
        } else {
            for name in names {
                list(&format!("metadata.name={name}"), BTreeSet::from([name]));
            }
        }
    }
}

/// Says of a list that is not complete whether it still comes or why it does not.
pub(super) fn standing(table: &Table, of: &Clean, found: &mut Found) {
    for source in table.sources() {
        match &source.phase {
            Phase::Stopped(failure) => found.failures.push((of.clone(), failure.clone())),
            Phase::Backoff { failure, .. } if !source.complete => found.failures.push((of.clone(), failure.clone())),
            _ if !source.complete => found.loading = true,
            _ => {}
        }
    }
}

/// The rows that are there.
pub(super) fn rows(table: &Table) -> impl Iterator<Item = &Row> {
    let there = |id: &crate::store::RowId| !matches!(table.mark(*id), Mark::Gone(_));
    table.ids().filter(there).filter_map(|id| table.row(id))
}

fn jobs_of(table: &Table, object: &ObjectName) -> BTreeSet<Clean> {
    let owns = |owner: &Owner| match &object.uid {
        Some(uid) => owner.uid == *uid,
        None => owner.kind.as_str() == "CronJob" && owner.name == object.name,
    };
    rows(table)
        .filter(|row| row.owner.as_deref().is_some_and(owns))
        .map(|row| row.name.clone())
        .collect()
}

/// Whether the pod of a container's row is one of those that are meant.
pub(super) fn is_meant(list: &PodList, row: &Row) -> bool {
    let pod = row.owner.as_ref().map(|owner| &owner.name);
    let named = list
        .pods
        .as_ref()
        .is_none_or(|pods| pod.is_some_and(|pod| pods.contains(pod)));
    let of_job = list
        .jobs
        .as_ref()
        .is_none_or(|jobs| row.label(JOB_NAME).is_some_and(|job| jobs.contains(job)));
    named && of_job
}

/// The label selector of a workload, a service or anything with `spec.selector`, as text; empty when it selects nothing.
fn selector_of(object: &Value) -> String {
    let selector = at(object, "spec/selector");
    let Some(fields) = selector.as_object() else {
        return String::new();
    };
    let pairs = |map: &Value| -> Vec<String> {
        let pairs = map.as_object().into_iter().flatten();
        pairs
            .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
            .collect()
    };
    let mut terms = if fields.contains_key("matchLabels") || fields.contains_key("matchExpressions") {
        pairs(at(selector, "matchLabels"))
    } else {
        pairs(selector)
    };
    for expression in items_at(selector, "matchExpressions") {
        let key = text_at(expression, "key");
        let values: Vec<&str> = items_at(expression, "values")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        match text_at(expression, "operator") {
            "In" => terms.push(format!("{key} in ({values})")),
            "NotIn" => terms.push(format!("{key} notin ({values})")),
            "Exists" => terms.push(key.to_owned()),
            "DoesNotExist" => terms.push(format!("!{key}")),
            // What is not understood must not select more than is meant.
            _ => return String::new(),
        }
    }
    // A selector from the cluster goes into a request: only what reads as one does.
    Selector::parse(&terms.join(",")).map_or_else(|_| String::new(), |selector| selector.to_string())
}
