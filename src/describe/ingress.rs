//! Ingresses and their classes: hosts and paths, and what stands behind each of them.

use super::backing::{addresses, port_of, written};
use super::pod_findings::finding;
use super::words::{absent, object, or, plain, texts};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;
use std::collections::BTreeMap;

/// Ingresses.
pub static INGRESS: Describer = Describer {
    group: "networking.k8s.io",
    kind: "Ingress",
    findings,
    items,
};

/// Ingresses in the group they came from.
pub static INGRESS_OLD: Describer = Describer {
    group: "extensions",
    ..INGRESS
};

/// Ingress classes.
pub static INGRESS_CLASS: Describer = Describer {
    group: "networking.k8s.io",
    kind: "IngressClass",
    findings: |_, _| Vec::new(),
    items: class_items,
};

/// The old way to name a class.
const OLD_CLASS: &str = "kubernetes.io/ingress.class";
/// What marks the class that ingresses without one get.
const DEFAULT_CLASS: &str = "ingressclass.kubernetes.io/is-default-class";

/// What a path leads to: a port of a service, in the form of v1 or of v1beta1.
fn service_of(backend: &Value) -> Option<(&str, &Value)> {
    match text_at(backend, "service/name") {
        "" => match text_at(backend, "serviceName") {
            "" => None,
            name => Some((name, at(backend, "servicePort"))),
        },
        name => {
            let port = at(backend, "service/port");
            let number = at(port, "number");
            Some((name, if number.is_null() { at(port, "name") } else { number }))
        }
    }
}

fn default_backend(ingress: &Value) -> &Value {
    match at(ingress, "spec/defaultBackend") {
        Value::Null => at(ingress, "spec/backend"),
        backend => backend,
    }
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let ingress = subject.object;
    let points = items_at(ingress, "status/loadBalancer/ingress").iter();
    let points = points.map(|point| or(text_at(point, "ip"), text_at(point, "hostname")));
    let default = default_backend(ingress);
    let mut items = vec![
        Item::field("Address", points.collect::<Vec<_>>().join(",")),
        Item::field("Ingress Class", class_phrase(ingress)),
        Item::field(
            "Default backend",
            if default.is_object() {
                backend(default, ingress, around)
            } else {
                "<default>".into()
            },
        ),
    ];
    let tls = items_at(ingress, "spec/tls");
    if !tls.is_empty() {
        let lines = tls.iter().map(|entry| {
            let hosts = texts(entry, "hosts").join(",");
            Item::line(match text_at(entry, "secretName") {
                "" => Phrase::from(format!("SNI routes {hosts}")),
                secret => object("", "secrets", say::namespace(ingress), secret)
                    .and(&format!(" terminates {hosts}"), Role::LabelValue),
            })
        });
        items.push(Item::section("TLS", lines.collect()));
    }
    items.push(rules(ingress, around));
    items
}

fn class_phrase(ingress: &Value) -> Phrase {
    let old = at(ingress, "metadata/annotations")
        .get(OLD_CLASS)
        .and_then(Value::as_str);
    match (text_at(ingress, "spec/ingressClassName"), old) {
        ("", None) => "<none>".into(),
        ("", Some(old)) => Phrase::new("<none>").and(&format!("  (annotation {OLD_CLASS}: {old})"), Role::Comment),
        (class, _) => object("networking.k8s.io", "ingressclasses", "", class),
    }
}

fn rules(ingress: &Value, around: &Around<'_>) -> Item {
    let mut rows: Vec<Vec<Phrase>> = Vec::new();
    for rule in items_at(ingress, "spec/rules") {
        let host = or(text_at(rule, "host"), "*");
        let paths = items_at(rule, "http/paths");
        for (index, path) in paths.iter().enumerate() {
            let mut words = Phrase::new(text_at(path, "path"));
            let kind = text_at(path, "pathType");
            if kind == "Exact" {
                words = words.and(" (exactly)", Role::Comment);
            }
            rows.push(vec![
                Phrase::new(if index == 0 { host } else { "" }),
                words,
                backend(at(path, "backend"), ingress, around),
            ]);
        }
        if paths.is_empty() {
            rows.push(vec![Phrase::new(host), "*".into(), "<default>".into()]);
        }
    }
    let default = default_backend(ingress);
    if rows.is_empty() && default.is_object() {
        rows.push(vec!["*".into(), "*".into(), backend(default, ingress, around)]);
    }
    Item::section("Rules", vec![Item::table(&["Host", "Path", "Backends"], rows)])
}

