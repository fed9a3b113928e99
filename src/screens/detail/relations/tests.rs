//! Tests of the tree of relations, on a small cluster that answers what is wanted.

use crate::kinds::ResourceName;
use crate::screens::detail::Detail;
use crate::screens::detail::testing::{World, named};
use crate::screens::testing::{drawn, every_size, run, shared};
use crate::screens::{ObjectName, Request, Shared, Tab};
use serde_json::{Value, json};

fn owner(kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": true}])
}

/// A deployment with two replica sets, three pods, what they name, and what leads to them.
fn shop() -> World {
    let mut world = World::default();
    let labels = json!({"app": "cart"});
    let spec = json!({"nodeName": "node-a", "serviceAccountName": "cart",
        "containers": [{"name": "a", "image": "x", "envFrom": [{"configMapRef": {"name": "app"}}, {"secretRef": {"name": "keys", "optional": true}}]}],
        "volumes": [{"name": "c", "configMap": {"name": "gone"}}, {"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]});
    world.add("apps", "deployments", json!({"metadata": {"name": "cart", "namespace": "shop", "labels": labels},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
        "status": {"replicas": 3, "readyReplicas": 2, "updatedReplicas": 3, "availableReplicas": 2}}));
    for (name, replicas) in [("cart-1", 3), ("cart-0", 0)] {
        world.add("apps", "replicasets", json!({"metadata": {"name": name, "namespace": "shop", "labels": labels,
            "ownerReferences": owner("Deployment", "cart", "deployments-cart")},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": spec}},
            "status": {"replicas": replicas, "readyReplicas": replicas}}));
    }
    for (name, ready) in [("cart-1-a", true), ("cart-1-b", true), ("cart-1-c", false)] {
        let state = if ready { json!({"running": {}}) } else { json!({"waiting": {"reason": "CrashLoopBackOff"}}) };
        world.add("", "pods", json!({"metadata": {"name": name, "namespace": "shop", "labels": labels,
            "ownerReferences": owner("ReplicaSet", "cart-1", "replicasets-cart-1")}, "spec": spec,
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready {"True"} else {"False"}}],
                "containerStatuses": [{"name": "a", "ready": ready, "state": state}]}}));
    }
    world.add("", "services", json!({"metadata": {"name": "cart", "namespace": "shop"}, "spec": {"selector": labels}}));
    world.add("", "services", json!({"metadata": {"name": "other", "namespace": "shop"}, "spec": {"selector": {"app": "other"}}}));
    world.add("networking.k8s.io", "ingresses", json!({"metadata": {"name": "front", "namespace": "shop"},
        "spec": {"tls": [{"secretName": "keys"}], "rules": [{"http": {"paths": [{"backend": {"service": {"name": "cart"}}}]}}]}}));
    world.add("", "configmaps", json!({"metadata": {"name": "app", "namespace": "shop"}}));
    world.add("", "serviceaccounts", json!({"metadata": {"name": "cart", "namespace": "shop"}}));
    world.add("", "nodes", json!({"metadata": {"name": "node-a"}, "spec": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}));
    world.add("", "persistentvolumeclaims", json!({"metadata": {"name": "data", "namespace": "shop"},
        "spec": {"volumeName": "pv-1", "storageClassName": "fast"}, "status": {"phase": "Bound"}}));
    world.add("autoscaling", "horizontalpodautoscalers", json!({"metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart"}}}));
    world
}

fn open(world: &mut World, object: ObjectName) -> (Detail, Shared) {
    let mut shared = shared();
    let mut detail = Detail::new(object, Tab::Relations);
    world.serve(&mut detail, &mut shared);
    (detail, shared)
}

/// What the tree says, blanks drawn together.
fn tree(detail: &mut Detail, shared: &Shared) -> Vec<String> {
    let text = drawn(detail, shared, 140, 60);
    let lines = text.lines().skip_while(|line| !line.contains("used by") && !line.contains("refers to it") && !line.contains("refer to it"));
    let squeeze = |line: &str| line.split_whitespace().filter(|word| *word != "▌").collect::<Vec<&str>>().join(" ");
    lines.map(squeeze).filter(|line| !line.is_empty() && !line.starts_with("enter ")).collect()
}

/// Puts the cursor on the first line with these words.
fn go_to(detail: &mut Detail, shared: &Shared, words: &str) {
    run(detail, shared, "move_top");
    for _ in 0..80 {
        let text = drawn(detail, shared, 140, 60);
        if text.lines().any(|line| line.starts_with('▌') && line.contains(words)) {
            return;
        }
        run(detail, shared, "move_down");
    }
    panic!("{words} is not there");
}

