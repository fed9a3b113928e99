//! The documents of discovery, aggregated and legacy, read into one form, and that form made into a catalog.
//! Pure. It refuses to let one broken part hide the others: what cannot be read of a group version is that one's failure.

use crate::kinds::{Catalog, Kind, Resource, ResourceName, Verbs};
use crate::text::Clean;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is asked for at `/api` and `/apis`: aggregated discovery, its beta, and the plain documents of older servers.
pub const ACCEPT_DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// A group with its versions, the server's preferred one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Name, empty for core.
    pub name: String,
    /// Versions.
    pub versions: Vec<Version>,
}

/// A version of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// `v1`
    pub name: String,
    /// What it serves.
    pub content: Content,
}

/// What is known of a group version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It has to be asked for (legacy discovery).
    Unread,
    /// Its resources.
    Resources(Vec<Served>),
    /// It failed, with what the server said; the last known resources stay.
    Failed(String, Vec<Served>),
}

/// A resource as one group version serves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Plural.
    pub plural: String,
    /// CamelCase.
    pub kind: String,
    /// Singular.
    pub singular: String,
    /// Short names.
    pub short_names: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Whether objects live in a namespace.
    pub namespaced: bool,
    /// Verbs.
    pub verbs: Vec<String>,
    /// Subresources.
    pub subresources: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Root {
    kind: Option<String>,
    /// Aggregated.
    items: Option<Vec<AggregatedGroup>>,
    /// Legacy, of `/apis`.
    groups: Option<Vec<LegacyGroup>>,
    /// Legacy, of `/api`.
    versions: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedGroup {
    metadata: Named,
    versions: Option<Vec<AggregatedVersion>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedVersion {
    version: String,
    freshness: Option<String>,
    resources: Option<Vec<AggregatedResource>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseKind {
    kind: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AggregatedResource {
    resource: String,
    response_kind: Option<ResponseKind>,
    scope: Option<String>,
    singular_resource: Option<String>,
    verbs: Option<Vec<String>>,
    short_names: Option<Vec<String>>,
    categories: Option<Vec<String>>,
    subresources: Option<Vec<AggregatedSubresource>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AggregatedSubresource {
    subresource: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LegacyGroup {
    name: String,
    versions: Option<Vec<LegacyVersion>>,
    preferred_version: Option<LegacyVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LegacyVersion {
    version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LegacyList {
    kind: Option<String>,
    resources: Option<Vec<LegacyResource>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct LegacyResource {
    name: String,
    singular_name: Option<String>,
    namespaced: bool,
    kind: String,
    verbs: Option<Vec<String>>,
    short_names: Option<Vec<String>>,
    categories: Option<Vec<String>>,
}

/// Reads the document at `/api` or `/apis`.
///
/// # Errors
/// When it is neither form.
pub fn read_root(body: &[u8]) -> Result<Vec<Group>, String> {
    let root: Root = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    match (root.kind.as_deref(), root.items, root.groups, root.versions) {
        (Some("APIGroupDiscoveryList"), items, ..) => {
            Ok(items.unwrap_or_default().into_iter().map(aggregated_group).collect())
        }
        (_, _, Some(groups), _) => Ok(groups.into_iter().map(legacy_group).collect()),
        (_, _, _, Some(versions)) => Ok(vec![Group {
            name: String::new(),
            versions: versions.into_iter().map(unread).collect(),
        }]),
        (kind, ..) => Err(format!(
            "no discovery document but {}",
            kind.unwrap_or("something unnamed")
        )),
    }
}

/// Reads the legacy document of one group version.
///
/// # Errors
/// When it is no such document.
pub fn read_resources(body: &[u8]) -> Result<Vec<Served>, String> {
    let list: LegacyList = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if list.kind.as_deref() != Some("APIResourceList") {
        return Err(format!(
            "no resource list but {}",
            list.kind.as_deref().unwrap_or("something unnamed")
        ));
    }
    let mut subresources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut served = Vec::new();
    for resource in list.resources.unwrap_or_default() {
        match resource.name.split_once('/') {
            Some((parent, name)) => subresources.entry(parent.to_owned()).or_default().push(name.to_owned()),
            None => served.push(Served {
                singular: singular(resource.singular_name, &resource.kind),
                plural: resource.name,
                kind: resource.kind,
                short_names: resource.short_names.unwrap_or_default(),
                categories: resource.categories.unwrap_or_default(),
                namespaced: resource.namespaced,
                verbs: resource.verbs.unwrap_or_default(),
                subresources: Vec::new(),
            }),
        }
    }
    for resource in &mut served {
        resource.subresources = subresources.remove(&resource.plural).unwrap_or_default();
    }
    Ok(served)
}

fn unread(name: String) -> Version {
    Version {
        name,
        content: Content::Unread,
    }
}

fn aggregated_group(group: AggregatedGroup) -> Group {
    let version = |version: AggregatedVersion| {
        let resources = version
            .resources
            .unwrap_or_default()
            .into_iter()
            .map(aggregated_resource)
            .collect();
        Version {
            name: version.version,
            content: match version.freshness.as_deref() {
                Some("Stale") => Content::Failed("the server behind it does not answer".to_owned(), resources),
                _ => Content::Resources(resources),
            },
        }
    };
    Group {
        name: group.metadata.name.unwrap_or_default(),
        versions: group.versions.unwrap_or_default().into_iter().map(version).collect(),
    }
}

fn aggregated_resource(resource: AggregatedResource) -> Served {
    let kind = resource.response_kind.and_then(|kind| kind.kind).unwrap_or_default();
    Served {
        singular: singular(resource.singular_resource, &kind),
        plural: resource.resource,
        kind,
        short_names: resource.short_names.unwrap_or_default(),
        categories: resource.categories.unwrap_or_default(),
        namespaced: resource.scope.as_deref() == Some("Namespaced"),
        verbs: resource.verbs.unwrap_or_default(),
        subresources: resource
            .subresources
            .unwrap_or_default()
            .into_iter()
            .map(|sub| sub.subresource)
            .collect(),
    }
}

/// Older servers leave the singular of built-in kinds empty: it is the kind in lower case.
fn singular(said: Option<String>, kind: &str) -> String {
    said.filter(|said| !said.is_empty())
        .unwrap_or_else(|| kind.to_lowercase())
}

fn legacy_group(group: LegacyGroup) -> Group {
    let mut versions: Vec<String> = group
        .versions
        .unwrap_or_default()
        .into_iter()
        .map(|v| v.version)
        .collect();
    if let Some(preferred) = group.preferred_version.map(|preferred| preferred.version)
        && let Some(place) = versions.iter().position(|version| *version == preferred)
    {
        versions[..=place].rotate_right(1);
    }
    Group {
        name: group.name,
        versions: versions.into_iter().map(unread).collect(),
    }
}

/// `apps/v1`, or `v1` for core.
pub fn group_version(group: &str, version: &str) -> String {
    match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }
}

/// Makes a catalog: for each resource the version we read best among those served, else the server's preferred one.
/// `failed` is what failed beside the groups, such as a whole root document.
pub fn catalog(
    groups: &[Group],
    kinds: fn(&str, &str) -> Option<&'static Kind>,
    failed: Vec<(String, String)>,
) -> Catalog {
    let clean = |texts: &[String]| texts.iter().map(|text| Clean::new(text)).collect::<Vec<_>>();
    let mut catalog = Catalog::default();
    let mut failures = failed;
    let (core, others): (Vec<&Group>, Vec<&Group>) = groups.iter().partition(|group| group.name.is_empty());
    for group in core.into_iter().chain(others) {
        let mut found: BTreeMap<&str, Vec<(&str, &Served)>> = BTreeMap::new();
        for version in &group.versions {
            let resources = match &version.content {
                Content::Resources(resources) => resources,
                Content::Failed(why, resources) => {
                    failures.push((group_version(&group.name, &version.name), why.clone()));
                    resources
                }
                Content::Unread => continue,
            };
            for resource in resources.iter().filter(|resource| !resource.plural.is_empty()) {
                found
                    .entry(&resource.plural)
                    .or_default()
                    .push((&version.name, resource));
            }
        }
        for (plural, versions) in found {
            let best = kinds(&group.name, plural).and_then(|kind| {
                kind.versions
                    .iter()
                    .find_map(|known| versions.iter().find(|(version, _)| version == known))
            });
            let Some((version, served)) = best.or(versions.first()) else {
                continue;
            };
            let can = |verb: &str| served.verbs.iter().any(|has| has == verb);
            catalog.resources.push(Arc::new(Resource {
                name: ResourceName::new(&group.name, plural),
                version: Clean::new(version),
                served: versions.iter().map(|(version, _)| Clean::new(version)).collect(),
                kind: Clean::new(&served.kind),
                singular: Clean::new(&served.singular),
                short_names: clean(&served.short_names),
                categories: clean(&served.categories),
                namespaced: served.namespaced,
                verbs: Verbs {
                    get: can("get"),
                    list: can("list"),
                    watch: can("watch"),
                    create: can("create"),
                    update: can("update"),
                    patch: can("patch"),
                    delete: can("delete"),
                },
                subresources: clean(&served.subresources),
            }));
        }
    }
    catalog.failed = failures
        .iter()
        .map(|(what, why)| (Clean::new(what), Clean::new(why)))
        .collect();
    catalog
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_forms_say_the_same() {
        let aggregated = json!({"kind": "APIGroupDiscoveryList", "items": [{"metadata": {"name": "batch"}, "versions": [
            {"version": "v1", "freshness": "Current", "resources": [{"resource": "jobs", "scope": "Namespaced",
                "responseKind": {"group": "batch", "version": "v1", "kind": "Job"}, "singularResource": "job",
                "verbs": ["get", "list", "watch"], "categories": ["all"], "subresources": [{"subresource": "status"}]}]},
            {"version": "v1beta1", "resources": [{"resource": "cronjobs", "scope": "Namespaced", "shortNames": ["cj"],
                "responseKind": {"kind": "CronJob"}, "verbs": ["list"]}]}]}]});
        let mut groups = read_root(aggregated.to_string().as_bytes()).expect("aggregated");
        let root = json!({"kind": "APIGroupList", "groups": [{"name": "batch", "versions": [
            {"groupVersion": "batch/v1beta1", "version": "v1beta1"}, {"groupVersion": "batch/v1", "version": "v1"}],
            "preferredVersion": {"version": "v1"}}]});
        let mut legacy = read_root(root.to_string().as_bytes()).expect("legacy");
        for (version, list) in legacy[0].versions.iter_mut().zip([
            json!({"kind": "APIResourceList", "resources": [
                {"name": "jobs", "singularName": "", "namespaced": true, "kind": "Job", "verbs": ["get", "list", "watch"], "categories": ["all"]},
                {"name": "jobs/status", "singularName": "", "namespaced": true, "kind": "Job", "verbs": ["get"]}]}),
            json!({"kind": "APIResourceList", "resources": [
                {"name": "cronjobs", "namespaced": true, "kind": "CronJob", "verbs": ["list"], "shortNames": ["cj"]}]}),
        ]) {
            version.content = Content::Resources(read_resources(list.to_string().as_bytes()).expect("resources"));
        }
        assert_eq!(groups, legacy);
        groups.push(Group {
            name: String::new(),
            versions: vec![unread("v1".to_owned())],
        });
        let catalog = catalog(&groups, crate::kinds::kind, Vec::new());
        let told: Vec<String> = catalog
            .resources
            .iter()
            .map(|r| format!("{} {} {:?}", r.name, r.version.as_str(), r.singular.as_str()))
            .collect();
        assert_eq!(told, ["cronjobs.batch v1beta1 \"cronjob\"", "jobs.batch v1 \"job\""]);
        assert_eq!(catalog.resources[1].subresources, [Clean::new("status")]);
        assert!(catalog.resources[1].verbs.watch && !catalog.resources[0].verbs.watch);
    }

    #[test]
    fn the_version_we_read_best_is_chosen_and_core_comes_first() {
        let served = |plural: &str| {
            vec![Served {
                plural: plural.to_owned(),
                ..Served::default()
            }]
        };
        let version = |name: &str, plural: &str| Version {
            name: name.to_owned(),
            content: Content::Resources(served(plural)),
        };
        let groups = [
            Group {
                name: "autoscaling".into(),
                versions: vec![
                    version("v1", "horizontalpodautoscalers"),
                    version("v2", "horizontalpodautoscalers"),
                ],
            },
            Group {
                name: "example.dev".into(),
                versions: vec![version("v1beta1", "websites"), version("v1", "websites")],
            },
            Group {
                name: String::new(),
                versions: vec![version("v1", "pods")],
            },
        ];
        let catalog = catalog(&groups, crate::kinds::kind, Vec::new());
        let told: Vec<String> = catalog
            .resources
            .iter()
            .map(|r| format!("{} {}", r.name, r.version.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                "pods v1",
                "horizontalpodautoscalers.autoscaling v2",
                "websites.example.dev v1beta1"
            ]
        );
        assert_eq!(catalog.resources[1].served.len(), 2);
    }

    #[test]
    fn a_failed_group_is_named_and_hides_nobody() {
        let stale = json!({"kind": "APIGroupDiscoveryList", "items": [
            {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [{"resource": "deployments"}]}]}]});
        let groups = read_root(stale.to_string().as_bytes()).expect("reads");
        let catalog = catalog(&groups, crate::kinds::kind, vec![("v1".to_owned(), "gone".to_owned())]);
        assert_eq!(catalog.resources.len(), 1);
        let failed: Vec<&str> = catalog.failed.iter().map(|(what, _)| what.as_str()).collect();
        assert_eq!(failed, ["v1", "metrics.k8s.io/v1beta1"]);
    }

    #[test]
    fn what_is_no_discovery_is_an_error() {
        for body in ["<html>", "{}", r#"{"kind":"Status","message":"no"}"#, "[]"] {
            assert!(read_root(body.as_bytes()).is_err(), "{body}");
            assert!(read_resources(body.as_bytes()).is_err(), "{body}");
        }
    }
}
