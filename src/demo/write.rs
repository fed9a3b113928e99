//! Creating, patching, updating and deleting, with the checks that a client relies on.

mod delete;
mod merge;

use super::clock::rfc3339;
use super::http::{Ask, Reply, Target};
use super::object::Object;
use super::read::{self, Renderer};
use super::status::Status;
use super::{Inner, access};
use bytes::Bytes;
use delete::remove_if_finished;
pub(super) use delete::{delete, delete_collection, empty_namespace, remove};
use http::StatusCode;
pub(super) use merge::merge;
use serde_json::{Value, json};
use std::sync::Arc;

/// POST to a collection or a subresource.
pub(super) fn create(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let resource = &target.resource;
    let mut value = body(ask)?;
    if let Some(reply) = access::review(ask.user, target, value.clone()) {
        return Ok(reply);
    }
    if target.subresource.as_deref() == Some("eviction") {
        return delete(
            inner,
            &Ask {
                body: Bytes::new(),
                ..copy(ask)
            },
            &Target {
                subresource: None,
                ..target.clone()
            },
        );
    }
    if target.name.is_some() {
        let what = target.subresource.as_deref().unwrap_or("POST to a named object");
        return Err(Status::new(
            501,
            "NotImplemented",
            format!("the demo cluster does not serve {what} yet"),
        ));
    }
    let kind = value["kind"].as_str().unwrap_or(&resource.kind);
    if *kind != resource.kind
        || value["apiVersion"]
            .as_str()
            .is_some_and(|v| v != resource.api_version())
    {
        return Err(Status::bad_request(format!(
            "{kind} in version \"{}\" cannot be handled as a {}",
            value["apiVersion"].as_str().unwrap_or_default(),
            resource.kind
        )));
    }
    let now = inner.clock.now();
    let namespace = if resource.namespaced {
        target.namespace.clone().unwrap_or_default()
    } else {
        String::new()
    };
    if !value["metadata"].is_object() {
        value["metadata"] = json!({});
    }
    let stated = value["metadata"]["namespace"].as_str().unwrap_or_default().to_owned();
    if resource.namespaced && !stated.is_empty() && stated != namespace {
        return Err(Status::bad_request(format!(
            "the namespace of the provided object does not match the namespace sent on the request ({stated} != {namespace})"
        )));
    }
    if resource.namespaced {
        value["metadata"]["namespace"] = namespace.clone().into();
    }
    let mut store = inner.write();
    if value["metadata"]["name"].as_str().unwrap_or_default().is_empty() {
        let prefix = value["metadata"]["generateName"].as_str().unwrap_or_default();
        if prefix.is_empty() {
            return Err(Status::invalid(
                &resource.kind,
                "",
                "metadata.name",
                "Required value: name or generateName is required",
            ));
        }
        let name = format!("{prefix}{}", super::rng::Rng::new(store.version()).suffix(5));
        value["metadata"]["name"] = name.into();
    }
    let name = value["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let valid = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    if resource.group != "rbac.authorization.k8s.io" && (!name.chars().all(valid) || name.len() > 253) {
        let why = format!(
            "Invalid value: \"{name}\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
        );
        return Err(Status::invalid(&resource.kind, &name, "metadata.name", &why));
    }
    let id = store.table_of(resource);
    if store.get(id, &namespace, &name).is_some() {
        let status = Status::new(
            409,
            "AlreadyExists",
            format!("{} \"{name}\" already exists", qualified(target)),
        );
        return Err(status.about(&resource.group, &resource.plural, &name));
    }
    if resource.namespaced {
        match store.value("", "namespaces", "", &namespace) {
            None => return Err(Status::not_found("", "namespaces", &namespace)),
            Some(ns) if ns["status"]["phase"] == "Terminating" => {
                let message = format!(
                    "{} \"{name}\" is forbidden: unable to create new content in namespace {namespace} because it is being terminated",
                    qualified(target)
                );
                return Err(Status::new(403, "Forbidden", message).about(&resource.group, &resource.plural, &name));
            }
            Some(_) => {}
        }
    }
    default_fields(&mut value, &resource.kind, ask, now);
    let dry = ask.param("dryRun").is_some();
    let object = store.put(id, value, now);
    if dry {
        store.remove(id, &namespace, &name);
    }
    drop(store);
    inner.changed();
    shown(inner, ask, target, &object, StatusCode::CREATED)
}

