//! Network policies: as kubectl prints them, and what they allow in sentences.

use super::words::{or, plain, texts};
use super::{Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, items_at, say, text_at};
use crate::kinds::Health;
use crate::text::parse_time;
use crate::theme::Role;
use serde_json::Value;

/// Network policies.
pub static NETWORK_POLICY: Describer = Describer {
    group: "networking.k8s.io",
    kind: "NetworkPolicy",
    findings,
    items,
};

/// One of the two ways traffic goes.
struct Way {
    word: &'static str,
    kind: &'static str,
    rules: &'static str,
    peers: &'static str,
    peer: &'static str,
    restricted: &'static str,
}

const WAYS: [Way; 2] = [
    Way {
        word: "ingress",
        kind: "Ingress",
        rules: "spec/ingress",
        peers: "from",
        peer: "From",
        restricted: "source",
    },
    Way {
        word: "egress",
        kind: "Egress",
        rules: "spec/egress",
        peers: "to",
        peer: "To",
        restricted: "destination",
    },
];

/// The policy's types; without any they follow from its rules, as the server fills them in.
fn types(policy: &Value) -> Vec<&str> {
    let types = texts(policy, "spec/policyTypes");
    match (types.is_empty(), items_at(policy, "spec/egress").is_empty()) {
        (false, _) => types,
        (true, true) => vec!["Ingress"],
        (true, false) => vec!["Ingress", "Egress"],
    }
}

fn items(subject: &Subject<'_>, _: &Around<'_>) -> Vec<Item> {
    let policy = subject.object;
    let types = types(policy);
    let selector = say::selector_text(at(policy, "spec/podSelector"));
    let pods = if selector.is_empty() {
        Phrase::new("<none> (Allowing the specific traffic to all pods in this namespace)")
    } else {
        say::pods_link(&selector, say::namespace(policy))
    };
    let mut spec = vec![Item::field("PodSelector", pods)];
    for way in &WAYS {
        if types.contains(&way.kind) {
            spec.push(Item::section(
                &format!("Allowing {} traffic", way.word),
                rules(policy, way),
            ));
        } else {
            spec.push(Item::line(format!("Not affecting {} traffic", way.word)));
        }
    }
    spec.push(Item::field("Policy Types", types.join(", ")));
    vec![
        Item::field("Created on", created_on(policy)),
        Item::section("Spec", spec),
        Item::section("In Words", in_words(policy, &types)),
    ]
}

/// The time in the form that kubectl prints here and nowhere else.
fn created_on(policy: &Value) -> String {
    let text = text_at(policy, "metadata/creationTimestamp");
    match parse_time(text) {
        Some(unix) => format!(
            "{} +0000 UTC",
            crate::text::format_time(unix).replace('T', " ").trim_end_matches('Z')
        ),
        None => text.to_owned(),
    }
}

fn rules(policy: &Value, way: &Way) -> Vec<Item> {
    let rules = items_at(policy, way.rules);
    if rules.is_empty() {
        let words = format!("<none> (Selected pods are isolated for {} connectivity)", way.word);
        return vec![Item::line(words)];
    }
    let mut items = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        if index > 0 {
            items.push(Item::line(Phrase::of("----------", Role::Muted)));
        }
        let ports = items_at(rule, "ports");
        if ports.is_empty() {
            items.push(Item::field("To Port", "<any> (traffic allowed to all ports)"));
        }
        for port in ports {
            items.push(Item::field(
                "To Port",
                format!("{}/{}", port_number(port), protocol(port)),
            ));
        }
        let peers = items_at(rule, way.peers);
        if peers.is_empty() {
            let words = format!("<any> (traffic not restricted by {})", way.restricted);
            items.push(Item::field(way.peer, words));
        }
        items.extend(peers.iter().map(|peer| Item::section(way.peer, peer_items(peer))));
    }
    items
}

fn protocol(port: &Value) -> &str {
    or(text_at(port, "protocol"), "TCP")
}

fn port_number(port: &Value) -> String {
    let number = plain(at(port, "port"));
    match at(port, "endPort") {
        Value::Null => number,
        end => format!("{number}-{}", plain(end)),
    }
}

fn peer_items(peer: &Value) -> Vec<Item> {
    let mut items = Vec::new();
    for (name, path) in [
        ("NamespaceSelector", "namespaceSelector"),
        ("PodSelector", "podSelector"),
    ] {
        if at(peer, path).is_object() {
            items.push(Item::field(name, or(&say::selector_text(at(peer, path)), "<none>")));
        }
    }
    let block = at(peer, "ipBlock");
    if block.is_object() {
        let except = texts(block, "except").join(", ");
        items.push(Item::section(
            "IPBlock",
            vec![
                Item::field("CIDR", text_at(block, "cidr")),
                Item::field("Except", except),
            ],
        ));
    }
    items
}

