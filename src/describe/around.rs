//! What stands around an object that is described: the objects it needs beside itself, as far as they are there.

use crate::kinds::{ResourceName, Whole};
use crate::msg::Failure;
use crate::text::Clean;
use serde_json::Value;
use std::sync::Arc;

/// Other objects that a description needs, live and whole. Keep it narrow: a selector, a name, one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Companion {
    /// Of which resource.
    pub resource: ResourceName,
    /// In which namespace; empty is all, or cluster-scoped.
    pub namespace: Clean,
    /// Label selector; empty is none.
    pub labels: Clean,
    /// Field selector; empty is none.
    pub fields: Clean,
}

impl Companion {
    /// One object by its name.
    pub fn named(group: &str, resource: &str, namespace: &str, name: &str) -> Companion {
        Companion {
            resource: ResourceName::new(group, resource),
            namespace: Clean::new(namespace),
            labels: Clean::default(),
            fields: Clean::new(&format!("metadata.name={}", escaped(name))),
        }
    }

    /// Those that a label selector takes; empty takes all.
    pub fn selected(group: &str, resource: &str, namespace: &str, labels: &str) -> Companion {
        Companion {
            resource: ResourceName::new(group, resource),
            namespace: Clean::new(namespace),
            labels: Clean::new(labels),
            fields: Clean::default(),
        }
    }
}

/// A value of a field selector: what parts selectors is escaped in it (Kubernetes' `fields.EscapeValue`).
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        if matches!(letter, '\\' | ',' | '=') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

/// How far a companion is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// Not asked for yet, or not answered yet.
    Loading,
    /// It may not be read, or there is no such resource: with what the server said.
    Denied(Failure),
    /// These, by name; all of them.
    Objects(Vec<Arc<Whole>>),
}

/// The object that is described.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// API group, empty for core.
    pub group: &'a str,
    /// Kind in CamelCase.
    pub kind: &'a str,
    /// Plural resource name.
    pub resource: &'a str,
    /// The whole object.
    pub object: &'a Value,
}

/// Finds the resource of a kind, by group and kind: its name, and whether its objects live in a namespace.
pub type FindResource<'a> = &'a dyn Fn(&str, &str) -> Option<(ResourceName, bool)>;

/// What stands around it.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// How far a companion is there.
    pub find: &'a dyn Fn(&Companion) -> Listed,
    /// The events about the object, unsorted, and how far they are there.
    pub events: &'a Listed,
    /// The server's time in unix seconds.
    pub now: i64,
    /// Finds the resource of a kind: (group, kind) to its plural, with whether it is namespaced. For links and owners.
    pub resource: FindResource<'a>,
    /// The server's minor version, when it is known.
    pub minor: Option<u32>,
}

impl std::fmt::Debug for Around<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Around").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Around<'_> {
    /// The objects of a companion; none while they are not there.
    pub fn objects(&self, companion: &Companion) -> Vec<Arc<Whole>> {
        match (self.find)(companion) {
            Listed::Objects(objects) => objects,
            Listed::Loading | Listed::Denied(_) => Vec::new(),
        }
    }
}
