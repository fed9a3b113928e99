//! Persistent volumes: as kubectl prints them, then whose a volume is and what becomes of it.

use super::pod_findings::finding;
use super::volume::source;
use super::words::{count, object, or, texts};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::Health;
use crate::text::{age, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// Persistent volumes.
pub static PERSISTENT_VOLUME: Describer = Describer {
    group: "",
    kind: "PersistentVolume",
    findings,
    items,
};

/// The class a claim or a volume names: the old annotation counts first, as in kubectl.
pub fn class_of(object: &Value) -> Option<&str> {
    let old = at(object, "metadata/annotations").get("volume.beta.kubernetes.io/storage-class");
    old.and_then(Value::as_str)
        .or_else(|| at(object, "spec/storageClassName").as_str())
}

/// A link to a storage class; empty as kubectl prints it when there is none.
pub fn class_link(class: Option<&str>) -> Phrase {
    object("storage.k8s.io", "storageclasses", "", class.unwrap_or_default())
}

/// Access modes in short, in kubectl's order: `RWO,ROX,RWX,RWOP`.
pub fn access_modes(object: &Value, path: &str) -> String {
    let modes = texts(object, path);
    let known = [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let short = known
        .iter()
        .filter(|(long, _)| modes.contains(long))
        .map(|(_, short)| *short);
    short.collect::<Vec<_>>().join(",")
}

/// Finalizers as kubectl prints them: `[a b]`.
pub fn finalizers(object: &Value) -> Item {
    Item::field(
        "Finalizers",
        format!("[{}]", texts(object, "metadata/finalizers").join(" ")),
    )
}

/// The phase; while it is being deleted, since when.
pub fn status(object: &Value, now: i64) -> Phrase {
    let deleted = text_at(object, "metadata/deletionTimestamp");
    let phase = text_at(object, "status/phase");
    if !deleted.is_empty() {
        let words = format!("Terminating (lasts {})", age(now, parse_time(deleted)));
        return Phrase::of(&words, Role::Unknown);
    }
    let role = match phase {
        "Bound" | "Available" => Role::Ok,
        "Pending" => Role::Progress,
        "Failed" | "Lost" => Role::Error,
        "Released" => Role::Warn,
        _ => Role::LabelValue,
    };
    Phrase::of(phase, role)
}

/// The terms of a topology: `Term 0:  key in [a, b]`, further expressions below.
pub fn terms(terms: &[Value], path: &str) -> Vec<Item> {
    let each = terms.iter().enumerate().map(|(index, term)| {
        let expressions = items_at(term, path).iter().map(|expression| {
            let key = text_at(expression, "key");
            let operator = or(text_at(expression, "operator"), "In").to_lowercase();
            let values = texts(expression, "values").join(", ");
            let words = if values.is_empty() {
                format!("{key} {operator}")
            } else {
                format!("{key} {operator} [{values}]")
            };
            Phrase::from(words)
        });
        Item::fields(&format!("Term {index}"), expressions.collect())
    });
    each.collect()
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let volume = subject.object;
    let claim = (
        text_at(volume, "spec/claimRef/namespace"),
        text_at(volume, "spec/claimRef/name"),
    );
    let claim = match claim {
        (_, "") => Phrase::default(),
        (namespace, name) => say::link(
            &format!("{namespace}/{name}"),
            "",
            "persistentvolumeclaims",
            namespace,
            name,
        ),
    };
    let reclaim = text_at(volume, "spec/persistentVolumeReclaimPolicy");
    let then = match reclaim {
        "Retain" => "  (kept with its data when its claim is deleted)",
        "Delete" => "  (deleted with its data when its claim is deleted)",
        "Recycle" => "  (emptied and offered again when its claim is deleted)",
        _ => "",
    };
    let mut items = vec![
        finalizers(volume),
        Item::field("StorageClass", class_link(class_of(volume))),
    ];
    let attributes = text_at(volume, "spec/volumeAttributesClassName");
    if !attributes.is_empty() {
        let link = object("storage.k8s.io", "volumeattributesclasses", "", attributes);
        items.push(Item::field("VolumeAttributesClass", link));
    }
    items.extend([
        Item::field("Status", status(volume, around.now)),
        Item::field("Claim", claim),
        Item::field("Reclaim Policy", Phrase::new(reclaim).and(then, Role::Comment)),
        Item::field("Access Modes", access_modes(volume, "spec/accessModes")),
        Item::field("VolumeMode", or(text_at(volume, "spec/volumeMode"), "Filesystem")),
        Item::field("Capacity", text_at(volume, "spec/capacity/storage")),
        affinity(volume),
        Item::field("Message", text_at(volume, "status/message")),
    ]);
    let reason = text_at(volume, "status/reason");
    if !reason.is_empty() {
        items.push(Item::field("Reason", reason));
    }
    let options = texts(volume, "spec/mountOptions");
    if !options.is_empty() {
        items.push(Item::field("Mount Options", options.join(",")));
    }
    items.push(Item::section("Source", source(&source_of(volume))));
    items
}

/// What of the spec is the source: the fields that say where the data is, and not for whom or how big.
fn source_of(volume: &Value) -> Value {
    let others = ["capacity", "claimRef", "nodeAffinity"];
    let spec = at(volume, "spec").as_object().into_iter().flatten();
    let source = spec.filter(|(name, value)| value.is_object() && !others.contains(&name.as_str()));
    Value::Object(source.map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn affinity(volume: &Value) -> Item {
    let affinity = at(volume, "spec/nodeAffinity");
    if !affinity.is_object() {
        return Item::field("Node Affinity", "<none>");
    }
    let required = items_at(affinity, "required/nodeSelectorTerms");
    let terms = terms(required, "matchExpressions");
    Item::section("Node Affinity", vec![Item::section("Required Terms", terms)])
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let volume = subject.object;
    let claim = (
        text_at(volume, "spec/claimRef/namespace"),
        text_at(volume, "spec/claimRef/name"),
    );
    let message = text_at(volume, "status/message");
    let deleting = !text_at(volume, "metadata/deletionTimestamp").is_empty();
    let mut found = Vec::new();
    if deleting {
        let cause = match text_at(volume, "status/phase") {
            "Bound" => "It is to be deleted and waits for its claim to be gone".to_owned(),
            _ => format!(
                "It is to be deleted and waits for {}",
                count(texts(volume, "metadata/finalizers").len(), "finalizer")
            ),
        };
        found.push(finding(Health::Unknown, cause, ""));
    }
    match text_at(volume, "status/phase") {
        "Released" => {
            let cause = format!(
                "Its claim {}/{} was deleted; nothing else can be bound to it while it names that claim",
                claim.0, claim.1
            );
            let next = match text_at(volume, "spec/persistentVolumeReclaimPolicy") {
                "Retain" => {
                    "Save the data if it matters, then delete the volume, or remove spec.claimRef to offer it again"
                }
                _ => "Its reclaim policy should have taken it away: look at the events",
            };
            found.push(finding(Health::Warn, cause, next));
        }
        "Failed" => {
            let cause = format!(
                "Its automatic reclamation failed: {}",
                or(message, "no reason is given")
            );
            found.push(finding(
                Health::Bad,
                cause,
                "Take away the storage by hand, then delete the volume",
            ));
        }
        "Available" if !claim.1.is_empty() => {
            let companion = Companion::named("", "persistentvolumeclaims", claim.0, claim.1);
            if let Listed::Objects(claims) = (around.find)(&companion)
                && claims.is_empty()
            {
                let cause = format!(
                    "It is reserved for the claim {}/{}, which does not exist",
                    claim.0, claim.1
                );
                found.push(finding(
                    Health::Warn,
                    cause,
                    "Create the claim, or remove spec.claimRef",
                ));
            }
        }
        _ => {}
    }
    found
}

/// The volumes that a claim without provisioner could take: available or reserved for it, of its class.
pub fn fitting<'a>(volumes: &'a [std::sync::Arc<crate::kinds::Whole>], class: &str) -> Vec<&'a Value> {
    let volumes = volumes.iter().map(|whole| &whole.value);
    let fits = |volume: &&Value| {
        text_at(volume, "status/phase") == "Available" && class_of(volume).unwrap_or_default() == class
    };
    let mut fitting: Vec<&Value> = volumes.filter(fits).collect();
    fitting.sort_by_key(|volume| say::name(volume));
    fitting
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn volume() -> Value {
        json!({"metadata": {"name": "pv", "finalizers": ["kubernetes.io/pv-protection"]},
            "spec": {"capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteMany", "ReadOnlyMany"], "volumeMode": "Filesystem",
                "storageClassName": "slow", "persistentVolumeReclaimPolicy": "Retain",
                "claimRef": {"namespace": "shop", "name": "data"}, "nfs": {"server": "10.0.0.1", "path": "/srv"},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": ["a", "b"]}]}]}}},
            "status": {"phase": "Released"}})
    }

    #[test]
    fn it_prints_what_kubectl_prints() {
        let text = World::default().describe("", "PersistentVolume", &volume());
        assert_says(
            &text,
            &[
                "Finalizers: [kubernetes.io/pv-protection]",
                "StorageClass: slow",
                "Status: Released",
                "Claim: shop/data",
                "Access Modes: ROX,RWX",
                "Capacity: 5Gi",
                "Term 0: kubernetes.io/hostname in [a, b]",
                "Type: NFS (an NFS mount that lasts the lifetime of a pod)",
                "Server: 10.0.0.1",
                "ReadOnly: false",
            ],
        );
    }

    #[test]
    fn a_released_volume_says_what_can_be_done() {
        let worst = World::default().worst("", "PersistentVolume", &volume());
        assert!(worst.starts_with("Its claim shop/data was deleted"), "{worst}");
        assert!(worst.contains("remove spec.claimRef"), "{worst}");
    }
}
