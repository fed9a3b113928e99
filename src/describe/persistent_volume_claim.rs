//! Claims: as kubectl prints them, then whether a claim is bound and what it waits for.

use super::persistent_volume::{access_modes, class_link, class_of, finalizers, fitting, status};
use super::pod_findings::finding;
use super::words::{conditions, count, event_message, object, or};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::Health;
use crate::text::{Quantity, Selector};
use crate::theme::Role;
use serde_json::Value;

/// The provisioner of classes whose volumes are made by hand.
const BY_HAND: &str = "kubernetes.io/no-provisioner";

/// Claims.
pub static PERSISTENT_VOLUME_CLAIM: Describer = Describer {
    group: "",
    kind: "PersistentVolumeClaim",
    findings,
    items,
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let claim = subject.object;
    let volume = text_at(claim, "spec/volumeName");
    let bound = |text: String| if volume.is_empty() { String::new() } else { text };
    let mut items = vec![
        Item::field("StorageClass", class_link(class_of(claim))),
        Item::field("Status", status(claim, around.now)),
        Item::field("Volume", object("", "persistentvolumes", "", volume)),
        finalizers(claim),
        Item::field("Capacity", bound(text_at(claim, "status/capacity/storage").to_owned())),
        Item::field("Requested", text_at(claim, "spec/resources/requests/storage")),
        Item::field("Access Modes", bound(access_modes(claim, "status/accessModes"))),
        Item::field("Requested Modes", access_modes(claim, "spec/accessModes")),
        Item::field("VolumeMode", or(text_at(claim, "spec/volumeMode"), "Filesystem")),
    ];
    let attributes = text_at(claim, "spec/volumeAttributesClassName");
    if !attributes.is_empty() {
        let link = object("storage.k8s.io", "volumeattributesclasses", "", attributes);
        items.push(Item::field("VolumeAttributesClass", link));
    }
    let source = at(claim, "spec/dataSource");
    if source.is_object() {
        let mut inside = Vec::new();
        if !text_at(source, "apiGroup").is_empty() {
            inside.push(Item::field("APIGroup", text_at(source, "apiGroup")));
        }
        let (group, kind, name) = (
            text_at(source, "apiGroup"),
            text_at(source, "kind"),
            text_at(source, "name"),
        );
        inside.push(Item::field("Kind", kind));
        inside.push(Item::field("Name", object(group, kind, say::namespace(claim), name)));
        items.push(Item::section("DataSource", inside));
    }
    items.push(used_by(claim, around));
    let found = items_at(claim, "status/conditions");
    if !found.is_empty() {
        let columns = [
            ("Type", "type"),
            ("Status", "status"),
            ("LastProbeTime", "lastProbeTime"),
            ("LastTransitionTime", "lastTransitionTime"),
            ("Reason", "reason"),
            ("Message", "message"),
        ];
        items.push(conditions(found, &columns, |condition| {
            text_at(condition, "type").ends_with("Error")
        }));
    }
    items
}

fn used_by(claim: &Value, around: &Around<'_>) -> Item {
    let pods = (around.find)(&Companion::selected("", "pods", say::namespace(claim), ""));
    if let Some(absent) = super::words::absent(&pods) {
        return Item::field("Used By", absent);
    }
    let Listed::Objects(pods) = pods else {
        return Item::fields("Used By", Vec::new());
    };
    let users = pods.iter().filter(|pod| uses(&pod.value, say::name(claim)));
    let links = users.map(|pod| object("", "pods", say::namespace(claim), say::name(&pod.value)));
    Item::fields("Used By", links.collect())
}

