//! Describe on the real cluster: whatever `kubectl describe` prints is there with the same value, and broken states say
//! what is wrong. The real cluster is named by `PORTOLAN_TEST_KUBECONFIG`; without it these tests say so and pass.
//! One file: the objects, the exceptions and the comparison that uses them are read together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use portolan::describe::{self, Around, Companion, Listed, Subject};
use portolan::kinds::{Catalog, ResourceName, Whole};
use portolan::msg::{Failure, FailureKind};
use portolan::text::Clean;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use support::second::Second;
use support::{Driver, World};

/// Where a line may differ: in which kind (`*` is any), below which names, and why.
struct Exception {
    kind: &'static str,
    /// The names from the outermost to the line's own, joined by `/`; `*` is any one of them, `**` at the end any number.
    path: &'static str,
    /// What kubectl's line begins with, where only some lines are meant.
    begins: &'static str,
    why: &'static str,
}

const fn except(kind: &'static str, path: &'static str, begins: &'static str, why: &'static str) -> Exception {
    Exception {
        kind,
        path,
        begins,
        why,
    }
}

const EXCEPTIONS: &[Exception] = &[
    except(
        "ingresses.networking.k8s.io",
        "Rules",
        "/  minio:http ()",
        "where kubectl finds no endpoints it prints nothing; here it is said why",
    ),
    except(
        "storageclasses.storage.k8s.io",
        "Annotations",
        "",
        "kubectl writes them as labels in this one kind; here they read as everywhere",
    ),
    except(
        "*",
        "Volumes/*/ConfigMapOptional",
        "",
        "newer clients print Optional with true or false",
    ),
    except(
        "*",
        "Pod Template/Volumes/*/ConfigMapOptional",
        "",
        "newer clients print Optional with true or false",
    ),
    except(
        "*",
        "Volumes/*/SecretOptionalName",
        "",
        "newer clients print Optional with true or false",
    ),
    except(
        "*",
        "Pod Template/Volumes/*/SecretOptionalName",
        "",
        "newer clients print Optional with true or false",
    ),
    except("secrets", "token", "", "it is masked until it is revealed"),
    except(
        "services",
        "Endpoints",
        "<none>",
        "this kubectl reads endpoint slices of v1, which this server does not have",
    ),
    except(
        "ingresses.networking.k8s.io",
        "**",
        "cart:http (<error",
        "this kubectl finds no endpoint slices of v1 on this server",
    ),
    except(
        "ingresses.networking.k8s.io",
        "**",
        "/a  cart:80 (<error",
        "this kubectl finds no endpoint slices of v1 on this server",
    ),
    except(
        "ingresses.networking.k8s.io",
        "**",
        "/b  gone:80 (<error",
        "this kubectl finds no endpoint slices of v1 on this server",
    ),
];

/// Objects that are compared: resource, name (the first that begins with it when it ends in `*`), namespaced.
const ROWS: &[(&str, &str)] = &[
    ("pods", "cart-*"),
    ("pods", "once-*"),
    ("pods", "db-0"),
    ("deployments.apps", "cart"),
    ("replicasets.apps", "cart-*"),
    ("replicationcontrollers", "old"),
    ("statefulsets.apps", "db"),
    ("daemonsets.apps", "agent"),
    ("jobs.batch", "once"),
    ("cronjobs.batch", "tick"),
    ("services", "cart"),
    ("services", "sub"),
    ("services", "outside"),
    ("endpoints", "cart"),
    ("endpointslices.discovery.k8s.io", "cart-*"),
    ("ingresses.networking.k8s.io", "front"),
    ("ingressclasses.networking.k8s.io", "describe-RUN"),
    ("networkpolicies.networking.k8s.io", "policy"),
    ("networkpolicies.networking.k8s.io", "closed"),
    ("nodes", "real-node"),
    ("persistentvolumes", "describe-RUN"),
    ("persistentvolumeclaims", "bound"),
    ("persistentvolumeclaims", "waiting"),
    ("storageclasses.storage.k8s.io", "describe-RUN"),
    ("configmaps", "conf"),
    ("secrets", "sec"),
    ("secrets", "default-token-*"),
    ("horizontalpodautoscalers.autoscaling", "cart"),
    ("poddisruptionbudgets.policy", "cart"),
    ("roles.rbac.authorization.k8s.io", "reader"),
    ("clusterroles.rbac.authorization.k8s.io", "describe-RUN"),
    ("rolebindings.rbac.authorization.k8s.io", "readers"),
    ("clusterrolebindings.rbac.authorization.k8s.io", "describe-RUN"),
    ("serviceaccounts", "robot"),
    ("serviceaccounts", "default"),
    ("resourcequotas", "quota"),
    ("resourcequotas", "besteffort"),
    ("limitranges", "limits"),
    ("priorityclasses.scheduling.k8s.io", "describe-RUN"),
    ("namespaces", "describe-RUN"),
    ("events", "cart.*"),
];

