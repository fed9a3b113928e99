//! The object of a detail: its own live list of one, the last state that was seen, and what stands around it.

use crate::describe::{Around, Companion, Listed, Subject};
use crate::kinds::{ResourceName, Row, Uid, Whole};
use crate::msg::{Failure, Phase};
use crate::screens::common::down;
use crate::screens::{ObjectName, Shared};
use crate::text::Clean;
use crate::want::{ListWant, Scope, Shape};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How an object stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Not here yet.
    #[default]
    Loading,
    /// Here and live.
    Live,
    /// What is shown is the last good state; the connection is broken.
    Stale(Clean),
    /// It was deleted, at this time in unix seconds by the server's clock; its last state is shown.
    Deleted(i64),
    /// It was deleted, and another object has its name now.
    Replaced,
    /// There is no such object.
    Missing,
    /// It may not be read, or cannot be.
    Denied(Failure),
}

/// The object of a detail.
#[derive(Debug)]
pub struct Object {
    /// Which one.
    pub name: ObjectName,
    /// Its last state that was seen.
    pub whole: Option<Arc<Whole>>,
    /// The resourceVersion of that state.
    pub version: u64,
    /// How it stands.
    pub standing: Standing,
    /// What this run has seen of it.
    pub(super) recorder: super::history::Recorder,
    uid: Option<Uid>,
}

/// The list that a companion is.
pub(super) fn list_of(object: &ObjectName, companion: &Companion, shape: Shape) -> ListWant {
    ListWant {
        cluster: object.cluster,
        resource: companion.resource.clone(),
        scope: if companion.namespace.is_empty() {
            Scope::All
        } else {
            Scope::Namespaces(vec![companion.namespace.clone()])
        },
        labels: companion.labels.clone(),
        fields: companion.fields.clone(),
        shape,
    }
}

/// How far a list of whole objects is there.
pub(super) fn listed(shared: &Shared, list: &ListWant) -> Listed {
    let Some(table) = shared.tables.get(list) else {
        return Listed::Loading;
    };
    let mut failure = None;
    for source in table.sources() {
        match &source.phase {
            Phase::Stopped(stopped) => failure = Some(stopped.clone()),
            Phase::Backoff { failure: broken, .. } if !source.complete => failure = Some(broken.clone()),
            _ if !source.complete => return Listed::Loading,
            _ => {}
        }
    }
    if let Some(failure) = failure {
        return Listed::Denied(failure);
    }
    let there = table
        .ids()
        .filter(|id| !matches!(table.mark(*id), crate::store::Mark::Gone(_)));
    let mut rows: Vec<&Row> = there.filter_map(|id| table.row(id)).collect();
    rows.sort_by(|one, other| (&one.namespace, &one.name).cmp(&(&other.namespace, &other.name)));
    Listed::Objects(rows.into_iter().filter_map(|row| row.whole.clone()).collect())
}

impl Object {
    /// Before anything is known of it.
    pub fn new(name: ObjectName) -> Object {
        Object {
            uid: name.uid.clone(),
            name,
            whole: None,
            version: 0,
            standing: Standing::Loading,
            recorder: super::history::Recorder::default(),
        }
    }

    /// Its kind as the cluster serves it; until discovery has answered, as we know it. (group, kind, version)
    pub fn kind(&self, shared: &Shared) -> (Clean, Clean, Clean) {
        let group = self.name.resource.group.clone();
        let served = shared
            .clusters
            .get(&self.name.cluster)
            .and_then(|state| state.catalog.find(&self.name.resource));
        match served {
            Some(served) => (group, served.kind.clone(), served.version.clone()),
            None => (group, self.name.resource.resource.clone(), Clean::default()),
        }
    }

    /// The list of one that keeps it live.
    pub fn list(&self) -> ListWant {
        let one = Companion::named("", "", self.name.namespace.as_str(), self.name.name.as_str());
        let one = Companion {
            resource: self.name.resource.clone(),
            ..one
        };
        list_of(&self.name, &one, Shape::Whole)
    }

