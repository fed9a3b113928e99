//! Ingresses: hosts and paths that lead to services.

use super::cell::{Cell, Column, Field};
use super::decode::{IntOrString, List, Maybe, Meta, Part, Parts, Scratch, Text, finish, parse};
use super::kind::{Codec, DecodeError, Kind, Link, Target};
use super::leads::{all_in, count_named, fact};
use super::parts::referred;
use super::row::{Fact, Health, Row};
use crate::text::Clean;
use serde::Deserialize;
use std::collections::BTreeSet;

/// What Portolan knows of ingresses.
pub static INGRESS: Kind = Kind {
    group: "networking.k8s.io",
    resource: "ingresses",
    kind: "Ingress",
    short_names: &["ing"],
    namespaced: true,
    versions: &["v1", "v1beta1"],
    codec: Codec::Slim(decode),
    columns: &[
        Column::get("NAME", Field::Name, 0),
        Column::get("CLASS", Field::Cell(0), 4),
        Column::get("HOSTS", Field::Cell(1), 1),
        Column::get("ADDRESS", Field::Cell(2), 2),
        Column::get("PORTS", Field::Cell(3), 5),
        Column::get("AGE", Field::Age, 3).right(),
        Column::extra("BACKENDS", Field::Cell(4)).show(6).cap(60),
        Column::extra("TLS", Field::Cell(5)).cap(40),
        Column::extra("OWNER", Field::Owner).cap(50),
    ],
    links: &[
        Link {
            name: "services",
            target: services,
        },
        Link {
            name: "ingress class",
            target: |row| referred(row, "class"),
        },
        Link {
            name: "TLS secret",
            target: |row| referred(row, "secret"),
        },
    ],
};

/// The most services that a row remembers; an ingress may have any number of paths.
const SERVICES: usize = 32;

/// The one service, or those of the namespace where there are several: no selector of the server's can name two.
fn services(row: &Row) -> Option<Target> {
    match count_named(row, "service") {
        0 | 1 => referred(row, "service"),
        _ => Some(all_in("", "services", &row.namespace)),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ingress<'a> {
    #[serde(borrow)]
    metadata: Part<Meta<'a>>,
    #[serde(borrow)]
    spec: Part<Spec<'a>>,
    #[serde(borrow)]
    status: Part<Status<'a>>,
}

/// `default_backend` is called `backend` in v1beta1.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    ingress_class_name: Text<'a>,
    #[serde(alias = "backend")]
    default_backend: Part<Backend<'a>>,
    rules: Parts<Rule<'a>>,
    tls: Parts<Tls<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    host: Text<'a>,
    http: Part<Http<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http<'a> {
    #[serde(borrow)]
    paths: Parts<Path<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Path<'a> {
    #[serde(borrow)]
    backend: Part<Backend<'a>>,
}

/// v1 nests the service, v1beta1 does not.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Backend<'a> {
    #[serde(borrow)]
    service: Maybe<Service<'a>>,
    #[serde(borrow)]
    resource: Maybe<Resource<'a>>,
    service_name: Text<'a>,
    service_port: IntOrString<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Service<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    port: Part<Port<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Port<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    number: IntOrString<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Tls<'a> {
    #[serde(borrow)]
    secret_name: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow)]
    load_balancer: Part<LoadBalancer<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoadBalancer<'a> {
    #[serde(borrow)]
    ingress: Parts<Address<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Address<'a> {
    #[serde(borrow)]
    ip: Text<'a>,
    hostname: Text<'a>,
}

impl<'a> Backend<'a> {
    /// The service's name, empty when the backend is something else.
    fn service(&self) -> &str {
        self.service.get().map_or(&self.service_name, |service| &service.name)
    }

    /// `service:port`, or `Kind/name` of another resource.
    fn text(&self) -> Option<String> {
        let joined = |name: &str, port: String| {
            if port.is_empty() {
                name.to_owned()
            } else {
                format!("{name}:{port}")
            }
        };
        match (self.service.get(), self.resource.get()) {
            (Some(service), _) if service.port.name.is_empty() => {
                Some(joined(&service.name, service.port.number.to_string()))
            }
            (Some(service), _) => Some(joined(&service.name, service.port.name.to_string())),
            (None, Some(resource)) => Some(format!("{}/{}", &*resource.kind, &*resource.name)),
            (None, None) if self.service_name.is_empty() => None,
            (None, None) => Some(joined(&self.service_name, self.service_port.to_string())),
        }
    }
}

