//! Persistent volumes: pieces of storage, and which claim holds them.

use super::cell::{Cell, Column, Field};
use super::decode::{List, Map, Maybe, Meta, Part, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::leads::fact;
use super::parts::referred;
use super::row::{Health, Row};
use super::volumes::{access_modes, or_unset, storage_class};
use crate::text::Clean;
use serde::Deserialize;

/// What Portolan knows of persistent volumes.
pub static PERSISTENT_VOLUME: Kind = Kind {
    group: "",
    resource: "persistentvolumes",
    kind: "PersistentVolume",
    short_names: &["pv"],
    namespaced: false,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CAPACITY", Field::Cell(0), 2).right(),
        Column::get("ACCESS MODES", Field::Cell(1), 5),
        Column::get("RECLAIM POLICY", Field::Cell(2), 6),
        Column::get("STATUS", Field::Cell(3), 1),
        Column::get("CLAIM", Field::Cell(4), 2),
        Column::get("STORAGECLASS", Field::Cell(5), 4),
        Column::get("VOLUMEATTRIBUTESCLASS", Field::Cell(6), 8),
        Column::get("REASON", Field::Cell(7), 7),
        Column::get("AGE", Field::Age, 3).right(),
        Column::wide("VOLUMEMODE", Field::Cell(8)),
        Column::extra("SOURCE", Field::Cell(9)).cap(50),
    ],
    links: &[
        Link {
            name: "claim",
            target: |row| referred(row, "claim"),
        },
        Link {
            name: "storage class",
            target: |row| referred(row, "class"),
        },
    ],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Volume<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a, Map<'a>>>,
    #[serde(borrow)]
    spec: Part<Spec<'a>>,
    #[serde(borrow)]
    status: Part<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    capacity: Map<'a>,
    access_modes: List<Text<'a>>,
    persistent_volume_reclaim_policy: Text<'a>,
    claim_ref: Maybe<Claim<'a>>,
    storage_class_name: Text<'a>,
    volume_attributes_class_name: Text<'a>,
    volume_mode: Text<'a>,
    csi: Maybe<Driver<'a>>,
    nfs: Maybe<Nfs<'a>>,
    host_path: Maybe<Directory<'a>>,
    local: Maybe<Directory<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claim<'a> {
    #[serde(borrow)]
    namespace: Text<'a>,
    name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Driver<'a> {
    #[serde(borrow)]
    driver: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Nfs<'a> {
    #[serde(borrow)]
    server: Text<'a>,
    path: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Directory<'a> {
    #[serde(borrow)]
    path: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    reason: Text<'a>,
}

impl Spec<'_> {
    /// Where the storage is, for the sources that are met most; empty for others.
    fn source(&self) -> String {
        if let Some(csi) = self.csi.get() {
            format!("csi {}", &*csi.driver)
        } else if let Some(nfs) = self.nfs.get() {
            format!("nfs {}:{}", &*nfs.server, &*nfs.path)
        } else if let Some(host) = self.host_path.get() {
            format!("host {}", &*host.path)
        } else if let Some(local) = self.local.get() {
            format!("local {}", &*local.path)
        } else {
            String::new()
        }
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Volume<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let (spec, status) = (&object.spec, &object.status);
    let phase = if row.deleting.is_some() {
        "Terminating"
    } else {
        &*status.phase
    };
    let health = match phase {
        "Available" | "Bound" => Health::Good,
        "Terminating" | "Pending" => Health::Progress,
        // Its claim is gone: nobody else gets it before a person has cleared the reference.
        "Released" => Health::Warn,
        "Failed" => Health::Bad,
        _ => Health::Unknown,
    };
    let class = storage_class(&object.metadata, &spec.storage_class_name);
    let mut facts: Vec<_> = fact("class", "storage.k8s.io", "storageclasses", "", class)
        .into_iter()
        .collect();
    let mut claim_text = String::new();
    if let Some(claim) = spec.claim_ref.get() {
        claim_text = format!("{}/{}", &*claim.namespace, &*claim.name);
        facts.extend(fact(
            "claim",
            "",
            "persistentvolumeclaims",
            &claim.namespace,
            &claim.name,
        ));
    }
    let capacity = spec.capacity.find("storage").map_or("0", |amount| amount);
    let cells = vec![
        scratch.quantity(capacity),
        scratch.shared(&access_modes(&spec.access_modes)),
        scratch.shared(&spec.persistent_volume_reclaim_policy),
        scratch.shared(phase).with(health.role()),
        Cell::text(Clean::new(&claim_text)),
        scratch.shared(class),
        or_unset(&spec.volume_attributes_class_name, scratch),
        scratch.shared(&status.reason),
        or_unset(&spec.volume_mode, scratch),
        scratch.shared(&spec.source()),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const BOUND: &str = r#"{"metadata":{"name":"pv-1","annotations":{"volume.beta.kubernetes.io/storage-class":"old"}},
        "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteMany","ReadWriteOnce","ReadWriteOnce","Odd"],
        "persistentVolumeReclaimPolicy":"Retain","storageClassName":"fast","volumeMode":"Filesystem",
        "claimRef":{"namespace":"shop","name":"data-db-0"},"csi":{"driver":"ebs.example"}},"status":{"phase":"Bound"}}"#;

    #[test]
    fn cells_and_health() {
        let table = [
            (
                BOUND,
                "CAPACITY=10Gi; ACCESS MODES=RWO,RWX; RECLAIM POLICY=Retain; STATUS=Bound; CLAIM=shop/data-db-0; \
                 STORAGECLASS=old; VOLUMEATTRIBUTESCLASS=<unset>; REASON=; VOLUMEMODE=Filesystem; SOURCE=csi ebs.example",
                Health::Good,
            ),
            (
                r#"{"spec":{"storageClassName":"s","hostPath":{"path":"/d"}},"status":{"phase":"Failed","reason":"Recycle"}}"#,
                "CAPACITY=0; ACCESS MODES=; CLAIM=; STORAGECLASS=s; REASON=Recycle; VOLUMEMODE=<unset>; SOURCE=host /d",
                Health::Bad,
            ),
            (r#"{"status":{"phase":"Released"}}"#, "STATUS=Released", Health::Warn),
            (
                r#"{"metadata":{"name":"a","deletionTimestamp":"@5"},"status":{"phase":"Bound"}}"#,
                "STATUS=Terminating",
                Health::Progress,
            ),
        ];
        for (json, cells, health) in table {
            check(&PERSISTENT_VOLUME, json, cells, health);
        }
    }

    #[test]
    fn it_leads_to_its_claim_and_class() {
        let row = row(&PERSISTENT_VOLUME, BOUND);
        assert_eq!(
            link(&PERSISTENT_VOLUME, &row, "claim"),
            "persistentvolumeclaims [shop] [] [metadata.name=data-db-0]"
        );
        assert_eq!(
            link(&PERSISTENT_VOLUME, &row, "storage class"),
            "storageclasses.storage.k8s.io [] [] [metadata.name=old]"
        );
        survives_wrong_types(&PERSISTENT_VOLUME, BOUND);
    }
}
