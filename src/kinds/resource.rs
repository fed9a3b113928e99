//! Resources: what a server serves, and which of it a name means. A kind is (group, resource); discovery chooses the version.

use crate::text::Clean;
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

impl Catalog {
    /// What every server serves.
    pub fn known() -> Catalog {
        Catalog::default()
    }
}
