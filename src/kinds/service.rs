//! Services.

use super::cell::{Cell, Column, Field};
use super::decode::{Int, List, Map, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link, Target};
use super::parts::{join, map_text, named, selected, selector_cell};
use super::resource::ResourceName;
use super::row::{Health, Row};
use crate::text::Clean;
use crate::theme::Role;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Services.
pub static SERVICE: Kind = Kind {
    group: "",
    resource: "services",
    kind: "Service",
    short_names: &["svc"],
    namespaced: true,
    versions: &["v1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("TYPE", Field::Cell(0), 2),
        Column::get("CLUSTER-IP", Field::Cell(1), 3),
        Column::get("EXTERNAL-IP", Field::Cell(2), 4).cap(50),
        Column::get("PORT(S)", Field::Cell(3), 2).cap(50),
        Column::get("AGE", Field::Age, 1).right(),
        Column::wide("SELECTOR", Field::Cell(4)).cap(60),
        Column::extra("AFFINITY", Field::Cell(5)),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "endpoint slices",
            target: |row| {
                Some(Target::List {
                    resource: ResourceName::new("discovery.k8s.io", "endpointslices"),
                    namespace: row.namespace.clone(),
                    labels: Clean::new(&format!("kubernetes.io/service-name={}", row.name.as_str())),
                    fields: Clean::default(),
                    owner: None,
                })
            },
        },
        Link {
            name: "pods",
            target: |row| selected(row, "", "pods", false),
        },
        Link {
            name: "endpoints",
            target: |row| named("", "endpoints", &row.namespace, row.name.as_str()),
        },
    ],
};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Service<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    spec: Part<Spec<'a>>,
    status: Part<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Text<'a>,
    #[serde(rename = "clusterIPs")]
    cluster_ips: List<Text<'a>>,
    #[serde(rename = "externalIPs")]
    external_ips: List<Text<'a>>,
    external_name: Text<'a>,
    ports: Parts<Port<'a>>,
    selector: Map<'a>,
    session_affinity: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Port<'a> {
    port: Int,
    node_port: Int,
    #[serde(borrow)]
    protocol: Text<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    load_balancer: Part<LoadBalancer<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct LoadBalancer<'a> {
    #[serde(borrow)]
    ingress: Parts<Ingress<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ingress<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    hostname: Text<'a>,
}

