//! The same assertions on the demo and on the real cluster, with kubectl as a second client where there is one.
//! Where the two differ, the demo is wrong. The real cluster is named by `PORTOLAN_TEST_KUBECONFIG`; without it that half
//! says so and passes.
//! One file, because the named differences and the assertions that use them are read together.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use portolan::kinds::{Resource, ResourceName};
use portolan::msg::{FailureKind, Phase};
use portolan::want::ListWant;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use support::sheet::{Difference, How, Key, differences};
use support::world::LABEL;
use support::{Ask, Driver, World};

/// Runs an assertion in every world that is there.
macro_rules! in_every_world {
    ($($name:ident),* $(,)?) => {
        mod demo {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::demo_in_memory()).await;
            })*
        }
        mod demo_of_1_20 {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::old_demo_in_memory()).await;
            })*
        }
        mod demo_with_kubectl {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(world) = super::World::demo_on_a_port().await {
                    super::$name(world).await;
                }
            })*
        }
        mod real {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(world) = super::World::real() {
                    super::$name(world).await;
                }
            })*
        }
    };
}

in_every_world!(
    every_kind_opens_once,
    cells_are_kubectls,
    a_list_follows_deployments,
    a_kind_comes_and_goes,
    selectors_are_the_servers,
);

/// What the server can list.
fn listable(driver: &Driver) -> Vec<Arc<Resource>> {
    let catalog = driver.catalog();
    assert!(catalog.failed.is_empty(), "{:?}", catalog.failed);
    let all = catalog.resources.iter().filter(|resource| resource.verbs.list);
    all.cloned().collect()
}

async fn every_kind_opens_once(world: World) {
    let mut driver = Driver::connected(world.way.clone()).await;
    let resources = listable(&driver);
    let wants: Vec<ListWant> = resources.iter().map(|r| driver.list(&r.name, &[], "", "")).collect();
    for (resource, want) in resources.iter().zip(&wants) {
        driver.settled(want).await;
        let list = driver.of(want);
        assert_eq!(list.table.undecodable(), None, "{}", resource.name);
        match (list.phase(), resource.verbs.watch) {
            (Phase::Watching, true) => {}
            (Phase::Polling { reason, .. }, false) => assert!(!reason.is_empty(), "{}", resource.name),
            (phase, watch) => panic!("{} (watch: {watch}) is {phase:?}", resource.name),
        }
        let doubled: Vec<_> = list.names().into_iter().filter(|(_, count)| *count > 1).collect();
        assert!(doubled.is_empty(), "{}: {doubled:?}", resource.name);
    }
    let polled: BTreeSet<String> = resources
        .iter()
        .filter(|r| !r.verbs.watch)
        .map(|r| r.name.to_string())
        .collect();
    assert!(polled.contains("componentstatuses"), "polled are {polled:?}");
    println!(
        "{}: {} kinds were opened, polled are {polled:?}",
        world.name,
        resources.len()
    );
}

/// Where cells may differ, by the server's version.
const NAMED: &[Difference] = &[
    Difference {
        resource: "pods",
        header: "RESTARTS",
        before: 22,
        how: How::Cell(|ours| vec![ours.split(' ').next().unwrap_or_default().to_owned()]),
        why: "when a container restarted last is printed since 1.22",
    },
    Difference {
        resource: "jobs.batch",
        header: "STATUS",
        before: 31,
        how: How::OnlyOurs,
        why: "the column came with 1.31",
    },
    Difference {
        resource: "cronjobs.batch",
        header: "TIMEZONE",
        before: 31,
        how: How::OnlyOurs,
        why: "cron jobs have time zones since 1.25, and a column for them since later",
    },
    Difference {
        resource: "persistentvolumes",
        header: "VOLUMEATTRIBUTESCLASS",
        before: 31,
        how: How::OnlyOurs,
        why: "these classes are younger",
    },
    Difference {
        resource: "persistentvolumeclaims",
        header: "VOLUMEATTRIBUTESCLASS",
        before: 31,
        how: How::OnlyOurs,
        why: "these classes are younger",
    },
    Difference {
        resource: "resourcequotas",
        header: "AGE",
        before: 31,
        how: How::Place,
        why: "the age stood before the amounts",
    },
    Difference {
        resource: "horizontalpodautoscalers.autoscaling",
        header: "TARGETS",
        before: 30,
        how: How::Cell(|ours| vec![ours.replace("cpu: ", "").replace("memory: ", "")]),
        why: "the names of resources were not printed",
    },
    Difference {
        resource: "events",
        header: "COUNT",
        before: 21,
        how: How::Cell(one_more),
        why: "the first event of a series was counted beside it",
    },
    Difference {
        resource: "events.events.k8s.io",
        header: "COUNT",
        before: 21,
        how: How::Cell(one_more),
        why: "the first event of a series was counted beside it",
    },
];

