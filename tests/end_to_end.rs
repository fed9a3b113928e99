//! What happens when a real cluster fails: its API server goes away and comes back, hangs, forgets its history, or
//! grants little. The cluster is named by `PORTOLAN_TEST_KUBECONFIG`, and the folder with its `restart` by
//! `PORTOLAN_TEST_CLUSTER`; without them these tests say so and pass. Run them one at a time: they stop what all share.
//! One file: these tests take turns by one lock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use portolan::kinds::{Resource, ResourceName, Uid};
use portolan::msg::{FailureKind, LogMark, Phase};
use portolan::want::{ListWant, LogStart, LogWant};
use serde_json::json;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use support::world::{LABEL, context_of};
use support::{Ask, Driver, World};
use tokio::sync::{Mutex, MutexGuard};

/// Only one of these tests at a time, whatever the number of threads.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The real cluster and the scripts around it.
struct Real {
    world: World,
    scripts: PathBuf,
    data: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

async fn real() -> Option<Real> {
    let alone = ONE_AT_A_TIME.lock().await;
    let world = World::real()?;
    let Some(scripts) = std::env::var_os("PORTOLAN_TEST_CLUSTER").map(PathBuf::from) else {
        println!("skipped: it is not said how the cluster is restarted (set PORTOLAN_TEST_CLUSTER)");
        return None;
    };
    let kubeconfig = PathBuf::from(std::env::var_os("PORTOLAN_TEST_KUBECONFIG")?);
    Some(Real {
        world,
        scripts,
        data: kubeconfig.parent()?.to_owned(),
        _alone: alone,
    })
}

impl Real {
    fn pid(&self, component: &str) -> String {
        let file = self.data.join("pid").join(component);
        std::fs::read_to_string(file).unwrap().trim().to_owned()
    }

    /// A namespace with config maps `a`, `b` and `c`.
    async fn fill(&self, driver: &Driver, what: &str) -> String {
        let name = self.world.namespace(what);
        let namespaces = driver.resource("", "namespaces");
        let object = json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {(LABEL): self.world.run}}});
        self.world.second.create(&namespaces, &object).await;
        let maps = driver.resource("", "configmaps");
        for map in ["a", "b", "c"] {
            self.create(&maps, &name, map).await;
        }
        name
    }

    async fn create(&self, maps: &Resource, namespace: &str, name: &str) {
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": namespace}, "data": {"key": "value"}});
        self.world.second.create(maps, &object).await;
    }
}

/// Stops a process for as long as this lives.
struct Stopped(String);

impl Stopped {
    fn stop(pid: String) -> Stopped {
        signal("-STOP", &pid);
        Stopped(pid)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        signal("-CONT", &self.0);
    }
}

fn signal(signal: &str, pid: &str) {
    let status = std::process::Command::new("kill").args([signal, pid]).status();
    assert!(status.unwrap().success(), "kill {signal} {pid}");
}

/// The config maps of ours (a cluster may put one of its own into every namespace).
fn maps(driver: &Driver, want: &ListWant) -> String {
    let names = driver.of(want).names();
    let names: Vec<String> = names
        .into_iter()
        .flat_map(|((_, name), count)| std::iter::repeat_n(name, count))
        .filter(|name| name != "kube-root-ca.crt")
        .collect();
    names.join(" ")
}

fn is_broken(phase: &Phase) -> bool {
    matches!(phase, Phase::Backoff { .. } | Phase::Waiting)
}