fn uses(pod: &Value, claim: &str) -> bool {
    items_at(pod, "spec/volumes").iter().any(|volume| {
        text_at(volume, "persistentVolumeClaim/claimName") == claim
            || (at(volume, "ephemeral").is_object()
                && format!("{}-{}", say::name(pod), text_at(volume, "name")) == claim)
    })
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let claim = subject.object;
    let mut found = Vec::new();
    if !text_at(claim, "metadata/deletionTimestamp").is_empty() {
        let users = users(claim, around);
        let cause =
            match users.as_slice() {
                [] => Phrase::new("It is to be deleted and waits for its finalizers"),
                [first, ..] => Phrase::new("It is to be deleted and waits until no pod uses it any more: ")
                    .then(object("", "pods", say::namespace(claim), first)),
            };
        found.push(finding(
            Health::Unknown,
            cause,
            "Delete the pods that use it, or the workload that makes them",
        ));
    }
    match text_at(claim, "status/phase") {
        "Pending" => found.push(waits_for(claim, around)),
        "Lost" => {
            let cause = format!(
                "Its volume {} is gone, and its data with it",
                text_at(claim, "spec/volumeName")
            );
            found.push(finding(
                Health::Bad,
                cause,
                "Restore the volume from a copy, or delete the claim and make a new one",
            ));
        }
        _ => {}
    }
    found.extend(items_at(claim, "status/conditions").iter().filter_map(resizing));
    found
}

fn users(claim: &Value, around: &Around<'_>) -> Vec<String> {
    let pods = around.objects(&Companion::selected("", "pods", say::namespace(claim), ""));
    let users = pods.iter().filter(|pod| uses(&pod.value, say::name(claim)));
    users.map(|pod| say::name(&pod.value).to_owned()).collect()
}

fn resizing(condition: &Value) -> Option<Finding> {
    if text_at(condition, "status") != "True" {
        return None;
    }
    let message = text_at(condition, "message");
    Some(match text_at(condition, "type") {
        "FileSystemResizePending" => finding(
            Health::Progress,
            "Its volume has grown; the file system grows when a pod mounts it again",
            "Restart the pod that uses it, if the storage cannot grow while it is mounted",
        ),
        "Resizing" => finding(Health::Progress, "Its volume is growing", ""),
        kind if kind.ends_with("ResizeError") || kind.ends_with("ModifyVolumeError") => {
            finding(Health::Bad, format!("Its volume cannot be changed: {message}"), "")
        }
        _ => return None,
    })
}

/// What a pending claim waits for.
fn waits_for(claim: &Value, around: &Around<'_>) -> Finding {
    let volume = text_at(claim, "spec/volumeName");
    if !volume.is_empty() {
        let cause = Phrase::new("It asks for the volume ")
            .then(object("", "persistentvolumes", "", volume))
            .and(", which is not there, is another's or does not fit", Role::LabelValue);
        return finding(
            Health::Bad,
            cause,
            "Look at that volume's claim, class, size and access modes",
        );
    }
    match class_of(claim) {
        None => finding(
            Health::Bad,
            "It is not bound: it names no storage class, and no class was the default when it was made",
            "Name a class in spec.storageClassName, or mark one as the default",
        ),
        Some("") => by_hand(claim, "", around),
        Some(class) => of_class(claim, class, around),
    }
}

fn of_class(claim: &Value, name: &str, around: &Around<'_>) -> Finding {
    let class = match (around.find)(&Companion::named("storage.k8s.io", "storageclasses", "", name)) {
        Listed::Objects(found) => found,
        Listed::Loading => return finding(Health::Progress, "It is not bound yet", ""),
        Listed::Denied(_) => {
            let said = event_message(around, &["ProvisioningFailed", "FailedBinding", "ExternalProvisioning"]);
            return finding(
                Health::Progress,
                format!("It is not bound yet: {}", said.unwrap_or_default()),
                "",
            );
        }
    };
    let Some(class) = class.first().map(|whole| &whole.value) else {
        let fitting = volumes(name, around);
        if fitting.is_some_and(|number| number > 0) {
            return by_hand(claim, name, around);
        }
        return finding(
            Health::Bad,
            format!("It is not bound: the storage class {name} does not exist, and no volume has that class"),
            "Create the class, or make the claim again with one that exists",
        );
    };
    let provisioner = text_at(class, "provisioner");
    let waits = text_at(class, "volumeBindingMode") == "WaitForFirstConsumer";
    let chosen = at(claim, "metadata/annotations")
        .get("volume.kubernetes.io/selected-node")
        .is_some();
    if waits && !chosen {
        return first_consumer(claim, name, around);
    }
    if provisioner == BY_HAND {
        return by_hand(claim, name, around);
    }
    if let Some(message) = event_message(around, &["ProvisioningFailed"]) {
        let next = Phrase::new("Look at the events below and at the provisioner ").and(provisioner, Role::LabelValue);
        return finding(Health::Bad, format!("Its volume cannot be made: {message}"), next);
    }
    finding(
        Health::Progress,
        format!("It waits for the provisioner {provisioner} to make its volume"),
        "If that lasts, see whether the provisioner runs in this cluster",
    )
}

