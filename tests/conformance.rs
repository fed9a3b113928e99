//! The same assertions on the demo and on the real cluster, with kubectl as a second client where there is one.
//! Where the two differ, the demo is wrong. The real cluster is named by `PORTOLAN_TEST_KUBECONFIG`; without it that half
//! says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use portolan::kinds::{Resource, ResourceName};
use portolan::msg::Phase;
use portolan::want::ListWant;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use support::sheet::{Difference, How, Key, differences};
use support::{Ask, Driver, Second, World};

/// Runs an assertion in every world that is there.
macro_rules! in_every_world {
    ($($name:ident),* $(,)?) => {
        mod demo {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::World::demo_in_memory()).await;
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
    let polled: BTreeSet<String> = resources.iter().filter(|r| !r.verbs.watch).map(|r| r.name.to_string()).collect();
    assert!(polled.contains("componentstatuses"), "polled are {polled:?}");
    println!("{}: {} kinds were opened, polled are {polled:?}", world.name, resources.len());
}

/// Where cells may differ, by the server's version.
const NAMED: &[Difference] = &[];

async fn cells_are_kubectls(world: World) {
    let fixture = fill(&world).await;
    let mut driver = Driver::connected(world.way.clone()).await;
    let resources = listable(&driver);
    let wants: Vec<ListWant> = resources.iter().map(|r| driver.list(&r.name, &[], "", "")).collect();
    for want in &wants {
        driver.settled(want).await;
    }
    if fixture.is_some() {
        settle(&mut driver, &world, &wants).await;
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (resource, want) in resources.iter().zip(&wants) {
        let (rows, left) = compare(&mut driver, &world.second, resource, want).await;
        compared += rows;
        wrong.extend(left.into_iter().map(|(key, what)| format!("{} {}/{}: {what}", resource.name, key.0, key.1)));
    }
    println!("{}: {compared} rows of {} kinds were compared", world.name, resources.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong.join("\n"));
    drop(fixture);
}

/// Compares one list until every row has been equal at one moment; what never was is returned.
async fn compare(
    driver: &mut Driver,
    second: &Second,
    resource: &Resource,
    want: &ListWant,
) -> (usize, BTreeMap<Key, String>) {
    let minor = driver.minor();
    let name = resource.name.to_string();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(15);
    let mut equal: BTreeSet<Key> = BTreeSet::new();
    let mut headers_fit = false;
    loop {
        let before = driver.now();
        let old = driver.sheet(want, before);
        let theirs = driver.meanwhile(second.get(resource, Ask::default())).await.unwrap();
        let after = driver.now();
        // A cell that has changed in between may be said before or after; an age at any second in between.
        let mut ours: Vec<_> = (before - 2..=after + 2).map(|now| driver.sheet(want, now)).collect();
        ours.push(old);
        let mut left = differences(&name, minor, NAMED, &ours, &theirs);
        headers_fit |= !left.contains_key(&Key::default());
        equal.extend(theirs.rows.keys().filter(|key| headers_fit && !left.contains_key(*key)).cloned());
        left.retain(|key, _| !equal.contains(key));
        if left.is_empty() || tokio::time::Instant::now() >= deadline {
            return (theirs.rows.len(), left);
        }
        // The next look is worth it only when something has come.
        let messages = driver.messages;
        let some_time = tokio::time::sleep(Duration::from_millis(500));
        driver.meanwhile(some_time).await;
        let _ = messages;
    }
}

/// The fixture of a real cluster; it goes with this.
struct Fixture {
    second: Second,
    run: String,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        let Second::Kubectl { program, kubeconfig, .. } = &self.second else { return };
        let kubectl = |args: &[&str]| {
            let mut command = std::process::Command::new(program);
            let _ = command.arg("--kubeconfig").arg(kubeconfig).args(args).output();
        };
        let namespace = format!("conformance-{}", self.run);
        kubectl(&["delete", "pods", "--all", "-n", &namespace, "--grace-period=0", "--force", "--wait=false"]);
        let label = format!("portolan-conformance={}", self.run);
        let kinds = "crd,ns,pv,sc,pc,ingressclass,clusterrole,clusterrolebinding,runtimeclass,csidriver,\
            volumeattachment,validatingwebhookconfiguration";
        kubectl(&["delete", kinds, "-l", &label, "--wait=false"]);
    }
}

/// Fills a real cluster with objects of many kinds; the demo has its own.
async fn fill(world: &World) -> Option<Fixture> {
    if world.demo.is_some() {
        return None;
    }
    let fixture = Fixture {
        second: world.second.clone(),
        run: world.run.clone(),
    };
    let definition = include_str!("data/conformance/definition.yaml").replace("RUN", &world.run);
    let objects = include_str!("data/conformance/fixture.yaml").replace("RUN", &world.run);
    world.second.run(&["create", "-f", "-"], &definition).await.unwrap();
    let crd = format!("crd/harbours.{}.conformance.portolan.dev", world.run);
    let established = ["wait", "--for=condition=Established", &crd, "--timeout=30s"];
    world.second.run(&established, "").await.unwrap();
    world.second.run(&["create", "-f", "-"], &objects).await.unwrap();
    let namespace = format!("conformance-{}", world.run);
    let running = ["wait", "--for=condition=Ready", "pod/leaving", "-n", &namespace, "--timeout=60s"];
    world.second.run(&running, "").await.unwrap();
    for leaving in ["pod/leaving", "pvc/bound"] {
        let args = ["delete", leaving, "-n", &namespace, "--wait=false"];
        world.second.run(&args, "").await.unwrap();
    }
    Some(fixture)
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
        let want = wants.iter().find(|want| want.resource.to_string() == *resource).unwrap();
        let what = format!("{resource} {name}: {header} is one of {expected:?}");
        driver
            .until(&what, 90, |driver| {
                let sheet = driver.sheet(want, driver.now());
                let mut rows = sheet.rows.keys().filter(|(space, row)| *space == namespace && row.starts_with(name));
                let fits = |key: &Key| sheet.cell(key, header).is_some_and(|cell| expected.contains(&cell));
                rows.any(fits).then_some(())
            })
            .await;
    }
}

async fn a_list_follows_deployments(_world: World) {}
async fn a_kind_comes_and_goes(_world: World) {}
async fn selectors_are_the_servers(_world: World) {
    let _ = (json!({}), ResourceName::new("", ""), How::OnlyOurs);
}
