//! Rows: what the store holds of an object. A row is all that is kept of it; the object itself is dropped while parsing.

use super::cell::{Cell, Field, Value};
use crate::text::Clean;
use crate::theme::Role;
use std::sync::Arc;

/// Identity of an object within a cluster and resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Uid {
    /// metadata.uid, in the form every API server uses.
    Uuid([u8; 16]),
    /// Any other identity: a foreign uid, a container of a pod, or `namespace/name` of an object without uid.
    Text(Arc<str>),
}

impl Uid {
    /// Reads metadata.uid.
    pub fn parse(text: &str) -> Uid {
        let mut bytes = [0u8; 16];
        let mut digits = 0usize;
        let canonical = text.len() == 36
            && text.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => {
                    let Some(digit) = (byte as char).to_digit(16).filter(|_| !byte.is_ascii_uppercase()) else {
                        return false;
                    };
                    bytes[digits / 2] = bytes[digits / 2] << 4 | digit as u8;
                    digits += 1;
                    true
                }
            });
        if canonical {
            Uid::Uuid(bytes)
        } else {
            Uid::Text(text.into())
        }
    }
}

impl std::fmt::Display for Uid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Uid::Text(text) => f.write_str(text),
            Uid::Uuid(bytes) => {
                for (place, byte) in bytes.iter().enumerate() {
                    if matches!(place, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

/// How an object fares. `what is broken here` is one key because every kind answers this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    #[default]
    Good,
    /// Finished, and well.
    Done,
    /// On its way; nothing is wrong yet.
    Progress,
    /// Works less than it should.
    Warn,
    /// Broken.
    Bad,
    /// Nobody knows (node lost, undecodable).
    Unknown,
}

impl Health {
    /// The role this state plays on the screen.
    pub fn role(self) -> Role {
        match self {
            Health::Good => Role::Text,
            Health::Done => Role::Done,
            Health::Progress => Role::Progress,
            Health::Warn => Role::Warn,
            Health::Bad => Role::Error,
            Health::Unknown => Role::Unknown,
        }
    }

    /// Whether it counts as a fault (`faults only`, the header's ▲).
    pub fn is_fault(self) -> bool {
        matches!(self, Health::Warn | Health::Bad | Health::Unknown)
    }
}

/// An owner reference with `controller: true` (or the only one there is).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner {
    /// apiVersion's group, empty for core.
    pub group: Clean,
    /// kind
    pub kind: Clean,
    /// name
    pub name: Clean,
    /// uid
    pub uid: Uid,
}

/// What links need beside the cells. Kept only by the kinds whose links read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The label selector of what this object selects, in its canonical text.
    Selector(Clean),
    /// The node it is bound to.
    Node(Clean),
    /// An object it names: (role such as `claim`, `volume`, `scaleTarget`, `role`, `involved`, `service`).
    Names(&'static str, Reference),
    /// The same, but it does without it when it is not there.
    MayName(&'static str, Reference),
    /// Objects it selects by their labels, in this role (`selects`, `protects`).
    Selects(&'static str, Selection),
}

/// Objects of a kind by their labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Selection {
    /// API group, empty for core.
    pub group: Clean,
    /// Kind in CamelCase.
    pub kind: Clean,
    /// In which namespace; empty for what has none.
    pub namespace: Clean,
    /// Label selector in its canonical text; empty selects all.
    pub labels: Clean,
}

/// A named object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// API group, empty for core.
    pub group: Clean,
    /// Kind or, where only that is known, the plural resource name.
    pub kind: Clean,
    /// Namespace; empty for cluster-scoped objects.
    pub namespace: Clean,
    /// Name.
    pub name: Clean,
}

/// Labels of an object, sorted by key; equal sets share one allocation.
pub type Labels = Arc<[(Clean, Clean)]>;

/// A row: all that is kept of an object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Identity.
    pub uid: Uid,
    /// metadata.namespace, empty when cluster-scoped.
    pub namespace: Clean,
    /// metadata.name
    pub name: Clean,
    /// resourceVersion: its decimal value, or a hash of it when it is not decimal. Equal means unchanged.
    pub version: u64,
    /// creationTimestamp in unix seconds.
    pub created: Option<i64>,
    /// deletionTimestamp in unix seconds.
    pub deleting: Option<i64>,
    /// Labels.
    pub labels: Labels,
    /// Controller owner.
    pub owner: Option<Arc<Owner>>,
    /// How it fares.
    pub health: Health,
    /// The kind's cells, in the order its columns' `Field::Cell` count.
    pub cells: Box<[Cell]>,
    /// What links need.
    pub facts: Box<[Fact]>,
    /// The whole object, in lists of that shape alone.
    pub whole: Option<Arc<Whole>>,
}

/// A whole object, raw and hostile: nothing of it may be drawn but through `text::clean`.
#[derive(Debug, PartialEq)]
pub struct Whole {
    /// As the server sent it, as JSON; the object's own apiVersion and kind are put in where a list leaves them out.
    pub value: serde_json::Value,
    /// How many bytes it had on the wire.
    pub bytes: usize,
}

impl Eq for Whole {}

impl Row {
    /// The cell that a column's field names.
    pub fn cell(&self, field: &Field) -> Cell {
        match field {
            Field::Name => Cell::text(self.name.clone()).with(self.health.role()),
            Field::Namespace => Cell::text(self.namespace.clone()),
            Field::Age => Cell::new(Value::Time(self.created)),
            Field::Owner => match &self.owner {
                None => Cell::default(),
                Some(owner) => Cell::text(Clean::new(&format!("{}/{}", owner.kind.as_str(), owner.name.as_str()))),
            },
            Field::Labels => Cell::text(Clean::new(&self.labels_text())),
            Field::Label(key) => Cell::new(self.label(key.as_str()).map_or(Value::None, |v| Value::Text(v.clone()))),
            // These need to know the kind; `Table::cell` answers them.
            Field::Kind | Field::Details => Cell::default(),
            Field::Cell(index) => self.cells.get(usize::from(*index)).cloned().unwrap_or_default(),
        }
    }

    /// The value of one label.
    pub fn label(&self, key: &str) -> Option<&Clean> {
        self.labels.iter().find(|(k, _)| k.as_str() == key).map(|(_, v)| v)
    }

    /// All labels as kubectl's `--show-labels` prints them.
    pub fn labels_text(&self) -> String {
        if self.labels.is_empty() {
            return "<none>".to_owned();
        }
        let pairs: Vec<String> = self
            .labels
            .iter()
            .map(|(k, v)| format!("{}={}", k.as_str(), v.as_str()))
            .collect();
        pairs.join(",")
    }

    /// The first fact that `pick` takes.
    pub fn fact<'a, T>(&'a self, pick: impl Fn(&'a Fact) -> Option<T>) -> Option<T> {
        self.facts.iter().find_map(pick)
    }
}
