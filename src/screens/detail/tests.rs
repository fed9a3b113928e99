//! The frame of the detail: what it says of its object, its tabs, its search and folds, and every size.

use super::*;
use crate::kinds::{Health, ResourceName, Row, Uid, Whole};
use crate::msg::{Delta, Failure, FailureKind, Phase, TableEvent};
use crate::screens::testing::{PROD, drawn, every_size, run, shared, type_text};
use crate::store::Table;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn web() -> ObjectName {
    ObjectName {
        cluster: PROD,
        resource: ResourceName::new("", "pods"),
        namespace: "shop".into(),
        name: "web".into(),
        uid: None,
    }
}

fn pod(version: u64, image: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u1",
        "resourceVersion": version.to_string(), "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": image}]}, "status": {"phase": "Running"}})
}

fn row(uid: &str, version: u64, value: Value) -> Row {
    Row {
        uid: Uid::Text(uid.into()),
        namespace: "shop".into(),
        name: "web".into(),
        version,
        created: Some(1_699_990_000),
        deleting: None,
        labels: Vec::new().into(),
        owner: None,
        health: Health::Good,
        cells: Vec::new().into(),
        facts: Vec::new().into(),
        whole: Some(Arc::new(Whole { value, bytes: 300 })),
    }
}

fn tell(shared: &mut Shared, event: TableEvent) {
    let list = object::Object::new(web()).list();
    let table = shared
        .tables
        .entry(list)
        .or_insert_with(|| Table::new("Pod".into(), Vec::new().into(), 1, 0));
    table.apply(event, shared.mono);
}

fn phase(shared: &mut Shared, phase: Phase) {
    tell(shared, TableEvent::Phase { source: 0, phase });
}

fn list(shared: &mut Shared, epoch: u32, rows: Vec<Row>) {
    tell(shared, TableEvent::Begin { source: 0, epoch });
    if !rows.is_empty() {
        let deltas = rows.into_iter().map(Delta::Upsert).collect();
        tell(shared, TableEvent::Deltas { source: 0, deltas });
    }
    tell(shared, TableEvent::End { source: 0, epoch });
}

/// A detail of a pod that is there and live.
fn live() -> (Detail, Shared) {
    let mut shared = shared();
    list(&mut shared, 1, vec![row("u1", 7, pod(7, "web:1"))]);
    phase(&mut shared, Phase::Watching);
    let mut detail = Detail::new(web(), Tab::Describe);
    drawn(&mut detail, &shared, 100, 30);
    (detail, shared)
}

fn failure(kind: FailureKind, message: &str, remedy: Option<&str>) -> Failure {
    Failure {
        kind,
        message: message.into(),
        remedy: remedy.map(Into::into),
    }
}

#[test]
fn why_there_is_nothing_is_said_in_the_body() {
    let denied = failure(
        FailureKind::Forbidden,
        r#"pods "web" is forbidden: User "viewer" cannot get resource "pods" in the namespace "shop""#,
        Some("ask for the right, or choose a namespace you may read"),
    );
    for (given, said) in [
        (None, vec!["Pod shop/web is loading."]),
        (Some(Phase::Waiting), vec!["Pod shop/web is loading."]),
        (
            Some(Phase::Listing { seen: 0, total: None }),
            vec!["Pod shop/web is loading."],
        ),
        (
            Some(Phase::Stopped(denied)),
            vec![
                "Pod shop/web cannot be shown",
                r#"User "viewer" cannot get resource "pods""#,
                "To do: ask for the right",
                "R tries again.",
            ],
        ),
        (
            Some(Phase::Backoff {
                failure: failure(FailureKind::Unreachable, "connection refused", None),
                retry_in: Duration::from_secs(1),
                attempt: 2,
            }),
            vec!["cannot be shown: connection refused.", "unreachable"],
        ),
        (
            Some(Phase::Stopped(failure(
                FailureKind::TooLarge,
                "`web` is larger than 32 MiB",
                Some("kubectl get can write it"),
            ))),
            vec![
                "`web` is larger than 32 MiB",
                "too large",
                "To do: kubectl get can write it.",
            ],
        ),
    ] {
        for tab in [Tab::Describe, Tab::Yaml, Tab::History] {
            let mut shared = shared();
            if let Some(given) = given.clone() {
                phase(&mut shared, given);
            }
            let text = drawn(&mut Detail::new(web(), tab), &shared, 200, 24);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for said in &said {
                assert!(text.contains(said), "{said}: {text}");
            }
        }
    }
    let mut shared = shared();
    list(&mut shared, 1, Vec::new());
    phase(&mut shared, Phase::Watching);
    let text = drawn(&mut Detail::new(web(), Tab::Describe), &shared, 100, 24);
    assert!(
        text.contains("There is no Pod shop/web.") && text.contains("not found"),
        "{text}"
    );
    // It comes after all.
    list(&mut shared, 2, vec![row("u1", 7, pod(7, "web:1"))]);
    let text = drawn(&mut Detail::new(web(), Tab::Describe), &shared, 100, 24);
    assert!(!text.contains("not found"), "{text}");
}