/// Kinds that this kubectl cannot describe on servers before a minor version.
const KUBECTL_CANNOT: &[(&str, u32, &str)] = &[
    ("cronjobs.batch", 21, "kubectl asks for batch/v1 alone"),
    ("poddisruptionbudgets.policy", 21, "kubectl asks for policy/v1 alone"),
    (
        "endpointslices.discovery.k8s.io",
        21,
        "kubectl asks for discovery.k8s.io/v1 alone",
    ),
];

/// What a description needs, fetched by kubectl as JSON and kept for one description.
struct Fetched {
    second: Second,
    catalog: Arc<Catalog>,
    kept: RefCell<HashMap<Companion, Listed>>,
    now: i64,
    minor: u32,
    /// Which exceptions were needed.
    used: RefCell<BTreeSet<usize>>,
}

impl Fetched {
    fn list(&self, companion: &Companion) -> Listed {
        if let Some(kept) = self.kept.borrow().get(companion) {
            return kept.clone();
        }
        let resource = companion.resource.to_string();
        let mut args = vec!["get", resource.as_str(), "-o", "json"];
        match companion.namespace.as_str() {
            "" => args.push("-A"),
            namespace => args.extend(["-n", namespace]),
        }
        if !companion.labels.is_empty() {
            args.extend(["-l", companion.labels.as_str()]);
        }
        if !companion.fields.is_empty() {
            args.extend(["--field-selector", companion.fields.as_str()]);
        }
        let listed = match kubectl(&self.second, &args) {
            Ok(text) => {
                let list: Value = serde_json::from_str(&text).unwrap();
                let items = list["items"].as_array().cloned().unwrap_or_default();
                Listed::Objects(
                    items
                        .into_iter()
                        .map(|value| Arc::new(Whole { value, bytes: 0 }))
                        .collect(),
                )
            }
            Err(message) => Listed::Denied(Failure {
                kind: FailureKind::NotFound,
                message: Clean::new(&message),
                remedy: None,
            }),
        };
        self.kept.borrow_mut().insert(companion.clone(), listed.clone());
        listed
    }

    /// Our description of an object and what is wrong with it: `cause → next`, the worst first.
    fn describe(&self, resource: &str, object: &Value) -> (String, Vec<String>) {
        let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
        let name = object["metadata"]["name"].as_str().unwrap();
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let mut fields = format!("involvedObject.name={name}");
        if !namespace.is_empty() {
            fields.push_str(&format!(",involvedObject.namespace={namespace}"));
        }
        if plural != "nodes" {
            fields.push_str(&format!(
                ",involvedObject.uid={}",
                object["metadata"]["uid"].as_str().unwrap()
            ));
        }
        let events = self.list(&Companion {
            resource: ResourceName::new("", "events"),
            namespace: Clean::new(namespace),
            labels: Clean::default(),
            fields: Clean::new(&fields),
        });
        let find = |companion: &Companion| self.list(companion);
        let plural_of = |group: &str, kind: &str| {
            let found = self.catalog.by_kind(group, kind)?;
            Some((found.name.clone(), found.namespaced))
        };
        let around = Around {
            find: &find,
            events: &events,
            now: self.now,
            resource: &plural_of,
            minor: Some(self.minor),
        };
        let subject = Subject {
            group,
            kind: object["kind"].as_str().unwrap(),
            resource: plural,
            object,
        };
        let lines: Vec<String> = describe::render(&describe::describe(&subject, &around))
            .iter()
            .map(|line| format!("{}{}", " ".repeat(usize::from(line.indent)), line.text()))
            .collect();
        let found = describe::findings(&subject, &around);
        let found = found
            .iter()
            .map(|finding| format!("{} → {}", finding.cause.text(), finding.next.text()));
        (lines.join("\n"), found.collect())
    }
}

