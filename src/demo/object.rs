//! One stored object: its serialised bytes (or a template and a few numbers) beside the metadata that selecting needs.

use super::clock::rfc3339;
use super::resource::Resource;
use super::rng::Uid;
use bytes::Bytes;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Namespace ("" for cluster-scoped objects) and name.
pub(super) type Key = (Arc<str>, Arc<str>);

/// A stored object; immutable, a change makes a new one.
#[derive(Debug)]
pub(super) struct Object {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub uid: Uid,
    pub version: u64,
    pub labels: Arc<[(String, String)]>,
    /// The controller's or first owner's uid.
    pub owner: Option<Uid>,
    pub body: Body,
}

/// What an object says.
#[derive(Debug)]
pub(super) enum Body {
    /// The JSON object without `kind` and `apiVersion`.
    Plain(Bytes),
    /// A pod of the big world, rendered on demand.
    Bulk(Bulk),
}

/// The few numbers in which bulk pods of one template differ.
#[derive(Clone, Debug)]
pub(super) struct Bulk {
    pub template: Arc<Template>,
    pub state: BulkState,
    pub restarts: u32,
    pub node: Arc<str>,
    pub number: u32,
    pub created: i64,
    pub changed: i64,
}

/// How a bulk pod fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BulkState {
    Running,
    Crashing,
    Pending,
}

/// What bulk pods share: their JSON with holes, per state, and their metadata with holes.
#[derive(Debug)]
pub(super) struct Template {
    pub running: Pieces,
    pub crashing: Pieces,
    pub pending: Pieces,
    pub metadata: Pieces,
    pub labels: Arc<[(String, String)]>,
    pub owner: Option<Uid>,
}

/// A text with holes: even entries are text, odd ones name a hole.
#[derive(Debug)]
pub(super) struct Pieces(Vec<String>);

impl Pieces {
    /// Cuts a serialised value at its `@@hole@@` marks; `"@@#hole@@"` is a hole for a number.
    pub(super) fn new(value: &Value) -> Pieces {
        let text = value.to_string().replace("\"@@#", "@@").replace("#@@\"", "@@");
        Pieces(text.split("@@").map(str::to_owned).collect())
    }

    fn render(&self, out: &mut Vec<u8>, object: &Object, bulk: &Bulk) {
        for (at, piece) in self.0.iter().enumerate() {
            if at % 2 == 0 {
                out.extend_from_slice(piece.as_bytes());
                continue;
            }
            match piece.as_str() {
                "name" => out.extend_from_slice(object.name.as_bytes()),
                "namespace" => out.extend_from_slice(object.namespace.as_bytes()),
                "uid" => out.extend_from_slice(object.uid.to_string().as_bytes()),
                "version" => out.extend_from_slice(object.version.to_string().as_bytes()),
                "node" => out.extend_from_slice(bulk.node.as_bytes()),
                "created" => out.extend_from_slice(rfc3339(bulk.created).as_bytes()),
                "changed" => out.extend_from_slice(rfc3339(bulk.changed).as_bytes()),
                "restarts" => out.extend_from_slice(bulk.restarts.to_string().as_bytes()),
                "ip" => out.extend_from_slice(bulk.ip().as_bytes()),
                "id" => out.extend_from_slice(format!("{:032x}{:032x}", object.uid.0, !object.uid.0).as_bytes()),
                _ => {}
            }
        }
    }
}

impl Bulk {
    /// The pod's address.
    pub(super) fn ip(&self) -> String {
        let n = self.number;
        format!("10.{}.{}.{}", 128 + (n >> 16) % 128, (n >> 8) & 255, n & 255)
    }

    /// The pod's phase.
    pub(super) fn phase(&self) -> &'static str {
        if self.state == BulkState::Pending {
            "Pending"
        } else {
            "Running"
        }
    }
}

impl Object {
    /// The key under which it is stored.
    pub(super) fn key(&self) -> Key {
        (self.namespace.clone(), self.name.clone())
    }

