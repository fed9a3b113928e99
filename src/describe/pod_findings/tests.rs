//! Broken pods as a real server writes them, and what is said of each.

use crate::describe::testing::World;
use serde_json::{Value, json};

/// A pod with one container in this state, as a kubelet reports it.
fn pod(container: Value, status: Value) -> Value {
    let mut container = container;
    container["name"] = json!("app");
    if container["image"].is_null() {
        container["image"] = json!("shop/cart:2");
    }
    let mut status = status;
    status["name"] = json!("app");
    json!({"metadata": {"name": "cart-x", "namespace": "shop", "uid": "u"},
        "spec": {"nodeName": "node-a", "restartPolicy": "Always", "containers": [container]},
        "status": {"phase": "Running", "startTime": "2024-05-01T09:00:00Z", "containerStatuses": [status],
            "conditions": [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}]}})
}

fn event(reason: &str, message: &str) -> Value {
    json!({"type": "Warning", "reason": reason, "message": message, "count": 12,
        "involvedObject": {"kind": "Pod", "name": "cart-x", "fieldPath": "spec.containers{app}"},
        "firstTimestamp": "2024-05-01T09:30:00Z", "lastTimestamp": "2024-05-01T09:59:30Z"})
}

fn crash(code: i64, reason: &str, message: &str) -> Value {
    json!({"restartCount": 7, "ready": false,
        "state": {"waiting": {"reason": "CrashLoopBackOff",
            "message": "back-off 5m0s restarting failed container=app pod=cart-x_shop(u)"}},
        "lastState": {"terminated": {"exitCode": code, "reason": reason, "message": message,
            "startedAt": "2024-05-01T09:57:48Z", "finishedAt": "2024-05-01T09:58:00Z"}}})
}

fn waiting(reason: &str, message: &str) -> Value {
    json!({"restartCount": 0, "ready": false, "state": {"waiting": {"reason": reason, "message": message}}})
}

fn running() -> Value {
    json!({"restartCount": 0, "ready": false, "state": {"running": {"startedAt": "2024-05-01T09:30:00Z"}}})
}

