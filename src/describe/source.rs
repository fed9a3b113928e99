//! Where the data of a volume is kept, by type, in the words of kubectl's describe. It refuses to resolve anything.

use super::words::{pairs, plain};
use super::{Item, Phrase, at};
use serde_json::Value;

/// A type of volume: its field in the API, what kubectl says of it, and its fields as name and path. A name with `?` has a
/// number for its default, one with `!` a truth value.
type Type = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const TYPES: &[Type] = &[
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[("Path", "path"), ("HostPathType", "type")],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[
            ("Driver", "driver"),
            ("FSType", "fsType"),
            ("VolumeHandle", "volumeHandle"),
            ("ReadOnly!", "readOnly"),
            ("VolumeAttributes", "volumeAttributes"),
        ],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server"), ("Path", "path"), ("ReadOnly!", "readOnly")],
    ),
    (
        "local",
        "LocalVolume (a persistent volume backed by local storage on a node)",
        &[("Path", "path")],
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        &[
            ("VolumeID", "volumeID"),
            ("FSType", "fsType"),
            ("Partition?", "partition"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        &[
            ("PDName", "pdName"),
            ("FSType", "fsType"),
            ("Partition?", "partition"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        &[
            ("DiskName", "diskName"),
            ("DiskURI", "diskURI"),
            ("Kind", "kind"),
            ("FSType", "fsType"),
            ("CachingMode", "cachingMode"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &[
            ("SecretName", "secretName"),
            ("SecretNamespace", "secretNamespace"),
            ("ShareName", "shareName"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[
            ("TargetPortal", "targetPortal"),
            ("IQN", "iqn"),
            ("Lun?", "lun"),
            ("ISCSIInterface", "iscsiInterface"),
            ("FSType", "fsType"),
            ("ReadOnly!", "readOnly"),
            ("Portals", "portals"),
            ("DiscoveryCHAPAuth!", "chapAuthDiscovery"),
            ("SessionCHAPAuth!", "chapAuthSession"),
            ("SecretRef", "secretRef"),
            ("InitiatorName", "initiatorName"),
        ],
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)",
        &[
            ("TargetWWNs", "targetWWNs"),
            ("LUN?", "lun"),
            ("FSType", "fsType"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            ("Monitors", "monitors"),
            ("Path", "path"),
            ("User", "user"),
            ("SecretFile", "secretFile"),
            ("SecretRef", "secretRef"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            ("CephMonitors", "monitors"),
            ("RBDImage", "image"),
            ("FSType", "fsType"),
            ("RBDPool", "pool"),
            ("RadosUser", "user"),
            ("Keyring", "keyring"),
            ("SecretRef", "secretRef"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &[
            ("EndpointsName", "endpoints"),
            ("EndpointsNamespace", "endpointsNamespace"),
            ("Path", "path"),
            ("ReadOnly!", "readOnly"),
        ],
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        &[
            ("VolumeID", "volumeID"),
            ("FSType", "fsType"),
            ("ReadOnly!", "readOnly"),
            ("SecretRef", "secretRef"),
        ],
    ),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        &[
            ("VolumePath", "volumePath"),
            ("FSType", "fsType"),
            ("StoragePolicyName", "storagePolicyName"),
        ],
    ),
    (
        "portworxVolume",
        "PortworxVolume (a Portworx Volume resource)",
        &[("VolumeID", "volumeID")],
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &[
            ("Driver", "driver"),
            ("FSType", "fsType"),
            ("SecretRef", "secretRef"),
            ("ReadOnly!", "readOnly"),
            ("Options", "options"),
        ],
    ),
];

/// The fields of the source in a volume's spec. A type that is not known is printed as it is.
pub fn source(spec: &Value) -> Vec<Item> {
    for (field, words, fields) in TYPES {
        let source = at(spec, field);
        if source.is_object() {
            let mut items = vec![Item::field("Type", *words)];
            items.extend(fields.iter().map(|(name, path)| field_of(name, at(source, path))));
            return items;
        }
    }
    vec![Item::field("Type", "<unknown>")]
}

fn field_of(name: &str, value: &Value) -> Item {
    let bare = name.trim_end_matches(['?', '!']);
    let text = match value {
        Value::Null if name.ends_with('?') => "0".to_owned(),
        Value::Null if name.ends_with('!') => "false".to_owned(),
        Value::Null => String::new(),
        Value::Array(list) => format!("[{}]", list.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Object(map) if map.contains_key("name") && map.len() <= 2 => plain(at(value, "name")),
        Value::Object(_) => {
            return Item::fields(bare, pairs(value, "=").into_iter().map(Phrase::from).collect());
        }
        other => plain(other),
    };
    Item::field(bare, text)
}
