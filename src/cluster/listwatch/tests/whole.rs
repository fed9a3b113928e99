//! The list of one whole object, and of companions: what a detail lives on.

use super::faults::{paths, refuse, script};
use super::model::Reply;
use super::*;
use crate::msg::FailureKind;
use serde_json::Value;

fn one(name: &str) -> ListWant {
    ListWant {
        scope: Scope::Namespaces(vec![Clean::new("shop")]),
        fields: Clean::new(&format!("metadata.name={name}")),
        ..want("pods", Shape::Whole)
    }
}

fn objects(bench: &Bench) -> Vec<(String, Value)> {
    let rows = bench.table.rows.values();
    let mut objects: Vec<(String, Value)> = rows
        .map(|(_, _, row)| {
            (
                row.uid.to_string(),
                row.whole.as_ref().expect("a whole object").value.clone(),
            )
        })
        .collect();
    objects.sort_by(|one, other| one.0.cmp(&other.0));
    objects
}

fn object(name: &str, uid: &str, version: u32) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"shop","uid":"{uid}","resourceVersion":"{version}"}},"spec":{{"v":{version}}}}}"#
    )
}

fn list_of(items: &[String], version: u32) -> Reply {
    let items = items.join(",");
    Reply::Body(
        format!(
            r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"}},"items":[{items}]}}"#
        )
        .into_bytes(),
    )
}

#[test]
fn one_object_is_live_with_its_kind_and_version() {
    paused(async {
        let model = Model::new(1);
        model.with(|world| world.put("web"));
        let mut bench = Bench::new(model.clone(), one("web"));
        bench.pass(seconds(1)).await;
        let first = objects(&bench);
        assert_eq!(first.len(), 1);
        assert_eq!(
            (&first[0].1["apiVersion"], &first[0].1["kind"]),
            (&"v1".into(), &"Pod".into())
        );
        assert_eq!(bench.table.phase(), &Phase::Watching);
        model.with(|world| world.put("web"));
        bench.pass(seconds(1)).await;
        let second = objects(&bench);
        assert_eq!(second.len(), 1);
        assert_ne!(
            second[0].1["metadata"]["resourceVersion"],
            first[0].1["metadata"]["resourceVersion"]
        );
        assert_eq!(second[0].1["kind"], "Pod");
        // Deleted, and another one under its name: the old identity goes, the new one comes.
        model.with(|world| {
            world.delete("web");
            world.put("web");
        });
        bench.pass(seconds(1)).await;
        let third = objects(&bench);
        assert_eq!(third.len(), 1);
        assert_ne!(third[0].0, second[0].0);
        // The others of the namespace, which this server sends all the same, are not shown.
        model.with(|world| world.put("other"));
        bench.pass(seconds(1)).await;
        assert_eq!(objects(&bench).len(), 1);
    });
}

#[test]
fn what_may_be_got_but_not_listed_is_asked_for_again_and_again() {
    paused(async {
        let model = Model::new(1);
        let mut gets = vec![
            Reply::Body(object("web", "u1", 7).into_bytes()),
            Reply::Body(object("web", "u1", 8).into_bytes()),
            refuse(500, "InternalError"),
            refuse(404, "NotFound"),
            Reply::Body(object("web", "u2", 9).into_bytes()),
        ]
        .into_iter();
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                if path == "/api/v1/namespaces/shop/pods/web" {
                    gets.next()
                } else {
                    Some(refuse(403, "Forbidden"))
                }
            }));
        });
        let mut bench = Bench::new(model, one("web"));
        bench.pass(seconds(1)).await;
        assert_eq!(objects(&bench)[0].1["spec"]["v"], 7);
        let Phase::Polling { reason, every } = bench.table.phase() else {
            panic!("{:?}", bench.table.phase());
        };
        assert_eq!(
            (reason.as_str(), *every),
            ("it may be read but neither listed nor watched", seconds(5))
        );
        bench.pass(seconds(5)).await;
        assert_eq!(objects(&bench)[0].1["spec"]["v"], 8);
        assert_eq!(objects(&bench)[0].1["kind"], "Pod");
        bench.pass(Duration::from_millis(4_050)).await;
        assert!(
            matches!(bench.table.phase(), Phase::Backoff { .. }),
            "{:?}",
            bench.table.phase()
        );
        assert_eq!(objects(&bench).len(), 1, "a failure takes nothing away");
        bench.pass(seconds(1)).await;
        assert!(objects(&bench).is_empty(), "it was deleted");
        bench.pass(seconds(5)).await;
        assert_eq!(objects(&bench)[0].0, "u2", "another one has its name");
        let lists = paths(&bench).iter().filter(|path| path.contains('?')).count();
        assert_eq!(lists, 1, "the list is not asked for again: {:?}", paths(&bench));
        bench.handle.retry();
        bench.pass(seconds(1)).await;
        let lists = paths(&bench).iter().filter(|path| path.contains('?')).count();
        assert_eq!(lists, 2, "the user's retry asks for it");
    });
}