/// A backend as kubectl writes it, with the addresses behind it or why there are none.
fn backend(backend: &Value, ingress: &Value, around: &Around<'_>) -> Phrase {
    let namespace = say::namespace(ingress);
    let Some((service, port)) = service_of(backend) else {
        let resource = at(backend, "resource");
        let (group, kind, name) = (
            text_at(resource, "apiGroup"),
            text_at(resource, "kind"),
            text_at(resource, "name"),
        );
        let words = format!("APIGroup: {group}, Kind: {kind}, Name: {name}");
        return say::link(&words, group, kind, namespace, name);
    };
    let words = say::link(
        &format!("{service}:{}", plain(port)),
        "",
        "services",
        namespace,
        service,
    );
    let (behind, role) = match resolve(service, port, namespace, around) {
        Behind::Unknown(why) => return words.and(" (", Role::Text).then(why).and(")", Role::Text),
        Behind::Addresses(addresses) => (addresses, Role::LabelValue),
        Behind::Nothing => ("<none>".to_owned(), Role::Warn),
        Behind::NoService => (format!("<error: services \"{service}\" not found>"), Role::Error),
        Behind::NoPort => ("<error: the service has no such port>".to_owned(), Role::Error),
        Behind::Outside(name) => (format!("outside: {name}"), Role::Comment),
    };
    words.and(&format!(" ({behind})"), role)
}

enum Behind {
    Unknown(Phrase),
    Addresses(String),
    Nothing,
    NoService,
    NoPort,
    Outside(String),
}

fn resolve(name: &str, port: &Value, namespace: &str, around: &Around<'_>) -> Behind {
    let found = (around.find)(&Companion::named("", "services", namespace, name));
    if let Some(absent) = absent(&found) {
        return Behind::Unknown(absent);
    }
    let Listed::Objects(services) = found else {
        return Behind::NoService;
    };
    let Some(service) = services.first().map(|whole| &whole.value) else {
        return Behind::NoService;
    };
    if text_at(service, "spec/type") == "ExternalName" {
        return Behind::Outside(text_at(service, "spec/externalName").to_owned());
    }
    let Some(port) = port_of(service, port) else {
        return Behind::NoPort;
    };
    match addresses(around, namespace, name) {
        Err(absent) => Behind::Unknown(absent),
        Ok(found) => written(&found, text_at(port, "name")).map_or(Behind::Nothing, Behind::Addresses),
    }
}

/// Every service this ingress leads to, with the port and the first path that leads there.
fn backends(ingress: &Value) -> BTreeMap<(String, String), (Value, String)> {
    let mut all = BTreeMap::new();
    let mut add = |backend: &Value, path: String| {
        if let Some((service, port)) = service_of(backend) {
            let key = (service.to_owned(), plain(port));
            all.entry(key).or_insert_with(|| (port.clone(), path));
        }
    };
    for rule in items_at(ingress, "spec/rules") {
        for path in items_at(rule, "http/paths") {
            let from = format!("{}{}", or(text_at(rule, "host"), "*"), text_at(path, "path"));
            add(at(path, "backend"), from);
        }
    }
    add(default_backend(ingress), "The default backend".to_owned());
    all
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let ingress = subject.object;
    let namespace = say::namespace(ingress);
    let mut found = Vec::new();
    for ((service, port), (number, path)) in backends(ingress) {
        let link = object("", "services", namespace, &service);
        let from = Phrase::new(&format!("{path} leads to the service ")).then(link);
        match resolve(&service, &number, namespace, around) {
            Behind::NoService => found.push(finding(
                Health::Bad,
                from.and(", which does not exist", Role::LabelValue),
                "Create the service, or correct its name in the ingress",
            )),
            Behind::NoPort => found.push(finding(
                Health::Bad,
                from.and(&format!(", which has no port {port}"), Role::LabelValue),
                "Name a port that the service has",
            )),
            Behind::Nothing => found.push(finding(
                Health::Bad,
                from.and(", behind which nothing is ready", Role::LabelValue),
                "Open the service: it says why",
            )),
            Behind::Unknown(_) | Behind::Addresses(_) | Behind::Outside(_) => {}
        }
    }
    found.extend(class_finding(ingress, around));
    found
}

fn class_finding(ingress: &Value, around: &Around<'_>) -> Option<Finding> {
    let old = at(ingress, "metadata/annotations").get(OLD_CLASS);
    let class = text_at(ingress, "spec/ingressClassName");
    if class.is_empty() {
        if old.is_some() {
            return None;
        }
        let classes = match (around.find)(&Companion::selected("networking.k8s.io", "ingressclasses", "", "")) {
            Listed::Objects(classes) => classes,
            Listed::Loading | Listed::Denied(_) => return None,
        };
        if classes.iter().any(|class| is_default(&class.value)) {
            return None;
        }
        return Some(finding(
            Health::Warn,
            "It names no class and no class is the default, so perhaps no controller serves it",
            "Name one in spec.ingressClassName",
        ));
    }
    let companion = Companion::named("networking.k8s.io", "ingressclasses", "", class);
    if super::words::exists(around, &companion) == Some(false) {
        return Some(finding(
            Health::Bad,
            format!("Its class {class} does not exist, so no controller serves it"),
            "Create the class, or name another one",
        ));
    }
    let served = !items_at(ingress, "status/loadBalancer/ingress").is_empty();
    (!served).then(|| {
        finding(
            Health::Progress,
            "It has no address yet: its controller has not taken it up, or does not say so",
            "See whether the controller of its class runs",
        )
    })
}

fn is_default(class: &Value) -> bool {
    at(class, "metadata/annotations")
        .get(DEFAULT_CLASS)
        .and_then(Value::as_str)
        == Some("true")
}

