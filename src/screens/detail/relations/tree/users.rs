//! Who refers to the object: where they are looked for, who they are, and their part of the tree.

use super::super::lookup::{Found, State};
use super::{Root, Tree};
use crate::describe::references::words::{Known, Users, counted_kind, plural_words};
use crate::describe::references::{OWNER, Referrer, referrers};
use crate::describe::{at, text_at};
use crate::kinds::{Fact, Reference, Resource, ResourceName, Row, Selection, Uid};
use crate::screens::common::failure_word;
use crate::text::{Clean, Selector};
use crate::theme::Role;
use crate::want::{ListWant, Scope, Shape};
use serde_json::Value;
use std::rc::Rc;
use std::sync::Arc;

/// More users of one kind than this begin folded.
const MANY: usize = 12;

/// The objects of one kind that refer to the root.
pub(super) struct UsersOf<'a> {
    resource: Arc<Resource>,
    found: Rc<Found<'a>>,
    rows: Vec<(&'a Row, String)>,
    /// Whether they were looked for in the namespaces in use alone.
    narrow: bool,
}

impl UsersOf<'_> {
    pub(super) fn counted(&self) -> Users {
        Users {
            kind: self.resource.kind.as_str().to_owned(),
            count: self.rows.len(),
            known: match self.found.state {
                State::Loading => Known::Loading,
                State::Denied(_) => Known::Denied,
                State::Complete => Known::All,
            },
        }
    }
}

/// The kinds that may refer to the root: to its kind, and where it makes pods, what selects those.
pub(super) fn referrers_of(root: &Root<'_>) -> Vec<&'static Referrer> {
    let mut all = referrers(root.group, root.kind);
    if template_of(root).is_some() {
        let selects = |known: &&Referrer| ["services", "networkpolicies", "poddisruptionbudgets"].contains(&known.resource);
        for known in referrers("", "Pod").into_iter().filter(selects) {
            if all.iter().all(|other| (other.group, other.resource) != (known.group, known.resource)) {
                all.push(known);
            }
        }
    }
    all
}

/// The labels of the pods that the root makes.
fn template_of<'v>(root: &Root<'v>) -> Option<&'v Value> {
    let path = match (root.group, root.kind) {
        ("batch", "CronJob") => "spec/jobTemplate/spec/template/metadata/labels",
        ("apps" | "batch", _) | ("", "ReplicationController") => "spec/template/metadata/labels",
        _ => return None,
    };
    Some(at(root.value, path)).filter(|labels| labels.is_object())
}

fn pairs(labels: &Value) -> Vec<(&str, &str)> {
    let map = labels.as_object().into_iter().flatten();
    map.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())).collect()
}

impl<'a> Tree<'a> {
    /// Where the users of the root are looked for.
    fn users_want(&self, root: &Root<'_>, resource: &Resource) -> ListWant {
        let state = self.lookup.shared.clusters.get(&root.name.cluster);
        let mut want = self.lookup.want(resource, root.name.namespace.as_str());
        want.shape = Shape::References;
        let pods = resource.name == ResourceName::new("", "pods");
        if root.name.namespace.is_empty() && resource.namespaced {
            if root.kind == "Node" && pods {
                want.fields = crate::kinds::parts::field_equals("spec.nodeName", root.name.name.as_str());
            } else if root.kind == "PersistentVolume" {
                let claimed = text_at(root.value, "spec/claimRef/namespace");
                if !claimed.is_empty() {
                    want.scope = Scope::Namespaces(vec![Clean::new(claimed)]);
                }
            } else if let (true, Some(state)) = (runs_pods(resource), state) {
                // Every pod of a great cluster is more than an answer is worth: those of the namespaces in use.
                want.scope = state.scope.clone();
            }
        }
        // Bindings give an account rights in other namespaces than its own, too, where they may be listed at all.
        if root.kind == "ServiceAccount" && resource.kind == "RoleBinding" {
            let everywhere = ListWant {
                scope: Scope::All,
                ..want.clone()
            };
            if !matches!(self.lookup.list(everywhere.clone()).state, State::Denied(_)) {
                return everywhere;
            }
        }
        want
    }

