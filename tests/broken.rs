//! Fifteen broken states on a real cluster explain themselves: cause and next step stand in the first five lines below the
//! title of the detail, whichever tab is open. The program itself is run (`portolan snapshot`), as a person would: the list
//! of the kind, the object, `d`.
//!
//! The cluster is named by `PORTOLAN_TEST_KUBECONFIG`; without it this test says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it is skipped"
)]

mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use support::World;
use support::world::LABEL;

/// How long a state may take to be what it is: a back-off, a second restart, a deadline.
const PATIENCE: Duration = Duration::from_secs(150);

/// A broken state: its name, the kind and the object that are opened, and words that its head must hold, in this order.
struct State {
    name: &'static str,
    kind: &'static str,
    object: &'static str,
    says: &'static [&'static str],
}

#[rustfmt::skip]
const STATES: &[State] = &[
    State { name: "crash loop", kind: "pods", object: "crash", says: &["exit code 3", "log"] },
    State { name: "out of memory", kind: "pods", object: "hungry", says: &["memory", "limit"] },
    State { name: "failing probe", kind: "pods", object: "probed", says: &["probe"] },
    State { name: "image not found", kind: "pods", object: "no-image", says: &["image", "registry.invalid/nosuch:1"] },
    State { name: "image not allowed", kind: "pods", object: "never-pulled", says: &["image", "never"] },
    State { name: "too little CPU", kind: "pods", object: "greedy", says: &["too little free cpu", "ask for less"] },
    State { name: "a taint", kind: "pods", object: "unwelcome", says: &["taint", "toleration"] },
    State { name: "a node selector", kind: "pods", object: "choosy", says: &["selector"] },
    State { name: "quota exceeded", kind: "deployments", object: "over-quota", says: &["quota"] },
    State { name: "unbound claim", kind: "pods", object: "claiming", says: &["claim", "nowhere"] },
    State { name: "missing config map", kind: "pods", object: "unconfigured", says: &["config map", "nothing-here"] },
    State { name: "stuck terminating", kind: "pods", object: "held", says: &["finalizer", "example.com/hold"] },
    State { name: "failed rollout", kind: "deployments", object: "stalled", says: &["rollout", "image"] },
    State { name: "service without endpoints", kind: "services", object: "lonely", says: &["nothing stands behind", "app=nobody", "selector"] },
    State { name: "job over its back-off limit", kind: "jobs", object: "hopeless", says: &["back-off limit", "log"] },
];

/// What makes the states. SPACE is the namespace, RUN the label's value. The quota is in a namespace of its own.
const MANIFESTS: &str = r#"
apiVersion: v1
kind: Namespace
metadata: {name: SPACE, labels: {LABEL: RUN}}
---
apiVersion: v1
kind: Namespace
metadata: {name: SPACE-quota, labels: {LABEL: RUN}}
---
apiVersion: v1
kind: Node
metadata: {name: SPACE-node, labels: {LABEL: RUN, only: RUN}}
spec: {taints: [{key: dedicated, value: database, effect: NoSchedule}]}
---
apiVersion: v1
kind: Pod
metadata: {name: crash, namespace: SPACE}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: "busybox:1.35", imagePullPolicy: IfNotPresent, command: [sh, -c, "echo no database; exit 3"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: hungry, namespace: SPACE}
spec:
  containers:
  - name: main
    image: busybox:1.35
    imagePullPolicy: IfNotPresent
    command: [sh, -c, "sleep 1; tail /dev/zero"]
    resources: {limits: {memory: 16Mi}}
---
apiVersion: v1
kind: Pod
metadata: {name: probed, namespace: SPACE}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox:1.35
    imagePullPolicy: IfNotPresent
    command: [sleep, "100000"]
    readinessProbe: {exec: {command: [cat, /no/such/file]}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: no-image, namespace: SPACE}
