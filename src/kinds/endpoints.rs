//! Endpoints: the addresses behind a service, in the old form.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, Map, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link};
use super::parts::{join_with_more, named, referred};
use super::row::{Fact, Health, Reference, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;

/// Endpoints.
pub static ENDPOINTS: Kind = Kind {
    group: "",
    resource: "endpoints",
    kind: "Endpoints",
    short_names: &["ep"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("ENDPOINTS", Field::Cell(0), 1).cap(80),
        Column::get("AGE", Field::Age, 1).right(),
        Column::extra("READY", Field::Cell(1)).show(4).right(),
        Column::extra("NOT READY", Field::Cell(2)).show(4).right(),
    ],
    links: &[
        Link {
            name: "pod",
            target: |row| referred(row, "pod"),
        },
        Link {
            name: "service",
            target: |row| named("", "services", &row.namespace, row.name.as_str()),
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoints<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a, Map<'a>>>,
    subsets: Parts<Subset<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Subset<'a> {
    #[serde(borrow)]
    addresses: Parts<Address<'a>>,
    not_ready_addresses: Parts<Address<'a>>,
    ports: Parts<Port>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Address<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    target_ref: Part<ObjectReference<'a>>,
}

/// A reference to an object, as far as links need it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ObjectReference<'a> {
    /// kind
    #[serde(borrow)]
    pub kind: Text<'a>,
    /// namespace
    pub namespace: Text<'a>,
    /// name
    pub name: Text<'a>,
}

/// The fact that these addresses belong to one single pod: a link can name one object, not several.
pub fn only_pod<'a>(
    row: &Row,
    mut targets: impl Iterator<Item = &'a ObjectReference<'a>>,
    scratch: &mut Scratch,
) -> Vec<Fact> {
    match (targets.next(), targets.next()) {
        (Some(target), None) if &*target.kind == "Pod" => vec![Fact::Names(
            "pod",
            Reference {
                group: scratch.interner.clean(""),
                kind: scratch.interner.clean("pods"),
                namespace: row.namespace.clone(),
                name: Clean::new(&target.name),
            },
        )],
        _ => Vec::new(),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Port {
    port: Int,
}

/// `10.0.0.1:80`, `[fd00::1]:80`.
fn host_port(ip: &str, port: i64) -> String {
    if ip.contains(':') {
        format!("[{ip}]:{port}")
    } else {
        format!("{ip}:{port}")
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let endpoints: Endpoints<'_> = parse(bytes)?;
    let row = endpoints.metadata.row(scratch)?;
    let subsets = &endpoints.subsets;
    let texts = subsets.iter().flat_map(|subset| {
        let addresses = subset.addresses.iter();
        let bare = addresses
            .clone()
            .filter(|_| subset.ports.is_empty())
            .map(|address| address.ip.to_string());
        let with_port = subset.ports.iter().flat_map(move |port| {
            addresses
                .clone()
                .map(move |address| host_port(&address.ip, port.port.value()))
        });
        bare.chain(with_port)
    });
    let text = join_with_more(texts, 3, ",");
    let ready: usize = subsets.iter().map(|subset| subset.addresses.len()).sum();
    let waiting: usize = subsets.iter().map(|subset| subset.not_ready_addresses.len()).sum();
    // An elected leader's record is kept in endpoints without addresses by old components: that is no fault.
    let election = endpoints
        .metadata
        .annotations
        .find("control-plane.alpha.kubernetes.io/leader")
        .is_some();
    let health = if endpoints.metadata.is_deleting() {
        Health::Progress
    } else if ready == 0 && !election {
        Health::Warn
    } else {
        Health::Good
    };
    let targets = subsets
        .iter()
        .flat_map(|subset| subset.addresses.iter().chain(subset.not_ready_addresses.iter()))
        .map(|address| &address.target_ref.0);
    let facts = only_pod(&row, targets, scratch);
    let cells = vec![
        if subsets.is_empty() {
            scratch.none().with(health.role())
        } else {
            Cell::text(Clean::new(&text))
        },
        Cell::int(ready as i64).with(if ready == 0 { health.role() } else { Role::Text }),
        Cell::int(waiting as i64).with(if waiting > 0 { Role::Warn } else { Role::Text }),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_links_and_health() {
        let json = r#"{"metadata":{"name":"cart","namespace":"shop"},
            "subsets":[{"addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","namespace":"shop","name":"cart-1"}},{"ip":"fd00::2"}],
              "notReadyAddresses":[{"ip":"10.0.0.9"}],"ports":[{"port":80},{"port":443}]}]}"#;
        check(
            &ENDPOINTS,
            json,
            "ENDPOINTS=10.0.0.1:80,[fd00::2]:80,10.0.0.1:443 + 1 more...; READY=2; NOT READY=1",
            Health::Good,
        );
        let it = row(&ENDPOINTS, json);
        assert_eq!(
            link(&ENDPOINTS, &it, "service"),
            "services [shop] [] [metadata.name=cart]"
        );
        assert_eq!(link(&ENDPOINTS, &it, "pod"), "none");
        survives_wrong_types(&ENDPOINTS, json);
        let one = r#"{"subsets":[{"addresses":[{"ip":"10.0.0.1","targetRef":{"kind":"Pod","name":"cart-1"}}]}]}"#;
        check(
            &ENDPOINTS,
            one,
            "ENDPOINTS=10.0.0.1; READY=1; NOT READY=0",
            Health::Good,
        );
        assert_eq!(
            link(&ENDPOINTS, &row(&ENDPOINTS, one), "pod"),
            "pods [shop] [] [metadata.name=cart-1]"
        );
        let table = [
            ("{}", "ENDPOINTS=<none>; READY=0; NOT READY=0", Health::Warn),
            (
                r#"{"subsets":[{"notReadyAddresses":[{"ip":"1.1.1.1"}],"ports":[{"port":80}]}]}"#,
                "ENDPOINTS=; NOT READY=1",
                Health::Warn,
            ),
            (
                r#"{"metadata":{"name":"kube-scheduler","annotations":{"control-plane.alpha.kubernetes.io/leader":"{}"}}}"#,
                "ENDPOINTS=<none>",
                Health::Good,
            ),
        ];
        for (json, cells, health) in table {
            check(&ENDPOINTS, json, cells, health);
        }
    }
}