/// A count as it stands, or one more.
fn one_more(ours: &str) -> Vec<String> {
    let more = ours.parse::<u32>().map(|count| (count + 1).to_string());
    std::iter::once(ours.to_owned()).chain(more).collect()
}

async fn cells_are_kubectls(world: World) {
    let _cleanup = world.cleanup();
    let filled = world.demo.is_none();
    if filled {
        fill(&world).await;
    }
    let mut driver = Driver::connected(world.way.clone()).await;
    let resources = listable(&driver);
    let wants: Vec<ListWant> = resources.iter().map(|r| driver.list(&r.name, &[], "", "")).collect();
    for want in &wants {
        driver.settled(want).await;
    }
    if filled {
        settle(&mut driver, &world, &wants).await;
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (resource, want) in resources.iter().zip(&wants) {
        let (rows, left) = compare(&mut driver, &world, resource, want, Ask::default()).await;
        compared += rows;
        wrong.extend(
            left.into_iter()
                .map(|(key, what)| format!("{} {}/{}: {what}", resource.name, key.0, key.1)),
        );
    }
    println!(
        "{}: {compared} rows of {} kinds were compared",
        world.name,
        resources.len()
    );
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
}

/// Compares one list until every row has been equal at one moment; what never was is returned.
async fn compare(
    driver: &mut Driver,
    world: &World,
    resource: &Resource,
    want: &ListWant,
    ask: Ask<'_>,
) -> (usize, BTreeMap<Key, String>) {
    let minor = world.printers.unwrap_or_else(|| driver.minor());
    let name = resource.name.to_string();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    let mut equal: BTreeSet<Key> = BTreeSet::new();
    let mut headers_fit = false;
    loop {
        let before = driver.now();
        let old = driver.sheet(want, before);
        let theirs = driver.meanwhile(world.second.get(resource, ask)).await.unwrap();
        let after = driver.now();
        // A cell that has changed in between may be said before or after; an age at any second in between.
        let mut ours: Vec<_> = (before - 2..=after + 2).map(|now| driver.sheet(want, now)).collect();
        ours.push(old);
        let mut left = differences(&name, minor, NAMED, &ours, &theirs);
        headers_fit |= !left.contains_key(&Key::default());
        equal.extend(
            theirs
                .rows
                .keys()
                .filter(|key| headers_fit && !left.contains_key(*key))
                .cloned(),
        );
        left.retain(|key, _| !equal.contains(key));
        if left.is_empty() || tokio::time::Instant::now() >= deadline {
            return (theirs.rows.len(), left);
        }
        // What is different may still be on its way, to us or to the server's cache.
        driver.meanwhile(tokio::time::sleep(Duration::from_millis(300))).await;
    }
}

/// Fills a real cluster with objects of many kinds; the demo has its own.
async fn fill(world: &World) {
    let read = |name: &str| {
        let path = format!("{}/tests/data/conformance/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap().replace("RUN", &world.run)
    };
    let kubectl = &world.second;
    kubectl
        .run(&["create", "-f", "-"], &read("definition.yaml"))
        .await
        .unwrap();
    let crd = format!("crd/harbours.{}.conformance.portolan.dev", world.run);
    let established = ["wait", "--for=condition=Established", &crd, "--timeout=30s"];
    kubectl.run(&established, "").await.unwrap();
    kubectl
        .run(&["create", "-f", "-"], &read("fixture.yaml"))
        .await
        .unwrap();
    let namespace = format!("conformance-{}", world.run);
    let running = [
        "wait",
        "--for=condition=Ready",
        "pod/leaving",
        "-n",
        &namespace,
        "--timeout=60s",
    ];
    kubectl.run(&running, "").await.unwrap();
    for leaving in ["pod/leaving", "pvc/bound"] {
        let args = ["delete", leaving, "-n", &namespace, "--wait=false"];
        kubectl.run(&args, "").await.unwrap();
    }
}

/// Waits until everything of the fixture is in the state it was made for.
async fn settle(driver: &mut Driver, world: &World, wants: &[ListWant]) {
    let namespace = format!("conformance-{}", world.run);
    let states: &[(&str, &str, &str, &[&str])] = &[
        ("pods", "web-", "STATUS", &["Running"]),
        ("pods", "crash-", "STATUS", &["CrashLoopBackOff", "Error"]),
        ("pods", "no-image-", "STATUS", &["ImagePullBackOff"]),
        ("pods", "init-fails", "STATUS", &["Init:CrashLoopBackOff"]),
        ("pods", "init-runs", "STATUS", &["Init:1/2"]),
        ("pods", "init-stays-failed", "STATUS", &["Init:Error"]),
        ("pods", "completed", "STATUS", &["Completed"]),
        ("pods", "failed", "STATUS", &["Error"]),
        ("pods", "half-done", "STATUS", &["NotReady"]),
        ("pods", "nowhere", "STATUS", &["Pending"]),
        ("pods", "no-config", "STATUS", &["CreateContainerConfigError"]),
        ("pods", "cannot-start", "STATUS", &["StartError", "ContainerCannotRun"]),
        ("pods", "gated", "READINESS GATES", &["0/2"]),
        ("pods", "too-late", "STATUS", &["DeadlineExceeded"]),
        ("pods", "leaving", "STATUS", &["Terminating"]),
        ("persistentvolumeclaims", "bound", "STATUS", &["Terminating"]),
        ("persistentvolumeclaims", "late", "STATUS", &["Pending"]),
        ("jobs.batch", "done", "STATUS", &["Complete"]),
        ("jobs.batch", "failed", "STATUS", &["Failed"]),
        ("deployments.apps", "web", "READY", &["2/2"]),
        ("statefulsets.apps", "store", "READY", &["2/2"]),
        ("daemonsets.apps", "nowhere", "DESIRED", &["0"]),
        ("horizontalpodautoscalers.autoscaling", "many", "REPLICAS", &["0"]),
    ];
    for (resource, name, header, expected) in states {
        let want = wants
            .iter()
            .find(|want| want.resource.to_string() == *resource)
            .unwrap();
        let what = format!("{resource} {name}: {header} is one of {expected:?}");
        driver
            .until(&what, 90, |driver| {
                let sheet = driver.sheet(want, driver.now());
                let mut rows = sheet
                    .rows
                    .keys()
                    .filter(|(space, row)| *space == namespace && row.starts_with(name));
                let fits = |key: &Key| sheet.cell(key, header).is_some_and(|cell| expected.contains(&cell));
                rows.any(fits).then_some(())
            })
            .await;
    }
}

/// Creates a namespace of this run's own.
async fn create_namespace(driver: &Driver, world: &World, name: &str) {
    let namespaces = driver.resource("", "namespaces");
    let object = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {(LABEL): world.run}}});
    world.second.create(&namespaces, &object).await;
}