/// Runs kubectl and waits for it; the descriptions that ask are not asynchronous.
fn kubectl(second: &Second, args: &[&str]) -> Result<String, String> {
    let Second::Kubectl {
        program,
        kubeconfig,
        cache,
    } = second
    else {
        panic!("there is no kubectl")
    };
    let mut command = std::process::Command::new(program);
    let out = command
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .arg("--cache-dir")
        .arg(cache)
        .args(args)
        .output()
        .unwrap();
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
    }
}

/// A line of a description: the names it stands under, its own included, and its cells.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    path: Vec<String>,
    cells: Vec<String>,
}

/// The lines of a description. Names nest by indentation; cells are parted by two blanks.
fn entries(text: &str) -> Vec<Entry> {
    let mut stack: Vec<(usize, String)> = Vec::new();
    let mut entries = Vec::new();
    for line in text.lines() {
        let words = line.trim();
        if words.is_empty() || words.chars().all(|letter| matches!(letter, '-' | '=' | ' ')) {
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        while stack.last().is_some_and(|(other, _)| *other >= indent) {
            stack.pop();
        }
        // A colon behind the first cell is a part of a message in a table.
        let keyed = words
            .split_once(": ")
            .or_else(|| words.strip_suffix(':').map(|key| (key, "")));
        let keyed = keyed.filter(|(key, rest)| !key.contains("  ") || rest.starts_with(' '));
        let rest = match keyed {
            Some((key, rest)) => {
                stack.push((indent, key.split_whitespace().collect::<Vec<_>>().join(" ")));
                rest
            }
            None => words,
        };
        let cells = rest.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        entries.push(Entry {
            path: stack.iter().map(|(_, key)| key.clone()).collect(),
            cells: cells
                .map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect(),
        });
    }
    entries
}

/// Kinds whose headings kubectl does not indent things below: there only the nearest name counts.
const FLAT: &[&str] = &["configmaps", "secrets", "resourcequotas", "limitranges", "namespaces"];

/// Whether one of our lines says what kubectl's says: the same place, and its cells first; what goes beyond comes after.
fn is_said(kind: &str, theirs: &Entry, ours: &[Entry]) -> bool {
    if theirs.path.first().is_some_and(|name| name == "Non-terminated Pods") && theirs.cells.len() > 1 {
        // The last cell is an age.
        let wanted = &theirs.cells[..theirs.cells.len() - 1];
        return ours
            .iter()
            .any(|our| our.path == theirs.path && our.cells.starts_with(wanted));
    }
    if kind == "ingresses.networking.k8s.io" && theirs.path.first().is_some_and(|name| name == "Rules") {
        // The host stands in the row of its first path here, and in a row of its own there.
        let at = |our: &Entry| {
            our.cells
                .windows(theirs.cells.len().max(1))
                .any(|cells| cells == theirs.cells)
        };
        return ours
            .iter()
            .any(|our| our.path == theirs.path && (theirs.cells.is_empty() || at(our)));
    }
    if FLAT.contains(&kind) && theirs.path.first().is_none_or(|name| name != "Events") {
        let heading = |our: &Entry| theirs.cells.len() == 1 && our.path.contains(&theirs.cells[0]);
        return ours.iter().any(|our| match theirs.path.last() {
            Some(name) => our.path.last() == Some(name) && our.cells.starts_with(&theirs.cells),
            None => our.cells.starts_with(&theirs.cells) || heading(our),
        });
    }
    if theirs.path.first().is_some_and(|name| name == "Events") {
        // Ages move on between the two; the rest of an event does not.
        let rest = |entry: &Entry| -> Vec<String> {
            let age = |index: &usize| *index != 2;
            entry
                .cells
                .iter()
                .enumerate()
                .filter(|(index, _)| age(index))
                .map(|(_, cell)| cell.clone())
                .collect()
        };
        let wanted = rest(theirs);
        return ours
            .iter()
            .any(|our| our.path.first() == theirs.path.first() && rest(our).starts_with(&wanted));
    }
    ours.iter()
        .any(|our| our.path == theirs.path && our.cells.starts_with(&theirs.cells))
}

/// Which exception covers a line.
fn excepted(kind: &str, entry: &Entry) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| {
        assert!(!exception.why.is_empty());
        let names: Vec<&str> = exception.path.split('/').collect();
        let all = names.last() == Some(&"**");
        let names = if all { &names[..names.len() - 1] } else { &names[..] };
        (exception.kind == "*" || exception.kind == kind)
            && (entry.path.len() == names.len() || all && entry.path.len() >= names.len())
            && names
                .iter()
                .zip(&entry.path)
                .all(|(name, own)| *name == "*" || name == own)
            && entry.cells.join("  ").starts_with(exception.begins)
    })
}