    /// The list of the events about it. A node's events are found by its name: its uid there is its name.
    pub fn events_list(&self) -> ListWant {
        let mut fields = format!("involvedObject.name={}", self.name.name);
        if !self.name.namespace.is_empty() {
            fields = format!("{fields},involvedObject.namespace={}", self.name.namespace);
        }
        if let (Some(uid), true) = (&self.uid, self.name.resource.resource.as_str() != "nodes") {
            fields = format!("{fields},involvedObject.uid={uid}");
        }
        let companion = Companion {
            resource: ResourceName::new("", "events"),
            namespace: self.name.namespace.clone(),
            labels: Clean::default(),
            fields: Clean::new(&fields),
        };
        list_of(&self.name, &companion, Shape::Whole)
    }

    /// Takes in what its list says. Says whether its state is another one.
    pub fn refresh(&mut self, shared: &Shared) -> bool {
        let before = (self.version, self.standing.clone());
        let Some(table) = shared.tables.get(&self.list()) else {
            return false;
        };
        let there = |id: &crate::store::RowId| !matches!(table.mark(*id), crate::store::Mark::Gone(_));
        let rows = || table.ids().filter(there).filter_map(|id| table.row(id));
        // While a list comes in again, the old one and the one that has its name now may both be there.
        let own = rows().find(|row| self.uid.as_ref() == Some(&row.uid));
        let row = own.or_else(|| rows().next());
        if let Some(row) = row {
            match &self.uid {
                Some(uid) if *uid != row.uid => {
                    // What was opened is gone. What has its name now is another object and is said to be.
                    self.standing = Standing::Replaced;
                    self.recorder.gone(true, shared.now(self.name.cluster));
                    return before.1 != self.standing;
                }
                _ => {}
            }
            self.uid = Some(row.uid.clone());
            if let Some(new) = &row.whole
                && (self.version != row.version || self.whole.is_none())
            {
                let old = self.whole.as_ref().map(|whole| &whole.value);
                self.recorder.see(old, &new.value, shared.now(self.name.cluster));
                self.whole.clone_from(&row.whole);
                self.version = row.version;
            }
        }
        let source = table.sources().first();
        self.standing = match source.map(|source| (&source.phase, source.complete)) {
            Some((Phase::Stopped(failure), _)) => Standing::Denied(failure.clone()),
            Some((Phase::Backoff { failure, .. }, _)) if self.whole.is_some() => {
                Standing::Stale(failure.message.clone())
            }
            Some((Phase::Backoff { failure, .. }, _)) => Standing::Denied(failure.clone()),
            Some((_, true)) if row.is_none() => match (&self.whole, &self.standing) {
                (_, Standing::Deleted(at)) => Standing::Deleted(*at),
                (Some(_), _) => Standing::Deleted(shared.now(self.name.cluster)),
                (None, _) => Standing::Missing,
            },
            // Rows outlive their connection; what they say is old then.
            Some((Phase::Waiting, _)) if self.whole.is_some() && down(shared, self.name.cluster).is_some() => {
                Standing::Stale(
                    down(shared, self.name.cluster).map_or_else(Clean::default, |failure| failure.message.clone()),
                )
            }
            _ if row.is_some() => Standing::Live,
            _ if self.whole.is_some() => match &self.standing {
                Standing::Deleted(at) => Standing::Deleted(*at),
                Standing::Replaced => Standing::Replaced,
                _ => Standing::Stale(match down(shared, self.name.cluster) {
                    Some(failure) => failure.message.clone(),
                    None => Clean::new("it is being read again"),
                }),
            },
            _ => Standing::Loading,
        };
        if matches!(self.standing, Standing::Deleted(_)) {
            self.recorder.gone(false, shared.now(self.name.cluster));
        }
        before != (self.version, self.standing.clone())
    }

    /// Gives a description what it needs, and learns which companions it has asked for.
    pub fn describe<R>(
        &self,
        shared: &Shared,
        asked: &RefCell<BTreeSet<Companion>>,
        act: impl FnOnce(&Subject<'_>, &Around<'_>) -> R,
    ) -> Option<R> {
        let whole = self.whole.as_ref()?;
        let (group, kind, _) = self.kind(shared);
        let subject = Subject {
            group: group.as_str(),
            kind: kind.as_str(),
            resource: self.name.resource.resource.as_str(),
            object: &whole.value,
        };
        let find = |companion: &Companion| {
            asked.borrow_mut().insert(companion.clone());
            listed(shared, &list_of(&self.name, companion, Shape::Whole))
        };
        let state = shared.clusters.get(&self.name.cluster);
        let resource = |group: &str, kind: &str| {
            let found = state?.catalog.by_kind(group, kind)?;
            Some((found.name.clone(), found.namespaced))
        };
        let events = listed(shared, &self.events_list());
        let around = Around {
            find: &find,
            events: &events,
            now: shared.now(self.name.cluster),
            resource: &resource,
            minor: state.and_then(|state| minor(state.server.as_ref()?.version.as_str())),
        };
        Some(act(&subject, &around))
    }
}