fn class_items(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let class = subject.object;
    let mut items = vec![Item::field("Controller", text_at(class, "spec/controller"))];
    let parameters = at(class, "spec/parameters");
    if parameters.is_object() {
        let (group, kind) = (text_at(parameters, "apiGroup"), text_at(parameters, "kind"));
        let (namespace, name) = (text_at(parameters, "namespace"), text_at(parameters, "name"));
        let mut inside = Vec::new();
        if !group.is_empty() {
            inside.push(Item::field("APIGroup", group));
        }
        inside.push(Item::field("Kind", kind));
        inside.push(Item::field("Name", object(group, kind, namespace, name)));
        for (label, path) in [("Scope", "scope"), ("Namespace", "namespace")] {
            if !text_at(parameters, path).is_empty() {
                inside.push(Item::field(label, text_at(parameters, path)));
            }
        }
        items.push(Item::section("Parameters", inside));
    }
    let words = if is_default(class) { "Yes" } else { "No" };
    let hint = if is_default(class) {
        "  (ingresses that name no class get it)"
    } else {
        ""
    };
    items.push(Item::field(
        "Default Class",
        Phrase::new(words).and(hint, Role::Comment),
    ));
    items
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn ingress() -> Value {
        json!({"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"ingressClassName": "nginx", "defaultBackend": {"service": {"name": "missing", "port": {"number": 80}}},
                "tls": [{"hosts": ["a.example.com", "b.example.com"], "secretName": "tls"}, {"hosts": ["c.example.com"]}],
                "rules": [
                    {"host": "a.example.com", "http": {"paths": [
                        {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"name": "http"}}}},
                        {"path": "/x", "pathType": "Exact", "backend": {"service": {"name": "web", "port": {"number": 81}}}}]}},
                    {"http": {"paths": [{"path": "/r", "backend": {"resource": {"apiGroup": "x.io", "kind": "Bucket", "name": "b"}}}]}}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.9"}, {"hostname": "lb.example.com"}]}}})
    }

    fn world() -> World {
        let service = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"ports": [{"name": "http", "port": 80}]}});
        let slice = json!({"metadata": {"namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
            "ports": [{"name": "http", "port": 8080}], "endpoints": [{"addresses": ["10.1.0.1"]}]});
        let class = json!({"metadata": {"name": "nginx"}});
        World::default()
            .with("", "services", service)
            .with("discovery.k8s.io", "endpointslices", slice)
            .with("networking.k8s.io", "ingressclasses", class)
    }

    #[test]
    fn backends_are_resolved() {
        assert_says(
            &world().describe("networking.k8s.io", "Ingress", &ingress()),
            &[
                "Address: 192.0.2.9,lb.example.com",
                "Ingress Class: nginx",
                "Default backend: missing:80 (<error: services \"missing\" not found>)",
                "tls terminates a.example.com,b.example.com",
                "SNI routes c.example.com",
                "Host Path Backends",
                "a.example.com / web:http (10.1.0.1:8080)",
                "/x (exactly) web:81 (<error: the service has no such port>)",
                "* /r APIGroup: x.io, Kind: Bucket, Name: b",
            ],
        );
    }

    #[test]
    fn what_leads_nowhere_is_found() {
        let said = |world: World, ingress: &Value| -> Vec<String> {
            let found = world.findings("networking.k8s.io", "Ingress", ingress);
            found.iter().map(|finding| finding.cause.text()).collect()
        };
        assert_eq!(
            said(world(), &ingress()),
            [
                "The default backend leads to the service missing, which does not exist",
                "a.example.com/x leads to the service web, which has no port 81"
            ]
        );
        let mut other = ingress();
        other["spec"]["ingressClassName"] = json!("traefik");
        assert!(
            said(world(), &other).contains(&"Its class traefik does not exist, so no controller serves it".to_owned())
        );
        other["spec"]["ingressClassName"] = Value::Null;
        assert!(
            said(world(), &other)
                .iter()
                .any(|cause| cause.starts_with("It names no class"))
        );
    }

    #[test]
    fn the_old_form_is_read() {
        let old = json!({"metadata": {"name": "web", "namespace": "shop", "annotations": {"kubernetes.io/ingress.class": "nginx"}},
            "spec": {"backend": {"serviceName": "web", "servicePort": 80}}});
        let text = world().describe("extensions", "Ingress", &old);
        assert_says(&text, &["* * web:80 (10.1.0.1:8080)"]);
        assert!(text.contains("annotation kubernetes.io/ingress.class: nginx"), "{text}");
    }

    #[test]
    fn a_class_is_printed() {
        let class = json!({"metadata": {"name": "nginx", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            "spec": {"controller": "k8s.io/nginx", "parameters": {"apiGroup": "x.io", "kind": "P", "name": "lb"}}});
        assert_says(
            &World::default().describe("networking.k8s.io", "IngressClass", &class),
            &[
                "Controller: k8s.io/nginx",
                "APIGroup: x.io",
                "Kind: P",
                "Name: lb",
                "Default Class: Yes (ingresses that name no class get it)",
            ],
        );
    }
}
