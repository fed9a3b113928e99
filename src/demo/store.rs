//! The objects, one growing resourceVersion, and the log of what happened, with a floor.
//!
//! The store knows nothing of HTTP. It is changed under one lock and never waits.

use super::clock::rfc3339;
use super::object::{Body, Bulk, Key, Object, labels_of};
use super::resource::{Profile, Registry, Resource, ResourceId};
use super::rng::{Rng, Uid};
use super::select::{FieldTerm, Requirement, labels_match};
use super::status::Status;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// At most this many events are remembered …
const LOG_EVENTS: usize = 50_000;
/// … and at most this many bytes of bodies.
const LOG_BYTES: usize = 32 << 20;

/// One change: `before` is None for a creation, `gone` marks a removal (then `object` is the final state).
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub version: u64,
    pub resource: ResourceId,
    pub before: Option<Arc<Object>>,
    pub object: Arc<Object>,
    pub gone: bool,
}

/// What a list or a watch asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    pub namespace: Option<String>,
    pub name: Option<String>,
    pub labels: Vec<Requirement>,
    pub fields: Vec<FieldTerm>,
}

impl Selection {
    /// True when the object belongs to the selection.
    pub(super) fn matches(&self, object: &Object) -> bool {
        self.namespace.as_ref().is_none_or(|n| **n == *object.namespace)
            && self.name.as_ref().is_none_or(|n| **n == *object.name)
            && labels_match(&self.labels, &object.labels)
            && self
                .fields
                .iter()
                .all(|term| (object.field(&term.path) == term.value) == term.equal)
    }
}

/// The world's objects.
#[derive(Debug)]
pub(super) struct Store {
    pub registry: Registry,
    tables: BTreeMap<ResourceId, BTreeMap<Key, Arc<Object>>>,
    log: VecDeque<Entry>,
    log_bytes: usize,
    version: u64,
    /// Versions below this one are forgotten.
    floor: u64,
    rng: Rng,
}

impl Store {
    /// An empty store.
    pub(super) fn new(profile: Profile, seed: u64) -> Store {
        Store {
            registry: Registry::new(profile),
            tables: BTreeMap::new(),
            log: VecDeque::new(),
            log_bytes: 0,
            version: 4_812_300,
            floor: 0,
            rng: Rng::new(seed ^ 0x5eed),
        }
    }

    /// The version of the last change.
    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// Versions below this one are forgotten.
    pub(super) fn floor(&self) -> u64 {
        self.floor
    }

    /// Forgets all events up to now, as a compaction does.
    pub(super) fn compact(&mut self) {
        self.log.clear();
        self.log_bytes = 0;
        self.floor = self.version;
    }

    /// A resource by group and plural name.
    pub(super) fn resource(&self, group: &str, plural: &str) -> Option<Arc<Resource>> {
        self.registry.find(group, plural).cloned()
    }

    /// Where a resource's objects are kept; the two event APIs show the same objects.
    pub(super) fn table_of(&self, resource: &Resource) -> ResourceId {
        if resource.group == "events.k8s.io"
            && let Some(core) = self.registry.find("", "events")
        {
            return core.id;
        }
        resource.id
    }

    /// All objects of a table, in key order.
    pub(super) fn objects(&self, id: ResourceId) -> impl Iterator<Item = &Arc<Object>> {
        self.tables.get(&id).into_iter().flat_map(BTreeMap::values)
    }

    /// The objects of a table in one namespace, without looking at the others.
    pub(super) fn within(&self, id: ResourceId, namespace: &str) -> impl Iterator<Item = &Arc<Object>> {
        let namespace: Arc<str> = namespace.into();
        let from = (namespace.clone(), Arc::from(""));
        let table = self.tables.get(&id).into_iter();
        table
            .flat_map(move |t| t.range(from.clone()..))
            .map(|(_, o)| o)
            .take_while(move |o| o.namespace == namespace)
    }

    /// All objects of a built-in resource.
    pub(super) fn all(&self, group: &str, plural: &str) -> Vec<Arc<Object>> {
        self.registry
            .find(group, plural)
            .map(|r| self.objects(r.id).cloned().collect())
            .unwrap_or_default()
    }

