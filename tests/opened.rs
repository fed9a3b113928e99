//! One object that is open: live, whole, with few rights, and through its end. The same on the demo and on the real cluster;
//! that one is named by `PORTOLAN_TEST_KUBECONFIG`, and without it that half says so and passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it is skipped"
)]

mod support;

use portolan::kinds::{Resource, Whole};
use portolan::msg::{FailureKind, Phase};
use portolan::want::{ListWant, Shape};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::world::{LABEL, context_of};
use support::{Driver, World};

/// The list of one whole object.
fn open(driver: &mut Driver, resource: &Resource, namespace: &str, name: &str) -> ListWant {
    let namespaces: Vec<&str> = if resource.namespaced {
        vec![namespace]
    } else {
        Vec::new()
    };
    driver.list_as(
        Shape::Whole,
        &resource.name,
        &namespaces,
        "",
        &format!("metadata.name={name}"),
    )
}

/// The object, when it is there.
fn whole(driver: &Driver, want: &ListWant) -> Option<Arc<Whole>> {
    let table = &driver.of(want).table;
    let there = |id: &portolan::store::RowId| !matches!(table.mark(*id), portolan::store::Mark::Gone(_));
    let rows: Vec<_> = table.ids().filter(there).filter_map(|id| table.row(id)).collect();
    assert!(rows.len() <= 1, "one name, one object: {}", rows.len());
    rows.first()?.whole.clone()
}

async fn is(driver: &mut Driver, want: &ListWant, what: &str, test: impl Fn(&Value) -> bool) -> Value {
    let seen = |driver: &Driver| {
        whole(driver, want)
            .filter(|whole| test(&whole.value))
            .map(|whole| whole.value.clone())
    };
    driver.until(what, 15, seen).await
}

async fn namespace(driver: &Driver, world: &World, name: &str) {
    let object =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {(LABEL): world.run}}});
    world.second.create(&driver.resource("", "namespaces"), &object).await;
}

fn config_map(space: &str, value: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "opened", "namespace": space}, "data": {"key": value}})
}

