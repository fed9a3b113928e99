//! Volumes by type, as kubectl's describe prints them, and beyond it what they resolve to.

use super::{Around, Companion, Item, Listed, Phrase, at, bool_at, items_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;

/// A type of volume: its name in JSON, what kubectl says it is, and its fields with their paths.
struct Source {
    json: &'static str,
    about: &'static str,
    fields: &'static [(&'static str, &'static str, Otherwise)],
}

/// What stands for a field that is not there.
#[derive(Clone, Copy)]
enum Otherwise {
    Empty,
    False,
    Zero,
    Word(&'static str),
}

use Otherwise::{Empty, False, Word, Zero};

/// The types whose fields are plain. Config maps, secrets, claims, projected and downward volumes have code of their own.
const SOURCES: &[Source] = &[
    Source {
        json: "hostPath",
        about: "HostPath (bare host directory volume)",
        fields: &[("Path", "path", Empty), ("HostPathType", "type", Empty)],
    },
    Source {
        json: "emptyDir",
        about: "EmptyDir (a temporary directory that shares a pod's lifetime)",
        fields: &[("Medium", "medium", Empty), ("SizeLimit", "sizeLimit", Word("<unset>"))],
    },
    Source {
        json: "nfs",
        about: "NFS (an NFS mount that lasts the lifetime of a pod)",
        fields: &[
            ("Server", "server", Empty),
            ("Path", "path", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "csi",
        about: "CSI (a Container Storage Interface (CSI) volume source)",
        fields: &[
            ("Driver", "driver", Empty),
            ("FSType", "fsType", Empty),
            ("VolumeHandle", "volumeHandle", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "local",
        about: "LocalVolume (a persistent volume backed by local storage on a node)",
        fields: &[("Path", "path", Empty)],
    },
    Source {
        json: "image",
        about: "Image (a container image or OCI artifact)",
        fields: &[("Reference", "reference", Empty), ("PullPolicy", "pullPolicy", Empty)],
    },
    Source {
        json: "gcePersistentDisk",
        about: "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        fields: &[
            ("PDName", "pdName", Empty),
            ("FSType", "fsType", Empty),
            ("Partition", "partition", Zero),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "awsElasticBlockStore",
        about: "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        fields: &[
            ("VolumeID", "volumeID", Empty),
            ("FSType", "fsType", Empty),
            ("Partition", "partition", Zero),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "azureDisk",
        about: "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        fields: &[
            ("DiskName", "diskName", Empty),
            ("DiskURI", "diskURI", Empty),
            ("Kind", "kind", Empty),
            ("FSType", "fsType", Empty),
            ("CachingMode", "cachingMode", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "azureFile",
        about: "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        fields: &[
            ("SecretName", "secretName", Empty),
            ("SecretNamespace", "secretNamespace", Empty),
            ("ShareName", "shareName", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "vsphereVolume",
        about: "vSphereVolume (a Persistent Disk resource in vSphere)",
        fields: &[
            ("VolumePath", "volumePath", Empty),
            ("FSType", "fsType", Empty),
            ("StoragePolicyName", "storagePolicyName", Empty),
        ],
    },
    Source {
        json: "cinder",
        about: "Cinder (a Persistent Disk resource in OpenStack)",
        fields: &[
            ("VolumeID", "volumeID", Empty),
            ("FSType", "fsType", Empty),
            ("ReadOnly", "readOnly", False),
            ("SecretRef", "secretRef/name", Empty),
        ],
    },
    Source {
        json: "gitRepo",
        about: "GitRepo (a volume that is pulled from git when the pod is created)",
        fields: &[("Repository", "repository", Empty), ("Revision", "revision", Empty)],
    },
    Source {
        json: "glusterfs",
        about: "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        fields: &[
            ("EndpointsName", "endpoints", Empty),
            ("Path", "path", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "iscsi",
        about: "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        fields: &[
            ("TargetPortal", "targetPortal", Empty),
            ("IQN", "iqn", Empty),
            ("Lun", "lun", Zero),
            ("ISCSIInterface", "iscsiInterface", Empty),
            ("FSType", "fsType", Empty),
            ("ReadOnly", "readOnly", False),
            ("Portals", "portals", Empty),
            ("DiscoveryCHAPAuth", "chapAuthDiscovery", False),
            ("SessionCHAPAuth", "chapAuthSession", False),
            ("SecretRef", "secretRef/name", Empty),
            ("InitiatorName", "initiatorName", Word("<none>")),
        ],
    },
    Source {
        json: "rbd",
        about: "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        fields: &[
            ("CephMonitors", "monitors", Empty),
            ("RBDImage", "image", Empty),
            ("FSType", "fsType", Empty),
            ("RBDPool", "pool", Empty),
            ("RadosUser", "user", Empty),
            ("Keyring", "keyring", Empty),
            ("SecretRef", "secretRef/name", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "cephfs",
        about: "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        fields: &[
            ("Monitors", "monitors", Empty),
            ("Path", "path", Empty),
            ("User", "user", Empty),
            ("SecretFile", "secretFile", Empty),
            ("SecretRef", "secretRef/name", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "fc",
        about: "FC (a Fibre Channel disk)",
        fields: &[
            ("TargetWWNs", "targetWWNs", Empty),
            ("LUN", "lun", Zero),
            ("FSType", "fsType", Empty),
            ("ReadOnly", "readOnly", False),
        ],
    },
    Source {
        json: "flexVolume",
        about: "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        fields: &[
            ("Driver", "driver", Empty),
            ("FSType", "fsType", Empty),
            ("SecretRef", "secretRef/name", Empty),
            ("ReadOnly", "readOnly", False),
            ("Options", "options", Empty),
        ],
    },
    Source {
        json: "portworxVolume",
        about: "PortworxVolume (a Portworx Volume resource)",
        fields: &[("VolumeID", "volumeID", Empty)],
    },
];

/// The fields of a volume of one of the plain types, whether it stands in a pod or in a persistent volume; an unknown
/// type says its name.
pub(super) fn source(volume: &Value) -> Vec<Item> {
    let Some(source) = SOURCES.iter().find(|source| at(volume, source.json).is_object()) else {
        let unknown = volume.as_object().into_iter().flatten();
        let unknown = unknown
            .filter(|(key, value)| *key != "name" && value.is_object())
            .map(|(key, _)| key.as_str());
        return unknown.take(1).map(|key| Item::field("Type", key)).collect();
    };
    let own = at(volume, source.json);
    let mut items = vec![Item::field("Type", source.about)];
    for (name, path, otherwise) in source.fields {
        let value = at(own, path);
        if value.is_null() && *name == "VolumeHandle" {
            continue;
        }
        let text = match (value, otherwise) {
            (Value::Array(all), _) => all.iter().map(say::scalar).collect::<Vec<_>>().join(","),
            (Value::Object(_), _) => say::map_selector_text(value),
            (Value::Null, Empty) => String::new(),
            (Value::Null, False) => "false".to_owned(),
            (Value::Null, Zero) => "0".to_owned(),
            (Value::Null, Word(word)) => (*word).to_owned(),
            (value, _) => say::scalar(value),
        };
        items.push(Item::field(name, text));
    }
    if source.json == "csi" {
        items.push(say::labels("VolumeAttributes", at(own, "volumeAttributes")));
    }
    items
}

/// The volumes of a pod or of a pod template.
pub(super) fn section(spec: &Value, namespace: &str, around: &Around<'_>, resolve: bool) -> Item {
    let volumes = items_at(spec, "volumes").iter();
    let volumes = volumes.map(|volume| Item::section(text_at(volume, "name"), one(volume, namespace, around, resolve)));
    Item::section("Volumes", volumes.collect())
}

/// The name of the claim behind a volume of a pod, if there is one: its own or the one made for the pod.
pub(super) fn claim_name(volume: &Value, pod: &str) -> Option<String> {
    match text_at(volume, "persistentVolumeClaim/claimName") {
        "" if at(volume, "ephemeral").is_object() => Some(format!("{pod}-{}", text_at(volume, "name"))),
        "" => None,
        name => Some(name.to_owned()),
    }
}

fn one(volume: &Value, namespace: &str, around: &Around<'_>, resolve: bool) -> Vec<Item> {
    let secret = at(volume, "secret");
    if secret.is_object() {
        let name = text_at(secret, "secretName");
        let mut items = vec![
            Item::field("Type", "Secret (a volume populated by a Secret)"),
            Item::field("SecretName", say::link(name, "", "secrets", namespace, name)),
            Item::field("Optional", bool_at(secret, "optional").to_string()),
        ];
        items.extend(keys(secret));
        return items;
    }
    let map = at(volume, "configMap");
    if map.is_object() {
        let name = text_at(map, "name");
        let mut items = vec![
            Item::field("Type", "ConfigMap (a volume populated by a ConfigMap)"),
            Item::field("Name", say::link(name, "", "configmaps", namespace, name)),
            Item::field("Optional", bool_at(map, "optional").to_string()),
        ];
        items.extend(keys(map));
        return items;
    }
    let claim = at(volume, "persistentVolumeClaim");
    if claim.is_object() {
        let name = text_at(claim, "claimName");
        let about = "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
        let mut items = vec![
            Item::field("Type", about),
            Item::field(
                "ClaimName",
                say::link(name, "", "persistentvolumeclaims", namespace, name),
            ),
            Item::field("ReadOnly", bool_at(claim, "readOnly").to_string()),
        ];
        if resolve {
            items.push(Item::field("Resolves To", claim_state(namespace, name, around).0));
        }
        return items;
    }
    let ephemeral = at(volume, "ephemeral");
    if ephemeral.is_object() {
        let spec = at(ephemeral, "volumeClaimTemplate/spec");
        let modes = items_at(spec, "accessModes")
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(",");
        let about = "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)";
        return vec![
            Item::field("Type", about),
            Item::field("StorageClass", text_at(spec, "storageClassName")),
            Item::field("Capacity", say::scalar(at(spec, "resources/requests/storage"))),
            Item::field("Access Modes", modes),
        ];
    }
    let downward = at(volume, "downwardAPI");
    if downward.is_object() {
        let about = "DownwardAPI (a volume populated by information about the pod)";
        return vec![Item::field("Type", about), downward_items(downward)];
    }
    let projected = at(volume, "projected");
    if projected.is_object() {
        return projected_items(projected, namespace);
    }
    source(volume)
}

fn projected_items(projected: &Value, namespace: &str) -> Vec<Item> {
    let about = "Projected (a volume that contains injected data from multiple sources)";
    let mut items = vec![Item::field("Type", about)];
    for source in items_at(projected, "sources") {
        for (json, label, resource) in [
            ("secret", "SecretName", "secrets"),
            ("configMap", "ConfigMapName", "configmaps"),
        ] {
            let part = at(source, json);
            if part.is_object() {
                let name = text_at(part, "name");
                items.push(Item::field(label, say::link(name, "", resource, namespace, name)));
                items.push(Item::field("Optional", bool_at(part, "optional").to_string()));
                items.extend(keys(part));
            }
        }
        if at(source, "downwardAPI").is_object() {
            items.push(Item::field("DownwardAPI", "true"));
            items.push(downward_items(at(source, "downwardAPI")));
        }
        let token = at(source, "serviceAccountToken");
        if token.is_object() {
            let seconds = say::scalar_or(token, "expirationSeconds", "3600");
            items.push(Item::field("TokenExpirationSeconds", seconds));
            items.extend(say::text_field("Audience", token, "audience"));
        }
        let bundle = at(source, "clusterTrustBundle");
        if bundle.is_object() {
            let name = match text_at(bundle, "name") {
                "" => text_at(bundle, "signerName"),
                name => name,
            };
            items.push(Item::field("ClusterTrustBundle", name));
        }
    }
    items
}

fn downward_items(downward: &Value) -> Item {
    let lines = items_at(downward, "items").iter().map(|item| {
        let from = match text_at(item, "fieldRef/fieldPath") {
            "" => text_at(item, "resourceFieldRef/resource"),
            path => path,
        };
        Item::line(format!("{from} -> {}", text_at(item, "path")))
    });
    Item::section("Items", lines.collect())
}

/// Which keys become which files, where not simply all do.
fn keys(part: &Value) -> Option<Item> {
    let items = items_at(part, "items");
    let values = items
        .iter()
        .map(|item| format!("{} -> {}", text_at(item, "key"), text_at(item, "path")).into());
    (!items.is_empty()).then(|| Item::fields("Keys", values.collect()))
}

/// How a claim stands, in words, and how bad that is.
pub(super) fn claim_state(namespace: &str, name: &str, around: &Around<'_>) -> (Phrase, Health) {
    let companion = Companion::named("", "persistentvolumeclaims", namespace, name);
    let claims = match (around.find)(&companion) {
        Listed::Loading => return (Phrase::of("loading", Role::Muted), Health::Good),
        Listed::Denied(_) => return (Phrase::of("the claim may not be read", Role::Muted), Health::Good),
        Listed::Objects(claims) => claims,
    };
    let Some(claim) = claims.first().map(|whole| &whole.value) else {
        return (Phrase::of("there is no such claim", Role::Error), Health::Bad);
    };
    let size = match say::scalar(at(claim, "status/capacity/storage")) {
        size if size.is_empty() => say::scalar(at(claim, "spec/resources/requests/storage")),
        size => size,
    };
    match text_at(claim, "status/phase") {
        "Bound" => {
            let volume = text_at(claim, "spec/volumeName");
            let link = say::link(volume, "", "persistentvolumes", "", volume);
            let class = match text_at(claim, "spec/storageClassName") {
                "" => String::new(),
                class => format!(", class {class}"),
            };
            (
                Phrase::new("volume ")
                    .then(link)
                    .and(&format!(", {size}{class}"), Role::LabelValue),
                Health::Good,
            )
        }
        "Lost" => (Phrase::of("the claim has lost its volume", Role::Error), Health::Bad),
        phase => {
            let words = format!(
                "claim is {}, wants {size}",
                if phase.is_empty() { "Pending" } else { phase }
            );
            (Phrase::of(&words, Role::Warn), Health::Warn)
        }
    }
}

/// Whether what a mount shows follows a change of its config map or secret; nothing for other volumes.
pub(super) fn updates(volume: &Value, mount: &Value) -> Option<&'static str> {
    let changing = ["configMap", "secret", "projected", "downwardAPI"];
    let changes = changing.iter().any(|json| at(volume, json).is_object());
    let cut = !text_at(mount, "subPath").is_empty() || !text_at(mount, "subPathExpr").is_empty();
    changes.then_some(if cut {
        "does not follow changes (sub-path): restart the pod"
    } else {
        "follows changes within about a minute"
    })
}
