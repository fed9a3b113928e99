//! Picking what a kind reaches out of a document of megabytes: definitions stay raw until they are reached.

use crate::describe::explain::reference;
use crate::msg::Schema;
use crate::want::SchemaWant;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};

/// A kind reaches no more definitions than this.
const MOST: usize = 2000;

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    definitions: HashMap<String, &'a RawValue>,
    #[serde(borrow, default)]
    components: Components<'a>,
}

#[derive(Default, Deserialize)]
struct Components<'a> {
    #[serde(borrow, default)]
    schemas: HashMap<String, &'a RawValue>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "x-kubernetes-group-version-kind", default)]
    kinds: Vec<Gvk>,
}

#[derive(Deserialize)]
struct Gvk {
    #[serde(default)]
    group: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    kind: String,
}

/// The schema of a kind; None when the document does not know it.
///
/// # Errors
/// Says where the document is no JSON.
pub(super) fn pick(body: &[u8], want: &SchemaWant, source: &'static str) -> Result<Option<Schema>, String> {
    let document: Document<'_> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let all = if source == "v2" {
        document.definitions
    } else {
        document.components.schemas
    };
    let is_wanted = |raw: &&RawValue| {
        // Most definitions are of no kind: they are not read for that.
        raw.get().contains("x-kubernetes-group-version-kind")
            && serde_json::from_str::<Named>(raw.get()).is_ok_and(|named| {
                named
                    .kinds
                    .iter()
                    .any(|gvk| want.group == *gvk.group && want.version == *gvk.version && want.kind == *gvk.kind)
            })
    };
    // Options of deletions and the like carry the kinds of every group; the definition that ends in the kind is meant.
    let ending = format!(".{}", want.kind);
    let mut found: Vec<&String> = all
        .iter()
        .filter(|(_, raw)| is_wanted(raw))
        .map(|(name, _)| name)
        .collect();
    found.sort_by_key(|name| {
        (
            !name.ends_with(&ending) && name.as_str() != want.kind.as_str(),
            name.len(),
        )
    });
    let Some(root) = found.first() else { return Ok(None) };
    let mut definitions = BTreeMap::new();
    let mut waiting = vec![(*root).clone()];
    while let Some(name) = waiting.pop() {
        if definitions.len() >= MOST {
            break;
        }
        if definitions.contains_key(&name) {
            continue;
        }
        let Some(raw) = all.get(&name) else { continue };
        let value: Value = serde_json::from_str(raw.get()).map_err(|error| format!("{name}: {error}"))?;
        references(&value, &mut waiting);
        definitions.insert(name, value);
    }
    Ok(Some(Schema {
        definitions,
        root: (*root).clone(),
        source,
    }))
}

/// The names of all definitions that one refers to.
fn references(value: &Value, out: &mut Vec<String>) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(map) => {
                out.extend(reference(value).map(str::to_owned));
                waiting.extend(map.values());
            }
            Value::Array(list) => waiting.extend(list),
            _ => {}
        }
    }
}
