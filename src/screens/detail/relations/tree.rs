//! The tree of relations as it is now: lines, and the lists that were asked for on the way. A branch that is folded asks
//! for nothing, but the sections, which give the first answer.

mod users;

use super::lookup::{Found, Lookup, State};
use super::owned::{By, is_claim_of, owned_kinds};
use crate::describe::references::words::{Known, Users, kind_words, plural_words, used_by};
use crate::describe::references::{Edge, Goal, OWNER, references, selector_text};
use crate::describe::{at, items_at, text_at};
use crate::kinds::{Fact, Health, Reference, Resource, Row, Selection, Target, Uid};
use crate::screens::common::failure_word;
use crate::screens::{ObjectName, Shared};
use crate::text::{Clean, cut_middle, pad_right, width};
use crate::theme::Role;
use crate::want::{ListWant, Shape};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use users::{UsersOf, referrers_of};

/// At most so many lines of one branch are shown, the broken ones first.
const MOST_LINES: usize = 200;
/// Deeper branches are not unfolded: what owns and refers may run in a circle.
const DEEPEST: usize = 12;
/// So many objects of a kind are asked for one by one; more of them by the list of their namespace.
const ONE_BY_ONE: usize = 3;
/// A name takes at most so many columns of the line.
const WIDEST_NAME: usize = 56;

/// What a line is, for Enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    Nowhere,
    Fold,
    To(Target),
}

/// A line of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeLine {
    /// What it is called: its place in the tree.
    pub(super) path: String,
    pub(super) spans: Vec<(String, Role)>,
    pub(super) leads: Leads,
    /// Whether it is unfolded; None where nothing belongs to it.
    pub(super) open: Option<bool>,
}

/// What is to be said of one object, before its line is aligned with its neighbours.
struct Item<'a> {
    path: String,
    kind: String,
    name: String,
    target: Option<Target>,
    status: (String, Role),
    mark: Option<Health>,
    relation: String,
    /// What unfolding it needs; None when it cannot be unfolded.
    within: Option<Within<'a>>,
}

/// An object whose own relations can be unfolded.
#[derive(Clone)]
struct Within<'a> {
    resource: Arc<Resource>,
    namespace: Clean,
    name: Clean,
    row: Option<&'a Row>,
}

/// Makes a tree.
pub(super) struct Tree<'a> {
    lookup: Lookup<'a>,
    folds: &'a BTreeMap<String, bool>,
    /// The namespace of the object; others are said.
    namespace: Clean,
    now: i64,
    ascii: bool,
    lines: Vec<TreeLine>,
}

/// The object whose relations these are.
pub(super) struct Root<'a> {
    pub(super) name: &'a ObjectName,
    pub(super) group: &'a str,
    pub(super) kind: &'a str,
    pub(super) value: &'a Value,
}

impl<'a> Tree<'a> {
    pub(super) fn new(shared: &'a Shared, root: &Root<'_>, folds: &'a BTreeMap<String, bool>) -> Tree<'a> {
        Tree {
            lookup: Lookup::new(shared, root.name.cluster),
            folds,
            namespace: root.name.namespace.clone(),
            now: shared.now(root.name.cluster),
            ascii: shared.settings.ascii,
            lines: Vec::new(),
        }
    }

    /// The lines, and the lists they need.
    pub(super) fn make(mut self, root: &Root<'_>) -> (Vec<TreeLine>, BTreeSet<ListWant>) {
        let edges = references(root.group, root.kind, root.value);
        let users = self.users(root);
        let all: Vec<Users> = users.iter().map(UsersOf::counted).collect();
        let known = !referrers_of(root).is_empty();
        let summary = if known { used_by(&all) } else { "no kind is known to refer to it".to_owned() };
        let role = if all.iter().any(|users| users.known == Known::Loading) { Role::Progress } else { Role::Title };
        self.say("summary", 0, &summary, role);
        self.owners(root);
        self.owned(root);
        self.refers_to(&edges);
        if known {
            self.used(users);
        }
        (self.lines, self.lookup.asked.into_inner())
    }

    fn is_open(&self, path: &str, default: bool) -> bool {
        self.folds.get(path).copied().unwrap_or(default)
    }

    fn fold_sign(&self, open: Option<bool>) -> &'static str {
        match (open, self.ascii) {
            (None, _) => "  ",
            (Some(true), false) => "▾ ",
            (Some(true), true) => "- ",
            (Some(false), false) => "▸ ",
            (Some(false), true) => "+ ",
        }
    }

