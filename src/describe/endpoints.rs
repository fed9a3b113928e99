//! Endpoints and EndpointSlices: the addresses behind a service, ready and not.

use super::words::{object, or, pairs, plain, texts};
use super::{Around, Describer, Finding, Item, Phrase, Subject, at, items_at, say, text_at};
use crate::theme::Role;
use serde_json::Value;

/// Endpoints.
pub static ENDPOINTS: Describer = Describer {
    group: "",
    kind: "Endpoints",
    findings: nothing,
    items: endpoints,
};

/// EndpointSlices.
pub static ENDPOINT_SLICE: Describer = Describer {
    group: "discovery.k8s.io",
    kind: "EndpointSlice",
    findings: nothing,
    items: slice,
};

fn nothing(_: &Subject<'_>, _: &Around<'_>) -> Vec<Finding> {
    Vec::new()
}

fn endpoints(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let mut items = vec![service_link(say::namespace(subject.object), say::name(subject.object))];
    let subsets = items_at(subject.object, "subsets");
    let each = subsets.iter().flat_map(|subset| {
        let addresses = |path: &str| {
            let all = items_at(subset, path).iter().map(|address| text_at(address, "ip"));
            let all: Vec<&str> = all.collect();
            or(&all.join(","), "<none>").to_owned()
        };
        [
            Item::field("Addresses", addresses("addresses")),
            Item::field("NotReadyAddresses", addresses("notReadyAddresses")),
            ports(items_at(subset, "ports")),
            behind(subset),
        ]
    });
    let each: Vec<Item> = each.collect();
    items.push(Item::Section {
        name: "Subsets".into(),
        note: Phrase::of(if each.is_empty() { "<none>" } else { "" }, Role::LabelValue),
        items: each,
        folded: false,
    });
    items
}

fn service_link(namespace: &str, service: &str) -> Item {
    Item::field("Service", object("", "services", namespace, service))
}

fn behind(subset: &Value) -> Item {
    let lists = [("addresses", "ready"), ("notReadyAddresses", "not ready")];
    let rows = lists.iter().flat_map(|(list, word)| {
        items_at(subset, list).iter().map(|address| {
            vec![
                Phrase::new(text_at(address, "ip")),
                Phrase::of(word, if *word == "ready" { Role::Ok } else { Role::Warn }),
                target(at(address, "targetRef")),
                object("", "nodes", "", text_at(address, "nodeName")),
            ]
        })
    });
    let rows: Vec<Vec<Phrase>> = rows.collect();
    let folded = rows.len() > 20;
    Item::Section {
        name: "Behind".into(),
        note: Phrase::default(),
        items: vec![Item::table(&["Address", "State", "Object", "Node"], rows)],
        folded,
    }
}

fn target(reference: &Value) -> Phrase {
    let (kind, name) = (text_at(reference, "kind"), text_at(reference, "name"));
    if name.is_empty() {
        return Phrase::default();
    }
    say::link(
        &format!("{kind}/{name}"),
        "",
        kind,
        text_at(reference, "namespace"),
        name,
    )
}

fn ports(ports: &[Value]) -> Item {
    if ports.is_empty() {
        return Item::field("Ports", "<unset>");
    }
    let rows = ports.iter().map(|port| {
        let number = match at(port, "port") {
            Value::Null => "<unset>".to_owned(),
            number => plain(number),
        };
        vec![
            Phrase::new(or(text_at(port, "name"), "<unset>")),
            number.into(),
            Phrase::new(text_at(port, "protocol")),
        ]
    });
    Item::section(
        "Ports",
        vec![Item::table(&["Name", "Port", "Protocol"], rows.collect())],
    )
}

fn slice(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let slice = subject.object;
    let label = at(slice, "metadata/labels")
        .get("kubernetes.io/service-name")
        .and_then(Value::as_str);
    let mut items = Vec::new();
    if let Some(service) = label {
        items.push(service_link(say::namespace(slice), service));
    }
    items.push(Item::field("AddressType", text_at(slice, "addressType")));
    items.push(ports(items_at(slice, "ports")));
    let endpoints = items_at(slice, "endpoints");
    let each = endpoints.iter().map(endpoint).collect();
    items.push(Item::section("Endpoints", each));
    items
}

fn endpoint(endpoint: &Value) -> Item {
    let unset = |path: &str| match at(endpoint, path) {
        Value::Null => "<unset>".to_owned(),
        value => plain(value),
    };
    let addresses = texts(endpoint, "addresses").join(", ");
    let mut conditions = vec![Item::field("Ready", unset("conditions/ready"))];
    for (name, path) in [
        ("Serving", "conditions/serving"),
        ("Terminating", "conditions/terminating"),
    ] {
        if !at(endpoint, path).is_null() {
            conditions.push(Item::field(name, unset(path)));
        }
    }
    let mut items = vec![
        Item::section("Conditions", conditions),
        Item::field("Hostname", unset("hostname")),
    ];
    if at(endpoint, "targetRef").is_object() {
        items.push(Item::field("TargetRef", target(at(endpoint, "targetRef"))));
    }
    if at(endpoint, "topology").is_object() {
        let topology = pairs(at(endpoint, "topology"), "=").into_iter().map(Phrase::from);
        items.push(Item::fields("Topology", topology.collect()));
    }
    let node = match text_at(endpoint, "nodeName") {
        "" => Phrase::new("<unset>"),
        node => object("", "nodes", "", node),
    };
    items.push(Item::field("NodeName", node));
    items.push(Item::field("Zone", unset("zone")));
    Item::Section {
        name: "- Addresses".into(),
        note: Phrase::new(or(&addresses, "<none>")),
        items,
        folded: false,
    }
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn both_forms_are_printed() {
        let endpoints = json!({"metadata": {"name": "web", "namespace": "shop"}, "subsets": [{
            "addresses": [{"ip": "10.1.0.1", "nodeName": "n", "targetRef": {"kind": "Pod", "name": "web-1", "namespace": "shop"}}],
            "notReadyAddresses": [{"ip": "10.1.0.2"}, {"ip": "10.1.0.3"}], "ports": [{"port": 80, "protocol": "TCP"}]}]});
        let text = World::default().describe("", "Endpoints", &endpoints);
        assert_says(
            &text,
            &[
                "  Addresses:          10.1.0.1",
                "  NotReadyAddresses:  10.1.0.2,10.1.0.3",
                "    <unset>  80    TCP",
                "    10.1.0.1  ready      Pod/web-1  n",
            ],
        );
        let slice = json!({"metadata": {"name": "web-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}],
            "endpoints": [{"addresses": ["10.1.0.1"], "conditions": {"ready": true}, "nodeName": "n",
                "targetRef": {"kind": "Pod", "name": "web-1", "namespace": "shop"}}]});
        let text = World::default().describe("discovery.k8s.io", "EndpointSlice", &slice);
        assert_says(
            &text,
            &[
                "AddressType:  IPv4",
                "  - Addresses:  10.1.0.1",
                "      Ready:  true",
                "    Hostname:   <unset>",
                "    TargetRef:  Pod/web-1",
                "    NodeName:   n",
            ],
        );
    }
}