#[test]
fn what_may_not_even_be_got_is_forbidden() {
    paused(async {
        let model = Model::new(1);
        model.with(|world| world.script = Some(Box::new(|_: &str| Some(refuse(403, "Forbidden")))));
        let mut bench = Bench::new(model, one("web"));
        bench.pass(seconds(60)).await;
        let Phase::Stopped(failure) = bench.table.phase() else {
            panic!("{:?}", bench.table.phase());
        };
        assert_eq!(failure.kind, FailureKind::Forbidden);
        assert_eq!(paths(&bench).len(), 2, "{:?}", paths(&bench));
    });
}

#[test]
fn a_list_of_companions_is_never_got() {
    paused(async {
        for (scope, labels, fields) in [
            (Scope::All, "", "metadata.name=web"),
            (Scope::All, "app=web", ""),
            (
                Scope::Namespaces(vec![Clean::new("shop")]),
                "app=web",
                "metadata.name=web",
            ),
        ] {
            let model = Model::new(1);
            model.with(|world| world.script = Some(Box::new(|_: &str| Some(refuse(403, "Forbidden")))));
            let list = ListWant {
                scope,
                labels: Clean::new(labels),
                fields: Clean::new(fields),
                ..want("pods", Shape::Whole)
            };
            let mut bench = Bench::new(model, list);
            bench.pass(seconds(60)).await;
            assert!(matches!(bench.table.phase(), Phase::Stopped(_)));
            assert_eq!(paths(&bench).len(), 1);
        }
    });
}

#[test]
fn an_object_of_the_cluster_is_got_without_a_namespace() {
    paused(async {
        let model = Model::new(1);
        model.with(|world| {
            world.script = Some(Box::new(|path: &str| {
                let own = path == "/api/v1/nodes/node-a";
                Some(if own {
                    Reply::Body(object("node-a", "u1", 7).into_bytes())
                } else {
                    refuse(403, "Forbidden")
                })
            }));
        });
        let list = ListWant {
            fields: Clean::new("metadata.name=node-a"),
            ..want("nodes", Shape::Whole)
        };
        let mut bench = Bench::new(model, list);
        bench.pass(seconds(1)).await;
        assert_eq!(objects(&bench)[0].1["kind"], "Node");
    });
}

#[test]
fn a_kind_without_watch_is_polled() {
    paused(async {
        let model = Model::new(1);
        script(
            &model,
            "list",
            (1..9).map(|_| list_of(&[object("web", "u1", 7)], 0)).collect(),
        );
        let mut bench = Bench::new(model, one("web"));
        bench.catalog.send_replace(Arc::new(Catalog {
            resources: vec![resource("", "pods", "v1", false)],
            failed: Vec::new(),
        }));
        bench.pass(seconds(11)).await;
        assert!(paths(&bench).iter().all(|path| !path.contains("watch=1")));
        assert_eq!(paths(&bench).len(), 3, "every five seconds: {:?}", paths(&bench));
        assert!(matches!(bench.table.phase(), Phase::Polling { .. }));
        assert_eq!(objects(&bench)[0].1["kind"], "Thing", "the kind is what discovery says");
    });
}