fn first_consumer(claim: &Value, class: &str, around: &Around<'_>) -> Finding {
    let waits = format!("It waits for a first pod that uses it, as its class {class} says (WaitForFirstConsumer)");
    match users(claim, around).first() {
        None => finding(
            Health::Progress,
            waits,
            "Start a pod that uses it; it is bound when the pod is scheduled",
        ),
        Some(pod) => {
            let cause = Phrase::new("It waits until a node is chosen for ").then(object(
                "",
                "pods",
                say::namespace(claim),
                pod,
            ));
            finding(Health::Progress, cause, "See why that pod is not scheduled")
        }
    }
}

/// How many free volumes have this class, if that may be read.
fn volumes(class: &str, around: &Around<'_>) -> Option<usize> {
    match (around.find)(&Companion::selected("", "persistentvolumes", "", "")) {
        Listed::Objects(volumes) => Some(fitting(&volumes, class).len()),
        Listed::Loading | Listed::Denied(_) => None,
    }
}

/// A claim that no provisioner serves: a volume must be there that fits.
fn by_hand(claim: &Value, class: &str, around: &Around<'_>) -> Finding {
    let of = if class.is_empty() {
        "without a class".to_owned()
    } else {
        format!("of the class {class}")
    };
    let next = "Create a volume that fits, or make the claim again with a class that has a provisioner";
    let volumes = match (around.find)(&Companion::selected("", "persistentvolumes", "", "")) {
        Listed::Objects(volumes) => volumes,
        Listed::Loading => return finding(Health::Progress, "It is not bound yet", ""),
        Listed::Denied(_) => {
            return finding(Health::Warn, format!("It waits for a volume {of} that fits"), next);
        }
    };
    let free = fitting(&volumes, class);
    if free.is_empty() {
        return finding(
            Health::Bad,
            format!("It is not bound: there is no free volume {of}, and nobody makes one"),
            next,
        );
    }
    let reasons: Vec<String> = free.iter().filter_map(|volume| misfit(claim, volume)).collect();
    if reasons.len() < free.len() {
        return finding(Health::Progress, "A volume fits; it is about to be bound", "");
    }
    let some: Vec<&str> = reasons.iter().take(3).map(String::as_str).collect();
    let cause = format!(
        "It is not bound: {} {of}, none fits: {}",
        count(free.len(), "free volume"),
        some.join("; ")
    );
    finding(Health::Bad, cause, next)
}

