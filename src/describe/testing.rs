//! What the tests of descriptions share: a surrounding made of JSON, and a description as one text.

use super::{Around, Companion, Finding, Item, Listed, Subject, describe, findings, render};
use crate::kinds::{ResourceName, Whole};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;

/// Unix seconds of `2024-05-01T10:00:00Z`, the present of the tests.
pub const NOW: i64 = 1_714_557_600;

/// The items as lines of text, indented.
pub fn text(items: &[Item]) -> String {
    let lines: Vec<String> = render(items)
        .iter()
        .map(|line| {
            let indent = " ".repeat(usize::from(line.indent));
            format!("{indent}{}", line.text()).trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// A surrounding with these events and nothing else.
pub fn around(events: &Listed, now: i64, act: impl FnOnce(&Around<'_>)) {
    let find = |_: &Companion| Listed::Objects(Vec::new());
    act(&Around {
        find: &find,
        events,
        now,
        resource: &plural,
        minor: Some(34),
    });
}

fn plural(group: &str, kind: &str) -> Option<(ResourceName, bool)> {
    let known = crate::kinds::ALL
        .iter()
        .find(|known| known.group == group && known.kind == kind)?;
    Some((ResourceName::new(group, known.resource), known.namespaced))
}

/// A small cluster: objects by their group and plural.
#[derive(Default)]
pub struct World {
    objects: Vec<(ResourceName, Arc<Whole>)>,
    events: Vec<Arc<Whole>>,
    denied: Vec<ResourceName>,
    asked: RefCell<Vec<Companion>>,
}

impl World {
    /// With one more object.
    pub fn with(mut self, group: &str, resource: &str, value: Value) -> World {
        self.objects
            .push((ResourceName::new(group, resource), Arc::new(Whole { value, bytes: 0 })));
        self
    }

    /// With one more event about the object that is described.
    pub fn event(mut self, value: Value) -> World {
        self.events.push(Arc::new(Whole { value, bytes: 0 }));
        self
    }

    /// A resource that may not be read.
    pub fn denied(mut self, group: &str, resource: &str) -> World {
        self.denied.push(ResourceName::new(group, resource));
        self
    }

    /// What was asked for.
    pub fn asked(&self) -> Vec<Companion> {
        self.asked.borrow().clone()
    }

    fn around<R>(&self, act: impl FnOnce(&Around<'_>) -> R) -> R {
        let find = |companion: &Companion| {
            self.asked.borrow_mut().push(companion.clone());
            if self.denied.contains(&companion.resource) {
                return Listed::Denied(crate::msg::Failure {
                    kind: crate::msg::FailureKind::Forbidden,
                    message: "forbidden".into(),
                    remedy: None,
                });
            }
            let labels = crate::text::Selector::parse(companion.labels.as_str()).unwrap();
            let found = self.objects.iter().filter(|(resource, whole)| {
                let name = super::text_at(&whole.value, "metadata/name");
                let own: Vec<(String, String)> = super::at(&whole.value, "metadata/labels")
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
                    .collect();
                let wanted = companion.fields.as_str().strip_prefix("metadata.name=");
                let namespace = super::text_at(&whole.value, "metadata/namespace");
                *resource == companion.resource
                    && (companion.namespace.is_empty() || companion.namespace == namespace)
                    && wanted.is_none_or(|wanted| wanted == name)
                    && labels.matches(&own)
            });
            Listed::Objects(found.map(|(_, whole)| whole.clone()).collect())
        };
        act(&Around {
            find: &find,
            events: &Listed::Objects(self.events.clone()),
            now: NOW,
            resource: &plural,
            minor: Some(34),
        })
    }

    /// The description of an object, as text.
    pub fn describe(&self, group: &str, kind: &str, object: &Value) -> String {
        let resource = plural(group, kind)
            .map(|(name, _)| name.resource.to_string())
            .unwrap_or_default();
        let subject = Subject {
            group,
            kind,
            resource: &resource,
            object,
        };
        self.around(|around| text(&describe(&subject, around)))
    }

    /// What is wrong with an object: causes and next steps.
    pub fn findings(&self, group: &str, kind: &str, object: &Value) -> Vec<Finding> {
        let resource = plural(group, kind)
            .map(|(name, _)| name.resource.to_string())
            .unwrap_or_default();
        let subject = Subject {
            group,
            kind,
            resource: &resource,
            object,
        };
        self.around(|around| findings(&subject, around))
    }

    /// The worst finding in one text: `cause → next`.
    pub fn worst(&self, group: &str, kind: &str, object: &Value) -> String {
        let found = self.findings(group, kind, object);
        found.first().map_or_else(String::new, |finding| {
            format!("{} → {}", finding.cause.text(), finding.next.text())
        })
    }
}
