//! What the palette can name: kinds, categories, namespaces, contexts. Read from what is known now.

use crate::kinds::{Catalog, Resource, ResourceName};
use crate::screens::Shared;
use crate::text::Clean;
use crate::want::{ClusterId, ListWant, Scope, Shape};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The list whose names are completed.
pub fn namespaces_want(cluster: ClusterId) -> ListWant {
    ListWant {
        cluster,
        resource: ResourceName::new("", "namespaces"),
        scope: Scope::All,
        labels: Clean::default(),
        fields: Clean::default(),
        shape: Shape::Objects,
    }
}

/// Rises when the namespaces change.
pub fn namespaces_version(shared: &Shared) -> Option<u64> {
    Some(shared.tables.get(&namespaces_want(shared.current?))?.version())
}

/// Every namespace anybody knows of.
pub fn namespaces(shared: &Shared) -> BTreeSet<Clean> {
    let mut names = BTreeSet::new();
    let Some((cluster, state)) = shared.cluster() else {
        return names;
    };
    names.extend(state.typed_namespaces.iter().cloned());
    names.extend(shared.context(cluster).map(|context| context.namespace.clone()));
    if let Scope::Namespaces(used) = &state.scope {
        names.extend(used.iter().cloned());
    }
    if let Some(table) = shared.tables.get(&namespaces_want(cluster)) {
        names.extend(table.ids().filter_map(|id| table.row(id)).map(|row| row.name.clone()));
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What a server has that can be listed.
pub fn kinds(shared: &Shared) -> Vec<Arc<Resource>> {
    let Some((_, cluster)) = shared.cluster() else {
        return Vec::new();
    };
    // Before discovery has answered verbs may not be known: then nothing is left out.
    let listed = |resource: &&Arc<Resource>| resource.verbs.list || !cluster.discovered;
    cluster.catalog.resources.iter().filter(listed).cloned().collect()
}

/// The categories of a server's kinds, such as `all`.
pub fn categories(catalog: &Catalog) -> BTreeSet<Clean> {
    catalog
        .resources
        .iter()
        .flat_map(|resource| resource.categories.iter().cloned())
        .collect()
}

/// All names a kind goes by, the plural first.
pub fn names(resource: &Resource) -> Vec<String> {
    let mut names = vec![resource.name.resource.as_str().to_owned()];
    names.extend(resource.short_names.iter().map(|name| name.as_str().to_owned()));
    names.push(resource.singular.as_str().to_owned());
    names.push(resource.kind.as_str().to_lowercase());
    names.push(resource.name.to_string());
    names.push(format!(
        "{}.{}.{}",
        resource.name.resource, resource.version, resource.name.group
    ));
    names.retain(|name| !name.is_empty());
    names
}

/// Whether a word, or each part of `a,b,c`, names something a list can be made of: a kind by any of its names, or a
/// category.
pub fn is_list(word: &str, shared: &Shared) -> bool {
    shared
        .cluster()
        .is_some_and(|(_, cluster)| cluster.catalog.resolve_list(word).is_ok())
}
