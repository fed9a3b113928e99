//! Services: as kubectl prints them, then the names and variables they are found by, and why nothing stands behind one.

use super::backing::{Address, addresses, names, written};
use super::pod::is_ready;
use super::pod_findings::finding;
use super::words::{count, object, or, texts};
use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, bool_at, items_at, number_at, say,
};
use super::{text_at, words::plain};
use crate::kinds::Health;
use crate::theme::Role;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Services.
pub static SERVICE: Describer = Describer {
    group: "",
    kind: "Service",
    findings,
    items,
};

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let service = subject.object;
    let spec = at(service, "spec");
    let list = |path: &str| texts(spec, path).join(",");
    let mut items = vec![
        Item::field("Selector", selector(service)),
        Item::field("Type", text_at(spec, "type")),
    ];
    let optional = |items: &mut Vec<Item>, name: &str, value: String| {
        if !value.is_empty() {
            items.push(Item::field(name, value));
        }
    };
    optional(
        &mut items,
        "IP Family Policy",
        text_at(spec, "ipFamilyPolicy").to_owned(),
    );
    items.push(Item::field("IP Families", or(&list("ipFamilies"), "<none>")));
    items.push(Item::field("IP", text_at(spec, "clusterIP")));
    items.push(Item::field("IPs", or(&list("clusterIPs"), "<none>")));
    optional(&mut items, "External IPs", list("externalIPs"));
    optional(
        &mut items,
        "Desired LoadBalancer IP",
        text_at(spec, "loadBalancerIP").to_owned(),
    );
    optional(&mut items, "External Name", text_at(spec, "externalName").to_owned());
    optional(&mut items, "LoadBalancer Ingress", balancer(service));
    let behind = addresses(around, say::namespace(service), say::name(service));
    for port in items_at(spec, "ports") {
        items.extend(port_items(service, port, &behind, around));
    }
    items.push(Item::field("Session Affinity", affinity(spec)));
    optional(
        &mut items,
        "External Traffic Policy",
        text_at(spec, "externalTrafficPolicy").to_owned(),
    );
    optional(
        &mut items,
        "Internal Traffic Policy",
        text_at(spec, "internalTrafficPolicy").to_owned(),
    );
    if let Some(port) = number_at(spec, "healthCheckNodePort").filter(|port| *port != 0) {
        items.push(Item::field("HealthCheck NodePort", port.to_string()));
    }
    optional(
        &mut items,
        "LoadBalancer Source Ranges",
        list("loadBalancerSourceRanges"),
    );
    optional(
        &mut items,
        "Traffic Distribution",
        text_at(spec, "trafficDistribution").to_owned(),
    );
    items.extend(pods_behind(service, &behind));
    items.push(names_section(service));
    items.extend(variables(service));
    items
}

fn selector(service: &Value) -> Phrase {
    match say::map_selector_text(at(service, "spec/selector")) {
        none if none.is_empty() => "<none>".into(),
        labels => say::pods_link(&labels, say::namespace(service)),
    }
}

fn affinity(spec: &Value) -> Phrase {
    let kind = Phrase::new(text_at(spec, "sessionAffinity"));
    match number_at(spec, "sessionAffinityConfig/clientIP/timeoutSeconds") {
        Some(seconds) => kind.and(
            &format!(
                "  (a client stays with its pod for {})",
                crate::text::human_duration(seconds)
            ),
            Role::Comment,
        ),
        None => kind,
    }
}

fn balancer(service: &Value) -> String {
    let points = items_at(service, "status/loadBalancer/ingress").iter().map(|point| {
        let address = or(text_at(point, "ip"), text_at(point, "hostname"));
        match text_at(point, "ipMode") {
            "" => address.to_owned(),
            mode => format!("{address} ({mode})"),
        }
    });
    points.collect::<Vec<_>>().join(", ")
}

