//! The cells of what leads to pods.

use super::cells::{age, int, labels, list, name, none_if_empty, or, str_of, text};
use serde_json::{Value, json};

pub(super) fn service(v: &Value, now: i64) -> Vec<Value> {
    let spec = &v["spec"];
    let mut external: Vec<String> = Vec::new();
    if spec["type"] == "LoadBalancer" {
        let addresses = list(&v["status"]["loadBalancer"]["ingress"]).iter();
        external.extend(addresses.map(|i| {
            i["ip"]
                .as_str()
                .or(i["hostname"].as_str())
                .unwrap_or_default()
                .to_owned()
        }));
    }
    external.extend(list(&spec["externalIPs"]).iter().map(|i| str_of(i).to_owned()));
    let external = match str_of(&spec["type"]) {
        "ExternalName" => str_of(&spec["externalName"]).to_owned(),
        "LoadBalancer" if external.is_empty() => "<pending>".into(),
        _ => none_if_empty(external.join(",")),
    };
    let ports = list(&spec["ports"]).iter().map(|p| match int(&p["nodePort"]) {
        0 => format!("{}/{}", int(&p["port"]), str_of(&p["protocol"])),
        node => format!("{}:{node}/{}", int(&p["port"]), str_of(&p["protocol"])),
    });
    vec![
        name(v),
        text(&spec["type"]),
        or(&spec["clusterIP"], "<none>"),
        json!(external),
        json!(none_if_empty(ports.collect::<Vec<_>>().join(","))),
        age(v, now),
        labels(&spec["selector"]),
    ]
}

pub(super) fn ingress(v: &Value, now: i64) -> Vec<Value> {
    let hosts: Vec<&str> = list(&v["spec"]["rules"])
        .iter()
        .map(|r| str_of(&r["host"]))
        .filter(|h| !h.is_empty())
        .collect();
    let shown = hosts.iter().take(3).copied().collect::<Vec<_>>().join(",");
    let hosts = match hosts.len() {
        0 => "*".into(),
        n @ 4.. => format!("{shown} + {} more...", n - 3),
        _ => shown,
    };
    let addresses = list(&v["status"]["loadBalancer"]["ingress"]).iter();
    let addresses = addresses.map(|i| i["ip"].as_str().or(i["hostname"].as_str()).unwrap_or_default());
    vec![
        name(v),
        or(&v["spec"]["ingressClassName"], "<none>"),
        json!(hosts),
        json!(addresses.collect::<Vec<_>>().join(",")),
        json!(if v["spec"]["tls"].is_array() { "80, 443" } else { "80" }),
        age(v, now),
    ]
}

fn more(all: Vec<String>) -> String {
    match all.len() {
        0 => "<none>".into(),
        n @ 4.. => format!("{} + {} more...", all[..3].join(","), n - 3),
        _ => all.join(","),
    }
}

pub(super) fn endpoints(v: &Value) -> String {
    let mut all = Vec::new();
    // The printers say `<none>` only where nothing is selected; addresses that are not ready leave the cell blank.
    if !list(&v["subsets"]).is_empty() && list(&v["subsets"]).iter().all(|s| list(&s["addresses"]).is_empty()) {
        return String::new();
    }
    for subset in list(&v["subsets"]) {
        let ports = list(&subset["ports"]);
        if ports.is_empty() {
            all.extend(list(&subset["addresses"]).iter().map(|a| str_of(&a["ip"]).to_owned()));
        }
        for port in ports {
            let port = int(&port["port"]);
            all.extend(
                list(&subset["addresses"])
                    .iter()
                    .map(|a| format!("{}:{port}", str_of(&a["ip"]))),
            );
        }
    }
    more(all)
}

pub(super) fn endpoint_slice(v: &Value, now: i64) -> Vec<Value> {
    let ports: Vec<String> = list(&v["ports"]).iter().map(|p| int(&p["port"]).to_string()).collect();
    let ports = if v["ports"].as_array().is_none_or(Vec::is_empty) {
        "<unset>".into()
    } else {
        ports.join(",")
    };
    let all = list(&v["endpoints"])
        .iter()
        .flat_map(|e| list(&e["addresses"]))
        .map(|a| str_of(a).to_owned());
    let all: Vec<String> = all.collect();
    let shown = if all.is_empty() {
        "<unset>".to_owned()
    } else {
        more(all)
    };
    vec![
        name(v),
        text(&v["addressType"]),
        json!(ports),
        json!(shown),
        age(v, now),
    ]
}