#[test]
fn a_deployment_and_what_hangs_on_it() {
    let mut world = shop();
    let (mut detail, mut shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    assert_eq!(
        tree(&mut detail, &shared),
        [
            "▌used by 1 horizontal pod autoscaler, 1 service",
            "▾ Owns",
            "▸ replica set cart-0 0 ready",
            "▸ replica set cart-1 3 ready",
            "▾ Refers to",
            "▸ node node-a Ready runs on",
            "▸ service account cart runs as",
            "▸ config map app environment",
            "✗ config map gone not found volume",
            "secret keys not found, optional environment",
            "▸ persistent volume claim data Bound volume",
            "▾ Used by",
            "▾ 1 horizontal pod autoscaler",
            "▸ horizontal pod autoscaler cart scales",
            "▾ 1 service",
            "▸ service cart selects",
        ]
    );
    go_to(&mut detail, &shared, "cart-1");
    run(&mut detail, &shared, "scroll_right");
    world.serve(&mut detail, &mut shared);
    let text = tree(&mut detail, &shared).join("\n");
    assert!(text.contains("✗ pod cart-1-c CrashLoopBackOff\n▸ pod cart-1-a Running\n▸ pod cart-1-b Running"), "{text}");
    let requests = run(&mut detail, &shared, "open_row");
    assert!(matches!(requests.as_slice(), [Request::Follow { .. }]), "{requests:?}");
    run(&mut detail, &shared, "scroll_left");
    assert!(!tree(&mut detail, &shared).join("\n").contains("cart-1-c"));
}

#[test]
fn a_pod_knows_its_owners_up_to_the_root() {
    let mut world = shop();
    let (mut detail, shared) = open(&mut world, named("", "pods", "shop", "cart-1-c"));
    let text = tree(&mut detail, &shared).join("\n");
    assert!(text.contains("▾ Owners\nreplica set cart-1 3 ready controls it\n▲ deployment cart 2/3 ready\n▾ Refers to"), "{text}");
}

#[test]
fn who_uses_it_is_said_before_it_is_deleted() {
    let mut world = shop();
    world.denied.push(("batch", "jobs"));
    let (mut detail, shared) = open(&mut world, named("", "configmaps", "shop", "app"));
    let text = tree(&mut detail, &shared);
    assert_eq!(text[0], "▌used by 3 pods, 1 deployment, 2 replica sets; not known: jobs");
    let text = text.join("\n");
    assert!(text.contains("▾ 3 pods 1 of them unhealthy\n▸ ✗ pod cart-1-c CrashLoopBackOff environment"), "{text}");
    assert!(text.contains("jobs: forbidden"), "{text}");
    let (mut detail, shared) = open(&mut shop(), named("", "secrets", "shop", "nobody"));
    assert_eq!(tree(&mut detail, &shared), Vec::<String>::new(), "what is not there has no relations");
    let mut world = shop();
    world.add("", "secrets", json!({"metadata": {"name": "keys", "namespace": "shop"}}));
    let (mut detail, shared) = open(&mut world, named("", "secrets", "shop", "keys"));
    assert!(tree(&mut detail, &shared)[0].contains("1 ingress"));
    world.add("", "configmaps", json!({"metadata": {"name": "unused", "namespace": "shop"}}));
    let (mut detail, shared) = open(&mut world, named("", "configmaps", "shop", "unused"));
    assert_eq!(tree(&mut detail, &shared), ["▌nothing here refers to it", "▾ Used by", "nothing"]);
}

#[test]
fn nodes_ask_for_their_own_pods_alone() {
    let mut world = shop();
    let (mut detail, shared) = open(&mut world, named("", "nodes", "", "node-a"));
    assert_eq!(tree(&mut detail, &shared)[0], "▌used by 3 pods, 1 deployment, 2 replica sets");
    assert!(world.asked.iter().any(|list| list.fields.as_str() == "spec.nodeName=node-a"));
}

#[test]
fn users_that_were_not_looked_for_everywhere_are_said() {
    let mut world = shop();
    world.add("storage.k8s.io", "storageclasses", json!({"metadata": {"name": "fast"}, "provisioner": "disk"}));
    let (mut detail, shared) = open(&mut world, named("storage.k8s.io", "storageclasses", "", "fast"));
    let text = tree(&mut detail, &shared).join("\n");
    assert!(text.starts_with("▌used by 1 persistent volume claim"), "{text}");
    assert!(text.contains("Used by of pods and what makes them, those in the namespaces in use"), "{text}");
    assert!(text.contains("not served here"), "{text}");
}

#[test]
fn data_of_secrets_and_config_maps_is_never_asked_for() {
    let mut world = shop();
    let (mut detail, mut shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    for _ in 0..4 {
        run(&mut detail, &shared, "unfold_all");
        world.serve(&mut detail, &mut shared);
    }
    let secret = [ResourceName::new("", "secrets"), ResourceName::new("", "configmaps")];
    for list in world.asked.iter().filter(|list| secret.contains(&list.resource)) {
        assert_ne!(list.shape, crate::want::Shape::Whole, "{list:?}");
    }
}

#[test]
fn a_custom_resource_looks_for_what_it_owns_when_it_is_asked() {
    let mut world = shop();
    world.add("shop.example.dev", "websites", json!({"metadata": {"name": "w", "namespace": "shop"}}));
    world.add("", "services", json!({"metadata": {"name": "w", "namespace": "shop",
        "ownerReferences": [{"apiVersion": "shop.example.dev/v1", "kind": "Website", "name": "w", "uid": "websites-w", "controller": true}]}}));
    let (mut detail, mut shared) = open(&mut world, named("shop.example.dev", "websites", "shop", "w"));
    assert_eq!(tree(&mut detail, &shared), ["▌no kind is known to refer to it", "▸ Owns unfold to look for it"]);
    assert!(world.asked.iter().all(|list| list.resource.resource != "statefulsets"));
    go_to(&mut detail, &shared, "Owns");
    run(&mut detail, &shared, "open_row");
    world.serve(&mut detail, &mut shared);
    assert!(tree(&mut detail, &shared).contains(&"▸ service w".to_owned()));
}

#[test]
fn every_size_and_hostile_names() {
    let mut world = shop();
    let evil = "a\u{1b}[2J\u{202e}b\u{7}";
    world.add("", "services", json!({"metadata": {"name": evil, "namespace": "shop"}, "spec": {"selector": {"app": "cart"}}}));
    let (mut detail, mut shared) = open(&mut world, named("", "pods", "shop", "cart-1-a"));
    let text = drawn(&mut detail, &shared, 120, 40);
    assert!(text.contains("2 services"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    let text = every_size(&mut detail, &mut shared);
    assert!(text.contains("used by"), "{text}");
}
