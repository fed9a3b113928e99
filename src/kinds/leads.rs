//! Ways from a row to others that select by an empty selector too, or lead to more than one named object.

use super::kind::Target;
use super::resource::ResourceName;
use super::row::{Fact, Reference, Row};
use crate::text::Clean;

/// All objects of a resource in a namespace; an empty namespace is all of them.
pub fn all_in(group: &str, resource: &str, namespace: &Clean) -> Target {
    Target::List {
        resource: ResourceName::new(group, resource),
        namespace: namespace.clone(),
        labels: Clean::default(),
        fields: Clean::default(),
        owner: None,
    }
}

/// The pods that the row selects in its namespace, for the kinds to which an empty selector means every pod.
pub fn selected_pods(row: &Row) -> Option<Target> {
    let selector = row.fact(|fact| match fact {
        Fact::Selector(selector) => Some(selector),
        _ => None,
    })?;
    Some(Target::List {
        resource: ResourceName::new("", "pods"),
        namespace: row.namespace.clone(),
        labels: selector.clone(),
        fields: Clean::default(),
        owner: None,
    })
}

/// How many objects the row names in this role.
pub fn count_named(row: &Row, role: &str) -> usize {
    let named = row
        .facts
        .iter()
        .filter(|fact| matches!(fact, Fact::Names(name, _) if *name == role));
    named.count()
}

/// A fact that names an object by its plural resource name; None when the name is empty.
pub fn fact(role: &'static str, group: &str, resource: &str, namespace: &str, name: &str) -> Option<Fact> {
    (!name.is_empty()).then(|| {
        let reference = Reference {
            group: Clean::new(group),
            kind: Clean::new(resource),
            namespace: Clean::new(namespace),
            name: Clean::new(name),
        };
        Fact::Names(role, reference)
    })
}
