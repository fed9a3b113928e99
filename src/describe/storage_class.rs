//! Storage classes and priority classes: small cluster-wide choices, and which of them is the default.

use super::persistent_volume::terms;
use super::pod_findings::finding;
use super::words::{or, plain, texts};
use super::{Around, Companion, Describer, Finding, Item, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// Storage classes.
pub static STORAGE_CLASS: Describer = Describer {
    group: "storage.k8s.io",
    kind: "StorageClass",
    findings,
    items: storage_class,
};

/// Priority classes.
pub static PRIORITY_CLASS: Describer = Describer {
    group: "scheduling.k8s.io",
    kind: "PriorityClass",
    findings: |_, _| Vec::new(),
    items: priority_class,
};

/// Whether claims without a class get this one.
pub fn is_default(class: &Value) -> bool {
    let annotations = at(class, "metadata/annotations");
    let keys = [
        "storageclass.kubernetes.io/is-default-class",
        "storageclass.beta.kubernetes.io/is-default-class",
    ];
    keys.iter()
        .any(|key| annotations.get(key).and_then(Value::as_str) == Some("true"))
}

fn storage_class(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let class = subject.object;
    let is_default = if is_default(class) {
        Phrase::new("Yes").and("  (claims that name no class get it)", Role::Comment)
    } else {
        Phrase::new("No")
    };
    let expansion = match at(class, "allowVolumeExpansion").as_bool() {
        None => "<unset>",
        Some(true) => "True",
        Some(false) => "False",
    };
    let mode = or(text_at(class, "volumeBindingMode"), "<unset>");
    let binds = match mode {
        "WaitForFirstConsumer" => "  (a volume is made when a pod that uses the claim is scheduled)",
        "Immediate" => "  (a volume is made as soon as there is a claim)",
        _ => "",
    };
    let options = texts(class, "mountOptions");
    let options = options.iter().map(|option| Item::line(*option)).collect();
    let provisioner = text_at(class, "provisioner");
    let by = if provisioner == "kubernetes.io/no-provisioner" {
        "  (volumes are made by hand)"
    } else {
        ""
    };
    let topologies = items_at(class, "allowedTopologies");
    let reclaim = or(text_at(class, "reclaimPolicy"), "<unset>");
    vec![
        Item::field("IsDefaultClass", is_default),
        Item::field("Provisioner", Phrase::new(provisioner).and(by, Role::Comment)),
        Item::field(
            "Parameters",
            or(&say::map_selector_text(at(class, "parameters")), "<none>"),
        ),
        Item::field("AllowVolumeExpansion", expansion),
        Item::section("MountOptions", options),
        Item::field("ReclaimPolicy", reclaim),
        Item::field("VolumeBindingMode", Phrase::new(mode).and(binds, Role::Comment)),
        Item::section("AllowedTopologies", terms(topologies, "matchLabelExpressions")),
    ]
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    if !is_default(subject.object) {
        return Vec::new();
    }
    let classes = around.objects(&Companion::selected("storage.k8s.io", "storageclasses", "", ""));
    let others = classes
        .iter()
        .map(|whole| &whole.value)
        .filter(|class| is_default(class));
    let others: Vec<&str> = others
        .map(say::name)
        .filter(|name| *name != say::name(subject.object))
        .collect();
    if others.is_empty() {
        return Vec::new();
    }
    let cause = format!("It is not the only default class: {} too", others.join(", "));
    vec![finding(
        Health::Warn,
        cause,
        "Leave the mark on one class alone: the newest of them is taken, and servers before 1.26 refuse claims",
    )]
}

fn priority_class(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let class = subject.object;
    let global = match at(class, "globalDefault").as_bool() {
        Some(true) => Phrase::new("true").and("  (pods that name no class get it)", Role::Comment),
        _ => Phrase::new("false"),
    };
    let policy = or(text_at(class, "preemptionPolicy"), "PreemptLowerPriority");
    let does = match policy {
        "Never" => "  (goes before others in the queue, never in their place)",
        _ => "  (may drive out pods of lower priority)",
    };
    vec![
        Item::field("Value", plain(at(class, "value"))),
        Item::field("GlobalDefault", global),
        Item::field("PreemptionPolicy", Phrase::new(policy).and(does, Role::Comment)),
        Item::field("Description", text_at(class, "description")),
    ]
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn class(name: &str) -> Value {
        json!({"metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "x.io/p", "parameters": {"type": "fast", "a": "b"}, "allowVolumeExpansion": true, "mountOptions": ["ro"],
            "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
            "allowedTopologies": [{"matchLabelExpressions": [{"key": "zone", "values": ["a", "b"]}]}]})
    }

    #[test]
    fn a_storage_class_says_whether_it_is_the_default() {
        let text = World::default().describe("storage.k8s.io", "StorageClass", &class("fast"));
        assert_says(
            &text,
            &[
                "IsDefaultClass: Yes (claims that name no class get it)",
                "Provisioner: x.io/p",
                "Parameters: a=b,type=fast",
                "AllowVolumeExpansion: True",
                "ro",
                "ReclaimPolicy: Delete",
                "Term 0: zone in [a, b]",
            ],
        );
        let world = World::default().with("storage.k8s.io", "storageclasses", class("slow"));
        assert!(
            world
                .worst("storage.k8s.io", "StorageClass", &class("fast"))
                .contains("not the only default class: slow too")
        );
    }

    #[test]
    fn a_priority_class_is_printed() {
        let class = json!({"metadata": {"name": "high"}, "value": 1000, "description": "important", "preemptionPolicy": "Never"});
        let text = World::default().describe("scheduling.k8s.io", "PriorityClass", &class);
        assert_says(
            &text,
            &["Value: 1000", "GlobalDefault: false", "Description: important"],
        );
        assert!(text.contains("PreemptionPolicy:  Never"), "{text}");
    }
}