fn port_items(service: &Value, port: &Value, behind: &Result<Vec<Address>, Phrase>, around: &Around<'_>) -> Vec<Item> {
    let name = text_at(port, "name");
    let shown = or(name, "<unset>");
    let protocol = or(text_at(port, "protocol"), "TCP");
    let mut items = vec![Item::field(
        "Port",
        format!("{shown}  {}/{protocol}", plain(at(port, "port"))),
    )];
    items.push(Item::field(
        "TargetPort",
        format!("{}/{protocol}", plain(at(port, "targetPort"))),
    ));
    if !text_at(port, "appProtocol").is_empty() {
        items.push(Item::field("AppProtocol", text_at(port, "appProtocol")));
    }
    if let Some(number) = number_at(port, "nodePort").filter(|number| *number != 0) {
        items.push(Item::field("NodePort", format!("{shown}  {number}/{protocol}")));
    }
    let endpoints = match behind {
        Err(absent) => absent.clone(),
        Ok(found) => match written(found, name) {
            Some(written) => {
                let slices = format!("kubernetes.io/service-name={}", say::name(service));
                endpoints_link(&written, service, &slices, around)
            }
            None => {
                let why = why_none(service, port, found, around)
                    .map(|why| why.words)
                    .unwrap_or_default();
                Phrase::of("<none>", Role::Warn).and("  ", Role::Text).then(why)
            }
        },
    };
    items.push(Item::field("Endpoints", endpoints));
    items
}

fn endpoints_link(words: &str, service: &Value, slices: &str, around: &Around<'_>) -> Phrase {
    if (around.resource)("discovery.k8s.io", "EndpointSlice").is_none() {
        return say::link(words, "", "endpoints", say::namespace(service), say::name(service));
    }
    let target = crate::kinds::Target::List {
        resource: crate::kinds::ResourceName::new("discovery.k8s.io", "endpointslices"),
        namespace: crate::text::Clean::new(say::namespace(service)),
        labels: crate::text::Clean::new(slices),
        fields: crate::text::Clean::default(),
        owner: None,
    };
    Phrase::link(words, target)
}

/// The pods behind it, each once, with whether it takes traffic.
fn pods_behind(service: &Value, behind: &Result<Vec<Address>, Phrase>) -> Option<Item> {
    let behind = behind.as_ref().ok()?;
    // A pod that does not know the name of the target port is behind no port, ready as it may be.
    let portless = items_at(service, "spec/ports").is_empty();
    let mut pods: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for address in behind.iter().filter(|address| !address.pod.is_empty()) {
        let ready = address.ready && (portless || address.port_name.is_some());
        *pods.entry((address.pod.as_str(), address.ip.as_str())).or_default() |= ready;
    }
    if pods.is_empty() {
        return None;
    }
    let ready = pods.values().filter(|ready| **ready).count();
    let note = format!("{ready} of {} take traffic", pods.len());
    let rows = pods.iter().map(|((pod, ip), ready)| {
        let (word, role) = if *ready { ("yes", Role::Ok) } else { ("no", Role::Warn) };
        vec![
            object("", "pods", say::namespace(service), pod),
            Phrase::new(ip),
            Phrase::of(word, role),
        ]
    });
    let table = Item::table(&["Pod", "IP", "Traffic"], rows.collect());
    Some(Item::Section {
        name: "Pods Behind".into(),
        note: note.into(),
        items: vec![table],
        folded: pods.len() > 10,
    })
}

/// The names by which pods find it.
fn names_section(service: &Value) -> Item {
    let name = format!("{}.{}.svc", say::name(service), say::namespace(service));
    let spec = at(service, "spec");
    let mut items = Vec::new();
    let external = text_at(spec, "externalName");
    if text_at(spec, "type") == "ExternalName" {
        items.push(Item::line(
            Phrase::new(&name).and(&format!("  is an alias (CNAME) of {external}"), Role::Comment),
        ));
        return Item::section("DNS Names", items);
    }
    let headless = text_at(spec, "clusterIP") == "None";
    let leads = if headless {
        "  gives the address of every ready pod"
    } else {
        "  gives the cluster IP"
    };
    items.push(Item::line(Phrase::new(&name).and(leads, Role::Comment)));
    let short = format!("{}  is enough within {}", say::name(service), say::namespace(service));
    items.push(Item::line(Phrase::of(&short, Role::Comment)));
    if headless {
        let each =
            Phrase::new(&format!("<hostname>.{name}")).and("  one pod, where pods have a hostname", Role::Comment);
        items.push(Item::line(each));
    }
    for port in items_at(spec, "ports") {
        let protocol = or(text_at(port, "protocol"), "TCP").to_lowercase();
        match text_at(port, "name") {
            "" => {}
            port => items.push(Item::line(
                Phrase::new(&format!("_{port}._{protocol}.{name}")).and("  finds the port (SRV)", Role::Comment),
            )),
        }
    }
    let domain = "the cluster's domain follows, usually .cluster.local";
    items.push(Item::line(Phrase::of(domain, Role::Comment)));
    Item::section("DNS Names", items)
}

