//! Storage classes: who makes volumes, and how. The default is told by an annotation, so the object is read.

use super::cell::{Cell, Column, Field};
use super::decode::{Flag, Map, Meta, Part, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind};
use super::row::{Health, Row};
use crate::text::Clean;
use serde::Deserialize;

/// What Portolan knows of storage classes. The name cell carries kubectl's `(default)`.
pub static STORAGE_CLASS: Kind = Kind {
    group: "storage.k8s.io",
    resource: "storageclasses",
    kind: "StorageClass",
    short_names: &["sc"],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Cell(0), 0),
        Column::get("PROVISIONER", Field::Cell(1), 1),
        Column::get("RECLAIMPOLICY", Field::Cell(2), 4),
        Column::get("VOLUMEBINDINGMODE", Field::Cell(3), 5),
        Column::get("ALLOWVOLUMEEXPANSION", Field::Cell(4), 6),
        Column::get("AGE", Field::Age, 3).right(),
    ],
    links: &[],
};

const DEFAULT_ANNOTATIONS: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StorageClass<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a, Map<'a>>>,
    #[serde(borrow)]
    provisioner: Text<'a>,
    reclaim_policy: Text<'a>,
    volume_binding_mode: Text<'a>,
    allow_volume_expansion: Flag,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: StorageClass<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let is_default = DEFAULT_ANNOTATIONS.iter().any(|key| {
        object
            .metadata
            .annotations
            .find(key)
            .is_some_and(|value| &**value == "true")
    });
    let name = if is_default {
        Clean::new(&format!("{} (default)", row.name.as_str()))
    } else {
        row.name.clone()
    };
    let or = |text: &str, missing: &'static str| {
        if text.is_empty() {
            missing.to_owned()
        } else {
            text.to_owned()
        }
    };
    let cells = vec![
        Cell::text(name),
        scratch.shared(&object.provisioner),
        scratch.shared(&or(&object.reclaim_policy, "Delete")),
        scratch.shared(&or(&object.volume_binding_mode, "Immediate")),
        scratch.shared(if object.allow_volume_expansion.is_true() {
            "true"
        } else {
            "false"
        }),
    ];
    Ok(finish(row, Health::Good, cells, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, survives_wrong_types};
    use super::*;

    #[test]
    fn the_default_is_marked_and_defaults_are_written_out() {
        let fast = r#"{"metadata":{"name":"fast","annotations":{"storageclass.beta.kubernetes.io/is-default-class":"true"}},
            "provisioner":"ebs.example","reclaimPolicy":"Retain","volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true}"#;
        let table = [
            (
                fast,
                "NAME=fast (default); PROVISIONER=ebs.example; RECLAIMPOLICY=Retain; \
                 VOLUMEBINDINGMODE=WaitForFirstConsumer; ALLOWVOLUMEEXPANSION=true",
            ),
            (
                r#"{"metadata":{"name":"slow","annotations":{"storageclass.kubernetes.io/is-default-class":"false"}},
                "provisioner":"nfs"}"#,
                "NAME=slow; RECLAIMPOLICY=Delete; VOLUMEBINDINGMODE=Immediate; ALLOWVOLUMEEXPANSION=false",
            ),
        ];
        for (json, cells) in table {
            check(&STORAGE_CLASS, json, cells, Health::Good);
        }
        survives_wrong_types(&STORAGE_CLASS, fast);
    }
}