    fn mark(&self, health: Option<Health>) -> (&'static str, Role) {
        match (health, self.ascii) {
            (Some(Health::Bad), false) => ("✗ ", Role::Error),
            (Some(Health::Bad), true) => ("x ", Role::Error),
            (Some(Health::Warn | Health::Unknown), false) => ("▲ ", Role::Warn),
            (Some(Health::Warn | Health::Unknown), true) => ("! ", Role::Warn),
            (Some(Health::Progress), false) => ("… ", Role::Progress),
            (Some(Health::Progress), true) => ("~ ", Role::Progress),
            _ => ("  ", Role::Text),
        }
    }

    fn say(&mut self, path: &str, depth: usize, text: &str, role: Role) {
        let indent = if depth == 0 { 0 } else { depth * 2 + 2 };
        self.lines.push(TreeLine {
            path: path.to_owned(),
            spans: vec![(" ".repeat(indent), Role::Text), (text.to_owned(), role)],
            leads: Leads::Nowhere,
            open: None,
        });
    }

    /// The head of a section. Says whether it is unfolded.
    fn head(&mut self, path: &str, depth: usize, words: &str, note: (&str, Role), default: bool) -> bool {
        let open = self.is_open(path, default);
        let sign = self.fold_sign(Some(open));
        self.lines.push(TreeLine {
            path: path.to_owned(),
            spans: vec![
                (" ".repeat(depth * 2), Role::Text),
                (sign.to_owned(), Role::Faint),
                (words.to_owned(), if depth == 0 { Role::Title } else { Role::Accent }),
                (if note.0.is_empty() { String::new() } else { format!("  {}", note.0) }, note.1),
            ],
            leads: Leads::Fold,
            open: Some(open),
        });
        open
    }

    /// The lines of neighbours, aligned, each with what it has unfolded below it.
    fn put(&mut self, mut items: Vec<Item<'a>>, depth: usize, sorted: bool) {
        if sorted {
            items.sort_by_key(|item| !item.mark.is_some_and(Health::is_fault));
        }
        let left_out = items.len().saturating_sub(MOST_LINES);
        items.truncate(MOST_LINES);
        let widest = |of: &dyn Fn(&Item<'_>) -> usize, most: usize| items.iter().map(of).max().unwrap_or(0).min(most);
        let kinds = widest(&|item| width(&item.kind), 32);
        let names = widest(&|item| width(&item.name), WIDEST_NAME);
        let words = widest(&|item| width(&item.status.0), 24);
        for item in items {
            let open = match &item.within {
                Some(_) if depth < DEEPEST => Some(self.is_open(&item.path, false)),
                _ => None,
            };
            let (sign, mark) = (self.fold_sign(open), self.mark(item.mark));
            let name = cut_middle(&item.name, WIDEST_NAME);
            let mut spans = vec![
                (" ".repeat(depth * 2), Role::Text),
                (sign.to_owned(), Role::Faint),
                (mark.0.to_owned(), mark.1),
                (format!("{}  ", pad_right(&item.kind, kinds)), Role::Muted),
                (name.clone().into_owned(), if item.target.is_some() { Role::Link } else { Role::Text }),
                (" ".repeat(names.saturating_sub(width(&name))), Role::Text),
            ];
            if words > 0 {
                spans.push((format!("  {}", pad_right(&item.status.0, words)), item.status.1));
            }
            if !item.relation.is_empty() {
                spans.push((format!("  {}", item.relation), Role::Muted));
            }
            let path = item.path.clone();
            self.lines.push(TreeLine {
                path: path.clone(),
                spans,
                leads: item.target.map_or(Leads::Nowhere, Leads::To),
                open,
            });
            if let (Some(true), Some(within)) = (open, item.within) {
                self.inside(&path, depth + 1, &within);
            }
        }
        if left_out > 0 {
            let path = self.lines.last().map_or(String::new(), |line| format!("{}/more", line.path));
            self.say(&path, depth, &format!("… and {left_out} more"), Role::Faint);
        }
    }

    /// What is said of an object that is in a list, or is not.
    fn item(&self, path: String, reference: &Reference, found: Option<(&Found<'a>, Option<&'a Row>)>) -> Item<'a> {
        let resource = self.lookup.resource(reference.group.as_str(), reference.kind.as_str()).cloned();
        let namespaced = resource.as_ref().is_none_or(|resource| resource.namespaced);
        let namespace = if namespaced { reference.namespace.clone() } else { Clean::default() };
        let kind = resource.as_ref().map_or(&reference.kind, |resource| &resource.kind);
        let name = if namespace.is_empty() || namespace == self.namespace {
            reference.name.as_str().to_owned()
        } else {
            format!("{namespace}/{}", reference.name)
        };
        let (status, mark) = match (&resource, &found) {
            (None, _) => (("not served here".to_owned(), Role::Warn), Some(Health::Warn)),
            (_, Some((found, Some(row)))) => {
                let fault = row.health.is_fault() || row.health == Health::Progress;
                (found.status(row, self.now), fault.then_some(row.health))
            }
            (_, Some((found, None))) => match &found.state {
                State::Loading => (("loading".to_owned(), Role::Progress), None),
                State::Denied(failure) => ((failure_word(failure.kind).to_owned(), Role::Warn), None),
                State::Complete => (("not found".to_owned(), Role::Error), Some(Health::Bad)),
            },
            (_, None) => ((String::new(), Role::Text), None),
        };
        let row = found.and_then(|(_, row)| row);
        let target = resource.as_ref().map(|resource| Target::Object {
            resource: resource.name.clone(),
            namespace: namespace.clone(),
            name: reference.name.clone(),
        });
        Item {
            path,
            kind: kind_words(kind.as_str()),
            name,
            target,
            status,
            mark,
            relation: String::new(),
            within: resource.filter(|_| row.is_some()).map(|resource| Within {
                resource,
                namespace,
                name: reference.name.clone(),
                row,
            }),
        }
    }

