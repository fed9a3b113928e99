//! Resource quotas: what a namespace may use, and how much of it is gone.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Map, Meta, Part, Scratch, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::leads::all_in;
use super::row::{Health, Row};
use crate::text::{Clean, Quantity};
use serde::Deserialize;

/// What Portolan knows of resource quotas.
pub static RESOURCE_QUOTA: Kind = Kind {
    group: "",
    resource: "resourcequotas",
    kind: "ResourceQuota",
    short_names: &["quota"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("REQUEST", Field::Cell(0), 2),
        Column::get("LIMIT", Field::Cell(1), 4),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("FULLEST", Field::Cell(2)).show(1).right(),
    ],
    links: &[Link {
        name: "pods",
        target: |row| Some(all_in("", "pods", &row.namespace)),
    }],
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quota<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(borrow)]
    status: Part<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status<'a> {
    #[serde(borrow)]
    hard: Map<'a>,
    #[serde(borrow)]
    used: Map<'a>,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Quota<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let status = &object.status;
    let mut hard: Vec<(&str, &str)> = status.hard.iter().map(|(name, amount)| (&**name, &**amount)).collect();
    hard.sort_unstable();
    let (mut requests, mut limits): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut fullest: Option<u16> = None;
    for (name, hard) in hard {
        let used = status.used.find(name).map_or("0", |amount| amount);
        let place = if name.starts_with("limits.") {
            &mut limits
        } else {
            &mut requests
        };
        place.push(format!("{name}: {used}/{hard}"));
        fullest = fullest.max(percent(used, hard));
    }
    let health = if row.deleting.is_some() {
        Health::Progress
    } else if fullest.is_some_and(|percent| percent >= 100) {
        Health::Warn
    } else {
        Health::Good
    };
    let cells = vec![
        Cell::text(Clean::new(&requests.join(", "))),
        Cell::text(Clean::new(&limits.join(", "))),
        Cell::new(fullest.map_or(Value::None, Value::Percent)).with(health.role()),
    ];
    Ok(finish(row, health, cells, Vec::new()))
}

/// How full it is, rounded down, so that 100 % means full. What allows nothing cannot be full.
fn percent(used: &str, hard: &str) -> Option<u16> {
    let (used, hard) = (Quantity::parse(used)?.nanos(), Quantity::parse(hard)?.nanos());
    if hard <= 0 {
        return None;
    }
    let percent = used.max(0).saturating_mul(100) / hard;
    Some(u16::try_from(percent).unwrap_or(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, survives_wrong_types};
    use super::*;

    const TEAM: &str = r#"{"metadata":{"name":"team","namespace":"shop"},"status":{
        "hard":{"pods":"10","requests.cpu":"2","limits.memory":"4Gi","count/jobs.batch":"0"},
        "used":{"pods":"3","requests.cpu":"1500m","limits.memory":"1Gi"}}}"#;

    #[test]
    fn requests_and_limits_apart_and_how_full() {
        let table = [
            (
                TEAM,
                "REQUEST=count/jobs.batch: 0/0, pods: 3/10, requests.cpu: 1500m/2; LIMIT=limits.memory: 1Gi/4Gi; FULLEST=75%",
                Health::Good,
            ),
            (
                r#"{"status":{"hard":{"pods":"4","limits.cpu":"1"},"used":{"pods":"4","limits.cpu":"900m"}}}"#,
                "REQUEST=pods: 4/4; LIMIT=limits.cpu: 900m/1; FULLEST=100%",
                Health::Warn,
            ),
            (
                r#"{"status":{"hard":{"limits.memory":"1Gi"},"used":{"limits.memory":"1073741823"}}}"#,
                "FULLEST=99%",
                Health::Good,
            ),
            ("{}", "REQUEST=; LIMIT=; FULLEST=", Health::Good),
        ];
        for (json, cells, health) in table {
            check(&RESOURCE_QUOTA, json, cells, health);
        }
        survives_wrong_types(&RESOURCE_QUOTA, TEAM);
    }
}