/// The EXTERNAL-IP text by type of service; None is `<none>`.
fn external(service: &Service<'_>) -> Option<String> {
    let spec = &service.spec;
    let given = || spec.external_ips.iter().map(|text| &**text);
    match &*spec.kind {
        "ClusterIP" | "NodePort" | "" => (!spec.external_ips.is_empty()).then(|| join(given(), ",")),
        "LoadBalancer" => {
            let balancers: BTreeSet<&str> = service
                .status
                .load_balancer
                .ingress
                .iter()
                .map(|ingress| {
                    if ingress.ip.is_empty() {
                        &*ingress.hostname
                    } else {
                        &*ingress.ip
                    }
                })
                .filter(|text| !text.is_empty())
                .collect();
            let all = join(balancers.into_iter().chain(given()), ",");
            Some(if all.is_empty() { "<pending>".to_owned() } else { all })
        }
        "ExternalName" => Some(spec.external_name.to_string()),
        _ => Some("<unknown>".to_owned()),
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let service: Service<'_> = parse(bytes)?;
    let row = service.metadata.row(scratch)?;
    let spec = &service.spec;
    let external = external(&service);
    let pending = external.as_deref() == Some("<pending>");
    let health = if service.metadata.is_deleting() {
        Health::Progress
    } else if pending {
        Health::Warn
    } else {
        Health::Good
    };
    let address = spec.cluster_ips.first().unwrap_or(&spec.cluster_ip);
    let address = match &**address {
        "" => scratch.none(),
        // Headless services share the word, all others have an address of their own.
        "None" => scratch.shared("None"),
        address => Cell::text(Clean::new(address)),
    };
    let ports: Vec<String> = spec
        .ports
        .iter()
        .map(|port| {
            let protocol = if port.protocol.is_empty() {
                "TCP"
            } else {
                &*port.protocol
            };
            match port.node_port.value() {
                1.. => format!("{}:{}/{protocol}", port.port.value(), port.node_port.value()),
                _ => format!("{}/{protocol}", port.port.value()),
            }
        })
        .collect();
    let (selector, facts) = selector_cell(Some(map_text(&spec.selector)), scratch);
    let cells = vec![
        scratch.shared(if spec.kind.is_empty() { "ClusterIP" } else { &spec.kind }),
        address,
        match external {
            None => scratch.none(),
            Some(text) => scratch
                .shared(&text)
                .with(if pending { Role::Warn } else { Role::Text }),
        },
        scratch.shared_or_none(&ports.join(",")),
        selector,
        scratch.shared(&spec.session_affinity),
    ];
    Ok(finish(row, health, cells, facts))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    #[test]
    fn cells_and_links() {
        let json = r#"{"metadata":{"name":"cart","namespace":"shop"},
            "spec":{"type":"LoadBalancer","clusterIP":"10.96.0.1","clusterIPs":["10.96.0.2","fd00::1"],"externalIPs":["1.2.3.4"],
              "ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],
              "selector":{"tier":"web","app":"cart"},"sessionAffinity":"ClientIP"},
            "status":{"loadBalancer":{"ingress":[{"hostname":"lb.example"},{"ip":"9.9.9.9"}]}}}"#;
        check(
            &SERVICE,
            json,
            "TYPE=LoadBalancer; CLUSTER-IP=10.96.0.2; EXTERNAL-IP=9.9.9.9,lb.example,1.2.3.4; PORT(S)=80:30080/TCP,53/UDP; SELECTOR=app=cart,tier=web; AFFINITY=ClientIP",
            Health::Good,
        );
        let it = row(&SERVICE, json);
        assert_eq!(
            link(&SERVICE, &it, "endpoint slices"),
            "endpointslices.discovery.k8s.io [shop] [kubernetes.io/service-name=cart] []"
        );
        assert_eq!(
            link(&SERVICE, &it, "endpoints"),
            "endpoints [shop] [] [metadata.name=cart]"
        );
        assert_eq!(link(&SERVICE, &it, "pods"), "pods [shop] [app=cart,tier=web] []");
        survives_wrong_types(&SERVICE, json);
    }

    #[test]
    fn by_type() {
        let table = [
            (
                r#"{"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1"}}"#,
                "CLUSTER-IP=10.0.0.1; EXTERNAL-IP=<none>; PORT(S)=<none>; SELECTOR=<none>",
                Health::Good,
            ),
            (
                r#"{"spec":{"type":"ClusterIP","clusterIPs":["None"]}}"#,
                "CLUSTER-IP=None",
                Health::Good,
            ),
            (
                r#"{"spec":{"type":"NodePort","externalIPs":["1.1.1.1","2.2.2.2"]}}"#,
                "EXTERNAL-IP=1.1.1.1,2.2.2.2",
                Health::Good,
            ),
            (
                r#"{"spec":{"type":"LoadBalancer"}}"#,
                "EXTERNAL-IP=<pending>",
                Health::Warn,
            ),
            (
                r#"{"spec":{"type":"ExternalName","externalName":"db.example"}}"#,
                "CLUSTER-IP=<none>; EXTERNAL-IP=db.example",
                Health::Good,
            ),
            (
                r#"{"spec":{"type":"Odd"}}"#,
                "TYPE=Odd; EXTERNAL-IP=<unknown>",
                Health::Good,
            ),
        ];
        for (json, cells, health) in table {
            check(&SERVICE, json, cells, health);
        }
        assert_eq!(link(&SERVICE, &row(&SERVICE, table[0].0), "pods"), "none");
    }
}