spec:
  containers: [{name: main, image: "registry.invalid/nosuch:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: never-pulled, namespace: SPACE}
spec:
  containers: [{name: main, image: "registry.invalid/nosuch:1", imagePullPolicy: Never}]
---
apiVersion: v1
kind: Pod
metadata: {name: greedy, namespace: SPACE}
spec:
  containers: [{name: main, image: "busybox:1.35", resources: {requests: {cpu: "1000"}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: unwelcome, namespace: SPACE}
spec:
  nodeSelector: {only: RUN}
  containers: [{name: main, image: "busybox:1.35"}]
---
apiVersion: v1
kind: Pod
metadata: {name: choosy, namespace: SPACE}
spec:
  nodeSelector: {disk: none-such}
  containers: [{name: main, image: "busybox:1.35"}]
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: none, namespace: SPACE-quota}
spec: {hard: {pods: "0"}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: over-quota, namespace: SPACE-quota}
spec:
  selector: {matchLabels: {app: over-quota}}
  template:
    metadata: {labels: {app: over-quota}}
    spec:
      containers: [{name: main, image: "busybox:1.35"}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: nowhere, namespace: SPACE}
spec: {accessModes: [ReadWriteOnce], storageClassName: no-such-class, resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: claiming, namespace: SPACE}
spec:
  containers: [{name: main, image: "busybox:1.35", volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: nowhere}}]
---
apiVersion: v1
kind: Pod
metadata: {name: unconfigured, namespace: SPACE}
spec:
  containers:
  - name: main
    image: busybox:1.35
    imagePullPolicy: IfNotPresent
    envFrom: [{configMapRef: {name: nothing-here}}]
---
apiVersion: v1
kind: Pod
metadata: {name: held, namespace: SPACE, finalizers: [example.com/hold]}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: main, image: "busybox:1.35", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: stalled, namespace: SPACE}
spec:
  progressDeadlineSeconds: 5
  selector: {matchLabels: {app: stalled}}
  template:
    metadata: {labels: {app: stalled}}
    spec:
      containers: [{name: main, image: "registry.invalid/nosuch:1"}]
---
apiVersion: v1
kind: Service
metadata: {name: lonely, namespace: SPACE}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: hopeless, namespace: SPACE}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "busybox:1.35", imagePullPolicy: IfNotPresent, command: [sh, -c, "exit 1"]}]
"#;

struct Cluster {
    kubectl: PathBuf,
    kubeconfig: PathBuf,
    space: String,
}

impl Cluster {
    fn kubectl(&self, args: &[&str], input: &str) -> String {
        let mut child = Command::new(&self.kubectl)
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(
            out.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// The five lines below the title of an object's detail.
    fn head(&self, state: &State) -> String {
        let space = match state.name {
            "quota exceeded" => format!("{}-quota", self.space),
            _ => self.space.clone(),
        };
        let out = Command::new(env!("CARGO_BIN_EXE_portolan"))
            .args(["snapshot", state.kind, state.object, "-n", &space, "--format", "text"])
            .args(["--size", "140x40", "--keys", "d"])
            .arg("--kubeconfig")
            .arg(&self.kubeconfig)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        text.lines().skip(2).take(5).collect::<Vec<_>>().join("\n")
    }
}

/// Whether a head says all these words in this order, whatever their case.
fn says(head: &str, words: &[&str]) -> bool {
    let head = head.to_lowercase();
    let mut rest = head.as_str();
    words.iter().all(|word| match rest.find(&word.to_lowercase()) {
        Some(at) => {
            rest = &rest[at + word.len()..];
            true
        }
        None => false,
    })
}

#[test]
fn broken_states_explain_themselves() {
    let Some(world) = World::real() else { return };
    let _cleanup = world.cleanup();
    let Some((kubectl, kubeconfig)) = world.second.kubectl() else {
        panic!("the states are made by kubectl")
    };
    let space = world.namespace("broken");
    let cluster = Cluster {
        kubectl,
        kubeconfig,
        space: space.clone(),
    };
    let manifests = MANIFESTS
        .replace("SPACE", &space)
        .replace("LABEL", LABEL)
        .replace("RUN", &world.run);
    let (spaces, rest) = manifests.split_once("apiVersion: v1\nkind: Node\n").unwrap();
    cluster.kubectl(&["apply", "-f", "-"], spaces);
    // Pods are refused until a controller has made the account they run as.
    let begun = Instant::now();
    while !cluster
        .kubectl(&["get", "sa", "-n", &space, "-o", "name"], "")
        .contains("default")
    {
        assert!(begun.elapsed() < PATIENCE, "no service account in {space}");
        std::thread::sleep(Duration::from_millis(200));
    }
    cluster.kubectl(&["apply", "-f", "-"], &format!("apiVersion: v1\nkind: Node\n{rest}"));
    cluster.kubectl(
        &[
            "wait",
            "pod/held",
            "-n",
            &space,
            "--for=condition=Ready",
            "--timeout=90s",
        ],
        "",
    );
    cluster.kubectl(&["delete", "pod/held", "-n", &space, "--wait=false"], "");
    let mut open: Vec<&State> = STATES.iter().collect();
    let mut heads = Vec::new();
    while !open.is_empty() && begun.elapsed() < PATIENCE {
        heads.clear();
        open.retain(|state| {
            let head = cluster.head(state);
            let done = says(&head, state.says);
            if !done {
                heads.push(format!("{}: {:?}\n{head}", state.name, state.says));
            }
            !done
        });
    }
    let finalizers = r#"{"metadata":{"finalizers":null}}"#;
    cluster.kubectl(
        &["patch", "pod/held", "-n", &space, "--type=merge", "-p", finalizers],
        "",
    );
    cluster.kubectl(&["delete", "node", &format!("{space}-node")], "");
    assert!(
        open.is_empty(),
        "these do not explain themselves:\n{}",
        heads.join("\n\n")
    );
}
