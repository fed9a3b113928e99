//! Getting and listing: versions, pages, and the forms an object is shown in.

use super::Inner;
use super::http::{Accept, Ask, Reply, Target};
use super::object::{Body, Key, Object};
use super::resource::Resource;
use super::select::{parse_fields, parse_labels};
use super::status::Status;
use super::store::Selection;
use super::table::{Printer, row_conditions};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// About this many bytes are rendered at a time.
const PIECE: usize = 64 * 1024;

/// What a table row carries besides its cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Include {
    Metadata,
    Object,
    Nothing,
}

/// Renders objects in the form the client asked for.
#[derive(Clone)]
pub(super) struct Renderer {
    pub resource: Arc<Resource>,
    pub accept: Accept,
    pub include: Include,
    pub printer: Printer,
}

impl Renderer {
    /// Reads what the request wants.
    pub(super) fn new(ask: &Ask, resource: &Arc<Resource>) -> Result<Renderer, Status> {
        let include = match ask.param("includeObject") {
            None | Some("" | "Metadata") => Include::Metadata,
            Some("Object") => Include::Object,
            Some("None") => Include::Nothing,
            Some(other) => {
                return Err(Status::bad_request(format!(
                    "unrecognized includeObject value: \"{other}\""
                )));
            }
        };
        Ok(Renderer {
            resource: resource.clone(),
            accept: ask.accept,
            include,
            printer: Printer::of(resource),
        })
    }

    fn table_version(&self) -> &'static str {
        if self.accept == Accept::Table(true) {
            "meta.k8s.io/v1beta1"
        } else {
            "meta.k8s.io/v1"
        }
    }

    /// The object as it stands alone (a get or a watch event); `columns` includes a table's definitions.
    pub(super) fn alone(&self, out: &mut Vec<u8>, object: &Object, now: i64, columns: bool) {
        match self.accept {
            Accept::Table(_) => {
                let columns = if columns {
                    self.printer.definitions().to_string()
                } else {
                    "null".into()
                };
                let head = format!(
                    "{{\"kind\":\"Table\",\"apiVersion\":\"{}\",\"metadata\":{{\"resourceVersion\":\"{}\"}},\"columnDefinitions\":{columns},\"rows\":[",
                    self.table_version(),
                    object.version
                );
                out.extend_from_slice(head.as_bytes());
                self.row(out, object, now);
                out.extend_from_slice(b"]}");
            }
            Accept::PartialObject => self.partial(out, object, None),
            _ => self.whole(out, object),
        }
    }

    /// The object as an item or row of a list.
    fn item(&self, out: &mut Vec<u8>, object: &Object, now: i64) {
        match self.accept {
            Accept::Table(_) => self.row(out, object, now),
            Accept::PartialObject => self.partial(out, object, None),
            // Built-in kinds do not repeat their type in lists; custom ones do.
            _ if self.resource.columns.is_some() => self.whole(out, object),
            _ if self.resource.group == "events.k8s.io" => new_event(out, object, None),
            _ => object.write(out, None),
        }
    }

    fn whole(&self, out: &mut Vec<u8>, object: &Object) {
        match self.resource.group.as_str() {
            "events.k8s.io" => new_event(out, object, Some(&self.resource)),
            _ => object.write(out, Some(&self.resource)),
        }
    }

    fn partial(&self, out: &mut Vec<u8>, object: &Object, parsed: Option<&Value>) {
        let version = self.table_version();
        out.extend_from_slice(
            format!("{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"{version}\",\"metadata\":").as_bytes(),
        );
        object.write_metadata(out, parsed);
        out.push(b'}');
    }

    fn row(&self, out: &mut Vec<u8>, object: &Object, now: i64) {
        let parsed = match object.body {
            Body::Plain(_) => Some(object.value()),
            Body::Bulk(_) => None,
        };
        let cells = Value::Array(self.printer.cells(object, parsed.as_ref(), now));
        out.extend_from_slice(format!("{{\"cells\":{cells},").as_bytes());
        if let Some(conditions) = row_conditions(object, parsed.as_ref()) {
            out.extend_from_slice(format!("\"conditions\":{conditions},").as_bytes());
        }
        out.extend_from_slice(b"\"object\":");
        match self.include {
            Include::Metadata => self.partial(out, object, parsed.as_ref()),
            Include::Object => self.whole(out, object),
            Include::Nothing => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }

    fn list_head(&self, version: u64, go_on: Option<&str>, remaining: Option<usize>) -> String {
        let mut metadata = serde_json::Map::new();
        metadata.insert("resourceVersion".into(), version.to_string().into());
        if let Some(token) = go_on {
            metadata.insert("continue".into(), token.into());
        }
        if let Some(remaining) = remaining {
            metadata.insert("remainingItemCount".into(), remaining.into());
        }
        let metadata = Value::Object(metadata);
        let (kind, api, items) = match self.accept {
            Accept::Table(_) => {
                let columns = self.printer.definitions();
                return format!(
                    "{{\"kind\":\"Table\",\"apiVersion\":\"{}\",\"metadata\":{metadata},\"columnDefinitions\":{columns},\"rows\":[",
                    self.table_version()
                );
            }
            Accept::PartialObject => ("PartialObjectMetadataList".into(), "meta.k8s.io/v1".into(), "items"),
            _ => (
                format!("{}List", self.resource.kind),
                self.resource.api_version(),
                "items",
            ),
        };
        format!("{{\"kind\":\"{kind}\",\"apiVersion\":\"{api}\",\"metadata\":{metadata},\"{items}\":[")
    }
}