/// Whether this list shows that it is not live, or the session that its server is gone.
fn says_so(driver: &Driver, want: &ListWant) -> Option<()> {
    (is_broken(driver.of(want).phase()) || driver.server.is_none()).then_some(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_goes_away_for_20_seconds() {
    let Some(real) = real().await else { return };
    let _cleanup = real.world.cleanup();
    let mut driver = Driver::connected(real.world.way.clone()).await;
    let space = real.fill(&driver, "restart").await;
    let config_maps = driver.resource("", "configmaps");
    let pods = driver.resource("", "pods");
    let here = driver.list(&config_maps.name, &[&space], "", "");
    let everywhere = driver.list(&config_maps.name, &[], "", "");
    let lists = [here.clone(), everywhere.clone(), driver.list(&pods.name, &[], "", "")];
    for want in &lists {
        driver.settled(want).await;
    }
    driver
        .until("config maps a, b and c", 10, |driver| {
            (maps(driver, &here) == "a b c").then_some(())
        })
        .await;
    driver.count_fewest();
    let rows: Vec<usize> = lists.iter().map(|want| driver.of(want).table.counts().rows).collect();

    let killed = Instant::now();
    let mut restart = tokio::process::Command::new(real.scripts.join("restart"))
        .args(["apiserver", "--after", "20"])
        .env("CLUSTER_DATA", &real.data)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    for want in &lists {
        let what = format!("{} says that it is not live", want.resource);
        driver.until(&what, 2, |driver| says_so(driver, want)).await;
    }
    println!("said {} ms after the kill", killed.elapsed().as_millis());
    driver
        .until("the session says so", 2, |driver| driver.server.is_none().then_some(()))
        .await;
    for (want, rows) in lists.iter().zip(&rows) {
        assert_eq!(
            driver.of(want).table.counts().rows,
            *rows,
            "{}: rows stay",
            want.resource
        );
    }

    // Changes are made by another client as soon as the server answers again.
    let back = async {
        let ask = Ask::default();
        while real.world.second.get(&config_maps, ask).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Instant::now()
    };
    let back = driver.meanwhile(back).await;
    assert!(back - killed >= Duration::from_secs(19), "the server was away");
    for want in &lists {
        let what = format!("{} is live again", want.resource);
        driver
            .until(&what, 5, |driver| {
                (driver.server.is_some() && driver.of(want).is_settled()).then_some(())
            })
            .await;
    }
    println!(
        "live {} ms after the server answered kubectl",
        back.elapsed().as_millis()
    );
    let second = real.world.second.clone();
    driver.meanwhile(real.create(&config_maps, &space, "d")).await;
    driver.meanwhile(second.delete(&config_maps, &space, "b")).await;
    driver
        .until("what has changed since is shown", 10, |driver| {
            (maps(driver, &here) == "a c d").then_some(())
        })
        .await;
    for (want, rows) in lists.iter().zip(&rows) {
        let list = driver.of(want);
        assert!(list.fewest >= 1.min(*rows), "{} was empty for a while", want.resource);
        assert!(
            list.names().values().all(|count| *count == 1),
            "{}: no row twice",
            want.resource
        );
    }
    assert!(
        driver.of(&here).fewest >= 3,
        "{} rows were left for a while",
        driver.of(&here).fewest
    );
    let status = driver.meanwhile(restart.wait()).await.unwrap();
    assert!(status.success(), "the server was restarted");
}

/// How late a timer of 20 ms came at worst, in this process, since it was asked last.
struct Lateness(
    tokio::task::JoinHandle<()>,
    std::sync::Arc<std::sync::atomic::AtomicU64>,
);

impl Lateness {
    fn measure() -> Lateness {
        use std::sync::atomic::{AtomicU64, Ordering};
        let worst = std::sync::Arc::new(AtomicU64::new(0));
        let noted = worst.clone();
        let task = tokio::spawn(async move {
            let every = Duration::from_millis(20);
            loop {
                let due = Instant::now() + every;
                tokio::time::sleep(every).await;
                noted.fetch_max(due.elapsed().as_millis() as u64, Ordering::Relaxed);
            }
        });
        Lateness(task, worst)
    }

    fn end(self) -> Duration {
        self.0.abort();
        Duration::from_millis(self.1.load(std::sync::atomic::Ordering::Relaxed))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_server_hangs_in_the_middle_of_a_list() {
    let Some(real) = real().await else { return };
    let _cleanup = real.world.cleanup();
    let mut driver = Driver::connected(real.world.way.clone()).await;
    let space = real.fill(&driver, "hang").await;
    let ingresses = driver.resource("networking.k8s.io", "ingresses");
    let maps_resource = driver.resource("", "configmaps");
    let live = driver.list(&maps_resource.name, &[&space], "", "");
    driver.settled(&live).await;

    // 30 MB: far more than the sockets between hold.
    const MANY: usize = 150;
    let items: Vec<serde_json::Value> = (0..MANY)
        .map(|number| {
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
                "metadata": {"name": format!("big-{number}"), "namespace": space, "annotations": {"ballast": "x".repeat(200_000)}},
                "spec": {"defaultBackend": {"service": {"name": "none", "port": {"number": 80}}}}})
        })
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string();
    let second = real.world.second.clone();
    driver
        .meanwhile(second.run(&["create", "-f", "-"], &list))
        .await
        .unwrap();

    let mut tries = 0;
    let (want, stopped) = loop {
        tries += 1;
        assert!(
            tries <= 10,
            "the list was always complete before the server could be stopped"
        );
        let want = driver.list(&ingresses.name, &[&space], "", "");
        driver
            .until("the first rows come", 20, |driver| {
                (driver.of(&want).table.counts().rows > 0).then_some(())
            })
            .await;
        let stopped = Stopped::stop(real.pid("apiserver"));
        // What is still on its way comes in; the list must not be complete by it.
        driver.meanwhile(tokio::time::sleep(Duration::from_millis(500))).await;
        if !driver.of(&want).table.is_complete() {
            break (want, stopped);
        }
        drop(stopped);
        driver.close(&want);
    };
    let hung = Instant::now();
    let seen = driver.of(&want).table.counts().rows;
    println!("stopped after {seen} of {MANY} rows");
    let lateness = Lateness::measure();
    driver
        .until("the dead link is noticed", 15, |driver| says_so(driver, &live))
        .await;
    println!("noticed after {} ms", hung.elapsed().as_millis() + 500);
    driver
        .until("the list that hangs says so", 15, |driver| says_so(driver, &want))
        .await;
    assert!(hung.elapsed() < Duration::from_secs(15));
    let late = lateness.end();
    assert!(late < Duration::from_millis(250), "timers were {late:?} late");
    assert!(driver.of(&want).table.counts().rows >= seen, "rows stay");
    assert_eq!(maps(&driver, &live), "a b c", "rows stay");

    drop(stopped);
    driver
        .until("the list is complete", 20, |driver| {
            let list = driver.of(&want);
            (list.is_settled() && list.table.counts().rows == MANY).then_some(())
        })
        .await;
    driver.settled(&live).await;
    driver.meanwhile(real.create(&maps_resource, &space, "d")).await;
    driver
        .until("the other list is live", 10, |driver| {
            (maps(driver, &live) == "a b c d").then_some(())
        })
        .await;
}

/// Asks etcd, through its JSON gateway (an etcdctl is not there everywhere).
async fn etcd(path: &str, body: &serde_json::Value) -> serde_json::Value {
    let out = tokio::process::Command::new("curl")
        .args(["-sf", "-X", "POST", "-d", &body.to_string()])
        .arg(format!("http://127.0.0.1:12379/v3/{path}"))
        .output()
        .await
        .unwrap();
    assert!(out.status.success(), "etcd {path}: {out:?}");
    serde_json::from_slice(&out.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_is_forgotten() {
    let Some(real) = real().await else { return };
    let _cleanup = real.world.cleanup();
    let mut driver = Driver::connected(real.world.way.clone()).await;
    let space = real.fill(&driver, "expired").await;
    let config_maps = driver.resource("", "configmaps");
    let want = driver.list(&config_maps.name, &[&space], "", "");
    driver.settled(&want).await;
    driver
        .until("config maps a, b and c", 10, |driver| {
            (maps(driver, &want) == "a b c").then_some(())
        })
        .await;
    driver.count_fewest();
    // While the server is away the store goes on and forgets: the version that the watch would resume from is too old
    // for the server that comes back.
    let away = Stopped::stop(real.pid("apiserver"));
    let mut revision = String::new();
    for _ in 0..5 {
        // base64 of "portolan" and "test"
        let put = etcd("kv/put", &json!({"key": "cG9ydG9sYW4=", "value": "dGVzdA=="})).await;
        revision = put["header"]["revision"].as_str().unwrap().to_owned();
    }
    etcd("kv/compaction", &json!({"revision": revision, "physical": true})).await;
    etcd("kv/deleterange", &json!({"key": "cG9ydG9sYW4="})).await;
    drop(away);
    let restart = tokio::process::Command::new(real.scripts.join("restart"))
        .args(["apiserver", "--after", "0"])
        .env("CLUSTER_DATA", &real.data)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(driver.meanwhile(restart).await.unwrap().success());
    let relisted = |driver: &Driver| {
        let list = driver.of(&want);
        let reason = list.phases.iter().find_map(|(_, _, phase)| match phase {
            Phase::Relisting { reason, .. } => Some(reason.as_str().to_owned()),
            _ => None,
        });
        reason.filter(|_| list.is_settled())
    };
    let reason = driver.until("the list was read again", 30, relisted).await;
    println!("read again: {reason}");
    let second = real.world.second.clone();
    driver.meanwhile(real.create(&config_maps, &space, "d")).await;
    driver.meanwhile(second.delete(&config_maps, &space, "a")).await;
    driver
        .until("what has changed since is shown", 10, |driver| {
            (maps(driver, &want) == "b c d").then_some(())
        })
        .await;
    assert!(
        driver.of(&want).fewest >= 3,
        "{} rows were left for a while",
        driver.of(&want).fewest
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_with_few_rights() {
    let Some(real) = real().await else { return };
    let _cleanup = real.world.cleanup();
    let viewer = context_of(&real.data.join("viewer.kubeconfig"));
    let mut driver = Driver::connected(viewer).await;
    let granted = real.fill(&driver, "granted").await;
    let other = real.fill(&driver, "other").await;
    let second = real.world.second.clone();
    let rights = |rules: serde_json::Value| {
        json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
                "metadata": {"name": "viewer", "namespace": granted}, "rules": rules},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": "viewer", "namespace": granted},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "viewer"},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}]}]})
        .to_string()
    };
    let few = rights(json!([
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["list"]}]));
    driver.meanwhile(second.run(&["apply", "-f", "-"], &few)).await.unwrap();

    let (pods, accounts) = (driver.resource("", "pods"), driver.resource("", "serviceaccounts"));
    let (config_maps, namespaces) = (driver.resource("", "configmaps"), driver.resource("", "namespaces"));
    let forbidden = |driver: &Driver, want: &ListWant, source: usize| match &driver.of(want).table.sources()[source]
        .phase
    {
        Phase::Stopped(failure) if failure.kind == FailureKind::Forbidden => Some(failure.message.as_str().to_owned()),
        _ => None,
    };
    // What is forbidden is said, in the server's words.
    for want in [
        driver.list(&namespaces.name, &[], "", ""),
        driver.list(&config_maps.name, &[], "", ""),
        driver.list(&pods.name, &[&granted], "", ""),
    ] {
        let what = format!("{} {:?} is forbidden", want.resource, want.scope);
        let words = driver.until(&what, 10, |driver| forbidden(driver, &want, 0)).await;
        assert!(
            words.contains("viewer") && words.contains(want.resource.resource.as_str()),
            "{words}"
        );
        assert!(driver.server.is_some(), "the connection is as good as before");
        driver.close(&want);
    }
    // What is granted works, without the right to list namespaces.
    let here = driver.list(&config_maps.name, &[&granted], "", "");
    driver.settled(&here).await;
    assert!(matches!(driver.of(&here).phase(), Phase::Watching));
    driver.meanwhile(real.create(&config_maps, &granted, "d")).await;
    driver
        .until("it is live", 5, |driver| {
            (maps(driver, &here) == "a b c d").then_some(())
        })
        .await;
    // Of two namespaces one is granted: its rows are there, and the other says what is wrong.
    let mut both = [granted.as_str(), other.as_str()];
    both.sort_unstable();
    let at = |name: &str| both.iter().position(|other| *other == name).unwrap();
    let want = driver.list(&config_maps.name, &both, "", "");
    driver
        .until("the other is forbidden", 10, |driver| {
            forbidden(driver, &want, at(&other))
        })
        .await;
    driver
        .until("the granted one is there", 10, |driver| {
            let live = matches!(driver.of(&want).table.sources()[at(&granted)].phase, Phase::Watching);
            (live && maps(driver, &want) == "a b c d").then_some(())
        })
        .await;
    // A list that may not be watched is polled, and says so.
    let polled = driver.list(&accounts.name, &[&granted], "", "");
    let reason = |driver: &Driver| match driver.of(&polled).phase() {
        Phase::Polling { reason, .. } => Some(reason.as_str().to_owned()),
        _ => None,
    };
    let reason = driver.until("it is polled", 10, reason).await;
    println!("polled: {reason}");
    // A controller makes the account; it may be busy, and the list is read every few seconds.
    driver
        .until("the account default", 60, |driver| {
            (driver.of(&polled).names().len() == 1).then_some(())
        })
        .await;
    // Nor may definitions be watched: a new kind is found all the same.
    let group = format!("{}.few.conformance.portolan.dev", real.world.run);
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("buoys.{group}"), "labels": {(LABEL): real.world.run}},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": "Buoy", "plural": "buoys", "singular": "buoy"},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object"}}}]}});
    driver
        .meanwhile(second.run(&["create", "-f", "-"], &definition.to_string()))
        .await
        .unwrap();
    let buoys = ResourceName::new(&group, "buoys");
    driver
        .until("the new kind is found", 10, |driver| {
            driver.catalog().find(&buoys).map(|_| ())
        })
        .await;
    // 403 is final until the user tries again.
    let refused = driver.list(&pods.name, &[&granted], "", "");
    driver
        .until("pods are forbidden", 10, |driver| forbidden(driver, &refused, 0))
        .await;
    let more =
        rights(json!([{"apiGroups": [""], "resources": ["configmaps", "pods"], "verbs": ["get", "list", "watch"]}]));
    driver
        .meanwhile(second.run(&["apply", "-f", "-"], &more))
        .await
        .unwrap();
    let mut tries = 0;
    while !driver.of(&refused).is_settled() {
        tries += 1;
        assert!(tries < 20, "pods were granted: {:?}", driver.of(&refused).phase());
        let before = driver.of(&refused).phases.len();
        driver.of(&refused).handle.retry();
        driver
            .until("the retry is answered", 10, |driver| {
                let list = driver.of(&refused);
                let answered = matches!(list.phases.last(), Some((_, _, Phase::Stopped(_) | Phase::Watching)));
                (answered && list.phases.len() > before).then_some(())
            })
            .await;
        // The server takes a moment to know its new rules.
        driver.meanwhile(tokio::time::sleep(Duration::from_millis(200))).await;
    }
}

