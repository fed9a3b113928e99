//! Pods: what kubectl's describe prints, why they have their quality of service, under which names they are found, and
//! what a pod that ends still waits for.

use super::{
    Around, Companion, Describer, Finding, Item, Listed, Phrase, Subject, at, bool_at, container, environment, events,
    items_at, number_at, pod_findings, probe, say, template, text_at, volume,
};
use crate::text::{Quantity, age, parse_time};
use crate::theme::Role;
use serde_json::Value;

/// Pods.
pub(super) static POD: Describer = Describer {
    group: "",
    kind: "Pod",
    findings,
    items,
};

fn findings(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Finding> {
    pod_findings::of(subject.object, &events::of(around), around)
}

fn items(subject: &Subject<'_>, around: &Around<'_>) -> Vec<Item> {
    let pod = subject.object;
    let (spec, status) = (at(pod, "spec"), at(pod, "status"));
    let namespace = say::namespace(pod);
    let home = container::Home {
        spec,
        pod: Some(pod),
        namespace,
    };
    let services = (around.find)(&Companion::selected("", "services", namespace, ""));
    let mut items = Vec::new();
    if let Some(priority) = number_at(spec, "priority") {
        items.push(Item::field("Priority", priority.to_string()));
    }
    items.extend(template::priority_class(spec));
    items.extend(say::text_field("Runtime Class Name", spec, "runtimeClassName"));
    items.extend(template::service_account(spec, namespace));
    items.push(Item::field("Node", node(pod)));
    items.extend(say::time_field("Start Time", status, "startTime", around.now));
    items.extend(state(pod, around.now));
    items.extend(say::text_field("Reason", status, "reason"));
    items.extend(say::text_field("Message", status, "message"));
    items.extend(container::seccomp(at(spec, "securityContext/seccompProfile")));
    items.push(Item::field("IP", text_at(status, "podIP")));
    let addresses = items_at(status, "podIPs")
        .iter()
        .map(|address| Item::field("IP", text_at(address, "ip")));
    items.push(Item::section("IPs", addresses.collect()));
    items.extend(say::controlled_by(pod, around));
    items.extend(nominated(status));
    items.extend(names(pod, &services));
    let own = container::resources(at(spec, "resources"));
    if !own.is_empty() {
        items.push(Item::section("Resources", own));
    }
    items.extend(container::section("Init Containers", "initContainers", home, around));
    let containers = container::section("Containers", "containers", home, around);
    items.push(containers.unwrap_or_else(|| Item::section("Containers", Vec::new())));
    items.extend(container::section(
        "Ephemeral Containers",
        "ephemeralContainers",
        home,
        around,
    ));
    items.extend(environment::section(pod, home, &services, around));
    items.extend(gates(pod));
    items.extend(say::conditions(pod, around));
    items.push(volume::section(spec, namespace, around, true));
    let (class, why) = quality(pod);
    items.push(Item::field("QoS Class", container::beyond(Phrase::new(&class), &why)));
    items.extend(template::pull_secrets(spec, namespace));
    items.extend(template::host_sharing(spec));
    items.extend(template::affinity(spec));
    items.push(say::labels("Node-Selectors", at(spec, "nodeSelector")));
    items.push(template::tolerations(spec));
    items.extend(template::spread(spec));
    items
}

fn node(pod: &Value) -> Phrase {
    let node = text_at(pod, "spec/nodeName");
    if node.is_empty() {
        return Phrase::new("<none>");
    }
    say::link(
        &format!("{node}/{}", text_at(pod, "status/hostIP")),
        "",
        "nodes",
        "",
        node,
    )
}

fn nominated(status: &Value) -> Option<Item> {
    let node = text_at(status, "nominatedNodeName");
    (!node.is_empty()).then(|| Item::field("NominatedNodeName", say::link(node, "", "nodes", "", node)))
}

/// Its phase; or how it ends and what it still waits for.
fn state(pod: &Value, now: i64) -> Vec<Item> {
    let phase = text_at(pod, "status/phase");
    let asked = text_at(pod, "metadata/deletionTimestamp");
    if asked.is_empty() || matches!(phase, "Failed" | "Succeeded") {
        return vec![Item::field("Status", phase)];
    }
    let words = format!("Terminating (lasts {})", age(now, parse_time(asked)));
    let grace = number_at(pod, "metadata/deletionGracePeriodSeconds").unwrap_or(0);
    let mut items = vec![
        Item::field("Status", Phrase::of(&words, Role::Progress)),
        Item::field("Termination Grace Period", format!("{grace}s")),
    ];
    let running: Vec<Phrase> = still_running(pod)
        .into_iter()
        .map(|name| {
            let all = items_at(pod, "spec/containers");
            let hook = all.iter().find(|container| text_at(container, "name") == name);
            let hook = hook.map_or(&Value::Null, |container| at(container, "lifecycle/preStop"));
            let more = match hook {
                Value::Null => String::new(),
                hook => format!("first runs before its end: {}", probe::handler(hook)),
            };
            container::beyond(Phrase::new(name), &more)
        })
        .collect();
    items.push(Item::fields("Still Running", running));
    items
}

/// The containers that run.
pub(super) fn still_running(pod: &Value) -> Vec<&str> {
    let statuses = items_at(pod, "status/containerStatuses").iter();
    let running = statuses.filter(|status| at(status, "state/running").is_object());
    running.map(|status| text_at(status, "name")).collect()
}

/// The services that select it and the names under which it is found.
fn names(pod: &Value, services: &Listed) -> Vec<Item> {
    let namespace = say::namespace(pod);
    let (hostname, subdomain) = (text_at(pod, "spec/hostname"), text_at(pod, "spec/subdomain"));
    let mut items = Vec::new();
    if let Listed::Objects(services) = services {
        let chosen = services.iter().map(|service| &service.value).filter(|service| {
            let selector = say::map_selector_text(at(service, "spec/selector"));
            !selector.is_empty() && say::selects(&selector, at(pod, "metadata/labels"))
        });
        let links: Vec<Phrase> = chosen
            .map(|service| {
                let name = say::name(service);
                let link = say::link(name, "", "services", namespace, name);
                container::beyond(link, &format!("{name}.{namespace}.svc"))
            })
            .collect();
        if !links.is_empty() {
            items.push(Item::fields("Services", links));
        }
    }
    if !subdomain.is_empty() {
        let host = if hostname.is_empty() { say::name(pod) } else { hostname };
        let name = Phrase::new(&format!("{host}.{subdomain}.{namespace}.svc"));
        let known = match services {
            Listed::Objects(services) => services.iter().any(|service| say::name(&service.value) == subdomain),
            Listed::Loading | Listed::Denied(_) => true,
        };
        let more = match (known, hostname.is_empty()) {
            (false, _) => format!("not served: there is no service {subdomain}"),
            (true, true) => format!("only if the service {subdomain} selects it; it has no hostname of its own"),
            (true, false) => String::new(),
        };
        items.push(Item::field("DNS Name", container::beyond(name, &more)));
    } else if !hostname.is_empty() {
        items.push(Item::field("Hostname", hostname));
    }
    items
}

fn gates(pod: &Value) -> Option<Item> {
    let gates = items_at(pod, "spec/readinessGates");
    let rows = gates.iter().map(|gate| {
        let kind = text_at(gate, "conditionType");
        let status = events::condition(pod, kind).map_or("<none>", |condition| text_at(condition, "status"));
        vec![kind.into(), status.into()]
    });
    let table = Item::table(&["Type", "Status"], rows.collect());
    (!gates.is_empty()).then(|| Item::section("Readiness Gates", vec![table]))
}

/// The quality of service of a pod (as the server says it, else computed) and why it is that.
pub(super) fn quality(pod: &Value) -> (String, String) {
    let (class, why) = computed_quality(at(pod, "spec"));
    match text_at(pod, "status/qosClass") {
        "" => (class.to_owned(), why),
        said if said == class => (class.to_owned(), why),
        said => (said.to_owned(), String::new()),
    }
}

fn computed_quality(spec: &Value) -> (&'static str, String) {
    let amount = |resources: &Value, side: &str, resource: &str| {
        let amount = resources.get(side).and_then(|amounts| amounts.get(resource));
        amount
            .and_then(|amount| Quantity::parse(&say::scalar(amount)))
            .filter(|amount| amount.nanos() > 0)
    };
    let own = at(spec, "resources");
    let holders: Vec<(String, &Value)> = if own.is_object() && own.as_object().is_some_and(|own| !own.is_empty()) {
        vec![("the pod".to_owned(), own)]
    } else {
        let all = items_at(spec, "initContainers")
            .iter()
            .chain(items_at(spec, "containers"));
        all.map(|container| {
            (
                format!("container {}", text_at(container, "name")),
                at(container, "resources"),
            )
        })
        .collect()
    };
    let mut asks = false;
    let mut lacks = None;
    for (name, resources) in &holders {
        for resource in ["cpu", "memory"] {
            let (request, limit) = (
                amount(resources, "requests", resource),
                amount(resources, "limits", resource),
            );
            asks |= request.is_some() || limit.is_some();
            let lack = match (request, limit) {
                (_, None) => Some(format!("{name} has no {resource} limit")),
                (Some(request), Some(limit)) if request != limit => {
                    Some(format!("{name} may use more {resource} than it asks for"))
                }
                _ => None,
            };
            lacks = lacks.or(lack);
        }
    }
    match (asks, lacks) {
        (false, _) => (
            "BestEffort",
            "no container asks for CPU or memory: it is the first to be evicted".to_owned(),
        ),
        (true, Some(lack)) => ("Burstable", format!("not Guaranteed because {lack}")),
        (true, None) => (
            "Guaranteed",
            "every limit of CPU and memory equals its request".to_owned(),
        ),
    }
}

/// Whether the pod has ended, for good or bad.
pub(super) fn is_over(pod: &Value) -> bool {
    matches!(text_at(pod, "status/phase"), "Succeeded" | "Failed")
}

/// Whether the pod is ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    events::condition(pod, "Ready").is_some_and(|condition| text_at(condition, "status") == "True")
}

