//! Events, as the core group and as events.k8s.io write them: one reader for both. The times are told by the printers'
//! rule: a series' last sighting, else the old time stamps, else the event's own time.

use super::cell::{Cell, Column, Field, Value};
use super::decode::{Int, Maybe, Meta, Part, Scratch, Text, When, finish, group_of, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::referred;
use super::row::{Fact, Health, Reference, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// Events of the core group.
pub static EVENT: Kind = Kind {
    group: "",
    resource: "events",
    kind: "Event",
    short_names: &["ev"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: COLUMNS,
    links: LINKS,
};

/// The same events as events.k8s.io serves them.
pub static NEW_EVENT: Kind = Kind {
    group: "events.k8s.io",
    versions: &["v1", "v1beta1"],
    ..EVENT
};

const COLUMNS: &[Column] = &[
    Column::get("LAST SEEN", Field::Cell(0), 1).right(),
    Column::get("TYPE", Field::Cell(1), 2),
    Column::get("REASON", Field::Cell(2), 1).cap(40),
    Column::get("OBJECT", Field::Cell(3), 0).cap(60),
    Column::wide("SUBOBJECT", Field::Cell(4)).cap(40),
    Column::wide("SOURCE", Field::Cell(5)).cap(50),
    Column::get("MESSAGE", Field::Cell(6), 0),
    Column::wide("FIRST SEEN", Field::Cell(7)).right(),
    Column::wide("COUNT", Field::Cell(8)).show(5).right(),
    Column::wide("NAME", Field::Name).cap(60),
    Column::extra("AGE", Field::Age).right(),
];

const LINKS: &[Link] = &[Link {
    name: "object",
    target: |row| referred(row, "involved"),
}];

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(alias = "regarding")]
    involved_object: Part<Involved<'a>>,
    #[serde(rename = "type")]
    kind: Text<'a>,
    reason: Text<'a>,
    #[serde(alias = "note")]
    message: Text<'a>,
    #[serde(alias = "deprecatedSource")]
    source: Part<Source<'a>>,
    #[serde(alias = "reportingController")]
    reporting_component: Text<'a>,
    reporting_instance: Text<'a>,
    #[serde(alias = "deprecatedFirstTimestamp")]
    first_timestamp: When,
    #[serde(alias = "deprecatedLastTimestamp")]
    last_timestamp: When,
    event_time: When,
    #[serde(alias = "deprecatedCount")]
    count: Int,
    series: Maybe<Series>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Involved<'a> {
    #[serde(borrow)]
    api_version: Text<'a>,
    kind: Text<'a>,
    namespace: Text<'a>,
    name: Text<'a>,
    field_path: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Source<'a> {
    #[serde(borrow)]
    component: Text<'a>,
    host: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Series {
    count: Int,
    last_observed_time: When,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let event: Event<'_> = parse(bytes)?;
    let row = event.metadata.row(scratch)?;
    let first = event.first_timestamp.0.or(event.event_time.0);
    let (last, count) = match event.series.get() {
        Some(series) => (series.last_observed_time.0, series.count.count()),
        None => (
            event.last_timestamp.0.or(event.event_time.0),
            // A single event of the new form has no count.
            event.count.count().max(1),
        ),
    };
    let involved = &event.involved_object;
    let kind = involved.kind.to_lowercase();
    let object = if involved.name.is_empty() {
        kind
    } else {
        format!("{kind}/{}", &*involved.name)
    };
    let first_of = |a: &'_ Text<'_>, b: &Text<'_>| if a.is_empty() { b.to_string() } else { a.to_string() };
    let mut source = first_of(&event.source.component, &event.reporting_component);
    let instance = first_of(&event.source.host, &event.reporting_instance);
    if !instance.is_empty() {
        source = format!("{source}, {instance}");
    }
    let warning = &*event.kind == "Warning";
    let health = if warning { Health::Warn } else { Health::Good };
    let mut facts = Vec::new();
    if !involved.name.is_empty() && !involved.kind.is_empty() {
        facts.push(Fact::Names(
            "involved",
            Reference {
                group: scratch.interner.clean(group_of(&involved.api_version)),
                kind: scratch.interner.clean(&involved.kind),
                namespace: scratch.interner.clean(&involved.namespace),
                name: Clean::new(&involved.name),
            },
        ));
    }
    let cells = vec![
        Cell::new(Value::Time(last)),
        scratch
            .shared(&event.kind)
            .with(if warning { Role::Warn } else { Role::Muted }),
        scratch.shared(&event.reason),
        Cell::text(Clean::new(&object)),
        scratch.shared(&involved.field_path),
        scratch.shared(&source),
        scratch.shared(event.message.trim()),
        Cell::new(Value::Time(first)),
        Cell::int(count),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{NOW, at, check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_and_links() {
        let json = format!(
            r#"{{"metadata":{{"name":"cart.17","namespace":"shop"}},"involvedObject":{{"apiVersion":"apps/v1","kind":"ReplicaSet","namespace":"shop","name":"cart","fieldPath":"spec.containers{{a}}"}},
            "type":"Warning","reason":"FailedCreate","message":"  no quota\n","source":{{"component":"replicaset-controller","host":"node-a"}},
            "firstTimestamp":"{}","lastTimestamp":"{}","count":7,"reportingComponent":"","series":null,"eventTime":null}}"#,
            at(3600),
            at(45)
        );
        check(
            &EVENT,
            &json,
            "LAST SEEN=45s; TYPE=Warning; REASON=FailedCreate; OBJECT=replicaset/cart; SUBOBJECT=spec.containers{a}; SOURCE=replicaset-controller, node-a; MESSAGE=no quota; FIRST SEEN=60m; COUNT=7; NAME=cart.17",
            Health::Warn,
        );
        assert_eq!(
            link(&EVENT, &row(&EVENT, &json), "object"),
            "ReplicaSet.apps [shop] [] [metadata.name=cart]"
        );
        survives_wrong_types(&EVENT, &json);
    }

    #[test]
    fn the_newer_form_reads_the_same() {
        let json = format!(
            r#"{{"metadata":{{"name":"a","namespace":"shop"}},"regarding":{{"kind":"Pod","namespace":"shop","name":"cart-1"}},"type":"Normal","reason":"Pulled",
            "note":"pulled","reportingController":"kubelet","reportingInstance":"node-a","deprecatedSource":{{}},"eventTime":"{}",
            "series":{{"count":3,"lastObservedTime":"{}"}}}}"#,
            at(600).replace('Z', ".123456Z"),
            at(30).replace('Z', ".123456Z")
        );
        check(
            &NEW_EVENT,
            &json,
            "LAST SEEN=30s; TYPE=Normal; OBJECT=pod/cart-1; SOURCE=kubelet, node-a; MESSAGE=pulled; FIRST SEEN=10m; COUNT=3",
            Health::Good,
        );
    }

    #[test]
    fn times_and_counts() {
        let table = [
            (
                r#"{"eventTime":"@20"}"#,
                "LAST SEEN=20s; FIRST SEEN=20s; COUNT=1; OBJECT=",
            ),
            (
                r#"{"eventTime":"@20","lastTimestamp":"@10","count":2}"#,
                "LAST SEEN=10s; FIRST SEEN=20s; COUNT=2",
            ),
            (
                r#"{"series":{"count":9}}"#,
                "LAST SEEN=<unknown>; FIRST SEEN=<unknown>; COUNT=9",
            ),
            (r#"{"involvedObject":{"kind":"Node"}}"#, "OBJECT=node; COUNT=1"),
            (r#"{"source":{"component":"a"},"reportingComponent":"b"}"#, "SOURCE=a"),
            (
                r#"{"reportingComponent":"b","reportingInstance":"b-1"}"#,
                "SOURCE=b, b-1",
            ),
        ];
        for (json, cells) in table {
            check(&EVENT, json, cells, Health::Good);
        }
    }

    #[test]
    fn last_seen_lives() {
        let event = row(&EVENT, r#"{"lastTimestamp":"@10"}"#);
        assert_eq!(event.cells[0].value.text(NOW + 50), "60s");
    }
}