/// Two hundred numbered lines a second; the number of lines written is the last word, unless the container is killed.
const WRITER: &str = r#"n=$(cat /dev/shm/n 2>/dev/null || echo 0); echo $((n+1)) >/dev/shm/n; i=0
trap 'echo "instance $n wrote $i"; exit 0' TERM
while true; do k=0; while [ $k -lt 20 ]; do k=$((k+1)); i=$((i+1)); echo "instance $n line $i of $HOSTNAME $REVISION"; done; usleep 90000; done"#;

/// The pods of a workload, each followed from the moment it is listed.
struct Followed {
    space: String,
    list: ListWant,
    logs: Vec<LogWant>,
}

impl Followed {
    /// Follows what is new, until `look` says so.
    async fn until(
        &mut self,
        driver: &mut Driver,
        what: &str,
        seconds: u64,
        look: impl Fn(&Driver, &Followed) -> bool,
    ) {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        while !look(driver, self) {
            for (name, uid) in driver.pods(&self.list) {
                if !self.logs.iter().any(|log| log.uid == uid) {
                    let pod = (self.space.as_str(), name.as_str(), &uid);
                    self.logs.push(driver.follow(pod, "main", LogStart::All, false));
                }
            }
            assert!(
                Instant::now() < deadline,
                "{what}: not within {seconds} s; {}",
                self.told(driver)
            );
            driver.meanwhile(tokio::time::sleep(Duration::from_millis(50))).await;
        }
    }