/// A core event in the words of events.k8s.io/v1.
fn new_event(out: &mut Vec<u8>, object: &Object, head: Option<&Resource>) {
    let mut value = object.value();
    for (old, new) in [
        ("involvedObject", "regarding"),
        ("message", "note"),
        ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"),
        ("source", "deprecatedSource"),
        ("reportingComponent", "reportingController"),
    ] {
        if let Some(map) = value.as_object_mut()
            && let Some(found) = map.remove(old)
        {
            map.insert(new.into(), found);
        }
    }
    if let Some(resource) = head {
        value["kind"] = resource.kind.clone().into();
        value["apiVersion"] = resource.api_version().into();
    }
    out.extend_from_slice(value.to_string().as_bytes());
}

/// The selection that a request's path and parameters describe.
pub(super) fn selection(ask: &Ask, target: &Target) -> Result<Selection, Status> {
    Ok(Selection {
        namespace: target.namespace.clone(),
        name: target.name.clone(),
        labels: parse_labels(ask.param("labelSelector").unwrap_or_default())?,
        fields: parse_fields(ask.param("fieldSelector").unwrap_or_default(), &target.resource.plural)?,
    })
}

/// A resourceVersion parameter: None when unset.
pub(super) fn version_of(ask: &Ask) -> Result<Option<u64>, Status> {
    match ask.param("resourceVersion") {
        None | Some("") => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| {
            Status::new(
                400,
                "BadRequest",
                format!("Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"),
            )
        }),
    }
}

/// GET of one object, or of its scale or status.
pub(super) fn get(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let resource = &target.resource;
    let name = target.name.as_deref().unwrap_or_default();
    let store = inner.read();
    let found = store.get(
        store.table_of(resource),
        target.namespace.as_deref().unwrap_or_default(),
        name,
    );
    drop(store);
    let object = found.ok_or_else(|| Status::not_found(&resource.group, &resource.plural, name))?;
    match target.subresource.as_deref() {
        None | Some("status") => {}
        Some("scale") if resource.subresources.iter().any(|(s, ..)| s == "scale") => {
            return Ok(Reply::json(&scale(&object.value())));
        }
        Some(other) if resource.subresources.iter().any(|(s, ..)| s == other) => {
            return Err(Status::new(
                501,
                "NotImplemented",
                format!("the demo cluster does not serve {}/{other} yet", resource.plural),
            ));
        }
        Some(_) => {
            return Err(Status::new(
                404,
                "NotFound",
                "the server could not find the requested resource",
            ));
        }
    }
    let mut out = Vec::new();
    Renderer::new(ask, resource)?.alone(&mut out, &object, inner.clock.now(), true);
    out.push(b'\n');
    Ok(Reply::Whole(http::StatusCode::OK, "application/json", Bytes::from(out)))
}

/// The Scale of a workload.
pub(super) fn scale(value: &Value) -> Value {
    let m = &value["metadata"];
    let labels = value["spec"]["selector"]["matchLabels"]
        .as_object()
        .into_iter()
        .flatten();
    let selector: Vec<String> = labels
        .map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default()))
        .collect();
    json!({"kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": m["name"], "namespace": m["namespace"], "uid": m["uid"],
            "resourceVersion": m["resourceVersion"], "creationTimestamp": m["creationTimestamp"]},
        "spec": {"replicas": value["spec"]["replicas"].as_i64().unwrap_or(0)},
        "status": {"replicas": value["status"]["replicas"].as_i64().unwrap_or(0), "selector": selector.join(",")}})
}

