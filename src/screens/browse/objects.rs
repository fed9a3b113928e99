//! From a row to its object: detail, logs, side pane.

use super::Browse;
use crate::kinds::Row;
use crate::screens::common::has_logs as logs_of;
use crate::screens::{Ctx, LogsPlace, ObjectName, Place, Request, Screen, Shared, Tab};
use crate::store::RowRef;
use crate::text::Clean;
use crate::want::Shape;

impl Browse {
    /// The object of a row. The row of a container stands for its pod.
    pub(super) fn object_of(&self, row: RowRef, content: &Row) -> Option<ObjectName> {
        let list = self.lists.get(usize::from(row.table))?;
        let (name, uid) = match list.shape {
            Shape::Containers => (Clean::new(list.fields.as_str().strip_prefix("metadata.name=")?), None),
            _ => (content.name.clone(), Some(content.uid.clone())),
        };
        Some(ObjectName {
            cluster: list.cluster,
            resource: list.resource.clone(),
            namespace: content.namespace.clone(),
            name,
            uid,
        })
    }

    /// The object under the cursor.
    pub(super) fn object(&self, shared: &Shared) -> Option<ObjectName> {
        let (row, content) = self.current(shared)?;
        self.object_of(row, content)
    }

    pub(super) fn open_object(&mut self, tab: Tab, ctx: &mut Ctx<'_>) {
        if let Some(object) = self.subject(ctx.shared) {
            ctx.ask(Request::Open(Place::Object(object, tab)));
        }
    }

    /// The logs of the marked rows, or of the row under the cursor.
    pub(super) fn open_logs(&mut self, previous: bool, ctx: &mut Ctx<'_>) {
        let chosen = self.chosen(ctx.shared);
        let mut of: Vec<ObjectName> = Vec::new();
        for object in chosen.iter().filter_map(|(row, content)| self.object_of(*row, content)) {
            if logs_of(&object) && !of.contains(&object) {
                of.push(object);
            }
        }
        let containers = self.place.shape == Shape::Containers;
        let container = match chosen.as_slice() {
            [(_, content)] if containers => Some(content.name.clone()),
            _ => None,
        };
        if !of.is_empty() {
            ctx.ask(Request::Open(Place::Logs(LogsPlace {
                cluster: self.place.cluster,
                of,
                selector: None,
                container,
                previous,
            })));
        }
    }
}

pub(super) fn has_object(browse: &Browse, shared: &Shared) -> bool {
    browse.object(shared).is_some()
}

pub(super) fn has_logs(browse: &Browse, shared: &Shared) -> bool {
    browse.object(shared).is_some_and(|object| logs_of(&object))
}