/// What the server adds to a new object.
fn default_fields(value: &mut Value, kind: &str, ask: &Ask, now: i64) {
    for field in [
        "uid",
        "resourceVersion",
        "creationTimestamp",
        "deletionTimestamp",
        "managedFields",
    ] {
        if let Some(metadata) = value["metadata"].as_object_mut() {
            metadata.remove(field);
        }
    }
    let manager = ask.param("fieldManager").unwrap_or("unknown");
    value["metadata"]["managedFields"] = json!([{"manager": manager, "operation": "Update", "apiVersion": value["apiVersion"],
        "time": rfc3339(now), "fieldsType": "FieldsV1", "fieldsV1": {"f:metadata": {"f:labels": {}}}}]);
    if value.get("spec").is_some() {
        value["metadata"]["generation"] = 1.into();
    }
    match kind {
        "Namespace" => {
            value["spec"] = json!({"finalizers": ["kubernetes"]});
            value["status"] = json!({"phase": "Active"});
            let name = value["metadata"]["name"].clone();
            value["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
            // A namespace has no generation.
            if let Some(metadata) = value["metadata"].as_object_mut() {
                metadata.remove("generation");
            }
        }
        "Pod" => {
            value["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
            if let Some(metadata) = value["metadata"].as_object_mut() {
                metadata.remove("generation");
            }
        }
        "Deployment" | "ReplicaSet" | "StatefulSet" => {
            if value["spec"].get("replicas").is_none() {
                value["spec"]["replicas"] = 1.into();
            }
            value["status"] = json!({"replicas": 0});
        }
        "Secret" if value.get("type").is_none() => value["type"] = "Opaque".into(),
        "CustomResourceDefinition" => {
            let names = value["spec"]["names"].clone();
            let versions = [value["spec"]["versions"][0]["name"].clone()];
            value["status"] = json!({"acceptedNames": names, "storedVersions": versions, "conditions": [
                {"type": "NamesAccepted", "status": "True", "lastTransitionTime": rfc3339(now), "reason": "NoConflicts", "message": "no conflicts found"},
                {"type": "Established", "status": "True", "lastTransitionTime": rfc3339(now), "reason": "InitialNamesAccepted", "message": "the initial names have been accepted"}]});
        }
        _ => {}
    }
}

/// PATCH: a JSON merge patch; a strategic one with named list entries merged.
pub(super) fn patch(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let resource = &target.resource;
    let strategic = match ask.content_type.split(';').next().unwrap_or_default().trim() {
        "application/merge-patch+json" => false,
        "application/strategic-merge-patch+json" if resource.columns.is_none() => true,
        other => {
            let message = format!(
                "the body of the request was in an unknown format - accepted media types include: application/merge-patch+json (got {other})"
            );
            return Err(Status::new(415, "UnsupportedMediaType", message));
        }
    };
    let patch = body(ask)?;
    if !patch.is_object() {
        return Err(Status::bad_request("the patch must be a JSON object"));
    }
    change(inner, ask, target, |value| merge(value, &patch, strategic))
}

/// PUT: replaces the object; a stale resourceVersion is a conflict.
pub(super) fn update(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let new = body(ask)?;
    change(inner, ask, target, |value| {
        let kept = value["metadata"].clone();
        let status = value.get("status").cloned();
        let subresource = target.subresource.as_deref();
        match subresource {
            Some("status") => value["status"] = new["status"].clone(),
            Some("finalize") => value["spec"] = new["spec"].clone(),
            _ => {
                *value = new.clone();
                if let (Some(status), None, Some(map)) = (status, subresource, value.as_object_mut()) {
                    map.insert("status".into(), status);
                }
            }
        }
        if subresource == Some("scale") {
            return;
        }
        for field in [
            "uid",
            "creationTimestamp",
            "generation",
            "deletionTimestamp",
            "namespace",
            "name",
        ] {
            if let Some(old) = kept.get(field) {
                value["metadata"][field] = old.clone();
            }
        }
        if new["metadata"]["resourceVersion"].is_string() {
            value["metadata"]["resourceVersion"] = new["metadata"]["resourceVersion"].clone();
        } else {
            value["metadata"]["resourceVersion"] = kept["resourceVersion"].clone();
        }
    })
}

/// Applies a change to the stored object or its scale, with the checks of every write.
fn change(inner: &Arc<Inner>, ask: &Ask, target: &Target, apply: impl FnOnce(&mut Value)) -> Result<Reply, Status> {
    let resource = &target.resource;
    let (namespace, name) = (
        target.namespace.as_deref().unwrap_or_default(),
        target.name.as_deref().unwrap_or_default(),
    );
    let scaling = target.subresource.as_deref() == Some("scale");
    if let Some(sub) = target.subresource.as_deref()
        && !resource.subresources.iter().any(|(s, ..)| s == sub)
    {
        return Err(Status::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        ));
    }
    let now = inner.clock.now();
    let mut store = inner.write();
    let id = store.table_of(resource);
    let old = store
        .get(id, namespace, name)
        .ok_or_else(|| Status::not_found(&resource.group, &resource.plural, name))?;
    let before = old.value();
    let mut after = before.clone();
    if scaling {
        let mut scale = read::scale(&before);
        apply(&mut scale);
        let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(-1);
        if replicas < 0 {
            let why = format!("Invalid value: {replicas}: must be greater than or equal to 0");
            return Err(Status::invalid("Scale", name, "spec.replicas", &why));
        }
        after["spec"]["replicas"] = replicas.into();
        after["metadata"]["resourceVersion"] = scale["metadata"]["resourceVersion"].clone();
    } else {
        apply(&mut after);
        if let Some(map) = after.as_object_mut() {
            map.remove("kind");
            map.remove("apiVersion");
        }
        if target.subresource.as_deref() == Some("status") {
            let status = after["status"].take();
            after = before.clone();
            after["status"] = status;
        }
    }
    if after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"] {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": the object has been modified; please apply your changes to the latest version and try again",
            qualified(target)
        );
        return Err(Status::new(409, "Conflict", message).about(&resource.group, &resource.plural, name));
    }
    if after["metadata"]["uid"] != before["metadata"]["uid"] {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{name}\": Precondition failed: UID in precondition: {}, UID in object meta: {}",
            qualified(target),
            after["metadata"]["uid"].as_str().unwrap_or_default(),
            before["metadata"]["uid"].as_str().unwrap_or_default()
        );
        return Err(Status::new(409, "Conflict", message).about(&resource.group, &resource.plural, name));
    }
    if after["metadata"]["name"] != before["metadata"]["name"] {
        return Err(Status::bad_request(
            "the name of the object does not match the name on the URL",
        ));
    }
    let dry = ask.param("dryRun").is_some();
    let object = if dry || after == before {
        let text = after.to_string();
        let body = super::object::Body::Plain(Bytes::from(text));
        let (namespace, name) = old.key();
        Arc::new(Object {
            namespace,
            name,
            uid: old.uid,
            version: old.version,
            labels: old.labels.clone(),
            owner: old.owner,
            body,
        })
    } else {
        let changed = store
            .change(id, namespace, name, now, |value| *value = after)
            .unwrap_or(old);
        remove_if_finished(&mut store, id, &changed);
        changed
    };
    drop(store);
    inner.changed();
    if scaling {
        return Ok(Reply::json(&read::scale(&object.value())));
    }
    shown(inner, ask, target, &object, StatusCode::OK)
}

fn body(ask: &Ask) -> Result<Value, Status> {
    if ask.content_type.contains("protobuf") || ask.content_type.contains("cbor") {
        let message =
            "the body of the request was in an unknown format - accepted media types include: application/json";
        return Err(Status::new(415, "UnsupportedMediaType", message));
    }
    serde_json::from_slice(&ask.body).map_err(|e| {
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type application/json): {e}"
        ))
    })
}

fn qualified(target: &Target) -> String {
    let r = &target.resource;
    if r.group.is_empty() {
        r.plural.clone()
    } else {
        format!("{}.{}", r.plural, r.group)
    }
}

fn copy(ask: &Ask) -> Ask {
    Ask {
        user: ask.user,
        path: ask.path.clone(),
        query: ask.query.clone(),
        accept: ask.accept,
        content_type: ask.content_type.clone(),
        body: ask.body.clone(),
    }
}

fn shown(inner: &Inner, ask: &Ask, target: &Target, object: &Object, code: StatusCode) -> Result<Reply, Status> {
    let mut out = Vec::new();
    Renderer::new(ask, &target.resource)?.alone(&mut out, object, inner.clock.now(), true);
    out.push(b'\n');
    Ok(Reply::Whole(code, "application/json", Bytes::from(out)))
}
