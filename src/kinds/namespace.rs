//! Namespaces: whether they are there or on their way out, and what holds them.

use super::cell::{Cell, Column, Field};
use super::decode::{Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link, Target};
use super::leads::all_in;
use super::row::{Health, Row};
use serde::Deserialize;

/// What Portolan knows of namespaces.
pub static NAMESPACE: Kind = Kind {
    group: "",
    resource: "namespaces",
    kind: "Namespace",
    short_names: &["ns"],
    namespaced: false,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("STATUS", Field::Cell(0), 1),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("HELD BY", Field::Cell(1)).cap(80),
    ],
    links: &[
        Link {
            name: "kinds",
            target: |row| {
                Some(Target::Kinds {
                    namespace: row.name.clone(),
                })
            },
        },
        Link {
            name: "pods",
            target: |row| Some(all_in("", "pods", &row.name)),
        },
        Link {
            name: "events",
            target: |row| Some(all_in("", "events", &row.name)),
        },
    ],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Namespace<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(borrow)]
    status: Part<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    phase: Text<'a>,
    conditions: Parts<Condition<'a>>,
}

/// The message says what is left, which is more than the reason does.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    status: Text<'a>,
    message: Text<'a>,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Namespace<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let status = &object.status;
    let held = status.conditions.iter().find(|condition| &*condition.status == "True");
    let health = match (&*status.phase, held.map(|condition| &*condition.kind)) {
        ("Active", _) if !object.metadata.is_deleting() => Health::Good,
        ("Active" | "Terminating", None) => Health::Progress,
        // The server could not even find out what is left: most often an aggregated API that is down.
        (
            _,
            Some(
                "NamespaceDeletionDiscoveryFailure"
                | "NamespaceDeletionGroupVersionParsingFailure"
                | "NamespaceDeletionContentFailure",
            ),
        ) => Health::Bad,
        (_, Some(_)) => Health::Warn,
        _ => Health::Unknown,
    };
    let cells = vec![
        scratch.shared(&status.phase).with(health.role()),
        held.map_or_else(Cell::default, |condition| scratch.shared(&condition.message)),
    ];
    Ok(finish(row, health, cells, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const STUCK: &str = r#"{"metadata":{"name":"old","deletionTimestamp":"@60"},"status":{"phase":"Terminating","conditions":[
        {"type":"NamespaceDeletionDiscoveryFailure","status":"False","message":"all found"},
        {"type":"NamespaceFinalizersRemaining","status":"True","reason":"SomeFinalizersRemain","message":"in 2 objects"}]}}"#;

    #[test]
    fn a_namespace_on_its_way_out_says_what_holds_it() {
        let table = [
            (
                r#"{"status":{"phase":"Active"}}"#,
                "STATUS=Active; HELD BY=",
                Health::Good,
            ),
            (
                r#"{"status":{"phase":"Terminating"}}"#,
                "STATUS=Terminating",
                Health::Progress,
            ),
            (STUCK, "STATUS=Terminating; HELD BY=in 2 objects", Health::Warn),
            (
                r#"{"status":{"phase":"Terminating","conditions":[
                {"type":"NamespaceDeletionContentFailure","status":"True","message":"no"}]}}"#,
                "HELD BY=no",
                Health::Bad,
            ),
            ("{}", "STATUS=", Health::Unknown),
        ];
        for (json, cells, health) in table {
            check(&NAMESPACE, json, cells, health);
        }
    }

    #[test]
    fn it_leads_into_itself() {
        let row = row(&NAMESPACE, STUCK);
        assert_eq!(link(&NAMESPACE, &row, "kinds"), "kinds old");
        assert_eq!(link(&NAMESPACE, &row, "pods"), "pods [old] [] []");
        survives_wrong_types(&NAMESPACE, &STUCK.replace("@60", "2026-01-01T00:00:00Z"));
    }
}
