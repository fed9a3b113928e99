//! Objects as they are: each becomes a row that holds its JSON. It puts in what a list leaves out of its items, keeps to the
//! one object that was asked for where a server ignores the selector, and refuses to hold more than its bound.

use crate::kinds::decode::{Meta, Part, parse};
use crate::kinds::{DecodeError, Row, Scratch, Uid, Whole};
use crate::msg::{Failure, FailureKind};
use crate::text::Clean;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The most that one element of a list, one line of a watch, or one object that is asked for may have in bytes.
pub const OBJECT_CAP: usize = 32 << 20;
/// About how many bytes the objects of one list may take in memory, together.
pub const LIST_CAP: usize = 128 << 20;
/// About how many bytes a field or element of a JSON tree takes beside its text.
const NODE: usize = 128;

/// Reads whole objects.
#[derive(Debug, Default)]
pub struct WholeReader {
    api_version: String,
    kind: String,
    /// The only name that counts.
    only: Option<String>,
    sizes: HashMap<Uid, usize>,
    sum: usize,
    over: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
}

/// The name in a field selector that asks for one object and nothing else: `metadata.name=web`.
pub fn only_name(fields: &str) -> Option<String> {
    let rest = fields.strip_prefix("metadata.name=")?;
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let mut name = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.push(letters.next()?),
            ',' | '=' => return None,
            letter => name.push(letter),
        }
    }
    (!name.is_empty()).then_some(name)
}

/// About how many bytes the parsed tree of a JSON text takes.
fn parsed_size(json: &[u8]) -> usize {
    json.len() + NODE * memchr::memchr3_iter(b',', b'{', b'[', json).count()
}

impl WholeReader {
    /// A reader of objects of this kind, and of this name alone when there is one.
    pub fn new(api_version: String, kind: String, only: Option<String>) -> WholeReader {
        WholeReader {
            api_version,
            kind,
            only,
            ..WholeReader::default()
        }
    }

    /// A list begins: what was held is replaced by what it shows.
    pub fn list_begins(&mut self) {
        self.sizes = HashMap::new();
        self.sum = 0;
        self.over = None;
    }

    /// Why no more can be held, once that is so.
    pub fn over(&self) -> Option<&Failure> {
        self.over.as_ref()
    }

    /// An object was so large that its bytes were not even handed over.
    pub fn too_large(&mut self) {
        let what = self
            .only
            .as_deref()
            .map_or_else(|| "an object".to_owned(), |name| format!("`{name}`"));
        self.refuse(&format!("{what} is larger than {} MiB", OBJECT_CAP >> 20));
    }

    fn refuse(&mut self, message: &str) {
        self.over.get_or_insert_with(|| Failure {
            kind: FailureKind::TooLarge,
            message: Clean::new(message),
            remedy: Some(Clean::new(
                "it is not held in memory here; kubectl get can write it to a file",
            )),
        });
    }

    /// The row of an object. None when it is not the one that was asked for, or does not fit.
    ///
    /// # Errors
    /// When the bytes are no object with a name.
    pub fn read(&mut self, json: &[u8], scratch: &mut Scratch) -> Result<Option<Row>, DecodeError> {
        let named: Named<'_> = parse(json)?;
        let mut row = named.metadata.row(scratch)?;
        if self
            .only
            .as_deref()
            .is_some_and(|only| only != row.name.as_str() && Clean::new(only) != row.name)
        {
            return Ok(None);
        }
        let size = parsed_size(json);
        let before = self.sizes.insert(row.uid.clone(), size).unwrap_or(0);
        self.sum = (self.sum - before.min(self.sum)).saturating_add(size);
        if self.sum > LIST_CAP {
            let count = self.sizes.len();
            self.refuse(&match count {
                1 => format!("`{}` would take more than {} MiB of memory", row.name, LIST_CAP >> 20),
                _ => format!(
                    "{count} whole objects would take more than {} MiB of memory",
                    LIST_CAP >> 20
                ),
            });
            return Ok(None);
        }
        let mut value: Value = serde_json::from_slice(json).map_err(|error| DecodeError {
            message: error.to_string(),
        })?;
        if let Value::Object(fields) = &mut value {
            // A list says both once for all its items; the items of most servers say neither.
            for (name, known) in [("apiVersion", &self.api_version), ("kind", &self.kind)] {
                let missing = fields.get(name).and_then(Value::as_str).is_none_or(str::is_empty);
                if missing && !known.is_empty() {
                    fields.insert(name.to_owned(), known.as_str().into());
                }
            }
            if self.only.is_none()
                && let Some(Value::Object(metadata)) = fields.get_mut("metadata")
            {
                // Of companions nobody asks who manages which field, and it is up to half of their bytes.
                metadata.remove("managedFields");
            }
        }
        row.whole = Some(Arc::new(Whole {
            value,
            bytes: json.len(),
        }));
        Ok(Some(row))
    }