    fn told(&self, driver: &Driver) -> String {
        let told = |want: &LogWant| {
            let log = &driver.logs[want];
            let phase = log.phases.last().map(|phase| &phase.1);
            format!("\n{}: {} lines, {phase:?}, {:?}", want.pod, log.lines.len(), log.marks)
        };
        self.logs.iter().map(told).collect()
    }

    /// How many are read live at this moment and have brought lines.
    fn live(&self, driver: &Driver) -> usize {
        let live = |want: &&LogWant| driver.logs[*want].is_streaming() && driver.logs[*want].lines.len() > 200;
        self.logs.iter().filter(live).count()
    }

    fn lines(&self, driver: &Driver) -> usize {
        self.logs.iter().map(|want| driver.logs[want].lines.len()).sum()
    }
}

/// The process of a pod's container on this machine.
fn process_of(pod: &str) -> Option<String> {
    let wanted = format!("HOSTNAME={pod}");
    let ids = std::fs::read_dir("/proc").ok()?.flatten();
    let mut ids: Vec<u32> = ids
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    ids.sort_unstable();
    let found = ids.into_iter().find(|id| {
        let shell = std::fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.starts_with(b"sh\0-c\0"));
        let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        shell
            && environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == wanted.as_bytes())
    });
    found.map(|id| id.to_string())
}