fn deployment(namespace: &str, name: &str, replicas: u32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [
                {"name": "main", "image": "nginx:1.27", "imagePullPolicy": "IfNotPresent", "command": ["sleep", "100000"]}]}}}})
}

async fn a_list_follows_deployments(world: World) {
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    let (one, two) = (world.namespace("one"), world.namespace("two"));
    create_namespace(&driver, &world, &one).await;
    create_namespace(&driver, &world, &two).await;
    let deployments = driver.resource("apps", "deployments");
    let sets = driver.resource("apps", "replicasets");
    let pods = driver.resource("", "pods");
    let second = world.second.clone();
    // This one stays, so that no list is ever empty.
    second.create(&deployments, &deployment(&one, "stays", 1)).await;
    let here = [one.as_str()];
    let lists = [
        (&deployments, driver.list(&deployments.name, &here, "", "")),
        (&sets, driver.list(&sets.name, &here, "", "")),
        (&pods, driver.list(&pods.name, &here, "", "")),
    ];
    let both = driver.list(&deployments.name, &[&one, &two], "", "");
    let all = driver.list(&deployments.name, &[], "", "");
    for want in lists.iter().map(|(_, want)| want).chain([&both, &all]) {
        driver.settled(want).await;
    }
    let pods_of = |driver: &Driver, name: &str, status: &str| -> usize {
        let sheet = driver.sheet(&lists[2].1, driver.now());
        let mine = sheet.rows.keys().filter(|(_, row)| row.starts_with(name));
        mine.filter(|key| sheet.cell(key, "STATUS") == Some(status)).count()
    };
    let running = |driver: &Driver, name: &str, count: usize| {
        let all = driver.of(&lists[2].1).names();
        let mine = all.keys().filter(|(_, row)| row.starts_with(name)).count();
        (mine == count && pods_of(driver, name, "Running") == count).then_some(())
    };
    driver
        .until("the first pod runs", 60, |driver| running(driver, "stays", 1))
        .await;
    driver.count_fewest();

    driver
        .meanwhile(second.create(&deployments, &deployment(&one, "web", 2)))
        .await;
    driver
        .meanwhile(second.create(&deployments, &deployment(&two, "web", 0)))
        .await;
    driver
        .until("two pods run", 60, |driver| running(driver, "web", 2))
        .await;
    for replicas in [4, 1] {
        let patch = json!({"spec": {"replicas": replicas}});
        driver.meanwhile(second.patch(&deployments, &one, "web", &patch)).await;
        let what = format!("{replicas} pods run");
        driver.until(&what, 60, |driver| running(driver, "web", replicas)).await;
    }
    let ready = format!("{}/{}", 1, 1);
    driver
        .until("the deployment says so", 30, |driver| {
            let sheet = driver.sheet(&all, driver.now());
            (sheet.cell(&(one.clone(), "web".to_owned()), "READY") == Some(&ready)).then_some(())
        })
        .await;
    // Gone and there again under its name: another object.
    driver.meanwhile(second.delete(&deployments, &one, "web")).await;
    driver
        .until("its pods are gone", 60, |driver| running(driver, "web", 0))
        .await;
    driver
        .meanwhile(second.create(&deployments, &deployment(&one, "web", 1)))
        .await;
    driver
        .until("its pod runs again", 60, |driver| running(driver, "web", 1))
        .await;

    for (resource, want) in &lists {
        let ask = Ask {
            namespace: Some(&one),
            ..Ask::default()
        };
        let (rows, left) = compare(&mut driver, &world, resource, want, ask).await;
        assert!(rows >= 2 && left.is_empty(), "{}: {left:?}", resource.name);
        let list = driver.of(want);
        assert!(list.names().values().all(|count| *count == 1), "{:?}", list.names());
        assert!(list.fewest >= 1, "{} was empty for a while", resource.name);
    }
    for (want, least) in [(&both, 3), (&all, 3)] {
        let names = driver.of(want).names();
        assert!(
            names.len() >= least && names.values().all(|count| *count == 1),
            "{names:?}"
        );
        for key in [(&one, "stays"), (&one, "web"), (&two, "web")] {
            assert!(
                names.contains_key(&(key.0.clone(), key.1.to_owned())),
                "{key:?} is not in {names:?}"
            );
        }
        assert!(driver.of(want).fewest >= 1);
    }
}

