//! What stands behind a service: its addresses, from EndpointSlices or, where there are none to be had, from Endpoints.
//! Shared by services and by what leads to them. It refuses to judge pods: that is the service's own description.

use super::words::absent;
use super::{Around, Companion, Listed, Phrase, at, items_at, number_at, say, text_at};
use crate::msg::FailureKind;
use crate::theme::Role;
use serde_json::Value;

/// At most so many addresses are written; kubectl's number.
const MOST: usize = 3;

/// An address behind a port of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: String,
    /// The name of the port, empty when it is unnamed. None when there is no port at all: the service has none, or its target
    /// port has a name that the pod's containers do not know.
    pub port_name: Option<String>,
    /// The port's number, if it has one.
    pub port: Option<i64>,
    /// Whether it takes new connections.
    pub ready: bool,
    /// The pod behind it, if there is one.
    pub pod: String,
}

/// The addresses behind a service, or why they are not known.
pub fn addresses(around: &Around<'_>, namespace: &str, service: &str) -> Result<Vec<Address>, Phrase> {
    let labels = format!("kubernetes.io/service-name={service}");
    let slices = Companion::selected("discovery.k8s.io", "endpointslices", namespace, &labels);
    let served = (around.resource)("discovery.k8s.io", "EndpointSlice").is_some();
    if served {
        match (around.find)(&slices) {
            Listed::Objects(found) => {
                return Ok(found.iter().flat_map(|whole| of_slice(&whole.value)).collect());
            }
            Listed::Loading => return Err(Phrase::of("loading", Role::Muted)),
            Listed::Denied(_) => {}
        }
    }
    let found = (around.find)(&Companion::named("", "endpoints", namespace, service));
    match found {
        Listed::Objects(found) => Ok(found.iter().flat_map(|whole| of_endpoints(&whole.value)).collect()),
        Listed::Denied(ref failure) if failure.kind == FailureKind::NotFound => Ok(Vec::new()),
        other => Err(absent(&other).unwrap_or_default()),
    }
}

fn of_slice(slice: &Value) -> Vec<Address> {
    let mut found = Vec::new();
    let ports = items_at(slice, "ports");
    // A headless service without ports has addresses all the same.
    let without = [Value::Null];
    let ports = if ports.is_empty() { &without } else { ports };
    for port in ports {
        for endpoint in items_at(slice, "endpoints") {
            let ready = at(endpoint, "conditions/ready").as_bool().unwrap_or(true);
            for ip in items_at(endpoint, "addresses").iter().filter_map(Value::as_str) {
                found.push(address(ip, port, ready, endpoint));
            }
        }
    }
    found
}

fn of_endpoints(endpoints: &Value) -> Vec<Address> {
    let mut found = Vec::new();
    for subset in items_at(endpoints, "subsets") {
        let ports = items_at(subset, "ports");
        let without = [Value::Null];
        let ports = if ports.is_empty() { &without } else { ports };
        for port in ports {
            for (list, ready) in [("addresses", true), ("notReadyAddresses", false)] {
                for endpoint in items_at(subset, list) {
                    found.push(address(text_at(endpoint, "ip"), port, ready, endpoint));
                }
            }
        }
    }
    found
}

fn address(ip: &str, port: &Value, ready: bool, endpoint: &Value) -> Address {
    let pod = if text_at(endpoint, "targetRef/kind") == "Pod" {
        text_at(endpoint, "targetRef/name")
    } else {
        ""
    };
    Address {
        ip: ip.to_owned(),
        port_name: port.is_object().then(|| text_at(port, "name").to_owned()),
        port: number_at(port, "port"),
        ready,
        pod: pod.to_owned(),
    }
}

/// The ready addresses of a port as kubectl writes them: at most three, then how many more. None without any.
pub fn written(addresses: &[Address], port: &str) -> Option<String> {
    let ready = addresses
        .iter()
        .filter(|address| address.ready && address.port_name.as_deref() == Some(port));
    let texts: Vec<String> = ready
        .map(|address| match address.port {
            None => address.ip.clone(),
            Some(port) if address.ip.contains(':') => format!("[{}]:{port}", address.ip),
            Some(port) => format!("{}:{port}", address.ip),
        })
        .collect();
    if texts.is_empty() {
        return None;
    }
    let some: Vec<&str> = texts.iter().take(MOST).map(String::as_str).collect();
    let more = texts.len().saturating_sub(MOST);
    let some = some.join(",");
    Some(if more > 0 {
        format!("{some} + {more} more...")
    } else {
        some
    })
}

/// The port of a service with this name or number.
pub fn port_of<'a>(service: &'a Value, wanted: &Value) -> Option<&'a Value> {
    items_at(service, "spec/ports").iter().find(|port| match wanted {
        Value::Number(number) => at(port, "port").as_i64() == number.as_i64(),
        Value::String(name) => text_at(port, "name") == name || plain_port(port) == *name,
        _ => false,
    })
}

fn plain_port(port: &Value) -> String {
    number_at(port, "port")
        .map(|number| number.to_string())
        .unwrap_or_default()
}

/// The names of some objects, at most three, then how many more.
pub fn names(objects: &[&Value]) -> String {
    let some: Vec<&str> = objects.iter().take(MOST).map(|object| say::name(object)).collect();
    let more = objects.len().saturating_sub(MOST);
    let some = some.join(", ");
    if more > 0 {
        format!("{some} and {more} more")
    } else {
        some
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn slices_and_endpoints_say_the_same() {
        let slice = json!({"ports": [{"name": "http", "port": 8080}], "endpoints": [
            {"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "name": "a"}},
            {"addresses": ["10.0.0.2"], "conditions": {"ready": false}}, {"addresses": ["fd00::1"], "conditions": {}}]});
        let endpoints = json!({"subsets": [{"ports": [{"name": "http", "port": 8080}],
            "addresses": [{"ip": "10.0.0.1", "targetRef": {"kind": "Pod", "name": "a"}}, {"ip": "fd00::1"}],
            "notReadyAddresses": [{"ip": "10.0.0.2"}]}]});
        let one = of_slice(&slice);
        assert_eq!(written(&one, "http").as_deref(), Some("10.0.0.1:8080,[fd00::1]:8080"));
        assert_eq!(written(&of_endpoints(&endpoints), "http"), written(&one, "http"));
        assert_eq!(written(&one, "other"), None);
        assert_eq!(one.first().map(|address| address.pod.as_str()), Some("a"));
        let strange = of_slice(&json!({"ports": [], "endpoints": [{"addresses": ["10.0.0.1"]}]}));
        assert_eq!(
            written(&strange, ""),
            None,
            "an address without a port is behind no port"
        );
        let many: Vec<Value> = (1..=5).map(|n| json!({"addresses": [format!("10.0.0.{n}")]})).collect();
        let many = of_slice(&json!({"ports": [{"port": 80}], "endpoints": many}));
        assert_eq!(
            written(&many, "").as_deref(),
            Some("10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...")
        );
    }
}