    /// An object is gone.
    pub fn forget(&mut self, uid: &Uid) {
        let size = self.sizes.remove(uid).unwrap_or(0);
        self.sum -= size.min(self.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_of_one_name() {
        for (fields, name) in [
            ("metadata.name=web", Some("web")),
            ("metadata.name==web", Some("web")),
            ("metadata.name=system:node", Some("system:node")),
            (r"metadata.name=a\=b\,c\\d", Some(r"a=b,c\d")),
            ("metadata.name=web,metadata.namespace=shop", None),
            ("metadata.name=", None),
            ("metadata.name!=web", None),
            ("involvedObject.name=web", None),
            ("spec.nodeName=node-a", None),
            (r"metadata.name=a\", None),
            ("", None),
        ] {
            assert_eq!(only_name(fields).as_deref(), name, "{fields}");
        }
    }

    fn read(reader: &mut WholeReader, json: &str) -> Option<Row> {
        reader.read(json.as_bytes(), &mut Scratch::new()).unwrap()
    }

    #[test]
    fn what_a_list_leaves_out_is_put_in_and_what_is_there_stays() {
        let item = r#"{"metadata":{"name":"a","managedFields":[{"manager":"x"}]},"spec":{}}"#;
        let mut one = WholeReader::new("apps/v1".into(), "Deployment".into(), Some("a".into()));
        let value = &read(&mut one, item).unwrap().whole.unwrap().value;
        assert_eq!(value["apiVersion"], "apps/v1");
        assert_eq!(value["kind"], "Deployment");
        assert_eq!(
            value["metadata"]["managedFields"][0]["manager"], "x",
            "the open object keeps its managers"
        );
        let mut many = WholeReader::new("apps/v1".into(), "Deployment".into(), None);
        let whole = read(&mut many, item).unwrap().whole.unwrap();
        assert!(
            whole.value["metadata"].get("managedFields").is_none(),
            "a companion does not"
        );
        assert_eq!(whole.bytes, item.len());
        let own = r#"{"apiVersion":"v2","kind":"Other","metadata":{"name":"a"}}"#;
        let value = &read(&mut many, own).unwrap().whole.unwrap().value;
        assert_eq!((&value["apiVersion"], &value["kind"]), (&"v2".into(), &"Other".into()));
        let odd = r#"{"apiVersion":7,"kind":null,"metadata":{"name":"a"}}"#;
        let value = &read(&mut many, odd).unwrap().whole.unwrap().value;
        assert_eq!(
            (&value["apiVersion"], &value["kind"]),
            (&"apps/v1".into(), &"Deployment".into())
        );
    }

    #[test]
    fn a_server_that_ignores_the_selector_shows_the_one_all_the_same() {
        let mut one = WholeReader::new(String::new(), String::new(), Some("a".into()));
        assert!(read(&mut one, r#"{"metadata":{"name":"b"}}"#).is_none());
        assert!(read(&mut one, r#"{"metadata":{"name":"a"}}"#).is_some());
    }

    #[test]
    fn more_than_the_bound_is_refused_and_room_comes_back() {
        let object = |name: &str, commas: usize| {
            format!(
                r#"{{"metadata":{{"name":"{name}","uid":"{name}"}},"list":[0{}]}}"#,
                ",0".repeat(commas)
            )
        };
        let half = LIST_CAP / NODE / 2;
        let mut many = WholeReader::new(String::new(), String::new(), None);
        // Two of them would not fit, but the same one again takes the place of the first.
        assert!(read(&mut many, &object("a", half)).is_some());
        assert!(read(&mut many, &object("a", half)).is_some());
        many.forget(&Uid::parse("a"));
        assert!(read(&mut many, &object("b", half)).is_some());
        assert!(many.over().is_none());
        assert!(read(&mut many, &object("c", half)).is_none());
        let failure = many.over().unwrap();
        assert_eq!(failure.kind, FailureKind::TooLarge);
        assert_eq!(
            failure.message.as_str(),
            "2 whole objects would take more than 128 MiB of memory"
        );
        many.list_begins();
        assert!(many.over().is_none() && read(&mut many, &object("c", half)).is_some());
    }
}