#[test]
fn the_last_state_stays_and_what_it_is_worth_is_said() {
    type Given = fn(&mut Shared);
    let rows: [(Given, &str, &str); 6] = [
        (|_| {}, "", ""),
        (
            |shared| {
                phase(
                    shared,
                    Phase::Backoff {
                        failure: failure(FailureKind::Unreachable, "connection refused", None),
                        retry_in: Duration::from_secs(1),
                        attempt: 1,
                    },
                );
            },
            "stale",
            "stale: connection refused",
        ),
        (
            |shared| {
                let failure = failure(FailureKind::Unreachable, "no route to host", None);
                if let Some(state) = shared.clusters.get_mut(&PROD) {
                    state.link = crate::screens::Link::Down {
                        failure,
                        retry_at: None,
                    };
                }
                phase(shared, Phase::Waiting);
            },
            "stale",
            "stale: no route to host",
        ),
        (
            |shared| list(shared, 2, Vec::new()),
            "deleted 0s ago",
            "it was deleted; this is its last state",
        ),
        (
            |shared| list(shared, 2, vec![row("u2", 9, pod(9, "web:2"))]),
            "replaced",
            "another one has its name now; this is the last state of the old one",
        ),
        (
            |shared| {
                phase(
                    shared,
                    Phase::Stopped(failure(FailureKind::Forbidden, "it may not be read any more", None)),
                )
            },
            "forbidden",
            "this is its last state: it may not be read any more",
        ),
    ];
    for (given, title, news) in rows {
        let (mut detail, mut shared) = live();
        let before = detail.part().lines().len();
        assert!(before > 0, "there is a text");
        given(&mut shared);
        let text = drawn(&mut detail, &shared, 140, 30);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains(&format!("Pod shop/web  {title}")), "{text}");
        assert!(lines[1].contains(news), "{text}");
        assert!(detail.part().lines().len() >= before, "{title}: the text stays");
        assert!(text.contains("web"), "{text}");
    }
}

#[test]
fn while_both_are_there_the_own_one_counts() {
    let (mut detail, mut shared) = live();
    tell(&mut shared, TableEvent::Begin { source: 0, epoch: 2 });
    let deltas = vec![
        Delta::Upsert(row("u2", 9, pod(9, "web:2"))),
        Delta::Upsert(row("u0", 9, pod(9, "web:2"))),
    ];
    tell(&mut shared, TableEvent::Deltas { source: 0, deltas });
    assert!(!drawn(&mut detail, &shared, 100, 30).contains("replaced"));
    tell(&mut shared, TableEvent::End { source: 0, epoch: 2 });
    assert!(drawn(&mut detail, &shared, 100, 30).contains("replaced"));
}

#[test]
fn what_is_polled_says_so() {
    let (mut detail, mut shared) = live();
    let reason = "it may be read but neither listed nor watched".into();
    phase(
        &mut shared,
        Phase::Polling {
            reason,
            every: Duration::from_secs(5),
        },
    );
    let text = drawn(&mut detail, &shared, 140, 30);
    assert!(
        text.contains("every 5 s") && text.contains("read every 5 s: it may be read but neither"),
        "{text}"
    );
}