/// What it allows, in sentences.
fn in_words(policy: &Value, types: &[&str]) -> Vec<Item> {
    let selector = say::selector_text(at(policy, "spec/podSelector"));
    let whom = if selector.is_empty() {
        "Every pod of this namespace".to_owned()
    } else {
        format!("Every pod with {selector}")
    };
    let mut lines = Vec::new();
    for way in &WAYS {
        if !types.contains(&way.kind) {
            continue;
        }
        let (takes, join) = match way.kind {
            "Ingress" => ("may be reached", "from"),
            _ => ("may reach out", "to"),
        };
        let rules = items_at(policy, way.rules);
        if rules.is_empty() {
            let nothing = match way.kind {
                "Ingress" => "can be reached by nobody",
                _ => "can reach nobody, not even the cluster's DNS",
            };
            lines.push(format!("{whom} {nothing}, unless another policy allows it."));
            continue;
        }
        lines.push(format!("{whom} {takes} only:"));
        for rule in rules {
            let peers: Vec<String> = items_at(rule, way.peers).iter().map(peer_words).collect();
            let peers = if peers.is_empty() {
                "anywhere".to_owned()
            } else {
                peers.join("; or ")
            };
            lines.push(format!("  on {} {join} {peers}", port_words(rule)));
        }
    }
    lines.push(
        "Policies add up: what any policy allows is allowed. Answers to allowed connections always pass.".to_owned(),
    );
    lines.into_iter().map(Item::line).collect()
}

fn port_words(rule: &Value) -> String {
    let ports: Vec<String> = items_at(rule, "ports")
        .iter()
        .map(|port| match at(port, "port") {
            Value::Null => format!("every {} port", protocol(port)),
            _ => format!("{} {}", protocol(port), port_number(port)),
        })
        .collect();
    if ports.is_empty() {
        "every port".to_owned()
    } else {
        ports.join(", ")
    }
}

fn peer_words(peer: &Value) -> String {
    let block = at(peer, "ipBlock");
    if block.is_object() {
        let except = texts(block, "except").join(" and ");
        let but = if except.is_empty() {
            String::new()
        } else {
            format!(" except {except}")
        };
        return format!("addresses in {}{but}", text_at(block, "cidr"));
    }
    let pods = say::selector_text(at(peer, "podSelector"));
    let pods = if pods.is_empty() {
        "every pod".to_owned()
    } else {
        format!("pods with {pods}")
    };
    let namespaces = at(peer, "namespaceSelector");
    if !namespaces.is_object() {
        return format!("{pods} of this namespace");
    }
    match say::selector_text(namespaces) {
        none if none.is_empty() => format!("{pods} of every namespace"),
        namespaces => format!("{pods} of namespaces with {namespaces}"),
    }
}

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    let policy = subject.object;
    let selector = say::selector_text(at(policy, "spec/podSelector"));
    if selector.is_empty() {
        return Vec::new();
    }
    let pods = (around.find)(&Companion::selected("", "pods", say::namespace(policy), &selector));
    if !matches!(pods, Listed::Objects(ref pods) if pods.is_empty()) {
        return Vec::new();
    }
    let cause =
        Phrase::new("It selects no pod: none has the labels ").then(say::pods_link(&selector, say::namespace(policy)));
    vec![Finding {
        health: Health::Progress,
        cause,
        next: Phrase::default(),
    }]
}

#[cfg(test)]
mod tests {
    use crate::describe::testing::World;
    use crate::describe::words::assert_says;
    use serde_json::json;

    #[test]
    fn it_is_printed_and_said_in_words() {
        let policy = json!({"metadata": {"name": "np", "namespace": "shop", "creationTimestamp": "2026-11-21T00:26:15Z"},
            "spec": {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress", "Egress"],
                "ingress": [
                    {"ports": [{"port": 80, "protocol": "TCP"}, {"port": 8000, "endPort": 8010, "protocol": "UDP"}],
                     "from": [{"podSelector": {"matchLabels": {"app": "api"}}},
                        {"namespaceSelector": {"matchLabels": {"team": "shop"}}, "podSelector": {}},
                        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]},
                    {}]}});
        assert_says(
            &World::default().describe("networking.k8s.io", "NetworkPolicy", &policy),
            &[
                "Created on: 2026-11-21 00:26:15 +0000 UTC",
                "PodSelector: app=web",
                "Allowing ingress traffic:",
                "To Port: 80/TCP",
                "To Port: 8000-8010/UDP",
                "PodSelector: app=api",
                "NamespaceSelector: team=shop",
                "PodSelector: <none>",
                "CIDR: 10.0.0.0/8",
                "Except: 10.1.0.0/16",
                "----------",
                "To Port: <any> (traffic allowed to all ports)",
                "From: <any> (traffic not restricted by source)",
                "<none> (Selected pods are isolated for egress connectivity)",
                "Policy Types: Ingress, Egress",
                "Every pod with app=web may be reached only:",
                "on TCP 80, UDP 8000-8010 from pods with app=api of this namespace; or every pod of namespaces with team=shop; or \
                 addresses in 10.0.0.0/8 except 10.1.0.0/16",
                "on every port from anywhere",
                "Every pod with app=web can reach nobody, not even the cluster's DNS, unless another policy allows it.",
            ],
        );
        assert!(
            World::default()
                .worst("networking.k8s.io", "NetworkPolicy", &policy)
                .contains("selects no pod")
        );
    }

    #[test]
    fn what_it_does_not_affect_is_said() {
        let policy = json!({"metadata": {"name": "np", "namespace": "shop"}, "spec": {"podSelector": {}, "policyTypes": ["Egress"],
            "egress": [{"to": [{"namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "Exists"}]}}],
                "ports": [{"protocol": "UDP"}]}]}});
        assert_says(
            &World::default().describe("networking.k8s.io", "NetworkPolicy", &policy),
            &[
                "PodSelector: <none> (Allowing the specific traffic to all pods in this namespace)",
                "Not affecting ingress traffic",
                "NamespaceSelector: a",
                "on every UDP port to every pod of namespaces with a",
            ],
        );
    }
}