/// The minor version in `v1.34.1+k3s1`.
fn minor(version: &str) -> Option<u32> {
    let digits = version.split('.').nth(1)?;
    digits
        .trim_end_matches(|character: char| !character.is_ascii_digit())
        .parse()
        .ok()
}

impl Object {
    /// What it is called in a sentence: `Pod shop/web`.
    pub(super) fn called(&self, shared: &Shared) -> String {
        let (_, kind, _) = self.kind(shared);
        let namespace = if self.name.namespace.is_empty() {
            String::new()
        } else {
            format!("{}/", self.name.namespace)
        };
        format!("{kind} {namespace}{}", self.name.name)
    }

    /// What one must know of the text below: that it is old, and why. Nothing while there is no text or all is well.
    pub(super) fn news(&self, shared: &Shared) -> Option<(String, crate::theme::Role)> {
        use crate::theme::Role;
        self.whole.as_ref()?;
        Some(match &self.standing {
            Standing::Stale(why) => (format!("stale: {why}"), Role::Stale),
            Standing::Deleted(_) => ("it was deleted; this is its last state".to_owned(), Role::Error),
            Standing::Replaced => (
                "it was deleted, and another one has its name now; this is the last state of the old one".to_owned(),
                Role::Error,
            ),
            Standing::Denied(failure) => (format!("this is its last state: {}", failure.message), Role::Error),
            Standing::Live => match self.polled(shared) {
                Some((reason, every)) => (format!("read every {} s: {reason}", every.as_secs()), Role::Progress),
                None => return None,
            },
            Standing::Loading | Standing::Missing => return None,
        })
    }

    /// Why there is no text at all, and what to do about it.
    pub(super) fn nothing(&self, shared: &Shared) -> String {
        let called = self.called(shared);
        let retry = crate::screens::common::key_in(shared, crate::keys::Layer::Document, "retry");
        let again = if retry.is_empty() {
            String::new()
        } else {
            format!(" {retry} tries again.")
        };
        match &self.standing {
            Standing::Denied(failure) => {
                let remedy = failure
                    .remedy
                    .as_ref()
                    .map_or_else(String::new, |remedy| format!(" To do: {remedy}."));
                format!(
                    "{called} cannot be shown: {}.{remedy}{again}",
                    failure.message.as_str().trim_end_matches('.')
                )
            }
            Standing::Missing => format!("There is no {called}. It appears here as soon as there is one."),
            _ => match down(shared, self.name.cluster) {
                Some(failure) => format!("{called} waits for the connection: {}.", failure.message),
                None => format!("{called} is loading."),
            },
        }
    }

    /// Why and how often it is read again and again, where it cannot be watched.
    pub(super) fn polled<'a>(&self, shared: &'a Shared) -> Option<(&'a Clean, Duration)> {
        match &shared.tables.get(&self.list())?.sources().first()?.phase {
            Phase::Polling { reason, every } => Some((reason, *every)),
            _ => None,
        }
    }

    /// How it stands, in words; nothing while all is well.
    pub fn said(&self, shared: &Shared) -> (String, crate::theme::Role) {
        use crate::theme::Role;
        match &self.standing {
            Standing::Loading => ("loading".to_owned(), Role::Progress),
            Standing::Live => match self.polled(shared) {
                Some((_, every)) => (format!("every {} s", every.as_secs()), Role::Progress),
                None => (String::new(), Role::Text),
            },
            Standing::Stale(_) => ("stale".to_owned(), Role::Stale),
            Standing::Deleted(at) => {
                let ago = crate::text::human_duration((shared.now(self.name.cluster) - at).max(0));
                (format!("deleted {ago} ago"), Role::Error)
            }
            Standing::Replaced => ("replaced".to_owned(), Role::Error),
            Standing::Missing => ("not found".to_owned(), Role::Error),
            Standing::Denied(failure) => (
                crate::screens::common::failure_word(failure.kind).to_owned(),
                Role::Error,
            ),
        }
    }
}
