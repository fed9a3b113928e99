//! A small cluster for tests of the detail: objects as JSON, and every list that a screen wants answered from them.

use crate::describe::references::{edges, facts, referrer};
use crate::kinds::{self, Codec, Column, Fact, Field, Row, Scratch, Uid, Whole};
use crate::msg::{Delta, Failure, FailureKind, Phase, TableEvent};
use crate::screens::testing::PROD;
use crate::screens::{Screen, Shared};
use crate::store::Table;
use crate::text::{Clean, Selector};
use crate::want::{ListWant, Scope, Shape, Want};
use ratatui::layout::Rect;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Objects by resource, and resources that may not be listed.
#[derive(Default)]
pub struct World {
    /// (group, plural, object)
    pub objects: Vec<(&'static str, &'static str, Value)>,
    /// (group, plural)
    pub denied: Vec<(&'static str, &'static str)>,
    /// Every list that was answered.
    pub asked: BTreeSet<ListWant>,
}

impl World {
    /// Puts an object in; its uid is its name where it has none.
    pub fn add(&mut self, group: &'static str, resource: &'static str, mut object: Value) {
        let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let meta = object["metadata"].as_object_mut().unwrap();
        meta.entry("uid").or_insert(Value::from(format!("{resource}-{name}")));
        meta.entry("resourceVersion").or_insert(Value::from("1"));
        self.objects.push((group, resource, object));
    }

    /// Answers what a screen wants until it wants nothing more.
    pub fn serve(&mut self, screen: &mut dyn Screen, shared: &mut Shared) {
        for _ in 0..12 {
            screen.refresh(Rect::new(0, 0, 120, 40), shared);
            let mut wants = BTreeSet::new();
            screen.wants(shared, &mut wants);
            let lists = wants.into_iter().filter_map(|want| match want {
                Want::List(list) => Some(list),
                _ => None,
            });
            let new: Vec<ListWant> = lists.filter(|list| !shared.tables.contains_key(list)).collect();
            if new.is_empty() {
                break;
            }
            for list in new {
                let table = self.table(&list);
                self.asked.insert(list.clone());
                shared.tables.insert(list, table);
            }
        }
        screen.refresh(Rect::new(0, 0, 120, 40), shared);
    }

    fn table(&self, list: &ListWant) -> Table {
        let name = (list.resource.group.as_str(), list.resource.resource.as_str());
        let kind = kinds::kind(name.0, name.1);
        let columns: Arc<[Column]> = match (kind, list.shape) {
            (Some(kind), Shape::Objects) => kind.columns.into(),
            _ => vec![
                Column::get("NAME", Field::Name, 0),
                Column::get("STATUS", Field::Cell(0), 1),
                Column::get("AGE", Field::Age, 2),
            ]
            .into(),
        };
        let mut table = Table::new(Clean::new(name.1), columns, 1, 0);
        if self.denied.contains(&name) {
            let failure = Failure {
                kind: FailureKind::Forbidden,
                message: "you may not".into(),
                remedy: None,
            };
            let phase = Phase::Stopped(failure);
            table.apply(TableEvent::Phase { source: 0, phase }, 0);
            return table;
        }
        let passes = |object: &Value| {
            let text = |path: &str| object["metadata"][path].as_str().unwrap_or_default().to_owned();
            let in_scope = match &list.scope {
                Scope::All => true,
                Scope::Namespaces(names) => names.iter().any(|one| one.as_str() == text("namespace")),
            };
            let labels: Vec<(String, String)> = object["metadata"]["labels"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            let selected = Selector::parse(list.labels.as_str()).unwrap().matches(&labels);
            let named = list
                .fields
                .as_str()
                .split(',')
                .all(|field| match field.split_once('=') {
                    Some(("metadata.name", name)) => name == text("name"),
                    Some(("spec.nodeName", node)) => object["spec"]["nodeName"] == node,
                    Some(("involvedObject.name", name)) => object["involvedObject"]["name"] == name,
                    Some(("involvedObject.uid", uid)) => object["involvedObject"]["uid"] == uid,
                    _ => true,
                });
            in_scope && selected && named
        };
        let here = self
            .objects
            .iter()
            .filter(|(group, resource, object)| (*group, *resource) == name && passes(object));
        let deltas = here
            .map(|(group, resource, object)| Delta::Upsert(row(group, resource, list.shape, object)))
            .collect();
        table.apply(TableEvent::Begin { source: 0, epoch: 1 }, 0);
        table.apply(TableEvent::Deltas { source: 0, deltas }, 0);
        table.apply(TableEvent::End { source: 0, epoch: 1 }, 0);
        let phase = Phase::Watching;
        table.apply(TableEvent::Phase { source: 0, phase }, 0);
        table
    }
}

fn row(group: &str, resource: &str, shape: Shape, object: &Value) -> Row {
    let bytes = serde_json::to_vec(object).unwrap();
    let mut scratch = Scratch::new();
    let mut row = match kinds::kind(group, resource).map(|kind| kind.codec) {
        Some(Codec::Slim(decode)) => decode(&bytes, &mut scratch).unwrap(),
        _ => plain(object),
    };
    match shape {
        Shape::Whole => {
            row.whole = Some(Arc::new(Whole {
                value: object.clone(),
                bytes: bytes.len(),
            }));
        }
        Shape::References => {
            let found = facts(&edges(referrer(group, resource), object), &mut scratch.interner);
            let status = kinds::kind(group, resource).and_then(|kind| kinds::status_column(kind.columns));
            row.cells = status.map(|column| row.cell(&column.field)).into_iter().collect();
            row.facts = found.into();
        }
        Shape::Objects | Shape::Containers => {}
    }
    row
}

fn plain(object: &Value) -> Row {
    let text = |path: &str| object["metadata"][path].as_str().unwrap_or_default();
    Row {
        uid: Uid::parse(text("uid")),
        namespace: text("namespace").into(),
        name: text("name").into(),
        version: 1,
        created: None,
        deleting: None,
        labels: Vec::new().into(),
        owner: None,
        health: kinds::Health::Good,
        cells: Box::default(),
        facts: Vec::<Fact>::new().into(),
        whole: None,
    }
}

/// The name of an object in the small world.
pub fn named(group: &str, resource: &str, namespace: &str, name: &str) -> crate::screens::ObjectName {
    crate::screens::ObjectName {
        cluster: PROD,
        resource: kinds::ResourceName::new(group, resource),
        namespace: namespace.into(),
        name: name.into(),
        uid: None,
    }
}
