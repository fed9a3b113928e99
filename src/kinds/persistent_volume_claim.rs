//! Persistent volume claims: who asks for storage, and whether it came.

use super::cell::{Cell, Column, Field};
use super::decode::{List, Map, Meta, Part, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::leads::fact;
use super::parts::{Conditions, referred};
use super::row::{Health, Row};
use super::volumes::{access_modes, or_unset, storage_class};
use crate::text::Clean;
use serde::Deserialize;

/// What Portolan knows of persistent volume claims.
pub static PERSISTENT_VOLUME_CLAIM: Kind = Kind {
    group: "",
    resource: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
    short_names: &["pvc"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 1),
        Column::get("VOLUME", Field::Cell(1), 4),
        Column::get("CAPACITY", Field::Cell(2), 2).right(),
        Column::get("ACCESS MODES", Field::Cell(3), 6),
        Column::get("STORAGECLASS", Field::Cell(4), 5),
        Column::get("VOLUMEATTRIBUTESCLASS", Field::Cell(5), 8),
        Column::get("AGE", Field::Age, 3).right(),
        Column::wide("VOLUMEMODE", Field::Cell(6)),
        Column::extra("REQUEST", Field::Cell(7)).right(),
        Column::extra("CONDITION", Field::Cell(8)),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "volume",
            target: |row| referred(row, "volume"),
        },
        Link {
            name: "storage class",
            target: |row| referred(row, "class"),
        },
    ],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claim<'a> {
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
    volume_name: Text<'a>,
    storage_class_name: Text<'a>,
    volume_attributes_class_name: Text<'a>,
    volume_mode: Text<'a>,
    resources: Part<Resources<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resources<'a> {
    #[serde(borrow)]
    requests: Map<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    access_modes: List<Text<'a>>,
    capacity: Map<'a>,
    conditions: Conditions<'a>,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Claim<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let (spec, status) = (&object.spec, &object.status);
    let phase = if row.deleting.is_some() {
        "Terminating"
    } else {
        &*status.phase
    };
    let condition = status.conditions.iter().find(|condition| &*condition.status == "True");
    let health = match (phase, condition.map(|condition| &*condition.kind)) {
        ("Lost", _) => Health::Bad,
        // Where a class waits for its first pod this is how it should be, but the claim alone does not tell, and a
        // claim that nobody serves is the most common reason for a pod that does not start.
        ("Pending", _) => Health::Warn,
        ("Terminating", _) => Health::Progress,
        (
            "Bound",
            Some("ControllerResizeError" | "NodeResizeError" | "ModifyVolumeError" | "VolumeModifyVolumeError"),
        ) => Health::Warn,
        ("Bound", Some(_)) => Health::Progress,
        ("Bound", None) => Health::Good,
        _ => Health::Unknown,
    };
    let class = storage_class(&object.metadata, &spec.storage_class_name);
    let mut facts: Vec<_> = fact("volume", "", "persistentvolumes", "", &spec.volume_name)
        .into_iter()
        .collect();
    facts.extend(fact("class", "storage.k8s.io", "storageclasses", "", class));
    // kubectl shows what was got only once a volume is named.
    let (capacity, modes) = if spec.volume_name.is_empty() {
        (Cell::default(), Cell::default())
    } else {
        let capacity = status.capacity.find("storage").map_or("0", |amount| amount);
        (
            scratch.quantity(capacity),
            scratch.shared(&access_modes(&status.access_modes)),
        )
    };
    let cells = vec![
        scratch.shared(phase).with(health.role()),
        Cell::text(Clean::new(&spec.volume_name)),
        capacity,
        modes,
        scratch.shared(class),
        or_unset(&spec.volume_attributes_class_name, scratch),
        or_unset(&spec.volume_mode, scratch),
        spec.resources
            .requests
            .find("storage")
            .map_or_else(Cell::default, |amount| scratch.quantity(amount)),
        condition.map_or_else(Cell::default, |condition| scratch.shared(&condition.kind)),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const BOUND: &str = r#"{"metadata":{"name":"data","namespace":"shop"},"spec":{"volumeName":"pv-1","storageClassName":"fast",
        "volumeMode":"Block","volumeAttributesClassName":"gold","resources":{"requests":{"storage":"20Gi"}}},
        "status":{"phase":"Bound","accessModes":["ReadWriteOncePod"],"capacity":{"storage":"10Gi"},
        "conditions":[{"type":"FileSystemResizePending","status":"True"}]}}"#;

    #[test]
    fn cells_and_health() {
        let table = [
            (
                BOUND,
                "STATUS=Bound; VOLUME=pv-1; CAPACITY=10Gi; ACCESS MODES=RWOP; STORAGECLASS=fast; VOLUMEATTRIBUTESCLASS=gold; \
                 VOLUMEMODE=Block; REQUEST=20Gi; CONDITION=FileSystemResizePending",
                Health::Progress,
            ),
            (
                r#"{"spec":{"volumeName":"v"},"status":{"phase":"Bound"}}"#,
                "CAPACITY=0; STORAGECLASS=; VOLUMEATTRIBUTESCLASS=<unset>; VOLUMEMODE=<unset>; REQUEST=; CONDITION=",
                Health::Good,
            ),
            (
                r#"{"status":{"phase":"Pending","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}}"#,
                "STATUS=Pending; VOLUME=; CAPACITY=; ACCESS MODES=",
                Health::Warn,
            ),
            (
                r#"{"spec":{"volumeName":"v"},"status":{"phase":"Lost"}}"#,
                "STATUS=Lost",
                Health::Bad,
            ),
            (
                r#"{"metadata":{"name":"a","deletionTimestamp":"@5"},"status":{"phase":"Bound"}}"#,
                "STATUS=Terminating",
                Health::Progress,
            ),
        ];
        for (json, cells, health) in table {
            check(&PERSISTENT_VOLUME_CLAIM, json, cells, health);
        }
    }

    #[test]
    fn it_leads_to_its_volume() {
        let bound = row(&PERSISTENT_VOLUME_CLAIM, BOUND);
        assert_eq!(
            link(&PERSISTENT_VOLUME_CLAIM, &bound, "volume"),
            "persistentvolumes [] [] [metadata.name=pv-1]"
        );
        let pending = row(&PERSISTENT_VOLUME_CLAIM, r#"{"status":{"phase":"Pending"}}"#);
        assert_eq!(link(&PERSISTENT_VOLUME_CLAIM, &pending, "volume"), "none");
        survives_wrong_types(&PERSISTENT_VOLUME_CLAIM, BOUND);
    }
}
