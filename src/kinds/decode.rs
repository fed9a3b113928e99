//! Decoding whole objects into rows. A kind writes a small struct that names just the fields its columns, health and
//! links use; everything else (managedFields and last-applied above all) is skipped while parsing and never allocated.
//!
//! The rule for wrong data: unknown fields are ignored, null or a value of the wrong type counts as missing. One broken
//! field never loses a row. Only broken JSON and an object without a name are errors. It refuses to keep an object.

use super::cell::{Cell, Value};
use super::kind::DecodeError;
use super::row::{Fact, Health, Labels, Owner, Row, Uid};
use crate::text::{Clean, Interner};
use crate::theme::Role;
use hashbrown::{HashMap, HashSet};
use serde::Deserialize;
use std::sync::Arc;

pub use super::lenient::{Flag, Int, IntOrString, List, Map, Maybe, Part, Parts, Skip, Text, When};

/// What lives as long as the task that decodes the rows of one list: the shared strings, label sets and owners.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Strings that repeat from row to row.
    pub interner: Interner,
    labels: HashSet<Labels>,
    owners: HashMap<Uid, Arc<Owner>>,
    pairs: Vec<(Clean, Clean)>,
}

impl Scratch {
    /// An empty one.
    pub fn new() -> Scratch {
        Scratch::default()
    }

    /// Forgets what no row holds any more. Meant for the end of a relist, and now and then while watching.
    pub fn sweep(&mut self) {
        self.labels.retain(|set| Arc::strong_count(set) > 1);
        self.owners.retain(|_, owner| Arc::strong_count(owner) > 1);
        self.interner.sweep();
    }

    /// A cell of text that repeats from row to row.
    pub fn shared(&mut self, text: &str) -> Cell {
        Cell::text(self.interner.clean(text))
    }

    /// A cell of text that repeats from row to row, `<none>` when there is none.
    pub fn shared_or_none(&mut self, text: &str) -> Cell {
        if text.is_empty() {
            self.none()
        } else {
            self.shared(text)
        }
    }

    /// kubectl's `<none>`.
    pub fn none(&mut self) -> Cell {
        Cell::text(self.interner.clean("<none>")).with(Role::Muted)
    }

    /// A cell of a quantity.
    pub fn quantity(&mut self, text: &str) -> Cell {
        Cell::new(Value::Quantity(self.interner.clean(text)))
    }

    /// How many distinct label sets and owners are kept.
    pub fn kept(&self) -> (usize, usize) {
        (self.labels.len(), self.owners.len())
    }

    /// The one allocation of this label set, sorted by key.
    pub fn label_set(&mut self, map: &Map<'_>) -> Labels {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.extend(
            map.iter()
                .map(|(key, value)| (self.interner.clean(key), self.interner.clean(value))),
        );
        pairs.sort_unstable();
        // Two keys can become one only when a hostile server sends them twice or hides control characters in them.
        pairs.dedup_by(|later, earlier| later.0 == earlier.0);
        let set = match self.labels.get(pairs.as_slice()) {
            Some(set) => set.clone(),
            None => {
                let set: Labels = pairs.as_slice().into();
                self.labels.insert(set.clone());
                set
            }
        };
        pairs.clear();
        self.pairs = pairs;
        set
    }

    fn owner(&mut self, reference: &OwnerReference<'_>) -> Arc<Owner> {
        let uid = Uid::parse(&reference.uid);
        let kind = self.interner.clean(&reference.kind);
        let group = self.interner.clean(group_of(&reference.api_version));
        let name = Clean::new(&reference.name);
        if let Some(known) = self.owners.get(&uid)
            && known.name == name
            && known.kind == kind
            && known.group == group
        {
            return known.clone();
        }
        let owner = Arc::new(Owner {
            group,
            kind,
            name,
            uid: uid.clone(),
        });
        self.owners.insert(uid, owner.clone());
        owner
    }
}

/// The group of an apiVersion: empty for core (`v1`).
pub fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

/// Reads one object.
///
/// # Errors
/// When the bytes are not one JSON object. Fields of a wrong type are no error: they count as missing.
pub fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, DecodeError> {
    match serde_json::from_slice::<Maybe<T>>(bytes) {
        Ok(Maybe(Some(object))) => Ok(object),
        Ok(Maybe(None)) => Err(DecodeError {
            message: "the item is not a JSON object".to_owned(),
        }),
        Err(error) => Err(DecodeError {
            message: format!("the item is not JSON: {error}"),
        }),
    }
}

