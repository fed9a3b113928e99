//! Endpoint slices: the addresses behind a service.

use super::cell::{Cell, Column, Field};
use super::decode::{Flag, Int, List, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::endpoints::{ObjectReference, only_pod};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{join_with_more, named, referred};
use super::row::{Health, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// Endpoint slices.
pub static ENDPOINT_SLICE: Kind = Kind {
    group: "discovery.k8s.io",
    resource: "endpointslices",
    kind: "EndpointSlice",
    short_names: &[],
    namespaced: true,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("ADDRESSTYPE", Field::Cell(0), 4),
        Column::get("PORTS", Field::Cell(1), 3).cap(40),
        Column::get("ENDPOINTS", Field::Cell(2), 1).cap(80),
        Column::get("AGE", Field::Age, 1).right(),
        Column::extra("READY", Field::Cell(3)).show(4).right(),
        Column::extra("NOT READY", Field::Cell(4)).show(4).right(),
        Column::extra("SERVICE", Field::Cell(5)).cap(40),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "pod",
            target: |row| referred(row, "pod"),
        },
        Link {
            name: "service",
            target: |row| {
                let service = row.label("kubernetes.io/service-name")?;
                named("", "services", &row.namespace, service.as_str())
            },
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Slice<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    address_type: Text<'a>,
    ports: Parts<Port<'a>>,
    endpoints: Parts<Endpoint<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Port<'a> {
    port: Int,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Endpoint<'a> {
    #[serde(borrow)]
    addresses: List<Text<'a>>,
    conditions: Part<State>,
    target_ref: Part<ObjectReference<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    ready: Flag,
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let slice: Slice<'_> = parse(bytes)?;
    let row = slice.metadata.row(scratch)?;
    // A port without a number is every port; kubectl says its name if there is one. (An empty name counts as none: the
    // server writes names of nameless ports as empty text and would print nothing at all.)
    let ports = join_with_more(
        slice.ports.iter().map(|port| match port.port.0 {
            Some(number) => number.to_string(),
            None if port.name.is_empty() => "*".to_owned(),
            None => port.name.to_string(),
        }),
        3,
        ",",
    );
    let addresses = slice.endpoints.iter().flat_map(|endpoint| endpoint.addresses.iter());
    let text = join_with_more(addresses.map(|address| address.to_string()), 3, ",");
    // Readiness that is not told counts as ready: so the API says.
    let ready = slice
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.conditions.ready.or(true))
        .count();
    let waiting = slice.endpoints.len() - ready;
    let health = if slice.metadata.is_deleting() {
        Health::Progress
    } else if ready == 0 {
        Health::Warn
    } else {
        Health::Good
    };
    let facts = only_pod(
        &row,
        slice.endpoints.iter().map(|endpoint| &endpoint.target_ref.0),
        scratch,
    );
    let service = slice.metadata.labels.find("kubernetes.io/service-name");
    let unset = |scratch: &mut Scratch| scratch.shared("<unset>").with(Role::Muted);
    let cells = vec![
        scratch.shared(&slice.address_type),
        if ports.is_empty() {
            unset(scratch)
        } else {
            scratch.shared(&ports)
        },
        if text.is_empty() {
            unset(scratch).with(health.role())
        } else {
            Cell::text(Clean::new(&text))
        },
        Cell::int(ready as i64).with(if ready == 0 { health.role() } else { Role::Text }),
        Cell::int(waiting as i64).with(if waiting > 0 { Role::Warn } else { Role::Text }),
        service.map_or_else(Cell::default, |service| scratch.shared(service)),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = r#"{"metadata":{"name":"cart-x","namespace":"shop","labels":{"kubernetes.io/service-name":"cart"}},"addressType":"IPv4",
            "ports":[{"name":"http","port":80},{"name":"all"},{},{"port":9}],
            "endpoints":[{"addresses":["10.0.0.1","10.0.0.2"],"conditions":{"ready":true},"targetRef":{"kind":"Pod","name":"cart-1"}},
              {"addresses":["10.0.0.3"],"conditions":{"ready":false}},{"addresses":["10.0.0.4"]}]}"#;
        check(
            &ENDPOINT_SLICE,
            json,
            "ADDRESSTYPE=IPv4; PORTS=80,all,* + 1 more...; ENDPOINTS=10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...; READY=2; NOT READY=1; SERVICE=cart",
            Health::Good,
        );
        let it = row(&ENDPOINT_SLICE, json);
        assert_eq!(
            link(&ENDPOINT_SLICE, &it, "service"),
            "services [shop] [] [metadata.name=cart]"
        );
        assert_eq!(link(&ENDPOINT_SLICE, &it, "pod"), "none");
        survives_wrong_types(&ENDPOINT_SLICE, json);
        check(
            &ENDPOINT_SLICE,
            r#"{"endpoints":null,"ports":null}"#,
            "PORTS=<unset>; ENDPOINTS=<unset>; READY=0",
            Health::Warn,
        );
        let waiting = r#"{"endpoints":[{"addresses":["1.1.1.1"],"conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"a"}}]}"#;
        check(
            &ENDPOINT_SLICE,
            waiting,
            "ENDPOINTS=1.1.1.1; NOT READY=1; SERVICE=",
            Health::Warn,
        );
        assert_eq!(
            link(&ENDPOINT_SLICE, &row(&ENDPOINT_SLICE, waiting), "pod"),
            "pods [shop] [] [metadata.name=a]"
        );
    }
}