fn unscheduled(spec: Value, message: &str) -> Value {
    let mut spec = spec;
    spec["schedulerName"] = json!("default-scheduler");
    json!({"metadata": {"name": "cart-x", "namespace": "shop", "uid": "u"}, "spec": spec,
        "status": {"phase": "Pending", "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]}})
}

#[test]
fn containers_that_fail_say_why() {
    let limited = json!({"resources": {"limits": {"memory": "64Mi"}}});
    let probed = json!({"readinessProbe": {"tcpSocket": {"port": 80}, "timeoutSeconds": 1, "periodSeconds": 10,
        "successThreshold": 1, "failureThreshold": 3}});
    let live = json!({"livenessProbe": {"tcpSocket": {"port": 80}, "timeoutSeconds": 1, "periodSeconds": 10,
        "successThreshold": 1, "failureThreshold": 3}});
    let table: Vec<(Value, Vec<Value>, &str)> = vec![
        (
            pod(json!({}), crash(1, "Error", "starting\nno database\n")),
            vec![],
            "Container app crashes again and again: exit code 1, 12s after its start; restarted 7 times, it last ended 2m ago; the \
             next try waits up to 5m0s; it said: no database → Read the log of its last run (logs, previous)",
        ),
        (
            pod(json!({}), crash(0, "Completed", "")),
            vec![],
            "Container app ends by itself without an error, 12s after its start, and is started again; restarted 7 times, it last \
             ended 2m ago; the next try waits up to 5m0s → Give it a command that keeps running; what ends by itself belongs into a Job",
        ),
        (
            pod(json!({}), crash(127, "Error", "")),
            vec![],
            "Container app crashes again and again: exit code 127 (the command was not found), 12s after its start; restarted 7 \
             times, it last ended 2m ago; the next try waits up to 5m0s → Correct its command: it is not in the image or cannot be executed",
        ),
        (
            pod(limited, crash(137, "OOMKilled", "")),
            vec![],
            "Container app was killed because it used more memory than its limit of 64Mi (OOMKilled); restarted 7 times, it last ended \
             2m ago → Raise its memory limit, or find in its log and metrics what takes the memory",
        ),
        (
            pod(live, crash(137, "Error", "")),
            vec![event(
                "Unhealthy",
                "Liveness probe failed: dial tcp 10.0.0.1:80: connect: connection refused",
            )],
            "Container app is killed again and again because its probe fails: Liveness probe failed: dial tcp 10.0.0.1:80: connect: \
             connection refused; restarted 7 times, it last ended 2m ago; the next try waits up to 5m0s → See why the program does not \
             answer in time, or make the probe more patient: tcp-socket :80 delay=0s timeout=1s period=10s #success=1 #failure=3",
        ),
        (
            pod(probed.clone(), running()),
            vec![event(
                "Unhealthy",
                "Readiness probe failed: HTTP probe failed with statuscode: 503",
            )],
            "Container app runs but is not ready: its readiness probe fails: HTTP probe failed with statuscode: 503 (12 times, last 30s \
             ago) → See why the program does not answer in time, or make the probe more patient: tcp-socket :80 delay=0s timeout=1s \
             period=10s #success=1 #failure=3",
        ),
        (
            pod(probed, running()),
            vec![],
            "Container app has run for 30m but is not ready yet → It waits for its readiness probe: tcp-socket :80 delay=0s timeout=1s \
             period=10s #success=1 #failure=3",
        ),
        (
            pod(
                json!({}),
                waiting("CreateContainerConfigError", "configmap \"conf\" not found"),
            ),
            vec![],
            "Container app cannot be made: there is no config map conf in its namespace → Create the config map conf, or correct its \
             name in the pod; the pod goes on by itself then",
        ),
        (
            pod(
                json!({}),
                waiting("CreateContainerConfigError", "couldn't find key pw in Secret shop/sec"),
            ),
            vec![],
            "Container app cannot be made: the secret sec has no key pw → Add the key pw to the secret sec, or correct the key in the pod",
        ),
        (
            pod(json!({}), waiting("ContainerCreating", "")),
            vec![event(
                "FailedMount",
                "MountVolume.SetUp failed for volume \"keys\" : secret \"sec\" not found",
            )],
            "The pod waits for its volume keys: there is no secret sec in its namespace → Create the secret sec, or correct its name in \
             the pod; the pod goes on by itself then",
        ),
    ];
    for (pod, events, expected) in table {
        let world = events.into_iter().fold(World::default(), World::event);
        assert_eq!(world.worst("", "Pod", &pod), expected);
    }
}

#[test]
fn images_that_cannot_be_had_say_why() {
    let table = [
        (
            "ErrImagePull",
            "rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/shop/cart:2\": not found",
            "does not exist in its registry",
        ),
        (
            "ErrImagePull",
            "rpc error: code = Unknown desc = Error response from daemon: pull access denied for shop/cart, repository does not exist or may require 'docker login': denied",
            "does not exist, or may not be pulled without signing in",
        ),
        (
            "ErrImagePull",
            "failed to resolve reference: failed to authorize: failed to fetch oauth token: unexpected status: 401 Unauthorized",
            "may not be pulled: the registry refuses (unexpected status: 401 Unauthorized)",
        ),
        (
            "ErrImagePull",
            "failed to do request: Head \"https://r/v2\": dial tcp: lookup r: no such host",
            "cannot be pulled: its registry is not reached from the node (lookup r: no such host)",
        ),
        (
            "InvalidImageName",
            "Failed to apply default image tag",
            "is no valid image name",
        ),
        (
            "ErrImageNeverPull",
            "Container image is not present with pull policy of Never",
            "is not on the node, and the pull policy Never forbids to fetch it",
        ),
    ];
    for (reason, message, expected) in table {
        let worst = World::default().worst("", "Pod", &pod(json!({}), waiting(reason, message)));
        assert!(
            worst.starts_with(&format!("Container app has no image: shop/cart:2 {expected} → ")),
            "{worst}"
        );
    }
    // While the node backs off, the cause stands in the event of the pull before.
    let world = World::default().event(event(
        "Failed",
        "Failed to pull image \"shop/cart:2\": manifest unknown",
    ));
    let worst = world.worst(
        "",
        "Pod",
        &pod(
            json!({}),
            waiting("ImagePullBackOff", "Back-off pulling image \"shop/cart:2\""),
        ),
    );
    assert!(worst.contains("does not exist in its registry"), "{worst}");
}

#[test]
fn pods_without_a_node_say_why() {
    let asks = json!({"containers": [{"name": "app", "resources": {"requests": {"cpu": "4"}}}]});
    let selects = json!({"nodeSelector": {"disk": "ssd"}, "containers": []});
    let claims = json!({"containers": [], "volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]});
    let claim = json!({"metadata": {"name": "data", "namespace": "shop"},
        "spec": {"resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Pending"}});
    let table = [
        (
            World::default(),
            unscheduled(asks, "0/3 nodes are available: 3 Insufficient cpu."),
            "No node takes the pod: 3 of 3 nodes with too little free CPU → Ask for less CPU (it asks for 4), free some on the nodes, or add a node",
        ),
        (
            World::default(),
            unscheduled(
                json!({}),
                "0/2 nodes are available: 2 node(s) had taint {dedicated: gpu}, that the pod didn't tolerate.",
            ),
            "No node takes the pod: 2 of 2 nodes with the taint dedicated=gpu, which the pod does not tolerate → Give the pod a \
             toleration for dedicated=gpu, or take the taint from a node",
        ),
        (
            World::default(),
            unscheduled(
                selects,
                "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
            ),
            "No node takes the pod: 2 of 2 nodes without the labels that the pod asks for (node selector or affinity) → Give a node the \
             labels disk=ssd, or correct the pod's node selector",
        ),
        (
            World::default().with("", "persistentvolumeclaims", claim),
            unscheduled(
                claims.clone(),
                "0/1 nodes are available: 1 pod has unbound immediate PersistentVolumeClaims.",
            ),
            "The pod waits for a volume: its claim data is not bound: it names no storage class, there is no default one, and no volume \
             of 1Gi without a class is free → Create a fitting volume, make a storage class the default, or name one in a new claim",
        ),
        (
            World::default(),
            unscheduled(claims, "persistentvolumeclaim \"data\" not found"),
            "The pod waits for a volume: there is no claim data → Create the claim data, or correct its name in the pod",
        ),
    ];
    for (world, pod, expected) in table {
        assert_eq!(world.worst("", "Pod", &pod), expected);
    }
}

#[test]
fn pods_that_do_not_end_say_why() {
    let mut held = pod(json!({}), running());
    held["metadata"]["deletionTimestamp"] = json!("2024-05-01T09:50:00Z");
    held["metadata"]["finalizers"] = json!(["example.com/wait"]);
    let node = |status: &str| {
        json!({"metadata": {"name": "node-a"}, "status": {"conditions": [
            {"type": "Ready", "status": status, "lastTransitionTime": "2024-05-01T09:40:00Z"}]}})
    };
    let with = |status: &str| World::default().with("", "nodes", node(status));
    assert_eq!(
        with("True").worst("", "Pod", &held),
        "The pod should be gone since 10m, but is kept by the finalizer example.com/wait → Whatever set the finalizer must take it away: \
         see that controller's log; by hand only if it is gone for good"
    );
    assert_eq!(
        with("Unknown").worst("", "Pod", &held),
        "The pod should be gone since 10m, but its node node-a does not answer since 20m: nobody can confirm the pod's end → Bring the \
         node back; delete the pod by force only if the node is surely off"
    );
    assert!(
        World::default()
            .worst("", "Pod", &held)
            .contains("its node node-a does not exist any more")
    );
    held["metadata"]["deletionTimestamp"] = json!("2024-05-01T10:00:20Z");
    assert_eq!(
        with("True").worst("", "Pod", &held),
        "The pod is ending (20s left): app still runs → "
    );
    assert_eq!(
        with("True").worst("", "Pod", &pod(json!({}), json!({"ready": true, "state": {}}))),
        ""
    );
}

#[test]
fn wrong_types_break_nothing() {
    let strange = [
        json!(null),
        json!([]),
        json!("x"),
        json!({"status": {"containerStatuses": [3, {"state": {"waiting": 1}}]}}),
        json!({"metadata": {"deletionTimestamp": "0000"}, "spec": {"containers": {}, "volumes": [[]]}, "status": {"phase": 3}}),
        json!({"spec": {"containers": [{"env": [{"valueFrom": {"fieldRef": 7}}], "ports": [{"containerPort": "x"}]}]}}),
    ];
    for object in strange {
        for (group, kind) in [
            ("", "Pod"),
            ("apps", "Deployment"),
            ("apps", "ReplicaSet"),
            ("apps", "StatefulSet"),
            ("apps", "DaemonSet"),
            ("batch", "Job"),
            ("batch", "CronJob"),
            ("", "ReplicationController"),
        ] {
            let text = World::default().describe(group, kind, &object);
            assert!(text.starts_with("Name:"), "{text}");
            World::default().findings(group, kind, &object);
        }
    }
}
