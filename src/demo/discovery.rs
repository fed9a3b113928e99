//! Discovery documents: legacy lists, and the aggregated form that newer servers speak.

use super::resource::{Profile, Registry, Resource};
use serde_json::{Value, json};

/// What `/version` says.
pub(super) fn version(profile: Profile) -> Value {
    let (minor, version, go) = match profile {
        Profile::Modern => ("34", "v1.34.1", "go1.24.6"),
        Profile::Old => ("20", "v1.20.15", "go1.15.15"),
    };
    json!({"major": "1", "minor": minor, "gitVersion": version, "gitCommit": "93248f9ae092f571eb870b7664c534bfc7d00f03",
        "gitTreeState": "clean", "buildDate": "2025-09-09T19:37:13Z", "goVersion": go, "compiler": "gc",
        "platform": "linux/amd64"})
}

/// `/api`.
pub(super) fn api_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.10:6443"}]})
}

/// `/apis`.
pub(super) fn groups(registry: &Registry) -> Value {
    let groups = registry
        .groups()
        .into_iter()
        .filter(|g| !g.is_empty())
        .map(|g| group(registry, &g));
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups.collect::<Vec<_>>()})
}

fn group(registry: &Registry, group: &str) -> Value {
    let versions = registry
        .versions(group)
        .into_iter()
        .map(|v| json!({"groupVersion": format!("{group}/{v}"), "version": v}));
    let versions: Vec<Value> = versions.collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions.first()})
}

/// `/apis/GROUP`; None when there is no such group.
pub(super) fn one_group(registry: &Registry, name: &str) -> Option<Value> {
    if registry.versions(name).is_empty() {
        return None;
    }
    let mut found = group(registry, name);
    found["kind"] = "APIGroup".into();
    found["apiVersion"] = "v1".into();
    Some(found)
}

/// `/apis/GROUP/VERSION` and `/api/v1`; None when it is not served.
pub(super) fn resources(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut list = Vec::new();
    for r in registry.served().filter(|r| r.group == group && r.version == version) {
        let mut entry = json!({"name": r.plural, "singularName": r.singular, "namespaced": r.namespaced, "kind": r.kind,
            "verbs": sorted(&r.verbs)});
        if !r.short_names.is_empty() {
            entry["shortNames"] = json!(r.short_names);
        }
        if !r.categories.is_empty() {
            entry["categories"] = json!(r.categories);
        }
        if r.allows("list") {
            entry["storageVersionHash"] = storage_hash(r).into();
        }
        list.push(entry);
        for (name, owner, kind, verbs) in &r.subresources {
            let kind = if kind.is_empty() { &r.kind } else { kind };
            let mut entry = json!({"name": format!("{}/{name}", r.plural), "singularName": "",
                "namespaced": r.namespaced, "kind": kind, "verbs": verbs.split(' ').collect::<Vec<_>>()});
            if let Some((group, version)) = owner.split_once('/') {
                entry["group"] = group.into();
                entry["version"] = version.into();
            }
            list.push(entry);
        }
    }
    if list.is_empty() {
        return None;
    }
    let name = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    Some(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": list}))
}

fn sorted(verbs: &[String]) -> Vec<String> {
    let mut verbs = verbs.to_vec();
    verbs.sort();
    verbs
}

fn storage_hash(r: &Resource) -> String {
    use base64::Engine as _;
    let hash = super::rng::hash(&format!("{}/{}", r.group, r.kind)).to_be_bytes();
    base64::engine::general_purpose::STANDARD.encode(hash)
}

/// The aggregated document of `/api` (core) or `/apis` (all the others), in `v2` or `v2beta1`.
pub(super) fn aggregated(registry: &Registry, core: bool, version: &str) -> Value {
    let mut items = Vec::new();
    for group in registry.groups().into_iter().filter(|g| g.is_empty() == core) {
        let versions: Vec<Value> = registry
            .versions(&group)
            .into_iter()
            .map(|version| {
                let of_version = registry.served().filter(|r| r.group == group && r.version == version);
                let resources: Vec<Value> = of_version.map(|r| one_aggregated(r)).collect();
                json!({"version": version, "resources": resources, "freshness": "Current"})
            })
            .collect();
        let metadata = if core {
            json!({"creationTimestamp": null})
        } else {
            json!({"name": group, "creationTimestamp": null})
        };
        items.push(json!({"metadata": metadata, "versions": versions}));
    }
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"), "metadata": {}, "items": items})
}

fn one_aggregated(r: &Resource) -> Value {
    let kind = |group: &str, version: &str, kind: &str| json!({"group": group, "version": version, "kind": kind});
    let subresources: Vec<Value> = r
        .subresources
        .iter()
        .map(|(name, owner, own_kind, verbs)| {
            let (group, version) = owner.split_once('/').unwrap_or((&r.group, &r.version));
            let own_kind = if own_kind.is_empty() { &r.kind } else { own_kind };
            json!({"subresource": name, "responseKind": kind(group, version, own_kind),
                "verbs": verbs.split(' ').collect::<Vec<_>>()})
        })
        .collect();
    let mut entry = json!({"resource": r.plural, "responseKind": kind(&r.group, &r.version, &r.kind),
        "scope": if r.namespaced { "Namespaced" } else { "Cluster" }, "singularResource": r.singular,
        "verbs": sorted(&r.verbs)});
    if !r.short_names.is_empty() {
        entry["shortNames"] = json!(r.short_names);
    }
    if !r.categories.is_empty() {
        entry["categories"] = json!(r.categories);
    }
    if !subresources.is_empty() {
        entry["subresources"] = json!(subresources);
    }
    entry
}

/// A small OpenAPI v3 document of one group version: enough for clients to learn that patches validate their fields.
pub(super) fn open_api(registry: &Registry, group: &str, version: &str) -> Option<Value> {
    let mut paths = serde_json::Map::new();
    for r in registry
        .served()
        .filter(|r| r.group == group && r.version == version && r.allows("patch"))
    {
        let base = if group.is_empty() {
            "/api/v1".to_owned()
        } else {
            format!("/apis/{group}/{version}")
        };
        let scope = if r.namespaced { "/namespaces/{namespace}" } else { "" };
        let parameter =
            |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
        paths.insert(
            format!("{base}{scope}/{}/{{name}}", r.plural),
            json!({"patch": {"x-kubernetes-action": "patch",
                "x-kubernetes-group-version-kind": {"group": r.group, "version": r.version, "kind": r.kind},
                "parameters": [parameter("dryRun"), parameter("fieldManager"), parameter("fieldValidation"), parameter("force")],
                "responses": {}}}),
        );
    }
    (!paths.is_empty()).then(|| {
        json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.34.1"}, "paths": paths,
        "components": {"schemas": super::schema::definitions(registry, Some((group, version)), "components/schemas")}})
    })
}

/// The one OpenAPI v2 document of all kinds, which old servers have alone.
pub(super) fn open_api_v2(registry: &Registry) -> Value {
    json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.20.2"}, "paths": {},
        "definitions": super::schema::definitions(registry, None, "definitions")})
}