fn definition(world: &World) -> (String, Value) {
    let group = format!("{}.kinds.conformance.portolan.dev", world.run);
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("lights.{group}"), "labels": {(LABEL): world.run}},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": "Light", "plural": "lights", "singular": "light", "shortNames": [format!("lt{}", world.run)]},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties":
                    {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}},
                "additionalPrinterColumns": [
                    {"name": "Range", "type": "integer", "jsonPath": ".spec.range"},
                    {"name": "Keeper", "type": "string", "priority": 1, "jsonPath": ".spec.keeper"}]}]}});
    (group, definition)
}

async fn a_kind_comes_and_goes(world: World) {
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    let space = world.namespace("kinds");
    create_namespace(&driver, &world, &space).await;
    let definitions = driver.resource("apiextensions.k8s.io", "customresourcedefinitions");
    let (group, definition) = definition(&world);
    let name = ResourceName::new(&group, "lights");
    let second = world.second.clone();
    // A list of a kind that is not there yet says so, and comes alive with it.
    let want = driver.list(&name, &[], "", "");
    let unserved = |driver: &Driver| {
        let Phase::Stopped(failure) = driver.of(&want).phase() else {
            return None;
        };
        (failure.kind == FailureKind::NotFound && failure.message.as_str().contains("lights")).then_some(())
    };
    driver
        .until("the list says that its kind is not served", 10, unserved)
        .await;

    for round in ["first", "second"] {
        driver.meanwhile(second.create(&definitions, &definition)).await;
        // As long as a server takes to serve it is not ours to answer for: five seconds from when it does.
        let served = async {
            let light = json!({"apiVersion": format!("{group}/v1"), "kind": "Light",
                "metadata": {"name": round, "namespace": space, "labels": {"round": round}},
                "spec": {"range": 12, "keeper": "ann"}});
            while !second
                .try_create(&format!("/apis/{group}/v1/namespaces/{space}/lights"), &light)
                .await
            {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        driver.meanwhile(served).await;
        let lights = driver
            .until(&format!("the catalog has it the {round} time"), 5, |driver| {
                driver.catalog().find(&name).cloned()
            })
            .await;
        let short = driver.catalog().resolve(&format!("lt{}", world.run)).unwrap();
        assert_eq!(short.len(), 1);
        assert_eq!(short[0].name, name);
        assert_eq!(lights.kind.as_str(), "Light");
        driver.settled(&want).await;
        let (rows, left) = compare(&mut driver, &world, &lights, &want, Ask::default()).await;
        assert_eq!((rows, left), (1, BTreeMap::new()));
        let sheet = driver.sheet(&want, driver.now());
        assert_eq!(sheet.headers, ["NAMESPACE", "NAME", "RANGE", "KEEPER"]);

        let crd = definition["metadata"]["name"].as_str().unwrap();
        driver.meanwhile(second.delete(&definitions, "", crd)).await;
        let gone = async {
            let ask = Ask {
                fields: &format!("metadata.name={crd}"),
                ..Ask::default()
            };
            while !second.get(&definitions, ask).await.unwrap().rows.is_empty() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        driver.meanwhile(gone).await;
        let forgotten = |driver: &Driver| driver.catalog().find(&name).is_none().then_some(());
        driver.until("the catalog has forgotten it", 5, forgotten).await;
        driver.until("the open list says so", 5, unserved).await;
        assert_eq!(driver.catalog().failed, []);
    }
}

async fn selectors_are_the_servers(world: World) {
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    let space = world.namespace("selectors");
    create_namespace(&driver, &world, &space).await;
    let maps = driver.resource("", "configmaps");
    let second = world.second.clone();
    for (name, labels) in [
        ("a", json!({"app": "web", "tier": "front"})),
        ("b", json!({"app": "web", "tier": "back"})),
        ("c", json!({"app": "db"})),
        ("d", json!({})),
    ] {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": space, "labels": labels}});
        driver.meanwhile(second.create(&maps, &object)).await;
    }
    // Every server puts one into each namespace at some time, or never: it must not come in between.
    let own = "metadata.name!=kube-root-ca.crt";
    for (labels, fields, expected) in [
        ("", own, "a b c d"),
        ("app=web", "", "a b"),
        ("app==web,tier!=back", "", "a"),
        ("app!=web", own, "c d"),
        ("app in (web, db)", "", "a b c"),
        ("app notin (web)", own, "c d"),
        ("tier", "", "a b"),
        ("!tier", own, "c d"),
        ("tier in (front),app", "", "a"),
        ("app=none", "", ""),
        ("", "metadata.name=c", "c"),
        ("app=web", "metadata.name!=a", "b"),
        ("", "metadata.name=a,metadata.namespace=nowhere", ""),
    ] {
        let want = driver.list(&maps.name, &[&space], labels, fields);
        driver.settled(&want).await;
        let ask = Ask {
            namespace: Some(&space),
            labels,
            fields,
        };
        let theirs = driver.meanwhile(second.get(&maps, ask)).await.unwrap();
        let theirs: Vec<&str> = theirs.rows.keys().map(|(_, name)| name.as_str()).collect();
        let ours = driver.of(&want).names();
        let ours: Vec<&str> = ours.keys().map(|(_, name)| name.as_str()).collect();
        assert_eq!(theirs.join(" "), expected, "theirs of {labels:?} {fields:?}");
        assert_eq!(ours.join(" "), expected, "ours of {labels:?} {fields:?}");
        driver.close(&want);
    }
    // Fields of kinds that have more than a name.
    for (group, plural, fields) in [
        ("", "pods", "status.phase=Running"),
        ("", "pods", "status.phase!=Running,spec.nodeName="),
        ("", "events", "type=Warning"),
        ("", "events", "type!=Warning,involvedObject.kind=Pod"),
        ("", "secrets", "type=Opaque"),
        ("", "nodes", "spec.unschedulable=false"),
        ("", "namespaces", "status.phase=Active"),
    ] {
        let resource = driver.resource(group, plural);
        let want = driver.list(&resource.name, &[], "", fields);
        driver.settled(&want).await;
        let ask = Ask {
            fields,
            ..Ask::default()
        };
        let (_, left) = compare(&mut driver, &world, &resource, &want, ask).await;
        assert!(left.is_empty(), "{plural} {fields}: {left:?}");
        driver.close(&want);
    }
    // A selection is live: what gets the label comes in, what loses it goes.
    let want = driver.list(&maps.name, &[&space], "tier=front", "");
    driver.settled(&want).await;
    let names = |driver: &Driver| -> String {
        let names = driver.of(&want).names();
        names.into_keys().map(|(_, name)| name).collect::<Vec<_>>().join(" ")
    };
    for (name, tier, expected) in [
        ("d", json!("front"), "a d"),
        ("a", json!("back"), "d"),
        ("d", json!(null), ""),
    ] {
        let patch = json!({"metadata": {"labels": {"tier": tier}}});
        driver.meanwhile(second.patch(&maps, &space, name, &patch)).await;
        let what = format!("the selection is {expected:?}");
        driver
            .until(&what, 5, |driver| (names(driver) == expected).then_some(()))
            .await;
    }
    // What a server cannot select by is said, by both.
    for (labels, fields) in [("", "spec.nothing=1"), ("a in b", ""), ("-x-=1", "")] {
        let ask = Ask {
            namespace: Some(&space),
            labels,
            fields,
        };
        driver.meanwhile(second.get(&maps, ask)).await.expect_err(fields);
        let want = driver.list(&maps.name, &[&space], labels, fields);
        let said = |driver: &Driver| match driver.of(&want).phase() {
            Phase::Stopped(failure) | Phase::Backoff { failure, .. } => Some(failure.message.as_str().to_owned()),
            _ => None,
        };
        let words = driver.until("the refusal is said", 10, said).await;
        assert!(!words.is_empty());
        driver.close(&want);
    }
}
