//! Services, ingresses and network policies. Endpoints follow from the pods (`control`).

use super::workloads::{Kind, WORKLOADS, match_labels};
use super::{About, Builder, DAY, tell};
use serde_json::{Value, json};

/// Ingress name, namespace, host, service, TLS.
const INGRESSES: &[(&str, &str, &[&str], &str, bool)] = &[
    (
        "storefront",
        "shop",
        &["shop.example", "www.shop.example"],
        "storefront",
        true,
    ),
    ("api", "shop", &["api.shop.example"], "checkout", true),
    ("legacy-blog", "shop", &["blog.shop.example"], "blog", false),
    ("payments-api", "payments", &["pay.shop.example"], "payments-api", true),
    (
        "argocd",
        "platform",
        &["argocd.internal.example"],
        "argocd-server",
        true,
    ),
    ("grafana", "monitoring", &["grafana.internal.example"], "grafana", true),
    (
        "minio",
        "data",
        &[
            "s3.internal.example",
            "*.s3.internal.example",
            "console.s3.internal.example",
            "old-s3.internal.example",
        ],
        "minio",
        false,
    ),
];

pub(super) fn build(b: &mut Builder<'_>) {
    let mut ip = 10;
    let mut next_ip = || {
        ip += 7;
        format!("10.96.{}.{}", ip / 200, ip % 200 + 3)
    };
    let kubernetes = service(
        "default",
        "kubernetes",
        "10.96.0.1",
        "ClusterIP",
        json!([{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]),
        Value::Null,
    );
    b.add("", "services", 412 * DAY, kubernetes);
    b.add("", "endpoints", 412 * DAY, json!({"metadata": {"name": "kubernetes", "namespace": "default", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        "subsets": [{"addresses": [{"ip": "10.0.16.21"}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}]}));
    b.add("discovery.k8s.io", "endpointslices", 412 * DAY, json!({"metadata": {"name": "kubernetes", "namespace": "default", "labels": {"kubernetes.io/service-name": "kubernetes"}},
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.16.21"], "conditions": {"ready": true}}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}));
    for w in WORKLOADS.iter().filter(|w| w.port > 0 && w.kind != Kind::DaemonSet) {
        let age = w.days * DAY + 7100;
        let port = match w.name {
            "coredns" => {
                json!([{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53}, {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53}, {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153}])
            }
            "ingress-nginx-controller" => {
                json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": 31080}, {"name": "https", "port": 443, "protocol": "TCP", "targetPort": "http", "nodePort": 31443}])
            }
            "grafana" => {
                json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http", "nodePort": 32300}])
            }
            _ if w.kind == Kind::Deployment => {
                json!([{"name": "http", "port": if w.port == 8443 { 443 } else { 80 }, "protocol": "TCP", "targetPort": "http"}])
            }
            _ => json!([{"name": "main", "port": w.port, "protocol": "TCP", "targetPort": "http"}]),
        };
        let kind = match w.name {
            "ingress-nginx-controller" => "LoadBalancer",
            "grafana" => "NodePort",
            _ => "ClusterIP",
        };
        let name = if w.name == "coredns" { "kube-dns" } else { w.name };
        let address = if name == "kube-dns" {
            "10.96.0.10".to_owned()
        } else {
            next_ip()
        };
        let mut value = service(w.namespace, name, &address, kind, port.clone(), match_labels(w.name));
        if kind == "LoadBalancer" {
            value["status"] =
                json!({"loadBalancer": {"ingress": [{"hostname": "a7c1e0f2-1480311290.eu-west-1.elb.amazonaws.com"}]}});
            value["spec"]["externalTrafficPolicy"] = "Local".into();
            value["spec"]["healthCheckNodePort"] = 31999.into();
        }
        b.add("", "services", age, value);
        if w.kind == Kind::StatefulSet {
            let headless = service(
                w.namespace,
                &format!("{}-headless", w.name),
                "None",
                "ClusterIP",
                port,
                match_labels(w.name),
            );
            b.add("", "services", age, headless);
        }
    }
    // The blog was moved away; its service and the ingress to it stayed.
    b.add(
        "",
        "services",
        300 * DAY,
        service(
            "shop",
            "blog",
            &next_ip(),
            "ClusterIP",
            json!([{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}]),
            match_labels("blog"),
        ),
    );
    let mut external = service("payments", "card-network", "", "ExternalName", json!([]), Value::Null);
    external["spec"] =
        json!({"type": "ExternalName", "externalName": "gateway.cards.example", "sessionAffinity": "None"});
    b.add("", "services", 280 * DAY, external);
    let mut pending = service(
        "data",
        "kafka-external",
        &next_ip(),
        "LoadBalancer",
        json!([{"name": "bootstrap", "port": 9094, "protocol": "TCP", "targetPort": 9094, "nodePort": 30994}]),
        match_labels("kafka"),
    );
    pending["metadata"]["annotations"] = json!({"service.beta.kubernetes.io/aws-load-balancer-type": "external"});
    let uid = b.add("", "services", 3 * 3600, pending);
    let about = About {
        kind: "Service",
        api: "v1",
        namespace: "data",
        name: "kafka-external",
        uid: &uid,
        field: "",
    };
    tell(
        b.store,
        &about,
        "SyncLoadBalancerFailed",
        "Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB",
        "service-controller",
        "",
        b.start - 3 * 3600,
        b.start - 200,
        38,
    );

    for (name, class, default) in [
        ("nginx", "k8s.io/ingress-nginx", true),
        ("internal", "k8s.io/internal-ingress-nginx", false),
    ] {
        let mut value = json!({"metadata": {"name": name, "generation": 1}, "spec": {"controller": class}});
        if default {
            value["metadata"]["annotations"] = json!({"ingressclass.kubernetes.io/is-default-class": "true"});
        }
        b.add("networking.k8s.io", "ingressclasses", 410 * DAY, value);
    }
    for (name, namespace, hosts, service, tls) in INGRESSES {
        let rule = |host: &&str| json!({"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"name": "http"}}}}]}});
        let mut value = json!({"metadata": {"name": name, "namespace": namespace, "generation": 1, "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"}},
            "spec": {"ingressClassName": if hosts[0].contains("internal") { "internal" } else { "nginx" }, "rules": hosts.iter().map(rule).collect::<Vec<_>>()},
            "status": {"loadBalancer": {"ingress": [{"hostname": "a7c1e0f2-1480311290.eu-west-1.elb.amazonaws.com"}]}}});
        if *tls {
            value["spec"]["tls"] = json!([{"hosts": hosts, "secretName": format!("{name}-tls")}]);
        }
        b.add("networking.k8s.io", "ingresses", 190 * DAY, value);
    }
    for (namespace, name, spec) in [
        (
            "payments",
            "default-deny",
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        ),
        (
            "payments",
            "allow-shop",
            json!({"podSelector": {"matchLabels": match_labels("payments-api")}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}], "ports": [{"protocol": "TCP", "port": 8443}]}]}),
        ),
        (
            "payments",
            "allow-dns",
            json!({"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"protocol": "UDP", "port": 53}], "to": [{"namespaceSelector": {}}]}]}),
        ),
        (
            "data",
            "postgres-clients",
            json!({"podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": ["postgres", "clickhouse"]}]}, "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"db-client": "true"}}}]}]}),
        ),
        (
            "shop",
            "allow-ingress",
            json!({"podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "shop"}}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "platform"}}}]}]}),
        ),
    ] {
        b.add(
            "networking.k8s.io",
            "networkpolicies",
            250 * DAY,
            json!({"metadata": {"name": name, "namespace": namespace, "generation": 1}, "spec": spec}),
        );
    }
}

fn service(namespace: &str, name: &str, ip: &str, kind: &str, ports: Value, selector: Value) -> Value {
    let mut value = json!({"metadata": {"name": name, "namespace": namespace},
        "spec": {"clusterIP": ip, "clusterIPs": [ip], "type": kind, "sessionAffinity": "None", "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster", "ports": ports},
        "status": {"loadBalancer": {}}});
    if selector.is_object() {
        value["metadata"]["labels"] = selector.clone();
        value["spec"]["selector"] = selector;
    }
    value
}
