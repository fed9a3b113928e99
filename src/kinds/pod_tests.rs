//! Pods: every step of the status rule, one line each.

use super::super::testing::{cell, check, link, row, survives_wrong_types};
use super::*;

/// Builds a pod from `spec` and `status` members.
fn pod(meta: &str, spec: &str, status: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"cart-1","namespace":"shop","creationTimestamp":"@7200"{meta}}},"spec":{{{spec}}},"status":{{{status}}}}}"#
    )
}

const ONE: &str = r#""containers":[{"name":"a","image":"a:1"}]"#;
const TWO: &str = r#""containers":[{"name":"a","image":"a:1"},{"name":"b","image":"b:1"}]"#;

#[test]
fn status_ready_and_restarts() {
    use Health::{Bad, Done, Good, Progress, Unknown, Warn};
    let up = |name: &str| format!(r#"{{"name":"{name}","ready":true,"started":true,"state":{{"running":{{}}}}}}"#);
    let ended = |name: &str, inner: &str| format!(r#"{{"name":"{name}","state":{{"terminated":{{{inner}}}}}}}"#);
    let waits =
        |name: &str, reason: &str| format!(r#"{{"name":"{name}","state":{{"waiting":{{"reason":"{reason}"}}}}}}"#);
    let is = |phase: &str, rest: &str| format!(r#""phase":"{phase}"{rest}"#);
    let run = |statuses: &str| is("Running", &format!(r#","containerStatuses":[{statuses}]"#));
    let init_spec =
        format!(r#""initContainers":[{{"name":"i"}},{{"name":"s","restartPolicy":"Always"}},{{"name":"j"}}],{ONE}"#);
    let init = |statuses: &str| {
        is(
            "Pending",
            &format!(
                r#","initContainerStatuses":[{statuses}],"containerStatuses":[{}]"#,
                waits("a", "PodInitializing")
            ),
        )
    };
    let deleting = r#","deletionTimestamp":"@5""#;
    let table: Vec<(&str, &str, String, &str, Health)> = vec![
        // Step 1: phase, reason, gates.
        (
            "",
            ONE,
            is("Pending", ""),
            "READY=0/1; STATUS=Pending; RESTARTS=0; AGE=120m",
            Progress,
        ),
        (
            "",
            ONE,
            is(
                "Pending",
                r#","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]"#,
            ),
            "STATUS=Pending",
            Warn,
        ),
        (
            "",
            ONE,
            is(
                "Pending",
                r#","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]"#,
            ),
            "STATUS=SchedulingGated",
            Progress,
        ),
        (
            "",
            ONE,
            is("Failed", r#","reason":"Evicted""#),
            "READY=0/1; STATUS=Evicted",
            Bad,
        ),
        (
            "",
            ONE,
            is("Failed", r#","reason":"NodeAffinity""#),
            "STATUS=NodeAffinity",
            Bad,
        ),
        ("", ONE, is("Unknown", ""), "STATUS=Unknown", Unknown),
        ("", ONE, String::new(), "READY=0/1; STATUS=", Unknown),
        // Step 2: sidecars count, other init containers do not.
        ("", &init_spec, run(&up("a")), "READY=1/2; STATUS=Running", Progress),
        // Step 3: init containers.
        (
            "",
            &init_spec,
            init(&waits("i", "PodInitializing")),
            "READY=0/2; STATUS=Init:0/3",
            Progress,
        ),
        (
            "",
            &init_spec,
            init(r#"{"name":"i","state":{"running":{}}}"#),
            "STATUS=Init:0/3",
            Progress,
        ),
        (
            "",
            &init_spec,
            init(&waits("i", "ImagePullBackOff")),
            "STATUS=Init:ImagePullBackOff",
            Bad,
        ),
        (
            "",
            &init_spec,
            init(&waits("i", "CrashLoopBackOff")),
            "STATUS=Init:CrashLoopBackOff",
            Bad,
        ),
        (
            "",
            &init_spec,
            init(&ended("i", r#""exitCode":3,"reason":"Error""#)),
            "STATUS=Init:Error",
            Bad,
        ),
        (
            "",
            &init_spec,
            init(&ended("i", r#""exitCode":3"#)),
            "STATUS=Init:ExitCode:3",
            Bad,
        ),
        (
            "",
            &init_spec,
            init(&ended("i", r#""exitCode":137,"signal":9"#)),
            "STATUS=Init:Signal:9",
            Bad,
        ),
        (
            "",
            &init_spec,
            init(&format!("{},{}", ended("i", r#""exitCode":0"#), waits("s", ""))),
            "READY=0/2; STATUS=Init:1/3",
            Progress,
        ),
        (
            "",
            &init_spec,
            init(&format!(
                "{},{},{}",
                ended("i", r#""exitCode":0"#),
                up("s"),
                waits("j", "")
            )),
            "READY=1/2; STATUS=Init:2/3",
            Progress,
        ),
        // A sidecar that has not started holds the others up; one that crashes says so.
        (
            "",
            &init_spec,
            init(&format!(
                r#"{},{{"name":"s","started":false,"state":{{"running":{{}}}}}}"#,
                ended("i", r#""exitCode":0"#)
            )),
            "STATUS=Init:1/3",
            Progress,
        ),
        (
            "",
            &init_spec,
            init(&format!(
                "{},{}",
                ended("i", r#""exitCode":0"#),
                ended("s", r#""exitCode":1,"reason":"Error""#)
            )),
            "STATUS=Init:Error",
            Bad,
        ),
        // Restarts of init containers count while initialising.
        (
            "",
            &init_spec,
            init(
                r#"{"name":"i","restartCount":4,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":1,"finishedAt":"@120"}}}"#,
            ),
            "RESTARTS=4 (2m ago)",
            Bad,
        ),
        // ... and drop out afterwards, but for the sidecars'.
        (
            "",
            &init_spec,
            is(
                "Running",
                r#","initContainerStatuses":[
            {"name":"i","restartCount":4,"state":{"terminated":{"exitCode":0}},"lastState":{"terminated":{"finishedAt":"@60"}}},
            {"name":"s","restartCount":2,"ready":true,"started":true,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"@600"}}}],
            "containerStatuses":[{"name":"a","restartCount":1,"ready":true,"state":{"running":{}}}]"#,
            ),
            "READY=2/2; STATUS=Running; RESTARTS=3 (10m ago)",
            Good,
        ),
        // Initialized, though an init container looks as if it were not (it is run again after a sandbox change).
        (
            "",
            &init_spec,
            is(
                "Running",
                &format!(
                    r#","conditions":[{{"type":"Initialized","status":"True"}}],"initContainerStatuses":[{}],"containerStatuses":[{}]"#,
                    waits("i", ""),
                    waits("a", "ContainerCreating")
                ),
            ),
            "STATUS=ContainerCreating",
            Progress,
        ),
        // Step 4: containers from last to first.
        (
            "",
            TWO,
            run(&format!("{},{}", up("a"), up("b"))),
            "READY=2/2; STATUS=Running; RESTARTS=0",
            Good,
        ),
        (
            "",
            TWO,
            run(&format!("{},{}", up("a"), waits("b", "CrashLoopBackOff"))),
            "READY=1/2; STATUS=CrashLoopBackOff",
            Bad,
        ),
        (
            "",
            TWO,
            run(&format!(
                "{},{}",
                waits("a", "ErrImagePull"),
                waits("b", "CrashLoopBackOff")
            )),
            "STATUS=ErrImagePull",
            Bad,
        ),
        (
            "",
            ONE,
            run(&waits("a", "ContainerCreating")),
            "STATUS=ContainerCreating",
            Progress,
        ),
        (
            "",
            ONE,
            run(&waits("a", "CreateContainerConfigError")),
            "STATUS=CreateContainerConfigError",
            Bad,
        ),
        (
            "",
            ONE,
            run(&ended("a", r#""exitCode":137,"reason":"OOMKilled""#)),
            "STATUS=OOMKilled",
            Bad,
        ),
        ("", ONE, run(&ended("a", r#""exitCode":2"#)), "STATUS=ExitCode:2", Bad),
        (
            "",
            ONE,
            run(&ended("a", r#""exitCode":139,"signal":11"#)),
            "STATUS=Signal:11",
            Bad,
        ),
        (
            "",
            ONE,
            run(
                r#"{"name":"a","restartCount":17,"ready":true,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"@300"}}}"#,
            ),
            "RESTARTS=17 (5m ago)",
            Good,
        ),
        (
            "",
            ONE,
            run(r#"{"name":"a","restartCount":17,"ready":true,"state":{"running":{}}}"#),
            "RESTARTS=17",
            Good,
        ),
        (
            "",
            ONE,
            is(
                "Succeeded",
                &format!(
                    r#","containerStatuses":[{}]"#,
                    ended("a", r#""exitCode":0,"reason":"Completed""#)
                ),
            ),
            "READY=0/1; STATUS=Completed",
            Done,
        ),
        (
            "",
            ONE,
            is(
                "Failed",
                &format!(
                    r#","containerStatuses":[{}]"#,
                    ended("a", r#""exitCode":1,"reason":"Error""#)
                ),
            ),
            "STATUS=Error",
            Bad,
        ),
        // Completed, with one still running.
        (
            "",
            TWO,
            format!(
                r#"{},"conditions":[{{"type":"Ready","status":"True"}}]"#,
                run(&format!(
                    "{},{}",
                    ended("a", r#""exitCode":0,"reason":"Completed""#),
                    up("b")
                ))
            ),
            "READY=1/2; STATUS=Running",
            Warn,
        ),
        (
            "",
            TWO,
            run(&format!(
                "{},{}",
                ended("a", r#""exitCode":0,"reason":"Completed""#),
                up("b")
            )),
            "READY=1/2; STATUS=NotReady",
            Warn,
        ),
        // Not ready: a startup probe that still runs is no fault, a readiness probe that fails is.
        (
            "",
            ONE,
            run(r#"{"name":"a","ready":false,"started":false,"state":{"running":{}}}"#),
            "READY=0/1; STATUS=Running",
            Progress,
        ),
        (
            "",
            ONE,
            run(r#"{"name":"a","ready":false,"started":true,"state":{"running":{}}}"#),
            "READY=0/1; STATUS=Running",
            Warn,
        ),
        (
            "",
            ONE,
            run(r#"{"name":"a","ready":false,"started":false,"restartCount":2,"state":{"running":{}}}"#),
            "STATUS=Running",
            Warn,
        ),
        (
            "",
            ONE,
            is("Running", r#","reason":"NodeLost""#),
            "STATUS=NodeLost",
            Unknown,
        ),
        // Step 5: deletion.
        (deleting, ONE, run(&up("a")), "READY=1/1; STATUS=Terminating", Progress),
        (
            deleting,
            ONE,
            is("Running", r#","reason":"NodeLost""#),
            "STATUS=Unknown",
            Unknown,
        ),
        (
            deleting,
            ONE,
            is(
                "Succeeded",
                &format!(
                    r#","containerStatuses":[{}]"#,
                    ended("a", r#""exitCode":0,"reason":"Completed""#)
                ),
            ),
            "STATUS=Completed",
            Done,
        ),
        (deleting, ONE, is("Failed", ""), "STATUS=Failed", Bad),
    ];
    for (meta, spec, status, cells, health) in table {
        check(&POD, &pod(meta, spec, &status), cells, health);
    }
}

#[test]
fn wide_and_extra_cells() {
    let json = r#"{"metadata":{"name":"cart-1","namespace":"shop","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"cart","uid":"u","controller":true}]},
        "spec":{"nodeName":"node-a","serviceAccountName":"cart","priority":0,"readinessGates":[{"conditionType":"x/y"},{"conditionType":"x/z"}],
          "volumes":[{"name":"v","emptyDir":{}},{"name":"data","persistentVolumeClaim":{"claimName":"data-0"}}],
          "containers":[{"name":"a","image":"a:1","ports":[{"containerPort":80},{"containerPort":53,"protocol":"UDP"}]},{"name":"b","image":"b:2"}]},
        "status":{"phase":"Running","podIP":"10.0.0.9","podIPs":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"nominatedNodeName":"node-b","qosClass":"Guaranteed",
          "conditions":[{"type":"x/y","status":"True"},{"type":"x/z","status":"False"}],
          "containerStatuses":[{"name":"a","ready":true,"state":{"running":{}}},{"name":"b","ready":true,"state":{"running":{}}}]}}"#;
    check(
        &POD,
        json,
        "IP=10.0.0.1; NODE=node-a; NOMINATED NODE=node-b; READINESS GATES=1/2; QOS=Guaranteed; OWNER=ReplicaSet/cart; IMAGES=a:1,b:2; PORTS=80/TCP,53/UDP; SERVICE ACCOUNT=cart; PRIORITY=0",
        Health::Warn,
    );
    let pod = row(&POD, json);
    assert_eq!(link(&POD, &pod, "containers"), "containers shop cart-1");
    assert_eq!(link(&POD, &pod, "node"), "nodes [] [] [metadata.name=node-a]");
    assert_eq!(
        link(&POD, &pod, "claim"),
        "persistentvolumeclaims [shop] [] [metadata.name=data-0]"
    );
    assert_eq!(
        link(&POD, &pod, "service account"),
        "serviceaccounts [shop] [] [metadata.name=cart]"
    );
    let bare = r#"{"spec":{},"status":{"phase":"Pending"}}"#;
    check(
        &POD,
        bare,
        "IP=<none>; NODE=<none>; NOMINATED NODE=<none>; READINESS GATES=<none>; QOS=BestEffort; OWNER=; IMAGES=; PORTS=<none>; SERVICE ACCOUNT=<none>; PRIORITY=; AGE=<unknown>",
        Health::Progress,
    );
    let bare = row(&POD, bare);
    for name in ["node", "claim", "service account"] {
        assert_eq!(link(&POD, &bare, name), "none");
    }
    check(
        &POD,
        r#"{"status":{"phase":"Running","podIP":"10.0.0.9"}}"#,
        "IP=10.0.0.9",
        Health::Good,
    );
    survives_wrong_types(&POD, json);
}

#[test]
fn the_claim_of_an_ephemeral_volume_is_called_after_pod_and_volume() {
    let pod = row(
        &POD,
        r#"{"spec":{"volumes":[{"name":"tmp","ephemeral":{"volumeClaimTemplate":{}}}]}}"#,
    );
    assert_eq!(
        link(&POD, &pod, "claim"),
        "persistentvolumeclaims [shop] [] [metadata.name=it-tmp]"
    );
}

#[test]
fn quality_of_service_is_computed_when_the_status_does_not_say_it() {
    let table = [
        (r#"{}"#, "BestEffort"),
        (r#"{"requests":{"cpu":"0"}}"#, "BestEffort"),
        (r#"{"requests":{"cpu":"1"}}"#, "Burstable"),
        (r#"{"limits":{"cpu":"1"}}"#, "Burstable"),
        (r#"{"limits":{"cpu":"1","memory":"1Gi"}}"#, "Guaranteed"),
        (
            r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}}"#,
            "Guaranteed",
        ),
        (
            r#"{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m"}}"#,
            "Burstable",
        ),
    ];
    for (resources, expected) in table {
        let json = format!(r#"{{"spec":{{"containers":[{{"name":"a","resources":{resources}}}]}}}}"#);
        assert_eq!(
            cell(&POD, &row(&POD, &json), "QOS").value.text(0),
            expected,
            "{resources}"
        );
    }
}

#[test]
fn state_is_coloured_and_never_by_colour_alone() {
    let crash = row(
        &POD,
        r#"{"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Running","containerStatuses":[{"name":"a","restartCount":1,
        "state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"finishedAt":"@9"}}}]}}"#,
    );
    assert_eq!(cell(&POD, &crash, "STATUS").role, Role::Error);
    assert_eq!(cell(&POD, &crash, "READY").role, Role::Error);
    assert_eq!(cell(&POD, &crash, "RESTARTS").role, Role::Warn);
}

#[test]
fn hostile_text_is_cleaned() {
    let pod = row(
        &POD,
        r#"{"spec":{"nodeName":"a\u001b]0;x\u0007b\nc"},"status":{"phase":"\u001b[31mRunning"}}"#,
    );
    for header in ["NODE", "STATUS"] {
        let text = cell(&POD, &pod, header).value.text(0);
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// 100,000 pods must fit into 150 MiB: a row's own heap (what is not shared with other rows) is counted here.
#[test]
fn a_row_is_small() {
    assert!(size_of::<Cell>() <= 32, "{}", size_of::<Cell>());
    assert!(size_of::<Row>() <= 168, "{}", size_of::<Row>());
    let json = |number: u32| {
        format!(
            r#"{{"metadata":{{"name":"checkout-5c8b9d6f7-{number:05}","namespace":"shop","uid":"11111111-2222-3333-4444-{number:012}","resourceVersion":"1{number}",
            "labels":{{"app":"checkout","pod-template-hash":"5c8b9d6f7"}},"creationTimestamp":"2026-01-01T00:00:00Z",
            "ownerReferences":[{{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"checkout-5c8b9d6f7","uid":"21111111-2222-3333-4444-555555555555","controller":true}}]}},
            "spec":{{"nodeName":"node-a","serviceAccountName":"checkout","containers":[{{"name":"a","image":"registry.example/checkout:1.2.3","ports":[{{"containerPort":80}}]}}]}},
            "status":{{"phase":"Running","podIP":"10.1.{}.{}","qosClass":"Burstable"}}}}"#,
            number / 250,
            number % 250
        )
    };
    let Codec::Slim(decode) = POD.codec else { panic!() };
    let mut scratch = Scratch::new();
    let rows: Vec<Row> = (0..1000)
        .map(|n| decode(json(n).as_bytes(), &mut scratch).unwrap())
        .collect();
    let shared = |text: &Clean| text.references() > 2;
    let heap = |row: &Row| {
        let own = |text: &Clean| if shared(text) { 0 } else { 16 + text.len() };
        let mut bytes = own(&row.name) + own(&row.namespace);
        bytes += std::mem::size_of_val(&*row.cells) + std::mem::size_of_val(&*row.facts);
        for cell in &row.cells {
            if let Value::Text(text) | Value::Quantity(text) = &cell.value {
                bytes += own(text);
            }
        }
        bytes
    };
    let most = rows.iter().map(heap).max().unwrap();
    assert!(most + size_of::<Row>() <= 700, "{most} and {}", size_of::<Row>());
    assert_eq!(scratch.kept(), (1, 1), "labels and owner are shared");
}
