//! Lists for the tree: what is asked for is wanted from then on, as long as it is asked for.

use crate::kinds::{Field, Resource, ResourceName, Row, Uid, Value, status_column};
use crate::msg::{Failure, Phase};
use crate::screens::Shared;
use crate::store::{Mark, Table};
use crate::text::Clean;
use crate::theme::Role;
use crate::want::{ClusterId, ListWant, Scope, Shape};
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

/// How far a list is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Loading,
    Denied(Failure),
    Complete,
}

/// A list as it is now.
pub(super) struct Found<'a> {
    pub(super) state: State,
    pub(super) rows: Vec<&'a Row>,
    by_name: HashMap<(&'a str, &'a str), usize>,
    by_owner: HashMap<&'a Uid, Vec<usize>>,
    /// The field whose words say how an object fares, and whether it counts what is ready.
    status: Option<(Field, bool)>,
}

impl<'a> Found<'a> {
    fn of(table: Option<&'a Table>) -> Found<'a> {
        let mut found = Found {
            state: State::Loading,
            rows: Vec::new(),
            by_name: HashMap::new(),
            by_owner: HashMap::new(),
            status: None,
        };
        let Some(table) = table else { return found };
        found.state = State::Complete;
        for source in table.sources() {
            match &source.phase {
                Phase::Stopped(failure) => found.state = State::Denied(failure.clone()),
                Phase::Backoff { failure, .. } if !source.complete => found.state = State::Denied(failure.clone()),
                _ if !source.complete && found.state == State::Complete => found.state = State::Loading,
                _ => {}
            }
        }
        let there = table.ids().filter(|id| !matches!(table.mark(*id), Mark::Gone(_)));
        for row in there.filter_map(|id| table.row(id)) {
            let place = found.rows.len();
            found.by_name.insert((row.namespace.as_str(), row.name.as_str()), place);
            if let Some(owner) = &row.owner {
                found.by_owner.entry(&owner.uid).or_default().push(place);
            }
            found.rows.push(row);
        }
        let status = status_column(table.columns());
        found.status = status.map(|column| (column.field.clone(), &*column.name != "COMPLETIONS"));
        found
    }

    /// The object of that name.
    pub(super) fn named(&self, namespace: &str, name: &str) -> Option<&'a Row> {
        self.rows.get(*self.by_name.get(&(namespace, name))?).copied()
    }

    /// The objects that this one controls.
    pub(super) fn owned_by(&self, uid: &Uid) -> Vec<&'a Row> {
        let places = self.by_owner.get(uid).map_or(&[][..], Vec::as_slice);
        places
            .iter()
            .filter_map(|place| self.rows.get(*place).copied())
            .collect()
    }

    /// The word that says how an object fares.
    pub(super) fn status(&self, row: &Row, now: i64) -> (String, Role) {
        if row.deleting.is_some() {
            return ("terminating".to_owned(), Role::Unknown);
        }
        let Some((field, counts)) = &self.status else {
            return (String::new(), Role::Text);
        };
        let role = if row.health.is_fault() || row.health == crate::kinds::Health::Progress {
            row.health.role()
        } else {
            Role::Muted
        };
        let value = row.cell(field).value;
        let text = match value {
            Value::Int(_) | Value::Ratio(..) if *counts => format!("{} ready", value.text(now)),
            other => other.text(now),
        };
        (text, role)
    }
}

/// Lists by what is wanted, each looked at once while a tree is made.
pub(super) struct Lookup<'a> {
    pub(super) shared: &'a Shared,
    pub(super) cluster: ClusterId,
    pub(super) asked: RefCell<BTreeSet<ListWant>>,
    found: RefCell<HashMap<ListWant, Rc<Found<'a>>>>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(shared: &'a Shared, cluster: ClusterId) -> Lookup<'a> {
        Lookup {
            shared,
            cluster,
            asked: RefCell::default(),
            found: RefCell::default(),
        }
    }

    /// The resource of a kind, or of a plural, that the cluster serves.
    pub(super) fn resource(&self, group: &str, kind: &str) -> Option<&'a Arc<Resource>> {
        let catalog = &self.shared.clusters.get(&self.cluster)?.catalog;
        catalog
            .by_kind(group, kind)
            .or_else(|| catalog.find(&ResourceName::new(group, kind)))
    }

    /// A list as it is now.
    pub(super) fn list(&self, want: ListWant) -> Rc<Found<'a>> {
        self.asked.borrow_mut().insert(want.clone());
        let mut found = self.found.borrow_mut();
        let entry = found.entry(want);
        let table = self.shared.tables.get(entry.key());
        Rc::clone(entry.or_insert_with(|| Rc::new(Found::of(table))))
    }

    /// The want of objects of a resource in a namespace; empty is all of them.
    pub(super) fn want(&self, resource: &Resource, namespace: &str) -> ListWant {
        ListWant {
            cluster: self.cluster,
            resource: resource.name.clone(),
            scope: if namespace.is_empty() || !resource.namespaced {
                Scope::All
            } else {
                Scope::Namespaces(vec![Clean::new(namespace)])
            },
            labels: Clean::default(),
            fields: Clean::default(),
            shape: Shape::Objects,
        }
    }

    /// The want of one object.
    pub(super) fn one(&self, resource: &Resource, namespace: &str, name: &str) -> ListWant {
        ListWant {
            fields: crate::kinds::parts::field_equals("metadata.name", name),
            ..self.want(resource, namespace)
        }
    }
}
