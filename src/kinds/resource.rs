//! Resources: what a server serves, and which of it a name means. A kind is (group, resource); discovery chooses the version.

use crate::text::{Clean, nearest};
use std::sync::Arc;

/// The identity of a kind: group and plural resource name. The same kind in two groups is two kinds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceName {
    /// API group, empty for core.
    pub group: Clean,
    /// Plural resource name, lower case.
    pub resource: Clean,
}

impl ResourceName {
    /// Names a resource.
    pub fn new(group: &str, resource: &str) -> ResourceName {
        ResourceName {
            group: Clean::new(group),
            resource: Clean::new(resource),
        }
    }
}

impl std::fmt::Display for ResourceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.resource.as_str())?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group.as_str())?;
        }
        Ok(())
    }
}

/// The verbs discovery lists for a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verbs {
    /// get
    pub get: bool,
    /// list
    pub list: bool,
    /// watch
    pub watch: bool,
    /// create
    pub create: bool,
    /// update
    pub update: bool,
    /// patch
    pub patch: bool,
    /// delete
    pub delete: bool,
}

/// One resource as discovery describes it, at the version that is served and that we read best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Group and plural.
    pub name: ResourceName,
    /// The version in use.
    pub version: Clean,
    /// All served versions, the server's preferred one first.
    pub served: Vec<Clean>,
    /// Kind in CamelCase.
    pub kind: Clean,
    /// Singular, lower case.
    pub singular: Clean,
    /// Short names.
    pub short_names: Vec<Clean>,
    /// Categories such as `all`.
    pub categories: Vec<Clean>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// What can be done with it.
    pub verbs: Verbs,
    /// Subresources, such as `scale` and `status`.
    pub subresources: Vec<Clean>,
}

/// Everything a server serves, as far as discovery could find out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Resources: core first, then the server's group order; within a group by name.
    pub resources: Vec<Arc<Resource>>,
    /// Groups or group versions that failed, with what the server said. They never hide the others.
    pub failed: Vec<(Clean, Clean)>,
}

/// A word that names nothing this server serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The word.
    pub word: Clean,
    /// What was probably meant.
    pub nearest: Option<Clean>,
}

impl std::fmt::Display for Unresolved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.word.is_empty() {
            return f.write_str("name a kind, such as pods or svc");
        }
        write!(f, "this cluster has no kind \"{}\"", self.word.as_str())?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean {}?", nearest.as_str()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unresolved {}

/// The core kinds that discovery puts into the category `all`, for the time before it has answered.
const IN_ALL: [&str; 10] = [
    "pods",
    "replicationcontrollers",
    "services",
    "daemonsets",
    "deployments",
    "replicasets",
    "statefulsets",
    "horizontalpodautoscalers",
    "cronjobs",
    "jobs",
];

impl Catalog {
    /// What Portolan knows by itself, so that core kinds resolve and list before discovery has answered. Versions are
    /// the ones we read best; a server that does not serve them answers 404, and discovery knows better a moment later.
    pub fn known() -> Catalog {
        let mut resources: Vec<Arc<Resource>> = super::ALL.iter().map(|kind| Arc::new(built_in(kind))).collect();
        // Core first; the sort is stable, so the rest stays in the order of the list.
        resources.sort_by_key(|resource| !resource.name.group.is_empty());
        Catalog {
            resources,
            failed: Vec::new(),
        }
    }