fn decode(bytes: &[u8], scratch: &mut Scratch) -> Result<Row, DecodeError> {
    let object: Ingress<'_> = parse(bytes)?;
    let row = object.metadata.row(scratch)?;
    let spec = &object.spec;
    let paths = spec
        .rules
        .iter()
        .flat_map(|rule| rule.http.paths.iter())
        .map(|path| &path.backend);
    let backends: Vec<&Part<Backend<'_>>> = std::iter::once(&spec.default_backend).chain(paths).collect();
    let secrets: BTreeSet<&str> = spec
        .tls
        .iter()
        .map(|tls| &*tls.secret_name)
        .filter(|name| !name.is_empty())
        .collect();
    // kubectl prints a set, which Go sorts.
    let addresses: BTreeSet<&str> = object
        .status
        .load_balancer
        .ingress
        .iter()
        .map(|address| {
            if address.ip.is_empty() {
                &*address.hostname
            } else {
                &*address.ip
            }
        })
        .filter(|address| !address.is_empty())
        .collect();
    let health = if addresses.is_empty() || row.deleting.is_some() {
        Health::Progress
    } else {
        Health::Good
    };

    let mut services: Vec<&str> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    for backend in backends {
        let service = backend.service();
        if !service.is_empty() && services.len() < SERVICES && !services.contains(&service) {
            services.push(service);
        }
        if let Some(text) = backend
            .text()
            .filter(|text| texts.len() < SERVICES && !texts.contains(text))
        {
            texts.push(text);
        }
    }
    let mut facts: Vec<Fact> = Vec::new();
    let namespace = row.namespace.as_str();
    facts.extend(
        services
            .iter()
            .filter_map(|name| fact("service", "", "services", namespace, name)),
    );
    facts.extend(fact(
        "class",
        INGRESS.group,
        "ingressclasses",
        "",
        &spec.ingress_class_name,
    ));
    facts.extend(
        secrets
            .iter()
            .filter_map(|name| fact("secret", "", "secrets", namespace, name))
            .take(SERVICES),
    );

    let cells = vec![
        scratch.shared_or_none(&spec.ingress_class_name),
        Cell::text(Clean::new(&hosts(&spec.rules))),
        scratch.shared(&joined(&addresses)),
        scratch.shared(if spec.tls.is_empty() { "80" } else { "80, 443" }),
        scratch.shared_or_none(&texts.join(",")),
        scratch.shared_or_none(&joined(&secrets)),
    ];
    Ok(finish(row, health, cells, facts))
}

fn joined(words: &BTreeSet<&str>) -> String {
    words.iter().copied().collect::<Vec<&str>>().join(",")
}

/// Three hosts at most; rules without a host count in "more", as they do in kubectl.
fn hosts(rules: &List<Part<Rule<'_>>>) -> String {
    let mut shown: Vec<&str> = Vec::new();
    let mut more = false;
    for rule in rules {
        more |= shown.len() == 3;
        if !more && !rule.host.is_empty() {
            shown.push(&rule.host);
        }
    }
    match (shown.is_empty(), more) {
        (true, _) => "*".to_owned(),
        (false, false) => shown.join(","),
        (false, true) => format!("{} + {} more...", shown.join(","), rules.len() - 3),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, link, row, survives_wrong_types};
    use super::*;

    const SHOP: &str = r#"{"metadata":{"name":"shop","namespace":"shop"},"spec":{"ingressClassName":"nginx",
        "defaultBackend":{"resource":{"kind":"Bucket","name":"static"}},
        "tls":[{"hosts":["a.example"],"secretName":"tls-b"},{"secretName":"tls-a"}],
        "rules":[{"host":"a.example","http":{"paths":[
            {"path":"/","backend":{"service":{"name":"web","port":{"number":80}}}},
            {"path":"/api","backend":{"service":{"name":"api","port":{"name":"http"}}}}]}}]},
        "status":{"loadBalancer":{"ingress":[{"hostname":"lb.example"},{"ip":"10.0.0.9"},{"ip":"10.0.0.10"}]}}}"#;

    const OLD: &str = r#"{"metadata":{"name":"old","namespace":"shop"},"spec":{"backend":{"serviceName":"web","servicePort":"http"},
        "rules":[{"http":{"paths":[{"backend":{"serviceName":"web","servicePort":8080}}]}}]}}"#;

    #[test]
    fn cells_of_both_versions() {
        let table = [
            (
                SHOP,
                "CLASS=nginx; HOSTS=a.example; ADDRESS=10.0.0.10,10.0.0.9,lb.example; PORTS=80, 443; \
                 BACKENDS=Bucket/static,web:80,api:http; TLS=tls-a,tls-b",
                Health::Good,
            ),
            (
                OLD,
                "CLASS=<none>; HOSTS=*; ADDRESS=; PORTS=80; BACKENDS=web:http,web:8080; TLS=<none>",
                Health::Progress,
            ),
            (
                r#"{"spec":{"rules":[{"host":"a"},{},{"host":"b"},{"host":"c"},{"host":"d"},{"host":"e"}]}}"#,
                "HOSTS=a,b,c + 3 more...",
                Health::Progress,
            ),
            (
                r#"{"spec":{"rules":[{"host":"a"},{"host":"b"},{"host":"c"}]}}"#,
                "HOSTS=a,b,c",
                Health::Progress,
            ),
        ];
        for (json, cells, health) in table {
            check(&INGRESS, json, cells, health);
        }
    }

    #[test]
    fn it_leads_to_what_it_names() {
        let (shop, old) = (row(&INGRESS, SHOP), row(&INGRESS, OLD));
        assert_eq!(link(&INGRESS, &shop, "services"), "services [shop] [] []");
        assert_eq!(
            link(&INGRESS, &old, "services"),
            "services [shop] [] [metadata.name=web]"
        );
        assert_eq!(
            link(&INGRESS, &shop, "ingress class"),
            "ingressclasses.networking.k8s.io [] [] [metadata.name=nginx]"
        );
        assert_eq!(
            link(&INGRESS, &shop, "TLS secret"),
            "secrets [shop] [] [metadata.name=tls-a]"
        );
        assert_eq!(link(&INGRESS, &old, "TLS secret"), "none");
        survives_wrong_types(&INGRESS, SHOP);
        survives_wrong_types(&INGRESS, OLD);
    }
}