/// The variables that the kubelet gives to pods of the namespace that start after it.
fn variables(service: &Value) -> Option<Item> {
    let ip = text_at(service, "spec/clusterIP");
    if ip.is_empty() || ip == "None" {
        return None;
    }
    let prefix = say::name(service).to_uppercase().replace('-', "_");
    let ports = items_at(service, "spec/ports");
    let mut lines = vec![format!("{prefix}_SERVICE_HOST={ip}")];
    if let Some(first) = ports.first() {
        lines.push(format!("{prefix}_SERVICE_PORT={}", plain(at(first, "port"))));
    }
    for port in ports {
        let name = text_at(port, "name");
        if !name.is_empty() {
            let name = name.to_uppercase().replace('-', "_");
            lines.push(format!("{prefix}_SERVICE_PORT_{name}={}", plain(at(port, "port"))));
        }
    }
    let host = if ip.contains(':') {
        format!("[{ip}]")
    } else {
        ip.to_owned()
    };
    if let Some(first) = ports.first() {
        let protocol = or(text_at(first, "protocol"), "TCP").to_lowercase();
        lines.push(format!(
            "{prefix}_PORT={protocol}://{host}:{}",
            plain(at(first, "port"))
        ));
    }
    for port in ports {
        let number = plain(at(port, "port"));
        let protocol = or(text_at(port, "protocol"), "TCP");
        let lower = protocol.to_lowercase();
        let each = format!("{prefix}_PORT_{number}_{protocol}");
        lines.push(format!("{each}={lower}://{host}:{number}"));
        lines.push(format!("{each}_PROTO={lower}"));
        lines.push(format!("{each}_PORT={number}"));
        lines.push(format!("{each}_ADDR={ip}"));
    }
    let items = lines.into_iter().map(Item::line).collect();
    let note = "in pods of this namespace that started after it, unless enableServiceLinks is false";
    Some(Item::folded(
        "Environment Variables",
        Phrase::of(note, Role::Comment),
        items,
    ))
}

/// Why there is no ready address behind a port.
struct Why {
    words: Phrase,
    next: Phrase,
    health: Health,
}

fn why(health: Health, words: impl Into<Phrase>, next: impl Into<Phrase>) -> Option<Why> {
    Some(Why {
        words: words.into(),
        next: next.into(),
        health,
    })
}

