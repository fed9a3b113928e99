//! The table: one row for each workload of the shop.

use super::Kind::{DaemonSet as Ds, Deployment as De, StatefulSet as St};
use super::Trouble::*;
use super::{Kind, Trouble, Workload};

/// A row of the table, in the order of the fields.
#[rustfmt::skip]
#[allow(clippy::too_many_arguments)]
const fn w(namespace: &'static str, name: &'static str, kind: Kind, replicas: i64, image: &'static str, port: i64, cpu: i64, memory: i64, days: i64, sidecar: bool, volume: &'static str, trouble: Trouble) -> Workload {
    Workload { namespace, name, kind, replicas, image, port, cpu, memory, days, sidecar, volume, trouble }
}

#[rustfmt::skip]
pub(in crate::demo) const WORKLOADS: &[Workload] = &[
    w("shop", "storefront", De, 6, "registry.shop.example/storefront:4.18.2", 8080, 250, 384, 212, true, "", Fine),
    w("shop", "cart", De, 4, "registry.shop.example/cart:2.7.1", 8080, 150, 256, 212, true, "", Fine),
    w("shop", "checkout", De, 5, "registry.shop.example/checkout:3.4.0", 8080, 200, 320, 198, true, "", Fine),
    w("shop", "catalog", De, 4, "registry.shop.example/catalog:5.1.3", 8080, 200, 512, 212, true, "", Fine),
    w("shop", "search", De, 3, "registry.shop.example/search:1.22.0", 9200, 500, 1024, 140, true, "", Unready),
    w("shop", "recommendations", De, 3, "registry.shop.example/recommendations:0.9.14", 8000, 300, 512, 61, false, "", OutOfMemory),
    w("shop", "reviews", De, 2, "registry.shop.example/reviews:1.3.8", 8080, 100, 192, 175, false, "", Fine),
    w("shop", "inventory", De, 3, "registry.shop.example/inventory:2.0.6", 8080, 100, 256, 180, false, "", Fine),
    w("shop", "image-resizer", De, 2, "registry.shop.example/image-resizer:1.8.0", 8081, 400, 512, 90, false, "", BadImage),
    w("shop", "wishlist", De, 2, "registry.shop.example/wishlist:0.4.2", 8080, 50, 128, 44, false, "", Crashes),
    w("shop", "sessions", St, 3, "docker.io/valkey/valkey:8.1-alpine", 6379, 100, 256, 212, false, "4Gi", Fine),
    w("payments", "payments-api", De, 4, "registry.shop.example/payments-api:7.2.0", 8443, 300, 512, 300, true, "", Fine),
    w("payments", "ledger", St, 3, "registry.shop.example/ledger:2.11.4", 7000, 500, 1024, 300, false, "50Gi", Fine),
    w("payments", "fraud-scorer", De, 2, "registry.shop.example/fraud-scorer:2026.11", 8500, 2000, 8192, 12, false, "", Unschedulable),
    w("payments", "invoicing", De, 2, "registry.shop.example/invoicing:1.14.0", 8080, 100, 256, 260, false, "", Fine),
    w("payments", "settlement-worker", De, 3, "registry.shop.example/settlement:1.6.3", 0, 150, 256, 260, false, "", Fine),
    w("payments", "webhooks-out", De, 2, "registry.shop.example/webhooks-out:0.12.1", 8080, 50, 128, 77, false, "", Crashes),
    w("data", "postgres", St, 3, "ghcr.io/cloudnative-pg/postgresql:17.6", 5432, 1000, 4096, 300, true, "100Gi", Fine),
    w("data", "kafka", St, 3, "quay.io/strimzi/kafka:0.48.0-kafka-4.1.0", 9092, 500, 2048, 300, false, "200Gi", Fine),
    w("data", "opensearch", St, 3, "docker.io/opensearchproject/opensearch:3.3.1", 9200, 800, 3072, 150, false, "120Gi", NoVolume),
    w("data", "clickhouse", St, 2, "docker.io/clickhouse/clickhouse-server:25.9", 8123, 700, 3072, 120, false, "150Gi", Fine),
    w("data", "airflow-scheduler", De, 1, "docker.io/apache/airflow:3.1.0", 8974, 200, 768, 3, false, "", InitWaits),
    w("data", "etl-runner", De, 2, "registry.shop.example/etl-runner:0.31.0", 0, 300, 512, 80, false, "", Fine),
    w("data", "minio", St, 4, "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", 9000, 250, 512, 220, false, "80Gi", Fine),
    w("platform", "ingress-nginx-controller", De, 3, "registry.k8s.io/ingress-nginx/controller:v1.13.3", 443, 100, 128, 410, false, "", Fine),
    w("platform", "cert-manager", De, 1, "quay.io/jetstack/cert-manager-controller:v1.19.1", 9402, 50, 96, 400, false, "", Fine),
    w("platform", "cert-manager-webhook", De, 1, "quay.io/jetstack/cert-manager-webhook:v1.19.1", 10250, 50, 64, 400, false, "", Fine),
    w("platform", "external-dns", De, 1, "registry.k8s.io/external-dns/external-dns:v0.19.0", 7979, 50, 64, 380, false, "", Fine),
    w("platform", "argocd-server", De, 2, "quay.io/argoproj/argocd:v3.1.9", 8080, 100, 256, 350, false, "", Fine),
    w("platform", "argocd-repo-server", De, 2, "quay.io/argoproj/argocd:v3.1.9", 8081, 100, 256, 350, false, "", Fine),
    w("platform", "website-controller", De, 2, "registry.shop.example/website-controller:0.5.0", 8080, 50, 64, 30, false, "", Fine),
    w("platform", "vault", St, 3, "docker.io/hashicorp/vault:1.20.4", 8200, 150, 256, 340, false, "10Gi", Fine),
    w("monitoring", "prometheus", St, 2, "quay.io/prometheus/prometheus:v3.7.2", 9090, 800, 4096, 330, true, "100Gi", Fine),
    w("monitoring", "alertmanager", St, 3, "quay.io/prometheus/alertmanager:v0.28.1", 9093, 50, 96, 330, false, "2Gi", Fine),
    w("monitoring", "grafana", De, 1, "docker.io/grafana/grafana:12.2.1", 3000, 100, 256, 330, true, "", Fine),
    w("monitoring", "loki", St, 3, "docker.io/grafana/loki:3.5.7", 3100, 300, 1024, 200, false, "50Gi", Fine),
    w("monitoring", "tempo", De, 1, "docker.io/grafana/tempo:2.9.0", 3200, 200, 512, 90, false, "", Fine),
    w("monitoring", "kube-state-metrics", De, 1, "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0", 8080, 50, 128, 330, false, "", Fine),
    w("monitoring", "node-exporter", Ds, 0, "quay.io/prometheus/node-exporter:v1.9.1", 9100, 20, 32, 330, false, "", Fine),
    w("monitoring", "promtail", Ds, 0, "docker.io/grafana/promtail:3.5.7", 3101, 50, 128, 200, false, "", Fine),
    w("kube-system", "coredns", De, 2, "registry.k8s.io/coredns/coredns:v1.12.1", 53, 100, 70, 412, false, "", Fine),
    w("kube-system", "metrics-server", De, 1, "registry.k8s.io/metrics-server/metrics-server:v0.8.0", 10250, 100, 200, 412, false, "", Fine),
    w("kube-system", "calico-kube-controllers", De, 1, "docker.io/calico/kube-controllers:v3.30.3", 0, 20, 64, 412, false, "", Fine),
    w("kube-system", "calico-node", Ds, 0, "docker.io/calico/node:v3.30.3", 0, 150, 128, 412, false, "", Fine),
    w("kube-system", "kube-proxy", Ds, 0, "registry.k8s.io/kube-proxy:v1.34.1", 0, 20, 48, 412, false, "", Fine),
    w("kube-system", "ebs-csi-node", Ds, 0, "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.50.1", 0, 10, 40, 300, true, "", Fine),
];
