//! Kinds: what Portolan knows of a resource beyond what the server says. One file per kind defines one `Kind` row.

use super::cell::{Column, Field};
use super::decode::Scratch;
use super::resource::ResourceName;
use super::row::{Row, Uid};
use super::table::TableRules;
use crate::text::Clean;

/// Why an object could not be turned into a row. It is shown as an undecodable row, never dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What the parser said, with the place.
    pub message: String,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

/// How rows are made from what the server sends.
#[derive(Clone, Copy, Debug)]
pub enum Codec {
    /// JSON of the whole object, of which a small struct names just the fields that are used.
    Slim(fn(&[u8], &mut Scratch) -> Result<Row, DecodeError>),
    /// The Table API: the server prints, we read cells by column name.
    Table(&'static TableRules),
}

/// Where a row leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A list of objects.
    List {
        /// Of which resource (a kind name such as `Pod` in `resource` is resolved too).
        resource: ResourceName,
        /// In which namespace; empty is all or cluster-scoped.
        namespace: Clean,
        /// Label selector that the server applies; empty is none.
        labels: Clean,
        /// Field selector that the server applies; empty is none.
        fields: Clean,
        /// Only those that this owner controls.
        owner: Option<Uid>,
    },
    /// The containers of one pod.
    Containers {
        /// The pod's namespace.
        namespace: Clean,
        /// The pod's name.
        pod: Clean,
    },
    /// One object: its detail.
    Object {
        /// Of which resource (a kind name such as `Pod` in `resource` is resolved too).
        resource: ResourceName,
        /// Its namespace; empty when it is cluster-scoped.
        namespace: Clean,
        /// Its name.
        name: Clean,
    },
    /// The kinds of one namespace.
    Kinds {
        /// The namespace.
        namespace: Clean,
    },
}

/// A way from a row to others.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// What one finds there, as shown in the menu: `pods`, `replica sets`, `owner`, `node`.
    pub name: &'static str,
    /// Where it leads from this row; None when this row has no such thing.
    pub target: fn(&Row) -> Option<Target>,
}

/// What Portolan knows of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// API group, empty for core.
    pub group: &'static str,
    /// Plural resource name.
    pub resource: &'static str,
    /// Kind in CamelCase.
    pub kind: &'static str,
    /// Short names as kubectl knows them, so that they work before discovery has answered.
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// The versions this file reads, best first.
    pub versions: &'static [&'static str],
    /// How rows are made.
    pub codec: Codec,
    /// Columns, in their order on the screen, `kubectl get`'s first. For Table kinds these are used when the server's
    /// columns carry the same names; whatever else the server sends is appended.
    pub columns: &'static [Column],
    /// Links; the first is what Enter follows.
    pub links: &'static [Link],
}

/// The column that says in a word or a count how an object fares, if one does: what a line about it shows beside its name.
pub fn status_column(columns: &[Column]) -> Option<&Column> {
    let named = |name: &str| columns.iter().find(|column| &*column.name == name);
    let column = ["STATUS", "READY", "COMPLETIONS", "PHASE"]
        .iter()
        .find_map(|name| named(name))?;
    matches!(column.field, Field::Cell(_)).then_some(column)
}