fn why_none(service: &Value, port: &Value, behind: &[Address], around: &Around<'_>) -> Option<Why> {
    let namespace = say::namespace(service);
    let labels = say::map_selector_text(at(service, "spec/selector"));
    if labels.is_empty() {
        return why(
            Health::Warn,
            "it has no selector, so its endpoints are written by somebody else, and nobody has",
            format!(
                "Give it a selector, or write an EndpointSlice with the label kubernetes.io/service-name={}",
                say::name(service)
            ),
        );
    }
    let pods = match (around.find)(&Companion::selected("", "pods", namespace, &labels)) {
        Listed::Objects(pods) => pods,
        Listed::Loading => return None,
        Listed::Denied(_) => return why(Health::Warn, "none is ready, and its pods may not be read", ""),
    };
    let link = || say::pods_link(&labels, namespace);
    if pods.is_empty() {
        return why(
            Health::Bad,
            Phrase::new("no pod has the labels ").then(link()),
            "Compare the selector with the labels of the pods it is meant for, or start them",
        );
    }
    let living: Vec<&Arc<crate::kinds::Whole>> = pods
        .iter()
        .filter(|pod| !matches!(text_at(&pod.value, "status/phase"), "Succeeded" | "Failed"))
        .collect();
    if living.is_empty() {
        let words = format!("{} matched, all of them over", count(pods.len(), "pod"));
        return why(Health::Bad, words, "Start the workload again");
    }
    let ready: Vec<&Value> = living
        .iter()
        .map(|pod| &pod.value)
        .filter(|pod| is_ready(pod))
        .collect();
    if ready.is_empty() {
        return not_ready(&living, namespace);
    }
    if let Some(name) = at(port, "targetPort").as_str() {
        let with = ready
            .iter()
            .filter(|pod| has_port(pod, name, or(text_at(port, "protocol"), "TCP")));
        if with.count() == 0 {
            let has = ready.first().map(|pod| port_names(pod)).unwrap_or_default();
            return why(
                Health::Bad,
                format!(
                    "no container of its {} has a port named {name}",
                    count(ready.len(), "ready pod")
                ),
                format!(
                    "Name the port in the pod template, or set targetPort to one they have: {}",
                    or(&has, "none is named")
                ),
            );
        }
    }
    if behind.is_empty() {
        let words = format!(
            "{} ready ({}), not yet among the endpoints",
            count(ready.len(), "pod"),
            names(&ready)
        );
        return why(Health::Progress, words, "");
    }
    None
}

fn not_ready(pods: &[&Arc<crate::kinds::Whole>], namespace: &str) -> Option<Why> {
    let pod = &pods.first()?.value;
    let one = if pods.len() == 1 {
        "the only pod it selects is not ready: "
    } else {
        "none of the pods it selects is ready: "
    };
    let mut words = Phrase::new(one).then(object("", "pods", namespace, say::name(pod)));
    if pods.len() > 1 {
        words = words.and(&format!(" and {} more", pods.len() - 1), Role::LabelValue);
    }
    let cause = pod_trouble(pod);
    if !cause.is_empty() {
        words = words.and(&format!(" ({cause})"), Role::LabelValue);
    }
    let next = Phrase::new("Look at ").then(object("", "pods", namespace, say::name(pod)));
    why(Health::Bad, words, next)
}

/// In a few words, why a pod is not ready.
fn pod_trouble(pod: &Value) -> String {
    let statuses = items_at(pod, "status/containerStatuses")
        .iter()
        .chain(items_at(pod, "status/initContainerStatuses"));
    for status in statuses {
        let waiting = text_at(status, "state/waiting/reason");
        if !waiting.is_empty() && waiting != "PodInitializing" && waiting != "ContainerCreating" {
            return waiting.to_owned();
        }
    }
    if text_at(pod, "status/phase") == "Pending" && text_at(pod, "spec/nodeName").is_empty() {
        return "not scheduled".to_owned();
    }
    let running = items_at(pod, "status/containerStatuses")
        .iter()
        .any(|status| at(status, "state/running").is_object());
    if running {
        return "runs, but its readiness probe does not succeed".to_owned();
    }
    text_at(pod, "status/phase").to_owned()
}

fn has_port(pod: &Value, name: &str, protocol: &str) -> bool {
    items_at(pod, "spec/containers")
        .iter()
        .chain(items_at(pod, "spec/initContainers"))
        .flat_map(|container| items_at(container, "ports"))
        .any(|port| text_at(port, "name") == name && or(text_at(port, "protocol"), "TCP") == protocol)
}