/// How many lines the runtime has written down for an instance of a container.
fn written(space: &str, pod: &str, uid: &Uid, instance: u32) -> usize {
    let file = format!("/var/log/pods/{space}_{pod}_{uid}/main/{instance}.log");
    std::fs::read(&file)
        .unwrap_or_default()
        .split_inclusive(|byte| *byte == b'\n')
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_line_of_a_workload_is_read_once_and_in_order() {
    let Some(real) = real().await else { return };
    let _cleanup = real.world.cleanup();
    let mut driver = Driver::connected(real.world.way.clone()).await;
    let space = real.world.namespace("lines");
    let namespaces = driver.resource("", "namespaces");
    let object = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": space, "labels": {(LABEL): real.world.run}}});
    real.world.second.create(&namespaces, &object).await;
    let deployments = driver.resource("apps", "deployments");
    let labels = json!({"app": "writer"});
    let object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "writer", "namespace": space},
        "spec": {"replicas": 3, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels},
            "spec": {"terminationGracePeriodSeconds": 10, "containers": [{"name": "main", "image": "busybox:1.35", "imagePullPolicy": "IfNotPresent",
                "command": ["sh", "-c", WRITER], "env": [{"name": "REVISION", "value": "one"}]}]}}}});
    real.world.second.create(&deployments, &object).await;
    let pods = driver.resource("", "pods");
    let list = driver.list(&pods.name, &[&space], "app=writer", "");
    let mut followed = Followed {
        space: space.clone(),
        list,
        logs: Vec::new(),
    };
    followed
        .until(&mut driver, "three pods are read", 60, |driver, followed| {
            followed.live(driver) == 3
        })
        .await;
    let before = followed.lines(&driver);
    let since = Instant::now();
    driver.meanwhile(tokio::time::sleep(Duration::from_secs(3))).await;
    let rate = (followed.lines(&driver) - before) as f64 / since.elapsed().as_secs_f64();
    println!("{rate:.0} lines a second");

    // One container is killed: it has no last word.
    let victim = followed.logs[0].clone();
    let process = process_of(victim.pod.as_str()).expect("the container runs on this machine");
    signal("-KILL", &process);
    followed
        .until(&mut driver, "the next instance is read", 40, |driver, _| {
            let log = &driver.logs[&victim];
            log.marks
                .iter()
                .any(|mark| matches!(mark.1, LogMark::Restarted(_)) && log.lines.len() > mark.0 + 200)
        })
        .await;
    let killed_after = written(&space, victim.pod.as_str(), &victim.uid, 0);

    // A new template: three pods come, three go.
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:1.27", "env": [{"name": "REVISION", "value": "two"}]}]}}}});
    let args = [
        "patch",
        "deployment",
        "writer",
        "-n",
        &space,
        "--type",
        "strategic",
        "-p",
        &patch.to_string(),
    ];
    driver.meanwhile(real.world.second.run(&args, "")).await.unwrap();
    followed
        .until(&mut driver, "the rollout", 120, |driver, followed| {
            let old = followed.logs.iter().take(3).all(|want| driver.logs[want].has_ended());
            old && followed.logs.len() >= 6
                && followed.live(driver) == 3
                && driver.of(&followed.list).names().len() == 3
        })
        .await;

    // The API server goes away and comes back.
    let mut restart = tokio::process::Command::new(real.scripts.join("restart"))
        .args(["apiserver", "--after", "3"])
        .env("CLUSTER_DATA", &real.data)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let reconnected = |driver: &Driver, want: &LogWant| {
        driver.logs[want]
            .marks
            .iter()
            .any(|mark| mark.1 == LogMark::Reconnected)
    };
    followed
        .until(&mut driver, "the logs go on", 60, |driver, followed| {
            followed.logs.iter().skip(3).all(|want| reconnected(driver, want)) && followed.live(driver) == 3
        })
        .await;
    assert!(driver.meanwhile(restart.wait()).await.unwrap().success());
    driver.meanwhile(tokio::time::sleep(Duration::from_secs(2))).await;
    let args = ["scale", "deployment", "writer", "-n", &space, "--replicas=0"];
    driver.meanwhile(real.world.second.run(&args, "")).await.unwrap();
    followed
        .until(&mut driver, "the end of all", 60, |driver, followed| {
            followed.logs.iter().all(|want| driver.logs[want].has_ended())
        })
        .await;

    println!("{}", followed.told(&driver));
    let mut counted = 0;
    for want in &followed.logs {
        let log = &driver.logs[want];
        assert!(
            !log.marks.iter().any(|mark| matches!(mark.1, LogMark::Gap(_))),
            "{}",
            followed.told(&driver)
        );
        let revision = if followed.logs.iter().take(3).any(|old| old == want) {
            "one"
        } else {
            "two"
        };
        let texts = log.texts();
        let mut texts = texts.iter().peekable();
        let instances = if *want == victim { 2 } else { 1 };
        for instance in 0..instances {
            let mut number = 0;
            let last = format!("instance {instance} wrote");
            while let Some(text) = texts.next_if(|text| text.starts_with(&format!("instance {instance} line"))) {
                number += 1;
                assert_eq!(
                    *text,
                    format!("instance {instance} line {number} of {} {revision}", want.pod)
                );
            }
            counted += number;
            match instance + 1 < instances {
                true => assert_eq!(number, killed_after, "the instance that was killed"),
                false => assert_eq!(texts.next(), Some(&format!("{last} {number}")), "{}", want.pod),
            }
        }
        assert_eq!(texts.next(), None, "{}", want.pod);
    }
    println!(
        "{counted} lines of {} containers, each once and in order",
        followed.logs.len()
    );
}
