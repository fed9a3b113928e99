//! Definitions of custom resources: whether one is in force, what it defines, and then all its fields.

use super::events::condition;
use super::generic;
use super::pod_findings::finding;
use super::words::{or, texts};
use super::{Around, Describer, Finding, Item, Phrase, Subject, at, bool_at, items_at, text_at};
use crate::kinds::{Health, ResourceName, Target};
use crate::text::Clean;
use crate::theme::Role;
use serde_json::Value;

/// Definitions of custom resources.
pub static CUSTOM_RESOURCE_DEFINITION: Describer = Describer {
    group: "apiextensions.k8s.io",
    kind: "CustomResourceDefinition",
    findings,
    items,
};

fn items(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let definition = subject.object;
    let (group, plural) = (
        text_at(definition, "spec/group"),
        text_at(definition, "spec/names/plural"),
    );
    let all = Target::List {
        resource: ResourceName::new(group, plural),
        namespace: Clean::default(),
        labels: Clean::default(),
        fields: Clean::default(),
        owner: None,
    };
    let mut items = vec![Item::field("Objects", Phrase::link(&format!("all {plural}"), all))];
    let found = items_at(definition, "status/conditions");
    if !found.is_empty() {
        items.push(generic::conditions_table(found));
    }
    items.push(versions(definition));
    items.extend(generic::rest(definition, &[]));
    items
}

fn versions(definition: &Value) -> Item {
    let rows = items_at(definition, "spec/versions").iter().map(|version| {
        let yes = |path: &str| if bool_at(version, path) { "yes" } else { "no" };
        let deprecated = if bool_at(version, "deprecated") {
            "deprecated"
        } else {
            ""
        };
        let columns = items_at(version, "additionalPrinterColumns")
            .iter()
            .map(|column| text_at(column, "name"));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let subresources = at(version, "subresources")
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str());
        let subresources = subresources.collect::<Vec<_>>().join(", ");
        vec![
            Phrase::new(text_at(version, "name")),
            Phrase::new(yes("served")),
            Phrase::new(yes("storage")),
            Phrase::new(&subresources),
            Phrase::new(&columns),
            Phrase::of(deprecated, Role::Warn),
        ]
    });
    let rows: Vec<Vec<Phrase>> = rows.collect();
    if rows.is_empty() {
        return Item::field("Version", text_at(definition, "spec/version"));
    }
    let heads = ["Version", "Served", "Stored", "Subresources", "Columns", ""];
    Item::section("In Short", vec![Item::table(&heads, rows)])
}

fn findings(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    let definition = subject.object;
    let mut found = Vec::new();
    let is = |kind: &str, status: &str| condition(definition, kind).filter(|found| text_at(found, "status") == status);
    let message = |condition: &Value| or(text_at(condition, "message"), text_at(condition, "reason")).to_owned();
    if !text_at(definition, "metadata/deletionTimestamp").is_empty() {
        found.push(finding(
            Health::Unknown,
            "It is being deleted, and all its objects with it; it waits until the last one is gone",
            "Objects with finalizers wait for their controller",
        ));
    }
    if let Some(refused) = is("NamesAccepted", "False") {
        found.push(finding(
            Health::Bad,
            format!("Its names are taken: {}", message(refused)),
            "Another definition has one of them: give this one other names, or remove the other",
        ));
    }
    let established = condition(definition, "Established");
    if established.is_none_or(|condition| text_at(condition, "status") != "True") {
        let why = established.map(message).unwrap_or_default();
        found.push(finding(
            Health::Bad,
            format!(
                "It is not established, so its objects are not served: {}",
                or(&why, "the server has not said why")
            ),
            "",
        ));
    }
    if let Some(odd) = is("NonStructuralSchema", "True") {
        let cause = format!("Its schema is not structural: {}", message(odd));
        found.push(finding(
            Health::Warn,
            cause,
            "Objects are not pruned and defaults not set until it is",
        ));
    }
    let known: Vec<&str> = items_at(definition, "spec/versions")
        .iter()
        .map(|version| text_at(version, "name"))
        .collect();
    let gone: Vec<&str> = texts(definition, "status/storedVersions");
    let gone: Vec<&str> = gone
        .into_iter()
        .filter(|version| !known.is_empty() && !known.contains(version))
        .collect();
    if !gone.is_empty() {
        let cause = format!(
            "Objects may be stored as {}, which it no longer defines",
            gone.join(", ")
        );
        found.push(finding(
            Health::Warn,
            cause,
            "Write all objects once, then take that version out of status.storedVersions",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    const GROUP: &str = "apiextensions.k8s.io";

    fn definition(established: &str) -> Value {
        json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "boats.x.io"},
            "spec": {"group": "x.io", "names": {"plural": "boats", "kind": "Boat", "shortNames": ["bt"]}, "scope": "Namespaced",
                "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                    "schema": {"openAPIV3Schema": {"type": "object"}}}]},
            "status": {"storedVersions": ["v1"], "conditions": [
                {"type": "NamesAccepted", "status": "True"},
                {"type": "Established", "status": established, "reason": "Installing", "message": "not yet"}]}})
    }

    #[test]
    fn it_says_what_it_defines_and_prints_all_fields() {
        assert_says(
            &World::default().describe(GROUP, "CustomResourceDefinition", &definition("True")),
            &[
                "Objects: all boats",
                "v1 yes yes status",
                "Short Names:",
                "openAPIV3Schema: unfold to read",
                "Type: object",
                "Scope: Namespaced",
            ],
        );
        assert_eq!(
            World::default().worst(GROUP, "CustomResourceDefinition", &definition("True")),
            ""
        );
    }

    #[test]
    fn one_that_is_not_in_force_is_found() {
        let worst = World::default().worst(GROUP, "CustomResourceDefinition", &definition("False"));
        assert!(
            worst.starts_with("It is not established, so its objects are not served: not yet"),
            "{worst}"
        );
        let mut old = definition("True");
        old["status"]["storedVersions"] = json!(["v1alpha1", "v1"]);
        let worst = World::default().worst(GROUP, "CustomResourceDefinition", &old);
        assert!(worst.starts_with("Objects may be stored as v1alpha1"), "{worst}");
    }
}