/// GET of a collection.
pub(super) fn list(inner: &Arc<Inner>, ask: &Ask, target: &Target) -> Result<Reply, Status> {
    let renderer = Renderer::new(ask, &target.resource)?;
    let selection = selection(ask, target)?;
    let asked = version_of(ask)?;
    let limit: usize = ask.param("limit").and_then(|v| v.parse().ok()).unwrap_or(0);
    let store = inner.read();
    let id = store.table_of(&target.resource);
    let current = store.version();
    let (version, after) = match (
        ask.param("continue").filter(|t| !t.is_empty()),
        asked,
        ask.param("resourceVersionMatch"),
    ) {
        (Some(_), Some(1..), _) => {
            return Err(Status::bad_request(
                "specifying resource version is not allowed when using continue",
            ));
        }
        (Some(token), ..) => {
            let (version, key) = read_token(token)?;
            if version != 0 && version < store.floor() {
                let mut status = Status::expired(
                    "The provided continue parameter is too old to display a consistent list result. You can start a new \
                     list without the continue parameter, or use the continue token in this response to retrieve the \
                     remainder of the results. Continuing with the provided token results in an inconsistent list - \
                     objects that were created, modified, or deleted between the time the first chunk was returned and \
                     now may show up in the list.",
                );
                status.go_on = Some(token_for(0, &key));
                return Err(status);
            }
            (if version == 0 { current } else { version }, Some(key))
        }
        (None, None | Some(0), Some("Exact")) => {
            return Err(Status::bad_request(
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
        (None, Some(wanted), _) if wanted > current => {
            let mut status = Status::new(
                504,
                "Timeout",
                format!("Too large resource version: {wanted}, current: {current}"),
            );
            status.details = Some(Box::new(
                json!({"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1}),
            ));
            status.retry_after = Some("1".into());
            return Err(status);
        }
        (None, Some(wanted), Some("Exact")) => (wanted, None),
        (None, Some(_), Some("NotOlderThan") | None) | (None, None, None) => (current, None),
        (None, None, Some(_)) => {
            return Err(Status::bad_request(
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        (None, _, Some(other)) => {
            return Err(Status::bad_request(format!(
                "Unsupported value: \"{other}\": supported values: \"Exact\", \"NotOlderThan\""
            )));
        }
    };
    // From the watch cache everything comes at once, whatever the limit.
    let limit = if limit == 0 || asked == Some(0) {
        usize::MAX
    } else {
        limit
    };
    let (objects, more) = store.snapshot(id, &selection, version, after.as_ref(), limit)?;
    let plain = selection.labels.is_empty() && selection.fields.is_empty();
    let last = objects.last().filter(|_| more).map(|o| o.key());
    let remaining = match &last {
        Some(key) if plain => store
            .snapshot(id, &selection, version, Some(key), usize::MAX)
            .ok()
            .map(|(rest, _)| rest.len()),
        _ => None,
    };
    drop(store);
    let go_on = last.map(|key| token_for(version, &key));
    let head = renderer.list_head(version, go_on.as_deref(), remaining);
    let now = inner.clock.now();
    let mut objects = objects.into_iter();
    let (mut head, mut done, mut first) = (Some(head), false, true);
    Ok(Reply::Pieces(Box::new(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let mut out = head.take().unwrap_or_default().into_bytes();
        while out.len() < PIECE {
            match objects.next() {
                Some(object) => {
                    if !std::mem::take(&mut first) {
                        out.push(b',');
                    }
                    renderer.item(&mut out, &object, now);
                }
                None => {
                    out.extend_from_slice(b"]}\n");
                    done = true;
                    break;
                }
            }
        }
        Some(Bytes::from(out))
    }))))
}

fn token_for(version: u64, key: &Key) -> String {
    let token = json!({"v": "meta.k8s.io/v1", "rv": version, "start": format!("{}/{}\u{0}", key.0, key.1)});
    STANDARD_NO_PAD.encode(token.to_string())
}

fn read_token(token: &str) -> Result<(u64, Key), Status> {
    let bad = || Status::bad_request("continue key is not valid: illegal base64 data or unknown version");
    let bytes = STANDARD_NO_PAD.decode(token).map_err(|_| bad())?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let version = value["rv"].as_u64().ok_or_else(bad)?;
    let start = value["start"].as_str().ok_or_else(bad)?;
    let (namespace, name) = start.trim_end_matches('\u{0}').split_once('/').ok_or_else(bad)?;
    Ok((version, (Arc::from(namespace), Arc::from(name))))
}