    pub(super) fn users(&self, root: &Root<'_>) -> Vec<UsersOf<'a>> {
        let own = pairs(at(root.value, "metadata/labels"));
        let template = template_of(root).map(pairs);
        let uid = Uid::parse(text_at(root.value, "metadata/uid"));
        let mut users = Vec::new();
        for known in referrers_of(root) {
            // Secrets and config maps are printed by the server and refer to nothing; events have a tab of their own.
            if known.group.is_empty() && matches!(known.resource, "secrets" | "configmaps" | "events") {
                continue;
            }
            let Some(resource) = self.lookup.resource(known.group, known.kind).cloned() else {
                continue;
            };
            if !resource.verbs.list {
                continue;
            }
            let want = self.users_want(root, &resource);
            let narrow = root.name.namespace.is_empty() && runs_pods(&resource) && want.scope != Scope::All;
            let found = self.lookup.list(want);
            let mut rows = Vec::new();
            for row in &found.rows {
                let is_owned = row.owner.as_ref().is_some_and(|owner| owner.uid == uid);
                if row.uid == uid || is_owned {
                    continue;
                }
                let mut relations: Vec<&str> = Vec::new();
                for fact in &row.facts {
                    let relation = match fact {
                        Fact::Names(relation, one) | Fact::MayName(relation, one) if self.is_root(root, one) => *relation,
                        Fact::Selects(relation, some) if selects(root, some, &own, template.as_deref()) => *relation,
                        _ => continue,
                    };
                    // An Endpoints object belongs to its service; it stands among what that owns.
                    if relation != OWNER && relation != "of service" && !relations.contains(&relation) {
                        relations.push(relation);
                    }
                }
                if !relations.is_empty() {
                    rows.push((*row, relations.join(", ")));
                }
            }
            users.push(UsersOf {
                resource,
                found,
                rows,
                narrow,
            });
        }
        users
    }

    fn is_root(&self, root: &Root<'_>, one: &Reference) -> bool {
        one.name == root.name.name
            && one.kind == *root.kind
            && one.group == *root.group
            && (root.name.namespace.is_empty() || one.namespace == root.name.namespace)
    }

    pub(super) fn used(&mut self, users: Vec<UsersOf<'a>>) {
        let narrow = users.iter().any(|users| users.narrow);
        let note = if narrow { "of pods and what makes them, those in the namespaces in use" } else { "" };
        if !self.head("used", 0, "Used by", (note, Role::Muted), true) {
            return;
        }
        let mut none = true;
        for users in users {
            let kind = users.resource.kind.as_str().to_owned();
            let path = format!("used/{}", users.resource.name);
            if !users.rows.is_empty() {
                none = false;
                let faults = users.rows.iter().filter(|(row, _)| row.health.is_fault()).count();
                let note = if faults > 0 { format!("{faults} of them unhealthy") } else { String::new() };
                let default = users.rows.len() <= MANY;
                let words = counted_kind(users.rows.len(), &kind);
                if self.head(&path, 1, &words, (&note, Role::Warn), default) {
                    let item = |(row, relation): &(&'a Row, String)| {
                        let mut item = self.row_item(&path, &users.resource, &users.found, row);
                        item.relation.clone_from(relation);
                        item
                    };
                    let items = users.rows.iter().map(item).collect();
                    self.put(items, 2, true);
                }
            }
            let note = match &users.found.state {
                State::Loading => ("loading".to_owned(), Role::Progress),
                State::Denied(failure) => (failure_word(failure.kind).to_owned(), Role::Warn),
                State::Complete => continue,
            };
            none = false;
            self.say(&format!("{path}/state"), 1, &format!("{}: {}", plural_words(&kind), note.0), note.1);
        }
        if none {
            self.say("used/none", 1, "nothing", Role::Faint);
        }
    }
}

/// Whether objects of this resource are pods or make pods.
fn runs_pods(resource: &Resource) -> bool {
    matches!(
        (resource.name.group.as_str(), resource.name.resource.as_str()),
        ("", "pods" | "replicationcontrollers" | "podtemplates") | ("apps" | "batch", _)
    )
}

/// Whether labels select the root, or the pods it makes.
fn selects(root: &Root<'_>, some: &Selection, own: &[(&str, &str)], template: Option<&[(&str, &str)]>) -> bool {
    if !root.name.namespace.is_empty() && some.namespace != root.name.namespace {
        return false;
    }
    let Ok(selector) = Selector::parse(some.labels.as_str()) else {
        return false;
    };
    let itself = some.kind == *root.kind && some.group == *root.group && selector.matches(own);
    let its_pods = some.kind == "Pod" && template.is_some_and(|labels| selector.matches(labels));
    itself || its_pods
}
