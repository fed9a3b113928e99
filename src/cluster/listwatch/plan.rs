//! The plan of a list: which version of its kind is read and how, by what is known at the moment. A core kind begins with
//! the version we read best, beside discovery and not after it; every other kind waits for the catalog.

use super::reader::{ContainerRows, How};
use crate::kinds::{Catalog, Column, Kind};
use crate::text::Clean;
use crate::want::ListWant;

/// What this room asks of the kinds; the runtime passes theirs, tests their own.
#[derive(Clone, Copy, Debug)]
pub struct KindTable {
    /// What is known of a kind, by group and plural.
    pub kind: fn(&str, &str) -> Option<&'static Kind>,
    /// A pod's containers as rows, and their columns.
    pub containers: (ContainerRows, &'static [Column]),
}

impl KindTable {
    /// What the kinds room knows.
    pub const KINDS: KindTable = KindTable {
        kind: crate::kinds::kind,
        containers: (crate::kinds::container::containers, crate::kinds::container::COLUMNS),
    };
}

/// How a list is read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// From bytes to rows.
    pub how: How,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Whether discovery lists the verb watch.
    pub watchable: bool,
}

/// What is known about a wanted list.
#[derive(Clone, Debug)]
pub enum Plan {
    /// It can be read.
    Read {
        /// Version.
        version: Clean,
        /// Kind in CamelCase.
        kind: Clean,
        /// How.
        reading: Reading,
        /// Discovery has not confirmed it.
        guessed: bool,
    },
    /// Discovery will tell.
    Unknown,
    /// Discovery has told: there is no such thing.
    Gone,
}

impl Plan {
    /// The plan for a want by what the catalog says now. An empty catalog has not been answered yet.
    pub fn of(want: &ListWant, catalog: &Catalog, kinds: KindTable) -> Plan {
        let name = &want.resource;
        let kind = (kinds.kind)(name.group.as_str(), name.resource.as_str());
        let how = |version: &str| {
            let how = How::choose(kind, version, want.shape, kinds.containers);
            how.references(name.group.as_str(), name.resource.as_str())
        };
        if let Some(resource) = catalog.resources.iter().find(|resource| resource.name == *name) {
            return Plan::Read {
                version: resource.version.clone(),
                kind: resource.kind.clone(),
                reading: Reading {
                    how: how(resource.version.as_str()),
                    namespaced: resource.namespaced,
                    watchable: resource.verbs.watch,
                },
                guessed: false,
            };
        }
        let unanswered = catalog.resources.is_empty();
        let group_failed = catalog.failed.iter().any(|(failed, _)| match failed.as_str() {
            "v1" => name.group.is_empty(),
            "/apis" => !name.group.is_empty(),
            failed => failed.split_once('/').map_or(failed, |(group, _)| group) == name.group.as_str(),
        });
        if !unanswered && !group_failed {
            return Plan::Gone;
        }
        match kind.and_then(|kind| Some((kind, kind.versions.first()?))) {
            Some((kind, version)) => Plan::Read {
                version: Clean::new(version),
                kind: Clean::new(kind.kind),
                reading: Reading {
                    how: how(version),
                    namespaced: kind.namespaced,
                    watchable: true,
                },
                guessed: true,
            },
            None => Plan::Unknown,
        }
    }

    /// Whether discovery has not confirmed it.
    pub fn is_guessed(&self) -> bool {
        matches!(self, Plan::Read { guessed: true, .. })
    }

    /// Whether a list that runs by this plan must begin anew to follow the other.
    pub fn differs(&self, other: &Plan) -> bool {
        match (self, other) {
            (
                Plan::Read {
                    version: old,
                    reading: was,
                    ..
                },
                Plan::Read {
                    version: new,
                    reading: is,
                    ..
                },
            ) => old != new || was.namespaced != is.namespaced || was.watchable != is.watchable,
            (Plan::Unknown, Plan::Unknown) | (Plan::Gone, Plan::Gone) => false,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{Resource, ResourceName, Verbs};
    use crate::want::{ClusterId, Scope, Shape};
    use std::sync::Arc;

    fn catalog(resource: Option<(&str, &str, &str)>, failed: &[&str]) -> Catalog {
        let resources = resource.map(|(group, plural, version)| {
            Arc::new(Resource {
                name: ResourceName::new(group, plural),
                version: Clean::new(version),
                served: Vec::new(),
                kind: Clean::default(),
                singular: Clean::default(),
                short_names: Vec::new(),
                categories: Vec::new(),
                namespaced: true,
                verbs: Verbs::default(),
                subresources: Vec::new(),
            })
        });
        Catalog {
            resources: resources.into_iter().collect(),
            failed: failed
                .iter()
                .map(|failed| (Clean::new(failed), Clean::default()))
                .collect(),
        }
    }

    #[test]
    fn what_the_catalog_says_decides() {
        let pods = Some(("", "pods", "v1"));
        for (group, plural, catalog, expected) in [
            ("", "pods", catalog(None, &[]), "guess v1"),
            ("example.dev", "websites", catalog(None, &[]), "unknown"),
            ("example.dev", "websites", catalog(pods, &[]), "gone"),
            ("example.dev", "websites", catalog(pods, &["example.dev/v1"]), "unknown"),
            ("apps", "deployments", catalog(pods, &["/apis"]), "guess v1"),
            ("apps", "deployments", catalog(pods, &["batch/v1"]), "gone"),
            (
                "",
                "nodes",
                catalog(Some(("apps", "deployments", "v1")), &["v1"]),
                "guess v1",
            ),
            (
                "batch",
                "cronjobs",
                catalog(Some(("batch", "cronjobs", "v1beta1")), &[]),
                "read v1beta1",
            ),
        ] {
            let want = ListWant {
                cluster: ClusterId(0),
                resource: ResourceName::new(group, plural),
                scope: Scope::All,
                labels: Clean::default(),
                fields: Clean::default(),
                shape: Shape::Objects,
            };
            let told = match Plan::of(&want, &catalog, KindTable::KINDS) {
                Plan::Read {
                    version, guessed: true, ..
                } => format!("guess {}", version.as_str()),
                Plan::Read { version, .. } => format!("read {}", version.as_str()),
                Plan::Unknown => "unknown".to_owned(),
                Plan::Gone => "gone".to_owned(),
            };
            assert_eq!(told, expected, "{plural}.{group}");
        }
    }
}