    /// Appends the JSON object, `kind` and `apiVersion` first when asked for.
    pub(super) fn write(&self, out: &mut Vec<u8>, head: Option<&Resource>) {
        match head {
            Some(resource) => {
                let head = format!(
                    "{{\"kind\":\"{}\",\"apiVersion\":\"{}\",",
                    resource.kind,
                    resource.api_version()
                );
                out.extend_from_slice(head.as_bytes());
            }
            None => out.push(b'{'),
        }
        match &self.body {
            Body::Plain(bytes) => out.extend_from_slice(bytes.get(1..).unwrap_or_default()),
            Body::Bulk(bulk) => {
                let start = out.len();
                let pieces = match bulk.state {
                    BulkState::Running => &bulk.template.running,
                    BulkState::Crashing => &bulk.template.crashing,
                    BulkState::Pending => &bulk.template.pending,
                };
                pieces.render(out, self, bulk);
                // The pieces begin with a brace of their own.
                out.remove(start);
            }
        }
    }

    /// Appends its metadata object.
    pub(super) fn write_metadata(&self, out: &mut Vec<u8>, parsed: Option<&Value>) {
        match (&self.body, parsed) {
            (Body::Bulk(bulk), _) => bulk.template.metadata.render(out, self, bulk),
            (_, Some(value)) => out.extend_from_slice(value["metadata"].to_string().as_bytes()),
            (_, None) => out.extend_from_slice(self.value()["metadata"].to_string().as_bytes()),
        }
    }

    /// The parsed object, without `kind` and `apiVersion`.
    pub(super) fn value(&self) -> Value {
        let parsed = match &self.body {
            Body::Plain(bytes) => serde_json::from_slice(bytes),
            Body::Bulk(_) => {
                let mut out = Vec::with_capacity(16 * 1024);
                self.write(&mut out, None);
                serde_json::from_slice(&out)
            }
        };
        parsed.unwrap_or(Value::Null)
    }

    /// The value of a selectable field, "" when it is not set.
    pub(super) fn field(&self, path: &str) -> String {
        match (path, &self.body) {
            ("metadata.name", _) => return self.name.to_string(),
            ("metadata.namespace", _) => return self.namespace.to_string(),
            ("spec.nodeName", Body::Bulk(bulk)) => {
                return if bulk.state == BulkState::Pending {
                    String::new()
                } else {
                    bulk.node.to_string()
                };
            }
            ("status.phase", Body::Bulk(bulk)) => return bulk.phase().to_owned(),
            ("status.podIP", Body::Bulk(bulk)) => return bulk.ip(),
            _ => {}
        }
        let value = self.value();
        let path = match path {
            "reportingComponent" => "reportingController",
            "source" => "source.component",
            "status.successful" => "status.succeeded",
            other => other,
        };
        let found = value.pointer(&format!("/{}", path.replace('.', "/")));
        match found {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None if path == "spec.unschedulable" || path == "spec.hostNetwork" => "false".into(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }
}

/// Labels of a metadata object, sorted.
pub(super) fn labels_of(metadata: &Map<String, Value>) -> Arc<[(String, String)]> {
    let pairs = metadata.get("labels").and_then(Value::as_object).map(|labels| {
        labels
            .iter()
            .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned()))
            .collect::<Vec<_>>()
    });
    pairs.unwrap_or_default().into()
}

impl Object {
    /// The same object under another version.
    pub(super) fn at_version(&self, version: u64) -> Object {
        let body = match &self.body {
            Body::Plain(_) => {
                let mut value = self.value();
                value["metadata"]["resourceVersion"] = version.to_string().into();
                Body::Plain(Bytes::from(value.to_string()))
            }
            Body::Bulk(bulk) => Body::Bulk(bulk.clone()),
        };
        let (namespace, name) = self.key();
        Object {
            namespace,
            name,
            uid: self.uid,
            version,
            labels: self.labels.clone(),
            owner: self.owner,
            body,
        }
    }
}

#[cfg(test)]
impl Object {
    /// An object of this value alone.
    pub(super) fn plain(value: Value) -> Object {
        let (namespace, name): (Arc<str>, Arc<str>) = ("".into(), "".into());
        Object {
            namespace,
            name,
            uid: Uid(0),
            version: 0,
            labels: Vec::new().into(),
            owner: None,
            body: Body::Plain(Bytes::from(value.to_string())),
        }
    }
}