/// Opened, changed by the other client, deleted, and made anew under its name.
async fn an_open_object_is_live(world: World) {
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    let space = world.namespace("opened");
    namespace(&driver, &world, &space).await;
    let maps = driver.resource("", "configmaps");
    let second = world.second.clone();
    driver.meanwhile(second.create(&maps, &config_map(&space, "one"))).await;
    let want = open(&mut driver, &maps, &space, "opened");
    let first = is(&mut driver, &want, "it is there", |value| value["data"]["key"] == "one").await;
    assert_eq!(
        (&first["apiVersion"], &first["kind"]),
        (&json!("v1"), &json!("ConfigMap")),
        "a list's items leave these out"
    );
    driver.settled(&want).await;
    assert_eq!(driver.of(&want).phase(), &Phase::Watching);
    let began = Instant::now();
    let patch = json!({"data": {"key": "two", "other": "new"}});
    driver.meanwhile(second.patch(&maps, &space, "opened", &patch)).await;
    let second_state = is(&mut driver, &want, "the change is seen", |value| {
        value["data"]["key"] == "two"
    })
    .await;
    println!(
        "{}: a change was seen {:?} after it was asked for",
        world.name,
        began.elapsed()
    );
    assert_eq!(second_state["kind"], "ConfigMap");
    let found = portolan::text::changes(&first, &second_state);
    let paths: Vec<&str> = found
        .iter()
        .map(|change| change.path.as_str())
        .filter(|path| path.starts_with("data"))
        .collect();
    assert_eq!(paths, ["data.key", "data.other"]);
    driver.meanwhile(second.delete(&maps, &space, "opened")).await;
    driver
        .until("it is gone", 15, |driver| whole(driver, &want).is_none().then_some(()))
        .await;
    driver
        .meanwhile(second.create(&maps, &config_map(&space, "three")))
        .await;
    let third = is(&mut driver, &want, "another one has its name", |value| {
        value["data"]["key"] == "three"
    })
    .await;
    assert_ne!(third["metadata"]["uid"], first["metadata"]["uid"]);
    // What belongs to the cluster, what is not there, and what cannot be watched.
    let spaces = driver.resource("", "namespaces");
    let own = open(&mut driver, &spaces, "", &space);
    assert_eq!(
        is(&mut driver, &own, "the namespace", |_| true).await["kind"],
        "Namespace"
    );
    let missing = open(&mut driver, &maps, &space, "nowhere");
    driver.settled(&missing).await;
    assert!(whole(&driver, &missing).is_none());
    let parts = driver.resource("", "componentstatuses");
    let part = open(&mut driver, &parts, "", "etcd-0");
    driver.settled(&part).await;
    assert!(
        matches!(driver.of(&part).phase(), Phase::Polling { .. }),
        "{:?}",
        driver.of(&part).phase()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_object_is_live_in_the_demo() {
    an_open_object_is_live(World::demo_in_memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_object_is_live_in_the_old_demo() {
    an_open_object_is_live(World::old_demo_in_memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_object_is_live_on_the_real_cluster() {
    if let Some(world) = World::real() {
        an_open_object_is_live(world).await;
    }
}

/// The real cluster's user without rights gets `get` of one name, and nothing else; then not even that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_be_got_alone_is_shown_all_the_same() {
    let Some(world) = World::real() else { return };
    let _cleanup = world.cleanup();
    let kubeconfig = std::env::var_os("PORTOLAN_TEST_KUBECONFIG").unwrap();
    let viewer = Path::new(&kubeconfig).with_file_name("viewer.kubeconfig");
    if !viewer.exists() {
        println!("skipped: there is no {}", viewer.display());
        return;
    }
    let admin = Driver::connected(world.way.clone()).await;
    let space = world.namespace("granted");
    namespace(&admin, &world, &space).await;
    let maps = admin.resource("", "configmaps");
    let (roles, bindings) = (
        admin.resource("rbac.authorization.k8s.io", "roles"),
        admin.resource("rbac.authorization.k8s.io", "rolebindings"),
    );
    let second = world.second.clone();
    second.create(&maps, &config_map(&space, "one")).await;
    let role = |verbs: &[&str]| {
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "one", "namespace": space},
            "rules": [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["opened"], "verbs": verbs}]})
    };
    second.create(&roles, &role(&["get"])).await;
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "one", "namespace": space},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "one"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}]});
    second.create(&bindings, &binding).await;
    drop(admin);
    let mut driver = Driver::connected(context_of(&viewer)).await;
    // The authoriser takes a moment to know.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let want = open(&mut driver, &maps, &space, "opened");
    is(&mut driver, &want, "it is got", |value| {
        value["data"]["key"] == "one" && value["kind"] == "ConfigMap"
    })
    .await;
    let polling = |driver: &Driver| match driver.of(&want).phase() {
        Phase::Polling { reason, every } => Some((reason.as_str().to_owned(), *every)),
        _ => None,
    };
    let (reason, every) = driver.until("it is polled", 5, polling).await;
    assert_eq!(
        (reason.as_str(), every),
        ("it may be read but neither listed nor watched", Duration::from_secs(5))
    );
    driver
        .meanwhile(second.patch(&maps, &space, "opened", &json!({"data": {"key": "two"}})))
        .await;
    is(&mut driver, &want, "the change is seen by the next poll", |value| {
        value["data"]["key"] == "two"
    })
    .await;
    // Another object of that kind stays forbidden, and the words are about this user and what was asked.
    let other = open(&mut driver, &maps, &space, "other");
    let stopped = |driver: &Driver| match driver.of(&other).phase() {
        Phase::Stopped(failure) => Some(failure.clone()),
        _ => None,
    };
    let failure = driver.until("the other is forbidden", 15, stopped).await;
    assert_eq!(failure.kind, FailureKind::Forbidden);
    let words = failure.message.as_str();
    assert!(
        words.contains("viewer") && words.contains("cannot get") && words.contains("configmaps"),
        "{words}"
    );
    // With the right to list and watch that one name it is live.
    driver
        .meanwhile(second.patch(
            &roles,
            &space,
            "one",
            &json!({"rules": role(&["get", "list", "watch"])["rules"]}),
        ))
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    driver.of(&want).handle.retry();
    let live = |driver: &Driver| (driver.of(&want).phase() == &Phase::Watching).then_some(());
    driver.until("it is watched once it may be", 15, live).await;
}
