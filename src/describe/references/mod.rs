//! What an object refers to: its owners, and every field of a known kind that names another object or selects some.
//! Pure: JSON in, edges out. Which fields these are is data, in `table.rs`; a new one is a row there.
//! It refuses to know whether what is named exists.

mod table;
pub mod words;

use super::{at, text_at};
use crate::kinds::{Fact, Reference, Selection};
use crate::text::{Clean, Interner};
use serde_json::Value;
use std::collections::HashSet;

/// More edges of one object than these are not followed: an Endpoints object may hold a thousand addresses.
const MOST_EDGES: usize = 2_000;

/// The relation of an object to what owns it.
pub const OWNER: &str = "owner";

/// What a field leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Goal {
    /// An object by its name.
    Object(Reference),
    /// Whatever these labels select.
    Selected(Selection),
}

/// One reference of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    /// What the one is to the other, as a word for a line: `volume`, `environment`, `runs as`.
    pub relation: &'static str,
    /// What it leads to.
    pub goal: Goal,
    /// Whether the object does without it when it is not there.
    pub optional: bool,
}

/// How a field says what it leads to.
#[derive(Clone, Copy, Debug)]
enum To {
    /// A name in the object's own namespace, of (group, kind).
    Own(&'static str, &'static str),
    /// The name of something without a namespace.
    Cluster(&'static str, &'static str),
    /// `{namespace, name}` of a kind that is not said.
    Object(&'static str, &'static str),
    /// `{apiVersion or apiGroup or group, kind, namespace, name}`; without a kind, the first of these. They are the usual ones.
    Ref(&'static [(&'static str, &'static str)]),
    /// The same, of this kind alone: what else may stand there is no object.
    Only(&'static str, &'static str),
    /// Labels as a map; an empty one selects nothing.
    Map(&'static str, &'static str),
    /// A label selector; an empty one selects all.
    Selector(&'static str, &'static str),
}

/// A field that refers. Its path is names parted by `/`: `*` is each element, `a|b` either, `~1` a slash.
#[derive(Clone, Copy, Debug)]
struct Field {
    path: &'static str,
    relation: &'static str,
    to: To,
}

/// A kind whose objects refer to others.
#[derive(Debug)]
pub struct Referrer {
    /// API group, empty for core.
    pub group: &'static str,
    /// Plural resource name.
    pub resource: &'static str,
    /// Kind in CamelCase.
    pub kind: &'static str,
    /// Where the spec of its pods stands; empty when it has none.
    pods: &'static str,
    fields: &'static [Field],
}

/// What an object refers to, each once: its owners first, then in the order of the table.
pub fn references(group: &str, kind: &str, object: &Value) -> Vec<Edge> {
    let known = table::ALL
        .iter()
        .find(|known| known.group == group && known.kind == kind);
    edges(known, object)
}

/// The kind that is known by its plural, if its objects refer to others.
pub fn referrer(group: &str, resource: &str) -> Option<&'static Referrer> {
    table::ALL
        .iter()
        .find(|known| known.group == group && known.resource == resource)
}

/// The kinds whose objects may refer to objects of this one.
pub fn referrers(group: &str, kind: &str) -> Vec<&'static Referrer> {
    let leads = |field: &Field| match field.to {
        To::Own(g, k) | To::Cluster(g, k) | To::Object(g, k) | To::Only(g, k) | To::Map(g, k) | To::Selector(g, k) => {
            (g, k) == (group, kind)
        }
        To::Ref(kinds) => kinds.contains(&(group, kind)),
    };
    let refers = |known: &&Referrer| {
        let pods = if known.pods.is_empty() { &[][..] } else { table::IN_PODS };
        known.fields.iter().chain(pods).any(leads)
    };
    table::ALL.iter().filter(refers).collect()
}

/// What an object of a known kind, or of any other, refers to.
pub fn edges(known: Option<&Referrer>, object: &Value) -> Vec<Edge> {
    let mut walk = Walk {
        namespace: text_at(object, "metadata/namespace"),
        empty_selects: text_at(object, "apiVersion") != "policy/v1beta1",
        seen: HashSet::new(),
        edges: Vec::new(),
    };
    walk.field(object, "metadata/ownerReferences/*", OWNER, To::Ref(&[]));
    if let Some(known) = known {
        for field in known.fields {
            walk.field(object, field.path, field.relation, field.to);
        }
        if !known.pods.is_empty() {
            let spec = at(object, known.pods);
            for field in table::IN_PODS {
                walk.field(spec, field.path, field.relation, field.to);
            }
        }
    }
    walk.edges
}

/// Edges as the facts of a row; texts are shared.
pub fn facts(edges: &[Edge], interner: &mut Interner) -> Vec<Fact> {
    let mut share = |text: &Clean| interner.clean(text.as_str());
    let fact = |edge: &Edge| match &edge.goal {
        Goal::Object(one) => {
            let named = Reference {
                group: share(&one.group),
                kind: share(&one.kind),
                namespace: share(&one.namespace),
                name: share(&one.name),
            };
            match edge.optional {
                true => Fact::MayName(edge.relation, named),
                false => Fact::Names(edge.relation, named),
            }
        }
        Goal::Selected(some) => Fact::Selects(
            edge.relation,
            Selection {
                group: share(&some.group),
                kind: share(&some.kind),
                namespace: share(&some.namespace),
                labels: share(&some.labels),
            },
        ),
    };
    edges.iter().map(fact).collect()
}