    /// The resource of this group and plural name.
    pub fn find(&self, name: &ResourceName) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|resource| resource.name == *name)
    }

    /// The resource whose objects are of this kind (case counts, as it does in an apiVersion and kind).
    pub fn by_kind(&self, group: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.resources
            .iter()
            .find(|resource| resource.name.group.as_str() == group && resource.kind.as_str() == kind)
    }

    /// What a word means, by kubectl's rules: plural, singular, kind or short name in any case, alone or followed by
    /// `.group` or `.version.group` (a group may be cut short), else a category such as `all`.
    ///
    /// An exact plural always wins; among others, and among equals, core comes first and then the server's group
    /// order. A category gives several resources (those that can be listed), all else one. The version of
    /// `resource.version.group` must be served, but the resource comes back with the version in use.
    pub fn resolve(&self, word: &str) -> Result<Vec<Arc<Resource>>, Unresolved> {
        let lower = word.trim().to_lowercase();
        let (name, rest) = lower.split_once('.').unwrap_or((&lower, ""));
        let found = if rest.is_empty() {
            self.named(name, |_| true)
        } else {
            self.in_group(name, rest)
        };
        if let Some(resource) = found {
            return Ok(vec![Arc::clone(resource)]);
        }
        let in_category: Vec<Arc<Resource>> = self
            .resources
            .iter()
            .filter(|resource| resource.verbs.list && resource.categories.iter().any(|c| c.as_str() == lower))
            .map(Arc::clone)
            .collect();
        if in_category.is_empty() {
            Err(self.unresolved(word.trim(), &lower))
        } else {
            Ok(self.without_doubles(in_category))
        }
    }

    /// What a list of words separated by commas means, in its order, each resource once.
    pub fn resolve_list(&self, words: &str) -> Result<Vec<Arc<Resource>>, Unresolved> {
        let mut all = Vec::new();
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            all.extend(self.resolve(word)?);
        }
        if all.is_empty() {
            return Err(self.unresolved("", ""));
        }
        Ok(self.without_doubles(all))
    }

    /// The best resource of this name among those that `admit` takes.
    fn named(&self, name: &str, admit: impl Fn(&Resource) -> bool) -> Option<&Arc<Resource>> {
        let mut group: Option<&Clean> = None;
        let mut group_rank = 0_usize;
        let ranked = self.resources.iter().filter_map(|resource| {
            if group != Some(&resource.name.group) {
                group = Some(&resource.name.group);
                group_rank += 1;
            }
            let how = how_named(resource, name).filter(|_| admit(resource))?;
            // A second home of the same objects comes last, even where the server's order says otherwise.
            let second = first_home(&resource.name).is_some();
            Some(((how != EXACT, second, group_rank, how), resource))
        });
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, resource)| resource)
    }

    /// `name.rest`, where rest is `group`, `version`, `version.group` or a group cut short.
    fn in_group(&self, name: &str, rest: &str) -> Option<&Arc<Resource>> {
        let serves = |resource: &Resource, version: &str| resource.served.iter().any(|v| v.as_str() == version);
        let (first, second) = rest.split_once('.').unwrap_or((rest, ""));
        self.named(name, |r| serves(r, first) && r.name.group.as_str() == second)
            .or_else(|| self.named(name, |r| r.name.group.as_str() == rest))
            .or_else(|| {
                let cut_short = |r: &Resource| !second.is_empty() && r.name.group.as_str().starts_with(second);
                self.named(name, |r| serves(r, first) && cut_short(r))
            })
            .or_else(|| self.named(name, |r| r.name.group.as_str().starts_with(rest)))
    }

    /// Each resource once, and objects that two groups serve once too.
    fn without_doubles(&self, resources: Vec<Arc<Resource>>) -> Vec<Arc<Resource>> {
        let mut kept: Vec<Arc<Resource>> = Vec::with_capacity(resources.len());
        let names: Vec<ResourceName> = resources.iter().map(|resource| resource.name.clone()).collect();
        for resource in resources {
            let again = kept.iter().any(|other| other.name == resource.name);
            let elsewhere = first_home(&resource.name).is_some_and(|home| {
                names.iter().any(|name| {
                    home.iter()
                        .any(|group| name.group.as_str() == *group && name.resource == resource.name.resource)
                })
            });
            if !again && !elsewhere {
                kept.push(resource);
            }
        }
        kept
    }

    fn unresolved(&self, word: &str, lower: &str) -> Unresolved {
        let words = self.resources.iter().flat_map(|resource| {
            let names = [&resource.name.resource, &resource.singular].into_iter();
            names.chain(&resource.short_names).chain(&resource.categories)
        });
        let name = lower.split_once('.').map_or(lower, |(name, _)| name);
        Unresolved {
            word: Clean::new(word),
            nearest: nearest(name, words.map(Clean::as_str)).map(Clean::new),
        }
    }
}

/// How good a name is that [`how_named`] found: the plural itself.
const EXACT: u8 = 0;

/// Whether, and how well, a lower-case word names a resource; less is better.
fn how_named(resource: &Resource, word: &str) -> Option<u8> {
    if word.is_empty() {
        return None;
    }
    if resource.name.resource.as_str() == word {
        return Some(EXACT);
    }
    if resource.singular.as_str() == word {
        return Some(1);
    }
    if resource.kind.as_str().eq_ignore_ascii_case(word) {
        return Some(2);
    }
    let short = resource
        .short_names
        .iter()
        .any(|name| name.as_str().eq_ignore_ascii_case(word));
    short.then_some(3)
}

/// Some objects are served by two groups. For a resource that is the second of them: the groups that are the first.
fn first_home(name: &ResourceName) -> Option<&'static [&'static str]> {
    match (name.group.as_str(), name.resource.as_str()) {
        ("events.k8s.io", "events") => Some(&[""]),
        ("extensions", _) => Some(&["apps", "networking.k8s.io", "policy"]),
        _ => None,
    }
}

fn built_in(kind: &super::Kind) -> Resource {
    let clean = |words: &[&str]| words.iter().copied().map(Clean::new).collect::<Vec<Clean>>();
    let in_all = IN_ALL.contains(&kind.resource);
    Resource {
        name: ResourceName::new(kind.group, kind.resource),
        version: Clean::new(kind.versions.first().copied().unwrap_or("v1")),
        served: clean(kind.versions),
        kind: Clean::new(kind.kind),
        singular: Clean::new(&kind.kind.to_lowercase()),
        short_names: clean(kind.short_names),
        categories: clean(if in_all { &["all"] } else { &[] }),
        namespaced: kind.namespaced,
        verbs: Verbs {
            get: true,
            list: true,
            // The one core kind that cannot be watched: it is a set of probes, not of stored objects.
            watch: kind.resource != "componentstatuses",
            ..Verbs::default()
        },
        subresources: Vec::new(),
    }
}
