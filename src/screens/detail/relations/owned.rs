//! Which kinds own which, as data: owned objects are found by their owner's uid, in a list that is as narrow as it can be.

/// How the owned ones are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By the owner's uid, among those that its selector selects.
    Selector,
    /// By the owner's uid, in the namespace.
    Owner,
    /// By the same name.
    SameName,
    /// Claims that a stateful set has made: `<template>-<set>-<number>`.
    Claims,
}

/// (group, kind) of the owner; (group, kind) of the owned.
type Row = (
    (&'static str, &'static str),
    &'static [(&'static str, &'static str, By)],
);

const OWNS: &[Row] = &[
    (("apps", "Deployment"), &[("apps", "ReplicaSet", By::Selector)]),
    (("apps", "ReplicaSet"), &[("", "Pod", By::Selector)]),
    (("", "ReplicationController"), &[("", "Pod", By::Selector)]),
    (("apps", "DaemonSet"), &[("", "Pod", By::Selector)]),
    (
        ("apps", "StatefulSet"),
        &[("", "Pod", By::Selector), ("", "PersistentVolumeClaim", By::Claims)],
    ),
    (("batch", "Job"), &[("", "Pod", By::Selector)]),
    (("batch", "CronJob"), &[("batch", "Job", By::Owner)]),
    (
        ("", "Service"),
        &[
            ("discovery.k8s.io", "EndpointSlice", By::Owner),
            ("", "Endpoints", By::SameName),
        ],
    ),
];

/// What a custom resource commonly owns.
const COMMON: &[(&str, &str, By)] = &[
    ("apps", "Deployment", By::Owner),
    ("apps", "StatefulSet", By::Owner),
    ("apps", "DaemonSet", By::Owner),
    ("apps", "ReplicaSet", By::Owner),
    ("batch", "Job", By::Owner),
    ("batch", "CronJob", By::Owner),
    ("", "Pod", By::Owner),
    ("", "Service", By::Owner),
    ("networking.k8s.io", "Ingress", By::Owner),
    ("", "ConfigMap", By::Owner),
    ("", "Secret", By::Owner),
    ("", "ServiceAccount", By::Owner),
    ("", "PersistentVolumeClaim", By::Owner),
    ("policy", "PodDisruptionBudget", By::Owner),
    ("autoscaling", "HorizontalPodAutoscaler", By::Owner),
];

/// What objects of a kind own. The second says whether that is only a guess, for kinds that nobody knows here.
pub(super) fn owned_kinds(group: &str, kind: &str) -> (&'static [(&'static str, &'static str, By)], bool) {
    match OWNS.iter().find(|(owner, _)| *owner == (group, kind)) {
        Some((_, owned)) => (owned, false),
        // Groups without a dot, and those of Kubernetes, are built in: what they own is known, and it is nothing.
        None if !group.contains('.') || group.ends_with(".k8s.io") => (&[], false),
        None => (COMMON, true),
    }
}

/// Whether a claim was made for a stateful set.
pub(super) fn is_claim_of(claim: &str, set: &str) -> bool {
    let Some((rest, number)) = claim.rsplit_once('-') else {
        return false;
    };
    let made = rest.strip_suffix(set).and_then(|template| template.strip_suffix('-'));
    made.is_some_and(|template| !template.is_empty())
        && !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_told_by_their_names() {
        for (claim, expected) in [
            ("data-db-0", true),
            ("data-db-12", true),
            ("data-other-db-0", true),
            ("db-0", false),
            ("data-db-x", false),
            ("data-db-", false),
            ("data-db", false),
            ("", false),
        ] {
            assert_eq!(is_claim_of(claim, "db"), expected, "{claim}");
        }
    }

    #[test]
    fn kinds_that_nobody_knows_may_own_the_common_ones() {
        assert!(owned_kinds("shop.example.dev", "Website").1);
        assert!(owned_kinds("", "Pod").0.is_empty());
        assert!(owned_kinds("storage.k8s.io", "StorageClass").0.is_empty());
        assert_eq!(owned_kinds("apps", "Deployment").0.len(), 1);
    }
}