    /// An object of a list.
    fn row_item(&self, path: &str, resource: &Arc<Resource>, found: &Found<'a>, row: &'a Row) -> Item<'a> {
        let reference = Reference {
            group: resource.name.group.clone(),
            kind: resource.kind.clone(),
            namespace: row.namespace.clone(),
            name: row.name.clone(),
        };
        let path = format!("{path}/{}/{}/{}", resource.name, row.namespace, row.name);
        self.item(path, &reference, Some((found, Some(row))))
    }

    /// Owners, each one's own owner below it.
    fn owners(&mut self, root: &Root<'_>) {
        let owners = items_at(root.value, "metadata/ownerReferences");
        if owners.is_empty() || !self.head("owners", 0, "Owners", ("", Role::Text), true) {
            return;
        }
        for owner in owners {
            let reference = Reference {
                group: Clean::new(text_at(owner, "apiVersion").split_once('/').map_or("", |(group, _)| group)),
                kind: Clean::new(text_at(owner, "kind")),
                namespace: root.name.namespace.clone(),
                name: Clean::new(text_at(owner, "name")),
            };
            let controls = at(owner, "controller").as_bool() == Some(true);
            let word = if controls { "controls it" } else { "owns it" };
            self.owner(&reference, Some(Uid::parse(text_at(owner, "uid"))), word, 1);
        }
    }

    fn owner(&mut self, reference: &Reference, uid: Option<Uid>, word: &str, depth: usize) {
        let path = format!("owners{depth}/{}/{}", reference.kind, reference.name);
        let found = self.named(reference);
        let row = found.as_ref().and_then(|found| {
            let namespaced = self.lookup.resource(reference.group.as_str(), reference.kind.as_str())?.namespaced;
            let namespace = if namespaced { reference.namespace.as_str() } else { "" };
            found.named(namespace, reference.name.as_str())
        });
        let mut item = self.item(path, reference, found.as_deref().map(|found| (found, row)));
        item.relation = word.to_owned();
        item.within = None;
        if let (Some(row), Some(uid)) = (row, &uid)
            && row.uid != *uid
        {
            item.status = ("gone; another one has its name".to_owned(), Role::Error);
            item.mark = Some(Health::Bad);
        }
        self.put(vec![item], depth, false);
        if depth < DEEPEST
            && let Some(row) = row
            && let Some(owner) = &row.owner
        {
            let next = Reference {
                group: owner.group.clone(),
                kind: owner.kind.clone(),
                namespace: row.namespace.clone(),
                name: owner.name.clone(),
            };
            self.owner(&next, Some(owner.uid.clone()), "", depth + 1);
        }
    }

    /// The list with one object alone.
    fn named(&self, reference: &Reference) -> Option<Rc<Found<'a>>> {
        let resource = self.lookup.resource(reference.group.as_str(), reference.kind.as_str())?;
        let namespace = if resource.namespaced { reference.namespace.as_str() } else { "" };
        Some(self.lookup.list(self.lookup.one(resource, namespace, reference.name.as_str())))
    }

    /// What the object owns.
    fn owned(&mut self, root: &Root<'_>) {
        let (kinds, guessed) = owned_kinds(root.group, root.kind);
        if kinds.is_empty() {
            return;
        }
        // What a kind that nobody knows may own is many lists: only when it is asked for.
        let note = if guessed && !self.is_open("owns", false) { "unfold to look for it" } else { "" };
        if !self.head("owns", 0, "Owns", (note, Role::Faint), !guessed) {
            return;
        }
        let uid = Uid::parse(text_at(root.value, "metadata/uid"));
        let selector = selector_text(at(root.value, "spec/selector")).unwrap_or_default();
        // A replication controller's selector is a map, and so is a service's.
        let selector = match root.kind {
            "ReplicationController" => String::new(),
            _ => selector,
        };
        let (group, kind) = (root.group, root.kind);
        self.children("owns", 1, (group, kind), (&root.name.namespace, &root.name.name), &uid, &selector);
    }

    /// What an object owns, line by line.
    fn children(
        &mut self,
        path: &str,
        depth: usize,
        (group, kind): (&str, &str),
        (namespace, name): (&Clean, &Clean),
        uid: &Uid,
        selector: &str,
    ) -> usize {
        let (kinds, guessed) = owned_kinds(group, kind);
        let mut items = Vec::new();
        let mut notes = Vec::new();
        for (group, kind, by) in kinds {
            let Some(resource) = self.lookup.resource(group, kind) else { continue };
            let mut want = self.lookup.want(resource, namespace.as_str());
            match by {
                By::Selector => want.labels = Clean::new(selector),
                By::SameName => want = self.lookup.one(resource, namespace.as_str(), name.as_str()),
                By::Owner | By::Claims => {}
            }
            let found = self.lookup.list(want);
            let rows: Vec<&Row> = match by {
                By::Selector | By::Owner => found.owned_by(uid),
                By::SameName => found.named(namespace.as_str(), name.as_str()).into_iter().collect(),
                By::Claims => {
                    let made = |row: &&&Row| is_claim_of(row.name.as_str(), name.as_str());
                    found.rows.iter().filter(made).copied().collect()
                }
            };
            items.extend(rows.into_iter().map(|row| self.row_item(path, resource, &found, row)));
            match &found.state {
                State::Loading => notes.push((format!("{}: loading", plural_words(kind)), Role::Progress)),
                State::Denied(failure) if !guessed => {
                    notes.push((format!("{}: {}", plural_words(kind), failure_word(failure.kind)), Role::Warn));
                }
                State::Denied(_) | State::Complete => {}
            }
        }
        let count = items.len() + notes.len();
        if count == 0 && !kinds.is_empty() {
            let said = if guessed { "nothing of the usual kinds" } else { "nothing" };
            self.say(&format!("{path}/none"), depth, said, Role::Faint);
        }
        self.put(items, depth, true);
        for (note, role) in notes {
            self.say(&format!("{path}/{note}"), depth, &note, role);
        }
        count
    }

    /// What the object names and selects.
    fn refers_to(&mut self, edges: &[Edge]) {
        let edges: Vec<&Edge> = edges.iter().filter(|edge| edge.relation != OWNER).collect();
        if edges.is_empty() || !self.head("refers", 0, "Refers to", ("", Role::Text), true) {
            return;
        }
        self.edges("refers", 1, &edges);
    }

    fn edges(&mut self, path: &str, depth: usize, edges: &[&Edge]) {
        // One object may be named in several ways; that is one line.
        let mut named: Vec<(&Reference, Vec<&str>, bool)> = Vec::new();
        let mut places: BTreeMap<(&str, &str, &str, &str), usize> = BTreeMap::new();
        let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
        for edge in edges {
            let Goal::Object(one) = &edge.goal else { continue };
            let key = (one.group.as_str(), one.kind.as_str(), one.namespace.as_str(), one.name.as_str());
            if let Some((_, relations, optional)) = places.get(&key).and_then(|place| named.get_mut(*place)) {
                if !relations.contains(&edge.relation) {
                    relations.push(edge.relation);
                }
                *optional &= edge.optional;
                continue;
            }
            places.insert(key, named.len());
            *counts.entry((key.0, key.1, key.2)).or_default() += 1;
            named.push((one, vec![edge.relation], edge.optional));
        }
        let mut items = Vec::new();
        for (one, relations, optional) in named {
            let resource = self.lookup.resource(one.group.as_str(), one.kind.as_str()).cloned();
            let many = counts.get(&(one.group.as_str(), one.kind.as_str(), one.namespace.as_str()));
            let found = resource.map(|resource| {
                let namespace = if resource.namespaced { one.namespace.as_str() } else { "" };
                let want = if many.is_some_and(|many| *many > ONE_BY_ONE) {
                    self.lookup.want(&resource, namespace)
                } else {
                    self.lookup.one(&resource, namespace, one.name.as_str())
                };
                let found = self.lookup.list(want);
                let row = found.named(namespace, one.name.as_str());
                (found, row)
            });
            let at = format!("{path}/{}/{}/{}", one.kind, one.namespace, one.name);
            let mut item = self.item(at, one, found.as_ref().map(|(found, row)| (&**found, *row)));
            if optional && item.status.0 == "not found" {
                item.status = ("not found, optional".to_owned(), Role::Muted);
                item.mark = None;
            }
            item.relation = relations.join(", ");
            items.push(item);
        }
        self.put(items, depth, false);
        for edge in edges {
            let Goal::Selected(selection) = &edge.goal else { continue };
            self.selection(path, depth, edge.relation, selection);
        }
    }

    /// What labels select.
    fn selection(&mut self, path: &str, depth: usize, relation: &str, selection: &Selection) {
        let path = format!("{path}/{relation}/{}", selection.labels);
        let Some(resource) = self.lookup.resource(selection.group.as_str(), selection.kind.as_str()).cloned() else {
            return;
        };
        let all = if selection.labels.is_empty() { "all of them" } else { selection.labels.as_str() };
        let words = format!("{relation} {}", plural_words(selection.kind.as_str()));
        let default = depth == 1;
        if !self.is_open(&path, default) {
            self.head(&path, depth, &words, (all, Role::Muted), default);
            return;
        }
        let mut want = self.lookup.want(&resource, selection.namespace.as_str());
        want.labels = selection.labels.clone();
        let found = self.lookup.list(want);
        let note = match &found.state {
            State::Loading => "loading".to_owned(),
            State::Denied(failure) => failure_word(failure.kind).to_owned(),
            State::Complete if found.rows.is_empty() => "none".to_owned(),
            State::Complete => found.rows.len().to_string(),
        };
        let role = if note == "none" { Role::Warn } else { Role::Muted };
        self.head(&path, depth, &words, (&format!("{all}: {note}"), role), default);
        let items = found.rows.iter().map(|row| self.row_item(&path, &resource, &found, row)).collect();
        self.put(items, depth + 1, true);
    }

    /// What belongs to an object further down: what it owns and what it refers to.
    fn inside(&mut self, path: &str, depth: usize, within: &Within<'a>) {
        let resource = &within.resource;
        let key = (resource.name.group.as_str(), resource.kind.as_str());
        let mut any = false;
        if let Some(row) = within.row
            && !owned_kinds(key.0, key.1).0.is_empty()
        {
            let selector = row.fact(|fact| match fact {
                Fact::Selector(text) => Some(text.as_str()),
                _ => None,
            });
            let names = (&within.namespace, &within.name);
            self.children(path, depth, key, names, &row.uid, selector.unwrap_or_default());
            any = true;
        }
        let mut want = self.lookup.one(resource, within.namespace.as_str(), within.name.as_str());
        want.shape = Shape::References;
        let found = self.lookup.list(want);
        let Some(row) = found.named(within.namespace.as_str(), within.name.as_str()) else {
            match &found.state {
                State::Loading => self.say(&format!("{path}/loading"), depth, "loading", Role::Progress),
                State::Denied(failure) => {
                    let said = failure_word(failure.kind).to_owned();
                    self.say(&format!("{path}/denied"), depth, &said, Role::Warn);
                }
                State::Complete => self.say(&format!("{path}/gone"), depth, "not found", Role::Error),
            }
            return;
        };
        let edges: Vec<Edge> = row.facts.iter().filter_map(edge_of).collect();
        let edges: Vec<&Edge> = edges.iter().filter(|edge| edge.relation != OWNER).collect();
        if edges.is_empty() && !any {
            self.say(&format!("{path}/nothing"), depth, "refers to nothing", Role::Faint);
        }
        self.edges(path, depth, &edges);
    }
}

/// The edge that a fact tells of.
fn edge_of(fact: &Fact) -> Option<Edge> {
    let (relation, goal) = match fact {
        Fact::Names(relation, one) | Fact::MayName(relation, one) => (*relation, Goal::Object(one.clone())),
        Fact::Selects(relation, some) => (*relation, Goal::Selected(some.clone())),
        Fact::Selector(_) | Fact::Node(_) => return None,
    };
    Some(Edge {
        relation,
        goal,
        optional: matches!(fact, Fact::MayName(..)),
    })
}