    /// One object.
    pub(super) fn get(&self, id: ResourceId, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.tables
            .get(&id)?
            .get(&(Arc::from(namespace), Arc::from(name)))
            .cloned()
    }

    /// One object of a built-in resource, parsed.
    pub(super) fn value(&self, group: &str, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let resource = self.registry.find(group, plural)?;
        Some(self.get(resource.id, namespace, name)?.value())
    }

    /// Objects whose controller or owner has this uid.
    pub(super) fn owned_by(&self, uid: Uid) -> Vec<(ResourceId, Arc<Object>)> {
        let mut found = Vec::new();
        for (id, table) in &self.tables {
            found.extend(
                table
                    .values()
                    .filter(|o| o.owner == Some(uid))
                    .map(|o| (*id, o.clone())),
            );
        }
        found
    }

    /// Stores an object (created or changed), under the next version; fills in what the server fills in.
    pub(super) fn put(&mut self, id: ResourceId, mut value: Value, now: i64) -> Arc<Object> {
        self.version += 1;
        let version = self.version;
        if let Some(map) = value.as_object_mut() {
            map.remove("kind");
            map.remove("apiVersion");
        }
        if !value["metadata"].is_object() {
            value["metadata"] = json!({});
        }
        let metadata = &mut value["metadata"];
        let text = |v: &Value| Arc::<str>::from(v.as_str().unwrap_or_default());
        let (namespace, name) = (text(&metadata["namespace"]), text(&metadata["name"]));
        let uid = match metadata["uid"].as_str() {
            Some(uid) => Uid::parse(uid),
            None => self.rng.uid().canonical(),
        };
        metadata["uid"] = uid.to_string().into();
        metadata["resourceVersion"] = version.to_string().into();
        if !metadata["creationTimestamp"].is_string() {
            metadata["creationTimestamp"] = rfc3339(now).into();
        }
        let owners = metadata["ownerReferences"].as_array();
        let owner = owners.and_then(|list| list.iter().find(|o| o["controller"] == true).or(list.first()));
        let owner = owner.and_then(|o| o["uid"].as_str()).map(Uid::parse);
        let labels = metadata.as_object().map(labels_of).unwrap_or_else(|| Vec::new().into());
        // Indexing put a null where the field was missing; a server writes no nulls there.
        if let Some(map) = metadata.as_object_mut() {
            map.retain(|_, v| !v.is_null());
        }
        let body = Body::Plain(Bytes::from(value.to_string()));
        let object = Arc::new(Object {
            namespace,
            name,
            uid,
            version,
            labels,
            owner,
            body,
        });
        self.insert(id, object.clone());
        if self
            .registry
            .get(id)
            .is_some_and(|r| r.plural == "customresourcedefinitions")
        {
            self.registry.add_custom(&value);
        }
        object
    }

    /// Stores a pod of the big world.
    pub(super) fn put_bulk(&mut self, id: ResourceId, namespace: Arc<str>, name: Arc<str>, uid: Uid, bulk: Bulk) {
        self.version += 1;
        let (labels, owner) = (bulk.template.labels.clone(), bulk.template.owner);
        let body = Body::Bulk(bulk);
        self.insert(
            id,
            Arc::new(Object {
                namespace,
                name,
                uid,
                version: self.version,
                labels,
                owner,
                body,
            }),
        );
    }

    fn insert(&mut self, id: ResourceId, object: Arc<Object>) {
        let before = self.tables.entry(id).or_default().insert(object.key(), object.clone());
        self.record(Entry {
            version: object.version,
            resource: id,
            before,
            object,
            gone: false,
        });
    }

    /// Changes an object; None when it does not exist or nothing changed.
    pub(super) fn change(
        &mut self,
        id: ResourceId,
        namespace: &str,
        name: &str,
        now: i64,
        change: impl FnOnce(&mut Value),
    ) -> Option<Arc<Object>> {
        let object = self.get(id, namespace, name)?;
        let old = object.value();
        let mut new = old.clone();
        change(&mut new);
        if new == old {
            return None;
        }
        if new.get("spec") != old.get("spec")
            && let Some(generation) = old["metadata"]["generation"].as_i64()
        {
            new["metadata"]["generation"] = (generation + 1).into();
        }
        Some(self.put(id, new, now))
    }

