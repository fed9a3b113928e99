//! Custom resource definitions: the kinds that others brought. Read as objects and not as a Table, because only the
//! status tells whether the kind is served and only the spec what it is called; schemas are skipped while parsing.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Flag, List, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::leads::{all_in, fact};
use super::parts::{Conditions, names};
use super::row::{Health, Row};
use crate::text::{Clean, format_time};
use serde::Deserialize;

/// What Portolan knows of custom resource definitions.
pub static CUSTOM_RESOURCE_DEFINITION: Kind = Kind {
    group: "apiextensions.k8s.io",
    resource: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    short_names: &["crd", "crds"],
    namespaced: false,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CREATED AT", Field::Cell(0), 6),
        Column::extra("KIND", Field::Cell(1)).show(2),
        Column::extra("VERSIONS", Field::Cell(2)).show(4),
        Column::extra("SCOPE", Field::Cell(3)).show(5),
        Column::extra("SHORT NAMES", Field::Cell(4)).show(5),
        Column::extra("STATUS", Field::Cell(5)).show(1),
        Column::extra("AGE", Field::Age).show(3).right(),
    ],
    links: &[Link {
        name: "objects",
        target: |row| {
            let instances = names(row, "instances")?;
            Some(all_in(
                instances.group.as_str(),
                instances.kind.as_str(),
                &Clean::default(),
            ))
        },
    }],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Definition<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(borrow)]
    spec: Part<Spec<'a>>,
    #[serde(borrow)]
    status: Part<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec<'a> {
    #[serde(borrow)]
    group: Text<'a>,
    scope: Text<'a>,
    names: Part<Names<'a>>,
    versions: Parts<Version<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Names<'a> {
    #[serde(borrow)]
    plural: Text<'a>,
    kind: Text<'a>,
    short_names: List<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    served: Flag,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    conditions: Conditions<'a>,
}

/// In a word how the definition stands, and what that means. `Established` is the condition under which it is served.
fn state(conditions: &Conditions<'_>, deleting: bool) -> (&'static str, Health) {
    if deleting || conditions.is_true("Terminating") {
        ("Terminating", Health::Progress)
    } else if conditions.is_true("Established") {
        ("Established", Health::Good)
    } else if conditions.is_false("NamesAccepted") {
        ("NamesRefused", Health::Bad)
    } else if conditions.is_false("Established") && conditions.reason("Established") != "Installing" {
        ("NotEstablished", Health::Bad)
    } else {
        ("Installing", Health::Progress)
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Definition<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let spec = &object.spec;
    let (word, health) = state(&object.status.conditions, row.deleting.is_some());
    let served = spec.versions.iter().filter(|version| version.served.is_true());
    let versions: Vec<&str> = served.map(|version| &*version.name).collect();
    let short_names: Vec<&str> = spec.names.short_names.iter().map(|name| &**name).collect();
    let cells = vec![
        Cell::new(
            row.created
                .map_or(Value::None, |created| Value::Text(Clean::new(&format_time(created)))),
        ),
        Cell::text(Clean::new(&spec.names.kind)),
        scratch.shared(&versions.join(",")),
        scratch.shared(&spec.scope),
        Cell::text(Clean::new(&short_names.join(","))),
        scratch.shared(word).with(health.role()),
    ];
    // The plural stands in for the kind: it is what a list is asked by.
    let facts = fact("instances", &spec.group, &spec.names.plural, "", row.name.as_str())
        .into_iter()
        .collect();
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check, link, row, survives_wrong_types};
    use super::*;

    const WEBSITES: &str = r#"{"metadata":{"name":"websites.example.dev","creationTimestamp":"@3600"},"spec":{"group":"example.dev",
        "scope":"Namespaced","names":{"plural":"websites","kind":"Website","shortNames":["ws","site"]},
        "versions":[{"name":"v1","served":true},{"name":"v1alpha1","served":false},{"name":"v1beta1","served":true}]},
        "status":{"conditions":[{"type":"NamesAccepted","status":"True"},{"type":"Established","status":"True"}]}}"#;

    #[test]
    fn cells_and_health() {
        let cells = format!(
            "NAME=websites.example.dev; CREATED AT={}; KIND=Website; VERSIONS=v1,v1beta1; SCOPE=Namespaced; \
             SHORT NAMES=ws,site; STATUS=Established; AGE=60m",
            at(3600)
        );
        check(&CUSTOM_RESOURCE_DEFINITION, WEBSITES, &cells, Health::Good);
        let table = [
            ("[]", "Installing", Health::Progress),
            (
                r#"[{"type":"Established","status":"False","reason":"Installing"}]"#,
                "Installing",
                Health::Progress,
            ),
            (
                r#"[{"type":"Established","status":"False","reason":"NotAccepted"},{"type":"NamesAccepted","status":"False"}]"#,
                "NamesRefused",
                Health::Bad,
            ),
            (
                r#"[{"type":"Established","status":"False","reason":"Odd"}]"#,
                "NotEstablished",
                Health::Bad,
            ),
            (
                r#"[{"type":"Established","status":"True"},{"type":"Terminating","status":"True"}]"#,
                "Terminating",
                Health::Progress,
            ),
        ];
        for (conditions, status, health) in table {
            let json = format!(r#"{{"status":{{"conditions":{conditions}}}}}"#);
            check(&CUSTOM_RESOURCE_DEFINITION, &json, &format!("STATUS={status}"), health);
        }
    }

    #[test]
    fn it_leads_to_its_objects_everywhere() {
        let row = row(&CUSTOM_RESOURCE_DEFINITION, WEBSITES);
        assert_eq!(
            link(&CUSTOM_RESOURCE_DEFINITION, &row, "objects"),
            "websites.example.dev [] [] []"
        );
        survives_wrong_types(
            &CUSTOM_RESOURCE_DEFINITION,
            &WEBSITES.replace("@3600", "2026-01-01T00:00:00Z"),
        );
    }
}