/// The metadata that rows keep. `A` is `Map` for the kinds that look at annotations.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta<'a, A = Skip> {
    /// Name.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// Namespace, empty when cluster-scoped.
    pub namespace: Text<'a>,
    /// Uid as written.
    pub uid: Text<'a>,
    /// resourceVersion as written.
    pub resource_version: Text<'a>,
    /// creationTimestamp
    pub creation_timestamp: When,
    /// deletionTimestamp
    pub deletion_timestamp: When,
    /// generation: how often the spec has changed.
    pub generation: Int,
    /// Labels.
    pub labels: Map<'a>,
    /// Owners.
    pub owner_references: Parts<OwnerReference<'a>>,
    /// Annotations, if asked for.
    pub annotations: A,
}

/// An entry of metadata.ownerReferences.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OwnerReference<'a> {
    /// apiVersion
    #[serde(borrow)]
    pub api_version: Text<'a>,
    /// kind
    pub kind: Text<'a>,
    /// name
    pub name: Text<'a>,
    /// uid
    pub uid: Text<'a>,
    /// Whether it is the one that manages the object.
    pub controller: Flag,
}

impl<A> Meta<'_, A> {
    /// The row of this object, without cells and facts and in good health: the kind adds those.
    ///
    /// # Errors
    /// When the object has no name: it cannot be told from others then.
    pub fn row(&self, scratch: &mut Scratch) -> Result<Row, DecodeError> {
        if self.name.is_empty() {
            return Err(DecodeError {
                message: "metadata.name is missing".to_owned(),
            });
        }
        let uid = if self.uid.is_empty() {
            Uid::Text(
                Clean::new(&format!("{}/{}", &*self.namespace, &*self.name))
                    .as_str()
                    .into(),
            )
        } else {
            Uid::parse(&self.uid)
        };
        let owner = match self.owner_references.iter().find(|owner| owner.controller.is_true()) {
            Some(controller) => Some(controller),
            None if self.owner_references.len() == 1 => self.owner_references.first(),
            None => None,
        };
        Ok(Row {
            uid,
            namespace: scratch.interner.clean(&self.namespace),
            name: Clean::new(&self.name),
            version: version_number(&self.resource_version),
            created: self.creation_timestamp.0,
            deleting: self.deletion_timestamp.0,
            labels: scratch.label_set(&self.labels),
            owner: owner.map(|owner| scratch.owner(owner)),
            health: Health::Good,
            cells: Box::default(),
            facts: Box::default(),
            whole: None,
        })
    }

    /// Whether it is being deleted.
    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.0.is_some()
    }
}

/// A row's version: the decimal value of a resourceVersion, or a hash of it when it is not decimal.
pub fn version_number(resource_version: &str) -> u64 {
    resource_version.parse().unwrap_or_else(|_| {
        // FNV-1a, 64 bit: stable from run to run, and good enough to tell two versions of one object apart.
        resource_version.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    })
}