fn fixture(world: &World, file: &str) -> String {
    let path = format!("{}/tests/data/describe/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().replace("RUN", &world.run)
}

async fn fetched(world: &World) -> Fetched {
    let driver = Driver::connected(world.way.clone()).await;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    Fetched {
        second: world.second.clone(),
        catalog: driver.catalog(),
        kept: RefCell::default(),
        now: now + driver.offset,
        minor: driver.minor(),
        used: RefCell::default(),
    }
}

/// What kubectl prints of an object and we do not.
fn missing(fetched: &Fetched, resource: &str, name: &str, namespace: &str) -> Result<Vec<String>, String> {
    let scope: &[&str] = if namespace.is_empty() { &[] } else { &["-n", namespace] };
    let get = [&["get", resource, name, "-o", "json"], scope].concat();
    let object: Value = serde_json::from_str(&kubectl(&fetched.second, &get)?).unwrap();
    let theirs = kubectl(&fetched.second, &[&["describe", resource, name], scope].concat())?;
    let (ours, _) = fetched.describe(resource, &object);
    if std::env::var_os("PORTOLAN_SHOW").is_some() {
        println!("=== {resource} {name}\n{ours}\n--- kubectl\n{theirs}");
    }
    let ours = entries(&ours);
    let left = entries(&theirs).into_iter().filter(|entry| {
        if is_said(resource, entry, &ours) {
            return false;
        }
        let exception = excepted(resource, entry);
        fetched.used.borrow_mut().extend(exception);
        exception.is_none()
    });
    Ok(left
        .map(|entry| format!("{}: {}", entry.path.join("/"), entry.cells.join("  ")))
        .collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_kubectl_describes_is_there() {
    let Some(world) = World::real() else { return };
    let _cleanup = world.cleanup();
    kubectl_create(&world, "fixture.yaml").await;
    let namespace = format!("describe-{}", world.run);
    for ready in ["deployment/cart", "statefulset/db"] {
        let args = ["rollout", "status", ready, "-n", &namespace, "--timeout=20s"];
        // The stateful set waits for a claim that nobody fills: a while is given to it for its events to come.
        let _ = world.second.run(&args, "").await;
    }
    let mut fetched = fetched(&world).await;
    let mut wrong = Vec::new();
    let mut compared = 0;
    let only = std::env::var("PORTOLAN_ONLY").unwrap_or_default();
    for (resource, name) in ROWS.iter().filter(|(resource, _)| resource.starts_with(&only)) {
        let name = name.replace("RUN", &world.run);
        let namespaced = fetched
            .catalog
            .resolve(resource)
            .unwrap()
            .iter()
            .any(|found| found.namespaced);
        let scope = if namespaced { namespace.as_str() } else { "" };
        let name = match name.strip_suffix('*') {
            None => name,
            Some(begin) => {
                let args = [
                    "get",
                    resource,
                    "-n",
                    scope,
                    "-o",
                    "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}",
                ];
                let names = kubectl(&fetched.second, &args).unwrap();
                let found = names.lines().find(|name| name.starts_with(begin)).map(str::to_owned);
                found.unwrap_or_else(|| panic!("no {resource} {begin}…"))
            }
        };
        let unable = KUBECTL_CANNOT
            .iter()
            .find(|(kind, before, _)| kind == resource && fetched.minor < *before);
        // What changes between the two is given three tries.
        let mut left = Vec::new();
        for _ in 0..3 {
            fetched.kept.borrow_mut().clear();
            fetched.now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs() as i64;
            left = match missing(&fetched, resource, &name, scope) {
                Ok(left) => left,
                Err(message) => match unable {
                    Some((_, _, why)) => {
                        println!("{resource} {name} is not compared: {why} ({message})");
                        Vec::new()
                    }
                    None => vec![message],
                },
            };
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        compared += 1;
        wrong.extend(left.into_iter().map(|line| format!("{resource} {name}: {line}")));
    }
    println!("{compared} objects were compared");
    if only.is_empty() {
        let used = fetched.used.borrow();
        let unused: Vec<&str> = (0..EXCEPTIONS.len())
            .filter(|index| !used.contains(index))
            .map(|index| EXCEPTIONS[index].path)
            .collect();
        println!("exceptions that this server does not need: {unused:?}");
    }
    assert!(
        wrong.is_empty(),
        "{} lines are missing or differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Kinds of which the demo has objects; the first few of each are compared.
const IN_THE_DEMO: &[&str] = &[
    "pods",
    "deployments.apps",
    "replicasets.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "jobs.batch",
    "cronjobs.batch",
    "services",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "ingresses.networking.k8s.io",
    "networkpolicies.networking.k8s.io",
    "persistentvolumes",
    "persistentvolumeclaims",
    "storageclasses.storage.k8s.io",
    "configmaps",
    "secrets",
    "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy",
    "serviceaccounts",
    "resourcequotas",
    "limitranges",
    "namespaces",
    "nodes",
];

/// The demo plays a newer server than the real one: what only those have is compared here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_kubectl_describes_of_the_demo_is_there() {
    let Some(world) = World::demo_on_a_port().await else {
        return;
    };
    let fetched = fetched(&world).await;
    let mut wrong = Vec::new();
    let mut compared = 0;
    let only = std::env::var("PORTOLAN_ONLY").unwrap_or_default();
    for resource in IN_THE_DEMO.iter().filter(|resource| resource.starts_with(&only)) {
        let form = "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{\"\\n\"}{end}";
        let names = match kubectl(&fetched.second, &["get", resource, "-A", "-o", form]) {
            Ok(names) => names,
            Err(message) => {
                wrong.push(format!("{resource}: {message}"));
                continue;
            }
        };
        // One of each group of similar names: they come from the same mould.
        let mut moulds = BTreeSet::new();
        let chosen = names
            .lines()
            .filter(|name| moulds.insert(name.split(['-', '.']).next().unwrap_or_default().to_owned()));
        for name in chosen.take(3) {
            let (namespace, name) = name.split_once('/').unwrap();
            let mut left = Vec::new();
            for _ in 0..2 {
                fetched.kept.borrow_mut().clear();
                left = missing(&fetched, resource, name, namespace).unwrap_or_else(|message| vec![message]);
                if left.is_empty() {
                    break;
                }
            }
            compared += 1;
            wrong.extend(left.into_iter().map(|line| format!("{resource} {name}: {line}")));
        }
    }
    println!("{compared} objects of the demo were compared");
    assert!(
        compared > 0 && wrong.is_empty(),
        "{} lines are missing or differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

async fn kubectl_create(world: &World, file: &str) {
    world
        .second
        .run(&["create", "-f", "-"], &fixture(world, file))
        .await
        .unwrap();
}

/// Broken states: resource, name, namespace suffix, and what the worst finding says.
const BROKEN: &[(&str, &str, &str, &[&str])] = &[
    (
        "pods",
        "crash",
        "",
        &[
            "crashes again and again: exit code 3",
            "it said: no database",
            "previous",
        ],
    ),
    (
        "pods",
        "oom",
        "",
        &[
            "more memory than its limit of 16Mi (OOMKilled)",
            "Raise its memory limit",
        ],
    ),
    (
        "pods",
        "probe",
        "",
        &[
            "not ready: its readiness probe fails",
            "/ready",
            "exec [cat /ready] delay=0s",
        ],
    ),
    ("pods", "live", "", &["liveness probe fails", "/alive"]),
    (
        "pods",
        "noimage",
        "",
        &["Container app has no image: nothere:9", "pulled"],
    ),
    ("pods", "never", "", &["the pull policy Never forbids to fetch it"]),
    (
        "pods",
        "cpu",
        "",
        &[
            "1 of 1 node with too little free CPU",
            "Ask for less CPU (it asks for 1k)",
        ],
    ),
    (
        "pods",
        "selector",
        "",
        &[
            "without the labels that the pod asks for",
            "Give a node the labels disk=ssd",
        ],
    ),
    (
        "pods",
        "claim",
        "",
        &[
            "its claim data is not bound: there is no storage class fast",
            "Create the storage class fast",
        ],
    ),
    (
        "pods",
        "noconf",
        "",
        &["there is no config map nope", "Create the config map nope"],
    ),
    (
        "pods",
        "nosecret",
        "",
        &[
            "waits for its volume s: there is no secret nope",
            "Create the secret nope",
        ],
    ),
    (
        "pods",
        "nokey",
        "",
        &["the config map conf has no key zz", "Add the key zz"],
    ),
    (
        "pods",
        "nocommand",
        "",
        &["cannot be started: its command \"nosuchthing\" is not in the image"],
    ),
    (
        "pods",
        "held",
        "",
        &["should be gone since", "kept by the finalizer example.com/wait"],
    ),
    (
        "deployments.apps",
        "rollout",
        "",
        &[
            "The rollout has failed: no progress for 10s, 0 of 1 new pods",
            "exit code 7",
        ],
    ),
    (
        "jobs.batch",
        "giveup",
        "",
        &["has given up: 2 pods failed, its back-off limit is 1", "exit code 7"],
    ),
    (
        "deployments.apps",
        "many",
        "-quota",
        &["the quota small is used up (pods: 1 of 1 used, 1 more asked for)"],
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_states_say_what_is_wrong() {
    let Some(world) = World::real() else { return };
    let cleanup = world.cleanup();
    kubectl_create(&world, "broken.yaml").await;
    let namespace = format!("describe-{}", world.run);
    let delete = ["delete", "pod", "held", "-n", &namespace, "--wait=false"];
    world
        .second
        .run(
            &[
                "wait",
                "--for=condition=Ready",
                "pod/held",
                "-n",
                &namespace,
                "--timeout=60s",
            ],
            "",
        )
        .await
        .unwrap();
    world.second.run(&delete, "").await.unwrap();
    let mut fetched = fetched(&world).await;
    let deadline = SystemTime::now() + Duration::from_secs(150);
    let mut left: Vec<_> = BROKEN.iter().collect();
    let mut said = Vec::new();
    while !left.is_empty() && SystemTime::now() < deadline {
        tokio::time::sleep(Duration::from_secs(2)).await;
        said.clear();
        left.retain(|(resource, name, suffix, words)| {
            fetched.kept.borrow_mut().clear();
            fetched.now = SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap()
                .as_secs() as i64;
            let scope = format!("{namespace}{suffix}");
            let text = kubectl(&fetched.second, &["get", resource, name, "-n", &scope, "-o", "json"]).unwrap();
            let (_, found) = fetched.describe(resource, &serde_json::from_str(&text).unwrap());
            let worst = found.first().cloned().unwrap_or_default();
            let told = words.iter().all(|word| worst.contains(word));
            if told {
                println!("{resource} {name}: {worst}");
            } else {
                said.push(format!("{resource} {name}: {words:?} is not in {found:?}"));
            }
            !told
        });
    }
    let patch = r#"{"metadata":{"finalizers":null}}"#;
    let _ = kubectl(
        &fetched.second,
        &["patch", "pod", "held", "-n", &namespace, "--type=merge", "-p", patch],
    );
    drop(cleanup);
    assert!(left.is_empty(), "{}", said.join("\n"));
}
