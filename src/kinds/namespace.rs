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