/// Puts a kind's findings on a row.
pub fn finish(row: Row, health: Health, cells: Vec<Cell>, facts: Vec<Fact>) -> Row {
    Row {
        health,
        cells: cells.into_boxed_slice(),
        facts: facts.into_boxed_slice(),
        ..row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Object<'a> {
        #[serde(borrow)]
        metadata: Part<Meta<'a>>,
        spec: Part<Spec<'a>>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Spec<'a> {
        #[serde(borrow)]
        port: IntOrString<'a>,
        count: Int,
        on: Flag,
        items: Parts<Spec<'a>>,
        words: List<Text<'a>>,
        map: Map<'a>,
        inner: Maybe<Box<Spec<'a>>>,
    }

    fn row(json: &str, scratch: &mut Scratch) -> Result<Row, DecodeError> {
        parse::<Object<'_>>(json.as_bytes()).and_then(|object| object.metadata.row(scratch))
    }

    #[test]
    fn every_field_may_be_of_any_type() {
        let odd = [
            "null",
            "true",
            "-3",
            "18446744073709551615",
            "1e300",
            r#""a\nb""#,
            "[null,[]]",
            r#"{"a":{"b":[1]}}"#,
        ];
        for value in odd {
            let json = format!(
                r#"{{"metadata":{{"name":"n","namespace":{value},"uid":{value},"resourceVersion":{value},"creationTimestamp":{value},
                "deletionTimestamp":{value},"labels":{value},"ownerReferences":{value},"managedFields":{value}}},
                "spec":{{"port":{value},"count":{value},"on":{value},"items":{value},"words":{value},"map":{value},"inner":{value}}}}}"#
            );
            let mut scratch = Scratch::new();
            let row = row(&json, &mut scratch).unwrap_or_else(|error| panic!("{value}: {error}"));
            assert_eq!(row.name.as_str(), "n", "{value}");
            let whole = format!(r#"{{"metadata":{{"name":"n"}},"spec":{value}}}"#);
            let object: Object<'_> = parse(whole.as_bytes()).unwrap();
            assert_eq!(object.spec.count.0, None, "{value}");
        }
    }

    #[test]
    fn leaves_are_read_as_what_they_are() {
        let json =
            br#"{"spec":{"port":"http","count":"7","on":"true","words":["a",1,null,"b\u0041"],"map":{"k":1,"l":"m"},
            "items":[{"count":1},null,7,{"count":2}],"inner":{"port":80}}}"#;
        let object: Object<'_> = parse(json).unwrap();
        assert_eq!(object.spec.port.to_string(), "http");
        assert_eq!((object.spec.count.0, object.spec.on.0), (Some(7), Some(true)));
        assert_eq!(
            object.spec.words.iter().map(|w| w.to_string()).collect::<Vec<_>>(),
            ["a", "1", "", "bA"]
        );
        assert_eq!(object.spec.map.find("k").map(|v| v.to_string()).as_deref(), Some("1"));
        assert_eq!(
            object.spec.items.iter().map(|i| i.count.0).collect::<Vec<_>>(),
            [Some(1), None, None, Some(2)]
        );
        assert_eq!(
            object.spec.inner.get().map(|i| i.port.to_string()).as_deref(),
            Some("80")
        );
    }

    #[test]
    fn what_is_no_object_says_so() {
        let table = [
            ("", "not JSON"),
            ("{", "not JSON"),
            ("<html>", "not JSON"),
            ("{\"metadata\":{\"name\":\"\u{0}", "not JSON"),
            ("[1]", "not a JSON object"),
            ("7", "not a JSON object"),
            ("{}", "metadata.name is missing"),
            (r#"{"metadata":7}"#, "metadata.name is missing"),
            (r#"{"metadata":{"name":null}}"#, "metadata.name is missing"),
            (r#"{"metadata":{"name":"a"}} x"#, "not JSON"),
        ];
        for (json, expected) in table {
            let error = row(json, &mut Scratch::new()).unwrap_err();
            assert!(error.message.contains(expected), "{json}: {error}");
        }
        let deep = format!("{{\"x\":{}", "[".repeat(100_000));
        assert!(row(&deep, &mut Scratch::new()).is_err());
    }

    #[test]
    fn equal_label_sets_and_owners_share_one_allocation() {
        let mut scratch = Scratch::new();
        let make = |scratch: &mut Scratch, name: &str, labels: &str, owner: &str| {
            row(
                &format!(
                    r#"{{"metadata":{{"name":"{name}","labels":{labels},"ownerReferences":[{{"kind":"Node","name":"x","uid":"y"}},
                    {{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"{owner}","uid":"u-{owner}","controller":true}}]}}}}"#
                ),
                scratch,
            )
            .unwrap()
        };
        let a = make(&mut scratch, "a", r#"{"x":"1","a":"2"}"#, "rs");
        let b = make(&mut scratch, "b", r#"{"a":"2","x":"1"}"#, "rs");
        let c = make(&mut scratch, "c", r#"{"a":"2"}"#, "other");
        assert!(Arc::ptr_eq(&a.labels, &b.labels));
        assert_eq!(a.labels_text(), "a=2,x=1");
        let (a_owner, b_owner) = (a.owner.clone().unwrap(), b.owner.clone().unwrap());
        assert!(Arc::ptr_eq(&a_owner, &b_owner));
        assert_eq!(
            (a_owner.group.as_str(), a_owner.kind.as_str(), a_owner.name.as_str()),
            ("apps", "ReplicaSet", "rs")
        );
        assert_eq!(scratch.kept(), (2, 2));
        drop((c, a_owner, b_owner));
        scratch.sweep();
        assert_eq!(scratch.kept(), (1, 1));
        drop((a, b));
        scratch.sweep();
        assert_eq!(scratch.kept(), (0, 0));
    }

    #[test]
    fn identity_and_version() {
        let mut scratch = Scratch::new();
        let plain = row(
            r#"{"metadata":{"name":"a","namespace":"n","resourceVersion":"12"}}"#,
            &mut scratch,
        )
        .unwrap();
        assert_eq!(plain.uid, Uid::Text("n/a".into()));
        assert_eq!(plain.version, 12);
        assert!(plain.owner.is_none());
        let odd = |version: &str| version_number(version);
        assert_eq!(odd("abc"), odd("abc"));
        assert_ne!(odd("abc"), odd("abd"));
        let only = row(
            r#"{"metadata":{"name":"a","ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"x","uid":"y"}]}}"#,
            &mut scratch,
        )
        .unwrap();
        let owner = only.owner.unwrap();
        assert_eq!((owner.group.as_str(), owner.kind.as_str()), ("", "Node"));
        let two = r#"{"metadata":{"name":"a","ownerReferences":[{"kind":"A","uid":"1"},{"kind":"B","uid":"2"}]}}"#;
        assert!(row(two, &mut scratch).unwrap().owner.is_none());
    }
}