/// The canonical text of a label selector; None when there is none or an operator is unknown.
pub fn selector_text(selector: &Value) -> Option<String> {
    let selector = selector.as_object()?;
    let mut asked: Vec<(&str, String)> = Vec::new();
    if let Some(labels) = selector.get("matchLabels").and_then(Value::as_object) {
        asked.extend(
            labels
                .iter()
                .map(|(key, value)| (key.as_str(), format!("{key}={}", word(value)))),
        );
    }
    for one in selector
        .get("matchExpressions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let key = text_at(one, "key");
        let mut values: Vec<&str> = super::items_at(one, "values").iter().map(word).collect();
        values.sort_unstable();
        let values = values.join(",");
        let text = match text_at(one, "operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        };
        asked.push((key, text));
    }
    asked.sort();
    let texts: Vec<String> = asked.into_iter().map(|(_, text)| text).collect();
    Some(texts.join(","))
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The kinds without a namespace that fields name by kind alone.
fn has_no_namespace(kind: &str) -> bool {
    kind.starts_with("Cluster")
        || matches!(
            kind,
            "Node"
                | "Namespace"
                | "PersistentVolume"
                | "StorageClass"
                | "PriorityClass"
                | "RuntimeClass"
                | "IngressClass"
        )
}

struct Walk<'a> {
    namespace: &'a str,
    empty_selects: bool,
    seen: HashSet<Edge>,
    edges: Vec<Edge>,
}

impl Walk<'_> {
    fn field(&mut self, root: &Value, path: &'static str, relation: &'static str, to: To) {
        self.step(root, &Value::Null, path, relation, to);
    }

    fn step(&mut self, value: &Value, parent: &Value, path: &str, relation: &'static str, to: To) {
        if value.is_null() || self.edges.len() >= MOST_EDGES {
            return;
        }
        if path.is_empty() {
            let optional = at(parent, "optional").as_bool().unwrap_or(false);
            return self.reach(value, optional, relation, to);
        }
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if name == "*" {
            for element in value.as_array().into_iter().flatten() {
                self.step(element, value, rest, relation, to);
            }
            return;
        }
        for name in name.split('|') {
            let inner = if name.contains('~') {
                value.get(name.replace("~1", "/"))
            } else {
                value.get(name)
            };
            if let Some(inner) = inner {
                self.step(inner, value, rest, relation, to);
            }
        }
    }

    fn reach(&mut self, value: &Value, optional: bool, relation: &'static str, to: To) {
        let goal = match to {
            To::Own(group, kind) => self.named(group, kind, self.namespace, word(value)),
            To::Cluster(group, kind) => self.named(group, kind, "", word(value)),
            To::Object(group, kind) => {
                let namespace = text_at(value, "namespace");
                let namespace = if namespace.is_empty() {
                    self.namespace
                } else {
                    namespace
                };
                self.named(group, kind, namespace, text_at(value, "name"))
            }
            To::Ref(kinds) => self.referred(value, kinds.first().copied()),
            To::Only(group, kind) => match text_at(value, "kind") == kind {
                true => self.referred(value, None).map(|goal| match goal {
                    Goal::Object(one) => Goal::Object(Reference {
                        group: Clean::new(group),
                        ..one
                    }),
                    selected => selected,
                }),
                false => None,
            },
            To::Map(group, kind) => {
                let mut pairs: Vec<String> = match value.as_object() {
                    Some(map) => map
                        .iter()
                        .map(|(key, value)| format!("{key}={}", word(value)))
                        .collect(),
                    None => return,
                };
                pairs.sort_unstable();
                self.selected(group, kind, pairs.join(","), false)
            }
            To::Selector(group, kind) => match selector_text(value) {
                Some(text) => self.selected(group, kind, text, self.empty_selects),
                None => None,
            },
        };
        let Some(goal) = goal else { return };
        let edge = Edge {
            relation,
            goal,
            optional,
        };
        if self.seen.insert(edge.clone()) {
            self.edges.push(edge);
        }
    }

    fn referred(&self, value: &Value, usual: Option<(&str, &str)>) -> Option<Goal> {
        let written = text_at(value, "apiVersion");
        let group = match written.split_once('/') {
            Some((group, _)) => group,
            // `apiVersion: v1` is the core group, and a bare group is written as apiGroup or group.
            None if !written.is_empty() => "",
            None => match at(value, "apiGroup").as_str().or(at(value, "group").as_str()) {
                Some(group) => group,
                None => usual
                    .filter(|(_, kind)| ["", kind].contains(&text_at(value, "kind")))
                    .map_or("", |usual| usual.0),
            },
        };
        let kind = text_at(value, "kind");
        let kind = if kind.is_empty() { usual?.1 } else { kind };
        let namespace = text_at(value, "namespace");
        let namespace = match namespace {
            _ if has_no_namespace(kind) => "",
            "" => self.namespace,
            other => other,
        };
        self.named(group, kind, namespace, text_at(value, "name"))
    }

    fn named(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Goal> {
        (!name.is_empty()).then(|| {
            Goal::Object(Reference {
                group: Clean::new(group),
                kind: Clean::new(kind),
                namespace: Clean::new(namespace),
                name: Clean::new(name),
            })
        })
    }

    fn selected(&self, group: &str, kind: &str, labels: String, empty: bool) -> Option<Goal> {
        (empty || !labels.is_empty()).then(|| {
            Goal::Selected(Selection {
                group: Clean::new(group),
                kind: Clean::new(kind),
                namespace: Clean::new(if has_no_namespace(kind) { "" } else { self.namespace }),
                labels: Clean::new(&labels),
            })
        })
    }
}

#[cfg(test)]
mod tests;
