//! Deleting: one object, a collection, a namespace's content; what waits for finalizers or time to end.

use super::{body, qualified, shown};
use crate::demo::clock::rfc3339;
use crate::demo::http::{Ask, Reply, Target};
use crate::demo::object::Object;
use crate::demo::resource::ResourceId;
use crate::demo::status::Status;
use crate::demo::store::Store;
use crate::demo::{Inner, Life, read};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

/// An object whose deletion waited for finalizers goes when the last one is taken away.
pub(super) fn remove_if_finished(store: &mut Store, id: ResourceId, object: &Object) {
    let value = object.value();
    let held = value["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|f| !f.is_empty())
        || value["spec"]["finalizers"].as_array().is_some_and(|f| !f.is_empty());
    // A pod with time to end is taken away by the world's life.
    let pod = value["metadata"]["deletionGracePeriodSeconds"].as_i64().unwrap_or(0) > 0;
    if value["metadata"]["deletionTimestamp"].is_string() && !held && !pod {
        store.remove(id, &object.namespace, &object.name);
    }
}

/// DELETE of one object.
pub(in crate::demo) fn delete(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let resource = &target.resource;
    let options = if ask.body.is_empty() { json!({}) } else { body(ask)? };
    let (namespace, name) = (
        target.namespace.as_deref().unwrap_or_default(),
        target.name.as_deref().unwrap_or_default(),
    );
    let now = inner.clock.now();
    let mut store = inner.write();
    let id = store.table_of(resource);
    let object = store
        .get(id, namespace, name)
        .ok_or_else(|| Status::not_found(&resource.group, &resource.plural, name))?;
    let wanted = [
        &options["preconditions"]["uid"],
        &options["preconditions"]["resourceVersion"],
    ];
    for (wanted, what, have) in [
        (wanted[0], "UID", object.uid.to_string()),
        (wanted[1], "ResourceVersion", object.version.to_string()),
    ] {
        if wanted.as_str().is_some_and(|w| w != have) {
            let message = format!(
                "Operation cannot be fulfilled on {} \"{name}\": Precondition failed: {what} in precondition: {}, {what} in object meta: {have}",
                qualified(target),
                wanted.as_str().unwrap_or_default()
            );
            return Err(Status::new(409, "Conflict", message).about(&resource.group, &resource.plural, name));
        }
    }
    if ask.param("dryRun").is_none() && !options["dryRun"].is_array() {
        let grace = options["gracePeriodSeconds"]
            .as_i64()
            .or_else(|| ask.param("gracePeriodSeconds")?.parse().ok());
        let policy = options["propagationPolicy"]
            .as_str()
            .or_else(|| ask.param("propagationPolicy"));
        let orphan = policy == Some("Orphan") || options["orphanDependents"] == true;
        remove(
            &mut store,
            id,
            &object,
            grace,
            orphan,
            inner.options.life == Life::Still,
            now,
        );
    }
    let left = store.get(id, namespace, name);
    drop(store);
    inner.changed();
    match left {
        Some(object) => shown(inner, ask, target, &object, StatusCode::OK),
        None if resource.kind == "Pod" => shown(inner, ask, target, &object, StatusCode::OK),
        None => {
            let uid = object.uid.to_string();
            Ok(Reply::json(
                &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                "details": {"name": name, "group": resource.group, "kind": resource.plural, "uid": uid}}),
            ))
        }
    }
}

/// Deletes an object and what it owns: at once, or marked as terminating where something has to happen first.
pub(in crate::demo) fn remove(
    store: &mut Store,
    id: ResourceId,
    object: &Arc<Object>,
    grace: Option<i64>,
    orphan: bool,
    still: bool,
    now: i64,
) {
    let value = object.value();
    let kind = store.registry.get(id).map(|r| r.kind.clone()).unwrap_or_default();
    let finalizers = value["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|f| !f.is_empty());
    let placed = kind == "Pod" && value["spec"]["nodeName"].is_string() && value["status"]["phase"] == "Running";
    let graceful = placed && !still && grace != Some(0);
    if finalizers || graceful || (kind == "Namespace" && !still) {
        store.change(id, &object.namespace, &object.name, now, |value| {
            if !value["metadata"]["deletionTimestamp"].is_string() {
                let seconds = if graceful { grace.unwrap_or(30) } else { 0 };
                value["metadata"]["deletionTimestamp"] = rfc3339(now + seconds).into();
                if kind != "Namespace" {
                    value["metadata"]["deletionGracePeriodSeconds"] = seconds.into();
                }
                if kind == "Namespace" {
                    value["status"]["phase"] = "Terminating".into();
                }
            }
        });
    } else {
        store.remove(id, &object.namespace, &object.name);
        if kind == "Namespace" {
            empty_namespace(store, &object.name, now);
        }
    }
    if !orphan {
        for (id, dependent) in store.owned_by(object.uid) {
            remove(store, id, &dependent, grace, false, still, now);
        }
    }
}

/// Removes everything in a namespace that no finalizer holds; true when it is empty then.
pub(in crate::demo) fn empty_namespace(store: &mut Store, namespace: &str, now: i64) -> bool {
    let ids: Vec<ResourceId> = store.registry.served().filter(|r| r.namespaced).map(|r| r.id).collect();
    let mut empty = true;
    for id in ids {
        let inside: Vec<Arc<Object>> = store.within(id, namespace).cloned().collect();
        for object in inside {
            remove(store, id, &object, Some(0), true, true, now);
            empty &= store.get(id, namespace, &object.name).is_none();
        }
    }
    empty
}

/// DELETE of a collection.
pub(in crate::demo) fn delete_collection(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let selection = read::selection(ask, target)?;
    let now = inner.clock.now();
    let mut store = inner.write();
    let id = store.table_of(&target.resource);
    let (objects, _) = store.snapshot(id, &selection, store.version(), None, usize::MAX)?;
    for object in &objects {
        remove(
            &mut store,
            id,
            object,
            None,
            false,
            inner.options.life == Life::Still,
            now,
        );
    }
    drop(store);
    inner.changed();
    Ok(Reply::json(
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}),
    ))
}