/// Whether a container of the pod is optional to its readiness: nothing but what the status says.
pub(super) fn is_container_ready(status: &Value) -> bool {
    bool_at(status, "ready")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::testing::World;
    use serde_json::json;

    #[test]
    fn quality_of_service_is_explained() {
        let table = [
            (
                json!({"containers": [{"name": "a"}]}),
                "BestEffort",
                "no container asks for CPU or memory: it is the first to be evicted",
            ),
            (
                json!({"containers": [{"name": "a", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}),
                "Guaranteed",
                "every limit of CPU and memory equals its request",
            ),
            (
                json!({"containers": [{"name": "a", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}}]}),
                "Burstable",
                "not Guaranteed because container a may use more cpu than it asks for",
            ),
            (
                json!({"containers": [{"name": "a", "resources": {"requests": {"cpu": "1"}}}, {"name": "b"}]}),
                "Burstable",
                "not Guaranteed because container a has no cpu limit",
            ),
            (
                json!({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "containers": [{"name": "a"}]}),
                "Guaranteed",
                "every limit of CPU and memory equals its request",
            ),
        ];
        for (spec, class, why) in table {
            assert_eq!(quality(&json!({"spec": spec})), (class.to_owned(), why.to_owned()));
        }
    }

    #[test]
    fn a_pod_is_described() {
        let pod = json!({"metadata": {"name": "web-0", "namespace": "shop", "uid": "u", "labels": {"app": "web"},
                "deletionTimestamp": "2024-05-01T09:59:00Z", "deletionGracePeriodSeconds": 30,
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "s", "controller": true}]},
            "spec": {"nodeName": "node-a", "hostname": "web-0", "subdomain": "web", "priority": 0, "serviceAccountName": "default",
                "containers": [{"name": "app", "image": "web:1", "lifecycle": {"preStop": {"exec": {"command": ["sleep", "5"]}}},
                    "ports": [{"containerPort": 80, "name": "http", "protocol": "TCP"}],
                    "volumeMounts": [{"name": "conf", "mountPath": "/b", "subPath": "x"}, {"name": "conf", "mountPath": "/a", "readOnly": true}]}],
                "volumes": [{"name": "conf", "configMap": {"name": "conf"}},
                    {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}],
                "tolerations": [{"key": "k", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]},
            "status": {"phase": "Running", "hostIP": "1.2.3.4", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}],
                "containerStatuses": [{"name": "app", "ready": true, "restartCount": 2, "image": "web:1", "imageID": "sha256:1",
                    "containerID": "containerd://1", "state": {"running": {"startedAt": "2024-05-01T09:00:00Z"}},
                    "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "message": "tail\nof the log",
                        "startedAt": "2024-05-01T08:00:00Z", "finishedAt": "2024-05-01T08:59:00Z"}}}]}});
        let world = World::default()
            .with("", "services", json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"selector": {"app": "web"}, "clusterIP": "None"}}))
            .with("", "persistentvolumeclaims", json!({"metadata": {"name": "data-web-0", "namespace": "shop"},
                "spec": {"volumeName": "pv-1", "storageClassName": "fast"}, "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}));
        let text = world.describe("", "Pod", &pod);
        let expected = "\
Node:                      node-a/1.2.3.4
Status:                    Terminating (lasts 60s)
Termination Grace Period:  30s
Still Running:             app  first runs before its end: exec [sleep 5]
IP:                        10.0.0.1
IPs:
  IP:  10.0.0.1
Controlled By:             StatefulSet/web
Services:                  web  web.shop.svc
DNS Name:                  web-0.web.shop.svc
Containers:
  app:
    Container ID:   containerd://1
    Image:          web:1
    Image ID:       sha256:1
    Port:           80/TCP  http
    Host Port:      0/TCP
    State:          Running
      Started:  Wed, 01 May 2024 09:00:00 +0000  60m ago
    Last State:     Terminated
      Reason:     OOMKilled
      Message:    tail
                  of the log
      Exit Code:  137  killed (SIGKILL)
      Started:    Wed, 01 May 2024 08:00:00 +0000  120m ago
      Finished:   Wed, 01 May 2024 08:59:00 +0000  61m ago
      Ran For:    59m
    Ready:          True
    Restart Count:  2
    Before Stop:    exec [sleep 5]
    Environment:    <none>
    Mounts:
      /a from conf (ro)  follows changes within about a minute
      /b from conf (rw,path=\"x\")  does not follow changes (sub-path): restart the pod
Volumes:
  conf:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      conf
    Optional:  false
  data:
    Type:         PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:    data-web-0
    ReadOnly:     false
    Resolves To:  volume pv-1, 1Gi, class fast
QoS Class:                 BestEffort  no container asks for CPU or memory: it is the first to be evicted
Node-Selectors:            <none>
Tolerations:               k:NoExecute op=Exists for 300s
Events:                    <none>";
        let text = text
            .split_once("Service Account")
            .unwrap()
            .1
            .split_once('\n')
            .unwrap()
            .1;
        assert_eq!(text, expected);
    }
}