#[test]
fn tabs_go_round_and_keep_their_places() {
    let (mut detail, shared) = live();
    let titles = ["[Describe]", "[YAML]", "[Events]", "[Relations]", "[History]"];
    for title in titles.iter().chain(titles.iter()) {
        let text = drawn(&mut detail, &shared, 100, 30);
        assert!(text.lines().next().unwrap().contains(title), "{title}: {text}");
        run(&mut detail, &shared, "next_tab");
    }
    run(&mut detail, &shared, "previous_tab");
    assert_eq!(detail.tab(), Tab::History);
    for (command, tab) in [
        ("open_yaml", Tab::Yaml),
        ("open_events", Tab::Events),
        ("open_relations", Tab::Relations),
        ("open_history", Tab::History),
        ("open_describe", Tab::Describe),
    ] {
        run(&mut detail, &shared, command);
        assert_eq!(detail.tab(), tab);
        assert_eq!(detail.place(), Some(Place::Object(web(), tab)));
    }
    run(&mut detail, &shared, "move_down");
    run(&mut detail, &shared, "move_down");
    let place = detail.reading().cursor;
    assert_eq!(place, 2);
    run(&mut detail, &shared, "next_tab");
    run(&mut detail, &shared, "previous_tab");
    assert_eq!(detail.reading().cursor, place, "a tab keeps its place");
}

#[test]
fn a_narrow_title_names_the_tab_in_front() {
    let (mut detail, shared) = live();
    let text = drawn(&mut detail, &shared, 40, 10);
    assert!(text.lines().next().unwrap().ends_with("[Describe] 1/5"), "{text}");
    assert!(text.contains("Pod shop/web"), "{text}");
}

#[test]
fn the_search_is_typed_found_kept_and_cleared() {
    let (mut detail, shared) = live();
    run(&mut detail, &shared, "open_search");
    assert!(detail.takes_text());
    assert_eq!(detail.layers(), &[Layer::Prompt]);
    type_text(&mut detail, &shared, "namesp");
    let text = drawn(&mut detail, &shared, 100, 30);
    assert!(text.contains("/ namesp"), "{text}");
    run(&mut detail, &shared, "prompt_accept");
    assert!(!detail.takes_text());
    assert!(
        detail
            .part()
            .lines()
            .words(detail.reading().cursor)
            .contains("Namespace")
    );
    run(&mut detail, &shared, "search_next");
    assert!(
        detail
            .part()
            .lines()
            .words(detail.reading().cursor)
            .contains("Namespace"),
        "round the end"
    );
    // One step back takes the search away, the next one leaves.
    assert_eq!(run(&mut detail, &shared, "go_back_step"), vec![]);
    assert_eq!(run(&mut detail, &shared, "go_back_step"), vec![Request::Close]);
    // What is not there is said.
    run(&mut detail, &shared, "open_search");
    type_text(&mut detail, &shared, "zebra");
    let asked = run(&mut detail, &shared, "prompt_accept");
    assert!(
        matches!(&asked[..], [Request::Toast(_, text)] if text.as_str().contains("zebra")),
        "{asked:?}"
    );
    run(&mut detail, &shared, "open_search");
    type_text(&mut detail, &shared, "x");
    run(&mut detail, &shared, "prompt_cancel");
    assert!(detail.reading().search.is_empty() && !detail.takes_text());
    let asked = run(&mut detail, &shared, "search_next");
    assert!(matches!(&asked[..], [Request::Toast(..)]));
}

#[test]
fn folds_stay_when_the_object_changes() {
    let (mut detail, mut shared) = live();
    run(&mut detail, &shared, "open_history");
    list(&mut shared, 2, vec![row("u1", 8, pod(8, "web:2"))]);
    let folded = drawn(&mut detail, &shared, 120, 30);
    assert!(
        folded.contains("spec.containers[name=app].image web:1 → web:2"),
        "{folded}"
    );
    assert!(!folded.contains("+ web:2"), "{folded}");
    run(&mut detail, &shared, "move_top");
    run(&mut detail, &shared, "toggle_fold");
    let open = drawn(&mut detail, &shared, 120, 30);
    assert!(open.contains("- web:1") && open.contains("+ web:2"), "{open}");
    // Another change: the old entry stays open, the new one begins folded.
    list(&mut shared, 3, vec![row("u1", 9, pod(9, "web:3"))]);
    let text = drawn(&mut detail, &shared, 120, 30);
    assert!(
        text.contains("web:2 → web:3") && text.contains("+ web:2") && !text.contains("+ web:3"),
        "{text}"
    );
    run(&mut detail, &shared, "fold_all");
    let text = drawn(&mut detail, &shared, 120, 30);
    assert!(!text.contains("+ web:2"), "{text}");
    run(&mut detail, &shared, "unfold_all");
    let text = drawn(&mut detail, &shared, 120, 30);
    assert!(text.contains("+ web:2") && text.contains("+ web:3"), "{text}");
}