    /// Removes an object and remembers its final state.
    pub(super) fn remove(&mut self, id: ResourceId, namespace: &str, name: &str) -> Option<Arc<Object>> {
        let key = (Arc::from(namespace), Arc::from(name));
        let before = self.tables.get_mut(&id)?.remove(&key)?;
        self.version += 1;
        let body = match &before.body {
            Body::Plain(_) => {
                let mut value = before.value();
                value["metadata"]["resourceVersion"] = self.version.to_string().into();
                if self
                    .registry
                    .get(id)
                    .is_some_and(|r| r.plural == "customresourcedefinitions")
                {
                    self.unregister(&value);
                }
                Body::Plain(Bytes::from(value.to_string()))
            }
            Body::Bulk(bulk) => Body::Bulk(bulk.clone()),
        };
        let object = Arc::new(Object {
            namespace: before.namespace.clone(),
            name: before.name.clone(),
            uid: before.uid,
            version: self.version,
            labels: before.labels.clone(),
            owner: before.owner,
            body,
        });
        let entry = Entry {
            version: self.version,
            resource: id,
            before: Some(before),
            object: object.clone(),
            gone: true,
        };
        self.record(entry);
        Some(object)
    }

    /// Removes the resource that a deleted definition described, with its objects.
    fn unregister(&mut self, definition: &Value) {
        let group = definition["spec"]["group"].as_str().unwrap_or_default();
        let plural = definition["spec"]["names"]["plural"].as_str().unwrap_or_default();
        let Some(id) = self.registry.find(group, plural).map(|r| r.id) else {
            return;
        };
        let keys: Vec<Key> = self.objects(id).map(|o| o.key()).collect();
        for (namespace, name) in keys {
            self.remove(id, &namespace, &name);
        }
        self.registry.hide(id);
    }

    fn record(&mut self, entry: Entry) {
        self.log_bytes += weight(&entry);
        self.log.push_back(entry);
        while self.log.len() > LOG_EVENTS || self.log_bytes > LOG_BYTES {
            let Some(old) = self.log.pop_front() else { break };
            self.log_bytes -= weight(&old);
            self.floor = old.version;
        }
    }

    /// The keys of a resource's objects that changed after `version`; None when that is forgotten.
    pub(super) fn touched_after(&self, version: u64, resource: ResourceId) -> Option<Vec<Key>> {
        let from = self.log.partition_point(|e| e.version <= version);
        let touched = self
            .log
            .range(from..)
            .filter(|e| e.resource == resource)
            .map(|e| e.object.key());
        (version >= self.floor).then(|| touched.collect())
    }

    /// Up to `limit` events after `version`, and the version reached; an error when they are forgotten.
    pub(super) fn events_after(
        &self,
        version: u64,
        resource: ResourceId,
        limit: usize,
    ) -> Result<(Vec<Entry>, u64), Status> {
        if version < self.floor {
            return Err(Status::expired(format!(
                "too old resource version: {version} ({})",
                self.floor
            )));
        }
        let from = self.log.partition_point(|e| e.version <= version);
        let mut found = Vec::new();
        for entry in self.log.range(from..) {
            if entry.resource == resource {
                found.push(entry.clone());
                if found.len() == limit {
                    return Ok((found, entry.version));
                }
            }
        }
        Ok((found, self.version))
    }