fn port_names(pod: &Value) -> String {
    let ports = items_at(pod, "spec/containers")
        .iter()
        .flat_map(|container| items_at(container, "ports"));
    let names = ports.map(|port| match text_at(port, "name") {
        "" => plain(at(port, "containerPort")),
        name => name.to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let service = subject.object;
    let mut found = Vec::new();
    if text_at(service, "spec/type") == "ExternalName" {
        return found;
    }
    if text_at(service, "spec/type") == "LoadBalancer" && balancer(service).is_empty() {
        found.push(finding(
            Health::Progress,
            "It waits for the address of its load balancer",
            "The cloud's controller gives one; a cluster without such a controller never does",
        ));
    }
    let behind = addresses(around, say::namespace(service), say::name(service));
    let ports = items_at(service, "spec/ports");
    let Ok(behind) = behind else {
        return found;
    };
    let without: Vec<&Value> = ports
        .iter()
        .filter(|port| written(&behind, text_at(port, "name")).is_none())
        .collect();
    let Some(port) = without.first() else {
        return found;
    };
    if bool_at(service, "spec/publishNotReadyAddresses") && !behind.is_empty() {
        return found;
    }
    if let Some(why) = why_none(service, port, &behind, around) {
        let which = if without.len() == ports.len() {
            "Nothing stands behind it: ".to_owned()
        } else {
            format!("Nothing stands behind port {}: ", plain(at(port, "port")))
        };
        found.push(Finding {
            health: why.health,
            cause: Phrase::new(&which).then(why.words),
            next: why.next,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::{Value, json};

    fn service() -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "cart-db", "namespace": "shop"},
            "spec": {"selector": {"app": "cart"}, "type": "NodePort", "clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"],
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}, "externalTrafficPolicy": "Cluster",
                "internalTrafficPolicy": "Cluster",
                "ports": [{"name": "http", "port": 80, "targetPort": "web", "protocol": "TCP", "nodePort": 31000}]},
            "status": {"loadBalancer": {}}})
    }

    fn pod(ready: &str) -> Value {
        json!({"metadata": {"name": "cart-1", "namespace": "shop", "labels": {"app": "cart"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": 8080}]}]},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}],
                "containerStatuses": [{"state": {"running": {}}}]}})
    }

    fn slice(ready: bool) -> Value {
        json!({"metadata": {"name": "cart-db-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart-db"}},
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": ready}, "targetRef": {"kind": "Pod", "name": "cart-1"}}]})
    }

    #[test]
    fn it_prints_what_kubectl_prints_and_more() {
        let world = World::default().with("discovery.k8s.io", "endpointslices", slice(true));
        let text = world.describe("", "Service", &service());
        assert_says(
            &text,
            &[
                "Selector:                 app=cart",
                "IP Family Policy:         SingleStack",
                "Port:                     http  80/TCP",
                "TargetPort:               web/TCP",
                "NodePort:                 http  31000/TCP",
                "Endpoints:                10.1.0.1:8080",
                "Session Affinity:         ClientIP  (a client stays with its pod for 3h)",
                "External Traffic Policy:  Cluster",
                "  cart-db.shop.svc  gives the cluster IP",
                "  _http._tcp.cart-db.shop.svc  finds the port (SRV)",
                "  CART_DB_SERVICE_HOST=10.0.0.7",
                "  CART_DB_SERVICE_PORT_HTTP=80",
                "  CART_DB_PORT_80_TCP_ADDR=10.0.0.7",
            ],
        );
        assert_eq!(world.worst("", "Service", &service()), "");
    }

    #[test]
    fn it_says_why_nothing_stands_behind_it() {
        let world = World::default();
        assert_eq!(
            world.worst("", "Service", &service()),
            "Nothing stands behind it: no pod has the labels app=cart → Compare the selector with the labels of the pods it \
             is meant for, or start them"
        );
        let world =
            World::default()
                .with("", "pods", pod("False"))
                .with("discovery.k8s.io", "endpointslices", slice(false));
        assert_eq!(
            world.worst("", "Service", &service()),
            "Nothing stands behind it: the only pod it selects is not ready: cart-1 (runs, but its readiness probe does not \
             succeed) → Look at cart-1"
        );
        let world = World::default().with("", "pods", pod("True"));
        assert_eq!(
            world.worst("", "Service", &service()),
            "Nothing stands behind it: no container of its 1 ready pod has a port named web → Name the port in the pod \
             template, or set targetPort to one they have: http"
        );
        let mut bare = service();
        bare["spec"]["selector"] = Value::Null;
        assert!(
            World::default()
                .worst("", "Service", &bare)
                .contains("it has no selector")
        );
    }

    #[test]
    fn what_may_not_be_read_is_said() {
        let world = World::default()
            .denied("discovery.k8s.io", "endpointslices")
            .denied("", "endpoints");
        assert!(world.describe("", "Service", &service()).contains("not authorized"));
        assert!(world.findings("", "Service", &service()).is_empty());
    }
}