/// Why a free volume does not fit a claim.
fn misfit(claim: &Value, volume: &Value) -> Option<String> {
    let name = say::name(volume);
    let wanted = text_at(claim, "spec/resources/requests/storage");
    let has = text_at(volume, "spec/capacity/storage");
    if Quantity::parse(has) < Quantity::parse(wanted) {
        return Some(format!("{name} has {has} of {wanted}"));
    }
    let modes = items_at(volume, "spec/accessModes");
    if let Some(mode) = items_at(claim, "spec/accessModes")
        .iter()
        .find(|mode| !modes.contains(mode))
    {
        return Some(format!(
            "{name} cannot be mounted {}",
            mode.as_str().unwrap_or_default()
        ));
    }
    let mode = |object: &Value| or(text_at(object, "spec/volumeMode"), "Filesystem").to_owned();
    if mode(claim) != mode(volume) {
        return Some(format!("{name} is a {} volume", mode(volume)));
    }
    let selector = super::say::selector_text(at(claim, "spec/selector"));
    let labels: Vec<(String, String)> = at(volume, "metadata/labels")
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    if Selector::parse(&selector).is_ok_and(|selector| !selector.matches(&labels)) {
        return Some(format!("{name} has not the labels {selector}"));
    }
    let reserved = (
        text_at(volume, "spec/claimRef/namespace"),
        text_at(volume, "spec/claimRef/name"),
    );
    if !reserved.1.is_empty() && reserved != (say::namespace(claim), say::name(claim)) {
        return Some(format!("{name} is reserved for {}/{}", reserved.0, reserved.1));
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn claim(class: Value, phase: &str) -> Value {
        json!({"metadata": {"name": "data", "namespace": "shop", "finalizers": ["kubernetes.io/pvc-protection"]},
            "spec": {"storageClassName": class, "accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem",
                "resources": {"requests": {"storage": "2Gi"}}},
            "status": {"phase": phase, "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "3Gi"}}})
    }

    fn class(mode: &str, provisioner: &str) -> Value {
        json!({"metadata": {"name": "fast"}, "provisioner": provisioner, "volumeBindingMode": mode})
    }

    fn pod() -> Value {
        json!({"metadata": {"name": "db-0", "namespace": "shop"},
            "spec": {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}})
    }

    fn volume(name: &str, size: &str, mode: &str) -> Value {
        json!({"metadata": {"name": name}, "spec": {"capacity": {"storage": size}, "accessModes": [mode], "storageClassName": "fast"},
            "status": {"phase": "Available"}})
    }

    #[test]
    fn it_prints_what_kubectl_prints() {
        let mut bound = claim(json!("fast"), "Bound");
        bound["spec"]["volumeName"] = json!("pv-1");
        let text = World::default()
            .with("", "pods", pod())
            .describe("", "PersistentVolumeClaim", &bound);
        assert_says(
            &text,
            &[
                "StorageClass: fast",
                "Status: Bound",
                "Volume: pv-1",
                "Finalizers: [kubernetes.io/pvc-protection]",
                "Capacity: 3Gi",
                "Access Modes: RWO",
                "VolumeMode: Filesystem",
                "Used By: db-0",
            ],
        );
        assert_eq!(World::default().worst("", "PersistentVolumeClaim", &bound), "");
    }

    #[test]
    fn it_says_what_it_waits_for() {
        let worst = |world: World, class: Value| world.worst("", "PersistentVolumeClaim", &claim(class, "Pending"));
        let fast = |mode: &str, by: &str| World::default().with("storage.k8s.io", "storageclasses", class(mode, by));
        let table = [
            (World::default(), Value::Null, "it names no storage class"),
            (World::default(), json!("fast"), "the storage class fast does not exist"),
            (World::default(), json!(""), "there is no free volume without a class"),
            (
                fast("WaitForFirstConsumer", "x.io/p"),
                json!("fast"),
                "It waits for a first pod that uses it",
            ),
            (
                fast("WaitForFirstConsumer", "x.io/p").with("", "pods", pod()),
                json!("fast"),
                "It waits until a node is chosen for db-0",
            ),
            (
                fast("Immediate", "x.io/p"),
                json!("fast"),
                "It waits for the provisioner x.io/p",
            ),
            (
                fast("Immediate", "x.io/p").event(
                    json!({"reason": "ProvisioningFailed", "message": "quota of disks used up",
                    "lastTimestamp": "2024-05-01T09:00:00Z"}),
                ),
                json!("fast"),
                "Its volume cannot be made: quota of disks used up",
            ),
            (
                fast("Immediate", "kubernetes.io/no-provisioner")
                    .with("", "persistentvolumes", volume("small", "1Gi", "ReadWriteOnce"))
                    .with("", "persistentvolumes", volume("wrong", "5Gi", "ReadOnlyMany")),
                json!("fast"),
                "2 free volumes of the class fast, none fits: small has 1Gi of 2Gi; wrong cannot be mounted ReadWriteOnce",
            ),
        ];
        for (world, class, expected) in table {
            let said = worst(world, class);
            assert!(said.contains(expected), "{said}\nhas not\n{expected}");
        }
    }
}