    /// The objects of a selection in key order, as they were at `version`, after the key `after`; at most `limit`.
    /// The flag says whether there are more.
    pub(super) fn snapshot(
        &self,
        id: ResourceId,
        selection: &Selection,
        version: u64,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<(Vec<Arc<Object>>, bool), Status> {
        if version < self.floor && version != self.version {
            return Err(Status::expired("The resourceVersion for the provided list is too old."));
        }
        // What has happened since is undone: the first event of a key knows what was there.
        let mut undo: BTreeMap<Key, Option<Arc<Object>>> = BTreeMap::new();
        let from = self.log.partition_point(|e| e.version <= version);
        for entry in self.log.range(from..).filter(|e| e.resource == id) {
            undo.entry(entry.object.key()).or_insert_with(|| entry.before.clone());
        }
        let empty = BTreeMap::new();
        let table = self.tables.get(&id).unwrap_or(&empty);
        let mut found: Vec<Arc<Object>> = Vec::new();
        let start = match (after, &selection.namespace) {
            (Some(key), _) => std::ops::Bound::Excluded(key.clone()),
            (None, Some(namespace)) => std::ops::Bound::Included((Arc::from(namespace.as_str()), Arc::from(""))),
            (None, None) => std::ops::Bound::Unbounded,
        };
        let mut live = table.range((start.clone(), std::ops::Bound::Unbounded)).peekable();
        let mut past = undo.range((start, std::ops::Bound::Unbounded)).peekable();
        loop {
            let object = match (live.peek(), past.peek()) {
                (Some((a, _)), Some((b, _))) if a < b => live.next().map(|(_, o)| o.clone()),
                (Some((a, _)), Some((b, _))) if a == b => {
                    live.next();
                    past.next().and_then(|(_, o)| o.clone())
                }
                (_, Some(_)) => past.next().and_then(|(_, o)| o.clone()),
                (Some(_), None) => live.next().map(|(_, o)| o.clone()),
                (None, None) => return Ok((found, false)),
            };
            let Some(object) = object else { continue };
            if selection.namespace.as_ref().is_some_and(|n| **n < *object.namespace) {
                return Ok((found, false));
            }
            if selection.matches(&object) {
                if found.len() == limit {
                    return Ok((found, true));
                }
                found.push(object);
            }
        }
    }
}

fn weight(entry: &Entry) -> usize {
    match &entry.object.body {
        Body::Plain(bytes) => bytes.len(),
        Body::Bulk(_) => 64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store_with(names: &[&str]) -> (Store, ResourceId) {
        let mut store = Store::new(Profile::Modern, 1);
        let id = store.resource("", "configmaps").unwrap().id;
        for name in names {
            store.put(id, json!({"metadata": {"name": name, "namespace": "a"}, "data": {}}), 0);
        }
        (store, id)
    }

    fn names(list: &[Arc<Object>]) -> Vec<&str> {
        list.iter().map(|o| &*o.name).collect()
    }

    #[test]
    fn pages_show_the_world_of_the_first_page() {
        let (mut store, id) = store_with(&["a", "b", "c", "d"]);
        let version = store.version();
        let (page, more) = store.snapshot(id, &Selection::default(), version, None, 2).unwrap();
        assert_eq!((names(&page), more), (vec!["a", "b"], true));
        store.remove(id, "a", "c");
        store.put(id, json!({"metadata": {"name": "cc", "namespace": "a"}}), 0);
        let after = page[1].key();
        let (page, more) = store
            .snapshot(id, &Selection::default(), version, Some(&after), 9)
            .unwrap();
        assert_eq!((names(&page), more), (vec!["c", "d"], false));
        store.compact();
        assert_eq!(
            store
                .snapshot(id, &Selection::default(), version, Some(&after), 9)
                .unwrap_err()
                .code,
            410
        );
    }

    #[test]
    fn events_below_the_floor_are_expired() {
        let (mut store, id) = store_with(&["a"]);
        let version = store.version();
        store.put(id, json!({"metadata": {"name": "b", "namespace": "a"}}), 0);
        assert_eq!(store.events_after(version, id, 9).unwrap().0.len(), 1);
        store.compact();
        assert_eq!(store.events_after(version, id, 9).unwrap_err().code, 410);
        assert!(store.events_after(store.version(), id, 9).unwrap().0.is_empty());
    }

    #[test]
    fn a_namespace_selects_its_own_objects_only() {
        let (mut store, id) = store_with(&["x"]);
        store.put(id, json!({"metadata": {"name": "y", "namespace": "b"}}), 0);
        let selection = Selection {
            namespace: Some("b".into()),
            ..Selection::default()
        };
        let (page, _) = store.snapshot(id, &selection, store.version(), None, 9).unwrap();
        assert_eq!(names(&page), ["y"]);
    }
}