#[test]
fn another_version_begins_anew_once_discovery_has_said_it() {
    paused(async {
        let model = Model::new(1);
        model.with(|world| {
            world.script = Some(Box::new(|path: &str| {
                if path.starts_with("/apis/batch/v1/") {
                    return Some(refuse(404, "NotFound"));
                }
                (!path.contains("watch=1")).then(|| list_of(&[object("web", "u1", 7)], 7))
            }));
        });
        let list = ListWant {
            resource: ResourceName::new("batch", "cronjobs"),
            ..one("web")
        };
        let mut bench = Bench::new(model, list);
        bench.pass(seconds(1)).await;
        assert!(
            matches!(bench.table.phase(), Phase::Waiting),
            "{:?}",
            bench.table.phase()
        );
        bench.catalog.send_replace(Arc::new(Catalog {
            resources: vec![resource("batch", "cronjobs", "v1beta1", true)],
            failed: Vec::new(),
        }));
        bench.pass(seconds(1)).await;
        assert_eq!(objects(&bench)[0].1["apiVersion"], "batch/v1beta1");
    });
}

#[test]
fn what_is_too_large_stops_with_the_reason() {
    paused(async {
        let fat = |size: usize| {
            format!(
                r#"{{"metadata":{{"name":"web","uid":"u1"}},"data":"{}"}}"#,
                "x".repeat(size)
            )
        };
        let commas = |size: usize| {
            format!(
                r#"{{"metadata":{{"name":"web","uid":"u1"}},"data":[0{}]}}"#,
                ",0".repeat(size)
            )
        };
        for (got, body, said) in [
            (false, fat(33 << 20), "`web` is larger than 32 MiB"),
            (true, fat(33 << 20), "`web` is larger than 32 MiB"),
            (false, commas(2 << 20), "`web` would take more than 128 MiB of memory"),
            (true, commas(2 << 20), "`web` would take more than 128 MiB of memory"),
        ] {
            let model = Model::new(1);
            model.with(|world| {
                world.script = Some(Box::new(move |path: &str| {
                    Some(match (got, path.contains('?')) {
                        (true, true) => refuse(403, "Forbidden"),
                        (true, false) => Reply::Body(body.clone().into_bytes()),
                        _ => list_of(std::slice::from_ref(&body), 7),
                    })
                }));
            });
            let mut bench = Bench::new(model, one("web"));
            bench.pass(seconds(5)).await;
            let Phase::Stopped(failure) = bench.table.phase() else {
                panic!("{:?}", bench.table.phase());
            };
            assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::TooLarge, said));
            assert!(bench.table.rows.is_empty());
        }
    });
}

#[test]
fn companions_that_grow_over_the_bound_go_and_say_so() {
    paused(async {
        let model = Model::new(1);
        let grown = |name: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}","uid":"{name}","resourceVersion":"9"}},"data":[0{}]}}"#,
                ",0".repeat(600_000)
            )
        };
        let events: String = ["a", "b"]
            .iter()
            .map(|name| format!("{{\"type\":\"MODIFIED\",\"object\":{}}}\n", grown(name)))
            .collect();
        model.with(|world| {
            world.script = Some(Box::new(move |path: &str| {
                Some(match path.contains("watch=1") {
                    true => Reply::Hang(events.clone().into_bytes()),
                    false => list_of(&[object("a", "a", 7), object("b", "b", 7)], 8),
                })
            }));
        });
        let mut bench = Bench::new(model, want("pods", Shape::Whole));
        bench.pass(seconds(5)).await;
        assert!(matches!(bench.table.phase(), Phase::Stopped(failure) if failure.kind == FailureKind::TooLarge));
        assert!(bench.table.rows.is_empty(), "what was held is let go");
    });
}
