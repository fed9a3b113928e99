//! Tests of the Events tab.

use super::made_by;
use crate::screens::detail::Detail;
use crate::screens::detail::testing::{World, named};
use crate::screens::testing::{drawn, every_size, run, shared};
use crate::screens::{Ctx, ObjectName, Popup, Request, Screen, Shared, Tab};
use crate::text::format_time;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_000;

fn event(name: &str, kind: &str, about: &str, warning: bool, reason: &str, message: &str, ago: i64) -> Value {
    let at = |ago: i64| format_time(NOW - ago);
    json!({"metadata": {"name": name, "namespace": "shop"}, "type": if warning {"Warning"} else {"Normal"}, "reason": reason, "message": message,
        "involvedObject": {"kind": kind, "apiVersion": if kind == "Pod" {"v1"} else {"apps/v1"}, "namespace": "shop", "name": about, "uid": format!("{}s-{about}", kind.to_lowercase())},
        "firstTimestamp": at(ago + 600), "lastTimestamp": at(ago), "count": 3})
}

fn shop() -> World {
    let mut world = World::default();
    let labels = json!({"app": "cart"});
    world.add(
        "apps",
        "deployments",
        json!({"metadata": {"name": "cart", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {}}}}),
    );
    world.add("apps", "replicasets", json!({"metadata": {"name": "cart-1", "namespace": "shop", "labels": labels,
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "cart", "uid": "deployments-cart", "controller": true}]},
        "spec": {"selector": {"matchLabels": labels}}}));
    world.add("", "pods", json!({"metadata": {"name": "cart-1-a", "namespace": "shop"}, "spec": {"containers": []}, "status": {"phase": "Running"}}));
    for (index, event) in [
        event(
            "e1",
            "Deployment",
            "cart",
            false,
            "ScalingReplicaSet",
            "Scaled up to 3",
            300,
        ),
        event("e2", "ReplicaSet", "cart-1", true, "FailedCreate", "no quota", 200),
        event("e3", "Pod", "cart-1-a", true, "BackOff", "restarting after 10s", 120),
        event("e4", "Pod", "cart-1-a", true, "BackOff", "restarting after 20s", 20),
        event("e5", "Pod", "cart-1-gone", false, "Killing", "Stopping container", 50),
        event("e6", "Pod", "cart-other-1", true, "Elsewhere", "not ours", 5),
        event("e7", "Deployment", "other", true, "Elsewhere", "not ours", 5),
    ]
    .into_iter()
    .enumerate()
    {
        let _ = index;
        world.add("", "events", event);
    }
    world
}

fn open(world: &mut World, object: ObjectName) -> (Detail, Shared) {
    let mut shared = shared();
    let mut detail = Detail::new(object, Tab::Events);
    world.serve(&mut detail, &mut shared);
    (detail, shared)
}

fn lines(detail: &mut Detail, shared: &Shared) -> Vec<String> {
    let text = drawn(detail, shared, 160, 30);
    let lines = text
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().collect::<Vec<&str>>().join(" "));
    lines
        .filter(|line| line.starts_with(|letter: char| letter.is_ascii_digit() && !line.contains("kinds of events")))
        .collect()
}

#[test]
fn of_the_object_and_of_what_it_makes() {
    let mut world = shop();
    let (mut detail, shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    assert_eq!(
        lines(&mut detail, &shared),
        [
            "20s ▲ Warning BackOff pod/cart-1-a x6 restarting after 20s",
            "3m20s ▲ Warning FailedCreate replicaset/cart-1 x3 no quota",
            "50s Normal Killing pod/cart-1-gone x3 Stopping container",
            "5m Normal ScalingReplicaSet deployment/cart x3 Scaled up to 3",
        ]
    );
    run(&mut detail, &shared, "toggle_order");
    assert!(lines(&mut detail, &shared)[1].starts_with("50s"));
    run(&mut detail, &shared, "cycle_types");
    assert_eq!(lines(&mut detail, &shared).len(), 2);
    run(&mut detail, &shared, "clear_filter");
    assert_eq!(lines(&mut detail, &shared).len(), 4);
    let asked = run(&mut detail, &shared, "choose_reasons");
    let [Request::Popup(Popup::Picker(picker))] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(picker.items.len(), 4);
    let mut ctx = Ctx::new(&shared);
    detail.picked(picker.purpose, &["Killing".to_owned()], &mut ctx);
    assert_eq!(lines(&mut detail, &shared).len(), 1);
    assert!(drawn(&mut detail, &shared, 160, 30).contains("only Killing"));
}

#[test]
fn enter_leads_to_what_an_event_is_about() {
    let mut world = shop();
    let (mut detail, shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    assert!(
        run(&mut detail, &shared, "open_row").is_empty(),
        "headings lead nowhere"
    );
    run(&mut detail, &shared, "move_down");
    let asked = run(&mut detail, &shared, "open_row");
    assert!(matches!(asked.as_slice(), [Request::Follow { .. }]), "{asked:?}");
}

#[test]
fn pods_have_their_own_alone() {
    let mut world = shop();
    let (mut detail, shared) = open(&mut world, named("", "pods", "shop", "cart-1-a"));
    assert_eq!(
        lines(&mut detail, &shared),
        ["20s ▲ Warning BackOff pod/cart-1-a x6 restarting after 20s"]
    );
    let events = world.asked.iter().filter(|list| list.resource.resource == "events");
    assert!(
        events.into_iter().all(|list| !list.fields.is_empty()),
        "no list of the whole namespace"
    );
}

#[test]
fn denied_is_said_and_so_is_nothing() {
    let mut world = shop();
    world.denied.push(("", "events"));
    let (mut detail, shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    assert!(drawn(&mut detail, &shared, 100, 30).contains("events cannot be read: forbidden: you may not"));
    let mut world = shop();
    world.objects.retain(|(_, resource, _)| *resource != "events");
    let (mut detail, shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    assert!(drawn(&mut detail, &shared, 100, 30).contains("no events: the server forgets"));
}

#[test]
fn names_tell_what_was_made() {
    for (maker, name, kind, made, expected) in [
        ("ReplicaSet", "cart-1", "Pod", "cart-1-abc", true),
        ("ReplicaSet", "cart-1", "Pod", "cart-1-abc-d", false),
        ("ReplicaSet", "cart-1", "Pod", "cart-10-abc", false),
        ("StatefulSet", "db", "Pod", "db-0", true),
        ("StatefulSet", "db", "Pod", "db-x", false),
        ("CronJob", "tidy", "Job", "tidy-29920358", true),
        ("Job", "tidy-1", "Pod", "tidy-1-abcde", true),
        ("Job", "tidy-1", "Pod", "tidy-1-0-abcde", true),
        ("Deployment", "cart", "Pod", "cart-a", false),
        ("ReplicaSet", "cart-1", "Pod", "cart-1-", false),
    ] {
        assert_eq!(made_by(maker, name, kind, made), expected, "{maker} {name} {made}");
    }
}

#[test]
fn every_size_and_hostile_messages() {
    let mut world = shop();
    world.add(
        "",
        "events",
        event(
            "evil",
            "Pod",
            "cart-1-a",
            true,
            "Bad\u{1b}[2J",
            "x\u{7}\u{202e}\u{1b}]0;y\u{7}",
            10,
        ),
    );
    let (mut detail, mut shared) = open(&mut world, named("apps", "deployments", "shop", "cart"));
    let text = drawn(&mut detail, &shared, 160, 30);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    assert!(every_size(&mut detail, &mut shared).contains("BackOff"));
}
