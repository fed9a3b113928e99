//! What words mean, in catalogs as servers have them.

use super::*;
use std::sync::Arc;

/// A catalog of `plural.group Kind short,names category`, in the server's order; `-` is none.
fn catalog(lines: &[&str]) -> Catalog {
    let resources = lines.iter().map(|line| {
        let parts: Vec<&str> = line.split(' ').collect();
        let list = |place: usize| -> Vec<crate::text::Clean> {
            let words = parts.get(place).copied().unwrap_or("-").split(',');
            words.filter(|word| *word != "-").map(Into::into).collect()
        };
        let (resource, group) = parts[0].split_once('.').unwrap_or((parts[0], ""));
        Arc::new(Resource {
            name: ResourceName::new(group, resource),
            version: "v1".into(),
            served: vec!["v1".into(), "v1beta1".into()],
            kind: parts[1].into(),
            singular: parts[1].to_lowercase().into(),
            short_names: list(2),
            categories: list(3),
            namespaced: true,
            verbs: Verbs {
                list: parts.get(4) != Some(&"unlisted"),
                ..Verbs::default()
            },
            subresources: Vec::new(),
        })
    });
    Catalog {
        resources: resources.collect(),
        failed: Vec::new(),
    }
}

fn server() -> Catalog {
    catalog(&[
        "events Event ev",
        "pods Pod po all",
        "secrets Secret - -",
        "services Service svc all",
        "deployments.extensions Deployment deploy all",
        "ingresses.extensions Ingress ing -",
        "deployments.apps Deployment deploy all",
        "replicasets.apps ReplicaSet rs all",
        "jobs.batch Job - all",
        "events.events.k8s.io Event ev",
        "ingresses.networking.k8s.io Ingress ing -",
        "pods.metrics.k8s.io PodMetrics - -",
        "backups.acme.io Backup po,bk all",
        "po.acme.io Po - -",
        "safes.acme.io Safe secret,vault -",
        "services.serving.knative.dev Service ksvc all,knative",
        "backups.velero.io Backup bk,vb velero",
        "reviews.velero.io Review - velero unlisted",
    ])
}

#[test]
fn words_and_what_they_mean() {
    let catalog = server();
    let table = [
        ("pods", "pods"),
        ("PODS", "pods"),
        (" pod ", "pods"),
        ("Pod", "pods"),
        ("deploy", "deployments.apps"),
        ("deployments.apps", "deployments.apps"),
        ("deployments.v1.apps", "deployments.apps"),
        ("deployments.v1beta1.apps", "deployments.apps"),
        ("Deployment.v1.apps", "deployments.apps"),
        ("deploy.ap", "deployments.apps"),
        ("deploy.v1.ap", "deployments.apps"),
        ("deployments.extensions", "deployments.extensions"),
        ("pods.v1", "pods"),
        ("pods.v1.", "pods"),
        ("pods.metrics.k8s.io", "pods.metrics.k8s.io"),
        ("pods.metrics", "pods.metrics.k8s.io"),
        ("podmetrics", "pods.metrics.k8s.io"),
        // One kind in two groups: core, then the server's order.
        ("services", "services"),
        ("service", "services"),
        ("services.serving.knative.dev", "services.serving.knative.dev"),
        ("ksvc", "services.serving.knative.dev"),
        ("backups", "backups.acme.io"),
        ("backups.velero", "backups.velero.io"),
        ("bk", "backups.acme.io"),
        ("vb", "backups.velero.io"),
        // The same objects under two names: the one they live under.
        ("events", "events"),
        ("ev", "events"),
        ("events.events.k8s.io", "events.events.k8s.io"),
        ("ing", "ingresses.networking.k8s.io"),
        // A short name of a stranger never takes a core kind's place, an exact plural always does.
        ("secret", "secrets"),
        ("vault", "safes.acme.io"),
        ("po", "po.acme.io"),
        ("velero", "backups.velero.io"),
        (
            "all",
            "pods services deployments.apps replicasets.apps jobs.batch backups.acme.io services.serving.knative.dev",
        ),
    ];
    for (word, expected) in table {
        let found = catalog.resolve(word).unwrap_or_else(|error| panic!("{error}"));
        let names: Vec<String> = found.iter().map(|resource| resource.name.to_string()).collect();
        assert_eq!(names.join(" "), expected, "{word}");
    }
}

#[test]
fn words_that_mean_nothing_say_what_was_meant() {
    let catalog = server();
    let table = [
        ("psods", Some("pods")),
        ("deployment.app.k8s", Some("deployment")),
        ("Servcies", Some("services")),
        ("pods.v7", Some("pods")),
        ("xyzzy", None),
        ("", None),
        (".", None),
        (".apps", None),
    ];
    for (word, nearest) in table {
        let error = catalog.resolve(word).unwrap_err();
        assert_eq!(error.nearest.as_ref().map(|near| near.as_str()), nearest, "{word}");
        assert_eq!(error.word.as_str(), word);
    }
    let error = catalog.resolve("psods").unwrap_err().to_string();
    assert_eq!(error, "this cluster has no kind \"psods\"; did you mean pods?");
}

#[test]
fn lists_of_words_keep_their_order_and_name_each_once() {
    let catalog = server();
    let table = [
        ("rs,svc,job", Some("replicasets.apps services jobs.batch")),
        ("svc, rs ,,service", Some("services replicasets.apps")),
        ("events.events.k8s.io,ev", Some("events")),
        ("velero,vb", Some("backups.velero.io")),
        ("po.extensions", None),
        ("rs,nonsense", None),
        ("", None),
        (" , ", None),
    ];
    for (words, expected) in table {
        let found = catalog.resolve_list(words).ok().map(|found| {
            let names: Vec<String> = found.iter().map(|resource| resource.name.to_string()).collect();
            names.join(" ")
        });
        assert_eq!(found.as_deref(), expected, "{words}");
    }
}

#[test]
fn core_kinds_resolve_before_discovery_has_answered() {
    let catalog = Catalog::known();
    for kind in ALL {
        for word in kind.short_names.iter().chain([&kind.resource, &kind.kind]) {
            let found = catalog.resolve(word).unwrap();
            assert_eq!(found[0].kind.as_str(), kind.kind, "{word}");
            assert!(found[0].verbs.list);
        }
        let name = ResourceName::new(kind.group, kind.resource);
        assert_eq!(catalog.find(&name).map(|found| found.namespaced), Some(kind.namespaced));
        assert!(catalog.by_kind(kind.group, kind.kind).is_some());
        assert!(catalog.by_kind("example.dev", kind.kind).is_none());
    }
    assert!(
        catalog
            .resources
            .is_sorted_by_key(|resource| !resource.name.group.is_empty())
    );
    assert!(!catalog.resolve("cs").unwrap()[0].verbs.watch);
}