#[test]
fn history_is_recorded_whatever_tab_is_in_front() {
    let (mut detail, mut shared) = live();
    for version in 8..11 {
        list(
            &mut shared,
            version,
            vec![row(
                "u1",
                u64::from(version),
                pod(u64::from(version), &format!("web:{version}")),
            )],
        );
        drawn(&mut detail, &shared, 100, 30);
    }
    list(&mut shared, 11, Vec::new());
    drawn(&mut detail, &shared, 100, 30);
    run(&mut detail, &shared, "open_history");
    let text = drawn(&mut detail, &shared, 120, 30);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}: {text}"));
    let order = [
        "  deleted",
        "web:9 → web:10",
        "web:8 → web:9",
        "web:1 → web:8",
        "first seen",
    ]
    .map(at);
    assert!(order.is_sorted(), "newest first: {text}");
    assert!(text.contains("what this view has seen since"), "{text}");
}

#[test]
fn the_pane_shows_another_object_and_keeps_tab_and_search() {
    let (mut detail, shared) = live();
    run(&mut detail, &shared, "open_history");
    run(&mut detail, &shared, "open_search");
    type_text(&mut detail, &shared, "seen");
    run(&mut detail, &shared, "prompt_accept");
    let other = ObjectName {
        name: "other".into(),
        ..web()
    };
    detail.show(Some(other.clone()), &shared);
    assert_eq!(
        (detail.object(), detail.tab(), detail.reading().search.as_str()),
        (&other, Tab::History, "seen")
    );
    let text = drawn(&mut detail, &shared, 100, 30);
    assert!(
        text.contains("Pod shop/other is loading.") && !text.contains("first seen"),
        "{text}"
    );
    detail.show(None, &shared);
    assert_eq!(detail.object(), &other, "nothing under the cursor changes nothing");
}

#[test]
fn it_wants_the_object_first_and_the_rest_once_it_is_there() {
    let mut wants = BTreeSet::new();
    Detail::new(web(), Tab::Describe).wants(&shared(), &mut wants);
    assert_eq!(wants.len(), 1);
    let (detail, shared) = live();
    let mut wants = BTreeSet::new();
    detail.wants(&shared, &mut wants);
    assert!(wants.contains(&Want::List(detail.object.events_list())));
    let asked = {
        let (mut detail, shared) = live();
        run(&mut detail, &shared, "retry")
    };
    assert!(asked.len() >= 2, "{asked:?}");
}

#[test]
fn every_tab_in_every_state_at_every_size() {
    for tab in [Tab::Describe, Tab::Yaml, Tab::Events, Tab::Relations, Tab::History] {
        for state in 0..5 {
            let mut shared = shared();
            if state > 0 {
                list(&mut shared, 1, vec![row("u1", 7, pod(7, "web:1"))]);
                phase(&mut shared, Phase::Watching);
            }
            let mut detail = Detail::new(web(), tab);
            drawn(&mut detail, &shared, 80, 24);
            match state {
                2 => list(&mut shared, 2, Vec::new()),
                3 => phase(&mut shared, Phase::Stopped(failure(FailureKind::Forbidden, "no", None))),
                4 => {
                    run(&mut detail, &shared, "open_search");
                    type_text(&mut detail, &shared, "web");
                }
                _ => {}
            }
            let text = every_size(&mut detail, &mut shared);
            assert!(text.contains("web"), "{tab:?} {state}: {text}");
        }
    }
}
